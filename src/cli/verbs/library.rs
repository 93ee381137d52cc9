//! `ls`, `rate`, `tag`, `export`, `delete`, `sessions`: looking after what is in the library.

use crate::client::Work;
use crate::model::id;
use crate::model::take::Take;
use crate::protocol::library::SessionListParams;
use crate::protocol::methods::{
    SessionList, TakeDelete, TakeExport, TakeGet, TakeList, TakeRate, TakeTag,
};
use crate::protocol::take::{
    TakeDeleteParams, TakeExportParams, TakeGetParams, TakeListParams, TakeRateParams,
    TakeTagParams,
};
use crate::util::text;

use super::Place;
use crate::cli::args::{Delete, Export, Ls, Rate, Sessions, Tag};
use crate::cli::engine;
use crate::cli::output::{self, Output};
use crate::cli::report::{self, Line, TakeLine};
use crate::cli::stop::Stop;
use crate::cli::target;

/// Most takes that the engine gives at once.
const PAGE: u32 = 500;

/// Columns that a title may take in a list.
const TITLE_COLUMNS: usize = 48;

pub(super) fn list(place: &Place<'_>, words: Ls) -> Result<(), Stop> {
    engine::attach_or_start(
        place.common,
        place.around,
        place.output,
        Work::Nothing,
        async |session| {
            let output = &session.output;
            let mut params = TakeListParams {
                search: words.search,
                session: words.session,
                min_rating: words.rating,
                ..TakeListParams::default()
            };
            let mut takes: Vec<Take> = Vec::new();
            let mut left = words.limit;
            loop {
                params.limit = Some(left.min(PAGE));
                let page = session.client.call::<TakeList>(params.clone()).await?;
                left = left.saturating_sub(u32::try_from(page.takes.len()).unwrap_or(u32::MAX));
                takes.extend(page.takes);
                params.after = page.next;
                if left == 0 || params.after.is_none() {
                    break;
                }
            }
            if output.is_json() {
                return takes.iter().try_for_each(|take| output.object(&TakeLine::of(take)));
            }
            if takes.is_empty() {
                let hint = "make one: timbre --generate \"dusty lofi beat\"";
                output.talk(&format!("no takes found; {hint}"));
            }
            let rows = takes.iter().map(row).collect::<Vec<_>>();
            for line in report::columns(&rows) {
                output.result(&line)?;
            }
            if params.after.is_some() {
                output.talk(&format!("the newest {}; more with --limit", takes.len()));
            }
            Ok(())
        },
    )
}

fn row(take: &Take) -> Vec<String> {
    let outcome = &take.recipe.outcome;
    vec![
        id::short(&take.id).to_owned(),
        report::moment(take.created_at),
        report::clock(outcome.duration_s),
        outcome.bpm.map(|bpm| format!("{} BPM", report::plain(bpm))).unwrap_or_default(),
        outcome.key.map(|key| key.to_string()).unwrap_or_default(),
        report::stars(take.rating),
        text::fit(&text::one_line(&take.title), TITLE_COLUMNS),
    ]
}

pub(super) fn rate(place: &Place<'_>, words: Rate) -> Result<(), Stop> {
    engine::attach_or_start(
        place.common,
        place.around,
        place.output,
        Work::Nothing,
        async |session| {
            let params =
                TakeRateParams { id: words.id, rating: Some(words.rating), note: words.note };
            show(&session.output, &session.client.call::<TakeRate>(params).await?.take)
        },
    )
}

pub(super) fn tag(place: &Place<'_>, words: Tag) -> Result<(), Stop> {
    if words.add.is_empty() && words.remove.is_empty() {
        return Err(Stop::usage("no tag was given", "name tags to add, or use --remove TAG"));
    }
    engine::attach_or_start(
        place.common,
        place.around,
        place.output,
        Work::Nothing,
        async |session| {
            let params = TakeTagParams { id: words.id, add: words.add, remove: words.remove };
            show(&session.output, &session.client.call::<TakeTag>(params).await?.take)
        },
    )
}

