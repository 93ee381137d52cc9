//! Curves of recordings: waveforms, spectrograms, loudness. A recording is decoded once and measured once for each kind of
//! curve; from then on every zoom is answered from memory in a few milliseconds. The latest recordings are kept, up to a
//! number of bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;

use crate::audio::buffer::AudioBuffer;
use crate::audio::error::AudioError;
use crate::audio::loudness::{Loudness, LoudnessMeter, measure};
use crate::audio::sonogram::Sonogram;
use crate::audio::waveform::Waveform;
use crate::engine::assets::Assets;
use crate::model::job::{Fault, FaultKind};
use crate::protocol::listen::{TakeLoudnessResponse, TakePeaksResponse, TakeSpectrogramResponse};

use super::super::input::Curve;
use super::super::update::to_value;
use super::Kit;
use super::player::{find, read};
use super::task::blocking;

/// Bytes of sound and curves that are kept: some twenty minutes of stereo.
const KEPT_BYTES: usize = 512 << 20;
/// Loudness below which there is silence, LUFS.
const SILENCE_LUFS: f64 = -120.0;

/// The latest recordings with what was measured of them. Thread: any that may block.
#[derive(Default)]
pub(crate) struct Curves {
    /// Newest last.
    kept: Mutex<VecDeque<Arc<Measured>>>,
    /// Held while a file is decoded, so that two calls for one file do not decode it twice.
    opening: Mutex<()>,
}

/// A recording, and what was measured of it so far.
pub(crate) struct Measured {
    sound: Arc<AudioBuffer>,
    waveform: OnceLock<Waveform>,
    sonogram: OnceLock<Sonogram>,
    loudness: OnceLock<Result<Loudness, AudioError>>,
}

impl Curves {
    /// A recording by its path. Errors: as [`read`].
    pub(crate) fn of(&self, assets: &dyn Assets, path: &str) -> Result<Arc<Measured>, Fault> {
        let sound = {
            let _turn = lock(&self.opening);
            read(assets, path)?
        };
        let mut kept = lock(&self.kept);
        // The assets give the same sound for an unchanged file, and another one for a file that was written again.
        let place = kept.iter().position(|known| Arc::ptr_eq(&known.sound, &sound));
        let entry = place.and_then(|place| kept.remove(place)).unwrap_or_else(|| {
            Arc::new(Measured {
                sound,
                waveform: OnceLock::new(),
                sonogram: OnceLock::new(),
                loudness: OnceLock::new(),
            })
        });
        kept.push_back(entry.clone());
        while kept.len() > 1 && kept.iter().map(|entry| entry.bytes()).sum::<usize>() > KEPT_BYTES {
            kept.pop_front();
        }
        Ok(entry)
    }
}

impl Measured {
    /// The sound itself.
    pub(crate) fn sound(&self) -> &Arc<AudioBuffer> {
        &self.sound
    }

    /// Its loudness, measured by the first call.
    pub(crate) fn loudness(&self) -> Result<&Loudness, Fault> {
        let measured = self.loudness.get_or_init(|| measure(&self.sound));
        measured.as_ref().map_err(|error| {
            Fault::new(FaultKind::Invalid, format!("the loudness can't be measured: {error}"))
                .with_hint(error.hint())
        })
    }

    fn waveform(&self) -> &Waveform {
        self.waveform.get_or_init(|| Waveform::of(self.sound.clone()))
    }

    fn sonogram(&self) -> &Sonogram {
        self.sonogram.get_or_init(|| Sonogram::of(self.sound.clone()))
    }

    fn bytes(&self) -> usize {
        let sound = self.sound.frames() * self.sound.channel_count() * size_of::<f32>();
        let loudness = self.loudness.get().and_then(|measured| measured.as_ref().ok());
        sound
            + self.waveform.get().map_or(0, Waveform::bytes)
            + self.sonogram.get().map_or(0, Sonogram::bytes)
            + loudness.map_or(0, |l| (l.momentary.len() + l.short_term.len()) * size_of::<f64>())
    }
}

/// `take/peaks`, `take/spectrogram`, `take/loudness`.
pub(super) async fn answer(kit: &Arc<Kit>, curve: Curve) -> Result<Value, Fault> {
    let take = match &curve {
        Curve::Peaks(params) => &params.take,
        Curve::Spectrogram(params) => &params.take,
        Curve::Loudness(params) => &params.take,
    };
    let (path, _) = find(kit, take).await?;
    let own = kit.clone();
    blocking(move || {
        let measured = own.curves.of(own.stage.setup().assets.as_ref(), &path)?;
        draw(&measured, &curve)
    })
    .await
}

/// One view of a curve.
fn draw(measured: &Measured, curve: &Curve) -> Result<Value, Fault> {
    let sound = measured.sound();
    let (frames, rate) = (sound.frames() as u64, sound.sample_rate().get());
    match curve {
        Curve::Peaks(params) => {
            let (from, to) = stretch(params.from, params.to, frames)?;
            let columns = measured.waveform().columns(from, to, params.columns as usize);
            to_value(&TakePeaksResponse { frames, sample_rate: rate, from, to, columns })
        }
        Curve::Spectrogram(params) => {
            let (from, to) = stretch(params.from, params.to, frames)?;
            let (columns, bands) = (params.columns as usize, params.bands as usize);
            let view = measured.sonogram().view(from, to, columns, bands);
            to_value(&TakeSpectrogramResponse {
                frames,
                sample_rate: rate,
                from,
                to,
                hz: view.hz,
                db: view.db,
            })
        }
        Curve::Loudness(params) => {
            let (loudness, seconds) = (measured.loudness()?, sound.seconds());
            let points = params.points as usize;
            to_value(&TakeLoudnessResponse {
                seconds,
                integrated_lufs: loudness.integrated,
                range_lu: loudness.range,
                true_peak_dbtp: loudness.true_peak,
                momentary_lufs: sampled(&loudness.momentary, 0.4, seconds, points),
                short_term_lufs: sampled(&loudness.short_term, 3.0, seconds, points),
            })
        }
    }
}

