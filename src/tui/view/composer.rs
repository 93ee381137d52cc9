//! The composer: the text being typed with its highlighting and cursor, what was understood of it, the search through old
//! prompts, and the popup of completions.

use std::ops::Range;
use std::sync::Arc;

use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use crate::tui::draw::{Pen, measure, right_of, row_of};
use crate::tui::highlight::Span;
use crate::tui::model::{Focus, Model};
use crate::tui::scope::Scope;
use crate::util::text::one_line;

/// Columns before the text.
const MARK: u16 = 3;
/// What stands in an empty composer.
const PLACEHOLDER: &str = "What do you want to hear?  lo-fi rain, 82 bpm, 2 min    / for commands";
/// Completions that are shown at once.
const CHOICES: usize = 8;

/// A row of the composer: which line of the text, and which bytes of it.
struct TypedRow {
    line: usize,
    bytes: Range<usize>,
}

/// Rows that the text wants at a width of the screen, at least 1. Long texts are counted to 200 rows.
pub(super) fn rows(model: &Model, width: u16) -> usize {
    if model.composer.search.is_some() {
        return 1;
    }
    typed(model, width, 200).len().max(1)
}

fn typed(model: &Model, width: u16, limit: usize) -> Vec<TypedRow> {
    let columns = usize::from(width.saturating_sub(MARK + 1).max(1));
    let mut rows = Vec::new();
    for (line, text) in model.composer.area.lines().iter().enumerate() {
        for bytes in measure::wrap(text, columns) {
            rows.push(TypedRow { line, bytes });
        }
        // The cursor behind a full row needs a row of its own.
        if rows.len() >= limit {
            break;
        }
    }
    rows
}

/// Draws text and chips, and returns where the cursor is.
pub(super) fn draw(
    model: &Model,
    pen: &mut Pen<'_>,
    area: Rect,
    chips_row: Rect,
) -> Option<Position> {
    chips(model, pen, chips_row);
    if area.is_empty() {
        return None;
    }
    let focused = model.focus == Focus::Composer;
    pen.text(
        area.x + 1.min(area.width),
        area.y,
        1,
        "›",
        if focused { Scope::PromptMark } else { Scope::Dim },
    );
    let inside = right_of(area, MARK);
    if let Some((query, shown)) = &model.composer.search {
        return searching(model, pen, inside, query, *shown);
    }
    let lines = model.composer.area.lines();
    if lines.len() <= 1 && lines.iter().all(String::is_empty) {
        pen.text(inside.x, inside.y, inside.width, PLACEHOLDER, Scope::Dim);
    }
    let rows = typed(model, area.width, 4_096);
    let (cursor_row, cursor_column) = cursor_cell(model, &rows);
    // The row of the cursor is always in sight, with the rows before it.
    let height = usize::from(area.height);
    let first = (cursor_row + 1).saturating_sub(height);
    let mut line_spans: Option<(usize, Arc<[Span]>)> = None;
    for (at, row) in rows.iter().enumerate().skip(first).take(height) {
        let Some(text) = lines.get(row.line) else { continue };
        if line_spans.as_ref().is_none_or(|(line, _)| *line != row.line) {
            line_spans = Some((row.line, model.composer.highlighter.spans(text)));
        }
        let place = row_of(inside, (at - first) as u16);
        let spans = line_spans.as_ref().map(|(_, spans)| spans.as_ref()).unwrap_or_default();
        typed_row(pen, place, text, row.bytes.clone(), spans);
    }
    if rows.len() > first + height && area.width > 12 {
        let more = rows.len() - first - height;
        let last = row_of(area, area.height - 1);
        pen.text_right(last.x, last.y, last.width, &format!(" +{more} "), Scope::Hint);
    }
    let x = inside.x + (cursor_column as u16).min(inside.width.saturating_sub(1));
    Some(Position::new(x, inside.y + (cursor_row - first) as u16))
}

