//! Small node types whose output can be told in advance, for the tests of the engine.

use std::sync::Arc;

use crate::audio::buffer::AudioBuffer;
use crate::engine::node::{
    Activity, BuildContext, BuildError, Category, ConfigDescriptor, Descriptor, Event, Io,
    NodeType, ParamDescriptor, Processor, Settings, Unit,
};
use crate::engine::nodes::{Registry, mix};

/// Everything here, with the mix nodes.
pub(crate) fn registry() -> Registry {
    let mut types = mix::node_types();
    types.push(NodeType { descriptor: &PULSE, build: build_pulse });
    types.push(NodeType { descriptor: &LATE, build: build_late });
    types.push(NodeType { descriptor: &POISON, build: build_poison });
    types.push(NodeType { descriptor: &SINE, build: build_sine });
    types.push(NodeType { descriptor: &SHIFT, build: build_shift });
    types.push(NodeType { descriptor: &EAR, build: build_ear });
    Registry::new(types)
}

const BASE: Descriptor = Descriptor {
    id: "",
    name: "Toy",
    category: Category::Effect,
    doc: "For tests.",
    author: "Timbre",
    version: 1,
    inputs: &["in"],
    outputs: &["out"],
    takes_notes: false,
    params: &[],
    config: &[],
};

/// Puts out a saw-like count while a note is held and a decaying tail after it, different on the left and the right.
static PULSE: Descriptor = Descriptor {
    id: "toy.pulse",
    inputs: &[],
    outputs: &["out", "other"],
    takes_notes: true,
    params: &[ParamDescriptor {
        id: "level",
        name: "Level",
        unit: Unit::None,
        min: 0.0,
        max: 1.0,
        default: 0.5,
        doc: "Level.",
    }],
    ..BASE
};

struct Pulse {
    seed: u64,
    level: f32,
    held: Vec<u32>,
    count: u32,
    tail: f32,
}

fn build_pulse(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let held = Vec::with_capacity(64);
    Ok(Box::new(Pulse { seed: context.seed, level: settings.param(0), held, count: 0, tail: 0.0 }))
}

