//! Envelopes at control rate: a value at the end of every run of frames, and the straight line that leads there.
//!
//! Voices render runs of at most 64 frames (1.3 ms), so a line between two points of an exponential is indistinguishable
//! from the curve and lets the audio loop vectorise. Sample-exact envelopes are in [`crate::dsp::envelope`].

use crate::dsp::math::exp;

/// A straight line over one run: frame `i` (from 0) has the value `from + step * (i + 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Line {
    /// Value before the first frame.
    pub from: f32,
    /// Change a frame.
    pub step: f32,
    /// Value at the last frame.
    pub to: f32,
}

impl Line {
    /// The line from one value to another in a number of frames.
    pub fn new(from: f32, to: f32, frames: usize) -> Self {
        Self { from, step: (to - from) / frames.max(1) as f32, to }
    }

    /// The value at frame `i` of the run.
    #[inline(always)]
    pub fn at(&self, i: usize) -> f32 {
        self.from + self.step * (i as f32 + 1.0)
    }

    /// The values of a run of 64 frames.
    #[inline]
    pub fn curve(&self) -> [f32; 64] {
        COUNT_UP.map(|at| self.from + self.step * at)
    }

    /// The same line times a factor.
    pub fn scaled(&self, gain: f32) -> Self {
        Self { from: self.from * gain, step: self.step * gain, to: self.to * gain }
    }
}

/// 1, 2, 3, … as samples: zipped into a loop over frames it gives each its number without a conversion, which old x86
/// can't do in SIMD.
pub static COUNT_UP: [f32; 64] = {
    let mut numbers = [0.0; 64];
    let mut i = 0;
    while i < 64 {
        numbers[i] = (i + 1) as f32;
        i += 1;
    }
    numbers
};

/// Times of a [`Contour`] in seconds: the attack is the full time, the decay a time constant (to 37 %), and the release
/// the time to fall by 60 dB, which is about as long as a listener would call it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Time to full level.
    pub attack: f32,
    /// Time constant from full level to `sustain`.
    pub decay: f32,
    /// Level while the note is held, 0 to 1.
    pub sustain: f32,
    /// Time to fall by 60 dB after the note's end.
    pub release: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Idle,
    Attack,
    Decay,
    Release,
}

/// An attack, decay, sustain, release envelope, evaluated once a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Contour {
    stage: Stage,
    /// Progress of the attack, 0 to 1.
    progress: f32,
    /// Level at which the attack began.
    base: f32,
    value: f32,
}

impl Contour {
    /// Begins from silence.
    pub fn start(&mut self) {
        *self = Self { stage: Stage::Attack, ..Self::default() };
    }

    /// Begins again from where it is, for a repeated attack without a gap.
    pub fn restart(&mut self) {
        *self = Self { stage: Stage::Attack, progress: 0.0, base: self.value, value: self.value };
    }

    /// Begins the release.
    pub fn release(&mut self) {
        if self.stage != Stage::Idle {
            self.stage = Stage::Release;
        }
    }

    /// Moves on by a run of frames.
    pub fn advance(&mut self, shape: &Shape, frames: usize, sample_rate: f32) -> Line {
        let from = self.value;
        let seconds = frames as f32 / sample_rate;
        match self.stage {
            Stage::Idle => self.value = 0.0,
            Stage::Attack => {
                self.progress += seconds / shape.attack.max(1e-4);
                if self.progress >= 1.0 {
                    self.value = 1.0;
                    self.stage = Stage::Decay;
                } else {
                    // Fast at first and settling, as an ear expects of a swell.
                    let p = self.progress;
                    self.value = self.base + (1.0 - self.base) * p * (2.0 - p);
                }
            }
            Stage::Decay => {
                let keep = exp(-seconds / shape.decay.max(1e-3));
                self.value = shape.sustain + (self.value - shape.sustain) * keep;
            }
            Stage::Release => {
                self.value *= exp(-6.907_755 * seconds / shape.release.max(1e-3));
                if self.value < 2e-4 {
                    self.value = 0.0;
                    self.stage = Stage::Idle;
                }
            }
        }
        Line::new(from, self.value, frames)
    }

    /// The value now.
    pub fn value(&self) -> f32 {
        self.value
    }

    /// Whether it has ended: released and silent, or decayed to a sustain of nothing.
    pub fn is_over(&self, shape: &Shape) -> bool {
        self.stage == Stage::Idle
            || (self.stage == Stage::Decay && shape.sustain < 5e-5 && self.value < 5e-5)
    }

    /// Whether the note's end has come.
    pub fn is_released(&self) -> bool {
        matches!(self.stage, Stage::Release | Stage::Idle)
    }
}

/// A value that follows its target with a time constant of about 10 ms, so that a turned knob does not zip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knob {
    /// Where it is going.
    pub target: f32,
    /// Where it is.
    pub value: f32,
}

impl Knob {
    /// A knob at rest.
    pub fn new(value: f32) -> Self {
        Self { target: value, value }
    }

    /// Moves on by a run of frames.
    pub fn advance(&mut self, frames: usize, sample_rate: f32) -> Line {
        let from = self.value;
        if (self.target - self.value).abs() < 1e-5 * self.target.abs().max(1e-3) {
            self.value = self.target;
        } else {
            self.value = self.target
                + (self.value - self.target) * exp(-(frames as f32) / (0.010 * sample_rate));
        }
        Line::new(from, self.value, frames)
    }
}

/// A vibrato that comes late and swells, with the unsteadiness of a player.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vibrato {
    phase: f32,
    age_s: f32,
    rate_scale: f32,
}

impl Vibrato {
    /// Begins with a note. `trait_` of -1 to 1 makes it a little slower or faster.
    pub fn start(&mut self, trait_: f32) {
        *self = Self { phase: 0.0, age_s: 0.0, rate_scale: 1.0 + 0.06 * trait_ };
    }

    /// Moves on; answers the swing, -1 to 1 once fully there. Silent for `delay` seconds, then swells over as long again.
    pub fn advance(&mut self, rate_hz: f32, delay: f32, frames: usize, sample_rate: f32) -> f32 {
        let seconds = frames as f32 / sample_rate;
        self.age_s += seconds;
        let swell = ((self.age_s - delay) / delay.max(0.05)).clamp(0.0, 1.0);
        if swell > 0.0 {
            self.phase += rate_hz * self.rate_scale * seconds;
            self.phase -= libm::floorf(self.phase);
        }
        swell * swell * (3.0 - 2.0 * swell) * crate::dsp::math::sin_turns(self.phase)
    }
}
