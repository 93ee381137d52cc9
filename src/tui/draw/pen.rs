//! The pen: the one place where cells of the screen are written. It knows the theme and the glyph set, so that no widget can
//! write a letter over an edge, let a control character through, or use a glyph that the terminal does not have.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use unicode_segmentation::UnicodeSegmentation;

use super::measure;
use crate::tui::model::Glyphs;
use crate::tui::scope::Scope;
use crate::tui::theme::Theme;
use crate::util::text::clean;

/// Writes cells of a buffer in the styles of a theme.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    glyphs: Glyphs,
}

impl<'a> Pen<'a> {
    /// A pen for a buffer.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme, glyphs: Glyphs) -> Self {
        Self { buffer, theme, glyphs }
    }

    /// Everything that can be written to.
    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// What curves are drawn with.
    pub fn glyphs(&self) -> Glyphs {
        self.glyphs
    }

    /// The style of a scope.
    pub fn style(&self, scope: Scope) -> Style {
        self.theme.style(scope)
    }

    /// Between the styles of two scopes: 0 is the first, 1 the second. Colours that are not given as red, green and blue
    /// can't be mixed, and the nearer one is taken.
    pub fn mixed(&self, from: Scope, to: Scope, share: f32) -> Style {
        mix(self.style(from), self.style(to), share)
    }

    /// A scope's style, faded towards the ground: 0 is the ground, 1 the scope.
    pub fn faded(&self, scope: Scope, share: f32) -> Style {
        let style = self.style(scope);
        match (self.style(Scope::Ground).bg, style.fg) {
            (Some(ground), Some(_)) => mix(Style { fg: Some(ground), ..style }, style, share),
            _ => style,
        }
    }

    /// Empties an area and gives it the style of a scope over that of the ground. Wide letters that reach into it from the
    /// left are taken away, because a terminal would draw them over the first column.
    pub fn clear(&mut self, area: Rect, scope: Scope) {
        let area = area.intersection(self.buffer.area);
        let style =
            self.style(Scope::Ground).patch(self.style(Scope::Text)).patch(self.style(scope));
        for y in area.top()..area.bottom() {
            if let Some(before) = area.x.checked_sub(1)
                && let Some(cell) = self.buffer.cell_mut((before, y))
                && measure::cluster(cell.symbol()) > 1
            {
                cell.set_symbol(" ");
            }
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// Gives an area the style of a scope and leaves its text.
    pub fn tint(&mut self, area: Rect, scope: Scope) {
        self.buffer.set_style(area.intersection(self.buffer.area), self.style(scope));
    }

    /// Writes a text into at most `width` columns, cut with `…` where it is longer. Returns the columns that it took.
    pub fn text(&mut self, x: u16, y: u16, width: u16, text: &str, scope: Scope) -> u16 {
        self.styled(x, y, width, text, self.style(scope))
    }

    /// The same at the right end of the columns.
    pub fn text_right(&mut self, x: u16, y: u16, width: u16, text: &str, scope: Scope) -> u16 {
        let text = safe(text);
        let wanted = columns(measure::width(&text)).min(width);
        self.text(x + (width - wanted), y, wanted, &text, scope)
    }

    /// The same in the middle of the columns.
    pub fn text_centred(&mut self, x: u16, y: u16, width: u16, text: &str, scope: Scope) -> u16 {
        let text = safe(text);
        let wanted = columns(measure::width(&text)).min(width);
        self.text(x + (width - wanted) / 2, y, wanted, &text, scope)
    }

    /// Writes pieces one after another. Returns the columns that they took.
    pub fn pieces<'t>(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        pieces: impl IntoIterator<Item = (&'t str, Scope)>,
    ) -> u16 {
        let mut used = 0;
        for (text, scope) in pieces {
            used += self.text(x.saturating_add(used), y, width.saturating_sub(used), text, scope);
        }
        used
    }

    /// Writes a text in a style. Returns the columns that it took.
    pub fn styled(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if x >= area.right() || y >= area.bottom() || x < area.x || y < area.y {
            return 0;
        }
        let width = width.min(area.right() - x);
        let text = safe(text);
        let fitted = if measure::width(&text) > usize::from(width) {
            Cow::Owned(measure::fit(&text, usize::from(width)))
        } else {
            text
        };
        let mut used: u16 = 0;
        for piece in fitted.graphemes(true) {
            let size = columns(measure::cluster(piece));
            if size == 0 || used + size > width {
                continue;
            }
            self.put(x + used, y, piece, size, style);
            used += size;
        }
        used
    }

    /// Writes one glyph of a single column.
    pub fn glyph(&mut self, x: u16, y: u16, glyph: char, style: Style) {
        let mut bytes = [0; 4];
        self.put(x, y, glyph.encode_utf8(&mut bytes), 1, style);
    }

    /// Writes one glyph of a single column in the style of a scope.
    pub fn mark(&mut self, x: u16, y: u16, glyph: char, scope: Scope) {
        self.glyph(x, y, glyph, self.style(scope));
    }

    /// Takes over rows of another buffer, from `skip` on, into an area of the same width.
    pub fn take_over(&mut self, other: &Buffer, skip: usize, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for row in 0..area.height {
            let Ok(from) = u16::try_from(skip + usize::from(row)) else { break };
            for column in 0..area.width {
                if let Some(cell) = other.cell((column, from))
                    && let Some(place) = self.buffer.cell_mut((area.x + column, area.y + row))
                {
                    *place = cell.clone();
                }
            }
        }
    }

    /// Whether nothing has been written to a cell.
    pub fn is_blank(&self, x: u16, y: u16) -> bool {
        self.buffer.cell((x, y)).is_some_and(|cell| matches!(cell.symbol(), " " | "⠀"))
    }

    /// A line from left to right.
    pub fn rule(&mut self, area: Rect, scope: Scope) {
        for x in area.left()..area.right() {
            self.mark(x, area.y, '─', scope);
        }
    }

    /// A line from top to bottom.
    pub fn pillar(&mut self, area: Rect, scope: Scope) {
        for y in area.top()..area.bottom() {
            self.mark(area.x, y, '│', scope);
        }
    }

    /// A frame around the outermost cells of an area, with a title in its upper edge. Returns what is inside.
    pub fn frame(&mut self, area: Rect, title: &str, scope: Scope, title_scope: Scope) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let (left, right) = (area.left(), area.right() - 1);
        let (top, bottom) = (area.top(), area.bottom() - 1);
        for x in left + 1..right {
            self.mark(x, top, '─', scope);
            self.mark(x, bottom, '─', scope);
        }
        for y in top + 1..bottom {
            self.mark(left, y, '│', scope);
            self.mark(right, y, '│', scope);
        }
        for (x, y, corner) in
            [(left, top, '╭'), (right, top, '╮'), (left, bottom, '╰'), (right, bottom, '╯')]
        {
            self.mark(x, y, corner, scope);
        }
        if !title.is_empty() && area.width > 6 {
            let titled = format!(" {title} ");
            self.text(left + 2, top, area.width - 4, &titled, title_scope);
        }
        Rect::new(left + 1, top + 1, area.width - 2, area.height - 2)
    }

    fn put(&mut self, x: u16, y: u16, symbol: &str, size: u16, style: Style) {
        if self.glyphs == Glyphs::Ascii && !symbol.is_ascii() {
            let stand_in = symbol.chars().next().map_or('?', ascii);
            let mut bytes = [0; 4];
            for at in 0..size {
                let part = if at == 0 { stand_in } else { '?' };
                self.set(x + at, y, part.encode_utf8(&mut bytes), style);
            }
            return;
        }
        self.set(x, y, symbol, style);
        for at in 1..size {
            self.set(x + at, y, " ", style);
        }
    }

    fn set(&mut self, x: u16, y: u16, symbol: &str, style: Style) {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    }
}

