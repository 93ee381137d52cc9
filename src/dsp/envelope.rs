//! Envelopes: exponential decay for struck things, ADSR and AR with the exponential segments of analogue circuits.
//!
//! Gates and times in seconds, levels 0..=1. All of them continue from the level they have when triggered again, so a
//! fast repeat never clicks. Thread: audio (`trigger`, `release`, `next_value`); nothing allocates.

use super::math::{decay_factor, one_pole_coef};

/// Below this level (-100 dB) an envelope is over.
pub const SILENCE: f32 = 1e-5;

/// A level that falls by the same ratio every frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decay {
    level: f32,
    factor: f32,
}

impl Decay {
    /// A silent envelope that will fall to 1/e in `seconds`.
    pub fn new(seconds: f32, sample_rate: f32) -> Self {
        Self { level: 0.0, factor: decay_factor(seconds, sample_rate) }
    }

    /// Starts at a level.
    #[inline]
    pub fn trigger(&mut self, level: f32) {
        self.level = level;
    }

    /// Changes the time, also while it falls (a choked cymbal).
    pub fn set_time(&mut self, seconds: f32, sample_rate: f32) {
        self.factor = decay_factor(seconds, sample_rate);
    }

    /// The level now.
    #[inline]
    pub fn level(&self) -> f32 {
        self.level
    }

    /// Gives the level and goes one frame on. The first value after `trigger` is the full level.
    #[inline]
    pub fn next_value(&mut self) -> f32 {
        let level = self.level;
        self.level = level * self.factor;
        level
    }

    /// Whether it has fallen below [`SILENCE`].
    #[inline]
    pub fn is_over(&self) -> bool {
        self.level.abs() < SILENCE
    }

    /// Forgets the level.
    #[inline]
    pub fn reset(&mut self) {
        self.level = 0.0;
    }
}

/// Times (seconds) and sustain level of an [`Adsr`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdsrTimes {
    /// From 0 to the peak.
    pub attack: f32,
    /// Time constant of the fall to the sustain level: 63 % of the way in this time.
    pub decay: f32,
    /// 0..=1.
    pub sustain: f32,
    /// Time to fall by 60 dB after the release.
    pub release: f32,
}

/// Where an envelope is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Over.
    Idle,
    /// Rising to the peak.
    Attack,
    /// Falling to, or resting at, the sustain level.
    Sustain,
    /// Falling to zero.
    Release,
}

/// How far past the peak the attack aims, as a capacitor that charges to a higher voltage than the comparator's: the rise
/// is bent, but arrives in finite time.
const OVERSHOOT: f32 = 1.3;

/// Attack, decay, sustain, release.
#[derive(Debug, Clone, Copy)]
pub struct Adsr {
    stage: Stage,
    level: f32,
    sustain: f32,
    attack_coef: f32,
    decay_coef: f32,
    release_factor: f32,
}

impl Adsr {
    /// An idle envelope.
    pub fn new(times: &AdsrTimes, sample_rate: f32) -> Self {
        let mut this = Self {
            stage: Stage::Idle,
            level: 0.0,
            sustain: 0.0,
            attack_coef: 1.0,
            decay_coef: 1.0,
            release_factor: 0.0,
        };
        this.set_times(times, sample_rate);
        this
    }

    /// Changes times and sustain; takes effect at once, without a step. Control rate (it calls libm).
    pub fn set_times(&mut self, times: &AdsrTimes, sample_rate: f32) {
        // From 0 towards OVERSHOOT, 1 is reached after ln(OVERSHOOT / (OVERSHOOT - 1)) time constants.
        let constants = libm::logf(OVERSHOOT / (OVERSHOOT - 1.0));
        self.attack_coef = one_pole_coef(times.attack / constants, sample_rate);
        self.decay_coef = one_pole_coef(times.decay, sample_rate);
        self.sustain = times.sustain.clamp(0.0, 1.0);
        // 60 dB are 6.9 time constants.
        self.release_factor = decay_factor(times.release / 6.907_755, sample_rate);
    }

    /// Opens the gate; rises from the level it has.
    #[inline]
    pub fn trigger(&mut self) {
        self.stage = Stage::Attack;
    }

    /// Closes the gate.
    #[inline]
    pub fn release(&mut self) {
        if self.stage != Stage::Idle {
            self.stage = Stage::Release;
        }
    }

    /// Stops at once.
    #[inline]
    pub fn reset(&mut self) {
        (self.stage, self.level) = (Stage::Idle, 0.0);
    }

    /// Goes one frame on and gives the level there.
    #[inline]
    pub fn next_value(&mut self) -> f32 {
        match self.stage {
            Stage::Idle => return 0.0,
            Stage::Attack => {
                self.level += self.attack_coef * (OVERSHOOT - self.level);
                if self.level >= 1.0 {
                    (self.level, self.stage) = (1.0, Stage::Sustain);
                }
            }
            Stage::Sustain => {
                self.level += self.decay_coef * (self.sustain - self.level);
                if self.sustain == 0.0 && self.level < SILENCE {
                    self.reset();
                }
            }
            Stage::Release => {
                self.level *= self.release_factor;
                if self.level < SILENCE {
                    self.reset();
                }
            }
        }
        self.level
    }

