//! Dice: the few draws that the composer needs, over one substream of the seed.

use rand_chacha::ChaCha8Rng;
use rand_core::Rng;

/// Draws from a substream. Every number depends on nothing but the substream and the draws before it.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice over a substream.
    pub fn new(stream: ChaCha8Rng) -> Self {
        Self(stream)
    }

    /// Evenly from 0 (inclusive) to 1 (exclusive), with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with a probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Evenly from 0 to `count` - 1; 0 where there is nothing to choose.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// Evenly between two numbers.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// One of several, evenly.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// An index by weight; `None` where all weights are zero. Draws once.
    pub fn weighted(&mut self, weights: impl IntoIterator<Item = f64>) -> Option<usize> {
        let weights = weights.into_iter().map(|w| w.max(0.0)).collect::<Vec<_>>();
        let total = weights.iter().sum::<f64>();
        let mut left = self.unit() * total;
        if total <= 0.0 {
            return None;
        }
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return Some(index);
            }
        }
        weights.iter().rposition(|w| *w > 0.0)
    }

    /// Close to a normal distribution with mean 0 and deviation 1: the sum of four even draws, which never strays past ±3.5,
    /// so no note is ever thrown far from its place.
    pub fn normal(&mut self) -> f64 {
        let sum = self.unit() + self.unit() + self.unit() + self.unit();
        (sum - 2.0) * 1.732_050_807_568_877_2
    }

    /// Any whole number, for the seeds of other things.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// Pink (1/f) noise of deviation about 1, as human timing drifts (Hennig et al. 2011): several random walks that are
/// redrawn at halving rates, after Voss.
#[derive(Debug, Clone)]
pub struct Drift {
    dice: Dice,
    rows: [f64; 6],
    count: u32,
}

impl Drift {
    /// A drift that starts settled.
    pub fn new(mut dice: Dice) -> Self {
        let rows = std::array::from_fn(|_| dice.normal());
        Self { dice, rows, count: 0 }
    }

    /// The next value.
    pub fn step(&mut self) -> f64 {
        self.count = self.count.wrapping_add(1);
        let row = (self.count.trailing_zeros() as usize).min(self.rows.len() - 1);
        let fresh = self.dice.normal();
        if let Some(slot) = self.rows.get_mut(row) {
            *slot = fresh;
        }
        self.rows.iter().sum::<f64>() / 2.449_489_742_783_178
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::composer::sketch::substream;
    use crate::model::units::Seed;

    fn dice() -> Dice {
        Dice::new(substream(Seed(7), "test", 0, 0, "drums"))
    }

    #[test]
    fn weights_are_honoured() {
        let mut dice = dice();
        let mut counts = [0; 3];
        for _ in 0..4_000 {
            counts[dice.weighted([3.0, 0.0, 1.0]).unwrap()] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((2_850..3_150).contains(&counts[0]), "{counts:?}");
        assert_eq!(dice.weighted([0.0, 0.0]), None);
    }

    #[test]
    fn the_drift_is_as_wide_as_promised_and_pink() {
        let mut drift = Drift::new(dice());
        let values = (0..8_192).map(|_| drift.step()).collect::<Vec<_>>();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 8_192.0;
        assert!((0.7..1.3).contains(&variance), "{variance}");
        // White noise has no memory; pink noise remembers its neighbours.
        let neighbours =
            values.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum::<f64>() / 8_191.0;
        assert!(neighbours / variance > 0.5, "{}", neighbours / variance);
    }
}
