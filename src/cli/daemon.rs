//! `timbre serve`: keeps an engine on a socket, in the foreground or the background, asks how it is, and ends it.
//!
//! A daemon is an ordinary process of `timbre serve`; `--detach` starts one in a session of its own, with its output in a
//! file beside the logs, and waits until it answers.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde::Serialize;

use crate::client::{Client, Shutdown, Work};
use crate::config::{Paths, Surroundings};
use crate::model::job::{Fault, FaultKind};
use crate::protocol::engine::EngineStatusParams;
use crate::protocol::methods::{EngineShutdown, EngineStatus};
use crate::protocol::transcript::EngineShutdownParams;
use crate::server::socket;
use crate::util::text;

use super::args::Common;
use super::engine::{Ready, end, interruption, told};
use super::output::Output;
use super::report::Line;
use super::stop::Stop;

/// How long a daemon may take to answer after it was started, or to go after it was asked to.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// Exit code of `--status` where no engine is served.
const NOT_SERVED: u8 = 3;
/// Most of a failed daemon's output that is looked at, in bytes.
const MOST_OUTPUT: usize = 8 << 10;

/// Serves until the process is told to stop, or a client ends the engine. What runs then goes back into the queue.
pub(super) fn serve(
    common: &Common,
    around: &Surroundings,
    output: &Output,
    apart: bool,
) -> Result<(), Stop> {
    if apart {
        leave_terminal();
    }
    let ready = Ready::new(common, around, output)?;
    let result = ready.runtime.block_on(async {
        let interruption = interruption();
        // The door before the engine: where another one is open, nothing of ours may touch the queue.
        let path = ready.paths.socket_file();
        let door = socket::Door::open(&path)?;
        let session = ready.start(Work::Everything, true).await?;
        told(&session, async |session| {
            session
                .output
                .talk("an engine is served here; timbre serve --stop, or Ctrl-C, ends it");
            show(&session.output, &path, &Served::new(&path, true))
        })
        .await?;
        tracing::info!("served at {}", path.display());
        let serving = door.serve(&session.client);
        tokio::pin!(serving);
        tokio::select! {
            served = &mut serving => served?,
            () = interruption => {
                end(&session.client, Shutdown::Requeue).await;
                // Whoever is connected hears that it ends.
                if let Ok(served) = tokio::time::timeout(PATIENCE, serving).await {
                    served?;
                }
            }
        }
        tracing::info!("no longer served");
        Ok(())
    });
    ready.leave();
    result
}

/// Starts a daemon and returns when it answers; where there is one already, that is as good.
pub(super) fn detach(common: &Common, around: &Surroundings, output: &Output) -> Result<(), Stop> {
    let paths = Paths::new(around);
    let path = paths.socket_file();
    waiting(async {
        if Client::connect(&path).await.is_ok() {
            output.talk("an engine is served already");
            return show(output, &path, &Served::new(&path, true));
        }
        let log = paths.log_dir().join("serve.log");
        let mut child = spawn(common, &log)?;
        let began = tokio::time::Instant::now();
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        while began.elapsed() < PATIENCE {
            ticks.tick().await;
            if path.exists() && Client::connect(&path).await.is_ok() {
                return show(output, &path, &Served::new(&path, true));
            }
            let ended = child.try_wait().map_err(|error| not_started(&error))?;
            if let Some(status) = ended {
                return Err(why(&log, status.code()).into());
            }
        }
        Err(Fault::new(FaultKind::Unavailable, "the engine was started and does not answer")
            .with_hint(format!("{} may tell why; timbre serve --stop ends it", log.display()))
            .into())
    })
}

