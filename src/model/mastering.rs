//! What a finished master should be like.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::Lufs;

/// Targets and amounts of the master chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mastering {
    /// Integrated loudness to land on.
    pub target: Lufs,
    /// True peak that is never exceeded, in dBTP, -12 to 0.
    pub ceiling_dbtp: f64,
    /// Slope of the long-term spectrum to steer toward, in dB per octave against pink noise, -6 to 1.
    pub slope_db: f64,
    /// How far the corrective EQ may go, in dB either way, 0 (off) to 6.
    pub max_correction_db: f64,
    /// Glue compression, 0 (off) to 1.
    pub glue: f64,
    /// Stereo width, 0 (mono) to 1.5; 1 leaves it alone. Below 120 Hz the master is mono.
    pub width: f64,
}

impl Default for Mastering {
    fn default() -> Self {
        Self {
            target: Lufs::STREAMING,
            ceiling_dbtp: -1.0,
            slope_db: -2.0,
            max_correction_db: 3.0,
            glue: 0.5,
            width: 1.0,
        }
    }
}
