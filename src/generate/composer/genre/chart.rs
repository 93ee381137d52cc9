//! The little languages inside genre files: chord charts, forms and names of substitutions.

use serde::Deserialize;

use crate::generate::composer::sketch::SectionKind;

/// A progression with its odds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progression {
    /// Class of mode it belongs to.
    pub mode: ModeClass,
    /// The chords.
    pub chart: Chart,
    /// Relative odds.
    pub weight: u32,
    /// How many bars each written bar lasts.
    #[serde(default = "one")]
    pub stretch: u32,
}

fn one() -> u32 {
    1
}

/// Major or minor, by the third above the tonic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModeClass {
    /// Modes with a major third.
    Major,
    /// Modes with a minor third.
    Minor,
    /// Both.
    Any,
}

impl ModeClass {
    /// Whether a mode of this class may have a minor (or major) third.
    pub fn allows(self, minor: bool) -> bool {
        match self {
            Self::Major => !minor,
            Self::Minor => minor,
            Self::Any => true,
        }
    }
}

/// Bars of roman numerals, `ii9 | V13 | Imaj9 vi7 | %`: chords of one bar share it evenly, `%` repeats the bar before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Chart {
    /// Numerals by bar; no bar is empty.
    pub bars: Vec<Vec<String>>,
}

impl TryFrom<String> for Chart {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let mut bars: Vec<Vec<String>> = Vec::new();
        for bar in text.split('|') {
            let chords = bar.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            match chords.as_slice() {
                [] => return Err(format!("'{text}' has an empty bar")),
                [repeat] if repeat == "%" => match bars.last().cloned() {
                    Some(last) => bars.push(last),
                    None => return Err(format!("'{text}' starts with %")),
                },
                _ => bars.push(chords),
            }
        }
        Ok(Self { bars })
    }
}

/// A form: its parts in order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FormTemplate {
    /// The parts.
    pub parts: Vec<FormPart>,
}

impl FormTemplate {
    /// Bars of the whole form.
    pub fn bars(&self) -> u32 {
        self.parts.iter().map(|p| p.bars).sum()
    }
}

/// A part of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormPart {
    /// What it is.
    pub kind: SectionKind,
    /// Sections with the same letter share harmony.
    pub letter: char,
    /// Length in bars, 1 to 64.
    pub bars: u32,
}

impl TryFrom<String> for FormTemplate {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.split_whitespace().map(form_part).collect::<Result<Vec<_>, _>>()?;
        if parts.is_empty() { Err("a form needs a part".into()) } else { Ok(Self { parts }) }
    }
}

/// Reads `V8` or `S=V8`.
fn form_part(token: &str) -> Result<FormPart, String> {
    let unreadable = || format!("'{token}' is not a part of a form such as V8, Bd4 or S=V8");
    let digits = token.find(|c: char| c.is_ascii_digit()).ok_or_else(unreadable)?;
    let (head, count) = token.split_at(digits);
    let bars = count.parse::<u32>().ok().filter(|n| (1..=64).contains(n)).ok_or_else(unreadable)?;
    let (word, like) = head.split_once('=').map_or((head, head), |(w, l)| (w, l));
    let kind = kind_of(word).ok_or_else(unreadable)?;
    let letter = letter_of(kind_of(like).ok_or_else(unreadable)?);
    Ok(FormPart { kind, letter, bars })
}

fn kind_of(word: &str) -> Option<SectionKind> {
    Some(match word {
        "I" => SectionKind::Intro,
        "V" => SectionKind::Verse,
        "P" => SectionKind::Pre,
        "C" => SectionKind::Chorus,
        "B" => SectionKind::Bridge,
        "D" => SectionKind::Drop,
        "Bd" => SectionKind::Build,
        "Br" => SectionKind::Breakdown,
        "S" => SectionKind::Solo,
        "O" => SectionKind::Outro,
        "F" => SectionKind::Field,
        _ => return None,
    })
}

/// The letter under which a kind of section shares its harmony with others.
pub fn letter_of(kind: SectionKind) -> char {
    match kind {
        SectionKind::Intro => 'I',
        SectionKind::Verse => 'A',
        SectionKind::Pre => 'P',
        SectionKind::Chorus => 'C',
        SectionKind::Bridge => 'B',
        SectionKind::Drop => 'D',
        SectionKind::Build => 'U',
        SectionKind::Breakdown => 'K',
        SectionKind::Solo => 'S',
        SectionKind::Outro => 'O',
        SectionKind::Field => 'F',
    }
}

/// The word for a kind of section, in files and markers.
pub fn kind_name(kind: SectionKind) -> &'static str {
    match kind {
        SectionKind::Intro => "intro",
        SectionKind::Verse => "verse",
        SectionKind::Pre => "pre",
        SectionKind::Chorus => "chorus",
        SectionKind::Bridge => "bridge",
        SectionKind::Drop => "drop",
        SectionKind::Build => "build",
        SectionKind::Breakdown => "breakdown",
        SectionKind::Solo => "solo",
        SectionKind::Outro => "outro",
        SectionKind::Field => "field",
    }
}

/// Changes to a progression that keep its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Substitution {
    /// ii for IV.
    TwoForFour,
    /// vi for a I that follows V.
    Deceptive,
    /// The dominant of the next chord in the second half of a bar.
    SecondaryDominant,
    /// A dominant on the flat second for V7.
    Tritone,
    /// iv for IV before I, borrowed from minor.
    MinorFour,
    /// bVII in the second half of a bar before I.
    FlatSeven,
    /// The dominant suspended, then resolved.
    Suspend,
    /// Inversions that let the bass move by step.
    StepwiseBass,
}
