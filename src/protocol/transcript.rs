//! Params and responses of a conversation: what was asked for in a session, what came of it, and how takes descend from
//! each other.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::card::{JobCard, TakeCard};
use crate::model::job::Job;
use crate::model::key::Key;
use crate::model::session::Session;
use crate::model::units::{Bpm, Length, Seed};

/// Params of `session/transcript`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionTranscriptParams {
    /// The session: its id, a part of it, or `last`.
    pub id: String,
    /// How many entries at most, 1 to 2,000; 200 where open.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only entries before this one: the `before` of the page after it.
    #[serde(default)]
    pub before: Option<String>,
}

/// Response of `session/transcript`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionTranscriptResponse {
    /// The session.
    pub session: Session,
    /// Its newest entries, oldest first. A session that was forked begins with what it was forked from.
    pub entries: Vec<Entry>,
    /// Set where there are older ones: pass it as `before`.
    pub before: Option<String>,
}

/// Something that happened in a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // notes are rare beside jobs
pub enum Entry {
    /// Something was asked for.
    Job {
        /// The job.
        job: JobCard,
        /// What came of it, where it is still in the library.
        take: Option<TakeCard>,
    },
    /// The user wrote something down.
    Note(SessionNote),
}

/// Words of the user's own in a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionNote {
    /// Its name.
    pub id: String,
    /// The session it belongs to.
    pub session_id: String,
    /// The words, 1 to 4,000 characters.
    pub text: String,
    /// When it was written, in Unix seconds.
    pub created_at: f64,
}

/// Params of `session/note`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionNoteParams {
    /// The session.
    pub id: String,
    /// The words, 1 to 4,000 characters.
    pub text: String,
}

/// Response of `session/note`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionNoteResponse {
    /// The note.
    pub note: SessionNote,
}

/// Params of `session/rename`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionRenameParams {
    /// The session.
    pub id: String,
    /// Its new title, 1 to 200 characters.
    pub title: String,
}

/// Params of `session/fork`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionForkParams {
    /// The session to go on from.
    pub id: String,
    /// The last job that the new session shares with it; its newest one where open.
    #[serde(default)]
    pub at: Option<String>,
    /// Title of the new session; made from the old one's where empty.
    #[serde(default)]
    pub title: String,
}

/// Response of `session/rename` and `session/fork`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionResponse {
    /// The session as it is now.
    pub session: Session,
}

/// Params of `prompt/history`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PromptHistoryParams {
    /// Only prompts that contain this, upper and lower case alike.
    pub search: Option<String>,
    /// How many at most, 1 to 5,000; 500 where open.
    pub limit: Option<u32>,
}

/// Response of `prompt/history`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptHistoryResponse {
    /// Prompts of all sessions, newest first, each once.
    pub prompts: Vec<String>,
}

/// Params of `take/name`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeNameParams {
    /// The take.
    pub id: String,
    /// Its new title, 1 to 200 characters.
    pub title: String,
}

/// Params of `take/derive`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeDeriveParams {
    /// The take to start from. It stays as it is.
    pub id: String,
    /// What is to be different; at least one, applied in order.
    pub changes: Vec<Change>,
    /// How many takes, 1 to 64; 1 where open.
    #[serde(default)]
    pub takes: Option<u32>,
    /// Session that the new takes belong to; that of the take where open.
    #[serde(default)]
    pub session: Option<String>,
}

/// A difference between a take and the next one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// Other notes for one part; all others stay as they are.
    Reroll {
        /// The part, as the backend names it, such as `bass`.
        part: String,
    },
    /// Other notes for some or all of the parts, under the same song.
    Variation {
        /// How much, above 0, at most 1: the share of the parts that change. From 1 on the seed changes too.
        amount: f64,
    },
    /// A longer or shorter piece from the same seed.
    Extend {
        /// Bars to add; fewer than 0 take some away.
        bars: i32,
    },
    /// Another length.
    Duration {
        /// The length.
        duration: Length,
    },
    /// Another tempo.
    Tempo {
        /// The tempo.
        bpm: Bpm,
    },
    /// Another key.
    Key {
        /// The key.
        key: Key,
    },
    /// Another seed.
    Seed {
        /// The seed; drawn where open.
        seed: Option<Seed>,
    },
    /// Another prompt.
    Prompt {
        /// The prompt.
        prompt: String,
    },
    /// Another value of a param of the backend.
    Param {
        /// Its id.
        id: String,
        /// Its value.
        value: f64,
    },
    /// Files of its stems beside it.
    Stems,
    /// A MIDI file beside it.
    Midi,
}

/// Response of `take/derive`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeDeriveResponse {
    /// The jobs, in order.
    pub jobs: Vec<Job>,
    /// What was settled on the way.
    pub notes: Vec<String>,
}

/// Params of `engine/shutdown`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EngineShutdownParams {}

/// Response of `engine/shutdown`. The engine ends after this answer: what runs goes back into the queue, the music stops.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EngineShutdownResponse {}
