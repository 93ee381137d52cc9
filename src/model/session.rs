//! Sessions: conversations of prompts and takes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A session in the library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// Its name: a UUID v7 in text form.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// The session that it was forked from.
    #[serde(default)]
    pub parent: Option<String>,
    /// How many takes it has.
    pub takes: u32,
    /// When it began, in Unix seconds.
    pub created_at: f64,
}
