//! How long a backend's past jobs took, for estimates.

use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::error::StoreError;
use super::library::Library;

/// How many past jobs of a backend are kept and looked at.
pub const KEPT: u32 = 20;

/// How long one job took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Length of its sound in seconds.
    pub audio_s: f64,
    /// Seconds that the backend worked.
    pub generating_s: f64,
    /// Seconds that mastering, writing and checking took.
    pub mastering_s: f64,
}

impl Library {
    /// The last [`KEPT`] jobs of a backend, newest first.
    pub async fn timings(&self, backend: &str) -> Result<Vec<Timing>, StoreError> {
        let rows = sqlx::query(
            "SELECT audio_s, generating_s, mastering_s FROM timings WHERE backend = ? ORDER BY seq DESC LIMIT ?",
        )
        .bind(backend)
        .bind(KEPT)
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Timing {
                    audio_s: row.try_get("audio_s")?,
                    generating_s: row.try_get("generating_s")?,
                    mastering_s: row.try_get("mastering_s")?,
                })
            })
            .collect()
    }
}

/// Adds a job's timing and forgets those that are no longer looked at.
pub(crate) async fn insert_timing(
    change: &mut SqliteConnection,
    backend: &str,
    timing: &Timing,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO timings (backend, audio_s, generating_s, mastering_s) VALUES (?, ?, ?, ?)",
    )
    .bind(backend)
    .bind(timing.audio_s)
    .bind(timing.generating_s)
    .bind(timing.mastering_s)
    .execute(&mut *change)
    .await?;
    sqlx::query(
        "DELETE FROM timings WHERE backend = ?1 AND seq <= \
         (SELECT seq FROM timings WHERE backend = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
    )
    .bind(backend)
    .bind(KEPT)
    .execute(change)
    .await?;
    Ok(())
}
