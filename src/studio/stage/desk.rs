//! What the stage's thread owns and does: the engine's control half, the graph with its history, the device. Each call is
//! checked whole before the engine is told anything, so a refused call leaves the sound as it was.

use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;

use crate::engine::live::{Callback, Controller, LiveError, LiveSetup, Notice, Snapshot, live};
use crate::model::graph::GraphSpec;
use crate::model::job::{Fault, FaultKind};
use crate::model::tempo::{MetreMap, TempoMap};
use crate::model::units::{Seed, gain_to_db};
use crate::protocol::Event;
use crate::protocol::device::{AudioStatus, DeviceSelectParams, DeviceSelectResponse};
use crate::protocol::event::{DeviceChanged, TransportCause, TransportChanged};
use crate::protocol::graph::{
    GraphResponse, NodeDataParams, NodeDataResponse, NodeGetStateResponse, NodeSetParamParams,
    NodeSetParamResponse,
};
use crate::protocol::listen::Quantum;
use crate::protocol::player::NodeFault;
use crate::protocol::transport::{
    NoteOnResponse, NoteResponse, Position, Region, Schedule, ScheduleSetResponse,
    TransportResponse, TransportSetTempoParams, TransportState,
};

use super::super::update::to_value;
use super::cards::Cards;
use super::comparison::SWITCH;
use super::deck::Deck;
use super::edits::{self, Edit};
use super::error::StageError;
use super::history::{Change, History};
use super::place::{self, Moment};
use super::playing::Told;
use super::watch::{Asked, Lost, Pulse};
use super::{Setup, StageCall, solo};

/// Most points of a curve that one reading gives.
const MOST_POINTS: u32 = 4_096;
/// Longest count-in in bars.
const MOST_COUNT_IN: u32 = 8;

/// The stage's own things. Thread: stage.
pub(super) struct Desk {
    pub(super) setup: Setup,
    pub(super) controller: Controller,
    /// The audio half, until a device gets it.
    callback: Option<Box<dyn Callback>>,
    /// The device, once one was opened.
    cards: Option<Box<dyn Cards>>,
    /// As callers see it; the engine's own has the channels' `silenced` besides.
    pub(super) graph: Arc<GraphSpec>,
    history: History,
    pub(super) revision: u64,
    /// What the player has opened.
    pub(super) deck: Option<Deck>,
    /// When a comparison was switched last, on the desk's clock.
    pub(super) switched_s: f64,
    pub(super) told: Told,
    snapshot: Snapshot,
    asked: Asked,
    lost: Lost,
    pulse: Pulse,
    born: Instant,
}

impl Desk {
    /// A stage with an empty graph and no device.
    pub(super) fn new(setup: Setup) -> Self {
        let (callback, controller) = live(LiveSetup {
            sample_rate: setup.audio.sample_rate,
            registry: setup.registry.clone(),
            seed: Seed(0),
        });
        Self {
            setup,
            controller,
            callback: Some(callback),
            cards: None,
            graph: Arc::new(edits::empty()),
            history: History::default(),
            revision: 0,
            deck: None,
            switched_s: f64::NEG_INFINITY,
            told: Told::default(),
            snapshot: Snapshot::default(),
            asked: Asked::default(),
            lost: Lost::default(),
            pulse: Pulse::default(),
            born: Instant::now(),
        }
    }

    /// Whether a device (or the one that stands in for it) plays.
    pub(super) fn is_open(&self) -> bool {
        self.cards.is_some()
    }

    /// The graph as the engine has it.
    #[cfg(test)]
    pub(super) fn graph(&self) -> &GraphSpec {
        self.controller.graph()
    }

    /// Does a call, and tells listeners what it has changed.
    pub(super) fn answer(&mut self, call: StageCall) -> Result<Value, Fault> {
        let only_reads = call.only_reads();
        let outcome = self.carry_out(call);
        if !only_reads {
            self.tell_changes();
        }
        outcome
    }

