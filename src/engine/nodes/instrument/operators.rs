//! Voices of phase-modulation pairs: electric pianos, FM basses, bells, and plain sines with a few harmonics.

use crate::dsp::fm::{COUNT_UP_LANES, Operator, Run, write_run};
use crate::dsp::math::{LANES, Lanes, exp, exp2, pan_gains, pitch_to_hz, tanh, tanh8};
use crate::dsp::noise::{White, substream};
use crate::dsp::voices::{Contour, Knob, Line, MAX_FRAMES, NoteStart, Shape, Vibrato, Voice};

use super::saws::mix;

/// Most pairs of a voice.
pub(crate) const PAIRS: usize = 4;

/// A carrier and the modulator that pushes its phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pair {
    /// Frequencies over the note's.
    pub(crate) carrier: f32,
    pub(crate) modulator: f32,
    /// Phase push in turns at full velocity, and the share of it that stays.
    pub(crate) index: f32,
    pub(crate) index_floor: f32,
    /// Time constant of the index in seconds.
    pub(crate) index_decay: f32,
    /// Amplitude at full velocity, and the exponent by which velocity shapes it.
    pub(crate) level: f32,
    pub(crate) touch: f32,
    /// Time constant in seconds at C4, halved for each octave up when `key_decay` is 1; and the level that stays.
    pub(crate) decay: f32,
    pub(crate) sustain: f32,
    /// Cents off, and place in the stereo field.
    pub(crate) cents: f32,
    pub(crate) pan: f32,
}

/// A silent pair.
pub(crate) const NONE: Pair = Pair {
    carrier: 1.0,
    modulator: 1.0,
    index: 0.0,
    index_floor: 0.0,
    index_decay: 1.0,
    level: 0.0,
    touch: 0.0,
    decay: 1.0,
    sustain: 0.0,
    cents: 0.0,
    pan: 0.0,
};

/// What the sum of the pairs goes through, note by note.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pickup {
    /// Nothing.
    Clean,
    /// A magnet beside the tine: one half-wave is squeezed more than the other.
    Asymmetric { drive: f32, bias: f32 },
    /// An electrostatic reed: both half-waves, for odd harmonics.
    Symmetric { drive: f32 },
}

/// Everything that makes one kind of instrument of these voices.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) pairs: [Pair; PAIRS],
    pub(crate) pickup: Pickup,
    pub(crate) attack: f32,
    pub(crate) release: f32,
    /// How much higher notes die sooner, 0 to 1.
    pub(crate) key_decay: f32,
    /// How much higher notes lose index, in octaves of index an octave of pitch.
    pub(crate) key_index: f32,
    /// Level of the key's or hammer's knock.
    pub(crate) knock: f32,
    pub(crate) vibrato_hz: f32,
    pub(crate) vibrato_cents: f32,
    pub(crate) vibrato_delay: f32,
    pub(crate) level: f32,
}

/// The values that turn while notes sound.
#[derive(Debug, Clone)]
pub(crate) struct Controls {
    pub(crate) tone: Knob,
    pub(crate) drive: Knob,
    pub(crate) attack: f32,
    pub(crate) release: f32,
    pub(crate) vibrato: f32,
    pub(crate) glide: f32,
}

impl Controls {
    pub(crate) fn new(recipe: &Recipe) -> Self {
        Self {
            tone: Knob::new(0.5),
            drive: Knob::new(0.0),
            attack: recipe.attack,
            release: recipe.release,
            vibrato: 0.5,
            glide: 0.0,
        }
    }

    pub(crate) fn set(&mut self, param: &str, value: f32) {
        match param {
            "tone" => self.tone.target = value,
            "drive" => self.drive.target = value,
            "attack" => self.attack = value,
            "release" => self.release = value,
            "vibrato" => self.vibrato = value,
            "glide" => self.glide = value,
            _ => {}
        }
    }

    pub(crate) fn advance(&mut self, frames: usize, sample_rate: f32) {
        self.tone.advance(frames, sample_rate);
        self.drive.advance(frames, sample_rate);
    }
}

/// An instrument whose voices these are.
pub(crate) trait FmPatch: Send {
    fn recipe(&self) -> &Recipe;
    fn controls(&self) -> &Controls;
}

