//! What a node of the engine can tell about what it hears or does: measurements, curves, progress.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was read from a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NodeData {
    /// Levels of what passes through.
    Meter(MeterData),
    /// The shape of the latest moments.
    Scope(ScopeData),
    /// Levels over a longer time.
    History(HistoryData),
    /// What the latest moment is made of.
    Spectrum(SpectrumData),
    /// Which input of a switch is heard.
    Switch(SwitchData),
    /// How far a player is.
    Player(PlayerData),
    /// How far a recorder is.
    Recorder(RecorderData),
}

/// Levels. Decibels of silence are `null`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeterData {
    /// Largest sample since the last reading, left and right, in dBFS.
    pub peak_db: [Option<f64>; 2],
    /// Effective value over the last 300 ms, left and right, in dBFS (a full sine is -3.01).
    pub rms_db: [Option<f64>; 2],
    /// Largest sample between samples since the reset, in dBTP (ITU-R BS.1770-4, annex 2).
    pub true_peak_db: Option<f64>,
    /// Loudness of the last 400 ms in LUFS (EBU Tech 3341).
    pub momentary_lufs: Option<f64>,
    /// Loudness of the last 3 s in LUFS.
    pub short_term_lufs: Option<f64>,
    /// Correlation of left and right over the last 300 ms: 1 is mono, 0 is unrelated, -1 cancels in mono. `null` in silence.
    pub correlation: Option<f64>,
    /// How much a compressor or limiter turns down, in dB, 0 or more; 0 where nothing does.
    pub reduction_db: f64,
}

/// The latest samples, left and right, oldest first, each as the smallest and the largest sample of its point.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScopeData {
    /// Frames that one point stands for.
    pub frames_per_point: u32,
    /// Smallest and largest of each point, left.
    pub left: Vec<[f32; 2]>,
    /// Smallest and largest of each point, right.
    pub right: Vec<[f32; 2]>,
}

/// Levels and loudness over time, oldest first. `null` stands for silence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryData {
    /// Seconds that one point stands for.
    pub seconds_per_point: f64,
    /// Largest sample of either side in each point, in dBFS.
    pub peak_db: Vec<Option<f64>>,
    /// Effective value of both sides together in each point, in dBFS.
    pub rms_db: Vec<Option<f64>>,
    /// Loudness of the 3 s that end with each point, in LUFS.
    #[serde(default)]
    pub short_term_lufs: Vec<Option<f64>>,
}

/// What the latest moment is made of: its spectrum, and left against right.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpectrumData {
    /// Middle of each band, in Hz, ascending, in equal ratios.
    pub hz: Vec<f32>,
    /// Level of each band in dB, where a full-scale sine on both sides reads 0; `null` below -120.
    pub db: Vec<Option<f32>>,
    /// Samples of left and right, oldest first, for a goniometer: as many as were asked for, at most 512, and 256 where
    /// nothing was said.
    pub pairs: Vec<[f32; 2]>,
}

/// Which input of a switch is heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SwitchData {
    /// The input, from 0.
    pub active: u32,
    /// The one that waits for its bar or beat.
    pub pending: Option<u32>,
}

/// How far a player is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerData {
    /// Where it is in the recording, in seconds.
    pub seconds: f64,
    /// Length of the recording in seconds.
    pub length_s: f64,
    /// Whether it sounds now.
    pub playing: bool,
    /// How fast it plays, 1 as recorded.
    pub speed: f64,
}

/// How far a recorder is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecorderData {
    /// Where the recording goes.
    pub path: String,
    /// Whether it runs.
    pub recording: bool,
    /// Frames taken until now.
    pub frames: u64,
    /// Frames lost because the disk was too slow.
    pub lost: u64,
}
