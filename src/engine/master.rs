//! Mastering: takes the mix before the master to a loudness, a tonal balance and a true peak, and says what it did.
//!
//! High-pass at 22 Hz, a bounded correction of the spectrum towards the profile's slope, width, glue compression, gain,
//! soft clip, true-peak limiter. The gain is found on a model of the last three that works on sixteen frames at a time,
//! and the real thing is then run once or twice. Everything is deterministic, whatever the machine's load.

mod finish;
mod loudness;
mod spectrum;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::guard;
use crate::audio::buffer::AudioBuffer;
use crate::dsp::biquad::{Biquad, Coefficients, chain};
use crate::dsp::dynamics::{Compressor, CompressorSettings};
use crate::model::mastering::Mastering;
use finish::Finish;

/// Frames between two looks at the cancel flag.
const CHUNK: usize = 4_096;

/// Deepest reduction of the glue compressor, dB.
const GLUE_LIMIT_DB: f32 = 3.0;

/// More limiting than this is heard as strain, dB.
const STRAIN_DB: f64 = 6.0;

/// What mastering did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MasterReport {
    /// Name of the profile.
    pub profile: String,
    /// Integrated loudness before, LUFS; absent for silence.
    pub input_lufs: Option<f64>,
    /// Integrated loudness after, LUFS; absent for silence.
    pub output_lufs: Option<f64>,
    /// True peak after, dBTP; absent for silence.
    pub true_peak_dbtp: Option<f64>,
    /// Correction of the five bands, dB.
    pub eq_db: [f64; 5],
    /// Deepest reduction of the glue compressor, dB.
    pub glue_reduction_db: f64,
    /// Gain before the limiter, dB.
    pub gain_db: f64,
    /// Deepest reduction of the limiter, dB.
    pub limiter_reduction_db: f64,
    /// How often the limiter was run over the whole piece.
    pub passes: u32,
    /// Whether the loudness is within 0.5 LU of the target.
    pub on_target: bool,
    /// What the user should know, in plain words; empty if all is well.
    pub remarks: Vec<String>,
}

/// A master and how it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Mastered {
    /// Stereo, as long as what went in.
    pub buffer: AudioBuffer,
    /// What was done.
    pub report: MasterReport,
}

/// Why there is no master.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MasterError {
    /// The cancel flag was set.
    #[error("mastering was cancelled")]
    Cancelled,
}

impl MasterError {
    /// What to do about it, in a sentence for users.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Cancelled => "Start it again when you like; nothing was kept.",
        }
    }
}

/// Masters a mix. Mono is taken as two equal sides, and of more than two channels the first two are taken. Holds one
/// copy of the sound besides the result. Thread: control; about 200 times faster than the music.
pub fn master(
    premaster: &AudioBuffer,
    spec: &Mastering,
    cancel: &AtomicBool,
) -> Result<Mastered, MasterError> {
    let rate = premaster.sample_rate().as_f64();
    let (left, right) = (premaster.channel(0), premaster.channel(1));
    let balance = spectrum::measure(left, right, rate);
    let Some(balance) = balance else {
        return Ok(silent(premaster, spec));
    };
    let eq_db = balance.correction(spec);

    let (mut shaped_left, mut shaped_right) = (left.to_vec(), right.to_vec());
    let mut filters =
        vec![Biquad::new(Coefficients::high_pass(22.0, std::f64::consts::FRAC_1_SQRT_2, rate))];
    filters.extend(spectrum::design(&eq_db, rate).into_iter().map(Biquad::new));
    let mut glue = Glue::new(spec, balance.loud_db, rate);
    for (left, right) in shaped_left.chunks_mut(CHUNK).zip(shaped_right.chunks_mut(CHUNK)) {
        check(cancel)?;
        guard::realtime(|| {
            chain(&mut filters, left, right);
            widen(spec.width as f32, left, right);
            glue.process(left, right);
        });
    }

    let mut finish = Finish::new(spec, rate);
    let input_lufs = finish.survey(&shaped_left, &shaped_right, cancel)?;
    let result = finish.run(&shaped_left, &shaped_right, cancel)?;
    let output_lufs = result.lufs;
    let on_target = (output_lufs - spec.target.get()).abs() <= 0.5;
    let mut remarks = Vec::new();
    if !on_target {
        remarks.push(format!(
            "The target of {} was not reached: the result is at {output_lufs:.1} LUFS.",
            spec.target
        ));
    }
    if result.reduction_db > STRAIN_DB {
        remarks.push(format!(
            "The limiter takes away up to {:.1} dB; a target that is less loud would sound freer.",
            result.reduction_db
        ));
    }
    if premaster.seconds() < 0.4 {
        remarks.push("Shorter than 0.4 s: loudness is that of the whole, without gating.".into());
    }
    let report = MasterReport {
        profile: spec.profile.clone(),
        input_lufs: Some(input_lufs),
        output_lufs: Some(output_lufs),
        true_peak_dbtp: Some(result.true_peak_dbtp),
        eq_db,
        glue_reduction_db: glue.deepest_db(),
        gain_db: result.gain_db,
        limiter_reduction_db: result.reduction_db,
        passes: result.passes,
        on_target,
        remarks,
    };
    let buffer = AudioBuffer::from_planar(vec![result.left, result.right], premaster.sample_rate());
    Ok(Mastered { buffer, report })
}

