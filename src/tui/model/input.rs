//! The composer: the text being typed, what it was before, and what was understood of it.

use ratatui_textarea::TextArea;

use super::super::composer::Past;
use super::super::highlight::Highlighter;
use crate::model::brief::Brief;

/// Where prompts are typed.
#[derive(Debug, Clone)]
pub struct Composer {
    /// The text and its cursor; an editing engine, never drawn by itself.
    pub area: TextArea<'static>,
    /// Old prompts and commands, newest first.
    pub history: Vec<String>,
    /// Which of them is shown; `None` for the text being typed.
    pub recalled: Option<usize>,
    /// The text being typed, kept while old ones are shown.
    pub draft: String,
    /// A search through the old ones (Ctrl-R): what was typed, and which match is shown.
    pub search: Option<(String, usize)>,
    /// What was understood of the text.
    pub brief: Option<Brief>,
    /// Number of the newest question about it; an answer to an older one is thrown away.
    pub question: u64,
    /// When it is to be asked, on the model's clock.
    pub ask_at: Option<f64>,
    /// What the word under the cursor can become.
    pub completion: Option<Completion>,
    /// What was cut last, for Ctrl-Y.
    pub killed: String,
    /// Pasted texts that are shown folded: the mark in the text, and what it stands for.
    pub folded: Vec<(String, String)>,
    /// Lines that were typed while something else had to come first.
    pub waiting: Vec<String>,
    /// Colours of words; it remembers the lines that it has read.
    pub highlighter: Highlighter,
    /// What can be taken back while typing.
    pub past: Past,
}

/// What a word can become.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Completion {
    /// First column of the word, in characters of the cursor's line.
    pub from: usize,
    /// The choices, best first: what would be put there, and one line about it.
    pub choices: Vec<(String, String)>,
    /// The chosen one.
    pub chosen: usize,
}
