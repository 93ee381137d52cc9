//! The mouse: the wheel scrolls, a click chooses and seeks, a drag over a waveform loops.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui_textarea::CursorMove;

use super::super::action::{Action, FocusWish, LoopWish, Place, SwitchWish};
use super::super::model::panes::{Overlay, ViewKind};
use super::super::model::{Focus, Model};
use super::super::msg::Cmd;
use super::super::view::{self, Part, Target};
use crate::protocol::listen::Quantum;
use crate::protocol::transport::{Position, Region};

/// Lines that a turn of the wheel scrolls.
const WHEEL: i32 = 3;
/// A drag over less of a waveform than this is a click.
const SHORTEST_DRAG: f64 = 0.01;

pub(super) fn act(model: &mut Model, mouse: MouseEvent) -> Vec<Cmd> {
    let target = view::hit(model, mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::ScrollUp => wheel(model, target.as_ref(), -WHEEL),
        MouseEventKind::ScrollDown => wheel(model, target.as_ref(), WHEEL),
        MouseEventKind::Down(MouseButton::Left) => press(model, target),
        MouseEventKind::Drag(MouseButton::Left) => drag(model, target, mouse.column),
        MouseEventKind::Up(MouseButton::Left) => release(model),
        _ => Vec::new(),
    }
}

fn wheel(model: &mut Model, target: Option<&Target>, lines: i32) -> Vec<Cmd> {
    if !model.overlays.is_empty() {
        return super::act(model, Action::Move(lines.signum()));
    }
    match target {
        Some(Target::Tab(_) | Target::InspectorRow(_) | Target::Inspector) => {
            let focus = std::mem::replace(&mut model.focus, Focus::Inspector);
            let cmds = super::act(model, Action::Move(lines));
            model.focus = focus;
            cmds
        }
        Some(Target::View { .. }) => super::act(model, Action::Scroll(f64::from(lines) / 24.0)),
        _ => {
            model.conversation.scroll = view::transcript::scroll_by(model, lines);
            super::moving::older_page(model)
        }
    }
}

fn press(model: &mut Model, target: Option<Target>) -> Vec<Cmd> {
    model.drag = None;
    match target {
        Some(Target::Wave { take, share, .. }) => {
            super::screen::choose_take(model, &take);
            model.drag = Some((take, share, share));
            Vec::new()
        }
        Some(Target::Cell(cell)) => {
            model.focus = Focus::Transcript;
            model.conversation.selected = Some(cell);
            Vec::new()
        }
        Some(Target::Tab(tab)) => {
            // A click on the tab that is shown gives it the keys and does not close it.
            model.focus = Focus::Composer;
            super::act(model, Action::Inspect(tab))
        }
        Some(Target::InspectorRow(row)) => {
            let again = model.focus == Focus::Inspector && model.inspector.row == row;
            model.focus = Focus::Inspector;
            model.inspector.row = row;
            if again { super::act(model, Action::Select) } else { Vec::new() }
        }
        Some(Target::Inspector) => super::act(model, Action::Focus(FocusWish::Inspector)),
        Some(Target::InspectorEdge) => {
            model.widening = true;
            Vec::new()
        }
        Some(Target::Composer { line, character }) => {
            let narrow = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
            model.composer.area.move_cursor(CursorMove::Jump(narrow(line), narrow(character)));
            super::act(model, Action::Focus(FocusWish::Composer))
        }
        Some(Target::View { across, .. }) => {
            model.focus = Focus::View;
            seek_in_view(model, across)
        }
        Some(Target::Transport(part)) => match part {
            Part::Loop => super::act(model, Action::Loop(LoopWish::Toggle)),
            Part::Compare => super::act(model, Action::Switch(SwitchWish::By(1))),
            Part::Tempo => super::act(model, Action::Tap),
            _ => super::act(model, Action::Toggle),
        },
        Some(Target::PopupRow(row)) => {
            if let Some(Overlay::Palette(picker) | Overlay::Pick(picker)) =
                model.overlays.last_mut()
            {
                picker.chosen = row.min(picker.matches.len().saturating_sub(1));
            }
            super::act(model, Action::Select)
        }
        Some(Target::Outside) => {
            model.overlays.pop();
            Vec::new()
        }
        Some(Target::Transcript) => super::act(model, Action::Focus(FocusWish::Transcript)),
        Some(Target::Popup) | None => Vec::new(),
    }
}

