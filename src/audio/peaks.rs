//! Waveforms for drawing: the lowest, highest and mean level of stretches of sound, at lengths that double from level to
//! level, so that any zoom reads a bounded number of bins. Kept in a compact binary form beside a take.

use super::buffer::AudioBuffer;
use super::error::AudioError;
use crate::model::units::SampleRate;

/// A stretch of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Peak {
    /// Lowest sample.
    pub min: f32,
    /// Highest sample.
    pub max: f32,
    /// Root of the mean square.
    pub rms: f32,
}

impl Peak {
    /// Joins stretches of equal length.
    fn join(peaks: &[Self]) -> Self {
        let Some(first) = peaks.first() else { return Self::default() };
        let mean = peaks.iter().map(|peak| peak.rms * peak.rms).sum::<f32>() / peaks.len() as f32;
        let fold = |peak: Self, next: &Self| Self {
            min: peak.min.min(next.min),
            max: peak.max.max(next.max),
            rms: 0.0,
        };
        Self { rms: mean.sqrt(), ..peaks.iter().fold(*first, fold) }
    }
}

/// The waveform of a sound at all zooms.
#[derive(Debug, Clone, PartialEq)]
pub struct Peaks {
    sample_rate: SampleRate,
    frames: u64,
    /// Per channel, per level from fine to coarse.
    channels: Vec<Vec<Vec<Peak>>>,
}

/// Frames of a bin of the finest level.
const BASE: usize = 256;
/// First byte of the binary form.
const VERSION: u8 = 1;
const MAGIC: [u8; 3] = *b"TPK";

impl Peaks {
    /// The waveform of a whole buffer.
    pub fn of(buffer: &AudioBuffer) -> Self {
        let mut builder = PeakBuilder::new(buffer.channel_count(), buffer.sample_rate());
        let planes = buffer.channels().iter().map(Vec::as_slice).collect::<Vec<_>>();
        builder.add(&planes);
        builder.finish()
    }

    /// Frames of the sound.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Frames per second of the sound.
    pub fn sample_rate(&self) -> SampleRate {
        self.sample_rate
    }

    /// Number of channels.
    pub fn channel_count(&self) -> usize {
        self.channels.len()
    }

    /// The waveform of a channel between two frames in `width` columns of equal length. Frames outside of the sound read
    /// as silence; a channel that does not exist gives nothing. Columns are as exact as bins of 256 frames allow.
    pub fn columns(&self, channel: usize, from: u64, to: u64, width: usize) -> Vec<Peak> {
        let Some(levels) = self.channels.get(channel).filter(|_| to > from) else {
            return Vec::new();
        };
        let span = (to - from) as f64 / width.max(1) as f64;
        // The coarsest level with at least two bins to a column.
        let fits = |level: &usize| (BASE << level) as f64 * 2.0 <= span;
        let level = (0..levels.len()).rev().find(fits).unwrap_or(0);
        let bins = levels.get(level).map_or(&[][..], Vec::as_slice);
        let bin = (BASE << level) as f64;
        (0..width)
            .map(|column| {
                let start = (from as f64 + column as f64 * span) / bin;
                let end = (from as f64 + (column + 1) as f64 * span) / bin;
                let start = start as usize;
                let end = (end.ceil() as usize).max(start + 1).min(bins.len());
                Peak::join(bins.get(start..end).unwrap_or_default())
            })
            .collect()
    }

