//! A take in the transcript: a row that plays. Title and stars, the waveform with its bars and the playhead, and the facts.

use ratatui::layout::Rect;

use super::{row_at, title};
use crate::model::card::TakeCard;
use crate::tui::draw::ruler::{self, Tick};
use crate::tui::draw::wave::Wave;
use crate::tui::draw::{Pen, marks, measure};
use crate::tui::model::Model;
use crate::tui::model::curves::{Loaded, TakeCurves};
use crate::tui::scope::Scope;
use crate::tui::view::words;
use crate::util::text::one_line;

/// Rows of the waveform. A low screen has lower ones, so that more than one take is in sight.
fn wave_rows(model: &Model) -> u16 {
    match model.size.1 {
        0..=11 => 1,
        12..=23 => 2,
        _ => 3,
    }
}

/// Rows, the empty one after it included.
pub(super) fn height(take: &TakeCard, model: &Model) -> usize {
    let words = usize::from(!take.tags.is_empty() || !take.note.trim().is_empty());
    1 + usize::from(wave_rows(model)) + 2 + words + 1
}

/// The waveform of a take's cell within the area of the whole cell, as it is on the screen.
pub fn wave_area(model: &Model, area: Rect) -> Rect {
    let inside = content(area);
    Rect::new(inside.x, inside.y + 1, inside.width, wave_rows(model))
}

/// What is between the gutter and the last column.
fn content(area: Rect) -> Rect {
    let x = area.x + super::GUTTER.min(area.width);
    Rect::new(x, area.y, area.width.saturating_sub(super::GUTTER + 1), area.height)
}

pub(super) fn draw(take: &TakeCard, model: &Model, pen: &mut Pen<'_>, area: Rect) {
    head(take, model, pen, row_at(area, 0));
    let rows = wave_rows(model).min(area.height.saturating_sub(1));
    let wave = Rect::new(area.x, area.y + 1.min(area.height), area.width, rows);
    let ruler = row_at(area, 1 + usize::from(rows));
    draw_wave(take, model, pen, wave, ruler);
    let line = row_at(area, 2 + usize::from(rows));
    if line.height > 0 {
        facts_line(take, pen, line);
    }
    let line = row_at(area, 3 + usize::from(rows));
    if line.height > 0 && (!take.tags.is_empty() || !take.note.trim().is_empty()) {
        let tags: Vec<String> = take.tags.iter().map(|tag| format!("#{}", one_line(tag))).collect();
        let tags = tags.join(" ");
        let gap = if tags.is_empty() { "" } else { "  " };
        let note = one_line(&take.note);
        pen.pieces(
            line.x,
            line.y,
            line.width,
            [(tags.as_str(), Scope::Hint), (gap, Scope::Dim), (note.as_str(), Scope::Dim)],
        );
    }
}

/// Mark, number and title on the left; parent, stars and licence on the right.
fn head(take: &TakeCard, model: &Model, pen: &mut Pen<'_>, line: Rect) {
    if line.is_empty() {
        return;
    }
    let (badge, badge_scope) = marks::badge(&take.licence);
    let stars = marks::stars(take.rating);
    let parent = parent_mark(take, model);
    let mut right: Vec<(&str, Scope)> = vec![(&badge, badge_scope)];
    if !stars.is_empty() {
        right.insert(0, (&stars, Scope::TakeStars));
    }
    if !parent.is_empty() {
        right.insert(0, (&parent, Scope::Dim));
    }
    // What is on the right gives way to the title, the first of it first.
    let wide = |right: &[(&str, Scope)]| -> u16 {
        right.iter().map(|(text, _)| measure::width(text) as u16 + 2).sum()
    };
    while !right.is_empty() && wide(&right) + 20 > line.width {
        right.remove(0);
    }
    let room = line.width - wide(&right);
    let (mark, mark_scope) = state_mark(take, model);
    let number = format!("#{} ", take.number);
    let name = title(take);
    pen.pieces(
        line.x,
        line.y,
        room,
        [(mark, mark_scope), (" ", Scope::Text), (&number, Scope::Dim), (&name, Scope::TakeTitle)],
    );
    let mut x = line.x + room;
    for (text, scope) in right {
        x += 2;
        x += pen.text(x, line.y, line.right() - x, text, scope);
    }
}

/// Whether it plays, waits, or is one of those that are compared.
fn state_mark<'a>(take: &TakeCard, model: &Model) -> (&'a str, Scope) {
    const LETTERS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let player = &model.sound.player;
    let heard = model.sound.heard(model.clock).is_some_and(|(id, _)| id == take.id);
    if let Some(compare) = player.compare.as_ref().filter(|_| player.open) {
        let place = compare
            .candidates
            .iter()
            .position(|candidate| candidate.take_id.as_deref() == Some(&*take.id));
        if let Some(letter) = place.and_then(|place| LETTERS.get(place)) {
            return (letter, if heard { Scope::Playhead } else { Scope::Dim });
        }
    }
    match (heard, model.sound.is_playing()) {
        (true, true) => ("▶", Scope::Playhead),
        (true, false) => ("■", Scope::Playhead),
        _ => ("♪", Scope::Dim),
    }
}

