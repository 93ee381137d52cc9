//! The parts of a take as files: its stems where they were written, else the recipe rendered again into a folder of the state,
//! which is bounded. And how loud they are together: measured through the limiter that will hold them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::audio::buffer::AudioBuffer;
use crate::audio::encode::float_header;
use crate::audio::loudness::LoudnessMeter;
use crate::dsp::limiter::Limiter;
use crate::generate::backend::{StemFile, Watch};
use crate::model::job::{Fault, FaultKind};
use crate::model::recipe::Recipe;
use crate::model::take::Stem;
use crate::model::units::db_to_gain;

use super::super::render::generate;
use super::super::stage::parts::{Makeup, PartFile};
use super::{Kit, new_id, score};

/// Bytes of rendered parts that are kept: some fifteen takes of three minutes.
const KEPT_BYTES: u64 = 4 << 30;
/// Bytes of a frame in a raw stem: two 32-bit floats.
const FRAME_BYTES: u64 = 8;
/// Highest true peak of the parts together, dBTP.
const CEILING_DB: f64 = -1.0;
/// What the limiter of a graph looks ahead and takes to let go, in seconds.
const LIMITER_S: (f32, f32) = (0.002, 0.06);
/// The loudness is looked for until it is this near, in LU.
const NEAR_LU: f64 = 0.05;
/// Most runs of the limiter over the whole.
const MOST_RUNS: u32 = 4;

/// Where the parts of a take are. Renders them where they are nowhere. Thread: one that may block, for seconds.
pub(super) fn find(
    kit: &Kit,
    stems: &[Stem],
    recipe: Option<&Recipe>,
    stop: &Arc<AtomicBool>,
) -> Result<Vec<PartFile>, Fault> {
    if !stems.is_empty() && stems.iter().all(|stem| Path::new(&stem.path).is_file()) {
        let part = |stem: &Stem| PartFile { name: stem.name.clone(), path: stem.path.clone() };
        return Ok(stems.iter().map(part).collect());
    }
    let Some(recipe) = recipe else {
        return Err(Fault::new(FaultKind::Invalid, "nothing is known of the parts of this file")
            .with_hint("play a take, or a file that Timbre made"));
    };
    let shelf = kit.options.state_dir.join("parts");
    let folder = shelf.join(&recipe.outcome.audio_sha256);
    let parts = match listed(&folder) {
        Some(parts) => parts,
        None => {
            render(kit, recipe, &shelf, &folder, stop)?;
            listed(&folder).ok_or_else(|| {
                Fault::new(
                    FaultKind::Unwritable,
                    format!("the parts in {} are gone", folder.display()),
                )
                .with_hint("check the free space of the state folder and try again")
            })?
        }
    };
    // Who was used last goes last. If the clock of the folder can't be set, an earlier one may go.
    if let Ok(own) = File::open(&folder) {
        let _ = own.set_modified(std::time::SystemTime::now());
    }
    sweep(&shelf, &folder);
    Ok(parts)
}

/// The parts in a folder that is whole, in order.
fn listed(folder: &Path) -> Option<Vec<PartFile>> {
    let mut names = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect::<Vec<_>>();
    names.sort();
    let part = |name: &String| {
        // `03-bass.wav`
        let part = name.strip_suffix(".wav")?.split_once('-')?.1.to_owned();
        let path = folder.join(name).to_string_lossy().into_owned();
        Some(PartFile { name: part, path })
    };
    let parts = names.iter().filter_map(part).collect::<Vec<_>>();
    (!parts.is_empty()).then_some(parts)
}

