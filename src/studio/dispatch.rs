//! THE dispatcher: from a call to an order. Every door ends here, and nothing else matches on methods.
//!
//! Pure: time, ids and seeds come in as [`Fresh`]. It checks params and fills in defaults; the library is not touched.

mod conversation;
mod live;

use serde_json::Value;

use crate::engine::nodes::Registry;
use crate::model::backend::BackendInfo;
use crate::model::job::{Fault, FaultKind};
use crate::model::key::Key;
use crate::model::session::Session;
use crate::model::units::Seed;
use crate::protocol::Call;
use crate::protocol::engine::{
    BackendListResponse, ConfigGetResponse, EnginePingResponse, PROTOCOL_VERSION,
};
use crate::protocol::job::{JobListParams, JobSubmitParams, MAX_TAKES};
use crate::protocol::library::{PresetEntry, PresetGetResponse, PresetListResponse};
use crate::protocol::take::{
    TakeExportParams, TakeListParams, TakeRateParams, TakeReplayParams, TakeSort, TakeTagParams,
};
use crate::protocol::transcript::EngineShutdownResponse;
use crate::protocol::transport::TransportPlayParams;
use crate::store::job::{JobFilter, NewJob};
use crate::store::take::{Cursor, MOST_TAGS, Opinion, Order as TakeOrder, TakeFilter};
use crate::util::text;

use super::input::{Curve, ExportTo, Look, Order, Task, Write};
use super::options::{Options, PresetSource};
use super::resolve::{numbered, resolve};
use super::stage::StageCall;
use super::update::to_value;

/// Most entries of a list that one call gives.
const MOST_LISTED: u32 = 500;
/// Longest note on a take, in characters.
const LONGEST_NOTE: usize = 4_000;
/// Longest title of a session, in characters.
const LONGEST_TITLE: usize = 200;
/// Longest tag, in characters.
const LONGEST_TAG: usize = 64;
/// Longest search text, in bytes.
const LONGEST_SEARCH: usize = 1_000;

/// What a dispatcher knows besides the call.
pub struct Context<'a> {
    /// The studio's options.
    pub options: &'a Options,
    /// The backends.
    pub backends: &'a [BackendInfo],
    /// The types of nodes.
    pub registry: &'a Registry,
}

/// What nobody can compute: the time, new ids, chance.
pub struct Fresh<'a> {
    /// Unix seconds.
    pub now: f64,
    /// A seed, drawn for this call.
    pub seed: Seed,
    /// Makes new ids.
    pub id: &'a mut dyn FnMut() -> String,
}

