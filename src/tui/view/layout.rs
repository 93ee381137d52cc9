//! Where things are on the screen: the one computation that drawing, scrolling and the mouse share.

use ratatui::layout::Rect;

use super::composer;
use crate::tui::draw::{below, left_of, right_of};
use crate::tui::model::{Focus, Model};

/// Columns from which the inspector has a place beside the transcript.
pub const INSPECTOR_FROM: u16 = 90;
/// Fewest columns that the transcript keeps beside it.
const MAIN_LEAST: u16 = 48;
/// Fewest columns of the inspector.
const INSPECTOR_LEAST: u16 = 28;

/// The areas of the screen. Each may be empty where the screen is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Screen {
    /// The session and the engine.
    pub header: Rect,
    /// The transcript, or the big view in its place.
    pub main: Rect,
    /// The pane on the right, its border included.
    pub inspector: Rect,
    /// The transport bar.
    pub transport: Rect,
    /// The composer's text.
    pub composer: Rect,
    /// What was understood.
    pub chips: Rect,
    /// Keys.
    pub hint: Rect,
}

/// Divides an area. What matters least goes first when there is no room: header, chips, hint, transport.
pub fn screen(model: &Model, area: Rect) -> Screen {
    let mut screen = Screen::default();
    if area.is_empty() {
        return screen;
    }
    let height = area.height;
    let header = u16::from(height >= 14);
    let hint = u16::from(height >= 6);
    let chips = u16::from(height >= 10);
    let transport = u16::from(height >= 3);
    let most = (height / 3).max(1);
    let wanted = composer::rows(model, area.width).clamp(1, usize::from(most));
    let spare = height.saturating_sub(header + hint + chips + transport);
    let typed = (wanted as u16).min(spare.max(1));
    let main = spare.saturating_sub(typed);
    let mut rest = area;
    let mut next = |rows: u16| {
        let part = Rect { height: rows.min(rest.height), ..rest };
        rest = below(rest, rows);
        part
    };
    screen.header = next(header);
    screen.main = next(main);
    screen.transport = next(transport);
    screen.composer = next(typed);
    screen.chips = next(chips);
    screen.hint = next(hint);
    beside(model, area, &mut screen);
    screen
}

/// Takes the inspector's columns from the transcript's. On a narrow screen it takes the whole place while it has the focus.
fn beside(model: &Model, area: Rect, screen: &mut Screen) {
    if !model.inspector.open || screen.main.height < 3 {
        return;
    }
    if area.width < INSPECTOR_FROM {
        if model.focus == Focus::Inspector {
            screen.inspector = screen.main;
            screen.main.width = 0;
        }
        return;
    }
    let most = area.width.saturating_sub(MAIN_LEAST).max(INSPECTOR_LEAST);
    let columns = model.inspector.width.clamp(INSPECTOR_LEAST, most);
    let main = area.width - columns.min(area.width);
    screen.inspector = right_of(screen.main, main);
    screen.main = left_of(screen.main, main);
}

/// The whole terminal, as the model knows it.
pub fn terminal(model: &Model) -> Rect {
    Rect::new(0, 0, model.size.0, model.size.1)
}
