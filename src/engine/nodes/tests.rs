//! What holds for every node type, whoever wrote it.

use std::collections::BTreeSet;

use super::*;
use crate::engine::node::{
    Activity, AudioIn, AudioOut, BLOCK, BlockTime, BuildContext, Event, Io, Processor, Settings,
};
use crate::engine::runner::MAX_PORTS;
use crate::model::graph::NodeSpec;

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

#[test]
fn descriptors_explain_themselves_and_their_params_make_sense() {
    for descriptor in node_types().iter().map(|t| t.descriptor) {
        let id = descriptor.id;
        assert!(
            id.split('.').count() == 2
                && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.'),
            "{id}"
        );
        assert!(
            !descriptor.name.is_empty()
                && descriptor.doc.ends_with('.')
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
            assert!(!param.name.is_empty() && param.doc.ends_with('.'), "{name}");
        }
        for config in descriptor.config {
            assert!(!config.id.is_empty() && config.doc.ends_with('.'), "{id} {}", config.id);
        }
    }
}

/// A deterministic noise with rests, loud enough to drive dynamics.
fn stimulus(frame: u64) -> (f32, f32) {
    let hash = |salt: u64| {
        let mixed = (frame ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as f32 / 8_388_608.0
            - 1.0
    };
    let level = if (frame / 4_800).is_multiple_of(2) { 0.5 } else { 0.02 };
    (level * hash(1), level * hash(7))
}

/// Plays a few notes and movements for half a second, in calls of these sizes that never cross the grid of blocks.
fn play(node_type: &NodeType, sizes: &[usize]) -> Vec<Vec<f32>> {
    const FRAMES: usize = 24_000;
    let descriptor = node_type.descriptor;
    let spec = NodeSpec {
        id: "n".into(),
        kind: descriptor.id.into(),
        params: BTreeMap::new(),
        config: BTreeMap::new(),
    };
    let settings = Settings::new(&spec, descriptor).unwrap();
    let context = BuildContext { sample_rate: 48_000.0, seed: 11 };
    let mut processor: Box<dyn Processor> = (node_type.build)(&context, &settings).unwrap();
    let pitches = if descriptor.id.starts_with("drum") {
        [36.0, 38.0, 42.0, 46.0]
    } else {
        [40.0, 52.0, 59.0, 67.0]
    };
    let mut outputs = vec![vec![0.0f32; FRAMES]; descriptor.outputs.len() * 2];
    let mut sizes = sizes.iter().cycle();
    let mut at = 0;
    while at < FRAMES {
        let grid_left = BLOCK - at % BLOCK;
        if at % 2_560 == 0 {
            let turn = at / 2_560;
            if turn > 1 && descriptor.takes_notes {
                processor.handle(Event::NoteOff { note: turn as u32 - 2 });
            }
            if descriptor.takes_notes && turn < 6 {
                let pitch = pitches[turn % 4];
                processor.handle(Event::NoteOn { note: turn as u32, pitch, velocity: 0.8 });
            }
            for (index, param) in descriptor.params.iter().enumerate() {
                if index % 9 == turn {
                    let value = param.default + 0.3 * (param.max - param.default);
                    processor.handle(Event::Param { index: index as u16, value });
                }
            }
        }
        let frames = (*sizes.next().unwrap()).min(grid_left).min(FRAMES - at);
        let (left, right): (Vec<f32>, Vec<f32>) =
            (at..at + frames).map(|f| stimulus(f as u64)).unzip();
        let inputs =
            vec![AudioIn { left: &left, right: &right, silent: false }; descriptor.inputs.len()];
        let mut blocks =
            vec![(vec![f32::MAX; frames], vec![f32::MAX; frames]); descriptor.outputs.len()];
        let mut outs =
            blocks.iter_mut().map(|(left, right)| AudioOut { left, right }).collect::<Vec<_>>();
        let beat = at as f64 / 24_000.0;
        let time = BlockTime { frame: at as u64, beat, bpm: 120.0, playing: true };
        let activity =
            processor.process(&mut Io { frames, inputs: &inputs, outputs: &mut outs, time });
        if activity == Activity::Sounding {
            for (port, (left, right)) in blocks.iter().enumerate() {
                outputs[port * 2][at..at + frames].copy_from_slice(left);
                outputs[port * 2 + 1][at..at + frames].copy_from_slice(right);
            }
        }
        at += frames;
    }
    outputs
}

#[test]
fn every_type_sounds_stays_in_bounds_and_does_not_depend_on_how_a_block_is_cut() {
    for node_type in node_types() {
        let id = node_type.descriptor.id;
        let whole = play(&node_type, &[64]);
        let peak = whole
            .iter()
            .flatten()
            .fold(0.0f32, |peak, x| if x.is_finite() { peak.max(x.abs()) } else { f32::MAX });
        assert!((1e-5..16.0).contains(&peak), "{id} peaks at {peak}");
        for sizes in [&[1usize][..], &[7, 64, 13, 1, 30], &[63, 1]] {
            let cut = play(&node_type, sizes);
            let differs = whole.iter().zip(&cut).find_map(|(a, b)| {
                a.iter()
                    .zip(b)
                    .enumerate()
                    .find(|(_, (a, b))| a != b)
                    .map(|(at, (a, b))| (at, *a, *b))
            });
            assert!(
                differs.is_none(),
                "{id} in calls of {sizes:?}: {differs:?} (frame, whole, cut)"
            );
        }
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
    let context = BuildContext { sample_rate: 48_000.0, seed: 1 };
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
        let time =
            BlockTime { frame: at as u64, beat: at as f64 / 24_000.0, bpm: 120.0, playing: true };
        let activity = processor.process(&mut Io {
            frames: range.len(),
            inputs: &ins,
            outputs: &mut outs,
            time,
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
