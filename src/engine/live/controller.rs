//! The control half of the engine: compiles graphs and songs, orders, listens, and frees what the audio thread is done
//! with. Nothing here waits for the audio thread.

use std::sync::Arc;

use super::super::assets::{Assets, NO_ASSETS};
use super::super::body::Body;
use super::super::node::{Event, Handle, Monitor};
use super::super::plan::{Draft, Ground, draft, most_similar};
use super::super::runner::Runner;
use super::super::schedule::Schedule;
use super::super::wiring::{Origin, Wiring};
use super::command::{Command, ControlEnds, News};
use super::swap::{Fate, LivePlan, Swap, Topology, compare, heirs};
use super::{Grid, LiveError, LiveSetup, Notice, Snapshot, Song};
use crate::model::graph::{GraphSpec, NodeSpec};
use crate::model::node_data::NodeData;
use crate::model::tempo::TempoMap;

/// Places in the queue of commands that are kept free for changes of the graph and of the transport.
const RESERVE: usize = 64;
/// Notes that are played live have ids from here on; those of the schedule lie below.
const FIRST_LIVE_NOTE: u32 = 1 << 31;

/// The control half. Thread: control; it may move between threads, and all its calls return at once.
pub struct Controller {
    setup: LiveSetup,
    ends: ControlEnds,
    graph: GraphSpec,
    topology: Topology,
    /// In running order, as the schedule wants them.
    handles: Vec<Handle>,
    /// Beside `handles`.
    nodes: Vec<Kept>,
    latency: u32,
    song: Song,
    schedule: Arc<Schedule>,
    /// The loop in beats.
    region: Option<(f64, f64)>,
    next_key: u32,
    next_note: u32,
    snapshot: Snapshot,
}

/// What is remembered of a running node besides its handle.
struct Kept {
    key: u32,
    /// As it was built; a node of another type or config is another node.
    spec: NodeSpec,
    monitor: Option<Box<dyn Monitor>>,
}

impl Controller {
    pub(super) fn new(setup: LiveSetup, ends: ControlEnds) -> Self {
        Self {
            schedule: Arc::new(Schedule::empty(0, setup.sample_rate)),
            setup,
            ends,
            graph: GraphSpec::default(),
            topology: Topology::default(),
            handles: Vec::new(),
            nodes: Vec::new(),
            latency: 0,
            song: Song::default(),
            region: None,
            next_key: 0,
            next_note: FIRST_LIVE_NOTE,
            snapshot: Snapshot::default(),
        }
    }

    /// The graph that is played, with its params as they are now.
    pub fn graph(&self) -> &GraphSpec {
        &self.graph
    }

    /// The song.
    pub fn song(&self) -> &Song {
        &self.song
    }

    /// The control halves of the nodes, in running order.
    pub fn handles(&self) -> &[Handle] {
        &self.handles
    }

    /// Frames by which what is heard lags behind the transport, the device left out.
    pub fn latency(&self) -> u32 {
        self.latency
    }

    /// The loop in beats.
    pub fn region(&self) -> Option<(f64, f64)> {
        self.region
    }

    /// Compiles a graph and changes over to it without a click. Nodes with the id, the type and the config of one that
    /// runs are that one, with all its sound and state; their params move to the new values. A graph without any nodes is
    /// silence. Errors leave everything as it is.
    pub fn set_graph(&mut self, graph: &GraphSpec, assets: &dyn Assets) -> Result<(), LiveError> {
        let ground = Ground {
            registry: &self.setup.registry,
            sample_rate: self.setup.sample_rate,
            seed: self.setup.seed,
            assets,
        };
        let kept = |spec: &NodeSpec| {
            let found =
                self.nodes.iter().zip(&self.handles).find(|(node, _)| is_same(&node.spec, spec));
            found.map(|(_, handle)| handle.latency)
        };
        let draft = if graph.nodes.is_empty() && graph.connections.is_empty() {
            None
        } else {
            Some(draft(graph, &ground, &kept)?)
        };
        let moves = self.moves_to(graph);
        // Looked at before anything is sent, so that a full queue leaves everything as it is. The queue only empties
        // meanwhile, because nobody else fills it.
        if !moves.is_empty() && self.ends.commands.slots() <= RESERVE + moves.len() + 1 {
            return Err(LiveError::Busy);
        }
        self.change_graph(graph, draft)?;
        for (node, param, value) in moves {
            self.set_param(&node, &param, value)?;
        }
        self.graph = graph.clone();
        Ok(())
    }

