//! Timbre, a terminal music workstation: type what you want to hear, get a finished, repeatable take.
//!
//! The crate is one house with four floors (docs/architecture.md). An import may only point to a lower floor,
//! and tests/layers.rs holds that. Modules are listed here from the ground up, which is also a good reading order.

pub mod util;

pub mod model;
pub mod music;

pub mod audio;
pub mod protocol;

pub mod dsp;

pub mod engine;

pub mod config;

pub mod device;
pub mod generate;
pub mod store;

pub mod studio;

pub mod client;

pub mod cli;
pub mod server;
pub mod tui;
