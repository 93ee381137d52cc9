//! Noise beds and effects of transition: vinyl, rain and wind sound from note-on to note-off; risers, impacts and reversed
//! cymbals mark the joints of a piece.
//!
//! The pitch of a note has no meaning to the beds. Levels follow velocity by its 1.5th power, as in the kits.

mod beds;
mod moves;

#[cfg(test)]
mod tests;

use crate::dsp::math::{db_to_gain, exp2, log2, pan_gains};
use crate::dsp::noise::substream;
use crate::dsp::smooth::{PARAM_SMOOTHING, Smoothed};
use crate::engine::node::{
    Activity, BuildContext, BuildError, Category, ConfigDescriptor, Descriptor, Event, Io,
    NodeType, ParamDescriptor, Processor, Settings, Unit,
};

/// All textures.
pub fn node_types() -> Vec<NodeType> {
    vec![
        NodeType { descriptor: &VINYL, build: |c, s| shell::<beds::Vinyl>(c, s) },
        NodeType { descriptor: &RAIN, build: |c, s| shell::<beds::Rain>(c, s) },
        NodeType { descriptor: &WIND, build: |c, s| shell::<beds::Wind>(c, s) },
        NodeType { descriptor: &RISER, build: |c, s| shell::<moves::Riser>(c, s) },
        NodeType { descriptor: &IMPACT, build: |c, s| shell::<moves::Impact>(c, s) },
        NodeType { descriptor: &REVERSE, build: |c, s| shell::<moves::Reverse>(c, s) },
    ]
}

/// What one texture must do; [`Shell`] does what all have in common. Thread: audio, but for `new`.
trait Texture: Send + 'static {
    /// Builds it, silent. `extra` is the value of the type's own param.
    fn new(rng: &mut rand_chacha::ChaCha8Rng, rate: f32, extra: f32) -> Self;
    /// A note begins. `seconds_per_beat` is known from the transport.
    fn start(&mut self, seconds_per_beat: f32);
    /// The note ends; the texture may fade.
    fn stop(&mut self);
    /// Follows the params `tone` (0..1) and the type's own.
    fn set(&mut self, tone: f32, extra: f32);
    /// The next frame, left and right.
    fn frame(&mut self) -> (f32, f32);
    /// Whether nothing more comes until the next note.
    fn is_over(&self) -> bool;
    /// Forgets all sound.
    fn reset(&mut self);
}

/// The processor of all textures: one voice, which a new note takes over, behind gain and pan.
struct Shell<T> {
    texture: T,
    note: Option<u32>,
    /// A note that waits for `process`, where the tempo is known.
    starting: bool,
    level: Smoothed,
    gain: Smoothed,
    pan: Smoothed,
    tone: f32,
    extra: f32,
}

fn shell<T: Texture>(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let seed = settings.config("seed").trim().parse::<u64>();
    let seed =
        seed.map_err(|_| settings.bad_config("seed", "a whole number from 0 on, such as 7"))?;
    let seed = context.seed ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let rate = context.sample_rate;
    let (tone, extra) = (settings.param(2), settings.param(3));
    let mut texture = T::new(&mut substream(seed, 0), rate, extra);
    texture.set(tone, extra);
    Ok(Box::new(Shell {
        texture,
        note: None,
        starting: false,
        level: Smoothed::new(1.0, 0.05, rate),
        gain: Smoothed::new(db_to_gain(settings.param(0)), PARAM_SMOOTHING, rate),
        pan: Smoothed::new(settings.param(1), PARAM_SMOOTHING, rate),
        tone,
        extra,
    }))
}

