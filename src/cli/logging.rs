//! The log: a file a day under the state folder, old ones removed; with `-v` on stderr too.
//!
//! Secrets stay out of it by their type (`util::secret`), terminal escapes by the formatter.

use std::path::PathBuf;

use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::{Config, Paths, Surroundings};

/// Why no log is kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum LogError {
    /// The folder can't be used.
    #[error("{} can't be made: {source}", folder.display())]
    Folder {
        /// The folder of the logs.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// No file can be written there.
    #[error("no file can be written to {}: {source}", folder.display())]
    File {
        /// The folder of the logs.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: tracing_appender::rolling::InitError,
    },
    /// `TIMBRE_LOG` is not a filter.
    #[error("TIMBRE_LOG is not a filter such as `debug` or `timbre::studio=trace`: {source}")]
    Filter {
        /// The cause.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// A log is kept already.
    #[error("a log is kept already")]
    Twice,
}

/// Starts the log of this process.
///
/// Errors: the reason why none is kept. The program works without one.
pub(super) fn start(
    config: &Config,
    paths: &Paths,
    around: &Surroundings,
    verbose: u8,
) -> Result<(), LogError> {
    let filter = |otherwise: &str| {
        EnvFilter::try_new(around.var("TIMBRE_LOG").unwrap_or(otherwise))
            .map_err(|source| LogError::Filter { source })
    };
    // Crates that we build on are only heard where something may be wrong.
    let ours = |level: &str| format!("warn,timbre={level}");
    let folder = paths.log_dir();
    // The appender would make it as well, but prints a complaint first.
    std::fs::create_dir_all(&folder)
        .map_err(|source| LogError::Folder { folder: folder.clone(), source })?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("timbre")
        .filename_suffix("log")
        .max_log_files(config.log_keep_days)
        .build(&folder)
        .map_err(|source| LogError::File { folder, source })?;
    let to_file = fmt::layer()
        .with_ansi(false)
        .with_writer(file)
        .with_filter(filter(&ours(config.log_level.word()))?);
    let to_screen = match verbose {
        0 => None,
        count => Some(
            fmt::layer()
                .with_ansi(false)
                .without_time()
                .with_writer(std::io::stderr)
                .with_filter(filter(&ours(if count == 1 { "info" } else { "debug" }))?),
        ),
    };
    tracing_subscriber::registry()
        .with(to_file)
        .with(to_screen)
        .try_init()
        .map_err(|_| LogError::Twice)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), pid = std::process::id(), "started");
    Ok(())
}
