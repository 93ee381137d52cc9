//! The calls about sound that need more than passing on: their params are checked and closed here. Pure.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::engine::node::Descriptor;
use crate::engine::nodes::Registry;
use crate::model::graph::GraphSpec;
use crate::model::job::{Fault, FaultKind};
use crate::model::units::Seed;
use crate::protocol::device::DeviceProbeParams;
use crate::protocol::graph::{
    ConfigInfo, NodeListTypesParams, NodeListTypesResponse, NodeTypeInfo, ParamInfo,
};
use crate::protocol::listen::{PlayerCompareParams, PlayerVerdictParams};
use crate::protocol::player::{PlayerOpenParams, RenderLength, RenderOfflineParams};
use crate::util::text;

use super::super::input::{Curve, Task};
use super::super::options::Options;
use super::super::stage::comparison;
use super::super::stage::error::StageError;
use super::super::stage::place::in_range;
use super::super::stage::playlist::Wish;
use super::{LONGEST_NOTE, check_length, check_path, find_preset, invalid};

/// Most recordings that are played in a row.
const MOST_SOURCES: usize = 256;
/// Most bars of a loop.
const MOST_LOOP_BARS: u32 = 999;
/// Most bars of a count-in.
const MOST_COUNT_IN: u32 = 8;
/// Longest rendering in seconds.
const LONGEST_RENDERING_S: f64 = 7_200.0;
/// Most columns of a waveform.
const MOST_COLUMNS: u32 = 8_192;
/// Most columns of a spectrogram.
const MOST_SPECTRA: u32 = 4_096;
/// Most bands of a spectrogram.
const MOST_BANDS: u32 = 512;
/// Most points of a loudness curve.
const MOST_POINTS: u32 = 4_096;
/// How long a device is tried, in seconds.
const PROBE_S: f64 = 2.0;

/// `player/open`.
pub(super) fn open_player(params: PlayerOpenParams, options: &Options) -> Result<Task, Fault> {
    let PlayerOpenParams { sources, chain, bpm, loop_bars, count_in_bars, start, keep, parts } =
        params;
    if sources.is_empty() {
        return Err(invalid(
            "there is nothing to play",
            "name takes (timbre ls lists them) or files",
        ));
    }
    if sources.len() > MOST_SOURCES {
        let what = "recordings";
        let (count, most) = (sources.len(), MOST_SOURCES);
        return Err(StageError::TooMany { what, count, most }.into());
    }
    if parts && sources.len() != 1 {
        return Err(invalid(
            "only one take at a time can be played by its parts",
            "name one take, or leave out 'parts'",
        ));
    }
    check_loop(loop_bars)?;
    let most = f64::from(MOST_COUNT_IN);
    in_range("the count-in in bars", f64::from(count_in_bars), 0.0, most)?;
    let chain = chain_of(chain, options)?;
    let wish = Wish { bpm, loop_bars, count_in_bars, chain, keep, parts };
    Ok(Task::OpenPlayer { sources, wish: Box::new(wish), start })
}

/// `player/compare`. The order of a blind comparison is drawn from `seed`.
pub(super) fn compare(
    params: PlayerCompareParams,
    options: &Options,
    seed: Seed,
) -> Result<Task, Fault> {
    let PlayerCompareParams { sources, blind, chain, loop_bars, start } = params;
    let count = sources.len();
    if !(2..=comparison::MOST).contains(&count) {
        return Err(invalid(
            format!("{count} is out of range for takes side by side: 2 to {}", comparison::MOST),
            "name takes (timbre ls lists them) or files",
        ));
    }
    check_loop(loop_bars)?;
    let wish = Wish { loop_bars, chain: chain_of(chain, options)?, ..Wish::default() };
    let blind = blind.then_some(seed.0);
    Ok(Task::Compare { sources, wish: Box::new(wish), blind, start: start.unwrap_or(true) })
}

/// `player/verdict`.
pub(super) fn verdict(params: PlayerVerdictParams, now: f64) -> Result<Task, Fault> {
    let PlayerVerdictParams { best, note } = params;
    let note = text::clean(&note).trim().to_owned();
    check_length("the note", &note, LONGEST_NOTE)?;
    Ok(Task::Verdict(PlayerVerdictParams { best, note }, now))
}

/// `take/peaks`, `take/spectrogram`, `take/loudness`.
pub(super) fn curve(curve: Curve) -> Result<Task, Fault> {
    let within = |what, count: u32, most: u32| {
        in_range(what, f64::from(count), 1.0, f64::from(most)).map(drop)
    };
    match &curve {
        Curve::Peaks(params) => within("columns", params.columns, MOST_COLUMNS)?,
        Curve::Spectrogram(params) => {
            within("columns", params.columns, MOST_SPECTRA)?;
            within("bands", params.bands, MOST_BANDS)?;
        }
        Curve::Loudness(params) => within("points", params.points, MOST_POINTS)?,
    }
    Ok(Task::Curve(curve))
}

