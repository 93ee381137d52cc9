//! What a node is: a processor for the audio thread, a handle for everyone else, and a descriptor that explains both.
//!
//! All audio ports are stereo and planar: two slices of equal length, at most [`BLOCK`] frames. The engine calls a
//! processor with `handle` for every event that is due and `process` for the frames up to the next one, so a processor
//! never looks at event times and every event is sample-accurate.
//!
//! What is promised about time: the engine cuts at the blocks of a fixed grid and at events, and nowhere else. So the size
//! of the audio callback, and whether a graph plays live or offline, never changes a bit of its sound. A processor itself
//! does not promise that its samples are the same however its own calls are cut: it may move slow values once a call.

use std::collections::BTreeMap;

use super::assets::{AssetError, Assets, NO_ASSETS};
use crate::model::graph::NodeSpec;
use crate::model::node_data::NodeData;
use crate::model::tempo::Metre;

/// The engine's internal block in frames. No call of `process` is longer; it is shorter where an event splits the block.
pub const BLOCK: usize = 64;

/// The realtime half of a node.
///
/// Thread: audio, but for construction. None of these may allocate, free, lock, log, panic or make a system call.
pub trait Processor: Send {
    /// Takes an event that is due at the first frame of the next `process`.
    fn handle(&mut self, event: Event);

    /// Renders `io.frames` frames. Every output must be written in full (they hold garbage on entry), unless the
    /// answer is [`Activity::Silent`], upon which the engine zeroes them.
    fn process(&mut self, io: &mut Io<'_>) -> Activity;

    /// Forgets all sound (voices, tails, delay lines) and keeps all params.
    fn reset(&mut self);

    /// How many frames the output lags behind the input; the plan compensates it.
    fn latency(&self) -> u32 {
        0
    }

    /// Told before the first `process` whether something is connected to an input, by its position. A key input that is
    /// connected but quiet is not the same as one that is not there. Thread: control.
    fn set_connected(&mut self, _input: usize, _connected: bool) {}

    /// The half that other threads read measurements, curves or progress from, for types that have such. Asked for once,
    /// right after birth. Thread: control.
    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        None
    }
}

/// The control half of a node that can be read: fed by its processor through wait-free means, such as a triple buffer or
/// a ring that drops what finds no room. Thread: control.
pub trait Monitor: Send {
    /// What has been seen until now. `points` is how many points of a curve or of a history the reader can show; 0 asks
    /// for the latest values alone.
    fn read(&mut self, points: usize) -> NodeData;
}

/// Whether a node made sound in this block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// The outputs hold sound, or the node wants to be called again.
    Sounding,
    /// The outputs are all zero, and will stay so until an event or sound at an input arrives; the engine may skip the node.
    Silent,
}

/// What a processor works on: `frames` frames of each port, in the descriptor's order of ports.
pub struct Io<'a> {
    /// Frames in this call, 1 to [`BLOCK`]; the length of every slice below.
    pub frames: usize,
    /// The input ports.
    pub inputs: &'a [AudioIn<'a>],
    /// The output ports.
    pub outputs: &'a mut [AudioOut<'a>],
    /// Musical time at the first frame.
    pub time: BlockTime,
    /// What the device's input brings, for the nodes that pass it on; silence where there is none, and offline.
    pub live: AudioIn<'a>,
}

/// A stereo input. A port with nothing connected reads as zeros with `silent` set.
#[derive(Debug, Clone, Copy)]
pub struct AudioIn<'a> {
    /// Left channel.
    pub left: &'a [f32],
    /// Right channel.
    pub right: &'a [f32],
    /// Whether all frames are known to be zero.
    pub silent: bool,
}

impl AudioIn<'static> {
    /// Nothing at all, for an input of up to [`BLOCK`] frames.
    pub const SILENCE: Self = Self { left: &[0.0; BLOCK], right: &[0.0; BLOCK], silent: true };
}

/// A stereo output.
#[derive(Debug)]
pub struct AudioOut<'a> {
    /// Left channel.
    pub left: &'a mut [f32],
    /// Right channel.
    pub right: &'a mut [f32],
}

/// Musical time at the start of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockTime {
    /// Frames since the transport's origin.
    pub frame: u64,
    /// Position in beats (quarter notes).
    pub beat: f64,
    /// Tempo in quarter notes per minute.
    pub bpm: f64,
    /// Whether the transport runs. While it does not, `frame` and `beat` stand still.
    pub playing: bool,
    /// Whether the bars before the music are counted in. Then `beat` counts up to the beat that the music starts from,
    /// `frame` stands still, and `playing` is not set.
    pub counting_in: bool,
    /// The metre of the bar.
    pub metre: Metre,
    /// The beat at which the bar began.
    pub bar_beat: f64,
}

