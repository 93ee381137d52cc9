//! L2: what makes takes: the `Backend` trait, its registry, and the backends.

pub mod backend;
pub mod composer;
pub mod fake;
pub mod registry;
