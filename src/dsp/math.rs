//! The elementary functions of signal code, as our own polynomials: the same bits on every platform, no branches, and
//! plain enough that the compiler turns a loop of them into SIMD. Lane versions (eight values at once) end in `8`.
//!
//! Not for values that need all 24 bits (design of a long filter at build time): those call `libm` directly.
//! Every error bound named here is held by a test against `libm`. Thread: any; nothing allocates.

use std::f32::consts::{LOG2_10, LOG2_E, PI};

/// Eight lanes of samples, voices or modes.
pub type Lanes = wide::f32x8;

/// How many lanes [`Lanes`] has.
pub const LANES: usize = 8;

/// Adding and taking away 1.5 * 2^23 leaves a float rounded to the nearest integer, because there is no room for a
/// fraction beside a number that large. Right for |x| < 2^22, and free of the slow `round` of old x86.
const ROUND: f32 = 12_582_912.0;

/// sin(2 pi a) / a as a polynomial in a^2 over a in 0..=0.25, fitted for the least largest error (4e-9).
const SIN: [f32; 5] = [std::f32::consts::TAU, -41.341_66, 81.601_29, -76.555_4, 39.574_333];

/// 2^f over f in -0.5..=0.5, fitted for the least largest error (2e-9).
const EXP2: [f32; 7] = [
    1.0,
    std::f32::consts::LN_2,
    0.240_226_5,
    0.055_503_27,
    0.009_617_994,
    0.001_340_043_2,
    0.000_154_780_2,
];

/// log2((1 + s) / (1 - s)) / s as a polynomial in s^2 over s in 0..=0.1716, fitted for the least largest error (2e-9).
const LOG2: [f32; 4] = [2.885_39, 0.961_798_8, 0.576_713_6, 0.431_754_73];

/// Sine of a phase in turns (1 = one period). Absolute error < 3e-7 for |phase| < 1, and what f32 leaves of the phase
/// beyond that; |phase| must stay below 2^22, so oscillators wrap theirs.
#[inline]
pub fn sin_turns(phase: f32) -> f32 {
    let r = phase - ((phase + ROUND) - ROUND);
    // The second half of each half-wave mirrors the first.
    let a = r.abs();
    let a = if a > 0.25 { 0.5 - a } else { a };
    let u = a * a;
    let p = SIN[0] + u * (SIN[1] + u * (SIN[2] + u * (SIN[3] + u * SIN[4])));
    (a * p).copysign(r)
}

/// Cosine of a phase in turns; see [`sin_turns`].
#[inline]
pub fn cos_turns(phase: f32) -> f32 {
    sin_turns(phase - ((phase + ROUND) - ROUND) + 0.25)
}

/// 2^x. Relative error < 3e-7; clamped to the normal range, so below 2^-126 the answer is 2^-126, never zero or denormal.
#[inline]
pub fn exp2(x: f32) -> f32 {
    let x = x.clamp(-126.0, 126.99);
    let shifted = x + ROUND;
    let f = x - (shifted - ROUND);
    let [c0, c1, c2, c3, c4, c5, c6] = EXP2;
    let p = c0 + f * (c1 + f * (c2 + f * (c3 + f * (c4 + f * (c5 + f * c6)))));
    // The low bits of `shifted` are the integer part; moved up by 23 they are an exponent, and adding exponents multiplies.
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()) << 23;
    f32::from_bits(p.to_bits().wrapping_add(exponent))
}

/// e^x; see [`exp2`]. The relative error grows with |x| to 2e-6 at |x| = 20, from the rounding of its argument.
#[inline]
pub fn exp(x: f32) -> f32 {
    exp2(x * LOG2_E)
}

