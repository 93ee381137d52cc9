//! Small memories of the stage: what was asked of the transport and has not come about yet, time that was lost, and when
//! something was last told. Pure: moments come in as seconds on any steady clock.

use crate::engine::live::{Xrun, XrunCause};
use crate::protocol::device::{LostBy, XrunCounts};
use crate::protocol::event::EngineXrun;

use super::place::Moment;

/// How long an order may take to reach the audio thread before what that thread says is believed again.
const ARRIVAL_S: f64 = 0.25;
/// Shortest time between two events about xruns.
const XRUN_PAUSE_S: f64 = 0.25;
/// Shortest time between two events about a status that does not change much.
const QUIET_PAUSE_S: f64 = 0.5;

/// What was asked of the transport. The audio thread takes an order between two blocks and tells of it afterwards, so for
/// some milliseconds the truth is what was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Asked {
    playing: Option<bool>,
    /// Whether it was told to count in first.
    counting_in: bool,
    beat: Option<f64>,
    at_s: f64,
}

impl Asked {
    /// Notes that the transport was told to run, perhaps after a count-in, or to stand.
    pub(super) fn play(&mut self, playing: bool, counting_in: bool, now_s: f64) {
        *self = Self { playing: Some(playing), counting_in, at_s: now_s, ..*self };
    }

    /// Notes that the transport was told to go to a beat.
    pub(super) fn seek(&mut self, beat: f64, now_s: f64) {
        *self = Self { beat: Some(beat), at_s: now_s, ..*self };
    }

    /// What is known: the engine's moment, corrected by what it can't know yet. `bpm` is the tempo there.
    pub(super) fn settle(&mut self, seen: Moment, bpm: f64, now_s: f64) -> Moment {
        let since = now_s - self.at_s;
        if since > ARRIVAL_S {
            *self = Self::default();
        }
        let mut moment = seen;
        if let Some(playing) = self.playing {
            if seen.playing == playing {
                self.playing = None
            } else {
                (moment.playing, moment.counting_in) = (playing, self.counting_in)
            }
            if !moment.playing {
                moment.counting_in = false;
            }
        }
        if let Some(beat) = self.beat {
            // It may have played on from there already; a count-in comes up to it from before.
            let passed = (since.max(0.0) + ARRIVAL_S) * bpm / 60.0;
            let arrived = seen.counting_in || (beat - 1e-6..=beat + passed).contains(&seen.beat);
            if arrived { self.beat = None } else { moment.beat = beat }
        }
        moment
    }
}

/// Time that was lost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Lost {
    counts: XrunCounts,
    untold: u64,
    worst_us: u32,
    latest: Option<LostBy>,
    told_s: Option<f64>,
}

impl Lost {
    /// Counts an xrun.
    pub(super) fn count(&mut self, xrun: Xrun) {
        let (by, counter) = match xrun.cause {
            XrunCause::Overrun => (LostBy::Overrun, &mut self.counts.overrun),
            XrunCause::Late => (LostBy::Late, &mut self.counts.late),
            XrunCause::Device => (LostBy::Device, &mut self.counts.device),
        };
        *counter += 1;
        self.counts.total += 1;
        self.untold += 1;
        self.worst_us = self.worst_us.max(xrun.late_us);
        self.latest = Some(by);
    }

    /// All counts. `total` is what the engine has counted, which is more where news were dropped.
    pub(super) fn counts(&self, total: u64) -> XrunCounts {
        XrunCounts { total: total.max(self.counts.total), ..self.counts }
    }

    /// The event that is due, if one is.
    pub(super) fn tell(&mut self, now_s: f64) -> Option<EngineXrun> {
        let cause = self.latest.filter(|_| self.untold > 0)?;
        if self.told_s.is_some_and(|told| now_s - told < XRUN_PAUSE_S) {
            return None;
        }
        let event = EngineXrun {
            count: self.untold,
            total: self.counts.total,
            cause,
            late_us: self.worst_us,
        };
        (self.untold, self.worst_us, self.told_s) = (0, 0, Some(now_s));
        Some(event)
    }
}

/// When a status is told: always while something sounds, and seldom in silence.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Pulse {
    told_s: Option<f64>,
}

impl Pulse {
    /// Whether to tell it now.
    pub(super) fn beat(&mut self, lively: bool, now_s: f64) -> bool {
        let due = lively || self.told_s.is_none_or(|told| now_s - told >= QUIET_PAUSE_S);
        if due {
            self.told_s = Some(now_s);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(beat: f64, playing: bool) -> Moment {
        Moment { beat, playing, counting_in: false, looped: None }
    }

    #[test]
    fn what_was_asked_holds_until_it_has_come_about() {
        let mut asked = Asked::default();
        asked.seek(32.0, 1.0);
        asked.play(true, false, 1.0);
        assert_eq!(asked.settle(seen(4.0, false), 120.0, 1.005), seen(32.0, true));
        assert_eq!(asked.settle(seen(32.01, true), 120.0, 1.02), seen(32.01, true));
        asked.play(true, true, 2.0);
        let counting = Moment { counting_in: true, ..seen(4.0, true) };
        assert_eq!(asked.settle(seen(4.0, false), 120.0, 2.01), counting, "it counts in first");
        assert_eq!(asked.settle(counting, 120.0, 2.02), counting);
        // From now on the engine is believed, wherever it goes.
        assert_eq!(asked.settle(seen(4.0, false), 120.0, 2.03), seen(4.0, false));
    }

    #[test]
    fn an_order_that_never_arrives_is_forgotten() {
        let mut asked = Asked::default();
        asked.play(true, false, 1.0);
        assert!(asked.settle(seen(0.0, false), 120.0, 1.2).playing);
        assert!(!asked.settle(seen(0.0, false), 120.0, 1.3).playing);
        asked.seek(8.0, 2.0);
        let counting = Moment { counting_in: true, ..seen(4.0, true) };
        assert_eq!(asked.settle(counting, 120.0, 2.01), counting);
    }

    #[test]
    fn xruns_are_told_in_lots() {
        let mut lost = Lost::default();
        let late = |late_us| Xrun { cause: XrunCause::Late, late_us };
        assert_eq!(lost.tell(0.0), None);
        lost.count(late(40));
        assert_eq!(lost.tell(0.0).map(|event| event.count), Some(1));
        for us in [10, 900, 30] {
            lost.count(late(us));
        }
        lost.count(Xrun { cause: XrunCause::Device, late_us: 0 });
        assert_eq!(lost.tell(0.1), None);
        let event = EngineXrun { count: 4, total: 5, cause: LostBy::Device, late_us: 900 };
        assert_eq!(lost.tell(0.3), Some(event));
        assert_eq!(lost.tell(9.0), None);
        let counts = XrunCounts { total: 7, overrun: 0, late: 4, device: 1 };
        assert_eq!(lost.counts(7), counts);
    }

    #[test]
    fn silence_is_told_twice_a_second_and_sound_each_time() {
        let mut pulse = Pulse::default();
        let told = (0..60).filter(|n| pulse.beat(false, f64::from(*n) / 60.0)).count();
        assert_eq!(told, 2);
        assert!((60..120).all(|n| pulse.beat(true, f64::from(n) / 60.0)));
    }
}
