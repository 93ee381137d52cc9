//! `generate`: prompt and options become a request, jobs are watched, and the paths of the takes are printed.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use crate::client::{Events, Work};
use crate::model::job::{Fault, FaultKind, Job};
use crate::model::request::{ExportWish, Format, MAX_PROMPT_BYTES, Request};
use crate::protocol::engine::BriefReadParams;
use crate::protocol::job::JobSubmitParams;
use crate::protocol::methods::{BriefRead, JobSubmit, TakeDelete};
use crate::protocol::take::TakeDeleteParams;

use super::{Place, brief};
use crate::cli::args::{Generate, GenerateOptions};
use crate::cli::engine::{self, Session};
use crate::cli::output::{Output, Style};
use crate::cli::progress::{self, Ending};
use crate::cli::report::{self, TakeLine};
use crate::cli::stop::Stop;
use crate::cli::target;

pub(super) fn run(place: &Place<'_>, words: Generate) -> Result<(), Stop> {
    let Generate { prompt, options } = words;
    let takes = options.takes.unwrap_or(1);
    let (destination, format) = destination(place, &options, takes)?;
    let request = Request {
        prompt: prompt_text(prompt.as_deref())?,
        presets: options.preset,
        backend: options.backend,
        duration: options.duration,
        bpm: options.bpm,
        key: options.key,
        metre: options.metre,
        seed: options.seed,
        lufs: options.lufs,
        export: ExportWish {
            format,
            bit_depth: options.bit_depth,
            sample_rate: options.sample_rate,
            stems: options.stems.then_some(true),
            midi: options.midi.then_some(true),
            path: None,
            overwrite: options.force,
        },
        params: options.param.into_iter().collect(),
    };
    engine::run(place.common, place.around, place.output, Work::Everything, async |session| {
        tell_brief(session, &request).await?;
        let mut events = session.client.subscribe();
        match destination {
            Destination::Library => {
                let jobs = submit(session, request, takes).await?;
                finish(session, &mut events, &jobs).await
            }
            Destination::File(path) => {
                let mut request = request;
                request.export.path = Some(path);
                let jobs = submit(session, request, takes).await?;
                finish(session, &mut events, &jobs).await
            }
            Destination::Stdout => to_stdout(session, &mut events, request).await,
        }
    })
}

/// Where takes go.
#[derive(Debug)]
enum Destination {
    /// The music folder.
    Library,
    /// This file; several takes get numbers before the extension.
    File(PathBuf),
    /// Out of the door as WAV.
    Stdout,
}

/// Works out where takes go and checks that they can, before anything is rendered.
fn destination(
    place: &Place<'_>,
    options: &GenerateOptions,
    takes: u32,
) -> Result<(Destination, Option<Format>), Stop> {
    let Some(path) = &options.output else {
        return Ok((Destination::Library, options.format));
    };
    if path.as_os_str() == "-" {
        let refuse = |message: &str, hint: &str| Err(Stop::usage(message, hint));
        if options.format.is_some_and(|format| format != Format::Wav) {
            return refuse("stdout takes WAV only", "leave --format out, or write to a file");
        }
        if takes > 1 {
            return refuse("stdout takes one take only", "leave --takes out, or write to a file");
        }
        if options.stems || options.midi {
            return refuse("stems and MIDI can't go to stdout", "write to a file with -o");
        }
        if place.common.json {
            return refuse("stdout can't carry both sound and JSON", "use one of -o - and --json");
        }
        if std::io::stdout().is_terminal() {
            return refuse(
                "sound on a terminal would be noise",
                "pipe it: timbre … -o - | player -",
            );
        }
        return Ok((Destination::Stdout, Some(Format::Wav)));
    }
    let path = place.around.absolute(path);
    if path.is_dir() {
        target::check_writable(&path, options.force)?;
    }
    let (path, format) = target::format_of(&path, options.format)?;
    for path in target::numbered(&path, takes) {
        target::check_writable(&path, options.force)?;
    }
    Ok((Destination::File(path), format))
}

/// The prompt as text. Stdin is read for `-` only, so that a pipe left open by a script can't hold us up.
pub(super) fn prompt_text(word: Option<&str>) -> Result<String, Stop> {
    match word {
        Some("-") => {
            let mut bytes = Vec::new();
            // One byte more than allowed is enough to know that it is too long.
            std::io::stdin()
                .lock()
                .take(MAX_PROMPT_BYTES as u64 + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| {
                    Fault::new(FaultKind::NotFound, format!("stdin can't be read: {error}"))
                        .with_hint("give the prompt as an argument")
                })?;
            if bytes.len() > MAX_PROMPT_BYTES {
                return Err(too_long());
            }
            String::from_utf8(bytes).map_err(|_| {
                Fault::new(FaultKind::NotFound, "the prompt on stdin is not UTF-8 text")
                    .with_hint("convert it, or give the prompt as an argument")
                    .into()
            })
        }
        Some(text) if text.len() > MAX_PROMPT_BYTES => Err(too_long()),
        Some(text) => Ok(text.to_owned()),
        None => Ok(String::new()),
    }
}

