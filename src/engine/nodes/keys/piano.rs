//! The piano: stretched partials with two decays, the knock of the hammer, and felt that can be laid between.
//!
//! Modal synthesis after B. Bank and V. Välimäki, "Robust loss filter design for digital waveguide synthesis of string
//! tones" (2003) and the two-stage decay of G. Weinreich, "Coupled piano strings", JASA 62, 1977. The stretch is
//! Fletcher's: partial k of a stiff string lies at k f sqrt(1 + B k^2).

use crate::dsp::formant::{Peak, Resonances};
use crate::dsp::math::exp2;
use crate::dsp::osc::traits;
use crate::dsp::partials::Partial;
use crate::dsp::voices::{Mode, NoteStart};
use crate::engine::node::{BuildContext, BuildError, Descriptor, Processor, Settings};

use super::super::instrument::struck::{Blow, Strike, StruckPatch, StruckVoice, fundamental};
use super::super::instrument::{GAIN, PAN, Sound, TONE, pitched, release, seed, share};

pub(crate) static PIANO: Descriptor = pitched(
    "keys.piano",
    "Piano",
    "A grand piano from its partials up. Felt turns it into the muffled upright of quiet music.",
    &[
        GAIN,
        PAN,
        TONE,
        release(0.7),
        share("felt", "Felt", 0.0, "Felt between hammers and strings: soft, close and warm."),
        share("width", "Width", 0.6, "Low notes to the left, high notes to the right."),
    ],
);

/// Partials of the first, fast stage; of the second, slow one; and room for both.
const FAST: usize = 24;
const SLOW: usize = 8;

pub(crate) struct Piano {
    felt: f32,
    tone: f32,
    width: f32,
    release: f32,
    /// Small irregularities, -1 to 1, by pitch and partial: no two strings are alike.
    uneven: Vec<f32>,
    board: Resonances,
}

impl Piano {
    fn uneven(&self, note: &NoteStart, index: usize) -> f32 {
        let at = (note.pitch.max(0.0) as usize * 37 + index * 11) % self.uneven.len().max(1);
        self.uneven.get(at).copied().unwrap_or(0.0)
    }

    /// Fletcher's B of a grand: least in the tenor, rising to both ends.
    fn stretch(pitch: f32) -> f32 {
        let treble = 3.4e-4 * exp2((pitch - 60.0) / 8.5);
        let bass = 2.2e-4 * exp2((36.0 - pitch) / 14.0);
        treble + bass.min(4e-4)
    }

    fn count(hz: f32) -> usize {
        ((9500.0 / hz) as usize).clamp(3, FAST)
    }
}

impl StruckPatch for Piano {
    fn blow(&self, note: &NoteStart) -> Blow {
        let hz = fundamental(note);
        let hard = note.velocity * (1.0 - 0.55 * self.felt);
        Blow {
            count: if Self::count(hz) == FAST { FAST + SLOW } else { Self::count(hz) + SLOW },
            onset: 0.0006 + 0.0012 * (1.0 - hard) + 0.003 * self.felt,
            strike: Strike {
                hz: (900.0 + 2200.0 * hard) * (1.0 - 0.6 * self.felt),
                q: 0.6,
                level: 0.10 * note.velocity * note.velocity * (1.0 + 0.4 * self.felt),
                decay: 0.007 + 0.012 * self.felt,
            },
            // The shortest strings have no dampers.
            release: if note.pitch > 88.0 {
                f32::INFINITY
            } else {
                self.release * exp2((48.0 - note.pitch) / 36.0)
            },
            release_bright: 0.25,
            fan: 0.0,
            steady: false,
            level: 0.235 * libm::powf(note.velocity, 0.95),
        }
    }

    fn partial(&self, note: &NoteStart, index: usize) -> Partial {
        let hz = fundamental(note);
        let fast = Self::count(hz);
        let slow = index >= fast;
        let k = (if slow { index - fast } else { index } + 1) as f32;
        let uneven = self.uneven(note, index);
        let b = Self::stretch(note.pitch);
        let place = k * hz * ((1.0 + b * k * k) / (1.0 + b)).sqrt();
        // The slow strings of a note are a few tenths of a cent away, so that they beat against the fast ones.
        let cents = if slow { 0.35 + 0.35 * uneven } else { 0.0 };
        let place = place * exp2(cents / 1200.0);
        // Struck at an eighth of the string; a hard hammer reaches further up.
        let comb = 0.25 + 0.75 * libm::sinf(core::f32::consts::PI * k * 0.124).abs();
        let hard = note.velocity * (1.0 - 0.6 * self.felt);
        let reach = (500.0 + 3000.0 * hard * hard + 0.8 * hz)
            * exp2((self.tone - 0.5) * 2.0)
            * (1.0 - 0.45 * self.felt);
        let soft = libm::expf(-libm::powf(place / reach, 0.85));
        // The soundboard hardly speaks below 60 Hz.
        let board = place * place / (place * place + 55.0 * 55.0);
        let amplitude = comb * soft * board * (1.0 + 0.35 * uneven) / libm::powf(k, 0.45);
        // A string of 60 rings for some nine seconds; an octave up, six tenths of it.
        let ring = 3.1 * exp2((60.0 - note.pitch) / 15.0).min(3.2)
            / (1.0 + 0.16 * (k - 1.0) + 0.004 * k * k);
        let (decay, share) = if slow { (ring, 0.3) } else { (0.22 * ring + 0.02, 0.7) };
        let side = ((note.pitch - 62.0) / 40.0).clamp(-0.8, 0.8)
            + 0.45 * uneven * if slow { -1.0 } else { 1.0 };
        let side = (side * self.width).clamp(-0.9, 0.9);
        Partial {
            hz: place,
            decay: decay.max(0.03),
            left: amplitude * share * (1.0 - side).min(1.2),
            right: amplitude * share * (1.0 + side).min(1.2),
            phase: 0.0,
        }
    }
}

impl Sound for Piano {
    type Voice = StruckVoice<Self>;

    fn set(&mut self, param: &str, value: f32) {
        match param {
            "felt" => self.felt = value,
            "tone" => self.tone = value,
            "width" => self.width = value,
            "release" => self.release = value,
            _ => {}
        }
    }

    fn finish(&mut self, left: &mut [f32], right: &mut [f32]) {
        self.board.process(left, right, 0.9);
    }

    fn tail(&self) -> f32 {
        0.15
    }

    fn clear(&mut self) {
        self.board.reset();
    }
}

pub(crate) fn build(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let root = seed(context, settings)?;
    let mut board = Resonances::default();
    let peaks = [
        Peak::new(112.0, 3.0, 0.3),
        Peak::new(235.0, 2.5, 0.22),
        Peak::new(480.0, 2.0, 0.15),
        Peak::new(1900.0, 0.8, 0.12),
    ];
    board.set(&peaks, context.sample_rate);
    let sound =
        Piano { felt: 0.0, tone: 0.5, width: 0.6, release: 0.7, uneven: traits(root, 997), board };
    let voices = StruckVoice::pool(20, FAST + SLOW, context.sample_rate, root);
    super::super::instrument::build(context, settings, &PIANO, Mode::Poly, voices, sound)
}
