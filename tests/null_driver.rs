//! The engine on a driver that keeps real time: what it plays is what the offline driver renders, bit for bit, and edits
//! cost it no time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop at the first surprise

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use timbre::device::{LiveDriver, NullDriver, Sizes};
use timbre::engine::assets::NO_ASSETS;
use timbre::engine::live::{Controller, LiveSetup, Song, live};
use timbre::engine::nodes::Registry;
use timbre::engine::offline::{End, Options, Sink, SinkError, render};
use timbre::engine::plan::compile;
use timbre::engine::schedule::Schedule;
use timbre::model::graph::GraphSpec;
use timbre::model::units::{SampleRate, Seed};
use timbre::music::score::{Note, Part};

const RATE: SampleRate = SampleRate::HZ_48000;
/// Longest wait for something that takes a few seconds, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// An electric piano through a compressor that ducks under a bass, a drive, an echo and a hall.
fn graph() -> GraphSpec {
    let mut graph = GraphSpec::default();
    for (id, kind) in [
        ("keys", "keys.rhodes"),
        ("bass", "bass.sub"),
        ("duck", "dyn.compressor"),
        ("drive", "fx.drive"),
        ("echo", "fx.delay"),
        ("hall", "fx.reverb"),
        ("keys.strip", "mix.strip"),
        ("limit", "dyn.limiter"),
        ("out", "mix.bus"),
    ] {
        graph.add(id, kind);
    }
    graph.connect("keys", "duck");
    graph.connect_ports(("bass", "out"), ("duck", "sidechain"), 0.0);
    graph.connect("duck", "drive");
    graph.connect("drive", "keys.strip");
    graph.connect("keys.strip", "limit");
    graph.connect("bass", "limit");
    graph.connect_ports(("keys.strip", "out"), ("echo", "in"), -9.0);
    graph.connect_ports(("keys.strip", "out"), ("hall", "in"), -12.0);
    graph.connect("echo", "limit");
    graph.connect("hall", "limit");
    graph.connect("limit", "out");
    graph
}

fn song() -> Song {
    let part = |id: &str, step: f64, low: u8| Part {
        id: id.into(),
        name: id.into(),
        drums: false,
        program: 0,
        notes: (0..24u8)
            .map(|i| Note {
                beat: f64::from(i) * step,
                beats: step * 1.7,
                pitch: low + i * 5 % 17,
                velocity: 0.3 + f32::from(i % 5) * 0.15,
            })
            .collect(),
        controls: Vec::new(),
    };
    let parts = vec![part("keys", 0.173, 57), part("bass", 0.25, 33)];
    Song { parts, length_beats: 6.0, ..Song::default() }
}

struct Mix(Vec<f32>, Vec<f32>);

impl Sink for Mix {
    fn write(&mut self, tap: usize, left: &[f32], right: &[f32]) -> Result<(), SinkError> {
        if tap == 0 {
            self.0.extend_from_slice(left);
            self.1.extend_from_slice(right);
        }
        Ok(())
    }
}

fn engine() -> (Box<dyn timbre::engine::live::Callback>, Controller) {
    live(LiveSetup { sample_rate: RATE, registry: Registry::built_in(), seed: Seed(11) })
}

/// Waits until the engine has put out so many frames, and keeps it served meanwhile.
fn wait_for_frames(controller: &mut Controller, frames: u64) {
    let start = Instant::now();
    while controller.snapshot().frames < frames {
        controller.poll();
        assert!(start.elapsed() < PATIENCE, "{} of {frames} frames", controller.snapshot().frames);
        std::thread::yield_now();
    }
}

