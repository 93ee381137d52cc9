//! What the engine tells without being asked.

use super::super::model::conversation::Cell;
use super::super::model::curves::Loaded;
use super::super::model::panes::{Tab, ViewKind};
use super::super::model::{Model, Weight};
use super::super::msg::Cmd;
use super::{log, toast};
use crate::model::card::{JobCard, TakeCard};
use crate::model::job::{Job, Phase};
use crate::protocol::Event;
use crate::protocol::device::AudioStatus;
use crate::protocol::event::TransportCause;

/// How often nodes are asked what they measure, in seconds, by how fast what they feed moves.
const QUICK_S: f64 = 1.0 / 30.0;
const SLOW_S: f64 = 0.2;
/// How long a peak is held, in seconds.
const HOLD_S: f64 = 2.0;
/// Spectra that are kept for the live spectrogram.
const MOST_SPECTRA: usize = 400;

pub(super) fn hear(model: &mut Model, event: Event) -> Vec<Cmd> {
    match event {
        Event::JobProgress(told) => {
            let Some(job) = model.jobs.get_mut(&told.job_id) else { return Vec::new() };
            job.phase = told.phase;
            job.progress = told.progress;
            job.stage = told.stage;
            job.eta_s = told.eta_s;
            let card = JobCard::from(&*job);
            put(model, &card);
            progress(model)
        }
        Event::JobChanged(changed) => job_changed(model, changed.job),
        Event::TakeCreated(created) => {
            let card = TakeCard::from(&created.take);
            let mut cmds = told_of_take(model, &card);
            model.takes.insert(card.id.clone(), card);
            if model.inspector.tab == Tab::Library && model.inspector.open {
                cmds.push(Cmd::LoadLibrary { search: model.inspector.search.clone(), limit: 200 });
            }
            cmds
        }
        Event::EngineStatus(status) => status_came(model, status),
        Event::TransportChanged(changed) => {
            if let Some(status) = &mut model.sound.status {
                status.transport = changed.transport;
                model.sound.status_at = model.clock;
            } else {
                return vec![Cmd::LoadStatus];
            }
            if changed.cause == TransportCause::Ended {
                log(model, Weight::Note, "The music came to its end");
            }
            Vec::new()
        }
        Event::DeviceChanged(changed) => {
            let (weight, what) = if changed.device.available {
                (Weight::Good, format!("Sound goes to {}", changed.device.current))
            } else {
                (Weight::Warning, changed.device.message.clone())
            };
            if let Some(status) = &mut model.sound.status {
                status.device = changed.device;
            }
            toast(model, weight, &what, "");
            Vec::new()
        }
        Event::EngineXrun(xrun) => {
            model.sound.xruns += xrun.count;
            log(
                model,
                Weight::Warning,
                &format!("{} xruns, the last by the {:?}", xrun.count, xrun.cause).to_lowercase(),
            );
            Vec::new()
        }
        Event::NodeFault(fault) => {
            let hint = "it is tried again in a moment; the rest plays on";
            toast(model, Weight::Warning, &format!("{} broke down and is muted", fault.node), hint);
            Vec::new()
        }
        Event::TakeChanged(changed) => {
            model.takes.insert(changed.take.id.clone(), changed.take);
            Vec::new()
        }
        Event::TakeDeleted(deleted) => {
            model.takes.remove(&deleted.id);
            model.curves.takes.remove(&deleted.id);
            model.inspector.found.retain(|id| *id != deleted.id);
            Vec::new()
        }
        Event::SessionChanged(changed) => {
            if let Some(session) = &mut model.conversation.session
                && session.id == changed.session.id
            {
                *session = changed.session.clone();
            }
            for session in &mut model.sessions {
                if session.id == changed.session.id {
                    *session = changed.session.clone();
                }
            }
            Vec::new()
        }
        Event::SessionNoted(noted) => {
            if model
                .conversation
                .session
                .as_ref()
                .is_some_and(|session| session.id == noted.note.session_id)
            {
                model.conversation.cells.push(Cell::Note(noted.note));
            }
            Vec::new()
        }
        Event::PlayerChanged(changed) => player_changed(model, changed.player),
        Event::GraphChanged(_) => {
            let chain = model.inspector.open && model.inspector.tab == Tab::Chain;
            let graph = model.big.as_ref().is_some_and(|big| big.kind == ViewKind::Graph);
            if chain || graph { vec![Cmd::LoadGraph] } else { Vec::new() }
        }
    }
}

