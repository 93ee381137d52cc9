//! L4: what every face of Timbre holds: typed calls, JSON calls and events of one engine.
//!
//! Today the engine runs in this process. A typed call still passes through the JSON form of its params and response,
//! so a door sees exactly what a peer on a socket would see, and there is no second contract.

use serde_json::Value;

use crate::model::job::{Fault, FaultKind};
use crate::protocol::Method;
use crate::studio::Backends;
pub use crate::studio::events::Events;
use crate::studio::handle::Handle;
pub use crate::studio::handle::Shutdown;
pub use crate::studio::options::{Options, PresetSource, Work};

/// A client of one engine. Clones speak to the same one. Thread: any.
#[derive(Clone)]
pub struct Client {
    handle: Handle,
}

impl Client {
    /// Starts an engine in this process, on the current tokio runtime.
    ///
    /// Errors: `Unwritable` where the library's folders can't be used, `Conflict` where a newer Timbre has written the
    /// library.
    pub async fn start(options: Options) -> Result<Self, Fault> {
        Self::start_with(options, crate::studio::built_in_backends()?).await
    }

    /// The same with other backends than those of the registry, for tests and for programs that bring their own.
    pub async fn start_with(options: Options, backends: Backends) -> Result<Self, Fault> {
        Ok(Self { handle: crate::studio::driver::start(options, backends).await? })
    }

    /// Runs a method.
    pub async fn call<M: Method>(&self, params: M::Params) -> Result<M::Response, Fault> {
        let misfit = |what: &str, error: serde_json::Error| {
            Fault::new(FaultKind::Internal, format!("the {what} of {} misfits: {error}", M::NAME))
        };
        let params = serde_json::to_value(params).map_err(|error| misfit("params", error))?;
        let response = self.handle.call(M::NAME, params).await?;
        serde_json::from_value(response).map_err(|error| misfit("response", error))
    }

    /// Runs a method by name.
    pub async fn call_value(&self, method: &str, params: Value) -> Result<Value, Fault> {
        self.handle.call(method, params).await
    }

    /// Runs a JSON-RPC text: a call, a notification or a batch. `None` where no answer is due.
    pub async fn call_json(&self, text: &str) -> Option<String> {
        self.handle.handle(text).await
    }

    /// What happens from now on. Subscribe before submitting, so that nothing is missed.
    pub fn subscribe(&self) -> Events {
        self.handle.subscribe()
    }

    /// Ends the engine and waits until it has.
    pub async fn shutdown(&self, how: Shutdown) {
        self.handle.shutdown(how).await;
    }
}
