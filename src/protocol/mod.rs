//! L0: the wire: the method table, params, responses, events, faults and the JSON Schema made from them. No IO.
//!
//! Everything that a program can ask of Timbre is one row of the table in [`methods`]. Doors (sockets, the command
//! line, other languages) carry rows; they never match on them.

pub mod methods;

pub mod engine;
pub mod job;
pub mod library;
pub mod take;

pub mod device;
pub mod graph;
pub mod player;
pub mod transport;

pub mod listen;
pub mod transcript;

pub mod event;

pub mod envelope;
pub mod schema;

pub use event::Event;
pub use methods::{Call, Class, Method};