fn too_long() -> Stop {
    Stop::usage(
        format!("the prompt is longer than {} kB", MAX_PROMPT_BYTES / 1024),
        "a sentence or two is enough",
    )
}

/// Says what is understood before minutes are spent on it.
async fn tell_brief(session: &Session, request: &Request) -> Result<(), Stop> {
    let output = &session.output;
    let params = BriefReadParams { request: request.clone() };
    let read = session.client.call::<BriefRead>(params).await?;
    output.talk(&output.paint(Style::Strong, &report::chips(&read.brief)));
    if let Some(unused) = report::unused(&read.brief) {
        output.talk(&output.paint(Style::Dim, &unused));
    }
    brief::notes(output, &read.brief, &read.notes);
    Ok(())
}

async fn submit(session: &Session, request: Request, takes: u32) -> Result<Vec<Job>, Stop> {
    let params = JobSubmitParams { request, takes, ..JobSubmitParams::default() };
    let jobs = session.client.call::<JobSubmit>(params).await?.jobs;
    announce(&session.output, &jobs)?;
    Ok(jobs)
}

fn announce(output: &Output, jobs: &[Job]) -> Result<(), Stop> {
    if output.is_json() {
        return jobs.iter().try_for_each(|job| output.object(&report::JobLine::of(job)));
    }
    let (Some(first), Some(last)) = (jobs.first(), jobs.last()) else { return Ok(()) };
    if jobs.len() > 1 {
        let (first, last) = (first.request.seed, last.request.seed);
        output.talk(&format!("{} takes, seeds {first} to {last}", jobs.len()));
    }
    Ok(())
}

/// Watches the jobs, prints each take, and ends with the first fault there was.
async fn finish(session: &Session, events: &mut Events, jobs: &[Job]) -> Result<(), Stop> {
    let output = &session.output;
    let mut first_fault = None;
    progress::watch(session, events, jobs, |_, ending| match ending {
        Ending::Ready(take, seconds) => {
            output.talk(&report::facts(&take, Some(seconds)));
            if output.is_json() {
                output.object(&TakeLine::of(&take))
            } else {
                output.result(&take.path)
            }
        }
        Ending::Fault(fault) => {
            match &first_fault {
                None => first_fault = Some(fault),
                Some(_) => output.fault(&fault),
            }
            Ok(())
        }
    })
    .await?;
    first_fault.map_or(Ok(()), |fault| Err(Stop::Fault(fault)))
}

/// Renders into a file of our own, sends it out, and leaves nothing behind.
async fn to_stdout(
    session: &Session,
    events: &mut Events,
    mut request: Request,
) -> Result<(), Stop> {
    let output = &session.output;
    let folder = session.paths.state_dir.join("stdout");
    let unwritable = |error: std::io::Error| {
        Fault::new(FaultKind::Unwritable, format!("can't use {}: {error}", folder.display()))
            .with_hint("check its permissions and the free space")
    };
    std::fs::create_dir_all(&folder).map_err(unwritable)?;
    let path = folder.join(format!("{}.wav", std::process::id()));
    request.export.path = Some(path.clone());
    request.export.overwrite = true;
    let jobs = submit(session, request, 1).await?;
    let mut finished = None;
    let mut failed = None;
    progress::watch(session, events, &jobs, |_, ending| {
        match ending {
            Ending::Ready(take, seconds) => {
                output.talk(&report::facts(&take, Some(seconds)));
                finished = Some(take.id.clone());
            }
            Ending::Fault(fault) => failed = Some(fault),
        }
        Ok(())
    })
    .await?;
    if let Some(fault) = failed {
        return Err(fault.into());
    }
    let sent = send(output, &path);
    if let Some(id) = finished {
        session.client.call::<TakeDelete>(TakeDeleteParams { id, files: true }).await?;
    }
    sent
}

fn send(output: &Output, path: &Path) -> Result<(), Stop> {
    let lost = |error: std::io::Error| {
        Fault::new(FaultKind::Internal, format!("the rendered file can't be read: {error}"))
    };
    let mut file = File::open(path).map_err(lost)?;
    let mut block = vec![0; 64 * 1024];
    loop {
        let length = file.read(&mut block).map_err(lost)?;
        match block.get(..length) {
            None | Some([]) => return Ok(()),
            Some(bytes) => output.bytes(bytes)?,
        }
    }
}
