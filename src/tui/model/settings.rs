//! What the next prompt is rendered with, beside its words.

use std::collections::BTreeMap;

use crate::model::key::Key;
use crate::model::request::Request;
use crate::model::tempo::Metre;
use crate::model::units::{Bpm, Length, Seed};

/// What the next prompt is rendered with. What is open is left to the prompt, to presets and to the backend.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// Tempo.
    pub bpm: Option<Bpm>,
    /// Key.
    pub key: Option<Key>,
    /// Metre.
    pub metre: Option<Metre>,
    /// Length.
    pub duration: Option<Length>,
    /// The seed that is locked.
    pub seed: Option<Seed>,
    /// Presets by name.
    pub presets: Vec<String>,
    /// Backend.
    pub backend: Option<String>,
    /// Params of the backend.
    pub params: BTreeMap<String, f64>,
    /// How many takes a prompt makes, 1 to 64.
    pub takes: u32,
    /// The take whose prompt is being edited; what comes next is its child.
    pub parent: Option<String>,
}

impl Settings {
    /// The request for a prompt.
    pub fn request(&self, prompt: &str) -> Request {
        Request {
            prompt: prompt.to_owned(),
            presets: self.presets.clone(),
            backend: self.backend.clone(),
            duration: self.duration,
            bpm: self.bpm,
            key: self.key,
            metre: self.metre,
            seed: self.seed,
            params: self.params.clone(),
            ..Request::default()
        }
    }
}
