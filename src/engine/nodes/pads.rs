//! Pads: warm saws, a string ensemble, a choir, a deep drone, shimmering glass and tuned air.

use crate::dsp::formant::Peak;
use crate::dsp::voices::{Mode, Shape};
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, NodeType, ParamDescriptor, Processor, Settings,
};

use super::instrument::ensemble::Chorus;
use super::instrument::saws::{self, Filter, OFF, lane};
use super::instrument::sounds::{Chain, Order, body, saw_instrument};
use super::instrument::{GAIN, PAN, attack, cutoff, node, pitched, release, resonance, share};

pub(crate) mod air;
pub(crate) mod choir;
pub(crate) mod glass;

/// The pads, as users see them listed.
pub fn node_types() -> Vec<NodeType> {
    vec![
        node(&WARM, warm),
        node(&glass::GLASS, glass::build),
        node(&choir::CHOIR, choir::build),
        node(&STRINGS, strings),
        node(&DRONE, drone),
        node(&air::AIR, air::build),
    ]
}

const DETUNE: ParamDescriptor = share("detune", "Detune", 0.5, "Spread of the voices in pitch.");
const WIDTH: ParamDescriptor = share("width", "Width", 0.7, "Stereo width.");
const CHORUS: ParamDescriptor = share("chorus", "Chorus", 0.5, "A slow stereo chorus.");

static WARM: Descriptor = pitched(
    "pad.warm",
    "Warm pad",
    "Seven detuned saws behind a gentle low-pass, with a chorus inside.",
    &[GAIN, PAN, cutoff(1100.0), resonance(0.1), attack(0.6), release(2.5), DETUNE, WIDTH, CHORUS],
);
static STRINGS: Descriptor = pitched(
    "pad.strings",
    "String ensemble",
    "A section of players, each with a seat, a drift and a vibrato, through the wood of the instruments.",
    &[
        GAIN,
        PAN,
        cutoff(2600.0),
        attack(0.14),
        release(0.9),
        DETUNE,
        WIDTH,
        share("vibrato", "Vibrato", 0.5, "Depth of the players' vibrato."),
        share("chorus", "Chorus", 0.3, "A slow stereo chorus."),
    ],
);
static DRONE: Descriptor = pitched(
    "pad.drone",
    "Drone",
    "Slow, deep and never quite still: saws in octaves and a fifth over a sine, opening and closing.",
    &[
        GAIN,
        PAN,
        cutoff(420.0),
        resonance(0.3),
        attack(1.8),
        release(5.0),
        DETUNE,
        WIDTH,
        share("drive", "Drive", 0.15, "Saturation."),
    ],
);

fn order<'a>(
    context: &'a BuildContext,
    settings: &'a Settings<'a>,
    descriptor: &'static Descriptor,
    chain: Chain,
) -> Order<'a> {
    Order { context, settings, descriptor, mode: Mode::Poly, voices: 12, chain }
}

fn warm(context: &BuildContext, settings: &Settings<'_>) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = saws::Recipe {
        lanes: [
            lane(0.0, 0.0, 0.30, 0.0),
            lane(0.0, -11.0, 0.26, -0.9),
            lane(0.0, 10.7, 0.26, 0.9),
            lane(0.0, -6.3, 0.26, 0.55),
            lane(0.0, 6.2, 0.26, -0.55),
            lane(12.0, 3.1, 0.09, 0.3),
            lane(-12.0, -2.0, 0.16, -0.15),
            OFF,
        ],
        filter: Filter::FourPole,
        amp: Shape { attack: 0.6, decay: 1.5, sustain: 0.85, release: 2.5 },
        sweep: Shape { attack: 1.2, decay: 3.0, sustain: 0.5, release: 2.5 },
        sweep_octaves: 1.0,
        velocity_octaves: 1.6,
        key_follow: 0.35,
        vibrato_hz: 4.8,
        vibrato_cents: 2.5,
        vibrato_delay: 0.8,
        wander_cents: 2.5,
        noise: 0.012,
        sub_interval: 0.0,
        sub: 0.10,
        level: 0.48,
        touch: 0.5,
        scatter: true,
    };
    let chain = Chain {
        chorus: Some(Chorus::new(0.35, 0.004, 0.5, context.sample_rate)),
        ..Chain::default()
    };
    saw_instrument(order(context, settings, &WARM, chain), recipe, 1100.0, 0.1)
}

fn strings(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = saws::Recipe {
        lanes: [
            lane(0.0, -7.5, 0.3, -0.95),
            lane(0.0, 5.2, 0.3, -0.6),
            lane(0.0, -2.6, 0.3, -0.25),
            lane(0.0, 2.9, 0.3, 0.2),
            lane(0.0, -5.6, 0.3, 0.6),
            lane(0.0, 7.8, 0.3, 0.95),
            OFF,
            OFF,
        ],
        filter: Filter::TwoPole,
        amp: Shape { attack: 0.14, decay: 0.8, sustain: 0.88, release: 0.9 },
        sweep: Shape { attack: 0.12, decay: 0.9, sustain: 0.55, release: 0.9 },
        sweep_octaves: 0.8,
        velocity_octaves: 2.2,
        key_follow: 0.5,
        vibrato_hz: 5.5,
        vibrato_cents: 9.0,
        vibrato_delay: 0.3,
        wander_cents: 6.0,
        noise: 0.05,
        level: 0.30,
        touch: 0.7,
        sub: 0.0,
        sub_interval: 0.0,
        scatter: true,
    };
    let wood = [
        Peak::new(300.0, 1.6, 0.5),
        Peak::new(720.0, 1.8, 0.4),
        Peak::new(1250.0, 2.0, 0.3),
        Peak::new(3000.0, 1.5, 0.45),
    ];
    let rate = context.sample_rate;
    let chain = Chain {
        body: body(&wood, 0.6, rate),
        chorus: Some(Chorus::new(0.55, 0.003, 0.3, rate)),
        ..Chain::default()
    };
    saw_instrument(order(context, settings, &STRINGS, chain), recipe, 2600.0, 0.0)
}

fn drone(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = saws::Recipe {
        lanes: [
            lane(0.0, -4.0, 0.3, -0.5),
            lane(0.0, 4.0, 0.3, 0.5),
            lane(-12.0, -2.0, 0.3, 0.0),
            lane(-12.0, 3.0, 0.22, 0.0),
            lane(7.02, 2.0, 0.11, -0.8),
            lane(12.0, -5.0, 0.10, 0.8),
            lane(12.0, 6.0, 0.08, -0.9),
            lane(19.02, 0.0, 0.04, 0.7),
        ],
        filter: Filter::FourPole,
        amp: Shape { attack: 1.8, decay: 4.0, sustain: 0.9, release: 5.0 },
        sweep: Shape { attack: 5.0, decay: 7.0, sustain: 0.4, release: 6.0 },
        sweep_octaves: 1.6,
        velocity_octaves: 1.4,
        key_follow: 0.3,
        vibrato_hz: 0.17,
        vibrato_cents: 3.0,
        vibrato_delay: 0.1,
        wander_cents: 4.0,
        noise: 0.02,
        sub_interval: -12.0,
        sub: 0.18,
        level: 0.34,
        touch: 0.5,
        scatter: true,
    };
    let chain = Chain {
        chorus: Some(Chorus::new(0.11, 0.006, 0.35, context.sample_rate)),
        ..Chain::default()
    };
    saw_instrument(order(context, settings, &DRONE, chain), recipe, 420.0, 0.3)
}
