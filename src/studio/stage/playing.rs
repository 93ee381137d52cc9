//! The player on the stage: opening a plan, skipping on the bar, parts, takes side by side, and telling who listens what has
//! become of them. Everything goes through the desk's own graph and transport; there is no second way to the engine.

use serde_json::Value;

use crate::engine::live::{Grid, Song};
use crate::model::job::Fault;
use crate::model::node_data::NodeData;
use crate::protocol::Event;
use crate::protocol::event::{GraphChanged, PlayerChanged, TransportCause};
use crate::protocol::graph::NodeSetParamParams;
use crate::protocol::listen::{
    PlayerSetPartParams, PlayerState, PlayerSwitchParams, PlayerVerdictParams, Quantum, Verdict,
};
use crate::protocol::player::{PlayerCloseResponse, PlayerOpenResponse};

use super::super::update::to_value;
use super::comparison::{Comparison, SWITCH, is_candidate};
use super::deck::Deck;
use super::desk::Desk;
use super::error::StageError;
use super::playlist::Playlist;
use super::{edits, solo};

/// How long a switch may take to be told of before what it says is believed again.
const ARRIVAL_S: f64 = 0.25;

/// What listeners have been told last.
#[derive(Debug, Default)]
pub(super) struct Told {
    revision: u64,
    player: PlayerState,
}

impl Desk {
    /// Opens a plan in place of the whole graph.
    pub(super) fn open_player(
        &mut self,
        playlist: Playlist,
        count_in_bars: u32,
        start: bool,
    ) -> Result<Value, Fault> {
        let deck = Deck::of(&playlist);
        let keep = playlist.keep && self.deck.as_ref().is_some_and(|old| old.begins(&deck));
        // The one step that can fail for reasons of the recordings; after it the old graph is gone.
        self.replace_graph(playlist.graph)?;
        self.open();
        let is_comparison = playlist.comparison.is_some();
        self.deck = Some(deck);
        let song = Song {
            tempo: playlist.tempo,
            metres: playlist.metres,
            length_beats: playlist.length_beats,
            ..Song::default()
        };
        let looped = playlist.looped;
        if keep {
            self.order(|controller| controller.set_song(song))?;
            self.tell_transport(TransportCause::Schedule);
        } else {
            self.order(|controller| {
                controller.stop()?;
                controller.set_song(song)?;
                controller.set_loop(looped)
            })?;
            self.stopped();
            self.seek(0.0)?;
            if start {
                self.play(None, count_in_bars, Quantum::Now)?;
            } else {
                self.tell_transport(TransportCause::Schedule);
            }
        }
        if is_comparison {
            return self.player_response();
        }
        let PlayerState { items, length_s, meter, spectrum, history, parts, notes, .. } =
            self.player_state();
        let transport = self.transport();
        to_value(&PlayerOpenResponse {
            items,
            length_s,
            meter,
            spectrum,
            history,
            parts,
            transport,
            notes,
        })
    }

    /// An empty graph, and silence.
    pub(super) fn close_player(&mut self) -> Result<Value, Fault> {
        self.deck = None;
        self.replace_graph(edits::empty())?;
        let controller = &mut self.controller;
        let cleared = controller
            .stop()
            .and_then(|()| controller.set_song(Song::default()))
            .and_then(|()| controller.set_loop(None))
            .and_then(|()| controller.seek(0.0));
        cleared?;
        self.stopped();
        self.sought(0.0);
        self.tell_transport(TransportCause::Schedule);
        to_value(&PlayerCloseResponse {})
    }

    /// What is opened, with the transport.
    pub(super) fn player_response(&mut self) -> Result<Value, Fault> {
        let mut state = self.player_state();
        state.transport = self.is_open().then(|| self.transport());
        to_value(&state)
    }

    fn player_state(&self) -> PlayerState {
        match self.deck() {
            Some(deck) => deck.state(&self.graph, &self.setup.registry),
            None => PlayerState::default(),
        }
    }

