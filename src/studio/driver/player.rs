//! `player/open` and `player/compare`, the first half: finds, reads and measures the recordings, so that the stage gets a plan
//! that can't fail for them. And `player/verdict`, which asks the stage and the library in turn.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::audio::buffer::AudioBuffer;
use crate::audio::tags::{TagSet, read_tags};
use crate::engine::assets::Assets;
use crate::model::id;
use crate::model::job::{Fault, FaultKind};
use crate::model::recipe::Recipe;
use crate::model::take::Take;
use crate::protocol::listen::{PlayerVerdictParams, Verdict};
use crate::store::library::Table;
use crate::util::text;

use super::super::finish::check::open as open_file;
use super::super::stage::comparison::{self, Contender};
use super::super::stage::parts::Time;
use super::super::stage::playlist::{Playlist, Recording, Wish, plan};
use super::super::stage::{self, StageCall};
use super::task::blocking;
use super::{Kit, parts, score};

/// Longest playlist in seconds: its recordings are held in memory, 23 MB for a minute at 48 kHz.
const LONGEST_S: f64 = 3.0 * 3_600.0;
/// Longest title that is shown, in columns.
const LONGEST_TITLE: usize = 120;

/// Reads the recordings and has the stage play them.
pub(super) async fn open(
    kit: &Arc<Kit>,
    sources: &[String],
    wish: Box<Wish>,
    start: bool,
    stop: Arc<AtomicBool>,
) -> Result<Value, Fault> {
    let found = find_all(kit, sources).await?;
    let (own, count_in_bars) = (kit.clone(), wish.count_in_bars);
    // The sounds are held until the stage has its own hold on them, so that none is read twice.
    let (playlist, _sounds) = blocking(move || {
        if let (true, [one]) = (wish.parts, found.as_slice()) {
            return plan_parts(&own, one, &wish, &stop);
        }
        let assets = own.stage.setup().assets.clone();
        let (mut recordings, mut sounds) = (Vec::new(), Vec::new());
        let mut total_s = 0.0;
        for (path, take) in found {
            check(&stop)?;
            let sound = read(assets.as_ref(), &path)?;
            add_length(&mut total_s, &sound)?;
            recordings.push(describe(path, take.as_ref(), sound.seconds()).recording);
            sounds.push(sound);
        }
        Ok((plan(&recordings, &wish)?, sounds))
    })
    .await?;
    kit.stage
        .call(StageCall::OpenPlayer { playlist: Box::new(playlist), count_in_bars, start })
        .await
}

/// A take by its parts.
fn plan_parts(
    kit: &Kit,
    (path, take): &(String, Option<Take>),
    wish: &Wish,
    stop: &Arc<AtomicBool>,
) -> Result<(Playlist, Vec<Arc<AudioBuffer>>), Fault> {
    let assets = kit.stage.setup().assets.clone();
    let whole = kit.curves.of(assets.as_ref(), path)?;
    let Described { recording, recipe } =
        describe(path.clone(), take.as_ref(), whole.sound().seconds());
    let stems = take.as_ref().map_or(&[][..], |take| take.stems.as_slice());
    let files = parts::find(kit, stems, recipe.as_ref(), stop)?;
    let (mut sounds, mut total_s) = (Vec::new(), 0.0);
    for file in &files {
        check(stop)?;
        let sound = read(assets.as_ref(), &file.path)?;
        add_length(&mut total_s, &sound)?;
        sounds.push(sound);
    }
    let known = recipe.as_ref().and_then(|recipe| recipe.outcome.lufs);
    let wanted = match known {
        Some(lufs) => Some(lufs),
        None => whole.loudness()?.integrated,
    };
    let makeup = parts::make_up(&sounds, wanted, stop)?;
    // Without a score the tempo and the metre that the recipe knows will do.
    let score = recipe.and_then(|recipe| {
        let backend = kit.backend(&recipe.request.backend).ok()?;
        score::recompose(backend.as_ref(), &recipe).ok()?
    });
    let time = score.map(|score| Time { tempo: score.tempo, metre: score.metre });
    Ok((stage::parts::plan(&recording, &files, &makeup, time.as_ref(), wish)?, sounds))
}

/// Takes side by side. `blind` is the seed of their order, where names are kept back.
pub(super) async fn compare(
    kit: &Arc<Kit>,
    sources: &[String],
    wish: Box<Wish>,
    blind: Option<u64>,
    start: bool,
    stop: Arc<AtomicBool>,
) -> Result<Value, Fault> {
    let found = find_all(kit, sources).await?;
    let own = kit.clone();
    let (playlist, _sounds) = blocking(move || {
        let assets = own.stage.setup().assets.clone();
        let (mut contenders, mut sounds) = (Vec::new(), Vec::new());
        let mut total_s = 0.0;
        // Read in the order in which they were named, so that not even a file that is gone tells what was drawn.
        for (path, take) in found {
            check(&stop)?;
            let measured = own.curves.of(assets.as_ref(), &path)?;
            let sound = measured.sound().clone();
            add_length(&mut total_s, &sound)?;
            let lufs = measured.loudness()?.integrated;
            let recording = describe(path, take.as_ref(), sound.seconds()).recording;
            contenders.push(Contender { recording, lufs });
            sounds.push(sound);
        }
        if let Some(seed) = blind {
            let order = comparison::draw_order(contenders.len(), seed);
            let drawn = order.into_iter().filter_map(|place| contenders.get(place).cloned());
            contenders = drawn.collect();
        }
        Ok((comparison::plan(&contenders, &wish, blind.is_some())?, sounds))
    })
    .await?;
    let playlist = Box::new(playlist);
    kit.stage.call(StageCall::OpenPlayer { playlist, count_in_bars: 0, start }).await
}

