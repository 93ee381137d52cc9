use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::tui::action::{EditWish, LoopWish, Place};

fn press(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
    KeyEvent::new(code, modifiers)
}

fn letter(letter: char) -> KeyEvent {
    press(KeyCode::Char(letter), KeyModifiers::NONE)
}

fn ctrl(letter: char) -> KeyEvent {
    press(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

/// A key as a terminal without the Kitty protocol can send it.
fn is_legacy(key: KeyCombination) -> bool {
    let crokey::OneToThree::One(code) = key.codes else { return false };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    if key.modifiers.contains(KeyModifiers::SUPER) {
        return false;
    }
    match code {
        // Ctrl-I is Tab and Ctrl-M is Enter.
        KeyCode::Char(c) if control => {
            !shift && (c.is_ascii_lowercase() && !"im".contains(c) || " 4567".contains(c))
        }
        KeyCode::Char('[' | 'O') => key.modifiers.is_empty(),
        KeyCode::Char(_) | KeyCode::BackTab => true,
        KeyCode::Enter | KeyCode::Esc | KeyCode::Tab | KeyCode::Backspace => !control && !shift,
        _ => true,
    }
}

#[test]
fn the_defaults_have_no_mistakes() {
    let (_, mistakes) = read::bindings(file::DEFAULT_NAME, &file::default_text());
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let map = Keymap::default();
    for context in Context::ALL {
        assert!(map.bindings.iter().any(|b| b.context == context), "{}", context.name());
    }
}

#[test]
fn no_default_needs_more_than_an_old_terminal() {
    let map = Keymap::default();
    for binding in map.bindings.iter().filter(|binding| !is_legacy(binding.key)) {
        let other = map.bindings.iter().any(|other| {
            other.context == binding.context
                && other.action == binding.action
                && is_legacy(other.key)
        });
        assert!(other, "{} in [{}]", printed(binding.key), binding.context.name());
    }
}

#[test]
fn readline_is_sacred_in_the_composer() {
    let map = Keymap::default();
    let alt = |c| press(KeyCode::Char(c), KeyModifiers::ALT);
    for (key, wish) in [
        (ctrl('a'), EditWish::Home),
        (ctrl('e'), EditWish::End),
        (ctrl('b'), EditWish::Left),
        (ctrl('f'), EditWish::Right),
        (alt('b'), EditWish::WordLeft),
        (alt('f'), EditWish::WordRight),
        (ctrl('k'), EditWish::CutToEnd),
        (ctrl('u'), EditWish::CutToHome),
        (ctrl('w'), EditWish::CutWordLeft),
        (alt('d'), EditWish::CutWordRight),
        (ctrl('y'), EditWish::Yank),
        (ctrl('t'), EditWish::Transpose),
        (ctrl('r'), EditWish::Search),
        (ctrl('g'), EditWish::External),
        (ctrl('d'), EditWish::EraseRight),
        (ctrl('h'), EditWish::EraseLeft),
        (ctrl('n'), EditWish::Newer),
        (ctrl('j'), EditWish::Newline),
        (press(KeyCode::Enter, KeyModifiers::ALT), EditWish::Newline),
        (press(KeyCode::Enter, KeyModifiers::SHIFT), EditWish::Newline),
    ] {
        assert_eq!(map.lookup(Context::Composer, key), Some(&Action::Edit(wish)), "{key:?}");
    }
    for (key, action) in [
        (press(KeyCode::Enter, KeyModifiers::NONE), Action::Submit),
        (press(KeyCode::Esc, KeyModifiers::NONE), Action::Back),
        (ctrl('c'), Action::Interrupt),
        (ctrl('l'), Action::Redraw),
        (ctrl('z'), Action::Suspend),
        (ctrl('p'), Action::Palette),
    ] {
        assert_eq!(map.lookup(Context::Composer, key), Some(&action), "{key:?}");
    }
}

#[test]
fn letters_are_text_where_text_is_typed() {
    let map = Keymap::default();
    for c in (' '..='~').chain(['é', '雨']) {
        for context in [Context::Composer, Context::List] {
            assert_eq!(map.lookup(context, letter(c)), None, "{c:?} in {}", context.name());
        }
    }
    assert_eq!(map.lookup(Context::Empty, letter(' ')), Some(&Action::Toggle));
    assert_eq!(map.lookup(Context::Empty, letter(':')), Some(&Action::Palette));
    assert_eq!(map.lookup(Context::Empty, letter('a')), None);
    assert_eq!(map.lookup(Context::Empty, letter('/')), None, "a command begins with it");
    assert_eq!(map.lookup(Context::Empty, ctrl('d')), Some(&Action::Quit));
    assert_eq!(
        map.lookup(Context::Empty, ctrl('a')),
        Some(&Action::Edit(EditWish::Home)),
        "what the empty composer does not know, the composer does"
    );
}

#[test]
fn players_keys_work_outside_of_the_composer() {
    let map = Keymap::default();
    for context in [Context::Transcript, Context::View] {
        for (key, action) in [
            (letter(' '), Action::Toggle),
            (letter('l'), Action::Loop(LoopWish::Toggle)),
            (letter('['), Action::Loop(LoopWish::Start)),
            (letter(']'), Action::Loop(LoopWish::End)),
            (letter('m'), Action::Mute(String::new())),
            (letter('3'), Action::Rate(3)),
            (letter('j'), Action::Move(1)),
            (letter('g'), Action::Top),
            (letter('G'), Action::Bottom),
            (letter('?'), Action::Help),
            (letter(':'), Action::Palette),
            (press(KeyCode::Left, KeyModifiers::NONE), Action::Seek(Place::ByBars(-1))),
            (press(KeyCode::Right, KeyModifiers::NONE), Action::Seek(Place::ByBars(1))),
            (press(KeyCode::F(1), KeyModifiers::NONE), Action::Help),
        ] {
            assert_eq!(map.lookup(context, key), Some(&action), "{key:?} in {}", context.name());
        }
    }
}

#[test]
fn terminals_may_tell_shift_or_not() {
    let map = Keymap::default();
    let shifted = |c| press(KeyCode::Char(c), KeyModifiers::SHIFT);
    assert_eq!(map.lookup(Context::Transcript, shifted('?')), Some(&Action::Help));
    assert_eq!(map.lookup(Context::Transcript, shifted('G')), Some(&Action::Bottom));
    assert_eq!(map.lookup(Context::Transcript, shifted('g')), Some(&Action::Bottom));
    for key in [
        press(KeyCode::BackTab, KeyModifiers::SHIFT),
        press(KeyCode::BackTab, KeyModifiers::NONE),
        press(KeyCode::Tab, KeyModifiers::SHIFT),
    ] {
        assert!(map.lookup(Context::Transcript, key).is_some(), "{key:?}");
    }
}

#[test]
fn own_keys_lie_on_top_of_the_defaults() {
    let text = "[transcript]\n\"l\" = \"loop 4\"\n\"T\" = \"view tree\"\n\"é\" = \"view roll\"\n\
                [composer]\n\"ctrl-p\" = \"edit older\"\n[global]\n\"f1\" = \"unset\"\n";
    let map = Keymap::load(text, "keymap.toml").unwrap();
    assert_eq!(
        map.lookup(Context::Transcript, letter('l')),
        Some(&Action::Loop(LoopWish::Here(4)))
    );
    assert_eq!(
        map.lookup(Context::View, letter('l')),
        Some(&Action::Loop(LoopWish::Toggle)),
        "another place keeps its own"
    );
    assert!(map.lookup(Context::Transcript, letter('T')).is_some());
    assert!(map.lookup(Context::Transcript, letter('é')).is_some());
    assert_eq!(map.lookup(Context::Composer, ctrl('p')), Some(&Action::Edit(EditWish::Older)));
    assert_eq!(map.lookup(Context::Transcript, ctrl('p')), Some(&Action::Palette));
    assert_eq!(map.lookup(Context::Composer, press(KeyCode::F(1), KeyModifiers::NONE)), None);
    assert_eq!(Keymap::load("", "keymap.toml").unwrap(), Keymap::default());
}

#[test]
fn mistakes_name_the_line_and_the_way_out() {
    let one = |text: &str| {
        let mistakes = Keymap::load(text, "k.toml").unwrap_err();
        assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
        let mistake = mistakes.into_iter().next().unwrap();
        (mistake.to_string(), mistake.hint)
    };
    for (text, message, hint) in [
        ("[global]\n\"ctrl-foo\" = \"help\"", "k.toml:2: 'ctrl-foo' is no key", "ctrl-p"),
        ("[global]\n\"\" = \"help\"", "k.toml:2: '' is no key", "pageup"),
        ("[view]\n\"a-b\" = \"help\"", "k.toml:2: 'a-b' is several keys at once", "one key"),
        (
            "[global]\n\"f2\" = \"hlep\"",
            "k.toml:2: there is no action 'hlep'",
            "did you mean /help",
        ),
        (
            "[global]\n\"f2\" = \"seek nowhere\"",
            "k.toml:2: /seek: ' nowhere' is not a number that fits",
            "as in /seek +1bar",
        ),
        ("[globl]\n\"f2\" = \"help\"", "k.toml:2: there is no place called [globl]", "[global]?"),
        (
            "[view]\n\"z\" = \"help\"\n\"Z\" = \"keys\"\n\"shift-z\" = \"help\"",
            "k.toml:4: Z is bound twice in [view], first in line 3",
            "remove one",
        ),
        (
            "[composer]\n\"x\" = \"help\"",
            "k.toml:2: x alone would eat typing in [composer]",
            "add ctrl-",
        ),
        (
            "[global]\n\"shift-x\" = \"help\"",
            "k.toml:2: X alone would eat typing in [global]",
            "[empty]",
        ),
        ("[list]\n\"space\" = \"select\"", "k.toml:2: Space alone would eat typing in [list]", ""),
        ("[global]\n\"f2\" = 3", "k.toml:2: 'f2' wants an action in quotes", "ctrl-p"),
        ("[global", "k.toml:1: ", ""),
    ] {
        let (told, way) = one(text);
        let same_start = told.split(": ").take(2).collect::<Vec<_>>();
        if message.contains("/seek") {
            assert!(told.starts_with("k.toml:2: /seek"), "{told}");
        } else {
            assert!(told.starts_with(message), "{told} ({same_start:?})");
        }
        assert!(way.contains(hint), "{way}");
    }
    let many = Keymap::load("[x]\n\"a\" = \"b\"\n[y]\n\"a\" = \"b\"\n", "k.toml").unwrap_err();
    assert_eq!(many.iter().map(|m| m.line).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn keys_are_printed_as_people_write_them() {
    let map = Keymap::default();
    let keys = |context, line: &str| map.keys_for(context, &Action::parse(line).unwrap()).join(" ");
    assert_eq!(keys(Context::Transcript, "palette"), ": Ctrl-P Alt-X");
    assert_eq!(keys(Context::Transcript, "bottom"), "G End");
    assert_eq!(keys(Context::Transcript, "toggle"), "Space Alt-Space");
    assert_eq!(keys(Context::Composer, "toggle"), "Alt-Space");
    assert_eq!(keys(Context::Composer, "focus previous"), "", "the composer has it otherwise");
    assert_eq!(keys(Context::Transcript, "focus previous"), "Shift-Tab");
    assert_eq!(keys(Context::Transcript, "volume -1"), "-");
    assert_eq!(keys(Context::Global, "params"), "Alt-3");
    assert_eq!(keys(Context::Global, "page down"), "Page-Down");
    assert_eq!(keys(Context::Transcript, "name x"), "");
    // What is printed can be read again, but for the two names that are written for the eye.
    for binding in &map.bindings {
        let shown = printed(binding.key).replace("Shift-Tab", "backtab").replace("Page-", "Page");
        let shown = shown.strip_suffix("--").map_or(shown.clone(), |rest| format!("{rest}-hyphen"));
        let text = format!("[confirm]\n'{shown}' = 'help'\n");
        let (read, mistakes) = read::bindings("k", &text);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert_eq!(read[0].key, binding.key, "{shown}");
    }
}

#[test]
fn help_tells_each_key_once_in_words() {
    let map = Keymap::default();
    for context in Context::ALL {
        let groups = map.help(context);
        assert_eq!(groups[0].title, context.title());
        let keys = groups.iter().flat_map(|g| &g.rows).flat_map(|row| &row.keys);
        let mut seen = std::collections::BTreeSet::new();
        for key in keys {
            assert!(seen.insert(key.clone()), "{key} twice for {}", context.name());
        }
        for row in groups.iter().flat_map(|group| &group.rows) {
            assert!(!row.what.contains('('), "no words for '{}'", row.line);
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,80}|(\\[|\\]|\"|=|\n|global|ctrl-|a|é){0,20}") {
        let _ = Keymap::load(&text, "k.toml");
    }

    #[test]
    fn every_letter_can_be_bound_and_pressed(c in proptest::char::any()) {
        proptest::prop_assume!(!c.is_control() && !c.is_whitespace() && c != '\'');
        let text = format!("[view]\n'{c}' = 'help'\n");
        let map = Keymap::load(&text, "k.toml").unwrap();
        proptest::prop_assert_eq!(map.lookup(Context::View, letter(c)), Some(&Action::Help));
    }
}
