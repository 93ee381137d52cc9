//! What the workstation starts with, out of the configuration and the terminal at hand.

use std::path::{Path, PathBuf};

use super::gallery::Way;
use super::keymap::Keymap;
use super::model::{Look, Model};
use super::notice::Notices;
use super::theme::Theme;
use super::themes::{self, Depth};
use crate::config::resolved::{Color, Interface, NoticeChoice};
use crate::config::theme::{DEFAULT, Shelf};
use crate::config::{Paths, Surroundings};
use crate::model::job::Fault;

/// Where themes come from, in as many colours as the terminal has.
#[derive(Debug, Clone)]
pub struct ThemeSource {
    shelf: Shelf,
    depth: Depth,
}

impl ThemeSource {
    /// The user's own themes lie here.
    pub fn folder(&self) -> &Path {
        self.shelf.folder()
    }

    /// Names of all themes.
    pub fn names(&self) -> Vec<String> {
        self.shelf.names()
    }

    /// A theme, and what is odd about its file. Errors: what keeps it from being shown.
    pub fn load(&self, name: &str) -> Result<(Theme, Vec<String>), Fault> {
        let (theme, warnings) =
            themes::load(&self.shelf, name, self.depth).map_err(|error| Fault::from(&error))?;
        Ok((
            theme,
            warnings.iter().map(|warning| format!("{warning} ({})", warning.hint)).collect(),
        ))
    }
}

/// What the loop starts with.
pub struct Prepared {
    /// The model, still empty.
    pub model: Model,
    /// Where themes come from.
    pub themes: ThemeSource,
    /// How the desktop is told.
    pub notices: Notices,
    /// How pictures are shown.
    pub pictures: Way,
    /// What is odd about the user's theme or keys; the defaults are used in their place.
    pub warnings: Vec<String>,
}

/// Prepares the workstation. Broken themes and keys never keep it from starting: the defaults take their place, and what is
/// wrong with them is told.
pub fn prepare(
    around: &Surroundings,
    paths: &Paths,
    interface: &Interface,
    color: Color,
) -> Prepared {
    let themes =
        ThemeSource { shelf: Shelf::new(paths.themes_dir()), depth: Depth::of(around, color) };
    let mut warnings = Vec::new();
    let theme = match themes.load(&interface.theme) {
        Ok((theme, odd)) => {
            warnings.extend(odd);
            theme
        }
        Err(fault) => {
            warnings.push(format!("{} ({})", fault.message, fault.hint));
            themes.load(DEFAULT).map(|(theme, _)| theme).unwrap_or_default()
        }
    };
    let keymap_file = paths.keymap_file();
    let keys = read_keys(&keymap_file, &mut warnings);
    let pictures = Way::of(around, interface.images);
    let look = Look {
        theme,
        themes: themes.names(),
        glyphs: themes::glyphs(interface.glyphs, around),
        motion: interface.motion,
        pictures: pictures.pictures(interface.images),
        mouse: interface.mouse,
    };
    let notices = match interface.notifications {
        NoticeChoice::Auto => Notices::guess(|name| around.var(name).map(str::to_owned)),
        NoticeChoice::Off => Notices::Off,
        NoticeChoice::Bell => Notices::Bell,
        NoticeChoice::Osc9 => Notices::Osc9,
        NoticeChoice::Osc777 => Notices::Osc777,
        NoticeChoice::Osc99 => Notices::Osc99,
    };
    Prepared { model: Model::new(look, keys, keymap_file), themes, notices, pictures, warnings }
}

fn read_keys(file: &PathBuf, warnings: &mut Vec<String>) -> Keymap {
    // A file that is not there is no mistake; one that can't be read is told by the attempt to read it again.
    let Ok(text) = std::fs::read_to_string(file) else { return Keymap::default() };
    match Keymap::load(&text, &file.display().to_string()) {
        Ok(keys) => keys,
        Err(mistakes) => {
            warnings
                .extend(mistakes.iter().map(|mistake| format!("{mistake} ({})", mistake.hint())));
            Keymap::default()
        }
    }
}
