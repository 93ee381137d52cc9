//! The audio thread allocates nothing: every node type and the processor run under an allocator that aborts the program
//! when realtime code asks it for memory, or gives some back.

use std::io::Cursor;
use std::sync::Arc;

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use timbre::audio::buffer::AudioBuffer;
use timbre::engine::assets::{AssetError, Assets, Take};
use timbre::engine::node::{
    Activity, AudioIn, AudioOut, BlockTime, BuildContext, BuildError, Category, Descriptor, Event,
    Io, NodeType, Processor, Settings,
};
use timbre::engine::nodes::Registry;
use timbre::engine::plan::{compile, compile_with};
use timbre::engine::processor::GraphProcessor;
use timbre::engine::schedule::Schedule;
use timbre::model::graph::{GraphSpec, NodeSpec};
use timbre::model::tempo::{TempoMap, TempoPoint};
use timbre::model::units::{Bpm, SampleRate, Seed};
use timbre::music::score::{Control, Note, Part};

#[path = "support/sound_font.rs"]
mod sound_font;

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

/// Noise in bursts, so that effects have something to do and then fall asleep.
static NOISE: Descriptor = Descriptor {
    id: "test.noise",
    name: "Noise",
    category: Category::Source,
    doc: "Noise in bursts.",
    author: "Timbre",
    version: 1,
    inputs: &[],
    outputs: &["out"],
    takes_notes: false,
    params: &[],
    config: &[],
};

struct Noise(u32);

fn build_noise(_: &BuildContext, _: &Settings<'_>) -> Result<Box<dyn Processor>, BuildError> {
    Ok(Box::new(Noise(1)))
}

impl Processor for Noise {
    fn handle(&mut self, _: Event) {}

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        if io.time.frame % 96_000 > 24_000 {
            return Activity::Silent;
        }
        for out in io.outputs.iter_mut() {
            for (l, r) in out.left.iter_mut().zip(out.right.iter_mut()) {
                self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *l = (self.0 >> 8) as f32 / 8_388_608.0 - 1.0;
                *r = -0.5 * *l;
            }
        }
        Activity::Sounding
    }

    fn reset(&mut self) {}
}

fn registry() -> Registry {
    let mut registry = Registry::built_in();
    assert!(registry.add(NodeType { descriptor: &NOISE, build: build_noise }));
    registry
}

/// A node on its own between a source (if it has inputs) and `out`, with notes and movements of all its params.
fn surround(descriptor: &'static Descriptor) -> (GraphSpec, Part) {
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus");
    let node = graph.add("node", descriptor.id);
    for config in descriptor.config.iter().filter(|c| matches!(c.id, "file" | "zones")) {
        node.config.insert(config.id.into(), "saw".into());
    }
    for input in descriptor.inputs {
        graph.add(format!("{input}.noise"), "test.noise");
        graph.connect_ports((&format!("{input}.noise"), "out"), ("node", input), -3.0);
    }
    for output in descriptor.outputs {
        graph.connect_ports(("node", output), ("out", "in"), -6.0);
    }
    let mut part = Part {
        id: "node".into(),
        name: "Node".into(),
        drums: false,
        program: 0,
        notes: Vec::new(),
        controls: Vec::new(),
    };
    if descriptor.takes_notes {
        // All pitches of kits, chords of up to eight notes, repeats, and one long note.
        for i in 0..120u8 {
            let beat = f64::from(i) * 0.04 + 0.001;
            let velocity = 0.2 + 0.8 * f32::from(i % 7) / 7.0;
            part.notes.push(Note { beat, beats: 0.3, pitch: 28 + i % 60, velocity });
        }
        part.notes.push(Note { beat: 0.5, beats: 4.0, pitch: 60, velocity: 1.0 });
        part.notes.sort_by(|a, b| a.beat.total_cmp(&b.beat));
        for (beat, value) in [(0.7, 2.0), (1.3, -12.0), (1.9, 0.0)] {
            part.controls.push(Control { beat, node: "node".into(), param: "bend".into(), value });
        }
    }
    for (index, param) in descriptor.params.iter().enumerate() {
        for (turn, value) in [param.min, param.max, param.default].into_iter().enumerate() {
            let beat = 0.1 + 0.05 * index as f64 + 1.3 * turn as f64;
            let control = Control { beat, node: "node".into(), param: param.id.into(), value };
            part.controls.push(control);
        }
    }
    part.controls.sort_by(|a, b| a.beat.total_cmp(&b.beat));
    (graph, part)
}

