//! The sounds of a metronome: short, band-limited, and loud at once, rendered into tables off the audio thread.
//!
//! Each is a few decaying sines under a smooth attack and a smooth end, so there is nothing near the Nyquist frequency to
//! alias. The first sample is never zero: it lies on the onset.

use std::f64::consts::{FRAC_PI_2, TAU};

/// What a click sounds like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClickSound {
    /// Dry and high, as from a stick.
    Click,
    /// A wood block.
    Wood,
    /// A short tone.
    Beep,
}

/// What a click stands for; weightier ones are higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClickWeight {
    /// The first of a bar.
    Bar,
    /// A beat.
    Beat,
    /// A part of a beat.
    Part,
}

/// A decaying sine.
struct Partial {
    hz: f64,
    level: f64,
    /// Seconds until it has fallen to 1/e.
    decay: f64,
}

const fn partial(hz: f64, level: f64, decay: f64) -> Partial {
    Partial { hz, level, decay }
}

/// Partials, seconds of the attack, seconds of the whole.
type Recipe = (&'static [Partial], f64, f64);

const CLICK: Recipe = (
    &[partial(2_100.0, 1.0, 0.004), partial(3_700.0, 0.7, 0.0025), partial(5_300.0, 0.4, 0.0015)],
    0.0004,
    0.025,
);

const WOOD: Recipe = (
    &[partial(820.0, 1.0, 0.016), partial(1_690.0, 0.55, 0.008), partial(2_950.0, 0.3, 0.004)],
    0.0006,
    0.080,
);

const BEEP: Recipe = (&[partial(1_000.0, 1.0, 0.060)], 0.0015, 0.045);

/// Share of the sound, at its end, in which it fades out.
const FADE: f64 = 0.3;

/// Partials above this share of the sample rate are left out.
const HIGHEST: f64 = 0.4;

/// Renders a sound at a sample rate in Hz, mono, with a peak of 1. Thread: control; it allocates.
pub fn render(sound: ClickSound, weight: ClickWeight, sample_rate: f32) -> Vec<f32> {
    let rate = f64::from(sample_rate);
    let (partials, attack, seconds) = match sound {
        ClickSound::Click => CLICK,
        ClickSound::Wood => WOOD,
        ClickSound::Beep => BEEP,
    };
    let pitch = match weight {
        ClickWeight::Bar => 1.5,
        ClickWeight::Beat => 1.0,
        ClickWeight::Part => 0.8,
    };
    let frames = (seconds * rate).max(1.0) as usize;
    let (rise, fall) = ((attack * rate).max(1.0), FADE * frames as f64);
    // The square of a sine: flat at both ends.
    let smooth = |x: f64| {
        let edge = libm::sin(FRAC_PI_2 * x.clamp(0.0, 1.0));
        edge * edge
    };
    let sample = |frame: usize| {
        let time = (frame + 1) as f64 / rate;
        let sum = partials
            .iter()
            .filter(|p| p.hz * pitch < HIGHEST * rate)
            .map(|p| p.level * libm::exp(-time / p.decay) * libm::sin(TAU * p.hz * pitch * time))
            .sum::<f64>();
        let left = (frames - frame) as f64;
        sum * smooth((frame + 1) as f64 / (rise + 1.0)) * smooth(left / (fall + 1.0))
    };
    let wave = (0..frames).map(sample).collect::<Vec<_>>();
    let peak = wave.iter().fold(1e-9, |peak: f64, x| peak.max(x.abs()));
    wave.iter().map(|x| (x / peak) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUNDS: [ClickSound; 3] = [ClickSound::Click, ClickSound::Wood, ClickSound::Beep];
    const WEIGHTS: [ClickWeight; 3] = [ClickWeight::Bar, ClickWeight::Beat, ClickWeight::Part];

    /// Energy of a sound above a frequency, in dB against the whole, by a plain Fourier sum.
    fn energy_above(wave: &[f32], hz: f64, rate: f64) -> f64 {
        let size = 4_096;
        let power = |bin: usize| {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, x) in wave.iter().enumerate() {
                let angle = TAU * ((bin * i) % size) as f64 / size as f64;
                re += f64::from(*x) * libm::cos(angle);
                im += f64::from(*x) * libm::sin(angle);
            }
            re * re + im * im
        };
        let powers = (0..size / 2).step_by(4).map(power).collect::<Vec<_>>();
        let from = (hz / rate * size as f64 / 4.0) as usize;
        10.0 * libm::log10(powers[from..].iter().sum::<f64>() / powers.iter().sum::<f64>())
    }

    #[test]
    fn sounds_are_short_start_at_once_and_end_smoothly() {
        for rate in [8_000.0f32, 44_100.0, 48_000.0, 192_000.0] {
            for sound in SOUNDS {
                for weight in WEIGHTS {
                    let wave = render(sound, weight, rate);
                    assert!((0.02..0.1).contains(&(wave.len() as f32 / rate)));
                    let peak = wave.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
                    assert!((peak - 1.0).abs() < 1e-6 && wave.iter().all(|x| x.is_finite()));
                    assert!(wave[0] != 0.0 && wave[wave.len() - 1].abs() < 0.01);
                }
            }
        }
    }

    #[test]
    fn nothing_comes_near_the_nyquist_frequency() {
        for sound in SOUNDS {
            for weight in WEIGHTS {
                let wave = render(sound, weight, 48_000.0);
                let high = energy_above(&wave, 20_000.0, 48_000.0);
                assert!(high < -60.0, "{sound:?} {weight:?}: {high} dB");
            }
        }
    }

    #[test]
    fn the_first_of_a_bar_is_the_highest() {
        let crossings = |weight| {
            let wave = render(ClickSound::Beep, weight, 48_000.0);
            wave.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count()
        };
        let [bar, beat, part] = WEIGHTS.map(crossings);
        assert!(bar > beat && beat > part, "{bar} {beat} {part}");
    }
}
