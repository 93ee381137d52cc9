//! What waits and runs, in the order in which it is rendered, and what failed after it.

use ratatui::layout::Rect;

use super::{Pane, Subject};
use crate::model::job::{Job, Phase};
use crate::tui::draw::{Pen, below, measure, progress, row_of};
use crate::tui::model::Model;
use crate::tui::model::rows::queue;
use crate::tui::scope::Scope;
use crate::tui::view::words;
use crate::util::text::one_line;

pub(super) struct Queue;

impl Pane for Queue {
    fn count(&self, model: &Model) -> usize {
        queue(model).len()
    }

    fn subject(&self, model: &Model, row: usize) -> Option<Subject> {
        queue(model).get(row).map(|job| Subject::Job(job.id.clone()))
    }

    fn row_height(&self, model: &Model, row: usize, width: u16) -> u16 {
        match queue(model).get(row) {
            Some(job) => match job.phase {
                Phase::Queued => 2,
                Phase::Failed => 2 + reasons(job, width).len() as u16,
                _ => 4,
            },
            None => 1,
        }
    }

    fn draw_row(&self, model: &Model, pen: &mut Pen<'_>, area: Rect, row: usize, _chosen: bool) {
        let jobs = queue(model);
        let Some(job) = jobs.get(row) else { return };
        let line = row_of(area, 0);
        let number = format!("#{} ", job.number);
        let prompt = one_line(&job.request.prompt);
        let (mark, scope) = match job.phase {
            Phase::Queued => ("○ ", Scope::Dim),
            Phase::Failed => ("✗ ", Scope::Bad),
            _ => ("◌ ", Scope::Progress),
        };
        pen.pieces(
            line.x,
            line.y,
            line.width,
            [(mark, scope), (&number, Scope::Dim), (&prompt, Scope::Text)],
        );
        match job.phase {
            Phase::Queued | Phase::Failed => {
                for (index, (text, is_hint)) in reasons(job, area.width).iter().enumerate() {
                    let line = row_of(area, index as u16 + 1);
                    if line.height == 0 {
                        break;
                    }
                    let scope = if *is_hint { Scope::Hint } else { Scope::Dim };
                    pen.text(line.x + 2, line.y, line.width.saturating_sub(2), text, scope);
                }
            }
            _ => {
                let line = row_of(area, 1);
                if line.height == 0 {
                    return;
                }
                let doing = if job.stage.is_empty() { job.phase.word() } else { &job.stage };
                let doing = one_line(doing);
                let left = job.eta_s.map(words::left).unwrap_or_default();
                pen.text(line.x + 2, line.y, line.width.saturating_sub(2), &doing, Scope::Dim);
                let said = format!("{}  {left}", words::percent(job.progress));
                if measure::width(&said) + measure::width(&doing) + 4 < usize::from(line.width) {
                    pen.text_right(line.x, line.y, line.width, &said, Scope::TakeFact);
                }
                let bar = row_of(below(area, 2), 0);
                let bar = Rect { x: bar.x + 2, width: bar.width.saturating_sub(2), ..bar };
                progress::draw(pen, bar, job.progress);
            }
        }
    }

    fn nothing(&self, _model: &Model) -> &'static [&'static str] {
        &[
            "Nothing waits.",
            "",
            "Prompts that you send are rendered one after another.",
            "/queue /cancel /retry",
        ]
    }
}

/// What is said below a job that does not run: which backend it waits for, or why it failed and what to do.
fn reasons(job: &Job, width: u16) -> Vec<(String, bool)> {
    if job.phase == Phase::Queued {
        return Vec::new();
    }
    let columns = usize::from(width.saturating_sub(2).max(1));
    let Some(fault) = &job.fault else { return Vec::new() };
    let mut rows: Vec<(String, bool)> = measure::paragraphs(&fault.message, columns, 4)
        .0
        .into_iter()
        .map(|row| (row, false))
        .collect();
    if !fault.hint.is_empty() {
        let hint = format!("→ {}", fault.hint);
        rows.extend(measure::paragraphs(&hint, columns, 4).0.into_iter().map(|row| (row, true)));
    }
    rows
}
