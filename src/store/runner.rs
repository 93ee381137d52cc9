//! Who renders: each process that does holds a lock on a file of its own, which the kernel lets go when it dies.
//!
//! A process id alone would not do: ids are used again, and a process of another container may share the library.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use sqlx::Row;

use super::error::StoreError;
use super::library::Library;

/// This process as one that renders. It counts as alive until this is dropped or the process ends.
pub struct Runner {
    id: String,
    path: PathBuf,
    folder: PathBuf,
    // Held for the lock on it.
    lock: File,
}

/// A process that has died, held so that nobody else takes over from it at the same time.
pub struct Dead {
    id: String,
    path: PathBuf,
    lock: Option<File>,
}

impl Runner {
    /// Registers a process. `folder` holds the lock files and is made if it is not there.
    pub async fn register(
        library: &Library,
        folder: &Path,
        id: &str,
        now: f64,
    ) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::file("could not make the folder", folder, error))?;
        let path = lock_path(folder, id);
        // The lock is held before the name is known to others, so nobody can take a new process for a dead one.
        let lock = File::create(&path)
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|error| StoreError::file("could not lock", &path, error))?;
        let mut change = library.change().await?;
        sqlx::query("INSERT INTO runners (id, pid, started_at) VALUES (?, ?, ?)")
            .bind(id)
            .bind(i64::from(std::process::id()))
            .bind(now)
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        Ok(Self { id: id.to_owned(), path, folder: folder.to_owned(), lock })
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Every other process that has unfinished jobs or a registration, and is dead.
    pub async fn find_dead(&self, library: &Library) -> Result<Vec<Dead>, StoreError> {
        find_dead(library, &self.folder, &self.id).await
    }

    /// Takes the registration back.
    pub async fn retire(self, library: &Library) -> Result<(), StoreError> {
        let mut change = library.change().await?;
        sqlx::query("DELETE FROM runners WHERE id = ?")
            .bind(&self.id)
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        drop(self.lock);
        // A lock file that stays behind does no harm: nobody asks for it any more.
        let _ = std::fs::remove_file(&self.path);
        Ok(())
    }
}

impl Dead {
    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Forgets it, once its jobs have been taken over.
    pub(crate) fn bury(self) {
        drop(self.lock);
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn find_dead(library: &Library, folder: &Path, me: &str) -> Result<Vec<Dead>, StoreError> {
    let rows = sqlx::query(
        "SELECT id FROM runners UNION SELECT runner_id FROM jobs \
         WHERE phase IN ('queued', 'generating', 'mastering') AND runner_id IS NOT NULL",
    )
    .fetch_all(library.readers())
    .await?;
    let mut dead = Vec::new();
    for row in rows {
        let id = row.try_get::<String, _>(0)?;
        if id == me {
            continue;
        }
        let path = lock_path(folder, &id);
        match File::options().write(true).open(&path) {
            Ok(file) => match file.try_lock() {
                Ok(()) => dead.push(Dead { id, path, lock: Some(file) }),
                // It lives, or somebody else is just taking over from it.
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return Err(StoreError::file("could not lock", &path, error));
                }
            },
            // The file is gone after a clean end, or after somebody has taken over; then no job names it any more.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                dead.push(Dead { id, path, lock: None });
            }
            Err(error) => return Err(StoreError::file("could not open", &path, error)),
        }
    }
    Ok(dead)
}

/// Ids come from the database, so nothing but a plain name may become part of a path.
fn lock_path(folder: &Path, id: &str) -> PathBuf {
    let plain = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>();
    folder.join(format!("{plain}.lock"))
}
