//! The screen: panes, views, pickers, looks; and which take has the focus.

use super::super::action::{Action, ZoomWish};
use super::super::model::conversation::{Cell, Scroll};
use super::super::model::curves::Loaded;
use super::super::model::panes::{BigView, Overlay, Picker, Tab, ViewKind};
use super::super::model::{Focus, Glyphs, Model, Weight};
use super::super::msg::Cmd;
use super::super::{picker, view};
use super::toast;

/// Columns of peaks that a row asks for: enough for the widest rows at two dots a column.
pub(super) const ROW_COLUMNS: u32 = 400;
/// Columns of peaks that the big view asks for.
const VIEW_COLUMNS: u32 = 1_000;
/// Bands of a spectrogram.
const BANDS: u32 = 96;
/// Columns of a spectrogram.
const SPECTROGRAM_COLUMNS: u32 = 400;
/// Points of a loudness curve.
const POINTS: u32 = 600;
/// Takes that the library pane asks for.
const LIBRARY_PAGE: u32 = 200;
/// Columns that the inspector may have.
const WIDTHS: std::ops::RangeInclusive<u16> = 24..=90;

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Cmd> {
    match action {
        Action::Inspect(tab) => inspect(model, tab),
        Action::Inspector => {
            model.inspector.open = !model.inspector.open;
            if !model.inspector.open && model.focus == Focus::Inspector {
                model.focus = Focus::Composer;
            }
            Vec::new()
        }
        Action::Widen(by) => {
            let width = model.inspector.width.saturating_add_signed(by);
            model.inspector.width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
            Vec::new()
        }
        Action::Library(search) => {
            model.inspector.search = search.clone();
            let mut cmds = inspect(model, Tab::Library);
            model.inspector.searching = search.is_empty();
            cmds.push(Cmd::LoadLibrary { search, limit: LIBRARY_PAGE });
            cmds
        }
        Action::View(kind) => show(model, kind),
        Action::Zoom(wish) => zoom(model, wish),
        Action::Scroll(share) => {
            if let Some(big) = &mut model.big {
                big.range = moved(big.range, share);
            }
            forget_zoomed(model)
        }
        Action::Theme(Some(name)) => {
            if model.look.themes.contains(&name) {
                return vec![Cmd::LoadTheme(name)];
            }
            let hint = format!("there are: {}", model.look.themes.join(", "));
            toast(model, Weight::Bad, &format!("There is no theme '{name}'"), &hint);
            Vec::new()
        }
        Action::Theme(None) => {
            let themes = picker::themes(model);
            model.overlays.push(Overlay::Pick(themes));
            Vec::new()
        }
        Action::Glyphs(glyphs) => {
            model.look.glyphs = glyphs.unwrap_or(match model.look.glyphs {
                Glyphs::Braille => Glyphs::Blocks,
                Glyphs::Blocks => Glyphs::Ascii,
                Glyphs::Ascii => Glyphs::Braille,
            });
            Vec::new()
        }
        Action::Motion(on) => {
            model.look.motion = on.unwrap_or(!model.look.motion);
            let said = if model.look.motion { "Things move" } else { "Nothing moves by itself" };
            toast(model, Weight::Note, said, "");
            Vec::new()
        }
        Action::Mouse(on) => {
            model.look.mouse = on.unwrap_or(!model.look.mouse);
            let (said, hint) = if model.look.mouse {
                ("The mouse clicks, seeks and scrolls", "with Shift it selects text as usual")
            } else {
                ("The mouse selects text as usual", "")
            };
            toast(model, Weight::Note, said, hint);
            vec![Cmd::Mouse(model.look.mouse)]
        }
        Action::Help | Action::Keys => {
            super::hints::help(model);
            model.overlays.push(Overlay::Help { top: 0 });
            Vec::new()
        }
        Action::Palette => {
            let palette = picker::palette(model, &model.keys);
            model.overlays.push(Overlay::Palette(palette));
            Vec::new()
        }
        Action::Doctor => {
            toast(model, Weight::Note, "Checking", "");
            vec![Cmd::Doctor]
        }
        Action::Status => {
            let lines = super::sight::status_lines(model);
            tell(model, Weight::Note, "Status", lines);
            vec![Cmd::LoadStatus]
        }
        Action::Tour => {
            model.overlays.push(Overlay::Tour(0));
            Vec::new()
        }
        Action::Quit => {
            model.quitting = true;
            vec![Cmd::Quit]
        }
        Action::Suspend => vec![Cmd::Suspend],
        Action::Redraw => vec![Cmd::Redraw],
        _ => Vec::new(),
    }
}

