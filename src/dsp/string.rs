//! A plucked string: a delay line that circulates one period, loses its highs as a real string does, and can be bent.
//!
//! Extended Karplus-Strong (Jaffe and Smith, "Extensions of the Karplus-Strong Plucked-String Algorithm", CMJ 7, 1983).
//! The fraction of the delay is read with a cubic Lagrange filter instead of an all-pass: it has no memory of its own, so
//! a bend never clicks. It knows nothing of bodies, pick-ups' electronics or amplifiers.

use super::osc::{next_hash, unit};
use super::svf::recurse;

/// Longest run of frames that [`PluckedString::render`] takes.
const MAX_FRAMES: usize = 64;

/// Share of each frame by which the loop follows its own offset, to take it away: about 1 Hz at 48 kHz. A string holds
/// none, but a delay line would keep what is left of the pluck's for minutes.
const OFFSET: f32 = 1.3e-4;

/// How a string is set in motion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pluck {
    /// Where along the string, 0 (bridge) to 0.5 (middle): it cancels the harmonics with a node there.
    pub position: f32,
    /// Cutoff in Hz of what the finger or pick lets through.
    pub cutoff_hz: f32,
    /// 0 is the ideal pluck (a displaced string let go), 1 the sharp snap of a pick.
    pub snap: f32,
    /// Share of noise, 0 to 1.
    pub noise: f32,
    /// RMS of the wave in the string.
    pub level: f32,
    /// Fresh randomness.
    pub seed: u32,
}

/// One string.
#[derive(Debug, Clone)]
pub struct PluckedString {
    /// History, read behind `at`. Four times as long as the longest period, and moved to the front when it is full, so
    /// that every read is one contiguous slice.
    line: Vec<f32>,
    longest: usize,
    at: usize,
    sample_rate: f32,
    hz: f32,
    delay: f32,
    pole: f32,
    gain: f32,
    low: f32,
    offset: f32,
}

impl PluckedString {
    /// A still string that can sound down to `lowest_hz`. Thread: control (allocates).
    pub fn new(lowest_hz: f32, sample_rate: f32) -> Self {
        let longest = (sample_rate / lowest_hz.max(8.0)) as usize + 8;
        Self {
            line: vec![0.0; 4 * longest + MAX_FRAMES],
            longest,
            at: longest,
            sample_rate,
            hz: 110.0,
            delay: sample_rate / 110.0,
            pole: 0.0,
            gain: 0.0,
            low: 0.0,
            offset: 0.0,
        }
    }

    /// Sets the pitch and how long it rings: times in seconds to fall by 60 dB at the fundamental and at `high_hz`.
    pub fn set(&mut self, hz: f32, seconds: f32, high_seconds: f32, high_hz: f32) {
        let hz = hz.clamp(self.sample_rate / (self.longest - 6) as f32, self.sample_rate / 3.6);
        let per_period = |seconds: f32| libm::exp(-6.907_755 / f64::from(hz * seconds.max(1e-3)));
        // A one-pole low-pass whose loss at `high_hz` is what the two times ask for.
        let low_gain = per_period(seconds);
        let ratio = (per_period(high_seconds.min(seconds)) / low_gain).clamp(0.02, 0.999_999);
        let c = libm::cos(
            core::f64::consts::TAU
                * f64::from(high_hz.max(1.5 * hz).min(0.4 * self.sample_rate) / self.sample_rate),
        );
        let r2 = ratio * ratio;
        let half = 1.0 - r2 * c;
        let pole = ((half - libm::sqrt((half * half - (1.0 - r2) * (1.0 - r2)).max(0.0)))
            / (1.0 - r2))
            .clamp(0.0, 0.98);
        self.hz = hz;
        self.pole = pole as f32;
        let (magnitude, lag) = self.loss_and_lag();
        // Never quite 1, or a bright short string could grow.
        self.gain = (low_gain / magnitude).min(0.999_99) as f32;
        self.delay = ((f64::from(self.sample_rate) / f64::from(hz)) - lag).max(2.0) as f32;
    }

    /// Changes the pitch only, while it sounds.
    pub fn bend(&mut self, hz: f32) {
        self.hz = hz.clamp(self.sample_rate / (self.longest - 6) as f32, self.sample_rate / 3.6);
        let (_, lag) = self.loss_and_lag();
        self.delay = (f64::from(self.sample_rate) / f64::from(self.hz) - lag).max(2.0) as f32;
    }

    /// What the filters in the loop do to the fundamental: gain, and delay in frames.
    fn loss_and_lag(&self) -> (f64, f64) {
        let pole = f64::from(self.pole);
        let omega = core::f64::consts::TAU * f64::from(self.hz) / f64::from(self.sample_rate);
        let (sin, cos) = (libm::sin(omega), libm::cos(omega));
        let low_gain = (1.0 - pole) / libm::sqrt(1.0 + pole * pole - 2.0 * pole * cos);
        let low_lag = libm::atan2(pole * sin, 1.0 - pole * cos);
        // The tracker of the offset is 1 - k / (1 - (1 - k) z^-1).
        let k = f64::from(OFFSET);
        let rest = 1.0 - k;
        let (re, im) = (1.0 - rest * cos, rest * sin);
        let power = re * re + im * im;
        let (re, im) = (1.0 - k * re / power, k * im / power);
        (low_gain * libm::sqrt(re * re + im * im), (low_lag - libm::atan2(im, re)) / omega)
    }

