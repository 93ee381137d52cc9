//! Delay lines: a ring that is read at whole or fractional distances, and a stereo echo with filters in its loop.

use super::smooth::Smoothed;
use super::svf::OnePole;

/// Longest run of frames that is worked on at once.
pub const RUN: usize = 64;

/// A mono ring of a power of two.
#[derive(Debug, Clone)]
pub struct Ring {
    samples: Vec<f32>,
    at: usize,
}

impl Ring {
    /// A ring that can be read at least `frames` frames back.
    pub fn new(frames: usize) -> Self {
        Self { samples: vec![0.0; (frames + 4).next_power_of_two()], at: 0 }
    }

    /// Longest distance that can be read, for cubic reading.
    pub fn longest(&self) -> usize {
        self.samples.len() - 4
    }

    /// Writes the newest sample. Thread: audio.
    #[inline]
    pub fn push(&mut self, x: f32) {
        let mask = self.samples.len() - 1;
        self.samples[self.at & mask] = x;
        self.at = (self.at + 1) & mask;
    }

    /// The sample `frames` back; 1 is the newest. Thread: audio.
    #[inline]
    pub fn read(&self, frames: usize) -> f32 {
        let mask = self.samples.len() - 1;
        self.samples[self.at.wrapping_sub(frames) & mask]
    }

    /// The samples from `frames` back on, oldest first; `run` must be no longer than `frames`. Thread: audio.
    pub fn read_run(&self, frames: usize, run: &mut [f32]) {
        let start = self.at.wrapping_sub(frames) & (self.samples.len() - 1);
        let first = run.len().min(self.samples.len() - start);
        let (head, tail) = run.split_at_mut(first);
        head.copy_from_slice(&self.samples[start..start + first]);
        tail.copy_from_slice(&self.samples[..tail.len()]);
    }

    /// The waveform at a fractional distance of at least 2 frames, by a cubic through four samples (Catmull-Rom).
    #[inline]
    pub fn read_cubic(&self, frames: f32) -> f32 {
        let whole = frames as usize;
        let t = frames - whole as f32;
        // From new to old: a is one frame newer than the pair b, c between which the place lies.
        let (a, b) = (self.read(whole - 1), self.read(whole));
        let (c, d) = (self.read(whole + 1), self.read(whole + 2));
        cubic([a, b, c, d], t)
    }

    /// Writes a run of samples, oldest first; no longer than the ring. Thread: audio.
    pub fn push_run(&mut self, run: &[f32]) {
        let first = run.len().min(self.samples.len() - self.at);
        let (head, tail) = run.split_at(first);
        self.samples[self.at..self.at + first].copy_from_slice(head);
        self.samples[..tail.len()].copy_from_slice(tail);
        self.at = (self.at + run.len()) & (self.samples.len() - 1);
    }

    /// What [`Ring::read_cubic`] gives for each frame of a run right after that frame was pushed, when the whole run (of
    /// at most [`RUN`] frames, as many as there are distances) has just been pushed. The ring must be longer than the
    /// longest distance by a run. Thread: audio.
    pub fn read_cubic_run(&self, distances: &[f32], out: &mut [f32]) {
        let count = distances.len().min(out.len()).min(RUN);
        let mask = self.samples.len() - 1;
        let first = self.at.wrapping_sub(count);
        let (mut wholes, mut shares) = ([0i32; RUN], [0.0f32; RUN]);
        for ((whole, t), frames) in wholes.iter_mut().zip(&mut shares).zip(distances) {
            *whole = *frames as i32;
            *t = *frames - *whole as f32;
        }
        // First the samples are fetched, one by one; then all curves are drawn side by side.
        let mut points = [[0.0f32; RUN]; 4];
        let [new, b, c, old] = &mut points;
        let places = new.iter_mut().zip(b).zip(c.iter_mut().zip(old));
        for (frame, (((a, b), (c, d)), whole)) in places.zip(&wholes).take(count).enumerate() {
            // The frame itself was written at `first + frame`, and is one back.
            let at = first.wrapping_add(frame).wrapping_sub(*whole as usize + 1) & mask;
            [*d, *c, *b, *a] = match self.samples.get(at..at + 4) {
                Some(&[d, c, b, a]) => [d, c, b, a],
                _ => std::array::from_fn(|newer| self.samples[(at + newer) & mask]),
            };
        }
        let [a, b, c, d] = &points;
        let curves = a.iter().zip(b).zip(c.iter().zip(d)).zip(&shares);
        for (y, (((a, b), (c, d)), t)) in out[..count].iter_mut().zip(curves) {
            *y = cubic([*a, *b, *c, *d], *t);
        }
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.samples.fill(0.0);
    }
}

