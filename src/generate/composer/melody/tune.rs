//! Tunes: motifs laid out in a phrase form and fitted to the chords.

use super::super::chance::Dice;
use super::super::genre::style::{Pattern, Phrase, felt_beats};
use super::super::ground::{Ground, choose, nearest_of, palette, pentatonic};
use super::super::sketch::{HarmonySpan, Role};
use super::motif::{Motif, Operator, Tone};

/// A tune, from its own beat 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tune {
    /// Length in beats.
    pub(super) beats: f64,
    /// Tonic it was written in.
    pub(super) tonic: u8,
    /// Its notes.
    pub(super) notes: Vec<TuneNote>,
}

/// A note of a tune.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TuneNote {
    pub(super) beat: f64,
    pub(super) beats: f64,
    pub(super) pitch: u8,
    pub(super) accent: f32,
    /// Whether it was made a tone of the chord.
    pub(super) fitted: bool,
}

/// Bars of the tune of a section: all of a short one; the first eight of a long one.
fn length(bars: u32) -> u32 {
    if bars > 12 && bars.is_multiple_of(8) { 8 } else { bars }
}

/// Writes the tune of a letter, against the chords of the first section that has it.
pub(super) fn compose(ground: &Ground<'_>, section_index: usize, range: [u8; 2]) -> Tune {
    let Some(section) = ground.plan.sections.get(section_index) else {
        return Tune { beats: 0.0, tonic: 0, notes: Vec::new() };
    };
    let style = ground.lead();
    let bar_beats = ground.bar_beats();
    let metre = ground.plan.metre;
    let start = f64::from(section.start_bar) * bar_beats;
    let bars = length(section.bars);
    let mut dice = ground.dice(Role::Lead, "tune", section.letter as u32, 0);
    let energy = (section.energy.0 + section.energy.1) / 2.0;
    let wanted = (energy + ground.plan.mood.density * 0.2).clamp(0.0, 1.0);
    let rhythm = |dice: &mut Dice| -> Option<&Pattern> {
        choose(&style.rhythms, |p| &p.on, section.kind, wanted, dice)
    };
    let (Some(first), Some(second)) = (rhythm(&mut dice), rhythm(&mut dice)) else {
        return Tune {
            beats: f64::from(bars) * bar_beats,
            tonic: ground.plan.key.tonic,
            notes: Vec::new(),
        };
    };
    let idea = Motif::draw(&first.grid, 0, metre, &mut dice);
    let reply = Motif::draw(&second.grid, 1, metre, &mut dice);
    let layout = layout(style.phrase, bars, &idea, &reply, bar_beats, ground, &mut dice);

    let tonic = ground.chord(start + 1e-6).map_or(ground.plan.key.tonic, |s| s.key.tonic);
    let centre = f64::from(range[0])
        + f64::from(range[1] - range[0]) * (0.36 + 0.18 * energy)
        + ground.plan.mood.brightness * 2.0;
    let strong = felt_beats(metre);
    let mut hand = Hand { ground, range, last: libm::round(centre) as i32, leap: 0 };
    let mut notes: Vec<TuneNote> = Vec::new();
    for (bar, motif) in layout.iter().enumerate() {
        let offset = bar as f64 * bar_beats;
        // The line rises towards two thirds of the tune, and sinks again.
        let along = (bar as f64 + 0.5) / f64::from(bars.max(1));
        let arch = 1.0 - libm::fabs(along - 0.62) / 0.62;
        let anchor = libm::round(centre + 3.5 * arch - 1.0) as i32;
        let closing = bar % 4 == 3 || bar + 1 == layout.len();
        let count = motif.tones.len();
        for (index, tone) in motif.tones.iter().enumerate() {
            let beat = start + offset + tone.at;
            let last_of_phrase = closing && index + 1 == count;
            let is_strong = last_of_phrase
                || tone.beats >= 1.0
                || strong.iter().any(|s| (s - tone.at).abs() < 1e-6);
            let Some(span) = governing(ground, beat, tone.beats) else { continue };
            let fitted = is_strong && (last_of_phrase || dice.chance(style.chord_tones));
            let pitch = hand.place(anchor, tone, span, fitted, &mut dice);
            let accent = match (tone.accent, is_strong) {
                (true, _) => 0.95,
                (_, true) => 0.84,
                _ => 0.74,
            };
            notes.push(TuneNote {
                beat: offset + tone.at,
                beats: tone.beats,
                pitch,
                accent,
                fitted,
            });
        }
    }
    breathe(&mut notes, bars, bar_beats);
    if let Some(last) = notes.last_mut()
        && let Some(span) = ground.chord(start + last.beat + 1e-6)
    {
        // A tune comes home on the tonic where the chord has it, else on the chord's third or root.
        let home = if span.chord.contains(tonic) {
            vec![tonic]
        } else {
            span.chord.pitch_classes().into_iter().take(2).collect()
        };
        last.pitch = nearest_of(&home, i32::from(last.pitch), range);
        last.fitted = true;
    }
    Tune { beats: f64::from(bars) * bar_beats, tonic, notes }
}

