//! The form: which sections, in which order, so that they fill a number of bars exactly.
//!
//! A genre's templates are rough: the longest one that fits is taken, and grown by repeating its middle and then by
//! lengthening its end. Loops have no intro and no outro; short pieces come from the short templates.

use super::chance::Dice;
use super::genre::chart::{FormPart, kind_name, letter_of};
use super::genre::{Genre, Tune};
use super::sketch::{SectionKind, substream};
use crate::model::brief::Brief;
use crate::model::tempo::Metre;
use crate::model::units::Seed;

/// Longest section in bars; longer ones are cut, so that something can change at least that often.
const LONGEST: u32 = 8;

/// The whole chorus that a piece is built on, where its genre of harmony has some and the piece has room. A tune that
/// the prompt names comes even where it has to be cut.
pub fn tune<'g>(
    colour: &'g Genre,
    brief: &Brief,
    minor: bool,
    metre: Metre,
    bars: u32,
    seed: Seed,
) -> Option<&'g Tune> {
    let named = colour.tunes.iter().find(|t| brief.form.contains(&t.name) && t.mode.allows(minor));
    let cousin = || {
        colour.tunes.iter().find(|t| {
            t.mode.allows(minor) && brief.form.iter().any(|f| t.name.ends_with(f.as_str()))
        })
    };
    if let Some(tune) = named.or_else(cousin) {
        return Some(tune);
    }
    let fits = |t: &&Tune| {
        t.mode.allows(minor) && if t.letters.len() == 1 { bars >= 24 } else { bars >= 32 }
    };
    let open = colour.tunes.iter().filter(fits).collect::<Vec<_>>();
    if open.is_empty() || metre != Metre::FOUR_FOUR {
        return None;
    }
    let mut dice = Dice::new(substream(seed, "tune", 0, 0, ""));
    dice.weighted(open.iter().map(|t| f64::from(t.weight))).and_then(|i| open.get(i).copied())
}

/// Parts that fill exactly `bars` (at least 1) bars, none longer than eight but those of a twelve-bar blues.
pub fn lay_out(
    genre: &Genre,
    brief: &Brief,
    tune: Option<&Tune>,
    bars: u32,
    looped: bool,
) -> Vec<FormPart> {
    let bars = bars.max(1);
    let wished = brief.form.iter().filter_map(|w| kind(w)).collect::<Vec<_>>();
    if let Some(chorus) =
        tune.filter(|t| t.letters.len() == 1).and_then(|t| t.charts.values().next())
    {
        let length = u32::try_from(chorus.bars.len()).unwrap_or(12);
        if bars >= length {
            return choruses(length, bars, looped);
        }
    }
    if wished.len() >= 2 {
        return cut(from_wishes(&wished, bars));
    }
    let mut parts = template(genre, bars, looped);
    grow(&mut parts, bars);
    parts = cut(parts);
    if let Some(wish) = wished.first()
        && !parts.iter().any(|p| p.kind == *wish)
    {
        include(&mut parts, *wish);
    }
    parts
}

fn kind(word: &str) -> Option<SectionKind> {
    use SectionKind::{
        Breakdown, Bridge, Build, Chorus, Drop, Field, Intro, Outro, Pre, Solo, Verse,
    };
    [Intro, Verse, Pre, Chorus, Bridge, Drop, Build, Breakdown, Solo, Outro, Field]
        .into_iter()
        .find(|k| kind_name(*k) == word)
}

fn total(parts: &[FormPart]) -> u32 {
    parts.iter().map(|p| p.bars).sum()
}

/// Blues choruses: head, solos, head; what is left over opens and closes the piece.
fn choruses(length: u32, bars: u32, looped: bool) -> Vec<FormPart> {
    let (count, left) = (bars / length, bars % length);
    let part = |kind, letter, bars| FormPart { kind, letter, bars };
    let intro = if looped { 0 } else { left.min(4) };
    let mut parts = Vec::new();
    if intro > 0 {
        parts.push(part(SectionKind::Intro, 'I', intro));
    }
    for index in 0..count {
        let head = index == 0 || (index + 1 == count && count > 2);
        let kind = if head { SectionKind::Verse } else { SectionKind::Solo };
        parts.push(part(kind, 'A', length));
    }
    let mut rest = left - intro;
    while rest > 0 {
        let bars = rest.min(LONGEST);
        parts.push(part(SectionKind::Outro, 'O', bars));
        rest -= bars;
    }
    parts
}

