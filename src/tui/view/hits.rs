//! What lies under the mouse, from the same layout that is drawn.

use ratatui::layout::{Position, Rect};

use super::{big, cell, composer, inspector, layout, overlay, transcript, transport};
use crate::tui::draw::measure;
use crate::tui::model::Model;
use crate::tui::model::conversation::Cell;
use crate::tui::model::panes::Tab;

/// Something on the screen that can be clicked.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A cell of the transcript.
    Cell(usize),
    /// The waveform of a take in the transcript, and how far in it.
    Wave {
        /// The cell.
        cell: usize,
        /// The take.
        take: String,
        /// 0 to 1 of its length.
        share: f64,
    },
    /// A free place of the transcript.
    Transcript,
    /// The curve of the big view: how far to the right and how far down, 0 to 1 of what is in sight.
    View {
        /// To the right.
        across: f64,
        /// Down.
        down: f64,
    },
    /// The name of a pane of the inspector.
    Tab(Tab),
    /// A row of the inspector's pane.
    InspectorRow(usize),
    /// The inspector, where it has no row.
    Inspector,
    /// Its left border, to be dragged.
    InspectorEdge,
    /// The composer's text: the line, and the character in it.
    Composer {
        /// The line, from 0.
        line: usize,
        /// The character, from 0.
        character: usize,
    },
    /// A part of the transport bar.
    Transport(Part),
    /// A row of the uppermost popup: index into its matches.
    PopupRow(usize),
    /// The uppermost popup, where it has no row.
    Popup,
    /// Beside the uppermost popup.
    Outside,
}

/// Parts of the transport bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Play or stop.
    Play,
    /// Time.
    Position,
    /// Tempo, metre and key.
    Tempo,
    /// The loop.
    Loop,
    /// Candidates of a comparison.
    Compare,
    /// Link peers.
    Link,
    /// Levels.
    Meter,
    /// Load and xruns.
    Load,
    /// The device.
    Device,
    /// Between the others.
    Free,
}

/// What lies at a column and a row of the terminal; `None` outside of everything.
pub fn hit(model: &Model, column: u16, row: u16) -> Option<Target> {
    let area = layout::terminal(model);
    let at = Position::new(column, row);
    if !area.contains(at) {
        return None;
    }
    if let Some(lying) = model.overlays.last() {
        return Some(overlay::hit(lying, model, area, at));
    }
    let screen = layout::screen(model, area);
    if screen.main.contains(at) {
        return Some(if model.big.is_some() {
            in_view(model, screen.main, at)
        } else {
            in_transcript(model, screen.main, at)
        });
    }
    if screen.inspector.contains(at) {
        return Some(inspector::hit(model, screen.inspector, at));
    }
    if screen.transport.contains(at) {
        let part = transport::part(model, screen.transport, column).unwrap_or(Part::Free);
        return Some(Target::Transport(part));
    }
    if screen.composer.contains(at) {
        let (line, character) = composer::place_at(model, screen.composer, column, row);
        return Some(Target::Composer { line, character });
    }
    None
}

fn in_transcript(model: &Model, area: Rect, at: Position) -> Target {
    let Some(place) =
        transcript::visible(model, area).into_iter().find(|place| place.area.contains(at))
    else {
        return Target::Transcript;
    };
    if let Some(Cell::Job(card)) = model.conversation.cells.get(place.cell)
        && let Some(take) = cell::JobState::of(card, model).take
    {
        // The line of the cell that was hit, counted from its own first line.
        let line = usize::from(at.y - place.area.y) + place.skip;
        let wave = cell::wave_area(model, Rect { y: 0, ..place.area });
        let rows = usize::from(wave.y)..usize::from(wave.bottom());
        if rows.contains(&line) && (wave.left()..wave.right()).contains(&at.x) {
            return Target::Wave {
                cell: place.cell,
                take: take.id.clone(),
                share: share(wave, at.x),
            };
        }
    }
    Target::Cell(place.cell)
}

/// Where a column is in a waveform: the middle of its cell.
fn share(area: Rect, column: u16) -> f64 {
    (f64::from(column.saturating_sub(area.x)) + 0.5) / f64::from(area.width.max(1))
}

fn in_view(model: &Model, area: Rect, at: Position) -> Target {
    let plot = big::plot(model, area);
    if !plot.contains(at) {
        return Target::View { across: 0.0, down: 0.0 };
    }
    Target::View {
        across: share(plot, at.x),
        down: (f64::from(at.y - plot.y) + 0.5) / f64::from(plot.height.max(1)),
    }
}

/// The tabs of the inspector within a row, from the left: each with its first column and its word as it is shown. Where
/// there is no room for all words, those that are furthest from the shown pane are told by their numbers.
pub(super) fn tabs(model: &Model, row: Rect) -> Vec<(Tab, u16, String)> {
    let current = Tab::ALL.iter().position(|tab| *tab == model.inspector.tab).unwrap_or(0);
    let mut words: Vec<String> = Tab::ALL.iter().map(|tab| tab.word().to_owned()).collect();
    let mut by_distance: Vec<usize> = (0..words.len()).filter(|index| *index != current).collect();
    by_distance.sort_by_key(|index| (index.abs_diff(current), *index));
    if let Some(word) = words.get_mut(current) {
        *word = format!("[{word}]");
    }
    let wide = |words: &[String]| words.iter().map(|word| measure::width(word) + 1).sum::<usize>();
    while wide(&words) > usize::from(row.width) + 1 {
        let Some(furthest) = by_distance.pop() else { break };
        if let Some(word) = words.get_mut(furthest) {
            *word = (furthest + 1).to_string();
        }
    }
    let mut x = row.x;
    let mut shown = Vec::new();
    for (tab, word) in Tab::ALL.into_iter().zip(words) {
        let columns = measure::width(&word) as u16;
        if x + columns > row.right() {
            break;
        }
        shown.push((tab, x, word));
        x += columns + 1;
    }
    shown
}