    fn carry_out(&mut self, call: StageCall) -> Result<Value, Fault> {
        match call {
            StageCall::Graph => self.graph_response(),
            StageCall::SetGraph(wanted) => {
                let edit = edits::replace(*wanted, &self.setup.registry)?;
                self.reshape(edit)
            }
            StageCall::Connect(params) => {
                let edit = edits::connect(&self.graph, &params, &self.setup.registry)?;
                self.reshape(edit)
            }
            StageCall::Disconnect(params) => {
                let edit = edits::disconnect(&self.graph, &params, &self.setup.registry)?;
                self.reshape(edit)
            }
            StageCall::AddNode(params) => {
                let edit = edits::add(&self.graph, &params, &self.setup.registry)?;
                self.reshape(edit)
            }
            StageCall::RemoveNode(id) => {
                let edit = edits::remove(&self.graph, &id)?;
                self.reshape(edit)
            }
            StageCall::SetState(state) => {
                let edit = edits::set_state(&self.graph, &state, &self.setup.registry)?;
                self.reshape(edit)
            }
            StageCall::Undo => self.walk(true),
            StageCall::Redo => self.walk(false),
            StageCall::SetParam(params) => self.set_param(&params),
            StageCall::State(id) => {
                let state = edits::state(&self.shown_graph(), &id, &self.setup.registry)?;
                to_value(&NodeGetStateResponse { state })
            }
            StageCall::Data(params) => self.node_data(params),
            StageCall::Transport => self.transport_response(),
            StageCall::Play { from, count_in_bars, when } => self.play(from, count_in_bars, when),
            StageCall::Stop => {
                self.order(|controller| controller.stop())?;
                self.stopped();
                self.moved(TransportCause::Stopped)
            }
            StageCall::Seek { to, when } => {
                let beat = place::beat_of(to, self.tempo(), self.metres())?;
                match self.go(beat, when)? {
                    // Listeners are told when it has come about.
                    true => self.transport_response(),
                    false => self.moved(TransportCause::Sought),
                }
            }
            StageCall::SetLoop(region) => {
                self.set_loop(region)?;
                self.moved(TransportCause::Looped)
            }
            StageCall::SetTempo(params) => self.set_tempo(params),
            StageCall::SetSchedule(schedule) => self.set_schedule(*schedule),
            StageCall::NoteOn(params) => {
                self.open();
                let (pitch, velocity) = (params.pitch, params.velocity);
                let note = self.controller.note_on(&params.node, pitch, velocity)?;
                to_value(&NoteOnResponse { note })
            }
            StageCall::NoteOff(params) => {
                self.controller.note_off(&params.node, params.note)?;
                to_value(&NoteResponse {})
            }
            StageCall::AllNotesOff(cut) => {
                let told =
                    if cut { self.controller.panic() } else { self.controller.all_notes_off() };
                told?;
                to_value(&NoteResponse {})
            }
            StageCall::SelectDevice(wish) => self.select_device(&wish),
            StageCall::OpenPlayer { playlist, count_in_bars, start } => {
                self.open_player(*playlist, count_in_bars, start)
            }
            StageCall::ClosePlayer => self.close_player(),
            StageCall::Player => self.player_response(),
            StageCall::SetPart(params) => self.set_part(&params),
            StageCall::Skip { by, when } => self.skip(by, when),
            StageCall::Switch(params) => self.switch(&params),
            StageCall::Weigh { params, created_at } => self.weigh(params, created_at),
            StageCall::Decide(verdict) => self.decide(*verdict),
        }
    }

    /// Looks at the engine and the device, and tells what has happened.
    pub(super) fn step(&mut self) {
        for notice in self.controller.poll() {
            match notice {
                Notice::Broken { node, times } => {
                    tracing::warn!("the node {node} broke down ({times} times)");
                    self.setup.hub.send(&Event::NodeFault(NodeFault { node, times }));
                }
                Notice::Xrun(xrun) => self.lost.count(xrun),
                Notice::Leapt => self.leapt(),
                Notice::Ended => self.ended(),
                Notice::LatencyChanged { node, frames } => {
                    tracing::debug!("the node {node} has a latency of {frames} frames now");
                }
            }
        }
        if self.cards.as_mut().is_some_and(|cards| cards.poll()) {
            self.device_changed();
        }
        self.watch_switch();
        self.tell_changes();
        let now = self.now_s();
        if let Some(event) = self.lost.tell(now) {
            self.setup.hub.send(&Event::EngineXrun(event));
        }
        if let Some(status) = self.status() {
            let sounds = status.peak_db.iter().any(Option::is_some);
            if self.pulse.beat(status.transport.playing || sounds, now) {
                self.setup.hub.send(&Event::EngineStatus(status));
            }
        }
    }

