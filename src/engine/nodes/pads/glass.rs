//! Glass: bright, bell-like partials that come and go by themselves.

use crate::dsp::math::exp2;
use crate::dsp::osc::traits;
use crate::dsp::partials::Partial;
use crate::dsp::voices::{Mode, NoteStart, Shape};
use crate::engine::node::{BuildContext, BuildError, Descriptor, Processor, Settings};

use super::super::instrument::ensemble::Chorus;
use super::super::instrument::struck::{Blow, Strike, StruckPatch, StruckVoice, fundamental};
use super::super::instrument::{GAIN, PAN, Sound, TONE, attack, pitched, release, seed, share};

pub(crate) static GLASS: Descriptor = pitched(
    "pad.glass",
    "Glass pad",
    "Bright partials, each glinting at its own pace.",
    &[
        GAIN,
        PAN,
        TONE,
        attack(0.35),
        release(2.5),
        share("shimmer", "Shimmer", 0.6, "How much the partials come and go."),
        super::WIDTH,
        share("chorus", "Chorus", 0.4, "A slow stereo chorus."),
    ],
);

/// Partials over the note; pairs a few cents apart beat.
const RATIOS: [f32; 16] = [
    1.0, 1.0012, 2.0, 2.003, 3.0, 3.997, 4.006, 5.0, 6.01, 7.98, 8.02, 9.0, 11.97, 12.05, 16.0, 0.5,
];
const LEVELS: [f32; 16] = [
    0.42, 0.30, 0.22, 0.18, 0.11, 0.14, 0.12, 0.05, 0.06, 0.07, 0.06, 0.025, 0.035, 0.03, 0.02,
    0.10,
];

pub(crate) struct Glass {
    tone: f32,
    attack: f32,
    release: f32,
    shimmer: f32,
    width: f32,
    places: Vec<f32>,
    /// How far up each partial lies, at most three octaves; they are asked for in every run.
    octaves: [f32; RATIOS.len()],
    chorus: Chorus,
}

impl StruckPatch for Glass {
    fn blow(&self, note: &NoteStart) -> Blow {
        Blow {
            count: RATIOS.len(),
            onset: 0.002,
            strike: Strike { hz: 5200.0, q: 0.8, level: 0.02 * note.velocity, decay: 0.02 },
            release: self.release,
            release_bright: 0.0,
            fan: 0.0,
            steady: true,
            level: 0.30 * (0.5 + 0.5 * note.velocity),
        }
    }

    fn partial(&self, note: &NoteStart, index: usize) -> Partial {
        let hz = fundamental(note);
        let (ratio, level) =
            (RATIOS.get(index).copied().unwrap_or(1.0), LEVELS.get(index).copied().unwrap_or(0.0));
        let bright = self.tone - 0.5 + 0.5 * (note.velocity - 0.8);
        let octaves = self.octaves.get(index).copied().unwrap_or(0.0);
        let level = level * exp2(bright * 2.0 * octaves);
        let place = self.places.get(index).copied().unwrap_or(0.0)
            * self.width
            * if index < 2 { 0.4 } else { 0.9 };
        let phase = 0.5 * self.places.get(index + RATIOS.len()).copied().unwrap_or(0.0);
        Partial {
            hz: hz * ratio,
            decay: f32::INFINITY,
            left: level * (1.0 - place),
            right: level * (1.0 + place),
            phase,
        }
    }

    fn shape(&self) -> Shape {
        Shape { attack: self.attack, decay: 1.0, sustain: 1.0, release: self.release }
    }

    fn shimmer(&self) -> (f32, f32) {
        (0.31, 0.9 * self.shimmer)
    }
}

impl Sound for Glass {
    type Voice = StruckVoice<Self>;

    fn set(&mut self, param: &str, value: f32) {
        match param {
            "tone" => self.tone = value,
            "attack" => self.attack = value,
            "release" => self.release = value,
            "shimmer" => self.shimmer = value,
            "width" => self.width = value,
            "chorus" => self.chorus.mix = value,
            _ => {}
        }
    }

    fn finish(&mut self, left: &mut [f32], right: &mut [f32]) {
        self.chorus.process(left, right);
    }

    fn tail(&self) -> f32 {
        0.05
    }

    fn clear(&mut self) {
        self.chorus.clear();
    }
}

pub(crate) fn build(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let root = seed(context, settings)?;
    let sound = Glass {
        tone: 0.5,
        attack: 0.35,
        release: 2.5,
        shimmer: 0.6,
        width: 0.7,
        places: traits(root, 2 * RATIOS.len()),
        octaves: RATIOS.map(|ratio| libm::log2f(ratio.max(1.0)).min(3.0)),
        chorus: Chorus::new(0.6, 0.0025, 0.4, context.sample_rate),
    };
    let voices = StruckVoice::pool(12, RATIOS.len(), context.sample_rate, root);
    super::super::instrument::build(context, settings, &GLASS, Mode::Poly, voices, sound)
}
