//! From the mix to the sound of the file: the presets' effects, the master, the sample rate.

use crate::audio::buffer::AudioBuffer;
use crate::audio::resample::resample;
use crate::engine::master::{MasterError, MasterSpec, master};
use crate::model::job::{Fault, FaultKind};
use crate::model::mastering::Mastering;
use crate::model::request::Resolved;

use super::Finisher;

/// Makes the final sound. What the request says of mastering wins over what the backend wishes; a stated loudness wins
/// over both.
pub(super) fn polish(
    mix: AudioBuffer,
    request: &Resolved,
    wish: &Mastering,
    _looped: bool,
    tools: &Finisher<'_>,
) -> Result<AudioBuffer, Fault> {
    let mut mastering = request.mastering.clone().unwrap_or_else(|| wish.clone());
    if let Some(lufs) = request.lufs {
        mastering.target = lufs;
    }
    tools.step(0.05, "mastering")?;
    // The sample rate comes first, so that the true peak that the limiter keeps is the one of the file.
    let sound = resample(mix, request.export.sample_rate);
    let mastered =
        master(&sound, &spec_of(&mastering), tools.cancel).map_err(|error| match error {
            MasterError::Cancelled => Fault::new(FaultKind::Cancelled, "cancelled"),
        })?;
    for remark in &mastered.report.remarks {
        tracing::info!("mastering: {remark}");
    }
    Ok(mastered.buffer)
}

/// The master chain's settings for what a take should be like.
fn spec_of(mastering: &Mastering) -> MasterSpec {
    MasterSpec {
        target: mastering.target,
        ceiling_dbtp: mastering.ceiling_dbtp,
        slope_db_per_octave: mastering.slope_db,
        // The chain never goes beyond 3 dB; 5 dB of leave stands for its full strength, 3 dB for its default.
        correction: (mastering.max_correction_db / 5.0).clamp(0.0, 1.0),
        glue: mastering.glue,
        width: mastering.width,
        ..MasterSpec::default()
    }
}
