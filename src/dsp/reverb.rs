//! Reverberators: a feedback delay network for rooms and halls, and a plate. Both take what they are told in the same
//! words, [`ReverbSettings`].

mod fdn;
mod plate;

pub use fdn::Hall;
pub use plate::Plate;

/// Longest run of frames that a reverberator works on at once.
pub(crate) const CHUNK: usize = 64;

/// Frames beside a run that a moving place may reach.
const SLACK: usize = 6;

/// What a room is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReverbSettings {
    /// Seconds until the sound has fallen by 60 dB, at middle frequencies.
    pub time: f32,
    /// Size of the room, 0 (a cupboard) to 1 (a cathedral): the length of the paths.
    pub size: f32,
    /// Hz at which the sound falls twice as fast as in the middle.
    pub damp: f32,
}

/// A mono delay of many frames that is read and written in runs.
#[derive(Debug, Clone)]
struct Line {
    samples: Vec<f32>,
    at: usize,
}

impl Line {
    /// A line that is read at most `longest` frames back, in runs of at most [`CHUNK`].
    fn new(longest: usize) -> Self {
        Self { samples: vec![0.0; (longest + CHUNK + 4).next_power_of_two()], at: 0 }
    }

    /// Copies out the run of frames that is `distance` frames behind what [`Line::write`] will write next. `distance`
    /// must be at least the length of the run.
    #[inline]
    fn read(&self, distance: usize, run: &mut [f32]) {
        let mask = self.samples.len() - 1;
        let start = self.at.wrapping_sub(distance) & mask;
        let first = run.len().min(self.samples.len() - start);
        let (head, tail) = run.split_at_mut(first);
        head.copy_from_slice(&self.samples[start..start + first]);
        tail.copy_from_slice(&self.samples[..tail.len()]);
    }

    /// Adds a run times a gain, from `distance` frames behind.
    #[inline]
    fn add(&self, distance: usize, gain: f32, run: &mut [f32]) {
        let mask = self.samples.len() - 1;
        let start = self.at.wrapping_sub(distance) & mask;
        let first = run.len().min(self.samples.len() - start);
        let (head, tail) = run.split_at_mut(first);
        head.iter_mut().zip(&self.samples[start..]).for_each(|(y, x)| *y += gain * x);
        tail.iter_mut().zip(&self.samples).for_each(|(y, x)| *y += gain * x);
    }

    /// Writes a run and moves on.
    #[inline]
    fn write(&mut self, run: &[f32]) {
        let mask = self.samples.len() - 1;
        let first = run.len().min(self.samples.len() - self.at);
        let (head, tail) = run.split_at(first);
        self.samples[self.at..self.at + first].copy_from_slice(head);
        self.samples[..tail.len()].copy_from_slice(tail);
        self.at = (self.at + run.len()) & mask;
    }

    /// Reads a run of at most [`CHUNK`] frames at a distance that begins at `distance` and moves by `step` each frame,
    /// linearly interpolated. All that is read must have been written, and the way of a whole run is at most two frames.
    fn read_moving(&self, distance: f32, step: f32, run: &mut [f32]) {
        let last = distance + step * run.len() as f32;
        let farthest = distance.max(last) as usize + 2;
        // All that the run may touch in one piece, so that no read wraps.
        let mut near = [0.0f32; CHUNK + SLACK];
        let reach = (run.len() + SLACK).min(near.len());
        self.read(farthest, &mut near[..reach]);
        for (frame, y) in run.iter_mut().enumerate() {
            let place = distance + step * frame as f32;
            let whole = place as usize;
            let at = (farthest - whole + frame).min(CHUNK + SLACK - 1);
            let (new, old) = (near[at], near[at - 1]);
            *y = new + (place - whole as f32) * (old - new);
        }
    }

    fn reset(&mut self) {
        self.samples.fill(0.0);
    }
}

