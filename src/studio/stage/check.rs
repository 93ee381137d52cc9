//! Looks a graph over before it is compiled: sizes, ids, types, settings and numbers. Pure.
//!
//! What needs the whole graph (loops, ports of connections, a missing `out`) is found by the compiler, which also changes
//! nothing if it fails. Here is what it would take, or only notice after building thousands of nodes.

use crate::engine::node::{Descriptor, ParamDescriptor};
use crate::engine::nodes::Registry;
pub use crate::engine::plan::{MOST_CONNECTIONS, MOST_NODES};
use crate::model::graph::{GraphSpec, NodeSpec};
use crate::util::text;

use super::error::StageError;

/// Longest id, in characters.
const LONGEST_ID: usize = 64;
/// Levels of connections, in dB.
const LEVELS: (f64, f64) = (-120.0, 24.0);

/// Checks a whole graph.
pub fn graph(graph: &GraphSpec, registry: &Registry) -> Result<(), StageError> {
    count("nodes", graph.nodes.len(), MOST_NODES)?;
    count("connections", graph.connections.len(), MOST_CONNECTIONS)?;
    graph.nodes.iter().try_for_each(|spec| node(spec, registry))?;
    graph
        .connections
        .iter()
        .try_for_each(|cable| level(&cable.from.node, &cable.to.node, cable.gain_db))
}

/// Checks that there are not too many of something.
pub fn count(what: &'static str, count: usize, most: usize) -> Result<(), StageError> {
    if count > most { Err(StageError::TooMany { what, count, most }) } else { Ok(()) }
}

/// Checks a node on its own: id, type, params, config.
pub fn node(spec: &NodeSpec, registry: &Registry) -> Result<(), StageError> {
    id(&spec.id)?;
    let descriptor = kind(spec, registry)?;
    for (name, value) in &spec.params {
        param(spec, descriptor, name, *value)?;
    }
    match spec.config.keys().find(|key| descriptor.config.iter().all(|c| c.id != key.as_str())) {
        Some(key) => Err(StageError::NoConfig {
            node: spec.id.clone(),
            kind: spec.kind.clone(),
            key: shown(key),
            known: names(descriptor.config.iter().map(|config| config.id)),
        }),
        None => Ok(()),
    }
}

/// Checks an id.
pub fn id(id: &str) -> Result<(), StageError> {
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(usable) {
        return Err(StageError::BadId { node: shown(id) });
    }
    Ok(())
}

/// The type of a node.
pub fn kind(spec: &NodeSpec, registry: &Registry) -> Result<&'static Descriptor, StageError> {
    match registry.find(&spec.kind) {
        Some(found) => Ok(found.descriptor),
        None => {
            let known = registry.types().iter().map(|known| known.descriptor.id);
            Err(StageError::NoKind {
                node: spec.id.clone(),
                kind: shown(&spec.kind),
                similar: text::nearest(&spec.kind, known).map(str::to_owned),
            })
        }
    }
}

/// Checks a value for a param and gives the param.
pub fn param(
    spec: &NodeSpec,
    descriptor: &'static Descriptor,
    name: &str,
    value: f64,
) -> Result<&'static ParamDescriptor, StageError> {
    let Some(param) = descriptor.params.iter().find(|param| param.id == name) else {
        return Err(StageError::NoParam {
            node: spec.id.clone(),
            kind: spec.kind.clone(),
            param: shown(name),
            known: names(descriptor.params.iter().map(|param| param.id)),
        });
    };
    if name == super::solo::SILENCED && descriptor.id == super::solo::CHANNEL {
        return Err(StageError::Follows { node: spec.id.clone() });
    }
    // The range is told in single precision, so 0.1 must not fall out at its edge.
    let (min, max) = (f64::from(param.min), f64::from(param.max));
    let inside =
        value >= min && value <= max || (value as f32 >= param.min && value as f32 <= param.max);
    if value.is_finite() && inside {
        return Ok(param);
    }
    Err(StageError::OutOfRange { what: format!("'{name}' of '{}'", spec.id), value, min, max })
}

/// Checks the level of a connection.
pub fn level(from: &str, to: &str, gain_db: f64) -> Result<(), StageError> {
    let (min, max) = LEVELS;
    if gain_db >= min && gain_db <= max {
        return Ok(());
    }
    let what = format!("the level from '{}' to '{}'", shown(from), shown(to));
    Err(StageError::OutOfRange { what, value: gain_db, min, max })
}

/// A name that came from outside, fit to be repeated.
pub fn shown(name: &str) -> String {
    text::fit(&text::one_line(name), LONGEST_ID)
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> GraphSpec {
        let mut graph = GraphSpec::default();
        graph.add("keys", "keys.rhodes").param("gain_db", -6.0).config("seed", "7");
        graph.add("out", "mix.bus");
        graph.connect("keys", "out");
        graph
    }

    fn refused(change: impl FnOnce(&mut GraphSpec)) -> StageError {
        let mut spec = small();
        change(&mut spec);
        graph(&spec, &Registry::built_in()).unwrap_err()
    }

    #[test]
    fn a_sound_graph_passes_and_each_mistake_is_named() {
        assert_eq!(graph(&small(), &Registry::built_in()), Ok(()));
        assert_eq!(
            refused(|spec| spec.nodes[0].kind = "keys.rodes".into()).hint(),
            "did you mean 'keys.rhodes'?"
        );
        for id in ["", "a b", "a:b", "\u{1b}[31m", "ä", &"x".repeat(65)] {
            assert!(matches!(
                refused(|spec| spec.nodes[0].id = id.to_owned()),
                StageError::BadId { .. }
            ));
        }
        let error = refused(|spec| {
            spec.nodes[0].param("gian", 1.0);
        });
        assert!(error.hint().contains("gain_db"), "{}", error.hint());
        let error = refused(|spec| {
            spec.nodes[0].config("sed", "1");
        });
        assert_eq!(error.hint(), "its settings: seed");
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 12.1, -60.1, 1e300] {
            let error = refused(|spec| {
                spec.nodes[0].param("gain_db", value);
            });
            assert!(matches!(error, StageError::OutOfRange { .. }), "{value}: {error}");
            let error = refused(|spec| spec.connections[0].gain_db = value * 10.0);
            assert!(matches!(error, StageError::OutOfRange { .. }), "{value}: {error}");
        }
    }

    #[test]
    fn ten_thousand_nodes_are_refused_before_one_is_built() {
        let error = refused(|spec| {
            for n in 0..10_000 {
                spec.add(format!("n{n}"), "fx.reverb");
            }
        });
        assert_eq!(error, StageError::TooMany { what: "nodes", count: 10_002, most: MOST_NODES });
        let error = refused(|spec| (0..20_000).for_each(|_| spec.connect("keys", "out")));
        assert!(matches!(error, StageError::TooMany { what: "connections", .. }));
    }

    #[test]
    fn the_edges_of_a_range_belong_to_it() {
        let registry = Registry::built_in();
        for kind in registry.types() {
            let mut spec = GraphSpec::default();
            let node = spec.add("x", kind.descriptor.id);
            for found in kind.descriptor.params {
                if found.id == super::super::solo::SILENCED {
                    continue;
                }
                for value in [found.min, found.max, found.default] {
                    let outcome = param(node, kind.descriptor, found.id, f64::from(value));
                    assert_eq!(outcome.map(|p| p.id), Ok(found.id), "{}", kind.descriptor.id);
                }
            }
        }
    }
}
