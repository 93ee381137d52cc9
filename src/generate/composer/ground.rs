//! The ground that every writer of a part stands on: the plan and the harmony by bars, and dice named by stage.

use std::collections::BTreeMap;

use super::chance::Dice;
use super::genre::style::{LeadStyle, Mask, Style};
use super::instruments::instrument;
use super::sketch::{Harmony, HarmonySpan, Plan, PlannedSection, Role, SectionKind, substream};
use crate::model::key::{Key, PitchClass};

/// What the writers read.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Who plays what when.
    pub plan: &'a Plan,
    /// The chords.
    pub harmony: &'a Harmony,
    /// Stages that are drawn anew, by role id: any number other than 0 gives another version of that part alone.
    pub salts: &'a BTreeMap<String, u64>,
}

/// A bar of the piece.
#[derive(Debug, Clone, Copy)]
pub struct Bar<'a> {
    /// From the start of the piece.
    pub index: u32,
    /// Where it starts, in beats.
    pub beat: f64,
    /// Position of its section in the plan.
    pub section_index: usize,
    /// Its section.
    pub section: &'a PlannedSection,
    /// From the start of the section.
    pub within: u32,
    /// Energy, 0 to 1.
    pub energy: f64,
}

impl<'a> Ground<'a> {
    /// Style of rhythm and production.
    pub fn style(&self) -> &'a Style {
        &self.plan.genre.style
    }

    /// Style of the melody, which a second genre may lend.
    pub fn lead(&self) -> &'a LeadStyle {
        &self.plan.colour.style.lead
    }

    /// Beats in a bar.
    pub fn bar_beats(&self) -> f64 {
        self.plan.metre.bar_beats()
    }

    /// The bars of the piece in order.
    pub fn bars(&self) -> impl Iterator<Item = Bar<'a>> + use<'a> {
        let bar_beats = self.plan.metre.bar_beats();
        self.plan.sections.iter().enumerate().flat_map(move |(section_index, section)| {
            (0..section.bars).map(move |within| Bar {
                index: section.start_bar + within,
                beat: f64::from(section.start_bar + within) * bar_beats,
                section_index,
                section,
                within,
                energy: section.energy_at(within),
            })
        })
    }

    /// The bars in which a role plays.
    pub fn bars_of(&self, role: Role) -> impl Iterator<Item = Bar<'a>> + use<'a> {
        self.bars().filter(move |bar| bar.section.roles.contains(&role))
    }

    /// Energy of the section after one; that of the section itself at the end.
    pub fn next_energy(&self, section: usize) -> f64 {
        self.plan
            .sections
            .get(section + 1)
            .or_else(|| self.plan.sections.get(section))
            .map_or(0.0, |s| s.energy.0)
    }

    /// Energy at the end of the section before one; 0 before the first.
    pub fn energy_before(&self, section: usize) -> f64 {
        section.checked_sub(1).and_then(|i| self.plan.sections.get(i)).map_or(0.0, |s| s.energy.1)
    }

    /// Dice of a stage of a role in a section and bar. Sections with the same letter share dice where the caller gives the
    /// letter's number instead of the section's.
    pub fn dice(&self, role: Role, stage: &str, section: u32, bar: u32) -> Dice {
        let stage = match self.salts.get(role.id()) {
            Some(salt) if *salt != 0 => format!("{stage}#{salt}"),
            _ => stage.to_owned(),
        };
        Dice::new(substream(self.plan.seed, &stage, section, bar, role.id()))
    }

    /// The part of a range that the role's instrument can play; the instrument's own where they hardly meet.
    pub fn range(&self, role: Role, wanted: [u8; 2]) -> [u8; 2] {
        let known = self.plan.voice(role).and_then(|voice| instrument(&voice.instrument));
        let Some(known) = known else { return wanted };
        let (low, high) = (wanted[0].max(known.low), wanted[1].min(known.high));
        if high >= low + 12 { [low, high] } else { [known.low, known.high.max(known.low + 12)] }
    }

    /// The chord at a beat; chords of a length of zero and pieces without harmony give none.
    pub fn chord(&self, beat: f64) -> Option<&'a HarmonySpan> {
        self.harmony.at(beat)
    }

    /// The parts of chords that lie within some beats: start, end, and the chord.
    pub fn spans_in(
        &self,
        from: f64,
        to: f64,
    ) -> impl Iterator<Item = (f64, f64, &'a HarmonySpan)> + use<'a> {
        self.harmony.spans.iter().filter_map(move |span| {
            let (start, end) = (span.beat.max(from), (span.beat + span.beats).min(to));
            (end - start > 1e-6).then_some((start, end, span))
        })
    }
}

