//! What a take sounds like, seen: its waveform down to samples, its spectrogram, its loudness.

use ratatui::layout::Rect;

use super::{no_take, range, shown};
use crate::model::card::TakeCard;
use crate::protocol::listen::TakePeaksResponse;
use crate::tui::draw::bounds::inset;
use crate::tui::draw::loudness::{self, Loudness};
use crate::tui::draw::spectrogram::{self, Field};
use crate::tui::draw::wave::Wave;
use crate::tui::draw::{Pen, below, right_of, row_of, ruler, spectrum};
use crate::tui::model::Model;
use crate::tui::model::curves::{Loaded, TakeCurves};
use crate::tui::model::panes::BigView;
use crate::tui::scope::Scope;
use crate::tui::view::{cell, empty, words};
use crate::util::text::one_line;

/// Rows of the waveform of the whole take below that of what is in sight.
const OVERVIEW: u16 = 3;
/// Columns of the frequencies at the left of a spectrogram.
const HERTZ: u16 = 5;

/// Where the waveform is: a column of air on both sides, a ruler and the overview below.
pub(super) fn wave_plot(body: Rect) -> Rect {
    let inside = inset(body, 1, 0);
    let below_it = if inside.height >= 10 { OVERVIEW + 1 } else { 1 };
    Rect { height: inside.height.saturating_sub(below_it), ..inside }
}

pub(super) fn spectrogram_plot(body: Rect) -> Rect {
    let inside = right_of(body, HERTZ + 1);
    Rect {
        width: inside.width.saturating_sub(1),
        height: inside.height.saturating_sub(1),
        ..inside
    }
}

pub(super) fn loudness_plot(body: Rect) -> Rect {
    let inside = right_of(body, loudness::GUTTER + 1);
    Rect {
        width: inside.width.saturating_sub(1),
        height: inside.height.saturating_sub(2),
        ..inside
    }
}

/// What is not here yet, or can't be had, in the middle of an area. Returns what is here.
fn arrived<'a, T>(
    pen: &mut Pen<'_>,
    area: Rect,
    thing: Option<&'a Loaded<T>>,
    what: &str,
) -> Option<&'a T> {
    match thing {
        Some(Loaded::Here(thing)) => return Some(thing),
        Some(Loaded::Failed(why)) => {
            let why = one_line(why);
            empty::say(pen, area, &[&format!("! No {what}."), &why]);
        }
        _ => empty::say(pen, area, &[&format!("Reading the {what}.")]),
    }
    None
}

/// A share of the whole take as a share of what is in sight.
fn within(view: &BigView, share: f64) -> f64 {
    let (from, to) = range(view);
    (share - from) / (to - from)
}

pub(super) fn waveform(model: &Model, pen: &mut Pen<'_>, body: Rect, view: &BigView) {
    let Some(take) = shown(model, view) else { return no_take(pen, body) };
    let area = wave_plot(body);
    let curves = model.curves.takes.get(&take.id);
    let (from, to) = range(view);
    let zoomed =
        curves.and_then(|curves| curves.zoomed.get()).filter(|zoomed| covers(zoomed, from, to));
    let ticks = cell::ticks(take, from * take.duration_s, to * take.duration_s, area.width);
    let playhead = cell::playhead(take, model).map(|share| within(view, share));
    let looped = cell::looped(take, model)
        .map(|(a, b)| (within(view, a), within(view, b)))
        .filter(|(a, b)| *b > 0.0 && *a < 1.0);
    let (columns, samples) = match (zoomed, curves.map(|curves| &curves.peaks)) {
        (Some(zoomed), _) => (
            zoomed.columns.as_slice(),
            zoomed.to.saturating_sub(zoomed.from) <= 2 * u64::from(area.width),
        ),
        (None, peaks) => {
            let Some(peaks) = arrived(pen, area, peaks, "waveform") else { return };
            (slice(&peaks.columns, from, to), false)
        }
    };
    let middle = Rect::new(area.x, area.y + area.height / 2, area.width, 1.min(area.height));
    for x in (middle.left()..middle.right()).step_by(2) {
        pen.mark(x, middle.y, '·', Scope::Grid);
    }
    Wave { columns, playhead, looped, ticks: &ticks, samples }.draw(pen, area);
    let ruler_row = row_of(below(body, area.height), 0);
    ruler::draw(pen, Rect { x: area.x, width: area.width, ..ruler_row }, &ticks, looped);
    overview(model, pen, below(body, area.height + 1), view, take);
}

/// The whole take in a few rows, with brackets around what is in sight.
fn overview(model: &Model, pen: &mut Pen<'_>, area: Rect, view: &BigView, take: &TakeCard) {
    let area = inset(area, 1, 0);
    let Some(TakeCurves { peaks: Loaded::Here(peaks), .. }) = model.curves.takes.get(&take.id)
    else {
        return;
    };
    if area.height < 2 {
        return;
    }
    let wave = Rect { height: area.height - 1, ..area };
    Wave { columns: &peaks.columns, playhead: cell::playhead(take, model), ..Wave::default() }
        .draw(pen, wave);
    let (from, to) = range(view);
    let row = row_of(area, area.height - 1);
    let (left, right) = (ruler::column_of(row, from), ruler::column_of(row, to));
    for x in left..=right {
        let glyph = if x == left {
            '└'
        } else if x == right {
            '┘'
        } else {
            '─'
        };
        pen.mark(x, row.y, glyph, Scope::Hint);
    }
}

/// Whether peaks are those of a stretch, to a thousandth of it.
fn covers(peaks: &TakePeaksResponse, from: f64, to: f64) -> bool {
    let frames = peaks.frames.max(1) as f64;
    let near = ((to - from) / 1_000.0).max(2.0 / frames);
    (peaks.from as f64 / frames - from).abs() <= near
        && (peaks.to as f64 / frames - to).abs() <= near
}

