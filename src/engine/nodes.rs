//! The node types that ship with Timbre, one family a module, and the registry that lists them all.

use std::collections::BTreeMap;

use super::node::NodeType;

pub mod bass;
pub mod drums;
pub mod guitars;
pub mod keys;
pub mod leads;
pub mod mallets;
pub mod pads;
pub mod textures;

pub mod players;
pub mod sampler;
pub mod soundfont;

pub mod colour;
pub mod delays;
pub mod dynamics;
pub mod eq;
pub mod modulations;
pub mod reverbs;

pub mod channels;
pub mod mix;
pub mod switch;

pub mod inputs;
pub mod measures;
pub mod metronome;
pub mod recorder;
pub mod spectra;

#[cfg(test)]
pub(crate) mod shelf;

mod effect;
mod instrument;
mod readout;
mod trace;

#[cfg(test)]
mod tests;

/// Every type, in the order in which users see them.
pub fn node_types() -> Vec<NodeType> {
    let families = [
        drums::node_types(),
        bass::node_types(),
        keys::node_types(),
        pads::node_types(),
        leads::node_types(),
        mallets::node_types(),
        guitars::node_types(),
        textures::node_types(),
        sampler::node_types(),
        soundfont::node_types(),
        players::node_types(),
        eq::node_types(),
        dynamics::node_types(),
        reverbs::node_types(),
        delays::node_types(),
        modulations::node_types(),
        colour::node_types(),
        mix::node_types(),
        channels::node_types(),
        switch::node_types(),
        metronome::node_types(),
        inputs::node_types(),
        measures::node_types(),
        spectra::node_types(),
        recorder::node_types(),
    ];
    families.into_iter().flatten().collect()
}

/// The node types that a graph may use, by id.
#[derive(Clone)]
pub struct Registry {
    types: Vec<NodeType>,
    by_id: BTreeMap<&'static str, usize>,
}

impl Registry {
    /// All types that ship with Timbre.
    pub fn built_in() -> Self {
        Self::new(node_types())
    }

    /// A registry of these types. Of two with the same id the first one stays.
    pub fn new(types: Vec<NodeType>) -> Self {
        let mut registry = Self { types: Vec::with_capacity(types.len()), by_id: BTreeMap::new() };
        for node_type in types {
            registry.add(node_type);
        }
        registry
    }

    /// Adds a type, such as a plugin's. Answers whether its id was free; if not, nothing changes.
    pub fn add(&mut self, node_type: NodeType) -> bool {
        let id = node_type.descriptor.id;
        let free = !self.by_id.contains_key(id);
        if free {
            self.by_id.insert(id, self.types.len());
            self.types.push(node_type);
        }
        free
    }

    /// The type with an id.
    pub fn find(&self, id: &str) -> Option<&NodeType> {
        self.by_id.get(id).and_then(|&index| self.types.get(index))
    }

    /// All types, in the order in which users see them.
    pub fn types(&self) -> &[NodeType] {
        &self.types
    }
}
