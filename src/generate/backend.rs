//! What a backend is: something that turns a resolved request into a mix, and says how it is going.
//!
//! A backend does not master, write, tag or store; the studio does that for all of them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::audio::buffer::AudioBuffer;
pub use crate::model::backend::{BackendInfo, BackendParam};
use crate::model::brief::Brief;
use crate::model::job::{Fault, FaultKind};
use crate::model::key::Key;
use crate::model::mastering::Mastering;
use crate::model::recipe::Maker;
use crate::model::request::Resolved;
use crate::model::tempo::{Metre, TempoMap};
use crate::music::score::Score;

/// Makes mixes. At most four methods, plain data in and out.
pub trait Backend: Send + Sync {
    /// What it is and what it can do. Cheap. Thread: any.
    fn info(&self) -> BackendInfo;

    /// What would be understood of a request, without rendering it. Cheap (under 5 ms). Thread: any.
    fn read(&self, request: &Resolved) -> Result<Brief, GenerateError>;

    /// What would be played, where it writes notes before it makes sound; `None` where it makes sound directly. A few
    /// milliseconds, and the same score that [`Backend::generate`] gives for this request. Thread: any.
    fn score(&self, request: &Resolved) -> Result<Option<Score>, GenerateError>;

    /// Renders a request. Blocks for as long as it takes; checks `watch` for cancellation at least every 100 ms.
    /// The same request gives the same samples on the same target. Thread: a `generate-N` thread.
    fn generate(&self, request: &Resolved, watch: &Watch<'_>) -> Result<Generated, GenerateError>;
}

/// How a running job hears of its cancellation and tells of its progress.
pub struct Watch<'a> {
    cancel: Arc<AtomicBool>,
    report: &'a (dyn Fn(Progress) + Sync),
    /// A folder of this job's own for large intermediate files; exists, is empty, and is removed by the caller.
    pub scratch: PathBuf,
    /// How many threads may be used, at least 1.
    pub threads: usize,
    /// Whether stems are wanted; without, a backend may leave them out.
    pub stems: bool,
}

impl<'a> Watch<'a> {
    /// A watch over one job.
    pub fn new(
        cancel: Arc<AtomicBool>,
        report: &'a (dyn Fn(Progress) + Sync),
        scratch: PathBuf,
        threads: usize,
        stems: bool,
    ) -> Self {
        Self { cancel, report, scratch, threads: threads.max(1), stems }
    }

    /// Whether the job should stop now.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Ends the work with [`GenerateError::Cancelled`] if the job should stop now.
    pub fn check(&self) -> Result<(), GenerateError> {
        if self.is_cancelled() { Err(GenerateError::Cancelled) } else { Ok(()) }
    }

    /// The flag itself, for code that can't hold a `Watch`.
    pub fn cancel_flag(&self) -> &Arc<AtomicBool> {
        &self.cancel
    }

    /// Tells how far the work is. `fraction` 0 to 1 of the backend's own work; `stage` in plain words.
    pub fn report(&self, fraction: f64, stage: &str) {
        (self.report)(Progress { fraction, stage: stage.to_owned() });
    }
}

/// How far a backend is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// 0 to 1.
    pub fraction: f64,
    /// What is being done, in plain words.
    pub stage: String,
}

/// What a backend gives back: sound before mastering, and everything known about it.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The pre-master mix, stereo, at the backend's own sample rate. May exceed full scale.
    pub mix: AudioBuffer,
    /// Stems that sum to `mix`, where they were wanted: raw interleaved little-endian f32 stereo files in the scratch folder.
    pub stems: Vec<StemFile>,
    /// The score, where there is one.
    pub score: Option<Score>,
    /// What was understood.
    pub brief: Option<Brief>,
    /// Tempo, where known.
    pub tempo: Option<TempoMap>,
    /// Key, where known.
    pub key: Option<Key>,
    /// Metre, where known.
    pub metre: Option<Metre>,
    /// Bars, where known.
    pub bars: Option<u32>,
    /// Whether the mix loops seamlessly from its last frame to its first.
    pub looped: bool,
    /// Genre id, for tags and for the choice of mastering.
    pub genre: Option<String>,
    /// How the mix wants to be mastered, unless the request says otherwise.
    pub mastering: Mastering,
    /// A title, made from the prompt and the music.
    pub title: String,
    /// Who made it.
    pub maker: Maker,
}

/// A stem on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StemFile {
    /// Such as `drums`.
    pub name: String,
    /// Raw interleaved little-endian f32 stereo, same frames as the mix.
    pub path: PathBuf,
}

/// Why a backend gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// It was told to stop.
    #[error("cancelled")]
    Cancelled,
    /// The request can't be done as it stands.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The backend can't work now.
    #[error("{message}")]
    Unavailable {
        /// Why.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A scratch file could not be written or read.
    #[error("could not use the scratch file {path}")]
    Scratch {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A fault of ours.
    #[error("the {backend} backend failed: {message}")]
    Internal {
        /// Which backend.
        backend: &'static str,
        /// What happened, causes included.
        message: String,
    },
}

impl From<GenerateError> for Fault {
    fn from(error: GenerateError) -> Self {
        let message = error.to_string();
        match error {
            GenerateError::Cancelled => Self::new(FaultKind::Cancelled, message),
            GenerateError::Invalid { hint, .. } => {
                Self::new(FaultKind::Invalid, message).with_hint(hint)
            }
            GenerateError::Unavailable { hint, .. } => {
                Self::new(FaultKind::Unavailable, message).with_hint(hint)
            }
            GenerateError::Scratch { source, .. } => {
                Self::new(FaultKind::Unwritable, format!("{message}: {source}"))
                    .with_hint("check the free space and the permissions of the temporary folder")
            }
            GenerateError::Internal { .. } => Self::new(FaultKind::Internal, message)
                .with_hint("try another seed, and report it with the recipe"),
        }
    }
}
