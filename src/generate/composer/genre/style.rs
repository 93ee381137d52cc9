//! The lower half of a genre file: how the parts are played. The tables belong to the stages that write parts.

use serde::Deserialize;

/// Patterns, densities and offsets of the players of a genre.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Style {}
