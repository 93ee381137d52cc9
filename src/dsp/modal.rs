//! A bank of decaying sines, eight to a SIMD group: the sound of struck membranes, bars, plates and strings.
//!
//! Each mode is a point that turns and shrinks (z <- r e^(i w) z), which stays exact for hours, may change pitch while it
//! sounds, and costs six operations a frame for eight modes at once (Mathews & Smith, "Methods for synthesizing very high
//! Q parametrically well behaved two pole filters", SMAC 2003). A strike adds to whatever still rings, as on a real
//! drum. Groups that have faded sleep. Thread: audio after construction; nothing allocates after that.

use super::math::{LANES, Lanes, cos_turns8, exp2_8, lanes_from, sin_turns8};

/// One mode of a struck thing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mode {
    /// Frequency in Hz. At or above 0.48 of the sample rate the mode is left out.
    pub hz: f32,
    /// Time in seconds to fall to 1/e (-8.7 dB); the -60 dB time is 6.9 times that.
    pub decay: f32,
    /// Peak amplitude for a strike of 1.
    pub gain: f32,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    /// Turns per frame.
    turns: Lanes,
    /// log2 of the shrink per frame.
    shrink: Lanes,
    gain: Lanes,
    cos: Lanes,
    sin: Lanes,
    x: Lanes,
    y: Lanes,
    awake: bool,
}

/// The level, relative to full scale, below which a lane is put to sleep unless told (-120 dBFS).
const ASLEEP: f32 = 1e-6;

/// A bank with room for a fixed number of modes.
#[derive(Debug, Clone)]
pub struct ModalBank {
    groups: Box<[Group]>,
    used: usize,
    sample_rate: f32,
    floor: f32,
    /// Frames until the next look for faded groups. Counted by the bank itself, so that the sound does not depend on how
    /// the caller cuts time into blocks.
    until_settle: usize,
}

/// Frames between two looks for faded groups.
const SETTLE: usize = 64;

impl ModalBank {
    /// A silent bank for up to `capacity` modes (rounded up to eights). Allocates.
    pub fn new(capacity: usize, sample_rate: f32) -> Self {
        let zero = Lanes::splat(0.0);
        let group = Group {
            turns: zero,
            shrink: zero,
            gain: zero,
            cos: zero,
            sin: zero,
            x: zero,
            y: zero,
            awake: false,
        };
        Self {
            groups: vec![group; capacity.div_ceil(LANES)].into(),
            used: 0,
            sample_rate,
            floor: ASLEEP,
            until_settle: SETTLE,
        }
    }

    /// Replaces the modes and forgets what rings. `mode` is asked for each number below `count`; modes past the capacity
    /// are left out. No allocation, so a voice may become another drum on the audio thread.
    pub fn set_modes(&mut self, count: usize, mode: impl Fn(usize) -> Mode) {
        self.used = count.div_ceil(LANES).min(self.groups.len());
        let none = Mode { hz: 0.0, decay: 0.001, gain: 0.0 };
        for (g, group) in self.groups.iter_mut().take(self.used).enumerate() {
            let modes: [Mode; LANES] = std::array::from_fn(|lane| {
                let index = g * LANES + lane;
                let m = if index < count { mode(index) } else { none };
                if m.hz > 0.0 && m.hz < 0.48 * self.sample_rate { m } else { none }
            });
            group.turns = Lanes::new(modes.map(|m| m.hz / self.sample_rate));
            group.shrink = Lanes::new(
                modes.map(|m| -std::f32::consts::LOG2_E / (m.decay.max(1e-4) * self.sample_rate)),
            );
            group.gain = Lanes::new(modes.map(|m| m.gain));
            (group.x, group.y) = (Lanes::splat(0.0), Lanes::splat(0.0));
            group.awake = false;
        }
        self.until_settle = SETTLE;
        self.set_ratio(1.0);
    }

