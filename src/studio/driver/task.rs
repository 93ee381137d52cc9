//! Long tasks: looking at a file, rendering a recipe again, writing a take in another format. Those for the ear are
//! beside it: `bounce` renders a graph, `player` reads recordings for the stage.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Value;

use crate::audio::decode::decode;
use crate::audio::resample::resample;
use crate::audio::tags::{TagSet, read_tags};
use crate::generate::backend::Watch;
use crate::model::format::Format;
use crate::model::id;
use crate::model::job::{Fault, FaultKind};
use crate::model::recipe::{RECIPE_FORMAT, Recipe};
use crate::model::take::Take;
use crate::protocol::device::DeviceListResponse;
use crate::protocol::take::{
    FileFacts, RecipeSource, TagEntry, TakeExportResponse, TakeInspectResponse, TakeReplayResponse,
};
use crate::store::artifact::Existing;
use crate::store::library::Table;

use super::super::finish::place::{Place, sidecar_of};
use super::super::finish::{Facts, Finished, Finisher, check, finish, keep, make_file, target};
use super::super::input::{ExportTo, Task};
use super::super::render::generate;
use super::super::stage::Listing;
use super::super::update::to_value;
use super::{Kit, bounce, curves, new_id, player};

/// Does a task and gives its answer.
pub(super) async fn run(kit: &Arc<Kit>, task: Task, stop: Arc<AtomicBool>) -> Result<Value, Fault> {
    let own = kit.clone();
    match task {
        Task::Inspect(take) => {
            let subject = find(kit, &take, true).await?;
            blocking(move || to_value(&inspect(&subject)?)).await
        }
        Task::Replay { take, verify, path, overwrite } => {
            let subject = find(kit, &take, true).await?;
            blocking(move || {
                to_value(&replay(&own, &subject, verify, path.as_deref(), overwrite, &stop)?)
            })
            .await
        }
        Task::Export { id, wish } => {
            let subject = find(kit, &id, false).await?;
            blocking(move || to_value(&export(&own, &subject, &wish, &stop)?)).await
        }
        Task::Render(params) => {
            blocking(move || to_value(&bounce::render(&own, *params, &stop)?)).await
        }
        Task::OpenPlayer { sources, wish, start } => {
            player::open(kit, &sources, wish, start, stop).await
        }
        Task::Compare { sources, wish, blind, start } => {
            player::compare(kit, &sources, wish, blind, start, stop).await
        }
        Task::Verdict(params, now) => player::verdict(kit, params, now).await,
        Task::Curve(curve) => curves::answer(kit, curve).await,
        Task::ListDevices => blocking(move || to_value(&devices(&own))).await,
        Task::Probe { device, seconds } => {
            blocking(move || {
                let setup = own.stage.setup();
                let mut audio = setup.audio.clone();
                audio.device = device.unwrap_or(audio.device);
                to_value(&setup.house.probe(&audio, seconds))
            })
            .await
        }
    }
}

/// Runs work that blocks on a thread for that.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(Fault::new(FaultKind::Internal, format!("the task broke off: {error}")))
    })
}

fn devices(kit: &Kit) -> DeviceListResponse {
    let setup = kit.stage.setup();
    let Listing { devices, notes } = setup.house.list();
    let device = kit.stage.status().map(|status| status.device);
    DeviceListResponse {
        devices,
        wanted: device.as_ref().map_or_else(|| setup.audio.device.clone(), |d| d.wanted.clone()),
        current: device.map(|device| device.current),
        notes,
    }
}

/// What a task is about: a take of the library, a file, or both.
struct Subject {
    take: Option<Take>,
    /// The audio file, which may be gone.
    audio: Option<PathBuf>,
    /// The sidecar that was named, or the one beside the audio file.
    sidecar: PathBuf,
    /// Whether a path was named and not a take; then the file's own recipe counts first.
    by_path: bool,
}

async fn find(kit: &Kit, name: &str, wants_path: bool) -> Result<Subject, Fault> {
    let path = Path::new(name);
    if wants_path && path.is_absolute() {
        let take = kit.library.take_at(name).await?;
        let is_sidecar = name.ends_with(".json");
        let audio =
            if is_sidecar { audio_beside(path, take.as_ref()) } else { Some(path.to_owned()) };
        let sidecar = if is_sidecar { path.to_owned() } else { sidecar_beside(path) };
        return Ok(Subject { take, audio, sidecar, by_path: true });
    }
    if wants_path && !id::is_id_like(name) {
        return Err(Fault::new(
            FaultKind::NotFound,
            format!("there is no take and no file '{name}'"),
        )
        .with_hint("name a take by its id (timbre ls lists them), or a file by its whole path"));
    }
    let id = kit.library.find_id(Table::Takes, name).await?;
    let take = kit.library.take(&id).await?;
    let (audio, sidecar) = (PathBuf::from(&take.path), PathBuf::from(&take.recipe_path));
    Ok(Subject { take: Some(take), audio: Some(audio), sidecar, by_path: false })
}

