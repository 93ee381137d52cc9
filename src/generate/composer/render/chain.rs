//! Puts a preset's chain between the mix and the end of the graph.

use crate::model::graph::{Connection, GraphSpec};

/// What the mix is called once the chain stands after it.
const MIX: &str = "mix";

/// The graph with the chain after its mix. In the chain, the node `in` is the mix and `out` is what leaves; all its other
/// nodes get the prefix `chain.`. A connection from a chain without `in` or without one to `out` is an error, in words.
pub(super) fn spliced(graph: &GraphSpec, chain: &GraphSpec) -> Result<GraphSpec, String> {
    let reads = chain.connections.iter().any(|c| c.from.node == "in");
    let leaves = chain.connections.iter().any(|c| c.to.node == "out");
    if !reads || !leaves {
        let missing = if reads { "leads to 'out'" } else { "starts at 'in'" };
        return Err(format!("nothing in the preset's chain {missing}"));
    }
    let mut whole = graph.clone();
    for node in &mut whole.nodes {
        if node.id == "out" {
            MIX.clone_into(&mut node.id);
        }
    }
    let mixed = |cable: &mut Connection| {
        for end in [&mut cable.from, &mut cable.to] {
            if end.node == "out" {
                MIX.clone_into(&mut end.node);
            }
        }
    };
    whole.connections.iter_mut().for_each(mixed);
    let named = |id: &str| match id {
        "in" => MIX.to_owned(),
        "out" => "out".to_owned(),
        other => format!("chain.{other}"),
    };
    for node in chain.nodes.iter().filter(|node| node.id != "in") {
        let mut node = node.clone();
        node.id = named(&node.id);
        whole.nodes.push(node);
    }
    if !whole.nodes.iter().any(|node| node.id == "out") {
        whole.add("out", "mix.bus");
    }
    for cable in &chain.connections {
        let mut cable = cable.clone();
        cable.from.node = named(&cable.from.node);
        cable.to.node = named(&cable.to.node);
        whole.connections.push(cable);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_stands_between_the_mix_and_the_end() {
        let mut graph = GraphSpec::default();
        graph.add("bass", "bass.sub");
        graph.add("out", "mix.bus");
        graph.connect("bass", "out");
        let mut chain = GraphSpec::default();
        chain.add("tape", "fx.tape").param("wow", 0.2);
        chain.connect("in", "tape");
        chain.connect("tape", "out");
        let whole = spliced(&graph, &chain).unwrap();
        let ids = whole.nodes.iter().map(|n| n.id.as_str()).collect::<Vec<_>>();
        assert_eq!(ids, ["bass", "mix", "chain.tape", "out"]);
        let ways = whole
            .connections
            .iter()
            .map(|c| format!("{}>{}", c.from.node, c.to.node))
            .collect::<Vec<_>>();
        assert_eq!(ways, ["bass>mix", "mix>chain.tape", "chain.tape>out"]);
    }

    #[test]
    fn a_chain_that_leads_nowhere_is_refused() {
        let mut chain = GraphSpec::default();
        chain.add("tape", "fx.tape");
        chain.connect("in", "tape");
        assert!(spliced(&GraphSpec::default(), &chain).unwrap_err().contains("'out'"));
    }
}
