//! `jobs`: finishes what was interrupted, then lists the queue; or cancels, retries, reorders.

use crate::client::Work;
use crate::model::id;
use crate::model::job::{Job, Phase};
use crate::protocol::job::{JobCancelParams, JobListParams, JobReorderParams, JobRetryParams};
use crate::protocol::methods::{JobCancel, JobList, JobReorder, JobRetry};
use crate::util::text;

use super::Place;
use crate::cli::args::{JobAction, Jobs};
use crate::cli::engine::{self, Session};
use crate::cli::progress::{self, Ending};
use crate::cli::report::{self, JobLine, TakeLine};
use crate::cli::stop::Stop;

/// Columns that a prompt may take in a list.
const PROMPT_COLUMNS: usize = 48;

pub(super) fn run(place: &Place<'_>, words: Jobs) -> Result<(), Stop> {
    // A retried job is rendered here and now, like an interrupted one.
    let renders = match &words.action {
        None => !words.no_resume,
        Some(JobAction::Retry { .. }) => true,
        Some(JobAction::Cancel { .. } | JobAction::Reorder { .. }) => false,
    };
    if renders {
        let work = Work::Everything;
        engine::run(place.common, place.around, place.output, work, async |session| {
            act(session, words).await
        })
    } else {
        let work = Work::Nothing;
        engine::attach_or_start(place.common, place.around, place.output, work, async |session| {
            act(session, words).await
        })
    }
}

async fn act(session: &Session, words: Jobs) -> Result<(), Stop> {
    match words.action {
        None if words.no_resume => list(session).await,
        None => {
            let phases = vec![Phase::Queued, Phase::Generating, Phase::Mastering];
            let params = JobListParams { phases, ..JobListParams::default() };
            let mut events = session.client.subscribe();
            let open = session.client.call::<JobList>(params).await?.jobs;
            finish(session, &mut events, &open).await?;
            list(session).await
        }
        Some(JobAction::Cancel { id }) => {
            let job = session.client.call::<JobCancel>(JobCancelParams { id }).await?.job;
            show(session, &[job])
        }
        Some(JobAction::Retry { id }) => {
            let mut events = session.client.subscribe();
            let job = session.client.call::<JobRetry>(JobRetryParams { id }).await?.job;
            finish(session, &mut events, &[job]).await
        }
        Some(JobAction::Reorder { id, place }) => {
            // People count places from 1, the engine from 0.
            let params = JobReorderParams { id, place: place.saturating_sub(1) };
            show(session, &session.client.call::<JobReorder>(params).await?.jobs)
        }
    }
}

/// Watches jobs to their ends and prints their takes. A job that fails is told and does not stop the others.
async fn finish(
    session: &Session,
    events: &mut crate::client::Events,
    open: &[Job],
) -> Result<(), Stop> {
    let output = &session.output;
    if !open.is_empty() {
        let jobs = if open.len() == 1 { "job" } else { "jobs" };
        output.talk(&format!("finishing {} {jobs}", open.len()));
    }
    progress::watch(session, events, open, |_, ending| match ending {
        Ending::Ready(take, seconds) => {
            output.talk(&report::facts(&take, Some(seconds)));
            if output.is_json() {
                output.object(&TakeLine::of(&take))
            } else {
                output.result(&take.path)
            }
        }
        Ending::Fault(fault) => {
            output.fault(&fault);
            Ok(())
        }
    })
    .await
}

async fn list(session: &Session) -> Result<(), Stop> {
    let jobs = session.client.call::<JobList>(JobListParams::default()).await?.jobs;
    show(session, &jobs)
}

fn show(session: &Session, jobs: &[Job]) -> Result<(), Stop> {
    let output = &session.output;
    if output.is_json() {
        return jobs.iter().try_for_each(|job| output.object(&JobLine::of(job)));
    }
    if jobs.is_empty() {
        output.talk("no jobs");
    }
    let rows = jobs.iter().map(|job| {
        let detail = match &job.fault {
            Some(fault) if job.phase == Phase::Failed => text::one_line(&fault.message),
            _ => text::fit(&text::one_line(&job.request.prompt), PROMPT_COLUMNS),
        };
        vec![
            id::short(&job.id).to_owned(),
            report::moment(job.created_at),
            job.phase.word().to_owned(),
            format!("{:.0}%", job.progress.clamp(0.0, 1.0) * 100.0),
            detail,
        ]
    });
    let rows = rows.collect::<Vec<_>>();
    report::columns(&rows).iter().try_for_each(|line| output.result(line))
}
