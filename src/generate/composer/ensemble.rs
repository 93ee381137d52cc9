//! All writers, one after another, over a planned and harmonised piece.

use super::ground::Ground;
use super::sketch::{Line, Role};
use super::{arp, arrange, bass, comp, drums, melody, pads, texture};

/// Writes every line of a piece: the rhythm section first, the melody, then what makes room for it.
pub fn write(ground: &Ground<'_>) -> Vec<Line> {
    let plays = |role: Role| ground.plan.voice(role).is_some();
    let style = ground.style();
    let mut lines = Vec::new();
    let drums = if plays(Role::Drums) { Some(drums::write(ground)) } else { None };
    let kicks = drums.as_ref().map(drums::kicks).unwrap_or_default();
    lines.extend(drums);
    if plays(Role::Percussion) {
        lines.push(drums::write_percussion(ground));
    }
    if plays(Role::Bass) {
        lines.push(bass::write(ground, &kicks));
    }
    let lead = if plays(Role::Lead) { Some(melody::write(ground)) } else { None };
    let sung = lead.as_ref().map(|line| line.notes.clone()).unwrap_or_default();
    if plays(Role::Comp) {
        lines.push(comp::write(ground, Role::Comp, &style.comp, &sung));
    }
    if plays(Role::Comp2) {
        let own = if style.comp2.patterns.is_empty() { &style.comp } else { &style.comp2 };
        lines.push(comp::write(ground, Role::Comp2, own, &sung));
    }
    if plays(Role::Pad) {
        lines.push(pads::write(ground, &sung));
    }
    if plays(Role::Arp) {
        lines.push(arp::write(ground));
    }
    lines.extend(lead);
    if plays(Role::Counter) {
        lines.push(melody::write_counter(ground, &sung));
    }
    if plays(Role::Texture) {
        lines.push(texture::write(ground));
    }
    if plays(Role::Fx) {
        lines.push(texture::write_fx(ground));
    }
    arrange::arrange(ground, &mut lines);
    lines
}

#[cfg(test)]
mod tests;
