//! Surround to stereo by the coefficients of ITU-R BS.775-3, annex 4, table 2. A pure sum: it neither limits nor
//! normalises, so a full mix may pass ±1.0, which floats can hold. The low-frequency channel is left out, as the
//! recommendation allows. Nothing here is for the audio thread.

use super::buffer::AudioBuffer;

/// -3 dB, the weight of the centre and of each surround channel.
const HALF_POWER: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// What one channel gives to left and right.
type Weights = [f32; 2];

const LEFT: Weights = [1.0, 0.0];
const RIGHT: Weights = [0.0, 1.0];
const CENTRE: Weights = [HALF_POWER, HALF_POWER];
const LOW: Weights = [0.0, 0.0];
const SIDE_LEFT: Weights = [HALF_POWER, 0.0];
const SIDE_RIGHT: Weights = [0.0, HALF_POWER];
/// A single rear channel is first split into two surrounds at -3 dB.
const REAR: Weights = [0.5, 0.5];

/// The weights of `channels` channels in the order of WAVE_FORMAT_EXTENSIBLE, which every reader of ours gives.
fn weights(channels: usize) -> Option<&'static [Weights]> {
    Some(match channels {
        3 => &[LEFT, RIGHT, CENTRE],
        4 => &[LEFT, RIGHT, SIDE_LEFT, SIDE_RIGHT],
        5 => &[LEFT, RIGHT, CENTRE, SIDE_LEFT, SIDE_RIGHT],
        6 => &[LEFT, RIGHT, CENTRE, LOW, SIDE_LEFT, SIDE_RIGHT],
        7 => &[LEFT, RIGHT, CENTRE, LOW, REAR, SIDE_LEFT, SIDE_RIGHT],
        8 => &[LEFT, RIGHT, CENTRE, LOW, SIDE_LEFT, SIDE_RIGHT, SIDE_LEFT, SIDE_RIGHT],
        _ => return None,
    })
}

/// Mixes 3 to 8 channels down to two. Mono and stereo have nothing to mix and give `None`; of more than 8 channels,
/// whose places nobody states, the first two are taken.
pub fn to_stereo(sound: &AudioBuffer) -> Option<AudioBuffer> {
    let channels = sound.channels();
    if channels.len() <= 2 {
        return None;
    }
    let planes = match weights(channels.len()) {
        None => channels.iter().take(2).cloned().collect(),
        Some(weights) => (0..2)
            .map(|side| {
                let mut plane = vec![0.0_f32; sound.frames()];
                for (channel, weights) in channels.iter().zip(weights) {
                    let weight = weights[side];
                    if weight != 0.0 {
                        plane.iter_mut().zip(channel).for_each(|(sum, x)| *sum += weight * x);
                    }
                }
                plane
            })
            .collect(),
    };
    Some(AudioBuffer::from_planar(planes, sound.sample_rate()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;

    /// Each channel holds a power of ten, so that the sum tells who is in it.
    fn mixed(channels: usize) -> Option<[f32; 2]> {
        let planes = (0..channels).map(|c| vec![10.0_f32.powi(c as i32)]).collect();
        let sound = AudioBuffer::from_planar(planes, SampleRate::HZ_48000);
        to_stereo(&sound).map(|mix| [mix.channel(0)[0], mix.channel(1)[0]])
    }

    #[test]
    fn the_coefficients_are_those_of_the_recommendation() {
        let h = 0.707_106_77_f32;
        assert_eq!(mixed(1), None);
        assert_eq!(mixed(2), None);
        let near = |channels, wanted: [f32; 2]| {
            let got = mixed(channels).unwrap();
            for (a, b) in got.iter().zip(wanted) {
                assert!((a - b).abs() <= 1e-5 * b.abs(), "{channels}: {got:?}, not {wanted:?}");
            }
        };
        near(3, [1.0 + 100.0 * h, 10.0 + 100.0 * h]);
        near(4, [1.0 + 100.0 * h, 10.0 + 1e3 * h]);
        near(5, [1.0 + 100.0 * h + 1e3 * h, 10.0 + 100.0 * h + 1e4 * h]);
        // The low-frequency channel, number 3, is not in the mix.
        near(6, [1.0 + 100.0 * h + 1e4 * h, 10.0 + 100.0 * h + 1e5 * h]);
        near(7, [1.0 + 100.0 * h + 0.5e4 + 1e5 * h, 10.0 + 100.0 * h + 0.5e4 + 1e6 * h]);
        near(8, [1.0 + 100.0 * h + 1e4 * h + 1e6 * h, 10.0 + 100.0 * h + 1e5 * h + 1e7 * h]);
        assert_eq!(mixed(9), Some([1.0, 10.0]));
    }
}
