//! Themes as they are typed: a palette, and a style for each scope, read from TOML.
//!
//! Which scopes there are is told by who draws with them, so the names come in as a list. A theme that has a slip in it
//! still works: what could not be understood is left out, and told as a [`Warning`] with file, line and the nearest name.
//! How colours become those of a terminal is not known here.

mod read;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::document::ConfigError;
use super::shipped;
use crate::util::text;

/// The theme that is used where none is asked for.
pub const DEFAULT: &str = "timbre-dark";

/// The scope that all others fall back to.
const ROOT: &str = "text";

/// Most themes that can inherit from each other in a row.
const DEPTH: usize = 16;

/// The themes that ship with Timbre: name and text.
const SHIPPED: &[(&str, &str)] = &[
    ("timbre-dark", include_str!("../../themes/timbre-dark.toml")),
    ("timbre-light", include_str!("../../themes/timbre-light.toml")),
    ("high-contrast-dark", include_str!("../../themes/high-contrast-dark.toml")),
    ("high-contrast-light", include_str!("../../themes/high-contrast-light.toml")),
    ("colour-blind-safe", include_str!("../../themes/colour-blind-safe.toml")),
    ("ansi-16", include_str!("../../themes/ansi-16.toml")),
];

/// A colour as a theme means it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ink {
    /// The terminal's own.
    Terminal,
    /// One of the sixteen ANSI colours, which the user's terminal may show in any way, 0 to 15.
    Ansi(u8),
    /// One of the 256 of xterm, 0 to 255.
    Indexed(u8),
    /// Red, green and blue in sRGB.
    Rgb(u8, u8, u8),
}

/// How something looks. What is open shows what lies below.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paint {
    /// Colour of the letters.
    pub fg: Option<Ink>,
    /// Colour behind them.
    pub bg: Option<Ink>,
    /// Bold.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Letters and ground swapped.
    pub reverse: bool,
}

/// A theme, resolved: each scope has its style.
#[derive(Debug, Clone, PartialEq)]
pub struct ThemeSpec {
    /// Its name.
    pub name: String,
    /// One line about it.
    pub doc: String,
    /// Style by scope; every scope that was asked for is in it.
    pub paints: BTreeMap<String, Paint>,
    /// What could not be understood of it and of those that it inherits from.
    pub warnings: Vec<Warning>,
}

impl ThemeSpec {
    /// The style of a scope.
    pub fn paint(&self, scope: &str) -> Paint {
        self.paints.get(scope).copied().unwrap_or_default()
    }
}

/// Something in a theme that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Where themes come from: those that ship with Timbre, and those of the user's folder, which win.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// With the user's own themes in this folder, which need not be there.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Names of all themes: those that ship with Timbre in their order, then the user's own by name.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = SHIPPED.iter().map(|(name, _)| (*name).to_owned()).collect();
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut own = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .filter(|name| !names.contains(name))
            .collect::<Vec<_>>();
        own.sort();
        names.append(&mut own);
        names
    }

    /// Reads a theme and those that it inherits from, and gives each of `scopes` its style.
    ///
    /// A scope without a style takes that of the scope above it (`wave.played` → `wave` → `text`). A style that leaves the
    /// letters' colour open takes it from above, too, as far as the dots go; else what lies below shows through.
    ///
    /// Errors: [`ConfigError`] where a file can't be read, is no TOML, is not there, or inherits from itself.
    pub fn load(&self, name: &str, scopes: &[&str]) -> Result<ThemeSpec, ConfigError> {
        let mut sheets: Vec<read::Sheet> = Vec::new();
        let mut next = Some((name.to_owned(), None));
        while let Some((name, asked)) = next.take() {
            if sheets.iter().any(|sheet| sheet.name == name) || sheets.len() == DEPTH {
                return Err(circle(&sheets, &name, asked));
            }
            let (file, content) = self.content(&name, asked)?;
            let sheet = read::sheet(&name, &file, &content, scopes)?;
            next = sheet.inherits.clone().map(|(parent, line)| (parent, Some((file, line))));
            sheets.push(sheet);
        }
        Ok(resolve(name, scopes, sheets))
    }

    /// The name of a theme's file for messages, and its text.
    fn content(
        &self,
        name: &str,
        asked: Option<(String, usize)>,
    ) -> Result<(String, String), ConfigError> {
        // A name is never a path: it may come from a config file that somebody else wrote.
        let safe = !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
        let path = self.folder.join(format!("{name}.toml"));
        if safe {
            match std::fs::read_to_string(&path) {
                Ok(text) => return Ok((path.display().to_string(), text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(ConfigError::Unreadable { path, source }),
            }
        }
        if let Some((_, embedded)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            let file = format!("themes/{name}.toml");
            let text = shipped::text(&file, embedded);
            return Ok((file, text));
        }
        let names = self.names();
        let known = names.join(", ");
        let hint = match text::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean '{near}'? there are: {known}"),
            None => format!("there are: {known}"),
        };
        let (source_name, line) = asked.unwrap_or_else(|| ("interface.theme".to_owned(), 1));
        let message = format!("there is no theme called '{}'", text::one_line(name));
        Err(ConfigError::Mistake { source_name, line, message, hint })
    }

    /// The user's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn circle(sheets: &[read::Sheet], name: &str, asked: Option<(String, usize)>) -> ConfigError {
    let path = sheets.iter().map(|sheet| sheet.name.as_str()).chain([name]).collect::<Vec<_>>();
    let (source_name, line) = asked.unwrap_or_else(|| (name.to_owned(), 1));
    ConfigError::Mistake {
        source_name,
        line,
        message: format!("themes inherit in a circle: {}", path.join(" > ")),
        hint: "remove one of the `inherits` lines".to_owned(),
    }
}

/// Lays the sheets over each other, the nearest one first in the list, and closes what is open.
fn resolve(name: &str, scopes: &[&str], sheets: Vec<read::Sheet>) -> ThemeSpec {
    let mut warnings = Vec::new();
    let mut palette = BTreeMap::new();
    let mut styles: BTreeMap<String, read::Style> = BTreeMap::new();
    let doc = sheets.iter().map(|sheet| sheet.doc.clone()).find(|doc| !doc.is_empty());
    for sheet in sheets.into_iter().rev() {
        palette.extend(sheet.palette);
        styles.extend(sheet.styles);
        warnings.extend(sheet.warnings);
    }
    // Colours get their value last, so that a theme may change the palette of the one that it inherits from.
    let own: BTreeMap<&str, Paint> = styles
        .iter()
        .map(|(scope, style)| (scope.as_str(), style.paint(&palette, &mut warnings)))
        .collect();
    let mut paints = BTreeMap::new();
    for scope in scopes {
        let mut paint = Paint::default();
        let mut found = false;
        for above in ancestors(scope) {
            let Some(theirs) = own.get(above) else { continue };
            if !found {
                (paint, found) = (*theirs, true);
            }
            if paint.fg.is_none() && scope.starts_with(above) {
                paint.fg = theirs.fg;
            }
        }
        paints.insert((*scope).to_owned(), paint);
    }
    warnings.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    warnings.dedup();
    ThemeSpec { name: name.to_owned(), doc: doc.unwrap_or_default(), paints, warnings }
}

/// A scope and those above it: `wave.played`, `wave`, `text`.
fn ancestors(scope: &str) -> impl Iterator<Item = &str> {
    let above = std::iter::successors(Some(scope), |scope| Some(scope.rsplit_once('.')?.0));
    above.chain((!scope.starts_with(ROOT)).then_some(ROOT))
}
