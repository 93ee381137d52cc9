//! The one function that changes a [`Model`]: a message goes in, orders for the loop's hands come out. No IO, no clock.
//!
//! The match here only routes; what a message means is in the files beside it, by what it belongs to.

mod answers;
mod events;
mod hints;
mod keep;
mod keys;
mod listen;
mod make;
mod mouse;
mod moving;
mod screen;
mod sight;
mod submit;
mod ticks;

#[cfg(test)]
mod tests;

use super::action::Action;
use super::model::{Edit, EditStep, LogLine, Model, Toast, Weight};
use super::msg::{Answer, Cmd, Msg};
use crate::util::text;

pub use screen::view_take;
pub use ticks::next_wake;

/// How long a toast stays, in seconds, and how much longer for each character.
const TOAST_S: f64 = 2.5;
const TOAST_PER_CHARACTER_S: f64 = 0.04;
/// Most toasts at a time; the oldest goes.
const MOST_TOASTS: usize = 4;
/// Most lines of the log; the oldest goes.
const MOST_LINES: usize = 1_000;
/// Most edits that can be taken back; the oldest can't any more.
const MOST_EDITS: usize = 500;

/// Changes the model by a message, and says what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    let mut cmds = match msg {
        Msg::Key(key) => keys::press(model, key),
        Msg::Mouse(mouse) => mouse::act(model, mouse),
        Msg::Paste(pasted) => keys::paste(model, &pasted),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            screen::fit(model);
            // Also where the size is the old one again: what was between may have torn what is shown.
            vec![Cmd::Redraw]
        }
        Msg::Focused(attended) => {
            model.attended = attended;
            Vec::new()
        }
        Msg::Tick(clock) => ticks::pass(model, clock),
        Msg::Event(event) => events::hear(model, *event),
        Msg::Answer(answer) => answers::take(model, *answer),
        Msg::Edited(Ok(edited)) => {
            model.composer.set_text(edited.trim_end_matches('\n'));
            keys::typed(model);
            Vec::new()
        }
        Msg::Edited(Err(why)) => {
            toast(model, Weight::Bad, &why, "set EDITOR to an editor that is there");
            Vec::new()
        }
        Msg::Reload => screen::reloaded(model),
        Msg::Terminate => {
            model.quitting = true;
            vec![Cmd::Quit]
        }
        Msg::Disconnected => {
            if model.engine.connected {
                let hint =
                    "`timbre serve --detach` starts it again; nothing that was rendered is lost";
                toast(model, Weight::Bad, "The engine is gone", hint);
            }
            model.engine.connected = false;
            Vec::new()
        }
        Msg::Connected => {
            let again = !model.engine.connected;
            model.engine.connected = true;
            if again {
                toast(model, Weight::Good, "The engine is back", "");
                refresh(model)
            } else {
                Vec::new()
            }
        }
    };
    cmds.extend(settle(model));
    cmds
}

/// Does an action, wherever it came from: a key, a line, a row of the palette, a click.
pub fn act(model: &mut Model, action: Action) -> Vec<Cmd> {
    use Action as A;
    match action {
        A::Generate(_)
        | A::Variation(_)
        | A::Reroll(_)
        | A::Extend(_)
        | A::Stems
        | A::Midi
        | A::Tempo(_)
        | A::Tap
        | A::Key(_)
        | A::Metre(_)
        | A::Duration(_)
        | A::Seed(_)
        | A::Takes(_)
        | A::Preset(_)
        | A::Backend(_)
        | A::Param(..)
        | A::Reset
        | A::Rewind => make::act(model, action),
        A::Play(_)
        | A::Parts
        | A::Toggle
        | A::Stop
        | A::Close
        | A::Seek(_)
        | A::Skip(_)
        | A::Loop(_)
        | A::Volume(_)
        | A::Mute(_)
        | A::Solo(_)
        | A::Gain(..)
        | A::Pan(..)
        | A::Chain(_)
        | A::NodeParam(..)
        | A::Compare { .. }
        | A::Switch(_)
        | A::Verdict(..)
        | A::Device(_) => listen::act(model, action),
        A::Rate(_)
        | A::Name(_)
        | A::Tag(_)
        | A::Note(_)
        | A::Remark(_)
        | A::Export { .. }
        | A::Delete(_)
        | A::Copy(_)
        | A::SessionNew(_)
        | A::SessionOpen(_)
        | A::SessionFork(_)
        | A::SessionName(_)
        | A::Undo
        | A::Redo
        | A::Cancel(_)
        | A::Retry(_)
        | A::Reorder(_) => keep::act(model, action),
        A::Inspect(_)
        | A::Inspector
        | A::Widen(_)
        | A::Library(_)
        | A::View(_)
        | A::Zoom(_)
        | A::Scroll(_)
        | A::Theme(_)
        | A::Glyphs(_)
        | A::Motion(_)
        | A::Mouse(_)
        | A::Help
        | A::Keys
        | A::Palette
        | A::Doctor
        | A::Status
        | A::Tour
        | A::Quit
        | A::Suspend
        | A::Redraw => screen::act(model, action),
        A::Interrupt
        | A::Back
        | A::Focus(_)
        | A::Move(_)
        | A::Page(_)
        | A::Top
        | A::Bottom
        | A::Select
        | A::Step(_)
        | A::Default => moving::act(model, &action),
        A::Submit => submit::submit(model),
        A::Edit(wish) => keys::edit(model, wish),
    }
}

