//! L0: the values everything else speaks in: units, keys, requests, jobs, takes, recipes, graph specs. No IO, no clock.

pub mod id;
pub mod units;

pub mod key;
pub mod tempo;

pub mod brief;
pub mod format;
pub mod preset;
pub mod request;

pub mod card;
pub mod job;
pub mod recipe;
pub mod take;

pub mod backend;
pub mod graph;
pub mod mastering;
pub mod node_data;
pub mod session;
