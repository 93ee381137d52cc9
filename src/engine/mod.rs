//! L1: the realtime half: processors, the graph plan, nodes, transport, schedule and the guard of the audio callback.

pub mod node;
pub mod nodes;
