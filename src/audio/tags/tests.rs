//! Tags through all formats, from other programs, and through being written again.

use std::io::Cursor;

use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::*;
use crate::audio::buffer::AudioBuffer;
use crate::audio::decode::decode_bytes;
use crate::audio::encode::{EncodeSpec, Extras, encode};
use crate::audio::format::Depth;
use crate::audio::looping::{LoopInfo, read_loop};
use crate::audio::riff;
use crate::model::tempo::Metre;
use crate::model::units::SampleRate;

fn plain(format: Format) -> Vec<u8> {
    let channel = (0..5_001).map(|i| (libm::sin(f64::from(i) * 0.05) * 0.5) as f32).collect();
    let buffer = AudioBuffer::from_planar(vec![channel], SampleRate::HZ_48000);
    let mut out = Cursor::new(Vec::new());
    let spec = EncodeSpec::new(format, Depth::I24);
    encode(&buffer, &spec, Extras::default(), &mut out).unwrap();
    out.into_inner()
}

fn rewritten(bytes: &[u8], tags: &TagSet, looping: Option<&LoopInfo>) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    retag(&mut Cursor::new(bytes), &mut out, tags, looping).unwrap();
    out.into_inner()
}

fn read(bytes: &[u8]) -> TagSet {
    read_tags(&mut Cursor::new(bytes)).unwrap()
}

#[test]
fn tags_that_grow_and_shrink_never_touch_the_sound() {
    let long = TagSet {
        title: Some("A long title".into()),
        recipe_json: Some("{\"deep\": \"recipe\"}".repeat(3_500)),
        generated: Some(Generation::Neural),
        ..TagSet::default()
    };
    let short = TagSet { title: Some("B".into()), ..TagSet::default() };
    for format in Format::ALL {
        let first = plain(format);
        let sound = decode_bytes(&first).unwrap();
        let mut bytes = first;
        let mut sizes = Vec::new();
        for tags in [&short, &long, &short, &long, &TagSet::default(), &short] {
            bytes = rewritten(&bytes, tags, None);
            assert_eq!(read(&bytes), *tags, "{format}");
            assert!(decode_bytes(&bytes).unwrap() == sound, "{format}");
            sizes.push(bytes.len());
            if format == Format::Wav {
                assert_eq!(riff::u32_at(&bytes, 4), Some(bytes.len() as u32 - 8));
            }
        }
        assert_eq!((sizes[0], sizes[1], sizes[2]), (sizes[2], sizes[3], sizes[5]), "{format}");
    }
}

#[test]
fn loop_points_stay_or_are_replaced_and_unknown_chunks_stay() {
    let mut file = plain(Format::Wav);
    riff::write_chunk(&mut file, *b"bext", b"odd").unwrap();
    let info = LoopInfo {
        start: 3,
        end: 99,
        root_note: None,
        bpm: 120.0,
        beats: 4,
        metre: Metre::FOUR_FOUR,
        one_shot: false,
    };
    let looped = rewritten(&file, &TagSet::default(), Some(&info));
    let loop_of = |bytes: &[u8]| read_loop(&mut Cursor::new(bytes)).unwrap();
    assert_eq!(loop_of(&looped).map(|l| (l.start, l.end, l.beats)), Some((3, 99, 4)));
    let kept = rewritten(&looped, &TagSet { bpm: Some(99.0), ..TagSet::default() }, None);
    assert_eq!(loop_of(&kept).map(|l| l.end), Some(99));
    let moved = rewritten(&kept, &TagSet::default(), Some(&LoopInfo { end: 50, ..info }));
    assert_eq!(loop_of(&moved).map(|l| l.end), Some(50));
    let chunks = riff::chunks(&mut Cursor::new(&moved)).unwrap();
    for (name, count) in [(b"bext", 1), (b"smpl", 1), (b"acid", 1), (b"id3 ", 1), (b"LIST", 1)] {
        assert_eq!(chunks.iter().filter(|c| c.id == *name).count(), count, "{name:?}");
    }
}

/// An MP3 with a hand-made tag of another program in front of real frames.
fn with_id3(version: u8, frames: &[u8]) -> Vec<u8> {
    let mut bytes = b"ID3".to_vec();
    bytes.extend([version, 0, 0]);
    bytes.extend([21, 14, 7, 0].map(|shift| (frames.len() >> shift) as u8 & 0x7f));
    bytes.extend(frames);
    bytes.extend(plain(Format::Mp3));
    bytes
}

