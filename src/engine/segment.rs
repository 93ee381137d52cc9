//! A block of frames in musical time: where the transport stands, jumps and runs within it. And the clock that makes them.

use super::node::{BLOCK, BlockTime};
use super::transport::{self, Transport};

/// Most segments of a block: what is left of a count-in, two ways round a loop of at least [`BLOCK`] frames, and a jump.
const MOST: usize = 5;

/// A part of a block in which musical time runs (or stands) without a jump.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Segment {
    /// First frame, counted from the start of the block.
    pub(crate) at: usize,
    /// The frame after the last one.
    pub(crate) until: usize,
    /// Musical time at `at`.
    pub(crate) time: BlockTime,
    /// Whether musical time has not simply gone on from the frame before: a start, a stop, a seek, the end of a loop.
    pub(crate) jumped: bool,
}

/// All of a block, in order, without gaps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Segments {
    list: [Segment; MOST],
    count: usize,
}

impl Segments {
    /// A block in which nothing special happens.
    pub(crate) fn whole(time: BlockTime) -> Self {
        let segment = Segment { at: 0, until: BLOCK, time, jumped: false };
        Self { list: [segment; MOST], count: 1 }
    }

    fn none() -> Self {
        Self { count: 0, ..Self::whole(BlockTime::REST) }
    }

    /// Appends a segment; one too many lengthens the last.
    fn push(&mut self, segment: Segment) {
        match self.list.get_mut(self.count) {
            Some(place) => {
                *place = segment;
                self.count += 1;
            }
            None => self.list[MOST - 1].until = segment.until,
        }
    }

    /// Musical time at a frame of the block; none past its end.
    pub(crate) fn time_at(&self, at: usize, sample_rate: f64) -> Option<BlockTime> {
        let segment = self.iter().find(|segment| (segment.at..segment.until).contains(&at))?;
        Some(segment.time_at(at, sample_rate))
    }

    /// The segments, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Segment> {
        self.list[..self.count].iter()
    }
}

/// The live transport: what runs, stands, counts in and loops. Moves in blocks; owned by the audio thread.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clock {
    playing: bool,
    /// Where the next frame is on the timeline.
    frame: u64,
    /// Frames of the count-in that are still to come.
    count_in: u64,
    /// First frame of the loop, and the one after its last.
    region: Option<(u64, u64)>,
    /// A jump that waits for its frame.
    leap: Option<Leap>,
    /// Whether a jump that waited has been made, and nobody has asked yet.
    leapt: bool,
    jumped: bool,
}

/// A jump that is made when the timeline comes to a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Leap {
    at: u64,
    to: u64,
}

impl Clock {
    /// Standing at the origin.
    pub(crate) fn new() -> Self {
        Self {
            playing: false,
            frame: 0,
            count_in: 0,
            region: None,
            leap: None,
            leapt: false,
            jumped: false,
        }
    }

    pub(crate) fn is_playing(&self) -> bool {
        self.playing
    }

    pub(crate) fn is_counting_in(&self) -> bool {
        self.count_in > 0
    }

    /// Where the next frame is on the timeline.
    pub(crate) fn frame(&self) -> u64 {
        self.frame
    }

    pub(crate) fn region(&self) -> Option<(u64, u64)> {
        self.region
    }

    /// Musical time at the next frame.
    pub(crate) fn time(&self, transport: &Transport) -> BlockTime {
        self.next_stretch(transport, 1).1
    }

    /// The beat while bars are counted in, which counts up to where the transport stands.
    fn counted_beat(&self, transport: &Transport) -> f64 {
        let here = transport.time_at(self.frame);
        here.beat - self.count_in as f64 * here.bpm / (60.0 * transport.sample_rate().as_f64())
    }

    /// Runs from where it stands, after counting in for some frames. While it runs already, nothing changes.
    pub(crate) fn play(&mut self, count_in: u64) {
        if !self.playing && self.count_in == 0 {
            self.count_in = count_in;
            if count_in == 0 {
                (self.playing, self.jumped) = (true, true);
            }
        }
    }

    /// Stands where it is.
    pub(crate) fn stop(&mut self) {
        self.jumped |= self.playing;
        (self.playing, self.count_in, self.leap) = (false, 0, None);
    }

    /// Goes to a frame; what runs goes on from there.
    pub(crate) fn seek(&mut self, frame: u64) {
        self.frame = frame;
        self.leap = None;
        self.jumped = true;
    }

