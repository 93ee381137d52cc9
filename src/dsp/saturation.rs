//! Waveshapers: soft clip with a ceiling, asymmetric tube-like drive, bit and rate reduction. Without memory, unless said.

use super::math::tanh;

/// Passes what is below `knee` (linear) unchanged and bends the rest so that it nears `ceiling` and never passes it.
/// The slope is 1 where the bend begins, so there is no corner. `knee` must be below `ceiling`.
#[inline]
pub fn soft_clip_to(x: f32, knee: f32, ceiling: f32) -> f32 {
    let over = (x.abs() - knee).max(0.0);
    let room = ceiling - knee;
    // room * over / (over + room): a hyperbola, cheap and smooth.
    (x.abs().min(knee) + room * over / (over + room)).copysign(x)
}

/// Warm drive: tanh around an offset, which adds even harmonics; the offset's own output is taken away again. Slope 1 for
/// small signals. `bias` 0 is symmetric, 0.3 is a lot.
#[inline]
pub fn drive(x: f32, bias: f32) -> f32 {
    let at_rest = tanh(bias);
    (tanh(x + bias) - at_rest) / (1.0 - at_rest * at_rest)
}

/// Rounds to a number of bits, 1 to 24, fractions allowed (then the steps are in between).
#[inline]
pub fn quantise(x: f32, steps: f32) -> f32 {
    // Adding and taking away a large number rounds to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    ((x * steps).clamp(-4_000_000.0, 4_000_000.0) + ROUND - ROUND) / steps
}

/// Holds every value for a while, as a converter at a lower rate does. Stereo.
#[derive(Debug, Clone, Default)]
pub struct SampleHold {
    phase: f32,
    held: [f32; 2],
}

impl SampleHold {
    /// Takes a frame; `step` is the lower rate over the sample rate, 0 to 1.
    #[inline]
    pub fn next(&mut self, x: [f32; 2], step: f32) -> [f32; 2] {
        self.phase += step;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
            self.held = x;
        }
        self.held
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_clip_is_transparent_below_its_knee_and_bounded_above() {
        assert_eq!(soft_clip_to(0.4, 0.5, 0.9), 0.4);
        assert_eq!(soft_clip_to(-0.4, 0.5, 0.9), -0.4);
        let far = soft_clip_to(1e6, 0.5, 0.9);
        assert!(far <= 0.9 && far > 0.899);
        let xs = (0..2_000).map(|i| soft_clip_to(i as f32 * 0.001, 0.5, 0.9)).collect::<Vec<_>>();
        assert!(xs.windows(2).all(|w| w[1] > w[0] && w[1] - w[0] <= 0.001_001));
    }

    #[test]
    fn drive_is_neutral_for_small_signals_and_lopsided_with_bias() {
        assert!((drive(1e-3, 0.2) - 1e-3).abs() < 1e-5);
        assert_eq!(drive(0.0, 0.3), 0.0);
        assert!((drive(2.0, 0.0) + drive(-2.0, 0.0)).abs() < 1e-6);
        assert!((drive(2.0, 0.3) + drive(-2.0, 0.3)).abs() > 0.1);
    }

    #[test]
    fn quantising_has_its_steps_and_holding_its_rate() {
        assert_eq!(quantise(0.3, 2.0), 0.5);
        assert_eq!(quantise(-0.76, 4.0), -0.75);
        let mut hold = SampleHold::default();
        let ys = (0..8).map(|i| hold.next([i as f32, 0.0], 0.25)[0]).collect::<Vec<_>>();
        assert_eq!(ys, [0.0, 0.0, 0.0, 3.0, 3.0, 3.0, 3.0, 7.0]);
    }
}
