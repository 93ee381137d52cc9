//! Pictures of every view, overlay and empty place, kept as text at three sizes.

use super::{screen, text};
use crate::tui::model::input::Completion;
use crate::tui::model::panes::{BigView, Overlay, Picker, PickerItem, Tab, ViewKind};
use crate::tui::model::{Focus, Glyphs, Model, Toast, Weight};
use crate::tui::sample;

const SIZES: [(u16, u16); 3] = [(60, 20), (100, 30), (160, 48)];

/// Keeps the screens of a model at all sizes under one name. With `TIMBRE_LOOK` in the environment they are shown as well,
/// in colours.
fn shots(name: &str, make: impl Fn(u16, u16) -> Model) {
    for (width, height) in SIZES {
        let buffer = screen(&make(width, height));
        if std::env::var("TIMBRE_LOOK").is_ok_and(|wanted| name.contains(&wanted)) {
            eprintln!("{}", text(&buffer));
        }
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), text(&buffer));
        });
    }
}

fn viewing(kind: ViewKind, width: u16, height: u16) -> Model {
    let mut model = sample::busy(width, height);
    model.focus = Focus::View;
    model.inspector.open = false;
    model.big = Some(BigView { kind, take: None, range: (0.0, 1.0), row: 0 });
    model
}

fn inspecting(tab: Tab, width: u16, height: u16) -> Model {
    let mut model = sample::busy(width, height);
    model.focus = Focus::Inspector;
    model.inspector.tab = tab;
    model.inspector.row = 1;
    model
}

#[test]
fn a_session() {
    shots("session", sample::busy);
}

#[test]
fn a_session_in_other_glyphs() {
    shots("session_ascii", |width, height| {
        let mut model = sample::busy(width, height);
        model.look.glyphs = Glyphs::Ascii;
        model
    });
    shots("session_blocks", |width, height| {
        let mut model = sample::busy(width, height);
        model.look.glyphs = Glyphs::Blocks;
        model
    });
}

#[test]
fn an_empty_session() {
    shots("empty", sample::empty);
}

#[test]
fn every_big_view() {
    for kind in ViewKind::ALL {
        shots(&format!("view_{}", kind.word()), |width, height| viewing(kind, width, height));
    }
    shots("view_waveform_zoomed", |width, height| {
        let mut model = viewing(ViewKind::Waveform, width, height);
        model.big =
            Some(BigView { kind: ViewKind::Waveform, take: None, range: (0.3, 0.4), row: 0 });
        model
    });
    shots("view_roll_zoomed", |width, height| {
        let mut model = viewing(ViewKind::Roll, width, height);
        model.big = Some(BigView { kind: ViewKind::Roll, take: None, range: (0.2, 0.3), row: 4 });
        model
    });
}

#[test]
fn every_big_view_without_anything_to_show() {
    for kind in ViewKind::ALL {
        shots(&format!("nothing_{}", kind.word()), |width, height| {
            let mut model = sample::empty(width, height);
            model.inspector.open = false;
            model.focus = Focus::View;
            model.big = Some(BigView { kind, take: None, range: (0.0, 1.0), row: 0 });
            model
        });
    }
}

#[test]
fn every_pane() {
    for tab in Tab::ALL {
        shots(&format!("pane_{}", tab.word()), |width, height| inspecting(tab, width, height));
    }
    for tab in Tab::ALL {
        shots(&format!("pane_empty_{}", tab.word()), |width, height| {
            let mut model = sample::empty(width, height);
            model.focus = Focus::Inspector;
            model.inspector.tab = tab;
            model
        });
    }
}

#[test]
fn typing_a_prompt() {
    shots("typing", |width, height| {
        let mut model = sample::busy(width, height);
        sample::typing(
            &mut model,
            "slow lo-fi, 82 bpm, no drums,\nglitter and 雨の音 behind the window of a train that never stops at the stations it was built for",
        );
        model.composer.brief = Some(sample::brief());
        model
    });
    shots("completing", |width, height| {
        let mut model = sample::busy(width, height);
        sample::typing(&mut model, "/ex");
        model.composer.completion = Some(Completion {
            from: 0,
            choices: vec![
                ("/export".to_owned(), "Write it in another format".to_owned()),
                (
                    "/extend".to_owned(),
                    "More bars of it; a negative number takes some away".to_owned(),
                ),
            ],
            chosen: 1,
        });
        model
    });
    shots("searching", |width, height| {
        let mut model = sample::busy(width, height);
        model.composer.search = Some(("dub".to_owned(), 0));
        model
    });
}

#[test]
fn every_overlay() {
    let item = |label: &str, doc: &str, keys: &str| PickerItem {
        label: label.to_owned(),
        doc: doc.to_owned(),
        keys: keys.to_owned(),
        line: label.to_owned(),
    };
    let picker = Picker {
        title: "commands".to_owned(),
        query: "pl".to_owned(),
        items: vec![
            item("play", "Play takes, or the one with the focus", "space"),
            item("reply", "Not a command, but 雨 is a word", ""),
            item("quit", "End the program", "ctrl-d"),
        ],
        matches: vec![(0, vec![0, 1]), (1, vec![2, 3])],
        chosen: 1,
    };
    let overlays = [
        ("palette", Overlay::Palette(picker.clone())),
        ("picker_nothing", Overlay::Pick(Picker { matches: Vec::new(), ..picker })),
        ("help", Overlay::Help { top: 0 }),
        (
            "confirm",
            Overlay::Confirm {
                question: "Delete take 3 and its files? This can't be undone.".to_owned(),
                yes: crate::tui::action::Action::Delete(true),
            },
        ),
        ("welcome", Overlay::Welcome),
        ("tour", Overlay::Tour(2)),
    ];
    for (name, overlay) in overlays {
        shots(&format!("overlay_{name}"), |width, height| {
            let mut model = sample::busy(width, height);
            model.overlays = vec![overlay.clone()];
            model
        });
    }
}

#[test]
fn toasts() {
    shots("toasts", |width, height| {
        let mut model = sample::busy(width, height);
        let toast = |weight, text: &str, hint: &str| Toast {
            weight,
            text: text.to_owned(),
            hint: hint.to_owned(),
            until: 120.0,
        };
        model.toasts = vec![
            toast(Weight::Good, "take 3 is in /home/ada/Desktop/rain.flac", ""),
            toast(Weight::Bad, "the disk is full", "make room, then /retry"),
        ];
        model
    });
}

#[test]
fn styles_of_a_session() {
    // What carries meaning by style: the chosen row, focus, and what was played.
    let mut model = sample::busy(100, 30);
    model.focus = Focus::Transcript;
    model.conversation.selected = Some(1);
    model.conversation.scroll = crate::tui::model::conversation::Scroll::At { cell: 0, line: 0 };
    let buffer = screen(&model);
    let at = |x: u16, y: u16| buffer.cell((x, y)).unwrap();
    assert_eq!(at(0, 2).symbol(), "▌", "the chosen cell has a mark");
    let wave_row = 4;
    let played = model.look.theme.style(crate::tui::scope::Scope::WavePlayed).fg;
    let body: Vec<_> = (2..58).map(|x| at(x, wave_row)).collect();
    let head = body.iter().position(|cell| matches!(cell.symbol(), "⡇" | "⢸")).expect("a playhead");
    assert!((18..=23).contains(&head), "45 s of 123.5 s on 56 columns, not {head}");
    assert!(body[..head].iter().any(|cell| Some(cell.fg) == played));
    assert!(body[head + 1..].iter().all(|cell| Some(cell.fg) != played));
}
