//! The decisions of the supervisor, pure: facts in, orders out. It opens nothing and reads no clock.

use std::fmt;
use std::time::Duration;

use crate::device::card::CardConfig;

/// How often a device that is not there is tried. With the time that opening takes it is back within a second.
const RETRY: Duration = Duration::from_millis(250);

/// What the user wants to play on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// No device: time passes on the null driver.
    Null,
    /// A card.
    Card(CardConfig),
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The user wants something else from now on.
    Want(Wanted),
    /// Time has passed, and what plays still plays.
    Tick,
    /// The device is open and plays silence.
    Opened {
        /// As users call it.
        device: String,
    },
    /// The device could not be opened.
    Refused {
        /// Why.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// The driver that plays has lost its device, for this reason.
    Lost(String),
    /// The callback panicked or is gone, for this reason.
    Broken(String),
    /// All is over.
    Stop,
}

/// What is to be done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Open the device silently, beside what plays; answer with [`Fact::Opened`] or [`Fact::Refused`].
    Open(CardConfig),
    /// Move the callback to the open device.
    PlayOnCard,
    /// Move the callback to the null driver, if it is not there.
    PlayOnNull,
    /// Close the device; the callback stays with us.
    CloseCard,
    /// Take the callback from whatever plays.
    Halt,
    /// Tell the user.
    Tell(Change),
}

/// A change that a user should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The wanted device plays.
    Playing {
        /// As users call it.
        device: String,
    },
    /// The wanted device cannot be had; time goes on without sound and it is tried again.
    Waiting {
        /// Why.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// The device went while it played; time goes on without sound and it is tried again.
    Lost {
        /// Why.
        reason: String,
    },
    /// Time passes without a device, as wanted.
    Silent,
    /// The engine itself broke down; nothing plays until it is rebuilt.
    Broken {
        /// Why.
        reason: String,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Playing { device } => write!(f, "Playing on {device}."),
            Self::Waiting { reason, hint } => {
                write!(f, "No sound yet: {reason}. {hint} Trying again until it works.")
            }
            Self::Lost { reason } => {
                write!(
                    f,
                    "The sound is gone: {reason}. The music goes on silently until the device is back."
                )
            }
            Self::Silent => f.write_str("Playing without a device."),
            Self::Broken { reason } => write!(f, "Playing stopped: {reason}."),
        }
    }
}

/// The state machine.
#[derive(Debug, Default)]
pub struct Policy {
    wanted: Option<Wanted>,
    state: State,
    /// The last reason that was told for waiting, so that the same one is not told four times a second.
    told: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Nothing plays, or nothing may play any more.
    #[default]
    Idle,
    /// The device is being opened.
    Opening,
    /// The device plays.
    OnCard,
    /// The null driver plays because it is wanted.
    OnNull,
    /// The null driver plays until the device is back.
    Waiting {
        /// When to try again, since the start.
        retry: Duration,
    },
    /// The callback is not to be called any more.
    Broken,
}

impl Policy {
    /// Takes in a fact at a time since the start and says what is to be done.
    pub fn step(&mut self, now: Duration, fact: Fact) -> Vec<Order> {
        match (self.state, fact) {
            (_, Fact::Stop) => {
                self.state = State::Idle;
                self.wanted = None;
                vec![Order::Halt, Order::CloseCard]
            }
            (State::Broken, Fact::Want(wanted)) => {
                // The wish is kept for the next engine; this one is not played on.
                self.wanted = Some(wanted);
                Vec::new()
            }
            (State::Broken, _) => Vec::new(),
            (_, Fact::Broken(reason)) => {
                self.state = State::Broken;
                vec![Order::Halt, Order::CloseCard, Order::Tell(Change::Broken { reason })]
            }
            (_, Fact::Want(wanted)) => self.want(wanted),
            (State::Opening, Fact::Opened { device }) => {
                self.state = State::OnCard;
                self.told = None;
                vec![Order::PlayOnCard, Order::Tell(Change::Playing { device })]
            }
            // Opened for a wish that is over.
            (_, Fact::Opened { .. }) => vec![Order::CloseCard],
            (State::Opening, Fact::Refused { reason, hint }) => {
                self.state = State::Waiting { retry: now + RETRY };
                let mut orders = vec![Order::PlayOnNull];
                if self.told.as_deref() != Some(&reason) {
                    self.told = Some(reason.clone());
                    orders.push(Order::Tell(Change::Waiting { reason, hint }));
                }
                orders
            }
            (State::OnCard, Fact::Lost(reason)) => {
                self.state = State::Waiting { retry: now + RETRY };
                // The next refusal says only what this loss has said already, unless its reason is another.
                self.told = None;
                vec![Order::PlayOnNull, Order::CloseCard, Order::Tell(Change::Lost { reason })]
            }
            // The null driver has lost its thread. There is nothing left to keep time.
            (State::OnNull | State::Waiting { .. }, Fact::Lost(reason)) => {
                self.state = State::Broken;
                vec![Order::Halt, Order::Tell(Change::Broken { reason })]
            }
            (State::Waiting { retry }, Fact::Tick) if now >= retry => match &self.wanted {
                Some(Wanted::Card(config)) => {
                    self.state = State::Opening;
                    vec![Order::Open(config.clone())]
                }
                _ => Vec::new(),
            },
            (_, Fact::Tick | Fact::Refused { .. } | Fact::Lost(_)) => Vec::new(),
        }
    }

