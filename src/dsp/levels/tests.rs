//! The meter against the tables of BS.1770, the cases of EBU Tech 3341, and the reference meter.

use super::*;
use crate::audio::buffer::AudioBuffer;
use crate::audio::loudness::measure;
use crate::model::units::SampleRate;
use proptest::prelude::*;

const RATE: f32 = 48_000.0;

/// A sine at a peak level in dBFS, from a phase in degrees on.
fn sine(hz: f64, db: f64, degrees: f64, frames: usize, rate: f64) -> Vec<f32> {
    let level = libm::pow(10.0, db / 20.0);
    let start = degrees / 360.0;
    (0..frames)
        .map(|i| (level * libm::sin(2.0 * PI * (start + hz * i as f64 / rate))) as f32)
        .collect()
}

/// Momentary and short-term loudness after every 10 ms.
fn loudness(left: &[f32], right: &[f32], rate: f32) -> Vec<(Option<f64>, Option<f64>)> {
    let mut meter = LevelMeter::full(rate);
    let step = (rate / 100.0) as usize;
    left.chunks(step)
        .zip(right.chunks(step))
        .map(|(l, r)| {
            meter.add(l, r);
            let levels = meter.levels();
            (Levels::loudness(levels.momentary), Levels::loudness(levels.short_term))
        })
        .collect()
}

fn near(value: Option<f64>, wanted: f64, tolerance: f64) -> bool {
    value.is_some_and(|value| (value - wanted).abs() <= tolerance)
}

#[test]
fn the_weighting_is_that_of_the_tables() {
    // BS.1770-4, tables 1 and 2, for 48 kHz.
    let tables = [
        Coefficients::from_parts(
            [1.535_124_859_586_97, -2.691_696_189_406_38, 1.198_392_810_852_85],
            [1.0, -1.690_659_293_182_41, 0.732_480_774_215_85],
        ),
        Coefficients::from_parts(
            [1.0, -2.0, 1.0],
            [1.0, -1.990_047_454_833_98, 0.990_072_250_366_21],
        ),
    ];
    for (ours, table) in k_weighting(48_000.0).iter().zip(tables) {
        for hz in [5.0, 20.0, 60.0, 300.0, 997.0, 2_000.0, 5_000.0, 20_000.0] {
            let (ours, table) = (ours.gain_db(hz, 48_000.0), table.gain_db(hz, 48_000.0));
            assert!((ours - table).abs() < 1e-6, "{hz} Hz: {ours} and {table}");
        }
    }
}

#[test]
fn steady_tones_read_as_the_first_cases_of_tech_3341_ask() {
    for (db, rate) in [(-23.0, 48_000.0), (-33.0, 48_000.0), (-23.0, 44_100.0), (-23.0, 96_000.0)] {
        let tone = sine(1_000.0, db, 0.0, (4.0 * rate) as usize, rate);
        let readings = loudness(&tone, &tone, rate as f32);
        let (momentary, short_term) = readings[readings.len() - 1];
        assert!(near(momentary, db, 0.1) && near(short_term, db, 0.1), "{momentary:?} at {rate}");
    }
}

/// A tone at 1 kHz whose level alternates.
fn alternating(parts: [(f64, f64); 2], times: usize) -> Vec<f32> {
    let mut sound = Vec::new();
    for _ in 0..times {
        for (db, seconds) in parts {
            sound.extend(sine(1_000.0, db, 0.0, (seconds * 48_000.0) as usize, 48_000.0));
        }
    }
    sound
}

#[test]
fn case_9_is_constant_in_the_short_term() {
    let sound = alternating([(-20.0, 1.34), (-30.0, 1.66)], 5);
    let readings = loudness(&sound, &sound, RATE);
    assert!(readings[300..].iter().all(|(_, short)| near(*short, -23.0, 0.1)));
}

#[test]
fn case_12_is_constant_in_the_momentary() {
    let sound = alternating([(-20.0, 0.18), (-30.0, 0.22)], 25);
    let readings = loudness(&sound, &sound, RATE);
    assert!(readings[100..].iter().all(|(momentary, _)| near(*momentary, -23.0, 0.1)));
}

#[test]
fn case_13_finds_a_burst_wherever_it_lies() {
    for shift in 0..20 {
        let mut sound = vec![0.0; shift * 960];
        sound.extend(sine(1_000.0, -23.0, 0.0, 19_200, 48_000.0));
        sound.extend(vec![0.0; 48_000]);
        let most = loudness(&sound, &sound, RATE)
            .iter()
            .filter_map(|(momentary, _)| *momentary)
            .fold(f64::MIN, f64::max);
        assert!((most + 23.0).abs() <= 0.1, "{most} after {shift} times 20 ms");
    }
}

#[test]
fn true_peaks_read_as_cases_15_to_19_ask() {
    // A quarter, a sixth and an eighth of the sample rate, from phases at which no sample meets the crest.
    for (parts, degrees, level, wanted) in [
        (4.0, 0.0, 0.5, -6.0),
        (4.0, 45.0, 0.5, -6.0),
        (6.0, 60.0, 0.5, -6.0),
        (8.0, 67.5, 0.5, -6.0),
        (4.0, 45.0, 1.41, 3.0),
    ] {
        let mut tone = sine(48_000.0 / parts, 20.0 * libm::log10(level), degrees, 48_000, 48_000.0);
        // The cases fade in and out, so that the sudden start adds nothing of its own.
        let length = tone.len();
        for i in 0..480 {
            tone[i] *= i as f32 / 480.0;
            tone[length - 1 - i] *= i as f32 / 480.0;
        }
        let mut meter = LevelMeter::full(RATE);
        meter.add(&tone, &vec![0.0; tone.len()]);
        let read = 20.0 * libm::log10(f64::from(meter.levels().true_peak));
        assert!((-0.4..=0.2).contains(&(read - wanted)), "{read}, not {wanted}");
    }
}

