//! What happened, the latest first.

use ratatui::layout::Rect;

use super::{Pane, Subject};
use crate::tui::draw::{Pen, marks, measure, row_of};
use crate::tui::model::{LogLine, Model};
use crate::tui::scope::Scope;
use crate::tui::view::words;

pub(super) struct Log;

/// Columns of the time and the mark.
const TIME: u16 = 8;

fn line(model: &Model, row: usize) -> Option<&LogLine> {
    model.log.iter().rev().nth(row)
}

fn rows(line: &LogLine, width: u16) -> Vec<String> {
    measure::paragraphs(&line.text, usize::from(width.saturating_sub(TIME).max(1)), 6).0
}

impl Pane for Log {
    fn count(&self, model: &Model) -> usize {
        model.log.len()
    }

    fn subject(&self, model: &Model, row: usize) -> Option<Subject> {
        let last = model.log.len().checked_sub(1)?;
        last.checked_sub(row).map(Subject::Log)
    }

    fn row_height(&self, model: &Model, row: usize, width: u16) -> u16 {
        line(model, row).map_or(1, |line| rows(line, width).len().max(1) as u16)
    }

    fn draw_row(&self, model: &Model, pen: &mut Pen<'_>, area: Rect, row: usize, _chosen: bool) {
        let Some(line) = line(model, row) else { return };
        pen.text(area.x, area.y, TIME.min(area.width), &words::clock(line.at), Scope::Dim);
        let (mark, scope) = marks::weight(line.weight);
        if area.width > TIME {
            pen.mark(area.x + TIME - 2, area.y, mark, scope);
        }
        for (index, text) in rows(line, area.width).iter().enumerate() {
            let place = row_of(area, index as u16);
            if place.height > 0 {
                pen.text(
                    place.x + TIME,
                    place.y,
                    place.width.saturating_sub(TIME),
                    text,
                    Scope::Text,
                );
            }
        }
    }

    fn nothing(&self, _model: &Model) -> &'static [&'static str] {
        &["Nothing has happened yet."]
    }
}
