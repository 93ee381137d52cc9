//! Changing the sample rate of a whole sound: a polyphase windowed sinc, centred exactly, so that nothing moves in time.
//! Not for live use.
//!
//! The filter is our own rather than a library's for two reasons: it has no delay to compensate, not even a fraction of
//! a sample, and it adds in a fixed order, so the result is the same on every processor. Source: Smith, "Digital Audio
//! Resampling"; the window is Kaiser's (Kaiser, "Nonrecursive digital filter design", 1974).

use super::buffer::AudioBuffer;
use super::windowed_sinc::{LANES, dot, kernel};
use crate::model::units::SampleRate;

/// Zero crossings of the sinc on each side: from 48 to 44.1 kHz all is passed to 19.2 kHz and nothing from 22.1 kHz.
const CROSSINGS: f64 = 64.0;
/// Shape of Kaiser's window: side lobes below -130 dB.
const BETA: f64 = 13.0;
/// The middle of the filter's edge, as a fraction of the lower of the two half rates.
const CUTOFF: f64 = 0.937;
/// Most filter phases that are tabulated. Common rate pairs need a few hundred; odd ones read between two phases.
const MAX_PHASES: u64 = 4_096;

/// Gives a sound another sample rate. The result has `round(frames x to / from)` frames, and what was at frame `n` is at
/// `n x to / from`. The same rate gives the buffer back untouched.
pub fn resample(buffer: AudioBuffer, to: SampleRate) -> AudioBuffer {
    let from = buffer.sample_rate();
    if from == to {
        return buffer;
    }
    let target = resampled_frames(buffer.frames(), from, to);
    let filter = Filter::new(from.get(), to.get());
    // Each input is freed as soon as it is done, so memory stays near one sound's worth.
    let planes = buffer.into_planar().into_iter().map(|channel| filter.apply(&channel, target));
    AudioBuffer::from_planar(planes.collect(), to)
}

/// Frames that a sound has at another rate, rounded to nearest.
pub fn resampled_frames(frames: usize, from: SampleRate, to: SampleRate) -> usize {
    let scaled = frames as u128 * u128::from(to.get());
    let from = u128::from(from.get());
    usize::try_from((scaled + from / 2) / from).unwrap_or(usize::MAX)
}

/// The filter of one pair of rates.
struct Filter {
    /// Input frames per output frame, as a fraction in lowest terms.
    step: (u64, u64),
    /// Weights of the input frames around each phase; a row more than phases, for reading between two.
    rows: Vec<Vec<f32>>,
    /// Whether every output falls on a tabulated phase.
    exact: bool,
    /// Input frames on each side of an output.
    reach: usize,
}

impl Filter {
    fn new(from: u32, to: u32) -> Self {
        let divisor = gcd(u64::from(from), u64::from(to));
        let step = (u64::from(from) / divisor, u64::from(to) / divisor);
        let exact = step.1 <= MAX_PHASES;
        let phases = if exact { step.1 } else { MAX_PHASES };
        let cutoff = CUTOFF * (f64::from(to) / f64::from(from)).min(1.0);
        let half = CROSSINGS / cutoff;
        let reach = half.ceil() as usize;
        // A whole number of vectors to a row.
        let len = (2 * reach).next_multiple_of(LANES);
        let rows = (0..=phases).map(|phase| {
            let offset = phase as f64 / phases as f64;
            let weights = (0..len)
                .map(|tap| kernel(tap as f64 + 1.0 - reach as f64 - offset, cutoff, half, BETA))
                .collect::<Vec<_>>();
            // Every phase passes a constant unchanged, so that no pattern of the phases is heard.
            let sum = weights.iter().sum::<f64>();
            weights.into_iter().map(|weight| (weight / sum) as f32).collect()
        });
        Self { step, rows: rows.collect(), exact, reach }
    }

