//! A program on a pseudo terminal, for the tests of what is typed and shown. Every step waits for the screen; none sleeps.
#![allow(dead_code, unreachable_pub)] // every test file uses another part of it
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// Longest that a test waits for the screen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the program has written until now.
struct Shown {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    ended: bool,
}

/// A program on a terminal: a pseudo terminal is its screen and its keyboard.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<(Mutex<Shown>, Condvar)>,
    /// The terminal's settings before the program was started.
    before: String,
}

impl Terminal {
    /// Starts a program on a terminal of this size.
    pub fn start(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let before = format!("{:?}", pair.master.get_termios().unwrap());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let shown = Arc::new((
            Mutex::new(Shown {
                parser: vt100::Parser::new(rows, columns, 0),
                bytes: Vec::new(),
                ended: false,
            }),
            Condvar::new(),
        ));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let screen = shown.clone();
        std::thread::spawn(move || {
            let mut block = [0; 4096];
            loop {
                let read = reader.read(&mut block).unwrap_or(0);
                let mut shown = screen.0.lock().unwrap();
                if read == 0 {
                    shown.ended = true;
                } else {
                    shown.parser.process(&block[..read]);
                    shown.bytes.extend_from_slice(&block[..read]);
                }
                screen.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self { master: pair.master, keyboard, child, shown, before }
    }

    /// Waits until the screen satisfies a test, and gives its text.
    pub fn wait(&self, what: &str, test: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut shown = self.shown.0.lock().unwrap();
        loop {
            let text = shown.parser.screen().contents();
            if test(&text) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !shown.ended,
                "{what} never came; the screen shows:\n{text}"
            );
            shown = self.shown.1.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Presses keys, as the bytes that a terminal sends for them.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// The terminal's settings.
    pub fn settings(&self) -> String {
        format!("{:?}", self.master.get_termios().unwrap())
    }

    /// The terminal's settings before the program was started.
    pub fn before(&self) -> &str {
        &self.before
    }

    /// The program's process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Everything that the program has written.
    pub fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.shown.0.lock().unwrap().bytes).into_owned()
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.process_id().unwrap()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        // The emulator itself breaks on smaller screens than these; the program sees the true size.
        let (seen_rows, seen_columns) = (rows.max(4), columns.max(8));
        self.shown.0.lock().unwrap().parser.screen_mut().set_size(seen_rows, seen_columns);
        self.master.resize(size).unwrap();
    }

    /// The text on the screen now.
    pub fn text(&self) -> String {
        self.shown.0.lock().unwrap().parser.screen().contents()
    }

    /// Whether the program has the alternate screen.
    pub fn is_alternate(&self) -> bool {
        self.shown.0.lock().unwrap().parser.screen().alternate_screen()
    }

    /// Waits for the end, and sees that the terminal is as it was. Gives the exit code.
    pub fn end(&mut self) -> u32 {
        let code = self.child.wait().unwrap().exit_code();
        assert_eq!(self.settings(), self.before, "the terminal is not as it was");
        let deadline = Instant::now() + PATIENCE;
        let mut shown = self.shown.0.lock().unwrap();
        while !shown.ended && Instant::now() < deadline {
            shown = self.shown.1.wait_timeout(shown, Duration::from_millis(200)).unwrap().0;
            if !shown.parser.screen().hide_cursor() {
                break;
            }
        }
        assert!(!shown.parser.screen().hide_cursor(), "the cursor is gone");
        code
    }
}
