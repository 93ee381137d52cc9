//! SoundFont 2 instruments, rendered by rustysynth: one preset of a file as a node.
//!
//! The library works in blocks of 64 frames of its own, so a note begins up to 64 frames (1.3 ms at 48 kHz) late where it
//! does not fall on the engine's grid; nothing else depends on how calls are cut. Pitches are whole keys: cents of a note
//! are rounded away, bends are exact. Loading files is the business of [`Assets`](crate::engine::assets::Assets).

use rustysynth::{LoopMode, SoundFont, Synthesizer, SynthesizerSettings};

use super::instrument::{node, param, share};
use super::players::config;
use super::players::settings::{number, switch};
use crate::dsp::math::db_to_gain;
use crate::dsp::smooth::{PARAM_SMOOTHING, Smoothed};
use crate::engine::assets::AssetError;
use crate::engine::node::{
    Activity, BLOCK, BuildContext, BuildError, Category, Descriptor, Event, Io, NodeType,
    Processor, Settings, Unit,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![node(&SOUND_FONT, build)]
}

static SOUND_FONT: Descriptor = Descriptor {
    id: "inst.soundfont",
    name: "SoundFont",
    category: Category::Instrument,
    doc: "Plays a preset of a SoundFont 2 file, with up to 64 voices.",
    author: "Timbre",
    version: 1,
    inputs: &[],
    outputs: &["out"],
    takes_notes: true,
    params: &[
        param(
            "gain_db",
            "Gain",
            Unit::Decibel,
            (-60.0, 24.0),
            0.0,
            "Level; the lowest value is silence.",
        ),
        share(
            "reverb",
            "Reverb",
            0.3,
            "How much goes to the reverb of the instrument, where its effects are on.",
        ),
        share(
            "chorus",
            "Chorus",
            0.0,
            "How much goes to the chorus of the instrument, where its effects are on.",
        ),
        param(
            "transpose",
            "Transpose",
            Unit::Semitones,
            (-24.0, 24.0),
            0.0,
            "Whole semitones that coming notes are moved by.",
        ),
    ],
    config: &[
        config("file", "", "Name of the SoundFont file (.sf2); must be given."),
        config("bank", "0", "Bank of the preset, 0 to 127."),
        config(
            "program",
            "0",
            "Number of the preset in its bank, 0 to 127; in General MIDI 0 is the grand piano.",
        ),
        config("drums", "off", "Whether a drum kit is meant (bank 128): on or off."),
        config(
            "effects",
            "off",
            "Whether the instrument has a reverb and a chorus of its own, which take a third of its time: on or off. A send to \
             one fx.reverb for many instruments costs less.",
        ),
    ],
};

/// Keys of MIDI.
const KEYS: usize = 128;
/// Widest bend in semitones that events bring.
const BEND: f32 = 24.0;
/// -100 dBFS: what is quieter has ended.
const INAUDIBLE: f32 = 1e-5;
/// Seconds of that after which the node may sleep; longer than any gap in the library's reverb.
const QUIET_S: f32 = 0.25;

struct Font {
    synth: Synthesizer,
    channel: i32,
    bank: i32,
    program: i32,
    /// The note that holds each key.
    holders: [Option<u32>; KEYS],
    /// Keys that the preset can play, see [`playable`].
    playable: [bool; KEYS],
    gain: Smoothed,
    reverb: f32,
    chorus: f32,
    bend: f32,
    transpose: f32,
    /// Frames without sound since the last key was let go.
    quiet: usize,
    quiet_enough: usize,
}

