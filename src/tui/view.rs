//! Views: the screen as a pure function of the model. Nothing here changes anything, reads a clock or asks anybody.
//!
//! [`draw`] paints a frame; [`hit`] says what lies under the mouse, from the same layout. How cells scroll is in
//! [`transcript`], how panes are read by rows in [`inspector`].

pub mod big;
pub mod cell;
mod composer;
mod empty;
mod header;
mod hint;
mod hits;
pub mod inspector;
pub mod layout;
mod overlay;
mod toasts;
pub mod transcript;
mod transport;
mod words;

#[cfg(test)]
mod tests;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::draw::Pen;
use super::model::{Focus, Model};
use super::scope::Scope;

pub use hits::{Part, Target, hit};
pub use overlay::{FIRST_PROMPT, STEPS};

/// The last line that the help can begin with, for scrolling it.
pub fn help_most(model: &Model) -> usize {
    overlay::help_most(model, layout::terminal(model))
}

/// Draws the model over the whole frame and puts the terminal's cursor where text is typed.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let cursor = {
        let mut pen = Pen::new(frame.buffer_mut(), &model.look.theme, model.look.glyphs);
        paint(model, &mut pen, area)
    };
    if let Some(position) = cursor.filter(|position| area.contains(*position)) {
        frame.set_cursor_position(position);
    }
}

/// Paints everything, and returns where the cursor is.
fn paint(model: &Model, pen: &mut Pen<'_>, area: Rect) -> Option<Position> {
    pen.clear(area, Scope::Ground);
    let screen = layout::screen(model, area);
    header::draw(model, pen, screen.header);
    if model.big.is_some() {
        big::draw(model, pen, screen.main);
    } else {
        transcript::draw(model, pen, screen.main);
    }
    inspector::draw(model, pen, screen.inspector);
    transport::draw(model, pen, screen.transport);
    let mut cursor = composer::draw(model, pen, screen.composer, screen.chips);
    hint::draw(model, pen, screen.hint);
    composer::popup(model, pen, screen.composer, area);
    if model.focus == Focus::Inspector {
        cursor = inspector::cursor(model, screen.inspector);
    } else if model.focus != Focus::Composer {
        cursor = None;
    }
    let over = Rect { height: screen.transport.y.saturating_sub(area.y), ..area };
    for lying in &model.overlays {
        cursor = overlay::draw(lying, model, pen, area);
    }
    toasts::draw(model, pen, over);
    cursor
}
