//! The stage: one named thread that owns the control half of the live engine, the sound device, and the graph's history.
//!
//! It is fed by a bounded channel and answers every call itself; a call too many is refused as busy. The thread begins with
//! the first call that needs it, and the device is opened by the first one that could make a sound, so nothing that only
//! lists or renders takes the card. Sixty times a second it looks at the engine and tells every listener how it is.
//!
//! What a call means is decided in pure code beside it: [`check`], [`edits`], [`history`], [`place`], [`solo`]; what
//! the player opens is planned in [`playlist`], [`parts`] and [`comparison`], and kept in [`deck`].

mod cards;
mod desk;
mod machine;
mod playing;
#[cfg(test)]
mod tests;
mod watch;

pub mod check;
pub mod comparison;
pub mod deck;
pub mod edits;
pub mod error;
pub mod history;
pub mod parts;
pub mod place;
pub mod playlist;
pub mod solo;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::oneshot;

use crate::config::resolved::Audio;
use crate::engine::assets::Assets;
use crate::engine::nodes::Registry;
use crate::model::graph::{GraphSpec, NodeSpec};
use crate::model::job::{Fault, FaultKind};
use crate::protocol::device::{AudioStatus, DeviceSelectParams};
use crate::protocol::graph::{
    GraphConnectParams, GraphDisconnectParams, NodeAddParams, NodeDataParams, NodeSetParamParams,
};
use crate::protocol::listen::{
    PlayerSetPartParams, PlayerSwitchParams, PlayerVerdictParams, Quantum, Verdict,
};
use crate::protocol::transport::{
    NoteOffParams, NoteOnParams, Position, Region, Schedule, TransportSetTempoParams,
};

use super::events::Hub;
pub use cards::{CardReport, Cards, House, Listing};
use desk::Desk;
pub use machine::Machine;
use playlist::Playlist;

/// Calls that may wait for the stage; the next one is refused as busy.
pub const STAGE_QUEUE: usize = 64;
/// How often the engine is looked at while a device is open.
const STEP: Duration = Duration::from_micros(16_667);
/// How long the thread sleeps while nothing has been played. A call wakes it at once.
const IDLE: Duration = Duration::from_secs(3_600);

/// What the stage is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum StageCall {
    /// `graph/get`.
    Graph,
    /// `graph/set`.
    SetGraph(Box<GraphSpec>),
    /// `graph/connect`.
    Connect(GraphConnectParams),
    /// `graph/disconnect`.
    Disconnect(GraphDisconnectParams),
    /// `graph/undo`.
    Undo,
    /// `graph/redo`.
    Redo,
    /// `node/add`.
    AddNode(Box<NodeAddParams>),
    /// `node/remove`.
    RemoveNode(String),
    /// `node/set_param`.
    SetParam(NodeSetParamParams),
    /// `node/get_state`.
    State(String),
    /// `node/set_state`.
    SetState(Box<NodeSpec>),
    /// `node/data`.
    Data(NodeDataParams),
    /// `transport/get`.
    Transport,
    /// `transport/play`.
    Play {
        /// Where from, if not from where it stands.
        from: Option<Position>,
        /// Bars that are counted in.
        count_in_bars: u32,
        /// When it goes there, if it runs.
        when: Quantum,
    },
    /// `transport/stop`.
    Stop,
    /// `transport/seek`.
    Seek {
        /// Where to.
        to: Position,
        /// When, if it runs.
        when: Quantum,
    },
    /// `transport/set_loop`.
    SetLoop(Option<Region>),
    /// `transport/set_tempo`.
    SetTempo(TransportSetTempoParams),
    /// `schedule/set`.
    SetSchedule(Box<Schedule>),
    /// `note/on`.
    NoteOn(NoteOnParams),
    /// `note/off`.
    NoteOff(NoteOffParams),
    /// `note/all_off`; whether all sound is cut.
    AllNotesOff(bool),
    /// `device/select`.
    SelectDevice(DeviceSelectParams),
    /// The second half of `player/open`, when the recordings have been read.
    OpenPlayer {
        /// What to play.
        playlist: Box<Playlist>,
        /// Bars that are counted in.
        count_in_bars: u32,
        /// Whether it starts at once.
        start: bool,
    },
    /// `player/close`.
    ClosePlayer,
    /// `player/get`.
    Player,
    /// `player/set_part`.
    SetPart(PlayerSetPartParams),
    /// `player/skip`.
    Skip {
        /// How many recordings ahead.
        by: i32,
        /// When.
        when: Quantum,
    },
    /// `player/switch`.
    Switch(PlayerSwitchParams),
    /// The first half of `player/verdict`: what is to be kept. Changes nothing.
    Weigh {
        /// What the listener says.
        params: PlayerVerdictParams,
        /// When, in Unix seconds.
        created_at: f64,
    },
    /// The second half, when the library has kept it.
    Decide(Box<Verdict>),
}

impl StageCall {
    /// Whether it changes nothing, so that it may come while the studio ends.
    pub fn only_reads(&self) -> bool {
        matches!(
            self,
            Self::Graph | Self::State(_) | Self::Data(_) | Self::Transport | Self::Player
        )
    }
}

