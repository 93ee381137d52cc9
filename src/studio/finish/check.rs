//! Reading files back: what they hold, measured, and whether it is what the recipe says.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::audio::decode::{decode_blocks, inspect, shape};
use crate::audio::error::AudioError;
use crate::audio::format::AudioHash;
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
    let (channels, rate) = shape(&mut open(path)?).map_err(|error| unreadable(path, &error))?;
    measure_as(path, channels, rate)
}

/// Decodes and measures a file whose shape is known, in one pass. Errors: as [`measure`].
pub(crate) fn measure_as(
    path: &Path,
    channels: usize,
    rate: SampleRate,
) -> Result<Measured, Fault> {
    let mut reader = open(path)?;
    let failed = |error: &AudioError| unreadable(path, error);
    let mut meter = LoudnessMeter::new(channels, rate).map_err(|error| failed(&error))?;
    let info = decode_blocks(&mut reader, &mut |block| {
        meter.add(&block.iter().map(Vec::as_slice).collect::<Vec<_>>())
    })
    .map_err(|error| failed(&error))?;
    let loudness = meter.finish();
    let rounded = |value: f64| (value * 100.0).round() / 100.0;
    Ok(Measured {
        format: info.format,
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

/// Whether a file holds just these bytes.
pub(crate) fn holds(path: &Path, bytes: &[u8]) -> Result<bool, Fault> {
    let mut reader = open(path)?;
    let mut rest = bytes;
    let mut block = vec![0; 1 << 16];
    loop {
        let n = reader.read(&mut block).map_err(|error| unreadable(path, &error.into()))?;
        let found = block.get(..n).unwrap_or_default();
        if found.is_empty() {
            return Ok(rest.is_empty());
        }
        match rest.strip_prefix(found) {
            Some(behind) => rest = behind,
            None => return Ok(false),
        }
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

fn unreadable(path: &Path, error: &AudioError) -> Fault {
    Fault::new(FaultKind::NotFound, format!("could not read {}: {error}", path.display()))
        .with_hint(error.hint())
}
