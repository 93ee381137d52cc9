//! A limiter that holds the true peak, the peak of the waveform between the samples, under a ceiling.
//!
//! Detection is by four-fold oversampling as in ITU-R BS.1770-5, annex 2, with a windowed sinc of 12 taps a phase. The
//! gain that each frame needs is held over the lookahead, released at two speeds, and smoothed by two averages whose
//! length together is the lookahead, so that it arrives at each peak in time and without a corner.

use std::f64::consts::PI;

use super::math::one_pole_coef;

/// Taps of each phase of the oversampling filter.
const TAPS: usize = 12;

/// Frames between a sample and the detector's answer about its surroundings.
const DETECTOR_DELAY: usize = TAPS / 2;

/// The interpolator can't raise a peak by more than this; below the ceiling over this, no detection is needed.
pub(crate) const HEADROOM: f32 = 2.5;

/// Frames that are worked on at once.
const CHUNK: usize = 64;

/// Frames whose true peaks are computed side by side.
const LANES: usize = 8;

/// Finds true peaks. Stereo.
#[derive(Debug, Clone)]
pub struct TruePeak {
    /// Of the three phases between the samples; the fourth is the samples themselves.
    phases: [[f32; TAPS]; 3],
    left: [f32; CHUNK + TAPS],
    right: [f32; CHUNK + TAPS],
}

impl Default for TruePeak {
    fn default() -> Self {
        Self::new()
    }
}

impl TruePeak {
    /// A detector that has heard silence.
    pub fn new() -> Self {
        let phase = |p: usize| std::array::from_fn(|tap| interpolator(p + 1, tap));
        Self {
            phases: std::array::from_fn(phase),
            left: [0.0; CHUNK + TAPS],
            right: [0.0; CHUNK + TAPS],
        }
    }

    /// Writes for each frame the largest absolute value of the waveform between the frame and the next one, both
    /// channels, `DETECTOR_DELAY` frames late. Where all samples in reach are below `floor`, the answer may be their
    /// plain peak, which is much quicker. Slices of one length. Thread: audio.
    pub fn process(&mut self, left: &[f32], right: &[f32], floor: f32, peaks: &mut [f32]) {
        let chunks = left.chunks(CHUNK).zip(right.chunks(CHUNK)).zip(peaks.chunks_mut(CHUNK));
        for ((left, right), peaks) in chunks {
            let count = left.len();
            self.left[TAPS..TAPS + count].copy_from_slice(left);
            self.right[TAPS..TAPS + count].copy_from_slice(right);
            let loudest = |x: &[f32]| x.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
            let plain = loudest(&self.left[..TAPS + count])
                .max(loudest(&self.right[..TAPS + count]))
                < floor;
            for (index, peak) in peaks.iter_mut().enumerate() {
                let at = index + DETECTOR_DELAY;
                *peak = self.left[at].abs().max(self.right[at].abs());
            }
            if !plain {
                for (index, peaks) in peaks.chunks_mut(LANES).enumerate() {
                    let most = self.between(index * LANES);
                    for (peak, most) in peaks.iter_mut().zip(most) {
                        *peak = peak.max(most);
                    }
                }
            }
            self.left.copy_within(count..count + TAPS, 0);
            self.right.copy_within(count..count + TAPS, 0);
        }
    }

    /// Largest absolute value between the samples, for eight frames from `at` on. Fixed lengths all over, so that the sums
    /// stay in vector registers.
    #[inline]
    fn between(&self, at: usize) -> [f32; LANES] {
        let mut most = [0.0f32; LANES];
        for channel in [&self.left, &self.right] {
            let Some(reach) = channel.get(at + 1..at + TAPS + LANES) else { continue };
            for phase in &self.phases {
                let mut sums = [0.0f32; LANES];
                for (tap, weight) in phase.iter().enumerate() {
                    // Tap 0 weighs the newest sample of the twelve.
                    let start = TAPS - 1 - tap;
                    for (sum, x) in sums.iter_mut().zip(&reach[start..start + LANES]) {
                        *sum += weight * x;
                    }
                }
                for (most, sum) in most.iter_mut().zip(sums) {
                    *most = most.max(sum.abs());
                }
            }
        }
        most
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.left.fill(0.0);
        self.right.fill(0.0);
    }
}

