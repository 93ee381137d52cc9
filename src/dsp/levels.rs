//! What a level meter knows of a stereo signal, measured as it passes: sample peak, RMS and correlation over 300 ms, true
//! peak, and the momentary and short-term loudness of EBU R 128. Fixed work for each frame, and nothing allocates.
//!
//! All windowed values are sums over steps of 10 ms, so a window slides at 100 Hz and never drifts, as a running sum would.
//! It does not measure programmes: integrated loudness and range, which need the whole, are in `audio::loudness`.
//!
//! Sources: ITU-R BS.1770-4 (K-weighting, loudness, true peak), EBU Tech 3341 (windows of 0.4 and 3 s). The weighting at
//! other sample rates than 48 kHz follows B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement",
//! AES 145, 2018: the analogue filters behind the table of BS.1770, by the bilinear transform.

use std::f64::consts::PI;

use super::biquad::{Biquad, Coefficients, chain};
use super::limiter::{HEADROOM, TruePeak};

/// Steps per second.
const STEPS_PER_SECOND: f64 = 100.0;

/// Steps of the window of RMS and correlation: 300 ms.
const RMS_STEPS: usize = 30;

/// Steps of the momentary window: 400 ms.
const MOMENTARY_STEPS: usize = 40;

/// Steps of the short-term window: 3 s.
const SHORT_TERM_STEPS: usize = 300;

/// Steps for which the K-weighting may ring on after the last sound: 0.5 s, in which it falls by more than 1000 dB.
const RINGING_STEPS: usize = 50;

/// Frames that are worked on at once.
const CHUNK: usize = 64;

/// What the meter reads. Linear, so that the audio thread takes no logarithms.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Levels {
    /// Largest absolute sample since [`LevelMeter::restart_peak`], left and right.
    pub peak: [f32; 2],
    /// Mean square over the last 300 ms, left and right.
    pub power: [f64; 2],
    /// Mean of left times right over the last 300 ms.
    pub cross: f64,
    /// Largest absolute value of the waveform between the samples since the last [`LevelMeter::clear`]; 0 where it is not
    /// measured.
    pub true_peak: f32,
    /// K-weighted power of both channels together over the last 400 ms; 0 where it is not measured.
    pub momentary: f64,
    /// The same over the last 3 s.
    pub short_term: f64,
}

impl Levels {
    /// Correlation of left and right, -1 to 1: 0 where one side is silent, `None` where both are.
    pub fn correlation(&self) -> Option<f64> {
        let [left, right] = self.power;
        if left + right <= 0.0 {
            return None;
        }
        let scale = (left * right).sqrt();
        Some(if scale > 0.0 { (self.cross / scale).clamp(-1.0, 1.0) } else { 0.0 })
    }

    /// Loudness in LUFS of a K-weighted power (BS.1770-4, equation 2); `None` for silence. What is below -120 LUFS is
    /// silence: the weighting's own ring-out goes on for ever, and nobody hears it.
    pub fn loudness(power: f64) -> Option<f64> {
        (power > 1e-12).then(|| -0.691 + 10.0 * libm::log10(power))
    }
}

/// Sums over the frames of a step.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    left: f64,
    right: f64,
    cross: f64,
    weighted: f64,
}

/// What only a full meter has.
#[derive(Debug, Clone)]
struct Loudness {
    weighting: [Biquad; 2],
    detector: TruePeak,
    true_peak: f32,
}

/// Measures a stereo signal.
#[derive(Debug, Clone)]
pub struct LevelMeter {
    /// Frames of a step.
    length: usize,
    /// Frames in the step that is being filled.
    filled: usize,
    open: Step,
    /// The last steps, a ring.
    steps: Vec<Step>,
    /// Where the next step goes.
    at: usize,
    peak: [f32; 2],
    loudness: Option<Loudness>,
    /// Frames since the last one that was not zero.
    quiet: usize,
}

