//! Loudness by EBU R 128: integrated, momentary, short-term, range (ITU-R BS.1770-4, EBU Tech 3341 and 3342) through the
//! `ebur128` crate, and true peak through our own faster meter. Measures only; levelling is done by who asks.

use std::collections::VecDeque;

use ebur128::{EbuR128, Mode};

use super::buffer::AudioBuffer;
use super::error::AudioError;
use super::true_peak::TruePeak;
use crate::model::units::{SampleRate, gain_to_db};

/// What the meter read. `None` where the sound is too short (below 400 ms; 3 s for short-term values) or too quiet for
/// the value to exist, so that nobody takes a placeholder for a measurement.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loudness {
    /// Integrated loudness of the whole, LUFS.
    pub integrated: Option<f64>,
    /// Loudness range, LU.
    pub range: Option<f64>,
    /// Highest momentary loudness (400 ms window), LUFS.
    pub momentary_max: Option<f64>,
    /// Highest short-term loudness (3 s window), LUFS.
    pub short_term_max: Option<f64>,
    /// Momentary loudness at every full [`LoudnessMeter::STEP_SECONDS`] from 0.4 s on, LUFS; silence reads -infinity.
    pub momentary: Vec<f64>,
    /// Short-term loudness at every full [`LoudnessMeter::STEP_SECONDS`] from the third second on, LUFS; silence reads
    /// -infinity.
    pub short_term: Vec<f64>,
    /// True peak over all channels, dBTP; `None` for digital silence.
    pub true_peak: Option<f64>,
    /// Highest sample over all channels, dBFS; `None` for digital silence.
    pub sample_peak: Option<f64>,
}

/// Measures a whole buffer. Errors: [`AudioError::Processing`] for more than 64 channels.
pub fn measure(buffer: &AudioBuffer) -> Result<Loudness, AudioError> {
    let mut meter = LoudnessMeter::new(buffer.channel_count(), buffer.sample_rate())?;
    let planes = buffer.channels().iter().map(Vec::as_slice).collect::<Vec<_>>();
    meter.add(&planes)?;
    Ok(meter.finish())
}

const STEP_MILLISECONDS: u32 = 100;
const MOMENTARY_STEPS: usize = 4;
const SHORT_TERM_STEPS: usize = 30;

/// Weighted mean square of a loudness in LUFS, and back (BS.1770-4, equation 2).
fn energy(lufs: f64) -> f64 {
    libm::pow(10.0, (lufs + 0.691) / 10.0)
}

fn loudness(energy: f64) -> f64 {
    if energy > 0.0 { 10.0 * libm::log10(energy) - 0.691 } else { f64::NEG_INFINITY }
}

/// A meter that is fed block by block.
pub struct LoudnessMeter {
    meter: EbuR128,
    peaks: Vec<TruePeak>,
    channels: usize,
    /// Frames of one step of the momentary and short-term readings.
    step: usize,
    /// Frames since the last reading.
    since: usize,
    frames: u64,
    rate: SampleRate,
    /// Mean weighted energy of each of the last 30 steps. The windows of 0.4 and 3 s are whole numbers of steps, so
    /// their energies are means of these; asking the meter for 3 s ten times a second would cost more than metering.
    energies: VecDeque<f64>,
    momentary: Vec<f64>,
    short_term: Vec<f64>,
}

impl LoudnessMeter {
    /// Time between two readings of the windowed values. EBU Tech 3341 wants at least ten a second.
    pub const STEP_SECONDS: f64 = 0.1;

    /// Makes a meter. Errors: [`AudioError::Processing`] for 0 or more than 64 channels.
    pub fn new(channels: usize, rate: SampleRate) -> Result<Self, AudioError> {
        let meter =
            EbuR128::new(channels as u32, rate.get(), Mode::I | Mode::LRA).map_err(failed)?;
        Ok(Self {
            meter,
            peaks: vec![TruePeak::new(rate.get()); channels],
            channels,
            step: (rate.get() / 10) as usize,
            since: 0,
            frames: 0,
            rate,
            energies: VecDeque::with_capacity(SHORT_TERM_STEPS),
            momentary: Vec::new(),
            short_term: Vec::new(),
        })
    }

