//! The loop: takes what happens, asks `update`, and carries out what it says. All IO of the studio begins here.
//!
//! The loop itself never waits for anything but the next input. Writes go to one task that does them in order
//! (`writer`), reads to tasks of their own (`looks`), rendering to named threads, sound to the stage. Queues are bounded: a call too many is
//! refused as busy, progress too much is dropped (the next one brings more), results always wait for their place.

mod bounce;
mod curves;
mod looks;
mod parts;
mod player;
mod score;
mod task;
mod writer;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use crate::engine::nodes::Registry;
use crate::model::backend::BackendInfo;
use crate::model::job::{Fault, FaultKind, Job, JobId};
use crate::model::units::Seed;
use crate::store::Library;
use crate::store::artifact::{self, Workshop};
use crate::store::runner::Runner;

use super::Backends;
use super::assets::Files;
use super::dispatch::{Context, Fresh, dispatch};
use super::effect::Effect;
use super::events::Hub;
use super::handle::{Ask, CALL_QUEUE, Handle, Shutdown};
use super::input::{About, Input, News, Ticket, Write};
use super::options::{Options, Work};
use super::render;
use super::stage::{Machine, Setup, Stage};
use super::state::State;
use super::update::update;
use curves::Curves;

/// Inputs that may wait for the loop. Who brings a result waits for room; who brings progress does not.
const INPUT_QUEUE: usize = 512;
/// Writes that may wait. The loop allows fewer calls than this at a time, so its own writes always find room.
const WRITE_QUEUE: usize = 1024;
/// How often the queue and the flags of other processes are looked at; a cancellation takes at most this and a bit.
const TICK: Duration = Duration::from_millis(250);

/// What the threads and tasks of a studio share.
pub(crate) struct Kit {
    pub(crate) options: Options,
    pub(crate) backends: Backends,
    pub(crate) library: Library,
    pub(crate) workshop: Workshop,
    /// Name of this process in the library.
    pub(crate) owner: String,
    /// Where scratch folders are made.
    pub(crate) scratch: PathBuf,
    /// What plays.
    pub(crate) stage: Stage,
    /// What was measured of recordings.
    pub(crate) curves: Curves,
}

/// A write on its way to the writer.
struct Order {
    ticket: Option<Ticket>,
    about: About,
    write: Write,
}

/// Starts a studio on the current tokio runtime.
///
/// Errors: see [`Library::open`]; also `Unwritable` where the state folder can't be used.
pub async fn start(options: Options, backends: Backends) -> Result<Handle, Fault> {
    let library = Library::open(&options.data_dir).await?;
    let owner = new_id();
    let runner = match options.work {
        Work::Nothing => None,
        Work::Everything => {
            let folder = options.state_dir.join("runners");
            Some(Runner::register(&library, &folder, &owner, now()).await?)
        }
    };
    let slots = match options.work {
        Work::Nothing => 0,
        Work::Everything => usize::try_from(options.jobs_at_once.max(1)).unwrap_or(1),
    };
    let scratch = options.scratch_dir.clone().unwrap_or_else(std::env::temp_dir);
    let hub = Hub::default();
    let stage = Stage::new(Setup {
        audio: options.audio.clone(),
        registry: Registry::built_in(),
        assets: Arc::new(Files::new(&options.music_dir)),
        house: Arc::new(Machine),
        hub: hub.clone(),
    });
    let kit = Arc::new(Kit {
        workshop: Workshop::new(&owner),
        options,
        backends,
        library,
        owner,
        scratch,
        stage,
        curves: Curves::default(),
    });
    let (asks_tx, asks) = mpsc::channel(CALL_QUEUE);
    let (inputs_tx, inputs) = mpsc::channel(INPUT_QUEUE);
    let (writes_tx, writes) = mpsc::channel(WRITE_QUEUE);
    tokio::spawn(writer::run(kit.clone(), runner, writes, inputs_tx.clone()));
    let driver = Driver {
        state: State::new(slots),
        infos: kit.backends.iter().map(|backend| backend.info()).collect(),
        kit,
        hub: hub.clone(),
        inputs: inputs_tx,
        writes: writes_tx,
        answers: BTreeMap::new(),
        flags: BTreeMap::new(),
        stop_tasks: Arc::new(AtomicBool::new(false)),
        next_ticket: 0,
        ended: false,
    };
    tokio::spawn(driver.run(asks, inputs));
    Ok(Handle::new(asks_tx, hub))
}

