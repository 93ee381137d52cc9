//! Second-order filters for a stereo pair, with coefficients and state in 64-bit, so that even a 20 Hz corner is clean.
//!
//! Designs: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients". Form: transposed direct
//! form II. The whole file works in place on a left and a right slice.

use std::f64::consts::PI;

use wide::f64x2;

/// Coefficients, normalised so that a0 is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficients {
    b: [f64; 3],
    a: [f64; 2],
}

impl Coefficients {
    /// Passes everything.
    pub const FLAT: Self = Self { b: [1.0, 0.0, 0.0], a: [0.0, 0.0] };

    /// From a numerator and a denominator in falling powers of z; the denominator's first must not be 0.
    pub fn from_parts(b: [f64; 3], a: [f64; 3]) -> Self {
        Self { b: b.map(|x| x / a[0]), a: [a[1] / a[0], a[2] / a[0]] }
    }

    /// cos and alpha of the cookbook. The frequency is kept below 49 % of the sample rate.
    fn warp(hz: f64, q: f64, sample_rate: f64) -> (f64, f64) {
        let w = 2.0 * PI * hz.clamp(1.0, 0.49 * sample_rate) / sample_rate;
        (libm::cos(w), libm::sin(w) / (2.0 * q.max(0.05)))
    }

    /// Low-pass, 12 dB per octave.
    pub fn low_pass(hz: f64, q: f64, sample_rate: f64) -> Self {
        let (c, alpha) = Self::warp(hz, q, sample_rate);
        Self::from_parts(
            [(1.0 - c) / 2.0, 1.0 - c, (1.0 - c) / 2.0],
            [1.0 + alpha, -2.0 * c, 1.0 - alpha],
        )
    }

    /// High-pass, 12 dB per octave.
    pub fn high_pass(hz: f64, q: f64, sample_rate: f64) -> Self {
        let (c, alpha) = Self::warp(hz, q, sample_rate);
        Self::from_parts(
            [(1.0 + c) / 2.0, -1.0 - c, (1.0 + c) / 2.0],
            [1.0 + alpha, -2.0 * c, 1.0 - alpha],
        )
    }

    /// Bell of `db` at `hz`.
    pub fn peak(hz: f64, db: f64, q: f64, sample_rate: f64) -> Self {
        let (c, alpha) = Self::warp(hz, q, sample_rate);
        let a = libm::pow(10.0, db / 40.0);
        Self::from_parts(
            [1.0 + alpha * a, -2.0 * c, 1.0 - alpha * a],
            [1.0 + alpha / a, -2.0 * c, 1.0 - alpha / a],
        )
    }

    /// Shelf of `db` below `hz`, as steep as it gets without a hump (S = 1).
    pub fn low_shelf(hz: f64, db: f64, sample_rate: f64) -> Self {
        Self::shelf(hz, db, sample_rate, 1.0)
    }

    /// Shelf of `db` above `hz`.
    pub fn high_shelf(hz: f64, db: f64, sample_rate: f64) -> Self {
        Self::shelf(hz, db, sample_rate, -1.0)
    }

    /// The two shelves differ in the sign of every cosine, and of the middle coefficients.
    fn shelf(hz: f64, db: f64, sample_rate: f64, sign: f64) -> Self {
        let (c, alpha) = Self::warp(hz, std::f64::consts::FRAC_1_SQRT_2, sample_rate);
        let a = libm::pow(10.0, db / 40.0);
        let (c, k) = (sign * c, 2.0 * a.sqrt() * alpha);
        let (up, down) = (a + 1.0, a - 1.0);
        Self::from_parts(
            [a * (up - down * c + k), sign * 2.0 * a * (down - up * c), a * (up - down * c - k)],
            [up + down * c + k, sign * -2.0 * (down + up * c), up + down * c - k],
        )
    }

    /// Gain in dB that a sine of a frequency gets.
    pub fn gain_db(&self, hz: f64, sample_rate: f64) -> f64 {
        let w = 2.0 * PI * hz / sample_rate;
        let power = |c: [f64; 3]| {
            let re = c[0] + c[1] * libm::cos(w) + c[2] * libm::cos(2.0 * w);
            let im = c[1] * libm::sin(w) + c[2] * libm::sin(2.0 * w);
            re * re + im * im
        };
        10.0 * libm::log10(power(self.b) / power([1.0, self.a[0], self.a[1]]))
    }
}

/// A stereo biquad.
#[derive(Debug, Clone)]
pub struct Biquad {
    coefficients: Coefficients,
    s1: [f64; 2],
    s2: [f64; 2],
}

impl Biquad {
    /// A quiet filter. Thread: any.
    pub fn new(coefficients: Coefficients) -> Self {
        Self { coefficients, s1: [0.0; 2], s2: [0.0; 2] }
    }

    /// Changes the response and keeps the state. Thread: any.
    pub fn set(&mut self, coefficients: Coefficients) {
        self.coefficients = coefficients;
    }

    /// What the response is.
    pub fn coefficients(&self) -> &Coefficients {
        &self.coefficients
    }

