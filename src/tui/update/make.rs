//! Making takes: prompts, variations, and what they are rendered with.

use super::super::action::{Action, SeedWish};
use super::super::model::conversation::{Cell, Scroll};
use super::super::model::{EditStep, Model, Weight};
use super::super::msg::Cmd;
use super::{remember, toast};
use crate::model::units::{Bpm, Seed};
use crate::protocol::transcript::Change;

/// Taps that are further apart, in seconds, begin a new count.
const TAP_PAUSE_S: f64 = 2.0;
/// Taps that are averaged at most.
const MOST_TAPS: usize = 8;

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Cmd> {
    match action {
        Action::Generate(prompt) => generate(model, &prompt),
        Action::Variation(amount) => derive(model, vec![Change::Variation { amount }]),
        Action::Reroll(part) => derive(model, vec![Change::Reroll { part }]),
        Action::Extend(bars) => derive(model, vec![Change::Extend { bars }]),
        Action::Stems => derive(model, vec![Change::Stems]),
        Action::Midi => derive(model, vec![Change::Midi]),
        Action::Tap => tap(model),
        Action::Rewind => rewind(model),
        setting => set(model, setting),
    }
}

/// Puts a prompt into the queue. Its cell is there at once; its jobs follow with the answer.
pub(super) fn generate(model: &mut Model, prompt: &str) -> Vec<Cmd> {
    let parent = model.settings.parent.take();
    let session = model.conversation.session.as_ref().map(|session| session.id.clone());
    let text = crate::util::text::clean(prompt);
    model.conversation.cells.push(Cell::Prompt { text, parent: parent.clone() });
    model.conversation.scroll = Scroll::Bottom;
    model.conversation.selected = None;
    model.big = None;
    vec![Cmd::Submit {
        request: Box::new(model.settings.request(prompt)),
        takes: model.settings.takes.max(1),
        session,
        parent,
    }]
}

fn derive(model: &mut Model, changes: Vec<Change>) -> Vec<Cmd> {
    let Some(take) = model.focused_take.clone() else {
        toast(
            model,
            Weight::Warning,
            "There is no take yet",
            "type what you want to hear, and press Enter",
        );
        return Vec::new();
    };
    let session = model.conversation.session.as_ref().map(|session| session.id.clone());
    model.conversation.scroll = Scroll::Bottom;
    vec![Cmd::Derive { take, changes, takes: 1, session }]
}

/// Changes what the next prompt is rendered with, and says so.
fn set(model: &mut Model, action: Action) -> Vec<Cmd> {
    let before = model.settings.clone();
    let settings = &mut model.settings;
    let said = match action {
        Action::Tempo(bpm) => {
            settings.bpm = bpm;
            told("Tempo", bpm.map(|bpm| format!("{} BPM", bpm.get())))
        }
        Action::Key(key) => {
            settings.key = key;
            told("Key", key.map(|key| key.to_string()))
        }
        Action::Metre(metre) => {
            settings.metre = metre;
            told("Metre", metre.map(|metre| metre.to_string()))
        }
        Action::Duration(length) => {
            settings.duration = length;
            told("Length", length.map(|length| length.to_string()))
        }
        Action::Seed(wish) => {
            settings.seed = match wish {
                SeedWish::Free => None,
                SeedWish::Set(seed) => Some(Seed(seed)),
                SeedWish::Lock => {
                    let take = model.focused_take.as_ref().and_then(|id| model.takes.get(id));
                    let Some(take) = take else {
                        let hint = "/seed NUMBER locks one before there is a take";
                        toast(
                            model,
                            Weight::Warning,
                            "There is no take whose seed could be kept",
                            hint,
                        );
                        return Vec::new();
                    };
                    Some(Seed(take.seed))
                }
            };
            match settings.seed {
                Some(seed) => format!("The next takes have the seed {}", seed.0),
                None => "Every take draws a new seed".to_owned(),
            }
        }
        Action::Takes(takes) => {
            settings.takes = takes;
            format!("A prompt makes {takes} {}", if takes == 1 { "take" } else { "takes" })
        }
        Action::Preset(names) => {
            let known = |name: &String| model.presets.iter().any(|preset| preset.name == *name);
            if let Some(unknown) = names.iter().find(|name| !known(name)) {
                let nearest = crate::util::text::nearest(
                    unknown,
                    model.presets.iter().map(|preset| preset.name.as_str()),
                );
                let hint = nearest.map_or_else(
                    || "/preset and Tab list them".to_owned(),
                    |name| format!("did you mean {name}?"),
                );
                let what = format!("There is no preset '{unknown}'");
                toast(model, Weight::Bad, &what, &hint);
                return Vec::new();
            }
            let said = told("Preset", (!names.is_empty()).then(|| names.join(", ")));
            settings.presets = names;
            said
        }
        Action::Backend(id) => {
            if let Some(id) = &id
                && !model.backends.iter().any(|backend| backend.id == *id)
            {
                let ids =
                    model.backends.iter().map(|backend| backend.id.clone()).collect::<Vec<_>>();
                let what = format!("There is no backend '{id}'");
                toast(model, Weight::Bad, &what, &format!("there are: {}", ids.join(", ")));
                return Vec::new();
            }
            settings.backend = id;
            let used = settings.backend.as_ref().unwrap_or(&model.default_backend);
            format!("{used} makes the next takes")
        }
        Action::Param(id, value) => match param(model, &id, value) {
            Ok(said) => said,
            Err((what, hint)) => {
                toast(model, Weight::Bad, &what, &hint);
                return Vec::new();
            }
        },
        Action::Reset => {
            *settings = super::super::model::settings::Settings { takes: 1, ..Default::default() };
            "Everything is left to the prompt".to_owned()
        }
        _ => return Vec::new(),
    };
    if model.settings != before {
        let after = Box::new(model.settings.clone());
        remember(
            model,
            said.clone(),
            EditStep::Settings(after),
            EditStep::Settings(Box::new(before)),
        );
    }
    super::keys::ask_soon(model);
    toast(model, Weight::Good, &said, "");
    Vec::new()
}

