//! Twofold oversampling around a waveshaper, so that the harmonics it makes do not fold back into the audible range.
//!
//! A half-band low-pass (windowed sinc, linear phase) goes up and down. Every other of its weights is zero, so a sample
//! between two others costs `HALF` multiplications, and the samples themselves cost none.

use std::f64::consts::PI;

use super::math::{LANES, Lanes, lanes_from};

/// Weights on each side of a new sample.
const HALF: usize = 12;

/// Frames by which the way up and down lags.
pub const LATENCY: usize = 2 * HALF - 1;

/// Longest run of frames that is worked on at once.
const CHUNK: usize = 64;

const SPAN: usize = 2 * HALF;

/// Frames that eight sums side by side reach over.
const REACH: usize = SPAN + LANES - 1;

/// Both ways for one channel.
#[derive(Debug, Clone)]
pub struct Oversampler {
    weights: [f32; SPAN],
    up: [f32; SPAN + CHUNK],
    even: [f32; SPAN + CHUNK],
    odd: [f32; SPAN + CHUNK],
}

impl Default for Oversampler {
    fn default() -> Self {
        Self::new()
    }
}

impl Oversampler {
    /// With silence behind it.
    pub fn new() -> Self {
        let mut weights: [f64; SPAN] = std::array::from_fn(|tap| {
            // Distances of the neighbours are the odd halves, -11.5 to 11.5.
            let distance = tap as f64 - HALF as f64 + 0.5;
            let x = distance / (HALF as f64 + 0.5);
            // Blackman, for 70 dB of rejection.
            let window = 0.42 + 0.5 * libm::cos(PI * x) + 0.08 * libm::cos(2.0 * PI * x);
            libm::sin(PI * distance) / (PI * distance) * window
        });
        let sum = weights.iter().sum::<f64>();
        weights.iter_mut().for_each(|w| *w /= sum);
        let weights = weights.map(|w| w as f32);
        let empty = [0.0; SPAN + CHUNK];
        Self { weights, up: empty, even: empty, odd: empty }
    }

    /// Shapes in place at twice the rate. The output lags by [`LATENCY`] frames. Thread: audio.
    pub fn process(&mut self, samples: &mut [f32], mut shape: impl FnMut(f32) -> f32) {
        for samples in samples.chunks_mut(CHUNK) {
            let count = samples.len();
            self.up[SPAN..SPAN + count].copy_from_slice(samples);
            // Even samples are the old ones, HALF frames ago; odd ones lie half a frame after those.
            let middle = SPAN - HALF;
            for (even, x) in self.even[SPAN..SPAN + count].iter_mut().zip(&self.up[middle..]) {
                *even = shape(*x);
            }
            let odd = &mut self.odd[SPAN..SPAN + count];
            convolve(&self.weights, &self.up[1..], odd);
            odd.iter_mut().for_each(|x| *x = shape(*x));
            // Down: half of the even sample in the middle, and half of the filtered odd ones around it.
            convolve(&self.weights, &self.odd[1..], samples);
            for (y, even) in samples.iter_mut().zip(&self.even[SPAN - HALF + 1..]) {
                *y = 0.5 * (*y + even);
            }
            for line in [&mut self.up, &mut self.even, &mut self.odd] {
                line.copy_within(count..count + SPAN, 0);
            }
        }
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        for line in [&mut self.up, &mut self.even, &mut self.odd] {
            line.fill(0.0);
        }
    }
}

/// y\[n\] = sum of weights\[k\] * x\[n + k\]. Eight sums at a time, which stay in a register; `x` reaches at least
/// [`SPAN`] and y's length, rounded up to eights, less one.
fn convolve(weights: &[f32; SPAN], x: &[f32], y: &mut [f32]) {
    for (part, y) in y.chunks_mut(LANES).enumerate() {
        let Some(reach) = x.get(part * LANES..).and_then(<[f32]>::first_chunk::<REACH>) else {
            continue;
        };
        let mut sums = Lanes::splat(0.0);
        for (weight, x) in weights.iter().zip(reach.windows(LANES)) {
            sums += Lanes::splat(*weight) * lanes_from(|lane| x[lane]);
        }
        for (y, sum) in y.iter_mut().zip(sums.to_array()) {
            *y = sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f64, level: f32) -> Vec<f32> {
        (0..9_600).map(|i| level * libm::sin(2.0 * PI * hz * i as f64 / 48_000.0) as f32).collect()
    }

    /// Level of a frequency in dB, over whole periods of 100 Hz.
    fn level(samples: &[f32], hz: f64) -> f64 {
        let turn = |i: usize| 2.0 * PI * hz * i as f64 / 48_000.0;
        let (re, im) = samples.iter().enumerate().fold((0.0, 0.0), |(re, im), (i, x)| {
            (re + f64::from(*x) * libm::cos(turn(i)), im + f64::from(*x) * libm::sin(turn(i)))
        });
        20.0 * libm::log10(2.0 * libm::sqrt(re * re + im * im) / samples.len() as f64 + 1e-12)
    }

    #[test]
    fn without_a_shape_it_is_a_delay() {
        for hz in [100.0, 1_000.0, 10_000.0, 15_000.0] {
            let x = sine(hz, 0.5);
            let mut y = x.clone();
            Oversampler::new().process(&mut y, |x| x);
            let worst = x
                .iter()
                .zip(&y[LATENCY..])
                .skip(100)
                .fold(0.0f32, |w, (x, y)| w.max((x - y).abs()));
            assert!(worst < 0.01, "{hz} Hz: {worst}");
        }
    }

    #[test]
    fn harmonics_above_the_range_do_not_fold_back() {
        // The third harmonic of 11 kHz is 33 kHz, which would fold to 15 kHz.
        let mut plain = sine(11_000.0, 0.9);
        let mut clean = plain.clone();
        let shape = |x: f32| x - 0.3 * x * x * x;
        plain.iter_mut().for_each(|x| *x = shape(*x));
        Oversampler::new().process(&mut clean, shape);
        let before = level(&plain[4_800..], 15_000.0);
        let after = level(&clean[4_800..], 15_000.0);
        assert!(before > -30.0 && after < before - 40.0, "{before} {after}");
    }
}
