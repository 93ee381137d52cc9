//! Chorus, phaser, tremolo.

use super::effect::{EFFECT, Effect, Run, boxed, param};
use crate::dsp::modulation::{Chorus, Lfo, Phaser};
use crate::engine::node::BLOCK;
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, NodeType, Processor, Settings, Unit,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![
        NodeType { descriptor: &CHORUS, build: build_chorus },
        NodeType { descriptor: &PHASER, build: build_phaser },
        NodeType { descriptor: &TREMOLO, build: build_tremolo },
    ]
}

static CHORUS: Descriptor = Descriptor {
    id: "fx.chorus",
    name: "Chorus",
    doc: "Moving copies that make one voice many, and mono wide.",
    inputs: &["in"],
    params: &[
        param("rate", "Rate", Unit::Hertz, 0.05, 8.0, 0.6, "Speed of the movement."),
        param("depth", "Depth", Unit::Percent, 0.0, 1.0, 0.4, "Reach of the movement."),
        param(
            "mix",
            "Mix",
            Unit::Percent,
            0.0,
            1.0,
            0.5,
            "Share of the effect in what comes out; 1 on a send.",
        ),
    ],
    config: &[],
    ..EFFECT
};

struct ChorusEffect {
    chorus: Chorus,
}

fn build_chorus(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    boxed(context, settings, ChorusEffect { chorus: Chorus::new(context.sample_rate) })
}

impl Effect for ChorusEffect {
    const PARAMS: usize = 3;

    fn process(&mut self, run: &mut Run<'_>) {
        let chorus = &mut self.chorus;
        chorus.set_rate(run.params.target(0));
        let frames = run.left.len().min(BLOCK);
        let (mut depth, mut mix) = ([0.0f32; BLOCK], [0.0f32; BLOCK]);
        run.params.fill(1, &mut depth[..frames]);
        run.params.fill(2, &mut mix[..frames]);
        let (mut wet_left, mut wet_right) = ([0.0f32; BLOCK], [0.0f32; BLOCK]);
        let wet = [&mut wet_left[..frames], &mut wet_right[..frames]];
        chorus.run([run.left, run.right], &depth[..frames], wet);
        for (samples, wet) in
            [&mut *run.left, &mut *run.right].into_iter().zip([wet_left, wet_right])
        {
            for ((x, wet), mix) in samples.iter_mut().zip(wet).zip(&mix) {
                *x += mix * (wet - *x);
            }
        }
    }

    fn reset(&mut self) {
        self.chorus.reset();
    }

    fn gap(&self) -> usize {
        8_192
    }
}

static PHASER: Descriptor = Descriptor {
    id: "fx.phaser",
    name: "Phaser",
    doc: "Notches that sweep through the sound.",
    inputs: &["in"],
    params: &[
        param("rate", "Rate", Unit::Hertz, 0.02, 8.0, 0.3, "Speed of the sweep."),
        param("depth", "Depth", Unit::Percent, 0.0, 1.0, 0.6, "Reach of the sweep."),
        param("centre", "Centre", Unit::Hertz, 100.0, 5_000.0, 800.0, "Middle of the sweep."),
        param("feedback", "Feedback", Unit::Percent, -0.95, 0.95, 0.3, "Sharpness of the notches."),
        param(
            "mix",
            "Mix",
            Unit::Percent,
            0.0,
            1.0,
            0.5,
            "Share of the effect in what comes out; 1 on a send.",
        ),
    ],
    config: &[],
    ..EFFECT
};

struct PhaserEffect {
    phaser: Phaser,
}

fn build_phaser(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    boxed(context, settings, PhaserEffect { phaser: Phaser::new(context.sample_rate) })
}

impl Effect for PhaserEffect {
    const PARAMS: usize = 5;

    fn process(&mut self, run: &mut Run<'_>) {
        let phaser = &mut self.phaser;
        run.each(|x, params| {
            let [rate, depth, centre, feedback, mix] =
                std::array::from_fn(|index| params.next(index));
            let wet = phaser.next(x, rate, depth, centre, feedback);
            [x[0] + mix * (wet[0] - x[0]), x[1] + mix * (wet[1] - x[1])]
        });
    }

    fn reset(&mut self) {
        self.phaser.reset();
    }

    fn gap(&self) -> usize {
        2_048
    }
}

static TREMOLO: Descriptor = Descriptor {
    id: "fx.tremolo",
    name: "Tremolo",
    doc: "Moves the level up and down, or from side to side.",
    inputs: &["in"],
    params: &[
        param("rate", "Rate", Unit::Hertz, 0.1, 20.0, 5.0, "Speed of the movement."),
        param("depth", "Depth", Unit::Percent, 0.0, 1.0, 0.5, "How far down it goes."),
        param(
            "stereo",
            "Stereo",
            Unit::Percent,
            0.0,
            1.0,
            0.0,
            "0 moves both sides together, 1 against each other.",
        ),
    ],
    config: &[],
    ..EFFECT
};

struct Tremolo {
    lfo: Lfo,
    sample_rate: f32,
}

fn build_tremolo(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let lfo = Lfo::new(5.0, 0.25, context.sample_rate);
    boxed(context, settings, Tremolo { lfo, sample_rate: context.sample_rate })
}

impl Effect for Tremolo {
    const PARAMS: usize = 3;

    fn process(&mut self, run: &mut Run<'_>) {
        self.lfo.set(run.params.target(0), self.sample_rate);
        let lfo = &mut self.lfo;
        run.each(|[l, r], params| {
            let (depth, stereo) = (params.next(1), params.next(2));
            let left = lfo.next_sine();
            let right = left * (1.0 - 2.0 * stereo);
            [l * (1.0 - depth * (0.5 - 0.5 * left)), r * (1.0 - depth * (0.5 - 0.5 * right))]
        });
    }

    fn reset(&mut self) {}
}