    /// The level now.
    #[inline]
    pub fn level(&self) -> f32 {
        self.level
    }

    /// Where it is.
    #[inline]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether nothing more will come until the next trigger.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Idle
    }
}

/// Attack and release: an [`Adsr`] that holds its peak while the gate is open. `release` is the time to fall by 60 dB.
#[derive(Debug, Clone, Copy)]
pub struct Ar(Adsr);

impl Ar {
    /// An idle envelope.
    pub fn new(attack: f32, release: f32, sample_rate: f32) -> Self {
        let times = AdsrTimes { attack, decay: 0.001, sustain: 1.0, release };
        Self(Adsr::new(&times, sample_rate))
    }

    /// Changes the times. Control rate.
    pub fn set_times(&mut self, attack: f32, release: f32, sample_rate: f32) {
        self.0.set_times(&AdsrTimes { attack, decay: 0.001, sustain: 1.0, release }, sample_rate);
    }

    /// Opens the gate.
    #[inline]
    pub fn trigger(&mut self) {
        self.0.trigger();
    }

    /// Closes the gate.
    #[inline]
    pub fn release(&mut self) {
        self.0.release();
    }

    /// Stops at once.
    #[inline]
    pub fn reset(&mut self) {
        self.0.reset();
    }

    /// Goes one frame on and gives the level there.
    #[inline]
    pub fn next_value(&mut self) -> f32 {
        self.0.next_value()
    }

    /// The level now.
    #[inline]
    pub fn level(&self) -> f32 {
        self.0.level()
    }

    /// Whether nothing more will come until the next trigger.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.0.is_over()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    #[test]
    fn decay_has_its_time_and_ends() {
        let mut decay = Decay::new(0.1, RATE);
        decay.trigger(0.8);
        assert_eq!(decay.next_value(), 0.8);
        for _ in 1..4800 {
            decay.next_value();
        }
        assert!((decay.level() / 0.8 - 0.3679).abs() < 0.001);
        for _ in 0..48_000 * 2 {
            decay.next_value();
        }
        assert!(decay.is_over());
    }

    #[test]
    fn adsr_keeps_its_times() {
        let times = AdsrTimes { attack: 0.05, decay: 0.1, sustain: 0.5, release: 0.2 };
        let mut env = Adsr::new(&times, RATE);
        assert!(env.is_over() && env.next_value() == 0.0);
        env.trigger();
        let rise = (0..RATE as usize).take_while(|_| env.next_value() < 1.0).count();
        assert!((rise as f32 / RATE - 0.05).abs() < 0.001, "{rise}");
        for _ in 0..4800 {
            env.next_value();
        }
        assert!((env.level() - (0.5 + 0.5 * 0.368)).abs() < 0.005);
        for _ in 0..48_000 {
            env.next_value();
        }
        assert!((env.level() - 0.5).abs() < 1e-3);
        env.release();
        for _ in 0..9600 {
            env.next_value();
        }
        assert!((20.0 * (env.level() / 0.5).log10() + 60.0).abs() < 0.5);
        for _ in 0..48_000 {
            env.next_value();
        }
        assert!(env.is_over());
    }

    #[test]
    fn retriggering_never_steps() {
        let times = AdsrTimes { attack: 0.01, decay: 0.1, sustain: 0.6, release: 0.1 };
        let mut env = Adsr::new(&times, RATE);
        let mut last = 0.0;
        for frame in 0..20_000 {
            match frame % 3000 {
                0 => env.trigger(),
                1700 => env.release(),
                _ => {}
            }
            let level = env.next_value();
            assert!((level - last).abs() < 0.005, "step at {frame}");
            last = level;
        }
    }

    #[test]
    fn extreme_times_stay_in_range() {
        for t in [0.0, 1e-9, 100.0] {
            let times = AdsrTimes { attack: t, decay: t, sustain: 1.0, release: t };
            let mut env = Adsr::new(&times, RATE);
            env.trigger();
            assert!((0..1000).all(|_| (0.0..=1.0).contains(&env.next_value())));
            env.release();
            assert!((0..1000).all(|_| (0.0..=1.0).contains(&env.next_value())));
        }
    }

    #[test]
    fn ar_holds_its_peak() {
        let mut env = Ar::new(0.01, 0.05, RATE);
        env.trigger();
        for _ in 0..48_000 {
            env.next_value();
        }
        assert_eq!(env.level(), 1.0);
        env.release();
        for _ in 0..48_000 {
            env.next_value();
        }
        assert!(env.is_over());
    }
}
