//! What holds for every node type, whoever wrote it.

mod endurance;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::shelf::Shelf;
use super::*;
use crate::engine::node::{
    Activity, AudioIn, AudioOut, BLOCK, BlockTime, BuildContext, Descriptor, Io, ParamDescriptor,
    Settings, Unit,
};
use crate::engine::plan::compile_with;
use crate::engine::processor::GraphProcessor;
use crate::engine::runner::MAX_PORTS;
use crate::engine::schedule::Schedule;
use crate::model::graph::{GraphSpec, NodeSpec};
use crate::model::tempo::TempoMap;
use crate::model::units::{Bpm, SampleRate, Seed};
use crate::music::score::{Control, Note, Part};

#[test]
fn ids_are_unique_and_the_registry_finds_them() {
    let types = node_types();
    let ids = types.iter().map(|t| t.descriptor.id).collect::<BTreeSet<_>>();
    assert_eq!(ids.len(), types.len());
    let mut registry = Registry::built_in();
    assert_eq!(registry.types().len(), types.len());
    for id in ids {
        assert_eq!(registry.find(id).map(|t| t.descriptor.id), Some(id));
    }
    assert!(registry.find("no.such").is_none());
    assert!(!registry.add(types[0]), "an id can't be taken twice");
}

/// Lower case, digits and underscores.
fn is_id(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// What lists show: no line break, no double space, and a full stop at the end.
fn is_sentence(text: &str) -> bool {
    text.len() > 3 && text.ends_with('.') && !text.contains('\n') && !text.contains("  ")
}

/// Whether a param's range can be of its unit, and its unit is the one that its id speaks of.
fn unit_suits(param: &ParamDescriptor) -> bool {
    let range = match param.unit {
        Unit::None => true,
        Unit::Switch => param.min == 0.0 && param.max == 1.0 && param.default.fract() == 0.0,
        Unit::Percent => param.min >= -1.0 && param.max <= 2.0,
        Unit::Decibel => param.min >= -120.0 && param.max <= 60.0,
        Unit::Hertz => param.min >= 0.0 && param.max <= 96_000.0,
        Unit::Seconds => param.min >= 0.0 && param.max <= 120.0,
        Unit::Milliseconds => param.min >= 0.0 && param.max <= 10_000.0,
        Unit::Semitones => param.min >= -60.0 && param.max <= 60.0,
        Unit::Cents => param.min >= -2_400.0 && param.max <= 2_400.0,
        Unit::Beats => param.min >= 0.0 && param.max <= 64.0,
    };
    range && param.id.ends_with("_db") == (param.unit == Unit::Decibel)
}

#[test]
fn descriptors_explain_themselves_and_their_params_make_sense() {
    let mut names = BTreeSet::new();
    for descriptor in node_types().iter().map(|t| t.descriptor) {
        let id = descriptor.id;
        assert!(
            id.split('.').count() == 2
                && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.'),
            "{id}"
        );
        assert!(
            !descriptor.name.is_empty()
                && is_sentence(descriptor.doc)
                && !descriptor.author.is_empty(),
            "{id}"
        );
        assert!(descriptor.version >= 1 && !descriptor.outputs.is_empty(), "{id}");
        assert!(descriptor.inputs.len().max(descriptor.outputs.len()) <= MAX_PORTS, "{id}");
        let mut seen = BTreeSet::new();
        for param in descriptor.params {
            let name = format!("{id} {}", param.id);
            assert!(seen.insert(param.id), "{name} twice");
            assert!(param.id != "bend", "{name}: the score means pitch bend by it");
            assert!(
                param.min.is_finite() && param.max.is_finite() && param.min < param.max,
                "{name}"
            );
            assert!((param.min..=param.max).contains(&param.default), "{name}");
            assert!(!param.name.is_empty() && is_sentence(param.doc), "{name}");
            assert!(
                unit_suits(param),
                "{name}: {:?} from {} to {}",
                param.unit,
                param.min,
                param.max
            );
        }
        for config in descriptor.config {
            assert!(!config.id.is_empty() && is_sentence(config.doc), "{id} {}", config.id);
        }
        let ports = [descriptor.inputs, descriptor.outputs];
        for side in ports {
            let unique = side.iter().collect::<BTreeSet<_>>();
            assert_eq!(unique.len(), side.len(), "{id}: a port twice");
            assert!(side.iter().all(|port| !port.is_empty() && is_id(port)), "{id}: {side:?}");
        }
        assert!(
            names.insert(descriptor.name),
            "{id}: another type is called {} too",
            descriptor.name
        );
        assert!(
            descriptor
                .params
                .iter()
                .map(|p| p.id)
                .chain(descriptor.config.iter().map(|c| c.id))
                .all(is_id)
        );
    }
}

/// Types that bring in sound from outside, of which there is none here.
const SILENT_OFFLINE: &[&str] = &["source.input"];

/// What types that play files are given: a second of a tone, and the smallest SoundFont.
fn files() -> Shelf {
    Shelf::default().with("tone", 44_100, vec![tone(300.0, 0.3, 44_100)])
}

/// Names those files in the config of a node whose type needs some.
fn name_files(node: &mut NodeSpec, descriptor: &Descriptor) {
    for config in descriptor.config.iter().filter(|c| matches!(c.id, "file" | "zones")) {
        node.config.insert(config.id.into(), "tone".into());
    }
}

/// A graph with one node of a type. Effects hear a guitar, and so do their side chains.
fn rig(descriptor: &'static Descriptor) -> GraphSpec {
    let mut graph = GraphSpec::default();
    name_files(graph.add("n", descriptor.id), descriptor);
    graph.add("out", "mix.bus");
    if !descriptor.inputs.is_empty() {
        graph.add("player", "guitar.clean");
        for &input in descriptor.inputs {
            graph.connect_ports(("player", "out"), ("n", input), 0.0);
        }
    }
    for &output in descriptor.outputs {
        graph.connect_ports(("n", output), ("out", "in"), 0.0);
    }
    graph
}

/// Notes at odd places, and every param of the node on its way to somewhere else in the middle of blocks.
fn score(descriptor: &'static Descriptor) -> Vec<Part> {
    let player = if descriptor.inputs.is_empty() { "n" } else { "player" };
    let drums = descriptor.id.starts_with("drum");
    let pitches: [u8; 4] = if drums { [36, 38, 42, 46] } else { [40, 52, 59, 67] };
    let turns = if descriptor.takes_notes || player != "n" { 0..6 } else { 0..0 };
    let notes = turns
        .map(|turn| Note {
            beat: 0.1073 * turn as f64,
            beats: 0.19,
            pitch: pitches[turn % 4],
            velocity: 0.8,
        })
        .collect();
    let controls = descriptor
        .params
        .iter()
        .enumerate()
        .map(|(index, param)| Control {
            beat: 0.0931 * (1 + index % 9) as f64,
            node: "n".into(),
            param: param.id.into(),
            value: param.default + 0.3 * (param.max - param.default),
        })
        .collect();
    let name = "Player".to_owned();
    vec![Part { id: player.into(), name, drums, program: 0, notes, controls }]
}

/// Half a second of the type's rig, in callbacks of these sizes.
fn play(node_type: &NodeType, sizes: impl IntoIterator<Item = usize>) -> (Vec<f32>, Vec<f32>) {
    const FRAMES: usize = 24_000;
    let graph = rig(node_type.descriptor);
    let shelf = files();
    let registry = Registry::built_in();
    let (plan, handles) =
        compile_with(&graph, &registry, SampleRate::HZ_48000, Seed(11), &shelf).unwrap();
    let tempo = TempoMap::constant(Bpm::clamped(120.0));
    let parts = score(node_type.descriptor);
    let schedule =
        Schedule::from_parts(&parts, &tempo, 1.0, &handles, SampleRate::HZ_48000).unwrap();
    let mut processor = GraphProcessor::new(plan, Arc::new(schedule));
    let (mut left, mut right) = (vec![0.0; FRAMES], vec![0.0; FRAMES]);
    let mut at = 0;
    for size in sizes {
        let end = (at + size).min(FRAMES);
        processor.process(&mut left[at..end], &mut right[at..end]);
        at = end;
        if at == FRAMES {
            break;
        }
    }
    assert_eq!(at, FRAMES, "the callbacks end too early");
    assert_eq!(processor.status().breakdowns, 0, "{}", node_type.descriptor.id);
    (left, right)
}

/// Callbacks of no pattern, 1 to 2,048 frames.
fn random_sizes() -> impl Iterator<Item = usize> {
    let mut state = 3u32;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        1 + (state >> 21) as usize
    })
}