/// Does what a line says: an action where it begins with a slash, else a prompt. What makes no sense is told, and false
/// comes back so that the line can stay where it was typed.
pub(super) fn run_line(model: &mut Model, line: &str) -> (bool, Vec<Cmd>) {
    match Action::parse(line) {
        Ok(action) => (true, act(model, action)),
        Err(error) => {
            toast(model, Weight::Bad, &error.to_string(), &error.hint());
            (false, Vec::new())
        }
    }
}

/// What is asked of an engine at the beginning, and when it is there again.
pub fn refresh(model: &Model) -> Vec<Cmd> {
    let mut cmds = vec![
        Cmd::LoadStatus,
        Cmd::LoadBackends,
        Cmd::LoadPresets,
        Cmd::LoadQueue,
        Cmd::LoadPlayer,
        Cmd::LoadHistory,
        Cmd::LoadSessions,
    ];
    if let Some(session) = &model.conversation.session {
        cmds.push(Cmd::LoadTranscript { session: session.id.clone(), before: None });
    }
    cmds
}

/// What follows from any change: the take with the focus, and the curves that are in sight and missing.
fn settle(model: &mut Model) -> Vec<Cmd> {
    model.focused_take = screen::take_in_focus(model);
    hints::refresh(model);
    screen::wanted_curves(model)
}

/// Shows a short message, and keeps it in the log.
pub(super) fn toast(model: &mut Model, weight: Weight, what: &str, hint: &str) {
    let (what, hint) = (text::one_line(what), text::one_line(hint));
    log(model, weight, &if hint.is_empty() { what.clone() } else { format!("{what} ({hint})") });
    let length = (what.chars().count() + hint.chars().count()) as f64;
    let until = model.clock + TOAST_S + TOAST_PER_CHARACTER_S * length;
    model.toasts.retain(|toast| toast.text != what);
    model.toasts.push(Toast { weight, text: what, hint, until });
    if model.toasts.len() > MOST_TOASTS {
        model.toasts.remove(0);
    }
}

/// Shows a short message to look at.
pub fn warn(model: &mut Model, what: &str) {
    toast(model, Weight::Warning, what, "");
}

/// Shows a short message that is good to know.
pub fn inform(model: &mut Model, what: &str) {
    toast(model, Weight::Note, what, "");
}

/// Writes a line into the log pane.
pub(super) fn log(model: &mut Model, weight: Weight, what: &str) {
    if model.log.len() >= MOST_LINES {
        model.log.remove(0);
    }
    model.log.push(LogLine { at: model.clock, weight, text: text::one_line(what) });
}

/// Remembers a change that can be taken back.
pub(super) fn remember(
    model: &mut Model,
    what: impl Into<String>,
    forth: EditStep,
    back: EditStep,
) {
    model.edits.undone.clear();
    if model.edits.done.len() >= MOST_EDITS {
        model.edits.done.remove(0);
    }
    model.edits.done.push(Edit { what: what.into(), forth, back });
}

/// Wraps an answer for the loop.
pub fn answer(answer: Answer) -> Msg {
    Msg::Answer(Box::new(answer))
}