/// Weight of a tap (0 the newest sample) for the value `phase` quarters of a frame after the sample that is
/// [`DETECTOR_DELAY`] frames old: a sinc under a Hann window.
fn interpolator(phase: usize, tap: usize) -> f32 {
    let distance = DETECTOR_DELAY as f64 - tap as f64 - phase as f64 / 4.0;
    // The reader stands `phase` quarters later than the old sample, so distance is counted from there.
    let sinc = if distance == 0.0 { 1.0 } else { libm::sin(PI * distance) / (PI * distance) };
    let window = 0.5 + 0.5 * libm::cos(PI * distance / (DETECTOR_DELAY as f64 + 0.5));
    (sinc * window) as f32
}

/// The largest true peak of a stereo signal, linear. Samples far below `floor` are taken as they are.
pub fn true_peak(left: &[f32], right: &[f32], floor: f32) -> f32 {
    let mut detector = TruePeak::new();
    let mut peaks = [0.0; 1024];
    let mut most = 0.0f32;
    let mut take = |left: &[f32], right: &[f32]| {
        let peaks = &mut peaks[..left.len()];
        detector.process(left, right, floor / HEADROOM, peaks);
        most = peaks.iter().fold(most, |most, p| most.max(*p));
    };
    left.chunks(1024).zip(right.chunks(1024)).for_each(|(l, r)| take(l, r));
    take(&[0.0; TAPS], &[0.0; TAPS]);
    most
}

/// Smallest value of the last `length` values: the monotonic queue, which costs a bounded number of steps on average and
/// at most `length` in one frame.
#[derive(Debug, Clone)]
struct SlidingMinimum {
    /// Ring of (frame, value), ascending in both.
    queue: Vec<(u64, f32)>,
    first: usize,
    count: usize,
    frame: u64,
    length: u64,
}

impl SlidingMinimum {
    fn new(length: usize) -> Self {
        Self {
            queue: vec![(0, 1.0); length + 1],
            first: 0,
            count: 0,
            frame: 0,
            length: length as u64,
        }
    }

    #[inline]
    fn next(&mut self, value: f32) -> f32 {
        let size = self.queue.len();
        let wrap = |i: usize| if i >= size { i - size } else { i };
        while self.count > 0 && self.queue[wrap(self.first + self.count - 1)].1 >= value {
            self.count -= 1;
        }
        self.queue[wrap(self.first + self.count)] = (self.frame, value);
        self.count += 1;
        if self.queue[self.first].0 + self.length <= self.frame {
            self.first = wrap(self.first + 1);
            self.count -= 1;
        }
        self.frame += 1;
        self.queue[self.first].1
    }

    fn reset(&mut self) {
        (self.first, self.count, self.frame) = (0, 0, 0);
    }
}

/// Average of the last `length` values. Summed in 64-bit fixed point, so it never drifts, and a constant 1 stays 1.
#[derive(Debug, Clone)]
struct Average {
    ring: Vec<i64>,
    at: usize,
    sum: i64,
    scale: f64,
}

/// One in fixed point: with 2^40 a thousand ones still fit.
const ONE: f64 = (1u64 << 40) as f64;

impl Average {
    fn new(length: usize) -> Self {
        let one = ONE as i64;
        Self {
            ring: vec![one; length],
            at: 0,
            sum: one * length as i64,
            scale: 1.0 / (ONE * length as f64),
        }
    }

    #[inline]
    fn next(&mut self, value: f32) -> f32 {
        let new = (f64::from(value) * ONE) as i64;
        self.sum += new - std::mem::replace(&mut self.ring[self.at], new);
        self.at = if self.at + 1 == self.ring.len() { 0 } else { self.at + 1 };
        (self.sum as f64 * self.scale) as f32
    }

