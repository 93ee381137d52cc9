//! From a composition to sound: compile, schedule, render, and write the stems while they come.
//!
//! A loop is rendered twice in a row and only the second pass is kept, so that every tail of its end rings over its start,
//! through all compressors and tapes, as it will when it is played round and round.

mod chain;
mod desk;

use std::path::Path;

use self::desk::Desk;
use super::super::backend::{GenerateError, StemFile, Watch};
use super::{Composition, ID};
use crate::audio::buffer::AudioBuffer;
use crate::engine::nodes::Registry;
use crate::engine::offline::{End, Options, RenderError, render as run};
use crate::engine::plan::compile;
use crate::engine::schedule::Schedule;
use crate::model::graph::GraphSpec;
use crate::model::request::Resolved;
use crate::model::units::{SampleRate, Seed};
use crate::music::score::{Note, Part};

/// The rate at which the composer renders.
pub const RATE: SampleRate = SampleRate::HZ_48000;

/// Longest ring-out in seconds, where no length was asked for.
const MAX_TAIL: f64 = 12.0;

/// A rendered composition.
pub struct Sound {
    /// The mix before mastering.
    pub mix: AudioBuffer,
    /// The stems, where they were wanted.
    pub stems: Vec<StemFile>,
}

/// Renders a composition. A chain that a preset puts on the mix is rendered with it; stems are always without it.
pub fn render(
    composition: &Composition,
    request: &Resolved,
    registry: &Registry,
    watch: &Watch<'_>,
) -> Result<Sound, GenerateError> {
    let stretch = Stretch::of(composition);
    let job = Job { composition, registry, watch, stretch };
    match &request.chain {
        None => job.run(&composition.graph, watch.stems, (0.02, 0.98)),
        Some(chain) => {
            let graph = chain::spliced(&composition.graph, chain).map_err(|message| {
                GenerateError::Invalid {
                    message,
                    hint: "connect the chain of the preset from 'in' to 'out'".to_owned(),
                }
            })?;
            if watch.stems {
                let dry = job.run(&composition.graph, true, (0.02, 0.5))?;
                let wet = job.run(&graph, false, (0.5, 0.98))?;
                Ok(Sound { mix: wet.mix, stems: dry.stems })
            } else {
                job.run(&graph, false, (0.02, 0.98))
            }
        }
    }
}

/// Which frames are rendered and which are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    /// How often the parts are played.
    passes: u32,
    /// First frame that is kept.
    from: u64,
    /// Exact number of frames kept, where it is known beforehand.
    frames: Option<u64>,
    /// Frame (of those kept) from which the sound is faded out.
    fade_from: Option<u64>,
}

impl Stretch {
    fn of(composition: &Composition) -> Self {
        let plan = &composition.plan;
        let music = frames(plan.tempo.seconds_at(plan.beats()));
        if plan.looped {
            return Self { passes: 2, from: music, frames: Some(music), fade_from: None };
        }
        match plan.fit_seconds {
            Some(seconds) => {
                let length = frames(seconds);
                // The ring-out fades over what room it has, at least over 50 ms and at most over three seconds.
                let room = length.saturating_sub(music).clamp(RATE_FRAMES / 20, 3 * RATE_FRAMES);
                let fade_from = Some(length.saturating_sub(room));
                Self { passes: 1, from: 0, frames: Some(length), fade_from }
            }
            None => Self { passes: 1, from: 0, frames: None, fade_from: None },
        }
    }
}

const RATE_FRAMES: u64 = 48_000;

fn frames(seconds: f64) -> u64 {
    libm::round(seconds * RATE.as_f64()).max(1.0) as u64
}

struct Job<'a> {
    composition: &'a Composition,
    registry: &'a Registry,
    watch: &'a Watch<'a>,
    stretch: Stretch,
}

impl Job<'_> {
    /// Renders one graph, reporting progress between two shares of the whole.
    fn run(
        &self,
        graph: &GraphSpec,
        stems: bool,
        share: (f64, f64),
    ) -> Result<Sound, GenerateError> {
        let plan = &self.composition.plan;
        let score = &self.composition.score;
        let seed = Seed(plan.seed.0);
        let (compiled, handles) = compile(graph, self.registry, RATE, seed).map_err(internal)?;
        let parts = (0..self.stretch.passes).fold(score.parts.clone(), |parts, pass| {
            if pass == 0 { parts } else { again(&parts, score.length_beats) }
        });
        let length = score.length_beats * f64::from(self.stretch.passes);
        let schedule =
            Schedule::from_parts(&parts, &score.tempo, length, &handles, RATE).map_err(internal)?;
        let end = match self.stretch.frames {
            Some(frames) => End::AtFrame(self.stretch.from + frames),
            None => End::AfterTail { max_seconds: MAX_TAIL },
        };
        let names = if stems { names(&compiled.taps()) } else { Vec::new() };
        let mut desk = Desk::open(
            &self.watch.scratch,
            &names,
            self.stretch.from,
            self.stretch.frames,
            self.stretch.fade_from,
        )?;
        let watch = self.watch;
        let progress = |done: f64| watch.report(share.0 + (share.1 - share.0) * done, "rendering");
        let options = Options {
            threads: watch.threads,
            end,
            cancel: watch.cancel_flag(),
            progress: &progress,
        };
        let rendered = match run(compiled, &schedule, &options, &mut desk) {
            Ok(rendered) => rendered,
            Err(RenderError::Cancelled) => return Err(GenerateError::Cancelled),
            Err(error) => return Err(desk.failure().unwrap_or_else(|| internal(error))),
        };
        if let Some((node, count)) = rendered.breakdowns.first() {
            return Err(internal(format!("the node '{node}' broke down {count} times")));
        }
        let kept = match self.stretch.frames {
            Some(frames) => frames,
            // A little silence after the last sound, so that no file ends in the middle of a reverb's last breath.
            None => (rendered.sounding_frames + RATE_FRAMES / 10).min(rendered.frames),
        };
        let (mix, stems) = desk.close(kept)?;
        Ok(Sound { mix: AudioBuffer::from_planar(mix.into(), RATE), stems })
    }
}

/// The parts, and the same once more a length later.
fn again(parts: &[Part], length: f64) -> Vec<Part> {
    parts
        .iter()
        .map(|part| {
            let mut out = part.clone();
            out.notes.extend(part.notes.iter().map(|n| Note { beat: n.beat + length, ..*n }));
            out.controls.extend(part.controls.iter().map(|c| {
                let mut later = c.clone();
                later.beat += length;
                later
            }));
            out
        })
        .collect()
}

/// Names of stems out of the ids of the strips: `bass.strip` is `bass`.
fn names(taps: &[&str]) -> Vec<String> {
    taps.iter().map(|id| id.strip_suffix(".strip").unwrap_or(id).to_owned()).collect()
}

fn internal(error: impl std::fmt::Display) -> GenerateError {
    GenerateError::Internal { backend: ID, message: error.to_string() }
}

/// An error of a file in the scratch folder.
fn scratch(path: &Path, source: std::io::Error) -> GenerateError {
    GenerateError::Scratch { path: path.to_owned(), source }
}
