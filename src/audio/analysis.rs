//! Hearing what a finished sound is like: tempo, key, spectrum, stereo image, faults. Used to check takes and to describe
//! files; nothing here changes sound. All functions are pure; transforms are fitted to the processor, so their last digits
//! may differ between machines, and no decision of a take may hang on them.

use realfft::RealFftPlanner;

use super::buffer::AudioBuffer;

mod faults;
mod key;
mod spectrum;
mod tempo;

pub use faults::{Click, dc_offset, find_clicks, stereo_correlation};
pub use key::{KeyEstimate, chroma, estimate_key};
pub use spectrum::{Band, octave_bands};
pub use tempo::{TempoEstimate, estimate_tempo};

/// The mean of all channels.
fn mono(buffer: &AudioBuffer) -> Vec<f32> {
    let scale = 1.0 / buffer.channel_count() as f32;
    let mut sum = vec![0.0; buffer.frames()];
    for channel in buffer.channels() {
        sum.iter_mut().zip(channel).for_each(|(sum, x)| *sum += x * scale);
    }
    sum
}

/// Hands the magnitudes of Hann-windowed frames to `each`: `size / 2 + 1` of them, scaled so that a full-scale sine in
/// the middle of a bin reads 1. The sound is centred in its frames by zeros at both ends when `padded`.
fn spectra(samples: &[f32], size: usize, hop: usize, padded: bool, mut each: impl FnMut(&[f32])) {
    let forward = RealFftPlanner::<f32>::new().plan_fft_forward(size);
    let mut input = forward.make_input_vec();
    let mut output = forward.make_output_vec();
    let mut scratch = forward.make_scratch_vec();
    let window = (0..size)
        .map(|i| 0.5 - 0.5 * libm::cos(std::f64::consts::TAU * i as f64 / size as f64))
        .map(|w| w as f32)
        .collect::<Vec<_>>();
    let scale = 4.0 / size as f32;
    let lead = if padded { size / 2 } else { 0 };
    let mut magnitudes = vec![0.0; output.len()];
    let mut centre = 0;
    while centre < samples.len() {
        for (i, (slot, w)) in input.iter_mut().zip(&window).enumerate() {
            let sample = (centre + i).checked_sub(lead).and_then(|at| samples.get(at));
            *slot = sample.filter(|x| x.is_finite()).map_or(0.0, |x| x * w);
        }
        // The buffers were made by the plan itself, so their sizes cannot be wrong.
        if forward.process_with_scratch(&mut input, &mut output, &mut scratch).is_err() {
            return;
        }
        for (magnitude, bin) in magnitudes.iter_mut().zip(&output) {
            *magnitude = (bin.re * bin.re + bin.im * bin.im).sqrt() * scale;
        }
        each(&magnitudes);
        centre += hop.max(1);
    }
}
