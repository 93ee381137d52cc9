//! Tape, crush, drive, width.

use super::effect::{EFFECT, Effect, Run, boxed, param};
use crate::dsp::biquad::{Biquad, Coefficients};
use crate::dsp::delay::Ring;
use crate::dsp::math::{db_to_gain, exp2};
use crate::dsp::oversample::{LATENCY, Oversampler};
use crate::dsp::saturation::{SampleHold, drive, quantise};
use crate::dsp::svf::OnePole;
use crate::dsp::tape::{Tape, TapeSettings};
use crate::engine::node::BLOCK;
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, NodeType, Processor, Settings, Unit,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![
        NodeType { descriptor: &TAPE, build: build_tape },
        NodeType { descriptor: &CRUSH, build: build_crush },
        NodeType { descriptor: &DRIVE, build: build_drive },
        NodeType { descriptor: &WIDTH, build: build_width },
    ]
}

static TAPE: Descriptor = Descriptor {
    id: "fx.tape",
    name: "Tape",
    doc: "A tape machine: unsteady speed, warm saturation, a soft top.",
    inputs: &["in"],
    params: &[
        param("wow", "Wow", Unit::Percent, 0.0, 1.0, 0.2, "Slow unsteadiness."),
        param("flutter", "Flutter", Unit::Percent, 0.0, 1.0, 0.2, "Fast unsteadiness."),
        param(
            "saturation",
            "Saturation",
            Unit::Percent,
            0.0,
            1.0,
            0.3,
            "Level onto the tape; what comes off is as loud.",
        ),
        param(
            "low_pass",
            "Top",
            Unit::Hertz,
            1_000.0,
            20_000.0,
            12_000.0,
            "Where the top end ends.",
        ),
    ],
    config: &[],
    ..EFFECT
};

struct TapeEffect {
    tape: Tape,
}

fn build_tape(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    boxed(context, settings, TapeEffect { tape: Tape::new(context.seed, context.sample_rate) })
}

impl Effect for TapeEffect {
    const PARAMS: usize = 4;

    fn process(&mut self, run: &mut Run<'_>) {
        let frames = run.left.len();
        let mut at = 0;
        while at < frames {
            let (count, moved) = run.params.stretch(at, frames, Self::PARAMS);
            let [wow, flutter, saturation, low_pass] =
                std::array::from_fn(|index| run.params.get(index));
            if moved {
                self.tape.set_low_pass(low_pass);
            }
            let settings = TapeSettings { wow, flutter, saturation, low_pass };
            let (left, right) = (&mut run.left[at..at + count], &mut run.right[at..at + count]);
            self.tape.run(left, right, &settings);
            at += count;
        }
    }

    fn reset(&mut self) {
        self.tape.reset();
    }

    fn gap(&self) -> usize {
        4_096
    }
}

static CRUSH: Descriptor = Descriptor {
    id: "fx.crush",
    name: "Crush",
    doc: "Fewer bits and a lower sample rate, as in old samplers.",
    inputs: &["in"],
    params: &[
        param("bits", "Bits", Unit::None, 1.0, 16.0, 12.0, "Depth; fewer is coarser."),
        param(
            "rate_hz",
            "Rate",
            Unit::Hertz,
            500.0,
            96_000.0,
            26_040.0,
            "Sample rate; lower is rougher.",
        ),
        param(
            "mix",
            "Mix",
            Unit::Percent,
            0.0,
            1.0,
            1.0,
            "Share of the effect in what comes out; 1 on a send.",
        ),
    ],
    config: &[],
    ..EFFECT
};

struct Crush {
    hold: SampleHold,
    sample_rate: f32,
}

fn build_crush(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    boxed(
        context,
        settings,
        Crush { hold: SampleHold::default(), sample_rate: context.sample_rate },
    )
}

impl Effect for Crush {
    const PARAMS: usize = 3;

    fn process(&mut self, run: &mut Run<'_>) {
        let (hold, rate) = (&mut self.hold, self.sample_rate);
        run.each(|x, params| {
            let steps = exp2(params.next(0) - 1.0);
            let step = (params.next(1) / rate).min(1.0);
            let wet = hold.next(x, step).map(|x| quantise(x, steps));
            let mix = params.next(2);
            [x[0] + mix * (wet[0] - x[0]), x[1] + mix * (wet[1] - x[1])]
        });
    }

    fn reset(&mut self) {
        self.hold.reset();
    }
}

static DRIVE: Descriptor = Descriptor {
    id: "fx.drive",
    name: "Drive",
    doc: "Warm overdrive with a tone control, oversampled.",
    inputs: &["in"],
    params: &[
        param(
            "drive_db",
            "Drive",
            Unit::Decibel,
            0.0,
            48.0,
            12.0,
            "How hard it is driven; the level is taken back.",
        ),
        param("tone", "Tone", Unit::Percent, 0.0, 1.0, 0.6, "Dark to bright."),
        param(
            "mix",
            "Mix",
            Unit::Percent,
            0.0,
            1.0,
            1.0,
            "Share of the effect in what comes out; 1 on a send.",
        ),
    ],
    config: &[],
    ..EFFECT
};

