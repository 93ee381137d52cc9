//! From a take's recipe to the request of the next take: what stays, stays exactly as it was, and only the changes differ.
//!
//! Pure. Parts that a backend can write anew are its params `reroll_<part>`: another number there is another version of
//! that part under the same song. A new number is above all that the session has had, so doing the same thing twice gives
//! two different takes.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::model::backend::{BackendInfo, BackendParam};
use crate::model::job::{Fault, FaultKind};
use crate::model::recipe::Recipe;
use crate::model::request::Resolved;
use crate::model::units::{Length, Seed};
use crate::protocol::transcript::Change;
use crate::util::text;

use super::options::Options;
use super::resolve::{check_length, check_params, find_backend, settle_prompt};

/// Most changes of one derivation.
pub const MOST_CHANGES: usize = 64;

/// How the params are called that give another version of a part.
pub const REROLL: &str = "reroll_";

/// What a derivation draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chance {
    /// The highest number of a version that a job of the session has had.
    pub highest: u32,
    /// A seed, drawn for this take.
    pub seed: Seed,
}

/// A request that was derived, and what was settled on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The request.
    pub request: Resolved,
    /// The prompt as it was typed, where it is another one.
    pub typed: Option<String>,
    /// Plain sentences for the user.
    pub notes: Vec<String>,
}

/// Applies changes to the request of a recipe, in order.
///
/// Errors: `Invalid` with what would be possible, such as the parts that the backend knows; `Unavailable` where the
/// backend can't work now.
pub fn derive(
    recipe: &Recipe,
    changes: &[Change],
    options: &Options,
    backends: &[BackendInfo],
    chance: Chance,
) -> Result<Derived, Fault> {
    let mut request = recipe.request.clone();
    let backend = find_backend(Some(&request.backend), options, backends)?;
    let mut notes = Vec::new();
    if backend.version != recipe.backend.version {
        notes.push(format!(
            "the take was made by version {} of the {} backend, and this is version {}: what is not changed may differ too",
            recipe.backend.version, backend.id, backend.version
        ));
    }
    let mut typed = None;
    let mut bars = recipe.outcome.bars;
    for change in changes {
        match change {
            Change::Reroll { part } => {
                let param = find_part(part, backend)?;
                raise(&mut request, param, chance.highest);
            }
            Change::Variation { amount } => {
                vary(&mut request, *amount, backend, chance)?;
            }
            Change::Extend { bars: more } => {
                let now = bars.ok_or_else(|| {
                    invalid(
                        "the take can't be extended: it is not known how many bars it has",
                        "give a whole length instead, such as /duration 32bars",
                    )
                })?;
                let wanted = u32::try_from(i64::from(now) + i64::from(*more)).unwrap_or(0);
                let length = Length::bars(wanted).map_err(|error| {
                    invalid(
                        error.to_string(),
                        format!("the take has {now} bars; leave at least one and at most 999"),
                    )
                })?;
                (bars, request.duration) = (Some(wanted), Some(length));
            }
            Change::Duration { duration } => {
                request.duration = Some(check_length(*duration)?);
                bars = match duration {
                    Length::Bars(count) => Some(*count),
                    Length::Seconds(_) => None,
                };
            }
            Change::Tempo { bpm } => request.bpm = Some(*bpm),
            Change::Key { key } => request.key = Some(*key),
            Change::Seed { seed } => request.seed = seed.unwrap_or(chance.seed),
            Change::Prompt { prompt } => {
                request.prompt = settle_prompt(prompt, &[], &mut notes)?;
                typed = Some(prompt.clone());
            }
            Change::Param { id, value } => {
                request.params.insert(id.clone(), *value);
            }
            Change::Stems => request.export.stems = true,
            Change::Midi => request.export.midi = true,
        }
    }
    check_params(&request.params, backend)?;
    if changes.iter().all(|change| matches!(change, Change::Stems | Change::Midi)) {
        notes.push("the sound will be the same; only files beside it are added".to_owned());
    }
    Ok(Derived { request, typed, notes })
}

