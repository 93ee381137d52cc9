//! The effects that the sound goes through: nodes, and below each its params with their values, ranges and defaults.

use ratatui::layout::Rect;

use super::{Pane, Subject};
use crate::tui::draw::{Pen, measure};
use crate::tui::model::Model;
use crate::tui::model::rows::{ChainParam, chain, number};
use crate::tui::scope::Scope;
use crate::util::text::one_line;

pub(super) struct Chain;

/// Columns of a param's slider.
const SLIDER: u16 = 10;

impl Pane for Chain {
    fn count(&self, model: &Model) -> usize {
        chain(model).len()
    }

    fn subject(&self, model: &Model, row: usize) -> Option<Subject> {
        let row = chain(model).into_iter().nth(row)?;
        Some(match row.param {
            None => Subject::Node(row.node),
            Some(param) => Subject::NodeParam(row.node, param.id),
        })
    }

    fn row_height(&self, _model: &Model, _row: usize, _width: u16) -> u16 {
        1
    }

    fn draw_row(&self, model: &Model, pen: &mut Pen<'_>, area: Rect, row: usize, _chosen: bool) {
        let Some(row) = chain(model).into_iter().nth(row) else { return };
        match &row.param {
            None => {
                let (id, kind) = (one_line(&row.node), one_line(&row.kind));
                let pieces =
                    [(id.as_str(), Scope::Node), ("  ", Scope::Dim), (kind.as_str(), Scope::Dim)];
                pen.pieces(area.x, area.y, area.width, pieces);
            }
            Some(known) => param(pen, area, known),
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

/// Name, slider and value with its unit; a value that is not the default is strong.
fn param(pen: &mut Pen<'_>, area: Rect, known: &ChainParam) {
    let [min, max, default, value] = known.range;
    let moved = (value - default).abs() > 1e-9;
    let scope = if moved { Scope::Strong } else { Scope::TakeFact };
    let said = format!("{} {}", number(value), unit(&known.unit));
    let said = said.trim_end();
    let slider = if area.width > 32 { SLIDER } else { 0 };
    let value_columns = (measure::width(said) as u16).max(8);
    let name = area.width.saturating_sub(2 + slider + value_columns + 2);
    pen.text(area.x + 2, area.y, name, &one_line(&known.name), Scope::Text);
    pen.text_right(area.x, area.y, area.width, said, scope);
    if slider == 0 || max <= min {
        return;
    }
    let at = |value: f64| ((value - min) / (max - min)).clamp(0.0, 1.0) * f64::from(slider - 1);
    let (knob, rest) = ((at(value) + 0.5) as u16, (at(default) + 0.5) as u16);
    for column in 0..slider {
        let (glyph, scope) = if column == knob {
            ('●', Scope::Progress)
        } else if column == rest {
            ('┼', Scope::Text)
        } else if column < knob {
            ('━', Scope::Progress)
        } else {
            ('─', Scope::ProgressRest)
        };
        pen.mark(area.x + 2 + name + column, area.y, glyph, scope);
    }
}

/// The short form of a unit's word.
fn unit(word: &str) -> &str {
    match word {
        "decibel" | "decibels" => "dB",
        "hertz" => "Hz",
        "second" | "seconds" => "s",
        "millisecond" | "milliseconds" => "ms",
        "semitone" | "semitones" => "st",
        "percent" => "%",
        "none" | "ratio" | "factor" | "index" => "",
        other => other,
    }
}
