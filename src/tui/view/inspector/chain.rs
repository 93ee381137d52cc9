//! The nodes that the sound goes through, each with the params that differ from its type's own.

use ratatui::layout::Rect;

use super::{Pane, Subject};
use crate::model::graph::{GraphSpec, NodeSpec};
use crate::tui::draw::Pen;
use crate::tui::model::Model;
use crate::tui::scope::Scope;
use crate::tui::view::words;
use crate::util::text::one_line;

pub(super) struct Chain;

/// A row: a node, and one of its params where it is that of a param.
fn row_at(graph: &GraphSpec, row: usize) -> Option<(&NodeSpec, Option<(&String, f64)>)> {
    let mut left = row;
    for node in &graph.nodes {
        if left == 0 {
            return Some((node, None));
        }
        left -= 1;
        if left < node.params.len() {
            return Some((node, node.params.iter().nth(left).map(|(id, value)| (id, *value))));
        }
        left -= node.params.len();
    }
    None
}

impl Pane for Chain {
    fn count(&self, model: &Model) -> usize {
        model
            .sound
            .graph
            .as_ref()
            .map_or(0, |graph| graph.nodes.iter().map(|node| 1 + node.params.len()).sum())
    }

    fn subject(&self, model: &Model, row: usize) -> Option<Subject> {
        let (node, param) = row_at(model.sound.graph.as_ref()?, row)?;
        Some(match param {
            None => Subject::Node(node.id.clone()),
            Some((param, _)) => Subject::NodeParam(node.id.clone(), param.clone()),
        })
    }

    fn row_height(&self, _model: &Model, _row: usize, _width: u16) -> u16 {
        1
    }

    fn draw_row(&self, model: &Model, pen: &mut Pen<'_>, area: Rect, row: usize, _chosen: bool) {
        let Some((node, param)) = model.sound.graph.as_ref().and_then(|graph| row_at(graph, row))
        else {
            return;
        };
        match param {
            None => {
                let (id, kind) = (one_line(&node.id), one_line(&node.kind));
                let gap = "  ";
                pen.pieces(
                    area.x,
                    area.y,
                    area.width,
                    [(id.as_str(), Scope::Node), (gap, Scope::Dim), (kind.as_str(), Scope::Dim)],
                );
            }
            Some((id, value)) => {
                pen.text(
                    area.x + 2,
                    area.y,
                    area.width.saturating_sub(2),
                    &one_line(id),
                    Scope::Text,
                );
                pen.text_right(
                    area.x,
                    area.y,
                    area.width,
                    &words::decimal(value, 3),
                    Scope::TakeFact,
                );
            }
        }
    }

    fn head_height(&self, model: &Model, _width: u16) -> u16 {
        if model.sound.chain.is_some() { 2 } else { 0 }
    }

    fn draw_head(&self, model: &Model, pen: &mut Pen<'_>, area: Rect) {
        if let Some(chain) = &model.sound.chain {
            let name = one_line(chain);
            pen.pieces(
                area.x,
                area.y,
                area.width,
                [("through ", Scope::Dim), (name.as_str(), Scope::Strong)],
            );
        }
    }

    fn nothing(&self, _model: &Model) -> &'static [&'static str] {
        &[
            "No nodes.",
            "",
            "Play something: what its sound goes through is listed here.",
            "/chain PRESET plays through a preset's effects.",
        ]
    }
}
