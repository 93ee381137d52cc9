//! What holds for every node type over time: silence after loud sound costs nothing extra, and poison does not stay.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use crate::engine::node::{
    BuildError, Category, ConfigDescriptor, Event, NodeType, ParamDescriptor, Processor, Unit,
};
use crate::engine::plan::compile_with;
use crate::engine::processor::GraphProcessor;

/// Noise up to a frame, and then zeros that nobody has marked as silence, so that what hears it can't fall asleep.
static SOURCE: Descriptor = Descriptor {
    id: "toy.source",
    name: "Source",
    category: Category::Source,
    doc: "Noise, then zeros.",
    author: "Timbre",
    version: 1,
    inputs: &[],
    outputs: &["out"],
    takes_notes: false,
    params: &[ParamDescriptor {
        id: "level",
        name: "Level",
        unit: Unit::None,
        min: 0.0,
        max: 9_999.0,
        default: 0.5,
        doc: "Level.",
    }],
    config: &[ConfigDescriptor { id: "until", default: "", doc: "Frame of the first zero." }],
};

struct Source {
    level: f32,
    until: u64,
    state: u32,
}

fn build_source(
    _: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let until = settings.config("until").parse().unwrap_or(u64::MAX);
    Ok(Box::new(Source { level: settings.param(0), until, state: 1 }))
}

impl Source {
    fn next(&mut self) -> f32 {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.state >> 8) as f32 / 8_388_608.0 - 1.0
    }
}

impl Processor for Source {
    fn handle(&mut self, _: Event) {}

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        // The same work for silence, so that costs can be compared.
        let level = if io.time.frame < self.until { self.level } else { 0.0 };
        for output in io.outputs.iter_mut() {
            for (l, r) in output.left.iter_mut().zip(output.right.iter_mut()) {
                (*l, *r) = (level * self.next(), level * self.next());
            }
        }
        Activity::Sounding
    }

    fn reset(&mut self) {}
}

const RATE: u64 = 48_000;

fn player(graph: &GraphSpec, parts: &[Part], beats: f64) -> GraphProcessor {
    let mut registry = Registry::built_in();
    assert!(registry.add(NodeType { descriptor: &SOURCE, build: build_source }));
    let (plan, handles) =
        compile_with(graph, &registry, SampleRate::HZ_48000, Seed(3), &files()).unwrap();
    let tempo = TempoMap::constant(Bpm::clamped(120.0));
    let schedule =
        Schedule::from_parts(parts, &tempo, beats, &handles, SampleRate::HZ_48000).unwrap();
    GraphProcessor::new(plan, Arc::new(schedule))
}

/// A node that hears noise, or plays notes, for some seconds.
fn sounding_for(descriptor: &'static Descriptor, seconds: u64) -> GraphProcessor {
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus");
    name_files(graph.add("n", descriptor.id), descriptor);
    for &output in descriptor.outputs {
        graph.connect_ports(("n", output), ("out", "in"), 0.0);
    }
    if !descriptor.inputs.is_empty() {
        graph
            .add("source", "toy.source")
            .config
            .insert("until".into(), (seconds * RATE).to_string());
        for &input in descriptor.inputs {
            graph.connect_ports(("source", "out"), ("n", input), 0.0);
        }
    }
    let notes = if descriptor.takes_notes { 0..seconds * 8 } else { 0..0 };
    let drums = descriptor.id.starts_with("drum");
    let notes = notes
        .map(|turn| Note {
            beat: turn as f64 * 0.25,
            beats: 0.2,
            pitch: if drums { [36, 38, 42, 46] } else { [40, 52, 59, 67] }[turn as usize % 4],
            velocity: 0.8,
        })
        .collect::<Vec<_>>();
    let name = "Player".to_owned();
    let part = Part { id: "n".into(), name, drums, program: 0, notes, controls: Vec::new() };
    player(&graph, &[part], 130.0)
}

/// Time that the next twentieth of a second takes.
fn cost(player: &mut GraphProcessor) -> Duration {
    let (mut left, mut right) = ([0.0; 2_400], [0.0; 2_400]);
    let start = Instant::now();
    player.process(&mut left, &mut right);
    start.elapsed()
}

/// How many times as much as sound the dearest second of the minute after it costs. Both are measured side by side, and
/// of both the quickest run counts, so that what else the machine does concerns both or neither.
fn cost_of_silence(descriptor: &'static Descriptor) -> f64 {
    let mut loud = sounding_for(descriptor, 12);
    let mut silent = sounding_for(descriptor, 1);
    for _ in 0..20 {
        cost(&mut loud);
        cost(&mut silent);
    }
    (0..60)
        .map(|_| {
            let least = |costs: &mut dyn Iterator<Item = Duration>| costs.min().unwrap_or_default();
            let sound = least(&mut (0..3).map(|_| cost(&mut loud)));
            let silence = least(&mut (0..20).map(|_| cost(&mut silent)));
            silence.as_secs_f64() / sound.as_secs_f64().max(1e-9)
        })
        .fold(0.0, f64::max)
}

