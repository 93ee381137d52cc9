//! What the meters read of known sounds, and that they change none of them.

use super::*;
use crate::engine::node::{AudioOut, BLOCK, BlockTime};
use crate::model::graph::NodeSpec;
use crate::model::node_data::MeterData;

fn node(id: &str, sample_rate: f32) -> Box<dyn Processor> {
    let node_type =
        node_types().into_iter().find(|node_type| node_type.descriptor.id == id).unwrap();
    let spec = NodeSpec { id: "n".into(), kind: id.into(), params: [].into(), config: [].into() };
    let settings = Settings::new(&spec, node_type.descriptor).unwrap();
    (node_type.build)(&BuildContext::new(sample_rate, 1), &settings).unwrap()
}

/// Lets sound through in blocks of the grid and checks that not a bit of it changes. Answers what the last block said.
fn pass_through(node: &mut dyn Processor, left: &[f32], right: &[f32], silent: bool) -> Activity {
    let mut last = Activity::Silent;
    for (left, right) in left.chunks(BLOCK).zip(right.chunks(BLOCK)) {
        let frames = left.len();
        let (mut l, mut r) = ([9.0f32; BLOCK], [9.0f32; BLOCK]);
        last = node.process(&mut Io {
            frames,
            inputs: &[AudioIn { left, right, silent }],
            outputs: &mut [AudioOut { left: &mut l[..frames], right: &mut r[..frames] }],
            time: BlockTime::REST,
            live: AudioIn::SILENCE,
        });
        let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert!(last == Activity::Silent || bits(&l[..frames]) == bits(left));
        assert!(last == Activity::Silent || bits(&r[..frames]) == bits(right));
    }
    last
}

fn tone(hz: f64, level: f64, frames: usize) -> Vec<f32> {
    (0..frames)
        .map(|i| (level * libm::sin(std::f64::consts::TAU * hz * i as f64 / 48_000.0)) as f32)
        .collect()
}

fn meter(monitor: &mut Box<dyn Monitor>) -> MeterData {
    match monitor.read(0) {
        NodeData::Meter(data) => data,
        other => panic!("{other:?}"),
    }
}

fn near(read: Option<f64>, wanted: f64) -> bool {
    read.is_some_and(|read| (read - wanted).abs() < 0.1)
}

#[test]
fn the_level_meter_reads_a_tone() {
    let mut node = node("meter.levels", 48_000.0);
    let mut monitor = node.monitor().unwrap();
    assert_eq!(meter(&mut monitor), MeterData::default());
    let sound = tone(1_000.0, 0.1, 4 * 48_000);
    pass_through(node.as_mut(), &sound, &sound, false);
    let data = meter(&mut monitor);
    assert!(near(data.peak_db[0], -20.0) && near(data.peak_db[1], -20.0), "{data:?}");
    assert!(near(data.rms_db[0], -23.01) && near(data.true_peak_db, -20.0), "{data:?}");
    assert!(near(data.momentary_lufs, -20.0) && near(data.short_term_lufs, -20.0), "{data:?}");
    assert!(near(data.correlation, 1.0) && data.reduction_db == 0.0, "{data:?}");
}

#[test]
fn in_silence_the_level_meter_falls_and_then_sleeps() {
    let mut node = node("meter.levels", 48_000.0);
    let mut monitor = node.monitor().unwrap();
    let sound = tone(1_000.0, 0.1, 48_000);
    pass_through(node.as_mut(), &sound, &sound, false);
    let silence = vec![0.0; 48_000];
    assert_eq!(pass_through(node.as_mut(), &silence, &silence, true), Activity::Sounding);
    let data = meter(&mut monitor);
    assert!(data.momentary_lufs.is_none_or(|lufs| lufs < -100.0), "{data:?}");
    assert!(near(data.short_term_lufs, -20.0 - 4.77), "a third of 3 s: {data:?}");
    for _ in 0..3 {
        pass_through(node.as_mut(), &silence, &silence, true);
    }
    assert_eq!(pass_through(node.as_mut(), &silence, &silence, true), Activity::Silent);
    meter(&mut monitor);
    let data = meter(&mut monitor);
    assert!(near(data.true_peak_db, -20.0), "it stays until the reset: {data:?}");
    assert_eq!(MeterData { true_peak_db: None, ..data }, MeterData::default());
    node.handle(Event::Param { index: 0, value: 1.0 });
    pass_through(node.as_mut(), &silence, &silence, true);
    assert_eq!(meter(&mut monitor), MeterData::default());
}