/// Keeps a verdict, and then has the stage tell the names.
pub(super) async fn verdict(
    kit: &Kit,
    params: PlayerVerdictParams,
    created_at: f64,
) -> Result<Value, Fault> {
    let weighed = kit.stage.call(StageCall::Weigh { params, created_at }).await?;
    let verdict = serde_json::from_value::<Verdict>(weighed).map_err(|error| {
        Fault::new(FaultKind::Internal, format!("the verdict could not be read: {error}"))
    })?;
    kit.library.add_verdict(&verdict).await?;
    kit.stage.call(StageCall::Decide(Box::new(verdict))).await
}

fn check(stop: &AtomicBool) -> Result<(), Fault> {
    match stop.load(Ordering::Relaxed) {
        true => Err(Fault::new(FaultKind::Cancelled, "cancelled")),
        false => Ok(()),
    }
}

/// Adds a sound to all that is held in memory.
fn add_length(total_s: &mut f64, sound: &AudioBuffer) -> Result<(), Fault> {
    *total_s += sound.seconds();
    if *total_s > LONGEST_S {
        return Err(Fault::new(
            FaultKind::Invalid,
            format!("the recordings are longer than {LONGEST_S:.0} s together"),
        )
        .with_hint("play fewer at a time"));
    }
    Ok(())
}

async fn find_all(kit: &Kit, sources: &[String]) -> Result<Vec<(String, Option<Take>)>, Fault> {
    let mut found = Vec::with_capacity(sources.len());
    for source in sources {
        found.push(find(kit, source).await?);
    }
    Ok(found)
}

/// A path, and the take that it belongs to.
pub(super) async fn find(kit: &Kit, source: &str) -> Result<(String, Option<Take>), Fault> {
    if Path::new(source).is_absolute() {
        return Ok((source.to_owned(), kit.library.take_at(source).await?));
    }
    if !id::is_id_like(source) {
        let shown = text::fit(&text::one_line(source), 80);
        return Err(Fault::new(
            FaultKind::NotFound,
            format!("there is no take and no file '{shown}'"),
        )
        .with_hint("name a take by its id (timbre ls lists them), or a file by its whole path"));
    }
    let id = kit.library.find_id(Table::Takes, source).await?;
    let take = kit.library.take(&id).await?;
    Ok((take.path.clone(), Some(take)))
}

/// Reads a recording. Errors: `NotFound` where it is gone or can't be read, `Invalid` where it holds no sound.
pub(super) fn read(assets: &dyn Assets, path: &str) -> Result<Arc<AudioBuffer>, Fault> {
    let sound = assets.sound(path).map_err(|error| {
        Fault::new(FaultKind::NotFound, format!("could not read {}: {}", error.name, error.problem))
            .with_hint(error.hint)
    })?;
    if sound.frames() == 0 {
        let name = text::one_line(path);
        return Err(Fault::new(FaultKind::Invalid, format!("{name} holds no sound"))
            .with_hint("play another file"));
    }
    Ok(sound)
}

/// A recording, and the recipe that it was made by, where that is known.
struct Described {
    recording: Recording,
    recipe: Option<Recipe>,
}

/// What is known of a recording: from the library, from its own recipe, or from its tags, in this order.
fn describe(path: String, take: Option<&Take>, seconds: f64) -> Described {
    // Broken tags of another program's do not keep the sound from being played.
    let tags = match take {
        Some(_) => TagSet::default(),
        None => open_file(Path::new(&path))
            .ok()
            .and_then(|mut reader| read_tags(&mut reader).ok())
            .unwrap_or_default(),
    };
    let own =
        tags.recipe_json.as_deref().and_then(|json| serde_json::from_str::<Recipe>(json).ok());
    let recipe = take.map(|take| take.recipe.clone()).or(own);
    let outcome = recipe.as_ref().map(|recipe| &recipe.outcome);
    let stem = || Path::new(&path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let title = take.map(|take| take.title.clone()).or(tags.title).or_else(stem);
    let bpm = outcome.and_then(|outcome| outcome.bpm).or(tags.bpm);
    let recording = Recording {
        title: text::fit(&text::one_line(&title.unwrap_or_default()), LONGEST_TITLE),
        take_id: take.map(|take| take.id.clone()),
        seconds,
        bpm: bpm.filter(|bpm| (20.0..=400.0).contains(bpm)),
        key: outcome
            .and_then(|outcome| outcome.key)
            .or_else(|| tags.key.as_deref().and_then(|key| key.parse().ok())),
        metre: outcome.and_then(|outcome| outcome.metre),
        path,
    };
    Described { recording, recipe }
}
