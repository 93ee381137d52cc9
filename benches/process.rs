//! Whole processes, timed from the outside: start-up, clips, songs, search. docs/performance.md has the figures.
//!
//! Run all with `cargo bench --bench process`, one with `cargo bench --bench process -- clip`. Each works in a home of its own.
#![allow(missing_docs)] // criterion's macros make public items
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a benchmark may stop at the first surprise, and reports as it goes

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

/// Takes in the library that is searched.
const TAKES: u32 = 100_000;

/// Length of the song, in seconds.
const SONG_SECONDS: f64 = 180.0;

/// A user's home, with everything of Timbre's below it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("timbre/data/timbre.db")
    }

    fn start(&self, words: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_timbre"))
            .env("HOME", self.0.path())
            .env("TIMBRE_HOME", self.0.path().join("timbre"))
            .current_dir(self.0.path())
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn run(&self, words: &[&str]) {
        assert!(self.start(words).wait().unwrap().success(), "{words:?}");
    }
}

fn version(criterion: &mut Criterion) {
    let home = Home::new();
    criterion.bench_function("version", |bench| bench.iter(|| home.run(&["--version"])));
}

fn clip(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("clip");
    group.sample_size(10);
    group.bench_function("10 s, cold start to file", |bench| {
        bench.iter_batched(
            Home::new,
            |home| {
                home.run(&[
                    "generate",
                    "dusty lofi beat, rhodes and vinyl",
                    "--duration",
                    "10",
                    "-o",
                    "a.wav",
                ]);
                home
            },
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn song(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("song");
    group.sample_size(10).measurement_time(Duration::from_secs(40));
    let words = [
        "generate",
        "uplifting pop anthem",
        "--duration",
        "180",
        "--seed",
        "1",
        "--stems",
        "-o",
        "a.wav",
    ];
    group.bench_function("180 s with stems", |bench| {
        bench.iter_batched(
            Home::new,
            |home| {
                home.run(&words);
                home
            },
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();

    let home = Home::new();
    let begun = Instant::now();
    let mut child = home.start(&words);
    let mut peak_kb = 0;
    while child.try_wait().unwrap().is_none() {
        peak_kb = peak_kb.max(peak_of(child.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    let seconds = begun.elapsed().as_secs_f64();
    eprintln!(
        "song: {:.0} times faster than it plays, peak memory {} MB",
        SONG_SECONDS / seconds,
        peak_kb / 1024
    );
}

/// High-water mark of a process's memory in kB, where the system tells.
fn peak_of(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn search(criterion: &mut Criterion) {
    let home = Home::new();
    home.run(&["generate", "dusty lofi beat", "--duration", "2"]);
    tokio::runtime::Runtime::new().unwrap().block_on(fill(&home));
    let mut group = criterion.benchmark_group("search");
    group.bench_function("one word of many takes", |bench| {
        bench.iter(|| home.run(&["ls", "--search", "dusty", "--json"]));
    });
    group.bench_function("one take", |bench| {
        bench.iter(|| home.run(&["ls", "--search", "w77777x", "--json"]));
    });
    group.finish();
}

/// Copies the one take of a library until there are [`TAKES`], each with a word of its own in its prompt.
async fn fill(home: &Home) {
    let options = SqliteConnectOptions::new().filename(home.database());
    let mut database = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO takes (id, id_reversed, session_id, job_id, number, title, prompt, path, recipe_path, stems, recipe,
                            backend, music_key, bpm, created_at)
         SELECT printf('0199aa00-0000-7000-8000-%012x', i), printf('%012x', i), session_id, printf('job-%d', i), i + 1,
                title, prompt || ' w' || i || 'x', path || i, recipe_path || i, stems, recipe, backend, music_key, bpm,
                created_at + i
         FROM n, (SELECT * FROM takes LIMIT 1)",
    )
    .bind(TAKES)
    .execute(&mut database)
    .await
    .unwrap();
    database.close().await.unwrap();
}

criterion_group!(benches, version, clip, song, search);
criterion_main!(benches);
