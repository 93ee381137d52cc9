//! The built-in composer: prompt -> brief -> plan -> harmony -> parts -> performance -> score and graph -> render.

pub mod sketch;

pub mod genre;
pub mod instruments;

pub mod brief;
pub mod lexicon;

pub mod form;
pub mod plan;

pub mod harmony;

pub mod chance;
