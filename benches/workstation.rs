//! The workstation as its user meets it: the shipped program on a pseudo terminal, measured from the keyboard to the screen.
//! docs/performance.md has the figures.
//!
//! `cargo bench --bench workstation` runs all of it; a word after `--` only what contains it: draw, first, keys, idle, session.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a benchmark may stop at the first surprise, and reports as it goes

fn main() {
    #[cfg(target_os = "linux")]
    linux::main();
    #[cfg(not(target_os = "linux"))]
    println!("measured on Linux only: it reads /proc");
}

#[cfg(target_os = "linux")]
#[path = "../tests/support/terminal.rs"]
mod terminal;

#[cfg(target_os = "linux")]
mod linux {
    use std::path::PathBuf;
    use std::process::Command;
    use std::time::{Duration, Instant};

    use portable_pty::CommandBuilder;
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{Connection, SqliteConnection};
    use tempfile::TempDir;

    use timbre::protocol::listen::TakePeaksResponse;
    use timbre::tui::keymap::Keymap;
    use timbre::tui::model::conversation::Scroll;
    use timbre::tui::model::{Glyphs, Look, Model, Pictures};
    use timbre::tui::msg::{Answer, Msg};
    use timbre::tui::themes;
    use timbre::tui::update::{answer, update};

    use super::terminal::Terminal;

    /// Letters that are typed and timed.
    const LETTERS: usize = 400;
    /// Cells of the long session: a prompt and a take for each job.
    const JOBS: u32 = 5_000;
    /// How long the idle program is watched.
    const WATCH: Duration = Duration::from_secs(10);

    pub(super) fn main() {
        let wanted =
            std::env::args().skip(1).find(|word| !word.starts_with("--")).unwrap_or_default();
        for (name, bench) in [
            ("draw", draw as fn()),
            ("first", first),
            ("keys", keys),
            ("idle", idle),
            ("session", session),
        ] {
            if name.contains(&wanted) {
                bench();
            }
        }
    }

    struct Home(TempDir);

    impl Home {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn with_a_take() -> Self {
            let home = Self::new();
            let words = ["generate", "felt piano", "--duration", "20", "--quiet"];
            let status = Command::new(binary())
                .env("HOME", home.0.path())
                .env("TIMBRE_HOME", home.0.path().join("timbre"))
                .args(words)
                .stdout(std::process::Stdio::null())
                .status();
            assert!(status.unwrap().success());
            home
        }

        fn open(&self, words: &[&str], columns: u16, rows: u16) -> Terminal {
            let mut command = CommandBuilder::new(binary());
            command.args(words);
            command.env_clear();
            for (name, value) in
                [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("TIMBRE_AUDIO__DEVICE", "null")]
            {
                command.env(name, value);
            }
            command.env("HOME", self.0.path());
            command.env("TIMBRE_HOME", self.0.path().join("timbre"));
            command.env("TIMBRE_GENERATE__JOBS", "3");
            command.cwd(self.0.path());
            Terminal::start(command, columns, rows)
        }
    }

    fn binary() -> PathBuf {
        PathBuf::from(env!("CARGO_BIN_EXE_timbre"))
    }

