//! A piano roll: sections and chords on top, pitched parts on rows of pitches, drums in lanes below. Parts differ by colour and
//! by the shape that begins their notes; soft notes are faded.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::measure;
use super::pen::{Pen, columns};
use super::ruler::{self, Tick};
use super::{below, right_of, row_of};
use crate::protocol::listen::{ChordSpan, Note, Section};
use crate::tui::model::Glyphs;
use crate::tui::scope::Scope;

/// Columns of the keys at the left.
pub const GUTTER: u16 = 5;

/// Scopes that tell parts apart, in order.
const SCOPES: [Scope; 8] = [
    Scope::NoteLoud,
    Scope::Curve,
    Scope::CurveSecond,
    Scope::WordMood,
    Scope::WordInstrument,
    Scope::WordTempo,
    Scope::WordKey,
    Scope::NoteSoft,
];

/// Shapes that begin notes, in the same order.
const SHAPES: [char; 8] = ['■', '●', '▲', '◆', '▼', '○', '◇', '×'];
const SHAPES_ASCII: [char; 8] = ['#', 'o', '^', '@', 'v', 'c', '+', 'x'];

/// Lanes of drums by General MIDI numbers: name, and the numbers in it.
const LANES: [(&str, &[u8]); 5] = [
    ("kick", &[35, 36]),
    ("snare", &[37, 38, 39, 40]),
    ("hat", &[42, 44, 46]),
    ("tom", &[41, 43, 45, 47, 48, 50]),
    ("perc", &[]),
];

/// A part to draw.
#[derive(Debug, Clone, Copy)]
pub struct RollPart<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether pitches are drum numbers.
    pub drums: bool,
    /// Its notes, ascending by beat.
    pub notes: &'a [Note],
}

/// What a roll shows.
#[derive(Debug, Clone, Copy)]
pub struct Roll<'a> {
    /// First and last beat in sight.
    pub beats: (f64, f64),
    /// The parts.
    pub parts: &'a [RollPart<'a>],
    /// The chosen part; the others are faded.
    pub chosen: Option<usize>,
    /// Sections of the piece.
    pub sections: &'a [Section],
    /// Its chords.
    pub chords: &'a [ChordSpan],
    /// Where bars begin.
    pub ticks: &'a [Tick],
    /// Where the music is, in beats.
    pub playhead: Option<f64>,
    /// The looped stretch in shares of what is in sight.
    pub looped: Option<(f64, f64)>,
}

/// The shape of a part's notes.
pub fn shape(index: usize, glyphs: Glyphs) -> char {
    let shapes = if glyphs == Glyphs::Ascii { SHAPES_ASCII } else { SHAPES };
    shapes[index % shapes.len()]
}

/// The scope of a part's notes.
pub fn scope(index: usize) -> Scope {
    SCOPES[index % SCOPES.len()]
}

