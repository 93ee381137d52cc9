//! `completions`, `man`, `schema`: pages made from the tree of words and the method table. They start no engine.

use clap_complete::Shell;

use crate::model::job::{Fault, FaultKind};
use crate::protocol::schema;

use super::Place;
use crate::cli::command;
use crate::cli::stop::Stop;

pub(super) fn completions(place: &Place<'_>, shell: Shell) -> Result<(), Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "timbre", &mut script);
    place.output.bytes(&script)
}

/// The man page of the program, or of one verb, as roff.
pub(super) fn man(place: &Place<'_>, verb: Option<&str>) -> Result<(), Stop> {
    let mut tree = command();
    tree.build();
    let page = match verb {
        None => tree,
        Some(name) => tree.find_subcommand(name).cloned().ok_or_else(|| {
            Stop::usage(format!("there is no verb '{name}'"), "`timbre --help` lists them")
        })?,
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(page).render(&mut roff).map_err(|error| {
        Fault::new(FaultKind::Internal, format!("the page could not be made: {error}"))
    })?;
    place.output.bytes(&roff)
}

pub(super) fn schema(place: &Place<'_>) -> Result<(), Stop> {
    let pretty = serde_json::to_string_pretty(&schema::json_schema()).map_err(|error| {
        Fault::new(FaultKind::Internal, format!("the schema could not be made: {error}"))
    })?;
    place.output.document(&format!("{pretty}\n"))
}
