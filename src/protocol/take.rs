//! Params and responses of `take/*`: finding finished takes, judging them, and proving that they repeat.
//!
//! Wherever a take is named, its whole id, a unique beginning or ending of it (four characters or more), or `last` will
//! do. `take/inspect` and `take/replay` understand the path of a file as well.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::recipe::Recipe;
use crate::model::request::{Depth, Format};
use crate::model::take::Take;
use crate::model::units::SampleRate;

/// Params of `take/list`. Conditions are combined with "and".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TakeListParams {
    /// Words that must all be in the prompt, title, tags or note; a word matches the beginning of longer ones, and
    /// words in double quotes must stand together. Upper and lower case and accents do not matter.
    pub search: Option<String>,
    /// Only takes of this session.
    pub session: Option<String>,
    /// Only takes that carry this tag.
    pub tag: Option<String>,
    /// Only takes rated at least this, 1 to 5.
    pub min_rating: Option<u8>,
    /// Only takes by this backend.
    pub backend: Option<String>,
    /// Only takes in this key, such as `A minor`.
    pub key: Option<String>,
    /// Only takes at least this fast, in BPM.
    pub min_bpm: Option<f64>,
    /// Only takes at most this fast, in BPM.
    pub max_bpm: Option<f64>,
    /// Order; newest first where open.
    pub sort: TakeSort,
    /// How many at most, 1 to 500; 50 where open.
    pub limit: Option<u32>,
    /// Where to go on: the `next` of the page before, with all else the same.
    pub after: Option<String>,
}

/// Orders of takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakeSort {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
    /// Best first, newest first among equals; unrated ones last.
    Rating,
}

/// Response of `take/list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeListResponse {
    /// The takes.
    pub takes: Vec<Take>,
    /// Set where there are more: pass it as `after`.
    pub next: Option<String>,
}

/// Params of `take/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeGetParams {
    /// The take.
    pub id: String,
}

/// Response of `take/get`, `take/rate` and `take/tag`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeResponse {
    /// The take as it is now.
    pub take: Take,
}

/// Params of `take/rate`. What is left open stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeRateParams {
    /// The take.
    pub id: String,
    /// 1 to 5; 0 takes the rating away. Thumbs down is 1, thumbs up 5.
    #[serde(default)]
    pub rating: Option<u8>,
    /// A note, at most 4,000 characters; an empty one takes it away.
    #[serde(default)]
    pub note: Option<String>,
}

/// Params of `take/tag`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeTagParams {
    /// The take.
    pub id: String,
    /// Tags to add, 1 to 64 characters each, kept in lower case; at most 64 on a take.
    #[serde(default)]
    pub add: Vec<String>,
    /// Tags to remove.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// Params of `take/delete`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeDeleteParams {
    /// The take.
    pub id: String,
    /// Whether its files go too; they stay unless this is true.
    #[serde(default)]
    pub files: bool,
}

/// Response of `take/delete`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeDeleteResponse {
    /// Id of the take that is no longer in the library.
    pub id: String,
    /// Files that were removed.
    pub removed: Vec<String>,
}

/// Params of `take/export`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeExportParams {
    /// The take.
    pub id: String,
    /// File format.
    pub format: Format,
    /// Bit depth; the take's own where open and possible.
    #[serde(default)]
    pub bit_depth: Option<Depth>,
    /// Sample rate; the take's own where open.
    #[serde(default)]
    pub sample_rate: Option<SampleRate>,
    /// Absolute path; beside the take where open.
    #[serde(default)]
    pub path: Option<String>,
    /// Whether an existing file may be replaced.
    #[serde(default)]
    pub overwrite: bool,
}

/// Response of `take/export`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeExportResponse {
    /// The file that was written.
    pub path: String,
    /// Recipe of exactly this file, beside it.
    pub recipe_path: String,
    /// The recipe itself.
    pub recipe: Recipe,
    /// What the user should know, such as that the sound was converted and not rendered anew.
    pub notes: Vec<String>,
}

/// Params of `take/inspect`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeInspectParams {
    /// A take of the library, or the absolute path of an audio file or of a sidecar recipe.
    pub take: String,
}

/// Response of `take/inspect`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeInspectResponse {
    /// The library's entry, where it has one for this file.
    pub take: Option<Take>,
    /// The recipe, where one was found.
    pub recipe: Option<Recipe>,
    /// Where the recipe was found.
    pub recipe_from: Option<RecipeSource>,
    /// The file as it is now; `None` where it is gone.
    pub file: Option<FileFacts>,
    /// The tags in the file, in its own order.
    pub tags: Vec<TagEntry>,
    /// What does not fit together, such as a sound that no longer has the recipe's hash.
    pub notes: Vec<String>,
}

/// Where a recipe was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecipeSource {
    /// In the library.
    Library,
    /// In the tags of the audio file.
    Tags,
    /// In the sidecar beside it.
    Sidecar,
}

/// An audio file, measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FileFacts {
    /// Absolute path.
    pub path: String,
    /// Format by content.
    pub format: Format,
    /// Size in bytes.
    pub bytes: u64,
    /// Frames.
    pub frames: u64,
    /// Sample rate in Hz.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u32,
    /// Length in seconds.
    pub duration_s: f64,
    /// Integrated loudness, LUFS; `None` where too short or silent.
    pub lufs: Option<f64>,
    /// True peak, dBTP; `None` where silent.
    pub true_peak_dbtp: Option<f64>,
    /// SHA-256 (hex) of the sound, tags left out.
    pub audio_sha256: String,
    /// SHA-256 (hex) of the whole file.
    pub file_sha256: String,
}

/// A tag in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TagEntry {
    /// Its name, such as `title` or `TIMBRE_SEED`.
    pub key: String,
    /// Its text.
    pub value: String,
}

/// Params of `take/replay`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeReplayParams {
    /// A take of the library, or the absolute path of an audio file or of a sidecar recipe.
    pub take: String,
    /// Whether to compare with the file that is there. A difference is then a `conflict`.
    #[serde(default)]
    pub verify: bool,
    /// Absolute path to keep the new file at; it is thrown away where open.
    #[serde(default)]
    pub path: Option<String>,
    /// Whether an existing file at `path` may be replaced.
    #[serde(default)]
    pub overwrite: bool,
}

/// Response of `take/replay`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TakeReplayResponse {
    /// Where the recipe came from.
    pub recipe_from: RecipeSource,
    /// The recipe as it came out this time.
    pub recipe: Recipe,
    /// SHA-256 (hex) of the sound that the old recipe promises.
    pub expected_audio_sha256: String,
    /// SHA-256 (hex) of the sound that came out.
    pub audio_sha256: String,
    /// Whether the two are equal.
    pub same_audio: bool,
    /// SHA-256 (hex) of the whole file that is there, where there is one.
    pub expected_file_sha256: Option<String>,
    /// SHA-256 (hex) of the whole file that came out.
    pub file_sha256: String,
    /// Whether the two are equal, where both are known.
    pub same_file: Option<bool>,
    /// Where the new file was kept, if it was.
    pub path: Option<String>,
    /// Reasons for a difference, such as another version or target.
    pub notes: Vec<String>,
}
