//! Leads: synths, and the winds and strings that carry a melody.

use crate::dsp::formant::Peak;
use crate::dsp::voices::{Mode, Shape};
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, NodeType, ParamDescriptor, Processor, Settings,
};

use super::instrument::amplifier::Amplifier;
use super::instrument::ensemble::Chorus;
use super::instrument::saws::{self, Filter, OFF, lane, pulse};
use super::instrument::sounds::{
    Chain, Order, body, saw_instrument, string_instrument, wind_instrument,
};
use super::instrument::strings;
use super::instrument::winds::{self, Source};
use super::instrument::{
    GAIN, PAN, TONE, attack, cutoff, glide, node, pitched, release, resonance, share,
};

pub(crate) mod trumpet;

/// The leads, as users see them listed.
pub fn node_types() -> Vec<NodeType> {
    vec![
        node(&SYNTH, synth),
        node(&SOFT, soft),
        node(&super::mallets::VIBES, super::mallets::vibes),
        node(&FLUTE, flute),
        node(&SAX, sax),
        node(&trumpet::TRUMPET, trumpet::build),
        node(&GUITAR, guitar),
    ]
}

const VIBRATO: ParamDescriptor =
    share("vibrato", "Vibrato", 0.5, "Depth of the vibrato, which comes late.");
const BREATH: ParamDescriptor =
    share("breath", "Breath", 0.5, "How much air is heard beside the note.");

static SYNTH: Descriptor = pitched(
    "lead.synth",
    "Synth lead",
    "Saws and a pulse through a low-pass with its own envelope; overlapping notes slide.",
    &[
        GAIN,
        PAN,
        cutoff(1800.0),
        resonance(0.25),
        share("env", "Envelope", 0.5, "How far the envelope opens the filter."),
        attack(0.004),
        release(0.4),
        glide(0.04),
        VIBRATO,
        share("detune", "Detune", 0.5, "Spread of the saws."),
        share("width", "Width", 0.5, "Stereo width of the saws."),
        share("drive", "Drive", 0.1, "Saturation after the filter."),
    ],
);
static SOFT: Descriptor = pitched(
    "lead.soft",
    "Soft lead",
    "Between a triangle and a whistle, with a late, singing vibrato.",
    &[GAIN, PAN, TONE, attack(0.03), release(0.5), glide(0.05), VIBRATO, BREATH],
);
static FLUTE: Descriptor = pitched(
    "lead.flute",
    "Flute",
    "A flute with breath, chiff and a vibrato in loudness more than in pitch.",
    &[GAIN, PAN, TONE, attack(0.055), release(0.28), glide(0.015), VIBRATO, BREATH],
);
static SAX: Descriptor = pitched(
    "lead.sax",
    "Saxophone",
    "A tenor saxophone: it scoops into notes, brightens with effort and sings late.",
    &[GAIN, PAN, TONE, attack(0.035), release(0.25), glide(0.02), VIBRATO, BREATH],
);
static GUITAR: Descriptor = pitched(
    "lead.guitar",
    "Lead guitar",
    "A driven, sustaining electric guitar with finger vibrato; overlapping notes are hammered on.",
    &[
        GAIN,
        PAN,
        TONE,
        share("drive", "Drive", 0.6, "Gain of the amplifier."),
        release(0.14),
        glide(0.02),
        VIBRATO,
        share("mute", "Mute", 0.0, "Palm on the strings."),
        share("chorus", "Doubling", 0.25, "A slow stereo chorus."),
    ],
);

fn order<'a>(
    context: &'a BuildContext,
    settings: &'a Settings<'a>,
    descriptor: &'static Descriptor,
    voices: usize,
    chain: Chain,
) -> Order<'a> {
    Order { context, settings, descriptor, mode: Mode::Mono, voices, chain }
}

fn synth(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let [one, two] = pulse(0.0, 0.0, 0.26, 0.0, 0.38);
    let recipe = saws::Recipe {
        lanes: [
            lane(0.0, -7.0, 0.34, -0.6),
            lane(0.0, 7.0, 0.34, 0.6),
            one,
            two,
            lane(0.0, 0.0, 0.3, 0.0),
            lane(-12.0, 0.0, 0.12, 0.0),
            OFF,
            OFF,
        ],
        filter: Filter::FourPole,
        amp: Shape { attack: 0.004, decay: 0.5, sustain: 0.8, release: 0.4 },
        sweep: Shape { attack: 0.005, decay: 0.35, sustain: 0.35, release: 0.6 },
        sweep_octaves: 2.0,
        velocity_octaves: 1.6,
        key_follow: 0.5,
        vibrato_hz: 5.4,
        vibrato_cents: 14.0,
        vibrato_delay: 0.3,
        wander_cents: 1.0,
        noise: 0.0,
        sub_interval: 0.0,
        sub: 0.0,
        level: 0.33,
        touch: 0.5,
        scatter: true,
    };
    saw_instrument(
        order(
            context,
            settings,
            &SYNTH,
            2,
            Chain { dc: Chain::valve(context.sample_rate), ..Chain::default() },
        ),
        recipe,
        1800.0,
        0.25,
    )
}

