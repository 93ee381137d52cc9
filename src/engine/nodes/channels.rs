//! The strip of a live mixer: what `mix.strip` does, and polarity, solo, four sends and a meter.
//!
//! Solo concerns all strips of a mixer, and a node knows only itself. So `solo` merely says that a strip is soloed; whoever
//! controls the mixer sets `silenced` on all strips, 1 while any is soloed and 0 while none is, and a strip that is
//! silenced and not soloed itself is as good as muted. Returns that should be heard beside a solo are left out by never
//! silencing them.

use super::mix::{GAIN, MUTE, PAN, Placement, WIDTH, fader};
use super::readout::Readout;
use crate::dsp::levels::LevelMeter;
use crate::dsp::smooth::{PARAM_SMOOTHING, Smoothed};
use crate::engine::node::{
    Activity, AudioIn, AudioOut, BuildContext, BuildError, Category, Descriptor, Event, Io,
    Monitor, NodeType, ParamDescriptor, Processor, Settings,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![NodeType { descriptor: &CHANNEL, build: build_channel }]
}

/// Sends of a channel.
const SENDS: usize = 4;

/// Position of the first send's level among the params; the others follow.
const FIRST_LEVEL: u16 = 7;

/// Position of the first send's pre-fader switch; the others follow.
const FIRST_PRE: u16 = FIRST_LEVEL + SENDS as u16;

const fn send_level(id: &'static str, name: &'static str) -> ParamDescriptor {
    let doc = "Level into the send; the lowest value is off.";
    ParamDescriptor::decibel(id, name, [-60.0, 12.0], -60.0, doc)
}

const fn send_pre(id: &'static str, name: &'static str) -> ParamDescriptor {
    let doc = "1 takes the send before gain, pan and width. Mute and solo silence it all the same.";
    ParamDescriptor::switch(id, name, false, doc)
}

static CHANNEL: Descriptor = Descriptor {
    id: "mix.channel",
    name: "Mixer channel",
    category: Category::Mix,
    doc: "A mixer's strip: gain, pan, width, polarity, mute, solo and four sends, with a meter. The pan has constant power, \
          -3 dB in the centre.",
    author: "Timbre",
    version: 1,
    inputs: &["in"],
    outputs: &["out", "send1", "send2", "send3", "send4"],
    takes_notes: false,
    params: &[
        GAIN,
        PAN,
        WIDTH,
        MUTE,
        ParamDescriptor::switch(
            "solo",
            "Solo",
            false,
            "1 keeps the strip heard while others are silenced.",
        ),
        ParamDescriptor::switch(
            "silenced",
            "Silenced",
            false,
            "1 while any strip is soloed; set by the mixer, not by hand.",
        ),
        ParamDescriptor::switch(
            "polarity",
            "Polarity",
            false,
            "1 turns the wave upside down, for microphones that cancel each other.",
        ),
        send_level("send1_db", "Send 1"),
        send_level("send2_db", "Send 2"),
        send_level("send3_db", "Send 3"),
        send_level("send4_db", "Send 4"),
        send_pre("send1_pre", "Send 1 pre-fader"),
        send_pre("send2_pre", "Send 2 pre-fader"),
        send_pre("send3_pre", "Send 3 pre-fader"),
        send_pre("send4_pre", "Send 4 pre-fader"),
    ],
    config: &[],
};

/// A way out of the channel. Turning the switch fades from one source to the other.
#[derive(Clone, Copy)]
struct AuxSend {
    level_db: f32,
    pre: bool,
    /// Share of the input.
    from_input: Smoothed,
    /// Share of the channel's output.
    from_output: Smoothed,
}

impl AuxSend {
    fn aim(&mut self, open: bool, sign: f32) {
        let level = if open { fader(self.level_db) } else { 0.0 };
        let (input, output) = if self.pre { (sign * level, 0.0) } else { (0.0, level) };
        self.from_input.set(input);
        self.from_output.set(output);
    }

    fn settle(&mut self) {
        self.from_input.settle();
        self.from_output.settle();
    }

    fn is_closed(&self) -> bool {
        [&self.from_input, &self.from_output].iter().all(|s| s.is_settled() && s.value() == 0.0)
    }

