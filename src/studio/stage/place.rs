//! Places in the music: from what a caller says (a beat, a bar, a second) to beats, and from the engine's beat to what a
//! caller reads. Also checks what a score and a tempo map may hold. Pure.

use crate::engine::live::Song;
use crate::engine::schedule::{AutomationLane, AutomationPoint};
use crate::model::tempo::{MetreMap, MetrePoint, TempoMap, TempoPoint};
use crate::protocol::transport::{Lane, Position, Region, Schedule, TransportState};

use super::check;
use super::error::StageError;

/// The last beat that music can reach: 41 days at the fastest tempo; frames of it fit any counter.
pub const LAST_BEAT: f64 = 1_000_000.0;
/// Shortest loop in beats.
pub const SHORTEST_LOOP: f64 = 0.125;
/// Most parts of a schedule.
const MOST_PARTS: usize = 256;
/// Most notes of a schedule, and most controller movements.
const MOST_EVENTS: usize = 1_000_000;
/// Most automation lanes of a schedule.
const MOST_LANES: usize = 1_024;
/// Most points of a tempo or metre map.
const MOST_POINTS: usize = 4_096;
/// Last bar at which a metre can begin; as many as there are beats.
const LAST_BAR: u32 = 1_000_000;

/// The beat that is meant.
pub fn beat_of(position: Position, tempo: &TempoMap, metres: &MetreMap) -> Result<f64, StageError> {
    let (what, value) = match position {
        Position::Beat(beat) => ("the beat", beat),
        Position::Bar(bar) => ("the bar", bar),
        Position::Seconds(seconds) => ("the second", seconds),
    };
    in_range(what, value, 0.0, LAST_BEAT)?;
    let beat = match position {
        Position::Beat(beat) => beat,
        Position::Bar(bar) => {
            let whole = libm::floor(bar);
            let start = metres.beat_of_bar(whole as i64);
            start + (bar - whole) * (metres.beat_of_bar(whole as i64 + 1) - start)
        }
        Position::Seconds(seconds) => tempo.beat_at(seconds),
    };
    in_range(what, beat, 0.0, LAST_BEAT)
}

/// The beats of a loop.
pub fn region_of(
    region: Region,
    tempo: &TempoMap,
    metres: &MetreMap,
) -> Result<(f64, f64), StageError> {
    let start = beat_of(region.start, tempo, metres)?;
    let end = beat_of(region.end, tempo, metres)?;
    if end - start < SHORTEST_LOOP {
        return Err(StageError::ShortLoop { start, end });
    }
    Ok((start, end))
}

/// A tempo map from its points.
pub fn tempo_of(points: Vec<TempoPoint>) -> Result<TempoMap, StageError> {
    check::count("tempo points", points.len(), MOST_POINTS)?;
    for point in &points {
        in_range("the beat of a tempo", point.beat, 0.0, LAST_BEAT)?;
    }
    Ok(TempoMap::from_points(points))
}

/// A metre map from its points.
pub fn metres_of(points: Vec<MetrePoint>) -> Result<MetreMap, StageError> {
    check::count("metre points", points.len(), MOST_POINTS)?;
    for point in &points {
        in_range("the bar of a metre", f64::from(point.bar), 0.0, f64::from(LAST_BAR))?;
    }
    Ok(MetreMap::from_points(points))
}

/// Checks a schedule and closes what it leaves open with what was there.
pub fn song_of(
    schedule: Schedule,
    tempo: &TempoMap,
    metres: &MetreMap,
) -> Result<Song, StageError> {
    let Schedule { parts, lanes, tempo: new_tempo, metres: new_metres, length_beats } = schedule;
    check::count("parts", parts.len(), MOST_PARTS)?;
    check::count("notes", parts.iter().map(|part| part.notes.len()).sum(), MOST_EVENTS)?;
    check::count(
        "controller movements",
        parts.iter().map(|part| part.controls.len()).sum(),
        MOST_EVENTS,
    )?;
    let mut last = 0.0_f64;
    for part in &parts {
        let name = check::shown(&part.id);
        for note in &part.notes {
            in_range(&format!("the beat of a note of '{name}'"), note.beat, 0.0, LAST_BEAT)?;
            in_range(&format!("the length of a note of '{name}'"), note.beats, 1e-6, LAST_BEAT)?;
            let velocity = f64::from(note.velocity);
            in_range(&format!("the velocity of a note of '{name}'"), velocity, 1e-6, 1.0)?;
            in_range(
                &format!("the pitch of a note of '{name}'"),
                f64::from(note.pitch),
                0.0,
                127.0,
            )?;
            last = last.max(note.beat + note.beats);
        }
        for control in &part.controls {
            in_range(&format!("the beat of a control of '{name}'"), control.beat, 0.0, LAST_BEAT)?;
            let (value, most) = (f64::from(control.value), f64::from(f32::MAX));
            in_range(&format!("the value of a control of '{name}'"), value, -most, most)?;
            last = last.max(control.beat);
        }
    }
    last = last.max(check_lanes(&lanes)?);
    let tempo = new_tempo.map_or_else(|| Ok(tempo.clone()), tempo_of)?;
    let metres = new_metres.map_or_else(|| Ok(metres.clone()), metres_of)?;
    let length_beats = match length_beats {
        Some(beats) => in_range("the length", beats, 0.0, LAST_BEAT)?,
        None => whole_bars(last, &metres),
    };
    let lanes = lanes.into_iter().map(engine_lane).collect();
    Ok(Song { parts, lanes, tempo, metres, length_beats })
}

