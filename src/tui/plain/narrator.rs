//! Says what has become new in a model since it was looked at last, in sentences that make sense when they are heard.

use std::collections::BTreeMap;

use super::super::model::conversation::Cell;
use super::super::model::panes::Overlay;
use super::super::model::{Model, Weight};
use super::describe;
use crate::model::job::Phase;

/// The first line.
pub const GREETING: &str =
    "Timbre, line by line. Type what you want to hear; /help lists the commands, /quit ends.";
/// How far a job must have come since it was told, before it is told again.
const STRIDE: f64 = 0.25;
/// Rows of a list that are said.
const MOST_ROWS: usize = 30;

/// What has been said.
#[derive(Debug, Clone, Default)]
pub struct Narrator {
    /// Cells that were said.
    cells: usize,
    /// The first cell, so that another conversation is noticed.
    session: Option<String>,
    /// Jobs: the phase and the progress that were said.
    jobs: BTreeMap<String, (Phase, f64)>,
    /// Lines of the log that were said as toasts: text and end.
    toasts: Vec<(String, f64)>,
    /// The list or question that was said.
    overlay: String,
    /// What plays: whether it runs, and what it is.
    plays: (bool, String),
    /// Which of the compared takes is heard, and the verdict.
    compare: String,
}

impl Narrator {
    /// One that has said nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is new.
    pub fn news(&mut self, model: &Model) -> Vec<String> {
        let mut lines = Vec::new();
        self.cells(model, &mut lines);
        self.jobs(model, &mut lines);
        self.toasts(model, &mut lines);
        self.sound(model, &mut lines);
        self.overlay(model, &mut lines);
        lines
    }

    fn cells(&mut self, model: &Model, lines: &mut Vec<String>) {
        let conversation = &model.conversation;
        let session = conversation.session.as_ref().map(|session| session.id.clone());
        let opened = self.session.is_some() && self.session != session;
        let first = self.session.is_none()
            && session.is_some()
            && self.cells == 0
            && conversation.cells.len() > 2;
        if opened || first {
            if let Some(session) = &conversation.session {
                lines.push(format!("Session {}, {} takes.", session.title, session.takes));
            }
            if opened {
                self.cells = 0;
            }
        }
        self.session = session;
        let from = self.cells.min(conversation.cells.len());
        for cell in &conversation.cells[from..] {
            match cell {
                Cell::Prompt { text, parent } => {
                    let parent = parent.as_ref().and_then(|id| model.takes.get(id));
                    let from = parent
                        .map(|take| format!(", from take {}", take.number))
                        .unwrap_or_default();
                    lines.push(format!("Prompt{from}: {text}"));
                }
                Cell::Note(note) => lines.push(format!("Note: {}", note.text)),
                Cell::Told { title, lines: told, .. } => {
                    if !title.is_empty() {
                        lines.push(format!("{title}:"));
                    }
                    lines.extend(told.iter().cloned());
                }
                Cell::Job(job) => {
                    if let Some(take) = job.take_id.as_ref().and_then(|id| model.takes.get(id)) {
                        self.jobs.insert(job.id.clone(), (Phase::Ready, 1.0));
                        lines.push(describe::take_line(take));
                    }
                }
            }
        }
        self.cells = conversation.cells.len();
    }

    fn jobs(&mut self, model: &Model, lines: &mut Vec<String>) {
        for cell in &model.conversation.cells {
            let Cell::Job(job) = cell else { continue };
            let said = self.jobs.get(&job.id).copied();
            let moved = said.is_none_or(|(_, progress)| job.progress - progress >= STRIDE);
            if said.is_some_and(|(phase, _)| phase == job.phase) && !moved {
                continue;
            }
            let line = match job.phase {
                Phase::Ready => match job.take_id.as_ref().and_then(|id| model.takes.get(id)) {
                    Some(take) => format!("Ready. {}", describe::take_line(take)),
                    // The take's own event is on its way.
                    None => continue,
                },
                Phase::Failed => {
                    let fault = job.fault.clone();
                    let (what, hint) =
                        fault.map_or_else(Default::default, |fault| (fault.message, fault.hint));
                    format!("Take {} failed: {what}. {hint}", job.number)
                }
                Phase::Cancelled => format!("Take {} was cancelled.", job.number),
                Phase::Queued => format!("Take {} waits.", job.number),
                phase => {
                    let eta =
                        job.eta_s.map(|eta| format!(", {eta:.0} seconds left")).unwrap_or_default();
                    let stage = if job.stage.is_empty() {
                        String::new()
                    } else {
                        format!(", {}", job.stage)
                    };
                    format!(
                        "Take {}: {} {:.0} percent{stage}{eta}.",
                        job.number,
                        phase.word(),
                        job.progress * 100.0
                    )
                }
            };
            self.jobs.insert(job.id.clone(), (job.phase, job.progress));
            lines.push(line);
        }
    }