/// The curve between `b` (t = 0) and `c` (t = 1) of four samples a, b, c, d from new to old (Catmull-Rom).
#[inline(always)]
fn cubic([a, b, c, d]: [f32; 4], t: f32) -> f32 {
    let slope_b = 0.5 * (c - a);
    let slope_c = 0.5 * (d - b);
    let m = 3.0 * (c - b) - 2.0 * slope_b - slope_c;
    let n = 2.0 * (b - c) + slope_b + slope_c;
    b + t * (slope_b + t * (m + t * n))
}

/// A stereo echo: feedback, low and high cut in the loop, and a way across for ping-pong. A change of its time fades from
/// the old distance to the new one, so the pitch never bends.
#[derive(Debug, Clone)]
pub struct Echo {
    rings: [Ring; 2],
    low_cut: [OnePole; 2],
    high_cut: [OnePole; 2],
    distance: usize,
    /// Where a fade comes from.
    before: usize,
    /// 0 at `before`, 1 at `distance`.
    fade: Smoothed,
    sample_rate: f32,
}

impl Echo {
    /// An echo of up to `longest` seconds.
    pub fn new(longest: f32, sample_rate: f32) -> Self {
        let ring = Ring::new((longest * sample_rate) as usize + 1);
        Self {
            rings: [ring.clone(), ring],
            low_cut: [OnePole::new(20.0, sample_rate), OnePole::new(20.0, sample_rate)],
            high_cut: [OnePole::new(20_000.0, sample_rate), OnePole::new(20_000.0, sample_rate)],
            distance: 0,
            before: 0,
            fade: Smoothed::new(1.0, 0.040, sample_rate),
            sample_rate,
        }
    }

    /// Sets the time in frames; a fade that is under way ends first. Thread: audio.
    #[inline]
    pub fn set_distance(&mut self, frames: usize) {
        let frames = frames.clamp(1, self.rings[0].longest());
        if self.distance == 0 {
            (self.distance, self.before) = (frames, frames);
        } else if frames != self.distance && self.fade.is_settled() {
            self.before = std::mem::replace(&mut self.distance, frames);
            self.fade = Smoothed::new(0.0, 0.040, self.sample_rate);
            self.fade.set(1.0);
        }
    }

    /// Frames between two repeats.
    pub fn distance(&self) -> usize {
        self.distance
    }

    /// Sets the filters in the loop, Hz. Thread: audio.
    pub fn set_cuts(&mut self, low: f32, high: f32) {
        self.low_cut.iter_mut().for_each(|filter| filter.set(low, self.sample_rate));
        self.high_cut.iter_mut().for_each(|filter| filter.set(high, self.sample_rate));
    }

    /// Takes a frame and gives the echoes alone. `cross` 0 repeats on the same side, 1 on the other one. Thread: audio.
    #[inline]
    pub fn next(&mut self, x: [f32; 2], feedback: f32, cross: f32) -> [f32; 2] {
        let fade = self.fade.next_value();
        let mut out = [0.0; 2];
        for ((out, ring), (low, high)) in
            out.iter_mut().zip(&self.rings).zip(self.low_cut.iter_mut().zip(&mut self.high_cut))
        {
            let echo = ring.read(self.distance);
            let echo =
                if fade < 1.0 { echo * fade + ring.read(self.before) * (1.0 - fade) } else { echo };
            *out = high.low(low.high(echo));
        }
        let back = [out[0] + cross * (out[1] - out[0]), out[1] + cross * (out[0] - out[1])];
        // A ping-pong needs its first repeat on one side only, so the input goes to the left as far as it crosses.
        let mid = 0.5 * (x[0] + x[1]);
        let enter = [x[0] + cross * (mid - x[0]), x[1] - cross * x[1]];
        for ((ring, enter), back) in self.rings.iter_mut().zip(enter).zip(back) {
            ring.push(enter + feedback * back);
        }
        out
    }

