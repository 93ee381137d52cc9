//! The stereo low-passes of the saws, and of all that is voiced like them: coefficients on a line over each run.
//!
//! They filter one voice; [`super::together`] runs several of them side by side.

use wide::f32x4;

use crate::dsp::math::tan_prewarp;

/// A two-pole low-pass for both channels, whose coefficients move on a line over each run, so that a fast filter
/// envelope leaves no steps.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StereoLowPass {
    /// By channel: first and second integrator.
    pub(super) state: [[f32; 2]; 2],
    last: Option<[f32; 3]>,
}

impl StereoLowPass {
    /// Turns to a corner in Hz and a sharpness. Answers the coefficients that the next run starts from and their change a
    /// frame: the loss of the first state, and twice the gains of the loop, as in [`crate::dsp::svf::Svf`].
    pub(super) fn aim(
        &mut self,
        hz: f32,
        q: f32,
        sample_rate: f32,
        frames: usize,
    ) -> [[f32; 3]; 2] {
        let g = tan_prewarp(hz.min(0.45 * sample_rate), sample_rate);
        let gk = g * (g + 1.0 / q.max(0.3));
        let b2 = 2.0 * g / (1.0 + gk);
        let goal = [gk * b2 / g, b2, g * b2];
        let from = self.last.replace(goal).unwrap_or(goal);
        let per_frame = 1.0 / frames.max(1) as f32;
        [from, std::array::from_fn(|i| (goal[i] - from[i]) * per_frame)]
    }

    /// Filters a run in place.
    pub(crate) fn run(
        &mut self,
        hz: f32,
        q: f32,
        sample_rate: f32,
        left: &mut [f32],
        right: &mut [f32],
    ) {
        let [[mut loss, mut b2, mut b3], [d1, d2, d3]] = self.aim(hz, q, sample_rate, left.len());
        let [[mut s1, mut s2], [mut t1, mut t2]] = self.state;
        for (l, r) in left.iter_mut().zip(right.iter_mut()) {
            loss += d1;
            b2 += d2;
            b3 += d3;
            let (x, y) = (*l - s2, *r - t2);
            let (low, low_right) = (s2, t2);
            (s1, s2) = ((s1 - loss * s1) + b2 * x, (s2 + b2 * s1) + b3 * x);
            (t1, t2) = ((t1 - loss * t1) + b2 * y, (t2 + b2 * t1) + b3 * y);
            *l = 0.5 * (low + s2);
            *r = 0.5 * (low_right + t2);
        }
        self.state = [[s1, s2], [t1, t2]];
    }
}

/// Two low-passes in a row for both channels, 24 dB an octave, side by side in the lanes of one vector: the second works
/// on what the first gave a frame ago, which costs a frame of delay and halves the time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FourPole {
    /// First and second integrator; lanes 0 and 1 are the first stage's, left and right, 2 and 3 the second's.
    pub(super) s1: f32x4,
    pub(super) s2: f32x4,
    /// What the first stage gave in the last frame.
    pub(super) between: [f32; 2],
    last: Option<[f32x4; 3]>,
}

impl FourPole {
    /// As [`StereoLowPass::aim`], for both stages, two lanes each; `q` is the second stage's, and the first is the flat half
    /// of a Butterworth pair.
    pub(super) fn aim(
        &mut self,
        hz: f32,
        q: f32,
        sample_rate: f32,
        frames: usize,
    ) -> [[f32x4; 3]; 2] {
        let g = tan_prewarp(hz.min(0.45 * sample_rate), sample_rate);
        let (flat, sharp) = (g * (g + 1.0 / 0.541), g * (g + 1.0 / q.max(0.3)));
        let gk = f32x4::new([flat, flat, sharp, sharp]);
        let b2 = f32x4::splat(2.0 * g) / (f32x4::splat(1.0) + gk);
        let goal = [gk * b2 * f32x4::splat(1.0 / g), b2, b2 * f32x4::splat(g)];
        let from = self.last.replace(goal).unwrap_or(goal);
        let per_frame = f32x4::splat(1.0 / frames.max(1) as f32);
        [from, std::array::from_fn(|i| (goal[i] - from[i]) * per_frame)]
    }

    /// Filters a run in place; see [`FourPole::aim`].
    pub(super) fn run(
        &mut self,
        hz: f32,
        q: f32,
        sample_rate: f32,
        left: &mut [f32],
        right: &mut [f32],
    ) {
        let [[mut loss, mut b2, mut b3], [d1, d2, d3]] = self.aim(hz, q, sample_rate, left.len());
        let half = f32x4::splat(0.5);
        let (mut s1, mut s2, mut between) = (self.s1, self.s2, self.between);
        for (l, r) in left.iter_mut().zip(right.iter_mut()) {
            loss += d1;
            b2 += d2;
            b3 += d3;
            let x = f32x4::new([*l, *r, between[0], between[1]]) - s2;
            let (first, second) = (s1, s2);
            s1 = (first - loss * first) + b2 * x;
            s2 = (second + b2 * first) + b3 * x;
            let [one, two, three, four] = (half * (second + s2)).to_array();
            between = [one, two];
            *l = three;
            *r = four;
        }
        (self.s1, self.s2, self.between) = (s1, s2, between);
    }
}
