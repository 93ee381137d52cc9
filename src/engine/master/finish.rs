//! The last part of mastering: finds the gain that lands on the target, and runs clip and limiter with it.
//!
//! The search works on a model: for each group of sixteen frames only the peak and the K-weighted energy are known, and
//! clip and limiter act on the peak. That is close enough for a tenth of a dB; a second real run mends what is left.

use std::sync::atomic::AtomicBool;

use super::loudness::{self, GROUP, Meter};
use super::{CHUNK, MasterError, check};
use crate::dsp::limiter::{Limiter, SLOW_ATTACK, SLOWER, true_peak};
use crate::dsp::math::one_pole_coef;
use crate::engine::guard;
use crate::model::mastering::Mastering;
use crate::model::units::db_to_gain;

/// Lookahead and release of the limiter, seconds.
const LOOKAHEAD: f32 = 0.002;
const RELEASE: f32 = 0.060;

/// The limiter aims this far below the ceiling, dB, because gain that moves makes a little peak of its own.
const SAFETY_DB: f64 = 0.12;

/// Most gain that is given, dB. A mix that needs more is mostly noise.
const MOST_GAIN_DB: f64 = 48.0;

/// Loudness counts as found within this, LU.
const CLOSE_ENOUGH: f64 = 0.08;

/// Real runs at most.
const MOST_PASSES: u32 = 3;

/// The clip takes at most this factor off a peak: 2 dB.
const CLIP_MOST: f32 = 1.0 - 0.794_328_2;

pub(super) struct Finish {
    rate: f64,
    target: f64,
    /// Linear, where the limiter aims.
    aim: f32,
    ceiling: f64,
    peaks: Vec<f32>,
    energies: Vec<f32>,
    frames: usize,
}

/// What a real run gave.
pub(super) struct Outcome {
    pub(super) left: Vec<f32>,
    pub(super) right: Vec<f32>,
    pub(super) lufs: f64,
    pub(super) true_peak_dbtp: f64,
    pub(super) gain_db: f64,
    pub(super) reduction_db: f64,
    pub(super) passes: u32,
}

impl Finish {
    pub(super) fn new(spec: &Mastering, rate: f64) -> Self {
        let ceiling_db = spec.ceiling_dbtp.clamp(-9.0, 0.0);
        Self {
            rate,
            target: spec.target.get(),
            aim: db_to_gain(ceiling_db - SAFETY_DB) as f32,
            ceiling: db_to_gain(ceiling_db),
            peaks: Vec::new(),
            energies: Vec::new(),
            frames: 0,
        }
    }

    /// Measures peaks and energies of all groups. Answers the loudness in LUFS.
    pub(super) fn survey(
        &mut self,
        left: &[f32],
        right: &[f32],
        cancel: &AtomicBool,
    ) -> Result<f64, MasterError> {
        self.frames = left.len();
        let mut meter = Meter::new(self.rate, self.frames);
        for (left, right) in left.chunks(CHUNK).zip(right.chunks(CHUNK)) {
            check(cancel)?;
            guard::realtime(|| meter.take(left, right));
        }
        let peak = |(left, right): (&[f32], &[f32])| {
            left.iter().chain(right).fold(0.0f32, |peak, x| peak.max(x.abs()))
        };
        self.peaks = left.chunks(GROUP).zip(right.chunks(GROUP)).map(peak).collect();
        self.energies = meter.groups().to_vec();
        Ok(meter.integrated())
    }

    /// Finds the gain and runs clip and limiter.
    pub(super) fn run(
        &self,
        left: &[f32],
        right: &[f32],
        cancel: &AtomicBool,
    ) -> Result<Outcome, MasterError> {
        // What the model reads too high or too low is added to the target of its next search.
        let mut aim = self.target;
        let mut best: Option<Outcome> = None;
        for pass in 1..=MOST_PASSES {
            let gain_db = self.search(aim);
            let mut outcome = self.pass(left, right, gain_db, cancel)?;
            outcome.passes = pass;
            let miss = self.target - outcome.lufs;
            let stuck = best.as_ref().is_some_and(|b| (b.gain_db - outcome.gain_db).abs() < 1e-3);
            let better = best.as_ref().is_none_or(|b| miss.abs() < (self.target - b.lufs).abs());
            if better {
                best = Some(outcome);
            }
            if let Some(best) = &mut best {
                best.passes = pass;
            }
            if miss.abs() <= CLOSE_ENOUGH || stuck {
                break;
            }
            aim += miss;
        }
        // The loop runs at least once, so there is an outcome; cancelling is the only way out without one.
        best.map(|outcome| self.seal(outcome)).ok_or(MasterError::Cancelled)
    }

    /// Measures the true peak. Where the safety was not enough, the whole is turned down by the few hundredths of a dB that
    /// are missing.
    fn seal(&self, mut outcome: Outcome) -> Outcome {
        let peak = f64::from(true_peak(&outcome.left, &outcome.right, 0.8 * self.ceiling as f32));
        let trim = (0.998 * self.ceiling / peak.max(1e-10)).min(1.0);
        if trim < 1.0 {
            outcome.left.iter_mut().chain(&mut outcome.right).for_each(|x| *x *= trim as f32);
            outcome.lufs += 20.0 * libm::log10(trim);
        }
        outcome.true_peak_dbtp = 20.0 * libm::log10((peak * trim).max(1e-10));
        outcome
    }

