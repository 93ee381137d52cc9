//! The `timbre` binary.

fn main() {}
