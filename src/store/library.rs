//! The library's database: opening it, keeping it whole, and finding things in it by id.
//!
//! One writer connection and a few readers over SQLite in WAL mode. Several processes may use one library at once: a
//! writer waits up to five seconds for another. `synchronous` is FULL, so that what was answered survives a power cut
//! and not only a crash; the cost is one flush for each change, and changes are few.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Row, Sqlite, Transaction};

use crate::model::id;

use super::error::StoreError;

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations");

/// Name of the database inside the data folder.
pub const DATABASE: &str = "timbre.db";

/// How long a connection waits for another process, in seconds.
const PATIENCE_S: u64 = 5;

/// An open library. Clones share the connections. Thread: any, inside a tokio runtime.
#[derive(Clone)]
pub struct Library {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
    notices: Vec<String>,
}

/// The kinds of things that have ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Takes.
    Takes,
    /// Jobs.
    Jobs,
    /// Sessions.
    Sessions,
}

impl Library {
    /// Opens the library in a folder, makes it where there is none, and brings it up to date.
    ///
    /// A database that is damaged is moved aside as `timbre.db.broken-<time>`, never deleted, and a new one begun; a
    /// notice tells so. One that a newer Timbre has written is left alone. Errors: [`StoreError::Newer`],
    /// [`StoreError::File`] where the folder can't be used, [`StoreError::Database`] otherwise.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::file("could not make the folder", folder, error))?;
        let path = folder.join(DATABASE);
        // Two processes that start at once must not migrate, or move a broken file aside, at the same time. The
        // kernel lets go of the lock if this process dies.
        let guard = opening_lock(&path).await?;
        let mut notices = Vec::new();
        let library = match Self::connect(&path).await {
            Err(error) if error.is_damage() => {
                let kept = move_aside(&path)?;
                notices.push(format!(
                    "the library was damaged ({error}); it is kept as {} and a new one has been begun",
                    kept.display()
                ));
                Self::connect(&path).await
            }
            outcome => outcome,
        };
        drop(guard);
        Ok(Self { notices, ..library? })
    }

    async fn connect(path: &Path) -> Result<Self, StoreError> {
        refuse_newer(path).await?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(PATIENCE_S));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(4 * PATIENCE_S))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let opened = async {
            MIGRATIONS.run(&writer).await?;
            // Damage in the first pages of the tables that every start needs shows here, before anything relies on them.
            sqlx::query("SELECT (SELECT max(seq) FROM takes), (SELECT max(seq) FROM jobs), (SELECT max(seq) FROM sessions)")
                .fetch_one(&writer)
                .await?;
            Ok::<_, StoreError>(())
        }
        .await;
        if let Err(error) = opened {
            writer.close().await;
            return Err(error);
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(4 * PATIENCE_S))
            .connect_lazy_with(options.read_only(true).create_if_missing(false));
        Ok(Self { path: path.to_owned(), writer, readers, notices: Vec::new() })
    }

    /// Path of the database.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the user should know of how the library was opened.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Number of the newest migration.
    pub fn schema() -> i64 {
        MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
    }

    /// Closes all connections; what was written is in the database.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Connections for reading.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Begins a change. It holds the write lock from the start, so what it reads can't be overtaken.
    pub(crate) async fn change(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// The whole id behind a whole id, a unique part of one, or `last`.
    /// Errors: [`StoreError::Unknown`], [`StoreError::Ambiguous`].
    pub async fn find_id(&self, table: Table, name: &str) -> Result<String, StoreError> {
        let unknown =
            || StoreError::Unknown { what: table.word(), name: name.chars().take(80).collect() };
        if !id::is_id_like(name) {
            return Err(unknown());
        }
        let (last, part) = table.queries();
        if name == id::LAST {
            let row = sqlx::query(last).fetch_optional(&self.readers).await?;
            return row.map(|row| row.try_get(0)).transpose()?.ok_or_else(unknown);
        }
        let name = name.to_ascii_lowercase();
        let reversed = name.chars().rev().collect::<String>();
        // '~' sorts behind every character of an id, so each pair of bounds spans what begins with the text.
        let rows = sqlx::query(part)
            .bind(&name)
            .bind(format!("{name}~"))
            .bind(&reversed)
            .bind(format!("{reversed}~"))
            .fetch_all(&self.readers)
            .await?;
        let ids =
            rows.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
        match ids.as_slice() {
            [] => Err(unknown()),
            [only] => Ok(only.clone()),
            several => match several.iter().find(|id| **id == name) {
                Some(exact) => Ok(exact.clone()),
                None => Err(StoreError::Ambiguous { what: table.word(), name }),
            },
        }
    }
}

