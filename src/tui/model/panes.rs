//! Panes, views and what lies over them.

use super::super::action::Action;

/// The panes on the right.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspector {
    /// Whether they are wanted.
    pub open: bool,
    /// Columns that are wanted.
    pub width: u16,
    /// Which one is shown.
    pub tab: Tab,
    /// The chosen row of it.
    pub row: usize,
    /// The first row in sight.
    pub top: usize,
    /// The library's search.
    pub search: String,
    /// Whether the search is being typed.
    pub searching: bool,
    /// Ids of the takes that the library found.
    pub found: Vec<String>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// Panes of the inspector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tab {
    /// What waits and runs.
    Queue,
    /// The take with the focus.
    Take,
    /// Params of the backend, and what the next prompt is rendered with.
    Params,
    /// Strips of the parts that play.
    Mixer,
    /// The nodes that the sound goes through, with their params.
    Chain,
    /// All takes.
    Library,
    /// What happened.
    Log,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Self; 7] =
        [Self::Queue, Self::Take, Self::Params, Self::Mixer, Self::Chain, Self::Library, Self::Log];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Take => "take",
            Self::Params => "params",
            Self::Mixer => "mixer",
            Self::Chain => "chain",
            Self::Library => "library",
            Self::Log => "log",
        }
    }
}

/// Views that take the transcript's place.
#[derive(Debug, Clone, PartialEq)]
pub struct BigView {
    /// Which one.
    pub kind: ViewKind,
    /// The take that it shows; the one with the focus where open.
    pub take: Option<String>,
    /// What of it is in sight: first and last, 0 to 1 of the whole.
    pub range: (f64, f64),
    /// The chosen part or node, where the view has such.
    pub row: usize,
}

/// Kinds of big views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViewKind {
    /// The waveform, down to samples.
    Waveform,
    /// The spectrum of what plays.
    Spectrum,
    /// The spectrogram of a take.
    Spectrogram,
    /// Loudness over time.
    Loudness,
    /// Left against right, and correlation.
    Stereo,
    /// The score.
    Roll,
    /// The nodes that play.
    Graph,
    /// How takes descend from each other.
    Tree,
}

impl ViewKind {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Waveform,
        Self::Spectrum,
        Self::Spectrogram,
        Self::Loudness,
        Self::Stereo,
        Self::Roll,
        Self::Graph,
        Self::Tree,
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waveform => "waveform",
            Self::Spectrum => "spectrum",
            Self::Spectrogram => "spectrogram",
            Self::Loudness => "loudness",
            Self::Stereo => "stereo",
            Self::Roll => "roll",
            Self::Graph => "graph",
            Self::Tree => "tree",
        }
    }
}

/// What lies over everything else and has the keys.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// Actions to find by typing.
    Palette(Picker),
    /// Things to choose from, such as sessions, presets, themes or devices.
    Pick(Picker),
    /// The keys of the place that had the focus.
    Help {
        /// First line in sight.
        top: usize,
    },
    /// A question.
    Confirm {
        /// The question.
        question: String,
        /// What a yes does.
        yes: Action,
    },
    /// The first start.
    Welcome,
    /// The tour, at a step from 0.
    Tour(usize),
}

/// A list to choose from by typing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picker {
    /// Its title.
    pub title: String,
    /// What was typed.
    pub query: String,
    /// Everything that can be chosen.
    pub items: Vec<PickerItem>,
    /// What matches, best first: index into `items`, and the letters (as grapheme indices of the label) that matched.
    pub matches: Vec<(usize, Vec<usize>)>,
    /// The chosen one of `matches`.
    pub chosen: usize,
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct PickerItem {
    /// What it is called.
    pub label: String,
    /// One line about it.
    pub doc: String,
    /// The key that does the same, where there is one.
    pub keys: String,
    /// What choosing it does: a line of the action language. Where it ends in a space it is put into the composer instead,
    /// to be completed.
    pub line: String,
}
