//! Files that ship inside of the program. A debug build prefers those of the source tree, where it is there.

/// The text of a file by its path in the source tree, of which `embedded` is the copy in the program.
pub(super) fn text(path: &str, embedded: &str) -> String {
    if cfg!(debug_assertions) {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        if let Ok(text) = std::fs::read_to_string(file) {
            return text;
        }
    }
    embedded.to_owned()
}