    fn apply(&self, input: &[f32], target: usize) -> Vec<f32> {
        let row_len = self.rows.first().map_or(0, Vec::len);
        // Silence on both sides, so that every output has its full row.
        let mut padded = vec![0.0; self.reach - 1];
        padded.extend(input.iter().map(|x| if x.is_finite() { *x } else { 0.0 }));
        let (over, under) = self.step;
        let last = (target as u64 * over / under) as usize + row_len;
        padded.resize(padded.len().max(last + 1), 0.0);
        (0..target as u64)
            .map(|index| {
                let position = index * over;
                let at = (position / under) as usize;
                let under_row = padded.get(at..at + row_len).unwrap_or_default();
                let phase = position % under;
                let sum = |row: usize| self.rows.get(row).map_or(0.0, |row| dot(row, under_row));
                if self.exact {
                    return sum(phase as usize);
                }
                let place = phase as f64 / under as f64 * MAX_PHASES as f64;
                let row = place as usize;
                let blend = (place - row as f64) as f32;
                sum(row) * (1.0 - blend) + sum(row + 1) * blend
            })
            .collect()
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).unwrap()
    }

    fn tone(hz: f64, rate: u32, frames: usize) -> Vec<f32> {
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        (0..frames).map(|i| (libm::sin(i as f64 * step) * 0.5) as f32).collect()
    }

    fn converted(channel: Vec<f32>, from: u32, to: u32) -> Vec<f32> {
        let buffer = AudioBuffer::from_planar(vec![channel], rate(from));
        resample(buffer, rate(to)).into_planar().remove(0)
    }

    #[test]
    fn an_impulse_stays_at_its_time() {
        for (from, to) in [(48_000, 44_100), (44_100, 48_000), (48_000, 96_000), (96_000, 44_100)] {
            for at in [3_000, 9_600, 30_001_usize] {
                let mut channel = vec![0.0; 40_000];
                channel[at] = 1.0;
                let out = converted(channel, from, to);
                let (mut sum, mut weight) = (0.0, 0.0);
                for (i, sample) in out.iter().enumerate() {
                    let energy = f64::from(*sample) * f64::from(*sample);
                    sum += energy * i as f64;
                    weight += energy;
                }
                let expected = at as f64 * f64::from(to) / f64::from(from);
                assert!((sum / weight - expected).abs() < 0.01, "{from} {to}: {}", sum / weight);
            }
        }
    }

    #[test]
    fn tones_come_through_clean_at_any_pair_of_rates() {
        for (from, to) in [
            (48_000, 44_100),
            (44_100, 48_000),
            (44_100, 96_000),
            (192_000, 48_000),
            (48_000, 22_050),
            (48_000, 47_999),
        ] {
            for hz in [100.0, 1_000.0, 8_000.0] {
                let frames = from as usize;
                let out = converted(tone(hz, from, frames), from, to);
                let ideal = tone(hz, to, out.len());
                let inside = 1_000..out.len() - 1_000;
                let worst = out[inside.clone()]
                    .iter()
                    .zip(&ideal[inside])
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f32::max);
                // -110 dB below full scale, most of it the rounding of floats.
                assert!(worst < 3e-6, "{from} {to} {hz}: {worst}");
            }
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_gone() {
        let out = converted(tone(23_500.0, 48_000, 48_000), 48_000, 44_100);
        let worst = out[500..43_000].iter().map(|x| x.abs()).fold(0.0, f32::max);
        assert!(worst < 2e-6, "{worst}");
        let kept = converted(tone(19_000.0, 48_000, 48_000), 48_000, 44_100);
        let top = kept[500..43_000].iter().map(|x| x.abs()).fold(0.0, f32::max);
        assert!((top - 0.5).abs() < 0.001, "{top}");
    }

    #[test]
    fn lengths_round_to_the_nearest_frame() {
        for frames in [0, 1, 2, 147, 159, 160, 161, 4_801] {
            let out = resample(AudioBuffer::silence(2, frames, rate(48_000)), rate(44_100));
            let exact = frames as f64 * 44_100.0 / 48_000.0;
            assert!((out.frames() as f64 - exact).abs() <= 0.5, "{frames}");
            assert_eq!((out.channel_count(), out.sample_rate()), (2, rate(44_100)));
        }
        let same = AudioBuffer::from_planar(vec![vec![0.3; 5]], rate(48_000));
        assert_eq!(resample(same.clone(), rate(48_000)), same);
    }
}
