//! Phase-modulation operators that render whole runs, so that the sine loop vectorises over frames.
//!
//! There is no feedback operator: feedback would tie every frame to the one before.
//! Source: J. Chowning, "The Synthesis of Complex Audio Spectra by Means of Frequency Modulation", JAES 21, 1973.

use super::math::sin_turns;
use super::voices::COUNT_UP;

/// A sine with a phase that others may push. Runs are of at most 64 frames.
#[derive(Debug, Clone, Copy, Default)]
pub struct Operator {
    phase: f32,
}

impl Operator {
    /// Begins at a phase in turns.
    pub fn start(&mut self, phase: f32) {
        self.phase = phase;
    }

    /// Writes a plain sine. `step` is in turns a frame.
    pub fn sine(&mut self, step: f32, out: &mut [f32]) {
        let phase = self.phase;
        for (y, at) in out.iter_mut().zip(&COUNT_UP) {
            *y = sin_turns(phase + step * at);
        }
        self.turn(step, out.len());
    }

    /// Writes a sine whose phase is pushed by `push * index` turns, with the index on a line from `index` by `index_step`.
    pub fn pushed(&mut self, step: f32, push: &[f32], index: f32, index_step: f32, out: &mut [f32]) {
        let phase = self.phase;
        for ((y, m), at) in out.iter_mut().zip(push).zip(&COUNT_UP) {
            *y = sin_turns(phase + step * at + m * (index + index_step * at));
        }
        self.turn(step, out.len());
    }

    fn turn(&mut self, step: f32, frames: usize) {
        let phase = self.phase + step * frames as f32;
        self.phase = phase - libm::floorf(phase);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_join_without_a_seam() {
        let (mut whole, mut parts) = (Operator::default(), Operator::default());
        let (mut a, mut b) = ([0.0; 64], [0.0; 64]);
        whole.sine(0.0123, &mut a);
        parts.sine(0.0123, &mut b[..23]);
        parts.sine(0.0123, &mut b[23..]);
        for (x, y) in a.iter().zip(&b) {
            assert!((x - y).abs() < 2e-5);
        }
    }

    #[test]
    fn pushing_adds_sidebands_but_keeps_the_power() {
        let (mut carrier, mut modulator) = (Operator::default(), Operator::default());
        let mut power = 0.0;
        for _ in 0..75 {
            let (mut push, mut out) = ([0.0; 64], [0.0; 64]);
            modulator.sine(0.01, &mut push);
            carrier.pushed(0.01, &push, 0.3, 0.0, &mut out);
            power += out.iter().map(|y| y * y).sum::<f32>();
        }
        // Frequency modulation with sines at one ratio moves energy between harmonics; the mean stays near one half.
        assert!((power / 4800.0 - 0.5).abs() < 0.12);
    }
}
