//! One job from its request to its finished take, on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::generate::backend::{Backend, Generated, Progress, Watch};
use crate::model::job::{Fault, FaultKind, Job, Phase};
use crate::model::request::Resolved;
use crate::model::take::Take;
use crate::store::timing::Timing;

use super::driver::{Kit, new_id, now};
use super::finish::place::Place;
use super::finish::{Finisher, finish};
use super::input::{News, Rendered};

/// Shortest time between two reports of the same stage.
const REPORT_EVERY: Duration = Duration::from_millis(50);

/// Renders, finishes and describes a job's take. Thread: `generate-N`.
pub(crate) fn render(
    kit: &Kit,
    job: &Job,
    cancel: &Arc<AtomicBool>,
    tell: &(dyn Fn(News) + Sync),
) -> Result<Box<Rendered>, Fault> {
    let place = Place::of(job, &kit.options.music_dir);
    // Whether the take may and can be written is asked before minutes of rendering, not after.
    drop(kit.workshop.stage(&place.audio, place.existing)?);
    let scratch = kit.scratch(&job.id)?;

    let generating = Reporter::new(&job.id, Phase::Generating, tell);
    let generated = generate(
        kit.backend(&job.request.backend)?.as_ref(),
        &job.request,
        &Watch::new(
            cancel.clone(),
            &|progress: Progress| generating.report(progress.fraction, &progress.stage),
            scratch.path.clone(),
            kit.options.threads,
            job.request.export.stems,
        ),
    )?;
    let generating_s = generating.elapsed_s();

    let mastering = Reporter::new(&job.id, Phase::Mastering, tell);
    let finished = finish(
        generated,
        &job.request,
        &place,
        &Finisher {
            workshop: &kit.workshop,
            cancel,
            threads: kit.options.threads,
            report: &|fraction, stage| mastering.report(fraction, stage),
        },
    )?;
    let timing = Timing {
        audio_s: finished.recipe.outcome.duration_s,
        generating_s,
        mastering_s: mastering.elapsed_s(),
    };
    let take = Take {
        id: new_id(),
        session_id: job.session_id.clone(),
        job_id: job.id.clone(),
        parent: job.parent.clone(),
        number: job.number,
        title: finished.title,
        path: finished.path,
        recipe_path: finished.recipe_path,
        midi_path: finished.midi_path,
        stems: finished.stems,
        recipe: finished.recipe,
        rating: None,
        note: String::new(),
        tags: Vec::new(),
        created_at: now(),
    };
    Ok(Box::new(Rendered { take, timing }))
}

/// Runs a backend. A panic inside it is this job's failure and nobody else's.
pub(crate) fn generate(
    backend: &dyn Backend,
    request: &Resolved,
    watch: &Watch<'_>,
) -> Result<Generated, Fault> {
    let outcome = catch_unwind(AssertUnwindSafe(|| backend.generate(request, watch)));
    let generated = outcome.unwrap_or_else(|panic| {
        let what = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(crate::generate::backend::GenerateError::Internal {
            backend: "chosen",
            message: format!("it broke off: {what}"),
        })
    })?;
    watch.check()?;
    if generated.mix.frames() == 0 {
        return Err(Fault::new(FaultKind::Internal, "the backend gave no sound")
            .with_hint("try another seed, and report it with the recipe"));
    }
    Ok(generated)
}

/// Passes progress on, with the time it took, and not more often than anybody can see.
struct Reporter<'a> {
    id: &'a str,
    phase: Phase,
    began: Instant,
    last: Mutex<Option<(Instant, String)>>,
    tell: &'a (dyn Fn(News) + Sync),
}

impl<'a> Reporter<'a> {
    fn new(id: &'a str, phase: Phase, tell: &'a (dyn Fn(News) + Sync)) -> Self {
        Self { id, phase, began: Instant::now(), last: Mutex::new(None), tell }
    }

    fn elapsed_s(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    fn report(&self, fraction: f64, stage: &str) {
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let is_too_soon =
                last.as_ref().is_some_and(|(at, old)| old == stage && at.elapsed() < REPORT_EVERY);
            if is_too_soon && fraction < 1.0 {
                return;
            }
            *last = Some((Instant::now(), stage.to_owned()));
        }
        (self.tell)(News::Progress {
            id: self.id.to_owned(),
            phase: self.phase,
            fraction,
            stage: stage.to_owned(),
            elapsed_s: self.elapsed_s(),
        });
    }
}

impl Kit {
    /// A backend by its id. Errors: `Unavailable`, where a recipe asks for one that this program does not have.
    pub(crate) fn backend(&self, id: &str) -> Result<Arc<dyn Backend>, Fault> {
        self.backends.iter().find(|backend| backend.info().id == id).cloned().ok_or_else(|| {
            Fault::new(FaultKind::Unavailable, format!("there is no backend '{id}'"))
                .with_hint("timbre backends lists them all")
        })
    }
}