/// Checks lanes and gives the last beat that they reach.
fn check_lanes(lanes: &[Lane]) -> Result<f64, StageError> {
    check::count("automation lanes", lanes.len(), MOST_LANES)?;
    let points = lanes.iter().map(|lane| lane.points.len()).sum();
    check::count("automation points", points, MOST_EVENTS)?;
    let mut last = 0.0_f64;
    for lane in lanes {
        let name = format!("'{}' of '{}'", check::shown(&lane.param), check::shown(&lane.node));
        for point in &lane.points {
            let what = format!("the beat of the automation of {name}");
            last = last.max(in_range(&what, point.beat, 0.0, LAST_BEAT)?);
            let (value, most) = (f64::from(point.value), f64::from(f32::MAX));
            in_range(&format!("the value of the automation of {name}"), value, -most, most)?;
        }
    }
    Ok(last)
}

fn engine_lane(lane: Lane) -> AutomationLane {
    let points = lane.points.into_iter().map(|point| AutomationPoint {
        beat: point.beat,
        value: point.value,
        ramp: point.ramp,
    });
    AutomationLane { node: lane.node, param: lane.param, points: points.collect() }
}

/// The end of the bar that a beat lies in; a beat on a bar line stays.
fn whole_bars(beat: f64, metres: &MetreMap) -> f64 {
    let bar = metres.bar_at(beat);
    if beat - bar.bar_beat < 1e-9 { bar.bar_beat } else { metres.beat_of_bar(bar.bar + 1) }
}

/// What the engine knows of the transport at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Where it is, in beats; may be negative in a count-in.
    pub beat: f64,
    /// Whether it runs, counting in included.
    pub playing: bool,
    /// Whether it counts in.
    pub counting_in: bool,
    /// First and last beat of the loop.
    pub looped: Option<(f64, f64)>,
}

/// The transport as callers see it.
pub fn state_at(
    moment: Moment,
    tempo: &TempoMap,
    metres: &MetreMap,
    length_beats: f64,
) -> TransportState {
    let bar = metres.bar_at(moment.beat);
    TransportState {
        playing: moment.playing,
        counting_in: moment.counting_in,
        beat: moment.beat,
        seconds: tempo.seconds_at(moment.beat),
        bar: bar.bar,
        beat_in_bar: moment.beat - bar.bar_beat,
        bpm: tempo.bpm_at(moment.beat).get(),
        metre: bar.metre,
        loop_beats: moment.looped.map(|(start, end)| [start, end]),
        length_beats,
        length_s: tempo.seconds_at(length_beats),
    }
}

