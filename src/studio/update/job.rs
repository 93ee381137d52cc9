//! Decisions on jobs: when the next one starts, what its progress means, and how it ends.

use crate::model::card::TakeCard;
use crate::model::job::{Fault, FaultKind, Job, JobId, Phase};
use crate::model::session::Session;
use crate::protocol::Event;
use crate::protocol::event::{
    JobChanged, JobProgress, SessionChanged, SessionNoted, TakeChanged, TakeCreated, TakeDeleted,
};

use super::super::effect::Effect;
use super::super::handle::Shutdown;
use super::super::input::{About, News, Rendered, Write, Wrote};
use super::super::scheduling::Past;
use super::super::state::{Running, State};
use super::{ending, write};

/// Ticks between two looks for jobs that others have put into the queue: a second.
const CLAIM_TICKS: u64 = 4;
/// Ticks between two looks for processes that have died: five seconds.
const ADOPT_TICKS: u64 = 20;

pub(super) fn started(state: &mut State) -> Vec<Effect> {
    adopt(state)
}

/// Takes over from the dead, if this process renders and is not ending.
fn adopt(state: &mut State) -> Vec<Effect> {
    if state.slots == 0 || state.adopting || state.ending.is_some() {
        return Vec::new();
    }
    state.adopting = true;
    vec![write(About::Adopt, Write::Adopt)]
}

/// Asks for the next job, if there is room for one.
pub(super) fn claim(state: &mut State) -> Vec<Effect> {
    if state.claiming {
        // Something came in while the library was being asked; its answer may be older than that.
        state.claim_again = true;
        return Vec::new();
    }
    let may_start = match state.ending {
        None => true,
        // Only what was submitted here is still waited for.
        Some(ending) => ending.how == Shutdown::Finish && state.own.len() > own_running(state),
    };
    if !may_start || state.free_slot().is_none() {
        return Vec::new();
    }
    state.claiming = true;
    state.claim_again = false;
    vec![write(About::Claim, Write::Claim)]
}

fn own_running(state: &State) -> usize {
    state.running.keys().filter(|id| state.own.contains(*id)).count()
}

pub(super) fn tick(state: &mut State) -> Vec<Effect> {
    state.ticks += 1;
    let mut effects = Vec::new();
    let is_claim_time = state.slots > 0 && state.ticks.is_multiple_of(CLAIM_TICKS);
    if !state.running.is_empty() || is_claim_time {
        effects.push(Effect::Watch);
    }
    if state.ticks.is_multiple_of(ADOPT_TICKS) {
        effects.extend(adopt(state));
    }
    effects
}

pub(super) fn seen(state: &mut State, cancelled: &[JobId], claimable: bool) -> Vec<Effect> {
    let mut effects = cancelled.iter().filter_map(|id| stop(state, id)).collect::<Vec<_>>();
    if claimable {
        effects.extend(claim(state));
    }
    effects
}

/// Tells a running job to stop, once.
pub(super) fn stop(state: &mut State, id: &JobId) -> Option<Effect> {
    let running = state.running.get_mut(id).filter(|running| !running.stopped)?;
    running.stopped = true;
    Some(Effect::StopJob(id.clone()))
}

/// What a write that went well means for jobs.
pub(super) fn written(state: &mut State, wrote: Wrote) -> Vec<Effect> {
    match wrote {
        Wrote::Submitted { jobs, session, .. } => {
            state.own.extend(jobs.iter().map(|job| job.id.clone()));
            let mut effects = session.map(session_changed).into_iter().collect::<Vec<_>>();
            effects.extend(jobs.into_iter().map(changed));
            effects.extend(claim(state));
            effects
        }
        Wrote::Retried(job) => {
            state.own.insert(job.id.clone());
            let mut effects = vec![changed(*job)];
            effects.extend(claim(state));
            effects
        }
        Wrote::Cancelled(job) => {
            let mut effects = Vec::new();
            effects.extend(stop(state, &job.id));
            if job.phase.is_final() {
                state.own.remove(&job.id);
                effects.push(changed(*job));
            }
            effects.extend(ending::step(state));
            effects
        }
        Wrote::Adopted(jobs) => {
            state.adopting = false;
            let mut effects = jobs.into_iter().map(changed).collect::<Vec<_>>();
            effects.extend(claim(state));
            effects
        }
        Wrote::Claimed(Some(claimed)) => {
            state.claiming = false;
            let (job, timings) = *claimed;
            let mut effects = start(state, job, Past::of(&timings));
            effects.extend(claim(state));
            effects
        }
        Wrote::Claimed(None) => {
            state.claiming = false;
            let mut effects = if state.claim_again { claim(state) } else { Vec::new() };
            if effects.is_empty() {
                // What was submitted here and can't be had is with another process now, or over.
                state.own.retain(|id| state.running.contains_key(id));
                effects.extend(ending::step(state));
            }
            effects
        }
        Wrote::Finished(job, rendered) => finished(state, *job, *rendered),
        Wrote::GivenUp(job) => {
            leave(state, &job.id);
            let mut effects = vec![changed(*job)];
            effects.extend(claim(state));
            effects.extend(ending::step(state));
            effects
        }
        Wrote::Judged(take) => {
            vec![emit(Event::TakeChanged(TakeChanged { take: TakeCard::from(&*take) }))]
        }
        Wrote::Deleted(id, _) => vec![emit(Event::TakeDeleted(TakeDeleted { id }))],
        Wrote::SessionCreated(session) | Wrote::SessionChanged(session) => {
            vec![session_changed(session)]
        }
        Wrote::Noted(note) => vec![emit(Event::SessionNoted(SessionNoted { note }))],
        Wrote::Reordered(_) | Wrote::Done => Vec::new(),
    }
}