impl<T: Texture> Processor for Shell<T> {
    fn handle(&mut self, event: Event) {
        match event {
            Event::NoteOn { note, velocity, .. } if velocity > 0.0 => {
                let fresh = self.texture.is_over();
                self.level.set(exp2(1.5 * log2(velocity.clamp(0.001, 1.0) / 0.8)));
                if fresh {
                    self.level.settle();
                }
                (self.note, self.starting) = (Some(note), true);
            }
            Event::NoteOff { note } if self.note == Some(note) => self.stop(),
            Event::AllNotesOff => self.stop(),
            Event::Param { index, value } if !value.is_nan() => {
                match index {
                    0 => self.gain.set(db_to_gain(value)),
                    1 => self.pan.set(value),
                    2 => self.tone = value,
                    3 => self.extra = value,
                    _ => {}
                }
                self.texture.set(self.tone, self.extra);
                if self.texture.is_over() && !self.starting {
                    self.gain.settle();
                    self.pan.settle();
                }
            }
            _ => {}
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        if self.starting {
            self.starting = false;
            self.texture.start((60.0 / io.time.bpm.clamp(10.0, 1000.0)) as f32);
            if self.note.is_none() {
                self.texture.stop();
            }
        }
        if self.texture.is_over() {
            return Activity::Silent;
        }
        let Some(out) = io.outputs.first_mut() else { return Activity::Silent };
        for (l, r) in out.left.iter_mut().zip(out.right.iter_mut()) {
            let gain = self.gain.next_value() * self.level.next_value();
            let (left, right) =
                if self.texture.is_over() { (0.0, 0.0) } else { self.texture.frame() };
            let pan = self.pan.next_value();
            // Centre is 0 dB for a stereo bed: the constant-power law raised by 3 dB.
            let (pan_l, pan_r) = if pan == 0.0 {
                (1.0, 1.0)
            } else {
                let (a, b) = pan_gains(pan);
                (a * std::f32::consts::SQRT_2, b * std::f32::consts::SQRT_2)
            };
            (*l, *r) = (left * gain * pan_l, right * gain * pan_r);
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.texture.reset();
        (self.note, self.starting) = (None, false);
        self.level.settle();
        self.gain.settle();
        self.pan.settle();
    }
}

impl<T: Texture> Shell<T> {
    fn stop(&mut self) {
        self.note = None;
        if !self.starting {
            self.texture.stop();
        }
    }
}

static CONFIG: [ConfigDescriptor; 1] = [ConfigDescriptor {
    id: "seed",
    default: "0",
    doc: "A whole number that chooses where the crackles, drops and gusts fall.",
}];

const fn descriptor(
    id: &'static str,
    name: &'static str,
    doc: &'static str,
    params: &'static [ParamDescriptor],
) -> Descriptor {
    Descriptor {
        id,
        name,
        category: Category::Texture,
        doc,
        author: "Timbre",
        version: 1,
        inputs: &[],
        outputs: &["out"],
        takes_notes: true,
        params,
        config: &CONFIG,
    }
}

/// Gain, pan and tone, which all textures have, and one param of their own.
const fn params(own: ParamDescriptor) -> [ParamDescriptor; 4] {
    [
        ParamDescriptor {
            id: "gain_db",
            name: "Gain",
            unit: Unit::Decibel,
            min: -60.0,
            max: 12.0,
            default: 0.0,
            doc: "Output level.",
        },
        ParamDescriptor {
            id: "pan",
            name: "Pan",
            unit: Unit::None,
            min: -1.0,
            max: 1.0,
            default: 0.0,
            doc: "From left (-1) to right (1).",
        },
        ParamDescriptor {
            id: "tone",
            name: "Tone",
            unit: Unit::Percent,
            min: 0.0,
            max: 1.0,
            default: 0.5,
            doc: "From dull to bright.",
        },
        own,
    ]
}

const fn density(doc: &'static str) -> ParamDescriptor {
    ParamDescriptor {
        id: "density",
        name: "Density",
        unit: Unit::Percent,
        min: 0.0,
        max: 1.0,
        default: 0.5,
        doc,
    }
}

const fn beats(default: f32, doc: &'static str) -> ParamDescriptor {
    ParamDescriptor {
        id: "beats",
        name: "Length",
        unit: Unit::Beats,
        min: 0.25,
        max: 64.0,
        default,
        doc,
    }
}

static VINYL_PARAMS: [ParamDescriptor; 4] = params(density("From a clean record to a worn one."));
static VINYL: Descriptor = descriptor(
    "texture.vinyl",
    "Vinyl",
    "The bed of an old record: crackle, hiss and rumble while the note is held.",
    &VINYL_PARAMS,
);
static RAIN_PARAMS: [ParamDescriptor; 4] = params(density("From a few drops to a downpour."));
static RAIN: Descriptor = descriptor(
    "texture.rain",
    "Rain",
    "Rain on a roof and in the yard, far and near drops.",
    &RAIN_PARAMS,
);
static WIND_PARAMS: [ParamDescriptor; 4] =
    params(density("From a breeze to a storm: how strong the gusts are."));
static WIND: Descriptor = descriptor(
    "texture.wind",
    "Wind",
    "Wind over a field, in slow gusts that move from side to side.",
    &WIND_PARAMS,
);
static RISER_PARAMS: [ParamDescriptor; 4] =
    params(beats(16.0, "Beats until the top; the note may end earlier."));
static RISER: Descriptor = descriptor(
    "fx.riser",
    "Riser",
    "Noise and tone that sweep up while the note is held, for the bars before a drop.",
    &RISER_PARAMS,
);
static IMPACT_PARAMS: [ParamDescriptor; 4] =
    params(beats(4.0, "Beats that the fall takes to die away."));
static IMPACT: Descriptor = descriptor(
    "fx.impact",
    "Impact",
    "A deep falling boom with a burst of noise and a long dark tail, for the first beat of a section.",
    &IMPACT_PARAMS,
);
static REVERSE_PARAMS: [ParamDescriptor; 4] = params(beats(
    2.0,
    "Beats from the start to the top: start the note this long before the beat it leads to.",
));
static REVERSE: Descriptor = descriptor(
    "fx.reverse",
    "Reverse cymbal",
    "A cymbal played backwards: swells over its length and stops short.",
    &REVERSE_PARAMS,
);
