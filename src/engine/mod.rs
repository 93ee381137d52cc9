//! L1: the realtime half: processors, the graph plan, nodes, transport, schedule and the guard of the audio callback.
//!
//! The way of a graph: [`plan::compile`] turns a `GraphSpec` into a [`plan::Plan`] and its handles, off the audio
//! thread; [`schedule::Schedule`] turns a score into events per node; then either [`processor::GraphProcessor`] plays
//! both from an audio callback, or [`offline::render`] plays them as fast as the machine can. Both run every node
//! through the same `runner`, so they give the same samples.

pub mod assets;
mod body;
pub mod guard;
pub mod live;
pub mod master;
pub mod node;
pub mod nodes;
pub mod offline;
pub mod plan;
pub mod processor;
pub(crate) mod runner;
pub mod schedule;
mod segment;
#[cfg(test)]
mod toys;
pub mod transport;
mod wiring;
