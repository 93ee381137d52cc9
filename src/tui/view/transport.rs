//! The transport bar: where the music is, what time it keeps, what it costs. Drawn from the audio clock's own place, so that
//! its beats are those that are heard. What matters least goes first when there is no room.

use ratatui::layout::Rect;

use super::hits::Part;
use super::words;
use crate::model::tempo::Metre;
use crate::tui::draw::meter::{self, Level};
use crate::tui::draw::{Pen, beat, measure};
use crate::tui::model::Model;
use crate::tui::scope::Scope;
use crate::util::text::one_line;

/// Columns of the master meter.
const METER: u16 = 18;

/// A piece of the bar.
struct Segment {
    /// What it is for the mouse.
    part: Part,
    /// Pieces with lower numbers stay longer.
    rank: u8,
    /// Columns.
    width: u16,
    /// What is drawn.
    what: What,
}

enum What {
    Words(Vec<(String, Scope)>),
    Beat(Metre, Option<f64>),
    Meter,
}

impl Segment {
    fn words(part: Part, rank: u8, words: Vec<(String, Scope)>) -> Self {
        let width = words.iter().map(|(text, _)| measure::width(text)).sum::<usize>() as u16;
        Self { part, rank, width, what: What::Words(words) }
    }
}

/// Pieces with their places: from the left, and from the right.
fn placed(model: &Model, row: Rect) -> Vec<(Rect, Segment)> {
    let (mut left, mut right) = (lefts(model), rights(model));
    if row.width < 3 || row.height == 0 {
        return Vec::new();
    }
    let room = row.width - 2;
    loop {
        let columns: u16 = left.iter().chain(&right).map(|segment| segment.width + 2).sum();
        if columns <= room + 2 {
            break;
        }
        let worst = left.iter().chain(&right).map(|segment| segment.rank).max();
        let Some(worst) = worst.filter(|_| left.len() + right.len() > 1) else { break };
        left.retain(|segment| segment.rank != worst);
        right.retain(|segment| segment.rank != worst);
    }
    let mut placed = Vec::new();
    let mut x = row.x + 1;
    for segment in left {
        let width = segment.width.min((row.right() - 1).saturating_sub(x));
        placed.push((Rect::new(x, row.y, width, 1), segment));
        x += width + 2;
    }
    let mut end = row.right() - 1;
    for segment in right.into_iter().rev() {
        let start = end.saturating_sub(segment.width).max(row.x);
        placed.push((Rect::new(start, row.y, end - start, 1), segment));
        end = start.saturating_sub(2);
    }
    placed
}

fn lefts(model: &Model) -> Vec<Segment> {
    let sound = &model.sound;
    let Some(transport) = sound.transport().filter(|_| sound.player.open) else {
        let words = vec![("■ ".to_owned(), Scope::Dim), ("nothing plays".to_owned(), Scope::Dim)];
        return vec![Segment::words(Part::Play, 0, words)];
    };
    let (mark, word) = match (transport.playing, transport.counting_in) {
        (_, true) => ("◌ ", "count-in "),
        (true, _) => ("▶ ", ""),
        _ => ("■ ", ""),
    };
    let (in_bar, bar_beats) = sound.beat_in_bar(model.clock);
    // The bar that was told, moved on where the beat has gone over its end since then.
    let ahead = sound.beat(model.clock) - transport.beat + transport.beat_in_bar;
    let bar = transport.bar + (ahead / bar_beats.max(0.25)).floor() as i64;
    let place = format!("{}.{}", bar + 1, in_bar as i64 + 1);
    let seconds = sound.seconds(model.clock);
    let length =
        if sound.player.length_s > 0.0 { sound.player.length_s } else { transport.length_s };
    let time = format!("{} / {}", words::clock(seconds), words::clock(length));
    let value = |text: String| vec![(text, Scope::BarValue)];
    let mut segments = vec![
        Segment::words(
            Part::Play,
            0,
            vec![
                (mark.to_owned(), if transport.playing { Scope::Playhead } else { Scope::Bar }),
                (word.to_owned(), Scope::Bar),
                (format!("{place:<6}"), Scope::BarValue),
            ],
        ),
        Segment {
            part: Part::Tempo,
            rank: 2,
            width: u16::from(transport.metre.numerator.clamp(1, 12)) + 2,
            what: What::Beat(transport.metre, transport.playing.then_some(in_bar)),
        },
        Segment::words(Part::Position, 1, vec![(time, Scope::Bar)]),
        Segment::words(Part::Tempo, 3, value(words::bpm(transport.bpm))),
        Segment::words(Part::Tempo, 7, value(transport.metre.to_string())),
    ];
    let heard = sound.heard(model.clock).and_then(|(id, _)| model.takes.get(id));
    if let Some(key) = heard.and_then(|take| take.key) {
        segments.push(Segment::words(Part::Tempo, 8, value(key.to_string())));
    }
    if let Some([from, to]) = transport.loop_beats {
        let bars = bar_beats.max(0.25);
        let text = format!(
            "loop {}-{}",
            words::decimal(from / bars + 1.0, 2),
            words::decimal(to / bars, 2)
        );
        segments.push(Segment::words(Part::Loop, 4, vec![(text, Scope::LoopRegion)]));
    }
    if let Some(from) = sound.loop_start {
        let text = format!("loop {}-?", words::decimal(from + 1.0, 2));
        segments.push(Segment::words(Part::Loop, 4, vec![(text, Scope::LoopRegion)]));
    }
    if let Some(compare) = &sound.player.compare {
        let mut pieces = Vec::new();
        for (index, candidate) in compare.candidates.iter().enumerate() {
            let index = index as u32;
            let (text, scope) = if index == compare.active {
                (format!("[{}]", candidate.label), Scope::BarValue)
            } else if compare.pending == Some(index) {
                (format!("›{} ", candidate.label), Scope::Hint)
            } else {
                (format!(" {} ", candidate.label), Scope::Bar)
            };
            pieces.push((one_line(&text), scope));
        }
        if compare.blind {
            pieces.push((" blind".to_owned(), Scope::Bar));
        }
        segments.push(Segment::words(Part::Compare, 3, pieces));
    }
    segments
}

