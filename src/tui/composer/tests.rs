use super::*;
use proptest::prelude::*;

fn typed(text: &str) -> Composer {
    let mut composer = Composer::new();
    for letter in text.chars() {
        // The separators of lines and paragraphs become line breaks, and no keyboard has a key for them.
        let breaks = matches!(letter, '\n' | '\u{2028}' | '\u{2029}');
        let code = if breaks { None } else { Some(KeyCode::Char(letter)) };
        match code {
            Some(code) => {
                assert!(composer.key(KeyEvent::new(code, KeyModifiers::NONE)), "{letter:?}")
            }
            None => assert!(composer.apply(EditWish::Newline)),
        }
    }
    composer
}

/// The text with `|` for the cursor.
fn shown(composer: &Composer) -> String {
    let (row, column) = composer.cursor();
    let rows = composer.area.lines().iter().enumerate().map(|(at, line)| {
        let mut line = line.clone();
        if at == row {
            line.insert(byte_at(&line, column), '|');
        }
        line
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn after(text: &str, wishes: &[EditWish]) -> String {
    let mut composer = typed(text);
    for wish in wishes {
        assert!(composer.apply(*wish), "{wish:?}");
    }
    shown(&composer)
}

use EditWish as W;

#[test]
fn moving_goes_by_what_the_eye_sees() {
    for (text, wishes, expected) in [
        ("ab", &[W::Left][..], "a|b"),
        ("a👩‍👩‍👧‍👦b", &[W::Left, W::Left], "a|👩‍👩‍👧‍👦b"),
        ("e\u{301}x", &[W::Left, W::Left], "|e\u{301}x"),
        ("ab\ncd", &[W::Home, W::Left], "ab|\ncd"),
        ("ab\ncd", &[W::Up, W::End, W::Right], "ab\n|cd"),
        ("雨雨\nabcd", &[W::Left, W::Up], "雨|雨\nabcd"),
        ("lo-fi, rainy night", &[W::WordLeft, W::WordLeft], "lo-fi, |rainy night"),
        ("lo-fi, rainy night", &[W::Home, W::WordRight, W::WordRight], "lo-fi|, rainy night"),
        ("don't stop", &[W::Home, W::WordRight], "don't| stop"),
        ("one\ntwo", &[W::Home, W::WordLeft], "one|\ntwo"),
        ("one", &[W::Home, W::Left, W::WordLeft, W::Up], "|one"),
        ("one", &[W::Right, W::WordRight, W::Down], "one|"),
    ] {
        assert_eq!(after(text, wishes), expected, "{text:?} {wishes:?}");
    }
}

#[test]
fn erasing_and_cutting_follow_readline() {
    for (text, wishes, expected) in [
        ("ae\u{301}", &[W::EraseLeft][..], "a|"),
        ("a👩‍👩‍👧‍👦", &[W::EraseLeft], "a|"),
        ("ab\ncd", &[W::Home, W::EraseLeft], "ab|cd"),
        ("ab\ncd", &[W::Up, W::End, W::EraseRight], "ab|cd"),
        ("warm lo-fi", &[W::CutWordLeft], "warm |"),
        ("warm  ", &[W::CutWordLeft], "|"),
        ("warm pads", &[W::Home, W::CutWordRight], "| pads"),
        ("warm pads", &[W::WordLeft, W::CutToHome], "|pads"),
        ("warm pads", &[W::WordLeft, W::CutToEnd], "warm |"),
        ("ab\ncd", &[W::CutToHome, W::CutToHome], "ab|"),
        ("ab\ncd", &[W::Up, W::End, W::CutToEnd], "ab|cd"),
        ("one two three", &[W::CutWordLeft, W::CutWordLeft, W::Yank], "one two three|"),
        ("one two", &[W::CutWordLeft, W::Left, W::CutWordLeft, W::Yank], "one| "),
        ("a b", &[W::Home, W::CutWordRight, W::CutWordRight, W::End, W::Yank], "a b|"),
        ("ab", &[W::Transpose], "ba|"),
        ("abc", &[W::Left, W::Transpose], "acb|"),
        ("a雨e\u{301}", &[W::Transpose], "ae\u{301}雨|"),
        ("a", &[W::Transpose], "a|"),
        ("", &[W::EraseLeft, W::EraseRight, W::CutToEnd, W::Yank, W::Undo, W::Redo], "|"),
    ] {
        assert_eq!(after(text, wishes), expected, "{text:?} {wishes:?}");
    }
}

#[test]
fn undo_goes_by_words_and_redo_comes_back() {
    let mut composer = typed("deep house bass");
    let mut undone = Vec::new();
    for _ in 0..4 {
        composer.apply(W::Undo);
        undone.push(composer.text());
    }
    assert_eq!(undone, ["deep house", "deep", "", ""]);
    for _ in 0..3 {
        composer.apply(W::Redo);
    }
    assert_eq!(composer.text(), "deep house bass");
    composer.clear();
    assert!(composer.is_empty());
    composer.apply(W::Undo);
    assert_eq!(shown(&composer), "deep house bass|");
}

#[test]
fn a_backslash_at_the_end_goes_on_in_a_new_line() {
    let mut composer = typed("one\\");
    assert!(composer.continue_line());
    assert_eq!(shown(&composer), "one\n|");
    assert!(!composer.continue_line());
    assert!(!typed("path\\\\").continue_line(), "two of them are a backslash");
    assert!(!Composer::new().continue_line());
}

#[test]
fn pasting_never_sends_and_never_obeys() {
    let mut composer = Composer::new();
    composer.paste("\u{1b}[31mred\u{1b}[0m\r\nnext\tline\u{202e}\u{7}\n").unwrap();
    assert_eq!(composer.text(), "red\nnext    line");
    assert!(composer.history.is_empty());
}

#[test]
fn big_pastes_fold_and_are_sent_whole() {
    let mut composer = typed("before ");
    let many = (0..240).map(|n| format!("line {n}\n")).collect::<String>();
    composer.paste(&many).unwrap();
    assert_eq!(shown(&composer), "before [pasted 240 lines]|");
    composer.apply(W::Left);
    assert_eq!(shown(&composer), "before |[pasted 240 lines]", "the cursor never goes inside");
    composer.apply(W::Right);
    composer.apply(W::WordLeft);
    assert_eq!(shown(&composer), "before |[pasted 240 lines]");
    composer.apply(W::End);
    composer.paste(&many).unwrap();
    assert_eq!(composer.text(), "before [pasted 240 lines][pasted 240 lines #2]");
    composer.apply(W::EraseLeft);
    assert_eq!(composer.text(), "before [pasted 240 lines]", "a mark goes as one");
    composer.apply(W::CutWordLeft);
    assert_eq!(composer.text(), "before ");
    composer.apply(W::Yank);
    let whole = format!("before {}", many.trim_end());
    assert_eq!(composer.unfolded(), whole);
    assert_eq!(composer.take(), whole);
    assert_eq!(composer.history, [whole]);
    assert!(composer.is_empty());
}

#[test]
fn one_long_line_folds_and_can_be_unfolded() {
    let mut composer = Composer::new();
    let long = "x".repeat(1_001);
    composer.paste(&long).unwrap();
    assert_eq!(composer.text(), "[pasted 1001 characters]");
    composer.apply(W::Unfold);
    assert_eq!(composer.text(), long);
    composer.apply(W::Undo);
    assert_eq!(composer.text(), "[pasted 1001 characters]");
    assert_eq!(composer.unfolded(), long);
}

#[test]
fn a_text_that_looks_like_a_mark_stays_what_it_is() {
    let mut composer = typed("[pasted 11 lines] ");
    let lines = "[pasted 11 lines #2]\n".repeat(11);
    composer.paste(&lines).unwrap();
    assert_eq!(composer.text(), "[pasted 11 lines] [pasted 11 lines #2]");
    assert_eq!(composer.take(), format!("[pasted 11 lines] {}", lines.trim_end()));
}

#[test]
fn too_much_is_told_and_changes_nothing() {
    let mut composer = typed("keep");
    let started = std::time::Instant::now();
    let error = composer.paste(&"\u{1b}]x".repeat(350_000)).unwrap_err();
    assert_eq!(error.bytes, 1_050_000);
    assert!(started.elapsed().as_millis() < 100, "{:?}", started.elapsed());
    assert!(!error.hint().is_empty());
    let fits = "x".repeat(MAX_PROMPT_BYTES - 4);
    assert!(composer.paste(&format!("{fits}y")).is_err());
    assert_eq!(composer.text(), "keep");
    composer.paste(&fits).unwrap();
    assert_eq!(composer.unfolded().len(), MAX_PROMPT_BYTES);
    assert!(composer.key(KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE)));
    assert!(composer.insert("y").is_err());
    assert_eq!(composer.unfolded().len(), MAX_PROMPT_BYTES);
}

#[test]
fn old_prompts_come_back_and_the_draft_waits() {
    let mut composer = Composer::new();
    composer.set_history(vec!["newest".into(), "older".into()]);
    composer.insert("draft").unwrap();
    for (wish, expected) in [
        (W::Up, "newest|"),
        (W::Up, "older|"),
        (W::Up, "older|"),
        (W::Down, "newest|"),
        (W::Down, "draft|"),
        (W::Down, "draft|"),
        (W::Older, "newest|"),
    ] {
        composer.apply(wish);
        assert_eq!(shown(&composer), expected, "{wish:?}");
    }
    composer.insert("!").unwrap();
    composer.apply(W::Older);
    composer.apply(W::Newer);
    composer.apply(W::Newer);
    assert_eq!(shown(&composer), "newest!|", "what was made of an old one is not lost");
    assert_eq!(composer.take(), "newest!");
    assert_eq!(composer.history, ["newest!", "newest", "older"]);
    composer.insert("newest!").unwrap();
    composer.take();
    composer.insert("  ").unwrap();
    composer.take();
    assert_eq!(composer.history.len(), 3, "neither twice nor blanks");
    composer.set_history(vec!["newest!".into(), "from the library".into()]);
    assert_eq!(composer.history, ["newest", "older", "newest!", "from the library"]);
}

#[test]
fn searching_finds_older_and_older_ones() {
    let mut composer = Composer::new();
    composer.set_history(vec![
        "Deep house".into(),
        "lofi".into(),
        "deep dub".into(),
        "jazz".into(),
    ]);
    composer.insert("draft").unwrap();
    composer.apply(W::Search);
    for letter in "dee".chars() {
        composer.key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
    }
    assert_eq!(composer.search_found(), Some("Deep house"));
    composer.apply(W::Search);
    assert_eq!(shown(&composer), "deep dub|");
    composer.apply(W::Search);
    assert_eq!(shown(&composer), "deep dub|", "there is none older");
    composer.apply(W::Down);
    assert_eq!(shown(&composer), "Deep house|");
    composer.apply(W::EraseLeft);
    assert_eq!(composer.search, Some(("de".into(), 0)));
    composer.apply(W::External);
    assert_eq!((shown(&composer).as_str(), composer.search.is_none()), ("draft|", true));
    composer.apply(W::Search);
    composer.key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::NONE));
    composer.apply(W::Home);
    assert_eq!(shown(&composer), "|jazz", "any other key keeps what was found");
    composer.apply(W::Undo);
    assert_eq!(composer.text(), "draft");
    composer.apply(W::Search);
    composer.key(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::NONE));
    composer.key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE));
    assert_eq!(composer.search_found(), None);
    assert_eq!(composer.take(), "draft", "nothing was found, so nothing was changed");
}

