//! Files that appear whole or not at all: written beside their place under another name, flushed, then renamed.
//!
//! Temporary names are `.timbre-<owner>-<n>.part`, so what a process that died has left can be told from what a living
//! one is writing. Nothing here knows a format.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::StoreError;

/// What to do about a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse. Checked in one step with the writing, so nobody else's file is lost even in a race.
    Keep,
    /// Keep it if it has the very same bytes, which then counts as written; refuse otherwise.
    KeepSame,
    /// Replace it.
    Replace,
}

/// Makes temporary files for one owner (a process that renders). Shared between its threads.
#[derive(Debug)]
pub struct Workshop {
    owner: String,
    next: AtomicU64,
}

/// A file that is being written. Dropped before [`Staged::publish`], it is removed.
#[derive(Debug)]
pub struct Staged {
    temporary: PathBuf,
    target: PathBuf,
    published: bool,
}

impl Workshop {
    /// A workshop. `owner` is a runner's id.
    pub fn new(owner: &str) -> Self {
        Self { owner: owner.to_owned(), next: AtomicU64::new(0) }
    }

    /// Makes room for a file: its folder, and an empty temporary file in it.
    /// Errors: [`StoreError::File`], and [`StoreError::Exists`] early where the target is there and must stay.
    pub fn stage(&self, target: &Path, existing: Existing) -> Result<Staged, StoreError> {
        let folder = folder_of(target);
        fs::create_dir_all(folder)
            .map_err(|error| StoreError::file("could not make the folder", folder, error))?;
        if target.is_dir() {
            let error = io::Error::from(io::ErrorKind::IsADirectory);
            return Err(StoreError::file("could not write", target, error));
        }
        if existing == Existing::Keep && target.symlink_metadata().is_ok() {
            return Err(StoreError::Exists(target.to_owned()));
        }
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        // The extension stays last, for encoders that look at it.
        let extension = target.extension().and_then(|e| e.to_str()).unwrap_or("part");
        let temporary = folder.join(format!("{}{n}.part.{extension}", prefix(&self.owner)));
        File::create(&temporary)
            .map_err(|error| StoreError::file("could not write in", folder, error))?;
        Ok(Staged { temporary, target: target.to_owned(), published: false })
    }

    /// Writes bytes to a file, whole or not at all.
    pub fn write(&self, target: &Path, bytes: &[u8], existing: Existing) -> Result<(), StoreError> {
        let staged = self.stage(target, existing)?;
        let mut file = staged.writer()?;
        file.write_all(bytes)
            .and_then(|()| file.flush())
            .map_err(|error| StoreError::file("could not write", target, error))?;
        drop(file);
        staged.publish(existing)
    }
}

impl Staged {
    /// Where to write for now.
    pub fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Where it will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The temporary file from its start, buffered.
    pub fn writer(&self) -> Result<BufWriter<File>, StoreError> {
        File::create(&self.temporary)
            .map(|file| BufWriter::with_capacity(1 << 18, file))
            .map_err(|error| StoreError::file("could not write", &self.target, error))
    }

