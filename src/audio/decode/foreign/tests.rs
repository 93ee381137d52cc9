use std::io::Cursor;

use super::*;
use crate::audio::decode::decode_bytes;
use crate::audio::encode::{EncodeSpec, Extras, encode};
use crate::audio::format::{Depth, Format};
use crate::model::units::SampleRate;

const OGG: &[u8] = include_bytes!("../../../../tests/fixtures/audio/tone.ogg");
const AAC: &[u8] = include_bytes!("../../../../tests/fixtures/audio/tone-aac.m4a");
const ALAC: &[u8] = include_bytes!("../../../../tests/fixtures/audio/tone-alac.m4a");
const AIFF: &[u8] = include_bytes!("../../../../tests/fixtures/audio/tone.aiff");

fn read(bytes: &[u8]) -> Result<Recording, AudioError> {
    decode_any(Cursor::new(bytes.to_vec()))
}

/// Level in dBFS of a sine of `hz` in a channel, by its correlation with sine and cosine.
fn level(channel: &[f32], hz: f64, rate: f64) -> f64 {
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (i, x) in channel.iter().enumerate() {
        let angle = std::f64::consts::TAU * hz * i as f64 / rate;
        real += f64::from(*x) * libm::cos(angle);
        imaginary += f64::from(*x) * libm::sin(angle);
    }
    20.0 * (2.0 * (real * real + imaginary * imaginary).sqrt() / channel.len() as f64).log10()
}

#[test]
fn every_foreign_format_gives_its_tone_at_its_level_and_length() {
    // Frames by the recipe of the fixtures; lossy codecs may keep some padding at the end.
    for (name, bytes, kind, frames, padding, tolerance_db) in [
        ("ogg", OGG, "Ogg", 22_050, 0, 0.3),
        ("aac", AAC, "MP4", 22_050, 64, 0.3),
        ("alac", ALAC, "MP4", 13_230, 0, 0.01),
        ("aiff", AIFF, "AIFF", 3_528, 0, 0.01),
    ] {
        let recording = read(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let sound = &recording.sound;
        assert_eq!((recording.kind, recording.note.as_deref()), (kind, None), "{name}");
        assert_eq!((sound.channel_count(), sound.sample_rate().get()), (2, 44_100), "{name}");
        let got = sound.frames();
        assert!((frames..=frames + padding).contains(&got), "{name}: {got} frames of {frames}");
        // Whole periods of both tones, away from the encoders' edges.
        let part = if frames > 4_000 { 4_410..13_230 } else { 0..3_528 };
        for (side, hz, db) in [(0, 1_000.0, -12.0), (1, 500.0, -18.0)] {
            let found = level(&sound.channel(side)[part.clone()], hz, 44_100.0);
            assert!((found - db).abs() < tolerance_db, "{name} {hz} Hz: {found} dB, not {db}");
            let other = level(&sound.channel(side)[part.clone()], 1_500.0 - hz, 44_100.0);
            assert!(other < -45.0, "{name}: {other} dB of the other side's tone");
        }
    }
}

#[test]
fn m4a_begins_with_the_music_and_not_with_the_encoders_padding() {
    // A sine that starts at zero: the first quarter period rises. With 1,024 frames of padding left in, it would not.
    let sound = read(AAC).unwrap().sound;
    let left = sound.channel(0);
    let mut best = (0.0, 0_usize);
    for shift in 0..44 {
        let sum = (0..4_410)
            .map(|i| {
                let angle = std::f64::consts::TAU * 1_000.0 * i as f64 / 44_100.0;
                f64::from(left[2_205 + shift + i]) * libm::sin(angle)
            })
            .sum::<f64>();
        if sum > best.0 {
            best = (sum, shift);
        }
    }
    assert!(best.1 <= 1 || best.1 >= 43, "the tone is off by {} frames of its period", best.1);
}

#[test]
fn our_own_formats_go_our_own_way_whatever_they_are_called() {
    let planes = vec![vec![0.25_f32; 1_000], vec![-0.5; 1_000]];
    let sound = AudioBuffer::from_planar(planes, SampleRate::HZ_48000);
    for format in [Format::Wav, Format::Flac] {
        let mut bytes = Cursor::new(Vec::new());
        encode(&sound, &EncodeSpec::new(format, Depth::I16), Extras::default(), &mut bytes)
            .unwrap();
        let strict = decode_bytes(bytes.get_ref()).unwrap().0;
        assert_eq!(read(bytes.get_ref()).unwrap().sound, strict);
        assert_eq!(strict.frames(), 1_000);
    }
}

#[test]
fn zero_length_is_an_error_with_a_hint() {
    let empty = AudioBuffer::silence(2, 0, SampleRate::HZ_48000);
    let mut bytes = Cursor::new(Vec::new());
    encode(&empty, &EncodeSpec::new(Format::Wav, Depth::F32), Extras::default(), &mut bytes)
        .unwrap();
    let error = read(bytes.get_ref()).unwrap_err();
    assert!(matches!(error, AudioError::NoSound), "{error}");
    assert!(error.hint().contains("frame"));
    assert!(matches!(read(b""), Err(AudioError::NotAudio { .. })));
    // Only the headers of an AIFF file.
    assert!(read(&AIFF[..54]).is_err());
}

#[test]
fn a_cut_file_gives_what_is_there_and_says_so_or_fails_in_words() {
    for (name, bytes) in [("ogg", OGG), ("aac", AAC), ("alac", ALAC), ("aiff", AIFF)] {
        for part in [0.05, 0.2, 0.5, 0.8] {
            let cut = &bytes[..(bytes.len() as f64 * part) as usize];
            match read(cut) {
                Ok(recording) => {
                    let whole = read(bytes).unwrap().sound.frames();
                    assert!(recording.sound.frames() < whole, "{name} {part}");
                }
                Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
            }
        }
    }
}

#[test]
fn a_lying_header_neither_panics_nor_allocates_its_claim() {
    // Every byte of the headers to its extremes, one at a time.
    for bytes in [OGG, AAC, ALAC, AIFF] {
        for at in
            (0..bytes.len().min(120)).chain(bytes.len().saturating_sub(300)..bytes.len()).step_by(3)
        {
            for value in [0x00, 0x7f, 0xff] {
                let mut lie = bytes.to_vec();
                lie[at] = value;
                if let Ok(recording) = read(&lie) {
                    assert!(recording.sound.frames() < 1_000_000, "byte {at} = {value}");
                }
            }
        }
    }
}
