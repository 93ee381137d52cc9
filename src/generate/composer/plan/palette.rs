//! Who plays: one instrument a role, by the genre's odds and by what is wanted and refused.

use crate::generate::composer::brief::EVERYTHING_ELSE;
use crate::generate::composer::chance::Dice;
use crate::generate::composer::genre::Genre;
use crate::generate::composer::instruments::{INSTRUMENTS, Instrument, instrument};
use crate::generate::composer::lexicon::role_of;
use crate::generate::composer::sketch::{Role, Voice, substream};
use crate::model::brief::Brief;
use crate::model::units::Seed;

/// Chooses the voices, in the order of roles. Never empty: where everything is refused, a piano stays, and a note says so.
pub(super) fn choose(brief: &mut Brief, genre: &Genre, colour: &Genre, seed: Seed) -> Vec<Voice> {
    let alone = brief.refused.iter().any(|r| r == EVERYTHING_ELSE);
    let mut voices: Vec<(Role, &'static Instrument)> = Vec::new();
    for id in &brief.wanted {
        if let Some(wanted) = instrument(id) {
            place(&mut voices, wanted, genre, alone);
        }
    }
    for role in Role::ALL {
        let wanted = brief.wanted.iter().any(|w| role_of(w) == Some(role));
        if voices.iter().any(|(r, _)| *r == role)
            || is_role_refused(brief, role)
            || (alone && !wanted)
        {
            continue;
        }
        if let Some(player) = draw(brief, role, genre, colour, wanted, seed) {
            voices.push((role, player));
        }
    }
    if voices.is_empty()
        && let Some(piano) = instrument("piano")
    {
        brief.notes.push("nobody is left to play, so a piano does".to_owned());
        voices.push((Role::Comp, piano));
    }
    voices.sort_by_key(|(role, _)| *role);
    voices.into_iter().map(|(role, player)| voice(role, player)).collect()
}

/// Roles that a wish brought in, which therefore play in every full section.
pub(super) fn forced(brief: &Brief, palette: &[Voice]) -> Vec<Role> {
    let wished =
        |v: &&Voice| brief.wanted.iter().any(|w| *w == v.instrument || role_of(w) == Some(v.role));
    palette.iter().filter(wished).map(|v| v.role).collect()
}

fn voice(role: Role, player: &Instrument) -> Voice {
    Voice {
        role,
        instrument: player.id.to_owned(),
        name: player.name.to_owned(),
        node: player.node.to_owned(),
        program: player.program,
    }
}

/// Finds a role for a wanted instrument: where the genre has it, else its home, else any other that it plays.
/// Alone, an instrument that can do both plays chords and melody.
fn place(
    voices: &mut Vec<(Role, &'static Instrument)>,
    wanted: &'static Instrument,
    genre: &Genre,
    alone: bool,
) {
    let free = |voices: &[(Role, &Instrument)], role: Role| voices.iter().all(|(r, _)| *r != role);
    let listed = genre
        .palette
        .iter()
        .filter(|(_, odds)| odds.contains_key(wanted.id))
        .map(|(role, _)| *role);
    let home = std::iter::once(wanted.home())
        .filter(|_| genre.palette.values().all(|odds| !odds.contains_key(wanted.id)) || alone);
    let options = home.chain(listed).chain(wanted.roles.iter().copied()).collect::<Vec<_>>();
    if let Some(role) = options.iter().copied().find(|r| free(voices, *r)) {
        voices.push((role, wanted));
    }
    if alone && wanted.plays(Role::Comp) && wanted.plays(Role::Lead) {
        for role in [Role::Comp, Role::Lead] {
            if free(voices, role) {
                voices.push((role, wanted));
            }
        }
    }
}

fn draw(
    brief: &Brief,
    role: Role,
    genre: &Genre,
    colour: &Genre,
    wanted: bool,
    seed: Seed,
) -> Option<&'static Instrument> {
    // Rhythm and production come from the first genre, harmony and lead from the second.
    let harmonic = matches!(role, Role::Comp | Role::Lead | Role::Counter);
    let own = genre.palette.get(&role);
    let other = colour.palette.get(&role);
    let odds = if harmonic { other.or(own) } else { own.or(if wanted { other } else { None }) };
    let open = odds
        .into_iter()
        .flatten()
        .filter_map(|(id, weight)| instrument(id).map(|i| (i, f64::from(*weight))))
        .filter(|(i, _)| !is_refused(brief, i))
        .collect::<Vec<_>>();
    let mut dice = Dice::new(substream(seed, "palette", 0, 0, role.id()));
    let chosen = dice
        .weighted(open.iter().map(|(_, weight)| *weight))
        .and_then(|i| open.get(i))
        .map(|(i, _)| *i);
    if chosen.is_some() || !wanted {
        return chosen;
    }
    let lent = open.first().map(|(i, _)| *i);
    lent.or_else(|| INSTRUMENTS.iter().find(|i| i.home() == role && !is_refused(brief, i)))
}

fn is_role_refused(brief: &Brief, role: Role) -> bool {
    // Refusing a piece of the kit leaves the kit.
    brief.refused.iter().any(|r| r == role.id())
        || (role == Role::Arp && brief.refused.iter().any(|r| r == "pluck"))
        || (role == Role::Percussion && brief.refused.iter().any(|r| r == "drums"))
}

/// Whether an instrument is refused, by itself or with its family: `no guitar` means every guitar, `no pads` every pad.
fn is_refused(brief: &Brief, player: &Instrument) -> bool {
    brief.refused.iter().any(|refused| match refused.as_str() {
        id if id == player.id => true,
        "clean-guitar" => player.node.contains("guitar"),
        "piano" => player.node == "keys.piano",
        "warm-pad" => player.home() == Role::Pad,
        "trumpet" => player.node == "lead.trumpet",
        "synth-lead" => player.id == "soft-lead",
        id => Role::from_id(id) == Some(player.home()),
    })
}
