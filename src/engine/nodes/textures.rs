pub fn node_types() -> Vec<crate::engine::node::NodeType> {
    Vec::new()
}
