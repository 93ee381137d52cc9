//! What looks at sound and passes it on bit for bit: level meter, scope, history. What they see is read through their
//! monitors; they never write to the graph's sound.

use super::readout::Readout;
use super::trace::{Point, TraceReader, TraceWriter, groups, trace};
use crate::dsp::levels::{LevelMeter, Levels};
use crate::engine::node::{
    Activity, AudioIn, BuildContext, BuildError, Category, ConfigDescriptor, Descriptor, Event, Io,
    Monitor, NodeType, ParamDescriptor, Processor, Settings,
};
use crate::model::node_data::{HistoryData, NodeData, ScopeData};
use crate::model::units::gain_to_db;

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![
        NodeType { descriptor: &LEVELS, build: build_levels },
        NodeType { descriptor: &SCOPE, build: build_scope },
        NodeType { descriptor: &HISTORY, build: build_history },
    ]
}

/// What the descriptors of measuring nodes have in common.
pub(super) const MEASURE: Descriptor = Descriptor {
    id: "",
    name: "",
    category: Category::Measure,
    doc: "",
    author: "Timbre",
    version: 1,
    inputs: &["in"],
    outputs: &["out"],
    takes_notes: false,
    params: &[],
    config: &[],
};

/// Passes the input `in` on to the output `out`, and gives it back for looking at it.
pub(super) fn pass<'a>(io: &mut Io<'a>) -> Option<AudioIn<'a>> {
    let ([input], [output]) = (io.inputs, &mut *io.outputs) else { return None };
    output.left.copy_from_slice(input.left);
    output.right.copy_from_slice(input.right);
    Some(*input)
}

static LEVELS: Descriptor = Descriptor {
    id: "meter.levels",
    name: "Level meter",
    doc: "Measures peak, RMS, true peak, momentary and short-term loudness, and the correlation of the sides. Passes the \
          sound on unchanged.",
    params: &[ParamDescriptor::switch(
        "reset",
        "Reset",
        false,
        "Turning it on forgets the true peak and starts to look for a new one.",
    )],
    ..MEASURE
};

struct LevelsNode {
    meter: LevelMeter,
    readout: Readout,
    reset: bool,
}

fn build_levels(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    Ok(Box::new(LevelsNode {
        meter: LevelMeter::full(context.sample_rate),
        readout: Readout::new(context.sample_rate),
        reset: settings.param(0) >= 0.5,
    }))
}

