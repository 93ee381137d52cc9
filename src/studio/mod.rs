//! L3: the application core: pure `update(state, input) -> effects`, the one dispatcher, and the loop that runs effects.

pub mod options;

pub mod driver;
pub mod events;
pub mod handle;
