//! Every click on its frame: for any cut of the blocks, through ramps, metres, loops and the count-in.

use super::*;
use crate::engine::node::{AudioIn, AudioOut, BLOCK};
use crate::engine::transport::{Transport, advance};
use crate::model::graph::NodeSpec;
use crate::model::tempo::{MetreMap, MetrePoint, TempoMap, TempoPoint};
use crate::model::units::{Bpm, SampleRate};
use proptest::prelude::*;

fn metronome(params: &[(&str, f64)], sound: &str) -> Result<Box<dyn Processor>, BuildError> {
    let params = params.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect();
    let config = [("sound".to_owned(), sound.to_owned())].into();
    let spec = NodeSpec { id: "n".into(), kind: METRONOME.id.into(), params, config };
    let settings = Settings::new(&spec, &METRONOME)?;
    build_metronome(&BuildContext::new(48_000.0, 1), &settings)
}

/// Beats, accents as they are, parts as they are: no gains to reckon with.
const PLAIN: [(&str, f64); 2] = [("level_db", 0.0), ("accent_db", 0.0)];

/// Plays on into `sound`, in calls of these lengths.
fn play(
    node: &mut dyn Processor,
    mut time: BlockTime,
    lengths: &[usize],
    sound: &mut Vec<f32>,
) -> BlockTime {
    for &frames in lengths {
        let (mut left, mut right) = ([9.0f32; BLOCK], [9.0f32; BLOCK]);
        let activity = node.process(&mut Io {
            frames,
            inputs: &[],
            outputs: &mut [AudioOut { left: &mut left[..frames], right: &mut right[..frames] }],
            time,
            live: AudioIn::SILENCE,
        });
        assert_eq!(activity, Activity::Sounding, "a metronome that sleeps is never woken");
        assert_eq!(left[..frames], right[..frames]);
        sound.extend(&left[..frames]);
        time = advance(time, frames, 48_000.0);
    }
    time
}

/// Plays the first frames of a piece, in blocks of the grid that are cut further as `cuts` says.
fn perform(
    node: &mut dyn Processor,
    transport: &Transport,
    frames: u64,
    cuts: &[usize],
) -> Vec<f32> {
    let mut sound = Vec::new();
    let mut cuts = cuts.iter().cycle();
    for frame in (0..frames).step_by(BLOCK) {
        let mut lengths = Vec::new();
        while lengths.iter().sum::<usize>() < BLOCK {
            let left = BLOCK - lengths.iter().sum::<usize>();
            lengths.push(cuts.next().map_or(left, |cut| (*cut).clamp(1, left)));
        }
        play(node, transport.time_at(frame), &lengths, &mut sound);
    }
    sound
}

/// What should be heard: sounds at frames.
fn clicks(frames: usize, sound: ClickSound, at: &[(u64, ClickWeight, f32)]) -> Vec<f32> {
    let mut wanted = vec![0.0f32; frames];
    for (frame, weight, gain) in at {
        let table = render(sound, *weight, 48_000.0);
        let places = wanted.get_mut(*frame as usize..).unwrap_or_default();
        places.iter_mut().zip(&table).for_each(|(to, x)| *to += x * gain);
    }
    wanted
}

fn steady(bpm: f64, metre: &str) -> Transport {
    let metre = metre.parse::<Metre>().unwrap();
    Transport::new(TempoMap::constant(Bpm::clamped(bpm)), SampleRate::HZ_48000)
        .with_metres(MetreMap::constant(metre))
}

/// The frames of all clicks of a transport of one metre.
fn expected(
    transport: &Transport,
    beats: f64,
    step: f64,
    per_bar: usize,
    parts: usize,
) -> Vec<(u64, ClickWeight, f32)> {
    (0..)
        .map(|number| (number, number as f64 * step))
        .take_while(|(_, beat)| *beat < beats)
        .map(|(number, beat)| {
            let (weight, gain) = match (number % (per_bar * parts), number % parts) {
                (0, _) => (ClickWeight::Bar, 1.0),
                (_, 0) => (ClickWeight::Beat, 1.0),
                _ => (ClickWeight::Part, PART_GAIN),
            };
            (transport.frame_at(beat), weight, gain)
        })
        .collect()
}

