//! Why a call to the stage is refused. Everything here is found before anything is touched: the sound goes on as it was.

use crate::engine::live::LiveError;
use crate::engine::node::BuildError;
use crate::engine::plan::PlanError;
use crate::model::job::{Fault, FaultKind};

/// A call that makes no sense for the graph or the music as they are.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StageError {
    /// There is no such node.
    #[error("there is no node '{node}' in the graph")]
    NoNode {
        /// What was named.
        node: String,
        /// The node that is most like it.
        similar: Option<String>,
    },
    /// There is a node with this id.
    #[error("there is a node '{node}' already")]
    NodeExists {
        /// The id.
        node: String,
    },
    /// An id that can't be used.
    #[error("'{node}' can't be the id of a node")]
    BadId {
        /// The id, shortened.
        node: String,
    },
    /// Nothing is opened by the player.
    #[error("the player has opened nothing that this could be done with")]
    NothingOpen,
    /// No takes are compared.
    #[error("no takes are compared now")]
    NotCompared,
    /// There is no such candidate.
    #[error("there is no candidate {candidate}: they are counted from 0, and there are {count}")]
    NoCandidate {
        /// What was named.
        candidate: u32,
        /// How many there are.
        count: usize,
    },
    /// The comparison has its verdict.
    #[error("this comparison has been decided")]
    Decided,
    /// What would tell a name that is kept back.
    #[error("what '{node}' plays is kept back until the verdict")]
    KeptBack {
        /// The node.
        node: String,
    },
    /// There is no such part.
    #[error("there is no part '{part}', or more than one begins like that")]
    NoPart {
        /// What was named.
        part: String,
        /// The parts there are.
        known: String,
    },
    /// There is no recording so far ahead or behind.
    #[error("there is no recording there: {count} are opened")]
    NoRecording {
        /// How many there are.
        count: usize,
    },
    /// The node that is heard can't go.
    #[error("the node 'out' is what is heard and can't be removed")]
    OutStays,
    /// There is no such type.
    #[error("node '{node}': there is no node type '{kind}'")]
    NoKind {
        /// The node.
        node: String,
        /// What was named.
        kind: String,
        /// The type that is most like it.
        similar: Option<String>,
    },
    /// The type has no such port.
    #[error("node '{node}' ({kind}) has no {direction} '{port}'")]
    NoPort {
        /// The node.
        node: String,
        /// Its type.
        kind: String,
        /// `input` or `output`.
        direction: &'static str,
        /// What was named; empty where the node was named alone.
        port: String,
        /// What there is.
        known: String,
    },
    /// The type has no such param.
    #[error("node '{node}' ({kind}) has no param '{param}'")]
    NoParam {
        /// The node.
        node: String,
        /// Its type.
        kind: String,
        /// What was named.
        param: String,
        /// What there is.
        known: String,
    },
    /// The type has no such setting.
    #[error("node '{node}' ({kind}) has no setting '{key}'")]
    NoConfig {
        /// The node.
        node: String,
        /// Its type.
        kind: String,
        /// What was named.
        key: String,
        /// What there is.
        known: String,
    },
    /// A number is not one, or out of its range.
    #[error("{what} can't be {value}: {min} to {max}")]
    OutOfRange {
        /// What was to be set.
        what: String,
        /// To what.
        value: f64,
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// A param that follows from others.
    #[error("'silenced' of '{node}' follows from the solo switches and can't be set")]
    Follows {
        /// The node.
        node: String,
    },
    /// There is no such connection.
    #[error("'{from}' is not connected to '{to}'")]
    NotConnected {
        /// Where it would start.
        from: String,
        /// Where it would end.
        to: String,
    },
    /// Too many of something.
    #[error("{count} {what} are too many; {most} is the most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// A state of another type.
    #[error("node '{node}' is a {kind}, and the state is one of a {other}")]
    OtherKind {
        /// The node.
        node: String,
        /// Its type.
        kind: String,
        /// The type of the state.
        other: String,
    },
    /// Nothing to take back.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Nothing to do again.
    #[error("there is nothing to redo")]
    NothingToRedo,
    /// A loop that ends where it begins, or before.
    #[error("the loop from beat {start} to beat {end} is too short")]
    ShortLoop {
        /// First beat.
        start: f64,
        /// Last beat.
        end: f64,
    },
    /// Neither or both of two params that exclude each other.
    #[error("give one of {choices}")]
    OneOf {
        /// The params.
        choices: &'static str,
    },
    /// A preset that brings no effects.
    #[error("the preset '{preset}' has no chain")]
    NoChain {
        /// The preset.
        preset: String,
    },
    /// A chain that does not lead from `in` to `out`.
    #[error("the chain of the preset '{preset}' does not lead from 'in' to 'out'")]
    LooseChain {
        /// The preset.
        preset: String,
    },
}

