//! The built-in composer: prompt -> brief -> plan -> harmony -> parts -> performance -> score and graph -> render.

pub mod sketch;

pub mod genre;
pub mod instruments;

mod arp;
mod arrange;
mod bass;
mod chance;
mod comp;
mod drums;
mod ground;
mod melody;
mod mix;
mod orchestra;
mod pads;
mod perform;
mod texture;
mod voicings;
