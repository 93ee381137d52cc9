//! The terminal: taken over as a whole, and always given back as it was: at the end, on an error, on a panic of any thread,
//! on SIGTERM and SIGHUP (which end the loop), for Ctrl-Z and while an editor has it.

use std::io::{self, Stdout, Write, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags,
    PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::model::job::{Fault, FaultKind};
use crate::util::base64;

/// Longest text that is put into the clipboard, in bytes; many terminals refuse more.
const LONGEST_COPY: usize = 64 * 1024;

/// What frames are drawn on. Its area is fixed, and a new one is made for another size: one that follows the terminal by itself
/// asks it where the cursor is, and the answer would have to come through the reader of keys.
type Canvas = Terminal<CrosstermBackend<Stdout>>;

/// The screen of a terminal that was taken over. Dropping it gives the terminal back.
pub(super) struct Screen {
    terminal: Canvas,
    size: (u16, u16),
    mouse: bool,
    taken: Arc<AtomicBool>,
}

impl Screen {
    /// Takes the terminal over. Errors: `Internal` where it does not allow that.
    pub(super) fn open(mouse: bool) -> Result<Self, Fault> {
        let taken = Arc::new(AtomicBool::new(false));
        restore_on_panic(taken.clone());
        let (size, terminal) = canvas().map_err(|error| refused(&error))?;
        let mut screen = Self { terminal, size, mouse, taken };
        screen.enter().map_err(|error| refused(&error))?;
        Ok(screen)
    }

    /// Takes the terminal over, at first and after a pause; everything is drawn anew.
    pub(super) fn enter(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        self.taken.store(true, Ordering::SeqCst);
        execute!(
            stdout(),
            EnterAlternateScreen,
            EnableBracketedPaste,
            EnableFocusChange,
            // Terminals that know it tell Shift-Enter from Enter; others ignore it.
            PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
            SetTitle("Timbre"),
        )?;
        if self.mouse {
            execute!(stdout(), EnableMouseCapture)?;
        }
        self.clear()
    }

    /// Gives the terminal back.
    pub(super) fn leave(&mut self) {
        if self.taken.swap(false, Ordering::SeqCst) {
            give_back();
        }
    }

    /// Draws a frame; a terminal that knows synchronized output (DEC mode 2026) shows it in one piece.
    /// After another size all of it is drawn anew.
    pub(super) fn draw(
        &mut self,
        size: (u16, u16),
        paint: impl FnOnce(&mut ratatui::Frame),
    ) -> io::Result<()> {
        if size != self.size {
            self.clear()?;
        }
        queue!(stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(paint)?;
        execute!(stdout(), EndSynchronizedUpdate)
    }

    /// Forgets what is shown, so that all of it is drawn anew.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        (self.size, self.terminal) = canvas()?;
        execute!(stdout(), Clear(ClearType::All))
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Takes the mouse, or leaves it to the terminal.
    pub(super) fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        if on {
            execute!(stdout(), EnableMouseCapture)
        } else {
            execute!(stdout(), DisableMouseCapture)
        }
    }

    /// Puts text into the clipboard of the terminal's user, over SSH too (OSC 52). False where it is too long.
    pub(super) fn copy(&mut self, text: &str) -> io::Result<bool> {
        if text.len() > LONGEST_COPY {
            return Ok(false);
        }
        self.send(&format!("\u{1b}]52;c;{}\u{7}", base64::encode(text.as_bytes())))?;
        Ok(true)
    }

    /// Sends a control sequence as it is.
    pub(super) fn send(&mut self, sequence: &str) -> io::Result<()> {
        let mut out = stdout().lock();
        out.write_all(sequence.as_bytes())?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A canvas as large as the terminal is now.
fn canvas() -> io::Result<((u16, u16), Canvas)> {
    let (columns, rows) = crossterm::terminal::size().unwrap_or((80, 24));
    let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
    let backend = CrosstermBackend::new(stdout());
    let canvas = Terminal::with_options(backend, TerminalOptions { viewport })?;
    Ok(((columns, rows), canvas))
}

/// Undoes all of [`Screen::enter`]. What can't be restored is gone, so nothing is reported.
fn give_back() {
    let _ = execute!(
        stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        PopKeyboardEnhancementFlags,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show,
        SetTitle(""),
    );
    let _ = stdout().write_all(b"\x1b]9;4;0\x07");
    let _ = stdout().flush();
    let _ = disable_raw_mode();
}

/// Has a panic of any thread give the terminal back before it is reported, so that the report can be read.
fn restore_on_panic(taken: Arc<AtomicBool>) {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if taken.swap(false, Ordering::SeqCst) {
            give_back();
        }
        report(panic);
    }));
}

fn refused(error: &io::Error) -> Fault {
    Fault::new(FaultKind::Internal, format!("the terminal can't be used: {error}"))
        .with_hint("`timbre --plain` works on any terminal, line by line")
}

/// Stops this process for the shell as Ctrl-Z does, and comes back when the shell says so.
#[cfg(unix)]
pub(super) fn stop_for_shell() {
    use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
    // Without a shell that has job control nobody would ever wake it again.
    if getsid(None).is_ok_and(|session| session != getpgrp()) {
        // SIGSTOP for the whole group, as the terminal driver does with SIGTSTP; it can't be missed by a handler.
        let _ = kill_current_process_group(Signal::STOP);
    }
}

/// There is no such thing here.
#[cfg(not(unix))]
pub(super) fn stop_for_shell() {}
