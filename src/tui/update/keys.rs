//! Keys: from what was pressed to what it means in the place that has the keys; and typing.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::super::action::{Action, EditWish, FocusWish};
use super::super::complete;
use super::super::keymap::Context;
use super::super::model::panes::{Overlay, Tab};
use super::super::model::{Focus, Model};
use super::super::msg::Cmd;
use super::super::picker;
use super::super::view;

/// How long, in seconds, the typing must rest before it is asked what is understood.
const REST_S: f64 = 0.12;

/// Does what a key is for, where the keys are now.
pub(super) fn press(model: &mut Model, key: KeyEvent) -> Vec<Cmd> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    if let Some(cmds) = typed_into_list(model, key) {
        return cmds;
    }
    let context = Context::of(model);
    let action = model.keys.lookup(context, key).cloned();
    if let (Context::List, Some(Action::Edit(wish))) = (context, &action) {
        return edit_query(model, *wish);
    }
    if matches!(context, Context::Composer | Context::Empty) {
        return in_composer(model, key, action);
    }
    match action {
        Some(action) => super::act(model, action),
        None => stray(model, key),
    }
}

/// The letter of a key that types one.
fn letter(key: KeyEvent) -> Option<char> {
    match key.code {
        KeyCode::Char(letter)
            if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
        {
            Some(letter)
        }
        _ => None,
    }
}

/// Letters that go into a list's query, or into the search of the library.
fn typed_into_list(model: &mut Model, key: KeyEvent) -> Option<Vec<Cmd>> {
    if let Some(Overlay::Palette(picker) | Overlay::Pick(picker)) = model.overlays.last_mut() {
        return match (letter(key), key.code) {
            (Some(letter), _) => {
                picker.type_char(letter);
                Some(Vec::new())
            }
            _ => None,
        };
    }
    let inspector = &mut model.inspector;
    let searches = model.focus == Focus::Inspector
        && inspector.tab == Tab::Library
        && model.overlays.is_empty();
    if !searches {
        return None;
    }
    match (letter(key), key.code) {
        (Some('/'), _) if !inspector.searching => {
            inspector.searching = true;
            return Some(Vec::new());
        }
        (Some(letter), _) if inspector.searching => inspector.search.push(letter),
        (_, KeyCode::Enter) if inspector.searching => {
            inspector.searching = false;
            return Some(Vec::new());
        }
        _ => return None,
    }
    inspector.row = 0;
    Some(vec![Cmd::LoadLibrary { search: inspector.search.clone(), limit: 200 }])
}

/// Work on what a list, or the library, is searched for.
fn edit_query(model: &mut Model, wish: EditWish) -> Vec<Cmd> {
    if let Some(Overlay::Palette(picker) | Overlay::Pick(picker)) = model.overlays.last_mut() {
        picker.apply(wish);
        return Vec::new();
    }
    let inspector = &mut model.inspector;
    if !picker::edit_query(&mut inspector.search, wish) {
        return Vec::new();
    }
    inspector.row = 0;
    vec![Cmd::LoadLibrary { search: inspector.search.clone(), limit: 200 }]
}

/// Keys of the composer: what is not bound is typed.
fn in_composer(model: &mut Model, key: KeyEvent, action: Option<Action>) -> Vec<Cmd> {
    let Some(action) = action else {
        model.overlays.retain(|overlay| !matches!(overlay, Overlay::Welcome));
        if model.composer.key(key) {
            typed(model);
        }
        return Vec::new();
    };
    if model.composer.search.is_some() {
        match action {
            Action::Submit => model.composer.end_search(true),
            Action::Back | Action::Interrupt => model.composer.end_search(false),
            Action::Edit(wish) => return edit(model, wish),
            other => {
                model.composer.end_search(true);
                typed(model);
                return super::act(model, other);
            }
        }
        typed(model);
        return Vec::new();
    }
    super::act(model, action)
}

/// Keys that mean nothing here: letters go to the composer, as people expect of a chat.
fn stray(model: &mut Model, key: KeyEvent) -> Vec<Cmd> {
    if !model.overlays.is_empty() {
        if letter(key).is_some() && matches!(model.overlays.last(), Some(Overlay::Welcome)) {
            model.overlays.pop();
            model.composer.key(key);
            typed(model);
        }
        return Vec::new();
    }
    if letter(key) == Some('/') {
        model.focus = Focus::Composer;
        model.composer.key(key);
        typed(model);
    }
    Vec::new()
}

/// Pasted text goes into the composer, and never sends it.
pub(super) fn paste(model: &mut Model, pasted: &str) -> Vec<Cmd> {
    if let Some(Overlay::Palette(picker) | Overlay::Pick(picker)) = model.overlays.last_mut() {
        crate::util::text::one_line(pasted)
            .chars()
            .take(200)
            .for_each(|letter| picker.type_char(letter));
        return Vec::new();
    }
    model.overlays.retain(|overlay| !matches!(overlay, Overlay::Welcome));
    model.focus = Focus::Composer;
    if let Err(error) = model.composer.paste(pasted) {
        super::toast(model, super::super::model::Weight::Warning, &error.to_string(), error.hint());
    }
    typed(model);
    Vec::new()
}

/// Works on the composer's text.
pub(super) fn edit(model: &mut Model, wish: EditWish) -> Vec<Cmd> {
    // Ctrl-D on an empty line ends, as in a shell.
    if wish == EditWish::EraseRight && model.composer.is_empty() {
        return super::act(model, Action::Quit);
    }
    let before = model.composer.text();
    if wish == EditWish::Complete && model.composer.completion.is_none() {
        model.composer.completion = complete::on_tab(model);
        // More than one choice is shown first; the next Tab takes the chosen one.
        if model.composer.completion.as_ref().is_some_and(|offered| offered.choices.len() > 1) {
            return Vec::new();
        }
    }
    if model.composer.apply(wish) {
        if model.composer.text() != before {
            typed(model);
        }
        return Vec::new();
    }
    match wish {
        EditWish::External => vec![Cmd::Edit(model.composer.unfolded())],
        // With nothing to complete, Tab moves on, as it does everywhere else.
        EditWish::Complete => super::act(model, Action::Focus(FocusWish::Next)),
        EditWish::CompleteBack => super::act(model, Action::Focus(FocusWish::Previous)),
        _ => Vec::new(),
    }
}

/// The text has changed: what can be completed is worked out, and what is understood is asked soon.
pub(super) fn typed(model: &mut Model) {
    model.composer.completion = complete::offer(model);
    ask_soon(model);
    model.conversation.scroll = view::transcript::scroll_by(model, 0);
}

/// Has it asked what is understood, once the typing rests.
pub(super) fn ask_soon(model: &mut Model) {
    let text = model.composer.text();
    if text.trim().is_empty() || text.starts_with('/') {
        model.composer.brief = None;
        model.composer.ask_at = None;
        model.composer.question += 1;
    } else {
        model.composer.ask_at = Some(model.clock + REST_S);
    }
}
