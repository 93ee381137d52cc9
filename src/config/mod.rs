//! L1: configuration in layers (defaults, user file, project file, environment, flags), presets and paths.
