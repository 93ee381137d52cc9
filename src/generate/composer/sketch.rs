//! The values that travel between the composer's stages, and the random substreams they draw from.
//!
//! Each stage is a pure function from earlier values to later ones:
//! `brief` -> [`Plan`] -> [`Harmony`] -> [`Line`]s by role -> performed `Part`s -> `Score` + `GraphSpec`.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::genre::Genre;
use crate::model::brief::Brief;
use crate::model::key::Key;
use crate::model::tempo::{Metre, TempoMap};
use crate::model::units::Seed;
use crate::music::chord::Chord;

/// The whole piece, decided but not yet written: what is played when, how strongly, and by whom.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What was understood.
    pub brief: Brief,
    /// Genre of rhythm and production.
    pub genre: Arc<Genre>,
    /// Genre of harmony and lead, when two were named; otherwise the same.
    pub colour: Arc<Genre>,
    /// Root of all randomness.
    pub seed: Seed,
    /// Key of the piece.
    pub key: Key,
    /// Metre of the piece.
    pub metre: Metre,
    /// Tempo over the piece.
    pub tempo: TempoMap,
    /// Where swing lives and how strong it is.
    pub swing: Swing,
    /// The form, in order, without gaps.
    pub sections: Vec<PlannedSection>,
    /// Who plays: one voice a role, in the order of stems.
    pub palette: Vec<Voice>,
    /// Whether the end must lead into the start without a seam.
    pub looped: bool,
    /// Exact length of the file in seconds, where one was asked for; the ring-out is faded to fit.
    pub fit_seconds: Option<f64>,
    /// Numbers from moods and tempo words that bend later decisions.
    pub mood: MoodShape,
}

impl Plan {
    /// Bars in the piece.
    pub fn bars(&self) -> u32 {
        self.sections.iter().map(|s| s.bars).sum()
    }

    /// Beats in the piece.
    pub fn beats(&self) -> f64 {
        f64::from(self.bars()) * self.metre.bar_beats()
    }

    /// The voice of a role, if it plays at all.
    pub fn voice(&self, role: Role) -> Option<&Voice> {
        self.palette.iter().find(|v| v.role == role)
    }
}

/// Swing: how late the second of a pair of subdivisions comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Swing {
    /// Length of the subdivision that swings, in beats: 0.5 for eighths, 0.25 for sixteenths.
    pub unit: f64,
    /// Position of the off subdivision inside its pair, 0.5 (straight) to 0.75.
    pub ratio: f64,
}

/// What a player does in the piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Kit.
    Drums,
    /// Percussion beside the kit.
    Percussion,
    /// Bass.
    Bass,
    /// Chords in rhythm: keys, guitar.
    Comp,
    /// A second comping instrument, such as rhythm guitar beside piano.
    Comp2,
    /// Held chords.
    Pad,
    /// Broken chords.
    Arp,
    /// Melody, hook, solo.
    Lead,
    /// Answers and lines beside the lead.
    Counter,
    /// Noise beds.
    Texture,
    /// Risers, impacts.
    Fx,
}

impl Role {
    /// Every role, in the order of stems.
    pub const ALL: [Self; 11] = [
        Self::Drums,
        Self::Percussion,
        Self::Bass,
        Self::Comp,
        Self::Comp2,
        Self::Pad,
        Self::Arp,
        Self::Lead,
        Self::Counter,
        Self::Texture,
        Self::Fx,
    ];

    /// The id of the role's part, node and stem, and its word in files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Drums => "drums",
            Self::Percussion => "percussion",
            Self::Bass => "bass",
            Self::Comp => "comp",
            Self::Comp2 => "comp2",
            Self::Pad => "pad",
            Self::Arp => "arp",
            Self::Lead => "lead",
            Self::Counter => "counter",
            Self::Texture => "texture",
            Self::Fx => "fx",
        }
    }

    /// The inverse of [`Role::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }
}

/// Who plays a role: an instrument of the lexicon with the node that sounds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    /// The role.
    pub role: Role,
    /// Instrument id of the lexicon, such as `rhodes`.
    pub instrument: String,
    /// Name for people, such as `Rhodes`.
    pub name: String,
    /// Node type, such as `keys.rhodes`.
    pub node: String,
    /// General MIDI program for export.
    pub program: u8,
}

