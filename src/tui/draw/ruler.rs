//! Rulers over time: ticks with bar numbers, or with seconds where no tempo is known, never closer than can be read.

use ratatui::layout::Rect;

use super::measure;
use super::pen::{Pen, columns};
use crate::tui::scope::Scope;

/// A mark of a ruler.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where, 0 to 1 of what is in sight.
    pub share: f64,
    /// What stands there.
    pub label: String,
}

/// Ticks of the bars that begin within a stretch, in seconds. Steps are powers of two of bars, so that numbers are those
/// that musicians count by: 1, 5, 9.
///
/// `bar_s` is the length of a bar in seconds, `width` the columns there are.
pub fn bars(bar_s: f64, from_s: f64, to_s: f64, width: u16) -> Vec<Tick> {
    let span = to_s - from_s;
    if !(bar_s > 1e-3 && span > 1e-6 && span.is_finite()) || width < 4 {
        return Vec::new();
    }
    let wanted = bar_s * f64::from(width) / span;
    let mut step = 1.0;
    while wanted * step < 9.0 && step < 65_536.0 {
        step *= 2.0;
    }
    let first = (from_s / (bar_s * step) - 1e-6).ceil().max(0.0);
    let mut ticks = Vec::new();
    // More than this many never fit, whatever the numbers say.
    for index in 0..1_024 {
        let bar = (first + f64::from(index)) * step;
        let share = (bar * bar_s - from_s) / span;
        if share >= 1.0 {
            break;
        }
        ticks.push(Tick { share: share.max(0.0), label: format!("{}", bar as u64 + 1) });
    }
    ticks
}

/// Ticks of a stretch in seconds, at steps of 1, 2 or 5 times a power of ten, or of minutes.
pub fn seconds(from_s: f64, to_s: f64, width: u16) -> Vec<Tick> {
    const STEPS: [f64; 19] = [
        0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0,
        5.0, 10.0, 30.0, 60.0, 300.0,
    ];
    let span = to_s - from_s;
    if !(span > 1e-6 && span.is_finite()) || width < 8 {
        return Vec::new();
    }
    let smallest = span * 10.0 / f64::from(width);
    let step = STEPS.into_iter().find(|step| *step >= smallest).unwrap_or(3_600.0);
    let first = (from_s / step - 1e-6).ceil().max(0.0);
    let mut ticks = Vec::new();
    for index in 0..1_024 {
        let at = (first + f64::from(index)) * step;
        let share = (at - from_s) / span;
        if share >= 1.0 {
            break;
        }
        ticks.push(Tick { share: share.max(0.0), label: seconds_label(at, step) });
    }
    ticks
}

fn seconds_label(at: f64, step: f64) -> String {
    if step >= 1.0 {
        let whole = at.round() as u64;
        return format!("{}:{:02}", whole / 60, whole % 60);
    }
    if step >= 0.1 {
        return format!("{at:.1} s");
    }
    format!("{:.1} ms", at * 1_000.0)
}

/// Draws the labels of ticks into one row, and the looped stretch (as shares) under them as `├──┤`.
pub fn draw(pen: &mut Pen<'_>, area: Rect, ticks: &[Tick], looped: Option<(f64, f64)>) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    if let Some((from, to)) = looped {
        let (left, right) = (column_of(area, from), column_of(area, to));
        for x in left..=right {
            let glyph = if x == left {
                '├'
            } else if x == right {
                '┤'
            } else {
                '─'
            };
            pen.mark(x, area.y, glyph, Scope::LoopRegion);
        }
    }
    let mut free = area.x;
    for tick in ticks {
        let x = column_of(area, tick.share);
        let wide = columns(measure::width(&tick.label));
        if x < free || x + wide > area.right() {
            continue;
        }
        pen.text(x, area.y, wide, &tick.label, Scope::WaveBar);
        free = x + wide + 1;
    }
}

/// The column of a share of an area's width.
pub fn column_of(area: Rect, share: f64) -> u16 {
    let last = area.width.saturating_sub(1);
    area.x + ((share.clamp(0.0, 1.0) * f64::from(area.width)) as u16).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_numbered_as_musicians_count() {
        // 32 bars of 2 s on 80 columns: 2.5 columns a bar, so every fourth has a number.
        let labels: Vec<_> = bars(2.0, 0.0, 64.0, 80).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["1", "5", "9", "13", "17", "21", "25", "29"]);
        let zoomed = bars(2.0, 9.0, 15.0, 80);
        assert_eq!(
            zoomed.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>(),
            ["6", "7", "8"]
        );
        assert!((zoomed[0].share - 1.0 / 6.0).abs() < 1e-9);
    }

    #[test]
    fn time_without_a_tempo_is_told_in_seconds() {
        let labels = |from, to| -> Vec<String> {
            seconds(from, to, 60).into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(labels(0.0, 60.0), ["0:00", "0:10", "0:20", "0:30", "0:40", "0:50"]);
        assert_eq!(labels(1.0, 1.006), ["1000.0 ms", "1002.0 ms", "1004.0 ms"]);
    }

    #[test]
    fn what_makes_no_sense_has_no_ticks() {
        assert!(bars(0.0, 0.0, 10.0, 80).is_empty());
        assert!(bars(f64::NAN, 0.0, 10.0, 80).is_empty());
        assert!(seconds(5.0, 5.0, 80).is_empty());
        assert!(seconds(0.0, f64::INFINITY, 80).is_empty());
    }
}