/// The sidecar of an audio file; also under the name that earlier versions gave it, `song.timbre.json`.
fn sidecar_beside(audio: &Path) -> PathBuf {
    let (own, old) = (sidecar_of(audio), audio.with_extension("timbre.json"));
    if !own.exists() && old.is_file() { old } else { own }
}

/// The audio file that a sidecar belongs to.
fn audio_beside(sidecar: &Path, take: Option<&Take>) -> Option<PathBuf> {
    if let Some(take) = take {
        return Some(PathBuf::from(&take.path));
    }
    let name = sidecar.file_name()?.to_str()?;
    let stem = name.strip_suffix(".timbre.json")?;
    // Whole names are the rule; earlier versions left the extension out.
    let old = Format::ALL.map(|format| format!("{stem}.{}", format.extension()));
    std::iter::once(stem.to_owned())
        .chain(old)
        .map(|name| sidecar.with_file_name(name))
        .find(|path| path.is_file())
}

fn inspect(subject: &Subject) -> Result<TakeInspectResponse, Fault> {
    let mut notes = Vec::new();
    let measured = match &subject.audio {
        Some(path) if path.exists() || subject.take.is_none() => Some(measure(path)?),
        Some(path) => {
            notes.push(format!("the file {} is gone", path.display()));
            None
        }
        None => None,
    };
    let (file, tags) = match measured {
        Some((file, tags)) => (Some(file), tags),
        None => (None, TagSet::default()),
    };
    let found = recipe_of(subject, &tags, &mut notes)?;
    if let (Some((_, recipe)), Some(file)) = (&found, &file)
        && recipe.outcome.audio_sha256 != file.audio_sha256
    {
        notes.push(
            "the sound is not the one of the recipe: it was changed after it was made".to_owned(),
        );
    }
    let (recipe_from, recipe) =
        found.map_or((None, None), |(from, recipe)| (Some(from), Some(recipe)));
    Ok(TakeInspectResponse {
        take: subject.take.clone(),
        recipe,
        recipe_from,
        file,
        tags: list_tags(&tags),
        notes,
    })
}

fn measure(path: &Path) -> Result<(FileFacts, TagSet), Fault> {
    let measured = check::measure(path)?;
    let mut reader = check::open(path)?;
    let bytes = reader.get_ref().metadata().map(|meta| meta.len()).unwrap_or_default();
    // Broken tags of another program's do not hide the sound.
    let tags = read_tags(&mut reader).unwrap_or_default();
    let facts = FileFacts {
        path: path.to_string_lossy().into_owned(),
        format: measured.format,
        bytes,
        frames: measured.frames,
        sample_rate: measured.sample_rate,
        channels: measured.channels,
        duration_s: measured.duration_s,
        lufs: measured.lufs,
        true_peak_dbtp: measured.true_peak_dbtp,
        audio_sha256: measured.audio_sha256.to_string(),
        file_sha256: check::file_sha256(path)?,
    };
    Ok((facts, tags))
}

