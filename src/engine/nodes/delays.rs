//! Echoes in time with the music.

use super::effect::{EFFECT, Effect, Run, boxed, param};
use crate::dsp::delay::Echo;
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, NodeType, Processor, Settings, Unit,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![NodeType { descriptor: &DELAY, build: build_delay }]
}

static DELAY: Descriptor = Descriptor {
    id: "fx.delay",
    name: "Delay",
    doc: "Echoes in time with the music.",
    inputs: &["in"],
    params: &[
        param("beats", "Time", Unit::Beats, 0.0625, 4.0, 0.75, "Between two echoes."),
        param(
            "feedback",
            "Feedback",
            Unit::Percent,
            0.0,
            0.95,
            0.35,
            "How much of each echo is heard in the next one.",
        ),
        param(
            "low_cut",
            "Low cut",
            Unit::Hertz,
            20.0,
            2_000.0,
            200.0,
            "Takes the low end away, more with each echo.",
        ),
        param(
            "high_cut",
            "High cut",
            Unit::Hertz,
            500.0,
            20_000.0,
            6_000.0,
            "Takes the top away, more with each echo.",
        ),
        param(
            "pingpong",
            "Ping-pong",
            Unit::Percent,
            0.0,
            1.0,
            0.0,
            "1 throws the echoes from side to side.",
        ),
        param(
            "mix",
            "Mix",
            Unit::Percent,
            0.0,
            1.0,
            0.3,
            "Share of the effect in what comes out; 1 on a send.",
        ),
    ],
    config: &[],
    ..EFFECT
};

/// Longest time between two echoes, in seconds: four beats at 30 BPM.
const LONGEST: f32 = 8.0;

struct Delay {
    echo: Echo,
    sample_rate: f64,
}

fn build_delay(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let echo = Echo::new(LONGEST, context.sample_rate);
    boxed(context, settings, Delay { echo, sample_rate: f64::from(context.sample_rate) })
}

impl Effect for Delay {
    const PARAMS: usize = 6;

    fn process(&mut self, run: &mut Run<'_>) {
        let seconds = f64::from(run.params.target(0)) * 60.0 / run.time.bpm.max(1.0);
        self.echo.set_distance(libm::round(seconds * self.sample_rate) as usize);
        let frames = run.left.len();
        let mut at = 0;
        while at < frames {
            // Feedback and mix glide by the frame, the filters in between by the tick.
            let (count, moved) = run.params.stretch(at, frames, 4);
            if moved {
                self.echo.set_cuts(run.params.get(2), run.params.get(3));
            }
            let feedback = run.params.get(1);
            let (left, right) = (&mut run.left[at..at + count], &mut run.right[at..at + count]);
            if run.params.is_settled(4) && run.params.is_settled(5) {
                let (cross, mix) = (run.params.get(4), run.params.get(5));
                self.echo.run(left, right, feedback, cross, mix);
                at += count;
                continue;
            }
            for (l, r) in left.iter_mut().zip(right) {
                let (cross, mix) = (run.params.next(4), run.params.next(5));
                let [wet_l, wet_r] = self.echo.next([*l, *r], feedback, cross);
                *l += mix * (wet_l - *l);
                *r += mix * (wet_r - *r);
            }
            at += count;
        }
    }

    fn reset(&mut self) {
        self.echo.reset();
    }

    fn gap(&self) -> usize {
        self.echo.distance() + (0.05 * self.sample_rate) as usize
    }
}