    /// How the sound is; `None` until a device was opened.
    pub(super) fn status(&mut self) -> Option<AudioStatus> {
        let transport = self.transport();
        let cards = self.cards.as_ref()?;
        let report = cards.report();
        let rate = self.setup.audio.sample_rate;
        let ahead_s = f64::from(self.controller.latency()) / rate.as_f64();
        Some(AudioStatus {
            device: cards.state(),
            sample_rate: rate.get(),
            buffer_frames: report.buffer_frames,
            latency_ms: (report.latency_s + ahead_s) * 1_000.0,
            load: report.load,
            xruns: self.lost.counts(u64::from(self.snapshot.xruns)),
            realtime: report.realtime,
            realtime_note: report.realtime_note,
            transport,
            peak_db: self.snapshot.peaks.map(decibels),
            nodes: u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX),
            revision: self.revision,
        })
    }

    /// Lets go of the device.
    pub(super) fn close(mut self) {
        if let Some(cards) = &mut self.cards {
            cards.stop();
        }
    }

    /// Opens the device, if that was not done yet.
    pub(super) fn open(&mut self) {
        if let Some(callback) = self.callback.take() {
            let mut cards = self.setup.house.cards(&self.setup.audio);
            cards.start(callback);
            self.cards = Some(cards);
            self.device_changed();
        }
    }

    fn device_changed(&self) {
        if let Some(cards) = &self.cards {
            let device = cards.state();
            tracing::info!("sound: {} ({})", device.message, device.current);
            self.setup.hub.send(&Event::DeviceChanged(DeviceChanged { device }));
        }
    }

    pub(super) fn now_s(&self) -> f64 {
        self.born.elapsed().as_secs_f64()
    }

    pub(super) fn tempo(&self) -> &TempoMap {
        &self.controller.song().tempo
    }

    fn metres(&self) -> &MetreMap {
        &self.controller.song().metres
    }

    /// Tells the engine something about the transport, on a device that plays.
    pub(super) fn order(
        &mut self,
        tell: impl FnOnce(&mut Controller) -> Result<(), LiveError>,
    ) -> Result<(), Fault> {
        self.open();
        Ok(tell(&mut self.controller)?)
    }
}

/// The graph.
impl Desk {
    /// Changes over to another graph, and remembers the way back.
    fn reshape(&mut self, edit: Edit) -> Result<Value, Fault> {
        let after = Arc::new(edit.graph);
        self.show(&after)?;
        self.history.reshape(edit.label, self.graph.clone(), after.clone());
        self.graph = after;
        self.revision += 1;
        self.open();
        self.graph_response()
    }

    /// Another graph in place of this one and of its past.
    pub(super) fn replace_graph(&mut self, graph: GraphSpec) -> Result<(), Fault> {
        let assets = self.setup.assets.clone();
        self.controller.set_graph(&solo::applied(&graph), assets.as_ref())?;
        self.graph = Arc::new(graph);
        self.history.clear();
        self.revision += 1;
        Ok(())
    }

    /// Gives a graph to the engine.
    fn show(&mut self, graph: &GraphSpec) -> Result<(), Fault> {
        let assets = self.setup.assets.clone();
        let mut applied = solo::applied(graph);
        // Who is heard of takes side by side is no edit, so an older graph does not know it.
        let current = self.graph.nodes.iter().find(|node| node.id == SWITCH);
        for node in applied.nodes.iter_mut().filter(|node| node.id == SWITCH) {
            if let Some(current) = current.filter(|current| current.kind == node.kind) {
                node.params.clone_from(&current.params);
            }
        }
        Ok(self.controller.set_graph(&applied, assets.as_ref())?)
    }