/// A number of columns as the screen counts them.
pub fn columns(wanted: usize) -> u16 {
    u16::try_from(wanted).unwrap_or(u16::MAX)
}

/// A text without anything that a terminal would obey.
fn safe(text: &str) -> Cow<'_, str> {
    if measure::is_plain(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(clean(text).replace(['\n', '\t'], " "))
}

fn mix(from: Style, to: Style, share: f32) -> Style {
    let share = share.clamp(0.0, 1.0);
    let nearer = if share < 0.5 { from } else { to };
    let (Some(Color::Rgb(r0, g0, b0)), Some(Color::Rgb(r1, g1, b1))) = (from.fg, to.fg) else {
        return nearer;
    };
    let between = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share + 0.5) as u8;
    nearer.fg(Color::Rgb(between(r0, r1), between(g0, g1), between(b0, b1)))
}

/// What stands for a glyph on a terminal that has ASCII alone.
fn ascii(glyph: char) -> char {
    match glyph {
        '─' | '━' | '╸' | '╌' | '▔' | '┄' | '–' | '—' | '−' | '▬' => '-',
        '│' | '┃' | '┊' | '╎' | '▏' | '▎' | '▍' | '▕' | '▌' | '▐' | '⡇' | '⢸' => {
            '|'
        }
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '╭' | '╮' | '╰' | '╯' => {
            '+'
        }
        '›' | '▸' | '▶' | '→' | '»' => '>',
        '‹' | '◂' | '◀' | '←' => '<',
        '↑' | '▴' | '▲' => '^',
        '↓' | '▾' | '▼' => 'v',
        '↳' => '`',
        '·' | '…' | '☆' | '○' | '◌' | '░' => '.',
        '●' | '◉' => 'o',
        '◆' => '@',
        '◇' => '+',
        '★' | '✦' | '✱' | '✎' => '*',
        '✓' => '+',
        '✗' | '×' => 'x',
        '⚠' => '!',
        '■' | '█' | '▓' | '▇' | '▆' | '▅' | '▊' | '▉' | '▋' => '#',
        '▒' | '▄' | '▀' | '▃' => '=',
        '▂' | '▁' => '_',
        '‖' => '|',
        '♪' | '♫' | '≈' | '∿' => '~',
        '≤' => '<',
        '≥' => '>',
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        '°' => 'o',
        '♯' => '#',
        '♭' => 'b',
        '⠀' => ' ',
        'À'..='Å' => 'A',
        'à'..='å' => 'a',
        'ç' => 'c',
        'È'..='Ë' => 'E',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'Ò'..='Ö' => 'O',
        'ò'..='ö' => 'o',
        'Ù'..='Ü' => 'U',
        'ù'..='ü' => 'u',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page(glyphs: Glyphs, width: u16, draw: impl FnOnce(&mut Pen<'_>)) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, 1));
        let theme = Theme::default();
        draw(&mut Pen::new(&mut buffer, &theme, glyphs));
        buffer.content().iter().map(|cell| cell.symbol().to_owned()).collect()
    }

    #[test]
    fn a_wide_letter_is_never_cut_in_half() {
        let text = page(Glyphs::Braille, 5, |pen| {
            pen.text(0, 0, 5, "雨の夜", Scope::Text);
        });
        assert_eq!(text, "雨 の …");
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_written() {
        let text = page(Glyphs::Braille, 10, |pen| {
            pen.text(0, 0, 10, "a\u{1b}[31mb\tc\u{7}\u{202e}d", Scope::Text);
        });
        assert_eq!(text, "ab cd     ");
    }

    #[test]
    fn a_popup_takes_away_the_wide_letter_that_reaches_into_it() {
        let text = page(Glyphs::Braille, 6, |pen| {
            pen.text(0, 0, 6, "雨の夜", Scope::Text);
            pen.clear(Rect::new(3, 0, 2, 1), Scope::Popup);
        });
        assert_eq!(text, "雨     ".chars().take(6).collect::<String>());
    }

    #[test]
    fn colours_are_mixed_where_they_can_be() {
        let (red, blue) =
            (Style::new().fg(Color::Rgb(200, 0, 0)), Style::new().fg(Color::Rgb(0, 0, 100)));
        assert_eq!(mix(red, blue, 0.5).fg, Some(Color::Rgb(100, 0, 50)));
        assert_eq!(mix(Style::new().fg(Color::Red), blue, 0.4).fg, Some(Color::Red));
    }

    proptest! {
        #[test]
        fn ascii_means_ascii_and_no_more_columns_than_given(text in "\\PC{0,60}", width in 0u16..30) {
            let drawn = page(Glyphs::Ascii, 40, |pen| {
                let used = pen.text(0, 0, width, &text, Scope::Text);
                assert!(used <= width);
            });
            prop_assert!(drawn.is_ascii(), "{drawn:?}");
            prop_assert!(drawn[usize::from(width)..].trim().is_empty());
        }
    }
}
