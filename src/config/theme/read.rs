//! Reads one theme file, line by line accountable: what is not understood becomes a warning, and the rest is kept.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Ink, Paint, Warning};
use crate::config::document::{self, ConfigError};
use crate::util::text;

/// Names of the ANSI colours, in their order, with the bright ones behind.
const ANSI: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// Keys of a style that are true or false.
const SWITCHES: [&str; 5] = ["bold", "dim", "italic", "underline", "reverse"];

/// A theme file, read and not yet resolved.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub name: String,
    pub doc: String,
    /// The theme below it, and the line that says so.
    pub inherits: Option<(String, usize)>,
    pub palette: BTreeMap<String, Ink>,
    pub styles: BTreeMap<String, Style>,
    pub warnings: Vec<Warning>,
}

/// A style with its colours as typed, and where.
#[derive(Debug, Default, Clone)]
pub(super) struct Style {
    fg: Option<Typed>,
    bg: Option<Typed>,
    switches: Paint,
}

/// A colour as typed.
#[derive(Debug, Clone)]
struct Typed {
    word: String,
    file: String,
    line: usize,
}

impl Style {
    /// With the colours of a palette; those that nobody knows are told and left open.
    pub(super) fn paint(
        &self,
        palette: &BTreeMap<String, Ink>,
        warnings: &mut Vec<Warning>,
    ) -> Paint {
        let mut ink = |typed: &Option<Typed>| {
            let typed = typed.as_ref()?;
            let found = palette.get(&typed.word).copied().or_else(|| plain(&typed.word));
            if found.is_none() {
                let known = palette.keys().map(String::as_str).chain(ANSI);
                let hint = match text::nearest(&typed.word, known) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => {
                        "write #rrggbb, a name of the palette, an ANSI name such as bright-blue, \
                             a number from 0 to 255, or default"
                            .to_owned()
                    }
                };
                let message = format!("'{}' is no colour", text::one_line(&typed.word));
                warnings.push(Warning {
                    file: typed.file.clone(),
                    line: typed.line,
                    message,
                    hint,
                });
            }
            found
        };
        Paint { fg: ink(&self.fg), bg: ink(&self.bg), ..self.switches }
    }
}

/// A colour that needs no palette.
fn plain(word: &str) -> Option<Ink> {
    if matches!(word, "default" | "none") {
        return Some(Ink::Terminal);
    }
    if let Some(hex) = word.strip_prefix('#') {
        let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        return match hex.len() {
            6 => Some(Ink::Rgb(byte(0)?, byte(2)?, byte(4)?)),
            _ => None,
        };
    }
    if let Ok(number) = word.parse::<u8>() {
        return Some(Ink::Indexed(number));
    }
    // Both ways of writing grey, and of joining the words.
    let name = match word.to_lowercase().replace('_', "-").as_str() {
        "gray" | "grey" => "bright-black".to_owned(),
        name => name.to_owned(),
    };
    let index = ANSI.iter().position(|known| *known == name)?;
    u8::try_from(index).ok().map(Ink::Ansi)
}

/// Reads a file.
///
/// Errors: [`ConfigError::Mistake`] where it is no TOML; everything else is a warning of the sheet.
pub(super) fn sheet(
    name: &str,
    file: &str,
    content: &str,
    scopes: &[&str],
) -> Result<Sheet, ConfigError> {
    let table = DeTable::parse(content).map_err(|error| {
        let (message, hint) = document::explain(error.message());
        let line = document::line_of(content, error.span().map_or(0, |span| span.start));
        ConfigError::Mistake { source_name: file.to_owned(), line, message, hint }
    })?;
    let sheet = Sheet { name: name.to_owned(), ..Sheet::default() };
    let mut reader = Reader { file, content, scopes, sheet };
    for (key, value) in table.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("doc", DeValue::String(doc)) => reader.sheet.doc = text::one_line(doc),
            ("inherits", DeValue::String(parent)) => {
                reader.sheet.inherits = Some((parent.to_string(), reader.line(key)));
            }
            ("palette", DeValue::Table(palette)) => reader.palette(palette),
            ("scopes", DeValue::Table(styles)) => reader.styles("", styles),
            (known @ ("doc" | "inherits"), _) => {
                reader.warn(key, format!("'{known}' wants text in quotes"), String::new());
            }
            (known @ ("palette" | "scopes"), _) => {
                reader.warn(
                    key,
                    format!("'{known}' wants a table such as [{known}]"),
                    String::new(),
                );
            }
            (other, _) => {
                let hint = nearest_or(other, ["doc", "inherits", "palette", "scopes"]);
                reader.warn(key, format!("unknown key '{}'", text::one_line(other)), hint);
            }
        }
    }
    Ok(reader.sheet)
}

fn nearest_or<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match text::nearest(word, known.clone()) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("known here: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

struct Reader<'a> {
    file: &'a str,
    content: &'a str,
    scopes: &'a [&'a str],
    sheet: Sheet,
}

