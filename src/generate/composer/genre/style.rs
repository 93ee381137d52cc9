//! The style tables of a genre: what each player does, how it is felt, and how it is mixed. The `[style]` half of a
//! genre file is read straight into these types; a key that is not known here is an error, so that a typing mistake in
//! a preset is found when the file is read and not by ear.
//!
//! Nothing here decides anything: the writers of the parts do, from these numbers and a seed.

pub mod grid;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use self::grid::{Grid, Hit, Row, felt_beats};
use crate::generate::composer::sketch::SectionKind;

/// All that makes a genre sound like itself, apart from its harmony and its form.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Style {
    /// The kit.
    pub drums: DrumStyle,
    /// Percussion beside the kit.
    pub percussion: Vec<Groove>,
    /// The bass.
    pub bass: BassStyle,
    /// Chords in rhythm.
    pub comp: CompStyle,
    /// The second chord player.
    pub comp2: CompStyle,
    /// Held chords.
    pub pad: PadStyle,
    /// Broken chords.
    pub arp: ArpStyle,
    /// Melody.
    pub lead: LeadStyle,
    /// Lines beside the melody.
    pub counter: CounterStyle,
    /// Risers, impacts, drop-outs and endings.
    pub arrange: ArrangeStyle,
    /// Timing and dynamics by role, or by `drums.kick`, `drums.snare`, `drums.hats`, `drums.perc`.
    pub feel: BTreeMap<String, Feel>,
    /// Sound and mix.
    pub mix: MixStyle,
}

/// Where and how often a pattern may be chosen.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mask {
    /// Kinds of sections it is for; empty means all.
    pub kinds: Vec<SectionKind>,
    /// Lowest and highest energy it is for, 0 to 1.
    pub energy: [f64; 2],
    /// Odds against the other patterns that may be chosen.
    pub weight: f64,
}

impl Default for Mask {
    fn default() -> Self {
        Self { kinds: Vec::new(), energy: [0.0, 1.0], weight: 1.0 }
    }
}

impl Mask {
    /// Whether a section of this kind may use the pattern.
    pub fn allows(&self, kind: SectionKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// A drum sound, with its General MIDI note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drum {
    /// Bass drum.
    Kick,
    /// Snare; on brush kits a tap.
    Snare,
    /// Clap; on brush kits a slap.
    Clap,
    /// Side stick.
    Rim,
    /// Second snare; on brush kits a sweep.
    Sweep,
    /// Closed hat; `o` opens it.
    Hat,
    /// Open hat.
    Open,
    /// Hat by foot.
    Pedal,
    /// Ride cymbal.
    Ride,
    /// Bell of the ride.
    Bell,
    /// Crash cymbal.
    Crash,
    /// High tom.
    TomHigh,
    /// Middle tom.
    TomMid,
    /// Floor tom.
    TomLow,
    /// Tambourine.
    Tambourine,
    /// Shaker.
    Shaker,
    /// High conga, muted.
    CongaMute,
    /// High conga, open.
    CongaHigh,
    /// Low conga.
    CongaLow,
    /// Cowbell.
    Cowbell,
    /// Claves.
    Claves,
    /// Wood block.
    Wood,
}

impl Drum {
    /// General MIDI drum number.
    pub fn note(self) -> u8 {
        match self {
            Self::Kick => 36,
            Self::Snare => 38,
            Self::Clap => 39,
            Self::Rim => 37,
            Self::Sweep => 40,
            Self::Hat => 42,
            Self::Open => 46,
            Self::Pedal => 44,
            Self::Ride => 51,
            Self::Bell => 53,
            Self::Crash => 49,
            Self::TomHigh => 50,
            Self::TomMid => 47,
            Self::TomLow => 43,
            Self::Tambourine => 54,
            Self::Shaker => 82,
            Self::CongaMute => 62,
            Self::CongaHigh => 63,
            Self::CongaLow => 64,
            Self::Cowbell => 56,
            Self::Claves => 75,
            Self::Wood => 76,
        }
    }

    /// Whether a foot plays it, so that it takes no hand.
    pub fn by_foot(self) -> bool {
        matches!(self, Self::Kick | Self::Pedal)
    }
}

/// Which strip of a kit a General MIDI note sounds on: `kick`, `snare`, `hats` or `perc`.
pub fn strip_of(note: u8) -> &'static str {
    match note {
        35 | 36 => "kick",
        37..=40 => "snare",
        42 | 44 | 46 | 49 | 51..=53 | 55 | 57 | 59 => "hats",
        _ => "perc",
    }
}

/// A bar (or two) of drums, and how it varies.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Groove {
    /// Where it may be used.
    pub on: Mask,
    /// What is played.
    pub a: BTreeMap<Drum, Grid>,
    /// Rows that replace those of `a` in every `b_every`-th bar.
    pub b: BTreeMap<Drum, Grid>,
    /// How often the variation comes, in bars; 0 never.
    pub b_every: u32,
}