/// Renders a recipe with its stems into a folder, which appears whole.
fn render(
    kit: &Kit,
    recipe: &Recipe,
    shelf: &Path,
    folder: &Path,
    stop: &Arc<AtomicBool>,
) -> Result<(), Fault> {
    let backend = kit.backend(&recipe.request.backend)?;
    // Refuses a recipe that has become another song meanwhile.
    score::recompose(backend.as_ref(), recipe)?;
    let scratch = kit.scratch(&new_id())?;
    let mut request = recipe.request.clone();
    request.export.stems = true;
    let watch = Watch::new(stop.clone(), &|_| {}, scratch.path.clone(), kit.options.threads, true);
    let generated = generate(backend.as_ref(), &request, &watch)?;
    if generated.stems.is_empty() {
        return Err(Fault::new(
            FaultKind::Invalid,
            format!("the backend {} makes the whole at once and no parts", recipe.backend.id),
        )
        .with_hint("play the take as a whole"));
    }
    let hidden = shelf.join(format!(".{}", new_id()));
    let failed = |path: &Path, error: &io::Error| {
        Fault::new(FaultKind::Unwritable, format!("could not write {}: {error}", path.display()))
            .with_hint("check the free space and the permissions of the state folder")
    };
    fs::create_dir_all(&hidden).map_err(|error| failed(&hidden, &error))?;
    let made = generated.stems.iter().enumerate().try_for_each(|(index, stem)| {
        let path = hidden.join(format!("{:02}-{}.wav", index + 1, plain(&stem.name)));
        copy(stem, &generated.mix, &path).map_err(|error| failed(&path, &error))
    });
    let placed = made.and_then(|()| match fs::rename(&hidden, folder) {
        // Somebody else has made the same meanwhile.
        Err(_) if listed(folder).is_some() => Ok(()),
        outcome => outcome.map_err(|error| failed(folder, &error)),
    });
    if hidden.exists() {
        // What can't be removed is swept later.
        let _ = fs::remove_dir_all(&hidden);
    }
    placed
}

/// A name that any file system takes.
fn plain(name: &str) -> String {
    let usable = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    name.chars().take(40).map(usable).collect()
}

/// Puts a header before a raw stem.
fn copy(stem: &StemFile, mix: &AudioBuffer, path: &Path) -> io::Result<()> {
    let mut raw = File::open(&stem.path)?;
    let frames = raw.metadata()?.len() / FRAME_BYTES;
    let header = float_header(2, mix.sample_rate(), frames).map_err(io::Error::other)?;
    let mut out = File::create(path)?;
    out.write_all(&header)?;
    io::copy(&mut raw, &mut out)?;
    Ok(())
}

/// Forgets the parts that were used longest ago, until the rest is small enough. The folder that is used now stays.
fn sweep(shelf: &Path, used: &Path) {
    let Ok(entries) = fs::read_dir(shelf) else { return };
    let size = |folder: &Path| {
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        files.filter_map(|file| Some(file.metadata().ok()?.len())).sum::<u64>()
    };
    let mut folders = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let changed = entry.metadata().ok()?.modified().ok()?;
            Some((changed, entry.path()))
        })
        .map(|(changed, path)| (changed, size(&path), path))
        .collect::<Vec<(_, u64, PathBuf)>>();
    folders.sort();
    let mut kept = folders.iter().map(|(_, bytes, _)| bytes).sum::<u64>();
    for (_, bytes, path) in folders.iter().filter(|(_, _, path)| path != used) {
        if kept <= KEPT_BYTES {
            return;
        }
        match fs::remove_dir_all(path) {
            Ok(()) => kept -= bytes,
            Err(error) => tracing::warn!("could not remove {}: {error}", path.display()),
        }
    }
}

/// By how much all parts are raised so that their sum, behind the limiter, has a loudness. All sounds have one sample rate.
/// Thread: one that may block; a second for some minutes of music.
pub(super) fn make_up(
    sounds: &[Arc<AudioBuffer>],
    wanted_lufs: Option<f64>,
    stop: &AtomicBool,
) -> Result<Makeup, Fault> {
    let unmeasured =
        Makeup { gain_db: 0.0, ceiling_db: CEILING_DB, wanted_lufs, reached_lufs: None };
    let Some(sum) = summed(sounds) else { return Ok(unmeasured) };
    let (Some(wanted), Some(own)) = (wanted_lufs, loudness(&sum)?) else { return Ok(unmeasured) };
    let mut gain_db = wanted - own;
    let mut reached = wanted;
    let peak = sum.channels().iter().flatten().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    for _ in 0..MOST_RUNS {
        if stop.load(Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Cancelled, "cancelled"));
        }
        // Well below the ceiling the limiter does nothing, so there is nothing to look for.
        if f64::from(peak) * db_to_gain(gain_db) < db_to_gain(CEILING_DB - 6.0) {
            break;
        }
        let Some(heard) = loudness(&limited(&sum, gain_db))? else { return Ok(unmeasured) };
        reached = heard;
        if (wanted - heard).abs() <= NEAR_LU {
            break;
        }
        gain_db += wanted - heard;
    }
    Ok(Makeup { gain_db, reached_lufs: Some(reached), ..unmeasured })
}

