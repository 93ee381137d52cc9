//! The terminal of the player: keys as they are pressed, one live line, and the way back to how it was.
//!
//! The way back is taken on every exit: the end, an error, a panic of any thread, SIGINT, SIGTERM and SIGHUP (which end
//! the command by dropping it), and Ctrl-Z or SIGTSTP, after which the line comes again when the shell says so.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossterm::{event, terminal};
use tokio::sync::mpsc;

use super::keys::{Wish, wish_of};
use super::line::Piece;
use crate::cli::output::{Output, Style};
use crate::model::job::{Fault, FaultKind};

/// How long the thread that reads keys waits before it looks whether it should end.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// Keys that may wait; a cat on the keyboard loses the rest.
const MOST_KEYS: usize = 64;
/// Columns of a terminal that does not say how many it has.
const USUAL_COLUMNS: usize = 80;
/// Hides and shows the cursor (DEC private mode 25).
const HIDE_CURSOR: &str = "\u{1b}[?25l";
const SHOW_CURSOR: &str = "\u{1b}[?25h";
/// To the first column, and clears the line (ECMA-48 EL).
const CLEAR_LINE: &str = "\r\u{1b}[2K";

/// A terminal in raw mode with a live line. Dropping it gives the terminal back.
pub(in crate::cli) struct Screen {
    output: Output,
    /// What the line shows now, so that nothing is drawn twice.
    shown: String,
    raw: bool,
    reader: Option<Reader>,
}

/// The thread that reads keys.
struct Reader {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Screen {
    /// Takes the terminal over, and gives it with the keys that are pressed.
    ///
    /// Errors: `Internal` where the terminal does not allow it.
    pub(in crate::cli) fn open(output: &Output) -> Result<(Self, mpsc::Receiver<Wish>), Fault> {
        restore_on_panic();
        let mut screen =
            Self { output: output.clone(), shown: String::new(), raw: false, reader: None };
        screen.enter()?;
        let (sender, keys) = mpsc::channel(MOST_KEYS);
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let stop = stop.clone();
            std::thread::Builder::new()
                .name("keys".to_owned())
                .spawn(move || read_keys(&sender, &stop))
                .map_err(|error| refused("no thread for the keys", &error))?
        };
        screen.reader = Some(Reader { stop, thread });
        Ok((screen, keys))
    }

    /// Takes the terminal over, at first and after a pause.
    pub(in crate::cli) fn enter(&mut self) -> Result<(), Fault> {
        terminal::enable_raw_mode().map_err(|error| refused("keys can't be read", &error))?;
        self.raw = true;
        self.shown.clear();
        self.output.draw(HIDE_CURSOR).map_err(|error| refused("nothing can be drawn", &error))
    }

    /// Gives the terminal back. What can't be restored is gone, so nothing is reported.
    pub(in crate::cli) fn leave(&mut self) {
        if self.raw {
            self.raw = false;
            let _ = self.output.draw(&format!("{CLEAR_LINE}{SHOW_CURSOR}"));
            let _ = terminal::disable_raw_mode();
        }
    }

    /// Columns of the terminal that the line may use: all but the last, where some terminals wrap.
    pub(in crate::cli) fn columns(&self) -> usize {
        let columns = terminal::size().map_or(0, |(columns, _)| usize::from(columns));
        (if columns == 0 { USUAL_COLUMNS } else { columns }).saturating_sub(1)
    }

    /// Shows these pieces on the line, if they are not there already. Errors: the terminal is gone.
    pub(in crate::cli) fn draw(&mut self, pieces: &[Piece]) -> io::Result<()> {
        let texts = pieces.iter().map(|piece| match piece.style {
            Some(style) => self.output.paint(style, &piece.text),
            None => piece.text.clone(),
        });
        let line = texts.collect::<Vec<_>>().join("  ");
        if line != self.shown {
            self.output.draw(&format!("{CLEAR_LINE}{line}"))?;
            self.shown = line;
        }
        Ok(())
    }

    /// Draws the line anew next time, whatever it shows.
    pub(in crate::cli) fn forget(&mut self) {
        self.shown.clear();
    }

