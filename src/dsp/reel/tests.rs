use proptest::prelude::*;

use super::*;
use crate::dsp::sinc::Bank;
use crate::model::units::SampleRate;

fn counting(frames: usize) -> Arc<AudioBuffer> {
    let left = (0..frames).map(|i| i as f32 + 1.0).collect::<Vec<_>>();
    let right = left.iter().map(|x| -x).collect();
    Arc::new(AudioBuffer::from_planar(vec![left, right], SampleRate::HZ_48000))
}

fn frames(reel: &Reel, first: i64, count: usize) -> Vec<f32> {
    let (mut left, mut right) = (vec![9.0; count], vec![9.0; count]);
    reel.gather(first, &mut left, &mut right);
    assert!(left.iter().zip(&right).all(|(l, r)| l == r || *l == -r));
    left
}

#[test]
fn a_plain_reel_is_the_recording_with_silence_around() {
    let reel = Reel::new(counting(5), Layout::default());
    assert_eq!(frames(&reel, -2, 9), [0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 0.0]);
    assert_eq!(reel.frames(), Some(5));
    let part = Layout { offset: 1, length: Some(3), ..Layout::default() };
    assert_eq!(frames(&Reel::new(counting(5), part), -1, 6), [0.0, 2.0, 3.0, 4.0, 0.0, 0.0]);
    let back = Layout { reverse: true, ..part };
    assert_eq!(frames(&Reel::new(counting(5), back), -1, 6), [0.0, 4.0, 3.0, 2.0, 0.0, 0.0]);
    let past = Layout { offset: 9, length: Some(3), ..Layout::default() };
    assert_eq!(frames(&Reel::new(counting(5), past), 0, 3), [0.0; 3]);
}

#[test]
fn mono_is_on_both_sides() {
    let mono = AudioBuffer::from_planar(vec![vec![0.5; 4]], SampleRate::HZ_48000);
    let reel = Reel::new(Arc::new(mono), Layout::default());
    let (mut left, mut right) = ([0.0; 4], [0.0; 4]);
    reel.gather(0, &mut left, &mut right);
    assert_eq!((left, right), ([0.5; 4], [0.5; 4]));
}

#[test]
fn a_loop_repeats_to_the_frame_in_both_directions() {
    let layout = Layout { region: Some((1, 4)), ..Layout::default() };
    let reel = Reel::new(counting(6), layout);
    assert_eq!(frames(&reel, 0, 10), [1.0, 2.0, 3.0, 4.0, 2.0, 3.0, 4.0, 2.0, 3.0, 4.0]);
    assert_eq!(reel.frames(), None);
    assert_eq!((reel.place(2.5), reel.place(4.0), reel.place(6.5)), (2.5, 1.0, 3.5));
    let limited = Layout { length: Some(6), ..layout };
    assert_eq!(frames(&Reel::new(counting(6), limited), 3, 5), [4.0, 2.0, 3.0, 0.0, 0.0]);
    let back = Layout { reverse: true, ..layout };
    assert_eq!(
        frames(&Reel::new(counting(6), back), 0, 9),
        [6.0, 5.0, 4.0, 3.0, 2.0, 4.0, 3.0, 2.0, 4.0]
    );
}