    /// The binary form: magic, version, channels (1 byte), rate (4), frames (8), then per channel each bin of the
    /// finest level as lowest and highest (16 bit signed) and mean (16 bit unsigned) level, little-endian. Coarser
    /// levels follow from these.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([VERSION, self.channels.len() as u8]);
        bytes.extend(self.sample_rate.get().to_le_bytes());
        bytes.extend(self.frames.to_le_bytes());
        for peak in self.channels.iter().filter_map(|levels| levels.first()).flatten() {
            bytes.extend(((peak.min * 32_767.0).floor() as i16).to_le_bytes());
            bytes.extend(((peak.max * 32_767.0).ceil() as i16).to_le_bytes());
            bytes.extend(((peak.rms * 65_535.0).round() as u16).to_le_bytes());
        }
        bytes
    }

    /// Reads the binary form. Errors: [`AudioError::Processing`] for any other bytes; peaks can always be made anew.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AudioError> {
        let bad = |detail: &str| AudioError::Processing {
            detail: format!("the stored waveform {detail}"),
        };
        let Some((header, body)) = bytes.split_first_chunk::<17>() else {
            return Err(bad("is cut short"));
        };
        let [a, b, c, version, channels, r0, r1, r2, r3, frames @ ..] = *header;
        if [a, b, c] != MAGIC {
            return Err(bad("is something else"));
        }
        if version != VERSION {
            return Err(bad("has another version"));
        }
        let rate = SampleRate::new(u32::from_le_bytes([r0, r1, r2, r3]));
        let sample_rate = rate.map_err(|_| bad("has no valid sample rate"))?;
        let frames = u64::from_le_bytes(frames);
        let bins = frames.div_ceil(BASE as u64);
        if bins.checked_mul(6 * u64::from(channels)) != Some(body.len() as u64) || channels == 0 {
            return Err(bad("has another length than it says"));
        }
        let (entries, _) = body.as_chunks::<6>();
        let peaks = entries.iter().map(|[a, b, c, d, e, f]| Peak {
            min: f32::from(i16::from_le_bytes([*a, *b])) / 32_767.0,
            max: f32::from(i16::from_le_bytes([*c, *d])) / 32_767.0,
            rms: f32::from(u16::from_le_bytes([*e, *f])) / 65_535.0,
        });
        let peaks = peaks.collect::<Vec<_>>();
        let mut fine = peaks.chunks((bins as usize).max(1));
        let channels = (0..channels).map(|_| pyramid(fine.next().unwrap_or_default().to_vec()));
        Ok(Self { sample_rate, frames, channels: channels.collect() })
    }
}

/// All levels above a finest one, down to a single bin.
fn pyramid(fine: Vec<Peak>) -> Vec<Vec<Peak>> {
    let mut levels = vec![fine];
    while let Some(last) = levels.last().filter(|last| last.len() > 1) {
        let next = last.chunks(2).map(Peak::join).collect();
        levels.push(next);
    }
    levels
}

/// Builds [`Peaks`] from blocks.
#[derive(Debug, Clone)]
pub struct PeakBuilder {
    sample_rate: SampleRate,
    frames: u64,
    channels: Vec<Vec<Peak>>,
    open: Vec<Open>,
}

/// The bin that is being filled.
#[derive(Debug, Clone, Copy)]
struct Open {
    min: f32,
    max: f32,
    sum: f32,
    count: usize,
}

impl Open {
    const EMPTY: Self = Self { min: f32::INFINITY, max: f32::NEG_INFINITY, sum: 0.0, count: 0 };

    fn add(&mut self, samples: &[f32]) {
        // Eight lanes compile to vector code; the order of the sum is fixed, so the result is too.
        let (blocks, rest) = samples.as_chunks::<8>();
        let (mut low, mut high, mut sums) = ([self.min; 8], [self.max; 8], [0.0_f32; 8]);
        for block in blocks {
            for i in 0..8 {
                let x = block[i];
                low[i] = if x < low[i] { x } else { low[i] };
                high[i] = if x > high[i] { x } else { high[i] };
                sums[i] += x * x;
            }
        }
        self.min = low.into_iter().chain(rest.iter().copied()).fold(self.min, f32::min);
        self.max = high.into_iter().chain(rest.iter().copied()).fold(self.max, f32::max);
        self.sum += sums.into_iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>();
        self.count += samples.len();
    }

    /// Closes the bin. Levels are held to ±1, which is all that a drawing shows; what is not a number reads as silence.
    fn close(&mut self) -> Peak {
        let held = |x: f32| if x.is_finite() { x.clamp(-1.0, 1.0) } else { 0.0 };
        let rms = (self.sum / self.count.max(1) as f32).sqrt();
        let peak = Peak { min: held(self.min), max: held(self.max), rms: held(rms) };
        *self = Self::EMPTY;
        peak
    }
}

impl PeakBuilder {
    /// Starts a waveform. 0 channels count as 1, more than 255 as 255.
    pub fn new(channels: usize, sample_rate: SampleRate) -> Self {
        let channels = channels.clamp(1, 255);
        Self {
            sample_rate,
            frames: 0,
            channels: vec![Vec::new(); channels],
            open: vec![Open::EMPTY; channels],
        }
    }

