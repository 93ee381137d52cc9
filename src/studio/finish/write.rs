//! From a sound to a tagged file that is not in place yet.

use std::fs::File;
use std::io::BufReader;

use crate::audio::buffer::AudioBuffer;
use crate::audio::encode::{EncodeSpec, Encoded, Extras, encode};
use crate::audio::error::AudioError;
use crate::audio::looping::LoopInfo;
use crate::audio::tags::{Generation, TagSet, retag};
use crate::model::job::{Fault, FaultKind};
use crate::model::recipe::Recipe;
use crate::model::request::Resolved;
use crate::store::artifact::Staged;

use super::place::Place;
use super::{Facts, Finisher};

/// Encodes a sound without tags: its fingerprint, which the tags will carry, is only known afterwards.
pub(super) fn encode_file(
    sound: &AudioBuffer,
    request: &Resolved,
    looping: Option<&LoopInfo>,
    staged: &Staged,
) -> Result<Encoded, Fault> {
    let mut spec = EncodeSpec::new(request.export.format, request.export.bit_depth);
    spec.dither_seed = request.seed.0;
    let mut out = staged.writer()?;
    encode(sound, &spec, Extras { tags: None, looping }, &mut out)
        .map_err(|error| unwritten(staged, &error))
}

/// Copies an encoded file with its tags.
pub(super) fn tag_file(
    raw: &Staged,
    recipe: &Recipe,
    facts: &Facts,
    place: &Place,
    looping: Option<&LoopInfo>,
    tools: &Finisher<'_>,
) -> Result<Staged, Fault> {
    let tagged = tools.workshop.stage(&place.audio, place.existing)?;
    let mut from = File::open(raw.temporary())
        .map(BufReader::new)
        .map_err(|error| unwritten(raw, &error.into()))?;
    let mut to = tagged.writer()?;
    retag(&mut from, &mut to, &tags(recipe, facts)?, looping)
        .map_err(|error| unwritten(&tagged, &error))?;
    drop(to);
    Ok(tagged)
}

/// The tags of a take. They hold nothing that differs between two renderings of one request.
fn tags(recipe: &Recipe, facts: &Facts) -> Result<TagSet, Fault> {
    let json = serde_json::to_string(recipe).map_err(|error| {
        Fault::new(FaultKind::Internal, format!("the recipe could not be written: {error}"))
    })?;
    let generation = match recipe.backend.model {
        Some(_) => Generation::Neural,
        None => Generation::Algorithmic,
    };
    Ok(TagSet {
        title: Some(facts.title.clone()),
        artist: None,
        album: None,
        comment: None,
        genre: facts.genre.clone(),
        prompt: Some(recipe.request.prompt.clone()),
        bpm: recipe.outcome.bpm,
        key: recipe.outcome.key.map(|key| key.short_name()),
        seed: Some(recipe.request.seed.to_string()),
        backend: Some(recipe.backend.id.clone()),
        model: recipe.backend.model.clone(),
        licence: Some(recipe.backend.licence.clone()),
        generated: Some(generation),
        recipe_json: Some(json),
    })
}

/// A file that could not be written, for whatever reason its encoder gives.
pub(super) fn unwritten(staged: &Staged, error: &AudioError) -> Fault {
    let full = |error: &std::io::Error| {
        matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
    };
    let hint = match error {
        AudioError::Io(error) if full(error) => {
            "free some space, or choose another folder with -o".to_owned()
        }
        other => other.hint().to_owned(),
    };
    Fault::new(
        FaultKind::Unwritable,
        format!("could not write {}: {error}", staged.target().display()),
    )
    .with_hint(hint)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::audio::format::{Depth, Format};
    use crate::model::units::SampleRate;
    use crate::store::artifact::{Existing, Workshop};

    /// `/dev/full` takes nothing, as a disk does that has no room left.
    #[test]
    fn a_full_disk_is_told_of_in_every_format() {
        let folder = tempfile::tempdir().unwrap();
        let sound = AudioBuffer::silence(2, 48_000, SampleRate::HZ_48000);
        for format in Format::ALL {
            let target = folder.path().join("song").with_extension(format.extension());
            let staged = Workshop::new("me").stage(&target, Existing::Keep).unwrap();
            let mut full = File::options().write(true).open("/dev/full").unwrap();
            let spec = EncodeSpec::new(format, Depth::I16);
            let error = encode(&sound, &spec, Extras::default(), &mut full).unwrap_err();
            let fault = unwritten(&staged, &error);
            assert_eq!(fault.kind, FaultKind::Unwritable);
            assert!(fault.message.contains("song"), "{fault:?}");
            assert!(fault.hint.contains("free some space"), "{fault:?}");
            drop(staged);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