impl Processor for Pulse {
    fn handle(&mut self, event: Event) {
        match event {
            Event::NoteOn { note, velocity, .. } if self.held.len() < 64 => {
                self.held.push(note);
                (self.count, self.tail) = (0, velocity);
            }
            Event::NoteOff { note } => self.held.retain(|held| *held != note),
            Event::Param { index: 0, value } => self.level = value,
            Event::AllNotesOff => self.held.clear(),
            _ => {}
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        if self.held.is_empty() && self.tail == 0.0 {
            return Activity::Silent;
        }
        let [out, other] = io.outputs else { return Activity::Silent };
        for i in 0..io.frames {
            if self.held.is_empty() {
                self.tail = if self.tail < 1e-6 { 0.0 } else { self.tail * 0.999 };
            }
            self.count = self.count.wrapping_add(1);
            let x = self.level
                * self.tail
                * (((self.count * 7 + self.seed as u32 % 13) % 101) as f32 / 50.0 - 1.0);
            (out.left[i], out.right[i]) = (x, -0.5 * x);
            (other.left[i], other.right[i]) = (0.25 * x, x * x);
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.held.clear();
        (self.count, self.tail) = (0, 0.0);
    }
}

/// Delays by the frames in its config and says so.
static LATE: Descriptor = Descriptor {
    id: "toy.late",
    inputs: &["in", "sidechain"],
    config: &[ConfigDescriptor { id: "frames", default: "10", doc: "Frames of latency." }],
    ..BASE
};

struct Late {
    line: Vec<(f32, f32)>,
    position: usize,
    left: usize,
}

fn build_late(_: &BuildContext, settings: &Settings<'_>) -> Result<Box<dyn Processor>, BuildError> {
    let frames = settings
        .config("frames")
        .parse()
        .map_err(|_| settings.bad_config("frames", "a whole number"))?;
    Ok(Box::new(Late { line: vec![(0.0, 0.0); frames], position: 0, left: 0 }))
}

impl Processor for Late {
    fn handle(&mut self, _: Event) {}

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let (Some(input), [output]) = (io.inputs.first(), &mut *io.outputs) else {
            return Activity::Silent;
        };
        if !input.silent {
            self.left = self.line.len() + 64;
        } else if self.left == 0 {
            return Activity::Silent;
        }
        self.left = self.left.saturating_sub(io.frames);
        for i in 0..io.frames {
            let new = (input.left[i], input.right[i]);
            let old = match self.line.get_mut(self.position) {
                Some(place) => std::mem::replace(place, new),
                None => new,
            };
            self.position = (self.position + 1) % self.line.len().max(1);
            (output.left[i], output.right[i]) = old;
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.line.fill((0.0, 0.0));
        (self.position, self.left) = (0, 0);
    }

    fn latency(&self) -> u32 {
        self.line.len() as u32
    }
}

/// Passes its input on, but puts out NaN for one block from the frame on that its param names, and ever after where
/// `stubborn` is set.
static POISON: Descriptor = Descriptor {
    id: "toy.poison",
    params: &[
        ParamDescriptor {
            id: "frame",
            name: "Frame",
            unit: Unit::None,
            min: 0.0,
            max: 1e6,
            default: 640.0,
            doc: "Where it breaks.",
        },
        ParamDescriptor {
            id: "stubborn",
            name: "Stubborn",
            unit: Unit::Switch,
            min: 0.0,
            max: 1.0,
            default: 0.0,
            doc: "Whether it stays broken.",
        },
    ],
    ..BASE
};

struct Poison {
    frame: u64,
    stubborn: bool,
}

fn build_poison(
    _: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    Ok(Box::new(Poison { frame: settings.param(0) as u64, stubborn: settings.param(1) > 0.5 }))
}

impl Processor for Poison {
    fn handle(&mut self, _: Event) {}

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let ([input], [output]) = (io.inputs, &mut *io.outputs) else { return Activity::Silent };
        output.left.copy_from_slice(input.left);
        output.right.copy_from_slice(input.right);
        let hit = (self.frame..self.frame + 64).contains(&io.time.frame);
        if hit || (self.stubborn && io.time.frame >= self.frame) {
            output.right[0] = f32::NAN;
        }
        Activity::Sounding
    }

    fn reset(&mut self) {}
}

/// A sine of a frequency that never stops, so that any cut in it can be heard; its phase counts from its birth.
static SINE: Descriptor = Descriptor {
    id: "toy.sine",
    category: Category::Source,
    inputs: &[],
    config: &[ConfigDescriptor { id: "hz", default: "100", doc: "Frequency." }],
    ..BASE
};

struct Sine {
    step: f64,
    count: u64,
    /// The asset `alive`, where there is one: held as long as the node, so that tests can tell whether it has been freed.
    _alive: Option<Arc<AudioBuffer>>,
}

fn build_sine(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let hz: f64 = settings
        .config("hz")
        .parse()
        .map_err(|_| settings.bad_config("hz", "a number of Hertz"))?;
    let step = std::f64::consts::TAU * hz / f64::from(context.sample_rate);
    Ok(Box::new(Sine { step, count: 0, _alive: context.assets.sound("alive").ok() }))
}

impl Processor for Sine {
    fn handle(&mut self, _: Event) {}

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        for i in 0..io.frames {
            let x = 0.1 * libm::sin(self.step * self.count as f64) as f32;
            self.count += 1;
            for output in io.outputs.iter_mut() {
                (output.left[i], output.right[i]) = (x, x);
            }
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.count = 0;
    }
}

/// Delays by the frames that its param names, turns the polarity over, and says so; the change itself fades over 64
/// frames, as a well-made node's would.
static SHIFT: Descriptor = Descriptor {
    id: "toy.shift",
    params: &[ParamDescriptor {
        id: "frames",
        name: "Frames",
        unit: Unit::None,
        min: 0.0,
        max: 8192.0,
        default: 1.0,
        doc: "Frames of latency.",
    }],
    ..BASE
};

struct Shift {
    line: Vec<(f32, f32)>,
    position: usize,
    frames: usize,
    before: usize,
    fade: usize,
}

fn build_shift(
    _: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let frames = settings.param(0) as usize;
    let line = vec![(0.0, 0.0); 16_384];
    Ok(Box::new(Shift { line, position: 0, frames, before: frames, fade: 64 }))
}

impl Processor for Shift {
    fn handle(&mut self, event: Event) {
        if let Event::Param { index: 0, value } = event {
            (self.before, self.frames, self.fade) = (self.frames, value as usize, 0);
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let ([input], [output]) = (io.inputs, &mut *io.outputs) else { return Activity::Silent };
        for i in 0..io.frames {
            self.line[self.position] = (input.left[i], input.right[i]);
            let at = |frames: usize| self.line[(self.position + 16_384 - frames) % 16_384];
            let (new, old) = (at(self.frames), at(self.before));
            let share = self.fade as f32 / 64.0;
            self.fade = (self.fade + 1).min(64);
            output.left[i] = -(old.0 + (new.0 - old.0) * share);
            output.right[i] = -(old.1 + (new.1 - old.1) * share);
            self.position = (self.position + 1) % 16_384;
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.line.fill((0.0, 0.0));
    }

    fn latency(&self) -> u32 {
        self.frames as u32
    }
}

/// Passes the device's input on.
static EAR: Descriptor = Descriptor { id: "toy.ear", inputs: &[], ..BASE };

struct Ear;

fn build_ear(_: &BuildContext, _: &Settings<'_>) -> Result<Box<dyn Processor>, BuildError> {
    Ok(Box::new(Ear))
}

impl Processor for Ear {
    fn handle(&mut self, _: Event) {}

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        if io.live.silent {
            return Activity::Silent;
        }
        for output in io.outputs.iter_mut() {
            output.left.copy_from_slice(io.live.left);
            output.right.copy_from_slice(io.live.right);
        }
        Activity::Sounding
    }

    fn reset(&mut self) {}
}
