//! The shape of a sound at any zoom, down to single samples: lowest, highest and effective level of stretches, from a
//! pyramid of bins whose lengths double from level to level, and from the samples themselves at the edges.
//!
//! What it tells of a stretch is exact, wherever it begins and ends; the work grows with the logarithm of its length. The
//! compact form that can be stored is `peaks`.

use std::sync::Arc;

use super::buffer::AudioBuffer;

/// Frames of a bin of the finest level.
const BASE: usize = 64;

/// A sound with its pyramid.
#[derive(Debug, Clone)]
pub struct Waveform {
    sound: Arc<AudioBuffer>,
    /// From fine to coarse; bin `n` of level `l` begins at frame `n * BASE << l`.
    levels: Vec<Vec<Bin>>,
}

/// A stretch of all channels together.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bin {
    min: f32,
    max: f32,
    /// Sum of the squares.
    energy: f64,
}

impl Bin {
    const EMPTY: Self = Self { min: f32::INFINITY, max: f32::NEG_INFINITY, energy: 0.0 };

    fn join(self, other: Self) -> Self {
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            energy: self.energy + other.energy,
        }
    }

    /// The samples of a stretch of each channel. What is not a number counts as silence.
    fn of<'a>(stretches: impl Iterator<Item = &'a [f32]>) -> Self {
        stretches.flatten().fold(Self::EMPTY, |bin, sample| {
            let x = if sample.is_finite() { *sample } else { 0.0 };
            Self {
                min: bin.min.min(x),
                max: bin.max.max(x),
                energy: bin.energy + f64::from(x) * f64::from(x),
            }
        })
    }
}

impl Waveform {
    /// Builds the pyramid. Takes some 10 ms for a minute of stereo.
    pub fn of(sound: Arc<AudioBuffer>) -> Self {
        let bins = sound.frames().div_ceil(BASE);
        let base = |n: usize| Bin::of(stretches(&sound, n * BASE, (n + 1) * BASE));
        let mut levels = vec![(0..bins).map(base).collect::<Vec<_>>()];
        while let Some(last) = levels.last().filter(|last| last.len() > 1) {
            let pair = |pair: &[Bin]| pair.iter().fold(Bin::EMPTY, |sum, bin| sum.join(*bin));
            let next = last.chunks(2).map(pair).collect();
            levels.push(next);
        }
        Self { sound, levels }
    }

    /// The sound.
    pub fn sound(&self) -> &Arc<AudioBuffer> {
        &self.sound
    }

    /// Bytes of the pyramid.
    pub fn bytes(&self) -> usize {
        self.levels.iter().map(|level| level.len() * size_of::<Bin>()).sum()
    }

    /// Lowest sample, highest sample and effective level of `count` columns of equal length between two frames, all
    /// channels together. Where there are as many columns as frames, or more, each column is the mean of the channels at
    /// its frame, three times. Nothing for an empty stretch; what lies behind the end of the sound is left out.
    pub fn columns(&self, from: u64, to: u64, count: usize) -> Vec<[f32; 3]> {
        let frames = self.sound.frames() as u64;
        let (from, to) = (from.min(frames), to.min(frames));
        let span = to.saturating_sub(from);
        if span == 0 {
            return Vec::new();
        }
        // Whole numbers, so that neighbouring columns neither overlap nor leave a frame out.
        let edge = |n: usize| {
            let offset = u128::from(span) * n as u128 / count.max(1) as u128;
            (from + offset as u64) as usize
        };
        let column = |n: usize| {
            let start = edge(n);
            if span <= count as u64 {
                return [self.sample(start); 3];
            }
            let end = edge(n + 1);
            let bin = self.stretch(start, end);
            let samples = (end - start) * self.sound.channel_count();
            [bin.min, bin.max, (bin.energy / samples as f64).sqrt() as f32]
        };
        (0..count).map(column).collect()
    }

    /// The mean of all channels at a frame.
    fn sample(&self, frame: usize) -> f32 {
        let channels = self.sound.channels();
        let held = |x: &f32| if x.is_finite() { *x } else { 0.0 };
        let sum = channels.iter().filter_map(|channel| channel.get(frame)).map(held).sum::<f32>();
        sum / channels.len() as f32
    }

