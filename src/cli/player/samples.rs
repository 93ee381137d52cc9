//! What the tests of the player start from: two recordings of 10 and 20 seconds, of which only the first has a tempo.

use super::Scene;
use crate::model::tempo::Metre;
use crate::protocol::device::{AudioStatus, DeviceState, Load, XrunCounts};
use crate::protocol::player::{PlayerItem, PlayerOpenResponse};
use crate::protocol::transport::TransportState;

/// 120 BPM and 4/4, playing at a moment.
pub(in crate::cli) fn transport(seconds: f64) -> TransportState {
    let beat = seconds * 2.0;
    TransportState {
        playing: true,
        counting_in: false,
        beat,
        seconds,
        bar: (beat / 4.0).floor() as i64,
        beat_in_bar: beat % 4.0,
        bpm: 120.0,
        metre: Metre::FOUR_FOUR,
        loop_beats: None,
        length_beats: 60.0,
        length_s: 30.0,
    }
}

pub(in crate::cli) fn status() -> AudioStatus {
    AudioStatus {
        device: DeviceState {
            wanted: "null".into(),
            current: "null".into(),
            available: true,
            message: String::new(),
        },
        sample_rate: 48_000,
        buffer_frames: 256,
        latency_ms: 5.0,
        load: Load::default(),
        xruns: XrunCounts::default(),
        realtime: false,
        realtime_note: None,
        transport: transport(0.0),
        peak_db: [None, None],
        nodes: 4,
        revision: 1,
    }
}

pub(in crate::cli) fn scene() -> Scene {
    let item = |title: &str, start_s: f64, seconds: f64, bpm: Option<f64>| PlayerItem {
        node: format!("play-{title}"),
        title: title.into(),
        path: format!("/music/{title}.wav"),
        take_id: None,
        seconds,
        bpm,
        key: None,
        start_s,
    };
    let opened = PlayerOpenResponse {
        items: vec![item("First", 0.0, 10.0, Some(120.0)), item("Second", 10.0, 20.0, None)],
        length_s: 30.0,
        meter: "meter".into(),
        spectrum: "spectrum".into(),
        history: "history".into(),
        parts: Vec::new(),
        transport: transport(0.0),
        notes: Vec::new(),
    };
    Scene::new(opened, &status(), None)
}
