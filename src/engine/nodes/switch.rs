//! One of several inputs is heard, and the change to another one falls on the next bar or beat, to the sample: for takes side by
//! side that play at the same time.
//!
//! The old input fades out while the new one fades in, over 10 ms and at equal power, so there is neither a gap nor a click.
//! Of takes that are alike to the sample the sum is up to 3 dB louder in the middle of the fade; of different ones it is not.

use super::effect::param;
use crate::dsp::math::sin_turns;
use crate::engine::node::{
    Activity, BLOCK, BlockTime, BuildContext, BuildError, Category, Descriptor, Event, Io, Monitor,
    NodeType, Processor, Settings, Unit,
};
use crate::model::node_data::{NodeData, SwitchData};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![NodeType { descriptor: &SWITCH, build: build_switch }]
}

/// Inputs of a switch.
pub const INPUTS: usize = 8;
/// Seconds from one input to another.
const FADE_S: f32 = 0.010;

static SWITCH: Descriptor = Descriptor {
    id: "mix.switch",
    name: "Switch",
    category: Category::Mix,
    doc: "One of eight inputs is heard. The change to another falls on the next bar or beat while the music runs, with a \
          crossfade of 10 ms.",
    author: "Timbre",
    version: 1,
    inputs: &["in1", "in2", "in3", "in4", "in5", "in6", "in7", "in8"],
    outputs: &["out"],
    takes_notes: false,
    params: &[
        param(
            "input",
            "Input",
            Unit::None,
            1.0,
            INPUTS as f32,
            1.0,
            "Which input is heard, from 1.",
        ),
        param(
            "quantum",
            "Quantum",
            Unit::None,
            0.0,
            2.0,
            2.0,
            "When a change takes effect: 0 at once, 1 on the next beat, 2 on the next bar. Set it before the input.",
        ),
    ],
    config: &[],
};

struct Switch {
    /// The input that is heard, or comes up, from 0.
    active: usize,
    /// The one that waits for its moment.
    pending: Option<usize>,
    quantum: u8,
    /// How far each input is up, in frames of the fade.
    levels: [u32; INPUTS],
    /// Frames of a fade.
    fade: u32,
    rate: f64,
    told: triple_buffer::Input<SwitchData>,
    ear: Option<triple_buffer::Output<SwitchData>>,
}

fn build_switch(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let active = input_of(settings.param(0));
    let (told, ear) =
        triple_buffer::triple_buffer(&SwitchData { active: active as u32, pending: None });
    let fade = libm::roundf(FADE_S * context.sample_rate).max(1.0) as u32;
    let mut switch = Switch {
        active,
        pending: None,
        quantum: quantum_of(settings.param(1)),
        levels: [0; INPUTS],
        fade,
        rate: f64::from(context.sample_rate),
        told,
        ear: Some(ear),
    };
    switch.settle();
    Ok(Box::new(switch))
}

/// The input that a param means, from 0.
fn input_of(value: f32) -> usize {
    (libm::roundf(value).max(1.0) as usize - 1).min(INPUTS - 1)
}

fn quantum_of(value: f32) -> u8 {
    libm::roundf(value).clamp(0.0, 2.0) as u8
}

impl Switch {
    /// Changes over; the levels follow frame by frame.
    fn change(&mut self) {
        if let Some(next) = self.pending.take() {
            self.active = next;
        }
    }

    /// Brings all levels to where they go.
    fn settle(&mut self) {
        for (input, level) in self.levels.iter_mut().enumerate() {
            *level = if input == self.active { self.fade } else { 0 };
        }
    }