fn scope(monitor: &mut Box<dyn Monitor>, points: usize) -> ScopeData {
    match monitor.read(points) {
        NodeData::Scope(data) => data,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_scope_keeps_the_extremes_of_the_last_two_seconds() {
    let mut node = node("meter.scope", 48_000.0);
    let mut monitor = node.monitor().unwrap();
    assert!(scope(&mut monitor, 100).left.is_empty());
    let mut left = vec![0.0f32; 5 * 48_000];
    // Before what is shown, in its middle, and at its end.
    (left[96_000], left[192_001], left[239_999]) = (1.0, -0.5, 0.25);
    let right = left.iter().map(|x| -x).collect::<Vec<_>>();
    pass_through(node.as_mut(), &left, &right, false);
    let data = scope(&mut monitor, 200);
    assert_eq!(data.frames_per_point, 480);
    assert_eq!((data.left.len(), data.right.len()), (200, 200));
    let shape = |at: usize| (data.left[at], data.right[at]);
    assert_eq!(shape(100), ([-0.5, 0.0], [0.0, 0.5]));
    assert_eq!(shape(199), ([0.0, 0.25], [-0.25, 0.0]));
    let flat = data.left.iter().filter(|pair| **pair == [0.0; 2]).count();
    assert_eq!(flat, 198);
    let fine = scope(&mut monitor, 10_000);
    assert_eq!((fine.frames_per_point, fine.left.len()), (32, 3_000));
    assert_eq!(scope(&mut monitor, 0).left, [[0.0, 0.25]], "the latest alone");
    for points in [1, 2, 7, 80, 1_000] {
        let data = scope(&mut monitor, points);
        assert!(data.left.len() <= points && data.left.len() + 1 >= points, "{points}");
    }
}

#[test]
fn the_scope_sleeps_once_it_shows_nothing_and_forgets_on_reset() {
    let mut node = node("meter.scope", 44_100.0);
    let mut monitor = node.monitor().unwrap();
    let sound = tone(440.0, 0.5, 44_100);
    pass_through(node.as_mut(), &sound, &sound, false);
    let silence = vec![0.0; 44_100];
    assert_eq!(pass_through(node.as_mut(), &silence, &silence, true), Activity::Sounding);
    for _ in 0..2 {
        pass_through(node.as_mut(), &silence, &silence, true);
    }
    assert_eq!(pass_through(node.as_mut(), &silence, &silence, true), Activity::Silent);
    assert!(scope(&mut monitor, 100).left.iter().all(|pair| *pair == [0.0; 2]));
    pass_through(node.as_mut(), &sound, &sound, false);
    assert!(scope(&mut monitor, 100).left.iter().any(|pair| *pair != [0.0; 2]));
    node.reset();
    assert!(scope(&mut monitor, 100).left.is_empty());
}

fn history(monitor: &mut Box<dyn Monitor>, points: usize) -> HistoryData {
    match monitor.read(points) {
        NodeData::History(data) => data,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_history_holds_ten_minutes_and_no_more() {
    // At a low rate, because only the count of frames matters.
    let rate = 8_000;
    let mut node = node("meter.history", rate as f32);
    let mut monitor = node.monitor().unwrap();
    let level = |seconds: usize, level: f32| vec![level; seconds * rate];
    let nothing = level(60, 0.0);
    for (seconds, loudness) in [(60, 1.0), (570, 0.1), (30, 0.0)] {
        let sound = level(seconds, loudness);
        let right = &nothing.repeat(10)[..sound.len()];
        let activity = pass_through(node.as_mut(), &sound, right, loudness == 0.0);
        assert_eq!(activity, Activity::Sounding, "silence is history as well");
    }
    let data = history(&mut monitor, 20);
    assert!((data.seconds_per_point - 30.0).abs() < 1e-9);
    assert_eq!((data.peak_db.len(), data.rms_db.len()), (20, 20));
    for point in 0..19 {
        assert!(near(data.peak_db[point], -20.0), "the first minute is gone");
        assert!(near(data.rms_db[point], -23.01), "one side of two");
    }
    assert_eq!((data.peak_db[19], data.rms_db[19]), (None, None));
    assert_eq!(history(&mut monitor, 0).peak_db, [None]);
    assert_eq!(history(&mut monitor, 100_000).peak_db.len(), 12_000);
}
