//! L1: pure signal code, prepared off the audio thread and free of allocation after that.
//!
//! Listed from the ground up: numbers, then randomness, then time, then sound. Nothing here knows notes, graphs or files.

pub mod math;
pub mod noise;

pub mod envelope;
pub mod smooth;

pub mod modal;
pub mod svf;

pub mod osc;
pub mod voices;

pub mod fm;
pub mod formant;
pub mod ladder;
pub mod partials;
pub mod string;

pub mod biquad;
pub mod click;
pub mod delay;
pub mod dynamics;
pub mod levels;
pub mod limiter;
pub mod modulation;
pub mod oversample;
pub mod reel;
pub mod reverb;
pub mod saturation;
pub mod sinc;
pub mod tape;
