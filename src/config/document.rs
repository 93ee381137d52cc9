//! Reads TOML text into typed values, with errors that name the file, the line and the nearest known key.
//!
//! Config files and presets both come through here, so they fail in the same words.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use crate::model::job::{Fault, FaultKind};
use crate::util::text;

/// Why configuration or a preset could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file has a mistake in it.
    #[error("{source_name}:{line}: {message}")]
    Mistake {
        /// Path of the file, or what else the text came from.
        source_name: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong, in plain words.
        message: String,
        /// What to do.
        hint: String,
    },
    /// An environment variable has a mistake in it.
    #[error("the variable {name}: {message}")]
    Variable {
        /// Its name.
        name: String,
        /// What is wrong, in plain words.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A file is there and can't be read.
    #[error("could not read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The layers could not be put together.
    #[error("could not put the configuration together: {message}")]
    Merge {
        /// What happened.
        message: String,
    },
    /// A key has no value in any layer.
    #[error("the configuration has no value for {key}")]
    Incomplete {
        /// The key.
        key: &'static str,
    },
    /// No home folder is known.
    #[error("no home folder is known")]
    Homeless,
}

impl ConfigError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Mistake { hint, .. } | Self::Variable { hint, .. } => hint.clone(),
            Self::Unreadable { .. } => "check its permissions, or move it away".to_owned(),
            Self::Merge { .. } | Self::Incomplete { .. } => {
                "`timbre config default` prints a complete file".to_owned()
            }
            Self::Homeless => "set HOME, or set TIMBRE_HOME to a folder of your choice".to_owned(),
        }
    }
}

impl From<&ConfigError> for Fault {
    /// A broken configuration is the user's to change: exit code 2.
    fn from(error: &ConfigError) -> Self {
        Self::new(FaultKind::Invalid, error.to_string()).with_hint(error.hint())
    }
}

/// Reads a text as a `T`.
///
/// Errors: [`ConfigError::Mistake`] with the line of the first mistake.
pub fn read<T: DeserializeOwned>(source_name: &str, content: &str) -> Result<T, ConfigError> {
    toml::from_str(content).map_err(|error| {
        let (message, hint) = explain(error.message());
        ConfigError::Mistake {
            source_name: source_name.to_owned(),
            line: line_of(content, error.span().map_or(0, |span| span.start)),
            message,
            hint,
        }
    })
}

/// Puts serde's words into ours: what is wrong, and what to do.
pub fn explain(message: &str) -> (String, String) {
    let quoted = message.split('`').skip(1).step_by(2).collect::<Vec<_>>();
    let unknown = |what: &str| {
        let (word, known) = quoted.split_first()?;
        let hint = match text::nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean '{near}'? known here: {}", known.join(", ")),
            None if known.is_empty() => "remove it".to_owned(),
            None => format!("known here: {}", known.join(", ")),
        };
        Some((format!("unknown {what} '{}'", text::one_line(word)), hint))
    };
    let explained = if message.starts_with("unknown field") {
        unknown("key")
    } else if message.starts_with("unknown variant") {
        unknown("value")
    } else {
        None
    };
    explained.unwrap_or_else(|| {
        let line = text::one_line(message);
        let wanted = line
            .strip_prefix("invalid type: ")
            .or_else(|| line.strip_prefix("invalid value: "))
            .and_then(|rest| rest.split_once(", expected "));
        match wanted {
            Some((found, wanted)) => (
                format!("wanted {}, found {found}", plain_type(wanted)),
                "correct this line, or remove it to get the default".to_owned(),
            ),
            None => (line, "correct this line, or remove it to get the default".to_owned()),
        }
    })
}

/// Rust's names for types, in words that a user of TOML knows.
fn plain_type(wanted: &str) -> String {
    match wanted {
        "i64" | "u32" | "u64" | "usize" | "u8" => "a whole number".to_owned(),
        "f64" | "f32" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" | "string or table" => "text in quotes".to_owned(),
        "a sequence" => "a list such as [\"a\", \"b\"]".to_owned(),
        other if other.starts_with("struct ") || other == "a map" => {
            "a table such as [name]".to_owned()
        }
        other => other.to_owned(),
    }
}

/// Line of each key of a text, by dotted path. A text that is not TOML gives none.
pub fn lines_of_keys(content: &str) -> BTreeMap<String, usize> {
    fn walk(table: &DeTable<'_>, prefix: &str, content: &str, lines: &mut BTreeMap<String, usize>) {
        for (key, value) in table {
            let name = key.get_ref();
            let path =
                if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
            lines.insert(path.clone(), line_of(content, key.span().start));
            if let DeValue::Table(inner) = value.get_ref() {
                walk(inner, &path, content, lines);
            }
        }
    }
    let mut lines = BTreeMap::new();
    if let Ok(table) = DeTable::parse(content) {
        walk(table.get_ref(), "", content, &mut lines);
    }
    lines
}

/// Line (from 1) of a byte offset.
pub fn line_of(content: &str, offset: usize) -> usize {
    let before = content.as_bytes().get(..offset.min(content.len())).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::super::raw::RawConfig;
    use super::*;

    fn mistake(content: &str) -> (usize, String, String) {
        match read::<RawConfig>("file", content) {
            Err(ConfigError::Mistake { line, message, hint, .. }) => (line, message, hint),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_one() {
        let (line, message, hint) = mistake("[export]\nstems = true\nformt = \"flac\"\n");
        assert_eq!((line, message.as_str()), (3, "unknown key 'formt'"));
        assert!(hint.starts_with("did you mean 'format'?"), "{hint}");
        let (line, message, hint) = mistake("\n\n[exprt]\n");
        assert_eq!((line, message.as_str()), (3, "unknown key 'exprt'"));
        assert!(hint.starts_with("did you mean 'export'?"), "{hint}");
    }

    #[test]
    fn a_wrong_type_or_value_says_what_is_wanted() {
        let (line, message, _) = mistake("[generate]\njobs = \"two\"\n");
        assert_eq!((line, message.as_str()), (2, "wanted a whole number, found string \"two\""));
        let (line, message, _) = mistake("[generate]\n\njobs = 99\n");
        assert_eq!((line, message.as_str()), (3, "99 is out of range: 1 to 16"));
        let (_, message, hint) = mistake("[export]\nformat = \"flak\"\n");
        assert_eq!(message, "unknown value 'flak'");
        assert!(hint.contains("'flac'"), "{hint}");
        let (_, message, _) = mistake("[mastering]\nlufs = 3\n");
        assert!(message.contains("-40 to -5"), "{message}");
    }

    #[test]
    fn broken_toml_names_its_line() {
        let (line, ..) = mistake("[export]\nformat = \n");
        assert_eq!(line, 2);
    }

    #[test]
    fn keys_are_found_in_every_way_of_writing_them() {
        let lines = lines_of_keys("a.b = 1\n[c]\nd = { e = 2 }\n");
        assert_eq!(lines.get("a.b"), Some(&1));
        assert_eq!(lines.get("c.d.e"), Some(&3));
    }
}
