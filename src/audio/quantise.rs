//! From float samples to stored integers: scaling, dither, rounding, clamping. Nothing may wrap, and not-a-number
//! becomes silence.
//!
//! 16 bit is dithered with triangular noise of 2 LSB width (Lipshitz, Wannamaker, Vanderkooy: "Quantization and
//! Dither", JAES 1992), drawn from a seeded ChaCha8 stream, so that the same take gives the same bytes. Samples that
//! already lie on the 16 bit grid pass unchanged: digital silence stays silent and 16 bit material survives a round
//! trip exactly.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::format::Depth;

/// Turns blocks of planar floats into interleaved integers. Keeps the place in the dither stream between blocks, so
/// the split into blocks does not change the result.
#[derive(Debug, Clone)]
pub struct Quantiser {
    depth: Depth,
    noise: ChaCha8Rng,
}

impl Quantiser {
    /// The dither of a take has its own ChaCha stream number ("DITH"), so it repeats no other draw of the same seed.
    const STREAM: u64 = 0x4449_5448;

    /// Makes one for a depth. [`Depth::F32`] gives the bits of the floats.
    pub fn new(depth: Depth, seed: u64) -> Self {
        let mut noise = ChaCha8Rng::seed_from_u64(seed);
        noise.set_stream(Self::STREAM);
        Self { depth, noise }
    }

    /// Appends `frames x planes` interleaved samples. 16 and 24 bit values are sign-extended; floats are bit patterns.
    /// Planes shorter than the first are read as silence behind their end.
    pub fn append(&mut self, planes: &[&[f32]], out: &mut Vec<i32>) {
        let frames = planes.first().map_or(0, |plane| plane.len());
        let start = out.len();
        let step = planes.len().max(1);
        out.resize(start + frames * planes.len(), 0);
        let Some(block) = out.get_mut(start..) else { return };
        for (channel, plane) in planes.iter().enumerate() {
            let samples = plane.iter().zip(block.iter_mut().skip(channel).step_by(step));
            match self.depth {
                // First pass: the grid position scaled by 2^16, so that the dither below has whole numbers to add.
                Depth::I16 => samples.for_each(|(x, y)| *y = fixed_16_16(*x)),
                Depth::I24 => samples.for_each(|(x, y)| *y = quantise_24(*x)),
                Depth::F32 => samples.for_each(|(x, y)| *y = finite(*x).to_bits() as i32),
            }
        }
        if self.depth == Depth::I16 {
            for sample in block {
                *sample = self.dithered(*sample);
            }
        }
    }

    /// Rounds a 16.16 fixed point value to 16 bits with triangular dither.
    fn dithered(&mut self, fixed: i32) -> i32 {
        // One draw per sample whatever the value, so that an edit at one place does not move the noise of the rest.
        let draw = self.noise.next_u32();
        if fixed & 0xffff == 0 {
            return fixed >> 16;
        }
        let triangle = (draw >> 16) as i64 + (draw & 0xffff) as i64 - 0xffff;
        let rounded = (i64::from(fixed) + triangle + 0x8000) >> 16;
        rounded.clamp(-32_768, 32_767) as i32
    }
}

fn finite(x: f32) -> f32 {
    if x.is_finite() { x } else { 0.0 }
}

/// Full scale to 16.16 fixed point, rounded to nearest, clamped to what 16 bits can hold.
fn fixed_16_16(x: f32) -> i32 {
    let clamped = f64::from(finite(x)).clamp(-1.0, 32_767.0 / 32_768.0);
    round(clamped * 2_147_483_648.0)
}

/// Full scale to 24 bits, rounded to nearest, clamped.
fn quantise_24(x: f32) -> i32 {
    round((f64::from(finite(x)) * 8_388_608.0).clamp(-8_388_608.0, 8_388_607.0))
}

/// Rounds to nearest, ties to even, by letting the addition of 1.5 x 2^52 drop the fraction; exact below 2^51.
fn round(x: f64) -> i32 {
    const MAGIC: f64 = 6_755_399_441_055_744.0;
    ((x + MAGIC) - MAGIC) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantise(depth: Depth, samples: &[f32]) -> Vec<i32> {
        let mut out = Vec::new();
        Quantiser::new(depth, 1).append(&[samples], &mut out);
        out
    }

    #[test]
    fn nothing_wraps_and_nothing_is_not_a_number() {
        let wild = [1.0, -1.0, 2.0, -2.0, 1e30, -1e30, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        let top = 8_388_607;
        assert_eq!(
            quantise(Depth::I24, &wild),
            [top, -top - 1, top, -top - 1, top, -top - 1, 0, 0, 0]
        );
        let low = quantise(Depth::I16, &wild);
        assert_eq!(low, [32767, -32768, 32767, -32768, 32767, -32768, 0, 0, 0]);
        assert_eq!(quantise(Depth::F32, &[f32::NAN, 1.5]), [0, 1.5_f32.to_bits() as i32]);
    }

    #[test]
    fn triangular_dither_makes_the_error_independent_of_the_signal() {
        // With TPDF dither the total error has zero mean and a variance of 1/4 LSB^2, at any place between two steps.
        for offset in [0.1_f32, 0.25, 0.5, 0.9] {
            let x = (100.0 + offset) / 32_768.0;
            let out = quantise(Depth::I16, &vec![x; 200_000]);
            let errors = out.iter().map(|y| f64::from(*y) - f64::from(x) * 32_768.0);
            let mean = errors.clone().sum::<f64>() / 200_000.0;
            let variance = errors.map(|e| e * e).sum::<f64>() / 200_000.0;
            assert!(mean.abs() < 0.006, "{offset}: mean {mean}");
            assert!((variance - 0.25).abs() < 0.005, "{offset}: variance {variance}");
        }
    }

    proptest! {
        #[test]
        fn values_on_the_grid_pass_unchanged(value in -32_768..=32_767_i32, seed: u64) {
            let mut out = Vec::new();
            Quantiser::new(Depth::I16, seed).append(&[&[value as f32 / 32_768.0]], &mut out);
            prop_assert_eq!(out, vec![value]);
        }

        #[test]
        fn the_split_into_blocks_does_not_matter(
            left in prop::collection::vec(-1.2f32..1.2, 1..64), cut in 0usize..64, seed: u64,
        ) {
            let right = left.iter().map(|x| x * 0.3).collect::<Vec<_>>();
            let cut = cut.min(left.len());
            let mut whole = Vec::new();
            Quantiser::new(Depth::I16, seed).append(&[&left, &right], &mut whole);
            let mut parts = Vec::new();
            let mut quantiser = Quantiser::new(Depth::I16, seed);
            quantiser.append(&[&left[..cut], &right[..cut]], &mut parts);
            quantiser.append(&[&left[cut..], &right[cut..]], &mut parts);
            prop_assert_eq!(whole, parts);
        }
    }
}
