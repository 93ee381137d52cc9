//! Voices of eight saws through a low-pass: basses, stabs, pads, string sections, synth leads and plucks.
//!
//! Lanes of the saw bank become a supersaw, a section of players, or pulses (a saw minus a later saw of the same pitch).

use crate::dsp::ladder::Ladder;
use crate::dsp::math::{LANES, Lanes, exp2, exp2_8, pan_gains, pitch_to_hz, sin_turns, tanh};
use crate::dsp::noise::{White, substream};
use crate::dsp::osc::{SawBank, next_hash, unit};
use crate::dsp::voices::{
    COUNT_UP, Contour, Knob, Line, MAX_FRAMES, NoteStart, Shape, TOGETHER, Turn, Vibrato, Voice,
};

use filters::FourPole;
pub(crate) use filters::StereoLowPass;

mod filters;
mod together;

/// One lane of the bank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lane {
    /// Semitones from the note, before detuning.
    pub(crate) interval: f32,
    /// Cents of detuning at full spread.
    pub(crate) cents: f32,
    /// Amplitude; negative for the second saw of a pulse.
    pub(crate) gain: f32,
    /// Place in the stereo field at full width.
    pub(crate) pan: f32,
    /// For the second saw of a pulse: the pulse width; it then follows the phase of the lane before. 0 for none.
    pub(crate) pulse: f32,
}

pub(crate) const fn lane(interval: f32, cents: f32, gain: f32, pan: f32) -> Lane {
    Lane { interval, cents, gain, pan, pulse: 0.0 }
}

pub(crate) const OFF: Lane = lane(0.0, 0.0, 0.0, 0.0);

/// A saw and its shifted negative: a pulse of this width.
pub(crate) const fn pulse(interval: f32, cents: f32, gain: f32, pan: f32, width: f32) -> [Lane; 2] {
    [lane(interval, cents, gain, pan), Lane { interval, cents, gain: -gain, pan, pulse: width }]
}

/// Which low-pass follows the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Stereo, 12 dB an octave.
    TwoPole,
    /// Stereo, 24 dB an octave.
    FourPole,
    /// Mono transistor ladder with drive.
    Ladder,
}

/// Everything that makes one kind of instrument of these voices.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) lanes: [Lane; LANES],
    pub(crate) filter: Filter,
    pub(crate) amp: Shape,
    pub(crate) sweep: Shape,
    /// Octaves that the filter envelope opens the filter by.
    pub(crate) sweep_octaves: f32,
    /// Octaves between the softest and the loudest note.
    pub(crate) velocity_octaves: f32,
    /// How far the cutoff follows the pitch, 0 to 1, around C4.
    pub(crate) key_follow: f32,
    pub(crate) vibrato_hz: f32,
    pub(crate) vibrato_cents: f32,
    pub(crate) vibrato_delay: f32,
    /// Cents that each lane wanders by itself, as players do.
    pub(crate) wander_cents: f32,
    /// Level of breath, bow or air beside the saws.
    pub(crate) noise: f32,
    /// A pure sine under the saws, as an octave below (-12) or unison (0), and its level.
    pub(crate) sub_interval: f32,
    pub(crate) sub: f32,
    pub(crate) level: f32,
    /// How strongly velocity changes loudness, 0 to 1.
    pub(crate) touch: f32,
    /// Whether the low end is summed to mono by keeping the sines alone below.
    pub(crate) scatter: bool,
}

/// The values that turn while notes sound.
#[derive(Debug, Clone)]
pub(crate) struct Controls {
    pub(crate) cutoff_octave: Knob,
    pub(crate) resonance: Knob,
    pub(crate) drive: Knob,
    pub(crate) spread: Knob,
    pub(crate) width: Knob,
    pub(crate) vibrato: Knob,
    pub(crate) attack: f32,
    pub(crate) release: f32,
    pub(crate) decay: f32,
    pub(crate) sweep_scale: f32,
    pub(crate) glide: f32,
}