/// A fill: the last beats of a bar.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Where it may be used; the energy is that of the section it leads into.
    #[serde(default)]
    pub on: Mask,
    /// Length in beats; its rows are spread evenly over them.
    pub beats: f64,
    /// What is played; everything else is silent in the meantime, but for the rows named in `keep`.
    pub rows: BTreeMap<Drum, Row>,
    /// Rows of the groove that go on.
    #[serde(default)]
    pub keep: Vec<Drum>,
}

/// The kit's player.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrumStyle {
    /// The grooves.
    pub grooves: Vec<Groove>,
    /// The fills.
    pub fills: Vec<Fill>,
    /// Chance of each ghost note, 0 to 1.
    pub ghosts: f64,
    /// Chance of each `?` of a grid, 0 to 1.
    pub maybe: f64,
    /// Accents of the hats over a beat, by sixteenth.
    pub contour: Vec<f64>,
    /// Chance that the last off-beat hat of every second bar is opened.
    pub open: f64,
    /// Whether a crash marks the entries of stronger sections.
    pub crash: bool,
    /// Energy from which the ride takes over from the hats; above 1 never.
    pub ride_from: f64,
    /// Whether two hands and two feet must be able to play it.
    pub acoustic: bool,
    /// Chance of a fill at the end of every fourth bar inside a section, and twice that at every eighth.
    pub fill_chance: f64,
    /// Chance per bar of comping hits of the left hand (jazz).
    pub comping: f64,
    /// Rhythm of the snare roll of a build, in sixteenths of its last bars; empty where the style has none.
    pub build_roll: bool,
}

/// The bass player.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BassStyle {
    /// Patterns of functions: `R` root, `5` fifth, `8` octave, `3` third, `7` seventh, `A` approach to the next root, `g` a
    /// ghost root, `-` holds, `.` rests.
    pub patterns: Vec<Pattern>,
    /// Lowest and highest note.
    pub range: [u8; 2],
    /// Chance that a kick without a bass note gets a root.
    pub lock: f64,
    /// Whether to walk in quarters, ignoring the patterns; from which energy, above 1 never. Below it, a two-feel.
    pub walk_from: f64,
    /// Chance of an approach note before a change.
    pub approach: f64,
    /// Sounding part of the written length, 0 to 1.
    pub articulation: f64,
}

impl Default for BassStyle {
    fn default() -> Self {
        Self {
            patterns: Vec::new(),
            range: [28, 52],
            lock: 0.2,
            walk_from: 2.0,
            approach: 0.3,
            articulation: 0.92,
        }
    }
}

/// A pattern of one or two bars with its mask.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Where it may be used.
    #[serde(default)]
    pub on: Mask,
    /// What is played.
    pub grid: Grid,
    /// What is played instead in every fourth bar.
    #[serde(default)]
    pub b: Option<Grid>,
}

/// A chord player.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompStyle {
    /// The patterns: `X`, `x`, `g` strike, `-` holds, `.` rests; `t` strikes the top notes only.
    pub patterns: Vec<Pattern>,
    /// Lowest and highest note.
    pub range: [u8; 2],
    /// Notes a chord, 2 to 6.
    pub voices: u8,
    /// Chance that a change is anticipated by an eighth.
    pub push: f64,
    /// Whether all chords are moved in parallel from the first voicing (house planing, power chords).
    pub parallel: bool,
    /// Root and fifth (and octave) only.
    pub power: bool,
    /// Whether the root is left to the bass.
    pub rootless: bool,
    /// Chance that a strike is left out where the melody is busy.
    pub yield_to_lead: f64,
    /// Sounding part of the written length, 0 to 1.
    pub articulation: f64,
}

impl Default for CompStyle {
    fn default() -> Self {
        Self {
            patterns: Vec::new(),
            range: [52, 74],
            voices: 4,
            push: 0.0,
            parallel: false,
            power: false,
            rootless: false,
            yield_to_lead: 0.3,
            articulation: 0.9,
        }
    }
}

/// The player of held chords.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PadStyle {
    /// Lowest and highest note.
    pub range: [u8; 2],
    /// Notes a chord, 2 to 6.
    pub voices: u8,
    /// How long notes ring into the next chord, in beats.
    pub overlap: f64,
    /// How far the voices enter one after the other, in beats.
    pub stagger: f64,
    /// Whether a low root lies under the chord.
    pub root_below: bool,
    /// From which energy the pad plays at all.
    pub from_energy: f64,
}

