//! Words of the verbs that look after takes, jobs and sessions.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::parse;
use crate::model::request::{Depth, Format};
use crate::model::units::SampleRate;

/// `timbre ls`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Ls {
    /// Only takes whose title, prompt, tags or note have these words
    #[arg(long, value_name = "WORDS")]
    pub(in crate::cli) search: Option<String>,

    /// Only takes rated this high or higher, 1 to 5
    #[arg(long, value_name = "STARS", value_parser = clap::value_parser!(u8).range(1..=5))]
    pub(in crate::cli) rating: Option<u8>,

    /// Only takes of this session
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) session: Option<String>,

    /// At most this many
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(in crate::cli) limit: u32,
}

/// A verb that only wants to know which take or file.
#[derive(Debug, Args)]
pub(in crate::cli) struct Target {
    /// A take's id (or its first characters), or an audio file
    #[arg(value_name = "FILE|ID")]
    pub(in crate::cli) target: String,
}

/// `timbre replay`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Replay {
    /// A take's id (or its first characters), an audio file, or a .timbre.json recipe
    #[arg(value_name = "FILE|ID")]
    pub(in crate::cli) target: String,

    /// Compare with the hashes in the recipe, keep nothing, and fail where they differ
    #[arg(long)]
    pub(in crate::cli) verify: bool,

    /// Where to write the take
    #[arg(short, long, value_name = "PATH", conflicts_with = "verify")]
    pub(in crate::cli) output: Option<PathBuf>,

    /// Replace an existing file
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

/// `timbre jobs`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Jobs {
    /// What to do with a job; the queue is finished and listed without one
    #[command(subcommand)]
    pub(in crate::cli) action: Option<JobAction>,

    /// Only list, do not finish what was interrupted
    #[arg(long)]
    pub(in crate::cli) no_resume: bool,
}

/// What to do with a job.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum JobAction {
    /// Cancel a job
    Cancel {
        /// The job's id
        id: String,
    },
    /// Render a failed or cancelled job again
    Retry {
        /// The job's id
        id: String,
    },
    /// Move a queued job to a place in the queue
    Reorder {
        /// The job's id
        id: String,
        /// The place, 1 is next
        #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
        place: u32,
    },
}

/// `timbre rate`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Rate {
    /// The take's id, or its first characters
    pub(in crate::cli) id: String,

    /// up (5), down (1), or 1 to 5
    #[arg(value_name = "up|down|1..5", value_parser = parse::rating)]
    pub(in crate::cli) rating: u8,

    /// A note to keep with it
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) note: Option<String>,
}

/// `timbre tag`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Tag {
    /// The take's id, or its first characters
    pub(in crate::cli) id: String,

    /// Tags to add
    #[arg(value_name = "TAG")]
    pub(in crate::cli) add: Vec<String>,

    /// Tag to remove; may be given more than once
    #[arg(long, value_name = "TAG")]
    pub(in crate::cli) remove: Vec<String>,
}

/// `timbre export`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// The take's id, or its first characters
    pub(in crate::cli) id: String,

    /// wav, flac or mp3; the extension of -o decides where it has one
    #[arg(long, value_name = "FORMAT", value_parser = parse::format)]
    pub(in crate::cli) format: Option<Format>,

    /// Bit depth: 16, 24 or 32f
    #[arg(long, value_name = "BITS", value_parser = parse::depth)]
    pub(in crate::cli) bit_depth: Option<Depth>,

    /// Sample rate: 48000 or 44.1k
    #[arg(long, value_name = "HZ")]
    pub(in crate::cli) sample_rate: Option<SampleRate>,

    /// Where to write it; beside the take unless given
    #[arg(short, long, value_name = "PATH")]
    pub(in crate::cli) output: Option<PathBuf>,

    /// Replace an existing file
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

/// `timbre delete`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Delete {
    /// The take's id, or its first characters
    pub(in crate::cli) id: String,

    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

/// `timbre sessions`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Sessions {
    /// At most this many
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(in crate::cli) limit: u32,
}
