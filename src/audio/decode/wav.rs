//! The WAV reader: integer samples of 8 to 32 bits and floats, plain or in the extensible form.

use std::io::{Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

use super::{AudioInfo, Coding, Sink, supported_rate};
use crate::audio::error::AudioError;
use crate::audio::format::{AudioHash, Format};
use crate::audio::riff::{self, u16_at, u32_at};
use crate::model::units::SampleRate;

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xfffe;
/// Frames that are read at once.
const BLOCK_FRAMES: usize = 4_096;

struct Layout {
    channels: usize,
    rate: u32,
    width: usize,
    coding: Coding,
}

pub(super) fn decode<R: Read + Seek>(
    reader: &mut R,
    sink: &mut Sink<'_>,
) -> Result<AudioInfo, AudioError> {
    let chunks = riff::chunks(reader)?;
    let layout = stated(reader, &chunks)?;
    let sample_rate = supported_rate(layout.rate)?;
    let data = chunks.iter().find(|c| c.id == *b"data").ok_or_else(|| missing("data"))?;
    if data.present < data.size {
        return Err(AudioError::Truncated {
            format: Format::Wav,
            detail: format!("{} of {} bytes of sound are there", data.present, data.size),
        });
    }
    let align = layout.width * layout.channels;
    let frames = data.size / align as u64;
    reader.seek(SeekFrom::Start(data.offset))?;
    let mut hasher = Sha256::new();
    let mut bytes = Vec::with_capacity(BLOCK_FRAMES * align);
    let mut planes = vec![Vec::with_capacity(BLOCK_FRAMES); layout.channels];
    let mut left = frames * align as u64;
    while left > 0 {
        bytes.clear();
        let want = left.min((BLOCK_FRAMES * align) as u64);
        let got = reader.by_ref().take(want).read_to_end(&mut bytes)? as u64;
        if got < want {
            return Err(AudioError::Truncated {
                format: Format::Wav,
                detail: "it shrank while it was read".into(),
            });
        }
        hasher.update(&bytes);
        for (channel, plane) in planes.iter_mut().enumerate() {
            plane.clear();
            let samples = bytes.get(channel * layout.width..).unwrap_or_default().chunks(align);
            match layout.coding {
                Coding::Float(64) => plane.extend(samples.map(f64_sample)),
                Coding::Float(_) => plane.extend(samples.map(f32_sample)),
                _ => match layout.width {
                    1 => plane.extend(samples.map(u8_sample)),
                    2 => plane.extend(samples.map(i16_sample)),
                    3 => plane.extend(samples.map(i24_sample)),
                    _ => plane.extend(samples.map(i32_sample)),
                },
            }
        }
        sink(&planes)?;
        left -= got;
    }
    Ok(AudioInfo {
        format: Format::Wav,
        sample_rate,
        channels: layout.channels,
        coding: layout.coding,
        frames,
        audio_sha256: AudioHash::finish(hasher),
        damaged_packets: 0,
    })
}

/// Channels and rate by the header alone.
pub(super) fn shape<R: Read + Seek>(reader: &mut R) -> Result<(usize, SampleRate), AudioError> {
    let chunks = riff::chunks(reader)?;
    let layout = stated(reader, &chunks)?;
    Ok((layout.channels, supported_rate(layout.rate)?))
}

fn stated<R: Read + Seek>(reader: &mut R, chunks: &[riff::Chunk]) -> Result<Layout, AudioError> {
    let format = chunks.iter().find(|c| c.id == *b"fmt ").ok_or_else(|| missing("fmt"))?;
    layout(&riff::read_chunk(reader, format, 1 << 16)?)
}

fn missing(name: &str) -> AudioError {
    AudioError::Damaged { format: Format::Wav, detail: format!("it has no '{name}' chunk") }
}

fn layout(format: &[u8]) -> Result<Layout, AudioError> {
    let damaged = |detail: &str| AudioError::Damaged { format: Format::Wav, detail: detail.into() };
    let field = |at| u16_at(format, at).ok_or_else(|| damaged("its 'fmt' chunk is too short"));
    let (mut tag, channels, align, bits) = (field(0)?, field(2)?, field(12)?, field(14)?);
    let rate = u32_at(format, 4).unwrap_or(0);
    if tag == EXTENSIBLE {
        // The first two bytes of the subformat's GUID are the plain tag.
        tag = field(24)?;
    }
    let coding = match (tag, bits) {
        (PCM, 8 | 16 | 24 | 32) => Coding::Integer(bits),
        (FLOAT, 32 | 64) => Coding::Float(bits),
        _ => {
            let what = format!("a WAV file of format {tag:#06x} with {bits} bits");
            return Err(AudioError::Unsupported { what });
        }
    };
    let (channels, width) = (usize::from(channels), usize::from(bits / 8));
    if !(1..=64).contains(&channels) {
        return Err(damaged(&format!("it claims {channels} channels")));
    }
    if usize::from(align) != channels * width {
        return Err(damaged("its frame size contradicts its channels and bits"));
    }
    Ok(Layout { channels, rate, width, coding })
}

fn field<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}

fn u8_sample(bytes: &[u8]) -> f32 {
    let [byte] = field(bytes);
    (f32::from(byte) - 128.0) / 128.0
}

fn i16_sample(bytes: &[u8]) -> f32 {
    f32::from(i16::from_le_bytes(field(bytes))) / 32_768.0
}

fn i24_sample(bytes: &[u8]) -> f32 {
    let [a, b, c] = field(bytes);
    (i32::from_le_bytes([0, a, b, c]) >> 8) as f32 / 8_388_608.0
}

fn i32_sample(bytes: &[u8]) -> f32 {
    (f64::from(i32::from_le_bytes(field(bytes))) / 2_147_483_648.0) as f32
}

/// Not-a-number and infinity would poison everything behind them, so they become silence.
fn f32_sample(bytes: &[u8]) -> f32 {
    let sample = f32::from_le_bytes(field(bytes));
    if sample.is_finite() { sample } else { 0.0 }
}

fn f64_sample(bytes: &[u8]) -> f32 {
    let sample = f64::from_le_bytes(field(bytes)) as f32;
    if sample.is_finite() { sample } else { 0.0 }
}
