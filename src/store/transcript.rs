//! What was asked for in a session and what came of it, as cards, a page at a time; and prompts as they were typed.
//!
//! Entries are ordered by the rows of their jobs, never by a clock: a job has the place `(row, 0)`, a note the place
//! `(row of the job before it, its own row)`. Recipes are skimmed: only the few fields that a card shows are kept.

use serde::Deserialize;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::model::card::{JobCard, TakeCard};
use crate::model::job::Phase;
use crate::model::recipe::{Maker, Outcome};
use crate::model::session::Session;
use crate::model::take::Stem;
use crate::protocol::transcript::{Entry, SessionNote};

use super::error::StoreError;
use super::library::Library;
use super::session::{Reach, lineage, read_one};

/// Most prompts that are kept; beyond it the oldest are forgotten.
const MOST_PROMPTS: u32 = 20_000;
/// Most text of prompts that is given at once, in bytes.
const MOST_PROMPT_BYTES: usize = 4 << 20;
/// How many prompts are read at a time while searching.
const PROMPT_PAGE: u32 = 500;

/// Where an entry stands in a conversation. Text form: `<job>.<note>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    job: i64,
    note: i64,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.job, self.note)
    }
}

impl Place {
    /// Behind everything.
    const END: Self = Self { job: i64::MAX, note: i64::MAX };

    /// Reads the text form.
    pub fn read(text: &str) -> Option<Self> {
        let (job, note) = text.split_once('.')?;
        Some(Self { job: job.parse().ok()?, note: note.parse().ok()? })
    }

    /// Row of the last job that stands before this place.
    fn last_job_before(self) -> i64 {
        // A job stands before the notes behind it.
        if self.note > 0 { self.job } else { self.job.saturating_sub(1) }
    }
}

/// A page of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The session.
    pub session: Session,
    /// The entries, oldest first.
    pub entries: Vec<Entry>,
    /// Place of the oldest of them, where there are older ones.
    pub before: Option<Place>,
}

impl Library {
    /// The newest entries of a session before a place, with what it was forked from.
    /// Errors: [`StoreError::Unknown`].
    pub async fn transcript(
        &self,
        id: &str,
        limit: u32,
        before: Option<Place>,
    ) -> Result<Page, StoreError> {
        // One transaction, so that all of the page is from one moment.
        let mut look = self.readers().begin().await?;
        let session = read_one(&mut look, id).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let before = before.unwrap_or(Place::END);
        let mut found = Vec::new();
        for reach in lineage(&mut look, id).await? {
            // One more than wanted is looked for; it only tells whether there are older ones.
            let missing = i64::from(limit) + 1 - i64::try_from(found.len()).unwrap_or(i64::MAX);
            if missing <= 0 {
                break;
            }
            let mut part = jobs(&mut look, &reach, before, missing).await?;
            part.extend(notes(&mut look, &reach, before, missing).await?);
            part.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
            part.truncate(usize::try_from(missing).unwrap_or(usize::MAX));
            found.extend(part);
        }
        let is_more = found.len() > wanted;
        found.truncate(wanted);
        let before = found.last().map(|(place, _)| *place).filter(|_| is_more);
        let entries = found.into_iter().rev().map(|(_, entry)| entry).collect();
        Ok(Page { session, entries, before })
    }

    /// Prompts as they were typed, newest first. `search` finds them in upper and lower case alike.
    pub async fn prompts(
        &self,
        search: Option<&str>,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let search = search.map(str::to_lowercase).unwrap_or_default();
        let (mut found, mut bytes, mut last) = (Vec::new(), 0, i64::MAX);
        loop {
            let rows = sqlx::query(
                "SELECT seq, text FROM prompts WHERE seq < ? ORDER BY seq DESC LIMIT ?",
            )
            .bind(last)
            .bind(PROMPT_PAGE)
            .fetch_all(self.readers())
            .await?;
            let Some(end) = rows.last() else { return Ok(found) };
            last = end.try_get("seq")?;
            for row in &rows {
                let text = row.try_get::<String, _>("text")?;
                // SQLite knows upper and lower case of ASCII only.
                if !search.is_empty() && !text.to_lowercase().contains(&search) {
                    continue;
                }
                bytes += text.len();
                if found.len() >= wanted || bytes > MOST_PROMPT_BYTES {
                    return Ok(found);
                }
                found.push(text);
            }
        }
    }
}

/// Moves a prompt to the end of those that were typed. Nothing is kept of an empty one.
pub(crate) async fn remember_prompt(
    change: &mut SqliteConnection,
    text: &str,
) -> Result<(), StoreError> {
    if text.is_empty() {
        return Ok(());
    }
    sqlx::query("INSERT OR REPLACE INTO prompts (text) VALUES (?)")
        .bind(text)
        .execute(&mut *change)
        .await?;
    sqlx::query(
        "DELETE FROM prompts WHERE seq <= (SELECT seq FROM prompts ORDER BY seq DESC LIMIT 1 OFFSET ?)",
    )
    .bind(MOST_PROMPTS)
    .execute(change)
    .await?;
    Ok(())
}

