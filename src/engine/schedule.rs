//! Turns a score into sorted events per node, off the audio thread.
//!
//! A part plays the node that has the part's id; its controls may move any param of any node. At one frame releases come
//! first, then movements, then new notes, so that a repeated note starts afresh and starts with the right params.

mod chase;
mod lanes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub(crate) use chase::{Chase, NodeEvents};
pub use lanes::{AutomationLane, AutomationPoint};

use super::live::Song;
use super::node::{Event, Handle};
use super::plan::most_similar;
pub use super::runner::Timed;
use super::transport::Transport;
use crate::model::tempo::{MetreMap, TempoMap};
use crate::model::units::SampleRate;
use crate::music::score::{Control, Note, Part, Score};

/// What happens when: the events of each node, in the order of the plan, and the tempo they were timed by.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    transport: Transport,
    events: Vec<Vec<Timed>>,
    /// Beside `events`.
    chases: Vec<Chase>,
    length: u64,
}

/// Why a score does not fit a graph.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScheduleError {
    /// A part has no node.
    #[error("part '{part}' has notes, but the graph has no node with that id")]
    NoInstrument {
        /// The part.
        part: String,
        /// The node id that is most like it.
        similar: Option<String>,
    },
    /// A part's node can't play notes.
    #[error("part '{part}' has notes, but its node is a {kind}, which plays none")]
    NotPlayable {
        /// The part.
        part: String,
        /// The type of its node.
        kind: &'static str,
    },
    /// Two parts have one id.
    #[error("two parts are called '{part}'")]
    DuplicatePart {
        /// The part.
        part: String,
    },
    /// A control moves a node that is not there.
    #[error("part '{part}' moves the node '{node}', which is not in the graph")]
    UnknownNode {
        /// The part.
        part: String,
        /// The node that was named.
        node: String,
        /// The node id that is most like it.
        similar: Option<String>,
    },
    /// A control moves a param that the node has not.
    #[error("part '{part}' moves '{param}' of '{node}' ({kind}), which has no such param")]
    UnknownParam {
        /// The part.
        part: String,
        /// The node.
        node: String,
        /// Its type.
        kind: &'static str,
        /// The param that was named.
        param: String,
        /// What there is.
        known: String,
    },
    /// A beat, a length, a velocity or a value is not a usable number.
    #[error("part '{part}' has {what} at beat {beat}")]
    BadNumber {
        /// The part.
        part: String,
        /// What is wrong.
        what: &'static str,
        /// Where.
        beat: f64,
    },
}

impl ScheduleError {
    /// What to do about it, in a sentence for users.
    pub fn hint(&self) -> String {
        match self {
            Self::NoInstrument { similar: Some(id), .. }
            | Self::UnknownNode { similar: Some(id), .. } => {
                format!("Did you mean '{id}'?")
            }
            Self::NoInstrument { part, .. } => {
                format!("Add an instrument with the id '{part}' to the graph.")
            }
            Self::NotPlayable { .. } => {
                "Give the part an instrument; `timbre nodes` lists them.".into()
            }
            Self::DuplicatePart { part } => format!("Rename one of them, for example '{part}2'."),
            Self::UnknownNode { .. } => "Add the node to the graph or drop the control.".into(),
            Self::UnknownParam { known, .. } => {
                format!("Its params: {known}; any instrument also takes 'bend'.")
            }
            Self::BadNumber { .. } => {
                "Beats must be 0 or later, lengths and velocities above 0, pitches at most 127."
                    .into()
            }
        }
    }
}

impl Schedule {
    /// Times a score against the nodes of a plan. `handles` are the plan's. Thread: control.
    pub fn new(
        score: &Score,
        handles: &[Handle],
        sample_rate: SampleRate,
    ) -> Result<Self, ScheduleError> {
        let schedule =
            Self::from_parts(&score.parts, &score.tempo, score.length_beats, handles, sample_rate)?;
        Ok(schedule.with_metres(MetreMap::constant(score.metre)))
    }

    /// The same in other metres than 4/4.
    pub fn with_metres(self, metres: MetreMap) -> Self {
        Self { transport: self.transport.with_metres(metres), ..self }
    }

