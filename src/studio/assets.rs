//! Sound, SoundFonts and recordings as files: what the engine's [`Assets`] are in a studio.
//!
//! A name is a path: an absolute one, or one inside the music folder. A relative name never leaves that folder, neither by
//! `..` nor by a link. What was opened stays in memory while somebody uses it, and the latest sounds a little longer, so
//! that a graph that is edited does not read its files again. Decoding happens on the calling thread; recording has a thread
//! of its own for each file. Thread: control.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use rustysynth::SoundFont;

use crate::audio::buffer::AudioBuffer;
use crate::audio::decode::foreign::decode_any;
use crate::engine::assets::{AssetError, Assets, Take};
use crate::model::units::SampleRate;
use crate::util::text::one_line;

mod recording;
mod sound_font;

/// Sounds that are kept although nobody uses them, in bytes: some ten minutes of stereo.
const KEPT_BYTES: usize = 256 << 20;

/// Largest SoundFont that is read; the library holds all of it in memory.
const MAX_FONT_BYTES: u64 = 2 << 30;

/// The assets of a studio.
#[derive(Debug)]
pub struct Files {
    music_dir: PathBuf,
    shelf: Mutex<Shelf>,
}

/// What was opened before.
#[derive(Debug, Default)]
struct Shelf {
    sounds: Vec<(Stamp, Weak<AudioBuffer>)>,
    fonts: Vec<(Stamp, Weak<SoundFont>)>,
    /// The latest sounds, newest last.
    kept: VecDeque<Arc<AudioBuffer>>,
}

/// A file as it was when it was opened.
#[derive(Debug, Clone, PartialEq)]
struct Stamp {
    path: PathBuf,
    bytes: u64,
    changed: Option<SystemTime>,
}

impl Files {
    /// Relative names are looked for in `music_dir`, which need not be there yet.
    pub fn new(music_dir: impl Into<PathBuf>) -> Self {
        Self { music_dir: music_dir.into(), shelf: Mutex::default() }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // A shelf is a cache of whole entries: whoever panicked beside it left nothing half done.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The path that a name means, without looking whether it is there.
    fn path(&self, name: &str) -> Result<PathBuf, AssetError> {
        let path = Path::new(name);
        if path.as_os_str().is_empty() {
            return Err(refusal(name, "it has no name", "Give the path of a file."));
        }
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if !path.components().all(plain) {
            let problem = "a name in the music folder can't lead out of it";
            return Err(refusal(
                name,
                problem,
                "Leave out `..`, or give the whole path from `/` on.",
            ));
        }
        Ok(self.music_dir.join(path))
    }

    /// Refuses a new file in a folder that is a link out of the music folder.
    fn stay_inside(&self, name: &str, path: &Path) -> Result<(), AssetError> {
        // What is not there yet will be made inside of what is.
        let real = |path: &Path| path.ancestors().find_map(|folder| fs::canonicalize(folder).ok());
        let Some(home) = fs::canonicalize(&self.music_dir).ok() else { return Ok(()) };
        match path.parent().and_then(real) {
            Some(folder) if !folder.starts_with(&home) => {
                let problem = "its folder is a link that leads out of the music folder";
                Err(refusal(name, problem, "Give the whole path from `/` on."))
            }
            _ => Ok(()),
        }
    }

    /// The file that a name means.
    fn find(&self, name: &str) -> Result<Stamp, AssetError> {
        let path = self.path(name)?;
        let failed = |error: &std::io::Error| {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound => format!(
                    "Check the name; relative names are looked for in {}.",
                    one_line(&self.music_dir.to_string_lossy())
                ),
                _ => "Check that it is a file that you may read.".to_owned(),
            };
            refusal(name, &error.to_string(), &hint)
        };
        let real = fs::canonicalize(&path).map_err(|error| failed(&error))?;
        if !Path::new(name).is_absolute() {
            let home = fs::canonicalize(&self.music_dir).map_err(|error| failed(&error))?;
            if !real.starts_with(&home) {
                let problem = "it is a link that leads out of the music folder";
                return Err(refusal(
                    name,
                    problem,
                    "Give the whole path of the file that it leads to.",
                ));
            }
        }
        let about = fs::metadata(&real).map_err(|error| failed(&error))?;
        if !about.is_file() {
            return Err(refusal(
                name,
                "it is not a file",
                "Give the path of a file, not of a folder.",
            ));
        }
        Ok(Stamp { path: real, bytes: about.len(), changed: about.modified().ok() })
    }
}

