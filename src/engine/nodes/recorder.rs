//! Records what passes through to a file. The audio thread only fills a ring; the file is written by whoever opened it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::measures::{MEASURE, pass};
use crate::engine::node::{
    Activity, AudioIn, BuildContext, BuildError, ConfigDescriptor, Descriptor, Event, Io, Monitor,
    NodeType, ParamDescriptor, Processor, Settings,
};
use crate::model::node_data::{NodeData, RecorderData};
use crate::model::units::SampleRate;

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![NodeType { descriptor: &RECORDER, build: build_recorder }]
}

static RECORDER: Descriptor = Descriptor {
    id: "tap.recorder",
    name: "Recorder",
    doc: "Records what passes through to a file while its switch is on, silence included. Passes the sound on unchanged.",
    params: &[ParamDescriptor::switch(
        "record",
        "Record",
        false,
        "1 records; turning it on again goes on in the same file.",
    )],
    config: &[ConfigDescriptor {
        id: "file",
        default: "",
        doc: "Where to record to, such as take.wav; without it nothing is recorded.",
    }],
    ..MEASURE
};

/// What the monitor sees.
#[derive(Default)]
struct Progress {
    recording: AtomicBool,
    frames: AtomicU64,
    lost: AtomicU64,
}

struct Recorder {
    /// The way to the file; dropping it finishes the file.
    ring: Option<rtrb::Producer<f32>>,
    recording: bool,
    frames: u64,
    lost: u64,
    progress: Arc<Progress>,
    monitor: Option<Box<dyn Monitor>>,
}

fn build_recorder(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let file = settings.config("file");
    let (ring, path) = if file.is_empty() {
        (None, String::new())
    } else {
        let rate = SampleRate::new(context.sample_rate as u32)
            .map_err(|_| settings.bad_config("file", "recorded at a usual sample rate"))?;
        let take =
            context.assets.recording(file, rate).map_err(|error| settings.bad_asset(error))?;
        (Some(take.ring), take.path)
    };
    let progress = Arc::new(Progress::default());
    let monitor = RecorderMonitor { path, progress: Arc::clone(&progress) };
    let mut recorder = Recorder {
        ring,
        recording: false,
        frames: 0,
        lost: 0,
        progress,
        monitor: Some(Box::new(monitor)),
    };
    recorder.switch(settings.param(0) >= 0.5);
    Ok(Box::new(recorder))
}

impl Recorder {
    /// Starts or stops; without a file there is nothing to start.
    fn switch(&mut self, on: bool) {
        self.recording = on && self.ring.is_some();
        self.progress.recording.store(self.recording, Ordering::Relaxed);
    }

    /// Pushes whole frames as long as there is room, and counts the others.
    fn take(&mut self, input: AudioIn<'_>) {
        let frames = input.left.len().min(input.right.len());
        let mut taken = 0;
        if let Some(ring) = self.ring.as_mut().filter(|ring| !ring.is_abandoned()) {
            let room = ring.slots() / 2;
            if let Ok(chunk) = ring.write_chunk_uninit(2 * room.min(frames)) {
                let samples = input.left.iter().zip(input.right).flat_map(|(l, r)| [*l, *r]);
                taken = chunk.fill_from_iter(samples) / 2;
            }
        }
        self.frames += taken as u64;
        self.lost += (frames - taken) as u64;
        self.progress.frames.store(self.frames, Ordering::Relaxed);
        self.progress.lost.store(self.lost, Ordering::Relaxed);
    }
}

impl Processor for Recorder {
    fn handle(&mut self, event: Event) {
        if let Event::Param { index: 0, value } = event {
            self.switch(value >= 0.5);
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let Some(input) = pass(io) else { return Activity::Silent };
        if self.recording {
            self.take(input);
            return Activity::Sounding;
        }
        if input.silent { Activity::Silent } else { Activity::Sounding }
    }

    /// The recording goes on: a seek does not end it.
    fn reset(&mut self) {}

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        self.monitor.take()
    }
}

struct RecorderMonitor {
    path: String,
    progress: Arc<Progress>,
}