/// A take after a change: what of it the user can change.
fn show(output: &Output, take: &Take) -> Result<(), Stop> {
    if output.is_json() {
        return output.object(&TakeLine::of(take));
    }
    let mut facts = vec![id::short(&take.id).to_owned(), take.title.clone()];
    facts.extend(take.rating.map(|_| report::stars(take.rating)));
    if !take.tags.is_empty() {
        facts.push(format!("tags {}", take.tags.join(", ")));
    }
    if !take.note.is_empty() {
        facts.push(take.note.clone());
    }
    output.result(&facts.join(" · "))
}

pub(super) fn export(place: &Place<'_>, words: Export) -> Result<(), Stop> {
    let (path, format) = match &words.output {
        Some(path) => {
            let path = place.around.absolute(path);
            if path.is_dir() {
                target::check_writable(&path, words.force)?;
            }
            let (path, format) = target::format_of(&path, words.format)?;
            target::check_writable(&path, words.force)?;
            let shown = path
                .to_str()
                .map(str::to_owned)
                .ok_or_else(|| Stop::usage("the path is not UTF-8", "name the file in UTF-8"))?;
            (Some(shown), format)
        }
        None => (None, words.format),
    };
    let Some(format) = format else {
        return Err(Stop::usage(
            "no format was given",
            "use --format wav, flac or mp3, or -o with an extension",
        ));
    };
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        let output = &session.output;
        let params = TakeExportParams {
            id: words.id,
            format,
            bit_depth: words.bit_depth,
            sample_rate: words.sample_rate,
            path,
            overwrite: words.force,
        };
        let written = session.client.call::<TakeExport>(params).await?;
        for note in &written.notes {
            output.talk(&format!("note: {}", text::one_line(note)));
        }
        if output.is_json() {
            return output.object(&Line { r#type: "export", value: &written });
        }
        output.result(&written.path)
    })
}

pub(super) fn delete(place: &Place<'_>, words: Delete) -> Result<(), Stop> {
    engine::attach_or_start(
        place.common,
        place.around,
        place.output,
        Work::Nothing,
        async |session| {
            let output = &session.output;
            let take = session.client.call::<TakeGet>(TakeGetParams { id: words.id }).await?.take;
            if !words.force {
                let question =
                    format!("Delete '{}' and its files? [y/N]", text::one_line(&take.title));
                let answer = if place.common.no_input { None } else { output::ask(&question) };
                match answer.as_deref() {
                    Some("y" | "yes") => {}
                    Some(_) => {
                        output.talk("nothing was deleted");
                        return Err(Stop::Told(1));
                    }
                    None => {
                        return Err(Stop::usage(
                            "deleting a take has to be confirmed, and nobody can be asked",
                            "use --force to delete it without asking",
                        ));
                    }
                }
            }
            let params = TakeDeleteParams { id: take.id, files: true };
            let deleted = session.client.call::<TakeDelete>(params).await?;
            if output.is_json() {
                return output.object(&Line { r#type: "deleted", value: &deleted });
            }
            deleted.removed.iter().try_for_each(|path| output.result(path))
        },
    )
}

pub(super) fn sessions(place: &Place<'_>, words: &Sessions) -> Result<(), Stop> {
    engine::attach_or_start(
        place.common,
        place.around,
        place.output,
        Work::Nothing,
        async |session| {
            let output = &session.output;
            let params = SessionListParams { limit: Some(words.limit) };
            let listed = session.client.call::<SessionList>(params).await?.sessions;
            if output.is_json() {
                return listed
                    .iter()
                    .try_for_each(|value| output.object(&Line { r#type: "session", value }));
            }
            let rows = listed.iter().map(|session| {
                let takes = if session.takes == 1 { "take" } else { "takes" };
                vec![
                    id::short(&session.id).to_owned(),
                    report::moment(session.created_at),
                    format!("{} {takes}", session.takes),
                    text::fit(&text::one_line(&session.title), TITLE_COLUMNS),
                ]
            });
            let rows = rows.collect::<Vec<_>>();
            report::columns(&rows).iter().try_for_each(|line| output.result(line))
        },
    )
}
