//! Many decaying sines in stereo: the strings of a piano, the bars of a vibraphone, the drawbars of an organ.
//!
//! Like [`super::modal`], each partial is a point that turns and shrinks, eight to a SIMD group; unlike it, every partial
//! has its own place in the stereo field and may be started, damped and re-tuned as a note. Sums are kept in lanes for a
//! run and added up once. Thread: audio after construction.

use super::math::{LANES, Lanes, cos_turns, sin_turns, sums8};
use super::voices::{COUNT_UP, Line};

const MAX_FRAMES: usize = 64;

/// One partial of a note.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Partial {
    /// Frequency in Hz. At 0.45 of the sample rate or more it is left out.
    pub hz: f32,
    /// Time constant of the decay in seconds (to 37 %); infinite for a steady tone.
    pub decay: f32,
    /// Peak amplitude in the left channel.
    pub left: f32,
    /// Peak amplitude in the right channel.
    pub right: f32,
    /// Phase at the start in turns; 0 begins at a zero crossing.
    pub phase: f32,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    re: Lanes,
    im: Lanes,
    cos: Lanes,
    sin: Lanes,
    left: Lanes,
    right: Lanes,
    /// 1 for partials without decay.
    steady: Lanes,
    hz: [f32; LANES],
    keep: [f32; LANES],
    awake: bool,
}

/// A bank with room for a fixed number of partials.
#[derive(Debug, Clone)]
pub struct Partials {
    groups: Vec<Group>,
    sample_rate: f32,
    ratio: f32,
    /// Whether all partials stand in the middle, so that one sum is enough.
    mono: bool,
}

impl Partials {
    /// A silent bank for up to `capacity` partials, rounded up to eights. Thread: control (allocates).
    pub fn new(capacity: usize, sample_rate: f32) -> Self {
        let zero = Lanes::splat(0.0);
        let group = Group {
            re: zero,
            im: zero,
            cos: zero,
            sin: zero,
            left: zero,
            right: zero,
            steady: zero,
            hz: [0.0; LANES],
            keep: [0.0; LANES],
            awake: false,
        };
        Self { groups: vec![group; capacity.div_ceil(LANES)], sample_rate, ratio: 1.0, mono: true }
    }

    /// Starts a note of these partials and forgets the one before. Those past the capacity are left out.
    pub fn start(&mut self, count: usize, partial: impl Fn(usize) -> Partial) {
        self.ratio = 1.0;
        self.mono = true;
        for (g, group) in self.groups.iter_mut().enumerate() {
            let mut arrays = [[0.0_f32; LANES]; 7];
            for lane in 0..LANES {
                let index = g * LANES + lane;
                let p = if index < count { partial(index) } else { Partial::default() };
                let fits = p.hz > 0.0 && p.hz < 0.45 * self.sample_rate;
                let keep = if p.decay.is_finite() {
                    libm::expf(-1.0 / (p.decay.max(1e-3) * self.sample_rate))
                } else {
                    1.0
                };
                let turns = p.hz / self.sample_rate;
                group.hz[lane] = if fits { p.hz } else { 0.0 };
                group.keep[lane] = if fits { keep } else { 0.0 };
                let audible = if fits { 1.0 } else { 0.0 };
                self.mono &= p.left == p.right;
                let values = [
                    audible * cos_turns(p.phase),
                    audible * sin_turns(p.phase),
                    keep * cos_turns(turns),
                    keep * sin_turns(turns),
                    audible * p.left,
                    audible * p.right,
                    if p.decay.is_finite() { 0.0 } else { 1.0 },
                ];
                for (array, value) in arrays.iter_mut().zip(values) {
                    array[lane] = value;
                }
            }
            let [re, im, cos, sin, left, right, steady] = arrays.map(Lanes::new);
            *group =
                Group { re, im, cos, sin, left, right, steady, awake: g * LANES < count, ..*group };
        }
    }

