//! The loads that the engine's benchmarks play: R32, the reference session, and each of its node types alone.
//!
//! R32 is 32 tracks, each a built-in synth with three inserts and two sends, two reverbs and a master chain: what a large
//! session asks of one core. Every bass, key, pad and lead of the house plays at least once, the dearer ones twice. All notes
//! lie exactly on the grid, which is the hardest case: at each bar line nearly all tracks start voices in the same block.

use std::sync::Arc;

use timbre::engine::nodes::Registry;
use timbre::engine::plan::compile;
use timbre::engine::processor::GraphProcessor;
use timbre::engine::schedule::Schedule;
use timbre::model::graph::GraphSpec;
use timbre::model::tempo::TempoMap;
use timbre::model::units::{SampleRate, Seed};
use timbre::music::score::Part;

use crate::parts::{Role, part};

/// Something to play: a graph, and the parts for it at 120 BPM.
pub(crate) struct Load {
    /// What it is called in reports.
    pub(crate) name: String,
    /// The nodes.
    pub(crate) graph: GraphSpec,
    /// The notes, a part a track.
    pub(crate) parts: Vec<Part>,
}

/// The tracks of R32: which synth plays what.
const TRACKS: [(&str, Role); 32] = [
    ("bass.finger", Role::Bass),
    ("bass.pick", Role::Bass),
    ("bass.upright", Role::Bass),
    ("bass.sub", Role::Bass),
    ("bass.fm", Role::Bass),
    ("bass.synth", Role::Bass),
    ("bass.synth", Role::Bass),
    ("keys.rhodes", Role::Keys),
    ("keys.wurli", Role::Keys),
    ("keys.piano", Role::Keys),
    ("keys.organ", Role::Keys),
    ("keys.stab", Role::Keys),
    ("keys.rhodes", Role::Keys),
    ("keys.piano", Role::Keys),
    ("keys.organ", Role::Keys),
    ("keys.stab", Role::Keys),
    ("pad.warm", Role::Pad),
    ("pad.strings", Role::Pad),
    ("pad.drone", Role::Pad),
    ("pad.choir", Role::Pad),
    ("pad.glass", Role::Pad),
    ("pad.air", Role::Pad),
    ("pad.warm", Role::Pad),
    ("pad.strings", Role::Pad),
    ("pad.choir", Role::Pad),
    ("lead.synth", Role::Lead),
    ("lead.soft", Role::Lead),
    ("lead.flute", Role::Lead),
    ("lead.sax", Role::Lead),
    ("lead.guitar", Role::Lead),
    ("lead.trumpet", Role::Lead),
    ("lead.synth", Role::Lead),
];

/// The third insert of the tracks, in turn.
const COLOURS: [&str; 4] = ["fx.tape", "fx.chorus", "fx.drive", "fx.phaser"];

/// How many of an effect are measured side by side.
pub(crate) const COPIES: usize = 8;

/// Frames per second.
pub(crate) const RATE: u32 = 48_000;

impl Load {
    /// Ready to play its parts, which end after a number of bars.
    pub(crate) fn start(&self, bars: usize) -> GraphProcessor {
        let rate = SampleRate::new(RATE).unwrap();
        let (plan, handles) = compile(&self.graph, &Registry::built_in(), rate, Seed(1)).unwrap();
        let tempo = TempoMap::from_points(Vec::new());
        let beats = 4.0 * bars as f64;
        let schedule = Schedule::from_parts(&self.parts, &tempo, beats, &handles, rate).unwrap();
        GraphProcessor::new(plan, Arc::new(schedule))
    }
}

/// The reference load for a number of bars of 4/4.
pub(crate) fn r32(bars: usize) -> Load {
    let mut graph = GraphSpec::default();
    let mut parts = Vec::new();
    graph.add("out", "mix.bus");
    graph.add("master", "mix.bus");
    add_effect(&mut graph, "master.eq", "eq.parametric");
    add_effect(&mut graph, "master.comp", "dyn.compressor");
    graph.add("master.limit", "dyn.limiter").param("ceiling_db", -1.0);
    for pair in ["master", "master.eq", "master.comp", "master.limit", "out"].windows(2) {
        graph.connect(pair[0], pair[1]);
    }
    for (send, kind) in [("hall", "fx.reverb"), ("plate", "fx.plate")] {
        graph.add(send, kind).param("mix", 1.0);
        graph.connect(send, "master");
    }
    for (index, (kind, role)) in TRACKS.into_iter().enumerate() {
        let id = format!("track{:02}", index + 1);
        let [eq, comp, colour, strip] =
            ["eq", "comp", "colour", "strip"].map(|n| format!("{id}.{n}"));
        graph.add(id.as_str(), kind);
        add_effect(&mut graph, &eq, "eq.parametric");
        add_effect(&mut graph, &comp, "dyn.compressor");
        add_effect(&mut graph, &colour, COLOURS[index % COLOURS.len()]);
        let pan = (index % 7) as f64 / 3.5 - 0.85;
        graph.add(strip.as_str(), "mix.strip").param("gain_db", -15.0).param("pan", pan);
        for pair in [&id, &eq, &comp, &colour, &strip].windows(2) {
            graph.connect(pair[0], pair[1]);
        }
        graph.connect(&strip, "master");
        graph.connect_ports((&strip, "out"), ("hall", "in"), -12.0);
        graph.connect_ports((&strip, "out"), ("plate", "in"), -15.0);
        parts.push(part(&id, role, bars, index));
    }
    Load { name: "R32".into(), graph, parts }
}

/// Each synth of R32 alone, as it plays there.
pub(crate) fn instruments(bars: usize) -> Vec<Load> {
    let mut loads: Vec<Load> = Vec::new();
    for (index, (kind, role)) in TRACKS.into_iter().enumerate() {
        if loads.iter().all(|load| load.name != kind) {
            let mut graph = GraphSpec::default();
            graph.add("synth", kind);
            graph.add("out", "mix.bus");
            graph.connect("synth", "out");
            let parts = vec![part("synth", role, bars, index)];
            loads.push(Load { name: kind.into(), graph, parts });
        }
    }
    loads
}

/// Eight of an effect side by side behind the source, so that their cost stands out beside that of the source; with an
/// empty name the source alone.
pub(crate) fn effect(kind: &str, bars: usize) -> Load {
    let mut graph = GraphSpec::default();
    graph.add("source", "keys.rhodes");
    graph.add("out", "mix.bus");
    if kind.is_empty() {
        graph.connect("source", "out");
    } else {
        for copy in 0..COPIES {
            let id = format!("effect{copy}");
            add_effect(&mut graph, &id, kind);
            graph.connect("source", &id);
            graph.connect_ports((&id, "out"), ("out", "in"), -18.0);
        }
    }
    let parts = vec![part("source", Role::Keys, bars, 7)];
    Load { name: kind.into(), graph, parts }
}

/// Adds an effect as one would set it on a track, so that all of it has work.
fn add_effect(graph: &mut GraphSpec, id: &str, kind: &str) {
    let node = graph.add(id, kind);
    match kind {
        "eq.parametric" => {
            node.param("hp", 60.0)
                .param("mid1_db", -2.5)
                .param("mid2_db", 2.0)
                .param("high_db", 1.5);
        }
        "dyn.compressor" => {
            node.param("threshold_db", -26.0).param("ratio", 3.0);
        }
        "fx.drive" => {
            node.param("drive_db", 9.0);
        }
        _ => {}
    }
}
