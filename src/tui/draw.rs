//! Widgets over plain data: waveforms, meters, curves, rolls, graphs. They know numbers, scopes and glyph sets, and nothing of
//! the workstation's model; `view` decides what they show and where.

pub mod beat;
pub mod bounds;
pub mod dots;
pub mod graph;
pub mod loudness;
pub mod marks;
pub mod measure;
pub mod meter;
pub mod pen;
pub mod progress;
pub mod roll;
pub mod ruler;
pub mod spectrogram;
pub mod spectrum;
pub mod stereo;
pub mod tree;
pub mod wave;

pub use bounds::{below, left_of, right_of, row_of};
pub use pen::Pen;
