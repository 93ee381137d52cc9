//! The transcript: what was asked for and what came of it, as cells.

use crate::model::card::JobCard;
use crate::model::session::Session;
use crate::protocol::transcript::SessionNote;

use super::Weight;

/// A conversation of prompts and takes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conversation {
    /// The session; `None` until the first prompt makes one.
    pub session: Option<Session>,
    /// What happened, oldest first.
    pub cells: Vec<Cell>,
    /// Where older cells begin that have not been loaded.
    pub older: Option<String>,
    /// Whether a page is on its way.
    pub loading: bool,
    /// The chosen cell.
    pub selected: Option<usize>,
    /// What is in sight.
    pub scroll: Scroll,
}

/// What is in sight of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scroll {
    /// The end, also when more comes.
    #[default]
    Bottom,
    /// This line of this cell is the first one.
    At {
        /// The cell.
        cell: usize,
        /// Its line, from 0.
        line: usize,
    },
}

/// A cell of the transcript.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// The user's words.
    Prompt {
        /// The prompt.
        text: String,
        /// The take that it started from, where it makes a variation.
        parent: Option<String>,
    },
    /// Something being rendered, or what came of it: a progress line, then a take (in `Model::takes`) or a failure.
    Job(JobCard),
    /// A note of the user's.
    Note(SessionNote),
    /// What Timbre has to say to a command.
    Told {
        /// How much it matters.
        weight: Weight,
        /// A heading; may be empty.
        title: String,
        /// The lines.
        lines: Vec<String>,
    },
}