    /// Takes a block: one slice per channel, all of one length. Errors: [`AudioError::Processing`] for another shape.
    pub fn add(&mut self, planes: &[&[f32]]) -> Result<(), AudioError> {
        let frames = planes.first().map_or(0, |plane| plane.len());
        if planes.len() != self.channels || planes.iter().any(|plane| plane.len() != frames) {
            let detail = format!("the loudness meter was made for {} channels", self.channels);
            return Err(AudioError::Processing { detail });
        }
        for (peak, plane) in self.peaks.iter_mut().zip(planes) {
            peak.add(plane);
        }
        let mut at = 0;
        while at < frames {
            let end = (at + self.step - self.since).min(frames);
            let part = planes.iter().filter_map(|plane| plane.get(at..end)).collect::<Vec<_>>();
            self.meter.add_frames_planar_f32(&part).map_err(failed)?;
            self.since += end - at;
            self.frames += (end - at) as u64;
            at = end;
            if self.since == self.step {
                self.since = 0;
                self.read_windows()?;
            }
        }
        Ok(())
    }

    fn read_windows(&mut self) -> Result<(), AudioError> {
        let step = self.meter.loudness_window(STEP_MILLISECONDS).map_err(failed)?;
        if self.energies.len() == SHORT_TERM_STEPS {
            self.energies.pop_front();
        }
        self.energies.push_back(energy(step));
        let mean = |steps: usize| {
            let sum = self.energies.iter().rev().take(steps).sum::<f64>();
            (self.energies.len() >= steps).then(|| loudness(sum / steps as f64))
        };
        self.momentary.extend(mean(MOMENTARY_STEPS));
        self.short_term.extend(mean(SHORT_TERM_STEPS));
        Ok(())
    }

    /// The readings.
    pub fn finish(mut self) -> Loudness {
        let real = |value: f64| Some(value).filter(|value| value.is_finite());
        self.peaks.iter_mut().for_each(TruePeak::flush);
        let highest = |read: fn(&TruePeak) -> f64| {
            real(gain_to_db(self.peaks.iter().map(read).fold(0.0, f64::max)))
        };
        let most = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let long_enough = self.frames * 10 >= u64::from(self.rate.get()) * 4;
        let has_range = !self.short_term.is_empty();
        Loudness {
            integrated: self.meter.loudness_global().ok().filter(|_| long_enough).and_then(real),
            range: self.meter.loudness_range().ok().filter(|_| has_range).and_then(real),
            momentary_max: real(most(&self.momentary)),
            short_term_max: real(most(&self.short_term)),
            true_peak: highest(TruePeak::peak),
            sample_peak: highest(TruePeak::sample_peak),
            momentary: self.momentary,
            short_term: self.short_term,
        }
    }
}

