//! What the tests of the application core share: a small backend that obeys its params, folders, and waiting on events.
#![allow(dead_code, unreachable_pub)] // every test file uses another part of it
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use timbre::audio::buffer::AudioBuffer;
use timbre::client::{Client, Events, Options};
use timbre::generate::backend::{
    Backend, BackendInfo, BackendParam, GenerateError, Generated, StemFile, Watch,
};
use timbre::model::brief::Brief;
use timbre::model::job::{Job, Phase};
use timbre::model::key::{Key, Mode};
use timbre::model::mastering::Mastering;
use timbre::model::recipe::Maker;
use timbre::model::request::{Request, Resolved};
use timbre::model::take::Take;
use timbre::model::tempo::{Metre, TempoMap};
use timbre::model::units::{Bpm, Length, SampleRate};
use timbre::music::score::Score;
use timbre::protocol::Event;
use timbre::protocol::job::JobSubmitParams;
use timbre::protocol::methods::JobSubmit;

/// Longest that a test waits for an event.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Plays a sine whose pitch is the seed. `slow` blocks until cancelled; `crash` panics; `fail` refuses.
#[derive(Default)]
pub struct Tone {
    /// How many renderings have begun.
    pub begun: AtomicUsize,
}

impl Backend for Tone {
    fn info(&self) -> BackendInfo {
        let param = |id: &str| BackendParam {
            id: id.into(),
            doc: "A test's wish.".into(),
            min: 0.0,
            max: 1.0,
            default: 0.0,
        };
        BackendInfo {
            id: "tone".into(),
            name: "Tone".into(),
            doc: "Plays a sine.".into(),
            version: "1".into(),
            licence: "CC0-1.0".into(),
            available: true,
            reason: String::new(),
            params: ["slow", "crash", "fail"].map(param).to_vec(),
            genres: Vec::new(),
        }
    }

    fn read(&self, request: &Resolved) -> Result<Brief, GenerateError> {
        Ok(Brief {
            bpm: request.bpm,
            unused: request.prompt.split_whitespace().map(str::to_owned).collect(),
            ..Brief::default()
        })
    }

    fn score(&self, _: &Resolved) -> Result<Option<Score>, GenerateError> {
        Ok(None)
    }

    fn generate(&self, request: &Resolved, watch: &Watch<'_>) -> Result<Generated, GenerateError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let wish = |id: &str| request.params.get(id).copied().unwrap_or(0.0) > 0.0;
        watch.report(0.1, "tuning");
        if wish("crash") {
            panic!("a string broke");
        }
        if wish("fail") {
            return Err(GenerateError::Invalid {
                message: "no such tone".into(),
                hint: "sing".into(),
            });
        }
        while wish("slow") {
            watch.check()?;
            watch.report(0.5, "waiting");
            std::thread::sleep(Duration::from_millis(10));
        }
        let seconds = match request.duration {
            Some(Length::Seconds(seconds)) => seconds,
            _ => 1.0,
        };
        let rate = SampleRate::HZ_48000;
        let frames = (seconds * rate.as_f64()) as usize;
        let pitch = 110.0 + (request.seed.0 % 100) as f64;
        let wave = (0..frames)
            .map(|n| {
                (libm::sin(n as f64 * pitch * std::f64::consts::TAU / rate.as_f64()) * 0.25) as f32
            })
            .collect::<Vec<_>>();
        let mut stems = Vec::new();
        if watch.stems {
            for name in ["low", "high"] {
                let path = watch.scratch.join(format!("{name}.f32"));
                let bytes = wave
                    .iter()
                    .flat_map(|s| [*s / 2.0, *s / 2.0])
                    .flat_map(f32::to_le_bytes)
                    .collect::<Vec<_>>();
                std::fs::write(&path, bytes)
                    .map_err(|source| GenerateError::Scratch { path: path.clone(), source })?;
                stems.push(StemFile { name: name.into(), path });
            }
        }
        watch.report(1.0, "played");
        Ok(Generated {
            mix: AudioBuffer::from_planar(vec![wave.clone(), wave], rate),
            stems,
            score: None,
            brief: Some(self.read(request)?),
            tempo: Some(TempoMap::constant(request.bpm.unwrap_or(Bpm::clamped(120.0)))),
            key: Some(Key::new(9, Mode::Aeolian)),
            metre: Some(Metre::FOUR_FOUR),
            bars: None,
            looped: false,
            genre: Some("tone".into()),
            mastering: Mastering::default(),
            title: format!("Tone {}", request.seed),
            maker: Maker {
                id: "tone".into(),
                version: "1".into(),
                model: None,
                licence: "CC0-1.0".into(),
            },
        })
    }
}

/// A home of its own for a test, gone when it ends.
pub struct Home {
    pub folder: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn options(&self) -> Options {
        let mut options = Options::new(self.path("data"), self.path("state"), self.path("music"));
        options.scratch_dir = Some(self.path("scratch"));
        options.default_backend = "tone".into();
        options.threads = 1;
        options.audio.device = "null".into();
        options
    }

    pub async fn start(&self) -> Client {
        self.start_with(self.options(), Arc::new(Tone::default())).await
    }

    pub async fn start_with(&self, options: Options, tone: Arc<Tone>) -> Client {
        Client::start_with(options, vec![tone]).await.unwrap()
    }
}

/// A request of a second.
pub fn ask(prompt: &str) -> Request {
    Request { prompt: prompt.into(), duration: Some(Length::Seconds(1.0)), ..Request::default() }
}

/// A request that runs until it is cancelled.
pub fn slow(prompt: &str) -> Request {
    let mut request = ask(prompt);
    request.params.insert("slow".into(), 1.0);
    request
}

pub async fn submit(client: &Client, request: Request) -> Job {
    let params = JobSubmitParams { request, ..JobSubmitParams::default() };
    client.call::<JobSubmit>(params).await.unwrap().jobs.remove(0)
}

/// The next event that a test looks for.
pub async fn wait<T>(events: &mut Events, mut look: impl FnMut(Event) -> Option<T>) -> T {
    let found = async {
        loop {
            let event = events.next().await.expect("the engine ended too early");
            if let Some(found) = look(event) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("nothing came")
}

/// Waits until a job enters a phase.
pub async fn wait_phase(events: &mut Events, id: &str, phase: Phase) -> Job {
    wait(events, |event| match event {
        Event::JobChanged(changed) if changed.job.id == id && changed.job.phase == phase => {
            Some(changed.job)
        }
        Event::JobChanged(changed) if changed.job.id == id && changed.job.phase.is_final() => {
            panic!("the job ended as {:?}: {:?}", changed.job.phase, changed.job.fault)
        }
        _ => None,
    })
    .await
}

/// Waits for the take of a job.
pub async fn wait_take(events: &mut Events, id: &str) -> Take {
    wait(events, |event| match event {
        Event::TakeCreated(created) if created.take.job_id == id => Some(created.take),
        Event::JobChanged(changed) if changed.job.id == id && changed.job.fault.is_some() => {
            panic!("the job failed: {:?}", changed.job.fault)
        }
        _ => None,
    })
    .await
}
