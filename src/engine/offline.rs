//! The offline driver: renders a plan and a schedule as fast as the machine can, on several threads.
//!
//! The work is cut into tasks, one for each node and each chunk of blocks. A task may run once the nodes that it reads
//! have finished that chunk and its own node has finished the chunk before, so every node sees exactly the blocks that
//! it would see live, in the same order, and sums are made in connection order. The number of threads therefore changes
//! the speed and nothing else.

mod board;
mod outlet;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use super::guard;
use super::node::{Activity, AudioIn, AudioOut, BLOCK};
use super::plan::{Feed, Plan, Step};
use super::runner::{MAX_PORTS, Runner};
use super::schedule::Schedule;
use super::segment::Segments;
use super::wiring::StereoBlock;
use board::{Board, Next};
use outlet::Outlet;

/// Blocks in a chunk: long enough that a task outweighs its bookkeeping, short enough that buffers stay in the cache.
const CHUNK_BLOCKS: usize = 32;
const CHUNK_FRAMES: usize = CHUNK_BLOCKS * BLOCK;

/// Chunks that a node may be ahead of its slowest reader; also the number of its buffers.
const WINDOW: usize = 4;

/// Takes what is rendered. Called from one thread at a time, in order. Thread: any of the rendering ones.
pub trait Sink: Send {
    /// Takes the next frames of a tap: 0 is the mix at `out`, 1 and up are the stems in the order of [`Plan::taps`]. Each
    /// chunk calls it for all taps with the same number of frames. An error stops the rendering.
    fn write(&mut self, tap: usize, left: &[f32], right: &[f32]) -> Result<(), SinkError>;
}

/// Why a sink could not take any more.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// When a rendering ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// After exactly this many frames.
    AtFrame(u64),
    /// When the music is over and its ring-out has stayed below -80 dBFS for a while, at the latest this many seconds
    /// after the music.
    AfterTail {
        /// Longest ring-out in seconds.
        max_seconds: f64,
    },
}

/// How to render.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Worker threads; 0 counts as 1. Does not change the sound.
    pub threads: usize,
    /// When to end.
    pub end: End,
    /// Set it from any thread to stop; seen within one block of one node.
    pub cancel: &'a AtomicBool,
    /// Told the share that is done, 0 to 1, ascending.
    pub progress: &'a (dyn Fn(f64) + Sync),
}

/// What a finished rendering was like.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// Frames written to each tap.
    pub frames: u64,
    /// Frames up to the last one above -80 dBFS in the mix; the rest may be cut.
    pub sounding_frames: u64,
    /// Largest absolute sample of each tap, linear; the mix first.
    pub peaks: Vec<f32>,
    /// Nodes that broke down (put out NaN, infinity or more than +80 dBFS) and were silenced, and how often.
    pub breakdowns: Vec<(String, u32)>,
}

/// Why a rendering did not finish.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The cancel flag was set.
    #[error("the rendering was cancelled")]
    Cancelled,
    /// The sink refused.
    #[error("the rendered sound could not be passed on")]
    Sink(#[source] SinkError),
    /// A node's code panicked.
    #[error("a node crashed while it was rendered")]
    Crashed,
}

impl RenderError {
    /// What to do about it, in a sentence for users.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Cancelled => "Start it again when you like; nothing was kept.",
            Self::Sink(_) => "Check the cause that is given below, then start again.",
            Self::Crashed => {
                "This is a defect in Timbre; please report it with the recipe of the take."
            }
        }
    }
}

/// Renders from the origin. The plan's latency is cut off at the start, so frame 0 of every tap is beat 0. Blocks the
/// calling thread until the end. Thread: control.
pub fn render(
    mut plan: Plan,
    schedule: &Schedule,
    options: &Options<'_>,
    sink: &mut dyn Sink,
) -> Result<Rendered, RenderError> {
    plan.runners.iter_mut().for_each(Runner::rewind);
    let outlet = Outlet::new(&plan, schedule, options, sink);
    let chunks = outlet.longest().div_ceil(CHUNK_FRAMES as u64);
    let taps = plan.tap_feeds().len();
    let Plan { steps, runners, out, .. } = plan;
    let desk = Desk {
        chunks: steps.iter().map(|step| Chunk::ring(step.outputs.len())).collect(),
        nodes: runners.into_iter().map(Mutex::new).collect(),
        tap_blocks: Mutex::new(vec![StereoBlock::silence(); taps]),
        board: Board::new(&steps, out, chunks, WINDOW as u64),
        outlet: Mutex::new(outlet),
        cancel: options.cancel,
        schedule,
        steps,
        out,
    };
    let crashed = std::thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| desk.work());
        let workers = (0..options.threads.max(1)).map(spawn).collect::<Vec<_>>();
        workers.into_iter().fold(false, |crashed, worker| crashed | worker.join().is_err())
    });
    if crashed {
        return Err(RenderError::Crashed);
    }
    desk.finish()
}

/// What one output-carrying node has put out in one chunk.
struct Chunk {
    /// Left and right of each port.
    ports: Vec<(Vec<f32>, Vec<f32>)>,
    /// Of each block.
    activity: [Activity; CHUNK_BLOCKS],
}

impl Chunk {
    fn ring(ports: usize) -> [RwLock<Self>; WINDOW] {
        std::array::from_fn(|_| {
            let port = || (vec![0.0; CHUNK_FRAMES], vec![0.0; CHUNK_FRAMES]);
            let ports = (0..ports).map(|_| port()).collect();
            RwLock::new(Self { ports, activity: [Activity::Silent; CHUNK_BLOCKS] })
        })
    }

