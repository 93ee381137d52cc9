//! Callbacks and drivers for the tests of this layer: what they were asked and told can be read from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::engine::live::{Callback, Xrun};
use crate::model::units::SampleRate;

/// Plays the numbers of the frames in steps of 1/32768, left up and right down, and can misbehave on demand.
pub(crate) struct Ramp {
    rate: SampleRate,
    pub(crate) next: u64,
    pub(crate) log: Arc<Log>,
}

/// What a callback was asked and told, and what it is to do.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) frames: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) dropped: AtomicBool,
    pub(crate) heard: AtomicU64,
    /// Panic in the next call.
    pub(crate) panic: AtomicBool,
    /// Microseconds to be busy in every call.
    pub(crate) busy_us: AtomicU64,
}

impl Ramp {
    pub(crate) fn new(rate: u32) -> Self {
        Self { rate: SampleRate::new(rate).unwrap(), next: 0, log: Arc::default() }
    }

    pub(crate) fn boxed(rate: u32) -> (Box<dyn Callback>, Arc<Log>) {
        let ramp = Self::new(rate);
        let log = Arc::clone(&ramp.log);
        (Box::new(ramp), log)
    }
}

impl Drop for Ramp {
    fn drop(&mut self) {
        self.log.dropped.store(true, Ordering::SeqCst);
    }
}

impl Callback for Ramp {
    fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    fn process(&mut self, input: Option<[&[f32]; 2]>, [left, right]: [&mut [f32]; 2]) {
        assert_eq!(left.len(), right.len());
        assert!(!self.log.panic.load(Ordering::SeqCst), "as it was told to");
        let busy = Duration::from_micros(self.log.busy_us.load(Ordering::SeqCst));
        let began = Instant::now();
        while began.elapsed() < busy {
            std::hint::spin_loop();
        }
        if let Some([heard, _]) = input {
            let sounding = heard.iter().filter(|x| **x != 0.0).count();
            self.log.heard.fetch_add(sounding as u64, Ordering::SeqCst);
        }
        for (left, right) in left.iter_mut().zip(right) {
            *left = (self.next % 32_768) as f32 / 32_768.0;
            *right = -*left;
            self.next += 1;
        }
        self.log.frames.store(self.next, Ordering::SeqCst);
    }

    fn lost(&mut self, _: Xrun) {
        self.log.lost.fetch_add(1, Ordering::SeqCst);
    }
}

/// Waits until something is so, for at most ten seconds. Gives whether it came to be.
pub(crate) fn until(mut so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        if so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    so()
}
