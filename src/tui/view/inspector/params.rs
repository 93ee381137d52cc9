//! What the next prompt is rendered with: settings first, then what the backend lets one turn, as sliders with their range and
//! a mark where the default is.

use ratatui::layout::Rect;

use super::{Pane, Subject};
use crate::model::backend::{BackendInfo, BackendParam};
use crate::tui::draw::{Pen, row_of};
use crate::tui::model::Model;
use crate::tui::scope::Scope;
use crate::tui::view::words;
use crate::util::text::one_line;

/// Settings of the next prompt, in the order of their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// Tempo.
    Tempo,
    /// Key.
    Key,
    /// Metre.
    Metre,
    /// Length.
    Duration,
    /// Seed.
    Seed,
    /// How many takes a prompt makes.
    Takes,
    /// Presets.
    Preset,
    /// Backend.
    Backend,
}

impl Setting {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Tempo,
        Self::Key,
        Self::Metre,
        Self::Duration,
        Self::Seed,
        Self::Takes,
        Self::Preset,
        Self::Backend,
    ];

    /// Its word, which is also the name of the action that changes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tempo => "tempo",
            Self::Key => "key",
            Self::Metre => "metre",
            Self::Duration => "duration",
            Self::Seed => "seed",
            Self::Takes => "takes",
            Self::Preset => "preset",
            Self::Backend => "backend",
        }
    }

    /// Its value, and whether the user chose it.
    fn value(self, model: &Model) -> (String, bool) {
        let wanted = &model.settings;
        let chosen = match self {
            Self::Tempo => wanted.bpm.map(|bpm| format!("{bpm} BPM")),
            Self::Key => wanted.key.map(|key| key.to_string()),
            Self::Metre => wanted.metre.map(|metre| metre.to_string()),
            Self::Duration => wanted.duration.map(|length| length.to_string()),
            Self::Seed => wanted.seed.map(|seed| format!("{seed}, locked")),
            Self::Takes => (wanted.takes > 1).then(|| wanted.takes.to_string()),
            Self::Preset => (!wanted.presets.is_empty()).then(|| wanted.presets.join(", ")),
            Self::Backend => wanted.backend.clone(),
        };
        let open = match self {
            Self::Seed => "a new one each time".to_owned(),
            Self::Takes => "1".to_owned(),
            Self::Preset => "none".to_owned(),
            Self::Backend => format!("{}, the default", model.default_backend),
            _ => "from the prompt".to_owned(),
        };
        let is_chosen = chosen.is_some();
        (chosen.unwrap_or(open), is_chosen)
    }
}

pub(super) struct Params;

fn backend(model: &Model) -> Option<&BackendInfo> {
    let id = model.settings.backend.as_ref().unwrap_or(&model.default_backend);
    model.backends.iter().find(|backend| &backend.id == id)
}

fn param(model: &Model, row: usize) -> Option<&BackendParam> {
    backend(model)?.params.get(row.checked_sub(Setting::ALL.len())?)
}

impl Pane for Params {
    fn count(&self, model: &Model) -> usize {
        Setting::ALL.len() + backend(model).map_or(0, |backend| backend.params.len())
    }

    fn subject(&self, model: &Model, row: usize) -> Option<Subject> {
        match Setting::ALL.get(row) {
            Some(setting) => Some(Subject::Setting(*setting)),
            None => param(model, row).map(|param| Subject::Param(param.id.clone())),
        }
    }

    fn row_height(&self, _model: &Model, row: usize, _width: u16) -> u16 {
        match row {
            _ if row + 1 == Setting::ALL.len() => 2,
            _ if row < Setting::ALL.len() => 1,
            _ => 3,
        }
    }

    fn draw_row(&self, model: &Model, pen: &mut Pen<'_>, area: Rect, row: usize, chosen: bool) {
        if let Some(setting) = Setting::ALL.get(row) {
            let (value, is_chosen) = setting.value(model);
            let value = one_line(&value);
            pen.text(area.x, area.y, 10.min(area.width), setting.word(), Scope::Dim);
            let scope = if is_chosen { Scope::Strong } else { Scope::Dim };
            pen.text(area.x + 10, area.y, area.width.saturating_sub(10), &value, scope);
            return;
        }
        let Some(param) = param(model, row) else { return };
        let set = model.settings.params.get(&param.id).copied();
        let value = set.unwrap_or(param.default);
        let number =
            format!("{}{}", words::decimal(value, 3), if set.is_some() { "" } else { "  default" });
        pen.text(
            area.x,
            area.y,
            area.width,
            &one_line(&param.id),
            if set.is_some() { Scope::Strong } else { Scope::Text },
        );
        pen.text_right(
            area.x,
            area.y,
            area.width,
            &number,
            if set.is_some() { Scope::Strong } else { Scope::Dim },
        );
        let line = row_of(area, 1);
        if line.height > 0 {
            slider(pen, line, param, value);
        }
        let line = row_of(area, 2);
        if chosen && line.height > 0 {
            pen.text(line.x, line.y, line.width, &one_line(&param.doc), Scope::Dim);
        }
    }

    fn nothing(&self, _model: &Model) -> &'static [&'static str] {
        &["No settings."]
    }
}

/// The range of a param with its value `●` and its default `┆`, and the ends of the range in numbers.
fn slider(pen: &mut Pen<'_>, line: Rect, param: &BackendParam, value: f64) {
    let (least, most) = (words::decimal(param.min, 3), words::decimal(param.max, 3));
    let (left, right) = (least.len() as u16 + 1, most.len() as u16 + 1);
    if line.width < left + right + 6 {
        return;
    }
    pen.text(line.x, line.y, left, &least, Scope::Grid);
    pen.text_right(line.x, line.y, line.width, &most, Scope::Grid);
    let bar = Rect::new(line.x + left, line.y, line.width - left - right, 1);
    let span = param.max - param.min;
    let place = |value: f64| {
        let share = if span > 0.0 { ((value - param.min) / span).clamp(0.0, 1.0) } else { 0.0 };
        bar.x + (share * f64::from(bar.width - 1) + 0.5) as u16
    };
    let (at, default) = (place(value), place(param.default));
    for x in bar.left()..bar.right() {
        let (glyph, scope) = if x == at {
            ('●', Scope::Progress)
        } else if x == default {
            ('┼', Scope::Text)
        } else if x < at {
            ('━', Scope::Progress)
        } else {
            ('─', Scope::ProgressRest)
        };
        pen.mark(x, bar.y, glyph, scope);
    }
}
