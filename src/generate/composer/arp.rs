//! Broken chords: an order, a rhythm, and the chord of the moment.

use super::genre::style::Run;
use super::ground::{Ground, choose};
use super::sketch::{GridNote, Line, Role};

/// Writes the arpeggio.
pub fn write(ground: &Ground<'_>) -> Line {
    let style = &ground.style().arp;
    let range = ground.range(Role::Arp, style.range);
    let mut notes: Vec<GridNote> = Vec::new();
    for bar in ground.bars_of(Role::Arp) {
        let mut dice = ground.dice(Role::Arp, "pattern", bar.section.letter as u32, 0);
        let energy = (bar.section.energy.0 + bar.section.energy.1) / 2.0;
        let Some(pattern) = choose(&style.patterns, |p| &p.on, bar.section.kind, energy, &mut dice)
        else {
            continue;
        };
        let run = dice.pick(&style.runs).copied().unwrap_or_default();
        let shuffle = dice.number();
        // The run goes on from bar to bar and starts over with every chord.
        let mut step = 0;
        let mut chord_beat = f64::NAN;
        for hit in pattern.grid.hits(bar.within, ground.plan.metre) {
            let beat = bar.beat + hit.beat;
            let Some(span) = ground.chord(beat + 1e-6) else { continue };
            if span.beat != chord_beat {
                chord_beat = span.beat;
                step = 0;
            }
            let ladder = ladder(&span.chord.pitch_classes(), range, style.octaves);
            let Some(pitch) = nth(&ladder, run, step, shuffle) else { continue };
            let accent = match hit.cell {
                b'X' => 0.92,
                b'g' => 0.5,
                _ => 0.74,
            };
            notes.push(GridNote { beat, beats: (hit.beats * style.gate).max(0.05), pitch, accent });
            step += 1;
        }
    }
    Line { role: Role::Arp, notes }
}

/// Chord tones from the bottom of the range up, over some octaves; at most four classes, the colour ones last.
fn ladder(classes: &[u8], range: [u8; 2], octaves: u8) -> Vec<u8> {
    let top = range[1].min(range[0].saturating_add(12 * octaves.max(1) + 4));
    let classes = classes.get(..classes.len().min(4)).unwrap_or(classes);
    (range[0]..=top).filter(|note| classes.contains(&(note % 12))).collect()
}

fn nth(ladder: &[u8], run: Run, step: usize, shuffle: u64) -> Option<u8> {
    let count = ladder.len();
    if count == 0 {
        return None;
    }
    let index = match run {
        Run::Up => step % count,
        Run::Down => count - 1 - step % count,
        Run::UpDown => {
            let cycle = (count * 2).saturating_sub(2).max(1);
            let place = step % cycle;
            if place < count { place } else { cycle - place }
        }
        Run::Alberti => match step % 4 {
            0 => 0,
            2 => 1.min(count - 1),
            _ => 2.min(count - 1),
        },
        Run::Shuffled => {
            // A fixed order of eight steps out of the bits of one draw.
            let bits = shuffle >> ((step % 8) * 8);
            (bits & 0xff) as usize % count
        }
    };
    ladder.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_go_where_their_names_say() {
        let ladder = [60, 64, 67, 72];
        let play = |run| (0..7).filter_map(|i| nth(&ladder, run, i, 0)).collect::<Vec<_>>();
        assert_eq!(play(Run::Up), [60, 64, 67, 72, 60, 64, 67]);
        assert_eq!(play(Run::Down), [72, 67, 64, 60, 72, 67, 64]);
        assert_eq!(play(Run::UpDown), [60, 64, 67, 72, 67, 64, 60]);
        assert_eq!(play(Run::Alberti), [60, 67, 64, 67, 60, 67, 64]);
    }
}
