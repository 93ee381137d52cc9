//! The one task that writes to the library, in the order in which it is asked. It reports every write with an input.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::model::job::Fault;
use crate::model::take::Take;
use crate::model::units::Seed;
use crate::store::artifact::sweep;
use crate::store::job::{Home, NewJob};
use crate::store::library::Table;
use crate::store::runner::Runner;
use crate::util::text;

use super::super::derive::{Chance, REROLL, derive, highest, repeats};
use super::super::finish::place::Place;
use super::super::input::{Derivation, Input, Write, Wrote};
use super::super::options::Work;
use super::{Kit, Order, now};

/// Writes until nobody can ask for more, then takes the process's registration back.
pub(super) async fn run(
    kit: Arc<Kit>,
    runner: Option<Runner>,
    mut orders: mpsc::Receiver<Order>,
    inputs: mpsc::Sender<Input>,
) {
    while let Some(Order { ticket, about, write }) = orders.recv().await {
        let outcome = execute(&kit, runner.as_ref(), write).await;
        if let Err(fault) = &outcome {
            tracing::warn!("a write failed ({about:?}): {fault}");
        }
        if inputs.send(Input::Wrote { ticket, about, outcome }).await.is_err() {
            break;
        }
    }
    if let Some(runner) = runner
        && let Err(error) = runner.retire(&kit.library).await
    {
        tracing::warn!("the registration could not be taken back: {error}");
    }
}

async fn execute(kit: &Kit, runner: Option<&Runner>, write: Write) -> Result<Wrote, Fault> {
    let library = &kit.library;
    let me = kit.owner.as_str();
    // What a process that does not render puts into the queue is for whoever does.
    let owner = (kit.options.work == Work::Everything).then_some(me);
    Ok(match write {
        Write::Submit { session, fresh, mut jobs, typed, notes } => {
            let home = match session {
                Some(part) => {
                    let id = library.find_id(Table::Sessions, &part).await?;
                    Home::Existing { id, title: fresh.title }
                }
                None => Home::New(fresh),
            };
            // All of one submission have the same parent, so it is looked up once.
            if let Some(part) = jobs.first().and_then(|job| job.parent.clone()) {
                let parent = library.find_id(Table::Takes, &part).await?;
                jobs.iter_mut().for_each(|job| job.parent = Some(parent.clone()));
            }
            let queued = library.submit(&home, &jobs, &typed, owner, now()).await?;
            Wrote::Submitted { jobs: queued.jobs, session: queued.session, notes }
        }
        Write::Derive(derivation) => derive_jobs(kit, *derivation, owner).await?,
        Write::Cancel(part) => {
            let id = library.find_id(Table::Jobs, &part).await?;
            Wrote::Cancelled(Box::new(library.cancel(&id, now()).await?))
        }
        Write::Retry(part) => {
            let id = library.find_id(Table::Jobs, &part).await?;
            Wrote::Retried(Box::new(library.retry(&id, owner, now()).await?))
        }
        Write::Reorder(part, place) => {
            let id = library.find_id(Table::Jobs, &part).await?;
            Wrote::Reordered(library.reorder(&id, place).await?)
        }
        Write::Judge(part, opinion) => {
            let id = library.find_id(Table::Takes, &part).await?;
            Wrote::Judged(Box::new(library.judge(&id, &opinion).await?))
        }
        Write::Delete(part, files) => {
            let id = library.find_id(Table::Takes, &part).await?;
            let take = library.delete_take(&id).await?;
            let removed = if files { remove_files(&take) } else { Vec::new() };
            Wrote::Deleted(id, removed)
        }
        Write::NameTake(part, title) => {
            let id = library.find_id(Table::Takes, &part).await?;
            Wrote::Judged(Box::new(library.name_take(&id, &title).await?))
        }
        Write::CreateSession(session) => {
            Wrote::SessionCreated(library.create_session(&session).await?)
        }
        Write::RenameSession(part, title) => {
            let id = library.find_id(Table::Sessions, &part).await?;
            Wrote::SessionChanged(library.rename_session(&id, &title).await?)
        }
        Write::Fork { session, at, fresh } => {
            let id = library.find_id(Table::Sessions, &session).await?;
            let at = match at {
                Some(part) => Some(library.find_id(Table::Jobs, &part).await?),
                None => None,
            };
            Wrote::SessionChanged(library.fork_session(&id, at.as_deref(), &fresh).await?)
        }
        Write::Note(mut note) => {
            note.session_id = library.find_id(Table::Sessions, &note.session_id).await?;
            Wrote::Noted(library.add_note(&note).await?)
        }
        Write::Adopt => Wrote::Adopted(match runner {
            Some(runner) => adopt(kit, runner).await?,
            None => Vec::new(),
        }),
        Write::Claim => Wrote::Claimed(match library.claim(me, now()).await? {
            Some(job) => {
                let timings = library.timings(&job.request.backend).await?;
                Some(Box::new((job, timings)))
            }
            None => None,
        }),
        Write::Progress { id, phase, progress, stage, eta_s } => {
            let step = crate::store::job::Step { phase, progress, stage, eta_s };
            library.save_progress(&id, me, &step, now()).await?;
            Wrote::Done
        }
        Write::Finish { id, rendered } => {
            let job = library.finish(&id, me, &rendered.take, &rendered.timing, now()).await?;
            Wrote::Finished(Box::new(job), rendered)
        }
        Write::GiveUp { id, fault } => {
            Wrote::GivenUp(Box::new(library.give_up(&id, me, &fault, now()).await?))
        }
        Write::HandBack => {
            if runner.is_some() {
                library.hand_back(me, now()).await?;
            }
            Wrote::Done
        }
    })
}

