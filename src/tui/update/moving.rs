//! Moving around: what has the keys, the chosen row, and one step back.

use super::super::action::{Action, Amount, FocusWish};
use super::super::model::conversation::Cell;
use super::super::model::panes::{Overlay, Tab};
use super::super::model::{EditStep, Focus, Model, Weight, rows};
use super::super::msg::Cmd;
use super::super::view;
use super::super::view::inspector::Subject;
use super::{make, remember, run_line, toast};
use crate::model::job::Phase;

/// How soon, in seconds, a second Escape rewinds, and a second Ctrl-C ends the program.
const TWICE_S: f64 = 0.6;
const QUIT_S: f64 = 2.0;

pub(super) fn act(model: &mut Model, action: &Action) -> Vec<Cmd> {
    match *action {
        Action::Interrupt => interrupt(model),
        Action::Back => back(model),
        Action::Focus(wish) => focus(model, wish),
        Action::Move(by) => shift(model, i64::from(by)),
        Action::Page(by) => page(model, by),
        Action::Top => shift(model, i64::MIN / 2),
        Action::Bottom => shift(model, i64::MAX / 2),
        Action::Select => select(model),
        Action::Step(by) => step(model, by),
        Action::Default => to_default(model),
        _ => Vec::new(),
    }
}

/// Ctrl-C: clears the line, else stops the music, else cancels the job of this session, else ends, when pressed twice.
fn interrupt(model: &mut Model) -> Vec<Cmd> {
    if model.overlays.pop().is_some() {
        return Vec::new();
    }
    if !model.composer.is_empty() {
        model.composer.clear();
        super::keys::typed(model);
        return Vec::new();
    }
    if model.sound.is_playing() {
        return vec![Cmd::Stop];
    }
    if model.last_interrupt.is_some_and(|at| model.clock - at < QUIT_S) {
        model.quitting = true;
        return vec![Cmd::Quit];
    }
    model.last_interrupt = Some(model.clock);
    let running = model.jobs.values().filter(|job| !job.phase.is_final()).count();
    let hint = match running {
        0 => "",
        _ if model.engine.remote => "the daemon renders on",
        _ => "what is being rendered goes back into the queue and is finished the next time",
    };
    toast(model, Weight::Note, "Ctrl-C again ends Timbre", hint);
    Vec::new()
}

/// Escape: out of what lies over everything, out of a search, out of a view or pane; twice, back to an earlier prompt.
fn back(model: &mut Model) -> Vec<Cmd> {
    if let Some(overlay) = model.overlays.pop() {
        if let Overlay::Tour(_) = overlay {
            toast(model, Weight::Note, "/tour shows it again", "");
        }
        return Vec::new();
    }
    if model.composer.completion.take().is_some() {
        return Vec::new();
    }
    if model.inspector.searching {
        model.inspector.searching = false;
        return Vec::new();
    }
    match model.focus {
        Focus::Composer => {}
        Focus::View => {
            model.big = None;
            model.focus = Focus::Composer;
            return Vec::new();
        }
        _ => {
            model.focus = Focus::Composer;
            model.conversation.selected = None;
            return Vec::new();
        }
    }
    if model.big.is_some() {
        model.big = None;
        return Vec::new();
    }
    if model.last_escape.is_some_and(|at| model.clock - at < TWICE_S) {
        model.last_escape = None;
        return super::act(model, Action::Rewind);
    }
    model.last_escape = Some(model.clock);
    Vec::new()
}

fn focus(model: &mut Model, wish: FocusWish) -> Vec<Cmd> {
    let mut order = vec![Focus::Composer];
    order.push(if model.big.is_some() { Focus::View } else { Focus::Transcript });
    if model.inspector.open {
        order.push(Focus::Inspector);
    }
    let at = order.iter().position(|focus| *focus == model.focus).unwrap_or(0);
    model.focus = match wish {
        FocusWish::Composer => Focus::Composer,
        FocusWish::Transcript => order[1],
        FocusWish::Inspector => {
            model.inspector.open = true;
            Focus::Inspector
        }
        FocusWish::Next => order[(at + 1) % order.len()],
        FocusWish::Previous => order[(at + order.len() - 1) % order.len()],
    };
    if model.focus == Focus::Transcript && model.conversation.selected.is_none() {
        let last = model.conversation.cells.len().checked_sub(1);
        model.conversation.selected = last;
    }
    Vec::new()
}

