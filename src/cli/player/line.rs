//! The status line of the player, for a terminal of any width, and plain for a log. Pure: a scene in, text out.

use super::{METER_FLOOR_DB, Scene};
use crate::cli::output::Style;
use crate::cli::report;
use crate::protocol::transport::TransportState;
use crate::util::text;

/// Columns of the level meter between its brackets.
const METER_COLUMNS: usize = 20;
/// The same where room is scarce.
const SMALL_METER_COLUMNS: usize = 8;
/// Fewest columns of a title that still say which one it is.
const LEAST_TITLE: usize = 6;
/// Between two pieces.
const GAP: usize = 2;
/// Louder than this, in dBFS, is close to the end of the scale.
const HOT_DB: f64 = -3.0;

/// A piece of the line.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct Piece {
    /// The text, cleaned.
    pub(in crate::cli) text: String,
    /// How it is meant.
    pub(in crate::cli) style: Option<Style>,
    /// Pieces of the highest rank are left out first; 0 stays as long as anything fits.
    rank: u8,
}

/// The pieces that fit into a line of `columns`, in order, two columns apart.
pub(in crate::cli) fn pieces(scene: &Scene, columns: usize) -> Vec<Piece> {
    let mut meter_columns = METER_COLUMNS;
    let mut pieces = all_pieces(scene, meter_columns);
    let mut title = title_of(scene);
    loop {
        let room = columns.saturating_sub(width_of(&pieces));
        // The title takes what the others leave, and the others make room while it has too little.
        let least = text::width(&title).min(LEAST_TITLE) + GAP;
        if room >= least || pieces.iter().all(|piece| piece.rank == 0) {
            title = if room > GAP + 1 { text::fit(&title, room - GAP) } else { String::new() };
            break;
        }
        if meter_columns > SMALL_METER_COLUMNS {
            meter_columns = SMALL_METER_COLUMNS;
            pieces = all_pieces(scene, meter_columns);
            continue;
        }
        let Some(highest) = pieces.iter().map(|piece| piece.rank).max() else { break };
        pieces.retain(|piece| piece.rank < highest);
    }
    if !title.is_empty() {
        let at = pieces.len().min(1);
        pieces.insert(at, Piece { text: title, style: Some(Style::Strong), rank: 0 });
    }
    while width_of(&pieces) > columns && pieces.pop().is_some() {}
    pieces
}

/// The line without a meter and without colour, for a log or a pipe.
pub(in crate::cli) fn plain(scene: &Scene) -> String {
    let mut words = vec![state_of(&scene.transport).1.to_owned(), title_of(scene)];
    words.extend(all_pieces(scene, 0).into_iter().skip(1).map(|piece| piece.text));
    words.iter().map(|word| word.trim()).collect::<Vec<_>>().join("  ")
}

fn all_pieces(scene: &Scene, meter_columns: usize) -> Vec<Piece> {
    let now = &scene.transport;
    let mut pieces = Vec::new();
    let mut put = |rank: u8, style: Option<Style>, text: String| {
        pieces.push(Piece { text, style, rank });
    };
    put(0, None, state_of(now).0.to_owned());
    if let (Some((at, _)), true) = (scene.item(), scene.items.len() > 1) {
        put(4, Some(Style::Dim), format!("{}/{}", at + 1, scene.items.len()));
    }
    put(1, None, bars(now));
    if let Some((_, item)) = scene.item() {
        let seconds = (now.seconds - item.start_s).clamp(0.0, item.seconds);
        put(0, None, format!("{}/{}", elapsed(seconds), report::clock(item.seconds)));
    }
    put(5, None, format!("{} BPM", tempo(now.bpm)));
    let level = scene.loudest_db();
    let style = match scene.meter_db {
        db if db > HOT_DB => Style::Bad,
        db if db > -12.0 => Style::Hint,
        _ => Style::Good,
    };
    if meter_columns > 0 {
        put(2, Some(style), meter(scene.meter_db, meter_columns));
    }
    put(6, None, decibels(level));
    if let Some([start, end]) = now.loop_beats {
        let bar = now.metre.bar_beats();
        put(5, Some(Style::Hint), format!("loop {}-{}", whole(start / bar) + 1, whole(end / bar)));
    }
    if scene.volume_db != 0.0 {
        put(3, None, format!("volume {:+.0} dB", scene.volume_db));
    }
    let lost = scene.xruns.total;
    let (rank, style) = if lost > 0 { (3, Some(Style::Bad)) } else { (7, Some(Style::Dim)) };
    put(rank, style, format!("{lost} {}", if lost == 1 { "xrun" } else { "xruns" }));
    let device = text::fit(&text::one_line(&scene.device.current), 24);
    if scene.device.available {
        put(8, Some(Style::Dim), device);
    } else {
        put(3, Some(Style::Bad), "no card".to_owned());
    }
    pieces
}

fn title_of(scene: &Scene) -> String {
    scene.item().map_or_else(String::new, |(_, item)| text::one_line(&item.title))
}

