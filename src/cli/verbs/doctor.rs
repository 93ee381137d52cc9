//! `doctor`: checks that everything Timbre needs is there and works, and says what to do where it does not.

pub(super) mod audio;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::client::Work;
use crate::config::document::ConfigError;
use crate::config::raw::RawConfig;
use crate::config::{Paths, load};
use crate::protocol::engine::{BackendListParams, EngineStatusParams};
use crate::protocol::methods::{BackendList, EngineStatus};

use super::Place;
use crate::cli::output::{Output, Style};
use crate::cli::stop::Stop;
use crate::cli::{engine, target};

/// The outcome of a check.
#[derive(Debug, Serialize)]
struct Check {
    r#type: &'static str,
    name: &'static str,
    state: State,
    detail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    hint: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Warning,
    Failed,
}

impl Check {
    fn new(name: &'static str, state: State, detail: impl Into<String>) -> Self {
        Self { r#type: "check", name, state, detail: detail.into(), hint: String::new() }
    }

    fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    fn mistake(name: &'static str, state: State, error: &ConfigError) -> Self {
        Self::new(name, state, error.to_string()).with_hint(error.hint())
    }
}

pub(super) fn run(place: &Place<'_>) -> Result<(), Stop> {
    let version = format!("Timbre {}", env!("CARGO_PKG_VERSION"));
    let mut checks = vec![Check::new("version", State::Ok, version)];
    let paths = Paths::new(place.around);
    match load(place.around, &paths, RawConfig::default()) {
        Ok(layered) => {
            let files = layered.files.iter().map(|file| file.display().to_string());
            let files = files.collect::<Vec<_>>().join(", ");
            let detail = match files.as_str() {
                "" => format!("defaults; your file would be {}", paths.config_file().display()),
                files => files.to_owned(),
            };
            checks.push(Check::new("configuration", State::Ok, detail));
            let paths = paths.with_music_dir(layered.config.music_dir.as_deref());
            checks.push(folder("takes", &paths.takes_dir()));
            checks.push(folder("library", &paths.data_dir));
            checks.push(folder("logs", &paths.log_dir()));
            match asked_engine(place) {
                Ok(found) => checks.extend(found),
                Err(Stop::Fault(fault)) => checks
                    .push(Check::new("engine", State::Failed, fault.message).with_hint(fault.hint)),
                Err(other) => return Err(other),
            }
        }
        Err(error) => checks.push(Check::mistake("configuration", State::Failed, &error)),
    }
    print(place.output, &checks)?;
    let failed = checks.iter().any(|check| check.state == State::Failed);
    if failed { Err(Stop::Told(1)) } else { Ok(()) }
}

fn print(output: &Output, checks: &[Check]) -> Result<(), Stop> {
    if output.is_json() {
        return checks.iter().try_for_each(|check| output.object(check));
    }
    for check in checks {
        let (style, word) = match check.state {
            State::Ok => (Style::Good, "ok     "),
            State::Warning => (Style::Hint, "warning"),
            State::Failed => (Style::Bad, "failed "),
        };
        let word = output.paint_out(style, word);
        let (name, detail) = (check.name, output.paint_out(Style::Strong, &check.detail));
        output.document(&format!("{word}  {name}: {detail}\n"))?;
        if !check.hint.is_empty() {
            output.result(&format!("         hint: {}", check.hint))?;
        }
    }
    Ok(())
}

/// What the engine says of itself.
fn asked_engine(place: &Place<'_>) -> Result<Vec<Check>, Stop> {
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        let mut checks = Vec::new();
        let status = session.client.call::<EngineStatus>(EngineStatusParams {}).await?;
        checks.push(Check::new("target", State::Ok, status.target));
        checks.push(Check::new(
            "database",
            State::Ok,
            format!(
                "{} (schema {}, {} takes, {} jobs waiting, {} running, {} failed)",
                status.database,
                status.schema,
                status.takes,
                status.queued,
                status.running,
                status.failed
            ),
        ));
        for notice in status.notices {
            checks.push(Check::new("notice", State::Warning, notice));
        }
        for error in &session.broken_presets {
            checks.push(Check::mistake("preset", State::Warning, error));
        }
        let listed = session.client.call::<BackendList>(BackendListParams {}).await?;
        if !listed.backends.iter().any(|backend| backend.id == listed.default) {
            let detail = format!("the default backend '{}' does not exist", listed.default);
            let hint = "correct generate.backend in the configuration";
            checks.push(Check::new("backend", State::Failed, detail).with_hint(hint));
        }
        for backend in listed.backends {
            let is_default = backend.id == listed.default;
            let state = match (backend.available, is_default) {
                (true, _) => State::Ok,
                (false, true) => State::Failed,
                (false, false) => State::Warning,
            };
            let detail = format!("{} {}", backend.id, backend.version);
            checks.push(Check::new("backend", state, detail).with_hint(backend.reason));
        }
        Ok(checks)
    })
}

/// Whether a folder, or the nearest one above it that is there, can be written to.
fn folder(name: &'static str, folder: &Path) -> Check {
    let there = folder.ancestors().find(|folder| folder.exists()).map(PathBuf::from);
    let probe = there.unwrap_or_default().join(".timbre-doctor.probe");
    match target::check_writable(&probe, true) {
        Ok(()) => Check::new(name, State::Ok, folder.display().to_string()),
        Err(Stop::Fault(fault)) => {
            Check::new(name, State::Failed, fault.message).with_hint(fault.hint)
        }
        Err(_) => Check::new(name, State::Failed, format!("{} can't be used", folder.display())),
    }
}
