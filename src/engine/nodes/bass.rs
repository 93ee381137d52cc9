//! Basses: plucked strings (finger, pick, upright), a sine sub, an FM bass, and a saw through a ladder filter.
//!
//! All are mono in the low end by construction: strings and saws go to both channels alike.

use crate::dsp::formant::Peak;
use crate::dsp::voices::{Mode, Shape};
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, NodeType, ParamDescriptor, Processor, Settings, Unit,
};

use super::instrument::operators::{self, NONE, Pair, Pickup};
use super::instrument::saws::{self, Filter, OFF, lane, pulse};
use super::instrument::sounds::{
    Chain, Order, body, fm_instrument, saw_instrument, string_instrument,
};
use super::instrument::strings;
use super::instrument::{
    GAIN, PAN, TONE, attack, cutoff, glide, node, param, pitched, release, resonance, share,
};

/// The basses, as users see them listed.
pub fn node_types() -> Vec<NodeType> {
    vec![
        node(&FINGER, |c, s| plucked(c, s, &FINGER, finger())),
        node(&PICK, |c, s| plucked(c, s, &PICK, pick())),
        node(&UPRIGHT, |c, s| plucked(c, s, &UPRIGHT, upright())),
        node(&SUB, |c, s| fm(c, s, &SUB, sub(), Mode::Mono)),
        node(&FM, |c, s| fm(c, s, &FM, donk(), Mode::Solo)),
        node(&SYNTH, synth),
    ]
}

static FINGER: Descriptor = pitched(
    "bass.finger",
    "Finger bass",
    "An electric bass played with the fingers: round, with a soft growl when played hard.",
    &[
        GAIN,
        PAN,
        TONE,
        release(0.16),
        share("mute", "Mute", 0.0, "Palm on the strings: shorter and darker."),
        GLIDE,
        DRIVE,
    ],
);
static PICK: Descriptor = pitched(
    "bass.pick",
    "Pick bass",
    "An electric bass played with a pick: bright, even and driving.",
    &[
        GAIN,
        PAN,
        TONE,
        release(0.12),
        share("mute", "Mute", 0.0, "Palm on the strings: shorter and darker."),
        GLIDE,
        DRIVE,
    ],
);
static UPRIGHT: Descriptor = pitched(
    "bass.upright",
    "Upright bass",
    "A double bass, plucked: a woody attack and a note that blooms and fades.",
    &[
        GAIN,
        PAN,
        TONE,
        release(0.22),
        share("mute", "Mute", 0.0, "Hand on the strings: shorter and darker."),
        GLIDE,
        DRIVE,
    ],
);
static SUB: Descriptor = pitched(
    "bass.sub",
    "Sub bass",
    "A sine with a touch of second and third harmonic, mono, with glide.",
    &[GAIN, PAN, TONE, attack(0.004), release(0.18), glide(0.0), DRIVE_OFF],
);
static FM: Descriptor = pitched(
    "bass.fm",
    "FM bass",
    "Two operators with a fast index: house organ bass, donk and electric growl.",
    &[GAIN, PAN, TONE, attack(0.002), release(0.25), glide(0.0), DRIVE_OFF],
);
static SYNTH: Descriptor = pitched(
    "bass.synth",
    "Synth bass",
    "Saw, pulse and a sine below through a driven ladder filter with its own envelope.",
    &[
        GAIN,
        PAN,
        cutoff(420.0),
        resonance(0.35),
        share("env", "Envelope", 0.5, "How far the envelope opens the filter."),
        param(
            "decay",
            "Decay",
            Unit::Seconds,
            (0.02, 3.0),
            0.22,
            "How fast the filter closes again.",
        ),
        attack(0.003),
        release(0.25),
        glide(0.0),
        share("drive", "Drive", 0.25, "Saturation inside the filter."),
    ],
);

const GLIDE: ParamDescriptor = glide(0.0);
const DRIVE: ParamDescriptor = share("drive", "Drive", 0.2, "Saturation of the amplifier.");
const DRIVE_OFF: ParamDescriptor =
    share("drive", "Drive", 0.0, "Saturation, for small loudspeakers.");

fn plucked(
    context: &BuildContext,
    settings: &Settings<'_>,
    descriptor: &'static Descriptor,
    recipe: strings::Recipe,
) -> Result<Box<dyn Processor>, BuildError> {
    let rate = context.sample_rate;
    let chain = Chain {
        body: body(&recipe.body, recipe.dry, rate),
        valve: Chain::valve(rate),
        ..Chain::default()
    };
    let order = Order { context, settings, descriptor, mode: Mode::Solo, voices: 5, chain };
    string_instrument(order, recipe, 16.0)
}

fn finger() -> strings::Recipe {
    strings::Recipe {
        position: 0.18,
        soft_hz: 280.0,
        hard_hz: 1700.0,
        snap: 0.25,
        noise: 0.04,
        ring: 7.0,
        ring_pitch: 40.0,
        ring_octave: 0.6,
        ring_high: 0.5,
        cents: 0.7,
        spread: 0.0,
        second: 0.55,
        second_ring: 0.35,
        release: 0.16,
        comb: 0.45,
        comb_position: 0.13,
        scrape_hz: 900.0,
        scrape: 0.05,
        scrape_decay: 0.010,
        vibrato_hz: 5.0,
        vibrato_cents: 0.0,
        vibrato_delay: 0.4,
        level: 0.75,
        touch: 0.8,
        body: [
            Peak::new(90.0, 1.2, 0.35),
            Peak::new(240.0, 1.4, 0.25),
            Peak::new(750.0, 1.2, 0.25),
            Peak::new(2400.0, 1.0, 0.12),
        ],
        dry: 0.9,
    }
}

