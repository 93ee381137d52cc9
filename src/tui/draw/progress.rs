//! A bar that fills, to an eighth of a cell.

use ratatui::layout::Rect;

use super::dots::eighth_across;
use super::pen::Pen;
use crate::tui::model::Glyphs;
use crate::tui::scope::Scope;

/// Draws how much is done, 0 to 1, over one row.
pub fn draw(pen: &mut Pen<'_>, area: Rect, done: f64) {
    if area.is_empty() {
        return;
    }
    let done = if done.is_finite() { done.clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (done * f64::from(area.width) * 8.0 + 0.5) as u32;
    for column in 0..area.width {
        let x = area.x + column;
        let level = eighths.saturating_sub(u32::from(column) * 8).min(8);
        match (pen.glyphs(), level) {
            (Glyphs::Ascii, 4..) => pen.mark(x, area.y, '#', Scope::Progress),
            (Glyphs::Ascii, _) => pen.mark(x, area.y, '-', Scope::ProgressRest),
            (Glyphs::Braille, 8) => pen.mark(x, area.y, '━', Scope::Progress),
            (Glyphs::Braille, 4..) => pen.mark(x, area.y, '╸', Scope::Progress),
            (Glyphs::Braille, _) => pen.mark(x, area.y, '─', Scope::ProgressRest),
            (Glyphs::Blocks, 0) => pen.mark(x, area.y, '░', Scope::ProgressRest),
            (Glyphs::Blocks, _) => pen.mark(x, area.y, eighth_across(level as u8), Scope::Progress),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;

    #[test]
    fn what_is_done_and_what_is_not_differ_in_shape() {
        let shown = |done, glyphs| -> String {
            let area = Rect::new(0, 0, 4, 1);
            let mut buffer = Buffer::empty(area);
            let theme = Theme::default();
            draw(&mut Pen::new(&mut buffer, &theme, glyphs), area, done);
            buffer.content().iter().map(|cell| cell.symbol()).collect()
        };
        assert_eq!(shown(0.5, Glyphs::Braille), "━━──");
        assert_eq!(shown(0.65, Glyphs::Braille), "━━╸─");
        assert_eq!(shown(0.5, Glyphs::Ascii), "##--");
        assert_eq!(shown(0.5625, Glyphs::Blocks), "██▎░");
        assert_eq!(shown(f64::NAN, Glyphs::Ascii), "----");
    }
}