async fn jobs(
    look: &mut SqliteConnection,
    reach: &Reach,
    before: Place,
    limit: i64,
) -> Result<Vec<(Place, Entry)>, StoreError> {
    let rows = sqlx::query(
        "SELECT j.seq, j.id, j.session_id, j.parent, j.number, j.request, j.phase, j.progress, j.stage, j.eta_s, \
         j.position, j.take_id, j.fault, j.created_at, t.id AS t_id, t.parent AS t_parent, t.number AS t_number, \
         t.title, t.path, t.stems, t.recipe, t.rating, t.note, t.tags, t.created_at AS t_created_at \
         FROM jobs j LEFT JOIN takes t ON t.job_id = j.id \
         WHERE j.session_id = ? AND j.seq <= ? ORDER BY j.seq DESC LIMIT ?",
    )
    .bind(&reach.session_id)
    .bind(reach.to_job.min(before.last_job_before()))
    .bind(limit)
    .fetch_all(look)
    .await?;
    rows.iter()
        .map(|row| {
            let entry = Entry::Job { job: job_card(row)?, take: take_card(row)? };
            Ok((Place { job: row.try_get("seq")?, note: 0 }, entry))
        })
        .collect()
}

async fn notes(
    look: &mut SqliteConnection,
    reach: &Reach,
    before: Place,
    limit: i64,
) -> Result<Vec<(Place, Entry)>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, id, session_id, after_job, text, created_at FROM session_notes \
         WHERE session_id = ? AND after_job <= ? AND seq <= ? AND (after_job, seq) < (?, ?) \
         ORDER BY after_job DESC, seq DESC LIMIT ?",
    )
    .bind(&reach.session_id)
    .bind(reach.to_job)
    .bind(reach.to_note)
    .bind(before.job)
    .bind(before.note)
    .bind(limit)
    .fetch_all(look)
    .await?;
    rows.iter()
        .map(|row| {
            let place = Place { job: row.try_get("after_job")?, note: row.try_get("seq")? };
            let note = SessionNote {
                id: row.try_get("id")?,
                session_id: row.try_get("session_id")?,
                text: row.try_get("text")?,
                created_at: row.try_get("created_at")?,
            };
            Ok((place, Entry::Note(note)))
        })
        .collect()
}

/// What a card shows of a request.
#[derive(Deserialize)]
struct SkimmedRequest {
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    backend: String,
    seed: u64,
}

/// What a card shows of a recipe.
#[derive(Deserialize)]
struct SkimmedRecipe {
    request: SkimmedRequest,
    backend: Maker,
    outcome: Outcome,
}

fn job_card(row: &SqliteRow) -> Result<JobCard, StoreError> {
    let value = |what| move |source| StoreError::Value { what, source };
    let request: SkimmedRequest =
        serde_json::from_str(row.try_get("request")?).map_err(value("request"))?;
    Ok(JobCard {
        id: row.try_get("id")?,
        session_id: row.try_get("session_id")?,
        parent: row.try_get("parent")?,
        number: row.try_get("number")?,
        prompt: request.prompt,
        backend: request.backend,
        seed: request.seed,
        // The table's own check allows only the words of the phases.
        phase: Phase::from_word(row.try_get("phase")?).unwrap_or(Phase::Failed),
        progress: row.try_get("progress")?,
        stage: row.try_get("stage")?,
        eta_s: row.try_get("eta_s")?,
        position: row.try_get("position")?,
        take_id: row.try_get("take_id")?,
        fault: row
            .try_get::<Option<&str>, _>("fault")?
            .map(serde_json::from_str)
            .transpose()
            .map_err(value("fault"))?,
        created_at: row.try_get("created_at")?,
    })
}

fn take_card(row: &SqliteRow) -> Result<Option<TakeCard>, StoreError> {
    let value = |what| move |source| StoreError::Value { what, source };
    let Some(id) = row.try_get::<Option<String>, _>("t_id")? else { return Ok(None) };
    let recipe: SkimmedRecipe =
        serde_json::from_str(row.try_get("recipe")?).map_err(value("recipe"))?;
    let stems: Vec<Stem> =
        serde_json::from_str(row.try_get("stems")?).map_err(value("list of stems"))?;
    let (outcome, rating) = (recipe.outcome, row.try_get::<u8, _>("rating")?);
    Ok(Some(TakeCard {
        id,
        session_id: row.try_get("session_id")?,
        job_id: row.try_get("id")?,
        parent: row.try_get("t_parent")?,
        number: row.try_get("t_number")?,
        title: row.try_get("title")?,
        prompt: recipe.request.prompt,
        path: row.try_get("path")?,
        bpm: outcome.bpm,
        key: outcome.key,
        metre: outcome.metre,
        bars: outcome.bars,
        duration_s: outcome.duration_s,
        lufs: outcome.lufs,
        true_peak_dbtp: outcome.true_peak_dbtp,
        seed: recipe.request.seed,
        backend: recipe.backend.id,
        licence: recipe.backend.licence,
        looped: outcome.looped,
        stems: stems.into_iter().map(|stem| stem.name).collect(),
        rating: (rating > 0).then_some(rating),
        note: row.try_get("note")?,
        tags: row.try_get::<&str, _>("tags")?.lines().map(str::to_owned).collect(),
        created_at: row.try_get("t_created_at")?,
    }))
}

#[cfg(test)]
mod tests;
