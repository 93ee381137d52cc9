//! Solo: which channels of the mixer are silent because others are soloed. Pure.
//!
//! A channel knows its own solo switch only. So whoever owns the graph works out who is silenced and tells each channel
//! through its param `silenced`. What a soloed channel feeds (its bus, the return of its reverb) stays open, and so does
//! what feeds it; else a soloed voice would have no way to the ear, and a soloed bus would have nothing to play.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::graph::GraphSpec;

/// The type of node that can be soloed.
pub const CHANNEL: &str = "mix.channel";
/// Its switch.
pub const SOLO: &str = "solo";
/// The param that this module works out.
pub const SILENCED: &str = "silenced";

/// Whether each channel of a graph is silenced by the solo of others.
pub fn silenced(graph: &GraphSpec) -> BTreeMap<&str, bool> {
    let channels = graph.nodes.iter().filter(|node| node.kind == CHANNEL);
    let is_soloed = |node: &&crate::model::graph::NodeSpec| {
        node.params.get(SOLO).is_some_and(|switch| *switch >= 0.5)
    };
    let soloed =
        channels.clone().filter(is_soloed).map(|node| node.id.as_str()).collect::<BTreeSet<_>>();
    let open = if soloed.is_empty() { BTreeSet::new() } else { reach(graph, &soloed) };
    channels
        .map(|node| (node.id.as_str(), !soloed.is_empty() && !open.contains(node.id.as_str())))
        .collect()
}

/// The graph with the param `silenced` of every channel set as the solo switches want it.
pub fn applied(graph: &GraphSpec) -> GraphSpec {
    let mut applied = graph.clone();
    let silenced = silenced(graph);
    for node in &mut applied.nodes {
        if let Some(silent) = silenced.get(node.id.as_str()) {
            node.params.insert(SILENCED.to_owned(), f64::from(u8::from(*silent)));
        }
    }
    applied
}

/// Everything upstream or downstream of some nodes, themselves included.
fn reach<'a>(graph: &'a GraphSpec, from: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut after: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut before: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for cable in &graph.connections {
        after.entry(&cable.from.node).or_default().push(&cable.to.node);
        before.entry(&cable.to.node).or_default().push(&cable.from.node);
    }
    let mut all = BTreeSet::new();
    for next in [&after, &before] {
        let mut seen = from.clone();
        let mut waiting = from.iter().copied().collect::<Vec<_>>();
        while let Some(node) = waiting.pop() {
            for neighbour in next.get(node).into_iter().flatten() {
                if seen.insert(neighbour) {
                    waiting.push(neighbour);
                }
            }
        }
        all.extend(seen);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drums and keys into a band bus, keys with a send to a hall, voice beside them; everything is a channel.
    fn mixer(soloed: &[&str]) -> GraphSpec {
        let mut graph = GraphSpec::default();
        for id in ["drums", "keys", "voice", "band", "hall"] {
            let node = graph.add(id, CHANNEL);
            if soloed.contains(&id) {
                node.param(SOLO, 1.0);
            }
        }
        graph.add("space", "fx.reverb");
        graph.add("out", "mix.bus");
        for (from, to) in [
            ("drums", "band"),
            ("keys", "band"),
            ("keys", "space"),
            ("space", "hall"),
            ("band", "out"),
            ("hall", "out"),
            ("voice", "out"),
        ] {
            graph.connect(from, to);
        }
        graph
    }

    fn heard(soloed: &[&str]) -> Vec<String> {
        let graph = mixer(soloed);
        let silenced = silenced(&graph);
        silenced.iter().filter(|(_, silent)| !**silent).map(|(id, _)| (*id).to_owned()).collect()
    }

    #[test]
    fn without_a_solo_all_are_heard() {
        assert_eq!(heard(&[]), ["band", "drums", "hall", "keys", "voice"]);
    }

    #[test]
    fn a_soloed_channel_is_heard_with_its_bus_and_its_return() {
        assert_eq!(heard(&["keys"]), ["band", "hall", "keys"]);
        assert_eq!(heard(&["drums"]), ["band", "drums"]);
        assert_eq!(heard(&["voice", "drums"]), ["band", "drums", "voice"]);
    }

    #[test]
    fn a_soloed_bus_is_heard_with_what_feeds_it() {
        assert_eq!(heard(&["band"]), ["band", "drums", "keys"]);
        assert_eq!(heard(&["hall"]), ["hall", "keys"]);
    }

    #[test]
    fn the_graph_is_told_and_otherwise_as_it_was() {
        let graph = mixer(&["voice"]);
        let mut applied = applied(&graph);
        let of = |graph: &GraphSpec, id: &str| {
            graph.nodes.iter().find(|n| n.id == id).and_then(|n| n.params.get(SILENCED).copied())
        };
        assert_eq!((of(&applied, "drums"), of(&applied, "voice")), (Some(1.0), Some(0.0)));
        assert_eq!(of(&applied, "out"), None);
        for node in &mut applied.nodes {
            node.params.remove(SILENCED);
        }
        assert_eq!(applied, graph);
    }
}
