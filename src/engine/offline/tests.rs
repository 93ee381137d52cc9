use super::*;
use crate::engine::plan::compile;
use crate::engine::processor::GraphProcessor;
use crate::engine::toys;
use crate::model::graph::GraphSpec;
use crate::model::tempo::TempoMap;
use crate::model::units::{Bpm, SampleRate, Seed};
use crate::music::score::{Control, Note, Part};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// Keeps all that it is given.
#[derive(Default, PartialEq, Debug)]
struct Tape {
    taps: Vec<(Vec<f32>, Vec<f32>)>,
    fail_at: Option<usize>,
}

impl Sink for Tape {
    fn write(&mut self, tap: usize, left: &[f32], right: &[f32]) -> Result<(), SinkError> {
        assert_eq!(left.len(), right.len());
        if self.taps.len() <= tap {
            self.taps.resize(tap + 1, (Vec::new(), Vec::new()));
        }
        self.taps[tap].0.extend_from_slice(left);
        self.taps[tap].1.extend_from_slice(right);
        match self.fail_at {
            Some(frames) if self.taps[tap].0.len() >= frames => Err("the disk is full".into()),
            _ => Ok(()),
        }
    }
}

/// Eight parts with chains of different latency, a send from all to one return, and a node that no one hears.
fn graph() -> GraphSpec {
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus");
    graph.add("send", "mix.bus");
    graph.add("send.late", "toy.late").config("frames", "211");
    graph.add("send.strip", "mix.strip").param("width", 0.0);
    for part in 0..8 {
        let id = format!("p{part}");
        graph.add(&id, "toy.pulse");
        graph.add(format!("{id}.late"), "toy.late").config("frames", (part * 5).to_string());
        graph.add(format!("{id}.strip"), "mix.strip").param("pan", f64::from(part) / 4.0 - 1.0);
        graph.connect(&id, &format!("{id}.late"));
        graph.connect(&format!("{id}.late"), &format!("{id}.strip"));
        graph.connect(&format!("{id}.strip"), "out");
        graph.connect_ports((&id, "other"), ("send", "in"), -7.0);
    }
    graph.add("unheard", "mix.bus");
    graph.connect("p0", "unheard");
    graph.connect("send", "send.late");
    graph.connect("send.late", "send.strip");
    graph.connect("send.strip", "out");
    graph
}

fn parts() -> Vec<Part> {
    (0..8)
        .map(|part| Part {
            id: format!("p{part}"),
            name: String::new(),
            drums: false,
            program: 0,
            notes: (0..20)
                .map(|i| Note {
                    beat: f64::from(i) * 0.113 + f64::from(part) * 0.01,
                    beats: 0.05,
                    pitch: 60,
                    velocity: 0.7,
                })
                .collect(),
            controls: vec![Control {
                beat: 0.77,
                node: format!("p{part}.strip"),
                param: "gain_db".into(),
                value: -9.0,
            }],
        })
        .collect()
}

fn prepared() -> (Plan, Schedule) {
    let (plan, handles) =
        compile(&graph(), &toys::registry(), SampleRate::HZ_48000, Seed(3)).unwrap();
    let tempo = TempoMap::constant(Bpm::clamped(101.0));
    let schedule =
        Schedule::from_parts(&parts(), &tempo, 3.0, &handles, SampleRate::HZ_48000).unwrap();
    (plan, schedule)
}

static NEVER: AtomicBool = AtomicBool::new(false);

fn options(threads: usize, end: End) -> Options<'static> {
    Options { threads, end, cancel: &NEVER, progress: &|_| () }
}

fn rendered(threads: usize, end: End) -> (Rendered, Tape) {
    let (plan, schedule) = prepared();
    let mut tape = Tape::default();
    let result = render(plan, &schedule, &options(threads, end), &mut tape).unwrap();
    (result, tape)
}

