//! Phase-modulation operators that render whole runs, so that the sine loop vectorises over frames.
//!
//! There is no feedback operator: feedback would tie every frame to the one before.
//! Source: J. Chowning, "The Synthesis of Complex Audio Spectra by Means of Frequency Modulation", JAES 21, 1973.

use super::math::{LANES, Lanes, sin_turns8};
use super::voices::Line;

/// Up to 64 frames, eight to a lane group. Frames past the run's end hold garbage.
pub type Run = [Lanes; 64 / LANES];

/// 1, 2, 3, … in the layout of a [`Run`].
pub const COUNT_UP_LANES: Run = {
    let mut lanes = [Lanes::ZERO; 64 / LANES];
    let mut i = 0;
    while i < lanes.len() {
        let at = (i * LANES) as f32;
        lanes[i] = Lanes::new([
            at + 1.0,
            at + 2.0,
            at + 3.0,
            at + 4.0,
            at + 5.0,
            at + 6.0,
            at + 7.0,
            at + 8.0,
        ]);
        i += 1;
    }
    lanes
};

/// The first frames of a run as samples.
pub fn write_run(run: &Run, out: &mut [f32]) {
    for (samples, lanes) in out.chunks_mut(LANES).zip(run) {
        let values = lanes.to_array();
        samples.copy_from_slice(&values[..samples.len()]);
    }
}

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
    pub fn sine(&mut self, step: f32, frames: usize, out: &mut Run) {
        let (start, rise) = (Lanes::splat(self.phase), Lanes::splat(step));
        for (y, at) in out.iter_mut().zip(&COUNT_UP_LANES).take(frames.div_ceil(LANES)) {
            *y = sin_turns8(start + rise * *at);
        }
        self.turn(step, frames);
    }

    /// Writes a sine whose phase is pushed by `push` times the index, in turns; the index moves on a line.
    pub fn pushed(&mut self, step: f32, frames: usize, push: &Run, index: &Line, out: &mut Run) {
        let (start, rise) = (Lanes::splat(self.phase), Lanes::splat(step));
        let (index, index_step) = (Lanes::splat(index.from), Lanes::splat(index.step));
        for ((y, m), at) in
            out.iter_mut().zip(push).zip(&COUNT_UP_LANES).take(frames.div_ceil(LANES))
        {
            *y = sin_turns8(start + rise * *at + *m * (index + index_step * *at));
        }
        self.turn(step, frames);
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
        let mut run = [Lanes::ZERO; 8];
        let (mut a, mut b) = ([0.0; 64], [0.0; 64]);
        whole.sine(0.0123, 64, &mut run);
        write_run(&run, &mut a);
        parts.sine(0.0123, 23, &mut run);
        write_run(&run, &mut b[..23]);
        parts.sine(0.0123, 41, &mut run);
        write_run(&run, &mut b[23..]);
        for (x, y) in a.iter().zip(&b) {
            assert!((x - y).abs() < 2e-5);
        }
        assert!((a[9] - libm::sinf(core::f32::consts::TAU * 0.123)).abs() < 1e-5);
    }

    #[test]
    fn pushing_adds_sidebands_but_keeps_the_power() {
        let (mut carrier, mut modulator) = (Operator::default(), Operator::default());
        let mut power = 0.0;
        for _ in 0..75 {
            let (mut push, mut out) = ([Lanes::ZERO; 8], [Lanes::ZERO; 8]);
            modulator.sine(0.01, 64, &mut push);
            carrier.pushed(0.0271, 64, &push, &Line::new(0.3, 0.3, 64), &mut out);
            power += out.iter().map(|y| (*y * *y).reduce_add()).sum::<f32>();
        }
        // Frequency modulation moves energy between sidebands and adds none.
        assert!((power / 4800.0 - 0.5).abs() < 0.02);
    }
}
