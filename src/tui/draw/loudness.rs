//! Loudness over time: momentary as a field of dots, short-term as a line, integrated as a level across, on a grid of LUFS.

use ratatui::layout::Rect;

use super::dots::Dots;
use super::pen::Pen;
use super::right_of;
use crate::tui::scope::Scope;

/// Columns of the scale at the left.
pub const GUTTER: u16 = 5;

/// Loudness of a stretch.
#[derive(Debug, Clone, Copy, Default)]
pub struct Loudness<'a> {
    /// Of the 400 ms before each point, LUFS.
    pub momentary: &'a [Option<f32>],
    /// Of the 3 s before each point, LUFS.
    pub short_term: &'a [Option<f32>],
    /// Of the whole, LUFS.
    pub integrated: Option<f64>,
    /// Where the music is, 0 to 1.
    pub playhead: Option<f64>,
    /// Highest and lowest level of the scale, LUFS.
    pub scale: (f32, f32),
}

impl Loudness<'_> {
    /// Draws it over an area, the scale included.
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect) {
        let area = area.intersection(pen.area());
        if area.width <= GUTTER || area.height < 2 {
            return;
        }
        let plot = right_of(area, GUTTER);
        self.grid(pen, area, plot);
        let mut dots = Dots::new(plot.width, plot.height, pen.glyphs());
        let (momentary, short_term) = (pen.faded(Scope::CurveSecond, 0.7), pen.style(Scope::Curve));
        self.curve(&mut dots, self.momentary, momentary, true);
        self.curve(&mut dots, self.short_term, short_term, false);
        dots.draw(pen, plot.x, plot.y);
        if let Some(integrated) = self.integrated {
            let row = self.row(integrated as f32, plot.height);
            for x in plot.left()..plot.right() {
                if pen.is_blank(x, plot.y + row) || (x - plot.x).is_multiple_of(3) {
                    pen.mark(x, plot.y + row, '╌', Scope::Strong);
                }
            }
            let label = format!("{integrated:.1} I");
            pen.text_right(plot.x, plot.y + row, plot.width, &label, Scope::Strong);
        }
        if let Some(share) = self.playhead.filter(|share| (0.0..=1.0).contains(share)) {
            let x = super::ruler::column_of(plot, share);
            pen.pillar(Rect::new(x, plot.y, 1, plot.height), Scope::Playhead);
        }
    }

    fn grid(&self, pen: &mut Pen<'_>, area: Rect, plot: Rect) {
        let (top, bottom) = self.scale;
        let step = if (top - bottom) / 5.0 > f32::from(plot.height) / 2.0 { 10 } else { 5 };
        let mut lufs = top as i32 / step * step;
        while lufs as f32 >= bottom {
            if lufs as f32 <= top {
                let y = plot.y + self.row(lufs as f32, plot.height);
                pen.text_right(area.x, y, GUTTER - 1, &lufs.to_string(), Scope::Grid);
                for x in (plot.left()..plot.right()).step_by(4) {
                    pen.mark(x, y, '·', Scope::Grid);
                }
            }
            lufs -= step;
        }
    }

    fn share(&self, lufs: f32) -> f32 {
        let (top, bottom) = self.scale;
        ((top - lufs) / (top - bottom).max(1.0)).clamp(0.0, 1.0)
    }

    fn row(&self, lufs: f32, height: u16) -> u16 {
        (self.share(lufs) * f32::from(height.saturating_sub(1)) + 0.5) as u16
    }

    fn curve(
        &self,
        dots: &mut Dots,
        values: &[Option<f32>],
        style: ratatui::style::Style,
        loose: bool,
    ) {
        if values.is_empty() {
            return;
        }
        let (width, height) = (dots.width(), dots.height());
        let mut before: Option<(i32, i32)> = None;
        for x in 0..width {
            let at = x as usize * values.len() / width.max(1) as usize;
            let Some(lufs) = values.get(at).copied().flatten().filter(|lufs| lufs.is_finite())
            else {
                before = None;
                continue;
            };
            let y = (self.share(lufs) * (height - 1) as f32 + 0.5) as i32;
            match before {
                Some(last) if !loose => dots.line(last, (x, y), style),
                _ => dots.set(x, y, style),
            }
            before = Some((x, y));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::Glyphs;
    use crate::tui::theme::Theme;
    use ratatui::buffer::Buffer;

    #[test]
    fn curves_lie_on_their_scale() {
        let area = Rect::new(0, 0, 15, 7);
        let mut buffer = Buffer::empty(area);
        let theme = Theme::default();
        let loudness = Loudness {
            short_term: &[Some(-20.0); 10],
            integrated: Some(-10.0),
            scale: (0.0, -30.0),
            ..Loudness::default()
        };
        loudness.draw(&mut Pen::new(&mut buffer, &theme, Glyphs::Braille), area);
        let row =
            |y: u16| -> String { (0..15).map(|x| buffer.cell((x, y)).unwrap().symbol()).collect() };
        assert!(row(0).starts_with("   0 "));
        assert!(row(4).starts_with(" -20 "), "{:?}", row(4));
        assert!(row(4).chars().skip(5).all(|glyph| ('⠁'..='⣿').contains(&glyph)), "{:?}", row(4));
        assert!(row(2).contains("-10.0 I"), "{:?}", row(2));
    }
}
