//! Chorus, tremolo and rotating speaker: what stands between the voices and the room in some instruments.
//!
//! Small, fixed and built in; the effect nodes are the place for anything a user mixes.

use crate::dsp::math::sin_turns;
use crate::dsp::voices::{COUNT_UP, Line, MAX_FRAMES};

/// Frames of a delay line: 20 ms at 192 kHz, and a power of two, so that a mask stands for a bounds check.
const LENGTH: usize = 4096;

/// A delay line with taps that move.
#[derive(Debug, Clone)]
struct DelayLine {
    ring: Box<[f32; LENGTH]>,
    at: usize,
}

impl DelayLine {
    fn new() -> Self {
        Self { ring: Box::new([0.0; LENGTH]), at: 0 }
    }

    /// Writes a run of at most [`MAX_FRAMES`] frames.
    fn write(&mut self, run: &[f32]) {
        for x in run {
            self.at = (self.at + 1) & (LENGTH - 1);
            self.ring[self.at & (LENGTH - 1)] = *x;
        }
    }

    /// Overwrites a run with what lies as many frames back (1 and more) from each frame of the run just written,
    /// linearly interpolated.
    fn read(&self, delays: &[f32; MAX_FRAMES], run: &mut [f32]) {
        let frames = run.len();
        let (mut wholes, mut shares) = ([0i32; MAX_FRAMES], [0.0_f32; MAX_FRAMES]);
        for ((whole, share), delay) in wholes.iter_mut().zip(&mut shares).zip(delays) {
            // Through i32, which is one instruction where usize takes several.
            *whole = *delay as i32;
            *share = *delay - *whole as f32;
        }
        // First the samples are fetched, one by one; then all lines are drawn side by side.
        let (mut new, mut old) = ([0.0_f32; MAX_FRAMES], [0.0_f32; MAX_FRAMES]);
        let first = self.at.wrapping_sub(frames);
        for (frame, ((new, old), whole)) in
            new.iter_mut().zip(&mut old).zip(&wholes).take(frames).enumerate()
        {
            let at = first.wrapping_add(frame + 1).wrapping_sub(*whole as usize);
            *new = self.ring[at & (LENGTH - 1)];
            *old = self.ring[at.wrapping_sub(1) & (LENGTH - 1)];
        }
        for (y, ((a, b), share)) in run.iter_mut().zip(new.iter().zip(&old).zip(&shares)) {
            *y = a + (b - a) * share;
        }
    }
}

/// A stereo chorus of three taps on a mono sum, added to the dry sound.
#[derive(Debug, Clone)]
pub(crate) struct Chorus {
    line: DelayLine,
    phase: f32,
    rate_hz: f32,
    depth_s: f32,
    /// Share of the moving taps, 0 to 1.
    pub(crate) mix: f32,
    sample_rate: f32,
}

impl Chorus {
    pub(crate) fn new(rate_hz: f32, depth_s: f32, mix: f32, sample_rate: f32) -> Self {
        Self { line: DelayLine::new(), phase: 0.0, rate_hz, depth_s, mix, sample_rate }
    }

    pub(crate) fn clear(&mut self) {
        self.line.ring.fill(0.0);
    }

    pub(crate) fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        let frames = left.len();
        let step = self.rate_hz * frames as f32 / self.sample_rate;
        let tap =
            |phase: f32| (0.008 + self.depth_s * (0.5 + 0.5 * sin_turns(phase))) * self.sample_rate;
        let from = [0.0, 0.33, 0.67].map(|o| tap(self.phase + o));
        let to = [0.0, 0.33, 0.67].map(|o| tap(self.phase + step + o));
        self.phase += step;
        self.phase -= libm::floorf(self.phase);
        let (dry, wet) = (1.0 - 0.4 * self.mix, 0.55 * self.mix);
        let per_frame = 1.0 / frames.max(1) as f32;
        let steps: [f32; 3] = std::array::from_fn(|t| (to[t] - from[t]) * per_frame);
        let mut middle = [0.0_f32; MAX_FRAMES];
        for ((m, l), r) in middle.iter_mut().zip(left.iter()).zip(right.iter()) {
            *m = 0.5 * (*l + *r);
        }
        self.line.write(&middle[..frames]);
        let mut taps = [[0.0_f32; MAX_FRAMES]; 3];
        for (tap, (from, step)) in taps.iter_mut().zip(from.iter().zip(steps)) {
            let delays = COUNT_UP.map(|at| from + step * at);
            self.line.read(&delays, &mut tap[..frames]);
        }
        let [a, b, c] = &taps;
        let taps = a.iter().zip(b).zip(c);
        for ((l, r), ((a, b), c)) in left.iter_mut().zip(right.iter_mut()).zip(taps) {
            *l = dry * *l + wet * (a + 0.3 * b);
            *r = dry * *r + wet * (c + 0.3 * b);
        }
    }
}

/// A tremolo that swings between the channels, as a suitcase piano does, or moves both (`stereo` of 0).
#[derive(Debug, Clone)]
pub(crate) struct Tremolo {
    phase: f32,
    swing: f32,
    pub(crate) rate_hz: f32,
    pub(crate) depth: f32,
    stereo: f32,
    sample_rate: f32,
}