#[test]
fn only_typing_is_typing() {
    let mut composer = Composer::new();
    let key = |code, modifiers| KeyEvent::new(code, modifiers);
    assert!(!composer.key(key(KeyCode::Char('a'), KeyModifiers::CONTROL)));
    assert!(!composer.key(key(KeyCode::Char('a'), KeyModifiers::ALT)));
    assert!(!composer.key(key(KeyCode::Enter, KeyModifiers::NONE)));
    assert!(!composer.key(key(KeyCode::Char('\u{1b}'), KeyModifiers::NONE)));
    assert!(!composer.key(key(KeyCode::Char('\u{202e}'), KeyModifiers::NONE)));
    assert!(composer.key(key(KeyCode::Char('A'), KeyModifiers::SHIFT)));
    assert!(composer.key(key(KeyCode::Char('@'), KeyModifiers::CONTROL | KeyModifiers::ALT)));
    assert_eq!(composer.text(), "A@");
}

#[test]
fn work_for_others_is_left_to_them() {
    let mut composer = Composer::new();
    for wish in [W::External, W::Complete, W::CompleteBack] {
        assert!(!composer.apply(wish), "{wish:?}");
    }
}

const WISHES: [EditWish; 26] = [
    W::Newline,
    W::Left,
    W::Right,
    W::Up,
    W::Down,
    W::WordLeft,
    W::WordRight,
    W::Home,
    W::End,
    W::EraseLeft,
    W::EraseRight,
    W::CutWordLeft,
    W::CutWordRight,
    W::CutToHome,
    W::CutToEnd,
    W::Yank,
    W::Transpose,
    W::Undo,
    W::Redo,
    W::Older,
    W::Newer,
    W::Search,
    W::Complete,
    W::CompleteBack,
    W::External,
    W::Unfold,
];