fn told(what: &str, value: Option<String>) -> String {
    match value {
        Some(value) => format!("{what} of the next prompt: {value}"),
        None => format!("{what} is left to the prompt"),
    }
}

/// Sets a param of the backend. Errors: what is wrong, and what to do.
pub(super) fn param(
    model: &mut Model,
    id: &str,
    value: Option<f64>,
) -> Result<String, (String, String)> {
    let backend = model.settings.backend.clone().unwrap_or_else(|| model.default_backend.clone());
    let params =
        model.backends.iter().find(|info| info.id == backend).map(|info| info.params.as_slice());
    let params = params.unwrap_or_default();
    let Some(param) = params.iter().find(|param| param.id == id) else {
        let ids = params.iter().map(|param| param.id.as_str()).collect::<Vec<_>>();
        let hint = if ids.is_empty() {
            "it has none".to_owned()
        } else {
            format!("it has: {}", ids.join(", "))
        };
        return Err((format!("{backend} has no param '{id}'"), hint));
    };
    match value {
        None => {
            model.settings.params.remove(id);
            Ok(format!("{id} is at its default, {}", param.default))
        }
        Some(value) if (param.min..=param.max).contains(&value) => {
            model.settings.params.insert(id.to_owned(), value);
            Ok(format!("{id} is {value}"))
        }
        Some(value) => Err((
            format!("{id} can't be {value}"),
            format!("it goes from {} to {}", param.min, param.max),
        )),
    }
}

/// Counts a tap; from the second one on there is a tempo.
fn tap(model: &mut Model) -> Vec<Cmd> {
    if model.taps.last().is_some_and(|last| model.clock - last > TAP_PAUSE_S) {
        model.taps.clear();
    }
    model.taps.push(model.clock);
    if model.taps.len() > MOST_TAPS {
        model.taps.remove(0);
    }
    match tapped_bpm(&model.taps) {
        Some(bpm) => set(model, Action::Tempo(Some(bpm))),
        None => {
            toast(model, Weight::Note, "Tap again, in time", "");
            Vec::new()
        }
    }
}

/// The tempo of taps, to a tenth of a BPM; `None` for fewer than two.
fn tapped_bpm(taps: &[f64]) -> Option<Bpm> {
    let (first, last) = (taps.first()?, taps.last()?);
    let beats = taps.len().checked_sub(1).filter(|beats| *beats > 0)? as f64;
    let bpm = (600.0 * beats / (last - first)).round() / 10.0;
    bpm.is_finite().then(|| Bpm::clamped(bpm))
}

/// Puts the prompt before the chosen one (at first the last one) back into the composer. What is sent next is a child of
/// its take, so that both stay.
fn rewind(model: &mut Model) -> Vec<Cmd> {
    let cells = &model.conversation.cells;
    let before = model.conversation.selected.unwrap_or(cells.len()).min(cells.len());
    let found = cells.iter().take(before).rposition(|cell| matches!(cell, Cell::Prompt { .. }));
    let Some(index) = found else {
        toast(model, Weight::Note, "There is no earlier prompt", "");
        return Vec::new();
    };
    edit_prompt(model, index);
    Vec::new()
}

/// Puts the prompt of a cell into the composer.
pub(super) fn edit_prompt(model: &mut Model, index: usize) {
    let cells = &model.conversation.cells;
    let Some(Cell::Prompt { text, .. }) = cells.get(index) else { return };
    let parent = cells.iter().skip(index + 1).find_map(|cell| match cell {
        Cell::Job(job) => Some(job.take_id.clone()),
        Cell::Prompt { .. } => Some(None),
        _ => None,
    });
    let text = text.clone();
    model.settings.parent = parent.flatten();
    model.composer.set_text(&text);
    model.conversation.selected = Some(index);
    model.conversation.scroll = super::super::view::transcript::reveal(model, index);
    model.focus = super::super::model::Focus::Composer;
    super::keys::typed(model);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_give_the_tempo_of_all_of_them_together() {
        assert_eq!(tapped_bpm(&[]), None);
        assert_eq!(tapped_bpm(&[3.0]), None);
        assert_eq!(tapped_bpm(&[1.0, 1.5]).map(Bpm::get), Some(120.0));
        // One tap that is 20 ms late moves the tempo less, the more there are.
        assert_eq!(tapped_bpm(&[0.0, 0.52, 1.0, 1.5, 2.0]).map(Bpm::get), Some(120.0));
        assert_eq!(tapped_bpm(&[1.0, 1.0]), None);
    }
}
