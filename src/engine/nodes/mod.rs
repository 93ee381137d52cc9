//! The node types that ship with Timbre, one family a module, and the registry that lists them all.

pub mod drums;
pub mod textures;

use super::node::NodeType;

/// Every type, in the order in which users see them.
pub fn node_types() -> Vec<NodeType> {
    [drums::node_types(), textures::node_types()].concat()
}