    /// Times a song with its automation. Thread: control.
    pub fn of_song(
        song: &Song,
        handles: &[Handle],
        sample_rate: SampleRate,
    ) -> Result<Self, ScheduleError> {
        let transport = Transport::new(song.tempo.clone(), sample_rate);
        let mut parts = song.parts.clone();
        for (index, lane) in song.lanes.iter().enumerate() {
            // A lane is a part that plays no notes. Its name can't be that of a part with a node.
            parts.push(Part {
                id: format!("lane {index}"),
                name: lane.param.clone(),
                drums: false,
                program: 0,
                notes: Vec::new(),
                controls: lane.movements(&transport),
            });
        }
        let schedule =
            Self::from_parts(&parts, &song.tempo, song.length_beats, handles, sample_rate)?;
        Ok(schedule.with_metres(song.metres.clone()))
    }

    /// Times parts alone; `length_beats` is where the music ends and the ring-out begins.
    pub fn from_parts(
        parts: &[Part],
        tempo: &TempoMap,
        length_beats: f64,
        handles: &[Handle],
        sample_rate: SampleRate,
    ) -> Result<Self, ScheduleError> {
        let mut desk = Desk {
            transport: Transport::new(tempo.clone(), sample_rate),
            handles,
            events: vec![Vec::new(); handles.len()],
            next_note: 1,
        };
        for (index, part) in parts.iter().enumerate() {
            if parts.iter().take(index).any(|earlier| earlier.id == part.id) {
                return Err(ScheduleError::DuplicatePart { part: part.id.clone() });
            }
            desk.add_notes(part)?;
            part.controls.iter().try_for_each(|control| desk.add_control(part, control))?;
        }
        let length = desk.transport.frame_at(length_beats);
        let events = desk.events.into_iter().map(sorted).collect::<Vec<_>>();
        let chase = |(handle, events): (&Handle, &Vec<Timed>)| {
            // A drum is over before it is released, so nobody would want it in the middle.
            let drums = parts.iter().any(|part| part.id == handle.id && part.drums);
            Chase::new(events, |index| handle.param(index), !drums)
        };
        let chases = handles.iter().zip(&events).map(chase).collect();
        Ok(Self { events, chases, transport: desk.transport, length })
    }

    /// No events at 120 BPM, for live playing and measurement. `nodes` is the number of nodes in the plan.
    pub fn empty(nodes: usize, sample_rate: SampleRate) -> Self {
        let tempo = TempoMap::from_points(Vec::new());
        Self {
            transport: Transport::new(tempo, sample_rate),
            events: vec![Vec::new(); nodes],
            chases: vec![Chase::default(); nodes],
            length: 0,
        }
    }

    /// Events of a node, by its number in the plan, ascending by frame. Thread: any.
    pub fn events(&self, node: usize) -> &[Timed] {
        self.events.get(node).map_or(&[], Vec::as_slice)
    }

    /// The same for the runner, with what a jump needs. Thread: any.
    pub(crate) fn node(&self, node: usize) -> NodeEvents<'_> {
        static NOTHING: Chase = Chase::nothing();
        NodeEvents { list: self.events(node), chase: self.chases.get(node).unwrap_or(&NOTHING) }
    }

    /// How frames and beats relate.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Musical length in frames; the ring-out comes after it.
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// An event with its rank among those of the same frame.
type Ranked = (Timed, Rank);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Release,
    Movement,
    Start,
}

/// The latest note of a pitch while notes are timed.
struct Sounding {
    note: u32,
    start: u64,
    end: u64,
}

/// Where a schedule is put together.
struct Desk<'a> {
    transport: Transport,
    handles: &'a [Handle],
    events: Vec<Vec<Ranked>>,
    next_note: u32,
}