fn typed_row(pen: &mut Pen<'_>, place: Rect, text: &str, bytes: Range<usize>, spans: &[Span]) {
    let mut x = place.x;
    let mut at = bytes.start;
    // Spaces that hang over the edge are not drawn.
    let shown = text.get(bytes.clone()).unwrap_or_default().trim_end().len();
    let bytes = bytes.start..bytes.start + shown;
    while at < bytes.end && x < place.right() {
        let span = spans.iter().find(|(range, _)| range.end > at);
        let (end, scope) = match span {
            Some((range, scope)) if range.start <= at => (range.end.min(bytes.end), *scope),
            Some((range, _)) => (range.start.min(bytes.end), Scope::Prompt),
            None => (bytes.end, Scope::Prompt),
        };
        if let Some(piece) = text.get(at..end) {
            x += pen.text(x, place.y, place.right() - x, piece, scope);
        }
        at = end.max(at + 1);
    }
}

/// The row and the column of the cursor among rows.
fn cursor_cell(model: &Model, rows: &[TypedRow]) -> (usize, usize) {
    let ratatui_textarea::DataCursor(line, column) = model.composer.area.cursor();
    let Some(text) = model.composer.area.lines().get(line) else { return (0, 0) };
    let byte = text.char_indices().nth(column).map_or(text.len(), |(byte, _)| byte);
    let mut found = (0, 0);
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.line == line) {
        if row.bytes.start <= byte {
            let before = text.get(row.bytes.start..byte).unwrap_or_default();
            found = (index, measure::width(before));
        }
    }
    found
}

/// The line and the byte of the composer's text under a cell of its area.
pub(super) fn place_at(model: &Model, area: Rect, column: u16, row: u16) -> (usize, usize) {
    let rows = typed(model, area.width, 4_096);
    let (cursor_row, _) = cursor_cell(model, &rows);
    let first = (cursor_row + 1).saturating_sub(usize::from(area.height));
    let wanted =
        (first + usize::from(row.saturating_sub(area.y))).min(rows.len().saturating_sub(1));
    let Some(typed) = rows.get(wanted) else { return (0, 0) };
    let text = model.composer.area.lines().get(typed.line).map(String::as_str).unwrap_or_default();
    let target = usize::from(column.saturating_sub(area.x + MARK));
    let mut used = 0;
    for (at, piece) in text.get(typed.bytes.clone()).unwrap_or_default().grapheme_indices(true) {
        let size = measure::cluster(piece);
        if used + size > target {
            return (typed.line, character(text, typed.bytes.start + at));
        }
        used += size;
    }
    (typed.line, character(text, typed.bytes.end))
}

fn character(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(0, |before| before.chars().count())
}

fn searching(
    model: &Model,
    pen: &mut Pen<'_>,
    area: Rect,
    query: &str,
    shown: usize,
) -> Option<Position> {
    let wanted = query.to_lowercase();
    let found =
        model.composer.history.iter().filter(|old| old.to_lowercase().contains(&wanted)).nth(shown);
    let used =
        pen.pieces(area.x, area.y, area.width, [("search ", Scope::Hint), (query, Scope::Strong)]);
    let cursor = Position::new(area.x + used.min(area.width.saturating_sub(1)), area.y);
    let room = area.width.saturating_sub(used + 3);
    let x = area.x + used + 3;
    match found {
        Some(old) => {
            let old = one_line(old);
            pen.text(x, area.y, room, &old, Scope::Prompt);
        }
        None => {
            pen.text(x, area.y, room, "no such prompt", Scope::Dim);
        }
    }
    Some(cursor)
}

/// What was understood of the text, or what the next prompt is rendered with.
fn chips(model: &Model, pen: &mut Pen<'_>, row: Rect) {
    if row.is_empty() {
        return;
    }
    let (mut x, end) = (row.x + MARK.min(row.width), row.right());
    let mut chip = |pen: &mut Pen<'_>, field: &str, value: &str, scope: Scope| -> bool {
        let wanted = (measure::width(field) + measure::width(value) + 3) as u16;
        if x + wanted > end {
            return false;
        }
        if !field.is_empty() {
            x += pen.text(x, row.y, end - x, field, Scope::Dim);
            x += 1;
        }
        x += pen.text(x, row.y, end - x, value, scope) + 2;
        true
    };
    if let Some(brief) = model
        .composer
        .brief
        .as_ref()
        .filter(|_| !model.composer.area.lines().iter().all(String::is_empty))
    {
        for reading in &brief.understood {
            if !chip(pen, &one_line(&reading.field), &one_line(&reading.value), Scope::Chip) {
                return;
            }
        }
        for word in &brief.unused {
            if !chip(pen, "", &format!("{}?", one_line(word)), Scope::ChipUnused) {
                return;
            }
        }
        for note in &brief.notes {
            if !chip(pen, "!", &one_line(note), Scope::Warning) {
                return;
            }
        }
        return;
    }
    for (field, value) in settings(model) {
        if !chip(pen, field, &value, Scope::Dim) {
            return;
        }
    }
}

