//! What `play` shows and where its keys lead, as pure values: no terminal, no engine, no clock.
//!
//! The parts below it are the words of a status line (`line`), the meaning of keys (`keys`), the terminal itself
//! (`terminal`), and other people's players (`external`).

pub(super) mod external;
pub(super) mod keys;
pub(super) mod line;
#[cfg(test)]
pub(super) mod samples;
pub(super) mod terminal;

use serde::Serialize;

use crate::protocol::Event;
use crate::protocol::device::{AudioStatus, DeviceState, XrunCounts};
use crate::protocol::event::TransportCause;
use crate::protocol::player::{PlayerItem, PlayerOpenResponse};
use crate::protocol::transport::{Position, Region, TransportState};

/// Lowest and highest level of the output, in dB.
const VOLUME_DB: [f64; 2] = [-60.0, 6.0];
/// One step of the volume, in dB.
const VOLUME_STEP_DB: f64 = 1.0;
/// A step in time where no tempo is known, in seconds.
const STEP_S: f64 = 5.0;
/// Further into a recording than this, in seconds, "previous" means its own beginning.
const JUST_BEGUN_S: f64 = 2.0;
/// How far into a bar, in beats, "the bar before" still means the one before and not this one's beginning.
const JUST_BEGUN_BEATS: f64 = 0.5;
/// What the level meter shows as nothing, in dBFS.
pub(super) const METER_FLOOR_DB: f64 = -60.0;
/// How far the level meter falls from one picture to the next, in dB: 36 dB a second at 30 pictures.
const METER_FALL_DB: f64 = 1.2;

/// All that is known of what plays.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    items: Vec<PlayerItem>,
    length_s: f64,
    pub(super) transport: TransportState,
    peak_db: [Option<f64>; 2],
    meter_db: f64,
    xruns: XrunCounts,
    device: DeviceState,
    latency_ms: f64,
    volume_db: f64,
    /// What the loop key turns on: the loop that was asked for, else the recording that plays.
    wanted_loop: Option<Region>,
}

/// What happened that is more than another position.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum News {
    /// The music came to its end.
    Ended,
    /// Something to be told in a line of its own.
    Told(String),
}

/// A step through the music. `-1` goes back, `1` ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A beat, or some seconds where no tempo is known.
    Beat(i8),
    /// To the beginning of a bar.
    Bar(i8),
    /// To the beginning of a recording.
    Item(i8),
}

impl Scene {
    /// The scene before anything sounds. `loop_bars` is what was asked for.
    pub(super) fn new(
        opened: PlayerOpenResponse,
        audio: &AudioStatus,
        loop_bars: Option<u32>,
    ) -> Self {
        let wanted_loop = loop_bars
            .map(|bars| Region { start: Position::Bar(0.0), end: Position::Bar(f64::from(bars)) });
        Self {
            items: opened.items,
            length_s: opened.length_s,
            transport: opened.transport,
            peak_db: audio.peak_db,
            meter_db: METER_FLOOR_DB,
            xruns: audio.xruns,
            device: audio.device.clone(),
            latency_ms: audio.latency_ms,
            volume_db: 0.0,
            wanted_loop,
        }
    }

    /// Takes in what the engine tells.
    pub(super) fn hear(&mut self, event: Event) -> Option<News> {
        match event {
            Event::EngineStatus(status) => {
                self.look(&status);
                None
            }
            Event::TransportChanged(changed) => {
                self.transport = changed.transport;
                (changed.cause == TransportCause::Ended).then_some(News::Ended)
            }
            Event::DeviceChanged(changed) => {
                let news = (changed.device != self.device && !changed.device.message.is_empty())
                    .then(|| News::Told(changed.device.message.clone()));
                self.device = changed.device;
                news
            }
            Event::EngineXrun(xrun) => {
                self.xruns.total = self.xruns.total.max(xrun.total);
                None
            }
            Event::NodeFault(fault) => Some(News::Told(format!(
                "the node {} broke down and is muted for a moment ({} times so far)",
                fault.node, fault.times
            ))),
            // The rest is about the library.
            _ => None,
        }
    }

    /// Takes in a status.
    pub(super) fn look(&mut self, status: &AudioStatus) {
        self.transport = status.transport;
        self.peak_db = status.peak_db;
        self.xruns = status.xruns;
        self.latency_ms = status.latency_ms;
        self.device.clone_from(&status.device);
        self.meter_db = self.meter_db.max(self.loudest_db());
    }

    /// Lets the level meter fall, once for each picture.
    pub(super) fn fall(&mut self) {
        self.meter_db = (self.meter_db - METER_FALL_DB).max(self.loudest_db()).max(METER_FLOOR_DB);
    }