impl Controls {
    pub(crate) fn new(recipe: &Recipe, cutoff_hz: f32, resonance: f32) -> Self {
        Self {
            cutoff_octave: Knob::new(libm::log2f(cutoff_hz)),
            resonance: Knob::new(resonance),
            drive: Knob::new(0.0),
            spread: Knob::new(1.0),
            width: Knob::new(1.0),
            vibrato: Knob::new(1.0),
            attack: recipe.amp.attack,
            release: recipe.amp.release,
            decay: recipe.sweep.decay,
            sweep_scale: 1.0,
            glide: 0.0,
        }
    }

    /// Sets a param by its usual id. Answers whether it was one.
    pub(crate) fn set(&mut self, param: &str, value: f32) -> bool {
        match param {
            "cutoff" => self.cutoff_octave.target = libm::log2f(value.max(20.0)),
            "resonance" => self.resonance.target = value,
            "drive" => self.drive.target = value,
            "detune" => self.spread.target = value * 2.0,
            "width" => self.width.target = value,
            "vibrato" => self.vibrato.target = value * 2.0,
            "attack" => self.attack = value,
            "release" => self.release = value,
            "decay" => self.decay = value,
            "env" => self.sweep_scale = value * 2.0,
            "glide" => self.glide = value,
            _ => return false,
        }
        true
    }

    pub(crate) fn advance(&mut self, frames: usize, sample_rate: f32) {
        for knob in [
            &mut self.cutoff_octave,
            &mut self.resonance,
            &mut self.drive,
            &mut self.spread,
            &mut self.width,
            &mut self.vibrato,
        ] {
            knob.advance(frames, sample_rate);
        }
    }
}

/// An instrument whose voices these are: it lends them the recipe and the controls.
pub(crate) trait SawPatch: Send {
    fn recipe(&self) -> &Recipe;
    fn controls(&self) -> &Controls;
}

/// One note.
pub(crate) struct SawVoice<P> {
    bank: SawBank,
    filter: StereoLowPass,
    cascade: FourPole,
    ladder: Ladder,
    amp: Contour,
    sweep: Contour,
    vibrato: Vibrato,
    noise: White,
    noise_low: [f32; 2],
    sub_phase: f32,
    wander: [f32; LANES],
    wander_to: [f32; LANES],
    wander_age: f32,
    hash: u32,
    velocity: f32,
    step: f32,
    /// The width that the bank's gains were made for.
    width: f32,
    sample_rate: f32,
    patch: core::marker::PhantomData<fn() -> P>,
}

impl<P: SawPatch> SawVoice<P> {
    /// A pool of still voices. Thread: control (allocates).
    pub(crate) fn pool(count: usize, sample_rate: f32, seed: u64) -> Vec<Self> {
        let mut rng = substream(seed, 7);
        (0..count)
            .map(|_| Self {
                bank: SawBank::default(),
                filter: StereoLowPass::default(),
                cascade: FourPole::default(),
                ladder: Ladder::default(),
                amp: Contour::default(),
                sweep: Contour::default(),
                vibrato: Vibrato::default(),
                noise: White::new(&mut rng),
                noise_low: [0.0; 2],
                sub_phase: 0.0,
                wander: [0.0; LANES],
                wander_to: [0.0; LANES],
                wander_age: 0.0,
                hash: 1,
                velocity: 0.0,
                step: 0.0,
                width: -1.0,
                sample_rate,
                patch: core::marker::PhantomData,
            })
            .collect()
    }

    fn shape(recipe: &Recipe, controls: &Controls) -> Shape {
        Shape { attack: controls.attack, release: controls.release, ..recipe.amp }
    }