    /// What is opened, if the graph still plays it.
    fn deck(&self) -> Option<&Deck> {
        self.deck.as_ref().filter(|deck| deck.is_in(&self.graph))
    }

    fn comparison(&mut self) -> Result<&mut Comparison, StageError> {
        let graph = &self.graph;
        let deck = self.deck.as_mut().filter(|deck| deck.is_in(graph));
        deck.and_then(|deck| deck.comparison.as_mut()).ok_or(StageError::NotCompared)
    }

    /// Goes on to another recording.
    pub(super) fn skip(&mut self, by: i32, when: Quantum) -> Result<Value, Fault> {
        let seconds = self.transport().seconds;
        let deck = self.deck().filter(|deck| !deck.items().is_empty());
        let items = deck.ok_or(StageError::NothingOpen)?.items();
        let here = items.iter().rposition(|item| item.start_s <= seconds + 1e-6).unwrap_or(0);
        // A second skip before the first has come about goes on from there.
        let from = self.deck().and_then(|deck| deck.skipping).unwrap_or(here);
        let wanted = i64::try_from(from).unwrap_or_default() + i64::from(by);
        let item =
            usize::try_from(wanted).ok().and_then(|wanted| Some((wanted, items.get(wanted)?)));
        let (wanted, item) = item.ok_or(StageError::NoRecording { count: items.len() })?;
        let beat = self.begins_at(&item.node, item.start_s);
        let waits = self.go(beat, when)?;
        if let Some(deck) = &mut self.deck {
            deck.skipping = waits.then_some(wanted);
        }
        if !waits {
            self.tell_transport(TransportCause::Sought);
        }
        self.player_response()
    }

    /// The beat at which a recording begins, in the tempo that holds now.
    fn begins_at(&self, node: &str, start_s: f64) -> f64 {
        let config = |key| {
            let node = edits::node(&self.graph, node).ok()?;
            node.config.get(key)?.parse::<f64>().ok()
        };
        let beat = config("start_beat").or_else(|| Some(self.tempo().beat_at(config("start_s")?)));
        beat.unwrap_or_else(|| self.tempo().beat_at(start_s)).max(0.0)
    }

    /// Goes to a beat at once, or on the next line of the music if that runs. Answers whether it waits.
    pub(super) fn go(&mut self, beat: f64, when: Quantum) -> Result<bool, Fault> {
        let grid = match when {
            Quantum::Now => None,
            Quantum::Beat => Some(Grid::Beat),
            Quantum::Bar => Some(Grid::Bar),
        };
        let moment = self.moment();
        match grid.filter(|_| moment.playing && !moment.counting_in) {
            Some(grid) => {
                self.order(|controller| controller.leap(beat, grid))?;
                Ok(true)
            }
            None => {
                self.seek(beat)?;
                Ok(false)
            }
        }
    }

    /// A jump that waited has been made.
    pub(super) fn leapt(&mut self) {
        if let Some(deck) = &mut self.deck {
            deck.skipping = None;
        }
        self.tell_transport(TransportCause::Sought);
    }

    /// Moves a part's switches. All of them are checked before the first one is moved.
    pub(super) fn set_part(&mut self, params: &PlayerSetPartParams) -> Result<Value, Fault> {
        let PlayerSetPartParams { part, mute, solo, gain_db, pan } = params;
        let node = self.deck().ok_or(StageError::NothingOpen)?.part(part)?.node.clone();
        let switch = |on: &Option<bool>| on.map(|on| f64::from(u8::from(on)));
        let wishes = [
            ("mute", switch(mute)),
            (solo::SOLO, switch(solo)),
            ("gain_db", *gain_db),
            ("pan", *pan),
        ];
        let moves = wishes.into_iter().filter_map(|(param, value)| {
            let (id, param) = (node.clone(), param.to_owned());
            Some(NodeSetParamParams { id, param, value: value?, gesture: None })
        });
        let mut moves = moves.collect::<Vec<_>>();
        if moves.len() > 1 {
            // What is asked for together is taken back together.
            let gesture = format!("{node} at {}", self.revision);
            moves.iter_mut().for_each(|wish| wish.gesture = Some(gesture.clone()));
        }
        for wish in &moves {
            edits::movement(&self.graph, wish, &self.setup.registry)?;
        }
        for wish in &moves {
            self.set_param(wish)?;
        }
        self.player_response()
    }