    /// Shifts all modes: a bend, or the pitch drop of a hard-struck skin. Control rate (every 16 to 64 frames); what
    /// rings goes on without a step.
    #[inline]
    pub fn set_ratio(&mut self, ratio: f32) {
        self.retune(ratio, 1.0);
    }

    /// Shifts all modes and multiplies their decay rates by `damping` (1 = as built, 20 = a hand on the cymbal).
    #[inline]
    pub fn retune(&mut self, ratio: f32, damping: f32) {
        let (ratio, damping) = (Lanes::splat(ratio), Lanes::splat(damping));
        for group in self.groups.iter_mut().take(self.used) {
            let turns = group.turns * ratio;
            let r = exp2_8(group.shrink * damping);
            group.cos = r * cos_turns8(turns);
            group.sin = r * sin_turns8(turns);
        }
    }

    /// Sets the level (linear) below which a mode is over; a bank of many modes that share a mix can stop earlier.
    pub fn set_floor(&mut self, floor: f32) {
        self.floor = floor.max(1e-9);
    }

    /// Strikes all modes: each starts (or is pushed) as a sine from zero, so that the onset has no click of its own.
    /// `amount` scales all, `colour` gets the frequency in Hz and scales that mode: a soft beater gives less to the high
    /// ones.
    #[inline]
    pub fn strike(&mut self, amount: f32, colour: impl Fn(f32) -> f32) {
        self.strike_at(|hz| (amount * colour(hz), 0.0));
    }

    /// Strikes each mode at a phase of its own: `blow` gets the frequency in Hz and answers the cosine and the sine part of
    /// the push. Random phases keep a bank of many high modes (a cymbal) from starting as one tall click.
    #[inline]
    pub fn strike_at(&mut self, mut blow: impl FnMut(f32) -> (f32, f32)) {
        if !self.is_ringing() {
            self.until_settle = SETTLE;
        }
        for group in self.groups.iter_mut().take(self.used) {
            let (mut x, mut y) = ([0.0; LANES], [0.0; LANES]);
            for ((x, y), turns) in x.iter_mut().zip(&mut y).zip(group.turns.to_array()) {
                // Lanes without a mode have no frequency that `blow` could be asked about.
                if turns > 0.0 {
                    (*x, *y) = blow(turns * self.sample_rate);
                }
            }
            group.x += Lanes::new(x) * group.gain;
            group.y += Lanes::new(y) * group.gain;
            group.awake = true;
        }
    }

    /// Drives all modes with a signal (weighted by their gains) instead of one blow: bows, brushes, sympathetic rattles.
    /// Adds the answer to `out`; both slices have the same length. The groups stay awake until [`Self::process_add`] finds
    /// them faded.
    pub fn process_driven(&mut self, input: &[f32], out: &mut [f32]) {
        for group in self.groups.iter_mut().take(self.used) {
            let (c, s) = (group.cos, group.sin);
            for (y_out, &drive) in out.iter_mut().zip(input) {
                let x = c * group.x - s * group.y + Lanes::splat(drive) * group.gain;
                group.y = s * group.x + c * group.y;
                group.x = x;
                *y_out += group.y.reduce_add();
            }
            group.awake = true;
        }
    }

    /// Adds the sound of all modes to `out` (any length). Whether anything still rings.
    #[inline]
    pub fn process_add(&mut self, out: &mut [f32]) -> bool {
        let mut rest = out;
        while !rest.is_empty() {
            let (now, later) = rest.split_at_mut(rest.len().min(self.until_settle));
            let mut sums = [Lanes::splat(0.0); SETTLE];
            if self.render(&mut sums, now.len()) {
                for (y, sum) in now.iter_mut().zip(&sums) {
                    *y += sum.reduce_add();
                }
            }
            rest = later;
        }
        self.is_ringing()
    }