/// Makes an order of a call.
pub fn dispatch(
    method: &str,
    params: Value,
    context: &Context<'_>,
    fresh: &mut Fresh<'_>,
) -> Result<Order, Fault> {
    let options = context.options;
    Ok(match Call::read(method, params)? {
        Call::EnginePing(_) => Order::Answer(to_value(&EnginePingResponse {
            name: "timbre".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL_VERSION,
        })?),
        Call::EngineStatus(_) => Order::Look(Look::Status),
        Call::BackendList(_) => Order::Answer(to_value(&BackendListResponse {
            backends: context.backends.to_vec(),
            default: options.default_backend.clone(),
        })?),
        Call::BriefRead(params) => {
            let settled = resolve(params.request, options, context.backends, fresh.seed)?;
            Order::Look(Look::Brief { request: Box::new(settled.request), notes: settled.notes })
        }
        Call::ConfigGet(params) => {
            let prefix = params.prefix.unwrap_or_default();
            let entries = options
                .config
                .iter()
                .filter(|entry| entry.key.starts_with(&prefix))
                .cloned()
                .collect();
            Order::Answer(to_value(&ConfigGetResponse { entries })?)
        }
        Call::JobSubmit(params) => Order::Change(submit(params, context, fresh)?),
        Call::JobList(params) => Order::Look(list_jobs(params)?),
        Call::JobGet(params) => Order::Look(Look::Job(params.id)),
        Call::JobCancel(params) => Order::Change(Write::Cancel(params.id)),
        Call::JobRetry(params) => Order::Change(Write::Retry(params.id)),
        Call::JobReorder(params) => Order::Change(Write::Reorder(params.id, params.place)),
        Call::TakeList(params) => Order::Look(list_takes(params)?),
        Call::TakeGet(params) => Order::Look(Look::Take(params.id)),
        Call::TakeRate(params) => Order::Change(rate(params)?),
        Call::TakeTag(params) => Order::Change(tag(params)?),
        Call::TakeDelete(params) => Order::Change(Write::Delete(params.id, params.files)),
        Call::TakeExport(params) => Order::Task(export(params)?),
        Call::TakeInspect(params) => Order::Task(Task::Inspect(params.take)),
        Call::TakeReplay(params) => Order::Task(replay(params)?),
        Call::PresetList(params) => {
            let kept = |kind| params.kind.is_none_or(|wanted| wanted == kind);
            let presets = options.presets.values().filter(|source| kept(source.preset.kind));
            let entry = |source: &PresetSource| PresetEntry {
                name: source.preset.name.clone(),
                kind: source.preset.kind,
                doc: source.preset.doc.clone(),
                origin: source.origin.clone(),
            };
            Order::Answer(to_value(&PresetListResponse { presets: presets.map(entry).collect() })?)
        }
        Call::PresetGet(params) => Order::Answer(preset(&params.name, options)?),
        Call::SessionList(params) => Order::Look(Look::Sessions(limit(params.limit, 50)?)),
        Call::SessionGet(params) => Order::Look(Look::Session(params.id)),
        Call::SessionCreate(params) => {
            let title = text::one_line(&params.title);
            check_length("the title of a session", &title, LONGEST_TITLE)?;
            let id = (fresh.id)();
            Order::Change(Write::CreateSession(Session {
                id,
                title,
                parent: None,
                takes: 0,
                created_at: fresh.now,
            }))
        }
        Call::SessionTranscript(params) => Order::Look(conversation::transcript(params)?),
        Call::SessionNote(params) => Order::Change(conversation::note(params, fresh)?),
        Call::SessionRename(params) => Order::Change(conversation::rename(params)?),
        Call::SessionFork(params) => Order::Change(conversation::fork(params, fresh)?),
        Call::PromptHistory(params) => Order::Look(conversation::history(params)?),
        Call::TakeName(params) => Order::Change(conversation::name_take(params)?),
        Call::TakeDerive(params) => Order::Change(conversation::derive(params, fresh)?),
        Call::EngineShutdown(_) => Order::End(to_value(&EngineShutdownResponse {})?),
        Call::GraphGet(_) => Order::Stage(StageCall::Graph),
        Call::GraphSet(params) => Order::Stage(StageCall::SetGraph(Box::new(params.graph))),
        Call::GraphConnect(params) => Order::Stage(StageCall::Connect(params)),
        Call::GraphDisconnect(params) => Order::Stage(StageCall::Disconnect(params)),
        Call::GraphUndo(_) => Order::Stage(StageCall::Undo),
        Call::GraphRedo(_) => Order::Stage(StageCall::Redo),
        Call::NodeAdd(params) => Order::Stage(StageCall::AddNode(Box::new(params))),
        Call::NodeRemove(params) => Order::Stage(StageCall::RemoveNode(params.id)),
        Call::NodeSetParam(params) => Order::Stage(StageCall::SetParam(params)),
        Call::NodeGetState(params) => Order::Stage(StageCall::State(params.id)),
        Call::NodeSetState(params) => Order::Stage(StageCall::SetState(Box::new(params.state))),
        Call::NodeData(params) => Order::Stage(StageCall::Data(params)),
        Call::NodeListTypes(params) => {
            Order::Answer(to_value(&live::node_types(&params, context.registry)?)?)
        }
        Call::TransportGet(_) => Order::Stage(StageCall::Transport),
        Call::TransportPlay(params) => {
            let TransportPlayParams { from, count_in_bars, when } = params;
            Order::Stage(StageCall::Play { from, count_in_bars, when })
        }
        Call::TransportStop(_) => Order::Stage(StageCall::Stop),
        Call::TransportSeek(params) => {
            Order::Stage(StageCall::Seek { to: params.to, when: params.when })
        }
        Call::TransportSetLoop(params) => Order::Stage(StageCall::SetLoop(params.region)),
        Call::TransportSetTempo(params) => Order::Stage(StageCall::SetTempo(params)),
        Call::ScheduleSet(schedule) => Order::Stage(StageCall::SetSchedule(Box::new(schedule))),
        Call::NoteOn(params) => Order::Stage(StageCall::NoteOn(params)),
        Call::NoteOff(params) => Order::Stage(StageCall::NoteOff(params)),
        Call::NoteAllOff(params) => Order::Stage(StageCall::AllNotesOff(params.cut)),
        Call::PlayerOpen(params) => Order::Task(live::open_player(params, options)?),
        Call::PlayerClose(_) => Order::Stage(StageCall::ClosePlayer),
        Call::TakePeaks(params) => Order::Task(live::curve(Curve::Peaks(params))?),
        Call::TakeSpectrogram(params) => Order::Task(live::curve(Curve::Spectrogram(params))?),
        Call::TakeLoudness(params) => Order::Task(live::curve(Curve::Loudness(params))?),
        Call::TakeScore(params) => Order::Look(Look::Score(params.id)),
        Call::PlayerGet(_) => Order::Stage(StageCall::Player),
        Call::PlayerSetPart(params) => Order::Stage(StageCall::SetPart(params)),
        Call::PlayerCompare(params) => Order::Task(live::compare(params, options, fresh.seed)?),
        Call::PlayerSwitch(params) => Order::Stage(StageCall::Switch(params)),
        Call::PlayerVerdict(params) => Order::Task(live::verdict(params, fresh.now)?),
        Call::PlayerSkip(params) => {
            Order::Stage(StageCall::Skip { by: params.by, when: params.when })
        }
        Call::VerdictList(params) => {
            Order::Look(Look::Verdicts(params.take, limit(params.limit, 50)?))
        }
        Call::RenderOffline(params) => Order::Task(live::render(params)?),
        Call::DeviceList(_) => Order::Task(Task::ListDevices),
        Call::DeviceSelect(params) => Order::Stage(StageCall::SelectDevice(params)),
        Call::DeviceProbe(params) => Order::Task(live::probe(params)?),
    })
}

fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Invalid, message).with_hint(hint)
}

fn limit(asked: Option<u32>, default: u32) -> Result<u32, Fault> {
    match asked {
        None => Ok(default),
        Some(n) if (1..=MOST_LISTED).contains(&n) => Ok(n),
        Some(n) => Err(invalid(
            format!("{n} is out of range for limit: 1 to {MOST_LISTED}"),
            "ask for pages",
        )),
    }
}

fn check_length(what: &str, text: &str, most: usize) -> Result<(), Fault> {
    let length = text.chars().count();
    if length > most {
        return Err(invalid(
            format!("{what} has {length} characters; {most} is the most"),
            "shorten it",
        ));
    }
    Ok(())
}

fn submit(
    params: JobSubmitParams,
    context: &Context<'_>,
    fresh: &mut Fresh<'_>,
) -> Result<Write, Fault> {
    if !(1..=MAX_TAKES).contains(&params.takes) {
        return Err(invalid(
            format!("{} is out of range for takes: 1 to {MAX_TAKES}", params.takes),
            "submit several times for more",
        ));
    }
    let typed = text::clean(&params.request.prompt).trim().to_owned();
    let settled = resolve(params.request, context.options, context.backends, fresh.seed)?;
    let jobs = (0..params.takes)
        .map(|n| {
            let mut request = settled.request.clone();
            request.seed = Seed(request.seed.0.wrapping_add(u64::from(n)));
            let path = settled.path.as_ref().map(|path| match params.takes {
                1 => path.clone(),
                _ => numbered(path, n + 1),
            });
            NewJob {
                id: (fresh.id)(),
                request,
                parent: params.parent.clone(),
                path: path.map(|path| path.to_string_lossy().into_owned()),
                overwrite: settled.overwrite,
            }
        })
        .collect();
    let title = text::fit(&settled.request.prompt, 80);
    let session =
        Session { id: (fresh.id)(), title, parent: None, takes: 0, created_at: fresh.now };
    let notes = settled.notes;
    Ok(Write::Submit { session: params.session, fresh: session, jobs, typed, notes })
}

fn list_jobs(params: JobListParams) -> Result<Look, Fault> {
    let mut phases = params.phases;
    phases.sort_unstable();
    phases.dedup();
    Ok(Look::Jobs(JobFilter {
        phases,
        session_id: params.session,
        limit: limit(params.limit, 100)?,
    }))
}

