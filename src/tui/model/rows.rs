//! The rows of the panes: what stands in which, and what it can be turned to. Views draw them, keys turn them.

use super::panes::Tab;
use super::{Model, Weight};
use crate::model::job::{Job, Phase};

/// The queue: what runs, what waits in its order, then what has failed, newest first.
pub fn queue(model: &Model) -> Vec<&Job> {
    let mut jobs = model
        .jobs
        .values()
        .filter(|job| !matches!(job.phase, Phase::Ready | Phase::Cancelled))
        .collect::<Vec<_>>();
    let rank = |job: &Job| match job.phase {
        Phase::Generating | Phase::Mastering => 0,
        Phase::Queued => 1,
        _ => 2,
    };
    jobs.sort_by(|a, b| {
        rank(a).cmp(&rank(b)).then_with(|| match rank(a) {
            2 => b.updated_at.total_cmp(&a.updated_at),
            _ => a.position.cmp(&b.position).then_with(|| a.id.cmp(&b.id)),
        })
    });
    jobs
}

/// A row of the params pane.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamRow {
    /// What it is called.
    pub label: String,
    /// What it is now, in words.
    pub value: String,
    /// One line about it.
    pub doc: String,
    /// Whether it is at its default.
    pub at_default: bool,
    /// Smallest, largest and default value, and the value itself, where it is a number with a range.
    pub range: Option<[f64; 4]>,
    /// The command that sets it, without the value: `params temperature `.
    pub command: String,
}

/// The params pane: what the next prompt is rendered with, then the params of its backend.
pub fn params(model: &Model) -> Vec<ParamRow> {
    let settings = &model.settings;
    let word = |label: &str, value: Option<String>, doc: &str| ParamRow {
        label: label.to_owned(),
        at_default: value.is_none(),
        value: value.unwrap_or_else(|| "auto".to_owned()),
        doc: doc.to_owned(),
        range: None,
        command: format!("{label} "),
    };
    let backend = settings.backend.clone().unwrap_or_else(|| model.default_backend.clone());
    let mut rows = vec![
        ParamRow {
            range: settings.bpm.map(|bpm| [20.0, 400.0, 120.0, bpm.get()]),
            ..word(
                "tempo",
                settings.bpm.map(|bpm| format!("{} BPM", bpm.get())),
                "Beats a minute, 20 to 400",
            )
        },
        word("key", settings.key.map(|key| key.to_string()), "Such as A minor or F# dorian"),
        word("metre", settings.metre.map(|metre| metre.to_string()), "Such as 4/4 or 6/8"),
        word(
            "duration",
            settings.duration.map(|length| length.to_string()),
            "Such as 1:30 or 32bars",
        ),
        word(
            "seed",
            settings.seed.map(|seed| seed.0.to_string()),
            "A locked seed makes the same music again",
        ),
        ParamRow {
            label: "takes".to_owned(),
            value: settings.takes.max(1).to_string(),
            doc: "How many takes a prompt makes".to_owned(),
            at_default: settings.takes <= 1,
            range: Some([1.0, 64.0, 1.0, f64::from(settings.takes.max(1))]),
            command: "takes ".to_owned(),
        },
        word(
            "preset",
            (!settings.presets.is_empty()).then(|| settings.presets.join(", ")),
            "Later ones win",
        ),
        ParamRow {
            value: backend.clone(),
            at_default: settings.backend.is_none(),
            ..word("backend", None, "What makes the take")
        },
    ];
    let info = model.backends.iter().find(|info| info.id == backend);
    rows.extend(info.into_iter().flat_map(|info| &info.params).map(|param| {
        let value = settings.params.get(&param.id).copied().unwrap_or(param.default);
        ParamRow {
            label: param.id.clone(),
            value: number(value),
            doc: param.doc.clone(),
            at_default: (value - param.default).abs() < 1e-12,
            range: Some([param.min, param.max, param.default, value]),
            command: format!("params {} ", param.id),
        }
    }));
    rows
}

/// A row of the chain pane: a node, or one of its params.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainRow {
    /// The node's id.
    pub node: String,
    /// The type's name for people, on the node's own row.
    pub kind: String,
    /// The param, on the rows below: id, name, unit, and smallest, largest, default and present value.
    pub param: Option<ChainParam>,
}

/// A param of a node that plays.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainParam {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its unit, such as `decibel`.
    pub unit: String,
    /// Smallest, largest, default and present value.
    pub range: [f64; 4],
}

/// The chain pane: the effects that what plays goes through, each with its params. Sources and measures are left out.
pub fn chain(model: &Model) -> Vec<ChainRow> {
    let Some(graph) = &model.sound.graph else { return Vec::new() };
    let mut rows = Vec::new();
    for node in &graph.nodes {
        let info = model.node_types.iter().find(|info| info.id == node.kind);
        let quiet = node.kind.starts_with("source.") || node.kind.starts_with("meter.");
        if quiet {
            continue;
        }
        let kind = info.map_or_else(|| node.kind.clone(), |info| info.name.clone());
        rows.push(ChainRow { node: node.id.clone(), kind, param: None });
        for param in info.into_iter().flat_map(|info| &info.params) {
            let default = f64::from(param.default);
            let value = node.params.get(&param.id).copied().unwrap_or(default);
            rows.push(ChainRow {
                node: node.id.clone(),
                kind: String::new(),
                param: Some(ChainParam {
                    id: param.id.clone(),
                    name: param.name.clone(),
                    unit: param.unit.clone(),
                    range: [f64::from(param.min), f64::from(param.max), default, value],
                }),
            });
        }
    }
    rows
}

/// How many rows a pane has that can be chosen.
pub fn count(model: &Model, tab: Tab) -> usize {
    match tab {
        Tab::Queue => queue(model).len(),
        Tab::Take => 0,
        Tab::Params => params(model).len(),
        Tab::Mixer => model.sound.player.parts.len(),
        Tab::Chain => chain(model).len(),
        Tab::Library => model.inspector.found.len(),
        Tab::Log => model.log.len(),
    }
}

/// A number without needless digits.
pub fn number(value: f64) -> String {
    let rounded = (value * 1_000.0).round() / 1_000.0;
    format!("{rounded}")
}

impl Weight {
    /// Its mark, so that it is not told by colour alone.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Note => "·",
            Self::Good => "✓",
            Self::Warning => "!",
            Self::Bad => "✗",
        }
    }
}
