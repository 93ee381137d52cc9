//! Reading a recording between its frames: windowed sincs in a table, band-limited for every speed from 1 up, so that a
//! recording that is played faster or higher does not alias.
//!
//! Speeds are served in steps of a quarter octave up to 2 and of half an octave up to 8; each step has its own low-pass
//! just below the new half rate. Between two of the 256 tabulated phases weights are blended, which leaves errors below
//! -90 dB. Sources: Smith, "Digital Audio Resampling Home Page"; the window is Kaiser's (1974).
//!
//! It knows neither files nor loops: [`crate::dsp::reel`] lays out the frames that are read here. For changing the rate of
//! a whole sound at once there is [`crate::audio::resample`]. Thread: audio, but for [`Bank::new`].

use crate::audio::windowed_sinc::{LANES, bessel};

/// Fastest speed that is read without aliasing: three octaves up.
pub const MAX_SPEED: f64 = 8.0;

/// Most frames on each side of a position that [`Level::read`] looks at.
pub const MAX_REACH: usize = 256;

const PHASES: usize = 256;
/// Zero crossings on each side at speed 1: passes up to 20 kHz at 48 kHz.
const CROSSINGS: f64 = 32.0;
/// Shape of Kaiser's window: side lobes below -90 dB.
const BETA: f64 = 9.0;
/// Middle of the filter's edge, as a fraction of half the lower rate.
const CUTOFF: f64 = 0.93;

/// Highest speed of each step, in quarter and half octaves.
const SPEEDS: [f64; 9] = [
    1.0,
    1.189_207_115_002_721,
    std::f64::consts::SQRT_2,
    1.681_792_830_507_429,
    2.0,
    2.828_427_124_746_19,
    4.0,
    5.656_854_249_492_381,
    8.0,
];

/// The filters of all speeds.
#[derive(Debug)]
pub struct Bank {
    levels: Vec<Level>,
}

/// The filter of one range of speeds.
#[derive(Debug)]
pub struct Level {
    speed: f64,
    taps: usize,
    /// `PHASES + 1` rows of `taps` weights; each row sums to 1.
    rows: Vec<f32>,
}

impl Default for Bank {
    fn default() -> Self {
        Self::new()
    }
}

impl Bank {
    /// Tabulates all filters: some 2 MB and some 10 ms. Who reads owns its own. Thread: control.
    pub fn new() -> Self {
        let window = Window::new();
        Self { levels: SPEEDS.iter().map(|speed| Level::new(*speed, &window)).collect() }
    }

    /// The filter for a speed (frames of the recording per frame of output, its sign left out); that of the fastest speed
    /// past [`MAX_SPEED`].
    #[inline]
    pub fn level(&self, speed: f64) -> &Level {
        let speed = speed.abs();
        // A hair above a step is still that step: a tempo's rounding must not switch filters.
        let place = self.levels.iter().position(|level| speed <= level.speed * (1.0 + 1e-6));
        let last = self.levels.len().saturating_sub(1);
        // The list is a constant and never empty.
        &self.levels[place.unwrap_or(last)]
    }
}

impl Level {
    fn new(speed: f64, window: &Window) -> Self {
        let cutoff = CUTOFF / speed;
        let taps = ((2.0 * CROSSINGS * speed) as usize).next_multiple_of(LANES);
        let half = taps as f64 / 2.0;
        let mut rows = vec![0.0_f32; (PHASES + 1) * taps];
        // A row read backwards is the row of the phase as far from the other end, so half of them are computed.
        for phase in 0..=PHASES / 2 {
            let offset = phase as f64 / PHASES as f64;
            let row = (0..taps).map(|tap| {
                let x = tap as f64 + 1.0 - half - offset;
                let angle = std::f64::consts::PI * cutoff * x;
                let sinc = if angle == 0.0 { 1.0 } else { libm::sin(angle) / angle };
                sinc * window.at(x / half)
            });
            let row = row.collect::<Vec<_>>();
            let scale = 1.0 / row.iter().sum::<f64>();
            let (here, there) = (phase * taps, (PHASES - phase) * taps);
            for (tap, weight) in row.iter().enumerate() {
                let weight = (weight * scale) as f32;
                if let Some(place) = rows.get_mut(here + tap) {
                    *place = weight;
                }
                if let Some(place) = rows.get_mut(there + taps - 1 - tap) {
                    *place = weight;
                }
            }
        }
        Self { speed, taps, rows }
    }

    /// Frames that are needed before a position, itself included, and after it: the window of a position `n + f` is
    /// `n + 1 - reach ..= n + reach`.
    #[inline]
    pub fn reach(&self) -> usize {
        self.taps / 2
    }

