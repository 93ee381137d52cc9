//! Holds the direction of imports: an arrow may only point to a lower layer (docs/architecture.md), and some external
//! crates belong to one layer only. Reads the sources as text, so it sees every `use` and every path in code.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules of ours that a module may name, itself and `util` left out.
const MAY_NAME: &[(&str, &[&str])] = &[
    // util is used by all and uses none.
    ("util", &[]),
    // L0: values.
    ("model", &[]),
    ("music", &["model"]),
    ("audio", &["model"]),
    ("protocol", &["model", "music", "audio"]),
    // L1: sealed parts. The engine is made of dsp.
    ("dsp", &["model", "music", "audio"]),
    ("engine", &["model", "music", "audio", "dsp"]),
    ("config", &["model", "music", "audio", "protocol"]),
    // L2: the outside. None of them names another.
    ("generate", &["model", "music", "audio", "protocol", "dsp", "engine", "config"]),
    ("device", &["model", "music", "audio", "protocol", "dsp", "engine", "config"]),
    ("store", &["model", "music", "audio", "protocol", "config"]),
    // L3: the application core.
    (
        "studio",
        &[
            "model", "music", "audio", "protocol", "dsp", "engine", "config", "generate", "device",
            "store",
        ],
    ),
    // L4: the doors. All they hold is a client.
    // Programs may bring backends of their own when they start an engine.
    ("client", &["model", "protocol", "config", "generate", "studio"]),
    ("server", &["model", "protocol", "config", "client"]),
    ("cli", &["model", "protocol", "config", "client"]),
    ("tui", &["model", "protocol", "config", "client"]),
];

/// Files that may name more than their module may, each with the reason.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    (
        "src/cli/engine.rs",
        &["studio", "server"],
        "the one place of the command line where a studio is started and given to a client or to a server",
    ),
    (
        "src/cli/verbs/workstation.rs",
        &["tui"],
        "where the workstation is given a client and a terminal",
    ),
    ("src/cli/daemon.rs", &["server"], "where the engine of this process is served on a socket"),
];

