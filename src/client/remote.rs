//! An engine in another process: calls and answers on one line each, events in between, over a pair of byte streams.
//!
//! Everything is bounded: at most [`MOST_CALLS`] calls wait for their answers, an answer is at most [`MAX_ANSWER`] bytes,
//! and events wait for their listeners by the rules of [`Hub`]. When the connection is lost, every call that waits gets a
//! fault and every stream of events ends.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot, watch};

use crate::model::job::{Fault, FaultKind};
use crate::protocol::envelope::{self, MAX_LINE, Outgoing};
use crate::studio::events::{Events, Hub};

/// Most calls of one connection that wait for their answers; the next one is refused as busy.
const MOST_CALLS: usize = 128;
/// Longest line that is read, in bytes. The longest answers are curves and pages of a conversation, a few MB.
const MAX_ANSWER: usize = 64 << 20;
/// How long an engine may take to say that it is there.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// A connection. Clones share it; it ends when the last one is gone, or with [`Remote::disconnect`]. Thread: any.
#[derive(Clone)]
pub(super) struct Remote {
    lines: mpsc::Sender<String>,
    shared: Arc<Shared>,
}

/// What the connection's tasks and its callers share.
struct Shared {
    hub: Hub,
    waiting: Mutex<Waiting>,
    next_id: AtomicU64,
    closed: watch::Sender<bool>,
}

#[derive(Default)]
struct Waiting {
    calls: BTreeMap<u64, oneshot::Sender<Result<Value, Fault>>>,
    is_closed: bool,
}

impl Remote {
    /// Connects to a socket.
    #[cfg(unix)]
    pub(super) async fn connect(path: &Path) -> Result<Self, Fault> {
        let connecting = tokio::net::UnixStream::connect(path);
        let stream = tokio::time::timeout(PATIENCE, connecting)
            .await
            .map_err(|_| silent(path))?
            .map_err(|error| {
                Fault::new(
                    FaultKind::Unavailable,
                    format!("no engine answers at {}: {error}", path.display()),
                )
                .with_hint("start one: timbre serve --detach")
            })?;
        let (reader, writer) = stream.into_split();
        Ok(Self::over(reader, writer))
    }

    /// Says that there is no such thing here.
    #[cfg(not(unix))]
    pub(super) async fn connect(_path: &Path) -> Result<Self, Fault> {
        Err(Fault::new(FaultKind::Unavailable, "this system has no Unix sockets").with_hint(
            "the engine runs in this process here; timbre serve --stdio serves programs",
        ))
    }

    /// Speaks over a pair of byte streams, on the current tokio runtime.
    pub(super) fn over<R, W>(reader: R, writer: W) -> Self
    where
        R: AsyncRead + Unpin + Send + 'static,
        W: AsyncWrite + Unpin + Send + 'static,
    {
        let (lines, waiting_lines) = mpsc::channel(MOST_CALLS);
        let shared = Arc::new(Shared {
            hub: Hub::default(),
            waiting: Mutex::default(),
            next_id: AtomicU64::new(1),
            closed: watch::Sender::new(false),
        });
        let own = shared.clone();
        // Two tasks, so that a full pipe one way never keeps the other way from flowing.
        tokio::spawn(async move {
            let mut closed = own.closed.subscribe();
            tokio::select! {
                () = read_lines(reader, &own) => {}
                _ = closed.wait_for(|closed| *closed) => {}
            }
            own.close();
        });
        let own = shared.clone();
        tokio::spawn(async move {
            let mut closed = own.closed.subscribe();
            tokio::select! {
                // Where the engine can't be written to, the reader sees it go as well; where nobody holds this
                // connection any more, closing our end asks the engine to close its own.
                () = write_lines(writer, waiting_lines) => {}
                _ = closed.wait_for(|closed| *closed) => {}
            }
        });
        Self { lines, shared }
    }

    /// Runs a method. Dropped before it is answered, it forgets the answer.
    pub(super) async fn call(&self, method: &str, params: &Value) -> Result<Value, Fault> {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let line = envelope::request(id, method, params);
        if line.len() > MAX_LINE {
            return Err(Fault::new(
                FaultKind::Invalid,
                format!(
                    "the params of {method} are {} bytes long; {MAX_LINE} is the most",
                    line.len()
                ),
            )
            .with_hint("send less at once"));
        }
        let (answer, answered) = oneshot::channel();
        let _place = self.shared.wait_for(id, answer)?;
        self.lines.send(line).await.map_err(|_| lost())?;
        answered.await.unwrap_or_else(|_| Err(lost()))
    }

