//! The tonal balance of a mix: its long-term spectrum over the loud parts, and the filters that bend it.

use realfft::RealFftPlanner;

use crate::dsp::biquad::Coefficients;
use crate::model::mastering::Mastering;

/// Frames of a look at the spectrum.
const WINDOW: usize = 4_096;

/// Looks per second of music at most; enough for a long-term average.
const LOOKS_PER_SECOND: f64 = 8.0;

/// Edges of the five bands in Hz.
const EDGES: [f64; 6] = [30.0, 120.0, 400.0, 2_000.0, 6_000.0, 16_000.0];

/// Share of what is missing that is made up: a mix keeps some of its own balance.
const STRENGTH: f64 = 0.6;

/// Most that any profile may correct a band, dB.
const MOST_DB: f64 = 6.0;

/// Parts quieter than the loudest ones by more than this do not count, dB.
const GATE_DB: f64 = 8.0;

/// Below this RMS (dBFS) there is nothing to hear.
const SILENCE_DB: f64 = -90.0;

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Balance {
    /// RMS of the loud parts, mean of both sides, dBFS.
    pub(super) loud_db: f64,
    /// Level per octave of each band, dB, on any scale.
    bands_db: [f64; 5],
}

impl Balance {
    /// How to bend the five bands, dB, as far as the profile lets it. The bands' mean stays where it is, for the level is not
    /// the equaliser's business.
    pub(super) fn correction(&self, spec: &Mastering) -> [f64; 5] {
        let centre = |band: usize| libm::log2(libm::sqrt(EDGES[band] * EDGES[band + 1]) / 1_000.0);
        let wanted: [f64; 5] =
            std::array::from_fn(|band| spec.slope_db * centre(band) + spec.bands_db[band]);
        let missing: [f64; 5] = std::array::from_fn(|band| wanted[band] - self.bands_db[band]);
        let mean = missing.iter().sum::<f64>() / 5.0;
        // Asked as "above", so that what is no number bends nothing.
        let wish = spec.max_correction_db;
        let most = if wish > 0.0 { wish.min(MOST_DB) } else { 0.0 };
        missing.map(|db| (STRENGTH * (db - mean)).clamp(-most, most))
    }
}

/// Measures a mix; `None` if there is nothing to hear.
pub(super) fn measure(left: &[f32], right: &[f32], rate: f64) -> Option<Balance> {
    let frames = left.len().min(right.len());
    let hop = ((rate / LOOKS_PER_SECOND) as usize).max(WINDOW / 2);
    let level = |at: usize| {
        let end = (at + WINDOW).min(frames);
        let square = |x: &[f32]| x.iter().map(|x| f64::from(x * x)).sum::<f64>();
        0.5 * (square(&left[at..end]) + square(&right[at..end])) / WINDOW as f64
    };
    let levels = (0..frames).step_by(hop).map(|at| (at, level(at))).collect::<Vec<_>>();
    // A single hit does not make a loud part, so the loudest twentieth is left out when the gate is set.
    let mut sorted = levels.iter().map(|(_, level)| *level).collect::<Vec<_>>();
    sorted.sort_by(f64::total_cmp);
    let reference = sorted.get(sorted.len().saturating_sub(1 + sorted.len() / 20)).copied()?;
    let top = sorted.last().copied()?;
    if top.is_nan() || top <= power(SILENCE_DB) {
        return None;
    }
    let gate = reference * power(-GATE_DB);
    let loud =
        levels.into_iter().filter(|(_, level)| *level >= gate && *level > 0.0).collect::<Vec<_>>();

    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let window = (0..WINDOW)
        .map(|i| {
            let turn = 2.0 * std::f64::consts::PI * (i as f64 + 0.5) / WINDOW as f64;
            (0.5 - 0.5 * libm::cos(turn)) as f32
        })
        .collect::<Vec<_>>();
    let (mut input, mut output, mut scratch) =
        (fft.make_input_vec(), fft.make_output_vec(), fft.make_scratch_vec());
    let mut spectrum = vec![0.0f64; output.len()];
    let mut total = 0.0;
    for (at, level) in &loud {
        total += level;
        for side in [left, right] {
            input.fill(0.0);
            let part = &side[*at..(*at + WINDOW).min(frames)];
            for ((x, sample), weight) in input.iter_mut().zip(part).zip(&window) {
                *x = sample * weight;
            }
            // The lengths come from the plan itself, so this can't fail; a look that did would only be left out.
            if fft.process_with_scratch(&mut input, &mut output, &mut scratch).is_err() {
                continue;
            }
            for (sum, bin) in spectrum.iter_mut().zip(&output) {
                *sum += f64::from(bin.norm_sqr());
            }
        }
    }
    let bands_db = std::array::from_fn(|band| {
        let (low, high) = (EDGES[band], EDGES[band + 1].min(0.45 * rate));
        let bin = |hz: f64| ((hz * WINDOW as f64 / rate) as usize).min(spectrum.len());
        let power: f64 = spectrum[bin(low)..bin(high).max(bin(low))].iter().sum();
        let octaves = libm::log2(high / low).max(0.1);
        // An empty band counts as 60 dB below the whole, or it would ask for endless gain.
        let least = 1e-6 * spectrum.iter().sum::<f64>() + f64::MIN_POSITIVE;
        10.0 * libm::log10(power.max(least) / octaves)
    });
    let loud_db = 10.0 * libm::log10(total / loud.len().max(1) as f64);
    Some(Balance { loud_db, bands_db })
}

/// The filters for a correction; bands of less than a tenth of a dB are left out.
pub(super) fn design(eq_db: &[f64; 5], rate: f64) -> Vec<Coefficients> {
    let centre = |band: usize| libm::sqrt(EDGES[band] * EDGES[band + 1]);
    let filters = [
        Coefficients::low_shelf(EDGES[1], eq_db[0], rate),
        Coefficients::peak(centre(1), eq_db[1], 0.7, rate),
        Coefficients::peak(centre(2), eq_db[2], 0.5, rate),
        Coefficients::peak(centre(3), eq_db[3], 0.7, rate),
        Coefficients::high_shelf(EDGES[4], eq_db[4], rate),
    ];
    filters
        .into_iter()
        .zip(eq_db)
        .filter(|(_, db)| db.abs() >= 0.1)
        .map(|(filter, _)| filter)
        .collect()
}

fn power(db: f64) -> f64 {
    libm::pow(10.0, db / 10.0)
}
