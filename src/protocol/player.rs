//! Params and responses of `player/*` and `render/*`: recordings one after another on the live engine, and graphs as files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::graph::GraphSpec;
use crate::model::key::Key;
use crate::model::request::Depth;
use crate::model::units::{Bpm, SampleRate};

use super::listen::PlayerPart;
use super::transport::{Schedule, TransportState};

/// Params of `player/open`. The graph, its history and the schedule that were there are replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerOpenParams {
    /// What to play, one after another without a gap: takes (ids or parts of ids) or absolute paths of audio files;
    /// 1 to 256.
    pub sources: Vec<String>,
    /// Name of a preset whose effects the sound goes through.
    #[serde(default)]
    pub chain: Option<String>,
    /// Tempo to play at, 20 to 400 BPM: recordings whose tempo is known are stretched to it, at their own pitch. Where
    /// open, they play as they were recorded, and beats are those of the first recording.
    #[serde(default)]
    pub bpm: Option<Bpm>,
    /// Bars from the start that are played again and again, 1 to 999; no loop where open.
    #[serde(default)]
    pub loop_bars: Option<u32>,
    /// Bars that are counted in, 0 to 8.
    #[serde(default)]
    pub count_in_bars: u32,
    /// Whether it starts at once.
    #[serde(default = "yes")]
    pub start: bool,
    /// Whether what plays plays on: where the new list begins with what is opened, the place and the transport stay as they
    /// are, and the rest is added behind. Otherwise it is opened as usual.
    #[serde(default)]
    pub keep: bool,
    /// Whether the one take is played by its parts, each on a channel of its own for `player/set_part`: from its stems
    /// where they were written, else from its recipe, rendered again.
    #[serde(default)]
    pub parts: bool,
}

fn yes() -> bool {
    true
}

impl Default for PlayerOpenParams {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            chain: None,
            bpm: None,
            loop_bars: None,
            count_in_bars: 0,
            start: true,
            keep: false,
            parts: false,
        }
    }
}

/// Response of `player/open`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerOpenResponse {
    /// What plays, in order.
    pub items: Vec<PlayerItem>,
    /// Length of all of it in seconds, as it plays.
    pub length_s: f64,
    /// The node that measures what is heard, for `node/data`.
    pub meter: String,
    /// The node that analyses the spectrum of what is heard.
    #[serde(default)]
    pub spectrum: String,
    /// The node that keeps the last minute's levels and loudness.
    #[serde(default)]
    pub history: String,
    /// The parts, where the take is played by them.
    #[serde(default)]
    pub parts: Vec<PlayerPart>,
    /// The transport after the call.
    pub transport: TransportState,
    /// What the user should know, such as a recording whose tempo is not known and was not stretched.
    pub notes: Vec<String>,
}

/// A recording that plays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerItem {
    /// Its node, for `node/data` and `node/set_param`.
    pub node: String,
    /// Title of the take or of the file, else the name of the file.
    pub title: String,
    /// Absolute path.
    pub path: String,
    /// The take, where it is one of the library's.
    pub take_id: Option<String>,
    /// Length as it plays, in seconds.
    pub seconds: f64,
    /// Tempo as it was recorded, where known.
    pub bpm: Option<f64>,
    /// Key, where known.
    pub key: Option<Key>,
    /// Where it starts, in seconds from the start of all.
    pub start_s: f64,
}

/// Params of `player/close`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlayerCloseParams {}

/// Response of `player/close`. The graph is empty again, and nothing sounds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerCloseResponse {}

/// Params of `render/offline`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenderOfflineParams {
    /// The graph. It is rendered from the start, as fast as the machine can; what plays live is not touched.
    pub graph: GraphSpec,
    /// What its nodes play.
    #[serde(default)]
    pub score: Option<Schedule>,
    /// When to end; after the tail where open.
    #[serde(default)]
    pub length: RenderLength,
    /// Frames per second, 48,000 where open.
    #[serde(default)]
    pub sample_rate: Option<SampleRate>,
    /// Sample form of the WAV file; 32 bit float where open, which holds every bit that the engine makes.
    #[serde(default)]
    pub bit_depth: Option<Depth>,
    /// Root of all that is random in the nodes; 0 where open.
    #[serde(default)]
    pub seed: u64,
    /// Absolute path of the WAV file. Where open, the file comes with the answer, if it is at most 16 MiB.
    #[serde(default)]
    pub path: Option<String>,
    /// Whether an existing file may be replaced.
    #[serde(default)]
    pub overwrite: bool,
}

/// When a rendering ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RenderLength {
    /// When the music is over and its ring-out is below -80 dBFS, at most 30 seconds after it.
    #[default]
    Tail,
    /// After this many seconds, above 0, at most 7,200.
    Seconds(f64),
}

/// Response of `render/offline`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenderOfflineResponse {
    /// The file, where one was asked for.
    pub path: Option<String>,
    /// The WAV file in Base64 (RFC 4648), where none was asked for.
    pub wav_base64: Option<String>,
    /// Frames in the file.
    pub frames: u64,
    /// Frames per second.
    pub sample_rate: u32,
    /// Length in seconds.
    pub seconds: f64,
    /// Largest sample in dBFS; `null` for silence.
    pub peak_db: Option<f64>,
    /// Nodes that broke down (not a number, infinite, or far too loud) and were muted.
    pub faults: Vec<NodeFault>,
}

/// A node that broke down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeFault {
    /// The node. It is muted for a moment and then tried again; the rest plays on.
    pub node: String,
    /// How often it has broken down since it was made.
    pub times: u32,
}