    /// The params of kept nodes that a graph would change.
    fn moves_to(&self, graph: &GraphSpec) -> Vec<(String, String, f64)> {
        let mut moves = Vec::new();
        for (kept, handle) in self.nodes.iter().zip(&self.handles) {
            let Some(spec) = graph.nodes.iter().find(|spec| is_same(&kept.spec, spec)) else {
                continue;
            };
            for param in handle.descriptor.params {
                let wanted = spec.params.get(param.id).copied().filter(|value| !value.is_nan());
                let wanted =
                    wanted.map_or(param.default, |v| (v as f32).clamp(param.min, param.max));
                if handle.params.get(param.id).is_some_and(|now| *now != wanted) {
                    moves.push((handle.id.clone(), param.id.to_owned(), f64::from(wanted)));
                }
            }
        }
        moves
    }

    /// Hands a drafted graph to the audio thread.
    fn change_graph(&mut self, graph: &GraphSpec, draft: Option<Draft>) -> Result<(), LiveError> {
        if self.ends.commands.is_full() {
            return Err(LiveError::Busy);
        }
        let rate = self.setup.sample_rate;
        let Some(Draft { layout, nodes: drafted }) = draft else {
            let schedule = Arc::new(self.time(&self.song, &[])?);
            return self.send_plan(
                LivePlan::empty(schedule),
                Topology::default(),
                Vec::new(),
                Vec::new(),
                0,
            );
        };
        let mut keys = Vec::with_capacity(drafted.len());
        let (mut runners, mut handles, mut nodes) = (Vec::new(), Vec::new(), Vec::new());
        for (node, step) in drafted.into_iter().zip(&layout.steps) {
            let spec = graph.nodes.iter().find(|spec| spec.id == node.handle.id);
            let spec = NodeSpec { params: Default::default(), ..spec.cloned().unwrap_or_default() };
            match node.processor {
                Some(mut processor) => {
                    let key = self.next_key;
                    self.next_key += 1;
                    let monitor = processor.monitor();
                    let wiring = Wiring::new(step, |_, _| Origin::New);
                    runners.push(Some(Box::new(Runner::new(processor, wiring, rate.as_f64()))));
                    keys.push(key);
                    nodes.push(Kept { key, spec, monitor });
                    handles.push(node.handle);
                }
                None => {
                    let place = self.nodes.iter().position(|kept| is_same(&kept.spec, &spec));
                    let running =
                        place.and_then(|p| self.nodes.get_mut(p).zip(self.handles.get(p)));
                    let Some((running, handle)) = running else { continue };
                    runners.push(None);
                    keys.push(running.key);
                    nodes.push(Kept { key: running.key, spec, monitor: None });
                    handles.push(Handle { latency: node.handle.latency, ..handle.clone() });
                }
            }
        }
        let schedule = Arc::new(self.time(&self.song, &handles)?);
        let mut places = keys.iter().copied().zip(0..).collect::<Vec<_>>();
        places.sort_unstable();
        let plan = LivePlan {
            steps: layout.steps.clone(),
            runners,
            places,
            keys: keys.clone(),
            out: layout.out,
            body: Body::new(layout.slots, 0),
            schedule,
            heirs: Vec::new(),
        };
        let topology = Topology { steps: layout.steps, keys };
        // The monitors of kept nodes move only now, when nothing can fail any more.
        self.send_plan(plan, topology, handles, nodes, layout.latency)
    }

    fn send_plan(
        &mut self,
        mut plan: LivePlan,
        topology: Topology,
        handles: Vec<Handle>,
        mut nodes: Vec<Kept>,
        latency: u32,
    ) -> Result<(), LiveError> {
        let difference = compare(&self.topology, &topology);
        plan.heirs = heirs(&self.topology, &topology, &difference.origins);
        let schedule = plan.schedule.clone();
        let region = self.frames_of(self.region, &schedule);
        let swap =
            Swap { plan: Box::new(plan), leaving: difference.leaving, fate: Fate::Kept, region };
        self.ends.commands.push(Command::Swap(Box::new(swap))).map_err(|_| LiveError::Busy)?;
        for node in &mut nodes {
            if let Some(old) = self.nodes.iter_mut().find(|old| old.key == node.key) {
                node.monitor = old.monitor.take();
            }
        }
        (self.topology, self.handles, self.nodes) = (topology, handles, nodes);
        (self.schedule, self.latency) = (schedule, latency);
        Ok(())
    }

