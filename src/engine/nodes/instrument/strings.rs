//! Voices of plucked strings: basses, guitars, harp, and the strings of a driven guitar.

use crate::dsp::formant::{COUNT, Peak};
use crate::dsp::math::{exp, exp2, log2, pitch_to_hz};
use crate::dsp::noise::{White, substream};
use crate::dsp::osc::unit;
use crate::dsp::string::{Pluck, PluckedString};
use crate::dsp::svf::Svf;
use crate::dsp::voices::{Knob, Line, MAX_FRAMES, NoteStart, Vibrato, Voice};

use super::saws::mix;

/// Everything that makes one kind of plucked instrument.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    /// Where it is plucked (fraction of the string).
    pub(crate) position: f32,
    /// What finger or pick lets through, in Hz, for the softest and the hardest stroke.
    pub(crate) soft_hz: f32,
    pub(crate) hard_hz: f32,
    pub(crate) snap: f32,
    pub(crate) noise: f32,
    /// Seconds to fall by 60 dB at the pitch `at`, and how that changes an octave up (0.6: to 60 %).
    pub(crate) ring: f32,
    pub(crate) ring_pitch: f32,
    pub(crate) ring_octave: f32,
    /// The same at 3 kHz.
    pub(crate) ring_high: f32,
    /// Cents between the two strings (or the two ways one string swings), their stereo places, and the second's level.
    pub(crate) cents: f32,
    pub(crate) spread: f32,
    pub(crate) second: f32,
    /// How much faster the second dies.
    pub(crate) second_ring: f32,
    /// Seconds to fall by 60 dB after the note's end.
    pub(crate) release: f32,
    /// Pick-up: share and place (fraction of the period).
    pub(crate) comb: f32,
    pub(crate) comb_position: f32,
    /// The noise of the stroke: band-pass in Hz, level, time constant.
    pub(crate) scrape_hz: f32,
    pub(crate) scrape: f32,
    pub(crate) scrape_decay: f32,
    pub(crate) vibrato_hz: f32,
    pub(crate) vibrato_cents: f32,
    pub(crate) vibrato_delay: f32,
    pub(crate) level: f32,
    /// Exponent by which velocity shapes loudness.
    pub(crate) touch: f32,
    /// Resonances of the body, and how much of the plain string stands beside them.
    pub(crate) body: [Peak; COUNT],
    pub(crate) dry: f32,
}

/// The values that turn while notes sound.
#[derive(Debug, Clone)]
pub(crate) struct Controls {
    pub(crate) tone: f32,
    pub(crate) mute: f32,
    pub(crate) release: f32,
    pub(crate) vibrato: f32,
    pub(crate) glide: f32,
    pub(crate) width: Knob,
    pub(crate) drive: Knob,
}

impl Controls {
    pub(crate) fn new(recipe: &Recipe) -> Self {
        Self {
            tone: 0.5,
            mute: 0.0,
            release: recipe.release,
            vibrato: 0.5,
            glide: 0.0,
            width: Knob::new(1.0),
            drive: Knob::new(0.5),
        }
    }

    pub(crate) fn set(&mut self, param: &str, value: f32) {
        match param {
            "tone" => self.tone = value,
            "mute" => self.mute = value,
            "release" => self.release = value,
            "vibrato" => self.vibrato = value,
            "glide" => self.glide = value,
            "width" => self.width.target = value,
            "drive" => self.drive.target = value,
            _ => {}
        }
    }

    pub(crate) fn advance(&mut self, frames: usize, sample_rate: f32) {
        self.width.advance(frames, sample_rate);
        self.drive.advance(frames, sample_rate);
    }
}

/// An instrument whose voices these are.
pub(crate) trait StringPatch: Send {
    fn recipe(&self) -> &Recipe;
    fn controls(&self) -> &Controls;
}

/// One note.
pub(crate) struct StringVoice<P> {
    strings: [PluckedString; 2],
    noise: White,
    band: Svf,
    scrape: f32,
    onset: f32,
    vibrato: Vibrato,
    velocity: f32,
    pitch: f32,
    released: bool,
    last: f32,
    sample_rate: f32,
    patch: core::marker::PhantomData<fn() -> P>,
}

impl<P: StringPatch> StringVoice<P> {
    /// A pool of still strings that can sound down to a pitch. Thread: control (allocates).
    pub(crate) fn pool(count: usize, lowest: f32, sample_rate: f32, seed: u64) -> Vec<Self> {
        let mut rng = substream(seed, 17);
        let still = PluckedString::new(pitch_to_hz(lowest), sample_rate);
        (0..count)
            .map(|_| Self {
                strings: [still.clone(), still.clone()],
                noise: White::new(&mut rng),
                band: Svf::new(2000.0, 1.0, sample_rate),
                scrape: 0.0,
                onset: 0.0,
                vibrato: Vibrato::default(),
                velocity: 0.0,
                pitch: 60.0,
                released: false,
                last: 0.0,
                sample_rate,
                patch: core::marker::PhantomData,
            })
            .collect()
    }

