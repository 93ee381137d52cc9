//! A value that never reaches a log, a screen or a file by accident.
//!
//! It protects against printing, not against a debugger: the value sits in memory as it is.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// What stands in the place of a secret wherever one would be printed.
pub const REDACTED: &str = "[redacted]";

/// Holds a key, a token or a password. Every way of printing or serialising it gives [`REDACTED`];
/// only [`Secret::expose`] gives the value, so that each use can be found by searching for that word.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Do not keep, log or format what this returns.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_of_printing_gives_it_away() {
        #[derive(Debug, Serialize)]
        struct Account {
            key: Secret<String>,
        }
        let account = Account { key: Secret::new("hunter2".to_owned()) };
        let printed =
            format!("{account:?} {:#?} {} {}", account, account.key, serde_json::json!(account));
        assert!(!printed.contains("hunter2"), "{printed}");
        assert_eq!(account.key.expose(), "hunter2");
    }

    #[test]
    fn it_is_read_like_the_value_itself() {
        let key: Secret<String> = serde_json::from_str("\"hunter2\"").unwrap();
        assert_eq!(key.expose(), "hunter2");
    }
}
