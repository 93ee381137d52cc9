//! Patterns as text: one character a step, and how a pattern written for a bar of four quarters is fitted to other metres.

use serde::Deserialize;

use crate::model::tempo::Metre;

/// Characters that start something, hold it, or leave it out.
const CELLS: &[u8] = b".-Xxgo?rRtA13578";

/// A row of steps without a length of its own; spread evenly over whatever holds it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Row(Vec<u8>);

impl Row {
    /// The steps.
    pub fn cells(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for Row {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let cells = text.bytes().filter(|c| !matches!(c, b' ' | b'|')).collect::<Vec<_>>();
        match cells.iter().find(|c| !CELLS.contains(c)) {
            Some(odd) => Err(format!(
                "'{}' in the pattern '{text}' means nothing; use {}",
                char::from(*odd),
                String::from_utf8_lossy(CELLS)
            )),
            None if cells.is_empty() => Err("a pattern is empty".to_owned()),
            None => Ok(Self(cells)),
        }
    }
}

/// One or two bars of four quarters: 4 (quarters), 8 (eighths), 12 or 24 (triplets), 16 or 32 (sixteenths) steps.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Grid {
    cells: Vec<u8>,
    per_beat: usize,
}

/// A step that starts something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Where in the bar, in beats.
    pub beat: f64,
    /// Until the next start or rest, in beats; a step where nothing holds it.
    pub beats: f64,
    /// The character.
    pub cell: u8,
}

impl TryFrom<String> for Grid {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let Row(cells) = Row::try_from(text.clone())?;
        let per_beat = match cells.len() {
            4 => 1,
            8 => 2,
            12 | 24 => 3,
            16 | 32 => 4,
            other => {
                return Err(format!(
                    "the pattern '{text}' has {other} steps; it needs 4, 8, 12, 16, 24 or 32"
                ));
            }
        };
        Ok(Self { cells, per_beat })
    }
}

/// A beat of a bar in some metre, and the quarter of a 4/4 pattern that it borrows.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pulse {
    start: f64,
    beats: f64,
    source: usize,
}

/// The felt beats of a bar. Odd and even bars of short compound metres borrow the two halves of the pattern, so that two
/// bars of 6/8 hold what one bar of 4/4 does.
fn pulses(metre: Metre, odd_bar: bool) -> Vec<Pulse> {
    let quarters = |sources: &[usize]| -> Vec<Pulse> {
        sources
            .iter()
            .enumerate()
            .map(|(index, &source)| Pulse { start: index as f64, beats: 1.0, source })
            .collect()
    };
    let count = usize::from(metre.numerator);
    match metre.denominator {
        2 => quarters(&(0..count * 2).map(|i| i % 4).collect::<Vec<_>>()),
        4 => match count {
            1 => quarters(&[0]),
            2 => quarters(if odd_bar { &[2, 3] } else { &[0, 1] }),
            3 => quarters(&[0, 1, 3]),
            5 => quarters(&[0, 1, 3, 2, 3]),
            6 => quarters(&[0, 1, 3, 2, 1, 3]),
            7 => quarters(&[0, 1, 2, 3, 0, 1, 3]),
            _ => quarters(&(0..count).map(|i| i % 4).collect::<Vec<_>>()),
        },
        unit => {
            // Eighths (or sixteenths) in threes where they divide so, else in twos with one longer group at the end.
            let step = 4.0 / f64::from(unit);
            let mut groups =
                if count.is_multiple_of(3) { vec![3; count / 3] } else { vec![2; count / 2] };
            if !count.is_multiple_of(3) && count % 2 == 1 {
                match groups.last_mut() {
                    Some(last) => *last += 1,
                    None => groups.push(1),
                }
            }
            let total = groups.len();
            let mut start = 0.0;
            let mut out = Vec::with_capacity(total);
            for (index, group) in groups.into_iter().enumerate() {
                let source = match (total, odd_bar) {
                    (2, true) => index + 2,
                    (3, _) if index == 2 => 3,
                    _ => index % 4,
                };
                let beats = group as f64 * step;
                out.push(Pulse { start, beats, source });
                start += beats;
            }
            out
        }
    }
}

/// The felt beats of a bar as offsets in beats: quarters in 4/4, dotted quarters in 6/8.
pub fn felt_beats(metre: Metre) -> Vec<f64> {
    pulses(metre, false).into_iter().map(|p| p.start).collect()
}

