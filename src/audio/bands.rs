//! The spectrum of a moment for eyes: a Hann-windowed transform of 4,096 frames, and bands in equal ratios over it.
//!
//! Levels are those of sines: a full-scale sine on all channels reads 0 dB, wherever it lies between two lines. A band
//! shows the strongest line in it, and one that is narrower than a line shows the way from one line to the next. Transforms are
//! fitted to the processor, so last digits may differ between machines; nothing that is rendered hangs on them.
//!
//! Source of the window's figures: F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier
//! transform", Proc. IEEE 66, 1978 (coherent gain 0.5 and noise bandwidth 1.5 lines of the Hann window).

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// Frames that are looked at together.
pub const SIZE: usize = 4_096;
/// Lower edge of the lowest band, in Hz.
pub const LOWEST_HZ: f64 = 30.0;
/// Upper edge of the highest band, in Hz.
pub const HIGHEST_HZ: f64 = 16_000.0;
/// What silence, and everything below it, reads, in dB.
pub const FLOOR_DB: f32 = -120.0;

/// The lines of a moment.
pub struct Lines {
    plan: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
    db: Vec<f32>,
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

impl Lines {
    /// Plans the transform. Thread: control.
    pub fn new() -> Self {
        let plan = RealFftPlanner::<f32>::new().plan_fft_forward(SIZE);
        let turn = |i: usize| std::f64::consts::TAU * i as f64 / SIZE as f64;
        let window = (0..SIZE).map(|i| (0.5 - 0.5 * libm::cos(turn(i))) as f32).collect();
        let (input, output) = (plan.make_input_vec(), plan.make_output_vec());
        let scratch = plan.make_scratch_vec();
        let (power, db) = (vec![0.0; output.len()], vec![FLOOR_DB; output.len()]);
        Self { plan, window, input, output, scratch, power, db }
    }

    /// Level of every line in dB, from 0 Hz to half the sample rate, of at most [`SIZE`] frames of each channel; what is
    /// missing at the end counts as silence.
    pub fn read<'a>(&mut self, channels: impl Iterator<Item = &'a [f32]>) -> &[f32] {
        self.power.fill(0.0);
        let mut count = 0;
        for channel in channels {
            count += 1;
            self.input.fill(0.0);
            for ((slot, x), weight) in self.input.iter_mut().zip(channel).zip(&self.window) {
                *slot = if x.is_finite() { x * weight } else { 0.0 };
            }
            let Self { plan, input, output, scratch, .. } = self;
            // The buffers were made by the plan itself, so their lengths can't be wrong.
            if plan.process_with_scratch(input, output, scratch).is_ok() {
                for (sum, line) in self.power.iter_mut().zip(&self.output) {
                    *sum += line.norm_sqr();
                }
            }
        }
        // On the middle of a line a sine of full scale has a magnitude of a quarter of the frames.
        let scale = 16.0 / (SIZE as f32 * SIZE as f32 * count.max(1) as f32);
        let at = |power: &[f32], n: usize| power.get(n).copied().unwrap_or(0.0);
        for n in 0..self.power.len() {
            let own = at(&self.power, n);
            let sides = [n.wrapping_sub(1), n + 1].map(|n| at(&self.power, n));
            // A peak between two lines is spread over the lines around it, and all of it together is 1.5 times its power.
            let power = if sides.iter().all(|side| own >= *side) {
                let outer = [n.wrapping_sub(2), n + 2].map(|n| at(&self.power, n));
                let all = own + sides.iter().sum::<f32>() + outer.iter().sum::<f32>();
                (all / 1.5).max(own)
            } else {
                own
            };
            if let Some(db) = self.db.get_mut(n) {
                *db = decibels(power * scale);
            }
        }
        &self.db
    }
}

/// A power in dB, not below the floor.
fn decibels(power: f32) -> f32 {
    if power > 1e-12 { 10.0 * libm::log10f(power) } else { FLOOR_DB }
}

/// Bands in equal ratios from [`LOWEST_HZ`] to [`HIGHEST_HZ`].
#[derive(Debug, Clone, PartialEq)]
pub struct Bands {
    hz: Vec<f32>,
    reach: Vec<Reach>,
}

/// What a band looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reach {
    /// The strongest of these lines, the last one included.
    Lines(usize, usize),
    /// A place between two lines.
    Between(f32),
}

