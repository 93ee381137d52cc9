//! The WAV writer: header, samples as they come, then tags and loop points behind them, then the true sizes.

use std::io::{Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};

use super::{EncodeSpec, Encoded, Extras, block_frames};
use crate::audio::error::AudioError;
use crate::audio::format::{AudioHash, Depth, Format};
use crate::audio::quantise::Quantiser;
use crate::audio::{riff, tags};
use crate::model::units::SampleRate;

/// Most bytes of samples in one file. RIFF sizes are 32 bit; 16 MiB are kept back for headers, tags and padding.
pub(super) const MAX_DATA: u64 = u32::MAX as u64 - (16 << 20);

/// A WAV file that is written block by block, for stems as much as for takes.
pub struct WavStream<'a, W: Write + Seek> {
    out: W,
    start: u64,
    channels: usize,
    rate: SampleRate,
    depth: Depth,
    extras: Extras<'a>,
    quantiser: Quantiser,
    samples: Vec<i32>,
    bytes: Vec<u8>,
    frames: u64,
    data: u64,
    data_limit: u64,
    hasher: Sha256,
}

impl<'a, W: Write + Seek> WavStream<'a, W> {
    /// Writes the header at the current position of `out`. Errors: as [`EncodeSpec::check`], and of the stream.
    pub fn new(
        mut out: W,
        spec: &EncodeSpec,
        channels: usize,
        rate: SampleRate,
        extras: Extras<'a>,
    ) -> Result<Self, AudioError> {
        EncodeSpec { format: Format::Wav, ..spec.clone() }.check(channels, rate)?;
        let start = out.stream_position()?;
        out.write_all(&header(channels, rate, spec.depth, 0, 0, 0))?;
        Ok(Self {
            out,
            start,
            channels,
            rate,
            depth: spec.depth,
            extras,
            quantiser: Quantiser::new(spec.depth, spec.dither_seed),
            samples: Vec::new(),
            bytes: Vec::new(),
            frames: 0,
            data: 0,
            data_limit: MAX_DATA,
            hasher: Sha256::new(),
        })
    }

    /// Appends a block. Errors: [`AudioError::TooLarge`] before anything of a block that does not fit is written.
    pub fn write(&mut self, planes: &[&[f32]]) -> Result<(), AudioError> {
        let frames = block_frames(Format::Wav, planes, self.channels)?;
        let size = (frames * self.channels * self.depth.bytes()) as u64;
        if self.data + size > self.data_limit {
            return Err(AudioError::TooLarge { format: Format::Wav });
        }
        self.samples.clear();
        self.quantiser.append(planes, &mut self.samples);
        self.bytes.clear();
        append_le(&self.samples, self.depth.bytes(), &mut self.bytes);
        self.hasher.update(&self.bytes);
        self.out.write_all(&self.bytes)?;
        self.frames += frames as u64;
        self.data += size;
        Ok(())
    }

    /// Writes padding, tags and loop points, then goes back for the sizes.
    pub fn finish(mut self) -> Result<Encoded, AudioError> {
        if self.data & 1 == 1 {
            self.out.write_all(&[0])?;
        }
        let mut trailer = 0;
        for (id, content) in trailing_chunks(self.extras, self.rate) {
            trailer += riff::chunk_len(content.len());
            riff::write_chunk(&mut self.out, id, &content)?;
        }
        let header = header(self.channels, self.rate, self.depth, self.frames, self.data, trailer);
        let bytes = header.len() as u64 + self.data + (self.data & 1) + trailer;
        if bytes - 8 > u64::from(u32::MAX) {
            return Err(AudioError::TooLarge { format: Format::Wav });
        }
        self.out.seek(SeekFrom::Start(self.start))?;
        self.out.write_all(&header)?;
        self.out.seek(SeekFrom::Start(self.start + bytes))?;
        self.out.flush()?;
        Ok(Encoded {
            format: Format::Wav,
            frames: self.frames,
            bytes,
            audio_sha256: AudioHash::finish(self.hasher),
        })
    }
}

