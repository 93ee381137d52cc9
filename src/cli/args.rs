//! The words of the command line: verbs, options, their help and their parsers. Nothing here does anything.
//!
//! Completions, the man page and docs/cli.md come from this tree, so help texts are written for readers of all three.

mod library;
mod parse;
mod sound;

pub(super) use library::{
    Delete, Export, JobAction, Jobs, Ls, Rate, Replay, Sessions, Tag, Target,
};
pub(super) use sound::{Doctor, DoctorAudio, DoctorSubject, From, Nodes, Play, Render};

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::model::key::Key;
use crate::model::request::{Depth, Format};
use crate::model::tempo::Metre;
use crate::model::units::{Bpm, Length, Lufs, SampleRate, Seed};

const AFTER_HELP: &str = "\
Result paths go to stdout, everything else to stderr.

Exit codes:
    0  done
    1  failed
    2  usage: the command, the request or the configuration makes no sense
    3  the backend, its model or a sound card is not available
    4  an input was not found or can't be read
    5  a file could not be written
  130  interrupted

Examples:
  timbre --generate \"dusty lofi beat, 82 bpm, A minor, rhodes and vinyl\"
  timbre generate \"deep house\" --duration 32bars --stems --midi -o track.flac
  timbre play last --loop 8
  timbre ls --search lofi
  timbre replay track.flac --verify";

/// Type what you want to hear, get a finished, repeatable take.
#[derive(Debug, Parser)]
#[command(
    name = "timbre",
    version,
    about,
    after_long_help = AFTER_HELP,
    after_help = "`timbre --help` tells more, with examples and exit codes.",
    disable_help_subcommand = true,
    max_term_width = 100,
)]
pub(super) struct Arguments {
    /// Options that every verb takes.
    #[command(flatten)]
    pub(super) common: Common,

    /// Render a take from a prompt; the same as `timbre generate PROMPT`.
    #[arg(
        long = "generate",
        value_name = "PROMPT",
        allow_hyphen_values = true,
        help_heading = "Options of generate"
    )]
    pub(super) generate: Option<String>,

    /// Options of `--generate`.
    #[command(flatten)]
    pub(super) options: GenerateOptions,

    /// Options of the workstation, which opens without a verb.
    #[command(flatten)]
    pub(super) open: Open,

    /// What to do.
    #[command(subcommand)]
    pub(super) verb: Option<Verb>,
}

/// `timbre` without a verb: the workstation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of the workstation (timbre without a verb)")]
pub(super) struct Open {
    /// Work line by line, without drawing: for screen readers, simple terminals and pipes
    #[arg(long)]
    pub(super) plain: bool,

    /// Go on with a session: the last one, one by its id, or `choose` from a list
    #[arg(long, value_name = "SESSION", num_args = 0..=1, default_missing_value = "last")]
    pub(super) resume: Option<String>,

    /// Begin with the tour.
    #[arg(skip)]
    pub(super) tour: bool,
}

/// Options that every verb takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Common options")]
pub(super) struct Common {
    /// Print one JSON object a line on stdout instead of text
    #[arg(long, global = true)]
    pub(super) json: bool,

    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,

    /// Never ask; what would have been asked fails instead
    #[arg(long, global = true)]
    pub(super) no_input: bool,

    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", value_enum)]
    pub(super) color: Option<When>,

    /// Do it in this process, even where `timbre serve` runs
    #[arg(long, global = true)]
    pub(super) no_daemon: bool,

    /// Show the log on stderr too; twice for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
}

