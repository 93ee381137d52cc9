//! Runs one node for one block: gathers its inputs, splits the block at its events, skips it while it is silent, and
//! takes it out of the mix when it breaks. The only place that calls node processors, live and offline.

use super::node::{Activity, AudioIn, AudioOut, BLOCK, BlockTime, Event, Io, Processor};
use super::plan::{Feed, Step};
use super::transport;

/// Most input ports and most output ports of a node type.
pub(crate) const MAX_PORTS: usize = 8;

/// A sample beyond this (+80 dBFS) is as broken as one that is not a number: it comes from a filter that has blown up.
const ABSURD: f32 = 10_000.0;

/// Breakdowns that a node may recover from by a reset before it is muted for good.
const STRIKES: u32 = 3;

/// What silent inputs point at.
static ZEROS: [f32; BLOCK] = [0.0; BLOCK];

/// An event with its due time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timed {
    /// Frames since the transport's origin.
    pub frame: u64,
    /// What happens.
    pub event: Event,
}

/// A stereo buffer of one block.
#[derive(Debug, Clone)]
pub(crate) struct StereoBlock {
    pub(crate) left: [f32; BLOCK],
    pub(crate) right: [f32; BLOCK],
    /// Whether all samples count as zero; then the arrays may hold anything.
    pub(crate) silent: bool,
}

impl StereoBlock {
    /// Silence to point at.
    pub(crate) const SILENT: &'static Self =
        &Self { left: [0.0; BLOCK], right: [0.0; BLOCK], silent: true };

    pub(crate) fn silence() -> Self {
        Self::SILENT.clone()
    }

    /// The block as an input; zeros where it is silent.
    pub(crate) fn as_input(&self) -> AudioIn<'_> {
        if self.silent {
            AudioIn { left: &ZEROS, right: &ZEROS, silent: true }
        } else {
            AudioIn { left: &self.left, right: &self.right, silent: false }
        }
    }

    /// Replaces the content by a source at a gain.
    fn copy(&mut self, source: AudioIn<'_>, gain: f32) {
        self.silent = source.silent;
        for (to, from) in self.left.iter_mut().zip(source.left) {
            *to = *from * gain;
        }
        for (to, from) in self.right.iter_mut().zip(source.right) {
            *to = *from * gain;
        }
    }

    /// Adds a source at a gain. A silent block becomes a copy.
    fn add(&mut self, source: AudioIn<'_>, gain: f32) {
        if source.silent {
            return;
        }
        if self.silent {
            return self.copy(source, gain);
        }
        for (to, from) in self.left.iter_mut().zip(source.left) {
            *to += *from * gain;
        }
        for (to, from) in self.right.iter_mut().zip(source.right) {
            *to += *from * gain;
        }
    }

    /// Largest absolute sample.
    pub(crate) fn peak(&self) -> f32 {
        if self.silent {
            return 0.0;
        }
        self.left.iter().chain(&self.right).fold(0.0f32, |peak, x| peak.max(x.abs()))
    }
}

/// A delay of a whole number of frames on a connection, which holds an early path back until the slowest one is there.
struct DelayLine {
    left: Vec<f32>,
    right: Vec<f32>,
    position: usize,
    /// Frames until nothing but silence is left inside.
    sounding: usize,
    output: StereoBlock,
}

impl DelayLine {
    /// `frames` must be at least 1.
    fn new(frames: u32) -> Self {
        let frames = frames.max(1) as usize;
        Self {
            left: vec![0.0; frames],
            right: vec![0.0; frames],
            position: 0,
            sounding: 0,
            output: StereoBlock::silence(),
        }
    }

    fn process(&mut self, input: AudioIn<'_>) -> AudioIn<'_> {
        let length = self.left.len();
        if !input.silent {
            self.sounding = length + BLOCK;
        }
        if self.sounding == 0 {
            self.output.silent = true;
            return self.output.as_input();
        }
        self.sounding = self.sounding.saturating_sub(BLOCK);
        self.output.silent = false;
        // In pieces up to the end of the ring: what comes out changes places with what goes in.
        let (output, position) = (&mut self.output, &mut self.position);
        output.left.copy_from_slice(&input.left[..BLOCK]);
        output.right.copy_from_slice(&input.right[..BLOCK]);
        let mut done = 0;
        while done < BLOCK {
            let count = (length - *position).min(BLOCK - done);
            let ring = *position..*position + count;
            self.left[ring.clone()].swap_with_slice(&mut output.left[done..done + count]);
            self.right[ring].swap_with_slice(&mut output.right[done..done + count]);
            *position = if *position + count == length { 0 } else { *position + count };
            done += count;
        }
        self.output.as_input()
    }

    fn reset(&mut self) {
        self.left.fill(0.0);
        self.right.fill(0.0);
        self.position = 0;
        self.sounding = 0;
    }
}

/// A node's processor with all that surrounds it at run time.
pub(crate) struct Runner {
    processor: Box<dyn Processor>,
    sample_rate: f64,
    /// One for each feed of each input port, where the plan wants a delay.
    lines: Vec<Vec<Option<DelayLine>>>,
    /// One for each input port, for sums.
    sums: Vec<StereoBlock>,
    /// Position in the node's list of events.
    cursor: usize,
    asleep: bool,
    strikes: u32,
}

impl Runner {
    pub(crate) fn new(mut processor: Box<dyn Processor>, step: &Step, sample_rate: f64) -> Self {
        for (input, feeds) in step.inputs.iter().enumerate() {
            processor.set_connected(input, !feeds.is_empty());
        }
        let line = |feed: &Feed| (feed.delay > 0).then(|| DelayLine::new(feed.delay));
        Self {
            processor,
            sample_rate,
            lines: step.inputs.iter().map(|feeds| feeds.iter().map(line).collect()).collect(),
            sums: step.inputs.iter().map(|_| StereoBlock::silence()).collect(),
            cursor: 0,
            asleep: false,
            strikes: 0,
        }
    }

