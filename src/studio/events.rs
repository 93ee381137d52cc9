//! From the studio to those who listen: one bounded queue per listener, with a rule for the slow ones.
//!
//! A newer progress or change of a job takes the place of an unread one of the same job, a newer change of a take or
//! session that of an unread one of the same, and a newer state of the sound that of an unread one; xruns are added up,
//! and takes that come or go and notes are never dropped. A listener that leaves [`CAPACITY`] events unread is let go:
//! its stream ends, which it can see.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use crate::protocol::Event;

/// Most events that wait for one listener.
pub const CAPACITY: usize = 4096;

/// Hands events to every listener. A cheap handle: clones share the listeners. Thread: any.
#[derive(Clone, Default)]
pub struct Hub {
    listeners: Arc<Mutex<Listeners>>,
}

#[derive(Default)]
struct Listeners {
    lines: Vec<Weak<Line>>,
    closed: bool,
}

/// What a listener holds: the events that it has not read.
pub struct Events {
    line: Arc<Line>,
}

#[derive(Default)]
struct Line {
    waiting: Mutex<Waiting>,
    bell: Notify,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    ended: bool,
}

impl Hub {
    /// A new listener; it hears what is sent from now on.
    pub fn subscribe(&self) -> Events {
        let line = Arc::new(Line::default());
        let mut listeners = lock(&self.listeners);
        lock(&line.waiting).ended = listeners.closed;
        listeners.lines.push(Arc::downgrade(&line));
        Events { line }
    }

    /// Gives an event to every listener. Never waits.
    pub fn send(&self, event: &Event) {
        lock(&self.listeners).lines.retain(|line| {
            let Some(line) = line.upgrade() else { return false };
            let kept = lock(&line.waiting).push(event.clone());
            line.bell.notify_one();
            kept
        });
    }

    /// Ends every stream, those of later listeners too.
    pub fn close(&self) {
        let mut listeners = lock(&self.listeners);
        listeners.closed = true;
        for line in listeners.lines.drain(..).filter_map(|line| line.upgrade()) {
            lock(&line.waiting).ended = true;
            line.bell.notify_one();
        }
    }
}

impl Waiting {
    /// Queues an event; false if the listener has to be let go.
    fn push(&mut self, mut event: Event) -> bool {
        self.events.retain(|old| !overtakes(&mut event, old));
        if self.events.len() >= CAPACITY {
            self.ended = true;
            return false;
        }
        self.events.push_back(event);
        true
    }
}

/// Whether an unread event is of no more use beside a newer one. What was counted in it goes over to the newer one.
fn overtakes(newer: &mut Event, old: &Event) -> bool {
    match (newer, old) {
        // Later news of a job overtake unread progress; what else is unread keeps its place.
        (Event::JobProgress(newer), Event::JobProgress(old)) => newer.job_id == old.job_id,
        (Event::JobChanged(newer), Event::JobProgress(old)) => newer.job.id == old.job_id,
        (Event::JobChanged(newer), Event::JobChanged(old)) => newer.job.id == old.job.id,
        (Event::TakeChanged(newer), Event::TakeChanged(old)) => newer.take.id == old.take.id,
        (Event::TakeDeleted(newer), Event::TakeChanged(old)) => newer.id == old.take.id,
        (Event::SessionChanged(newer), Event::SessionChanged(old)) => {
            newer.session.id == old.session.id
        }
        // The state of the sound is told whole each time.
        (Event::EngineStatus(_), Event::EngineStatus(_))
        | (Event::TransportChanged(_), Event::TransportChanged(_))
        | (Event::DeviceChanged(_), Event::DeviceChanged(_))
        | (Event::PlayerChanged(_), Event::PlayerChanged(_))
        | (Event::GraphChanged(_), Event::GraphChanged(_)) => true,
        (Event::EngineXrun(newer), Event::EngineXrun(old)) => {
            newer.count += old.count;
            newer.late_us = newer.late_us.max(old.late_us);
            true
        }
        (Event::NodeFault(newer), Event::NodeFault(old)) => newer.node == old.node,
        _ => false,
    }
}

impl Events {
    /// The next event, as soon as there is one; `None` when the studio has ended or this listener was too slow.
    /// Cancel-safe.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            // A permit of `notify_one` is kept if nobody waits yet, so an event between these two lines is not missed.
            match self.try_next() {
                Ok(event) => return event,
                Err(Empty) => self.line.bell.notified().await,
            }
        }
    }

    /// The next event if there is one already. `Ok(None)` means that no more will come.
    pub fn try_next(&mut self) -> Result<Option<Event>, Empty> {
        let mut waiting = lock(&self.line.waiting);
        match waiting.events.pop_front() {
            Some(event) => Ok(Some(event)),
            None if waiting.ended => Ok(None),
            None => Err(Empty),
        }
    }
}

/// There is no event now, but one may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Empty;

