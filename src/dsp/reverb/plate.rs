//! A plate: J. Dattorro, "Effect Design, Part 1: Reverberator and Other Filters", JAES 45(9), 1997, figure 1.
//!
//! The paper's lengths are for 29,761 Hz and are scaled to the sample rate. `size` scales the tank a little around them.
//! Works in runs that are shorter than the shortest loop, all-pass by all-pass.

use super::super::modulation::Lfo;
use super::super::svf::recurse;
use super::{CHUNK, Line, ReverbSettings, damping_pole};

/// Sample rate of the paper.
const PAPER_RATE: f32 = 29_761.0;

const INPUT: [(f32, f32); 4] = [(142.0, 0.75), (107.0, 0.75), (379.0, 0.625), (277.0, 0.625)];

/// Of each half of the tank: modulated all-pass, delay, all-pass, delay.
const TANK: [[f32; 4]; 2] =
    [[672.0, 4_453.0, 1_800.0, 3_720.0], [908.0, 4_217.0, 2_656.0, 3_163.0]];

/// Taps of the left output: (half, element, distance, sign). Element 1 and 3 are the delays, 2 the all-pass.
const TAPS: [[(usize, usize, f32, f32); 7]; 2] = [
    [
        (1, 1, 266.0, 1.0),
        (1, 1, 2_974.0, 1.0),
        (1, 2, 1_913.0, -1.0),
        (1, 3, 1_996.0, 1.0),
        (0, 1, 1_990.0, -1.0),
        (0, 2, 187.0, -1.0),
        (0, 3, 1_066.0, -1.0),
    ],
    [
        (0, 1, 353.0, 1.0),
        (0, 1, 3_627.0, 1.0),
        (0, 2, 1_228.0, -1.0),
        (0, 3, 2_673.0, 1.0),
        (1, 1, 2_111.0, -1.0),
        (1, 2, 335.0, -1.0),
        (1, 3, 121.0, -1.0),
    ],
];

/// An all-pass around a line, read at a whole distance.
#[derive(Debug, Clone)]
struct AllPass {
    line: Line,
    length: usize,
    gain: f32,
}

impl AllPass {
    fn new(longest: usize, gain: f32) -> Self {
        Self { line: Line::new(longest), length: longest, gain }
    }

    /// In place; the run must be no longer than the length. v = x - g d; y = d + g v.
    fn process(&mut self, run: &mut [f32]) {
        let mut delayed = [0.0f32; CHUNK];
        let delayed = &mut delayed[..run.len()];
        self.line.read(self.length, delayed);
        self.finish(run, delayed);
    }

    /// In place, read at a place that moves by `reach` frames.
    fn process_moving(&mut self, reach: f32, lfo: &mut Lfo, run: &mut [f32]) {
        let mut delayed = [0.0f32; CHUNK];
        let delayed = &mut delayed[..run.len()];
        let from = self.length as f32 + reach * lfo.next_sine();
        lfo.skip(delayed.len() - 1);
        let step = (self.length as f32 + reach * lfo.sine() - from) / delayed.len() as f32;
        self.line.read_moving(from, step, delayed);
        self.finish(run, delayed);
    }

    fn finish(&mut self, run: &mut [f32], delayed: &mut [f32]) {
        for (x, d) in run.iter_mut().zip(delayed.iter_mut()) {
            let v = *x - self.gain * *d;
            *x = *d + self.gain * v;
            *d = v;
        }
        self.line.write(delayed);
    }
}

/// Half of the tank.
#[derive(Debug, Clone)]
struct Half {
    entry: AllPass,
    first: Line,
    first_length: usize,
    damp: f32,
    middle: AllPass,
    second: Line,
    second_length: usize,
    lfo: Lfo,
}

/// A plate.
#[derive(Debug, Clone)]
pub struct Plate {
    sample_rate: f32,
    bandwidth: f32,
    input: [AllPass; 4],
    halves: [Half; 2],
    pole: f32,
    decay: f32,
    reach: f32,
    level: f32,
    shortest: usize,
    scale: f32,
}

impl Plate {
    /// A plate at rest.
    pub fn new(settings: ReverbSettings, sample_rate: f32) -> Self {
        let frames = |paper: f32| (paper * 1.25 / PAPER_RATE * sample_rate) as usize + CHUNK;
        let reach = (16.0 / PAPER_RATE * sample_rate * 0.5).max(1.0);
        let half = |h: usize| {
            let [a, b, c, d] = TANK[h];
            Half {
                // The signs are those of the paper, where the first all-pass of the tank is turned round.
                entry: AllPass::new(frames(a) + reach as usize + 2, -0.7),
                first: Line::new(frames(b)),
                first_length: 0,
                damp: 0.0,
                middle: AllPass::new(frames(c), 0.5),
                second: Line::new(frames(d)),
                second_length: 0,
                lfo: Lfo::new(0.9 + 0.21 * h as f32, 0.25 * h as f32, sample_rate),
            }
        };
        let mut plate = Self {
            sample_rate,
            bandwidth: 0.0,
            input: INPUT.map(|(paper, gain)| AllPass::new(frames(paper), gain)),
            halves: [half(0), half(1)],
            pole: 0.0,
            decay: 0.5,
            reach,
            level: 0.6,
            shortest: CHUNK,
            scale: 1.0,
        };
        plate.set(settings);
        plate
    }