    /// How often the node has broken down.
    pub(crate) fn strikes(&self) -> u32 {
        self.strikes
    }

    /// Hands an event over at once, for the next frame that is run.
    pub(crate) fn handle(&mut self, event: Event) {
        self.processor.handle(event);
        self.asleep = false;
    }

    /// Back to the origin, without any sound or memory of breakdowns.
    pub(crate) fn rewind(&mut self) {
        self.processor.reset();
        self.lines.iter_mut().flatten().flatten().for_each(DelayLine::reset);
        self.cursor = 0;
        self.asleep = false;
        self.strikes = 0;
    }

    /// Runs one block of [`BLOCK`] frames that starts at `time`. `fetch` gives what a feed's source has put out in this
    /// block. Every output is written in full. `taps`, if not empty, receives what each feed of the first input
    /// contributes, after its gain and its delay. Answers whether the outputs hold sound.
    pub(crate) fn run<'a>(
        &mut self,
        step: &Step,
        time: BlockTime,
        events: &[Timed],
        fetch: impl Fn(&Feed) -> AudioIn<'a>,
        outputs: &mut [AudioOut<'_>],
        taps: &mut [StereoBlock],
    ) -> Activity {
        let Self { processor, lines, sums, cursor, asleep, .. } = self;
        let mut inputs = [StereoBlock::SILENT.as_input(); MAX_PORTS];
        let ports = step.inputs.iter().zip(lines).zip(sums);
        for (index, (((feeds, lines), sum), input)) in ports.zip(&mut inputs).enumerate() {
            let taps: &mut [StereoBlock] = if index == 0 { &mut *taps } else { &mut [] };
            *input = gather(feeds, lines, sum, &fetch, taps);
        }
        let inputs = &inputs[..step.inputs.len().min(MAX_PORTS)];
        let inputs_silent = inputs.iter().all(|input| input.silent);

        let mut heard = false;
        let mut at = 0;
        while at < BLOCK {
            while let Some(timed) =
                events.get(*cursor).filter(|e| e.frame <= time.frame + at as u64)
            {
                processor.handle(timed.event);
                *asleep = false;
                *cursor += 1;
            }
            let until = match events.get(*cursor) {
                Some(timed) => (timed.frame - time.frame).min(BLOCK as u64) as usize,
                None => BLOCK,
            };
            if *asleep && inputs_silent {
                zero(outputs, at, until);
            } else {
                let time = transport::advance(time, at, self.sample_rate);
                match process(
                    processor.as_mut(),
                    time,
                    inputs,
                    outputs,
                    AudioIn::SILENCE,
                    (at, until),
                ) {
                    Activity::Sounding => {
                        heard = true;
                        *asleep = false;
                    }
                    Activity::Silent => {
                        zero(outputs, at, until);
                        *asleep = true;
                    }
                }
            }
            at = until;
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

/// Sums the feeds of a port in their order. One plain feed is passed on without a copy.
fn gather<'a, 'b>(
    feeds: &[Feed],
    lines: &'b mut [Option<DelayLine>],
    sum: &'b mut StereoBlock,
    fetch: &impl Fn(&Feed) -> AudioIn<'a>,
    taps: &mut [StereoBlock],
) -> AudioIn<'b>
where
    'a: 'b,
{
    if let ([feed], [None], []) = (feeds, &*lines, &*taps)
        && feed.gain == 1.0
    {
        return fetch(feed);
    }
    sum.silent = true;
    let mut taps = taps.iter_mut();
    for (feed, line) in feeds.iter().zip(lines) {
        let source = fetch(feed);
        let source = match line {
            Some(line) => line.process(source),
            None => source,
        };
        match taps.next() {
            Some(tap) => {
                tap.copy(source, feed.gain);
                sum.add(tap.as_input(), 1.0);
            }
            None => sum.add(source, feed.gain),
        }
    }
    sum.as_input()
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