/// Puts words into the transcript.
pub(super) fn tell(model: &mut Model, weight: Weight, title: &str, lines: Vec<String>) {
    model.conversation.cells.push(Cell::Told { weight, title: title.to_owned(), lines });
    model.conversation.scroll = Scroll::Bottom;
}

/// Shows a pane and gives it the keys; the one that is shown already and has them is hidden.
fn inspect(model: &mut Model, tab: Tab) -> Vec<Cmd> {
    let inspector = &mut model.inspector;
    if inspector.open && inspector.tab == tab && model.focus == Focus::Inspector {
        inspector.open = false;
        model.focus = Focus::Composer;
        return Vec::new();
    }
    if inspector.tab != tab {
        (inspector.row, inspector.top) = (0, 0);
    }
    inspector.open = true;
    inspector.tab = tab;
    inspector.searching = false;
    model.focus = Focus::Inspector;
    match tab {
        Tab::Library if inspector_is_empty(model) => {
            vec![Cmd::LoadLibrary { search: model.inspector.search.clone(), limit: LIBRARY_PAGE }]
        }
        Tab::Chain => chain_wanted(model),
        Tab::Queue => vec![Cmd::LoadQueue],
        _ => Vec::new(),
    }
}

fn inspector_is_empty(model: &Model) -> bool {
    model.inspector.found.is_empty()
}

fn chain_wanted(model: &Model) -> Vec<Cmd> {
    let mut cmds = vec![Cmd::LoadGraph];
    if model.node_types.is_empty() {
        cmds.push(Cmd::LoadNodeTypes);
    }
    cmds
}

fn show(model: &mut Model, kind: Option<ViewKind>) -> Vec<Cmd> {
    let same = model.big.as_ref().is_some_and(|big| Some(big.kind) == kind);
    let Some(kind) = kind.filter(|_| !same) else {
        model.big = None;
        if model.focus == Focus::View {
            model.focus = Focus::Composer;
        }
        return Vec::new();
    };
    let range = model.big.as_ref().map_or((0.0, 1.0), |big| big.range);
    model.big = Some(BigView { kind, take: None, range, row: 0 });
    model.focus = Focus::View;
    match kind {
        ViewKind::Graph => chain_wanted(model),
        _ => Vec::new(),
    }
}

/// Zooms around the playhead where it is in sight, else around the middle.
fn zoom(model: &mut Model, wish: ZoomWish) -> Vec<Cmd> {
    let centre = playhead_share(model);
    let looped = loop_share(model);
    let frames = shown_frames(model);
    let Some(big) = &mut model.big else { return show(model, Some(ViewKind::Waveform)) };
    let (start, end) = big.range;
    let centre = centre.filter(|at| (start..end).contains(at)).unwrap_or((start + end) / 2.0);
    let shortest = frames.map_or(1e-6, |frames| (16.0 / frames as f64).min(1.0));
    let around = |length: f64| {
        let length = length.clamp(shortest, 1.0);
        let at = (centre - start) / (end - start).max(1e-12);
        moved((centre - length * at, centre - length * at + length), 0.0)
    };
    big.range = match wish {
        ZoomWish::In => around((end - start) / 2.0),
        ZoomWish::Out => around((end - start) * 2.0),
        ZoomWish::Fit => (0.0, 1.0),
        ZoomWish::Samples => around(frames.map_or(0.001, |frames| 256.0 / frames as f64)),
        ZoomWish::Loop => looped.unwrap_or((0.0, 1.0)),
    };
    forget_zoomed(model)
}