#[derive(Debug, Clone, Copy, Default)]
struct PairState {
    carrier: Operator,
    modulator: Operator,
    level: f32,
    index: f32,
}

/// One note.
pub(crate) struct FmVoice<P> {
    pairs: [PairState; PAIRS],
    amp: Contour,
    vibrato: Vibrato,
    noise: White,
    knock: f32,
    knock_low: f32,
    velocity: f32,
    pitch: f32,
    last: f32,
    sample_rate: f32,
    patch: core::marker::PhantomData<fn() -> P>,
}

impl<P: FmPatch> FmVoice<P> {
    /// A pool of still voices. Thread: control (allocates).
    pub(crate) fn pool(count: usize, sample_rate: f32, seed: u64) -> Vec<Self> {
        let mut rng = substream(seed, 11);
        (0..count)
            .map(|_| Self {
                pairs: [PairState::default(); PAIRS],
                amp: Contour::default(),
                vibrato: Vibrato::default(),
                noise: White::new(&mut rng),
                knock: 0.0,
                knock_low: 0.0,
                velocity: 0.0,
                pitch: 60.0,
                last: 0.0,
                sample_rate,
                patch: core::marker::PhantomData,
            })
            .collect()
    }

    /// Renders one pair into `out` and moves its envelopes on.
    fn pair(
        &mut self,
        index: usize,
        recipe: &Recipe,
        tone: f32,
        hz: f32,
        frames: usize,
        out: &mut Run,
    ) -> Line {
        let seconds = frames as f32 / self.sample_rate;
        let (Some(pair), Some(state)) = (recipe.pairs.get(index), self.pairs.get_mut(index)) else {
            return Line::default();
        };
        let from = state.level;
        let age = exp2((self.pitch - 60.0) * (1.0 / 12.0) * recipe.key_decay);
        state.level = pair.sustain
            + (state.level - pair.sustain) * exp(-seconds * age / pair.decay.max(1e-3));
        let amount = Line::new(from, state.level, frames);
        let nyquist = 0.5 * self.sample_rate;
        let hz = hz * exp2(pair.cents * (1.0 / 1200.0));
        let carrier = hz * pair.carrier;
        // What would fold back fades out before it can.
        let room = ((nyquist - carrier) / (0.15 * nyquist)).clamp(0.0, 1.0);
        let amount = amount.scaled(room * pair.level);
        let modulator = hz * pair.modulator;
        let index_room = ((nyquist * 0.8 - modulator - carrier) / (0.3 * nyquist)).clamp(0.0, 1.0);
        let scale = pair.index
            * index_room
            * exp2((self.pitch - 60.0) * (-1.0 / 12.0) * recipe.key_index + (tone - 0.5) * 3.0);
        let index_from = state.index;
        state.index = pair.index_floor
            + (state.index - pair.index_floor) * exp(-seconds / pair.index_decay.max(1e-3));
        if scale > 1e-4 {
            let mut push = [Lanes::ZERO; MAX_FRAMES / LANES];
            state.modulator.sine(modulator / self.sample_rate, frames, &mut push);
            let velocity = self.velocity;
            let line = Line::new(index_from, state.index, frames).scaled(scale * velocity);
            state.carrier.pushed(carrier / self.sample_rate, frames, &push, &line, out);
        } else {
            state.carrier.sine(carrier / self.sample_rate, frames, out);
        }
        amount
    }
}

/// Sends a run through a pick-up.
fn shape_run(pickup: Pickup, push: f32, run: &mut [Lanes]) {
    match pickup {
        Pickup::Clean => {}
        Pickup::Asymmetric { drive, bias } => {
            let drive = drive * push;
            let rest = tanh(drive * bias);
            let scale = Lanes::splat(1.0 / (drive * (1.0 - rest * rest)));
            let (drive, bias, rest) = (Lanes::splat(drive), Lanes::splat(bias), Lanes::splat(rest));
            for x in run {
                *x = (tanh8(drive * (*x + bias)) - rest) * scale;
            }
        }
        Pickup::Symmetric { drive } => {
            let drive = drive * push;
            let (scale, drive) = (Lanes::splat(1.0 / drive), Lanes::splat(drive));
            for x in run {
                *x = tanh8(drive * *x) * scale;
            }
        }
    }
}

