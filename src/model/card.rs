//! Cards: what a list shows of a job or a take, without its recipe. Thousands of them fit on one page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::job::{Fault, Job, Phase};
use super::key::Key;
use super::take::Take;
use super::tempo::Metre;

/// What a row shows of a take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeCard {
    /// Its name: a UUID v7 in text form.
    pub id: String,
    /// The session it belongs to.
    pub session_id: String,
    /// The job that made it.
    pub job_id: String,
    /// The take that it was made from, where it is a variation.
    pub parent: Option<String>,
    /// Number within its session, from 1.
    pub number: u32,
    /// Title.
    pub title: String,
    /// The prompt that it was made from.
    pub prompt: String,
    /// Absolute path of the audio file.
    pub path: String,
    /// Tempo at the start, quarter notes per minute, where known.
    pub bpm: Option<f64>,
    /// Key, where known.
    pub key: Option<Key>,
    /// Metre, where known.
    pub metre: Option<Metre>,
    /// Bars, where known.
    pub bars: Option<u32>,
    /// Length of the file in seconds.
    pub duration_s: f64,
    /// Integrated loudness, LUFS, where it could be measured.
    pub lufs: Option<f64>,
    /// True peak, dBTP, where it is not silent.
    pub true_peak_dbtp: Option<f64>,
    /// Its seed.
    pub seed: u64,
    /// Backend id.
    pub backend: String,
    /// Terms of use, such as `CC0-1.0`.
    pub licence: String,
    /// Whether it loops seamlessly.
    pub looped: bool,
    /// Names of the stems that were written; empty where none were.
    pub stems: Vec<String>,
    /// 1 to 5, where it was rated.
    pub rating: Option<u8>,
    /// The user's note.
    pub note: String,
    /// The user's tags, sorted.
    pub tags: Vec<String>,
    /// When it was finished, in Unix seconds.
    pub created_at: f64,
}

impl From<&Take> for TakeCard {
    fn from(take: &Take) -> Self {
        let (outcome, request) = (&take.recipe.outcome, &take.recipe.request);
        Self {
            id: take.id.clone(),
            session_id: take.session_id.clone(),
            job_id: take.job_id.clone(),
            parent: take.parent.clone(),
            number: take.number,
            title: take.title.clone(),
            prompt: request.prompt.clone(),
            path: take.path.clone(),
            bpm: outcome.bpm,
            key: outcome.key,
            metre: outcome.metre,
            bars: outcome.bars,
            duration_s: outcome.duration_s,
            lufs: outcome.lufs,
            true_peak_dbtp: outcome.true_peak_dbtp,
            seed: request.seed.0,
            backend: take.recipe.backend.id.clone(),
            licence: take.recipe.backend.licence.clone(),
            looped: outcome.looped,
            stems: take.stems.iter().map(|stem| stem.name.clone()).collect(),
            rating: take.rating,
            note: take.note.clone(),
            tags: take.tags.clone(),
            created_at: take.created_at,
        }
    }
}

/// What a row shows of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobCard {
    /// Its name.
    pub id: String,
    /// The session it belongs to.
    pub session_id: String,
    /// The take that it starts from, where it makes a variation.
    pub parent: Option<String>,
    /// Number that its take has within the session.
    pub number: u32,
    /// The prompt.
    pub prompt: String,
    /// Backend id.
    pub backend: String,
    /// Its seed.
    pub seed: u64,
    /// Where it is.
    pub phase: Phase,
    /// How far, 0 to 1, over all phases.
    pub progress: f64,
    /// What is being done, in plain words.
    pub stage: String,
    /// Seconds left, where known.
    pub eta_s: Option<f64>,
    /// Order in the queue; lower is earlier.
    pub position: i64,
    /// The take that came of it.
    pub take_id: Option<String>,
    /// Why it failed.
    pub fault: Option<Fault>,
    /// When it was submitted, in Unix seconds.
    pub created_at: f64,
}

impl From<&Job> for JobCard {
    fn from(job: &Job) -> Self {
        Self {
            id: job.id.clone(),
            session_id: job.session_id.clone(),
            parent: job.parent.clone(),
            number: job.number,
            prompt: job.request.prompt.clone(),
            backend: job.request.backend.clone(),
            seed: job.request.seed.0,
            phase: job.phase,
            progress: job.progress,
            stage: job.stage.clone(),
            eta_s: job.eta_s,
            position: job.position,
            take_id: job.take_id.clone(),
            fault: job.fault.clone(),
            created_at: job.created_at,
        }
    }
}