fn check_loop(bars: Option<u32>) -> Result<(), Fault> {
    if let Some(bars) = bars {
        in_range("the loop in bars", f64::from(bars), 1.0, f64::from(MOST_LOOP_BARS))?;
    }
    Ok(())
}

/// A preset's name and its effects.
fn chain_of(name: Option<String>, options: &Options) -> Result<Option<(String, GraphSpec)>, Fault> {
    let Some(name) = name else { return Ok(None) };
    let chain = find_preset(&name, options)?.preset.chain.clone();
    Ok(Some((name.clone(), chain.ok_or(StageError::NoChain { preset: name })?)))
}

/// `render/offline`.
pub(super) fn render(params: RenderOfflineParams) -> Result<Task, Fault> {
    check_path(params.path.as_deref())?;
    if let RenderLength::Seconds(seconds) = params.length {
        in_range("the length in seconds", seconds, 1e-4, LONGEST_RENDERING_S)?;
    }
    Ok(Task::Render(Box::new(params)))
}

/// `device/probe`.
pub(super) fn probe(params: DeviceProbeParams) -> Result<Task, Fault> {
    let seconds = in_range("seconds", params.seconds.unwrap_or(PROBE_S), 0.1, 60.0)?;
    Ok(Task::Probe { device: params.device, seconds })
}

/// `node/list_types`.
pub(super) fn node_types(
    params: &NodeListTypesParams,
    registry: &Registry,
) -> Result<NodeListTypesResponse, Fault> {
    if let Some(wanted) = &params.category {
        let known = categories(registry);
        if !known.contains(wanted) {
            let shown = text::fit(&text::one_line(wanted), 40);
            return Err(Fault::new(FaultKind::NotFound, format!("there is no category '{shown}'"))
                .with_hint(format!(
                    "there are {}",
                    known.iter().cloned().collect::<Vec<_>>().join(", ")
                )));
        }
    }
    let fits = |descriptor: &Descriptor| {
        params.category.as_ref().is_none_or(|wanted| *wanted == word(descriptor.category))
            && params.prefix.as_ref().is_none_or(|prefix| descriptor.id.starts_with(prefix))
    };
    let types = registry.types().iter().map(|kind| kind.descriptor);
    Ok(NodeListTypesResponse { types: types.filter(|kind| fits(kind)).map(type_info).collect() })
}

/// Every category that a type has.
fn categories(registry: &Registry) -> BTreeSet<String> {
    registry.types().iter().map(|kind| word(kind.descriptor.category)).collect()
}

fn type_info(descriptor: &Descriptor) -> NodeTypeInfo {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    NodeTypeInfo {
        id: descriptor.id.to_owned(),
        name: descriptor.name.to_owned(),
        category: word(descriptor.category),
        doc: descriptor.doc.to_owned(),
        author: descriptor.author.to_owned(),
        version: descriptor.version,
        inputs: owned(descriptor.inputs),
        outputs: owned(descriptor.outputs),
        takes_notes: descriptor.takes_notes,
        params: descriptor
            .params
            .iter()
            .map(|param| ParamInfo {
                id: param.id.to_owned(),
                name: param.name.to_owned(),
                unit: word(param.unit),
                min: param.min,
                max: param.max,
                default: param.default,
                doc: param.doc.to_owned(),
            })
            .collect(),
        config: descriptor
            .config
            .iter()
            .map(|config| ConfigInfo {
                id: config.id.to_owned(),
                default: config.default.to_owned(),
                doc: config.doc.to_owned(),
            })
            .collect(),
    }
}

/// The word of a category or of a unit on the wire.
fn word(value: impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::node::Unit;

    #[test]
    fn types_are_listed_whole_and_by_kind() {
        let registry = Registry::built_in();
        let list = |params| node_types(&params, &registry).map(|response| response.types);
        let all = list(NodeListTypesParams::default()).unwrap();
        assert_eq!(all.len(), registry.types().len());
        let mut seen = 0;
        for category in categories(&registry) {
            let category = Some(category);
            seen += list(NodeListTypesParams { category, prefix: None }).unwrap().len();
        }
        assert_eq!(seen, all.len(), "each type is in one category");
        let prefix = Some("keys.rhodes".to_owned());
        let rhodes = list(NodeListTypesParams { category: None, prefix }).unwrap();
        assert_eq!(rhodes.len(), 1);
        assert!(rhodes[0].takes_notes && !rhodes[0].params.is_empty());
        let category = Some("efect".to_owned());
        let fault = list(NodeListTypesParams { category, prefix: None }).unwrap_err();
        assert!(fault.hint.contains("effect"), "{fault:?}");
        assert_eq!(word(Unit::Milliseconds), "milliseconds");
    }
}
