//! What the sound card hears, as a source in the graph. Offline and without an input there is silence.

use super::mix::fader;
use crate::dsp::smooth::{PARAM_SMOOTHING, Smoothed};
use crate::engine::node::{
    Activity, BuildContext, BuildError, Category, ConfigDescriptor, Descriptor, Event, Io,
    NodeType, ParamDescriptor, Processor, Settings,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![NodeType { descriptor: &INPUT, build: build_input }]
}

static INPUT: Descriptor = Descriptor {
    id: "source.input",
    name: "Input",
    category: Category::Source,
    doc: "What the sound card's input hears. Silent offline and where there is no input.",
    author: "Timbre",
    version: 1,
    inputs: &[],
    outputs: &["out"],
    takes_notes: false,
    params: &[
        ParamDescriptor::decibel(
            "gain_db",
            "Gain",
            [-60.0, 24.0],
            0.0,
            "Level; the lowest value is silence.",
        ),
        ParamDescriptor::switch(
            "monitor",
            "Monitor",
            true,
            "Whether the input is passed on into the graph.",
        ),
        ParamDescriptor::switch(
            "mute",
            "Mute",
            false,
            "1 silences the input, whether it is monitored or not.",
        ),
    ],
    config: &[ConfigDescriptor {
        id: "channels",
        default: "stereo",
        doc: "stereo as it comes, mono for the mean of both sides, left or right for one of them on both sides.",
    }],
};

/// Which of the device's channels are heard, as the share of each in either side.
const MIXES: [(&str, [[f32; 2]; 2]); 4] = [
    ("stereo", [[1.0, 0.0], [0.0, 1.0]]),
    ("mono", [[0.5, 0.5], [0.5, 0.5]]),
    ("left", [[1.0, 0.0], [1.0, 0.0]]),
    ("right", [[0.0, 1.0], [0.0, 1.0]]),
];

struct Input {
    shares: [[f32; 2]; 2],
    gain_db: f32,
    monitored: bool,
    muted: bool,
    gain: Smoothed,
}

fn build_input(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let wanted = settings.config("channels");
    let (_, shares) = MIXES
        .into_iter()
        .find(|(name, _)| *name == wanted)
        .ok_or_else(|| settings.bad_config("channels", "stereo, mono, left or right"))?;
    let mut input = Input {
        shares,
        gain_db: settings.param(0),
        monitored: settings.param(1) >= 0.5,
        muted: settings.param(2) >= 0.5,
        gain: Smoothed::new(0.0, PARAM_SMOOTHING, context.sample_rate),
    };
    input.aim();
    input.gain.settle();
    Ok(Box::new(input))
}

impl Input {
    fn aim(&mut self) {
        let open = self.monitored && !self.muted;
        self.gain.set(if open { fader(self.gain_db) } else { 0.0 });
    }
}

impl Processor for Input {
    fn handle(&mut self, event: Event) {
        if let Event::Param { index, value } = event {
            match index {
                0 => self.gain_db = value,
                1 => self.monitored = value >= 0.5,
                2 => self.muted = value >= 0.5,
                _ => return,
            }
            self.aim();
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let [output] = &mut *io.outputs else { return Activity::Silent };
        if self.gain.is_settled() && self.gain.value() == 0.0 {
            // Only an event can open it again.
            return Activity::Silent;
        }
        let live = io.live;
        if live.silent {
            output.left.fill(0.0);
            output.right.fill(0.0);
            self.gain.settle();
        } else {
            // A broken driver must not take this node out of the mix, as a node's own NaN would.
            let clean = |x: &f32| if x.is_finite() { *x } else { 0.0 };
            let inputs = live.left.iter().map(clean).zip(live.right.iter().map(clean));
            let outputs = output.left.iter_mut().zip(output.right.iter_mut());
            let [[ll, lr], [rl, rr]] = self.shares;
            for ((l, r), (to_l, to_r)) in inputs.zip(outputs) {
                *to_l = l * ll + r * lr;
                *to_r = l * rl + r * rr;
            }
            self.gain.apply(output.left, output.right);
        }
        // Silence of a device is no reason to sleep: nothing would wake this node when sound comes.
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.gain.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::node::{AudioIn, AudioOut, BlockTime};
    use crate::model::graph::NodeSpec;

    fn input(config: &str) -> Result<Box<dyn Processor>, BuildError> {
        let spec = NodeSpec {
            id: "n".into(),
            kind: "source.input".into(),
            params: [].into(),
            config: [("channels".to_owned(), config.to_owned())].into(),
        };
        let settings = Settings::new(&spec, &INPUT)?;
        build_input(&BuildContext::new(48_000.0, 1), &settings)
    }

    fn play(input: &mut dyn Processor, left: &[f32], right: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let (mut l, mut r) = (vec![9.0; left.len()], vec![9.0; left.len()]);
        let activity = input.process(&mut Io {
            frames: left.len(),
            inputs: &[],
            outputs: &mut [AudioOut { left: &mut l, right: &mut r }],
            time: BlockTime::REST,
            live: AudioIn { left, right, silent: false },
        });
        match activity {
            Activity::Sounding => (l, r),
            Activity::Silent => (vec![0.0; left.len()], vec![0.0; left.len()]),
        }
    }

    #[test]
    fn every_choice_of_channels_is_what_it_says() {
        let (left, right) = ([0.5, -1.0, 0.25], [0.25, 1.0, f32::NAN]);
        for (config, wanted) in [
            ("stereo", ([0.5, -1.0, 0.25], [0.25, 1.0, 0.0])),
            ("mono", ([0.375, 0.0, 0.125], [0.375, 0.0, 0.125])),
            ("left", ([0.5, -1.0, 0.25], [0.5, -1.0, 0.25])),
            ("right", ([0.25, 1.0, 0.0], [0.25, 1.0, 0.0])),
        ] {
            let heard = play(input(config).unwrap().as_mut(), &left, &right);
            assert_eq!(heard, (wanted.0.to_vec(), wanted.1.to_vec()), "{config}");
        }
        let error = input("both").err().unwrap().to_string();
        assert!(error.contains("stereo, mono, left or right"), "{error}");
    }

    #[test]
    fn mute_and_monitor_close_it_without_a_step_and_open_it_again() {
        for (index, closed) in [(1, 0.0), (2, 1.0)] {
            let mut input = input("stereo").unwrap();
            let ones = [1.0; 64];
            assert_eq!(play(input.as_mut(), &ones, &ones).0, ones);
            input.handle(Event::Param { index, value: closed });
            let faded = (0..8).flat_map(|_| play(input.as_mut(), &ones, &ones).0);
            let faded = faded.collect::<Vec<_>>();
            assert!(faded.windows(2).all(|w| w[1] <= w[0] && w[0] - w[1] < 0.003));
            assert_eq!(faded[511], 0.0);
            input.handle(Event::Param { index, value: 1.0 - closed });
            (0..8).for_each(|_| drop(play(input.as_mut(), &ones, &ones)));
            assert_eq!(play(input.as_mut(), &ones, &ones).0, ones);
        }
    }
}
