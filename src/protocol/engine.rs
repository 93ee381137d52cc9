//! Params and responses of `engine/*`, `backend/*`, `brief/*` and `config/*`: the engine itself and what it would do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::backend::BackendInfo;
use crate::model::brief::Brief;
use crate::model::request::{Request, Resolved};

use super::device::AudioStatus;

/// Version of the protocol. It grows when a method or field is added; nothing that exists changes its meaning.
pub const PROTOCOL_VERSION: u32 = 2;

/// Params of `engine/ping`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnginePingParams {}

/// Response of `engine/ping`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnginePingResponse {
    /// Always `timbre`.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// Version of the protocol.
    pub protocol: u32,
}

/// Params of `engine/status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EngineStatusParams {}

/// Response of `engine/status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EngineStatusResponse {
    /// Version of the program.
    pub version: String,
    /// Target triple of the program; takes repeat byte for byte on the same target.
    pub target: String,
    /// Path of the library's database.
    pub database: String,
    /// Number of the newest migration that the library has had.
    pub schema: i64,
    /// Folder that takes go to.
    pub music_dir: String,
    /// Takes in the library.
    pub takes: u64,
    /// Jobs that wait.
    pub queued: u64,
    /// Jobs that are being rendered, by any process.
    pub running: u64,
    /// Jobs that failed.
    pub failed: u64,
    /// How many jobs this process renders at a time; 0 if it renders none.
    pub jobs_at_once: u32,
    /// What the user should know of the library, such as a broken database that was moved aside.
    pub notices: Vec<String>,
    /// The sound, once something has been played; `null` before, when no device has been opened.
    pub audio: Option<AudioStatus>,
}

/// Params of `backend/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendListParams {}

/// Response of `backend/list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BackendListResponse {
    /// Every backend, whether it can work now or not.
    pub backends: Vec<BackendInfo>,
    /// The one that is used where none is asked for.
    pub default: String,
}

/// Params of `brief/read`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BriefReadParams {
    /// The request, as it would be submitted.
    pub request: Request,
}

/// Response of `brief/read`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BriefReadResponse {
    /// What was understood, and what was not.
    pub brief: Brief,
    /// The request with nothing left open. Its seed is drawn anew each time unless one was given.
    pub request: Resolved,
    /// What was settled on the way, such as characters that were taken out of the prompt.
    pub notes: Vec<String>,
}

/// Params of `config/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigGetParams {
    /// Only keys that begin with this, such as `export.`; all where open.
    #[serde(default)]
    pub prefix: Option<String>,
}

/// Response of `config/get`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigGetResponse {
    /// Every setting, by key.
    pub entries: Vec<ConfigEntry>,
}

/// A setting, and where it was set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigEntry {
    /// Dotted key, such as `export.format`.
    pub key: String,
    /// Its value.
    pub value: serde_json::Value,
    /// Where it was set: `default`, a file with its line, an environment variable, or a flag.
    pub origin: String,
}
