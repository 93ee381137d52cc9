//! A feedback delay network of sixteen lines with early reflections in front of it.
//!
//! J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991: each line loses
//! as much per pass as its length demands, so all frequencies below the damping fall at the same rate. The lines feed
//! each other through a Hadamard matrix, which mixes all with all and keeps the energy. Runs of frames are worked on
//! line by line, which the compiler turns into vector code; that needs every line to be longer than a run.

use super::super::modulation::Lfo;
use super::super::noise::{bipolar, substream};
use super::super::svf::recurse;
use super::{CHUNK, Line, ReverbSettings, damping_pole};

const LINES: usize = 16;

/// Early reflections per side.
const EARLY: usize = 8;

/// Lengths of the lines in seconds for the largest room, close to a geometric row, no two in a simple ratio.
const LENGTHS: [f32; LINES] = [
    0.03117, 0.03389, 0.03701, 0.04023, 0.04339, 0.04723, 0.05087, 0.05531, 0.05923, 0.06397,
    0.06911, 0.07433, 0.08017, 0.08641, 0.09293, 0.10007,
];

/// Times (seconds, largest room) and gains of the reflections on the left; the right side hears them a little apart.
const REFLECTIONS: [(f32, f32); EARLY] = [
    (0.0043, 0.84),
    (0.0215, -0.50),
    (0.0225, 0.49),
    (0.0268, -0.38),
    (0.0298, 0.38),
    (0.0458, 0.35),
    (0.0485, -0.29),
    (0.0572, 0.27),
];

/// A hall.
#[derive(Debug, Clone)]
pub struct Hall {
    settings: ReverbSettings,
    sample_rate: f32,
    lines: Vec<Line>,
    lengths: [usize; LINES],
    gains: [f32; LINES],
    poles: [f32; LINES],
    states: [f32; LINES],
    /// Every fourth line is read at a moving place, which keeps the tail from ringing.
    lfos: [Lfo; LINES / 4],
    wander: f32,
    early: [Line; 2],
    reflections: [[(usize, f32); EARLY]; 2],
    /// Random trim of each line's length, so that two halls in a mix differ.
    trims: [f32; LINES],
    level: f32,
}

impl Hall {
    /// An empty hall; `seed` trims its measures by a hair.
    pub fn new(settings: ReverbSettings, seed: u64, sample_rate: f32) -> Self {
        let mut rng = substream(seed, 7);
        let trims = std::array::from_fn(|_| 1.0 + 0.02 * bipolar(&mut rng));
        let longest = |seconds: f32| (seconds * sample_rate * 1.1) as usize + 2 * CHUNK;
        let mut hall = Self {
            settings,
            sample_rate,
            lines: LENGTHS.iter().map(|&seconds| Line::new(longest(seconds))).collect(),
            lengths: [CHUNK; LINES],
            gains: [0.0; LINES],
            poles: [0.0; LINES],
            states: [0.0; LINES],
            lfos: std::array::from_fn(|i| {
                Lfo::new(0.31 + 0.17 * i as f32, i as f32 / 4.0, sample_rate)
            }),
            wander: 0.000_3 * sample_rate,
            early: std::array::from_fn(|_| Line::new(longest(0.07))),
            reflections: [[(CHUNK, 0.0); EARLY]; 2],
            trims,
            level: 0.0,
        };
        hall.set(settings);
        hall
    }

    /// Changes the room. A change of size jumps, as rooms do not grow. Thread: audio.
    pub fn set(&mut self, settings: ReverbSettings) {
        self.settings = settings;
        let rate = f64::from(self.sample_rate);
        let scale = 0.22 + 0.78 * settings.size.clamp(0.0, 1.0);
        let time = f64::from(settings.time.max(0.05));
        let mut mean = 0.0;
        let wander = self.wander as usize + 2;
        for (index, (seconds, trim)) in LENGTHS.iter().zip(self.trims).enumerate() {
            let frames = (seconds * scale * trim * self.sample_rate) as usize;
            self.lengths[index] = frames.max(CHUNK + wander + 2);
            let passes = self.lengths[index] as f64 / (rate * time);
            let gain = libm::pow(10.0, -3.0 * passes);
            self.gains[index] = gain as f32;
            // At the damping frequency the sound falls twice as fast: there each pass loses as much again.
            self.poles[index] = damping_pole(gain, f64::from(settings.damp), rate);
            mean += gain / LINES as f64;
        }
        // Noise through a loop of gain g builds up to 1 / (1 - g^2) of its power.
        self.level = (0.55 * libm::sqrt(1.0 - mean * mean)) as f32;
        for (side, reflections) in self.reflections.iter_mut().enumerate() {
            for (index, ((distance, gain), (seconds, weight))) in
                reflections.iter_mut().zip(REFLECTIONS).enumerate()
            {
                let apart = if side == 1 { 1.0 + 0.05 * ((index % 3) as f32 - 0.8) } else { 1.0 };
                *distance = ((seconds * apart * scale * self.sample_rate) as usize).max(1) + CHUNK;
                *gain = 0.42 * weight * if side == 1 && index % 2 == 1 { -1.0 } else { 1.0 };
            }
        }
    }