    fn process(&mut self, input: &AudioIn<'_>, main: &AudioOut<'_>, to: &mut AudioOut<'_>) {
        if self.is_closed() {
            to.left.fill(0.0);
            to.right.fill(0.0);
            return;
        }
        let inputs = input.left.iter().zip(input.right);
        let mains = main.left.iter().zip(main.right.iter());
        let outputs = to.left.iter_mut().zip(to.right.iter_mut());
        if self.from_input.is_settled() && self.from_output.is_settled() {
            let (a, b) = (self.from_input.value(), self.from_output.value());
            for (((l, r), (main_l, main_r)), (to_l, to_r)) in inputs.zip(mains).zip(outputs) {
                *to_l = l * a + main_l * b;
                *to_r = r * a + main_r * b;
            }
            return;
        }
        for (((l, r), (main_l, main_r)), (to_l, to_r)) in inputs.zip(mains).zip(outputs) {
            let (a, b) = (self.from_input.next_value(), self.from_output.next_value());
            *to_l = l * a + main_l * b;
            *to_r = r * a + main_r * b;
        }
    }
}

struct Channel {
    gain_db: f32,
    pan: f32,
    width: f32,
    mute: bool,
    solo: bool,
    silenced: bool,
    inverted: bool,
    placement: Placement,
    sends: [AuxSend; SENDS],
    meter: LevelMeter,
    readout: Readout,
}

fn build_channel(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let is_on = |index| settings.param(index) >= 0.5;
    let closed = Smoothed::new(0.0, PARAM_SMOOTHING, context.sample_rate);
    let send = |index| AuxSend {
        level_db: settings.param(usize::from(FIRST_LEVEL) + index),
        pre: is_on(usize::from(FIRST_PRE) + index),
        from_input: closed,
        from_output: closed,
    };
    let mut channel = Channel {
        gain_db: settings.param(0),
        pan: settings.param(1),
        width: settings.param(2),
        mute: is_on(3),
        solo: is_on(4),
        silenced: is_on(5),
        inverted: is_on(6),
        placement: Placement::new(context.sample_rate),
        sends: std::array::from_fn(send),
        meter: LevelMeter::plain(context.sample_rate),
        readout: Readout::new(context.sample_rate),
    };
    channel.aim();
    channel.settle();
    Ok(Box::new(channel))
}

impl Channel {
    fn aim(&mut self) {
        let open = !self.mute && (self.solo || !self.silenced);
        let sign = if self.inverted { -1.0 } else { 1.0 };
        let gain = if open { sign * fader(self.gain_db) } else { 0.0 };
        self.placement.aim(gain, self.pan, self.width);
        self.sends.iter_mut().for_each(|send| send.aim(open, sign));
    }

    fn settle(&mut self) {
        self.placement.settle();
        self.sends.iter_mut().for_each(AuxSend::settle);
    }
}

impl Processor for Channel {
    fn handle(&mut self, event: Event) {
        let Event::Param { index, value } = event else { return };
        let is_on = value >= 0.5;
        match index {
            0 => self.gain_db = value,
            1 => self.pan = value,
            2 => self.width = value,
            3 => self.mute = is_on,
            4 => self.solo = is_on,
            5 => self.silenced = is_on,
            6 => self.inverted = is_on,
            FIRST_LEVEL..FIRST_PRE => {
                if let Some(send) = self.sends.get_mut(usize::from(index - FIRST_LEVEL)) {
                    send.level_db = value;
                }
            }
            _ => match self.sends.get_mut(usize::from(index - FIRST_PRE)) {
                Some(send) => send.pre = is_on,
                None => return,
            },
        }
        self.aim();
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let ([input], [main, sends @ ..]) = (io.inputs, &mut *io.outputs) else {
            return Activity::Silent;
        };
        if input.silent || (self.placement.is_closed() && self.sends.iter().all(AuxSend::is_closed))
        {
            self.settle();
            // The meter falls at once, so that silence costs nothing.
            self.meter.clear();
            self.readout.rest(self.meter.levels());
            return Activity::Silent;
        }
        self.placement.process(input, main);
        for (send, to) in self.sends.iter_mut().zip(sends) {
            send.process(input, main, to);
        }
        self.meter.add(main.left, main.right);
        if self.readout.is_due(io.frames) {
            self.readout.publish(self.meter.levels(), 0.0);
            self.meter.restart_peak();
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.settle();
        self.meter.clear();
        self.readout.rest(self.meter.levels());
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.readout.take_monitor()
    }
}

#[cfg(test)]
mod tests;