struct Drive {
    sides: [Oversampler; 2],
    tone: [OnePole; 2],
    dry: [Ring; 2],
    sample_rate: f32,
}

fn build_drive(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let tone = OnePole::new(8_000.0, context.sample_rate);
    let ring = Ring::new(LATENCY + BLOCK);
    let sides = [Oversampler::new(), Oversampler::new()];
    let sample_rate = context.sample_rate;
    boxed(
        context,
        settings,
        Drive { sides, tone: [tone; 2], dry: [ring.clone(), ring], sample_rate },
    )
}

impl Effect for Drive {
    const PARAMS: usize = 3;

    fn process(&mut self, run: &mut Run<'_>) {
        let frames = run.left.len();
        let mut at = 0;
        while at < frames {
            let (count, moved) = run.params.stretch(at, frames, Self::PARAMS);
            let [drive_db, tone, mix] = std::array::from_fn(|index| run.params.get(index));
            if moved {
                // 700 Hz to 18 kHz.
                let hz = 700.0 * exp2(4.7 * tone);
                self.tone.iter_mut().for_each(|filter| filter.set(hz, self.sample_rate));
            }
            // Half of the drive is taken back in dB: louder, but not by all of it.
            let (into, back) = (db_to_gain(drive_db), db_to_gain(-0.5 * drive_db));
            let (left, right) = (&mut run.left[at..at + count], &mut run.right[at..at + count]);
            let mut dry = [[0.0f32; BLOCK]; 2];
            let rings = self.dry.iter_mut().zip(&mut dry);
            for ((side, samples), (ring, dry)) in
                self.sides.iter_mut().zip([&mut *left, &mut *right]).zip(rings)
            {
                // The sound as it was, as late as the oversampled one comes.
                ring.push_run(samples);
                ring.read_run(LATENCY + count, &mut dry[..count]);
                side.process(samples, |x| drive(x * into, 0.15));
            }
            // Both filters in one loop, because each waits only for itself.
            let [mut tone_left, mut tone_right] = self.tone;
            let [dry_left, dry_right] = &dry;
            let sides = left.iter_mut().zip(dry_left).zip(right.iter_mut().zip(dry_right));
            for ((l, dry_l), (r, dry_r)) in sides {
                *l = dry_l + mix * (tone_left.low(*l) * back - dry_l);
                *r = dry_r + mix * (tone_right.low(*r) * back - dry_r);
            }
            self.tone = [tone_left, tone_right];
            at += count;
        }
    }

    fn reset(&mut self) {
        self.sides.iter_mut().for_each(Oversampler::reset);
        self.tone.iter_mut().for_each(OnePole::reset);
        self.dry.iter_mut().for_each(Ring::reset);
    }

    fn latency(&self) -> u32 {
        LATENCY as u32
    }
}

static WIDTH: Descriptor = Descriptor {
    id: "fx.width",
    name: "Width",
    doc: "Makes the stereo image wider or narrower and the low end mono.",
    inputs: &["in"],
    params: &[
        param(
            "width",
            "Width",
            Unit::None,
            0.0,
            2.0,
            1.0,
            "0 is mono, 1 is as it comes, 2 doubles the difference of the sides.",
        ),
        param(
            "mono_below",
            "Mono below",
            Unit::Hertz,
            0.0,
            500.0,
            0.0,
            "Sides below this are brought together; 0 is off.",
        ),
    ],
    config: &[],
    ..EFFECT
};

struct Width {
    /// On the difference of the sides, two in a row for 24 dB per octave.
    cut: [Biquad; 2],
    cutting: bool,
    sample_rate: f64,
}

fn build_width(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let cut = [Biquad::new(Coefficients::FLAT), Biquad::new(Coefficients::FLAT)];
    boxed(
        context,
        settings,
        Width { cut, cutting: false, sample_rate: f64::from(context.sample_rate) },
    )
}

impl Effect for Width {
    const PARAMS: usize = 2;

    fn process(&mut self, run: &mut Run<'_>) {
        let frames = run.left.len();
        let mut at = 0;
        while at < frames {
            let (count, moved) = run.params.stretch(at, frames, Self::PARAMS);
            let (width, below) = (run.params.get(0), run.params.get(1));
            if moved {
                self.cutting = below >= 10.0;
                let design = Coefficients::high_pass(
                    f64::from(below),
                    std::f64::consts::FRAC_1_SQRT_2,
                    self.sample_rate,
                );
                self.cut.iter_mut().for_each(|filter| filter.set(design));
            }
            let (left, right) = (&mut run.left[at..at + count], &mut run.right[at..at + count]);
            for (l, r) in left.iter_mut().zip(right) {
                let mid = 0.5 * (*l + *r);
                let mut side = 0.5 * width * (*l - *r);
                if self.cutting {
                    let mut cut = [f64::from(side), 0.0];
                    for filter in &mut self.cut {
                        cut = filter.tick(cut);
                    }
                    side = cut[0] as f32;
                }
                (*l, *r) = (mid + side, mid - side);
            }
            at += count;
        }
    }

    fn reset(&mut self) {
        self.cut.iter_mut().for_each(Biquad::reset);
    }
}
