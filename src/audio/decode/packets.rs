//! FLAC and MP3 through symphonia's demuxers and decoders.

use std::io::{Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::codecs::{FlacDecoder, MpaDecoder};
use symphonia::default::formats::{FlacReader, MpaReader};

use super::{AudioInfo, Coding, Sink, supported_rate};
use crate::audio::encode::append_le;
use crate::audio::error::AudioError;
use crate::audio::format::{AudioHash, Format};
use crate::audio::mpeg;

/// Decodes FLAC strictly: a damaged frame, a missing frame or a wrong checksum of the whole is an error.
pub(super) fn decode_flac<R: Read + Seek + Send + Sync>(
    reader: &mut R,
    sink: &mut Sink<'_>,
) -> Result<AudioInfo, AudioError> {
    const FORMAT: Format = Format::Flac;
    let damaged = |detail: &str| AudioError::Damaged { format: FORMAT, detail: detail.into() };
    let len = reader.seek(SeekFrom::End(0))?;
    let start = mpeg::leading_tags(reader, len)?;
    let source = Source::open(reader, start, len);
    let mut demuxer = FlacReader::try_new(source, FormatOptions::default())
        .map_err(|error| failed(FORMAT, error))?;
    let track =
        demuxer.default_track(TrackType::Audio).ok_or_else(|| damaged("it has no sound"))?;
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let params = params.ok_or_else(|| damaged("its stream header is missing"))?.clone();
    let promised = track.num_frames;
    let mut decoder = FlacDecoder::try_new(&params, &AudioDecoderOptions::default().verify(true))
        .map_err(|error| failed(FORMAT, error))?;
    let bits = params.bits_per_sample.filter(|bits| (4..=32).contains(bits));
    let bits = bits.ok_or_else(|| damaged("it states no bit depth"))?;
    let sample_rate = supported_rate(params.sample_rate.unwrap_or(0))?;
    let channels = params.channels.as_ref().map_or(0, |channels| channels.count());

    let mut hasher = Sha256::new();
    let (mut interleaved, mut bytes) = (Vec::<i32>::new(), Vec::new());
    let mut planes = vec![Vec::new(); channels];
    let mut frames = 0_u64;
    while let Some(packet) = next(&mut demuxer, FORMAT)? {
        let block = decoder.decode(&packet).map_err(|error| failed(FORMAT, error))?;
        if block.num_planes() != channels {
            return Err(damaged("its channels change on the way"));
        }
        frames += block.frames() as u64;
        // Samples come in the high bits of 32.
        block.copy_to_vec_interleaved(&mut interleaved);
        interleaved.iter_mut().for_each(|sample| *sample >>= 32 - bits);
        bytes.clear();
        append_le(&interleaved, bits.div_ceil(8) as usize, &mut bytes);
        hasher.update(&bytes);
        let scale = 1.0 / (1_u64 << (bits - 1)) as f32;
        for (channel, plane) in planes.iter_mut().enumerate() {
            plane.clear();
            let samples = interleaved.iter().skip(channel).step_by(channels.max(1));
            plane.extend(samples.map(|sample| *sample as f32 * scale));
        }
        sink(&planes)?;
    }
    if let Some(promised) = promised
        && frames < promised
    {
        let detail = format!("{frames} of {promised} samples are there");
        return Err(AudioError::Truncated { format: FORMAT, detail });
    }
    if decoder.finalize().verify_ok == Some(false) {
        return Err(damaged("its sound does not match its own checksum"));
    }
    Ok(AudioInfo {
        format: FORMAT,
        sample_rate,
        channels,
        coding: Coding::Integer(bits as u16),
        frames,
        audio_sha256: AudioHash::finish(hasher),
        damaged_packets: 0,
    })
}

/// Decodes MP3 leniently within the stream, as every player does, but not past its end: a cut file is an error.
pub(super) fn decode_mp3<R: Read + Seek + Send + Sync>(
    reader: &mut R,
    sink: &mut Sink<'_>,
) -> Result<AudioInfo, AudioError> {
    const FORMAT: Format = Format::Mp3;
    let scan = mpeg::scan(reader)?;
    let source = Source::open(reader, scan.start, scan.end);
    let mut demuxer = MpaReader::try_new(source, FormatOptions::default())
        .map_err(|error| failed(FORMAT, error))?;
    let damaged = |detail: &str| AudioError::Damaged { format: FORMAT, detail: detail.into() };
    let track =
        demuxer.default_track(TrackType::Audio).ok_or_else(|| damaged("it has no sound"))?;
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let params = params.ok_or_else(|| damaged("its stream header is missing"))?.clone();
    let mut decoder = MpaDecoder::try_new(&params, &AudioDecoderOptions::default())
        .map_err(|error| failed(FORMAT, error))?;
    let channels = usize::from(scan.header.channels);
    let mut planes = vec![Vec::<f32>::new(); channels];
    let (mut frames, mut damaged_packets) = (0_u64, 0_u64);
    while let Some(packet) = next(&mut demuxer, FORMAT)? {
        let block = match decoder.decode(&packet) {
            Ok(block) if block.num_planes() == channels => block,
            Ok(_) | Err(Error::DecodeError(_)) => {
                damaged_packets += 1;
                continue;
            }
            Err(error) => return Err(failed(FORMAT, error)),
        };
        frames += block.frames() as u64;
        block.copy_to_vecs_planar(&mut planes);
        sink(&planes)?;
    }
    if frames == 0 && damaged_packets > 0 {
        return Err(damaged("none of its frames can be decoded"));
    }
    Ok(AudioInfo {
        format: FORMAT,
        sample_rate: supported_rate(scan.header.rate)?,
        channels,
        coding: Coding::Lossy,
        frames,
        audio_sha256: scan.audio_sha256,
        damaged_packets,
    })
}

fn next(
    demuxer: &mut dyn FormatReader,
    format: Format,
) -> Result<Option<symphonia::core::packet::Packet>, AudioError> {
    match demuxer.next_packet() {
        Ok(packet) => Ok(packet),
        // The frames before are good; whether they are all is for the caller to count.
        Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(failed(format, error)),
    }
}

fn failed(format: Format, error: Error) -> AudioError {
    match error {
        Error::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            AudioError::Truncated { format, detail: "it ends inside its header".into() }
        }
        Error::IoError(error) => AudioError::Io(error),
        Error::Unsupported(what) => AudioError::Unsupported { what: what.to_owned() },
        error => AudioError::Damaged { format, detail: error.to_string() },
    }
}

/// A stretch of a reader as symphonia wants it.
struct Source<'r, R> {
    reader: &'r mut R,
    start: u64,
    at: u64,
    len: u64,
}

impl<'r, R: Read + Seek + Send + Sync> Source<'r, R> {
    fn open(reader: &'r mut R, start: u64, end: u64) -> MediaSourceStream<'r> {
        let source = Self { reader, start, at: 0, len: end.saturating_sub(start) };
        MediaSourceStream::new(Box::new(source), MediaSourceStreamOptions::default())
    }
}

impl<R: Read + Seek> Read for Source<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.len.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let most = most.min(bytes.len());
        self.reader.seek(SeekFrom::Start(self.start + self.at))?;
        let got = self.reader.read(bytes.get_mut(..most).unwrap_or_default())?;
        self.at += got as u64;
        Ok(got)
    }
}

impl<R: Read + Seek> Seek for Source<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl<R: Read + Seek + Send + Sync> MediaSource for Source<'_, R> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}
