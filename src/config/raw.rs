//! Configuration as it was typed: every key may be open. One value of this type is one layer.
//!
//! It checks types and ranges, because here the file and the line are still known. It resolves nothing.

use std::fmt::Display;

use serde::{Deserialize, Deserializer, Serialize};

use super::resolved::{Attach, Color, GlyphChoice, ImageChoice, LogLevel, NoticeChoice};
use crate::model::request::{Depth, Format};
use crate::model::units::{Lufs, SampleRate};

/// One layer of configuration. Unknown keys are refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawConfig {
    /// How takes are made.
    pub generate: RawGenerate,
    /// How takes are written.
    pub export: RawExport,
    /// How takes are mastered.
    pub mastering: RawMastering,
    /// Where sound is heard.
    pub audio: RawAudio,
    /// Where takes are kept.
    pub library: RawLibrary,
    /// How Timbre looks.
    pub interface: RawInterface,
    /// What is logged.
    pub log: RawLog,
}

/// `[generate]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawGenerate {
    /// Backend id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// Jobs at the same time, 1 to 16.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "count::<1, 16, _>")]
    pub jobs: Option<u32>,
    /// Threads for one job, 0 (one for each core) to 256.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "count::<0, 256, _>")]
    pub threads: Option<u32>,
}

/// `[export]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawExport {
    /// File format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Bit depth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bit_depth: Option<Depth>,
    /// Sample rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_rate: Option<SampleRate>,
    /// Whether stems are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stems: Option<bool>,
    /// Whether a MIDI file is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub midi: Option<bool>,
}

/// `[mastering]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawMastering {
    /// Loudness target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lufs: Option<Lufs>,
}

/// `[audio]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawAudio {
    /// Output device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Input device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// Frames per second of the live engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_rate: Option<SampleRate>,
    /// Frames in a buffer of the device, 16 to 8,192, or 0 for the device's own.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "buffer_frames")]
    pub buffer_frames: Option<u32>,
    /// Program that plays files where no card can be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub player: Option<String>,
}

/// `[library]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawLibrary {
    /// Folder that holds `Timbre/`; empty for the user's music folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub music_dir: Option<String>,
}

/// `[interface]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawInterface {
    /// When to use colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// Name of a theme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// What curves are drawn with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glyphs: Option<GlyphChoice>,
    /// How real pictures are drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<ImageChoice>,
    /// Whether the mouse is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mouse: Option<bool>,
    /// Whether things move by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub motion: Option<bool>,
    /// How the desktop is told that something is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<NoticeChoice>,
    /// Whether the workstation joins an engine that runs already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attach: Option<Attach>,
}

/// `[log]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawLog {
    /// Least important lines that are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<LogLevel>,
    /// Days of log files that are kept, 1 to 90.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "count::<1, 90, _>")]
    pub keep_days: Option<u32>,
}

/// Reads the size of a buffer: one that cards have, or 0 for the card's own.
fn buffer_frames<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let frames = count::<0, 8_192, _>(deserializer)?;
    match frames {
        Some(1..16) => Err(serde::de::Error::custom(
            "a buffer has 16 to 8192 frames; 0 leaves it to the device",
        )),
        fine => Ok(fine),
    }
}

/// Reads a whole number between `MIN` and `MAX`, and says so when it is not one.
fn count<'de, const MIN: u32, const MAX: u32, D>(deserializer: D) -> Result<Option<u32>, D::Error>
where
    D: Deserializer<'de>,
{
    let value = i64::deserialize(deserializer)?;
    let outside = |value: &dyn Display| {
        serde::de::Error::custom(format!("{value} is out of range: {MIN} to {MAX}"))
    };
    let narrow = u32::try_from(value).map_err(|_| outside(&value))?;
    if (MIN..=MAX).contains(&narrow) { Ok(Some(narrow)) } else { Err(outside(&value)) }
}
