//! What every pitched instrument shares: notes to voices, gain and pan, params by name, the seed, and falling silent.
//!
//! An instrument is a [`Sound`]: what its voices share plus whatever comes after them (a body, a chorus, an amplifier).
//! The voices themselves come from the modules below: [`saws`], [`operators`], [`strings`], [`struck`], [`winds`].

use crate::dsp::voices::{Knob, Mode, Voice, Voices};
use crate::engine::node::{
    Activity, BLOCK, BlockTime, BuildContext, BuildError, Category, ConfigDescriptor, Descriptor,
    Event, Io, NodeType, ParamDescriptor, Processor, Settings, Unit,
};

pub(crate) mod amplifier;
pub(crate) mod ensemble;
pub(crate) mod operators;
pub(crate) mod saws;
pub(crate) mod sounds;
pub(crate) mod strings;
pub(crate) mod struck;
pub(crate) mod winds;

/// What the voices of an instrument share, and what follows them. Thread: audio, but for construction.
pub(crate) trait Sound: Send + Sized {
    /// One note of it.
    type Voice: Voice<Patch = Self>;

    /// Sets a param of its own; gain and pan never arrive here.
    fn set(&mut self, param: &str, value: f32);

    /// Moves smoothed values on by a run of frames, before the voices render it.
    fn prepare(&mut self, _frames: usize, _time: &BlockTime) {}

    /// Treats the sum of the voices in place.
    fn finish(&mut self, _left: &mut [f32], _right: &mut [f32]) {}

    /// How long `finish` rings on after the last voice, in seconds.
    fn tail(&self) -> f32 {
        0.0
    }

    /// Glide from note to note in seconds.
    fn glide(&self) -> f32 {
        0.0
    }

    /// Forgets all sound in `finish`.
    fn clear(&mut self) {}
}

/// A [`Processor`] made of a [`Sound`] and its voices.
pub(crate) struct Instrument<S: Sound> {
    descriptor: &'static Descriptor,
    sound: S,
    voices: Voices<S::Voice>,
    gain: Knob,
    pan: Knob,
    sample_rate: f32,
    /// Frames that `finish` may still ring.
    ringing: usize,
}

/// Builds an instrument with these voices and applies the settings' params. Thread: control (allocates).
pub(crate) fn build<S: Sound + 'static>(
    context: &BuildContext,
    settings: &Settings<'_>,
    descriptor: &'static Descriptor,
    mode: Mode,
    voices: Vec<S::Voice>,
    sound: S,
) -> Result<Box<dyn Processor>, BuildError>
where
    S::Voice: 'static,
{
    let mut instrument = Instrument {
        descriptor,
        sound,
        voices: Voices::new(mode, voices, context.sample_rate, seed(context, settings)?),
        gain: Knob::new(1.0),
        pan: Knob::new(0.0),
        sample_rate: context.sample_rate,
        ringing: 0,
    };
    for index in 0..descriptor.params.len() {
        instrument.set_param(index, settings.param(index));
    }
    instrument.gain.value = instrument.gain.target;
    instrument.pan.value = instrument.pan.target;
    // The time of a whole second lets every smoothed value arrive.
    for _ in 0..750 {
        instrument.sound.prepare(BLOCK, &BlockTime::REST);
    }
    instrument.sound.clear();
    Ok(Box::new(instrument))
}

