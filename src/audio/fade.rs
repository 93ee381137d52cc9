//! Fades and the trimming of silence, in place. Levels and lengths are the caller's choice.

use super::buffer::AudioBuffer;

/// How a gain runs between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FadeCurve {
    /// Straight in amplitude: for cross-fades of equal material, and for short fades against clicks.
    Linear,
    /// A quarter sine: two such fades keep the power of unequal material. -3 dB in the middle.
    EqualPower,
}

impl FadeCurve {
    /// Gain at a position from 0 (silent) to 1 (full).
    pub fn gain(self, position: f64) -> f64 {
        let position = position.clamp(0.0, 1.0);
        match self {
            Self::Linear => position,
            Self::EqualPower => libm::sin(position * std::f64::consts::FRAC_PI_2),
        }
    }
}

/// Fades the first `frames` in. The first frame becomes silent; more frames than there are count as all.
pub fn fade_in(buffer: &mut AudioBuffer, frames: usize, curve: FadeCurve) {
    let frames = frames.min(buffer.frames());
    for channel in buffer.channels_mut() {
        for (index, sample) in channel.iter_mut().take(frames).enumerate() {
            *sample *= curve.gain(index as f64 / frames as f64) as f32;
        }
    }
}

/// Fades the last `frames` out. The last frame becomes silent; more frames than there are count as all.
pub fn fade_out(buffer: &mut AudioBuffer, frames: usize, curve: FadeCurve) {
    let frames = frames.min(buffer.frames());
    for channel in buffer.channels_mut() {
        for (index, sample) in channel.iter_mut().rev().take(frames).enumerate() {
            *sample *= curve.gain(index as f64 / frames as f64) as f32;
        }
    }
}

/// Silent frames at both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilentEnds {
    /// Frames before the first one above the threshold.
    pub head: usize,
    /// Frames behind the last one above the threshold.
    pub tail: usize,
}

/// Finds silence at both ends: frames in which no channel exceeds `threshold` (linear). A buffer without anything above
/// it is all head.
pub fn silent_ends(buffer: &AudioBuffer, threshold: f32) -> SilentEnds {
    let frames = buffer.frames();
    let loud = |x: &f32| x.abs() > threshold;
    let firsts = buffer.channels().iter().filter_map(|channel| channel.iter().position(loud));
    let lasts = buffer.channels().iter().filter_map(|channel| channel.iter().rposition(loud));
    match (firsts.min(), lasts.max()) {
        (Some(first), Some(last)) => SilentEnds { head: first, tail: frames - 1 - last },
        _ => SilentEnds { head: frames, tail: 0 },
    }
}

/// Cuts silence off both ends and says how much it was; `keep` frames of it stay at each end.
pub fn trim_silence(buffer: &mut AudioBuffer, threshold: f32, keep: usize) -> SilentEnds {
    let ends = silent_ends(buffer, threshold);
    let cut =
        SilentEnds { head: ends.head.saturating_sub(keep), tail: ends.tail.saturating_sub(keep) };
    let left = buffer.frames() - cut.head - cut.tail;
    for channel in buffer.channels_mut() {
        channel.copy_within(cut.head..cut.head + left, 0);
    }
    buffer.set_frames(left);
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;
    use proptest::prelude::*;

    fn ones(frames: usize) -> AudioBuffer {
        AudioBuffer::from_planar(vec![vec![1.0; frames]; 2], SampleRate::HZ_48000)
    }

    #[test]
    fn fades_start_and_end_in_silence() {
        let mut buffer = ones(8);
        fade_in(&mut buffer, 4, FadeCurve::Linear);
        fade_out(&mut buffer, 2, FadeCurve::Linear);
        assert_eq!(buffer.channel(1), [0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 0.5, 0.0]);
        let mut short = ones(2);
        fade_out(&mut short, 100, FadeCurve::EqualPower);
        assert_eq!(short.channel(0)[1], 0.0);
        fade_in(&mut AudioBuffer::silence(1, 0, SampleRate::HZ_48000), 10, FadeCurve::Linear);
    }

    proptest! {
        #[test]
        fn equal_power_fades_keep_the_power(position in 0.0f64..=1.0) {
            let (a, b) = (FadeCurve::EqualPower.gain(position), FadeCurve::EqualPower.gain(1.0 - position));
            prop_assert!((a * a + b * b - 1.0).abs() < 1e-12);
        }

        #[test]
        fn trimming_leaves_the_sound(head in 0usize..50, sound in 1usize..50, tail in 0usize..50, keep in 0usize..10) {
            let mut channel = vec![0.0; head];
            channel.extend(vec![0.5; sound]);
            channel.extend(vec![0.0; tail]);
            let mut buffer = AudioBuffer::from_planar(vec![channel], SampleRate::HZ_48000);
            prop_assert_eq!(silent_ends(&buffer, 0.1), SilentEnds { head, tail });
            trim_silence(&mut buffer, 0.1, keep);
            prop_assert_eq!(buffer.frames(), sound + head.min(keep) + tail.min(keep));
            prop_assert_eq!(buffer.channel(0).iter().filter(|x| **x == 0.5).count(), sound);
        }
    }

    #[test]
    fn pure_silence_is_all_head() {
        let mut buffer = AudioBuffer::silence(2, 7, SampleRate::HZ_48000);
        assert_eq!(trim_silence(&mut buffer, 0.0, 0), SilentEnds { head: 7, tail: 0 });
        assert_eq!(buffer.frames(), 0);
    }
}