    /// Tunes both strings and gives them the decay of the moment.
    fn set_strings(&mut self, recipe: &Recipe, controls: &Controls, pitch: f32) {
        let octaves = (pitch - recipe.ring_pitch) * (1.0 / 12.0);
        let mut ring = recipe.ring * libm::powf(recipe.ring_octave, octaves);
        let mut high = recipe.ring_high * exp2((controls.tone - 0.5) * 2.0);
        // A muting hand takes the highs first.
        let mute = controls.mute.clamp(0.0, 1.0);
        ring += (0.45 - ring) * mute.min(1.0) * if ring > 0.45 { 1.0 } else { 0.0 };
        high += (0.05 - high) * mute * if high > 0.05 { 1.0 } else { 0.0 };
        if self.released {
            ring = ring.min(controls.release);
            high = high.min(controls.release * 0.4);
        }
        let hz = pitch_to_hz(pitch);
        let cents = 0.5 * recipe.cents * (1.0 / 1200.0);
        let (flat, sharp) = (exp2(-cents), exp2(cents));
        let [one, two] = &mut self.strings;
        one.set(hz * flat, ring, high, 3000.0);
        two.set(hz * sharp, ring * recipe.second_ring, high * recipe.second_ring, 3000.0);
    }
}

impl<P: StringPatch> Voice for StringVoice<P> {
    type Patch = P;

    fn start(&mut self, patch: &P, note: &NoteStart) {
        let (recipe, controls) = (patch.recipe(), patch.controls());
        self.released = false;
        self.velocity = note.velocity;
        self.pitch = note.pitch;
        self.set_strings(recipe, controls, note.pitch);
        let chance = 2.0 * unit(note.seed) - 1.0;
        let hardness = note.velocity * (1.0 + 0.08 * chance);
        let cutoff = recipe.soft_hz
            * libm::powf(recipe.hard_hz / recipe.soft_hz, hardness.clamp(0.0, 1.0))
            * exp2((controls.tone - 0.5) * 2.0 - 1.2 * controls.mute)
            * exp2((note.pitch - recipe.ring_pitch) * (0.35 / 12.0));
        let pluck = Pluck {
            position: recipe.position * (1.0 + 0.1 * chance),
            cutoff_hz: cutoff.min(0.4 * self.sample_rate),
            snap: recipe.snap * (0.5 + 0.5 * note.velocity),
            noise: recipe.noise,
            level: 0.1,
            seed: note.seed,
        };
        let [one, two] = &mut self.strings;
        one.pluck(&pluck);
        two.pluck(&Pluck {
            seed: note.seed ^ 0x5bd1_e995,
            position: pluck.position * 1.04,
            ..pluck
        });
        self.band = Svf::new(recipe.scrape_hz, 0.9, self.sample_rate);
        self.scrape = recipe.scrape * note.velocity;
        self.onset = 0.0;
        self.vibrato.start(chance);
        self.last = note.velocity;
    }

    fn slide(&mut self, _patch: &P, note: &NoteStart) {
        // A hammered-on note: the string goes on ringing at its new length.
        self.velocity += 0.3 * (note.velocity - self.velocity);
    }

    fn release(&mut self, patch: &P) {
        self.released = true;
        self.set_strings(patch.recipe(), patch.controls(), self.pitch);
    }

    fn render(&mut self, patch: &P, pitch: f32, left: &mut [f32], right: &mut [f32]) -> bool {
        let (recipe, controls) = (patch.recipe(), patch.controls());
        let frames = left.len().min(right.len()).min(MAX_FRAMES);
        let swing =
            self.vibrato.advance(recipe.vibrato_hz, recipe.vibrato_delay, frames, self.sample_rate);
        let bent = pitch + swing * recipe.vibrato_cents * 0.02 * controls.vibrato;
        if (bent - self.pitch).abs() > 1e-4 {
            self.pitch = bent;
            let hz = pitch_to_hz(bent);
            let cents = 0.5 * recipe.cents * (1.0 / 1200.0);
            let [one, two] = &mut self.strings;
            one.bend(hz * exp2(-cents));
            two.bend(hz * exp2(cents));
        }
        let (mut a, mut b) = ([0.0_f32; MAX_FRAMES], [0.0_f32; MAX_FRAMES]);
        let (a, b) = (&mut a[..frames], &mut b[..frames]);
        let [one, two] = &mut self.strings;
        one.render(recipe.comb, recipe.comb_position, a);
        if recipe.second > 0.0 {
            two.render(recipe.comb, recipe.comb_position, b);
        }
        let mut peak = 0.0_f32;
        for (x, y) in a.iter().zip(b.iter()) {
            peak = peak.max(x.abs() + y.abs());
        }
        // Both strings to both sides, more of one to each.
        let side = 0.5 * recipe.spread * controls.width.value;
        let (near, far) = (0.5 + side, 0.5 - side);
        for (x, y) in a.iter_mut().zip(b.iter_mut()) {
            let (one, two) = (*x, recipe.second * *y);
            *x = 2.0 * (near * one + far * two);
            *y = 2.0 * (far * one + near * two);
        }
        if self.scrape > 1e-4 {
            let keep = exp(-1.0 / (recipe.scrape_decay * self.sample_rate));
            for (x, y) in a.iter_mut().zip(b.iter_mut()) {
                let n = self.band.band(self.noise.next_sample()) * self.scrape;
                self.scrape *= keep;
                *x += n;
                *y += n;
            }
        }
        let from = self.onset;
        self.onset = (self.onset + frames as f32 / (0.0006 * self.sample_rate)).min(1.0);
        let gain = recipe.level * exp2(recipe.touch * log2(self.velocity));
        mix(&Line::new(from * gain, self.onset * gain, frames), a, b, left, right);
        self.last = peak * gain;
        // -86 dBFS: more than 70 dB below what a note of the instrument sounds like.
        peak * gain > 5e-5 || self.scrape > 1e-4
    }

    fn level(&self) -> f32 {
        self.last
    }
}
