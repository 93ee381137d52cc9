//! All takes, the newest first or those that match what is searched for.

use ratatui::layout::Rect;

use super::{Pane, Subject};
use crate::model::card::TakeCard;
use crate::tui::draw::{Pen, marks, measure, row_of};
use crate::tui::model::Model;
use crate::tui::scope::Scope;
use crate::tui::view::cell;
use crate::util::text::one_line;

pub(super) struct Library;

fn take(model: &Model, row: usize) -> Option<&TakeCard> {
    model.takes.get(model.inspector.found.get(row)?)
}

impl Pane for Library {
    fn count(&self, model: &Model) -> usize {
        model.inspector.found.len()
    }

    fn subject(&self, model: &Model, row: usize) -> Option<Subject> {
        model.inspector.found.get(row).map(|id| Subject::Take(id.clone()))
    }

    fn row_height(&self, _model: &Model, _row: usize, _width: u16) -> u16 {
        3
    }

    fn draw_row(&self, model: &Model, pen: &mut Pen<'_>, area: Rect, row: usize, _chosen: bool) {
        let Some(take) = take(model, row) else {
            pen.text(area.x, area.y, area.width, "not read yet", Scope::Dim);
            return;
        };
        let stars = marks::stars(take.rating);
        let room = area.width.saturating_sub(measure::width(&stars) as u16 + 1);
        let title = cell::title(take);
        let heard = model.sound.heard(model.clock).is_some_and(|(id, _)| id == take.id);
        let mark = if heard { "▶ " } else { "" };
        pen.pieces(
            area.x,
            area.y,
            room,
            [(mark, Scope::Playhead), (title.as_str(), Scope::TakeTitle)],
        );
        pen.text_right(area.x, area.y, area.width, &stars, Scope::TakeStars);
        let line = row_of(area, 1);
        if line.height > 0 {
            let facts: Vec<String> = cell::facts(take).into_iter().take(4).collect();
            pen.text(line.x, line.y, line.width, &facts.join("  "), Scope::TakeFact);
        }
    }

    fn head_height(&self, _model: &Model, _width: u16) -> u16 {
        2
    }

    fn draw_head(&self, model: &Model, pen: &mut Pen<'_>, area: Rect) {
        let inspector = &model.inspector;
        let scope = if inspector.searching { Scope::PromptMark } else { Scope::Dim };
        pen.text(area.x, area.y, 1, "/", scope);
        let search = one_line(&inspector.search);
        if search.is_empty() && !inspector.searching {
            pen.text(
                area.x + 2,
                area.y,
                area.width.saturating_sub(2),
                "search title, tag, genre, key",
                Scope::Dim,
            );
        } else {
            pen.text(area.x + 2, area.y, area.width.saturating_sub(2), &search, Scope::Strong);
        }
        let found = inspector.found.len();
        if found > 0 {
            let more = if inspector.more { "+" } else { "" };
            let said = format!("{found}{more}");
            if usize::from(area.width) > measure::width(&search) + said.len() + 34
                || !search.is_empty()
            {
                pen.text_right(area.x, area.y, area.width, &said, Scope::Dim);
            }
        }
    }

    fn nothing(&self, model: &Model) -> &'static [&'static str] {
        if model.inspector.search.is_empty() {
            &[
                "The library is empty.",
                "",
                "Every take that you make is kept here, with its recipe.",
            ]
        } else {
            &["Nothing matches.", "", "Fewer words find more. Tags are found by #tag."]
        }
    }
}
