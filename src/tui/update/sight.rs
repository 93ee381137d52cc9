//! What is in sight: how far a page goes, which takes are shown, and which rows a view has.

use super::super::model::conversation::Cell;
use super::super::model::panes::ViewKind;
use super::super::model::{Focus, Model};
use super::super::view::{big, inspector, layout, transcript};

/// Rows that a page moves by, where the keys are.
pub(super) fn page_rows(model: &Model) -> usize {
    match model.focus {
        Focus::Inspector => inspector::page(model),
        _ => usize::from(transcript::area(model).height),
    }
}

/// The takes whose waveforms are shown.
pub(super) fn takes(model: &Model) -> Vec<String> {
    let mut takes = Vec::new();
    if model.big.is_none() {
        for seen in transcript::visible(model, transcript::area(model)) {
            if let Some(Cell::Job(job)) = model.conversation.cells.get(seen.cell) {
                takes.extend(job.take_id.clone());
            }
        }
    }
    if !layout::screen(model, layout::terminal(model)).inspector.is_empty() {
        takes.extend(model.focused_take.clone());
    }
    takes.retain(|take| model.takes.contains_key(take));
    takes
}

/// How many rows can be chosen in the big view.
pub(super) fn view_rows(model: &Model) -> usize {
    match model.big.as_ref().map(|big| big.kind) {
        Some(ViewKind::Graph) => big::graph_nodes(model).len(),
        Some(ViewKind::Tree) => big::tree_takes(model).len(),
        Some(ViewKind::Roll) => {
            let curves = super::view_take(model).and_then(|take| model.curves.takes.get(&take));
            let score = curves.and_then(|curves| curves.score.get()).and_then(Option::as_ref);
            // Row 0 is all parts together.
            score.map_or(0, |score| score.parts.len() + 1)
        }
        _ => 0,
    }
}

/// How everything is, in lines.
pub(super) fn status_lines(model: &Model) -> Vec<String> {
    let engine = &model.engine;
    let place =
        if engine.remote { "a daemon, which goes on without this window" } else { "this process" };
    let mut lines = vec![
        format!("Timbre {} in {place}", engine.version),
        format!("{} takes in the library; new ones go to {}", engine.takes, engine.music_dir),
    ];
    let waiting = model.jobs.values().filter(|job| !job.phase.is_final()).count();
    lines.push(format!("{waiting} jobs wait or run"));
    match &model.sound.status {
        Some(status) => {
            let device = &status.device;
            lines.push(format!(
                "Sound goes to {} at {} Hz, latency {:.1} ms",
                device.current, status.sample_rate, status.latency_ms
            ));
            let load = &status.load;
            lines.push(format!(
                "The callback takes {:.1} % of its time on average, {:.1} % at most; {} xruns",
                load.mean * 100.0,
                load.worst * 100.0,
                status.xruns.total
            ));
            lines.extend(status.realtime_note.clone());
        }
        None => lines.push("Nothing has been played yet, so no device is open".to_owned()),
    }
    lines
}
