//! What a kit must do, measured: levels, pitches, decays, chokes, and what velocity and seeds change.

use super::*;
use crate::engine::node::{
    Activity, AudioIn, AudioOut, BLOCK, BlockTime, BuildContext, Event, Io, Processor, Settings,
};
use crate::model::graph::NodeSpec;

const RATE: f32 = 48_000.0;

fn build(kind: &NodeType, seed: u64, params: &[(&str, f64)]) -> Box<dyn Processor> {
    let mut spec = NodeSpec {
        id: "drums".to_owned(),
        kind: kind.descriptor.id.to_owned(),
        params: Default::default(),
        config: Default::default(),
    };
    for (id, value) in params {
        spec.param(id, *value);
    }
    let settings = Settings::new(&spec, kind.descriptor).unwrap();
    (kind.build)(&BuildContext::new(RATE, seed), &settings).unwrap()
}

fn kit(id: &str, seed: u64) -> Box<dyn Processor> {
    let all = node_types();
    build(
        all.iter().find(|t| t.descriptor.id == id).unwrap(),
        seed,
        &[("room", 0.0), ("drive", 0.0)],
    )
}

fn strike(kit: &mut Box<dyn Processor>, note: u8, velocity: f32) {
    kit.handle(Event::NoteOn { note: u32::from(note), pitch: f32::from(note), velocity });
}

/// Renders and gives left and right of each port.
fn render(kit: &mut Box<dyn Processor>, frames: usize, block: usize) -> [[Vec<f32>; 2]; 4] {
    let mut all: [[Vec<f32>; 2]; 4] = Default::default();
    let mut done = 0;
    while done < frames {
        let count = block.min(frames - done);
        let mut buffers = vec![vec![f32::NAN; count]; 8];
        let activity = {
            let mut outputs: Vec<AudioOut<'_>> = buffers
                .chunks_exact_mut(2)
                .map(|pair| {
                    let (l, r) = pair.split_at_mut(1);
                    AudioOut { left: &mut l[0], right: &mut r[0] }
                })
                .collect();
            let time = BlockTime { frame: done as u64, playing: true, ..BlockTime::REST };
            kit.process(&mut Io {
                frames: count,
                inputs: &[],
                outputs: &mut outputs,
                time,
                live: AudioIn::SILENCE,
            })
        };
        for (i, buffer) in buffers.iter().enumerate() {
            let out = &mut all[i / 2][i % 2];
            match activity {
                Activity::Sounding => out.extend_from_slice(buffer),
                Activity::Silent => out.extend(std::iter::repeat_n(0.0, count)),
            }
        }
        done += count;
    }
    all
}

/// Left plus right of one port after one hit.
fn hear(id: &str, note: u8, velocity: f32, port: usize, seconds: f32) -> Vec<f32> {
    let mut kit = kit(id, 1);
    strike(&mut kit, note, velocity);
    let out = render(&mut kit, (seconds * RATE) as usize, BLOCK);
    out[port][0].iter().zip(&out[port][1]).map(|(l, r)| l + r).collect()
}

fn peak_db(samples: &[f32]) -> f32 {
    20.0 * samples.iter().fold(0.0_f32, |m, x| m.max(x.abs())).max(1e-9).log10()
}

fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|x| f64::from(x * x)).sum()
}

/// Spectral centroid in Hz, from the zero-crossing-free formula: the ratio of the power of the derivative to the power.
fn centroid(samples: &[f32]) -> f64 {
    let slope: f64 = samples.windows(2).map(|w| f64::from(w[1] - w[0]).powi(2)).sum();
    // |1 - e^(-iw)| = 2 sin(w / 2).
    ((slope / energy(samples)).sqrt() * 0.5).min(1.0).asin() * f64::from(RATE)
        / std::f64::consts::PI
}

/// Fundamental in Hz from upward zero crossings of a stretch.
fn pitch(samples: &[f32]) -> f32 {
    let up: Vec<usize> =
        (1..samples.len()).filter(|&i| samples[i - 1] < 0.0 && samples[i] >= 0.0).collect();
    (up.len() - 1) as f32 * RATE / (up[up.len() - 1] - up[0]) as f32
}

/// Notes that every kit answers, with their port.
const NOTES: [(&[u8], usize); 4] = [
    (&[35, 36], 0),
    (&[37, 38, 39, 40], 1),
    (&[42, 44, 46, 49, 51, 52, 53, 57, 59], 2),
    (&[41, 43, 45, 47, 48, 50, 54, 56, 60, 61, 62, 63, 64, 69, 70, 75, 76, 77, 82, 83], 3),
];