/// A panic elsewhere does not make a queue of whole values unusable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::job::Phase;
    use crate::model::tempo::Metre;
    use crate::protocol::device::LostBy;
    use crate::protocol::event::{EngineXrun, JobProgress, TransportCause, TransportChanged};
    use crate::protocol::player::NodeFault;
    use crate::protocol::transport::TransportState;

    fn progress(job: &str, progress: f64) -> Event {
        Event::JobProgress(JobProgress {
            job_id: job.into(),
            phase: Phase::Generating,
            progress,
            stage: String::new(),
            eta_s: None,
        })
    }

    fn at_beat(beat: f64) -> TransportState {
        TransportState {
            playing: true,
            counting_in: false,
            beat,
            seconds: beat / 2.0,
            bar: 0,
            beat_in_bar: beat,
            bpm: 120.0,
            metre: Metre::FOUR_FOUR,
            loop_beats: None,
            length_beats: 0.0,
            length_s: 0.0,
        }
    }

    #[test]
    fn the_latest_progress_of_each_job_is_what_a_slow_listener_gets() {
        let hub = Hub::default();
        let mut events = hub.subscribe();
        for step in 0..10_000 {
            hub.send(&progress("a", f64::from(step)));
            hub.send(&progress("b", f64::from(step)));
        }
        assert_eq!(events.try_next(), Ok(Some(progress("a", 9_999.0))));
        assert_eq!(events.try_next(), Ok(Some(progress("b", 9_999.0))));
        assert_eq!(events.try_next(), Err(Empty));
    }

    #[test]
    fn the_state_of_the_sound_is_told_once_and_what_was_lost_is_added_up() {
        let hub = Hub::default();
        let mut events = hub.subscribe();
        let fault = |node: &str, times| Event::NodeFault(NodeFault { node: node.into(), times });
        let xrun = |count, total, late_us| {
            Event::EngineXrun(EngineXrun { count, total, cause: LostBy::Late, late_us })
        };
        for step in 0..CAPACITY as u64 * 2 {
            hub.send(&Event::TransportChanged(TransportChanged {
                cause: TransportCause::Sought,
                transport: at_beat(step as f64),
            }));
        }
        for event in [xrun(2, 2, 900), fault("a", 1), fault("b", 1), xrun(3, 5, 100), fault("a", 2)]
        {
            hub.send(&event);
        }
        let read = std::iter::from_fn(|| events.try_next().ok().flatten()).collect::<Vec<_>>();
        let [Event::TransportChanged(last), rest @ ..] = read.as_slice() else {
            panic!("{read:?}")
        };
        assert_eq!(last.transport.beat, CAPACITY as f64 * 2.0 - 1.0);
        assert_eq!(rest, [fault("b", 1), xrun(5, 5, 900), fault("a", 2)]);
    }

    #[test]
    fn of_a_take_or_session_the_latest_counts_and_what_happened_to_them_stays() {
        use crate::protocol::event::{SessionChanged, SessionNoted, TakeChanged, TakeDeleted};
        let hub = Hub::default();
        let mut events = hub.subscribe();
        let take = |id: &str, title: &str| {
            let card = serde_json::json!({
                "id": id, "session_id": "s", "job_id": "j", "number": 1, "title": title, "prompt": "", "path": "",
                "duration_s": 1.0, "seed": 1, "backend": "b", "licence": "", "looped": false, "stems": [], "note": "",
                "tags": [], "created_at": 0.0
            });
            Event::TakeChanged(TakeChanged { take: serde_json::from_value(card).unwrap() })
        };
        let session = |title: &str| {
            let session =
                serde_json::json!({"id": "s", "title": title, "takes": 0, "created_at": 0.0});
            Event::SessionChanged(SessionChanged {
                session: serde_json::from_value(session).unwrap(),
            })
        };
        let note = |id: &str| {
            let note =
                serde_json::json!({"id": id, "session_id": "s", "text": "x", "created_at": 0.0});
            Event::SessionNoted(SessionNoted { note: serde_json::from_value(note).unwrap() })
        };
        let deleted = |id: &str| Event::TakeDeleted(TakeDeleted { id: id.into() });
        for event in [
            take("a", "1"),
            take("b", "1"),
            session("1"),
            note("1"),
            take("a", "2"),
            note("2"),
            deleted("b"),
            session("2"),
            deleted("c"),
        ] {
            hub.send(&event);
        }
        let read = std::iter::from_fn(|| events.try_next().ok().flatten()).collect::<Vec<_>>();
        let kept = [note("1"), take("a", "2"), note("2"), deleted("b"), session("2"), deleted("c")];
        assert_eq!(read, kept);
    }

    #[test]
    fn a_listener_that_never_reads_is_let_go_and_can_see_it() {
        let hub = Hub::default();
        let mut events = hub.subscribe();
        for job in 0..=CAPACITY {
            hub.send(&progress(&job.to_string(), 0.0));
        }
        let read = std::iter::from_fn(|| events.try_next().ok().flatten()).count();
        assert_eq!(read, CAPACITY);
        assert_eq!(events.try_next(), Ok(None));
    }

    #[tokio::test]
    async fn closing_ends_streams_after_what_was_unread() {
        let hub = Hub::default();
        let mut events = hub.subscribe();
        hub.send(&progress("a", 0.5));
        hub.close();
        assert!(events.next().await.is_some());
        assert_eq!(events.next().await, None);
        assert_eq!(hub.subscribe().next().await, None);
    }
}
