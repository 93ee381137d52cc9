//! What nodes need from outside: recorded sound, SoundFonts, and files to record to. The engine opens no file itself; who
//! compiles a graph brings the assets.

use std::sync::Arc;

use rustysynth::SoundFont;

use crate::audio::buffer::AudioBuffer;
use crate::model::units::SampleRate;

/// Finds what the config of a node names. Thread: control.
pub trait Assets: Sync {
    /// A decoded recording, at its own sample rate, with its own channels. Whoever asks again gets the same one.
    fn sound(&self, name: &str) -> Result<Arc<AudioBuffer>, AssetError>;

    /// A SoundFont 2 file.
    fn sound_font(&self, name: &str) -> Result<Arc<SoundFont>, AssetError>;

    /// Opens a recording: what is pushed into the ring, as interleaved stereo, goes into the file `name`, and dropping the
    /// ring's end finishes the file.
    fn recording(&self, name: &str, sample_rate: SampleRate) -> Result<Take, AssetError>;
}

/// The engine's end of a recording that is being written.
pub struct Take {
    /// Interleaved stereo; what finds no room is lost, and the node counts it.
    pub ring: rtrb::Producer<f32>,
    /// Where it goes, for displays.
    pub path: String,
}

/// Why an asset can't be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct AssetError {
    /// What was asked for.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do about it, in a sentence for users.
    pub hint: String,
}

/// Where there are no assets at all: every name is unknown.
#[derive(Debug, Clone, Copy)]
pub struct NoAssets;

/// The place without assets.
pub static NO_ASSETS: NoAssets = NoAssets;

impl NoAssets {
    fn refuse<T>(name: &str) -> Result<T, AssetError> {
        Err(AssetError {
            name: name.to_owned(),
            problem: "no files can be used here".to_owned(),
            hint: "Play the graph with `timbre play` or `timbre render`.".to_owned(),
        })
    }
}

impl Assets for NoAssets {
    fn sound(&self, name: &str) -> Result<Arc<AudioBuffer>, AssetError> {
        Self::refuse(name)
    }

    fn sound_font(&self, name: &str) -> Result<Arc<SoundFont>, AssetError> {
        Self::refuse(name)
    }

    fn recording(&self, name: &str, _: SampleRate) -> Result<Take, AssetError> {
        Self::refuse(name)
    }
}
