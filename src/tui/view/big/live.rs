//! What plays at this moment: its spectrum, and left against right.

use ratatui::layout::Rect;

use crate::tui::draw::bounds::inset;
use crate::tui::draw::{
    Pen, below, left_of, meter, right_of, row_of, spectrum as bars, stereo as field,
};
use crate::tui::model::Model;
use crate::tui::scope::Scope;
use crate::tui::view::{empty, transport};

const SILENT: [&str; 3] =
    ["Nothing plays.", "", "Space plays the take with the focus; what is heard is shown here."];

pub(super) fn spectrum(model: &Model, pen: &mut Pen<'_>, body: Rect) {
    let data = &model.sound.spectrum;
    let area = inset(body, 1, 0);
    if data.hz.is_empty() {
        return empty::say(pen, area, &SILENT);
    }
    bars::draw(pen, area, &data.hz, &data.db);
}

pub(super) fn stereo(model: &Model, pen: &mut Pen<'_>, body: Rect) {
    let area = inset(body, 1, 0);
    if !model.sound.player.open {
        return empty::say(pen, area, &SILENT);
    }
    if area.height < 5 || area.width < 24 {
        return field::correlation(pen, row_of(area, 0), model.sound.meter.correlation);
    }
    let upper = Rect { height: area.height - 2, ..area };
    // A scale, two meters and a gap.
    let side = 13;
    let round = left_of(upper, upper.width - side);
    field::goniometer(pen, round, &model.sound.spectrum.pairs);
    let meters = right_of(upper, upper.width - side);
    let columns = Rect { height: meters.height.saturating_sub(1), ..meters };
    meter::scale(pen, Rect { width: 4, ..columns });
    let levels = transport::levels(model);
    for (index, level) in levels.into_iter().enumerate() {
        let place = Rect { x: columns.x + 5 + index as u16 * 4, width: 3, ..columns };
        meter::standing(pen, place, level);
        let name = if index == 0 { "L" } else { "R" };
        pen.text(place.x + 1, columns.bottom(), 1, name, Scope::Grid);
    }
    field::correlation(pen, row_of(below(area, upper.height), 1), model.sound.meter.correlation);
}
