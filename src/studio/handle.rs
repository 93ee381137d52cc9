//! A cheap handle to a running studio: calls go in, answers and events come out. All that a door can hold.

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::model::job::{Fault, FaultKind};

use super::events::{Events, Hub};

/// Most calls that may wait for the studio's attention; the next one is refused as busy.
pub const CALL_QUEUE: usize = 128;

/// How a studio ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Takes no new work and ends when all that it owns is finished.
    Finish,
    /// Stops what runs and puts it back into the queue, for this library's next process.
    Requeue,
    /// Cancels what this process submitted; what it adopted from others goes back into the queue.
    Cancel,
}

/// What a handle asks of the loop.
pub enum Ask {
    /// Run a method and answer.
    Call {
        /// Name on the wire.
        method: String,
        /// Params as they came.
        params: Value,
        /// Where the answer goes.
        answer: oneshot::Sender<Result<Value, Fault>>,
    },
    /// End.
    Shutdown {
        /// How.
        how: Shutdown,
        /// Told when everything has ended.
        done: oneshot::Sender<()>,
    },
}

/// A handle to a running studio. Clones speak to the same one. Thread: any.
#[derive(Clone)]
pub struct Handle {
    asks: mpsc::Sender<Ask>,
    hub: Hub,
}

impl Handle {
    /// Wires a handle to the loop's ends.
    pub fn new(asks: mpsc::Sender<Ask>, hub: Hub) -> Self {
        Self { asks, hub }
    }

    /// Runs a method. Errors: what the method says; `Busy` when [`CALL_QUEUE`] calls already wait; `Conflict` after
    /// the studio has ended.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, Fault> {
        let (answer, answered) = oneshot::channel();
        let ask = Ask::Call { method: method.to_owned(), params, answer };
        self.asks.try_send(ask).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                Fault::new(FaultKind::Busy, "too many calls at once").with_hint("retry later")
            }
            mpsc::error::TrySendError::Closed(_) => ended(),
        })?;
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Completes when the studio has ended.
    pub async fn ended(&self) {
        self.asks.closed().await;
    }

    /// What happens from now on.
    pub fn subscribe(&self) -> Events {
        self.hub.subscribe()
    }

    /// Ends the studio and waits until it has: no file is half-written, no job is lost.
    pub async fn shutdown(&self, how: Shutdown) {
        let (done, ended) = oneshot::channel();
        if self.asks.send(Ask::Shutdown { how, done }).await.is_ok() {
            // An error means that the loop is gone already, which is what was wanted.
            let _ = ended.await;
        }
    }
}

fn ended() -> Fault {
    Fault::new(FaultKind::Conflict, "the engine has ended").with_hint("start it again")
}
