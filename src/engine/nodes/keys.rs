//! Keys: electric pianos, grand piano, drawbar organ and a chord stab.

use crate::dsp::voices::{Mode, Shape};
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, NodeType, Processor, Settings, Unit,
};

use super::instrument::ensemble::{Chorus, Tremolo};
use super::instrument::operators::{self, NONE, Pair, Pickup};
use super::instrument::saws::{self, Filter, OFF, lane, pulse};
use super::instrument::sounds::{Chain, Order, fm_instrument, saw_instrument};
use super::instrument::{
    GAIN, PAN, TONE, attack, cutoff, node, param, pitched, release, resonance, share,
};

pub(crate) mod organ;
pub(crate) mod piano;

/// The keys, as users see them listed.
pub fn node_types() -> Vec<NodeType> {
    vec![
        node(&RHODES, rhodes),
        node(&WURLI, wurli),
        node(&piano::PIANO, piano::build),
        node(&organ::ORGAN, organ::build),
        node(&STAB, stab),
    ]
}

static RHODES: Descriptor = pitched(
    "keys.rhodes",
    "Electric piano",
    "Tines beside pick-ups: bell-like when played softly, barking when played hard, with a stereo tremolo.",
    &[
        GAIN,
        PAN,
        TONE,
        release(0.45),
        share("drive", "Drive", 0.15, "How hard the pick-ups are pushed."),
        share("tremolo", "Tremolo", 0.35, "Depth of the swing between left and right."),
        param("rate", "Tremolo rate", Unit::Hertz, (0.5, 10.0), 4.6, "Speed of the tremolo."),
        share("chorus", "Chorus", 0.25, "A slow stereo chorus."),
    ],
);
static WURLI: Descriptor = pitched(
    "keys.wurli",
    "Reed piano",
    "Struck reeds: reedy and hollow, with a growl when played hard and a mono tremolo.",
    &[
        GAIN,
        PAN,
        TONE,
        release(0.35),
        share("drive", "Drive", 0.25, "Saturation of the small amplifier."),
        share("tremolo", "Tremolo", 0.3, "Depth of the tremolo."),
        param("rate", "Tremolo rate", Unit::Hertz, (0.5, 10.0), 5.6, "Speed of the tremolo."),
        share("chorus", "Chorus", 0.12, "A slow stereo chorus."),
    ],
);
static STAB: Descriptor = pitched(
    "keys.stab",
    "Chord stab",
    "Detuned saws and a pulse through a resonant low-pass that snaps shut: house chords.",
    &[
        GAIN,
        PAN,
        cutoff(650.0),
        resonance(0.35),
        share("env", "Envelope", 0.5, "How far the envelope opens the filter."),
        param("decay", "Decay", Unit::Seconds, (0.02, 3.0), 0.16, "How fast the filter closes."),
        attack(0.002),
        release(0.45),
        share("detune", "Detune", 0.5, "Spread of the saws."),
        share("width", "Width", 0.8, "Stereo width of the saws."),
        share("drive", "Drive", 0.1, "Saturation after the filter."),
    ],
);