/// Sections that were asked for by name share the bars in blocks of four as far as they go.
fn from_wishes(wished: &[SectionKind], bars: u32) -> Vec<FormPart> {
    let count = u32::try_from(wished.len()).unwrap_or(1).max(1);
    let weight = |k: &SectionKind| match k {
        SectionKind::Intro | SectionKind::Outro | SectionKind::Build | SectionKind::Pre => 1,
        _ => 2,
    };
    let weights = wished.iter().map(weight).sum::<u32>().max(1);
    let block = [4u32, 2, 1].into_iter().find(|b| b * count <= bars).unwrap_or(1);
    let mut parts = Vec::new();
    let mut left = bars;
    for (index, kind) in wished.iter().enumerate() {
        let after = count - 1 - u32::try_from(index).unwrap_or(0);
        let share = ((bars * weight(kind) / weights) / block).max(1) * block;
        let bars = if after == 0 { left } else { share.min(left.saturating_sub(after)) };
        if bars > 0 {
            parts.push(FormPart { kind: *kind, letter: letter_of(*kind), bars });
        }
        left -= bars;
    }
    parts
}

/// The longest template that fits, without its ends in a loop; the start of the shortest where none fits.
fn template(genre: &Genre, bars: u32, looped: bool) -> Vec<FormPart> {
    let inner = |parts: &[FormPart]| {
        let end = |p: &FormPart| matches!(p.kind, SectionKind::Intro | SectionKind::Outro);
        let kept = parts.iter().filter(|p| !looped || !end(p)).copied().collect::<Vec<_>>();
        if kept.is_empty() { parts.to_vec() } else { kept }
    };
    let mut forms = genre.forms.iter().map(|f| inner(&f.parts)).collect::<Vec<_>>();
    forms.sort_by_key(|parts| std::cmp::Reverse(total(parts)));
    if let Some(found) = forms.iter().find(|parts| total(parts) <= bars) {
        return found.clone();
    }
    let mut left = bars;
    let mut parts = Vec::new();
    for mut part in forms.pop().unwrap_or_default() {
        part.bars = part.bars.min(left);
        left -= part.bars;
        if part.bars > 0 {
            parts.push(part);
        }
    }
    parts
}

/// Fills a form up to a number of bars: whole middle sections again, then four bars, then what is left at the end.
fn grow(parts: &mut Vec<FormPart>, bars: u32) {
    let end = |p: &FormPart| matches!(p.kind, SectionKind::Intro | SectionKind::Outro);
    let middle = parts.iter().filter(|p| !end(p)).copied().collect::<Vec<_>>();
    let closing = parts.last().filter(|p| p.kind == SectionKind::Outro).copied();
    if closing.is_some() {
        parts.pop();
    }
    let ending = closing.map_or(0, |p| p.bars);
    let mut index = 0;
    while let Some(next) = middle.get(index % middle.len().max(1)) {
        if total(parts) + ending + next.bars.max(1) > bars {
            break;
        }
        parts.push(*next);
        index += 1;
    }
    let mut left = bars.saturating_sub(total(parts) + ending);
    if left >= 4
        && let Some(short) = parts
            .iter_mut()
            .find(|p| p.bars == 4 && !matches!(p.kind, SectionKind::Intro | SectionKind::Build))
    {
        short.bars += 4;
        left -= 4;
    }
    match closing {
        Some(mut last) => {
            last.bars += left;
            parts.push(last);
        }
        None => match parts.last_mut() {
            Some(last) => last.bars += left,
            None => parts.push(FormPart { kind: SectionKind::Verse, letter: 'A', bars }),
        },
    }
}

/// Cuts long sections into blocks of at most eight bars.
fn cut(parts: Vec<FormPart>) -> Vec<FormPart> {
    let mut blocks = Vec::with_capacity(parts.len());
    for part in parts {
        let mut left = part.bars;
        while left > 0 {
            // Nine to eleven bars become two halves rather than a stub of one bar.
            let bars =
                if left > LONGEST && left < LONGEST + 4 { left - 4 } else { left.min(LONGEST) };
            blocks.push(FormPart { bars, ..part });
            left -= bars;
        }
    }
    blocks
}

/// Turns a section into one that was asked for: an end for intros and outros, else the strongest place.
fn include(parts: &mut [FormPart], wish: SectionKind) {
    let count = parts.len();
    let place = match wish {
        SectionKind::Intro => 0,
        SectionKind::Outro => count.saturating_sub(1),
        SectionKind::Pre | SectionKind::Build => count.saturating_sub(1) / 3,
        _ => (count * 2 / 3).min(count.saturating_sub(1)),
    };
    if let Some(part) = parts.get_mut(place) {
        part.kind = wish;
        part.letter = letter_of(wish);
    }
}
