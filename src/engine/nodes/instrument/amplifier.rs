//! A guitar amplifier: high-pass, two clipping stages at four times the sample rate, and a loudspeaker cabinet.
//!
//! The stages are memoryless and run on whole over-sampled runs, so they vectorise. It models no particular amplifier.

use crate::dsp::math::{exp2, tanh};
use crate::dsp::svf::{DcBlocker, Svf};

use super::saws::StereoLowPass;

/// Over-sampling factor and taps a phase of the interpolation filter.
const OVER: usize = 4;
const TAPS: usize = 12;
const MAX_FRAMES: usize = 64;

/// Frames worked on side by side.
const LANES: usize = 8;

/// Up by four, and back, through a windowed sinc of 48 taps that passes 17 kHz. The four phases lie in planes of their
/// own, so that every sum runs along frames and fills whole registers.
#[derive(Debug, Clone)]
struct Oversampler {
    /// By phase, then by tap.
    taps: [[f32; TAPS]; OVER],
    history: [f32; TAPS + MAX_FRAMES],
    rest: [[f32; TAPS]; OVER],
}

impl Oversampler {
    fn new() -> Self {
        let length = OVER * TAPS;
        let mut taps = [[0.0; TAPS]; OVER];
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
            taps[n % OVER][n / OVER] = (0.82 * sinc * window) as f32;
        }
        Self { taps, history: [0.0; TAPS + MAX_FRAMES], rest: [[0.0; TAPS]; OVER] }
    }

    fn clear(&mut self) {
        self.history = [0.0; TAPS + MAX_FRAMES];
        self.rest = [[0.0; TAPS]; OVER];
    }

    /// Replaces a run by `shape` of it, applied at four times the rate. Works on whole groups of [`LANES`]
    /// frames: loops of a fixed length are what the compiler turns into registers.
    fn process(&mut self, run: &mut [f32], shape: impl Fn(f32) -> f32) {
        let frames = run.len().min(MAX_FRAMES);
        self.history[TAPS..TAPS + frames].copy_from_slice(&run[..frames]);
        let mut sums = [0.0_f32; MAX_FRAMES];
        for (taps, rest) in self.taps.iter().zip(&mut self.rest) {
            let mut fast = [0.0_f32; TAPS + MAX_FRAMES];
            let (before, fresh) = fast.split_at_mut(TAPS);
            before.copy_from_slice(rest);
            for (part, y) in fresh.chunks_exact_mut(LANES).enumerate().take(frames.div_ceil(LANES))
            {
                let mut sum = [0.0_f32; LANES];
                let reach = &self.history[part * LANES..][..TAPS + LANES];
                for (tap, weight) in taps.iter().enumerate() {
                    for (s, x) in sum.iter_mut().zip(&reach[TAPS - tap..][..LANES]) {
                        *s += x * weight;
                    }
                }
                for (y, s) in y.iter_mut().zip(sum) {
                    *y = shape(s);
                }
            }
            for (part, y) in sums.chunks_exact_mut(LANES).enumerate().take(frames.div_ceil(LANES)) {
                let mut sum = [0.0_f32; LANES];
                let reach = &fast[part * LANES + 1..][..TAPS + LANES - 1];
                for (tap, weight) in taps.iter().enumerate() {
                    for (s, x) in sum.iter_mut().zip(&reach[tap..][..LANES]) {
                        *s += x * weight;
                    }
                }
                for (y, s) in y.iter_mut().zip(sum) {
                    *y += s;
                }
            }
            rest.copy_from_slice(&fast[frames..frames + TAPS]);
        }
        for (x, sum) in run.iter_mut().zip(sums) {
            *x = sum * (1.0 / OVER as f32);
        }
        self.history.copy_within(frames..frames + TAPS, 0);
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
        // 4 to 120.
        let gain = 4.0 * exp2(drive * 4.906_891);
        if !self.stereo {
            for (l, r) in left.iter_mut().zip(right.iter()) {
                *l = 0.5 * (*l + r);
            }
        }
        let used = if self.stereo { 2 } else { 1 };
        for (channel, run) in self.channels.iter_mut().zip([&mut *left, &mut *right]).take(used) {
            let (mut cut, mut mid) = (channel.cut, channel.mid);
            for x in run.iter_mut() {
                let high = cut.high(*x);
                *x = high + 0.8 * mid.band(high);
            }
            (channel.cut, channel.mid) = (cut, mid);
            // The first stage leans to one side, for even harmonics; the second squares both.
            channel.over.process(run, |x| tanh(1.6 * (tanh(gain * x + 0.18) - 0.178)));
            let (mut dc, mut thump, mut presence) = (channel.dc, channel.thump, channel.presence);
            for x in run.iter_mut() {
                let y = thump.high(dc.process(*x));
                *x = self.level * (y + 0.6 * presence.band(y));
            }
            (channel.dc, channel.thump, channel.presence) = (dc, thump, presence);
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
