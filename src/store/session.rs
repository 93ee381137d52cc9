//! Sessions in the library.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::model::session::Session;

use super::error::StoreError;
use super::library::Library;

impl Library {
    /// Puts a new session into the library.
    pub async fn create_session(&self, session: &Session) -> Result<Session, StoreError> {
        let mut change = self.change().await?;
        insert_session(&mut change, session).await?;
        change.commit().await?;
        Ok(session.clone())
    }

    /// A session by its whole id. Errors: [`StoreError::Unknown`].
    pub async fn session(&self, id: &str) -> Result<Session, StoreError> {
        sqlx::query(
            "SELECT id, title, created_at, (SELECT count(*) FROM takes WHERE session_id = s.id) AS takes \
             FROM sessions s WHERE id = ?",
        )
        .bind(id)
        .fetch_optional(self.readers())
        .await?
        .map(|row| read_session(&row))
        .transpose()?
        .ok_or_else(|| StoreError::Unknown { what: "session", name: id.to_owned() })
    }

    /// The newest sessions.
    pub async fn sessions(&self, limit: u32) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, title, created_at, (SELECT count(*) FROM takes WHERE session_id = s.id) AS takes \
             FROM sessions s ORDER BY seq DESC LIMIT ?",
        )
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(read_session).collect()
    }
}

pub(crate) async fn insert_session(
    change: &mut SqliteConnection,
    session: &Session,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO sessions (id, id_reversed, title, created_at) VALUES (?, ?, ?, ?)")
        .bind(&session.id)
        .bind(reversed(&session.id))
        .bind(&session.title)
        .bind(session.created_at)
        .execute(change)
        .await?;
    Ok(())
}

/// An id back to front, for look-ups by its end.
pub(crate) fn reversed(id: &str) -> String {
    id.chars().rev().collect()
}

fn read_session(row: &SqliteRow) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.try_get("id")?,
        title: row.try_get("title")?,
        parent: None,
        takes: row.try_get("takes")?,
        created_at: row.try_get("created_at")?,
    })
}
