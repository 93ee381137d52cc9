//! Answers of the engine to what was asked.

use std::collections::BTreeSet;

use super::super::model::conversation::{Cell, Scroll};
use super::super::model::curves::Loaded;
use super::super::model::panes::Overlay;
use super::super::model::{Model, Weight};
use super::super::msg::{Answer, Cmd};
use super::super::picker;
use super::{events, log, screen, toast};
use crate::model::card::JobCard;
use crate::model::job::{Fault, FaultKind};
use crate::model::session::Session;
use crate::protocol::transcript::{Entry, SessionTranscriptResponse};

pub(super) fn take(model: &mut Model, answer: Answer) -> Vec<Cmd> {
    match answer {
        Answer::Failed { what, fault } => failed(model, &what, &fault),
        Answer::Done(said) => {
            if !said.is_empty() {
                toast(model, Weight::Good, &said, "");
            }
            Vec::new()
        }
        Answer::Status(status) => {
            let engine = &mut model.engine;
            engine.version.clone_from(&status.version);
            engine.music_dir.clone_from(&status.music_dir);
            engine.takes = status.takes;
            for notice in &status.notices {
                if !engine.notices.contains(notice) {
                    engine.notices.push(notice.clone());
                    toast(model, Weight::Warning, notice, "");
                    return take(model, Answer::Status(status));
                }
            }
            let empty = status.takes == 0 && status.queued + status.running == 0;
            let untouched = model.conversation.cells.is_empty() && model.composer.is_empty();
            if empty && untouched && model.overlays.is_empty() && !model.welcomed {
                model.overlays.push(Overlay::Welcome);
            }
            model.welcomed = true;
            match status.audio {
                Some(audio) => events::status_came(model, audio),
                None => Vec::new(),
            }
        }
        Answer::Backends(backends, default) => {
            model.backends = backends;
            model.default_backend = default;
            Vec::new()
        }
        Answer::Presets(presets) => {
            model.presets = presets;
            Vec::new()
        }
        Answer::Devices(devices, _) => {
            model.sound.devices = devices;
            screen::refill(model, picker::devices);
            Vec::new()
        }
        Answer::Transcript(page, older) => {
            if older {
                older_page(model, *page);
            } else {
                open(model, *page);
            }
            Vec::new()
        }
        Answer::Sessions(sessions) => {
            model.sessions = sessions;
            screen::refill(model, picker::sessions);
            Vec::new()
        }
        Answer::Session(session) => {
            let renamed =
                model.conversation.session.as_ref().is_some_and(|shown| shown.id == session.id);
            if renamed {
                model.conversation.session = Some(session);
                return Vec::new();
            }
            let id = session.id.clone();
            toast(model, Weight::Good, &format!("Session: {}", session.title), "");
            model.conversation.session = Some(session);
            vec![Cmd::LoadTranscript { session: id, before: None }, Cmd::LoadSessions]
        }
        Answer::Submitted(jobs, notes) => {
            if let (None, Some(job)) = (&model.conversation.session, jobs.first()) {
                model.conversation.session = Some(Session {
                    id: job.session_id.clone(),
                    title: crate::util::text::fit(&job.request.prompt, 60),
                    parent: None,
                    takes: 0,
                    created_at: job.created_at,
                });
            }
            for note in notes {
                log(model, Weight::Note, &note);
            }
            for job in jobs {
                // The event of a quick job may have come before the answer to its submission.
                if !model.jobs.contains_key(&job.id) {
                    model.jobs.insert(job.id.clone(), job.clone());
                }
                let newest =
                    model.jobs.get(&job.id).map_or_else(|| JobCard::from(&job), JobCard::from);
                events::place(model, &newest);
            }
            model.conversation.scroll = Scroll::Bottom;
            Vec::new()
        }
        Answer::Queue(jobs) => {
            let listed = jobs.iter().map(|job| job.id.clone()).collect::<BTreeSet<_>>();
            model.jobs.retain(|id, job| job.phase.is_final() || listed.contains(id));
            for job in jobs {
                model.jobs.insert(job.id.clone(), job);
            }
            screen::fit(model);
            Vec::new()
        }
        Answer::Brief(question, brief) => {
            if question == model.composer.question {
                model.composer.brief = Some(*brief);
            }
            Vec::new()
        }
        Answer::Library(takes, more) => {
            model.inspector.found = takes.iter().map(|take| take.id.clone()).collect();
            model.inspector.more = more;
            for take in takes {
                model.takes.insert(take.id.clone(), take);
            }
            screen::fit(model);
            Vec::new()
        }
        Answer::History(prompts) => {
            model.composer.set_history(prompts);
            Vec::new()
        }
        Answer::Take(take) => {
            model.takes.insert(take.id.clone(), *take);
            Vec::new()
        }
        Answer::Peaks(take, peaks, zoomed) => {
            let curves = model.curves.takes.entry(take).or_default();
            let place = if zoomed { &mut curves.zoomed } else { &mut curves.peaks };
            *place = Loaded::Here(*peaks);
            Vec::new()
        }
        Answer::Spectrogram(take, spectrogram) => {
            model.curves.takes.entry(take).or_default().spectrogram = Loaded::Here(*spectrogram);
            Vec::new()
        }
        Answer::Loudness(take, loudness) => {
            model.curves.takes.entry(take).or_default().loudness = Loaded::Here(*loudness);
            Vec::new()
        }
        Answer::Score(take, score) => {
            let score = score.map(|score| *score);
            model.curves.takes.entry(take).or_default().score = Loaded::Here(score);
            Vec::new()
        }
        Answer::NoCurve(take, which, fault) => {
            let curves = model.curves.takes.entry(take).or_default();
            let why = fault.message.clone();
            match which {
                "spectrogram" => curves.spectrogram = Loaded::Failed(why),
                "loudness" => curves.loudness = Loaded::Failed(why),
                "score" => curves.score = Loaded::Failed(why),
                _ => {
                    curves.peaks = Loaded::Failed(why.clone());
                    curves.zoomed = Loaded::Failed(why);
                }
            }
            log(model, Weight::Warning, &fault.message);
            Vec::new()
        }
        Answer::Player(player) => events::player_changed(model, *player),
        Answer::Audio(audio) => events::status_came(model, *audio),
        Answer::Nodes(measured) => {
            events::nodes_came(model, measured);
            Vec::new()
        }
        Answer::Graph(graph) => {
            model.sound.graph = Some(*graph);
            screen::fit(model);
            Vec::new()
        }
        Answer::NodeTypes(types) => {
            model.node_types = types;
            Vec::new()
        }
        Answer::Theme(theme, warnings) => {
            for warning in warnings {
                toast(model, Weight::Warning, &warning, "");
            }
            toast(model, Weight::Good, &format!("Theme: {}", theme.name), "");
            model.look.theme = *theme;
            Vec::new()
        }
        Answer::Keys(keys) => {
            model.keys = *keys;
            toast(model, Weight::Good, "The keys were read again", "");
            Vec::new()
        }
        Answer::Report(title, lines) => {
            screen::tell(model, Weight::Note, &title, lines);
            Vec::new()
        }
    }
}

