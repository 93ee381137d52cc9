//! The way of readings from a node to whoever displays them: the latest one, about 60 times a second, through a triple
//! buffer. Neither side ever waits for the other.
//!
//! What is sought since the last reading (peaks, the greatest reduction) is kept until a reader has fetched it, so a slow
//! reader misses no peak.

use triple_buffer::{Input, Output, triple_buffer};

use crate::dsp::levels::Levels;
use crate::engine::node::Monitor;
use crate::model::node_data::{MeterData, NodeData};
use crate::model::units::gain_to_db;

/// Readings per second.
const RATE: f32 = 60.0;

/// The most that a reduction is shown as, in dB; a closed gate reduces without end.
const MOST_REDUCTION_DB: f32 = 120.0;

/// What is handed over.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Reading {
    levels: Levels,
    reduction_db: f32,
    /// Whether nothing more comes until the node wakes up.
    at_rest: bool,
}

/// The audio side.
pub(super) struct Readout {
    input: Input<Reading>,
    /// Frames from one reading to the next.
    every: usize,
    /// Frames since the last one.
    since: usize,
    latest: Reading,
    monitor: Option<Box<dyn Monitor>>,
}

impl Readout {
    /// Readings of a node at a sample rate in Hz. Thread: control.
    pub(super) fn new(sample_rate: f32) -> Self {
        let (input, output) = triple_buffer(&Reading { at_rest: true, ..Reading::default() });
        Self {
            input,
            every: (sample_rate / RATE).max(1.0) as usize,
            since: 0,
            latest: Reading::default(),
            monitor: Some(Box::new(MeterMonitor { output })),
        }
    }

    /// The other side, once. Thread: control.
    pub(super) fn take_monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.monitor.take()
    }

    /// Counts frames, and says whether a reading is due. Thread: audio.
    pub(super) fn is_due(&mut self, frames: usize) -> bool {
        self.since += frames;
        let due = self.since >= self.every;
        if due {
            self.since %= self.every;
        }
        due
    }

    /// Hands a reading over. `reduction_db` is 0 or above. Thread: audio.
    pub(super) fn publish(&mut self, levels: Levels, reduction_db: f32) {
        self.hand_over(Reading { levels, reduction_db, at_rest: false });
    }

    /// Hands over the last reading before the node falls asleep, in which only a true peak may have stayed. Does nothing
    /// where it already rests. Thread: audio.
    pub(super) fn rest(&mut self, levels: Levels) {
        let unchanged = self.latest.at_rest && self.latest.levels.true_peak == levels.true_peak;
        if !unchanged {
            self.since = 0;
            self.hand_over(Reading { levels, reduction_db: 0.0, at_rest: true });
        }
    }

    fn hand_over(&mut self, mut reading: Reading) {
        // If the reader fetches the former reading just now, its peaks are told twice, which harms nobody.
        if !self.input.consumed() {
            for (peak, former) in reading.levels.peak.iter_mut().zip(self.latest.levels.peak) {
                *peak = peak.max(former);
            }
            reading.reduction_db = reading.reduction_db.max(self.latest.reduction_db);
        }
        self.latest = reading;
        self.input.write(reading);
    }
}

/// The way of the one number that a compressor, limiter or gate shows: how much it turns down.
pub(super) struct ReductionMeter {
    readout: Readout,
    /// The greatest since the last reading, in dB.
    most: f32,
}

impl ReductionMeter {
    /// Of a node at a sample rate in Hz. Thread: control.
    pub(super) fn new(sample_rate: f32) -> Self {
        Self { readout: Readout::new(sample_rate), most: 0.0 }
    }

    /// See [`Readout::take_monitor`].
    pub(super) fn take_monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.readout.take_monitor()
    }

    /// Tells the greatest reduction within the next frames, in dB, 0 or above. Thread: audio.
    pub(super) fn add(&mut self, reduction_db: f32, frames: usize) {
        self.most = self.most.max(reduction_db);
        if self.readout.is_due(frames) {
            self.readout.publish(Levels::default(), std::mem::take(&mut self.most));
        }
    }

    /// Nothing is turned down any more: the node falls asleep. Thread: audio.
    pub(super) fn rest(&mut self) {
        self.most = 0.0;
        self.readout.rest(Levels::default());
    }
}

/// The control side.
struct MeterMonitor {
    output: Output<Reading>,
}

impl Monitor for MeterMonitor {
    fn read(&mut self, _points: usize) -> NodeData {
        let is_new = self.output.update();
        let mut reading = *self.output.output_buffer_mut();
        if !is_new && reading.at_rest {
            // The peaks of the last reading have been told, and nothing has happened since.
            (reading.levels.peak, reading.reduction_db) = ([0.0; 2], 0.0);
        }
        NodeData::Meter(meter_data(&reading))
    }
}

fn meter_data(reading: &Reading) -> MeterData {
    let levels = &reading.levels;
    let amplitude = |gain: f64| Some(gain_to_db(gain)).filter(|db| db.is_finite());
    MeterData {
        peak_db: levels.peak.map(|peak| amplitude(f64::from(peak))),
        rms_db: levels.power.map(|power| amplitude(power.sqrt())),
        true_peak_db: amplitude(f64::from(levels.true_peak)),
        momentary_lufs: Levels::loudness(levels.momentary),
        short_term_lufs: Levels::loudness(levels.short_term),
        correlation: levels.correlation(),
        reduction_db: f64::from(reading.reduction_db.clamp(0.0, MOST_REDUCTION_DB)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak(value: f32) -> Levels {
        Levels { peak: [value, 0.0], ..Levels::default() }
    }

    fn read(monitor: &mut Box<dyn Monitor>) -> MeterData {
        match monitor.read(0) {
            NodeData::Meter(data) => data,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_slow_reader_misses_no_peak_and_reads_each_but_once() {
        let mut readout = Readout::new(48_000.0);
        let mut monitor = readout.take_monitor().unwrap();
        assert!(readout.take_monitor().is_none());
        assert_eq!(read(&mut monitor), MeterData::default());
        for (level, reduction) in [(0.1, 3.0), (1.0, 12.0), (0.01, 1.0)] {
            readout.publish(peak(level), reduction);
        }
        let data = read(&mut monitor);
        assert_eq!((data.peak_db, data.reduction_db), ([Some(0.0), None], 12.0));
        readout.publish(peak(0.1), 2.0);
        let data = read(&mut monitor);
        assert!((data.peak_db[0].unwrap() + 20.0).abs() < 1e-6 && data.reduction_db == 2.0);
    }

    #[test]
    fn at_rest_the_last_peaks_are_told_once() {
        let mut readout = Readout::new(48_000.0);
        let mut monitor = readout.take_monitor().unwrap();
        readout.publish(peak(1.0), 6.0);
        readout.rest(Levels { true_peak: 1.0, ..Levels::default() });
        assert_eq!(read(&mut monitor).peak_db[0], Some(0.0));
        for _ in 0..2 {
            let data = read(&mut monitor);
            assert_eq!((data.peak_db, data.reduction_db), ([None; 2], 0.0));
            assert_eq!(data.true_peak_db, Some(0.0), "the true peak stays until the reset");
        }
    }

    #[test]
    fn readings_are_due_sixty_times_a_second_for_any_cut() {
        for size in [1, 7, 64, 480, 1_600] {
            let mut readout = Readout::new(48_000.0);
            let due = (0..48_000 / size).filter(|_| readout.is_due(size)).count();
            assert!((due as i64 - 60.min(48_000 / size as i64)).abs() <= 1, "{due} for {size}");
        }
    }
}