/// Another stretch is in sight, so its peaks are to be asked for.
fn forget_zoomed(model: &mut Model) -> Vec<Cmd> {
    if let Some(curves) = view_take(model).and_then(|take| model.curves.takes.get_mut(&take)) {
        curves.zoomed = Loaded::Not;
    }
    Vec::new()
}

/// A range moved by a share of its length, kept inside of the whole.
fn moved((start, end): (f64, f64), share: f64) -> (f64, f64) {
    let length = (end - start).clamp(0.0, 1.0);
    let start = (start + share * length).clamp(0.0, 1.0 - length);
    (start, start + length)
}

/// The take that the big view shows.
pub fn view_take(model: &Model) -> Option<String> {
    model.big.as_ref().and_then(|big| big.take.clone()).or_else(|| model.focused_take.clone())
}

fn shown_frames(model: &Model) -> Option<u64> {
    let curves = model.curves.takes.get(&view_take(model)?)?;
    curves.peaks.get().map(|peaks| peaks.frames)
}

/// Where in the take that is shown the playhead is, 0 to 1.
fn playhead_share(model: &Model) -> Option<f64> {
    let take = view_take(model)?;
    let (heard, seconds) = model.sound.heard(model.clock)?;
    let length = model.takes.get(&take)?.duration_s;
    (heard == take && length > 0.0).then(|| (seconds / length).clamp(0.0, 1.0))
}

/// Which part of the take that is shown is looped, 0 to 1.
fn loop_share(model: &Model) -> Option<(f64, f64)> {
    let transport = model.sound.transport()?;
    let [start, end] = transport.loop_beats?;
    let length = transport.length_beats;
    (length > 0.0).then(|| ((start / length).clamp(0.0, 1.0), (end / length).clamp(0.0, 1.0)))
}

/// Takes of the conversation, as they stand in it.
pub(super) fn takes_in_order(model: &Model) -> Vec<String> {
    let takes = model.conversation.cells.iter().filter_map(|cell| match cell {
        Cell::Job(job) => job.take_id.clone(),
        _ => None,
    });
    takes.filter(|id| model.takes.contains_key(id)).collect()
}

/// Chooses the cell of a take.
pub(super) fn choose_take(model: &mut Model, take: &str) {
    let cell = model.conversation.cells.iter().position(|cell| match cell {
        Cell::Job(job) => job.take_id.as_deref() == Some(take),
        _ => false,
    });
    if let Some(cell) = cell {
        model.conversation.selected = Some(cell);
        model.conversation.scroll = view::transcript::reveal(model, cell);
    }
}

/// The take with the focus: of the chosen row, of the chosen cell, the one that is heard, or the newest one here.
pub(super) fn take_in_focus(model: &Model) -> Option<String> {
    let known = |id: String| model.takes.contains_key(&id).then_some(id);
    let in_library = model.focus == Focus::Inspector && model.inspector.tab == Tab::Library;
    let row = in_library.then(|| model.inspector.found.get(model.inspector.row).cloned()).flatten();
    let chosen = model.conversation.selected.and_then(|cell| take_near(model, cell));
    // What plays has the focus while it plays; afterwards the newest one has, which nobody may have heard yet.
    let heard = || {
        let heard = model.sound.heard(model.clock).filter(|_| model.sound.is_playing());
        heard.map(|(id, _)| id.to_owned())
    };
    let newest = || takes_in_order(model).pop();
    row.and_then(known)
        .or(chosen.and_then(known))
        .or_else(|| heard().and_then(known))
        .or_else(newest)
}

/// The take of a cell; for a prompt, its first one.
fn take_near(model: &Model, cell: usize) -> Option<String> {
    let cells = &model.conversation.cells;
    match cells.get(cell)? {
        Cell::Job(job) => job.take_id.clone(),
        Cell::Prompt { .. } => cells[cell + 1..]
            .iter()
            .take_while(|cell| !matches!(cell, Cell::Prompt { .. }))
            .find_map(|cell| match cell {
                Cell::Job(job) => job.take_id.clone(),
                _ => None,
            }),
        _ => None,
    }
}

