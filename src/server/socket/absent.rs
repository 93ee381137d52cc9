//! `timbre serve` where there are no Unix sockets: it says so. What can be done there goes over stdio.

use std::path::Path;

use crate::client::Client;
use crate::model::job::{Fault, FaultKind};

/// The place of a daemon, which can't be had here.
pub struct Door(());

impl Door {
    /// Errors: always `Unavailable`.
    pub fn open(_path: &Path) -> Result<Self, Fault> {
        Err(Fault::new(FaultKind::Unavailable, "serving on a socket needs a Unix system")
            .with_hint("timbre serve --stdio serves one program anywhere"))
    }

    /// Nobody has such a door.
    pub async fn serve(self, _client: &Client) -> Result<(), Fault> {
        Ok(())
    }
}

/// The process that holds the place of a daemon: none.
pub fn holder(_path: &Path) -> Option<u32> {
    None
}