/// The value, if it is a number in the range.
pub fn in_range(what: &str, value: f64, min: f64, max: f64) -> Result<f64, StageError> {
    if value >= min && value <= max {
        return Ok(value);
    }
    Err(StageError::OutOfRange { what: what.to_owned(), value, min, max })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::Bpm;
    use crate::music::score::{Control, Note, Part};

    fn maps() -> (TempoMap, MetreMap) {
        let tempo = |beat, bpm| TempoPoint { beat, bpm: Bpm::clamped(bpm), ramp: false };
        let metre = |bar, text: &str| MetrePoint { bar, metre: text.parse().unwrap() };
        (
            TempoMap::from_points(vec![tempo(0.0, 120.0), tempo(8.0, 60.0)]),
            MetreMap::from_points(vec![metre(0, "4/4"), metre(2, "3/4")]),
        )
    }

    #[test]
    fn every_way_of_naming_a_place_leads_to_the_same_beat() {
        let (tempo, metres) = maps();
        for (position, beat) in [
            (Position::Beat(11.0), 11.0),
            (Position::Bar(3.0), 11.0),
            (Position::Bar(1.5), 6.0),
            (Position::Bar(2.5), 9.5),
            (Position::Seconds(7.0), 11.0),
            (Position::Seconds(0.0), 0.0),
        ] {
            assert_eq!(beat_of(position, &tempo, &metres), Ok(beat), "{position:?}");
        }
        for bad in [-0.001, f64::NAN, f64::INFINITY, 1e300] {
            for position in [Position::Beat(bad), Position::Bar(bad), Position::Seconds(bad)] {
                let error = beat_of(position, &tempo, &metres).unwrap_err();
                assert!(matches!(error, StageError::OutOfRange { .. }), "{position:?}");
            }
        }
    }

    #[test]
    fn a_loop_needs_a_length() {
        let (tempo, metres) = maps();
        let region = |start, end| Region { start: Position::Beat(start), end: Position::Beat(end) };
        assert_eq!(region_of(region(4.0, 8.0), &tempo, &metres), Ok((4.0, 8.0)));
        for (start, end) in [(4.0, 4.0), (8.0, 4.0), (4.0, 4.1)] {
            let error = region_of(region(start, end), &tempo, &metres).unwrap_err();
            assert_eq!(error, StageError::ShortLoop { start, end });
        }
    }

    fn part(beat: f64, beats: f64, velocity: f32) -> Part {
        Part {
            id: "keys".into(),
            name: "Keys".into(),
            drums: false,
            program: 4,
            notes: vec![Note { beat, beats, pitch: 60, velocity }],
            controls: Vec::new(),
        }
    }

    fn music(part: Part) -> Result<Song, StageError> {
        let (tempo, metres) = maps();
        song_of(Schedule { parts: vec![part], ..Schedule::default() }, &tempo, &metres)
    }

    #[test]
    fn what_a_schedule_leaves_open_is_closed_and_its_end_is_a_bar_line() {
        let (tempo, metres) = maps();
        let taken = music(part(9.0, 1.5, 0.5)).unwrap();
        assert_eq!((taken.length_beats, &taken.tempo, &taken.metres), (11.0, &tempo, &metres));
        assert_eq!(music(part(4.0, 4.0, 0.5)).unwrap().length_beats, 8.0);
        let empty = song_of(Schedule::default(), &tempo, &metres).unwrap();
        assert_eq!(empty.length_beats, 0.0);
        let slow = TempoPoint { beat: 0.0, bpm: Bpm::clamped(50.0), ramp: false };
        let own =
            Schedule { tempo: Some(vec![slow]), length_beats: Some(5.5), ..Schedule::default() };
        let taken = song_of(own, &tempo, &metres).unwrap();
        assert_eq!((taken.tempo.bpm_at(9.0).get(), taken.length_beats), (50.0, 5.5));
    }

    #[test]
    fn events_in_the_past_and_numbers_that_are_none_are_refused() {
        for (beat, beats, velocity) in [
            (-0.5, 1.0, 0.5),
            (f64::NAN, 1.0, 0.5),
            (1e300, 1.0, 0.5),
            (0.0, 0.0, 0.5),
            (0.0, -1.0, 0.5),
            (0.0, f64::INFINITY, 0.5),
            (0.0, 1.0, 0.0),
            (0.0, 1.0, 1.5),
            (0.0, 1.0, f32::NAN),
        ] {
            let error = music(part(beat, beats, velocity)).unwrap_err();
            assert!(matches!(error, StageError::OutOfRange { .. }), "{beat} {beats} {velocity}");
        }
        let mut moving = part(0.0, 1.0, 0.5);
        moving.controls.push(Control {
            beat: -1.0,
            node: "keys".into(),
            param: "cutoff".into(),
            value: 1.0,
        });
        assert!(music(moving.clone()).is_err());
        moving.controls[0] = Control { beat: 1.0, value: f32::NAN, ..moving.controls[0].clone() };
        assert!(music(moving).is_err());
        let lane = |beat, value| Schedule {
            lanes: vec![Lane {
                node: "keys".into(),
                param: "cutoff".into(),
                points: vec![crate::protocol::transport::LanePoint { beat, value, ramp: true }],
            }],
            ..Schedule::default()
        };
        let (tempo, metres) = maps();
        assert_eq!(song_of(lane(9.0, 1.0), &tempo, &metres).unwrap().length_beats, 11.0);
        assert!(song_of(lane(-1.0, 1.0), &tempo, &metres).is_err());
        assert!(song_of(lane(1.0, f32::INFINITY), &tempo, &metres).is_err());
        let point = |beat| TempoPoint { beat, bpm: Bpm::clamped(90.0), ramp: true };
        assert!(tempo_of(vec![point(0.0), point(-1.0)]).is_err());
        assert!(tempo_of(vec![point(0.0); 5_000]).is_err());
    }

    #[test]
    fn the_state_counts_bars_and_seconds() {
        let (tempo, metres) = maps();
        let moment =
            Moment { beat: 12.0, playing: true, counting_in: false, looped: Some((8.0, 11.0)) };
        let state = state_at(moment, &tempo, &metres, 14.0);
        assert_eq!((state.bar, state.beat_in_bar, state.seconds), (3, 1.0, 8.0));
        assert_eq!((state.bpm, state.metre.to_string().as_str()), (60.0, "3/4"));
        assert_eq!((state.loop_beats, state.length_s), (Some([8.0, 11.0]), 10.0));
        let before = Moment { beat: -1.0, counting_in: true, looped: None, ..moment };
        let state = state_at(before, &tempo, &metres, 14.0);
        assert_eq!((state.bar, state.beat_in_bar, state.seconds), (-1, 3.0, -0.5));
    }
}