/// Logarithm to base 2 of a positive normal number. Absolute error < 3e-7 near 1, relative 2e-7 elsewhere.
/// Zero and denormals answer about -127, negative numbers nothing meaningful (but never NaN).
#[inline]
pub fn log2(x: f32) -> f32 {
    let bits = x.abs().to_bits();
    // Splits x into 2^e * m with m in sqrt(1/2)..sqrt(2), where the series converges fastest.
    let e = (bits.wrapping_sub(0x3f35_04f3) as i32) >> 23;
    let m = f32::from_bits(bits.wrapping_sub((e << 23) as u32));
    let s = (m - 1.0) / (m + 1.0);
    let u = s * s;
    e as f32 + s * (LOG2[0] + u * (LOG2[1] + u * (LOG2[2] + u * LOG2[3])))
}

/// Hyperbolic tangent, the standard soft clipper. Absolute error < 3e-7.
#[inline]
pub fn tanh(x: f32) -> f32 {
    let e = exp2(x.abs() * (-2.0 * LOG2_E));
    ((1.0 - e) / (1.0 + e)).copysign(x)
}

/// Amplitude factor of a level in dB; relative error < 2e-6 for -120..=60 dB.
#[inline]
pub fn db_to_gain(db: f32) -> f32 {
    exp2(db * (LOG2_10 / 20.0))
}

/// Level in dB of an amplitude factor; about -760 for zero.
#[inline]
pub fn gain_to_db(gain: f32) -> f32 {
    log2(gain) * (20.0 / LOG2_10)
}

/// Frequency in Hz of a MIDI pitch (69 = A4 = 440 Hz, fractions allowed). Within 0.002 cents over 0..=127.
#[inline]
pub fn pitch_to_hz(pitch: f32) -> f32 {
    440.0 * exp2((pitch - 69.0) * (1.0 / 12.0))
}

/// Frequency ratio of an interval in semitones.
#[inline]
pub fn semitones_to_ratio(semitones: f32) -> f32 {
    exp2(semitones * (1.0 / 12.0))
}

/// Step coefficient `k` of `y += k * (x - y)` so that y covers 63 % of the way in `seconds`; 1 (at once) for 0 seconds.
/// Full precision (libm), because long times make it tiny. Meant for control rate.
pub fn one_pole_coef(seconds: f32, sample_rate: f32) -> f32 {
    let frames = seconds * sample_rate;
    if frames <= 1e-3 { 1.0 } else { -libm::expm1f(-1.0 / frames) }
}

/// Factor per frame of a decay that falls to 1/e (-8.69 dB) in `seconds`; 0 for 0 seconds. Full precision (libm through
/// f64, because the factor is close to 1 and its distance from 1 is what counts).
pub fn decay_factor(seconds: f32, sample_rate: f32) -> f32 {
    let frames = f64::from(seconds) * f64::from(sample_rate);
    if frames <= 1e-3 { 0.0 } else { libm::exp(-1.0 / frames) as f32 }
}

/// tan(pi f / fs): the warped frequency of a filter made by the trapezoidal rule. `cutoff` in Hz, clamped to
/// 1e-5..=0.49 of the sample rate, where the result stays below 32.
#[inline]
pub fn tan_prewarp(cutoff: f32, sample_rate: f32) -> f32 {
    let half = (cutoff / sample_rate).clamp(1e-5, 0.49) * 0.5;
    sin_turns(half) / cos_turns(half)
}

/// Cubic soft clip: linear for small signals, exactly ±1 from |x| = 1.5 on. Cheaper than [`tanh`], and without its long knee.
#[inline]
pub fn soft_clip(x: f32) -> f32 {
    let x = x.clamp(-1.5, 1.5);
    x - x * x * x * (4.0 / 27.0)
}

/// Gains (left, right) of a pan position -1..=1 at constant power: -3 dB each in the centre.
#[inline]
pub fn pan_gains(pan: f32) -> (f32, f32) {
    let turns = (pan.clamp(-1.0, 1.0) + 1.0) * 0.125;
    (cos_turns(turns), sin_turns(turns))
}

