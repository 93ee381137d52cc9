//! Which key does what where: the defaults of presets/keymap.toml with the user's own lines on top.
//!
//! Looking up is all that happens here; what an action does is `update`'s business. Typing is not bound: what no context
//! knows is text for the composer or the list that has the focus.

mod help;
mod read;

#[cfg(test)]
mod tests;

use crokey::KeyCombination;
use crossterm::event::KeyEvent;

use super::action::Action;
use super::model::panes::Overlay;
use super::model::{Focus, Model};
use crate::config::keymap as file;

pub use crate::config::keymap::KeymapError;
pub use help::{HelpGroup, HelpRow, reference};
pub use read::printed;

/// A place that has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere that has no other meaning for a key.
    Global,
    /// The composer.
    Composer,
    /// The composer while nothing is in it; what it does not know the composer may know.
    Empty,
    /// The transcript.
    Transcript,
    /// The inspector.
    Inspector,
    /// A big view.
    View,
    /// The palette and other lists that are searched by typing.
    List,
    /// Questions, and texts that only scroll: help, the welcome and the tour.
    Confirm,
}

impl Context {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Global,
        Self::Composer,
        Self::Empty,
        Self::Transcript,
        Self::Inspector,
        Self::View,
        Self::List,
        Self::Confirm,
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Composer => "composer",
            Self::Empty => "empty",
            Self::Transcript => "transcript",
            Self::Inspector => "inspector",
            Self::View => "view",
            Self::List => "list",
            Self::Confirm => "confirm",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Composer => "In the composer",
            Self::Empty => "In the empty composer",
            Self::Transcript => "In the transcript",
            Self::Inspector => "In the inspector",
            Self::View => "In a view",
            Self::List => "In the palette and other lists",
            Self::Confirm => "In questions and help",
        }
    }

    /// The context that has the keys now.
    pub fn of(model: &Model) -> Self {
        match model.overlays.last() {
            Some(Overlay::Palette(_) | Overlay::Pick(_)) => Self::List,
            Some(
                Overlay::Help { .. }
                | Overlay::Confirm { .. }
                | Overlay::Welcome
                | Overlay::Tour(_),
            ) => Self::Confirm,
            None => match model.focus {
                Focus::Composer if model.composer.is_empty() && model.composer.search.is_none() => {
                    Self::Empty
                }
                Focus::Composer => Self::Composer,
                Focus::Transcript => Self::Transcript,
                // The library's search is a list that is typed into.
                Focus::Inspector if model.inspector.searching => Self::List,
                Focus::Inspector => Self::Inspector,
                Focus::View => Self::View,
            },
        }
    }

    /// Where a key is looked for, one after another.
    pub fn chain(self) -> &'static [Self] {
        match self {
            Self::Global => &[Self::Global],
            Self::Composer => &[Self::Composer, Self::Global],
            Self::Empty => &[Self::Empty, Self::Composer, Self::Global],
            Self::Transcript => &[Self::Transcript, Self::Global],
            Self::Inspector => &[Self::Inspector, Self::Global],
            Self::View => &[Self::View, Self::Global],
            Self::List => &[Self::List, Self::Global],
            Self::Confirm => &[Self::Confirm, Self::Global],
        }
    }

    /// Whether letters are text here.
    pub fn is_typed_into(self) -> bool {
        matches!(self, Self::Global | Self::Composer | Self::List)
    }
}

/// One key of one place.
#[derive(Debug, Clone, PartialEq)]
struct Binding {
    context: Context,
    key: KeyCombination,
    /// The line as it stands in the file, for help.
    line: String,
    action: Action,
}

/// Every key.
#[derive(Debug, Clone, PartialEq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Default for Keymap {
    /// The keys that ship with Timbre. Lines of them that are broken, which a test forbids, are left out.
    fn default() -> Self {
        Self { bindings: read::bindings(file::DEFAULT_NAME, &file::default_text()).0 }
    }
}

impl Keymap {
    /// The defaults with the user's own lines on top.
    ///
    /// Errors: every mistake of the text, each with its line. Nothing of it is used then.
    pub fn load(text: &str, file: &str) -> Result<Self, Vec<KeymapError>> {
        let (own, unset, mistakes) = read::layer(file, text);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let mut map = Self::default();
        let is_own = |context: Context, key: KeyCombination| {
            own.iter().any(|binding| binding.context == context && binding.key == key)
                || unset.contains(&(context, key))
        };
        map.bindings.retain(|binding| !is_own(binding.context, binding.key));
        map.bindings.extend(own);
        Ok(map)
    }

    /// What a key does in a context, or else everywhere.
    pub fn lookup(&self, context: Context, key: KeyEvent) -> Option<&Action> {
        let key = read::normal(key);
        context.chain().iter().find_map(|context| {
            let found = self.bindings.iter().find(|b| b.context == *context && b.key == key);
            found.map(|binding| &binding.action)
        })
    }

    /// The keys that do something from a context, printed, those of the context itself first. A key that means something
    /// else there is left out.
    pub fn keys_for(&self, context: Context, action: &Action) -> Vec<String> {
        let mut keys: Vec<KeyCombination> = Vec::new();
        let mut taken: Vec<KeyCombination> = Vec::new();
        for context in context.chain() {
            let here = || self.bindings.iter().filter(|binding| binding.context == *context);
            for binding in here().filter(|binding| binding.action == *action) {
                if !taken.contains(&binding.key) && !keys.contains(&binding.key) {
                    keys.push(binding.key);
                }
            }
            taken.extend(here().map(|binding| binding.key));
        }
        keys.into_iter().map(read::printed).collect()
    }

    /// The first of those keys; empty where there is none. For the palette, which can be opened from anywhere.
    pub fn key_for(&self, context: Context, action: &Action) -> String {
        self.keys_for(context, action).into_iter().next().unwrap_or_default()
    }

    /// The keys of a place and of everywhere, by what they are for.
    pub fn help(&self, context: Context) -> Vec<HelpGroup> {
        help::groups(self, context)
    }
}
