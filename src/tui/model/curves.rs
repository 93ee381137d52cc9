//! What was measured of takes: peaks, spectrograms, loudness and scores, with what is on its way.

use std::collections::BTreeMap;

use crate::protocol::listen::{
    Score, TakeLoudnessResponse, TakePeaksResponse, TakeSpectrogramResponse,
};

/// Something that was asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Loaded<T> {
    /// Nobody has asked.
    #[default]
    Not,
    /// It is on its way.
    Coming,
    /// Here it is.
    Here(T),
    /// It could not be had, and why.
    Failed(String),
}

impl<T> Loaded<T> {
    /// The thing, where it is here.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Here(thing) => Some(thing),
            _ => None,
        }
    }
}

/// What was measured of one take.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TakeCurves {
    /// Peaks of the whole take, for its row.
    pub peaks: Loaded<TakePeaksResponse>,
    /// Peaks of what the big waveform shows.
    pub zoomed: Loaded<TakePeaksResponse>,
    /// Spectrogram.
    pub spectrogram: Loaded<TakeSpectrogramResponse>,
    /// Loudness.
    pub loudness: Loaded<TakeLoudnessResponse>,
    /// Score; `None` inside where the take has none.
    pub score: Loaded<Option<Score>>,
}

/// What was measured, by take.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curves {
    /// By the take's id.
    pub takes: BTreeMap<String, TakeCurves>,
}
