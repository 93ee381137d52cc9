//! From what a backend gives to a finished take: master, write, tag, read back, and only then put in place.
//!
//! No date, id or path goes into the audio file, so the same request makes the same bytes. At any time the mix (or the
//! master that it becomes) is the only whole sound in memory; files are written and checked block by block.

pub mod check;
pub mod parts;
pub mod place;
pub mod sound;
pub mod write;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use crate::audio::buffer::AudioBuffer;
use crate::audio::looping::LoopInfo;
use crate::generate::backend::Generated;
use crate::model::job::{Fault, FaultKind};
use crate::model::key::Key;
use crate::model::recipe::{Maker, Outcome, RECIPE_FORMAT, Recipe};
use crate::model::request::{Format, Resolved};
use crate::model::take::Stem;
use crate::model::tempo::Metre;
use crate::model::units::db_to_gain;
use crate::store::artifact::{Existing, Staged, Workshop, same_bytes};

use place::Place;

/// What finishing works with.
pub struct Finisher<'a> {
    /// Makes the files.
    pub workshop: &'a Workshop,
    /// Set when the work is to stop.
    pub cancel: &'a Arc<AtomicBool>,
    /// How many threads it may use, at least 1.
    pub threads: usize,
    /// Told how far the work is, 0 to 1, and what is being done.
    pub report: &'a dyn Fn(f64, &str),
}

/// A finished take, before it has an id.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Title.
    pub title: String,
    /// Absolute path of the audio file.
    pub path: String,
    /// Absolute path of the sidecar.
    pub recipe_path: String,
    /// Absolute path of the MIDI file, where one was wanted and there is a score.
    pub midi_path: Option<String>,
    /// Stems, where they were wanted and the backend made some.
    pub stems: Vec<Stem>,
    /// The recipe, as in the file.
    pub recipe: Recipe,
}

impl Finisher<'_> {
    /// Ends the work if it is to stop.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Cancelled, "cancelled"));
        }
        Ok(())
    }

    fn step(&self, fraction: f64, stage: &str) -> Result<(), Fault> {
        self.check()?;
        (self.report)(fraction, stage);
        Ok(())
    }
}

/// What a recipe says beside the request and the sound.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) maker: Maker,
    pub(crate) brief: Option<crate::model::brief::Brief>,
    pub(crate) title: String,
    pub(crate) genre: Option<String>,
    pub(crate) bpm: Option<f64>,
    pub(crate) key: Option<Key>,
    pub(crate) metre: Option<Metre>,
    pub(crate) bars: Option<u32>,
    pub(crate) looped: bool,
    pub(crate) score_sha256: Option<String>,
}

/// Finishes a take. Nothing is at its place before everything is written and checked.
///
/// Errors: `Cancelled`; `Unwritable` with the file; `Internal` where a file does not read back as it was written.
/// Thread: one that may block.
pub fn finish(
    mut generated: Generated,
    request: &Resolved,
    place: &Place,
    tools: &Finisher<'_>,
) -> Result<Finished, Fault> {
    let facts = Facts::of(&generated);
    let mix_rate = generated.mix.sample_rate();
    let mix = std::mem::replace(&mut generated.mix, AudioBuffer::silence(1, 0, mix_rate));
    let mastering = sound::settle(request, &generated.mastering);
    let rate = request.export.sample_rate;
    let (workshop, cancel, threads) = (tools.workshop, tools.cancel, tools.threads);
    let stage_stems = || {
        parts::stage_stems(&generated.stems, mix_rate, request, place, workshop, cancel, threads)
    };
    let make_audio = || {
        let master = sound::polish(mix, rate, &mastering, generated.looped, tools)?;
        make_file(master, mastering.ceiling_dbtp, request, &facts, place, tools)
    };
    // Stems are what was mixed, so they need not wait for the master. At another rate each of them is whole in memory
    // for a while, and then they do wait.
    let ((audio, recipe), stems) = if mix_rate == rate {
        std::thread::scope(|scope| {
            let stems = scope.spawn(stage_stems);
            let audio = make_audio();
            let broken = |_| Fault::new(FaultKind::Internal, "writing the stems broke off");
            let stems = stems.join().map_err(broken).flatten();
            Ok::<_, Fault>((audio?, stems?))
        })?
    } else {
        let audio = make_audio()?;
        tools.step(0.9, "stems")?;
        (audio, stage_stems()?)
    };
    tools.step(0.95, "putting in place")?;
    let midi = parts::stage_midi(&generated, request, place, tools)?;
    let sidecar = parts::stage_bytes(&place.recipe, &pretty(&recipe)?, place.existing, tools)?;
    tools.check()?;
    let listed = stems
        .iter()
        .map(|(name, staged)| Stem { name: name.clone(), path: text_of(staged.target()) })
        .collect();
    let midi_path = midi.as_ref().map(|staged| text_of(staged.target()));
    // The audio file comes last: where it is, everything is.
    let mut files = stems.into_iter().map(|(_, staged)| staged).collect::<Vec<_>>();
    files.extend(midi);
    files.push(sidecar);
    files.push(audio);
    publish(files, place.existing)?;
    (tools.report)(1.0, "done");
    Ok(Finished {
        title: facts.title,
        path: text_of(&place.audio),
        recipe_path: text_of(&place.recipe),
        midi_path,
        stems: listed,
        recipe,
    })
}