    /// Fills the outputs with the reverberation of the inputs. All slices have one length. Thread: audio.
    pub fn process(
        &mut self,
        left: &[f32],
        right: &[f32],
        out_left: &mut [f32],
        out_right: &mut [f32],
    ) {
        let inputs = left.chunks(CHUNK).zip(right.chunks(CHUNK));
        let outputs = out_left.chunks_mut(CHUNK).zip(out_right.chunks_mut(CHUNK));
        for ((left, right), (out_left, out_right)) in inputs.zip(outputs) {
            self.run(left, right, out_left, out_right);
        }
    }

    fn run(&mut self, left: &[f32], right: &[f32], out_left: &mut [f32], out_right: &mut [f32]) {
        let count = left.len();
        let mut early = [[0.0f32; CHUNK]; 2];
        for ((line, input), (reflections, early)) in
            self.early.iter_mut().zip([left, right]).zip(self.reflections.iter().zip(&mut early))
        {
            // Written first and read a run further back, so that reflections may be shorter than a run.
            line.write(input);
            for (distance, gain) in reflections {
                line.add(*distance - CHUNK + count, *gain, &mut early[..count]);
            }
        }
        let mut runs = [[0.0f32; CHUNK]; LINES];
        for (index, run) in runs.iter_mut().enumerate() {
            let run = &mut run[..count];
            if index % 4 != 1 {
                self.lines[index].read(self.lengths[index], run);
            } else {
                wandering(
                    &self.lines[index],
                    self.lengths[index],
                    self.wander,
                    &mut self.lfos[index / 4],
                    run,
                );
            }
        }
        self.damp(&mut runs, count);
        // Even lines are heard on the left, odd ones on the right, with changing signs, so that the sides have nothing in
        // common but the room.
        out_left.copy_from_slice(&early[0][..count]);
        out_right.copy_from_slice(&early[1][..count]);
        for (pair, lines) in runs.chunks_exact(2).enumerate() {
            let level = if pair % 2 == 0 { self.level } else { -self.level };
            out_left.iter_mut().zip(&lines[0]).for_each(|(y, x)| *y += level * x);
            out_right.iter_mut().zip(&lines[1]).for_each(|(y, x)| *y += level * x);
        }
        hadamard(&mut runs, count);
        for (index, (run, line)) in runs.iter_mut().zip(&mut self.lines).enumerate() {
            // What enters is the early sound: it has been scattered once already.
            let (side, sign) = (index % 2, if (index / 2) % 3 == 1 { -1.0 } else { 1.0 });
            let direct = if side == 0 { left } else { right };
            for ((y, x), e) in run[..count].iter_mut().zip(direct).zip(&early[side]) {
                *y = *y * 0.25 + sign * (0.6 * x + 0.6 * e);
            }
            line.write(&run[..count]);
        }
    }

    /// Gain and low-pass of every line.
    fn damp(&mut self, runs: &mut [[f32; CHUNK]; LINES], count: usize) {
        let weights = self.gains.iter().zip(&self.poles).zip(&mut self.states);
        for (run, ((gain, pole), state)) in runs.iter_mut().zip(weights) {
            let input = gain * (1.0 - pole);
            run[..count].iter_mut().for_each(|x| *x *= input);
            recurse(*pole, state, &mut run[..count]);
        }
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.lines.iter_mut().chain(&mut self.early).for_each(Line::reset);
        self.states = [0.0; LINES];
    }
}

/// Reads a line at a place that moves by up to `reach` frames to either side, linearly interpolated. The place follows the
/// oscillator by the run: in a millisecond it moves by less than a hundredth of a frame off a straight line.
fn wandering(line: &Line, length: usize, reach: f32, lfo: &mut Lfo, run: &mut [f32]) {
    let from = length as f32 + reach * lfo.next_sine();
    lfo.skip(run.len() - 1);
    let step = (length as f32 + reach * lfo.sine() - from) / run.len() as f32;
    line.read_moving(from, step, run);
}

/// Multiplies the sixteen lines by a Hadamard matrix (entries ±1; the caller scales by 1/4), in four rounds of butterflies.
fn hadamard(runs: &mut [[f32; CHUNK]; LINES], count: usize) {
    let mut stride = 1;
    while stride < LINES {
        for pair in runs.chunks_exact_mut(2 * stride) {
            let (upper, lower) = pair.split_at_mut(stride);
            for (a, b) in upper.iter_mut().zip(lower) {
                for (a, b) in a[..count].iter_mut().zip(&mut b[..count]) {
                    (*a, *b) = (*a + *b, *a - *b);
                }
            }
        }
        stride *= 2;
    }
}
