//! The loop.

use std::sync::Arc;

use crate::generate::backend::Backend;
use crate::model::job::Fault;

use super::handle::Handle;
use super::options::Options;

/// Starts a studio.
pub async fn start(options: Options, backends: Vec<Arc<dyn Backend>>) -> Result<Handle, Fault> {
    drop((options, backends));
    Err(Fault::new(crate::model::job::FaultKind::Internal, "not yet"))
}
