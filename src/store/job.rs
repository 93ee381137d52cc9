//! The durable queue: every change of a job is one transaction, and only the process that a job belongs to may end it.
//!
//! A job waits as `queued`, is claimed by one process (`generating`), and leaves as `ready`, `failed` or `cancelled`.
//! What decides is always the row in the database, never a memory of it, so two processes can't render one job twice.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use crate::model::job::{Fault, FaultKind, Job, Phase};
use crate::model::request::Resolved;
use crate::model::session::Session;
use crate::model::take::Take;

use super::error::StoreError;
use super::library::Library;
use super::runner::Dead;
use super::session::{insert_session, read_one, reversed};
use super::take::insert_take;
use super::timing::{Timing, insert_timing};
use super::transcript::remember_prompt;

/// How often a job may bring its process down before it is given up.
pub const MOST_ATTEMPTS: u32 = 3;

/// A job that is not in the library yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Its id.
    pub id: String,
    /// What to render.
    pub request: Resolved,
    /// The take that it starts from, by its whole id.
    pub parent: Option<String>,
    /// Exact path of the file, where the user gave one.
    pub path: Option<String>,
    /// Whether an existing file at `path` may be replaced.
    pub overwrite: bool,
}

/// The session that new jobs belong to.
#[derive(Debug, Clone, PartialEq)]
pub enum Home {
    /// One that exists.
    Existing {
        /// Its whole id.
        id: String,
        /// Title that it gets if it has none.
        title: String,
    },
    /// One that is made with the jobs.
    New(Session),
}

/// What a submission has brought into the library.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    /// The jobs, in order.
    pub jobs: Vec<Job>,
    /// Their session, if it is new or has its title from them.
    pub session: Option<Session>,
}

/// How far a running job is.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// `generating` or `mastering`.
    pub phase: Phase,
    /// How far, 0 to 1, over all phases.
    pub progress: f64,
    /// What is being done, in plain words.
    pub stage: String,
    /// Seconds left.
    pub eta_s: Option<f64>,
}

/// Which jobs to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only these phases; all where empty.
    pub phases: Vec<Phase>,
    /// Only this session, by its whole id.
    pub session_id: Option<String>,
    /// How many at most.
    pub limit: u32,
}

/// How many jobs there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// That wait.
    pub queued: u64,
    /// That are being rendered.
    pub running: u64,
    /// That failed.
    pub failed: u64,
}

const ALL: &str = "SELECT * FROM jobs WHERE 1";

impl Library {
    /// Puts jobs at the end of the queue, all or none, numbered within their session. `typed` is the prompt as the user
    /// wrote it, to be offered again; none is kept where it is empty.
    /// `owner` is the process that may start them; anyone where `None`. Errors: [`StoreError::Unknown`] session.
    pub async fn submit(
        &self,
        home: &Home,
        jobs: &[NewJob],
        typed: &str,
        owner: Option<&str>,
        now: f64,
    ) -> Result<Queued, StoreError> {
        let mut change = self.change().await?;
        remember_prompt(&mut change, typed).await?;
        let (session_id, session) = match home {
            Home::New(session) => {
                insert_session(&mut change, session).await?;
                (&session.id, Some(session.clone()))
            }
            Home::Existing { id, title } => {
                let named =
                    sqlx::query("UPDATE sessions SET title = ? WHERE id = ? AND title = ''")
                        .bind(title)
                        .bind(id)
                        .execute(&mut *change)
                        .await?;
                let is_named = named.rows_affected() == 1 && !title.is_empty();
                (id, if is_named { Some(read_one(&mut change, id).await?) } else { None })
            }
        };
        let mut stored = Vec::with_capacity(jobs.len());
        for job in jobs {
            let number = sqlx::query(
                "UPDATE sessions SET last_number = last_number + 1 WHERE id = ? RETURNING last_number",
            )
            .bind(session_id)
            .fetch_optional(&mut *change)
            .await?
            .ok_or_else(|| StoreError::Unknown { what: "session", name: session_id.clone() })?
            .try_get::<u32, _>(0)?;
            let row = sqlx::query(
                "INSERT INTO jobs (id, id_reversed, session_id, number, request, path, overwrite, phase, position, \
                 runner_id, created_at, updated_at, parent) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'queued', (SELECT coalesce(max(position), 0) + 1 FROM jobs), ?8, \
                 ?9, ?9, ?10) RETURNING *",
            )
            .bind(&job.id)
            .bind(reversed(&job.id))
            .bind(session_id)
            .bind(number)
            .bind(to_json("request", &job.request)?)
            .bind(&job.path)
            .bind(job.overwrite)
            .bind(owner)
            .bind(now)
            .bind(&job.parent)
            .fetch_one(&mut *change)
            .await?;
            stored.push(read_job(&row)?);
        }
        change.commit().await?;
        Ok(Queued { jobs: stored, session })
    }