    /// The sound at the fraction (0 to 1) behind the frame in the middle of two windows of `2 * reach` frames.
    #[inline]
    pub fn read(&self, fraction: f32, left: &[f32], right: &[f32]) -> [f32; 2] {
        let place = fraction * PHASES as f32;
        let phase = (place as usize).min(PHASES - 1);
        let blend = place - phase as f32;
        let at = phase * self.taps;
        let lower = self.rows.get(at..at + self.taps).unwrap_or_default();
        let upper = self.rows.get(at + self.taps..at + 2 * self.taps).unwrap_or_default();
        let (mut l, mut r) = ([0.0_f32; LANES], [0.0_f32; LANES]);
        let weights = lower.as_chunks::<LANES>().0.iter().zip(upper.as_chunks::<LANES>().0);
        let sound = left.as_chunks::<LANES>().0.iter().zip(right.as_chunks::<LANES>().0);
        for ((a, b), (x, y)) in weights.zip(sound) {
            for i in 0..LANES {
                let weight = a[i] + (b[i] - a[i]) * blend;
                l[i] += weight * x[i];
                r[i] += weight * y[i];
            }
        }
        [sum(l), sum(r)]
    }
}

/// In an order that no processor changes.
#[inline]
fn sum([a, b, c, d, e, f, g, h]: [f32; LANES]) -> f32 {
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

/// Half of Kaiser's window, tabulated: read between two points it is exact to -140 dB.
struct Window(Vec<f64>);

impl Window {
    const POINTS: usize = 8_192;

    fn new() -> Self {
        let scale = 1.0 / bessel(BETA);
        let point = |i: usize| {
            let place = i as f64 / Self::POINTS as f64;
            bessel(BETA * (1.0 - place * place).sqrt()) * scale
        };
        Self((0..=Self::POINTS).map(point).collect())
    }

    /// The window at -1 to 1, and nothing outside.
    fn at(&self, place: f64) -> f64 {
        let place = place.abs() * Self::POINTS as f64;
        let index = place as usize;
        match (self.0.get(index), self.0.get(index + 1)) {
            (Some(a), Some(b)) => a + (b - a) * (place - index as f64),
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a sine of `hz` (at 48 kHz) at a speed; the error against the ideal, and what comes out, both in dB.
    fn read(bank: &Bank, hz: f64, speed: f64) -> (f64, f64) {
        let wave = |t: f64| libm::sin(std::f64::consts::TAU * hz / 48_000.0 * t);
        let source = (0..40_000).map(|i| wave(f64::from(i)) as f32).collect::<Vec<_>>();
        let level = bank.level(speed);
        let reach = level.reach();
        let (mut error, mut power, mut count) = (0.0, 0.0, 0.0);
        let mut at = 1_000.3;
        while at < 39_000.0 && count < 4_000.0 {
            let n = at as usize;
            let window = &source[n + 1 - reach..n + 1 + reach];
            let [x, y] = level.read((at - n as f64) as f32, window, window);
            assert_eq!(x, y);
            error += (f64::from(x) - wave(at)).powi(2);
            power += f64::from(x).powi(2);
            count += 1.0;
            at += speed;
        }
        (10.0 * (2.0 * error / count).log10(), 10.0 * (2.0 * power / count).log10())
    }

    #[test]
    fn tones_are_read_clean_at_any_speed_that_can_carry_them() {
        let bank = Bank::new();
        for (hz, speed, worst) in [
            (100.0, 0.77, -100.0),
            (1_000.0, 0.5, -95.0),
            (5_000.0, 0.93, -90.0),
            (15_000.0, 0.99, -80.0),
            (19_500.0, 1.0, -70.0),
            (5_000.0, 1.3, -85.0),
            (2_000.0, 3.7, -85.0),
            (1_000.0, 7.9, -85.0),
        ] {
            let (error, _) = read(&bank, hz, speed);
            assert!(error < worst, "{hz} Hz at {speed}: {error} dB");
        }
    }

    #[test]
    fn what_would_alias_is_gone() {
        let bank = Bank::new();
        for (hz, speed) in [
            (22_000.0, 1.18),
            (20_000.0, 1.4),
            (17_500.0, 1.68),
            (13_500.0, 2.0),
            (7_000.0, 4.0),
            (3_600.0, 8.0),
        ] {
            let (_, level) = read(&bank, hz, speed);
            assert!(level < -60.0, "{hz} Hz at {speed}: {level} dB");
        }
    }

    #[test]
    fn past_the_fastest_speed_the_fastest_filter_stays() {
        let bank = Bank::new();
        assert_eq!(bank.level(50.0).reach(), MAX_REACH);
        assert_eq!(bank.level(0.01).reach(), 32);
        assert_eq!(bank.level(1.000_000_1).reach(), 32);
        assert_eq!(bank.level(-2.0).reach(), 64);
    }
}