/// The highest number of a version in a request.
pub fn highest(request: &Resolved) -> u32 {
    let numbers = request.params.iter().filter(|(id, _)| id.starts_with(REROLL));
    numbers.map(|(_, number)| *number as u32).max().unwrap_or(0)
}

/// Whether every take of these changes would be the same without another seed for each.
pub fn repeats(changes: &[Change]) -> bool {
    !changes.iter().any(|change| {
        matches!(
            change,
            Change::Reroll { .. } | Change::Variation { .. } | Change::Seed { seed: None }
        )
    })
}

fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Invalid, message).with_hint(hint)
}

/// The params that stand for parts, with the names of the parts.
fn parts(backend: &BackendInfo) -> impl Iterator<Item = (&str, &BackendParam)> {
    backend.params.iter().filter_map(|param| Some((param.id.strip_prefix(REROLL)?, param)))
}

fn find_part<'a>(part: &str, backend: &'a BackendInfo) -> Result<&'a BackendParam, Fault> {
    let wanted = text::one_line(part).to_lowercase();
    parts(backend).find(|(name, _)| *name == wanted).map(|(_, param)| param).ok_or_else(|| {
        let shown = text::fit(&wanted, 40);
        match parts(backend).map(|(name, _)| name).collect::<Vec<_>>() {
            none if none.is_empty() => no_parts(backend),
            names => invalid(
                format!("the backend {} has no part '{shown}'", backend.id),
                format!("its parts are {}", names.join(", ")),
            ),
        }
    })
}

fn no_parts(backend: &BackendInfo) -> Fault {
    invalid(
        format!(
            "the backend {} makes a take in one piece and can't change parts of it",
            backend.id
        ),
        "try another seed instead",
    )
}

/// The next version of a part.
fn raise(request: &mut Resolved, param: &BackendParam, highest: u32) {
    let now = request.params.get(&param.id).copied().unwrap_or(param.default);
    let next = now.max(f64::from(highest)).floor() + 1.0;
    // Past the last number there is the first one again, which takes four thousand million variations.
    let next = if next > param.max { 1.0 } else { next };
    request.params.insert(param.id.clone(), next);
}

/// Other versions of a share of the parts, and from the whole on another seed.
fn vary(
    request: &mut Resolved,
    amount: f64,
    backend: &BackendInfo,
    chance: Chance,
) -> Result<(), Fault> {
    // Asked as "inside", so that a value that is no number is refused too.
    if !(amount > 0.0 && amount <= 1.0) {
        return Err(invalid(
            format!("{amount} is out of range for a variation: above 0, at most 1"),
            "0.3 changes about a third of the parts, 1 all of them and the seed",
        ));
    }
    let parts = parts(backend).map(|(_, param)| param).collect::<Vec<_>>();
    if parts.is_empty() && amount < 1.0 {
        return Err(no_parts(backend));
    }
    let count = ((amount * parts.len() as f64).round() as usize).clamp(1, parts.len().max(1));
    let mut dice = stream(request.seed, chance.highest);
    let mut left = parts.iter().enumerate().map(|(index, _)| index).collect::<Vec<_>>();
    let mut chosen = BTreeSet::new();
    while chosen.len() < count && !left.is_empty() {
        chosen.insert(left.swap_remove(below(&mut dice, left.len())));
    }
    for param in chosen.into_iter().filter_map(|index| parts.get(index)) {
        raise(request, param, chance.highest);
    }
    if amount >= 1.0 {
        request.seed = Seed(dice.next_u64() % Seed::DRAW_LIMIT);
    }
    Ok(())
}

/// A substream of a seed that no backend uses: its number carries the letters `derive`.
fn stream(seed: Seed, number: u32) -> ChaCha8Rng {
    let mut stream = ChaCha8Rng::seed_from_u64(seed.0);
    stream.set_stream(u64::from_be_bytes(*b"derive\0\0").wrapping_add(u64::from(number)));
    stream
}

/// Evenly from 0 to `count` - 1; 0 where there is nothing to choose.
fn below(dice: &mut ChaCha8Rng, count: usize) -> usize {
    let unit = (dice.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    ((unit * count as f64) as usize).min(count.saturating_sub(1))
}

#[cfg(test)]
mod tests;
