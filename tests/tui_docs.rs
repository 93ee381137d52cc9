//! Pages that are made from the program. `TIMBRE_BLESS=1` writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::fs;
use std::path::Path;

use timbre::config::theme::Shelf;
use timbre::tui::keymap::{Keymap, reference};
use timbre::tui::scope::Scope;
use timbre::tui::themes::scope_names;

fn page(name: &str) -> (std::path::PathBuf, String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    let text = fs::read_to_string(&file).unwrap_or_default();
    (file, text)
}

#[test]
fn the_page_of_keys_is_what_the_keys_are() {
    let (file, text) = page("keys.md");
    let made = reference(&Keymap::default());
    if std::env::var_os("TIMBRE_BLESS").is_some() {
        fs::write(file, &made).unwrap();
        return;
    }
    assert!(
        text == made,
        "docs/keys.md is behind: TIMBRE_BLESS=1 cargo nextest run --test tui_docs"
    );
}

#[test]
fn the_page_of_themes_names_every_theme_and_every_scope() {
    let (_, text) = page("themes.md");
    let shelf = Shelf::new("nowhere");
    for name in shelf.names() {
        let doc = shelf.load(&name, &scope_names()).unwrap().doc;
        assert!(text.contains(&format!("| `{name}` | {doc} |")), "{name}");
    }
    for (_, scope) in Scope::ALL {
        assert!(text.contains(&format!("`{scope}`")), "{scope}");
    }
}

#[test]
fn the_example_of_the_page_of_themes_works() {
    let (_, text) = page("themes.md");
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.toml"), example).unwrap();
    let spec = Shelf::new(folder.path()).load("mine", &scope_names()).unwrap();
    assert!(spec.warnings.is_empty(), "{:?}", spec.warnings);
}
