//! Choosing how to play on a device, from what it offers and what is wanted. Pure: no device is asked here.

use std::fmt;

use cpal::{BufferSize, SampleFormat, StreamConfig, SupportedBufferSize};

use super::CardConfig;

/// The rate that is taken if nobody wants another.
const USUAL_RATE: u32 = 48_000;

/// A range of settings that a device offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) channels: u16,
    /// Lowest and highest rate in Hz.
    pub(super) rates: (u32, u32),
    pub(super) format: SampleFormat,
    /// Fewest and most frames to a buffer, where known.
    pub(super) buffer: Option<(u32, u32)>,
}

impl From<&cpal::SupportedStreamConfigRange> for Offer {
    fn from(range: &cpal::SupportedStreamConfigRange) -> Self {
        Self {
            channels: range.channels(),
            rates: (range.min_sample_rate(), range.max_sample_rate()),
            format: range.sample_format(),
            buffer: buffer_range(range.buffer_size()),
        }
    }
}

impl From<&cpal::SupportedStreamConfig> for Offer {
    fn from(config: &cpal::SupportedStreamConfig) -> Self {
        Self {
            channels: config.channels(),
            rates: (config.sample_rate(), config.sample_rate()),
            format: config.sample_format(),
            buffer: buffer_range(config.buffer_size()),
        }
    }
}

fn buffer_range(size: &SupportedBufferSize) -> Option<(u32, u32)> {
    match size {
        SupportedBufferSize::Range { min, max } => Some((*min, *max)),
        SupportedBufferSize::Unknown => None,
    }
}

/// How a stream is to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) channels: u16,
    pub(super) sample_rate: u32,
    pub(super) format: SampleFormat,
    /// None leaves it to the device.
    pub(super) buffer_frames: Option<u32>,
}

impl Chosen {
    pub(super) fn to_stream(self) -> StreamConfig {
        StreamConfig {
            channels: self.channels,
            sample_rate: self.sample_rate,
            buffer_size: self.buffer_frames.map_or(BufferSize::Default, BufferSize::Fixed),
        }
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz, {} channels, {}", self.sample_rate, self.channels, self.format)?;
        match self.buffer_frames {
            Some(frames) => write!(f, ", {frames} frames"),
            None => Ok(()),
        }
    }
}

/// The best of what is offered: first the wanted rate (or the nearest above it, or the nearest), then two channels, then the
/// finest format. A wanted buffer size outside the offered range is left to the device: a sound server has its own and refuses
/// any other. None if no offer has a format that can be written.
pub(super) fn choose(offers: &[Offer], own: Option<Offer>, wanted: &CardConfig) -> Option<Chosen> {
    let own_rate = own.map(|own| own.rates.0);
    let goal = wanted.sample_rate.map_or(USUAL_RATE, crate::model::units::SampleRate::get);
    let known = offers.iter().chain(own.as_ref()).filter(|offer| {
        rank(offer.format) > 0 && offer.channels > 0 && offer.rates.0 <= offer.rates.1
    });
    let best = known.max_by_key(|offer| {
        let rate = nearest(offer.rates, goal);
        let exact = rate == goal;
        // Where the goal cannot be had, the device's own rate spares its host another conversion.
        let own = Some(rate) == own_rate;
        let above = rate > goal;
        let channels = match offer.channels {
            2 => 3,
            // The first pair of many is as good as two, but costs more.
            3.. => 2,
            _ => 1,
        };
        let distance = u32::MAX - rate.abs_diff(goal);
        let few = u16::MAX - offer.channels;
        (exact, own, above, distance, channels, rank(offer.format), few)
    })?;
    let fits =
        |frames: &u32| best.buffer.is_none_or(|(least, most)| (least..=most).contains(frames));
    Some(Chosen {
        channels: best.channels,
        sample_rate: nearest(best.rates, goal),
        format: best.format,
        buffer_frames: wanted.buffer_frames.filter(|frames| *frames > 0).filter(fits),
    })
}

fn nearest((lowest, highest): (u32, u32), goal: u32) -> u32 {
    goal.clamp(lowest, highest)
}

/// How fine a format is; 0 for those that are not written (one-bit streams and 64-bit integers).
fn rank(format: SampleFormat) -> u8 {
    match format {
        SampleFormat::F32 => 10,
        SampleFormat::F64 => 9,
        SampleFormat::I32 => 8,
        SampleFormat::I24 => 7,
        SampleFormat::U32 => 6,
        SampleFormat::U24 => 5,
        SampleFormat::I16 => 4,
        SampleFormat::U16 => 3,
        SampleFormat::I8 => 2,
        SampleFormat::U8 => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;

    fn offer(channels: u16, rates: (u32, u32), format: SampleFormat) -> Offer {
        Offer { channels, rates, format, buffer: Some((64, 4_096)) }
    }

    fn wanted(rate: Option<u32>, buffer_frames: Option<u32>) -> CardConfig {
        let sample_rate = rate.map(|rate| SampleRate::new(rate).unwrap());
        CardConfig { sample_rate, buffer_frames, ..CardConfig::default() }
    }

    fn chosen(channels: u16, sample_rate: u32, format: SampleFormat) -> Chosen {
        Chosen { channels, sample_rate, format, buffer_frames: None }
    }

    #[test]
    fn rate_first_then_stereo_then_the_finest_format() {
        let offers = [
            offer(2, (44_100, 44_100), SampleFormat::F32),
            offer(8, (48_000, 48_000), SampleFormat::F32),
            offer(2, (8_000, 48_000), SampleFormat::I16),
            offer(2, (8_000, 48_000), SampleFormat::I32),
            offer(1, (8_000, 192_000), SampleFormat::F32),
            offer(2, (8_000, 192_000), SampleFormat::DsdU8),
        ];
        let at = |rate| choose(&offers, None, &wanted(rate, None)).unwrap();
        assert_eq!(at(None), chosen(2, 48_000, SampleFormat::I32));
        assert_eq!(at(Some(44_100)), chosen(2, 44_100, SampleFormat::F32));
        assert_eq!(at(Some(96_000)), chosen(1, 96_000, SampleFormat::F32));
    }

    #[test]
    fn a_server_with_one_rate_and_one_size_is_taken_as_it_is() {
        let server = |channels| Offer {
            channels,
            rates: (44_100, 44_100),
            format: SampleFormat::F32,
            buffer: Some((256, 256)),
        };
        let offers: Vec<_> = (1..=64).map(server).collect();
        let taken = choose(&offers, Some(server(2)), &wanted(Some(48_000), Some(128))).unwrap();
        assert_eq!(taken, chosen(2, 44_100, SampleFormat::F32));
        let taken = choose(&offers, None, &wanted(None, Some(256))).unwrap();
        assert_eq!(taken.buffer_frames, Some(256));
        assert_eq!(taken.to_stream().buffer_size, BufferSize::Fixed(256));
    }

    #[test]
    fn nothing_known_is_nothing_chosen() {
        let dsd = offer(2, (2_822_400, 2_822_400), SampleFormat::DsdU8);
        assert_eq!(choose(&[dsd], None, &wanted(None, None)), None);
        assert_eq!(choose(&[], None, &wanted(None, None)), None);
        let mono = offer(1, (48_000, 48_000), SampleFormat::U8);
        let taken = choose(&[dsd, mono], None, &wanted(None, None)).unwrap();
        assert_eq!(taken, chosen(1, 48_000, SampleFormat::U8));
    }
}