#[test]
fn all_kits_answer_all_notes_at_the_right_output() {
    for kind in node_types() {
        let mut kit = build(&kind, 3, &[]);
        for (notes, port) in NOTES {
            for &note in notes {
                kit.reset();
                strike(&mut kit, note, 0.8);
                let out = render(&mut kit, 12_000, BLOCK);
                for (p, [left, right]) in out.iter().enumerate() {
                    let heard = energy(left) + energy(right);
                    assert!(
                        (heard > 1e-4) == (p == port),
                        "{} {note}: port {p} {heard}",
                        kind.descriptor.id
                    );
                }
            }
        }
    }
}

#[test]
fn nominal_levels_fit_the_mixer() {
    for kind in node_types() {
        let id = kind.descriptor.id;
        let table =
            [(36, 0, -6.0, 2.5), (42, 2, -18.0, 2.5), (46, 2, -17.0, 2.5), (51, 2, -17.0, 2.5)];
        let snare = if id == "drum.brush" { (38, 1, -12.0, 2.5) } else { (38, 1, -8.0, 2.5) };
        for (note, port, want, tolerance) in table.into_iter().chain([snare]) {
            let mut kit = build(&kind, 5, &[]);
            strike(&mut kit, note, 0.8);
            let out = render(&mut kit, 24_000, BLOCK);
            let got = peak_db(&out[port][0]).max(peak_db(&out[port][1]));
            assert!((got - want).abs() <= tolerance, "{id} {note}: {got} dBFS, wanted {want}");
        }
    }
}

#[test]
fn kicks_are_low_and_have_their_length() {
    for (id, low, high, length) in [
        ("drum.acoustic", 48.0, 70.0, 0.13),
        ("drum.brush", 55.0, 72.0, 0.2),
        ("drum.lofi", 45.0, 65.0, 0.11),
        ("drum.909", 46.0, 58.0, 0.16),
        ("drum.808", 44.0, 54.0, 0.42),
        ("drum.pop", 44.0, 58.0, 0.13),
    ] {
        let kick = hear(id, 36, 0.8, 0, 1.5);
        let hz = pitch(&kick[5000..14_000]);
        assert!((low..high).contains(&hz), "{id}: {hz} Hz");
        // Level falls by 8.7 dB in each time constant; compare two windows one constant apart.
        let window = |at: f32| energy(&kick[(at * RATE) as usize..][..4000]);
        let fall = 10.0 * (window(0.12) / window(0.12 + length)).log10();
        assert!((6.0..12.0).contains(&fall), "{id}: {fall} dB in {length} s");
    }
}

#[test]
fn closed_and_pedal_hats_choke_the_open_one() {
    for id in node_types().iter().map(|t| t.descriptor.id) {
        for by in [42, 44] {
            let tail = |choke: bool| {
                let mut kit = kit(id, 1);
                strike(&mut kit, 46, 0.9);
                render(&mut kit, 4800, BLOCK);
                if choke {
                    strike(&mut kit, by, 0.02);
                }
                energy(&render(&mut kit, 9600, BLOCK)[2][0][4800..])
            };
            assert!(
                tail(true) < 0.05 * tail(false),
                "{id} by {by}: {} of {}",
                tail(true),
                tail(false)
            );
        }
    }
}

#[test]
fn harder_hits_are_brighter_not_only_louder() {
    for id in node_types().iter().map(|t| t.descriptor.id) {
        for (note, port) in [(36, 0), (38, 1), (42, 2), (51, 2), (45, 3)] {
            let at = |velocity| centroid(&hear(id, note, velocity, port, 0.25));
            let (soft, hard) = (at(0.3), at(1.0));
            assert!(hard > 1.03 * soft, "{id} {note}: {soft} to {hard} Hz");
        }
    }
}

#[test]
fn ghost_notes_are_soft() {
    let level = |velocity| peak_db(&hear("drum.acoustic", 38, velocity, 1, 0.3));
    let fall = level(0.8) - level(0.27);
    assert!((11.0..22.0).contains(&fall), "{fall} dB");
}

#[test]
fn the_same_seed_repeats_and_hits_and_seeds_differ() {
    let run = |seed, block| {
        let mut kit = kit("drum.acoustic", seed);
        strike(&mut kit, 42, 0.8);
        let first = render(&mut kit, 9600, block);
        strike(&mut kit, 42, 0.8);
        (first[2][0].clone(), render(&mut kit, 9600, block)[2][0].clone())
    };
    let (a, b) = run(9, 64);
    assert!(run(9, 64) == (a.clone(), b.clone()));
    assert!(run(10, 64).0 != a);
    assert!(a != b, "a machine gun");
}

