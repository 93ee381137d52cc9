//! L4: doors for other programs: the JSON engine protocol over stdio.
//!
//! Every transport ends in the one loop of [`connection`], which carries lines and knows no method.

pub mod connection;
pub mod stdio;