fn tempo() -> TempoMap {
    let point = |beat, bpm, ramp| TempoPoint { beat, bpm: Bpm::clamped(bpm), ramp };
    TempoMap::from_points(vec![point(0.0, 90.0, true), point(4.0, 150.0, false)])
}

#[test]
fn no_node_type_allocates_while_it_plays() {
    for descriptor in registry().types().iter().map(|t| t.descriptor) {
        let (graph, part) = surround(descriptor);
        let rate = SampleRate::HZ_48000;
        let (plan, handles) = compile_with(&graph, &registry(), rate, Seed(9), &OneSound)
            .unwrap_or_else(|error| panic!("{}: {error}", descriptor.id));
        let parts = [part];
        let schedule = Schedule::from_parts(&parts, &tempo(), 6.0, &handles, rate)
            .unwrap_or_else(|error| panic!("{}: {error}", descriptor.id));
        let mut player = GraphProcessor::new(plan, Arc::new(schedule));
        let mut status = player.status();
        let (mut left, mut right) = (vec![0.0; 480], vec![0.0; 480]);
        let mut peak = 0.0f32;
        // The name is printed first, because a violation aborts the program.
        println!("{}", descriptor.id);
        assert_no_alloc(|| {
            for turn in 0..500 {
                player.process(&mut left, &mut right);
                peak = left.iter().chain(&right).fold(peak, |peak, x| peak.max(x.abs()));
                if turn == 400 {
                    (0..4).for_each(|node| player.handle(node, Event::AllNotesOff));
                }
                player.take_status(&mut status);
            }
            player.rewind();
            player.process(&mut left, &mut right);
        });
        assert_eq!(status.breakdowns, 0, "{} broke down", descriptor.id);
        // Without a sound card there is no input.
        let heard = peak > 1e-4 || descriptor.id == "source.input";
        assert!(heard && peak < 64.0, "{} peaks at {peak}", descriptor.id);
    }
}

#[test]
fn a_whole_graph_with_latency_and_sends_allocates_nothing() {
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus");
    graph.add("hall", "fx.reverb").param("mix", 1.0);
    graph.add("hall.strip", "mix.strip");
    graph.connect("hall", "hall.strip");
    for part in 0..6 {
        let (source, drive, comp, strip) = (
            format!("p{part}"),
            format!("p{part}.drive"),
            format!("p{part}.comp"),
            format!("p{part}.strip"),
        );
        graph.add(&source, "test.noise");
        graph.add(&drive, if part % 2 == 0 { "fx.drive" } else { "dyn.limiter" });
        graph.add(&comp, "dyn.compressor");
        graph.add(&strip, "mix.strip").param("pan", f64::from(part) / 3.0 - 1.0);
        graph.connect(&source, &drive);
        graph.connect(&drive, &comp);
        graph.connect_ports(("p0", "out"), (&comp, "sidechain"), 0.0);
        graph.connect(&comp, &strip);
        graph.connect(&strip, "out");
        graph.connect_ports((&strip, "out"), ("hall", "in"), -12.0);
    }
    graph.connect("hall.strip", "out");
    let rate = SampleRate::HZ_48000;
    let (plan, handles) = compile(&graph, &registry(), rate, Seed(1)).unwrap();
    assert!(plan.latency() > 90);
    let mut player = GraphProcessor::new(plan, Arc::new(Schedule::empty(handles.len(), rate)));
    let (mut left, mut right) = (vec![0.0; 1_115], vec![0.0; 1_115]);
    let mut peak = 0.0f32;
    assert_no_alloc(|| {
        for _ in 0..300 {
            player.process(&mut left, &mut right);
            peak = left.iter().fold(peak, |peak, x| peak.max(x.abs()));
        }
    });
    assert!(peak > 0.1 && player.status().breakdowns == 0);
}

/// Two seconds of a saw that every name means, and the smallest SoundFont.
struct OneSound;