fn rhodes(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = operators::Recipe {
        pairs: [
            // The tone bar: nearly a sine, with a push of its own pitch that dies with it.
            Pair {
                index: 0.13,
                index_floor: 0.12,
                index_decay: 1.1,
                level: 0.62,
                touch: 0.75,
                decay: 1.9,
                cents: 0.0,
                pan: -0.12,
                ..NONE
            },
            // Its slow partner: the two swing apart a little.
            Pair { level: 0.3, touch: 0.6, decay: 3.4, cents: 1.2, pan: 0.18, ..NONE },
            // The tine: high, struck, soon gone.
            Pair {
                carrier: 1.0,
                modulator: 14.0,
                index: 0.055,
                index_floor: 0.03,
                index_decay: 0.28,
                level: 0.16,
                touch: 1.3,
                decay: 0.7,
                pan: 0.1,
                ..NONE
            },
            Pair { carrier: 7.11, level: 0.05, touch: 1.9, decay: 0.11, pan: -0.2, ..NONE },
        ],
        pickup: Pickup::Asymmetric { drive: 0.85, bias: 0.22 },
        attack: 0.0015,
        release: 0.45,
        key_decay: 0.55,
        key_index: 0.5,
        knock: 0.16,
        vibrato_hz: 5.0,
        vibrato_cents: 0.0,
        vibrato_delay: 1.0,
        level: 0.33,
    };
    let rate = context.sample_rate;
    let chain = Chain {
        dc: Chain::valve(rate),
        chorus: Some(Chorus::new(0.7, 0.0022, 0.25, rate)),
        tremolo: Some(Tremolo::new(4.6, 0.35, 1.0, rate)),
        ..Chain::default()
    };
    fm_instrument(
        Order { context, settings, descriptor: &RHODES, mode: Mode::Poly, voices: 16, chain },
        recipe,
    )
}

fn wurli(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = operators::Recipe {
        pairs: [
            Pair {
                modulator: 2.0,
                index: 0.14,
                index_floor: 0.3,
                index_decay: 0.5,
                level: 0.75,
                touch: 0.8,
                decay: 1.1,
                pan: -0.08,
                ..NONE
            },
            Pair {
                modulator: 1.0,
                index: 0.16,
                index_floor: 0.1,
                index_decay: 0.35,
                level: 0.3,
                touch: 0.9,
                decay: 0.9,
                cents: 0.8,
                pan: 0.14,
                ..NONE
            },
            Pair { carrier: 6.3, level: 0.05, touch: 2.0, decay: 0.05, ..NONE },
            NONE,
        ],
        pickup: Pickup::Symmetric { drive: 1.35 },
        attack: 0.001,
        release: 0.35,
        key_decay: 0.6,
        key_index: 0.45,
        knock: 0.2,
        vibrato_hz: 5.0,
        vibrato_cents: 0.0,
        vibrato_delay: 1.0,
        level: 0.5,
    };
    let rate = context.sample_rate;
    let chain = Chain {
        chorus: Some(Chorus::new(0.5, 0.0016, 0.12, rate)),
        tremolo: Some(Tremolo::new(5.6, 0.3, 0.0, rate)),
        ..Chain::default()
    };
    fm_instrument(
        Order { context, settings, descriptor: &WURLI, mode: Mode::Poly, voices: 16, chain },
        recipe,
    )
}

fn stab(context: &BuildContext, settings: &Settings<'_>) -> Result<Box<dyn Processor>, BuildError> {
    let [one, two] = pulse(0.0, 0.0, 0.4, 0.0, 0.5);
    let recipe = saws::Recipe {
        lanes: [
            lane(0.0, -9.0, 0.4, -0.8),
            lane(0.0, 9.0, 0.4, 0.8),
            one,
            two,
            lane(12.0, 5.0, 0.16, 0.5),
            lane(12.0, -6.0, 0.16, -0.5),
            OFF,
            OFF,
        ],
        filter: Filter::TwoPole,
        amp: Shape { attack: 0.002, decay: 0.35, sustain: 0.25, release: 0.45 },
        sweep: Shape { attack: 0.001, decay: 0.16, sustain: 0.05, release: 0.45 },
        sweep_octaves: 3.2,
        velocity_octaves: 1.8,
        key_follow: 0.3,
        vibrato_hz: 5.0,
        vibrato_cents: 0.0,
        vibrato_delay: 1.0,
        wander_cents: 1.0,
        noise: 0.0,
        sub_interval: 0.0,
        sub: 0.0,
        level: 0.34,
        touch: 0.7,
        scatter: true,
    };
    let chain = Chain { dc: Chain::valve(context.sample_rate), ..Chain::default() };
    let order = Order { context, settings, descriptor: &STAB, mode: Mode::Poly, voices: 12, chain };
    saw_instrument(order, recipe, 650.0, 0.35)
}
