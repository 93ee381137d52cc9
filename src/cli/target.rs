//! What the user points at: a take in the library or a file, and files that are about to be written.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Surroundings;
use crate::model::id;
use crate::model::job::{Fault, FaultKind};
use crate::model::request::Format;

use super::stop::Stop;

/// A `FILE|ID` word in the form that the engine understands: an absolute path, or an id as it is.
///
/// Errors: `NotFound` where it is neither.
pub(super) fn named(word: &str, around: &Surroundings) -> Result<String, Stop> {
    let path = around.absolute(word);
    if path.exists() {
        return match path.to_str() {
            Some(path) => Ok(path.to_owned()),
            None => Err(Stop::usage(
                "the path of the file is not UTF-8",
                "rename the file or its folder, then try again",
            )),
        };
    }
    if id::is_id_like(word) {
        return Ok(word.to_owned());
    }
    Err(Fault::new(FaultKind::NotFound, format!("there is no file and no take '{word}'"))
        .with_hint("`timbre ls` lists takes with their ids")
        .into())
}

/// A file that is about to be written, with the format that its name asks for.
///
/// Errors: usage where the extension is unknown or contradicts `--format`.
pub(super) fn format_of(
    output: &Path,
    asked: Option<Format>,
) -> Result<(PathBuf, Option<Format>), Stop> {
    let known = || Format::ALL.map(Format::extension).join(", ");
    match (output.extension().map(|e| e.to_string_lossy().into_owned()), asked) {
        (Some(extension), asked) => {
            let Some(named) = Format::from_extension(&extension) else {
                return Err(Stop::usage(
                    format!("no format has the extension '.{extension}'"),
                    format!("known extensions: {}", known()),
                ));
            };
            match asked {
                Some(asked) if asked != named => Err(Stop::usage(
                    format!(
                        "the file ends in .{extension}, and --format says {}",
                        asked.extension()
                    ),
                    "leave one of them out",
                )),
                _ => Ok((output.to_owned(), Some(named))),
            }
        }
        (None, Some(asked)) => Ok((output.with_extension(asked.extension()), Some(asked))),
        (None, None) => Err(Stop::usage(
            format!("'{}' has no extension that says the format", output.display()),
            format!("end it in one of: {}; or use --format", known()),
        )),
    }
}

/// The names that the engine gives several takes: `-1`, `-2` … before the extension. One take keeps the name.
pub(super) fn numbered(path: &Path, takes: u32) -> Vec<PathBuf> {
    if takes <= 1 {
        return vec![path.to_owned()];
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy()));
    let extension = extension.unwrap_or_default();
    (1..=takes).map(|n| path.with_file_name(format!("{stem}-{n}{extension}"))).collect()
}

/// Checks that a file can be written, before minutes are spent on its content.
///
/// Errors: `Unwritable` where it exists and may not be replaced, is a folder, or its folder can't be written to.
pub(super) fn check_writable(path: &Path, overwrite: bool) -> Result<(), Stop> {
    let refuse = |message: String, hint: &str| {
        Err(Stop::Fault(Fault::new(FaultKind::Unwritable, message).with_hint(hint)))
    };
    let shown = path.display();
    if path.is_dir() {
        return refuse(format!("{shown} is a folder"), "name a file inside it");
    }
    if path.exists() && !overwrite {
        return refuse(
            format!("{shown} exists already"),
            "use another name, or --force to replace it",
        );
    }
    let Some(folder) = path.parent() else {
        return refuse(format!("{shown} is not a file name"), "name a file");
    };
    if !folder.is_dir() {
        return refuse(
            format!("the folder {} does not exist", folder.display()),
            "make it first, or name another",
        );
    }
    // Permissions, quotas and read-only mounts have many forms; trying is the only honest test.
    let probe = folder.join(format!(".timbre-{}.probe", std::process::id()));
    match OpenOptions::new().write(true).create_new(true).open(&probe) {
        Ok(file) => {
            drop(file);
            remove(&probe).map_err(|error| unwritable(folder, &error))
        }
        Err(error) => Err(unwritable(folder, &error)),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

fn unwritable(folder: &Path, error: &io::Error) -> Stop {
    Fault::new(
        FaultKind::Unwritable,
        format!("can't write to the folder {}: {error}", folder.display()),
    )
    .with_hint("check its permissions and the free space, or name another folder")
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_picks_the_format_and_contradictions_are_refused() {
        let format = |name: &str, asked| format_of(Path::new(name), asked).ok().map(|(_, f)| f);
        assert_eq!(format("x.flac", None), Some(Some(Format::Flac)));
        assert_eq!(format("x.WAV", Some(Format::Wav)), Some(Some(Format::Wav)));
        assert_eq!(format("x.ogg", None), None);
        assert_eq!(format("x.wav", Some(Format::Mp3)), None);
        assert_eq!(format("x", None), None);
        let named = format_of(Path::new("x"), Some(Format::Mp3)).map(|(path, _)| path);
        assert_eq!(named.ok(), Some(PathBuf::from("x.mp3")));
    }

    #[test]
    fn several_takes_are_numbered_before_the_extension() {
        assert_eq!(numbered(Path::new("/a/x.wav"), 1), [PathBuf::from("/a/x.wav")]);
        let two = numbered(Path::new("/a/x.y.wav"), 2);
        assert_eq!(two, ["/a/x.y-1.wav", "/a/x.y-2.wav"].map(PathBuf::from));
    }

    #[test]
    fn a_file_is_only_replaced_when_that_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.wav");
        assert!(check_writable(&file, false).is_ok());
        std::fs::write(&file, "old").unwrap();
        assert_eq!(check_writable(&file, false).map_err(|stop| stop.exit_code()), Err(5));
        assert!(check_writable(&file, true).is_ok());
        assert_eq!(std::fs::read(&file).unwrap(), b"old");
        let nowhere = folder.path().join("no/x.wav");
        assert_eq!(check_writable(&nowhere, true).map_err(|stop| stop.exit_code()), Err(5));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the probe is gone");
    }
}