    /// Like [`Self::process_add`], with the even modes on the left and the odd ones on the right, `width` apart (0 = all in
    /// the middle, 1 = each on one side only): the shimmer of a cymbal in stereo.
    #[inline]
    pub fn process_add_wide(&mut self, left: &mut [f32], right: &mut [f32], width: f32) -> bool {
        let far = 1.0 - width.clamp(0.0, 1.0);
        let side = |parity: usize| lanes_from(|lane| if lane % 2 == parity { 1.0 } else { far });
        let (gain_l, gain_r) = (side(0), side(1));
        let mut start = 0;
        while start < left.len() {
            let count = (left.len() - start).min(self.until_settle);
            let mut sums = [Lanes::splat(0.0); SETTLE];
            if self.render(&mut sums, count) {
                let frames = left.iter_mut().zip(right.iter_mut()).skip(start);
                for ((l, r), sum) in frames.zip(sums.iter().take(count)) {
                    *l += (*sum * gain_l).reduce_add();
                    *r += (*sum * gain_r).reduce_add();
                }
            }
            start += count;
        }
        self.is_ringing()
    }

    /// Adds up to `count` frames of all groups, lane by lane (the sum over lanes waits until all groups are in). Whether
    /// there was anything.
    #[inline]
    fn render(&mut self, sums: &mut [Lanes; SETTLE], count: usize) -> bool {
        let mut heard = false;
        // Two groups at a time: each waits for its own last turn, so two take hardly longer than one.
        let count = count.min(SETTLE);
        let mut awake = self.groups.iter_mut().take(self.used).filter(|g| g.awake);
        while let Some(one) = awake.next() {
            heard = true;
            match awake.next() {
                Some(two) => Group::render_pair(one, two, &mut sums[..count]),
                None => one.render(&mut sums[..count]),
            }
        }
        self.until_settle -= count.min(self.until_settle);
        if self.until_settle == 0 {
            self.until_settle = SETTLE;
            let floor = self.floor;
            self.groups
                .iter_mut()
                .take(self.used)
                .filter(|g| g.awake)
                .for_each(|g| g.settle(floor));
        }
        heard
    }

    /// Whether anything rings above the floor (as of the last look).
    pub fn is_ringing(&self) -> bool {
        self.groups.iter().take(self.used).any(|g| g.awake)
    }

    /// Stops all modes at once.
    pub fn reset(&mut self) {
        for group in self.groups.iter_mut() {
            (group.x, group.y) = (Lanes::splat(0.0), Lanes::splat(0.0));
            group.awake = false;
        }
    }
}

impl Group {
    /// Adds each frame's eight samples to a row of lanes; the horizontal sum waits until all groups are in.
    #[inline]
    fn render(&mut self, sums: &mut [Lanes]) {
        let (c, s) = (self.cos, self.sin);
        let (mut x, mut y) = (self.x, self.y);
        for sum in sums {
            *sum += y;
            let turned = c * x - s * y;
            y = s * x + c * y;
            x = turned;
        }
        (self.x, self.y) = (x, y);
    }

    /// [`Group::render`] of two groups side by side.
    #[inline]
    fn render_pair(a: &mut Self, b: &mut Self, sums: &mut [Lanes]) {
        let (cos_a, sin_a, cos_b, sin_b) = (a.cos, a.sin, b.cos, b.sin);
        let (mut x_a, mut y_a, mut x_b, mut y_b) = (a.x, a.y, b.x, b.y);
        for sum in sums {
            *sum += y_a + y_b;
            (x_a, y_a) = (cos_a * x_a - sin_a * y_a, sin_a * x_a + cos_a * y_a);
            (x_b, y_b) = (cos_b * x_b - sin_b * y_b, sin_b * x_b + cos_b * y_b);
        }
        (a.x, a.y, b.x, b.y) = (x_a, y_a, x_b, y_b);
    }

