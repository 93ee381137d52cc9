use super::*;
use crate::engine::node::Handle;
use crate::engine::plan::compile;
use crate::engine::toys;
use crate::model::graph::GraphSpec;
use crate::model::tempo::TempoMap;
use crate::model::units::{Bpm, SampleRate, Seed};
use crate::music::score::{Control, Note, Part};
use proptest::prelude::*;

const FRAMES: usize = 20_000;

/// Notes at odd places, a tempo that is not round, and a movement in the middle of a block.
fn parts() -> Vec<Part> {
    let notes = (0..40)
        .map(|i| Note {
            beat: f64::from(i) * 0.0217,
            beats: 0.013,
            pitch: 40 + (i % 5) as u8,
            velocity: 0.9,
        })
        .collect();
    let controls = [
        (0.1, "a", "level", 0.9),
        (0.2003, "b.strip", "pan", -0.7),
        (0.31, "b.strip", "mute", 1.0),
    ]
    .map(|(beat, node, param, value)| Control {
        beat,
        node: node.into(),
        param: param.into(),
        value,
    });
    vec![Part {
        id: "a".into(),
        name: "A".into(),
        drums: false,
        program: 0,
        notes,
        controls: controls.into(),
    }]
}

/// Two paths of different latency from both ports of one source, into two stems.
fn graph() -> GraphSpec {
    let mut graph = GraphSpec::default();
    graph.add("a", "toy.pulse");
    graph.add("late", "toy.late").config("frames", "77");
    graph.add("a.strip", "mix.strip").param("width", 0.4);
    graph.add("b.strip", "mix.strip").param("gain_db", -3.0);
    graph.add("out", "mix.bus");
    graph.connect("a", "late");
    graph.connect("late", "a.strip");
    graph.connect_ports(("a", "other"), ("a.strip", "in"), -4.5);
    graph.connect_ports(("a", "other"), ("b.strip", "in"), 0.0);
    graph.connect("a.strip", "out");
    graph.connect("b.strip", "out");
    graph
}

/// The parts, without the movements of nodes that are not there.
fn schedule(handles: &[Handle], moving: bool) -> Arc<Schedule> {
    let tempo = TempoMap::constant(Bpm::clamped(133.7));
    let mut parts = parts();
    parts[0].controls.retain(|c| moving && handles.iter().any(|h| h.id == c.node));
    Arc::new(Schedule::from_parts(&parts, &tempo, 1.0, handles, SampleRate::HZ_48000).unwrap())
}

fn player(graph: &GraphSpec) -> GraphProcessor {
    let (plan, handles) = compile(graph, &toys::registry(), SampleRate::HZ_48000, Seed(5)).unwrap();
    let schedule = schedule(&handles, true);
    GraphProcessor::new(plan, schedule)
}

/// Plays with callbacks of these sizes, over and over.
fn play(player: &mut GraphProcessor, sizes: &[usize]) -> (Vec<f32>, Vec<f32>) {
    let (mut left, mut right) = (vec![0.0; FRAMES], vec![0.0; FRAMES]);
    let mut at = 0;
    for size in sizes.iter().cycle() {
        let end = (at + size).min(FRAMES);
        player.process(&mut left[at..end], &mut right[at..end]);
        at = end;
        if at == FRAMES {
            return (left, right);
        }
    }
    unreachable!("sizes are above 0")
}

