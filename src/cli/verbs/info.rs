//! `info`: all about a take, or about an audio file of any origin with its tags.

use crate::client::Work;
use crate::protocol::methods::TakeInspect;
use crate::protocol::take::{TakeInspectParams, TakeInspectResponse};
use crate::util::text;

use super::Place;
use crate::cli::output::Style;
use crate::cli::report::{self, Line};
use crate::cli::stop::Stop;
use crate::cli::{engine, target};

/// Longest tag that is shown whole; recipes are longer and are shown by `--json`.
const TAG_COLUMNS: usize = 100;

pub(super) fn run(place: &Place<'_>, word: &str) -> Result<(), Stop> {
    let take = target::named(word, place.around)?;
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        let output = &session.output;
        let params = TakeInspectParams { take };
        let found = session.client.call::<TakeInspect>(params).await?;
        if output.is_json() {
            return output.object(&Line { r#type: "info", value: &found });
        }
        let rows = rows(&found);
        for line in report::columns(&rows) {
            output.result(&line)?;
        }
        for note in &found.notes {
            output.talk(&output.paint(Style::Hint, &format!("note: {note}")));
        }
        Ok(())
    })
}

fn rows(found: &TakeInspectResponse) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            rows.push(vec![name.to_owned(), text::one_line(&value)]);
        }
    };
    let number = |value: f64, unit: &str| format!("{value:.1} {unit}");
    if let Some(take) = &found.take {
        row("take", Some(take.id.clone()));
        row("title", Some(take.title.clone()));
        row("made", Some(report::moment(take.created_at)));
        row("rating", Some(report::stars(take.rating)));
        row("note", Some(take.note.clone()));
        row("tags", Some(take.tags.join(", ")));
        for stem in &take.stems {
            row("stem", Some(format!("{}: {}", stem.name, stem.path)));
        }
        row("midi", take.midi_path.clone());
    }
    if let Some(file) = &found.file {
        row("file", Some(file.path.clone()));
        row(
            "format",
            Some(format!(
                "{}, {} Hz, {} channels, {} bytes",
                file.format.extension(),
                file.sample_rate,
                file.channels,
                file.bytes
            )),
        );
        row(
            "length",
            Some(format!("{} ({:.3} s)", report::clock(file.duration_s), file.duration_s)),
        );
        row("loudness", file.lufs.map(|lufs| number(lufs, "LUFS")));
        row("true peak", file.true_peak_dbtp.map(|peak| number(peak, "dBTP")));
        row("sound", Some(format!("sha256 {}", file.audio_sha256)));
    }
    if let Some(recipe) = &found.recipe {
        let outcome = &recipe.outcome;
        row("prompt", Some(recipe.request.prompt.clone()));
        row("brief", recipe.brief.as_ref().map(report::chips));
        row("not used", recipe.brief.as_ref().map(|brief| brief.unused.join(", ")));
        row("tempo", outcome.bpm.map(|bpm| format!("{} BPM", report::plain(bpm))));
        row("key", outcome.key.map(|key| key.to_string()));
        row("metre", outcome.metre.map(|metre| metre.to_string()));
        row("bars", outcome.bars.map(|bars| bars.to_string()));
        row("seed", Some(recipe.request.seed.to_string()));
        let maker = &recipe.backend;
        row("backend", Some(format!("{} {}, {}", maker.id, maker.version, maker.licence)));
        row("made by", Some(format!("Timbre {} on {}", recipe.timbre, recipe.target)));
    }
    for tag in &found.tags {
        let value = text::fit(&text::one_line(&tag.value), TAG_COLUMNS);
        row("tag", Some(format!("{}: {value}", tag.key)));
    }
    rows
}
