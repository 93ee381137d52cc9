//! What the player has opened, as callers see it: recordings in a row, the parts of a take, or takes side by side. Pure; what
//! a part's switches stand at is read from the graph, so an undo or a param that was moved elsewhere shows here too.

use crate::engine::nodes::Registry;
use crate::model::graph::GraphSpec;
use crate::protocol::listen::{PlayerPart, PlayerState};
use crate::protocol::player::PlayerItem;

use super::comparison::{Comparison, SWITCH, is_candidate};
use super::edits;
use super::error::StageError;
use super::parts::PartPlace;
use super::playlist::{HISTORY, METER, Playlist, SPECTRUM};

/// What stands where the name of a file is kept back.
const KEPT_BACK: &str = "kept back until the verdict";

/// What is opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Deck {
    items: Vec<PlayerItem>,
    parts: Vec<PartPlace>,
    /// Takes side by side.
    pub comparison: Option<Comparison>,
    chain: Option<String>,
    length_s: f64,
    notes: Vec<String>,
    /// The recording that a skip which waits for its bar goes to.
    pub skipping: Option<usize>,
    /// Nodes without which nothing of this plays any more.
    own: Vec<String>,
}

impl Deck {
    /// Whether another deck begins with all that this one plays one after another, so that it may take over.
    pub fn begins(&self, other: &Self) -> bool {
        let plain = |deck: &Self| deck.comparison.is_none() && deck.parts.is_empty();
        let same = |(old, new): (&PlayerItem, &PlayerItem)| {
            old.path == new.path && (old.seconds - new.seconds).abs() < 1e-9
        };
        plain(self)
            && plain(other)
            && self.chain == other.chain
            && self.items.len() <= other.items.len()
            && self.items.iter().zip(&other.items).all(same)
    }

    /// What a plan opens.
    pub fn of(playlist: &Playlist) -> Self {
        let own = playlist.graph.nodes.iter().map(|node| node.id.as_str());
        let is_own = |id: &&str| {
            is_candidate(id) || *id == SWITCH || playlist.items.iter().any(|item| item.node == **id)
        };
        Self {
            items: playlist.items.clone(),
            parts: playlist.parts.clone(),
            comparison: playlist.comparison.clone(),
            chain: playlist.chain.clone(),
            length_s: playlist.length_s,
            notes: playlist.notes.clone(),
            skipping: None,
            own: own.filter(is_own).map(str::to_owned).collect(),
        }
    }

    /// Whether a graph still plays it.
    pub fn is_in(&self, graph: &GraphSpec) -> bool {
        self.own.iter().all(|id| graph.nodes.iter().any(|node| node.id == *id))
    }

    /// The recordings in a row.
    pub fn items(&self) -> &[PlayerItem] {
        &self.items
    }

    /// Whether the names of candidates are kept back.
    pub fn is_secret(&self) -> bool {
        self.comparison.as_ref().is_some_and(Comparison::is_secret)
    }

    /// A part by its name or a unique beginning of it.
    pub fn part(&self, name: &str) -> Result<&PartPlace, StageError> {
        if let Some(part) = self.parts.iter().find(|part| part.name == name) {
            return Ok(part);
        }
        let mut like =
            self.parts.iter().filter(|part| !name.is_empty() && part.name.starts_with(name));
        match (like.next(), like.next()) {
            (Some(part), None) => Ok(part),
            _ => {
                let known = self.parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>();
                Err(StageError::NoPart { part: super::check::shown(name), known: known.join(", ") })
            }
        }
    }

    /// All of it, without the transport.
    pub fn state(&self, graph: &GraphSpec, registry: &Registry) -> PlayerState {
        let compare = self.comparison.as_ref().map(Comparison::shown);
        let there = |id: &str| {
            if graph.nodes.iter().any(|node| node.id == id) { id.to_owned() } else { String::new() }
        };
        let part = |place: &PartPlace| {
            let value = |param| edits::value(graph, &place.node, param, registry);
            Some(PlayerPart {
                name: place.name.clone(),
                node: place.node.clone(),
                gain_db: value("gain_db")?,
                pan: value("pan")?,
                mute: value("mute")? >= 0.5,
                solo: value(super::solo::SOLO)? >= 0.5,
            })
        };
        PlayerState {
            open: true,
            items: self.items.clone(),
            parts: self.parts.iter().filter_map(part).collect(),
            compare,
            chain: self.chain.clone(),
            length_s: self.length_s,
            meter: there(METER),
            spectrum: there(SPECTRUM),
            history: there(HISTORY),
            notes: self.notes.clone(),
            transport: None,
        }
    }

    /// The graph as callers may see it: while names are kept back, without what would tell them.
    pub fn veiled(&self, graph: &GraphSpec) -> GraphSpec {
        let mut graph = graph.clone();
        if self.is_secret() {
            for node in graph.nodes.iter_mut().filter(|node| is_candidate(&node.id)) {
                node.config.insert("file".to_owned(), KEPT_BACK.to_owned());
                node.params.remove("gain_db");
            }
        }
        graph
    }
}