/// Curves that are in sight and that nobody has asked for.
pub(super) fn wanted_curves(model: &mut Model) -> Vec<Cmd> {
    if !model.engine.connected {
        return Vec::new();
    }
    let mut cmds = Vec::new();
    for take in super::sight::takes(model) {
        let curves = model.curves.takes.entry(take.clone()).or_default();
        if curves.peaks == Loaded::Not {
            curves.peaks = Loaded::Coming;
            cmds.push(Cmd::LoadPeaks { take, columns: ROW_COLUMNS, range: None });
        }
    }
    let Some(big) = model.big.clone() else { return cmds };
    let Some(take) = view_take(model) else { return cmds };
    let frames = shown_frames(model);
    let curves = model.curves.takes.entry(take.clone()).or_default();
    if curves.peaks == Loaded::Not {
        curves.peaks = Loaded::Coming;
        cmds.push(Cmd::LoadPeaks { take: take.clone(), columns: ROW_COLUMNS, range: None });
    }
    match big.kind {
        ViewKind::Waveform => {
            if let (Loaded::Not, Some(frames)) = (&curves.zoomed, frames) {
                curves.zoomed = Loaded::Coming;
                let frame = |share: f64| (share * frames as f64).round() as u64;
                let (from, to) =
                    (frame(big.range.0), frame(big.range.1).max(frame(big.range.0) + 1));
                cmds.push(Cmd::LoadPeaks {
                    take,
                    columns: VIEW_COLUMNS,
                    range: Some((from, to.min(frames))),
                });
            }
        }
        ViewKind::Spectrogram if curves.spectrogram == Loaded::Not => {
            curves.spectrogram = Loaded::Coming;
            cmds.push(Cmd::LoadSpectrogram {
                take,
                columns: SPECTROGRAM_COLUMNS,
                bands: BANDS,
                range: None,
            });
        }
        ViewKind::Loudness if curves.loudness == Loaded::Not => {
            curves.loudness = Loaded::Coming;
            cmds.push(Cmd::LoadLoudness { take, points: POINTS });
        }
        ViewKind::Roll if curves.score == Loaded::Not => {
            curves.score = Loaded::Coming;
            cmds.push(Cmd::LoadScore(take));
        }
        _ => {}
    }
    cmds
}

pub(super) fn pick_device(model: &mut Model) -> Vec<Cmd> {
    let devices = picker::devices(model);
    model.overlays.push(Overlay::Pick(devices));
    vec![Cmd::LoadDevices]
}

pub(super) fn pick_session(model: &mut Model) {
    let sessions = picker::sessions(model);
    model.overlays.push(Overlay::Pick(sessions));
}

/// Puts what has come into a list that waits for it; what was typed stays.
pub(super) fn refill(model: &mut Model, fresh: fn(&Model) -> Picker) {
    let fresh = fresh(model);
    for overlay in &mut model.overlays {
        if let Overlay::Pick(picker) = overlay
            && picker.title == fresh.title
        {
            picker.items.clone_from(&fresh.items);
            picker.filter();
        }
    }
}

/// Keeps everything that is chosen and in sight inside of what there is.
pub(super) fn fit(model: &mut Model) {
    let count = view::inspector::count(model, model.inspector.tab);
    model.inspector.row = model.inspector.row.min(count.saturating_sub(1));
    let cells = model.conversation.cells.len();
    model.conversation.selected = model.conversation.selected.filter(|cell| *cell < cells);
    model.conversation.scroll = view::transcript::scroll_by(model, 0);
}

/// Themes and keys were changed on disk.
pub(super) fn reloaded(model: &mut Model) -> Vec<Cmd> {
    vec![Cmd::LoadTheme(model.look.theme.name.clone()), Cmd::LoadKeys(model.keymap_file.clone())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_sight_stays_inside_of_the_whole() {
        assert_eq!(moved((0.25, 0.5), 1.0), (0.5, 0.75));
        assert_eq!(moved((0.25, 0.5), -9.0), (0.0, 0.25));
        assert_eq!(moved((0.5, 1.0), 0.25), (0.5, 1.0));
        assert_eq!(moved((-0.5, 1.5), 0.0), (0.0, 1.0));
    }
}
