use std::io::Cursor;

use super::*;
use crate::engine::nodes::shelf::{Shelf, amplitude, at, build, note_on, run, sound_font};

fn font(config: &[(&str, &str)], params: &[(&str, f64)]) -> Result<Box<dyn Processor>, BuildError> {
    let mut all = vec![("file", "sine.sf2")];
    all.extend(config);
    let mut dry = vec![("reverb", 0.0)];
    dry.extend(params);
    build(&Shelf::default(), "inst.soundfont", &all, &dry)
}

fn play(node: &mut dyn Processor, frames: usize) -> Vec<f32> {
    let [left, _] = run(node, |f| at(f, 120.0), frames, 64);
    left
}

#[test]
fn keys_and_bends_sound_at_their_pitch() {
    for (pitch, bend, hz) in
        [(60.0, 0.0, 480.0), (72.0, 0.0, 960.0), (60.0, 7.0, 719.19), (72.0, -24.0, 240.0)]
    {
        let mut node = font(&[], &[]).unwrap();
        node.handle(Event::Bend { semitones: bend });
        note_on(node.as_mut(), 1, pitch, 1.0);
        let out = play(node.as_mut(), 48_000);
        let part = &out[4_800..];
        let power = (2.0 * part.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>()
            / part.len() as f64)
            .sqrt();
        let found = amplitude(part, hz);
        assert!(
            found > 0.05 && (found / power - 1.0).abs() < 0.02,
            "{pitch} {bend}: {found} of {power} at {hz} Hz"
        );
    }
}

#[test]
fn notes_end_and_the_node_falls_asleep_and_wakes() {
    let mut node = font(&[], &[]).unwrap();
    assert!(play(node.as_mut(), 640).iter().all(|x| *x == 0.0));
    note_on(node.as_mut(), 1, 60.0, 1.0);
    note_on(node.as_mut(), 2, 60.0, 1.0);
    node.handle(Event::NoteOff { note: 1 });
    let held = play(node.as_mut(), 9_600);
    assert!(held[4_800..].iter().any(|x| x.abs() > 0.05), "the second note of the key is held");
    node.handle(Event::NoteOff { note: 2 });
    let out = play(node.as_mut(), 96_000);
    assert!(out[90_000..].iter().all(|x| *x == 0.0), "asleep");
    note_on(node.as_mut(), 3, 64.0, 0.5);
    assert!(play(node.as_mut(), 9_600).iter().any(|x| x.abs() > 0.01));
    node.reset();
    assert!(play(node.as_mut(), 640).iter().all(|x| *x == 0.0));
}

#[test]
fn the_same_events_give_the_same_bits() {
    let sing = || {
        let mut node = font(&[("effects", "on")], &[("reverb", 0.5), ("chorus", 0.5)]).unwrap();
        let mut out = Vec::new();
        for note in 0..90 {
            note_on(node.as_mut(), note, 40.0 + (note % 50) as f32, 0.8);
            out.extend(play(node.as_mut(), 256));
            node.handle(Event::NoteOff { note: note / 2 });
        }
        out
    };
    let first = sing();
    assert!(first.iter().all(|x| x.is_finite() && x.abs() < 16.0));
    assert!(first == sing());
}

#[test]
fn a_preset_that_is_not_there_is_named_with_those_that_are() {
    let error = font(&[("program", "5")], &[]).err().unwrap();
    let BuildError::Asset { error, .. } = error else { panic!("{error}") };
    assert!(error.problem.contains("preset 5 in bank 0"), "{error:?}");
    assert!(error.hint.contains("0:0 Sine"), "{error:?}");
    assert!(font(&[("drums", "on")], &[]).is_err());
    for (key, value) in [("program", "128"), ("bank", "1.5"), ("drums", "maybe"), ("file", "")] {
        assert!(matches!(font(&[(key, value)], &[]), Err(BuildError::BadConfig { .. })), "{key}");
    }
}

#[test]
fn keys_that_would_outrun_their_loop_stay_silent() {
    // The loop begins at frame 500 and ends at 1500 of the sample; the headers are the last 92 bytes.
    let mut bytes = sound_font::minimal(b"");
    let header = bytes.len() - 92;
    bytes[header + 32..header + 36].copy_from_slice(&504_u32.to_le_bytes());
    let font = SoundFont::new(&mut Cursor::new(bytes)).unwrap();
    let keys = playable(&font, 0, 0, 48_000).unwrap();
    assert!(!keys[60], "with two octaves of bend four frames are not enough");
    let whole = SoundFont::new(&mut Cursor::new(sound_font::minimal(b""))).unwrap();
    assert!(playable(&whole, 0, 0, 48_000).unwrap().iter().all(|key| *key));
    assert!(playable(&whole, 1, 0, 48_000).is_none());
}
