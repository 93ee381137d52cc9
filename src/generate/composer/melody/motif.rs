//! Motifs: a bar of rhythm with a contour in scale steps, and what can be done to one.

use super::super::chance::Dice;
use super::super::genre::style::{Grid, Operators};
use crate::model::tempo::Metre;

/// A note of a motif.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tone {
    /// Where in the bar, in beats.
    pub(super) at: f64,
    /// Length in beats.
    pub(super) beats: f64,
    /// Scale steps above the bar's anchor.
    pub(super) step: i32,
    /// Whether it is accented.
    pub(super) accent: bool,
}

/// A bar of melody without a place in the scale yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Motif {
    /// The tones, ascending by time.
    pub(super) tones: Vec<Tone>,
}

/// What happens to a motif when it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Repeat,
    Sequence,
    Answer,
    Tail,
    Inversion,
    Augment,
    Rest,
}

impl Operator {
    /// Draws one.
    pub(super) fn draw(odds: &Operators, dice: &mut Dice) -> Self {
        let table = [
            (Self::Repeat, odds.repeat),
            (Self::Sequence, odds.sequence),
            (Self::Answer, odds.answer),
            (Self::Tail, odds.tail),
            (Self::Inversion, odds.inversion),
            (Self::Augment, odds.augment),
            (Self::Rest, odds.rest),
        ];
        let index = dice.weighted(table.iter().map(|(_, weight)| *weight)).unwrap_or(0);
        table.get(index).map_or(Self::Repeat, |(operator, _)| *operator)
    }
}

impl Motif {
    /// A motif on a rhythm, with a contour of its own.
    pub(super) fn draw(rhythm: &Grid, bar: u32, metre: Metre, dice: &mut Dice) -> Self {
        let hits = rhythm.hits(bar, metre);
        let steps = contour(hits.len(), dice);
        let tones = hits
            .iter()
            .zip(steps)
            .map(|(hit, step)| Tone {
                at: hit.beat,
                beats: hit.beats,
                step,
                accent: hit.cell == b'X',
            })
            .collect();
        Self { tones }
    }

    /// The motif, changed.
    pub(super) fn changed(&self, operator: Operator, bar_beats: f64, dice: &mut Dice) -> Self {
        let mut out = self.clone();
        match operator {
            Operator::Repeat => {}
            Operator::Sequence => {
                let by = [-2, -1, 1, 2].get(dice.below(4)).copied().unwrap_or(1);
                out.tones.iter_mut().for_each(|tone| tone.step += by);
            }
            Operator::Answer => {
                let steps = contour(out.tones.len(), dice);
                out.tones.iter_mut().zip(steps).for_each(|(tone, step)| tone.step = step);
            }
            Operator::Tail => {
                let from = out.tones.len() * 2 / 3;
                for tone in out.tones.iter_mut().skip(from) {
                    tone.step += [-2, -1, 1, 2].get(dice.below(4)).copied().unwrap_or(1);
                }
            }
            Operator::Inversion => {
                let axis = out.tones.first().map_or(0, |t| t.step);
                out.tones.iter_mut().for_each(|tone| tone.step = axis * 2 - tone.step);
            }
            Operator::Augment => {
                out.tones.retain(|tone| tone.at * 2.0 < bar_beats - 0.4);
                for tone in &mut out.tones {
                    tone.at *= 2.0;
                    tone.beats = (tone.beats * 2.0).min(bar_beats - tone.at);
                }
            }
            Operator::Rest => out.tones.clear(),
        }
        out
    }

    /// The first part of the bar only, its last note held up to `until`, as phrases close.
    pub(super) fn closed(&self, half: f64, until: f64) -> Self {
        let mut out = self.clone();
        out.tones.retain(|tone| tone.at <= half + 1e-6);
        if let Some(last) = out.tones.last_mut() {
            last.beats = (until - last.at).max(0.5);
        }
        out
    }
}

/// Steps over a number of notes: an arch, its inverse, a rise, a fall, or a line around an axis.
fn contour(count: usize, dice: &mut Dice) -> Vec<i32> {
    let shape = dice.weighted([0.34, 0.14, 0.16, 0.2, 0.16]).unwrap_or(0);
    let height = dice.between(2.0, 4.6);
    (0..count)
        .map(|index| {
            let along = if count > 1 { index as f64 / (count - 1) as f64 } else { 0.5 };
            let arch = 4.0 * along * (1.0 - along);
            let value = match shape {
                0 => arch,
                1 => -arch,
                2 => along,
                3 => 1.0 - along,
                _ => {
                    if index % 2 == 0 {
                        0.0
                    } else {
                        0.4
                    }
                }
            };
            libm::round(value * height + dice.normal() * 0.55) as i32
        })
        .collect()
}