impl Monitor for RecorderMonitor {
    fn read(&mut self, _points: usize) -> NodeData {
        NodeData::Recorder(RecorderData {
            path: self.path.clone(),
            recording: self.progress.recording.load(Ordering::Relaxed),
            frames: self.progress.frames.load(Ordering::Relaxed),
            lost: self.progress.lost.load(Ordering::Relaxed),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::audio::buffer::AudioBuffer;
    use crate::engine::assets::{AssetError, Assets, NO_ASSETS, Take};
    use crate::engine::node::{AudioOut, BlockTime};
    use crate::model::graph::NodeSpec;

    /// Gives out one ring of a few frames and keeps the other end.
    struct Tape {
        frames: usize,
        end: Mutex<Option<rtrb::Consumer<f32>>>,
    }

    impl Assets for Tape {
        fn sound(&self, name: &str) -> Result<Arc<AudioBuffer>, AssetError> {
            NO_ASSETS.sound(name)
        }

        fn sound_font(&self, name: &str) -> Result<Arc<rustysynth::SoundFont>, AssetError> {
            NO_ASSETS.sound_font(name)
        }

        fn recording(&self, name: &str, rate: SampleRate) -> Result<Take, AssetError> {
            assert_eq!(rate, SampleRate::HZ_48000);
            let (ring, end) = rtrb::RingBuffer::new(2 * self.frames);
            *self.end.lock().unwrap() = Some(end);
            Ok(Take { ring, path: format!("takes/{name}") })
        }
    }

    fn recorder(assets: &dyn Assets, file: &str) -> Result<Box<dyn Processor>, BuildError> {
        let spec = NodeSpec {
            id: "n".into(),
            kind: "tap.recorder".into(),
            params: [].into(),
            config: [("file".to_owned(), file.to_owned())].into(),
        };
        let settings = Settings::new(&spec, &RECORDER)?;
        build_recorder(&BuildContext { assets, ..BuildContext::new(48_000.0, 1) }, &settings)
    }

    /// Lets some frames through, and checks that they are unchanged.
    fn pass_through(recorder: &mut dyn Processor, left: &[f32], silent: bool) -> Activity {
        let right = left.iter().map(|x| -x).collect::<Vec<_>>();
        let (mut l, mut r) = (vec![9.0; left.len()], vec![9.0; left.len()]);
        let activity = recorder.process(&mut Io {
            frames: left.len(),
            inputs: &[AudioIn { left, right: &right, silent }],
            outputs: &mut [AudioOut { left: &mut l, right: &mut r }],
            time: BlockTime::REST,
            live: AudioIn::SILENCE,
        });
        assert!(l == left && r == right);
        activity
    }

    fn progress(monitor: &mut Box<dyn Monitor>) -> (bool, u64, u64) {
        match monitor.read(0) {
            NodeData::Recorder(data) => (data.recording, data.frames, data.lost),
            other => panic!("{other:?}"),
        }
    }

    const ON: Event = Event::Param { index: 0, value: 1.0 };
    const OFF: Event = Event::Param { index: 0, value: 0.0 };

    #[test]
    fn what_passes_while_it_is_on_is_recorded_frame_by_frame() {
        let tape = Tape { frames: 100, end: Mutex::new(None) };
        let mut recorder = recorder(&tape, "a.wav").unwrap();
        let mut monitor = recorder.monitor().unwrap();
        let mut end = tape.end.lock().unwrap().take().unwrap();
        assert_eq!(pass_through(recorder.as_mut(), &[0.0; 8], true), Activity::Silent);
        recorder.handle(ON);
        assert_eq!(pass_through(recorder.as_mut(), &[0.5, 0.25, 0.125], false), Activity::Sounding);
        assert_eq!(pass_through(recorder.as_mut(), &[0.0], true), Activity::Sounding);
        recorder.reset();
        recorder.handle(OFF);
        pass_through(recorder.as_mut(), &[1.0; 10], false);
        assert_eq!(progress(&mut monitor), (false, 4, 0));
        let taken = std::iter::from_fn(|| end.pop().ok()).collect::<Vec<_>>();
        assert_eq!(taken, [0.5, -0.5, 0.25, -0.25, 0.125, -0.125, 0.0, 0.0]);
        assert!(!end.is_abandoned());
        drop(recorder);
        assert!(end.is_abandoned(), "dropping the node finishes the file");
        assert!(matches!(monitor.read(0), NodeData::Recorder(d) if d.path == "takes/a.wav"));
    }

    #[test]
    fn frames_without_room_are_counted_and_never_halved() {
        let tape = Tape { frames: 100, end: Mutex::new(None) };
        let mut recorder = recorder(&tape, "a.wav").unwrap();
        let mut monitor = recorder.monitor().unwrap();
        let mut end = tape.end.lock().unwrap().take().unwrap();
        recorder.handle(ON);
        for _ in 0..4 {
            pass_through(recorder.as_mut(), &[0.5; 64], false);
        }
        assert_eq!(progress(&mut monitor), (true, 100, 156));
        assert_eq!([end.pop(), end.pop(), end.pop()], [Ok(0.5), Ok(-0.5), Ok(0.5)]);
        pass_through(recorder.as_mut(), &[0.5; 2], false);
        assert_eq!(progress(&mut monitor), (true, 101, 157));
        drop(end);
        pass_through(recorder.as_mut(), &[0.5; 10], false);
        assert_eq!(progress(&mut monitor), (true, 101, 167), "a writer that is gone loses all");
    }

    #[test]
    fn without_a_file_it_only_passes_on_and_a_refusal_is_told() {
        let mut blank = recorder(&NO_ASSETS, "").unwrap();
        let mut monitor = blank.monitor().unwrap();
        blank.handle(ON);
        pass_through(blank.as_mut(), &[0.5; 10], false);
        assert_eq!(progress(&mut monitor), (false, 0, 0));
        let error = recorder(&NO_ASSETS, "a.wav").err().unwrap();
        assert!(matches!(error, BuildError::Asset { .. }));
    }
}