impl<P: FmPatch> Voice for FmVoice<P> {
    type Patch = P;

    fn start(&mut self, patch: &P, note: &NoteStart) {
        let recipe = patch.recipe();
        self.velocity = note.velocity;
        self.pitch = note.pitch;
        for (state, pair) in self.pairs.iter_mut().zip(&recipe.pairs) {
            state.carrier.start(0.0);
            state.modulator.start(0.0);
            state.level = libm::powf(note.velocity, pair.touch);
            state.index = 1.0;
        }
        self.knock = recipe.knock * note.velocity * note.velocity;
        self.knock_low = 0.0;
        self.vibrato.start(2.0 * crate::dsp::osc::unit(note.seed) - 1.0);
        self.amp.start();
    }

    fn slide(&mut self, _patch: &P, note: &NoteStart) {
        self.velocity += 0.5 * (note.velocity - self.velocity);
    }

    fn release(&mut self, _patch: &P) {
        self.amp.release();
    }

    fn render(&mut self, patch: &P, pitch: f32, left: &mut [f32], right: &mut [f32]) -> bool {
        let (recipe, controls) = (patch.recipe(), patch.controls());
        let frames = left.len().min(right.len()).min(MAX_FRAMES);
        let shape =
            Shape { attack: controls.attack, decay: 1.0, sustain: 1.0, release: controls.release };
        let amp = self.amp.advance(&shape, frames, self.sample_rate);
        self.pitch = pitch;
        let swing =
            self.vibrato.advance(recipe.vibrato_hz, recipe.vibrato_delay, frames, self.sample_rate);
        let hz = pitch_to_hz(pitch + swing * recipe.vibrato_cents * 0.02 * controls.vibrato);
        let groups = frames.div_ceil(LANES);
        let (mut a, mut b, mut wave) = ([Lanes::ZERO; 8], [Lanes::ZERO; 8], [Lanes::ZERO; 8]);
        let mut loud = 0.0_f32;
        for (index, pair) in recipe.pairs.iter().enumerate().filter(|(_, p)| p.level > 0.0) {
            let amount = self.pair(index, recipe, controls.tone.value, hz, frames, &mut wave);
            loud = loud.max(amount.from);
            let (l, r) = pan_gains(pair.pan);
            let [l, r] = [l, r].map(|g| Lanes::splat(g * core::f32::consts::SQRT_2));
            let (from, step) = (Lanes::splat(amount.from), Lanes::splat(amount.step));
            let runs = a.iter_mut().zip(b.iter_mut()).zip(&wave).zip(&COUNT_UP_LANES);
            for (((x, y), w), at) in runs.take(groups) {
                let sample = *w * (from + step * *at);
                *x += l * sample;
                *y += r * sample;
            }
        }
        let push = 1.0 + 3.0 * controls.drive.value;
        shape_run(recipe.pickup, push, &mut a[..groups]);
        shape_run(recipe.pickup, push, &mut b[..groups]);
        let (mut out_left, mut out_right) = ([0.0; MAX_FRAMES], [0.0; MAX_FRAMES]);
        let (a, b) = (&a, &b);
        let (left_run, right_run) = (&mut out_left[..frames], &mut out_right[..frames]);
        write_run(a, left_run);
        write_run(b, right_run);
        if self.knock > 1e-4 {
            let keep = exp(-1.0 / (0.006 * self.sample_rate));
            for (x, y) in left_run.iter_mut().zip(right_run.iter_mut()) {
                self.knock_low += 0.12 * (self.noise.next_sample() - self.knock_low);
                let n = self.knock * self.knock_low;
                self.knock *= keep;
                *x += n;
                *y += n;
            }
        }
        self.last = loud * amp.to;
        mix(&amp.scaled(recipe.level), left_run, right_run, left, right);
        let dead = loud < 3e-5 && self.knock < 1e-4;
        !(self.amp.is_over(&shape) || dead)
    }

    fn level(&self) -> f32 {
        self.last
    }
}