#[test]
fn tags_of_other_programs_are_understood() {
    // ID3v2.3: a title in UTF-16 with byte order mark, an artist in Latin-1, a tempo with a comma, a private comment.
    let mut frames = Vec::new();
    let mut frame = |id: &[u8], content: &[u8]| {
        frames.extend(id);
        frames.extend((content.len() as u32).to_be_bytes());
        frames.extend([0, 0]);
        frames.extend(content);
    };
    frame(b"TIT2", b"\x01\xff\xfeN\0\xfc\0n\0");
    frame(b"TPE1", b"\0Bj\xf6rk");
    frame(b"TBPM", b"\x00128,5");
    frame(b"COMM", b"\0engiTunNORM\0 00000A");
    frame(b"COMM", b"\0eng\0hello");
    frame(b"TKEY", b"\0Am");
    let tags = read(&with_id3(3, &frames));
    assert_eq!(tags.title.as_deref(), Some("Nün"));
    assert_eq!(tags.artist.as_deref(), Some("Björk"));
    assert_eq!((tags.bpm, tags.key.as_deref()), (Some(128.5), Some("Am")));
    assert_eq!(tags.comment.as_deref(), Some("hello"));
    assert_eq!(tags.generated, None);
    assert!(decode_bytes(&with_id3(3, &frames)).is_ok());

    // ID3v2.2 has names of three letters.
    let tags = read(&with_id3(2, b"TT2\0\0\x05\0Old!TBP\0\0\x03\090"));
    assert_eq!((tags.title.as_deref(), tags.bpm), (Some("Old!"), Some(90.0)));

    // ID3v1 at the end.
    let mut bytes = plain(Format::Mp3);
    bytes.extend(b"TAG");
    bytes.extend([&b"Ancient"[..], &[0; 23], b"Bard", &[0; 91]].concat());
    let tags = read(&bytes);
    assert_eq!((tags.title.as_deref(), tags.artist.as_deref()), (Some("Ancient"), Some("Bard")));

    // RIFF INFO alone, without our ID3 chunk.
    let mut bytes = plain(Format::Wav);
    riff::write_chunk(&mut bytes, *b"LIST", b"INFOINAM\x06\0\0\0Title\0ICMT\x03\0\0\0hi\0\0")
        .unwrap();
    let size = bytes.len() as u32 - 8;
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    let tags = read(&bytes);
    assert_eq!((tags.title.as_deref(), tags.comment.as_deref()), (Some("Title"), Some("hi")));
}

#[test]
fn the_mark_is_words_and_a_value() {
    let tags = TagSet { generated: Some(Generation::Algorithmic), ..TagSet::default() };
    for format in Format::ALL {
        let bytes = rewritten(&plain(format), &tags, None);
        let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(has(b"AI_GENERATED") && has(b"algorithmic"), "{format}");
        assert!(has(b"This music was algorithmically generated with Timbre."), "{format}");
    }
}

#[test]
fn too_much_text_is_refused_and_odd_tempos_are_not_written() {
    let huge = TagSet { prompt: Some("x".repeat(TagSet::MAX_BYTES + 1)), ..TagSet::default() };
    let mut out = Cursor::new(Vec::new());
    let mut file = Cursor::new(plain(Format::Flac));
    assert!(matches!(retag(&mut file, &mut out, &huge, None), Err(AudioError::Tags { .. })));
    for bpm in [f64::NAN, f64::INFINITY, -3.0, 0.0] {
        let tags = TagSet { bpm: Some(bpm), ..TagSet::default() };
        assert_eq!(read(&rewritten(&plain(Format::Mp3), &tags, None)).bpm, None);
    }
}

fn text() -> impl Strategy<Value = Option<String>> {
    // Any text but one that starts or ends in blanks or zeros, which other programs may trim.
    prop::option::of("[!-~äßñ夜🎵][ -~äßñ夜🎵\n\t]{0,40}[!-~äßñ夜🎵]")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_tags_come_back_from_every_format(
        title in text(), artist in text(), comment in text(), prompt in text(), genre in text(),
        licence in text(), recipe in prop::option::of("\\{[ -~äßñ夜🎵\n]{0,200}\\}\n?"),
        bpm in prop::option::of(20.0f64..400.0), neural in prop::option::of(any::<bool>()),
    ) {
        let generated = neural.map(|n| if n { Generation::Neural } else { Generation::Algorithmic });
        let tags = TagSet {
            title, artist, comment, prompt, genre: genre.map(|g| format!("g{g}")), licence, bpm, generated,
            recipe_json: recipe, ..TagSet::default()
        };
        for format in Format::ALL {
            let bytes = rewritten(&plain(format), &tags, None);
            prop_assert_eq!(&read(&bytes), &tags, "{}", format);
        }
    }
}
