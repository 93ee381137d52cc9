//! What plays, and what was measured of it.

use std::collections::{BTreeMap, VecDeque};

use crate::model::graph::GraphSpec;
use crate::model::node_data::{HistoryData, MeterData, SpectrumData};
use crate::protocol::device::{AudioStatus, DeviceEntry};
use crate::protocol::listen::PlayerState;
use crate::protocol::transport::TransportState;

/// Longest time over which the place is reckoned on from the last status, in seconds. Status comes 60 times a second while
/// something plays, so more means that nothing comes any more.
const LONGEST_RECKONING: f64 = 0.25;

/// What plays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sound {
    /// What is opened.
    pub player: PlayerState,
    /// The sound's state, once there is one.
    pub status: Option<AudioStatus>,
    /// When that came, on the model's clock.
    pub status_at: f64,
    /// Levels of what is heard.
    pub meter: MeterData,
    /// Largest peak of late, left and right, in dBFS, and when it was, for a held mark.
    pub held: [Option<(f64, f64)>; 2],
    /// Levels of parts, by node.
    pub part_meters: BTreeMap<String, MeterData>,
    /// What the latest moment is made of.
    pub spectrum: SpectrumData,
    /// Spectra of the last moments, oldest first, for a live spectrogram.
    pub spectra: VecDeque<Vec<Option<f32>>>,
    /// Levels over the last minute.
    pub history: HistoryData,
    /// The graph that plays.
    pub graph: Option<GraphSpec>,
    /// The devices.
    pub devices: Vec<DeviceEntry>,
    /// Xruns since the start of the program.
    pub xruns: u64,
    /// Preset whose effects what is played goes through.
    pub chain: Option<String>,
    /// Volume of what is heard, in dB.
    pub volume_db: f64,
    /// Whether nodes have been asked and have not answered yet.
    pub asking: bool,
    /// When nodes were asked last, on the model's clock.
    pub asked_at: f64,
    /// Beginning of a loop that is being set, in bars.
    pub loop_start: Option<f64>,
    /// Link peers; `None` where Link is off or not there.
    pub link_peers: Option<u32>,
}

impl Sound {
    /// The transport as it was told last.
    pub fn transport(&self) -> Option<&TransportState> {
        self.status.as_ref().map(|status| &status.transport)
    }

    /// Whether the music runs.
    pub fn is_playing(&self) -> bool {
        self.transport().is_some_and(|transport| transport.playing)
    }

    /// Where the music is now: the last status, reckoned on with its tempo from the audio clock's own time. In beats from
    /// the start; `clock` is the model's.
    pub fn beat(&self, clock: f64) -> f64 {
        let Some(transport) = self.transport() else { return 0.0 };
        if !transport.playing {
            return transport.beat;
        }
        let since = (clock - self.status_at).clamp(0.0, LONGEST_RECKONING);
        let beat = transport.beat + since * transport.bpm / 60.0;
        match transport.loop_beats {
            Some([start, end]) if transport.beat < end && beat >= end && end > start => {
                start + (beat - end) % (end - start)
            }
            _ => beat,
        }
    }

    /// The same in seconds from the start.
    pub fn seconds(&self, clock: f64) -> f64 {
        let Some(transport) = self.transport() else { return 0.0 };
        let ahead = self.beat(clock) - transport.beat;
        (transport.seconds + ahead * 60.0 / transport.bpm.max(1.0)).max(0.0)
    }

    /// Beats since the bar began, now, and how many there are in it.
    pub fn beat_in_bar(&self, clock: f64) -> (f64, f64) {
        let Some(transport) = self.transport() else { return (0.0, 4.0) };
        let length = transport.metre.bar_beats();
        let ahead = self.beat(clock) - transport.beat;
        ((transport.beat_in_bar + ahead).rem_euclid(length.max(0.25)), length)
    }

    /// The take that is heard, and where in it the music is, in seconds.
    pub fn heard(&self, clock: f64) -> Option<(&str, f64)> {
        if !self.player.open {
            return None;
        }
        let seconds = self.seconds(clock);
        if let Some(compare) = &self.player.compare {
            let candidate = compare.candidates.get(compare.active as usize)?;
            return candidate.take_id.as_deref().map(|id| (id, seconds));
        }
        let item = self.player.items.iter().rev().find(|item| item.start_s <= seconds + 1e-6)?;
        item.take_id.as_deref().map(|id| (id, seconds - item.start_s))
    }
}
