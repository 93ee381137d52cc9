//! L3: the application core: pure `update(state, input) -> effects`, the one dispatcher, and the loop that runs effects.
//!
//! A call comes in through [`handle`], is made an input by [`dispatch`], decided on by [`update`], and carried out by
//! [`driver`]. Finished work passes through [`finish`] on its way into the library.

pub mod assets;
pub mod options;

pub mod derive;
pub mod dispatch;
pub mod resolve;

pub mod input;
pub mod state;
pub mod update;

pub mod effect;
pub mod scheduling;

pub mod stage;

pub mod driver;
pub mod finish;
pub mod render;

pub mod events;
pub mod handle;

use std::sync::Arc;

use crate::generate::backend::Backend;
use crate::generate::registry::Registry;
use crate::model::job::Fault;

/// The backends of a studio, in the order in which they are listed.
pub type Backends = Vec<Arc<dyn Backend>>;

/// The backends that ship with Timbre. Errors: `Internal` where a built-in genre file is at fault.
pub fn built_in_backends() -> Result<Backends, Fault> {
    Ok(Registry::built_in()?.backends().to_vec())
}
