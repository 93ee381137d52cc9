//! What all effects have in common: the way in, the way out, params that glide, and falling asleep when the tail is over.

use crate::dsp::smooth::{PARAM_SMOOTHING, Smoothed};
use crate::engine::node::{
    Activity, AudioIn, BLOCK, BlockTime, BuildContext, BuildError, Category, Descriptor, Event, Io,
    Monitor, ParamDescriptor, Processor, Settings, Unit,
};

/// What the descriptors of effects have in common.
pub(super) const EFFECT: Descriptor = Descriptor {
    id: "",
    name: "",
    category: Category::Effect,
    doc: "",
    author: "Timbre",
    version: 1,
    inputs: &["in"],
    outputs: &["out"],
    takes_notes: false,
    params: &[],
    config: &[],
};

/// A param in one line: id, name, unit, smallest, largest, default, explanation.
pub(super) const fn param(
    id: &'static str,
    name: &'static str,
    unit: Unit,
    min: f32,
    max: f32,
    default: f32,
    doc: &'static str,
) -> ParamDescriptor {
    ParamDescriptor { id, name, unit, min, max, default, doc }
}

/// -100 dBFS: a tail below this is over.
const INAUDIBLE: f32 = 1e-5;

/// Frames between two looks at params that are too dear to follow every frame, such as filter frequencies.
pub(super) const TICK: usize = 16;

/// The sound of an effect, without the bookkeeping.
pub(super) trait Effect: Send + 'static {
    /// How many params it has; as many as its descriptor.
    const PARAMS: usize;

    /// Works in place: the slices come with the frames of the input `in` and leave with those of `out`. At most [`BLOCK`].
    fn process(&mut self, run: &mut Run<'_>);

    /// Forgets all sound.
    fn reset(&mut self);

    /// Longest silence inside a tail, in frames: the time between two echoes.
    fn gap(&self) -> usize {
        BLOCK
    }

    /// See [`Processor::latency`].
    fn latency(&self) -> u32 {
        0
    }

    /// See [`Processor::set_connected`].
    fn set_connected(&mut self, _input: usize, _connected: bool) {}

    /// See [`Processor::monitor`].
    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        None
    }
}

/// What an effect works on.
pub(super) struct Run<'a> {
    pub(super) left: &'a mut [f32],
    pub(super) right: &'a mut [f32],
    /// All inputs; the first is `in`.
    pub(super) inputs: &'a [AudioIn<'a>],
    pub(super) time: BlockTime,
    pub(super) params: &'a mut Params,
}

impl Run<'_> {
    /// Calls `frame` for each frame with the input and takes its answer as the output.
    #[inline]
    pub(super) fn each(&mut self, mut frame: impl FnMut([f32; 2], &mut Params) -> [f32; 2]) {
        for (l, r) in self.left.iter_mut().zip(self.right.iter_mut()) {
            [*l, *r] = frame([*l, *r], self.params);
        }
    }
}

/// Params by position, gliding to where events sent them.
pub(super) struct Params {
    values: Vec<Smoothed>,
    /// Frames until the next tick, counted over calls, so that ticks do not depend on how blocks are cut.
    until_tick: usize,
    /// Whether values have to be looked at again at the next tick.
    stale: bool,
}

impl Params {
    fn new(context: &BuildContext, settings: &Settings<'_>, count: usize) -> Self {
        let value =
            |index| Smoothed::new(settings.param(index), PARAM_SMOOTHING, context.sample_rate);
        Self { values: (0..count).map(value).collect(), until_tick: 0, stale: true }
    }

    /// Goes one frame on and gives the value there. Each param may be asked once a frame.
    #[inline]
    pub(super) fn next(&mut self, index: usize) -> f32 {
        self.values.get_mut(index).map_or(0.0, Smoothed::next_value)
    }