/// When to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// The workstation itself, which no word of its own opens.
    #[command(skip)]
    Open(Open),
    /// Render a take from a prompt
    Generate(Generate),
    /// Show what would be understood of a prompt, without rendering it
    Brief(Brief),
    /// Play takes and files, one after another without a gap
    Play(Play),
    /// List takes, newest first
    Ls(Ls),
    /// Tell all about a take, or about an audio file with its tags
    Info(Target),
    /// Render the recipe of a take or file again
    Replay(Replay),
    /// Finish interrupted jobs, then list the queue
    Jobs(Jobs),
    /// Rate a take
    Rate(Rate),
    /// Add or remove tags of a take
    Tag(Tag),
    /// Write a take again in another format
    Export(Export),
    /// Delete a take with its files
    Delete(Delete),
    /// List sessions, newest first
    Sessions(Sessions),
    /// List presets, or show one
    Presets(Presets),
    /// List what can make takes
    Backends,
    /// Render a graph of nodes to a WAV file
    Render(Render),
    /// List the types of nodes, or tell all about one
    Nodes(Nodes),
    /// List the sound devices
    Devices,
    /// Show the configuration and where it comes from
    Config(ConfigVerb),
    /// Open the workstation with a tour of it
    Demo,
    /// Check that everything Timbre needs is there and works
    Doctor(Doctor),
    /// Keep the engine running for other programs, or speak the JSON protocol with one
    Serve(Serve),
    /// Print the JSON Schema of the protocol
    Schema,
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the man page of Timbre or of one verb, as roff
    Man(Man),
}

/// `timbre generate`.
#[derive(Debug, Args)]
pub(super) struct Generate {
    /// What you want to hear; `-` reads it from stdin. May be left out when a preset brings one
    #[arg(value_name = "PROMPT", allow_hyphen_values = true, required_unless_present = "preset")]
    pub(super) prompt: Option<String>,

    /// How to render and write it.
    #[command(flatten)]
    pub(super) options: GenerateOptions,
}

/// How to render and write a take.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Options of generate")]
pub(super) struct GenerateOptions {
    /// How long: 12, 90s, 1:30 or 16bars
    #[arg(long, value_name = "LENGTH", allow_negative_numbers = true)]
    pub(super) duration: Option<Length>,

    /// Tempo in beats a minute, 20 to 400
    #[arg(long, value_name = "BPM", allow_negative_numbers = true)]
    pub(super) bpm: Option<Bpm>,

    /// Key, such as "A minor", F#m or "D dorian"
    #[arg(long, value_name = "KEY")]
    pub(super) key: Option<Key>,

    /// Metre, such as 4/4, 3/4 or 6/8
    #[arg(long, value_name = "METRE")]
    pub(super) metre: Option<Metre>,

    /// Number that every random choice descends from; drawn and shown unless given
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(super) seed: Option<Seed>,

    /// Preset to start from; may be given more than once, later ones win
    #[arg(long, value_name = "NAME")]
    pub(super) preset: Vec<String>,

    /// What makes the take; `timbre backends` lists them
    #[arg(long, value_name = "ID")]
    pub(super) backend: Option<String>,

    /// Param of the backend; may be given more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse::param)]
    pub(super) param: Vec<(String, f64)>,

    /// How many takes, each with the next seed, 1 to 64
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=64), allow_negative_numbers = true)]
    pub(super) takes: Option<u32>,

    /// Write a file for each stem too
    #[arg(long)]
    pub(super) stems: bool,

    /// Write a Standard MIDI File too
    #[arg(long)]
    pub(super) midi: bool,

    /// Loudness to land on, -40 to -5 LUFS
    #[arg(long, value_name = "LUFS", allow_negative_numbers = true)]
    pub(super) lufs: Option<Lufs>,

    /// File format; the extension of -o decides where it has one
    #[arg(long, value_name = "FORMAT", value_parser = parse::format)]
    pub(super) format: Option<Format>,

    /// Sample rate: 48000 or 44.1k
    #[arg(long, value_name = "HZ", allow_negative_numbers = true)]
    pub(super) sample_rate: Option<SampleRate>,

    /// Bit depth: 16, 24 or 32f
    #[arg(long, value_name = "BITS", value_parser = parse::depth)]
    pub(super) bit_depth: Option<Depth>,

    /// Where to write the take; `-` writes WAV to stdout. Several takes get -1, -2 … before the extension
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Option<PathBuf>,

    /// Replace an existing file
    #[arg(long)]
    pub(super) force: bool,
}

/// `timbre brief`.
#[derive(Debug, Args)]
pub(super) struct Brief {
    /// The prompt; `-` reads it from stdin
    #[arg(value_name = "PROMPT", allow_hyphen_values = true)]
    pub(super) prompt: String,

