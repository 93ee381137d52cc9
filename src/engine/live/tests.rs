use super::*;
use crate::audio::buffer::AudioBuffer;
use crate::engine::assets::{AssetError, Assets, NO_ASSETS, Take};
use crate::engine::plan::{PlanError, compile};
use crate::engine::processor::GraphProcessor;
use crate::engine::schedule::{AutomationPoint, Schedule};
use crate::engine::toys;
use crate::model::graph::GraphSpec;
use crate::music::score::{Control, Note};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::sync::Arc;

const RATE: SampleRate = SampleRate::HZ_48000;

fn engine() -> (Box<dyn Callback>, Controller) {
    live(LiveSetup { sample_rate: RATE, registry: toys::registry(), seed: Seed(5) })
}

/// Plays so many frames in callbacks of these sizes, over and over; answers the left side.
fn play(callback: &mut dyn Callback, frames: usize, sizes: &[usize]) -> Vec<f32> {
    let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
    let mut at = 0;
    for size in sizes.iter().cycle() {
        let end = (at + size).min(frames);
        callback.process(None, [&mut left[at..end], &mut right[at..end]]);
        at = end;
        if at == frames {
            break;
        }
    }
    left
}

fn part(notes: Vec<Note>, controls: Vec<Control>) -> Part {
    Part { id: "a".into(), name: "A".into(), drums: false, program: 0, notes, controls }
}

fn song(notes: Vec<Note>) -> Song {
    Song { parts: vec![part(notes, Vec::new())], length_beats: 1.0, ..Song::default() }
}

/// A note at a frame, of a length in frames, at 120 BPM and 48 kHz.
fn note(frame: u32, frames: u32) -> Note {
    let beat = |frames: u32| f64::from(frames) / 24_000.0;
    Note { beat: beat(frame), beats: beat(frames), pitch: 60, velocity: 0.9 }
}

fn pulse_graph() -> GraphSpec {
    let mut graph = GraphSpec::default();
    graph.add("a", "toy.pulse");
    graph.add("late", "toy.late").config("frames", "77");
    graph.add("strip", "mix.strip").param("width", 0.4);
    graph.add("out", "mix.bus");
    graph.connect("a", "late");
    graph.connect("late", "strip");
    graph.connect_ports(("a", "other"), ("strip", "in"), -4.5);
    graph.connect("strip", "out");
    graph
}

fn busy_song() -> Song {
    let notes = (0..40).map(|i| note(i * 521, 300)).collect();
    let control = |beat, node: &str, param: &str, value| Control {
        beat,
        node: node.into(),
        param: param.into(),
        value,
    };
    let controls = vec![control(0.1, "a", "level", 0.9), control(0.2003, "strip", "pan", -0.7)];
    Song { parts: vec![part(notes, controls)], length_beats: 1.0, ..Song::default() }
}