/// External crates that only these modules may use.
const CRATES: &[(&str, &[&str])] = &[
    ("tokio", &["store", "studio", "client", "server", "cli", "tui"]),
    ("sqlx", &["store"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("crossterm", &["cli", "tui"]),
    ("ratatui", &["tui"]),
    ("ratatui_textarea", &["tui"]),
    ("ratatui_image", &["tui"]),
    ("image", &["tui"]),
    ("syntect", &["tui"]),
    ("nucleo_matcher", &["tui"]),
    ("crokey", &["tui"]),
    ("notify", &["tui"]),
    ("rustix", &["studio", "cli", "tui"]),
    ("tracing_subscriber", &["cli"]),
    ("tracing_appender", &["cli"]),
    ("figment", &["config"]),
    ("etcetera", &["config"]),
    ("anyhow", &["cli"]),
    ("hound", &["audio"]),
    ("lofty", &["audio"]),
    ("symphonia", &["audio"]),
    ("libflac_rs", &["audio"]),
    ("mp3lame_encoder", &["audio"]),
    ("ebur128", &["audio"]),
    ("rodio", &["audio"]),
    // The studio opens SoundFonts for the engine, which opens no file itself.
    ("rustysynth", &["engine", "studio"]),
    ("signalsmith_stretch", &["engine"]),
    ("midly", &["music"]),
    ("alsa", &["device"]),
    ("cpal", &["device"]),
    ("thread_priority", &["device"]),
    ("rtrb", &["engine", "device", "studio"]),
    ("triple_buffer", &["engine", "device"]),
];

/// What modules without IO and clock must not touch.
const NO_IO: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::thread",
    "tracing::",
];

/// Modules of values and signal code: no IO, no clock.
const PURE: &[&str] = &["model", "music", "audio", "protocol", "dsp"];

#[test]
fn an_import_points_only_to_a_lower_layer() {
    let allowed: BTreeMap<_, BTreeSet<_>> =
        MAY_NAME.iter().map(|(module, names)| (*module, names.iter().copied().collect())).collect();
    let mut broken = Vec::new();
    for source in sources() {
        let Some(may) = allowed.get(source.module.as_str()) else {
            if !matches!(source.module.as_str(), "lib" | "main") {
                broken.push(format!("{}: module has no place in MAY_NAME", source.name));
            }
            continue;
        };
        let extra = EXCEPTIONS.iter().find(|(file, ..)| *file == source.name).map(|e| e.1);
        for (line, named) in source.named_modules(&allowed) {
            let fine = named == source.module
                || named == "util"
                || may.contains(named.as_str())
                || extra.is_some_and(|extra| extra.contains(&named.as_str()));
            if !fine {
                broken.push(format!(
                    "{}:{line}: {} must not name {named}",
                    source.name, source.module
                ));
            }
        }
    }
    assert!(broken.is_empty(), "imports against the layers:\n{}", broken.join("\n"));
}

#[test]
fn every_top_module_has_a_layer_and_no_layer_is_empty() {
    let found: BTreeSet<_> = sources().into_iter().map(|source| source.module).collect();
    for (module, _) in MAY_NAME {
        assert!(found.contains(*module), "{module} is in MAY_NAME and nowhere in src/");
    }
    for (file, ..) in EXCEPTIONS {
        assert!(Path::new(file).is_file(), "{file} has an exception and does not exist");
    }
}

#[test]
fn heavy_crates_stay_in_their_layer() {
    let mut broken = Vec::new();
    for source in sources() {
        for (krate, modules) in CRATES {
            if modules.contains(&source.module.as_str()) {
                continue;
            }
            for (line, code) in &source.code {
                if names_path(code, krate) {
                    broken.push(format!(
                        "{}:{line}: {krate} belongs to {}",
                        source.name,
                        modules.join(", ")
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "crates out of their layer:\n{}", broken.join("\n"));
}

#[test]
fn values_and_signal_code_do_no_io_and_know_no_clock() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| PURE.contains(&source.module.as_str())) {
        for (line, code) in &source.code {
            for path in NO_IO {
                if code.contains(path) {
                    broken.push(format!("{}:{line}: {path}", source.name));
                }
            }
        }
    }
    assert!(broken.is_empty(), "IO or clock in a pure module:\n{}", broken.join("\n"));
}

#[test]
fn the_scanner_sees_groups_and_paths() {
    let known = MAY_NAME.iter().map(|(module, _)| (*module, BTreeSet::new())).collect();
    let source = Source {
        name: "src/model/x/y.rs".into(),
        module: "model".into(),
        depth: 3,
        code: vec![
            (1, "use crate::{audio::buffer, dsp};".into()),
            (2, "let x = crate::store::open(); super::super::super::studio::start();".into()),
            (3, "use super::super::audio_like;".into()),
        ],
    };
    let named = source.named_modules(&known);
    let expected =
        [(1, "audio"), (1, "dsp"), (2, "store"), (2, "studio")].map(|(l, n)| (l, n.to_owned()));
    assert_eq!(named, expected);
}

/// A source file as code lines, with comments and test modules left out.
struct Source {
    name: String,
    module: String,
    /// How many `super` lead to the crate root.
    depth: usize,
    code: Vec<(usize, String)>,
}

impl Source {
    /// Top modules that the file names, each with its line.
    fn named_modules(&self, known: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<(usize, String)> {
        let to_root = "super::".repeat(self.depth);
        let mut named = Vec::new();
        // Grouped imports may span lines, so the search runs over the whole text and counts lines afterwards.
        let mut text = String::new();
        let mut starts = Vec::new();
        for (line, code) in &self.code {
            starts.push((text.len(), *line));
            text.push_str(code);
            text.push('\n');
        }
        let line_at = |offset: usize| {
            starts.iter().rev().find(|(start, _)| *start <= offset).map_or(0, |(_, line)| *line)
        };
        for root in ["crate::", to_root.as_str()] {
            for (at, _) in text.match_indices(root) {
                let before = text[..at].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                    continue;
                }
                let rest = &text[at + root.len()..];
                for name in first_names(rest) {
                    if known.contains_key(name.as_str()) {
                        named.push((line_at(at), name));
                    }
                }
            }
        }
        named.sort();
        named.dedup();
        named
    }
}

/// The first segments of a path or of a group of paths: `a::b` gives a, `{a::b, c}` gives a and c.
fn first_names(path: &str) -> Vec<String> {
    let ident = |text: &str| {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    let Some(group) = path.strip_prefix('{') else { return vec![ident(path)] };
    let (mut depth, mut names, mut expecting) = (1, Vec::new(), true);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => expecting = true,
            _ if expecting && depth == 1 && !character.is_whitespace() => {
                names.push(ident(&group[at..]));
                expecting = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

/// Whether code names a crate: `use krate`, `krate::`, but not `my_krate::` or `x::krate::`.
fn names_path(code: &str, krate: &str) -> bool {
    let used = |line: &str| {
        line.trim().trim_end_matches(';').split_whitespace().skip_while(|w| *w != "use").nth(1)
            == Some(krate)
    };
    used(code)
        || code.match_indices(&format!("{krate}::")).any(|(at, _)| {
            let before = code[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
        })
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    walk(Path::new("src"), &mut files);
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.to_str().unwrap().replace('\\', "/");
            let inner = name.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap().to_owned();
            let segments: Vec<_> = inner.split('/').filter(|s| *s != "mod").collect();
            let code = code_lines(&name, &fs::read_to_string(&path).unwrap());
            Source { module: segments[0].to_owned(), depth: segments.len(), name, code }
        })
        .collect()
}

/// Lines of code without comments; test modules may name what they like and are left out.
fn code_lines(name: &str, content: &str) -> Vec<(usize, String)> {
    if name.ends_with("/tests.rs") || name.contains("/tests/") {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let mut inside_tests = false;
    let mut pending = false;
    for (index, line) in content.lines().enumerate() {
        let trimmed = line.trim();
        // By rustfmt's layout an inline test module starts at the margin and ends with a brace at the margin.
        if line.starts_with("#[cfg(test)]") {
            pending = true;
        } else if pending && line.starts_with("mod ") {
            inside_tests = line.trim_end().ends_with('{');
            pending = false;
        } else if inside_tests {
            inside_tests = line != "}";
        } else if !trimmed.starts_with("//") && !trimmed.starts_with("#[") {
            let code = line.split(" // ").next().unwrap_or(line);
            lines.push((index + 1, code.to_owned()));
        }
    }
    lines
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
