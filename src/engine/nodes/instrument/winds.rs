//! Voices that are blown or sung: a reed, lips or an edge, whose brightness follows the effort of the player.
//!
//! A source (saws, or a handful of sines) goes through a low-pass that opens with effort, beside breath noise that the
//! source modulates. The start bends up into the note, and the vibrato comes late.

use crate::dsp::math::LANES;
use crate::dsp::math::{exp, exp2, pitch_to_hz, sin_turns};
use crate::dsp::noise::{White, substream};
use crate::dsp::osc::{SawBank, next_hash, unit};
use crate::dsp::svf::Svf;
use crate::dsp::voices::{COUNT_UP, Contour, Knob, MAX_FRAMES, NoteStart, Shape, Vibrato, Voice};

use super::saws::{StereoLowPass, mix};

/// Most sines of a source.
pub(crate) const SINES: usize = 6;

/// What vibrates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Source {
    /// A saw plus a share of a pulse of this width.
    Reed { pulse: f32, width: f32 },
    /// Harmonics, and how fast each fades with less effort (an exponent a harmonic).
    Sines { harmonics: [f32; SINES], fade: f32 },
}

/// Everything that makes one kind of wind.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) source: Source,
    pub(crate) amp: Shape,
    /// The low-pass in harmonics of the note at no effort and at full effort, and its limits in Hz.
    pub(crate) dark: f32,
    pub(crate) bright: f32,
    pub(crate) lowest_hz: f32,
    pub(crate) highest_hz: f32,
    /// How far below the note it starts, in cents, and the time constant of the way up.
    pub(crate) scoop_cents: f32,
    pub(crate) scoop_s: f32,
    pub(crate) vibrato_hz: f32,
    pub(crate) vibrato_cents: f32,
    pub(crate) vibrato_delay: f32,
    /// How much the vibrato moves loudness and brightness, 0 to 1.
    pub(crate) vibrato_swell: f32,
    /// Unsteadiness in cents.
    pub(crate) waver_cents: f32,
    /// Breath: level, middle in harmonics of the note, quality, and how much more of it the onset has.
    pub(crate) breath: f32,
    pub(crate) breath_at: f32,
    pub(crate) breath_q: f32,
    pub(crate) chiff: f32,
    /// How far the note sinks after its attack (0 stays, 0.3 to 70 %).
    pub(crate) settle: f32,
    pub(crate) level: f32,
}

/// The values that turn while notes sound.
#[derive(Debug, Clone)]
pub(crate) struct Controls {
    pub(crate) tone: Knob,
    pub(crate) breath: Knob,
    pub(crate) vibrato: f32,
    pub(crate) attack: f32,
    pub(crate) release: f32,
    pub(crate) glide: f32,
}

impl Controls {
    pub(crate) fn new(recipe: &Recipe) -> Self {
        Self {
            tone: Knob::new(0.5),
            breath: Knob::new(0.5),
            vibrato: 0.5,
            attack: recipe.amp.attack,
            release: recipe.amp.release,
            glide: 0.0,
        }
    }

    pub(crate) fn set(&mut self, param: &str, value: f32) {
        match param {
            "tone" => self.tone.target = value,
            "breath" => self.breath.target = value,
            "vibrato" => self.vibrato = value,
            "attack" => self.attack = value,
            "release" => self.release = value,
            "glide" => self.glide = value,
            _ => {}
        }
    }

    pub(crate) fn advance(&mut self, frames: usize, sample_rate: f32) {
        self.tone.advance(frames, sample_rate);
        self.breath.advance(frames, sample_rate);
    }
}

/// An instrument whose voices these are.
pub(crate) trait WindPatch: Send {
    fn recipe(&self) -> &Recipe;
    fn controls(&self) -> &Controls;
}

