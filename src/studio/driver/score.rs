//! The score of a take, composed again from its recipe. A score that is not the take's own is worse than none, so it is
//! compared with what the recipe remembers of it.

use sha2::{Digest, Sha256};

use crate::generate::backend::Backend;
use crate::model::job::{Fault, FaultKind};
use crate::model::recipe::Recipe;
use crate::music::score::Score;

use super::super::finish::check;

/// The score of a recipe; `None` where its backend makes sound directly.
///
/// Errors: `Unavailable` where this version composes something else from the recipe; the backend's own.
/// Thread: one that may block, for some milliseconds.
pub(super) fn recompose(backend: &dyn Backend, recipe: &Recipe) -> Result<Option<Score>, Fault> {
    let Some(score) = backend.score(&recipe.request)? else { return Ok(None) };
    match &recipe.outcome.score_sha256 {
        Some(known) if *known != fingerprint(&score)? => Err(Fault::new(
            FaultKind::Unavailable,
            format!(
                "the take was composed by version {} of the {} backend, and version {} composes something else",
                recipe.backend.version,
                recipe.backend.id,
                backend.info().version
            ),
        )
        .with_hint("the take itself plays as it was; a variation of it has a score")),
        _ => Ok(Some(score)),
    }
}

/// SHA-256 (hex) of a score's canonical JSON, as recipes keep it.
fn fingerprint(score: &Score) -> Result<String, Fault> {
    let json = serde_json::to_vec(score).map_err(|error| {
        Fault::new(FaultKind::Internal, format!("the score could not be written: {error}"))
    })?;
    Ok(check::hex(&Sha256::digest(json)))
}
