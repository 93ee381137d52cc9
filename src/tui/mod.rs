//! L4: the workstation on a terminal: a conversation of prompts and takes that can be played, compared, tweaked and kept.
//!
//! One loop (`run`) owns one [`Model`]. Keys, events of the engine, answers and time come in as a closed [`Msg`];
//! [`update::update`] changes the model and says what is to be done as data ([`Cmd`]); [`view`] draws a model and changes nothing.
//! Nothing here decides about music: every [`Cmd`] that touches it is a call of the protocol through a client.
//!
//! Names of what the user can do live in one table ([`action`]): keys, slash commands and the palette all speak it.

pub mod action;
pub mod model;
pub mod msg;
pub mod update;

pub mod complete;
pub mod composer;
pub mod fuzzy;
pub mod highlight;
pub mod keymap;
pub mod picker;

pub mod scope;
pub mod theme;
pub mod themes;

pub mod draw;
pub mod view;

mod editor;
mod exec;
pub mod frames;
pub mod gallery;
pub mod notice;
pub mod plain;
pub mod run;
pub mod setup;
pub mod start;
mod terminal;
mod watch;

#[cfg(test)]
pub(crate) mod sample;

pub use model::Model;
pub use msg::{Cmd, Msg};
