//! Configuration as it is meant: nothing open, ranges kept, folders absolute. Made from the layers, passed as a value.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::document::ConfigError;
use super::paths::Surroundings;
use super::raw::RawConfig;
use crate::model::request::Export;
use crate::model::units::{Lufs, SampleRate};

/// Everything that can be configured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Config {
    /// Backend id where neither request nor preset names one.
    pub backend: String,
    /// Jobs at the same time, 1 to 16.
    pub jobs: usize,
    /// Threads for one job, 0 (one for each core) to 256.
    pub threads: usize,
    /// How takes are written.
    pub export: Export,
    /// Loudness target.
    pub lufs: Lufs,
    /// Where sound is heard.
    pub audio: Audio,
    /// Folder that holds `Timbre/` with the takes, where the user chose one.
    pub music_dir: Option<PathBuf>,
    /// When to use colour.
    pub color: Color,
    /// How the workstation looks and behaves.
    pub interface: Interface,
    /// Least important lines that go to the log file.
    pub log_level: LogLevel,
    /// Days of log files that are kept, 1 to 90.
    pub log_keep_days: usize,
}

/// Where sound is heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audio {
    /// `default`, `null`, or the name of a device, or a part of one.
    pub device: String,
    /// The same for recording; `none` for no input.
    pub input: String,
    /// Frames per second of the live engine; the driver converts where the device has another rate.
    pub sample_rate: SampleRate,
    /// Frames in a buffer of the device, 16 to 8,192; `None` for the device's own.
    pub buffer_frames: Option<u32>,
    /// Program that plays files where no card can be opened.
    pub player: String,
}

impl Default for Audio {
    fn default() -> Self {
        Self {
            device: "default".to_owned(),
            input: "none".to_owned(),
            sample_rate: SampleRate::HZ_48000,
            buffer_frames: None,
            player: "ffplay".to_owned(),
        }
    }
}

/// How the workstation looks and behaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// Name of the theme.
    pub theme: String,
    /// What curves are drawn with.
    pub glyphs: GlyphChoice,
    /// How real pictures are drawn.
    pub images: ImageChoice,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// Whether things move by themselves.
    pub motion: bool,
    /// How the desktop is told that something is done.
    pub notifications: NoticeChoice,
    /// Whether the workstation joins an engine that runs already.
    pub attach: Attach,
}

impl Default for Interface {
    fn default() -> Self {
        Self {
            theme: super::theme::DEFAULT.to_owned(),
            glyphs: GlyphChoice::Auto,
            images: ImageChoice::Auto,
            mouse: true,
            motion: true,
            notifications: NoticeChoice::Auto,
            attach: Attach::Auto,
        }
    }
}

/// What curves are drawn with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GlyphChoice {
    /// The finest that the terminal and the language settings allow.
    #[default]
    Auto,
    /// Braille patterns.
    Braille,
    /// Eighth and half blocks.
    Blocks,
    /// ASCII alone.
    Ascii,
}

/// How real pictures are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageChoice {
    /// As the terminal can, which is asked.
    #[default]
    Auto,
    /// By Kitty's protocol.
    Kitty,
    /// As Sixel.
    Sixel,
    /// By iTerm2's protocol.
    Iterm2,
    /// As half blocks in many colours.
    HalfBlocks,
    /// Not: curves are made of glyphs.
    Off,
}

/// How the desktop is told that something is done while the terminal has not the focus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeChoice {
    /// As the terminal is known to understand, else with the bell.
    #[default]
    Auto,
    /// Not.
    Off,
    /// With the bell.
    Bell,
    /// OSC 9 (iTerm2, Windows Terminal, WezTerm).
    Osc9,
    /// OSC 777 (urxvt, foot, Ghostty).
    Osc777,
    /// OSC 99 (Kitty).
    Osc99,
}

/// Whether the workstation joins an engine that runs already (`timbre serve`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attach {
    /// Where one runs; else it starts its own.
    #[default]
    Auto,
    /// It has to: without one it says how to start it.
    Always,
    /// It always starts its own.
    Never,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` or `TERM=dumb` says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How important a line must be to be logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// What went wrong.
    Error,
    /// What may go wrong.
    Warn,
    /// What happened.
    #[default]
    Info,
    /// How it happened.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The word that filters use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl Config {
    /// Closes what the layers left open, which is nothing as long as the defaults are complete.
    ///
    /// Errors: [`ConfigError::Incomplete`] when a key has no value in any layer.
    pub fn resolve(raw: RawConfig, around: &Surroundings) -> Result<Self, ConfigError> {
        fn closed<T>(value: Option<T>, key: &'static str) -> Result<T, ConfigError> {
            value.ok_or(ConfigError::Incomplete { key })
        }
        let music_dir = closed(raw.library.music_dir, "library.music_dir")?;
        Ok(Self {
            backend: closed(raw.generate.backend, "generate.backend")?,
            jobs: closed(raw.generate.jobs, "generate.jobs")? as usize,
            threads: closed(raw.generate.threads, "generate.threads")? as usize,
            export: Export {
                format: closed(raw.export.format, "export.format")?,
                bit_depth: closed(raw.export.bit_depth, "export.bit_depth")?,
                sample_rate: closed(raw.export.sample_rate, "export.sample_rate")?,
                stems: closed(raw.export.stems, "export.stems")?,
                midi: closed(raw.export.midi, "export.midi")?,
            },
            lufs: closed(raw.mastering.lufs, "mastering.lufs")?,
            audio: Audio {
                device: closed(raw.audio.device, "audio.device")?,
                input: closed(raw.audio.input, "audio.input")?,
                sample_rate: closed(raw.audio.sample_rate, "audio.sample_rate")?,
                buffer_frames: Some(closed(raw.audio.buffer_frames, "audio.buffer_frames")?)
                    .filter(|frames| *frames > 0),
                player: closed(raw.audio.player, "audio.player")?,
            },
            music_dir: match music_dir.trim() {
                "" => None,
                folder => Some(around.absolute(folder)),
            },
            color: closed(raw.interface.color, "interface.color")?,
            interface: Interface {
                theme: closed(raw.interface.theme, "interface.theme")?,
                glyphs: closed(raw.interface.glyphs, "interface.glyphs")?,
                images: closed(raw.interface.images, "interface.images")?,
                mouse: closed(raw.interface.mouse, "interface.mouse")?,
                motion: closed(raw.interface.motion, "interface.motion")?,
                notifications: closed(raw.interface.notifications, "interface.notifications")?,
                attach: closed(raw.interface.attach, "interface.attach")?,
            },
            log_level: closed(raw.log.level, "log.level")?,
            log_keep_days: closed(raw.log.keep_days, "log.keep_days")? as usize,
        })
    }
}
