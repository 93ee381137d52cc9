//! `brief`: what would be understood of a prompt, without rendering it.

use crate::client::Work;
use crate::model::brief::Brief as Understood;
use crate::model::request::Request;
use crate::protocol::engine::BriefReadParams;
use crate::protocol::methods::BriefRead;

use super::{Place, generate};
use crate::cli::args::Brief;
use crate::cli::engine;
use crate::cli::output::{Output, Style};
use crate::cli::report::{self, Line};
use crate::cli::stop::Stop;

pub(super) fn run(place: &Place<'_>, words: &Brief) -> Result<(), Stop> {
    let request = Request {
        prompt: generate::prompt_text(Some(&words.prompt))?,
        presets: words.preset.clone(),
        backend: words.backend.clone(),
        ..Request::default()
    };
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        let output = &session.output;
        let read = session.client.call::<BriefRead>(BriefReadParams { request }).await?;
        if output.is_json() {
            return output.object(&Line { r#type: "brief", value: &read });
        }
        output.result(&report::chips(&read.brief))?;
        let rows = read.brief.understood.iter().map(|reading| {
            vec![format!("  {}", reading.phrase), format!("{}: {}", reading.field, reading.value)]
        });
        for line in report::columns(&rows.collect::<Vec<_>>()) {
            output.result(&line)?;
        }
        if let Some(unused) = report::unused(&read.brief) {
            output.result(&unused)?;
        }
        notes(output, &read.brief, &read.notes);
        Ok(())
    })
}

/// Tells how contradictions were settled.
pub(super) fn notes(output: &Output, brief: &Understood, others: &[String]) {
    let mut told: Vec<&String> = Vec::new();
    for note in brief.notes.iter().chain(others) {
        if !told.contains(&note) {
            output.talk(&output.paint(Style::Hint, &format!("note: {note}")));
            told.push(note);
        }
    }
}
