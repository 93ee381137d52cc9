//! Reads keys and actions out of the lines of a keymap file, and finds what is wrong with them.

use crokey::{KeyCombination, KeyCombinationFormat, OneToThree};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Action, Binding, Context, KeymapError};
use crate::config::keymap as file;
use crate::tui::action::ActionError;
use crate::util::text;

/// Takes a default away.
const UNSET: &str = "unset";

/// Reads a file that takes nothing away.
pub(super) fn bindings(name: &str, content: &str) -> (Vec<Binding>, Vec<KeymapError>) {
    let (bindings, _, mistakes) = layer(name, content);
    (bindings, mistakes)
}

/// Reads a file: what it binds, what it takes away, and what is wrong with it.
pub(super) fn layer(
    name: &str,
    content: &str,
) -> (Vec<Binding>, Vec<(Context, KeyCombination)>, Vec<KeymapError>) {
    let (entries, mut mistakes) = file::read(name, content);
    let (mut bindings, mut unset) = (Vec::new(), Vec::new());
    let mut seen: Vec<(Context, KeyCombination, usize)> = Vec::new();
    for entry in &entries {
        match binding(entry) {
            Ok((context, key, action)) => {
                if let Some((.., line)) = seen.iter().find(|(c, k, _)| *c == context && *k == key) {
                    mistakes.push(KeymapError {
                        file: name.to_owned(),
                        line: entry.line,
                        message: format!(
                            "{} is bound twice in [{}], first in line {line}",
                            printed(key),
                            context.name()
                        ),
                        hint: "remove one of the two lines".to_owned(),
                    });
                    continue;
                }
                seen.push((context, key, entry.line));
                match action {
                    Some(action) => bindings.push(Binding {
                        context,
                        key,
                        line: text::one_line(&entry.action),
                        action,
                    }),
                    None => unset.push((context, key)),
                }
            }
            Err((message, hint)) => mistakes.push(KeymapError {
                file: name.to_owned(),
                line: entry.line,
                message,
                hint,
            }),
        }
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    (bindings, unset, mistakes)
}

/// A line that was understood; no action where it takes a default away.
type Understood = (Context, KeyCombination, Option<Action>);

fn binding(entry: &file::Entry) -> Result<Understood, (String, String)> {
    let names = Context::ALL.map(Context::name);
    let context = Context::ALL.into_iter().find(|context| context.name() == entry.context);
    let context = context.ok_or_else(|| {
        let hint = match text::nearest(&entry.context, names) {
            Some(near) => format!("did you mean [{near}]? there are: {}", names.join(", ")),
            None => format!("there are: {}", names.join(", ")),
        };
        (format!("there is no place called [{}]", text::one_line(&entry.context)), hint)
    })?;
    let key = key(&entry.key)?;
    if context.is_typed_into() && eats_typing(key) {
        return Err((
            format!("{} alone would eat typing in [{}]", printed(key), context.name()),
            "add ctrl- or alt-; [empty] is for letters while nothing has been typed".to_owned(),
        ));
    }
    if entry.action.trim() == UNSET {
        return Ok((context, key, None));
    }
    let action = Action::parse(&entry.action).map_err(|error| {
        let what = match &error {
            ActionError::Unknown { name, .. } => format!("there is no action '{name}'"),
            ActionError::Arguments { .. } => error.to_string(),
        };
        (what, error.hint())
    })?;
    Ok((context, key, Some(action)))
}

/// Reads a key as crokey does, with two more liberties: a capital letter alone means shift, and a letter need not be ASCII.
fn key(typed: &str) -> Result<KeyCombination, (String, String)> {
    let wrong = || {
        (
            format!("'{}' is no key", text::one_line(typed)),
            "write it as in ctrl-p, alt-enter, shift-g, f1, pageup or ?".to_owned(),
        )
    };
    let typed = typed.trim();
    let last = typed.chars().next_back().ok_or_else(wrong)?;
    let before = typed.strip_suffix(last).unwrap_or_default();
    let alone = before.is_empty() || before.ends_with('-');
    let key = if alone && !last.is_ascii() {
        let rest = format!("{before}a").parse::<KeyCombination>().map_err(|_| wrong())?;
        KeyCombination::one_key(KeyCode::Char(last), rest.modifiers)
    } else if before.is_empty() && last.is_ascii_uppercase() {
        KeyCombination::one_key(KeyCode::Char(last), KeyModifiers::SHIFT)
    } else {
        typed.parse::<KeyCombination>().map_err(|_| wrong())?
    };
    if !key.is_ansi_compatible() {
        return Err((
            format!("'{}' is several keys at once", text::one_line(typed)),
            "most terminals can't tell; use one key with ctrl-, alt- or shift-".to_owned(),
        ));
    }
    Ok(plain(key.normalized()))
}

/// What was pressed, in the form in which bindings are kept.
pub(super) fn normal(key: KeyEvent) -> KeyCombination {
    plain(KeyCombination::from(key))
}

/// Terminals disagree on whether the shift that makes a `?` is told. It never is part of a sign here.
fn plain(mut key: KeyCombination) -> KeyCombination {
    if let OneToThree::One(KeyCode::Char(letter)) = key.codes
        && !letter.is_alphabetic()
        && letter != ' '
    {
        key.modifiers -= KeyModifiers::SHIFT;
    }
    if key.codes == OneToThree::One(KeyCode::Tab) && key.modifiers.contains(KeyModifiers::SHIFT) {
        key.codes = OneToThree::One(KeyCode::BackTab);
    }
    if key.codes == OneToThree::One(KeyCode::BackTab) {
        key.modifiers |= KeyModifiers::SHIFT;
    }
    key
}

fn eats_typing(key: KeyCombination) -> bool {
    let plain = (key.modifiers - KeyModifiers::SHIFT).is_empty();
    plain && matches!(key.codes, OneToThree::One(KeyCode::Char(_)))
}

/// A key as people read it: `Ctrl-P`, `Shift-Tab`, `G`, `?`.
pub fn printed(key: KeyCombination) -> String {
    let shown = KeyCombinationFormat::default().to_string(key);
    match (key.codes, key.modifiers) {
        (OneToThree::One(KeyCode::BackTab), KeyModifiers::SHIFT) => "Shift-Tab".to_owned(),
        (OneToThree::One(KeyCode::Char('-')), _) => shown.replace("Hyphen", "-"),
        (OneToThree::One(KeyCode::Char(letter)), KeyModifiers::NONE) if letter != ' ' => {
            letter.to_string()
        }
        (OneToThree::One(KeyCode::Char(letter)), KeyModifiers::SHIFT) if letter != ' ' => {
            letter.to_uppercase().collect()
        }
        // Everybody writes Ctrl-P, and nobody means Ctrl-Shift-P by it.
        (OneToThree::One(KeyCode::Char(letter)), _) if letter.is_alphabetic() => {
            let mut letters = shown.chars();
            let last = letters.next_back().into_iter().flat_map(char::to_uppercase);
            letters.as_str().chars().chain(last).collect()
        }
        (OneToThree::One(KeyCode::PageUp | KeyCode::PageDown), _) => {
            shown.replace("PageUp", "Page-Up").replace("PageDown", "Page-Down")
        }
        _ => shown,
    }
}