type Key<'a> = Spanned<DeString<'a>>;

impl Reader<'_> {
    fn line(&self, key: &Key<'_>) -> usize {
        document::line_of(self.content, key.span().start)
    }

    fn warn(&mut self, key: &Key<'_>, message: String, hint: String) {
        let hint =
            if hint.is_empty() { "correct this line, or remove it".to_owned() } else { hint };
        let line = self.line(key);
        self.sheet.warnings.push(Warning { file: self.file.to_owned(), line, message, hint });
    }

    fn palette(&mut self, palette: &DeTable<'_>) {
        for (key, value) in palette {
            let word = self.colour(value.get_ref());
            match word.as_deref().and_then(plain) {
                Some(ink) => {
                    self.sheet.palette.insert(key.get_ref().to_string(), ink);
                }
                None => self.warn(
                    key,
                    format!("'{}' gets no colour", text::one_line(key.get_ref())),
                    "write #rrggbb, an ANSI name such as bright-blue, a number from 0 to 255, or default"
                        .to_owned(),
                ),
            }
        }
    }

    /// The scopes of a table, below a prefix: `[scopes.wave]` with `played = "red"` is `"wave.played" = "red"`.
    fn styles(&mut self, prefix: &str, styles: &DeTable<'_>) {
        for (key, value) in styles {
            let scope = match prefix {
                "" => key.get_ref().to_string(),
                prefix => format!("{prefix}.{}", key.get_ref()),
            };
            let begins = format!("{scope}.");
            if !self.scopes.iter().any(|known| *known == scope || known.starts_with(&begins)) {
                let hint = nearest_or(&scope, self.scopes.iter().copied());
                self.warn(key, format!("unknown scope '{}'", text::one_line(&scope)), hint);
                continue;
            }
            match value.get_ref() {
                DeValue::Table(table) => self.style(&scope, table),
                value => match self.colour(value) {
                    Some(word) => {
                        let fg = Some(self.typed(word, key));
                        self.sheet.styles.insert(scope, Style { fg, ..Style::default() });
                    }
                    None => self.warn(
                        key,
                        format!("'{scope}' wants a colour or a style"),
                        String::new(),
                    ),
                },
            }
        }
    }

    fn style(&mut self, scope: &str, table: &DeTable<'_>) {
        let mut style = Style::default();
        let mut said = false;
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            match (name, value.get_ref()) {
                ("fg" | "bg", value) => match self.colour(value) {
                    Some(word) => {
                        let typed = Some(self.typed(word, key));
                        *(if name == "fg" { &mut style.fg } else { &mut style.bg }) = typed;
                        said = true;
                    }
                    None => self.warn(key, format!("'{name}' wants a colour"), String::new()),
                },
                (switch, DeValue::Boolean(on)) if SWITCHES.contains(&switch) => {
                    said = true;
                    let paint = &mut style.switches;
                    *match switch {
                        "bold" => &mut paint.bold,
                        "dim" => &mut paint.dim,
                        "italic" => &mut paint.italic,
                        "underline" => &mut paint.underline,
                        _ => &mut paint.reverse,
                    } = *on;
                }
                (inner, _) => {
                    let scope = format!("{scope}.{inner}");
                    let begins = format!("{scope}.");
                    if self.scopes.iter().any(|k| *k == scope || k.starts_with(&begins)) {
                        continue;
                    }
                    let known = ["fg", "bg"].into_iter().chain(SWITCHES).collect::<Vec<_>>();
                    let (message, hint) = if known.contains(&inner) {
                        (format!("'{inner}' is true or false"), String::new())
                    } else {
                        (
                            format!("unknown key '{}' of a style", text::one_line(inner)),
                            nearest_or(inner, known),
                        )
                    };
                    self.warn(key, message, hint);
                }
            }
        }
        if said {
            self.sheet.styles.insert(scope.to_owned(), style);
        }
        self.inner(scope, table);
    }

    /// Scopes that are written as a table inside of the one above them.
    fn inner(&mut self, scope: &str, table: &DeTable<'_>) {
        let mut inner = DeTable::new();
        for (key, value) in table {
            let name = format!("{scope}.{}", key.get_ref());
            let begins = format!("{name}.");
            let is_switch = matches!(value.get_ref(), DeValue::Boolean(_));
            if !is_switch && self.scopes.iter().any(|k| *k == name || k.starts_with(&begins)) {
                inner.insert(key.clone(), value.clone());
            }
        }
        if !inner.is_empty() {
            self.styles(scope, &inner);
        }
    }

    fn typed(&self, word: String, key: &Key<'_>) -> Typed {
        Typed { word, file: self.file.to_owned(), line: self.line(key) }
    }

    fn colour(&self, value: &DeValue<'_>) -> Option<String> {
        match value {
            DeValue::String(word) => Some(word.to_string()),
            DeValue::Integer(number) => Some(number.to_string()),
            _ => None,
        }
    }
}
