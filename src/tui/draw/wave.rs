//! A waveform: peaks as a silhouette around the middle, its effective value as a brighter body inside, what was played in
//! another colour, a playhead between the columns, the loop, and bar lines where nothing sounds.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::dots::{self, Dots};
use super::pen::Pen;
use super::ruler::{self, Tick};
use crate::tui::model::Glyphs;
use crate::tui::scope::Scope;

/// What a waveform shows.
#[derive(Debug, Clone, Default)]
pub struct Wave<'a> {
    /// Smallest sample, largest sample and effective value of each column, -1 to 1; as many as there are.
    pub columns: &'a [[f32; 3]],
    /// Where the music is, 0 to 1 of what is in sight; below 0 before it, above 1 after it, none where nothing plays.
    pub playhead: Option<f64>,
    /// The looped stretch, 0 to 1.
    pub looped: Option<(f64, f64)>,
    /// Where bars begin.
    pub ticks: &'a [Tick],
    /// Whether columns are single samples, to be joined by a line.
    pub samples: bool,
}

/// Shades between the silhouette and the body inside.
const SHADES: usize = 5;

/// The styles of a waveform, mixed once per drawing.
struct Shades {
    ahead: [Style; SHADES],
    played: [Style; SHADES],
}

impl Shades {
    fn new(pen: &Pen<'_>) -> Self {
        let share = |index: usize| index as f32 / (SHADES - 1) as f32;
        let mut shades = Self { ahead: [Style::new(); SHADES], played: [Style::new(); SHADES] };
        for index in 0..SHADES {
            shades.ahead[index] = pen.mixed(Scope::Wave, Scope::WaveRms, share(index));
            shades.played[index] = pen.faded(Scope::WavePlayed, 0.55 + 0.45 * share(index));
        }
        shades
    }

    fn of(&self, played: bool, body: f32) -> Style {
        let index = ((body.clamp(0.0, 1.0) * (SHADES - 1) as f32 + 0.5) as usize).min(SHADES - 1);
        if played { self.played[index] } else { self.ahead[index] }
    }
}