struct Driver {
    state: State,
    kit: Arc<Kit>,
    infos: Vec<BackendInfo>,
    hub: Hub,
    inputs: mpsc::Sender<Input>,
    writes: mpsc::Sender<Order>,
    answers: BTreeMap<Ticket, oneshot::Sender<Result<Value, Fault>>>,
    /// The cancel flag of every job that is being rendered here.
    flags: BTreeMap<JobId, Arc<AtomicBool>>,
    stop_tasks: Arc<AtomicBool>,
    next_ticket: Ticket,
    ended: bool,
}

impl Driver {
    async fn run(mut self, mut asks: mpsc::Receiver<Ask>, mut inputs: mpsc::Receiver<Input>) {
        let mut waiting_for_end = Vec::new();
        let mut ticker = tokio::time::interval(TICK);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut has_doors = true;
        self.take(Input::Started);
        while !self.ended {
            let input = tokio::select! {
                ask = asks.recv(), if has_doors => match ask {
                    Some(Ask::Call { method, params, answer }) => self.accept(&method, params, answer),
                    Some(Ask::Shutdown { how, done }) => {
                        waiting_for_end.push(done);
                        Some(Input::Shutdown(how))
                    }
                    // Nobody can ask for anything any more, so what runs is kept for another process.
                    None => {
                        has_doors = false;
                        Some(Input::Shutdown(Shutdown::Requeue))
                    }
                },
                Some(input) = inputs.recv() => Some(input),
                _ = ticker.tick() => Some(Input::Tick),
            };
            if let Some(input) = input {
                self.take(input);
            }
        }
        let Self { kit, hub, writes, answers, inputs: inputs_tx, .. } = self;
        // Calls without an answer hear that the engine has ended. With its last sender gone the writer takes its
        // registration back and lets go of its sender, and with that the inputs end.
        drop((answers, writes, inputs_tx));
        while inputs.recv().await.is_some() {}
        kit.stage.end().await;
        kit.library.close().await;
        hub.close();
        for done in waiting_for_end {
            // Whoever asked may be gone; then nobody has to be told.
            let _ = done.send(());
        }
    }

    /// Makes an input of a call, or answers it where it makes no sense.
    fn accept(
        &mut self,
        method: &str,
        params: Value,
        answer: oneshot::Sender<Result<Value, Fault>>,
    ) -> Option<Input> {
        let context = Context {
            options: &self.kit.options,
            backends: &self.infos,
            registry: &self.kit.stage.setup().registry,
        };
        let mut fresh = Fresh { now: now(), seed: draw_seed(), id: &mut new_id };
        match dispatch(method, params, &context, &mut fresh) {
            Ok(order) => {
                self.next_ticket += 1;
                self.answers.insert(self.next_ticket, answer);
                Some(Input::Order { ticket: self.next_ticket, order })
            }
            Err(fault) => {
                // The caller may have stopped waiting, which is no error.
                let _ = answer.send(Err(fault));
                None
            }
        }
    }

    fn take(&mut self, input: Input) {
        if let Input::Work(News::Ended { id, .. }) = &input {
            self.flags.remove(id);
        }
        for effect in update(&mut self.state, input) {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Reply { ticket, outcome } => self.reply(ticket, outcome),
            Effect::Emit(event) => self.hub.send(&event),
            Effect::Write { ticket, about, write } => {
                let order = Order { ticket, about, write };
                if let Err(error) = self.writes.try_send(order) {
                    // Fewer calls are let in than there is room for, so this is the writer's end and not its load.
                    let order = error.into_inner();
                    let fault = Fault::new(FaultKind::Internal, "the library's writer has ended");
                    if let Some(ticket) = order.ticket {
                        self.reply(ticket, Err(fault));
                    }
                    self.ended = true;
                }
            }
            Effect::Look { ticket, look } => {
                let answer = self.answers.remove(&ticket);
                let kit = self.kit.clone();
                tokio::spawn(async move {
                    let outcome = looks::look(&kit, look).await;
                    if let Some(answer) = answer {
                        let _ = answer.send(outcome);
                    }
                });
            }
            Effect::Run { ticket, task } => {
                let answer = self.answers.remove(&ticket);
                let (kit, inputs, stop) =
                    (self.kit.clone(), self.inputs.clone(), self.stop_tasks.clone());
                tokio::spawn(async move {
                    let outcome = task::run(&kit, task, stop).await;
                    if let Some(answer) = answer {
                        let _ = answer.send(outcome);
                    }
                    // An error means that the loop is gone, and with it whoever counts tasks.
                    let _ = inputs.send(Input::TaskEnded).await;
                });
            }
            Effect::Stage { ticket, call } => {
                if let Some(answer) = self.answers.remove(&ticket) {
                    self.kit.stage.ask(call, answer);
                }
            }
            Effect::StartJob { job, slot } => self.start_job(*job, slot),
            Effect::StopJob(id) => {
                if let Some(flag) = self.flags.get(&id) {
                    flag.store(true, Ordering::Relaxed);
                }
            }
            Effect::StopTasks => self.stop_tasks.store(true, Ordering::Relaxed),
            Effect::Watch => {
                let (kit, inputs) = (self.kit.clone(), self.inputs.clone());
                tokio::spawn(async move {
                    match looks::watch(&kit).await {
                        // If the queue of inputs is full, the next look a moment later sees the same.
                        Ok(seen) => drop(inputs.try_send(seen)),
                        Err(error) => tracing::warn!("the queue could not be looked at: {error}"),
                    }
                });
            }
            Effect::End => self.ended = true,
        }
    }

