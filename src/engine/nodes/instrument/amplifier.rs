//! A guitar amplifier: high-pass, two clipping stages at four times the sample rate, and a loudspeaker cabinet.
//!
//! The stages are memoryless and run on whole over-sampled runs, so they vectorise. It models no particular amplifier.

use crate::dsp::math::tanh;
use crate::dsp::svf::{DcBlocker, Svf};

use super::saws::StereoLowPass;

/// Over-sampling factor and taps a phase of the interpolation filter.
const OVER: usize = 4;
const TAPS: usize = 12;
const MAX_FRAMES: usize = 64;

/// Up by four, and back, through a windowed sinc of 48 taps that passes 17 kHz.
#[derive(Debug, Clone)]
struct Oversampler {
    /// By tap, then by phase.
    up: [[f32; OVER]; TAPS],
    history: [f32; TAPS + MAX_FRAMES],
    rest: [f32; OVER * TAPS],
}

impl Oversampler {
    fn new() -> Self {
        let length = OVER * TAPS;
        let mut up = [[0.0; OVER]; TAPS];
        let middle = (length as f64 - 1.0) / 2.0;
        for n in 0..length {
            let x = (n as f64 - middle) * 0.82 / OVER as f64;
            let sinc = if x.abs() < 1e-9 {
                1.0
            } else {
                libm::sin(core::f64::consts::PI * x) / (core::f64::consts::PI * x)
            };
            let w = core::f64::consts::TAU * (n as f64 + 0.5) / length as f64;
            // Blackman's window.
            let window = 0.42 - 0.5 * libm::cos(w) + 0.08 * libm::cos(2.0 * w);
            up[n / OVER][n % OVER] = (0.82 * sinc * window) as f32;
        }
        Self { up, history: [0.0; TAPS + MAX_FRAMES], rest: [0.0; OVER * TAPS] }
    }

    fn clear(&mut self) {
        self.history = [0.0; TAPS + MAX_FRAMES];
        self.rest = [0.0; OVER * TAPS];
    }

    /// Replaces a run by `shape` of it, applied at four times the rate.
    fn process(&mut self, run: &mut [f32], shape: impl Fn(f32) -> f32) {
        let frames = run.len().min(MAX_FRAMES);
        let mut fast = [0.0_f32; OVER * (TAPS + MAX_FRAMES)];
        fast[..OVER * TAPS].copy_from_slice(&self.rest);
        self.history[TAPS..TAPS + frames].copy_from_slice(&run[..frames]);
        let fresh = &mut fast[OVER * TAPS..OVER * (TAPS + frames)];
        for (i, four) in fresh.chunks_exact_mut(OVER).enumerate() {
            let mut sums = [0.0_f32; OVER];
            for (tap, coefs) in self.up.iter().enumerate() {
                let x = self.history[TAPS + i - tap];
                for (s, c) in sums.iter_mut().zip(coefs) {
                    *s += x * c;
                }
            }
            four.copy_from_slice(&sums);
        }
        for y in fresh.iter_mut() {
            *y = shape(*y);
        }
        for (i, x) in run[..frames].iter_mut().enumerate() {
            let mut sums = [0.0_f32; OVER];
            let window = &fast[OVER * (i + 1)..OVER * (i + 1 + TAPS)];
            for (four, coefs) in window.chunks_exact(OVER).zip(self.up.iter()) {
                for ((s, y), c) in sums.iter_mut().zip(four).zip(coefs) {
                    *s += y * c;
                }
            }
            *x = ((sums[0] + sums[2]) + (sums[1] + sums[3])) * (1.0 / OVER as f32);
        }
        self.history.copy_within(frames..frames + TAPS, 0);
        self.rest.copy_from_slice(&fast[OVER * frames..OVER * (frames + TAPS)]);
    }
}

/// One channel before the cabinet.
#[derive(Debug, Clone)]
struct Channel {
    cut: Svf,
    mid: Svf,
    over: Oversampler,
    dc: DcBlocker,
    thump: Svf,
    presence: Svf,
}

/// The amplifier, stereo or mono.
#[derive(Debug, Clone)]
pub(crate) struct Amplifier {
    channels: [Channel; 2],
    cabinet: [StereoLowPass; 2],
    stereo: bool,
    level: f32,
    sample_rate: f32,
}

impl Amplifier {
    /// `level` is what a fully driven signal comes out at, about.
    pub(crate) fn new(stereo: bool, sample_rate: f32, level: f32) -> Self {
        let channel = Channel {
            cut: Svf::new(110.0, 0.7, sample_rate),
            mid: Svf::new(750.0, 0.8, sample_rate),
            over: Oversampler::new(),
            dc: DcBlocker::new(20.0, sample_rate),
            thump: Svf::new(85.0, 0.9, sample_rate),
            presence: Svf::new(2500.0, 1.4, sample_rate),
        };
        Self {
            channels: [channel.clone(), channel],
            cabinet: [StereoLowPass::default(); 2],
            stereo,
            level,
            sample_rate,
        }
    }

    pub(crate) fn clear(&mut self) {
        for channel in &mut self.channels {
            channel.cut.reset();
            channel.mid.reset();
            channel.over.clear();
            channel.dc.reset();
            channel.thump.reset();
            channel.presence.reset();
        }
        self.cabinet = [StereoLowPass::default(); 2];
    }

    /// Amplifies in place. `drive` and `tone` are 0 to 1.
    pub(crate) fn process(&mut self, drive: f32, tone: f32, left: &mut [f32], right: &mut [f32]) {
        let gain = 4.0 * libm::powf(30.0, drive);
        if !self.stereo {
            for (l, r) in left.iter_mut().zip(right.iter()) {
                *l = 0.5 * (*l + r);
            }
        }
        let used = if self.stereo { 2 } else { 1 };
        for (channel, run) in self.channels.iter_mut().zip([&mut *left, &mut *right]).take(used) {
            for x in run.iter_mut() {
                let high = channel.cut.high(*x);
                *x = high + 0.8 * channel.mid.band(high);
            }
            // The first stage leans to one side, for even harmonics; the second squares both.
            channel.over.process(run, |x| tanh(1.6 * (tanh(gain * x + 0.18) - 0.178)));
            for x in run.iter_mut() {
                let y = channel.dc.process(*x);
                let y = channel.thump.high(y);
                *x = self.level * (y + 0.6 * channel.presence.band(y));
            }
        }
        if !self.stereo {
            right.copy_from_slice(left);
        }
        let top = 3400.0 + 3600.0 * tone;
        self.cabinet[0].run(top, 0.9, self.sample_rate, left, right);
        self.cabinet[1].run(top * 1.15, 0.6, self.sample_rate, left, right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oversampler_passes_a_sine_untouched() {
        let mut over = Oversampler::new();
        let mut worst = 0.0_f32;
        let mut last = vec![];
        for block in 0..40 {
            let mut run = [0.0_f32; 50];
            for (i, x) in run.iter_mut().enumerate() {
                *x = libm::sinf(core::f32::consts::TAU * 0.02 * (block * 50 + i) as f32);
            }
            last.extend_from_slice(&run);
            over.process(&mut run, |x| x);
            if block > 2 {
                // 47 fast frames of delay there and back: 11.75 frames, so compare levels, not samples.
                worst = worst.max((run.iter().map(|x| x * x).sum::<f32>() / 50.0 - 0.5).abs());
            }
        }
        assert!(worst < 0.01, "power off by {worst}");
    }
}
