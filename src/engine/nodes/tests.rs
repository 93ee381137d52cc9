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
