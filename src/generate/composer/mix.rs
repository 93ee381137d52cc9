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
        "percussion" => -7.0,
        "bass" => 0.0,
        "comp" => -9.0,
        "comp2" => -8.0,
        "pad" => -12.0,
        "arp" => -10.0,
        "lead" => -5.0,
        "counter" => -9.0,
        "texture" => -8.0,
        "fx" => -11.0,
        _ => 0.0,
    }
}

/// What an instrument measures in LUFS on the built-in nodes: a chord held (comp, pad), and a line (lead, arp, bass). Played
/// at velocity 0.8 in the register of the role, 110 BPM. An instrument that is played unlike others of its node stands here
/// by its own id, before the node. What is missing counts as the reference.
const MEASURED: [(&str, f64, f64); 31] = [
    ("felt-piano", -17.5, -26.0),
    ("bass.finger", CHORD, -20.4),
    ("bass.fm", CHORD, -17.4),
    ("bass.pick", CHORD, -20.4),
    ("bass.sub", CHORD, -15.0),
    ("bass.synth", CHORD, -16.9),
    ("bass.upright", CHORD, -22.0),
    ("bell.fm", CHORD, -14.1),
    ("guitar.clean", -16.3, -21.2),
    ("guitar.drive", -16.2, LINE),
    ("guitar.nylon", -20.6, -25.5),
    ("guitar.steel", -19.2, -23.9),
    ("keys.organ", -10.7, -16.8),
    ("keys.piano", -14.9, -21.2),
    ("keys.rhodes", -11.5, -15.9),
    ("keys.stab", -16.5, LINE),
    ("keys.wurli", -14.0, -18.1),
    ("lead.flute", CHORD, -14.4),
    ("lead.guitar", CHORD, -16.4),
    ("lead.sax", CHORD, -14.9),
    ("lead.soft", CHORD, -14.9),
    ("lead.trumpet", CHORD, -16.9),
    ("lead.synth", CHORD, -18.4),
    ("lead.vibes", -12.1, -14.2),
    ("mallet.kalimba", CHORD, -12.9),
    ("mallet.marimba", -14.4, -17.1),
    ("pad.glass", -12.5, -15.6),
    ("pad.strings", -15.5, -21.8),
    ("pluck.harp", CHORD, -17.7),
    ("pluck.synth", -18.1, -21.8),
    ("texture.vinyl", CHORD, -29.0),
];

/// The loudness of a chord and of a line that the general balance is made for, in LUFS.
const CHORD: f64 = -14.0;
const LINE: f64 = -17.0;

/// How far an instrument must be moved to stand where the general balance expects it, in dB.
fn evened(plan: &Plan, id: &str) -> f64 {
    let Some(voice) = Role::from_id(id).and_then(|role| plan.voice(role)) else { return 0.0 };
    let Some((_, chord, line)) =
        MEASURED.iter().find(|(id, ..)| *id == voice.instrument || *id == voice.node)
    else {
        return 0.0;
    };
    match voice.role {
        Role::Comp | Role::Comp2 | Role::Pad => CHORD - chord,
        _ => LINE - line,
    }
}

/// Level of a strip in dB.
pub(super) fn level(plan: &Plan, id: &str) -> f64 {
    let genre =
        Role::from_id(id).and_then(|role| plan.genre.mix_db.get(&role)).copied().unwrap_or(0.0);
    let trim = plan.genre.style.mix.trim.get(id).copied().unwrap_or(0.0);
    usual_level(id) + evened(plan, id) + genre + trim
}

/// Place of a strip in the panorama, -1 (left) to 1 (right). Kick, snare, bass and lead stay in the middle unless the
/// genre says otherwise.
pub(super) fn place(plan: &Plan, id: &str) -> f64 {
    let usual = match id {
        "comp" => -0.3,
        "comp2" => 0.5,
        "arp" => 0.5,
        "counter" => -0.5,
        "percussion" => 0.45,
        "drums.hats" => 0.22,
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

/// Reverbs and echoes come out quieter than they go in, since their energy is spread over time; measured on the six genres.
const SEND_DB: f64 = 12.5;

/// Level of a send in dB: more in spacious moods, less in dry ones.
pub(super) fn send(plan: &Plan, level: f64) -> f64 {
    (level + SEND_DB + plan.mood.space * 5.0).min(6.0)
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
