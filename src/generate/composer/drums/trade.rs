//! The drummer's turns when fours are traded: a phrase of two bars that is said, said again on other drums, and closed.

use super::super::arrange::trades;
use super::super::genre::style::Drum;
use super::super::ground::Ground;
use super::super::sketch::{GridNote, Role};

/// Bars on the grid of triplets, twelve steps in four beats: S snare, H high tom, L low tom, K kick, capitals; lower case is
/// a soft stroke.
const SAID: [&str; 5] =
    ["S.sS.sS.sS..", "S..s.SK.Ss.S", "SssK..SssK..", "..S..S..SK.K", "S.S.S.S.S.K."];
const CLOSED: [&str; 3] = ["SssHhhLllK.K", "S.SH.HL.LKKK", "SSSHHHLLLK.."];

/// Puts the drummer's answers in the place of the time that was kept there. The hi-hat goes on with the foot.
pub(super) fn answer(ground: &Ground<'_>, notes: &mut Vec<GridNote>) {
    let bar_beats = ground.bar_beats();
    for (turn, (from, to)) in trades(ground).into_iter().enumerate() {
        let foot = Drum::Pedal.note();
        notes.retain(|n| n.beat < from - 1e-6 || n.beat >= to - 1e-6 || n.pitch == foot);
        let mut dice = ground.dice(Role::Drums, "trade", turn as u32, 0);
        let bars = libm::round((to - from) / bar_beats) as u32;
        let (first, second) = (dice.pick(&SAID).copied(), dice.pick(&SAID).copied());
        let close = dice.pick(&CLOSED).copied();
        for bar in 0..bars {
            // Said, said again a drum lower, another thing, and closed.
            let (row, lower) = match (bar + 1 == bars, bar % 4) {
                (true, _) => (close, false),
                (_, 1) => (first, true),
                (_, 2) => (second, false),
                _ => (first, false),
            };
            let start = from + f64::from(bar) * bar_beats;
            let grows = 0.8 + 0.2 * f64::from(bar) / f64::from(bars.max(2) - 1);
            for (step, cell) in row.unwrap_or_default().bytes().enumerate() {
                let at = step as f64 / 3.0;
                let drum = match (cell.to_ascii_uppercase(), lower) {
                    (b'S', false) => Drum::Snare,
                    (b'S', true) | (b'H', false) => Drum::TomHigh,
                    (b'H', true) | (b'L', _) => Drum::TomLow,
                    (b'K', _) => Drum::Kick,
                    _ => continue,
                };
                if at >= bar_beats - 1e-6 {
                    break;
                }
                let accent = if cell.is_ascii_uppercase() { 0.92 } else { 0.5 };
                notes.push(GridNote {
                    beat: start + at,
                    beats: 0.25,
                    pitch: drum.note(),
                    accent: (accent * grows) as f32,
                });
            }
        }
    }
}
