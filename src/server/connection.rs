//! One connection: lines of JSON in, answers and events out, over any pair of byte streams.
//!
//! Everything is bounded. A line is at most [`MAX_LINE`] bytes; at most [`MOST_CALLS`] calls are under way, and the
//! next line is read when one is answered. A peer that does not read its answers is therefore not read from either;
//! events to it follow the rules of [`crate::client::Events`]. Calls begin in the order of their lines. A connection
//! ends when the peer has sent its last line and every call is answered, or when there are no more events: the engine
//! has ended, or the peer left so many unread that it would go on with gaps.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Notify, Semaphore, mpsc};

use crate::client::{Client, Events};
use crate::model::job::{Fault, FaultKind};
use crate::protocol::envelope;
pub use crate::protocol::envelope::MAX_LINE;

/// Most calls of one connection at a time.
pub const MOST_CALLS: usize = 64;

/// Serves a peer until it has sent its last line and every call has been answered, or until the engine has ended.
/// Errors: `NotFound` where it can't be read from, `Unwritable` where it can't be written to.
pub async fn serve<R, W>(client: &Client, reader: R, writer: W) -> Result<(), Fault>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let (answers_tx, answers) = mpsc::channel(MOST_CALLS);
    let ended = Arc::new(Notify::new());
    let mut writing = tokio::spawn(write_lines(writer, answers, client.subscribe(), ended.clone()));
    let read = tokio::select! {
        read = read_lines(client, reader, answers_tx) => read,
        // No more lines are read then; what is under way is still answered.
        () = ended.notified() => Ok(()),
        // The writer only ends first when the peer is gone.
        written = &mut writing => return written.unwrap_or_else(|error| broken(&error)),
    };
    let written = writing.await.unwrap_or_else(|error| broken(&error));
    read.and(written)
}

fn broken(error: &tokio::task::JoinError) -> Result<(), Fault> {
    Err(Fault::new(FaultKind::Internal, format!("the connection broke off: {error}")))
}

async fn read_lines<R: AsyncRead + Unpin>(
    client: &Client,
    reader: R,
    answers: mpsc::Sender<String>,
) -> Result<(), Fault> {
    let mut reader = BufReader::new(reader);
    let calls = Arc::new(Semaphore::new(MOST_CALLS));
    loop {
        // The semaphore is never closed, so a permit always comes.
        let Ok(permit) = calls.clone().acquire_owned().await else { return Ok(()) };
        let text = match read_line(&mut reader).await {
            Ok(None) => return Ok(()),
            Ok(Some(Line::Whole(text))) if text.trim().is_empty() => continue,
            Ok(Some(Line::Whole(text))) => text,
            Ok(Some(Line::Refused(why))) => {
                let fault = Fault::new(FaultKind::Malformed, why)
                    .with_hint("send one JSON-RPC 2.0 request of UTF-8 text on a line");
                let answer = envelope::error_answer(&serde_json::Value::Null, &fault);
                // An error means that the peer is gone, which the writer reports.
                let _ = answers.send(answer.to_string()).await;
                continue;
            }
            Err(error) => {
                return Err(Fault::new(FaultKind::NotFound, format!("could not read: {error}")));
            }
        };
        let (client, answers) = (client.clone(), answers.clone());
        let mut call: Pin<Box<dyn Future<Output = Option<String>> + Send>> =
            Box::pin(async move { client.call_json(&text).await });
        // Polled once here, a call is on its way to the engine before the next line is read, so calls keep their order.
        let first = poll_fn(|context| match call.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending => Poll::Ready(None),
        })
        .await;
        tokio::spawn(async move {
            let answer = match first {
                Some(answer) => answer,
                None => call.await,
            };
            if let Some(answer) = answer {
                let _ = answers.send(answer).await;
            }
            drop(permit);
        });
    }
}

async fn write_lines<W: AsyncWrite + Unpin>(
    mut writer: W,
    mut answers: mpsc::Receiver<String>,
    mut events: Events,
    ended: Arc<Notify>,
) -> Result<(), Fault> {
    let mut listens = true;
    loop {
        let line = tokio::select! {
            biased;
            answer = answers.recv() => match answer {
                Some(answer) => answer,
                None => return Ok(()),
            },
            event = events.next(), if listens => match event {
                Some(event) => envelope::notification(&event).to_string(),
                None => {
                    listens = false;
                    ended.notify_one();
                    continue;
                }
            },
        };
        let written = async {
            writer.write_all(line.as_bytes()).await?;
            writer.write_all(b"\n").await?;
            writer.flush().await
        };
        written.await.map_err(|error| {
            Fault::new(FaultKind::Unwritable, format!("the peer can't be written to: {error}"))
        })?;
    }
}

/// A line as it came in.
enum Line {
    /// Text without its line break.
    Whole(String),
    /// Why it can't be read.
    Refused(String),
}

/// Reads a line without ever holding more than [`MAX_LINE`] bytes; the rest of a longer one is skipped.
async fn read_line<R: AsyncRead + Unpin>(
    reader: &mut BufReader<R>,
) -> std::io::Result<Option<Line>> {
    let mut line = Vec::new();
    let (mut is_too_long, mut is_any) = (false, false);
    loop {
        let block = reader.fill_buf().await?;
        if block.is_empty() {
            break;
        }
        is_any = true;
        let end = block.iter().position(|byte| *byte == b'\n');
        let part = block.get(..end.unwrap_or(block.len())).unwrap_or_default();
        if line.len() + part.len() > MAX_LINE {
            is_too_long = true;
        } else {
            line.extend_from_slice(part);
        }
        let used = end.map_or(block.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            break;
        }
    }
    if !is_any {
        return Ok(None);
    }
    if is_too_long {
        return Ok(Some(Line::Refused(format!("the line is longer than {MAX_LINE} bytes"))));
    }
    Ok(Some(match String::from_utf8(line) {
        Ok(text) => Line::Whole(text),
        Err(_) => Line::Refused("the line is not UTF-8 text".to_owned()),
    }))
}
