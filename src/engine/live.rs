//! The engine live: what a driver calls for sound, and the two halves behind it. The [`Callback`] belongs to the audio
//! thread; the [`Controller`] is everybody else's way to it.
//!
//! Between the halves there are only queues without locks: commands and new plans go in, what is to be freed and what
//! has happened comes back, and the latest [`Snapshot`] is there to be read. A new plan names the running nodes that it
//! keeps; they change over between two blocks with all their sound and state. What is no longer connected fades out
//! first, what is new fades in, in 5.3 ms each at 48 kHz.

mod command;
mod controller;
mod error;
mod performer;
mod swap;
#[cfg(test)]
mod tests;

use crate::model::tempo::{Metre, MetreMap, TempoMap};
use crate::model::units::{Bpm, SampleRate, Seed};
use crate::music::score::Part;

pub use controller::Controller;
pub use error::LiveError;

use super::nodes::Registry;
use super::schedule::AutomationLane;
pub use super::transport::Grid;

/// Fills the buffers of a driver. Born and dropped on a control thread; between those it belongs to one driver at a time,
/// which gives it back when it stops, so that a change of the device loses nothing.
pub trait Callback: Send {
    /// Frames per second that it is made for. A driver with another rate converts.
    fn sample_rate(&self) -> SampleRate;

    /// Takes the next frames of the device's input, left and right, where it has one, and writes the next frames of the
    /// output; all slices have the same length, any from 1 up. It wraps itself in the guard of realtime code.
    /// Thread: audio.
    fn process(&mut self, input: Option<[&[f32]; 2]>, output: [&mut [f32]; 2]);

    /// Told before the next `process` that the device lost some time: the driver has counted an xrun. Thread: audio.
    fn lost(&mut self, xrun: Xrun);
}

/// Time that was lost between engine and card.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Xrun {
    /// Who noticed.
    pub cause: XrunCause,
    /// By how many microseconds the deadline was missed, where known; else 0.
    pub late_us: u32,
}

/// Who noticed an xrun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XrunCause {
    /// Our own callback took longer than its buffer lasts.
    Overrun,
    /// The callback was called too late: the system was busy elsewhere.
    Late,
    /// The device or its server said so.
    Device,
}

/// What an engine is made of.
pub struct LiveSetup {
    /// Frames per second inside the engine.
    pub sample_rate: SampleRate,
    /// The node types that graphs may use.
    pub registry: Registry,
    /// Root of the randomness of all nodes.
    pub seed: Seed,
}

/// What is played, and when: everything that an engine needs besides the graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Song {
    /// The parts; each plays the node with its id. A part whose node is not in the graph is silent.
    pub parts: Vec<Part>,
    /// Automation of params.
    pub lanes: Vec<AutomationLane>,
    /// Tempo over the song.
    pub tempo: TempoMap,
    /// Metres over the song.
    pub metres: MetreMap,
    /// Where the song ends, in beats; 0 where it has no end.
    pub length_beats: f64,
}

impl Default for Song {
    /// Nothing, at 120 BPM in 4/4.
    fn default() -> Self {
        Self {
            parts: Vec::new(),
            lanes: Vec::new(),
            tempo: TempoMap::constant(Bpm::clamped(120.0)),
            metres: MetreMap::constant(Metre::FOUR_FOUR),
            length_beats: 0.0,
        }
    }
}

/// Where the engine is, as of the latest callback.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snapshot {
    /// Frames that have been put out since the engine was made.
    pub frames: u64,
    /// Where the transport is, in frames since the origin of the song.
    pub position: u64,
    /// The same in beats; counts up to the start while bars are counted in.
    pub beat: f64,
    /// Which bar, from 0; negative while bars before the origin are counted in.
    pub bar: i64,
    /// Beats since the start of that bar.
    pub bar_beat: f64,
    /// The metre of that bar.
    pub metre: Metre,
    /// Tempo in BPM.
    pub bpm: f64,
    /// Whether the transport runs.
    pub playing: bool,
    /// Whether bars are being counted in.
    pub counting_in: bool,
    /// Whether a loop is set.
    pub looping: bool,
    /// Largest sample of the last 20 to 40 ms, left and right, linear.
    pub peaks: [f32; 2],
    /// Xruns that drivers have told of.
    pub xruns: u32,
    /// Commands and plans that have been carried out, so that the control half knows what has arrived.
    pub commands: u64,
}

impl Default for Snapshot {
    /// Before the first callback.
    fn default() -> Self {
        Self {
            frames: 0,
            position: 0,
            beat: 0.0,
            bar: 0,
            bar_beat: 0.0,
            metre: Metre::FOUR_FOUR,
            bpm: 120.0,
            playing: false,
            counting_in: false,
            looping: false,
            peaks: [0.0; 2],
            xruns: 0,
            commands: 0,
        }
    }
}

/// Something that has happened on the audio thread.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// A node put out NaN, infinity or more than +80 dBFS. It was silenced for a block and reset; from the fourth time on
    /// it stays mute.
    Broken {
        /// The node.
        node: String,
        /// How often it has done so.
        times: u32,
    },
    /// Time was lost.
    Xrun(Xrun),
    /// A jump that waited for its bar or beat has been made.
    Leapt,
    /// The transport has passed the end of the song.
    Ended,
    /// The latency of a node has changed, and the other paths were brought in line.
    LatencyChanged {
        /// The node.
        node: String,
        /// Its latency now, in frames.
        frames: u32,
    },
}

/// Makes an engine without any nodes: it plays silence until it is given a graph. Thread: control.
pub fn live(setup: LiveSetup) -> (Box<dyn Callback>, Controller) {
    let (ends, performer) = performer::Performer::new(setup.sample_rate);
    (Box::new(performer), Controller::new(setup, ends))
}