    /// The recording that plays, with its place in the list from 0. `None` only where there is none at all.
    pub(super) fn item(&self) -> Option<(usize, &PlayerItem)> {
        // A hair early, so that the start of a recording, as a beat and back in seconds, is in that recording.
        let now = self.transport.seconds + 1e-6;
        let at = self.items.iter().rposition(|item| item.start_s <= now).unwrap_or(0);
        self.items.get(at).map(|item| (at, item))
    }

    /// Where a step leads; `None` where there is nothing to go to.
    pub(super) fn target(&self, step: Step) -> Option<Position> {
        let now = &self.transport;
        let (at, item) = self.item()?;
        match step {
            Step::Beat(by) if item.bpm.is_some() => {
                let beat = now.beat + f64::from(by);
                let inside = now.length_beats <= 0.0 || beat < now.length_beats;
                inside.then_some(Position::Beat(beat.max(0.0)))
            }
            Step::Beat(by) => {
                let seconds = now.seconds + f64::from(by) * STEP_S;
                (seconds < self.length_s).then_some(Position::Seconds(seconds.max(0.0)))
            }
            Step::Bar(by) if by < 0 => {
                let bar = if now.beat_in_bar > JUST_BEGUN_BEATS { now.bar } else { now.bar - 1 };
                Some(Position::Bar(bar.max(0) as f64))
            }
            Step::Bar(_) => {
                let next_beat = now.beat - now.beat_in_bar + now.metre.bar_beats();
                let inside = now.length_beats <= 0.0 || next_beat < now.length_beats - 1e-6;
                inside.then_some(Position::Bar((now.bar + 1).max(0) as f64))
            }
            Step::Item(by) if by < 0 => {
                let begun = now.seconds - item.start_s > JUST_BEGUN_S;
                let at = if begun { at } else { at.saturating_sub(1) };
                self.items.get(at).map(|item| Position::Seconds(item.start_s))
            }
            Step::Item(_) => self.items.get(at + 1).map(|item| Position::Seconds(item.start_s)),
        }
    }

    /// What the loop key sets: nothing where something loops.
    pub(super) fn toggled_loop(&self) -> Option<Region> {
        if self.transport.loop_beats.is_some() {
            return None;
        }
        self.wanted_loop.or_else(|| {
            self.item().map(|(_, item)| Region {
                start: Position::Seconds(item.start_s),
                end: Position::Seconds(item.start_s + item.seconds),
            })
        })
    }

    /// Moves the volume by steps and gives it in dB.
    pub(super) fn turn(&mut self, steps: i8) -> f64 {
        let [least, most] = VOLUME_DB;
        self.volume_db = (self.volume_db + f64::from(steps) * VOLUME_STEP_DB).clamp(least, most);
        self.volume_db
    }

    /// Largest sample lately in dBFS, at least the meter's floor.
    fn loudest_db(&self) -> f64 {
        self.peak_db.iter().flatten().copied().fold(METER_FLOOR_DB, f64::max)
    }

    /// Seconds from the engine to the plug.
    pub(super) fn latency_s(&self) -> f64 {
        (self.latency_ms / 1_000.0).clamp(0.0, 2.0)
    }

    /// The state as a line of JSON.
    pub(super) fn status_line(&self) -> StatusLine<'_> {
        let now = &self.transport;
        let (at, item) = match self.item() {
            Some((at, item)) => (at + 1, Some(item)),
            None => (0, None),
        };
        StatusLine {
            r#type: "status",
            state: match (now.playing, now.counting_in) {
                (_, true) => "counting_in",
                (true, _) => "playing",
                (false, _) => "stopped",
            },
            item: at,
            title: item.map(|item| item.title.as_str()),
            position_s: now.seconds,
            item_position_s: item.map_or(0.0, |item| (now.seconds - item.start_s).max(0.0)),
            length_s: self.length_s,
            bar: now.bar + 1,
            beat: now.beat_in_bar + 1.0,
            bpm: now.bpm,
            loop_beats: now.loop_beats,
            peak_db: self.peak_db,
            volume_db: self.volume_db,
            xruns: self.xruns,
            device: &self.device,
        }
    }

    /// How it went, as a line of JSON.
    pub(super) fn played_line(&self, ended: bool) -> PlayedLine {
        PlayedLine {
            r#type: "played",
            ended,
            position_s: self.transport.seconds,
            length_s: self.length_s,
            xruns: self.xruns,
        }
    }
}

/// Where the music is, as a line of JSON. Bars and beats are counted from 1, as people do.
#[derive(Debug, Serialize)]
pub(super) struct StatusLine<'a> {
    r#type: &'static str,
    state: &'static str,
    item: usize,
    title: Option<&'a str>,
    position_s: f64,
    item_position_s: f64,
    length_s: f64,
    bar: i64,
    beat: f64,
    bpm: f64,
    loop_beats: Option<[f64; 2]>,
    peak_db: [Option<f64>; 2],
    volume_db: f64,
    xruns: XrunCounts,
    device: &'a DeviceState,
}

