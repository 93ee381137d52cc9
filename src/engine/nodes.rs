//! The node types that ship with Timbre, one family a module, and the registry that lists them all.

use super::node::NodeType;

/// Every type, in the order in which users see them.
pub fn node_types() -> Vec<NodeType> {
    Vec::new()
}
