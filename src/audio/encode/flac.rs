//! The FLAC writer. The encoder underneath only takes whole sounds, so it is given one frame at a time, and each
//! frame's number (and with it two checksums) is rewritten here; the take is never held as a whole.
//! Source of the stream's layout: RFC 9639.

use std::io::{Seek, SeekFrom, Write};

use libflac_rs::{Encoder, EncoderConfig};
use sha2::{Digest, Sha256};

use super::md5::Md5;
use super::wav::append_le;
use super::{EncodeSpec, Encoded, block_frames};
use crate::audio::error::AudioError;
use crate::audio::format::{AudioHash, Depth, Format};
use crate::audio::quantise::Quantiser;
use crate::audio::tags::{self, TagSet};
use crate::model::units::SampleRate;

/// Frames per FLAC frame: what the reference encoder uses.
const BLOCK: usize = 4_096;
/// The reference encoder's default. Levels with loose stereo (1 and 4) carry a choice from frame to frame, which frames
/// encoded one by one cannot, so they would cost as much as this one.
const LEVEL: u32 = 5;

/// A FLAC file that is written block by block.
pub struct FlacStream<W: Write + Seek> {
    out: W,
    start: u64,
    channels: usize,
    rate: SampleRate,
    depth: Depth,
    encoder: Encoder,
    quantiser: Quantiser,
    pending: Vec<i32>,
    bytes: Vec<u8>,
    number: u32,
    frames: u64,
    size: u64,
    smallest: u32,
    largest: u32,
    md5: Md5,
    hasher: Sha256,
}

impl<W: Write + Seek> FlacStream<W> {
    /// Writes the metadata at the current position of `out`. Errors: as [`EncodeSpec::check`], and of the stream.
    pub fn new(
        mut out: W,
        spec: &EncodeSpec,
        channels: usize,
        rate: SampleRate,
        tags: Option<&TagSet>,
    ) -> Result<Self, AudioError> {
        EncodeSpec { format: Format::Flac, ..spec.clone() }.check(channels, rate)?;
        let start = out.stream_position()?;
        let config = EncoderConfig::new(channels as u32, u32::from(spec.depth.bits()), rate.get())
            .with_compression_level(LEVEL)
            .with_block_size(BLOCK as u32)
            .with_md5(false);
        let mut stream = Self {
            out,
            start,
            channels,
            rate,
            depth: spec.depth,
            encoder: Encoder::new(config),
            quantiser: Quantiser::new(spec.depth, spec.dither_seed),
            pending: Vec::new(),
            bytes: Vec::new(),
            number: 0,
            frames: 0,
            size: 0,
            smallest: 0,
            largest: 0,
            md5: Md5::new(),
            hasher: Sha256::new(),
        };
        let mut head = b"fLaC".to_vec();
        head.extend(stream.stream_info([0; 16]));
        let comments = tags::vorbis_block(tags.unwrap_or(&TagSet::default()));
        head.extend(tags::flac_block_header(true, 4, comments.len())?);
        head.extend(comments);
        stream.out.write_all(&head)?;
        stream.size = head.len() as u64;
        Ok(stream)
    }

    /// Appends a block.
    pub fn write(&mut self, planes: &[&[f32]]) -> Result<(), AudioError> {
        let frames = block_frames(Format::Flac, planes, self.channels)?;
        self.frames += frames as u64;
        if self.frames >> 36 != 0 {
            return Err(AudioError::TooLarge { format: Format::Flac });
        }
        let old = self.pending.len();
        self.quantiser.append(planes, &mut self.pending);
        self.bytes.clear();
        append_le(self.pending.get(old..).unwrap_or_default(), self.depth.bytes(), &mut self.bytes);
        self.hasher.update(&self.bytes);
        self.md5.update(&self.bytes);
        let pending = std::mem::take(&mut self.pending);
        let mut blocks = pending.chunks_exact(BLOCK * self.channels);
        for block in &mut blocks {
            self.write_frame(block)?;
        }
        self.pending.extend_from_slice(blocks.remainder());
        Ok(())
    }

    /// Writes the last, shorter frame, then goes back for the totals and the checksum. Errors: [`AudioError::Empty`]
    /// without any frame, since a FLAC stream of no length reads as one of unknown length.
    pub fn finish(mut self) -> Result<Encoded, AudioError> {
        if self.frames == 0 {
            return Err(AudioError::Empty { format: Format::Flac });
        }
        let pending = std::mem::take(&mut self.pending);
        if !pending.is_empty() {
            self.write_frame(&pending)?;
        }
        let md5 = std::mem::replace(&mut self.md5, Md5::new()).finish();
        self.out.seek(SeekFrom::Start(self.start + 4))?;
        self.out.write_all(&self.stream_info(md5))?;
        self.out.seek(SeekFrom::Start(self.start + self.size))?;
        self.out.flush()?;
        Ok(Encoded {
            format: Format::Flac,
            frames: self.frames,
            bytes: self.size,
            audio_sha256: AudioHash::finish(self.hasher),
        })
    }

