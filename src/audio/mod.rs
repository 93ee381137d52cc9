//! L0: recorded sound: buffers, loudness, peaks, resampling, and audio file formats over bytes in memory. No IO.

pub mod analysis;
pub mod bands;
pub mod buffer;
pub mod decode;
pub mod downmix;
pub mod encode;
pub mod error;
pub mod fade;
pub mod format;
pub mod looping;
pub mod loudness;
pub mod mpeg;
pub mod peaks;
pub mod quantise;
pub mod resample;
pub mod riff;
pub mod sonogram;
pub mod tags;
pub mod true_peak;
pub mod waveform;
pub(crate) mod windowed_sinc;
