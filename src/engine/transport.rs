//! Where the music is: frames to beats and back, at a tempo map and a sample rate. No clock of its own; drivers count.

use super::node::BlockTime;
use crate::model::tempo::{Metre, MetreMap, TempoMap};
use crate::model::units::SampleRate;

/// Where music is cut so that nobody stumbles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    /// At the beginning of a bar.
    Bar,
    /// At a quarter note.
    Beat,
}

/// The relation of frames and beats. Frame 0 is beat 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Transport {
    tempo: TempoMap,
    metres: MetreMap,
    sample_rate: SampleRate,
}

impl Transport {
    /// A transport over a tempo map, in 4/4.
    pub fn new(tempo: TempoMap, sample_rate: SampleRate) -> Self {
        Self { tempo, metres: MetreMap::constant(Metre::FOUR_FOUR), sample_rate }
    }

    /// The same in other metres.
    pub fn with_metres(self, metres: MetreMap) -> Self {
        Self { metres, ..self }
    }

    /// The metre map.
    pub fn metres(&self) -> &MetreMap {
        &self.metres
    }

    /// Frames per second.
    pub fn sample_rate(&self) -> SampleRate {
        self.sample_rate
    }

    /// The tempo map.
    pub fn tempo(&self) -> &TempoMap {
        &self.tempo
    }

    /// The frame nearest to a beat; beats before 0 count as 0.
    pub fn frame_at(&self, beat: f64) -> u64 {
        let seconds = self.tempo.seconds_at(beat.max(0.0));
        libm::round(seconds * self.sample_rate.as_f64()).max(0.0) as u64
    }

    /// The beat at a frame. Work grows with the points of the tempo map, and nothing is allocated. Thread: any.
    pub fn beat_at(&self, frame: u64) -> f64 {
        self.tempo.beat_at(frame as f64 / self.sample_rate.as_f64())
    }

    /// The first frame from `frame` on (that one included) at which a bar or a beat begins. Beats are quarter notes counted
    /// from the start of their bar. Thread: any.
    pub fn next_line(&self, frame: u64, grid: Grid) -> u64 {
        let beat = self.beat_at(frame);
        // A line lies at the frame nearest to it, so a frame can be on a line whose beat is a little later; then it is the
        // end of this bar, whose frame is asked for below.
        let bar = self.metres.bar_at(beat + 1e-9);
        let end = self.metres.beat_of_bar(bar.bar + 1);
        let next = |step: f64| (bar.bar_beat + step).min(end);
        let lines = match grid {
            Grid::Bar => [bar.bar_beat, end, end],
            Grid::Beat => {
                let whole = libm::floor(beat + 1e-9 - bar.bar_beat);
                [next(whole), next(whole + 1.0), next(whole + 2.0)]
            }
        };
        let after = |beat: &f64| Some(self.frame_at(*beat)).filter(|line| *line >= frame);
        lines.iter().find_map(after).unwrap_or(frame)
    }

    /// Musical time at a frame, playing. Thread: any.
    pub fn time_at(&self, frame: u64) -> BlockTime {
        let beat = self.beat_at(frame);
        let bar = self.metres.bar_at(beat);
        BlockTime {
            frame,
            beat,
            bpm: self.tempo.bpm_at(beat).get(),
            playing: true,
            counting_in: false,
            metre: bar.metre,
            bar_beat: bar.bar_beat,
        }
    }
}

/// Musical time some frames later inside a block; the tempo of the block's start holds for all of it.
pub(crate) fn advance(time: BlockTime, frames: usize, sample_rate: f64) -> BlockTime {
    BlockTime {
        frame: time.frame + frames as u64,
        beat: time.beat + frames as f64 * time.bpm / (60.0 * sample_rate),
        ..time
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tempo::TempoPoint;
    use crate::model::units::Bpm;
    use proptest::prelude::*;

    #[test]
    fn at_120_bpm_a_beat_is_half_a_second() {
        let transport =
            Transport::new(TempoMap::constant(Bpm::clamped(120.0)), SampleRate::HZ_48000);
        assert_eq!(transport.frame_at(1.0), 24_000);
        assert_eq!(transport.frame_at(-1.0), 0);
        let time = transport.time_at(48_000);
        assert_eq!((time.beat, time.bpm, time.playing), (2.0, 120.0, true));
        assert_eq!(advance(time, 24, 48_000.0).beat, 2.001);
    }

    #[test]
    fn lines_are_found_from_every_frame_before_them() {
        let metres = MetreMap::from_points(vec![
            crate::model::tempo::MetrePoint { bar: 0, metre: Metre::FOUR_FOUR },
            crate::model::tempo::MetrePoint { bar: 1, metre: "7/8".parse().unwrap() },
        ]);
        let tempo = TempoMap::constant(Bpm::clamped(120.0));
        let transport = Transport::new(tempo, SampleRate::HZ_48000).with_metres(metres);
        let frames = |frame| [Grid::Bar, Grid::Beat].map(|grid| transport.next_line(frame, grid));
        assert_eq!(frames(0), [0, 0]);
        assert_eq!(frames(1), [96_000, 24_000]);
        assert_eq!(frames(24_000), [96_000, 24_000]);
        assert_eq!(frames(95_999), [96_000, 96_000]);
        // The bar of 7/8 ends at beat 7.5, half a beat after its last quarter.
        assert_eq!(frames(96_001), [180_000, 120_000]);
        assert_eq!(frames(168_001), [180_000, 180_000]);
        assert_eq!(frames(180_000), [180_000, 180_000]);
    }

    proptest! {
        #[test]
        fn a_line_is_never_behind_and_never_more_than_a_bar_ahead(
            bpm in 20.0f64..400.0, frame in 0u64..10_000_000,
        ) {
            let transport = Transport::new(TempoMap::constant(Bpm::clamped(bpm)), SampleRate::HZ_48000);
            for (grid, beats) in [(Grid::Bar, 4.0), (Grid::Beat, 1.0)] {
                let line = transport.next_line(frame, grid);
                let most = (beats * 60.0 / bpm * 48_000.0) as u64 + 1;
                prop_assert!((frame..=frame + most).contains(&line));
                let beat = transport.beat_at(line) / beats;
                prop_assert!((beat - beat.round()).abs() * beats * 60.0 / bpm * 48_000.0 <= 0.51);
                prop_assert_eq!(transport.next_line(line, grid), line);
            }
        }

        #[test]
        fn frames_survive_the_way_to_beats_and_back(
            raw in prop::collection::vec((0.0f64..500.0, 20.0f64..400.0, any::<bool>()), 1..8),
            frame in 0u64..100_000_000,
        ) {
            let points = raw
                .into_iter()
                .map(|(beat, bpm, ramp)| TempoPoint { beat, bpm: Bpm::clamped(bpm), ramp })
                .collect();
            let transport = Transport::new(TempoMap::from_points(points), SampleRate::HZ_48000);
            prop_assert_eq!(transport.frame_at(transport.beat_at(frame)), frame);
        }
    }
}