/// A click into a curve that shows a take goes there, while that take plays.
fn seek_in_view(model: &mut Model, across: f64) -> Vec<Cmd> {
    let Some(big) = &model.big else { return Vec::new() };
    let shows_time = matches!(
        big.kind,
        ViewKind::Waveform | ViewKind::Spectrogram | ViewKind::Loudness | ViewKind::Roll
    );
    let take = super::view_take(model);
    let item =
        model.sound.player.items.iter().find(|item| item.take_id.is_some() && item.take_id == take);
    let (Some(item), true) = (item, shows_time) else { return Vec::new() };
    let share = big.range.0 + across * (big.range.1 - big.range.0);
    vec![Cmd::Seek(Position::Seconds(item.start_s + share * item.seconds), Quantum::Now)]
}

fn drag(model: &mut Model, target: Option<Target>, column: u16) -> Vec<Cmd> {
    if model.widening {
        let width = model.size.0.saturating_sub(column);
        let by = i32::from(width) - i32::from(model.inspector.width);
        return super::act(model, Action::Widen(i16::try_from(by).unwrap_or(0)));
    }
    if let (Some(Target::Wave { take, share, .. }), Some((dragged, _, to))) =
        (target, &mut model.drag)
        && *dragged == take
    {
        *to = share;
    }
    Vec::new()
}

/// A click on a waveform seeks, and plays the take if it is not the one that plays; a drag loops what it went over.
fn release(model: &mut Model) -> Vec<Cmd> {
    model.widening = false;
    let Some((take, from, to)) = model.drag.take() else { return Vec::new() };
    let opened =
        model.sound.player.items.iter().find(|item| item.take_id.as_ref() == Some(&take)).cloned();
    let Some(length) = model.takes.get(&take).map(|take| take.duration_s) else {
        return Vec::new();
    };
    let (start_s, seconds) =
        opened.as_ref().map_or((0.0, length), |item| (item.start_s, item.seconds));
    let place = |share: f64| Position::Seconds(start_s + share * seconds);
    let is_drag = (to - from).abs() >= SHORTEST_DRAG;
    let mut cmds = Vec::new();
    if opened.is_none() {
        let chain = model.sound.chain.clone();
        let at = Some(place(from.min(to)));
        cmds.push(Cmd::Open {
            sources: vec![take],
            parts: false,
            chain,
            bpm: None,
            start: true,
            at,
            keep: false,
        });
    }
    if is_drag {
        let (start, end) =
            (whole_bar(model, place(from.min(to))), whole_bar(model, place(from.max(to))));
        cmds.push(Cmd::Loop(Some(Region { start, end })));
    } else if opened.is_some() {
        let share = from;
        let total = model.sound.transport().map_or(0.0, |transport| transport.length_s);
        if total > 0.0 {
            cmds.extend(super::act(
                model,
                Action::Seek(Place::Share((start_s + share * seconds) / total)),
            ));
        }
    }
    cmds
}

/// The bar line that is nearest to a place, where bars are known.
fn whole_bar(model: &Model, position: Position) -> Position {
    let (Position::Seconds(seconds), Some(transport)) = (position, model.sound.transport()) else {
        return position;
    };
    let bar_s = transport.metre.bar_beats() * 60.0 / transport.bpm.max(1.0);
    Position::Seconds((seconds / bar_s).round() * bar_s)
}
