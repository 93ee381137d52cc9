//! `player/open`, the first half: finds and reads the recordings, so that the stage gets a plan that can't fail for them.

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
use crate::store::library::Table;
use crate::util::text;

use super::super::finish::check;
use super::super::stage::StageCall;
use super::super::stage::playlist::{Recording, Wish, plan};
use super::Kit;
use super::task::blocking;

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
    let mut found = Vec::with_capacity(sources.len());
    for source in sources {
        found.push(find(kit, source).await?);
    }
    let assets = kit.stage.setup().assets.clone();
    let count_in_bars = wish.count_in_bars;
    // The sounds are held until the stage has its own hold on them, so that none is read twice.
    let (playlist, _sounds) = blocking(move || {
        let (mut recordings, mut sounds) = (Vec::new(), Vec::new());
        let mut total_s = 0.0;
        for (path, take) in found {
            if stop.load(Ordering::Relaxed) {
                return Err(Fault::new(FaultKind::Cancelled, "cancelled"));
            }
            let sound = read(assets.as_ref(), &path)?;
            total_s += sound.seconds();
            if total_s > LONGEST_S {
                return Err(Fault::new(
                    FaultKind::Invalid,
                    format!("the recordings are longer than {LONGEST_S:.0} s together"),
                )
                .with_hint("play fewer at a time"));
            }
            recordings.push(describe(path, take.as_ref(), sound.seconds()));
            sounds.push(sound);
        }
        Ok((plan(&recordings, &wish)?, sounds))
    })
    .await?;
    kit.stage
        .call(StageCall::OpenPlayer { playlist: Box::new(playlist), count_in_bars, start })
        .await
}

/// A path, and the take that it belongs to.
async fn find(kit: &Kit, source: &str) -> Result<(String, Option<Take>), Fault> {
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

fn read(assets: &dyn Assets, path: &str) -> Result<Arc<AudioBuffer>, Fault> {
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

/// What is known of a recording: from the library, from its own recipe, or from its tags, in this order.
fn describe(path: String, take: Option<&Take>, seconds: f64) -> Recording {
    // Broken tags of another program's do not keep the sound from being played.
    let tags = match take {
        Some(_) => TagSet::default(),
        None => check::open(Path::new(&path))
            .ok()
            .and_then(|mut reader| read_tags(&mut reader).ok())
            .unwrap_or_default(),
    };
    let own =
        tags.recipe_json.as_deref().and_then(|json| serde_json::from_str::<Recipe>(json).ok());
    let outcome = take.map(|take| &take.recipe).or(own.as_ref()).map(|r| &r.outcome);
    let stem = || Path::new(&path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let title = take.map(|take| take.title.clone()).or(tags.title).or_else(stem);
    let bpm = outcome.and_then(|outcome| outcome.bpm).or(tags.bpm);
    Recording {
        title: text::fit(&text::one_line(&title.unwrap_or_default()), LONGEST_TITLE),
        take_id: take.map(|take| take.id.clone()),
        seconds,
        bpm: bpm.filter(|bpm| (20.0..=400.0).contains(bpm)),
        key: outcome
            .and_then(|outcome| outcome.key)
            .or_else(|| tags.key.as_deref().and_then(|key| key.parse().ok())),
        metre: outcome.and_then(|outcome| outcome.metre),
        path,
    }
}