    fn tune(&mut self, recipe: &Recipe, controls: &Controls, pitch: f32, frames: usize) {
        let seconds = frames as f32 / self.sample_rate;
        let swing =
            self.vibrato.advance(recipe.vibrato_hz, recipe.vibrato_delay, frames, self.sample_rate);
        let pitch = pitch + swing * recipe.vibrato_cents * 0.01 * controls.vibrato.value;
        self.step = pitch_to_hz(pitch) / self.sample_rate;
        self.wander_age += seconds;
        if self.wander_age > 0.18 {
            self.wander_age = 0.0;
            for to in &mut self.wander_to {
                self.hash = next_hash(self.hash);
                *to = 2.0 * unit(self.hash) - 1.0;
            }
        }
        let follow = (seconds * 4.0).min(1.0);
        let spread = controls.spread.value;
        let width = controls.width.value;
        let mut octaves = [0.0; LANES];
        for (i, lane) in recipe.lanes.iter().enumerate() {
            self.wander[i] += (self.wander_to[i] - self.wander[i]) * follow;
            // Two saws of a pulse must keep their distance, so only free lanes wander.
            let paired = lane.pulse > 0.0 || is_pulse(recipe, i);
            let wander = if paired { 0.0 } else { self.wander[i] * recipe.wander_cents };
            octaves[i] = (lane.interval + 0.01 * (lane.cents * spread + wander)) * (1.0 / 12.0);
        }
        self.bank.step = (exp2_8(Lanes::new(octaves)) * Lanes::splat(self.step)).to_array();
        if width != self.width {
            self.width = width;
            for (i, lane) in recipe.lanes.iter().enumerate() {
                let (l, r) = pan_gains(lane.pan * width);
                self.bank.left[i] = lane.gain * l;
                self.bank.right[i] = lane.gain * r;
            }
        }
    }

    /// Moves envelopes and tuning on by a run and adds the bare saws to it. Answers the gain over the run and the cutoff in
    /// Hz at its end.
    fn begin(&mut self, patch: &P, pitch: f32, a: &mut [f32], b: &mut [f32]) -> (Line, f32) {
        let (recipe, controls) = (patch.recipe(), patch.controls());
        let frames = a.len();
        let shape = Self::shape(recipe, controls);
        let amp = self.amp.advance(&shape, frames, self.sample_rate);
        let sweep_shape = Shape { decay: controls.decay, ..recipe.sweep };
        let sweep = self.sweep.advance(&sweep_shape, frames, self.sample_rate);
        self.tune(recipe, controls, pitch, frames);
        self.bank.render(a, b);
        let octave = controls.cutoff_octave.value
            + recipe.sweep_octaves * controls.sweep_scale * sweep.to
            + recipe.velocity_octaves * (self.velocity - 0.8)
            + recipe.key_follow * (pitch - 60.0) * (1.0 / 12.0);
        let gain = amp.scaled(recipe.level * (1.0 - recipe.touch + recipe.touch * self.velocity));
        (gain, exp2(octave.clamp(4.5, 14.3)))
    }

    /// Adds the sine below and mixes the run.
    fn finish(&mut self, recipe: &Recipe, gain: &Line, run: [&mut [f32]; 2], out: [&mut [f32]; 2]) {
        let [a, b] = run;
        if recipe.sub > 0.0 {
            let step = self.step * exp2(recipe.sub_interval * (1.0 / 12.0));
            for ((l, r), at) in a.iter_mut().zip(b.iter_mut()).zip(&COUNT_UP) {
                let y = recipe.sub * sin_turns(self.sub_phase + step * at);
                *l += y;
                *r += y;
            }
            self.sub_phase += step * a.len() as f32;
            self.sub_phase -= libm::floorf(self.sub_phase);
        }
        let [left, right] = out;
        mix(gain, a, b, left, right);
    }

    fn add_noise(&mut self, level: f32, left: &mut [f32], right: &mut [f32]) {
        for (l, r) in left.iter_mut().zip(right.iter_mut()) {
            let [a, b] = &mut self.noise_low;
            *a += 0.4 * (self.noise.next_sample() - *a);
            *b += 0.4 * (self.noise.next_sample() - *b);
            *l += level * *a;
            *r += level * *b;
        }
    }
}

/// Sharpness of the two-pole filter.
fn two_pole_q(controls: &Controls) -> f32 {
    0.6 + 6.0 * controls.resonance.value * controls.resonance.value
}

/// Sharpness of the second half of the four-pole filter.
fn four_pole_q(controls: &Controls) -> f32 {
    1.307 + 7.0 * controls.resonance.value * controls.resonance.value
}

/// Gain into the saturation after the filter, and its root, by which what comes out is divided. The ladder has its own.
fn drive_after(recipe: &Recipe, controls: &Controls) -> Option<(f32, f32)> {
    let drive = 1.0 + 4.0 * controls.drive.value;
    (recipe.filter != Filter::Ladder && controls.drive.value > 0.001).then(|| (drive, drive.sqrt()))
}

