//! The true peak meter: the highest level of the waveform between the samples, by oversampling four times below 96 kHz
//! and twice below 192 kHz (ITU-R BS.1770-4, Annex 2). The interpolator is the 49-point Hann-windowed sinc that the
//! common EBU R 128 meters use, so readings agree with theirs.
//!
//! Stretches that provably cannot reach the maximum found so far are skipped: no output of a filter exceeds the
//! largest input under it times the sum of its coefficients' magnitudes.

/// Taps of one phase: the samples under the filter.
const TAPS: usize = 12;
/// Samples that are tested, and if need be filtered, together.
const BLOCK: usize = 64;

/// The interpolator of one oversampling factor, and its worst-case gain.
#[derive(Debug, Clone)]
struct Interpolator {
    /// Per phase between two samples, the weight of each sample under the filter, oldest first. The phase that falls
    /// on the samples themselves is left out, since there the filter is the identity.
    phases: Vec<Vec<f32>>,
    taps: usize,
    gain: f32,
}

impl Interpolator {
    fn new(factor: usize) -> Self {
        let total = 4 * TAPS;
        let taps = total / factor;
        let point = |j: usize| {
            let window = 0.5 - 0.5 * libm::cos(std::f64::consts::TAU * j as f64 / total as f64);
            let x = (j as f64 - total as f64 / 2.0) * std::f64::consts::PI / factor as f64;
            if x == 0.0 { window } else { window * libm::sin(x) / x }
        };
        let phases = (1..factor)
            .map(|phase| (0..taps).rev().map(|tap| point(tap * factor + phase) as f32).collect())
            .collect::<Vec<Vec<f32>>>();
        let gain = phases
            .iter()
            .map(|phase| phase.iter().map(|c| c.abs()).sum::<f32>())
            // The sums below are rounded, so the bound gets a margin far above their error.
            .fold(1.0, f32::max)
            * 1.001;
        Self { phases, taps, gain }
    }
}

/// Measures the true peak of one channel, block by block.
#[derive(Debug, Clone)]
pub struct TruePeak {
    filter: Option<Interpolator>,
    /// The last `taps - 1` samples, then the block at hand.
    line: Vec<f32>,
    sums: [f32; BLOCK],
    sample_peak: f32,
    peak: f32,
}

impl TruePeak {
    /// Makes a meter for a sample rate in Hz. From 192 kHz on, samples lie close enough to be read directly.
    pub fn new(rate: u32) -> Self {
        let filter = match rate {
            0..96_000 => Some(Interpolator::new(4)),
            96_000..192_000 => Some(Interpolator::new(2)),
            _ => None,
        };
        let history = filter.as_ref().map_or(0, |filter| filter.taps - 1);
        Self { filter, line: vec![0.0; history], sums: [0.0; BLOCK], sample_peak: 0.0, peak: 0.0 }
    }

    /// Takes the next samples. What is not finite counts as silence.
    pub fn add(&mut self, samples: &[f32]) {
        for block in samples.chunks(BLOCK) {
            self.add_block(block);
        }
    }

    fn add_block(&mut self, block: &[f32]) {
        let Some(filter) = &self.filter else {
            self.sample_peak = magnitude(block).max(self.sample_peak);
            self.peak = self.sample_peak;
            return;
        };
        let history = filter.taps - 1;
        self.line.truncate(history);
        if block.iter().all(|x| x.is_finite()) {
            self.line.extend_from_slice(block);
        } else {
            self.line.extend(block.iter().map(|x| if x.is_finite() { *x } else { 0.0 }));
        }
        let fresh = magnitude(self.line.get(history..).unwrap_or_default());
        self.sample_peak = self.sample_peak.max(fresh);
        self.peak = self.peak.max(fresh);
        if magnitude(&self.line) * filter.gain > self.peak {
            for phase in &filter.phases {
                let Some(sums) = self.sums.get_mut(..block.len()) else { continue };
                sums.fill(0.0);
                for (tap, weight) in phase.iter().enumerate() {
                    let under = self.line.get(tap..tap + block.len()).unwrap_or_default();
                    sums.iter_mut().zip(under).for_each(|(sum, x)| *sum += weight * x);
                }
                self.peak = self.peak.max(magnitude(sums));
            }
        }
        // The newest samples become the history of the next block.
        let start = self.line.len() - history;
        self.line.copy_within(start.., 0);
    }

    /// The highest level so far, linear, 1.0 at full scale. The last few samples count in full only once more samples,
    /// or the zeros of [`Self::flush`], have followed them.
    pub fn peak(&self) -> f64 {
        f64::from(self.peak)
    }

    /// The highest sample so far, linear.
    pub fn sample_peak(&self) -> f64 {
        f64::from(self.sample_peak)
    }

    /// Lets the filter ring out, as a converter does behind the end of a file.
    pub fn flush(&mut self) {
        self.add(&[0.0; 2 * TAPS]);
    }
}

/// Largest magnitude, in eight independent lanes so that it compiles to vector code. NaN is ignored.
fn magnitude(samples: &[f32]) -> f32 {
    let (blocks, rest) = samples.as_chunks::<8>();
    let mut lanes = [0.0_f32; 8];
    for block in blocks {
        for (lane, x) in lanes.iter_mut().zip(block) {
            let x = x.abs();
            *lane = if x > *lane { x } else { *lane };
        }
    }
    rest.iter().map(|x| x.abs()).chain(lanes).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ebur128::{EbuR128, Mode};
    use proptest::prelude::*;

    fn ours(samples: &[f32], rate: u32) -> f64 {
        let mut meter = TruePeak::new(rate);
        meter.add(samples);
        meter.peak()
    }

    fn reference(samples: &[f32], rate: u32) -> f64 {
        let mut meter = EbuR128::new(1, rate, Mode::TRUE_PEAK).unwrap();
        meter.add_frames_f32(samples).unwrap();
        meter.true_peak(0).unwrap()
    }

    #[test]
    fn a_peak_between_the_samples_is_found() {
        // A quarter of the sample rate at 45 degrees: every sample is 3 dB below the true peak.
        let samples = (0..4_800)
            .map(|i| libm::sin(std::f64::consts::TAU * (f64::from(i) + 0.5) / 4.0) as f32)
            .collect::<Vec<_>>();
        let peak = ours(&samples, 48_000);
        // The sudden start rings a little on top.
        assert!((20.0 * libm::log10(peak)).abs() < 0.15, "{peak}");
        assert!((ours(&samples, 192_000) - 0.707).abs() < 0.001);
    }

    proptest! {
        #[test]
        fn readings_agree_with_the_reference_meter(
            samples in prop::collection::vec(-1.0f32..1.0, 1..600),
            loud in 0usize..600,
            rate in prop::sample::select(vec![44_100, 48_000, 96_000, 192_000]),
        ) {
            let mut samples = samples;
            // A loud spot early on makes the skipping of the rest matter.
            if let Some(sample) = samples.get_mut(loud) {
                *sample *= 3.0;
            }
            let (ours, theirs) = (ours(&samples, rate), reference(&samples, rate));
            prop_assert!((ours - theirs).abs() < 2e-6 * theirs.max(1.0), "{} {}", ours, theirs);
        }

        #[test]
        fn the_split_into_blocks_does_not_matter(
            samples in prop::collection::vec(-1.0f32..1.0, 1..400), cut in 0usize..400,
        ) {
            let cut = cut.min(samples.len());
            let mut meter = TruePeak::new(48_000);
            meter.add(&samples[..cut]);
            meter.add(&samples[cut..]);
            prop_assert!((meter.peak() - ours(&samples, 48_000)).abs() < 1e-6);
        }
    }
}
