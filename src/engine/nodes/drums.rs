//! The drum kits: acoustic, brushes, lo-fi, 808, 909 and pop. All are synthesis (modes, swept tones, shaped noise), answer
//! the General MIDI percussion notes, and have four outputs, so that a mixer can treat kick, snare, cymbals and the rest
//! apart.
//!
//! Velocity changes the timbre as well as the level; each hit differs a little from the last; the seed chooses the set of
//! cymbals. Stereo is seen from the audience.

mod acoustic;
mod electronic;
mod finish;
mod kit;
mod layers;
mod percussion;
mod recipe;
mod room;
mod voice;

#[cfg(test)]
mod tests;

use self::kit::Kit;
use crate::engine::node::{
    Category, ConfigDescriptor, Descriptor, NodeType, ParamDescriptor, Unit,
};

/// All kits.
pub fn node_types() -> Vec<NodeType> {
    vec![
        NodeType {
            descriptor: &ACOUSTIC,
            build: |context, settings| Kit::build(&acoustic::ACOUSTIC, context, settings),
        },
        NodeType {
            descriptor: &BRUSH,
            build: |context, settings| Kit::build(&acoustic::BRUSH, context, settings),
        },
        NodeType {
            descriptor: &LOFI,
            build: |context, settings| Kit::build(&acoustic::LOFI, context, settings),
        },
        NodeType {
            descriptor: &TR909,
            build: |context, settings| Kit::build(&electronic::TR909, context, settings),
        },
        NodeType {
            descriptor: &TR808,
            build: |context, settings| Kit::build(&electronic::TR808, context, settings),
        },
        NodeType {
            descriptor: &POP,
            build: |context, settings| Kit::build(&electronic::POP, context, settings),
        },
    ]
}

static ACOUSTIC: Descriptor = descriptor(
    "drum.acoustic",
    "Acoustic kit",
    "A rock kit in a live room: punchy kick, snare with wires, ringing toms and a full set of cymbals.",
    &ACOUSTIC_PARAMS,
);
static ACOUSTIC_PARAMS: [ParamDescriptor; 7] = params(0.5, 0.0);

static BRUSH: Descriptor = descriptor(
    "drum.brush",
    "Jazz kit with brushes",
    "A small jazz kit: feathered kick, brushes that tap (38), sweep (40) and slap (39), a dry ride.",
    &BRUSH_PARAMS,
);
static BRUSH_PARAMS: [ParamDescriptor; 7] = params(0.5, 0.0);

static LOFI: Descriptor = descriptor(
    "drum.lofi",
    "Lo-fi kit",
    "A dry old kit that went through tape and a 12-bit sampler: dull, warm, narrow.",
    &LOFI_PARAMS,
);
static LOFI_PARAMS: [ParamDescriptor; 7] = params(0.35, 0.3);

static TR909: Descriptor = descriptor(
    "drum.909",
    "909 kit",
    "The drum machine of house and techno: hard kick, snappy snare, bright sampled cymbals.",
    &TR909_PARAMS,
);
static TR909_PARAMS: [ParamDescriptor; 7] = params(0.15, 0.15);

static TR808: Descriptor = descriptor(
    "drum.808",
    "808 kit",
    "The drum machine of trap and electro: long deep kick, sizzling hats, cowbell and clap.",
    &TR808_PARAMS,
);
static TR808_PARAMS: [ParamDescriptor; 7] = params(0.1, 0.1);

static POP: Descriptor = descriptor(
    "drum.pop",
    "Pop kit",
    "A modern layered kit: tight kick, snare glued to a clap, crisp hats.",
    &POP_PARAMS,
);
static POP_PARAMS: [ParamDescriptor; 7] = params(0.35, 0.1);

static CONFIG: [ConfigDescriptor; 1] = [ConfigDescriptor {
    id: "seed",
    default: "0",
    doc: "A whole number that chooses this very set of cymbals and the small differences between hits.",
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
        category: Category::Drums,
        doc,
        author: "Timbre",
        version: 1,
        inputs: &[],
        outputs: &["kick", "snare", "hats", "perc"],
        takes_notes: true,
        params,
        config: &CONFIG,
    }
}

/// The params of a kit, in the order of `kit::param`; kits differ in how much room and drive they start with.
const fn params(room: f32, drive: f32) -> [ParamDescriptor; 7] {
    [
        ParamDescriptor {
            id: "gain_db",
            name: "Gain",
            unit: Unit::Decibel,
            min: -60.0,
            max: 12.0,
            default: 0.0,
            doc: "Level of all outputs.",
        },
        amount("tone", "Tone", 0.5, "From dull to bright; heard from the next hit on."),
        ParamDescriptor {
            id: "tune",
            name: "Tune",
            unit: Unit::Semitones,
            min: -12.0,
            max: 12.0,
            default: 0.0,
            doc: "Pitch of all drums; heard from the next hit on.",
        },
        ParamDescriptor {
            id: "decay",
            name: "Decay",
            unit: Unit::None,
            min: 0.25,
            max: 3.0,
            default: 1.0,
            doc: "Length of all drums as a factor; heard from the next hit on.",
        },
        amount("room", "Room", room, "How much of the small room around the kit is heard."),
        amount(
            "drive",
            "Drive",
            drive,
            "Saturation of each output; keeps the level of a full hit.",
        ),
        amount("width", "Width", 1.0, "From mono to the full stereo picture of the kit."),
    ]
}

/// A param from 0 to 1.
const fn amount(
    id: &'static str,
    name: &'static str,
    default: f32,
    doc: &'static str,
) -> ParamDescriptor {
    ParamDescriptor { id, name, unit: Unit::Percent, min: 0.0, max: 1.0, default, doc }
}
