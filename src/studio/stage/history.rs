//! What can be taken back and done again: a bounded list of changes of the graph. Pure.
//!
//! Values of one movement of the hand are one step. A step is only looked at first; it moves to the other list when the
//! engine has taken it, so a refused undo leaves everything as it was.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::graph::GraphSpec;

/// Most steps that are kept.
const MOST_STEPS: usize = 256;
/// Most nodes in all graphs that are kept together; large graphs have a shorter past.
const MOST_KEPT_NODES: usize = 200_000;
/// Longest pause within a movement that has no name, in seconds.
const PAUSE_S: f64 = 1.0;

/// The steps behind and ahead.
#[derive(Debug, Default)]
pub struct History {
    past: VecDeque<Step>,
    future: Vec<Step>,
}

/// A change that can go both ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// In words, such as `add keys`.
    pub label: String,
    /// What changes.
    pub change: Change,
    /// Name of the movement, if it has one.
    gesture: Option<String>,
    /// When it was last added to, in seconds on any steady clock.
    at_s: f64,
}

/// What a step changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The shape of the graph.
    Graph {
        /// As it was.
        before: Arc<GraphSpec>,
        /// As it is.
        after: Arc<GraphSpec>,
    },
    /// Some params.
    Params(Vec<Moved>),
}

/// A param before and after a movement; `None` where the graph left it open, at its default.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The node.
    pub node: String,
    /// The param.
    pub param: String,
    /// Before.
    pub before: Option<f64>,
    /// After.
    pub after: Option<f64>,
}

impl History {
    /// Notes that the graph has another shape. What was undone before is gone.
    pub fn reshape(&mut self, label: String, before: Arc<GraphSpec>, after: Arc<GraphSpec>) {
        if before == after {
            return;
        }
        let change = Change::Graph { before, after };
        self.push(Step { label, change, gesture: None, at_s: f64::NEG_INFINITY });
    }

    /// Notes that a param was moved at a time, as part of a named movement or of an unnamed one.
    pub fn move_param(&mut self, moved: Moved, gesture: Option<&str>, at_s: f64) {
        if self.future.is_empty()
            && let Some(step) = self.past.back_mut()
            && let Some(known) = step.joins(&moved, gesture, at_s)
        {
            match known.iter_mut().find(|k| k.node == moved.node && k.param == moved.param) {
                Some(known) => known.after = moved.after,
                None => known.push(moved),
            }
            step.at_s = at_s;
            return;
        }
        let label = format!("move {} of {}", moved.param, moved.node);
        let change = Change::Params(vec![moved]);
        self.push(Step { label, change, gesture: gesture.map(str::to_owned), at_s });
    }

    /// The step that `undo` would take back.
    pub fn behind(&self) -> Option<&Step> {
        self.past.back()
    }

    /// The step that `redo` would do again.
    pub fn ahead(&self) -> Option<&Step> {
        self.future.last()
    }

    /// The step behind was taken back.
    pub fn undone(&mut self) {
        self.future.extend(self.past.pop_back());
    }

    /// The step ahead was done again.
    pub fn redone(&mut self) {
        self.past.extend(self.future.pop());
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.past.clear();
        self.future.clear();
    }

    fn push(&mut self, step: Step) {
        self.future.clear();
        self.past.push_back(step);
        let mut kept = self.past.iter().map(Step::weight).sum::<usize>();
        while self.past.len() > MOST_STEPS || kept > MOST_KEPT_NODES && self.past.len() > 1 {
            kept -= self.past.pop_front().map_or(0, |step| step.weight());
        }
    }
}

impl Step {
    /// The params of this step, if a movement goes on in it.
    fn joins(
        &mut self,
        moved: &Moved,
        gesture: Option<&str>,
        at_s: f64,
    ) -> Option<&mut Vec<Moved>> {
        let Change::Params(known) = &mut self.change else { return None };
        let joins = match (gesture, self.gesture.as_deref()) {
            (Some(gesture), Some(own)) => gesture == own,
            (None, None) => {
                let same = |k: &Moved| k.node == moved.node && k.param == moved.param;
                known.iter().all(same) && at_s - self.at_s < PAUSE_S
            }
            _ => false,
        };
        joins.then_some(known)
    }

    fn weight(&self) -> usize {
        match &self.change {
            // The graph before is the one after of the step before, in most cases.
            Change::Graph { after, .. } => after.nodes.len() + after.connections.len(),
            Change::Params(moved) => moved.len(),
        }
    }
}

