//! Bells, bars, tines and plucks: vibraphone, marimba, kalimba, an FM bell, a synth pluck and a harp.

use crate::dsp::formant::Peak;
use crate::dsp::math::{exp2, sin_turns};
use crate::dsp::osc::traits;
use crate::dsp::partials::Partial;
use crate::dsp::voices::{Mode, NoteStart, Shape};
use crate::engine::node::{
    BlockTime, BuildContext, BuildError, Descriptor, NodeType, Processor, Settings, Unit,
};

use super::instrument::ensemble::Chorus;
use super::instrument::operators::{self, NONE, Pair, Pickup};
use super::instrument::saws::{self, Filter, OFF, lane, pulse};
use super::instrument::sounds::{
    Chain, Order, body, fm_instrument, saw_instrument, string_instrument,
};
use super::instrument::strings;
use super::instrument::struck::{Blow, Strike, StruckPatch, StruckVoice, fundamental};
use super::instrument::{
    GAIN, PAN, Sound, TONE, build, cutoff, node, param, pitched, release, resonance, seed, share,
};

/// Bells, mallets and plucks, as users see them listed. The vibraphone is listed among the leads.
pub fn node_types() -> Vec<NodeType> {
    vec![
        node(&BELL, bell),
        node(&MARIMBA, marimba),
        node(&KALIMBA, kalimba),
        node(&PLUCK, pluck),
        node(&HARP, harp),
    ]
}

pub(crate) static VIBES: Descriptor = pitched(
    "lead.vibes",
    "Vibraphone",
    "Metal bars under soft mallets, with turning fans.",
    &[
        GAIN,
        PAN,
        TONE,
        release(0.8),
        share("tremolo", "Fans", 0.35, "Depth of the fans' tremolo."),
        param("rate", "Fan speed", Unit::Hertz, (0.5, 9.0), 4.8, "Turns of the fans a second."),
        share("width", "Width", 0.6, "Low bars to the left, high bars to the right."),
    ],
);
static MARIMBA: Descriptor = pitched(
    "mallet.marimba",
    "Marimba",
    "Rosewood bars over resonators: round, warm and short.",
    &[
        GAIN,
        PAN,
        TONE,
        release(2.0),
        share("width", "Width", 0.6, "Low bars to the left, high bars to the right."),
    ],
);
static KALIMBA: Descriptor = pitched(
    "mallet.kalimba",
    "Kalimba",
    "Plucked metal tongues on a wooden box.",
    &[GAIN, PAN, TONE, release(1.8), share("width", "Width", 0.5, "Stereo width.")],
);
static BELL: Descriptor = pitched(
    "bell.fm",
    "FM bell",
    "Clear, long-ringing bells of phase modulation.",
    &[GAIN, PAN, TONE, release(3.0), share("chorus", "Chorus", 0.35, "A slow stereo chorus.")],
);
static PLUCK: Descriptor = pitched(
    "pluck.synth",
    "Synth pluck",
    "Saw and pulse behind a filter that snaps shut: for arpeggios.",
    &[
        GAIN,
        PAN,
        cutoff(500.0),
        resonance(0.3),
        share("env", "Envelope", 0.5, "How far the envelope opens the filter."),
        param("decay", "Decay", Unit::Seconds, (0.02, 3.0), 0.17, "How fast the filter closes."),
        release(0.5),
        share("detune", "Detune", 0.5, "Spread of the saws."),
        share("width", "Width", 0.7, "Stereo width of the saws."),
    ],
);
static HARP: Descriptor = pitched(
    "pluck.harp",
    "Harp",
    "Long gut strings plucked in the middle, left to ring.",
    &[GAIN, PAN, TONE, release(1.6), share("width", "Width", 0.7, "Stereo width.")],
);

/// What is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bar {
    Vibes,
    Marimba,
    Kalimba,
}

/// Bars and tongues: a handful of partials and a stroke.
pub(crate) struct Bars {
    bar: Bar,
    tone: f32,
    release: f32,
    width: f32,
    fan: f32,
    rate_hz: f32,
    fan_phase: f32,
    uneven: Vec<f32>,
    sample_rate: f32,
}

/// Ratio, level, share of the decay, and how much of it only hard strokes bring, for each partial.
type Modes = [(f32, f32, f32, f32); 6];

const VIBES_MODES: Modes = [
    (1.0, 1.0, 1.0, 0.0),
    (4.0, 0.22, 0.30, 0.5),
    (10.1, 0.10, 0.08, 0.9),
    (1.0006, 0.25, 1.2, 0.0),
    (16.8, 0.03, 0.03, 1.0),
    (2.01, 0.02, 0.3, 0.0),
];
const MARIMBA_MODES: Modes = [
    (1.0, 1.0, 1.0, 0.0),
    (3.92, 0.30, 0.22, 0.5),
    (9.24, 0.12, 0.07, 0.9),
    (1.001, 0.2, 0.6, 0.0),
    (16.3, 0.05, 0.03, 1.0),
    (2.0, 0.02, 0.4, 0.0),
];
const KALIMBA_MODES: Modes = [
    (1.0, 1.0, 1.0, 0.0),
    (5.42, 0.20, 0.10, 0.6),
    (2.0, 0.06, 0.5, 0.0),
    (1.0008, 0.22, 1.3, 0.0),
    (14.6, 0.06, 0.03, 1.0),
    (3.01, 0.02, 0.3, 0.0),
];

