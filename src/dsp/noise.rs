//! Randomness that can be heard: white and pink noise, and clicks at random times. Also the rule by which every random
//! choice of the sound code derives from a seed.
//!
//! The generators are tiny (not cryptographic, not for decisions of the composer), start from a ChaCha8 substream, and
//! give the same samples for the same seed on every platform. Thread: any; nothing allocates.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use wide::u32x8;

use super::math::{Lanes, log2};

/// The substream of a seed for one purpose: streams with different numbers are independent, so adding a consumer of one
/// stream never changes another. Use a constant or a counter as `stream`, never a value that depends on order.
pub fn substream(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// The next number of a generator in 0..1, with 24 bits.
pub fn unit(rng: &mut ChaCha8Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// The next number of a generator in -1..1.
pub fn bipolar(rng: &mut ChaCha8Rng) -> f32 {
    unit(rng) * 2.0 - 1.0
}

/// White noise, uniform in -1..1 (RMS -4.8 dBFS): xorshift32 (Marsaglia 2003), one multiply to hide its weak low bits.
#[derive(Debug, Clone)]
pub struct White {
    state: u32,
}

impl White {
    /// Noise that starts anywhere in its period of 2^32 - 1.
    pub fn new(rng: &mut ChaCha8Rng) -> Self {
        // Zero is the one state that xorshift never leaves.
        Self { state: rng.next_u32().max(1) }
    }

    /// Noise from a state that another generator drew, for a voice that starts on the audio thread.
    #[inline]
    pub fn from_bits(bits: u32) -> Self {
        Self { state: bits.max(1) }
    }

    /// Next 32 random bits.
    #[inline]
    pub fn next_bits(&mut self) -> u32 {
        let mut x = self.state;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.state = x;
        x.wrapping_mul(0x9e37_79b9)
    }

    /// Next sample, -1..1.
    #[inline]
    pub fn next_sample(&mut self) -> f32 {
        // The upper 23 bits become a number in 2..4; that is quicker than a conversion, and exact.
        f32::from_bits((self.next_bits() >> 9) | 0x4000_0000) - 3.0
    }

    /// Next number in 0..1, for a choice on the audio thread (round robin, jitter).
    #[inline]
    pub fn next_unit(&mut self) -> f32 {
        f32::from_bits((self.next_bits() >> 9) | 0x3f80_0000) - 1.0
    }

    /// Overwrites a buffer.
    #[inline]
    pub fn fill(&mut self, out: &mut [f32]) {
        for y in out {
            *y = self.next_sample();
        }
    }
}

/// Four [`White`] side by side, two samples of each at a time: a generator waits for its own last number, and four
/// wait no longer than one.
#[derive(Debug, Clone, Copy)]
pub struct WhitePairs {
    /// What is drawn next: in lane 2k the next state of generator k, in lane 2k + 1 the one after it.
    next: u32x8,
    drawn: u32x8,
}

impl WhitePairs {
    /// Goes on where these generators are; lanes without one hold noise of no meaning.
    pub fn new(generators: [Option<&White>; 4]) -> Self {
        let states = generators.map(|white| white.map_or(1, |white| white.state));
        let [a, b, c, d] = states;
        let drawn = u32x8::new([a, a, b, b, c, c, d, d]);
        let (one, two) = (advance8(drawn), advance8(advance8(drawn)));
        let (one, two) = (one.to_array(), two.to_array());
        let next = std::array::from_fn(|lane| if lane % 2 == 0 { one[lane] } else { two[lane] });
        Self { next: u32x8::new(next), drawn }
    }

    /// The next two samples of every generator: in lane 2k the first of generator k, in lane 2k + 1 the second.
    #[inline]
    pub fn next_samples(&mut self) -> Lanes {
        self.drawn = self.next;
        self.next = advance8(advance8(self.next));
        let bits = self.drawn * u32x8::splat(0x9e37_79b9);
        Lanes::from_bits((bits >> 9_u32) | u32x8::splat(0x4000_0000)) - Lanes::splat(3.0)
    }

    /// Where generator number `index` has come to.
    pub fn generator(&self, index: usize) -> White {
        White::from_bits(self.drawn.to_array().get(2 * index + 1).copied().unwrap_or(1))
    }
}

/// A step of xorshift32 in eight lanes.
#[inline(always)]
fn advance8(mut x: u32x8) -> u32x8 {
    x ^= x << 13_u32;
    x ^= x >> 17_u32;
    x ^= x << 5_u32;
    x
}

/// Rows of [`Pink`]; the lowest changes every 2^15 frames, which carries the slope down to about 1 Hz.
const PINK_ROWS: usize = 16;

/// Pink noise (-3 dB per octave from a few Hz up to half the sample rate, within about 1 dB), RMS about -12 dBFS: the
/// Voss-McCartney scheme (a sum of white rows, row k drawn anew every 2^k frames, one row a frame).
#[derive(Debug, Clone)]
pub struct Pink {
    white: White,
    rows: [f32; PINK_ROWS],
    sum: f32,
    count: u32,
}

impl Pink {
    /// Noise that has already run in.
    pub fn new(rng: &mut ChaCha8Rng) -> Self {
        let mut white = White::new(rng);
        let rows = std::array::from_fn(|_| white.next_sample());
        Self { white, rows, sum: rows.iter().sum(), count: 0 }
    }

    /// Next sample; never outside -1..1.
    #[inline]
    pub fn next_sample(&mut self) -> f32 {
        self.count = self.count.wrapping_add(1);
        let row = self.count.trailing_zeros() as usize;
        let value = self.white.next_sample();
        if let Some(slot) = self.rows.get_mut(row) {
            self.sum += value - *slot;
            *slot = value;
        }
        // Differences leave rounding behind; a fresh sum now and then removes it before it can be heard.
        if self.count & 0xfff == 0 {
            self.sum = self.rows.iter().sum();
        }
        (self.sum + self.white.next_sample()) * (1.0 / (PINK_ROWS as f32 + 1.0))
    }

    /// Overwrites a buffer.
    #[inline]
    pub fn fill(&mut self, out: &mut [f32]) {
        for y in out {
            *y = self.next_sample();
        }
    }
}

/// Events at random times, on average `rate` per second: a Poisson process, so the gaps are exponential.
#[derive(Debug, Clone)]
pub struct Poisson {
    white: White,
    frames_per_event: f32,
    wait: f32,
}

impl Poisson {
    /// A process with `rate` events per second (at least one in a day).
    pub fn new(rng: &mut ChaCha8Rng, rate: f32, sample_rate: f32) -> Self {
        let mut this = Self { white: White::new(rng), frames_per_event: 0.0, wait: 0.0 };
        this.set_rate(rate, sample_rate);
        this.wait = this.draw();
        this
    }

    /// Changes the rate from the next event on.
    pub fn set_rate(&mut self, rate: f32, sample_rate: f32) {
        self.frames_per_event = sample_rate / rate.max(1.0 / 86_400.0);
    }

    /// Goes one frame on; whether an event is due in it.
    #[inline]
    pub fn tick(&mut self) -> bool {
        self.wait -= 1.0;
        if self.wait > 0.0 {
            return false;
        }
        self.wait += self.draw();
        true
    }

    fn draw(&mut self) -> f32 {
        // -ln(u) with u in (0, 1].
        -log2(1.0 - self.white.next_unit()) * std::f32::consts::LN_2 * self.frames_per_event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(samples: &[f32]) -> (f64, f64) {
        let n = samples.len() as f64;
        let mean = samples.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        (mean, samples.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n)
    }

    #[test]
    fn white_is_flat_uniform_and_repeatable() {
        let mut noise = White::new(&mut substream(7, 0));
        let mut samples = vec![0.0; 100_000];
        noise.fill(&mut samples);
        let (mean, variance) = moments(&samples);
        assert!(mean.abs() < 0.01 && (variance - 1.0 / 3.0).abs() < 0.01, "{mean} {variance}");
        assert!(samples.iter().all(|x| (-1.0..1.0).contains(x)));
        for lag in [1, 2, 7] {
            let r: f64 = samples.iter().zip(&samples[lag..]).map(|(a, b)| f64::from(a * b)).sum();
            assert!((r / 1e5 / variance).abs() < 0.02, "lag {lag}");
        }
        let mut again = White::new(&mut substream(7, 0));
        assert!(samples.iter().take(100).all(|&x| x == again.next_sample()));
        let mut other = White::new(&mut substream(7, 1));
        assert!(samples.iter().take(100).any(|&x| x != other.next_sample()));
    }

    #[test]
    fn four_generators_side_by_side_give_what_they_give_alone() {
        let alone: [White; 3] = std::array::from_fn(|i| White::new(&mut substream(5, i as u64)));
        let [a, b, c] = &alone;
        let mut pairs = WhitePairs::new([Some(a), Some(b), Some(c), None]);
        let mut copies = alone.clone();
        for _ in 0..100 {
            let lanes = pairs.next_samples().to_array();
            for (copy, pair) in copies.iter_mut().zip(lanes.chunks_exact(2)) {
                assert_eq!([copy.next_sample(), copy.next_sample()], pair);
            }
        }
        for (index, mut copy) in copies.into_iter().enumerate() {
            assert_eq!(pairs.generator(index).next_bits(), copy.next_bits());
        }
    }

    /// Pink noise has the same power in every octave: compare octave bands by differences of moving averages.
    #[test]
    fn pink_falls_three_decibels_per_octave() {
        let mut noise = Pink::new(&mut substream(3, 0));
        let mut samples = vec![0.0; 1 << 18];
        noise.fill(&mut samples);
        // The variance of Haar wavelet details is a coarse octave spectrum; for pink noise it doubles with each octave.
        let mut level = samples;
        let mut powers = Vec::new();
        for _ in 0..8 {
            let detail: Vec<f32> =
                level.chunks_exact(2).map(|p| (p[0] - p[1]) * 0.5_f32.sqrt()).collect();
            powers.push(moments(&detail).1);
            level = level.chunks_exact(2).map(|p| (p[0] + p[1]) * 0.5_f32.sqrt()).collect();
        }
        for pair in powers[1..].windows(2) {
            let db = 10.0 * (pair[1] / pair[0]).log10();
            assert!((db - 3.0).abs() < 0.9, "{db} dB between octaves: {powers:?}");
        }
    }

    #[test]
    fn poisson_keeps_its_rate() {
        let mut clicks = Poisson::new(&mut substream(11, 0), 20.0, 48_000.0);
        let mut gaps = Vec::new();
        let mut gap = 0.0_f32;
        for _ in 0..48_000 * 60 {
            gap += 1.0;
            if clicks.tick() {
                gaps.push(gap);
                gap = 0.0;
            }
        }
        assert!((gaps.len() as f32 - 1200.0).abs() < 110.0, "{}", gaps.len());
        // Exponential gaps have a standard deviation equal to their mean.
        let (mean, variance) = moments(&gaps);
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.1);
    }
}
