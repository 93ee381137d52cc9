//! Small filters that may be swept at audio rate without harm: the trapezoidal state-variable filter (one voice, or eight
//! in lanes), first-order low- and high-pass, and a DC blocker.
//!
//! The state-variable filter is Zavalishin's ("The Art of VA Filter Design", rev. 2.1.2, ch. 4) in the form that solves
//! the loop once per frame with two integrator states (Simper, "Linear Trapezoidal Integrated State Variable Filter",
//! Cytomic 2013). Cutoffs in Hz, clamped below 0.49 of the sample rate; thread: audio; nothing allocates.

use super::math::{LANES, Lanes, exp, lanes_from, tan_prewarp};

/// The three answers of a state-variable filter to one sample.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SvfOut<T> {
    /// 12 dB per octave above the cutoff, 0 dB below.
    pub low: T,
    /// 6 dB per octave on both sides; 0 dB at the cutoff whatever the Q.
    pub band: T,
    /// 12 dB per octave below the cutoff, 0 dB above.
    pub high: T,
}

/// A two-pole state-variable filter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Svf {
    k: f32,
    /// How much of the first state is lost by frame, and twice the two gains of the loop: in this form a state waits for
    /// its last value through three operations instead of five, which is all that a single filter's speed depends on.
    loss: f32,
    b2: f32,
    b3: f32,
    ic1: f32,
    ic2: f32,
}

impl Svf {
    /// A quiet filter.
    pub fn new(cutoff: f32, q: f32, sample_rate: f32) -> Self {
        let mut this = Self::default();
        this.set(cutoff, q, sample_rate);
        this
    }

    /// Sets cutoff in Hz and Q (0.707 is flat; at least 0.05). Costs a division and two polynomials: fine per block, and
    /// bearable per frame.
    #[inline]
    pub fn set(&mut self, cutoff: f32, q: f32, sample_rate: f32) {
        let g = tan_prewarp(cutoff, sample_rate);
        self.k = 1.0 / q.max(0.05);
        let gk = g * (g + self.k);
        let a1 = 1.0 / (1.0 + gk);
        // 2 (1 - a1), without the loss of digits.
        self.loss = 2.0 * gk * a1;
        self.b2 = 2.0 * g * a1;
        self.b3 = g * self.b2;
    }

    /// Filters a sample; the caller takes the answers it needs, and the compiler drops the others.
    #[inline]
    pub fn process(&mut self, x: f32) -> SvfOut<f32> {
        let (ic1, ic2) = (self.ic1, self.ic2);
        let over = x - ic2;
        self.ic1 = (ic1 - self.loss * ic1) + self.b2 * over;
        self.ic2 = (ic2 + self.b2 * ic1) + self.b3 * over;
        // The trapezoidal rule: what the frame hears lies in the middle of the states before and after it.
        let (v1, low) = (0.5 * (ic1 + self.ic1), 0.5 * (ic2 + self.ic2));
        let band = self.k * v1;
        SvfOut { low, band, high: x - band - low }
    }

    /// Low-pass of a sample.
    #[inline]
    pub fn low(&mut self, x: f32) -> f32 {
        self.process(x).low
    }

    /// Band-pass of a sample.
    #[inline]
    pub fn band(&mut self, x: f32) -> f32 {
        self.process(x).band
    }

    /// High-pass of a sample.
    #[inline]
    pub fn high(&mut self, x: f32) -> f32 {
        self.process(x).high
    }

    /// Forgets the past. A state that decayed below hearing may be dropped so too, which keeps denormals away.
    #[inline]
    pub fn reset(&mut self) {
        (self.ic1, self.ic2) = (0.0, 0.0);
    }

    /// Drops a state below -180 dBFS; call once per block where the input may fall silent.
    #[inline]
    pub fn flush(&mut self) {
        if self.ic1.abs() + self.ic2.abs() < 1e-9 {
            self.reset();
        }
    }
}

