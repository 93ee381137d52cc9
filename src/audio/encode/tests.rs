//! Round trips of every format, depth and shape, against independent readers where there are some.

use std::io::Cursor;

use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::*;
use crate::audio::decode::{Coding, decode_bytes, inspect};
use crate::audio::looping::read_loop;
use crate::audio::riff;
use crate::audio::tags::{Generation, read_tags};
use crate::model::tempo::Metre;

const LENGTHS: [usize; 7] = [0, 1, 2, 577, 4_096, 4_097, 12_289];

fn rate(hz: u32) -> SampleRate {
    SampleRate::new(hz).unwrap()
}

/// Two detuned tones and some noise; each channel differs.
fn music(channels: usize, frames: usize, hz: u32) -> AudioBuffer {
    let mut noise = 99_u32;
    let planes = (0..channels)
        .map(|channel| {
            (0..frames)
                .map(|i| {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let hiss = f64::from(noise >> 8) / f64::from(1 << 23) - 1.0;
                    let t = i as f64 / f64::from(hz) * std::f64::consts::TAU;
                    let tone = libm::sin(t * (220.0 + channel as f64)) * 0.5;
                    (tone + libm::sin(t * 1_000.7) * 0.2 + hiss * 0.05) as f32
                })
                .collect()
        })
        .collect();
    AudioBuffer::from_planar(planes, rate(hz))
}

fn file(buffer: &AudioBuffer, spec: &EncodeSpec, extras: Extras<'_>) -> (Vec<u8>, Encoded) {
    let mut out = Cursor::new(Vec::new());
    let encoded = encode(buffer, spec, extras, &mut out).unwrap();
    assert_eq!(out.position(), encoded.bytes);
    assert_eq!(out.get_ref().len() as u64, encoded.bytes);
    (out.into_inner(), encoded)
}

/// Every way to store a take.
fn specs() -> Vec<EncodeSpec> {
    let mut specs = Vec::new();
    for format in Format::ALL {
        for depth in format.depths() {
            specs.push(EncodeSpec { dither_seed: 7, ..EncodeSpec::new(format, *depth) });
        }
    }
    for mp3 in [Mp3Rate::Variable, Mp3Rate::Constant] {
        specs.push(EncodeSpec { mp3, ..EncodeSpec::new(Format::Mp3, Depth::I16) });
    }
    specs
}

fn steps(depth: Depth) -> f32 {
    if depth == Depth::I16 { 32_768.0 } else { 8_388_608.0 }
}

#[test]
fn every_lossless_shape_comes_back_to_the_bit() {
    for spec in specs().iter().filter(|spec| spec.format.is_lossless()) {
        for channels in [1, 2, 5] {
            // Only WAV can hold nothing.
            let first = usize::from(spec.format != Format::Wav);
            for frames in LENGTHS.into_iter().skip(first) {
                let buffer = music(channels, frames, 48_000);
                let (bytes, encoded) = file(&buffer, spec, Extras::default());
                let (back, info) = decode_bytes(&bytes).unwrap();
                let case = format!("{spec:?} {channels} x {frames}");
                assert_eq!(info.audio_sha256, encoded.audio_sha256, "{case}");
                assert_eq!((info.frames, info.channels), (frames as u64, channels), "{case}");
                assert_eq!(info.format, spec.format);
                assert_eq!(back.frames(), frames, "{case}");
                for (a, b) in buffer.channels().iter().zip(back.channels()) {
                    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    let allowed = match spec.depth {
                        Depth::F32 => 0.0,
                        Depth::I24 => 0.5001 / steps(spec.depth),
                        Depth::I16 => 1.5001 / steps(spec.depth),
                    };
                    assert!(worst <= allowed, "{case}: {worst}");
                }
                // What was read is on the grid, so writing it again gives the same bytes.
                let (again, _) = file(&back, spec, Extras::default());
                assert!(again == bytes, "{case}");
            }
        }
    }
}

#[test]
fn wav_and_flac_of_one_take_have_one_fingerprint() {
    let buffer = music(2, 10_001, 44_100);
    for depth in [Depth::I16, Depth::I24] {
        let [wav, flac] = [Format::Wav, Format::Flac]
            .map(|format| file(&buffer, &EncodeSpec::new(format, depth), Extras::default()).1);
        assert_eq!(wav.audio_sha256, flac.audio_sha256);
        assert!(flac.bytes < wav.bytes);
    }
}

#[test]
fn another_reader_finds_the_same_samples_in_our_wav() {
    for (depth, bits) in [(Depth::I16, 16), (Depth::I24, 24)] {
        let buffer = music(2, 1_001, 48_000);
        let (bytes, _) = file(&buffer, &EncodeSpec::new(Format::Wav, depth), Extras::default());
        let ours = decode_bytes(&bytes).unwrap().0;
        let mut reader = hound::WavReader::new(Cursor::new(&bytes)).unwrap();
        assert_eq!(reader.spec().bits_per_sample, bits);
        let theirs = reader.samples::<i32>().map(|s| s.unwrap() as f32 / steps(depth));
        let interleaved = (0..1_001).flat_map(|i| [ours.channel(0)[i], ours.channel(1)[i]]);
        assert!(theirs.eq(interleaved));
    }
    let buffer = music(1, 333, 48_000);
    let spec = EncodeSpec::new(Format::Wav, Depth::F32);
    let (bytes, _) = file(&buffer, &spec, Extras::default());
    let mut reader = hound::WavReader::new(Cursor::new(&bytes)).unwrap();
    let theirs = reader.samples::<f32>().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(theirs, buffer.channel(0));
}

