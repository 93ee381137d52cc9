//! Sound in memory: planar 32-bit float channels of equal length at one sample rate.

use crate::model::units::SampleRate;

/// Planar sound: `channels` slices of `frames` samples each, full scale ±1.0. At least one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioBuffer {
    channels: Vec<Vec<f32>>,
    sample_rate: SampleRate,
}

impl AudioBuffer {
    /// Silence of a length. `channels` below 1 counts as 1.
    pub fn silence(channels: usize, frames: usize, sample_rate: SampleRate) -> Self {
        Self { channels: vec![vec![0.0; frames]; channels.max(1)], sample_rate }
    }

    /// Takes planar channels. Shorter channels are padded with zeros; no channels become one empty one.
    pub fn from_planar(mut channels: Vec<Vec<f32>>, sample_rate: SampleRate) -> Self {
        let frames = channels.iter().map(Vec::len).max().unwrap_or(0);
        if channels.is_empty() {
            channels.push(Vec::new());
        }
        for channel in &mut channels {
            channel.resize(frames, 0.0);
        }
        Self { channels, sample_rate }
    }

    /// Frames per channel.
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Number of channels, at least 1.
    pub fn channel_count(&self) -> usize {
        self.channels.len()
    }

    /// Sample rate.
    pub fn sample_rate(&self) -> SampleRate {
        self.sample_rate
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.frames() as f64 / self.sample_rate.as_f64()
    }

    /// All channels.
    pub fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// All channels, for writing samples; lengths must stay equal, so only slices are handed out.
    pub fn channels_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.channels.iter_mut().map(Vec::as_mut_slice)
    }

    /// A channel; past the last one, the last one (so that mono reads as both sides).
    pub fn channel(&self, index: usize) -> &[f32] {
        self.channels.get(index).or_else(|| self.channels.last()).map_or(&[], Vec::as_slice)
    }

    /// Shortens or lengthens (with silence) to a number of frames.
    pub fn set_frames(&mut self, frames: usize) {
        for channel in &mut self.channels {
            channel.resize(frames, 0.0);
        }
    }

    /// Gives the channels back.
    pub fn into_planar(self) -> Vec<Vec<f32>> {
        self.channels
    }
}
