//! L0: recorded sound: buffers, loudness, peaks, resampling, and audio file formats over bytes in memory. No IO.

pub mod buffer;
