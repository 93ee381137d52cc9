//! Small extensions of the standard library, used by every layer and using none of them.

pub mod base64;
pub mod secret;
pub mod text;
