//! The take with the focus: every fact, what was asked for, and the takes it is kin to.

use ratatui::layout::Rect;

use super::{Pane, Subject};
use crate::model::card::TakeCard;
use crate::tui::draw::{Pen, marks, measure, row_of};
use crate::tui::model::Model;
use crate::tui::scope::Scope;
use crate::tui::view::{cell, words};
use crate::util::text::one_line;

pub(super) struct TakePane;

fn focused(model: &Model) -> Option<&TakeCard> {
    model.takes.get(model.focused_take.as_ref()?)
}

/// Kin of a take: its parent, then its siblings, then its children, by number, with a word for each.
fn family<'a>(model: &'a Model, take: &TakeCard) -> Vec<(&'static str, &'a TakeCard)> {
    let mut kin = Vec::new();
    kin.extend(
        take.parent.as_ref().and_then(|id| model.takes.get(id)).map(|parent| ("parent", parent)),
    );
    let by_number = |word: &'static str, wanted: &dyn Fn(&TakeCard) -> bool| {
        let mut found: Vec<_> =
            model.takes.values().filter(|other| wanted(other)).map(|other| (word, other)).collect();
        found.sort_by_key(|(_, other)| (other.number, other.id.clone()));
        found
    };
    if take.parent.is_some() {
        kin.extend(by_number("sibling", &|other| {
            other.parent == take.parent && other.id != take.id
        }));
    }
    kin.extend(by_number("variation", &|other| other.parent.as_deref() == Some(&*take.id)));
    kin
}

/// A row of the facts: its name, its value, and the scope of that.
type Fact = (&'static str, String, Scope);

fn facts(model: &Model, take: &TakeCard) -> Vec<Fact> {
    let text = |value: String| (value, Scope::Text);
    let mut facts: Vec<Fact> = Vec::new();
    let mut add = |name: &'static str, (value, scope): (String, Scope)| {
        if !value.is_empty() {
            facts.push((name, value, scope));
        }
    };
    add("rating", (marks::stars(take.rating), Scope::TakeStars));
    add("length", text(words::clock_fine(take.duration_s, 60.0)));
    add("tempo", text(take.bpm.map(words::bpm).unwrap_or_default()));
    add("key", text(take.key.map(|key| key.to_string()).unwrap_or_default()));
    let bars = take.bars.map(|bars| words::counted(u64::from(bars), "bar")).unwrap_or_default();
    let metre = take.metre.map(|metre| metre.to_string()).unwrap_or_default();
    add(
        "metre",
        text(
            [metre, bars]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
        ),
    );
    add("loudness", text(take.lufs.map(words::lufs).unwrap_or_default()));
    add(
        "peak",
        text(take.true_peak_dbtp.map(|peak| format!("{peak:.1} dBTP")).unwrap_or_default()),
    );
    add("loop", text(if take.looped { "seamless".to_owned() } else { String::new() }));
    add("backend", text(take.backend.clone()));
    add("seed", text(take.seed.to_string()));
    add("terms", marks::badge(&take.licence));
    add("stems", text(take.stems.join(" ")));
    add(
        "tags",
        (take.tags.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(" "), Scope::Hint),
    );
    if let Some(loudness) =
        model.curves.takes.get(&take.id).and_then(|curves| curves.loudness.get())
    {
        add(
            "range",
            text(loudness.range_lu.map(|range| format!("{range:.1} LU")).unwrap_or_default()),
        );
    }
    add("file", (take.path.clone(), Scope::Dim));
    facts
}

/// Columns of the names of facts.
const NAMES: u16 = 10;

/// Prompt and note in rows.
fn prose(take: &TakeCard, width: u16) -> Vec<(String, Scope)> {
    let columns = usize::from(width.max(1));
    let mut rows = Vec::new();
    for (text, scope) in [(&take.prompt, Scope::Prompt), (&take.note, Scope::Text)] {
        let (wrapped, more) = measure::paragraphs(text, columns, 5);
        if wrapped.iter().all(String::is_empty) {
            continue;
        }
        rows.push((String::new(), scope));
        rows.extend(wrapped.into_iter().map(|row| (row, scope)));
        if more {
            rows.push(("…".to_owned(), Scope::Dim));
        }
    }
    rows
}

impl Pane for TakePane {
    fn count(&self, model: &Model) -> usize {
        focused(model).map_or(0, |take| family(model, take).len())
    }

    fn subject(&self, model: &Model, row: usize) -> Option<Subject> {
        let take = focused(model)?;
        family(model, take).get(row).map(|(_, take)| Subject::Take(take.id.clone()))
    }

    fn row_height(&self, _model: &Model, _row: usize, _width: u16) -> u16 {
        1
    }

    fn draw_row(&self, model: &Model, pen: &mut Pen<'_>, area: Rect, row: usize, _chosen: bool) {
        let Some(take) = focused(model) else { return };
        let family = family(model, take);
        let Some((word, other)) = family.get(row) else { return };
        let number = format!("#{} ", other.number);
        let title = cell::title(other);
        pen.text(area.x, area.y, NAMES, word, Scope::Dim);
        pen.pieces(
            area.x + NAMES,
            area.y,
            area.width.saturating_sub(NAMES),
            [(number.as_str(), Scope::Dim), (title.as_str(), Scope::Text)],
        );
    }

    fn head_height(&self, model: &Model, width: u16) -> u16 {
        focused(model).map_or(0, |take| {
            let rows = 2 + facts(model, take).len() + prose(take, width).len() + 1;
            u16::try_from(rows).unwrap_or(u16::MAX)
        })
    }

    fn draw_head(&self, model: &Model, pen: &mut Pen<'_>, area: Rect) {
        let Some(take) = focused(model) else { return };
        let title = format!("#{}  {}", take.number, cell::title(take));
        pen.text(area.x, area.y, area.width, &title, Scope::TakeTitle);
        let mut row = 2;
        for (name, value, scope) in facts(model, take) {
            let line = row_of(area, row);
            if line.height == 0 {
                return;
            }
            row += 1;
            pen.text(line.x, line.y, NAMES.min(line.width), name, Scope::Dim);
            let room = line.width.saturating_sub(NAMES);
            let value = one_line(&value);
            // The end of a path says more than its beginning.
            let value = if name == "file" { tail(&value, usize::from(room)) } else { value };
            pen.text(line.x + NAMES, line.y, room, &value, scope);
        }
        for (text, scope) in prose(take, area.width) {
            let line = row_of(area, row);
            if line.height == 0 {
                return;
            }
            row += 1;
            pen.text(line.x, line.y, line.width, &text, scope);
        }
    }

    fn nothing(&self, model: &Model) -> &'static [&'static str] {
        if model.focused_take.is_some() {
            &[]
        } else {
            &[
                "No take yet.",
                "",
                "Send a prompt; what comes of it is shown here with all that is known of it.",
            ]
        }
    }
}

/// The last columns of a text, with `…` before them where it is longer.
fn tail(text: &str, columns: usize) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    if measure::width(text) <= columns {
        return text.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut used = 1;
    for piece in text.graphemes(true).rev() {
        used += measure::cluster(piece);
        if used > columns {
            break;
        }
        kept.push(piece);
    }
    std::iter::once("…").chain(kept.into_iter().rev()).collect()
}
