use super::*;
use crate::engine::plan::{Handles, compile};
use crate::engine::toys;
use crate::model::graph::GraphSpec;
use crate::model::units::{Bpm, Seed};
use proptest::prelude::*;

fn handles() -> Handles {
    let mut graph = GraphSpec::default();
    graph.add("keys", "toy.pulse");
    graph.add("keys.strip", "mix.strip");
    graph.add("out", "mix.bus");
    compile(&graph, &toys::registry(), SampleRate::HZ_48000, Seed(0)).unwrap().1
}

fn part(notes: &[(f64, f64, u8)], controls: &[(f64, &str, &str, f32)]) -> Part {
    Part {
        id: "keys".into(),
        name: "Keys".into(),
        drums: false,
        program: 4,
        notes: notes
            .iter()
            .map(|&(beat, beats, pitch)| Note { beat, beats, pitch, velocity: 0.5 })
            .collect(),
        controls: controls
            .iter()
            .map(|&(beat, node, param, value)| Control {
                beat,
                node: node.into(),
                param: param.into(),
                value,
            })
            .collect(),
    }
}

fn schedule(parts: &[Part]) -> Result<Schedule, ScheduleError> {
    let tempo = TempoMap::constant(Bpm::clamped(120.0));
    Schedule::from_parts(parts, &tempo, 4.0, &handles(), SampleRate::HZ_48000)
}

#[test]
fn notes_become_pairs_at_their_frames() {
    let schedule = schedule(&[part(&[(1.0, 0.5, 60)], &[])]).unwrap();
    let on = Event::NoteOn { note: 1, pitch: 60.0, velocity: 0.5 };
    assert_eq!(
        schedule.events(0),
        [
            Timed { frame: 24_000, event: on },
            Timed { frame: 36_000, event: Event::NoteOff { note: 1 } }
        ]
    );
    assert_eq!(schedule.length(), 96_000);
    assert_eq!(schedule.events(1), []);
    assert_eq!(schedule.events(99), []);
}

#[test]
fn at_one_frame_releases_come_before_movements_before_starts() {
    let schedule =
        schedule(&[part(&[(0.0, 1.0, 60), (1.0, 1.0, 62)], &[(1.0, "keys", "level", 9.0)])])
            .unwrap();
    let at_beat = schedule
        .events(0)
        .iter()
        .filter(|e| e.frame == 24_000)
        .map(|e| e.event)
        .collect::<Vec<_>>();
    assert_eq!(
        at_beat,
        [
            Event::NoteOff { note: 1 },
            Event::Param { index: 0, value: 1.0 },
            Event::NoteOn { note: 2, pitch: 62.0, velocity: 0.5 },
        ],
        "and the value is clamped"
    );
}

#[test]
fn a_repeated_pitch_ends_the_note_before() {
    let schedule = schedule(&[part(&[(0.0, 3.0, 60), (1.0, 0.25, 60)], &[])]).unwrap();
    let events = schedule.events(0).iter().map(|e| (e.frame, e.event)).collect::<Vec<_>>();
    assert_eq!(events.len(), 4);
    assert_eq!(events[1], (24_000, Event::NoteOff { note: 1 }));
    assert!(matches!(events[2], (24_000, Event::NoteOn { note: 2, .. })));
    assert_eq!(events[3], (30_000, Event::NoteOff { note: 2 }));
}

#[test]
fn bends_and_movements_of_other_nodes_find_their_way() {
    let controls = [(0.5, "keys", "bend", 2.0), (0.5, "keys.strip", "pan", -5.0)];
    let schedule = schedule(&[part(&[], &controls)]).unwrap();
    assert_eq!(schedule.events(0)[0].event, Event::Bend { semitones: 2.0 });
    assert_eq!(schedule.events(1)[0].event, Event::Param { index: 1, value: -1.0 });
}

#[test]
fn misfits_are_named_with_a_way_out() {
    let fails = |part: Part| schedule(&[part]).err().unwrap();
    let mut lost = part(&[(0.0, 1.0, 60)], &[]);
    lost.id = "key".into();
    assert_eq!(fails(lost).hint(), "Did you mean 'keys'?");
    let mut mute = part(&[(0.0, 1.0, 60)], &[]);
    mute.id = "keys.strip".into();
    assert!(matches!(fails(mute), ScheduleError::NotPlayable { kind: "mix.strip", .. }));
    assert!(matches!(
        fails(part(&[], &[(0.0, "bass", "pan", 0.0)])),
        ScheduleError::UnknownNode { .. }
    ));
    let error = fails(part(&[], &[(0.0, "keys.strip", "pam", 0.0)]));
    assert!(error.hint().contains("gain_db, pan, width, mute"), "{}", error.hint());
    assert!(matches!(
        fails(part(&[], &[(0.0, "keys.strip", "bend", 0.0)])),
        ScheduleError::UnknownParam { .. }
    ));
    for bad in [
        (-0.1, 1.0, 60),
        (0.0, 0.0, 60),
        (f64::NAN, 1.0, 60),
        (0.0, f64::INFINITY, 60),
        (0.0, 1.0, 128),
    ] {
        assert!(matches!(fails(part(&[bad], &[])), ScheduleError::BadNumber { .. }), "{bad:?}");
    }
    let twice = [part(&[], &[]), part(&[], &[])];
    assert!(matches!(schedule(&twice), Err(ScheduleError::DuplicatePart { .. })));
}

proptest! {
    /// Whatever the score, every note ends, after it started, and events ascend.
    #[test]
    fn notes_are_balanced(notes in prop::collection::vec((0.0f64..8.0, 1e-9f64..3.0, 58u8..62), 0..60)) {
        let schedule = schedule(&[part(&notes, &[])]).unwrap();
        let events = schedule.events(0);
        prop_assert!(events.windows(2).all(|w| w[0].frame <= w[1].frame));
        let mut started = BTreeMap::new();
        let mut ended = 0;
        for timed in events {
            match timed.event {
                Event::NoteOn { note, .. } => {
                    prop_assert!(started.insert(note, timed.frame).is_none());
                }
                Event::NoteOff { note } => {
                    ended += 1;
                    prop_assert!(started.get(&note).is_some_and(|start| *start < timed.frame));
                }
                _ => prop_assert!(false),
            }
        }
        prop_assert!(started.len() <= notes.len());
        prop_assert_eq!(ended, started.len());
    }
}
