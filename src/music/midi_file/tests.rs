use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::key::Key;
use crate::model::tempo::{Metre, TempoMap, TempoPoint};
use crate::model::units::Bpm;
use crate::music::score::{ChordSpan, Note, Section};

fn note(beat: f64, beats: f64, pitch: u8) -> Note {
    Note { beat, beats, pitch, velocity: 0.8 }
}

fn part(id: &str, drums: bool, notes: Vec<Note>) -> Part {
    Part { id: id.into(), name: id.to_uppercase(), drums, program: 4, notes, controls: vec![] }
}

fn score(parts: Vec<Part>) -> Score {
    Score {
        key: "F# dorian".parse::<Key>().expect("a key"),
        metre: Metre { numerator: 6, denominator: 8 },
        tempo: TempoMap::constant(Bpm::clamped(90.0)),
        length_beats: 12.0,
        sections: vec![Section { name: "verse 1".into(), beat: 3.0, bars: 2, energy: 0.5 }],
        chords: vec![ChordSpan { beat: 3.0, beats: 3.0, symbol: "F#m9".into() }],
        parts,
    }
}

/// Every event of a track with its absolute tick.
fn events<'a>(smf: &Smf<'a>, track: usize) -> Vec<(u32, TrackEventKind<'a>)> {
    let mut at = 0;
    smf.tracks[track]
        .iter()
        .map(|e| {
            at += e.delta.as_int();
            (at, e.kind)
        })
        .collect()
}

#[test]
fn the_piece_reads_back_as_it_was_written() {
    let bytes = write(
        &score(vec![
            part("keys", false, vec![note(0.0, 1.0, 60)]),
            part("drums", true, vec![note(1.0, 0.5, 36)]),
        ]),
        "A title",
    );
    let smf = Smf::parse(&bytes).expect("a MIDI file");
    assert_eq!(smf.header.format, Format::Parallel);
    assert_eq!(smf.header.timing, Timing::Metrical(u15::new(960)));
    assert_eq!(smf.tracks.len(), 3);
    let head = events(&smf, 0);
    for wanted in [
        (0, MetaMessage::TrackName(b"A title")),
        (0, MetaMessage::TimeSignature(6, 3, 24, 8)),
        (0, MetaMessage::KeySignature(4, true)),
        (0, MetaMessage::Tempo(u24::new(666_667))),
        (2880, MetaMessage::Marker(b"verse 1")),
        (2880, MetaMessage::Text(b"F#m9")),
        (11_520, MetaMessage::EndOfTrack),
    ] {
        assert!(
            head.contains(&(wanted.0, TrackEventKind::Meta(wanted.1))),
            "{wanted:?} in {head:?}"
        );
    }
    let keys = events(&smf, 1);
    assert!(keys.iter().any(|(t, k)| *t == 0 && matches!(k, TrackEventKind::Midi { message: MidiMessage::ProgramChange { program }, .. } if program.as_int() == 4)));
    let drums = events(&smf, 2);
    assert!(drums.iter().any(|(t, k)| *t == 960 && matches!(k, TrackEventKind::Midi { channel, message: MidiMessage::NoteOn { key, vel } } if channel.as_int() == 9 && key.as_int() == 36 && vel.as_int() == 102)));
}

#[test]
fn a_ramp_lasts_as_long_as_steps_as_it_does_in_the_score() {
    let mut piece = score(vec![]);
    let point = |beat, bpm, ramp| TempoPoint { beat, bpm: Bpm::clamped(bpm), ramp };
    piece.tempo = TempoMap::from_points(vec![
        point(0.0, 120.0, false),
        point(8.0, 120.0, true),
        point(12.0, 70.0, false),
    ]);
    let bytes = write(&piece, "");
    let smf = Smf::parse(&bytes).expect("a MIDI file");
    let mut seconds = 0.0;
    let mut last = (0u32, 500_000u32);
    for (at, kind) in events(&smf, 0) {
        seconds += f64::from(at - last.0) * f64::from(last.1) / 960e6;
        last.0 = at;
        if let TrackEventKind::Meta(MetaMessage::Tempo(micros)) = kind {
            last.1 = micros.as_int();
        }
    }
    assert!((seconds - piece.tempo.seconds_at(12.0)).abs() < 1e-4, "{seconds}");
}

#[test]
fn bends_and_filters_are_kept_and_strangers_dropped() {
    let mut keys = part("keys", false, vec![]);
    let movement = |node: &str, param: &str, value| Control {
        beat: 1.0,
        node: node.into(),
        param: param.into(),
        value,
    };
    keys.controls = vec![
        movement("keys", "bend", 12.0),
        movement("keys", "cutoff", 20_000.0),
        movement("keys", "odd", 1.0),
        movement("keys.eq", "cutoff", 20.0),
    ];
    let bytes = write(&score(vec![keys]), "");
    let smf = Smf::parse(&bytes).expect("a MIDI file");
    let moved =
        events(&smf, 1).into_iter().filter(|(t, _)| *t == 960).map(|(_, k)| k).collect::<Vec<_>>();
    assert_eq!(moved.len(), 2, "{moved:?}");
    assert!(moved.iter().any(|k| matches!(k, TrackEventKind::Midi { message: MidiMessage::Controller { controller, value }, .. } if controller.as_int() == 74 && value.as_int() == 127)));
    assert!(moved.iter().any(|k| matches!(k, TrackEventKind::Midi { message: MidiMessage::PitchBend { bend }, .. } if bend.as_f32() > 0.99)));
}

#[test]
fn sixteen_pitched_parts_never_take_the_drum_channel() {
    let parts = (0..16).map(|i| part(&format!("p{i}"), false, vec![note(0.0, 1.0, 60)])).collect();
    let bytes = write(&score(parts), "");
    let smf = Smf::parse(&bytes).expect("a MIDI file");
    for track in 1..=16 {
        for (_, kind) in events(&smf, track) {
            if let TrackEventKind::Midi { channel, .. } = kind {
                assert_ne!(channel.as_int(), 9);
            }
        }
    }
}

proptest! {
    #[test]
    fn no_note_sticks_or_is_struck_twice(raw in prop::collection::vec((-0.1f64..12.0, 0.0f64..6.0, 58u8..64), 0..60)) {
        let mut notes = raw.into_iter().map(|(b, l, p)| note(b, l, p)).collect::<Vec<_>>();
        notes.sort_by(|a, b| a.beat.total_cmp(&b.beat));
        let bytes = write(&score(vec![part("keys", false, notes)]), "t");
        let smf = Smf::parse(&bytes).expect("a MIDI file");
        let mut down: BTreeMap<u8, u32> = BTreeMap::new();
        for (_, kind) in events(&smf, 1) {
            if let TrackEventKind::Midi { message, .. } = kind {
                match message {
                    MidiMessage::NoteOn { key, .. } => {
                        prop_assert!(down.insert(key.as_int(), 1).is_none(), "struck twice");
                    }
                    MidiMessage::NoteOff { key, .. } => {
                        prop_assert!(down.remove(&key.as_int()).is_some(), "released twice");
                    }
                    _ => {}
                }
            }
        }
        prop_assert!(down.is_empty(), "stuck");
    }
}