fn pick() -> strings::Recipe {
    strings::Recipe {
        position: 0.11,
        soft_hz: 900.0,
        hard_hz: 5200.0,
        snap: 0.35,
        noise: 0.06,
        ring_high: 0.8,
        comb: 0.55,
        comb_position: 0.1,
        scrape_hz: 3200.0,
        scrape: 0.06,
        scrape_decay: 0.006,
        release: 0.12,
        level: 0.72,
        body: [
            Peak::new(100.0, 1.2, 0.3),
            Peak::new(260.0, 1.4, 0.1),
            Peak::new(1100.0, 1.0, 0.35),
            Peak::new(2900.0, 1.0, 0.3),
        ],
        ..finger()
    }
}

fn upright() -> strings::Recipe {
    strings::Recipe {
        position: 0.22,
        soft_hz: 260.0,
        hard_hz: 1300.0,
        snap: 0.1,
        noise: 0.10,
        ring: 3.4,
        ring_octave: 0.55,
        ring_high: 0.22,
        cents: 1.6,
        second: 0.8,
        second_ring: 0.3,
        comb: 0.0,
        comb_position: 0.0,
        scrape_hz: 650.0,
        scrape: 0.16,
        scrape_decay: 0.018,
        vibrato_hz: 4.6,
        vibrato_cents: 7.0,
        vibrato_delay: 0.35,
        release: 0.22,
        level: 0.95,
        body: [
            Peak::new(105.0, 3.0, 0.55),
            Peak::new(205.0, 3.5, 0.45),
            Peak::new(430.0, 2.5, 0.3),
            Peak::new(1250.0, 1.4, 0.18),
        ],
        dry: 0.7,
        ..finger()
    }
}

fn fm(
    context: &BuildContext,
    settings: &Settings<'_>,
    descriptor: &'static Descriptor,
    recipe: operators::Recipe,
    mode: Mode,
) -> Result<Box<dyn Processor>, BuildError> {
    let order = Order { context, settings, descriptor, mode, voices: 4, chain: Chain::default() };
    fm_instrument(order, recipe)
}

fn sub() -> operators::Recipe {
    operators::Recipe {
        pairs: [
            Pair { level: 1.0, touch: 0.6, sustain: 1.0, ..NONE },
            Pair { carrier: 2.0, level: 0.07, touch: 1.4, decay: 0.5, sustain: 0.5, ..NONE },
            Pair { carrier: 3.0, level: 0.03, touch: 1.8, decay: 0.4, sustain: 0.4, ..NONE },
            NONE,
        ],
        pickup: Pickup::Symmetric { drive: 0.7 },
        attack: 0.004,
        release: 0.18,
        key_decay: 0.0,
        key_index: 0.0,
        knock: 0.0,
        vibrato_hz: 5.0,
        vibrato_cents: 0.0,
        vibrato_delay: 1.0,
        level: 0.28,
    }
}

fn donk() -> operators::Recipe {
    operators::Recipe {
        pairs: [
            Pair {
                carrier: 1.0,
                modulator: 1.0,
                index: 0.48,
                index_floor: 0.17,
                index_decay: 0.12,
                level: 0.8,
                touch: 0.5,
                decay: 1.6,
                sustain: 0.55,
                ..NONE
            },
            Pair {
                carrier: 1.0,
                modulator: 2.0,
                index: 0.35,
                index_floor: 0.06,
                index_decay: 0.06,
                level: 0.45,
                touch: 0.8,
                decay: 0.5,
                sustain: 0.3,
                ..NONE
            },
            Pair { carrier: 2.0, level: 0.15, touch: 1.0, decay: 0.25, sustain: 0.1, ..NONE },
            NONE,
        ],
        pickup: Pickup::Symmetric { drive: 0.8 },
        attack: 0.002,
        release: 0.25,
        key_decay: 0.2,
        key_index: 0.25,
        knock: 0.0,
        level: 0.26,
        ..sub()
    }
}

fn synth(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let [one, two] = pulse(0.0, -4.0, 0.5, 0.0, 0.42);
    let recipe = saws::Recipe {
        lanes: [lane(0.0, 4.0, 0.7, 0.0), one, two, OFF, OFF, OFF, OFF, OFF],
        filter: Filter::Ladder,
        amp: Shape { attack: 0.003, decay: 0.6, sustain: 0.8, release: 0.25 },
        sweep: Shape { attack: 0.001, decay: 0.22, sustain: 0.0, release: 0.2 },
        sweep_octaves: 2.6,
        velocity_octaves: 1.6,
        key_follow: 0.35,
        vibrato_hz: 5.0,
        vibrato_cents: 0.0,
        vibrato_delay: 1.0,
        wander_cents: 0.0,
        noise: 0.0,
        sub_interval: 0.0,
        sub: 0.30,
        level: 0.38,
        touch: 0.5,
        scatter: false,
    };
    let order = Order {
        context,
        settings,
        descriptor: &SYNTH,
        mode: Mode::Mono,
        voices: 2,
        chain: Chain { dc: Chain::valve(context.sample_rate), ..Chain::default() },
    };
    saw_instrument(order, recipe, 420.0, 0.35)
}
