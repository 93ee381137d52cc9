//! Any size, any text, any state: nothing panics, no wide letter hangs over an edge, ASCII stays ASCII.

use proptest::prelude::*;
use ratatui::buffer::Buffer;

use super::screen;
use crate::tui::draw::measure;
use crate::tui::model::conversation::{Cell, Scroll};
use crate::tui::model::panes::{BigView, Overlay, Picker, PickerItem, Tab, ViewKind};
use crate::tui::model::{Focus, Glyphs, Model, Toast, Weight};
use crate::tui::sample;

/// Whether every wide letter has its cells to itself, and nothing is on the screen that a terminal would obey.
fn check(buffer: &Buffer) -> Result<(), String> {
    let width = usize::from(buffer.area.width);
    for (y, row) in buffer.content().chunks(width.max(1)).enumerate() {
        let mut hidden = 0;
        for (x, cell) in row.iter().enumerate() {
            let symbol = cell.symbol();
            if symbol.chars().any(char::is_control) {
                return Err(format!("a control character at {x}, {y}: {symbol:?}"));
            }
            if hidden > 0 {
                if symbol != " " {
                    return Err(format!("{symbol:?} at {x}, {y} lies under a wide letter"));
                }
                hidden -= 1;
                continue;
            }
            let size = measure::cluster(symbol);
            if x + size > width {
                return Err(format!("{symbol:?} at {x}, {y} hangs over the edge"));
            }
            hidden = size.saturating_sub(1);
        }
    }
    Ok(())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,80}",
        "[\\x00-\\x9f\u{200b}-\u{202e}\u{1b}\\[\\]a-z;0-9]{0,60}",
        "(雨|夜|👩‍👩‍👧‍👦|e\u{301}|ﷺ|ก็|😀|ﾞ|a| ){0,60}",
        Just("العربية تُكتب من اليمين إلى اليسار".to_owned()),
    ]
}

fn states() -> impl Strategy<Value = Model> {
    let sizes = prop_oneof![(0u16..=300, 0u16..=100), (0u16..30, 0u16..12)];
    let shown = (0usize..8, 0usize..7, 0usize..8, 0usize..4, 0usize..3);
    let places = (0usize..40, 0usize..9, 0.0f64..1.0, 0.0f64..1.0, any::<bool>());
    (sizes, shown, places, text(), text(), any::<bool>()).prop_map(
        |(
            (width, height),
            (kind, tab, overlay, focus, glyphs),
            (row, line, from, to, open),
            one,
            two,
            busy,
        )| {
            let mut model =
                if busy { sample::busy(width, height) } else { sample::empty(width, height) };
            model.look.glyphs = [Glyphs::Braille, Glyphs::Blocks, Glyphs::Ascii][glyphs];
            model.focus =
                [Focus::Composer, Focus::Transcript, Focus::Inspector, Focus::View][focus];
            model.inspector.tab = Tab::ALL[tab];
            model.inspector.row = row;
            model.inspector.open = open;
            model.inspector.search = one.clone();
            model.conversation.scroll = Scroll::At { cell: row, line };
            model.conversation.selected = Some(row);
            if from > 0.4 {
                model.big =
                    Some(BigView { kind: ViewKind::ALL[kind], take: None, range: (from, to), row });
            }
            model.conversation.cells.push(Cell::Prompt { text: one.clone(), parent: None });
            model.conversation.cells.push(Cell::Told {
                weight: Weight::Warning,
                title: two.clone(),
                lines: vec![one.clone(), String::new(), two.clone()],
            });
            if let Some(take) = model.takes.get_mut("take-3") {
                take.title = one.clone();
                take.tags = vec![two.clone()];
                take.note = one.clone();
                take.path = two.clone();
                take.licence = one.clone();
            }
            if let Some(session) = &mut model.conversation.session {
                session.title = two.clone();
            }
            sample::typing(&mut model, &one.replace(['\r', '\n'], " "));
            model.composer.brief = Some(sample::brief());
            model.toasts.push(Toast {
                weight: Weight::Bad,
                text: two.clone(),
                hint: one.clone(),
                until: 1e9,
            });
            let item =
                PickerItem { label: one.clone(), doc: two.clone(), keys: one, line: String::new() };
            let picker = Picker {
                title: two.clone(),
                query: two,
                items: vec![item.clone(), item],
                matches: vec![(0, vec![0, 2]), (1, vec![1]), (9, vec![])],
                chosen: row,
            };
            let question = picker.query.clone();
            match overlay {
                0 => model.overlays.push(Overlay::Palette(picker)),
                1 => model.overlays.push(Overlay::Pick(picker)),
                2 => model.overlays.push(Overlay::Help { top: row }),
                3 => model
                    .overlays
                    .push(Overlay::Confirm { question, yes: crate::tui::action::Action::Quit }),
                4 => model.overlays.push(Overlay::Welcome),
                5 => model.overlays.push(Overlay::Tour(row)),
                _ => {}
            }
            model
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_state_can_be_drawn(model in states()) {
        let buffer = screen(&model);
        if let Err(problem) = check(&buffer) {
            return Err(TestCaseError::fail(problem));
        }
        if model.look.glyphs == Glyphs::Ascii {
            prop_assert!(buffer.content().iter().all(|cell| cell.symbol().is_ascii()));
        }
        for (column, row) in [(0, 0), (model.size.0 / 2, model.size.1 / 2), (model.size.0, model.size.1)] {
            let _ = crate::tui::view::hit(&model, column, row);
        }
    }
}

#[test]
fn the_smallest_and_the_largest_screens() {
    for (width, height) in [(0, 0), (1, 1), (1, 60), (200, 1), (2, 2), (20, 5), (500, 200)] {
        for kind in ViewKind::ALL {
            let mut model = sample::busy(width, height);
            model.big = Some(BigView { kind, take: None, range: (0.0, 1.0), row: 0 });
            check(&screen(&model)).unwrap();
        }
        check(&screen(&sample::busy(width, height))).unwrap();
    }
}

#[test]
fn a_frame_may_have_another_size_than_the_model_knows() {
    let mut model = sample::busy(200, 60);
    model.size = (33, 9);
    let backend = ratatui::backend::TestBackend::new(120, 40);
    let mut terminal = ratatui::Terminal::new(backend).unwrap();
    terminal.draw(|frame| crate::tui::view::draw(&model, frame)).unwrap();
    check(terminal.backend().buffer()).unwrap();
}
