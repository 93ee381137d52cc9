//! Params and responses of `preset/*` and `session/*`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::preset::{Preset, PresetKind};
use crate::model::session::Session;
use crate::model::take::Take;

/// Params of `preset/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PresetListParams {
    /// Only presets of this kind.
    pub kind: Option<PresetKind>,
}

/// Response of `preset/list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PresetListResponse {
    /// The presets, by name.
    pub presets: Vec<PresetEntry>,
}

/// A preset in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PresetEntry {
    /// Name by which it is asked for.
    pub name: String,
    /// What it is meant to decide.
    pub kind: PresetKind,
    /// One sentence.
    pub doc: String,
    /// `built-in`, or the path of its file.
    pub origin: String,
}

/// Params of `preset/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PresetGetParams {
    /// Name of the preset.
    pub name: String,
}

/// Response of `preset/get`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PresetGetResponse {
    /// The preset.
    pub preset: Preset,
    /// `built-in`, or the path of its file.
    pub origin: String,
}

/// Params of `session/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionListParams {
    /// How many at most, 1 to 500; 50 where open.
    pub limit: Option<u32>,
}

/// Response of `session/list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionListResponse {
    /// The sessions, newest first.
    pub sessions: Vec<Session>,
}

/// Params of `session/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionGetParams {
    /// The session: its id, a part of it, or `last`.
    pub id: String,
}

/// Response of `session/get`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionGetResponse {
    /// The session.
    pub session: Session,
    /// Its takes, oldest first, the first 500.
    pub takes: Vec<Take>,
}

/// Params of `session/create`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionCreateParams {
    /// Title for people, at most 200 characters; made from its first prompt where empty.
    pub title: String,
}

/// Response of `session/create`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionCreateResponse {
    /// The new session.
    pub session: Session,
}