impl Assets for OneSound {
    fn sound(&self, _: &str) -> Result<Arc<AudioBuffer>, AssetError> {
        let saw = (0..88_200).map(|i| (i % 150) as f32 / 75.0 - 1.0).collect::<Vec<_>>();
        let rate = SampleRate::new(44_100).unwrap_or(SampleRate::HZ_48000);
        Ok(Arc::new(AudioBuffer::from_planar(vec![saw.clone(), saw], rate)))
    }

    fn sound_font(&self, name: &str) -> Result<Arc<rustysynth::SoundFont>, AssetError> {
        let bytes = sound_font::minimal(b"");
        rustysynth::SoundFont::new(&mut Cursor::new(bytes)).map(Arc::new).map_err(|error| {
            AssetError { name: name.into(), problem: error.to_string(), hint: "None.".into() }
        })
    }

    fn recording(&self, name: &str, _: SampleRate) -> Result<Take, AssetError> {
        // Room for a third of a second; what comes later is lost, which must not cost more than what is kept.
        let (ring, _) = rtrb::RingBuffer::new(1 << 15);
        Ok(Take { ring, path: name.into() })
    }
}

#[test]
fn nodes_that_play_files_allocate_nothing_through_jumps_stops_and_turned_knobs() {
    let cases: [(&str, &[(&str, &str)]); 7] = [
        ("source.player", &[("file", "a")]),
        ("source.player", &[("file", "a"), ("source_bpm", "100")]),
        ("source.player", &[("file", "a"), ("source_bpm", "100"), ("mode", "stretch")]),
        (
            "source.player",
            &[("file", "a"), ("loop", "on"), ("loop_end_s", "0.5"), ("reverse", "on")],
        ),
        ("inst.sampler", &[("zones", "a:60:0:63;b:72:64:127")]),
        (
            "inst.sampler",
            &[("zones", "a"), ("loop", "on"), ("loop_start_s", "0.1"), ("loop_end_s", "0.3")],
        ),
        ("inst.soundfont", &[("file", "a.sf2")]),
    ];
    for (kind, config) in cases {
        let node_type = *registry().find(kind).unwrap();
        let spec = NodeSpec {
            id: "n".into(),
            kind: kind.into(),
            params: Default::default(),
            config: config.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
        };
        let settings = Settings::new(&spec, node_type.descriptor).unwrap();
        let context = BuildContext { assets: &OneSound, ..BuildContext::new(48_000.0, 1) };
        let mut node = (node_type.build)(&context, &settings).unwrap();
        let params = node_type.descriptor.params;
        let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
        let mut peak = 0.0_f32;
        println!("{kind} {config:?}");
        assert_no_alloc(|| {
            for turn in 0..3_000_u64 {
                // A jump every 400 blocks, a stop now and then, a tempo that moves.
                let frame = (turn % 400) * 64 + 10_000 * (turn / 400);
                let bpm = if turn > 1_500 { 140.0 } else { 120.0 };
                let beat = frame as f64 / 48_000.0 * bpm / 60.0;
                let playing = turn % 700 < 650;
                let time = BlockTime { frame, beat, bpm, playing, ..BlockTime::REST };
                if turn % 5 == 0 {
                    let (note, pitch) = (turn as u32, 30.0 + (turn % 70) as f32);
                    node.handle(Event::NoteOn { note, pitch, velocity: 0.8 });
                    node.handle(Event::NoteOff { note: note.saturating_sub(20) });
                }
                if turn % 90 == 0 && !params.is_empty() {
                    let index = (turn / 90) as usize % params.len();
                    let param = &params[index];
                    let value = if turn % 180 == 0 { param.max } else { param.default };
                    node.handle(Event::Param { index: index as u16, value });
                    node.handle(Event::Bend { semitones: (turn % 7) as f32 - 3.0 });
                }
                if turn == 2_800 {
                    node.handle(Event::AllNotesOff);
                    node.reset();
                }
                let mut outputs = [AudioOut { left: &mut left, right: &mut right }];
                let activity = node.process(&mut Io {
                    frames: 64,
                    inputs: &[],
                    outputs: &mut outputs,
                    time,
                    live: AudioIn::SILENCE,
                });
                if activity == Activity::Sounding {
                    peak = left.iter().chain(&right).fold(peak, |peak, x| {
                        if x.is_finite() { peak.max(x.abs()) } else { f32::INFINITY }
                    });
                }
            }
        });
        assert!(peak > 0.01 && peak < 1_000.0, "{kind} {config:?} peaks at {peak}");
    }
}
