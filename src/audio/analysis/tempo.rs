//! Tempo by spectral flux and a comb: the rise of the log spectrum marks onsets; the beat is the period whose first
//! harmonics the onsets carry most strongly; a straight line through the onsets nearest to each beat then gives it to a
//! fraction of a percent. Source of the onset function: Dixon, "Onset detection revisited", DAFx 2006.

use realfft::RealFftPlanner;

use super::{mono, spectra};
use crate::audio::buffer::AudioBuffer;
use crate::model::units::Bpm;

/// A measured tempo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TempoEstimate {
    /// Beats per minute.
    pub bpm: f64,
    /// How much of the onsets' strength lies on the beats' own pulse: near 0 without a beat, up to 1.
    pub confidence: f64,
    /// Time of a beat near the start, in seconds: 0 to one beat.
    pub first_beat: f64,
}

/// Onset strengths per second are taken at this spacing in seconds.
const HOP_SECONDS: f64 = 0.005;
/// How far from a hint the search goes, as a fraction.
const HINT_REACH: f64 = 0.08;

/// Measures the tempo. With a hint only tempos within 8 % of it are looked at, so half and double time cannot be taken
/// for it; without one, 60 to 200 BPM, with a preference for the middle. `None` for sounds below 2 s or without onsets.
pub fn estimate_tempo(buffer: &AudioBuffer, hint: Option<Bpm>) -> Option<TempoEstimate> {
    let rate = buffer.sample_rate().as_f64();
    let hop = (rate * HOP_SECONDS).round().max(1.0);
    let Onsets { all: onsets, low: drums } = onset_strength(&mono(buffer), hop as usize);
    let step = hop / rate;
    if onsets.len() as f64 * step < 2.0 {
        return None;
    }
    let total = onsets.iter().map(|x| f64::from(*x)).sum::<f64>();
    if total <= 0.0 {
        return None;
    }
    let (slowest, fastest) = match hint {
        Some(bpm) => (bpm.get() * (1.0 - HINT_REACH), bpm.get() * (1.0 + HINT_REACH)),
        None => (60.0, 200.0),
    };
    let best = search(&onsets, step, slowest, fastest, hint)?;
    let refined = refine(&onsets, step, best).filter(|bpm| (bpm / best - 1.0).abs() < 0.02);
    let bpm = refined.unwrap_or(best);
    let (strength, phase) = pulse(&onsets, step, bpm);
    let (halves, _) = pulse(&onsets, step, bpm * 2.0);
    let beat = 60.0 / bpm;
    // Off-beat hats can outweigh the beat itself; the drum with the lower pitch is the one that dancers follow.
    let off = (phase + beat / 2.0) % beat;
    let on_is_lower = at_beats(&drums, step, phase, beat) >= at_beats(&drums, step, off, beat);
    Some(TempoEstimate {
        bpm,
        confidence: (strength.max(halves) / total).clamp(0.0, 1.0),
        first_beat: if on_is_lower { phase } else { off },
    })
}

/// The tempo whose comb is strongest: read off one long transform first, then exactly around the best place.
fn search(onsets: &[f32], step: f64, slowest: f64, fastest: f64, hint: Option<Bpm>) -> Option<f64> {
    // Four times zero-padded, the bins lie so close that no peak is read more than a quarter of a decibel too low.
    let size = (4 * onsets.len()).next_power_of_two();
    let forward = RealFftPlanner::<f32>::new().plan_fft_forward(size);
    let mut input = forward.make_input_vec();
    input.iter_mut().zip(onsets).for_each(|(slot, x)| *slot = *x);
    let mut output = forward.make_output_vec();
    forward.process(&mut input, &mut output).ok()?;
    let bin_bpm = 60.0 / (size as f64 * step);
    let read = |bpm: f64| {
        let bin = output.get((bpm / bin_bpm).round() as usize);
        bin.map_or(0.0, |bin| f64::from((bin.re * bin.re + bin.im * bin.im).sqrt()))
    };
    let best = |from: f64, to: f64, count: usize, score: &dyn Fn(f64) -> f64| {
        let candidates = (0..=count).map(|i| from + (to - from) * i as f64 / count as f64);
        let scored = candidates.map(|bpm| (score(bpm) * preference(bpm, hint), bpm));
        scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, bpm)| bpm)
    };
    // One candidate to each bin of the highest harmonic.
    let top = f64::from(1_u32 << (COMB - 1));
    let count = ((fastest - slowest) / bin_bpm * top).ceil().clamp(8.0, 1e6) as usize;
    let coarse = best(slowest, fastest, count, &|bpm| comb(bpm, read))?;
    let exact = |bpm| pulse(onsets, step, bpm).0;
    best(coarse - bin_bpm, coarse + bin_bpm, 32, &|bpm| comb(bpm, exact))
}