    fn reset(&mut self) {
        self.ring.fill(ONE as i64);
        (self.at, self.sum) = (0, ONE as i64 * self.ring.len() as i64);
    }
}

/// Seconds in which steady limiting brings the slow envelope down.
pub const SLOW_ATTACK: f32 = 0.400;

/// How much longer than the fast release the slow one is.
pub const SLOWER: f32 = 8.0;

/// The limiter.
#[derive(Debug, Clone)]
pub struct Limiter {
    sample_rate: f32,
    ceiling: f32,
    detector: TruePeak,
    hold: SlidingMinimum,
    averages: [Average; 2],
    release: f32,
    slow_release: f32,
    slow_attack: f32,
    fast: f32,
    slow: f32,
    left: Vec<f32>,
    right: Vec<f32>,
    at: usize,
    lowest: f32,
}

impl Limiter {
    /// A limiter with a ceiling (linear), a lookahead and a release in seconds.
    pub fn new(ceiling: f32, lookahead: f32, release: f32, sample_rate: f32) -> Self {
        let half = ((lookahead * sample_rate * 0.5) as usize).max(2);
        let delay = 2 * half - 2 + DETECTOR_DELAY;
        let mut limiter = Self {
            sample_rate,
            ceiling,
            detector: TruePeak::new(),
            // One frame more than the averages reach, because a peak lies between two frames and both need its gain.
            hold: SlidingMinimum::new(2 * half),
            averages: [Average::new(half), Average::new(half)],
            release: 1.0,
            slow_release: 1.0,
            slow_attack: one_pole_coef(SLOW_ATTACK, sample_rate),
            fast: 1.0,
            slow: 1.0,
            left: vec![0.0; delay],
            right: vec![0.0; delay],
            at: 0,
            lowest: 1.0,
        };
        limiter.set(ceiling, release);
        limiter
    }

    /// Changes ceiling (linear) and release (seconds). Thread: audio.
    pub fn set(&mut self, ceiling: f32, release: f32) {
        self.ceiling = ceiling;
        self.release = one_pole_coef(release, self.sample_rate);
        self.slow_release = one_pole_coef(release * SLOWER, self.sample_rate);
    }

    /// Frames by which the output lags.
    pub fn latency(&self) -> usize {
        self.left.len()
    }