/// Most times that a sound is encoded anew because its format has moved the peaks over the ceiling.
const MOST_LOWERED: u32 = 4;
/// How far below the ceiling such a sound is then aimed, in dB.
const LOWERED_BY_DB: f64 = 0.05;
/// What is measured is rounded to this, in dB.
const ROUNDING_DB: f64 = 0.005;

/// Writes a sound as a tagged file that is checked and not yet in place. A lossy format moves peaks; where they come out
/// above `ceiling_dbtp`, the sound is lowered by the excess.
pub(crate) fn make_file(
    mut sound: AudioBuffer,
    ceiling_dbtp: f64,
    request: &Resolved,
    facts: &Facts,
    place: &Place,
    tools: &Finisher<'_>,
) -> Result<(Staged, Recipe), Fault> {
    tools.step(0.6, "writing")?;
    let looping = facts.loop_info(&sound, request);
    let raw = tools.workshop.stage(&place.audio, place.existing)?;
    let mut lowered = 0;
    let measured = loop {
        let encoded = write::encode_file(&sound, request, looping.as_ref(), &raw)?;
        tools.step(0.75, "measuring")?;
        // Measured is what the file holds, not what was meant to go in.
        let measured =
            check::measure_as(raw.temporary(), sound.channel_count(), sound.sample_rate())?;
        if measured.audio_sha256 != encoded.audio_sha256 || measured.frames != encoded.frames {
            return Err(misread(&place.audio, "its sound is not what was written"));
        }
        let excess = measured.true_peak_dbtp.map_or(0.0, |peak| peak + ROUNDING_DB - ceiling_dbtp);
        if request.export.format != Format::Mp3 || excess <= 0.0 || lowered == MOST_LOWERED {
            break measured;
        }
        lowered += 1;
        let gain = db_to_gain(-(excess + LOWERED_BY_DB)) as f32;
        sound.channels_mut().flatten().for_each(|sample| *sample *= gain);
    };
    drop(sound);
    let recipe = Recipe {
        format: RECIPE_FORMAT,
        timbre: env!("CARGO_PKG_VERSION").to_owned(),
        target: target(),
        request: request.clone(),
        backend: facts.maker.clone(),
        brief: facts.brief.clone(),
        outcome: facts.outcome(&measured),
    };
    let tagged = write::tag_file(&raw, &recipe, facts, place, looping.as_ref(), tools)?;
    drop(raw);
    tools.step(0.85, "checking")?;
    check::verify(tagged.temporary(), &recipe).map_err(|what| misread(&place.audio, &what))?;
    Ok((tagged, recipe))
}

impl Facts {
    fn of(generated: &Generated) -> Self {
        let score_sha256 = generated
            .score
            .as_ref()
            .and_then(|score| serde_json::to_vec(score).ok())
            .map(|json| check::hex(&Sha256::digest(json)));
        Self {
            maker: generated.maker.clone(),
            brief: generated.brief.clone(),
            title: generated.title.clone(),
            genre: generated.genre.clone(),
            bpm: generated.tempo.as_ref().map(|tempo| tempo.bpm_at(0.0).get()),
            key: generated.key,
            metre: generated.metre,
            bars: generated.bars,
            looped: generated.looped,
            score_sha256,
        }
    }

    /// What an existing take says, for a file that is made from it.
    pub(crate) fn of_recipe(recipe: &Recipe, title: &str) -> Self {
        let outcome = &recipe.outcome;
        Self {
            maker: recipe.backend.clone(),
            brief: recipe.brief.clone(),
            title: title.to_owned(),
            genre: recipe.brief.as_ref().and_then(|brief| brief.genres.first().cloned()),
            bpm: outcome.bpm,
            key: outcome.key,
            metre: outcome.metre,
            bars: outcome.bars,
            looped: outcome.looped,
            score_sha256: outcome.score_sha256.clone(),
        }
    }

