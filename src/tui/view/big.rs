//! The views that take the transcript's place: one take, or what plays, as large as the screen is.

mod listening;
mod live;
mod structure;

use ratatui::layout::Rect;

use super::{cell, empty, words};
use crate::model::card::TakeCard;
use crate::tui::draw::{Pen, below, measure, row_of};
use crate::tui::model::panes::{BigView, ViewKind};
use crate::tui::model::{Focus, Model};
use crate::tui::scope::Scope;

pub use structure::{graph_nodes, tree_takes};

/// The take that the view shows.
pub(super) fn shown<'a>(model: &'a Model, view: &BigView) -> Option<&'a TakeCard> {
    let id = view.take.as_ref().or(model.focused_take.as_ref())?;
    model.takes.get(id)
}

/// What of a view is in sight, in order and within the whole; never empty.
fn range(view: &BigView) -> (f64, f64) {
    let clean =
        |value: f64, other: f64| if value.is_finite() { value.clamp(0.0, 1.0) } else { other };
    let (from, to) = (clean(view.range.0, 0.0), clean(view.range.1, 1.0));
    if to - from < 1e-9 { (0.0, 1.0) } else { (from, to) }
}

/// Where the curve of the view is drawn within its area: what a click is measured in.
pub fn plot(model: &Model, area: Rect) -> Rect {
    let body = below(area, 2);
    match model.big.as_ref().map(|view| view.kind) {
        Some(ViewKind::Waveform) => listening::wave_plot(body),
        Some(ViewKind::Spectrogram) => listening::spectrogram_plot(body),
        Some(ViewKind::Loudness) => listening::loudness_plot(body),
        Some(ViewKind::Roll) => structure::roll_plot(body),
        _ => body,
    }
}

/// Draws the view with its title over an area.
pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let Some(view) = &model.big else { return };
    if area.width < 4 || area.height == 0 {
        return;
    }
    title(model, pen, row_of(area, 0), view);
    let body = below(area, 2);
    if body.is_empty() {
        return;
    }
    match view.kind {
        ViewKind::Waveform => listening::waveform(model, pen, body, view),
        ViewKind::Spectrogram => listening::spectrogram(model, pen, body, view),
        ViewKind::Loudness => listening::loudness(model, pen, body, view),
        ViewKind::Spectrum => live::spectrum(model, pen, body),
        ViewKind::Stereo => live::stereo(model, pen, body),
        ViewKind::Roll => structure::roll(model, pen, body, view),
        ViewKind::Graph => structure::graph(model, pen, body, view),
        ViewKind::Tree => structure::tree(model, pen, body, view),
    }
}

fn title(model: &Model, pen: &mut Pen<'_>, row: Rect, view: &BigView) {
    let focused = model.focus == Focus::View;
    let of_take = !matches!(
        view.kind,
        ViewKind::Spectrum | ViewKind::Stereo | ViewKind::Graph | ViewKind::Tree
    );
    let take = shown(model, view).filter(|_| of_take);
    let name =
        take.map(|take| format!("#{}  {}", take.number, cell::title(take))).unwrap_or_default();
    let (from, to) = range(view);
    let zoomed = (to - from) < 0.999;
    let right = match take.filter(|_| zoomed) {
        Some(take) => {
            let (from, to) = (from * take.duration_s, to * take.duration_s);
            let span = to - from;
            format!("{} to {}", words::clock_fine(from, span), words::clock_fine(to, span))
        }
        None => String::new(),
    };
    let room = row.width.saturating_sub(measure::width(&right) as u16 + 4);
    pen.pieces(
        row.x + 1,
        row.y,
        room,
        [
            (if focused { "▸ " } else { "  " }, Scope::BorderFocus),
            (view.kind.word(), Scope::Title),
            ("  ", Scope::Dim),
            (name.as_str(), Scope::Text),
        ],
    );
    pen.text_right(row.x, row.y, row.width.saturating_sub(1), &right, Scope::TakeFact);
}

/// What is said where a take is wanted and there is none.
fn no_take(pen: &mut Pen<'_>, area: Rect) {
    empty::say(
        pen,
        area,
        &[
            "No take to look at.",
            "",
            "Send a prompt, or choose a take in the transcript or the library.",
        ],
    );
}