#[derive(Debug, Clone)]
enum Step {
    Type(String),
    Paste(String),
    Do(EditWish),
    Continue,
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => "\\PC{1,6}|e\u{301}|👩‍👩‍👧‍👦|雨| ".prop_map(Step::Type),
        1 => "(\\PC|\n){0,30}".prop_map(Step::Paste),
        1 => (11usize..40).prop_map(|lines| Step::Paste("雨 line\n".repeat(lines))),
        8 => (0..WISHES.len()).prop_map(|at| Step::Do(WISHES[at])),
        1 => Just(Step::Continue),
        1 => Just(Step::Take),
    ]
}

proptest! {
    #[test]
    fn what_is_typed_is_what_is_sent(text in "\\PC{0,60}") {
        prop_assert_eq!(typed(&text).take(), text::clean(&text));
    }

    #[test]
    fn what_is_pasted_is_what_is_sent(text in "(\\PC|\n|\t|\u{1b}\\[1m){0,80}|([a-z ]{1,9}\n){11,30}") {
        let mut composer = Composer::new();
        composer.paste(&text).unwrap();
        let expected = text::clean(&text).replace('\t', "    ");
        prop_assert_eq!(composer.take(), expected.trim_end_matches('\n'));
    }

    #[test]
    fn any_work_keeps_the_cursor_between_clusters(steps in proptest::collection::vec(step(), 0..60)) {
        let mut composer = Composer::new();
        for step in steps {
            match step {
                Step::Type(text) => {
                    for letter in text.chars() {
                        composer.key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
                    }
                }
                Step::Paste(text) => composer.paste(&text).unwrap(),
                Step::Do(wish) => {
                    composer.apply(wish);
                }
                Step::Continue => {
                    composer.continue_line();
                }
                Step::Take => {
                    composer.take();
                }
            }
            let (row, column) = composer.cursor();
            prop_assert!(row < composer.area.lines().len());
            prop_assert!(column <= composer.line().chars().count());
            prop_assert!(composer.unfolded().len() <= MAX_PROMPT_BYTES);
            prop_assert!(!composer.text().chars().any(|c| c.is_control() && c != '\n'));
            for place in fold::places(composer.line(), &composer.folded) {
                prop_assert!(!(place.start < column && column < place.end), "inside of a mark");
            }
        }
    }

    #[test]
    fn undo_goes_all_the_way_back(steps in proptest::collection::vec(step(), 0..30)) {
        let mut composer = Composer::new();
        for step in steps {
            match step {
                Step::Type(text) => composer.insert(&text).unwrap(),
                Step::Do(W::Undo | W::Redo | W::Search | W::Older | W::Newer) => {}
                Step::Do(wish) => {
                    composer.apply(wish);
                }
                _ => {}
            }
        }
        let end = composer.text();
        for _ in 0..60 {
            composer.apply(W::Undo);
        }
        prop_assert_eq!(composer.text(), "");
        for _ in 0..60 {
            composer.apply(W::Redo);
        }
        prop_assert_eq!(composer.text(), end);
    }
}