fn loudness(sound: &AudioBuffer) -> Result<Option<f64>, Fault> {
    let failed = |error: crate::audio::error::AudioError| {
        Fault::new(FaultKind::Internal, format!("the parts can't be measured: {error}"))
            .with_hint(error.hint())
    };
    let planes = sound.channels().iter().map(Vec::as_slice).collect::<Vec<_>>();
    let mut meter = LoudnessMeter::new(planes.len(), sound.sample_rate()).map_err(failed)?;
    meter.add(&planes).map_err(failed)?;
    Ok(meter.finish().integrated)
}

/// All sounds together, as stereo.
fn summed(sounds: &[Arc<AudioBuffer>]) -> Option<AudioBuffer> {
    let rate = sounds.first()?.sample_rate();
    let frames = sounds.iter().map(|sound| sound.frames()).max()?;
    let mut sides = [vec![0.0_f32; frames], vec![0.0_f32; frames]];
    for sound in sounds.iter().filter(|sound| sound.sample_rate() == rate) {
        for (index, side) in sides.iter_mut().enumerate() {
            side.iter_mut().zip(sound.channel(index)).for_each(|(sum, x)| *sum += x);
        }
    }
    Some(AudioBuffer::from_planar(sides.into(), rate))
}

/// A sound raised and held under the ceiling, as the graph does it.
fn limited(sound: &AudioBuffer, gain_db: f64) -> AudioBuffer {
    let (lookahead, release) = LIMITER_S;
    let rate = sound.sample_rate();
    let ceiling = db_to_gain(CEILING_DB) as f32;
    let mut limiter = Limiter::new(ceiling, lookahead, release, rate.as_f64() as f32);
    let gain = db_to_gain(gain_db) as f32;
    let raised = |index: usize| sound.channel(index).iter().map(|x| x * gain).collect::<Vec<_>>();
    let (mut left, mut right) = (raised(0), raised(1));
    limiter.process(&mut left, &mut right);
    AudioBuffer::from_planar(vec![left, right], rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;

    /// Noise with beats in it, so that the limiter has something to do.
    fn part(seed: u32, level: f32) -> Arc<AudioBuffer> {
        let mut state = seed;
        let wave = (0..48_000 * 6).map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let beat = 1.0 - (i % 24_000) as f32 / 24_000.0;
            ((state >> 8) as f32 / 8_388_608.0 - 1.0) * level * beat * beat * beat
        });
        let wave = wave.collect::<Vec<_>>();
        Arc::new(AudioBuffer::from_planar(vec![wave.clone(), wave], SampleRate::HZ_48000))
    }

    #[test]
    fn the_parts_together_land_on_the_takes_loudness() {
        let parts = [part(1, 0.2), part(2, 0.3)];
        for wanted in [-30.0, -16.0, -11.0] {
            let makeup = make_up(&parts, Some(wanted), &AtomicBool::new(false)).unwrap();
            let heard = limited(&summed(&parts).unwrap(), makeup.gain_db);
            let heard = loudness(&heard).unwrap().unwrap();
            assert!((heard - wanted).abs() < 0.2, "{heard} for {wanted}, {makeup:?}");
            assert!(makeup.reached_lufs.is_some_and(|reached| (reached - heard).abs() < 0.2));
        }
        let unknown = make_up(&parts, None, &AtomicBool::new(false)).unwrap();
        assert_eq!((unknown.gain_db, unknown.reached_lufs), (0.0, None));
        let fault = make_up(&parts, Some(-11.0), &AtomicBool::new(true)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Cancelled);
    }

    #[test]
    fn old_parts_make_room_and_names_are_read_back() {
        let shelf = tempfile::tempdir().unwrap();
        let folder = shelf.path().join("a");
        fs::create_dir(&folder).unwrap();
        for name in ["02-bass.wav", "01-drums.wav", "notes.txt"] {
            fs::write(folder.join(name), b"x").unwrap();
        }
        let names = listed(&folder).unwrap().into_iter().map(|part| part.name);
        assert_eq!(names.collect::<Vec<_>>(), ["drums", "bass"]);
        assert_eq!(listed(&shelf.path().join("b")), None);
        // A file of more bytes than are kept, without any on the disk.
        let large = shelf.path().join("large");
        fs::create_dir(&large).unwrap();
        File::create(large.join("01-x.wav")).unwrap().set_len(KEPT_BYTES).unwrap();
        sweep(shelf.path(), &folder);
        assert!(folder.exists() && !large.exists());
        assert_eq!(plain("hall / 2"), "hall---2");
    }
}