/// What the next prompt is rendered with, where it was chosen.
fn settings(model: &Model) -> Vec<(&'static str, String)> {
    let wanted = &model.settings;
    let mut chosen = Vec::new();
    if let Some(parent) = wanted.parent.as_ref().and_then(|id| model.takes.get(id)) {
        chosen.push(("from", format!("#{}", parent.number)));
    }
    chosen.extend(wanted.bpm.map(|bpm| ("tempo", bpm.to_string())));
    chosen.extend(wanted.key.map(|key| ("key", key.to_string())));
    chosen.extend(wanted.metre.map(|metre| ("metre", metre.to_string())));
    chosen.extend(wanted.duration.map(|length| ("length", length.to_string())));
    chosen.extend(wanted.seed.map(|seed| ("seed", seed.to_string())));
    if wanted.takes > 1 {
        chosen.push(("takes", wanted.takes.to_string()));
    }
    if !wanted.presets.is_empty() {
        chosen.push(("preset", one_line(&wanted.presets.join(", "))));
    }
    let backend = wanted.backend.as_ref().unwrap_or(&model.default_backend);
    if !backend.is_empty() {
        chosen.push(("backend", one_line(backend)));
    }
    chosen.extend(
        wanted.params.iter().map(|(id, value)| {
            ("", format!("{} {}", one_line(id), super::words::decimal(*value, 3)))
        }),
    );
    chosen
}

/// The popup of completions, above the composer at the word that it completes.
pub(super) fn popup(model: &Model, pen: &mut Pen<'_>, area: Rect, screen: Rect) {
    let Some(completion) =
        model.composer.completion.as_ref().filter(|list| !list.choices.is_empty())
    else {
        return;
    };
    let rows =
        completion.choices.len().min(CHOICES).min(usize::from(area.y.saturating_sub(screen.y)));
    if rows == 0 || screen.width < 8 {
        return;
    }
    let names =
        completion.choices.iter().map(|(name, _)| measure::width(name)).max().unwrap_or(0).min(32);
    let docs = completion.choices.iter().map(|(_, doc)| measure::width(doc)).max().unwrap_or(0);
    let width = ((names + docs + 5) as u16).min(screen.width.saturating_sub(2)).max(6);
    let x = (area.x + MARK + completion.from.min(usize::from(u16::MAX / 2)) as u16)
        .min(screen.right().saturating_sub(width));
    let place = Rect::new(x.saturating_sub(1), area.y - rows as u16, width, rows as u16);
    pen.clear(place, Scope::Popup);
    let first = (completion.chosen + 1).saturating_sub(rows);
    for (at, (name, doc)) in completion.choices.iter().enumerate().skip(first).take(rows) {
        let row = row_of(place, (at - first) as u16);
        let chosen = at == completion.chosen;
        if chosen {
            pen.tint(row, Scope::Selection);
            pen.mark(row.x, row.y, '▸', Scope::Selection);
        }
        let name_columns = (names as u16).min(row.width.saturating_sub(2));
        pen.text(
            row.x + 1,
            row.y,
            name_columns,
            &one_line(name),
            if chosen { Scope::Selection } else { Scope::Popup },
        );
        let left = right_of(row, name_columns + 3);
        pen.text(left.x, left.y, left.width.saturating_sub(1), &one_line(doc), Scope::Dim);
    }
    let hidden = completion.choices.len() - rows;
    if hidden > 0 && place.y > screen.y {
        let said = format!(" {hidden} more ");
        let above = Rect::new(place.x, place.y - 1, place.width, 1);
        pen.text_right(above.x, above.y, above.width, &said, Scope::Hint);
    }
}