    /// What a stretch holds: the largest bins that fit into it, and samples at its ragged ends.
    fn stretch(&self, from: usize, to: usize) -> Bin {
        let (mut sum, mut at) = (Bin::EMPTY, from);
        while at < to {
            let fits = |level: &usize| {
                let length = BASE << level;
                at.is_multiple_of(length) && at + length <= to
            };
            // Levels fit up to some level and not from there on, but for the last few, which are too long.
            let level = (0..self.levels.len()).take_while(fits).last();
            let bin = level.and_then(|level| {
                let bin = self.levels.get(level)?.get(at / (BASE << level))?;
                Some((*bin, at + (BASE << level)))
            });
            let (bin, next) = bin.unwrap_or_else(|| {
                let next = (at / BASE * BASE + BASE).min(to);
                (Bin::of(stretches(&self.sound, at, next)), next)
            });
            sum = sum.join(bin);
            at = next;
        }
        sum
    }
}

/// The samples of every channel between two frames, as far as there are any.
fn stretches(sound: &AudioBuffer, from: usize, to: usize) -> impl Iterator<Item = &[f32]> {
    let (from, to) = (from.min(sound.frames()), to.min(sound.frames()));
    sound.channels().iter().filter_map(move |channel| channel.get(from..to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;
    use proptest::prelude::*;

    fn waveform(channels: Vec<Vec<f32>>) -> Waveform {
        Waveform::of(Arc::new(AudioBuffer::from_planar(channels, SampleRate::HZ_48000)))
    }

    #[test]
    fn a_sine_reads_its_amplitude_and_its_effective_value() {
        let sine = |i: usize| 0.5 * libm::sin(std::f64::consts::TAU * i as f64 / 48.0) as f32;
        let waveform = waveform(vec![(0..48_000).map(sine).collect()]);
        for [min, max, rms] in waveform.columns(0, 48_000, 100) {
            assert!((min + 0.5).abs() < 1e-6 && (max - 0.5).abs() < 1e-6, "{min} {max}");
            assert!((rms - 0.5 * std::f32::consts::FRAC_1_SQRT_2).abs() < 1e-6, "{rms}");
        }
    }

    #[test]
    fn single_samples_are_seen_as_they_are() {
        let waveform = waveform(vec![vec![0.0, 0.25, -0.5, 1.0], vec![0.0, 0.75, -0.5, f32::NAN]]);
        assert_eq!(waveform.columns(1, 3, 2), [[0.5; 3], [-0.5; 3]]);
        assert_eq!(waveform.columns(1, 3, 4), [[0.5; 3], [0.5; 3], [-0.5; 3], [-0.5; 3]]);
        assert_eq!(waveform.columns(3, 4, 1), [[0.5; 3]], "what is no number is silence");
        assert!(waveform.columns(4, 9, 8).is_empty() && waveform.columns(2, 2, 8).is_empty());
    }

    proptest! {
        #[test]
        fn the_pyramid_tells_what_looking_at_every_sample_tells(
            samples in prop::collection::vec(-1.5f32..1.5, 1..3_000),
            ends in (0u64..3_200, 0u64..3_200), count in 1usize..50,
        ) {
            let other = samples.iter().rev().map(|x| x * 0.5).collect::<Vec<_>>();
            let waveform = waveform(vec![samples.clone(), other.clone()]);
            let (from, to) = (ends.0.min(ends.1), ends.0.max(ends.1).min(samples.len() as u64));
            let columns = waveform.columns(from, to, count);
            if from >= to {
                prop_assert!(columns.is_empty());
                return Ok(());
            }
            prop_assert_eq!(columns.len(), count);
            let span = to - from;
            if span > count as u64 {
                for (n, [min, max, rms]) in columns.into_iter().enumerate() {
                    let edge = |n: u64| (from + span * n / count as u64) as usize;
                    let (a, b) = (edge(n as u64), edge(n as u64 + 1));
                    let seen = samples[a..b].iter().chain(&other[a..b]).copied().collect::<Vec<_>>();
                    prop_assert_eq!(min, seen.iter().copied().fold(f32::INFINITY, f32::min));
                    prop_assert_eq!(max, seen.iter().copied().fold(f32::NEG_INFINITY, f32::max));
                    let energy = seen.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>();
                    let wanted = (energy / seen.len() as f64).sqrt() as f32;
                    prop_assert!((rms - wanted).abs() < 1e-5, "{} and {}", rms, wanted);
                }
            }
        }
    }
}
