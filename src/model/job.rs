//! Jobs: requests being rendered, from queued to ready.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request::Resolved;

/// Names a job: a UUID v7 in text form, so that ids sort by time of birth.
pub type JobId = String;

/// Where a job is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waits for its turn.
    Queued,
    /// The backend works on it.
    Generating,
    /// The mix is mastered, written, tagged and checked.
    Mastering,
    /// The take is there.
    Ready,
    /// It ended with a fault.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl Phase {
    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Ready | Self::Failed | Self::Cancelled)
    }

    /// The word that users and the wire see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Generating => "generating",
            Self::Mastering => "mastering",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The inverse of [`Phase::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Queued,
            Self::Generating,
            Self::Mastering,
            Self::Ready,
            Self::Failed,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|phase| phase.word() == word)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// The session it belongs to.
    pub session_id: String,
    /// The take that it starts from, where it makes a variation.
    #[serde(default)]
    pub parent: Option<String>,
    /// Number that its take has within the session, from 1; given at submission, so that every attempt writes the
    /// same file.
    #[serde(default)]
    pub number: u32,
    /// What is rendered.
    pub request: Resolved,
    /// Exact path of the file, where the user gave one.
    pub path: Option<String>,
    /// Whether an existing file at `path` may be replaced.
    #[serde(default)]
    pub overwrite: bool,
    /// Where it is.
    pub phase: Phase,
    /// How far, 0 to 1, over all phases.
    pub progress: f64,
    /// What is being done, in plain words, such as `drums`.
    #[serde(default)]
    pub stage: String,
    /// Seconds left, from this backend's own past; `None` where there is none yet.
    pub eta_s: Option<f64>,
    /// Order in the queue; lower is earlier.
    pub position: i64,
    /// How often it has been started.
    pub attempts: u32,
    /// The take that came of it.
    pub take_id: Option<String>,
    /// Why it failed.
    pub fault: Option<Fault>,
    /// When it was submitted, in Unix seconds.
    pub created_at: f64,
    /// When its phase last changed, in Unix seconds.
    pub updated_at: f64,
}

/// An error in the form in which it is stored and sent: what happened, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What kind; decides exit codes and JSON-RPC codes.
    pub kind: FaultKind,
    /// One line, in plain words, causes included.
    pub message: String,
    /// What to do next, in plain words; may be empty.
    #[serde(default)]
    pub hint: String,
}

impl Fault {
    /// A fault without a hint.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: String::new() }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// Kinds of faults, by what the caller can do about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The request makes no sense as it stands: change it. Exit code 2, JSON-RPC -32602.
    Invalid,
    /// No such method. Exit code 2, JSON-RPC -32601.
    UnknownMethod,
    /// Not JSON, or not a request. JSON-RPC -32700 / -32600.
    Malformed,
    /// The backend or its model is not there: choose another or set it up. Exit code 3, JSON-RPC -32003.
    Unavailable,
    /// A take, job, session, preset or file is not there or can't be read. Exit code 4, JSON-RPC -32004.
    NotFound,
    /// A file could not be written. Exit code 5, JSON-RPC -32005.
    Unwritable,
    /// It was cancelled or interrupted. Exit code 130, JSON-RPC -32006.
    Cancelled,
    /// The state of the thing does not allow it, such as cancelling a finished job. Exit code 1, JSON-RPC -32007.
    Conflict,
    /// Too much at once: try again later. Exit code 1, JSON-RPC -32001.
    Busy,
    /// Our own failure. Exit code 1, JSON-RPC -32603.
    Internal,
}

impl FaultKind {
    /// Exit code of a process that ends with this fault.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Conflict | Self::Busy | Self::Internal | Self::Malformed => 1,
            Self::Invalid | Self::UnknownMethod => 2,
            Self::Unavailable => 3,
            Self::NotFound => 4,
            Self::Unwritable => 5,
            Self::Cancelled => 130,
        }
    }

    /// JSON-RPC 2.0 error code.
    pub fn rpc_code(self) -> i32 {
        match self {
            Self::Malformed => -32_700,
            Self::UnknownMethod => -32_601,
            Self::Invalid => -32_602,
            Self::Internal => -32_603,
            Self::Busy => -32_001,
            Self::Unavailable => -32_003,
            Self::NotFound => -32_004,
            Self::Unwritable => -32_005,
            Self::Cancelled => -32_006,
            Self::Conflict => -32_007,
        }
    }
}
