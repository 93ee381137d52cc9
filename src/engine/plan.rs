//! Compiles a [`GraphSpec`] into a [`Plan`], off the audio thread: checks it, orders the nodes, gives their outputs
//! buffers, compensates latencies, and builds every processor together with its handle.
//!
//! A plan is topology (`Step`s) beside the nodes that run it, keyed by id, so that a later plan can take over running
//! nodes of an earlier one. It does not run anything itself: see [`super::processor`] and [`super::offline`].

pub(crate) mod order;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::assets::{Assets, NO_ASSETS};
use super::node::{BuildContext, BuildError, Descriptor, Handle, NodeType, Processor, Settings};
use super::nodes::Registry;
use super::runner::{MAX_PORTS, Runner};
use super::wiring::{Origin, Wiring};
use crate::model::graph::{Endpoint, GraphSpec, NodeSpec};
use crate::model::units::{SampleRate, Seed, db_to_gain};

/// The id of the node that is heard.
pub const OUT: &str = "out";

/// Most nodes of a graph.
pub const MOST_NODES: usize = 4_096;
/// Most connections of a graph.
pub const MOST_CONNECTIONS: usize = 16_384;

/// Longest latency of a path that is compensated, in frames (10 s at 48 kHz).
const MAX_LATENCY: u32 = 480_000;

/// A graph that is ready to run at a sample rate. Owned by a processor or by the offline driver.
pub struct Plan {
    pub(crate) sample_rate: SampleRate,
    /// In running order.
    pub(crate) steps: Vec<Step>,
    /// Beside `steps`.
    pub(crate) runners: Vec<Runner>,
    /// Block buffers that the steps share.
    pub(crate) slots: usize,
    /// Position of the node `out`.
    pub(crate) out: usize,
    latency: u32,
}

/// What is built together with a plan: the control half of each node, in the plan's running order. A handle's position
/// is the node's number in the plan.
pub type Handles = Vec<Handle>;

/// Where a node stands in a plan: what it reads and where it writes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// The node's id.
    pub(crate) id: String,
    /// For each input port, what is summed into it, in connection order.
    pub(crate) inputs: Vec<Vec<Feed>>,
    /// For each output port, its buffer.
    pub(crate) outputs: Vec<usize>,
}

/// One connection, as its reader sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Feed {
    /// Number of the node that is read.
    pub(crate) node: usize,
    /// Its output port.
    pub(crate) port: usize,
    /// The buffer of that port.
    pub(crate) slot: usize,
    /// Linear gain.
    pub(crate) gain: f32,
    /// Frames that this path is held back, so that all paths into the node arrive together.
    pub(crate) delay: u32,
}

impl Plan {
    /// Frames per second.
    pub fn sample_rate(&self) -> SampleRate {
        self.sample_rate
    }

    /// Frames by which `out` lags behind the score: the latency of the slowest path.
    pub fn latency(&self) -> u32 {
        self.latency
    }

    /// Ids of the nodes, in running order.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.id.as_str())
    }

    /// Ids of the nodes whose signals make up `out`, in connection order: the stems. Their sum is the mix.
    pub fn taps(&self) -> Vec<&str> {
        self.tap_feeds()
            .iter()
            .filter_map(|f| self.steps.get(f.node))
            .map(|s| s.id.as_str())
            .collect()
    }

    /// The connections into the main input of `out`.
    pub(crate) fn tap_feeds(&self) -> &[Feed] {
        self.steps.get(self.out).and_then(|s| s.inputs.first()).map_or(&[], Vec::as_slice)
    }
}

/// Why a graph can't be compiled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A node could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Two nodes have one id.
    #[error("two nodes are called '{id}'")]
    DuplicateNode {
        /// The id.
        id: String,
    },
    /// A connection names a node that is not there.
    #[error("a connection names the node '{node}', which is not in the graph")]
    UnknownNode {
        /// The id that was named.
        node: String,
        /// The id in the graph that is most like it.
        similar: Option<String>,
    },
    /// A connection names a port that the node's type has not.
    #[error("node '{node}' ({kind}) has no {direction} '{port}'")]
    UnknownPort {
        /// The node.
        node: String,
        /// Its type.
        kind: &'static str,
        /// `input` or `output`.
        direction: &'static str,
        /// The port that was named.
        port: String,
        /// What there is.
        known: String,
    },
    /// A connection's level is not a number.
    #[error("the connection from '{from}' to '{to}' has a level that is not a number")]
    BadLevel {
        /// Where it starts.
        from: String,
        /// Where it ends.
        to: String,
    },
    /// The graph feeds back into itself.
    #[error("the graph has a loop: {}", path.join(" -> "))]
    Cycle {
        /// The nodes of the loop; the first is repeated at the end.
        path: Vec<String>,
    },
    /// Nothing is heard.
    #[error("the graph has no node 'out' with an audio output")]
    MissingOut,
    /// There is too much in it.
    #[error(
        "the graph has {nodes} nodes and {connections} connections; {MOST_NODES} and {MOST_CONNECTIONS} are the most"
    )]
    TooLarge {
        /// Its nodes.
        nodes: usize,
        /// Its connections.
        connections: usize,
    },
    /// A path's latency is beyond what is compensated.
    #[error(
        "the path to '{node}' lags by {frames} frames, more than the {MAX_LATENCY} that are compensated"
    )]
    TooLate {
        /// Where the path ends.
        node: String,
        /// Its latency.
        frames: u64,
    },
}

