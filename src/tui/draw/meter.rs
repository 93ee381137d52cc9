//! Level meters from -60 dBFS to full scale: lying (two channels in one row) and standing, with a held peak.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::dots::eighth;
use super::pen::Pen;
use crate::tui::model::Glyphs;
use crate::tui::scope::Scope;

/// The lowest level that a meter shows, in dBFS.
pub const FLOOR_DB: f64 = -60.0;

/// Levels of one channel, in dBFS; none is silence.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Level {
    /// The largest sample of late.
    pub peak_db: Option<f64>,
    /// The effective value.
    pub rms_db: Option<f64>,
    /// The largest peak that is held.
    pub held_db: Option<f64>,
}

/// The scope of a level.
pub fn zone(db: f64) -> Scope {
    if db >= 0.0 {
        Scope::MeterOver
    } else if db >= -6.0 {
        Scope::MeterHigh
    } else if db >= -18.0 {
        Scope::MeterMid
    } else {
        Scope::MeterLow
    }
}

/// How far up the scale a level is, 0 to 1.
pub fn share(db: Option<f64>) -> f64 {
    match db {
        Some(db) if db.is_finite() => ((db - FLOOR_DB) / -FLOOR_DB).clamp(0.0, 1.0),
        _ => 0.0,
    }
}

/// A level as text, such as `-6.1`; `-∞` in silence.
pub fn number(db: Option<f64>) -> String {
    match db {
        Some(db) if db > -100.0 => format!("{db:+.1}").replace("+0.0", "0.0"),
        _ => "-inf".to_owned(),
    }
}

/// Two channels in one row: the upper half of the cells is the left one, the lower half the right one.
pub fn lying(pen: &mut Pen<'_>, area: Rect, left: Level, right: Level) {
    if area.is_empty() {
        return;
    }
    let width = f64::from(area.width);
    let lit = |level: Level| (share(level.peak_db) * width).ceil() as u16;
    let held = |level: Level| level.held_db.map(|db| (share(Some(db)) * (width - 1.0)) as u16);
    let (upper, lower) = (lit(left), lit(right));
    for column in 0..area.width {
        let db = FLOOR_DB - FLOOR_DB * (f64::from(column) + 0.5) / width;
        let ascii = pen.glyphs() == Glyphs::Ascii;
        let x = area.x + column;
        match (column < upper, column < lower) {
            (true, true) if ascii => pen.mark(x, area.y, '#', zone(db)),
            (true, true) => pen.mark(x, area.y, '■', zone(db)),
            (true, false) => pen.mark(x, area.y, '▀', zone(db)),
            (false, true) => pen.mark(x, area.y, '▄', zone(db)),
            (false, false) => pen.mark(x, area.y, '·', Scope::MeterGround),
        }
    }
    for (level, lit) in [(left, upper), (right, lower)] {
        if let Some(column) = held(level).filter(|column| *column >= lit) {
            let db = level.held_db.unwrap_or(FLOOR_DB);
            let scope = if db >= 0.0 { Scope::MeterOver } else { Scope::MeterHold };
            pen.mark(area.x + column, area.y, '│', scope);
        }
    }
}

/// One channel in one column of cells, with the effective value as the full body and the peak over it.
pub fn standing(pen: &mut Pen<'_>, area: Rect, level: Level) {
    if area.is_empty() {
        return;
    }
    let steps = f64::from(area.height) * 8.0;
    let (peak, body) =
        ((share(level.peak_db) * steps) as i32, (share(level.rms_db) * steps) as i32);
    let held = level.held_db.map(|db| (share(Some(db)) * steps - 0.5).max(0.0) as i32 / 8);
    for row in 0..i32::from(area.height) {
        let y = area.bottom() - 1 - row as u16;
        let db = FLOOR_DB - FLOOR_DB * (f64::from(row) + 0.5) / f64::from(area.height);
        let (inside, over) = ((body - row * 8).clamp(0, 8), (peak - row * 8).clamp(0, 8));
        let (glyph, style): (char, Style) = if inside > 0 && inside >= over {
            (eighth(inside as u8), pen.style(zone(db)))
        } else if inside == 8 {
            ('█', pen.style(zone(db)))
        } else if over > 0 {
            (if over >= 4 { '▒' } else { '░' }, pen.style(zone(db)))
        } else if held == Some(row) {
            ('▔', pen.style(Scope::MeterHold))
        } else {
            ('·', pen.style(Scope::MeterGround))
        };
        for x in area.left()..area.right() {
            pen.glyph(x, y, glyph, style);
        }
    }
}

/// The scale of a standing meter: numbers at the right of a column.
pub fn scale(pen: &mut Pen<'_>, area: Rect) {
    let mut free: Option<u16> = None;
    for db in [0.0, -6.0, -12.0, -18.0, -24.0, -36.0, -48.0, -60.0] {
        let last = area.height.saturating_sub(1);
        let y = area.y + ((1.0 - share(Some(db))) * f64::from(last) + 0.5) as u16;
        if y >= area.bottom() || free.is_some_and(|free| y < free) {
            continue;
        }
        pen.text_right(area.x, y, area.width, &format!("{db:.0}"), Scope::Grid);
        free = Some(y + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;

    fn page(width: u16, height: u16, draw: impl FnOnce(&mut Pen<'_>, Rect)) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        draw(&mut Pen::new(&mut buffer, &theme, Glyphs::Braille), area);
        let rows = buffer.content().chunks(usize::from(width));
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect()).collect()
    }

    fn level(peak: f64, rms: f64) -> Level {
        Level { peak_db: Some(peak), rms_db: Some(rms), held_db: None }
    }

    #[test]
    fn halves_of_the_cells_are_the_channels() {
        let rows =
            page(6, 1, |pen, area| lying(pen, area, level(-30.0, -40.0), level(-10.0, -20.0)));
        assert_eq!(rows, ["■■■▄▄·"]);
        let silent = page(6, 1, |pen, area| lying(pen, area, Level::default(), Level::default()));
        assert_eq!(silent, ["······"]);
    }

    #[test]
    fn the_held_peak_stands_where_nothing_is_lit() {
        let held = Level { held_db: Some(0.0), ..level(-30.0, -40.0) };
        let rows = page(6, 1, |pen, area| lying(pen, area, held, level(-30.0, -40.0)));
        assert_eq!(rows, ["■■■··│"]);
    }

    #[test]
    fn a_standing_meter_has_its_body_in_its_peak() {
        let rows = page(1, 4, |pen, area| standing(pen, area, level(-15.0, -30.0)));
        assert_eq!(rows, ["·", "▒", "█", "█"]);
    }

    #[test]
    fn zones_change_at_their_levels() {
        assert_eq!(zone(-18.1), Scope::MeterLow);
        assert_eq!(zone(-18.0), Scope::MeterMid);
        assert_eq!(zone(-6.0), Scope::MeterHigh);
        assert_eq!(zone(0.0), Scope::MeterOver);
        assert_eq!(number(Some(-6.04)), "-6.0");
        assert_eq!(number(Some(0.01)), "0.0");
        assert_eq!(number(None), "-inf");
    }
}