impl Default for PadStyle {
    fn default() -> Self {
        Self {
            range: [52, 76],
            voices: 4,
            overlap: 0.0,
            stagger: 0.0,
            root_below: false,
            from_energy: 0.0,
        }
    }
}

/// How an arpeggio runs through its notes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Run {
    /// Lowest to highest.
    #[default]
    Up,
    /// Highest to lowest.
    Down,
    /// Up and back.
    UpDown,
    /// Lowest, highest, second lowest, and so on.
    Alberti,
    /// Any order, drawn once a section.
    Shuffled,
}

/// The player of broken chords.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArpStyle {
    /// Rhythms.
    pub patterns: Vec<Pattern>,
    /// Orders to draw from.
    pub runs: Vec<Run>,
    /// Lowest and highest note.
    pub range: [u8; 2],
    /// Octaves covered.
    pub octaves: u8,
    /// Sounding part of a step, 0 to 2.
    pub gate: f64,
}

impl Default for ArpStyle {
    fn default() -> Self {
        Self { patterns: Vec::new(), runs: vec![Run::Up], range: [60, 88], octaves: 1, gate: 0.8 }
    }
}

/// The form a tune takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phrase {
    /// Idea, idea again, then twice as long a continuation.
    #[default]
    Sentence,
    /// A question that ends open, and the same again that ends closed.
    Period,
    /// A short figure with space after it.
    Motif,
    /// Single notes far apart.
    Sparse,
}

/// Odds of what happens to a motif when it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operators {
    /// The same again, fitted to the chord.
    pub repeat: f64,
    /// Moved by a second or third.
    pub sequence: f64,
    /// The same rhythm with new pitches.
    pub answer: f64,
    /// The same but for its end.
    pub tail: f64,
    /// Upside down.
    pub inversion: f64,
    /// At half or double speed.
    pub augment: f64,
    /// Silence.
    pub rest: f64,
}

impl Default for Operators {
    fn default() -> Self {
        Self {
            repeat: 0.35,
            sequence: 0.2,
            answer: 0.2,
            tail: 0.1,
            inversion: 0.05,
            augment: 0.05,
            rest: 0.05,
        }
    }
}

/// The melody player.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeadStyle {
    /// One-bar rhythms: `x` starts a note, `-` holds it, `.` rests.
    pub rhythms: Vec<Pattern>,
    /// Lowest and highest note.
    pub range: [u8; 2],
    /// Form of the tune.
    pub phrase: Phrase,
    /// What happens to motifs.
    pub operators: Operators,
    /// Whether only the five notes without semitones are used off the strong beats.
    pub pentatonic: bool,
    /// Chance that a strong beat gets a tone of the chord.
    pub chord_tones: f64,
    /// Whether phrases may end on the ninth.
    pub end_on_ninth: bool,
    /// Whether solo sections are improvised, or play the tune.
    pub improvise: bool,
    /// How chromatic an improvised line is: chance of an approach by semitone or of an enclosure.
    pub chromatic: f64,
    /// How dense an improvised line is, 0 to 1.
    pub flow: f64,
    /// Sounding part of the written length, 0 to 1.
    pub articulation: f64,
    /// Depth of bends and vibrato, 0 to 1.
    pub expression: f64,
}

impl Default for LeadStyle {
    fn default() -> Self {
        Self {
            rhythms: Vec::new(),
            range: [62, 81],
            phrase: Phrase::Sentence,
            operators: Operators::default(),
            pentatonic: false,
            chord_tones: 0.95,
            end_on_ninth: false,
            improvise: false,
            chromatic: 0.0,
            flow: 0.6,
            articulation: 0.92,
            expression: 0.4,
        }
    }
}

/// What the second line does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterKind {
    /// Short answers in the melody's rests.
    #[default]
    Answer,
    /// A slow line of thirds and sevenths.
    Guide,
}

/// The player of lines beside the melody.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CounterStyle {
    /// What it does.
    pub kind: CounterKind,
    /// Lowest and highest note.
    pub range: [u8; 2],
    /// Chance of an answer in each gap, or of a note at each change.
    pub chance: f64,
}

impl Default for CounterStyle {
    fn default() -> Self {
        Self { kind: CounterKind::Answer, range: [55, 79], chance: 0.6 }
    }
}

/// Transitions and endings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArrangeStyle {
    /// Beats of silence of drums and bass before a much stronger section; 0 none.
    pub drop_out: f64,
    /// Chance of it.
    pub drop_out_chance: f64,
    /// Length of risers before stronger sections, in beats; 0 none.
    pub riser: f64,
    /// Whether impacts mark drops.
    pub impact: bool,
    /// Whether a reversed cymbal leads into stronger sections.
    pub reverse: bool,
    /// Roles (after the first) enter one after the other, every so many bars of the first section; 0 all at once.
    pub stagger: u32,
    /// Roles whose filter is swept open through builds and intros.
    pub sweep: Vec<String>,
    /// How far the faders of the players go down from the strongest bar of the piece to silence (energy 0), in dB. It is
    /// what makes choruses larger than verses once the master has evened out the rest.
    pub ride_db: f64,
    /// Bars that soloist and drummer play in turns at the end of the solos, such as 4; 0 never.
    pub trade: u32,
    /// How the last chord ends.
    pub ending: Ending,
}