#[test]
fn every_type_sounds_stays_in_bounds_and_gives_the_same_bits_for_every_callback_size() {
    for node_type in node_types() {
        let id = node_type.descriptor.id;
        let whole = play(&node_type, std::iter::repeat(64));
        let peak = whole
            .0
            .iter()
            .chain(&whole.1)
            .fold(0.0f32, |peak, x| if x.is_finite() { peak.max(x.abs()) } else { f32::MAX });
        if SILENT_OFFLINE.contains(&id) {
            assert_eq!(peak, 0.0, "{id}");
        } else {
            assert!((1e-5..16.0).contains(&peak), "{id} peaks at {peak}");
        }
        for size in [1, 7, 63, 65, 279, 1_115] {
            assert!(
                play(&node_type, std::iter::repeat(size)) == whole,
                "{id}: callbacks of {size}"
            );
        }
        assert!(play(&node_type, random_sizes()) == whole, "{id}: random callbacks");
    }
}

/// Builds a node with these params and lets it work on a stereo signal.
fn through(
    kind: &str,
    params: &[(&str, f64)],
    inputs: &[(&[f32], &[f32])],
) -> (Vec<f32>, Vec<f32>) {
    let node_type = *Registry::built_in().find(kind).unwrap();
    let params = params.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect();
    let spec = NodeSpec { id: "n".into(), kind: kind.into(), params, config: BTreeMap::new() };
    let settings = Settings::new(&spec, node_type.descriptor).unwrap();
    let context = BuildContext::new(48_000.0, 1);
    let mut processor = (node_type.build)(&context, &settings).unwrap();
    (0..inputs.len()).for_each(|input| processor.set_connected(input, true));
    let frames = inputs[0].0.len();
    let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
    for at in (0..frames).step_by(BLOCK) {
        let range = at..(at + BLOCK).min(frames);
        let ins = inputs
            .iter()
            .map(|(l, r)| AudioIn {
                left: &l[range.clone()],
                right: &r[range.clone()],
                silent: false,
            })
            .collect::<Vec<_>>();
        let mut outs =
            [AudioOut { left: &mut left[range.clone()], right: &mut right[range.clone()] }];
        let time = BlockTime {
            frame: at as u64,
            beat: at as f64 / 24_000.0,
            playing: true,
            ..BlockTime::REST
        };
        let activity = processor.process(&mut Io {
            frames: range.len(),
            inputs: &ins,
            outputs: &mut outs,
            time,
            live: AudioIn::SILENCE,
        });
        if activity == Activity::Silent {
            left[range.clone()].fill(0.0);
            right[range].fill(0.0);
        }
    }
    (left, right)
}

