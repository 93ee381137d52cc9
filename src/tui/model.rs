//! The model: all that the screen shows, as plain values. Only [`super::update::update`] changes it, and views only read it.

pub mod conversation;
pub mod curves;
pub mod input;
pub mod panes;
pub mod rows;
pub mod settings;
pub mod sound;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::backend::BackendInfo;
use crate::model::card::TakeCard;
use crate::model::job::Job;
use crate::model::session::Session;
use crate::protocol::graph::NodeTypeInfo;
use crate::protocol::library::PresetEntry;

use super::keymap::Keymap;
use super::theme::Theme;
use conversation::Conversation;
use curves::Curves;
use input::Composer;
use panes::{BigView, Inspector, Overlay};
use settings::Settings;
use sound::Sound;

/// All that the workstation knows.
#[derive(Debug, Clone)]
pub struct Model {
    /// Seconds since the start, as of the last message. Nothing in the model reads a clock.
    pub clock: f64,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// How it looks.
    pub look: Look,
    /// What has the keys.
    pub focus: Focus,
    /// What lies over everything, uppermost last.
    pub overlays: Vec<Overlay>,
    /// The view that takes the transcript's place.
    pub big: Option<BigView>,
    /// The panes on the right.
    pub inspector: Inspector,
    /// The conversation.
    pub conversation: Conversation,
    /// Every take that has been seen, by id.
    pub takes: BTreeMap<String, TakeCard>,
    /// Every job that waits, runs, or has ended while we looked, by id.
    pub jobs: BTreeMap<String, Job>,
    /// The take that has the focus: that of the chosen cell or row, else the one that plays, else the newest.
    pub focused_take: Option<String>,
    /// What was measured of takes.
    pub curves: Curves,
    /// What plays.
    pub sound: Sound,
    /// Where prompts are typed.
    pub composer: Composer,
    /// What the next prompt is rendered with.
    pub settings: Settings,
    /// What the user has changed and can take back.
    pub edits: Edits,
    /// Short messages, oldest first.
    pub toasts: Vec<Toast>,
    /// Lines of the log pane, oldest first.
    pub log: Vec<LogLine>,
    /// The backends, and the default one.
    pub backends: Vec<BackendInfo>,
    /// The one that is used where none is asked for.
    pub default_backend: String,
    /// The presets.
    pub presets: Vec<PresetEntry>,
    /// The types of nodes, once they have been asked for.
    pub node_types: Vec<NodeTypeInfo>,
    /// The newest sessions, for the picker.
    pub sessions: Vec<Session>,
    /// How the engine is reached.
    pub engine: Engine,
    /// Whether the terminal has the focus; desktop notifications are for when it has not.
    pub attended: bool,
    /// What the keys are for.
    pub keys: Keymap,
    /// The user's own keys.
    pub keymap_file: PathBuf,
    /// The keys of the place that has them, for the help: a heading, and keys with what they do.
    pub help: Vec<(String, Vec<(String, String)>)>,
    /// The most useful of them, for the hint line: a key and a word.
    pub hints: Vec<(String, String)>,
    /// Whether the first screen has had its chance.
    pub welcomed: bool,
    /// A drag over the waveform of a take: from and to, 0 to 1.
    pub drag: Option<(String, f64, f64)>,
    /// Whether the border of the inspector is being dragged.
    pub widening: bool,
    /// Whether the program is about to end.
    pub quitting: bool,
    /// When Escape and Ctrl-C were last pressed by themselves, for those that are pressed twice.
    pub last_escape: Option<f64>,
    /// See `last_escape`.
    pub last_interrupt: Option<f64>,
    /// When the tempo was tapped, newest last.
    pub taps: Vec<f64>,
}

/// How the screen looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// The theme.
    pub theme: Theme,
    /// Names of all themes.
    pub themes: Vec<String>,
    /// What curves are drawn with.
    pub glyphs: Glyphs,
    /// Whether things may move by themselves.
    pub motion: bool,
    /// How real pictures are drawn, if they are.
    pub pictures: Pictures,
    /// Whether the mouse is taken.
    pub mouse: bool,
}

