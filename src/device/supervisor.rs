//! Who plays: the wanted device while it is there, the null driver while it is not, so that time always goes on.
//!
//! [`Policy`] is the pure half: facts in, orders out, over a time that tests can make up. [`Supervisor`] owns the drivers and
//! carries the orders out; one control thread makes it and polls it. A device that is gone is tried again every 250 ms without
//! disturbing what plays: it is opened beside the null driver, and the callback moves only once it plays.

mod policy;

use std::time::Instant;

use super::card::{CardConfig, CardDriver};
use super::error::DeviceError;
use super::live::{Health, LiveDriver, Loss, Report};
use super::null::{NullDriver, Sizes};
use crate::engine::live::Callback;
use crate::model::units::SampleRate;

pub use policy::{Change, Fact, Order, Policy, Wanted};

/// A device that was opened and plays silence until it gets the callback, and its name for users.
pub struct Opened {
    /// The driver of it.
    pub driver: Box<dyn LiveDriver>,
    /// As users call it.
    pub device: String,
}

/// Opens what is wanted. The real one is [`open_card`]; tests give devices that come and go. Thread: control.
pub type Opener = Box<dyn FnMut(&CardConfig) -> Result<Opened, DeviceError>>;

/// Opens a card by its configuration, silent.
pub fn open_card(config: &CardConfig) -> Result<Opened, DeviceError> {
    let mut driver = CardDriver::new(config.clone());
    driver.open()?;
    let device = driver.device().map_or_else(String::new, ToString::to_string);
    Ok(Opened { driver: Box::new(driver), device })
}

/// Owns the drivers and moves the callback between them. Not `Send`: a driver stays on the thread that opened it.
pub struct Supervisor {
    policy: Policy,
    opener: Opener,
    null: NullDriver,
    card: Option<Box<dyn LiveDriver>>,
    /// The callback while no driver has it, which is only inside one call of this type.
    idle: Option<Box<dyn Callback>>,
    on: On,
    began: Instant,
    last: Option<Report>,
}

/// Which driver has the callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Nothing,
    Null,
    Card,
}

impl Supervisor {
    /// Takes a callback and plays at once, on the wanted device or on the null driver. `null_frames` is the buffer size there.
    /// Gives what happened. Blocks while a device is opened. Thread: control.
    pub fn start(
        callback: Box<dyn Callback>,
        wanted: Wanted,
        null_frames: u32,
        opener: Opener,
    ) -> (Self, Vec<Change>) {
        let rate: SampleRate = callback.sample_rate();
        let mut supervisor = Self {
            policy: Policy::default(),
            opener,
            null: NullDriver::new(rate, Sizes::Fixed(null_frames)),
            card: None,
            idle: Some(callback),
            on: On::Nothing,
            began: Instant::now(),
            last: None,
        };
        let changes = supervisor.tell(Fact::Want(wanted));
        (supervisor, changes)
    }

    /// Looks after the drivers. To be called at least every 100 ms. Blocks while a device is opened, which disturbs nothing
    /// that plays. Gives what has changed, to be shown. Thread: control.
    pub fn poll(&mut self) -> Vec<Change> {
        let health = match self.on {
            On::Card => self.card.as_mut().map_or(Health::Stopped, |card| card.health()),
            On::Null => self.null.health(),
            On::Nothing => Health::Stopped,
        };
        self.tell(match health {
            Health::Lost(Loss::Device(reason)) => Fact::Lost(reason),
            Health::Lost(Loss::Callback(reason)) => Fact::Broken(reason),
            Health::Running | Health::Stopped => Fact::Tick,
        })
    }

    /// Wants another device from now on. Thread: control.
    pub fn select(&mut self, wanted: Wanted) -> Vec<Change> {
        self.tell(Fact::Want(wanted))
    }

    /// Stops everything and gives the callback back. None only if it was lost with a driver. Thread: control.
    pub fn stop(mut self) -> Option<Box<dyn Callback>> {
        self.tell(Fact::Stop);
        self.idle.take()
    }

    /// What the driver that plays has counted; after all is stopped, the last one.
    pub fn report(&self) -> Option<Report> {
        match self.on {
            On::Card => self.card.as_ref().map(|card| card.report()),
            On::Null => Some(self.null.report()),
            On::Nothing => self.last.clone(),
        }
    }

    /// Whether the wanted device plays, as far as was known at the last poll.
    pub fn plays_on_card(&self) -> bool {
        self.on == On::Card
    }

    /// Gives the policy a fact and carries out what it orders, until it orders nothing more.
    fn tell(&mut self, fact: Fact) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut facts = vec![fact];
        while let Some(fact) = facts.pop() {
            for order in self.policy.step(self.began.elapsed(), fact) {
                facts.extend(self.carry_out(order, &mut changes));
            }
        }
        changes
    }

    /// Carries an order out, and gives the fact that comes of it.
    fn carry_out(&mut self, order: Order, changes: &mut Vec<Change>) -> Option<Fact> {
        match order {
            Order::Open(config) => match (self.opener)(&config) {
                Ok(opened) => {
                    self.card = Some(opened.driver);
                    return Some(Fact::Opened { device: opened.device });
                }
                Err(error) => {
                    let hint = error.hint().to_owned();
                    return Some(Fact::Refused { reason: error.to_string(), hint });
                }
            },
            Order::PlayOnCard => return self.play_on_card(),
            Order::PlayOnNull => return self.play_on_null(),
            Order::CloseCard => {
                if self.on == On::Card {
                    self.release();
                }
                self.card = None;
            }
            Order::Halt => self.release(),
            Order::Tell(change) => changes.push(change),
        }
        None
    }

    fn play_on_card(&mut self) -> Option<Fact> {
        self.release();
        let Some(callback) = self.idle.take() else { return Some(broken()) };
        let Some(card) = &mut self.card else {
            self.idle = Some(callback);
            return Some(Fact::Lost("the device was closed".to_owned()));
        };
        match card.start(callback) {
            Ok(()) => {
                self.on = On::Card;
                None
            }
            Err((callback, error)) => {
                self.idle = Some(callback);
                Some(Fact::Lost(error.to_string()))
            }
        }
    }

    fn play_on_null(&mut self) -> Option<Fact> {
        if self.on == On::Null {
            return None;
        }
        self.release();
        let Some(callback) = self.idle.take() else { return Some(broken()) };
        match self.null.start(callback) {
            Ok(()) => {
                self.on = On::Null;
                None
            }
            Err((callback, error)) => {
                self.idle = Some(callback);
                Some(Fact::Broken(format!("{error}; {}", error.hint())))
            }
        }
    }

    /// Takes the callback from the driver that has it.
    fn release(&mut self) {
        self.last = self.report();
        let back = match self.on {
            On::Card => self.card.as_mut().and_then(|card| card.stop()),
            On::Null => self.null.stop(),
            On::Nothing => None,
        };
        self.idle = self.idle.take().or(back);
        self.on = On::Nothing;
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.release();
    }
}

fn broken() -> Fact {
    Fact::Broken("a device kept the engine when it was closed".to_owned())
}

#[cfg(test)]
mod tests;