    fn reply(&mut self, ticket: Ticket, outcome: Result<Value, Fault>) {
        if let Some(answer) = self.answers.remove(&ticket) {
            // The caller may have stopped waiting, which is no error.
            let _ = answer.send(outcome);
        }
    }

    fn start_job(&mut self, job: Job, slot: usize) {
        let flag = Arc::new(AtomicBool::new(false));
        self.flags.insert(job.id.clone(), flag.clone());
        let (kit, inputs, id) = (self.kit.clone(), self.inputs.clone(), job.id.clone());
        let thread = std::thread::Builder::new().name(format!("generate-{slot}"));
        let spawned = thread.spawn(move || {
            if kit.options.gives_way {
                give_way();
            }
            let progress_tx = inputs.clone();
            let outcome = render::render(&kit, &job, &flag, &|news| {
                // Progress that finds no room is dropped; there will be more.
                drop(progress_tx.try_send(Input::Work(news)));
            });
            drop(inputs.blocking_send(Input::Work(News::Ended { id: job.id, outcome })));
        });
        if let Err(error) = spawned {
            let fault =
                Fault::new(FaultKind::Internal, format!("no thread could be started: {error}"))
                    .with_hint("close other programs and try again");
            let inputs = self.inputs.clone();
            tokio::spawn(async move {
                let _ = inputs.send(Input::Work(News::Ended { id, outcome: Err(fault) })).await;
            });
        }
    }
}

/// Lowers the priority of this thread and of those that it starts, so that keys, screen and music come first. Where the
/// system does not allow it, rendering goes on as before.
#[cfg(target_os = "linux")]
fn give_way() {
    /// Steps of nice(1); ten leave about a tenth of a contended core.
    const NICER: i32 = 10;
    // Linux counts priority by thread, and 0 names the one that asks (setpriority(2)).
    let _ = rustix::process::setpriority_process(None, NICER);
}

/// Elsewhere the priority is the whole process's, and music must not lose it.
#[cfg(not(target_os = "linux"))]
fn give_way() {}

impl Kit {
    /// A folder for large intermediate files, removed when dropped.
    pub(crate) fn scratch(&self, name: &str) -> Result<Scratch, Fault> {
        let path = self.scratch.join(format!("{}{name}", artifact::prefix(&self.owner)));
        std::fs::create_dir_all(&path).map_err(|error| {
            Fault::new(
                FaultKind::Unwritable,
                format!("could not make the scratch folder {}: {error}", path.display()),
            )
            .with_hint("check the free space and the permissions of the temporary folder")
        })?;
        Ok(Scratch { path })
    }
}

/// A folder that goes away with this value.
pub(crate) struct Scratch {
    pub(crate) path: PathBuf,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed now is swept when this process is known to be gone.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A new id: version 7, so that ids sort by time of birth.
pub(crate) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// Unix seconds.
pub(crate) fn now() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0.0, |since| since.as_secs_f64())
}

fn draw_seed() -> Seed {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    // The fixed bits of a version 4 id stand at the middle; both ends are chance.
    Seed((high ^ low.rotate_left(32)) % Seed::DRAW_LIMIT)
}