    /// Goes to the frame `to` as soon as the timeline is at the frame `at`, or at the end of the loop if that comes first; at
    /// once where nothing runs or `at` is here. A later order takes the place of one that waits.
    pub(crate) fn leap(&mut self, at: u64, to: u64) {
        if !self.playing || at <= self.frame {
            self.seek(to);
            self.leapt = true;
        } else {
            self.leap = Some(Leap { at, to });
        }
    }

    /// Whether a jump that waited has been made since the last call.
    pub(crate) fn take_leapt(&mut self) -> bool {
        std::mem::take(&mut self.leapt)
    }

    /// The same musical place at another frame, because the tempo has changed: no jump. `rescaled` gives the new frame of
    /// an old one.
    pub(crate) fn rescale(&mut self, rescaled: impl Fn(u64) -> u64) {
        self.frame = rescaled(self.frame);
        self.leap = self.leap.map(|leap| Leap { at: rescaled(leap.at), to: rescaled(leap.to) });
    }

    /// Loops between two frames, at least [`BLOCK`] apart; from behind the end it never comes back.
    pub(crate) fn set_region(&mut self, region: Option<(u64, u64)>) {
        self.region = region.filter(|(start, end)| *end >= start.saturating_add(BLOCK as u64));
    }

    /// The next block, and moves on.
    pub(crate) fn next_block(&mut self, transport: &Transport) -> Segments {
        let mut segments = Segments::none();
        let mut at = 0;
        while at < BLOCK {
            let (count, time) = self.next_stretch(transport, (BLOCK - at) as u64);
            let jumped = std::mem::take(&mut self.jumped);
            segments.push(Segment { at, until: at + count, time, jumped });
            at += count;
            self.advance(count as u64);
        }
        segments
    }

    /// How many of the next `most` frames run without a jump, and the time at the first of them.
    fn next_stretch(&self, transport: &Transport, most: u64) -> (usize, BlockTime) {
        let here = transport.time_at(self.frame);
        if self.count_in > 0 {
            let beat = self.counted_beat(transport);
            let bar = transport.metres().bar_at(beat);
            let (metre, bar_beat) = (bar.metre, bar.bar_beat);
            let time =
                BlockTime { beat, playing: false, counting_in: true, metre, bar_beat, ..here };
            return (self.count_in.min(most) as usize, time);
        }
        if !self.playing {
            return (most as usize, BlockTime { playing: false, ..here });
        }
        let count = match self.region {
            Some((_, end)) if self.frame < end => (end - self.frame).min(most),
            _ => most,
        };
        let count = match self.leap {
            Some(leap) if self.frame < leap.at => (leap.at - self.frame).min(count),
            _ => count,
        };
        (count as usize, here)
    }

    fn advance(&mut self, count: u64) {
        if self.count_in > 0 {
            self.count_in -= count;
            if self.count_in == 0 {
                (self.playing, self.jumped) = (true, true);
            }
        } else if self.playing {
            self.frame += count;
            let turn = self.region.filter(|(_, end)| self.frame == *end);
            match self.leap {
                Some(leap) if leap.at <= self.frame || turn.is_some() => {
                    (self.frame, self.jumped) = (leap.to, true);
                    (self.leap, self.leapt) = (None, true);
                }
                _ => {
                    if let Some((start, _)) = turn {
                        (self.frame, self.jumped) = (start, true);
                    }
                }
            }
        }
    }
}

