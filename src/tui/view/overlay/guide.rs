//! The first start, and the tour: what this is, and the one key that makes something.

use ratatui::layout::Rect;

use crate::tui::draw::bounds::inset;
use crate::tui::draw::wave::Wave;
use crate::tui::draw::{Pen, measure, row_of};
use crate::tui::model::Model;
use crate::tui::scope::Scope;

/// The prompt that the first key renders.
pub const FIRST_PROMPT: &str = "lo-fi rain, 82 bpm, rhodes and upright bass, 45 seconds";

/// Steps of the tour: a heading, and what to try.
pub const STEPS: [(&str, &str); 6] = [
    (
        "Ask for music",
        "Type what you want to hear and press Enter. What was understood appears below your words as you type: genre, tempo, key, length.",
    ),
    (
        "Listen",
        "Every take is a row that plays. Space plays and stops, the arrows seek, l loops the bars you are in.",
    ),
    (
        "Change one thing",
        "/variation makes another one of the same song. /reroll bass plays only the bass anew. The old take stays, and the new one knows its parent.",
    ),
    (
        "Compare",
        "/ab plays two takes side by side at the same loudness, and switches on the bar. Blind mode hides their names until you have decided.",
    ),
    (
        "Keep",
        "1 to 5 rates, /tag and /name sort, /export writes WAV, FLAC or MP3. The recipe goes with every file, so that it can be made again.",
    ),
    (
        "Find your way",
        "? shows the keys of the place you are in. : or Ctrl-P finds every command by typing. Ctrl-O opens the panes on the right.",
    ),
];

pub(super) fn welcome(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let inside = inset(pen.frame(area, "", Scope::Border, Scope::Title), 2, 0);
    if inside.is_empty() {
        return;
    }
    let mut row = 0;
    // A drawn wave, since this is what everything here is about; it is left out where there is no room.
    if inside.height >= 14 {
        let columns = greeting();
        Wave { columns: &columns, playhead: Some(0.38), ..Wave::default() }
            .draw(pen, Rect::new(inside.x, inside.y + 1, inside.width, 4));
        row = 6;
    }
    let version = if model.engine.version.is_empty() {
        String::new()
    } else {
        format!("  {}", model.engine.version)
    };
    let say = |pen: &mut Pen<'_>, row: &mut u16, pieces: &[(&str, Scope)]| {
        let line = row_of(inside, *row);
        if line.height > 0 {
            pen.pieces(line.x, line.y, line.width, pieces.iter().copied());
        }
        *row += 1;
    };
    say(pen, &mut row, &[("Timbre", Scope::Title), (version.as_str(), Scope::Dim)]);
    for text in measure::paragraphs(
        "Type what you want to hear, get a finished take. Everything is made on this machine, nothing is sent anywhere.",
        usize::from(inside.width.max(1)),
        4,
    )
    .0
    {
        say(pen, &mut row, &[(text.as_str(), Scope::Text)]);
    }
    row += 1;
    say(pen, &mut row, &[("Enter  ", Scope::Hint), ("makes your first take:", Scope::Strong)]);
    say(pen, &mut row, &[("       ", Scope::Hint), (FIRST_PROMPT, Scope::Prompt)]);
    say(pen, &mut row, &[("/tour  ", Scope::Hint), ("a tour in six steps", Scope::Text)]);
    say(pen, &mut row, &[("Esc    ", Scope::Hint), ("start with an empty page", Scope::Text)]);
    if !model.engine.music_dir.is_empty() {
        row += 1;
        say(
            pen,
            &mut row,
            &[("Takes are kept in ", Scope::Dim), (model.engine.music_dir.as_str(), Scope::Dim)],
        );
    }
}

/// Peaks of a phrase that swells, with beats in it: smooth by nature, and the same every time.
fn greeting() -> Vec<[f32; 3]> {
    (0..320_u16)
        .map(|index| {
            let at = f32::from(index) / 320.0;
            let swell = libm::sinf(at * std::f32::consts::PI);
            let beat = 0.55 + 0.45 * libm::cosf(at * 16.0 * std::f32::consts::TAU);
            let grain = 0.8 + 0.2 * libm::sinf(f32::from(index) * 2.4);
            let peak = (0.15 + 0.8 * swell) * (0.45 + 0.55 * beat) * grain;
            [-peak * 0.92, peak, peak * 0.55]
        })
        .collect()
}

pub(super) fn tour(pen: &mut Pen<'_>, area: Rect, step: usize) {
    let step = step.min(STEPS.len() - 1);
    let Some((heading, text)) = STEPS.get(step) else { return };
    let title = format!("tour {} of {}", step + 1, STEPS.len());
    let inside = inset(pen.frame(area, &title, Scope::BorderFocus, Scope::Title), 1, 0);
    if inside.is_empty() {
        return;
    }
    pen.text(inside.x, inside.y, inside.width, heading, Scope::Strong);
    let (rows, _) = measure::paragraphs(text, usize::from(inside.width.max(1)), 5);
    for (index, row) in rows.iter().enumerate() {
        let line = row_of(inside, index as u16 + 1);
        if line.height > 0 && line.y + 1 < inside.bottom() {
            pen.text(line.x, line.y, line.width, row, Scope::Text);
        }
    }
    let line = row_of(inside, inside.height - 1);
    let next = if step + 1 == STEPS.len() { " begin" } else { " next" };
    pen.pieces(
        line.x,
        line.y,
        line.width,
        [
            ("Enter", Scope::Hint),
            (next, Scope::Dim),
            ("   Esc", Scope::Hint),
            (" leave the tour", Scope::Dim),
        ],
    );
}
