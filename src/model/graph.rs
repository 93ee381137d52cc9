//! The wanted shape of a signal graph, as plain data. The engine compiles it into a plan; presets and the wire carry it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Nodes and the connections between their ports. The node with id `out` (any type with an audio output) is what is heard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GraphSpec {
    /// The nodes, in the order in which they were added; the order has no meaning for the sound.
    pub nodes: Vec<NodeSpec>,
    /// The connections. Several into one input are summed in this order.
    #[serde(default)]
    pub connections: Vec<Connection>,
}

/// One node: a unique id, a type, and where its params and config differ from the type's defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeSpec {
    /// Unique within the graph, such as `bass` or `bass.eq`.
    pub id: String,
    /// The type's id, such as `keys.rhodes`; `timbre nodes` lists them.
    pub kind: String,
    /// Param values by param id, in the param's unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, f64>,
    /// Settings that are fixed for the node's life, such as a seed or a kit variant.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, String>,
}

/// A cable between two audio ports (stereo each).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// Where it comes from; port `out` unless told.
    pub from: Endpoint,
    /// Where it goes; port `in` unless told, `sidechain` for a key input.
    pub to: Endpoint,
    /// Level in dB, 0 unless told. A send is a connection with a level.
    #[serde(default)]
    pub gain_db: f64,
}

/// A port of a node. Text form: `node:port`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// The node's id.
    pub node: String,
    /// The port's id.
    pub port: String,
}

impl GraphSpec {
    /// Adds a node and gives it back for setting params.
    pub fn add(&mut self, id: impl Into<String>, kind: impl Into<String>) -> &mut NodeSpec {
        self.nodes.push(NodeSpec {
            id: id.into(),
            kind: kind.into(),
            params: BTreeMap::new(),
            config: BTreeMap::new(),
        });
        let last = self.nodes.len() - 1;
        &mut self.nodes[last]
    }

    /// Connects `out` of one node to `in` of another at 0 dB.
    pub fn connect(&mut self, from: &str, to: &str) {
        self.connect_ports((from, "out"), (to, "in"), 0.0);
    }

    /// Connects any two ports at a level in dB.
    pub fn connect_ports(&mut self, from: (&str, &str), to: (&str, &str), gain_db: f64) {
        let endpoint =
            |(node, port): (&str, &str)| Endpoint { node: node.to_owned(), port: port.to_owned() };
        self.connections.push(Connection { from: endpoint(from), to: endpoint(to), gain_db });
    }
}

impl NodeSpec {
    /// Sets a param, in its unit.
    pub fn param(&mut self, id: &str, value: f64) -> &mut Self {
        self.params.insert(id.to_owned(), value);
        self
    }

    /// Sets a config value.
    pub fn config(&mut self, id: &str, value: impl Into<String>) -> &mut Self {
        self.config.insert(id.to_owned(), value.into());
        self
    }
}
