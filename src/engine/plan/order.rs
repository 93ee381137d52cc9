//! The graph algorithms behind a plan: running order, loops, buffer slots and delay compensation. Pure.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Cable, Feed, MAX_LATENCY, PlanError, Step};
use crate::model::graph::GraphSpec;

/// Positions of the spec's nodes in an order in which every node comes after all that it reads. Of the nodes that may
/// come next, the one that the spec names first does, so the order is stable. Kahn's algorithm.
pub(super) fn sort(graph: &GraphSpec, cables: &[Cable]) -> Result<Vec<usize>, PlanError> {
    let count = graph.nodes.len();
    let mut waiting = vec![0usize; count];
    for cable in cables {
        waiting[cable.to.0] += 1;
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..count).filter(|&n| waiting[n] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(Reverse(node)) = ready.pop() {
        order.push(node);
        for cable in cables.iter().filter(|c| c.from.0 == node) {
            waiting[cable.to.0] -= 1;
            if waiting[cable.to.0] == 0 {
                ready.push(Reverse(cable.to.0));
            }
        }
    }
    if order.len() == count { Ok(order) } else { Err(find_loop(graph, cables, &waiting)) }
}

/// Names a loop among the nodes that still wait. Each of them waits for another one of them, so walking from any one
/// to its source again and again must come round.
fn find_loop(graph: &GraphSpec, cables: &[Cable], waiting: &[usize]) -> PlanError {
    let mut path: Vec<usize> = waiting.iter().position(|&w| w > 0).into_iter().collect();
    while let Some(&last) = path.last() {
        let source = cables.iter().find(|c| c.to.0 == last && waiting[c.from.0] > 0);
        let Some(source) = source.map(|c| c.from.0) else { break };
        if let Some(start) = path.iter().position(|&n| n == source) {
            path.drain(..start);
            path.push(source);
            break;
        }
        path.push(source);
    }
    path.reverse();
    let name = |n: usize| graph.nodes.get(n).map(|n| n.id.clone());
    PlanError::Cycle { path: path.into_iter().filter_map(name).collect() }
}

/// What the layout has to know of a node.
pub(super) struct Shape {
    pub(super) id: String,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) latency: u32,
}

/// The topology of a plan.
pub(crate) struct Layout {
    pub(crate) steps: Vec<Step>,
    pub(crate) slots: usize,
    /// Position of `out` in the running order.
    pub(crate) out: usize,
    pub(crate) latency: u32,
}

/// Lays the plan out. `shapes` is in running order, `order` maps that to the spec's positions, which `cables` and
/// `out` use.
pub(super) fn lay_out(
    shapes: &[Shape],
    order: &[usize],
    cables: &[Cable],
    out: usize,
) -> Result<Layout, PlanError> {
    let mut place = vec![0usize; order.len()];
    for (position, &node) in order.iter().enumerate() {
        place[node] = position;
    }
    let mut steps = shapes
        .iter()
        .map(|shape| Step {
            id: shape.id.clone(),
            inputs: vec![Vec::new(); shape.inputs],
            outputs: vec![0; shape.outputs],
        })
        .collect::<Vec<_>>();
    for cable in cables {
        let feed = Feed {
            node: place[cable.from.0],
            port: cable.from.1,
            slot: 0,
            gain: cable.gain,
            delay: 0,
        };
        steps[place[cable.to.0]].inputs[cable.to.1].push(feed);
    }
    let latency = compensate(&mut steps, shapes)?;
    let slots = allocate(&mut steps, place[out]);
    Ok(Layout {
        steps,
        slots,
        out: place[out],
        latency: latency.get(place[out]).copied().unwrap_or(0),
    })
}

/// Sets the delay of every feed such that all paths into a node arrive together: each node runs as late as the longest
/// path to it, counted in the latencies of the nodes on it. Answers the lag of each node's outputs.
fn compensate(steps: &mut [Step], shapes: &[Shape]) -> Result<Vec<u32>, PlanError> {
    let mut lags = vec![0u32; steps.len()];
    for (position, step) in steps.iter_mut().enumerate() {
        let arrival = step.inputs.iter().flatten().map(|f| lags[f.node]).max().unwrap_or(0);
        for feed in step.inputs.iter_mut().flatten() {
            feed.delay = arrival - lags[feed.node];
        }
        let lag = u64::from(arrival) + u64::from(shapes[position].latency);
        if lag > u64::from(MAX_LATENCY) {
            return Err(PlanError::TooLate { node: step.id.clone(), frames: lag });
        }
        lags[position] = lag as u32;
    }
    Ok(lags)
}

/// Gives every output port a buffer slot, and frees it for later nodes after its last reader. Outputs of a node never
/// share a slot with its inputs. The slots of `out` are kept to the end of the block. Answers how many slots there are.
fn allocate(steps: &mut [Step], out: usize) -> usize {
    let mut last_reader =
        steps.iter().enumerate().map(|(i, s)| vec![i; s.outputs.len()]).collect::<Vec<_>>();
    for (position, step) in steps.iter().enumerate() {
        for feed in step.inputs.iter().flatten() {
            last_reader[feed.node][feed.port] = position;
        }
    }
    let (mut free, mut count) = (Vec::new(), 0usize);
    for position in 0..steps.len() {
        for port in 0..steps[position].outputs.len() {
            steps[position].outputs[port] = free.pop().unwrap_or_else(|| {
                count += 1;
                count - 1
            });
        }
        // Freed only after this node's own outputs have their slots, so that it never writes over what it reads.
        let mut freed = Vec::new();
        for (node, readers) in last_reader.iter().enumerate().take(position + 1) {
            for (port, &reader) in readers.iter().enumerate() {
                if reader == position && node != out {
                    freed.push(steps[node].outputs[port]);
                }
            }
        }
        freed.sort_unstable_by(|a, b| b.cmp(a));
        free.append(&mut freed);
    }
    let slots = steps.iter().map(|s| s.outputs.clone()).collect::<Vec<_>>();
    for feed in steps.iter_mut().flat_map(|s| s.inputs.iter_mut().flatten()) {
        feed.slot = slots[feed.node][feed.port];
    }
    count
}
