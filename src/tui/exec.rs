//! The loop's hands: every order that is not the terminal's becomes a call of the protocol, and its answer a message.
//!
//! Orders that change something are done one after another, as they were given; questions are asked side by side.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::keymap::Keymap;
use super::msg::{Answer, Cmd, Msg};
use super::run::Setup;
use super::setup::ThemeSource;
use crate::client::Client;
use crate::model::card::TakeCard;
use crate::model::job::{Fault, FaultKind, Phase};
use crate::model::units::Bpm;
use crate::protocol::Method;
use crate::protocol::device::{DeviceListParams, DeviceSelectParams};
use crate::protocol::engine::{BackendListParams, BriefReadParams, EngineStatusParams};
use crate::protocol::graph::{
    GraphGetParams, GraphRedoParams, GraphUndoParams, NodeDataParams, NodeListTypesParams,
    NodeSetParamParams,
};
use crate::protocol::job::{
    JobCancelParams, JobListParams, JobReorderParams, JobRetryParams, JobSubmitParams,
};
use crate::protocol::library::{PresetListParams, SessionCreateParams, SessionListParams};
use crate::protocol::listen::{
    PlayerCompareParams, PlayerGetParams, PlayerSetPartParams, PlayerSkipParams, PlayerState,
    PlayerSwitchParams, PlayerVerdictParams, TakeLoudnessParams, TakePeaksParams, TakeScoreParams,
    TakeSpectrogramParams,
};
use crate::protocol::methods as call;
use crate::protocol::player::{PlayerCloseParams, PlayerOpenParams};
use crate::protocol::take::{
    TakeDeleteParams, TakeExportParams, TakeListParams, TakeRateParams, TakeResponse, TakeTagParams,
};
use crate::protocol::transcript::{
    PromptHistoryParams, SessionForkParams, SessionNoteParams, SessionRenameParams,
    SessionTranscriptParams, TakeDeriveParams, TakeNameParams,
};
use crate::protocol::transport::{
    TransportPlayParams, TransportSeekParams, TransportSetLoopParams, TransportSetTempoParams,
    TransportStopParams,
};

/// Orders that may wait for the one before them. More come from nobody's fingers.
const ORDERS: usize = 256;
/// Entries of a conversation that are read at a time.
const PAGE: u32 = 200;
/// How often a lost engine is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Points of a history that are asked for.
const POINTS: u32 = 600;
/// Prompts that are remembered.
const PROMPTS: u32 = 1_000;
/// How a path begins that counts from the home folder.
const HOME: &str = "~/";

/// Does orders. Cheap to clone.
#[derive(Clone)]
pub(super) struct Hands {
    orders: mpsc::Sender<(Cmd, Ticket)>,
    asker: Asker,
    open: Arc<AtomicUsize>,
}

/// Held while an order is being done, so that a script can wait for all of them.
struct Ticket(Arc<AtomicUsize>);

impl Ticket {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::SeqCst);
        Self(open.clone())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What asks and answers.
#[derive(Clone)]
struct Asker {
    /// The engine; another one once it was lost and found again.
    client: Arc<Mutex<Client>>,
    /// Where it is found again, where it runs in another process.
    socket: Option<PathBuf>,
    answers: mpsc::Sender<Msg>,
    themes: Arc<ThemeSource>,
}

impl Hands {
    /// Hands that give answers to `answers`. Must be made on a tokio runtime.
    pub(super) fn new(client: Client, answers: mpsc::Sender<Msg>, setup: &Setup) -> Self {
        let asker = Asker {
            client: Arc::new(Mutex::new(client)),
            socket: setup.socket.clone(),
            answers,
            themes: Arc::new(setup.themes.clone()),
        };
        let (orders, mut queue) = mpsc::channel::<(Cmd, Ticket)>(ORDERS);
        let worker = asker.clone();
        tokio::spawn(async move {
            while let Some((cmd, ticket)) = queue.recv().await {
                worker.change(cmd).await;
                drop(ticket);
            }
        });
        Self { orders, asker, open: Arc::default() }
    }

    /// Whether every order has been done, its answer given included.
    pub(super) fn are_idle(&self) -> bool {
        self.open.load(Ordering::SeqCst) == 0
    }

