//! Sessions in the library: beginning, naming and forking them, and notes in them. What happened in one is read by
//! [`super::transcript`].
//!
//! A fork copies nothing. It remembers the last job and note that it shares with its parent, so it costs a row however
//! long the conversation is, and nothing that is said later in the parent shows up in it.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::model::session::Session;
use crate::protocol::transcript::SessionNote;

use super::error::StoreError;
use super::library::Library;

/// Longest chain of forks that is followed. A longer one shows its newest part.
const MOST_ANCESTORS: i64 = 1_000;
/// Longest title of a fork, in characters, when it is made from its parent's.
const LONGEST_BASE: usize = 190;

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
        read_one(&mut *self.readers().acquire().await?, id).await
    }

    /// The newest sessions.
    pub async fn sessions(&self, limit: u32) -> Result<Vec<Session>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, title, parent_id, created_at, \
             (SELECT count(*) FROM takes WHERE session_id = s.id) AS takes \
             FROM sessions s ORDER BY seq DESC LIMIT ?",
        )
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(read_session).collect()
    }

    /// Gives a session another title. Errors: [`StoreError::Unknown`].
    pub async fn rename_session(&self, id: &str, title: &str) -> Result<Session, StoreError> {
        let mut change = self.change().await?;
        sqlx::query("UPDATE sessions SET title = ? WHERE id = ?")
            .bind(title)
            .bind(id)
            .execute(&mut *change)
            .await?;
        let session = read_one(&mut change, id).await?;
        change.commit().await?;
        Ok(session)
    }

    /// Begins a session that goes on from another one after the job `at`, or after its newest one. `fresh` is the new
    /// session; an empty title is made from the old one's. Numbers of takes go on where the old session was.
    ///
    /// Errors: [`StoreError::Unknown`] session, [`StoreError::Conflict`] where the job is not in it.
    pub async fn fork_session(
        &self,
        id: &str,
        at: Option<&str>,
        fresh: &Session,
    ) -> Result<Session, StoreError> {
        let mut change = self.change().await?;
        let old = read_one(&mut change, id).await?;
        let line = lineage(&mut change, id).await?;
        let cut_job = match at {
            Some(job) => place_of(&mut change, &line, job)
                .await?
                .ok_or_else(|| StoreError::Conflict(format!("job {job} is not in session {id}")))?,
            None => newest_job(&mut change, &line).await?,
        };
        let forks = sqlx::query("SELECT count(*) FROM sessions WHERE parent_id = ?")
            .bind(id)
            .fetch_one(&mut *change)
            .await?
            .try_get::<u32, _>(0)?;
        let title = match fresh.title.as_str() {
            "" => fork_title(&old.title, forks),
            stated => stated.to_owned(),
        };
        let session = Session { title, parent: Some(old.id), ..fresh.clone() };
        insert_session(&mut change, &session).await?;
        sqlx::query(
            "UPDATE sessions SET parent_id = ?2, cut_job = ?3, \
             cut_note = (SELECT coalesce(max(seq), 0) FROM session_notes), \
             last_number = coalesce((SELECT number FROM jobs WHERE seq = ?3), 0) WHERE id = ?1",
        )
        .bind(&session.id)
        .bind(id)
        .bind(cut_job)
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(session)
    }

    /// Writes a note behind the newest job of a session. `note.session_id` is a whole id.
    /// Errors: [`StoreError::Unknown`] session.
    pub async fn add_note(&self, note: &SessionNote) -> Result<SessionNote, StoreError> {
        let mut change = self.change().await?;
        let line = lineage(&mut change, &note.session_id).await?;
        if line.is_empty() {
            return Err(unknown(&note.session_id));
        }
        let after = newest_job(&mut change, &line).await?;
        sqlx::query(
            "INSERT INTO session_notes (id, session_id, after_job, text, created_at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&note.id)
        .bind(&note.session_id)
        .bind(after)
        .bind(&note.text)
        .bind(note.created_at)
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(note.clone())
    }
}

/// A session of a conversation, and how much of it belongs to that conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Its whole id.
    pub(crate) session_id: String,
    /// Row of the last job that counts.
    pub(crate) to_job: i64,
    /// Row of the last note that counts.
    pub(crate) to_note: i64,
}