#[test]
fn any_number_of_threads_renders_what_a_callback_would_play() {
    const FRAMES: usize = 90_001;
    let (plan, schedule) = prepared();
    let latency = plan.latency() as usize;
    assert_eq!(latency, 211);
    let mut player = GraphProcessor::new(plan, Arc::new(schedule));
    let (mut left, mut right) = (vec![0.0; FRAMES + latency], vec![0.0; FRAMES + latency]);
    for (left, right) in left.chunks_mut(279).zip(right.chunks_mut(279)) {
        player.process(left, right);
    }
    let (result, one) = rendered(1, End::AtFrame(FRAMES as u64));
    assert_eq!(result.frames, FRAMES as u64);
    assert!(one.taps[0].0 == left[latency..] && one.taps[0].1 == right[latency..]);
    assert!(result.peaks.iter().all(|peak| *peak > 0.01), "{:?}", result.peaks);
    for threads in [0, 2, 3, 5] {
        assert!(
            rendered(threads, End::AtFrame(FRAMES as u64))
                == (result.clone(), Tape { taps: one.taps.clone(), fail_at: None })
        );
    }
}

#[test]
fn stems_sum_to_the_mix_bit_for_bit() {
    let (result, tape) = rendered(2, End::AtFrame(50_000));
    assert_eq!(tape.taps.len(), 10);
    assert_eq!(result.peaks.len(), 10);
    for frame in 0..50_000 {
        let sum = tape.taps[1..].iter().fold(0.0f32, |sum, tap| sum + tap.0[frame]);
        assert_eq!(sum, tape.taps[0].0[frame], "frame {frame}");
    }
}

#[test]
fn the_first_note_is_at_frame_zero_in_spite_of_the_latency() {
    let (_, tape) = rendered(2, End::AtFrame(1_000));
    assert!(tape.taps[1].0[0] != 0.0, "p0 starts at beat 0");
}

#[test]
fn it_ends_when_the_ring_out_is_inaudible() {
    let (result, tape) = rendered(2, End::AfterTail { max_seconds: 20.0 });
    assert_eq!(tape.taps[0].0.len() as u64, result.frames);
    let (_, schedule) = prepared();
    let hold = (2.0 * 60.0 / 101.0 * 48_000.0) as u64;
    let over = schedule.length().max(result.sounding_frames) + hold;
    assert!((over..over + 64).contains(&result.frames), "{result:?}");
    let last = result.sounding_frames as usize;
    assert!(tape.taps[0].0[last - 1].abs().max(tape.taps[0].1[last - 1].abs()) >= 1e-4);
    assert!(tape.taps[0].0[last..].iter().all(|x| x.abs() < 1e-4));
    let (short, _) = rendered(2, End::AfterTail { max_seconds: 0.25 });
    assert_eq!(short.frames, schedule.length() + 12_000);
}

#[test]
fn cancelling_stops_it_and_progress_ascends_to_one() {
    let (plan, schedule) = prepared();
    let cancel = AtomicBool::new(false);
    let calls = AtomicUsize::new(0);
    let stop = |_: f64| {
        if calls.fetch_add(1, Ordering::Relaxed) == 2 {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let options =
        Options { threads: 2, end: End::AtFrame(10_000_000), cancel: &cancel, progress: &stop };
    let error = render(plan, &schedule, &options, &mut Tape::default()).unwrap_err();
    assert!(matches!(error, RenderError::Cancelled));

    let (plan, schedule) = prepared();
    let shares = Mutex::new(Vec::new());
    let note = |share: f64| shares.lock().unwrap().push(share);
    let options = Options {
        threads: 2,
        end: End::AfterTail { max_seconds: 5.0 },
        cancel: &NEVER,
        progress: &note,
    };
    render(plan, &schedule, &options, &mut Tape::default()).unwrap();
    let shares = shares.into_inner().unwrap();
    assert!(shares.windows(2).all(|w| w[0] <= w[1]), "{shares:?}");
    assert_eq!(shares.last(), Some(&1.0));
}

#[test]
fn a_sink_that_fails_stops_it_with_its_cause() {
    let (plan, schedule) = prepared();
    let mut tape = Tape { fail_at: Some(4_000), ..Tape::default() };
    let error =
        render(plan, &schedule, &options(3, End::AtFrame(1_000_000)), &mut tape).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("the disk is full"));
    assert!(tape.taps[0].0.len() < 20_000);
}

#[test]
fn nothing_is_rendered_in_no_time() {
    let (result, tape) = rendered(2, End::AtFrame(0));
    assert_eq!((result.frames, tape.taps.len()), (0, 0));
}
