//! The graph of a piece: an instrument for every part, its chain, its strip, the sends and returns, the ducking by the
//! kick, and the bus `out` that all of them end in. What is connected to `out` are the stems.

use std::collections::BTreeMap;

use super::genre::style::Effect;
use super::mix;
use super::perform::{FX_SOUNDS, sweep_node};
use super::sketch::{Plan, Role};
use crate::engine::nodes::Registry;
use crate::model::graph::GraphSpec;
use crate::music::score::Part;

/// The strips of a kit, in the order of its outputs.
const STRIPS: [&str; 4] = ["kick", "snare", "hats", "perc"];

/// Builds the graph for parts that play.
pub fn build(plan: &Plan, parts: &[Part], registry: &Registry) -> GraphSpec {
    let mut desk = Desk { plan, registry, graph: GraphSpec::default(), sends: Vec::new() };
    let mut stems = Vec::new();
    for role in Role::ALL {
        let plays =
            parts.iter().any(|p| p.id == role.id() || p.id.starts_with(&format!("{}.", role.id())));
        let Some(voice) = plan.voice(role).filter(|_| plays) else { continue };
        let drums = parts.iter().any(|p| p.id == role.id() && p.drums);
        let stem = match role {
            Role::Drums => desk.kit(&voice.node),
            Role::Fx => desk.effects(parts),
            _ if drums => desk.percussion(role, &voice.node),
            _ => desk.player(role, &voice.node),
        };
        stems.push(stem);
    }
    desk.duck();
    stems.extend(desk.returns());
    desk.graph.add("out", "mix.bus");
    for stem in &stems {
        desk.graph.connect(stem, "out");
    }
    desk.graph
}

struct Desk<'a> {
    plan: &'a Plan,
    registry: &'a Registry,
    graph: GraphSpec,
    /// From a strip to a return, in dB.
    sends: Vec<(String, String, f64)>,
}