    /// Changes the plate. Thread: audio.
    pub fn set(&mut self, settings: ReverbSettings) {
        let rate = f64::from(self.sample_rate);
        self.scale = (0.75 + 0.5 * settings.size.clamp(0.0, 1.0)) / PAPER_RATE * self.sample_rate;
        let scale = self.scale;
        let frames = |paper: f32| ((paper * scale) as usize).max(2);
        for (all_pass, (paper, _)) in self.input.iter_mut().zip(INPUT) {
            all_pass.length = frames(paper);
        }
        for (half, [a, b, c, d]) in self.halves.iter_mut().zip(TANK) {
            half.entry.length = frames(a);
            half.first_length = frames(b);
            half.middle.length = frames(c);
            half.second_length = frames(d);
        }
        let shortest = self.input.iter().map(|a| a.length).min().unwrap_or(CHUNK);
        self.shortest = shortest.min(CHUNK);
        // Once round the figure of eight the sound meets the decay four times.
        let round = f64::from(TANK.iter().flatten().sum::<f32>() * scale) / rate;
        let time = f64::from(settings.time.max(0.05));
        let decay = libm::pow(10.0, -3.0 * round / (4.0 * time));
        self.decay = decay as f32;
        // The damping sits in each half, so it stands for half a round.
        self.pole = damping_pole(decay * decay, f64::from(settings.damp), rate);
        // The plate itself is a little dull at the top, as in the paper.
        self.bandwidth = damping_pole(0.9, 12_000.0, rate);
        self.level = (0.62 * libm::sqrt(1.0 - libm::pow(decay, 4.0))) as f32;
    }

    /// Fills the outputs with the sound of the plate. All slices have one length. Thread: audio.
    pub fn process(
        &mut self,
        left: &[f32],
        right: &[f32],
        out_left: &mut [f32],
        out_right: &mut [f32],
    ) {
        let step = self.shortest.max(1);
        let inputs = left.chunks(step).zip(right.chunks(step));
        let outputs = out_left.chunks_mut(step).zip(out_right.chunks_mut(step));
        for ((left, right), (out_left, out_right)) in inputs.zip(outputs) {
            self.run(left, right, out_left, out_right);
        }
    }

    fn run(&mut self, left: &[f32], right: &[f32], out_left: &mut [f32], out_right: &mut [f32]) {
        let count = left.len();
        let mut run = [0.0f32; CHUNK];
        let run = &mut run[..count];
        for ((y, l), r) in run.iter_mut().zip(left).zip(right) {
            *y = 0.5 * (l + r);
        }
        for all_pass in &mut self.input {
            all_pass.process(run);
        }
        // What each half feeds to the other one, read before either is written.
        let mut ends = [[0.0f32; CHUNK]; 2];
        for (half, end) in self.halves.iter().zip(&mut ends) {
            half.second.read(half.second_length, &mut end[..count]);
        }
        let [from_left, from_right] = &ends;
        for (half, end) in self.halves.iter_mut().zip([from_right, from_left]) {
            let mut x = [0.0f32; CHUNK];
            let x = &mut x[..count];
            for ((x, input), end) in x.iter_mut().zip(&*run).zip(end) {
                *x = input + self.decay * end;
            }
            half.entry.process_moving(self.reach, &mut half.lfo, x);
            let mut delayed = [0.0f32; CHUNK];
            let delayed = &mut delayed[..count];
            half.first.read(half.first_length, delayed);
            half.first.write(x);
            delayed.iter_mut().for_each(|y| *y *= 1.0 - self.pole);
            recurse(self.pole, &mut half.damp, delayed);
            delayed.iter_mut().for_each(|y| *y *= self.decay);
            half.middle.process(delayed);
            half.second.write(delayed);
        }
        let scale = self.scale;
        for (out, taps) in [out_left, out_right].into_iter().zip(&TAPS) {
            out.fill(0.0);
            for (half, element, paper, sign) in taps {
                let half = &self.halves[*half];
                let line = match element {
                    1 => &half.first,
                    2 => &half.middle.line,
                    _ => &half.second,
                };
                // All lines have been written for this run, so what is `distance` back lies a run further.
                line.add((paper * scale) as usize + count, sign * self.level, out);
            }
        }
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.input.iter_mut().for_each(|a| a.line.reset());
        for half in &mut self.halves {
            for line in
                [&mut half.entry.line, &mut half.first, &mut half.middle.line, &mut half.second]
            {
                line.reset();
            }
            half.damp = 0.0;
        }
    }
}
