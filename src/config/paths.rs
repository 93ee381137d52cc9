//! Where Timbre's files lie (XDG base directories), worked out from the surroundings of a process without touching one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::document::ConfigError;

/// What a process sees around it: variables and folders. Taken once, then passed as a value, so tests can make their own.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Environment variables; those that are not UTF-8 are left out.
    pub vars: BTreeMap<String, String>,
    /// The home folder.
    pub home: PathBuf,
    /// The folder the process was started in.
    pub cwd: PathBuf,
}

impl Surroundings {
    /// The surroundings of this process.
    ///
    /// Errors: [`ConfigError::Homeless`] without a home folder and without `TIMBRE_HOME`.
    pub fn of_process() -> Result<Self, ConfigError> {
        let vars = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect::<BTreeMap<_, _>>();
        let home = match (etcetera::home_dir(), vars.get("TIMBRE_HOME")) {
            (Ok(home), _) => home,
            (Err(_), Some(folder)) => PathBuf::from(folder),
            (Err(_), None) => return Err(ConfigError::Homeless),
        };
        let cwd = std::env::current_dir().unwrap_or_else(|_| home.clone());
        Ok(Self { vars, home, cwd })
    }

    /// A variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Makes a path as a user types it absolute: `~` is the home folder, the rest counts from the current one.
    pub fn absolute(&self, typed: impl AsRef<Path>) -> PathBuf {
        let typed = typed.as_ref();
        match typed.strip_prefix("~") {
            Ok(rest) => self.home.join(rest),
            Err(_) => self.cwd.join(typed),
        }
    }

    /// An XDG base folder. Relative values are ignored, as the specification asks (XDG Base Directory 0.8).
    fn base(&self, variable: &str, otherwise: impl FnOnce() -> PathBuf) -> PathBuf {
        match self.var(variable).map(PathBuf::from) {
            Some(folder) if folder.is_absolute() => folder,
            _ => otherwise(),
        }
    }
}

/// Folders and files of Timbre's own. Nothing here is created; whoever writes first creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// `config.toml`, `keymap.toml`, `presets/`, `themes/`.
    pub config_dir: PathBuf,
    /// The library and models.
    pub data_dir: PathBuf,
    /// Logs and histories.
    pub state_dir: PathBuf,
    /// Locks and sockets.
    pub runtime_dir: PathBuf,
    /// The user's music folder, in which `Timbre/` lies.
    pub music_dir: PathBuf,
}

impl Paths {
    /// Works the folders out. `TIMBRE_CONFIG_DIR`, `TIMBRE_DATA_DIR`, `TIMBRE_STATE_DIR`, `TIMBRE_RUNTIME_DIR` and
    /// `TIMBRE_MUSIC_DIR` name one each; `TIMBRE_HOME` puts all of them below one folder; else XDG decides.
    pub fn new(around: &Surroundings) -> Self {
        let root = around.var("TIMBRE_HOME").map(|folder| around.absolute(folder));
        let place = |variable: &str, below: &str, otherwise: &dyn Fn() -> PathBuf| {
            if let Some(folder) = around.var(variable) {
                around.absolute(folder)
            } else if let Some(root) = &root {
                root.join(below)
            } else {
                otherwise()
            }
        };
        // etcetera knows the native folders of other systems; on unix its answer is XDG's defaults below HOME.
        let native = etcetera::choose_base_strategy().ok();
        let config_base = around.base("XDG_CONFIG_HOME", || around.home.join(".config"));
        let data_base = around.base("XDG_DATA_HOME", || match &native {
            Some(native) if cfg!(windows) => native.data_dir(),
            _ => around.home.join(".local/share"),
        });
        let state_base = around.base("XDG_STATE_HOME", || match &native {
            Some(native) if cfg!(windows) => native.cache_dir(),
            _ => around.home.join(".local/state"),
        });
        let state_dir = place("TIMBRE_STATE_DIR", "state", &|| state_base.join("timbre"));
        Self {
            config_dir: place("TIMBRE_CONFIG_DIR", "config", &|| config_base.join("timbre")),
            data_dir: place("TIMBRE_DATA_DIR", "data", &|| data_base.join("timbre")),
            runtime_dir: place("TIMBRE_RUNTIME_DIR", "run", &|| {
                around.base("XDG_RUNTIME_DIR", || state_dir.join("run")).join("timbre")
            }),
            music_dir: place("TIMBRE_MUSIC_DIR", "music", &|| user_music_dir(around, &config_base)),
            state_dir,
        }
    }

    /// The same, with the music folder that the configuration names.
    #[must_use]
    pub fn with_music_dir(mut self, chosen: Option<&Path>) -> Self {
        if let Some(folder) = chosen {
            self.music_dir = folder.to_owned();
        }
        self
    }