#[test]
fn live_and_offline_are_the_same_bit_for_bit() {
    let (song, graph) = (busy_song(), pulse_graph());
    let (plan, handles) = compile(&graph, &toys::registry(), RATE, Seed(5)).unwrap();
    let schedule = Arc::new(Schedule::of_song(&song, &handles, RATE).unwrap());
    let mut offline = GraphProcessor::new(plan, schedule);
    let (mut left, mut right) = (vec![0.0; 30_000], vec![0.0; 30_000]);
    offline.process(&mut left, &mut right);
    assert!(left.iter().any(|x| x.abs() > 0.1));
    for sizes in
        [&[64][..], &[1], &[7], &[63], &[65], &[279], &[480], &[1_115], &[4_096], &[3, 900]]
    {
        let (mut callback, mut controller) = engine();
        controller.set_graph(&graph, &NO_ASSETS).unwrap();
        controller.set_song(song.clone()).unwrap();
        controller.play(0).unwrap();
        assert!(play(callback.as_mut(), 30_000, sizes) == left, "callbacks of {sizes:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn loops_seeks_and_count_ins_sound_the_same_in_any_callback(
        sizes in prop::collection::vec(1usize..3_000, 1..12),
        start in 0.0f64..0.5, length in 0.07f64..0.6, from in 0.0f64..1.0, count_in in 0u32..2,
    ) {
        let heard = [&sizes[..], &[64]].map(|sizes| {
            let (mut callback, mut controller) = engine();
            controller.set_graph(&pulse_graph(), &NO_ASSETS).unwrap();
            controller.set_song(busy_song()).unwrap();
            controller.set_loop(Some((start, start + length))).unwrap();
            controller.seek(from).unwrap();
            controller.play(count_in).unwrap();
            play(callback.as_mut(), 130_000, sizes)
        });
        prop_assert!(heard[0] == heard[1]);
    }
}

/// Frames at which the pulse of a note begins.
fn onsets(heard: &[f32]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    for (frame, pair) in heard.windows(2).enumerate() {
        let quiet = found.last().is_none_or(|last| frame - last > 500);
        if pair[0].abs() < 0.02 && pair[1].abs() > 0.2 && quiet {
            found.push(frame + 1);
        }
    }
    found
}

fn bare() -> GraphSpec {
    let mut graph = GraphSpec::default();
    graph.add("a", "toy.pulse").param("level", 1.0);
    graph.add("out", "mix.bus");
    graph.connect("a", "out");
    graph
}

#[test]
fn a_loop_comes_round_on_its_frame() {
    let (mut callback, mut controller) = engine();
    controller.set_graph(&bare(), &NO_ASSETS).unwrap();
    // One note in a loop of 20,011 frames; its tail has died away when it comes round.
    controller.set_song(song(vec![note(100, 50)])).unwrap();
    controller.set_loop(Some((0.0, 20_011.0 / 24_000.0))).unwrap();
    controller.play(0).unwrap();
    let heard = play(callback.as_mut(), 100_000, &[777]);
    assert_eq!(onsets(&heard), [100, 20_111, 40_122, 60_133, 80_144]);
    assert!(controller.snapshot().looping);
}

#[test]
fn a_seek_lands_on_its_frame_and_ends_what_sounded() {
    let (mut callback, mut controller) = engine();
    controller.set_graph(&bare(), &NO_ASSETS).unwrap();
    controller.set_song(song(vec![note(0, 4_000), note(40_000, 100)])).unwrap();
    controller.play(0).unwrap();
    play(callback.as_mut(), 1_024, &[128]);
    controller.seek(30_000.0 / 24_000.0).unwrap();
    let heard = play(callback.as_mut(), 20_480, &[128]);
    assert!(heard[9_000..10_000].iter().all(|x| x.abs() < 0.01), "the held note has ended");
    assert_eq!(onsets(&heard)[..], [10_000]);
    // Into the middle of the long note: it is taken up.
    controller.stop().unwrap();
    play(callback.as_mut(), 20_480, &[128]);
    controller.seek(2_000.0 / 24_000.0).unwrap();
    controller.play(0).unwrap();
    let heard = play(callback.as_mut(), 2_048, &[128]);
    assert!(heard[1_000..1_900].iter().any(|x| x.abs() > 0.5));
    let snapshot = *controller.snapshot();
    assert_eq!((snapshot.position, snapshot.playing), (4_048, true));
}

#[test]
fn another_tempo_keeps_the_beat_and_the_notes_that_sound() {
    let (mut callback, mut controller) = engine();
    controller.set_graph(&bare(), &NO_ASSETS).unwrap();
    controller.set_song(song(vec![note(0, 60_000), note(72_000, 50)])).unwrap();
    controller.play(0).unwrap();
    play(callback.as_mut(), 24_000, &[480]);
    controller.set_tempo(TempoMap::constant(Bpm::clamped(240.0))).unwrap();
    let heard = play(callback.as_mut(), 30_016, &[480]);
    // 24,000 frames are one beat. The long note ends at beat 2.5, which is 18,000 frames of the new tempo away.
    assert!(heard[..17_000].chunks(200).all(|some| some.iter().any(|x| x.abs() > 0.5)));
    assert!(heard[23_000..23_900].iter().all(|x| x.abs() < 0.05));
    assert_eq!(onsets(&heard), [24_000]);
    assert!((controller.snapshot().bpm - 240.0).abs() < 1e-9);
}

#[test]
fn automation_moves_params_and_a_jump_puts_them_right() {
    let mut graph = GraphSpec::default();
    graph.add("a", "toy.sine").config("hz", "1000");
    graph.add("strip", "mix.strip");
    graph.add("out", "mix.bus");
    graph.connect("a", "strip");
    graph.connect("strip", "out");
    let point = |beat, value, ramp| AutomationPoint { beat, value, ramp };
    let lane = AutomationLane {
        node: "strip".into(),
        param: "gain_db".into(),
        points: vec![point(1.0, 0.0, true), point(3.0, -40.0, false)],
    };
    let (mut callback, mut controller) = engine();
    controller.set_graph(&graph, &NO_ASSETS).unwrap();
    controller.set_song(Song { lanes: vec![lane], ..Song::default() }).unwrap();
    controller.play(0).unwrap();
    let heard = play(callback.as_mut(), 24_000 * 4, &[256]);
    let peak = |at: usize| heard[at..at + 480].iter().fold(0.0f32, |p, x| p.max(x.abs()));
    let db = |x: f32| 20.0 * x.log10();
    let full = db(peak(12_000));
    assert!((db(peak(48_000)) - full + 20.0).abs() < 0.6, "half way down");
    assert!((db(peak(90_000)) - full + 40.0).abs() < 0.1, "at the end");
    let step = heard.windows(2).fold(0.0f32, |s, pair| s.max((pair[1] - pair[0]).abs()));
    let natural = 0.0708 * std::f32::consts::TAU / 48.0;
    assert!(step < 1.1 * natural, "no zipper: {step}");
    controller.seek(0.5).unwrap();
    let heard = play(callback.as_mut(), 9_600, &[256]);
    let peak = heard[4_800..].iter().fold(0.0f32, |p, x| p.max(x.abs()));
    assert!((db(peak) - full).abs() < 0.1, "back where it was before the ramp");
}

/// A graph of sines of 100 Hz that are never louder than 0.1 each, through strips and delays, at random.
fn random_graph(random: &mut ChaCha8Rng) -> GraphSpec {
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus");
    graph.add("keep", "toy.sine");
    graph.connect("keep", "out");
    for index in 0..random.next_u32() % 6 {
        let (sine, shift, strip) = (format!("s{index}"), format!("d{index}"), format!("m{index}"));
        graph.add(&sine, "toy.sine");
        graph.add(&strip, "mix.strip").param("gain_db", -f64::from(random.next_u32() % 12));
        if random.next_u32().is_multiple_of(2) {
            let frames = [1, 64, 300, 1_000][random.next_u32() as usize % 4];
            graph.add(&shift, "toy.late").config("frames", frames.to_string());
            graph.connect(&sine, &shift);
            graph.connect(&shift, &strip);
        } else {
            graph.connect(&sine, &strip);
        }
        let level = -f64::from(random.next_u32() % 7);
        graph.connect_ports((&strip, "out"), ("out", "in"), level);
    }
    graph
}

/// Gives every sine something to hold, so that those that are alive can be counted.
struct Alive(Arc<AudioBuffer>);

impl Assets for Alive {
    fn sound(&self, _: &str) -> Result<Arc<AudioBuffer>, AssetError> {
        Ok(self.0.clone())
    }

    fn sound_font(&self, name: &str) -> Result<Arc<rustysynth::SoundFont>, AssetError> {
        NO_ASSETS.sound_font(name)
    }

    fn recording(&self, name: &str, sample_rate: SampleRate) -> Result<Take, AssetError> {
        NO_ASSETS.recording(name, sample_rate)
    }
}

#[test]
fn a_thousand_random_edits_click_never_and_leak_nothing() {
    let alive = Alive(Arc::new(AudioBuffer::silence(1, 1, RATE)));
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut callback, mut controller) = engine();
    let mut heard = Vec::new();
    for _ in 0..1_000 {
        controller.set_graph(&random_graph(&mut random), &alive).unwrap();
        let frames = 64 + random.next_u32() as usize % 2_000;
        heard.extend(play(callback.as_mut(), frames, &[128]));
        controller.poll();
    }
    // All that may be done at once: six sines of 0.1 that turn by a 480th each frame, and fade within four blocks.
    let natural = 0.6 * std::f32::consts::TAU / 480.0 + 0.6 / 256.0;
    let step = heard.windows(2).fold(0.0f32, |s, pair| s.max((pair[1] - pair[0]).abs()));
    assert!(step < natural, "a step of {step}, {natural} is natural");
    assert!(heard.iter().any(|x| x.abs() > 0.2));
    // What left has been freed: the sines of the last graph and of the plan before, at the most.
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus");
    for _ in 0..3 {
        controller.set_graph(&graph, &NO_ASSETS).unwrap();
        play(callback.as_mut(), 4_096, &[128]);
        controller.poll();
    }
    assert_eq!(Arc::strong_count(&alive.0), 1);
}

