//! `render`: a graph and its score from a JSON file to a WAV file.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::client::Work;
use crate::config::Surroundings;
use crate::model::graph::GraphSpec;
use crate::model::job::{Fault, FaultKind};
use crate::model::request::Format;
use crate::protocol::methods::RenderOffline;
use crate::protocol::player::{RenderLength, RenderOfflineParams, RenderOfflineResponse};
use crate::protocol::transport::Schedule;
use crate::util::text;

use super::Place;
use crate::cli::args::Render;
use crate::cli::engine::{self, Session};
use crate::cli::report::Line;
use crate::cli::stop::Stop;
use crate::cli::target;

/// Largest file that is read as a graph; a million notes are about half of it.
const LARGEST_FILE: u64 = 128 << 20;

/// What is in the file.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    graph: GraphSpec,
    #[serde(default)]
    score: Option<Schedule>,
    #[serde(default)]
    seed: u64,
}

pub(super) fn run(place: &Place<'_>, words: &Render) -> Result<(), Stop> {
    let to_stdout = words.output.as_os_str() == "-";
    let path = if to_stdout {
        refuse_stdout(place.common.json)?;
        None
    } else {
        Some(destination(place.around, &words.output, words.force)?)
    };
    let piece = read(place.around, &words.graph)?;
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        let aside = if to_stdout { Some(Aside::new(&session.paths.state_dir)?) } else { None };
        let path = aside.as_ref().map(|aside| aside.0.clone()).or(path);
        let params = RenderOfflineParams {
            graph: piece.graph,
            score: piece.score,
            length: words.seconds.map_or(RenderLength::Tail, RenderLength::Seconds),
            sample_rate: words.rate,
            bit_depth: words.bit_depth,
            seed: piece.seed,
            path: Some(in_unicode(path.as_deref().unwrap_or(Path::new("")))?),
            overwrite: words.force || to_stdout,
        };
        let rendered = session.client.call::<RenderOffline>(params).await?;
        tell(session, &rendered);
        match aside {
            Some(aside) => send(session, &aside.0),
            None if session.output.is_json() => {
                session.output.object(&Line { r#type: "render", value: &rendered })
            }
            None => session.output.result(rendered.path.as_deref().unwrap_or_default()),
        }
    })
}

/// What came out, and what broke down on the way.
fn tell(session: &Session, rendered: &RenderOfflineResponse) {
    let output = &session.output;
    let peak = rendered.peak_db.map_or("silence".to_owned(), |db| format!("peak {db:.1} dBFS"));
    output.talk(&format!("{:.2} s · {} Hz · {peak}", rendered.seconds, rendered.sample_rate));
    for fault in &rendered.faults {
        let node = text::one_line(&fault.node);
        let times =
            if fault.times == 1 { "once".to_owned() } else { format!("{} times", fault.times) };
        output.warn(&format!("the node {node} broke down {times} and was muted for a moment"));
    }
}

fn refuse_stdout(json: bool) -> Result<(), Stop> {
    if json {
        let hint = "use one of -o - and --json";
        return Err(Stop::usage("stdout can't carry both sound and JSON", hint));
    }
    if std::io::stdout().is_terminal() {
        let hint = "pipe it: timbre render … -o - | player -";
        return Err(Stop::usage("sound on a terminal would be noise", hint));
    }
    Ok(())
}

/// The file that is about to be written, checked before anything is rendered.
fn destination(around: &Surroundings, output: &Path, force: bool) -> Result<PathBuf, Stop> {
    let path = around.absolute(output);
    if path.is_dir() {
        target::check_writable(&path, force)?;
    }
    let (path, format) = target::format_of(&path, None)?;
    if format != Some(Format::Wav) {
        return Err(Stop::usage(
            "a rendering is a WAV file",
            "end its name in .wav; other programs turn that into whatever is wanted",
        ));
    }
    target::check_writable(&path, force)?;
    Ok(path)
}

fn in_unicode(path: &Path) -> Result<String, Stop> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Stop::usage(
            "the path of the file is not UTF-8",
            "rename the file or its folder, then try again",
        )
    })
}