/// The chord that a note has to fit: the next one where the note anticipates it and rings on into it.
fn governing<'a>(ground: &Ground<'a>, beat: f64, beats: f64) -> Option<&'a HarmonySpan> {
    let now = ground.chord(beat + 1e-6)?;
    match ground.harmony.after(beat + 1e-6) {
        Some(next) if next.beat - beat <= 0.5 + 1e-6 && beat + beats > next.beat + 0.4 => {
            Some(next)
        }
        _ => Some(now),
    }
}

/// Which motif stands in which bar.
fn layout(
    phrase: Phrase,
    bars: u32,
    idea: &Motif,
    reply: &Motif,
    bar_beats: f64,
    ground: &Ground<'_>,
    dice: &mut Dice,
) -> Vec<Motif> {
    let odds = &ground.lead().operators;
    let mut develop = |motif: &Motif| {
        let operator = Operator::draw(odds, dice);
        motif.changed(operator, bar_beats, dice)
    };
    let again = develop(idea);
    let turn = develop(reply);
    let further = develop(&again);
    let half = bar_beats / 2.0;
    let open = develop(reply).closed(half, bar_beats - 1.0);
    let close = develop(idea).closed(half, bar_beats - 1.0);
    let nothing = Motif::default();
    let eight: [&Motif; 8] = match phrase {
        Phrase::Sentence => [idea, reply, &again, &turn, &again, &further, reply, &close],
        Phrase::Period => [idea, reply, &again, &open, idea, reply, &further, &close],
        Phrase::Motif => [idea, &nothing, &again, &open, idea, &nothing, &further, &close],
        Phrase::Sparse => [idea, &nothing, &turn, &nothing, idea, &nothing, &close, &nothing],
    };
    (0..bars as usize)
        .map(|bar| {
            let last = bar + 1 == bars as usize && phrase != Phrase::Sparse;
            if last {
                close.clone()
            } else {
                eight.get(bar % 8).map_or_else(Motif::default, |m| (*m).clone())
            }
        })
        .map(|motif| if motif.tones.is_empty() && bars == 1 { idea.clone() } else { motif })
        .collect()
}

/// At least a beat of rest in every two bars, at the end of the second.
fn breathe(notes: &mut Vec<TuneNote>, bars: u32, bar_beats: f64) {
    let pause = 1.0_f64.min(bar_beats / 3.0);
    let two = bar_beats * if bars == 1 { 1.0 } else { 2.0 };
    notes.retain(|note| note.beat.rem_euclid(two) < two - pause - 1e-6);
    for note in notes {
        let room = two - pause - note.beat.rem_euclid(two);
        note.beats = note.beats.min(room);
    }
}

/// Where the last note was, and what it asks of the next.
struct Hand<'g, 'a> {
    ground: &'g Ground<'a>,
    range: [u8; 2],
    last: i32,
    leap: i32,
}

impl Hand<'_, '_> {
    /// The pitch of a tone over a chord.
    fn place(
        &mut self,
        anchor: i32,
        tone: &Tone,
        span: &HarmonySpan,
        fitted: bool,
        dice: &mut Dice,
    ) -> u8 {
        let style = self.ground.lead();
        let chord = span.chord.pitch_classes();
        let mut scale = palette(span.key, span);
        if style.pentatonic {
            let five = pentatonic(span.key);
            scale.retain(|class| five.contains(class) || chord.contains(class));
        }
        let ladder = (self.range[0]..=self.range[1])
            .filter(|note| scale.contains(&(note % 12)))
            .map(i32::from)
            .collect::<Vec<_>>();
        let from = ladder.partition_point(|note| *note < anchor) as i32;
        let index = (from + tone.step).clamp(0, ladder.len() as i32 - 1);
        let mut pitch = ladder.get(index as usize).copied().unwrap_or(anchor);
        let recovers = dice.chance(0.8);
        // A leap is answered by a step the other way; and no leap is wider than a sixth, but for octaves.
        if self.leap.abs() > 5 && recovers && (pitch - self.last).signum() != -self.leap.signum() {
            let at = ladder.partition_point(|note| *note < self.last) as i32;
            pitch = ladder.get((at - self.leap.signum()).max(0) as usize).copied().unwrap_or(pitch);
        } else if (pitch - self.last).abs() > 9 {
            pitch = self.last + (pitch - self.last).signum() * 5;
        }
        let classes: &[u8] = if fitted {
            match chord.len() {
                // Root, third, fifth and seventh before tensions, which are colours and no resting places.
                5.. => chord.get(..4).unwrap_or(&chord),
                _ => &chord,
            }
        } else {
            &scale
        };
        let note = nearest_of(classes, pitch, self.range);
        self.leap = i32::from(note) - self.last;
        self.last = i32::from(note);
        note
    }
}
