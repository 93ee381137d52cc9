//! L4: the command line: parses words, calls the client, prints. It decides nothing about music.
//!
//! Verbs that need no engine (`--version`, `completions`, `man`, `config`) start none: no runtime, no database.

mod args;
mod output;
mod stop;

mod daemon;
mod engine;
mod logging;
mod player;
mod progress;
mod report;
mod target;

mod verbs;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Arguments, Generate, Verb};
use output::Output;
use stop::Stop;

use crate::config::Surroundings;
use crate::model::job::{Fault, FaultKind};

/// The whole program: reads the command line of this process, does what it says, and gives the exit code.
pub fn main() -> ExitCode {
    let words = std::env::args_os().collect::<Vec<_>>();
    let around = match Surroundings::of_process() {
        Ok(around) => around,
        Err(error) => {
            let output = Output::new(&Default::default(), &Surroundings::default());
            output.fault(&Fault::from(&error));
            return ExitCode::from(2);
        }
    };
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(error) => return misread(&error, &words, &around),
    };
    let output = Output::new(&arguments.common, &around);
    match verb_of(arguments).and_then(|(common, verb)| verbs::run(verb, &common, &around, &output))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            match &stop {
                Stop::Fault(fault) => output.fault(fault),
                Stop::Interrupted => output.fault(
                    &Fault::new(FaultKind::Cancelled, "interrupted")
                        .with_hint("nothing was left half-written"),
                ),
                Stop::Told(_) | Stop::Pipe => {}
            }
            ExitCode::from(stop.exit_code())
        }
    }
}

/// The tree of verbs and options, for documentation and tests.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Turns both ways of asking for a take into one, no verb into the workstation, and refuses options without a verb to take
/// them.
fn verb_of(arguments: Arguments) -> Result<(args::Common, Verb), Stop> {
    let Arguments { common, generate, options, open, verb } = arguments;
    let stray = options != args::GenerateOptions::default();
    if open != args::Open::default() && (generate.is_some() || verb.is_some()) {
        return Err(Stop::usage(
            "--plain and --resume belong to the workstation, which opens without a verb",
            "leave them out, or leave the verb out",
        ));
    }
    match (generate, verb) {
        (Some(prompt), None) => {
            Ok((common, Verb::Generate(Generate { prompt: Some(prompt), options })))
        }
        (Some(_), Some(_)) => Err(Stop::usage(
            "--generate and a verb were given",
            "use one of them: `timbre generate PROMPT` is the same as `timbre --generate PROMPT`",
        )),
        (None, Some(verb)) if !stray => Ok((common, verb)),
        (None, Some(_)) => Err(Stop::usage(
            "options of --generate stand before another verb",
            "put a verb's options behind it, or leave them out",
        )),
        (None, None) if stray => Err(Stop::usage(
            "options of --generate were given without it",
            "say what you want to hear: timbre --generate \"dusty lofi beat\"",
        )),
        (None, None) => Ok((common, Verb::Open(open))),
    }
}

/// Prints help or version, or what is wrong with the command line in the same form as every other error.
fn misread(error: &clap::Error, words: &[OsString], around: &Surroundings) -> ExitCode {
    use clap::error::ErrorKind;
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // A reader that goes away (`timbre --help | head -1`) is no failure.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let flag = |name: &str| words.iter().any(|word| word == name);
    let common = args::Common { json: flag("--json"), ..Default::default() };
    let output = Output::new(&common, around);
    output.fault(&usage_fault(&error.render().to_string()));
    ExitCode::from(2)
}

/// The essence of a parser's message: its first sentence, and its tip where it has one.
fn usage_fault(rendered: &str) -> Fault {
    let mut paragraphs = rendered.split("\n\n");
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let tip = rendered.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let hint = tip.unwrap_or("`timbre --help` lists verbs, `timbre VERB --help` their options");
    Fault::new(FaultKind::Invalid, crate::util::text::one_line(message)).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(words: &[&str]) -> Fault {
        let words = std::iter::once("timbre").chain(words.iter().copied());
        match Arguments::try_parse_from(words) {
            Err(error) => usage_fault(&error.render().to_string()),
            Ok(arguments) => match verb_of(arguments) {
                Err(Stop::Fault(fault)) => fault,
                other => panic!("{other:?}"),
            },
        }
    }

    #[test]
    fn a_usage_error_is_one_line_and_a_hint() {
        let fault = fault_of(&["generate", "x", "--durration", "3"]);
        assert_eq!(fault.message, "unexpected argument '--durration' found");
        assert!(fault.hint.contains("--duration"), "{}", fault.hint);
        let fault = fault_of(&["generate", "x", "--bpm", "fast"]);
        assert!(fault.message.contains("'fast' is not a tempo"), "{}", fault.message);
        assert!(!fault.message.contains('\n'));
    }

    #[test]
    fn options_of_generate_belong_to_generate() {
        for words in [
            &["--bpm", "90", "ls"][..],
            &["--bpm", "90"],
            &["--generate", "x", "ls"],
            &["--plain", "ls"],
            &["--resume=last", "--generate", "x"],
        ] {
            assert_eq!(fault_of(words).kind, FaultKind::Invalid, "{words:?}");
        }
    }
}
