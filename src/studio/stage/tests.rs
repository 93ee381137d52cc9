//! The stage over a device that a test turns by hand: no card, no clock, every sample looked at.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde_json::json;

use super::*;
use crate::audio::buffer::AudioBuffer;
use crate::engine::assets::{AssetError, Assets, NO_ASSETS, Take};
use crate::engine::live::Callback;
use crate::engine::node::{
    Activity, BuildContext, BuildError, Category, Descriptor, Event as NodeEvent, Io, NodeType,
    Processor, Settings,
};
use crate::model::units::SampleRate;
use crate::protocol::Event;
use crate::protocol::device::{DeviceProbeResponse, DeviceState};
use crate::protocol::event::TransportCause;
use crate::studio::events::Events;

mod player;

/// Frames that one look at the device lets pass: a sixtieth of a second.
const TURN: usize = 800;

/// A house with one device that plays when it is looked at.
#[derive(Default)]
struct Workbench {
    opened: AtomicUsize,
    played: Arc<Mutex<Vec<f32>>>,
    /// Holds the thread up when the device is opened, where a test wants that.
    gate: Mutex<Option<Receiver<()>>>,
}

impl House for Workbench {
    fn list(&self) -> Listing {
        Listing::default()
    }

    fn probe(&self, audio: &Audio, _: f64) -> DeviceProbeResponse {
        DeviceProbeResponse {
            works: true,
            device: audio.device.clone(),
            sample_rate: 48_000,
            format: "f32".into(),
            callbacks: 1,
            frames: 1,
            buffer_frames: [1, 1],
            latency_ms: 0.0,
            load: Default::default(),
            xruns: Default::default(),
            realtime: false,
            realtime_note: None,
            problem: None,
            advice: Vec::new(),
        }
    }

    fn cards(&self, audio: &Audio) -> Box<dyn Cards> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        if let Some(gate) = lock(&self.gate).take() {
            let _ = gate.recv();
        }
        Box::new(Bench {
            callback: None,
            played: self.played.clone(),
            wanted: audio.device.clone(),
            changed: false,
        })
    }
}

struct Bench {
    callback: Option<Box<dyn Callback>>,
    played: Arc<Mutex<Vec<f32>>>,
    wanted: String,
    changed: bool,
}

impl Cards for Bench {
    fn start(&mut self, callback: Box<dyn Callback>) {
        self.callback = Some(callback);
    }