impl Roll<'_> {
    /// Draws it over an area.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        let area = area.intersection(pen.area());
        let (from, to) = self.beats;
        if area.width <= GUTTER + 2 || area.height < 4 || to <= from || !(to - from).is_finite() {
            return;
        }
        let plot = right_of(area, GUTTER);
        self.sections(pen, row_of(plot, 0));
        self.chords(pen, row_of(plot, 1));
        let lanes = self.lanes();
        let drum_rows = if area.height >= 12 { lanes.len() as u16 } else { 0 };
        let notes = area.height - 3 - drum_rows;
        let pitched = Rect { height: notes, ..below(area, 2) };
        self.pitches(pen, pitched);
        if drum_rows > 0 {
            self.drums(pen, Rect { height: drum_rows, ..below(area, 2 + notes) }, &lanes);
        }
        ruler::draw(pen, below(plot, area.height - 1), self.ticks, self.looped);
        if let Some(head) = self.playhead {
            let share = (head - from) / (to - from);
            if (0.0..1.0).contains(&share) {
                let x = ruler::column_of(plot, share);
                let glyph = if pen.glyphs() == Glyphs::Ascii { '|' } else { '│' };
                for y in plot.y + 2..plot.bottom() - 1 {
                    pen.mark(x, y, glyph, Scope::Playhead);
                }
            }
        }
    }

    fn share(&self, beat: f64) -> f64 {
        (beat - self.beats.0) / (self.beats.1 - self.beats.0)
    }

    fn sections(&self, pen: &mut Pen<'_>, row: Rect) {
        for (index, section) in self.sections.iter().enumerate() {
            let end = self.sections.get(index + 1).map_or(f64::INFINITY, |next| next.beat);
            self.span(pen, row, (section.beat, end), &format!("│{}", section.name), Scope::Section);
        }
    }

    /// Symbols at their places; one that would run into the last one is left out.
    fn chords(&self, pen: &mut Pen<'_>, row: Rect) {
        let mut free = row.x;
        for chord in self.chords {
            let (from, to) = (self.share(chord.beat), self.share(chord.beat + chord.beats));
            if row.height == 0 || to <= 0.0 || from >= 1.0 {
                continue;
            }
            let x = ruler::column_of(row, from);
            let columns = columns(measure::width(&chord.symbol));
            if x >= free && x + columns <= row.right() {
                pen.text(x, row.y, columns, &chord.symbol, Scope::Chord);
                free = x + columns + 1;
            }
        }
    }

    /// A label over a stretch of beats, within the columns of that stretch.
    fn span(&self, pen: &mut Pen<'_>, row: Rect, beats: (f64, f64), label: &str, scope: Scope) {
        let (from, to) = (self.share(beats.0), self.share(beats.1));
        if row.height == 0 || to <= 0.0 || from >= 1.0 {
            return;
        }
        let (left, right) = (ruler::column_of(row, from), ruler::column_of(row, to));
        let last = u16::from(to >= 1.0);
        let width = (right + last).saturating_sub(left);
        // A label that is cut to less than its first letters says nothing.
        if width >= 2 || measure::width(label) <= usize::from(width) {
            pen.text(left, row.y, width.saturating_sub(1).max(1), label, scope);
        }
    }

    /// The lanes that have notes.
    fn lanes(&self) -> Vec<usize> {
        let mut used = [false; LANES.len()];
        for part in self.parts.iter().filter(|part| part.drums) {
            for note in part.notes {
                if let Some(flag) = used.get_mut(lane_of(note.pitch)) {
                    *flag = true;
                }
            }
        }
        used.iter().enumerate().filter(|(_, used)| **used).map(|(lane, _)| lane).collect()
    }

    fn pitches(&self, pen: &mut Pen<'_>, area: Rect) {
        let all = self.parts.iter().filter(|part| !part.drums).flat_map(|part| part.notes);
        let (lowest, highest) = all.fold((u8::MAX, u8::MIN), |(low, high), note| {
            (low.min(note.pitch), high.max(note.pitch))
        });
        let plot = right_of(area, GUTTER);
        for tick in self.ticks {
            let x = ruler::column_of(plot, tick.share);
            for y in plot.top()..plot.bottom() {
                pen.mark(x, y, '┊', Scope::Grid);
            }
        }
        if lowest > highest || area.height == 0 {
            pen.text_centred(
                plot.x,
                plot.y + plot.height / 2,
                plot.width,
                "no pitched notes",
                Scope::Dim,
            );
            return;
        }
        let span = u16::from(highest - lowest) + 1;
        // As many pitches in a row as it takes, and what is left is shared between both ends.
        let per_row = span.div_ceil(area.height).max(1);
        let spare = (area.height * per_row - span) / 2;
        let bottom_pitch = i32::from(lowest) - i32::from(spare);
        for row in 0..area.height {
            let y = area.bottom() - 1 - row;
            let pitch = bottom_pitch + i32::from(row * per_row);
            if per_row == 1 && matches!(pitch.rem_euclid(12), 1 | 3 | 6 | 8 | 10) {
                pen.tint(Rect::new(plot.x, y, plot.width, 1), Scope::RollBlack);
            }
            if let Some(octave) =
                (pitch..pitch + i32::from(per_row)).find(|pitch| pitch.rem_euclid(12) == 0)
            {
                pen.text_right(
                    area.x,
                    y,
                    GUTTER - 1,
                    &format!("C{}", octave / 12 - 1),
                    Scope::Grid,
                );
            }
        }
        // The chosen part is drawn last and so lies above the others.
        let order =
            (0..self.parts.len()).filter(|index| Some(*index) != self.chosen).chain(self.chosen);
        for index in order {
            let Some(part) = self.parts.get(index).filter(|part| !part.drums) else { continue };
            for note in part.notes {
                let row = (i32::from(note.pitch) - bottom_pitch) / i32::from(per_row);
                let y = i32::from(area.bottom()) - 1 - row;
                self.note(pen, plot, y as u16, index, note);
            }
        }
    }

    fn note(&self, pen: &mut Pen<'_>, plot: Rect, y: u16, index: usize, note: &Note) {
        let (from, to) = (self.share(note.beat), self.share(note.beat + note.beats));
        if to <= 0.0 || from >= 1.0 || y < plot.y || y >= plot.bottom() {
            return;
        }
        let style = self.style(pen, index, note.velocity);
        let (left, right) = (ruler::column_of(plot, from), ruler::column_of(plot, to));
        let body = match pen.glyphs() {
            Glyphs::Ascii => '=',
            Glyphs::Blocks => '▄',
            Glyphs::Braille => '━',
        };
        for x in left + 1..right.max(left + 1) {
            pen.glyph(x, y, body, style);
        }
        let begin = if from < 0.0 { body } else { shape(index, pen.glyphs()) };
        pen.glyph(left, y, begin, style);
    }

    fn style(&self, pen: &Pen<'_>, index: usize, velocity: f32) -> Style {
        let weight = match self.chosen {
            Some(chosen) if chosen != index => 0.35,
            _ => 0.55 + 0.45 * velocity.clamp(0.0, 1.0),
        };
        pen.faded(scope(index), weight)
    }

    fn drums(&self, pen: &mut Pen<'_>, area: Rect, lanes: &[usize]) {
        let plot = right_of(area, GUTTER);
        for (row, lane) in lanes.iter().enumerate() {
            let line = row_of(area, row as u16);
            let Some((name, _)) = LANES.get(*lane) else { continue };
            pen.text(line.x, line.y, GUTTER, name, Scope::Grid);
            for x in (plot.left()..plot.right()).step_by(2) {
                pen.mark(x, line.y, '·', Scope::Grid);
            }
        }
        for (index, part) in self.parts.iter().enumerate().filter(|(_, part)| part.drums) {
            let faded = self.chosen.is_some_and(|chosen| chosen != index);
            for note in part.notes {
                let share = self.share(note.beat);
                let Some(row) = lanes.iter().position(|lane| *lane == lane_of(note.pitch)) else {
                    continue;
                };
                if !(0.0..1.0).contains(&share) {
                    continue;
                }
                let x = ruler::column_of(plot, share);
                let weight = if faded { 0.35 } else { 0.4 + 0.6 * note.velocity.clamp(0.0, 1.0) };
                let glyph = if note.velocity >= 0.5 { '×' } else { '•' };
                let glyph =
                    if pen.glyphs() == Glyphs::Ascii && glyph == '•' { '.' } else { glyph };
                pen.glyph(x, area.y + row as u16, glyph, pen.faded(Scope::NoteDrum, weight));
            }
        }
    }
}