    fn read(&self, port: usize, block: usize) -> AudioIn<'_> {
        let range = block * BLOCK..(block + 1) * BLOCK;
        match (self.activity.get(block), self.ports.get(port)) {
            (Some(Activity::Sounding), Some((left, right))) => {
                AudioIn { left: &left[range.clone()], right: &right[range], silent: false }
            }
            _ => StereoBlock::SILENT.as_input(),
        }
    }
}

/// What the workers share. The locks are never waited for long: the board gives each node to one worker at a time and
/// lets no one write a chunk that is still read.
struct Desk<'a> {
    steps: Vec<Step>,
    out: usize,
    schedule: &'a Schedule,
    cancel: &'a AtomicBool,
    nodes: Vec<Mutex<Runner>>,
    chunks: Vec<[RwLock<Chunk>; WINDOW]>,
    tap_blocks: Mutex<Vec<StereoBlock>>,
    outlet: Mutex<Outlet<'a>>,
    board: Board,
}

/// A lock whose holder has panicked still guards whole data here, because the rendering is given up then.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk<'_> {
    /// A worker's life.
    fn work(&self) {
        let _siren = board::Siren(&self.board);
        let mut task = self.board.first();
        while let Some((node, chunk)) = task {
            let next = if self.run(node, chunk) { Next::Continue } else { Next::Stop };
            task = self.board.finish(node, next);
        }
    }

    /// Runs a node for a chunk. Answers whether the rendering goes on.
    fn run(&self, node: usize, chunk: u64) -> bool {
        let (Some(step), Some(runner)) = (self.steps.get(node), self.nodes.get(node)) else {
            return false;
        };
        let place = (chunk % WINDOW as u64) as usize;
        // One guard for each source, by number. A node that is read over several connections is locked once.
        let mut sources: Vec<(usize, RwLockReadGuard<'_, Chunk>)> = Vec::new();
        for feed in step.inputs.iter().flatten() {
            if sources.iter().all(|(source, _)| *source != feed.node)
                && let Some(lock) = self.chunks.get(feed.node).and_then(|ring| ring.get(place))
            {
                sources.push((feed.node, lock.read().unwrap_or_else(PoisonError::into_inner)));
            }
        }
        let Some(target) = self.chunks.get(node).and_then(|ring| ring.get(place)) else {
            return false;
        };
        let mut target = target.write().unwrap_or_else(PoisonError::into_inner);
        let mut runner = lock(runner);
        let mut end = if node == self.out {
            Some((lock(&self.tap_blocks), lock(&self.outlet)))
        } else {
            None
        };

        for block in 0..CHUNK_BLOCKS {
            if self.cancel.load(Ordering::Relaxed) {
                if let Some((_, outlet)) = &mut end {
                    outlet.cancel();
                }
                return false;
            }
            let frame = chunk * CHUNK_FRAMES as u64 + (block * BLOCK) as u64;
            let segments = Segments::whole(self.schedule.transport().time_at(frame));
            let fetch = |feed: &Feed| {
                let source = sources.iter().find(|(source, _)| *source == feed.node);
                source.map_or(StereoBlock::SILENT.as_input(), |(_, chunk)| {
                    chunk.read(feed.port, block)
                })
            };
            let Chunk { ports, activity } = &mut *target;
            let mut outputs: [AudioOut<'_>; MAX_PORTS] =
                std::array::from_fn(|_| AudioOut { left: &mut [], right: &mut [] });
            let range = block * BLOCK..(block + 1) * BLOCK;
            for (output, (left, right)) in outputs.iter_mut().zip(ports.iter_mut()) {
                *output =
                    AudioOut { left: &mut left[range.clone()], right: &mut right[range.clone()] };
            }
            let used = step.outputs.len().min(MAX_PORTS);
            let taps: &mut [StereoBlock] = match &mut end {
                Some((taps, _)) => taps,
                None => &mut [],
            };
            activity[block] = guard::realtime(|| {
                runner.run(
                    step,
                    &segments,
                    self.schedule.node(node),
                    fetch,
                    (&mut outputs[..used], AudioIn::SILENCE),
                    taps,
                )
            });
            if let Some((taps, outlet)) = &mut end {
                let mix = target.ports.first();
                if let Some((left, right)) = mix {
                    outlet.take(&left[range.clone()], &right[range], taps);
                }
            }
        }
        match &mut end {
            Some((_, outlet)) => outlet.flush(),
            None => true,
        }
    }

    /// Draws up the result after all workers have left.
    fn finish(self) -> Result<Rendered, RenderError> {
        let outlet = self.outlet.into_inner().unwrap_or_else(PoisonError::into_inner);
        if self.cancel.load(Ordering::Relaxed) && !outlet.is_complete() {
            return Err(RenderError::Cancelled);
        }
        let strikes = |node: Mutex<Runner>| {
            node.into_inner().unwrap_or_else(PoisonError::into_inner).strikes()
        };
        let breakdowns = self
            .steps
            .into_iter()
            .zip(self.nodes)
            .map(|(step, node)| (step.id, strikes(node)))
            .filter(|(_, strikes)| *strikes > 0)
            .collect();
        outlet.finish(breakdowns)
    }
}