/// Straight line from `a` (t = 0) to `b` (t = 1).
#[inline]
pub fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// Angle per frame in radians of a frequency; here so that nobody writes 2 pi by hand.
#[inline]
pub fn radians_per_frame(hz: f32, sample_rate: f32) -> f32 {
    2.0 * PI * hz / sample_rate
}

/// [`sin_turns`] in eight lanes.
#[inline]
pub fn sin_turns8(phase: Lanes) -> Lanes {
    let round = Lanes::splat(ROUND);
    let r = phase - ((phase + round) - round);
    let a = r.abs();
    let a = a.fast_min(Lanes::splat(0.5) - a);
    let u = a * a;
    let [c0, c1, c2, c3, c4] = SIN.map(Lanes::splat);
    let p = c0 + u * (c1 + u * (c2 + u * (c3 + u * c4)));
    (a * p).copysign(r)
}

/// [`cos_turns`] in eight lanes.
#[inline]
pub fn cos_turns8(phase: Lanes) -> Lanes {
    let round = Lanes::splat(ROUND);
    sin_turns8(phase - ((phase + round) - round) + Lanes::splat(0.25))
}

/// [`exp2`] in eight lanes.
#[inline]
pub fn exp2_8(x: Lanes) -> Lanes {
    let round = Lanes::splat(ROUND);
    let x = x.fast_max(Lanes::splat(-126.0)).fast_min(Lanes::splat(126.99));
    let shifted = x + round;
    let f = x - (shifted - round);
    let [c0, c1, c2, c3, c4, c5, c6] = EXP2.map(Lanes::splat);
    let p = c0 + f * (c1 + f * (c2 + f * (c3 + f * (c4 + f * (c5 + f * c6)))));
    let exponent = (shifted.to_bits() - round.to_bits()) << 23;
    Lanes::from_bits(p.to_bits() + exponent)
}

/// [`tanh`] in eight lanes.
#[inline]
pub fn tanh8(x: Lanes) -> Lanes {
    let one = Lanes::splat(1.0);
    let e = exp2_8(x.abs() * Lanes::splat(-2.0 * LOG2_E));
    ((one - e) / (one + e)).copysign(x)
}