impl LevelMeter {
    /// A meter of everything. `sample_rate` in Hz.
    pub fn full(sample_rate: f32) -> Self {
        let loudness = Loudness {
            weighting: k_weighting(f64::from(sample_rate)).map(Biquad::new),
            detector: TruePeak::new(),
            true_peak: 0.0,
        };
        Self::new(sample_rate, SHORT_TERM_STEPS, Some(loudness))
    }

    /// A meter of peak, RMS and correlation alone, at a tenth of the cost.
    pub fn plain(sample_rate: f32) -> Self {
        Self::new(sample_rate, RMS_STEPS, None)
    }

    fn new(sample_rate: f32, steps: usize, loudness: Option<Loudness>) -> Self {
        let length = libm::round(f64::from(sample_rate) / STEPS_PER_SECOND).max(1.0) as usize;
        let mut meter = Self {
            length,
            filled: 0,
            open: Step::default(),
            steps: vec![Step::default(); steps],
            at: 0,
            peak: [0.0; 2],
            loudness,
            quiet: 0,
        };
        meter.clear();
        meter
    }

    /// Takes the next frames; slices of one length. What is not finite counts as zero. Thread: audio.
    pub fn add(&mut self, mut left: &[f32], mut right: &[f32]) {
        while !left.is_empty() {
            let count = left.len().min(right.len()).min(CHUNK).min(self.length - self.filled);
            let ((now_left, left_rest), (now_right, right_rest)) =
                match (left.split_at_checked(count), right.split_at_checked(count)) {
                    (Some(left), Some(right)) if count > 0 => (left, right),
                    _ => return,
                };
            self.add_part(now_left, now_right);
            (left, right) = (left_rest, right_rest);
        }
    }

    /// Takes at most [`CHUNK`] frames that lie in one step.
    fn add_part(&mut self, left: &[f32], right: &[f32]) {
        let count = left.len();
        let mut planes = [[0.0f32; CHUNK]; 2];
        let mut silent = true;
        for (plane, (samples, peak)) in
            planes.iter_mut().zip([left, right].into_iter().zip(&mut self.peak))
        {
            let mut most = 0.0f32;
            for (to, x) in plane.iter_mut().zip(samples) {
                *to = if x.is_finite() { *x } else { 0.0 };
                most = most.max(to.abs());
            }
            *peak = peak.max(most);
            silent &= most == 0.0;
        }
        self.quiet = if silent { self.quiet.saturating_add(count) } else { 0 };
        let [left, right] = &mut planes;
        let (Some(left), Some(right)) = (left.get_mut(..count), right.get_mut(..count)) else {
            return;
        };
        self.open.left += dot(left, left);
        self.open.right += dot(right, right);
        self.open.cross += dot(left, right);
        if let Some(Loudness { weighting, detector, true_peak }) = &mut self.loudness {
            let mut peaks = [0.0f32; CHUNK];
            if let Some(peaks) = peaks.get_mut(..count) {
                detector.process(left, right, *true_peak / HEADROOM, peaks);
                *true_peak = peaks.iter().fold(*true_peak, |most, x| most.max(*x));
            }
            chain(weighting, left, right);
            self.open.weighted += dot(left, left) + dot(right, right);
        }
        self.filled += count;
        if self.filled == self.length {
            if let Some(step) = self.steps.get_mut(self.at) {
                *step = std::mem::take(&mut self.open);
            }
            self.at = if self.at + 1 >= self.steps.len() { 0 } else { self.at + 1 };
            self.filled = 0;
        }
    }

