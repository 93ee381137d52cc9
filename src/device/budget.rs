//! The time budget of a callback that overruns again and again: after a while it has to rest.
//!
//! A sound server drops a client that never finishes in time: libjack first lets it stall the whole graph and then aborts the
//! process. A moment of silence, counted and reported, is better than that, and gives the machine room to catch up.

/// Overruns in a row after which the callback rests.
const LIMIT: u32 = 16;
/// The first rest, in milliseconds; each further one is twice as long, up to the last.
const FIRST_REST_MS: u64 = 100;
const LAST_REST_MS: u64 = 1_600;
/// Callbacks in time after which the next rest is a short one again.
const FORGIVEN: u32 = 256;

/// Decides when a callback is called and when silence is played instead. Thread: audio.
#[derive(Debug)]
pub(crate) struct Budget {
    rate: u32,
    overruns: u32,
    in_time: u32,
    rest_ms: u64,
    resting: u64,
}

impl Budget {
    /// For a device of a rate in Hz.
    pub(crate) fn new(rate: u32) -> Self {
        Self { rate, overruns: 0, in_time: 0, rest_ms: FIRST_REST_MS, resting: 0 }
    }

    /// Whether the next `frames` are to be silence; they are taken off the rest.
    pub(crate) fn rests(&mut self, frames: usize) -> bool {
        let rests = self.resting > 0;
        self.resting = self.resting.saturating_sub(frames as u64);
        rests
    }

    /// Learns how a callback that was called did.
    pub(crate) fn note(&mut self, overran: bool) {
        if !overran {
            self.overruns = 0;
            self.in_time = self.in_time.saturating_add(1);
            if self.in_time >= FORGIVEN {
                self.rest_ms = FIRST_REST_MS;
            }
            return;
        }
        self.in_time = 0;
        self.overruns += 1;
        if self.overruns >= LIMIT {
            self.overruns = 0;
            self.resting = (self.rest_ms * u64::from(self.rate) / 1_000).max(1);
            self.rest_ms = (self.rest_ms * 2).min(LAST_REST_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs callbacks of 48 frames at 48 kHz and gives how many of them were called.
    fn called(budget: &mut Budget, callbacks: u32, overrun: bool) -> u32 {
        let mut called = 0;
        for _ in 0..callbacks {
            if !budget.rests(48) {
                called += 1;
                budget.note(overrun);
            }
        }
        called
    }

    #[test]
    fn a_single_overrun_costs_nothing() {
        let mut budget = Budget::new(48_000);
        for _ in 0..100 {
            assert_eq!(called(&mut budget, u32::from(LIMIT > 1) * (LIMIT - 1), true), LIMIT - 1);
            assert_eq!(called(&mut budget, 1, false), 1);
        }
    }

    #[test]
    fn endless_overruns_rest_longer_and_longer() {
        let mut budget = Budget::new(48_000);
        // A callback of 1 ms: 16 calls, 100 of rest, 16 calls, 200 of rest, ...
        assert_eq!(called(&mut budget, 116, true), 16);
        assert_eq!(called(&mut budget, 216, true), 16);
        assert_eq!(called(&mut budget, 416 + 816 + 1_616, true), 48);
        assert_eq!(called(&mut budget, 1_616, true), 16, "the rest stops growing");
        assert_eq!(called(&mut budget, FORGIVEN, false), FORGIVEN);
        assert_eq!(called(&mut budget, 116, true), 16, "after a good time the rest is short again");
    }
}
