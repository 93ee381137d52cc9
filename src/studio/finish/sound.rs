//! From the mix to the sound of the file: the presets' effects, the master, the sample rate.

use crate::audio::buffer::AudioBuffer;
use crate::audio::loudness;
use crate::audio::resample::resample;
use crate::model::job::{Fault, FaultKind};
use crate::model::mastering::Mastering;
use crate::model::request::Resolved;
use crate::model::units::db_to_gain;

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
    let failed = |error: crate::audio::error::AudioError| {
        Fault::new(FaultKind::Internal, error.to_string()).with_hint(error.hint())
    };
    let mut sound = resample(mix, request.export.sample_rate);
    let measured = loudness::measure(&sound).map_err(failed)?;
    if let Some(peak) = measured.true_peak {
        let wanted = measured.integrated.map_or(0.0, |lufs| mastering.target.get() - lufs);
        let gain = db_to_gain(wanted.min(mastering.ceiling_dbtp - peak)) as f32;
        for channel in sound.channels_mut() {
            channel.iter_mut().for_each(|sample| *sample *= gain);
        }
    }
    Ok(sound)
}
