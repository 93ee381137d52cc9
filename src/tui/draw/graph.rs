//! A graph of nodes as boxes in layers from left to right, with cables between them. Long cables go through the layers on
//! rows of their own, and the order in a layer follows the middle of its neighbours (Sugiyama, Tagawa and Toda 1981).

use ratatui::layout::Rect;

use super::measure;
use super::pen::{Pen, columns};
use crate::tui::scope::Scope;

/// Most nodes that are laid out; the rest is left out rather than drawn for seconds.
const MOST: usize = 512;

/// A node to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeBox {
    /// What stands in the frame.
    pub title: String,
    /// What stands below it.
    pub kind: String,
}

/// Where nodes lie.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The area of each node, relative to the drawing.
    pub nodes: Vec<Rect>,
    /// Cells of cables with the directions in which they are joined.
    wires: Wires,
    /// Columns of the whole drawing.
    pub width: u16,
    /// Rows of the whole drawing.
    pub height: u16,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Wires {
    width: usize,
    bits: Vec<u8>,
}

const UP: u8 = 1;
const RIGHT: u8 = 2;
const DOWN: u8 = 4;
const LEFT: u8 = 8;

impl Wires {
    fn join(&mut self, x: usize, y: usize, bits: u8) {
        if x < self.width
            && let Some(cell) = self.bits.get_mut(y * self.width + x)
        {
            *cell |= bits;
        }
    }

    /// A cable from the right of one place to the left of another, with its vertical part in one column.
    fn cable(&mut self, from: (usize, usize), turn: usize, to: (usize, usize)) {
        for x in from.0..turn {
            self.join(x, from.1, LEFT | RIGHT);
        }
        for x in turn + 1..=to.0 {
            self.join(x, to.1, LEFT | RIGHT);
        }
        if from.1 == to.1 {
            self.join(turn, from.1, LEFT | RIGHT);
            return;
        }
        let (top, bottom) = (from.1.min(to.1), from.1.max(to.1));
        for y in top + 1..bottom {
            self.join(turn, y, UP | DOWN);
        }
        let down = to.1 > from.1;
        self.join(turn, from.1, LEFT | if down { DOWN } else { UP });
        self.join(turn, to.1, RIGHT | if down { UP } else { DOWN });
    }
}

/// Something in a layer: a node, or a cable that goes through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Node(usize),
    Through,
}

/// Lays nodes and their connections (from, to) out; frames of three rows where `framed`, else single rows.
pub fn plan(nodes: &[NodeBox], connections: &[(usize, usize)], framed: bool) -> Plan {
    let count = nodes.len().min(MOST);
    let edges: Vec<(usize, usize)> = connections
        .iter()
        .copied()
        .filter(|(from, to)| *from < count && *to < count && from != to)
        .collect();
    let depth = depths(count, &edges);
    // Slots of each layer, and links between slots of neighbouring layers.
    let layers_count = depth.iter().max().map_or(0, |most| most + 1);
    let mut layers: Vec<Vec<Slot>> = vec![Vec::new(); layers_count];
    let mut slot_of = vec![0; count];
    for node in 0..count {
        slot_of[node] = layers[depth[node]].len();
        layers[depth[node]].push(Slot::Node(node));
    }
    let mut links: Vec<Vec<(usize, usize)>> = vec![Vec::new(); layers_count];
    for (from, to) in edges.iter().filter(|(from, to)| depth[*from] < depth[*to]) {
        let mut at = slot_of[*from];
        for layer in depth[*from]..depth[*to] {
            let next = if layer + 1 == depth[*to] {
                slot_of[*to]
            } else {
                layers[layer + 1].push(Slot::Through);
                layers[layer + 1].len() - 1
            };
            links[layer].push((at, next));
            at = next;
        }
    }
    let ranks = arranged(&layers, &links);
    place(nodes, &layers, &links, &ranks, framed)
}

