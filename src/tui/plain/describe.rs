//! Panes, views and takes in words: what the line mode says where the screen would draw.

use super::super::action::{Group, TABLE};
use super::super::model::panes::{Overlay, Tab, ViewKind};
use super::super::model::{Model, rows};
use super::super::update::view_take;
use super::super::view::{STEPS, big};
use crate::model::card::TakeCard;
use crate::protocol::listen::Score;

/// A take in a sentence.
pub fn take_line(take: &TakeCard) -> String {
    let mut facts = vec![clock(take.duration_s)];
    facts.extend(take.bpm.map(|bpm| format!("{} BPM", rows::number(bpm))));
    facts.extend(take.key.map(|key| key.to_string()));
    facts.extend(take.lufs.map(|lufs| format!("{lufs:.1} LUFS")));
    facts.push(format!("seed {}", take.seed));
    facts.push(take.backend.clone());
    facts.push(take.licence.clone());
    facts.extend(take.rating.map(|stars| format!("{stars} of 5 stars")));
    if !take.tags.is_empty() {
        facts.push(format!("tags {}", take.tags.join(" ")));
    }
    format!("Take {}: {}. {}.", take.number, take.title, facts.join(", "))
}

/// Minutes and seconds.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0).floor() as u64;
    format!("{}:{:02}", whole / 60, whole % 60)
}

/// Where the music is.
pub fn place(model: &Model) -> String {
    match model.sound.transport() {
        Some(transport) => {
            let beat = transport.beat_in_bar.floor() + 1.0;
            format!("bar {}, beat {beat}, {}", transport.bar + 1, clock(transport.seconds))
        }
        None => "the start".to_owned(),
    }
}

/// The pane that was asked for.
pub fn pane(model: &Model) -> Vec<String> {
    match model.inspector.tab {
        Tab::Queue => {
            let jobs = rows::queue(model);
            if jobs.is_empty() {
                return vec!["Nothing waits or runs.".to_owned()];
            }
            let line = |job: &&crate::model::job::Job| {
                let eta =
                    job.eta_s.map(|eta| format!(", {eta:.0} seconds left")).unwrap_or_default();
                let fault = job
                    .fault
                    .as_ref()
                    .map(|fault| format!(": {}", fault.message))
                    .unwrap_or_default();
                let share = job.progress * 100.0;
                format!(
                    "{} {share:.0} percent{eta}{fault}. {}. Job {}",
                    job.phase.word(),
                    job.request.prompt,
                    job.id
                )
            };
            jobs.iter().map(line).collect()
        }
        Tab::Take => match model.focused_take.as_ref().and_then(|id| model.takes.get(id)) {
            Some(take) => take_lines(model, take),
            None => vec!["There is no take yet.".to_owned()],
        },
        Tab::Params => rows::params(model)
            .into_iter()
            .map(|row| {
                let range = row.range.map(|[min, max, ..]| {
                    format!(", {} to {}", rows::number(min), rows::number(max))
                });
                format!(
                    "{}: {}{}. {}. /{}…",
                    row.label,
                    row.value,
                    range.unwrap_or_default(),
                    row.doc.trim_end_matches('.'),
                    row.command
                )
            })
            .collect(),
        Tab::Mixer => mixer(model),
        Tab::Chain => chain(model),
        Tab::Library => {
            let found = model.inspector.found.iter().filter_map(|id| model.takes.get(id));
            let mut lines =
                found.map(|take| format!("{} Id {}", take_line(take), take.id)).collect::<Vec<_>>();
            if lines.is_empty() {
                lines.push("No takes.".to_owned());
            }
            if model.inspector.more {
                lines.push("There are more; /library WORDS narrows them.".to_owned());
            }
            lines
        }
        Tab::Log => model.log.iter().map(|line| line.text.clone()).collect(),
    }
}