/// Puts jobs into the queue that start from a take.
async fn derive_jobs(
    kit: &Kit,
    derivation: Derivation,
    owner: Option<&str>,
) -> Result<Wrote, Fault> {
    let (library, Derivation { params, jobs }) = (&kit.library, derivation);
    let id = library.find_id(Table::Takes, &params.id).await?;
    let take = library.take(&id).await?;
    let session_id = match &params.session {
        Some(part) => library.find_id(Table::Sessions, part).await?,
        None => take.session_id.clone(),
    };
    let backends = kit.backends.iter().map(|backend| backend.info()).collect::<Vec<_>>();
    let mut chance =
        Chance { highest: library.highest_param(&session_id, REROLL).await?, seed: Seed(0) };
    let (mut new, mut typed, mut notes) = (Vec::new(), String::new(), Vec::new());
    for (nth, (job, seed)) in (0..).zip(jobs) {
        chance.seed = seed;
        let derived = derive(&take.recipe, &params.changes, &kit.options, &backends, chance)?;
        let mut request = derived.request;
        chance.highest = chance.highest.max(highest(&request));
        if repeats(&params.changes) {
            request.seed = Seed(request.seed.0.wrapping_add(nth));
        }
        typed = derived.typed.unwrap_or_default();
        notes = derived.notes;
        let parent = Some(id.clone());
        new.push(NewJob { id: job, request, parent, path: None, overwrite: false });
    }
    let typed = text::clean(&typed).trim().to_owned();
    let home = Home::Existing { id: session_id, title: take.title };
    let queued = library.submit(&home, &new, &typed, owner, now()).await?;
    Ok(Wrote::Submitted { jobs: queued.jobs, session: queued.session, notes })
}

/// Takes over every dead process's jobs and removes its half-written files.
async fn adopt(kit: &Kit, runner: &Runner) -> Result<Vec<crate::model::job::Job>, Fault> {
    let mut adopted = Vec::new();
    for dead in runner.find_dead(&kit.library).await? {
        let name = dead.id().to_owned();
        let jobs = kit.library.adopt(dead, &kit.owner, now()).await?;
        sweep(&kit.scratch, &name);
        for job in &jobs {
            let place = Place::of(job, &kit.options.music_dir);
            for folder in place.folders() {
                sweep(&folder, &name);
            }
        }
        tracing::info!("took over {} jobs of {name}", jobs.len());
        adopted.extend(jobs);
    }
    Ok(adopted)
}

/// Removes the files of a take and gives those that were there.
fn remove_files(take: &Take) -> Vec<String> {
    let mut removed = Vec::new();
    let stems = take.stems.iter().map(|stem| &stem.path);
    for path in [&take.path, &take.recipe_path].into_iter().chain(&take.midi_path).chain(stems) {
        match std::fs::remove_file(path) {
            Ok(()) => removed.push(path.clone()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!("could not remove {path}: {error}"),
        }
    }
    // The folder of the stems is ours; it goes if nothing else is in it.
    if let Some(folder) = take.stems.first().and_then(|stem| Path::new(&stem.path).parent()) {
        let _ = std::fs::remove_dir(folder);
    }
    removed
}