    /// Has another candidate heard.
    pub(super) fn switch(&mut self, params: &PlayerSwitchParams) -> Result<Value, Fault> {
        let PlayerSwitchParams { to, when } = *params;
        self.comparison()?.source(to)?;
        let quantum = match when {
            Quantum::Now => 0.0,
            Quantum::Beat => 1.0,
            Quantum::Bar => 2.0,
        };
        // In this order, for the switch looks at the one when it is told the other.
        let moves = [("quantum", quantum), ("input", f64::from(to) + 1.0)];
        let mut graph = (*self.graph).clone();
        for (param, value) in moves {
            self.order(|controller| controller.set_param(SWITCH, param, value).map(drop))?;
            for node in graph.nodes.iter_mut().filter(|node| node.id == SWITCH) {
                node.params.insert(param.to_owned(), value);
            }
        }
        // Who is heard is no edit of the graph, so there is nothing to undo.
        self.graph = std::sync::Arc::new(graph);
        self.switched_s = self.now_s();
        self.comparison()?.wanted = to;
        self.player_response()
    }

    /// The verdict as it would be kept.
    pub(super) fn weigh(
        &mut self,
        params: PlayerVerdictParams,
        created_at: f64,
    ) -> Result<Value, Fault> {
        to_value(&self.comparison()?.judge(params.best, params.note, created_at)?)
    }

    /// The library has kept a verdict, so names are told from now on.
    pub(super) fn decide(&mut self, verdict: Verdict) -> Result<Value, Fault> {
        let comparison = self.comparison()?;
        if comparison.verdict.is_none() && comparison.sources == verdict.candidates {
            comparison.verdict = Some(verdict);
        }
        self.player_response()
    }

    /// Refuses to read what would tell a name that is kept back.
    pub(super) fn may_be_read(&self, node: &str) -> Result<(), StageError> {
        match self.deck().is_some_and(Deck::is_secret) && is_candidate(node) {
            true => Err(StageError::KeptBack { node: node.to_owned() }),
            false => Ok(()),
        }
    }

    /// The graph as callers may see it.
    pub(super) fn shown_graph(&self) -> crate::model::graph::GraphSpec {
        match self.deck() {
            Some(deck) => deck.veiled(&self.graph),
            None => (*self.graph).clone(),
        }
    }

    /// Looks whether a switch has come about.
    pub(super) fn watch_switch(&mut self) {
        let since = self.now_s() - self.switched_s;
        if self.comparison().is_err() {
            return;
        }
        let Ok(NodeData::Switch(seen)) = self.controller.node_data(SWITCH, 0) else { return };
        let Ok(comparison) = self.comparison() else { return };
        comparison.active = seen.active;
        let heading = seen.pending.unwrap_or(seen.active);
        if heading != comparison.wanted && since > ARRIVAL_S {
            // Somebody has turned the switch by its param.
            comparison.wanted = heading;
        }
    }

    /// Tells every listener what has changed since the last time: the graph, the player.
    pub(super) fn tell_changes(&mut self) {
        if self.told.revision != self.revision {
            self.told.revision = self.revision;
            let revision = self.revision;
            self.setup.hub.send(&Event::GraphChanged(GraphChanged { revision }));
        }
        let player = self.player_state();
        if self.told.player != player {
            self.told.player.clone_from(&player);
            let transport = self.is_open().then(|| self.transport());
            let player = PlayerState { transport, ..player };
            self.setup.hub.send(&Event::PlayerChanged(PlayerChanged { player }));
        }
    }
}
