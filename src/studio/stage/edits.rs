//! Changes of a graph, each from one graph to the next: what a call wants, checked and written down. Pure; nothing plays.

use crate::engine::node::Descriptor;
use crate::engine::nodes::Registry;
use crate::model::graph::{Connection, Endpoint, GraphSpec, NodeSpec};
use crate::protocol::graph::{
    GraphConnectParams, GraphDisconnectParams, NodeAddParams, NodeSetParamParams,
};
use crate::util::text;

use super::check;
use super::error::StageError;
use super::history::Moved;

/// The node that is heard.
pub const OUT: &str = "out";

/// A graph that is wanted, and what leads there, in words for the undo list.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The whole graph.
    pub graph: GraphSpec,
    /// Such as `add keys`.
    pub label: String,
}

/// The graph at the beginning: nothing but the end.
pub fn empty() -> GraphSpec {
    let mut graph = GraphSpec::default();
    graph.add(OUT, "mix.bus");
    graph
}

/// `graph/set`. A graph of nothing at all is silence, to which nodes can be added.
pub fn replace(wanted: GraphSpec, registry: &Registry) -> Result<Edit, StageError> {
    check::graph(&wanted, registry)?;
    let graph = if wanted == GraphSpec::default() { empty() } else { wanted };
    Ok(Edit { graph, label: "replace the graph".to_owned() })
}

/// `graph/connect`.
pub fn connect(
    graph: &GraphSpec,
    params: &GraphConnectParams,
    registry: &Registry,
) -> Result<Edit, StageError> {
    let from = port(graph, &params.from, Side::Output, registry)?;
    let to = port(graph, &params.to, Side::Input, registry)?;
    check::level(&params.from, &params.to, params.gain_db)?;
    let mut graph = graph.clone();
    let label = format!("connect {} to {}", from.node, to.node);
    match graph.connections.iter_mut().find(|cable| cable.from == from && cable.to == to) {
        Some(cable) => cable.gain_db = params.gain_db,
        None => graph.connections.push(Connection { from, to, gain_db: params.gain_db }),
    }
    check::count("connections", graph.connections.len(), check::MOST_CONNECTIONS)?;
    Ok(Edit { graph, label })
}

/// `graph/disconnect`. Several connections between the same ports go together.
pub fn disconnect(
    graph: &GraphSpec,
    params: &GraphDisconnectParams,
    registry: &Registry,
) -> Result<Edit, StageError> {
    let from = port(graph, &params.from, Side::Output, registry)?;
    let to = port(graph, &params.to, Side::Input, registry)?;
    let mut graph = graph.clone();
    let before = graph.connections.len();
    graph.connections.retain(|cable| cable.from != from || cable.to != to);
    if graph.connections.len() == before {
        return Err(StageError::NotConnected {
            from: check::shown(&params.from),
            to: check::shown(&params.to),
        });
    }
    Ok(Edit { graph, label: format!("disconnect {} from {}", from.node, to.node) })
}

/// `node/add`.
pub fn add(
    graph: &GraphSpec,
    params: &NodeAddParams,
    registry: &Registry,
) -> Result<Edit, StageError> {
    let spec = NodeSpec {
        id: params.id.clone(),
        kind: params.kind.clone(),
        params: params.params.clone(),
        config: params.config.clone(),
    };
    check::node(&spec, registry)?;
    if graph.nodes.iter().any(|node| node.id == spec.id) {
        return Err(StageError::NodeExists { node: spec.id });
    }
    let mut graph = graph.clone();
    graph.nodes.push(spec);
    check::count("nodes", graph.nodes.len(), check::MOST_NODES)?;
    let label = format!("add {}", params.id);
    match &params.to {
        None => Ok(Edit { graph, label }),
        Some(to) => {
            let cable =
                GraphConnectParams { from: params.id.clone(), to: to.clone(), gain_db: 0.0 };
            Ok(Edit { graph: connect(&graph, &cable, registry)?.graph, label })
        }
    }
}

/// `node/remove`.
pub fn remove(graph: &GraphSpec, id: &str) -> Result<Edit, StageError> {
    node(graph, id)?;
    if id == OUT {
        return Err(StageError::OutStays);
    }
    let mut graph = graph.clone();
    graph.nodes.retain(|node| node.id != id);
    graph.connections.retain(|cable| cable.from.node != id && cable.to.node != id);
    Ok(Edit { graph, label: format!("remove {id}") })
}