/// What plays is another thing now.
pub(super) fn player_changed(
    model: &mut Model,
    player: crate::protocol::listen::PlayerState,
) -> Vec<Cmd> {
    for note in &player.notes {
        if !model.sound.player.notes.contains(note) {
            log(model, Weight::Note, note);
        }
    }
    if player.parts.is_empty() {
        model.sound.part_meters.clear();
    }
    let was = (model.sound.player.items.len(), model.sound.player.compare.is_some());
    model.sound.player = player;
    if was != (model.sound.player.items.len(), model.sound.player.compare.is_some()) {
        model.sound.graph = None;
        let chain = model.inspector.open && model.inspector.tab == Tab::Chain;
        if chain || model.big.as_ref().is_some_and(|big| big.kind == ViewKind::Graph) {
            return vec![Cmd::LoadGraph];
        }
    }
    Vec::new()
}

/// The sound's state; while music runs it comes 60 times a second, and nodes are asked beside it.
pub(super) fn status_came(model: &mut Model, status: AudioStatus) -> Vec<Cmd> {
    let clock = model.clock;
    for (held, now) in model.sound.held.iter_mut().zip(status.peak_db) {
        let stale = held.is_none_or(|(_, at)| clock - at > HOLD_S);
        if let Some(now) = now.filter(|now| stale || held.is_none_or(|(level, _)| *now >= level)) {
            *held = Some((now, clock));
        } else if stale {
            *held = None;
        }
    }
    let playing = status.transport.playing;
    model.sound.status = Some(status);
    model.sound.status_at = clock;
    if !playing || model.sound.asking || !model.sound.player.open {
        return Vec::new();
    }
    let (nodes, every) = measured_nodes(model);
    if nodes.is_empty() || clock - model.sound.asked_at < every {
        return Vec::new();
    }
    model.sound.asking = true;
    model.sound.asked_at = clock;
    vec![Cmd::LoadNodes(nodes)]
}

/// The nodes whose measures are in sight, and how often they are worth asking.
fn measured_nodes(model: &Model) -> (Vec<String>, f64) {
    let player = &model.sound.player;
    let (mut nodes, mut every) = (Vec::new(), SLOW_S);
    let mixer = model.inspector.open && model.inspector.tab == Tab::Mixer;
    if mixer {
        nodes.extend(player.parts.iter().map(|part| part.node.clone()));
        every = QUICK_S;
    }
    match model.big.as_ref().map(|big| big.kind) {
        Some(ViewKind::Spectrum | ViewKind::Stereo) => {
            nodes.push(player.spectrum.clone());
            every = QUICK_S;
        }
        Some(ViewKind::Loudness) => nodes.push(player.history.clone()),
        _ => {}
    }
    // Loudness and correlation of what is heard are always worth a look.
    nodes.push(player.meter.clone());
    nodes.retain(|node| !node.is_empty());
    (nodes, every)
}

/// Takes what nodes measure.
pub(super) fn nodes_came(
    model: &mut Model,
    measured: Vec<(String, crate::model::node_data::NodeData)>,
) {
    use crate::model::node_data::NodeData;
    let sound = &mut model.sound;
    sound.asking = false;
    for (node, data) in measured {
        match data {
            NodeData::Meter(meter) if node == sound.player.meter => sound.meter = meter,
            NodeData::Meter(meter) => {
                sound.part_meters.insert(node, meter);
            }
            NodeData::Spectrum(spectrum) => {
                if sound.spectra.len() >= MOST_SPECTRA {
                    sound.spectra.pop_front();
                }
                sound.spectra.push_back(spectrum.db.clone());
                sound.spectrum = spectrum;
            }
            NodeData::History(history) => sound.history = history,
            _ => {}
        }
    }
}

