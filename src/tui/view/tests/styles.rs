//! Every shipped theme over every view: colours as they are, mapped down, and none at all. What carries meaning is still told.

use std::time::Instant;

use super::{screen, text};
use crate::config::theme::Shelf;
use crate::tui::model::conversation::Scroll;
use crate::tui::model::panes::{BigView, Tab, ViewKind};
use crate::tui::model::{Focus, Model};
use crate::tui::sample;
use crate::tui::themes::{self, Depth};

/// The screens that a theme is tried on.
fn scenes() -> Vec<Model> {
    let mut scenes: Vec<Model> = Tab::ALL
        .into_iter()
        .map(|tab| {
            let mut model = sample::busy(120, 40);
            model.focus = Focus::Inspector;
            model.inspector.tab = tab;
            model
        })
        .collect();
    scenes.extend(ViewKind::ALL.into_iter().map(|kind| {
        let mut model = sample::busy(120, 40);
        model.big = Some(BigView { kind, take: None, range: (0.0, 1.0), row: 0 });
        model
    }));
    scenes
}

#[test]
fn every_theme_draws_the_same_words() {
    let shelf = Shelf::new("/nowhere");
    for name in shelf.names() {
        let (theme, warnings) = themes::load(&shelf, &name, Depth::None).unwrap();
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
        let (full, _) = themes::load(&shelf, &name, Depth::True).unwrap();
        for mut scene in scenes() {
            let is_spectrogram =
                scene.big.as_ref().is_some_and(|big| big.kind == ViewKind::Spectrogram);
            scene.look.theme = full.clone();
            let coloured = screen(&scene);
            scene.look.theme = theme.clone();
            let plain = screen(&scene);
            // A spectrogram is the one picture that is drawn in other glyphs without colours.
            if !is_spectrogram {
                assert_eq!(text(&coloured), text(&plain), "{name}");
            }
            let colours = |buffer: &ratatui::buffer::Buffer| {
                let reset = ratatui::style::Color::Reset;
                buffer.content().iter().filter(|cell| cell.fg != reset || cell.bg != reset).count()
            };
            assert_eq!(colours(&plain), 0, "{name} without colours has some");
            assert!(colours(&coloured) > 0, "{name} has none");
        }
    }
}

#[test]
fn a_frame_costs_what_is_in_sight_and_not_what_there_is() {
    let median = |cells: usize| {
        let mut model = sample::long(200, 60, cells);
        model.conversation.scroll = Scroll::At { cell: cells / 2, line: 1 };
        let mut times: Vec<f64> = (0..15)
            .map(|_| {
                let start = Instant::now();
                let buffer = screen(&model);
                assert_eq!(buffer.area.width, 200);
                start.elapsed().as_secs_f64() * 1_000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (few, many) = (median(100), median(10_000));
    eprintln!("a frame of 200 x 60: {few:.2} ms with 100 cells, {many:.2} ms with 10,000");
    // Ten times is far more than chance, and a hundredth of what walking through all of them would take.
    assert!(many < few * 10.0 + 5.0, "{few:.2} ms with 100 cells, {many:.2} ms with 10,000");
}

/// Every shipped theme as it is drawn: the styles of a session, run by run, so that a change of colour is seen in review.
#[test]
fn every_theme_keeps_its_colours() {
    let shelf = Shelf::new("/nowhere");
    for name in shelf.names() {
        let (theme, _) = themes::load(&shelf, &name, Depth::True).unwrap();
        let mut scene = sample::busy(100, 30);
        scene.look.theme = theme;
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("theme_{name}"), runs(&screen(&scene)));
        });
    }
}

/// The styles of a buffer, a row a line: column, style, and the words that have it.
fn runs(buffer: &ratatui::buffer::Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let mut lines = Vec::new();
    for row in buffer.content().chunks(width) {
        let mut line = String::new();
        let mut last = None;
        for cell in row {
            let style = (cell.fg, cell.bg, cell.modifier);
            if last != Some(style) {
                line.push_str(&format!("⟨{} {} {:?}⟩", cell.fg, cell.bg, cell.modifier.bits()));
                last = Some(style);
            }
            line.push_str(cell.symbol());
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}
