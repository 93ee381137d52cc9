//! Everything that can happen to the studio: one closed enum, so that every cause of a change is on one page.

use serde_json::Value;

use crate::model::job::{Fault, Job, JobId, Phase};
use crate::model::recipe::Recipe;
use crate::model::request::{Export, Resolved};
use crate::model::session::Session;
use crate::model::take::Take;
use crate::model::units::Seed;
use crate::protocol::listen::{
    PlayerVerdictParams, TakeLoudnessParams, TakePeaksParams, TakeSpectrogramParams,
};
use crate::protocol::player::RenderOfflineParams;
use crate::protocol::transcript::{SessionNote, TakeDeriveParams};
use crate::store::job::{JobFilter, NewJob};
use crate::store::take::{Opinion, TakeFilter};
use crate::store::timing::Timing;
use crate::store::transcript::Place;

use super::handle::Shutdown;
use super::stage::StageCall;
use super::stage::playlist::Wish;

/// Names a call that waits for its answer.
pub type Ticket = u64;

/// Something that has happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// The loop has started.
    Started,
    /// A call has come in, and its params make sense.
    Order {
        /// Where the answer goes.
        ticket: Ticket,
        /// What is wanted.
        order: Order,
    },
    /// A write to the library has ended.
    Wrote {
        /// The call that asked for it, if it was one.
        ticket: Option<Ticket>,
        /// The write.
        about: About,
        /// How it ended.
        outcome: Result<Wrote, Fault>,
    },
    /// A job that is being rendered has news.
    Work(News),
    /// A long task has ended, one way or another; its answer has been given.
    TaskEnded,
    /// A look at the queue has shown something.
    Seen {
        /// Running jobs of ours that somebody asked to stop.
        cancelled: Vec<JobId>,
        /// Whether a job waits that we may start.
        claimable: bool,
    },
    /// A quarter of a second has passed.
    Tick,
    /// The studio is asked to end.
    Shutdown(Shutdown),
}

/// A call after dispatch: who has to do what for it.
#[derive(Debug, Clone)]
pub enum Order {
    /// Nothing more; this is the answer.
    Answer(Value),
    /// A read of the library.
    Look(Look),
    /// A write to the library.
    Change(Write),
    /// Work on whole files.
    Task(Task),
    /// Something for the ear, now.
    Stage(StageCall),
    /// The end of the engine, after this answer.
    End(Value),
}

/// A read. Ids may be parts of ids.
#[derive(Debug, Clone)]
pub enum Look {
    /// `engine/status`.
    Status,
    /// `brief/read`.
    Brief {
        /// The request.
        request: Box<Resolved>,
        /// What was settled on the way.
        notes: Vec<String>,
    },
    /// `job/list`; the session of the filter may be a part of an id.
    Jobs(JobFilter),
    /// `job/get`.
    Job(String),
    /// `take/list`; the session of the filter may be a part of an id.
    Takes(Box<TakeFilter>),
    /// `take/get`.
    Take(String),
    /// `take/score`.
    Score(String),
    /// `verdict/list`: of a take or of all, and how many.
    Verdicts(Option<String>, u32),
    /// `session/list`.
    Sessions(u32),
    /// `session/get`.
    Session(String),
    /// `session/transcript`.
    Transcript {
        /// The session.
        session: String,
        /// How many entries at most.
        limit: u32,
        /// Only those before this place.
        before: Option<Place>,
    },
    /// `prompt/history`.
    Prompts {
        /// What they contain; everything where open.
        search: Option<String>,
        /// How many at most.
        limit: u32,
    },
}

/// A write to the library. Writes are done one after another, in the order in which they were asked for.
#[derive(Debug, Clone)]
pub enum Write {
    /// `job/submit`.
    Submit {
        /// Session that the jobs belong to, where one was named; may be a part of an id.
        session: Option<String>,
        /// Session that is made where none was named.
        fresh: Session,
        /// The jobs. Their parent may be a part of an id.
        jobs: Vec<NewJob>,
        /// The prompt as it was typed.
        typed: String,
        /// What was settled on the way.
        notes: Vec<String>,
    },
    /// `take/derive`.
    Derive(Box<Derivation>),
    /// `job/cancel`.
    Cancel(String),
    /// `job/retry`.
    Retry(String),
    /// `job/reorder`.
    Reorder(String, u32),
    /// `take/rate` and `take/tag`.
    Judge(String, Opinion),
    /// `take/delete`; whether files go too.
    Delete(String, bool),
    /// `take/name`.
    NameTake(String, String),
    /// `session/create`.
    CreateSession(Session),
    /// `session/rename`.
    RenameSession(String, String),
    /// `session/fork`.
    Fork {
        /// The session to go on from.
        session: String,
        /// The last job that both share; the newest one where open.
        at: Option<String>,
        /// The new session; its title may be open.
        fresh: Session,
    },
    /// `session/note`; the note's session may be a part of an id.
    Note(SessionNote),
    /// Take over what dead processes have left.
    Adopt,
    /// Start the next job that we may start.
    Claim,
    /// Write down how far a job is.
    Progress {
        /// The job.
        id: JobId,
        /// Where it is.
        phase: Phase,
        /// How far, 0 to 1.
        progress: f64,
        /// What is being done.
        stage: String,
        /// Seconds left.
        eta_s: Option<f64>,
    },
    /// End a job with its take.
    Finish {
        /// The job.
        id: JobId,
        /// What came of it.
        rendered: Box<Rendered>,
    },
    /// End a job without a take.
    GiveUp {
        /// The job.
        id: JobId,
        /// Why.
        fault: Fault,
    },
    /// Put what is ours back into the queue.
    HandBack,
}

