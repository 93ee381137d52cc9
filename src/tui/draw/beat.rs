//! The beat, as the audio clock has it: a dot for each beat of the bar, the first one marked, and how far this one is.

use super::dots::eighth_across;
use super::pen::Pen;
use crate::model::tempo::Metre;
use crate::tui::scope::Scope;

/// Most dots that are drawn; a longer bar shows its number instead.
const MOST: u8 = 12;

/// Draws the dots of a bar, and returns the columns that they took.
///
/// `place` is what passed of the bar, in quarter notes; `None` where the music stands.
pub fn draw(
    pen: &mut Pen<'_>,
    x: u16,
    y: u16,
    width: u16,
    metre: Metre,
    place: Option<f64>,
) -> u16 {
    let pulses = u16::from(metre.numerator.clamp(1, MOST));
    let pulse_beats = metre.bar_beats() / f64::from(metre.numerator.max(1));
    let (now, phase) = match place {
        Some(place) if pulse_beats > 0.0 => {
            let pulse = (place / pulse_beats).max(0.0);
            (Some(pulse as u16), pulse.fract())
        }
        _ => (None, 0.0),
    };
    if metre.numerator > MOST || pulses + 2 > width {
        let text = now.map_or_else(|| "-".to_owned(), |pulse| format!("{}", pulse + 1));
        return pen.text(
            x,
            y,
            width,
            &text,
            if now == Some(0) { Scope::BeatOne } else { Scope::Beat },
        );
    }
    for pulse in 0..pulses {
        let (glyph, scope) = match (pulse, now == Some(pulse)) {
            (0, true) => ('◆', Scope::BeatOne),
            (0, false) => ('◇', Scope::BeatRest),
            (_, true) => ('●', Scope::Beat),
            (_, false) => ('○', Scope::BeatRest),
        };
        pen.mark(x + pulse, y, glyph, scope);
    }
    if now.is_some() {
        let scope = if now == Some(0) { Scope::BeatOne } else { Scope::Beat };
        pen.mark(x + pulses, y, eighth_across((phase * 8.0) as u8), scope);
    }
    pulses + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::Glyphs;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    fn shown(metre: &str, place: Option<f64>, glyphs: Glyphs) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        let theme = Theme::default();
        let mut pen = Pen::new(&mut buffer, &theme, glyphs);
        draw(&mut pen, 0, 0, 10, metre.parse().unwrap(), place);
        let text: String = buffer.content().iter().map(|cell| cell.symbol()).collect();
        text.trim_end().to_owned()
    }

    #[test]
    fn the_beat_that_sounds_has_another_shape() {
        assert_eq!(shown("4/4", Some(0.0), Glyphs::Braille), "◆○○○");
        assert_eq!(shown("4/4", Some(2.5), Glyphs::Braille), "◇○●○▌");
        assert_eq!(shown("6/8", Some(2.5), Glyphs::Braille), "◇○○○○●");
        assert_eq!(shown("4/4", None, Glyphs::Braille), "◇○○○");
        assert_eq!(shown("4/4", Some(1.0), Glyphs::Ascii), "+o..");
        assert_eq!(shown("17/16", Some(1.0), Glyphs::Braille), "5");
    }
}
