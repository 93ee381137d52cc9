//! The balance of a piece: levels, places and low cuts by role, bent by the genre and the mood.
//!
//! Instruments come calibrated: a nominal note peaks near -12 dBFS, a kick near -6 dBFS. So the general balance of
//! pop production (kick and bass in front, lead over chords, pads and noises behind) is a table of small trims.

use super::sketch::{Plan, Role};

/// Level of a strip in dB before the genre and the mood have their say. `id` is a role or a strip of the kit.
fn usual_level(id: &str) -> f64 {
    match id {
        "drums.kick" => 0.0,
        "drums.snare" => -2.0,
        "drums.hats" => -8.0,
        "drums.perc" => -5.0,
        "percussion" => -10.0,
        "bass" => -1.0,
        "comp" => -8.0,
        "comp2" => -11.0,
        "pad" => -15.0,
        "arp" => -10.0,
        "lead" => -4.0,
        "counter" => -9.0,
        "texture" => -18.0,
        "fx" => -12.0,
        _ => 0.0,
    }
}

/// Level of a strip in dB.
pub(super) fn level(plan: &Plan, id: &str) -> f64 {
    let genre =
        Role::from_id(id).and_then(|role| plan.genre.mix_db.get(&role)).copied().unwrap_or(0.0);
    let trim = plan.genre.style.mix.trim.get(id).copied().unwrap_or(0.0);
    usual_level(id) + genre + trim
}

/// Place of a strip in the panorama, -1 (left) to 1 (right). Kick, snare, bass and lead stay in the middle unless the
/// genre says otherwise.
pub(super) fn place(plan: &Plan, id: &str) -> f64 {
    let usual = match id {
        "comp" => -0.14,
        "comp2" => 0.3,
        "arp" => 0.22,
        "counter" => -0.28,
        "percussion" => 0.25,
        "drums.hats" => 0.1,
        _ => 0.0,
    };
    plan.genre.style.mix.pan.get(id).copied().unwrap_or(usual)
}

/// Frequency in Hz below which a strip is cut; 0 for those that carry the bottom.
pub(super) fn low_cut(id: &str) -> f64 {
    match id {
        "drums.snare" => 90.0,
        "drums.hats" => 260.0,
        "drums.perc" => 70.0,
        "percussion" => 120.0,
        "comp" => 110.0,
        "comp2" => 130.0,
        "pad" => 130.0,
        "arp" | "counter" => 150.0,
        "lead" => 130.0,
        "texture" => 40.0,
        _ => 0.0,
    }
}

/// Level of a send in dB: more in spacious moods, less in dry ones.
pub(super) fn send(plan: &Plan, level: f64) -> f64 {
    (level + plan.mood.space * 5.0).min(3.0)
}

/// An effect's param, bent by the mood: dirt drives harder, brightness opens filters.
pub(super) fn bent(plan: &Plan, fx: &str, param: &str, value: f64) -> f64 {
    let mood = &plan.mood;
    match (fx, param) {
        ("fx.tape", "saturation") => (value + 0.2 * mood.dirt).clamp(0.0, 1.0),
        ("fx.drive" | "dyn.clip", "drive_db") => (value + 4.0 * mood.dirt).max(0.0),
        ("fx.tape", "low_pass") | ("fx.filter", "cutoff") => {
            (value * libm::exp2(0.6 * mood.brightness)).clamp(200.0, 20_000.0)
        }
        ("eq.parametric", "lp") => {
            (value * libm::exp2(0.5 * mood.brightness)).clamp(1_000.0, 20_000.0)
        }
        _ => value,
    }
}