    /// Plays another song from where the transport is. Errors: the parts and lanes don't fit the graph; then nothing
    /// changes. Parts of nodes that are not in the graph are refused here, and only fall silent when a node leaves later.
    pub fn set_song(&mut self, song: Song) -> Result<(), LiveError> {
        let rate = self.setup.sample_rate;
        Schedule::of_song(&song, &self.handles, rate)?;
        self.change_song(song, Fate::Replaced)
    }

    /// Another tempo, at the same beat. Notes that sound go on.
    pub fn set_tempo(&mut self, tempo: TempoMap) -> Result<(), LiveError> {
        let song = Song { tempo, ..self.song.clone() };
        self.change_song(song, Fate::Retimed)
    }

    fn change_song(&mut self, song: Song, fate: Fate) -> Result<(), LiveError> {
        let schedule = Arc::new(self.time(&song, &self.handles)?);
        // The plan stays, so the "new" one has the same shape, and every node is an heir.
        let plan = LivePlan {
            steps: self.topology.steps.clone(),
            runners: self.topology.steps.iter().map(|_| None).collect(),
            places: {
                let mut places = self.topology.keys.iter().copied().zip(0..).collect::<Vec<_>>();
                places.sort_unstable();
                places
            },
            keys: self.topology.keys.clone(),
            out: self
                .topology
                .steps
                .iter()
                .position(|step| step.id == super::super::plan::OUT)
                .unwrap_or(usize::MAX),
            body: Body::new(slots_of(&self.topology), 0),
            schedule: schedule.clone(),
            heirs: heirs(
                &self.topology,
                &self.topology,
                &compare(&self.topology, &self.topology).origins,
            ),
        };
        let region = self.frames_of(self.region, &schedule);
        let swap = Swap { plan: Box::new(plan), leaving: Vec::new(), fate, region };
        self.ends.commands.push(Command::Swap(Box::new(swap))).map_err(|_| LiveError::Busy)?;
        (self.song, self.schedule) = (song, schedule);
        Ok(())
    }

    /// Times a song against nodes; what belongs to none of them is left out.
    fn time(&self, song: &Song, handles: &[Handle]) -> Result<Schedule, LiveError> {
        let has = |id: &str| handles.iter().any(|handle| handle.id == id);
        let mut song = song.clone();
        for part in &mut song.parts {
            if !handles.iter().any(|h| h.id == part.id && h.descriptor.takes_notes) {
                part.notes.clear();
            }
            part.controls.retain(|control| has(&control.node));
        }
        song.lanes.retain(|lane| has(&lane.node));
        Ok(Schedule::of_song(&song, handles, self.setup.sample_rate)?)
    }

    fn frames_of(&self, region: Option<(f64, f64)>, schedule: &Schedule) -> Option<(u64, u64)> {
        let transport = schedule.transport();
        region.map(|(start, end)| (transport.frame_at(start), transport.frame_at(end)))
    }

    fn find(&self, node: &str) -> Result<usize, LiveError> {
        let ids = || self.handles.iter().map(|handle| handle.id.as_str());
        ids().position(|id| id == node).ok_or_else(|| LiveError::UnknownNode {
            node: node.to_owned(),
            similar: most_similar(node, ids()),
        })
    }

    fn order(&mut self, command: Command) -> Result<(), LiveError> {
        let least = if matches!(command, Command::Event { .. }) { RESERVE } else { 0 };
        if self.ends.commands.slots() <= least {
            return Err(LiveError::Busy);
        }
        self.ends.commands.push(command).map_err(|_| LiveError::Busy)
    }

    fn send(&mut self, place: usize, event: Event) -> Result<(), LiveError> {
        let Some(key) = self.nodes.get(place).map(|node| node.key) else { return Ok(()) };
        self.order(Command::Event { key, event })
    }