impl Tremolo {
    pub(crate) fn new(rate_hz: f32, depth: f32, stereo: f32, sample_rate: f32) -> Self {
        Self { phase: 0.0, swing: 0.0, rate_hz, depth, stereo, sample_rate }
    }

    pub(crate) fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        let turn = self.rate_hz * left.len() as f32 / self.sample_rate;
        let to = 0.5 * self.depth * sin_turns(self.phase + turn);
        let line = Line::new(self.swing, to, left.len());
        self.swing = to;
        let base = 1.0 - 0.25 * self.depth;
        let other = 1.0 - 2.0 * self.stereo;
        for ((l, r), at) in left.iter_mut().zip(right.iter_mut()).zip(&COUNT_UP) {
            let swing = line.from + line.step * at;
            *l *= base + swing;
            *r *= base + swing * other;
        }
        self.phase += turn;
        self.phase -= libm::floorf(self.phase);
    }
}

/// A rotating speaker: treble horn and bass drum, each with its own speed, Doppler shift and swell.
///
/// Speeds: slow 0.8 and 0.7 turns a second, fast 6.7 and 5.8, with the horn quick and the drum slow to change
/// (J. Smith et al., "Doppler simulation and the Leslie", DAFx 2002).
#[derive(Debug, Clone)]
pub(crate) struct Leslie {
    horn: DelayLine,
    low: [f32; 2],
    horn_phase: f32,
    drum_phase: f32,
    horn_hz: f32,
    drum_hz: f32,
    /// 0 slow, 1 fast.
    pub(crate) speed: f32,
    sample_rate: f32,
}

impl Leslie {
    pub(crate) fn new(sample_rate: f32) -> Self {
        Self {
            horn: DelayLine::new(),
            low: [0.0; 2],
            horn_phase: 0.0,
            drum_phase: 0.3,
            horn_hz: 0.8,
            drum_hz: 0.7,
            speed: 0.0,
            sample_rate,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.horn.ring.fill(0.0);
        self.low = [0.0; 2];
    }

    pub(crate) fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        let frames = left.len();
        let seconds = frames as f32 / self.sample_rate;
        self.horn_hz += (0.8 + 5.9 * self.speed - self.horn_hz) * (seconds / 0.7).min(1.0);
        self.drum_hz += (0.7 + 5.1 * self.speed - self.drum_hz) * (seconds / 2.5).min(1.0);
        let (horn_step, drum_step) =
            (self.horn_hz / self.sample_rate, self.drum_hz / self.sample_rate);
        // Two one-poles at 800 Hz part the drum from the horn.
        let k = 0.1;
        // The rotors turn so slowly that over a run their sines are straight lines.
        let turn = |phase: f32, step: f32| {
            Line::new(sin_turns(phase), sin_turns(phase + step * frames as f32), frames)
        };
        let near = turn(self.horn_phase, horn_step);
        let far = turn(self.horn_phase + 0.27, horn_step);
        let drum = turn(self.drum_phase, drum_step);
        // The horn's mouth travels on a circle of 0.19 m: 0.55 ms of delay to and fro.
        let reach = 0.000_28 * self.sample_rate;
        let (mut bass, mut treble) = ([0.0_f32; MAX_FRAMES], [0.0_f32; MAX_FRAMES]);
        let [mut a, mut b] = self.low;
        let parts = bass.iter_mut().zip(&mut treble);
        for ((bass, treble), (l, r)) in parts.zip(left.iter().zip(right.iter())) {
            let x = 0.5 * (*l + *r);
            a = (1.0 - k) * a + k * x;
            b = (1.0 - k) * b + k * a;
            *bass = b;
            *treble = x - b;
        }
        self.low = [a, b];
        self.horn.write(&treble[..frames]);
        let (near, far) = (near.curve(), far.curve());
        let (mut first, mut second) = ([0.0_f32; MAX_FRAMES], [0.0_f32; MAX_FRAMES]);
        self.horn.read(&near.map(|near| 20.0 + reach * (1.0 + near)), &mut first[..frames]);
        self.horn.read(&far.map(|far| 24.0 + reach * (1.0 + far)), &mut second[..frames]);
        let horns = first.iter().zip(&near).zip(second.iter().zip(&far));
        let rotors = horns.zip(bass.iter().zip(drum.curve()));
        for ((l, r), (((first, near), (second, far)), (bass, drum))) in
            left.iter_mut().zip(right.iter_mut()).zip(rotors)
        {
            let first = first * (0.78 + 0.22 * near);
            let second = second * (0.78 + 0.22 * far);
            *l = 0.8 * first + 0.2 * second + bass * (1.0 + 0.12 * drum);
            *r = 0.2 * first + 0.8 * second + bass * (1.0 - 0.04 * drum);
        }
        self.horn_phase += horn_step * frames as f32;
        self.horn_phase -= libm::floorf(self.horn_phase);
        self.drum_phase += drum_step * frames as f32;
        self.drum_phase -= libm::floorf(self.drum_phase);
    }
}
