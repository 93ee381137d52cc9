//! A band-limited oscillator: a bank of eight saws that makes supersaws, pulses and sections of players; and
//! the small hashes that give each note its phases.
//!
//! They produce raw waves; envelopes, filters and stereo placement beyond fixed gains a lane are the caller's.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::math::{LANES, Lanes, sums8};

/// Highest phase step in turns a frame at which the four-point correction windows of one wave do not overlap.
const MAX_STEP: f32 = 0.24;

/// Eight saws side by side, each with its own step, and a gain a channel. A lane of gain 0 is silent.
///
/// Steps are smoothed with the integrated cubic B-spline, a four-point band-limited step (Välimäki, Pekonen and Nam,
/// "Perceptually informed synthesis of bandlimited classical waveforms using integrated polynomial interpolation", JASA
/// 131, 2012). Both halves of its residual are sums of truncated fourth powers, so that a lane needs no branch.
#[derive(Debug, Clone, Default)]
pub struct SawBank {
    /// Phase in turns, 0 to 1.
    pub phase: [f32; LANES],
    /// Phase step in turns a frame.
    pub step: [f32; LANES],
    /// Gain into the left channel.
    pub left: [f32; LANES],
    /// Gain into the right channel.
    pub right: [f32; LANES],
}

impl SawBank {
    /// Gives every lane a random phase.
    pub fn scatter(&mut self, seed: u32) {
        let mut state = seed;
        for phase in &mut self.phase {
            state = next_hash(state);
            *phase = unit(state);
        }
    }

    /// Adds the sum of all saws. Steps are held over the run, so give it short runs while the pitch moves.
    pub fn render(&mut self, left: &mut [f32], right: &mut [f32]) {
        let one = Lanes::splat(1.0);
        let step = Lanes::new(self.step.map(|s| s.clamp(1e-7, MAX_STEP)));
        let per_step = one / step;
        let mut phase = Lanes::new(self.phase);
        let (gain_left, gain_right) = (Lanes::new(self.left), Lanes::new(self.right));
        let mut next = || {
            phase += step;
            phase -= phase.simd_ge(one) & one;
            phase + phase - one + step_residual(phase * per_step)
                - step_residual((one - phase) * per_step)
        };
        let frames = left.len().min(right.len());
        let (whole, rest) = (frames - frames % LANES, frames % LANES);
        let runs =
            left[..whole].chunks_exact_mut(LANES).zip(right[..whole].chunks_exact_mut(LANES));
        for (l, r) in runs {
            let saws: [Lanes; LANES] = std::array::from_fn(|_| next());
            add(l, sums8(saws.map(|saw| saw * gain_left)));
            add(r, sums8(saws.map(|saw| saw * gain_right)));
        }
        for (l, r) in left[whole..].iter_mut().zip(&mut right[whole..]).take(rest) {
            let saw = next();
            *l += (saw * gain_left).reduce_add();
            *r += (saw * gain_right).reduce_add();
        }
        self.phase = phase.to_array();
    }
}

/// Adds lanes to eight frames.
#[inline(always)]
fn add(frames: &mut [f32], lanes: Lanes) {
    for (x, y) in frames.iter_mut().zip(lanes.to_array()) {
        *x += y;
    }
}

/// The part of a falling step of height 2 that lies further than `x` frames from its middle, for `x` of 0 and more.
#[inline(always)]
fn step_residual(x: Lanes) -> Lanes {
    let zero = Lanes::splat(0.0);
    let a = (Lanes::splat(2.0) - x).fast_max(zero);
    let b = (Lanes::splat(1.0) - x).fast_max(zero);
    let (a, b) = (a * a, b * b);
    let b2 = b + b;
    (a * a - b2 * b2) * Lanes::splat(1.0 / 12.0)
}

/// Adds eight lanes in a fixed order, pairwise as SIMD units do.
#[inline(always)]
pub fn sum(lanes: &[f32; LANES]) -> f32 {
    let a = [lanes[0] + lanes[4], lanes[1] + lanes[5], lanes[2] + lanes[6], lanes[3] + lanes[7]];
    (a[0] + a[2]) + (a[1] + a[3])
}

/// A 32-bit mix for per-note randomness on the audio thread (the finaliser of MurmurHash3): a pure function of its input.
pub fn next_hash(x: u32) -> u32 {
    let mut x = x.wrapping_add(0x9e37_79b9);
    x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
    x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
    x ^ (x >> 16)
}

/// Maps a hash to 0 (inclusive) to 1 (exclusive).
pub fn unit(hash: u32) -> f32 {
    (hash >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// `count` numbers of -1 to 1 from a seed, for the built-in traits of an instrument. Thread: control (allocates).
pub fn traits(seed: u64, count: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| 2.0 * unit(rng.next_u32()) - 1.0).collect()
}

#[cfg(test)]
mod tests;