    /// Preset to start from; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(super) preset: Vec<String>,

    /// What would make the take
    #[arg(long, value_name = "ID")]
    pub(super) backend: Option<String>,
}

/// `timbre presets`.
#[derive(Debug, Args)]
pub(super) struct Presets {
    /// The preset to show
    pub(super) name: Option<String>,
}

/// `timbre config`.
#[derive(Debug, Args)]
pub(super) struct ConfigVerb {
    /// What to show
    #[command(subcommand)]
    pub(super) action: ConfigAction,
}

/// What to show of the configuration.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigAction {
    /// Print every key with its value
    Show {
        /// Print where each value comes from too
        #[arg(long)]
        origin: bool,
        /// Print the defaults instead, as a commented file
        #[arg(long, conflicts_with = "origin")]
        defaults: bool,
    },
    /// Print the path of your config file
    Path,
    /// Print the complete, commented default file
    Default,
}

/// `timbre serve`: without an option on a socket, in the foreground.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Read requests from stdin and write responses and events to stdout, one JSON object a line
    #[arg(long, conflicts_with_all = ["detach", "stop", "status"])]
    pub(super) stdio: bool,

    /// Serve in the background; returns once it answers, and prints the path of its socket
    #[arg(long, conflicts_with_all = ["stop", "status"])]
    pub(super) detach: bool,

    /// End the engine that is served; what it renders goes back into the queue
    #[arg(long, conflicts_with = "status")]
    pub(super) stop: bool,

    /// Tell whether an engine is served, and how it is; exit code 3 if none is
    #[arg(long)]
    pub(super) status: bool,

    /// Begin a session of its own, away from the terminal; --detach starts itself so
    #[arg(long, hide = true, conflicts_with_all = ["stdio", "detach", "stop", "status"])]
    pub(super) apart: bool,
}

/// `timbre completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

/// `timbre man`.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// The verb
    pub(super) verb: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_tree_of_words_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn both_ways_to_generate_read_the_same_options() {
        let words = ["--duration", "1:30", "--lufs", "-9", "--takes", "2", "-o", "x.flac"];
        let flag = ["timbre", "--generate", "-"].into_iter().chain(words);
        let verb = ["timbre", "generate", "-"].into_iter().chain(words);
        let flag = Arguments::try_parse_from(flag).unwrap();
        let Some(Verb::Generate(verb)) = Arguments::try_parse_from(verb).unwrap().verb else {
            panic!("not read as the verb");
        };
        assert_eq!(flag.generate, verb.prompt);
        assert_eq!(flag.options, verb.options);
        assert_eq!(verb.options.duration, Some(Length::Seconds(90.0)));
    }

    #[test]
    fn nonsense_is_refused_by_the_parser() {
        for words in [
            ["generate", "x", "--duration", "0"],
            ["generate", "x", "--duration", "-5"],
            ["generate", "x", "--duration", "9999999"],
            ["generate", "x", "--bpm", "0"],
            ["generate", "x", "--bpm", "-120"],
            ["generate", "x", "--key", "H flat"],
            ["generate", "x", "--seed", "-1"],
            ["generate", "x", "--takes", "0"],
            ["generate", "x", "--lufs", "3"],
            ["generate", "x", "--bit-depth", "8"],
            ["generate", "x", "--sample-rate", "1"],
            ["generate", "x", "--param", "temperature"],
            ["play", "x.wav", "--loop", "-4"],
            ["play", "x.wav", "--loop", "0"],
            ["play", "x.wav", "--bpm", "4000"],
            ["play", "x.wav", "--count-in", "9"],
            ["play", "x.wav", "--start", "-3"],
            ["play", "x.wav", "--start", "bar0"],
            ["render", "x.json", "--seconds", "-1"],
            ["render", "x.json", "--seconds", "nan"],
        ] {
            let read = Arguments::try_parse_from(std::iter::once("timbre").chain(words));
            assert_eq!(read.map_err(|e| e.exit_code()).err(), Some(2), "{words:?}");
        }
    }
}
