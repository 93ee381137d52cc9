//! The built-in composer: prompt -> brief -> plan -> harmony -> parts -> performance -> score and graph -> render.

pub mod sketch;

pub mod genre;
pub mod instruments;
