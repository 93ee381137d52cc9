//! Decides which worker runs which node for which chunk next.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::super::plan::Step;

/// A node and a chunk.
pub(super) type Task = (usize, u64);

/// What a finished task means for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Go on.
    Continue,
    /// All workers go home.
    Stop,
}

/// The list of tasks. Who is furthest behind comes first, which keeps every buffer in use for as short as possible and
/// the longest chain of nodes always at work.
pub(super) struct Board {
    state: Mutex<State>,
    news: Condvar,
    nodes: Vec<Neighbours>,
    out: usize,
    /// Chunks until the end.
    chunks: u64,
    /// Chunks that a node may be ahead of its readers.
    window: u64,
}

/// The nodes that a node reads and those that read it, each once.
#[derive(Debug, Default)]
struct Neighbours {
    sources: BTreeSet<usize>,
    readers: BTreeSet<usize>,
}

struct State {
    /// Chunks that each node has finished.
    done: Vec<u64>,
    /// Whether each node is listed in `ready` or at work.
    taken: Vec<bool>,
    /// What may run now: chunk first, so that the order is by lag.
    ready: BTreeSet<(u64, usize)>,
    over: bool,
}

impl Board {
    pub(super) fn new(steps: &[Step], out: usize, chunks: u64, window: u64) -> Self {
        let mut nodes: Vec<Neighbours> = steps.iter().map(|_| Neighbours::default()).collect();
        for (reader, step) in steps.iter().enumerate() {
            for feed in step.inputs.iter().flatten() {
                nodes[reader].sources.insert(feed.node);
                nodes[feed.node].readers.insert(reader);
            }
        }
        let count = nodes.len();
        let state = State {
            done: vec![0; count],
            taken: vec![false; count],
            ready: BTreeSet::new(),
            over: chunks == 0,
        };
        let board =
            Self { state: Mutex::new(state), news: Condvar::new(), nodes, out, chunks, window };
        let mut state = board.lock();
        (0..count).for_each(|node| board.list(&mut state, node));
        drop(state);
        board
    }

    /// Waits for a task, or for the end.
    pub(super) fn first(&self) -> Option<Task> {
        self.take(self.lock())
    }

    /// Reports the node's task as done and waits for another one.
    pub(super) fn finish(&self, node: usize, next: Next) -> Option<Task> {
        let mut state = self.lock();
        state.done[node] += 1;
        state.taken[node] = false;
        state.over |= next == Next::Stop || state.done[self.out] >= self.chunks;
        let before = state.ready.len();
        self.list(&mut state, node);
        for &other in self.nodes[node].readers.iter().chain(&self.nodes[node].sources) {
            self.list(&mut state, other);
        }
        // This worker takes one of the new tasks itself, so only the others need company.
        if state.over || state.ready.len() > before + 1 {
            self.news.notify_all();
        } else if state.ready.len() > before {
            self.news.notify_one();
        }
        self.take(state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, mut state: MutexGuard<'_, State>) -> Option<Task> {
        loop {
            if state.over {
                return None;
            }
            if let Some((chunk, node)) = state.ready.pop_first() {
                return Some((node, chunk));
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lists a node's next chunk if it may run and is not listed yet.
    fn list(&self, state: &mut State, node: usize) {
        let chunk = state.done[node];
        let Neighbours { sources, readers } = &self.nodes[node];
        let may_run = !state.taken[node]
            && chunk < self.chunks
            && sources.iter().all(|&source| state.done[source] > chunk)
            && readers.iter().all(|&reader| state.done[reader] + self.window > chunk);
        if may_run {
            state.taken[node] = true;
            state.ready.insert((chunk, node));
        }
    }
}

/// Sends everyone home when its worker dies of a panic; otherwise the others would wait for it forever.
pub(super) struct Siren<'a>(pub(super) &'a Board);

impl Drop for Siren<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().over = true;
            self.0.news.notify_all();
        }
    }
}