    fn select(&mut self, wish: &DeviceSelectParams) -> Result<(), Fault> {
        match wish.device.as_deref() {
            Some("nowhere") => Err(Fault::new(FaultKind::NotFound, "there is no device 'nowhere'")),
            Some(device) => {
                device.clone_into(&mut self.wanted);
                self.changed = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn poll(&mut self) -> bool {
        let (mut left, mut right) = (vec![9.0; TURN], vec![9.0; TURN]);
        if let Some(callback) = &mut self.callback {
            callback.process(None, [&mut left, &mut right]);
            lock(&self.played).extend(left);
        }
        std::mem::take(&mut self.changed)
    }

    fn state(&self) -> DeviceState {
        DeviceState {
            wanted: self.wanted.clone(),
            current: self.wanted.clone(),
            available: true,
            message: "plays".into(),
        }
    }

    fn report(&self) -> CardReport {
        CardReport { buffer_frames: TURN as u32, latency_s: 0.01, ..CardReport::default() }
    }

    fn stop(&mut self) {
        self.callback = None;
    }
}

/// A node that puts out what is not a number while its param is set.
static BROKEN: Descriptor = Descriptor {
    id: "test.broken",
    name: "Broken",
    category: Category::Effect,
    doc: "Breaks down on demand.",
    author: "Timbre",
    version: 1,
    inputs: &["in"],
    outputs: &["out"],
    takes_notes: false,
    params: &[crate::engine::node::ParamDescriptor {
        id: "broken",
        name: "Broken",
        unit: crate::engine::node::Unit::Switch,
        min: 0.0,
        max: 1.0,
        default: 0.0,
        doc: "1 breaks it.",
    }],
    config: &[],
};

struct Broken(f32);

impl Processor for Broken {
    fn handle(&mut self, event: NodeEvent) {
        if let NodeEvent::Param { value, .. } = event {
            self.0 = value;
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        for output in io.outputs.iter_mut() {
            output.left.fill(if self.0 > 0.5 { f32::NAN } else { 0.0 });
            output.right.fill(0.0);
        }
        Activity::Sounding
    }

    fn reset(&mut self) {}
}

fn build_broken(
    _: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    Ok(Box::new(Broken(settings.param(0))))
}

/// A sine over two files, cut in the middle of a wave: `/first.wav` and `/second.wav`.
struct Halves;

impl Halves {
    const FIRST: usize = 30_011;
    const SECOND: usize = 20_000;

    fn sample(frame: usize) -> f32 {
        (libm::sin(frame as f64 * 441.0 * std::f64::consts::TAU / 48_000.0) * 0.5) as f32
    }
}

impl Assets for Halves {
    fn sound(&self, name: &str) -> Result<Arc<AudioBuffer>, AssetError> {
        let range = match name {
            "/first.wav" => 0..Self::FIRST,
            "/second.wav" => Self::FIRST..Self::FIRST + Self::SECOND,
            _ => return NO_ASSETS.sound(name),
        };
        let wave = range.map(Self::sample).collect::<Vec<_>>();
        Ok(Arc::new(AudioBuffer::from_planar(vec![wave.clone(), wave], SampleRate::HZ_48000)))
    }

    fn sound_font(&self, name: &str) -> Result<Arc<rustysynth::SoundFont>, AssetError> {
        NO_ASSETS.sound_font(name)
    }

    fn recording(&self, name: &str, rate: SampleRate) -> Result<Take, AssetError> {
        NO_ASSETS.recording(name, rate)
    }
}

struct Rig {
    desk: Desk,
    house: Arc<Workbench>,
    events: Events,
}

fn setup(house: Arc<Workbench>, hub: Hub) -> Setup {
    let mut registry = Registry::built_in();
    assert!(registry.add(NodeType { descriptor: &BROKEN, build: build_broken }));
    let audio = Audio { sample_rate: SampleRate::HZ_48000, ..Audio::default() };
    Setup { audio, registry, assets: Arc::new(Halves), house, hub }
}

impl Rig {
    fn new() -> Self {
        let (house, hub) = (Arc::new(Workbench::default()), Hub::default());
        let events = hub.subscribe();
        Self { desk: Desk::new(setup(house.clone(), hub)), house, events }
    }

    fn opened(&self) -> usize {
        self.house.opened.load(Ordering::SeqCst)
    }

    fn ask(&mut self, call: StageCall) -> Value {
        self.desk.answer(call).unwrap()
    }

    fn refuse(&mut self, call: StageCall) -> Fault {
        self.desk.answer(call).unwrap_err()
    }

    /// Lets some sixtieths of a second pass and gives what was heard.
    fn hear(&mut self, turns: usize) -> Vec<f32> {
        lock(&self.house.played).clear();
        (0..turns).for_each(|_| self.desk.step());
        lock(&self.house.played).clone()
    }

    fn peak(&mut self, turns: usize) -> f32 {
        self.hear(turns).iter().fold(0.0, |peak: f32, x| peak.max(x.abs()))
    }

    /// What was told since the last time, the status left out.
    fn told(&mut self) -> Vec<Event> {
        let mut told = Vec::new();
        while let Ok(Some(event)) = self.events.try_next() {
            if !matches!(event, Event::EngineStatus(_)) {
                told.push(event);
            }
        }
        told
    }

    fn causes(&mut self) -> Vec<TransportCause> {
        let cause = |event| match event {
            Event::TransportChanged(changed) => Some(changed.cause),
            _ => None,
        };
        self.told().into_iter().filter_map(cause).collect()
    }
}

fn piano() -> GraphSpec {
    let mut graph = edits::empty();
    graph.add("keys", "keys.rhodes");
    graph.connect("keys", "out");
    graph
}

fn set(graph: GraphSpec) -> StageCall {
    StageCall::SetGraph(Box::new(graph))
}

fn param(id: &str, param: &str, value: f64) -> StageCall {
    StageCall::SetParam(NodeSetParamParams {
        id: id.into(),
        param: param.into(),
        value,
        gesture: None,
    })
}

fn schedule(value: Value) -> StageCall {
    StageCall::SetSchedule(Box::new(serde_json::from_value(value).unwrap()))
}

fn one_note(beat: f64) -> Value {
    json!({"parts": [{"id": "keys", "name": "Keys", "drums": false, "program": 4,
        "notes": [{"beat": beat, "beats": 1.0, "pitch": 60, "velocity": 0.8}]}]})
}

#[test]
fn looking_opens_no_device_and_playing_opens_one() {
    let mut rig = Rig::new();
    rig.ask(StageCall::Graph);
    rig.ask(StageCall::Transport);
    rig.ask(StageCall::State("out".into()));
    let mut endless = GraphSpec::default();
    endless.add("keys", "keys.rhodes");
    rig.refuse(set(endless));
    rig.refuse(param("keys", "gain_db", 0.0));
    assert_eq!((rig.opened(), rig.desk.is_open(), rig.desk.status()), (0, false, None));
    rig.ask(set(piano()));
    rig.ask(StageCall::Play { from: None, count_in_bars: 0, when: Quantum::Now });
    assert_eq!((rig.opened(), rig.desk.is_open()), (1, true));
    let told = rig.told();
    assert!(matches!(told.first(), Some(Event::DeviceChanged(_))), "{told:?}");
}

#[test]
fn a_note_by_hand_is_heard_until_it_is_released_or_cut() {
    let mut rig = Rig::new();
    rig.ask(set(piano()));
    assert_eq!(rig.peak(10), 0.0);
    let note = StageCall::NoteOn(NoteOnParams { node: "keys".into(), pitch: 60.0, velocity: 0.8 });
    let answer = rig.ask(note.clone());
    assert!(rig.peak(20) > 0.05);
    let status = rig.desk.status().unwrap();
    assert!(status.peak_db[0].is_some_and(|db| db > -30.0), "{:?}", status.peak_db);
    let note_id = u32::try_from(answer["note"].as_u64().unwrap()).unwrap();
    rig.ask(StageCall::NoteOff(NoteOffParams { node: "keys".into(), note: note_id }));
    rig.peak(300);
    assert!(rig.peak(10) < 0.01);
    rig.ask(note);
    rig.peak(5);
    rig.ask(StageCall::AllNotesOff(true));
    rig.peak(5);
    assert!(rig.peak(10) < 1e-4, "all sound was cut");
    let silent = StageCall::NoteOn(NoteOnParams { node: "out".into(), pitch: 60.0, velocity: 0.8 });
    assert_eq!(rig.refuse(silent).kind, FaultKind::Invalid);
}

#[test]
fn what_is_refused_leaves_the_sound_bit_for_bit() {
    let bad_graphs = || {
        let mut list = Vec::new();
        let mut graph = piano();
        graph.add("a", "fx.delay");
        graph.add("b", "fx.delay");
        graph.connect("a", "b");
        graph.connect("b", "a");
        list.push(graph);
        let mut graph = piano();
        graph.add("x", "fx.nothing");
        list.push(graph);
        let mut graph = piano();
        graph.connect_ports(("keys", "left"), ("out", "in"), 0.0);
        list.push(graph);
        let mut graph = piano();
        graph.nodes[1].param("gain_db", f64::NAN);
        list.push(graph);
        let mut graph = piano();
        graph.nodes[1].param("gain_db", 1e9);
        list.push(graph);
        let mut graph = piano();
        (0..10_000).for_each(|n| {
            graph.add(format!("n{n}"), "mix.bus");
        });
        list.push(graph);
        let mut endless = GraphSpec::default();
        endless.add("keys", "keys.rhodes");
        list.push(endless);
        list
    };
    let bad_calls = || {
        let mut calls = bad_graphs().into_iter().map(set).collect::<Vec<_>>();
        calls.extend([
            StageCall::Redo,
            StageCall::RemoveNode("out".into()),
            StageCall::RemoveNode("kesy".into()),
            param("keys", "gain_db", f64::INFINITY),
            param("keys", "loudness", 1.0),
            StageCall::Seek { to: Position::Beat(-1.0), when: Quantum::Now },
            StageCall::Seek { to: Position::Seconds(f64::NAN), when: Quantum::Now },
            StageCall::SetLoop(Some(Region {
                start: Position::Bar(4.0),
                end: Position::Bar(2.0),
            })),
            StageCall::SetTempo(TransportSetTempoParams::default()),
            StageCall::Play { from: None, count_in_bars: 99, when: Quantum::Now },
            schedule(one_note(-4.0)),
            schedule(json!({"lanes": [{"node": "keys", "param": "gain_db", "points": [{"beat": -1.0, "value": 0.0}]}]})),
            StageCall::NoteOn(NoteOnParams { node: "keys".into(), pitch: 900.0, velocity: 0.5 }),
            StageCall::NoteOn(NoteOnParams { node: "keys".into(), pitch: 60.0, velocity: f32::NAN }),
            StageCall::Data(NodeDataParams { id: "out".into(), points: 0 }),
            StageCall::SelectDevice(DeviceSelectParams {
                buffer_frames: Some(3),
                ..Default::default()
            }),
        ]);
        calls
    };
    let play = |disturbed: bool| {
        let mut rig = Rig::new();
        rig.ask(set(piano()));
        rig.ask(schedule(one_note(0.0)));
        rig.ask(StageCall::Play { from: None, count_in_bars: 0, when: Quantum::Now });
        let mut heard = rig.hear(10);
        let before = rig.ask(StageCall::Graph);
        if disturbed {
            for call in bad_calls() {
                let shown = format!("{call:?}").chars().take(200).collect::<String>();
                let fault = rig.refuse(call);
                assert!(
                    matches!(
                        fault.kind,
                        FaultKind::Invalid | FaultKind::NotFound | FaultKind::Conflict
                    ),
                    "{shown}: {fault:?}"
                );
                assert!(!fault.hint.is_empty() && fault.message.len() < 400, "{shown}: {fault:?}");
                heard.extend(rig.hear(1));
            }
        } else {
            heard.extend(rig.hear(bad_calls().len()));
        }
        assert_eq!(rig.ask(StageCall::Graph), before);
        heard
    };
    let (quiet, disturbed) = (play(false), play(true));
    assert!(quiet.iter().any(|sample| sample.abs() > 0.01));
    assert!(quiet == disturbed, "a refused call was heard");
}

#[test]
fn edits_are_undone_and_done_again_in_the_engine_too() {
    let mut rig = Rig::new();
    let engine = |rig: &Rig| rig.desk.graph().clone();
    let mut seen = vec![edits::empty()];
    let steps = [
        set(piano()),
        StageCall::AddNode(Box::new(NodeAddParams {
            id: "space".into(),
            kind: "fx.reverb".into(),
            to: Some("out".into()),
            ..Default::default()
        })),
        StageCall::Connect(GraphConnectParams {
            from: "keys".into(),
            to: "space".into(),
            gain_db: -12.0,
        }),
        param("keys", "gain_db", -6.0),
        param("space", "mix", 1.0),
        StageCall::RemoveNode("keys".into()),
    ];
    for call in steps {
        rig.ask(call);
        rig.hear(1);
        seen.push(engine(&rig));
    }
    let answer = rig.ask(StageCall::Graph);
    assert_eq!(
        (answer["revision"].as_u64(), answer["undo"].as_str()),
        (Some(6), Some("remove keys"))
    );
    for expected in seen.iter().rev().skip(1) {
        rig.ask(StageCall::Undo);
        assert_eq!(&engine(&rig), expected);
        rig.hear(1);
    }
    assert_eq!(rig.refuse(StageCall::Undo).kind, FaultKind::Conflict);
    for expected in seen.iter().skip(1) {
        rig.ask(StageCall::Redo);
        assert_eq!(&engine(&rig), expected);
    }
    let answer = rig.ask(StageCall::Graph);
    assert_eq!((answer["revision"].as_u64(), answer["redo"].as_str()), (Some(18), None));
}

#[test]
fn the_transport_answers_what_was_asked_and_tells_when_the_song_is_over() {
    let mut rig = Rig::new();
    rig.ask(set(piano()));
    rig.ask(schedule(one_note(0.0)));
    rig.told();
    let answer = rig.ask(StageCall::Seek { to: Position::Bar(0.5), when: Quantum::Now });
    // Before the audio thread has run at all.
    assert_eq!(answer["transport"]["beat"], json!(2.0));
    let answer = rig.ask(StageCall::Play { from: None, count_in_bars: 0, when: Quantum::Now });
    assert_eq!(
        (&answer["transport"]["playing"], &answer["transport"]["length_beats"]),
        (&json!(true), &json!(4.0))
    );
    assert_eq!(rig.causes(), [TransportCause::Played], "the latest counts");
    // Two beats at 120 BPM are a second.
    rig.hear(30);
    let transport = rig.ask(StageCall::Transport);
    let beat = transport["transport"]["beat"].as_f64().unwrap();
    assert!((2.9..3.1).contains(&beat), "{beat}");
    rig.hear(35);
    assert_eq!(rig.causes(), [TransportCause::Ended]);
    rig.hear(2);
    let transport = rig.ask(StageCall::Transport);
    assert_eq!(transport["transport"]["playing"], json!(false));
    // From the end it begins again.
    let answer = rig.ask(StageCall::Play { from: None, count_in_bars: 0, when: Quantum::Now });
    assert_eq!(answer["transport"]["beat"], json!(0.0));
    assert!(rig.peak(10) > 0.01);
}

#[test]
fn tempo_and_loop_move_the_time() {
    let mut rig = Rig::new();
    rig.ask(set(piano()));
    let region = Region { start: Position::Beat(0.0), end: Position::Beat(1.0) };
    let answer = rig.ask(StageCall::SetLoop(Some(region)));
    assert_eq!(answer["transport"]["loop_beats"], json!([0.0, 1.0]));
    let wish = serde_json::from_value(json!({"bpm": 240.0})).unwrap();
    let answer = rig.ask(StageCall::SetTempo(wish));
    assert_eq!(answer["transport"]["bpm"], json!(240.0));
    rig.ask(StageCall::Play { from: None, count_in_bars: 0, when: Quantum::Now });
    // 100 turns are 1.67 s: 6.67 beats.
    rig.hear(100);
    let beat = rig.ask(StageCall::Transport)["transport"]["beat"].as_f64().unwrap();
    assert!((0.6..0.75).contains(&beat), "{beat}");
    rig.ask(StageCall::Stop);
    rig.hear(2);
    assert_eq!(rig.ask(StageCall::Transport)["transport"]["playing"], json!(false));
}

#[test]
fn a_broken_node_is_told_of_and_the_rest_plays_on() {
    let mut rig = Rig::new();
    let mut graph = piano();
    graph.add("bad", "test.broken");
    graph.connect("keys", "bad");
    graph.connect("bad", "out");
    rig.ask(set(graph));
    rig.ask(schedule(one_note(0.0)));
    rig.ask(StageCall::Play { from: None, count_in_bars: 0, when: Quantum::Now });
    rig.hear(5);
    rig.told();
    rig.ask(param("bad", "broken", 1.0));
    let heard = rig.hear(20);
    assert!(heard.iter().all(|sample| sample.is_finite()));
    assert!(heard.iter().any(|sample| sample.abs() > 0.01));
    let told = rig.told();
    let fault = told.iter().find_map(|event| match event {
        Event::NodeFault(fault) => Some(fault.clone()),
        _ => None,
    });
    let fault = fault.unwrap_or_else(|| panic!("{told:?}"));
    assert!(fault.node == "bad" && fault.times >= 1, "{fault:?}");
}

#[test]
fn solo_silences_the_others_and_undo_brings_them_back() {
    let mut rig = Rig::new();
    let mut graph = edits::empty();
    for (synth, channel) in [("a", "a.channel"), ("b", "b.channel")] {
        graph.add(synth, "keys.organ");
        graph.add(channel, "mix.channel");
        graph.connect(synth, channel);
        graph.connect(channel, "out");
    }
    rig.ask(set(graph));
    let hold = |node: &str| {
        StageCall::NoteOn(NoteOnParams { node: node.into(), pitch: 60.0, velocity: 0.8 })
    };
    rig.ask(hold("a"));
    assert!(rig.peak(20) > 0.02);
    let answer = rig.ask(param("b.channel", "solo", 1.0));
    assert_eq!(answer["value"], json!(1.0));
    rig.peak(10);
    assert_eq!(rig.peak(10), 0.0, "the other channel is silent");
    rig.ask(hold("b"));
    assert!(rig.peak(20) > 0.02, "the soloed one is heard");
    assert_eq!(
        rig.ask(StageCall::State("a.channel".into()))["state"]["params"]["solo"],
        json!(0.0)
    );
    assert_eq!(rig.refuse(param("a.channel", "silenced", 0.0)).kind, FaultKind::Invalid);
    rig.ask(StageCall::AllNotesOff(true));
    rig.peak(10);
    rig.ask(StageCall::Undo);
    rig.ask(hold("a"));
    assert!(rig.peak(20) > 0.02);
}

fn recording(path: &str, frames: usize) -> playlist::Recording {
    playlist::Recording {
        title: path.into(),
        path: path.into(),
        take_id: None,
        seconds: frames as f64 / 48_000.0,
        bpm: None,
        key: None,
        metre: None,
    }
}

#[test]
fn a_sine_over_two_recordings_has_no_seam() {
    let mut rig = Rig::new();
    let recordings =
        [recording("/first.wav", Halves::FIRST), recording("/second.wav", Halves::SECOND)];
    let playlist = playlist::plan(&recordings, &playlist::Wish::default()).unwrap();
    let open =
        StageCall::OpenPlayer { playlist: Box::new(playlist), count_in_bars: 0, start: true };
    let answer = rig.ask(open);
    assert_eq!(answer["items"].as_array().map(Vec::len), Some(2));
    let total = Halves::FIRST + Halves::SECOND;
    let heard = rig.hear(total / TURN + 20);
    // Where it began is found at the best match.
    let misfit = |offset: usize, range: std::ops::Range<usize>| {
        range
            .map(|frame| (heard[offset + frame] - Halves::sample(frame)).abs())
            .fold(0.0_f32, f32::max)
    };
    let offset = (0..4_000).find(|offset| misfit(*offset, 1_000..1_500) < 1e-4);
    let offset = offset.unwrap_or_else(|| panic!("the sine was not heard"));
    let worst = misfit(offset, 1_000..total - 1_000);
    assert!(worst < 1e-4, "off by {worst} somewhere");
    assert!(heard[offset + total + 1_000..].iter().all(|sample| *sample == 0.0));
    assert!(rig.causes().contains(&TransportCause::Ended));
    rig.ask(StageCall::ClosePlayer);
    let answer = rig.ask(StageCall::Graph);
    assert_eq!(answer["graph"]["nodes"].as_array().map(Vec::len), Some(1));
    assert_eq!(rig.ask(StageCall::Transport)["transport"]["beat"], json!(0.0));
}

#[test]
fn a_player_that_can_not_be_opened_leaves_what_plays() {
    let mut rig = Rig::new();
    rig.ask(set(piano()));
    let before = rig.ask(StageCall::Graph);
    let playlist = playlist::plan(&[recording("/gone.wav", 48_000)], &Default::default()).unwrap();
    let open =
        StageCall::OpenPlayer { playlist: Box::new(playlist), count_in_bars: 0, start: true };
    let fault = rig.refuse(open);
    assert!(fault.message.contains("gone.wav") && !fault.hint.is_empty(), "{fault:?}");
    assert_eq!(rig.ask(StageCall::Graph), before);
}

#[test]
fn another_device_is_told_of_and_an_unknown_one_changes_nothing() {
    let mut rig = Rig::new();
    let wish =
        |device: &str| DeviceSelectParams { device: Some(device.into()), ..Default::default() };
    let fault = rig.refuse(StageCall::SelectDevice(wish("nowhere")));
    assert_eq!(fault.kind, FaultKind::NotFound);
    rig.ask(set(piano()));
    rig.told();
    let answer = rig.ask(StageCall::SelectDevice(wish("headphones")));
    assert_eq!(answer["device"]["current"], json!("headphones"));
    rig.desk.step();
    let told = rig.told();
    let [Event::DeviceChanged(changed)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(changed.device.current, "headphones");
    assert_eq!(rig.desk.status().unwrap().device.wanted, "headphones");
}

#[test]
fn silence_is_told_of_seldom_and_sound_sixty_times_a_second() {
    let mut rig = Rig::new();
    rig.ask(set(piano()));
    rig.ask(StageCall::Play { from: None, count_in_bars: 0, when: Quantum::Now });
    let mut statuses = 0;
    for _ in 0..60 {
        rig.desk.step();
        while let Ok(Some(event)) = rig.events.try_next() {
            statuses += usize::from(matches!(event, Event::EngineStatus(_)));
        }
    }
    assert_eq!(statuses, 60);
    let status = rig.desk.status().unwrap();
    assert_eq!((status.buffer_frames, status.sample_rate, status.nodes), (800, 48_000, 2));
    assert!((status.latency_ms - 10.0).abs() < 1e-9);
}

#[tokio::test]
async fn a_call_too_many_is_refused_as_busy_and_the_end_is_clean() {
    let (open, gate): (SyncSender<()>, _) = sync_channel(1);
    let house = Arc::new(Workbench::default());
    *lock(&house.gate) = Some(gate);
    let stage = Stage::new(setup(house.clone(), Hub::default()));
    assert_eq!(stage.status(), None);
    let mut answers = Vec::new();
    // The first one holds the thread at the opening of the device; one may be under way and the queue fills behind it.
    for _ in 0..STAGE_QUEUE + 8 {
        let (answer, answered) = oneshot::channel();
        stage.ask(set(piano()), answer);
        answers.push(answered);
    }
    open.send(()).unwrap();
    let mut busy = 0;
    for answered in answers {
        match answered.await.unwrap() {
            Ok(_) => {}
            Err(fault) => {
                assert_eq!(fault.kind, FaultKind::Busy);
                busy += 1;
            }
        }
    }
    assert!((7..=8).contains(&busy), "{busy}");
    assert!(stage.status().is_some());
    stage.end().await;
    let fault = stage.call(StageCall::Graph).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Conflict);
}