impl Processor for LevelsNode {
    fn handle(&mut self, event: Event) {
        if let Event::Param { index: 0, value } = event {
            let reset = value >= 0.5;
            if reset && !self.reset {
                self.meter.restart_true_peak();
            }
            self.reset = reset;
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let frames = io.frames;
        let Some(input) = pass(io) else { return Activity::Silent };
        if input.silent && self.meter.is_at_rest() {
            self.meter.rest();
            self.readout.rest(self.meter.levels());
            return Activity::Silent;
        }
        self.meter.add(input.left, input.right);
        if self.readout.is_due(frames) {
            self.readout.publish(self.meter.levels(), 0.0);
            self.meter.restart_peak();
        }
        // In silence it stays awake until its windows are empty, so that its readings fall as they should.
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.meter.clear();
        self.readout.rest(self.meter.levels());
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.readout.take_monitor()
    }
}

/// Seconds that a scope shows.
const SCOPE_SECONDS: f32 = 2.0;

/// Points of a scope per second, as fine as it gets.
const SCOPE_RATE: f32 = 1_500.0;

/// Points that a scope shows at most.
const SCOPE_POINTS: usize = (SCOPE_SECONDS * SCOPE_RATE) as usize;

static SCOPE: Descriptor = Descriptor {
    id: "meter.scope",
    name: "Scope",
    doc: "Keeps the shape of the last 2 s for a display. Passes the sound on unchanged.",
    ..MEASURE
};

struct Scope {
    /// Frames of a point.
    length: usize,
    /// Frames in the open point.
    filled: usize,
    open: Point<2>,
    writer: TraceWriter<2>,
    /// Points since the last one that was not silence.
    quiet: usize,
    monitor: Option<Box<dyn Monitor>>,
}

/// A point in which no frame is yet.
const EMPTY: Point<2> = [[f32::INFINITY, f32::NEG_INFINITY]; 2];

fn build_scope(
    context: &BuildContext<'_>,
    _: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let length = libm::roundf(context.sample_rate / SCOPE_RATE).max(1.0) as usize;
    let (writer, reader) = trace(SCOPE_POINTS * 3 / 2);
    Ok(Box::new(Scope {
        length,
        filled: 0,
        open: EMPTY,
        writer,
        quiet: SCOPE_POINTS,
        monitor: Some(Box::new(ScopeMonitor { reader, length })),
    }))
}

impl Scope {
    fn add(&mut self, mut left: &[f32], mut right: &[f32]) {
        while !left.is_empty() {
            let count = (self.length - self.filled).min(left.len());
            let cut = (left.split_at_checked(count), right.split_at_checked(count));
            let (Some((l, left_rest)), Some((r, right_rest))) = cut else { return };
            for ([low, high], samples) in self.open.iter_mut().zip([l, r]) {
                for x in samples.iter().filter(|x| x.is_finite()) {
                    *low = low.min(*x);
                    *high = high.max(*x);
                }
            }
            self.filled += l.len();
            if self.filled == self.length {
                // A point without any finite sample has no shape.
                let point = self.open.map(|pair| if pair[0] <= pair[1] { pair } else { [0.0; 2] });
                self.quiet = if point == [[0.0; 2]; 2] { self.quiet.saturating_add(1) } else { 0 };
                self.writer.push(point);
                (self.open, self.filled) = (EMPTY, 0);
            }
            (left, right) = (left_rest, right_rest);
        }
    }
}

impl Processor for Scope {
    fn handle(&mut self, _: Event) {}

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let Some(input) = pass(io) else { return Activity::Silent };
        let is_flat = self.open.iter().flatten().all(|x| *x == 0.0 || x.is_infinite());
        if input.silent && is_flat && self.quiet >= SCOPE_POINTS {
            // All that is shown is silence, and more of it would look the same.
            (self.open, self.filled) = (EMPTY, 0);
            return Activity::Silent;
        }
        self.add(input.left, input.right);
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.writer.clear();
        (self.open, self.filled, self.quiet) = (EMPTY, 0, SCOPE_POINTS);
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.monitor.take()
    }
}

struct ScopeMonitor {
    reader: TraceReader<2>,
    /// Frames of a point.
    length: usize,
}

/// How many points of a whole are put together into one, so that a display of `points` holds the whole.
fn group_size(whole: usize, points: usize) -> usize {
    if points == 0 { 1 } else { whole.div_ceil(points) }
}

impl Monitor for ScopeMonitor {
    fn read(&mut self, points: usize) -> NodeData {
        let size = group_size(SCOPE_POINTS, points);
        let (first, seen) = self.reader.latest(SCOPE_POINTS);
        let mut data =
            ScopeData { frames_per_point: (self.length * size) as u32, ..ScopeData::default() };
        for group in groups(first, &seen, size, points.max(1)) {
            let extremes = |side: fn(&Point<2>) -> [f32; 2]| {
                group
                    .iter()
                    .map(side)
                    .fold([f32::INFINITY, f32::NEG_INFINITY], |[a, b], [c, d]| [a.min(c), b.max(d)])
            };
            data.left.push(extremes(|[left, _]| *left));
            data.right.push(extremes(|[_, right]| *right));
        }
        NodeData::Scope(data)
    }
}

/// Points of a history per second.
const HISTORY_RATE: f32 = 20.0;

/// Longest time that a history keeps, in seconds.
const HISTORY_SECONDS: f64 = 3_600.0;

