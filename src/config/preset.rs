//! Presets: the built-in ones and the user's own, read from TOML.
