//! What a finished master should be like.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::Lufs;

/// Targets and amounts of the master chain. Part of presets and genres.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mastering {
    /// Name of the profile, for users.
    pub profile: String,
    /// Integrated loudness to land on.
    pub target: Lufs,
    /// True peak that is never exceeded, in dBTP, -9 to 0.
    pub ceiling_dbtp: f64,
    /// Slope of the long-term spectrum to steer toward, in dB per octave against pink noise, -6 to 1.
    pub slope_db: f64,
    /// Wanted departures from the slope, in dB: below 120 Hz, to 400 Hz, to 2 kHz, to 6 kHz, above.
    pub bands_db: [f64; 5],
    /// How far the corrective EQ may go in a band, in dB either way, 0 (off) to 6.
    pub max_correction_db: f64,
    /// Glue compression, 0 (off) to 1.
    pub glue: f64,
    /// Stereo width, 0 (mono) to 2; 1 leaves it alone.
    pub width: f64,
}

impl Default for Mastering {
    /// The profile `streaming`: -14 LUFS, -1 dBTP, 2 dB per octave below pink.
    fn default() -> Self {
        Self {
            profile: "streaming".into(),
            target: Lufs::STREAMING,
            ceiling_dbtp: -1.0,
            slope_db: -2.0,
            bands_db: [1.0, 0.0, 0.0, 0.0, 0.0],
            max_correction_db: 3.0,
            glue: 0.5,
            width: 1.0,
        }
    }
}
