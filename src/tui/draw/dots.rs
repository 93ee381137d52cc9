//! A grid of dots finer than cells: braille has 2 x 4 in a cell (Unicode block 2800), quadrant blocks 2 x 2, ASCII 1 x 2.

use ratatui::style::Style;

use super::pen::Pen;
use crate::tui::model::Glyphs;

/// Dots over an area of cells. A cell has one style, that of the dot that was set last.
#[derive(Debug, Clone)]
pub struct Dots {
    glyphs: Glyphs,
    columns: u16,
    rows: u16,
    bits: Vec<u8>,
    styles: Vec<Style>,
}

impl Dots {
    /// An empty grid over so many cells.
    pub fn new(columns: u16, rows: u16, glyphs: Glyphs) -> Self {
        let cells = usize::from(columns) * usize::from(rows);
        Self { glyphs, columns, rows, bits: vec![0; cells], styles: vec![Style::new(); cells] }
    }

    /// Dots in a cell, across and down.
    pub fn per_cell(glyphs: Glyphs) -> (i32, i32) {
        match glyphs {
            Glyphs::Braille => (2, 4),
            Glyphs::Blocks => (2, 2),
            Glyphs::Ascii => (1, 2),
        }
    }

    /// Dots across.
    pub fn width(&self) -> i32 {
        i32::from(self.columns) * Self::per_cell(self.glyphs).0
    }

    /// Dots down.
    pub fn height(&self) -> i32 {
        i32::from(self.rows) * Self::per_cell(self.glyphs).1
    }

    /// Sets a dot, counted from the upper left; one outside of the grid is left out.
    pub fn set(&mut self, x: i32, y: i32, style: Style) {
        let (across, down) = Self::per_cell(self.glyphs);
        if x < 0 || y < 0 || x >= self.width() || y >= self.height() {
            return;
        }
        let cell = (y / down * i32::from(self.columns) + x / across) as usize;
        let bit = (y % down * across + x % across) as u8;
        if let (Some(bits), Some(kept)) = (self.bits.get_mut(cell), self.styles.get_mut(cell)) {
            *bits |= 1 << bit;
            *kept = style;
        }
    }

    /// Sets the dots of a column between two rows, both included, in either order.
    pub fn column(&mut self, x: i32, from: i32, to: i32, style: Style) {
        let (from, to) = (from.min(to).max(0), from.max(to).min(self.height() - 1));
        for y in from..=to {
            self.set(x, y, style);
        }
    }

    /// Sets the dots of a straight line (Bresenham's algorithm).
    pub fn line(&mut self, from: (i32, i32), to: (i32, i32), style: Style) {
        let (dx, dy) = ((to.0 - from.0).abs(), -(to.1 - from.1).abs());
        let (sx, sy) = ((to.0 - from.0).signum(), (to.1 - from.1).signum());
        let (mut x, mut y, mut error) = (from.0, from.1, dx + dy);
        // A line across a screen of 500 x 200 cells has at most this many dots; a longer one lies outside.
        for _ in 0..=4_096 {
            self.set(x, y, style);
            if (x, y) == to {
                return;
            }
            let twice = 2 * error;
            if twice >= dy {
                error += dy;
                x += sx;
            }
            if twice <= dx {
                error += dx;
                y += sy;
            }
        }
    }

    /// Draws the cells that have dots, and leaves the others as they are.
    pub fn draw(&self, pen: &mut Pen<'_>, x: u16, y: u16) {
        for row in 0..self.rows {
            for column in 0..self.columns {
                let cell = usize::from(row) * usize::from(self.columns) + usize::from(column);
                let (Some(&bits), Some(&style)) = (self.bits.get(cell), self.styles.get(cell))
                else {
                    continue;
                };
                if bits != 0 {
                    pen.glyph(x + column, y + row, glyph(self.glyphs, bits), style);
                }
            }
        }
    }
}

/// The glyph for a cell's dots, bit 0 the upper left one, row by row.
pub fn glyph(glyphs: Glyphs, bits: u8) -> char {
    match glyphs {
        Glyphs::Braille => braille(bits),
        Glyphs::Blocks => quadrant(bits),
        Glyphs::Ascii => match bits & 3 {
            0 => ' ',
            1 => '\'',
            2 => '.',
            _ => ':',
        },
    }
}

fn braille(bits: u8) -> char {
    // Dots are numbered down the columns, and the lowest row came to the standard later.
    const PLACES: [u8; 8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];
    let mut pattern = 0;
    for (bit, place) in PLACES.iter().enumerate() {
        if bits & (1 << bit) != 0 {
            pattern |= u32::from(*place);
        }
    }
    char::from_u32(0x2800 + pattern).unwrap_or(' ')
}

fn quadrant(bits: u8) -> char {
    const GLYPHS: [char; 16] =
        [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];
    GLYPHS.get(usize::from(bits & 15)).copied().unwrap_or(' ')
}

/// A block that fills eighths of a cell from below, 0 to 8.
pub fn eighth(level: u8) -> char {
    const GLYPHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    GLYPHS.get(usize::from(level.min(8))).copied().unwrap_or('█')
}

/// A block that fills eighths of a cell from the left, 0 to 8.
pub fn eighth_across(level: u8) -> char {
    const GLYPHS: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
    GLYPHS.get(usize::from(level.min(8))).copied().unwrap_or('█')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dots_have_their_places_in_the_pattern() {
        assert_eq!(glyph(Glyphs::Braille, 0b0000_0001), '⠁');
        assert_eq!(glyph(Glyphs::Braille, 0b1000_0000), '⢀');
        assert_eq!(glyph(Glyphs::Braille, 0b0101_0101), '⡇');
        assert_eq!(glyph(Glyphs::Braille, 0xff), '⣿');
        assert_eq!(glyph(Glyphs::Blocks, 0b0101), '▌');
        assert_eq!(glyph(Glyphs::Ascii, 0b11), ':');
    }

    proptest! {
        #[test]
        fn any_line_may_leave_the_grid(
            x0 in -900i32..900, y0 in -900i32..900, x1 in -900i32..900, y1 in -900i32..900,
            columns in 0u16..30, rows in 0u16..20,
        ) {
            for glyphs in [Glyphs::Braille, Glyphs::Blocks, Glyphs::Ascii] {
                let mut dots = Dots::new(columns, rows, glyphs);
                dots.line((x0, y0), (x1, y1), Style::new());
                dots.column(x0, y0, y1, Style::new());
            }
        }
    }
}
