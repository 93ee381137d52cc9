//! Strips of the parts that play: level, place, mute and solo as letters, and a meter; what is heard as a whole comes last.

use ratatui::layout::Rect;

use super::{Pane, Subject};
use crate::protocol::listen::PlayerPart;
use crate::tui::draw::meter::{self, Level};
use crate::tui::draw::{Pen, row_of};
use crate::tui::model::Model;
use crate::tui::scope::Scope;
use crate::tui::view::{transport, words};
use crate::util::text::one_line;

pub(super) struct Mixer;

impl Pane for Mixer {
    fn count(&self, model: &Model) -> usize {
        let player = &model.sound.player;
        if player.open { player.parts.len() + 1 } else { 0 }
    }

    fn subject(&self, model: &Model, row: usize) -> Option<Subject> {
        if row >= self.count(model) {
            return None;
        }
        let part = model.sound.player.parts.get(row);
        Some(part.map_or(Subject::Master, |part| Subject::Part(part.name.clone())))
    }

    fn row_height(&self, model: &Model, row: usize, _width: u16) -> u16 {
        if row < model.sound.player.parts.len() { 3 } else { 5 }
    }

    fn draw_row(&self, model: &Model, pen: &mut Pen<'_>, area: Rect, row: usize, _chosen: bool) {
        match model.sound.player.parts.get(row) {
            Some(part) => strip(model, pen, area, part),
            None => master(model, pen, area),
        }
    }

    fn nothing(&self, _model: &Model) -> &'static [&'static str] {
        &[
            "Nothing to mix.",
            "",
            "Play a take by its parts with /parts; then every part has a strip here: m mutes, s solos, + and - turn it.",
        ]
    }
}

fn strip(model: &Model, pen: &mut Pen<'_>, area: Rect, part: &PlayerPart) {
    let soloed = model.sound.player.parts.iter().any(|part| part.solo);
    let silent = part.mute || (soloed && !part.solo);
    let line = row_of(area, 0);
    let facts = format!("{:+.1} dB {:>4}", part.gain_db, words::pan(part.pan));
    let name_room = line.width.saturating_sub(facts.len() as u16 + 6);
    let name_scope = if silent { Scope::Dim } else { Scope::Strong };
    pen.text(line.x, line.y, name_room, &one_line(&part.name), name_scope);
    let letters = line.x + name_room;
    let letter = |on: bool, letter: char| if on { letter } else { '·' };
    let scope = |on: bool, scope: Scope| if on { scope } else { Scope::Dim };
    if line.width > 16 {
        pen.mark(letters + 1, line.y, letter(part.mute, 'M'), scope(part.mute, Scope::Warning));
        pen.mark(letters + 3, line.y, letter(part.solo, 'S'), scope(part.solo, Scope::Good));
        pen.text_right(line.x, line.y, line.width, &facts, Scope::TakeFact);
    }
    let line = row_of(area, 1);
    if line.height == 0 {
        return;
    }
    if silent {
        pen.text(
            line.x,
            line.y,
            line.width,
            if part.mute { "muted" } else { "another part is soloed" },
            Scope::Dim,
        );
        return;
    }
    let levels = model.sound.part_meters.get(&part.node).copied().unwrap_or_default();
    let level = |side: usize| Level {
        peak_db: levels.peak_db[side],
        rms_db: levels.rms_db[side],
        held_db: None,
    };
    meter::lying(pen, line, level(0), level(1));
}

fn master(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let meter_data = &model.sound.meter;
    let line = row_of(area, 0);
    pen.text(line.x, line.y, line.width, "master", Scope::Strong);
    let peak = meter_data.true_peak_db;
    let said = format!("{} dBTP", meter::number(peak));
    let scope = if peak.is_some_and(|peak| peak > -1.0) { Scope::Warning } else { Scope::TakeFact };
    pen.text_right(line.x, line.y, line.width, &said, scope);
    let [left, right] = transport::levels(model);
    meter::lying(pen, row_of(area, 1), left, right);
    let line = row_of(area, 2);
    if line.height == 0 {
        return;
    }
    let lufs =
        |value: Option<f64>| value.map_or_else(|| "-inf".to_owned(), |value| format!("{value:.1}"));
    let said = format!(
        "M {}  S {} LUFS",
        lufs(meter_data.momentary_lufs),
        lufs(meter_data.short_term_lufs)
    );
    pen.text(line.x, line.y, line.width, &said, Scope::TakeFact);
    let line = row_of(area, 3);
    if line.height > 0 && meter_data.reduction_db > 0.05 {
        let said = format!("limiter -{:.1} dB", meter_data.reduction_db);
        pen.text(line.x, line.y, line.width, &said, Scope::TakeFact);
    }
}
