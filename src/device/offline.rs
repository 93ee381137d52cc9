//! The driver without a clock: time passes as fast as the machine computes.

use std::sync::atomic::AtomicBool;

use super::{Driver, DriverError, DriverInfo, Finished, Performance};
use crate::engine::offline::{End, Options, Sink, render};

/// Renders a performance as fast as the machine can.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfflineDriver {
    /// Worker threads; does not change the sound.
    pub threads: usize,
    /// When a performance is over.
    pub end: End,
}

impl Default for OfflineDriver {
    /// Two threads, and up to 12 s of ring-out.
    fn default() -> Self {
        Self { threads: 2, end: End::AfterTail { max_seconds: 12.0 } }
    }
}

impl Driver for OfflineDriver {
    fn info(&self) -> DriverInfo {
        DriverInfo { name: "offline", realtime: false }
    }

    fn run(
        &mut self,
        performance: Performance,
        cancel: &AtomicBool,
        progress: &(dyn Fn(f64) + Sync),
        sink: &mut dyn Sink,
    ) -> Result<Finished, DriverError> {
        let options = Options { threads: self.threads, end: self.end, cancel, progress };
        let rendered = render(performance.plan, &performance.schedule, &options, sink)?;
        Ok(Finished {
            frames: rendered.frames,
            sounding_frames: rendered.sounding_frames,
            breakdowns: rendered.breakdowns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::nodes::Registry;
    use crate::engine::offline::SinkError;
    use crate::engine::plan::compile;
    use crate::engine::schedule::Schedule;
    use crate::model::graph::GraphSpec;
    use crate::model::units::{SampleRate, Seed};

    struct Counter(usize);

    impl Sink for Counter {
        fn write(&mut self, _: usize, left: &[f32], _: &[f32]) -> Result<(), SinkError> {
            self.0 += left.len();
            Ok(())
        }
    }

    #[test]
    fn the_driver_plays_to_the_end_it_was_given() {
        let mut graph = GraphSpec::default();
        graph.add("out", "mix.bus");
        let rate = SampleRate::HZ_48000;
        let (plan, handles) = compile(&graph, &Registry::built_in(), rate, Seed(0)).unwrap();
        let performance = Performance { plan, schedule: Schedule::empty(handles.len(), rate) };
        let mut driver = OfflineDriver { threads: 1, end: End::AtFrame(5_000) };
        assert!(!driver.info().realtime);
        let mut counter = Counter(0);
        let never = AtomicBool::new(false);
        let finished = driver.run(performance, &never, &|_| (), &mut counter).unwrap();
        assert_eq!((finished.frames, finished.sounding_frames, counter.0), (5_000, 0, 5_000));
    }
}
