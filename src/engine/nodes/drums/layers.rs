//! The two kinds of layers that sound beside the modes of a hit: its swept tones, and its noises, four at a time in lanes.
//!
//! What changes slowly (filters that move, bursts, delays) changes every [`CONTROL`] frames, counted from the start of the
//! hit, so the sound does not depend on how time is cut into blocks. Thread: audio; nothing allocates.

use wide::{f32x4, u32x4};

use super::recipe::{Noise, Shape, Tone};
use crate::dsp::math::{decay_factor, exp2, log2, sin_turns, tan_prewarp, tanh};
use crate::dsp::noise::White;
use crate::engine::node::BLOCK;

/// Frames between updates of what changes slowly.
const CONTROL: u32 = 16;

/// A layer this far below its start (-80 dB) is over: under any mix, and far below the drum's own attack.
pub(super) const OVER: f32 = 1e-4;

/// How many noises a drum may have.
pub(super) const NOISES: usize = 4;

/// A swept tone that sounds.
#[derive(Debug, Clone, Default)]
pub(super) struct ToneLayer {
    phase: f32,
    step: f32,
    sweep: f32,
    sweep_factor: f32,
    sigh: f32,
    sigh_factor: f32,
    hold: u32,
    amp: f32,
    amp_factor: f32,
    end: f32,
    drive: f32,
    /// Makes up for the level that the drive adds.
    drive_gain: f32,
}

impl ToneLayer {
    /// The start of a hit; `bend` (of the sweep's depth), `pitch` and `length` are ratios.
    pub(super) fn start(
        tone: &Tone,
        level: f32,
        bend: f32,
        pitch: f32,
        length: f32,
        rate: f32,
    ) -> Self {
        Self {
            phase: 0.0,
            step: tone.hz * pitch / rate,
            sweep: tone.sweep * bend,
            sweep_factor: decay_factor(tone.sweep_time, rate),
            sigh: tone.sigh,
            sigh_factor: decay_factor(tone.sigh_time * length, rate),
            hold: (tone.hold * length * rate) as u32,
            amp: tone.gain * level,
            amp_factor: decay_factor(tone.decay * length, rate),
            end: tone.gain * level * OVER,
            drive: tone.drive,
            drive_gain: if tone.drive > 0.0 { 1.0 / tanh(tone.drive) } else { 1.0 },
        }
    }

    pub(super) fn is_sounding(&self) -> bool {
        self.amp != 0.0
    }

    /// Ends it if it has faded.
    pub(super) fn settle(&mut self) {
        if self.amp < self.end {
            self.amp = 0.0;
        }
        // Sweeps end at zero, not in denormals.
        if self.sweep < 1e-6 {
            self.sweep = 0.0;
        }
    }

    /// Adds up to [`BLOCK`] frames.
    pub(super) fn render(&mut self, out: &mut [f32]) {
        if self.amp == 0.0 {
            return;
        }
        // First what depends on the frame before, then all the sines, which the compiler takes several at once.
        let (mut phases, mut amps) = ([0.0_f32; BLOCK], [0.0_f32; BLOCK]);
        let Self { mut phase, step, mut sweep, mut sigh, mut amp, .. } = *self;
        let (sweep_factor, sigh_factor) = (self.sweep_factor, self.sigh_factor);
        let holds = (self.hold as usize).min(out.len());
        self.hold -= holds as u32;
        for (index, (p, a)) in phases.iter_mut().zip(&mut amps).take(out.len()).enumerate() {
            (*p, *a) = (phase, amp);
            phase += step * (1.0 + sweep + sigh);
            if phase >= 0.5 {
                phase -= 1.0;
            }
            sweep *= sweep_factor;
            sigh *= sigh_factor;
            amp *= if index < holds { 1.0 } else { self.amp_factor };
        }
        (self.phase, self.sweep, self.sigh, self.amp) = (phase, sweep, sigh, amp);
        if self.drive > 0.0 {
            for ((y, p), a) in out.iter_mut().zip(&phases).zip(&amps) {
                *y += tanh(self.drive * sin_turns(*p)) * (self.drive_gain * a);
            }
        } else {
            for ((y, p), a) in out.iter_mut().zip(&phases).zip(&amps) {
                *y += sin_turns(*p) * a;
            }
        }
    }
}

