//! The MP3 writer over LAME: an ID3v2.4 tag, the Info frame that players need for gapless playback, the frames.

use std::io::{Seek, SeekFrom, Write};
use std::num::NonZeroU32;

use mp3lame_encoder as lame;
use sha2::{Digest, Sha256};

use super::{EncodeSpec, Encoded, Mp3Rate, block_frames};
use crate::audio::error::AudioError;
use crate::audio::format::{AudioHash, Format};
use crate::audio::mpeg::FrameHeader;
use crate::audio::tags::{self, TagSet};
use crate::model::units::SampleRate;

/// An MP3 file that is written block by block.
pub struct Mp3Stream<W: Write + Seek> {
    out: W,
    /// Where the Info frame goes.
    info_at: u64,
    start: u64,
    channels: usize,
    encoder: lame::Encoder,
    clean: Vec<Vec<f32>>,
    bytes: Vec<u8>,
    /// Bytes of the placeholder of the Info frame; unknown before the first output.
    info_len: Option<usize>,
    frames: u64,
    size: u64,
    hasher: Sha256,
}

impl<W: Write + Seek> Mp3Stream<W> {
    /// Writes the tag at the current position of `out`. Errors: as [`EncodeSpec::check`], and of the stream.
    pub fn new(
        mut out: W,
        spec: &EncodeSpec,
        channels: usize,
        rate: SampleRate,
        tags: Option<&TagSet>,
    ) -> Result<Self, AudioError> {
        EncodeSpec { format: Format::Mp3, ..spec.clone() }.check(channels, rate)?;
        let start = out.stream_position()?;
        let tag = tags.map(tags::id3v2).unwrap_or_default();
        out.write_all(&tag)?;
        Ok(Self {
            out,
            start,
            info_at: start + tag.len() as u64,
            channels,
            encoder: encoder(spec.mp3, channels, rate)?,
            clean: vec![Vec::new(); channels],
            bytes: Vec::new(),
            info_len: None,
            frames: 0,
            size: tag.len() as u64,
            hasher: Sha256::new(),
        })
    }

    /// Appends a block. Samples beyond full scale are clamped; what is not a number becomes silence.
    pub fn write(&mut self, planes: &[&[f32]]) -> Result<(), AudioError> {
        let frames = block_frames(Format::Mp3, planes, self.channels)?;
        self.frames += frames as u64;
        for (clean, plane) in self.clean.iter_mut().zip(planes) {
            clean.clear();
            clean
                .extend(plane.iter().map(|x| if x.is_finite() { x.clamp(-1.0, 1.0) } else { 0.0 }));
        }
        self.bytes.clear();
        self.bytes.reserve(lame::max_required_buffer_size(frames));
        let result = match self.clean.as_slice() {
            [left, right] => {
                self.encoder.encode_to_vec(lame::DualPcm { left, right }, &mut self.bytes)
            }
            [mono] => self.encoder.encode_to_vec(lame::MonoPcm(mono.as_slice()), &mut self.bytes),
            _ => Ok(0),
        };
        result.map_err(|error| failed(error.to_string()))?;
        self.put()
    }

    /// Flushes the encoder, then goes back for the Info frame. Errors: [`AudioError::Empty`] without any frame.
    pub fn finish(mut self) -> Result<Encoded, AudioError> {
        if self.frames == 0 {
            return Err(AudioError::Empty { format: Format::Mp3 });
        }
        self.bytes.clear();
        self.bytes.reserve(lame::max_required_buffer_size(4 * 1_152));
        // The other kind of flush leaves the last thousand frames out, for albums that go on without a gap.
        self.encoder
            .flush_to_vec::<lame::FlushGap>(&mut self.bytes)
            .map_err(|error| failed(error.to_string()))?;
        self.put()?;
        let mut info = Vec::with_capacity(self.encoder.lame_tag_size());
        self.encoder
            .lame_tag_encode_to_vec(&mut info)
            .filter(|len| Some(len.get()) == self.info_len)
            .ok_or_else(|| failed("it gave no Info frame".into()))?;
        self.out.seek(SeekFrom::Start(self.info_at))?;
        self.out.write_all(&info)?;
        self.out.seek(SeekFrom::Start(self.start + self.size))?;
        self.out.flush()?;
        Ok(Encoded {
            format: Format::Mp3,
            frames: self.frames,
            bytes: self.size,
            audio_sha256: AudioHash::finish(self.hasher),
        })
    }

    /// Writes and hashes what the encoder gave. Its first frame is the placeholder that the Info frame will replace.
    fn put(&mut self) -> Result<(), AudioError> {
        let mut sound = self.bytes.as_slice();
        if self.info_len.is_none() && !sound.is_empty() {
            let len = FrameHeader::parse(sound).map(|header| header.len);
            let len = len.filter(|len| *len <= sound.len());
            let len = len.ok_or_else(|| failed("its first frame is incomplete".into()))?;
            self.info_len = Some(len);
            sound = sound.get(len..).unwrap_or_default();
        }
        self.hasher.update(sound);
        self.out.write_all(&self.bytes)?;
        self.size += self.bytes.len() as u64;
        Ok(())
    }
}

fn failed(detail: String) -> AudioError {
    AudioError::Encoder { format: Format::Mp3, detail }
}

fn encoder(mode: Mp3Rate, channels: usize, rate: SampleRate) -> Result<lame::Encoder, AudioError> {
    let build = || -> Result<lame::Encoder, lame::BuildError> {
        let mut builder = lame::Builder::new().ok_or(lame::BuildError::NoMem)?;
        builder.set_num_channels(channels as u8)?;
        builder.set_sample_rate(rate.get())?;
        // LAME resamples by itself at low bit rates unless the rate is pinned.
        builder.set_output_sample_rate(NonZeroU32::new(rate.get()))?;
        let stereo = if channels == 1 { lame::Mode::Mono } else { lame::Mode::JointStereo };
        builder.set_mode(stereo)?;
        // LAME's own default; one step better takes twice the time at constant rates.
        builder.set_quality(lame::Quality::VeryNice)?;
        builder.set_to_write_vbr_tag(true)?;
        match mode {
            Mp3Rate::Variable => {
                builder.set_vbr_mode(lame::VbrMode::Mtrh)?;
                builder.set_vbr_quality(lame::Quality::Best)?;
            }
            Mp3Rate::Constant => {
                builder.set_vbr_mode(lame::VbrMode::Off)?;
                builder.set_brate(match rate.get() {
                    32_000.. => lame::Bitrate::Kbps320,
                    16_000.. => lame::Bitrate::Kbps160,
                    _ => lame::Bitrate::Kbps64,
                })?;
            }
        }
        builder.build()
    };
    build().map_err(|error| failed(error.to_string()))
}
