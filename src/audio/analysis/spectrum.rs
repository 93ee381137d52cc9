//! The balance of a sound over the octaves, averaged over its whole length (Welch's method).

use super::{mono, spectra};
use crate::audio::buffer::AudioBuffer;

/// One octave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Middle frequency in Hz, as IEC 61260 names it.
    pub centre: f64,
    /// Power in dB, 0 dB being a full-scale sine; -infinity where there is nothing.
    pub db: f64,
}

/// The octaves from 31.5 Hz up to the last that fits under half the sample rate. Mono mix.
pub fn octave_bands(buffer: &AudioBuffer) -> Vec<Band> {
    const CENTRES: [f64; 10] =
        [31.5, 63.0, 125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0];
    const SIZE: usize = 8_192;
    let rate = buffer.sample_rate().as_f64();
    let mut power = vec![0.0_f64; SIZE / 2 + 1];
    let mut frames = 0.0;
    let samples = mono(buffer);
    spectra(&samples, SIZE, SIZE / 2, true, |magnitudes| {
        frames += 1.0;
        for (sum, magnitude) in power.iter_mut().zip(magnitudes) {
            *sum += f64::from(*magnitude) * f64::from(*magnitude);
        }
    });
    // A Hann window spreads a sine's power over neighbouring bins that add up to 1.5 times the middle one.
    let scale = 1.0 / (1.5 * f64::max(frames, 1.0));
    let edge = std::f64::consts::SQRT_2;
    CENTRES
        .into_iter()
        .filter(|centre| *centre < rate / 2.0)
        .enumerate()
        .map(|(octave, centre)| {
            // Exact centres are powers of two around 1 kHz; the names are rounded.
            let exact = 1_000.0 * libm::exp2(octave as f64 - 5.0);
            let bin = |hz: f64| (hz * SIZE as f64 / rate).round() as usize;
            let (from, to) = (bin(exact / edge), bin(exact * edge).min(power.len()));
            let sum = power.get(from..to).unwrap_or_default().iter().sum::<f64>() * scale;
            let db = if sum > 0.0 { 10.0 * libm::log10(sum) } else { f64::NEG_INFINITY };
            Band { centre, db }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;

    #[test]
    fn a_sine_is_read_in_its_octave_at_its_level() {
        for (hz, octave) in [(63.0, 1), (1_000.0, 5), (7_500.0, 8)] {
            let step = std::f64::consts::TAU * hz / 48_000.0;
            let channel =
                (0..480_000).map(|i| (libm::sin(f64::from(i) * step) * 0.5) as f32).collect();
            let bands =
                octave_bands(&AudioBuffer::from_planar(vec![channel], SampleRate::HZ_48000));
            assert_eq!(bands.len(), 10);
            assert!((bands[octave].db + 6.02).abs() < 0.3, "{hz}: {bands:?}");
            for (i, band) in bands.iter().enumerate().filter(|(i, _)| i.abs_diff(octave) > 1) {
                assert!(band.db < -45.0, "{hz}: {i} {band:?}");
            }
        }
    }

    #[test]
    fn low_rates_have_fewer_octaves_and_silence_has_none_of_them() {
        let rate = SampleRate::new(8_000).unwrap();
        let bands = octave_bands(&AudioBuffer::silence(1, 8_000, rate));
        assert_eq!(bands.len(), 7);
        assert!(bands.iter().all(|band| band.db == f64::NEG_INFINITY));
    }
}
