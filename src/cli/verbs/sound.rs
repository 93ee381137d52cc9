//! `devices`, `nodes`: what sound can come out of, and what it can be made of.

use std::collections::BTreeMap;

use crate::client::Work;
use crate::model::job::{Fault, FaultKind};
use crate::protocol::device::{DeviceEntry, DeviceListParams};
use crate::protocol::graph::{NodeListTypesParams, NodeTypeInfo, ParamInfo};
use crate::protocol::methods::{DeviceList, NodeListTypes};
use crate::util::text;

use super::Place;
use crate::cli::args::Nodes;
use crate::cli::engine;
use crate::cli::output::{Output, Style};
use crate::cli::report::{self, Line};
use crate::cli::stop::Stop;

pub(super) fn devices(place: &Place<'_>) -> Result<(), Stop> {
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        let output = &session.output;
        let listed = session.client.call::<DeviceList>(DeviceListParams {}).await?;
        for note in &listed.notes {
            output.talk(&output.paint(Style::Hint, &format!("note: {}", text::one_line(note))));
        }
        if output.is_json() {
            return listed
                .devices
                .iter()
                .try_for_each(|value| output.object(&Line { r#type: "device", value }));
        }
        let mut rows = vec![
            ["device", "host", "channels", "rates in Hz", "formats", ""]
                .map(str::to_owned)
                .to_vec(),
        ];
        rows.extend(listed.devices.iter().map(|device| device_row(device, &listed.wanted)));
        let mut lines = report::columns(&rows).into_iter();
        if let Some(head) = lines.next() {
            output.talk(&output.paint(Style::Dim, &head));
        }
        lines.try_for_each(|line| output.result(&line))
    })
}

/// A device in columns: id, host, channels, sample rates, formats, marks.
pub(super) fn device_row(device: &DeviceEntry, wanted: &str) -> Vec<String> {
    let channels = match (device.outputs, device.inputs) {
        (outputs, 0) => format!("{outputs} out"),
        (0, inputs) => format!("{inputs} in"),
        (outputs, inputs) => format!("{outputs} out, {inputs} in"),
    };
    let mut marks = Vec::new();
    if device.default {
        marks.push("default");
    }
    if device.id == wanted {
        marks.push("chosen");
    }
    vec![
        text::one_line(&device.id),
        device.host.clone(),
        channels,
        rates(&device.sample_rates),
        device.formats.join(" "),
        marks.join(", "),
    ]
}

/// Sample rates as a range where there are many.
fn rates(rates: &[u32]) -> String {
    match (rates.iter().min(), rates.iter().max()) {
        (Some(least), Some(most)) if rates.len() > 3 => format!("{least} to {most}"),
        _ => rates.iter().map(u32::to_string).collect::<Vec<_>>().join(" "),
    }
}

pub(super) fn nodes(place: &Place<'_>, words: Nodes) -> Result<(), Stop> {
    engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
        let output = &session.output;
        let params = NodeListTypesParams::default();
        let all = session.client.call::<NodeListTypes>(params).await?.types;
        let (found, exact) = match words.kind {
            None => (all, false),
            Some(kind) => chosen(all, &kind)?,
        };
        if output.is_json() {
            return found
                .iter()
                .try_for_each(|value| output.object(&Line { r#type: "node", value }));
        }
        match found.as_slice() {
            [only] if exact => describe(output, only),
            several => list(output, several),
        }
    })
}

/// The type of this name, or else all whose name begins so; and whether it is the one.
fn chosen(all: Vec<NodeTypeInfo>, kind: &str) -> Result<(Vec<NodeTypeInfo>, bool), Stop> {
    if let Some(only) = all.iter().find(|info| info.id == kind) {
        return Ok((vec![only.clone()], true));
    }
    let nearest = text::nearest(kind, all.iter().map(|info| info.id.as_str()));
    let hint = match nearest {
        Some(id) => format!("did you mean '{id}'? `timbre nodes` lists them all"),
        None => "`timbre nodes` lists them all".to_owned(),
    };
    let several = all.into_iter().filter(|info| info.id.starts_with(kind)).collect::<Vec<_>>();
    if several.is_empty() || kind.is_empty() {
        let message = format!("there is no type of node '{kind}'");
        return Err(Fault::new(FaultKind::NotFound, message).with_hint(hint).into());
    }
    Ok((several, false))
}

/// Types by category, one line each.
fn list(output: &Output, types: &[NodeTypeInfo]) -> Result<(), Stop> {
    let mut categories: BTreeMap<&str, Vec<&NodeTypeInfo>> = BTreeMap::new();
    for info in types {
        categories.entry(info.category.as_str()).or_default().push(info);
    }
    for (at, (category, types)) in categories.iter().enumerate() {
        let gap = if at == 0 { "" } else { "\n" };
        output.document(&format!("{gap}{}\n", output.paint_out(Style::Strong, category)))?;
        let rows = types
            .iter()
            .map(|info| vec![format!("  {}", info.id), first_sentence(&info.doc).to_owned()])
            .collect::<Vec<_>>();
        report::columns(&rows).iter().try_for_each(|line| output.result(line))?;
    }
    Ok(())
}

/// Up to its first full stop; abbreviations within it have no space behind theirs.
fn first_sentence(doc: &str) -> &str {
    doc.split_once(". ").map_or(doc, |(first, _)| first).trim_end_matches('.')
}

/// All about one type.
fn describe(output: &Output, info: &NodeTypeInfo) -> Result<(), Stop> {
    let name = output.paint_out(Style::Strong, &info.id);
    output.document(&format!("{name}  {}\n", text::one_line(&info.name)))?;
    output.result(&text::one_line(&info.doc))?;
    let ports = |ports: &[String]| match ports {
        [] => "none".to_owned(),
        ports => ports.join(", "),
    };
    let rows = [
        ("category", info.category.clone()),
        ("inputs", ports(&info.inputs)),
        ("outputs", ports(&info.outputs)),
        ("notes", if info.takes_notes { "plays them" } else { "none" }.to_owned()),
        ("made by", format!("{}, version {}", info.author, info.version)),
    ];
    let rows = rows.map(|(name, value)| vec![format!("  {name}"), value]);
    report::columns(&rows).iter().try_for_each(|line| output.result(line))?;
    section(output, "params", &info.params.iter().map(param_row).collect::<Vec<_>>())?;
    let config = info.config.iter().map(|key| {
        let default = if key.default.is_empty() { "empty" } else { &key.default };
        vec![format!("  {}", key.id), format!("{default} unless given"), key.doc.clone()]
    });
    section(output, "config", &config.collect::<Vec<_>>())
}

fn section(output: &Output, title: &str, rows: &[Vec<String>]) -> Result<(), Stop> {
    if rows.is_empty() {
        return Ok(());
    }
    output.document(&format!("\n{}\n", output.paint_out(Style::Strong, title)))?;
    report::columns(rows).iter().try_for_each(|line| output.result(line))
}

/// A param in columns: id, range with unit, default, meaning.
fn param_row(param: &ParamInfo) -> Vec<String> {
    let (range, default) = match param.unit.as_str() {
        "switch" => ("0 or 1".to_owned(), number(param.default)),
        unit => {
            let unit = unit_sign(unit);
            (
                format!("{} to {}{unit}", number(param.min), number(param.max)),
                format!("{}{unit}", number(param.default)),
            )
        }
    };
    vec![format!("  {}", param.id), range, format!("default {default}"), param.doc.clone()]
}

/// The sign of a unit behind a number. A share is written as it is set, from 0 to 1, and has none.
fn unit_sign(unit: &str) -> &'static str {
    match unit {
        "decibel" => " dB",
        "hertz" => " Hz",
        "seconds" => " s",
        "milliseconds" => " ms",
        "semitones" => " semitones",
        "cents" => " cents",
        "beats" => " beats",
        _ => "",
    }
}

/// A number as short as it reads back the same.
fn number(value: f32) -> String {
    format!("{value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(id: &str) -> NodeTypeInfo {
        NodeTypeInfo {
            id: id.into(),
            name: "A node".into(),
            category: "effect".into(),
            doc: "Does something. And more.".into(),
            author: "Timbre".into(),
            version: 1,
            inputs: vec!["in".into()],
            outputs: vec!["out".into()],
            takes_notes: false,
            params: Vec::new(),
            config: Vec::new(),
        }
    }

    #[test]
    fn a_type_is_found_by_its_name_or_by_the_beginning_of_it() {
        let all = || vec![info("fx.delay"), info("fx.delay2"), info("keys.rhodes")];
        let (found, exact) = chosen(all(), "fx.delay").unwrap();
        assert_eq!((found.len(), exact), (1, true));
        let (found, exact) = chosen(all(), "fx.").unwrap();
        assert_eq!((found.len(), exact), (2, false));
        let Err(Stop::Fault(fault)) = chosen(all(), "keys.rodes") else { panic!("found") };
        assert!(fault.hint.contains("keys.rhodes"), "{}", fault.hint);
        assert_eq!(fault.kind, FaultKind::NotFound);
    }

    #[test]
    fn a_param_says_what_may_be_set() {
        let mut param = ParamInfo {
            id: "cutoff".into(),
            name: "Cutoff".into(),
            unit: "hertz".into(),
            min: 20.0,
            max: 20_000.0,
            default: 880.5,
            doc: "Where it cuts.".into(),
        };
        let row = param_row(&param);
        assert_eq!(row[1..3], ["20 to 20000 Hz", "default 880.5 Hz"]);
        param.unit = "switch".into();
        assert_eq!(param_row(&param)[1], "0 or 1");
        assert_eq!(first_sentence("A 4.5 dB step. More."), "A 4.5 dB step");
    }

    #[test]
    fn many_rates_are_told_as_a_range() {
        assert_eq!(rates(&[44_100, 48_000]), "44100 48000");
        assert_eq!(rates(&[44_100, 48_000, 96_000, 8_000]), "8000 to 96000");
        assert_eq!(rates(&[]), "");
    }
}
