//! Instructions that the main node types execute, counted by Valgrind, which no busy machine disturbs.
//!
//! `just instructions` runs it; it needs `valgrind` and `cargo install gungraun-runner --version 0.20.0`. Each run is
//! compared with the one before. The recorded figures are in docs/performance.md; one that grows by more than 2 % wants a
//! reason. A synth plays alone, as in R32; an effect stands eight times behind an electric piano.
#![allow(missing_docs)] // the macros make public items
#![allow(clippy::unwrap_used)] // a benchmark may stop at the first surprise

#[path = "engine/load.rs"]
mod load;
#[path = "engine/parts.rs"]
mod parts;

use std::hint::black_box;

use gungraun::prelude::*;
use load::{COPIES, Load, RATE};
use parts::BPM;
use timbre::engine::processor::GraphProcessor;

/// Frames of a callback.
const CALLBACK: usize = 128;

/// The first beat of the music: all notes of the first bar line start in it.
fn play_a_beat(mut processor: GraphProcessor) -> GraphProcessor {
    let (mut left, mut right) = ([0.0f32; CALLBACK], [0.0f32; CALLBACK]);
    let frames = 60.0 / BPM * f64::from(RATE);
    for _ in 0..(frames as usize).div_ceil(CALLBACK) {
        processor.process(&mut left, &mut right);
        black_box((&left, &right));
    }
    processor
}

fn start(load: &Load) -> GraphProcessor {
    load.start(1)
}

fn synth(kind: &str) -> GraphProcessor {
    start(load::instruments(1).iter().find(|load| load.name == kind).unwrap())
}

fn effect(kind: &str) -> GraphProcessor {
    assert_eq!(COPIES, 8, "as the heading says");
    start(&load::effect(kind, 1))
}

#[library_benchmark]
#[bench::r32(start(&load::r32(1)))]
fn session(processor: GraphProcessor) -> GraphProcessor {
    play_a_beat(processor)
}

#[library_benchmark(setup = synth)]
#[bench::bass_finger("bass.finger")]
#[bench::bass_synth("bass.synth")]
#[bench::keys_rhodes("keys.rhodes")]
#[bench::keys_piano("keys.piano")]
#[bench::keys_organ("keys.organ")]
#[bench::pad_warm("pad.warm")]
#[bench::pad_strings("pad.strings")]
#[bench::pad_glass("pad.glass")]
#[bench::lead_synth("lead.synth")]
#[bench::lead_sax("lead.sax")]
fn instrument(processor: GraphProcessor) -> GraphProcessor {
    play_a_beat(processor)
}

#[library_benchmark(setup = effect)]
#[bench::piano_alone("")]
#[bench::eq_parametric("eq.parametric")]
#[bench::dyn_compressor("dyn.compressor")]
#[bench::dyn_limiter("dyn.limiter")]
#[bench::fx_tape("fx.tape")]
#[bench::fx_chorus("fx.chorus")]
#[bench::fx_drive("fx.drive")]
#[bench::fx_phaser("fx.phaser")]
#[bench::fx_reverb("fx.reverb")]
#[bench::fx_plate("fx.plate")]
fn eight_effects(processor: GraphProcessor) -> GraphProcessor {
    play_a_beat(processor)
}

library_benchmark_group!(name = engine, benchmarks = [session, instrument, eight_effects]);

main!(library_benchmark_groups = engine);