fn rights(model: &Model) -> Vec<Segment> {
    let sound = &model.sound;
    let mut segments = Vec::new();
    if let Some(peers) = sound.link_peers {
        let text = format!("Link {}", words::counted(u64::from(peers), "peer"));
        segments.push(Segment::words(Part::Link, 6, vec![(text, Scope::Bar)]));
    }
    let Some(status) = &sound.status else {
        return segments;
    };
    if sound.player.open {
        segments.push(Segment { part: Part::Meter, rank: 4, width: METER + 7, what: What::Meter });
    }
    let load = status.load.p99;
    let scope = if load >= 0.8 { Scope::Warning } else { Scope::Bar };
    let mark = if load >= 0.8 { "! " } else { "" };
    segments.push(Segment::words(
        Part::Load,
        9,
        vec![(format!("{mark}load {}", words::percent(load)), scope)],
    ));
    let xruns = sound.xruns.max(status.xruns.total);
    let (text, scope) = match xruns {
        0 => ("0 xruns".to_owned(), Scope::Bar),
        count => (format!("! {}", words::counted(count, "xrun")), Scope::Warning),
    };
    segments.push(Segment::words(Part::Load, if xruns == 0 { 11 } else { 5 }, vec![(text, scope)]));
    let name = one_line(&status.device.current);
    let (text, scope) = if status.device.available {
        (measure::fit(&name, 16), Scope::Bar)
    } else {
        (
            format!("! {} is away", measure::fit(&one_line(&status.device.wanted), 16)),
            Scope::Warning,
        )
    };
    let rank = if status.device.available { 10 } else { 5 };
    segments.push(Segment::words(Part::Device, rank, vec![(text, scope)]));
    segments
}

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, row: Rect) {
    if row.is_empty() {
        return;
    }
    pen.tint(row, Scope::Bar);
    for (place, segment) in placed(model, row) {
        match segment.what {
            What::Words(words) => {
                let words = words.iter().map(|(text, scope)| (text.as_str(), *scope));
                pen.pieces(place.x, place.y, place.width, words);
            }
            What::Beat(metre, now) => {
                beat::draw(pen, place.x, place.y, place.width, metre, now);
            }
            What::Meter => master(model, pen, place),
        }
    }
}

/// Both channels of what is heard in one row, and the larger held peak as a number.
fn master(model: &Model, pen: &mut Pen<'_>, place: Rect) {
    let [left, right] = levels(model);
    let bar = Rect { width: METER.min(place.width), ..place };
    meter::lying(pen, bar, left, right);
    let held = [left.held_db, right.held_db, left.peak_db, right.peak_db];
    let peak = held.into_iter().flatten().reduce(f64::max);
    let scope = peak
        .map_or(Scope::Bar, |peak| if peak >= 0.0 { Scope::MeterOver } else { Scope::BarValue });
    let over = if peak.is_some_and(|peak| peak >= 0.0) { "!" } else { "" };
    let number = format!("{}{over}", meter::number(peak));
    pen.text_right(bar.right(), place.y, place.width - bar.width, &number, scope);
}

/// Levels of what is heard, with the peaks that are held.
pub(super) fn levels(model: &Model) -> [Level; 2] {
    let meter = &model.sound.meter;
    std::array::from_fn(|side| Level {
        peak_db: meter.peak_db[side],
        rms_db: meter.rms_db[side],
        held_db: model.sound.held[side].map(|(db, _)| db),
    })
}

/// The part of the bar under a column.
pub(super) fn part(model: &Model, row: Rect, column: u16) -> Option<Part> {
    placed(model, row)
        .into_iter()
        .find(|(place, _)| (place.left()..place.right()).contains(&column))
        .map(|(_, segment)| segment.part)
}