/// Noise whose level and sides wander.
fn wandering(frames: usize, seed: u32) -> (Vec<f32>, Vec<f32>) {
    let mut state = seed;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..frames)
        .map(|i| {
            let level = 0.02 + 0.15 * ((i / 7_001) % 5) as f32;
            (level * noise(), 0.5 * level * noise())
        })
        .unzip()
}

#[test]
fn readings_agree_with_the_reference_meter_at_every_rate() {
    for rate in [44_100u32, 48_000, 96_000] {
        let (left, right) = wandering(rate as usize * 5, 7);
        let readings = loudness(&left, &right, rate as f32);
        let mut meter = LevelMeter::full(rate as f32);
        meter.add(&left, &right);
        let true_peak = 20.0 * libm::log10(f64::from(meter.levels().true_peak));
        let buffer = AudioBuffer::from_planar(vec![left, right], SampleRate::new(rate).unwrap());
        let reference = measure(&buffer).unwrap();
        // The reference reads every 100 ms, from the third second on.
        for (index, wanted) in reference.short_term.iter().enumerate() {
            let (_, ours) = readings[300 + 10 * index - 1];
            assert!(near(ours, *wanted, 0.01), "{rate} Hz: {ours:?}, not {wanted}");
        }
        let most = (4..=50).filter_map(|tenth| readings[10 * tenth - 1].0).fold(f64::MIN, f64::max);
        assert!(near(reference.momentary_max, most, 0.01), "{rate} Hz: {most}");
        // At 96 kHz the reference takes another interpolator, and the peaks of noise that reaches up to the Nyquist
        // frequency are those of its flank.
        if rate < 96_000 {
            assert!(near(reference.true_peak, true_peak, 0.3), "{rate} Hz: {true_peak}");
        }
    }
}

#[test]
fn rms_and_correlation_read_what_they_mean() {
    let tone = sine(1_000.0, -6.0, 0.0, 48_000, 48_000.0);
    let quarter = sine(1_000.0, -6.0, 90.0, 48_000, 48_000.0);
    let inverse = tone.iter().map(|x| -x).collect::<Vec<_>>();
    let nothing = vec![0.0; 48_000];
    for (right, wanted) in [(&tone, 1.0), (&quarter, 0.0), (&inverse, -1.0), (&nothing, 0.0)] {
        for mut meter in [LevelMeter::full(RATE), LevelMeter::plain(RATE)] {
            meter.add(&tone, right);
            let levels = meter.levels();
            let rms = 10.0 * libm::log10(levels.power[0]);
            assert!((rms + 9.01).abs() < 0.01, "{rms}");
            let correlation = levels.correlation().unwrap();
            assert!((correlation - wanted).abs() < 1e-3, "{correlation}, not {wanted}");
            assert!((levels.peak[0] - 0.501).abs() < 0.001);
        }
    }
    assert_eq!(LevelMeter::plain(RATE).levels().correlation(), None);
}

#[test]
fn silence_brings_the_meter_to_rest_and_leaves_the_true_peak() {
    let (left, right) = wandering(48_000, 3);
    for (mut meter, seconds) in [(LevelMeter::full(RATE), 3.5), (LevelMeter::plain(RATE), 0.31)] {
        assert!(meter.is_at_rest());
        meter.add(&left, &right);
        let found = meter.levels().true_peak;
        let silence = vec![0.0; (seconds * 48_000.0) as usize];
        meter.add(&silence[1..], &silence[1..]);
        assert!(!meter.is_at_rest());
        meter.add(&[0.0], &[0.0]);
        assert!(meter.is_at_rest());
        assert!(meter.levels().short_term < 1e-30);
        meter.rest();
        assert_eq!(meter.levels(), Levels { true_peak: found, ..Levels::default() });
        meter.clear();
        assert_eq!(meter.levels(), Levels::default());
    }
}

#[test]
fn what_is_not_a_number_counts_as_silence() {
    let (left, right) = wandering(9_600, 5);
    let (mut bad, mut clean) = (left.clone(), left);
    for (at, x) in [(5, f32::NAN), (700, f32::INFINITY), (701, f32::NEG_INFINITY)] {
        (bad[at], clean[at]) = (x, 0.0);
    }
    let read = |left: &[f32]| {
        let mut meter = LevelMeter::full(RATE);
        meter.add(left, &right);
        meter.levels()
    };
    assert_eq!(read(&bad), read(&clean));
}

proptest! {
    #[test]
    fn the_cut_into_blocks_does_not_matter(cuts in prop::collection::vec(1usize..200, 1..60)) {
        let (left, right) = wandering(12_000, 9);
        let mut whole = LevelMeter::full(RATE);
        whole.add(&left, &right);
        let mut parts = LevelMeter::full(RATE);
        let mut at = 0;
        for cut in cuts.iter().cycle() {
            let end = (at + cut).min(left.len());
            parts.add(&left[at..end], &right[at..end]);
            at = end;
            if at == left.len() { break }
        }
        let (whole, parts) = (whole.levels(), parts.levels());
        prop_assert!((whole.momentary / parts.momentary - 1.0).abs() < 1e-9);
        prop_assert!((whole.power[0] / parts.power[0] - 1.0).abs() < 1e-9);
        prop_assert_eq!(whole.peak, parts.peak);
    }
}
