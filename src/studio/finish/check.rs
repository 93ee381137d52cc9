//! Reading files back: what they hold, measured, and whether it is what the recipe says.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::audio::decode::{decode_blocks, inspect};
use crate::audio::error::AudioError;
use crate::audio::format::{AudioHash, FileFormat};
use crate::audio::loudness::LoudnessMeter;
use crate::audio::tags::read_tags;
use crate::model::job::{Fault, FaultKind};
use crate::model::recipe::Recipe;
use crate::model::request::Format;
use crate::model::units::SampleRate;

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Format by content.
    pub format: Format,
    /// Frames.
    pub frames: u64,
    /// Sample rate in Hz.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u32,
    /// Length in seconds.
    pub duration_s: f64,
    /// Integrated loudness, LUFS, to a hundredth; `None` where too short or silent.
    pub lufs: Option<f64>,
    /// True peak, dBTP, to a hundredth; `None` where silent.
    pub true_peak_dbtp: Option<f64>,
    /// Fingerprint of the sound.
    pub audio_sha256: AudioHash,
}

/// Decodes and measures a file, holding one block at a time.
/// Errors: `NotFound` where it can't be opened or is no audio file.
pub fn measure(path: &Path) -> Result<Measured, Fault> {
    let mut reader = open(path)?;
    // The rate is only known once the file is decoded, so a cheap look at its header comes first.
    let (channels, rate) = shape(&mut reader).map_err(|error| unreadable(path, &error))?;
    let failed = |error: &AudioError| unreadable(path, error);
    let mut meter = LoudnessMeter::new(channels, rate).map_err(|error| failed(&error))?;
    let info = decode_blocks(&mut reader, &mut |block| {
        meter.add(&block.iter().map(Vec::as_slice).collect::<Vec<_>>())
    })
    .map_err(|error| failed(&error))?;
    let loudness = meter.finish();
    let rounded = |value: f64| (value * 100.0).round() / 100.0;
    Ok(Measured {
        format: format_of(info.format),
        frames: info.frames,
        sample_rate: info.sample_rate.get(),
        channels: u32::try_from(info.channels).unwrap_or(u32::MAX),
        duration_s: info.seconds(),
        lufs: loudness.integrated.map(rounded),
        true_peak_dbtp: loudness.true_peak.map(rounded),
        audio_sha256: info.audio_sha256,
    })
}

/// Whether a file holds what its recipe says, in sound and in tags. The error says what it does not.
pub(crate) fn verify(path: &Path, recipe: &Recipe) -> Result<(), String> {
    let mut reader = open(path).map_err(|fault| fault.message)?;
    let info = inspect(&mut reader).map_err(|error| error.to_string())?;
    if info.audio_sha256.to_string() != recipe.outcome.audio_sha256 {
        return Err("its sound is not what was written".to_owned());
    }
    if info.frames != recipe.outcome.frames {
        return Err(format!("it has {} frames and not {}", info.frames, recipe.outcome.frames));
    }
    let tags = read_tags(&mut reader).map_err(|error| error.to_string())?;
    let found = tags.recipe_json.as_deref().map(serde_json::from_str::<Recipe>);
    match found {
        Some(Ok(found)) if found == *recipe => Ok(()),
        Some(Ok(_)) => Err("the recipe in its tags is another one".to_owned()),
        Some(Err(error)) => Err(format!("the recipe in its tags can't be read: {error}")),
        None => Err("its tags hold no recipe".to_owned()),
    }
}

/// SHA-256 of a whole file in hexadecimal digits.
pub fn file_sha256(path: &Path) -> Result<String, Fault> {
    let mut reader = open(path)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let n = reader.read(&mut block).map_err(|error| unreadable(path, &error.into()))?;
        match block.get(..n) {
            Some(bytes) if n > 0 => hasher.update(bytes),
            _ => return Ok(hex(&hasher.finalize())),
        }
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Opens a file for reading. Errors: `NotFound`.
pub fn open(path: &Path) -> Result<BufReader<File>, Fault> {
    let opened = File::open(path).and_then(|file| {
        if file.metadata()?.is_dir() {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        Ok(file)
    });
    let file = opened.map_err(|error| {
        Fault::new(FaultKind::NotFound, format!("could not read {}: {error}", path.display()))
            .with_hint("check the path; timbre ls lists the takes")
    })?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// The file format of the model for one of the audio layer.
pub(crate) fn format_of(format: FileFormat) -> Format {
    match format {
        FileFormat::Wav => Format::Wav,
        FileFormat::Flac => Format::Flac,
        FileFormat::Mp3 => Format::Mp3,
    }
}

/// Channels and rate of a file, found by decoding no more than its first block.
fn shape(reader: &mut BufReader<File>) -> Result<(usize, SampleRate), AudioError> {
    let info = inspect(reader)?;
    Ok((info.channels, info.sample_rate))
}

fn unreadable(path: &Path, error: &AudioError) -> Fault {
    Fault::new(FaultKind::NotFound, format!("could not read {}: {error}", path.display()))
        .with_hint(error.hint())
}