/// Strength of the onsets within 15 ms of evenly spaced times.
fn at_beats(onsets: &[f32], step: f64, first: f64, beat: f64) -> f64 {
    let reach = (0.015 / step).round() as usize;
    let count = ((onsets.len() as f64 * step - first) / beat).max(0.0) as usize + 1;
    (0..count)
        .map(|k| {
            let at = ((first + k as f64 * beat) / step).round() as usize;
            let near = onsets.get(at.saturating_sub(reach)..(at + reach + 1).min(onsets.len()));
            f64::from(near.unwrap_or_default().iter().copied().fold(0.0, f32::max))
        })
        .sum()
}

/// Onset strengths over time.
struct Onsets {
    /// Over the whole spectrum, compressed, its local mean taken off.
    all: Vec<f32>,
    /// Below some 250 Hz, plain.
    low: Vec<f32>,
}

/// The rise of the log spectrum from frame to frame, with its local mean taken off. Frame `i` is centred at `i x hop`.
fn onset_strength(samples: &[f32], hop: usize) -> Onsets {
    const SIZE: usize = 1_024;
    let mut last: Vec<f32> = Vec::new();
    let mut flux = Vec::with_capacity(samples.len() / hop + 1);
    let mut low = Vec::with_capacity(samples.len() / hop + 1);
    spectra(samples, SIZE, hop, true, |magnitudes| {
        // Compression by x / (x + c) weighs quiet hats and loud kicks alike without logarithms.
        let rise = |(new, old): (&f32, &f32)| (new / (new + 0.003) - old / (old + 0.003)).max(0.0);
        flux.push(magnitudes.iter().zip(&last).map(rise).sum::<f32>());
        let lowest = magnitudes.iter().zip(&last).skip(1).take(5);
        low.push(lowest.map(|(new, old)| (new - old).max(0.0)).sum::<f32>());
        last.clear();
        last.extend_from_slice(magnitudes);
    });
    let reach = (0.1 / HOP_SECONDS) as usize;
    let mut sums = vec![0.0_f64];
    for x in &flux {
        sums.push(sums.last().copied().unwrap_or(0.0) + f64::from(*x));
    }
    let mean = |i: usize| {
        let (from, to) = (i.saturating_sub(reach), (i + reach + 1).min(flux.len()));
        let (a, b) = (sums.get(from).copied(), sums.get(to).copied());
        (b.unwrap_or(0.0) - a.unwrap_or(0.0)) / (to - from).max(1) as f64
    };
    let raised = |(i, x): (usize, &f32)| (f64::from(*x) - mean(i)).max(0.0) as f32;
    Onsets { all: flux.iter().enumerate().map(raised).collect(), low }
}

/// Harmonics of the beat that count: beats, eighths, and so on to thirty-seconds.
const COMB: usize = 4;

/// Strength of the beat's pulse and of its binary divisions, given the strength of any one pulse.
fn comb(bpm: f64, strength: impl Fn(f64) -> f64) -> f64 {
    (0..COMB).map(|k| strength(bpm * f64::from(1_u32 << k)) / (1.0 + k as f64)).sum()
}

/// Strength of one frequency in the onsets, and the time of its first crest in seconds.
fn pulse(onsets: &[f32], step: f64, bpm: f64) -> (f64, f64) {
    let turn = std::f64::consts::TAU * bpm / 60.0 * step;
    let (sin, cos) = (libm::sin(turn), libm::cos(turn));
    // A rotating phasor instead of a sine per sample; renormalised by its own exactness over some 10^5 steps.
    let (mut x, mut y) = (1.0_f64, 0.0_f64);
    let (mut re, mut im) = (0.0, 0.0);
    for onset in onsets {
        re += f64::from(*onset) * x;
        im += f64::from(*onset) * y;
        (x, y) = (x * cos - y * sin, x * sin + y * cos);
    }
    let phase = libm::atan2(im, re) / std::f64::consts::TAU;
    let beat = 60.0 / bpm;
    ((re * re + im * im).sqrt(), (phase - phase.floor()) * beat)
}

/// How likely a tempo is before listening: a bell over the octaves around 120 BPM, or flat near a hint.
fn preference(bpm: f64, hint: Option<Bpm>) -> f64 {
    if hint.is_some() {
        return 1.0;
    }
    let octaves = libm::log2(bpm / 120.0);
    libm::exp(-0.5 * octaves * octaves / (0.7 * 0.7))
}

