use super::*;
use crate::model::units::{Lufs, SampleRate};
use ebur128::{EbuR128, Mode};

static NEVER: AtomicBool = AtomicBool::new(false);

/// Something like music: a beat with decays over a chord and noise, quiet for the first third.
fn song(seconds: f64, level: f32) -> AudioBuffer {
    let frames = (seconds * 48_000.0) as usize;
    let mut state = 3u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let sine =
        |hz: f64, i: usize| libm::sin(2.0 * std::f64::consts::PI * hz * i as f64 / 48_000.0) as f32;
    let (left, right) = (0..frames)
        .map(|i| {
            let level = if i < frames / 3 { 0.2 * level } else { level };
            let beat = (i % 24_000) as f32;
            let kick = (-beat / 4_000.0).exp() * sine(55.0, i % 24_000);
            let snare = (-(((i + 12_000) % 24_000) as f32) / 1_500.0).exp() * noise();
            let chord = 0.15 * (sine(220.0, i) + sine(277.0, i) + sine(330.0, i));
            let common = kick + 0.5 * snare + chord;
            (level * (common + 0.05 * noise()), level * (common + 0.05 * noise()))
        })
        .unzip();
    AudioBuffer::from_planar(vec![left, right], SampleRate::HZ_48000)
}

fn reference(buffer: &AudioBuffer) -> (f64, f64) {
    let mut meter = EbuR128::new(2, buffer.sample_rate().get(), Mode::I | Mode::TRUE_PEAK).unwrap();
    meter.add_frames_planar_f32(&[buffer.channel(0), buffer.channel(1)]).unwrap();
    let peak = meter.true_peak(0).unwrap().max(meter.true_peak(1).unwrap());
    (meter.loudness_global().unwrap(), 20.0 * peak.log10())
}

fn with(target: f64) -> Mastering {
    Mastering { target: Lufs::new(target).unwrap(), ..Mastering::default() }
}

#[test]
fn it_lands_on_the_target_under_the_ceiling_by_the_reference_meter() {
    for (target, level) in [(-14.0, 0.3), (-23.0, 1.0), (-9.0, 0.1), (-11.0, 0.02), (-16.0, 0.7)] {
        let mastered = master(&song(8.0, level), &with(target), &NEVER).unwrap();
        let (lufs, peak) = reference(&mastered.buffer);
        assert!((lufs - target).abs() <= 0.1, "{lufs} LUFS, not {target}: {:?}", mastered.report);
        assert!(peak <= -1.0, "{peak} dBTP at {target}: {:?}", mastered.report);
        let report = &mastered.report;
        assert!((report.output_lufs.unwrap() - lufs).abs() < 0.02);
        assert!((report.true_peak_dbtp.unwrap() - peak).abs() < 0.1, "{report:?} {peak}");
        assert!(report.on_target && report.passes <= 3);
        assert_eq!(mastered.buffer.frames(), 8 * 48_000);
    }
}

#[test]
fn our_meter_reads_what_the_reference_reads() {
    for rate in [44_100, 48_000, 96_000] {
        let song = song(5.0, 0.4);
        let song = AudioBuffer::from_planar(song.into_planar(), SampleRate::new(rate).unwrap());
        let mut meter = loudness::Meter::new(f64::from(rate), song.frames());
        meter.take(song.channel(0), song.channel(1));
        let (lufs, _) = reference(&song);
        assert!(
            (meter.integrated() - lufs).abs() < 0.02,
            "{} at {rate}, not {lufs}",
            meter.integrated()
        );
    }
}

#[test]
fn a_target_that_strains_is_still_reached_and_said() {
    let mastered = master(&song(6.0, 0.3), &with(-6.0), &NEVER).unwrap();
    let (lufs, peak) = reference(&mastered.buffer);
    assert!(peak <= -1.0 && lufs > -8.0, "{lufs} {peak}");
    assert!(mastered.report.limiter_reduction_db > 6.0);
    assert!(
        mastered.report.remarks.iter().any(|r| r.contains("less loud")),
        "{:?}",
        mastered.report.remarks
    );
}

#[test]
fn silence_short_and_quiet_pieces_are_handled() {
    let silence = AudioBuffer::silence(2, 48_000, SampleRate::HZ_48000);
    let mastered = master(&silence, &Mastering::default(), &NEVER).unwrap();
    assert_eq!(mastered.buffer, silence);
    assert_eq!(mastered.report.output_lufs, None);
    let empty = AudioBuffer::silence(1, 0, SampleRate::HZ_48000);
    assert_eq!(master(&empty, &Mastering::default(), &NEVER).unwrap().buffer.frames(), 0);

    for seconds in [0.01, 0.1, 0.39, 0.45] {
        let mastered = master(&song(seconds, 0.3), &Mastering::default(), &NEVER).unwrap();
        assert!(mastered.buffer.channels().iter().flatten().all(|x| x.abs() <= 0.9), "{seconds}");
        assert_eq!(mastered.buffer.frames(), (seconds * 48_000.0) as usize);
    }
    let quiet = master(&song(4.0, 0.000_3), &Mastering::default(), &NEVER).unwrap();
    let (lufs, _) = reference(&quiet.buffer);
    assert!(lufs > -40.0 && lufs < -13.0, "raised, but not without end: {lufs}");
}

#[test]
fn the_spectrum_is_bent_towards_the_slope_and_not_too_far() {
    let mastered = master(&song(6.0, 0.3), &Mastering::default(), &NEVER).unwrap();
    assert!(mastered.report.eq_db.iter().all(|db| db.abs() <= 3.0));
    assert!(mastered.report.eq_db.iter().any(|db| db.abs() > 0.5));
    let flat = Mastering { max_correction_db: 0.0, ..Mastering::default() };
    assert_eq!(master(&song(3.0, 0.3), &flat, &NEVER).unwrap().report.eq_db, [0.0; 5]);
    assert!((0.1..=3.01).contains(&mastered.report.glue_reduction_db));
}

#[test]
fn the_same_mix_gives_the_same_master() {
    let spec = with(-9.0);
    assert_eq!(master(&song(3.0, 0.3), &spec, &NEVER), master(&song(3.0, 0.3), &spec, &NEVER));
    let mono = Mastering { width: 0.0, ..spec };
    let mastered = master(&song(3.0, 0.3), &mono, &NEVER).unwrap();
    assert_eq!(mastered.buffer.channel(0), mastered.buffer.channel(1));
}

#[test]
fn it_can_be_cancelled_and_its_spec_survives_a_preset() {
    let stop = AtomicBool::new(true);
    assert_eq!(
        master(&song(1.0, 0.3), &Mastering::default(), &stop).err(),
        Some(MasterError::Cancelled)
    );
    let spec = with(-9.5);
    let text = toml::to_string(&spec).unwrap();
    assert_eq!(toml::from_str::<Mastering>(&text).unwrap(), spec);
    assert_eq!(toml::from_str::<Mastering>("target = -9.5").unwrap(), spec);
    assert!(toml::from_str::<Mastering>("targt = -9.5").is_err());
}