    /// Takes the next block: one slice per channel, all of one length. Channels that are missing stay behind.
    pub fn add(&mut self, planes: &[&[f32]]) {
        self.frames += planes.first().map_or(0, |plane| plane.len()) as u64;
        for ((peaks, open), plane) in self.channels.iter_mut().zip(&mut self.open).zip(planes) {
            let mut rest = *plane;
            while !rest.is_empty() {
                let (part, next) = rest.split_at(rest.len().min(BASE - open.count));
                open.add(part);
                rest = next;
                if open.count == BASE {
                    peaks.push(open.close());
                }
            }
        }
    }

    /// Closes the last bins and builds the coarser levels.
    pub fn finish(mut self) -> Peaks {
        let bins = self.frames.div_ceil(BASE as u64) as usize;
        for (peaks, open) in self.channels.iter_mut().zip(&mut self.open) {
            if open.count > 0 {
                peaks.push(open.close());
            }
            peaks.resize(bins, Peak::default());
        }
        Peaks {
            sample_rate: self.sample_rate,
            frames: self.frames,
            channels: self.channels.into_iter().map(pyramid).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ramp(frames: usize) -> AudioBuffer {
        let channel = (0..frames).map(|i| i as f32 / frames as f32).collect::<Vec<_>>();
        let other = channel.iter().map(|x| -x).collect();
        AudioBuffer::from_planar(vec![channel, other], SampleRate::HZ_48000)
    }

    #[test]
    fn columns_show_the_levels_of_their_stretch() {
        let peaks = Peaks::of(&ramp(256 * 64));
        let columns = peaks.columns(0, 0, 256 * 64, 8);
        for (i, column) in columns.iter().enumerate() {
            assert!((column.min - i as f32 / 8.0).abs() < 1e-6);
            assert!((column.max - (i + 1) as f32 / 8.0).abs() < 1e-3);
            assert!(column.rms > column.min && column.rms < column.max);
        }
        assert_eq!(peaks.columns(1, 0, 256 * 64, 1)[0].max, 0.0);
        assert!(peaks.columns(2, 0, 100, 4).is_empty());
        assert!(peaks.columns(0, 5, 5, 4).is_empty());
        assert_eq!(peaks.columns(0, 1 << 40, 1 << 41, 3), [Peak::default(); 3]);
        assert_eq!(peaks.columns(0, 0, 10, 40).len(), 40);
    }

    #[test]
    fn the_mean_level_of_a_square_wave_is_its_height() {
        let wave = (0..10_000).map(|i| if i % 2 == 0 { 0.5 } else { -0.5 }).collect();
        let peaks = Peaks::of(&AudioBuffer::from_planar(vec![wave], SampleRate::HZ_48000));
        assert_eq!(peaks.columns(0, 0, 10_000, 1), [Peak { min: -0.5, max: 0.5, rms: 0.5 }]);
    }

    proptest! {
        #[test]
        fn the_split_into_blocks_does_not_matter(frames in 0usize..2_000, cut in 0usize..2_000) {
            let buffer = ramp(frames);
            let cut = cut.min(frames);
            let mut builder = PeakBuilder::new(2, SampleRate::HZ_48000);
            builder.add(&[&buffer.channel(0)[..cut], &buffer.channel(1)[..cut]]);
            builder.add(&[&buffer.channel(0)[cut..], &buffer.channel(1)[cut..]]);
            let (parts, whole) = (builder.finish(), Peaks::of(&buffer));
            prop_assert_eq!(parts.frames, whole.frames);
            for (a, b) in parts.channels.iter().flatten().flatten().zip(whole.channels.iter().flatten().flatten()) {
                prop_assert!(a.min == b.min && a.max == b.max && (a.rms - b.rms).abs() < 1e-5);
            }
        }

        #[test]
        fn the_binary_form_keeps_the_waveform(frames in 0usize..3_000) {
            let peaks = Peaks::of(&ramp(frames));
            let bytes = peaks.to_bytes();
            let back = Peaks::from_bytes(&bytes).unwrap();
            prop_assert_eq!(back.frames(), peaks.frames());
            let pairs = back.channels.iter().flatten().flatten().zip(peaks.channels.iter().flatten().flatten());
            for (a, b) in pairs {
                prop_assert!((a.min - b.min).abs() < 1e-4 && (a.max - b.max).abs() < 1e-4 && (a.rms - b.rms).abs() < 1e-4);
            }
            prop_assert!(Peaks::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut named = b"TPK\x01".to_vec();
            named.extend(&bytes);
            prop_assert!(Peaks::from_bytes(&bytes).is_err());
            if let Ok(peaks) = Peaks::from_bytes(&named) {
                prop_assert!(peaks.frames() <= 64 * 256);
            }
        }
    }
}