/// The columns of a stretch of the whole.
fn slice<T>(columns: &[T], from: f64, to: f64) -> &[T] {
    let count = columns.len();
    let first = ((from * count as f64) as usize).min(count);
    let last = ((to * count as f64).ceil() as usize).clamp(first, count);
    columns.get(first..last).unwrap_or_default()
}

pub(super) fn spectrogram(model: &Model, pen: &mut Pen<'_>, body: Rect, view: &BigView) {
    let area = spectrogram_plot(body);
    let Some(take) = shown(model, view) else { return live_spectrogram(model, pen, body) };
    let curves = model.curves.takes.get(&take.id);
    let Some(data) = arrived(pen, area, curves.map(|curves| &curves.spectrogram), "spectrogram")
    else {
        return;
    };
    let bands = data.hz.len();
    let (from, to) = range(view);
    let whole = data.from == 0 && data.to >= data.frames;
    let db = if whole {
        let columns = data.db.len() / bands.max(1);
        let first = ((from * columns as f64) as usize).min(columns);
        let last = ((to * columns as f64).ceil() as usize).clamp(first, columns);
        data.db.get(first * bands..last * bands).unwrap_or_default()
    } else {
        &data.db
    };
    spectrogram::draw(pen, area, Field { bands, db });
    hertz(pen, body, area, &data.hz);
    let ticks = cell::ticks(take, from * take.duration_s, to * take.duration_s, area.width);
    let ruler_row = row_of(below(body, area.height), 0);
    ruler::draw(pen, Rect { x: area.x, width: area.width, ..ruler_row }, &ticks, None);
    if let Some(share) = cell::playhead(take, model).map(|share| within(view, share))
        && (0.0..1.0).contains(&share)
    {
        pen.pillar(Rect { x: ruler::column_of(area, share), width: 1, ..area }, Scope::Playhead);
    }
}

/// The last moments of what plays.
fn live_spectrogram(model: &Model, pen: &mut Pen<'_>, body: Rect) {
    let area = spectrogram_plot(body);
    let hz = &model.sound.spectrum.hz;
    if model.sound.spectra.is_empty() || hz.is_empty() {
        return no_take(pen, body);
    }
    let mut db = Vec::with_capacity(model.sound.spectra.len() * hz.len());
    for moment in &model.sound.spectra {
        for band in 0..hz.len() {
            let level = moment.get(band).copied().flatten().unwrap_or(-120.0);
            db.push(level.clamp(-120.0, 0.0) as i8);
        }
    }
    spectrogram::draw(pen, area, Field { bands: hz.len(), db: &db });
    hertz(pen, body, area, hz);
}

/// Frequencies at the left of a spectrogram.
fn hertz(pen: &mut Pen<'_>, body: Rect, area: Rect, hz: &[f32]) {
    let (Some(&lowest), Some(&highest)) = (hz.first(), hz.last()) else { return };
    if lowest <= 0.0 || highest <= lowest {
        return;
    }
    let mut free = area.bottom();
    for (mark, label) in spectrum::MARKS {
        if !(lowest..=highest).contains(&mark) {
            continue;
        }
        let share = libm::logf(mark / lowest) / libm::logf(highest / lowest);
        let y = area
            .bottom()
            .saturating_sub(1 + (share * f32::from(area.height.saturating_sub(1))) as u16);
        if y >= free || y < area.y {
            continue;
        }
        pen.text_right(body.x, y, HERTZ, label, Scope::Grid);
        free = y;
    }
}

pub(super) fn loudness(model: &Model, pen: &mut Pen<'_>, body: Rect, view: &BigView) {
    let Some(take) = shown(model, view) else { return no_take(pen, body) };
    let curves = model.curves.takes.get(&take.id);
    let area = loudness_plot(body);
    let Some(data) = arrived(pen, area, curves.map(|curves| &curves.loudness), "loudness") else {
        return;
    };
    let (from, to) = range(view);
    let momentary = slice(&data.momentary_lufs, from, to);
    let short_term = slice(&data.short_term_lufs, from, to);
    let loudest = momentary.iter().chain(short_term).flatten().copied().fold(-30.0_f32, f32::max);
    let top = ((loudest / 5.0).ceil() * 5.0).clamp(-25.0, 5.0);
    let plot = Rect { x: area.x - loudness::GUTTER, width: area.width + loudness::GUTTER, ..area };
    Loudness {
        momentary,
        short_term,
        integrated: data.integrated_lufs,
        playhead: cell::playhead(take, model).map(|share| within(view, share)),
        scale: (top, top - 36.0),
    }
    .draw(pen, plot);
    let ticks = cell::ticks(take, from * take.duration_s, to * take.duration_s, area.width);
    let ruler_row = row_of(below(body, area.height), 0);
    ruler::draw(pen, Rect { x: area.x, width: area.width, ..ruler_row }, &ticks, None);
    let line = row_of(below(body, area.height), 1);
    if line.height > 0 {
        let number = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
        };
        let said = format!(
            "integrated {}   range {} LU   true peak {} dBTP",
            data.integrated_lufs.map_or_else(|| "-".to_owned(), words::lufs),
            number(data.range_lu),
            number(data.true_peak_dbtp),
        );
        pen.text(area.x, line.y, area.width, &said, Scope::TakeFact);
        if usize::from(area.width) > said.len() + 30 {
            let x = area.right() - 26;
            pen.pieces(
                x,
                line.y,
                26,
                [
                    ("━ short-term", Scope::Curve),
                    ("  ", Scope::Dim),
                    ("· momentary", Scope::CurveSecond),
                ],
            );
        }
    }
}
