//! Tables of the pure core: what happens, and what is to be done. No IO, no runtime, no clock.

use crate::model::job::Job;

/// A waiting job, for tests of this layer.
pub(crate) fn job(id: &str) -> Job {
    serde_json::from_value(serde_json::json!({
        "id": id, "session_id": "s", "number": 1,
        "request": {
            "prompt": "p", "backend": "b", "seed": 1,
            "export": {"format": "wav", "bit_depth": "24", "sample_rate": 48000, "stems": false, "midi": false}
        },
        "path": null, "phase": "queued", "progress": 0.0, "eta_s": null, "position": 1, "attempts": 0,
        "take_id": null, "fault": null, "created_at": 0.0, "updated_at": 0.0
    }))
    .unwrap()
}
