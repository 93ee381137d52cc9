//! Params and responses of `transport/*`, `schedule/*` and `note/*`: where the music is, what it plays, and notes by hand.
//!
//! Beats are quarter notes and count from 0; bars count from 0 too, as in a metre map (people see bar 1 first).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::tempo::{Metre, MetrePoint, TempoPoint};
use crate::model::units::Bpm;
use crate::music::score::Part;

use super::listen::Quantum;

/// A place in the music, in whichever way is at hand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Beats (quarter notes) from the start.
    Beat(f64),
    /// Bars from the start, through all changes of metre; 2.5 is the middle of the third bar.
    Bar(f64),
    /// Seconds from the start, through all changes of tempo.
    Seconds(f64),
}

/// A stretch of the music.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Where it begins.
    pub start: Position,
    /// Where it ends; after its beginning, at least a 32nd note (an eighth of a beat).
    pub end: Position,
}

/// Params of `transport/play`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransportPlayParams {
    /// Where from; where it stands where open.
    #[serde(default)]
    pub from: Option<Position>,
    /// Bars that are counted in before the music, 0 to 8; 0 where open. Heard if the graph has a `source.metronome`.
    #[serde(default)]
    pub count_in_bars: u32,
    /// When it goes there, if the music runs already; at once where open. What stands starts at once.
    #[serde(default = "at_once")]
    pub when: Quantum,
}

fn at_once() -> Quantum {
    Quantum::Now
}

impl Default for TransportPlayParams {
    fn default() -> Self {
        Self { from: None, count_in_bars: 0, when: Quantum::Now }
    }
}

/// Params of `transport/stop`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransportStopParams {}

/// Params of `transport/seek`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransportSeekParams {
    /// Where to, 0 or later.
    pub to: Position,
    /// When, if the music runs; at once where open.
    #[serde(default = "at_once")]
    pub when: Quantum,
}

/// Params of `transport/set_loop`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransportSetLoopParams {
    /// What is played again and again, exact to the sample; no loop where open.
    #[serde(default)]
    pub region: Option<Region>,
}

/// Params of `transport/set_tempo`: one of the two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransportSetTempoParams {
    /// One tempo from start to end, 20 to 400 BPM.
    #[serde(default)]
    pub bpm: Option<Bpm>,
    /// A whole tempo map, with ramps; at most 4,096 points.
    #[serde(default)]
    pub tempo: Option<Vec<TempoPoint>>,
}

/// Params of `transport/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransportGetParams {}

/// Response of `transport/*`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransportResponse {
    /// The transport after the call.
    pub transport: TransportState,
}

/// Where the music is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransportState {
    /// Whether the music runs (or is counted in).
    pub playing: bool,
    /// Whether the bars before the music are counted.
    pub counting_in: bool,
    /// Beats (quarter notes) from the start.
    pub beat: f64,
    /// Seconds from the start.
    pub seconds: f64,
    /// The bar, from 0; negative while a count-in is before the start.
    pub bar: i64,
    /// Beats since the bar began.
    pub beat_in_bar: f64,
    /// Tempo here, quarter notes per minute.
    pub bpm: f64,
    /// Metre here.
    pub metre: Metre,
    /// First and last beat of the loop; `null` where nothing loops.
    pub loop_beats: Option<[f64; 2]>,
    /// Length of the music in beats; 0 where none is set, and then it never ends by itself.
    pub length_beats: f64,
    /// Length of the music in seconds.
    pub length_s: f64,
}

/// Params of `schedule/set`. It replaces what was there; the place in beats stays.
pub type ScheduleSetParams = Schedule;

/// What the nodes of a graph play, and in which time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Notes and controller movements; a part plays the node with its id. At most 256 parts and a million notes.
    pub parts: Vec<Part>,
    /// Automation of params; at most 1,024 lanes and a million points.
    pub lanes: Vec<Lane>,
    /// Tempo map; as it was where open, and 120 BPM in a file.
    pub tempo: Option<Vec<TempoPoint>>,
    /// Metre map; as it was where open, and 4/4 in a file.
    pub metres: Option<Vec<MetrePoint>>,
    /// Where the music ends, in beats; after its last note, rounded up to a bar, where open.
    pub length_beats: Option<f64>,
}

/// How a param moves over the music.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// The node.
    pub node: String,
    /// The param, or `bend` for pitch bend in semitones.
    pub param: String,
    /// Where it moves, ascending by beat.
    pub points: Vec<LanePoint>,
}

/// A point of a lane: from this beat on, until the next point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LanePoint {
    /// Where, in beats.
    pub beat: f64,
    /// Value in the param's unit.
    pub value: f32,
    /// Whether it glides from here to the next point, linearly in beats.
    #[serde(default)]
    pub ramp: bool,
}

/// Response of `schedule/set`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScheduleSetResponse {
    /// Parts that were taken.
    pub parts: u32,
    /// Notes in them.
    pub notes: u64,
    /// Length of the music in beats.
    pub length_beats: f64,
    /// Length of the music in seconds.
    pub length_s: f64,
}

/// Params of `note/on`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteOnParams {
    /// The node that plays it.
    pub node: String,
    /// MIDI note number, 0 to 127, 60 = C4; fractions are cents / 100. Kits use General MIDI drum numbers.
    pub pitch: f32,
    /// Above 0, at most 1; 0.8 where open.
    #[serde(default = "nominal")]
    pub velocity: f32,
}

fn nominal() -> f32 {
    0.8
}

/// Response of `note/on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoteOnResponse {
    /// Names the note for `note/off`.
    pub note: u32,
}

/// Params of `note/off`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteOffParams {
    /// The node that plays it.
    pub node: String,
    /// The name that `note/on` gave. A note that has ended already is no error.
    pub note: u32,
}

/// Params of `note/all_off`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteAllOffParams {
    /// Whether all sound is cut at once, echoes and reverb included; without it the notes are released and ring out.
    #[serde(default)]
    pub cut: bool,
}

/// Response of `note/off` and `note/all_off`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoteResponse {}
