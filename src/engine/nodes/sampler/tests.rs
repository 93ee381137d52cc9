use super::zones::{Line, line};
use super::*;
use crate::engine::node::Event;
use crate::engine::nodes::shelf::{Shelf, amplitude, at, build, note_on, run, tone};

fn sampler(shelf: &Shelf, config: &[(&str, &str)], params: &[(&str, f64)]) -> Box<dyn Processor> {
    build(shelf, "inst.sampler", config, params).unwrap()
}

fn play(node: &mut dyn Processor, frames: usize) -> Vec<f32> {
    let [left, _] = run(node, |f| at(f, 120.0), frames, 64);
    left
}

fn shelf() -> Shelf {
    Shelf::default()
        .with("low", 48_000, vec![tone(500.0, 0.5, 96_000)])
        .with("high", 96_000, vec![tone(1_000.0, 0.5, 192_000)])
        .with("short", 48_000, vec![tone(500.0, 0.5, 9_600)])
}

#[test]
fn zones_are_read_from_the_end() {
    let whole = Line { file: "a", root: 60.0, keys: (0.0, 127.0), velocities: (1.0, 127.0) };
    assert_eq!(line(" a "), Some(whole.clone()));
    assert_eq!(line("a:60.5:0:59"), Some(Line { root: 60.5, keys: (0.0, 59.0), ..whole.clone() }));
    assert_eq!(
        line("C:/b:c.wav:48:36:59:64:127"),
        Some(Line {
            file: "C:/b:c.wav",
            root: 48.0,
            keys: (36.0, 59.0),
            velocities: (64.0, 127.0)
        })
    );
    for bad in ["", ":60:0:127", "a:60", "a:60:0", "a:60:0:200", "a:60:70:60", "a:NaN:0:127:1"] {
        assert_eq!(line(bad), None, "{bad}");
    }
}

#[test]
fn keys_choose_the_zone_and_the_pitch_is_true() {
    let config = [("zones", "low:60:0:63; high:72:64:127")];
    // The frames of `high` are those of 1 kHz at 48 kHz, but its rate is twice that.
    for (pitch, hz) in
        [(60.0, 500.0), (48.0, 250.0), (63.0, 594.6), (72.0, 2_000.0), (84.0, 4_000.0)]
    {
        let mut node = sampler(&shelf(), &config, &[("touch", 0.0)]);
        note_on(node.as_mut(), 1, pitch, 0.5);
        let out = play(node.as_mut(), 24_000);
        let found = amplitude(&out[2_400..21_600], hz);
        assert!((found - 0.5).abs() < 0.01, "{pitch}: {found} at {hz} Hz");
    }
}

#[test]
fn bends_transposition_and_velocity_do_what_they_say() {
    let mut node = sampler(&shelf(), &[("zones", "low")], &[("transpose", 12.0), ("touch", 1.0)]);
    node.handle(Event::Bend { semitones: -12.0 });
    note_on(node.as_mut(), 1, 60.0, 0.5);
    let out = play(node.as_mut(), 24_000);
    let found = amplitude(&out[4_800..], 500.0);
    assert!((found - 0.125).abs() < 0.003, "{found}: half the velocity is a quarter of the level");
}

#[test]
fn notes_end_by_release_one_shots_by_themselves_and_loops_go_on() {
    let silent = |part: &[f32]| part.iter().all(|x| x.abs() < 1e-4);
    let mut node = sampler(&shelf(), &[("zones", "low")], &[("release", 0.05)]);
    note_on(node.as_mut(), 1, 60.0, 1.0);
    play(node.as_mut(), 4_800);
    node.handle(Event::NoteOff { note: 1 });
    assert!(silent(&play(node.as_mut(), 9_600)[6_400..]));

    let mut node = sampler(&shelf(), &[("zones", "short"), ("one_shot", "on")], &[]);
    note_on(node.as_mut(), 1, 60.0, 1.0);
    node.handle(Event::NoteOff { note: 1 });
    let out = play(node.as_mut(), 19_200);
    assert!(!silent(&out[9_000..9_500]) && silent(&out[9_700..]));

    let config =
        [("zones", "short"), ("loop", "on"), ("loop_start_s", "0.1"), ("loop_end_s", "0.18")];
    let mut node = sampler(&shelf(), &config, &[("touch", 0.0)]);
    note_on(node.as_mut(), 1, 60.0, 1.0);
    let out = play(node.as_mut(), 96_000);
    assert!((amplitude(&out[48_000..], 500.0) - 0.5).abs() < 0.01);
}

#[test]
fn more_notes_than_voices_neither_click_nor_break() {
    let mut node = sampler(&shelf(), &[("zones", "low")], &[("gain_db", -24.0)]);
    for note in 0..100 {
        note_on(node.as_mut(), note, 30.0 + (note % 60) as f32, 0.7);
        let out = play(node.as_mut(), 128);
        assert!(out.iter().all(|x| x.is_finite() && x.abs() < 2.0));
    }
    node.handle(Event::AllNotesOff);
    assert!(play(node.as_mut(), 48_000)[40_000..].iter().all(|x| x.abs() < 1e-4));
}

#[test]
fn high_notes_do_not_alias() {
    let shelf = Shelf::default().with("a", 48_000, vec![tone(15_000.0, 0.5, 96_000)]);
    let mut node = sampler(&shelf, &[("zones", "a")], &[("touch", 0.0)]);
    note_on(node.as_mut(), 1, 72.0, 1.0);
    let out = play(node.as_mut(), 24_000);
    let power = out[4_800..].iter().map(|x| x * x).sum::<f32>() / 19_200.0;
    assert!(power < 1e-7, "30 kHz must vanish: {power}");
}

#[test]
fn bad_zones_are_refused() {
    for config in [
        ("zones", ""),
        ("zones", "low:60:0"),
        ("zones", ";;"),
        ("zones", "nothing"),
        ("one_shot", "maybe"),
    ] {
        let all = if config.0 == "zones" { vec![config] } else { vec![("zones", "low"), config] };
        assert!(build(&shelf(), "inst.sampler", &all, &[]).is_err(), "{config:?}");
    }
}
