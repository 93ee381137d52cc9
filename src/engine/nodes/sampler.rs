//! The sampler: recordings spread over keys and velocities, played like any instrument.
//!
//! Each voice reads its zone's reel (see [`crate::dsp::reel`]), band-limited at every pitch, through a low-pass and an
//! envelope. Recordings keep their own rate: the pitch accounts for it. Which notes sound on which voice, stealing, bend
//! and pan are the business of `instrument` and [`crate::dsp::voices`].

use super::instrument::{
    self, GAIN, PAN, Sound, attack, cutoff, node, param, pitched, release, resonance, share,
};
use super::players::config;
use crate::dsp::math::exp2;
use crate::dsp::reel::Scratch;
use crate::dsp::sinc::{Bank, MAX_SPEED};
use crate::dsp::svf::Svf;
use crate::dsp::voices::{Contour, MAX_FRAMES, Mode, NoteStart, Shape, Voice};
use crate::engine::node::{
    BuildContext, BuildError, ConfigDescriptor, Descriptor, NodeType, Processor, Settings, Unit,
};

mod zones;

use zones::Zone;

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![node(&SAMPLER, build)]
}

static SAMPLER: Descriptor = Descriptor {
    config: CONFIG,
    ..pitched(
        "inst.sampler",
        "Sampler",
        "Plays recordings on the keys: zones by key and velocity, envelope, filter, loop or one shot; 32 voices.",
        &[
            GAIN,
            PAN,
            attack(0.001),
            param(
                "decay",
                "Decay",
                Unit::Seconds,
                (0.01, 12.0),
                1.0,
                "Time constant of the way from full level to the sustain.",
            ),
            share("sustain", "Sustain", 1.0, "Level while a note is held."),
            release(0.15),
            cutoff(18_000.0),
            resonance(0.0),
            share("touch", "Touch", 0.6, "How much velocity decides the level."),
            share(
                "bright",
                "Brightness",
                0.0,
                "How far soft notes close the filter, up to five octaves.",
            ),
            param(
                "transpose",
                "Transpose",
                Unit::Semitones,
                (-24.0, 24.0),
                0.0,
                "Pitch of all zones.",
            ),
        ],
    )
};

const CONFIG: &[ConfigDescriptor] = &[
    config(
        "zones",
        "",
        "Zones as file:root:low:high or file:root:low:high:soft:loud, separated by semicolons. Keys are MIDI numbers, 60 is C4 and the root may have cents (60.5); soft to loud are velocities from 1 to 127. A file alone is one zone over all keys with its root at 60. Of several zones that fit a note the first one plays.",
    ),
    config("loop", "off", "Whether held notes loop: on or off."),
    config("loop_start_s", "0", "Second of each recording at which the loop starts."),
    config("loop_end_s", "", "Second of each recording at which the loop ends; empty for its end."),
    config("crossfade_ms", "5", "Crossfade at the loop's seam in milliseconds, 0 to 500."),
    config(
        "one_shot",
        "off",
        "Whether a note plays to the recording's end whatever the key does, as drums want it: on or off.",
    ),
    config(
        "seed",
        "0",
        "A whole number; the sampler draws nothing by itself, so it changes nothing.",
    ),
];

/// Notes at once.
const VOICES: usize = 32;

/// Above this the low-pass is left out.
const OPEN: f32 = 17_999.0;

/// What all voices share.
struct Sampler {
    zones: Vec<Zone>,
    bank: Bank,
    shape: Shape,
    cutoff: f32,
    resonance: f32,
    touch: f32,
    bright: f32,
    transpose: f32,
    one_shot: bool,
    sample_rate: f32,
}

/// One note.
struct Note {
    zone: Option<usize>,
    at: f64,
    /// Frames of the recording per frame at the end of the last run; 0 before the first one.
    step: f64,
    contour: Contour,
    gain: f32,
    velocity: f32,
    filters: [Svf; 2],
    filtered: bool,
    scratch: Scratch,
}