#[test]
fn a_minute_of_silence_after_sound_costs_no_more_than_sound() {
    for descriptor in node_types().iter().map(|t| t.descriptor) {
        if descriptor.inputs.is_empty() && !descriptor.takes_notes {
            continue;
        }
        // A busy machine may spoil one measurement; denormals would spoil them all.
        let ratios = (0..4).scan(f64::MAX, |best, _| {
            (*best > 1.2).then(|| {
                *best = cost_of_silence(descriptor);
                *best
            })
        });
        let ratios = ratios.collect::<Vec<_>>();
        assert!(ratios.iter().any(|ratio| *ratio <= 1.2), "{}: {ratios:.2?}", descriptor.id);
    }
}

/// Runs a node for some blocks of noise as the engine does: broken output is silenced and the node reset. Answers how
/// often that was, and the peak.
fn live_on(
    node: &mut dyn Processor,
    descriptor: &Descriptor,
    blocks: usize,
    poison: Option<f32>,
) -> (u32, f32) {
    let mut noise = Source { level: 0.5, until: u64::MAX, state: 7 };
    let (mut strikes, mut peak) = (0, 0.0f32);
    for _ in 0..blocks {
        let mut input = [[0.0f32; BLOCK]; 2];
        input.iter_mut().flatten().for_each(|x| *x = 0.5 * noise.next());
        if let Some(poison) = poison {
            (input[0][17], input[1][40]) = (poison, poison);
        }
        let [left, right] = &input;
        let inputs = vec![AudioIn { left, right, silent: false }; descriptor.inputs.len()];
        let mut outputs = vec![[[0.0f32; BLOCK]; 2]; descriptor.outputs.len()];
        let mut outs =
            outputs.iter_mut().map(|[left, right]| AudioOut { left, right }).collect::<Vec<_>>();
        let activity = node.process(&mut Io {
            frames: BLOCK,
            inputs: &inputs,
            outputs: &mut outs,
            time: BlockTime { playing: true, ..BlockTime::REST },
            live: AudioIn::SILENCE,
        });
        if activity == Activity::Silent {
            continue;
        }
        let samples = outputs.iter().flatten().flatten();
        if samples.clone().any(|x| !x.is_finite() || x.abs() > 10_000.0) {
            node.reset();
            strikes += 1;
        } else {
            peak = samples.fold(peak, |peak, x| peak.max(x.abs()));
        }
    }
    (strikes, peak)
}

#[test]
fn what_is_not_a_number_leaves_no_trace_in_any_effect() {
    for node_type in node_types().iter().filter(|t| !t.descriptor.inputs.is_empty()) {
        let descriptor = node_type.descriptor;
        for poison in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            let name = format!("{} after {poison}", descriptor.id);
            let kind = descriptor.id.into();
            let spec = NodeSpec { id: "n".into(), kind, params: [].into(), config: [].into() };
            let settings = Settings::new(&spec, descriptor).unwrap();
            let mut node = (node_type.build)(&BuildContext::new(48_000.0, 1), &settings).unwrap();
            let (_, before) = live_on(node.as_mut(), descriptor, 400, None);
            live_on(node.as_mut(), descriptor, 1, Some(poison));
            // Twice as long as any delay line.
            let (strikes, _) = live_on(node.as_mut(), descriptor, 3_000, None);
            assert!(strikes <= 2, "{name}: it broke down {strikes} times more");
            let (strikes, after) = live_on(node.as_mut(), descriptor, 400, None);
            assert_eq!(strikes, 0, "{name}: it is still broken");
            assert!(
                before > 1e-3 && after > 0.25 * before && after < 4.0 * before,
                "{name}: {before} before, {after} after"
            );
        }
    }
}

#[test]
fn beside_an_effect_that_is_overdriven_the_others_play_on() {
    let graph = |effect: Option<&'static Descriptor>| {
        let mut graph = GraphSpec::default();
        graph.add("out", "mix.bus");
        graph.add("good", "toy.source");
        graph.add("good.strip", "mix.strip").param("pan", 0.3);
        graph.connect("good", "good.strip");
        graph.connect("good.strip", "out");
        if let Some(descriptor) = effect {
            graph.add("bad", "toy.source").param("level", 9_999.0);
            graph.add("n", descriptor.id);
            for &input in descriptor.inputs {
                graph.connect_ports(("bad", "out"), ("n", input), 0.0);
            }
            graph.connect("n", "out");
        }
        graph
    };
    let listen = |effect: Option<&'static Descriptor>| {
        let mut player = player(&graph(effect), &[], 1.0);
        let mut heard = Vec::new();
        for _ in 0..100 {
            let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
            player.process(&mut left, &mut right);
            assert!(left.iter().chain(&right).all(|x| x.is_finite()));
            heard.extend_from_slice(player.tap(0).unwrap().left);
        }
        heard
    };
    let alone = listen(None);
    assert!(alone.iter().any(|x| x.abs() > 0.1));
    for descriptor in node_types().iter().map(|t| t.descriptor).filter(|d| !d.inputs.is_empty()) {
        // What lags makes the others wait for it, so their sound comes later.
        let beside = listen(Some(descriptor));
        let lag = beside.iter().position(|x| *x != 0.0).unwrap_or(0)
            - alone.iter().position(|x| *x != 0.0).unwrap_or(0);
        assert!(beside[lag..] == alone[..alone.len() - lag], "{}", descriptor.id);
    }
}
