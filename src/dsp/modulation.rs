//! Effects that move: chorus, phaser, and the low-frequency oscillator that moves them.

use super::delay::{RUN, Ring};
use super::math::{cos_turns, sin_turns, tan_prewarp};

/// A slow sine whose phase is counted in whole steps, so that it depends on nothing but how many frames have passed.
#[derive(Debug, Clone, Copy)]
pub struct Lfo {
    phase: u32,
    step: u32,
}

impl Lfo {
    /// An oscillator at a rate in Hz that starts at a phase in turns.
    pub fn new(hz: f32, phase: f32, sample_rate: f32) -> Self {
        let mut lfo = Self { phase: (f64::from(phase) * TURN) as i64 as u32, step: 0 };
        lfo.set(hz, sample_rate);
        lfo
    }

    /// Changes the rate; the phase goes on. Thread: audio.
    #[inline]
    pub fn set(&mut self, hz: f32, sample_rate: f32) {
        self.step = (f64::from(hz) / f64::from(sample_rate) * TURN) as u32;
    }

    /// The phase in turns, 0 to 1, and one frame on.
    #[inline]
    pub fn next_phase(&mut self) -> f32 {
        let phase = (self.phase >> 8) as f32 * (1.0 / 16_777_216.0);
        self.phase = self.phase.wrapping_add(self.step);
        phase
    }

    /// The phases of a run in turns, as [`Lfo::next_phase`] gives them one by one.
    #[inline]
    pub fn next_phases(&mut self, phases: &mut [f32]) {
        for (frame, phase) in phases.iter_mut().enumerate() {
            let steps = self.phase.wrapping_add(self.step.wrapping_mul(frame as u32));
            // By way of i32, which old x86 converts in lanes.
            *phase = (steps >> 8) as i32 as f32 * (1.0 / 16_777_216.0);
        }
        self.skip(phases.len());
    }

    /// The sine now, -1 to 1.
    #[inline]
    pub fn sine(&self) -> f32 {
        sin_turns((self.phase >> 8) as f32 * (1.0 / 16_777_216.0))
    }

    /// Some frames on.
    #[inline]
    pub fn skip(&mut self, frames: usize) {
        self.phase = self.phase.wrapping_add(self.step.wrapping_mul(frames as u32));
    }

    /// The sine, -1 to 1, and one frame on.
    #[inline]
    pub fn next_sine(&mut self) -> f32 {
        sin_turns(self.next_phase())
    }
}

const TURN: f64 = 4_294_967_296.0;

/// Two moving copies on each side, the sides a quarter turn apart, which makes mono wide.
#[derive(Debug, Clone)]
pub struct Chorus {
    rings: [Ring; 2],
    lfo: Lfo,
    sample_rate: f32,
}

impl Chorus {
    /// Middle of the moving delays in seconds.
    const CENTRE: f32 = 0.012;
    /// Largest excursion in seconds.
    const REACH: f32 = 0.006;

    /// A chorus with an empty past.
    pub fn new(sample_rate: f32) -> Self {
        let ring = Ring::new((sample_rate * 0.04) as usize);
        Self { rings: [ring.clone(), ring], lfo: Lfo::new(0.5, 0.0, sample_rate), sample_rate }
    }

    /// Sets the rate of the movement in Hz. Thread: audio.
    #[inline]
    pub fn set_rate(&mut self, hz: f32) {
        self.lfo.set(hz, self.sample_rate);
    }

    /// Takes a run of at most 64 frames and writes the moving copies alone; `depth`, 0 to 1, frame by frame. All slices
    /// have one length. Thread: audio.
    pub fn run(&mut self, inputs: [&[f32]; 2], depth: &[f32], wet: [&mut [f32]; 2]) {
        let count = depth.len().min(RUN);
        let mut phases = [0.0f32; RUN];
        self.lfo.next_phases(&mut phases[..count]);
        let centre = Self::CENTRE * self.sample_rate;
        let (mut sines, mut cosines) = ([0.0f32; RUN], [0.0f32; RUN]);
        let moves = sines.iter_mut().zip(&mut cosines).zip(&phases);
        for (((sine, cosine), phase), depth) in moves.zip(depth) {
            let reach = depth * Self::REACH * self.sample_rate;
            (*sine, *cosine) = (sin_turns(*phase) * reach, cos_turns(*phase) * reach);
        }
        let sides = [(&sines, &cosines), (&cosines, &sines)];
        for (((ring, input), wet), (near, far)) in
            self.rings.iter_mut().zip(inputs).zip(wet).zip(sides)
        {
            let (mut distances, mut copy) = ([0.0f32; RUN], [0.0f32; RUN]);
            ring.push_run(&input[..count]);
            for (distance, a) in distances.iter_mut().zip(near) {
                *distance = centre + *a;
            }
            ring.read_cubic_run(&distances[..count], &mut wet[..count]);
            for (distance, b) in distances.iter_mut().zip(far) {
                *distance = 1.6 * centre + -0.7 * *b;
            }
            ring.read_cubic_run(&distances[..count], &mut copy);
            for (wet, copy) in wet.iter_mut().zip(copy) {
                *wet = std::f32::consts::FRAC_1_SQRT_2 * (*wet + copy);
            }
        }
    }