#[test]
fn a_kept_node_keeps_its_sound_while_others_come_and_go() {
    let mut graph = GraphSpec::default();
    graph.add("keep", "toy.sine").config("hz", "1000");
    graph.add("out", "mix.bus");
    graph.connect("keep", "out");
    let (mut callback, mut controller) = engine();
    controller.set_graph(&graph, &NO_ASSETS).unwrap();
    let mut heard = play(callback.as_mut(), 4_800, &[100]);
    graph.add("other", "mix.strip");
    graph.nodes.swap(0, 2);
    controller.set_graph(&graph, &NO_ASSETS).unwrap();
    heard.extend(play(callback.as_mut(), 4_800, &[100]));
    for (frame, x) in heard.iter().enumerate() {
        let sine = (std::f64::consts::TAU * 1_000.0 / 48_000.0 * frame as f64).sin() * 0.1;
        assert!((f64::from(*x) - sine).abs() < 1e-6, "frame {frame}");
    }
}

#[test]
fn a_latency_that_changes_live_nulls_again_and_does_not_click() {
    let mut graph = GraphSpec::default();
    graph.add("a", "toy.sine");
    graph.add("shift", "toy.shift");
    graph.add("out", "mix.bus");
    graph.connect("a", "shift");
    graph.connect("shift", "out");
    graph.connect("a", "out");
    let (mut callback, mut controller) = engine();
    controller.set_graph(&graph, &NO_ASSETS).unwrap();
    let mut frames = 1;
    while frames <= 8_192 {
        for latency in [frames, frames * 2 - 1, 1] {
            controller.set_param("shift", "frames", f64::from(latency)).unwrap();
            let mut heard = Vec::new();
            // The engine looks at latencies every few blocks, and the controller answers when it is asked.
            for _ in 0..10 {
                heard.extend(play(callback.as_mut(), 2_048, &[128]));
                controller.poll();
            }
            let step = heard.windows(2).fold(0.0f32, |s, pair| s.max((pair[1] - pair[0]).abs()));
            assert!(
                step < 0.2 * std::f32::consts::TAU / 480.0 + 0.2 / 60.0,
                "{latency} clicks: {step}"
            );
            let rest = play(callback.as_mut(), 4_800, &[128]);
            let peak = rest.iter().fold(0.0f32, |p, x| p.max(x.abs()));
            assert!(peak < 1e-6, "{latency} frames do not null: {peak}");
            assert_eq!(controller.latency(), latency.min(8_192));
        }
        frames *= 4;
    }
}

