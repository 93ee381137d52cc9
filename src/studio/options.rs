//! What the studio has to be told before it starts: folders, defaults, presets. Plain values; the doors fill them in.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::resolved::Audio;
use crate::model::preset::Preset;
use crate::model::request::{Depth, Export, Format};
use crate::model::units::{Lufs, SampleRate};
use crate::protocol::engine::ConfigEntry;

/// Everything that the studio is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of the library's database; made if it is not there.
    pub data_dir: PathBuf,
    /// Folder of locks and other state; made if it is not there.
    pub state_dir: PathBuf,
    /// The music folder; takes go to `Timbre/` inside it. Made when the first take is written.
    pub music_dir: PathBuf,
    /// Folder for large intermediate files; the system's where open.
    pub scratch_dir: Option<PathBuf>,
    /// Backend that is used where a request asks for none.
    pub default_backend: String,
    /// How many jobs are rendered at a time, at least 1.
    pub jobs_at_once: u32,
    /// How many threads one job may use, at least 1.
    pub threads: usize,
    /// How takes are written where neither request nor preset says.
    pub export: Export,
    /// Loudness target where neither request nor preset says; the genre's where open.
    pub lufs: Option<Lufs>,
    /// Presets by name.
    pub presets: BTreeMap<String, PresetSource>,
    /// Texts of the user's own genre files by genre id; they go into the recipe of a take that uses them.
    pub genres: BTreeMap<String, String>,
    /// Every setting with its origin, to be shown on request.
    pub config: Vec<ConfigEntry>,
    /// Where sound is heard. No device is opened before something plays.
    pub audio: Audio,
    /// Which jobs this process renders.
    pub work: Work,
    /// Whether rendering gives way to everything else that wants the processor: to the screen and the music of a
    /// workstation above all. A command that only renders keeps its place.
    pub gives_way: bool,
}

/// A preset, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct PresetSource {
    /// The preset.
    pub preset: Preset,
    /// `built-in`, or the path of its file.
    pub origin: String,
}

/// Which jobs a process renders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// None: it looks and edits only. What it submits or retries waits for a process that renders.
    Nothing,
    /// What it submits, what nobody owns, and what a process that died has left behind.
    Everything,
}

impl Options {
    /// Plain defaults over three folders: the `composer` backend, one job at a time, 48 kHz WAV of 24 bits.
    pub fn new(
        data_dir: impl Into<PathBuf>,
        state_dir: impl Into<PathBuf>,
        music_dir: impl Into<PathBuf>,
    ) -> Self {
        Self {
            data_dir: data_dir.into(),
            state_dir: state_dir.into(),
            music_dir: music_dir.into(),
            scratch_dir: None,
            default_backend: "composer".to_owned(),
            jobs_at_once: 1,
            threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            export: Export {
                format: Format::Wav,
                bit_depth: Depth::I24,
                sample_rate: SampleRate::HZ_48000,
                stems: false,
                midi: false,
            },
            lufs: None,
            presets: BTreeMap::new(),
            genres: BTreeMap::new(),
            config: Vec::new(),
            audio: Audio::default(),
            work: Work::Everything,
            gives_way: false,
        }
    }
}