impl Bars {
    fn modes(&self) -> &'static Modes {
        match self.bar {
            Bar::Vibes => &VIBES_MODES,
            Bar::Marimba => &MARIMBA_MODES,
            Bar::Kalimba => &KALIMBA_MODES,
        }
    }
}

impl StruckPatch for Bars {
    fn blow(&self, note: &NoteStart) -> Blow {
        let v = note.velocity;
        let (onset, hz, level, decay, gain) = match self.bar {
            Bar::Vibes => (0.0016, 900.0 + 1500.0 * v, 0.05, 0.008, 0.22),
            Bar::Marimba => (0.0012, 450.0 + 900.0 * v, 0.20, 0.010, 0.26),
            Bar::Kalimba => (0.0006, 1300.0 + 1600.0 * v, 0.22, 0.006, 0.25),
        };
        Blow {
            count: 6,
            onset: onset * (1.4 - 0.6 * v),
            strike: Strike { hz, q: 0.8, level: level * v * v, decay },
            release: self.release,
            release_bright: 0.05,
            fan: if self.bar == Bar::Vibes { self.fan } else { 0.0 },
            steady: false,
            level: gain * libm::powf(v, 0.9),
        }
    }

    fn partial(&self, note: &NoteStart, index: usize) -> Partial {
        let hz = fundamental(note);
        let (ratio, level, decay, hard) =
            self.modes().get(index).copied().unwrap_or((1.0, 0.0, 1.0, 0.0));
        let at = (note.pitch.max(0.0) as usize * 7 + index) % self.uneven.len().max(1);
        let uneven = self.uneven.get(at).copied().unwrap_or(0.0);
        let ring = match self.bar {
            Bar::Vibes => 2.0 * exp2((60.0 - note.pitch) / 26.0),
            Bar::Marimba => 0.42 * exp2((60.0 - note.pitch) / 15.0),
            Bar::Kalimba => 0.62 * exp2((72.0 - note.pitch) / 20.0),
        };
        let bright = if ratio > 1.5 { exp2((self.tone - 0.5) * 2.5) } else { 1.0 };
        let touch = 1.0 - hard + hard * note.velocity * note.velocity * 1.5;
        let level = level * bright * touch * (1.0 + 0.2 * uneven);
        let ratio = if ratio > 1.5 { ratio * (1.0 + 0.004 * uneven) } else { ratio };
        let side = ((note.pitch - 66.0) / 36.0).clamp(-0.7, 0.7) + 0.25 * uneven;
        let side = (side * self.width).clamp(-0.8, 0.8);
        Partial {
            hz: hz * ratio,
            decay: ring * decay,
            left: level * (1.0 - side),
            right: level * (1.0 + side),
            phase: 0.0,
        }
    }

    fn swell(&self) -> f32 {
        0.55 + 0.45 * sin_turns(self.fan_phase)
    }
}

impl Sound for Bars {
    type Voice = StruckVoice<Self>;

    fn set(&mut self, param: &str, value: f32) {
        match param {
            "tone" => self.tone = value,
            "release" => self.release = value,
            "width" => self.width = value,
            "tremolo" => self.fan = value,
            "rate" => self.rate_hz = value,
            _ => {}
        }
    }

    fn prepare(&mut self, frames: usize, _time: &BlockTime) {
        self.fan_phase += self.rate_hz * frames as f32 / self.sample_rate;
        self.fan_phase -= libm::floorf(self.fan_phase);
    }
}

type Built = Result<Box<dyn Processor>, BuildError>;

fn bars(
    context: &BuildContext,
    settings: &Settings<'_>,
    descriptor: &'static Descriptor,
    bar: Bar,
) -> Built {
    let root = seed(context, settings)?;
    let sound = Bars {
        bar,
        tone: 0.5,
        release: 0.8,
        width: 0.6,
        fan: 0.0,
        rate_hz: 4.8,
        fan_phase: 0.25,
        uneven: traits(root, 509),
        sample_rate: context.sample_rate,
    };
    let voices = StruckVoice::pool(20, 6, context.sample_rate, root);
    build(context, settings, descriptor, Mode::Poly, voices, sound)
}

/// Builds the vibraphone.
pub(crate) fn vibes(context: &BuildContext, settings: &Settings<'_>) -> Built {
    bars(context, settings, &VIBES, Bar::Vibes)
}

