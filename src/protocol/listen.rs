//! Params and responses for eyes and ears: curves of a take, its score, its parts live, and takes side by side.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::player::PlayerItem;
use super::transport::TransportState;

pub use crate::music::score::{ChordSpan, Note, Part, Score, Section};

/// Params of `take/peaks`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakePeaksParams {
    /// A take, or the absolute path of an audio file.
    pub take: String,
    /// How many columns, 1 to 8,192.
    pub columns: u32,
    /// First frame; 0 where open.
    #[serde(default)]
    pub from: Option<u64>,
    /// Frame after the last one; the end where open.
    #[serde(default)]
    pub to: Option<u64>,
}

/// Response of `take/peaks`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakePeaksResponse {
    /// Frames in the whole file.
    pub frames: u64,
    /// Frames per second.
    pub sample_rate: u32,
    /// First frame of the first column.
    pub from: u64,
    /// Frame after the last column.
    pub to: u64,
    /// For each column the smallest sample, the largest sample and the effective value of all channels together, -1 to 1
    /// at full scale. Where a column is less than a frame wide, its sample stands in all three.
    pub columns: Vec<[f32; 3]>,
}

/// Params of `take/spectrogram`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeSpectrogramParams {
    /// A take, or the absolute path of an audio file.
    pub take: String,
    /// How many columns, 1 to 4,096.
    pub columns: u32,
    /// How many bands, 1 to 512, from 30 Hz to 16 kHz in equal ratios.
    pub bands: u32,
    /// First frame; 0 where open.
    #[serde(default)]
    pub from: Option<u64>,
    /// Frame after the last one; the end where open.
    #[serde(default)]
    pub to: Option<u64>,
}

/// Response of `take/spectrogram`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeSpectrogramResponse {
    /// Frames in the whole file.
    pub frames: u64,
    /// Frames per second.
    pub sample_rate: u32,
    /// First frame of the first column.
    pub from: u64,
    /// Frame after the last column.
    pub to: u64,
    /// Middle of each band, in Hz, ascending.
    pub hz: Vec<f32>,
    /// Level of each band in each column, in whole dB below full scale, -120 to 0: column by column, low to high.
    pub db: Vec<i8>,
}

/// Params of `take/loudness`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeLoudnessParams {
    /// A take, or the absolute path of an audio file.
    pub take: String,
    /// How many points, 1 to 4,096.
    pub points: u32,
}

/// Response of `take/loudness`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeLoudnessResponse {
    /// Length of the file in seconds.
    pub seconds: f64,
    /// Integrated loudness, LUFS.
    pub integrated_lufs: Option<f64>,
    /// Loudness range, LU (EBU Tech 3342).
    pub range_lu: Option<f64>,
    /// True peak, dBTP.
    pub true_peak_dbtp: Option<f64>,
    /// Loudness of the 400 ms that end at each point, LUFS; `null` in silence.
    pub momentary_lufs: Vec<Option<f32>>,
    /// Loudness of the 3 s that end at each point, LUFS; `null` in silence.
    pub short_term_lufs: Vec<Option<f32>>,
}

/// Params of `take/score`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeScoreParams {
    /// The take.
    pub id: String,
}

/// Response of `take/score`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeScoreResponse {
    /// What is played, where the backend writes notes; `null` where it makes sound directly.
    pub score: Option<Score>,
}

/// Params of `player/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerGetParams {}

/// What is opened on the live engine. The response of `player/get`, `player/set_part`, `player/compare`, `player/switch`,
/// `player/verdict` and `player/skip`; the event `player/changed` brings it as well.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerState {
    /// Whether anything is opened.
    pub open: bool,
    /// Recordings that play one after another; empty while takes are compared.
    pub items: Vec<PlayerItem>,
    /// Parts of the one take that is played by its parts; else empty.
    pub parts: Vec<PlayerPart>,
    /// Takes side by side, while they are compared.
    pub compare: Option<Compare>,
    /// The preset whose effects the sound goes through.
    pub chain: Option<String>,
    /// Length of all of it in seconds.
    pub length_s: f64,
    /// The node that measures levels (`meter.levels`), for `node/data`.
    pub meter: String,
    /// The node that analyses the spectrum (`meter.spectrum`).
    pub spectrum: String,
    /// The node that keeps the last minute's levels (`meter.history`).
    pub history: String,
    /// What the user should know.
    pub notes: Vec<String>,
    /// The transport now; `null` where nothing has been played yet.
    pub transport: Option<TransportState>,
}