    /// The readings now. Thread: audio; the work is a sum over at most 300 steps.
    pub fn levels(&self) -> Levels {
        let mean = |sum: f64, steps: usize| sum / (steps * self.length) as f64;
        let recent = self.sum(RMS_STEPS);
        let mut levels = Levels {
            peak: self.peak,
            power: [mean(recent.left, RMS_STEPS), mean(recent.right, RMS_STEPS)],
            cross: mean(recent.cross, RMS_STEPS),
            ..Levels::default()
        };
        if let Some(loudness) = &self.loudness {
            levels.true_peak = loudness.true_peak;
            levels.momentary = mean(self.sum(MOMENTARY_STEPS).weighted, MOMENTARY_STEPS);
            levels.short_term = mean(self.sum(SHORT_TERM_STEPS).weighted, SHORT_TERM_STEPS);
        }
        levels
    }

    /// Sum of the last steps.
    fn sum(&self, count: usize) -> Step {
        let (newer, older) = self.steps.split_at_checked(self.at).unwrap_or((&[], &[]));
        newer.iter().rev().chain(older.iter().rev()).take(count).fold(
            Step::default(),
            |sum, step| Step {
                left: sum.left + step.left,
                right: sum.right + step.right,
                cross: sum.cross + step.cross,
                weighted: sum.weighted + step.weighted,
            },
        )
    }

    /// Starts a new search for the largest sample. Thread: audio.
    pub fn restart_peak(&mut self) {
        self.peak = [0.0; 2];
    }

    /// Starts a new search for the largest value between the samples. Thread: audio.
    pub fn restart_true_peak(&mut self) {
        if let Some(loudness) = &mut self.loudness {
            loudness.true_peak = 0.0;
        }
    }

    /// Whether all windows hold nothing but silence, so that more silence would change no reading. Thread: audio.
    pub fn is_at_rest(&self) -> bool {
        let ringing = if self.loudness.is_some() { RINGING_STEPS } else { 1 };
        self.quiet >= (self.steps.len() + ringing) * self.length
    }

    /// Empties all windows, as after a long silence. The true peak that was found stays. Thread: audio.
    pub fn rest(&mut self) {
        self.steps.fill(Step::default());
        (self.open, self.filled, self.at) = (Step::default(), 0, 0);
        self.peak = [0.0; 2];
        self.quiet = usize::MAX;
        if let Some(loudness) = &mut self.loudness {
            loudness.weighting.iter_mut().for_each(Biquad::reset);
            loudness.detector.reset();
        }
    }

    /// Forgets everything. Thread: audio.
    pub fn clear(&mut self) {
        self.rest();
        self.restart_true_peak();
    }
}

/// Sum of products, in eight independent lanes, so that it compiles to vector code.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0f64; 8];
    for (a, b) in a.iter().zip(b) {
        for (lane, (x, y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += f64::from(*x) * f64::from(*y);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(x, y)| f64::from(*x) * f64::from(*y));
    lanes.into_iter().chain(rest).sum()
}

/// The two filters of the K-weighting: the head as a high shelf, then the low cut.
fn k_weighting(sample_rate: f64) -> [Coefficients; 2] {
    let warp = |hz: f64| libm::tan(PI * hz / sample_rate);
    let (k, q) = (warp(1_681.974_450_955_533), 0.707_175_236_955_419_6);
    let high = libm::pow(10.0, 3.999_843_853_973_347 / 20.0);
    let middle = libm::pow(high, 0.499_666_774_154_541_6);
    let head = Coefficients::from_parts(
        [high + middle * k / q + k * k, 2.0 * (k * k - high), high - middle * k / q + k * k],
        [1.0 + k / q + k * k, 2.0 * (k * k - 1.0), 1.0 - k / q + k * k],
    );
    let (k, q) = (warp(38.135_470_876_024_44), 0.500_327_037_323_877_3);
    let scale = 1.0 + k / q + k * k;
    // The numerator of BS.1770 is 1, -2, 1 beside a denominator that starts with 1.
    let cut = Coefficients::from_parts(
        [scale, -2.0 * scale, scale],
        [scale, 2.0 * (k * k - 1.0), 1.0 - k / q + k * k],
    );
    [head, cut]
}

#[cfg(test)]
mod tests;
