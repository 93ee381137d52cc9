//! The only place that writes to the terminal: results to stdout, talk and errors to stderr.
//!
//! Text from outside is cleaned here, so that no caller can forget it. What is printed is decided elsewhere.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::args::{Common, When};
use super::stop::Stop;
use crate::config::{Color, Surroundings};
use crate::model::job::{Fault, FaultKind};
use crate::util::text;

/// Where and how to print.
#[derive(Debug, Clone)]
pub(super) struct Output {
    json: bool,
    quiet: bool,
    color_out: bool,
    color_err: bool,
    bar: bool,
}

/// How a piece of text is meant. Colours are the terminal's own, so that every theme stays readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Stands out.
    Strong,
    /// Steps back.
    Dim,
    /// Good news.
    Good,
    /// Bad news.
    Bad,
    /// What to do next.
    Hint,
}

impl Style {
    /// SGR parameters (ECMA-48 section 8.3.117).
    fn code(self) -> &'static str {
        match self {
            Self::Strong => "1",
            Self::Dim => "2",
            Self::Good => "32",
            Self::Bad => "1;31",
            Self::Hint => "36",
        }
    }
}

impl Output {
    /// Works out how to print from options, variables and the terminal.
    pub(super) fn new(common: &Common, around: &Surroundings) -> Self {
        let dumb = around.var("TERM") == Some("dumb");
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self {
            json: common.json,
            quiet: common.quiet,
            color_out: wants_color(common.color, around, out && !dumb),
            color_err: wants_color(common.color, around, err && !dumb),
            bar: err && !dumb && !common.quiet && !common.json,
        }
    }

    /// Lets the configuration decide about colour where neither option nor variable has.
    #[must_use]
    pub(super) fn with_config(
        mut self,
        color: Color,
        common: &Common,
        around: &Surroundings,
    ) -> Self {
        let decided = common.color.is_some_and(|when| when != When::Auto)
            || ["NO_COLOR", "FORCE_COLOR"].iter().any(|name| around.var(name).is_some());
        if !decided && color != Color::Auto {
            self.color_out = color == Color::Always;
            self.color_err = self.color_out;
        }
        self
    }

    /// Whether results are JSON objects.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether a progress bar may be drawn on stderr.
    pub(super) fn draws_bar(&self) -> bool {
        self.bar
    }

    /// Prints a line of result to stdout.
    pub(super) fn result(&self, line: &str) -> Result<(), Stop> {
        self.write_out(format!("{}\n", printable(line)).as_bytes())
    }

    /// Prints text of our own making (scripts, documents, tables with colour) to stdout, as it is.
    pub(super) fn document(&self, content: &str) -> Result<(), Stop> {
        self.write_out(content.as_bytes())
    }

    /// Writes sound to stdout.
    pub(super) fn bytes(&self, content: &[u8]) -> Result<(), Stop> {
        self.write_out(content)
    }

    /// Prints a JSON object on a line of its own to stdout.
    pub(super) fn object(&self, value: &impl Serialize) -> Result<(), Stop> {
        let line = serde_json::to_string(value).map_err(|error| {
            Fault::new(FaultKind::Internal, format!("no JSON came out: {error}"))
        })?;
        self.write_out(format!("{line}\n").as_bytes())
    }

    /// Says something on stderr, unless asked to be quiet. `line` may hold styled pieces from [`Output::paint`].
    pub(super) fn talk(&self, line: &str) {
        if !self.quiet && !self.json {
            write_err(line);
        }
    }

    /// Whether somebody sits at a terminal: one that shows stderr and sends the keys of stdin, and wants more than results.
    pub(super) fn has_keys(&self) -> bool {
        self.bar && io::stdin().is_terminal()
    }

    /// Writes to the terminal of stderr as it is: control sequences of our own, and text that [`Output::paint`] has cleaned.
    ///
    /// Errors: the terminal is gone.
    pub(super) fn draw(&self, sequence: &str) -> io::Result<()> {
        let mut stderr = io::stderr().lock();
        stderr.write_all(sequence.as_bytes()).and_then(|()| stderr.flush())
    }

