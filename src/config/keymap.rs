//! Key bindings as they are typed: a TOML table of lines for each place, with the line of the file where each stands.
//!
//! It knows files. What a key is, what an action is and which places there are is known where keys are pressed.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::document::{self, ConfigError};
use super::shipped;

/// Name of the defaults in messages.
pub const DEFAULT_NAME: &str = "presets/keymap.toml";

/// One binding, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The place, such as `composer`.
    pub context: String,
    /// The key, such as `ctrl-p`.
    pub key: String,
    /// What it does, such as `seek +1bar`; `unset` for nothing.
    pub action: String,
    /// Line of the file, from 1.
    pub line: usize,
}

/// A mistake in a keymap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct KeymapError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl KeymapError {
    /// What to do next.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

/// The bindings that ship with Timbre. A debug build reads them from the source tree where it is there, so that they can be
/// tried without a build.
pub fn default_text() -> String {
    shipped::text(DEFAULT_NAME, include_str!("../../presets/keymap.toml"))
}

/// The user's own bindings; `None` where there is no such file.
///
/// Errors: [`ConfigError::Unreadable`].
pub fn user_text(file: &Path) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Unreadable { path: file.to_owned(), source }),
    }
}

/// Reads bindings in the order of the file. Mistakes do not keep the other lines from being read.
pub fn read(file: &str, text: &str) -> (Vec<Entry>, Vec<KeymapError>) {
    let mistake = |at: usize, message: String, hint: &str| KeymapError {
        file: file.to_owned(),
        line: document::line_of(text, at),
        message,
        hint: hint.to_owned(),
    };
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let (message, hint) = document::explain(error.message());
            return (Vec::new(), vec![mistake(at, message, &hint)]);
        }
    };
    let (mut entries, mut mistakes) = (Vec::new(), Vec::new());
    for (context, bindings) in table.get_ref() {
        let DeValue::Table(bindings) = bindings.get_ref() else {
            mistakes.push(mistake(
                context.span().start,
                format!("'{}' stands outside of every place", context.get_ref()),
                "put a line such as [global] above it",
            ));
            continue;
        };
        for (key, action) in bindings {
            match action.get_ref() {
                DeValue::String(action) => entries.push(Entry {
                    context: context.get_ref().to_string(),
                    key: key.get_ref().to_string(),
                    action: action.to_string(),
                    line: document::line_of(text, key.span().start),
                }),
                _ => mistakes.push(mistake(
                    key.span().start,
                    format!("'{}' wants an action in quotes", key.get_ref()),
                    "write it as in \"ctrl-p\" = \"palette\"; \"unset\" takes a binding away",
                )),
            }
        }
    }
    entries.sort_by_key(|entry| entry.line);
    mistakes.sort_by_key(|mistake| mistake.line);
    (entries, mistakes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_come_in_order_with_their_lines() {
        let (entries, mistakes) =
            read("k.toml", "[view]\n\"z\" = \"zoom in\"\n\n[global]\n\"f1\" = \"help\"\n");
        assert!(mistakes.is_empty());
        let told = entries.iter().map(|e| (e.context.as_str(), e.key.as_str(), e.line));
        assert_eq!(told.collect::<Vec<_>>(), [("view", "z", 2), ("global", "f1", 5)]);
    }

    #[test]
    fn mistakes_name_their_line_and_the_rest_is_read() {
        let (entries, mistakes) =
            read("k.toml", "loose = \"help\"\n[global]\n\"f1\" = 3\n\"f2\" = \"palette\"\n");
        assert_eq!(entries.len(), 1);
        let told = mistakes.iter().map(|m| (m.line, m.to_string())).collect::<Vec<_>>();
        assert_eq!(told[0].0, 1);
        assert_eq!(told[1].1, "k.toml:3: 'f1' wants an action in quotes");
        let (_, broken) = read("k.toml", "[global]\n\"f1\" =\n");
        assert_eq!(broken[0].line, 2);
        let (_, twice) = read("k.toml", "[global]\n\"f1\" = \"help\"\n\"f1\" = \"keys\"\n");
        assert_eq!(twice[0].line, 3, "{twice:?}");
    }
}
