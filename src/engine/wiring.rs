//! What lies between the outputs of some nodes and the inputs of another: levels, delays that make all paths arrive
//! together, and the ramps by which connections come, go and change without a click.

use super::node::{AudioIn, BLOCK};
use super::plan::{Feed, Step};

/// What silent inputs point at.
static ZEROS: [f32; BLOCK] = [0.0; BLOCK];

/// Blocks that a ramp takes: 5.3 ms at 48 kHz.
pub(crate) const FADE_BLOCKS: u32 = 4;
const FADE_FRAMES: usize = FADE_BLOCKS as usize * BLOCK;

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

    /// Replaces the content by a source at a gain that moves from frame to frame.
    fn copy_moving(&mut self, source: AudioIn<'_>, from: f32, step: f32) {
        self.silent = source.silent;
        let inputs = source.left.iter().zip(source.right);
        let outputs = self.left.iter_mut().zip(&mut self.right);
        for (index, ((l, r), (to_l, to_r))) in inputs.zip(outputs).enumerate() {
            let gain = from + step * index as f32;
            (*to_l, *to_r) = (l * gain, r * gain);
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

    /// Multiplies by a gain that moves from frame to frame.
    pub(crate) fn scale_moving(&mut self, from: f32, step: f32) {
        for (index, (l, r)) in self.left.iter_mut().zip(&mut self.right).enumerate() {
            let gain = from + step * index as f32;
            *l *= gain;
            *r *= gain;
        }
    }

    /// Largest absolute sample of the left and of the right.
    pub(crate) fn peaks(&self) -> [f32; 2] {
        if self.silent {
            return [0.0; 2];
        }
        [&self.left, &self.right].map(|side| side.iter().fold(0.0f32, |peak, x| peak.max(x.abs())))
    }

    /// Largest absolute sample.
    pub(crate) fn peak(&self) -> f32 {
        let [left, right] = self.peaks();
        left.max(right)
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

/// A gain on its way to another, in steps of whole blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ramp {
    now: f32,
    target: f32,
    /// Blocks to wait before it moves.
    hold: u32,
    /// Blocks that it still moves.
    left: u32,
}

impl Ramp {
    fn settled(gain: f32) -> Self {
        Self { now: gain, target: gain, hold: 0, left: 0 }
    }

    fn is_settled(&self) -> bool {
        self.left == 0
    }

    fn aim(&mut self, target: f32, hold: u32) {
        if self.target != target || self.left > 0 {
            *self = Self { target, hold, left: FADE_BLOCKS, ..*self };
        }
    }

    /// Gain at the first frame of the next block, and its change from frame to frame in it. Moves on.
    fn next_block(&mut self) -> (f32, f32) {
        let from = self.now;
        if self.hold > 0 {
            self.hold -= 1;
            return (from, 0.0);
        }
        if self.left == 0 {
            return (from, 0.0);
        }
        let end = from + (self.target - from) / self.left as f32;
        self.left -= 1;
        self.now = if self.left == 0 { self.target } else { end };
        (from, (end - from) / BLOCK as f32)
    }
}

/// The change of a connection's delay: what was heard is heard on until the new delay line is full, then one fades into
/// the other. So nothing falls silent and nothing jumps.
struct Glide {
    /// How it was; none where there was no delay.
    old: Option<DelayLine>,
    /// Frames until the new line is full.
    wait: usize,
    /// Frames of the fade that are done.
    faded: usize,
    output: StereoBlock,
}

impl Glide {
    fn is_fading(&self) -> bool {
        self.wait == 0 && self.faded < FADE_FRAMES
    }

    fn is_over(&self) -> bool {
        self.faded >= FADE_FRAMES
    }

    fn process(&mut self, source: AudioIn<'_>, line: Option<&mut DelayLine>) -> AudioIn<'_> {
        let new = match line {
            Some(line) => line.process(source),
            None => source,
        };
        let old = match &mut self.old {
            Some(line) => line.process(source),
            None => source,
        };
        if self.wait > 0 {
            self.wait = self.wait.saturating_sub(BLOCK);
            self.output.copy(old, 1.0);
            return self.output.as_input();
        }
        let step = 1.0 / FADE_FRAMES as f32;
        let from = self.faded as f32 * step;
        self.output.silent = old.silent && new.silent;
        let sides = [
            (&mut self.output.left, old.left, new.left),
            (&mut self.output.right, old.right, new.right),
        ];
        for (to, old, new) in sides {
            for (index, (to, (old, new))) in to.iter_mut().zip(old.iter().zip(new)).enumerate() {
                *to = old + (new - old) * (from + step * index as f32);
            }
        }
        self.faded += BLOCK;
        self.output.as_input()
    }
}

/// One connection at run time.
pub(crate) struct Cord {
    line: Option<DelayLine>,
    ramp: Ramp,
    glide: Option<Box<Glide>>,
}

/// Where a connection of a new wiring comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Origin {
    /// It has been there from the first: at its level at once.
    First,
    /// It is new: it fades in.
    New,
    /// It goes on with what a connection of the old wiring was doing: its input port and position, and its delay.
    Old {
        /// Input port.
        port: usize,
        /// Position among the feeds of the port.
        index: usize,
        /// Frames.
        delay: u32,
    },
}

impl Cord {
    fn new(feed: &Feed, origin: Origin) -> Self {
        let line = (feed.delay > 0).then(|| DelayLine::new(feed.delay));
        let mut ramp = Ramp::settled(feed.gain);
        let mut glide = None;
        match origin {
            Origin::First => {}
            Origin::New => {
                ramp = Ramp::settled(0.0);
                // What goes in now comes out that much later, and only then is there something to fade.
                ramp.aim(feed.gain, feed.delay.div_ceil(BLOCK as u32));
            }
            Origin::Old { delay, .. } if delay != feed.delay => {
                glide = Some(Box::new(Glide {
                    old: None,
                    wait: feed.delay as usize,
                    faded: 0,
                    output: StereoBlock::silence(),
                }));
            }
            Origin::Old { .. } => {}
        }
        Self { line, ramp, glide }
    }

    /// Goes on where another connection was. Thread: audio.
    fn adopt(&mut self, old: &mut Self) {
        let mut ramp = old.ramp;
        if ramp.target != self.ramp.target {
            ramp.aim(self.ramp.target, 0);
        }
        self.ramp = ramp;
        match &mut self.glide {
            // While the old one still waits for its own new delay, its oldest line is what is heard.
            Some(glide) => {
                glide.old = match &mut old.glide {
                    Some(earlier) if earlier.wait > 0 => earlier.old.take(),
                    _ => old.line.take(),
                };
            }
            None => {
                std::mem::swap(&mut self.line, &mut old.line);
                std::mem::swap(&mut self.glide, &mut old.glide);
            }
        }
    }

    fn is_plain(&self) -> bool {
        self.line.is_none() && self.ramp.is_settled() && self.glide.is_none()
    }

    /// The source as it arrives here, before its level.
    fn delay<'a>(&'a mut self, source: AudioIn<'a>) -> AudioIn<'a> {
        if let Some(glide) = &mut self.glide
            && !glide.is_over()
        {
            return glide.process(source, self.line.as_mut());
        }
        match &mut self.line {
            Some(line) => line.process(source),
            None => source,
        }
    }
}

/// All that leads into a node.
pub(crate) struct Wiring {
    /// For each input port, one for each feed.
    cords: Vec<Vec<Cord>>,
    /// One for each input port, for sums.
    sums: Vec<StereoBlock>,
    /// What a feed is while its level moves.
    moving: Box<StereoBlock>,
}

impl Wiring {
    /// `origin` tells of each feed, by port and position, where it comes from. Thread: control.
    pub(crate) fn new(step: &Step, origin: impl Fn(usize, usize) -> Origin) -> Self {
        let cord = |port, index, feed: &Feed| Cord::new(feed, origin(port, index));
        let cords = |(port, feeds): (usize, &Vec<Feed>)| {
            feeds.iter().enumerate().map(|(index, feed)| cord(port, index, feed)).collect()
        };
        Self {
            cords: step.inputs.iter().enumerate().map(cords).collect(),
            sums: step.inputs.iter().map(|_| StereoBlock::silence()).collect(),
            moving: Box::new(StereoBlock::silence()),
        }
    }

    /// Takes over from the wiring before; `origin` as at birth. Thread: audio.
    pub(crate) fn adopt(&mut self, old: &mut Self, origin: impl Fn(usize, usize) -> Origin) {
        for (port, cords) in self.cords.iter_mut().enumerate() {
            for (index, cord) in cords.iter_mut().enumerate() {
                if let Origin::Old { port, index, .. } = origin(port, index)
                    && let Some(old) = old.cords.get_mut(port).and_then(|c| c.get_mut(index))
                {
                    cord.adopt(old);
                }
            }
        }
    }

    /// Lets a connection fade out. Thread: audio.
    pub(crate) fn fade_out(&mut self, port: usize, index: usize) {
        if let Some(cord) = self.cords.get_mut(port).and_then(|cords| cords.get_mut(index)) {
            cord.ramp.aim(0.0, 0);
        }
    }

    /// Whether a change of delay is in its fade, so that another change would be heard.
    pub(crate) fn is_gliding(&self) -> bool {
        self.cords.iter().flatten().any(|cord| cord.glide.as_ref().is_some_and(|g| g.is_fading()))
    }

    /// How many input ports there are.
    pub(crate) fn ports(&self) -> usize {
        self.cords.len()
    }

    /// Whether something leads into an input port.
    pub(crate) fn is_connected(&self, port: usize) -> bool {
        self.cords.get(port).is_some_and(|cords| !cords.is_empty())
    }

    /// Forgets all sound, and ends all changes.
    pub(crate) fn reset(&mut self) {
        for cord in self.cords.iter_mut().flatten() {
            if let Some(line) = &mut cord.line {
                line.reset();
            }
            cord.ramp = Ramp::settled(cord.ramp.target);
            if let Some(glide) = &mut cord.glide {
                glide.faded = FADE_FRAMES;
            }
        }
    }

    /// Sums the feeds of every port in their order. `taps`, if not empty, receives what each feed of the first port
    /// contributes. Thread: audio.
    pub(crate) fn gather<'a: 'b, 'b>(
        &'b mut self,
        step: &Step,
        fetch: &impl Fn(&Feed) -> AudioIn<'a>,
        taps: &mut [StereoBlock],
        inputs: &mut [AudioIn<'b>],
    ) {
        let Self { cords, sums, moving } = self;
        let ports = step.inputs.iter().zip(cords).zip(sums);
        for (index, (((feeds, cords), sum), input)) in ports.zip(inputs).enumerate() {
            let taps: &mut [StereoBlock] = if index == 0 { &mut *taps } else { &mut [] };
            *input = gather(feeds, cords, sum, moving, fetch, taps);
        }
    }
}

/// Sums the feeds of a port in their order. One plain feed is passed on without a copy.
fn gather<'a: 'b, 'b>(
    feeds: &[Feed],
    cords: &mut [Cord],
    sum: &'b mut StereoBlock,
    moving: &mut StereoBlock,
    fetch: &impl Fn(&Feed) -> AudioIn<'a>,
    taps: &mut [StereoBlock],
) -> AudioIn<'b> {
    if let ([feed], [cord], []) = (feeds, &*cords, &*taps)
        && feed.gain == 1.0
        && cord.is_plain()
        && cord.ramp.now == 1.0
    {
        return fetch(feed);
    }
    sum.silent = true;
    let mut taps = taps.iter_mut();
    for (feed, cord) in feeds.iter().zip(cords) {
        let moves = !cord.ramp.is_settled();
        let (gain, step) = if moves { cord.ramp.next_block() } else { (cord.ramp.now, 0.0) };
        let source = cord.delay(fetch(feed));
        match taps.next() {
            Some(tap) => {
                if moves {
                    tap.copy_moving(source, gain, step);
                } else {
                    tap.copy(source, gain);
                }
                sum.add(tap.as_input(), 1.0);
            }
            None if moves => {
                moving.copy_moving(source, gain, step);
                sum.add(moving.as_input(), 1.0);
            }
            None => sum.add(source, gain),
        }
    }
    sum.as_input()
}

#[cfg(test)]
mod tests;