    /// Moves a param; the value is clamped to the param's range, and answered as it is now.
    pub fn set_param(&mut self, node: &str, param: &str, value: f64) -> Result<f64, LiveError> {
        let place = self.find(node)?;
        if value.is_nan() {
            let wanted = "Give a number in the param's range.";
            return Err(LiveError::BadNumber { what: "a param", value, wanted });
        }
        let Some(handle) = self.handles.get_mut(place) else { return Ok(value) };
        let Some(event) = handle.clone().set_param(param, value as f32) else {
            let params = handle.descriptor.params.iter();
            return Err(LiveError::UnknownParam {
                node: node.to_owned(),
                kind: handle.descriptor.id,
                param: param.to_owned(),
                known: params.map(|p| p.id).collect::<Vec<_>>().join(", "),
            });
        };
        self.send(place, event)?;
        let Event::Param { value, .. } = event else { return Ok(value) };
        if let Some(handle) = self.handles.get_mut(place) {
            handle.set_param(param, value);
        }
        if let Some(spec) = self.graph.nodes.iter_mut().find(|spec| spec.id == node) {
            spec.params.insert(param.to_owned(), f64::from(value));
        }
        Ok(f64::from(value))
    }

    /// Plays a note at once, beside the song: `pitch` 0 to 127 (60 is C4, fractions are cents), `velocity` above 0 up to
    /// 1. Answers the name by which to release it.
    pub fn note_on(&mut self, node: &str, pitch: f32, velocity: f32) -> Result<u32, LiveError> {
        let place = self.find_instrument(node)?;
        let bad =
            |what, value: f32, wanted| LiveError::BadNumber { what, value: value.into(), wanted };
        if !(0.0..=127.0).contains(&pitch) {
            return Err(bad("a pitch", pitch, "Pitches go from 0 to 127; 60 is middle C."));
        }
        if !(velocity > 0.0 && velocity <= 1.0) {
            return Err(bad("a velocity", velocity, "Velocities go from above 0 to 1."));
        }
        let note = self.next_note;
        self.send(place, Event::NoteOn { note, pitch, velocity })?;
        self.next_note = note.checked_add(1).unwrap_or(FIRST_LIVE_NOTE);
        Ok(note)
    }

    /// Releases a note.
    pub fn note_off(&mut self, node: &str, note: u32) -> Result<(), LiveError> {
        let place = self.find_instrument(node)?;
        self.send(place, Event::NoteOff { note })
    }

    fn find_instrument(&self, node: &str) -> Result<usize, LiveError> {
        let place = self.find(node)?;
        match self.handles.get(place).map(|handle| handle.descriptor) {
            Some(descriptor) if !descriptor.takes_notes => {
                Err(LiveError::NotPlayable { node: node.to_owned(), kind: descriptor.id })
            }
            _ => Ok(place),
        }
    }

    /// Releases all notes of all nodes.
    pub fn all_notes_off(&mut self) -> Result<(), LiveError> {
        self.order(Command::AllNotesOff)
    }

    /// Ends all sound within 6 ms: notes, tails and echoes.
    pub fn panic(&mut self) -> Result<(), LiveError> {
        self.order(Command::Panic)
    }

    /// Runs the transport from where it stands, after so many bars of count-in.
    pub fn play(&mut self, count_in_bars: u32) -> Result<(), LiveError> {
        let position = self.snapshot().position;
        let transport = self.schedule.transport();
        let time = transport.time_at(position);
        let beats = f64::from(count_in_bars.min(16)) * time.metre.bar_beats();
        let frames = beats * 60.0 / time.bpm * transport.sample_rate().as_f64();
        self.order(Command::Play(libm::round(frames) as u64))
    }

    /// Stops the transport where it is, and releases what the song has sounding.
    pub fn stop(&mut self) -> Result<(), LiveError> {
        self.order(Command::Stop)
    }

    /// Goes to a beat, 0 or later.
    pub fn seek(&mut self, beat: f64) -> Result<(), LiveError> {
        let frame = self.schedule.transport().frame_at(check_beat(beat)?);
        self.order(Command::Seek(frame))
    }

