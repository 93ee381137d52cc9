//! What a node has to be told when the transport jumps into the middle of a song: where its params stand there, and
//! which notes would sound. Drawn up off the audio thread, so that the look-up there is short and allocates nothing.

use super::super::node::Event;
use super::super::runner::Timed;

/// The events of a node as the runner plays them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NodeEvents<'a> {
    /// Ascending by frame.
    pub(crate) list: &'a [Timed],
    /// For jumps.
    pub(crate) chase: &'a Chase,
}

/// For jumps into the events of a node.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Chase {
    /// One for each param that the schedule moves, and one for the bend.
    pub(crate) lanes: Vec<Lane>,
    /// Frames of the longest note; 0 where notes are not taken up in their middle, as those of drums.
    longest: u64,
}

/// All values of a param over the song.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lane {
    /// As it is before the first movement.
    base: Event,
    /// Ascending by frame.
    movements: Vec<Timed>,
}

impl Lane {
    /// What it was set to before a frame; its base value only where something may have `moved` it away from there.
    pub(crate) fn value_before(&self, frame: u64, moved: bool) -> Option<Event> {
        let next = self.movements.partition_point(|timed| timed.frame < frame);
        match next.checked_sub(1).and_then(|last| self.movements.get(last)) {
            Some(last) => Some(last.event),
            None => moved.then_some(self.base),
        }
    }
}

impl Chase {
    /// Of a node without events.
    pub(crate) const fn nothing() -> Self {
        Self { lanes: Vec::new(), longest: 0 }
    }

    /// Draws up the chase of a node. `base` gives a param's value outside of the schedule.
    pub(crate) fn new(events: &[Timed], base: impl Fn(u16) -> f32, takes_up_notes: bool) -> Self {
        let mut chase = Self::default();
        let mut starts: Vec<(u32, u64)> = Vec::new();
        for timed in events {
            match timed.event {
                Event::Param { index, .. } => {
                    chase.add(*timed, Event::Param { index, value: base(index) });
                }
                Event::Bend { .. } => chase.add(*timed, Event::Bend { semitones: 0.0 }),
                Event::NoteOn { note, .. } if takes_up_notes => starts.push((note, timed.frame)),
                Event::NoteOff { note } => {
                    if let Some(index) = starts.iter().position(|(start, _)| *start == note) {
                        let (_, start) = starts.swap_remove(index);
                        chase.longest = chase.longest.max(timed.frame - start);
                    }
                }
                _ => {}
            }
        }
        chase
    }

    fn add(&mut self, timed: Timed, base: Event) {
        let same = |event: &Event| match (event, &base) {
            (Event::Param { index: a, .. }, Event::Param { index: b, .. }) => a == b,
            (Event::Bend { .. }, Event::Bend { .. }) => true,
            _ => false,
        };
        match self.lanes.iter_mut().find(|lane| same(&lane.base)) {
            Some(lane) => lane.movements.push(timed),
            None => self.lanes.push(Lane { base, movements: vec![timed] }),
        }
    }

    /// The starts of the notes that begin before `here` and end after it; `cursor` is the first event that is not before
    /// `here`. Looks back by the longest note, and forward for the release of each by as much.
    pub(crate) fn sounding_at<'a>(
        &self,
        events: &'a [Timed],
        cursor: usize,
        here: u64,
    ) -> impl Iterator<Item = Event> + 'a {
        let (longest, earliest) = (self.longest, here.saturating_sub(self.longest));
        let first = events.partition_point(|timed| timed.frame < earliest);
        let before = if longest == 0 { &[][..] } else { events.get(first..cursor).unwrap_or(&[]) };
        let after = events.get(cursor..).unwrap_or(&[]);
        before
            .iter()
            .filter(move |timed| match timed.event {
                Event::NoteOn { note, .. } => {
                    let last = timed.frame.saturating_add(longest);
                    let mut coming = after.iter().take_while(|later| later.frame <= last);
                    coming.any(|later| {
                        later.frame > here
                            && matches!(later.event, Event::NoteOff { note: off } if off == note)
                    })
                }
                _ => false,
            })
            .map(|timed| timed.event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(frame: u64, note: u32) -> Timed {
        Timed { frame, event: Event::NoteOn { note, pitch: 60.0, velocity: 0.5 } }
    }

    fn off(frame: u64, note: u32) -> Timed {
        Timed { frame, event: Event::NoteOff { note } }
    }

    fn set(frame: u64, index: u16, value: f32) -> Timed {
        Timed { frame, event: Event::Param { index, value } }
    }

    #[test]
    fn a_jump_takes_up_the_notes_that_sound_there() {
        let events = [on(0, 1), on(10, 2), off(50, 1), on(60, 3), off(100, 2), off(110, 3)];
        let chase = Chase::new(&events, |_| 0.0, true);
        let at = |here: u64| {
            let cursor = events.partition_point(|timed| timed.frame < here);
            let found = chase.sounding_at(&events, cursor, here).map(|event| match event {
                Event::NoteOn { note, .. } => note,
                _ => unreachable!(),
            });
            found.collect::<Vec<_>>()
        };
        assert_eq!(at(0), [0u32; 0]);
        assert_eq!(at(20), [1, 2]);
        // A note that ends or begins right here is not taken up; the latter comes by itself.
        assert_eq!(at(50), [2]);
        assert_eq!(at(60), [2]);
        assert_eq!(at(105), [3]);
        let drums = Chase::new(&events, |_| 0.0, false);
        assert_eq!(drums.sounding_at(&events, 2, 20).count(), 0);
    }

    #[test]
    fn a_jump_finds_the_params_as_they_would_be() {
        let events = [set(10, 0, 1.0), set(20, 1, 7.0), set(30, 0, 2.0)];
        let chase = Chase::new(&events, |index| if index == 0 { 0.5 } else { 6.0 }, true);
        let at = |here, moved| {
            let values = chase.lanes.iter().filter_map(|lane| lane.value_before(here, moved));
            values
                .map(|event| match event {
                    Event::Param { index, value } => (index, value),
                    _ => unreachable!(),
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(at(25, true), [(0, 1.0), (1, 7.0)]);
        assert_eq!(at(31, false), [(0, 2.0), (1, 7.0)]);
        assert_eq!(at(10, true), [(0, 0.5), (1, 6.0)]);
        assert_eq!(at(10, false), [] as [(u16, f32); 0]);
    }
}
