//! Reading sound: WAV, FLAC and MP3 to planar floats, or only through a checker. WAV is read here, so that one pass
//! decodes and hashes; FLAC and MP3 go through symphonia. Any bytes may come in; what is wrong with them goes out as
//! an [`AudioError`], never as a panic.
//!
//! [`decode`] is strict, because takes must come back as they were written. [`foreign::decode_any`] is for what users
//! bring along: it also reads Ogg Vorbis, M4A and AIFF, and makes the best of a file that ends too early.

use std::io::{Cursor, Read, Seek, SeekFrom};

use super::buffer::AudioBuffer;
use super::error::AudioError;
use super::format::{AudioHash, Format};
use super::mpeg;
use crate::model::units::SampleRate;

pub mod foreign;
mod mp4;
mod packets;
mod wav;

#[cfg(test)]
mod tests;

/// How the samples of a file are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Integers of this many bits.
    Integer(u16),
    /// IEEE floats of this many bits.
    Float(u16),
    /// Transform coding, with no bits of its own.
    Lossy,
}

/// What a file holds, after all of it was decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioInfo {
    /// Container, by its bytes.
    pub format: Format,
    /// Frames per second.
    pub sample_rate: SampleRate,
    /// Number of channels.
    pub channels: usize,
    /// Form of the stored samples.
    pub coding: Coding,
    /// Frames that it decodes to, encoder delay and padding taken off.
    pub frames: u64,
    /// Fingerprint of the sound alone; equal to the [`super::encode::Encoded::audio_sha256`] of the same sound.
    pub audio_sha256: AudioHash,
    /// Packets of an MP3 that could not be decoded and were left out; other formats are refused instead.
    pub damaged_packets: u64,
}

impl AudioInfo {
    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.frames as f64 / self.sample_rate.as_f64()
    }
}

/// Most samples (frames x channels) that [`decode`] puts into one buffer: 4 GiB of floats, six hours of stereo. A
/// hundred bytes of FLAC can claim years of silence.
const MAX_SAMPLES: u64 = 1 << 30;

/// A place that decoded blocks go to: planar, all channels of one length.
type Sink<'s> = dyn FnMut(&[Vec<f32>]) -> Result<(), AudioError> + 's;

/// Decodes a whole file.
///
/// Errors: [`AudioError::NotAudio`], [`AudioError::Unsupported`], [`AudioError::Truncated`], [`AudioError::Damaged`].
pub fn decode<R: Read + Seek + Send + Sync>(
    reader: &mut R,
) -> Result<(AudioBuffer, AudioInfo), AudioError> {
    let mut planes: Vec<Vec<f32>> = Vec::new();
    let info = decode_blocks(reader, &mut |block| {
        planes.resize(block.len().max(planes.len()), Vec::new());
        let frames = planes.first().map_or(0, Vec::len) + block.first().map_or(0, Vec::len);
        if frames as u64 * block.len() as u64 > MAX_SAMPLES {
            return Err(AudioError::Unsupported { what: "a sound of more than six hours".into() });
        }
        planes.iter_mut().zip(block).for_each(|(plane, block)| plane.extend_from_slice(block));
        Ok(())
    })?;
    planes.resize(info.channels, Vec::new());
    planes.iter_mut().for_each(Vec::shrink_to_fit);
    Ok((AudioBuffer::from_planar(planes, info.sample_rate), info))
}

/// Decodes a whole file that is in memory. Errors: as [`decode`].
pub fn decode_bytes(bytes: &[u8]) -> Result<(AudioBuffer, AudioInfo), AudioError> {
    decode(&mut Cursor::new(bytes))
}

/// Decodes a file to check it, holding one block at a time. Errors: as [`decode`].
pub fn inspect<R: Read + Seek + Send + Sync>(reader: &mut R) -> Result<AudioInfo, AudioError> {
    decode_blocks(reader, &mut |_| Ok(()))
}

/// Decodes a file block by block (a few thousand frames each), e.g. into a loudness meter and a waveform at once. An
/// error of the sink ends the decoding and is returned.
pub fn decode_blocks<R: Read + Seek + Send + Sync>(
    reader: &mut R,
    sink: &mut Sink<'_>,
) -> Result<AudioInfo, AudioError> {
    let format = sniff(reader)?;
    reader.seek(SeekFrom::Start(0))?;
    match format {
        Format::Wav => wav::decode(reader, sink),
        Format::Flac => packets::decode_flac(reader, sink),
        Format::Mp3 => packets::decode_mp3(reader, sink),
    }
}

/// Channels and rate of a file, from its header where that is enough: an MP3 is decoded for it.
/// Errors: as [`decode`].
pub fn shape<R: Read + Seek + Send + Sync>(
    reader: &mut R,
) -> Result<(usize, SampleRate), AudioError> {
    if sniff(reader)? == Format::Wav {
        return wav::shape(reader);
    }
    let info = inspect(reader)?;
    Ok((info.channels, info.sample_rate))
}

/// Tells the format of a file by its bytes. Errors: [`AudioError::NotAudio`] in words about what it is instead.
pub fn sniff<R: Read + Seek>(reader: &mut R) -> Result<Format, AudioError> {
    let len = reader.seek(SeekFrom::End(0))?;
    let start = mpeg::leading_tags(reader, len)?;
    reader.seek(SeekFrom::Start(start))?;
    let mut head = Vec::new();
    reader.by_ref().take(4_096).read_to_end(&mut head)?;
    if let Some(format) = Format::from_magic(&head) {
        return Ok(format);
    }
    if start > 0 {
        // Behind an ID3 tag there may be padding before the first frame; the scan decides.
        return Ok(Format::Mp3);
    }
    let found = match head.as_slice() {
        [] => "it is empty",
        [b'R', b'I', b'F', b'F', ..] => "it is a RIFF file without sound",
        [b'R', b'F', b'6', b'4', ..] | [b'B', b'W', b'6', b'4', ..] => {
            return Err(AudioError::Unsupported { what: "a 64 bit WAV file (RF64)".into() });
        }
        [b'O', b'g', b'g', b'S', ..] => {
            return Err(AudioError::Unsupported { what: "an Ogg file".into() });
        }
        [b'F', b'O', b'R', b'M', ..] => {
            return Err(AudioError::Unsupported { what: "an AIFF file".into() });
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
            return Err(AudioError::Unsupported { what: "an MP4 file".into() });
        }
        head if head.iter().all(|byte| *byte == 0) => "it is all zeros",
        head if looks_like_text(head) => "it is text",
        _ => "its first bytes belong to no known format",
    };
    Err(AudioError::NotAudio { found: found.into() })
}

fn looks_like_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The block may end inside a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default())
                .unwrap_or_default()
        }
        Err(_) => return false,
    };
    text.chars().all(|c| !c.is_control() || c.is_whitespace())
}

fn supported_rate(hz: u32) -> Result<SampleRate, AudioError> {
    SampleRate::new(hz)
        .map_err(|_| AudioError::Unsupported { what: format!("a sample rate of {hz} Hz") })
}