    /// Limits in place. Thread: audio.
    pub fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        let mut gains = [1.0f32; CHUNK];
        for (left, right) in left.chunks_mut(CHUNK).zip(right.chunks_mut(CHUNK)) {
            let gains = &mut gains[..left.len()];
            self.detector.process(left, right, self.ceiling / HEADROOM, gains);
            for gain in gains.iter_mut() {
                let needed = if *gain > self.ceiling { self.ceiling / *gain } else { 1.0 };
                *gain = self.smooth(needed);
            }
            for ((l, r), gain) in left.iter_mut().zip(right.iter_mut()).zip(&*gains) {
                *l = std::mem::replace(&mut self.left[self.at], *l) * gain;
                *r = std::mem::replace(&mut self.right[self.at], *r) * gain;
                self.at = if self.at + 1 == self.left.len() { 0 } else { self.at + 1 };
                self.lowest = self.lowest.min(*gain);
            }
        }
    }

    /// The gain for the frame that leaves now, from the gain that the frame that comes in needs. Never above what any
    /// frame under the two averages needs: the minimum is held for as long as they look back.
    #[inline]
    fn smooth(&mut self, needed: f32) -> f32 {
        let held = self.hold.next(needed);
        // The fast envelope lets go at once after a single peak. Under steady limiting the slow one has sunk as well, and
        // the gain recovers at its speed instead, so that it does not pump.
        self.fast = held.min(self.fast + self.release * (1.0 - self.fast));
        let speed = if self.fast < self.slow { self.slow_attack } else { self.slow_release };
        self.slow += speed * (self.fast - self.slow);
        let mut gain = self.fast.min(self.slow.max(self.fast * 0.5));
        for average in &mut self.averages {
            gain = average.next(gain);
        }
        gain
    }

    /// Greatest gain reduction since this was last asked, in dB, 0 or above. Thread: audio.
    pub fn take_reduction(&mut self) -> f32 {
        -super::math::gain_to_db(std::mem::replace(&mut self.lowest, 1.0)).min(0.0)
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.detector.reset();
        self.hold.reset();
        self.averages.iter_mut().for_each(Average::reset);
        (self.fast, self.slow, self.lowest) = (1.0, 1.0, 1.0);
        self.left.fill(0.0);
        self.right.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    #[test]
    fn a_peak_between_the_samples_is_found() {
        // A sine at a quarter of the sample rate, 45 degrees off: all samples are 3 dB below the true peak.
        let sine =
            (0..4_800).map(|i| libm::sin(PI * (0.5 * i as f64 + 0.25)) as f32).collect::<Vec<_>>();
        assert!(sine.iter().all(|x| x.abs() < 0.708));
        let peak = true_peak(&sine[..], &sine[..], 0.0);
        assert!((0.99..1.04).contains(&peak), "{peak}");
        assert_eq!(
            true_peak(&sine, &sine, 9.0),
            0.0f32.max(sine.iter().fold(0.0, |p: f32, x| p.max(x.abs())))
        );
    }

    /// Noise with bursts, far above the ceiling, in both channels.
    fn stormy() -> (Vec<f32>, Vec<f32>) {
        let mut state = 1u32;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..96_000)
            .map(|i| {
                if (i / 5_000) % 3 == 1 {
                    (3.0 * noise(), noise())
                } else {
                    (0.3 * noise(), 0.9 * noise())
                }
            })
            .unzip()
    }

    #[test]
    fn the_true_peak_stays_under_the_ceiling() {
        let (mut left, mut right) = stormy();
        for (ceiling, release) in [(0.891, 0.05), (0.5, 0.005), (0.1, 0.5)] {
            let mut limiter = Limiter::new(ceiling, 0.002, release, RATE);
            limiter.process(&mut left, &mut right);
            let peak = true_peak(&left, &right, 0.0);
            // The gain moves between the samples too; what that adds is a fraction of a dB.
            assert!(peak < ceiling * 1.012, "{peak} above {ceiling}");
            let reduction = limiter.take_reduction();
            assert!(reduction > 4.0, "{reduction}");
        }
        let sample_peak = left.iter().chain(&right).fold(0.0f32, |p, x| p.max(x.abs()));
        assert!(sample_peak <= 0.1 && sample_peak > 0.09, "{sample_peak}");
    }

    #[test]
    fn below_the_ceiling_it_is_a_pure_delay() {
        let (left, right) = stormy();
        let mut limiter = Limiter::new(8.0, 0.002, 0.05, RATE);
        let (mut l, mut r) = (left.clone(), right.clone());
        limiter.process(&mut l, &mut r);
        let lag = limiter.latency();
        assert!((90..110).contains(&lag));
        assert!(l[lag..] == left[..left.len() - lag] && r[lag..] == right[..right.len() - lag]);
        assert_eq!(limiter.take_reduction(), 0.0);
    }

    #[test]
    fn the_gain_comes_back_after_a_peak() {
        let mut left = vec![0.1f32; 48_000];
        left[1_000..1_010].fill(1.0);
        let mut right = left.clone();
        let mut limiter = Limiter::new(0.5, 0.002, 0.050, RATE);
        limiter.process(&mut left, &mut right);
        assert!((left[1_000 + limiter.latency() + 6] - 0.5).abs() < 0.06);
        assert!(left[4_000 + limiter.latency()] > 0.07);
        assert!(left[20_000] > 0.096, "{}", left[20_000]);
    }

    #[test]
    fn the_sliding_minimum_is_the_minimum() {
        let (values, _) = stormy();
        let mut minimum = SlidingMinimum::new(48);
        for (i, value) in values.iter().enumerate().take(5_000) {
            let wanted = values[i.saturating_sub(47)..=i].iter().fold(f32::MAX, |m, x| m.min(*x));
            assert_eq!(minimum.next(*value), wanted);
        }
    }
}