fn parent_mark(take: &TakeCard, model: &Model) -> String {
    match &take.parent {
        None => String::new(),
        Some(id) => model
            .takes
            .get(id)
            .map_or_else(|| "↳".to_owned(), |parent| format!("↳ {}", parent.number)),
    }
}

/// The facts of a take, most useful first.
pub(in crate::tui::view) fn facts(take: &TakeCard) -> Vec<String> {
    let mut facts = vec![words::clock(take.duration_s)];
    facts.extend(take.bpm.map(words::bpm));
    facts.extend(take.key.map(|key| key.to_string()));
    facts.extend(take.lufs.map(words::lufs));
    facts.extend(take.bars.map(|bars| words::counted(u64::from(bars), "bar")));
    facts.extend(take.metre.map(|metre| metre.to_string()));
    facts.push(take.backend.clone());
    facts.push(format!("seed {}", take.seed));
    if take.looped {
        facts.push("loops".to_owned());
    }
    if !take.stems.is_empty() {
        facts.push(words::counted(take.stems.len() as u64, "stem"));
    }
    facts
}

/// As many facts as fit whole.
fn facts_line(take: &TakeCard, pen: &mut Pen<'_>, line: Rect) {
    let mut used = 0;
    for fact in facts(take) {
        let columns = measure::width(&fact) as u16;
        let gap = if used == 0 { 0 } else { 2 };
        if used + gap + columns > line.width {
            continue;
        }
        used += gap;
        used += pen.text(line.x + used, line.y, line.width - used, &fact, Scope::TakeFact);
    }
}

/// Where the music is in a take, 0 to 1; none where another one is heard.
pub(in crate::tui::view) fn playhead(take: &TakeCard, model: &Model) -> Option<f64> {
    let (id, seconds) = model.sound.heard(model.clock)?;
    (id == take.id && take.duration_s > 0.0).then(|| (seconds / take.duration_s).clamp(0.0, 1.0))
}

/// The looped stretch in a take, 0 to 1, or the one that is being dragged; none where another take is heard.
pub(in crate::tui::view) fn looped(take: &TakeCard, model: &Model) -> Option<(f64, f64)> {
    if let Some((_, from, to)) =
        model.drag.as_ref().filter(|(dragged, from, to)| *dragged == take.id && from != to)
    {
        return Some((from.min(*to), from.max(*to)));
    }
    let (id, at) = model.sound.heard(model.clock)?;
    let transport = model.sound.transport()?;
    let [from, to] = transport.loop_beats?;
    if id != take.id || take.duration_s <= 0.0 || transport.bpm <= 0.0 {
        return None;
    }
    let share = |beat: f64| {
        let seconds = at + (beat - model.sound.beat(model.clock)) * 60.0 / transport.bpm;
        (seconds / take.duration_s).clamp(0.0, 1.0)
    };
    let (from, to) = (share(from), share(to));
    (to > from).then_some((from, to))
}

/// Marks of time over a stretch of a take, in seconds: bars where tempo and metre are known.
pub(in crate::tui::view) fn ticks(
    take: &TakeCard,
    from_s: f64,
    to_s: f64,
    width: u16,
) -> Vec<Tick> {
    match (take.bpm, take.metre) {
        (Some(bpm), metre) if bpm > 0.0 => {
            let beats = metre.unwrap_or(crate::model::tempo::Metre::FOUR_FOUR).bar_beats();
            ruler::bars(beats * 60.0 / bpm, from_s, to_s, width)
        }
        _ => ruler::seconds(from_s, to_s, width),
    }
}

/// The waveform of a whole take with its ruler below; what is being read, or can't be, is said in its place.
fn draw_wave(take: &TakeCard, model: &Model, pen: &mut Pen<'_>, area: Rect, ruler_row: Rect) {
    let curves = model.curves.takes.get(&take.id);
    let ticks = ticks(take, 0.0, take.duration_s, area.width);
    let looped = looped(take, model);
    let middle = area.y + area.height / 2;
    match curves.map(|TakeCurves { peaks, .. }| peaks) {
        Some(Loaded::Here(peaks)) => {
            let wave = Wave {
                columns: &peaks.columns,
                playhead: playhead(take, model),
                looped,
                ticks: &ticks,
                samples: false,
            };
            wave.draw(pen, area);
        }
        Some(Loaded::Failed(why)) if area.height > 0 => {
            let said = format!("no waveform: {}", one_line(why));
            pen.pieces(
                area.x,
                middle,
                area.width,
                [("! ", Scope::Warning), (said.as_str(), Scope::Warning)],
            );
        }
        _ if area.height > 0 => {
            for x in area.left()..area.right() {
                pen.mark(x, middle, '╌', Scope::WaveBar);
            }
        }
        _ => {}
    }
    ruler::draw(pen, ruler_row, &ticks, looped);
}