impl Grid {
    /// Bars of 4/4 that the pattern lasts, 1 or 2.
    pub fn bars(&self) -> u32 {
        if self.cells.len() > self.per_beat * 4 { 2 } else { 1 }
    }

    /// The steps of one bar in any metre: where, how long a step is, and its character. `bar` counts from the start of
    /// the section.
    fn steps(&self, bar: u32, metre: Metre) -> Vec<Hit> {
        let first = (bar % self.bars()) as usize * 4;
        let mut out = Vec::new();
        for pulse in pulses(metre, bar % 2 == 1) {
            let from = (first + pulse.source) * self.per_beat;
            let cell = |index: usize| self.cells.get(from + index).copied().unwrap_or(b'.');
            if pulse.beats >= 1.5 && self.per_beat == 3 {
                let step = pulse.beats / 3.0;
                out.extend((0..3).map(|i| Hit {
                    beat: pulse.start + i as f64 * step,
                    beats: step,
                    cell: cell(i),
                }));
                continue;
            }
            let step = 1.0 / self.per_beat as f64;
            let count = libm::round(pulse.beats / step) as usize;
            for i in 0..count.max(1) {
                // What goes past the borrowed quarter repeats its second half, without its accent.
                let (source, past) =
                    if i < self.per_beat { (i, false) } else { (self.per_beat / 2 + i % 2, true) };
                let cell = match cell(source.min(self.per_beat - 1)) {
                    b'X' if past => b'x',
                    b'R' if past => b'g',
                    other => other,
                };
                out.push(Hit { beat: pulse.start + i as f64 * step, beats: step, cell });
            }
        }
        out
    }

    /// What starts in one bar, with `-` steps joined to what they hold.
    pub fn hits(&self, bar: u32, metre: Metre) -> Vec<Hit> {
        let mut out: Vec<Hit> = Vec::new();
        let mut holding = false;
        for step in self.steps(bar, metre) {
            match step.cell {
                b'.' => holding = false,
                b'-' => {
                    if let Some(last) = out.last_mut().filter(|_| holding) {
                        last.beats += step.beats;
                    }
                }
                _ => {
                    out.push(step);
                    holding = true;
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(text: &str) -> Grid {
        Grid::try_from(text.to_owned()).unwrap()
    }

    fn metre(text: &str) -> Metre {
        text.parse().unwrap()
    }

    #[test]
    fn steps_and_holds_are_read() {
        let hits = grid("R---..5-........").hits(0, Metre::FOUR_FOUR);
        assert_eq!(hits.len(), 2);
        assert_eq!((hits[0].beat, hits[0].beats, hits[0].cell), (0.0, 1.0, b'R'));
        assert_eq!((hits[1].beat, hits[1].beats, hits[1].cell), (1.5, 0.5, b'5'));
    }

    #[test]
    fn a_second_bar_is_used_in_odd_bars() {
        let two = grid("X...............|........X.......");
        assert_eq!(two.hits(0, Metre::FOUR_FOUR)[0].beat, 0.0);
        assert_eq!(two.hits(1, Metre::FOUR_FOUR)[0].beat, 2.0);
        assert_eq!(two.hits(2, Metre::FOUR_FOUR)[0].beat, 0.0);
    }

    #[test]
    fn other_metres_keep_the_downbeat_and_stay_inside_the_bar() {
        let kick = grid("X.......X.......");
        let snare = grid("....X.......X...");
        for text in ["2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "9/8", "12/8", "2/2", "5/8", "3/8"] {
            let metre = metre(text);
            assert_eq!(kick.hits(0, metre)[0].beat, 0.0, "{text}");
            for bar in 0..2 {
                for hit in kick.hits(bar, metre).into_iter().chain(snare.hits(bar, metre)) {
                    assert!(hit.beat + hit.beats <= metre.bar_beats() + 1e-9, "{text} {hit:?}");
                }
            }
        }
        assert_eq!(snare.hits(0, metre("6/8"))[0].beat, 1.5);
        assert_eq!(felt_beats(metre("6/8")), [0.0, 1.5]);
    }

    #[test]
    fn odd_characters_are_named() {
        let error = Grid::try_from("X...Z...".to_owned()).unwrap_err();
        assert!(error.contains("'Z'"), "{error}");
    }
}
