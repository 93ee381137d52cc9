//! Keeping: ratings, names, tags, notes, files; sessions; the queue; undo and redo.

use super::super::action::{Action, CopyWish};
use super::super::model::conversation::{Cell, Conversation};
use super::super::model::panes::{Overlay, Tab};
use super::super::model::rows;
use super::super::model::{Edit, EditStep, Model, Weight};
use super::super::msg::Cmd;
use super::{remember, screen, toast};
use crate::model::card::TakeCard;
use crate::model::job::Phase;

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Cmd> {
    match action {
        Action::Rate(_)
        | Action::Name(_)
        | Action::Tag(_)
        | Action::Note(_)
        | Action::Export { .. }
        | Action::Delete(_)
        | Action::Copy(_) => {
            let take = model.focused_take.as_ref().and_then(|id| model.takes.get(id)).cloned();
            match take {
                Some(take) => on_take(model, &take, action),
                None => {
                    let hint = "type what you want to hear, and press Enter";
                    toast(model, Weight::Warning, "There is no take yet", hint);
                    Vec::new()
                }
            }
        }
        Action::Remark(text) => match &model.conversation.session {
            Some(session) => vec![Cmd::SessionNote(session.id.clone(), text)],
            None => no_session(model),
        },
        Action::SessionNew(title) => {
            let look = Conversation::default();
            model.conversation = look;
            model.edits = Default::default();
            model.settings.parent = None;
            if title.is_empty() {
                toast(model, Weight::Good, "A new session begins with your next prompt", "");
                Vec::new()
            } else {
                vec![Cmd::NewSession(title)]
            }
        }
        Action::SessionOpen(Some(id)) => vec![Cmd::LoadTranscript { session: id, before: None }],
        Action::SessionOpen(None) => {
            screen::pick_session(model);
            vec![Cmd::LoadSessions]
        }
        Action::SessionFork(title) => fork(model, title),
        Action::SessionName(title) => match &model.conversation.session {
            Some(session) => {
                let (id, before) = (session.id.clone(), session.title.clone());
                let forth = Cmd::RenameSession(id.clone(), title);
                let back = EditStep::Run(vec![Cmd::RenameSession(id, before)]);
                remember(model, "name of the session", EditStep::Run(vec![forth.clone()]), back);
                vec![forth]
            }
            None => no_session(model),
        },
        Action::Undo => step(model, true),
        Action::Redo => step(model, false),
        Action::Cancel(which) => cancel(model, which.as_deref()),
        Action::Retry(which) => retry(model, which.as_deref()),
        Action::Reorder(by) => reorder(model, by),
        _ => Vec::new(),
    }
}

fn no_session(model: &mut Model) -> Vec<Cmd> {
    toast(
        model,
        Weight::Warning,
        "There is no session yet",
        "the first prompt begins one; /session new TITLE does too",
    );
    Vec::new()
}

fn on_take(model: &mut Model, take: &TakeCard, action: Action) -> Vec<Cmd> {
    let id = take.id.clone();
    let (what, forth, back) = match action {
        Action::Rate(stars) => {
            let before = Cmd::Rate(id.clone(), take.rating.unwrap_or(0));
            (format!("rating of take {}", take.number), Cmd::Rate(id, stars), before)
        }
        Action::Name(title) => {
            let before = Cmd::Name(id.clone(), take.title.clone());
            (format!("name of take {}", take.number), Cmd::Name(id, title), before)
        }
        Action::Note(note) => {
            let before = Cmd::Note(id.clone(), take.note.clone());
            (format!("note on take {}", take.number), Cmd::Note(id, note), before)
        }
        Action::Tag(words) => {
            let (remove, add): (Vec<_>, Vec<_>) =
                words.into_iter().partition(|word| word.starts_with('-'));
            let bare = |word: String| word.trim_start_matches(['-', '+', '#']).to_lowercase();
            let has = |tag: &String| take.tags.contains(tag);
            let add = add
                .into_iter()
                .map(bare)
                .filter(|tag| !has(tag) && !tag.is_empty())
                .collect::<Vec<_>>();
            let remove = remove.into_iter().map(bare).filter(has).collect::<Vec<_>>();
            if add.is_empty() && remove.is_empty() {
                toast(model, Weight::Note, "Its tags are like that already", "");
                return Vec::new();
            }
            let back = Cmd::Tag { take: id.clone(), add: remove.clone(), remove: add.clone() };
            (format!("tags of take {}", take.number), Cmd::Tag { take: id, add, remove }, back)
        }
        Action::Export { format, path, overwrite } => {
            toast(model, Weight::Note, &format!("Writing take {} as {format}", take.number), "");
            return vec![Cmd::Export { take: id, format, path, overwrite }];
        }
        Action::Delete(files) => {
            let question = if files {
                format!(
                    "Delete take {} \"{}\" with its files? They can't be brought back.",
                    take.number, take.title
                )
            } else {
                format!("Take \"{}\" out of the library? Its files stay.", take.title)
            };
            let question = crate::util::text::one_line(&question);
            if model.overlays.iter().any(|overlay| matches!(overlay, Overlay::Confirm { .. })) {
                return vec![Cmd::Delete(id, files)];
            }
            model.overlays.push(Overlay::Confirm { question, yes: Action::Delete(files) });
            return Vec::new();
        }
        Action::Copy(wish) => {
            let text = copied(take, wish);
            toast(model, Weight::Good, &format!("Copied: {text}"), "");
            return vec![Cmd::Copy(text)];
        }
        _ => return Vec::new(),
    };
    remember(model, what, EditStep::Run(vec![forth.clone()]), EditStep::Run(vec![back]));
    vec![forth]
}