impl Table {
    fn word(self) -> &'static str {
        match self {
            Self::Takes => "take",
            Self::Jobs => "job",
            Self::Sessions => "session",
        }
    }

    /// The queries for the newest id and for the ids that begin or end with a text.
    fn queries(self) -> (&'static str, &'static str) {
        macro_rules! queries {
            ($table:literal) => {
                (
                    concat!("SELECT id FROM ", $table, " ORDER BY seq DESC LIMIT 1"),
                    concat!(
                        "SELECT id FROM ",
                        $table,
                        " WHERE id >= ?1 AND id < ?2 UNION SELECT id FROM ",
                        $table,
                        " WHERE id_reversed >= ?3 AND id_reversed < ?4 LIMIT 3"
                    ),
                )
            };
        }
        match self {
            Self::Takes => queries!("takes"),
            Self::Jobs => queries!("jobs"),
            Self::Sessions => queries!("sessions"),
        }
    }
}

/// Looks at an existing database without changing it, and refuses one with migrations that we do not know.
async fn refuse_newer(path: &Path) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Ok(meta) if meta.len() > 0 => {}
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::file("could not look at", path, error)),
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(PATIENCE_S));
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
    let found = async {
        let tables =
            sqlx::query("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'")
                .fetch_one(&mut connection)
                .await?
                .try_get::<i64, _>(0)?;
        if tables == 0 {
            return Ok(0);
        }
        sqlx::query("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
            .fetch_one(&mut connection)
            .await?
            .try_get::<i64, _>(0)
    }
    .await;
    let closed = connection.close().await;
    let (found, known) = (found?, Library::schema());
    closed?;
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    Ok(())
}

/// Holds the right to open. Waiting for it blocks, so it happens off the runtime's own threads.
async fn opening_lock(path: &Path) -> Result<File, StoreError> {
    let path = path.with_extension("db.lock");
    let taken = {
        let path = path.clone();
        tokio::task::spawn_blocking(move || {
            let file = File::options().create(true).truncate(false).write(true).open(path)?;
            file.lock()?;
            Ok(file)
        })
        .await
    };
    taken
        .unwrap_or_else(|error| Err(std::io::Error::other(error)))
        .map_err(|error| StoreError::file("could not lock", &path, error))
}

/// Renames a damaged database, with what belongs to it, to a name that is free.
fn move_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let stamp = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S").to_string();
    let named = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let kept = (0..1000)
        .map(|n| match n {
            0 => named(&format!(".broken-{stamp}")),
            n => named(&format!(".broken-{stamp}-{n}")),
        })
        .find(|candidate| !candidate.exists())
        .unwrap_or_else(|| named(".broken"));
    for suffix in ["", "-wal", "-shm"] {
        let from = named(suffix);
        let mut to = kept.as_os_str().to_owned();
        to.push(suffix);
        match std::fs::rename(&from, PathBuf::from(to)) {
            Err(error) if suffix.is_empty() || error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::file("could not move aside", &from, error));
            }
            _ => {}
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library as the first version has left it, with a few rows.
    async fn first_version(folder: &Path) {
        let options =
            SqliteConnectOptions::new().filename(folder.join(DATABASE)).create_if_missing(true);
        let mut old = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let first = MIGRATIONS.iter().next().unwrap();
        sqlx::raw_sql(
            "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
             installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
             checksum BLOB NOT NULL, execution_time BIGINT NOT NULL)",
        )
        .execute(&mut old)
        .await
        .unwrap();
        sqlx::raw_sql(first.sql.clone()).execute(&mut old).await.unwrap();
        sqlx::query("INSERT INTO _sqlx_migrations VALUES (?, ?, '2026-01-01', 1, ?, 0)")
            .bind(first.version)
            .bind(first.description.as_ref())
            .bind(first.checksum.as_ref())
            .execute(&mut old)
            .await
            .unwrap();
        sqlx::raw_sql(
            "INSERT INTO sessions (id, id_reversed, title, last_number, created_at) VALUES ('s', 's', 't', 3, 0);
             INSERT INTO jobs (id, id_reversed, session_id, number, request, overwrite, phase, position, created_at,
                               updated_at)
             SELECT v.id, v.id, 's', v.number, json_object('prompt', v.prompt, 'backend', 'b', 'seed', 1), 0, 'failed',
                    v.number, 0, 0
             FROM (SELECT 'a' AS id, 1 AS number, 'dusty' AS prompt UNION SELECT 'b', 2, 'bright' UNION
                   SELECT 'c', 3, 'dusty') AS v",
        )
        .execute(&mut old)
        .await
        .unwrap();
        old.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_library_of_the_first_version_is_brought_up_to_date_with_all_that_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        first_version(folder.path()).await;
        let library = Library::open(folder.path()).await.unwrap();
        assert_eq!(library.notices(), [""; 0]);
        let page = library.transcript("s", 10, None).await.unwrap();
        assert_eq!((page.entries.len(), page.session.parent), (3, None));
        // What was asked for before can be asked for again, each once, the newest first.
        assert_eq!(library.prompts(None, 10).await.unwrap(), ["dusty", "bright"]);
        library.close().await;
        let again = Library::open(folder.path()).await.unwrap();
        assert_eq!(again.prompts(None, 10).await.unwrap().len(), 2);
    }
}