impl Desk<'_> {
    /// Whether a type has a param. Types that are not known here are left to the compiler's message.
    fn has(&self, kind: &str, param: &str) -> bool {
        self.registry.find(kind).is_some_and(|t| t.descriptor.params.iter().any(|p| p.id == param))
    }

    fn instrument(&mut self, id: &str, kind: &str) {
        let tone = self.plan.genre.style.mix.tone.get(id).cloned().unwrap_or_default();
        let mut params: BTreeMap<String, f64> =
            tone.into_iter().filter(|(param, _)| self.has(kind, param)).collect();
        let brightness = self.plan.mood.brightness;
        if brightness != 0.0 && self.has(kind, "tone") {
            let tone = params.get("tone").copied().unwrap_or(0.5);
            params.insert("tone".to_owned(), (tone + 0.22 * brightness).clamp(0.0, 1.0));
        }
        if let Some(cutoff) = params.get_mut("cutoff") {
            *cutoff *= libm::exp2(0.7 * brightness);
        }
        self.graph.add(id, kind).params = params;
    }

    /// Adds effects in series after a node (or one of its ports) and gives the last one's id and port.
    fn chain(&mut self, id: &str, from: (String, String), effects: &[Effect]) -> (String, String) {
        let mut last = from;
        let mut names: BTreeMap<&str, u32> = BTreeMap::new();
        for effect in effects {
            let short = match effect.fx.as_str() {
                "eq.parametric" => "eq",
                "dyn.compressor" => "comp",
                other => other.split_once('.').map_or(other, |(_, name)| name),
            };
            let count = names.entry(short).or_insert(0);
            *count += 1;
            let name =
                if *count == 1 { format!("{id}.{short}") } else { format!("{id}.{short}{count}") };
            let plan = self.plan;
            let node = self.graph.add(name.clone(), effect.fx.clone());
            for (param, value) in &effect.params {
                node.param(param, mix::bent(plan, &effect.fx, param, *value));
            }
            self.graph.connect_ports((&last.0, &last.1), (&name, "in"), 0.0);
            last = (name, "out".to_owned());
        }
        last
    }

    /// The genre's chain of a strip, with the low cut that every strip has which does not carry the bottom.
    fn effects_of(&self, id: &str) -> Vec<Effect> {
        let mut effects = self.plan.genre.style.mix.chain.get(id).cloned().unwrap_or_default();
        let cut = mix::low_cut(id);
        if cut > 0.0 {
            match effects.iter_mut().find(|e| e.fx == "eq.parametric") {
                Some(eq) => {
                    eq.params.entry("hp".to_owned()).or_insert(cut);
                }
                None => {
                    let params = BTreeMap::from([("hp".to_owned(), cut)]);
                    effects.insert(0, Effect { fx: "eq.parametric".to_owned(), params });
                }
            }
        }
        effects
    }

    fn strip(&mut self, id: &str, name: String, from: &(String, String)) -> String {
        let (gain, pan) = (mix::level(self.plan, id), mix::place(self.plan, id));
        self.graph.add(name.clone(), "mix.strip").param("gain_db", gain).param("pan", pan);
        self.graph.connect_ports((&from.0, &from.1), (&name, "in"), 0.0);
        if let Some(sends) = self.plan.genre.style.mix.send.get(id) {
            for (to, level) in sends {
                self.sends.push((name.clone(), to.clone(), mix::send(self.plan, *level)));
            }
        }
        name
    }

    fn player(&mut self, role: Role, kind: &str) -> String {
        let id = role.id();
        self.instrument(id, kind);
        let mut effects = self.effects_of(id);
        if self.plan.genre.style.arrange.sweep.iter().any(|swept| swept == id) {
            let params = BTreeMap::from([("cutoff".to_owned(), 18_000.0)]);
            effects.push(Effect { fx: "fx.filter".to_owned(), params });
            debug_assert_eq!(sweep_node(role), format!("{id}.filter"));
        }
        let last = self.chain(id, (id.to_owned(), "out".to_owned()), &effects);
        self.strip(id, format!("{id}.strip"), &last)
    }

    fn kit(&mut self, kind: &str) -> String {
        self.instrument("drums", kind);
        let strips = STRIPS.map(|port| {
            let id = format!("drums.{port}");
            let effects = self.effects_of(&id);
            let last = self.chain(&id, ("drums".to_owned(), port.to_owned()), &effects);
            self.strip(&id, id.clone(), &last)
        });
        // The kit's own chain, such as a bus compressor, works on the sum.
        let bus = "drums.bus";
        self.graph.add(bus, "mix.bus");
        for strip in &strips {
            self.graph.connect(strip, bus);
        }
        let effects = self.effects_of("drums");
        let last = self.chain("drums", (bus.to_owned(), "out".to_owned()), &effects);
        self.strip("drums", "drums.strip".to_owned(), &last)
    }

    /// A kit that only plays percussion has one strip for all its outputs.
    fn percussion(&mut self, role: Role, kind: &str) -> String {
        let id = role.id();
        self.instrument(id, kind);
        let bus = format!("{id}.bus");
        self.graph.add(bus.clone(), "mix.bus");
        let ports = self.registry.find(kind).map_or(&STRIPS[..], |t| t.descriptor.outputs);
        for port in ports {
            self.graph.connect_ports((id, port), (&bus, "in"), 0.0);
        }
        let effects = self.effects_of(id);
        let last = self.chain(id, (bus, "out".to_owned()), &effects);
        self.strip(id, format!("{id}.strip"), &last)
    }

    fn effects(&mut self, parts: &[Part]) -> String {
        let bus = "fx.bus";
        self.graph.add(bus, "mix.bus");
        for (id, _, kind) in FX_SOUNDS {
            if parts.iter().any(|part| part.id == id) {
                self.instrument(id, kind);
                self.graph.connect(id, bus);
            }
        }
        let effects = self.effects_of("fx");
        let last = self.chain("fx", (bus.to_owned(), "out".to_owned()), &effects);
        self.strip("fx", "fx.strip".to_owned(), &last)
    }

    /// Puts a compressor keyed by the kick before the strips that duck.
    fn duck(&mut self) {
        if !self.graph.nodes.iter().any(|n| n.id == "drums.kick") {
            return;
        }
        let bpm = self.plan.tempo.bpm_at(0.0).get();
        for (id, duck) in &self.plan.genre.style.mix.duck {
            let strip = format!("{id}.strip");
            let Some(cable) = self.graph.connections.iter_mut().find(|c| c.to.node == strip) else {
                continue;
            };
            let name = format!("{id}.duck");
            cable.to.node.clone_from(&name);
            // A kick stands about 20 dB over the threshold, so the ratio says the depth.
            let ratio = 1.0 / (1.0 - (duck.depth_db / 22.0).clamp(0.0, 0.95));
            self.graph
                .add(name.clone(), "dyn.compressor")
                .param("threshold_db", -32.0)
                .param("ratio", ratio)
                .param("attack", 3.0)
                .param("release", (duck.release * 60_000.0 / bpm).clamp(30.0, 600.0))
                .param("knee_db", 6.0);
            self.graph.connect(&name, &strip);
            self.graph.connect_ports(("drums.kick", "out"), (&name, "sidechain"), 0.0);
        }
    }

    /// The returns that anything is sent to; gives their strips.
    fn returns(&mut self) -> Vec<String> {
        let mut strips = Vec::new();
        let plan = self.plan;
        for (name, effects) in &plan.genre.style.mix.returns {
            let sends =
                self.sends.iter().filter(|(_, to, _)| to == name).cloned().collect::<Vec<_>>();
            if sends.is_empty() {
                continue;
            }
            let bus = format!("{name}.bus");
            self.graph.add(bus.clone(), "mix.bus");
            for (from, _, level) in &sends {
                self.graph.connect_ports((from, "out"), (&bus, "in"), *level);
            }
            let last = self.chain(name, (bus, "out".to_owned()), effects);
            strips.push(self.strip(name, format!("{name}.strip"), &last));
        }
        strips
    }
}
