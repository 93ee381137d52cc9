//! A list to choose from by typing: the query, the matches with their letters marked, and the key that does the same.

use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use crate::tui::draw::bounds::inset;
use crate::tui::draw::{Pen, below, measure, row_of};
use crate::tui::model::panes::{Picker, PickerItem};
use crate::tui::scope::Scope;
use crate::util::text::one_line;

/// The list below the query, within the area of the whole.
fn list_area(area: Rect) -> Rect {
    below(inset(area, 1, 1), 2)
}

/// The first match in sight, so that the chosen one is.
fn first(list: &Picker, rows: u16) -> usize {
    let rows = usize::from(rows).max(1);
    let half = rows / 2;
    let last = list.matches.len().saturating_sub(rows);
    list.chosen.saturating_sub(half).min(last)
}

pub(super) fn draw(list: &Picker, pen: &mut Pen<'_>, area: Rect) -> Option<Position> {
    let inside = pen.frame(area, &one_line(&list.title), Scope::BorderFocus, Scope::Title);
    if inside.is_empty() {
        return None;
    }
    let used = pen.pieces(
        inside.x + 1.min(inside.width),
        inside.y,
        inside.width.saturating_sub(1),
        [("› ", Scope::PromptMark), (list.query.as_str(), Scope::Strong)],
    );
    let count = format!("{} of {}", list.matches.len(), list.items.len());
    if usize::from(inside.width) > usize::from(used) + count.len() + 4 {
        pen.text_right(inside.x, inside.y, inside.width.saturating_sub(1), &count, Scope::Dim);
    }
    let rule = row_of(inside, 1);
    if rule.height > 0 {
        pen.rule(rule, Scope::Border);
    }
    let rows = list_area(area);
    if list.matches.is_empty() {
        let line = row_of(rows, 0);
        if line.height > 0 {
            pen.text(
                line.x + 1,
                line.y,
                line.width.saturating_sub(1),
                "Nothing matches. Backspace widens the search.",
                Scope::Dim,
            );
        }
    }
    let labels = list.matches.iter().filter_map(|(item, _)| list.items.get(*item));
    let labels = labels.take(64).map(|item| measure::width(&item.label)).max().unwrap_or(0);
    let labels = (labels as u16).clamp(12, (rows.width / 2).max(12));
    let top = first(list, rows.height);
    for (at, (item, letters)) in
        list.matches.iter().enumerate().skip(top).take(usize::from(rows.height))
    {
        let Some(item) = list.items.get(*item) else { continue };
        let line = row_of(rows, (at - top) as u16);
        row(pen, line, item, letters, labels, at == list.chosen);
    }
    let x = inside.x + 1 + used;
    Some(Position::new(x.min(inside.right().saturating_sub(1)), inside.y))
}

fn row(
    pen: &mut Pen<'_>,
    line: Rect,
    item: &PickerItem,
    letters: &[usize],
    labels: u16,
    chosen: bool,
) {
    if chosen {
        pen.tint(line, Scope::Selection);
        pen.mark(line.x, line.y, '▸', Scope::BorderFocus);
    }
    let keys = one_line(&item.keys);
    let keys_columns = measure::width(&keys) as u16;
    let mut x = line.x + 2;
    let end = (x + labels).min(line.right());
    let label = one_line(&item.label);
    let is_cut = measure::width(&label) > usize::from(end.saturating_sub(x));
    let shown =
        if is_cut { measure::fit(&label, usize::from(end.saturating_sub(x))) } else { label };
    for (index, letter) in shown.graphemes(true).enumerate() {
        let scope = match (letters.contains(&index), chosen) {
            (true, _) => Scope::Match,
            (false, true) => Scope::Strong,
            (false, false) => Scope::Text,
        };
        x += pen.text(x, line.y, end.saturating_sub(x), letter, scope);
    }
    let x = line.x + 2 + labels + 2;
    let room = line.right().saturating_sub(x + keys_columns + 2);
    pen.text(x, line.y, room, &one_line(&item.doc), Scope::Dim);
    if line.width > labels + keys_columns + 6 {
        pen.text_right(line.x, line.y, line.width.saturating_sub(1), &keys, Scope::Hint);
    }
}

/// The match under the mouse.
pub(super) fn row_at(list: &Picker, area: Rect, at: Position) -> Option<usize> {
    let rows = list_area(area);
    if !rows.contains(at) {
        return None;
    }
    let index = first(list, rows.height) + usize::from(at.y - rows.y);
    (index < list.matches.len()).then_some(index)
}