#[test]
fn each_metre_is_counted_as_musicians_do() {
    for (metre, step, per_bar) in [
        ("4/4", 1.0, 4),
        ("3/4", 1.0, 3),
        ("2/2", 2.0, 2),
        ("6/8", 1.5, 2),
        ("12/8", 1.5, 4),
        ("7/8", 0.5, 7),
        ("3/8", 0.5, 3),
        ("6/16", 0.75, 2),
    ] {
        let transport = steady(97.0, metre);
        let mut node = metronome(&PLAIN, "click").unwrap();
        let heard = perform(node.as_mut(), &transport, 240_000, &[64]);
        let wanted = expected(&transport, 9.0, step, per_bar, 1);
        assert!(heard == clicks(heard.len(), ClickSound::Click, &wanted), "{metre}");
    }
}

#[test]
fn subdivisions_are_softer_and_the_accent_is_louder() {
    for parts in 1..=4usize {
        let transport = steady(60.0, "4/4");
        let params = [("level_db", 0.0), ("accent_db", 6.0), ("subdivision", parts as f64)];
        let mut node = metronome(&params, "beep").unwrap();
        let heard = perform(node.as_mut(), &transport, 240_000, &[64]);
        let mut wanted = expected(&transport, 5.0, 1.0 / parts as f64, 4, parts);
        for (_, weight, gain) in &mut wanted {
            *gain = if *weight == ClickWeight::Bar { fader(6.0) } else { *gain };
        }
        assert!(heard == clicks(heard.len(), ClickSound::Beep, &wanted), "{parts}");
    }
}

proptest! {
    #[test]
    fn clicks_lie_on_their_frames_for_any_cut_and_through_ramps(
        cuts in prop::collection::vec(1usize..=64, 1..40),
        raw in prop::collection::vec((0.0f64..12.0, 40.0f64..240.0, any::<bool>()), 1..6),
    ) {
        let points = raw
            .into_iter()
            .map(|(beat, bpm, ramp)| TempoPoint { beat, bpm: Bpm::clamped(bpm), ramp })
            .collect();
        let transport = Transport::new(TempoMap::from_points(points), SampleRate::HZ_48000);
        let mut node = metronome(&PLAIN, "click").unwrap();
        let frames = transport.frame_at(11.5);
        let heard = perform(node.as_mut(), &transport, frames, &cuts);
        let mut wanted = expected(&transport, 11.5, 1.0, 4, 1);
        // A block takes its tempo from its start, so within a ramp or across a change of tempo a click may come a frame
        // beside the exact place. It is never left out and never doubled.
        let onsets = (0..heard.len())
            .filter(|&i| heard[i] != 0.0 && (i == 0 || heard[i.saturating_sub(8)..i].iter().all(|x| *x == 0.0)))
            .collect::<Vec<_>>();
        prop_assert_eq!(onsets.len(), wanted.len());
        for (onset, click) in onsets.iter().zip(&mut wanted) {
            prop_assert!(click.0.abs_diff(*onset as u64) <= 1, "{} for {}", onset, click.0);
            click.0 = *onset as u64;
        }
        prop_assert!(heard == clicks(heard.len(), ClickSound::Click, &wanted));
    }

    #[test]
    fn at_a_steady_tempo_every_click_is_exact(
        cuts in prop::collection::vec(1usize..=64, 1..40), bpm in 40.0f64..300.0,
    ) {
        // Where a beat lies half way between two frames, but for less than the arithmetic can tell, both are right.
        let by_beat = 60.0 * 48_000.0 / bpm;
        prop_assume!((0..11).all(|beat| {
            let place = f64::from(beat) * by_beat;
            (place - place.floor() - 0.5).abs() > 2.0 * TOLERANCE
        }));
        let transport = steady(bpm, "5/4");
        let mut node = metronome(&PLAIN, "click").unwrap();
        let frames = transport.frame_at(10.5);
        let heard = perform(node.as_mut(), &transport, frames, &cuts);
        let wanted = expected(&transport, 10.5, 1.0, 5, 1);
        prop_assert!(heard == clicks(heard.len(), ClickSound::Click, &wanted));
    }
}

