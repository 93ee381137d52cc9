//! Keeps the house tidy: file sizes, module docs, words that must not stay, and documentation that must not fall behind.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::fs;
use std::path::{Path, PathBuf};

/// No source file is longer, in lines.
const LIMIT: usize = 800;
/// What a file should stay under; longer ones are listed, not refused.
const WANTED: usize = 400;
/// Files over the limit, each with its length when it was let in. The list may only shrink, and so may the lengths.
const LONG_FILES: &[(&str, usize)] = &[];

/// Files in which a `static` may be changed, with the reason.
const STATICS: &[(&str, &str)] = &[];

#[test]
fn no_file_is_too_long() {
    let mut broken = Vec::new();
    for (name, content) in rust_files() {
        let lines = content.lines().count();
        let excused = LONG_FILES.iter().find(|(file, _)| *file == name).map(|(_, length)| *length);
        if lines > excused.unwrap_or(LIMIT) {
            broken.push(format!("{name}: {lines} lines, {} allowed", excused.unwrap_or(LIMIT)));
        } else if lines > WANTED {
            eprintln!("{name}: {lines} lines, {WANTED} wanted");
        }
    }
    for (file, _) in LONG_FILES {
        let lines = fs::read_to_string(file).map_or(0, |content| content.lines().count());
        if lines <= LIMIT {
            broken.push(format!("{file}: no longer over {LIMIT} lines, take it off LONG_FILES"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<_> = rust_files()
        .into_iter()
        // A file of unit tests is told of by the file it tests.
        .filter(|(name, content)| !name.ends_with("/tests.rs") && !content.starts_with("//! "))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "no `//!` at the start of:\n{}", silent.join("\n"));
}

#[test]
fn nothing_unfinished_stays() {
    // Put together here, so that this file does not find itself.
    let words = [
        ["to", "do!("].concat(),
        ["unimple", "mented!("].concat(),
        ["db", "g!("].concat(),
        ["#[ign", "ore"].concat(),
        ["allow(dead", "_code)"].concat(),
        ["expect(dead", "_code)"].concat(),
    ];
    refuse(&words, rust_files());
}

#[test]
fn realtime_code_has_no_locks_no_threads_and_no_logs() {
    let words = ["Mutex", "RwLock", "Condvar", "mpsc", "std::thread", "tracing::", "println!"];
    // The control halves, and the driver that renders on many threads, are not for the audio thread.
    let control = ["engine/offline", "engine/live/controller.rs", "engine/assets.rs", "tests"];
    let without_tests = |(name, content): (String, String)| {
        let code = content.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        (name, code.to_owned())
    };
    let files = rust_files().into_iter().map(without_tests).filter(|(name, _)| {
        let realtime = name.starts_with("src/dsp/") || name.starts_with("src/engine/");
        realtime && !control.iter().any(|part| name.contains(part))
    });
    let words = words.map(str::to_owned);
    let files = files.collect::<Vec<_>>();
    assert!(files.len() > 50, "where has the engine gone?");
    refuse(&words, files);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let words = [
        ["/wo", "rk/"].concat(),
        ["/tmp", "/h/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/home", "/user"].concat(),
    ];
    refuse(&words, text_files());
}

#[test]
fn no_static_can_be_changed() {
    let changeable = [
        "Mutex",
        "RwLock",
        "Atomic",
        "OnceLock",
        "OnceCell",
        "LazyLock",
        "Lazy<",
        "RefCell",
        "Cell<",
        "static mut",
    ];
    let mut broken = Vec::new();
    for (name, content) in rust_files() {
        if !name.starts_with("src/")
            || name.starts_with("src/util/")
            || name.ends_with("/tests.rs")
            || STATICS.iter().any(|(file, _)| *file == name)
        {
            continue;
        }
        for (number, line) in content.lines().enumerate() {
            let code = line.trim_start();
            let is_static = ["static ", "pub static ", "pub(crate) static ", "thread_local!"]
                .iter()
                .any(|start| code.starts_with(start));
            let changes = code.starts_with("thread_local!")
                || changeable.iter().any(|word| code.contains(word));
            if is_static && changes {
                broken.push(format!("{name}:{}: {code}", number + 1));
            }
        }
    }
    assert!(broken.is_empty(), "state that every engine would share:\n{}", broken.join("\n"));
}

#[test]
fn mod_rs_stands_only_at_the_top_of_a_layer() {
    let misplaced: Vec<_> = rust_files()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("src/") && name.ends_with("/mod.rs"))
        .filter(|name| name.matches('/').count() != 2)
        .collect();
    assert!(misplaced.is_empty(), "write foo.rs beside foo/:\n{}", misplaced.join("\n"));
}

#[test]
fn traits_that_threads_share_say_which_thread_calls() {
    let mut silent = Vec::new();
    for (name, content) in rust_files() {
        let shared = ["src/engine/", "src/device/", "src/generate/"];
        if !shared.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        let lines: Vec<_> = content.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, l)| l.starts_with("pub trait ")) {
            let doc = lines[..at]
                .iter()
                .rev()
                .take_while(|l| l.starts_with("///") || l.starts_with("#["));
            let body = lines[at..].iter().take_while(|l| **l != "}");
            if !doc.chain(body).any(|l| l.contains("Thread:")) {
                silent.push(format!("{name}:{}: {line}", at + 1));
            }
        }
    }
    assert!(silent.is_empty(), "no `Thread:` line:\n{}", silent.join("\n"));
}

#[test]
fn every_verb_is_documented() {
    let page = fs::read_to_string("docs/cli.md").unwrap();
    let missing: Vec<_> = timbre::cli::command()
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set())
        .map(|verb| verb.get_name().to_owned())
        .filter(|verb| verb != "help" && !page.contains(&format!("timbre {verb}")))
        .collect();
    assert!(missing.is_empty(), "docs/cli.md says nothing of: {}", missing.join(", "));
}

#[test]
fn every_config_key_has_a_comment_above_it() {
    let mut above = "";
    for line in fs::read_to_string("src/config/default.toml").unwrap().lines() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(above.starts_with("# "), "no comment above: {line}");
        }
        above = if line.starts_with('#') { "# " } else { "" };
    }
}

#[test]
fn the_licence_is_the_one_that_cargo_states() {
    let licence = fs::read_to_string("LICENSE").unwrap();
    assert!(licence.contains("GNU GENERAL PUBLIC LICENSE") && licence.contains("Version 3"));
    let manifest = fs::read_to_string("Cargo.toml").unwrap();
    assert!(manifest.contains("license = \"GPL-3.0-or-later\""));
}

fn refuse(words: &[String], files: Vec<(String, String)>) {
    let mut broken = Vec::new();
    for (name, content) in files {
        for (number, line) in content.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(*word)) {
                broken.push(format!("{name}:{}: {word}", number + 1));
            }
        }
    }
    assert!(broken.is_empty(), "must not stay:\n{}", broken.join("\n"));
}

fn rust_files() -> Vec<(String, String)> {
    text_files().into_iter().filter(|(name, _)| name.ends_with(".rs")).collect()
}

/// Every text file of the package, by its path from the root.
fn text_files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    walk(Path::new("."), &mut files);
    files.sort();
    files
        .into_iter()
        .filter_map(|path| {
            let name = path.strip_prefix(".").unwrap().to_str()?.replace('\\', "/");
            Some((name, fs::read_to_string(&path).ok()?))
        })
        .collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | ".git" | "shared") {
                walk(&path, files);
            }
        } else {
            files.push(path);
        }
    }
}