    /// The frame within the next `frames` at which a change is due.
    fn due(&self, time: &BlockTime, frames: usize) -> Option<usize> {
        self.pending?;
        if self.quantum == 0 || !time.playing {
            return Some(0);
        }
        let frames_of = |beats: f64| beats * 60.0 / time.bpm * self.rate;
        // A line lies at the frame that is nearest to it, so half a frame after it is still on it.
        let on_line = |since: f64| frames_of(since) <= 0.5 + 1e-6;
        let since_bar = time.beat - time.bar_beat;
        let bar = time.metre.bar_beats();
        let left = if self.quantum == 2 {
            if on_line(since_bar) { 0.0 } else { bar - since_bar }
        } else {
            let since_beat = since_bar - libm::floor(since_bar);
            // The last beat of an uneven bar is cut short by the next bar.
            if on_line(since_beat) { 0.0 } else { (1.0 - since_beat).min(bar - since_bar) }
        };
        let at = libm::round(frames_of(left));
        // What rounds to the next call's first frame is on the line there.
        (at < frames as f64).then(|| at.max(0.0) as usize)
    }

    /// Adds the inputs over a run of frames.
    fn mix(&mut self, io: &mut Io<'_>, range: std::ops::Range<usize>) {
        let [output] = &mut *io.outputs else { return };
        let (Some(to_l), Some(to_r)) =
            (output.left.get_mut(range.clone()), output.right.get_mut(range.clone()))
        else {
            return;
        };
        to_l.fill(0.0);
        to_r.fill(0.0);
        for (index, (input, level)) in io.inputs.iter().zip(&mut self.levels).enumerate() {
            let wanted = if index == self.active { self.fade } else { 0 };
            if *level == wanted && wanted == 0 {
                continue;
            }
            let (Some(l), Some(r)) =
                (input.left.get(range.clone()), input.right.get(range.clone()))
            else {
                continue;
            };
            if *level == wanted {
                // All the way up is exactly 1, so what is heard alone is heard bit for bit.
                to_l.iter_mut().zip(l).for_each(|(sum, x)| *sum += x);
                to_r.iter_mut().zip(r).for_each(|(sum, x)| *sum += x);
                continue;
            }
            for ((to_l, to_r), (l, r)) in to_l.iter_mut().zip(to_r.iter_mut()).zip(l.iter().zip(r))
            {
                *level = if wanted > *level {
                    *level + 1
                } else {
                    level.saturating_sub(u32::from(*level > wanted))
                };
                // A quarter turn from nothing to all.
                let gain = if *level == self.fade {
                    1.0
                } else {
                    sin_turns(0.25 * *level as f32 / self.fade as f32)
                };
                *to_l += l * gain;
                *to_r += r * gain;
            }
        }
    }

    fn tell(&mut self) {
        let pending = self.pending.map(|input| input as u32);
        self.told.write(SwitchData { active: self.active as u32, pending });
    }
}

impl Processor for Switch {
    fn handle(&mut self, event: Event) {
        match event {
            Event::Param { index: 0, value } => {
                let wanted = input_of(value);
                self.pending = (wanted != self.active).then_some(wanted);
            }
            Event::Param { index: 1, value } => self.quantum = quantum_of(value),
            _ => return,
        }
        self.tell();
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let frames = io.frames.min(BLOCK);
        if io.inputs.iter().all(|input| input.silent) {
            // Nobody can hear when it changes, and nobody wakes a node when a bar begins.
            if self.pending.is_some() {
                self.change();
                self.tell();
            }
            self.settle();
            return Activity::Silent;
        }
        match self.due(&io.time, frames) {
            Some(at) => {
                self.mix(io, 0..at);
                self.change();
                self.mix(io, at..frames);
                self.tell();
            }
            None => self.mix(io, 0..frames),
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.change();
        self.settle();
        self.tell();
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        let ear = self.ear.take()?;
        Some(Box::new(SwitchMonitor(ear)))
    }
}

/// Reads which input is heard.
struct SwitchMonitor(triple_buffer::Output<SwitchData>);

impl Monitor for SwitchMonitor {
    fn read(&mut self, _points: usize) -> NodeData {
        NodeData::Switch(*self.0.read())
    }
}

#[cfg(test)]
mod tests;