    /// Sets the string in motion, and forgets what it did before. Call `set` first.
    pub fn pluck(&mut self, pluck: &Pluck) {
        let period = self.sample_rate / self.hz;
        let length = (period as usize + 4).min(self.longest);
        self.make_room(length);
        let k = 1.0 - libm::expf(-core::f32::consts::TAU * pluck.cutoff_hz / self.sample_rate);
        let edge = pluck.position.clamp(0.03, 0.5);
        let (up, down) = (1.0, -edge / (1.0 - edge));
        let (mut a, mut b, mut mean) = (0.0_f32, 0.0_f32, 0.0_f32);
        let (mut energy, mut last) = (0.0_f32, 0.0_f32);
        let start = self.at - length;
        // Two rounds: the first brings the low-pass into its periodic state, so that the wave joins its own end.
        for round in 0..2 {
            let mut hash = pluck.seed;
            for i in 0..length {
                let u = i as f32 / period;
                let u = u - libm::floorf(u);
                let flat = if u < edge { up } else { down };
                let snap = (flat - last) * 0.5 * (1.0 + 0.03 * period);
                last = flat;
                hash = next_hash(hash);
                let noise = 2.0 * unit(hash) - 1.0;
                let raw = flat * (1.0 - pluck.snap) + snap * pluck.snap;
                a += k * (raw + (noise - raw) * pluck.noise - a);
                b += k * (a - b);
                if round == 1 {
                    mean += b;
                    energy += b * b;
                    if let Some(point) = self.line.get_mut(start + i) {
                        *point = b;
                    }
                }
            }
        }
        let count = length as f32;
        mean /= count;
        let rms = (energy / count - mean * mean).max(1e-12).sqrt();
        let scale = pluck.level / rms;
        if let Some(wave) = self.line.get_mut(start..start + length) {
            wave.iter_mut().for_each(|x| *x = (*x - mean) * scale);
        }
        self.low = 0.0;
        self.offset = 0.0;
    }

    /// Writes up to 64 frames of what arrives at the bridge, minus `comb` times the wave at a pick-up that sits at
    /// `position` (fraction of a period away; 0 for none).
    pub fn render(&mut self, comb: f32, position: f32, out: &mut [f32]) {
        let mut done = 0;
        while done < out.len() {
            self.make_room(self.longest);
            let whole = (self.delay as usize).clamp(2, self.longest - 3);
            let t = (self.delay - whole as f32).clamp(0.0, 1.0);
            let frames = (out.len() - done).min(whole - 1).min(MAX_FRAMES);
            let c0 = -t * (t - 1.0) * (t - 2.0) * (1.0 / 6.0);
            let c1 = (t + 1.0) * (t - 1.0) * (t - 2.0) * 0.5;
            let c2 = -(t + 1.0) * t * (t - 2.0) * 0.5;
            let c3 = (t + 1.0) * t * (t - 1.0) * (1.0 / 6.0);
            let at = self.at;
            let (past, next) = self.line.split_at_mut(at);
            let from = &past[at - whole - 2..at - whole + 1 + frames];
            let (one, two, three, four) = (&from[..frames], &from[1..], &from[2..], &from[3..]);
            let mut wave = [0.0_f32; MAX_FRAMES];
            let wave = &mut wave[..frames];
            for ((((w, d), c), b), a) in wave.iter_mut().zip(one).zip(two).zip(three).zip(four) {
                *w = c0 * a + c1 * b + c2 * c + c3 * d;
            }
            let (mut lows, mut offsets) = ([0.0_f32; MAX_FRAMES], [0.0_f32; MAX_FRAMES]);
            let (lows, offsets) = (&mut lows[..frames], &mut offsets[..frames]);
            let (pole, gain) = (self.pole, self.gain);
            for (low, w) in lows.iter_mut().zip(wave.iter()) {
                *low = (1.0 - pole) * w;
            }
            recurse(pole, &mut self.low, lows);
            for (offset, low) in offsets.iter_mut().zip(lows.iter()) {
                *offset = OFFSET * low;
            }
            recurse(1.0 - OFFSET, &mut self.offset, offsets);
            for ((n, low), offset) in next.iter_mut().zip(lows.iter()).zip(offsets.iter()) {
                *n = gain * (low - offset);
            }
            let out = &mut out[done..done + frames];
            if comb == 0.0 {
                out.copy_from_slice(wave);
            } else {
                let back = ((position * self.delay) as usize).clamp(1, self.longest - 3);
                let moved = frames.min(back);
                let heard = &past[at - back..];
                for ((o, w), h) in out.iter_mut().zip(wave.iter()).zip(&heard[..moved]) {
                    *o = w - comb * h;
                }
                for ((o, w), h) in out[moved..].iter_mut().zip(&wave[moved..]).zip(next.iter()) {
                    *o = w - comb * h;
                }
            }
            self.at += frames;
            done += frames;
        }
    }

    /// Stills the string.
    pub fn reset(&mut self) {
        self.line.fill(0.0);
        self.low = 0.0;
        self.offset = 0.0;
    }

    /// Moves the history to the front when fewer than a run's frames are left behind it.
    fn make_room(&mut self, wanted: usize) {
        if self.at + MAX_FRAMES > self.line.len() || self.at < wanted {
            let keep = self.longest.min(self.at);
            self.line.copy_within(self.at - keep..self.at, self.longest - keep);
            self.at = self.longest;
        }
    }
}

#[cfg(test)]
mod tests;