/// The middle between the winds below; each names only what differs.
fn wind() -> winds::Recipe {
    winds::Recipe {
        source: Source::Reed { pulse: 0.5, width: 0.3 },
        amp: Shape { attack: 0.035, decay: 0.25, sustain: 0.9, release: 0.25 },
        dark: 2.0,
        bright: 14.0,
        lowest_hz: 700.0,
        highest_hz: 7500.0,
        scoop_cents: 35.0,
        scoop_s: 0.035,
        vibrato_hz: 5.0,
        vibrato_cents: 13.0,
        vibrato_delay: 0.32,
        vibrato_swell: 0.10,
        waver_cents: 3.0,
        breath: 0.05,
        breath_at: 5.0,
        breath_q: 0.6,
        chiff: 2.0,
        settle: 0.12,
        level: 0.5,
    }
}

fn soft(context: &BuildContext, settings: &Settings<'_>) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = winds::Recipe {
        source: Source::Sines { harmonics: [1.0, 0.16, 0.13, 0.05, 0.045, 0.02], fade: 0.5 },
        amp: Shape { attack: 0.03, decay: 0.4, sustain: 0.88, release: 0.5 },
        dark: 5.0,
        bright: 12.0,
        lowest_hz: 900.0,
        highest_hz: 9000.0,
        scoop_cents: 18.0,
        scoop_s: 0.05,
        vibrato_cents: 18.0,
        vibrato_delay: 0.4,
        vibrato_swell: 0.06,
        waver_cents: 1.5,
        breath: 0.02,
        breath_at: 3.0,
        chiff: 0.5,
        settle: 0.05,
        level: 0.27,
        ..wind()
    };
    let chain = Chain {
        chorus: Some(Chorus::new(0.5, 0.002, 0.3, context.sample_rate)),
        ..Chain::default()
    };
    wind_instrument(order(context, settings, &SOFT, 2, chain), recipe)
}

fn flute(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = winds::Recipe {
        source: Source::Sines { harmonics: [1.0, 0.42, 0.20, 0.08, 0.05, 0.02], fade: 0.8 },
        amp: Shape { attack: 0.055, decay: 0.3, sustain: 0.92, release: 0.28 },
        dark: 4.0,
        bright: 12.0,
        lowest_hz: 1500.0,
        highest_hz: 9000.0,
        scoop_cents: 14.0,
        scoop_s: 0.03,
        vibrato_hz: 5.2,
        vibrato_cents: 6.0,
        vibrato_delay: 0.3,
        vibrato_swell: 0.16,
        waver_cents: 2.5,
        breath: 0.14,
        breath_at: 2.0,
        breath_q: 0.9,
        chiff: 2.6,
        settle: 0.06,
        level: 0.25,
    };
    wind_instrument(order(context, settings, &FLUTE, 2, Chain::default()), recipe)
}

fn sax(context: &BuildContext, settings: &Settings<'_>) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = winds::Recipe { level: 0.29, ..wind() };
    let bore = [
        Peak::new(560.0, 1.8, 0.75),
        Peak::new(1180.0, 2.4, 0.5),
        Peak::new(2350.0, 2.6, 0.38),
        Peak::new(3600.0, 2.5, 0.16),
    ];
    let chain = Chain { body: body(&bore, 0.42, context.sample_rate), ..Chain::default() };
    wind_instrument(order(context, settings, &SAX, 2, chain), recipe)
}

fn guitar(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = strings::Recipe {
        position: 0.14,
        soft_hz: 1400.0,
        hard_hz: 5200.0,
        snap: 0.35,
        noise: 0.06,
        ring: 11.0,
        ring_pitch: 64.0,
        ring_octave: 0.75,
        ring_high: 1.3,
        cents: 0.5,
        spread: 0.0,
        second: 0.4,
        second_ring: 0.6,
        release: 0.14,
        comb: 0.5,
        comb_position: 0.16,
        scrape_hz: 2600.0,
        scrape: 0.05,
        scrape_decay: 0.006,
        vibrato_hz: 5.3,
        vibrato_cents: 22.0,
        vibrato_delay: 0.35,
        level: 0.8,
        touch: 0.6,
        body: [Peak::new(200.0, 1.0, 0.0); 4],
        dry: 1.0,
    };
    let rate = context.sample_rate;
    let chain = Chain {
        amplifier: Some(Amplifier::new(false, rate, 0.16)),
        chorus: Some(Chorus::new(0.4, 0.003, 0.25, rate)),
        ..Chain::default()
    };
    string_instrument(order(context, settings, &GUITAR, 3, chain), recipe, 28.0)
}