/// Reads the file, or stdin for `-`.
fn read(around: &Surroundings, graph: &Path) -> Result<Piece, Stop> {
    let (name, bytes) = if graph.as_os_str() == "-" {
        ("stdin".to_owned(), limited(std::io::stdin().lock()))
    } else {
        let path = around.absolute(graph);
        (graph.display().to_string(), File::open(path).and_then(limited_file))
    };
    let bytes = bytes.map_err(|error| {
        Fault::new(FaultKind::NotFound, format!("{name} can't be read: {error}"))
            .with_hint("name a JSON file with a graph; docs/cli.md has one to start from")
    })?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Stop::usage(
            format!("{name} is larger than {} MiB", LARGEST_FILE >> 20),
            "make the score shorter",
        ));
    }
    parse(&bytes).map_err(|problem| {
        Fault::new(FaultKind::Invalid, format!("{name} is no graph to render: {problem}"))
            .with_hint("docs/cli.md describes the form, and `timbre nodes TYPE` what a node takes")
            .into()
    })
}

fn limited_file(file: File) -> std::io::Result<Vec<u8>> {
    if file.metadata()?.is_dir() {
        return Err(std::io::Error::from(std::io::ErrorKind::IsADirectory));
    }
    limited(file)
}

/// One byte more than allowed is enough to know that it is too much.
fn limited(source: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A graph with a score, or a graph alone as `graph/get` gives it.
fn parse(bytes: &[u8]) -> Result<Piece, String> {
    // Which of the two it is is asked first, so that a mistake in it is told in the words of what was meant.
    #[derive(Deserialize)]
    struct Peek {
        nodes: Option<serde::de::IgnoredAny>,
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let peek = serde_json::from_slice::<Peek>(bytes).map_err(|error| error.to_string())?;
    if peek.nodes.is_some() {
        let graph = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        return Ok(Piece { graph, ..Piece::default() });
    }
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// A file beside the log that is gone when this is: where a rendering waits for its way to stdout.
struct Aside(PathBuf);

impl Aside {
    fn new(state_dir: &Path) -> Result<Self, Stop> {
        let folder = state_dir.join("stdout");
        std::fs::create_dir_all(&folder).map_err(|error| {
            Fault::new(FaultKind::Unwritable, format!("can't use {}: {error}", folder.display()))
                .with_hint("check its permissions and the free space")
        })?;
        Ok(Self(folder.join(format!("render-{}.wav", std::process::id()))))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Where nothing was rendered there is nothing to remove.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn send(session: &Session, path: &Path) -> Result<(), Stop> {
    let lost = |error: std::io::Error| {
        Fault::new(FaultKind::Internal, format!("the rendered file can't be read: {error}"))
    };
    let mut file = File::open(path).map_err(lost)?;
    let mut block = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut block).map_err(lost)?;
        match block.get(..read) {
            None | Some([]) => return Ok(()),
            Some(bytes) => session.output.bytes(bytes)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAPH: &str = r#"{"nodes":[{"id":"out","kind":"mix.bus"}]}"#;

    #[test]
    fn a_graph_may_stand_alone_or_with_its_score() {
        let alone = parse(GRAPH.as_bytes()).unwrap();
        let whole =
            parse(format!(r#"{{"graph":{GRAPH},"score":{{}},"seed":7}}"#).as_bytes()).unwrap();
        assert_eq!(alone.graph, whole.graph);
        assert_eq!((alone.score, whole.score, whole.seed), (None, Some(Schedule::default()), 7));
        assert!(parse(format!("\u{feff}{GRAPH}").as_bytes()).is_ok());
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (text, says) in [
            ("", "EOF"),
            ("[]", "invalid"),
            (r#"{"graph":{"nodes":[]},"scores":{}}"#, "scores"),
            (r#"{"nodes":[{"id":"out"}]}"#, "kind"),
            (r#"{"score":{}}"#, "graph"),
        ] {
            let problem = parse(text.as_bytes()).unwrap_err();
            assert!(problem.contains(says), "{text}: {problem}");
        }
    }
}
