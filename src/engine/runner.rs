//! Runs one node for one block: gathers its inputs, splits the block at its events and at jumps of the transport, skips
//! it while it is silent, and takes it out of the mix when it breaks. The only place that calls node processors, live
//! and offline.

use super::node::{Activity, AudioIn, AudioOut, BLOCK, BlockTime, Event, Io, Processor};
use super::plan::{Feed, Step};
use super::schedule::NodeEvents;
use super::segment::{Segment, Segments};
use super::wiring::{StereoBlock, Wiring};

/// Most input ports and most output ports of a node type.
pub(crate) const MAX_PORTS: usize = 8;

/// A sample beyond this (+80 dBFS) is as broken as one that is not a number: it comes from a filter that has blown up.
const ABSURD: f32 = 10_000.0;

/// Breakdowns that a node may recover from by a reset before it is muted for good.
const STRIKES: u32 = 3;

/// Most scheduled notes of a node that are remembered while they sound; with more, a jump releases all notes.
const MOST_ACTIVE: usize = 64;

/// An event with its due time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timed {
    /// Frames since the transport's origin.
    pub frame: u64,
    /// What happens.
    pub event: Event,
}

/// The scheduled notes of a node that sound, so that a jump can release them.
struct Active {
    notes: [u32; MOST_ACTIVE],
    count: usize,
    /// Whether there were more than could be remembered.
    overflown: bool,
}

impl Active {
    const NONE: Self = Self { notes: [0; MOST_ACTIVE], count: 0, overflown: false };

    fn note(&mut self, event: &Event) {
        match event {
            Event::NoteOn { note, .. } => match self.notes.get_mut(self.count) {
                Some(place) => {
                    *place = *note;
                    self.count += 1;
                }
                None => self.overflown = true,
            },
            Event::NoteOff { note } => {
                let found = self.notes[..self.count].iter().position(|active| active == note);
                if let Some(index) = found {
                    self.count -= 1;
                    self.notes.swap(index, self.count);
                }
            }
            Event::AllNotesOff => *self = Self::NONE,
            Event::Param { .. } | Event::Bend { .. } => {}
        }
    }
}

/// A node's processor with all that surrounds it at run time.
pub(crate) struct Runner {
    processor: Box<dyn Processor>,
    wiring: Wiring,
    sample_rate: f64,
    /// Position in the node's list of events.
    cursor: usize,
    /// Whether the position has to be found again before the next event.
    lost: bool,
    /// Whether the schedule has moved a param, so that a jump has to put it right.
    moved: bool,
    active: Active,
    asleep: bool,
    strikes: u32,
    /// Breakdowns and latency that have been told of.
    told: (u32, u32),
}

impl Runner {
    pub(crate) fn new(mut processor: Box<dyn Processor>, wiring: Wiring, sample_rate: f64) -> Self {
        for port in 0..wiring.ports() {
            processor.set_connected(port, wiring.is_connected(port));
        }
        let told = (0, processor.latency());
        Self {
            processor,
            wiring,
            sample_rate,
            cursor: 0,
            lost: false,
            moved: false,
            active: Active::NONE,
            asleep: false,
            strikes: 0,
            told,
        }
    }

    /// How often the node has broken down.
    pub(crate) fn strikes(&self) -> u32 {
        self.strikes
    }

    /// How often the node has broken down, if that is news.
    pub(crate) fn new_strikes(&mut self) -> Option<u32> {
        (self.told.0 != self.strikes).then(|| {
            self.told.0 = self.strikes;
            self.strikes
        })
    }

    /// Frames by which the node's output lags, if that is news.
    pub(crate) fn new_latency(&mut self) -> Option<u32> {
        let latency = self.processor.latency();
        (self.told.1 != latency).then(|| {
            self.told.1 = latency;
            latency
        })
    }

    /// Hands an event over at once, for the next frame that is run.
    pub(crate) fn handle(&mut self, event: Event) {
        if event == Event::AllNotesOff {
            self.active = Active::NONE;
        }
        self.processor.handle(event);
        self.asleep = false;
    }

    /// What leads into it.
    pub(crate) fn wiring_mut(&mut self) -> &mut Wiring {
        &mut self.wiring
    }

    /// Puts another wiring in the place of this one, which is left in `wiring`. Thread: audio.
    pub(crate) fn rewire(&mut self, wiring: &mut Wiring) {
        std::mem::swap(&mut self.wiring, wiring);
        for port in 0..self.wiring.ports() {
            self.processor.set_connected(port, self.wiring.is_connected(port));
        }
        self.asleep = false;
    }

    /// The schedule is another one: the next block finds its place in it as after a jump.
    pub(crate) fn lose_place(&mut self) {
        self.lost = true;
    }

    /// Forgets all sound. The place in the schedule stays.
    pub(crate) fn silence(&mut self) {
        self.processor.reset();
        self.wiring.reset();
        self.active = Active::NONE;
    }

    /// Back to the origin, without any sound or memory of breakdowns.
    pub(crate) fn rewind(&mut self) {
        self.silence();
        self.cursor = 0;
        self.lost = false;
        self.asleep = false;
        self.strikes = 0;
    }

