//! Buses and strips: sums, levels, pan and width. They colour nothing.

use crate::dsp::math::{db_to_gain, pan_gains};
use crate::dsp::smooth::{PARAM_SMOOTHING, Smoothed};
use crate::engine::node::{
    Activity, AudioIn, AudioOut, BuildContext, BuildError, Category, Descriptor, Event, Io,
    NodeType, ParamDescriptor, Processor, Settings,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![
        NodeType { descriptor: &STRIP, build: build_strip },
        NodeType { descriptor: &BUS, build: build_bus },
    ]
}

/// The fader of a strip or a bus.
pub(super) const GAIN: ParamDescriptor = ParamDescriptor::decibel(
    "gain_db",
    "Gain",
    [-60.0, 12.0],
    0.0,
    "Level; the lowest value is silence.",
);

/// The place of a strip between the speakers.
pub(super) const PAN: ParamDescriptor = ParamDescriptor::number(
    "pan",
    "Pan",
    [-1.0, 1.0],
    0.0,
    "Place between the speakers: -1 left, 0 centre, 1 right.",
);

/// How far the sides of a strip lie apart.
pub(super) const WIDTH: ParamDescriptor = ParamDescriptor::number(
    "width",
    "Width",
    [0.0, 2.0],
    1.0,
    "0 is mono, 1 is as it comes, 2 doubles the difference of the sides.",
);

/// Silence by hand.
pub(super) const MUTE: ParamDescriptor =
    ParamDescriptor::switch("mute", "Mute", false, "1 silences the strip.");

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
    params: &[GAIN, PAN, WIDTH, MUTE],
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
    params: &[GAIN],
    config: &[],
};

/// Linear gain of a fader whose lowest position, -60 dB, is off. Exactly 1 at 0 dB.
pub(super) fn fader(db: f32) -> f32 {
    if db <= -60.0 {
        0.0
    } else if db == 0.0 {
        1.0
    } else {
        db_to_gain(db)
    }
}

/// Gain, pan and width. All that these do is linear and has no memory, so they are one 2 by 2 matrix from (left, right) to
/// (left, right), whose numbers glide.
pub(super) struct Placement {
    /// Left from left, left from right, right from left, right from right.
    matrix: [Smoothed; 4],
}

impl Placement {
    /// A closed one. Thread: control.
    pub(super) fn new(sample_rate: f32) -> Self {
        Self { matrix: [Smoothed::new(0.0, PARAM_SMOOTHING, sample_rate); 4] }
    }

    /// Where it goes: a linear gain, a pan of -1 to 1, a width of 0 to 2. Thread: audio.
    pub(super) fn aim(&mut self, gain: f32, pan: f32, width: f32) {
        let (left, right) = pan_gains(pan);
        // left' = mid + width * side, with mid = (l + r) / 2 and side = (l - r) / 2; right' likewise.
        let (same, other) = (0.5 + 0.5 * width, 0.5 - 0.5 * width);
        let targets =
            [gain * left * same, gain * left * other, gain * right * other, gain * right * same];
        for (value, target) in self.matrix.iter_mut().zip(targets) {
            value.set(target);
        }
    }

    /// Jumps there. Thread: audio.
    pub(super) fn settle(&mut self) {
        self.matrix.iter_mut().for_each(Smoothed::settle);
    }

    /// Whether nothing comes through, now and until it is aimed elsewhere. Thread: audio.
    pub(super) fn is_closed(&self) -> bool {
        self.matrix.iter().all(|m| m.is_settled() && m.value() == 0.0)
    }

    /// Writes the input, placed, to the output. Thread: audio.
    pub(super) fn process(&mut self, input: &AudioIn<'_>, output: &mut AudioOut<'_>) {
        let inputs = input.left.iter().zip(input.right);
        let outputs = output.left.iter_mut().zip(output.right.iter_mut());
        if self.matrix.iter().all(Smoothed::is_settled) {
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
    }
}

struct Strip {
    gain_db: f32,
    pan: f32,
    width: f32,
    mute: f32,
    placement: Placement,
}

fn build_strip(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let [gain_db, pan, width, mute] = std::array::from_fn(|i| settings.param(i));
    let placement = Placement::new(context.sample_rate);
    let mut strip = Strip { gain_db, pan, width, mute, placement };
    strip.aim();
    strip.placement.settle();
    Ok(Box::new(strip))
}

impl Strip {
    fn aim(&mut self) {
        let gain = if self.mute >= 0.5 { 0.0 } else { fader(self.gain_db) };
        self.placement.aim(gain, self.pan, self.width);
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
        if input.silent || self.placement.is_closed() {
            self.placement.settle();
            return Activity::Silent;
        }
        self.placement.process(input, output);
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.placement.settle();
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