/// Eight [`Svf`] in lanes: one per voice, or one per band.
#[derive(Debug, Clone, Copy)]
pub struct Svf8 {
    k: Lanes,
    loss: Lanes,
    b2: Lanes,
    b3: Lanes,
    ic1: Lanes,
    ic2: Lanes,
}

impl Default for Svf8 {
    fn default() -> Self {
        let zero = Lanes::splat(0.0);
        Self { k: Lanes::splat(1.0), loss: zero, b2: zero, b3: zero, ic1: zero, ic2: zero }
    }
}

impl Svf8 {
    /// Sets cutoff (Hz) and Q of each lane.
    #[inline]
    pub fn set(&mut self, cutoff: &[f32; LANES], q: &[f32; LANES], sample_rate: f32) {
        let g = Lanes::new(cutoff.map(|hz| tan_prewarp(hz, sample_rate)));
        let (one, two) = (Lanes::splat(1.0), Lanes::splat(2.0));
        self.k = one / lanes_from(|i| q[i].max(0.05));
        let gk = g * (g + self.k);
        let a1 = one / (one + gk);
        self.loss = two * gk * a1;
        self.b2 = two * g * a1;
        self.b3 = g * self.b2;
    }

    /// Filters one sample per lane.
    #[inline]
    pub fn process(&mut self, x: Lanes) -> SvfOut<Lanes> {
        let half = Lanes::splat(0.5);
        let (ic1, ic2) = (self.ic1, self.ic2);
        let over = x - ic2;
        self.ic1 = (ic1 - self.loss * ic1) + self.b2 * over;
        self.ic2 = (ic2 + self.b2 * ic1) + self.b3 * over;
        let (v1, low) = (half * (ic1 + self.ic1), half * (ic2 + self.ic2));
        let band = self.k * v1;
        SvfOut { low, band, high: x - band - low }
    }

    /// Forgets the past.
    #[inline]
    pub fn reset(&mut self) {
        (self.ic1, self.ic2) = (Lanes::splat(0.0), Lanes::splat(0.0));
    }
}

/// First-order filter, trapezoidal: 6 dB per octave, low- and high-pass at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnePole {
    g: f32,
    state: f32,
}

impl OnePole {
    /// A quiet filter.
    pub fn new(cutoff: f32, sample_rate: f32) -> Self {
        let mut this = Self::default();
        this.set(cutoff, sample_rate);
        this
    }

    /// Sets the cutoff in Hz.
    #[inline]
    pub fn set(&mut self, cutoff: f32, sample_rate: f32) {
        let g = tan_prewarp(cutoff, sample_rate);
        self.g = g / (1.0 + g);
    }

    /// Low-pass of a sample.
    #[inline]
    pub fn low(&mut self, x: f32) -> f32 {
        let before = self.state;
        // y = s + g (x - s), s' = y + g (x - s), regrouped so that the state waits for itself through two operations.
        let twice = self.g + self.g;
        self.state = (before + twice * x) - twice * before;
        0.5 * (before + self.state)
    }

    /// High-pass of a sample.
    #[inline]
    pub fn high(&mut self, x: f32) -> f32 {
        x - self.low(x)
    }

    /// [`OnePole::low`] of a slice in place; much faster than frame by frame.
    pub fn low_run(&mut self, samples: &mut [f32]) {
        self.run(samples, |_, low| low);
    }

    /// [`OnePole::high`] of a slice in place; much faster than frame by frame.
    pub fn high_run(&mut self, samples: &mut [f32]) {
        self.run(samples, |x, low| x - low);
    }

    #[inline(always)]
    fn run(&mut self, samples: &mut [f32], answer: impl Fn(f32, f32) -> f32) {
        let twice = self.g + self.g;
        for samples in samples.chunks_mut(RUN) {
            let mut states = [0.0f32; RUN + 1];
            states[0] = self.state;
            let now = &mut states[1..=samples.len()];
            for (state, x) in now.iter_mut().zip(samples.iter()) {
                *state = twice * x;
            }
            recurse(1.0 - twice, &mut self.state, now);
            for ((x, before), after) in samples.iter_mut().zip(&states).zip(&states[1..]) {
                *x = answer(*x, 0.5 * (before + after));
            }
        }
    }

