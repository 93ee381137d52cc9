//! The node types that ship with Timbre, one family a module, and the registry that lists them all.

use super::node::NodeType;

pub mod bass;
pub mod guitars;
pub mod keys;
pub mod leads;
pub mod mallets;
pub mod pads;

mod instrument;

/// Every type, in the order in which users see them.
pub fn node_types() -> Vec<NodeType> {
    [
        bass::node_types(),
        keys::node_types(),
        pads::node_types(),
        leads::node_types(),
        mallets::node_types(),
        guitars::node_types(),
    ]
    .concat()
}