    /// Forgets the past; the movement goes on.
    pub fn reset(&mut self) {
        self.rings.iter_mut().for_each(Ring::reset);
    }
}

/// Stages of the phaser: three notches.
const STAGES: usize = 6;

/// A chain of first-order all-passes that sweeps, with feedback. The sides sweep a quarter turn apart.
#[derive(Debug, Clone)]
pub struct Phaser {
    states: [[f32; STAGES]; 2],
    last: [f32; 2],
    /// All-pass coefficients now, and how they move by frame until the next control tick.
    coefficients: [f32; 2],
    steps: [f32; 2],
    until_tick: u32,
    lfo: Lfo,
    sample_rate: f32,
}

impl Phaser {
    /// Frames between two looks at the oscillator.
    const TICK: u32 = 16;

    /// A phaser with an empty past.
    pub fn new(sample_rate: f32) -> Self {
        Self {
            states: [[0.0; STAGES]; 2],
            last: [0.0; 2],
            coefficients: [-0.9; 2],
            steps: [0.0; 2],
            until_tick: 0,
            lfo: Lfo::new(0.3, 0.0, sample_rate),
            sample_rate,
        }
    }

    /// Takes a frame and gives the shifted one; mixed half and half with the input it makes notches. `rate` in Hz, `depth`
    /// 0 to 1 (up to two octaves to each side), `centre` in Hz, `feedback` -0.95 to 0.95. Thread: audio.
    #[inline]
    pub fn next(
        &mut self,
        x: [f32; 2],
        rate: f32,
        depth: f32,
        centre: f32,
        feedback: f32,
    ) -> [f32; 2] {
        if self.until_tick == 0 {
            self.until_tick = Self::TICK;
            self.lfo.set(rate * Self::TICK as f32, self.sample_rate);
            let phase = self.lfo.next_phase();
            for (side, moved) in [sin_turns(phase), cos_turns(phase)].into_iter().enumerate() {
                let g =
                    tan_prewarp(centre * super::math::exp2(2.0 * depth * moved), self.sample_rate);
                let target = (g - 1.0) / (g + 1.0);
                self.steps[side] = (target - self.coefficients[side]) / Self::TICK as f32;
            }
        }
        self.until_tick -= 1;
        let mut out = [0.0; 2];
        for side in 0..2 {
            self.coefficients[side] += self.steps[side];
            let a = self.coefficients[side];
            let mut y = x[side] + feedback * self.last[side];
            for state in &mut self.states[side] {
                // First-order all-pass, transposed: y = a x + s, s' = x - a y.
                let passed = a * y + *state;
                *state = y - a * passed;
                y = passed;
            }
            self.last[side] = y;
            out[side] = y;
        }
        out
    }

    /// Forgets the past; the sweep goes on.
    pub fn reset(&mut self) {
        (self.states, self.last) = ([[0.0; STAGES]; 2], [0.0; 2]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oscillator_keeps_its_rate_for_hours() {
        let mut lfo = Lfo::new(1.0, 0.25, 48_000.0);
        assert!((lfo.next_sine() - 1.0).abs() < 1e-5);
        let ups = (0..480_000)
            .map(|_| lfo.next_sine())
            .collect::<Vec<_>>()
            .windows(2)
            .filter(|w| w[0] < 0.0 && w[1] >= 0.0)
            .count();
        assert!((9..=10).contains(&ups), "{ups} periods in 10 s");
    }

    #[test]
    fn a_chorus_is_as_loud_as_what_goes_in_and_differs_by_side() {
        let mut chorus = Chorus::new(48_000.0);
        let mut state = 5u32;
        let (mut power_in, mut power_out, mut product) = (0.0f64, [0.0f64; 2], 0.0f64);
        for _ in 0..1_500 {
            let (mut x, mut left, mut right) = ([0.0f32; 64], [0.0f32; 64], [0.0f32; 64]);
            for x in &mut x {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *x = (state >> 8) as f32 / 8_388_608.0 - 1.0;
            }
            chorus.run([&x, &x], &[0.5; 64], [&mut left, &mut right]);
            for ((x, l), r) in x.iter().zip(left).zip(right) {
                let (l, r) = (f64::from(l), f64::from(r));
                power_in += f64::from(x * x);
                power_out = [power_out[0] + l * l, power_out[1] + r * r];
                product += l * r;
            }
        }
        for power in power_out {
            assert!((power / power_in - 1.0).abs() < 0.25, "{}", power / power_in);
        }
        assert!(product.abs() / power_in < 0.5, "mono in, wide out");
    }

    #[test]
    fn a_phaser_passes_all_and_notches_when_mixed() {
        let mut phaser = Phaser::new(48_000.0);
        let (mut dry, mut wet) = (0.0f64, 0.0f64);
        let mut state = 9u32;
        for _ in 0..96_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let x = (state >> 8) as f32 / 8_388_608.0 - 1.0;
            let y = phaser.next([x, x], 0.5, 0.5, 800.0, 0.0);
            dry += f64::from(x * x);
            wet += f64::from(y[0] * y[0]);
        }
        assert!((wet / dry - 1.0).abs() < 0.05, "an all-pass keeps the power: {}", wet / dry);
    }
}