/// All noises of a hit, one a lane.
#[derive(Debug, Clone)]
pub(super) struct NoiseLayers {
    state: u32x4,
    // The filter: a trapezoidal state-variable filter as in `dsp::svf`, and what of its three answers a lane hears.
    // The states are carried as in `dsp::svf`: the loss of the first by frame, and twice the gains of the loop.
    k: f32x4,
    loss: f32x4,
    b2: f32x4,
    b3: f32x4,
    ic1: f32x4,
    ic2: f32x4,
    low: f32x4,
    band: f32x4,
    high: f32x4,
    // First-order low-cut and high-cut.
    cut: [f32x4; 2],
    cut_state: [f32x4; 2],
    /// 1 where a lane has a low-cut.
    cuts_low: f32x4,
    decay: f32x4,
    decay_factor: f32x4,
    /// Falls from 1 to 0 while the attack lasts.
    attack: f32x4,
    attack_factor: f32x4,
    grain: f32x4,
    grain_factor: f32x4,
    grain_chance: f32x4,
    grainy: bool,
    /// 1 where a lane is steady noise.
    steady: f32x4,
    level: f32x4,
    lanes: [Lane; NOISES],
    age: u32,
    sounding: bool,
}

/// What changes slowly in a lane.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    level: f32,
    hz: f32,
    q: f32,
    /// How far the filter is from its end, in octaves, and the factor per control step.
    away: f32,
    away_factor: f32,
    tail_factor: f32,
    /// In control steps.
    delay: u32,
    bursts: u8,
    gap: u32,
    until_burst: u32,
}

impl NoiseLayers {
    pub(super) fn new() -> Self {
        let zero = f32x4::splat(0.0);
        Self {
            state: u32x4::splat(1),
            k: zero,
            loss: zero,
            b2: zero,
            b3: zero,
            ic1: zero,
            ic2: zero,
            low: zero,
            band: zero,
            high: zero,
            cut: [zero; 2],
            cut_state: [zero; 2],
            cuts_low: zero,
            decay: zero,
            decay_factor: zero,
            attack: zero,
            attack_factor: zero,
            grain: zero,
            grain_factor: zero,
            grain_chance: zero,
            grainy: false,
            steady: zero,
            level: zero,
            lanes: [Lane::default(); NOISES],
            age: 0,
            sounding: false,
        }
    }