impl Desk<'_> {
    fn find(&self, node: &str) -> Option<(usize, &Handle)> {
        self.handles.iter().enumerate().find(|(_, handle)| handle.id == node)
    }

    fn similar(&self, node: &str) -> Option<String> {
        most_similar(node, self.handles.iter().map(|handle| handle.id.as_str()))
    }

    fn push(&mut self, node: usize, frame: u64, event: Event, rank: Rank) {
        if let Some(events) = self.events.get_mut(node) {
            events.push((Timed { frame, event }, rank));
        }
    }

    fn add_notes(&mut self, part: &Part) -> Result<(), ScheduleError> {
        if part.notes.is_empty() {
            return Ok(());
        }
        let Some((node, handle)) = self.find(&part.id) else {
            return Err(ScheduleError::NoInstrument {
                part: part.id.clone(),
                similar: self.similar(&part.id),
            });
        };
        if !handle.descriptor.takes_notes {
            return Err(ScheduleError::NotPlayable {
                part: part.id.clone(),
                kind: handle.descriptor.id,
            });
        }
        part.notes.iter().try_for_each(|note| check_note(part, note))?;
        // Scores ascend by beat, but rounding and hand-made scores may not; order decides about repeated notes.
        let mut notes = part.notes.iter().collect::<Vec<_>>();
        notes.sort_by(|a, b| a.beat.total_cmp(&b.beat));
        let mut sounding: BTreeMap<u8, Sounding> = BTreeMap::new();
        for note in notes {
            let start = self.transport.frame_at(note.beat);
            let end = self.transport.frame_at(note.beat + note.beats).max(start + 1);
            match sounding.get_mut(&note.pitch) {
                // Struck twice at once is struck once, and held for the longer of the two.
                Some(twin) if twin.start == start => {
                    twin.end = twin.end.max(end);
                    continue;
                }
                // A string or a key that is struck again stops what it sounded: the earlier note ends here.
                Some(earlier) => {
                    let (frame, note) = (earlier.end.min(start), earlier.note);
                    self.push(node, frame, Event::NoteOff { note }, Rank::Release);
                }
                None => {}
            }
            let id = self.next_note;
            self.next_note = self.next_note.wrapping_add(1);
            let on =
                Event::NoteOn { note: id, pitch: f32::from(note.pitch), velocity: note.velocity };
            self.push(node, start, on, Rank::Start);
            sounding.insert(note.pitch, Sounding { note: id, start, end });
        }
        for Sounding { note, end, .. } in sounding.into_values() {
            self.push(node, end, Event::NoteOff { note }, Rank::Release);
        }
        Ok(())
    }

    fn add_control(&mut self, part: &Part, control: &Control) -> Result<(), ScheduleError> {
        let bad =
            |what| ScheduleError::BadNumber { part: part.id.clone(), what, beat: control.beat };
        if !control.beat.is_finite() || control.beat < 0.0 {
            return Err(bad("a control with an unusable beat"));
        }
        if control.value.is_nan() {
            return Err(bad("a control without a value"));
        }
        let Some((node, handle)) = self.find(&control.node) else {
            return Err(ScheduleError::UnknownNode {
                part: part.id.clone(),
                node: control.node.clone(),
                similar: self.similar(&control.node),
            });
        };
        let descriptor = handle.descriptor;
        let params = descriptor.params.iter().enumerate();
        let event = match params.clone().find(|(_, param)| param.id == control.param) {
            Some((index, param)) => Event::Param {
                index: index as u16,
                value: control.value.clamp(param.min, param.max),
            },
            None if control.param == "bend" && descriptor.takes_notes => {
                Event::Bend { semitones: control.value.clamp(-24.0, 24.0) }
            }
            None => {
                return Err(ScheduleError::UnknownParam {
                    part: part.id.clone(),
                    node: control.node.clone(),
                    kind: descriptor.id,
                    param: control.param.clone(),
                    known: descriptor.params.iter().map(|p| p.id).collect::<Vec<_>>().join(", "),
                });
            }
        };
        let frame = self.transport.frame_at(control.beat);
        self.push(node, frame, event, Rank::Movement);
        Ok(())
    }
}

fn check_note(part: &Part, note: &Note) -> Result<(), ScheduleError> {
    let bad = |what| Err(ScheduleError::BadNumber { part: part.id.clone(), what, beat: note.beat });
    if !note.beat.is_finite() || note.beat < 0.0 {
        return bad("a note with an unusable beat");
    }
    if !note.beats.is_finite() || note.beats <= 0.0 {
        return bad("a note with an unusable length");
    }
    if !(note.velocity > 0.0 && note.velocity <= 1.0) {
        return bad("a note with an unusable velocity");
    }
    if note.pitch > 127 { bad("a note above pitch 127") } else { Ok(()) }
}

fn sorted(mut events: Vec<Ranked>) -> Vec<Timed> {
    // Stable, so that equal ranks keep the order in which the score names them.
    events.sort_by_key(|(timed, rank)| (timed.frame, *rank));
    events.into_iter().map(|(timed, _)| timed).collect()
}
