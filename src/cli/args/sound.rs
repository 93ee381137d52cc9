//! Words of the verbs that make sound or look at what does: `play`, `render`, `nodes`, `doctor audio`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::parse;
use crate::model::request::Depth;
use crate::model::units::{Bpm, SampleRate};

/// `timbre play`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Play {
    /// Takes (ids, or their first characters) and audio files, played one after another without a gap
    #[arg(value_name = "FILE|ID", required = true, num_args = 1..=256)]
    pub(in crate::cli) targets: Vec<String>,

    /// Preset whose effects the sound goes through
    #[arg(long, value_name = "PRESET", conflicts_with = "external")]
    pub(in crate::cli) chain: Option<String>,

    /// Play the first bars again and again, 1 to 999 of them
    #[arg(long = "loop", value_name = "BARS", value_parser = clap::value_parser!(u32).range(1..=999), allow_negative_numbers = true, conflicts_with = "external")]
    pub(in crate::cli) loop_bars: Option<u32>,

    /// Device to play on: a name, a part of one, `default`, or `null`, which plays to nobody
    #[arg(long, value_name = "NAME", conflicts_with = "external")]
    pub(in crate::cli) device: Option<String>,

    /// Tempo to play at, 20 to 400: what has a known tempo is stretched to it at its own pitch
    #[arg(long, value_name = "BPM", allow_negative_numbers = true, conflicts_with = "external")]
    pub(in crate::cli) bpm: Option<Bpm>,

    /// Bars to count in, 0 to 8
    #[arg(long, value_name = "BARS", default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(u32).range(0..=8), allow_negative_numbers = true, conflicts_with = "external")]
    pub(in crate::cli) count_in: u32,

    /// Where to begin: 90, 1:30, or a bar such as bar9
    #[arg(long, value_name = "TIME|BAR", value_parser = parse::from, allow_negative_numbers = true, conflicts_with = "external")]
    pub(in crate::cli) start: Option<From>,

    /// Run the external player of the configuration (audio.player) instead of the sound engine
    #[arg(long)]
    pub(in crate::cli) external: bool,
}

/// Where playing begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cli) enum From {
    /// Seconds from the start.
    Seconds(f64),
    /// A bar, counted from 1.
    Bar(u32),
}

/// `timbre render`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Render {
    /// File with a graph, and a score for it; `-` reads it from stdin. docs/cli.md describes the form
    #[arg(value_name = "GRAPH.json")]
    pub(in crate::cli) graph: PathBuf,

    /// The WAV file to write; `-` writes it to stdout
    #[arg(short, long, value_name = "PATH")]
    pub(in crate::cli) output: PathBuf,

    /// End after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = parse::render_seconds, allow_negative_numbers = true, conflicts_with = "tail")]
    pub(in crate::cli) seconds: Option<f64>,

    /// End when the music is over and has rung out, at most 30 s after it; so it is unless told otherwise
    #[arg(long)]
    pub(in crate::cli) tail: bool,

    /// Sample rate: 48000 or 44.1k
    #[arg(long, value_name = "HZ", allow_negative_numbers = true)]
    pub(in crate::cli) rate: Option<SampleRate>,

    /// Bit depth: 16, 24 or 32f; 32f holds every bit that the engine makes
    #[arg(long, value_name = "BITS", value_parser = parse::depth)]
    pub(in crate::cli) bit_depth: Option<Depth>,

    /// Replace an existing file
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

/// `timbre nodes`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Nodes {
    /// A type such as keys.rhodes, or the beginning of some, such as fx.
    #[arg(value_name = "TYPE")]
    pub(in crate::cli) kind: Option<String>,
}

/// `timbre doctor`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Doctor {
    /// What to look at; everything but the sound without one
    #[command(subcommand)]
    pub(in crate::cli) subject: Option<DoctorSubject>,
}

/// What the doctor looks at.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DoctorSubject {
    /// Try the sound: devices, formats, priority, and some seconds of silence that must not lose time
    Audio(DoctorAudio),
}

/// `timbre doctor audio`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DoctorAudio {
    /// How long to play silence, 0.1 to 60
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = parse::probe_seconds, allow_negative_numbers = true)]
    pub(in crate::cli) seconds: f64,

    /// Device to try; the one of the configuration unless given
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) device: Option<String>,
}
