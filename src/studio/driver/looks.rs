//! Reads of the library, each on a task of its own. They change nothing, so they need no order.

use serde_json::Value;

use crate::model::job::{Fault, FaultKind};
use crate::protocol::engine::{BriefReadResponse, EngineStatusResponse};
use crate::protocol::job::{JobListResponse, JobResponse};
use crate::protocol::library::{SessionGetResponse, SessionListResponse};
use crate::protocol::listen::{TakeScoreResponse, VerdictListResponse};
use crate::protocol::take::{TakeListResponse, TakeResponse};
use crate::protocol::transcript::{PromptHistoryResponse, SessionTranscriptResponse};
use crate::store::library::{Library, Table};
use crate::store::take::{Order, TakeFilter};

use super::super::finish::target;
use super::super::input::{Input, Look};
use super::super::options::Work;
use super::super::update::to_value;
use super::task::blocking;
use super::{Kit, score};

/// Most takes that come with a session.
const SESSION_TAKES: u32 = 500;

/// Answers a read.
pub(super) async fn look(kit: &Kit, look: Look) -> Result<Value, Fault> {
    let library = &kit.library;
    match look {
        Look::Status => status(kit).await,
        Look::Brief { request, notes } => {
            let backend = kit.backend(&request.backend)?;
            let read = tokio::task::spawn_blocking(move || {
                let brief = backend.read(&request);
                (brief, request)
            });
            let (brief, request) = read.await.map_err(|error| {
                Fault::new(FaultKind::Internal, format!("the prompt could not be read: {error}"))
            })?;
            to_value(&BriefReadResponse { brief: brief?, request: *request, notes })
        }
        Look::Jobs(mut filter) => {
            filter.session_id = find_session(library, filter.session_id).await?;
            to_value(&JobListResponse { jobs: library.jobs(&filter).await? })
        }
        Look::Job(part) => {
            let id = library.find_id(Table::Jobs, &part).await?;
            to_value(&JobResponse { job: library.job(&id).await? })
        }
        Look::Takes(mut filter) => {
            filter.session_id = find_session(library, filter.session_id.take()).await?;
            let (takes, next) = library.takes(&filter).await?;
            to_value(&TakeListResponse { takes, next: next.map(|cursor| cursor.to_string()) })
        }
        Look::Take(part) => {
            let id = library.find_id(Table::Takes, &part).await?;
            to_value(&TakeResponse { take: library.take(&id).await? })
        }
        Look::Score(part) => {
            let id = library.find_id(Table::Takes, &part).await?;
            let recipe = library.take(&id).await?.recipe;
            let backend = kit.backend(&recipe.request.backend)?;
            let score = blocking(move || score::recompose(backend.as_ref(), &recipe)).await?;
            to_value(&TakeScoreResponse { score })
        }
        Look::Verdicts(take, limit) => {
            let verdicts = library.verdicts(take.as_deref(), limit).await?;
            to_value(&VerdictListResponse { verdicts })
        }
        Look::Sessions(limit) => {
            to_value(&SessionListResponse { sessions: library.sessions(limit).await? })
        }
        Look::Session(part) => {
            let id = library.find_id(Table::Sessions, &part).await?;
            let filter = TakeFilter {
                session_id: Some(id.clone()),
                order: Order::Oldest,
                limit: SESSION_TAKES,
                ..TakeFilter::default()
            };
            let session = library.session(&id).await?;
            to_value(&SessionGetResponse { session, takes: library.takes(&filter).await?.0 })
        }
        Look::Transcript { session, limit, before } => {
            let id = library.find_id(Table::Sessions, &session).await?;
            let page = library.transcript(&id, limit, before).await?;
            to_value(&SessionTranscriptResponse {
                session: page.session,
                entries: page.entries,
                before: page.before.map(|place| place.to_string()),
            })
        }
        Look::Prompts { search, limit } => {
            let prompts = library.prompts(search.as_deref(), limit).await?;
            to_value(&PromptHistoryResponse { prompts })
        }
    }
}

async fn find_session(library: &Library, part: Option<String>) -> Result<Option<String>, Fault> {
    match part {
        Some(part) => Ok(Some(library.find_id(Table::Sessions, &part).await?)),
        None => Ok(None),
    }
}

async fn status(kit: &Kit) -> Result<Value, Fault> {
    let counts = kit.library.job_counts().await?;
    to_value(&EngineStatusResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target: target(),
        database: kit.library.path().to_string_lossy().into_owned(),
        schema: Library::schema(),
        music_dir: kit.options.music_dir.to_string_lossy().into_owned(),
        takes: kit.library.take_count().await?,
        queued: counts.queued,
        running: counts.running,
        failed: counts.failed,
        jobs_at_once: match kit.options.work {
            Work::Nothing => 0,
            Work::Everything => kit.options.jobs_at_once.max(1),
        },
        notices: kit.library.notices().to_vec(),
        audio: kit.stage.status(),
    })
}

/// Looks at what other processes may have changed in the queue.
pub(super) async fn watch(kit: &Kit) -> Result<Input, Fault> {
    Ok(Input::Seen {
        cancelled: kit.library.cancelled(&kit.owner).await?,
        claimable: kit.library.has_claimable(&kit.owner).await?,
    })
}