#[test]
fn the_cut_of_time_does_not_change_the_sound() {
    for kind in node_types() {
        let run = |block| {
            let mut kit = build(&kind, 4, &[]);
            let mut all = Vec::new();
            for note in [36, 42, 38, 46, 49, 45, 39, 42, 40, 54, 51, 51] {
                strike(&mut kit, note, 0.7);
                for port in render(&mut kit, 2400, block) {
                    all.push(port);
                }
            }
            all
        };
        // The room folds several frames into one step, so a cut may change the rounding and nothing else.
        let (whole, cut) = (run(64), run(37));
        let pairs = whole.iter().flatten().flatten().zip(cut.iter().flatten().flatten());
        let worst = pairs.fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        assert!(worst < 1e-5, "{}: {worst}", kind.descriptor.id);
    }
}

#[test]
fn every_drum_ends_in_silence_without_a_click_or_an_offset() {
    for kind in node_types() {
        for (notes, port) in
            [(&[36][..], 0), (&[38, 39], 1), (&[42, 46, 49], 2), (&[45, 54, 82], 3)]
        {
            for &note in notes {
                let mut kit = build(&kind, 2, &[]);
                strike(&mut kit, note, 1.0);
                let mut tail = Vec::new();
                let mut silent = false;
                // The longest thing is a crash: 12 s must do.
                for _ in 0..60 {
                    let out = render(&mut kit, 9600, BLOCK);
                    if out.iter().flatten().flatten().all(|&x| x == 0.0) {
                        silent = true;
                        break;
                    }
                    tail = out[port][0].clone();
                }
                let id = kind.descriptor.id;
                assert!(silent, "{id} {note} never ends");
                // The last stretch before the zeros is soft already.
                let end = tail.iter().rposition(|&x| x != 0.0).unwrap_or(0);
                let last = peak_db(&tail[end.saturating_sub(48)..=end]);
                assert!(last < -78.0, "{id} {note} stops at {last} dBFS");
            }
        }
    }
}

#[test]
fn extremes_stay_finite_and_strange_notes_are_silent() {
    for kind in node_types() {
        let mut kit =
            build(&kind, 2, &[("tune", 12.0), ("decay", 3.0), ("drive", 1.0), ("tone", 1.0)]);
        for (pitch, velocity) in [
            (36.0, 1e-9),
            (0.0, 1.0),
            (127.0, 1.0),
            (1e9, 1.0),
            (f32::NAN, 1.0),
            (38.0, f32::NAN),
            (42.0, 9.0),
        ] {
            kit.handle(Event::NoteOn { note: 1, pitch, velocity });
            let out = render(&mut kit, 2400, 50);
            assert!(out.iter().flatten().flatten().all(|x| x.is_finite() && x.abs() < 4.0));
        }
        kit.reset();
        assert!(render(&mut kit, 640, 64).iter().flatten().flatten().all(|&x| x == 0.0));
        kit.handle(Event::NoteOn { note: 1, pitch: 20.0, velocity: 1.0 });
        assert!(render(&mut kit, 640, 64).iter().flatten().flatten().all(|&x| x == 0.0));
    }
}

#[test]
fn a_roll_does_not_pile_up() {
    for id in node_types().iter().map(|t| t.descriptor.id) {
        for (note, port) in [(36, 0), (38, 1), (42, 2)] {
            let mut kit = kit(id, 1);
            let mut peak = -100.0_f32;
            for _ in 0..64 {
                strike(&mut kit, note, 0.8);
                peak = peak.max(peak_db(&render(&mut kit, 1500, BLOCK)[port][0]));
            }
            let one = peak_db(&hear(id, note, 0.8, port, 0.3)) - 6.0;
            assert!(peak < one + 7.0, "{id} {note}: {peak} against {one}");
        }
    }
}

#[test]
fn a_bad_seed_is_explained() {
    let all = node_types();
    let mut spec = NodeSpec {
        id: "d".into(),
        kind: "drum.808".into(),
        params: Default::default(),
        config: Default::default(),
    };
    spec.config("seed", "blue");
    for kind in &all {
        let settings = Settings::new(&spec, kind.descriptor).unwrap();
        let error = (kind.build)(&BuildContext::new(RATE, 0), &settings).err().unwrap();
        assert!(error.to_string().contains("blue"));
    }
}