impl Default for ArrangeStyle {
    fn default() -> Self {
        Self {
            drop_out: 0.0,
            drop_out_chance: 0.0,
            riser: 0.0,
            impact: false,
            reverse: false,
            stagger: 0,
            sweep: Vec::new(),
            ride_db: 0.0,
            trade: 0,
            ending: Ending::Ring,
        }
    }
}

/// Ways to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The last bar is one chord that rings out.
    #[default]
    Ring,
    /// The players leave one after the other, the last chord rings.
    Thin,
    /// A short accent on the last downbeat, then the room.
    Stop,
}

/// How a role lies in time and how evenly it plays.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Feel {
    /// Constant lateness in ms; negative is early.
    pub late_ms: f64,
    /// Further lateness on the beat only, in ms.
    pub on_beat_ms: f64,
    /// Standard deviation of the drift in ms.
    pub jitter_ms: f64,
    /// Standard deviation of the velocity, in MIDI steps.
    pub touch: f64,
    /// Time between the notes of a chord, upwards, in ms.
    pub spread_ms: f64,
    /// Whether off-eighths are struck the other way round (strummed guitars).
    pub strum: bool,
    /// How much of the piece's swing the role takes, 0 to 1.
    pub swing: f64,
}

impl Default for Feel {
    fn default() -> Self {
        Self {
            late_ms: 0.0,
            on_beat_ms: 0.0,
            jitter_ms: 3.0,
            touch: 4.0,
            spread_ms: 0.0,
            strum: false,
            swing: 1.0,
        }
    }
}

/// An effect node in a chain: its type and its params.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Effect {
    /// Node type, such as `fx.tape`.
    pub fx: String,
    /// Params by id, in their units.
    #[serde(flatten)]
    pub params: BTreeMap<String, f64>,
}

/// The sound of the mix. Keys are role ids, `drums.kick`, `drums.snare`, `drums.hats`, `drums.perc`, and names of returns.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MixStyle {
    /// Params of the instruments, where they have them.
    pub tone: BTreeMap<String, BTreeMap<String, f64>>,
    /// Effects in series after a role or a strip of the kit.
    pub chain: BTreeMap<String, Vec<Effect>>,
    /// Effects of each return.
    pub returns: BTreeMap<String, Vec<Effect>>,
    /// Levels in dB from a role (or strip) to a return.
    pub send: BTreeMap<String, BTreeMap<String, f64>>,
    /// Level corrections in dB beside the general balance.
    pub trim: BTreeMap<String, f64>,
    /// Places in the panorama, -1 to 1.
    pub pan: BTreeMap<String, f64>,
    /// How far the kick ducks a role.
    pub duck: BTreeMap<String, Duck>,
}

/// Ducking by the kick.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duck {
    /// How far, in dB.
    pub depth_db: f64,
    /// How long it takes to come back, in beats.
    pub release: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_key_is_an_error_that_names_it() {
        let error = toml::from_str::<Style>("[bass]\nlok = 0.4\n").unwrap_err().to_string();
        assert!(error.contains("lok"), "{error}");
        let error = toml::from_str::<Style>("[[bass.patterns]]\ngrid = 'R..'\n").unwrap_err();
        assert!(error.to_string().contains("8, 12, 16"), "{error}");
        let error = toml::from_str::<Style>(
            "[[bass.patterns]]\ngrid = 'R.......'\non = { kinds = ['chrous'] }\n",
        )
        .unwrap_err();
        assert!(error.to_string().contains("chrous"), "{error}");
    }

    #[test]
    fn every_drum_lands_on_a_strip_of_the_kit() {
        assert_eq!(strip_of(Drum::Kick.note()), "kick");
        for drum in [Drum::Snare, Drum::Clap, Drum::Rim, Drum::Sweep] {
            assert_eq!(strip_of(drum.note()), "snare");
        }
        for drum in [Drum::Hat, Drum::Open, Drum::Pedal, Drum::Ride, Drum::Bell, Drum::Crash] {
            assert_eq!(strip_of(drum.note()), "hats");
        }
        for drum in [Drum::TomLow, Drum::TomHigh, Drum::Shaker, Drum::Tambourine, Drum::CongaLow] {
            assert_eq!(strip_of(drum.note()), "perc");
        }
    }
}
