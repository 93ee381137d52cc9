//! L4: doors for other programs: the JSON engine protocol over stdio and over a Unix socket.
//!
//! Every transport ends in the one loop of [`connection`], which carries lines and knows no method.

pub mod connection;
#[cfg(unix)]
pub mod socket;
#[cfg(not(unix))]
#[path = "socket/absent.rs"]
pub mod socket;
pub mod stdio;
