//! How the workstation begins: with an empty conversation, the last session, a certain one, or the tour.

use super::model::Model;
use super::model::panes::Overlay;
use super::msg::Cmd;
use super::update;

/// What is to be done first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Start {
    /// Nothing: an empty conversation.
    #[default]
    Fresh,
    /// Go on with a session: its id, a part of it, or `last`.
    Resume(String),
    /// Choose a session.
    Choose,
    /// The tour.
    Tour,
    /// A prompt.
    Prompt(String),
}

impl Start {
    /// The orders that do it.
    pub fn orders(&self, model: &mut Model) -> Vec<Cmd> {
        match self {
            Self::Fresh => Vec::new(),
            Self::Resume(session) => {
                model.welcomed = true;
                vec![Cmd::LoadTranscript { session: session.clone(), before: None }]
            }
            Self::Choose => {
                model.welcomed = true;
                update::act(model, super::action::Action::SessionOpen(None))
            }
            Self::Tour => {
                model.welcomed = true;
                model.overlays.push(Overlay::Tour(0));
                Vec::new()
            }
            Self::Prompt(prompt) => {
                model.welcomed = true;
                update::act(model, super::action::Action::Generate(prompt.clone()))
            }
        }
    }
}
