//! Effects that lead somewhere: the riser, the impact, the reversed cymbal. They know the tempo at their start and count
//! their length in beats.

use rand_chacha::ChaCha8Rng;

use super::Texture;
use crate::dsp::envelope::{Ar, Decay};
use crate::dsp::math::{exp2, lerp, sin_turns, soft_clip};
use crate::dsp::modal::{ModalBank, Mode};
use crate::dsp::noise::{White, unit};
use crate::dsp::svf::Svf;

/// Frames between updates of sweeps, counted from the start of the note.
const CONTROL: u32 = 16;

/// Noise through a band that climbs from 200 Hz to 8 kHz, over three detuned tones that climb two octaves.
pub(super) struct Riser {
    fade: Ar,
    noise: [White; 2],
    bands: [Svf; 2],
    phases: [f32; 3],
    steps: [f32; 3],
    /// Progress from 0 to 1, and how much of it a frame is.
    at: f32,
    per_frame: f32,
    beats: f32,
    tone: f32,
    age: u32,
    rate: f32,
}

impl Texture for Riser {
    fn new(rng: &mut ChaCha8Rng, rate: f32, beats: f32) -> Self {
        Self {
            fade: Ar::new(0.03, 0.25, rate),
            noise: [White::new(rng), White::new(rng)],
            bands: [Svf::new(200.0, 1.0, rate); 2],
            phases: [0.0; 3],
            steps: [0.0; 3],
            at: 0.0,
            per_frame: 0.0,
            beats,
            tone: 0.5,
            age: 0,
            rate,
        }
    }

    fn start(&mut self, seconds_per_beat: f32) {
        self.fade.trigger();
        (self.at, self.age) = (0.0, 0);
        self.per_frame = 1.0 / (self.beats * seconds_per_beat * self.rate).max(1.0);
    }

    fn stop(&mut self) {
        self.fade.release();
    }

    fn set(&mut self, tone: f32, beats: f32) {
        (self.tone, self.beats) = (tone, beats);
    }

    fn frame(&mut self) -> (f32, f32) {
        if self.age.is_multiple_of(CONTROL) {
            let climb = self.at * self.at * (1.5 - 0.5 * self.at);
            let centre = 200.0 * exp2(climb * (4.3 + 2.0 * self.tone));
            for (band, spread) in self.bands.iter_mut().zip([0.97, 1.03]) {
                band.set(centre * spread, 0.8 + 1.6 * self.at, self.rate);
            }
            let base = 110.0 * exp2(2.0 * climb);
            for (step, detune) in self.steps.iter_mut().zip([0.993, 1.0, 1.008]) {
                *step = base * detune / self.rate;
            }
        }
        self.age = self.age.wrapping_add(1);
        let fade = self.fade.next_value();
        let level = exp2(-5.0 * (1.0 - self.at));
        let mut tones = [0.0; 3];
        for ((y, phase), step) in tones.iter_mut().zip(&mut self.phases).zip(self.steps) {
            // A sine with its own phase bent: bright, and without the alias of a raw saw.
            *y = sin_turns(*phase + 0.16 * sin_turns(*phase));
            *phase += step;
            if *phase >= 0.5 {
                *phase -= 1.0;
            }
        }
        let tone = 0.05 * (0.3 + 0.7 * self.at);
        let [a, b, c] = tones;
        let mut out = [0.0; 2];
        for ((y, noise), band) in out.iter_mut().zip(&mut self.noise).zip(&mut self.bands) {
            *y = 0.42 * band.band(noise.next_sample());
        }
        let gain = fade * level;
        self.at = (self.at + self.per_frame).min(1.0);
        (gain * (out[0] + tone * (a + b)), gain * (out[1] + tone * (b + c)))
    }

    fn is_over(&self) -> bool {
        self.fade.is_over()
    }

    fn reset(&mut self) {
        self.fade.reset();
        self.bands.iter_mut().for_each(Svf::reset);
        self.phases = [0.0; 3];
    }
}

/// A boom that falls from 80 to 30 Hz, a burst, and a dark tail of noise.
pub(super) struct Impact {
    boom: Decay,
    burst: Decay,
    tail: Decay,
    /// Rises after a hit, so that one hit on top of another does not click.
    open: Ar,
    fall: f32,
    fall_factor: f32,
    phase: f32,
    noise: [White; 2],
    bands: [Svf; 2],
    away: f32,
    beats: f32,
    tone: f32,
    age: u32,
    rate: f32,
}

impl Texture for Impact {
    fn new(rng: &mut ChaCha8Rng, rate: f32, beats: f32) -> Self {
        Self {
            boom: Decay::new(0.5, rate),
            burst: Decay::new(0.05, rate),
            tail: Decay::new(0.8, rate),
            open: Ar::new(0.001, 0.1, rate),
            fall: 0.0,
            fall_factor: 1.0,
            phase: 0.0,
            noise: [White::new(rng), White::new(rng)],
            bands: [Svf::new(400.0, 0.7, rate); 2],
            away: 0.0,
            beats,
            tone: 0.5,
            age: 0,
            rate,
        }
    }

    fn start(&mut self, seconds_per_beat: f32) {
        // The whole fall takes about five time constants of its tail.
        let seconds = (self.beats * seconds_per_beat).clamp(0.2, 30.0);
        self.boom.set_time((seconds * 0.25).min(0.7), self.rate);
        self.tail.set_time(seconds * 0.22, self.rate);
        self.boom.trigger(1.0);
        self.burst.trigger(1.0);
        self.tail.trigger(1.0);
        self.open.reset();
        self.open.trigger();
        (self.fall, self.fall_factor) = (1.0, crate::dsp::math::decay_factor(0.22, self.rate));
        (self.phase, self.away, self.age) = (0.0, 1.0, 0);
    }

