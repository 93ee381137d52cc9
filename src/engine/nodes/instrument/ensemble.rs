//! Chorus, tremolo and rotating speaker: what stands between the voices and the room in some instruments.
//!
//! Small, fixed and built in; the effect nodes are the place for anything a user mixes.

use crate::dsp::math::sin_turns;
use crate::dsp::voices::{COUNT_UP, Line};

/// Frames of a delay line: 20 ms at 192 kHz, and a power of two, so that a mask stands for a bounds check.
const LENGTH: usize = 4096;

/// A delay line with taps that move.
#[derive(Debug, Clone)]
struct DelayLine {
    ring: Box<[f32; LENGTH]>,
    at: usize,
}

impl DelayLine {
    fn new() -> Self {
        Self { ring: Box::new([0.0; LENGTH]), at: 0 }
    }

    #[inline]
    fn write(&mut self, x: f32) {
        self.at = (self.at + 1) & (LENGTH - 1);
        self.ring[self.at & (LENGTH - 1)] = x;
    }

    /// Reads `delay` frames back (1 and more), linearly interpolated.
    #[inline]
    fn read(&self, delay: f32) -> f32 {
        // Through i32, which is one instruction where usize takes several.
        let number = delay as i32;
        let (whole, fraction) = (number as usize, delay - number as f32);
        let point = |back: usize| self.ring[self.at.wrapping_sub(back) & (LENGTH - 1)];
        let (a, b) = (point(whole), point(whole + 1));
        a + (b - a) * fraction
    }
}

/// A stereo chorus of three taps on a mono sum, added to the dry sound.
#[derive(Debug, Clone)]
pub(crate) struct Chorus {
    line: DelayLine,
    phase: f32,
    rate_hz: f32,
    depth_s: f32,
    /// Share of the moving taps, 0 to 1.
    pub(crate) mix: f32,
    sample_rate: f32,
}

impl Chorus {
    pub(crate) fn new(rate_hz: f32, depth_s: f32, mix: f32, sample_rate: f32) -> Self {
        Self { line: DelayLine::new(), phase: 0.0, rate_hz, depth_s, mix, sample_rate }
    }

    pub(crate) fn clear(&mut self) {
        self.line.ring.fill(0.0);
    }

    pub(crate) fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        let frames = left.len();
        let step = self.rate_hz * frames as f32 / self.sample_rate;
        let tap =
            |phase: f32| (0.008 + self.depth_s * (0.5 + 0.5 * sin_turns(phase))) * self.sample_rate;
        let from = [0.0, 0.33, 0.67].map(|o| tap(self.phase + o));
        let to = [0.0, 0.33, 0.67].map(|o| tap(self.phase + step + o));
        self.phase += step;
        self.phase -= libm::floorf(self.phase);
        let (dry, wet) = (1.0 - 0.4 * self.mix, 0.55 * self.mix);
        let per_frame = 1.0 / frames.max(1) as f32;
        let steps: [f32; 3] = std::array::from_fn(|t| (to[t] - from[t]) * per_frame);
        for ((l, r), at) in left.iter_mut().zip(right.iter_mut()).zip(&COUNT_UP) {
            self.line.write(0.5 * (*l + *r));
            let a = self.line.read(from[0] + steps[0] * at);
            let b = self.line.read(from[1] + steps[1] * at);
            let c = self.line.read(from[2] + steps[2] * at);
            *l = dry * *l + wet * (a + 0.3 * b);
            *r = dry * *r + wet * (c + 0.3 * b);
        }
    }
}

/// A tremolo that swings between the channels, as a suitcase piano does, or moves both (`stereo` of 0).
#[derive(Debug, Clone)]
pub(crate) struct Tremolo {
    phase: f32,
    swing: f32,
    pub(crate) rate_hz: f32,
    pub(crate) depth: f32,
    stereo: f32,
    sample_rate: f32,
}

impl Tremolo {
    pub(crate) fn new(rate_hz: f32, depth: f32, stereo: f32, sample_rate: f32) -> Self {
        Self { phase: 0.0, swing: 0.0, rate_hz, depth, stereo, sample_rate }
    }