    fn outcome(&self, measured: &check::Measured) -> Outcome {
        Outcome {
            bpm: self.bpm,
            key: self.key,
            metre: self.metre,
            bars: self.bars,
            duration_s: measured.duration_s,
            frames: measured.frames,
            sample_rate: measured.sample_rate,
            channels: measured.channels,
            lufs: measured.lufs,
            true_peak_dbtp: measured.true_peak_dbtp,
            looped: self.looped,
            score_sha256: self.score_sha256.clone(),
            audio_sha256: measured.audio_sha256.to_string(),
        }
    }

    /// Loop points over the whole sound, where it loops and the format has a place for them.
    fn loop_info(&self, sound: &AudioBuffer, request: &Resolved) -> Option<LoopInfo> {
        if !self.looped || request.export.format != Format::Wav {
            return None;
        }
        let metre = self.metre.unwrap_or(Metre::FOUR_FOUR);
        let bpm = self.bpm?;
        let beats = match self.bars {
            Some(bars) => f64::from(bars) * metre.bar_beats(),
            None => sound.seconds() * bpm / 60.0,
        };
        Some(LoopInfo {
            start: 0,
            end: u32::try_from(sound.frames()).ok()?,
            // Middle C's octave holds the tonic.
            root_note: self.key.map(|key| 60 + key.tonic),
            bpm: bpm as f32,
            beats: beats.round() as u32,
            metre,
            one_shot: false,
        })
    }
}

/// Gives all files their names, or none: what was already in place is taken back if a later one fails.
pub(crate) fn publish(files: Vec<Staged>, existing: Existing) -> Result<(), Fault> {
    let mut done: Vec<std::path::PathBuf> = Vec::new();
    for file in files {
        let target = file.target().to_owned();
        if let Err(error) = file.publish(existing) {
            if existing == Existing::Keep {
                // With this rule each of them is new, so nothing of the user's is removed.
                for path in &done {
                    let _ = std::fs::remove_file(path);
                }
            }
            return Err(error.into());
        }
        done.push(target);
    }
    Ok(())
}

fn misread(path: &Path, what: &str) -> Fault {
    Fault::new(
        FaultKind::Internal,
        format!("{} did not read back as written: {what}", path.display()),
    )
    .with_hint("check the disk, then try again; nothing was kept")
}

fn pretty(recipe: &Recipe) -> Result<Vec<u8>, Fault> {
    let mut text = serde_json::to_vec_pretty(recipe).map_err(|error| {
        Fault::new(FaultKind::Internal, format!("the recipe could not be written: {error}"))
    })?;
    text.push(b'\n');
    Ok(text)
}

/// Paths leave as text; what is not Unicode in them is shown with replacement characters.
fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// What this program was built for: processor (with its level, docs/adr/0008), system and C library, which decide the
/// last bits of a sound.
pub fn target() -> String {
    let library = if cfg!(target_env = "gnu") {
        "-gnu"
    } else if cfg!(target_env = "musl") {
        "-musl"
    } else if cfg!(target_env = "msvc") {
        "-msvc"
    } else {
        ""
    };
    let level = if cfg!(all(target_arch = "x86_64", target_feature = "avx2")) { "_v3" } else { "" };
    format!("{}{level}-{}{library}", std::env::consts::ARCH, std::env::consts::OS)
}

/// Puts a file that [`make_file`] made in place, with its sidecar.
pub(crate) fn publish_with_sidecar(
    audio: Staged,
    recipe: Recipe,
    facts: &Facts,
    place: &Place,
    tools: &Finisher<'_>,
) -> Result<Finished, Fault> {
    let sidecar = parts::stage_bytes(&place.recipe, &pretty(&recipe)?, place.existing, tools)?;
    publish(vec![sidecar, audio], place.existing)?;
    Ok(Finished {
        title: facts.title.clone(),
        path: text_of(&place.audio),
        recipe_path: text_of(&place.recipe),
        midi_path: None,
        stems: Vec::new(),
        recipe,
    })
}

/// Copies a finished audio file and its sidecar to where they are to stay.
pub(crate) fn keep(from: &Place, to: &Place, workshop: &Workshop) -> Result<(), Fault> {
    let mut files = Vec::new();
    for (from, to_path) in [(&from.recipe, &to.recipe), (&from.audio, &to.audio)] {
        let staged = workshop.stage(to_path, to.existing)?;
        std::fs::copy(from, staged.temporary())
            .map_err(|error| crate::store::StoreError::file("could not write", to_path, error))?;
        let same = same_bytes(from, staged.temporary())
            .map_err(|error| crate::store::StoreError::file("could not read", to_path, error))?;
        if !same {
            return Err(misread(to_path, "it holds other bytes"));
        }
        files.push(staged);
    }
    publish(files, to.existing)
}
