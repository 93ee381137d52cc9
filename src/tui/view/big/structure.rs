//! How things are made: the score as a piano roll, the nodes that play as a graph, and takes as a tree.

use ratatui::layout::Rect;

use super::{no_take, range, shown};
use crate::model::card::TakeCard;
use crate::protocol::listen::Score;
use crate::tui::draw::bounds::inset;
use crate::tui::draw::graph::{NodeBox, plan};
use crate::tui::draw::roll::{self, Roll, RollPart};
use crate::tui::draw::{Pen, below, marks, measure, right_of, row_of, ruler, tree as branches};
use crate::tui::model::Model;
use crate::tui::model::curves::Loaded;
use crate::tui::model::panes::BigView;
use crate::tui::scope::Scope;
use crate::tui::view::{cell, empty, words};
use crate::util::text::one_line;

/// Where the notes are: beside the keys.
pub(super) fn roll_plot(body: Rect) -> Rect {
    let inside = inset(body, 1, 0);
    right_of(Rect { height: inside.height.saturating_sub(1), ..inside }, roll::GUTTER)
}

pub(super) fn roll(model: &Model, pen: &mut Pen<'_>, body: Rect, view: &BigView) {
    let Some(take) = shown(model, view) else { return no_take(pen, body) };
    match model.curves.takes.get(&take.id).map(|curves| &curves.score) {
        Some(Loaded::Here(Some(score))) => score_roll(model, pen, body, view, take, score),
        Some(Loaded::Here(None)) => empty::say(
            pen,
            body,
            &[
                "This take has no score.",
                "",
                "Its backend makes sound directly. The composer writes notes: /backend composer",
            ],
        ),
        Some(Loaded::Failed(why)) => empty::say(pen, body, &["! No score.", &one_line(why)]),
        _ => empty::say(pen, body, &["Reading the score."]),
    }
}

fn score_roll(
    model: &Model,
    pen: &mut Pen<'_>,
    body: Rect,
    view: &BigView,
    take: &TakeCard,
    score: &Score,
) {
    let inside = inset(body, 1, 0);
    let area = Rect { height: inside.height.saturating_sub(1), ..inside };
    let (from, to) = range(view);
    let beats = (from * score.length_beats, to * score.length_beats);
    let parts: Vec<RollPart<'_>> = score
        .parts
        .iter()
        .map(|part| RollPart { name: &part.name, drums: part.drums, notes: &part.notes })
        .collect();
    // Row 0 is all of them together.
    let chosen = view.row.checked_sub(1).filter(|index| *index < parts.len());
    let ticks = ruler::bars(
        score.metre.bar_beats(),
        beats.0,
        beats.1,
        area.width.saturating_sub(roll::GUTTER),
    );
    let playhead = model
        .sound
        .heard(model.clock)
        .filter(|(id, _)| *id == take.id)
        .map(|(_, seconds)| score.tempo.beat_at(seconds));
    Roll {
        beats,
        parts: &parts,
        chosen,
        sections: &score.sections,
        chords: &score.chords,
        ticks: &ticks,
        playhead,
        looped: None,
    }
    .draw(pen, area);
    let legend = row_of(inside, area.height);
    let mut x = legend.x;
    for (index, part) in parts.iter().enumerate() {
        let name = one_line(part.name);
        let columns = measure::width(&name) as u16 + 4;
        if x + columns > legend.right() || legend.height == 0 {
            break;
        }
        let (mark, scope) = if part.drums {
            ('×', Scope::NoteDrum)
        } else {
            (roll::shape(index, pen.glyphs()), roll::scope(index))
        };
        pen.mark(x, legend.y, mark, scope);
        let is_chosen = chosen == Some(index);
        let name = if is_chosen { format!("[{name}]") } else { name };
        x += 2;
        x += pen.text(
            x,
            legend.y,
            legend.right() - x,
            &name,
            if is_chosen { Scope::Strong } else { Scope::Dim },
        );
        x += 2;
    }
}

/// Ids of the nodes in the order of the rows of the graph view.
pub fn graph_nodes(model: &Model) -> Vec<&str> {
    model
        .sound
        .graph
        .as_ref()
        .map_or_else(Vec::new, |graph| graph.nodes.iter().map(|node| node.id.as_str()).collect())
}

