//! Left against right: a goniometer (turned so that mono stands upright and a single channel leans to its side) and a bar of
//! correlation.

use ratatui::layout::Rect;

use super::dots::Dots;
use super::pen::Pen;
use crate::tui::scope::Scope;

/// Draws pairs of samples (left, right; oldest first) over an area: the sum goes up, the difference to the sides.
pub fn goniometer(pen: &mut Pen<'_>, area: Rect, pairs: &[[f32; 2]]) {
    let area = area.intersection(pen.area());
    if area.width < 5 || area.height < 3 {
        return;
    }
    let mut dots = Dots::new(area.width, area.height, pen.glyphs());
    let (width, height) = (dots.width(), dots.height());
    // A dot is about as wide as it is high in all glyph sets, so a circle is as wide as it is high in dots.
    let radius = (width.min(height) / 2 - 1).max(1) as f32;
    let (middle_x, middle_y) = (width / 2, height / 2);
    let grid = pen.style(Scope::Grid);
    for step in 0..=(radius as i32) {
        if step % 3 == 0 {
            for (dx, dy) in [(1, 1), (1, -1), (-1, 1), (-1, -1)] {
                let diagonal = (step as f32 * std::f32::consts::FRAC_1_SQRT_2) as i32;
                dots.set(middle_x + dx * diagonal, middle_y + dy * diagonal, grid);
            }
        }
    }
    let count = pairs.len().max(1) as f32;
    for (index, [left, right]) in pairs.iter().enumerate() {
        if !(left.is_finite() && right.is_finite()) {
            continue;
        }
        let mid = (left + right) * std::f32::consts::FRAC_1_SQRT_2;
        let side = (right - left) * std::f32::consts::FRAC_1_SQRT_2;
        let x = middle_x + (side.clamp(-1.4, 1.4) * radius) as i32;
        let y = middle_y - (mid.clamp(-1.4, 1.4) * radius) as i32;
        // The latest moments are the brightest.
        let style = pen.mixed(Scope::CurveSecond, Scope::Curve, index as f32 / count);
        dots.set(x, y, style);
    }
    dots.draw(pen, area.x, area.y);
    pen.text_centred(area.x, area.y, area.width, "M", Scope::Grid);
    pen.text(area.x, area.y, 1, "L", Scope::Grid);
    pen.text_right(area.x, area.y, area.width, "R", Scope::Grid);
}

/// Draws correlation from -1 to 1 over one row, with its number and a word.
pub fn correlation(pen: &mut Pen<'_>, row: Rect, value: Option<f64>) {
    if row.width < 12 || row.height == 0 {
        return;
    }
    let words = 18.min(row.width / 2);
    let bar = Rect { width: row.width - words, height: 1, ..row };
    pen.rule(bar, Scope::Grid);
    let middle = bar.x + bar.width / 2;
    for (x, glyph) in [(bar.x, '├'), (middle, '┼'), (bar.right() - 1, '┤')] {
        pen.mark(x, bar.y, glyph, Scope::Grid);
    }
    let Some(value) = value.filter(|value| value.is_finite()) else {
        pen.text(bar.right() + 1, row.y, words.saturating_sub(1), "silence", Scope::Dim);
        return;
    };
    let value = value.clamp(-1.0, 1.0);
    let x = bar.x + ((value + 1.0) / 2.0 * f64::from(bar.width - 1) + 0.5) as u16;
    let (word, scope) = judged(value);
    for between in x.min(middle)..=x.max(middle) {
        pen.mark(between, bar.y, '━', scope);
    }
    pen.mark(x, bar.y, '◆', scope);
    pen.text(
        bar.right() + 1,
        row.y,
        words.saturating_sub(1),
        &format!("{value:+.2} {word}"),
        scope,
    );
}

/// What a correlation means for people.
fn judged(value: f64) -> (&'static str, Scope) {
    if value < -0.2 {
        ("cancels in mono", Scope::Warning)
    } else if value < 0.2 {
        ("very wide", Scope::Curve)
    } else if value < 0.9 {
        ("wide", Scope::Curve)
    } else {
        ("near mono", Scope::Curve)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::Glyphs;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;

    fn drawn(pairs: &[[f32; 2]]) -> Buffer {
        let area = Rect::new(0, 0, 21, 11);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        goniometer(&mut Pen::new(&mut buffer, &theme, Glyphs::Ascii), area, pairs);
        buffer
    }

    fn lit(buffer: &Buffer, x: u16, y: u16) -> bool {
        matches!(buffer.cell((x, y)).unwrap().symbol(), "'" | "." | ":")
    }

    #[test]
    fn mono_stands_upright_and_the_opposite_lies() {
        let mono = drawn(&[[0.6, 0.6], [-0.6, -0.6]]);
        assert!((0..11).filter(|y| lit(&mono, 10, *y)).count() >= 3);
        let opposite = drawn(&[[0.6, -0.6]]);
        assert!((0..9).any(|x| lit(&opposite, x, 5)));
        // Right alone leans to the right.
        let right = drawn(&[[0.0, 0.9]]);
        assert!((11..21).any(|x| (0..5).any(|y| lit(&right, x, y))));
    }

    #[test]
    fn what_cancels_is_said_in_words() {
        let row = Rect::new(0, 0, 50, 1);
        let mut buffer = Buffer::empty(row);
        let theme = Theme::default();
        correlation(&mut Pen::new(&mut buffer, &theme, Glyphs::Braille), row, Some(-0.8));
        let text: String = buffer.content().iter().map(|cell| cell.symbol()).collect();
        assert!(text.contains("-0.80 cancels"), "{text}");
    }
}