    /// The gain in dB with which the model lands on a loudness: bisection, because more gain is never less loud.
    fn search(&self, lufs: f64) -> f64 {
        let plain = loudness::integrated(
            self.energies.iter().map(|e| f64::from(*e)),
            self.frames,
            self.rate,
        );
        // Without limiting this gain would be exact; with it, it takes more.
        let start = (lufs - plain).min(MOST_GAIN_DB);
        if !self.limits(start) {
            return start;
        }
        let (mut low, mut high) = (start - 1.0, (start + 18.0).min(MOST_GAIN_DB));
        for _ in 0..11 {
            let middle = 0.5 * (low + high);
            if self.model(middle) < lufs { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// Whether any peak reaches the clip at a gain.
    fn limits(&self, gain_db: f64) -> bool {
        let gain = db_to_gain(gain_db) as f32;
        self.peaks.iter().any(|peak| peak * gain > clip_knee(self.aim))
    }

    /// Loudness that the model expects at a gain.
    fn model(&self, gain_db: f64) -> f64 {
        let gain = db_to_gain(gain_db) as f32;
        let release = one_pole_coef(RELEASE, (self.rate / GROUP as f64) as f32);
        let reach = (f64::from(LOOKAHEAD) * self.rate / GROUP as f64) as usize;
        let need = |peak: f32| {
            let clipped = clip(peak * gain, self.aim);
            if clipped > self.aim { self.aim / clipped } else { 1.0 }
        };
        let slow_release = one_pole_coef(RELEASE * SLOWER, (self.rate / GROUP as f64) as f32);
        let slow_attack = one_pole_coef(SLOW_ATTACK, (self.rate / GROUP as f64) as f32);
        let (mut fast, mut slow) = (1.0f32, 1.0f32);
        let gained = self.energies.iter().enumerate().map(|(group, energy)| {
            // The lookahead turns down ahead of a peak, so each group minds those that follow it.
            let coming = &self.peaks[group..(group + reach + 1).min(self.peaks.len())];
            let loudest = coming.iter().fold(0.0f32, |most, p| most.max(*p));
            fast = need(loudest).min(fast + release * (1.0 - fast));
            slow += if fast < slow { slow_attack } else { slow_release } * (fast - slow);
            // Within a group the wave stays near its peak only if it is slow, so the clip counts as if for a little less.
            let typical = 0.85 * self.peaks.get(group).copied().unwrap_or(0.0) * gain;
            let clipped = if typical > 0.0 { clip(typical, self.aim) / typical } else { 1.0 };
            let level = f64::from(gain * clipped * fast.min(slow.max(fast * 0.5)));
            f64::from(*energy) * level * level
        });
        loudness::integrated(gained, self.frames, self.rate)
    }

    /// Runs gain, clip and limiter over the whole piece and measures the result.
    fn pass(
        &self,
        left: &[f32],
        right: &[f32],
        gain_db: f64,
        cancel: &AtomicBool,
    ) -> Result<Outcome, MasterError> {
        let gain = db_to_gain(gain_db) as f32;
        let mut limiter = Limiter::new(self.aim, LOOKAHEAD, RELEASE, self.rate as f32);
        let lag = limiter.latency();
        let (mut out_left, mut out_right) =
            (Vec::with_capacity(left.len() + lag), Vec::with_capacity(left.len() + lag));
        let mut meter = Meter::new(self.rate, self.frames);
        let (mut buffer_left, mut buffer_right) = ([0.0f32; CHUNK], [0.0f32; CHUNK]);
        let mut measured = 0;
        let total = left.len() + lag;
        let mut at = 0;
        while at < total {
            check(cancel)?;
            let count = CHUNK.min(total - at);
            let (run_left, run_right) = (&mut buffer_left[..count], &mut buffer_right[..count]);
            guard::realtime(|| {
                for (run, source) in [(&mut *run_left, left), (&mut *run_right, right)] {
                    let source = &source[at.min(source.len())..(at + count).min(source.len())];
                    run[source.len()..].fill(0.0);
                    for (y, x) in run.iter_mut().zip(source) {
                        *y = clip(x * gain, self.aim);
                    }
                }
                limiter.process(run_left, run_right);
            });
            // The limiter's lag is cut off at the start and filled up at the end.
            let skip = lag.saturating_sub(at).min(count);
            out_left.extend_from_slice(&run_left[skip..]);
            out_right.extend_from_slice(&run_right[skip..]);
            at += count;
            guard::realtime(|| meter.take(&out_left[measured..], &out_right[measured..]));
            measured = out_left.len();
        }
        Ok(Outcome {
            left: out_left,
            right: out_right,
            lufs: meter.integrated(),
            true_peak_dbtp: 0.0,
            gain_db,
            reduction_db: f64::from(limiter.take_reduction()),
            passes: 0,
        })
    }
}

/// Where the clip begins.
fn clip_knee(aim: f32) -> f32 {
    0.7 * aim
}

/// Takes up to 2 dB off what is above the knee, more the higher it is. Rises everywhere, and has no corner.
#[inline]
fn clip(x: f32, aim: f32) -> f32 {
    let over = ((x.abs() - clip_knee(aim)) / (0.9 * aim)).clamp(0.0, 1.0);
    x * (1.0 - CLIP_MOST * over * over * (3.0 - 2.0 * over))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clip_rises_and_takes_two_decibels_at_most() {
        let ys = (0..4_000).map(|i| clip(i as f32 * 0.001, 0.8)).collect::<Vec<_>>();
        assert!(ys.windows(2).all(|w| w[1] > w[0]));
        assert_eq!(clip(0.5, 0.8), 0.5);
        assert_eq!(clip(-0.5, 0.8), -0.5);
        assert!((clip(4.0, 0.8) / 4.0 - 0.794_328).abs() < 1e-5);
    }
}