    /// Filters one stereo frame. Thread: any.
    #[inline]
    pub fn tick(&mut self, x: [f64; 2]) -> [f64; 2] {
        let Coefficients { b: [b0, b1, b2], a: [a1, a2] } = self.coefficients;
        let y = [b0 * x[0] + self.s1[0], b0 * x[1] + self.s1[1]];
        self.s1 = [b1 * x[0] - a1 * y[0] + self.s2[0], b1 * x[1] - a1 * y[1] + self.s2[1]];
        self.s2 = [b2 * x[0] - a2 * y[0], b2 * x[1] - a2 * y[1]];
        y
    }

    /// Filters in place. Thread: any.
    pub fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        chain(std::slice::from_mut(self), left, right);
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        (self.s1, self.s2) = ([0.0; 2], [0.0; 2]);
    }
}

/// Filters in place through several biquads, one after the other. Frame by frame, because then the processor overlaps
/// the filters, each of which alone waits for its own last result. Thread: any.
pub fn chain(filters: &mut [Biquad], left: &mut [f32], right: &mut [f32]) {
    // A cascade of a length known in advance keeps all its states in registers; longer ones go in several passes.
    for part in filters.chunks_mut(4) {
        match part.len() {
            1 => cascade::<1>(part, left, right),
            2 => cascade::<2>(part, left, right),
            3 => cascade::<3>(part, left, right),
            _ => cascade::<4>(part, left, right),
        }
    }
}

/// The first `N` filters in a row, both channels in the lanes of one register.
fn cascade<const N: usize>(filters: &mut [Biquad], left: &mut [f32], right: &mut [f32]) {
    let Some(filters) = filters.first_chunk_mut::<N>() else { return };
    let weights = filters.each_ref().map(|filter| {
        let Coefficients { b: [b0, b1, b2], a: [a1, a2] } = filter.coefficients;
        [b0, b1, b2, a1, a2].map(f64x2::splat)
    });
    let mut states = filters.each_ref().map(|f| [f64x2::new(f.s1), f64x2::new(f.s2)]);
    for (l, r) in left.iter_mut().zip(right.iter_mut()) {
        let mut x = f64x2::new([f64::from(*l), f64::from(*r)]);
        for ([b0, b1, b2, a1, a2], [s1, s2]) in weights.iter().zip(&mut states) {
            let y = *b0 * x + *s1;
            *s1 = *b1 * x - *a1 * y + *s2;
            *s2 = *b2 * x - *a2 * y;
            x = y;
        }
        let [y_left, y_right] = x.to_array();
        (*l, *r) = (y_left as f32, y_right as f32);
    }
    for (filter, [s1, s2]) in filters.iter_mut().zip(states) {
        (filter.s1, filter.s2) = (s1.to_array(), s2.to_array());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 48_000.0;

    fn close(coefficients: Coefficients, points: &[(f64, f64)]) {
        for (hz, db) in points {
            let is = coefficients.gain_db(*hz, RATE);
            assert!((is - db).abs() < 0.05, "{is} dB at {hz} Hz, not {db}");
        }
    }

    #[test]
    fn responses_are_those_of_the_cookbook() {
        let q = std::f64::consts::FRAC_1_SQRT_2;
        close(
            Coefficients::low_pass(1_000.0, q, RATE),
            &[(20.0, 0.0), (1_000.0, -3.01), (500.0, -0.26)],
        );
        close(
            Coefficients::high_pass(100.0, q, RATE),
            &[(10_000.0, 0.0), (100.0, -3.01), (10.0, -40.0)],
        );
        close(
            Coefficients::peak(1_000.0, 6.0, 2.0, RATE),
            &[(1_000.0, 6.0), (20.0, 0.0), (20_000.0, 0.0)],
        );
        close(
            Coefficients::low_shelf(200.0, -6.0, RATE),
            &[(10.0, -6.0), (200.0, -3.0), (10_000.0, 0.0)],
        );
        close(
            Coefficients::high_shelf(4_000.0, 5.0, RATE),
            &[(40.0, 0.0), (4_000.0, 2.5), (22_000.0, 5.0)],
        );
        close(Coefficients::FLAT, &[(20.0, 0.0), (20_000.0, 0.0)]);
    }

    #[test]
    fn a_sine_gets_the_gain_that_the_formula_promises() {
        for coefficients in [
            Coefficients::high_pass(30.0, 0.707, RATE),
            Coefficients::peak(3_000.0, -9.0, 1.0, RATE),
            Coefficients::high_shelf(8_000.0, 4.0, RATE),
        ] {
            for hz in [25.0, 440.0, 3_000.0, 12_000.0] {
                let sine = |i: usize| libm::sin(2.0 * PI * hz * i as f64 / RATE) as f32;
                let mut left = (0..96_000).map(sine).collect::<Vec<_>>();
                let mut right = left.iter().map(|x| -x).collect::<Vec<_>>();
                Biquad::new(coefficients).process(&mut left, &mut right);
                let power =
                    left[48_000..].iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 48_000.0;
                let db = 10.0 * (2.0 * power).log10();
                assert!((db - coefficients.gain_db(hz, RATE)).abs() < 0.01, "{hz} Hz: {db}");
                assert!(left.iter().zip(&right).all(|(l, r)| *l == -*r));
            }
        }
    }
}