/// A session and those that it was forked from, newest first. Whatever stands in one of them stands behind everything
/// that counts of the next. Empty where there is no such session.
pub(crate) async fn lineage(
    connection: &mut SqliteConnection,
    id: &str,
) -> Result<Vec<Reach>, StoreError> {
    let rows = sqlx::query(
        "WITH RECURSIVE line (id, parent_id, cut_job, cut_note, to_job, to_note, depth) AS ( \
             SELECT id, parent_id, cut_job, cut_note, 9223372036854775807, 9223372036854775807, 0 \
             FROM sessions WHERE id = ?1 \
             UNION ALL \
             SELECT s.id, s.parent_id, s.cut_job, s.cut_note, min(l.to_job, l.cut_job), min(l.to_note, l.cut_note), \
             l.depth + 1 FROM line l JOIN sessions s ON s.id = l.parent_id WHERE l.depth < ?2) \
         SELECT id, to_job, to_note FROM line ORDER BY depth",
    )
    .bind(id)
    .bind(MOST_ANCESTORS)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Reach {
                session_id: row.try_get("id")?,
                to_job: row.try_get("to_job")?,
                to_note: row.try_get("to_note")?,
            })
        })
        .collect()
}

/// Row of the newest job of a conversation; 0 where there is none.
async fn newest_job(connection: &mut SqliteConnection, line: &[Reach]) -> Result<i64, StoreError> {
    for reach in line {
        let row = sqlx::query("SELECT max(seq) FROM jobs WHERE session_id = ? AND seq <= ?")
            .bind(&reach.session_id)
            .bind(reach.to_job)
            .fetch_one(&mut *connection)
            .await?;
        if let Some(seq) = row.try_get::<Option<i64>, _>(0)? {
            return Ok(seq);
        }
    }
    Ok(0)
}

/// Row of a job, if it belongs to a conversation.
async fn place_of(
    connection: &mut SqliteConnection,
    line: &[Reach],
    job: &str,
) -> Result<Option<i64>, StoreError> {
    let row = sqlx::query("SELECT seq, session_id FROM jobs WHERE id = ?")
        .bind(job)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (seq, session_id) = (row.try_get::<i64, _>("seq")?, row.try_get::<&str, _>("session_id")?);
    let is_in = |reach: &Reach| reach.session_id == session_id && seq <= reach.to_job;
    Ok(line.iter().any(is_in).then_some(seq))
}

/// `Evening` becomes `Evening (2)`, its next fork `Evening (3)`.
fn fork_title(title: &str, forks: u32) -> String {
    let numbered = title.strip_suffix(')').and_then(|rest| rest.rsplit_once(" ("));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (base, number) = match numbered {
        Some((base, number)) if is_number(number) => (base, number.parse::<u32>().unwrap_or(1)),
        _ => (title, 1),
    };
    let base = if base.is_empty() { "Session" } else { base };
    let base = base.chars().take(LONGEST_BASE).collect::<String>();
    format!("{base} ({})", number.saturating_add(forks).saturating_add(1))
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

/// A session by its whole id. Errors: [`StoreError::Unknown`].
pub(crate) async fn read_one(
    connection: &mut SqliteConnection,
    id: &str,
) -> Result<Session, StoreError> {
    sqlx::query(
        "SELECT id, title, parent_id, created_at, \
         (SELECT count(*) FROM takes WHERE session_id = s.id) AS takes FROM sessions s WHERE id = ?",
    )
    .bind(id)
    .fetch_optional(connection)
    .await?
    .map(|row| read_session(&row))
    .transpose()?
    .ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> StoreError {
    StoreError::Unknown { what: "session", name: id.to_owned() }
}

fn read_session(row: &SqliteRow) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.try_get("id")?,
        title: row.try_get("title")?,
        parent: row.try_get("parent_id")?,
        takes: row.try_get("takes")?,
        created_at: row.try_get("created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_counts_on_from_the_title_of_its_parent() {
        assert_eq!(fork_title("Evening", 0), "Evening (2)");
        assert_eq!(fork_title("Evening", 1), "Evening (3)");
        assert_eq!(fork_title("Evening (2)", 0), "Evening (3)");
        assert_eq!(fork_title("Take (live)", 0), "Take (live) (2)");
        assert_eq!(fork_title("", 0), "Session (2)");
        assert!(fork_title(&"é".repeat(500), 0).chars().count() <= 200);
    }
}