/// Moves the choice, wherever it is.
fn shift(model: &mut Model, by: i64) -> Vec<Cmd> {
    let moved = |at: usize, count: usize| {
        let last = i64::try_from(count.saturating_sub(1)).unwrap_or(i64::MAX);
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        usize::try_from(at.saturating_add(by).clamp(0, last)).unwrap_or(0)
    };
    let most = view::help_most(model);
    match model.overlays.last_mut() {
        Some(Overlay::Palette(picker) | Overlay::Pick(picker)) => {
            picker.chosen = moved(picker.chosen, picker.matches.len());
            return Vec::new();
        }
        Some(Overlay::Help { top }) => {
            *top = moved(*top, most + 1);
            return Vec::new();
        }
        Some(_) => return Vec::new(),
        None => {}
    }
    match model.focus {
        Focus::Composer => {
            model.conversation.scroll = view::transcript::scroll_by(
                model,
                i32::try_from(by.clamp(-1_000_000, 1_000_000)).unwrap_or(0),
            );
            older_page(model)
        }
        Focus::Transcript => {
            let count = model.conversation.cells.len();
            if count == 0 {
                return Vec::new();
            }
            let at = model.conversation.selected.unwrap_or(count);
            let at = moved(at, count);
            model.conversation.selected = Some(at);
            model.conversation.scroll = view::transcript::reveal(model, at);
            if at == 0 { older_page(model) } else { Vec::new() }
        }
        Focus::Inspector => {
            let count = view::inspector::count(model, model.inspector.tab);
            model.inspector.row = moved(model.inspector.row, count);
            let (row, top, page) =
                (model.inspector.row, model.inspector.top, view::inspector::page(model));
            model.inspector.top =
                if row < top { row } else { top.max((row + 1).saturating_sub(page)) };
            Vec::new()
        }
        Focus::View => {
            let count = super::sight::view_rows(model);
            if let Some(big) = &mut model.big {
                big.row = moved(big.row, count);
            }
            Vec::new()
        }
    }
}

/// Asks for older cells when the first ones are in sight.
pub(super) fn older_page(model: &mut Model) -> Vec<Cmd> {
    let conversation = &mut model.conversation;
    let near_top = match conversation.scroll {
        super::super::model::conversation::Scroll::At { cell, .. } => cell < 20,
        super::super::model::conversation::Scroll::Bottom => conversation.cells.len() < 20,
    };
    let Some(session) = &conversation.session else { return Vec::new() };
    match &conversation.older {
        Some(before) if near_top && !conversation.loading => {
            conversation.loading = true;
            vec![Cmd::LoadTranscript { session: session.id.clone(), before: Some(before.clone()) }]
        }
        _ => Vec::new(),
    }
}

fn page(model: &mut Model, by: i32) -> Vec<Cmd> {
    let screen = i64::try_from(super::sight::page_rows(model).max(2) - 1).unwrap_or(1);
    if matches!(model.focus, Focus::Composer | Focus::Transcript) && model.overlays.is_empty() {
        let lines = i32::try_from(i64::from(by) * screen).unwrap_or(0);
        model.conversation.scroll = view::transcript::scroll_by(model, lines);
        return older_page(model);
    }
    shift(model, i64::from(by) * screen)
}

/// Enter outside of the composer: what the chosen thing is for.
fn select(model: &mut Model) -> Vec<Cmd> {
    match model.overlays.last().cloned() {
        Some(Overlay::Palette(picker) | Overlay::Pick(picker)) => {
            let chosen =
                picker.matches.get(picker.chosen).and_then(|(index, _)| picker.items.get(*index));
            let Some(line) = chosen.map(|item| item.line.clone()) else { return Vec::new() };
            model.overlays.pop();
            return run_or_type(model, &line);
        }
        Some(Overlay::Confirm { yes, .. }) => {
            let cmds = super::act(model, yes);
            model.overlays.pop();
            return cmds;
        }
        Some(Overlay::Help { .. }) => {
            model.overlays.pop();
            return Vec::new();
        }
        Some(Overlay::Welcome) => {
            model.overlays.pop();
            return make::generate(model, view::FIRST_PROMPT);
        }
        Some(Overlay::Tour(step)) => {
            model.overlays.pop();
            if step + 1 < view::STEPS.len() {
                model.overlays.push(Overlay::Tour(step + 1));
            }
            return Vec::new();
        }
        None => {}
    }
    match model.focus {
        Focus::Composer => super::act(model, Action::Submit),
        Focus::Transcript => select_cell(model),
        Focus::Inspector => select_row(model),
        Focus::View => super::act(model, Action::Toggle),
    }
}

/// Runs a line, or puts it into the composer where something is missing in it.
fn run_or_type(model: &mut Model, line: &str) -> Vec<Cmd> {
    if line.ends_with(' ') {
        model.composer.set_text(&format!("/{line}"));
        model.focus = Focus::Composer;
        super::keys::typed(model);
        return Vec::new();
    }
    run_line(model, line).1
}