#[test]
fn real_time_and_offline_give_the_same_bits() {
    const FRAMES: usize = 96_000;
    let (plan, handles) = compile(&graph(), &Registry::built_in(), RATE, Seed(11)).unwrap();
    let latency = plan.latency() as usize;
    let schedule = Schedule::of_song(&song(), &handles, RATE).unwrap();
    let never = AtomicBool::new(false);
    let end = End::AtFrame(FRAMES as u64);
    let options = Options { threads: 2, end, cancel: &never, progress: &|_| () };
    let mut mix = Mix(Vec::new(), Vec::new());
    render(plan, &schedule, &options, &mut mix).unwrap();
    assert!(latency > 0, "the limiter looks ahead");

    let sizes =
        [Sizes::Fixed(128), Sizes::Fixed(1_115), Sizes::Random { seed: 4, least: 1, most: 2_000 }];
    for sizes in sizes {
        let heard = Arc::new(Mutex::new((Vec::new(), Vec::new())));
        let outlet = heard.clone();
        let (callback, mut controller) = engine();
        controller.set_graph(&graph(), &NO_ASSETS).unwrap();
        controller.set_song(song()).unwrap();
        controller.play(0).unwrap();
        let mut driver = NullDriver::new(RATE, sizes).with_outlet(Box::new(move |left, right| {
            let mut heard = outlet.lock().unwrap();
            heard.0.extend_from_slice(left);
            heard.1.extend_from_slice(right);
        }));
        driver.start(callback).map_err(|(_, error)| error).unwrap();
        wait_for_frames(&mut controller, (FRAMES + latency) as u64);
        assert!(driver.stop().is_some(), "the engine comes home");
        let heard = heard.lock().unwrap();
        // The offline driver cuts the latency off, so that its first frame is beat 0.
        assert!(heard.0[latency..latency + FRAMES] == mix.0[..FRAMES], "{sizes:?}, left");
        assert!(heard.1[latency..latency + FRAMES] == mix.1[..FRAMES], "{sizes:?}, right");
    }
}

/// The session with some of the inserts left out or in.
fn edited(random: &mut ChaCha8Rng) -> GraphSpec {
    let mut graph = graph();
    let out = random.next_u32();
    for (bit, id) in ["echo", "hall", "bass"].iter().enumerate() {
        if out >> bit & 1 == 1 {
            graph.nodes.retain(|node| node.id != *id);
            graph.connections.retain(|c| c.from.node != *id && c.to.node != *id);
        }
    }
    for extra in 0..out % 5 {
        let id = format!("extra{extra}");
        let kind = ["eq.parametric", "fx.chorus", "dyn.limiter", "fx.tremolo", "fx.phaser"];
        graph.add(&id, kind[(out >> (8 + 3 * extra)) as usize % 5]);
        graph.connect_ports(("drive", "out"), (&id, "in"), -6.0);
        graph.connect_ports((&id, "out"), ("keys.strip", "in"), -6.0);
    }
    graph
}

#[test]
fn a_thousand_edits_make_no_callback_late() {
    let (callback, mut controller) = engine();
    controller.set_graph(&graph(), &NO_ASSETS).unwrap();
    controller.set_song(Song { length_beats: 0.0, ..song() }).unwrap();
    controller.set_loop(Some((0.0, 6.0))).unwrap();
    controller.play(0).unwrap();
    let mut driver = NullDriver::new(RATE, Sizes::Fixed(512));
    driver.start(callback).map_err(|(_, error)| error).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let mut broken = Vec::new();
    for _ in 0..1_000 {
        // As fast as the audio thread takes them over.
        let before = controller.snapshot().commands;
        controller.set_graph(&edited(&mut random), &NO_ASSETS).unwrap();
        let start = Instant::now();
        while controller.snapshot().commands == before {
            assert!(start.elapsed() < PATIENCE, "the edit was never taken over");
            std::thread::yield_now();
        }
        broken.extend(controller.poll());
    }
    let report = driver.report();
    assert!(driver.stop().is_some());
    // Whether the system wakes the thread in time is not ours to decide, so only our own overruns count here; the debug
    // build is some ten times as slow as what is shipped, and still has to hold a buffer of 512 frames.
    assert_eq!(report.xruns.overrun, 0, "{report:?}");
    assert!(
        broken.iter().all(|n| !matches!(n, timbre::engine::live::Notice::Broken { .. })),
        "{broken:?}"
    );
}