/// One note, or a line of slurred ones.
pub(crate) struct WindVoice<P> {
    bank: SawBank,
    phase: f32,
    filters: [StereoLowPass; 2],
    noise: White,
    breath: Svf,
    amp: Contour,
    vibrato: Vibrato,
    scoop: f32,
    age_s: f32,
    waver: f32,
    waver_to: f32,
    waver_age: f32,
    hash: u32,
    velocity: f32,
    velocity_to: f32,
    effort: f32,
    sample_rate: f32,
    patch: core::marker::PhantomData<fn() -> P>,
}

impl<P: WindPatch> WindVoice<P> {
    /// A pool of still voices. Thread: control (allocates).
    pub(crate) fn pool(count: usize, sample_rate: f32, seed: u64) -> Vec<Self> {
        let mut rng = substream(seed, 19);
        (0..count)
            .map(|_| Self {
                bank: SawBank::default(),
                phase: 0.0,
                filters: [StereoLowPass::default(); 2],
                noise: White::new(&mut rng),
                breath: Svf::new(1000.0, 1.0, sample_rate),
                amp: Contour::default(),
                vibrato: Vibrato::default(),
                scoop: 0.0,
                age_s: 0.0,
                waver: 0.0,
                waver_to: 0.0,
                waver_age: 0.0,
                hash: 1,
                velocity: 0.0,
                velocity_to: 0.0,
                effort: 0.0,
                sample_rate,
                patch: core::marker::PhantomData,
            })
            .collect()
    }

    fn wander(&mut self, seconds: f32) {
        self.waver_age += seconds;
        if self.waver_age > 0.09 {
            self.waver_age = 0.0;
            self.hash = next_hash(self.hash);
            self.waver_to = 2.0 * unit(self.hash) - 1.0;
        }
        self.waver += (self.waver_to - self.waver) * (seconds * 12.0).min(1.0);
    }

    fn source(&mut self, recipe: &Recipe, step: f32, effort: f32, wave: &mut [f32]) {
        match recipe.source {
            Source::Reed { pulse, width } => {
                let mut spare = [0.0; MAX_FRAMES];
                self.bank.step = [step; LANES];
                self.bank.left = [0.0; LANES];
                self.bank.left[0] = 1.0;
                self.bank.left[1] = -pulse;
                self.bank.phase[1] = self.bank.phase[0] + width;
                self.bank.phase[1] -= libm::floorf(self.bank.phase[1]);
                self.bank.right = [0.0; LANES];
                self.bank.render(wave, &mut spare[..wave.len()]);
            }
            Source::Sines { harmonics, fade } => {
                for (k, amplitude) in harmonics.iter().enumerate().filter(|(_, a)| **a > 0.0) {
                    let harmonic = (k + 1) as f32;
                    let room = ((0.45 - step * harmonic) * 20.0).clamp(0.0, 1.0);
                    let a = amplitude * room * libm::powf(effort.max(0.02), fade * k as f32);
                    let (phase, step) = (self.phase * harmonic, step * harmonic);
                    let phase = phase - libm::floorf(phase);
                    for (w, at) in wave.iter_mut().zip(&COUNT_UP) {
                        *w += a * sin_turns(phase + step * at);
                    }
                }
                self.phase += step * wave.len() as f32;
                self.phase -= libm::floorf(self.phase);
            }
        }
    }
}

impl<P: WindPatch> Voice for WindVoice<P> {
    type Patch = P;

    fn start(&mut self, patch: &P, note: &NoteStart) {
        let recipe = patch.recipe();
        self.hash = next_hash(note.seed);
        // Sines start at a zero crossing and saws in the middle of their rise, so that neither clicks.
        self.phase = 0.0;
        self.bank.phase = [0.5; LANES];
        self.filters = [StereoLowPass::default(); 2];
        self.breath.reset();
        self.scoop = -recipe.scoop_cents * 0.01 * (0.6 + 0.8 * unit(self.hash));
        self.age_s = 0.0;
        self.waver = 0.0;
        self.velocity = note.velocity;
        self.velocity_to = note.velocity;
        self.vibrato.start(2.0 * unit(note.seed) - 1.0);
        self.amp.start();
    }