fn build(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let sampler = Sampler {
        zones: zones::load(context, settings)?,
        bank: Bank::new(),
        shape: Shape { attack: 0.001, decay: 1.0, sustain: 1.0, release: 0.15 },
        cutoff: 18_000.0,
        resonance: 0.0,
        touch: 0.6,
        bright: 0.0,
        transpose: 0.0,
        one_shot: super::players::settings::switch(settings, "one_shot")?,
        sample_rate: context.sample_rate,
    };
    let voices = (0..VOICES)
        .map(|_| Note {
            zone: None,
            at: 0.0,
            step: 0.0,
            contour: Contour::default(),
            gain: 0.0,
            velocity: 0.0,
            filters: std::array::from_fn(|_| Svf::new(18_000.0, 0.707, context.sample_rate)),
            filtered: false,
            scratch: Scratch::default(),
        })
        .collect();
    instrument::build(context, settings, &SAMPLER, Mode::Poly, voices, sampler)
}

impl Sound for Sampler {
    type Voice = Note;

    fn set(&mut self, param: &str, value: f32) {
        match param {
            "attack" => self.shape.attack = value,
            "decay" => self.shape.decay = value,
            "sustain" => self.shape.sustain = value,
            "release" => self.shape.release = value,
            "cutoff" => self.cutoff = value,
            "resonance" => self.resonance = value,
            "touch" => self.touch = value,
            "bright" => self.bright = value,
            "transpose" => self.transpose = value,
            _ => {}
        }
    }
}

impl Note {
    /// Chooses the zone; the pitch is that of the key, without bend.
    fn choose(&mut self, patch: &Sampler, note: &NoteStart) {
        let velocity = libm::roundf(note.velocity * 127.0).clamp(1.0, 127.0);
        self.zone = patch.zones.iter().position(|zone| zone.holds(note.pitch, velocity));
        self.velocity = note.velocity;
        // At full touch 40 dB between the softest and the loudest note, as General MIDI's square law has it.
        self.gain = 1.0 + patch.touch * (note.velocity * note.velocity - 1.0);
    }
}

impl Voice for Note {
    type Patch = Sampler;

    fn start(&mut self, patch: &Sampler, note: &NoteStart) {
        self.choose(patch, note);
        self.at = 0.0;
        self.step = 0.0;
        self.filtered = false;
        self.filters.iter_mut().for_each(Svf::reset);
        self.contour.start();
    }

    fn slide(&mut self, patch: &Sampler, note: &NoteStart) {
        self.choose(patch, note);
    }

    fn release(&mut self, patch: &Sampler) {
        if !patch.one_shot {
            self.contour.release();
        }
    }

    fn render(&mut self, patch: &Sampler, pitch: f32, left: &mut [f32], right: &mut [f32]) -> bool {
        let Some(zone) = self.zone.and_then(|zone| patch.zones.get(zone)) else { return false };
        let frames = left.len().min(right.len()).min(MAX_FRAMES);
        let to = (zone.ratio * libm::exp2(f64::from(pitch + patch.transpose - zone.root) / 12.0))
            .clamp(1e-3, MAX_SPEED);
        let from = if self.step > 0.0 { self.step } else { to };
        self.step = to;
        let (mut l, mut r) = ([0.0; MAX_FRAMES], [0.0; MAX_FRAMES]);
        let (l, r) = (&mut l[..frames], &mut r[..frames]);
        self.at = zone.reel.read(&patch.bank, &mut self.scratch, self.at, (from, to), l, r);
        let cutoff = patch.cutoff * exp2(-5.0 * patch.bright * (1.0 - self.velocity));
        if cutoff < OPEN || self.filtered {
            // Once in, it stays in until the note ends: taking it out would click.
            self.filtered = true;
            let q = 0.707 + 9.0 * patch.resonance * patch.resonance;
            for (filter, side) in self.filters.iter_mut().zip([&mut *l, &mut *r]) {
                filter.set(cutoff.min(OPEN), q, patch.sample_rate);
                side.iter_mut().for_each(|x| *x = filter.low(*x));
            }
        }
        let line = self.contour.advance(&patch.shape, frames, patch.sample_rate).scaled(self.gain);
        for (i, (sum, x)) in left.iter_mut().zip(l.iter()).enumerate() {
            *sum += x * line.at(i);
        }
        for (i, (sum, x)) in right.iter_mut().zip(r.iter()).enumerate() {
            *sum += x * line.at(i);
        }
        let ended = zone.reel.frames().is_some_and(|frames| self.at >= frames as f64 + 64.0);
        !ended && !self.contour.is_over(&patch.shape)
    }

    fn level(&self) -> f32 {
        self.contour.value() * self.gain
    }
}

#[cfg(test)]
mod tests;