#[test]
fn a_ramp_neither_drops_nor_doubles_a_click_and_moves_none() {
    let point = |beat, bpm, ramp| TempoPoint { beat, bpm: Bpm::clamped(bpm), ramp };
    let map = TempoMap::from_points(vec![point(0.0, 70.0, true), point(16.0, 170.0, false)]);
    let transport = Transport::new(map, SampleRate::HZ_48000);
    let mut node = metronome(&PLAIN, "click").unwrap();
    let heard = perform(node.as_mut(), &transport, transport.frame_at(23.5), &[64]);
    let wanted = expected(&transport, 23.5, 1.0, 4, 1);
    assert!(heard == clicks(heard.len(), ClickSound::Click, &wanted));
}

#[test]
fn metres_may_change_on_the_way() {
    let point = |bar, text: &str| MetrePoint { bar, metre: text.parse().unwrap() };
    let metres = MetreMap::from_points(vec![point(0, "3/4"), point(1, "6/8"), point(2, "4/4")]);
    let transport = steady(120.0, "4/4").with_metres(metres);
    let mut node = metronome(&PLAIN, "click").unwrap();
    let heard = perform(node.as_mut(), &transport, 192_000, &[64, 13]);
    let wanted = [
        (0.0, true),
        (1.0, false),
        (2.0, false),
        (3.0, true),
        (4.5, false),
        (6.0, true),
        (7.0, false),
    ]
    .map(|(beat, bar)| {
        let weight = if bar { ClickWeight::Bar } else { ClickWeight::Beat };
        (transport.frame_at(beat), weight, 1.0)
    });
    assert!(heard == clicks(heard.len(), ClickSound::Click, &wanted));
}

#[test]
fn a_loop_clicks_at_its_start_every_time() {
    // Two beats at 125 BPM: 46,080 frames.
    let transport = steady(125.0, "4/4");
    let mut node = metronome(&PLAIN, "click").unwrap();
    let mut heard = Vec::new();
    for _ in 0..3 {
        for frame in (0..46_080).step_by(BLOCK) {
            play(node.as_mut(), transport.time_at(frame), &[BLOCK], &mut heard);
        }
    }
    let wanted = (0..3u64)
        .flat_map(|turn| {
            let start = turn * 46_080;
            [(start, ClickWeight::Bar, 1.0), (start + 23_040, ClickWeight::Beat, 1.0)]
        })
        .collect::<Vec<_>>();
    assert!(heard == clicks(heard.len(), ClickSound::Click, &wanted));
}

#[test]
fn the_count_in_clicks_and_leads_into_the_music() {
    for (count_in_only, clicks_after) in [(0.0, true), (1.0, false)] {
        let params = [PLAIN[0], PLAIN[1], ("count_in_only", count_in_only)];
        let mut node = metronome(&params, "wood").unwrap();
        // A bar of four before beat 0, at 120 BPM.
        let mut heard = Vec::new();
        let mut time =
            BlockTime { beat: -4.0, bar_beat: -4.0, counting_in: true, ..BlockTime::REST };
        for _ in 0..96_000 / BLOCK {
            time.counting_in = true;
            time = play(node.as_mut(), time, &[BLOCK], &mut heard);
        }
        let transport = steady(120.0, "4/4");
        for frame in (0..48_000).step_by(BLOCK) {
            play(node.as_mut(), transport.time_at(frame), &[BLOCK], &mut heard);
        }
        let count = if clicks_after { 6 } else { 4 };
        let wanted = (0..count)
            .map(|number| {
                let weight = if number % 4 == 0 { ClickWeight::Bar } else { ClickWeight::Beat };
                (24_000 * number, weight, 1.0)
            })
            .collect::<Vec<_>>();
        assert!(heard == clicks(heard.len(), ClickSound::Wood, &wanted));
    }
}

#[test]
fn at_rest_it_is_quiet_and_odd_times_do_no_harm() {
    let mut node = metronome(&PLAIN, "click").unwrap();
    let mut heard = Vec::new();
    play(node.as_mut(), BlockTime::REST, &[64; 100], &mut heard);
    for (beat, bpm) in
        [(f64::NAN, 120.0), (0.0, 0.0), (1.0, f64::INFINITY), (f64::MAX, 120.0), (0.3, f64::NAN)]
    {
        let time = BlockTime { beat, bpm, playing: true, ..BlockTime::REST };
        play(node.as_mut(), time, &[64; 4], &mut heard);
    }
    assert!(heard.iter().all(|x| *x == 0.0));
    assert!(metronome(&[], "cowbell").err().unwrap().to_string().contains("wood"));
}
