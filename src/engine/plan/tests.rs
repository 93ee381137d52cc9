use super::*;
use crate::engine::toys;

fn compile_toys(graph: &GraphSpec) -> Result<(Plan, Handles), PlanError> {
    compile(graph, &toys::registry(), SampleRate::HZ_48000, Seed(1))
}

/// a -> a.late(30) -> out, a -> b.late(12) -> out, a -> out, with a key from `a` into b.late.
fn forked() -> GraphSpec {
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus");
    graph.add("a", "toy.pulse");
    graph.add("a.late", "toy.late").config("frames", "30");
    graph.add("b.late", "toy.late").config("frames", "12");
    graph.connect("a", "a.late");
    graph.connect("a.late", "out");
    graph.connect("a", "b.late");
    graph.connect_ports(("a.late", "out"), ("b.late", "sidechain"), -6.0);
    graph.connect("b.late", "out");
    graph.connect("a", "out");
    graph
}

#[test]
fn every_path_into_a_node_is_as_late_as_the_latest() {
    let (plan, handles) = compile_toys(&forked()).unwrap();
    assert_eq!(plan.latency(), 42, "30 of the first and 12 of the second, through the key input");
    assert_eq!(plan.taps(), ["a.late", "b.late", "a"]);
    let delays = plan.tap_feeds().iter().map(|f| f.delay).collect::<Vec<_>>();
    assert_eq!(delays, [12, 0, 42]);
    let keyed = handles.iter().position(|h| h.id == "b.late").unwrap();
    assert_eq!(plan.steps[keyed].inputs[0][0].delay, 30);
    assert_eq!(plan.steps[keyed].inputs[1][0].delay, 0);
    assert_eq!(handles[keyed].latency, 12);
    assert_eq!(plan.nodes().collect::<Vec<_>>(), ["a", "a.late", "b.late", "out"]);
}

#[test]
fn the_order_follows_the_spec_wherever_connections_allow_it() {
    let mut graph = GraphSpec::default();
    for id in ["z", "y", "x"] {
        graph.add(id, "toy.pulse");
        graph.add(format!("{id}.strip"), "mix.strip");
    }
    graph.add("out", "mix.bus");
    for id in ["x", "y", "z"] {
        graph.connect(id, &format!("{id}.strip"));
        graph.connect(&format!("{id}.strip"), "out");
    }
    let (plan, _) = compile_toys(&graph).unwrap();
    assert_eq!(
        plan.nodes().collect::<Vec<_>>(),
        ["z", "z.strip", "y", "y.strip", "x", "x.strip", "out"]
    );
    assert_eq!(plan.taps(), ["x.strip", "y.strip", "z.strip"], "stems follow the connections");
}

#[test]
fn buffers_are_shared_by_nodes_that_are_never_alive_together() {
    let mut graph = GraphSpec::default();
    graph.add("a", "toy.pulse");
    for i in 0..50 {
        graph.add(format!("s{i}"), "mix.strip");
        let before = if i == 0 { "a".to_owned() } else { format!("s{}", i - 1) };
        graph.connect(&before, &format!("s{i}"));
    }
    graph.add("out", "mix.bus");
    graph.connect("s49", "out");
    let (plan, _) = compile_toys(&graph).unwrap();
    // Two ports of the pulse, one of which is free at once, and one more to go back and forth with.
    assert!(plan.slots <= 3, "{} slots", plan.slots);
    for step in &plan.steps {
        for feed in step.inputs.iter().flatten() {
            assert!(!step.outputs.contains(&feed.slot), "{} writes over what it reads", step.id);
        }
    }
}

#[test]
fn a_loop_is_named() {
    let mut graph = forked();
    graph.connect("b.late", "a.late");
    let error = compile_toys(&graph).err().unwrap();
    assert_eq!(error.to_string(), "the graph has a loop: a.late -> b.late -> a.late");
    assert!(error.hint().contains("fx.delay"));
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus");
    graph.connect("out", "out");
    assert_eq!(
        compile_toys(&graph).err(),
        Some(PlanError::Cycle { path: vec!["out".into(), "out".into()] })
    );
}

#[test]
fn mistakes_are_named_with_a_way_out() {
    type Change = fn(&mut GraphSpec);
    let cases: [(Change, &str, &str); 7] = [
        (|g| _ = g.add("a", "mix.bus"), "two nodes are called 'a'", "Rename"),
        (
            |g| g.connect("a.lte", "out"),
            "a connection names the node 'a.lte'",
            "Did you mean 'a.late'?",
        ),
        (
            |g| g.connect_ports(("a", "out"), ("out", "key"), 0.0),
            "node 'out' (mix.bus) has no input 'key'",
            "Its inputs: in.",
        ),
        (|g| g.connect("out", "a"), "node 'a' (toy.pulse) has no input 'in'", "no input at all"),
        (|g| g.connections[0].gain_db = f64::NAN, "the connection from 'a' to 'a.late'", "in dB"),
        (|g| g.nodes[1].kind = "toy.puls".into(), "there is no node type 'toy.puls'", "Correct"),
        (
            |g| _ = g.nodes[1].param("lvl", 1.0),
            "node 'a' (toy.pulse) has no param 'lvl'; it has: level",
            "Correct",
        ),
    ];
    for (change, message, hint) in cases {
        let mut graph = forked();
        change(&mut graph);
        let error = compile_toys(&graph).err().unwrap();
        assert!(error.to_string().starts_with(message), "{error}");
        assert!(error.hint().contains(hint), "{}", error.hint());
    }
    let mut graph = forked();
    graph.nodes.remove(0);
    graph.connections.retain(|c| c.to.node != "out");
    assert_eq!(compile_toys(&graph).err(), Some(PlanError::MissingOut));
    let mut graph = forked();
    graph.nodes[2].config("frames", "600000");
    assert!(matches!(compile_toys(&graph).err(), Some(PlanError::TooLate { frames: 600_000, .. })));
}

#[test]
fn handles_start_with_the_values_of_the_spec() {
    let mut graph = forked();
    graph.nodes[1].param("level", 7.0);
    let (_, mut handles) = compile_toys(&graph).unwrap();
    let handle = handles.iter_mut().find(|h| h.id == "a").unwrap();
    assert_eq!(handle.params["level"], 1.0, "clamped to the range");
    assert!(handle.set_param("level", 0.25).is_some());
    assert!(handle.set_param("nothing", 0.25).is_none());
    assert_eq!(handle.params["level"], 0.25);
}

#[test]
fn nodes_draw_from_different_seeds_that_do_not_depend_on_the_others() {
    let (a, b) = (node_seed(Seed(1), "pad"), node_seed(Seed(1), "bass"));
    assert_ne!(a, b);
    assert_ne!(a, node_seed(Seed(2), "pad"));
    assert_eq!(a, node_seed(Seed(1), "pad"));
}