    /// An impact rings as long as it rings.
    fn stop(&mut self) {}

    fn set(&mut self, tone: f32, beats: f32) {
        (self.tone, self.beats) = (tone, beats);
    }

    fn frame(&mut self) -> (f32, f32) {
        if self.age.is_multiple_of(CONTROL) {
            let base = 180.0 * exp2(2.0 * self.tone);
            for (band, spread) in self.bands.iter_mut().zip([0.94, 1.06]) {
                band.set(base * spread * exp2(3.5 * self.away), 0.55, self.rate);
            }
            self.away *= 0.998_8;
        }
        self.age = self.age.wrapping_add(1);
        let open = self.open.next_value();
        let boom = sin_turns(self.phase) * self.boom.next_value();
        self.phase += (30.0 + 50.0 * self.fall) / self.rate;
        if self.phase >= 0.5 {
            self.phase -= 1.0;
        }
        self.fall *= self.fall_factor;
        let boom = 0.45 * soft_clip(1.3 * boom);
        let air = 0.45 * self.burst.next_value() + 0.16 * self.tail.next_value();
        let mut out = [0.0; 2];
        for ((y, noise), band) in out.iter_mut().zip(&mut self.noise).zip(&mut self.bands) {
            *y = open * (boom + air * band.low(noise.next_sample()));
        }
        (out[0], out[1])
    }

    fn is_over(&self) -> bool {
        self.boom.is_over() && self.burst.is_over() && self.tail.is_over()
    }

    fn reset(&mut self) {
        self.boom.reset();
        self.burst.reset();
        self.tail.reset();
        self.bands.iter_mut().for_each(Svf::reset);
    }
}

/// A cymbal backwards. Decays turn into swells, so its modes and noise simply rise at their rates until the top and stop.
pub(super) struct Reverse {
    cymbal: ModalBank,
    noise: [White; 2],
    bands: [Svf; 2],
    /// Level of the end, against clicks.
    gate: Ar,
    at: f32,
    per_frame: f32,
    holding: bool,
    beats: f32,
    tone: f32,
    age: u32,
    rate: f32,
    /// A little sound ahead, left and right, as the bank works in blocks.
    ready: [[f32; CONTROL as usize]; 2],
}

impl Texture for Reverse {
    fn new(rng: &mut ChaCha8Rng, rate: f32, beats: f32) -> Self {
        let modes: Vec<(f32, f32)> = (0..48)
            .map(|i| {
                let octaves = (i as f32 + unit(rng)) / 48.0 * 5.0;
                (420.0 * libm::exp2f(octaves), 0.4 + 1.2 * unit(rng))
            })
            .collect();
        let mut cymbal = ModalBank::new(modes.len(), rate);
        cymbal.set_modes(modes.len(), |i| {
            let (hz, gain) = modes.get(i).copied().unwrap_or((0.0, 0.0));
            // Practically undamped: the swell is one envelope over all.
            Mode { hz, decay: 600.0, gain: 0.012 * gain }
        });
        Self {
            cymbal,
            noise: [White::new(rng), White::new(rng)],
            bands: [Svf::new(6000.0, 0.6, rate); 2],
            gate: Ar::new(0.01, 0.03, rate),
            at: 0.0,
            per_frame: 0.0,
            holding: false,
            beats,
            tone: 0.5,
            age: 0,
            rate,
            ready: [[0.0; CONTROL as usize]; 2],
        }
    }

    fn start(&mut self, seconds_per_beat: f32) {
        self.gate.trigger();
        (self.at, self.age, self.holding) = (0.0, 0, true);
        self.per_frame = 1.0 / (self.beats * seconds_per_beat * self.rate).max(1.0);
        self.cymbal.reset();
        self.cymbal.strike(1.0, |_| 1.0);
    }

    fn stop(&mut self) {
        self.holding = false;
        self.gate.release();
    }

    fn set(&mut self, tone: f32, beats: f32) {
        (self.tone, self.beats) = (tone, beats);
    }

    fn frame(&mut self) -> (f32, f32) {
        let step = (self.age % CONTROL) as usize;
        if step == 0 {
            let [left, right] = &mut self.ready;
            left.fill(0.0);
            right.fill(0.0);
            self.cymbal.process_add_wide(left, right, 0.6);
            let centre = 1800.0 * exp2(2.2 * self.at + self.tone);
            self.bands.iter_mut().for_each(|band| band.set(centre, 0.6, self.rate));
        }
        self.age = self.age.wrapping_add(1);
        let gate = self.gate.next_value();
        // 52 dB over the length, the last half beat steeper: what a decaying cymbal is when time runs back.
        let level = exp2(-8.6 * (1.0 - self.at)) * lerp(0.6, 1.0, self.at * self.at);
        let mut out = [0.0; 2];
        for (((y, noise), band), ready) in
            out.iter_mut().zip(&mut self.noise).zip(&mut self.bands).zip(&self.ready)
        {
            let metal = ready.get(step).copied().unwrap_or(0.0);
            *y = gate * level * (metal + 0.3 * band.band(noise.next_sample()));
        }
        self.at += self.per_frame;
        if self.at >= 1.0 && self.holding {
            self.at = 1.0;
            self.stop();
        }
        self.at = self.at.min(1.0);
        (out[0], out[1])
    }

    fn is_over(&self) -> bool {
        self.gate.is_over()
    }

    fn reset(&mut self) {
        self.gate.reset();
        self.cymbal.reset();
        self.bands.iter_mut().for_each(Svf::reset);
    }
}