    /// The highest whole number that a job of a session has in a param whose id begins with `prefix`; 0 where none has.
    pub async fn highest_param(&self, session_id: &str, prefix: &str) -> Result<u32, StoreError> {
        let row = sqlx::query(
            "SELECT coalesce(max(CAST(p.value AS INTEGER)), 0) FROM jobs j, json_each(j.request, '$.params') p \
             WHERE j.session_id = ?1 AND substr(p.key, 1, length(?2)) = ?2",
        )
        .bind(session_id)
        .bind(prefix)
        .fetch_one(self.readers())
        .await?;
        Ok(u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX))
    }

    /// Starts the next waiting job that `runner` may start, if there is one. No other process can get it too.
    pub async fn claim(&self, runner: &str, now: f64) -> Result<Option<Job>, StoreError> {
        let mut change = self.change().await?;
        let row = sqlx::query(
            "UPDATE jobs SET phase = 'generating', runner_id = ?1, attempts = attempts + 1, progress = 0, stage = '', \
             updated_at = ?2 WHERE seq = (SELECT seq FROM jobs WHERE phase = 'queued' \
             AND (runner_id IS NULL OR runner_id = ?1) ORDER BY position, seq LIMIT 1) RETURNING *",
        )
        .bind(runner)
        .bind(now)
        .fetch_optional(&mut *change)
        .await?;
        change.commit().await?;
        row.map(|row| read_job(&row)).transpose()
    }

    /// Whether there is a waiting job that `runner` may start.
    pub async fn has_claimable(&self, runner: &str) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE phase = 'queued' AND (runner_id IS NULL OR runner_id = ?))",
        )
        .bind(runner)
        .fetch_one(self.readers())
        .await?;
        Ok(row.try_get(0)?)
    }

    /// Takes over the jobs of a dead process, once: they wait again, for `runner`. A job that was asked to stop is
    /// cancelled, and one that has brought its process down [`MOST_ATTEMPTS`] times fails. Gives the jobs as they are now.
    pub async fn adopt(&self, dead: Dead, runner: &str, now: f64) -> Result<Vec<Job>, StoreError> {
        let fault = Fault::new(
            FaultKind::Internal,
            format!(
                "the program ended unexpectedly {MOST_ATTEMPTS} times while rendering this job"
            ),
        )
        .with_hint("try other settings, or timbre jobs retry to try it again as it is");
        let mut change = self.change().await?;
        let rows = sqlx::query(
            "UPDATE jobs SET \
             phase = CASE WHEN cancel = 1 THEN 'cancelled' \
                          WHEN phase <> 'queued' AND attempts >= ?4 THEN 'failed' ELSE 'queued' END, \
             fault = CASE WHEN cancel = 0 AND phase <> 'queued' AND attempts >= ?4 THEN ?5 ELSE fault END, \
             progress = 0, stage = '', eta_s = NULL, runner_id = ?2, updated_at = ?3 \
             WHERE runner_id = ?1 AND phase IN ('queued', 'generating', 'mastering') RETURNING *",
        )
        .bind(dead.id())
        .bind(runner)
        .bind(now)
        .bind(MOST_ATTEMPTS)
        .bind(to_json("fault", &fault)?)
        .fetch_all(&mut *change)
        .await?;
        sqlx::query("DELETE FROM runners WHERE id = ?")
            .bind(dead.id())
            .execute(&mut *change)
            .await?;
        change.commit().await?;
        dead.bury();
        rows.iter().map(read_job).collect()
    }

    /// Writes down how far a running job is. Gives `false` where the job is no longer this runner's.
    pub async fn save_progress(
        &self,
        id: &str,
        runner: &str,
        step: &Step,
        now: f64,
    ) -> Result<bool, StoreError> {
        let mut change = self.change().await?;
        let done = sqlx::query(
            "UPDATE jobs SET phase = ?3, progress = ?4, stage = ?5, eta_s = ?6, updated_at = ?7 \
             WHERE id = ?1 AND runner_id = ?2 AND phase IN ('generating', 'mastering')",
        )
        .bind(id)
        .bind(runner)
        .bind(step.phase.word())
        .bind(step.progress)
        .bind(&step.stage)
        .bind(step.eta_s)
        .bind(now)
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a job with a take, in one transaction with the take's row.
    /// Errors: [`StoreError::Conflict`] where the job is no longer this runner's.
    pub async fn finish(
        &self,
        id: &str,
        runner: &str,
        take: &Take,
        timing: &Timing,
        now: f64,
    ) -> Result<Job, StoreError> {
        let mut change = self.change().await?;
        let row = sqlx::query(
            "UPDATE jobs SET phase = 'ready', progress = 1, stage = '', eta_s = NULL, fault = NULL, cancel = 0, \
             take_id = ?3, updated_at = ?4 \
             WHERE id = ?1 AND runner_id = ?2 AND phase IN ('generating', 'mastering') RETURNING *",
        )
        .bind(id)
        .bind(runner)
        .bind(&take.id)
        .bind(now)
        .fetch_optional(&mut *change)
        .await?
        .ok_or_else(|| lost(id))?;
        insert_take(&mut change, take).await?;
        insert_timing(&mut change, &take.recipe.backend.id, timing).await?;
        change.commit().await?;
        read_job(&row)
    }

    /// Ends a running job without a take: `failed`, or `cancelled` where the fault says so.
    /// Errors: [`StoreError::Conflict`] where the job is no longer this runner's.
    pub async fn give_up(
        &self,
        id: &str,
        runner: &str,
        fault: &Fault,
        now: f64,
    ) -> Result<Job, StoreError> {
        let phase = match fault.kind {
            FaultKind::Cancelled => Phase::Cancelled,
            _ => Phase::Failed,
        };
        let stored = (phase == Phase::Failed).then(|| to_json("fault", fault)).transpose()?;
        let mut change = self.change().await?;
        let row = sqlx::query(
            "UPDATE jobs SET phase = ?3, stage = '', eta_s = NULL, fault = ?4, updated_at = ?5 \
             WHERE id = ?1 AND runner_id = ?2 AND phase IN ('generating', 'mastering') RETURNING *",
        )
        .bind(id)
        .bind(runner)
        .bind(phase.word())
        .bind(stored)
        .bind(now)
        .fetch_optional(&mut *change)
        .await?
        .ok_or_else(|| lost(id))?;
        change.commit().await?;
        read_job(&row)
    }

    /// Puts everything that is this runner's back into the queue for anyone; an interrupted attempt does not count.
    pub async fn hand_back(&self, runner: &str, now: f64) -> Result<(), StoreError> {
        let mut change = self.change().await?;
        sqlx::query(
            "UPDATE jobs SET attempts = CASE WHEN phase = 'queued' THEN attempts ELSE max(attempts - 1, 0) END, \
             phase = 'queued', progress = 0, stage = '', eta_s = NULL, runner_id = NULL, updated_at = ?2 \
             WHERE runner_id = ?1 AND phase IN ('queued', 'generating', 'mastering')",
        )
        .bind(runner)
        .bind(now)
        .execute(&mut *change)
        .await?;
        change.commit().await?;
        Ok(())
    }

    /// Cancels a waiting job at once, and asks the process that renders a running one to stop.
    /// Errors: [`StoreError::Conflict`] where the job is over.
    pub async fn cancel(&self, id: &str, now: f64) -> Result<Job, StoreError> {
        let mut change = self.change().await?;
        let row = sqlx::query(
            "UPDATE jobs SET cancel = 1, phase = CASE WHEN phase = 'queued' THEN 'cancelled' ELSE phase END, \
             updated_at = ?2 WHERE id = ?1 AND phase IN ('queued', 'generating', 'mastering') RETURNING *",
        )
        .bind(id)
        .bind(now)
        .fetch_optional(&mut *change)
        .await?;
        match row {
            Some(row) => {
                change.commit().await?;
                read_job(&row)
            }
            None => Err(wrong_phase(&mut change, id, "can't be cancelled").await),
        }
    }

    /// Which running jobs of a runner have been asked to stop, by any process.
    pub async fn cancelled(&self, runner: &str) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT id FROM jobs WHERE runner_id = ? AND cancel = 1 AND phase IN ('generating', 'mastering')",
        )
        .bind(runner)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Puts a failed or cancelled job back at the end of the queue. Errors: [`StoreError::Conflict`] in other phases.
    pub async fn retry(&self, id: &str, owner: Option<&str>, now: f64) -> Result<Job, StoreError> {
        let mut change = self.change().await?;
        let row = sqlx::query(
            "UPDATE jobs SET phase = 'queued', progress = 0, stage = '', eta_s = NULL, fault = NULL, cancel = 0, \
             attempts = 0, runner_id = ?2, position = (SELECT max(position) + 1 FROM jobs), updated_at = ?3 \
             WHERE id = ?1 AND phase IN ('failed', 'cancelled') RETURNING *",
        )
        .bind(id)
        .bind(owner)
        .bind(now)
        .fetch_optional(&mut *change)
        .await?;
        match row {
            Some(row) => {
                change.commit().await?;
                read_job(&row)
            }
            None => Err(wrong_phase(&mut change, id, "can't be retried").await),
        }
    }

    /// Moves a waiting job to a place in the queue, 0 first, and gives the queue in its new order.
    /// Errors: [`StoreError::Conflict`] where the job does not wait.
    pub async fn reorder(&self, id: &str, place: u32) -> Result<Vec<Job>, StoreError> {
        let mut change = self.change().await?;
        let rows = sqlx::query("SELECT * FROM jobs WHERE phase = 'queued' ORDER BY position, seq")
            .fetch_all(&mut *change)
            .await?;
        let mut queue = rows.iter().map(read_job).collect::<Result<Vec<_>, _>>()?;
        let Some(from) = queue.iter().position(|job| job.id == id) else {
            return Err(wrong_phase(&mut change, id, "can't be moved").await);
        };
        // The queue keeps the positions it has, handed out anew, so jobs that run or are over need no change.
        let positions = queue.iter().map(|job| job.position).collect::<Vec<_>>();
        let job = queue.remove(from);
        queue.insert(usize::try_from(place).unwrap_or(usize::MAX).min(queue.len()), job);
        for (job, position) in queue.iter_mut().zip(positions) {
            if job.position != position {
                job.position = position;
                sqlx::query("UPDATE jobs SET position = ? WHERE id = ?")
                    .bind(position)
                    .bind(&job.id)
                    .execute(&mut *change)
                    .await?;
            }
        }
        change.commit().await?;
        Ok(queue)
    }

    /// A job by its whole id. Errors: [`StoreError::Unknown`].
    pub async fn job(&self, id: &str) -> Result<Job, StoreError> {
        sqlx::query("SELECT * FROM jobs WHERE id = ?")
            .bind(id)
            .fetch_optional(self.readers())
            .await?
            .map(|row| read_job(&row))
            .transpose()?
            .ok_or_else(|| StoreError::Unknown { what: "job", name: id.to_owned() })
    }

    /// Jobs: running ones first, then the queue in its order, then finished ones, newest first.
    pub async fn jobs(&self, filter: &JobFilter) -> Result<Vec<Job>, StoreError> {
        let mut jobs = Vec::new();
        let groups = [
            (" AND phase IN ('generating', 'mastering')", " ORDER BY seq LIMIT "),
            (" AND phase = 'queued'", " ORDER BY position, seq LIMIT "),
            (" AND phase IN ('ready', 'failed', 'cancelled')", " ORDER BY seq DESC LIMIT "),
        ];
        for (group, order) in groups {
            let left = filter.limit.saturating_sub(u32::try_from(jobs.len()).unwrap_or(u32::MAX));
            let mut query = QueryBuilder::<sqlx::Sqlite>::new(ALL);
            query.push(group);
            if !filter.phases.is_empty() {
                query.push(" AND phase IN (");
                let mut list = query.separated(", ");
                for phase in &filter.phases {
                    list.push_bind(phase.word());
                }
                query.push(")");
            }
            if let Some(session) = &filter.session_id {
                query.push(" AND session_id = ").push_bind(session);
            }
            query.push(order).push_bind(left);
            for row in query.build().fetch_all(self.readers()).await? {
                jobs.push(read_job(&row)?);
            }
        }
        Ok(jobs)
    }

    /// How many jobs wait, run and have failed.
    pub async fn job_counts(&self) -> Result<JobCounts, StoreError> {
        let mut counts = JobCounts::default();
        let rows = sqlx::query("SELECT phase, count(*) AS n FROM jobs GROUP BY phase")
            .fetch_all(self.readers())
            .await?;
        for row in rows {
            let n = row.try_get::<u64, _>("n")?;
            match Phase::from_word(row.try_get("phase")?) {
                Some(Phase::Queued) => counts.queued = n,
                Some(Phase::Generating | Phase::Mastering) => counts.running += n,
                Some(Phase::Failed) => counts.failed = n,
                _ => {}
            }
        }
        Ok(counts)
    }
}

