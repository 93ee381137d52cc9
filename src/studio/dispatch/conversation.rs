//! Orders of `session/*` that are about a conversation, of `prompt/history`, `take/name` and `take/derive`.

use crate::model::job::Fault;
use crate::model::session::Session;
use crate::model::units::Seed;
use crate::protocol::job::MAX_TAKES;
use crate::protocol::transcript::{
    PromptHistoryParams, SessionForkParams, SessionNote, SessionNoteParams, SessionRenameParams,
    SessionTranscriptParams, TakeDeriveParams, TakeNameParams,
};
use crate::store::transcript::Place;
use crate::util::text;

use super::super::derive::MOST_CHANGES;
use super::super::input::{Derivation, Look, Write};
use super::{Fresh, LONGEST_NOTE, LONGEST_SEARCH, LONGEST_TITLE, check_length, invalid};

/// Most entries of a conversation that one call gives.
const MOST_ENTRIES: u32 = 2_000;
/// Most prompts that one call gives.
const MOST_PROMPTS: u32 = 5_000;

pub(super) fn transcript(params: SessionTranscriptParams) -> Result<Look, Fault> {
    let before = match params.before {
        None => None,
        Some(place) => Some(Place::read(&place).ok_or_else(|| {
            invalid(
                "'before' is not a place in a conversation",
                "pass the 'before' of the page after it as it is",
            )
        })?),
    };
    let limit = within(params.limit, 200, MOST_ENTRIES)?;
    Ok(Look::Transcript { session: params.id, limit, before })
}

pub(super) fn history(params: PromptHistoryParams) -> Result<Look, Fault> {
    if params.search.as_ref().is_some_and(|search| search.len() > LONGEST_SEARCH) {
        return Err(invalid("the search text is too long", "a few words are enough"));
    }
    Ok(Look::Prompts { search: params.search, limit: within(params.limit, 500, MOST_PROMPTS)? })
}

pub(super) fn note(params: SessionNoteParams, fresh: &mut Fresh<'_>) -> Result<Write, Fault> {
    let words = text::clean(&params.text).trim().to_owned();
    if words.is_empty() {
        return Err(invalid("the note is empty", "write something"));
    }
    check_length("the note", &words, LONGEST_NOTE)?;
    Ok(Write::Note(SessionNote {
        id: (fresh.id)(),
        session_id: params.id,
        text: words,
        created_at: fresh.now,
    }))
}

pub(super) fn rename(params: SessionRenameParams) -> Result<Write, Fault> {
    let title = settle_title("the title of a session", &params.title)?;
    Ok(Write::RenameSession(params.id, title))
}

pub(super) fn fork(params: SessionForkParams, fresh: &mut Fresh<'_>) -> Result<Write, Fault> {
    let title = text::one_line(&params.title);
    check_length("the title of a session", &title, LONGEST_TITLE)?;
    let (id, created_at) = ((fresh.id)(), fresh.now);
    let session = Session { id, title, parent: None, takes: 0, created_at };
    Ok(Write::Fork { session: params.id, at: params.at, fresh: session })
}

pub(super) fn name_take(params: TakeNameParams) -> Result<Write, Fault> {
    Ok(Write::NameTake(params.id, settle_title("the title of a take", &params.title)?))
}

pub(super) fn derive(params: TakeDeriveParams, fresh: &mut Fresh<'_>) -> Result<Write, Fault> {
    let takes = params.takes.unwrap_or(1);
    if !(1..=MAX_TAKES).contains(&takes) {
        return Err(invalid(
            format!("{takes} is out of range for takes: 1 to {MAX_TAKES}"),
            "derive several times for more",
        ));
    }
    if params.changes.is_empty() {
        return Err(invalid(
            "nothing is to be different",
            "name a change, such as {\"type\": \"variation\", \"amount\": 0.3}",
        ));
    }
    if params.changes.len() > MOST_CHANGES {
        return Err(invalid(
            format!("{} changes are too many; {MOST_CHANGES} is the most", params.changes.len()),
            "write a new request instead",
        ));
    }
    let jobs = (0..u64::from(takes))
        .map(|nth| {
            let seed = fresh.seed.0.wrapping_add(nth) % Seed::DRAW_LIMIT;
            ((fresh.id)(), Seed(seed))
        })
        .collect();
    Ok(Write::Derive(Box::new(Derivation { params, jobs })))
}

fn settle_title(what: &str, title: &str) -> Result<String, Fault> {
    let title = text::one_line(title);
    if title.is_empty() {
        return Err(invalid(format!("{what} can't be empty"), "give it a name"));
    }
    check_length(what, &title, LONGEST_TITLE)?;
    Ok(title)
}

fn within(asked: Option<u32>, default: u32, most: u32) -> Result<u32, Fault> {
    match asked {
        None => Ok(default),
        Some(n) if (1..=most).contains(&n) => Ok(n),
        Some(n) => {
            Err(invalid(format!("{n} is out of range for limit: 1 to {most}"), "ask for pages"))
        }
    }
}