/// What curves are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Glyphs {
    /// Braille patterns: 2 x 4 dots in a cell.
    #[default]
    Braille,
    /// Eighth and half blocks.
    Blocks,
    /// ASCII alone.
    Ascii,
}

/// How real pictures are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pictures {
    /// Not: curves are made of glyphs.
    #[default]
    Off,
    /// Half blocks in many colours.
    HalfBlocks,
    /// By the terminal's own protocol (Kitty, Sixel, iTerm2).
    Protocol,
}

/// What has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The composer.
    #[default]
    Composer,
    /// The transcript: its cells can be chosen.
    Transcript,
    /// The inspector.
    Inspector,
    /// The big view.
    View,
}

/// A short message that goes away by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Toast {
    /// How much it matters.
    pub weight: Weight,
    /// What happened.
    pub text: String,
    /// What to do next; may be empty.
    pub hint: String,
    /// When it goes, on the model's clock.
    pub until: f64,
}

/// How much a message matters. Each has a word and a mark, so that none is told by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Good to know.
    Note,
    /// It worked.
    Good,
    /// To look at.
    Warning,
    /// It went wrong.
    Bad,
}

/// A line of the log pane.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// When, on the model's clock.
    pub at: f64,
    /// How much it matters.
    pub weight: Weight,
    /// What happened.
    pub text: String,
}

/// How the engine is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Engine {
    /// Whether it runs in another process, so that music and jobs go on without this one.
    pub remote: bool,
    /// Whether it answers.
    pub connected: bool,
    /// Version of the engine.
    pub version: String,
    /// Folder that takes go to.
    pub music_dir: String,
    /// What the user should know of the library.
    pub notices: Vec<String>,
    /// Takes in the library.
    pub takes: u64,
}

/// What the user has changed, as pairs of commands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edits {
    /// Done, newest last.
    pub done: Vec<Edit>,
    /// Taken back, newest last.
    pub undone: Vec<Edit>,
}

/// A change that can be taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Such as `rate take 3`.
    pub what: String,
    /// What does it (again).
    pub forth: EditStep,
    /// What takes it back.
    pub back: EditStep,
}

/// One direction of an edit.
#[derive(Debug, Clone, PartialEq)]
pub enum EditStep {
    /// Commands to run.
    Run(Vec<super::Cmd>),
    /// Settings of the next prompt to return to.
    Settings(Box<Settings>),
}

impl Model {
    /// An empty workstation that looks like this and has these keys. It knows of nothing until an engine answers.
    pub fn new(look: Look, keys: Keymap, keymap_file: PathBuf) -> Self {
        Self {
            clock: 0.0,
            size: (80, 24),
            look,
            focus: Focus::Composer,
            overlays: Vec::new(),
            big: None,
            inspector: Inspector {
                open: true,
                width: 40,
                tab: panes::Tab::Take,
                row: 0,
                top: 0,
                search: String::new(),
                searching: false,
                found: Vec::new(),
                more: false,
            },
            conversation: Conversation::default(),
            takes: BTreeMap::new(),
            jobs: BTreeMap::new(),
            focused_take: None,
            curves: Curves::default(),
            sound: Sound::default(),
            composer: Composer::new(),
            settings: Settings { takes: 1, ..Settings::default() },
            edits: Edits::default(),
            toasts: Vec::new(),
            log: Vec::new(),
            backends: Vec::new(),
            default_backend: "composer".to_owned(),
            presets: Vec::new(),
            node_types: Vec::new(),
            sessions: Vec::new(),
            engine: Engine::default(),
            attended: true,
            quitting: false,
            keys,
            keymap_file,
            help: Vec::new(),
            hints: Vec::new(),
            welcomed: false,
            drag: None,
            widening: false,
            last_escape: None,
            last_interrupt: None,
            taps: Vec::new(),
        }
    }
}
