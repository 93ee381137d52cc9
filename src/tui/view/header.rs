//! The first line: which session this is, how many takes it has, and how the engine is reached.

use ratatui::layout::Rect;

use super::words;
use crate::tui::draw::{Pen, measure};
use crate::tui::model::Model;
use crate::tui::scope::Scope;
use crate::util::text::one_line;

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, row: Rect) {
    if row.is_empty() {
        return;
    }
    let (engine, scope) = engine(model);
    let engine_columns = measure::width(&engine) as u16 + 2;
    let room = if row.width > engine_columns + 24 { row.width - engine_columns } else { row.width };
    let session = match &model.conversation.session {
        Some(session) => one_line(&session.title),
        None => "new session".to_owned(),
    };
    let takes = match &model.conversation.session {
        Some(session) if session.takes > 0 => {
            format!("  {}", words::counted(u64::from(session.takes), "take"))
        }
        _ => String::new(),
    };
    let older = if model.conversation.loading {
        "  reading older prompts"
    } else if model.conversation.older.is_some() {
        "  older prompts above"
    } else {
        ""
    };
    pen.pieces(
        row.x + 1.min(row.width),
        row.y,
        room.saturating_sub(1),
        [
            ("Timbre", Scope::Title),
            ("  ", Scope::Dim),
            (session.as_str(), Scope::Text),
            (takes.as_str(), Scope::Dim),
            (older, Scope::Dim),
        ],
    );
    if room < row.width {
        pen.text_right(row.x, row.y, row.width - 1, &engine, scope);
    }
}

fn engine(model: &Model) -> (String, Scope) {
    let engine = &model.engine;
    if !engine.connected {
        return ("✗ no engine, trying again".to_owned(), Scope::Bad);
    }
    let kind = if engine.remote { "daemon" } else { "in this process" };
    let version =
        if engine.version.is_empty() { String::new() } else { format!("  {}", engine.version) };
    (format!("{kind}{version}"), Scope::Dim)
}
