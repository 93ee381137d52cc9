//! For tests of nodes that play files: assets in memory, and a way to run one node on a timeline.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use rustysynth::SoundFont;

use super::Registry;
use crate::audio::buffer::AudioBuffer;
use crate::engine::assets::{AssetError, Assets, Take};
use crate::engine::node::{
    Activity, AudioIn, AudioOut, BLOCK, BlockTime, BuildContext, BuildError, Event, Io, Processor,
    Settings,
};
use crate::model::graph::NodeSpec;
use crate::model::units::SampleRate;

#[path = "../../../tests/support/sound_font.rs"]
pub(crate) mod sound_font;

/// Sounds by name, and one SoundFont that every name means.
#[derive(Default)]
pub(super) struct Shelf(BTreeMap<&'static str, Arc<AudioBuffer>>);

impl Shelf {
    pub(super) fn with(mut self, name: &'static str, rate: u32, planes: Vec<Vec<f32>>) -> Self {
        let sound = AudioBuffer::from_planar(planes, SampleRate::new(rate).unwrap());
        self.0.insert(name, Arc::new(sound));
        self
    }
}

impl Assets for Shelf {
    fn sound(&self, name: &str) -> Result<Arc<AudioBuffer>, AssetError> {
        self.0.get(name).cloned().ok_or_else(|| AssetError {
            name: name.into(),
            problem: "not on the shelf".into(),
            hint: "Put it there.".into(),
        })
    }

    fn sound_font(&self, _: &str) -> Result<Arc<SoundFont>, AssetError> {
        Ok(Arc::new(SoundFont::new(&mut Cursor::new(sound_font::minimal(b""))).unwrap()))
    }

    fn recording(&self, name: &str, _: SampleRate) -> Result<Take, AssetError> {
        // Nobody reads the other end: what is recorded goes until the ring is full, and is lost from then on.
        let (ring, _) = rtrb::RingBuffer::new(1 << 16);
        Ok(Take { ring, path: name.into() })
    }
}

/// Builds a node at 48 kHz with this config and these params.
pub(super) fn build(
    shelf: &Shelf,
    kind: &str,
    config: &[(&str, &str)],
    params: &[(&str, f64)],
) -> Result<Box<dyn Processor>, BuildError> {
    let node_type = *Registry::built_in().find(kind).unwrap();
    let spec = NodeSpec {
        id: "n".into(),
        kind: kind.into(),
        params: params.iter().map(|(id, value)| ((*id).into(), *value)).collect(),
        config: config.iter().map(|(id, value)| ((*id).into(), (*value).into())).collect(),
    };
    let settings = Settings::new(&spec, node_type.descriptor).unwrap();
    (node_type.build)(&BuildContext { assets: shelf, ..BuildContext::new(48_000.0, 1) }, &settings)
}

/// The timeline at 48 kHz and a constant tempo.
pub(super) fn at(frame: u64, bpm: f64) -> BlockTime {
    let beat = frame as f64 / 48_000.0 * bpm / 60.0;
    BlockTime { frame, beat, bpm, playing: true, ..BlockTime::REST }
}

/// Runs a node for `frames` frames in runs of at most `cut` frames, which never cross the grid of 64.
pub(super) fn run(
    node: &mut dyn Processor,
    mut time: impl FnMut(u64) -> BlockTime,
    frames: usize,
    cut: usize,
) -> [Vec<f32>; 2] {
    let (mut left, mut right) = (vec![f32::NAN; frames], vec![f32::NAN; frames]);
    let mut done = 0;
    while done < frames {
        let count = cut.min(frames - done).min(BLOCK - done % BLOCK);
        let range = done..done + count;
        let mut outs =
            [AudioOut { left: &mut left[range.clone()], right: &mut right[range.clone()] }];
        let activity = node.process(&mut Io {
            frames: count,
            inputs: &[],
            outputs: &mut outs,
            time: time(done as u64),
            live: AudioIn::SILENCE,
        });
        if activity == Activity::Silent {
            left[range.clone()].fill(0.0);
            right[range].fill(0.0);
        }
        done += count;
    }
    [left, right]
}

/// A sine at 48 kHz.
pub(super) fn tone(hz: f64, level: f64, frames: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU * hz / 48_000.0;
    (0..frames).map(|i| (level * libm::sin(step * i as f64)) as f32).collect()
}

/// Amplitude of a sine of `hz` in a signal at 48 kHz, by correlation with a Hann window.
pub(super) fn amplitude(signal: &[f32], hz: f64) -> f64 {
    let step = std::f64::consts::TAU * hz / 48_000.0;
    let (mut re, mut im, mut sum) = (0.0, 0.0, 0.0);
    for (i, x) in signal.iter().enumerate() {
        let turn = std::f64::consts::TAU * i as f64 / signal.len() as f64;
        let window = 0.5 - 0.5 * libm::cos(turn);
        re += window * f64::from(*x) * libm::cos(step * i as f64);
        im += window * f64::from(*x) * libm::sin(step * i as f64);
        sum += window;
    }
    2.0 * (re * re + im * im).sqrt() / sum
}

/// Starts a note.
pub(super) fn note_on(node: &mut dyn Processor, note: u32, pitch: f32, velocity: f32) {
    node.handle(Event::NoteOn { note, pitch, velocity });
}
