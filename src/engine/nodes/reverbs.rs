//! Rooms, halls and plates.

use super::effect::{EFFECT, Effect, Run, boxed, param};
use crate::dsp::biquad::{Biquad, Coefficients};
use crate::dsp::delay::Ring;
use crate::dsp::reverb::{Hall, Plate, ReverbSettings};
use crate::engine::node::BLOCK;
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, NodeType, Processor, Settings, Unit,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![
        NodeType { descriptor: &REVERB, build: build_reverb },
        NodeType { descriptor: &PLATE, build: build_plate },
    ]
}

static REVERB: Descriptor = Descriptor {
    id: "fx.reverb",
    name: "Reverb",
    doc: "A room or a hall: early reflections and a dense, moving tail.",
    inputs: &["in"],
    params: &[
        param(
            "time",
            "Time",
            Unit::Seconds,
            0.1,
            20.0,
            1.8,
            "Until the sound has fallen by 60 dB.",
        ),
        param(
            "size",
            "Size",
            Unit::Percent,
            0.0,
            1.0,
            0.5,
            "Size of the room: the length of the paths in it.",
        ),
        param(
            "predelay",
            "Pre-delay",
            Unit::Milliseconds,
            0.0,
            250.0,
            20.0,
            "Before the room answers.",
        ),
        param(
            "damp",
            "Damping",
            Unit::Hertz,
            500.0,
            20_000.0,
            6_000.0,
            "Where the sound falls twice as fast as in the middle.",
        ),
        param(
            "low_cut",
            "Low cut",
            Unit::Hertz,
            20.0,
            1_000.0,
            180.0,
            "Keeps the low end out of the room.",
        ),
        param(
            "mix",
            "Mix",
            Unit::Percent,
            0.0,
            1.0,
            0.25,
            "Share of the effect in what comes out; 1 on a send.",
        ),
        param("width", "Width", Unit::Percent, 0.0, 1.0, 1.0, "0 is a room in mono."),
    ],
    config: &[],
    ..EFFECT
};

static PLATE: Descriptor = Descriptor {
    id: "fx.plate",
    name: "Plate",
    doc: "A plate: dense from the first moment, bright and smooth.",
    inputs: &["in"],
    params: &[
        param(
            "time",
            "Time",
            Unit::Seconds,
            0.1,
            20.0,
            1.4,
            "Until the sound has fallen by 60 dB.",
        ),
        param(
            "size",
            "Size",
            Unit::Percent,
            0.0,
            1.0,
            0.5,
            "Size of the room: the length of the paths in it.",
        ),
        param(
            "predelay",
            "Pre-delay",
            Unit::Milliseconds,
            0.0,
            250.0,
            20.0,
            "Before the room answers.",
        ),
        param(
            "damp",
            "Damping",
            Unit::Hertz,
            500.0,
            20_000.0,
            6_000.0,
            "Where the sound falls twice as fast as in the middle.",
        ),
        param(
            "low_cut",
            "Low cut",
            Unit::Hertz,
            20.0,
            1_000.0,
            180.0,
            "Keeps the low end out of the room.",
        ),
        param(
            "mix",
            "Mix",
            Unit::Percent,
            0.0,
            1.0,
            0.25,
            "Share of the effect in what comes out; 1 on a send.",
        ),
        param("width", "Width", Unit::Percent, 0.0, 1.0, 1.0, "0 is a room in mono."),
    ],
    config: &[],
    ..EFFECT
};

/// What makes the tail.
trait Tank: Send + 'static {
    fn set(&mut self, settings: ReverbSettings);
    fn process(&mut self, left: &[f32], right: &[f32], out_left: &mut [f32], out_right: &mut [f32]);
    fn reset(&mut self);
}

impl Tank for Hall {
    fn set(&mut self, settings: ReverbSettings) {
        Self::set(self, settings);
    }

    fn process(
        &mut self,
        left: &[f32],
        right: &[f32],
        out_left: &mut [f32],
        out_right: &mut [f32],
    ) {
        Self::process(self, left, right, out_left, out_right);
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}

impl Tank for Plate {
    fn set(&mut self, settings: ReverbSettings) {
        Self::set(self, settings);
    }