/// Kinds of sections; they decide patterns, register and energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// Opening.
    Intro,
    /// Verse, or the A part.
    Verse,
    /// Pre-chorus, rise.
    Pre,
    /// Chorus, hook, head's last A.
    Chorus,
    /// Bridge, or the B part.
    Bridge,
    /// Full groove of dance music.
    Drop,
    /// Tension before a drop.
    Build,
    /// Thinned-out middle.
    Breakdown,
    /// Improvised solo.
    Solo,
    /// Closing.
    Outro,
    /// Slowly changing field, in ambient.
    Field,
}

/// A section of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSection {
    /// What it is.
    pub kind: SectionKind,
    /// Name for markers, such as `verse 2`.
    pub name: String,
    /// First bar, from 0.
    pub start_bar: u32,
    /// Length in bars.
    pub bars: u32,
    /// Energy at its start and at its end, 0 to 1.
    pub energy: (f64, f64),
    /// Roles that play.
    pub roles: Vec<Role>,
    /// Sections with the same letter share harmony, hook and groove.
    pub letter: char,
    /// How often this letter came before, from 0.
    pub repeat: u32,
}

impl PlannedSection {
    /// Energy at a bar of the section, counted from its start.
    pub fn energy_at(&self, bar: u32) -> f64 {
        let span = f64::from(self.bars.max(2) - 1);
        self.energy.0 + (self.energy.1 - self.energy.0) * (f64::from(bar) / span).clamp(0.0, 1.0)
    }
}

/// How the mood bends later decisions. All zero is neutral.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MoodShape {
    /// Sad (-1) to happy (1).
    pub valence: f64,
    /// Calm (-1) to excited (1).
    pub arousal: f64,
    /// Dark (-1) to bright (1): filters and register.
    pub brightness: f64,
    /// Sparse (-1) to dense (1): notes per bar.
    pub density: f64,
    /// Dry (-1) to spacious (1): reverb and delay.
    pub space: f64,
    /// Clean (-1) to dirty (1): drive, tape, vinyl.
    pub dirt: f64,
}

/// The harmony of the piece.
#[derive(Debug, Clone, PartialEq)]
pub struct Harmony {
    /// Chords in order, without gaps.
    pub spans: Vec<HarmonySpan>,
}

impl Harmony {
    /// The chord that sounds at a beat (the last one that began, or the first).
    pub fn at(&self, beat: f64) -> Option<&HarmonySpan> {
        let index = self.spans.partition_point(|s| s.beat <= beat + 1e-9).saturating_sub(1);
        self.spans.get(index)
    }

    /// The chord after the one at a beat.
    pub fn after(&self, beat: f64) -> Option<&HarmonySpan> {
        self.spans.get(self.spans.partition_point(|s| s.beat <= beat + 1e-9))
    }
}

/// A chord in time.
#[derive(Debug, Clone, PartialEq)]
pub struct HarmonySpan {
    /// Where it starts, in beats.
    pub beat: f64,
    /// Length in beats.
    pub beats: f64,
    /// The chord.
    pub chord: Chord,
    /// The key it is heard in (it changes where the piece modulates).
    pub key: Key,
    /// Index of its section.
    pub section: usize,
}

/// A role's notes on the grid, before performance. Pitches are MIDI numbers; kits use General MIDI drum numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Who plays.
    pub role: Role,
    /// The notes, ascending by beat.
    pub notes: Vec<GridNote>,
}

/// A note on the grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridNote {
    /// Onset in beats, straight (swing comes with the performance).
    pub beat: f64,
    /// Written length in beats.
    pub beats: f64,
    /// MIDI note number.
    pub pitch: u8,
    /// How strongly, 0 to 1, before the performance shapes it; 0.8 is normal, 1 an accent, 0.35 a ghost.
    pub accent: f32,
}

/// A random substream of the piece: every decision of a stage in a section, bar and role draws from one of its own, so
/// that changing one part never moves another. The name is hashed with the seed by SHA-256.
pub fn substream(seed: Seed, stage: &str, section: u32, bar: u32, role: &str) -> ChaCha8Rng {
    let mut hasher = Sha256::new();
    hasher.update(b"timbre.composer.1\0");
    hasher.update(seed.0.to_le_bytes());
    hasher.update(stage.as_bytes());
    hasher.update([0]);
    hasher.update(section.to_le_bytes());
    hasher.update(bar.to_le_bytes());
    hasher.update(role.as_bytes());
    ChaCha8Rng::from_seed(hasher.finalize().into())
}