    fn want(&mut self, wanted: Wanted) -> Vec<Order> {
        let unchanged = self.wanted.as_ref() == Some(&wanted);
        if unchanged && matches!(self.state, State::OnCard | State::OnNull) {
            return Vec::new();
        }
        let playing = self.state != State::Idle;
        self.wanted = Some(wanted.clone());
        self.told = None;
        match wanted {
            Wanted::Null => {
                self.state = State::OnNull;
                vec![Order::PlayOnNull, Order::CloseCard, Order::Tell(Change::Silent)]
            }
            Wanted::Card(config) => {
                self.state = State::Opening;
                // The old device may be the new one with other settings, so it is closed first. At the very start there is
                // nothing to keep alive yet.
                let mut orders = Vec::new();
                if playing {
                    orders.extend([Order::PlayOnNull, Order::CloseCard]);
                }
                orders.push(Order::Open(config));
                orders
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str) -> Wanted {
        Wanted::Card(config(name))
    }

    fn config(name: &str) -> CardConfig {
        CardConfig { output: Some(name.into()), ..CardConfig::default() }
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn opened() -> Fact {
        Fact::Opened { device: "alsa:usb".into() }
    }

    fn refused(reason: &str) -> Fact {
        Fact::Refused { reason: reason.into(), hint: "Plug it in.".into() }
    }

    /// A policy that plays on a card.
    fn playing() -> Policy {
        let mut policy = Policy::default();
        assert_eq!(policy.step(ms(0), Fact::Want(card("usb"))), [Order::Open(config("usb"))]);
        let orders = policy.step(ms(40), opened());
        let change = Change::Playing { device: "alsa:usb".into() };
        assert_eq!(orders, [Order::PlayOnCard, Order::Tell(change)]);
        policy
    }

    #[test]
    fn an_unplugged_device_is_left_at_once_and_returned_to_within_a_second() {
        let mut policy = playing();
        assert_eq!(policy.step(ms(1_000), Fact::Tick), []);
        let orders = policy.step(ms(5_000), Fact::Lost("usb went away".into()));
        let change = Change::Lost { reason: "usb went away".into() };
        assert_eq!(orders, [Order::PlayOnNull, Order::CloseCard, Order::Tell(change)]);
        // It stays away for a minute, polled every 10 ms. The reason is told once.
        let (mut tries, mut told) = (0, 0);
        for now in (5_010..65_000).step_by(10) {
            for order in policy.step(ms(now), Fact::Tick) {
                assert_eq!(order, Order::Open(config("usb")));
                tries += 1;
                let orders = policy.step(ms(now), refused("there is no usb"));
                assert_eq!(orders.first(), Some(&Order::PlayOnNull));
                told += orders.len() - 1;
            }
        }
        assert_eq!((tries, told), (239, 1));
        // It returns at 65 s.
        let back = (65_000..).step_by(10).find(|now| !policy.step(ms(*now), Fact::Tick).is_empty());
        assert!(back.unwrap() - 65_000 <= 250);
        let orders = policy.step(ms(65_300), opened());
        assert_eq!(orders.first(), Some(&Order::PlayOnCard));
    }

    #[test]
    fn a_busy_device_waits_on_the_null_driver_and_a_new_reason_is_told() {
        let mut policy = Policy::default();
        policy.step(ms(0), Fact::Want(card("usb")));
        let waiting = |reason: &str| {
            Order::Tell(Change::Waiting { reason: reason.into(), hint: "Plug it in.".into() })
        };
        assert_eq!(policy.step(ms(1), refused("busy")), [Order::PlayOnNull, waiting("busy")]);
        assert_eq!(policy.step(ms(100), Fact::Tick), []);
        assert_eq!(policy.step(ms(251), Fact::Tick), [Order::Open(config("usb"))]);
        assert_eq!(policy.step(ms(252), refused("gone")), [Order::PlayOnNull, waiting("gone")]);
    }

    #[test]
    fn another_wish_goes_by_way_of_the_null_driver() {
        let mut policy = playing();
        assert_eq!(policy.step(ms(50), Fact::Want(card("usb"))), [], "it plays there already");
        let orders = policy.step(ms(60), Fact::Want(card("hdmi")));
        assert_eq!(orders, [Order::PlayOnNull, Order::CloseCard, Order::Open(config("hdmi"))]);
        let orders = policy.step(ms(70), Fact::Want(Wanted::Null));
        assert_eq!(orders, [Order::PlayOnNull, Order::CloseCard, Order::Tell(Change::Silent)]);
        assert_eq!(policy.step(ms(71), opened()), [Order::CloseCard], "opened for the old wish");
        assert_eq!(policy.step(ms(10_000), Fact::Tick), [], "nothing is tried that is not wanted");
    }

    #[test]
    fn a_broken_callback_is_never_played_again() {
        let mut policy = playing();
        let orders = policy.step(ms(9), Fact::Broken("index out of range".into()));
        let change = Change::Broken { reason: "index out of range".into() };
        assert_eq!(orders, [Order::Halt, Order::CloseCard, Order::Tell(change)]);
        for fact in [Fact::Tick, Fact::Want(card("hdmi")), opened(), Fact::Lost("x".into())] {
            let quiet = policy.step(ms(99_000), fact);
            assert!(!quiet.iter().any(|o| matches!(o, Order::PlayOnCard | Order::PlayOnNull)));
        }
        assert_eq!(policy.step(ms(100_000), Fact::Stop), [Order::Halt, Order::CloseCard]);
    }

    #[test]
    fn changes_read_as_sentences() {
        let change = Change::Waiting { reason: "usb is in use".into(), hint: "Close it.".into() };
        assert_eq!(
            change.to_string(),
            "No sound yet: usb is in use. Close it. Trying again until it works."
        );
    }
}