#[test]
fn a_broken_node_is_told_of_and_the_rest_plays_on() {
    let mut graph = GraphSpec::default();
    graph.add("good", "toy.sine");
    graph.add("bad", "toy.sine");
    graph.add("poison", "toy.poison").param("stubborn", 1.0).param("frame", 0.0);
    graph.add("out", "mix.bus");
    graph.connect("good", "out");
    graph.connect("bad", "poison");
    graph.connect("poison", "out");
    let (mut callback, mut controller) = engine();
    controller.set_graph(&graph, &NO_ASSETS).unwrap();
    let heard = play(callback.as_mut(), 48_000, &[128]);
    assert!(heard.iter().all(|x| x.is_finite() && x.abs() <= 0.1));
    assert!(heard[40_000..].iter().any(|x| x.abs() > 0.09));
    let notices = controller.poll();
    assert_eq!(notices.last(), Some(&Notice::Broken { node: "poison".into(), times: 4 }));
}

#[test]
fn panic_ends_all_sound_within_a_few_blocks_and_without_a_click() {
    let (mut callback, mut controller) = engine();
    controller.set_graph(&bare(), &NO_ASSETS).unwrap();
    controller.note_on("a", 60.0, 0.8).unwrap();
    let before = play(callback.as_mut(), 4_800, &[100]);
    assert!(before[4_000..].iter().any(|x| x.abs() > 0.5));
    controller.panic().unwrap();
    let after = play(callback.as_mut(), 4_800, &[100]);
    assert!(after[64 * 6..].iter().all(|x| *x == 0.0));
    let note = controller.note_on("a", 64.0, 1.0).unwrap();
    assert!(play(callback.as_mut(), 4_800, &[100]).iter().any(|x| x.abs() > 0.5), "it plays again");
    controller.note_off("a", note).unwrap();
    play(callback.as_mut(), 48_000, &[100]);
    assert!(play(callback.as_mut(), 480, &[100]).iter().all(|x| x.abs() < 0.01));
}

