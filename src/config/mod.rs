//! L1: configuration in layers (defaults, user file, project file, environment, flags), presets and paths.
//!
//! What was typed ([`raw::RawConfig`]) becomes what is meant ([`Config`]), which is passed as a value and never kept
//! in a global. This layer reads files and never writes one.

pub mod document;
pub mod keymap;
pub mod layers;
pub mod paths;
pub mod preset;
pub mod raw;
pub mod resolved;
mod shipped;
pub mod theme;

pub use layers::{Layered, Setting, load};
pub use paths::{Paths, Surroundings};
pub use resolved::{
    Attach, Color, Config, GlyphChoice, ImageChoice, Interface, LogLevel, NoticeChoice,
};