/// What stands behind the samples, in the order of a tidy file.
pub(in crate::audio) fn trailing_chunks(
    extras: Extras<'_>,
    rate: SampleRate,
) -> Vec<([u8; 4], Vec<u8>)> {
    let mut chunks = Vec::new();
    if let Some(tags) = extras.tags {
        chunks.push((*b"LIST", tags::riff_info(tags)));
    }
    if let Some(looping) = extras.looping {
        chunks.push((*b"smpl", looping.smpl(rate)));
        chunks.push((*b"acid", looping.acid()));
    }
    if let Some(tags) = extras.tags {
        chunks.push((*b"id3 ", tags::id3v2(tags)));
    }
    chunks
}

/// Everything in front of the samples of a 32-bit float file without tags, whose samples are then copied in as they are:
/// interleaved, little-endian. Errors: [`AudioError::TooLarge`].
pub fn float_header(channels: usize, rate: SampleRate, frames: u64) -> Result<Vec<u8>, AudioError> {
    let spec = EncodeSpec::new(Format::Wav, Depth::F32);
    spec.check(channels, rate)?;
    match frames.checked_mul((channels * spec.depth.bytes()) as u64) {
        Some(data) if data <= MAX_DATA => Ok(header(channels, rate, spec.depth, frames, data, 0)),
        _ => Err(AudioError::TooLarge { format: Format::Wav }),
    }
}

/// Everything in front of the first sample. Floats need a longer `fmt ` chunk and a `fact` chunk by the standard.
fn header(
    channels: usize,
    rate: SampleRate,
    depth: Depth,
    frames: u64,
    data: u64,
    trailer: u64,
) -> Vec<u8> {
    let align = channels * depth.bytes();
    let mut format = Vec::with_capacity(18);
    format.extend((if depth.is_float() { 3_u16 } else { 1 }).to_le_bytes());
    format.extend((channels as u16).to_le_bytes());
    format.extend(rate.get().to_le_bytes());
    format.extend((rate.get() * align as u32).to_le_bytes());
    format.extend((align as u16).to_le_bytes());
    format.extend(depth.bits().to_le_bytes());
    let mut body = b"WAVEfmt ".to_vec();
    if depth.is_float() {
        format.extend(0_u16.to_le_bytes());
    }
    body.extend((format.len() as u32).to_le_bytes());
    body.extend(format);
    if depth.is_float() {
        body.extend(b"fact");
        body.extend(4_u32.to_le_bytes());
        body.extend((frames as u32).to_le_bytes());
    }
    body.extend(b"data");
    body.extend((data as u32).to_le_bytes());
    let size = body.len() as u64 + data + (data & 1) + trailer;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((size as u32).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// Appends the low bytes of samples, little-endian: the canonical form that hashes are taken of.
pub(in crate::audio) fn append_le(samples: &[i32], width: usize, out: &mut Vec<u8>) {
    match width {
        2 => out.extend(samples.iter().flat_map(|s| (*s as i16).to_le_bytes())),
        4 => out.extend(samples.iter().flat_map(|s| s.to_le_bytes())),
        _ => {
            out.reserve(samples.len() * width);
            for sample in samples {
                let bytes = sample.to_le_bytes();
                out.extend_from_slice(bytes.get(..width).unwrap_or(&bytes));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn a_block_that_does_not_fit_is_refused_before_it_is_written() {
        let mut file = Cursor::new(Vec::new());
        let spec = EncodeSpec::new(Format::Wav, Depth::I16);
        let rate = SampleRate::HZ_48000;
        let mut stream = WavStream::new(&mut file, &spec, 1, rate, Extras::default()).unwrap();
        stream.data_limit = 100;
        stream.write(&[&[0.0; 40]]).unwrap();
        assert!(matches!(stream.write(&[&[0.0; 11]]), Err(AudioError::TooLarge { .. })));
        stream.write(&[&[0.0; 10]]).unwrap();
        assert_eq!(stream.finish().unwrap().bytes, 144);
    }
}