    /// Goes a step back or ahead in the history.
    fn walk(&mut self, back: bool) -> Result<Value, Fault> {
        let (step, nothing) = if back {
            (self.history.behind(), StageError::NothingToUndo)
        } else {
            (self.history.ahead(), StageError::NothingToRedo)
        };
        let wanted = match step.map(|step| &step.change) {
            None => return Err(nothing.into()),
            Some(Change::Graph { before, .. }) if back => before.clone(),
            Some(Change::Graph { after, .. }) => after.clone(),
            Some(Change::Params(moved)) => {
                let mut graph = (*self.graph).clone();
                moved.iter().for_each(|moved| moved.apply(&mut graph, back));
                Arc::new(graph)
            }
        };
        self.show(&wanted)?;
        if back {
            self.history.undone()
        } else {
            self.history.redone()
        }
        self.graph = wanted;
        self.revision += 1;
        self.open();
        self.graph_response()
    }

    pub(super) fn set_param(&mut self, params: &NodeSetParamParams) -> Result<Value, Fault> {
        let moved = edits::movement(&self.graph, params, &self.setup.registry)?;
        let mut graph = (*self.graph).clone();
        moved.apply(&mut graph, false);
        let is_solo = moved.param == solo::SOLO
            && edits::node(&graph, &moved.node).is_ok_and(|node| node.kind == solo::CHANNEL);
        if is_solo {
            // Whether the other channels are silenced follows from it.
            self.show(&graph)?;
        } else {
            self.controller.set_param(&moved.node, &moved.param, params.value)?;
        }
        let now = self.now_s();
        self.history.move_param(moved, params.gesture.as_deref(), now);
        self.graph = Arc::new(graph);
        self.revision += 1;
        self.open();
        to_value(&NodeSetParamResponse { value: params.value, revision: self.revision })
    }

    fn node_data(&mut self, params: NodeDataParams) -> Result<Value, Fault> {
        let NodeDataParams { id, points } = params;
        edits::node(&self.graph, &id)?;
        self.may_be_read(&id)?;
        place::in_range("points", f64::from(points), 0.0, f64::from(MOST_POINTS))?;
        let points = usize::try_from(points).unwrap_or_default();
        let data = self.controller.node_data(&id, points)?;
        to_value(&NodeDataResponse { id, data })
    }

    fn graph_response(&self) -> Result<Value, Fault> {
        let label = |step: Option<&super::history::Step>| step.map(|step| step.label.clone());
        to_value(&GraphResponse {
            graph: self.shown_graph(),
            revision: self.revision,
            undo: label(self.history.behind()),
            redo: label(self.history.ahead()),
            latency_frames: self.controller.latency(),
        })
    }
}

/// The transport.
impl Desk {
    pub(super) fn play(
        &mut self,
        from: Option<Position>,
        count_in_bars: u32,
        when: Quantum,
    ) -> Result<Value, Fault> {
        let (bars, most) = (f64::from(count_in_bars), f64::from(MOST_COUNT_IN));
        place::in_range("the count-in in bars", bars, 0.0, most)?;
        let from =
            from.map(|from| place::beat_of(from, self.tempo(), self.metres())).transpose()?;
        // From the end there would be nothing to hear, so it begins again.
        let length = self.controller.song().length_beats;
        let at_end = length > 0.0 && self.moment().beat >= length - 1e-6;
        if let Some(beat) = from.or(at_end.then_some(0.0)) {
            self.go(beat, when)?;
        }
        let counts_in = count_in_bars > 0 && !self.snapshot.playing;
        self.order(|controller| controller.play(count_in_bars))?;
        let now = self.now_s();
        self.asked.play(true, counts_in, now);
        self.moved(TransportCause::Played)
    }

    pub(super) fn seek(&mut self, beat: f64) -> Result<(), Fault> {
        self.order(|controller| controller.seek(beat))?;
        self.sought(beat);
        Ok(())
    }

    /// The engine was told to go to a beat at once, so what waited for its bar is forgotten.
    pub(super) fn sought(&mut self, beat: f64) {
        let now = self.now_s();
        self.asked.seek(beat, now);
        if let Some(deck) = &mut self.deck {
            deck.skipping = None;
        }
    }

    /// The engine was told to stand.
    pub(super) fn stopped(&mut self) {
        let now = self.now_s();
        self.asked.play(false, false, now);
        if let Some(deck) = &mut self.deck {
            deck.skipping = None;
        }
    }

