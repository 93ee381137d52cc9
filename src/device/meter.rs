//! Counters that the audio thread writes and any thread reads: calls, frames, xruns and how loaded the callback is.
//! Every counter is a relaxed atomic of its own, so a reading taken meanwhile may be one callback apart between two of them.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::live::Xruns;
use super::priority::Priority;
use crate::engine::live::{Xrun, XrunCause};

/// Parts of an octave in the histogram. The parts of one octave are equally wide, as in an HDR histogram: no logarithm is
/// needed to find one, and a bucket is at most a quarter wider than its lower edge.
const PARTS: usize = 4;
/// Octaves: from 1/256 of the buffer's time up to 4 times the buffer's time.
const OCTAVES: usize = 10;
/// The lower edge of the first octave as a power of two.
const LOWEST: i32 = -8;
/// All buckets, with one for what is below and one for what is above.
const BUCKETS: usize = OCTAVES * PARTS + 2;

/// How often callbacks took which share of their buffer's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadHistogram {
    counts: Vec<u64>,
}

impl LoadHistogram {
    /// Callbacks counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The load that a share of all callbacks stayed below, 0.99 for the 99th percentile: the upper edge of its bucket, so
    /// never too small and at most a quarter too large. 0 if nothing was counted; infinite above 4 times the buffer's time.
    pub fn quantile(&self, share: f64) -> f32 {
        let total = self.total();
        if total == 0 {
            return 0.0;
        }
        let rank = (share.clamp(0.0, 1.0) * total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return upper_edge(bucket);
            }
        }
        f32::INFINITY
    }

    /// Buckets that hold something, from light to heavy: the upper edge of the load, and how many callbacks.
    pub fn buckets(&self) -> impl Iterator<Item = (f32, u64)> + '_ {
        let all = self.counts.iter().enumerate();
        all.filter(|(_, count)| **count > 0).map(|(bucket, count)| (upper_edge(bucket), *count))
    }
}

/// The counters of one open device. Thread: any.
#[derive(Debug)]
pub(crate) struct Meter {
    callbacks: AtomicU64,
    frames: AtomicU64,
    overruns: AtomicU64,
    late: AtomicU64,
    device: AtomicU64,
    last_late_us: AtomicU32,
    load: AtomicU32,
    peak: AtomicU32,
    histogram: [AtomicU64; BUCKETS],
    smallest: AtomicU32,
    largest: AtomicU32,
    latency: AtomicU32,
    conversion: AtomicU32,
    rested: AtomicU64,
    slips: AtomicU64,
    faults: AtomicU64,
    priority: AtomicI64,
}

impl Meter {
    pub(crate) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            callbacks: zero(),
            frames: zero(),
            overruns: zero(),
            late: zero(),
            device: zero(),
            last_late_us: AtomicU32::new(0),
            load: AtomicU32::new(0),
            peak: AtomicU32::new(0),
            histogram: std::array::from_fn(|_| zero()),
            smallest: AtomicU32::new(u32::MAX),
            largest: AtomicU32::new(0),
            latency: AtomicU32::new(0),
            conversion: AtomicU32::new(0),
            rested: zero(),
            slips: zero(),
            faults: zero(),
            priority: AtomicI64::new(Priority::NotAsked.to_bits()),
        }
    }

    /// Counts a callback of `frames` that took `used` at `rate`, and gives its load. Thread: audio.
    pub(crate) fn served(&self, frames: usize, used: Duration, rate: u32) -> f32 {
        let load = (used.as_secs_f64() * f64::from(rate) / frames.max(1) as f64) as f32;
        let size = u32::try_from(frames).unwrap_or(u32::MAX);
        self.callbacks.fetch_add(1, Relaxed);
        self.frames.fetch_add(frames as u64, Relaxed);
        self.smallest.fetch_min(size, Relaxed);
        self.largest.fetch_max(size, Relaxed);
        self.load.store(load.to_bits(), Relaxed);
        // The bits of floats that are not negative are ordered as the floats are.
        self.peak.fetch_max(load.to_bits(), Relaxed);
        if let Some(count) = self.histogram.get(bucket_of(load)) {
            count.fetch_add(1, Relaxed);
        }
        load
    }

    /// Counts an xrun. Thread: any.
    pub(crate) fn count_xrun(&self, xrun: Xrun) {
        let counter = match xrun.cause {
            XrunCause::Overrun => &self.overruns,
            XrunCause::Late => &self.late,
            XrunCause::Device => &self.device,
        };
        counter.fetch_add(1, Relaxed);
        self.last_late_us.store(xrun.late_us, Relaxed);
    }

    /// Xruns that the device has reported so far.
    pub(crate) fn device_xruns(&self) -> u64 {
        self.device.load(Relaxed)
    }

    pub(crate) fn count_rest(&self, frames: u64) {
        self.rested.fetch_add(frames, Relaxed);
    }

    pub(crate) fn count_slip(&self) {
        self.slips.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_fault(&self) {
        self.faults.fetch_add(1, Relaxed);
    }

    /// Frames from the callback to the loudspeaker.
    pub(crate) fn set_latency(&self, frames: u32) {
        self.latency.store(frames, Relaxed);
    }

    /// Frames that the conversion of the sample rate adds.
    pub(crate) fn set_conversion(&self, frames: u32) {
        self.conversion.store(frames, Relaxed);
    }

    pub(crate) fn set_priority(&self, priority: Priority) {
        self.priority.store(priority.to_bits(), Relaxed);
    }

    pub(crate) fn callbacks(&self) -> u64 {
        self.callbacks.load(Relaxed)
    }

    pub(crate) fn frames(&self) -> u64 {
        self.frames.load(Relaxed)
    }

    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Relaxed)
    }

    pub(crate) fn rested(&self) -> u64 {
        self.rested.load(Relaxed)
    }

    pub(crate) fn slips(&self) -> u64 {
        self.slips.load(Relaxed)
    }

    pub(crate) fn last_late_us(&self) -> u32 {
        self.last_late_us.load(Relaxed)
    }

    /// The last and the largest load.
    pub(crate) fn loads(&self) -> (f32, f32) {
        (f32::from_bits(self.load.load(Relaxed)), f32::from_bits(self.peak.load(Relaxed)))
    }

    /// The fewest and the most frames asked for; zeros before the first callback.
    pub(crate) fn sizes(&self) -> (u32, u32) {
        let smallest = self.smallest.load(Relaxed);
        (if smallest == u32::MAX { 0 } else { smallest }, self.largest.load(Relaxed))
    }

    pub(crate) fn latency(&self) -> u32 {
        self.latency.load(Relaxed).saturating_add(self.conversion.load(Relaxed))
    }

    pub(crate) fn priority(&self) -> Priority {
        Priority::from_bits(self.priority.load(Relaxed))
    }

    pub(crate) fn xruns(&self) -> Xruns {
        Xruns {
            overrun: self.overruns.load(Relaxed),
            late: self.late.load(Relaxed),
            device: self.device.load(Relaxed),
        }
    }

    pub(crate) fn histogram(&self) -> LoadHistogram {
        LoadHistogram { counts: self.histogram.iter().map(|count| count.load(Relaxed)).collect() }
    }
}

