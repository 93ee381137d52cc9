//! L4: what every face of Timbre holds: typed calls, JSON calls and events of one engine, wherever it runs.
//!
//! The engine runs in this process, or in another one behind a socket; the methods are the same, and so are the rules for
//! events. A typed call always passes through the JSON form of its params and response, so there is no second contract.

mod remote;

use std::path::Path;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::model::job::{Fault, FaultKind};
use crate::protocol::Method;
use crate::protocol::engine::{EnginePingParams, EnginePingResponse, PROTOCOL_VERSION};
use crate::protocol::envelope::{self, Entry, Envelope, Incoming};
use crate::protocol::methods::EnginePing;
use crate::studio::Backends;
pub use crate::studio::events::Events;
use crate::studio::handle::Handle;
pub use crate::studio::handle::Shutdown;
pub use crate::studio::options::{Options, PresetSource, Work};

use remote::Remote;

/// A client of one engine. Clones speak to the same one. Thread: any.
#[derive(Clone)]
pub struct Client {
    door: Door,
}

#[derive(Clone)]
enum Door {
    InProcess(Handle),
    Remote(Remote),
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
        let handle = crate::studio::driver::start(options, backends).await?;
        Ok(Self { door: Door::InProcess(handle) })
    }

    /// Connects to the engine of `timbre serve` at a socket.
    ///
    /// Errors: `Unavailable` where none answers there within seconds, or where this system has no Unix sockets;
    /// `Conflict` where it speaks another version of the protocol.
    pub async fn connect(path: &Path) -> Result<Self, Fault> {
        let (client, engine) = Self::connect_to_any(path).await?;
        if engine.protocol != PROTOCOL_VERSION {
            return Err(Fault::new(
                FaultKind::Conflict,
                format!(
                    "the engine at {} is Timbre {}, and this is {}",
                    path.display(),
                    engine.version,
                    env!("CARGO_PKG_VERSION")
                ),
            )
            .with_hint("timbre serve --stop ends it; then start it again"));
        }
        Ok(client)
    }

    /// The same whatever the version of the engine, for ending it and telling of it.
    pub async fn connect_to_any(path: &Path) -> Result<(Self, EnginePingResponse), Fault> {
        let client = Self { door: Door::Remote(Remote::connect(path).await?) };
        let answer = client.call::<EnginePing>(EnginePingParams {});
        let answer = tokio::time::timeout(remote::PATIENCE, answer).await;
        let engine = answer.map_err(|_| remote::silent(path))??;
        Ok((client, engine))
    }

    /// Speaks with an engine over any pair of byte streams, such as the pipes of `timbre serve --stdio`, on the current tokio
    /// runtime. Nothing is said before the first call.
    pub fn over<R, W>(reader: R, writer: W) -> Self
    where
        R: AsyncRead + Unpin + Send + 'static,
        W: AsyncWrite + Unpin + Send + 'static,
    {
        Self { door: Door::Remote(Remote::over(reader, writer)) }
    }

    /// Runs a method. Errors: what the method says, and `Unavailable` where the connection is lost meanwhile.
    pub async fn call<M: Method>(&self, params: M::Params) -> Result<M::Response, Fault> {
        let misfit = |what: &str, error: serde_json::Error| {
            Fault::new(FaultKind::Internal, format!("the {what} of {} misfits: {error}", M::NAME))
        };
        let params = serde_json::to_value(params).map_err(|error| misfit("params", error))?;
        let response = self.call_value(M::NAME, params).await?;
        serde_json::from_value(response).map_err(|error| misfit("response", error))
    }

    /// Runs a method by name.
    pub async fn call_value(&self, method: &str, params: Value) -> Result<Value, Fault> {
        match &self.door {
            Door::InProcess(handle) => handle.call(method, params).await,
            Door::Remote(remote) => remote.call(method, &params).await,
        }
    }

    /// Runs a JSON-RPC text: a call, a notification or a batch. `None` where no answer is due. This one function is the
    /// whole surface for bindings and connections.
    pub async fn call_json(&self, text: &str) -> Option<String> {
        match envelope::parse(text) {
            Incoming::Refused(answer) => Some(answer.to_string()),
            Incoming::One(entry) => self.run(entry).await.map(|answer| answer.to_string()),
            Incoming::Batch(entries) => {
                let mut answers = Vec::new();
                for entry in entries {
                    answers.extend(self.run(entry).await);
                }
                (!answers.is_empty()).then(|| Value::Array(answers).to_string())
            }
        }
    }

    async fn run(&self, entry: Entry) -> Option<Value> {
        let Envelope { id, method, params } = match entry {
            Entry::Refused(answer) => return Some(answer),
            Entry::Call(call) => call,
        };
        let outcome = self.call_value(&method, params).await;
        id.map(|id| envelope::answer(&id, outcome))
    }

    /// What happens from now on. Subscribe before submitting, so that nothing is missed. The stream ends when the engine
    /// does, when the connection to it is lost, or when this listener is far too slow.
    pub fn subscribe(&self) -> Events {
        match &self.door {
            Door::InProcess(handle) => handle.subscribe(),
            Door::Remote(remote) => remote.subscribe(),
        }
    }

    /// Ends an engine in this process and waits until it has. One in another process goes on; only the connection ends.
    pub async fn shutdown(&self, how: Shutdown) {
        match &self.door {
            Door::InProcess(handle) => handle.shutdown(how).await,
            Door::Remote(remote) => remote.disconnect(),
        }
    }

    /// Whether the engine runs in another process, and so goes on without this one.
    pub fn is_remote(&self) -> bool {
        matches!(self.door, Door::Remote(_))
    }

    /// Completes when the engine has ended, or the connection to it is lost.
    pub async fn wait_closed(&self) {
        match &self.door {
            Door::InProcess(handle) => handle.ended().await,
            Door::Remote(remote) => remote.wait_closed().await,
        }
    }
}
