//! Compressor, limiter, clipper, transient shaper, gate.

use super::effect::Params;
use super::effect::{EFFECT, Effect, Run, boxed, param};
use super::readout::ReductionMeter;
use crate::dsp::dynamics::{Compressor, CompressorSettings, TransientShaper};
use crate::dsp::limiter::Limiter;
use crate::dsp::math::{db_to_gain, gain_to_db};
use crate::dsp::oversample::{LATENCY, Oversampler};
use crate::dsp::saturation::soft_clip_to;
use crate::dsp::smooth::Smoothed;
use crate::engine::node::BLOCK;
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, Monitor, NodeType, Processor, Settings, Unit,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![
        NodeType { descriptor: &COMPRESSOR, build: build_compressor },
        NodeType { descriptor: &LIMITER, build: build_limiter },
        NodeType { descriptor: &CLIP, build: build_clip },
        NodeType { descriptor: &TRANSIENT, build: build_transient },
        NodeType { descriptor: &GATE, build: build_gate },
    ]
}

static COMPRESSOR: Descriptor = Descriptor {
    id: "dyn.compressor",
    name: "Compressor",
    doc: "Evens out levels. With something connected to its side chain it ducks under that instead.",
    inputs: &["in", "sidechain"],
    params: &[
        param(
            "threshold_db",
            "Threshold",
            Unit::Decibel,
            -60.0,
            0.0,
            -18.0,
            "Level above which it works.",
        ),
        param(
            "ratio",
            "Ratio",
            Unit::None,
            1.0,
            20.0,
            3.0,
            "dB in for one dB out above the threshold.",
        ),
        param("attack", "Attack", Unit::Milliseconds, 0.1, 200.0, 10.0, "Time to turn down."),
        param("release", "Release", Unit::Milliseconds, 5.0, 2_000.0, 120.0, "Time to let go."),
        param(
            "knee_db",
            "Knee",
            Unit::Decibel,
            0.0,
            24.0,
            6.0,
            "Width of the bend around the threshold.",
        ),
        param("makeup_db", "Make-up", Unit::Decibel, -12.0, 24.0, 0.0, "Gain after it."),
        param(
            "mix",
            "Mix",
            Unit::Percent,
            0.0,
            1.0,
            1.0,
            "Below 1 the input is mixed in: parallel compression.",
        ),
        param("detector", "Detector", Unit::None, 0.0, 1.0, 0.0, "0 follows peaks, 1 the RMS."),
    ],
    config: &[],
    ..EFFECT
};

struct Squeeze {
    compressor: Compressor,
    keyed: bool,
    meter: ReductionMeter,
}

/// The settings that the params stand for.
fn compressor_settings(params: &Params) -> CompressorSettings {
    CompressorSettings {
        threshold_db: params.get(0),
        ratio: params.get(1),
        attack: params.get(2) * 0.001,
        release: params.get(3) * 0.001,
        knee_db: params.get(4),
        rms: params.target(7) >= 0.5,
    }
}

fn build_compressor(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let settings_now = CompressorSettings {
        threshold_db: 0.0,
        ratio: 1.0,
        knee_db: 0.0,
        attack: 0.01,
        release: 0.1,
        rms: false,
    };
    let compressor = Compressor::new(settings_now, context.sample_rate);
    let meter = ReductionMeter::new(context.sample_rate);
    boxed(context, settings, Squeeze { compressor, keyed: false, meter })
}

impl Effect for Squeeze {
    const PARAMS: usize = 8;

    fn process(&mut self, run: &mut Run<'_>) {
        let mut gains = [1.0f32; BLOCK];
        let frames = run.left.len();
        let mut at = 0;
        while at < frames {
            let (count, moved) = run.params.stretch(at, frames, 5);
            if moved {
                self.compressor.set(compressor_settings(run.params));
            }
            let range = at..at + count;
            let gains = &mut gains[range.clone()];
            match run.inputs.get(1).filter(|_| self.keyed) {
                Some(key) => {
                    self.compressor.gains(&key.left[range.clone()], &key.right[range], gains)
                }
                None => self.compressor.gains(&run.left[range.clone()], &run.right[range], gains),
            }
            at += count;
        }
        self.meter.add(self.compressor.take_reduction(), frames);
        if run.params.is_settled(5) && run.params.is_settled(6) {
            let (makeup, mix) = (db_to_gain(run.params.get(5)), run.params.get(6));
            for ((l, r), gain) in run.left.iter_mut().zip(run.right.iter_mut()).zip(gains) {
                let gain = 1.0 + mix * (gain * makeup - 1.0);
                *l *= gain;
                *r *= gain;
            }
            return;
        }
        let mut gains = gains.iter();
        run.each(|[l, r], params| {
            let makeup = db_to_gain(params.next(5));
            let mix = params.next(6);
            let gain = 1.0 + mix * (gains.next().copied().unwrap_or(1.0) * makeup - 1.0);
            [l * gain, r * gain]
        });
    }