/// Ends the daemon and waits until it is gone. Where there is none, that is what was wanted.
pub(super) fn stop(around: &Surroundings, output: &Output) -> Result<(), Stop> {
    let path = Paths::new(around).socket_file();
    waiting(async {
        let Some(client) = reach(&path).await? else {
            output.talk("no engine is served");
            return show(output, &path, &Served::new(&path, false));
        };
        client.call::<EngineShutdown>(EngineShutdownParams {}).await?;
        let gone = async {
            client.wait_closed().await;
            // The place is free when the process has let go of it, a moment after its last word.
            let mut ticks = tokio::time::interval(LOOK_EVERY);
            while socket::holder(&path).is_some() {
                ticks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.map_err(|_| hung(&path))?;
        output.talk("the engine has ended");
        show(output, &path, &Served::new(&path, false))
    })
}

/// Tells whether there is a daemon and how it is.
pub(super) fn status(around: &Surroundings, output: &Output) -> Result<(), Stop> {
    let path = Paths::new(around).socket_file();
    waiting(async {
        let Some(client) = reach(&path).await? else {
            output.talk("no engine is served; timbre serve --detach starts one");
            show(output, &path, &Served::new(&path, false))?;
            return Err(Stop::Told(NOT_SERVED));
        };
        let status = client.call::<EngineStatus>(EngineStatusParams {}).await?;
        let mut served = Served::new(&path, true);
        let jobs = format!("{} running, {} waiting", status.running, status.queued);
        output.talk(&format!(
            "process {} · Timbre {} · jobs: {jobs} · {}",
            served.process.map_or_else(|| "unknown".to_owned(), |id| id.to_string()),
            status.version,
            text::one_line(&status.database)
        ));
        served.version = Some(status.version);
        (served.running, served.queued) = (Some(status.running), Some(status.queued));
        show(output, &path, &served)
    })
}

/// What is told of a daemon with `--json`.
#[derive(Serialize)]
struct Served {
    /// Whether an engine is served.
    served: bool,
    /// Path of the socket.
    socket: String,
    /// Number of its process, where known.
    process: Option<u32>,
    /// Its version, where it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Jobs that are being rendered.
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<u64>,
    /// Jobs that wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    queued: Option<u64>,
}

impl Served {
    fn new(path: &Path, served: bool) -> Self {
        let process = if served { socket::holder(path).filter(|id| *id > 0) } else { None };
        let socket = path.to_string_lossy().into_owned();
        Self { served, socket, process, version: None, running: None, queued: None }
    }
}

/// An object, or the path where there is something at it.
fn show(output: &Output, path: &Path, served: &Served) -> Result<(), Stop> {
    if output.is_json() {
        return output.object(&Line { r#type: "daemon", value: served });
    }
    if served.served { output.result(&path.to_string_lossy()) } else { Ok(()) }
}

/// A client of the daemon of any version; none where there is no daemon.
/// Errors: `Unavailable` where one is there and does not answer.
async fn reach(path: &Path) -> Result<Option<Client>, Fault> {
    match Client::connect_to_any(path).await {
        Ok((client, _)) => Ok(Some(client)),
        Err(_) if socket::holder(path).is_some() => Err(hung(path)),
        Err(_) => Ok(None),
    }
}

fn hung(path: &Path) -> Fault {
    let hint = match socket::holder(path) {
        Some(id) if id > 0 => format!("end the process: kill {id}; jobs go on in the next one"),
        _ => "end its process; jobs go on in the next one".to_owned(),
    };
    Fault::new(FaultKind::Unavailable, format!("the engine at {} does not answer", path.display()))
        .with_hint(hint)
}

/// Waits for something small on this thread, until it is interrupted.
fn waiting<T>(wait: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Fault::new(FaultKind::Internal, format!("no threads: {error}")))?;
    runtime.block_on(async {
        tokio::select! {
            result = wait => result,
            () = interruption() => Err(Stop::Interrupted),
        }
    })
}

/// Starts this very program again as a daemon whose output goes to a file.
fn spawn(common: &Common, log: &Path) -> Result<Child, Fault> {
    let unwritable = |error: std::io::Error| {
        Fault::new(FaultKind::Unwritable, format!("can't write {}: {error}", log.display()))
            .with_hint("check its permissions and the free space")
    };
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let file = File::create(log).map_err(unwritable)?;
    let program = std::env::current_exe().map_err(|error| not_started(&error))?;
    let mut command = Command::new(program);
    command.args(["serve", "--apart", "--color", "never"]);
    command.args(std::iter::repeat_n("--verbose", usize::from(common.verbose)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
    command.spawn().map_err(|error| not_started(&error))
}

fn not_started(error: &std::io::Error) -> Fault {
    Fault::new(FaultKind::Internal, format!("the engine could not be started: {error}"))
        .with_hint("timbre serve starts it in the foreground")
}

/// What a daemon that ended at once has said.
fn why(log: &Path, code: Option<i32>) -> Fault {
    let said = std::fs::read(log).unwrap_or_default();
    let said = said.get(said.len().saturating_sub(MOST_OUTPUT)..).unwrap_or_default();
    let said = String::from_utf8_lossy(said);
    let line = |start: &str| {
        said.lines()
            .rev()
            .find_map(|line| line.strip_prefix(start))
            .map(|rest| rest.trim().to_owned())
    };
    let kind = match code {
        Some(2) => FaultKind::Invalid,
        Some(3) => FaultKind::Unavailable,
        Some(4) => FaultKind::NotFound,
        Some(5) => FaultKind::Unwritable,
        _ => FaultKind::Conflict,
    };
    let message = line("error:").unwrap_or_else(|| "it said nothing".to_owned());
    Fault::new(kind, format!("the engine could not be served: {message}"))
        .with_hint(line("hint:").unwrap_or_else(|| format!("see {}", log.display())))
}

/// Makes this process the leader of a session of its own, so that the end of a terminal is not its end.
#[cfg(unix)]
fn leave_terminal() {
    // Fails only where it is a leader already.
    let _ = rustix::process::setsid();
}

#[cfg(not(unix))]
fn leave_terminal() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_of_a_daemon_become_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("serve.log");
        std::fs::write(&log, "warning: x\nerror: the place is taken\nhint: leave\n").unwrap();
        let fault = why(&log, Some(5));
        assert_eq!((fault.kind, fault.hint.as_str()), (FaultKind::Unwritable, "leave"));
        assert!(fault.message.ends_with("the place is taken"), "{}", fault.message);
        assert!(why(&folder.path().join("none"), None).hint.contains("none"));
    }
}