    /// Shifts all partials by a frequency ratio while they sound.
    pub fn bend(&mut self, ratio: f32) {
        if (ratio - self.ratio).abs() < 1e-6 {
            return;
        }
        self.ratio = ratio;
        self.turn_again();
    }

    /// Multiplies every decay by a factor a frame (of less than 1): a damper falls on the strings. `bright` above 0 takes
    /// the high partials down faster, as felt does.
    pub fn damp(&mut self, seconds: f32, bright: f32) {
        let base = -1.0 / (seconds.max(1e-3) * self.sample_rate);
        for group in &mut self.groups {
            for (keep, hz) in group.keep.iter_mut().zip(group.hz) {
                *keep *= libm::expf(base * (1.0 + bright * hz * 1e-3));
            }
        }
        self.turn_again();
    }

    /// Sets the stereo gain of one partial, for sounds that shimmer.
    pub fn set_gain(&mut self, index: usize, left: f32, right: f32) {
        self.mono &= left == right;
        if let Some(group) = self.groups.get_mut(index / LANES) {
            let mut l = group.left.to_array();
            let mut r = group.right.to_array();
            l[index % LANES] = left;
            r[index % LANES] = right;
            (group.left, group.right) = (Lanes::new(l), Lanes::new(r));
        }
    }

    fn turn_again(&mut self) {
        for group in &mut self.groups {
            let (mut cos, mut sin) = ([0.0; LANES], [0.0; LANES]);
            for lane in 0..LANES {
                let turns = (group.hz[lane] * self.ratio / self.sample_rate).min(0.49);
                cos[lane] = group.keep[lane] * cos_turns(turns);
                sin[lane] = group.keep[lane] * sin_turns(turns);
            }
            (group.cos, group.sin) = (Lanes::new(cos), Lanes::new(sin));
        }
    }

    /// Adds up to 64 frames times a gain that moves on a line. Answers the loudness at the end (the root of the summed
    /// power of what is left), 0 when all has faded below -100 dBFS.
    pub fn render(&mut self, gain: &Line, left: &mut [f32], right: &mut [f32]) -> f32 {
        let frames = left.len().min(right.len()).min(MAX_FRAMES);
        let mut sums = [[Lanes::splat(0.0); 2]; MAX_FRAMES];
        let mut power = 0.0;
        // Two groups at a time: each waits for its own last turn, so two take hardly longer than one. Groups that sleep
        // are stepped over.
        let mut awake = self.groups.iter_mut().filter(|g| g.awake);
        while let Some(one) = awake.next() {
            power += match awake.next() {
                Some(two) if self.mono => turn_pair::<true>(one, two, &mut sums[..frames]),
                Some(two) => turn_pair::<false>(one, two, &mut sums[..frames]),
                None if self.mono => turn_one::<true>(one, &mut sums[..frames]),
                None => turn_one::<false>(one, &mut sums[..frames]),
            };
        }
        let (mut totals, mut others) = ([0.0_f32; MAX_FRAMES], [0.0_f32; MAX_FRAMES]);
        let blocks = totals.chunks_exact_mut(LANES).zip(others.chunks_exact_mut(LANES));
        for (groups, (total, other)) in
            sums.as_chunks::<LANES>().0.iter().zip(blocks).take(frames.div_ceil(LANES))
        {
            total.copy_from_slice(&sums8(groups.map(|[a, _]| a)).to_array());
            if !self.mono {
                other.copy_from_slice(&sums8(groups.map(|[_, b]| b)).to_array());
            }
        }
        let others = if self.mono { &totals } else { &others };
        let outputs = left.iter_mut().zip(right.iter_mut()).zip(&COUNT_UP).take(frames);
        for (((l, r), at), (a, b)) in outputs.zip(totals.iter().zip(others)) {
            let g = gain.from + gain.step * at;
            *l += g * a;
            *r += g * b;
        }
        if power > 1e-10 { power.sqrt() } else { 0.0 }
    }

