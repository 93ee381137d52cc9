//! Guitars: nylon, steel, clean electric, and a driven rhythm guitar that is always two, left and right.

use crate::dsp::formant::Peak;
use crate::dsp::voices::Mode;
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, NodeType, ParamDescriptor, Processor, Settings,
};

use super::instrument::amplifier::Amplifier;
use super::instrument::ensemble::Chorus;
use super::instrument::sounds::{Chain, Order, body, string_instrument};
use super::instrument::strings::Recipe;
use super::instrument::{GAIN, PAN, TONE, node, pitched, release, share};

/// The guitars, as users see them listed.
pub fn node_types() -> Vec<NodeType> {
    vec![node(&NYLON, nylon), node(&STEEL, steel), node(&CLEAN, clean), node(&DRIVE, drive)]
}

const MUTE: ParamDescriptor =
    share("mute", "Mute", 0.0, "Palm on the strings, from open (0) to short and dark (1).");
const WIDTH: ParamDescriptor = share("width", "Width", 0.6, "Stereo width.");

static NYLON: Descriptor = pitched(
    "guitar.nylon",
    "Nylon guitar",
    "A classical guitar played with the fingertips: warm, with a soft knock of wood.",
    &[GAIN, PAN, TONE, release(0.18), MUTE, WIDTH],
);
static STEEL: Descriptor = pitched(
    "guitar.steel",
    "Steel guitar",
    "An acoustic guitar with steel strings and a pick: bright, ringing, good for strumming.",
    &[GAIN, PAN, TONE, release(0.16), MUTE, WIDTH],
);
static CLEAN: Descriptor = pitched(
    "guitar.clean",
    "Clean guitar",
    "An electric guitar without distortion; muted it becomes a funk rhythm.",
    &[
        GAIN,
        PAN,
        TONE,
        release(0.12),
        MUTE,
        WIDTH,
        share("chorus", "Chorus", 0.3, "A slow stereo chorus."),
    ],
);
static DRIVE: Descriptor = pitched(
    "guitar.drive",
    "Driven guitar",
    "A distorted rhythm guitar, double-tracked left and right; made for power chords and palm mutes.",
    &[
        GAIN,
        PAN,
        TONE,
        share("drive", "Drive", 0.55, "Gain of the amplifier."),
        release(0.09),
        MUTE,
        share("width", "Width", 0.9, "How far apart the two guitars stand."),
    ],
);

fn order<'a>(
    context: &'a BuildContext,
    settings: &'a Settings<'a>,
    descriptor: &'static Descriptor,
    chain: Chain,
) -> Order<'a> {
    Order { context, settings, descriptor, mode: Mode::Poly, voices: 10, chain }
}

fn nylon_recipe() -> Recipe {
    Recipe {
        position: 0.24,
        soft_hz: 700.0,
        hard_hz: 3400.0,
        snap: 0.15,
        noise: 0.06,
        ring: 4.2,
        ring_pitch: 52.0,
        ring_octave: 0.68,
        ring_high: 0.6,
        cents: 0.8,
        spread: 0.35,
        second: 0.7,
        second_ring: 0.4,
        release: 0.18,
        comb: 0.0,
        comb_position: 0.0,
        scrape_hz: 1100.0,
        scrape: 0.07,
        scrape_decay: 0.010,
        vibrato_hz: 5.0,
        vibrato_cents: 0.0,
        vibrato_delay: 0.4,
        level: 0.7,
        touch: 0.85,
        // Air, top plate, and two of the wood above.
        body: [
            Peak::new(102.0, 5.0, 0.45),
            Peak::new(204.0, 5.0, 0.5),
            Peak::new(402.0, 4.0, 0.3),
            Peak::new(1400.0, 1.0, 0.2),
        ],
        dry: 0.75,
    }
}

fn nylon(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = nylon_recipe();
    let chain = Chain {
        body: body(&recipe.body, recipe.dry, context.sample_rate),
        dc: Chain::valve(context.sample_rate),
        ..Chain::default()
    };
    string_instrument(order(context, settings, &NYLON, chain), recipe, 28.0)
}

fn steel(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = Recipe {
        position: 0.13,
        soft_hz: 1500.0,
        hard_hz: 8500.0,
        snap: 0.35,
        noise: 0.05,
        ring: 7.5,
        ring_high: 1.3,
        cents: 1.1,
        spread: 0.45,
        second: 0.75,
        second_ring: 0.45,
        scrape_hz: 4200.0,
        scrape: 0.10,
        scrape_decay: 0.006,
        release: 0.16,
        body: [
            Peak::new(98.0, 4.0, 0.3),
            Peak::new(196.0, 4.0, 0.35),
            Peak::new(390.0, 3.0, 0.2),
            Peak::new(2900.0, 1.0, 0.35),
        ],
        dry: 0.75,
        level: 0.75,
        ..nylon_recipe()
    };
    let chain = Chain {
        body: body(&recipe.body, recipe.dry, context.sample_rate),
        dc: Chain::valve(context.sample_rate),
        ..Chain::default()
    };
    string_instrument(order(context, settings, &STEEL, chain), recipe, 28.0)
}

fn electric() -> Recipe {
    Recipe {
        position: 0.12,
        soft_hz: 1100.0,
        hard_hz: 5600.0,
        snap: 0.35,
        noise: 0.05,
        ring: 8.0,
        ring_high: 1.0,
        cents: 0.6,
        spread: 0.2,
        second: 0.6,
        second_ring: 0.5,
        comb: 0.55,
        comb_position: 0.17,
        scrape_hz: 3000.0,
        scrape: 0.05,
        scrape_decay: 0.005,
        release: 0.12,
        level: 0.8,
        touch: 0.75,
        body: [
            Peak::new(150.0, 1.0, 0.15),
            Peak::new(420.0, 1.0, 0.2),
            Peak::new(1300.0, 1.0, 0.2),
            Peak::new(2700.0, 1.2, 0.35),
        ],
        dry: 0.8,
        ..nylon_recipe()
    }
}

fn clean(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = electric();
    let rate = context.sample_rate;
    let chain = Chain {
        body: body(&recipe.body, recipe.dry, rate),
        dc: Chain::valve(rate),
        chorus: Some(Chorus::new(0.6, 0.0025, 0.3, rate)),
        ..Chain::default()
    };
    string_instrument(order(context, settings, &CLEAN, chain), recipe, 28.0)
}

fn drive(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = Recipe {
        // Two guitars, one a side: each string of the pair feeds its own amplifier.
        spread: 1.0,
        second: 1.0,
        second_ring: 0.95,
        cents: 5.0,
        ring: 9.0,
        ring_high: 1.1,
        touch: 0.5,
        level: 0.7,
        release: 0.09,
        ..electric()
    };
    let chain = Chain {
        amplifier: Some(Amplifier::new(true, context.sample_rate, 0.15)),
        ..Chain::default()
    };
    string_instrument(order(context, settings, &DRIVE, chain), recipe, 28.0)
}