impl BlockTime {
    /// A standing transport at the origin, at 120 BPM in 4/4.
    pub const REST: Self = Self {
        frame: 0,
        beat: 0.0,
        bpm: 120.0,
        playing: false,
        counting_in: false,
        metre: Metre::FOUR_FOUR,
        bar_beat: 0.0,
    };
}

/// Something that happens to a node at a frame. Small and `Copy`, so that it can travel through a ring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// Starts a note.
    NoteOn {
        /// Names the note for its later events; unique among sounding notes.
        note: u32,
        /// MIDI note number, 0 to 127, 60 = C4; fractions are cents / 100. Kits use General MIDI drum numbers.
        pitch: f32,
        /// 0 (exclusive) to 1.
        velocity: f32,
    },
    /// Releases a note.
    NoteOff {
        /// The name given at its start.
        note: u32,
    },
    /// Sets a param, smoothed by the processor over about 10 ms.
    Param {
        /// Position in the descriptor's list of params.
        index: u16,
        /// In the param's unit; the engine has clamped it to the param's range.
        value: f32,
    },
    /// Bends all sounding and coming notes.
    Bend {
        /// Semitones, -24 to 24.
        semitones: f32,
    },
    /// Releases all notes.
    AllNotesOff,
}

/// The kinds that users browse nodes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Drums and percussion.
    Drums,
    /// Pitched instruments.
    Instrument,
    /// Noise beds, risers, impacts.
    Texture,
    /// Effects.
    Effect,
    /// Buses, strips, sends.
    Mix,
    /// Meters, scopes, recorders: what looks at sound and passes it on.
    Measure,
    /// Sources that play recorded sound.
    Source,
}

/// The unit of a param, for display and for automation curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A plain number or a ratio.
    None,
    /// 0 to 1 shown as 0 to 100 %.
    Percent,
    /// Decibels.
    Decibel,
    /// Hertz.
    Hertz,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Semitones.
    Semitones,
    /// Cents.
    Cents,
    /// Beats (quarter notes).
    Beats,
    /// 0 is off, 1 is on.
    Switch,
}

/// Explains a node type. All text is for users.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Descriptor {
    /// Stable id, such as `keys.rhodes`.
    pub id: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// Where it is listed.
    pub category: Category,
    /// One or two sentences.
    pub doc: &'static str,
    /// Who made it.
    pub author: &'static str,
    /// Goes up when the same params sound different, so that recipes know.
    pub version: u32,
    /// Audio inputs, by id.
    pub inputs: &'static [&'static str],
    /// Audio outputs, by id; the first is the main one.
    pub outputs: &'static [&'static str],
    /// Whether notes mean anything to it.
    pub takes_notes: bool,
    /// The params, in the order that [`Event::Param`] counts.
    pub params: &'static [ParamDescriptor],
    /// The config keys it reads.
    pub config: &'static [ConfigDescriptor],
}

/// Explains a param.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ParamDescriptor {
    /// Stable id, such as `cutoff`.
    pub id: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// Unit of the value.
    pub unit: Unit,
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
    /// Value at birth.
    pub default: f32,
    /// One sentence.
    pub doc: &'static str,
}

impl ParamDescriptor {
    /// A level or a gain in dB: id, name, smallest, largest, default, explanation.
    pub const fn decibel(
        id: &'static str,
        name: &'static str,
        [min, max]: [f32; 2],
        default: f32,
        doc: &'static str,
    ) -> Self {
        Self { id, name, unit: Unit::Decibel, min, max, default, doc }
    }

    /// A switch: id, name, whether it is on at birth, explanation.
    pub const fn switch(id: &'static str, name: &'static str, on: bool, doc: &'static str) -> Self {
        let default = if on { 1.0 } else { 0.0 };
        Self { id, name, unit: Unit::Switch, min: 0.0, max: 1.0, default, doc }
    }

    /// A plain number or a ratio: id, name, smallest, largest, default, explanation.
    pub const fn number(
        id: &'static str,
        name: &'static str,
        [min, max]: [f32; 2],
        default: f32,
        doc: &'static str,
    ) -> Self {
        Self { id, name, unit: Unit::None, min, max, default, doc }
    }
}

/// Explains a config key.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ConfigDescriptor {
    /// Stable id, such as `seed`.
    pub id: &'static str,
    /// Value where none is given.
    pub default: &'static str,
    /// One sentence that names the values allowed.
    pub doc: &'static str,
}