    /// Leaves a line of text behind, above the live one; a long one is wrapped between words.
    pub(in crate::cli) fn tell(&mut self, style: Style, message: &str) -> io::Result<()> {
        let mut sequence = CLEAR_LINE.to_owned();
        for row in wrapped(&crate::util::text::one_line(message), self.columns()) {
            // Raw mode does not turn a line feed into a new line.
            sequence.push_str(&self.output.paint(style, &row));
            sequence.push_str("\r\n");
        }
        self.shown.clear();
        self.output.draw(&sequence)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The thread goes first, or it would take keys that are meant for the shell.
        if let Some(Reader { stop, thread }) = self.reader.take() {
            stop.store(true, Ordering::Relaxed);
            let _ = thread.join();
        }
        self.leave();
    }
}

fn refused(what: &str, error: &io::Error) -> Fault {
    Fault::new(FaultKind::Internal, format!("the terminal refuses: {what}: {error}"))
        .with_hint("with --no-input the music plays without keys")
}

/// Reads keys until told to stop. A terminal that is gone is a wish to end.
fn read_keys(keys: &mpsc::Sender<Wish>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let read = match event::poll(LOOK_EVERY) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        let wish = match read {
            Ok(event) => wish_of(&event),
            Err(_) => Some(Wish::Interrupt),
        };
        let Some(wish) = wish else { continue };
        let lost = matches!(keys.try_send(wish), Err(mpsc::error::TrySendError::Closed(_)));
        if lost || wish == Wish::Interrupt {
            return;
        }
    }
}

/// Has a panic of any thread give the terminal back before it is reported, so that the report can be read.
fn restore_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if terminal::is_raw_mode_enabled().unwrap_or(false) {
            use std::io::Write;
            let _ = terminal::disable_raw_mode();
            let _ = write!(io::stderr(), "{CLEAR_LINE}{SHOW_CURSOR}");
        }
        report(panic);
    }));
}

/// Rows of at most `columns`, broken between words; a word that is wider is cut.
fn wrapped(message: &str, columns: usize) -> Vec<String> {
    use crate::util::text::{fit, width};
    let mut rows: Vec<String> = Vec::new();
    for word in message.split(' ') {
        match rows.last_mut() {
            Some(row) if width(row) + 1 + width(word) <= columns => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(fit(word, columns)),
        }
    }
    rows
}

/// Stopping like any other program of the shell.
#[cfg(unix)]
pub(in crate::cli) mod suspension {
    use rustix::process::{
        Signal, getpgrp, getpid, getsid, kill_current_process_group, kill_process,
    };
    use tokio::signal::unix::{SignalKind, signal};

    /// Whether a shell is there to go back to: one with job control gives each job a process group of its own. Without
    /// one, who stops would never go on.
    pub(in crate::cli) fn has_shell() -> bool {
        getsid(None).is_ok_and(|session| session != getpgrp())
    }

    /// Asks this program, and those that run in the same pipe, to stop: what a terminal does at Ctrl-Z.
    pub(in crate::cli) fn ask() {
        if let Err(error) = kill_current_process_group(Signal::TSTP) {
            tracing::warn!("could not stop at Ctrl-Z: {error}");
        }
    }

    /// Stops here; comes back when the shell says so.
    pub(in crate::cli) fn stop() {
        if let Err(error) = kill_process(getpid(), Signal::STOP) {
            tracing::warn!("could not stop: {error}");
        }
    }

    /// SIGTSTP and SIGHUP, as long as this is held.
    pub(in crate::cli) struct Signals {
        stop: Option<tokio::signal::unix::Signal>,
        hangup: Option<tokio::signal::unix::Signal>,
    }

    /// A signal that was sent to us.
    pub(in crate::cli) enum Sent {
        /// SIGTSTP: step aside.
        Stop,
        /// SIGHUP: the terminal is gone.
        Hangup,
    }

    impl Signals {
        /// Listens from now on.
        pub(in crate::cli) fn listen() -> Self {
            let stop = SignalKind::from_raw(Signal::TSTP.as_raw());
            Self { stop: signal(stop).ok(), hangup: signal(SignalKind::hangup()).ok() }
        }

