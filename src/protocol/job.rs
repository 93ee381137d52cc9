//! Params and responses of `job/*`: asking for takes, and looking after what is being rendered.
//!
//! Wherever a job is named, its whole id, a unique beginning or ending of it (four characters or more), or `last` will do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::job::{Job, Phase};
use crate::model::request::Request;

/// Most takes that one submission may ask for.
pub const MAX_TAKES: u32 = 64;

/// Params of `job/submit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobSubmitParams {
    /// What to render.
    pub request: Request,
    /// How many takes, 1 to 64. The first has the request's seed (or a drawn one), each further one the next seed.
    #[serde(default = "one")]
    pub takes: u32,
    /// Session that the takes belong to; a new one where open.
    #[serde(default)]
    pub session: Option<String>,
    /// The take that the new ones start from, where they are variations of it.
    #[serde(default)]
    pub parent: Option<String>,
}

fn one() -> u32 {
    1
}

impl Default for JobSubmitParams {
    fn default() -> Self {
        Self { request: Request::default(), takes: 1, session: None, parent: None }
    }
}

/// Response of `job/submit`. The jobs are in the library by the time it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmitResponse {
    /// The jobs, in order.
    pub jobs: Vec<Job>,
    /// What was settled on the way, such as characters that were taken out of the prompt.
    pub notes: Vec<String>,
}

/// Params of `job/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JobListParams {
    /// Only jobs in these phases; all where empty.
    pub phases: Vec<Phase>,
    /// Only jobs of this session.
    pub session: Option<String>,
    /// How many at most, 1 to 500; 100 where open.
    pub limit: Option<u32>,
}

/// Response of `job/list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobListResponse {
    /// Running jobs first, then the queue in its order, then finished jobs, newest first.
    pub jobs: Vec<Job>,
}

/// Params of `job/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobGetParams {
    /// The job.
    pub id: String,
}

/// Response of `job/get`, `job/cancel` and `job/retry`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobResponse {
    /// The job as it is now.
    pub job: Job,
}

/// Params of `job/cancel`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobCancelParams {
    /// The job. A waiting one is cancelled at once; a running one within a second, which `job/changed` tells.
    pub id: String,
}

/// Params of `job/retry`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobRetryParams {
    /// The job, failed or cancelled. It goes to the end of the queue under its old id.
    pub id: String,
}

/// Params of `job/reorder`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobReorderParams {
    /// The job, which must still wait.
    pub id: String,
    /// Its new place among those that wait: 0 is next, and past the end is last.
    pub place: u32,
}

/// Response of `job/reorder`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobReorderResponse {
    /// The queue in its new order.
    pub jobs: Vec<Job>,
}