/// What a write that failed means for jobs.
pub(super) fn not_written(state: &mut State, about: &About, fault: Fault) -> Vec<Effect> {
    match about {
        About::Call | About::HandBack => Vec::new(),
        About::Adopt => {
            state.adopting = false;
            claim(state)
        }
        About::Claim => {
            // The next tick asks again; a library that can't be written now may be so in a second.
            state.claiming = false;
            ending::step(state)
        }
        About::Finish(id) if fault.kind != FaultKind::Conflict => {
            let fault = Fault {
                message: format!("the take could not be entered: {}", fault.message),
                ..fault
            };
            vec![write(About::GiveUp(id.clone()), Write::GiveUp { id: id.clone(), fault })]
        }
        // The job is somebody else's by now, or will be taken over once we are gone.
        About::Finish(id) | About::GiveUp(id) => {
            leave(state, id);
            let mut effects = claim(state);
            effects.extend(ending::step(state));
            effects
        }
    }
}

fn start(state: &mut State, job: Job, past: Past) -> Vec<Effect> {
    let Some(slot) = state.free_slot() else {
        // Can't happen while claims come one at a time; the job is left to the queue all the same.
        return vec![write(About::Call, Write::HandBack)];
    };
    let is_stopping = state.ending.is_some_and(|ending| ending.how != Shutdown::Finish);
    let running = Running { job: job.clone(), slot, past, stopped: is_stopping, saved: None };
    state.running.insert(job.id.clone(), running);
    let mut effects = vec![changed(job.clone())];
    let id = job.id.clone();
    effects.push(Effect::StartJob { job: Box::new(job), slot });
    if is_stopping {
        // It was claimed in the moment in which the end was asked for.
        effects.push(Effect::StopJob(id));
    }
    effects
}

pub(super) fn news(state: &mut State, news: News) -> Vec<Effect> {
    match news {
        News::Progress { id, phase, fraction, stage, elapsed_s } => {
            progress(state, &id, phase, fraction, stage, elapsed_s)
        }
        News::Ended { id, outcome } => ended(state, id, outcome),
    }
}

fn progress(
    state: &mut State,
    id: &JobId,
    phase: Phase,
    fraction: f64,
    stage: String,
    elapsed_s: f64,
) -> Vec<Effect> {
    let Some(running) = state.running.get_mut(id) else { return Vec::new() };
    let is_new_phase = running.job.phase != phase;
    // A backend may correct itself downward; a bar that runs backward helps nobody.
    let progress = running.past.progress(&running.job, phase, fraction).max(running.job.progress);
    let eta_s = running.past.eta_s(&running.job, phase, fraction, elapsed_s);
    running.job.phase = phase;
    running.job.progress = progress;
    running.job.stage.clone_from(&stage);
    running.job.eta_s = eta_s;
    let mut effects = Vec::new();
    if is_new_phase {
        effects.push(changed(running.job.clone()));
    }
    effects.push(emit(Event::JobProgress(JobProgress {
        job_id: id.clone(),
        phase,
        progress,
        stage: stage.clone(),
        eta_s,
    })));
    // Other processes see progress through the library, in steps of a tenth: each is a write that reaches the disk.
    let step = (progress * 10.0) as u32;
    if running.saved != Some((phase, step)) {
        running.saved = Some((phase, step));
        effects.push(write(
            About::Call,
            Write::Progress { id: id.clone(), phase, progress, stage, eta_s },
        ));
    }
    effects
}

fn ended(state: &mut State, id: JobId, outcome: Result<Box<Rendered>, Fault>) -> Vec<Effect> {
    if !state.running.contains_key(&id) {
        return Vec::new();
    }
    match outcome {
        // A take that is finished counts, even if the wish to stop came in the same moment.
        Ok(rendered) => {
            vec![write(About::Finish(id.clone()), Write::Finish { id, rendered })]
        }
        Err(fault) if fault.kind == FaultKind::Cancelled && ending::keeps(state, &id) => {
            // It goes back into the queue with the rest.
            leave(state, &id);
            ending::step(state)
        }
        Err(fault) => vec![write(About::GiveUp(id.clone()), Write::GiveUp { id, fault })],
    }
}

fn finished(state: &mut State, job: Job, rendered: Rendered) -> Vec<Effect> {
    leave(state, &job.id);
    // The take first: whoever waits for the job's end finds the take already told of.
    let mut effects =
        vec![emit(Event::TakeCreated(TakeCreated { take: rendered.take })), changed(job)];
    effects.extend(claim(state));
    effects.extend(ending::step(state));
    effects
}

fn leave(state: &mut State, id: &JobId) {
    state.running.remove(id);
    if state.ending.is_none_or(|ending| ending.how != Shutdown::Requeue) {
        state.own.remove(id);
    }
}

fn changed(job: Job) -> Effect {
    emit(Event::JobChanged(JobChanged { job }))
}

fn session_changed(session: Session) -> Effect {
    emit(Event::SessionChanged(SessionChanged { session }))
}

fn emit(event: Event) -> Effect {
    Effect::Emit(Box::new(event))
}
