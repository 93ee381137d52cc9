//! Params and responses of `graph/*` and `node/*`: the graph that plays now, its nodes, and the types that there are.
//!
//! Where a port is named, `node:port` or the node alone will do; alone it means the node's first output or first input.
//! Every change is checked in full before anything is touched: if a call fails, the sound goes on as it was.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::graph::{GraphSpec, NodeSpec};
use crate::model::node_data::NodeData;

/// Params of `graph/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphGetParams {}

/// Params of `graph/set`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphSetParams {
    /// The graph that is to play: at most 4,096 nodes and 16,384 connections, without loops, with a node `out`; an empty
    /// one is silence. Running nodes with the same id, type and config go on with their sound; what is gone fades out in
    /// 5 ms.
    pub graph: GraphSpec,
}

/// Params of `graph/connect`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphConnectParams {
    /// Where the sound comes from: `node:output`, or the node alone for its first output.
    pub from: String,
    /// Where it goes: `node:input`, or the node alone for its first input.
    pub to: String,
    /// Level in dB, -120 to 24; 0 where open. Connecting what is connected changes the level.
    #[serde(default)]
    pub gain_db: f64,
}

/// Params of `graph/disconnect`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphDisconnectParams {
    /// Where the sound comes from: `node:output`, or the node alone for its first output.
    pub from: String,
    /// Where it goes: `node:input`, or the node alone for its first input.
    pub to: String,
}

/// Params of `graph/undo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphUndoParams {}

/// Params of `graph/redo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphRedoParams {}

/// Response of `graph/*`, `node/add`, `node/remove` and `node/set_state`: the graph as it plays now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GraphResponse {
    /// The graph, with every param that was moved since.
    pub graph: GraphSpec,
    /// Grows with every change of the graph, from 0.
    pub revision: u64,
    /// What `graph/undo` would take back, in words; `null` where there is nothing.
    pub undo: Option<String>,
    /// What `graph/redo` would do again, in words; `null` where there is nothing.
    pub redo: Option<String>,
    /// Frames by which the sound at `out` lags behind its schedule, because of nodes that look ahead.
    pub latency_frames: u32,
}

/// Params of `node/add`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeAddParams {
    /// Its id, unique in the graph: letters, digits, `.`, `-` and `_`, at most 64.
    pub id: String,
    /// Its type, such as `keys.rhodes`; `node/list_types` lists them.
    pub kind: String,
    /// Params that differ from the type's defaults, by param id, in the param's unit.
    #[serde(default)]
    pub params: BTreeMap<String, f64>,
    /// Settings that hold for the node's life, by id.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// Where its first output is connected to, as in `graph/connect`; nowhere where open.
    #[serde(default)]
    pub to: Option<String>,
}

/// Params of `node/remove`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeRemoveParams {
    /// The node. Its connections go with it; `out` can't be removed.
    pub id: String,
}

/// Params of `node/set_param`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeSetParamParams {
    /// The node.
    pub id: String,
    /// The param.
    pub param: String,
    /// The value, in the param's unit and within its range. It is reached smoothly, in about 10 ms.
    pub value: f64,
    /// Names a movement of the hand, such as one drag of a fader: all values with one name are undone at once. Where
    /// open, values of one param that come within a second of each other are one movement.
    #[serde(default)]
    pub gesture: Option<String>,
}

/// Response of `node/set_param`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeSetParamResponse {
    /// The value that the param has now.
    pub value: f64,
    /// Revision of the graph.
    pub revision: u64,
}

/// Params of `node/get_state`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeGetStateParams {
    /// The node.
    pub id: String,
}

/// Response of `node/get_state`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeGetStateResponse {
    /// The node with the value of every param and config key, defaults included.
    pub state: NodeSpec,
}

/// Params of `node/set_state`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeSetStateParams {
    /// A state as `node/get_state` gives it. The type must be the node's own. Params that are left out go to their
    /// defaults; another config builds the node anew.
    pub state: NodeSpec,
}

/// Params of `node/data`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeDataParams {
    /// The node: a meter, spectrum, scope, history, switch, player, recorder, channel, or an effect that measures.
    pub id: String,
    /// How many points of a curve or a history can be shown, at most 4,096; 0 where open, for the latest values alone.
    #[serde(default)]
    pub points: u32,
}

/// Response of `node/data`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeDataResponse {
    /// The node.
    pub id: String,
    /// What it tells.
    pub data: NodeData,
}

/// Params of `node/list_types`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NodeListTypesParams {
    /// Only this category, such as `effect`.
    pub category: Option<String>,
    /// Only types whose id begins with this, such as `fx.` or `keys.rhodes`.
    pub prefix: Option<String>,
}

/// Response of `node/list_types`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeListTypesResponse {
    /// The types.
    pub types: Vec<NodeTypeInfo>,
}

/// A type of node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeTypeInfo {
    /// Id, such as `keys.rhodes`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// `drums`, `instrument`, `texture`, `effect`, `mix`, `measure` or `source`.
    pub category: String,
    /// What it is, in one or two sentences.
    pub doc: String,
    /// Who made it.
    pub author: String,
    /// Goes up when the same params sound different.
    pub version: u32,
    /// Its inputs, all stereo; the first is the main one.
    pub inputs: Vec<String>,
    /// Its outputs, all stereo; the first is the main one.
    pub outputs: Vec<String>,
    /// Whether it plays notes.
    pub takes_notes: bool,
    /// What can be moved while it plays.
    pub params: Vec<ParamInfo>,
    /// What is set when it is made.
    pub config: Vec<ConfigInfo>,
}

/// A param of a type of node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ParamInfo {
    /// Id, such as `cutoff`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// `none`, `percent`, `decibel`, `hertz`, `seconds`, `milliseconds`, `semitones`, `cents`, `beats` or `switch`.
    pub unit: String,
    /// Smallest value.
    pub min: f32,
    /// Largest value.
    pub max: f32,
    /// Value where none is given.
    pub default: f32,
    /// What it does.
    pub doc: String,
}

/// A config key of a type of node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigInfo {
    /// Id, such as `file`.
    pub id: String,
    /// Value where none is given.
    pub default: String,
    /// What it sets, and to which values.
    pub doc: String,
}