    /// Pulls steady partials back to a radius of 1 from the rounding of many turns; those that decay are left alone.
    pub fn renew(&mut self) {
        for group in &mut self.groups {
            let power = group.re * group.re + group.im * group.im;
            let scale =
                Lanes::splat(1.0) + group.steady * (Lanes::splat(0.5) - Lanes::splat(0.5) * power);
            group.re *= scale;
            group.im *= scale;
        }
    }
}

/// Turns a group through a run and adds what it gives to the sums; in mono only to the left ones. Answers its power.
#[inline(always)]
fn turn_one<const MONO: bool>(group: &mut Group, sums: &mut [[Lanes; 2]]) -> f32 {
    let Group { mut re, mut im, cos, sin, left, right, .. } = *group;
    for [l, r] in sums {
        (re, im) = (re * cos - im * sin, re * sin + im * cos);
        *l += im * left;
        if !MONO {
            *r += im * right;
        }
    }
    (group.re, group.im) = (re, im);
    group.fall_asleep()
}

/// [`turn_one`] for two groups side by side.
#[inline(always)]
fn turn_pair<const MONO: bool>(a: &mut Group, b: &mut Group, sums: &mut [[Lanes; 2]]) -> f32 {
    let (mut re, mut im, cos, sin) = (a.re, a.im, a.cos, a.sin);
    let (mut re_b, mut im_b, cos_b, sin_b) = (b.re, b.im, b.cos, b.sin);
    for [l, r] in sums {
        (re, im) = (re * cos - im * sin, re * sin + im * cos);
        (re_b, im_b) = (re_b * cos_b - im_b * sin_b, re_b * sin_b + im_b * cos_b);
        *l += im * a.left + im_b * b.left;
        if !MONO {
            *r += im * a.right + im_b * b.right;
        }
    }
    (a.re, a.im, b.re, b.im) = (re, im, re_b, im_b);
    a.fall_asleep() + b.fall_asleep()
}

impl Group {
    /// The summed power of the partials; below -100 dBFS the group falls asleep.
    #[inline(always)]
    fn fall_asleep(&mut self) -> f32 {
        let size = (self.re * self.re + self.im * self.im)
            * (self.left * self.left + self.right * self.right);
        let loud = size.reduce_add();
        self.awake = loud > 1e-10;
        loud
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_is_a_sine_that_decays_as_asked() {
        let mut bank = Partials::new(8, 48_000.0);
        bank.start(1, |_| Partial { hz: 480.0, decay: 0.1, left: 1.0, right: 0.5, phase: 0.0 });
        let mut left = vec![0.0_f32; 4800];
        let mut right = vec![0.0_f32; 4800];
        for (l, r) in left.chunks_mut(50).zip(right.chunks_mut(50)) {
            bank.render(&Line::new(1.0, 1.0, 50), l, r);
        }
        for i in [0, 77, 2400, 4799] {
            let t = (i + 1) as f32 / 48_000.0;
            let want = libm::expf(-t / 0.1) * libm::sinf(core::f32::consts::TAU * 480.0 * t);
            assert!((left[i] - want).abs() < 1e-3, "frame {i}: {} for {want}", left[i]);
            assert!((right[i] - 0.5 * left[i]).abs() < 1e-6);
        }
    }

    #[test]
    fn damping_ends_it() {
        let mut bank = Partials::new(8, 48_000.0);
        bank.start(3, |k| Partial {
            hz: 200.0 * (k + 1) as f32,
            decay: f32::INFINITY,
            left: 0.3,
            right: 0.3,
            phase: 0.0,
        });
        bank.damp(0.02, 0.0);
        let mut level = 1.0;
        for _ in 0..400 {
            let (mut l, mut r) = ([0.0; 64], [0.0; 64]);
            level = bank.render(&Line::new(1.0, 1.0, 64), &mut l, &mut r);
        }
        assert_eq!(level, 0.0);
    }
}
