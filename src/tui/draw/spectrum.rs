//! A spectrum: a bar for each band on a scale of equal ratios, with a grid of levels and an axis of frequencies.

use ratatui::layout::Rect;

use super::dots::eighth;
use super::pen::Pen;
use super::{below, left_of, right_of};
use crate::tui::model::Glyphs;
use crate::tui::scope::Scope;

/// The lowest level that is shown, in dB below a full sine.
const FLOOR_DB: f32 = -90.0;
/// Columns of the scale at the left.
const GUTTER: u16 = 5;

/// Draws bands over an area: `hz` ascending in equal ratios, `db` as many levels, none in silence.
pub fn draw(pen: &mut Pen<'_>, area: Rect, hz: &[f32], db: &[Option<f32>]) {
    if area.width <= GUTTER || area.height < 2 {
        return;
    }
    let plot = right_of(Rect { height: area.height - 1, ..area }, GUTTER);
    grid(pen, left_of(area, GUTTER), plot);
    let bands = hz.len().min(db.len());
    if bands == 0 {
        return;
    }
    let steps = f32::from(plot.height) * 8.0;
    for column in 0..plot.width {
        // A gap between bars where each has at least three columns.
        let band = usize::from(column) * bands / usize::from(plot.width);
        let next = (usize::from(column) + 1) * bands / usize::from(plot.width);
        if usize::from(plot.width) >= bands * 3 && next != band {
            continue;
        }
        let last = next.max(band + 1).min(bands);
        let level = db
            .get(band..last)
            .unwrap_or_default()
            .iter()
            .flatten()
            .copied()
            .fold(FLOOR_DB, f32::max);
        let lit = ((1.0 - level.clamp(FLOOR_DB, 0.0) / FLOOR_DB) * steps) as i32;
        for row in 0..plot.height {
            let inside = (lit - i32::from(row) * 8).clamp(0, 8);
            if inside == 0 {
                break;
            }
            let height = f32::from(row) / f32::from(plot.height.max(1));
            let style = pen.mixed(Scope::Curve, Scope::CurveSecond, height);
            let glyph = if pen.glyphs() == Glyphs::Ascii { '#' } else { eighth(inside as u8) };
            pen.glyph(plot.x + column, plot.bottom() - 1 - row, glyph, style);
        }
    }
    axis(pen, below(right_of(area, GUTTER), plot.height), hz);
}

fn grid(pen: &mut Pen<'_>, gutter: Rect, plot: Rect) {
    let mut free = 0;
    for db in [0, -12, -24, -36, -48, -60, -72, -84] {
        let row = (db as f32 / FLOOR_DB * f32::from(plot.height)) as u16;
        if row < free || row >= plot.height {
            continue;
        }
        free = row + 2;
        pen.text_right(gutter.x, plot.y + row, GUTTER - 1, &db.to_string(), Scope::Grid);
        for x in (plot.left()..plot.right()).step_by(2) {
            pen.mark(x, plot.y + row, '·', Scope::Grid);
        }
    }
}

/// Frequencies in one row under bands of equal ratios.
pub fn axis(pen: &mut Pen<'_>, row: Rect, hz: &[f32]) {
    let (Some(&lowest), Some(&highest)) = (hz.first(), hz.last()) else { return };
    if row.height == 0 || lowest <= 0.0 || highest <= lowest {
        return;
    }
    let mut free = row.x;
    for (mark, label) in MARKS {
        if !(lowest..=highest).contains(&mark) {
            continue;
        }
        let share = libm::logf(mark / lowest) / libm::logf(highest / lowest);
        let x = row.x + (share * f32::from(row.width.saturating_sub(1))) as u16;
        let width = label.len() as u16;
        if x < free || x + width > row.right() {
            continue;
        }
        pen.text(x, row.y, width, label, Scope::Grid);
        free = x + width + 2;
    }
}

/// Frequencies that are worth a label.
pub const MARKS: [(f32, &str); 10] = [
    (30.0, "30"),
    (60.0, "60"),
    (125.0, "125"),
    (250.0, "250"),
    (500.0, "500"),
    (1_000.0, "1k"),
    (2_000.0, "2k"),
    (4_000.0, "4k"),
    (8_000.0, "8k"),
    (16_000.0, "16k"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;

    #[test]
    fn bars_stand_on_their_frequencies() {
        let area = Rect::new(0, 0, 45, 10);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        let hz: Vec<f32> = (0..10).map(|octave| 31.25 * libm::exp2f(octave as f32)).collect();
        let mut db = vec![None; 10];
        db[5] = Some(0.0);
        draw(&mut Pen::new(&mut buffer, &theme, Glyphs::Braille), area, &hz, &db);
        // Band 5 of 10, 1 kHz, takes columns 20 to 22 of 40, and its fourth column is a gap.
        let full = |x: u16| (0..9).all(|y| buffer.cell((GUTTER + x, y)).unwrap().symbol() == "█");
        assert!(full(20) && full(21) && full(22));
        assert!(!full(19) && !full(23));
        let axis: String = (0..45).map(|x| buffer.cell((x, 9)).unwrap().symbol()).collect();
        assert!(axis.contains("1k") && axis.contains("8k"), "{axis}");
    }
}
