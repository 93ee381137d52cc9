use super::*;
use crate::engine::nodes::shelf::{Shelf, amplitude, at, build, run, tone};

const FRAMES: usize = 48_000;

fn noise(frames: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    (0..frames)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        })
        .collect()
}

fn player(shelf: &Shelf, config: &[(&str, &str)], params: &[(&str, f64)]) -> Box<dyn Processor> {
    let mut all = vec![("file", "a")];
    all.extend(config);
    build(shelf, "source.player", &all, params).unwrap()
}

fn largest_step(signal: &[f32]) -> f32 {
    signal.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn a_player_gives_the_files_samples_bit_for_bit_at_its_place() {
    let (left, right) = (noise(FRAMES, 1), noise(FRAMES, 2));
    let shelf = Shelf::default().with("a", 48_000, vec![left.clone(), right.clone()]);
    for (config, start) in [
        ([("start_s", ""), ("start_beat", "0")], 0_usize),
        ([("start_s", "0.25"), ("start_beat", "7")], 12_000),
        ([("start_s", ""), ("start_beat", "0.3")], 7_200),
    ] {
        for cut in [64, 7, 1] {
            let mut node = player(&shelf, &config, &[]);
            let [l, r] = run(node.as_mut(), |f| at(f, 120.0), start + FRAMES + 500, cut);
            assert!(l[..start].iter().chain(&r[..start]).all(|x| *x == 0.0), "{config:?}");
            assert!(l[start..start + FRAMES] == left && r[start..start + FRAMES] == right);
            assert!(l[start + FRAMES..].iter().all(|x| *x == 0.0));
        }
    }
}

#[test]
fn mono_plays_on_both_sides_at_full_level_and_surround_is_mixed_down() {
    let mono = noise(1_000, 3);
    let shelf = Shelf::default().with("a", 48_000, vec![mono.clone()]);
    let [l, r] = run(player(&shelf, &[], &[]).as_mut(), |f| at(f, 120.0), 1_000, 64);
    assert!(l == mono && r == mono);
    let mut planes = vec![vec![0.0; 1_000]; 8];
    planes[2] = mono.clone();
    planes[3] = noise(1_000, 4);
    let shelf = Shelf::default().with("a", 48_000, planes);
    let [l, r] = run(player(&shelf, &[], &[]).as_mut(), |f| at(f, 120.0), 1_000, 64);
    assert!(l == r);
    assert!(l.iter().zip(&mono).all(|(x, y)| (x - 0.707_106_8 * y).abs() < 1e-6));
}

#[test]
fn another_sample_rate_keeps_pitch_and_length() {
    let source = (0..44_100)
        .map(|i| libm::sin(std::f64::consts::TAU * 1_000.0 * f64::from(i) / 44_100.0) as f32)
        .collect::<Vec<_>>();
    let shelf = Shelf::default().with("a", 44_100, vec![source]);
    let [l, _] = run(player(&shelf, &[], &[]).as_mut(), |f| at(f, 120.0), FRAMES + 200, 64);
    assert!((amplitude(&l[1_000..47_000], 1_000.0) - 1.0).abs() < 1e-3);
    assert!(l[FRAMES..].iter().all(|x| *x == 0.0));
}

#[test]
fn a_seek_lands_on_the_frame_without_a_click() {
    let source = tone(200.0, 0.5, 4 * FRAMES);
    let shelf = Shelf::default().with("a", 48_000, vec![source.clone()]);
    let mut node = player(&shelf, &[], &[]);
    // From 0 to frame 6400, then from frame 100037 on, then back.
    let place = |f: u64| match f {
        0..6_400 => f,
        6_400..12_800 => f - 6_400 + 100_037,
        _ => f - 12_800 + 31,
    };
    let [l, _] = run(node.as_mut(), |f| at(place(f), 120.0), 19_200, 64);
    assert!(l[..6_400] == source[..6_400]);
    assert!(l[6_400 + 144..12_800] == source[100_037 + 144..100_037 + 6_400]);
    assert!(l[12_800 + 144..] == source[31 + 144..31 + 6_400]);
    let own = largest_step(&source);
    assert!(largest_step(&l) < own + 0.5 * 2.0 / 144.0, "{} of {own}", largest_step(&l));
}

#[test]
fn stop_fades_out_and_play_goes_on() {
    let source = vec![0.5; FRAMES];
    let shelf = Shelf::default().with("a", 48_000, vec![source]);
    let mut node = player(&shelf, &[], &[]);
    let time = |f: u64| match f {
        0..640 => at(f, 120.0),
        640..1_280 => BlockTime { playing: false, ..at(640, 120.0) },
        _ => at(f - 640, 120.0),
    };
    let [l, _] = run(node.as_mut(), time, 1_920, 64);
    assert!(l[..640].iter().all(|x| *x == 0.5));
    assert!(l[640..784].windows(2).all(|w| w[1] < w[0]));
    assert!(l[786..1_280].iter().all(|x| *x == 0.0));
    assert!(l[1_280..1_424].windows(2).all(|w| w[1] > w[0]));
    assert!(l[1_426..].iter().all(|x| *x == 0.5));
    assert!(largest_step(&l) < 0.004);
}

#[test]
fn two_players_back_to_back_are_gapless() {
    let whole = tone(441.0, 0.5, 30_000);
    let shelf = Shelf::default().with("a", 48_000, vec![whole[..12_345].to_vec()]).with(
        "b",
        48_000,
        vec![whole[12_345..].to_vec()],
    );
    let start = format!("{}", 12_345.0 / 48_000.0);
    let mut first = player(&shelf, &[], &[]);
    let mut second =
        build(&shelf, "source.player", &[("file", "b"), ("start_s", &start)], &[]).unwrap();
    let [a, _] = run(first.as_mut(), |f| at(f, 97.0), 30_000, 64);
    let [b, _] = run(second.as_mut(), |f| at(f, 97.0), 30_000, 64);
    let sum = a.iter().zip(&b).map(|(a, b)| a + b).collect::<Vec<_>>();
    assert!(sum == whole, "the sum is the whole again, bit for bit");
}

#[test]
fn speed_and_tempo_move_the_pitch_in_varispeed() {
    let shelf = Shelf::default().with("a", 48_000, vec![tone(1_000.0, 0.5, 4 * FRAMES)]);
    for (config, params, hz) in [
        (&[][..], &[("speed", 2.0)][..], 2_000.0),
        (&[], &[("speed", 0.5)], 500.0),
        (&[("source_bpm", "100")], &[], 1_200.0),
        (&[("source_bpm", "100"), ("mode", "off")], &[], 1_000.0),
        (&[("mode", "off")], &[("transpose", 12.0)], 2_000.0),
    ] {
        let [l, _] = run(player(&shelf, config, params).as_mut(), |f| at(f, 120.0), 40_000, 64);
        let found = amplitude(&l[4_000..36_000], hz);
        assert!((found - 0.5).abs() < 0.002, "{config:?} {params:?}: {found} at {hz} Hz");
    }
}

#[test]
fn a_turned_speed_glides_without_a_click() {
    let shelf = Shelf::default().with("a", 48_000, vec![tone(300.0, 0.5, 4 * FRAMES)]);
    let mut node = player(&shelf, &[], &[]);
    let [first, _] = run(node.as_mut(), |f| at(f, 120.0), 6_400, 64);
    node.handle(Event::Param { index: 1, value: 1.5 });
    let [second, _] = run(node.as_mut(), |f| at(f + 6_400, 120.0), 6_400, 64);
    let joined = [first, second].concat();
    assert!(largest_step(&joined) < 1.5 * 0.5 * 0.0393 + 1e-3, "{}", largest_step(&joined));
    assert!((amplitude(&joined[8_000..], 450.0) - 0.5).abs() < 0.01);
}

#[test]
fn with_a_tempo_the_place_is_a_function_of_the_beat() {
    let source = noise(4 * FRAMES, 9);
    let shelf = Shelf::default().with("a", 48_000, vec![source.clone()]);
    let config = [("source_bpm", "100"), ("start_beat", "2")];
    // The song's tempo is the recording's: sample for sample, from whatever beat it is begun.
    for from in [0_u64, 57_600, 81_920] {
        let mut node = player(&shelf, &config, &[]);
        let [l, _] = run(node.as_mut(), |f| at(from + f, 100.0), 64_000, 64);
        // Beat 2 at 100 BPM is frame 57600.
        let begun = (57_600 - from.min(57_600)) as usize + 200;
        let place = (from as usize + begun) - 57_600;
        let count = 64_000 - begun;
        assert!(l[begun..] == source[place..place + count], "from {from}");
    }
}

/// Clicks every half second: what a stretcher must put where they belong.
fn clicks() -> Vec<f32> {
    let mut source = vec![0.0; 6 * FRAMES];
    for click in (12_000..source.len() - 200).step_by(24_000) {
        for (i, x) in source[click..click + 96].iter_mut().enumerate() {
            *x = (0.9 * libm::sin(i as f64 * 0.8) * libm::exp(-(i as f64) / 30.0)) as f32;
        }
    }
    source
}

/// Middle of the energy around a frame.
fn middle(signal: &[f32], around: usize) -> f64 {
    let from = around - 5_000;
    let (mut sum, mut weight) = (0.0, 1e-30);
    for (i, x) in signal[from..around + 5_000].iter().enumerate() {
        let energy = f64::from(*x) * f64::from(*x);
        sum += energy * (from + i) as f64;
        weight += energy;
    }
    sum / weight
}

#[test]
fn stretched_clicks_are_where_the_tempo_puts_them_from_any_start() {
    let shelf = Shelf::default().with("a", 48_000, vec![clicks()]);
    for (bpm, from) in [(80.0, 0_u64), (125.0, 0), (80.0, 70_000), (160.0, 33_000)] {
        let ratio = bpm / 100.0;
        let mut node = player(&shelf, &[("source_bpm", "100"), ("mode", "stretch")], &[]);
        let [l, _] = run(node.as_mut(), |f| at(from + f, bpm), 3 * FRAMES, 64);
        let mut seen = 0;
        for click in (12_000..6 * FRAMES - 200).step_by(24_000) {
            let place = click as f64 / ratio - from as f64;
            if place < 6_000.0 || place > (3 * FRAMES - 6_000) as f64 {
                continue;
            }
            let found = middle(&l, place as usize);
            // Two milliseconds: the click's own length, and what a transform's block smears.
            assert!((found - place).abs() < 150.0, "{bpm} BPM from {from}: {found}, not {place}");
            seen += 1;
        }
        assert!(seen >= 4);
    }
}

#[test]
fn stretching_keeps_the_pitch_and_transposing_the_time() {
    let shelf = Shelf::default().with("a", 48_000, vec![tone(1_000.0, 0.5, 6 * FRAMES)]);
    for (source, transpose, hz) in [
        ("100", 0.0, 1_000.0),
        ("150", 0.0, 1_000.0),
        ("120", 12.0, 2_000.0),
        ("100", -12.0, 500.0),
    ] {
        let config = [("source_bpm", source), ("mode", "stretch")];
        let mut node = player(&shelf, &config, &[("transpose", transpose)]);
        let [l, _] = run(node.as_mut(), |f| at(f, 120.0), 2 * FRAMES, 64);
        let found = amplitude(&l[24_000..72_000], hz);
        assert!((found - 0.5).abs() < 0.05, "{source} {transpose}: {found} at {hz} Hz");
    }
}

#[test]
fn stretching_is_the_same_at_every_run_and_nothing_at_its_own_tempo() {
    let source = noise(3 * FRAMES, 5);
    let shelf = Shelf::default().with("a", 48_000, vec![source.clone()]);
    let config = [("source_bpm", "100"), ("mode", "stretch")];
    let play = |bpm: f64| {
        let mut node = player(&shelf, &config, &[]);
        // A jump in the middle, back by a bar.
        let place = |f: u64| if f < 48_000 { f } else { f - 20_000 };
        run(node.as_mut(), |f| at(place(f), bpm), 96_000, 64)
    };
    for bpm in [55.0, 90.0, 130.0] {
        assert!(play(bpm) == play(bpm), "{bpm}");
    }
    let [l, _] = play(100.0);
    assert!(l[..48_000] == source[..48_000]);
}

#[test]
fn a_loop_is_exact_to_the_frame() {
    let source = noise(10_000, 8);
    let shelf = Shelf::default().with("a", 48_000, vec![source.clone()]);
    // From frame 2400 to 7200.
    let config =
        [("loop", "on"), ("loop_start_s", "0.05"), ("loop_end_s", "0.15"), ("crossfade_ms", "0")];
    let [l, _] = run(player(&shelf, &config, &[]).as_mut(), |f| at(f, 120.0), 20_000, 64);
    for (i, x) in l.iter().enumerate() {
        let place = if i < 7_200 { i } else { 2_400 + (i - 2_400) % 4_800 };
        assert!(*x == source[place], "{i}");
    }
}

#[test]
fn config_is_checked_with_words() {
    let shelf = Shelf::default().with("a", 48_000, vec![vec![0.1; 100]]);
    for (key, value) in [
        ("mode", "fast"),
        ("source_bpm", "0"),
        ("source_bpm", "NaN"),
        ("offset_s", "-1"),
        ("length_s", "inf"),
        ("loop", "yes"),
        ("reverse", "1"),
        ("crossfade_ms", "900"),
        ("start_beat", "-3"),
        ("file", ""),
    ] {
        let mut config = vec![("file", "a")];
        config.push((key, value));
        let error = build(&shelf, "source.player", &config, &[]).err().expect(key);
        assert!(matches!(error, BuildError::BadConfig { .. }), "{key} {value}: {error}");
    }
    let missing = build(&shelf, "source.player", &[("file", "b")], &[]).err().unwrap();
    assert!(missing.to_string().contains("not on the shelf"));
    let config = [("file", "a"), ("loop", "on"), ("loop_start_s", "2"), ("loop_end_s", "1")];
    assert!(build(&shelf, "source.player", &config, &[]).is_err());
    let empty = Shelf::default().with("a", 48_000, vec![vec![]]);
    let error = build(&empty, "source.player", &[("file", "a")], &[]).err().unwrap();
    assert!(error.to_string().contains("no sound"), "{error}");
}

#[test]
fn the_monitor_tells_the_place_in_the_recording() {
    let shelf = Shelf::default().with("a", 48_000, vec![vec![0.1; 96_000]]);
    let mut node = player(&shelf, &[("offset_s", "0.5")], &[("speed", 2.0)]);
    let mut monitor = node.monitor().unwrap();
    assert!(node.monitor().is_none());
    run(node.as_mut(), |f| at(f, 120.0), 24_000, 64);
    let NodeData::Player(data) = monitor.read(0) else { panic!("not a player's") };
    assert!((data.seconds - 1.5).abs() < 1e-6 && data.playing, "{data:?}");
    assert_eq!((data.length_s, data.speed), (2.0, 2.0));
    run(node.as_mut(), |_| BlockTime::REST, 640, 64);
    let NodeData::Player(data) = monitor.read(0) else { panic!("not a player's") };
    assert!(!data.playing);
}