fn lost(id: &str) -> StoreError {
    StoreError::Conflict(format!(
        "job {id} is no longer this process's: it was ended or taken over"
    ))
}

/// Why a change did not find its job: there is none, or it is in another phase.
async fn wrong_phase(change: &mut SqliteConnection, id: &str, what: &str) -> StoreError {
    let row =
        sqlx::query("SELECT phase FROM jobs WHERE id = ?").bind(id).fetch_optional(change).await;
    match row.map(|row| row.map(|row| row.try_get::<String, _>(0))) {
        Ok(Some(Ok(phase))) => StoreError::Conflict(format!("job {id} is {phase} and {what}")),
        Ok(None) => StoreError::Unknown { what: "job", name: id.to_owned() },
        Ok(Some(Err(error))) | Err(error) => error.into(),
    }
}

fn to_json(what: &'static str, value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Value { what, source })
}

fn read_job(row: &SqliteRow) -> Result<Job, StoreError> {
    let value = |what| move |source| StoreError::Value { what, source };
    Ok(Job {
        id: row.try_get("id")?,
        session_id: row.try_get("session_id")?,
        parent: row.try_get("parent")?,
        number: row.try_get("number")?,
        request: serde_json::from_str(row.try_get("request")?).map_err(value("request"))?,
        path: row.try_get("path")?,
        overwrite: row.try_get("overwrite")?,
        // The table's own check allows only the words of the phases.
        phase: Phase::from_word(row.try_get("phase")?).unwrap_or(Phase::Failed),
        progress: row.try_get("progress")?,
        stage: row.try_get("stage")?,
        eta_s: row.try_get("eta_s")?,
        position: row.try_get("position")?,
        attempts: row.try_get("attempts")?,
        take_id: row.try_get("take_id")?,
        fault: row
            .try_get::<Option<&str>, _>("fault")?
            .map(serde_json::from_str)
            .transpose()
            .map_err(value("fault"))?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
