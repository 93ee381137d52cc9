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
    a1: f32,
    a2: f32,
    a3: f32,
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
        self.a1 = 1.0 / (1.0 + g * (g + self.k));
        self.a2 = g * self.a1;
        self.a3 = g * self.a2;
    }

    /// Filters a sample; the caller takes the answers it needs, and the compiler drops the others.
    #[inline]
    pub fn process(&mut self, x: f32) -> SvfOut<f32> {
        let v3 = x - self.ic2;
        let v1 = self.a1 * self.ic1 + self.a2 * v3;
        let v2 = self.ic2 + self.a2 * self.ic1 + self.a3 * v3;
        self.ic1 = 2.0 * v1 - self.ic1;
        self.ic2 = 2.0 * v2 - self.ic2;
        let band = self.k * v1;
        SvfOut { low: v2, band, high: x - band - v2 }
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
    a1: Lanes,
    a2: Lanes,
    a3: Lanes,
    ic1: Lanes,
    ic2: Lanes,
}

impl Default for Svf8 {
    fn default() -> Self {
        let zero = Lanes::splat(0.0);
        Self { k: Lanes::splat(1.0), a1: zero, a2: zero, a3: zero, ic1: zero, ic2: zero }
    }
}

impl Svf8 {
    /// Sets cutoff (Hz) and Q of each lane.
    #[inline]
    pub fn set(&mut self, cutoff: &[f32; LANES], q: &[f32; LANES], sample_rate: f32) {
        let g = Lanes::new(cutoff.map(|hz| tan_prewarp(hz, sample_rate)));
        let one = Lanes::splat(1.0);
        self.k = one / lanes_from(|i| q[i].max(0.05));
        self.a1 = one / (one + g * (g + self.k));
        self.a2 = g * self.a1;
        self.a3 = g * self.a2;
    }

    /// Filters one sample per lane.
    #[inline]
    pub fn process(&mut self, x: Lanes) -> SvfOut<Lanes> {
        let two = Lanes::splat(2.0);
        let v3 = x - self.ic2;
        let v1 = self.a1 * self.ic1 + self.a2 * v3;
        let v2 = self.ic2 + self.a2 * self.ic1 + self.a3 * v3;
        self.ic1 = two * v1 - self.ic1;
        self.ic2 = two * v2 - self.ic2;
        let band = self.k * v1;
        SvfOut { low: v2, band, high: x - band - v2 }
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
        let v = (x - self.state) * self.g;
        let y = v + self.state;
        self.state = y + v;
        y
    }

    /// High-pass of a sample.
    #[inline]
    pub fn high(&mut self, x: f32) -> f32 {
        x - self.low(x)
    }

    /// Forgets the past.
    #[inline]
    pub fn reset(&mut self) {
        self.state = 0.0;
    }
}

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
    fn offset_is_removed() {
        let mut dc = DcBlocker::new(5.0, RATE);
        let last = (0..48_000).fold(0.0, |_, _| dc.process(1.0));
        assert!(last.abs() < 1e-4);
        let mut dc = DcBlocker::new(5.0, RATE);
        assert!(gain_at(100.0, |x| dc.process(x)).abs() < 0.05);
    }
}