fn copied(take: &TakeCard, wish: CopyWish) -> String {
    match wish {
        CopyWish::Path => take.path.clone(),
        CopyWish::Prompt => take.prompt.clone(),
        CopyWish::Seed => take.seed.to_string(),
        CopyWish::Id => take.id.clone(),
        CopyWish::Command => format!("timbre replay {}", take.id),
    }
}

/// Forks the session at the chosen cell: what came after it stays behind.
fn fork(model: &mut Model, title: String) -> Vec<Cmd> {
    let Some(session) = &model.conversation.session else { return no_session(model) };
    let cells = &model.conversation.cells;
    let last = model.conversation.selected.map_or(cells.len(), |index| index + 1).min(cells.len());
    let at = cells.iter().take(last).rev().find_map(|cell| match cell {
        Cell::Job(job) => Some(job.id.clone()),
        _ => None,
    });
    vec![Cmd::Fork { session: session.id.clone(), at, title }]
}

/// Takes the last edit back, or does it again.
fn step(model: &mut Model, back: bool) -> Vec<Cmd> {
    let edits = &mut model.edits;
    let Some(edit) = (if back { edits.done.pop() } else { edits.undone.pop() }) else {
        let what =
            if back { "There is nothing to take back" } else { "There is nothing to do again" };
        toast(model, Weight::Note, what, "");
        return Vec::new();
    };
    let (step, said) = if back { (&edit.back, "Taken back") } else { (&edit.forth, "Done again") };
    let cmds = match step {
        EditStep::Run(cmds) => cmds.clone(),
        EditStep::Settings(settings) => {
            model.settings = (**settings).clone();
            Vec::new()
        }
    };
    let what = format!("{said}: {}", edit.what);
    let list: &mut Vec<Edit> = if back { &mut model.edits.undone } else { &mut model.edits.done };
    list.push(edit);
    toast(model, Weight::Good, &what, "");
    super::keys::ask_soon(model);
    cmds
}

/// Jobs that are not over, in the order of the queue: what runs first.
pub(crate) fn queue(model: &Model) -> Vec<&crate::model::job::Job> {
    let mut jobs = model.jobs.values().filter(|job| !job.phase.is_final()).collect::<Vec<_>>();
    jobs.sort_by(|a, b| {
        let key = |job: &crate::model::job::Job| (job.phase == Phase::Queued, job.position);
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    jobs
}

/// The job that a word names, or the one with the focus.
fn job_named(model: &Model, which: Option<&str>, wanted: impl Fn(Phase) -> bool) -> Option<String> {
    if let Some(which) = which {
        let fits = |id: &str| {
            id == which || (which.len() >= 4 && (id.starts_with(which) || id.ends_with(which)))
        };
        return model.jobs.keys().find(|id| fits(id)).cloned().or_else(|| Some(which.to_owned()));
    }
    let in_queue = (model.focus == super::super::model::Focus::Inspector
        && model.inspector.tab == Tab::Queue)
        .then(|| rows::queue(model).get(model.inspector.row).map(|job| job.id.clone()))
        .flatten();
    let cells = &model.conversation.cells;
    let chosen =
        model.conversation.selected.and_then(|index| cells.get(index)).and_then(
            |cell| match cell {
                Cell::Job(job) => Some(job.id.clone()),
                _ => None,
            },
        );
    let fits = |id: &String| model.jobs.get(id).is_some_and(|job| wanted(job.phase));
    let newest =
        || model.jobs.values().filter(|job| wanted(job.phase)).max_by(|a, b| a.id.cmp(&b.id));
    in_queue.filter(fits).or(chosen.filter(fits)).or_else(|| newest().map(|job| job.id.clone()))
}

fn cancel(model: &mut Model, which: Option<&str>) -> Vec<Cmd> {
    if which == Some("all") {
        let ids = queue(model).iter().rev().map(|job| job.id.clone()).collect::<Vec<_>>();
        if ids.is_empty() {
            toast(model, Weight::Note, "Nothing waits or runs", "");
        }
        return ids.into_iter().map(Cmd::Cancel).collect();
    }
    match job_named(model, which, |phase| !phase.is_final()) {
        Some(id) => vec![Cmd::Cancel(id)],
        None => {
            toast(model, Weight::Note, "Nothing waits or runs", "");
            Vec::new()
        }
    }
}

fn retry(model: &mut Model, which: Option<&str>) -> Vec<Cmd> {
    match job_named(model, which, |phase| matches!(phase, Phase::Failed | Phase::Cancelled)) {
        Some(id) => vec![Cmd::Retry(id)],
        None => {
            toast(model, Weight::Note, "Nothing has failed or was cancelled", "");
            Vec::new()
        }
    }
}

fn reorder(model: &mut Model, by: i32) -> Vec<Cmd> {
    let waiting =
        queue(model).into_iter().filter(|job| job.phase == Phase::Queued).map(|job| job.id.clone());
    let waiting = waiting.collect::<Vec<_>>();
    let chosen = job_named(model, None, |phase| phase == Phase::Queued);
    let Some(at) = chosen.as_ref().and_then(|id| waiting.iter().position(|other| other == id))
    else {
        toast(model, Weight::Note, "No job waits that could be moved", "");
        return Vec::new();
    };
    let place = at.saturating_add_signed(by as isize).min(waiting.len() - 1);
    model.inspector.row = model.inspector.row.saturating_add_signed(place as isize - at as isize);
    vec![Cmd::Reorder(waiting[at].clone(), u32::try_from(place).unwrap_or(u32::MAX))]
}