    /// Does an order, or has it done.
    pub(super) async fn run(&self, cmd: Cmd) {
        let ticket = Ticket::new(&self.open);
        if is_question(&cmd) {
            let asker = self.asker.clone();
            tokio::spawn(async move {
                asker.ask(cmd).await;
                drop(ticket);
            });
        } else if self.orders.try_send((cmd, ticket)).is_err() {
            let fault = Fault::new(FaultKind::Busy, "too much is to be done already")
                .with_hint("try again in a moment");
            self.fail("do it", fault).await;
        }
    }

    /// Says something to the loop.
    pub(super) async fn say(&self, msg: Msg) {
        self.asker.say(msg).await;
    }

    /// Tells the loop of a failure.
    pub(super) async fn fail(&self, what: &str, fault: Fault) {
        self.asker.answer(Answer::Failed { what: what.to_owned(), fault }).await;
    }

    /// Looks for a lost engine until it is there again, and says so. One in this process does not come back.
    pub(super) fn reconnect(&self) {
        let asker = self.asker.clone();
        let Some(socket) = asker.socket.clone() else { return };
        tokio::spawn(async move {
            loop {
                match Client::connect(&socket).await {
                    Ok(client) => {
                        *asker.lock() = client;
                        return asker.say(Msg::Connected).await;
                    }
                    Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
                }
            }
        });
    }

    /// The engine as it is reached now.
    pub(super) fn client(&self) -> Client {
        self.asker.client()
    }
}

/// Whether an order only asks, or takes long and need not be waited for.
fn is_question(cmd: &Cmd) -> bool {
    matches!(
        cmd,
        Cmd::LoadStatus
            | Cmd::LoadBackends
            | Cmd::LoadPresets
            | Cmd::LoadDevices
            | Cmd::LoadQueue
            | Cmd::LoadHistory
            | Cmd::LoadSessions
            | Cmd::LoadTranscript { .. }
            | Cmd::LoadLibrary { .. }
            | Cmd::LoadPeaks { .. }
            | Cmd::LoadSpectrogram { .. }
            | Cmd::LoadLoudness { .. }
            | Cmd::LoadScore(_)
            | Cmd::LoadGraph
            | Cmd::LoadNodeTypes
            | Cmd::LoadPlayer
            | Cmd::LoadNodes(_)
            | Cmd::LoadTheme(_)
            | Cmd::LoadKeys(_)
            | Cmd::ReadBrief(..)
            | Cmd::Export { .. }
            | Cmd::Doctor
    )
}

