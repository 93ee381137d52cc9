//! Small extensions of the standard library, used by every layer and using none of them.

pub mod secret;
pub mod text;
