//! L2: what makes time pass: the drivers of the engine.
//!
//! Two traits, because there are two kinds of time. A [`Driver`] plays a [`Performance`] from its beginning to its end and is
//! done: the offline driver. A [`LiveDriver`] lends a callback of the engine to a clock that never waits, and gives it back:
//! [`CardDriver`] for sound devices and [`NullDriver`] for none. The [`Supervisor`] keeps one of the two playing, whatever
//! happens to the device. Reading order: live, pump, null, card, supervisor.

mod budget;
mod card;
mod convert;
mod error;
#[cfg(test)]
mod fake;
mod intake;
mod live;
mod meter;
mod null;
mod offline;
mod pace;
mod priority;
mod probe;
mod pump;
mod rate;
mod supervisor;

use std::sync::atomic::AtomicBool;

use crate::engine::offline::{RenderError, Sink};
use crate::engine::plan::Plan;
use crate::engine::schedule::Schedule;

pub use card::{CardConfig, CardDriver, DeviceEntry, DeviceName, HostFault, Listing, devices};
pub use error::DeviceError;
pub use live::{Health, LiveDriver, Loss, Refusal, Report, Xruns};
pub use meter::LoadHistogram;
pub use null::{NullDriver, Outlet, Sizes};
pub use offline::OfflineDriver;
pub use priority::Priority;
pub use probe::{Probe, Silence, advice, probe};
pub use supervisor::{Change, Fact, Opened, Opener, Order, Policy, Supervisor, Wanted, open_card};

/// What is to be played: a graph and the events for it.
pub struct Performance {
    /// The compiled graph.
    pub plan: Plan,
    /// The events, timed at the plan's sample rate.
    pub schedule: Schedule,
}

/// How a driver treats time. For users and for `timbre doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverInfo {
    /// Short name, such as `offline`.
    pub name: &'static str,
    /// Whether a second of music takes a second. Xruns only mean something if it does.
    pub realtime: bool,
}

/// Makes time pass for a performance. A driver of a sound card moves the plan into its callback and parks the calling
/// thread; the offline driver works until it is done. Either way `run` lasts as long as the performance.
pub trait Driver {
    /// What kind of driver this is.
    fn info(&self) -> DriverInfo;

    /// Plays from the origin until the end or until `cancel` is set. `sink` receives the mix and the stems as they are
    /// played; `progress` is told the share that is done, 0 to 1. Thread: control; blocks.
    fn run(
        &mut self,
        performance: Performance,
        cancel: &AtomicBool,
        progress: &(dyn Fn(f64) + Sync),
        sink: &mut dyn Sink,
    ) -> Result<Finished, DriverError>;
}

/// How a performance went.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// Frames played.
    pub frames: u64,
    /// Frames up to the last audible one.
    pub sounding_frames: u64,
    /// Nodes that broke down and were silenced, and how often.
    pub breakdowns: Vec<(String, u32)>,
}

/// Why a performance did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The rendering failed.
    #[error(transparent)]
    Render(#[from] RenderError),
}

impl DriverError {
    /// What to do about it, in a sentence for users.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Render(error) => error.hint(),
        }
    }
}