    /// The start of a hit. `opening` is the ratio by which the filters open, `level` gives each noise its loudness.
    /// A filter that still rings keeps its state.
    pub(super) fn start(
        &mut self,
        noises: &[Noise],
        opening: f32,
        length: f32,
        rate: f32,
        random: &mut White,
        mut level: impl FnMut(&Noise) -> f32,
    ) {
        let lane = |f: &dyn Fn(&Noise) -> f32| {
            f32x4::new(std::array::from_fn(|i| noises.get(i).map_or(0.0, f)))
        };
        let flag = |yes: bool| if yes { 1.0 } else { 0.0 };
        self.state = u32x4::new(std::array::from_fn(|_| random.next_bits().max(1)));
        self.low = lane(&|n| flag(n.shape == Shape::Low));
        self.band = lane(&|n| flag(n.shape == Shape::Band));
        self.high = lane(&|n| flag(n.shape == Shape::High));
        let one_pole = |hz: f32| {
            let g = tan_prewarp(hz, rate);
            g / (1.0 + g)
        };
        self.cuts_low = lane(&|n| flag(n.low_cut > 0.0));
        self.cut = [
            lane(&|n| one_pole(n.low_cut)),
            lane(&|n| one_pole(if n.high_cut > 0.0 { n.high_cut * opening } else { rate })),
        ];
        self.decay = lane(&|_| 1.0);
        self.decay_factor = lane(&|n| {
            decay_factor(if n.bursts > 0 { n.gap * 0.45 } else { n.decay * length }, rate)
        });
        self.attack = lane(&|n| flag(n.attack > 0.0));
        self.attack_factor = lane(&|n| decay_factor(n.attack, rate));
        self.grain = f32x4::splat(0.0);
        self.grain_factor = lane(&|n| decay_factor(n.grain_time, rate));
        // As a threshold for numbers in -1..1.
        self.grain_chance = lane(&|n| 2.0 * (n.grains / rate).clamp(0.0, 1.0) - 1.0);
        self.grainy = noises.iter().any(|n| n.grains > 0.0);
        self.steady = lane(&|n| flag(n.grains <= 0.0));
        let steps = |seconds: f32| (seconds * rate / CONTROL as f32 + 0.5) as u32;
        self.lanes = [Lane::default(); NOISES];
        for (lane, n) in self.lanes.iter_mut().zip(noises) {
            *lane = Lane {
                level: n.gain * level(n),
                hz: n.hz * opening,
                q: n.q,
                away: log2(n.from),
                away_factor: decay_factor(n.from_time, rate / CONTROL as f32),
                tail_factor: decay_factor(n.decay * length, rate),
                delay: steps(n.delay),
                bursts: n.bursts,
                gap: steps(n.gap).max(1),
                until_burst: steps(n.gap).max(1),
            };
        }
        self.tune(rate);
        self.wake();
        self.age = 0;
        self.sounding = !noises.is_empty();
    }

    pub(super) fn is_sounding(&self) -> bool {
        self.sounding
    }

    pub(super) fn reset(&mut self) {
        let zero = f32x4::splat(0.0);
        (self.ic1, self.ic2, self.cut_state) = (zero, zero, [zero; 2]);
        self.sounding = false;
    }

    /// Ends all if all have faded.
    pub(super) fn settle(&mut self) {
        let decay = self.decay.to_array();
        let end = OVER * self.lanes.iter().fold(0.0, |m, lane| lane.level.max(m));
        let over = self.lanes.iter().zip(decay).all(|(lane, decay)| {
            let waiting = lane.bursts > 0 || lane.delay > 0;
            lane.level == 0.0 || (!waiting && lane.level * decay < end)
        });
        if over {
            self.reset();
        }
    }

    /// Adds up to [`BLOCK`] frames.
    pub(super) fn render(&mut self, out: &mut [f32], rate: f32) {
        let mut rest = out;
        while !rest.is_empty() && self.sounding {
            let step = self.age % CONTROL;
            if step == 0 && self.age > 0 {
                self.control(rate);
            }
            let (now, later) = rest.split_at_mut(rest.len().min((CONTROL - step) as usize));
            self.age = self.age.wrapping_add(now.len() as u32);
            if self.grainy {
                self.run::<true>(now)
            } else {
                self.run::<false>(now)
            }
            rest = later;
        }
    }

    /// Sets the filters of all lanes.
    fn tune(&mut self, rate: f32) {
        let g = f32x4::new(self.lanes.map(|l| tan_prewarp(l.hz * exp2(l.away), rate)));
        let one = f32x4::splat(1.0);
        self.k = one / f32x4::new(self.lanes.map(|l| l.q.max(0.05)));
        let gk = g * (g + self.k);
        let a1 = one / (one + gk);
        self.loss = (gk + gk) * a1;
        self.b2 = (g + g) * a1;
        self.b3 = g * self.b2;
    }

    /// Lets those lanes sound that need not wait.
    fn wake(&mut self) {
        self.level = f32x4::new(self.lanes.map(|l| if l.delay == 0 { l.level } else { 0.0 }));
    }

