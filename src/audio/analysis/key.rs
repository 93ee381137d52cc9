//! Key by pitch classes: the energy of each of the twelve, matched against how often listeners find each note fitting in
//! each key. Source of the profiles: Krumhansl, "Cognitive Foundations of Musical Pitch", 1990.

use super::{mono, spectra};
use crate::audio::buffer::AudioBuffer;
use crate::model::key::{Key, Mode};

/// A measured key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyEstimate {
    /// The best of the 24 major and minor keys.
    pub key: Key,
    /// Its correlation with the sound's pitch classes, -1 to 1.
    pub correlation: f64,
    /// How far the best key lies before the second best; near 0 the answer is a guess.
    pub margin: f64,
}

const MAJOR: [f64; 12] = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
const MINOR: [f64; 12] = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];

/// Frequencies that count, in Hz: below, bins are wider than a semitone; above, overtones rule.
const RANGE: (f64, f64) = (80.0, 2_000.0);

/// Energy of the pitch classes C to B, adding up to 1; all zero for silence. Tuning is taken as A = 440 Hz.
pub fn chroma(buffer: &AudioBuffer) -> [f64; 12] {
    let rate = buffer.sample_rate().as_f64();
    let samples = mono(buffer);
    // At least a sixth of a second to a frame keeps the bins under half a semitone from 100 Hz up.
    let size = if rate > 60_000.0 { 32_768 } else { 16_384 };
    let mut classes = [0.0; 12];
    let mut frame = [0.0; 12];
    spectra(&samples, size, size / 2, true, |magnitudes| {
        frame.fill(0.0);
        for (bin, [before, here, after]) in magnitudes.array_windows::<3>().enumerate() {
            // Only peaks are notes; the slopes beside them would smear into the neighbours.
            if here <= before || here < after || *here < 1e-6 {
                continue;
            }
            let (a, b, c) = (f64::from(*before), f64::from(*here), f64::from(*after));
            let shift = 0.5 * (a - c) / (a - 2.0 * b + c);
            let hz = ((bin + 1) as f64 + shift) * rate / size as f64;
            if hz < RANGE.0 || hz > RANGE.1 {
                continue;
            }
            let note = 69.0 + 12.0 * libm::log2(hz / 440.0);
            let class = (note.round() as i64).rem_euclid(12) as usize;
            if let Some(slot) = frame.get_mut(class) {
                // Amplitude rather than power, lest one loud bass note drown the chord over it.
                *slot += b;
            }
        }
        classes.iter_mut().zip(&frame).for_each(|(sum, x)| *sum += x);
    });
    let total = classes.iter().sum::<f64>();
    if total > 0.0 { classes.map(|x| x / total) } else { classes }
}

/// Measures the key. `None` for sounds without pitch: silence, or all classes alike.
pub fn estimate_key(buffer: &AudioBuffer) -> Option<KeyEstimate> {
    let classes = chroma(buffer);
    let mut found: Vec<(f64, Key)> = Vec::with_capacity(24);
    for (profile, mode) in [(MAJOR, Mode::Ionian), (MINOR, Mode::Aeolian)] {
        for tonic in 0..12_u8 {
            let mut turned = profile;
            turned.rotate_right(usize::from(tonic));
            found.push((correlation(&classes, &turned)?, Key::new(tonic, mode)));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    match found.as_slice() {
        [(best, key), (second, _), ..] => {
            Some(KeyEstimate { key: *key, correlation: *best, margin: best - second })
        }
        _ => None,
    }
}

/// Pearson's correlation; `None` where one side does not vary.
fn correlation(a: &[f64; 12], b: &[f64; 12]) -> Option<f64> {
    let mean = |x: &[f64; 12]| x.iter().sum::<f64>() / 12.0;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (x - mean_a, y - mean_b);
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    let scale = (aa * bb).sqrt();
    (scale > 1e-12).then(|| ab / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;

    /// Chords of three overtones each, a second long.
    fn chords(list: &[[u8; 3]]) -> AudioBuffer {
        let mut channel = Vec::new();
        for chord in list {
            for i in 0..48_000 {
                let mut sum = 0.0;
                for note in chord {
                    let hz = 440.0 * libm::exp2((f64::from(*note) - 69.0) / 12.0);
                    let turn = std::f64::consts::TAU * hz * f64::from(i) / 48_000.0;
                    sum +=
                        libm::sin(turn) + 0.3 * libm::sin(2.0 * turn) + 0.1 * libm::sin(3.0 * turn);
                }
                channel.push((sum * 0.1) as f32);
            }
        }
        AudioBuffer::from_planar(vec![channel], SampleRate::HZ_48000)
    }

    #[test]
    fn cadences_are_heard_in_their_key() {
        for shift in 0..12_u8 {
            let up = |chord: [u8; 3]| chord.map(|note| note + shift);
            let major = [[60, 64, 67], [65, 69, 72], [67, 71, 74], [60, 64, 67]].map(up);
            let found = estimate_key(&chords(&major)).unwrap();
            assert_eq!(found.key, Key::new(shift, Mode::Ionian), "{found:?}");
            let minor = [[57, 60, 64], [62, 65, 69], [64, 68, 71], [57, 60, 64]].map(up);
            let found = estimate_key(&chords(&minor)).unwrap();
            assert_eq!(found.key, Key::new(9 + shift, Mode::Aeolian), "{found:?}");
        }
    }

    #[test]
    fn a_single_note_is_its_own_class() {
        let classes = chroma(&chords(&[[69, 69, 69]]));
        assert!(classes[9] > 0.85, "{classes:?}");
        assert!((classes.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn silence_has_no_key() {
        assert_eq!(estimate_key(&AudioBuffer::silence(2, 48_000, SampleRate::HZ_48000)), None);
    }
}