/// Pole of a one-pole low-pass with gain 1 at 0 Hz and gain `gain` at `hz`: from (1-p)^2 = g^2 (1 - 2 p cos w + p^2).
fn damping_pole(gain: f64, hz: f64, sample_rate: f64) -> f32 {
    let cosine = libm::cos(2.0 * std::f64::consts::PI * (hz / sample_rate).min(0.5));
    let g2 = gain * gain;
    if g2 >= 0.999_999 {
        return 0.0;
    }
    let b = (1.0 - g2 * cosine) / (1.0 - g2);
    // Where even a pole at 1 would not damp enough, the pole stays just inside the circle.
    (b - libm::sqrt((b * b - 1.0).max(0.0))).clamp(0.0, 0.999) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::biquad::{Biquad, Coefficients, chain};

    const RATE: f32 = 48_000.0;

    /// Seconds to -60 dB around 1 kHz, from the slope of the backward-integrated impulse response between -5 and -35 dB
    /// (ISO 3382-1).
    fn rt60(response: &[f32]) -> f64 {
        let mut band = response.to_vec();
        let rate = f64::from(RATE);
        let (high, low) =
            (Coefficients::high_pass(600.0, 0.7, rate), Coefficients::low_pass(1_600.0, 0.7, rate));
        let mut filters = [high, high, low, low].map(Biquad::new);
        chain(&mut filters, &mut band, &mut response.to_vec());
        let response = band;
        let mut energy = 0.0;
        let mut decay = response
            .iter()
            .rev()
            .map(|x| {
                energy += f64::from(*x).powi(2);
                energy
            })
            .collect::<Vec<_>>();
        decay.reverse();
        let total = decay[0];
        let cross =
            |db: f64| decay.iter().position(|e| 10.0 * (e / total).log10() < db).unwrap() as f64;
        2.0 * (cross(-35.0) - cross(-5.0)) / f64::from(RATE)
    }

    fn impulse_response(
        mut process: impl FnMut(&[f32], &mut [f32], &mut [f32]),
        seconds: f32,
    ) -> (Vec<f32>, Vec<f32>) {
        let frames = (seconds * RATE) as usize;
        let mut input = vec![0.0; frames];
        input[0] = 1.0;
        let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
        for ((x, l), r) in input.chunks(64).zip(left.chunks_mut(64)).zip(right.chunks_mut(64)) {
            process(x, l, r);
        }
        (left, right)
    }

    fn correlation(a: &[f32], b: &[f32]) -> f64 {
        let dot =
            |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    }

    #[test]
    fn the_hall_decays_in_the_time_it_is_told() {
        for (time, size) in [(0.5, 0.2), (1.5, 0.5), (3.0, 0.8), (6.0, 1.0)] {
            let settings = ReverbSettings { time, size, damp: 24_000.0 };
            let mut hall = Hall::new(settings, 1, RATE);
            let (left, right) = impulse_response(|x, l, r| hall.process(x, x, l, r), time * 1.5);
            for side in [&left, &right] {
                let is = rt60(side);
                assert!((is / f64::from(time) - 1.0).abs() < 0.1, "{is} s, not {time}");
            }
            assert!(correlation(&left, &right).abs() < 0.3, "the sides must differ");
        }
    }

    #[test]
    fn the_plate_decays_in_the_time_it_is_told() {
        for time in [0.8, 1.4, 3.0] {
            let settings = ReverbSettings { time, size: 0.5, damp: 24_000.0 };
            let mut plate = Plate::new(settings, RATE);
            let (left, right) = impulse_response(|x, l, r| plate.process(x, x, l, r), time * 1.5);
            for side in [&left, &right] {
                let is = rt60(side);
                assert!((is / f64::from(time) - 1.0).abs() < 0.1, "{is} s, not {time}");
            }
            assert!(correlation(&left, &right).abs() < 0.3);
        }
    }

    #[test]
    fn damping_takes_the_top_away_first() {
        let bright = |samples: &[f32]| {
            let high = samples.windows(2).map(|w| f64::from(w[1] - w[0]).powi(2)).sum::<f64>();
            high / samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>()
        };
        let settings = ReverbSettings { time: 2.0, size: 0.5, damp: 3_000.0 };
        let (mut hall, mut plate) = (Hall::new(settings, 1, RATE), Plate::new(settings, RATE));
        let responses = [
            impulse_response(|x, l, r| hall.process(x, x, l, r), 1.5).0,
            impulse_response(|x, l, r| plate.process(x, x, l, r), 1.5).0,
        ];
        for response in responses {
            assert!(bright(&response[48_000..]) < 0.3 * bright(&response[..12_000]));
        }
    }

    type Process<'a> = dyn FnMut(&[f32], &mut [f32], &mut [f32]) + 'a;

    #[test]
    fn steady_noise_comes_out_about_as_loud_whatever_the_time() {
        for time in [0.4, 1.5, 5.0] {
            let settings = ReverbSettings { time, size: 0.6, damp: 8_000.0 };
            let (mut hall, mut plate) = (Hall::new(settings, 1, RATE), Plate::new(settings, RATE));
            let mut state = 7u32;
            let noise = (0..480_000)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 8) as f32 / 8_388_608.0 - 1.0
                })
                .collect::<Vec<_>>();
            let level = |process: &mut Process<'_>| {
                let (mut left, mut right) = (vec![0.0; noise.len()], vec![0.0; noise.len()]);
                for ((x, l), r) in
                    noise.chunks(64).zip(left.chunks_mut(64)).zip(right.chunks_mut(64))
                {
                    process(x, l, r);
                }
                let power =
                    |x: &[f32]| x[240_000..].iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
                10.0 * (power(&left) / power(&noise)).log10()
            };
            let (hall, plate) = (
                level(&mut |x, l, r| hall.process(x, x, l, r)),
                level(&mut |x, l, r| plate.process(x, x, l, r)),
            );
            assert!((-9.0..1.0).contains(&hall), "hall {time} s: {hall} dB");
            assert!((-9.0..1.0).contains(&plate), "plate {time} s: {plate} dB");
        }
    }
}