impl PlanError {
    /// What to do about it, in a sentence for users.
    pub fn hint(&self) -> String {
        match self {
            Self::Build(BuildError::Asset { error, .. }) => error.hint.clone(),
            Self::TooLarge { .. } => "Split it, and render its parts one by one.".into(),
            Self::Build(_) => "Correct the node in the graph or preset that names it.".into(),
            Self::DuplicateNode { id } => format!("Rename one of them, for example '{id}2'."),
            Self::UnknownNode { similar: Some(similar), .. } => {
                format!("Did you mean '{similar}'? Otherwise add the node or drop the connection.")
            }
            Self::UnknownNode { similar: None, .. } => {
                "Add the node or drop the connection.".into()
            }
            Self::UnknownPort { direction, known, .. } if known.is_empty() => {
                format!("This type has no {direction} at all.")
            }
            Self::UnknownPort { direction, known, .. } => format!("Its {direction}s: {known}."),
            Self::BadLevel { .. } => "Give the level in dB, for example -6.".into(),
            Self::Cycle { .. } => {
                "Remove one connection of the loop; for echoes use the feedback of fx.delay.".into()
            }
            Self::MissingOut => {
                "Add a mix.bus with the id 'out' and connect to it what should be heard.".into()
            }
            Self::TooLate { .. } => "Use fewer nodes with lookahead one after the other.".into(),
        }
    }
}

/// Compiles a graph that needs no files. `seed` roots the randomness of all nodes. Thread: control; allocates, and builds
/// processors.
pub fn compile(
    graph: &GraphSpec,
    registry: &Registry,
    sample_rate: SampleRate,
    seed: Seed,
) -> Result<(Plan, Handles), PlanError> {
    compile_with(graph, registry, sample_rate, seed, &NO_ASSETS)
}

/// The same with files. Thread: control; allocates, builds processors, and reads files.
pub fn compile_with(
    graph: &GraphSpec,
    registry: &Registry,
    sample_rate: SampleRate,
    seed: Seed,
    assets: &dyn Assets,
) -> Result<(Plan, Handles), PlanError> {
    let ground = Ground { registry, sample_rate, seed, assets };
    let Draft { layout, nodes } = draft(graph, &ground, &|_| None)?;
    let rate = sample_rate.as_f64();
    let (mut runners, mut handles) =
        (Vec::with_capacity(nodes.len()), Vec::with_capacity(nodes.len()));
    for (node, step) in nodes.into_iter().zip(&layout.steps) {
        if let Some(processor) = node.processor {
            runners.push(Runner::new(processor, Wiring::new(step, |_, _| Origin::First), rate));
        }
        handles.push(node.handle);
    }
    let plan = Plan {
        sample_rate,
        steps: layout.steps,
        runners,
        slots: layout.slots,
        out: layout.out,
        latency: layout.latency,
    };
    Ok((plan, handles))
}

/// What a graph is compiled on.
pub(crate) struct Ground<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) sample_rate: SampleRate,
    pub(crate) seed: Seed,
    pub(crate) assets: &'a dyn Assets,
}

/// A graph that is laid out, with its new nodes built.
pub(crate) struct Draft {
    pub(crate) layout: order::Layout,
    /// In running order.
    pub(crate) nodes: Vec<DraftNode>,
}

/// A node of a draft.
pub(crate) struct DraftNode {
    pub(crate) handle: Handle,
    /// None where the node runs already and is kept.
    pub(crate) processor: Option<Box<dyn Processor>>,
}