fn take_lines(model: &Model, take: &TakeCard) -> Vec<String> {
    let mut lines =
        vec![take_line(take), format!("Prompt: {}", take.prompt), format!("File: {}", take.path)];
    lines.extend(take.bars.map(|bars| format!("{bars} bars.")));
    lines.extend(take.true_peak_dbtp.map(|peak| format!("True peak {peak:.1} dBTP.")));
    if !take.stems.is_empty() {
        lines.push(format!("Stems: {}", take.stems.join(", ")));
    }
    if !take.note.is_empty() {
        lines.push(format!("Note: {}", take.note));
    }
    let parent = take.parent.as_ref().and_then(|id| model.takes.get(id));
    lines.extend(
        parent.map(|parent| format!("Made from take {}, {}.", parent.number, parent.title)),
    );
    let children = model.takes.values().filter(|other| other.parent.as_ref() == Some(&take.id));
    let children = children.map(|child| child.number.to_string()).collect::<Vec<_>>();
    if !children.is_empty() {
        lines.push(format!("Takes made from it: {}.", children.join(", ")));
    }
    lines.push(format!("Id {}", take.id));
    lines
}

fn mixer(model: &Model) -> Vec<String> {
    let parts = &model.sound.player.parts;
    if parts.is_empty() {
        return vec!["The parts are not opened; /parts plays the take by its parts.".to_owned()];
    }
    let line = |part: &crate::protocol::listen::PlayerPart| {
        let mute = if part.mute { ", muted" } else { "" };
        let solo = if part.solo { ", soloed" } else { "" };
        format!("{}: {:+.1} dB, pan {:+.2}{mute}{solo}.", part.name, part.gain_db, part.pan)
    };
    parts.iter().map(line).collect()
}

fn chain(model: &Model) -> Vec<String> {
    let rows = rows::chain(model);
    if rows.is_empty() {
        return vec![
            "What plays goes through no effects, or nothing plays; /chain PRESET chooses some."
                .to_owned(),
        ];
    }
    let line = |row: rows::ChainRow| match row.param {
        None => format!("{}, {}:", row.node, row.kind),
        Some(param) => {
            let [min, max, default, value] = param.range.map(rows::number);
            format!("  {}: {value} {}, {min} to {max}, usually {default}.", param.id, param.unit)
        }
    };
    rows.into_iter().map(line).collect()
}

/// The big view that was asked for; `None` where there is none, or what it needs is still on its way.
pub fn view(model: &Model) -> Option<Vec<String>> {
    let big = model.big.as_ref()?;
    let live = matches!(
        big.kind,
        ViewKind::Spectrum | ViewKind::Stereo | ViewKind::Graph | ViewKind::Tree
    );
    let take = view_take(model);
    if !live && take.is_none() {
        return Some(vec!["There is no take yet.".to_owned()]);
    }
    let curves = take.as_ref().and_then(|id| model.curves.takes.get(id));
    match big.kind {
        ViewKind::Waveform => {
            let peaks = curves?.peaks.get()?;
            Some(waveform(peaks))
        }
        ViewKind::Loudness => {
            let loudness = curves?.loudness.get()?;
            let word = |value: Option<f64>, unit: &str| {
                value.map_or("silent".to_owned(), |v| format!("{v:.1} {unit}"))
            };
            let points = loudness
                .short_term_lufs
                .iter()
                .step_by((loudness.short_term_lufs.len() / 10).max(1));
            let points =
                points.map(|point| point.map_or("silent".to_owned(), |lufs| format!("{lufs:.0}")));
            Some(vec![
                format!("Integrated loudness {}.", word(loudness.integrated_lufs, "LUFS")),
                format!("Loudness range {}.", word(loudness.range_lu, "LU")),
                format!("True peak {}.", word(loudness.true_peak_dbtp, "dBTP")),
                format!(
                    "Short-term loudness from start to end, in LUFS: {}.",
                    points.collect::<Vec<_>>().join(", ")
                ),
            ])
        }
        ViewKind::Spectrogram => {
            let spectrogram = curves?.spectrogram.get()?;
            let bands = spectrogram.hz.len().max(1);
            let mean = |band: usize| {
                let column =
                    spectrogram.db.iter().skip(band).step_by(bands).map(|db| f64::from(*db));
                let count = (spectrogram.db.len() / bands).max(1) as f64;
                column.sum::<f64>() / count
            };
            let line =
                |(band, hz): (usize, &f32)| format!("{hz:.0} Hz: {:.0} dB on average.", mean(band));
            Some(spectrogram.hz.iter().enumerate().step_by((bands / 12).max(1)).map(line).collect())
        }
        ViewKind::Roll => {
            let score = curves?.score.get()?;
            Some(score.as_ref().map_or_else(|| vec!["This take has no score.".to_owned()], roll))
        }
        ViewKind::Spectrum => {
            let spectrum = &model.sound.spectrum;
            let line = |(hz, db): (&f32, &Option<f32>)| match db {
                Some(db) => format!("{hz:.0} Hz: {db:.0} dB."),
                None => format!("{hz:.0} Hz: silent."),
            };
            let step = (spectrum.hz.len() / 12).max(1);
            let lines =
                spectrum.hz.iter().zip(&spectrum.db).step_by(step).map(line).collect::<Vec<_>>();
            Some(if lines.is_empty() { vec!["Nothing plays.".to_owned()] } else { lines })
        }
        ViewKind::Stereo => Some(vec![match model.sound.meter.correlation {
            Some(correlation) => format!(
                "Correlation of left and right {correlation:+.2}: 1 is mono, below 0 cancels in mono."
            ),
            None => "Nothing plays.".to_owned(),
        }]),
        ViewKind::Graph => {
            let graph = model.sound.graph.as_ref()?;
            let line = |cable: &crate::model::graph::Connection| {
                format!("{} goes to {}.", cable.from.node, cable.to.node)
            };
            let lines = graph.connections.iter().map(line).collect::<Vec<_>>();
            Some(if lines.is_empty() { vec!["Nothing is opened.".to_owned()] } else { lines })
        }
        ViewKind::Tree => {
            let line = |(take, depth): &(&TakeCard, usize)| {
                let made =
                    if *depth > 0 { format!("Generation {}. ", depth + 1) } else { String::new() };
                format!("{made}{}", take_line(take))
            };
            let lines = big::tree_takes(model).iter().map(line).collect::<Vec<_>>();
            Some(if lines.is_empty() { vec!["There is no take yet.".to_owned()] } else { lines })
        }
    }
}