    fn report(what: &str, mut times: Vec<Duration>) {
        times.sort();
        let at =
            |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
        let n = times.len();
        println!(
            "{what}: n {n}, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }

    /// A frame of 200 x 60 in a conversation of 10,000 cells, drawn into memory, somewhere in its middle and at its end.
    fn draw() {
        let mut model = long_conversation();
        let backend = ratatui::backend::TestBackend::new(200, 60);
        let mut terminal = ratatui::Terminal::new(backend).unwrap();
        let mut times = Vec::new();
        for n in 0..2_000_usize {
            model.conversation.scroll = match n % 2 {
                0 => Scroll::Bottom,
                _ => Scroll::At { cell: (n * 4) % 9_900, line: 0 },
            };
            let begun = Instant::now();
            terminal.draw(|frame| timbre::tui::view::draw(&model, frame)).unwrap();
            times.push(begun.elapsed());
        }
        report("a frame of 200 x 60 with 10,000 cells", times);
    }

    /// A model with 5,000 prompts and their takes, each with a waveform.
    fn long_conversation() -> Model {
        let shelf = timbre::config::theme::Shelf::new("/nowhere");
        let (theme, _) = themes::load(&shelf, "timbre-dark", themes::Depth::True).unwrap();
        let look = Look {
            theme,
            themes: Vec::new(),
            glyphs: Glyphs::Braille,
            motion: true,
            pictures: Pictures::Off,
            mouse: true,
        };
        let mut model = Model::new(look, Keymap::default(), PathBuf::new());
        update(&mut model, Msg::Resize(200, 60));
        let session =
            serde_json::json!({"id": "s", "title": "Long", "takes": JOBS, "created_at": 0.0});
        let entries = (1..=JOBS).map(|n| {
            let id = format!("take-{n:05}");
            serde_json::json!({
                "type": "job",
                "job": {
                    "id": format!("job-{n}"), "session_id": "s", "parent": null, "number": n, "prompt": format!("prompt {n} 雨"),
                    "backend": "composer", "seed": n, "phase": "ready", "progress": 1.0, "stage": "", "eta_s": null,
                    "position": n, "take_id": id, "fault": null, "created_at": n * 60
                },
                "take": {
                    "id": id, "session_id": "s", "job_id": format!("job-{n}"), "parent": null, "number": n,
                    "title": format!("Take {n}"), "prompt": "p", "path": "/m/x.wav", "bpm": 82.0, "key": "A minor",
                    "metre": "4/4", "bars": 16, "duration_s": 46.8, "lufs": -14.0, "true_peak_dbtp": -1.0, "seed": n,
                    "backend": "composer", "licence": "CC0-1.0", "looped": false, "stems": [], "rating": 3, "note": "",
                    "tags": ["keeper"], "created_at": n * 60
                }
            })
        });
        let page = serde_json::json!({"session": session, "entries": entries.collect::<Vec<_>>(), "before": null});
        let page = serde_json::from_value(page).unwrap();
        update(&mut model, answer(Answer::Transcript(Box::new(page), false)));
        for n in 1..=JOBS {
            let columns = (0..400)
                .map(|c| [-(((c * n) % 97) as f32) / 97.0, ((c * n) % 89) as f32 / 89.0, 0.3]);
            let peaks = TakePeaksResponse {
                frames: 2_246_400,
                sample_rate: 48_000,
                from: 0,
                to: 2_246_400,
                columns: columns.collect(),
            };
            let peaks = Answer::Peaks(format!("take-{n:05}"), Box::new(peaks), false);
            update(&mut model, answer(peaks));
        }
        model
    }

    /// From the start of the process to the first picture.
    fn first() {
        let home = Home::with_a_take();
        let times = (0..20).map(|_| {
            let begun = Instant::now();
            let mut terminal = home.open(&[], 120, 36);
            terminal.wait("the first picture", |screen| screen.contains("Timbre"));
            let time = begun.elapsed();
            terminal.press("\u{3}\u{3}");
            terminal.end();
            time
        });
        report("first frame", times.collect());
    }

    /// From a key to its letter on the screen, while three jobs render and music plays.
    fn keys() {
        let home = Home::with_a_take();
        let mut terminal = home.open(&["--resume"], 160, 48);
        terminal.wait_for("LUFS");
        terminal.press(" ");
        terminal.wait("music", |screen| screen.contains('▶'));
        terminal.press("/takes 3\r");
        terminal.press("deep house, 3 minutes\r");
        terminal.wait("jobs", |screen| screen.contains('%'));
        let mut times = Vec::with_capacity(LETTERS);
        for n in 0..LETTERS {
            // Words that no other part of the screen shows.
            let letter = char::from(b'a' + (n % 26) as u8);
            if n % 20 == 0 {
                terminal.press("\u{15}qz");
                terminal.wait("an empty line", |screen| {
                    screen.contains("qz") && !screen.contains("qzx")
                });
                terminal.press("x");
                terminal.wait_for("qzx");
            }
            let before = terminal.text();
            let begun = Instant::now();
            terminal.press(&letter.to_string());
            let line =
                before.lines().find(|line| line.contains("qzx")).unwrap().trim_end().to_owned();
            let start = line.find("qzx").unwrap();
            let typed = line[start..].split([' ', '│']).next().unwrap().to_owned();
            let wanted = format!("{typed}{letter}");
            terminal.wait(&wanted, |screen| screen.contains(&wanted));
            times.push(begun.elapsed());
        }
        report("key to screen, three jobs and music", times);
        let text = terminal.text();
        println!(
            "  the transport bar then: {}",
            text.lines().find(|line| line.contains("xrun")).unwrap_or("-").trim()
        );
        terminal.press("\u{15}/cancel all\r");
        terminal.press("\u{15}/quit\r");
        terminal.end();
    }

    /// Processor time of a program in which nothing moves.
    fn idle() {
        let home = Home::with_a_take();
        let mut terminal = home.open(&["--resume"], 160, 48);
        terminal.wait_for("LUFS");
        // Toasts go away first.
        std::thread::sleep(Duration::from_secs(8));
        let before = cpu(terminal.pid());
        let begun = Instant::now();
        std::thread::sleep(WATCH);
        let used = cpu(terminal.pid()) - before;
        let share = used.as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0;
        println!("idle: {share:.2} % of a core");
        terminal.press("/quit\r");
        terminal.end();
    }

    /// Processor time of a process, from /proc (proc(5)): user and system ticks of 10 ms.
    fn cpu(pid: u32) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields = stat.rsplit(')').next().unwrap().split_whitespace().collect::<Vec<_>>();
        let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// A session of 10,000 cells: from the start of the process to its newest take on the screen.
    fn session() {
        let home = Home::with_a_take();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(fill(&home.0.path().join("timbre/data/timbre.db")));
        let times = (0..20).map(|_| {
            let begun = Instant::now();
            let mut terminal = home.open(&["--resume"], 200, 60);
            terminal.wait("the newest take", |screen| screen.contains(&format!("prompt {JOBS}")));
            let time = begun.elapsed();
            terminal.press("\u{3}\u{3}");
            terminal.end();
            time
        });
        report("a session of 10,000 cells opens", times.collect());
    }

    /// Copies the one job and take of a library many times, each with a prompt of its own.
    async fn fill(database: &std::path::Path) {
        let options = SqliteConnectOptions::new().filename(database);
        let mut library = SqliteConnection::connect_with(&options).await.unwrap();
        let count = "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)";
        let jobs = format!(
            "{count} INSERT INTO jobs (id, id_reversed, session_id, number, request, path, overwrite, phase, progress, stage, eta_s, \
             position, attempts, take_id, fault, cancel, runner_id, created_at, updated_at) \
             SELECT printf('job-%08d', i), printf('%08d-boj', i), session_id, i, \
             json_set(request, '$.prompt', 'prompt ' || i), path, overwrite, phase, progress, stage, eta_s, i, attempts, \
             printf('take-%08d', i), fault, cancel, runner_id, created_at + i * 60, updated_at + i * 60 \
             FROM jobs, n WHERE jobs.seq = 1"
        );
        let takes = format!(
            "{count} INSERT INTO takes (id, id_reversed, session_id, job_id, number, title, prompt, tags, note, rating, path, recipe_path, \
             midi_path, stems, recipe, backend, music_key, bpm, created_at) \
             SELECT printf('take-%08d', i), printf('%08d-ekat', i), session_id, printf('job-%08d', i), i, 'Take ' || i, \
             'prompt ' || i, tags, note, rating, path, recipe_path, midi_path, stems, \
             json_set(recipe, '$.request.prompt', 'prompt ' || i), backend, music_key, bpm, created_at + i * 60 \
             FROM takes, n WHERE takes.seq = 1"
        );
        for sql in [jobs, takes] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).bind(JOBS).execute(&mut library).await.unwrap();
        }
        library.close().await.unwrap();
    }
}