fn marimba(context: &BuildContext, settings: &Settings<'_>) -> Built {
    bars(context, settings, &MARIMBA, Bar::Marimba)
}

fn kalimba(context: &BuildContext, settings: &Settings<'_>) -> Built {
    bars(context, settings, &KALIMBA, Bar::Kalimba)
}

fn bell(context: &BuildContext, settings: &Settings<'_>) -> Built {
    let recipe = operators::Recipe {
        pairs: [
            Pair {
                modulator: 3.5,
                index: 0.20,
                index_floor: 0.06,
                index_decay: 0.8,
                level: 0.55,
                touch: 0.8,
                decay: 1.7,
                pan: -0.2,
                ..NONE
            },
            Pair {
                modulator: 7.0,
                index: 0.10,
                index_floor: 0.03,
                index_decay: 0.35,
                level: 0.32,
                touch: 1.0,
                decay: 1.0,
                cents: 1.4,
                pan: 0.3,
                ..NONE
            },
            Pair {
                carrier: 2.0,
                modulator: 5.4,
                index: 0.14,
                index_floor: 0.0,
                index_decay: 0.15,
                level: 0.16,
                touch: 1.4,
                decay: 0.5,
                pan: 0.1,
                ..NONE
            },
            Pair { carrier: 0.5, level: 0.12, touch: 0.6, decay: 2.4, ..NONE },
        ],
        pickup: Pickup::Clean,
        attack: 0.001,
        release: 3.0,
        key_decay: 0.4,
        key_index: 0.4,
        knock: 0.05,
        vibrato_hz: 5.0,
        vibrato_cents: 0.0,
        vibrato_delay: 1.0,
        level: 0.30,
    };
    let chain = Chain {
        chorus: Some(Chorus::new(0.8, 0.002, 0.35, context.sample_rate)),
        ..Chain::default()
    };
    fm_instrument(
        Order { context, settings, descriptor: &BELL, mode: Mode::Poly, voices: 16, chain },
        recipe,
    )
}

fn pluck(context: &BuildContext, settings: &Settings<'_>) -> Built {
    let [one, two] = pulse(0.0, 0.0, 0.34, 0.0, 0.35);
    let recipe = saws::Recipe {
        lanes: [
            lane(0.0, -6.0, 0.36, -0.7),
            lane(0.0, 6.0, 0.36, 0.7),
            one,
            two,
            lane(12.0, 3.0, 0.14, 0.0),
            OFF,
            OFF,
            OFF,
        ],
        filter: Filter::FourPole,
        amp: Shape { attack: 0.0015, decay: 0.34, sustain: 0.0, release: 0.5 },
        sweep: Shape { attack: 0.001, decay: 0.17, sustain: 0.0, release: 0.4 },
        sweep_octaves: 3.4,
        velocity_octaves: 2.0,
        key_follow: 0.5,
        vibrato_hz: 5.0,
        vibrato_cents: 0.0,
        vibrato_delay: 1.0,
        wander_cents: 1.0,
        noise: 0.0,
        sub_interval: 0.0,
        sub: 0.0,
        level: 0.42,
        touch: 0.7,
        scatter: true,
    };
    let order = Order {
        context,
        settings,
        descriptor: &PLUCK,
        mode: Mode::Poly,
        voices: 12,
        chain: Chain { dc: Chain::valve(context.sample_rate), ..Chain::default() },
    };
    saw_instrument(order, recipe, 500.0, 0.3)
}

fn harp(context: &BuildContext, settings: &Settings<'_>) -> Built {
    let recipe = strings::Recipe {
        position: 0.38,
        soft_hz: 700.0,
        hard_hz: 3600.0,
        snap: 0.12,
        noise: 0.05,
        ring: 6.5,
        ring_pitch: 60.0,
        ring_octave: 0.62,
        ring_high: 0.7,
        cents: 0.5,
        spread: 0.5,
        second: 0.8,
        second_ring: 0.5,
        release: 1.6,
        comb: 0.0,
        comb_position: 0.0,
        scrape_hz: 1500.0,
        scrape: 0.04,
        scrape_decay: 0.007,
        vibrato_hz: 5.0,
        vibrato_cents: 0.0,
        vibrato_delay: 1.0,
        level: 1.0,
        touch: 0.9,
        body: [
            Peak::new(180.0, 2.5, 0.3),
            Peak::new(330.0, 2.5, 0.25),
            Peak::new(700.0, 2.0, 0.2),
            Peak::new(2200.0, 1.2, 0.15),
        ],
        dry: 0.8,
    };
    let chain = Chain {
        body: body(&recipe.body, recipe.dry, context.sample_rate),
        dc: Chain::valve(context.sample_rate),
        ..Chain::default()
    };
    let order = Order { context, settings, descriptor: &HARP, mode: Mode::Poly, voices: 20, chain };
    string_instrument(order, recipe, 22.0)
}