    fn reset(&mut self) {
        self.compressor.reset();
        self.meter.rest();
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.meter.take_monitor()
    }

    fn set_connected(&mut self, input: usize, connected: bool) {
        if input == 1 {
            self.keyed = connected;
        }
    }
}

static LIMITER: Descriptor = Descriptor {
    id: "dyn.limiter",
    name: "Limiter",
    doc: "Holds the true peak under a ceiling, with 2 ms of look-ahead.",
    inputs: &["in"],
    params: &[
        param("ceiling_db", "Ceiling", Unit::Decibel, -24.0, 0.0, -1.0, "Highest true peak, dBTP."),
        param(
            "release",
            "Release",
            Unit::Milliseconds,
            5.0,
            1_000.0,
            60.0,
            "Time to let go after a single peak.",
        ),
    ],
    config: &[],
    ..EFFECT
};

struct Ceiling {
    limiter: Limiter,
    meter: ReductionMeter,
}

fn build_limiter(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let limiter = Limiter::new(1.0, 0.002, 0.06, context.sample_rate);
    let meter = ReductionMeter::new(context.sample_rate);
    boxed(context, settings, Ceiling { limiter, meter })
}

impl Effect for Ceiling {
    const PARAMS: usize = 2;

    fn process(&mut self, run: &mut Run<'_>) {
        let mut at = 0;
        while at < run.left.len() {
            let (count, moved) = run.params.stretch(at, run.left.len(), Self::PARAMS);
            if moved {
                self.limiter.set(db_to_gain(run.params.get(0)), run.params.get(1) * 0.001);
            }
            self.limiter.process(&mut run.left[at..at + count], &mut run.right[at..at + count]);
            at += count;
        }
        self.meter.add(self.limiter.take_reduction(), at);
    }

    fn reset(&mut self) {
        self.limiter.reset();
        self.meter.rest();
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.meter.take_monitor()
    }

    fn gap(&self) -> usize {
        self.limiter.latency() + BLOCK
    }

    fn latency(&self) -> u32 {
        self.limiter.latency() as u32
    }
}

static CLIP: Descriptor = Descriptor {
    id: "dyn.clip",
    name: "Soft clip",
    doc: "Bends peaks over softly, oversampled. Adds density where a limiter would pump.",
    inputs: &["in"],
    params: &[
        param("drive_db", "Drive", Unit::Decibel, 0.0, 24.0, 0.0, "Gain before it."),
        param("ceiling_db", "Ceiling", Unit::Decibel, -24.0, 0.0, 0.0, "What the peaks near."),
    ],
    config: &[],
    ..EFFECT
};

struct Clip {
    sides: [Oversampler; 2],
}

fn build_clip(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    boxed(context, settings, Clip { sides: [Oversampler::new(), Oversampler::new()] })
}

impl Effect for Clip {
    const PARAMS: usize = 2;

    fn process(&mut self, run: &mut Run<'_>) {
        let mut at = 0;
        while at < run.left.len() {
            let (count, _) = run.params.stretch(at, run.left.len(), Self::PARAMS);
            let (drive, ceiling) = (db_to_gain(run.params.get(0)), db_to_gain(run.params.get(1)));
            let shape = |x: f32| soft_clip_to(x * drive, 0.6 * ceiling, ceiling);
            let [left, right] = &mut self.sides;
            left.process(&mut run.left[at..at + count], shape);
            right.process(&mut run.right[at..at + count], shape);
            at += count;
        }
    }

    fn reset(&mut self) {
        self.sides.iter_mut().for_each(Oversampler::reset);
    }

    fn latency(&self) -> u32 {
        LATENCY as u32
    }
}

static TRANSIENT: Descriptor = Descriptor {
    id: "dyn.transient",
    name: "Transient shaper",
    doc: "Raises or softens onsets and what rings after them, whatever the level.",
    inputs: &["in"],
    params: &[
        param(
            "attack",
            "Attack",
            Unit::None,
            -1.0,
            1.0,
            0.0,
            "Below 0 softens onsets, above 0 sharpens them.",
        ),
        param(
            "sustain",
            "Sustain",
            Unit::None,
            -1.0,
            1.0,
            0.0,
            "Below 0 dries the ringing up, above 0 brings it out.",
        ),
    ],
    config: &[],
    ..EFFECT
};

struct Transient {
    shaper: TransientShaper,
}

fn build_transient(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let shaper = TransientShaper::new(context.sample_rate);
    boxed(context, settings, Transient { shaper })
}

impl Effect for Transient {
    const PARAMS: usize = 2;

    fn process(&mut self, run: &mut Run<'_>) {
        let shaper = &mut self.shaper;
        run.each(|[l, r], params| {
            let gain = shaper.gain(l, r, params.next(0), params.next(1));
            [l * gain, r * gain]
        });
    }