fn build(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let name = settings.config("file");
    if name.is_empty() {
        return Err(settings.bad_config("file", "the name of a SoundFont file, e.g. piano.sf2"));
    }
    let whole = |key| {
        let wanted = "a whole number from 0 to 127";
        match number(settings, key, (0.0, 127.0), wanted)? {
            Some(value) if libm::trunc(value) == value => Ok(value as i32),
            _ => Err(settings.bad_config(key, wanted)),
        }
    };
    let (bank, program, drums) = (whole("bank")?, whole("program")?, switch(settings, "drums")?);
    let font = context.assets.sound_font(name).map_err(|error| settings.bad_asset(error))?;
    let refuse = |problem: String, hint: String| {
        settings.bad_asset(AssetError { name: name.to_owned(), problem, hint })
    };
    let shown_bank = if drums { bank + 128 } else { bank };
    let rate = context.sample_rate as i32;
    let playable = playable(&font, shown_bank, program, rate).ok_or_else(|| {
        refuse(
            format!("it has no preset {program} in bank {shown_bank}"),
            format!("Choose one of these (bank:program name): {}.", presets(&font)),
        )
    })?;
    let mut synth_settings = SynthesizerSettings::new(rate);
    synth_settings.enable_reverb_and_chorus = switch(settings, "effects")?;
    let synth = Synthesizer::new(&font, &synth_settings).map_err(|error| {
        refuse(error.to_string(), "Run the engine at 16000 to 192000 Hz.".to_owned())
    })?;
    let mut font = Font {
        synth,
        // Channel 10 of MIDI, number 9 here, is the one for drums.
        channel: if drums { Synthesizer::PERCUSSION_CHANNEL as i32 } else { 0 },
        bank,
        program,
        holders: [None; KEYS],
        playable,
        gain: Smoothed::new(fader(settings.param(0)), PARAM_SMOOTHING, context.sample_rate),
        reverb: settings.param(1),
        chorus: settings.param(2),
        bend: 0.0,
        transpose: settings.param(3),
        quiet: usize::MAX / 2,
        quiet_enough: (QUIET_S * context.sample_rate) as usize,
    };
    font.set_up();
    Ok(Box::new(font))
}

fn fader(db: f32) -> f32 {
    if db <= -60.0 { 0.0 } else { db_to_gain(db) }
}

/// The first presets of a file, for a hint.
fn presets(font: &SoundFont) -> String {
    const SHOWN: usize = 12;
    let mut list = font
        .get_presets()
        .iter()
        .map(|p| (p.get_bank_number(), p.get_patch_number(), p.get_name().trim()))
        .collect::<Vec<_>>();
    list.sort_unstable();
    let more = if list.len() > SHOWN { ", …" } else { "" };
    let names =
        list.iter().take(SHOWN).map(|(bank, program, name)| format!("{bank}:{program} {name}"));
    names.collect::<Vec<_>>().join(", ") + more
}

/// The keys that a preset plays safely, or `None` where there is no such preset.
///
/// The library's oscillator steps back by one loop per frame at most, so where a key would pass a whole loop in one frame
/// (a loop of a few samples, played octaves above its root) it would run out of the sample. Such keys stay silent.
fn playable(font: &SoundFont, bank: i32, program: i32, rate: i32) -> Option<[bool; KEYS]> {
    let preset = font
        .get_presets()
        .iter()
        .rev()
        .find(|p| p.get_bank_number() == bank && p.get_patch_number() == program)?;
    let mut playable = [true; KEYS];
    for outer in preset.get_regions() {
        let instrument = font.get_instruments().get(outer.get_instrument_id());
        for inner in instrument.map_or(&[][..], |instrument| instrument.get_regions()) {
            let length =
                i64::from(inner.get_sample_end_loop()) - i64::from(inner.get_sample_start_loop());
            if inner.get_sample_modes() == LoopMode::NoLoop || length <= 0 {
                continue;
            }
            let header = font.get_sample_headers().get(inner.get_sample_id());
            let own_rate = header.map_or(rate, |header| header.get_sample_rate());
            let both = |a: i32, b: i32| f64::from(a) + f64::from(b);
            let scale = both(outer.get_scale_tuning(), inner.get_scale_tuning()).abs() / 100.0;
            let tune = both(outer.get_coarse_tune(), inner.get_coarse_tune())
                + both(outer.get_fine_tune(), inner.get_fine_tune()) / 100.0;
            let swing = [
                both(outer.get_vibrato_lfo_to_pitch(), inner.get_vibrato_lfo_to_pitch()),
                both(outer.get_modulation_lfo_to_pitch(), inner.get_modulation_lfo_to_pitch()),
                both(
                    outer.get_modulation_envelope_to_pitch(),
                    inner.get_modulation_envelope_to_pitch(),
                ),
            ];
            let swing =
                swing.iter().map(|cents| cents.abs() / 100.0).sum::<f64>() + f64::from(BEND) + 1.0;
            for (key, playable) in playable.iter_mut().enumerate() {
                let away = (key as f64 - f64::from(inner.get_root_key())).abs();
                let semitones = scale * (away + swing) + tune;
                let ratio =
                    f64::from(own_rate) / f64::from(rate.max(1)) * libm::exp2(semitones / 12.0);
                let key = key as i32;
                let meant = (outer.get_key_range_start()..=outer.get_key_range_end())
                    .contains(&key)
                    && (inner.get_key_range_start()..=inner.get_key_range_end()).contains(&key);
                // Keys below the root go down, not up: only the swing is to be feared there.
                let falls = f64::from(key) < f64::from(inner.get_root_key()) && scale <= 1.0;
                let ratio = if falls {
                    f64::from(own_rate) / f64::from(rate.max(1))
                        * libm::exp2((scale * swing + tune) / 12.0)
                } else {
                    ratio
                };
                *playable &= !meant || ratio < length as f64;
            }
        }
    }
    Some(playable)
}

