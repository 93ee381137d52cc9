//! Genres as data: one TOML file each under presets/genres, read into [`Genre`].

/// A genre: everything that makes a style sound like itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Genre {
    /// Stable id, such as `lofi`.
    pub id: String,
}