        /// The next one. Safe to cancel.
        pub(in crate::cli) async fn next(&mut self) -> Sent {
            let (stop, hangup) = (&mut self.stop, &mut self.hangup);
            tokio::select! {
                Some(()) = async { stop.as_mut()?.recv().await } => Sent::Stop,
                Some(()) = async { hangup.as_mut()?.recv().await } => Sent::Hangup,
                else => std::future::pending().await,
            }
        }
    }
}

/// Other systems have no shell that stops and continues a program.
#[cfg(not(unix))]
pub(in crate::cli) mod suspension {
    /// No.
    pub(in crate::cli) fn has_shell() -> bool {
        false
    }
    /// Nothing to ask.
    pub(in crate::cli) fn ask() {}
    /// Nothing to stop.
    pub(in crate::cli) fn stop() {}
    /// No signals.
    pub(in crate::cli) struct Signals;
    /// A signal that was sent to us.
    pub(in crate::cli) enum Sent {
        /// Step aside.
        Stop,
        /// The terminal is gone.
        Hangup,
    }
    impl Signals {
        /// Listens to nothing.
        pub(in crate::cli) fn listen() -> Self {
            Self
        }
        /// Never comes.
        pub(in crate::cli) async fn next(&mut self) -> Sent {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Common;
    use crate::cli::player::keys::HELP;
    use crate::config::Surroundings;
    use crate::util::text::width;

    #[test]
    fn a_long_message_is_broken_between_words() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible", 6), ["incom…"]);
        assert!(wrapped(HELP, 30).iter().all(|row| width(row) <= 30));
        assert_eq!(wrapped(HELP, 30).join(" "), HELP);
    }

    /// Set for the process that the test below starts on a terminal, which is this test again.
    const PANIC: &str = "TIMBRE_TEST_PANIC_ON_A_TERMINAL";

    #[cfg(unix)]
    #[test]
    fn a_panic_leaves_a_terminal_that_can_be_used_and_a_report_that_can_be_read() {
        use portable_pty::{CommandBuilder, PtySize, native_pty_system};
        if std::env::var_os(PANIC).is_some() {
            let output = Output::new(&Common::default(), &Surroundings::default());
            let screen = Screen::open(&output).unwrap();
            // Held by nobody who would drop it: the hook alone has to see to the terminal.
            std::mem::forget(screen);
            let crash = std::thread::spawn(|| -> i32 { panic!("a string broke") });
            assert!(crash.join().is_err());
            std::process::exit(7);
        }
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let settings = || format!("{:?}", pair.master.get_termios().unwrap());
        let before = settings();
        let name = "a_panic_leaves_a_terminal_that_can_be_used_and_a_report_that_can_be_read";
        let mut again = CommandBuilder::new(std::env::current_exe().unwrap());
        let (_, module) = module_path!().split_once("::").unwrap();
        let name = format!("{module}::{name}");
        again.args([name.as_str(), "--exact", "--nocapture"]);
        again.env(PANIC, "1");
        let mut reader = pair.master.try_clone_reader().unwrap();
        let mut child = pair.slave.spawn_command(again).unwrap();
        drop(pair.slave);
        let read = std::thread::spawn(move || {
            use std::io::Read;
            let (mut shown, mut block) = (Vec::new(), [0; 1024]);
            // The end of a pseudo terminal is an error on some systems.
            while let Ok(count @ 1..) = reader.read(&mut block) {
                shown.extend_from_slice(&block[..count]);
                if String::from_utf8_lossy(&shown).contains("a string broke") {
                    break;
                }
            }
            String::from_utf8_lossy(&shown).into_owned()
        });
        assert_eq!(child.wait().unwrap().exit_code(), 7);
        assert_eq!(settings(), before);
        let shown = read.join().unwrap();
        let (drawn, report) = shown.split_once(SHOW_CURSOR).unwrap();
        assert!(drawn.contains(HIDE_CURSOR) && report.contains("a string broke"), "{shown:?}");
    }
}