#[test]
fn the_devices_input_arrives_one_block_late_in_any_callback() {
    let mut graph = GraphSpec::default();
    graph.add("ear", "toy.ear");
    graph.add("out", "mix.bus");
    graph.connect("ear", "out");
    for size in [1, 63, 64, 65, 480] {
        let (mut callback, mut controller) = engine();
        controller.set_graph(&graph, &NO_ASSETS).unwrap();
        let sent = (0..4_800).map(|i| (i % 97) as f32 / 97.0).collect::<Vec<f32>>();
        let mut heard = vec![0.0; 4_800];
        let mut right = vec![0.0; size];
        for (input, output) in sent.chunks(size).zip(heard.chunks_mut(size)) {
            let count = input.len();
            callback.process(Some([input, input]), [output, &mut right[..count]]);
        }
        assert_eq!(heard[64..], sent[..4_736], "callbacks of {size}");
        assert!(heard[..64].iter().all(|x| *x == 0.0));
    }
}

#[test]
fn bad_orders_are_refused_and_change_nothing() {
    let (mut callback, mut controller) = engine();
    let graph = pulse_graph();
    controller.set_graph(&graph, &NO_ASSETS).unwrap();
    controller.set_song(busy_song()).unwrap();
    controller.play(0).unwrap();
    let mut worse = graph.clone();
    worse.connect("strip", "late");
    assert!(matches!(
        controller.set_graph(&worse, &NO_ASSETS),
        Err(LiveError::Plan(PlanError::Cycle { .. }))
    ));
    let mut large = graph.clone();
    for index in 0..10_000 {
        large.add(format!("n{index}"), "mix.bus");
    }
    assert!(matches!(
        controller.set_graph(&large, &NO_ASSETS),
        Err(LiveError::Plan(PlanError::TooLarge { nodes: 10_004, .. }))
    ));
    assert!(
        matches!(controller.set_param("stirp", "pan", 0.0), Err(LiveError::UnknownNode { similar: Some(s), .. }) if s == "strip")
    );
    assert!(matches!(
        controller.set_param("strip", "pam", 0.0),
        Err(LiveError::UnknownParam { .. })
    ));
    assert!(matches!(
        controller.set_param("strip", "pan", f64::NAN),
        Err(LiveError::BadNumber { .. })
    ));
    assert_eq!(controller.set_param("strip", "pan", 7.0).unwrap(), 1.0);
    controller.set_param("strip", "pan", 0.0).unwrap();
    assert!(matches!(controller.note_on("strip", 60.0, 1.0), Err(LiveError::NotPlayable { .. })));
    assert!(
        controller.note_on("a", 60.0, 0.0).is_err() && controller.note_on("a", 128.0, 1.0).is_err()
    );
    assert!(controller.seek(-1.0).is_err() && controller.seek(f64::NAN).is_err());
    assert!(controller.set_loop(Some((1.0, 1.01))).is_err());
    assert!(matches!(controller.node_data("strip", 0), Err(LiveError::NoData { .. })));
    let mut stray = busy_song();
    stray.parts[0].controls[1].node = "nowhere".into();
    assert!(matches!(controller.set_song(stray), Err(LiveError::Schedule(_))));
    assert_eq!(controller.graph(), &{
        let mut graph = graph.clone();
        graph.nodes[2].param("pan", 0.0);
        graph
    });
    let heard = play(callback.as_mut(), 20_000, &[128]);
    assert!(heard.iter().any(|x| x.abs() > 0.1));
}

