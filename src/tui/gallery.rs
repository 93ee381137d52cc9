//! Real pictures over what glyphs have drawn, on terminals that can show them (Kitty, Sixel, iTerm2). Views stay functions of
//! the model; the encoded picture, which is slow to make, is kept here, in the loop.
//!
//! The terminal is not asked what it can: one that does not answer would hold the first frame up. Its environment is looked
//! at instead, and `interface.images` overrules that.

use image::{DynamicImage, RgbImage};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui_image::picker::{Picker, ProtocolType};
use ratatui_image::protocol::Protocol;
use ratatui_image::{Image, Resize};

use super::draw::Pen;
use super::draw::spectrogram::{Field, Ramp};
use super::model::panes::ViewKind;
use super::model::{Model, Pictures};
use super::update::view_take;
use super::view::{big, layout};
use crate::config::Surroundings;
use crate::config::resolved::ImageChoice;

/// Pixels of a cell where the terminal does not tell them.
const USUAL_CELL: (u16, u16) = (8, 16);
/// Most pixels of a picture; a larger one would be slow to send and look no better.
const MOST_PIXELS: u32 = 1_500_000;

/// How a terminal shows pictures; `None` where it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way(Option<ProtocolType>);

impl Way {
    /// What the configuration says, or else what the environment tells of the terminal.
    pub fn of(around: &Surroundings, choice: ImageChoice) -> Self {
        let term = around.var("TERM").unwrap_or_default();
        let program = around.var("TERM_PROGRAM").unwrap_or_default();
        // tmux and screen let pictures through only where they were told to.
        let wrapped =
            around.var("TMUX").is_some() || term.starts_with("screen") || term.starts_with("tmux");
        Self(match choice {
            ImageChoice::Off | ImageChoice::HalfBlocks => None,
            ImageChoice::Kitty => Some(ProtocolType::Kitty),
            ImageChoice::Sixel => Some(ProtocolType::Sixel),
            ImageChoice::Iterm2 => Some(ProtocolType::Iterm2),
            ImageChoice::Auto if wrapped => None,
            ImageChoice::Auto
                if term.contains("kitty") || term.contains("ghostty") || program == "ghostty" =>
            {
                Some(ProtocolType::Kitty)
            }
            ImageChoice::Auto
                if matches!(program, "iTerm.app" | "WezTerm" | "mintty" | "vscode" | "rio") =>
            {
                Some(ProtocolType::Iterm2)
            }
            ImageChoice::Auto
                if ["foot", "mlterm", "contour"].iter().any(|name| term.contains(name)) =>
            {
                Some(ProtocolType::Sixel)
            }
            ImageChoice::Auto => None,
        })
    }

    /// The same for the model.
    pub fn pictures(self, choice: ImageChoice) -> Pictures {
        match (self.0, choice) {
            (Some(_), _) => Pictures::Protocol,
            (None, ImageChoice::Off) => Pictures::Off,
            (None, _) => Pictures::HalfBlocks,
        }
    }
}

/// What a picture was made of, so that it is made again when that changes.
#[derive(Debug, Clone, PartialEq)]
struct Subject {
    take: String,
    area: Rect,
    range: (f64, f64),
    theme: String,
}

/// Pictures, encoded for the terminal.
pub(super) struct Gallery {
    picker: Option<Picker>,
    hung: Option<(Subject, Protocol)>,
}

impl Gallery {
    /// One for a terminal.
    pub(super) fn new(way: Way) -> Self {
        Self { picker: way.0.map(picker), hung: None }
    }

    /// Hangs the picture of the view over its glyphs, where there is one and nothing lies over it.
    pub(super) fn hang(&mut self, model: &Model, frame: &mut Frame<'_>) {
        let Some(picker) = &self.picker else { return };
        let wanted = model.look.pictures == Pictures::Protocol
            && model.overlays.is_empty()
            && model.toasts.is_empty();
        let Some(view) =
            model.big.as_ref().filter(|view| wanted && view.kind == ViewKind::Spectrogram)
        else {
            return;
        };
        let screen = layout::screen(model, frame.area());
        let area = big::plot(model, screen.main).intersection(frame.area());
        let (Some(take), false) = (view_take(model), area.is_empty()) else { return };
        let subject =
            Subject { take, area, range: view.range, theme: model.look.theme.name.clone() };
        if self.hung.as_ref().is_none_or(|(hung, _)| *hung != subject) {
            let ramp =
                Ramp::new(&Pen::new(frame.buffer_mut(), &model.look.theme, model.look.glyphs));
            let painted = ramp.and_then(|ramp| paint(model, &subject, &ramp, picker));
            self.hung = painted.map(|picture| (subject, picture));
        }
        if let Some((_, picture)) = &self.hung {
            frame.render_widget(Image::new(picture), area);
        }
    }
}

