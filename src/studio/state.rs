//! What the studio remembers between inputs: only what this process does right now. The library holds the rest.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::job::{Job, JobId};

use super::handle::Shutdown;
use super::scheduling::Past;

/// Most calls that may wait for a write; the next one is refused as busy.
pub const MOST_WRITES: usize = 128;
/// Most long tasks at once; the next one is refused as busy.
pub const MOST_TASKS: usize = 4;

/// The studio's memory.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// How many jobs may be rendered at once; 0 if this process renders none.
    pub slots: usize,
    /// Jobs that are being rendered here.
    pub running: BTreeMap<JobId, Running>,
    /// Jobs that were submitted here and are not known to be over.
    pub own: BTreeSet<JobId>,
    /// Whether the library has been asked for the next job and has not answered.
    pub claiming: bool,
    /// Whether something has come into the queue since the library was last asked.
    pub claim_again: bool,
    /// Whether dead processes' jobs are just being taken over.
    pub adopting: bool,
    /// Calls that wait for a write.
    pub writes: usize,
    /// Long tasks that have not ended.
    pub tasks: usize,
    /// Ticks so far.
    pub ticks: u64,
    /// How the studio is ending, if it is.
    pub ending: Option<Ending>,
}

/// How far the end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// What was asked for.
    pub how: Shutdown,
    /// Whether the rest has been put back into the queue, or is being so.
    pub handing_back: bool,
}

/// A job that is being rendered here.
#[derive(Debug, Clone)]
pub struct Running {
    /// The job as last written.
    pub job: Job,
    /// Number of its thread.
    pub slot: usize,
    /// How long such jobs took before.
    pub past: Past,
    /// Whether it has been told to stop.
    pub stopped: bool,
    /// The progress that was last written down, as tenths and phase, so that not every step is a write.
    pub saved: Option<(crate::model::job::Phase, u32)>,
}

impl State {
    /// A studio that has just started. `slots` 0 renders nothing.
    pub fn new(slots: usize) -> Self {
        Self { slots, ..Self::default() }
    }

    /// The lowest number that no running job's thread has.
    pub fn free_slot(&self) -> Option<usize> {
        (0..self.slots).find(|slot| self.running.values().all(|running| running.slot != *slot))
    }
}
