//! Resonances side by side: the formants of a voice, the body of a guitar, the wood of a violin.
//!
//! Four stereo band-passes run in eight lanes. It adds colour to a sound that is there; it makes none itself.

use super::math::{LANES, Lanes};
use super::osc::sum;

/// Resonances of a [`Resonances`] bank.
pub const COUNT: usize = 4;

/// One resonance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Middle in Hz.
    pub hz: f32,
    /// Middle over bandwidth.
    pub q: f32,
    /// Linear gain at the middle.
    pub gain: f32,
}

impl Peak {
    /// A resonance with a middle in Hz, a quality and a linear gain.
    pub const fn new(hz: f32, q: f32, gain: f32) -> Self {
        Self { hz, q, gain }
    }

    /// A point on the way from one resonance to another, for vowels that move.
    pub fn between(a: &Self, b: &Self, x: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * x;
        Self { hz: mix(a.hz, b.hz), q: mix(a.q, b.q), gain: mix(a.gain, b.gain) }
    }
}

/// Four stereo band-passes in parallel (state-variable filters in trapezoidal form: A. Simper, "Linear Trapezoidal State
/// Variable Filter", 2013), lanes 0 to 3 left and 4 to 7 right.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resonances {
    s1: [f32; LANES],
    s2: [f32; LANES],
    a1: [f32; LANES],
    a2: [f32; LANES],
    a3: [f32; LANES],
    gain: [f32; LANES],
}

impl Resonances {
    /// Sets all four peaks.
    pub fn set(&mut self, peaks: &[Peak; COUNT], sample_rate: f32) {
        for (i, peak) in peaks.iter().enumerate() {
            let hz = peak.hz.clamp(20.0, 0.45 * sample_rate);
            let g = libm::tanf(core::f32::consts::PI * hz / sample_rate);
            let k = 1.0 / peak.q.max(0.1);
            let a1 = 1.0 / (1.0 + g * (g + k));
            for lane in [i, i + COUNT] {
                self.a1[lane] = a1;
                self.a2[lane] = g * a1;
                self.a3[lane] = g * g * a1;
                self.gain[lane] = peak.gain * k;
            }
        }
    }

    /// Forgets all sound.
    pub fn reset(&mut self) {
        self.s1 = [0.0; LANES];
        self.s2 = [0.0; LANES];
    }

    /// Replaces a stereo run by `dry` times itself plus the resonances.
    pub fn process(&mut self, left: &mut [f32], right: &mut [f32], dry: f32) {
        let [a1, a2, a3, gain] = [self.a1, self.a2, self.a3, self.gain].map(Lanes::new);
        let (mut s1, mut s2) = (Lanes::new(self.s1), Lanes::new(self.s2));
        // The states are carried as in `Svf`: fewer operations between a state and its next value.
        let (one, half) = (Lanes::splat(1.0), Lanes::splat(0.5));
        let (loss, b2, b3) = ((one - a1) + (one - a1), a2 + a2, a3 + a3);
        let gain = gain * half;
        for (l, r) in left.iter_mut().zip(right.iter_mut()) {
            let over = Lanes::new([*l, *l, *l, *l, *r, *r, *r, *r]) - s2;
            let before = s1;
            s1 = (before - loss * before) + b2 * over;
            s2 = (s2 + b2 * before) + b3 * over;
            let band = (gain * (before + s1)).to_array();
            *l = dry * *l + ((band[0] + band[2]) + (band[1] + band[3]));
            *r = dry * *r + ((band[4] + band[6]) + (band[5] + band[7]));
        }
        self.s1 = s1.to_array();
        self.s2 = s2.to_array();
    }

    /// The sum of the resonances for one mono frame (the left lanes).
    #[inline]
    pub fn process_mono(&mut self, x: f32) -> f32 {
        let mut band = [0.0_f32; LANES];
        for (i, out) in band.iter_mut().enumerate().take(COUNT) {
            let v3 = x - self.s2[i];
            let v1 = self.a1[i] * self.s1[i] + self.a2[i] * v3;
            let v2 = self.s2[i] + self.a2[i] * self.s1[i] + self.a3[i] * v3;
            self.s1[i] = 2.0 * v1 - self.s1[i];
            self.s2[i] = 2.0 * v2 - self.s2[i];
            *out = self.gain[i] * v1;
        }
        sum(&band)
    }
}

/// Formants of sung vowels, tenor to alto, as four peaks each. Source: the formant table of the Csound manual
/// (appendix "Formant values"), rounded to a choir's middle between the voices.
pub const VOWELS: [[Peak; COUNT]; 3] = [
    // "a"
    [
        Peak::new(700.0, 8.0, 1.0),
        Peak::new(1120.0, 11.0, 0.55),
        Peak::new(2650.0, 20.0, 0.22),
        Peak::new(3300.0, 22.0, 0.16),
    ],
    // "o"
    [
        Peak::new(430.0, 8.0, 1.0),
        Peak::new(800.0, 10.0, 0.45),
        Peak::new(2620.0, 22.0, 0.12),
        Peak::new(3200.0, 24.0, 0.10),
    ],
    // "u"
    [
        Peak::new(340.0, 7.0, 1.0),
        Peak::new(680.0, 10.0, 0.25),
        Peak::new(2600.0, 24.0, 0.05),
        Peak::new(3150.0, 26.0, 0.04),
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_passes_its_middle_at_its_gain_and_little_elsewhere() {
        let mut bank = Resonances::default();
        let off = Peak::new(15_000.0, 4.0, 0.0);
        bank.set(&[Peak::new(700.0, 10.0, 0.5), off, off, off], 48_000.0);
        let mut level = |hz: f32| {
            bank.reset();
            let mut peak = 0.0_f32;
            for i in 0..9600 {
                let y = bank
                    .process_mono(libm::sinf(core::f32::consts::TAU * hz * i as f32 / 48_000.0));
                if i > 4800 {
                    peak = peak.max(y.abs());
                }
            }
            peak
        };
        assert!((level(700.0) - 0.5).abs() < 0.01);
        assert!(level(1400.0) < 0.05);
    }

    #[test]
    fn stereo_and_mono_agree() {
        let mut stereo = Resonances::default();
        stereo.set(&VOWELS[0], 48_000.0);
        let mut mono = stereo;
        let mut left = [0.0; 64];
        left[0] = 1.0;
        let mut right = [0.0; 64];
        stereo.process(&mut left, &mut right, 0.0);
        for (i, l) in left.iter().enumerate() {
            assert!((mono.process_mono(if i == 0 { 1.0 } else { 0.0 }) - l).abs() < 1e-6);
        }
        assert!(right.iter().all(|r| *r == 0.0));
    }
}