/// The stretch that is meant. What lies behind the end is left out.
fn stretch(from: Option<u64>, to: Option<u64>, frames: u64) -> Result<(u64, u64), Fault> {
    let (from, to) = (from.unwrap_or(0), to.unwrap_or(frames).min(frames));
    if from >= to {
        return Err(Fault::new(
            FaultKind::Invalid,
            format!("there is nothing between the frames {from} and {to}"),
        )
        .with_hint(format!("the file has {frames} frames, counted from 0")));
    }
    Ok((from, to))
}

/// The reading at each of `points` moments, the last of which is the end. The first reading was taken after `first_s`, and
/// from then on one every tenth of a second.
fn sampled(readings: &[f64], first_s: f64, seconds: f64, points: usize) -> Vec<Option<f32>> {
    let at = |n: usize| {
        let moment = seconds * (n + 1) as f64 / points as f64;
        // A hair is added, for a tenth is no whole number of halves.
        let step = libm::floor((moment - first_s) / LoudnessMeter::STEP_SECONDS + 1e-6);
        let reading =
            (step >= 0.0).then(|| readings.get((step as usize).min(readings.len().max(1) - 1)));
        reading.flatten().filter(|lufs| **lufs > SILENCE_LUFS).map(|lufs| *lufs as f32)
    };
    (0..points).map(at).collect()
}

/// What is in there is whole at any time, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::assets::{AssetError, NO_ASSETS, Take};
    use crate::model::units::SampleRate;
    use crate::protocol::listen::{TakeLoudnessParams, TakePeaksParams};

    /// A minute of a sine at -20 dBFS after a second of silence, on both sides, of which the same one is given each time.
    struct OneFile(Arc<AudioBuffer>);

    impl OneFile {
        fn new() -> Self {
            let sine =
                |i: usize| 0.1 * libm::sin(std::f64::consts::TAU * 997.0 * i as f64 / 48_000.0);
            let wave = (0..48_000 * 10).map(|i| if i < 48_000 { 0.0 } else { sine(i) as f32 });
            let wave = wave.collect::<Vec<_>>();
            let planes = vec![wave.clone(), wave];
            Self(Arc::new(AudioBuffer::from_planar(planes, SampleRate::HZ_48000)))
        }
    }

    impl Assets for OneFile {
        fn sound(&self, name: &str) -> Result<Arc<AudioBuffer>, AssetError> {
            if name == "/one.wav" { Ok(self.0.clone()) } else { NO_ASSETS.sound(name) }
        }

        fn sound_font(&self, name: &str) -> Result<Arc<rustysynth::SoundFont>, AssetError> {
            NO_ASSETS.sound_font(name)
        }

        fn recording(&self, name: &str, rate: SampleRate) -> Result<Take, AssetError> {
            NO_ASSETS.recording(name, rate)
        }
    }

    #[test]
    fn a_file_is_measured_once_and_a_file_that_is_gone_is_not_found() {
        let (curves, assets) = (Curves::default(), OneFile::new());
        let first = curves.of(&assets, "/one.wav").unwrap();
        let second = curves.of(&assets, "/one.wav").unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(lock(&curves.kept).len(), 1);
        let fault = curves.of(&assets, "/gone.wav").err().unwrap();
        assert!(fault.kind == FaultKind::NotFound && !fault.hint.is_empty(), "{fault:?}");
    }

    #[test]
    fn the_loudness_curve_reads_each_moment() {
        let measured = Curves::default().of(&OneFile::new(), "/one.wav").unwrap();
        let curve = Curve::Loudness(TakeLoudnessParams { take: String::new(), points: 100 });
        let answer = draw(&measured, &curve).unwrap();
        let read: TakeLoudnessResponse = serde_json::from_value(answer).unwrap();
        // Both sides of a sine at -20 dBFS: -20 LUFS (EBU Tech 3341, case 1).
        assert!(read.integrated_lufs.is_some_and(|lufs| (lufs + 20.0).abs() < 0.2), "{read:?}");
        assert_eq!((read.momentary_lufs.len(), read.short_term_lufs.len()), (100, 100));
        // Every point is a tenth of a second: nothing before 0.4 s, silence until 1 s, and the whole level from 1.4 s on.
        assert!(read.momentary_lufs[..9].iter().all(Option::is_none), "{:?}", read.momentary_lufs);
        assert!(read.momentary_lufs[14..].iter().all(|l| (l.unwrap() + 20.0).abs() < 0.2));
        assert!(read.short_term_lufs[28].is_none() && read.short_term_lufs[29].is_some());
        assert!((read.short_term_lufs[99].unwrap() + 20.0).abs() < 0.2);
    }

    #[test]
    fn a_stretch_that_holds_nothing_is_refused() {
        let measured = Curves::default().of(&OneFile::new(), "/one.wav").unwrap();
        let peaks = |from, to| {
            let params = TakePeaksParams { take: String::new(), columns: 4, from, to };
            draw(&measured, &Curve::Peaks(params))
        };
        let whole = peaks(None, None).unwrap();
        assert_eq!((&whole["from"], &whole["to"]), (&0.into(), &480_000.into()));
        assert_eq!(peaks(Some(470_000), Some(990_000)).unwrap()["to"], 480_000);
        for (from, to) in [(Some(480_000), None), (Some(9), Some(9)), (Some(9), Some(3))] {
            assert_eq!(peaks(from, to).unwrap_err().kind, FaultKind::Invalid);
        }
    }
}
