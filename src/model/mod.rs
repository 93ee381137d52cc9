//! L0: the values everything else speaks in: units, keys, requests, jobs, takes, recipes, graph specs. No IO, no clock.

pub mod graph;
pub mod key;
pub mod tempo;
pub mod units;