/// `node/set_state`.
pub fn set_state(
    graph: &GraphSpec,
    state: &NodeSpec,
    registry: &Registry,
) -> Result<Edit, StageError> {
    let current = node(graph, &state.id)?;
    if current.kind != state.kind {
        return Err(StageError::OtherKind {
            node: state.id.clone(),
            kind: current.kind.clone(),
            other: check::shown(&state.kind),
        });
    }
    let mut state = state.clone();
    if state.kind == super::solo::CHANNEL {
        // A state that was read from a channel tells whether it was silenced, but that follows from the others.
        state.params.remove(super::solo::SILENCED);
    }
    check::node(&state, registry)?;
    let label = format!("set the state of {}", state.id);
    let mut graph = graph.clone();
    for node in graph.nodes.iter_mut().filter(|node| node.id == state.id) {
        node.clone_from(&state);
    }
    Ok(Edit { graph, label })
}

/// `node/get_state`: a node with every param and config key, defaults included.
pub fn state(graph: &GraphSpec, id: &str, registry: &Registry) -> Result<NodeSpec, StageError> {
    let mut state = node(graph, id)?.clone();
    let descriptor = check::kind(&state, registry)?;
    for param in descriptor.params {
        state.params.entry(param.id.to_owned()).or_insert_with(|| f64::from(param.default));
    }
    for config in descriptor.config {
        state.config.entry(config.id.to_owned()).or_insert_with(|| config.default.to_owned());
    }
    Ok(state)
}

/// `node/set_param`: the movement that is wanted.
pub fn movement(
    graph: &GraphSpec,
    params: &NodeSetParamParams,
    registry: &Registry,
) -> Result<Moved, StageError> {
    let node = node(graph, &params.id)?;
    let descriptor = check::kind(node, registry)?;
    check::param(node, descriptor, &params.param, params.value)?;
    Ok(Moved {
        node: node.id.clone(),
        param: params.param.clone(),
        before: node.params.get(&params.param).copied(),
        after: Some(params.value),
    })
}

/// The value that a param has in a graph, its default included.
pub fn value(graph: &GraphSpec, id: &str, param: &str, registry: &Registry) -> Option<f64> {
    let node = graph.nodes.iter().find(|node| node.id == id)?;
    node.params.get(param).copied().or_else(|| {
        let descriptor = registry.find(&node.kind)?.descriptor;
        descriptor.params.iter().find(|p| p.id == param).map(|p| f64::from(p.default))
    })
}

/// A node by its id.
pub fn node<'a>(graph: &'a GraphSpec, id: &str) -> Result<&'a NodeSpec, StageError> {
    graph.nodes.iter().find(|node| node.id == id).ok_or_else(|| StageError::NoNode {
        node: check::shown(id),
        similar: text::nearest(id, graph.nodes.iter().map(|node| node.id.as_str()))
            .map(str::to_owned),
    })
}

/// Which ports are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Input,
    Output,
}

impl Side {
    fn ports(self, descriptor: &Descriptor) -> &'static [&'static str] {
        match self {
            Self::Input => descriptor.inputs,
            Self::Output => descriptor.outputs,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }
}