    fn control(&mut self, rate: f32) {
        let (mut moved, mut woke) = (false, false);
        let mut decay = self.decay.to_array();
        let mut attack = self.attack.to_array();
        let mut factor = self.decay_factor.to_array();
        let mut changed = false;
        let envelopes = decay.iter_mut().zip(&mut attack).zip(&mut factor);
        for (lane, ((decay, attack), factor)) in self.lanes.iter_mut().zip(envelopes) {
            if lane.away.abs() > 0.01 {
                lane.away *= lane.away_factor;
                moved = true;
            }
            if lane.delay > 0 {
                lane.delay -= 1;
                if lane.delay == 0 {
                    (*decay, changed, woke) = (1.0, true, true);
                    if *attack > 0.0 {
                        *attack = 1.0;
                    }
                }
            } else if lane.bursts > 0 {
                lane.until_burst -= 1;
                if lane.until_burst == 0 {
                    lane.bursts -= 1;
                    lane.until_burst = lane.gap;
                    (*decay, changed) = (1.0, true);
                    if lane.bursts == 0 {
                        *factor = lane.tail_factor;
                    }
                }
            }
        }
        if changed {
            self.decay = f32x4::new(decay);
            self.attack = f32x4::new(attack);
            self.decay_factor = f32x4::new(factor);
        }
        if moved {
            self.tune(rate);
        }
        if woke {
            self.wake();
        }
        // Envelopes end at zero, not in denormals.
        let tiny = f32x4::splat(1e-7);
        self.attack &= self.attack.simd_gt(tiny);
        self.decay &= self.decay.simd_gt(tiny);
    }

    #[inline]
    fn random(state: &mut u32x4) -> f32x4 {
        let mut x = *state;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        *state = x;
        f32x4::from_bits((x >> 9) | u32x4::splat(0x4000_0000)) - f32x4::splat(3.0)
    }

    #[inline]
    fn run<const GRAINS: bool>(&mut self, out: &mut [f32]) {
        let (one, half) = (f32x4::splat(1.0), f32x4::splat(0.5));
        let (loss, b2, b3) = (self.loss, self.b2, self.b3);
        // What a lane hears is low, band or high; as sums of the states' middles and the input.
        let (from_band, from_low) =
            (half * self.k * (self.band - self.high), half * (self.low - self.high));
        let (high, cuts_low) = (self.high, self.cuts_low);
        let [cut_low, cut_high] = self.cut;
        let (twice_low, twice_high) = (cut_low + cut_low, cut_high + cut_high);
        let (level, decay_factor, attack_factor) =
            (self.level, self.decay_factor, self.attack_factor);
        let (mut ic1, mut ic2, mut state) = (self.ic1, self.ic2, self.state);
        let [mut s0, mut s1] = self.cut_state;
        let (mut decay, mut attack, mut grain) = (self.decay, self.attack, self.grain);
        for y in out {
            let mut x = Self::random(&mut state);
            if GRAINS {
                let draw = Self::random(&mut state);
                let lands = draw.simd_lt(self.grain_chance);
                grain = grain * self.grain_factor + (lands & (one - x * x));
                x *= grain + self.steady;
            }
            let over = x - ic2;
            let (one_before, two_before) = (ic1, ic2);
            ic1 = (one_before - loss * one_before) + b2 * over;
            ic2 = (two_before + b2 * one_before) + b3 * over;
            let x = high * x + from_band * (one_before + ic1) + from_low * (two_before + ic2);
            let before = s0;
            s0 = (before + twice_low * x) - twice_low * before;
            let x = x - cuts_low * (half * (before + s0));
            let before = s1;
            s1 = (before + twice_high * x) - twice_high * before;
            *y += ((before + s1) * half * level * decay * (one - attack)).reduce_add();
            decay *= decay_factor;
            attack *= attack_factor;
        }
        (self.ic1, self.ic2, self.state) = (ic1, ic2, state);
        self.cut_state = [s0, s1];
        (self.decay, self.attack, self.grain) = (decay, attack, grain);
    }
}