fn check(cancel: &AtomicBool) -> Result<(), MasterError> {
    if cancel.load(Ordering::Relaxed) { Err(MasterError::Cancelled) } else { Ok(()) }
}

/// Silence is passed on as it is.
fn silent(premaster: &AudioBuffer, spec: &Mastering) -> Mastered {
    let (left, right) = (premaster.channel(0).to_vec(), premaster.channel(1).to_vec());
    let report = MasterReport {
        profile: spec.profile.clone(),
        input_lufs: None,
        output_lufs: None,
        true_peak_dbtp: None,
        eq_db: [0.0; 5],
        glue_reduction_db: 0.0,
        gain_db: 0.0,
        limiter_reduction_db: 0.0,
        passes: 0,
        on_target: false,
        remarks: vec!["There is nothing to hear, so nothing was changed.".into()],
    };
    Mastered {
        buffer: AudioBuffer::from_planar(vec![left, right], premaster.sample_rate()),
        report,
    }
}

/// Scales the difference of the sides.
fn widen(width: f32, left: &mut [f32], right: &mut [f32]) {
    if width == 1.0 {
        return;
    }
    for (l, r) in left.iter_mut().zip(right.iter_mut()) {
        let (mid, side) = (0.5 * (*l + *r), 0.5 * width * (*l - *r));
        (*l, *r) = (mid + side, mid - side);
    }
}

/// A slow 2:1 compressor on the sum that never takes more than [`GLUE_LIMIT_DB`].
struct Glue {
    compressor: Option<Compressor>,
    gains: Vec<f32>,
    lowest: f32,
}

impl Glue {
    /// `loud_db` is the RMS of the loud parts, dBFS; the threshold follows it, so the mix's level does not matter.
    fn new(spec: &Mastering, loud_db: f64, rate: f64) -> Self {
        let glue = spec.glue.clamp(0.0, 1.0) as f32;
        let settings = CompressorSettings {
            // The detector reads a sine as its peak, 3 dB above its RMS.
            threshold_db: loud_db as f32 + 3.0 + 2.0 - 5.0 * glue,
            ratio: 2.0,
            knee_db: 6.0,
            attack: 0.020,
            release: 0.200,
            rms: true,
        };
        let compressor = (glue > 0.0).then(|| Compressor::new(settings, rate as f32));
        Self { compressor, gains: vec![1.0; CHUNK], lowest: 1.0 }
    }

    fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        let Some(compressor) = &mut self.compressor else { return };
        let gains = &mut self.gains[..left.len()];
        compressor.gains(left, right, gains);
        let floor = crate::dsp::math::db_to_gain(-GLUE_LIMIT_DB);
        for ((l, r), gain) in left.iter_mut().zip(right.iter_mut()).zip(gains) {
            let gain = gain.max(floor);
            self.lowest = self.lowest.min(gain);
            *l *= gain;
            *r *= gain;
        }
    }

    fn deepest_db(&self) -> f64 {
        -20.0 * libm::log10(f64::from(self.lowest))
    }
}