    /// Says something on stderr that may not be missed, even where quiet was asked for.
    pub(super) fn warn(&self, line: &str) {
        write_err(&format!("{} {}", self.paint(Style::Strong, "warning:"), printable(line)));
    }

    /// Prints what went wrong and what to do: on stderr, and as an object on stdout where results are objects.
    pub(super) fn fault(&self, fault: &Fault) {
        if self.json {
            // Nothing is left to do where even this can't be written.
            let _ = self.object(&FaultLine { r#type: "error", fault });
        }
        let message = text::one_line(&fault.message);
        write_err(&format!("{} {message}", self.paint(Style::Bad, "error:")));
        if !fault.hint.is_empty() {
            let hint = text::one_line(&fault.hint);
            write_err(&format!("{} {hint}", self.paint(Style::Hint, "hint:")));
        }
    }

    /// A styled piece for stderr; the text is cleaned.
    pub(super) fn paint(&self, style: Style, piece: &str) -> String {
        painted(self.color_err, style, piece)
    }

    /// A styled piece for stdout; the text is cleaned.
    pub(super) fn paint_out(&self, style: Style, piece: &str) -> String {
        painted(self.color_out, style, piece)
    }

    fn write_out(&self, content: &[u8]) -> Result<(), Stop> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(content).and_then(|()| stdout.flush()).map_err(|error| {
            if error.kind() == io::ErrorKind::BrokenPipe {
                Stop::Pipe
            } else {
                Stop::Fault(
                    Fault::new(
                        FaultKind::Unwritable,
                        format!("could not write to stdout: {error}"),
                    )
                    .with_hint("check where the output goes"),
                )
            }
        })
    }
}

/// Asks a question on stderr and reads one line from stdin. `None` where nobody is there to answer.
pub(super) fn ask(question: &str) -> Option<String> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    let mut stderr = io::stderr().lock();
    let asked = write!(stderr, "{} ", printable(question)).and_then(|()| stderr.flush());
    let mut answer = String::new();
    (asked.is_ok() && io::stdin().read_line(&mut answer).is_ok())
        .then(|| answer.trim().to_lowercase())
}

#[derive(Serialize)]
struct FaultLine<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    fault: &'a Fault,
}

fn write_err(line: &str) {
    // When stderr is gone there is nobody to tell about it.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn printable(line: &str) -> String {
    text::clean(line).replace('\n', " ")
}

fn painted(color: bool, style: Style, piece: &str) -> String {
    let piece = printable(piece);
    if color { format!("\u{1b}[{}m{piece}\u{1b}[0m", style.code()) } else { piece }
}

/// `--color` wins, then `NO_COLOR` (no-color.org), then `FORCE_COLOR`, then whether a terminal that can is there.
fn wants_color(asked: Option<When>, around: &Surroundings, terminal: bool) -> bool {
    match asked {
        Some(When::Always) => true,
        Some(When::Never) => false,
        Some(When::Auto) | None => {
            if around.var("NO_COLOR").is_some() {
                false
            } else if around.var("FORCE_COLOR").is_some_and(|value| value != "0") {
                true
            } else {
                terminal
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(vars: &[(&str, &str)]) -> Surroundings {
        let vars = vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Surroundings { vars, ..Surroundings::default() }
    }

    #[test]
    fn the_nearest_wish_about_colour_wins() {
        let both = around(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]);
        assert!(!wants_color(None, &both, true));
        assert!(wants_color(Some(When::Always), &both, false));
        assert!(wants_color(None, &around(&[("FORCE_COLOR", "1")]), false));
        assert!(!wants_color(None, &around(&[("FORCE_COLOR", "0")]), false));
        assert!(wants_color(None, &around(&[("NO_COLOR", "")]), true));
        assert!(!wants_color(None, &around(&[]), false));
    }

    #[test]
    fn styled_text_from_outside_carries_no_escapes_of_its_own() {
        assert_eq!(painted(true, Style::Dim, "a\u{1b}[31mb"), "\u{1b}[2mab\u{1b}[0m");
        assert_eq!(painted(false, Style::Dim, "a\u{1b}]0;x\u{7}b"), "ab");
    }
}
