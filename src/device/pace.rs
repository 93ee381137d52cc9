//! Noticing lost time where a host does not report it, from the time between callbacks. Pure; the driver reads the clock.

use std::time::{Duration, Instant};

use crate::engine::live::{Xrun, XrunCause};

/// What scheduling may add to a gap before it counts.
const SLACK: Duration = Duration::from_millis(1);

/// Watches the starts of callbacks. A host keeps about two buffers ahead, so a gap of more than two is one that was heard.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: u32,
    last: Option<(Instant, usize)>,
}

impl Pace {
    /// For a device of a rate in Hz.
    pub(crate) fn new(rate: u32) -> Self {
        Self { rate: rate.max(1), last: None }
    }

    /// Learns that a callback for `frames` began. Thread: audio.
    pub(crate) fn note(&mut self, now: Instant, frames: usize) -> Option<Xrun> {
        let (before, given) = self.last.replace((now, frames))?;
        let allowed = self.lasting(2 * given.max(frames)) + SLACK;
        let gap = now.saturating_duration_since(before);
        let late = gap.checked_sub(allowed).filter(|late| !late.is_zero())?;
        let late_us = u32::try_from(late.as_micros()).unwrap_or(u32::MAX);
        Some(Xrun { cause: XrunCause::Late, late_us })
    }

    fn lasting(&self, frames: usize) -> Duration {
        Duration::from_nanos(frames as u64 * 1_000_000_000 / u64::from(self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_of_more_than_two_buffers_counts() {
        let start = Instant::now();
        let at = |us: u64| start + Duration::from_micros(us);
        let mut pace = Pace::new(48_000);
        // 480 frames last 10 ms.
        assert_eq!(pace.note(at(0), 480), None);
        assert_eq!(pace.note(at(10_000), 480), None);
        assert_eq!(pace.note(at(30_900), 480), None, "two buffers and a little may be late");
        let xrun = pace.note(at(30_900 + 25_000), 480).unwrap();
        assert_eq!((xrun.cause, xrun.late_us), (XrunCause::Late, 4_000));
        // Several buffers asked for at once, and then a pause as long as they last, are fine.
        assert_eq!(pace.note(at(56_000), 480), None);
        assert_eq!(pace.note(at(56_001), 1_920), None);
        assert_eq!(pace.note(at(96_000), 480), None);
    }
}