#[test]
fn another_reader_finds_the_same_samples_in_our_flac() {
    for depth in [Depth::I16, Depth::I24] {
        // Silence, a full-scale square and noise: the shapes at which encoders have blown up.
        let mut buffer = music(2, 600_000, 48_000);
        for channel in buffer.channels_mut() {
            channel[..9_000].fill(0.0);
            for (i, x) in channel.iter_mut().enumerate().skip(9_000).take(50_000) {
                *x = if i % 100 < 50 { 1.0 } else { -1.0 };
            }
        }
        let spec = EncodeSpec::new(Format::Flac, depth);
        let (bytes, encoded) = file(&buffer, &spec, Extras::default());
        assert!(bytes.len() < 600_000 * 2 * depth.bytes(), "{} bytes", bytes.len());
        let theirs = libflac_rs::decode(&bytes).unwrap();
        assert!(theirs.md5_ok);
        let mut canonical = Vec::new();
        append_le(&theirs.interleaved, depth.bytes(), &mut canonical);
        use sha2::{Digest, Sha256};
        assert_eq!(AudioHash::finish(Sha256::new_with_prefix(&canonical)), encoded.audio_sha256);
    }
}

#[test]
fn mp3_is_gapless_and_close_to_the_original() {
    for mp3 in [Mp3Rate::Variable, Mp3Rate::Constant] {
        for (channels, hz) in [(2, 44_100), (1, 48_000), (2, 32_000), (1, 22_050), (2, 11_025)] {
            let frames = hz as usize + 123;
            let buffer = music(channels, frames, hz);
            let spec = EncodeSpec { mp3, ..EncodeSpec::new(Format::Mp3, Depth::I16) };
            let (bytes, encoded) = file(&buffer, &spec, Extras::default());
            let (back, info) = decode_bytes(&bytes).unwrap();
            let case = format!("{mp3:?} {channels} {hz}");
            assert_eq!(info.audio_sha256, encoded.audio_sha256, "{case}");
            assert_eq!((back.frames(), info.channels), (frames, channels), "{case}");
            assert_eq!((info.coding, info.damaged_packets), (Coding::Lossy, 0));
            let (mut error, mut power) = (0.0, 0.0);
            for (a, b) in buffer.channel(0).iter().zip(back.channel(0)).skip(2_000) {
                error += f64::from(a - b) * f64::from(a - b);
                power += f64::from(*a) * f64::from(*a);
            }
            // The coder drops noise near half the sample rate; a shift by one sample would read -15 dB here.
            assert!(error / power < 0.02, "{case}: {}", error / power);
        }
    }
}

#[test]
fn short_mp3s_are_whole_files() {
    for frames in [1, 100, 1_152, 2_000] {
        let spec = EncodeSpec::new(Format::Mp3, Depth::I16);
        let (bytes, encoded) = file(&music(2, frames, 44_100), &spec, Extras::default());
        let info = inspect(&mut Cursor::new(&bytes)).unwrap();
        assert_eq!(info.audio_sha256, encoded.audio_sha256);
        assert_eq!(info.frames, frames as u64);
    }
}

fn tags() -> TagSet {
    TagSet {
        title: Some("Night drive – 夜".into()),
        artist: Some("Somebody".into()),
        album: Some("Sketches".into()),
        comment: Some("two\nlines".into()),
        genre: Some("lo-fi".into()),
        prompt: Some("lo-fi beat, 82 bpm, \"rain\" = yes".into()),
        bpm: Some(82.5),
        key: Some("F#m".into()),
        seed: Some("18446744073709551615".into()),
        backend: Some("composer".into()),
        model: Some("rules 3".into()),
        licence: Some("CC0-1.0".into()),
        generated: Some(Generation::Algorithmic),
        recipe_json: Some(format!("{{\"a\":\"{}\"}}\n", "é\\\"x".repeat(12_000))),
    }
}

fn looping() -> LoopInfo {
    LoopInfo {
        start: 0,
        end: 4_001,
        root_note: Some(57),
        bpm: 82.5,
        beats: 16,
        metre: Metre { numerator: 6, denominator: 8 },
        one_shot: false,
    }
}

