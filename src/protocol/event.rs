//! What the engine tells without being asked. On the wire each is a JSON-RPC notification: `{"method", "params"}`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::card::TakeCard;
use crate::model::job::{Job, Phase};
use crate::model::session::Session;
use crate::model::take::Take;

use super::device::{AudioStatus, DeviceState, LostBy};
use super::listen::PlayerState;
use super::player::NodeFault;
use super::transcript::SessionNote;
use super::transport::TransportState;

/// An event. Where a reader is slow, a newer `job/progress` or `job/changed` takes the place of an older one of the
/// same job, a newer `take/changed` or `session/changed` that of an older one of the same take or session, and a newer
/// `engine/status`, `transport/changed`, `device/changed`, `player/changed` or `graph/changed` that of any older one; what
/// is counted (`engine/xrun`, `node/fault`) is added up. `take/created`, `take/deleted` and `session/noted` are never
/// dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", content = "params")]
#[allow(clippy::large_enum_variant)] // progress is the small one, and it is the rare one in a queue
pub enum Event {
    /// A running job has come further.
    #[serde(rename = "job/progress")]
    JobProgress(JobProgress),
    /// A job has entered another phase; the last one of a job is `ready`, `failed` or `cancelled`.
    #[serde(rename = "job/changed")]
    JobChanged(JobChanged),
    /// A take is finished: its files are whole and checked, and it is in the library.
    #[serde(rename = "take/created")]
    TakeCreated(TakeCreated),
    /// A take was rated, tagged or named.
    #[serde(rename = "take/changed")]
    TakeChanged(TakeChanged),
    /// A take is no longer in the library.
    #[serde(rename = "take/deleted")]
    TakeDeleted(TakeDeleted),
    /// A session was begun, forked or renamed.
    #[serde(rename = "session/changed")]
    SessionChanged(SessionChanged),
    /// The user wrote something into a session.
    #[serde(rename = "session/noted")]
    SessionNoted(SessionNoted),
    /// How the sound is, at most 60 times a second while something plays.
    #[serde(rename = "engine/status")]
    EngineStatus(AudioStatus),
    /// The transport was started, stopped or moved, or its loop, tempo or length changed.
    #[serde(rename = "transport/changed")]
    TransportChanged(TransportChanged),
    /// Another device plays, or the same one again.
    #[serde(rename = "device/changed")]
    DeviceChanged(DeviceChanged),
    /// Time was lost; told at most four times a second.
    #[serde(rename = "engine/xrun")]
    EngineXrun(EngineXrun),
    /// A node broke down and is muted for a moment; the rest plays on.
    #[serde(rename = "node/fault")]
    NodeFault(NodeFault),
    /// Something else is opened, or a part, a comparison or a switch is another.
    #[serde(rename = "player/changed")]
    PlayerChanged(PlayerChanged),
    /// The graph was edited; `graph/get` gives it.
    #[serde(rename = "graph/changed")]
    GraphChanged(GraphChanged),
}

impl Event {
    /// Its name on the wire.
    pub fn method(&self) -> &'static str {
        match self {
            Self::JobProgress(_) => "job/progress",
            Self::JobChanged(_) => "job/changed",
            Self::TakeCreated(_) => "take/created",
            Self::TakeChanged(_) => "take/changed",
            Self::TakeDeleted(_) => "take/deleted",
            Self::SessionChanged(_) => "session/changed",
            Self::SessionNoted(_) => "session/noted",
            Self::EngineStatus(_) => "engine/status",
            Self::TransportChanged(_) => "transport/changed",
            Self::DeviceChanged(_) => "device/changed",
            Self::EngineXrun(_) => "engine/xrun",
            Self::NodeFault(_) => "node/fault",
            Self::PlayerChanged(_) => "player/changed",
            Self::GraphChanged(_) => "graph/changed",
        }
    }

    /// The job that it is about; `None` for what is about the sound.
    pub fn job_id(&self) -> Option<&str> {
        match self {
            Self::JobProgress(progress) => Some(&progress.job_id),
            Self::JobChanged(changed) => Some(&changed.job.id),
            Self::TakeCreated(created) => Some(&created.take.job_id),
            _ => None,
        }
    }
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobProgress {
    /// The job.
    pub job_id: String,
    /// Where it is.
    pub phase: Phase,
    /// How far, 0 to 1, over all phases.
    pub progress: f64,
    /// What is being done, in plain words.
    pub stage: String,
    /// Seconds left, from this backend's own past; `null` where there is none yet.
    pub eta_s: Option<f64>,
}

/// A job after a change of phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobChanged {
    /// The job as it is now, with its fault if it failed.
    pub job: Job,
}

/// A finished take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeCreated {
    /// The take.
    pub take: Take,
}

/// A take after a change of what the user thinks of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeChanged {
    /// The take as it is now.
    pub take: TakeCard,
}

/// A take that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TakeDeleted {
    /// Its whole id.
    pub id: String,
}

/// A session that is new, or has another title.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionChanged {
    /// The session as it is now.
    pub session: Session,
}

/// Words of the user's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionNoted {
    /// The note.
    pub note: SessionNote,
}

/// The transport after a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransportChanged {
    /// Why.
    pub cause: TransportCause,
    /// The transport as it is now.
    pub transport: TransportState,
}

/// Why the transport has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransportCause {
    /// It was started.
    Played,
    /// It was stopped.
    Stopped,
    /// The music came to its end.
    Ended,
    /// It was moved.
    Sought,
    /// Its loop was set or taken away.
    Looped,
    /// Its tempo was set.
    Tempo,
    /// What it plays was set.
    Schedule,
}

/// The player after a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerChanged {
    /// The player as it is now.
    pub player: PlayerState,
}

/// The graph after an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GraphChanged {
    /// Its revision; it goes up with every edit.
    pub revision: u64,
}

/// The device after a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceChanged {
    /// The device as it is now.
    pub device: DeviceState,
}

/// Time that was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EngineXrun {
    /// How often since the last event of this kind.
    pub count: u64,
    /// How often since the device was opened.
    pub total: u64,
    /// Who noticed the latest one.
    pub cause: LostBy,
    /// By how many microseconds the worst one missed its deadline, where known; else 0.
    pub late_us: u32,
}