impl Wave<'_> {
    /// Draws it over an area.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        let area = area.intersection(pen.area());
        if area.is_empty() {
            return;
        }
        if let Some((from, to)) = self.looped {
            let (left, right) = (ruler::column_of(area, from), ruler::column_of(area, to));
            pen.tint(Rect::new(left, area.y, right - left + 1, area.height), Scope::LoopRegion);
        }
        match pen.glyphs() {
            Glyphs::Braille => self.mirrored(pen, area),
            Glyphs::Blocks | Glyphs::Ascii => self.standing(pen, area),
        }
        self.bar_lines(pen, area);
        self.head(pen, area);
    }

    /// Smallest, largest and effective value of one of `count` equal stretches.
    fn stretch(&self, index: usize, count: usize) -> [f32; 3] {
        let total = self.columns.len();
        let from = index * total / count.max(1);
        let to = ((index + 1) * total / count.max(1)).max(from + 1).min(total);
        let Some(columns) = self.columns.get(from..to) else { return [0.0; 3] };
        let mut joined = [f32::INFINITY, f32::NEG_INFINITY, 0.0];
        for column in columns {
            joined[0] = joined[0].min(column[0]);
            joined[1] = joined[1].max(column[1]);
            joined[2] = joined[2].max(column[2].abs());
        }
        let finite = |value: f32| if value.is_finite() { value.clamp(-1.0, 1.0) } else { 0.0 };
        [finite(joined[0]), finite(joined[1]), finite(joined[2])]
    }

    /// Dots on both sides of the middle.
    fn mirrored(&self, pen: &mut Pen<'_>, area: Rect) {
        let shades = Shades::new(pen);
        let (across, down) = Dots::per_cell(Glyphs::Braille);
        let height = i32::from(area.height) * down;
        let count = usize::from(area.width) * across as usize;
        let half = height as f32 / 2.0;
        let row_of = |value: f32| ((half - value * half) as i32).clamp(0, height - 1);
        // Both sides of the middle are rounded alike, so that a symmetrical wave looks like one.
        let upper = |value: f32| height / 2 - (value.max(0.0) * half + 0.5) as i32;
        let lower = |value: f32| height / 2 - 1 + ((-value).max(0.0) * half + 0.5) as i32;
        let mut before: Option<(i32, i32)> = None;
        // The rows of dots of both dot columns of a cell: silhouette and body.
        let mut spans = [(0, 0, 0, 0); 2];
        for column in 0..area.width {
            for (side, span) in spans.iter_mut().enumerate() {
                let [low, high, rms] = self.stretch(usize::from(column) * 2 + side, count);
                let crosses = high >= 0.0 && low <= 0.0 && !self.samples;
                let (mut top, mut bottom) =
                    if crosses { (upper(high), lower(low)) } else { (row_of(high), row_of(low)) };
                if top > bottom {
                    // Silence is a line.
                    (top, bottom) = (height / 2, height / 2);
                }
                let own = (top, bottom);
                if self.samples {
                    // A sample joins the one before it, so that a curve is seen and not loose dots.
                    if let Some((last_top, last_bottom)) = before {
                        top = top.min(last_bottom);
                        bottom = bottom.max(last_top);
                    }
                }
                before = Some(own);
                *span = (top, bottom, upper(rms), lower(-rms));
            }
            let played = self.is_played(area, column);
            for row in 0..area.height {
                let (mut bits, mut set, mut inside) = (0_u8, 0, 0);
                for (side, (top, bottom, body_top, body_bottom)) in spans.iter().enumerate() {
                    for dot in 0..down {
                        let y = i32::from(row) * down + dot;
                        if (*top..=*bottom).contains(&y) {
                            bits |= 1 << (dot * across + side as i32);
                            set += 1;
                            inside +=
                                i32::from(!self.samples && (*body_top..=*body_bottom).contains(&y));
                        }
                    }
                }
                if set > 0 {
                    let style = shades.of(played, inside as f32 / set as f32);
                    pen.glyph(
                        area.x + column,
                        area.y + row,
                        dots::glyph(Glyphs::Braille, bits),
                        style,
                    );
                }
            }
        }
    }

    /// Bars that stand on the lower edge: eighths of a cell where there are blocks.
    fn standing(&self, pen: &mut Pen<'_>, area: Rect) {
        let shades = Shades::new(pen);
        let steps = i32::from(area.height) * 8;
        for column in 0..area.width {
            let [low, high, rms] = self.stretch(usize::from(column), usize::from(area.width));
            let peak = high.abs().max(low.abs());
            let eighths = |value: f32| (value * steps as f32 + 0.5) as i32;
            // Silence is a line, so that a quiet place is not taken for a missing one.
            let (peak, body) = (eighths(peak).max(1), eighths(rms));
            let played = self.is_played(area, column);
            for row in 0..area.height {
                let base = i32::from(area.height - 1 - row) * 8;
                let level = (peak - base).clamp(0, 8);
                if level == 0 {
                    continue;
                }
                let inside = (body - base).clamp(0, level);
                let style = shades.of(played, inside as f32 / level as f32);
                let glyph = match (pen.glyphs(), inside * 2 >= level) {
                    (Glyphs::Ascii, true) => '#',
                    (Glyphs::Ascii, false) if level > 4 => ':',
                    (Glyphs::Ascii, false) => '.',
                    _ => dots::eighth(level as u8),
                };
                pen.glyph(area.x + column, area.y + row, glyph, style);
            }
        }
    }

    fn is_played(&self, area: Rect, column: u16) -> bool {
        let end = (f64::from(column) + 0.5) / f64::from(area.width);
        self.playhead.is_some_and(|head| end <= head)
    }

    /// Bar lines, only in cells that are free.
    fn bar_lines(&self, pen: &mut Pen<'_>, area: Rect) {
        for tick in self.ticks {
            let x = ruler::column_of(area, tick.share);
            for y in area.top()..area.bottom() {
                if pen.is_blank(x, y) {
                    pen.mark(x, y, '┊', Scope::WaveBar);
                }
            }
        }
    }

    fn head(&self, pen: &mut Pen<'_>, area: Rect) {
        let Some(share) = self.playhead.filter(|share| (0.0..=1.0).contains(share)) else { return };
        let place = share * f64::from(area.width);
        let x = ruler::column_of(area, share);
        // Half a cell is as fine as a braille column.
        let glyph = match (pen.glyphs(), place.fract() < 0.5) {
            (Glyphs::Braille, true) => '⡇',
            (Glyphs::Braille, false) => '⢸',
            (_, true) => '▌',
            (_, false) => '▐',
        };
        for y in area.top()..area.bottom() {
            pen.mark(x, y, glyph, Scope::Playhead);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;

    fn rows(wave: &Wave<'_>, width: u16, height: u16, glyphs: Glyphs) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        wave.draw(&mut Pen::new(&mut buffer, &theme, glyphs), area);
        buffer
            .content()
            .chunks(usize::from(width))
            .map(|row| row.iter().map(|cell| cell.symbol()).collect())
            .collect()
    }

    #[test]
    fn full_scale_fills_and_silence_is_a_line() {
        let loud = [[-1.0, 1.0, 0.7]; 4];
        let wave = Wave { columns: &loud, ..Wave::default() };
        assert_eq!(rows(&wave, 2, 2, Glyphs::Braille), ["⣿⣿", "⣿⣿"]);
        assert_eq!(rows(&wave, 2, 2, Glyphs::Blocks), ["██", "██"]);
        assert_eq!(rows(&wave, 2, 1, Glyphs::Ascii), ["##"]);
        let silent = [[0.0; 3]; 4];
        let wave = Wave { columns: &silent, ..Wave::default() };
        assert_eq!(rows(&wave, 2, 1, Glyphs::Braille), ["⠤⠤"]);
        assert_eq!(rows(&wave, 2, 1, Glyphs::Blocks), ["▁▁"]);
    }

    #[test]
    fn a_ramp_grows_on_both_sides() {
        let ramp: Vec<[f32; 3]> =
            (0..8).map(|at| at as f32 / 7.0).map(|v| [-v, v, v / 2.0]).collect();
        let wave = Wave { columns: &ramp, ..Wave::default() };
        assert_eq!(rows(&wave, 4, 2, Glyphs::Braille), ["⢀⣠⣴⣾", "⠉⠙⠻⢿"]);
    }

    #[test]
    fn the_playhead_moves_by_half_cells() {
        let wave = Wave { columns: &[], playhead: Some(0.5), ..Wave::default() };
        assert_eq!(rows(&wave, 4, 1, Glyphs::Braille)[0].chars().nth(2), Some('⡇'));
        let wave = Wave { playhead: Some(0.64), ..wave };
        assert_eq!(rows(&wave, 4, 1, Glyphs::Braille)[0].chars().nth(2), Some('⢸'));
    }

    #[test]
    fn numbers_that_are_none_are_silence() {
        let broken = [[f32::NAN, f32::INFINITY, f32::NAN]; 3];
        let wave = Wave { columns: &broken, playhead: Some(f64::NAN), ..Wave::default() };
        assert_eq!(rows(&wave, 3, 1, Glyphs::Braille).len(), 1);
    }
}
