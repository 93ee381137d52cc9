//! Foreign, broken, cut and mutated files: every one an answer or an error, never a panic, never a wrong success.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::audio::encode::{EncodeSpec, Extras, encode};
use crate::audio::format::Depth;
use crate::audio::tags::{TagSet, read_tags, retag};

fn tone(frames: usize) -> AudioBuffer {
    let channel =
        (0..frames).map(|i| (libm::sin(i as f64 * 0.06) * 0.6) as f32).collect::<Vec<_>>();
    AudioBuffer::from_planar(vec![channel.clone(), channel], SampleRate::HZ_48000)
}

fn file(format: Format, frames: usize) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let tags =
        TagSet { title: Some("t".into()), recipe_json: Some("{}".repeat(50)), ..TagSet::default() };
    let extras = Extras { tags: Some(&tags), looping: None };
    encode(&tone(frames), &EncodeSpec::new(format, Depth::I16), extras, &mut out).unwrap();
    out.into_inner()
}

/// A WAV file of one `fmt ` and one `data` chunk.
fn wav(tag: u16, channels: u16, bits: u16, extensible: bool, data: &[u8]) -> Vec<u8> {
    let align = channels * bits / 8;
    let mut format = (if extensible { 0xfffe } else { tag }).to_le_bytes().to_vec();
    format.extend(channels.to_le_bytes());
    format.extend(44_100_u32.to_le_bytes());
    format.extend((44_100 * u32::from(align)).to_le_bytes());
    format.extend(align.to_le_bytes());
    format.extend(bits.to_le_bytes());
    if extensible {
        format.extend(22_u16.to_le_bytes());
        format.extend(bits.to_le_bytes());
        format.extend(3_u32.to_le_bytes());
        format.extend(tag.to_le_bytes());
        format.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
    }
    let mut out = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
    out.extend((format.len() as u32).to_le_bytes());
    out.extend(format);
    out.extend(b"data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out
}

#[test]
fn foreign_wav_forms_are_read_at_their_level() {
    let read = |bytes: &[u8]| decode_bytes(bytes).unwrap().0.into_planar();
    assert_eq!(read(&wav(1, 1, 8, false, &[0, 128, 255])), [[-1.0, 0.0, 127.0 / 128.0]]);
    assert_eq!(read(&wav(1, 2, 16, true, &[0, 64, 0, 192])), [[0.5], [-0.5]]);
    assert_eq!(read(&wav(1, 1, 24, true, &[0, 0, 192])), [[-0.5]]);
    assert_eq!(read(&wav(1, 1, 32, false, &i32::MIN.to_le_bytes())), [[-1.0]]);
    assert_eq!(read(&wav(3, 1, 32, false, &0.25_f32.to_le_bytes())), [[0.25]]);
    assert_eq!(read(&wav(3, 1, 64, true, &(-2.5_f64).to_le_bytes())), [[-2.5]]);
    assert_eq!(read(&wav(3, 1, 32, false, &f32::NAN.to_le_bytes())), [[0.0]]);
}

#[test]
fn nonsense_is_refused_in_words() {
    let words = |bytes: &[u8]| decode_bytes(bytes).unwrap_err().to_string();
    assert!(words(b"").contains("it is empty"));
    assert!(words("Ein Text, größer als nichts.\n".as_bytes()).contains("it is text"));
    assert!(words(&[0; 5_000]).contains("all zeros"));
    assert!(words(b"OggS\0\x02\0\0\0\0").contains("Ogg"));
    assert!(words(b"FORM\0\0\0\0AIFF").contains("AIFF"));
    assert!(words(b"\0\0\0\x20ftypM4A ").contains("MP4"));
    assert!(words(b"RF64\xff\xff\xff\xffWAVEds64").contains("RF64"));
    assert!(words(b"RIFF\0\0\0\0AVI LIST").contains("RIFF file without sound"));
    assert!(words(b"RIFF\x04\0\0\0WAVE").contains("no 'fmt' chunk"));
    assert!(words(&wav(1, 1, 16, false, &[])[..36]).contains("no 'data' chunk"));
    assert!(words(&wav(2, 1, 4, false, &[])).contains("0x0002"));
    assert!(words(&wav(1, 0, 16, false, &[])).contains("0 channels"));
    assert!(words(b"fLaC").contains("cut short") || words(b"fLaC").contains("damaged"));
    let error = decode_bytes(b"plain").unwrap_err();
    assert!(error.hint().contains("ffmpeg"));
}

#[test]
fn every_cut_through_the_sound_is_noticed() {
    for format in Format::ALL {
        let whole = file(format, 20_000);
        for part in [0.3, 0.5, 0.7, 0.9] {
            let cut = &whole[..(whole.len() as f64 * part) as usize];
            let result = inspect(&mut Cursor::new(cut));
            assert!(
                matches!(result, Err(AudioError::Truncated { .. } | AudioError::Damaged { .. })),
                "{format} {part}: {result:?}"
            );
        }
    }
}

#[test]
fn a_piped_wav_reaches_to_its_end() {
    let mut piped = wav(1, 1, 16, false, &[1, 0, 2, 0, 3, 0]);
    let at = piped.len() - 10;
    piped[at..at + 4].fill(0xff);
    assert_eq!(decode_bytes(&piped).unwrap().1.frames, 3);
}

#[test]
fn flac_behind_an_id3_tag_is_flac() {
    let mut bytes = b"ID3\x03\0\0\0\0\0\x0aTIT2\0\0\0\0\0\0".to_vec();
    let plain = file(Format::Flac, 3_000);
    bytes.extend(&plain);
    let (a, b) = (decode_bytes(&bytes).unwrap(), decode_bytes(&plain).unwrap());
    assert_eq!(a, b);
}

#[test]
fn a_flipped_bit_in_a_flac_is_noticed() {
    let whole = file(Format::Flac, 9_000);
    for at in [whole.len() / 2, whole.len() - 20, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        assert!(inspect(&mut Cursor::new(&bytes)).is_err(), "{at}");
    }
}

#[test]
fn an_error_of_the_sink_ends_the_decoding() {
    let mut blocks = 0;
    let result = decode_blocks(&mut Cursor::new(file(Format::Wav, 50_000)), &mut |_| {
        blocks += 1;
        Err(AudioError::Processing { detail: "enough".into() })
    });
    assert!(result.is_err());
    assert_eq!(blocks, 1);
}

/// All that a user can do with an unknown file.
fn open(bytes: &[u8]) {
    if let Ok((buffer, info)) = decode_bytes(bytes) {
        assert_eq!(buffer.frames() as u64, info.frames);
        assert!(buffer.channels().iter().flatten().all(|x| x.is_finite()));
    }
    let _ = read_tags(&mut Cursor::new(bytes));
    let mut copy = Cursor::new(Vec::new());
    let _ = retag(&mut Cursor::new(bytes), &mut copy, &TagSet::default(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]
    #[test]
    fn mutated_files_do_no_harm(
        which in 0usize..3,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = file(Format::ALL[which], 3_000);
        for (at, value, near) in edits {
            // Half of the edits go to the headers, where they hurt most.
            let range = if near { bytes.len().min(300) } else { bytes.len() };
            bytes[at.index(range)] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        open(&bytes);
    }

    #[test]
    fn any_bytes_behind_a_magic_do_no_harm(
        magic in prop::sample::select(vec![
            &b""[..], b"RIFF\xff\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0\x88\x58\x01\0\x02\0\x10\0", b"fLaC\0\0\0\x22",
            b"ID3\x03\0\0\0\0\x02\0", b"ID3\x04\0\0\0\0\0\x40", b"\xff\xfb\x90\x64", b"RIFF\xff\0\0\0WAVELIST",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let mut bytes = magic.to_vec();
        bytes.extend(rest);
        open(&bytes);
    }
}