/// A derivation before its take is known.
#[derive(Debug, Clone)]
pub struct Derivation {
    /// The params as they came; the number of changes and takes makes sense.
    pub params: TakeDeriveParams,
    /// For each take the id of its job, and a seed that was drawn for it.
    pub jobs: Vec<(JobId, Seed)>,
}

/// Which write an outcome belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// One that a call asked for, or one whose failure changes nothing for us.
    Call,
    /// [`Write::Adopt`].
    Adopt,
    /// [`Write::Claim`].
    Claim,
    /// [`Write::Finish`] of a job.
    Finish(JobId),
    /// [`Write::GiveUp`] of a job.
    GiveUp(JobId),
    /// [`Write::HandBack`].
    HandBack,
}

/// What a write has done.
#[derive(Debug, Clone)]
pub enum Wrote {
    /// The jobs are in the queue.
    Submitted {
        /// The jobs.
        jobs: Vec<Job>,
        /// Their session, if it is new or has its title from them.
        session: Option<Session>,
        /// What was settled on the way.
        notes: Vec<String>,
    },
    /// A job was cancelled, or asked to stop.
    Cancelled(Box<Job>),
    /// A job waits again.
    Retried(Box<Job>),
    /// The queue in its new order.
    Reordered(Vec<Job>),
    /// The take as it is now.
    Judged(Box<Take>),
    /// The take that is no longer there, and files that went with it.
    Deleted(String, Vec<String>),
    /// The new session.
    SessionCreated(Session),
    /// The session as it is now, or the one that was forked.
    SessionChanged(Session),
    /// The note.
    Noted(SessionNote),
    /// Jobs of dead processes that are ours now, as they are now.
    Adopted(Vec<Job>),
    /// The job that is ours to render now, with its backend's past; none where the queue holds nothing for us.
    Claimed(Option<Box<(Job, Vec<Timing>)>>),
    /// The job is over and its take is in the library.
    Finished(Box<Job>, Box<Rendered>),
    /// The job is over, without a take.
    GivenUp(Box<Job>),
    /// Nothing is told.
    Done,
}

/// What a rendered job brings.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The take; its files are whole and checked.
    pub take: Take,
    /// How long it took.
    pub timing: Timing,
}

/// News of a job that is being rendered.
#[derive(Debug, Clone)]
pub enum News {
    /// It has come further.
    Progress {
        /// The job.
        id: JobId,
        /// Where it is.
        phase: Phase,
        /// How far within the phase, 0 to 1.
        fraction: f64,
        /// What is being done, in plain words.
        stage: String,
        /// Seconds since this phase began.
        elapsed_s: f64,
    },
    /// It has ended.
    Ended {
        /// The job.
        id: JobId,
        /// How.
        outcome: Result<Box<Rendered>, Fault>,
    },
}

/// Work on whole files, or on devices, that a call asks for.
#[derive(Debug, Clone)]
pub enum Task {
    /// `take/inspect`: an id, a part of one, or an absolute path.
    Inspect(String),
    /// `take/replay`.
    Replay {
        /// An id, a part of one, or an absolute path.
        take: String,
        /// Whether to compare with what is there.
        verify: bool,
        /// Where to keep the result.
        path: Option<String>,
        /// Whether an existing file may be replaced.
        overwrite: bool,
    },
    /// `take/export`.
    Export {
        /// An id or a part of one.
        id: String,
        /// How to write it; open fields are the take's own.
        wish: Box<ExportTo>,
    },
    /// `render/offline`.
    Render(Box<RenderOfflineParams>),
    /// `player/open`.
    OpenPlayer {
        /// Ids, parts of ids, or absolute paths.
        sources: Vec<String>,
        /// How to play them.
        wish: Box<Wish>,
        /// Whether it starts at once.
        start: bool,
    },
    /// `player/compare`.
    Compare {
        /// Ids, parts of ids, or absolute paths.
        sources: Vec<String>,
        /// How to play them.
        wish: Box<Wish>,
        /// Seed of their order, where names are kept back.
        blind: Option<u64>,
        /// Whether it starts at once.
        start: bool,
    },
    /// `player/verdict`, said at a time in Unix seconds.
    Verdict(PlayerVerdictParams, f64),
    /// `take/peaks`, `take/spectrogram`, `take/loudness`.
    Curve(Curve),
    /// `device/list`.
    ListDevices,
    /// `device/probe`.
    Probe {
        /// The device; the wanted one where open.
        device: Option<String>,
        /// For how long.
        seconds: f64,
    },
}

/// A curve of a take or a file.
#[derive(Debug, Clone)]
pub enum Curve {
    /// Its waveform.
    Peaks(TakePeaksParams),
    /// Its spectra over time.
    Spectrogram(TakeSpectrogramParams),
    /// Its loudness over time.
    Loudness(TakeLoudnessParams),
}

/// How an export is to be written.
#[derive(Debug, Clone)]
pub struct ExportTo {
    /// The params as they came.
    pub params: crate::protocol::take::TakeExportParams,
}

impl ExportTo {
    /// The export settings of a take's recipe, with the wish applied.
    pub fn apply(&self, recipe: &Recipe) -> Export {
        let own = &recipe.request.export;
        Export {
            format: self.params.format,
            bit_depth: super::resolve::settle_depth(
                self.params.format,
                self.params.bit_depth.unwrap_or(own.bit_depth),
            ),
            sample_rate: self.params.sample_rate.unwrap_or(own.sample_rate),
            stems: false,
            midi: false,
        }
    }
}