#[test]
fn the_size_of_the_callback_does_not_change_a_bit() {
    let reference = play(&mut player(&graph()), &[64]);
    assert!(reference.0.iter().any(|x| x.abs() > 0.1));
    for size in [1, 7, 63, 65, 279, 480, 1024, 1115, 4096, FRAMES] {
        assert!(play(&mut player(&graph()), &[size]) == reference, "callbacks of {size}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn random_callbacks_do_not_change_a_bit(sizes in prop::collection::vec(1usize..3000, 1..20)) {
        prop_assert!(play(&mut player(&graph()), &sizes) == play(&mut player(&graph()), &[64]));
    }
}

#[test]
fn a_note_sounds_at_its_frame() {
    let mut graph = GraphSpec::default();
    graph.add("a", "toy.pulse");
    graph.add("out", "mix.bus");
    graph.connect("a", "out");
    let (plan, handles) =
        compile(&graph, &toys::registry(), SampleRate::HZ_48000, Seed(5)).unwrap();
    let mut parts = parts();
    // At 120 BPM a frame is 1/24,000 beat.
    let beats = 100.0 / 24_000.0;
    parts[0].notes = vec![Note { beat: 1_234.0 / 24_000.0, beats, pitch: 60, velocity: 0.5 }];
    parts[0].controls.clear();
    let tempo = TempoMap::constant(Bpm::clamped(120.0));
    let schedule =
        Schedule::from_parts(&parts, &tempo, 1.0, &handles, SampleRate::HZ_48000).unwrap();
    let (left, _) = play(&mut GraphProcessor::new(plan, Arc::new(schedule)), &[4096]);
    assert!(left[..1_234].iter().all(|x| *x == 0.0));
    assert!(left[1_234] != 0.0);
    let peak =
        |range: std::ops::Range<usize>| left[range].iter().fold(0.0f32, |p, x| p.max(x.abs()));
    assert!(peak(1_234..1_334) > 0.24, "held");
    assert!(peak(8_000..8_100) < 0.01, "released");
}

#[test]
fn stems_sum_to_the_mix_bit_for_bit() {
    let mut player = player(&graph());
    let mut heard = 0.0f32;
    for _ in 0..200 {
        let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
        player.process(&mut left, &mut right);
        let (a, b) = (player.tap(0).unwrap(), player.tap(1).unwrap());
        for i in 0..64 {
            assert_eq!(left[i], a.left[i] + b.left[i]);
            assert_eq!(right[i], a.right[i] + b.right[i]);
            heard = heard.max(left[i].abs());
        }
    }
    assert!(heard > 0.1);
    assert!(player.tap(2).is_none());
}

#[test]
fn paths_of_different_latency_cancel_to_nothing() {
    let mut graph = GraphSpec::default();
    graph.add("a", "toy.pulse");
    graph.add("late", "toy.late").config("frames", "1000");
    graph.add("later", "toy.late").config("frames", "333");
    graph.add("dry", "mix.bus");
    graph.add("out", "mix.bus");
    graph.connect("a", "late");
    graph.connect("late", "later");
    graph.connect("a", "dry");
    graph.connect("later", "out");
    graph.connect("dry", "out");
    let mut player = player(&graph);
    for _ in 0..200 {
        let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
        player.process(&mut left, &mut right);
        let (wet, dry) = (player.tap(0).unwrap(), player.tap(1).unwrap());
        assert_eq!(wet.left, dry.left);
        assert_eq!(wet.right, dry.right);
    }
}

#[test]
fn rewinding_plays_the_same_again() {
    // Without movements, because params keep what events have made of them.
    let (plan, handles) =
        compile(&graph(), &toys::registry(), SampleRate::HZ_48000, Seed(5)).unwrap();
    let mut player = GraphProcessor::new(plan, schedule(&handles, false));
    let first = play(&mut player, &[100]);
    player.rewind();
    assert!(play(&mut player, &[64]) == first);
}

fn poisoned(stubborn: f64) -> (Vec<f32>, Status) {
    let mut graph = GraphSpec::default();
    graph.add("a", "toy.pulse");
    graph.add("bad", "toy.poison").param("stubborn", stubborn);
    graph.add("good", "mix.bus");
    graph.add("out", "mix.bus");
    graph.connect("a", "bad");
    graph.connect("a", "good");
    graph.connect("bad", "out");
    graph.connect("good", "out");
    let mut player = player(&graph);
    let (left, right) = play(&mut player, &[64]);
    assert!(left.iter().chain(&right).all(|x| x.is_finite()));
    (left, player.status())
}

#[test]
fn a_node_that_breaks_down_is_silenced_and_counted_and_the_rest_plays_on() {
    let (left, status) = poisoned(0.0);
    assert_eq!(status.breakdowns, 1);
    assert!(left[640..704].iter().any(|x| x.abs() > 0.01), "the good path is heard");
    let (_, status) = poisoned(1.0);
    assert_eq!(status.breakdowns, 4, "three chances, then muted for good");
}

#[test]
fn the_status_tells_position_and_peaks_since_it_was_last_taken() {
    let mut player = player(&graph());
    let (mut left, mut right) = (vec![0.0; 10_000], vec![0.0; 10_000]);
    player.process(&mut left, &mut right);
    let mut status = player.status();
    player.take_status(&mut status);
    assert_eq!(status.frame, 10_000);
    assert!((status.beat - 10_000.0 / 48_000.0 * 133.7 / 60.0).abs() < 1e-9);
    let peak = left.iter().chain(&right).fold(0.0f32, |p, x| p.max(x.abs()));
    assert!(status.mix_peak >= peak, "the block that is half taken counts too");
    assert!(status.tap_peaks.iter().all(|p| *p > 0.0));
    player.take_status(&mut status);
    assert_eq!((status.mix_peak, status.tap_peaks[0]), (0.0, 0.0));
}