    fn slide(&mut self, patch: &P, note: &NoteStart) {
        self.velocity_to = note.velocity;
        // A slurred note is tongued lightly or not at all: a small bend into it, and the vibrato waits anew.
        self.scoop = -0.25 * patch.recipe().scoop_cents * 0.01;
        self.age_s = 0.03;
        self.vibrato.start(2.0 * unit(note.seed) - 1.0);
    }

    fn release(&mut self, _patch: &P) {
        self.amp.release();
    }

    fn render(&mut self, patch: &P, pitch: f32, left: &mut [f32], right: &mut [f32]) -> bool {
        let (recipe, controls) = (patch.recipe(), patch.controls());
        let frames = left.len().min(right.len()).min(MAX_FRAMES);
        let seconds = frames as f32 / self.sample_rate;
        let shape = Shape { attack: controls.attack, release: controls.release, ..recipe.amp };
        // Harder notes speak sooner.
        let shape = Shape { attack: shape.attack * (1.5 - 0.6 * self.velocity), ..shape };
        let amp = self.amp.advance(&shape, frames, self.sample_rate);
        self.velocity += (self.velocity_to - self.velocity) * (seconds / 0.04).min(1.0);
        self.age_s += seconds;
        self.scoop *= exp(-seconds / recipe.scoop_s.max(1e-3));
        self.wander(seconds);
        let swing =
            self.vibrato.advance(recipe.vibrato_hz, recipe.vibrato_delay, frames, self.sample_rate);
        let vibrato = swing * 2.0 * controls.vibrato;
        let cents = vibrato * recipe.vibrato_cents + self.waver * recipe.waver_cents;
        let hz = pitch_to_hz(pitch + self.scoop + 0.01 * cents);
        let swell = 1.0 + recipe.vibrato_swell * vibrato + 0.05 * self.waver;
        let settle = 1.0 - recipe.settle * (1.0 - exp(-self.age_s / 0.25));
        let effort = (amp.to * self.velocity * settle * swell).clamp(0.0, 1.2);

        let mut wave = [0.0_f32; MAX_FRAMES];
        let wave = &mut wave[..frames];
        self.source(recipe, hz / self.sample_rate, effort, wave);

        let onset = 1.0 + recipe.chiff * exp(-self.age_s / 0.035);
        let level =
            recipe.breath * 2.0 * controls.breath.value * onset * (0.35 + 0.65 * self.velocity);
        self.breath.set(
            (hz * recipe.breath_at).clamp(200.0, 9000.0),
            recipe.breath_q,
            self.sample_rate,
        );
        for w in wave.iter_mut() {
            let n = self.breath.band(self.noise.next_sample()) * level;
            // Air passes while the reed is open: the source gates the breath.
            *w += n * (0.65 + 0.35 * *w);
        }

        let octaves = (controls.tone.value - 0.5) * 2.0;
        let harmonics = recipe.dark + (recipe.bright - recipe.dark) * effort * (0.4 + 0.6 * effort);
        let cutoff = (hz * harmonics * exp2(octaves))
            .clamp(recipe.lowest_hz * exp2(0.5 * octaves), recipe.highest_hz * exp2(0.7 * octaves));
        let mut spare = [0.0_f32; MAX_FRAMES];
        let spare = &mut spare[..frames];
        self.filters[0].run(cutoff, 0.6, self.sample_rate, wave, spare);
        self.filters[1].run(cutoff * 1.2, 0.9, self.sample_rate, wave, spare);
        let loud = recipe.level * (0.25 + 0.75 * self.velocity) * settle * swell;
        let from = if self.effort > 0.0 { self.effort } else { loud };
        self.effort = loud;
        let gain = crate::dsp::voices::Line::new(amp.from * from, amp.to * loud, frames);
        mix(&gain, wave, wave, left, right);
        !self.amp.is_over(&shape)
    }

    fn level(&self) -> f32 {
        self.amp.value() * self.velocity
    }
}