    fn write_frame(&mut self, interleaved: &[i32]) -> Result<(), AudioError> {
        let frame = self.encoder.encode_frames(interleaved);
        let frame = renumber(&frame, self.number).ok_or_else(|| AudioError::Encoder {
            format: Format::Flac,
            detail: "it gave a frame without a header".into(),
        })?;
        self.out.write_all(&frame)?;
        let size = frame.len() as u32;
        self.smallest = if self.number == 0 { size } else { self.smallest.min(size) };
        self.largest = self.largest.max(size);
        self.size += u64::from(size);
        self.number += 1;
        Ok(())
    }

    /// The STREAMINFO block with its header: 38 bytes (RFC 9639, section 8.2).
    fn stream_info(&self, md5: [u8; 16]) -> Vec<u8> {
        let mut block = vec![0, 0, 0, 34];
        block.extend((BLOCK as u16).to_be_bytes());
        block.extend((BLOCK as u16).to_be_bytes());
        block.extend(self.smallest.to_be_bytes().into_iter().skip(1));
        block.extend(self.largest.to_be_bytes().into_iter().skip(1));
        let packed = (u64::from(self.rate.get()) << 44)
            | ((self.channels as u64 - 1) << 41)
            | (u64::from(self.depth.bits() - 1) << 36)
            | (self.frames & ((1 << 36) - 1));
        block.extend(packed.to_be_bytes());
        block.extend(md5);
        block
    }
}

/// Gives a frame with number 0 another number: header up to the number, the number in the extended UTF-8 form, the
/// optional size fields, a new CRC-8, the unchanged subframes, a new CRC-16 (RFC 9639, section 9).
fn renumber(frame: &[u8], number: u32) -> Option<Vec<u8>> {
    let sizes = *frame.get(2)?;
    let block_field = match sizes >> 4 {
        6 => 1,
        7 => 2,
        _ => 0,
    };
    let rate_field = match sizes & 15 {
        12 => 1,
        13 | 14 => 2,
        _ => 0,
    };
    let fields = frame.get(5..5 + block_field + rate_field)?;
    let body = frame.get(6 + fields.len()..frame.len().checked_sub(2)?)?;
    let mut out = Vec::with_capacity(frame.len() + 6);
    out.extend_from_slice(frame.get(..4)?);
    append_coded_number(number, &mut out);
    out.extend_from_slice(fields);
    out.push(out.iter().fold(0, |crc, byte| CRC8[usize::from(crc ^ byte)]));
    out.extend_from_slice(body);
    let crc = out
        .iter()
        .fold(0_u16, |crc, byte| (crc << 8) ^ CRC16[usize::from((crc >> 8) as u8 ^ byte)]);
    out.extend(crc.to_be_bytes());
    Some(out)
}

/// UTF-8's scheme, carried on to 31 bits.
fn append_coded_number(number: u32, out: &mut Vec<u8>) {
    if number < 0x80 {
        out.push(number as u8);
        return;
    }
    let mut more = 1;
    while more < 5 && number >> (6 * more + 6 - more) != 0 {
        more += 1;
    }
    let marker = (0xff00_u32 >> (more + 1)) as u8;
    out.push(marker | (number >> (6 * more)) as u8);
    for at in (0..more).rev() {
        out.push(0x80 | ((number >> (6 * at)) & 0x3f) as u8);
    }
}

const CRC8: [u8; 256] = {
    let mut table = [0_u8; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u8;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc << 1) ^ if crc & 0x80 != 0 { 0x07 } else { 0 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

const CRC16: [u16; 256] = {
    let mut table = [0_u16; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = (i as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc << 1) ^ if crc & 0x8000 != 0 { 0x8005 } else { 0 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_frames_are_those_of_the_whole_encoder() {
        let samples = (0..BLOCK * 140 + 77)
            .flat_map(|i| {
                let left = (libm::sin(i as f64 * 0.05) * 9_000.0) as i32;
                [left + (i % 7) as i32, left / 2 - (i % 11) as i32]
            })
            .collect::<Vec<_>>();
        let encoder = Encoder::new(EncoderConfig::new(2, 16, 48_000).with_compression_level(LEVEL));
        let whole = encoder.encode_frames(&samples);
        let parts = samples
            .chunks(2 * BLOCK)
            .enumerate()
            .flat_map(|(n, block)| renumber(&encoder.encode_frames(block), n as u32).unwrap());
        assert!(parts.eq(whole));
    }

    #[test]
    fn numbers_are_coded_as_utf8_and_beyond() {
        for number in [0_u32, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x1_0000, 0x10_ffff] {
            let mut out = Vec::new();
            append_coded_number(number, &mut out);
            if let Some(character) = char::from_u32(number) {
                assert_eq!(out, character.to_string().into_bytes(), "{number:x}");
            }
        }
        let mut out = Vec::new();
        append_coded_number(0x7fff_ffff, &mut out);
        assert_eq!(out, [0xfd, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf]);
    }

    #[test]
    fn a_broken_frame_is_refused() {
        assert_eq!(renumber(&[], 1), None);
        assert_eq!(renumber(&[0xff, 0xf8, 0x69, 0x18, 0, 1], 1), None);
    }
}