/// A part of a take that can be mixed live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerPart {
    /// Its name, such as `drums`.
    pub name: String,
    /// Its channel, for `node/data` (levels) and `node/set_param` (`gain_db`, `pan`).
    pub node: String,
    /// Level in dB.
    pub gain_db: f64,
    /// Place from -1 (left) to 1 (right).
    pub pan: f64,
    /// Whether it is muted.
    pub mute: bool,
    /// Whether it is soloed.
    pub solo: bool,
}

/// Params of `player/set_part`. What is left open stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerSetPartParams {
    /// The part, or a unique beginning of its name.
    pub part: String,
    /// Whether it is muted.
    #[serde(default)]
    pub mute: Option<bool>,
    /// Whether it is soloed: what is neither soloed nor fed by it is silent.
    #[serde(default)]
    pub solo: Option<bool>,
    /// Level in dB, -60 to 12.
    #[serde(default)]
    pub gain_db: Option<f64>,
    /// Place from -1 to 1.
    #[serde(default)]
    pub pan: Option<f64>,
}

/// Params of `player/compare`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerCompareParams {
    /// Takes or absolute paths, 2 to 8. They play at the same time, and one is heard.
    pub sources: Vec<String>,
    /// Whether their order is drawn and their names are kept back until a verdict.
    #[serde(default)]
    pub blind: bool,
    /// Name of a preset whose effects the sound goes through.
    #[serde(default)]
    pub chain: Option<String>,
    /// Bars that are played again and again; the shortest take as a whole where open.
    #[serde(default)]
    pub loop_bars: Option<u32>,
    /// Whether it starts at once; it does where open.
    #[serde(default)]
    pub start: Option<bool>,
}

/// Takes side by side, each at the loudness of the softest one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compare {
    /// The candidates, `A` first.
    pub candidates: Vec<Candidate>,
    /// Which one is heard, from 0.
    pub active: u32,
    /// Which one is heard next, where a switch waits for its bar.
    pub pending: Option<u32>,
    /// Whether names are kept back.
    pub blind: bool,
    /// Loudness that all are brought to, LUFS.
    pub lufs: Option<f64>,
    /// What was decided.
    pub verdict: Option<Verdict>,
}

/// One of the takes that are compared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// `A`, `B` …
    pub label: String,
    /// The take, unless names are kept back.
    pub take_id: Option<String>,
    /// Its title, unless names are kept back.
    pub title: Option<String>,
    /// Its own loudness, LUFS, unless names are kept back.
    pub lufs: Option<f64>,
    /// By how much it is turned down, in dB, unless names are kept back.
    pub gain_db: Option<f64>,
}

/// Params of `player/switch`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerSwitchParams {
    /// The candidate that is to be heard, from 0.
    pub to: u32,
    /// When; at the next bar where open.
    #[serde(default)]
    pub when: Quantum,
}

/// When something takes effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quantum {
    /// At once.
    Now,
    /// At the next beat (quarter note).
    Beat,
    /// At the next bar.
    #[default]
    Bar,
}

/// Params of `player/verdict`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerVerdictParams {
    /// The candidate that was better, from 0; none where they are as good as each other.
    pub best: Option<u32>,
    /// Why, at most 4,000 characters.
    #[serde(default)]
    pub note: String,
}

/// What was decided in a comparison. The library keeps it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The takes (or paths) that were compared.
    pub candidates: Vec<String>,
    /// The best of them; `null` for a tie.
    pub best: Option<String>,
    /// Whether names were kept back.
    pub blind: bool,
    /// Why.
    pub note: String,
    /// When, in Unix seconds.
    pub created_at: f64,
}

/// Params of `player/skip`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerSkipParams {
    /// How many recordings ahead; fewer than 0 go back.
    pub by: i32,
    /// When; at the next bar where open, and without a gap.
    #[serde(default)]
    pub when: Quantum,
}

/// Params of `verdict/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictListParams {
    /// Only comparisons with this take; its whole id, or the absolute path of a file.
    #[serde(default)]
    pub take: Option<String>,
    /// Most entries, 1 to 500; 50 where open.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// Response of `verdict/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictListResponse {
    /// What was decided, newest first.
    pub verdicts: Vec<Verdict>,
}