fn select_cell(model: &mut Model) -> Vec<Cmd> {
    let Some(index) = model.conversation.selected else { return Vec::new() };
    match model.conversation.cells.get(index).cloned() {
        Some(Cell::Prompt { .. }) => {
            make::edit_prompt(model, index);
            Vec::new()
        }
        Some(Cell::Job(job)) => match (job.take_id, job.phase) {
            (Some(take), _) => super::act(model, Action::Play(vec![take])),
            (None, Phase::Failed | Phase::Cancelled) => vec![Cmd::Retry(job.id)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn select_row(model: &mut Model) -> Vec<Cmd> {
    let (tab, row) = (model.inspector.tab, model.inspector.row);
    match view::inspector::subject(model, tab, row) {
        Some(Subject::Job(id))
            if model.jobs.get(&id).is_some_and(|job| job.phase == Phase::Failed) =>
        {
            vec![Cmd::Retry(id)]
        }
        Some(Subject::Take(take)) => {
            model.inspector.searching = false;
            super::act(model, Action::Play(vec![take]))
        }
        Some(Subject::Setting(setting)) => run_or_type(model, &format!("{} ", setting.word())),
        Some(Subject::Param(id)) => run_or_type(model, &format!("params {id} ")),
        Some(Subject::Part(name)) => super::act(model, Action::Solo(name)),
        Some(Subject::NodeParam(node, param)) => {
            run_or_type(model, &format!("param {node} {param} "))
        }
        _ if tab == Tab::Take => super::act(model, Action::Toggle),
        _ => Vec::new(),
    }
}

/// Left and right on a value: a twentieth of its range, or one where it counts.
fn step(model: &mut Model, by: i32) -> Vec<Cmd> {
    if model.focus != Focus::Inspector || !model.overlays.is_empty() {
        return Vec::new();
    }
    let by = f64::from(by);
    match model.inspector.tab {
        Tab::Params => {
            let Some(row) = rows::params(model).into_iter().nth(model.inspector.row) else {
                return Vec::new();
            };
            let Some([min, max, _, value]) = row.range else { return Vec::new() };
            let value = turned(value, by, min, max);
            run_line(model, &format!("{}{value}", row.command)).1
        }
        Tab::Mixer => match model.sound.player.parts.get(model.inspector.row) {
            Some(part) => super::act(model, Action::Gain(part.name.clone(), Amount::By(by))),
            None => Vec::new(),
        },
        Tab::Chain => match chosen_param(model) {
            Some((node, param, [min, max, _, value])) => {
                move_param(model, &node, param, value, turned(value, by, min, max))
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn turned(value: f64, by: f64, min: f64, max: f64) -> f64 {
    let counts =
        min.fract() == 0.0 && max.fract() == 0.0 && value.fract() == 0.0 && max - min > 20.0;
    let step = if counts { 1.0 } else { (max - min) / 20.0 };
    let value = (value + by * step).clamp(min, max);
    (value * 10_000.0).round() / 10_000.0
}

/// The param of the chosen row of the chain: node, param, and its smallest, largest, default and present value.
fn chosen_param(model: &Model) -> Option<(String, String, [f64; 4])> {
    let Some(Subject::NodeParam(node, param)) =
        view::inspector::subject(model, Tab::Chain, model.inspector.row)
    else {
        return None;
    };
    let row = rows::chain(model)
        .into_iter()
        .find(|row| row.node == node && row.param.as_ref().is_some_and(|known| known.id == param));
    let range = row?.param?.range;
    Some((node, param, range))
}

fn move_param(model: &mut Model, node: &str, param: String, before: f64, value: f64) -> Vec<Cmd> {
    let forth = Cmd::SetParam { node: node.to_owned(), param: param.clone(), value };
    let back = Cmd::SetParam { node: node.to_owned(), param: param.clone(), value: before };
    remember(
        model,
        format!("{param} of {node}"),
        EditStep::Run(vec![forth.clone()]),
        EditStep::Run(vec![back]),
    );
    let nodes = model.sound.graph.iter_mut().flat_map(|graph| &mut graph.nodes);
    if let Some(spec) = nodes.into_iter().find(|spec| spec.id == node) {
        spec.params.insert(param, value);
    }
    vec![forth]
}

fn to_default(model: &mut Model) -> Vec<Cmd> {
    if model.focus != Focus::Inspector {
        return Vec::new();
    }
    match model.inspector.tab {
        Tab::Params => match rows::params(model).get(model.inspector.row) {
            Some(row) if row.command.starts_with("params ") => {
                run_line(model, &format!("{}reset", row.command)).1
            }
            Some(row) if row.command == "takes " => run_line(model, "takes 1").1,
            Some(row) if row.command == "preset " => run_line(model, "preset none").1,
            Some(row) if row.command == "seed " => run_line(model, "seed free").1,
            Some(row) => run_line(model, &format!("{}auto", row.command)).1,
            None => Vec::new(),
        },
        Tab::Mixer => match model.sound.player.parts.get(model.inspector.row) {
            Some(part) => super::act(model, Action::Gain(part.name.clone(), Amount::To(0.0))),
            None => Vec::new(),
        },
        Tab::Chain => match chosen_param(model) {
            Some((node, param, [_, _, default, value])) => {
                move_param(model, &node, param, value, default)
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_turn_in_steps_that_suit_them() {
        assert_eq!(turned(120.0, 1.0, 20.0, 400.0), 121.0);
        assert_eq!(turned(0.5, -1.0, 0.0, 1.0), 0.45);
        assert_eq!(turned(1.0, 1.0, 0.0, 1.0), 1.0);
        assert_eq!(turned(64.0, 1.0, 1.0, 64.0), 64.0);
    }
}