/// A job has entered another phase, or is new.
pub(super) fn job_changed(model: &mut Model, job: Job) -> Vec<Cmd> {
    let before = model.jobs.get(&job.id).map(|job| job.phase);
    let card = JobCard::from(&job);
    place(model, &card);
    let mut cmds = Vec::new();
    if before != Some(job.phase) && job.phase == Phase::Failed {
        let fault = job.fault.clone();
        let (what, hint) = fault.map_or_else(Default::default, |fault| (fault.message, fault.hint));
        toast(model, Weight::Bad, &format!("A take failed: {what}"), &hint);
        if !model.attended {
            cmds.push(Cmd::Notify("A take failed".to_owned(), what));
        }
    }
    if job.phase == Phase::Ready
        && !model.takes.contains_key(job.take_id.as_deref().unwrap_or_default())
    {
        // The take's own event comes beside this one; where it was lost, the transcript is read again.
        log(model, Weight::Note, &format!("Take {} is there", job.number));
    }
    model.jobs.insert(job.id.clone(), job);
    cmds.extend(progress(model));
    cmds
}

/// Puts a job into the transcript: over its cell if it has one, else at the end, with its prompt before it.
pub(super) fn place(model: &mut Model, card: &JobCard) {
    if put(model, card) {
        return;
    }
    let ours =
        model.conversation.session.as_ref().is_some_and(|session| session.id == card.session_id);
    if !ours || card.phase.is_final() && card.take_id.is_none() {
        return;
    }
    let cells = &mut model.conversation.cells;
    if !continues(cells, card) {
        cells.push(Cell::Prompt { text: card.prompt.clone(), parent: card.parent.clone() });
    }
    cells.push(Cell::Job(card.clone()));
}

/// Whether a job belongs to the prompt that the last cells show.
pub(super) fn continues(cells: &[Cell], card: &JobCard) -> bool {
    let mut before = cells.iter().rev();
    match before.next() {
        // A prompt that was just sent waits for its first job.
        Some(Cell::Prompt { .. }) => true,
        Some(Cell::Job(last)) => {
            last.prompt == card.prompt
                && last.parent == card.parent
                && (card.created_at - last.created_at).abs() < 2.0
        }
        _ => false,
    }
}

fn put(model: &mut Model, card: &JobCard) -> bool {
    // Jobs that change are among the newest cells.
    for cell in model.conversation.cells.iter_mut().rev() {
        if let Cell::Job(job) = cell
            && job.id == card.id
        {
            job.clone_from(card);
            return true;
        }
    }
    false
}

/// A take is finished.
fn told_of_take(model: &mut Model, card: &TakeCard) -> Vec<Cmd> {
    for cell in model.conversation.cells.iter_mut().rev() {
        if let Cell::Job(job) = cell
            && job.id == card.job_id
        {
            job.take_id = Some(card.id.clone());
            job.phase = Phase::Ready;
            break;
        }
    }
    if let Some(curves) = model.curves.takes.get_mut(&card.id) {
        curves.peaks = Loaded::Not;
    }
    let left =
        model.jobs.values().filter(|job| !job.phase.is_final() && job.id != card.job_id).count();
    let hint = match left {
        0 => "Space plays it".to_owned(),
        1 => "Space plays it; 1 more is on its way".to_owned(),
        more => format!("Space plays it; {more} more are on their way"),
    };
    toast(model, Weight::Good, &format!("Take {} is ready: {}", card.number, card.title), &hint);
    if model.attended {
        return Vec::new();
    }
    vec![Cmd::Notify("Timbre".to_owned(), format!("Take {} is ready: {}", card.number, card.title))]
}

/// What the terminal's own indicator shows: how far all that runs is.
fn progress(model: &Model) -> Vec<Cmd> {
    let open = model.jobs.values().filter(|job| !job.phase.is_final()).collect::<Vec<_>>();
    if open.is_empty() {
        return vec![Cmd::Progress(None)];
    }
    let done = open.iter().map(|job| job.progress).sum::<f64>() / open.len() as f64;
    vec![Cmd::Progress(Some(done.clamp(0.0, 1.0)))]
}
