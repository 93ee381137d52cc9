//! Writing sound as WAV, FLAC or MP3: at once from a buffer, or block by block. Tags and loop points are written in the
//! same pass. Nothing of the take is held beyond the current block, so a take is never in memory twice.

use std::io::{Seek, Write};

use super::buffer::AudioBuffer;
use super::error::AudioError;
use super::format::{AudioHash, Depth, Format};
use super::looping::LoopInfo;
use super::tags::TagSet;
use crate::model::units::SampleRate;

mod flac;
mod md5;
mod mp3;
mod wav;

#[cfg(test)]
mod tests;

pub use flac::FlacStream;
pub use mp3::Mp3Stream;
pub use wav::{WavStream, float_header};
pub(super) use wav::{append_le, trailing_chunks};

/// How a sound becomes a file.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodeSpec {
    /// Container and codec.
    pub format: Format,
    /// Sample form; not used for MP3.
    pub depth: Depth,
    /// How an MP3 spends its bits.
    pub mp3: Mp3Rate,
    /// Where the dither of 16 bit files is drawn from.
    pub dither_seed: u64,
}

impl EncodeSpec {
    /// A spec with the best MP3 quality and dither seed 0.
    pub fn new(format: Format, depth: Depth) -> Self {
        Self { format, depth, mp3: Mp3Rate::default(), dither_seed: 0 }
    }

    /// Whether a file of this spec can hold such a sound, before anything is written.
    pub fn check(&self, channels: usize, rate: SampleRate) -> Result<(), AudioError> {
        let format = self.format;
        if format != Format::Mp3 && !format.depths().contains(&self.depth) {
            return Err(AudioError::Depth { format, depth: self.depth });
        }
        if !format.supports_rate(rate.get()) {
            return Err(AudioError::Rate { format, rate: rate.get() });
        }
        let most = format.max_channels();
        if channels == 0 || channels > most {
            let wanted = format!("it takes 1 to {most}");
            return Err(AudioError::Channels { format, channels, wanted });
        }
        Ok(())
    }
}

/// How an MP3 spends its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mp3Rate {
    /// Variable bit rate at LAME's best quality (V0), about 245 kbit/s for dense stereo music.
    #[default]
    Variable,
    /// The highest constant bit rate that the sample rate allows: 320, 160 or 64 kbit/s.
    Constant,
}

/// What goes into a file beside the sound.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extras<'a> {
    /// Tags.
    pub tags: Option<&'a TagSet>,
    /// Loop points and tempo; only WAV has a place for them.
    pub looping: Option<&'a LoopInfo>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The container.
    pub format: Format,
    /// Frames of sound.
    pub frames: u64,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Fingerprint of the sound alone.
    pub audio_sha256: AudioHash,
}

/// Writes a whole buffer. `out` is left behind the file's last byte; on an error its contents are worthless.
pub fn encode<W: Write + Seek>(
    buffer: &AudioBuffer,
    spec: &EncodeSpec,
    extras: Extras<'_>,
    out: &mut W,
) -> Result<Encoded, AudioError> {
    if spec.format == Format::Wav {
        let bytes = buffer.frames() as u64 * (buffer.channel_count() * spec.depth.bytes()) as u64;
        if bytes > wav::MAX_DATA {
            return Err(AudioError::TooLarge { format: Format::Wav });
        }
    }
    let mut stream =
        StreamEncoder::new(out, spec, buffer.channel_count(), buffer.sample_rate(), extras)?;
    let mut planes = Vec::with_capacity(buffer.channel_count());
    let mut at = 0;
    while at < buffer.frames() {
        let end = (at + BLOCK_FRAMES).min(buffer.frames());
        planes.clear();
        planes.extend(buffer.channels().iter().filter_map(|channel| channel.get(at..end)));
        stream.write(&planes)?;
        at = end;
    }
    stream.finish()
}

/// Frames that [`encode`] hands to a stream at once: small enough for the caches, large enough to be worth a call.
const BLOCK_FRAMES: usize = 4_096;

/// A file of any format that is written block by block.
pub enum StreamEncoder<'a, W: Write + Seek> {
    /// Uncompressed.
    Wav(Box<WavStream<'a, W>>),
    /// Lossless.
    Flac(Box<FlacStream<W>>),
    /// Lossy.
    Mp3(Box<Mp3Stream<W>>),
}

impl<'a, W: Write + Seek> StreamEncoder<'a, W> {
    /// Writes the header at the current position of `out`, which must be the file's start.
    pub fn new(
        out: W,
        spec: &EncodeSpec,
        channels: usize,
        rate: SampleRate,
        extras: Extras<'a>,
    ) -> Result<Self, AudioError> {
        if let Some(tags) = extras.tags {
            tags.check(spec.format)?;
        }
        let tags = extras.tags;
        Ok(match spec.format {
            Format::Wav => Self::Wav(Box::new(WavStream::new(out, spec, channels, rate, extras)?)),
            Format::Flac => Self::Flac(Box::new(FlacStream::new(out, spec, channels, rate, tags)?)),
            Format::Mp3 => Self::Mp3(Box::new(Mp3Stream::new(out, spec, channels, rate, tags)?)),
        })
    }

    /// Appends a block: one slice per channel, all of one length.
    pub fn write(&mut self, planes: &[&[f32]]) -> Result<(), AudioError> {
        match self {
            Self::Wav(stream) => stream.write(planes),
            Self::Flac(stream) => stream.write(planes),
            Self::Mp3(stream) => stream.write(planes),
        }
    }

    /// Writes what is pending and completes the header. A stream that is dropped without this leaves a broken file.
    pub fn finish(self) -> Result<Encoded, AudioError> {
        match self {
            Self::Wav(stream) => stream.finish(),
            Self::Flac(stream) => stream.finish(),
            Self::Mp3(stream) => stream.finish(),
        }
    }
}

/// Frames of a block, after checking its shape.
fn block_frames(format: Format, planes: &[&[f32]], channels: usize) -> Result<usize, AudioError> {
    let frames = planes.first().map_or(0, |plane| plane.len());
    if planes.len() != channels || planes.iter().any(|plane| plane.len() != frames) {
        return Err(AudioError::Channels {
            format,
            channels: planes.len(),
            wanted: format!("every block must have {channels} of equal length"),
        });
    }
    Ok(frames)
}
