//! What a backend says of itself. Plain values: the trait that makes takes lives in `generate`, and the wire carries these.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A backend, described.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BackendInfo {
    /// Stable id, such as `composer`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// One or two sentences.
    pub doc: String,
    /// Changes whenever the same request may sound different.
    pub version: String,
    /// Terms of the output.
    pub licence: String,
    /// Whether it can work now.
    pub available: bool,
    /// Why it can't, and what to do; empty when it can.
    #[serde(default)]
    pub reason: String,
    /// Params it reads.
    #[serde(default)]
    pub params: Vec<BackendParam>,
    /// Genres it knows, where it has a list.
    #[serde(default)]
    pub genres: Vec<String>,
}

/// A param of a backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BackendParam {
    /// Stable id.
    pub id: String,
    /// One sentence.
    pub doc: String,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Value where none is given.
    pub default: f64,
}