/// How it went, as a line of JSON.
#[derive(Debug, Serialize)]
pub(super) struct PlayedLine {
    r#type: &'static str,
    /// Whether the music came to its end.
    ended: bool,
    position_s: f64,
    length_s: f64,
    xruns: XrunCounts,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::event::{EngineXrun, TransportChanged};

    fn at(seconds: f64) -> Scene {
        let mut scene = samples::scene();
        scene.transport = samples::transport(seconds);
        scene
    }

    #[test]
    fn a_step_is_a_beat_where_a_tempo_is_known_and_seconds_where_not() {
        // The first recording has 120 BPM and lasts 10 s, the second has no tempo.
        assert_eq!(at(4.0).target(Step::Beat(1)), Some(Position::Beat(9.0)));
        assert_eq!(at(0.25).target(Step::Beat(-1)), Some(Position::Beat(0.0)));
        assert_eq!(at(12.0).target(Step::Beat(-1)), Some(Position::Seconds(7.0)));
        assert_eq!(at(27.0).target(Step::Beat(1)), None, "nothing is behind the end");
    }

    #[test]
    fn bars_are_reached_at_their_beginning() {
        // At 4.75 s, beat 9.5, a beat and a half into bar 3.
        assert_eq!(at(4.75).target(Step::Bar(-1)), Some(Position::Bar(2.0)));
        assert_eq!(at(4.0).target(Step::Bar(-1)), Some(Position::Bar(1.0)));
        assert_eq!(at(4.75).target(Step::Bar(1)), Some(Position::Bar(3.0)));
        assert_eq!(at(0.0).target(Step::Bar(-1)), Some(Position::Bar(0.0)));
        assert_eq!(at(29.9).target(Step::Bar(1)), None);
    }

    #[test]
    fn previous_is_the_beginning_unless_it_just_began() {
        assert_eq!(at(15.0).target(Step::Item(-1)), Some(Position::Seconds(10.0)));
        assert_eq!(at(11.0).target(Step::Item(-1)), Some(Position::Seconds(0.0)));
        assert_eq!(at(5.0).target(Step::Item(1)), Some(Position::Seconds(10.0)));
        assert_eq!(at(15.0).target(Step::Item(1)), None);
        assert_eq!(at(10.0).item().map(|(at, _)| at), Some(1));
    }

    #[test]
    fn the_loop_key_takes_what_loops_away_and_else_loops_what_plays() {
        let mut scene = at(12.0);
        let region = scene.toggled_loop().unwrap();
        assert_eq!((region.start, region.end), (Position::Seconds(10.0), Position::Seconds(30.0)));
        scene.transport.loop_beats = Some([0.0, 4.0]);
        assert_eq!(scene.toggled_loop(), None);
    }

    #[test]
    fn the_volume_stays_in_its_range() {
        let mut scene = at(0.0);
        assert_eq!(scene.turn(-1), -1.0);
        for _ in 0..100 {
            scene.turn(1);
        }
        assert_eq!(scene.turn(1), 6.0);
    }

    #[test]
    fn the_meter_jumps_up_and_falls_slowly() {
        let mut scene = at(0.0);
        let mut status = samples::status();
        status.peak_db = [Some(-6.0), None];
        scene.look(&status);
        assert_eq!(scene.meter_db, -6.0);
        status.peak_db = [None, None];
        scene.look(&status);
        scene.fall();
        assert!((scene.meter_db + 6.0 + METER_FALL_DB).abs() < 1e-9);
        (0..100).for_each(|_| scene.fall());
        assert_eq!(scene.meter_db, METER_FLOOR_DB);
    }

    #[test]
    fn what_the_engine_tells_becomes_news_once() {
        let mut scene = at(0.0);
        let mut device = samples::status().device;
        device.message = "the card is gone; time goes on without it".into();
        let changed = crate::protocol::event::DeviceChanged { device };
        let event = Event::DeviceChanged(changed);
        assert!(matches!(scene.hear(event.clone()), Some(News::Told(_))));
        assert_eq!(scene.hear(event), None);
        let ended =
            TransportChanged { cause: TransportCause::Ended, transport: samples::transport(30.0) };
        assert_eq!(scene.hear(Event::TransportChanged(ended)), Some(News::Ended));
        let late = crate::protocol::device::LostBy::Late;
        let xrun = EngineXrun { count: 2, total: 7, cause: late, late_us: 10 };
        assert_eq!(scene.hear(Event::EngineXrun(xrun)), None);
        assert_eq!(scene.played_line(true).xruns.total, 7);
    }

    #[test]
    fn a_status_line_counts_from_one() {
        let line = serde_json::to_value(at(4.75).status_line()).unwrap();
        assert_eq!((&line["bar"], &line["beat"]), (&3.into(), &2.5.into()));
        assert_eq!((&line["item"], &line["title"]), (&1.into(), &"First".into()));
        assert_eq!(line["state"], "playing");
    }
}