    /// Runs one block of [`BLOCK`] frames. `fetch` gives what a feed's source has put out in this block, `live` what the
    /// device's input brings. Every output is written in full. `taps`, if not empty, receives what each feed of the first
    /// input contributes, after its level and its delay. Answers whether the outputs hold sound.
    pub(crate) fn run<'a>(
        &mut self,
        step: &Step,
        segments: &Segments,
        events: NodeEvents<'_>,
        fetch: impl Fn(&Feed) -> AudioIn<'a>,
        (outputs, live): (&mut [AudioOut<'_>], AudioIn<'_>),
        taps: &mut [StereoBlock],
    ) -> Activity {
        let Self { processor, wiring, sample_rate, cursor, lost, moved, active, asleep, .. } = self;
        let mut inputs = [StereoBlock::SILENT.as_input(); MAX_PORTS];
        let used = step.inputs.len().min(MAX_PORTS);
        wiring.gather(step, &fetch, taps, &mut inputs[..used]);
        let inputs = &inputs[..used];
        let inputs_silent = inputs.iter().all(|input| input.silent) && live.silent;

        let mut heard = false;
        let mut voice = Voice { processor: processor.as_mut(), active, moved, asleep };
        for segment in segments.iter() {
            if segment.jumped || *lost {
                voice.relocate(segment, events, cursor);
                *lost = false;
            }
            let mut at = segment.at;
            while at < segment.until {
                let mut until = segment.until;
                if segment.time.playing {
                    let now = segment.time.frame + (at - segment.at) as u64;
                    while let Some(timed) = events.list.get(*cursor).filter(|e| e.frame <= now) {
                        voice.handle(timed.event);
                        *cursor += 1;
                    }
                    if let Some(timed) = events.list.get(*cursor) {
                        let left = (until - at) as u64;
                        until = at + (timed.frame - now).min(left) as usize;
                    }
                }
                if *voice.asleep && inputs_silent {
                    zero(outputs, at, until);
                } else {
                    let time = segment.time_at(at, *sample_rate);
                    match process(voice.processor, time, inputs, outputs, live, (at, until)) {
                        Activity::Sounding => {
                            heard = true;
                            *voice.asleep = false;
                        }
                        Activity::Silent => {
                            zero(outputs, at, until);
                            *voice.asleep = true;
                        }
                    }
                }
                at = until;
            }
        }
        if !heard {
            return Activity::Silent;
        }
        if self.strikes > STRIKES || outputs.iter().any(|o| is_broken(o.left) || is_broken(o.right))
        {
            self.break_down(outputs);
            return Activity::Silent;
        }
        Activity::Sounding
    }

    /// Silences this block, clears the node's memory (the poison may sit in a filter), and counts.
    fn break_down(&mut self, outputs: &mut [AudioOut<'_>]) {
        zero(outputs, 0, BLOCK);
        if self.strikes <= STRIKES {
            self.processor.reset();
            self.strikes += 1;
        }
    }
}

/// A processor as the schedule plays it.
struct Voice<'a> {
    processor: &'a mut dyn Processor,
    active: &'a mut Active,
    moved: &'a mut bool,
    asleep: &'a mut bool,
}

impl Voice<'_> {
    /// Hands a scheduled event over.
    fn handle(&mut self, event: Event) {
        self.active.note(&event);
        *self.moved |= matches!(event, Event::Param { .. } | Event::Bend { .. });
        self.processor.handle(event);
        *self.asleep = false;
    }

    /// The transport has jumped to the start of a segment: scheduled notes end, and where it runs, the place in the
    /// schedule is found again, params become what they would be here, and notes that would sound here begin.
    fn relocate(&mut self, segment: &Segment, events: NodeEvents<'_>, cursor: &mut usize) {
        if self.active.overflown {
            self.handle(Event::AllNotesOff);
        }
        while let Some(last) = self.active.count.checked_sub(1) {
            let note = self.active.notes[last];
            self.handle(Event::NoteOff { note });
        }
        if !segment.time.playing {
            return;
        }
        let here = segment.time.frame;
        *cursor = events.list.partition_point(|timed| timed.frame < here);
        for lane in &events.chase.lanes {
            if let Some(value) = lane.value_before(here, *self.moved) {
                self.handle(value);
            }
        }
        for event in events.chase.sounding_at(events.list, *cursor, here) {
            self.handle(event);
        }
    }
}

/// Calls the processor for the frames from `at` to `until`.
fn process(
    processor: &mut dyn Processor,
    time: BlockTime,
    inputs: &[AudioIn<'_>],
    outputs: &mut [AudioOut<'_>],
    live: AudioIn<'_>,
    (at, until): (usize, usize),
) -> Activity {
    let mut ins = [AudioIn { left: &[], right: &[], silent: true }; MAX_PORTS];
    for (to, from) in ins.iter_mut().zip(inputs) {
        *to = AudioIn { left: &from.left[at..until], right: &from.right[at..until], ..*from };
    }
    let mut outs: [AudioOut<'_>; MAX_PORTS] =
        std::array::from_fn(|_| AudioOut { left: &mut [], right: &mut [] });
    let used = outputs.len().min(MAX_PORTS);
    for (to, from) in outs.iter_mut().zip(outputs) {
        *to = AudioOut { left: &mut from.left[at..until], right: &mut from.right[at..until] };
    }
    processor.process(&mut Io {
        frames: until - at,
        inputs: &ins[..inputs.len().min(MAX_PORTS)],
        outputs: &mut outs[..used],
        time,
        live: AudioIn { left: &live.left[at..until], right: &live.right[at..until], ..live },
    })
}

fn zero(outputs: &mut [AudioOut<'_>], at: usize, until: usize) {
    for output in outputs {
        output.left[at..until].fill(0.0);
        output.right[at..until].fill(0.0);
    }
}

/// Whether any sample is not a number, infinite or absurdly large. Without their sign the bits of floats ascend with
/// their value, and those of infinity and NaN lie above all numbers.
fn is_broken(samples: &[f32]) -> bool {
    let largest = samples.iter().fold(0, |largest: u32, x| largest.max(x.to_bits() & 0x7fff_ffff));
    largest > ABSURD.to_bits()
}
