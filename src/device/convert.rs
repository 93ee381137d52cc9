//! Samples as cards want them: stereo floats to and from interleaved frames of any format and number of channels.
//!
//! 16 bits and fewer are dithered with triangular noise of 2 LSB width (Lipshitz, Wannamaker, Vanderkooy: "Quantization and
//! Dither", JAES 1992), one draw a sample. Samples on the format's grid pass unchanged, so silence stays silent. Nothing
//! wraps, and not-a-number becomes silence. Nothing here allocates.

use cpal::{I24, U24};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Noise for rounding to few bits.
#[derive(Debug, Clone)]
pub(crate) struct Dither(ChaCha8Rng);

impl Dither {
    /// The dither of a card has its own ChaCha stream number ("CARD"), so it repeats no other draw of the same seed.
    const STREAM: u64 = 0x4341_5244;

    pub(crate) fn new(seed: u64) -> Self {
        let mut noise = ChaCha8Rng::seed_from_u64(seed);
        noise.set_stream(Self::STREAM);
        Self(noise)
    }

    /// Triangular noise between -1 and 1, mean 0.
    fn triangle(&mut self) -> f64 {
        let draw = self.0.next_u32();
        (f64::from(draw >> 16) + f64::from(draw & 0xffff) - 65_535.0) / 65_536.0
    }
}

/// A sample as it lies in a card's buffer.
pub(crate) trait Stored: Copy {
    /// Digital silence.
    fn silence() -> Self;
    /// From full scale ±1.0, clipped.
    fn store(x: f32, dither: &mut Dither) -> Self;
    /// To full scale ±1.0.
    fn load(self) -> f32;
}

/// Rounds to a signed integer of so many bits, clipped. 32 bits and fewer fit a double exactly.
fn round(x: f32, bits: u32, noise: Option<&mut Dither>) -> i64 {
    let finite = if x.is_finite() { f64::from(x) } else { 0.0 };
    let full = (1_u64 << (bits - 1)) as f64;
    let scaled = finite.clamp(-1.0, 1.0) * full;
    // One draw a sample whatever its value, so that an edit at one place does not move the noise of the rest.
    let noise = noise.map_or(0.0, Dither::triangle);
    let whole = libm::rint(scaled);
    let rounded = if whole == scaled { scaled } else { libm::rint(scaled + noise) };
    rounded.clamp(-full, full - 1.0) as i64
}

/// Integers: the signed type, or the unsigned one with its silence in the middle.
macro_rules! stored_integer {
    ($type:ty, $bits:literal, $silence:expr, $dithered:literal, $wrap:expr, $unwrap:expr) => {
        impl Stored for $type {
            fn silence() -> Self {
                $silence
            }

            fn store(x: f32, dither: &mut Dither) -> Self {
                let value = round(x, $bits, if $dithered { Some(dither) } else { None });
                $wrap(value)
            }

            fn load(self) -> f32 {
                let value: i64 = $unwrap(self);
                (value as f64 / (1_u64 << ($bits - 1)) as f64) as f32
            }
        }
    };
}

stored_integer!(i8, 8, 0, true, |v: i64| v as i8, i64::from);
stored_integer!(u8, 8, 128, true, |v: i64| (v + 128) as u8, |v: u8| i64::from(v) - 128);
stored_integer!(i16, 16, 0, true, |v: i64| v as i16, i64::from);
stored_integer!(u16, 16, 1 << 15, true, |v: i64| (v + (1 << 15)) as u16, |v: u16| i64::from(v)
    - (1 << 15));
stored_integer!(
    I24,
    24,
    I24::new_unchecked(0),
    false,
    |v: i64| I24::new_unchecked(v as i32),
    |v: I24| i64::from(v.inner())
);
stored_integer!(
    U24,
    24,
    U24::new_unchecked(1 << 23),
    false,
    |v: i64| U24::new_unchecked((v + (1 << 23)) as i32),
    |v: U24| i64::from(v.inner()) - (1 << 23)
);
stored_integer!(i32, 32, 0, false, |v: i64| v as i32, i64::from);
stored_integer!(u32, 32, 1 << 31, false, |v: i64| (v + (1 << 31)) as u32, |v: u32| i64::from(v)
    - (1 << 31));

impl Stored for f32 {
    fn silence() -> Self {
        0.0
    }

    fn store(x: f32, _: &mut Dither) -> Self {
        if x.is_finite() { x.clamp(-1.0, 1.0) } else { 0.0 }
    }

    fn load(self) -> f32 {
        if self.is_finite() { self } else { 0.0 }
    }
}

impl Stored for f64 {
    fn silence() -> Self {
        0.0
    }

    fn store(x: f32, dither: &mut Dither) -> Self {
        Self::from(f32::store(x, dither))
    }