    fn toasts(&mut self, model: &Model, lines: &mut Vec<String>) {
        for toast in &model.toasts {
            let key = (toast.text.clone(), toast.until);
            if self.toasts.contains(&key) {
                continue;
            }
            let word = match toast.weight {
                Weight::Note | Weight::Good => "",
                Weight::Warning => "Warning: ",
                Weight::Bad => "Error: ",
            };
            let hint = if toast.hint.is_empty() {
                String::new()
            } else {
                format!(" Hint: {}.", toast.hint)
            };
            // What a take's own line says already is not said twice.
            if !toast.text.starts_with("Take ") || toast.weight != Weight::Good {
                lines.push(format!("{word}{}.{hint}", toast.text.trim_end_matches('.')));
            }
            self.toasts.push(key);
        }
        self.toasts.retain(|(_, until)| *until > model.clock);
    }

    fn sound(&mut self, model: &Model, lines: &mut Vec<String>) {
        let playing = model.sound.is_playing();
        let what = match model.sound.heard(model.clock).map(|(id, _)| id) {
            Some(id) => model.takes.get(id).map_or_else(
                || "a recording".to_owned(),
                |take| format!("take {}, {}", take.number, take.title),
            ),
            None if model.sound.player.compare.is_some() => "a comparison".to_owned(),
            None => "a recording".to_owned(),
        };
        if playing && (!self.plays.0 || self.plays.1 != what) {
            lines.push(format!("Playing {what}."));
        } else if !playing && self.plays.0 {
            lines.push(format!("Stopped at {}.", describe::place(model)));
        }
        self.plays = (playing, what);
        let compare = model.sound.player.compare.as_ref().map(|compare| {
            let label = |index: u32| {
                compare.candidates.get(index as usize).map_or("?", |c| c.label.as_str())
            };
            let verdict = compare.verdict.as_ref().map(|verdict| match &verdict.best {
                Some(best) => {
                    let take = model
                        .takes
                        .get(best)
                        .map(|take| format!("take {}, {}", take.number, take.title));
                    format!(" The verdict: {}.", take.unwrap_or_else(|| best.clone()))
                }
                None => " The verdict: a tie.".to_owned(),
            });
            format!(
                "{} of {} is heard.{}",
                label(compare.active),
                compare.candidates.len(),
                verdict.unwrap_or_default()
            )
        });
        let compare = compare.unwrap_or_default();
        if !compare.is_empty() && compare != self.compare {
            lines.push(compare.clone());
        }
        self.compare = compare;
    }

    fn overlay(&mut self, model: &Model, lines: &mut Vec<String>) {
        let (key, said) = match model.overlays.last() {
            Some(Overlay::Confirm { question, .. }) => {
                (question.clone(), vec![format!("{question} Type yes or no.")])
            }
            Some(Overlay::Palette(picker) | Overlay::Pick(picker)) => {
                let mut said = vec![format!(
                    "{}: type a number, or words to narrow the list, or nothing to leave it.",
                    picker.title
                )];
                for (row, (index, _)) in picker.matches.iter().take(MOST_ROWS).enumerate() {
                    if let Some(item) = picker.items.get(*index) {
                        said.push(format!("{}. {}. {}", row + 1, item.label, item.doc));
                    }
                }
                if picker.matches.len() > MOST_ROWS {
                    said.push(format!("And {} more.", picker.matches.len() - MOST_ROWS));
                }
                (said.join("\n"), said)
            }
            _ => (String::new(), Vec::new()),
        };
        if key != self.overlay {
            self.overlay = key;
            lines.extend(said);
        }
    }
}
