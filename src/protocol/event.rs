//! What the engine tells without being asked. On the wire each is a JSON-RPC notification: `{"method", "params"}`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::job::{Job, Phase};
use crate::model::take::Take;

/// An event. Where a reader is slow, a newer `job/progress` or `job/changed` takes the place of an older one of the
/// same job; `take/created` is never dropped.
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
}

impl Event {
    /// Its name on the wire.
    pub fn method(&self) -> &'static str {
        match self {
            Self::JobProgress(_) => "job/progress",
            Self::JobChanged(_) => "job/changed",
            Self::TakeCreated(_) => "take/created",
        }
    }

    /// The job that it is about.
    pub fn job_id(&self) -> &str {
        match self {
            Self::JobProgress(progress) => &progress.job_id,
            Self::JobChanged(changed) => &changed.job.id,
            Self::TakeCreated(created) => &created.take.job_id,
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