fn tone(hz: f64, level: f32, frames: usize) -> Vec<f32> {
    (0..frames)
        .map(|i| level * libm::sin(2.0 * std::f64::consts::PI * hz * i as f64 / 48_000.0) as f32)
        .collect()
}

fn db(samples: &[f32]) -> f64 {
    10.0 * (2.0 * samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len() as f64)
        .log10()
}

#[test]
fn the_strip_pans_with_constant_power_and_mutes() {
    let mono = tone(1_000.0, 1.0, 4_800);
    for pan in [-1.0, -0.5, 0.0, 0.3, 1.0] {
        let (left, right) = through("mix.strip", &[("pan", pan)], &[(&mono, &mono)]);
        let power = 10f64.powf(db(&left) / 10.0) + 10f64.powf(db(&right) / 10.0);
        assert!((power - 1.0).abs() < 1e-4, "{power} at {pan}");
    }
    let (left, right) = through("mix.strip", &[], &[(&mono, &mono)]);
    assert!((db(&left) + 3.01).abs() < 0.01 && left == right);
    let (left, right) = through("mix.strip", &[("width", 0.0)], &[(&mono, &vec![0.0; 4_800])]);
    assert_eq!(left, right);
    assert!(through("mix.strip", &[("mute", 1.0)], &[(&mono, &mono)]).0.iter().all(|x| *x == 0.0));
    assert!(through("mix.bus", &[], &[(&mono, &mono)]).0 == mono, "a bus at 0 dB changes nothing");
}

