//! The studio's one decision: what has happened, and what is to be done about it. No IO, no clock, no chance.
//!
//! This page only routes. Jobs are decided on in `update/job.rs`, the end of the studio in `update/ending.rs`.

mod ending;
mod job;
#[cfg(test)]
pub(crate) mod tests;

use serde::Serialize;
use serde_json::Value;

use crate::model::job::{Fault, FaultKind};
use crate::protocol::job::{JobReorderResponse, JobResponse, JobSubmitResponse};
use crate::protocol::library::SessionCreateResponse;
use crate::protocol::take::{TakeDeleteResponse, TakeResponse};
use crate::protocol::transcript::{SessionNoteResponse, SessionResponse};

use super::effect::Effect;
use super::handle::Shutdown;
use super::input::{About, Input, Order, Ticket, Write, Wrote};
use super::state::{MOST_TASKS, MOST_WRITES, State};

/// Takes an input into the state and gives what is to be done, in order.
pub fn update(state: &mut State, input: Input) -> Vec<Effect> {
    match input {
        Input::Started => job::started(state),
        Input::Order { ticket, order } => take_order(state, ticket, order),
        Input::Wrote { ticket, about, outcome } => written(state, ticket, &about, outcome),
        Input::Work(news) => job::news(state, news),
        Input::TaskEnded => {
            state.tasks = state.tasks.saturating_sub(1);
            ending::step(state)
        }
        Input::Seen { cancelled, claimable } => job::seen(state, &cancelled, claimable),
        Input::Tick => job::tick(state),
        Input::Shutdown(how) => ending::begin(state, how),
    }
}

fn take_order(state: &mut State, ticket: Ticket, order: Order) -> Vec<Effect> {
    let refuse = |fault| vec![Effect::Reply { ticket, outcome: Err(fault) }];
    let busy = |what: &str| Fault::new(FaultKind::Busy, what).with_hint("retry later");
    match order {
        Order::Answer(value) => vec![Effect::Reply { ticket, outcome: Ok(value) }],
        Order::Look(look) => vec![Effect::Look { ticket, look }],
        Order::Stage(call) if call.only_reads() => vec![Effect::Stage { ticket, call }],
        Order::End(answer) => {
            // The answer first: the end closes the door that it goes out by.
            let mut effects = vec![Effect::Reply { ticket, outcome: Ok(answer) }];
            effects.extend(ending::begin(state, Shutdown::Requeue));
            effects
        }
        Order::Change(_) | Order::Task(_) | Order::Stage(_) if state.ending.is_some() => refuse(
            Fault::new(FaultKind::Conflict, "the engine is ending").with_hint("start it again"),
        ),
        Order::Stage(call) => vec![Effect::Stage { ticket, call }],
        Order::Change(_) if state.writes >= MOST_WRITES => refuse(busy("too many changes at once")),
        Order::Change(write) => {
            state.writes += 1;
            vec![Effect::Write { ticket: Some(ticket), about: About::Call, write }]
        }
        Order::Task(_) if state.tasks >= MOST_TASKS => refuse(busy("too many long tasks at once")),
        Order::Task(task) => {
            state.tasks += 1;
            vec![Effect::Run { ticket, task }]
        }
    }
}

fn written(
    state: &mut State,
    ticket: Option<Ticket>,
    about: &About,
    outcome: Result<Wrote, Fault>,
) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Some(ticket) = ticket {
        state.writes = state.writes.saturating_sub(1);
        effects.push(Effect::Reply {
            ticket,
            outcome: outcome.as_ref().map_err(Clone::clone).and_then(answer),
        });
    }
    effects.extend(match outcome {
        Ok(wrote) => job::written(state, wrote),
        Err(fault) => job::not_written(state, about, fault),
    });
    if *about == About::HandBack {
        // Whether it went well or not: what is still ours in the library is taken over when we are gone.
        effects.push(Effect::End);
    }
    effects
}

/// The answer to the call that asked for a write.
fn answer(wrote: &Wrote) -> Result<Value, Fault> {
    match wrote {
        Wrote::Submitted { jobs, notes, .. } => {
            to_value(&JobSubmitResponse { jobs: jobs.clone(), notes: notes.clone() })
        }
        Wrote::Cancelled(job) | Wrote::Retried(job) => {
            to_value(&JobResponse { job: (**job).clone() })
        }
        Wrote::Reordered(jobs) => to_value(&JobReorderResponse { jobs: jobs.clone() }),
        Wrote::Judged(take) => to_value(&TakeResponse { take: (**take).clone() }),
        Wrote::Deleted(id, removed) => {
            to_value(&TakeDeleteResponse { id: id.clone(), removed: removed.clone() })
        }
        Wrote::SessionCreated(session) => {
            to_value(&SessionCreateResponse { session: session.clone() })
        }
        Wrote::SessionChanged(session) => to_value(&SessionResponse { session: session.clone() }),
        Wrote::Noted(note) => to_value(&SessionNoteResponse { note: note.clone() }),
        Wrote::Adopted(_)
        | Wrote::Claimed(_)
        | Wrote::Finished(..)
        | Wrote::GivenUp(_)
        | Wrote::Done => Ok(Value::Null),
    }
}

/// The JSON form of a response.
pub(crate) fn to_value(response: &impl Serialize) -> Result<Value, Fault> {
    serde_json::to_value(response).map_err(|error| {
        Fault::new(FaultKind::Internal, format!("a response could not be written: {error}"))
    })
}

/// A write that nobody waits for.
fn write(about: About, write: Write) -> Effect {
    Effect::Write { ticket: None, about, write }
}