    fn reset(&mut self) {
        self.shaper.reset();
    }
}

static GATE: Descriptor = Descriptor {
    id: "fx.gate",
    name: "Rhythmic gate",
    doc: "Chops the sound in time with the music.",
    inputs: &["in"],
    params: &[
        param("beats", "Length", Unit::Beats, 0.0625, 4.0, 0.5, "Length of a step."),
        param("duty", "Duty", Unit::Percent, 0.05, 1.0, 0.5, "Share of the step that sounds."),
        param(
            "depth",
            "Depth",
            Unit::Percent,
            0.0,
            1.0,
            1.0,
            "How much is taken away in the rest of it.",
        ),
    ],
    config: &[],
    ..EFFECT
};

struct Gate {
    /// Soft edges of 4 ms.
    level: Smoothed,
    sample_rate: f64,
    meter: ReductionMeter,
}

fn build_gate(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let level = Smoothed::new(1.0, 0.004, context.sample_rate);
    let meter = ReductionMeter::new(context.sample_rate);
    boxed(context, settings, Gate { level, sample_rate: f64::from(context.sample_rate), meter })
}

impl Effect for Gate {
    const PARAMS: usize = 3;

    fn process(&mut self, run: &mut Run<'_>) {
        let steps = 1.0 / f64::from(run.params.target(0)).max(0.01);
        let duty = f64::from(run.params.target(1));
        let start = run.time.beat * steps;
        let by_frame = run.time.bpm / (60.0 * self.sample_rate) * steps;
        let level = &mut self.level;
        let mut frame = 0.0;
        let mut lowest = 1.0f32;
        run.each(|[l, r], params| {
            let position = start + by_frame * frame;
            frame += 1.0;
            let open = position - libm::floor(position) < duty;
            level.set(if open { 1.0 } else { 0.0 });
            let gain = 1.0 - params.next(2) * (1.0 - level.next_value());
            lowest = lowest.min(gain);
            [l * gain, r * gain]
        });
        self.meter.add(-gain_to_db(lowest).min(0.0), run.left.len());
    }

    fn reset(&mut self) {
        self.level.set(1.0);
        self.level.settle();
        self.meter.rest();
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.meter.take_monitor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::node::{AudioIn, AudioOut, BlockTime, Io};
    use crate::model::graph::NodeSpec;
    use crate::model::node_data::NodeData;

    /// The reduction that is read at the end of 2 s of a constant, and at the end of 2 s of silence.
    fn reductions(kind: &str, params: &[(&str, f64)], level: f32) -> [f64; 2] {
        let node_type = node_types().into_iter().find(|t| t.descriptor.id == kind).unwrap();
        let params = params.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect();
        let spec = NodeSpec { id: "n".into(), kind: kind.into(), params, config: [].into() };
        let settings = Settings::new(&spec, node_type.descriptor).unwrap();
        let mut node = (node_type.build)(&BuildContext::new(48_000.0, 1), &settings).unwrap();
        let mut monitor = node.monitor().unwrap();
        [level, 0.0].map(|level| {
            let wave = [level; BLOCK];
            for block in 0..1_500u32 {
                let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
                node.process(&mut Io {
                    frames: BLOCK,
                    inputs: &[AudioIn { left: &wave, right: &wave, silent: level == 0.0 }],
                    outputs: &mut [AudioOut { left: &mut left, right: &mut right }],
                    time: BlockTime {
                        beat: f64::from(block) * 64.0 / 24_000.0,
                        playing: true,
                        ..BlockTime::REST
                    },
                    live: AudioIn::SILENCE,
                });
                monitor.read(0);
            }
            match monitor.read(0) {
                NodeData::Meter(data) => data.reduction_db,
                other => panic!("{other:?}"),
            }
        })
    }

    #[test]
    fn reductions_can_be_read_and_end_with_the_sound() {
        let params = [("threshold_db", -20.0), ("ratio", 4.0), ("knee_db", 0.0)];
        let [loud, silent] = reductions("dyn.compressor", &params, 1.0);
        assert!((loud - 15.0).abs() < 0.1 && silent == 0.0, "{loud}");
        let [loud, silent] = reductions("dyn.limiter", &[("ceiling_db", -6.0)], 1.0);
        assert!((loud - 6.0).abs() < 0.5 && silent == 0.0, "{loud}");
        assert_eq!(reductions("dyn.limiter", &[("ceiling_db", -6.0)], 0.2), [0.0; 2]);
        // Two seconds are one step, which ends closed.
        let [loud, silent] = reductions("fx.gate", &[("beats", 4.0), ("duty", 0.5)], 1.0);
        assert!(loud == 120.0 && silent == 0.0, "{loud}");
    }
}