impl Bands {
    /// So many bands, at least one, over the lines of a sound at a sample rate in Hz.
    pub fn new(count: usize, sample_rate: f64) -> Self {
        let count = count.max(1);
        let width = sample_rate / SIZE as f64;
        let edge = |n: f64| LOWEST_HZ * libm::pow(HIGHEST_HZ / LOWEST_HZ, n / count as f64);
        let hz = (0..count).map(|n| edge(n as f64 + 0.5) as f32).collect();
        let reach = (0..count).map(|n| {
            let first = libm::ceil(edge(n as f64) / width) as usize;
            let end = libm::ceil(edge(n as f64 + 1.0) / width) as usize;
            match end.checked_sub(1) {
                Some(last) if last >= first => Reach::Lines(first, last),
                _ => Reach::Between((edge(n as f64 + 0.5) / width) as f32),
            }
        });
        Self { hz, reach: reach.collect() }
    }

    /// Middle of each band in Hz, ascending.
    pub fn hz(&self) -> &[f32] {
        &self.hz
    }

    /// Level of each band, where `line` gives the level of a line in dB, and [`FLOOR_DB`] past the last one.
    pub fn levels<'a>(
        &'a self,
        line: impl Fn(usize) -> f32 + 'a,
    ) -> impl Iterator<Item = f32> + 'a {
        self.reach.iter().map(move |reach| match *reach {
            Reach::Lines(first, last) => (first..=last).map(&line).fold(FLOOR_DB, f32::max),
            Reach::Between(place) => {
                let low = libm::floorf(place);
                let (a, b) = (line(low as usize), line(low as usize + 1));
                a + (b - a) * (place - low)
            }
        })
    }

    /// How many lines there are from 0 Hz to the highest that a band looks at.
    pub fn lines(sample_rate: f64) -> usize {
        let last = libm::ceil(HIGHEST_HZ / (sample_rate / SIZE as f64)) as usize + 2;
        last.min(SIZE / 2 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sine(hz: f64, level: f64) -> Vec<f32> {
        let step = std::f64::consts::TAU * hz / 48_000.0;
        (0..SIZE).map(|i| (level * libm::sin(step * i as f64 + 0.3)) as f32).collect()
    }

    fn levels(lines: &mut Lines, bands: &Bands, channels: &[&[f32]]) -> Vec<f32> {
        let db = lines.read(channels.iter().copied());
        bands.levels(|n| db.get(n).copied().unwrap_or(FLOOR_DB)).collect()
    }

    #[test]
    fn bands_lie_in_equal_ratios_between_the_edges() {
        let bands = Bands::new(96, 48_000.0);
        let hz = bands.hz();
        let ratio = hz[1] / hz[0];
        assert!(hz.windows(2).all(|w| (w[1] / w[0] / ratio - 1.0).abs() < 1e-4));
        assert!(hz[0] > 30.0 && hz[95] < 16_000.0 && hz[95] * ratio > 16_000.0);
        assert!(Bands::lines(8_000.0) == SIZE / 2 + 1 && Bands::lines(48_000.0) < 1_400);
    }

    #[test]
    fn one_side_alone_is_3_db_below_both_and_silence_is_at_the_floor() {
        let (mut lines, bands) = (Lines::new(), Bands::new(96, 48_000.0));
        let (sound, nothing) = (sine(1_000.0, 1.0), vec![0.0; SIZE]);
        let most = |levels: Vec<f32>| levels.into_iter().fold(FLOOR_DB, f32::max);
        assert!(most(levels(&mut lines, &bands, &[&sound, &sound])).abs() < 0.02);
        assert!((most(levels(&mut lines, &bands, &[&sound, &nothing])) + 3.01).abs() < 0.02);
        assert_eq!(most(levels(&mut lines, &bands, &[&nothing, &nothing])), FLOOR_DB);
        assert_eq!(most(levels(&mut lines, &bands, &[])), FLOOR_DB);
    }

    proptest! {
        #[test]
        fn a_sine_has_its_level_in_its_band(
            hz in 100.0f64..15_500.0, db in -60.0f64..0.0, count in 8usize..128,
        ) {
            let (mut lines, bands) = (Lines::new(), Bands::new(count, 48_000.0));
            let sound = sine(hz, libm::pow(10.0, db / 20.0));
            let levels = levels(&mut lines, &bands, &[&sound]);
            let (band, level) = levels.iter().copied().enumerate()
                .fold((0, f32::NEG_INFINITY), |best, here| if here.1 > best.1 { here } else { best });
            prop_assert!((f64::from(level) - db).abs() < 0.6, "{} for {}", level, db);
            // The band's middle is at most half a band, and a line, away.
            let half = libm::pow(HIGHEST_HZ / LOWEST_HZ, 0.5 / count as f64);
            let reach = f64::from(bands.hz()[band]) * (half - 1.0) * 1.1 + 12.0;
            prop_assert!((f64::from(bands.hz()[band]) - hz).abs() <= reach, "{} for {}", bands.hz()[band], hz);
        }
    }
}
