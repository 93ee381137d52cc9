//! A spectrogram: time to the right, frequency up. In colours, two bands to a cell; without them as a dither of dots or as
//! shades of letters, so that it can be read on any terminal.

use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::dots;
use super::pen::Pen;
use crate::tui::model::Glyphs;
use crate::tui::scope::Scope;

/// Levels below this one are ground, in dB below full scale.
pub const FLOOR_DB: f32 = -96.0;
/// Levels from this one on are brightest.
pub const CEILING_DB: f32 = -18.0;

/// Levels over time and frequency.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// Bands in a column.
    pub bands: usize,
    /// Levels in dB, column by column, low to high.
    pub db: &'a [i8],
}

impl Field<'_> {
    /// How bright a place is, 0 to 1: the loudest level within a column and a band of `across` by `up` equal ones, the band
    /// counted from below.
    pub fn brightness(&self, column: usize, across: usize, band: usize, up: usize) -> f32 {
        let total = self.db.len() / self.bands.max(1);
        if total == 0 || across == 0 || up == 0 {
            return 0.0;
        }
        let range = |index: usize, count: usize, total: usize| {
            let from = (index * total / count).min(total - 1);
            from..((index + 1) * total / count).clamp(from + 1, total)
        };
        let bands = range(band, up, self.bands);
        let mut loudest = i8::MIN;
        for at in range(column, across, total) {
            let start = at * self.bands;
            for level in self.db.get(start + bands.start..start + bands.end).unwrap_or_default() {
                loudest = loudest.max(*level);
            }
        }
        ((f32::from(loudest) - FLOOR_DB) / (CEILING_DB - FLOOR_DB)).clamp(0.0, 1.0)
    }
}

/// Colours from silence to full, from the theme's own: ground, wave, its body, what was played, the playhead. None where the
/// theme does not give them as red, green and blue.
#[derive(Debug, Clone, PartialEq)]
pub struct Ramp {
    stops: Vec<[f32; 3]>,
}

impl Ramp {
    /// The ramp of a pen's theme.
    pub fn new(pen: &Pen<'_>) -> Option<Self> {
        let rgb = |color: Option<Color>| match color {
            Some(Color::Rgb(r, g, b)) => Some([f32::from(r), f32::from(g), f32::from(b)]),
            _ => None,
        };
        let ground = rgb(pen.style(Scope::Ground).bg)?;
        let mut stops = vec![ground];
        for scope in [Scope::Wave, Scope::WaveRms, Scope::WavePlayed, Scope::Playhead] {
            stops.push(rgb(pen.style(scope).fg)?);
        }
        Some(Self { stops })
    }

    /// The colour of a brightness, 0 to 1.
    pub fn rgb(&self, brightness: f32) -> [u8; 3] {
        let place = brightness.clamp(0.0, 1.0) * (self.stops.len() - 1) as f32;
        let index = (place as usize).min(self.stops.len().saturating_sub(2));
        let share = place - index as f32;
        let (from, to) = match (self.stops.get(index), self.stops.get(index + 1)) {
            (Some(from), Some(to)) => (from, to),
            _ => return [0; 3],
        };
        std::array::from_fn(|part| (from[part] + (to[part] - from[part]) * share + 0.5) as u8)
    }

    fn color(&self, brightness: f32) -> Color {
        let [r, g, b] = self.rgb(brightness);
        Color::Rgb(r, g, b)
    }
}

/// Draws a field over an area.
pub fn draw(pen: &mut Pen<'_>, area: Rect, field: Field<'_>) {
    let area = area.intersection(pen.area());
    if area.is_empty() || field.bands == 0 {
        return;
    }
    let (across, rows) = (usize::from(area.width), usize::from(area.height));
    let ramp = if pen.glyphs() == Glyphs::Ascii { None } else { Ramp::new(pen) };
    for row in 0..area.height {
        for column in 0..area.width {
            let (x, y) = (area.x + column, area.y + row);
            let up = rows - 1 - usize::from(row);
            if let Some(ramp) = &ramp {
                let upper = field.brightness(column.into(), across, up * 2 + 1, rows * 2);
                let lower = field.brightness(column.into(), across, up * 2, rows * 2);
                let style = Style::new().fg(ramp.color(upper)).bg(ramp.color(lower));
                pen.glyph(x, y, '▀', style);
                continue;
            }
            let style = pen.style(Scope::Curve);
            let glyph = match pen.glyphs() {
                Glyphs::Braille => dithered(field, column.into(), across, up, rows),
                Glyphs::Blocks => shade(
                    [' ', '░', '▒', '▓', '█'],
                    field.brightness(column.into(), across, up, rows),
                ),
                Glyphs::Ascii => shade(
                    [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'],
                    field.brightness(column.into(), across, up, rows),
                ),
            };
            if glyph != ' ' {
                pen.glyph(x, y, glyph, style);
            }
        }
    }
}

/// A cell of dots: a dot is set where the brightness is above its threshold (ordered dither, Bayer 1973).
fn dithered(field: Field<'_>, column: usize, across: usize, up: usize, rows: usize) -> char {
    const THRESHOLDS: [f32; 8] = [1.0, 9.0, 13.0, 5.0, 3.0, 11.0, 15.0, 7.0];
    let mut bits = 0;
    for (place, threshold) in THRESHOLDS.iter().enumerate() {
        let (dot_column, dot_row) = (place % 2, place / 2);
        let brightness =
            field.brightness(column * 2 + dot_column, across * 2, up * 4 + 3 - dot_row, rows * 4);
        if brightness * 16.0 > *threshold {
            bits |= 1 << place;
        }
    }
    if bits == 0 { ' ' } else { dots::glyph(Glyphs::Braille, bits) }
}

fn shade<const N: usize>(glyphs: [char; N], brightness: f32) -> char {
    let index = ((brightness * N as f32) as usize).min(N - 1);
    glyphs.get(index).copied().unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;
    use std::collections::BTreeMap;

    #[test]
    fn loud_is_bright_and_low_is_below() {
        // Two columns of two bands: the first sounds low, the second high.
        let db = [-10, -120, -120, -10];
        let field = Field { bands: 2, db: &db };
        assert_eq!(field.brightness(0, 2, 0, 2), 1.0);
        assert_eq!(field.brightness(0, 2, 1, 2), 0.0);
        assert_eq!(field.brightness(1, 2, 1, 2), 1.0);
        assert_eq!(field.brightness(0, 1, 0, 1), 1.0);
        let area = Rect::new(0, 0, 2, 2);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        draw(&mut Pen::new(&mut buffer, &theme, Glyphs::Ascii), area, field);
        let text: String = buffer.content().iter().map(|cell| cell.symbol()).collect();
        assert_eq!(text, " @@ ");
    }

    #[test]
    fn the_ramp_goes_through_the_theme() {
        let rgb = |value| Style::new().fg(Color::Rgb(value, value, value));
        let styles = BTreeMap::from([
            (Scope::Ground, Style::new().bg(Color::Rgb(0, 0, 0))),
            (Scope::Wave, rgb(50)),
            (Scope::WaveRms, rgb(100)),
            (Scope::WavePlayed, rgb(150)),
            (Scope::Playhead, rgb(250)),
        ]);
        let theme = Theme::new("grey", styles);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 1, 1));
        let ramp = Ramp::new(&Pen::new(&mut buffer, &theme, Glyphs::Braille)).unwrap();
        assert_eq!(ramp.rgb(0.0), [0; 3]);
        assert_eq!(ramp.rgb(0.375), [75; 3]);
        assert_eq!(ramp.rgb(1.0), [250; 3]);
    }
}