    /// Forgets the past.
    #[inline]
    pub fn reset(&mut self) {
        self.state = 0.0;
    }
}

/// Runs y\[n\] = x\[n\] + p y\[n-1\] over a slice in place, from and to the last y in `last`. Eight steps of the recursion
/// are folded into one (y\[n\] = c\[n\] + p^8 y\[n-8\], with c by three doublings), so eight frames wait for one another
/// only once, and the rest of the work runs in lanes. Thread: audio.
#[inline]
pub fn recurse(p: f32, last: &mut f32, samples: &mut [f32]) {
    for run in samples.chunks_mut(RUN) {
        let first = run.len().min(LANES);
        let (p2, p4) = (p * p, (p * p) * (p * p));
        if run.len() > LANES {
            let mut inputs = [0.0f32; RUN];
            inputs[..run.len()].copy_from_slice(run);
            let (mut a, mut b) = ([0.0f32; RUN], [0.0f32; RUN]);
            for ((a, x), before) in a[1..].iter_mut().zip(&inputs[1..]).zip(&inputs) {
                *a = x + p * before;
            }
            for ((b, x), before) in b[3..].iter_mut().zip(&a[3..]).zip(&a[1..]) {
                *b = x + p2 * before;
            }
            for ((c, x), before) in run[7..].iter_mut().zip(&b[7..]).zip(&b[3..]) {
                *c = x + p4 * before;
            }
            run[7] = inputs[7];
        }
        // The first frames have no eight before them in the run; they go one by one.
        let mut y = *last;
        for x in &mut run[..first] {
            y = *x + p * y;
            *x = y;
        }
        if run.len() > LANES {
            let (p8, p8_lanes) = (p4 * p4, Lanes::splat(p4 * p4));
            let (head, rest) = run.split_at_mut(LANES);
            let mut before = lanes_from(|i| head[i]);
            let mut whole = rest.chunks_exact_mut(LANES);
            for part in &mut whole {
                let now = lanes_from(|i| part[i]) + p8_lanes * before;
                part.copy_from_slice(&now.to_array());
                before = now;
            }
            let short = whole.into_remainder();
            for (x, before) in short.iter_mut().zip(before.to_array()) {
                *x += p8 * before;
            }
            y = run.last().copied().unwrap_or(y);
        }
        *last = y;
    }
}

/// Frames that [`recurse`] works on at once.
const RUN: usize = 64;

/// Removes a constant offset: y\[n\] = x\[n\] - x\[n-1\] + r y\[n-1\], -3 dB at about 5 Hz unless told.
#[derive(Debug, Clone, Copy)]
pub struct DcBlocker {
    r: f32,
    x: f32,
    y: f32,
}

impl DcBlocker {
    /// A quiet blocker with a corner in Hz (5 to 30 are usual).
    pub fn new(corner: f32, sample_rate: f32) -> Self {
        Self { r: exp(-std::f32::consts::TAU * corner / sample_rate), x: 0.0, y: 0.0 }
    }

    /// Filters a sample.
    #[inline]
    pub fn process(&mut self, x: f32) -> f32 {
        let y = x - self.x + self.r * self.y;
        (self.x, self.y) = (x, y);
        y
    }