    /// The user's config file.
    pub fn config_file(&self) -> PathBuf {
        self.config_dir.join("config.toml")
    }

    /// The user's presets.
    pub fn presets_dir(&self) -> PathBuf {
        self.config_dir.join("presets")
    }

    /// The user's themes.
    pub fn themes_dir(&self) -> PathBuf {
        self.config_dir.join("themes")
    }

    /// The user's keys.
    pub fn keymap_file(&self) -> PathBuf {
        self.config_dir.join("keymap.toml")
    }

    /// The library.
    pub fn database_file(&self) -> PathBuf {
        self.data_dir.join("timbre.db")
    }

    /// The socket of `timbre serve`.
    pub fn socket_file(&self) -> PathBuf {
        self.runtime_dir.join("timbre.sock")
    }

    /// The logs.
    pub fn log_dir(&self) -> PathBuf {
        self.state_dir.join("logs")
    }

    /// The takes: `Timbre/` in the music folder.
    pub fn takes_dir(&self) -> PathBuf {
        self.music_dir.join("Timbre")
    }
}

/// The music folder that the desktop knows (`user-dirs.dirs`, see xdg-user-dirs), else `~/Music`.
fn user_music_dir(around: &Surroundings, config_base: &Path) -> PathBuf {
    let known = around.var("XDG_MUSIC_DIR").map(str::to_owned).or_else(|| {
        let file = std::fs::read_to_string(config_base.join("user-dirs.dirs")).ok()?;
        parse_user_dir(&file, "XDG_MUSIC_DIR")
    });
    let folder = known.map(|text| match text.strip_prefix("$HOME") {
        Some(rest) => around.home.join(rest.trim_start_matches('/')),
        None => PathBuf::from(text),
    });
    match folder {
        // A desktop without a music folder points the entry at the home folder itself.
        Some(folder) if folder.is_absolute() && folder != around.home => folder,
        _ => around.home.join("Music"),
    }
}

/// One entry of a `user-dirs.dirs` file: `NAME="value"`, a line each, `#` for comments.
fn parse_user_dir(file: &str, name: &str) -> Option<String> {
    file.lines()
        .map(str::trim)
        .filter_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='))
        .next_back()
        .map(|value| value.trim().trim_matches('"').to_owned())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(vars: &[(&str, &str)]) -> Surroundings {
        Surroundings {
            vars: vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            home: PathBuf::from("/home/ada"),
            cwd: PathBuf::from("/srv/song"),
        }
    }

    #[test]
    fn without_variables_everything_lies_where_xdg_says() {
        let paths = Paths::new(&around(&[]));
        assert_eq!(paths.config_file(), Path::new("/home/ada/.config/timbre/config.toml"));
        assert_eq!(paths.keymap_file(), Path::new("/home/ada/.config/timbre/keymap.toml"));
        assert_eq!(paths.themes_dir(), Path::new("/home/ada/.config/timbre/themes"));
        assert_eq!(paths.database_file(), Path::new("/home/ada/.local/share/timbre/timbre.db"));
        assert_eq!(paths.log_dir(), Path::new("/home/ada/.local/state/timbre/logs"));
        assert_eq!(paths.takes_dir(), Path::new("/home/ada/Music/Timbre"));
    }

    #[test]
    fn the_nearer_variable_wins_and_relative_xdg_folders_are_ignored() {
        let paths =
            Paths::new(&around(&[("XDG_CONFIG_HOME", "relative"), ("XDG_DATA_HOME", "/d")]));
        assert_eq!(paths.config_dir, Path::new("/home/ada/.config/timbre"));
        assert_eq!(paths.data_dir, Path::new("/d/timbre"));
        let paths = Paths::new(&around(&[("TIMBRE_HOME", "box"), ("TIMBRE_DATA_DIR", "~/d")]));
        assert_eq!(paths.config_dir, Path::new("/srv/song/box/config"));
        assert_eq!(paths.data_dir, Path::new("/home/ada/d"));
    }

    #[test]
    fn the_desktop_says_where_music_lies() {
        let file = "# comment\nXDG_DESKTOP_DIR=\"$HOME/Desktop\"\nXDG_MUSIC_DIR=\"$HOME/Klang\"\n";
        assert_eq!(parse_user_dir(file, "XDG_MUSIC_DIR").as_deref(), Some("$HOME/Klang"));
        let music = |value| Paths::new(&around(&[("XDG_MUSIC_DIR", value)])).music_dir;
        assert_eq!(music("$HOME/Klang"), Path::new("/home/ada/Klang"));
        assert_eq!(music("$HOME/"), Path::new("/home/ada/Music"));
        assert_eq!(music("/mnt/music"), Path::new("/mnt/music"));
    }
}