#[test]
fn tags_and_loops_come_back_and_leave_the_sound_alone() {
    let (tags, looping) = (tags(), looping());
    for spec in specs() {
        let buffer = music(1, 4_001, 48_000);
        let plain = file(&buffer, &spec, Extras::default());
        let extras = Extras { tags: Some(&tags), looping: Some(&looping) };
        let (bytes, encoded) = file(&buffer, &spec, extras);
        assert_eq!(encoded.audio_sha256, plain.1.audio_sha256, "{spec:?}");
        let info = inspect(&mut Cursor::new(&bytes)).unwrap();
        assert_eq!(info.audio_sha256, encoded.audio_sha256, "{spec:?}");
        assert_eq!(read_tags(&mut Cursor::new(&bytes)).unwrap(), tags, "{spec:?}");
        assert_eq!(read_tags(&mut Cursor::new(&plain.0)).unwrap(), TagSet::default());
        if spec.format == Format::Wav {
            assert_eq!(read_loop(&mut Cursor::new(&bytes)).unwrap(), Some(looping));
            assert_eq!(read_loop(&mut Cursor::new(&plain.0)).unwrap(), None);
        }
    }
}

#[test]
fn the_sizes_and_the_order_of_riff_chunks_are_right() {
    let (tags, looping) = (tags(), looping());
    for depth in [Depth::I16, Depth::I24, Depth::F32] {
        for frames in [0, 1, 4_001] {
            let spec = EncodeSpec::new(Format::Wav, depth);
            let extras = Extras { tags: Some(&tags), looping: Some(&looping) };
            let (bytes, encoded) = file(&music(1, frames, 48_000), &spec, extras);
            assert_eq!(riff::u32_at(&bytes, 4), Some(bytes.len() as u32 - 8));
            assert_eq!(bytes.len() % 2, 0);
            let chunks = riff::chunks(&mut Cursor::new(&bytes)).unwrap();
            let names = chunks.iter().map(|c| std::str::from_utf8(&c.id).unwrap());
            let fact: &[&str] = if depth == Depth::F32 { &["fact"] } else { &[] };
            let expected = [&["fmt "], fact, &["data", "LIST", "smpl", "acid", "id3 "]].concat();
            assert_eq!(names.collect::<Vec<_>>(), expected);
            let last = chunks.last().unwrap();
            assert_eq!(last.offset + last.size + (last.size & 1), encoded.bytes);
            let data = chunks.iter().find(|chunk| chunk.id == *b"data").unwrap();
            assert_eq!(data.size, (frames * depth.bytes()) as u64);
        }
    }
}

#[test]
fn what_a_format_cannot_hold_is_refused_before_anything_is_written() {
    let fail = |format, depth, channels: usize, hz: u32, frames: usize| {
        let mut out = Cursor::new(Vec::new());
        let buffer = AudioBuffer::silence(channels, frames, rate(hz));
        let spec = EncodeSpec::new(format, depth);
        let error = encode(&buffer, &spec, Extras::default(), &mut out).unwrap_err();
        assert!(out.get_ref().is_empty() || frames == 0);
        assert!(!error.hint().is_empty());
        error
    };
    let refuse = |format, depth, channels, hz| fail(format, depth, channels, hz, 10);
    use AudioError::{Channels, Rate};
    let i16 = Depth::I16;
    assert!(matches!(refuse(Format::Flac, Depth::F32, 2, 48_000), AudioError::Depth { .. }));
    assert!(matches!(refuse(Format::Mp3, i16, 2, 96_000), Rate { rate: 96_000, .. }));
    assert!(matches!(refuse(Format::Mp3, i16, 3, 48_000), Channels { channels: 3, .. }));
    assert!(matches!(refuse(Format::Wav, i16, 9, 48_000), Channels { .. }));
    assert!(matches!(refuse(Format::Flac, i16, 2, 96_001), Rate { .. }));
    for format in [Format::Flac, Format::Mp3] {
        assert!(matches!(fail(format, i16, 2, 48_000, 0), AudioError::Empty { .. }));
    }
}

#[test]
fn the_dither_seed_decides_the_bytes() {
    let buffer = music(2, 5_000, 48_000);
    let spec = |seed| EncodeSpec { dither_seed: seed, ..EncodeSpec::new(Format::Wav, Depth::I16) };
    let of = |seed| file(&buffer, &spec(seed), Extras::default()).1.audio_sha256;
    assert_eq!(of(1), of(1));
    assert!(of(1) != of(2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn blocks_of_any_size_give_the_file_of_the_whole(
        cuts in prop::collection::vec(0usize..6_000, 0..5), which in 0usize..7,
    ) {
        let buffer = music(2, 6_000, 48_000);
        let spec = specs().swap_remove(which);
        let (whole, encoded) = file(&buffer, &spec, Extras::default());
        let mut cuts = cuts;
        cuts.extend([0, 6_000]);
        cuts.sort_unstable();
        let mut out = Cursor::new(Vec::new());
        let mut stream = StreamEncoder::new(&mut out, &spec, 2, rate(48_000), Extras::default()).unwrap();
        for pair in cuts.windows(2) {
            stream.write(&[&buffer.channel(0)[pair[0]..pair[1]], &buffer.channel(1)[pair[0]..pair[1]]]).unwrap();
        }
        prop_assert!(stream.write(&[&[0.0]]).is_err());
        prop_assert_eq!(stream.finish().unwrap(), encoded);
        prop_assert!(out.into_inner() == whole);
    }
}