/// The sums of eight groups of lanes, the first group's in the first lane. Each sum is taken in the order of
/// [`Lanes::reduce_add`], so it has the same bits; eight together need a third of the work of eight alone.
#[inline]
pub fn sums8(groups: [Lanes; LANES]) -> Lanes {
    let [a, b, c, d, e, f, g, h] = Lanes::transpose(groups);
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Makes lanes from a function of the lane's number.
#[inline]
pub fn lanes_from(f: impl FnMut(usize) -> f32) -> Lanes {
    Lanes::new(std::array::from_fn(f))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` points from `lo` to `hi`.
    fn sweep(lo: f64, hi: f64, count: usize) -> impl Iterator<Item = f32> {
        (0..=count).map(move |i| (lo + (hi - lo) * i as f64 / count as f64) as f32)
    }

    #[test]
    fn sine_and_cosine_follow_libm() {
        for p in sweep(-3.0, 3.0, 60_000) {
            let angle = f64::from(p) * std::f64::consts::TAU;
            assert!((f64::from(sin_turns(p)) - libm::sin(angle)).abs() < 3e-7, "sin {p}");
            assert!((f64::from(cos_turns(p)) - libm::cos(angle)).abs() < 3e-7, "cos {p}");
        }
        assert_eq!(sin_turns(0.0), 0.0);
        assert_eq!(sin_turns(1000.0), 0.0);
    }

    #[test]
    fn exponentials_follow_libm() {
        for x in sweep(-120.0, 120.0, 50_000) {
            let want = libm::exp2(f64::from(x));
            assert!((f64::from(exp2(x)) / want - 1.0).abs() < 3e-7, "exp2 {x}");
        }
        for x in sweep(-20.0, 20.0, 20_000) {
            assert!((f64::from(exp(x)) / libm::exp(f64::from(x)) - 1.0).abs() < 2e-6, "exp {x}");
        }
        assert!(exp2(-1e9) > 0.0 && exp2(1e9).is_finite());
        for db in sweep(-120.0, 60.0, 2000) {
            let want = libm::pow(10.0, f64::from(db) / 20.0);
            assert!((f64::from(db_to_gain(db)) / want - 1.0).abs() < 2e-6, "dB {db}");
            assert!((gain_to_db(db_to_gain(db)) - db).abs() < 2e-4);
        }
    }

    #[test]
    fn logarithm_follows_libm() {
        for x in sweep(-100.0, 100.0, 40_000).map(|e| libm::exp2(f64::from(e)) as f32) {
            let want = libm::log2(f64::from(x));
            assert!((f64::from(log2(x)) - want).abs() < 3e-7 + 2e-7 * want.abs(), "log2 {x}");
        }
        assert!(log2(0.0) < -120.0);
    }

    #[test]
    fn tanh_follows_libm() {
        for x in sweep(-12.0, 12.0, 50_000) {
            assert!((f64::from(tanh(x)) - libm::tanh(f64::from(x))).abs() < 3e-7, "tanh {x}");
        }
        assert_eq!(tanh(1e9), 1.0);
        assert_eq!(tanh(-1e9), -1.0);
    }

    #[test]
    fn pitches_are_in_tune() {
        for pitch in 0..=127 {
            let want = 440.0 * libm::pow(2.0, (f64::from(pitch) - 69.0) / 12.0);
            let cents = 1200.0 * libm::log2(f64::from(pitch_to_hz(pitch as f32)) / want);
            assert!(cents.abs() < 0.002, "{pitch}: {cents} cents");
        }
    }

    #[test]
    fn coefficients_have_their_time_constants() {
        for seconds in [0.001_f32, 0.01, 1.0, 30.0] {
            let frames = (seconds * 48_000.0) as usize;
            let (k, r) = (one_pole_coef(seconds, 48_000.0), decay_factor(seconds, 48_000.0));
            let (mut y, mut d) = (0.0_f64, 1.0_f64);
            for _ in 0..frames {
                y += f64::from(k) * (1.0 - y);
                d *= f64::from(r);
            }
            assert!((y - 0.632_12).abs() < 0.002, "{seconds}: {y}");
            assert!((d - 0.367_88).abs() < 0.02, "{seconds}: {d}");
        }
        assert_eq!(one_pole_coef(0.0, 48_000.0), 1.0);
        assert_eq!(decay_factor(0.0, 48_000.0), 0.0);
        let want = libm::tan(std::f64::consts::PI * 1000.0 / 48_000.0);
        assert!((f64::from(tan_prewarp(1000.0, 48_000.0)) - want).abs() < 1e-6);
    }

    #[test]
    fn panning_keeps_power() {
        for pan in sweep(-1.0, 1.0, 100) {
            let (l, r) = pan_gains(pan);
            assert!((l * l + r * r - 1.0).abs() < 1e-6);
        }
        assert!((pan_gains(-1.0).0 - 1.0).abs() < 1e-6 && pan_gains(-1.0).1.abs() < 1e-6);
        assert!((pan_gains(0.0).0 - pan_gains(0.0).1).abs() < 1e-6);
    }

    #[test]
    fn lanes_agree_with_scalars_bit_for_bit() {
        for x in sweep(-5.0, 5.0, 5000) {
            let lanes = lanes_from(|i| x + i as f32 * 0.37);
            let each = |f: fn(f32) -> f32| lanes.to_array().map(f);
            assert_eq!(sin_turns8(lanes).to_array(), each(sin_turns));
            assert_eq!(cos_turns8(lanes).to_array(), each(cos_turns));
            assert_eq!(exp2_8(lanes).to_array(), each(exp2));
            assert_eq!(tanh8(lanes).to_array(), each(tanh));
        }
    }
}
