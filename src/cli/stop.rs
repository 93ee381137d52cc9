//! The ways in which a command ends early, and the exit code of each.

use crate::config::document::ConfigError;
use crate::model::job::{Fault, FaultKind};

/// Why a command ended before it was done.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something went wrong; it is told.
    Fault(Fault),
    /// What went wrong has been told already, such as a check that failed.
    Told(u8),
    /// The reader of our output went away, which is its right.
    Pipe,
    /// The user interrupted, by SIGINT or SIGTERM.
    Interrupted,
}

impl Stop {
    /// A usage error: exit code 2.
    pub(super) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Fault(Fault::new(FaultKind::Invalid, message).with_hint(hint))
    }

    /// The exit code of a process that ends like this.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Fault(fault) => fault.kind.exit_code(),
            Self::Told(code) => *code,
            Self::Pipe => 0,
            Self::Interrupted => 130,
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<ConfigError> for Stop {
    fn from(error: ConfigError) -> Self {
        Self::Fault(Fault::from(&error))
    }
}