    /// Goes to a beat, 0 or later, exactly when the next bar or beat begins, or the loop ends; at once while the transport
    /// stands. [`Notice::Leapt`] tells when. A seek or a stop takes it back.
    pub fn leap(&mut self, beat: f64, grid: Grid) -> Result<(), LiveError> {
        let to = self.schedule.transport().frame_at(check_beat(beat)?);
        self.order(Command::Leap { to, grid })
    }

    /// Loops between two beats, or not at all. The loop holds from when the transport comes to its end.
    pub fn set_loop(&mut self, region: Option<(f64, f64)>) -> Result<(), LiveError> {
        if let Some((start, end)) = region {
            let (start, end) = (check_beat(start)?, check_beat(end)?);
            if end - start < SHORTEST_LOOP {
                let wanted =
                    "A loop is at least a 64th note long (1/16 beat), and ends after its start.";
                return Err(LiveError::BadNumber {
                    what: "the length of a loop",
                    value: end - start,
                    wanted,
                });
            }
        }
        self.order(Command::Region(self.frames_of(region, &self.schedule)))?;
        self.region = region;
        Ok(())
    }

    /// What has happened since the last call. Also frees what the audio thread has sent back, and brings paths in line
    /// whose latency has changed; call it at least a few times a second.
    pub fn poll(&mut self) -> Vec<Notice> {
        while let Ok(old) = self.ends.garbage.pop() {
            drop(old);
        }
        let mut notices = Vec::new();
        let mut late = false;
        while let Ok(news) = self.ends.news.pop() {
            match news {
                News::Broken { key, times } => {
                    notices.extend(self.id_of(key).map(|node| Notice::Broken { node, times }));
                }
                News::Latency { key, frames } => {
                    let place = self.nodes.iter().position(|node| node.key == key);
                    if let Some(handle) = place.and_then(|place| self.handles.get_mut(place)) {
                        handle.latency = frames;
                        late = true;
                        notices.push(Notice::LatencyChanged { node: handle.id.clone(), frames });
                    }
                }
                News::Xrun(xrun) => notices.push(Notice::Xrun(xrun)),
                News::Leapt => notices.push(Notice::Leapt),
                News::Ended => notices.push(Notice::Ended),
            }
        }
        if late {
            let graph = self.graph.clone();
            // All nodes are kept, so nothing is built, and nothing can fail but for want of room. Then the delays stay as
            // they were until the graph is changed the next time.
            let _ = self.set_graph(&graph, &NO_ASSETS);
        }
        notices
    }

    fn id_of(&self, key: u32) -> Option<String> {
        let place = self.nodes.iter().position(|node| node.key == key)?;
        self.handles.get(place).map(|handle| handle.id.clone())
    }

    /// Where the engine is, as of the latest callback.
    pub fn snapshot(&mut self) -> &Snapshot {
        self.snapshot = *self.ends.snapshot.read();
        &self.snapshot
    }

    /// Reads a node that measures or plays something; `points` as in [`Monitor::read`].
    pub fn node_data(&mut self, node: &str, points: usize) -> Result<NodeData, LiveError> {
        let place = self.find(node)?;
        let monitor = self.nodes.get_mut(place).and_then(|node| node.monitor.as_mut());
        match (monitor, self.handles.get(place)) {
            (Some(monitor), _) => Ok(monitor.read(points)),
            (None, handle) => Err(LiveError::NoData {
                node: node.to_owned(),
                kind: handle.map_or("", |handle| handle.descriptor.id),
            }),
        }
    }
}

/// Shortest loop in beats. Even at 999 BPM it is longer than a block.
const SHORTEST_LOOP: f64 = 1.0 / 16.0;

fn check_beat(beat: f64) -> Result<f64, LiveError> {
    if (0.0..=1e7).contains(&beat) {
        return Ok(beat);
    }
    let wanted = "Beats go from 0 to ten million.";
    Err(LiveError::BadNumber { what: "a beat", value: beat, wanted })
}

/// Whether a spec means the node that was built of another: same id, type and config.
fn is_same(built: &NodeSpec, spec: &NodeSpec) -> bool {
    built.id == spec.id && built.kind == spec.kind && built.config == spec.config
}

/// How many buffers a plan needs.
fn slots_of(topology: &Topology) -> usize {
    let slots = topology.steps.iter().flat_map(|step| &step.outputs);
    slots.max().map_or(0, |last| last + 1)
}
