//! Watches the user's themes and keys, so that an edit is seen at once.

use std::path::Path;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::msg::Msg;
use super::setup::ThemeSource;

/// Watches the folder of themes and that of the keymap for as long as what comes back lives. Where the system does not
/// allow it, nothing is watched, and `/theme` reads a file anew all the same.
pub(super) fn files(
    themes: &ThemeSource,
    keymap_file: &Path,
    sender: mpsc::Sender<Msg>,
) -> Option<RecommendedWatcher> {
    let keymap = keymap_file.to_owned();
    let themes_dir = themes.folder().to_owned();
    let inner = themes_dir.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if event.kind.is_access() {
            return;
        }
        let ours = event.paths.iter().any(|path| path.starts_with(&inner) || *path == keymap);
        if ours {
            // A full queue has a reload in it already, or will soon be read.
            let _ = sender.try_send(Msg::Reload);
        }
    })
    .ok()?;
    let mut any = false;
    for folder in [Some(themes_dir.as_path()), keymap_file.parent()].into_iter().flatten() {
        any |= folder.is_dir() && watcher.watch(folder, RecursiveMode::NonRecursive).is_ok();
    }
    any.then_some(watcher)
}
