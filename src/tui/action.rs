//! What the user can do, under one name each: a key, a slash command and a row of the palette say the same line, such as
//! `seek +1bar`, and [`Action::parse`] makes the same value of it.
//!
//! Verbs of the command line that do the same thing have the same name. This file knows words, not what they do.

mod parse;
mod table;

#[cfg(test)]
mod tests;

use crate::model::key::Key;
use crate::model::tempo::Metre;
use crate::model::units::{Bpm, Length};

pub use parse::ActionError;
pub use table::{ActionInfo, Group, TABLE};

use super::model::panes::{Tab, ViewKind};

/// Something that the user wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Render a prompt.
    Generate(String),
    /// Make a variation of the take with the focus; how much, above 0 to 1.
    Variation(f64),
    /// Other notes for one part of it.
    Reroll(String),
    /// More bars of it, or fewer.
    Extend(i32),
    /// Render it again with files of its stems.
    Stems,
    /// Render it again with a MIDI file.
    Midi,
    /// The tempo of the next prompt, and of what plays by its beats; `None` leaves it to the prompt.
    Tempo(Option<Bpm>),
    /// Tap the tempo.
    Tap,
    /// The key of the next prompt.
    Key(Option<Key>),
    /// The metre of the next prompt.
    Metre(Option<Metre>),
    /// The length of the next prompt.
    Duration(Option<Length>),
    /// The seed of the next prompt.
    Seed(SeedWish),
    /// How many takes a prompt makes.
    Takes(u32),
    /// Presets of the next prompt; empty for none.
    Preset(Vec<String>),
    /// The backend of the next prompt; `None` for the default one.
    Backend(Option<String>),
    /// A param of the backend: its value, or its default where `None`.
    Param(String, Option<f64>),
    /// Everything of the next prompt back to its default.
    Reset,

    /// Play takes, or the one with the focus.
    Play(Vec<String>),
    /// Play the take with the focus by its parts, to mute and solo them.
    Parts,
    /// Play or stop.
    Toggle,
    /// Stop.
    Stop,
    /// Close what plays.
    Close,
    /// Go somewhere in the music.
    Seek(Place),
    /// Go to a later (or earlier) recording, on the bar.
    Skip(i32),
    /// Loop a stretch.
    Loop(LoopWish),
    /// Turn what is heard louder or softer, by so many dB, or to a level.
    Volume(Amount),
    /// Mute a part, or let it sound again; an empty name is the chosen part.
    Mute(String),
    /// Solo a part, or end that; an empty name is the chosen part.
    Solo(String),
    /// The level of a part.
    Gain(String, Amount),
    /// The place of a part, -1 to 1.
    Pan(String, Amount),
    /// The effects that sound goes through: a preset's, or none.
    Chain(Option<String>),
    /// Move a param of a node that plays.
    NodeParam(String, String, Amount),
    /// Play takes side by side.
    Compare {
        /// The takes; where empty, the one with the focus and the one before it.
        takes: Vec<String>,
        /// Without their names.
        blind: bool,
    },
    /// Hear another one of them.
    Switch(SwitchWish),
    /// Decide which one was better.
    Verdict(Option<u32>, String),
    /// Play on another device; where `None`, choose one.
    Device(Option<String>),

    /// Rate the take with the focus, 0 to 5.
    Rate(u8),
    /// Name it.
    Name(String),
    /// Tag it: words to add, and with a leading `-` to remove.
    Tag(Vec<String>),
    /// Write a note on it.
    Note(String),
    /// Write words into the session.
    Remark(String),
    /// Write it in another format.
    Export {
        /// `wav`, `flac` or `mp3`.
        format: String,
        /// Where to.
        path: Option<String>,
        /// Whether a file may be replaced.
        overwrite: bool,
    },
    /// Take it out of the library; whether its files go too.
    Delete(bool),
    /// Copy something of it.
    Copy(CopyWish),

    /// Begin a session.
    SessionNew(String),
    /// Open a session; where `None`, choose one.
    SessionOpen(Option<String>),
    /// Fork the session at the cell with the focus.
    SessionFork(String),
    /// Name the session.
    SessionName(String),
    /// Take the last change back.
    Undo,
    /// Do it again.
    Redo,
    /// Go back to edit an earlier prompt.
    Rewind,

    /// Cancel the job with the focus, one by its id, or `all`.
    Cancel(Option<String>),
    /// Put a failed job back into the queue.
    Retry(Option<String>),
    /// Move the chosen job to another place in the queue, relative.
    Reorder(i32),

    /// Show a pane of the inspector.
    Inspect(Tab),
    /// Show the inspector, or hide it.
    Inspector,
    /// Make the inspector wider or narrower by so many columns.
    Widen(i16),
    /// Search the library.
    Library(String),
    /// Show a big view; `None` goes back to the transcript.
    View(Option<ViewKind>),
    /// Zoom what is in sight.
    Zoom(ZoomWish),
    /// Move what is in sight, in parts of its width.
    Scroll(f64),
    /// Use a theme; where `None`, choose one.
    Theme(Option<String>),
    /// What curves are drawn with.
    Glyphs(Option<super::model::Glyphs>),
    /// Whether things move by themselves.
    Motion(Option<bool>),
    /// Whether the mouse is taken.
    Mouse(Option<bool>),

    /// The keys of this place.
    Help,
    /// Every key.
    Keys,
    /// Find an action by typing.
    Palette,
    /// Check that all is well.
    Doctor,
    /// How the engine is.
    Status,
    /// The tour.
    Tour,
    /// End the program; music and jobs of a daemon go on.
    Quit,
    /// Stop the process for the shell.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Clear the composer, else stop what runs, else quit; as Ctrl-C does.
    Interrupt,
    /// One step back: out of a popup, a view, a pane; as Escape does.
    Back,

    /// Give the keys to something.
    Focus(FocusWish),
    /// Move the choice by rows.
    Move(i32),
    /// Move the choice by a screen.
    Page(i32),
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
    /// Do what the chosen row is for.
    Select,
    /// Turn the chosen value up or down by so many steps.
    Step(i32),
    /// The chosen value back to its default.
    Default,

    /// Send what is in the composer.
    Submit,
    /// Work on the composer's text.
    Edit(EditWish),
}

