//! `timbre serve --stdio`: the protocol over this process's standard input and output.

use crate::client::Client;
use crate::model::job::Fault;

use super::connection;

/// Serves until standard input ends and every call has been answered. Errors: `Unwritable` where the peer is gone.
pub async fn serve(client: &Client) -> Result<(), Fault> {
    connection::serve(client, tokio::io::stdin(), tokio::io::stdout()).await
}
