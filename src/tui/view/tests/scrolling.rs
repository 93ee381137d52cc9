//! Scrolling and the mouse.

use super::{screen, text};
use crate::tui::model::conversation::Scroll;
use crate::tui::model::panes::Tab;
use crate::tui::model::{Focus, Model};
use crate::tui::sample;
use crate::tui::view::{Part, Target, hit, transcript};

/// Every cell and line in sight, from the top.
fn top(model: &Model) -> (usize, usize) {
    let first = transcript::visible(model, transcript::area(model))[0];
    (first.cell, first.skip)
}

#[test]
fn going_up_and_down_by_as_much_ends_where_it_began() {
    let mut model = sample::long(100, 30, 300);
    let start = top(&model);
    for lines in [1, 3, 7, 40] {
        model.conversation.scroll = transcript::scroll_by(&model, -lines);
        assert_ne!(model.conversation.scroll, Scroll::Bottom);
        assert!(top(&model) < start);
        model.conversation.scroll = transcript::scroll_by(&model, lines);
        assert_eq!(model.conversation.scroll, Scroll::Bottom, "after {lines} lines");
    }
}

#[test]
fn the_ends_hold() {
    let mut model = sample::long(100, 30, 60);
    model.conversation.scroll = transcript::scroll_by(&model, -100_000);
    assert_eq!(top(&model), (0, 0));
    model.conversation.scroll = transcript::scroll_by(&model, -1);
    assert_eq!(top(&model), (0, 0));
    model.conversation.scroll = transcript::scroll_by(&model, 100_000);
    assert_eq!(model.conversation.scroll, Scroll::Bottom);
    // The last line of the last cell is on the last row.
    let area = transcript::area(&model);
    let last = *transcript::visible(&model, area).last().unwrap();
    assert_eq!((last.cell, last.area.bottom()), (59, area.bottom()));
}

#[test]
fn what_is_revealed_is_in_sight_and_nothing_moves_without_need() {
    let mut model = sample::long(100, 30, 300);
    for cell in [299, 150, 151, 0, 299, 42] {
        model.conversation.scroll = transcript::reveal(&model, cell);
        let area = transcript::area(&model);
        let place = transcript::visible(&model, area).into_iter().find(|place| place.cell == cell);
        let place = place.unwrap_or_else(|| panic!("cell {cell} is not in sight"));
        assert_eq!(place.skip, 0);
        assert!(place.area.bottom() <= area.bottom());
        let before = model.conversation.scroll;
        assert_eq!(transcript::reveal(&model, cell), before);
    }
}

#[test]
fn lines_are_contiguous_while_scrolling() {
    // One line down is the same picture, one row higher.
    let mut model = sample::long(80, 30, 40);
    model.inspector.open = false;
    model.conversation.scroll = Scroll::At { cell: 0, line: 0 };
    let area = transcript::area(&model);
    let rows = |model: &Model| -> Vec<String> {
        let all = text(&screen(model));
        let rows = all.lines().skip(usize::from(area.y)).take(usize::from(area.height) - 1);
        rows.map(str::to_owned).collect()
    };
    for _ in 0..40 {
        let before = rows(&model);
        model.conversation.scroll = transcript::scroll_by(&model, 1);
        let after = rows(&model);
        assert_eq!(before[1..], after[..after.len() - 1]);
    }
}

#[test]
fn the_mouse_finds_what_is_drawn() {
    let mut model = sample::busy(140, 40);
    model.focus = Focus::Transcript;
    model.conversation.scroll = Scroll::At { cell: 0, line: 0 };
    let all = text(&screen(&model));
    let rows: Vec<&str> = all.lines().collect();
    let row_with = |words: &str| {
        rows.iter().position(|row| row.contains(words)).unwrap_or_else(|| panic!("no {words}"))
            as u16
    };
    let title = row_with("#1 Rain on the fire escape");
    assert_eq!(hit(&model, 10, title), Some(Target::Cell(1)));
    let area = transcript::area(&model);
    let middle = 2 + (area.width - 3) / 2;
    match hit(&model, middle, title + 2) {
        Some(Target::Wave { cell: 1, take, share }) => {
            assert_eq!(take, "take-1");
            assert!((share - 0.5).abs() < 0.02, "{share}");
        }
        other => panic!("{other:?} is no waveform"),
    }
    assert_eq!(hit(&model, 10, row_with("lo-fi rain, 82 bpm")), Some(Target::Cell(0)));
    let tabs = row_with("[queue]");
    let row = rows[usize::from(tabs)];
    let params = row[..row.find("params").unwrap()].chars().count() as u16;
    assert_eq!(hit(&model, params, tabs), Some(Target::Tab(Tab::Params)));
    let bar = row_with("82 BPM  4/4");
    assert_eq!(hit(&model, 2, bar), Some(Target::Transport(Part::Play)));
    assert!(matches!(hit(&model, 6, bar + 1), Some(Target::Composer { line: 0, character: 0 })));
    assert_eq!(hit(&model, 140, 0), None);
}

#[test]
fn the_chosen_row_of_a_pane_is_in_sight() {
    let mut model = sample::busy(120, 24);
    model.focus = Focus::Inspector;
    model.inspector.tab = Tab::Chain;
    for row in [0, 15, 3, 9] {
        model.inspector.row = row;
        let marked = text(&screen(&model)).lines().filter(|line| line.contains("▸")).count();
        assert_eq!(marked, 1, "row {row}");
    }
}
