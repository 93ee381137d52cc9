//! Makes styles for the terminal at hand of a theme as it was typed: in as many colours as it has, and in none where none are
//! wanted. It decides as well which glyphs curves are drawn with. What themes say is `config::theme`'s business.

mod colour;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

use super::model::Glyphs;
use super::scope::Scope;
use super::theme::Theme;
use crate::config::Surroundings;
use crate::config::document::ConfigError;
use crate::config::resolved::{Color as Wish, GlyphChoice};
use crate::config::theme::{Ink, Paint, Shelf, ThemeSpec, Warning};

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: bold, underlined and reversed letters say it all.
    None,
    /// The sixteen of ANSI.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// All of sRGB.
    True,
}

impl Depth {
    /// What the surroundings say: `color` of the configuration, `NO_COLOR` (no-color.org), `COLORTERM`, `TERM` and the names
    /// by which terminals tell themselves.
    pub fn of(around: &Surroundings, wish: Wish) -> Self {
        let term = around.var("TERM").unwrap_or_default();
        let refused = around.var("NO_COLOR").is_some() || term == "dumb";
        match wish {
            Wish::Never => return Self::None,
            Wish::Auto if refused => return Self::None,
            Wish::Auto | Wish::Always => {}
        }
        if let Some("truecolor" | "24bit") = around.var("COLORTERM") {
            return Self::True;
        }
        let programs = ["iTerm.app", "WezTerm", "vscode", "ghostty", "rio", "Tabby"];
        let program = around.var("TERM_PROGRAM").unwrap_or_default();
        let names = ["direct", "kitty", "alacritty", "ghostty", "foot", "wezterm", "contour"];
        if programs.contains(&program)
            || around.var("WT_SESSION").is_some()
            || names.iter().any(|name| term.contains(name))
        {
            return Self::True;
        }
        if term.contains("256") || program == "Apple_Terminal" {
            return Self::Ansi256;
        }
        Self::Ansi16
    }
}

/// Reads a theme, and makes styles of it.
///
/// Errors: [`ConfigError`] where there is none that could be shown. Slips in it come back as warnings beside it.
pub fn load(shelf: &Shelf, name: &str, depth: Depth) -> Result<(Theme, Vec<Warning>), ConfigError> {
    let spec = shelf.load(name, &scope_names())?;
    Ok((theme(&spec, depth), spec.warnings))
}

/// Names of all scopes, for [`Shelf::load`].
pub fn scope_names() -> Vec<&'static str> {
    Scope::ALL.iter().map(|(_, name)| *name).collect()
}

/// Makes styles of a theme.
pub fn theme(spec: &ThemeSpec, depth: Depth) -> Theme {
    let ground = spec.paint(Scope::Ground.name());
    let style = |(scope, name): &(Scope, &str)| {
        let paint = spec.paint(name);
        let style = match depth {
            Depth::None => Style::new().add_modifier(told_without_colour(*scope)),
            depth => coloured(paint, ground, depth),
        };
        (*scope, style)
    };
    Theme::new(&spec.name, Scope::ALL.iter().map(style).collect::<BTreeMap<_, _>>())
}

fn coloured(paint: Paint, ground: Paint, depth: Depth) -> Style {
    let mut style = Style::new().add_modifier(modifiers(paint));
    let bg = paint.bg.map(|ink| colour(ink, depth));
    let mut fg = paint.fg.map(|ink| colour(ink, depth));
    // Few colours may make one of two that differ. Letters that can be read matter more than their colour.
    let below = bg.or_else(|| ground.bg.map(|ink| colour(ink, depth)));
    if fg.is_some() && fg == below && fg != Some(Color::Reset) && paint.fg != paint.bg {
        let light = paint.bg.or(ground.bg).is_some_and(colour::is_light);
        fg = Some(if light { Color::Black } else { Color::White });
    }
    style.fg = fg;
    style.bg = bg;
    style
}

fn modifiers(paint: Paint) -> Modifier {
    [
        (paint.bold, Modifier::BOLD),
        (paint.dim, Modifier::DIM),
        (paint.italic, Modifier::ITALIC),
        (paint.underline, Modifier::UNDERLINED),
        (paint.reverse, Modifier::REVERSED),
    ]
    .into_iter()
    .filter_map(|(on, modifier)| on.then_some(modifier))
    .collect()
}