/// The recipe of a subject: of a take, the library's; of a file, the one in its tags, then the sidecar's.
fn recipe_of(
    subject: &Subject,
    tags: &TagSet,
    notes: &mut Vec<String>,
) -> Result<Option<(RecipeSource, Recipe)>, Fault> {
    if let (Some(take), false) = (&subject.take, subject.by_path) {
        return Ok(Some((RecipeSource::Library, take.recipe.clone())));
    }
    if let Some(json) = &tags.recipe_json {
        match read_recipe(json) {
            Ok(recipe) => return Ok(Some((RecipeSource::Tags, recipe))),
            Err(fault) if fault.kind == FaultKind::Conflict => return Err(fault),
            Err(fault) => notes.push(format!("in the tags, {}", fault.message)),
        }
    }
    match std::fs::read_to_string(&subject.sidecar) {
        Ok(json) => match read_recipe(&json) {
            Ok(recipe) => return Ok(Some((RecipeSource::Sidecar, recipe))),
            Err(fault) if fault.kind == FaultKind::Conflict => return Err(fault),
            Err(fault) => {
                notes.push(format!("in {}, {}", subject.sidecar.display(), fault.message))
            }
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => notes.push(format!("could not read {}: {error}", subject.sidecar.display())),
    }
    Ok(subject.take.as_ref().map(|take| (RecipeSource::Library, take.recipe.clone())))
}

/// Reads a recipe. Errors: `Conflict` where a newer Timbre wrote it, `NotFound` where it is none.
fn read_recipe(json: &str) -> Result<Recipe, Fault> {
    let broken = |error: serde_json::Error| {
        Fault::new(FaultKind::NotFound, format!("the recipe can't be read: {error}"))
            .with_hint("use the audio file itself; its tags hold the recipe too")
    };
    let value = serde_json::from_str::<Value>(json).map_err(broken)?;
    let format = value.get("format").and_then(Value::as_u64).unwrap_or(0);
    if format > u64::from(RECIPE_FORMAT) {
        return Err(Fault::new(
            FaultKind::Conflict,
            format!("the recipe was written by a newer Timbre (its form is {format}, this version knows {RECIPE_FORMAT})"),
        )
        .with_hint("update this Timbre"));
    }
    serde_json::from_value(value).map_err(broken)
}

fn list_tags(tags: &TagSet) -> Vec<TagEntry> {
    let entries = [
        ("title", tags.title.clone()),
        ("artist", tags.artist.clone()),
        ("album", tags.album.clone()),
        ("genre", tags.genre.clone()),
        ("comment", tags.comment.clone()),
        ("prompt", tags.prompt.clone()),
        ("bpm", tags.bpm.map(|bpm| bpm.to_string())),
        ("key", tags.key.clone()),
        ("seed", tags.seed.clone()),
        ("backend", tags.backend.clone()),
        ("model", tags.model.clone()),
        ("licence", tags.licence.clone()),
        ("generated", tags.generated.map(|generation| generation.mark().to_owned())),
    ];
    entries
        .into_iter()
        .filter_map(|(key, value)| Some(TagEntry { key: key.to_owned(), value: value? }))
        .collect()
}

fn replay(
    kit: &Kit,
    subject: &Subject,
    verify: bool,
    keep_at: Option<&str>,
    overwrite: bool,
    stop: &Arc<AtomicBool>,
) -> Result<TakeReplayResponse, Fault> {
    let mut notes = Vec::new();
    let audio = subject.audio.as_deref().filter(|path| path.exists());
    let measured = match audio {
        Some(path) => Some(measure(path)?),
        None if subject.by_path && subject.audio.is_some() => {
            return Err(check::open(subject.audio.as_deref().unwrap_or(Path::new("")))
                .err()
                .unwrap_or_else(|| Fault::new(FaultKind::NotFound, "the file is gone")));
        }
        None => None,
    };
    let (file, tags) =
        measured.map_or((None, TagSet::default()), |(file, tags)| (Some(file), tags));
    let (recipe_from, old) = recipe_of(subject, &tags, &mut notes)?.ok_or_else(|| {
        Fault::new(FaultKind::NotFound, "there is no recipe in the file or beside it")
            .with_hint("only takes that Timbre made can be rendered again")
    })?;
    if verify && file.is_none() {
        return Err(Fault::new(FaultKind::NotFound, "there is no file to compare with")
            .with_hint("render it again without --verify"));
    }
    note_differences(kit, &old, &mut notes)?;
    let scratch = kit.scratch(&new_id())?;
    let name = format!("replay.{}", old.request.export.format.extension());
    let place = Place::at(&scratch.path.join(name), Existing::Replace);
    let mut request = old.request.clone();
    // Files beside the take have no part in its bytes; the request that goes into the recipe stays as it was.
    let finished = render_again(kit, &mut request, &place, &scratch.path.join("parts"), stop)?;
    let file_sha256 = check::file_sha256(&place.audio)?;
    let outcome = &finished.recipe.outcome;
    let same_audio = outcome.audio_sha256 == old.outcome.audio_sha256
        && file.as_ref().is_none_or(|file| file.audio_sha256 == outcome.audio_sha256);
    let same_file = file.as_ref().map(|file| file.file_sha256 == file_sha256);
    if verify && (!same_audio || same_file == Some(false)) {
        let what = if same_audio {
            "the sound is the same but the file is not"
        } else {
            "the sound differs"
        };
        let hint = if notes.is_empty() {
            "the file was changed after it was made".to_owned()
        } else {
            notes.join("; ")
        };
        return Err(Fault::new(FaultKind::Conflict, format!("the recipe does not repeat: {what}"))
            .with_hint(hint));
    }
    let path = match keep_at {
        Some(path) => {
            let existing = if overwrite { Existing::Replace } else { Existing::Keep };
            keep(&place, &Place::at(Path::new(path), existing), &kit.workshop)?;
            Some(path.to_owned())
        }
        None => None,
    };
    Ok(TakeReplayResponse {
        recipe_from,
        expected_audio_sha256: old.outcome.audio_sha256.clone(),
        audio_sha256: outcome.audio_sha256.clone(),
        same_audio,
        expected_file_sha256: file.map(|file| file.file_sha256),
        file_sha256,
        same_file,
        recipe: finished.recipe,
        path,
        notes,
    })
}

/// Why a recipe may come out otherwise here. Errors: `Unavailable` where it can't come out at all.
fn note_differences(kit: &Kit, recipe: &Recipe, notes: &mut Vec<String>) -> Result<(), Fault> {
    let info = kit.backend(&recipe.request.backend)?.info();
    if !info.available {
        return Err(Fault::new(
            FaultKind::Unavailable,
            format!("the backend {} can't work now: {}", info.id, info.reason),
        )
        .with_hint("timbre backends shows what it needs"));
    }
    if info.version != recipe.backend.version {
        notes.push(format!(
            "it was made by version {} of the {} backend, and this is version {}",
            recipe.backend.version, info.id, info.version
        ));
    }
    if recipe.timbre != env!("CARGO_PKG_VERSION") {
        notes.push(format!(
            "it was made by Timbre {}, and this is {}",
            recipe.timbre,
            env!("CARGO_PKG_VERSION")
        ));
    }
    if recipe.target != target() {
        notes.push(format!("it was made on {}, and this is {}", recipe.target, target()));
    }
    Ok(())
}

impl Kit {
    /// What finishes a file for a task, which tells nobody how far it is.
    fn finisher<'a>(&'a self, stop: &'a Arc<AtomicBool>) -> Finisher<'a> {
        Finisher {
            workshop: &self.workshop,
            cancel: stop,
            threads: self.options.threads,
            report: &|_, _| {},
        }
    }
}

/// Renders a request and finishes it at a place.
fn render_again(
    kit: &Kit,
    request: &mut crate::model::request::Resolved,
    place: &Place,
    scratch: &Path,
    stop: &Arc<AtomicBool>,
) -> Result<Finished, Fault> {
    std::fs::create_dir_all(scratch).map_err(|error| {
        Fault::new(FaultKind::Unwritable, format!("could not make {}: {error}", scratch.display()))
    })?;
    let backend = kit.backend(&request.backend)?;
    let watch = Watch::new(
        stop.clone(),
        &|_| {},
        scratch.to_owned(),
        kit.options.threads,
        request.export.stems,
    );
    let generated = generate(backend.as_ref(), request, &watch)?;
    let tools = kit.finisher(stop);
    finish(generated, request, place, &tools)
}

fn export(
    kit: &Kit,
    subject: &Subject,
    wish: &ExportTo,
    stop: &Arc<AtomicBool>,
) -> Result<TakeExportResponse, Fault> {
    let Some(take) = &subject.take else {
        return Err(Fault::new(FaultKind::NotFound, "there is no such take"));
    };
    let mut request = take.recipe.request.clone();
    request.export = wish.apply(&take.recipe);
    let target = match &wish.params.path {
        Some(path) => PathBuf::from(path),
        None => Path::new(&take.path).with_extension(request.export.format.extension()),
    };
    let existing = if wish.params.overwrite { Existing::Replace } else { Existing::Keep };
    let place = Place::at(&target, existing);
    // Refused before anything is rendered.
    drop(kit.workshop.stage(&place.audio, existing)?);
    let mut notes = Vec::new();
    let repeats = note_differences(kit, &take.recipe, &mut notes).is_ok() && notes.is_empty();
    let finished = if repeats {
        let scratch = kit.scratch(&new_id())?;
        render_again(kit, &mut request, &place, &scratch.path, stop)?
    } else {
        notes.push("the sound was converted from the take's file and not rendered anew".to_owned());
        convert(kit, take, &request, &place, stop)?
    };
    Ok(TakeExportResponse {
        path: finished.path,
        recipe_path: finished.recipe_path,
        recipe: finished.recipe,
        notes,
    })
}

/// Writes the sound of a take's file in another format.
fn convert(
    kit: &Kit,
    take: &Take,
    request: &crate::model::request::Resolved,
    place: &Place,
    stop: &Arc<AtomicBool>,
) -> Result<Finished, Fault> {
    let path = Path::new(&take.path);
    let unreadable = |error: &crate::audio::error::AudioError| {
        Fault::new(FaultKind::NotFound, format!("could not read {}: {error}", path.display()))
            .with_hint(error.hint())
    };
    let (sound, _) = decode(&mut check::open(path)?).map_err(|error| unreadable(&error))?;
    let sound = resample(sound, request.export.sample_rate);
    let tools = kit.finisher(stop);
    let facts = Facts::of_recipe(&take.recipe, &take.title);
    let ceiling_dbtp = request.mastering.clone().unwrap_or_default().ceiling_dbtp;
    let (audio, recipe) = make_file(sound, ceiling_dbtp, request, &facts, place, &tools)?;
    super::super::finish::publish_with_sidecar(audio, recipe, &facts, place, &tools)
}