/// The longest way from a source to each node; rings are cut after as many steps as there are nodes.
fn depths(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut depth = vec![0; count];
    for _ in 0..count {
        let mut moved = false;
        for (from, to) in edges {
            let wanted = (depth[*from] + 1).min(count.saturating_sub(1));
            if depth[*to] < wanted {
                depth[*to] = wanted;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    // Layers that a cut ring left empty are taken out.
    let mut used: Vec<usize> = depth.clone();
    used.sort_unstable();
    used.dedup();
    depth.iter().map(|layer| used.binary_search(layer).unwrap_or(0)).collect()
}

/// The row of each slot in its layer, after some sweeps towards the middle of its neighbours.
fn arranged(layers: &[Vec<Slot>], links: &[Vec<(usize, usize)>]) -> Vec<Vec<usize>> {
    let mut ranks: Vec<Vec<usize>> =
        layers.iter().map(|layer| (0..layer.len()).collect()).collect();
    for sweep in 0..6 {
        let forward = sweep % 2 == 0;
        let order: Vec<usize> = if forward {
            (1..layers.len()).collect()
        } else {
            (0..layers.len().saturating_sub(1)).rev().collect()
        };
        for layer in order {
            let mut wishes: Vec<(f64, usize, usize)> = (0..layers[layer].len())
                .map(|slot| {
                    let neighbours: Vec<usize> = if forward {
                        let before = &links[layer - 1];
                        before
                            .iter()
                            .filter(|(_, to)| *to == slot)
                            .map(|(from, _)| ranks[layer - 1][*from])
                            .collect()
                    } else {
                        links[layer]
                            .iter()
                            .filter(|(from, _)| *from == slot)
                            .map(|(_, to)| ranks[layer + 1][*to])
                            .collect()
                    };
                    let own = ranks[layer][slot];
                    let wish = if neighbours.is_empty() {
                        own as f64
                    } else {
                        neighbours.iter().sum::<usize>() as f64 / neighbours.len() as f64
                    };
                    (wish, own, slot)
                })
                .collect();
            wishes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for (rank, (_, _, slot)) in wishes.into_iter().enumerate() {
                ranks[layer][slot] = rank;
            }
        }
    }
    ranks
}

fn place(
    nodes: &[NodeBox],
    layers: &[Vec<Slot>],
    links: &[Vec<(usize, usize)>],
    ranks: &[Vec<usize>],
    framed: bool,
) -> Plan {
    let (node_rows, gap) = if framed { (3, 0) } else { (1, 0) };
    let widths: Vec<usize> = layers
        .iter()
        .map(|layer| {
            let widest = layer.iter().map(|slot| match slot {
                Slot::Node(node) => nodes.get(*node).map_or(0, |node| wanted_width(node, framed)),
                Slot::Through => 1,
            });
            widest.max().unwrap_or(0)
        })
        .collect();
    // Rows of each layer, and the tallest of them, to which the others are centred.
    let rows_of = |slot: Slot| match slot {
        Slot::Node(_) => node_rows + gap,
        Slot::Through => 1,
    };
    let heights: Vec<usize> =
        layers.iter().map(|layer| layer.iter().map(|slot| rows_of(*slot)).sum()).collect();
    let height = heights.iter().copied().max().unwrap_or(0);
    let mut lefts = Vec::with_capacity(layers.len());
    let mut left = 0;
    for (layer, width) in widths.iter().enumerate() {
        lefts.push(left);
        let turns = links.get(layer).map_or(0, Vec::len);
        left += width + (turns + 2).clamp(3, 8);
    }
    let width = lefts.last().zip(widths.last()).map_or(0, |(left, width)| left + width);
    let mut plan = Plan {
        nodes: vec![Rect::default(); nodes.len()],
        wires: Wires { width, bits: vec![0; width * height] },
        width: columns(width),
        height: columns(height),
    };
    // The row on which cables reach each slot.
    let mut ports: Vec<Vec<usize>> = layers.iter().map(|layer| vec![0; layer.len()]).collect();
    for (layer, slots) in layers.iter().enumerate() {
        let mut by_rank: Vec<usize> = (0..slots.len()).collect();
        by_rank.sort_by_key(|slot| ranks[layer][*slot]);
        let mut y = (height - heights[layer]) / 2;
        for slot in by_rank {
            match slots[slot] {
                Slot::Node(node) => {
                    let area = Rect::new(
                        columns(lefts[layer]),
                        columns(y),
                        columns(widths[layer]),
                        columns(node_rows),
                    );
                    if let Some(place) = plan.nodes.get_mut(node) {
                        *place = area;
                    }
                    ports[layer][slot] = y + node_rows / 2;
                }
                Slot::Through => {
                    ports[layer][slot] = y;
                    for x in lefts[layer]..lefts[layer] + widths[layer] {
                        plan.wires.join(x, y, LEFT | RIGHT);
                    }
                }
            }
            y += rows_of(slots[slot]);
        }
    }
    for (layer, links) in links.iter().enumerate() {
        let Some(next) = lefts.get(layer + 1) else { break };
        let start = lefts[layer] + widths[layer];
        let room = next.saturating_sub(start);
        for (from, to) in links {
            // Cables of one source share a column, so that a fan is one tree and not a plait.
            let turn = start + 1 + ranks[layer][*from] % room.saturating_sub(2).max(1);
            plan.wires.cable((start, ports[layer][*from]), turn, (next - 1, ports[layer + 1][*to]));
        }
    }
    plan
}

fn wanted_width(node: &NodeBox, framed: bool) -> usize {
    let title = measure::width(&node.title).min(18);
    let kind = measure::width(&node.kind).min(18);
    if framed { title.max(kind) + 2 } else { title + 2 }
}

impl Plan {
    /// Draws it into an area, from a corner of the drawing on. `chosen` is drawn as the one with the focus.
    pub fn draw(
        &self,
        pen: &mut Pen<'_>,
        area: Rect,
        from: (u16, u16),
        nodes: &[NodeBox],
        chosen: Option<usize>,
    ) {
        let area = area.intersection(pen.area());
        for row in 0..area.height {
            for column in 0..area.width {
                let (x, y) = (usize::from(column + from.0), usize::from(row + from.1));
                if x >= self.wires.width {
                    break;
                }
                let bits = self.wires.bits.get(y * self.wires.width + x).copied().unwrap_or(0);
                if bits != 0 {
                    pen.mark(area.x + column, area.y + row, wire(bits), Scope::Cable);
                }
            }
        }
        for (index, (place, node)) in self.nodes.iter().zip(nodes).enumerate() {
            let is_chosen = chosen == Some(index);
            let (Some(x), Some(y)) = (place.x.checked_sub(from.0), place.y.checked_sub(from.1))
            else {
                continue;
            };
            if x + place.width > area.width || y + place.height > area.height {
                continue;
            }
            let at = Rect::new(area.x + x, area.y + y, place.width, place.height);
            let scope = if is_chosen { Scope::BorderFocus } else { Scope::Border };
            if at.height < 3 {
                let (open, close) = if is_chosen { ("▸", "◂") } else { ("[", "]") };
                pen.text(at.x, at.y, 1, open, scope);
                pen.text(at.x + 1, at.y, at.width.saturating_sub(2), &node.title, Scope::Node);
                pen.text(at.right().saturating_sub(1), at.y, 1, close, scope);
                continue;
            }
            let inside = pen.frame(at, "", scope, scope);
            pen.text(
                inside.x,
                at.y,
                inside.width,
                &node.title,
                if is_chosen { Scope::Strong } else { Scope::Node },
            );
            pen.text(inside.x, inside.y, inside.width, &node.kind, Scope::Dim);
            if is_chosen {
                pen.mark(at.x, inside.y, '▸', scope);
            }
        }
    }
}

fn wire(bits: u8) -> char {
    const GLYPHS: [char; 16] =
        [' ', '│', '─', '╰', '│', '│', '╭', '├', '─', '╯', '─', '┴', '╮', '┤', '┬', '┼'];
    GLYPHS.get(usize::from(bits & 15)).copied().unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::Glyphs;
    use crate::tui::theme::Theme;
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;

    fn boxes(titles: &[&str]) -> Vec<NodeBox> {
        titles
            .iter()
            .map(|title| NodeBox { title: (*title).to_owned(), kind: String::new() })
            .collect()
    }

    fn drawn(titles: &[&str], connections: &[(usize, usize)]) -> Vec<String> {
        let nodes = boxes(titles);
        let plan = plan(&nodes, connections, false);
        let area = Rect::new(0, 0, plan.width, plan.height);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        plan.draw(&mut Pen::new(&mut buffer, &theme, Glyphs::Braille), area, (0, 0), &nodes, None);
        let rows = buffer.content().chunks(usize::from(plan.width));
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>()).collect()
    }

    #[test]
    fn cables_join_their_nodes() {
        assert_eq!(drawn(&["a", "b", "c"], &[(0, 1), (1, 2)]), ["[a]───[b]───[c]"]);
        assert_eq!(
            drawn(&["a", "b", "mix"], &[(0, 2), (1, 2)]),
            ["[a]──┬─[mix]", "[b]──╯"].map(|row| format!("{row:<12}"))
        );
    }

    #[test]
    fn a_long_cable_has_a_row_of_its_own() {
        let rows = drawn(&["a", "fx", "out"], &[(0, 1), (1, 2), (0, 2)]);
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().any(|row| row.contains("────────")), "{rows:?}");
    }

    proptest! {
        #[test]
        fn any_graph_has_a_plan_without_nodes_on_each_other(
            count in 0usize..24,
            connections in proptest::collection::vec((0usize..26, 0usize..26), 0..60),
            framed in any::<bool>(),
        ) {
            let nodes: Vec<NodeBox> =
                (0..count).map(|n| NodeBox { title: format!("n{n}"), kind: "kind".to_owned() }).collect();
            let plan = plan(&nodes, &connections, framed);
            for (index, a) in plan.nodes.iter().enumerate() {
                prop_assert!(a.right() <= plan.width && a.bottom() <= plan.height);
                for b in plan.nodes.iter().skip(index + 1) {
                    prop_assert!(!a.intersects(*b), "{a:?} {b:?}");
                }
            }
            let area = Rect::new(0, 0, 30, 12);
            let mut buffer = Buffer::empty(area);
            let theme = Theme::default();
            plan.draw(&mut Pen::new(&mut buffer, &theme, Glyphs::Braille), area, (3, 2), &nodes, Some(1));
        }
    }
}