/// Chooses a pattern for a kind of section and an energy. Falls back on the nearest energy where none fits.
pub fn choose<'s, T>(
    items: &'s [T],
    mask: impl Fn(&T) -> &Mask,
    kind: SectionKind,
    energy: f64,
    dice: &mut Dice,
) -> Option<&'s T> {
    let fits = |item: &T| {
        let on = mask(item);
        on.allows(kind) && energy >= on.energy[0] - 1e-9 && energy <= on.energy[1] + 1e-9
    };
    let weights =
        items.iter().map(|i| if fits(i) { mask(i).weight } else { 0.0 }).collect::<Vec<_>>();
    if let Some(index) = dice.weighted(weights) {
        return items.get(index);
    }
    let distance = |item: &T| {
        let on = mask(item);
        let kind_cost = if on.allows(kind) { 0.0 } else { 1.0 };
        kind_cost + (on.energy[0] - energy).max(0.0) + (energy - on.energy[1]).max(0.0)
    };
    items.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// The pitch classes that sound right over a chord in a key: the scale, with every tone replaced that the chord alters, and
/// the chord's own tones. Ascending from the key's tonic.
pub fn palette(key: Key, span: &HarmonySpan) -> Vec<PitchClass> {
    let scale = key.mode.intervals().map(|i| (key.tonic + i) % 12);
    let chord = &span.chord;
    let foreign = chord
        .tones
        .iter()
        .copied()
        .filter(|tone| !scale.contains(&((chord.root + tone) % 12)))
        .collect::<Vec<_>>();
    let altered = foreign.iter().map(|&tone| {
        // The other quality of the same degree of the chord: a major third stands in for the minor one, and so on.
        let other = match tone % 12 {
            // A foreign root is a lowered degree of the key, but for the raised fourth.
            0 if (chord.root + 12 - key.tonic) % 12 == 6 => 11,
            0 => 1,
            1 | 3 | 6 | 10 => tone % 12 + 1,
            2 | 4 | 7 | 8 | 9 | 11 => tone % 12 - 1,
            _ => 6,
        };
        (chord.root + other) % 12
    });
    let altered = altered.filter(|class| !chord.contains(*class)).collect::<Vec<_>>();
    let mut out = scale
        .into_iter()
        .filter(|class| !altered.contains(class))
        .chain(foreign.iter().map(|tone| (chord.root + tone) % 12))
        .map(|class| (class + 12 - key.tonic) % 12)
        .collect::<Vec<_>>();
    out.sort_unstable();
    out.dedup();
    out.into_iter().map(|above| (above + key.tonic) % 12).collect()
}

/// The five notes of a key that make no semitone among each other: degrees 1 2 3 5 6 in major, 1 ♭3 4 5 ♭7 in minor.
pub fn pentatonic(key: Key) -> [PitchClass; 5] {
    let above = if key.mode.is_minor() { [0, 3, 5, 7, 10] } else { [0, 2, 4, 7, 9] };
    above.map(|i| (key.tonic + i) % 12)
}

/// The note of a pitch class that lies nearest to another note, inside of a range (both ends included). Where the range
/// holds none, the nearest one to the range.
pub fn nearest(class: PitchClass, to: i32, range: [u8; 2]) -> u8 {
    let (low, high) = (i32::from(range[0]), i32::from(range[1]));
    (0..=10)
        .map(|octave| octave * 12 + i32::from(class % 12))
        .filter(|note| (0..=127).contains(note))
        .min_by_key(|note| {
            let outside = (low - note).max(0) + (note - high).max(0);
            (outside * 100 + (note - to).abs(), *note)
        })
        .map_or(60, |note| note as u8)
}

/// The note out of some pitch classes that lies nearest to another note, inside of a range.
pub fn nearest_of(classes: &[PitchClass], to: i32, range: [u8; 2]) -> u8 {
    classes
        .iter()
        .map(|&class| nearest(class, to, range))
        .min_by_key(|&note| ((i32::from(note) - to).abs(), note))
        .unwrap_or_else(|| to.clamp(i32::from(range[0]), i32::from(range[1])) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::Mode;
    use crate::music::chord::Chord;

    #[test]
    fn a_dominant_in_minor_takes_the_raised_seventh_instead_of_the_plain_one() {
        let key = Key::new(9, Mode::Aeolian);
        let chord = Chord { root: 4, tones: vec![0, 4, 7, 10], bass: None, symbol: "E7".into() };
        let span = HarmonySpan { beat: 0.0, beats: 4.0, chord, key, section: 0 };
        let classes = palette(key, &span);
        assert!(classes.contains(&8) && !classes.contains(&7), "{classes:?}");
        assert_eq!(classes[0], 9);
    }

    #[test]
    fn nearest_notes_stay_in_range() {
        assert_eq!(nearest(0, 61, [55, 79]), 60);
        assert_eq!(nearest(0, 20, [55, 79]), 60);
        assert_eq!(nearest_of(&[0, 4, 7], 65, [60, 72]), 64);
    }
}