impl Assets for Files {
    fn sound(&self, name: &str) -> Result<Arc<AudioBuffer>, AssetError> {
        let stamp = self.find(name)?;
        if let Some(sound) = known(&mut self.shelf().sounds, &stamp) {
            return Ok(sound);
        }
        let file = File::open(&stamp.path).map_err(|error| {
            refusal(name, &error.to_string(), "Check that you may read the file.")
        })?;
        let recording = decode_any(BufReader::new(file))
            .map_err(|error| refusal(name, &error.to_string(), error.hint()))?;
        if let Some(note) = &recording.note {
            tracing::warn!(file = %one_line(name), note, "a sound file is not whole");
        }
        let sound = Arc::new(recording.sound);
        let mut shelf = self.shelf();
        shelf.sounds.push((stamp, Arc::downgrade(&sound)));
        shelf.keep(&sound);
        Ok(sound)
    }

    fn sound_font(&self, name: &str) -> Result<Arc<SoundFont>, AssetError> {
        let stamp = self.find(name)?;
        if let Some(font) = known(&mut self.shelf().fonts, &stamp) {
            return Ok(font);
        }
        if stamp.bytes > MAX_FONT_BYTES {
            let problem = "it is larger than 2 GB";
            return Err(refusal(
                name,
                problem,
                "Choose a smaller SoundFont; all of it must fit into memory.",
            ));
        }
        let font = File::open(&stamp.path)
            .map_err(sound_font::Problem::Io)
            .and_then(|file| sound_font::read(&mut BufReader::new(file), stamp.bytes))
            .map_err(|problem| refusal(name, &problem.to_string(), problem.hint()))?;
        let font = Arc::new(font);
        self.shelf().fonts.push((stamp, Arc::downgrade(&font)));
        Ok(font)
    }

    fn recording(&self, name: &str, sample_rate: SampleRate) -> Result<Take, AssetError> {
        let mut path = self.path(name)?;
        match path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()) {
            Some(extension) if extension == "wav" => {}
            Some(extension) => {
                let problem = format!("a recording can't be written as '{extension}'");
                return Err(refusal(
                    name,
                    &problem,
                    "Give it a name that ends in .wav; convert it later.",
                ));
            }
            None => {
                path.set_extension("wav");
            }
        }
        if !Path::new(name).is_absolute() {
            self.stay_inside(name, &path)?;
        }
        recording::start(&path, sample_rate)
            .map_err(|problem| refusal(name, &problem.to_string(), problem.hint()))
    }
}

impl Shelf {
    /// Keeps a sound for a while; the oldest ones make room.
    fn keep(&mut self, sound: &Arc<AudioBuffer>) {
        let bytes = |sound: &Arc<AudioBuffer>| sound.frames() * sound.channel_count() * 4;
        self.kept.push_back(Arc::clone(sound));
        while self.kept.iter().map(bytes).sum::<usize>() > KEPT_BYTES {
            self.kept.pop_front();
        }
    }
}

/// What was opened from the same unchanged file and is still there. Forgets what nobody has any more.
fn known<T>(entries: &mut Vec<(Stamp, Weak<T>)>, stamp: &Stamp) -> Option<Arc<T>> {
    entries.retain(|(_, entry)| entry.strong_count() > 0);
    entries.iter().find(|(known, _)| known == stamp).and_then(|(_, entry)| entry.upgrade())
}

/// An error about a name, which comes from anywhere and may hold what a terminal would obey.
fn refusal(name: &str, problem: &str, hint: &str) -> AssetError {
    AssetError { name: one_line(name), problem: one_line(problem), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests;