/// The bucket of a load, from the exponent and the two highest bits of the fraction of an IEEE 754 number.
fn bucket_of(load: f32) -> usize {
    let bits = load.max(0.0).to_bits();
    let octave = (bits >> 23) as i32 - 127 - LOWEST;
    if octave < 0 {
        return 0;
    }
    let part = (bits >> 21 & 0b11) as usize;
    (1 + octave as usize * PARTS + part).min(BUCKETS - 1)
}

/// The load that everything in a bucket stays below.
fn upper_edge(bucket: usize) -> f32 {
    if bucket >= BUCKETS - 1 {
        return f32::INFINITY;
    }
    let (octave, part) = (bucket / PARTS, bucket % PARTS);
    // Exact: a sum of quarters times a power of two.
    let scale = (0..octave).fold(1.0 / 256.0, |scale: f32, _| scale * 2.0);
    scale * (1.0 + part as f32 / PARTS as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_come_out_as_upper_edges() {
        let meter = Meter::new();
        // 48 frames at 48 kHz last 1 ms: 98 callbacks at 10 %, one at 45 %, one at 130 %.
        for _ in 0..98 {
            meter.served(48, Duration::from_micros(100), 48_000);
        }
        meter.served(48, Duration::from_micros(450), 48_000);
        let load = meter.served(48, Duration::from_micros(1_300), 48_000);
        assert!((load - 1.3).abs() < 1e-6);
        let histogram = meter.histogram();
        assert_eq!(histogram.total(), 100);
        assert_eq!(histogram.quantile(0.5), 0.109_375);
        assert_eq!(histogram.quantile(0.99), 0.5);
        assert_eq!(histogram.quantile(1.0), 1.5);
        assert_eq!(histogram.buckets().map(|(_, n)| n).collect::<Vec<_>>(), [98, 1, 1]);
        assert_eq!(meter.loads(), (load, load));
    }

    #[test]
    fn nothing_counted_reads_as_zero() {
        let meter = Meter::new();
        assert_eq!((meter.sizes(), meter.histogram().quantile(0.99)), ((0, 0), 0.0));
        meter.served(7, Duration::ZERO, 48_000);
        meter.served(4_096, Duration::ZERO, 48_000);
        assert_eq!((meter.sizes(), meter.frames(), meter.callbacks()), ((7, 4_096), 4_103, 2));
    }

    proptest! {
        #[test]
        fn a_load_lies_below_the_edge_of_its_bucket_and_not_below_the_last(load in 0.0_f32..6.0) {
            let bucket = bucket_of(load);
            prop_assert!(load < upper_edge(bucket));
            prop_assert!(bucket == 0 || load >= upper_edge(bucket - 1));
        }
    }
}
