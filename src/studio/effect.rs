//! What the studio wants done. `update` gives these; the driver does them and reports back with inputs.

use serde_json::Value;

use crate::model::job::{Fault, Job, JobId};
use crate::protocol::Event;

use super::input::{About, Look, Task, Ticket, Write};
use super::stage::StageCall;

/// An order to the driver.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Answer a call.
    Reply {
        /// The call.
        ticket: Ticket,
        /// The answer.
        outcome: Result<Value, Fault>,
    },
    /// Tell every listener.
    Emit(Box<Event>),
    /// Read the library and answer the call.
    Look {
        /// The call.
        ticket: Ticket,
        /// What to read.
        look: Look,
    },
    /// Write to the library and report with `Input::Wrote`.
    Write {
        /// The call that asked for it, if it was one.
        ticket: Option<Ticket>,
        /// Which kind of write this is, to be reported back.
        about: About,
        /// What to write.
        write: Write,
    },
    /// Do a long task, answer the call, and report with `Input::TaskEnded`.
    Run {
        /// The call.
        ticket: Ticket,
        /// The task.
        task: Task,
    },
    /// Have the stage do a call and answer it.
    Stage {
        /// The call that waits.
        ticket: Ticket,
        /// What is to be done.
        call: StageCall,
    },
    /// Render a job on a thread of its own and report with `Input::Work`.
    StartJob {
        /// The job.
        job: Box<Job>,
        /// Number of the thread, from 0.
        slot: usize,
    },
    /// Tell a job that is being rendered to stop.
    StopJob(JobId),
    /// Tell every long task to stop.
    StopTasks,
    /// Look at the queue and report with `Input::Seen`.
    Watch,
    /// Everything has ended: leave the loop.
    End,
}
