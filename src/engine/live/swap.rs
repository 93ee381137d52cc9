//! The change from one plan to the next: what is kept, what leaves, what is new. Drawn up on the control thread, so that
//! the audio thread only has to move pointers.

use std::sync::Arc;

use super::super::body::Body;
use super::super::plan::{Feed, Step};
use super::super::runner::Runner;
use super::super::schedule::Schedule;
use super::super::wiring::{Origin, Wiring};

/// A graph that runs. Owned by the audio thread while it does.
pub(super) struct LivePlan {
    pub(super) steps: Vec<Step>,
    /// Beside `steps`; empty where the runner of the plan before has yet to move in.
    pub(super) runners: Vec<Option<Box<Runner>>>,
    /// Key and position of every node, ascending by key.
    pub(super) places: Vec<(u32, usize)>,
    /// Beside `steps`.
    pub(super) keys: Vec<u32>,
    /// Position of the node that is heard; past the end where there is none.
    pub(super) out: usize,
    pub(super) body: Body,
    pub(super) schedule: Arc<Schedule>,
    /// The nodes that are kept. Left in the old plan after the change, with what they no longer need.
    pub(super) heirs: Vec<Heir>,
}

/// A node that goes on in a new plan.
pub(super) struct Heir {
    /// Position in the old plan.
    from: usize,
    /// Position in the new one.
    to: usize,
    /// What leads into it from now on.
    wiring: Wiring,
    origins: Origins,
}

/// Where the connections into a node come from, by port and position.
pub(super) type Origins = Vec<Vec<Origin>>;

/// What becomes of the place in the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The song is the same, so kept nodes keep their place.
    Kept,
    /// The same events at other times: places are kept, and the transport stays at its beat.
    Retimed,
    /// Another song: places are found again, and the transport stays at its beat.
    Replaced,
}

/// A change of plan or song.
pub(super) struct Swap {
    /// The new plan; its kept nodes still run in the old one.
    pub(super) plan: Box<LivePlan>,
    /// Connections of the old plan that are not in the new one: node, port, position.
    pub(super) leaving: Vec<(usize, usize, usize)>,
    pub(super) fate: Fate,
    /// The loop in frames of the new song.
    pub(super) region: Option<(u64, u64)>,
}

impl LivePlan {
    /// A plan without nodes.
    pub(super) fn empty(schedule: Arc<Schedule>) -> Self {
        Self {
            steps: Vec::new(),
            runners: Vec::new(),
            places: Vec::new(),
            keys: Vec::new(),
            out: usize::MAX,
            body: Body::new(0, 0),
            schedule,
            heirs: Vec::new(),
        }
    }

    /// Position of a node. Thread: any.
    pub(super) fn place(&self, key: u32) -> Option<usize> {
        let index = self.places.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        self.places.get(index).map(|(_, place)| *place)
    }

    /// The runner of a node. Thread: audio.
    pub(super) fn runner(&mut self, place: usize) -> Option<&mut Runner> {
        self.runners.get_mut(place).and_then(Option::as_deref_mut)
    }

    /// Moves in what is kept of the plan before, which is left with what is to be freed. Thread: audio.
    pub(super) fn take_over(&mut self, old: &mut Self, fate: Fate) {
        for heir in &mut self.heirs {
            let Some(mut runner) = old.runners.get_mut(heir.from).and_then(Option::take) else {
                continue;
            };
            let origins = &heir.origins;
            let origin = |port: usize, index: usize| {
                origins.get(port).and_then(|o| o.get(index)).copied().unwrap_or(Origin::New)
            };
            heir.wiring.adopt(runner.wiring_mut(), origin);
            runner.rewire(&mut heir.wiring);
            if fate == Fate::Replaced {
                runner.lose_place();
            }
            if let Some(place) = self.runners.get_mut(heir.to) {
                *place = Some(runner);
            }
        }
        std::mem::swap(&mut self.heirs, &mut old.heirs);
    }
}

/// The shape of a plan, as the control half remembers it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Topology {
    pub(super) steps: Vec<Step>,
    /// Beside `steps`.
    pub(super) keys: Vec<u32>,
}

/// How a connection is recognised in another plan: the keys of its ends and their ports.
type Identity = (u32, usize, u32, usize);

impl Topology {
    fn identity(&self, node: usize, port: usize, feed: &Feed) -> Identity {
        let key = |place: usize| self.keys.get(place).copied().unwrap_or(u32::MAX);
        (key(feed.node), feed.port, key(node), port)
    }