impl Segment {
    /// Musical time at a frame of the block within this segment.
    pub(crate) fn time_at(&self, at: usize, sample_rate: f64) -> BlockTime {
        if self.time.playing || self.time.counting_in {
            let moved = transport::advance(self.time, at - self.at, sample_rate);
            BlockTime {
                frame: if self.time.playing { moved.frame } else { self.time.frame },
                ..moved
            }
        } else {
            self.time
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tempo::TempoMap;
    use crate::model::units::{Bpm, SampleRate};
    use proptest::prelude::*;

    fn transport() -> Transport {
        Transport::new(TempoMap::constant(Bpm::clamped(120.0)), SampleRate::HZ_48000)
    }

    /// What happens in so many blocks: (frames, timeline frame, playing, jumped) of each segment.
    fn walk(clock: &mut Clock, blocks: usize) -> Vec<(usize, u64, bool, bool)> {
        let transport = transport();
        (0..blocks)
            .flat_map(|_| {
                let block = clock.next_block(&transport);
                block.iter().copied().collect::<Vec<_>>()
            })
            .map(|s| (s.until - s.at, s.time.frame, s.time.playing, s.jumped))
            .collect()
    }

    #[test]
    fn it_stands_runs_and_stands_again() {
        let mut clock = Clock::new();
        assert_eq!(walk(&mut clock, 1), [(64, 0, false, false)]);
        clock.play(0);
        assert_eq!(walk(&mut clock, 2), [(64, 0, true, true), (64, 64, true, false)]);
        clock.stop();
        assert_eq!(walk(&mut clock, 2), [(64, 128, false, true), (64, 128, false, false)]);
        clock.seek(1_000);
        clock.play(0);
        assert_eq!(walk(&mut clock, 1), [(64, 1_000, true, true)]);
    }

    #[test]
    fn a_loop_turns_at_its_last_frame_and_never_drifts() {
        let mut clock = Clock::new();
        clock.set_region(Some((10, 110)));
        clock.play(0);
        let steps = walk(&mut clock, 3);
        let wanted = [
            (64, 0, true, true),
            (46, 64, true, false),
            (18, 10, true, true),
            (64, 28, true, false),
        ];
        assert_eq!(steps, wanted);
        // One hundred and ten frames the first time, one hundred each time after.
        let mut clock = Clock::new();
        clock.set_region(Some((10, 110)));
        clock.play(0);
        for _ in 0..10_000 {
            clock.next_block(&transport());
        }
        assert_eq!(clock.frame(), 10 + (640_000 - 110) % 100);
    }

    #[test]
    fn a_jump_waits_for_its_frame_and_the_end_of_a_loop_is_one() {
        let mut clock = Clock::new();
        clock.leap(50, 1_000);
        assert!(clock.take_leapt() && !clock.take_leapt(), "what stands goes at once");
        clock.seek(0);
        clock.play(0);
        clock.leap(100, 5_000);
        let steps = walk(&mut clock, 2);
        assert_eq!(steps, [(64, 0, true, true), (36, 64, true, false), (28, 5_000, true, true)]);
        assert!(clock.take_leapt());
        clock.set_region(Some((5_000, 5_100)));
        clock.leap(9_000, 20_000);
        assert_eq!(walk(&mut clock, 1), [(64, 5_028, true, false)]);
        assert_eq!(walk(&mut clock, 1), [(8, 5_092, true, false), (56, 20_000, true, true)]);
        clock.leap(30_000, 0);
        clock.rescale(|frame| frame * 2);
        assert_eq!(clock.leap, Some(Leap { at: 60_000, to: 0 }));
        clock.seek(7);
        assert_eq!(clock.leap, None, "who goes elsewhere has changed their mind");
    }

    #[test]
    fn a_loop_that_is_too_short_or_behind_us_does_not_hold() {
        let mut clock = Clock::new();
        clock.set_region(Some((10, 73)));
        assert_eq!(clock.region(), None);
        clock.set_region(Some((0, 64)));
        clock.seek(64);
        clock.play(0);
        assert_eq!(walk(&mut clock, 1), [(64, 64, true, true)]);
        assert_eq!(clock.frame(), 128);
    }

    #[test]
    fn a_count_in_ends_on_its_frame_and_counts_up_to_the_start() {
        let mut clock = Clock::new();
        clock.seek(24_000);
        clock.play(100);
        let transport = transport();
        let first = clock.next_block(&transport);
        let first = first.iter().next().unwrap();
        assert!(first.time.counting_in && !first.time.playing);
        assert!((first.time.beat - (1.0 - 100.0 / 24_000.0)).abs() < 1e-12);
        assert!((first.time_at(48, 48_000.0).beat - (1.0 - 52.0 / 24_000.0)).abs() < 1e-12);
        assert_eq!(walk(&mut clock, 1), [(36, 24_000, false, false), (28, 24_000, true, true)]);
    }

    proptest! {
        #[test]
        fn blocks_have_no_gaps_and_the_loop_is_kept(
            start in 0u64..1_000, length in 64u64..5_000, from in 0u64..6_000, count_in in 0u64..500,
        ) {
            let mut clock = Clock::new();
            clock.set_region(Some((start, start + length)));
            clock.seek(from);
            clock.play(count_in);
            for _ in 0..200 {
                let block = clock.next_block(&transport());
                let mut at = 0;
                for segment in block.iter() {
                    prop_assert_eq!(segment.at, at);
                    at = segment.until;
                    if from < start + length && segment.time.playing {
                        prop_assert!(segment.time.frame + ((segment.until - segment.at) as u64) <= start + length);
                    }
                }
                prop_assert_eq!(at, BLOCK);
            }
        }
    }
}