fn failed(error: ebur128::Error) -> AudioError {
    AudioError::Processing { detail: format!("the loudness meter refused: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stereo sine at a level in dBFS.
    fn sine(hz: f64, db: f64, seconds: f64, rate: u32) -> AudioBuffer {
        let gain = libm::pow(10.0, db / 20.0);
        let step = std::f64::consts::TAU * hz / f64::from(rate);
        let frames = (seconds * f64::from(rate)) as usize;
        let channel =
            (0..frames).map(|i| (libm::sin(i as f64 * step) * gain) as f32).collect::<Vec<_>>();
        AudioBuffer::from_planar(vec![channel.clone(), channel], SampleRate::new(rate).unwrap())
    }

    fn near(value: Option<f64>, expected: f64, tolerance: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() <= tolerance)
    }

    #[test]
    fn the_first_cases_of_ebu_tech_3341_hold() {
        for (db, rate) in [(-23.0, 48_000), (-33.0, 48_000), (-23.0, 44_100)] {
            let loudness = measure(&sine(997.0, db, 20.0, rate)).unwrap();
            assert!(near(loudness.integrated, db, 0.1), "{loudness:?}");
            assert!(near(loudness.momentary_max, db, 0.1));
            assert!(near(loudness.short_term_max, db, 0.1));
            assert!(near(loudness.range, 0.0, 0.1));
            assert!(near(loudness.true_peak, db, 0.2));
            assert!(near(loudness.sample_peak, db, 0.05));
        }
    }

    #[test]
    fn the_gate_of_case_three_holds() {
        // EBU Tech 3341, case 3: 10 s at -36, 60 s at -23, 10 s at -36 dBFS read -23 LUFS. Tones at 997 Hz.
        let mut meter = LoudnessMeter::new(2, SampleRate::HZ_48000).unwrap();
        for (db, seconds) in [(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)] {
            let part = sine(997.0, db, seconds, 48_000);
            meter.add(&[part.channel(0), part.channel(1)]).unwrap();
        }
        let loudness = meter.finish();
        assert!(near(loudness.integrated, -23.0, 0.1), "{loudness:?}");
        assert_eq!(loudness.short_term.len(), 771);
    }

    #[test]
    fn the_range_of_two_levels_is_their_distance() {
        // EBU Tech 3342, case 1: 20 s at -20 and 20 s at -30 dBFS are a range of 10 LU.
        let mut meter = LoudnessMeter::new(2, SampleRate::HZ_48000).unwrap();
        for db in [-20.0, -30.0] {
            let part = sine(1_000.0, db, 20.0, 48_000);
            meter.add(&[part.channel(0), part.channel(1)]).unwrap();
        }
        assert!(near(meter.finish().range, 10.0, 1.0));
    }

    #[test]
    fn short_and_silent_sounds_have_no_loudness() {
        let short = measure(&sine(997.0, -10.0, 0.39, 48_000)).unwrap();
        assert_eq!((short.integrated, short.range, short.momentary_max), (None, None, None));
        assert!(near(short.sample_peak, -10.0, 0.1));
        let silent = measure(&AudioBuffer::silence(2, 480_000, SampleRate::HZ_48000)).unwrap();
        assert_eq!(
            (silent.integrated, silent.true_peak, silent.short_term_max),
            (None, None, None)
        );
        let empty = measure(&AudioBuffer::silence(1, 0, SampleRate::HZ_48000)).unwrap();
        assert_eq!(empty, Loudness::default());
    }

    #[test]
    fn windowed_readings_are_those_of_the_reference_meter() {
        let mut noise = 5_u32;
        let channel = (0..44_100 * 5)
            .map(|i| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 8) as f32 / 3e7 * ((i / 9_000) % 5) as f32
            })
            .collect::<Vec<_>>();
        let rate = SampleRate::new(44_100).unwrap();
        let ours = measure(&AudioBuffer::from_planar(vec![channel.clone()], rate)).unwrap();
        let mut reference = EbuR128::new(1, 44_100, Mode::S).unwrap();
        let (mut momentary, mut short_term) = (f64::NEG_INFINITY, Vec::new());
        for (i, step) in channel.chunks(4_410).enumerate() {
            reference.add_frames_f32(step).unwrap();
            if i >= 3 {
                momentary = momentary.max(reference.loudness_momentary().unwrap());
            }
            if i >= 29 {
                short_term.push(reference.loudness_shortterm().unwrap());
            }
        }
        assert!(near(ours.momentary_max, momentary, 1e-9));
        assert_eq!(ours.short_term.len(), short_term.len());
        assert!(ours.short_term.iter().zip(&short_term).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn a_block_of_another_shape_is_refused() {
        let mut meter = LoudnessMeter::new(2, SampleRate::HZ_48000).unwrap();
        assert!(meter.add(&[&[0.0; 4]]).is_err());
        assert!(meter.add(&[&[0.0; 4], &[0.0; 5]]).is_err());
    }
}
