//! Runs all nodes of a graph for one block, in order, over a pool of shared buffers. Used by what plays from a callback;
//! the offline driver, which spreads nodes over threads, has buffers of its own.

use super::node::{Activity, AudioIn, AudioOut};
use super::plan::{Feed, Step};
use super::runner::{MAX_PORTS, Runner};
use super::schedule::Schedule;
use super::segment::Segments;
use super::wiring::StereoBlock;

/// The buffers of a graph.
pub(crate) struct Body {
    /// Buffers of the plan's slots. A node's outputs are taken out while it runs, so that it can read the others.
    pool: Vec<Option<Box<StereoBlock>>>,
    /// What each feed of `out` contributed to the latest block; empty where nobody asks.
    pub(crate) taps: Vec<StereoBlock>,
    /// The latest block of `out`.
    pub(crate) mix: StereoBlock,
}

/// What a block is run with.
#[derive(Clone, Copy)]
pub(crate) struct Moment<'a> {
    pub(crate) segments: &'a Segments,
    pub(crate) schedule: &'a Schedule,
    /// What the device's input brings.
    pub(crate) live: AudioIn<'a>,
}

impl Body {
    /// Thread: control.
    pub(crate) fn new(slots: usize, taps: usize) -> Self {
        Self {
            pool: (0..slots).map(|_| Some(Box::new(StereoBlock::silence()))).collect(),
            taps: vec![StereoBlock::silence(); taps],
            mix: StereoBlock::silence(),
        }
    }

    /// Runs the nodes, `runners` beside `steps`; `out` is the number of the one that is heard. Thread: audio.
    pub(crate) fn run<'r>(
        &mut self,
        steps: &[Step],
        runners: impl Iterator<Item = Option<&'r mut Runner>>,
        out: usize,
        moment: Moment<'_>,
    ) {
        let Self { pool, taps, mix } = self;
        for (number, (step, runner)) in steps.iter().zip(runners).enumerate() {
            let Some(runner) = runner else { continue };
            let mut blocks: [Option<Box<StereoBlock>>; MAX_PORTS] = std::array::from_fn(|port| {
                step.outputs.get(port).and_then(|&slot| pool.get_mut(slot)).and_then(Option::take)
            });
            let mut outputs: [AudioOut<'_>; MAX_PORTS] =
                std::array::from_fn(|_| AudioOut { left: &mut [], right: &mut [] });
            for (output, block) in outputs.iter_mut().zip(blocks.iter_mut().flatten()) {
                *output = AudioOut { left: &mut block.left, right: &mut block.right };
            }
            let fetch = |feed: &Feed| match pool.get(feed.slot) {
                Some(Some(block)) => block.as_input(),
                _ => StereoBlock::SILENT.as_input(),
            };
            let taps: &mut [StereoBlock] = if number == out { &mut *taps } else { &mut [] };
            let used = step.outputs.len().min(MAX_PORTS);
            let activity = runner.run(
                step,
                moment.segments,
                moment.schedule.node(number),
                fetch,
                (&mut outputs[..used], moment.live),
                taps,
            );
            for (block, &slot) in blocks.iter_mut().zip(&step.outputs) {
                if let (Some(mut block), Some(place)) = (block.take(), pool.get_mut(slot)) {
                    block.silent = activity == Activity::Silent;
                    *place = Some(block);
                }
            }
        }
        let main = steps.get(out).and_then(|step| step.outputs.first());
        match main.and_then(|&slot| pool.get(slot)) {
            Some(Some(block)) => mix.clone_from(block.as_ref()),
            _ => mix.silent = true,
        }
        if mix.silent {
            // The mix is copied out as it is, whatever an earlier node has left in its buffer.
            mix.left.fill(0.0);
            mix.right.fill(0.0);
        }
    }
}
