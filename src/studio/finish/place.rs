//! Where the files of a take go. Pure but for the local time zone, which decides what day it is.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::job::Job;
use crate::store::artifact::Existing;

/// The paths of a take's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The audio file.
    pub audio: PathBuf,
    /// The sidecar recipe.
    pub recipe: PathBuf,
    /// The MIDI file.
    pub midi: PathBuf,
    /// The folder of the stems.
    pub stems: PathBuf,
    /// What to do about files that are there already.
    pub existing: Existing,
}

impl Place {
    /// The place of a job's take: the path that the user gave, or `Timbre/YYYY/MM/DD/<session>/take-<n>` in the music
    /// folder, by the day on which the job was submitted, so that every attempt has the same place.
    pub fn of(job: &Job, music_dir: &Path) -> Self {
        match &job.path {
            Some(path) => {
                let existing = match (job.overwrite, job.attempts > 1) {
                    (true, _) => Existing::Replace,
                    // An earlier attempt may have put the very same file there just before its process died.
                    (false, true) => Existing::KeepSame,
                    (false, false) => Existing::Keep,
                };
                Self::at(Path::new(path), existing)
            }
            None => {
                let name = format!("take-{}.{}", job.number, job.request.export.format.extension());
                let folder =
                    music_dir.join("Timbre").join(day(job.created_at)).join(&job.session_id);
                // Session and number belong to this job alone, so what is there is from an earlier attempt of it.
                Self::at(&folder.join(name), Existing::Replace)
            }
        }
    }

    /// The place around an audio file's path.
    pub fn at(audio: &Path, existing: Existing) -> Self {
        Self {
            audio: audio.to_owned(),
            recipe: sidecar_of(audio),
            midi: audio.with_extension("mid"),
            stems: audio.with_extension("stems"),
            existing,
        }
    }

    /// The path of a stem, numbered from 1, with a name that every file system takes.
    pub fn stem(&self, index: usize, name: &str) -> PathBuf {
        let plain = name
            .chars()
            .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
            .take(60)
            .collect::<String>();
        self.stems.join(format!("{index:02}-{plain}.wav"))
    }

    /// The folders that files may be in.
    pub fn folders(&self) -> Vec<PathBuf> {
        self.audio.parent().map(Path::to_owned).into_iter().chain([self.stems.clone()]).collect()
    }
}

/// The sidecar of an audio file: `song.wav.timbre.json` beside `song.wav`, so that `song.flac` may have its own.
pub fn sidecar_of(audio: &Path) -> PathBuf {
    let mut name = audio.file_name().unwrap_or_default().to_owned();
    name.push(".timbre.json");
    audio.with_file_name(name)
}

/// `YYYY/MM/DD` of a time in Unix seconds, by the local clock.
fn day(seconds: f64) -> String {
    let stamp = Timestamp::from_second(seconds as i64).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(TimeZone::system()).strftime("%Y/%m/%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::update::tests::job;

    #[test]
    fn takes_go_to_the_day_the_session_and_the_number() {
        let mut job = job("a");
        job.session_id = "s".into();
        job.number = 3;
        job.created_at = 1_600_000_000.0;
        let place = Place::of(&job, Path::new("/music"));
        let text = place.audio.to_string_lossy().into_owned();
        assert!(text.starts_with("/music/Timbre/2020/09/1"), "{text}");
        assert!(text.ends_with("/s/take-3.wav"), "{text}");
        assert!(place.recipe.ends_with("s/take-3.wav.timbre.json"));
        assert!(place.stem(2, "lead/../x").ends_with("take-3.stems/02-lead-..-x.wav"));
        assert_eq!(place.existing, Existing::Replace);
    }

    #[test]
    fn a_file_of_the_user_s_is_kept_unless_told_otherwise() {
        let mut job = job("a");
        job.path = Some("/x/song.wav".into());
        job.attempts = 1;
        let existing = |job: &Job| Place::of(job, Path::new("/music")).existing;
        assert_eq!(existing(&job), Existing::Keep);
        job.attempts = 2;
        assert_eq!(existing(&job), Existing::KeepSame);
        job.overwrite = true;
        assert_eq!(existing(&job), Existing::Replace);
        assert_eq!(Place::of(&job, Path::new("/m")).recipe, Path::new("/x/song.wav.timbre.json"));
    }
}