#[test]
fn the_equaliser_does_what_its_params_say() {
    let params = [
        ("hp", 100.0),
        ("mid1_freq", 1_000.0),
        ("mid1_db", 6.0),
        ("mid1_q", 2.0),
        ("high_db", -4.0),
    ];
    for (hz, wanted) in [(25.0, -24.1), (1_000.0, 6.0), (16_000.0, -3.9)] {
        let tone = tone(hz, 0.1, 48_000);
        let (left, _) = through("eq.parametric", &params, &[(&tone, &tone)]);
        let gain = db(&left[24_000..]) + 20.0;
        assert!((gain - wanted).abs() < 0.5, "{gain} dB at {hz} Hz");
    }
}

#[test]
fn the_compressor_listens_to_its_side_chain() {
    let (quiet, loud) = (tone(500.0, 0.1, 48_000), tone(60.0, 1.0, 48_000));
    let params = [("threshold_db", -20.0), ("ratio", 4.0), ("knee_db", 0.0), ("release", 2_000.0)];
    let (alone, _) = through("dyn.compressor", &params, &[(&quiet, &quiet)]);
    assert!((db(&alone[24_000..]) + 20.0).abs() < 0.1, "just at the threshold");
    let (ducked, _) = through("dyn.compressor", &params, &[(&quiet, &quiet), (&loud, &loud)]);
    assert!(
        (db(&ducked[24_000..]) + 35.0).abs() < 1.0,
        "20 dB over at 4:1: {}",
        db(&ducked[24_000..])
    );
    let nothing = vec![0.0; 48_000];
    let (free, _) = through("dyn.compressor", &params, &[(&loud, &loud), (&nothing, &nothing)]);
    assert!(free == loud, "a quiet key does not duck");
}

#[test]
fn the_delay_echoes_on_the_beat() {
    let mut click = vec![0.0f32; 48_000];
    click[0] = 1.0;
    let params = [("beats", 0.5), ("mix", 1.0), ("feedback", 0.5), ("high_cut", 20_000.0)];
    let (left, _) = through("fx.delay", &params, &[(&click, &click)]);
    // Half a beat at 120 BPM is a quarter of a second.
    assert_eq!(left.iter().position(|x| x.abs() > 0.1), Some(12_000));
    let loudest =
        (13_000..30_000).max_by(|a, b| left[*a].abs().total_cmp(&left[*b].abs())).unwrap();
    assert!((24_000..24_003).contains(&loudest), "{loudest}");
}

#[test]
fn a_filter_sweeps_and_a_gate_chops_in_time() {
    let high = tone(8_000.0, 0.5, 48_000);
    let (dark, _) = through("fx.filter", &[("cutoff", 500.0)], &[(&high, &high)]);
    assert!(db(&dark[24_000..]) < db(&high) - 40.0);
    let (chopped, _) = through("fx.gate", &[("beats", 0.5), ("duty", 0.5)], &[(&high, &high)]);
    assert!((db(&chopped[1_000..5_500]) - db(&high)).abs() < 0.2);
    assert!(chopped[6_300..11_900].iter().all(|x| x.abs() < 1e-6));
    assert!((db(&chopped[13_000..17_500]) - db(&high)).abs() < 0.2);
}

#[test]
fn width_brings_the_low_end_together() {
    let low = tone(50.0, 0.5, 48_000);
    let opposite = low.iter().map(|x| -x).collect::<Vec<_>>();
    let (left, _) = through("fx.width", &[("mono_below", 200.0)], &[(&low, &opposite)]);
    assert!(db(&left[24_000..]) < db(&low) - 40.0);
    let high = tone(2_000.0, 0.5, 48_000);
    let opposite = high.iter().map(|x| -x).collect::<Vec<_>>();
    let (left, _) = through("fx.width", &[("mono_below", 200.0)], &[(&high, &opposite)]);
    assert!((db(&left[24_000..]) - db(&high)).abs() < 0.1);
}
