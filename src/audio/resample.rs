//! Changing the sample rate of a whole buffer, with the resampler's delay taken off exactly. Not for live use.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

use super::buffer::AudioBuffer;
use super::error::AudioError;
use crate::model::units::SampleRate;

/// Frames that go through the transform at once. Longer ones make the filter's edge steeper: at 2,048 the pass band
/// of 44.1 kHz reaches beyond 21 kHz.
const CHUNK: usize = 2_048;

/// Gives a sound another sample rate. The result has `round(frames x to / from)` frames, and what was at frame `n` is at
/// `n x to / from`. The same rate gives the buffer back untouched. Deterministic on one kind of processor.
///
/// Errors: [`AudioError::Processing`] where the resampler refuses.
pub fn resample(buffer: AudioBuffer, to: SampleRate) -> Result<AudioBuffer, AudioError> {
    let from = buffer.sample_rate();
    let frames = buffer.frames();
    if from == to {
        return Ok(buffer);
    }
    let target = resampled_frames(frames, from, to);
    if frames == 0 {
        return Ok(AudioBuffer::silence(buffer.channel_count(), 0, to));
    }
    let mut resampler = Fft::<f32>::new_custom(
        from.get() as usize,
        to.get() as usize,
        CHUNK,
        1,
        1,
        WindowFunction::BlackmanHarris2,
        FixedSync::Both,
    )
    .map_err(|error| failed(&error))?;
    let mut planes = Vec::with_capacity(buffer.channel_count());
    // One channel at a time, and each input is freed as soon as it is done, so memory stays near one sound's worth.
    for channel in buffer.into_planar() {
        let input = SequentialSlice::new(&channel, 1, frames).map_err(|error| failed(&error))?;
        let output = resampler.process_all(&input, frames, None).map_err(|error| failed(&error))?;
        let mut plane = output.take_data();
        plane.resize(target, 0.0);
        planes.push(plane);
    }
    Ok(AudioBuffer::from_planar(planes, to))
}

/// Frames that a sound has at another rate, rounded to nearest.
pub fn resampled_frames(frames: usize, from: SampleRate, to: SampleRate) -> usize {
    let scaled = frames as u128 * u128::from(to.get());
    let from = u128::from(from.get());
    usize::try_from((scaled + from / 2) / from).unwrap_or(usize::MAX)
}

fn failed(error: &dyn std::error::Error) -> AudioError {
    AudioError::Processing { detail: format!("the resampler refused: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).unwrap()
    }

    /// Where a peak lies, between samples, by the centre of its energy nearby.
    fn centre(samples: &[f32]) -> f64 {
        let top = (0..samples.len()).max_by(|a, b| samples[*a].total_cmp(&samples[*b])).unwrap();
        let (mut sum, mut weight) = (0.0, 0.0);
        for (i, sample) in samples.iter().enumerate().take(top + 40).skip(top.saturating_sub(40)) {
            let energy = f64::from(*sample) * f64::from(*sample);
            sum += energy * i as f64;
            weight += energy;
        }
        sum / weight
    }

    #[test]
    fn an_impulse_stays_at_its_time() {
        for (from, to) in [
            (48_000, 44_100),
            (44_100, 48_000),
            (48_000, 96_000),
            (48_000, 32_000),
            (96_000, 44_100),
            (48_000, 22_050),
        ] {
            for at in [3_000, 9_600, 30_001] {
                let mut channel = vec![0.0; 40_000];
                channel[at] = 1.0;
                let buffer = AudioBuffer::from_planar(vec![channel], rate(from));
                let out = resample(buffer, rate(to)).unwrap();
                let expected = at as f64 * f64::from(to) / f64::from(from);
                let found = centre(out.channel(0));
                assert!((found - expected).abs() < 0.05, "{from} {to}: {found} {expected}");
                assert_eq!(out.frames(), resampled_frames(40_000, rate(from), rate(to)));
            }
        }
    }

    #[test]
    fn a_tone_comes_through_clean() {
        let tone = |hz: u32, frames: usize| {
            let step = std::f64::consts::TAU * 1_000.0 / f64::from(hz);
            (0..frames).map(|i| (libm::sin(i as f64 * step) * 0.5) as f32).collect::<Vec<_>>()
        };
        let buffer = AudioBuffer::from_planar(vec![tone(48_000, 96_000)], rate(48_000));
        let out = resample(buffer, rate(44_100)).unwrap();
        let worst = out
            .channel(0)
            .iter()
            .zip(tone(44_100, 88_200))
            .map(|(a, b)| (a - b).abs())
            .take(86_000)
            .skip(2_000)
            .fold(0.0, f32::max);
        assert!(worst < 3e-6, "{worst}");
    }

    #[test]
    fn lengths_round_to_the_nearest_frame() {
        for frames in [0, 1, 2, 147, 159, 160, 161, 4_801] {
            let buffer = AudioBuffer::silence(2, frames, rate(48_000));
            let out = resample(buffer, rate(44_100)).unwrap();
            let exact = frames as f64 * 44_100.0 / 48_000.0;
            assert!((out.frames() as f64 - exact).abs() <= 0.5, "{frames}");
            assert_eq!(out.channel_count(), 2);
        }
        let same = AudioBuffer::from_planar(vec![vec![0.3; 5]], rate(48_000));
        assert_eq!(resample(same.clone(), rate(48_000)).unwrap(), same);
    }
}
