//! Writing other tags into a finished file, as a copy: the sound is carried over unchanged, byte for byte. The caller
//! writes to a temporary file and renames it, so a failure costs nothing.

use std::io::{Read, Seek, SeekFrom, Write, copy};

use super::{TagSet, flac_block_header, id3v2, vorbis_block};
use crate::audio::decode::sniff;
use crate::audio::encode::{Extras, trailing_chunks};
use crate::audio::error::AudioError;
use crate::audio::format::Format;
use crate::audio::looping::LoopInfo;
use crate::audio::mpeg;
use crate::audio::riff::{self, Chunk};
use crate::model::units::SampleRate;

/// Copies a WAV, FLAC or MP3 file with other tags. Old tags go; loop points stay unless new ones are given (WAV only);
/// cover pictures and seek tables of FLAC files and unknown chunks of WAV files stay.
///
/// Errors: [`AudioError::Truncated`] and [`AudioError::NotAudio`] of the source; `to` is then worthless.
pub fn retag<R: Read + Seek, W: Write + Seek>(
    from: &mut R,
    to: &mut W,
    tags: &TagSet,
    looping: Option<&LoopInfo>,
) -> Result<(), AudioError> {
    let format = sniff(from)?;
    tags.check(format)?;
    match format {
        Format::Wav => retag_wav(from, to, tags, looping)?,
        Format::Flac => retag_flac(from, to, tags)?,
        Format::Mp3 => {
            let scan = mpeg::scan(from)?;
            to.write_all(&id3v2(tags))?;
            carry(from, to, scan.start, scan.end - scan.start, format)?;
        }
    }
    to.flush()?;
    Ok(())
}

fn carry<R: Read + Seek, W: Write>(
    from: &mut R,
    to: &mut W,
    at: u64,
    len: u64,
    format: Format,
) -> Result<(), AudioError> {
    from.seek(SeekFrom::Start(at))?;
    let copied = copy(&mut from.by_ref().take(len), to)?;
    if copied < len {
        let detail = format!("{} bytes are missing", len - copied);
        return Err(AudioError::Truncated { format, detail });
    }
    Ok(())
}

fn retag_wav<R: Read + Seek, W: Write>(
    from: &mut R,
    to: &mut W,
    tags: &TagSet,
    looping: Option<&LoopInfo>,
) -> Result<(), AudioError> {
    let mut kept = Vec::new();
    let mut rate = SampleRate::HZ_48000;
    for chunk in riff::chunks(from)? {
        if chunk.id == *b"fmt " {
            let format = riff::read_chunk(from, &chunk, 1 << 16)?;
            let hz = riff::u32_at(&format, 4).and_then(|hz| SampleRate::new(hz).ok());
            rate = hz.unwrap_or(rate);
        }
        if !replaced(from, &chunk, looping.is_some())? {
            kept.push(chunk);
        }
    }
    let fresh = trailing_chunks(Extras { tags: Some(tags), looping }, rate);
    let size = 4
        + kept.iter().map(|chunk| 8 + chunk.size + (chunk.size & 1)).sum::<u64>()
        + fresh.iter().map(|(_, content)| riff::chunk_len(content.len())).sum::<u64>();
    let too_large = |_| AudioError::TooLarge { format: Format::Wav };
    to.write_all(b"RIFF")?;
    to.write_all(&u32::try_from(size).map_err(too_large)?.to_le_bytes())?;
    to.write_all(b"WAVE")?;
    for chunk in kept {
        to.write_all(&chunk.id)?;
        to.write_all(&u32::try_from(chunk.size).map_err(too_large)?.to_le_bytes())?;
        carry(from, to, chunk.offset, chunk.size, Format::Wav)?;
        if chunk.size & 1 == 1 {
            to.write_all(&[0])?;
        }
    }
    fresh.iter().try_for_each(|(id, content)| riff::write_chunk(to, *id, content))
}

fn replaced<R: Read + Seek>(
    from: &mut R,
    chunk: &Chunk,
    new_loop: bool,
) -> Result<bool, AudioError> {
    Ok(match &chunk.id {
        b"id3 " | b"ID3 " => true,
        b"smpl" | b"acid" => new_loop,
        b"LIST" if chunk.present >= 4 => {
            let mut kind = [0; 4];
            from.seek(SeekFrom::Start(chunk.offset))?;
            from.read_exact(&mut kind)?;
            kind == *b"INFO"
        }
        _ => false,
    })
}

fn retag_flac<R: Read + Seek, W: Write>(
    from: &mut R,
    to: &mut W,
    tags: &TagSet,
) -> Result<(), AudioError> {
    const PADDING: u8 = 1;
    const COMMENTS: u8 = 4;
    let len = from.seek(SeekFrom::End(0))?;
    let cut =
        || AudioError::Truncated { format: Format::Flac, detail: "its metadata has no end".into() };
    let mut at = mpeg::leading_tags(from, len)? + 4;
    to.write_all(b"fLaC")?;
    loop {
        if at + 4 > len {
            return Err(cut());
        }
        let mut header = [0; 4];
        from.seek(SeekFrom::Start(at))?;
        from.read_exact(&mut header)?;
        let [kind, a, b, c] = header;
        let size = u64::from(u32::from_be_bytes([0, a, b, c]));
        at += 4;
        if at + size > len {
            return Err(cut());
        }
        if !matches!(kind & 0x7f, PADDING | COMMENTS) {
            to.write_all(&[kind & 0x7f, a, b, c])?;
            carry(from, to, at, size, Format::Flac)?;
        }
        at += size;
        if kind & 0x80 != 0 {
            break;
        }
    }
    let comments = vorbis_block(tags);
    to.write_all(&flac_block_header(true, COMMENTS, comments.len())?)?;
    to.write_all(&comments)?;
    carry(from, to, at, len - at, Format::Flac)
}
