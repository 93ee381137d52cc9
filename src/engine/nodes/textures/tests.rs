//! What textures must do: start and end softly, keep their level, know the tempo, repeat.

use super::*;
use crate::engine::node::{AudioIn, AudioOut, BlockTime};
use crate::model::graph::NodeSpec;

const RATE: f32 = 48_000.0;

fn build(id: &str, seed: u64, params: &[(&str, f64)]) -> Box<dyn Processor> {
    let all = node_types();
    let kind = all.iter().find(|t| t.descriptor.id == id).unwrap();
    let mut spec = NodeSpec {
        id: "t".into(),
        kind: id.into(),
        params: Default::default(),
        config: Default::default(),
    };
    for (id, value) in params {
        spec.param(id, *value);
    }
    let settings = Settings::new(&spec, kind.descriptor).unwrap();
    (kind.build)(&BuildContext::new(RATE, seed), &settings).unwrap()
}

fn on(node: &mut Box<dyn Processor>, velocity: f32) {
    node.handle(Event::NoteOn { note: 1, pitch: 60.0, velocity });
}

fn render(node: &mut Box<dyn Processor>, seconds: f32, block: usize) -> [Vec<f32>; 2] {
    let frames = (seconds * RATE) as usize;
    let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
    for (l, r) in left.chunks_mut(block).zip(right.chunks_mut(block)) {
        let count = l.len();
        l.fill(f32::NAN);
        r.fill(f32::NAN);
        let time = BlockTime { playing: true, ..BlockTime::REST };
        let mut outputs = [AudioOut { left: &mut *l, right: &mut *r }];
        let mut io =
            Io { frames: count, inputs: &[], outputs: &mut outputs, time, live: AudioIn::SILENCE };
        if node.process(&mut io) == Activity::Silent {
            l.fill(0.0);
            r.fill(0.0);
        }
    }
    [left, right]
}

fn rms_db(samples: &[f32]) -> f32 {
    let sum: f64 = samples.iter().map(|x| f64::from(x * x)).sum();
    10.0 * (sum / samples.len() as f64).max(1e-20).log10() as f32
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |m, x| m.max(x.abs()))
}

#[test]
fn beds_hold_a_level_and_fade_out() {
    for (id, low, high) in [
        ("texture.vinyl", -56.0, -36.0),
        ("texture.rain", -46.0, -28.0),
        ("texture.wind", -46.0, -28.0),
    ] {
        let mut bed = build(id, 1, &[]);
        assert!(peak(&render(&mut bed, 0.1, 64)[0]) == 0.0);
        on(&mut bed, 0.8);
        let start = render(&mut bed, 0.05, 64);
        let [left, right] = render(&mut bed, 6.0, 64);
        let level = rms_db(&left[96_000..]);
        assert!((low..high).contains(&level), "{id}: {level} dBFS RMS");
        assert!(rms_db(&start[0]) < level - 6.0, "{id} starts at {}", rms_db(&start[0]));
        // Two channels that tell different stories: their correlation stays below 0.95.
        let both: f64 = left.iter().zip(&right).map(|(l, r)| f64::from(l * r)).sum();
        let power = |x: &[f32]| x.iter().map(|x| f64::from(x * x)).sum::<f64>();
        assert!(both / (power(&left) * power(&right)).sqrt() < 0.95, "{id}");
        bed.handle(Event::NoteOff { note: 1 });
        render(&mut bed, 8.0, 64);
        assert!(peak(&render(&mut bed, 0.5, 64)[0]) == 0.0, "{id} does not end");
    }
}

#[test]
fn a_riser_rises_in_its_beats() {
    let mut riser = build("fx.riser", 1, &[("beats", 4.0)]);
    on(&mut riser, 0.8);
    let [left, _] = render(&mut riser, 2.0, 64);
    let quarter = |i: usize| rms_db(&left[i * 24_000..][..24_000]);
    assert!((1..4).all(|i| quarter(i) > quarter(i - 1) + 1.0));
    let crossings = |part: &[f32]| part.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
    assert!(crossings(&left[84_000..]) > 4 * crossings(&left[..12_000]));
    riser.handle(Event::NoteOff { note: 1 });
    render(&mut riser, 1.0, 64);
    assert_eq!(peak(&render(&mut riser, 0.1, 64)[0]), 0.0);
}

#[test]
fn an_impact_is_deep_and_ends() {
    let mut impact = build("fx.impact", 1, &[]);
    on(&mut impact, 0.8);
    let [left, _] = render(&mut impact, 2.0, 64);
    let top = 20.0 * peak(&left).log10();
    assert!((-12.0..-3.0).contains(&top), "{top} dBFS");
    let crossings = left[24_000..48_000].windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
    assert!(crossings > 10, "{crossings}");
    render(&mut impact, 10.0, 64);
    assert_eq!(peak(&render(&mut impact, 0.1, 64)[0]), 0.0);
}

#[test]
fn a_reverse_cymbal_swells_to_its_end_and_stops() {
    let mut reverse = build("fx.reverse", 1, &[("beats", 2.0)]);
    on(&mut reverse, 0.8);
    // Two beats at 120 BPM are one second.
    let [left, _] = render(&mut reverse, 1.2, 64);
    let level = |from: usize| rms_db(&left[from..from + 4800]);
    assert!(level(43_000) > level(24_000) + 8.0 && level(24_000) > level(4800) + 8.0);
    assert!(rms_db(&left[52_800..]) < level(43_000) - 60.0);
}

#[test]
fn textures_repeat_whatever_the_blocks_and_stay_finite() {
    for kind in node_types() {
        let run = |block, seed| {
            let mut node = build(kind.descriptor.id, seed, &[("tone", 1.0), ("pan", 0.4)]);
            on(&mut node, 1.0);
            let a = render(&mut node, 1.0, block);
            node.handle(Event::Param { index: 0, value: -6.0 });
            node.handle(Event::NoteOff { note: 1 });
            [a, render(&mut node, 1.0, block)].concat()
        };
        let whole = run(64, 5);
        assert!(whole == run(23, 5), "{}", kind.descriptor.id);
        assert!(whole != run(64, 6), "{}", kind.descriptor.id);
        assert!(whole.iter().flatten().all(|x| x.is_finite() && x.abs() < 1.5));
    }
}