/// What a stage is made of.
#[derive(Clone)]
pub struct Setup {
    /// Where sound is heard.
    pub audio: Audio,
    /// The node types.
    pub registry: Registry,
    /// Where recordings and SoundFonts come from.
    pub assets: Arc<dyn Assets + Send + Sync>,
    /// The devices.
    pub house: Arc<dyn House>,
    /// Who is told of what happens.
    pub hub: Hub,
}

/// Where an answer goes.
pub type Answer = oneshot::Sender<Result<Value, Fault>>;

/// A way to the stage. Thread: any; nothing here waits for the stage.
pub struct Stage {
    setup: Setup,
    thread: Mutex<Thread>,
    latest: Arc<Mutex<Option<AudioStatus>>>,
}

enum Thread {
    /// Nothing has needed it yet.
    Unborn,
    /// It runs, or has run.
    Born { asks: SyncSender<Ask>, handle: JoinHandle<()> },
    /// The studio has ended.
    Ended,
}

struct Ask {
    call: StageCall,
    answer: Answer,
}

impl Stage {
    /// A stage that has not begun.
    pub fn new(setup: Setup) -> Self {
        Self { setup, thread: Mutex::new(Thread::Unborn), latest: Arc::default() }
    }

    /// What it is made of.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// How the sound is, once a device has been opened.
    pub fn status(&self) -> Option<AudioStatus> {
        lock(&self.latest).clone()
    }

    /// Has a call done. The answer comes from the stage, or is `Busy` at once where [`STAGE_QUEUE`] calls wait.
    pub fn ask(&self, call: StageCall, answer: Answer) {
        let refused = match self.asks() {
            Err(fault) => Some((answer, fault)),
            Ok(asks) => match asks.try_send(Ask { call, answer }) {
                Ok(()) => None,
                Err(TrySendError::Full(ask)) => {
                    let fault = Fault::new(FaultKind::Busy, "too many calls to the sound at once")
                        .with_hint("retry later");
                    Some((ask.answer, fault))
                }
                Err(TrySendError::Disconnected(ask)) => {
                    let fault = Fault::new(FaultKind::Internal, "the stage's thread has ended")
                        .with_hint("start Timbre again, and report this with the log file");
                    Some((ask.answer, fault))
                }
            },
        };
        if let Some((answer, fault)) = refused {
            // The caller may have stopped waiting, which is no error.
            let _ = answer.send(Err(fault));
        }
    }

    /// Has a call done and waits for the answer.
    pub async fn call(&self, call: StageCall) -> Result<Value, Fault> {
        let (answer, answered) = oneshot::channel();
        self.ask(call, answer);
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Ends the thread, if there is one, and waits for it: the device is closed, and recordings are finished.
    pub async fn end(&self) {
        let thread = std::mem::replace(&mut *lock(&self.thread), Thread::Ended);
        if let Thread::Born { asks, handle } = thread {
            drop(asks);
            let joined = tokio::task::spawn_blocking(move || handle.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the stage's thread broke off");
            }
        }
    }

    fn asks(&self) -> Result<SyncSender<Ask>, Fault> {
        let mut thread = lock(&self.thread);
        match &*thread {
            Thread::Ended => Err(ended()),
            Thread::Born { asks, .. } => Ok(asks.clone()),
            Thread::Unborn => {
                let (asks, waiting) = sync_channel(STAGE_QUEUE);
                let (setup, latest) = (self.setup.clone(), self.latest.clone());
                let builder = std::thread::Builder::new().name("stage".to_owned());
                let handle =
                    builder.spawn(move || run(setup, &waiting, &latest)).map_err(|error| {
                        Fault::new(
                            FaultKind::Internal,
                            format!("no thread could be started: {error}"),
                        )
                        .with_hint("close other programs and try again")
                    })?;
                *thread = Thread::Born { asks: asks.clone(), handle };
                Ok(asks)
            }
        }
    }
}

/// The thread's life: calls as they come, and a look at the engine sixty times a second.
fn run(setup: Setup, asks: &Receiver<Ask>, latest: &Mutex<Option<AudioStatus>>) {
    let mut desk = Desk::new(setup);
    let mut next = Instant::now();
    loop {
        let wait =
            if desk.is_open() { next.saturating_duration_since(Instant::now()) } else { IDLE };
        match asks.recv_timeout(wait) {
            Ok(Ask { call, answer }) => {
                let outcome = desk.answer(call);
                // Before the answer, so that who has it finds a status that knows of it.
                *lock(latest) = desk.status();
                let _ = answer.send(outcome);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let now = Instant::now();
        if desk.is_open() && now >= next {
            // Steps that were missed are not made up for.
            next = (next + STEP).max(now);
            desk.step();
            *lock(latest) = desk.status();
        }
    }
    desk.close();
}

fn ended() -> Fault {
    Fault::new(FaultKind::Conflict, "the engine has ended").with_hint("start it again")
}

/// A panic elsewhere does not make these values unusable: each is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
