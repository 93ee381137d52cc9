//! The panes on the right. Each is a list of rows of some height under a head; the list scrolls so that the chosen row is in
//! sight, and only the rows in sight are drawn.

mod chain;
mod library;
mod log;
mod mixer;
mod params;
mod queue;
mod take;

use ratatui::layout::{Position, Rect};

use super::empty;
use super::hits::{Target, tabs};
use crate::tui::draw::{Pen, below, right_of, row_of};
use crate::tui::model::panes::Tab;
use crate::tui::model::{Focus, Model};
use crate::tui::scope::Scope;

pub use params::Setting;

/// What a row of a pane stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A job, by its id.
    Job(String),
    /// A take, by its id.
    Take(String),
    /// Something that the next prompt is rendered with.
    Setting(Setting),
    /// A param of the backend, by its id.
    Param(String),
    /// A part that plays, by its name.
    Part(String),
    /// What is heard as a whole.
    Master,
    /// A node that plays, by its id.
    Node(String),
    /// A param of a node that plays: node and param.
    NodeParam(String, String),
    /// A line of the log.
    Log(usize),
}

/// A pane of the inspector.
trait Pane {
    /// How many rows can be chosen.
    fn count(&self, model: &Model) -> usize;

    /// What a row stands for.
    fn subject(&self, model: &Model, row: usize) -> Option<Subject>;

    /// Rows of the screen that a row takes.
    fn row_height(&self, model: &Model, row: usize, width: u16) -> u16;

    /// Draws a row. `chosen` is whether it is the one with the mark.
    fn draw_row(&self, model: &Model, pen: &mut Pen<'_>, area: Rect, row: usize, chosen: bool);

    /// Rows of the screen above the list.
    fn head_height(&self, _model: &Model, _width: u16) -> u16 {
        0
    }

    /// Draws what is above the list.
    fn draw_head(&self, _model: &Model, _pen: &mut Pen<'_>, _area: Rect) {}

    /// What to say where there is nothing.
    fn nothing(&self, model: &Model) -> &'static [&'static str];
}

fn pane(tab: Tab) -> &'static dyn Pane {
    match tab {
        Tab::Queue => &queue::Queue,
        Tab::Take => &take::TakePane,
        Tab::Params => &params::Params,
        Tab::Mixer => &mixer::Mixer,
        Tab::Chain => &chain::Chain,
        Tab::Library => &library::Library,
        Tab::Log => &log::Log,
    }
}

/// How many rows a pane has that can be chosen.
pub fn count(model: &Model, tab: Tab) -> usize {
    pane(tab).count(model)
}

/// What a row of a pane stands for; `None` past its end.
pub fn subject(model: &Model, tab: Tab, row: usize) -> Option<Subject> {
    pane(tab).subject(model, row)
}

/// Rows of a pane that fit on the screen now, for moving by a page; at least 1.
pub fn page(model: &Model) -> usize {
    let screen = super::layout::screen(model, super::layout::terminal(model));
    let list = areas(model, screen.inspector).2;
    in_sight(model, list).len().max(1)
}

/// The tabs, the head and the list, within the inspector's area.
fn areas(model: &Model, area: Rect) -> (Rect, Rect, Rect) {
    // A border on the left, and a column of air on both sides.
    let inside = right_of(area, 2);
    let inside = Rect { width: inside.width.saturating_sub(1), ..inside };
    let body = below(inside, 2);
    let head = pane(model.inspector.tab).head_height(model, body.width).min(body.height);
    (row_of(inside, 0), Rect { height: head, ..body }, below(body, head))
}

/// Rows in sight of a list with their areas, so that the chosen one is among them.
fn in_sight(model: &Model, list: Rect) -> Vec<(usize, Rect)> {
    let pane = pane(model.inspector.tab);
    let count = pane.count(model);
    if count == 0 || list.is_empty() {
        return Vec::new();
    }
    let chosen = model.inspector.row.min(count - 1);
    let mut first = model.inspector.top.min(chosen);
    // Back from the chosen row: what is still in sight with it on the last line.
    let mut room = usize::from(list.height);
    let mut earliest = chosen;
    for row in (first..=chosen).rev() {
        let height = usize::from(pane.row_height(model, row, list.width).max(1));
        if height > room && row != chosen {
            break;
        }
        room = room.saturating_sub(height);
        earliest = row;
    }
    first = first.max(earliest);
    let mut rows = Vec::new();
    let mut y = list.y;
    for row in first..count {
        if y >= list.bottom() {
            break;
        }
        let height = pane.row_height(model, row, list.width).max(1).min(list.bottom() - y);
        rows.push((row, Rect::new(list.x, y, list.width, height)));
        y += height;
    }
    rows
}

/// Draws the inspector with its border.
pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    if area.width < 4 || area.height == 0 {
        return;
    }
    let focused = model.focus == Focus::Inspector;
    pen.pillar(area, if focused { Scope::BorderFocus } else { Scope::Border });
    let (tabs_row, head, list) = areas(model, area);
    for (tab, x, word) in tabs(model, tabs_row) {
        let current = tab == model.inspector.tab;
        let scope = if !current {
            Scope::Dim
        } else if focused {
            Scope::Strong
        } else {
            Scope::Title
        };
        pen.text(x, tabs_row.y, tabs_row.right() - x, &word, scope);
    }
    let pane = pane(model.inspector.tab);
    if !head.is_empty() {
        pane.draw_head(model, pen, head);
    }
    let rows = in_sight(model, list);
    if rows.is_empty() {
        if !list.is_empty() {
            empty::say(pen, list, pane.nothing(model));
        }
        return;
    }
    let count = pane.count(model);
    let last = rows.last().map_or(0, |(row, _)| row + 1);
    for (row, place) in rows {
        let chosen = row == model.inspector.row.min(count.saturating_sub(1));
        if chosen && focused {
            pen.tint(place, Scope::Selection);
        }
        if chosen {
            pen.mark(
                place.x.saturating_sub(1),
                place.y,
                '▸',
                if focused { Scope::BorderFocus } else { Scope::Dim },
            );
        }
        pane.draw_row(model, pen, place, row, chosen);
    }
    if last < count && area.height > 4 {
        let said = format!(" {} more ↓", count - last);
        pen.text_right(tabs_row.x, tabs_row.y + 1, tabs_row.width, &said, Scope::Dim);
    }
}

/// Where the cursor is: in the library's search while that is typed.
pub(super) fn cursor(model: &Model, area: Rect) -> Option<Position> {
    if model.inspector.tab != Tab::Library || !model.inspector.searching || area.is_empty() {
        return None;
    }
    let head = areas(model, area).1;
    let typed = crate::tui::draw::measure::width(&model.inspector.search) as u16;
    Some(Position::new(head.x + (2 + typed).min(head.width.saturating_sub(1)), head.y))
}

/// What lies under the mouse.
pub(super) fn hit(model: &Model, area: Rect, at: Position) -> Target {
    if at.x == area.x {
        return Target::InspectorEdge;
    }
    let (tabs_row, _, list) = areas(model, area);
    if tabs_row.contains(at) {
        let found = tabs(model, tabs_row).into_iter().rev().find(|(_, x, _)| *x <= at.x);
        return found.map_or(Target::Inspector, |(tab, _, _)| Target::Tab(tab));
    }
    in_sight(model, list)
        .into_iter()
        .find(|(_, place)| place.contains(at))
        .map_or(Target::Inspector, |(row, _)| Target::InspectorRow(row))
}