/// What carries a scope's meaning where there is no colour, whatever the theme says.
fn told_without_colour(scope: Scope) -> Modifier {
    use Scope as S;
    match scope {
        S::Selection | S::Cursor | S::MeterOver | S::Toast | S::Chip => Modifier::REVERSED,
        S::Strong
        | S::Title
        | S::BorderFocus
        | S::PromptMark
        | S::TakeTitle
        | S::TakeStars
        | S::WavePlayed
        | S::Playhead
        | S::BeatOne
        | S::BarValue
        | S::NoteLoud
        | S::NoteDrum
        | S::Section
        | S::MeterHigh
        | S::MeterHold
        | S::Progress
        | S::Good
        | S::WordCommand => Modifier::BOLD,
        S::Bad | S::BadgeWarning => Modifier::BOLD.union(Modifier::REVERSED),
        S::Warning | S::Match => Modifier::BOLD.union(Modifier::UNDERLINED),
        S::LoopRegion | S::WordWithout | S::Hint | S::CurveSecond => Modifier::UNDERLINED,
        S::Dim
        | S::TakeFact
        | S::ProgressRest
        | S::MeterGround
        | S::BeatRest
        | S::Grid
        | S::WaveBar
        | S::RollBlack
        | S::ChipUnused => Modifier::DIM,
        _ => Modifier::empty(),
    }
}

/// A colour of a theme on a terminal.
fn colour(ink: Ink, depth: Depth) -> Color {
    match (ink, depth) {
        (Ink::Terminal, _) | (_, Depth::None) => Color::Reset,
        (Ink::Ansi(index), _) => ansi(index),
        (Ink::Rgb(r, g, b), Depth::True) => Color::Rgb(r, g, b),
        (Ink::Indexed(index), Depth::True | Depth::Ansi256) => Color::Indexed(index),
        (Ink::Rgb(r, g, b), Depth::Ansi256) => Color::Indexed(colour::nearest_256([r, g, b])),
        (Ink::Rgb(r, g, b), Depth::Ansi16) => ansi(colour::nearest_16([r, g, b])),
        (Ink::Indexed(index @ 0..=15), Depth::Ansi16) => ansi(index),
        (Ink::Indexed(index), Depth::Ansi16) => ansi(colour::nearest_16(colour::xterm(index))),
    }
}

fn ansi(index: u8) -> Color {
    match index {
        0 => Color::Black,
        1 => Color::Red,
        2 => Color::Green,
        3 => Color::Yellow,
        4 => Color::Blue,
        5 => Color::Magenta,
        6 => Color::Cyan,
        // ratatui calls the seventh grey, and the brightest white.
        7 => Color::Gray,
        8 => Color::DarkGray,
        9 => Color::LightRed,
        10 => Color::LightGreen,
        11 => Color::LightYellow,
        12 => Color::LightBlue,
        13 => Color::LightMagenta,
        14 => Color::LightCyan,
        _ => Color::White,
    }
}

/// What curves are drawn with. By itself it is braille, but on the Linux console, whose font has none, and where the locale
/// says that the terminal knows no Unicode. A locale that says nothing is taken for a forgotten variable, not for ASCII.
pub fn glyphs(choice: GlyphChoice, around: &Surroundings) -> Glyphs {
    match choice {
        GlyphChoice::Braille => return Glyphs::Braille,
        GlyphChoice::Blocks => return Glyphs::Blocks,
        GlyphChoice::Ascii => return Glyphs::Ascii,
        GlyphChoice::Auto => {}
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| around.var(name));
    let ascii = locale.is_some_and(|locale| {
        let locale = locale.to_lowercase();
        !(locale.contains("utf-8") || locale.contains("utf8"))
    });
    match around.var("TERM") {
        _ if ascii => Glyphs::Ascii,
        Some("dumb") => Glyphs::Ascii,
        Some("linux") => Glyphs::Blocks,
        _ => Glyphs::Braille,
    }
}