/// A sign and a word for the state.
fn state_of(now: &TransportState) -> (&'static str, &'static str) {
    match (now.playing, now.counting_in) {
        (_, true) => ("…", "counting in"),
        (true, _) => ("▶", "playing"),
        (false, _) => ("■", "stopped"),
    }
}

/// Bar and beat, both from 1. A beat is what the metre counts, so 6/8 has six.
fn bars(now: &TransportState) -> String {
    let count = f64::from(now.metre.denominator) / 4.0;
    // The last instant of a beat is still in it, whatever rounding says.
    let beat = whole((now.beat_in_bar * count + 1e-6).floor()) + 1;
    // Before the first bar comes the count-in, which has no bar 0 either.
    let bar = if now.bar >= 0 { now.bar + 1 } else { now.bar };
    format!("{bar}:{beat}")
}

fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// Time that has passed: never rounded up, or a second would be shown before it is over.
fn elapsed(seconds: f64) -> String {
    report::clock(seconds.floor())
}

fn tempo(bpm: f64) -> String {
    if (bpm - bpm.round()).abs() < 0.005 { format!("{bpm:.0}") } else { format!("{bpm:.2}") }
}

/// A level in dBFS, always as wide.
fn decibels(db: f64) -> String {
    if db <= METER_FLOOR_DB { "  -inf dB".to_owned() } else { format!("{db:>6.1} dB") }
}

/// A level meter that needs no colour: `[=======   ]`, linear in dB from the floor to full scale.
fn meter(db: f64, columns: usize) -> String {
    let share = ((db - METER_FLOOR_DB) / -METER_FLOOR_DB).clamp(0.0, 1.0);
    let filled = ((share * columns as f64).round() as usize).min(columns);
    format!("[{}{}]", "=".repeat(filled), " ".repeat(columns - filled))
}

fn width_of(pieces: &[Piece]) -> usize {
    let texts = pieces.iter().map(|piece| text::width(&piece.text)).sum::<usize>();
    texts + pieces.len().saturating_sub(1) * GAP
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::player::samples;
    use proptest::prelude::*;

    fn shown(scene: &Scene, columns: usize) -> String {
        let pieces = pieces(scene, columns);
        pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join("  ")
    }

    #[test]
    fn a_wide_line_has_everything() {
        let mut scene = samples::scene();
        scene.transport = samples::transport(4.75);
        let mut status = samples::status();
        status.transport = scene.transport;
        status.peak_db = [Some(-30.0), Some(-33.0)];
        scene.look(&status);
        scene.transport.loop_beats = Some([0.0, 16.0]);
        scene.turn(-3);
        assert_eq!(
            shown(&scene, 200),
            "▶  First  1/2  3:2  0:04/0:10  120 BPM  [==========          ]   -30.0 dB  \
             loop 1-4  volume -3 dB  0 xruns  null"
        );
        assert_eq!(
            plain(&scene),
            "playing  First  1/2  3:2  0:04/0:10  120 BPM  -30.0 dB  loop 1-4  volume -3 dB  0 xruns  null"
        );
    }

    #[test]
    fn a_narrow_line_keeps_what_matters() {
        let mut scene = samples::scene();
        scene.transport = samples::transport(4.75);
        assert_eq!(shown(&scene, 40), "▶  First  3:2  0:04/0:10  [        ]");
        assert_eq!(shown(&scene, 20), "▶  First  0:04/0:10");
        assert_eq!(shown(&scene, 12), "▶  0:04/0:10");
        assert_eq!(shown(&scene, 1), "▶");
        assert_eq!(shown(&scene, 0), "");
    }

    #[test]
    fn bad_news_is_told_before_what_is_nice_to_know() {
        let mut scene = samples::scene();
        scene.xruns.total = 1;
        scene.device.available = false;
        let line = shown(&scene, 60);
        assert!(line.contains("1 xrun  no card"), "{line}");
        assert!(!line.contains("BPM"), "{line}");
    }

    #[test]
    fn beats_are_counted_as_the_metre_counts_them() {
        let mut now = samples::transport(0.0);
        now.metre = "6/8".parse().unwrap();
        (now.bar, now.beat_in_bar) = (2, 2.5);
        assert_eq!(bars(&now), "3:6");
        (now.bar, now.beat_in_bar) = (-1, 0.0);
        assert_eq!(bars(&now), "-1:1");
        assert_eq!(elapsed(59.99), "0:59");
        assert_eq!((tempo(120.0), tempo(82.5)), ("120".to_owned(), "82.50".to_owned()));
    }

    #[test]
    fn the_meter_reads_without_colour() {
        assert_eq!(meter(-60.0, 4), "[    ]");
        assert_eq!(meter(-30.0, 4), "[==  ]");
        assert_eq!(meter(6.0, 4), "[====]");
        assert_eq!(meter(f64::NAN, 4), "[    ]");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_its_terminal(columns in 0_usize..250, seconds in 0.0..30.0_f64, title in "\\PC{0,60}") {
            let mut scene = samples::scene();
            scene.transport = samples::transport(seconds);
            for item in &mut scene.items {
                item.title.clone_from(&title);
            }
            prop_assert!(text::width(&shown(&scene, columns)) <= columns);
        }
    }
}
