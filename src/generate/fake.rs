//! A backend that makes sine tones, for tests of what lies around backends: queues, cancellation, mastering, files. It is
//! never in the registry of the program.

use std::fs;
use std::thread;
use std::time::Duration;

use super::backend::{Backend, BackendInfo, GenerateError, Generated, StemFile, Watch};
use crate::audio::buffer::AudioBuffer;
use crate::model::brief::Brief;
use crate::model::mastering::Mastering;
use crate::model::recipe::Maker;
use crate::model::request::Resolved;
use crate::model::tempo::{Metre, TempoMap};
use crate::model::units::{Bpm, Length, SampleRate};
use crate::music::score::Score;

/// Makes a sine whose frequency comes from the seed. Fails on demand: a prompt with the word `fail` ends in an error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FakeBackend {
    /// How long the work seems to take.
    pub delay: Duration,
    /// Seconds of sound where the request asks for no length.
    pub seconds: f64,
}

impl Default for FakeBackend {
    /// No delay, two seconds.
    fn default() -> Self {
        Self { delay: Duration::ZERO, seconds: 2.0 }
    }
}

/// How often the work looks whether it was cancelled.
const TICK: Duration = Duration::from_millis(5);

impl Backend for FakeBackend {
    fn info(&self) -> BackendInfo {
        BackendInfo {
            id: "fake".to_owned(),
            name: "Fake".to_owned(),
            doc: "Sine tones for tests.".to_owned(),
            version: "1".to_owned(),
            licence: "CC0-1.0".to_owned(),
            available: true,
            reason: String::new(),
            params: Vec::new(),
            genres: Vec::new(),
        }
    }

    fn read(&self, request: &Resolved) -> Result<Brief, GenerateError> {
        let unused = request.prompt.split_whitespace().map(str::to_owned).collect();
        let Resolved { bpm, key, metre, duration, .. } = request.clone();
        Ok(Brief { bpm, key, metre, length: duration, unused, ..Brief::default() })
    }

    fn score(&self, _: &Resolved) -> Result<Option<Score>, GenerateError> {
        Ok(None)
    }

    fn generate(&self, request: &Resolved, watch: &Watch<'_>) -> Result<Generated, GenerateError> {
        let ticks = (self.delay.as_millis() / TICK.as_millis()).max(1) as u32;
        for tick in 0..ticks {
            watch.check()?;
            watch.report(f64::from(tick) / f64::from(ticks), "humming");
            if !self.delay.is_zero() {
                thread::sleep(TICK);
            }
        }
        watch.check()?;
        if request.prompt.split_whitespace().any(|word| word == "fail") {
            return Err(GenerateError::Internal {
                backend: "fake",
                message: "it was asked to fail".to_owned(),
            });
        }
        let bpm = request.bpm.unwrap_or_else(|| Bpm::clamped(120.0));
        let seconds = match request.duration {
            Some(Length::Seconds(seconds)) => seconds,
            Some(Length::Bars(bars)) => f64::from(bars) * 4.0 * bpm.beat_seconds(),
            None => self.seconds,
        };
        let rate = SampleRate::HZ_48000;
        let frames = libm::round(seconds * rate.as_f64()) as usize;
        let hertz = 220.0 + (request.seed.0 % 440) as f64;
        let step = 2.0 * std::f64::consts::PI * hertz / rate.as_f64();
        let tone =
            (0..frames).map(|i| 0.25 * libm::sin(i as f64 * step) as f32).collect::<Vec<_>>();
        let stems = if watch.stems { vec![stem(&tone, watch)?] } else { Vec::new() };
        watch.report(1.0, "humming");
        Ok(Generated {
            mix: AudioBuffer::from_planar(vec![tone.clone(), tone], rate),
            stems,
            score: None,
            brief: Some(self.read(request)?),
            tempo: Some(TempoMap::constant(bpm)),
            key: request.key,
            metre: Some(request.metre.unwrap_or(Metre::FOUR_FOUR)),
            bars: None,
            looped: false,
            genre: None,
            mastering: Mastering::default(),
            title: "Sine".to_owned(),
            maker: Maker {
                id: "fake".to_owned(),
                version: "1".to_owned(),
                model: None,
                licence: "CC0-1.0".to_owned(),
            },
        })
    }
}

/// The only stem is the tone itself.
fn stem(tone: &[f32], watch: &Watch<'_>) -> Result<StemFile, GenerateError> {
    let path = watch.scratch.join("tone.f32");
    let bytes =
        tone.iter().flat_map(|s| [s.to_le_bytes(), s.to_le_bytes()]).flatten().collect::<Vec<_>>();
    fs::write(&path, bytes)
        .map_err(|source| GenerateError::Scratch { path: path.clone(), source })?;
    Ok(StemFile { name: "tone".to_owned(), path })
}