    /// [`Echo::next`] for a run in place, with `mix` of the echoes in it (0 none, 1 nothing else). While no time fades and the
    /// distance is longer than a run, the filters work on whole runs. Thread: audio.
    pub fn run(
        &mut self,
        left: &mut [f32],
        right: &mut [f32],
        feedback: f32,
        cross: f32,
        mix: f32,
    ) {
        let count = left.len();
        if !self.fade.is_settled() || count > RUN || self.distance < count {
            for (l, r) in left.iter_mut().zip(right.iter_mut()) {
                let wet = self.next([*l, *r], feedback, cross);
                *l += mix * (wet[0] - *l);
                *r += mix * (wet[1] - *r);
            }
            return;
        }
        let mut echoes = [[0.0f32; RUN]; 2];
        for ((echo, ring), (low, high)) in
            echoes.iter_mut().zip(&self.rings).zip(self.low_cut.iter_mut().zip(&mut self.high_cut))
        {
            let echo = &mut echo[..count];
            ring.read_run(self.distance, echo);
            low.high_run(echo);
            high.low_run(echo);
        }
        let [ring_left, ring_right] = &mut self.rings;
        let frames = left.iter_mut().zip(right.iter_mut()).zip(echoes[0].iter().zip(&echoes[1]));
        for ((l, r), (a, b)) in frames {
            let back = [a + cross * (b - a), b + cross * (a - b)];
            let mid = 0.5 * (*l + *r);
            ring_left.push(*l + cross * (mid - *l) + feedback * back[0]);
            ring_right.push(*r - cross * *r + feedback * back[1]);
            *l += mix * (a - *l);
            *r += mix * (b - *r);
        }
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.rings.iter_mut().for_each(Ring::reset);
        self.low_cut.iter_mut().chain(&mut self.high_cut).for_each(OnePole::reset);
        (self.distance, self.before) = (0, 0);
        self.fade.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_fractional_reading_agree_with_the_waveform() {
        let mut ring = Ring::new(100);
        let wave = |t: f64| libm::sin(t * 0.1) as f32;
        (0..300).for_each(|i| ring.push(wave(f64::from(i))));
        assert_eq!(ring.read(1), wave(299.0));
        assert_eq!(ring.read(100), wave(200.0));
        for distance in [2.0f32, 10.5, 33.25, 99.9] {
            let wanted = wave(300.0 - f64::from(distance));
            assert!((ring.read_cubic(distance) - wanted).abs() < 1e-4, "{distance}");
        }
    }

    #[test]
    fn a_run_is_read_as_its_frames_would_be() {
        let (mut one, mut many) = (Ring::new(300), Ring::new(300));
        let wave = |i: usize| libm::sinf(i as f32 * 0.37);
        for (part, count) in [64, 7, 64, 1, 50, 64, 64, 33, 64, 64].into_iter().enumerate() {
            let xs = (0..count).map(|i| wave(part * 64 + i)).collect::<Vec<_>>();
            let distances =
                (0..count).map(|i| 2.0 + 1.37 * i as f32 + 13.1 * part as f32).collect::<Vec<_>>();
            let wanted = xs.iter().zip(&distances).map(|(x, distance)| {
                one.push(*x);
                one.read_cubic(*distance)
            });
            let wanted = wanted.collect::<Vec<_>>();
            let mut ys = vec![0.0; count];
            many.push_run(&xs);
            many.read_cubic_run(&distances, &mut ys);
            assert_eq!(ys, wanted, "run {part}");
        }
    }

    #[test]
    fn echoes_come_on_the_frame_with_their_feedback() {
        let mut echo = Echo::new(1.0, 48_000.0);
        echo.set_distance(1_000);
        echo.set_cuts(0.0, 30_000.0);
        let ys =
            (0..3_100).map(|i| echo.next([f32::from(i == 0), 0.0], 0.5, 0.0)).collect::<Vec<_>>();
        let first = ys.iter().position(|y| y[0].abs() > 0.1).unwrap();
        assert_eq!(first, 1_000);
        assert!(ys[..1_000].iter().all(|y| y[0] == 0.0) && ys.iter().all(|y| y[1] == 0.0));
        let energy =
            |range: std::ops::Range<usize>| ys[range].iter().map(|y| y[0] * y[0]).sum::<f32>();
        assert!((energy(2_000..3_000) / energy(1_000..2_000) - 0.25).abs() < 0.02);
    }

    #[test]
    fn runs_give_the_echoes_of_single_frames() {
        let make = || {
            let mut echo = Echo::new(1.0, 48_000.0);
            echo.set_distance(701);
            echo.set_cuts(150.0, 5_000.0);
            echo
        };
        let wave = |i: usize| libm::sinf(i as f32 * 0.05) * f32::from(i < 900);
        let (mut left, mut right): (Vec<f32>, Vec<f32>) =
            (0..3_200).map(|i| (wave(i), wave(i + 40))).unzip();
        let mut one = make();
        let plain: Vec<[f32; 2]> =
            left.iter().zip(&right).map(|(l, r)| one.next([*l, *r], 0.6, 0.3)).collect();
        let mut many = make();
        for (l, r) in left.chunks_mut(64).zip(right.chunks_mut(64)) {
            many.run(l, r, 0.6, 0.3, 1.0);
        }
        let near = |(wanted, (l, r)): (&[f32; 2], (&f32, &f32))| {
            (wanted[0] - l).abs() < 1e-4 && (wanted[1] - r).abs() < 1e-4
        };
        assert!(plain.iter().zip(left.iter().zip(&right)).all(near));
    }

    #[test]
    fn ping_pong_changes_sides() {
        let mut echo = Echo::new(1.0, 48_000.0);
        echo.set_distance(500);
        let ys =
            (0..1_600).map(|i| echo.next([f32::from(i == 0); 2], 0.8, 1.0)).collect::<Vec<_>>();
        let energy = |range: std::ops::Range<usize>, side: usize| {
            ys[range].iter().map(|y| y[side] * y[side]).sum::<f32>()
        };
        assert!(energy(500..1_000, 0) > 0.1 && energy(500..1_000, 1) == 0.0);
        assert!(energy(1_000..1_500, 1) > 0.1 && energy(1_000..1_500, 0) < 0.01);
    }
}