/// A port that was named `node:port`, or as the node alone.
fn port(
    graph: &GraphSpec,
    name: &str,
    side: Side,
    registry: &Registry,
) -> Result<Endpoint, StageError> {
    let (id, wanted) = match name.split_once(':') {
        Some((id, port)) => (id, Some(port)),
        None => (name, None),
    };
    let node = node(graph, id)?;
    let known = side.ports(check::kind(node, registry)?);
    let found = match wanted {
        Some(port) => known.iter().find(|known| **known == port),
        None => known.first(),
    };
    match found {
        Some(port) => Ok(Endpoint { node: id.to_owned(), port: (*port).to_owned() }),
        None => Err(StageError::NoPort {
            node: id.to_owned(),
            kind: node.kind.clone(),
            direction: side.word(),
            port: check::shown(wanted.unwrap_or_default()),
            known: known.join(", "),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn registry() -> Registry {
        Registry::built_in()
    }

    fn cable(from: &str, to: &str, gain_db: f64) -> GraphConnectParams {
        GraphConnectParams { from: from.into(), to: to.into(), gain_db }
    }

    fn with_keys() -> GraphSpec {
        let wish = NodeAddParams {
            id: "keys".into(),
            kind: "keys.rhodes".into(),
            to: Some("out".into()),
            ..NodeAddParams::default()
        };
        add(&empty(), &wish, &registry()).unwrap().graph
    }

    #[test]
    fn a_node_comes_with_its_connection_and_goes_with_it() {
        let graph = with_keys();
        assert_eq!(graph.connections.len(), 1);
        assert_eq!(graph.connections[0].to, Endpoint { node: "out".into(), port: "in".into() });
        let removed = remove(&graph, "keys").unwrap();
        assert_eq!((removed.graph, removed.label.as_str()), (empty(), "remove keys"));
        assert_eq!(remove(&graph, "out"), Err(StageError::OutStays));
        let wish =
            NodeAddParams { id: "keys".into(), kind: "mix.bus".into(), ..Default::default() };
        let error = add(&graph, &wish, &registry()).unwrap_err();
        assert_eq!(error, StageError::NodeExists { node: "keys".into() });
        assert_eq!(remove(&graph, "kesy").unwrap_err().hint(), "did you mean 'keys'?");
    }

    #[test]
    fn connecting_again_changes_the_level_and_ports_can_be_named() {
        let mut graph = with_keys();
        graph.add("duck", "dyn.compressor");
        let again = connect(&graph, &cable("keys", "out:in", -6.0), &registry()).unwrap().graph;
        assert_eq!((again.connections.len(), again.connections[0].gain_db), (1, -6.0));
        let keyed = connect(&graph, &cable("keys:out", "duck:sidechain", 0.0), &registry());
        assert_eq!(keyed.unwrap().graph.connections[1].to.port, "sidechain");
        let error = connect(&graph, &cable("keys", "duck:key", 0.0), &registry()).unwrap_err();
        assert_eq!(error.hint(), "its inputs: in, sidechain");
        let error = connect(&graph, &cable("out", "keys", 0.0), &registry()).unwrap_err();
        assert_eq!(error.hint(), "this type has no inputs");
        let error = connect(&graph, &cable("keys", "out", f64::NAN), &registry()).unwrap_err();
        assert!(matches!(error, StageError::OutOfRange { .. }));
        let wish =
            |from: &str, to: &str| GraphDisconnectParams { from: from.into(), to: to.into() };
        let apart = disconnect(&graph, &wish("keys", "out"), &registry()).unwrap().graph;
        assert!(apart.connections.is_empty());
        let error = disconnect(&apart, &wish("keys", "out"), &registry()).unwrap_err();
        assert!(matches!(error, StageError::NotConnected { .. }));
    }

    #[test]
    fn a_state_holds_every_param_and_brings_it_back() {
        let graph = with_keys();
        let kept = state(&graph, "keys", &registry()).unwrap();
        let descriptor = registry().find("keys.rhodes").unwrap().descriptor;
        assert_eq!(kept.params.len(), descriptor.params.len());
        assert_eq!(kept.config.len(), descriptor.config.len());
        let mut other = kept.clone();
        other.params = BTreeMap::from([("gain_db".to_owned(), -12.0)]);
        let edit = set_state(&graph, &other, &registry()).unwrap();
        assert_eq!(value(&edit.graph, "keys", "gain_db", &registry()), Some(-12.0));
        let back = set_state(&edit.graph, &kept, &registry()).unwrap().graph;
        assert_eq!(state(&back, "keys", &registry()), Ok(kept.clone()));
        other.kind = "mix.bus".into();
        let error = set_state(&graph, &other, &registry()).unwrap_err();
        assert!(matches!(error, StageError::OtherKind { .. }));
    }

    #[test]
    fn a_movement_knows_what_was_there() {
        let mut graph = with_keys();
        let wish = |value| NodeSetParamParams {
            id: "keys".into(),
            param: "gain_db".into(),
            value,
            gesture: None,
        };
        assert_eq!(movement(&graph, &wish(-3.0), &registry()).unwrap().before, None);
        graph.nodes[1].param("gain_db", -9.0);
        assert_eq!(movement(&graph, &wish(-3.0), &registry()).unwrap().before, Some(-9.0));
        let error = movement(&graph, &wish(99.0), &registry()).unwrap_err();
        assert_eq!(error.to_string(), "'gain_db' of 'keys' can't be 99: -60 to 12");
    }
}