impl Asker {
    fn lock(&self) -> MutexGuard<'_, Client> {
        // A client is only ever replaced whole, so one behind a poisoned lock is as good as any.
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self) -> Client {
        self.lock().clone()
    }

    async fn say(&self, msg: Msg) {
        // An error means that the loop has ended, and nobody wants to know.
        let _ = self.answers.send(msg).await;
    }

    async fn answer(&self, answer: Answer) {
        self.say(Msg::Answer(Box::new(answer))).await;
    }

    /// Calls a method, and answers with what becomes of its response, or with the failure.
    async fn call<M: Method>(
        &self,
        what: &str,
        params: M::Params,
        then: impl FnOnce(M::Response) -> Answer,
    ) {
        let answer = match self.client().call::<M>(params).await {
            Ok(response) => then(response),
            Err(fault) => Answer::Failed { what: what.to_owned(), fault },
        };
        self.answer(answer).await;
    }

    /// The same for a curve of a take, whose failure belongs to the curve.
    async fn curve<M: Method>(
        &self,
        (take, which): (String, &'static str),
        params: M::Params,
        then: impl FnOnce(String, M::Response) -> Answer,
    ) {
        let answer = match self.client().call::<M>(params).await {
            Ok(response) => then(take, response),
            Err(fault) => Answer::NoCurve(take, which, fault),
        };
        self.answer(answer).await;
    }

    async fn ask(&self, cmd: Cmd) {
        match cmd {
            Cmd::LoadStatus => {
                let then = |status| Answer::Status(Box::new(status));
                self.call::<call::EngineStatus>(
                    "ask how the engine is",
                    EngineStatusParams {},
                    then,
                )
                .await;
            }
            Cmd::LoadBackends => {
                let then = |list: crate::protocol::engine::BackendListResponse| {
                    Answer::Backends(list.backends, list.default)
                };
                self.call::<call::BackendList>("list the backends", BackendListParams {}, then)
                    .await;
            }
            Cmd::LoadPresets => {
                let then = |list: crate::protocol::library::PresetListResponse| {
                    Answer::Presets(list.presets)
                };
                self.call::<call::PresetList>(
                    "list the presets",
                    PresetListParams::default(),
                    then,
                )
                .await;
            }
            Cmd::LoadDevices => {
                let then = |list: crate::protocol::device::DeviceListResponse| {
                    Answer::Devices(list.devices, list.current)
                };
                self.call::<call::DeviceList>("list the devices", DeviceListParams {}, then).await;
            }
            Cmd::LoadQueue => {
                let phases =
                    vec![Phase::Queued, Phase::Generating, Phase::Mastering, Phase::Failed];
                let params = JobListParams { phases, limit: Some(200), ..Default::default() };
                let then = |list: crate::protocol::job::JobListResponse| Answer::Queue(list.jobs);
                self.call::<call::JobList>("list the queue", params, then).await;
            }
            Cmd::LoadHistory => {
                let params = PromptHistoryParams { limit: Some(PROMPTS), ..Default::default() };
                let then = |history: crate::protocol::transcript::PromptHistoryResponse| {
                    Answer::History(history.prompts)
                };
                self.call::<call::PromptHistory>("read old prompts", params, then).await;
            }
            Cmd::LoadSessions => {
                let params = SessionListParams { limit: Some(200) };
                let then = |list: crate::protocol::library::SessionListResponse| {
                    Answer::Sessions(list.sessions)
                };
                self.call::<call::SessionList>("list the sessions", params, then).await;
            }
            Cmd::LoadTranscript { session, before } => {
                let older = before.is_some();
                let params = SessionTranscriptParams { id: session, limit: Some(PAGE), before };
                let then = |page| Answer::Transcript(Box::new(page), older);
                self.call::<call::SessionTranscript>("open the session", params, then).await;
            }
            Cmd::LoadLibrary { search, limit } => {
                let search = (!search.trim().is_empty()).then_some(search);
                let params = TakeListParams { search, limit: Some(limit), ..Default::default() };
                let then = |list: crate::protocol::take::TakeListResponse| {
                    Answer::Library(
                        list.takes.iter().map(TakeCard::from).collect(),
                        list.next.is_some(),
                    )
                };
                self.call::<call::TakeList>("search the library", params, then).await;
            }
            Cmd::LoadPeaks { take, columns, range } => {
                let params = TakePeaksParams {
                    take: take.clone(),
                    columns,
                    from: range.map(|range| range.0),
                    to: range.map(|range| range.1),
                };
                let then = |take, peaks| Answer::Peaks(take, Box::new(peaks), range.is_some());
                self.curve::<call::TakePeaks>((take, "peaks"), params, then).await;
            }
            Cmd::LoadSpectrogram { take, columns, bands, range } => {
                let params = TakeSpectrogramParams {
                    take: take.clone(),
                    columns,
                    bands,
                    from: range.map(|range| range.0),
                    to: range.map(|range| range.1),
                };
                let then = |take, spectrogram| Answer::Spectrogram(take, Box::new(spectrogram));
                self.curve::<call::TakeSpectrogram>((take, "spectrogram"), params, then).await;
            }
            Cmd::LoadLoudness { take, points } => {
                let params = TakeLoudnessParams { take: take.clone(), points };
                let then = |take, loudness| Answer::Loudness(take, Box::new(loudness));
                self.curve::<call::TakeLoudness>((take, "loudness"), params, then).await;
            }
            Cmd::LoadScore(take) => {
                let params = TakeScoreParams { id: take.clone() };
                let then = |take, score: crate::protocol::listen::TakeScoreResponse| {
                    Answer::Score(take, score.score.map(Box::new))
                };
                self.curve::<call::TakeScore>((take, "score"), params, then).await;
            }
            Cmd::LoadGraph => {
                let then = |graph: crate::protocol::graph::GraphResponse| {
                    Answer::Graph(Box::new(graph.graph))
                };
                self.call::<call::GraphGet>("read the graph", GraphGetParams {}, then).await;
            }
            Cmd::LoadNodeTypes => {
                let then = |list: crate::protocol::graph::NodeListTypesResponse| {
                    Answer::NodeTypes(list.types)
                };
                self.call::<call::NodeListTypes>(
                    "list the nodes",
                    NodeListTypesParams::default(),
                    then,
                )
                .await;
            }
            Cmd::LoadPlayer => {
                let then = |player| Answer::Player(Box::new(player));
                self.call::<call::PlayerGet>("ask what plays", PlayerGetParams {}, then).await;
            }
            Cmd::LoadNodes(nodes) => self.nodes(nodes).await,
            Cmd::LoadTheme(name) => {
                let answer = match self.themes.load(&name) {
                    Ok((theme, warnings)) => Answer::Theme(Box::new(theme), warnings),
                    Err(fault) => Answer::Failed { what: format!("use the theme {name}"), fault },
                };
                self.answer(answer).await;
            }
            Cmd::LoadKeys(file) => self.keys(&file).await,
            Cmd::ReadBrief(question, request) => {
                // Nobody asked for it, so nobody is told where it does not work; sending the prompt tells.
                let read = self
                    .client()
                    .call::<call::BriefRead>(BriefReadParams { request: *request })
                    .await;
                if let Ok(read) = read {
                    self.answer(Answer::Brief(question, Box::new(read.brief))).await;
                }
            }
            Cmd::Export { take, format, path, overwrite } => {
                self.export(take, &format, path, overwrite).await
            }
            Cmd::Doctor => self.doctor().await,
            _ => {}
        }
    }

    async fn nodes(&self, nodes: Vec<String>) {
        let mut measured = Vec::with_capacity(nodes.len());
        for node in nodes {
            // A node may have gone since it was in sight.
            if let Ok(data) = self
                .client()
                .call::<call::NodeData>(NodeDataParams { id: node.clone(), points: POINTS })
                .await
            {
                measured.push((node, data.data));
            }
        }
        self.answer(Answer::Nodes(measured)).await;
    }

    async fn keys(&self, file: &Path) {
        let read = match std::fs::read_to_string(file) {
            Ok(text) => Keymap::load(&text, &file.display().to_string()),
            Err(_) => Ok(Keymap::default()),
        };
        let answer = match read {
            Ok(keys) => Answer::Keys(Box::new(keys)),
            Err(errors) => {
                let first = errors
                    .first()
                    .map(|error| (error.to_string(), error.hint()))
                    .unwrap_or_default();
                let fault = Fault::new(FaultKind::Invalid, first.0).with_hint(first.1);
                Answer::Failed { what: "read the keys".to_owned(), fault }
            }
        };
        self.answer(answer).await;
    }

    async fn export(&self, take: String, format: &str, path: Option<String>, overwrite: bool) {
        let what = format!("write it as {format}");
        let Ok(format) = format.parse() else {
            let fault =
                Fault::new(FaultKind::Invalid, "no such format").with_hint("wav, flac or mp3");
            return self.answer(Answer::Failed { what, fault }).await;
        };
        let path = path.map(|path| absolute(&path).to_string_lossy().into_owned());
        let params = TakeExportParams {
            id: take,
            format,
            bit_depth: None,
            sample_rate: None,
            path,
            overwrite,
        };
        let then = |written: crate::protocol::take::TakeExportResponse| {
            Answer::Done(format!("Written: {}", written.path))
        };
        self.call::<call::TakeExport>(&what, params, then).await;
    }

    /// Runs the program's own check in a process of its own, so that its findings are those of a fresh start.
    async fn doctor(&self) {
        let checked = tokio::task::spawn_blocking(|| {
            let program = std::env::current_exe()?;
            std::process::Command::new(program)
                .args(["doctor", "--color", "never", "--no-input"])
                .stdin(std::process::Stdio::null())
                .output()
        })
        .await;
        let answer = match checked {
            Ok(Ok(output)) => {
                let text = [output.stdout, output.stderr].concat();
                let lines = String::from_utf8_lossy(&text)
                    .lines()
                    .map(crate::util::text::one_line)
                    .collect();
                Answer::Report("Doctor".to_owned(), lines)
            }
            Ok(Err(error)) => Answer::Failed {
                what: "run the check".to_owned(),
                fault: Fault::new(FaultKind::Internal, error.to_string()),
            },
            Err(error) => Answer::Failed {
                what: "run the check".to_owned(),
                fault: Fault::new(FaultKind::Internal, error.to_string()),
            },
        };
        self.answer(answer).await;
    }

    async fn change(&self, cmd: Cmd) {
        let done = |said: &str| Answer::Done(said.to_owned());
        let took = |taken: TakeResponse| Answer::Take(Box::new(TakeCard::from(&taken.take)));
        let plays = |player: PlayerState| Answer::Player(Box::new(player));
        match cmd {
            Cmd::Submit { request, takes, session, parent } => {
                let params = JobSubmitParams { request: *request, takes, session, parent };
                let then = |jobs: crate::protocol::job::JobSubmitResponse| {
                    Answer::Submitted(jobs.jobs, jobs.notes)
                };
                self.call::<call::JobSubmit>("render it", params, then).await;
            }
            Cmd::Derive { take, changes, takes, session } => {
                let params = TakeDeriveParams { id: take, changes, takes: Some(takes), session };
                let then = |jobs: crate::protocol::transcript::TakeDeriveResponse| {
                    Answer::Submitted(jobs.jobs, jobs.notes)
                };
                self.call::<call::TakeDerive>("make another take of it", params, then).await;
            }
            Cmd::Cancel(id) => {
                self.call::<call::JobCancel>("cancel it", JobCancelParams { id }, |_| {
                    done("Cancelled")
                })
                .await;
            }
            Cmd::Retry(id) => {
                let then = |job: crate::protocol::job::JobResponse| {
                    Answer::Submitted(vec![job.job], Vec::new())
                };
                self.call::<call::JobRetry>(
                    "put it back into the queue",
                    JobRetryParams { id },
                    then,
                )
                .await;
            }
            Cmd::Reorder(id, place) => {
                self.call::<call::JobReorder>("move it", JobReorderParams { id, place }, |_| {
                    done("")
                })
                .await;
                self.ask(Cmd::LoadQueue).await;
            }
            Cmd::Open { .. } | Cmd::Compare { .. } => self.open(cmd).await,
            Cmd::Play => {
                self.call::<call::TransportPlay>("play", TransportPlayParams::default(), |_| {
                    done("")
                })
                .await;
            }
            Cmd::Stop => {
                self.call::<call::TransportStop>("stop", TransportStopParams {}, |_| done(""))
                    .await;
            }
            Cmd::Close => {
                self.call::<call::PlayerClose>("close it", PlayerCloseParams {}, |_| done(""))
                    .await;
                self.ask(Cmd::LoadPlayer).await;
            }
            Cmd::Seek(to, when) => {
                let params = TransportSeekParams { to, when };
                self.call::<call::TransportSeek>("go there", params, |_| done("")).await;
            }
            Cmd::Loop(region) => {
                let params = TransportSetLoopParams { region };
                self.call::<call::TransportSetLoop>("loop it", params, |_| done("")).await;
            }
            Cmd::SetTempo(bpm) => {
                let params = TransportSetTempoParams { bpm: Some(Bpm::clamped(bpm)), tempo: None };
                self.call::<call::TransportSetTempo>("set the tempo", params, |_| done("")).await;
            }
            Cmd::Skip(by, when) => {
                let params = PlayerSkipParams { by, when };
                self.call::<call::PlayerSkip>("go to another take", params, plays).await;
            }
            Cmd::SetPart { part, mute, solo, gain_db, pan } => {
                let params = PlayerSetPartParams { part, mute, solo, gain_db, pan };
                self.call::<call::PlayerSetPart>("mix it", params, plays).await;
            }
            Cmd::Switch(to, when) => {
                let params = PlayerSwitchParams { to, when };
                self.call::<call::PlayerSwitch>("switch", params, plays).await;
            }
            Cmd::Verdict(best, note) => {
                let params = PlayerVerdictParams { best, note };
                self.call::<call::PlayerVerdict>("keep the verdict", params, plays).await;
                self.answer(done("The verdict is kept")).await;
            }
            Cmd::SetParam { node, param, value } => {
                let params = NodeSetParamParams { id: node, param, value, gesture: None };
                self.call::<call::NodeSetParam>("move it", params, |_| done("")).await;
            }
            Cmd::UndoGraph => {
                self.call::<call::GraphUndo>("take it back", GraphUndoParams {}, |_| done(""))
                    .await;
            }
            Cmd::RedoGraph => {
                self.call::<call::GraphRedo>("do it again", GraphRedoParams {}, |_| done("")).await;
            }
            Cmd::Rate(id, stars) => {
                let params = TakeRateParams { id, rating: Some(stars), note: None };
                self.call::<call::TakeRate>("rate it", params, took).await;
            }
            Cmd::Note(id, note) => {
                let params = TakeRateParams { id, rating: None, note: Some(note) };
                self.call::<call::TakeRate>("write the note", params, took).await;
            }
            Cmd::Name(id, title) => {
                self.call::<call::TakeName>("name it", TakeNameParams { id, title }, took).await;
            }
            Cmd::Tag { take, add, remove } => {
                self.call::<call::TakeTag>("tag it", TakeTagParams { id: take, add, remove }, took)
                    .await;
            }
            Cmd::Delete(id, files) => {
                let then = |_| {
                    done(if files {
                        "Deleted"
                    } else {
                        "It is out of the library; its files are still there"
                    })
                };
                self.call::<call::TakeDelete>("delete it", TakeDeleteParams { id, files }, then)
                    .await;
            }
            Cmd::NewSession(title) => {
                let then = |made: crate::protocol::library::SessionCreateResponse| {
                    Answer::Session(made.session)
                };
                self.call::<call::SessionCreate>(
                    "begin a session",
                    SessionCreateParams { title },
                    then,
                )
                .await;
            }
            Cmd::Fork { session, at, title } => {
                let params = SessionForkParams { id: session, at, title };
                let then = |made: crate::protocol::transcript::SessionResponse| {
                    Answer::Session(made.session)
                };
                self.call::<call::SessionFork>("fork the session", params, then).await;
            }
            Cmd::RenameSession(id, title) => {
                let params = SessionRenameParams { id, title };
                let then = |made: crate::protocol::transcript::SessionResponse| {
                    Answer::Session(made.session)
                };
                self.call::<call::SessionRename>("name the session", params, then).await;
            }
            Cmd::SessionNote(id, text) => {
                let params = SessionNoteParams { id, text };
                self.call::<call::SessionNote>("write it down", params, |_| done("")).await;
            }
            Cmd::SelectDevice(device) => {
                let params = DeviceSelectParams { device: Some(device), ..Default::default() };
                self.call::<call::DeviceSelect>("use that device", params, |_| done("")).await;
                self.ask(Cmd::LoadStatus).await;
            }
            _ => {}
        }
    }

    /// Opens takes: stopped at first, so that they begin where they should, then started.
    async fn open(&self, cmd: Cmd) {
        match cmd {
            Cmd::Open { sources, parts, chain, bpm, start, at, keep } => {
                let params = PlayerOpenParams {
                    sources,
                    chain,
                    bpm: bpm.map(Bpm::clamped),
                    start: start && at.is_none(),
                    keep,
                    parts,
                    ..Default::default()
                };
                let what = "play it";
                if let Err(fault) = self.client().call::<call::PlayerOpen>(params).await {
                    return self.answer(Answer::Failed { what: what.to_owned(), fault }).await;
                }
                self.ask(Cmd::LoadPlayer).await;
                if let Some(from) = at {
                    if start {
                        let params = TransportPlayParams { from: Some(from), ..Default::default() };
                        self.call::<call::TransportPlay>(what, params, |_| {
                            Answer::Done(String::new())
                        })
                        .await;
                    } else {
                        let params = TransportSeekParams {
                            to: from,
                            when: crate::protocol::listen::Quantum::Now,
                        };
                        self.call::<call::TransportSeek>(what, params, |_| {
                            Answer::Done(String::new())
                        })
                        .await;
                    }
                }
                self.ask(Cmd::LoadStatus).await;
            }
            Cmd::Compare { takes, blind, chain } => {
                let params =
                    PlayerCompareParams { sources: takes, blind, chain, ..Default::default() };
                let then = |player| Answer::Player(Box::new(player));
                self.call::<call::PlayerCompare>("compare them", params, then).await;
                self.ask(Cmd::LoadStatus).await;
            }
            _ => {}
        }
    }
}

/// A path as it was typed: from the home folder, or from the one that the program was started in.
fn absolute(typed: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match (typed.strip_prefix(HOME), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => std::env::current_dir().unwrap_or_default().join(typed),
    }
}
