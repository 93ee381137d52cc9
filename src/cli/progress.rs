//! Shows how jobs are going until all of them have ended: a bar on a terminal, a line a stage off it, or JSON.
//!
//! It watches and tells. What a finished take means is the caller's business.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::client::Events;
use crate::model::job::{Fault, FaultKind, Job, Phase};
use crate::model::take::Take;
use crate::protocol::Event;
use crate::protocol::event::JobProgress;
use crate::protocol::job::JobGetParams;
use crate::protocol::methods::{JobGet, TakeGet};
use crate::protocol::take::TakeGetParams;
use crate::util::text;

use super::engine::Session;
use super::output::{Output, Style};
use super::report::{self, JobLine};
use super::stop::Stop;

/// How often the library is asked about jobs that say nothing: another process may be rendering them.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// How a job ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// With a take, after so many seconds of watching it.
    Ready(Box<Take>, f64),
    /// Without.
    Fault(Fault),
}

/// Watches jobs until all have ended, in whatever order. `ended` hears of each one as it ends.
///
/// Errors: what `ended` returns, and what the engine says.
pub(super) async fn watch(
    session: &Session,
    events: &mut Events,
    jobs: &[Job],
    mut ended: impl FnMut(&Job, Ending) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut open = jobs.iter().map(|job| job.id.clone()).collect::<BTreeSet<_>>();
    let mut screen = Screen::new(&session.output, jobs.len());
    let mut asked = tokio::time::interval(ASK_EVERY);
    while !open.is_empty() {
        let news = tokio::select! {
            event = events.next() => event,
            _ = asked.tick() => {
                for id in open.clone() {
                    let job = session.client.call::<JobGet>(JobGetParams { id }).await?.job;
                    settle(session, &mut screen, &mut open, job, &mut ended).await?;
                }
                continue;
            }
        };
        match news {
            Some(Event::JobProgress(progress)) if open.contains(&progress.job_id) => {
                screen.progress(&progress)?;
            }
            Some(Event::JobChanged(changed)) if open.contains(&changed.job.id) => {
                screen.changed(&changed.job)?;
                settle(session, &mut screen, &mut open, changed.job, &mut ended).await?;
            }
            Some(_) => {}
            None => {
                return Err(Fault::new(
                    FaultKind::Internal,
                    "the engine ended before its jobs did",
                )
                .with_hint("`timbre jobs` goes on with them")
                .into());
            }
        }
    }
    screen.finish();
    Ok(())
}

/// Reports a job that has ended, once.
async fn settle(
    session: &Session,
    screen: &mut Screen<'_>,
    open: &mut BTreeSet<String>,
    job: Job,
    ended: &mut impl FnMut(&Job, Ending) -> Result<(), Stop>,
) -> Result<(), Stop> {
    if !job.phase.is_final() || !open.remove(&job.id) {
        return Ok(());
    }
    let ending = match (&job.take_id, &job.fault) {
        (Some(id), _) if job.phase == Phase::Ready => {
            let take = session.client.call::<TakeGet>(TakeGetParams { id: id.clone() }).await?.take;
            Ending::Ready(Box::new(take), screen.seconds(&job.id))
        }
        (_, Some(fault)) => Ending::Fault(fault.clone()),
        _ if job.phase == Phase::Cancelled => {
            Ending::Fault(Fault::new(FaultKind::Cancelled, "the job was cancelled"))
        }
        _ => Ending::Fault(Fault::new(FaultKind::Internal, "the job ended without a take")),
    };
    screen.step_aside(|| ended(&job, ending))
}

/// The progress of several jobs on one line.
struct Screen<'a> {
    output: &'a Output,
    bar: Option<ProgressBar>,
    total: usize,
    /// Progress of each job, 0 to 1.
    progress: BTreeMap<String, f64>,
    /// Last stage told of each job, off a terminal.
    stages: BTreeMap<String, String>,
    /// When each job was first seen to run.
    begun: BTreeMap<String, Instant>,
}

impl<'a> Screen<'a> {
    fn new(output: &'a Output, total: usize) -> Self {
        let bar = output.draws_bar().then(|| {
            let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr());
            // The template is ours and always parses; indicatif's own style is a fine answer if it did not.
            if let Ok(style) = ProgressStyle::with_template("{bar:32} {percent:>3}% {msg}") {
                bar.set_style(style.progress_chars("━╸ "));
            }
            bar
        });
        Self {
            output,
            bar,
            total,
            progress: BTreeMap::new(),
            stages: BTreeMap::new(),
            begun: BTreeMap::new(),
        }
    }

    fn changed(&mut self, job: &Job) -> Result<(), Stop> {
        if job.phase == Phase::Generating {
            self.begun.entry(job.id.clone()).or_insert_with(Instant::now);
        }
        if self.output.is_json() {
            self.output.object(&JobLine::of(job))?;
        }
        if job.phase.is_final() {
            self.progress.insert(job.id.clone(), 1.0);
        }
        Ok(())
    }

    fn progress(&mut self, news: &JobProgress) -> Result<(), Stop> {
        self.begun.entry(news.job_id.clone()).or_insert_with(Instant::now);
        self.progress.insert(news.job_id.clone(), news.progress);
        if self.output.is_json() {
            return self.output.object(&JobLine::progress(news));
        }
        let stage = text::one_line(&news.stage);
        match &self.bar {
            Some(bar) => {
                let done = self.progress.values().sum::<f64>() / self.total.max(1) as f64;
                bar.set_position((done.clamp(0.0, 1.0) * 1000.0) as u64);
                let eta = news.eta_s.map(|s| format!(" · {} left", report::clock(s)));
                bar.set_message(format!("{stage}{}", eta.unwrap_or_default()));
            }
            None => {
                let name = stage_name(&stage).to_owned();
                let told = self.stages.insert(news.job_id.clone(), name.clone());
                if told.as_deref() != Some(name.as_str()) && !name.is_empty() {
                    let percent = (news.progress.clamp(0.0, 1.0) * 100.0).round();
                    let phase = news.phase.word();
                    self.output.talk(
                        &self
                            .output
                            .paint(Style::Dim, &format!("{phase}: {stage} ({percent:.0}%)")),
                    );
                }
            }
        }
        Ok(())
    }

    /// Seconds since a job was first seen to run.
    fn seconds(&self, id: &str) -> f64 {
        self.begun.get(id).map_or(0.0, |begun| begun.elapsed().as_secs_f64())
    }

    /// Lets something else be printed without mixing it into the bar.
    fn step_aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A stage without the count at its end, so that `rendering 3 %` is told once and not a hundred times.
fn stage_name(stage: &str) -> &str {
    stage.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '%' | '.' | '/'))
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        // After an error, too, the terminal line belongs to the message.
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_told_without_its_count() {
        assert_eq!(stage_name("rendering 3 %"), "rendering");
        assert_eq!(stage_name("rendering 100 %"), "rendering");
        assert_eq!(stage_name("bar 3/16"), "bar");
        assert_eq!(stage_name("mix down"), "mix down");
    }
}
