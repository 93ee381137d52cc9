//! The live spectrum analyser: passes sound on bit for bit and keeps its last frames, from which the control half works out
//! bands and a goniometer's pairs when somebody looks. The audio thread only copies.

use super::measures::{MEASURE, pass};
use super::trace::{TraceReader, TraceWriter, trace};
use crate::audio::bands::{Bands, FLOOR_DB, Lines, SIZE};
use crate::engine::node::{
    Activity, BuildContext, BuildError, Descriptor, Event, Io, Monitor, NodeType, Processor,
    Settings,
};
use crate::model::node_data::{NodeData, SpectrumData};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![NodeType { descriptor: &SPECTRUM, build: build_spectrum }]
}

/// Bands of a reading.
const BANDS: usize = 96;
/// Pairs of a reading where the reader does not say how many it can show.
const PAIRS: usize = 256;
/// Most pairs of a reading.
const MOST_PAIRS: usize = 512;
/// Frames from one pair to the next: 512 pairs show the last 43 ms at 48 kHz.
const PAIR_STEP: usize = 4;
/// Frames that are kept: what is looked at, and room to go on writing meanwhile.
const KEPT: usize = 4 * SIZE;

static SPECTRUM: Descriptor = Descriptor {
    id: "meter.spectrum",
    name: "Spectrum",
    doc: "Tells what the last 85 ms are made of, in 96 bands from 30 Hz to 16 kHz, and how left and right lie to each other. \
          Passes the sound on unchanged.",
    ..MEASURE
};

struct Spectrum {
    writer: TraceWriter<1>,
    /// Frames of silence at the end of what is kept.
    quiet: usize,
    monitor: Option<Box<dyn Monitor>>,
}

fn build_spectrum(
    context: &BuildContext<'_>,
    _: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let (writer, reader) = trace(KEPT);
    Ok(Box::new(Spectrum {
        writer,
        quiet: SIZE,
        monitor: Some(Box::new(SpectrumMonitor {
            reader,
            lines: Lines::new(),
            bands: Bands::new(BANDS, f64::from(context.sample_rate)),
        })),
    }))
}

impl Processor for Spectrum {
    fn handle(&mut self, _: Event) {}

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let frames = io.frames;
        let Some(input) = pass(io) else { return Activity::Silent };
        if input.silent && self.quiet >= SIZE {
            // All that would be looked at is silence already.
            return Activity::Silent;
        }
        self.quiet = if input.silent { self.quiet + frames } else { 0 };
        for (l, r) in input.left.iter().zip(input.right) {
            self.writer.push([[*l, *r]]);
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.writer.clear();
        self.quiet = SIZE;
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.monitor.take()
    }
}

struct SpectrumMonitor {
    reader: TraceReader<1>,
    lines: Lines,
    bands: Bands,
}

impl Monitor for SpectrumMonitor {
    fn read(&mut self, points: usize) -> NodeData {
        let (_, seen) = self.reader.latest(SIZE);
        let side =
            |side: usize| seen.iter().map(move |[pair]| pair.get(side).copied().unwrap_or(0.0));
        let sides = [side(0).collect::<Vec<_>>(), side(1).collect::<Vec<_>>()];
        let db = self.lines.read(sides.iter().map(Vec::as_slice));
        let line = |n: usize| db.get(n).copied().unwrap_or(FLOOR_DB);
        let heard = |db: f32| (db > FLOOR_DB).then_some(db);
        let wanted = if points == 0 { PAIRS } else { points.min(MOST_PAIRS) };
        let finite = |x: f32| if x.is_finite() { x } else { 0.0 };
        let pairs = seen.iter().rev().step_by(PAIR_STEP).take(wanted);
        let mut pairs = pairs.map(|[pair]| pair.map(finite)).collect::<Vec<_>>();
        pairs.reverse();
        NodeData::Spectrum(SpectrumData {
            hz: self.bands.hz().to_vec(),
            db: self.bands.levels(line).map(heard).collect(),
            pairs,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::node::{AudioIn, AudioOut, BLOCK, BlockTime};
    use crate::engine::nodes::shelf::{Shelf, build, tone};

    fn feed(node: &mut dyn Processor, left: &[f32], right: &[f32], silent: bool) -> Activity {
        let mut last = Activity::Silent;
        for (left, right) in left.chunks(BLOCK).zip(right.chunks(BLOCK)) {
            let (mut l, mut r) = ([9.0f32; BLOCK], [9.0f32; BLOCK]);
            let frames = left.len();
            last = node.process(&mut Io {
                frames,
                inputs: &[AudioIn { left, right, silent }],
                outputs: &mut [AudioOut { left: &mut l[..frames], right: &mut r[..frames] }],
                time: BlockTime::REST,
                live: AudioIn::SILENCE,
            });
            assert!(last == Activity::Silent || (&l[..frames], &r[..frames]) == (left, right));
        }
        last
    }

    fn read(monitor: &mut Box<dyn Monitor>, points: usize) -> SpectrumData {
        match monitor.read(points) {
            NodeData::Spectrum(data) => data,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_full_sine_reads_0_db_in_its_band_and_passes_unchanged() {
        let mut node = build(&Shelf::default(), "meter.spectrum", &[], &[]).unwrap();
        let mut monitor = node.monitor().unwrap();
        assert!(read(&mut monitor, 0).db.iter().all(Option::is_none));
        let sound = tone(1_000.0, 1.0, 9_000);
        feed(node.as_mut(), &sound, &sound, false);
        let data = read(&mut monitor, 400);
        assert_eq!((data.hz.len(), data.db.len(), data.pairs.len()), (96, 96, 400));
        let loudest = |data: &SpectrumData| {
            let level = |(_, db): &(usize, Option<f32>)| db.unwrap_or(FLOOR_DB);
            let bands = data.db.iter().copied().enumerate();
            let (band, db) = bands.max_by(|a, b| level(a).total_cmp(&level(b))).unwrap();
            (data.hz[band], db.unwrap())
        };
        let (hz, db) = loudest(&data);
        assert!((hz / 1_000.0 - 1.0).abs() < 0.04 && db.abs() < 0.1, "{hz} Hz {db} dB");
        assert!(data.db[95].is_none_or(|db| db < -80.0), "{:?}", data.db[95]);
        // The last pair is the last frame.
        assert_eq!(data.pairs[399], [sound[8_999]; 2]);
        assert_eq!(data.pairs[398], [sound[8_995]; 2]);
    }

    #[test]
    fn it_sleeps_once_all_that_it_shows_is_silence() {
        let mut node = build(&Shelf::default(), "meter.spectrum", &[], &[]).unwrap();
        let mut monitor = node.monitor().unwrap();
        let (sound, nothing) = (tone(440.0, 0.5, 5_000), vec![0.0; SIZE]);
        feed(node.as_mut(), &sound, &sound, false);
        assert_eq!(feed(node.as_mut(), &nothing, &nothing, true), Activity::Sounding);
        assert_eq!(feed(node.as_mut(), &nothing, &nothing, true), Activity::Silent);
        let data = read(&mut monitor, 0);
        assert!(data.db.iter().all(Option::is_none) && data.pairs.len() == PAIRS);
    }
}
