//! The switch changes at the bar line's own frame, without a click, whatever the blocks.

use std::sync::Arc;

use crate::engine::nodes::Registry;
use crate::engine::nodes::shelf::Shelf;
use crate::engine::plan::compile_with;
use crate::engine::processor::GraphProcessor;
use crate::engine::schedule::Schedule;
use crate::model::graph::GraphSpec;
use crate::model::tempo::{TempoMap, TempoPoint};
use crate::model::units::{Bpm, SampleRate, Seed};
use crate::music::score::{Control, Part};

const RATE: SampleRate = SampleRate::HZ_48000;

/// Renders two constant voices (0.5, and -0.25 on the right side only) through a switch that is turned at a beat.
fn render(tempo: &TempoMap, quantum: f32, turns: &[(f64, f32)], frames: usize) -> [Vec<f32>; 2] {
    let shelf = Shelf::default()
        .with("a", 48_000, vec![vec![0.5; frames], vec![0.5; frames]])
        .with("b", 48_000, vec![vec![0.0; frames], vec![-0.25; frames]]);
    let mut graph = GraphSpec::default();
    for (id, port) in [("a", "in1"), ("b", "in2")] {
        graph
            .add(id, "source.player")
            .config("file", id)
            .config("mode", "off")
            .config("start_s", "0");
        graph.connect_ports((id, "out"), ("switch", port), 0.0);
    }
    graph.add("switch", "mix.switch").param("quantum", f64::from(quantum));
    graph.add("out", "mix.bus");
    graph.connect("switch", "out");
    let control = |(beat, value): &(f64, f32)| Control {
        beat: *beat,
        node: "switch".into(),
        param: "input".into(),
        value: *value,
    };
    let part = Part {
        id: "switch".into(),
        name: "Switch".into(),
        drums: false,
        program: 0,
        notes: Vec::new(),
        controls: turns.iter().map(control).collect(),
    };
    let (plan, handles) =
        compile_with(&graph, &Registry::built_in(), RATE, Seed(1), &shelf).unwrap();
    let schedule = Schedule::from_parts(&[part], tempo, 64.0, &handles, RATE).unwrap();
    let mut player = GraphProcessor::new(plan, Arc::new(schedule));
    let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
    player.process(&mut left, &mut right);
    [left, right]
}

/// The first frame that is not 0.5 on the left.
fn changes_at(heard: &[f32]) -> usize {
    heard.iter().position(|x| *x != 0.5).unwrap()
}

#[test]
fn it_changes_at_the_frame_of_the_bar_or_the_beat() {
    for bpm in [120.0, 93.7, 171.3] {
        let tempo = TempoMap::constant(Bpm::clamped(bpm));
        let frame_of = |beat: f64| (tempo.seconds_at(beat) * 48_000.0).round() as usize;
        let frames = frame_of(9.0);
        for (quantum, turned, beat) in
            [(2.0, 0.7, 4.0), (2.0, 4.01, 8.0), (1.0, 0.7, 1.0), (1.0, 5.5, 6.0), (2.0, 4.0, 4.0)]
        {
            let heard = render(&tempo, quantum, &[(turned, 2.0)], frames);
            let wanted = frame_of(beat);
            assert_eq!(changes_at(&heard[0]), wanted, "{bpm} BPM, turned at {turned}");
            // 10 ms later only the other one is heard, bit for bit.
            assert!(heard[0][wanted + 480..].iter().all(|x| *x == 0.0));
            assert!(heard[1][wanted + 480..].iter().all(|x| *x == -0.25));
        }
        let heard = render(&tempo, 0.0, &[(0.7, 2.0)], frames);
        assert_eq!(changes_at(&heard[0]), frame_of(0.7), "at once");
    }
}

#[test]
fn it_follows_a_tempo_that_moves() {
    let point = |beat, bpm, ramp| TempoPoint { beat, bpm: Bpm::clamped(bpm), ramp };
    let tempo = TempoMap::from_points(vec![point(0.0, 80.0, true), point(8.0, 160.0, false)]);
    let frame = (tempo.seconds_at(4.0) * 48_000.0).round() as usize;
    let heard = render(&tempo, 2.0, &[(1.3, 2.0)], frame + 2_000);
    let off = changes_at(&heard[0]).abs_diff(frame);
    assert!(off <= 1, "the tempo of a block's start holds for the block: off by {off}");
}

#[test]
fn the_crossfade_has_equal_power_and_no_click_even_when_it_is_turned_back() {
    let tempo = TempoMap::constant(Bpm::clamped(120.0));
    // Turned to the other at once and back 4 ms later, in the middle of the fade.
    let heard = render(&tempo, 0.0, &[(1.0, 2.0), (1.008, 1.0)], 48_000);
    for side in &heard {
        let step = side.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0f32, f32::max);
        // A quarter turn in 480 frames moves by at most pi/2/480 of the level a frame, two levels at a time.
        assert!(step < 0.0035, "a step of {step}");
    }
    assert_eq!(changes_at(&heard[0]), 24_000);
    assert_eq!(heard[0][47_999], 0.5);
    let heard = render(&tempo, 0.0, &[(1.0, 2.0)], 30_000);
    let sides = heard[0].iter().zip(&heard[1]).enumerate().take(24_480).skip(24_000);
    for (frame, (left, right)) in sides {
        let (a, b) = (f64::from(*left) / 0.5, f64::from(left - right));
        // On the left there is the first one alone; left less right leaves the second one alone.
        let power = a * a + (b / 0.25) * (b / 0.25);
        assert!((power - 1.0).abs() < 1e-3, "{power} at {frame}");
    }
}