fn waveform(peaks: &crate::protocol::listen::TakePeaksResponse) -> Vec<String> {
    let count = peaks.columns.len().max(1);
    let seconds = peaks.frames as f64 / f64::from(peaks.sample_rate.max(1));
    let part = (count / 16).max(1);
    let line = |(index, columns): (usize, &[[f32; 3]])| {
        let peak =
            columns.iter().map(|[min, max, _]| min.abs().max(max.abs())).fold(0.0_f32, f32::max);
        let at = clock(seconds * (index * part) as f64 / count as f64);
        match peak {
            peak if peak < 1e-5 => format!("{at}: silent."),
            peak => format!("{at}: peaks at {:.0} dBFS.", 20.0 * peak.log10()),
        }
    };
    peaks.columns.chunks(part).enumerate().map(line).collect()
}

fn roll(score: &Score) -> Vec<String> {
    let bar = score.metre.bar_beats();
    let mut lines =
        vec![format!("{} in {}, {} bars.", score.key, score.metre, score.length_beats / bar)];
    for (index, section) in score.sections.iter().enumerate() {
        let end = score.sections.get(index + 1).map_or(score.length_beats, |next| next.beat);
        let chords =
            score.chords.iter().filter(|chord| chord.beat >= section.beat && chord.beat < end);
        let chords = chords.map(|chord| chord.symbol.as_str()).collect::<Vec<_>>().join(" ");
        let first = (section.beat / bar).floor() + 1.0;
        lines.push(format!("{} from bar {first}, {} bars: {chords}.", section.name, section.bars));
    }
    for part in &score.parts {
        lines.push(format!("{}: {} notes.", part.name, part.notes.len()));
    }
    lines
}

/// The help, or a step of the tour.
pub fn overlay(model: &Model) -> Vec<String> {
    match model.overlays.last() {
        Some(Overlay::Tour(_)) => STEPS
            .iter()
            .enumerate()
            .map(|(index, (what, how))| format!("{}. {what}. {how}", index + 1))
            .collect(),
        _ => {
            let mut lines = Vec::new();
            let mut group = None;
            for info in TABLE.iter().filter(|info| info.group != Group::Move) {
                if group != Some(info.group) {
                    lines.push(format!("{}:", info.group.heading()));
                    group = Some(info.group);
                }
                lines.push(format!("/{} {} - {}", info.name, info.args, info.doc));
            }
            lines
        }
    }
}