    pub(crate) fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        let turn = self.rate_hz * left.len() as f32 / self.sample_rate;
        let to = 0.5 * self.depth * sin_turns(self.phase + turn);
        let line = Line::new(self.swing, to, left.len());
        self.swing = to;
        let base = 1.0 - 0.25 * self.depth;
        let other = 1.0 - 2.0 * self.stereo;
        for ((l, r), at) in left.iter_mut().zip(right.iter_mut()).zip(&COUNT_UP) {
            let swing = line.from + line.step * at;
            *l *= base + swing;
            *r *= base + swing * other;
        }
        self.phase += turn;
        self.phase -= libm::floorf(self.phase);
    }
}

/// A rotating speaker: treble horn and bass drum, each with its own speed, Doppler shift and swell.
///
/// Speeds: slow 0.8 and 0.7 turns a second, fast 6.7 and 5.8, with the horn quick and the drum slow to change
/// (J. Smith et al., "Doppler simulation and the Leslie", DAFx 2002).
#[derive(Debug, Clone)]
pub(crate) struct Leslie {
    horn: DelayLine,
    low: [f32; 2],
    horn_phase: f32,
    drum_phase: f32,
    horn_hz: f32,
    drum_hz: f32,
    /// 0 slow, 1 fast.
    pub(crate) speed: f32,
    sample_rate: f32,
}

impl Leslie {
    pub(crate) fn new(sample_rate: f32) -> Self {
        Self {
            horn: DelayLine::new(),
            low: [0.0; 2],
            horn_phase: 0.0,
            drum_phase: 0.3,
            horn_hz: 0.8,
            drum_hz: 0.7,
            speed: 0.0,
            sample_rate,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.horn.ring.fill(0.0);
        self.low = [0.0; 2];
    }

    pub(crate) fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        let frames = left.len();
        let seconds = frames as f32 / self.sample_rate;
        self.horn_hz += (0.8 + 5.9 * self.speed - self.horn_hz) * (seconds / 0.7).min(1.0);
        self.drum_hz += (0.7 + 5.1 * self.speed - self.drum_hz) * (seconds / 2.5).min(1.0);
        let (horn_step, drum_step) =
            (self.horn_hz / self.sample_rate, self.drum_hz / self.sample_rate);
        // Two one-poles at 800 Hz part the drum from the horn.
        let k = 0.1;
        // The rotors turn so slowly that over a run their sines are straight lines.
        let turn = |phase: f32, step: f32| {
            Line::new(sin_turns(phase), sin_turns(phase + step * frames as f32), frames)
        };
        let near = turn(self.horn_phase, horn_step);
        let far = turn(self.horn_phase + 0.27, horn_step);
        let drum = turn(self.drum_phase, drum_step);
        // The horn's mouth travels on a circle of 0.19 m: 0.55 ms of delay to and fro.
        let reach = 0.000_28 * self.sample_rate;
        for ((l, r), at) in left.iter_mut().zip(right.iter_mut()).zip(&COUNT_UP) {
            let x = 0.5 * (*l + *r);
            let [a, b] = &mut self.low;
            *a = (1.0 - k) * *a + k * x;
            *b = (1.0 - k) * *b + k * *a;
            let bass = *b;
            self.horn.write(x - bass);
            let (near, far) = (near.from + near.step * at, far.from + far.step * at);
            let first = self.horn.read(20.0 + reach * (1.0 + near)) * (0.78 + 0.22 * near);
            let second = self.horn.read(24.0 + reach * (1.0 + far)) * (0.78 + 0.22 * far);
            let drum = drum.from + drum.step * at;
            *l = 0.8 * first + 0.2 * second + bass * (1.0 + 0.12 * drum);
            *r = 0.2 * first + 0.8 * second + bass * (1.0 - 0.04 * drum);
        }
        self.horn_phase += horn_step * frames as f32;
        self.horn_phase -= libm::floorf(self.horn_phase);
        self.drum_phase += drum_step * frames as f32;
        self.drum_phase -= libm::floorf(self.drum_phase);
    }
}
