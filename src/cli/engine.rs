//! Starts an engine for a command, or finds the one that is served, runs the command against its client, and ends what was
//! started properly.
//!
//! With [`super::daemon`] this is where the command line may name the server (tests/layers.rs); all else holds a client.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use crate::client::{Client, Options, PresetSource, Shutdown, Work};
use crate::config::document::ConfigError;
use crate::config::raw::RawConfig;
use crate::config::{Layered, Paths, Surroundings, load, preset};
use crate::model::job::{Fault, FaultKind};
use crate::protocol::engine::{ConfigEntry, EngineStatusParams};
use crate::protocol::methods::EngineStatus;

use super::args::Common;
use super::logging;
use super::output::Output;
use super::stop::Stop;

/// How long an engine may take to end after an interruption. Cancelling takes effect in under a second, so more
/// means that something hangs, and waiting on would not help.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a command works with.
pub(super) struct Session {
    /// The engine.
    pub(super) client: Client,
    /// Where to print.
    pub(super) output: Output,
    /// Where files lie.
    pub(super) paths: Paths,
    /// Presets of the user's that could not be read.
    pub(super) broken_presets: Vec<ConfigError>,
}

/// Starts an engine in this process, runs `command` with it, and ends it: politely when the command is done, by
/// cancelling what was submitted when it failed or was interrupted. A second interruption ends the process at once.
pub(super) fn run<T>(
    common: &Common,
    around: &Surroundings,
    output: &Output,
    work: Work,
    command: impl AsyncFnOnce(&Session) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let ready = Ready::new(common, around, output)?;
    let result = ready.runtime.block_on(async {
        let interruption = interruption();
        let session = ready.start(work, false).await?;
        let result = tokio::select! {
            result = told(&session, command) => result,
            () = interruption => Err(Stop::Interrupted),
        };
        let how = if result.is_ok() { Shutdown::Requeue } else { Shutdown::Cancel };
        end(&session.client, how).await;
        result
    });
    ready.leave();
    result
}

/// Runs `command` with the engine of `timbre serve`, where that answers and works on the same library, else with one in
/// this process that is started for it and ended with it. One that is served goes on afterwards, whatever happens; in one of
/// our own, what still runs goes back into the queue.
pub(super) fn attach_or_start<T>(
    common: &Common,
    around: &Surroundings,
    output: &Output,
    work: Work,
    command: impl AsyncFnOnce(&Session) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let ready = Ready::new(common, around, output)?;
    let result = ready.runtime.block_on(async {
        let interruption = interruption();
        let served = if common.no_daemon { None } else { ready.attach().await };
        let session = match served {
            Some(client) => ready.session(client, Vec::new()),
            None => ready.start(work, true).await?,
        };
        let result = tokio::select! {
            result = told(&session, command) => result,
            () = interruption => Err(Stop::Interrupted),
        };
        end(&session.client, Shutdown::Requeue).await;
        result
    });
    ready.leave();
    result
}

/// Ends an engine, or the connection to one, and does not wait for ever.
pub(super) async fn end(client: &Client, how: Shutdown) {
    tokio::select! {
        () = client.shutdown(how) => {}
        () = tokio::time::sleep(PATIENCE) => {
            tracing::error!("the engine did not end in {PATIENCE:?}");
        }
        () = interruption() => {}
    }
}

/// A process that is ready to start an engine: configuration, folders, log and threads.
pub(super) struct Ready {
    layered: Layered,
    pub(super) paths: Paths,
    pub(super) output: Output,
    pub(super) runtime: tokio::runtime::Runtime,
}

impl Ready {
    /// Reads the configuration and starts the log and the threads.
    pub(super) fn new(
        common: &Common,
        around: &Surroundings,
        output: &Output,
    ) -> Result<Self, Stop> {
        let paths = Paths::new(around);
        let layered = load(around, &paths, RawConfig::default())?;
        let paths = paths.with_music_dir(layered.config.music_dir.as_deref());
        let output = output.clone().with_config(layered.config.color, common, around);
        if let Err(error) = logging::start(&layered.config, &paths, around, common.verbose) {
            output.warn(&format!("no log is kept: {error}"));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Fault::new(FaultKind::Internal, format!("no threads: {error}")))?;
        Ok(Self { layered, paths, output, runtime })
    }