pub(super) fn graph(model: &Model, pen: &mut Pen<'_>, body: Rect, view: &BigView) {
    let area = inset(body, 1, 0);
    let Some(graph) = model.sound.graph.as_ref().filter(|graph| !graph.nodes.is_empty()) else {
        return empty::say(
            pen,
            area,
            &[
                "No nodes play.",
                "",
                "Play a take, or through a preset with /chain: its nodes and cables are drawn here.",
            ],
        );
    };
    let nodes: Vec<NodeBox> = graph
        .nodes
        .iter()
        .map(|node| NodeBox { title: one_line(&node.id), kind: one_line(&node.kind) })
        .collect();
    let index = |id: &str| graph.nodes.iter().position(|node| node.id == id);
    let connections: Vec<(usize, usize)> = graph
        .connections
        .iter()
        .filter_map(|cable| Some((index(&cable.from.node)?, index(&cable.to.node)?)))
        .collect();
    let framed = plan(&nodes, &connections, true);
    let fits = framed.height <= area.height;
    let plan = if fits { framed } else { plan(&nodes, &connections, false) };
    let chosen = Some(view.row.min(nodes.len().saturating_sub(1)));
    // The chosen node is always in sight: the drawing moves as far as it takes.
    let place = chosen.and_then(|chosen| plan.nodes.get(chosen)).copied().unwrap_or_default();
    let (from, _) = range(view);
    let left = (from * f64::from(plan.width)) as u16;
    let left = left.min(plan.width.saturating_sub(area.width)).min(place.x);
    let left = left.max(place.right().saturating_sub(area.width));
    let top = place.bottom().saturating_sub(area.height);
    let air = area.height.saturating_sub(plan.height) / 2;
    plan.draw(pen, below(area, air), (left, top), &nodes, chosen);
}

/// Takes in the order of the rows of the tree view, each with how many ancestors it has: those of the shown session.
pub fn tree_takes(model: &Model) -> Vec<(&TakeCard, usize)> {
    let (takes, rows) = tree_rows(model);
    rows.into_iter().filter_map(|row| takes.get(row.item).map(|take| (*take, row.depth))).collect()
}

fn tree_rows(model: &Model) -> (Vec<&TakeCard>, Vec<branches::Branch>) {
    let session = model.conversation.session.as_ref().map(|session| session.id.as_str());
    let mut takes: Vec<&TakeCard> = model
        .takes
        .values()
        .filter(|take| session.is_none_or(|session| take.session_id == session))
        .collect();
    takes.sort_by(|a, b| a.number.cmp(&b.number).then_with(|| a.id.cmp(&b.id)));
    let places: std::collections::BTreeMap<&str, usize> =
        takes.iter().enumerate().map(|(index, take)| (take.id.as_str(), index)).collect();
    let parents: Vec<Option<usize>> = takes
        .iter()
        .map(|take| take.parent.as_deref().and_then(|id| places.get(id)).copied())
        .collect();
    let rows = branches::order(&parents);
    (takes, rows)
}

pub(super) fn tree(model: &Model, pen: &mut Pen<'_>, body: Rect, view: &BigView) {
    let area = inset(body, 1, 0);
    let (takes, rows) = tree_rows(model);
    if rows.is_empty() {
        return no_take(pen, area);
    }
    let prefixes = branches::prefixes(&rows, usize::from(area.width / 2));
    let chosen = view.row.min(rows.len() - 1);
    let first = (chosen + 1).saturating_sub(usize::from(area.height));
    for (at, (row, prefix)) in
        rows.iter().zip(&prefixes).enumerate().skip(first).take(usize::from(area.height))
    {
        let Some(take) = takes.get(row.item) else { continue };
        let line = row_of(area, (at - first) as u16);
        if at == chosen {
            pen.tint(line, Scope::Selection);
        }
        let heard = model.sound.heard(model.clock).is_some_and(|(id, _)| id == take.id);
        let mark = if heard { "▶ " } else { "" };
        let number = format!("#{} ", take.number);
        let title = cell::title(take);
        let facts = [
            Some(words::clock(take.duration_s)),
            take.bpm.map(words::bpm),
            take.key.map(|key| key.to_string()),
        ];
        let facts = facts.into_iter().flatten().collect::<Vec<_>>().join("  ");
        let stars = marks::stars(take.rating);
        let right = measure::width(&facts) as u16 + 8;
        let wide = line.width > right + 24;
        let room = if wide { line.width - right - 1 } else { line.width };
        pen.pieces(
            line.x,
            line.y,
            room,
            [
                (if at == chosen { "▸ " } else { "  " }, Scope::BorderFocus),
                (prefix.as_str(), Scope::Cable),
                (mark, Scope::Playhead),
                (number.as_str(), Scope::Dim),
                (title.as_str(), Scope::TakeTitle),
            ],
        );
        if wide {
            let x = line.right() - right;
            pen.text(x, line.y, 6, &stars, Scope::TakeStars);
            pen.text_right(x, line.y, right, &facts, Scope::TakeFact);
        }
    }
}