static HISTORY: Descriptor = Descriptor {
    id: "meter.history",
    name: "Level history",
    version: 2,
    doc: "Keeps peak, RMS and short-term loudness of the last minutes, 20 points a second. Passes the sound on unchanged; \
          what hears it never falls asleep, so put it on a branch of its own.",
    config: &[ConfigDescriptor {
        id: "seconds",
        default: "600",
        doc: "How long it remembers, 1 to 3600 seconds.",
    }],
    ..MEASURE
};

struct History {
    /// Frames of a point.
    length: usize,
    /// Frames in the open point.
    filled: usize,
    peak: f32,
    /// Sum of the squares of both sides.
    energy: f64,
    meter: LevelMeter,
    writer: TraceWriter<2>,
    monitor: Option<Box<dyn Monitor>>,
}

fn build_history(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let length = libm::roundf(context.sample_rate / HISTORY_RATE).max(1.0) as usize;
    let seconds = length as f64 / f64::from(context.sample_rate);
    let wanted = settings.config("seconds").trim().parse::<f64>().ok();
    let kept = wanted
        .filter(|kept| (1.0..=HISTORY_SECONDS).contains(kept))
        .ok_or_else(|| settings.bad_config("seconds", "a number of seconds from 1 to 3600"))?;
    let points = libm::ceil(kept * f64::from(HISTORY_RATE)) as usize;
    // The newest quarter may be written while the rest is read.
    let (writer, reader) = trace(points * 5 / 4 + 4);
    Ok(Box::new(History {
        length,
        filled: 0,
        peak: 0.0,
        energy: 0.0,
        meter: LevelMeter::full(context.sample_rate),
        writer,
        monitor: Some(Box::new(HistoryMonitor { reader, seconds, points })),
    }))
}

impl Processor for History {
    fn handle(&mut self, _: Event) {}

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let Some(input) = pass(io) else { return Activity::Silent };
        if input.silent && self.meter.is_at_rest() {
            self.meter.rest();
        } else {
            self.meter.add(input.left, input.right);
        }
        for (l, r) in input.left.iter().zip(input.right) {
            if l.is_finite() && r.is_finite() {
                self.peak = self.peak.max(l.abs()).max(r.abs());
                self.energy += f64::from(*l) * f64::from(*l) + f64::from(*r) * f64::from(*r);
            }
            self.filled += 1;
            if self.filled == self.length {
                let power = self.energy / (2 * self.length) as f64;
                let short_term = self.meter.levels().short_term;
                self.writer.push([[self.peak, power as f32], [short_term as f32, 0.0]]);
                (self.filled, self.peak, self.energy) = (0, 0.0, 0.0);
            }
        }
        // Silence is history as well, so this node is never skipped.
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.writer.clear();
        self.meter.clear();
        (self.filled, self.peak, self.energy) = (0, 0.0, 0.0);
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.monitor.take()
    }
}

struct HistoryMonitor {
    reader: TraceReader<2>,
    seconds: f64,
    /// Points of all that is kept.
    points: usize,
}

impl Monitor for HistoryMonitor {
    fn read(&mut self, points: usize) -> NodeData {
        let size = group_size(self.points, points);
        let (first, seen) = self.reader.latest(self.points);
        let mut data =
            HistoryData { seconds_per_point: self.seconds * size as f64, ..HistoryData::default() };
        let decibel = |gain: f64| Some(gain_to_db(gain)).filter(|db| db.is_finite());
        for group in groups(first, &seen, size, points.max(1)) {
            let peak = group.iter().fold(0.0f32, |most, [[peak, _], _]| most.max(*peak));
            let power = group.iter().map(|[[_, power], _]| f64::from(*power)).sum::<f64>();
            data.peak_db.push(decibel(f64::from(peak)));
            data.rms_db.push(decibel((power / group.len().max(1) as f64).sqrt()));
            let latest = group.last().map_or(0.0, |[_, [short_term, _]]| f64::from(*short_term));
            data.short_term_lufs.push(Levels::loudness(latest));
        }
        NodeData::History(data)
    }
}

#[cfg(test)]
mod tests;
