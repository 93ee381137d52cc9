//! What can go wrong with the library and with files, and what to do about it.

use std::path::{Path, PathBuf};

use crate::model::job::{Fault, FaultKind};

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be read or written.
    #[error("the library could not be used: {0}")]
    Database(#[from] sqlx::Error),
    /// The database's migrations could not be run.
    #[error("the library could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A newer Timbre has written the database.
    #[error(
        "the library {path} was written by a newer Timbre (its form is {found}, this version knows {known})"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its newest migration.
        found: i64,
        /// Our newest migration.
        known: i64,
    },
    /// A folder or file of the store could not be used.
    #[error("{what} {path}: {source}")]
    File {
        /// What was tried, such as `could not write`.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A file is there already.
    #[error("{0} is there already")]
    Exists(PathBuf),
    /// A stored value can't be read.
    #[error("the library holds a {what} that can't be read: {source}")]
    Value {
        /// Which value.
        what: &'static str,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// Nothing is called that.
    #[error("there is no {what} '{name}'")]
    Unknown {
        /// `take`, `job` or `session`.
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// Several things are called that.
    #[error("more than one {what} begins or ends with '{name}'")]
    Ambiguous {
        /// `take`, `job` or `session`.
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// The state of the thing does not allow it.
    #[error("{0}")]
    Conflict(String),
}

impl StoreError {
    /// Names a failed file operation.
    pub fn file(what: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::File { what, path: path.to_owned(), source }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Newer { .. } => "update this Timbre; the library has not been touched".to_owned(),
            Self::File { source, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                    "free some space, or choose another folder with -o".to_owned()
                }
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                    "choose a folder that you may write to, with -o or the setting paths.music"
                        .to_owned()
                }
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                    "check that the folder is there".to_owned()
                }
                _ => "timbre doctor shows the folders and their state".to_owned(),
            },
            Self::Exists(_) => "choose another path, or pass --force to replace it".to_owned(),
            Self::Unknown { what: "take", .. } => "timbre ls lists the takes".to_owned(),
            Self::Unknown { what: "job", .. } => "timbre jobs lists the jobs".to_owned(),
            Self::Unknown { what: "session", .. } => {
                "timbre sessions lists the sessions".to_owned()
            }
            Self::Ambiguous { .. } => "give more of its id".to_owned(),
            Self::Database(error) if is_full(error) => "free some space, then try again".to_owned(),
            Self::Database(_) | Self::Migration(_) | Self::Value { .. } => {
                "timbre doctor shows the state of the library".to_owned()
            }
            Self::Unknown { .. } | Self::Conflict(_) => String::new(),
        }
    }

    /// Whether the database itself is damaged, as opposed to busy, full or out of reach.
    pub(crate) fn is_damage(&self) -> bool {
        let code = match self {
            Self::Database(error)
            | Self::Migration(
                sqlx::migrate::MigrateError::Execute(error)
                | sqlx::migrate::MigrateError::ExecuteMigration(error, _),
            ) => result_code(error),
            _ => None,
        };
        // SQLITE_CORRUPT and SQLITE_NOTADB, https://www.sqlite.org/rescode.html.
        matches!(code, Some(11 | 26))
    }
}

/// SQLite's primary result code: the low byte of the extended one.
fn result_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<u32>().ok().map(|extended| extended & 0xff)
}

/// SQLITE_FULL.
fn is_full(error: &sqlx::Error) -> bool {
    result_code(error) == Some(13)
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::File { .. } | StoreError::Exists(_) => FaultKind::Unwritable,
            StoreError::Unknown { .. } => FaultKind::NotFound,
            StoreError::Ambiguous { .. } => FaultKind::Invalid,
            StoreError::Conflict(_) | StoreError::Newer { .. } => FaultKind::Conflict,
            StoreError::Database(sqlx::Error::PoolTimedOut) => FaultKind::Busy,
            // SQLITE_BUSY, SQLITE_FULL and SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN.
            StoreError::Database(error) => match result_code(error) {
                Some(5 | 6) => FaultKind::Busy,
                Some(8 | 10 | 13 | 14) => FaultKind::Unwritable,
                _ => FaultKind::Internal,
            },
            StoreError::Migration(_) | StoreError::Value { .. } => FaultKind::Internal,
        };
        Self::new(kind, error.to_string()).with_hint(error.hint())
    }
}