/// A picker that asks nobody: cells are as large as the system says.
fn picker(protocol: ProtocolType) -> Picker {
    let told = crossterm::terminal::window_size().ok();
    let cell =
        told.filter(|size| size.width > 0 && size.height > 0 && size.columns > 0 && size.rows > 0);
    let cell = cell.map_or(USUAL_CELL, |size| (size.width / size.columns, size.height / size.rows));
    // The way that is not deprecated asks the terminal over its input, which the reader of keys owns.
    #[allow(deprecated)]
    let mut picker = Picker::from_fontsize(cell.into());
    picker.set_protocol_type(protocol);
    picker
}

/// The spectrogram of a take as a picture; `None` while it is not there.
fn paint(model: &Model, subject: &Subject, ramp: &Ramp, picker: &Picker) -> Option<Protocol> {
    let curves = model.curves.takes.get(&subject.take)?;
    let data = curves.spectrogram.get()?;
    let bands = data.hz.len();
    let columns = data.db.len().checked_div(bands)?;
    let at = |share: f64| ((share.clamp(0.0, 1.0) * columns as f64) as usize).min(columns);
    let (first, last) =
        (at(subject.range.0), at(subject.range.1).max(at(subject.range.0) + 1).min(columns));
    let db = data.db.get(first * bands..last * bands)?;
    let font = picker.font_size();
    let (mut width, mut height) = (
        u32::from(subject.area.width) * u32::from(font.width),
        u32::from(subject.area.height) * u32::from(font.height),
    );
    while width * height > MOST_PIXELS {
        (width, height) = (width / 2, height / 2);
    }
    let field = Field { bands, db };
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let band = height - 1 - y;
        image::Rgb(ramp.rgb(field.brightness(
            x as usize,
            width as usize,
            band as usize,
            height as usize,
        )))
    });
    let size = ratatui::layout::Size::new(subject.area.width, subject.area.height);
    picker.new_protocol(DynamicImage::ImageRgb8(picture), size, Resize::Scale(None)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(choice: ImageChoice, vars: &[(&str, &str)]) -> Way {
        let vars = vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Way::of(&Surroundings { vars, ..Surroundings::default() }, choice)
    }

    #[test]
    fn a_terminal_is_known_by_its_environment_and_the_configuration_overrules_it() {
        let auto = ImageChoice::Auto;
        assert_eq!(way(auto, &[("TERM", "xterm-kitty")]), Way(Some(ProtocolType::Kitty)));
        assert_eq!(way(auto, &[("TERM", "foot")]), Way(Some(ProtocolType::Sixel)));
        assert_eq!(
            way(auto, &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")]),
            Way(Some(ProtocolType::Iterm2))
        );
        assert_eq!(way(auto, &[("TERM", "xterm-kitty"), ("TMUX", "/tmp/x")]), Way(None));
        assert_eq!(way(auto, &[("TERM", "xterm-256color")]), Way(None));
        assert_eq!(way(ImageChoice::Sixel, &[("TERM", "xterm")]), Way(Some(ProtocolType::Sixel)));
        assert_eq!(way(ImageChoice::Off, &[("TERM", "xterm-kitty")]), Way(None));
    }

    #[test]
    fn a_spectrogram_becomes_a_picture_that_is_made_once() {
        let mut model = crate::tui::sample::busy(120, 40);
        model.look.pictures = Pictures::Protocol;
        model.toasts.clear();
        let take = model.takes.keys().next().cloned().unwrap();
        model.big = Some(crate::tui::model::panes::BigView {
            kind: ViewKind::Spectrogram,
            take: Some(take.clone()),
            range: (0.0, 1.0),
            row: 0,
        });
        let data = crate::protocol::listen::TakeSpectrogramResponse {
            frames: 48_000,
            sample_rate: 48_000,
            from: 0,
            to: 48_000,
            hz: vec![100.0, 1_000.0],
            db: [-10, -90].repeat(50),
        };
        model.curves.takes.entry(take).or_default().spectrogram =
            crate::tui::model::curves::Loaded::Here(data);
        let mut gallery = Gallery::new(Way(Some(ProtocolType::Sixel)));
        let mut terminal =
            ratatui::Terminal::new(ratatui::backend::TestBackend::new(120, 40)).unwrap();
        let drawn = terminal.draw(|frame| {
            crate::tui::view::draw(&model, frame);
            gallery.hang(&model, frame);
        });
        let cells = drawn.unwrap().buffer.content();
        assert!(cells.iter().any(|cell| cell.symbol().contains("\u{1b}P")), "no picture in Sixel");
        let made = gallery.hung.as_ref().map(|(subject, _)| subject.clone());
        terminal.draw(|frame| gallery.hang(&model, frame)).unwrap();
        assert_eq!(gallery.hung.as_ref().map(|(subject, _)| subject.clone()), made);
        model.overlays.push(crate::tui::model::panes::Overlay::Help { top: 0 });
        terminal.draw(|frame| gallery.hang(&model, frame)).unwrap();
    }
}