    /// Zeroes lanes that faded (they would become denormals) and sleeps when all have.
    #[inline]
    fn settle(&mut self, floor: f32) {
        let level = self.x.abs() + self.y.abs();
        let loud = level.to_array().map(|l| if l > floor { 1.0 } else { 0.0 });
        self.awake = loud.iter().any(|&l| l > 0.0);
        let keep = Lanes::new(loud);
        self.x *= keep;
        self.y *= keep;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    fn render(bank: &mut ModalBank, frames: usize) -> Vec<f32> {
        let mut out = vec![0.0; frames];
        bank.process_add(&mut out);
        out
    }

    #[test]
    fn a_mode_is_the_decaying_sine_it_says() {
        let mut bank = ModalBank::new(1, RATE);
        bank.set_modes(1, |_| Mode { hz: 440.0, decay: 0.2, gain: 0.5 });
        bank.strike(1.0, |_| 1.0);
        let out = render(&mut bank, 48_000);
        for (frame, y) in out.iter().enumerate() {
            let t = frame as f64 / 48_000.0;
            let want = 0.5 * libm::exp(-t / 0.2) * libm::sin(std::f64::consts::TAU * 440.0 * t);
            assert!((f64::from(*y) - want).abs() < 2e-4, "frame {frame}");
        }
    }

    #[test]
    fn blocks_of_any_size_are_the_same_sound() {
        let make = || {
            let mut bank = ModalBank::new(20, RATE);
            bank.set_modes(20, |i| Mode { hz: 300.0 * (i + 1) as f32, decay: 0.05, gain: 0.1 });
            bank.strike(0.8, |hz| 300.0 / hz);
            bank
        };
        let whole = render(&mut make(), 1000);
        let mut bank = make();
        let parts: Vec<f32> =
            [1, 63, 64, 7, 300, 565].iter().flat_map(|&n| render(&mut bank, n)).collect();
        assert!(whole == parts && whole.iter().any(|x| x.abs() > 0.1));
    }

    #[test]
    fn it_falls_asleep_and_a_second_strike_adds() {
        let mut bank = ModalBank::new(8, RATE);
        bank.set_modes(8, |i| Mode { hz: 200.0 + 50.0 * i as f32, decay: 0.01, gain: 0.2 });
        assert!(!bank.is_ringing());
        bank.strike(1.0, |_| 1.0);
        let once = render(&mut bank, 480).iter().map(|x| x * x).sum::<f32>();
        bank.strike(1.0, |_| 1.0);
        let twice = render(&mut bank, 480).iter().map(|x| x * x).sum::<f32>();
        assert!(twice > once);
        render(&mut bank, 48_000);
        assert!(!bank.is_ringing());
        assert!(render(&mut bank, 64).iter().all(|&x| x == 0.0));
    }

    #[test]
    fn modes_beyond_hearing_are_left_out_and_damping_damps() {
        let mut bank = ModalBank::new(8, RATE);
        bank.set_modes(2, |i| Mode { hz: [30_000.0, f32::NAN][i], decay: 1.0, gain: 1.0 });
        bank.strike(1.0, |_| 1.0);
        assert!(render(&mut bank, 1000).iter().all(|&x| x == 0.0));
        bank.set_modes(1, |_| Mode { hz: 500.0, decay: 1.0, gain: 1.0 });
        bank.strike(1.0, |_| 1.0);
        bank.retune(1.0, 100.0);
        let out = render(&mut bank, 4800);
        assert!(out[4000..].iter().all(|x| x.abs() < 1e-3));
    }

    #[test]
    fn width_puts_modes_on_sides() {
        let mut bank = ModalBank::new(8, RATE);
        bank.set_modes(1, |_| Mode { hz: 500.0, decay: 1.0, gain: 1.0 });
        bank.strike(1.0, |_| 1.0);
        let (mut l, mut r) = ([0.0; 256], [0.0; 256]);
        bank.process_add_wide(&mut l, &mut r, 1.0);
        assert!(l.iter().any(|x| x.abs() > 0.5) && r.iter().all(|&x| x == 0.0));
    }
}
