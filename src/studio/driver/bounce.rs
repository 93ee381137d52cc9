//! `render/offline`: a graph and a score to a WAV file, as fast as the machine can. What plays live is not touched.

use std::io::{Cursor, Seek, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use crate::audio::encode::{EncodeSpec, Extras, StreamEncoder};
use crate::audio::error::AudioError;
use crate::engine::offline::{End, Options, RenderError, Rendered, Sink, SinkError, render as run};
use crate::engine::plan::{Plan, compile_with};
use crate::engine::schedule::Schedule;
use crate::model::job::{Fault, FaultKind};
use crate::model::request::{Depth, Format};
use crate::model::tempo::{Metre, MetreMap, TempoMap};
use crate::model::units::{Bpm, SampleRate, Seed, gain_to_db};
use crate::protocol::player::{
    NodeFault, RenderLength, RenderOfflineParams, RenderOfflineResponse,
};
use crate::store::artifact::Existing;
use crate::util::base64;

use super::super::stage::{check, place, solo};
use super::Kit;

/// Longest ring-out in seconds.
const LONGEST_TAIL_S: f64 = 30.0;
/// Largest file that comes with the answer, in bytes.
const LARGEST_ANSWER: u64 = 16 << 20;

/// Renders and answers. Blocks until it is done or `stop` is set.
pub(super) fn render(
    kit: &Kit,
    params: RenderOfflineParams,
    stop: &AtomicBool,
) -> Result<RenderOfflineResponse, Fault> {
    let setup = kit.stage.setup();
    check::graph(&params.graph, &setup.registry)?;
    let start = (TempoMap::constant(Bpm::clamped(120.0)), MetreMap::constant(Metre::FOUR_FOUR));
    let song = place::song_of(params.score.unwrap_or_default(), &start.0, &start.1)?;
    let existing = if params.overwrite { Existing::Replace } else { Existing::Keep };
    // Refused before anything is rendered.
    let staged = match &params.path {
        Some(path) => Some(kit.workshop.stage(Path::new(path), existing)?),
        None => None,
    };
    let rate = params.sample_rate.unwrap_or(SampleRate::HZ_48000);
    let graph = solo::applied(&params.graph);
    let seed = Seed(params.seed);
    let assets = setup.assets.as_ref();
    let (plan, handles) = compile_with(&graph, &setup.registry, rate, seed, assets)?;
    let schedule = Schedule::of_song(&song, &handles, rate)
        .map_err(|error| invalid(error.to_string(), error.hint()))?;
    let work = Work {
        end: match params.length {
            RenderLength::Tail => End::AfterTail { max_seconds: LONGEST_TAIL_S },
            RenderLength::Seconds(seconds) => {
                End::AtFrame(libm::round(seconds * rate.as_f64()).max(1.0) as u64)
            }
        },
        spec: EncodeSpec::new(Format::Wav, params.bit_depth.unwrap_or(Depth::F32)),
        rate,
        threads: kit.options.threads,
        stop,
    };
    let (rendered, wav) = match staged {
        Some(staged) => {
            let rendered = work.run(plan, &schedule, &mut staged.writer()?, u64::MAX)?;
            staged.publish(existing)?;
            (rendered, None)
        }
        None => {
            let mut bytes = Cursor::new(Vec::new());
            let rendered = work.run(plan, &schedule, &mut bytes, LARGEST_ANSWER)?;
            (rendered, Some(base64::encode(bytes.get_ref())))
        }
    };
    let peak = rendered.peaks.first().map_or(0.0, |peak| f64::from(*peak));
    Ok(RenderOfflineResponse {
        path: params.path,
        wav_base64: wav,
        frames: rendered.frames,
        sample_rate: rate.get(),
        seconds: rendered.frames as f64 / rate.as_f64(),
        peak_db: Some(gain_to_db(peak)).filter(|db| db.is_finite()),
        faults: rendered
            .breakdowns
            .into_iter()
            .map(|(node, times)| NodeFault { node, times })
            .collect(),
    })
}

fn invalid(message: String, hint: String) -> Fault {
    Fault::new(FaultKind::Invalid, message).with_hint(hint)
}

/// How a rendering is done.
struct Work<'a> {
    end: End,
    spec: EncodeSpec,
    rate: SampleRate,
    threads: usize,
    stop: &'a AtomicBool,
}

impl Work<'_> {
    fn run(
        &self,
        plan: Plan,
        schedule: &Schedule,
        out: &mut (impl Write + Seek + Send),
        most: u64,
    ) -> Result<Rendered, Fault> {
        let encoder = StreamEncoder::new(out, &self.spec, 2, self.rate, Extras::default())
            .map_err(|error| unwritable(&error))?;
        let room = most / (2 * self.spec.depth.bytes()) as u64;
        let mut file = File { encoder, room, too_long: false };
        let options =
            Options { threads: self.threads, end: self.end, cancel: self.stop, progress: &|_| () };
        let rendered = run(plan, schedule, &options, &mut file);
        if file.too_long {
            return Err(invalid(
                format!("the sound does not fit into an answer of {} MiB", LARGEST_ANSWER >> 20),
                "give a path, or a shorter length".to_owned(),
            ));
        }
        let rendered = rendered.map_err(failed)?;
        file.encoder.finish().map_err(|error| unwritable(&error))?;
        Ok(rendered)
    }
}

fn failed(error: RenderError) -> Fault {
    let hint = error.hint();
    match error {
        RenderError::Cancelled => Fault::new(FaultKind::Cancelled, "cancelled"),
        RenderError::Sink(cause) => match cause.downcast::<AudioError>() {
            Ok(cause) => unwritable(&cause),
            Err(cause) => Fault::new(FaultKind::Unwritable, cause.to_string()).with_hint(hint),
        },
        RenderError::Crashed => Fault::new(FaultKind::Internal, error.to_string()).with_hint(hint),
    }
}

fn unwritable(error: &AudioError) -> Fault {
    Fault::new(FaultKind::Unwritable, error.to_string()).with_hint(error.hint())
}

/// The mix on its way into a file; the stems are not kept.
struct File<'a, W: Write + Seek> {
    encoder: StreamEncoder<'a, W>,
    /// Frames that it may hold yet.
    room: u64,
    too_long: bool,
}

/// Why a file takes no more.
#[derive(Debug, thiserror::Error)]
#[error("the file is full")]
struct Full;

impl<W: Write + Seek + Send> Sink for File<'_, W> {
    fn write(&mut self, tap: usize, left: &[f32], right: &[f32]) -> Result<(), SinkError> {
        if tap != 0 {
            return Ok(());
        }
        let frames = left.len() as u64;
        if frames > self.room {
            self.too_long = true;
            return Err(Full.into());
        }
        self.room -= frames;
        Ok(self.encoder.write(&[left, right])?)
    }
}