    /// Flushes the file to the disk, gives it its name, and flushes the folder.
    pub fn publish(mut self, existing: Existing) -> Result<(), StoreError> {
        let target = self.target.clone();
        let failed = |error| StoreError::file("could not write", &target, error);
        File::options()
            .write(true)
            .open(&self.temporary)
            .and_then(|f| f.sync_all())
            .map_err(failed)?;
        match existing {
            Existing::Replace => {
                fs::rename(&self.temporary, &self.target).map_err(failed)?;
                self.published = true;
            }
            Existing::Keep | Existing::KeepSame => match self.link() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let same = existing == Existing::KeepSame
                        && same_bytes(&self.temporary, &target).map_err(failed)?;
                    if !same {
                        return Err(StoreError::Exists(target));
                    }
                }
                Err(error) => return Err(failed(error)),
            },
        }
        sync_folder(folder_of(&self.target));
        Ok(())
    }

    /// Gives the file its name unless that is taken. A second link is the one way to do this in a single step that
    /// std offers everywhere; where a file system has no links, an empty file holds the name for a moment.
    fn link(&mut self) -> io::Result<()> {
        match fs::hard_link(&self.temporary, &self.target) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) => {
                File::create_new(&self.target)?;
                match fs::rename(&self.temporary, &self.target) {
                    Ok(()) => {
                        self.published = true;
                        Ok(())
                    }
                    Err(error) => {
                        // The empty file is ours, made a moment ago.
                        let _ = fs::remove_file(&self.target);
                        Err(error)
                    }
                }
            }
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.published {
            // After a link this only takes the temporary name away; the file has its own by then.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Removes the temporary files that a dead owner left in a folder. Gives how many.
pub fn sweep(folder: &Path, dead_owner: &str) -> usize {
    let prefix = prefix(dead_owner);
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .filter(|entry| {
            let path = entry.path();
            if path.is_dir() {
                fs::remove_dir_all(path).is_ok()
            } else {
                fs::remove_file(path).is_ok()
            }
        })
        .count()
}

/// How the temporary names of an owner begin; scratch folders use it too.
pub fn prefix(owner: &str) -> String {
    format!(".timbre-{owner}-")
}

/// Whether two files have the same bytes.
pub fn same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    let (mut a, mut b) = (File::open(a)?, File::open(b)?);
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (vec![0u8; 1 << 16], vec![0u8; 1 << 16]);
    loop {
        let n = a.read(&mut left)?;
        let Some(mine) = left.get(..n).filter(|mine| !mine.is_empty()) else { return Ok(true) };
        let Some(theirs) = right.get_mut(..n) else { return Ok(false) };
        match b.read_exact(theirs) {
            Ok(()) if mine == &*theirs => {}
            Ok(()) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a new name survive a power cut. Not every system can open a folder, and the file itself is safe by now, so an
/// error is not one of the caller's.
fn sync_folder(folder: &Path) {
    if let Ok(handle) = File::open(folder) {
        let _ = handle.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect::<Vec<_>>();
        names.sort();
        names
    }

    #[test]
    fn an_existing_file_is_kept_replaced_or_compared() {
        let folder = tempfile::tempdir().unwrap();
        let (target, shop) = (folder.path().join("a.wav"), Workshop::new("me"));
        shop.write(&target, b"one", Existing::Keep).unwrap();
        assert!(matches!(shop.write(&target, b"two", Existing::Keep), Err(StoreError::Exists(_))));
        assert!(matches!(
            shop.write(&target, b"two", Existing::KeepSame),
            Err(StoreError::Exists(_))
        ));
        shop.write(&target, b"one", Existing::KeepSame).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"one");
        shop.write(&target, b"two", Existing::Replace).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["a.wav"]);
    }

    #[test]
    fn a_name_taken_while_writing_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let (target, shop) = (folder.path().join("a.wav"), Workshop::new("me"));
        let staged = shop.stage(&target, Existing::Keep).unwrap();
        staged.writer().unwrap().write_all(b"mine").unwrap();
        fs::write(&target, b"theirs").unwrap();
        assert!(matches!(staged.publish(Existing::Keep), Err(StoreError::Exists(_))));
        assert_eq!(fs::read(&target).unwrap(), b"theirs");
        assert_eq!(names(folder.path()), ["a.wav"]);
    }

    #[test]
    fn of_many_writers_that_race_for_a_name_one_wins_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("take.wav");
        let won = std::thread::scope(|scope| {
            let racers = (0..8u8)
                .map(|n| {
                    let target = &target;
                    scope.spawn(move || {
                        let shop = Workshop::new(&format!("r{n}"));
                        shop.write(target, &[n; 10_000], Existing::Keep).is_ok()
                    })
                })
                .collect::<Vec<_>>();
            racers.into_iter().map(|racer| racer.join().unwrap()).filter(|ok| *ok).count()
        });
        assert_eq!(won, 1);
        let bytes = fs::read(&target).unwrap();
        assert_eq!(bytes.len(), 10_000);
        assert!(bytes.iter().all(|byte| *byte == bytes[0]));
        assert_eq!(names(folder.path()), ["take.wav"]);
    }

    #[test]
    fn only_the_dead_owner_s_leavings_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x.wav");
        let living = Workshop::new("alive").stage(&target, Existing::Keep).unwrap();
        std::mem::forget(Workshop::new("dead").stage(&target, Existing::Keep).unwrap());
        fs::create_dir(folder.path().join(".timbre-dead-scratch")).unwrap();
        assert_eq!(sweep(folder.path(), "dead"), 2);
        assert!(living.temporary().exists());
    }

    #[test]
    fn folders_and_files_in_the_way_are_clear_errors() {
        let folder = tempfile::tempdir().unwrap();
        let shop = Workshop::new("me");
        let refused = shop.stage(folder.path(), Existing::Replace).unwrap_err();
        assert!(refused.to_string().starts_with("could not write"), "{refused}");
        fs::write(folder.path().join("file"), b"").unwrap();
        let refused = shop.stage(&folder.path().join("file/take.wav"), Existing::Keep).unwrap_err();
        assert!(matches!(refused, StoreError::File { .. }), "{refused}");
    }
}