/// The root of an instrument's randomness: the node's own, moved by the config `seed`.
pub(crate) fn seed(context: &BuildContext, settings: &Settings<'_>) -> Result<u64, BuildError> {
    let wanted = "a whole number from 0";
    let own: u64 =
        settings.config("seed").trim().parse().map_err(|_| settings.bad_config("seed", wanted))?;
    Ok(context.seed ^ own.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

impl<S: Sound> Instrument<S> {
    fn set_param(&mut self, index: usize, value: f32) {
        let Some(param) = self.descriptor.params.get(index) else { return };
        match param.id {
            "gain_db" => self.gain.target = crate::dsp::math::db_to_gain(value),
            "pan" => self.pan.target = value.clamp(-1.0, 1.0),
            id => self.sound.set(id, value),
        }
        self.voices.set_glide(self.sound.glide());
    }
}

impl<S: Sound> Processor for Instrument<S> {
    fn handle(&mut self, event: Event) {
        match event {
            Event::NoteOn { note, pitch, velocity } => {
                self.voices.note_on(&self.sound, note, pitch, velocity)
            }
            Event::NoteOff { note } => self.voices.note_off(&self.sound, note),
            Event::Param { index, value } => self.set_param(usize::from(index), value),
            Event::Bend { semitones } => self.voices.set_bend(semitones),
            Event::AllNotesOff => self.voices.release_all(&self.sound),
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let frames = io.frames.min(BLOCK);
        let Some(out) = io.outputs.first_mut() else { return Activity::Silent };
        if !self.voices.is_sounding() && self.ringing == 0 {
            self.gain.value = self.gain.target;
            self.pan.value = self.pan.target;
            return Activity::Silent;
        }
        let (left, right) = (&mut out.left[..frames], &mut out.right[..frames]);
        left.fill(0.0);
        right.fill(0.0);
        self.sound.prepare(frames, &io.time);
        if self.voices.render(&self.sound, left, right) {
            self.ringing = (self.sound.tail() * self.sample_rate) as usize;
        } else {
            self.ringing = self.ringing.saturating_sub(frames);
        }
        self.sound.finish(left, right);
        let gain = self.gain.advance(frames, self.sample_rate);
        let pan = self.pan.advance(frames, self.sample_rate);
        for (i, (l, r)) in left.iter_mut().zip(right.iter_mut()).enumerate() {
            let (g, p) = (gain.at(i), pan.at(i));
            *l *= g * (1.0 - p.max(0.0));
            *r *= g * (1.0 + p.min(0.0));
        }
        if self.ringing == 0 && !self.voices.is_sounding() {
            self.sound.clear();
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.voices.reset();
        self.sound.clear();
        self.ringing = 0;
    }
}

/// A param of a descriptor.
pub(crate) const fn param(
    id: &'static str,
    name: &'static str,
    unit: Unit,
    range: (f32, f32),
    default: f32,
    doc: &'static str,
) -> ParamDescriptor {
    ParamDescriptor { id, name, unit, min: range.0, max: range.1, default, doc }
}

pub(crate) const GAIN: ParamDescriptor =
    param("gain_db", "Gain", Unit::Decibel, (-60.0, 12.0), 0.0, "Level of the instrument.");
pub(crate) const PAN: ParamDescriptor =
    param("pan", "Pan", Unit::None, (-1.0, 1.0), 0.0, "Balance from left (-1) to right (1).");
pub(crate) const TONE: ParamDescriptor =
    param("tone", "Tone", Unit::Percent, (0.0, 1.0), 0.5, "From dark (0) to bright (1).");

/// The attack time with an instrument's own default.
pub(crate) const fn attack(default: f32) -> ParamDescriptor {
    param(
        "attack",
        "Attack",
        Unit::Seconds,
        (0.0, 8.0),
        default,
        "Time until a note is at its full level.",
    )
}

/// The release time with an instrument's own default.
pub(crate) const fn release(default: f32) -> ParamDescriptor {
    param(
        "release",
        "Release",
        Unit::Seconds,
        (0.01, 12.0),
        default,
        "How long a note takes to fall by 60 dB after its end.",
    )
}

/// The filter's cutoff with an instrument's own default.
pub(crate) const fn cutoff(default: f32) -> ParamDescriptor {
    param(
        "cutoff",
        "Cutoff",
        Unit::Hertz,
        (30.0, 18_000.0),
        default,
        "Where the low-pass begins to close.",
    )
}

/// The filter's resonance with an instrument's own default.
pub(crate) const fn resonance(default: f32) -> ParamDescriptor {
    param("resonance", "Resonance", Unit::Percent, (0.0, 1.0), default, "Emphasis at the cutoff.")
}

/// A share of 0 to 1 with a meaning of its own.
pub(crate) const fn share(
    id: &'static str,
    name: &'static str,
    default: f32,
    doc: &'static str,
) -> ParamDescriptor {
    param(id, name, Unit::Percent, (0.0, 1.0), default, doc)
}

/// The glide time with an instrument's own default.
pub(crate) const fn glide(default: f32) -> ParamDescriptor {
    param(
        "glide",
        "Glide",
        Unit::Seconds,
        (0.0, 2.0),
        default,
        "How long the pitch slides from note to note.",
    )
}

const CONFIG: &[ConfigDescriptor] = &[ConfigDescriptor {
    id: "seed",
    default: "0",
    doc: "A whole number; each one gives a slightly different instrument (detuning, noise, irregular strings).",
}];

/// The descriptor of a pitched instrument with one stereo output.
pub(crate) const fn pitched(
    id: &'static str,
    name: &'static str,
    doc: &'static str,
    params: &'static [ParamDescriptor],
) -> Descriptor {
    Descriptor {
        id,
        name,
        category: Category::Instrument,
        doc,
        author: "Timbre",
        version: 1,
        inputs: &[],
        outputs: &["out"],
        takes_notes: true,
        params,
        config: CONFIG,
    }
}

/// A constructor, as [`NodeType`] holds it.
type Build = fn(&BuildContext, &Settings<'_>) -> Result<Box<dyn Processor>, BuildError>;

/// Pairs a descriptor with its constructor.
pub(crate) const fn node(descriptor: &'static Descriptor, build: Build) -> NodeType {
    NodeType { descriptor, build }
}

#[cfg(test)]
pub(crate) mod tests;