    /// The values of a run, frame by frame, as [`Params::next`] gives them.
    pub(super) fn fill(&mut self, index: usize, run: &mut [f32]) {
        match self.values.get_mut(index) {
            Some(value) if !value.is_settled() => run.fill_with(|| value.next_value()),
            value => run.fill(value.map_or(0.0, |value| value.value())),
        }
    }

    /// The value as it is.
    #[inline]
    pub(super) fn get(&self, index: usize) -> f32 {
        self.values.get(index).map_or(0.0, Smoothed::value)
    }

    /// Whether the value has arrived where events sent it.
    #[inline]
    pub(super) fn is_settled(&self, index: usize) -> bool {
        self.values.get(index).is_none_or(Smoothed::is_settled)
    }

    /// Where the value goes.
    #[inline]
    pub(super) fn target(&self, index: usize) -> f32 {
        self.values.get(index).map_or(0.0, Smoothed::target)
    }

    /// Cuts `frames` at ticks while params move: the length of the stretch that starts at `at`, and whether params that are
    /// followed by the tick (all those below `followed`) have moved and were taken to their values there. Where nothing
    /// moves, the stretch is all that is left.
    pub(super) fn stretch(&mut self, at: usize, frames: usize, followed: usize) -> (usize, bool) {
        let mut moved = false;
        if self.until_tick == 0 {
            moved = std::mem::take(&mut self.stale);
            for value in self.values.iter_mut().take(followed).filter(|v| !v.is_settled()) {
                value.advance(TICK);
                moved = true;
            }
            if !moved {
                return (frames - at, false);
            }
            self.until_tick = TICK;
        }
        let count = self.until_tick.min(frames - at);
        self.until_tick -= count;
        (count, moved)
    }

    fn set(&mut self, index: usize, value: f32) {
        if let Some(param) = self.values.get_mut(index) {
            param.set(value);
        }
    }

    fn settle(&mut self) {
        self.values.iter_mut().for_each(Smoothed::settle);
        self.until_tick = 0;
        self.stale = true;
    }
}

/// An effect as a node.
struct EffectNode<E> {
    effect: E,
    params: Params,
    /// Frames of inaudible output since the input fell silent.
    quiet: usize,
    asleep: bool,
}

/// Makes the processor of an effect.
pub(super) fn boxed<E: Effect>(
    context: &BuildContext,
    settings: &Settings<'_>,
    effect: E,
) -> Result<Box<dyn Processor>, BuildError> {
    let params = Params::new(context, settings, E::PARAMS);
    Ok(Box::new(EffectNode { effect, params, quiet: 0, asleep: true }))
}

impl<E: Effect> Processor for EffectNode<E> {
    fn handle(&mut self, event: Event) {
        if let Event::Param { index, value } = event {
            self.params.set(usize::from(index), value);
            if self.asleep {
                self.params.settle();
            }
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let (Some(input), [output]) = (io.inputs.first(), &mut *io.outputs) else {
            return Activity::Silent;
        };
        if input.silent && self.asleep {
            return Activity::Silent;
        }
        self.asleep = false;
        output.left.copy_from_slice(input.left);
        output.right.copy_from_slice(input.right);
        self.effect.process(&mut Run {
            left: output.left,
            right: output.right,
            inputs: io.inputs,
            time: io.time,
            params: &mut self.params,
        });
        let audible = |x: &f32| x.abs() > INAUDIBLE;
        if !input.silent || output.left.iter().any(audible) || output.right.iter().any(audible) {
            self.quiet = 0;
        } else {
            self.quiet += io.frames;
        }
        if self.quiet > self.effect.gap() {
            self.reset();
            return Activity::Silent;
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.effect.reset();
        self.params.settle();
        self.quiet = 0;
        self.asleep = true;
    }

    fn latency(&self) -> u32 {
        self.effect.latency()
    }

    fn set_connected(&mut self, input: usize, connected: bool) {
        self.effect.set_connected(input, connected);
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.effect.monitor()
    }
}
