//! Automation: the value of a param over a song, as points with steps or ramps between them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::node::BLOCK;
use super::super::transport::Transport;
use crate::music::score::Control;

/// Most movements that a lane may come to; a ramp takes one for each block of 64 frames (1.3 ms at 48 kHz).
const MOST_MOVEMENTS: u64 = 1 << 22;

/// How a param moves over a song.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AutomationLane {
    /// The node.
    pub node: String,
    /// The param, or `bend`.
    pub param: String,
    /// Where it moves, ascending by beat.
    pub points: Vec<AutomationPoint>,
}

/// A point of a lane: from this beat on, until the next point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AutomationPoint {
    /// Where, in beats.
    pub beat: f64,
    /// Value in the param's unit.
    pub value: f32,
    /// Whether it glides from here to the next point, linearly in beats.
    #[serde(default)]
    pub ramp: bool,
}

impl AutomationLane {
    /// The movements that make up the lane. Those of a ramp lie on the engine's grid, so they cut no block in two; the
    /// params' own smoothing does the rest.
    pub(super) fn movements(&self, transport: &Transport) -> Vec<Control> {
        let mut points = self.points.clone();
        points.sort_by(|a, b| a.beat.total_cmp(&b.beat));
        let control = |beat, value| Control {
            beat,
            node: self.node.clone(),
            param: self.param.clone(),
            value,
        };
        let mut movements = Vec::new();
        for (index, point) in points.iter().enumerate() {
            movements.push(control(point.beat, point.value));
            let Some(next) = points.get(index + 1).filter(|_| point.ramp) else { continue };
            let span = next.beat - point.beat;
            if !(span > 0.0 && span.is_finite()) || point.value == next.value {
                continue;
            }
            let (first, last) = (transport.frame_at(point.beat), transport.frame_at(next.beat));
            let grid = (first / BLOCK as u64 + 1) * BLOCK as u64;
            let count = last.saturating_sub(grid).div_ceil(BLOCK as u64).min(MOST_MOVEMENTS);
            for step in 0..count {
                let beat = transport.beat_at(grid + step * BLOCK as u64);
                let share = ((beat - point.beat) / span).clamp(0.0, 1.0) as f32;
                movements.push(control(beat, point.value + (next.value - point.value) * share));
            }
        }
        movements
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tempo::TempoMap;
    use crate::model::units::{Bpm, SampleRate};

    fn lane(points: &[(f64, f32, bool)]) -> AutomationLane {
        let point = |&(beat, value, ramp)| AutomationPoint { beat, value, ramp };
        AutomationLane {
            node: "x".into(),
            param: "cutoff".into(),
            points: points.iter().map(point).collect(),
        }
    }

    #[test]
    fn a_ramp_is_a_fine_stair_on_the_grid() {
        let transport =
            Transport::new(TempoMap::constant(Bpm::clamped(120.0)), SampleRate::HZ_48000);
        let moves =
            lane(&[(2.0, 5.0, false), (0.0, 0.0, true), (1.0, 1.0, false)]).movements(&transport);
        // A beat is 24,000 frames: 375 blocks.
        assert_eq!(moves.len(), 375 + 2);
        assert_eq!((moves[0].beat, moves[0].value), (0.0, 0.0));
        assert!((moves[100].value - 100.0 / 375.0).abs() < 1e-6);
        assert!(moves.iter().take(375).all(|m| transport.frame_at(m.beat).is_multiple_of(64)));
        assert_eq!((moves[375].beat, moves[375].value), (1.0, 1.0));
        assert_eq!((moves[376].beat, moves[376].value), (2.0, 5.0));
    }
}
