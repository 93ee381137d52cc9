//! Buses and strips: sums, levels, pan and width. They colour nothing.

use crate::dsp::math::{db_to_gain, pan_gains};
use crate::dsp::smooth::{PARAM_SMOOTHING, Smoothed};
use crate::engine::node::{
    Activity, BuildContext, BuildError, Category, Descriptor, Event, Io, NodeType, ParamDescriptor,
    Processor, Settings, Unit,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![
        NodeType { descriptor: &STRIP, build: build_strip },
        NodeType { descriptor: &BUS, build: build_bus },
    ]
}

static STRIP: Descriptor = Descriptor {
    id: "mix.strip",
    name: "Channel strip",
    category: Category::Mix,
    doc: "Level, pan, width and mute of a part or a return. The pan has constant power, -3 dB in the centre.",
    author: "Timbre",
    version: 1,
    inputs: &["in"],
    outputs: &["out"],
    takes_notes: false,
    params: &[
        ParamDescriptor {
            id: "gain_db",
            name: "Gain",
            unit: Unit::Decibel,
            min: -60.0,
            max: 12.0,
            default: 0.0,
            doc: "Level; the lowest value is silence.",
        },
        ParamDescriptor {
            id: "pan",
            name: "Pan",
            unit: Unit::None,
            min: -1.0,
            max: 1.0,
            default: 0.0,
            doc: "Place between the speakers: -1 left, 0 centre, 1 right.",
        },
        ParamDescriptor {
            id: "width",
            name: "Width",
            unit: Unit::None,
            min: 0.0,
            max: 2.0,
            default: 1.0,
            doc: "0 is mono, 1 is as it comes, 2 doubles the difference of the sides.",
        },
        ParamDescriptor {
            id: "mute",
            name: "Mute",
            unit: Unit::Switch,
            min: 0.0,
            max: 1.0,
            default: 0.0,
            doc: "1 silences the strip.",
        },
    ],
    config: &[],
};

static BUS: Descriptor = Descriptor {
    id: "mix.bus",
    name: "Bus",
    category: Category::Mix,
    doc: "Sums what is connected to it. At 0 dB the sum is passed on bit for bit.",
    author: "Timbre",
    version: 1,
    inputs: &["in"],
    outputs: &["out"],
    takes_notes: false,
    params: &[ParamDescriptor {
        id: "gain_db",
        name: "Gain",
        unit: Unit::Decibel,
        min: -60.0,
        max: 12.0,
        default: 0.0,
        doc: "Level; the lowest value is silence.",
    }],
    config: &[],
};

/// Linear gain of a fader whose lowest position, -60 dB, is off. Exactly 1 at 0 dB.
fn fader(db: f32) -> f32 {
    if db <= -60.0 {
        0.0
    } else if db == 0.0 {
        1.0
    } else {
        db_to_gain(db)
    }
}

/// All that a strip does is linear and has no memory, so it is one 2 by 2 matrix from (left, right) to (left, right).
struct Strip {
    gain_db: f32,
    pan: f32,
    width: f32,
    mute: f32,
    /// Left from left, left from right, right from left, right from right.
    matrix: [Smoothed; 4],
}

fn build_strip(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let [gain_db, pan, width, mute] = std::array::from_fn(|i| settings.param(i));
    let at_rest = Smoothed::new(0.0, PARAM_SMOOTHING, context.sample_rate);
    let mut strip = Strip { gain_db, pan, width, mute, matrix: [at_rest; 4] };
    strip.aim();
    strip.matrix.iter_mut().for_each(Smoothed::settle);
    Ok(Box::new(strip))
}

impl Strip {
    fn aim(&mut self) {
        let gain = if self.mute >= 0.5 { 0.0 } else { fader(self.gain_db) };
        let (left, right) = pan_gains(self.pan);
        // left' = mid + width * side, with mid = (l + r) / 2 and side = (l - r) / 2; right' likewise.
        let (same, other) = (0.5 + 0.5 * self.width, 0.5 - 0.5 * self.width);
        let targets =
            [gain * left * same, gain * left * other, gain * right * other, gain * right * same];
        for (value, target) in self.matrix.iter_mut().zip(targets) {
            value.set(target);
        }
    }
}

impl Processor for Strip {
    fn handle(&mut self, event: Event) {
        if let Event::Param { index, value } = event {
            match index {
                0 => self.gain_db = value,
                1 => self.pan = value,
                2 => self.width = value,
                3 => self.mute = value,
                _ => return,
            }
            self.aim();
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let ([input], [output]) = (io.inputs, &mut *io.outputs) else { return Activity::Silent };
        let settled = self.matrix.iter().all(Smoothed::is_settled);
        let dead = settled && self.matrix.iter().all(|m| m.value() == 0.0);
        if input.silent || dead {
            self.matrix.iter_mut().for_each(Smoothed::settle);
            return Activity::Silent;
        }
        let inputs = input.left.iter().zip(input.right);
        let outputs = output.left.iter_mut().zip(output.right.iter_mut());
        if settled {
            let [ll, lr, rl, rr] = self.matrix.map(|m| m.value());
            for ((l, r), (to_l, to_r)) in inputs.zip(outputs) {
                *to_l = l * ll + r * lr;
                *to_r = l * rl + r * rr;
            }
        } else {
            for ((l, r), (to_l, to_r)) in inputs.zip(outputs) {
                let [ll, lr, rl, rr] = self.matrix.each_mut().map(Smoothed::next_value);
                *to_l = l * ll + r * lr;
                *to_r = l * rl + r * rr;
            }
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.matrix.iter_mut().for_each(Smoothed::settle);
    }
}

struct Bus {
    gain: Smoothed,
}

fn build_bus(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let gain = Smoothed::new(fader(settings.param(0)), PARAM_SMOOTHING, context.sample_rate);
    Ok(Box::new(Bus { gain }))
}

impl Processor for Bus {
    fn handle(&mut self, event: Event) {
        if let Event::Param { index: 0, value } = event {
            self.gain.set(fader(value));
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let ([input], [output]) = (io.inputs, &mut *io.outputs) else { return Activity::Silent };
        if input.silent {
            self.gain.settle();
            return Activity::Silent;
        }
        output.left.copy_from_slice(input.left);
        output.right.copy_from_slice(input.right);
        self.gain.apply(output.left, output.right);
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.gain.settle();
    }
}