#[test]
fn orders_that_nobody_takes_are_refused_when_the_queue_is_full() {
    let (_callback, mut controller) = engine();
    controller.set_graph(&bare(), &NO_ASSETS).unwrap();
    let refused = (0..10_000).position(|_| controller.set_param("a", "level", 0.3).is_err());
    assert!(refused.is_some_and(|count| count > 3_000));
    // A change of the graph that moves a param is refused as a whole: nothing is half done.
    let before = controller.graph().clone();
    let mut other = before.clone();
    other.nodes[0].param("level", 0.9);
    other.add("more", "mix.bus");
    assert!(matches!(controller.set_graph(&other, &NO_ASSETS), Err(LiveError::Busy)));
    assert_eq!(controller.graph(), &before);
    // Room is kept for what matters more.
    controller.stop().unwrap();
    controller.panic().unwrap();
}

#[test]
fn the_position_is_that_of_the_next_frame_to_be_heard() {
    let (mut callback, mut controller) = engine();
    controller.set_graph(&bare(), &NO_ASSETS).unwrap();
    controller.play(0).unwrap();
    for frames in [1, 100, 27, 64] {
        let before = controller.snapshot().position;
        play(callback.as_mut(), frames, &[frames]);
        assert_eq!(controller.snapshot().position, before + frames as u64);
    }
    let snapshot = *controller.snapshot();
    assert!((snapshot.beat - 192.0 / 24_000.0).abs() < 1e-12);
    assert_eq!((snapshot.frames, snapshot.bar), (192, 0));
}

#[test]
fn the_end_of_the_song_is_told_once() {
    let (mut callback, mut controller) = engine();
    controller.set_graph(&bare(), &NO_ASSETS).unwrap();
    controller.set_song(song(vec![note(0, 100)])).unwrap();
    controller.play(0).unwrap();
    play(callback.as_mut(), 60_000, &[128]);
    assert_eq!(controller.poll(), [Notice::Ended]);
}

#[test]
fn a_jump_that_waits_is_made_on_the_bar_line_in_any_callback() {
    // A pulse a tenth of a beat behind beat 40; bars of four beats, 96,000 frames each.
    let song = Song { length_beats: 64.0, ..song(vec![note(40 * 24_000 + 2_400, 300)]) };
    for sizes in [&[64][..], &[7, 480], &[4_096]] {
        let (mut callback, mut controller) = engine();
        controller.set_graph(&bare(), &NO_ASSETS).unwrap();
        controller.set_song(song.clone()).unwrap();
        controller.play(0).unwrap();
        let before = play(callback.as_mut(), 50_000, sizes);
        controller.leap(40.0, Grid::Bar).unwrap();
        let after = play(callback.as_mut(), 60_000, sizes);
        assert!(onsets(&before).is_empty());
        let found = onsets(&after).iter().map(|frame| frame + 50_000).collect::<Vec<_>>();
        assert_eq!(found, [96_000 + 2_400], "callbacks of {sizes:?}");
        assert!(controller.poll().contains(&Notice::Leapt));
        assert!(controller.snapshot().position > 40 * 24_000);
        // Who stops has changed their mind.
        controller.leap(0.0, Grid::Beat).unwrap();
        controller.stop().unwrap();
        controller.play(0).unwrap();
        play(callback.as_mut(), 30_000, sizes);
        assert!(controller.snapshot().position > 40 * 24_000);
    }
}