    fn set_loop(&mut self, region: Option<Region>) -> Result<(), Fault> {
        let region = region
            .map(|region| place::region_of(region, self.tempo(), self.metres()))
            .transpose()?;
        self.order(|controller| controller.set_loop(region))
    }

    fn set_tempo(&mut self, params: TransportSetTempoParams) -> Result<Value, Fault> {
        let tempo = match (params.bpm, params.tempo) {
            (Some(bpm), None) => TempoMap::constant(bpm),
            (None, Some(points)) => place::tempo_of(points)?,
            _ => return Err(StageError::OneOf { choices: "bpm and tempo" }.into()),
        };
        self.order(|controller| controller.set_tempo(tempo))?;
        self.moved(TransportCause::Tempo)
    }

    fn set_schedule(&mut self, schedule: Schedule) -> Result<Value, Fault> {
        let song = place::song_of(schedule, self.tempo(), self.metres())?;
        let parts = u32::try_from(song.parts.len()).unwrap_or(u32::MAX);
        let notes = song.parts.iter().map(|part| part.notes.len() as u64).sum();
        let length_beats = song.length_beats;
        self.order(|controller| controller.set_song(song))?;
        self.moved(TransportCause::Schedule)?;
        let length_s = self.tempo().seconds_at(length_beats);
        to_value(&ScheduleSetResponse { parts, notes, length_beats, length_s })
    }

    /// The song has come to its end.
    fn ended(&mut self) {
        if let Err(error) = self.controller.stop() {
            tracing::warn!("the transport could not be stopped at the end: {error}");
        }
        self.stopped();
        self.tell_transport(TransportCause::Ended);
    }

    /// Tells every listener that the transport has changed, and gives the answer to who changed it.
    fn moved(&mut self, cause: TransportCause) -> Result<Value, Fault> {
        self.tell_transport(cause);
        self.transport_response()
    }

    pub(super) fn tell_transport(&mut self, cause: TransportCause) {
        let transport = self.transport();
        self.setup.hub.send(&Event::TransportChanged(TransportChanged { cause, transport }));
    }

    fn transport_response(&mut self) -> Result<Value, Fault> {
        to_value(&TransportResponse { transport: self.transport() })
    }

    pub(super) fn transport(&mut self) -> TransportState {
        let moment = self.moment();
        let song = self.controller.song();
        place::state_at(moment, &song.tempo, &song.metres, song.length_beats)
    }

    pub(super) fn moment(&mut self) -> Moment {
        self.snapshot = *self.controller.snapshot();
        let seen = Moment {
            beat: self.snapshot.beat,
            playing: self.snapshot.playing || self.snapshot.counting_in,
            counting_in: self.snapshot.counting_in,
            looped: self.controller.region(),
        };
        let now = self.now_s();
        self.asked.settle(seen, self.snapshot.bpm, now)
    }
}

/// The device.
impl Desk {
    fn select_device(&mut self, wish: &DeviceSelectParams) -> Result<Value, Fault> {
        let frames = wish.buffer_frames.unwrap_or(0);
        if frames != 0 {
            place::in_range("buffer_frames", f64::from(frames), 16.0, 8_192.0)?;
        }
        match &mut self.cards {
            Some(cards) => cards.select(wish)?,
            None => {
                let mut cards = self.setup.house.cards(&self.setup.audio);
                cards.select(wish)?;
                if let Some(callback) = self.callback.take() {
                    cards.start(callback);
                }
                self.cards = Some(cards);
            }
        }
        self.device_changed();
        let audio = &mut self.setup.audio;
        if let Some(device) = &wish.device {
            audio.device.clone_from(device);
        }
        if let Some(input) = &wish.input {
            audio.input.clone_from(input);
        }
        if let Some(frames) = wish.buffer_frames {
            audio.buffer_frames = Some(frames).filter(|frames| *frames > 0);
        }
        match &self.cards {
            Some(cards) => to_value(&DeviceSelectResponse { device: cards.state() }),
            None => Err(Fault::new(FaultKind::Internal, "the device was lost while it was chosen")),
        }
    }
}

/// A linear peak in dBFS to a hundredth; `None` for silence (below -120 dBFS).
fn decibels(peak: f32) -> Option<f64> {
    let db = gain_to_db(f64::from(peak));
    (db > -120.0).then(|| (db * 100.0).round() / 100.0)
}