impl StageError {
    /// What to do about it, in a sentence for users.
    pub fn hint(&self) -> String {
        let near = |similar: &Option<String>, otherwise: &str| match similar {
            Some(similar) => format!("did you mean '{similar}'?"),
            None => otherwise.to_owned(),
        };
        let list = |what: &str, known: &str| match known {
            "" => format!("this type has no {what}s"),
            known => format!("its {what}s: {known}"),
        };
        match self {
            Self::NoNode { similar, .. } => near(similar, "graph/get shows the graph"),
            Self::NodeExists { node } => format!("choose another id, such as '{node}2'"),
            Self::BadId { .. } => {
                "an id has 1 to 64 letters (a to z), digits, '.', '-' and '_'".to_owned()
            }
            Self::NothingOpen => {
                "player/open plays takes one after another, or one by its parts".to_owned()
            }
            Self::NotCompared => "player/compare plays takes side by side".to_owned(),
            Self::NoCandidate { .. } => "player/get lists them".to_owned(),
            Self::Decided => "compare the takes again for another verdict".to_owned(),
            Self::KeptBack { .. } => "give a verdict first".to_owned(),
            Self::NoPart { known, .. } => match known.as_str() {
                "" => "open a take with parts: true".to_owned(),
                known => format!("the parts are {known}"),
            },
            Self::NoRecording { .. } => "player/get lists them".to_owned(),
            Self::OutStays => "disconnect what should not be heard".to_owned(),
            Self::NoKind { similar, .. } => near(similar, "timbre nodes lists the types"),
            Self::NoPort { direction, known, .. } => list(direction, known),
            Self::NoParam { known, .. } => list("param", known),
            Self::NoConfig { known, .. } => list("setting", known),
            Self::OutOfRange { .. } => "give a number in the range".to_owned(),
            Self::Follows { .. } => "set 'solo' of the channels that should be heard".to_owned(),
            Self::NotConnected { .. } => "graph/get shows the connections".to_owned(),
            Self::TooMany { .. } => "make it smaller".to_owned(),
            Self::OtherKind { .. } => "use node/remove and node/add for another type".to_owned(),
            Self::NothingToUndo | Self::NothingToRedo => {
                "graph/get tells what can be undone".to_owned()
            }
            Self::ShortLoop { .. } => {
                "the end comes at least an eighth of a beat after the start".to_owned()
            }
            Self::OneOf { .. } => "docs/protocol.md lists the params of every method".to_owned(),
            Self::NoChain { .. } => {
                "timbre presets lists them; vinyl-dust is one with a chain".to_owned()
            }
            Self::LooseChain { .. } => {
                "connect its effects from 'in' to 'out' in the preset's file".to_owned()
            }
        }
    }
}

impl From<StageError> for Fault {
    fn from(error: StageError) -> Self {
        let kind = match error {
            StageError::NoNode { .. }
            | StageError::NotConnected { .. }
            | StageError::NoPart { .. }
            | StageError::NoCandidate { .. }
            | StageError::NoRecording { .. } => FaultKind::NotFound,
            StageError::NodeExists { .. }
            | StageError::NothingOpen
            | StageError::NotCompared
            | StageError::Decided
            | StageError::KeptBack { .. }
            | StageError::NothingToUndo
            | StageError::NothingToRedo => FaultKind::Conflict,
            _ => FaultKind::Invalid,
        };
        Self::new(kind, error.to_string()).with_hint(error.hint())
    }
}

impl From<LiveError> for Fault {
    fn from(error: LiveError) -> Self {
        let kind = match &error {
            LiveError::Busy => FaultKind::Busy,
            LiveError::UnknownNode { .. } => FaultKind::NotFound,
            LiveError::Plan(error) => plan_kind(error),
            _ => FaultKind::Invalid,
        };
        Self::new(kind, error.to_string()).with_hint(error.hint())
    }
}

impl From<PlanError> for Fault {
    fn from(error: PlanError) -> Self {
        Self::new(plan_kind(&error), error.to_string()).with_hint(error.hint())
    }
}

/// A file that is not there is another thing than a graph that makes no sense.
fn plan_kind(error: &PlanError) -> FaultKind {
    match error {
        PlanError::Build(BuildError::Asset { .. }) => FaultKind::NotFound,
        _ => FaultKind::Invalid,
    }
}
