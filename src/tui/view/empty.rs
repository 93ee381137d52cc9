//! Empty places that teach: what belongs here, and what to type or press to get it.

use ratatui::layout::Rect;

use crate::tui::draw::bounds::centred;
use crate::tui::draw::{Pen, measure, row_of};
use crate::tui::model::Model;
use crate::tui::scope::Scope;

/// Lines in the middle of an area, the first one as a heading. What does not fit is left out from the end.
pub(super) fn say(pen: &mut Pen<'_>, area: Rect, lines: &[&str]) {
    let mut rows: Vec<(String, Scope)> = Vec::new();
    let columns = usize::from(area.width.saturating_sub(4).min(64));
    for (index, line) in lines.iter().enumerate() {
        let scope = if index == 0 { Scope::Strong } else { Scope::Dim };
        let (wrapped, _) = measure::paragraphs(line, columns.max(1), 8);
        if wrapped.is_empty() {
            rows.push((String::new(), scope));
        }
        rows.extend(wrapped.into_iter().map(|row| (row, scope)));
    }
    let wide = rows.iter().map(|(row, _)| measure::width(row)).max().unwrap_or(0) as u16;
    let place = centred(area, wide, rows.len() as u16);
    for (index, (row, scope)) in rows.iter().enumerate() {
        let line = row_of(place, index as u16);
        if line.height > 0 {
            pen.text(line.x, line.y, line.width, row, *scope);
        }
    }
}

/// A conversation in which nothing has been said.
pub(super) fn transcript(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    if model.conversation.loading {
        say(pen, area, &["Reading the session."]);
        return;
    }
    say(
        pen,
        area,
        &[
            "Type what you want to hear, and press Enter.",
            "",
            "lo-fi rain, 82 bpm, C minor, 2 minutes",
            "slow piano waltz, no drums, 32 bars",
            "techno 132 bpm, dark, loop",
            "",
            "/ shows the commands, ? the keys. Takes appear here and play where they are.",
        ],
    );
}