    fn load(self) -> f32 {
        (self as f32).load()
    }
}

/// Writes stereo to the first pair of interleaved channels and silence to the rest; one channel gets the middle of both.
/// `out` holds `left.len()` frames. Thread: audio.
pub(crate) fn interleave<T: Stored>(
    left: &[f32],
    right: &[f32],
    out: &mut [T],
    channels: usize,
    dither: &mut Dither,
) {
    let pairs = left.iter().zip(right);
    for (frame, (left, right)) in out.chunks_exact_mut(channels.max(1)).zip(pairs) {
        match frame {
            [mono] => *mono = T::store((left + right) * 0.5, dither),
            [first, second, rest @ ..] => {
                *first = T::store(*left, dither);
                *second = T::store(*right, dither);
                rest.fill(T::silence());
            }
            [] => {}
        }
    }
}

/// The first pair of an interleaved frame; one channel counts as both. Thread: audio.
pub(crate) fn first_pair<T: Stored>(frame: &[T]) -> [f32; 2] {
    match frame {
        [mono] => [mono.load(); 2],
        [left, right, ..] => [left.load(), right.load()],
        [] => [0.0; 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stored<T: Stored>(x: f32) -> T {
        T::store(x, &mut Dither::new(1))
    }

    #[test]
    fn full_scale_is_clipped_and_never_wraps() {
        for (x, i16_, i32_) in [
            (1.0, i16::MAX, i32::MAX),
            (-1.0, i16::MIN, i32::MIN),
            (7.5, i16::MAX, i32::MAX),
            (-1e30, i16::MIN, i32::MIN),
            (f32::NAN, 0, 0),
            (f32::INFINITY, 0, 0),
        ] {
            assert_eq!((stored::<i16>(x), stored::<i32>(x)), (i16_, i32_), "{x}");
        }
        assert_eq!(stored::<I24>(1.0).inner(), 8_388_607);
        assert_eq!(stored::<I24>(-1.0).inner(), -8_388_608);
        assert_eq!(stored::<U24>(0.0).inner(), 8_388_608);
        assert_eq!((stored::<u8>(-1.0), stored::<u8>(0.0), stored::<u8>(1.0)), (0, 128, 255));
        assert_eq!((stored::<u16>(-1.0), stored::<u16>(0.0)), (0, 32_768));
        assert_eq!((stored::<u32>(-1.0), stored::<u32>(1.0)), (0, u32::MAX));
        assert_eq!((stored::<f32>(2.0), stored::<f64>(f32::NAN)), (1.0, 0.0));
    }

    #[test]
    fn dither_is_triangular_and_at_most_one_step() {
        // TPDF dither gives an error of mean 0 and variance 1/4 LSB^2 wherever the value lies between two steps.
        let mut dither = Dither::new(7);
        for offset in [0.1_f32, 0.5, 0.9] {
            let x = (100.0 + offset) / 32_768.0;
            let errors: Vec<_> = (0..100_000)
                .map(|_| f64::from(i16::store(x, &mut dither)) - f64::from(x) * 32_768.0)
                .collect();
            let mean = errors.iter().sum::<f64>() / errors.len() as f64;
            let variance = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
            assert!(mean.abs() < 0.01, "{offset}: mean {mean}");
            assert!((variance - 0.25).abs() < 0.01, "{offset}: variance {variance}");
            assert!(errors.iter().all(|error| error.abs() <= 1.5));
        }
    }

    #[test]
    fn channels_are_laid_out_for_mono_stereo_and_surround() {
        let (left, right) = ([0.5, -0.25], [0.25, 0.25]);
        let mut dither = Dither::new(0);
        let mut mono = [9.0_f32; 2];
        interleave(&left, &right, &mut mono, 1, &mut dither);
        assert_eq!(mono, [0.375, 0.0]);
        let mut stereo = [9_i16; 4];
        interleave(&left, &right, &mut stereo, 2, &mut dither);
        assert_eq!(stereo, [16_384, 8_192, -8_192, 8_192]);
        let mut surround = [9_u8; 8];
        interleave(&left, &right, &mut surround, 4, &mut dither);
        assert_eq!(surround, [192, 160, 128, 128, 96, 160, 128, 128]);
        assert_eq!(first_pair(&[16_384_i16]), [0.5, 0.5]);
        assert_eq!(first_pair(&surround[..4]), [0.5, 0.25]);
    }

    proptest! {
        #[test]
        fn what_lies_on_the_grid_comes_back(value: i16, wide in -8_388_608..=8_388_607_i32, seed: u64) {
            let mut dither = Dither::new(seed);
            prop_assert_eq!(i16::store(value.load(), &mut dither), value);
            let wide = I24::new_unchecked(wide);
            prop_assert_eq!(I24::store(wide.load(), &mut dither), wide);
        }
    }
}