    /// Forgets the past.
    #[inline]
    pub fn reset(&mut self) {
        (self.x, self.y) = (0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::math::sin_turns;

    const RATE: f32 = 48_000.0;

    /// Gain in dB that a filter gives a sine.
    fn gain_at(hz: f32, mut filter: impl FnMut(f32) -> f32) -> f32 {
        let (mut input, mut output) = (0.0, 0.0);
        for frame in 0..48_000 {
            let x = sin_turns((f64::from(hz / RATE) * f64::from(frame) % 1.0) as f32);
            let y = filter(x);
            if frame >= 24_000 {
                input += x * x;
                output += y * y;
            }
        }
        10.0 * (output / input).log10()
    }

    #[test]
    fn state_variable_filter_has_its_slopes() {
        let make = || Svf::new(1000.0, std::f32::consts::FRAC_1_SQRT_2, RATE);
        let mut f = make();
        assert!((gain_at(1000.0, |x| f.low(x)) + 3.01).abs() < 0.05);
        let mut f = make();
        assert!(gain_at(50.0, |x| f.low(x)).abs() < 0.05);
        let mut f = make();
        assert!((gain_at(4000.0, |x| f.low(x)) + 24.4).abs() < 1.0);
        let mut f = make();
        assert!((gain_at(250.0, |x| f.high(x)) + 24.1).abs() < 0.5);
        let mut f = Svf::new(1000.0, 8.0, RATE);
        assert!(gain_at(1000.0, |x| f.band(x)).abs() < 0.05);
    }

    #[test]
    fn lanes_agree_with_one_filter() {
        let mut one = Svf::new(700.0, 3.0, RATE);
        let mut eight = Svf8::default();
        eight.set(&[700.0; LANES], &[3.0; LANES], RATE);
        for frame in 0..500 {
            let x = sin_turns(frame as f32 * 0.013);
            let (a, b) = (one.process(x), eight.process(Lanes::splat(x)));
            assert!((a.low - b.low.to_array()[3]).abs() < 1e-6);
            assert!((a.high - b.high.to_array()[7]).abs() < 1e-6);
        }
    }

    #[test]
    fn first_order_filters_have_their_corner() {
        let mut f = OnePole::new(1000.0, RATE);
        assert!((gain_at(1000.0, |x| f.low(x)) + 3.01).abs() < 0.05);
        let mut f = OnePole::new(1000.0, RATE);
        assert!((gain_at(100.0, |x| f.high(x)) + 20.0).abs() < 0.3);
    }

    #[test]
    fn wild_sweeps_stay_bounded() {
        let mut f = Svf::new(100.0, 20.0, RATE);
        let mut peak = 0.0_f32;
        for frame in 0..48_000 {
            f.set(if frame % 7 < 3 { 30.0 } else { 1e9 }, 20.0, RATE);
            peak = peak.max(f.process(sin_turns(frame as f32 * 0.01)).low.abs());
        }
        assert!(peak < 100.0, "{peak}");
    }

    #[test]
    fn a_folded_recursion_is_the_plain_one() {
        for length in [1, 7, 8, 9, 15, 16, 23, 63, 64, 65, 200] {
            let mut samples: Vec<f32> = (0..length).map(|i| sin_turns(i as f32 * 0.037)).collect();
            let (mut y, mut last) = (0.3_f32, 0.3_f32);
            let plain: Vec<f32> = samples
                .iter()
                .map(|x| {
                    y = x + 0.93 * y;
                    y
                })
                .collect();
            recurse(0.93, &mut last, &mut samples);
            assert!(samples.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-5), "{length}");
            assert!((last - y).abs() < 1e-5);
        }
    }

    #[test]
    fn a_run_through_a_first_order_filter_is_its_frames() {
        let wave: Vec<f32> = (0..150).map(|i| sin_turns(i as f32 * 0.11)).collect();
        for cutoff in [50.0, 3_000.0, 22_000.0] {
            let mut one = OnePole::new(cutoff, RATE);
            let plain: Vec<f32> = wave.iter().map(|x| one.high(*x)).collect();
            let mut run = wave.clone();
            OnePole::new(cutoff, RATE).high_run(&mut run);
            assert!(run.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-5), "{cutoff}");
        }
    }

    #[test]
    fn offset_is_removed() {
        let mut dc = DcBlocker::new(5.0, RATE);
        let last = (0..48_000).fold(0.0, |_, _| dc.process(1.0));
        assert!(last.abs() < 1e-4);
        let mut dc = DcBlocker::new(5.0, RATE);
        assert!(gain_at(100.0, |x| dc.process(x)).abs() < 0.05);
    }
}