    /// Every connection: its identity, where it is, and its delay. Ascending, so that two of one identity keep order.
    fn connections(&self) -> Vec<(Identity, usize, usize, usize, u32)> {
        let mut all = Vec::new();
        for (node, step) in self.steps.iter().enumerate() {
            for (port, feeds) in step.inputs.iter().enumerate() {
                for (index, feed) in feeds.iter().enumerate() {
                    all.push((self.identity(node, port, feed), node, port, index, feed.delay));
                }
            }
        }
        all.sort_unstable();
        all
    }
}

/// What changes between two plans.
pub(super) struct Difference {
    /// For every node of the new plan, where its connections come from.
    pub(super) origins: Vec<Origins>,
    /// Connections of the old plan that are not in the new one: node, port, position.
    pub(super) leaving: Vec<(usize, usize, usize)>,
}

/// Compares two plans. A connection goes on if both its ends do.
pub(super) fn compare(old: &Topology, new: &Topology) -> Difference {
    let shape = |step: &Step| step.inputs.iter().map(|f| vec![Origin::New; f.len()]).collect();
    let mut origins: Vec<Origins> = new.steps.iter().map(shape).collect();
    let mut leaving = Vec::new();
    let (before, after) = (old.connections(), new.connections());
    let mut after = after.iter().peekable();
    for (identity, node, port, index, delay) in before {
        while after.next_if(|found| found.0 < identity).is_some() {}
        match after.next_if(|found| found.0 == identity) {
            Some(&(_, to_node, to_port, to_index, _)) => {
                let place = origins.get_mut(to_node).and_then(|ports| ports.get_mut(to_port));
                if let Some(origin) = place.and_then(|feeds| feeds.get_mut(to_index)) {
                    *origin = Origin::Old { port, index, delay };
                }
            }
            None => leaving.push((node, port, index)),
        }
    }
    Difference { origins, leaving }
}

/// The kept nodes of a new plan, with what leads into them.
pub(super) fn heirs(old: &Topology, new: &Topology, origins: &[Origins]) -> Vec<Heir> {
    let mut heirs = Vec::new();
    for (to, ((step, key), origins)) in new.steps.iter().zip(&new.keys).zip(origins).enumerate() {
        if let Some(from) = old.keys.iter().position(|old| old == key) {
            let origins = origins.clone();
            let wiring = Wiring::new(step, |port, index| {
                origins.get(port).and_then(|o| o.get(index)).copied().unwrap_or(Origin::New)
            });
            heirs.push(Heir { from, to, wiring, origins });
        }
    }
    heirs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: &str, feeds: &[(usize, u32)]) -> Step {
        let feed = |(node, delay): &(usize, u32)| Feed {
            node: *node,
            port: 0,
            slot: 0,
            gain: 1.0,
            delay: *delay,
        };
        Step { id: id.into(), inputs: vec![feeds.iter().map(feed).collect()], outputs: vec![0] }
    }

    #[test]
    fn connections_are_recognised_by_their_ends() {
        let old = Topology {
            steps: vec![
                step("a", &[]),
                step("b", &[(0, 0)]),
                step("out", &[(0, 7), (1, 0), (1, 0)]),
            ],
            keys: vec![1, 2, 3],
        };
        // `b` has gone, `c` has come, and `a` moved to another place.
        let new = Topology {
            steps: vec![step("c", &[]), step("a", &[]), step("out", &[(0, 0), (1, 9), (1, 9)])],
            keys: vec![4, 1, 3],
        };
        let difference = compare(&old, &new);
        assert_eq!(difference.leaving, [(1, 0, 0), (2, 0, 1), (2, 0, 2)]);
        let goes_on = Origin::Old { port: 0, index: 0, delay: 7 };
        assert_eq!(difference.origins[2], [[Origin::New, goes_on, Origin::New]]);
        let kept = heirs(&old, &new, &difference.origins);
        assert_eq!(kept.iter().map(|h| (h.from, h.to)).collect::<Vec<_>>(), [(0, 1), (2, 2)]);
    }

    #[test]
    fn nothing_changes_between_equal_plans() {
        let plan = Topology {
            steps: vec![step("a", &[]), step("out", &[(0, 3), (0, 3)])],
            keys: vec![1, 2],
        };
        let difference = compare(&plan, &plan.clone());
        assert!(difference.leaving.is_empty());
        let origin = |index| Origin::Old { port: 0, index, delay: 3 };
        assert_eq!(difference.origins[1], [[origin(0), origin(1)]]);
    }
}