fn lane_of(pitch: u8) -> usize {
    LANES.iter().position(|(_, numbers)| numbers.contains(&pitch)).unwrap_or(LANES.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;

    fn note(beat: f64, beats: f64, pitch: u8) -> Note {
        Note { beat, beats, pitch, velocity: 0.8 }
    }

    #[test]
    fn notes_lie_on_their_pitches_and_beats() {
        let area = Rect::new(0, 0, GUTTER + 16, 7);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        let notes = [note(0.0, 1.0, 60), note(2.0, 2.0, 63)];
        let parts = [RollPart { name: "keys", drums: false, notes: &notes }];
        let chords = [ChordSpan { beat: 0.0, beats: 2.0, symbol: "Cm9".to_owned() }];
        let roll = Roll {
            beats: (0.0, 4.0),
            parts: &parts,
            chosen: None,
            sections: &[],
            chords: &chords,
            ticks: &[],
            playhead: None,
            looped: None,
        };
        roll.draw(&mut Pen::new(&mut buffer, &theme, Glyphs::Braille), area);
        let row =
            |y: u16| -> String { (0..21).map(|x| buffer.cell((x, y)).unwrap().symbol()).collect() };
        assert_eq!(row(1).trim(), "Cm9");
        // Four pitches on four rows: C4 is the lowest, D#4 the highest.
        assert_eq!(row(5), "  C4 ■━━━            ");
        assert_eq!(row(2), "             ■━━━━━━ ");
    }

    #[test]
    fn drums_have_lanes_of_their_own() {
        let area = Rect::new(0, 0, GUTTER + 16, 14);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        let notes = [note(0.0, 0.2, 36), note(1.0, 0.2, 38), note(2.0, 0.2, 36)];
        let parts = [RollPart { name: "drums", drums: true, notes: &notes }];
        let roll = Roll {
            beats: (0.0, 4.0),
            parts: &parts,
            chosen: None,
            sections: &[],
            chords: &[],
            ticks: &[],
            playhead: None,
            looped: None,
        };
        roll.draw(&mut Pen::new(&mut buffer, &theme, Glyphs::Braille), area);
        let row =
            |y: u16| -> String { (0..21).map(|x| buffer.cell((x, y)).unwrap().symbol()).collect() };
        assert!(row(11).starts_with("kick ×"), "{:?}", row(11));
        assert!(row(12).starts_with("snare"), "{:?}", row(12));
        assert_eq!(row(12).chars().nth(9), Some('×'));
    }
}