/// Lays a graph out and builds its nodes, but for those that are `kept`, which gives their latency in frames.
pub(crate) fn draft(
    graph: &GraphSpec,
    ground: &Ground<'_>,
    kept: &dyn Fn(&NodeSpec) -> Option<u32>,
) -> Result<Draft, PlanError> {
    if graph.nodes.len() > MOST_NODES || graph.connections.len() > MOST_CONNECTIONS {
        let (nodes, connections) = (graph.nodes.len(), graph.connections.len());
        return Err(PlanError::TooLarge { nodes, connections });
    }
    let numbers = number(graph)?;
    let types = graph
        .nodes
        .iter()
        .map(|node| find_type(node, ground.registry))
        .collect::<Result<Vec<_>, BuildError>>()?;
    let cables = resolve(graph, &numbers, &types)?;
    let out = *numbers.get(OUT).ok_or(PlanError::MissingOut)?;
    if types.get(out).is_none_or(|t| t.descriptor.outputs.is_empty()) {
        return Err(PlanError::MissingOut);
    }
    let order = order::sort(graph, &cables)?;

    let mut nodes = Vec::with_capacity(order.len());
    for (node, kind) in order.iter().filter_map(|&i| graph.nodes.get(i).zip(types.get(i))) {
        let settings = Settings::new(node, kind.descriptor)?;
        let context = BuildContext {
            sample_rate: ground.sample_rate.get() as f32,
            seed: node_seed(ground.seed, &node.id),
            assets: ground.assets,
        };
        let (processor, latency) = match kept(node) {
            Some(latency) => (None, latency),
            None => {
                let processor = (kind.build)(&context, &settings)?;
                let latency = processor.latency();
                (Some(processor), latency)
            }
        };
        let params = kind.descriptor.params.iter().enumerate();
        let handle = Handle {
            id: node.id.clone(),
            descriptor: kind.descriptor,
            params: params.map(|(i, p)| (p.id, settings.param(i))).collect(),
            latency,
        };
        nodes.push(DraftNode { handle, processor });
    }

    let shape = |node: &DraftNode| order::Shape {
        inputs: node.handle.descriptor.inputs.len(),
        outputs: node.handle.descriptor.outputs.len(),
        latency: node.handle.latency,
        id: node.handle.id.clone(),
    };
    let shapes = nodes.iter().map(shape).collect::<Vec<_>>();
    let layout = order::lay_out(&shapes, &order, &cables, out)?;
    Ok(Draft { layout, nodes })
}

/// The id in `known` that a user who typed `wrong` most likely meant.
pub(crate) fn most_similar<'a>(
    wrong: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<String> {
    known
        .map(|id| (strsim::jaro_winkler(wrong, id), id))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, id)| id.to_owned())
}

/// A connection between numbered nodes and ports.
#[derive(Debug, Clone, Copy)]
struct Cable {
    from: (usize, usize),
    to: (usize, usize),
    gain: f32,
}

/// Positions of the nodes in the spec, by id.
fn number(graph: &GraphSpec) -> Result<BTreeMap<&str, usize>, PlanError> {
    let mut numbers = BTreeMap::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        if numbers.insert(node.id.as_str(), index).is_some() {
            return Err(PlanError::DuplicateNode { id: node.id.clone() });
        }
    }
    Ok(numbers)
}

fn find_type(node: &NodeSpec, registry: &Registry) -> Result<NodeType, BuildError> {
    let unknown = || BuildError::UnknownKind { id: node.id.clone(), kind: node.kind.clone() };
    let found = registry.find(&node.kind).ok_or_else(unknown)?;
    debug_assert!(found.descriptor.inputs.len().max(found.descriptor.outputs.len()) <= MAX_PORTS);
    Ok(*found)
}

fn resolve(
    graph: &GraphSpec,
    numbers: &BTreeMap<&str, usize>,
    types: &[NodeType],
) -> Result<Vec<Cable>, PlanError> {
    let find = |end: &Endpoint,
                direction: &'static str,
                ports: fn(&Descriptor) -> &'static [&'static str]| {
        let unknown = || PlanError::UnknownNode {
            node: end.node.clone(),
            similar: most_similar(&end.node, numbers.keys().copied()),
        };
        let node = *numbers.get(end.node.as_str()).ok_or_else(unknown)?;
        let descriptor = types.get(node).ok_or_else(unknown)?.descriptor;
        let known = ports(descriptor);
        match known.iter().position(|port| *port == end.port) {
            Some(port) => Ok((node, port)),
            None => Err(PlanError::UnknownPort {
                node: end.node.clone(),
                kind: descriptor.id,
                direction,
                port: end.port.clone(),
                known: known.join(", "),
            }),
        }
    };
    let mut cables = Vec::with_capacity(graph.connections.len());
    for connection in &graph.connections {
        let from = find(&connection.from, "output", |d| d.outputs)?;
        let to = find(&connection.to, "input", |d| d.inputs)?;
        let gain = db_to_gain(connection.gain_db) as f32;
        if !gain.is_finite() {
            let (from, to) = (connection.from.node.clone(), connection.to.node.clone());
            return Err(PlanError::BadLevel { from, to });
        }
        cables.push(Cable { from, to, gain });
    }
    Ok(cables)
}

/// The seed of a node: that of the graph, stirred with the node's id, so that equal nodes do not sound in unison and
/// a node keeps its randomness when others come and go. FNV-1a over the id, then the finaliser of SplitMix64.
fn node_seed(seed: Seed, id: &str) -> u64 {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut mixed = seed.0.wrapping_add(hash).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
