//! The drawbar organ: nine sines a key, percussion, key click, and a rotating speaker.

use crate::dsp::math::exp2;
use crate::dsp::partials::Partial;
use crate::dsp::voices::{Mode, NoteStart, Shape};
use crate::engine::node::{BlockTime, BuildContext, BuildError, Descriptor, Processor, Settings};

use super::super::instrument::ensemble::Leslie;
use super::super::instrument::struck::{Blow, Strike, StruckPatch, StruckVoice, fundamental};
use super::super::instrument::{GAIN, PAN, Sound, TONE, pitched, release, seed, share};

pub(crate) static ORGAN: Descriptor = pitched(
    "keys.organ",
    "Drawbar organ",
    "Nine drawbars, percussion and key click through a rotating speaker.",
    &[
        GAIN,
        PAN,
        TONE,
        release(0.08),
        share(
            "speed",
            "Rotor speed",
            0.0,
            "The rotating speaker: slow (0) or fast (1); it takes its time to change.",
        ),
        share("percussion", "Percussion", 0.5, "A short second harmonic at the start of a note."),
        share("drive", "Drive", 0.2, "Saturation of the speaker's amplifier."),
    ],
);

/// Frequencies of the drawbars over the 8' pitch: 16', 5 1/3', 8', 4', 2 2/3', 2', 1 3/5', 1 1/3', 1'.
const FEET: [f32; 9] = [0.5, 1.498_307, 1.0, 2.0, 2.996_614, 4.0, 5.039_684, 5.993_228, 8.0];

/// Registrations of 0 to 8 at `tone` 0, 0.5 and 1: flutes, the first three, and all out.
const DARK: [f32; 9] = [7.0, 3.0, 8.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0];
const MIDDLE: [f32; 9] = [8.0, 7.0, 8.0, 5.0, 2.0, 2.0, 0.5, 0.5, 1.0];
const FULL: [f32; 9] = [8.0, 8.0, 8.0, 7.0, 6.0, 6.0, 4.5, 5.0, 7.0];

pub(crate) struct Organ {
    tone: f32,
    percussion: f32,
    drive: f32,
    release: f32,
    leslie: Leslie,
}

impl StruckPatch for Organ {
    fn blow(&self, note: &NoteStart) -> Blow {
        Blow {
            count: 10,
            onset: 0.0012,
            strike: Strike { hz: 2600.0, q: 0.7, level: 0.05 + 0.06 * note.velocity, decay: 0.002 },
            release: self.release,
            release_bright: 0.0,
            fan: 0.0,
            steady: true,
            // A real organ knows no touch; a little of it helps a line to breathe.
            level: 0.088 * (0.7 + 0.3 * note.velocity),
        }
    }

    fn partial(&self, note: &NoteStart, index: usize) -> Partial {
        let hz = fundamental(note);
        let Some(foot) = FEET.get(index) else {
            let level = 0.9 * self.percussion * note.velocity;
            return Partial { hz: 2.0 * hz, decay: 0.16, left: level, right: level, phase: 0.0 };
        };
        let mix = |a: f32, b: f32, x: f32| a + (b - a) * x;
        let bright = (self.tone + 0.25 * (note.velocity - 0.8)).clamp(0.0, 1.0);
        let bar = |set: &[f32; 9]| set.get(index).copied().unwrap_or(0.0);
        let stop = if bright < 0.5 {
            mix(bar(&DARK), bar(&MIDDLE), bright * 2.0)
        } else {
            mix(bar(&MIDDLE), bar(&FULL), bright * 2.0 - 1.0)
        };
        // Each step of a drawbar is 3 dB; the top octave folds back as on the real thing.
        let level = if stop < 0.05 { 0.0 } else { exp2((stop - 8.0) * 0.5) };
        let mut place = hz * foot;
        while place > 6000.0 {
            place *= 0.5;
        }
        Partial { hz: place, decay: f32::INFINITY, left: level, right: level, phase: 0.0 }
    }

    fn shape(&self) -> Shape {
        Shape { attack: 0.002, decay: 1.0, sustain: 1.0, release: self.release }
    }
}

impl Sound for Organ {
    type Voice = StruckVoice<Self>;

    fn set(&mut self, param: &str, value: f32) {
        match param {
            "tone" => self.tone = value,
            "percussion" => self.percussion = value,
            "drive" => self.drive = value,
            "release" => self.release = value,
            "speed" => self.leslie.speed = value,
            _ => {}
        }
    }

    fn prepare(&mut self, _frames: usize, _time: &BlockTime) {}

    fn finish(&mut self, left: &mut [f32], right: &mut [f32]) {
        let push = 1.0 + 4.0 * self.drive * self.drive;
        for x in left.iter_mut().chain(right.iter_mut()) {
            *x = crate::dsp::math::tanh(push * *x) / push;
        }
        self.leslie.process(left, right);
    }

    fn tail(&self) -> f32 {
        0.05
    }

    fn clear(&mut self) {
        self.leslie.clear();
    }
}

pub(crate) fn build(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let leslie = Leslie::new(context.sample_rate);
    let sound = Organ { tone: 0.5, percussion: 0.5, drive: 0.2, release: 0.08, leslie };
    let voices = StruckVoice::pool(16, 10, context.sample_rate, seed(context, settings)?);
    super::super::instrument::build(context, settings, &ORGAN, Mode::Poly, voices, sound)
}
