//! What every node type plays, for comparing two builds sample by sample.

use timbre::engine::node::Descriptor;
use timbre::engine::nodes::Registry;
use timbre::engine::plan::compile;
use timbre::model::graph::GraphSpec;
use timbre::model::units::{SampleRate, Seed};
use timbre::music::score::{Control, Part};

use crate::load::{Load, RATE};
use crate::parts::{Role, part};

impl Load {
    /// Whether all nodes can be built from nothing but their defaults.
    pub(crate) fn is_playable(&self) -> bool {
        let rate = SampleRate::new(RATE).unwrap();
        compile(&self.graph, &Registry::built_in(), rate, Seed(1)).is_ok()
    }
}

/// One node of a type, alone or behind the source, with every param moved and moved back while it plays: what has to
/// sound the same, to the last bit, after its code was made faster.
pub(crate) fn moved(descriptor: &Descriptor, bars: usize) -> Load {
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus");
    graph.add("node", descriptor.id);
    let mut source = part("source", Role::Keys, bars, 7);
    let mut parts = Vec::new();
    if descriptor.takes_notes {
        parts.push(Part { id: "node".into(), ..source.clone() });
        source.notes.clear();
    } else if !descriptor.inputs.is_empty() {
        graph.add("source", "keys.stab");
        graph.connect("source", "node");
    }
    for port in descriptor.outputs {
        graph.connect_ports(("node", port), ("out", "in"), 0.0);
    }
    for (index, param) in descriptor.params.iter().enumerate() {
        let beat = 1.0 + 0.71 * index as f64;
        let middle = param.min + 0.37 * (param.max - param.min);
        for (beat, value) in [(beat, middle), (beat + 1.3, param.default)] {
            let (node, param) = ("node".into(), param.id.into());
            source.controls.push(Control { beat, node, param, value });
        }
    }
    if !descriptor.takes_notes && descriptor.inputs.is_empty() {
        source.notes.clear();
    }
    source.controls.sort_by(|a, b| a.beat.total_cmp(&b.beat));
    parts.push(source);
    Load { name: descriptor.id.into(), graph, parts }
}
