//! A job without a take: where it is in the queue, what is being done, how long it will take, or why it failed.

use ratatui::layout::Rect;

use super::{rest, row_at};
use crate::model::card::{JobCard, TakeCard};
use crate::model::job::{Fault, Phase};
use crate::tui::draw::{Pen, measure, progress};
use crate::tui::model::Model;
use crate::tui::scope::Scope;
use crate::tui::view::words;

/// A job as it is now, from its card or from what was heard of it since.
pub(in crate::tui::view) struct JobState<'a> {
    pub(in crate::tui::view) number: u32,
    pub(in crate::tui::view) phase: Phase,
    pub(in crate::tui::view) progress: f64,
    pub(in crate::tui::view) stage: &'a str,
    pub(in crate::tui::view) eta_s: Option<f64>,
    pub(in crate::tui::view) position: i64,
    pub(in crate::tui::view) fault: Option<&'a Fault>,
    /// The take that came of it, where the library still has it.
    pub(in crate::tui::view) take: Option<&'a TakeCard>,
}

impl<'a> JobState<'a> {
    pub(in crate::tui::view) fn of(card: &'a JobCard, model: &'a Model) -> Self {
        let live = model.jobs.get(&card.id);
        let take_id = live.and_then(|job| job.take_id.as_ref()).or(card.take_id.as_ref());
        Self {
            number: card.number,
            phase: live.map_or(card.phase, |job| job.phase),
            progress: live.map_or(card.progress, |job| job.progress),
            stage: live.map_or(&card.stage, |job| &job.stage),
            eta_s: live.map_or(card.eta_s, |job| job.eta_s),
            position: live.map_or(card.position, |job| job.position),
            fault: live.map_or(card.fault.as_ref(), |job| job.fault.as_ref()),
            take: take_id.and_then(|id| model.takes.get(id)),
        }
    }

    /// How many jobs are to be rendered before it.
    pub(in crate::tui::view) fn ahead(&self, model: &Model) -> usize {
        model
            .jobs
            .values()
            .filter(|job| !job.phase.is_final() && job.position < self.position)
            .count()
    }
}

/// Rows, the empty one after it included.
pub(super) fn height(state: &JobState<'_>, columns: usize) -> usize {
    match state.phase {
        Phase::Queued | Phase::Cancelled | Phase::Ready => 2,
        Phase::Generating | Phase::Mastering => 3,
        Phase::Failed => 2 + reasons(state, columns).len(),
    }
}

pub(super) fn draw(state: &JobState<'_>, model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let number = format!("#{} ", state.number);
    let line = row_at(area, 0);
    match state.phase {
        Phase::Queued => {
            let words = match state.ahead(model) {
                0 => "queued, next".to_owned(),
                ahead => format!("queued, {ahead} before it"),
            };
            pen.pieces(
                line.x,
                line.y,
                line.width,
                [("○ ", Scope::Dim), (&number, Scope::Strong), (&words, Scope::Dim)],
            );
        }
        Phase::Generating | Phase::Mastering => {
            let stage = stage(state);
            pen.pieces(
                line.x,
                line.y,
                line.width,
                [
                    ("◌ ", Scope::Progress),
                    (&number, Scope::Strong),
                    (state.phase.word(), Scope::Text),
                    (&stage, Scope::Dim),
                ],
            );
            let left = state.eta_s.map(words::left).unwrap_or_default();
            let done = format!("{}  {left}", words::percent(state.progress));
            let columns = measure::width(&done) as u16;
            if line.width > columns + 24 {
                pen.text_right(line.x, line.y, line.width, &done, Scope::TakeFact);
            }
            let bar = row_at(rest(area, 1), 0);
            progress::draw(pen, bar, state.progress);
        }
        Phase::Failed => {
            pen.pieces(
                line.x,
                line.y,
                line.width,
                [("✗ ", Scope::Bad), (&number, Scope::Strong), ("failed", Scope::Bad)],
            );
            for (index, (row, is_hint)) in
                reasons(state, usize::from(area.width)).iter().enumerate()
            {
                let line = row_at(area, index + 1);
                let scope = if *is_hint { Scope::Hint } else { Scope::Text };
                pen.text(line.x + 2, line.y, line.width.saturating_sub(2), row, scope);
            }
        }
        Phase::Cancelled => {
            let said =
                [("– ", Scope::Dim), (number.as_str(), Scope::Dim), ("cancelled", Scope::Dim)];
            pen.pieces(line.x, line.y, line.width, said);
        }
        Phase::Ready => {
            let said = [
                ("– ", Scope::Dim),
                (number.as_str(), Scope::Dim),
                ("is not in the library any more", Scope::Dim),
            ];
            pen.pieces(line.x, line.y, line.width, said);
        }
    }
}

fn stage(state: &JobState<'_>) -> String {
    if state.stage.is_empty() || state.stage == state.phase.word() {
        return String::new();
    }
    format!("  {}", state.stage)
}

/// Why it failed and what to do, in rows; the flag marks what to do.
fn reasons(state: &JobState<'_>, columns: usize) -> Vec<(String, bool)> {
    let Some(fault) = state.fault else { return Vec::new() };
    let columns = columns.saturating_sub(2);
    let mut rows: Vec<(String, bool)> = measure::paragraphs(&fault.message, columns, 6)
        .0
        .into_iter()
        .map(|row| (row, false))
        .collect();
    if !fault.hint.is_empty() {
        let hint = format!("→ {}", fault.hint);
        rows.extend(measure::paragraphs(&hint, columns, 6).0.into_iter().map(|row| (row, true)));
    }
    rows
}
