//! Spectra over time: what a recording is made of at every moment, kept so that any part of it can be drawn at once.
//!
//! A grid of spectra over the whole sound answers views that are as coarse as it; finer ones are looked at anew, one
//! spectrum for each column. Levels and bands are those of [`bands`](super::bands).

use std::sync::Arc;

use super::bands::{Bands, FLOOR_DB, Lines, SIZE};
use super::buffer::AudioBuffer;

/// Frames from one spectrum of the grid to the next, at least.
const FINEST_STEP: usize = 1_024;
/// Most spectra of a grid; the grid of a long sound is coarser.
const MOST_ROWS: usize = 16_384;

/// The spectra of a sound.
#[derive(Debug, Clone)]
pub struct Sonogram {
    sound: Arc<AudioBuffer>,
    /// Frames from one spectrum to the next; number `n` is centred on frame `n * step`.
    step: usize,
    /// Lines of each spectrum.
    lines: usize,
    /// Levels in whole dB, row by row.
    grid: Vec<i8>,
}

/// A part of it for a display.
#[derive(Debug, Clone, PartialEq)]
pub struct SonogramView {
    /// Middle of each band in Hz.
    pub hz: Vec<f32>,
    /// Level of each band of each column in whole dB, -120 to 0, column by column, low to high.
    pub db: Vec<i8>,
}

impl Sonogram {
    /// Looks at a whole sound: some 100 ms for a minute of stereo.
    pub fn of(sound: Arc<AudioBuffer>) -> Self {
        let lines = Bands::lines(sound.sample_rate().as_f64());
        let step = FINEST_STEP.max(sound.frames().div_ceil(MOST_ROWS));
        let rows = sound.frames() / step + 1;
        let mut grid = Vec::with_capacity(rows * lines);
        let mut reader = Lines::new();
        for row in 0..rows {
            let db = read_around(&sound, &mut reader, row * step);
            grid.extend(db.iter().take(lines).map(|db| whole(*db)));
        }
        Self { sound, step, lines, grid }
    }

    /// Bytes of the grid.
    pub fn bytes(&self) -> usize {
        self.grid.len()
    }

    /// The loudest moment of each of `columns` stretches of equal length between two frames, in `bands` bands. What lies
    /// outside of the sound is silence.
    pub fn view(&self, from: u64, to: u64, columns: usize, bands: usize) -> SonogramView {
        let bands = Bands::new(bands, self.sound.sample_rate().as_f64());
        let width = to.saturating_sub(from) as f64 / columns.max(1) as f64;
        let mut db = Vec::with_capacity(columns * bands.hz().len());
        let mut reader = (width < self.step as f64).then(Lines::new);
        let mut strongest = vec![i8::MIN; self.lines];
        for column in 0..columns {
            let start = from as f64 + column as f64 * width;
            match &mut reader {
                Some(reader) => {
                    let lines = read_around(&self.sound, reader, (start + width / 2.0) as usize);
                    let line = |n: usize| lines.get(n).copied().unwrap_or(FLOOR_DB);
                    db.extend(bands.levels(line).map(whole));
                }
                None => {
                    self.strongest(start, start + width, &mut strongest);
                    let line = |n: usize| strongest.get(n).map_or(FLOOR_DB, |db| f32::from(*db));
                    db.extend(bands.levels(line).map(whole));
                }
            }
        }
        SonogramView { hz: bands.hz().to_vec(), db }
    }

    /// The strongest level of each line in the spectra whose middle lies between two frames.
    fn strongest(&self, from: f64, to: f64, strongest: &mut [i8]) {
        let row = |frame: f64| libm::ceil(frame / self.step as f64).max(0.0) as usize;
        strongest.fill(FLOOR_DB as i8);
        for levels in self.grid.chunks_exact(self.lines).take(row(to)).skip(row(from)) {
            for (most, level) in strongest.iter_mut().zip(levels) {
                *most = (*most).max(*level);
            }
        }
    }
}

/// The lines around a frame.
fn read_around<'a>(sound: &AudioBuffer, reader: &'a mut Lines, centre: usize) -> &'a [f32] {
    let start = centre as i64 - SIZE as i64 / 2;
    if start < 0 {
        // At the beginning half of what is looked at lies before the sound.
        let lead = start.unsigned_abs() as usize;
        let padded = sound.channels().iter().map(|channel| {
            let mut samples = vec![0.0; lead];
            samples.extend(channel.iter().take(SIZE - lead));
            samples
        });
        let padded = padded.collect::<Vec<_>>();
        return reader.read(padded.iter().map(Vec::as_slice));
    }
    let (from, frames) = (start as usize, sound.frames());
    let range = from.min(frames)..(from + SIZE).min(frames);
    reader.read(sound.channels().iter().filter_map(|channel| channel.get(range.clone())))
}

fn whole(db: f32) -> i8 {
    libm::roundf(db).clamp(FLOOR_DB, 0.0) as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;

    /// A second of a low sine, then a second of a high one.
    fn two_tones() -> Sonogram {
        let tone = |hz: f64, i: usize| {
            libm::sin(std::f64::consts::TAU * hz * i as f64 / 48_000.0) as f32 * 0.5
        };
        let samples = (0..96_000).map(|i| tone(if i < 48_000 { 200.0 } else { 5_000.0 }, i));
        let wave = samples.collect::<Vec<_>>();
        let sound = AudioBuffer::from_planar(vec![wave.clone(), wave], SampleRate::HZ_48000);
        Sonogram::of(Arc::new(sound))
    }

    fn loudest(view: &SonogramView, column: usize) -> (f32, i8) {
        let bands = view.hz.len();
        let levels = view.db[column * bands..(column + 1) * bands].iter().copied();
        let (band, db) = levels.enumerate().max_by_key(|(_, db)| *db).unwrap();
        (view.hz[band], db)
    }

    #[test]
    fn tones_are_where_and_when_they_are_at_every_zoom() {
        let sonogram = two_tones();
        for (from, to, columns) in [(0, 96_000, 8), (0, 96_000, 400), (40_000, 56_000, 16)] {
            let view = sonogram.view(from, to, columns, 64);
            assert_eq!((view.hz.len(), view.db.len()), (64, 64 * columns));
            let column_of = |frame: u64| ((frame - from) as usize * columns) / (to - from) as usize;
            let early = loudest(&view, column_of(44_000));
            let late = loudest(&view, column_of(53_000));
            assert!(
                (early.0 / 200.0 - 1.0).abs() < 0.08 && (-7..=-6).contains(&early.1),
                "{early:?}"
            );
            assert!(
                (late.0 / 5_000.0 - 1.0).abs() < 0.08 && (-7..=-6).contains(&late.1),
                "{late:?}"
            );
        }
    }

    #[test]
    fn silence_and_what_lies_behind_the_end_are_at_the_floor() {
        let silence = AudioBuffer::silence(1, 10_000, SampleRate::HZ_48000);
        let view = Sonogram::of(Arc::new(silence)).view(0, 10_000, 5, 12);
        assert!(view.db.iter().all(|db| *db == -120));
        let view = two_tones().view(200_000, 300_000, 4, 12);
        assert!(view.db.iter().all(|db| *db == -120));
        assert_eq!(two_tones().view(0, 0, 3, 2).db.len(), 6);
    }
}