    /// What happens from now on, as far as the connection brings it.
    pub(super) fn subscribe(&self) -> Events {
        self.shared.hub.subscribe()
    }

    /// Ends the connection for all clones.
    pub(super) fn disconnect(&self) {
        self.shared.close();
    }

    /// Completes when the connection is lost.
    pub(super) async fn wait_closed(&self) {
        // The sender lives in what we hold, so an error can't come.
        let _ = self.shared.closed.subscribe().wait_for(|closed| *closed).await;
    }
}

impl Shared {
    /// Takes a place among the calls that wait; it is given up when the value is dropped.
    fn wait_for(
        &self,
        id: u64,
        answer: oneshot::Sender<Result<Value, Fault>>,
    ) -> Result<Place<'_>, Fault> {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return Err(lost());
        }
        if waiting.calls.len() >= MOST_CALLS {
            return Err(
                Fault::new(FaultKind::Busy, "too many calls at once").with_hint("retry later")
            );
        }
        waiting.calls.insert(id, answer);
        Ok(Place { shared: self, id })
    }

    fn take_in(&self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Answer(id, outcome) => {
                if let Some(answer) = self.waiting().calls.remove(&id) {
                    // The caller may have stopped waiting, which is no error.
                    let _ = answer.send(outcome);
                }
            }
            Outgoing::Event(event) => self.hub.send(&event),
            // A newer engine may tell what this version does not know.
            Outgoing::Unknown => {}
        }
    }

    fn close(&self) {
        let calls = {
            let mut waiting = self.waiting();
            waiting.is_closed = true;
            std::mem::take(&mut waiting.calls)
        };
        for answer in calls.into_values() {
            let _ = answer.send(Err(lost()));
        }
        self.hub.close();
        self.closed.send_replace(true);
    }

    /// A panic elsewhere does not make a map of whole values unusable.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the calls that wait.
struct Place<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.shared.waiting().calls.remove(&self.id);
    }
}

/// Reads until the engine is gone or sends what can't be read.
async fn read_lines<R: AsyncRead + Unpin>(reader: R, shared: &Shared) {
    let mut reader = BufReader::with_capacity(1 << 16, reader);
    let mut line = Vec::new();
    loop {
        match read_line(&mut reader, &mut line).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!("the connection to the engine broke off: {error}");
                return;
            }
        }
        let outgoing = std::str::from_utf8(&line)
            .map_err(|_| Fault::new(FaultKind::Malformed, "the engine sent what is not UTF-8"))
            .and_then(envelope::read_outgoing);
        match outgoing {
            Ok(outgoing) => shared.take_in(outgoing),
            Err(fault) => {
                tracing::warn!("{fault}");
                return;
            }
        }
    }
}

/// Reads a line into an empty buffer; `false` at the end. Never holds more than [`MAX_ANSWER`] bytes.
async fn read_line<R: AsyncRead + Unpin>(
    reader: &mut BufReader<R>,
    line: &mut Vec<u8>,
) -> std::io::Result<bool> {
    line.clear();
    // A long answer once should not hold its memory for ever.
    line.shrink_to(1 << 16);
    loop {
        let block = reader.fill_buf().await?;
        if block.is_empty() {
            // What is left of a line without its end is none.
            return Ok(false);
        }
        let end = block.iter().position(|byte| *byte == b'\n');
        let part = block.get(..end.unwrap_or(block.len())).unwrap_or_default();
        if line.len() + part.len() > MAX_ANSWER {
            return Err(std::io::Error::other("a line is too long"));
        }
        line.extend_from_slice(part);
        let used = end.map_or(block.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

async fn write_lines<W: AsyncWrite + Unpin>(mut writer: W, mut lines: mpsc::Receiver<String>) {
    while let Some(mut line) = lines.recv().await {
        line.push('\n');
        if writer.write_all(line.as_bytes()).await.is_err() || writer.flush().await.is_err() {
            return;
        }
    }
    // Told in so many words, because a half of a socket stays open as long as the other one.
    let _ = writer.shutdown().await;
}

/// The connection is gone.
fn lost() -> Fault {
    Fault::new(FaultKind::Unavailable, "the connection to the engine was lost").with_hint(
        "start it again with timbre serve --detach; nothing that was in the queue is lost",
    )
}

/// Something is there and does not speak.
pub(super) fn silent(path: &Path) -> Fault {
    Fault::new(FaultKind::Unavailable, format!("the engine at {} does not answer", path.display()))
        .with_hint("timbre serve --status says which process it is; end that, then start it again")
}

#[cfg(test)]
mod tests;