    fn process(
        &mut self,
        left: &[f32],
        right: &[f32],
        out_left: &mut [f32],
        out_right: &mut [f32],
    ) {
        Self::process(self, left, right, out_left, out_right);
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}

/// A tank with pre-delay and low cut before it, width and mix after it.
struct Reverb<T> {
    tank: T,
    low_cut: Biquad,
    before: [Ring; 2],
    sample_rate: f32,
}

/// Any room; the params replace it before the first sound.
const ANY: ReverbSettings = ReverbSettings { time: 1.0, size: 0.5, damp: 6_000.0 };

fn reverb<T: Tank>(
    context: &BuildContext,
    settings: &Settings<'_>,
    tank: T,
) -> Result<Box<dyn Processor>, BuildError> {
    let ring = Ring::new((0.26 * context.sample_rate) as usize);
    let low_cut = Biquad::new(Coefficients::FLAT);
    boxed(
        context,
        settings,
        Reverb { tank, low_cut, before: [ring.clone(), ring], sample_rate: context.sample_rate },
    )
}

fn build_reverb(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    reverb(context, settings, Hall::new(ANY, context.seed, context.sample_rate))
}

fn build_plate(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    reverb(context, settings, Plate::new(ANY, context.sample_rate))
}

impl<T: Tank> Effect for Reverb<T> {
    const PARAMS: usize = 7;

    fn process(&mut self, run: &mut Run<'_>) {
        let frames = run.left.len();
        let mut at = 0;
        while at < frames {
            let (count, moved) = run.params.stretch(at, frames, 5);
            if moved {
                let [time, size, _, damp, low_cut] = std::array::from_fn(|i| run.params.get(i));
                self.tank.set(ReverbSettings { time, size, damp });
                let (corner, rate) = (f64::from(low_cut), f64::from(self.sample_rate));
                self.low_cut.set(Coefficients::high_pass(
                    corner,
                    std::f64::consts::FRAC_1_SQRT_2,
                    rate,
                ));
            }
            self.wet(run, at, count);
            at += count;
        }
    }

    fn reset(&mut self) {
        self.tank.reset();
        self.low_cut.reset();
        self.before.iter_mut().for_each(Ring::reset);
    }

    fn gap(&self) -> usize {
        // Pre-delay, and the first way through the longest line.
        (0.5 * self.sample_rate) as usize
    }
}

impl<T: Tank> Reverb<T> {
    /// Mixes the reverberation of some frames into them.
    fn wet(&mut self, run: &mut Run<'_>, at: usize, count: usize) {
        let distance = 1 + (run.params.get(2) * 0.001 * self.sample_rate) as usize;
        let (mut inputs, mut outputs) = ([[0.0f32; BLOCK]; 2], [[0.0f32; BLOCK]; 2]);
        let dry = [&mut run.left[at..at + count], &mut run.right[at..at + count]];
        for ((input, dry), ring) in inputs.iter_mut().zip(&dry).zip(&mut self.before) {
            for (input, x) in input.iter_mut().zip(dry.iter()) {
                ring.push(*x);
                *input = ring.read(distance);
            }
        }
        let [left, right] = &mut inputs;
        self.low_cut.process(&mut left[..count], &mut right[..count]);
        let [out_left, out_right] = &mut outputs;
        self.tank.process(
            &left[..count],
            &right[..count],
            &mut out_left[..count],
            &mut out_right[..count],
        );
        let [left, right] = dry;
        for ((l, r), (wet_l, wet_r)) in
            left.iter_mut().zip(right).zip(out_left.iter().zip(&*out_right))
        {
            let (mix, width) = (run.params.next(5), run.params.next(6));
            let mid = 0.5 * (wet_l + wet_r);
            *l += mix * (mid + width * (wet_l - mid) - *l);
            *r += mix * (mid + width * (wet_r - mid) - *r);
        }
    }
}