impl Moved {
    /// Puts the param of a graph where it was before the movement, or where it was after.
    pub fn apply(&self, graph: &mut GraphSpec, back: bool) {
        let value = if back { self.before } else { self.after };
        for node in graph.nodes.iter_mut().filter(|node| node.id == self.node) {
            match value {
                Some(value) => node.params.insert(self.param.clone(), value),
                None => node.params.remove(&self.param),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moved(param: &str, before: Option<f64>, after: f64) -> Moved {
        Moved { node: "keys".into(), param: param.into(), before, after: Some(after) }
    }

    fn graph(nodes: usize) -> Arc<GraphSpec> {
        let mut graph = GraphSpec::default();
        for n in 0..nodes {
            graph.add(format!("n{n}"), "mix.bus");
        }
        Arc::new(graph)
    }

    #[test]
    fn a_drag_is_one_step_and_a_pause_ends_it() {
        let mut history = History::default();
        for step in 0..100 {
            let time = f64::from(step) * 0.016;
            history.move_param(moved("gain_db", None, f64::from(step)), None, time);
        }
        assert_eq!(
            history.behind().unwrap().change,
            Change::Params(vec![moved("gain_db", None, 99.0)])
        );
        history.move_param(moved("gain_db", Some(99.0), 5.0), None, 3.0);
        history.move_param(moved("pan", None, 0.5), None, 3.1);
        assert_eq!(history.past.len(), 3);
        assert_eq!(history.behind().unwrap().label, "move pan of keys");
    }

    #[test]
    fn a_named_gesture_holds_together_over_params_and_pauses() {
        let mut history = History::default();
        history.move_param(moved("x", None, 1.0), Some("drag 1"), 0.0);
        history.move_param(moved("y", None, 2.0), Some("drag 1"), 5.0);
        history.move_param(moved("x", Some(1.0), 3.0), Some("drag 1"), 9.0);
        history.move_param(moved("x", Some(3.0), 4.0), Some("drag 2"), 9.1);
        assert_eq!(history.past.len(), 2);
        assert_eq!(
            history.past[0].change,
            Change::Params(vec![moved("x", None, 3.0), moved("y", None, 2.0)])
        );
    }

    #[test]
    fn what_was_undone_is_gone_after_a_new_change() {
        let mut history = History::default();
        history.reshape("a".into(), graph(0), graph(1));
        history.reshape("b".into(), graph(1), graph(2));
        history.reshape("nothing".into(), graph(2), graph(2));
        assert_eq!(history.behind().unwrap().label, "b");
        history.undone();
        assert_eq!(history.ahead().unwrap().label, "b");
        history.redone();
        history.undone();
        // A value that comes now does not join a movement from before.
        history.move_param(moved("x", None, 1.0), None, 0.0);
        assert!(history.ahead().is_none());
        history.undone();
        assert_eq!(history.behind().unwrap().label, "a");
        history.undone();
        assert!(history.behind().is_none());
    }

    #[test]
    fn the_past_is_bounded_in_steps_and_in_size() {
        let mut history = History::default();
        for step in 0..1_000 {
            history.reshape(step.to_string(), graph(step % 2), graph((step + 1) % 2));
        }
        assert_eq!(history.past.len(), MOST_STEPS);
        let large = [graph(90_000), graph(90_001)];
        for step in 0..10 {
            let (before, after) = (large[step % 2].clone(), large[(step + 1) % 2].clone());
            history.reshape("large".into(), before, after);
        }
        assert_eq!(history.past.len(), 2);
        history.reshape("huge".into(), large[0].clone(), graph(300_000));
        assert_eq!(history.past.len(), 1, "the latest step can always be taken back");
    }

    proptest! {
        /// Walking all the way back and forth again ends at the same graph, whatever was done.
        #[test]
        fn undo_and_redo_meet(moves in prop::collection::vec((0usize..3, 0usize..3, -9.0f64..9.0, 0.0f64..2.0), 1..60)) {
            let mut graph = GraphSpec::default();
            for n in 0..3 { graph.add(format!("n{n}"), "mix.bus"); }
            let start = graph.clone();
            let mut history = History::default();
            let mut now = 0.0;
            for (node, param, value, pause) in moves {
                now += pause;
                let (id, name) = (format!("n{node}"), format!("p{param}"));
                let before = graph.nodes[node].params.get(&name).copied();
                let moved = Moved { node: id, param: name, before, after: Some(value) };
                moved.apply(&mut graph, false);
                history.move_param(moved, None, now);
            }
            let end = graph.clone();
            while let Some(step) = history.behind().cloned() {
                let Change::Params(moved) = step.change else { unreachable!() };
                moved.iter().rev().for_each(|m| m.apply(&mut graph, true));
                history.undone();
            }
            prop_assert_eq!(&graph, &start);
            while let Some(step) = history.ahead().cloned() {
                let Change::Params(moved) = step.change else { unreachable!() };
                moved.iter().for_each(|m| m.apply(&mut graph, false));
                history.redone();
            }
            prop_assert_eq!(&graph, &end);
        }
    }
}