fn list_takes(params: TakeListParams) -> Result<Look, Fault> {
    let search = params.search.unwrap_or_default();
    if search.len() > LONGEST_SEARCH {
        return Err(invalid("the search text is too long", "a few words are enough"));
    }
    let after = match params.after {
        None => None,
        Some(cursor) => Some(Cursor::read(&cursor).ok_or_else(|| {
            invalid(
                "'after' is not a place in a list",
                "pass the 'next' of the page before as it is",
            )
        })?),
    };
    let key = params
        .key
        .map(|key| key.parse::<Key>().map(|key| key.to_string()))
        .transpose()
        .map_err(|error| invalid(error.to_string(), ""))?;
    if let Some(rating) = params.min_rating.filter(|rating| !(1..=5).contains(rating)) {
        return Err(invalid(format!("{rating} is out of range for min_rating: 1 to 5"), ""));
    }
    Ok(Look::Takes(Box::new(TakeFilter {
        search,
        session_id: params.session,
        tag: params.tag.map(|tag| settle_tag(&tag)),
        min_rating: params.min_rating,
        backend: params.backend,
        key,
        min_bpm: params.min_bpm,
        max_bpm: params.max_bpm,
        order: match params.sort {
            TakeSort::Newest => TakeOrder::Newest,
            TakeSort::Oldest => TakeOrder::Oldest,
            TakeSort::Rating => TakeOrder::Rating,
        },
        limit: limit(params.limit, 50)?,
        after,
    })))
}

fn rate(params: TakeRateParams) -> Result<Write, Fault> {
    if params.rating.is_none() && params.note.is_none() {
        return Err(invalid(
            "there is neither a rating nor a note",
            "give a rating from 1 to 5, up, down, or a note",
        ));
    }
    if let Some(rating) = params.rating.filter(|rating| *rating > 5) {
        return Err(invalid(
            format!("{rating} is out of range for a rating: 1 to 5"),
            "0 takes a rating away",
        ));
    }
    let note = params.note.map(|note| text::clean(&note).trim().to_owned());
    check_length("the note", note.as_deref().unwrap_or_default(), LONGEST_NOTE)?;
    Ok(Write::Judge(params.id, Opinion { rating: params.rating, note, ..Opinion::default() }))
}

fn tag(params: TakeTagParams) -> Result<Write, Fault> {
    if params.add.is_empty() && params.remove.is_empty() {
        return Err(invalid("there is no tag to add or remove", ""));
    }
    if params.add.len() > MOST_TAGS {
        return Err(invalid(format!("a take can have {MOST_TAGS} tags at most"), ""));
    }
    let settled = |tags: Vec<String>| tags.iter().map(|tag| settle_tag(tag)).collect::<Vec<_>>();
    let (add, remove) = (settled(params.add), settled(params.remove));
    for tag in &add {
        if tag.is_empty() {
            return Err(invalid("a tag can't be empty", ""));
        }
        check_length("a tag", tag, LONGEST_TAG)?;
    }
    Ok(Write::Judge(
        params.id,
        Opinion { add_tags: add, remove_tags: remove, ..Opinion::default() },
    ))
}

/// Tags are kept in lower case on one line, so that `Night ` and `night` are one.
fn settle_tag(tag: &str) -> String {
    text::one_line(tag).to_lowercase()
}

fn export(params: TakeExportParams) -> Result<Task, Fault> {
    check_path(params.path.as_deref())?;
    Ok(Task::Export { id: params.id.clone(), wish: Box::new(ExportTo { params }) })
}

fn replay(params: TakeReplayParams) -> Result<Task, Fault> {
    check_path(params.path.as_deref())?;
    Ok(Task::Replay {
        take: params.take,
        verify: params.verify,
        path: params.path,
        overwrite: params.overwrite,
    })
}

fn check_path(path: Option<&str>) -> Result<(), Fault> {
    match path {
        Some(path) if !std::path::Path::new(path).is_absolute() => {
            Err(invalid("the path must be absolute", "give the whole path from the root"))
        }
        _ => Ok(()),
    }
}

fn preset(name: &str, options: &Options) -> Result<Value, Fault> {
    let source = find_preset(name, options)?;
    to_value(&PresetGetResponse { preset: source.preset.clone(), origin: source.origin.clone() })
}

fn find_preset<'a>(name: &str, options: &'a Options) -> Result<&'a PresetSource, Fault> {
    options.presets.get(name).ok_or_else(|| {
        let shown = text::fit(&text::one_line(name), 60);
        let hint = match text::nearest(name, options.presets.keys().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => "timbre presets lists them all".to_owned(),
        };
        Fault::new(FaultKind::NotFound, format!("there is no preset '{shown}'")).with_hint(hint)
    })
}