    /// Starts an engine in this process; `gives_way` where somebody looks at a screen or listens meanwhile.
    pub(super) async fn start(&self, work: Work, gives_way: bool) -> Result<Session, Fault> {
        let collection = preset::collect(&self.paths.presets_dir());
        let presets = collection
            .presets
            .into_iter()
            .map(|(name, found)| {
                (name, PresetSource { preset: found.preset, origin: found.origin })
            })
            .collect();
        let mut options = options(&self.layered, &self.paths, presets, work);
        options.gives_way = gives_way;
        let client = Client::start(options).await?;
        Ok(self.session(client, collection.broken))
    }

    fn session(&self, client: Client, broken_presets: Vec<ConfigError>) -> Session {
        let (output, paths) = (self.output.clone(), self.paths.clone());
        Session { client, output, paths, broken_presets }
    }

    /// A client of the engine that is served, if it answers and works on our library.
    async fn attach(&self) -> Option<Client> {
        let socket = self.paths.socket_file();
        if !socket.exists() {
            return None;
        }
        let own = self.paths.database_file();
        let client = match Client::connect(&socket).await {
            Ok(client) => client,
            // An old version is something to know; a socket that nobody answers at is only a left-over.
            Err(fault) => {
                match fault.kind {
                    FaultKind::Conflict => {
                        self.output.warn(&format!("{fault} ({})", fault.hint));
                    }
                    _ => tracing::info!("{fault}"),
                }
                return None;
            }
        };
        let status = client.call::<EngineStatus>(EngineStatusParams {}).await.ok()?;
        if own != std::path::Path::new(&status.database) {
            tracing::info!("the engine at {} works on {}", socket.display(), status.database);
            client.shutdown(Shutdown::Finish).await;
            return None;
        }
        Some(client)
    }

    /// Leaves threads that still render after a second interruption behind; the process ends anyway.
    pub(super) fn leave(self) {
        self.runtime.shutdown_background();
    }
}

/// Speaks the JSON protocol over stdin and stdout until stdin ends or the process is told to stop.
pub(super) fn serve_stdio(
    common: &Common,
    around: &Surroundings,
    output: &Output,
) -> Result<(), Stop> {
    run(common, around, output, Work::Everything, async |session| {
        crate::server::stdio::serve(&session.client).await.map_err(Stop::from)
    })
}

/// Tells what the user should know of the library, then runs the command.
pub(super) async fn told<T>(
    session: &Session,
    command: impl AsyncFnOnce(&Session) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let status = session.client.call::<EngineStatus>(EngineStatusParams {}).await?;
    for notice in &status.notices {
        session.output.warn(notice);
    }
    for error in &session.broken_presets {
        session.output.warn(&format!("{error} ({})", error.hint()));
    }
    command(session).await
}

fn options(
    layered: &Layered,
    paths: &Paths,
    presets: BTreeMap<String, PresetSource>,
    work: Work,
) -> Options {
    let config = &layered.config;
    let mut options = Options::new(&paths.data_dir, &paths.state_dir, &paths.music_dir);
    options.default_backend = config.backend.clone();
    options.jobs_at_once = u32::try_from(config.jobs).unwrap_or(1);
    if config.threads > 0 {
        options.threads = config.threads;
    }
    options.export = config.export.clone();
    options.lufs = Some(config.lufs);
    options.audio = config.audio.clone();
    options.presets = presets;
    options.config = layered
        .settings
        .iter()
        .map(|setting| ConfigEntry {
            key: setting.key.clone(),
            value: setting.value.clone(),
            origin: setting.origin.to_string(),
        })
        .collect();
    options.work = work;
    options
}

/// Completes when the process is told to stop: SIGINT or SIGTERM, on other systems Ctrl-C. The handlers are set up
/// when this is called, not when it is first polled, so that no signal falls between.
#[cfg(unix)]
pub(super) fn interruption() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    // SIGHUP is left alone: whoever used nohup ignores it, and who did not finds the job in the queue afterwards.
    let handlers = [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok());
    async move {
        let [mut interrupt, mut terminate] = handlers;
        tokio::select! {
            Some(()) = next(interrupt.as_mut()) => {}
            Some(()) = next(terminate.as_mut()) => {}
            else => std::future::pending::<()>().await,
        }
    }
}

#[cfg(unix)]
async fn next(signal: Option<&mut tokio::signal::unix::Signal>) -> Option<()> {
    match signal {
        Some(signal) => signal.recv().await,
        None => None,
    }
}

#[cfg(not(unix))]
pub(super) fn interruption() -> impl Future<Output = ()> {
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
