//! Values that reach their target without a click: a straight ramp for gains and mixes, a one-pole glide for the rest.
//!
//! Thread: audio (`set`, `next_value`, …); construction anywhere. Nothing allocates.

use super::math::one_pole_coef;

/// The time in seconds over which processors smooth a param.
pub const PARAM_SMOOTHING: f32 = 0.010;

/// A value on a straight line to its target, which it reaches exactly after the ramp time.
#[derive(Debug, Clone, Copy)]
pub struct Smoothed {
    value: f32,
    target: f32,
    step: f32,
    left: u32,
    ramp: u32,
}

impl Smoothed {
    /// A settled value that takes `seconds` for each later change.
    pub fn new(value: f32, seconds: f32, sample_rate: f32) -> Self {
        let ramp = ((seconds * sample_rate) as u32).max(1);
        Self { value, target: value, step: 0.0, left: 0, ramp }
    }

    /// Starts a ramp to a new target. NaN is ignored.
    #[inline]
    pub fn set(&mut self, target: f32) {
        if target.is_nan() || target == self.target {
            return;
        }
        self.target = target;
        self.left = self.ramp;
        self.step = (target - self.value) / self.ramp as f32;
    }

    /// Jumps to the target of the last `set`.
    pub fn settle(&mut self) {
        (self.value, self.left) = (self.target, 0);
    }

    /// Whether the target is reached, so that a block may use [`Self::value`] as a constant.
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.left == 0
    }

    /// The value now.
    #[inline]
    pub fn value(&self) -> f32 {
        self.value
    }

    /// Where it goes.
    #[inline]
    pub fn target(&self) -> f32 {
        self.target
    }

    /// Goes one frame on and gives the value there.
    #[inline]
    pub fn next_value(&mut self) -> f32 {
        if self.left > 0 {
            // Not by adding steps: so the value of a frame does not depend on how one got there.
            self.left -= 1;
            self.value = self.target - self.step * self.left as f32;
        }
        self.value
    }

    /// Goes `frames` on at once (control rate) and gives the value there.
    #[inline]
    pub fn advance(&mut self, frames: usize) -> f32 {
        if self.left > 0 {
            self.left -= (frames as u32).min(self.left);
            self.value = self.target - self.step * self.left as f32;
        }
        self.value
    }

    /// Multiplies a pair of buffers by the value, frame by frame.
    #[inline]
    pub fn apply(&mut self, left: &mut [f32], right: &mut [f32]) {
        if self.is_settled() {
            let gain = self.value;
            if gain != 1.0 {
                left.iter_mut().chain(right.iter_mut()).for_each(|y| *y *= gain);
            }
            return;
        }
        for (l, r) in left.iter_mut().zip(right.iter_mut()) {
            let gain = self.next_value();
            *l *= gain;
            *r *= gain;
        }
    }
}

/// A value that approaches its target exponentially (glides, followers), and lands on it in finite time.
#[derive(Debug, Clone, Copy)]
pub struct Glide {
    value: f32,
    target: f32,
    coef: f32,
}

impl Glide {
    /// A settled value with a time constant (63 %) of `seconds`.
    pub fn new(value: f32, seconds: f32, sample_rate: f32) -> Self {
        Self { value, target: value, coef: one_pole_coef(seconds, sample_rate) }
    }

    /// Changes the time constant.
    pub fn set_time(&mut self, seconds: f32, sample_rate: f32) {
        self.coef = one_pole_coef(seconds, sample_rate);
    }

    /// Sets where it goes.
    #[inline]
    pub fn set(&mut self, target: f32) {
        self.target = target;
    }

    /// Jumps there.
    #[inline]
    pub fn jump(&mut self, value: f32) {
        (self.value, self.target) = (value, value);
    }

    /// The value now.
    #[inline]
    pub fn value(&self) -> f32 {
        self.value
    }

    /// Whether it has arrived.
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.value == self.target
    }

    /// Goes one frame on and gives the value there.
    #[inline]
    pub fn next_value(&mut self) -> f32 {
        let next = self.value + self.coef * (self.target - self.value);
        // Where f32 has no smaller step left, the glide is over.
        self.value = if next == self.value { self.target } else { next };
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ramp_arrives_on_time_and_exactly() {
        let mut gain = Smoothed::new(0.0, 0.01, 48_000.0);
        gain.set(0.7);
        let values: Vec<f32> = (0..480).map(|_| gain.next_value()).collect();
        assert!(values.windows(2).all(|w| w[1] > w[0]));
        assert_eq!(values[479], 0.7);
        assert!((values[239] - 0.35).abs() < 1e-4);
        assert!(gain.is_settled());
        gain.set(f32::NAN);
        assert_eq!(gain.target(), 0.7);
    }

    #[test]
    fn advancing_at_control_rate_meets_the_audio_rate() {
        let mut a = Smoothed::new(1.0, 0.01, 48_000.0);
        let mut b = a;
        a.set(-3.0);
        b.set(-3.0);
        for _ in 0..10 {
            for _ in 0..64 {
                a.next_value();
            }
            assert_eq!(a.value(), b.advance(64));
        }
        assert!(b.is_settled() && b.value() == -3.0);
    }

    #[test]
    fn glide_has_its_time_constant() {
        let mut pitch = Glide::new(0.0, 0.1, 48_000.0);
        pitch.set(1.0);
        for _ in 0..4800 {
            pitch.next_value();
        }
        assert!((pitch.value() - 0.632).abs() < 0.001);
        for _ in 0..96_000 {
            pitch.next_value();
        }
        assert!(pitch.is_settled());
    }
}