fn is_pulse(recipe: &Recipe, index: usize) -> bool {
    recipe.lanes.get(index + 1).is_some_and(|next| next.pulse > 0.0)
}

impl<P: SawPatch> Voice for SawVoice<P> {
    type Patch = P;

    fn start(&mut self, patch: &P, note: &NoteStart) {
        let recipe = patch.recipe();
        self.hash = note.seed;
        if recipe.scatter {
            self.bank.scatter(note.seed);
        } else {
            self.bank.phase = [0.5; LANES];
        }
        for i in 1..LANES {
            if recipe.lanes[i].pulse > 0.0 {
                let at = self.bank.phase[i - 1] + recipe.lanes[i].pulse;
                self.bank.phase[i] = at - libm::floorf(at);
            }
        }
        self.filter = StereoLowPass::default();
        self.cascade = FourPole::default();
        self.ladder.reset();
        self.sub_phase = 0.0;
        self.noise_low = [0.0; 2];
        for i in 0..LANES {
            self.hash = next_hash(self.hash);
            self.wander[i] = 2.0 * unit(self.hash) - 1.0;
        }
        self.wander_to = self.wander;
        self.wander_age = 0.2 * unit(self.hash);
        self.velocity = note.velocity;
        self.vibrato.start(self.wander[0]);
        self.amp.start();
        self.sweep.start();
    }

    fn slide(&mut self, _patch: &P, note: &NoteStart) {
        self.velocity += 0.5 * (note.velocity - self.velocity);
        self.sweep.restart();
    }

    fn release(&mut self, _patch: &P) {
        self.amp.release();
        self.sweep.release();
    }

    fn render(&mut self, patch: &P, pitch: f32, left: &mut [f32], right: &mut [f32]) -> bool {
        let (recipe, controls) = (patch.recipe(), patch.controls());
        let frames = left.len().min(right.len()).min(MAX_FRAMES);
        let (mut a, mut b) = ([0.0_f32; MAX_FRAMES], [0.0_f32; MAX_FRAMES]);
        let (a, b) = (&mut a[..frames], &mut b[..frames]);
        let (gain, hz) = self.begin(patch, pitch, a, b);
        if recipe.noise > 0.0 {
            self.add_noise(recipe.noise, a, b);
        }
        match recipe.filter {
            Filter::TwoPole => {
                self.filter.run(hz, two_pole_q(controls), self.sample_rate, a, b);
            }
            Filter::FourPole => {
                self.cascade.run(hz, four_pole_q(controls), self.sample_rate, a, b);
            }
            Filter::Ladder => {
                self.ladder.set(hz, controls.resonance.value, self.sample_rate);
                let drive = 1.0 + 5.0 * controls.drive.value;
                for (l, r) in a.iter_mut().zip(b.iter_mut()) {
                    let y = self.ladder.process(0.5 * (*l + *r), drive);
                    *l = y;
                    *r = y;
                }
            }
        }
        if let Some((drive, root)) = drive_after(recipe, controls) {
            for run in [&mut *a, &mut *b] {
                run.iter_mut().for_each(|x| *x = tanh(drive * *x) / root);
            }
        }
        self.finish(recipe, &gain, [a, b], [left, right]);
        !self.amp.is_over(&Self::shape(recipe, controls))
    }

    fn render_together(
        turns: &mut [Option<Turn<'_, Self>>; TOGETHER],
        patch: &P,
        left: &mut [f32],
        right: &mut [f32],
    ) {
        if let ([Some(_), Some(_), ..], true) = (&*turns, patch.recipe().filter != Filter::Ladder) {
            return together::render(turns, patch, left, right);
        }
        for turn in turns.iter_mut().flatten() {
            *turn.sounding = turn.voice.render(patch, turn.pitch, left, right);
        }
    }

    fn level(&self) -> f32 {
        self.amp.value() * self.velocity
    }
}

/// Adds a run times a gain on a line.
pub(crate) fn mix(gain: &Line, a: &[f32], b: &[f32], left: &mut [f32], right: &mut [f32]) {
    for (((l, r), (a, b)), at) in
        left.iter_mut().zip(right.iter_mut()).zip(a.iter().zip(b)).zip(&COUNT_UP)
    {
        let g = gain.from + gain.step * at;
        *l += g * a;
        *r += g * b;
    }
}
