//! Why the engine does not do what it was told.

use super::super::plan::PlanError;
use super::super::schedule::ScheduleError;

/// Why an order to the live engine was refused. Whatever it is, what sounds goes on as it was.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LiveError {
    /// The graph can't be compiled.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The song can't be played by the graph.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// There is no such node.
    #[error("there is no node '{node}' in the graph")]
    UnknownNode {
        /// What was asked for.
        node: String,
        /// The id that is most like it.
        similar: Option<String>,
    },
    /// The node has no such param.
    #[error("node '{node}' ({kind}) has no param '{param}'")]
    UnknownParam {
        /// The node.
        node: String,
        /// Its type.
        kind: &'static str,
        /// What was asked for.
        param: String,
        /// What there is.
        known: String,
    },
    /// A number that can't be meant.
    #[error("{what} can't be {value}")]
    BadNumber {
        /// What it is for.
        what: &'static str,
        /// The number.
        value: f64,
        /// What would do.
        wanted: &'static str,
    },
    /// The node plays no notes.
    #[error("node '{node}' ({kind}) plays no notes")]
    NotPlayable {
        /// The node.
        node: String,
        /// Its type.
        kind: &'static str,
    },
    /// The node has nothing to read.
    #[error("node '{node}' ({kind}) has no data to read")]
    NoData {
        /// The node.
        node: String,
        /// Its type.
        kind: &'static str,
    },
    /// The audio thread has not caught up.
    #[error("the audio thread has too many orders waiting")]
    Busy,
}

impl LiveError {
    /// What to do about it, in a sentence for users.
    pub fn hint(&self) -> String {
        match self {
            Self::Plan(error) => error.hint(),
            Self::Schedule(error) => error.hint(),
            Self::UnknownNode { similar: Some(similar), .. } => {
                format!("Did you mean '{similar}'?")
            }
            Self::UnknownNode { .. } => "graph/get lists the nodes.".into(),
            Self::UnknownParam { known, .. } if known.is_empty() => {
                "It has no params at all.".into()
            }
            Self::UnknownParam { known, .. } => format!("Its params: {known}."),
            Self::BadNumber { wanted, .. } => (*wanted).into(),
            Self::NotPlayable { .. } => "`timbre nodes` lists the instruments.".into(),
            Self::NoData { .. } => {
                "Put a meter.levels, a meter.scope or a meter.history behind it and read that."
                    .into()
            }
            Self::Busy => "Try again in a moment; is the device running?".into(),
        }
    }
}
