//! Time-stretch and pitch-shift of a reel, without latency: signalsmith-stretch behind a read position that runs ahead.
//!
//! The library centres what it does on a point between what it was fed and what it gives: `input_latency` frames of the
//! recording and `output_latency` frames of output behind. A live input would have to wait that long; a recording is known,
//! so it is fed that much earlier. To begin somewhere the first `output_latency` frames have to be made and thrown away.
//! That is done over several blocks, so that no callback takes many times as long as the others; meanwhile the player
//! reads the reel directly.
//!
//! The library draws random numbers, from a seed that is not ours, where it stretches to more than twice the length; it is
//! never asked for that ([`SLOWEST`]), so a stretched recording is the same at every run. It allocates in its constructor
//! alone (its buffers are resized within their capacity).

use signalsmith_stretch::Stretch;

use crate::dsp::reel::Reel;
use crate::engine::node::BLOCK;

/// Slowest speed: just above half, see the module.
pub(super) const SLOWEST: f64 = 0.52;
/// Fastest speed.
pub(super) const FASTEST: f64 = 4.0;

/// How many times faster than it plays the stretcher makes what is thrown away at a start.
const HASTE: usize = 8;
/// Most frames of the recording that are fed for one run of output.
const MOST_INPUT: usize = BLOCK * 8;

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// It has nothing to do.
    Idle,
    /// It has begun at a place of the reel: frames made until now, and how many are to be made before it is heard.
    Preparing { start: f64, made: usize, due: usize },
    /// It is heard.
    Running,
}

/// A stretcher of two channels.
pub(super) struct Stretcher {
    inner: Stretch,
    state: State,
    /// Next frame of the reel that it is fed.
    fed: i64,
    input_latency: f64,
    output_latency: usize,
    transpose: f32,
    /// Frames that it wants to know before the first one.
    before: usize,
    /// Interleaved frames on their way in and out.
    input: Vec<f32>,
    output: Vec<f32>,
    /// The same, planar.
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Stretcher {
    /// Thread: control (allocates).
    pub(super) fn new(sample_rate: f32) -> Self {
        // This preset spreads the work of each of its blocks evenly, so its load has no peaks (measured at 48 kHz, stereo:
        // 9 us on average and 70 us at most for 64 frames; the other preset 14 and 475). But its blocks of 0.1 s
        // put a transposed sine 2 to 8 cents too high, and blocks of 0.12 s do not. The rate sizes nothing but the blocks.
        let inner = Stretch::preset_cheaper(2, (sample_rate * 1.2) as u32);
        let (input_latency, output_latency) = (inner.input_latency(), inner.output_latency());
        // A block and an interval of that preset: 0.12 s and 0.048 s.
        let before = (0.17 * sample_rate) as usize;
        let room = before.max(MOST_INPUT);
        Self {
            inner,
            state: State::Idle,
            fed: 0,
            input_latency: input_latency as f64,
            output_latency,
            transpose: 0.0,
            before,
            input: vec![0.0; 2 * room],
            output: vec![0.0; 2 * BLOCK],
            left: vec![0.0; room],
            right: vec![0.0; room],
        }
    }

    /// Forgets what it was doing; the next [`Self::prepare`] begins anew.
    pub(super) fn abandon(&mut self) {
        self.state = State::Idle;
    }

    /// Changes the pitch, in semitones.
    pub(super) fn set_transpose(&mut self, semitones: f32) {
        if semitones != self.transpose {
            self.transpose = semitones;
            self.inner.set_transpose_factor(libm::exp2f(semitones / 12.0), None);
        }
    }

    /// Works towards being heard from `at` on. Called once a run of `frames` until it answers true: then
    /// [`Self::render`] goes on right there.
    pub(super) fn prepare(
        &mut self,
        reel: &Reel,
        at: f64,
        ratio: f64,
        transpose: f32,
        frames: usize,
    ) -> bool {
        let (start, mut made, due) = match self.state {
            State::Idle => {
                self.set_transpose(transpose);
                self.begin(reel, at, ratio);
                (at, 0, self.output_latency)
            }
            State::Preparing { start, made, due } => (start, made, due),
            State::Running => return true,
        };
        let mut budget = HASTE * frames;
        while made < due && budget > 0 {
            let count = BLOCK.min(due - made).min(budget);
            made += count;
            budget -= count;
            self.feed(reel, start + made as f64 * ratio + self.input_latency, count);
        }
        if made >= due {
            self.state = State::Running;
            return true;
        }
        // Until the next call the music goes on, so that much more is to be thrown away.
        self.state = State::Preparing { start, made, due: due + frames };
        false
    }

    /// Gives the next run of output, whose last frame is just before `until` of the reel.
    pub(super) fn render(
        &mut self,
        reel: &Reel,
        until: f64,
        ratio: f64,
        left: &mut [f32],
        right: &mut [f32],
    ) {
        let frames = left.len().min(right.len()).min(BLOCK);
        let ahead = self.output_latency as f64 * ratio + self.input_latency;
        self.feed(reel, until + ahead, frames);
        let output = self.output.as_chunks::<2>().0;
        for ((l, r), [x, y]) in left.iter_mut().zip(right.iter_mut()).zip(output) {
            (*l, *r) = (*x, *y);
        }
    }

    /// Starts from a place: what lies before it is made known at once.
    fn begin(&mut self, reel: &Reel, at: f64, ratio: f64) {
        self.inner.reset();
        self.fed = libm::round(at + self.input_latency) as i64;
        let first = self.fed - self.before as i64;
        let input =
            gather(reel, first, self.before, &mut self.left, &mut self.right, &mut self.input);
        self.inner.seek(input, ratio);
    }

    /// Feeds the reel up to `until` and makes `frames` of output.
    fn feed(&mut self, reel: &Reel, until: f64, frames: usize) {
        // Never so few frames that it would stretch beyond twice, see the module; what is missing is caught up with.
        let fewest = libm::ceil(SLOWEST * frames as f64) as usize;
        let wanted = (libm::round(until) as i64).saturating_sub(self.fed).max(0) as usize;
        let count = wanted.clamp(fewest, MOST_INPUT);
        let input = gather(reel, self.fed, count, &mut self.left, &mut self.right, &mut self.input);
        if let Some(output) = self.output.get_mut(..2 * frames) {
            self.inner.process(input, output);
        }
        self.fed += count as i64;
    }
}

/// Frames of the reel, interleaved.
fn gather<'a>(
    reel: &Reel,
    first: i64,
    count: usize,
    left: &mut [f32],
    right: &mut [f32],
    into: &'a mut [f32],
) -> &'a [f32] {
    let count = count.min(left.len()).min(right.len()).min(into.len() / 2);
    reel.gather(first, &mut left[..count], &mut right[..count]);
    let pairs = into.as_chunks_mut::<2>().0.iter_mut().zip(left.iter().zip(right.iter()));
    for (pair, (l, r)) in pairs.take(count) {
        *pair = [*l, *r];
    }
    &into[..2 * count]
}
