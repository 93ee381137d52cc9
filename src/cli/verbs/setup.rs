//! `config`, `presets`, `backends`: what can be set, and what is there.

use serde_json::Value;

use crate::client::Work;
use crate::config::layers::DEFAULT_TOML;
use crate::config::raw::RawConfig;
use crate::config::{Paths, Setting, load};
use crate::protocol::engine::BackendListParams;
use crate::protocol::library::{PresetGetParams, PresetListParams};
use crate::protocol::methods::{BackendList, PresetGet, PresetList};

use super::Place;
use crate::cli::args::{ConfigAction, Presets};
use crate::cli::engine;
use crate::cli::output::Style;
use crate::cli::report::{self, Line};
use crate::cli::stop::Stop;

/// Starts no engine: a configuration can be looked at while everything else is broken.
pub(super) fn config(place: &Place<'_>, action: &ConfigAction) -> Result<(), Stop> {
    let paths = Paths::new(place.around);
    match action {
        ConfigAction::Path => place.output.result(&paths.config_file().display().to_string()),
        ConfigAction::Default | ConfigAction::Show { defaults: true, .. } => {
            place.output.document(DEFAULT_TOML)
        }
        ConfigAction::Show { origin, .. } => {
            let layered = load(place.around, &paths, RawConfig::default())?;
            if place.output.is_json() {
                return layered
                    .settings
                    .iter()
                    .try_for_each(|value| place.output.object(&Line { r#type: "setting", value }));
            }
            let rows = layered.settings.iter().map(|setting| row(setting, *origin));
            let rows = rows.collect::<Vec<_>>();
            report::columns(&rows).iter().try_for_each(|line| place.output.result(line))
        }
    }
}

fn row(setting: &Setting, origin: bool) -> Vec<String> {
    let mut row = vec![format!("{} = {}", setting.key, toml_value(&setting.value))];
    if origin {
        row.push(format!("# {}", setting.origin));
    }
    row
}

/// A value as it would stand in a config file. JSON and TOML write the kinds that occur here alike.
fn toml_value(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(toml_value).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

pub(super) fn presets(place: &Place<'_>, words: Presets) -> Result<(), Stop> {
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        let output = &session.output;
        let Some(name) = words.name else {
            let listed = session.client.call::<PresetList>(PresetListParams::default()).await?;
            if output.is_json() {
                return listed
                    .presets
                    .iter()
                    .try_for_each(|value| output.object(&Line { r#type: "preset", value }));
            }
            let rows = listed
                .presets
                .into_iter()
                .map(|entry| vec![entry.name, entry.kind.word().to_owned(), entry.doc]);
            let rows = rows.collect::<Vec<_>>();
            return report::columns(&rows).iter().try_for_each(|line| output.result(line));
        };
        let found = session.client.call::<PresetGet>(PresetGetParams { name }).await?;
        if output.is_json() {
            return output.object(&Line { r#type: "preset", value: &found });
        }
        output.talk(&output.paint(Style::Dim, &format!("# {}", found.origin)));
        let text = toml::to_string_pretty(&found.preset).map_err(|error| {
            Stop::usage(
                format!("the preset can't be shown as TOML: {error}"),
                "use --json to see it",
            )
        })?;
        output.document(&crate::util::text::clean(&text))
    })
}

pub(super) fn backends(place: &Place<'_>) -> Result<(), Stop> {
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        let output = &session.output;
        let listed = session.client.call::<BackendList>(BackendListParams::default()).await?;
        for backend in &listed.backends {
            if output.is_json() {
                output.object(&Line { r#type: "backend", value: backend })?;
                continue;
            }
            let mut marks = vec![format!("version {}", backend.version), backend.licence.clone()];
            if backend.id == listed.default {
                marks.push("default".to_owned());
            }
            output.result(&format!("{}  {} ({})", backend.id, backend.name, marks.join(", ")))?;
            output.result(&format!("    {}", backend.doc))?;
            if !backend.available {
                output.result(&format!("    not available: {}", backend.reason))?;
            }
            if !backend.genres.is_empty() {
                output.result(&format!("    genres: {}", backend.genres.join(", ")))?;
            }
            for param in &backend.params {
                output.result(&format!(
                    "    --param {}=… ({} to {}, {} unless given): {}",
                    param.id, param.min, param.max, param.default, param.doc
                ))?;
            }
        }
        Ok(())
    })
}