impl Font {
    fn control(&mut self, number: i32, value: i32) {
        self.synth.process_midi_message(self.channel, 0xb0, number, value);
    }

    /// Brings the channel to the preset and to the params.
    fn set_up(&mut self) {
        self.control(0, self.bank);
        self.synth.process_midi_message(self.channel, 0xc0, self.program, 0);
        // Registered parameter 0 is the range of the bend, in semitones.
        self.control(101, 0);
        self.control(100, 0);
        self.control(6, BEND as i32);
        self.control(7, 127);
        self.send_levels();
        self.send_bend();
    }

    fn send_levels(&mut self) {
        self.control(91, (self.reverb * 127.0) as i32);
        self.control(93, (self.chorus * 127.0) as i32);
    }

    fn send_bend(&mut self) {
        let place = libm::roundf(self.bend / BEND * 8_192.0) as i32 + 8_192;
        let place = place.clamp(0, 16_383);
        self.synth.process_midi_message(self.channel, 0xe0, place & 0x7f, place >> 7);
    }

    fn note_on(&mut self, note: u32, pitch: f32, velocity: f32) {
        let key = libm::roundf(pitch + libm::roundf(self.transpose)).clamp(0.0, 127.0) as usize;
        let (Some(holder), Some(true)) = (self.holders.get_mut(key), self.playable.get(key)) else {
            return;
        };
        // The same key again: the string is struck anew, and the earlier note's end no longer concerns it.
        if holder.replace(note).is_some() {
            self.synth.note_off(self.channel, key as i32);
        }
        let velocity = libm::roundf(velocity * 127.0).clamp(1.0, 127.0) as i32;
        self.synth.note_on(self.channel, key as i32, velocity);
        self.quiet = 0;
    }

    fn note_off(&mut self, note: u32) {
        let key = self.holders.iter().position(|holder| *holder == Some(note));
        if let Some(key) = key
            && let Some(holder) = self.holders.get_mut(key)
        {
            *holder = None;
            self.synth.note_off(self.channel, key as i32);
        }
    }
}

impl Processor for Font {
    fn handle(&mut self, event: Event) {
        match event {
            Event::NoteOn { note, pitch, velocity } => self.note_on(note, pitch, velocity),
            Event::NoteOff { note } => self.note_off(note),
            Event::Param { index: 0, value } => self.gain.set(fader(value)),
            Event::Param { index: 1, value } => {
                self.reverb = value.clamp(0.0, 1.0);
                self.send_levels();
            }
            Event::Param { index: 2, value } => {
                self.chorus = value.clamp(0.0, 1.0);
                self.send_levels();
            }
            Event::Param { index: 3, value } if !value.is_nan() => self.transpose = value,
            Event::Param { .. } => {}
            Event::Bend { semitones } => {
                self.bend = if semitones.is_nan() { 0.0 } else { semitones.clamp(-BEND, BEND) };
                self.send_bend();
            }
            Event::AllNotesOff => {
                self.holders = [None; KEYS];
                self.synth.note_off_all_channel(self.channel, false);
            }
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let frames = io.frames.min(BLOCK);
        let Some(output) = io.outputs.first_mut() else { return Activity::Silent };
        if self.quiet >= self.quiet_enough {
            self.gain.settle();
            return Activity::Silent;
        }
        let (left, right) = (&mut output.left[..frames], &mut output.right[..frames]);
        self.synth.render(left, right);
        let audible = |x: &f32| x.abs() > INAUDIBLE;
        let held = self.holders.iter().any(Option::is_some);
        if held || left.iter().any(audible) || right.iter().any(audible) {
            self.quiet = 0;
        } else {
            self.quiet += frames;
        }
        self.gain.apply(left, right);
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.synth.reset();
        self.holders = [None; KEYS];
        self.set_up();
        self.gain.settle();
        self.quiet = self.quiet_enough;
    }
}

#[cfg(test)]
mod tests;