/// Why a node could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// No type has this id.
    #[error("there is no node type '{kind}' (node '{id}'); `timbre nodes` lists the types")]
    UnknownKind {
        /// The node.
        id: String,
        /// The type that was asked for.
        kind: String,
    },
    /// The type has no such param.
    #[error("node '{id}' ({kind}) has no param '{param}'; it has: {known}")]
    UnknownParam {
        /// The node.
        id: String,
        /// Its type.
        kind: &'static str,
        /// The param that was asked for.
        param: String,
        /// What there is.
        known: String,
    },
    /// A config value can't be used.
    #[error("node '{id}': config '{key}' = '{value}' is not usable: {wanted}")]
    BadConfig {
        /// The node.
        id: String,
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// What would be.
        wanted: &'static str,
    },
    /// A file or a device that the node needs can't be had.
    #[error("node '{id}': {error}")]
    Asset {
        /// The node.
        id: String,
        /// What is wrong.
        #[source]
        error: AssetError,
    },
}

/// What a constructor is told. Thread: control.
#[derive(Clone, Copy)]
pub struct BuildContext<'a> {
    /// Frames per second.
    pub sample_rate: f32,
    /// Root of all randomness inside the node (drift, noise, detune). Differs by node id.
    pub seed: u64,
    /// Where recorded sound and other files come from.
    pub assets: &'a dyn Assets,
}

impl BuildContext<'static> {
    /// A context without any files.
    pub fn new(sample_rate: f32, seed: u64) -> Self {
        Self { sample_rate, seed, assets: &NO_ASSETS }
    }
}

/// Makes the realtime half of a node. May allocate. Thread: control.
pub type BuildFn = fn(&BuildContext<'_>, &Settings<'_>) -> Result<Box<dyn Processor>, BuildError>;

/// A type of node: its descriptor and its constructor.
#[derive(Clone, Copy)]
pub struct NodeType {
    /// What it is.
    pub descriptor: &'static Descriptor,
    /// Makes the realtime half.
    pub build: BuildFn,
}

/// A node's wishes, resolved against its descriptor.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    spec: &'a NodeSpec,
    descriptor: &'static Descriptor,
}

impl<'a> Settings<'a> {
    /// Checks that every param named in the spec exists. Errors: [`BuildError::UnknownParam`].
    pub fn new(spec: &'a NodeSpec, descriptor: &'static Descriptor) -> Result<Self, BuildError> {
        for param in spec.params.keys() {
            if !descriptor.params.iter().any(|p| p.id == param) {
                let known = descriptor.params.iter().map(|p| p.id).collect::<Vec<_>>().join(", ");
                return Err(BuildError::UnknownParam {
                    id: spec.id.clone(),
                    kind: descriptor.id,
                    param: param.clone(),
                    known,
                });
            }
        }
        Ok(Self { spec, descriptor })
    }

    /// Value of the param at a position, clamped to its range; the default where the spec is silent, 0 past the end.
    pub fn param(&self, index: usize) -> f32 {
        self.descriptor.params.get(index).map_or(0.0, |p| match self.spec.params.get(p.id) {
            Some(value) if !value.is_nan() => (*value as f32).clamp(p.min, p.max),
            _ => p.default,
        })
    }

    /// Value of a config key, or its default, or the empty text.
    pub fn config(&self, id: &str) -> &'a str {
        match self.spec.config.get(id) {
            Some(value) => value,
            None => self.descriptor.config.iter().find(|c| c.id == id).map_or("", |c| c.default),
        }
    }

    /// An error about a file or a device.
    pub fn bad_asset(&self, error: AssetError) -> BuildError {
        BuildError::Asset { id: self.spec.id.clone(), error }
    }

    /// An error about a config key.
    pub fn bad_config(&self, key: &str, wanted: &'static str) -> BuildError {
        BuildError::BadConfig {
            id: self.spec.id.clone(),
            key: key.to_owned(),
            value: self.config(key).to_owned(),
            wanted,
        }
    }
}

/// The control half of a node: what the other threads may ask and tell. Born together with the processor.
#[derive(Debug, Clone, PartialEq)]
pub struct Handle {
    /// The node's id in its graph.
    pub id: String,
    /// Its type.
    pub descriptor: &'static Descriptor,
    /// Current values of the params, by param id, in their units.
    pub params: BTreeMap<&'static str, f32>,
    /// Frames of latency at birth.
    pub latency: u32,
}

impl Handle {
    /// Value of a param by its position, 0 past the end.
    pub(crate) fn param(&self, index: u16) -> f32 {
        let param = self.descriptor.params.get(usize::from(index));
        param.and_then(|param| self.params.get(param.id)).copied().unwrap_or_default()
    }

    /// The event that sets a param, clamped to its range, or `None` if there is no such param or the value is NaN.
    /// Remembers the value. Thread: control.
    pub fn set_param(&mut self, id: &str, value: f32) -> Option<Event> {
        let index = self.descriptor.params.iter().position(|p| p.id == id)?;
        let param = self.descriptor.params.get(index).filter(|_| !value.is_nan())?;
        let value = value.clamp(param.min, param.max);
        self.params.insert(param.id, value);
        Some(Event::Param { index: index as u16, value })
    }
}