/// What is to become of the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedWish {
    /// A new one for each prompt.
    Free,
    /// That of the take with the focus, from now on.
    Lock,
    /// This one, from now on.
    Set(u64),
}

/// A place in the music as people say it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// The start.
    Start,
    /// The end.
    End,
    /// A bar, from 1.
    Bar(f64),
    /// Seconds from the start.
    Seconds(f64),
    /// A share of the whole, 0 to 1.
    Share(f64),
    /// So many bars from here; a bar line first.
    ByBars(i32),
    /// So many beats from here.
    ByBeats(f64),
    /// So many seconds from here.
    BySeconds(f64),
}

/// What is to be looped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LoopWish {
    /// All of it, or no longer.
    Toggle,
    /// Nothing.
    Off,
    /// From this bar to that one, both included, from 1.
    Bars(u32, u32),
    /// So many bars from the bar that plays.
    Here(u32),
    /// It begins at the bar that plays.
    Start,
    /// It ends with the bar that plays.
    End,
}

/// A level, absolute or relative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// To this.
    To(f64),
    /// By this.
    By(f64),
}

/// Which candidate is to be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchWish {
    /// This one, from 0.
    To(u32),
    /// The next one, round and round; fewer than 0 for the previous.
    By(i32),
}

/// What is to be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyWish {
    /// The path of the file.
    Path,
    /// The prompt.
    Prompt,
    /// The seed.
    Seed,
    /// The command line that renders it again.
    Command,
    /// The take's id.
    Id,
}

/// How what is in sight changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoomWish {
    /// Half as much.
    In,
    /// Twice as much.
    Out,
    /// Everything.
    Fit,
    /// Single samples.
    Samples,
    /// The loop.
    Loop,
}

/// What gets the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FocusWish {
    /// The composer.
    Composer,
    /// The transcript.
    Transcript,
    /// The inspector.
    Inspector,
    /// The next one of those that are on the screen.
    Next,
    /// The previous one.
    Previous,
}

/// Work on text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditWish {
    /// A new line.
    Newline,
    /// To the left by a letter.
    Left,
    /// To the right by a letter.
    Right,
    /// A line up, else to older prompts.
    Up,
    /// A line down, else to newer prompts.
    Down,
    /// To the beginning of the word.
    WordLeft,
    /// To the end of the word.
    WordRight,
    /// To the beginning of the line.
    Home,
    /// To the end of the line.
    End,
    /// Erase the letter before the cursor.
    EraseLeft,
    /// Erase the letter under the cursor.
    EraseRight,
    /// Cut the word before the cursor.
    CutWordLeft,
    /// Cut the word after the cursor.
    CutWordRight,
    /// Cut to the beginning of the line.
    CutToHome,
    /// Cut to the end of the line.
    CutToEnd,
    /// Put in what was cut last.
    Yank,
    /// Swap the letters around the cursor.
    Transpose,
    /// Take the last change of the text back.
    Undo,
    /// Do it again.
    Redo,
    /// To the older prompt.
    Older,
    /// To the newer prompt.
    Newer,
    /// Search the older prompts.
    Search,
    /// Complete the word, or the next choice.
    Complete,
    /// The previous choice.
    CompleteBack,
    /// Work on it in $EDITOR.
    External,
    /// Unfold pasted text.
    Unfold,
}

impl Action {
    /// Reads a line such as `seek +1bar`. A leading slash may stand before it.
    ///
    /// Errors: [`ActionError`] with what was expected.
    pub fn parse(line: &str) -> Result<Self, ActionError> {
        parse::action(line)
    }
}