#[test]
fn the_crossfade_keeps_the_length_of_a_lap_and_the_power() {
    // Two unrelated halves: noise by a small generator, so that powers add.
    let mut state = 5_u32;
    let noise = (0..4_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect::<Vec<_>>();
    let sound = Arc::new(AudioBuffer::from_planar(vec![noise], SampleRate::HZ_48000));
    for region in [(1_000, 3_000), (0, 3_000)] {
        let layout = Layout { region: Some(region), crossfade: 400, ..Layout::default() };
        let reel = Reel::new(Arc::clone(&sound), layout);
        let lap = region.1 - region.0;
        let first = frames(&reel, region.1 as i64, lap);
        assert_eq!(first, frames(&reel, (region.1 + lap) as i64, lap), "laps are alike");
        let power = |part: &[f32]| part.iter().map(|x| x * x).sum::<f32>() / part.len() as f32;
        let seam = if region.0 == 0 { &first[..400] } else { &first[lap - 400..] };
        let whole = power(&first);
        assert!((power(seam) / whole - 1.0).abs() < 0.2, "{} of {whole}", power(seam));
    }
    // The seam joins on to what precedes the loop: frame by frame as in the recording.
    let layout = Layout { region: Some((1_000, 3_000)), crossfade: 400, ..Layout::default() };
    let reel = Reel::new(Arc::clone(&sound), layout);
    let seam = frames(&reel, 2_999, 2);
    assert!((seam[0] - sound.channel(0)[999]).abs() < 0.01);
    assert_eq!(seam[1], sound.channel(0)[1_000]);
}

#[test]
fn fades_cover_their_frames_and_no_more() {
    let ones = AudioBuffer::from_planar(vec![vec![1.0; 1_000]], SampleRate::HZ_48000);
    let layout = Layout { fade_in: 100, fade_out: 200, ..Layout::default() };
    let reel = Reel::new(Arc::new(ones), layout);
    let row = frames(&reel, 0, 1_000);
    assert!(row[..100].windows(2).all(|w| w[0] < w[1]) && row[0] < 0.001);
    assert!(row[100..800].iter().all(|x| *x == 1.0));
    assert!(row[800..].windows(2).all(|w| w[0] > w[1]) && row[999] < 0.001);
    assert!((row[49] + row[50] - 1.0).abs() < 0.001);
}

#[test]
fn reading_at_speed_one_is_a_copy_and_between_frames_a_shift() {
    let wave = |t: f64| (libm::sin(t * 0.05) * 0.5) as f32;
    let tone = (0..2_000).map(|i| wave(f64::from(i))).collect::<Vec<_>>();
    let sound = Arc::new(AudioBuffer::from_planar(vec![tone.clone()], SampleRate::HZ_48000));
    let reel = Reel::new(sound, Layout::default());
    let (bank, mut scratch) = (Bank::new(), Scratch::default());
    let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
    let at = reel.read(&bank, &mut scratch, 500.0, (1.0, 1.0), &mut left, &mut right);
    assert_eq!((at, &left[..], left), (564.0, &tone[500..564], right));
    let at = reel.read(&bank, &mut scratch, 500.25, (1.5, 1.5), &mut left, &mut right);
    assert_eq!(at, 500.25 + 96.0);
    for (i, x) in left.iter().enumerate() {
        let ideal = wave(500.25 + 1.5 * i as f64);
        assert!((x - ideal).abs() < 1e-5, "{i}: {x}, not {ideal}");
    }
}

proptest! {
    #[test]
    fn a_row_does_not_depend_on_how_it_is_cut(
        offset in 0_usize..60, length in prop::option::of(0_usize..300), start in 0_usize..100, lap in 0_usize..80,
        looped: bool, crossfade in 0_usize..50, fade in 0_usize..40, reverse: bool,
        first in -80_i64..400, cut in 1_usize..150,
    ) {
        let region = looped.then_some((start, start + lap));
        let layout = Layout { offset, length, region, crossfade, fade_in: fade, fade_out: fade / 2, reverse };
        let reel = Reel::new(counting(130), layout);
        let whole = frames(&reel, first, 150);
        let mut parts = frames(&reel, first, cut);
        parts.extend(frames(&reel, first + cut as i64, 150 - cut));
        prop_assert_eq!(&whole, &parts);
        // Two neighbours at most are in any frame, each at most 130.
        prop_assert!(whole.iter().all(|x| x.abs() <= 260.0));
        if let Some(total) = reel.frames() {
            prop_assert!(frames(&reel, total as i64, 40).iter().all(|x| *x == 0.0));
        }
    }
}
