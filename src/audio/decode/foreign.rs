//! Sound that users bring along: our own formats by our own readers, and Ogg Vorbis, M4A (AAC and ALAC), AIFF and ADTS
//! through rodio's decoder. The bytes decide, never the file's name.
//!
//! Unlike [`super::decode`], which takes must pass bit for bit, this reads what can be read: a file of rodio's that stops
//! early gives what is there and a note. No fingerprints, no encoding. Thread: control.

use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rodio::{Decoder, Source};

use super::{AudioError, MAX_SAMPLES, decode, mp4, supported_rate};
use crate::audio::buffer::AudioBuffer;

/// A decoded file.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The sound, at the file's own rate and with its own channels (in the order of WAVE); at least one frame.
    pub sound: AudioBuffer,
    /// The container, in plain words.
    pub kind: &'static str,
    /// What a user should know about how complete it is, as one sentence.
    pub note: Option<String>,
}

/// Seconds that a file may end before its header says so without a note: headers round.
const FORGIVEN_S: f64 = 0.1;

/// Decodes a file of any kind that we know, 1 to 8 channels, 8 to 192 kHz.
///
/// Errors: those of [`decode`] for WAV, FLAC and MP3; [`AudioError::Foreign`] for the others; [`AudioError::NoSound`] for
/// a file without a frame; [`AudioError::NotAudio`], [`AudioError::Unsupported`].
pub fn decode_any<R: Read + Seek + Send + Sync + 'static>(
    mut reader: R,
) -> Result<Recording, AudioError> {
    let recording = match foreign_kind(&mut reader)? {
        Some(kind) => decode_foreign(reader, kind)?,
        None => {
            let (sound, info) = decode(&mut reader)?;
            let note = (info.damaged_packets > 0)
                .then(|| format!("{} damaged packets were left out.", info.damaged_packets));
            Recording { sound, kind: info.format.extension(), note }
        }
    };
    if recording.sound.frames() == 0 {
        return Err(AudioError::NoSound);
    }
    match recording.sound.channel_count() {
        1..=8 => Ok(recording),
        many => Err(AudioError::Unsupported { what: format!("a sound of {many} channels") }),
    }
}

/// The kind of a file that rodio is asked to read, or `None` where it is ours or nobody's.
fn foreign_kind<R: Read + Seek>(reader: &mut R) -> Result<Option<&'static str>, AudioError> {
    reader.seek(SeekFrom::Start(0))?;
    let mut head = Vec::new();
    reader.by_ref().take(16).read_to_end(&mut head)?;
    reader.seek(SeekFrom::Start(0))?;
    Ok(match head.as_slice() {
        [b'O', b'g', b'g', b'S', ..] => Some("Ogg"),
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C', ..] => Some("AIFF"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("MP4"),
        // ADTS: twelve set bits as in MPEG audio, but with the layer that MPEG audio does not have.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => Some("AAC"),
        _ => None,
    })
}

fn decode_foreign<R: Read + Seek + Send + Sync + 'static>(
    mut reader: R,
    kind: &'static str,
) -> Result<Recording, AudioError> {
    let len = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(0))?;
    let granule = if kind == "Ogg" { last_granule(&mut reader, len)? } else { None };
    let edit = if kind == "MP4" { mp4::edit(&mut reader)? } else { None };
    let failed = |detail: String| AudioError::Foreign { kind, detail };
    if kind == "MP4" && !mp4::is_sound(&mut reader)? {
        return Err(failed("its header is cut short or claims more than it holds".into()));
    }
    reader.seek(SeekFrom::Start(0))?;
    // The readers behind rodio assert what a lying header breaks (a rate of zero, no channels), so a panic of theirs is
    // one more way to say that a file is damaged. Nothing of ours is inside but the vectors, which are dropped.
    let decoded = catch_unwind(AssertUnwindSafe(|| collect(reader, len, kind)))
        .map_err(|_| failed("its header contradicts itself".into()))??;
    let Collected { mut planes, rate, promised_s, mut note } = decoded;
    let sample_rate = supported_rate(rate)?;
    if let Some(edit) = edit {
        edit.apply(&mut planes, rate);
    }
    // The last packet of Vorbis decodes to a whole block; the last page says how much of it is music.
    if let Some(granule) = granule {
        let frames = planes.first().map_or(0, Vec::len) as u64;
        if (1..=8_192).contains(&frames.saturating_sub(granule)) {
            planes.iter_mut().for_each(|plane| plane.truncate(granule as usize));
        }
    }
    let sound = AudioBuffer::from_planar(planes, sample_rate);
    if let Some(promised) = promised_s
        && sound.seconds() + FORGIVEN_S < promised
        && edit.is_none_or(|edit| sound.seconds() + FORGIVEN_S < edit.seconds(rate))
    {
        note = Some(format!(
            "The file ends early: {:.1} of {promised:.1} seconds could be read.",
            sound.seconds()
        ));
    }
    Ok(Recording { sound, kind, note })
}

/// The position that the last page of an Ogg file states, in frames (RFC 3533, section 6).
fn last_granule<R: Read + Seek>(reader: &mut R, len: u64) -> Result<Option<u64>, AudioError> {
    // A page has at most 65,307 bytes.
    reader.seek(SeekFrom::Start(len.saturating_sub(65_536)))?;
    let mut tail = Vec::new();
    reader.by_ref().take(65_536).read_to_end(&mut tail)?;
    let page = tail.windows(4).rposition(|window| window == b"OggS");
    let granule = page.and_then(|at| tail.get(at + 6..)?.first_chunk().copied());
    // A page on which no packet ends states all ones.
    Ok(granule.map(u64::from_le_bytes).filter(|granule| *granule != u64::MAX))
}

/// What came out of rodio.
struct Collected {
    planes: Vec<Vec<f32>>,
    rate: u32,
    /// Length in seconds by the header, where it has one.
    promised_s: Option<f64>,
    note: Option<String>,
}

fn collect<R: Read + Seek + Send + Sync + 'static>(
    reader: R,
    len: u64,
    kind: &'static str,
) -> Result<Collected, AudioError> {
    let mut source = Decoder::builder()
        .with_data(reader)
        .with_byte_len(len)
        .with_gapless(true)
        .build()
        .map_err(|error| AudioError::Foreign { kind, detail: error.to_string() })?;
    let (channels, rate) = (source.channels(), source.sample_rate());
    let promised_s = source.total_duration().map(|length| length.as_secs_f64());
    let mut planes = vec![Vec::new(); usize::from(channels.get())];
    let mut note = None;
    let (mut samples, mut side) = (0_u64, 0_usize);
    while let Some(sample) = source.next() {
        if side == 0 && (source.channels() != channels || source.sample_rate() != rate) {
            note = Some(
                "The file changes its channels or its rate on the way; the rest was left out."
                    .into(),
            );
            break;
        }
        samples += 1;
        if samples > MAX_SAMPLES {
            return Err(AudioError::Unsupported { what: "a sound of more than six hours".into() });
        }
        if let Some(plane) = planes.get_mut(side) {
            plane.push(if sample.is_finite() { sample } else { 0.0 });
        }
        side = if side + 1 == planes.len() { 0 } else { side + 1 };
    }
    // A last frame that lacks a side is no frame.
    let whole = planes.last().map_or(0, Vec::len);
    planes.iter_mut().for_each(|plane| plane.truncate(whole));
    planes.iter_mut().for_each(Vec::shrink_to_fit);
    Ok(Collected { planes, rate: rate.get(), promised_s, note })
}

#[cfg(test)]
mod tests;