fn failed(model: &mut Model, what: &str, fault: &Fault) -> Vec<Cmd> {
    model.sound.asking = false;
    model.conversation.loading = false;
    if fault.kind == FaultKind::Cancelled {
        return Vec::new();
    }
    let hint = match (fault.kind, fault.hint.as_str()) {
        (FaultKind::Unwritable, hint) if hint.contains("--force") => {
            format!("{hint}; /export … --force replaces it")
        }
        (_, hint) => hint.to_owned(),
    };
    // A prompt that was refused stands without a job; its cell says why, and its words come back to be put right.
    if what == "render it"
        && let Some(Cell::Prompt { text, .. }) = model.conversation.cells.last()
    {
        let text = text.clone();
        model.conversation.cells.pop();
        if model.composer.is_empty() {
            model.composer.set_text(&text);
        }
    }
    toast(model, Weight::Bad, &format!("Could not {what}: {}", fault.message), &hint);
    Vec::new()
}

/// Turns entries into cells: jobs of the same prompt that were submitted together stand below one prompt.
fn cells_of(model: &mut Model, entries: Vec<Entry>) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(entries.len() * 2);
    for entry in entries {
        match entry {
            Entry::Note(note) => cells.push(Cell::Note(note)),
            Entry::Job { job, take } => {
                let continues =
                    matches!(cells.last(), Some(Cell::Job(_))) && events::continues(&cells, &job);
                if !continues {
                    cells.push(Cell::Prompt {
                        text: job.prompt.clone(),
                        parent: job.parent.clone(),
                    });
                }
                if let Some(take) = take {
                    model.takes.insert(take.id.clone(), take);
                }
                cells.push(Cell::Job(job));
            }
        }
    }
    cells
}

/// Shows a session from its newest page on.
fn open(model: &mut Model, page: SessionTranscriptResponse) {
    let cells = cells_of(model, page.entries);
    let same =
        model.conversation.session.as_ref().is_some_and(|session| session.id == page.session.id);
    let conversation = &mut model.conversation;
    conversation.cells = cells;
    conversation.older = page.before;
    conversation.loading = false;
    conversation.session = Some(page.session);
    if !same {
        conversation.selected = None;
        conversation.scroll = Scroll::Bottom;
        model.edits = Default::default();
        model.settings.parent = None;
    }
    model.overlays.retain(|overlay| !matches!(overlay, Overlay::Welcome));
    screen::fit(model);
}

/// Puts an older page before what is shown; what is in sight stays where it is.
fn older_page(model: &mut Model, page: SessionTranscriptResponse) {
    let shown =
        model.conversation.session.as_ref().is_some_and(|session| session.id == page.session.id);
    if !shown {
        return;
    }
    let mut cells = cells_of(model, page.entries);
    let added = cells.len();
    let conversation = &mut model.conversation;
    conversation.loading = false;
    conversation.older = page.before;
    cells.append(&mut conversation.cells);
    conversation.cells = cells;
    conversation.selected = conversation.selected.map(|cell| cell + added);
    if let Scroll::At { cell, .. } = &mut conversation.scroll {
        *cell += added;
    }
}