/// A straight line through the centres of the onsets around each beat, weighted by their strength.
fn refine(onsets: &[f32], step: f64, bpm: f64) -> Option<f64> {
    let (_, first) = pulse(onsets, step, bpm);
    let beat = 60.0 / bpm;
    let reach = (beat / 8.0 / step).ceil() as usize;
    let beats = ((onsets.len() as f64 * step - first) / beat) as usize + 1;
    let (mut w, mut wk, mut wt, mut wkk, mut wkt) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for k in 0..beats {
        let at = ((first + k as f64 * beat) / step).round() as usize;
        let from = at.saturating_sub(reach);
        let near = onsets.get(from..(at + reach + 1).min(onsets.len())).unwrap_or_default();
        let Some(top) = (0..near.len()).max_by(|a, b| near[*a].total_cmp(&near[*b])) else {
            continue;
        };
        // The centre of gravity of the peak reads its time between two frames.
        let (mut sum, mut weight) = (0.0, 0.0);
        for (i, x) in near.iter().enumerate().take(top + 3).skip(top.saturating_sub(2)) {
            sum += f64::from(*x) * (from + i) as f64;
            weight += f64::from(*x);
        }
        if weight > 0.0 {
            let (k, t) = (k as f64, sum / weight * step);
            w += weight;
            wk += weight * k;
            wt += weight * t;
            wkk += weight * k * k;
            wkt += weight * k * t;
        }
    }
    let spread = w * wkk - wk * wk;
    let slope = (w * wkt - wk * wt) / spread;
    (spread > 0.0 && slope > 0.0 && slope.is_finite()).then(|| 60.0 / slope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;

    /// Decaying bursts at beats, and quieter ones at off-beats, of a steady tempo.
    fn loop_at(bpm: f64, seconds: f64, start: f64, drums: bool) -> AudioBuffer {
        let rate = 48_000.0;
        let mut channel = vec![0.0_f32; (seconds * rate) as usize];
        let mut noise = 0x1234_5678_u32;
        let halves = (seconds * bpm / 30.0) as usize;
        for half in 0..halves {
            let at = ((start + half as f64 * 30.0 / bpm) * rate).round() as usize;
            let (hz, gain) = match (half % 2, drums, (half / 2) % 2) {
                (1, false, _) => continue,
                (1, true, _) => (0.0, 0.25),
                (_, true, 1) => (190.0, 0.7),
                _ => (if drums { 55.0 } else { 1_500.0 }, 0.9),
            };
            for (i, sample) in channel.iter_mut().skip(at).take(4_800).enumerate() {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = f64::from(noise >> 8) / f64::from(1 << 23) - 1.0;
                let tone = libm::sin(std::f64::consts::TAU * hz * i as f64 / rate);
                let body = if hz > 0.0 { tone * 0.9 + hiss * 0.1 } else { hiss };
                *sample += (body * gain * libm::exp(-(i as f64) / 900.0)) as f32;
            }
        }
        AudioBuffer::from_planar(vec![channel], SampleRate::HZ_48000)
    }

    #[test]
    fn clicks_and_drums_are_timed_to_a_third_of_a_percent() {
        for (bpm, hint, drums) in [
            (120.0, 120.0, false),
            (82.5, 80.0, true),
            (174.0, 170.0, true),
            (93.37, 97.0, true),
            (61.0, 60.0, false),
            (140.2, 140.0, true),
        ] {
            let buffer = loop_at(bpm, 20.0, 0.25, drums);
            let found = estimate_tempo(&buffer, Some(Bpm::clamped(hint))).unwrap();
            assert!((found.bpm / bpm - 1.0).abs() < 0.003, "{bpm}: {found:?}");
            assert!(found.confidence > 0.2, "{bpm}: {found:?}");
            let beat = 60.0 / bpm;
            let off = ((found.first_beat - 0.25) / beat).rem_euclid(1.0);
            assert!(off.min(1.0 - off) < 0.1, "{bpm}: {found:?}");
        }
    }

    #[test]
    fn without_a_hint_the_usual_octave_is_chosen() {
        for bpm in [90.0, 124.0, 150.0] {
            let found = estimate_tempo(&loop_at(bpm, 16.0, 0.0, false), None).unwrap();
            assert!((found.bpm / bpm - 1.0).abs() < 0.003, "{bpm}: {found:?}");
        }
    }

    #[test]
    fn silence_and_scraps_have_no_tempo() {
        let silence = AudioBuffer::silence(2, 480_000, SampleRate::HZ_48000);
        assert_eq!(estimate_tempo(&silence, None), None);
        assert_eq!(estimate_tempo(&loop_at(120.0, 1.0, 0.0, false), None), None);
    }
}
