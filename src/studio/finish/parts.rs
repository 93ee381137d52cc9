//! What lies beside a take: stems, MIDI and the sidecar, written, read back, and not yet in place.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::audio::buffer::AudioBuffer;
use crate::audio::decode::{inspect, shape};
use crate::audio::encode::{EncodeSpec, Extras, encode, float_header};
use crate::audio::error::AudioError;
use crate::audio::format::{Depth, Format};
use crate::audio::resample::resample;
use crate::audio::riff;
use crate::generate::backend::{Generated, StemFile};
use crate::model::job::{Fault, FaultKind};
use crate::model::request::Resolved;
use crate::model::units::SampleRate;
use crate::music::midi_file;
use crate::store::artifact::{Existing, Staged, Workshop};
use crate::store::error::StoreError;

use super::write::unwritten;
use super::{Finisher, Place, check, misread};

/// Bytes that are compared at once.
const BLOCK_BYTES: usize = 1 << 20;
/// Bytes of a frame in a raw stem: two 32-bit floats.
const FRAME_BYTES: usize = 8;
/// Most stems at once where the rate changes, for then each is whole in memory.
const MOST_CONVERTED: usize = 2;

/// Writes every stem as 32-bit float WAV, which holds peaks above full scale, so that the stems sum to the mix. Each is
/// read back. Several are written at a time, in no order that could be seen in the result.
pub(super) fn stage_stems(
    stems: &[StemFile],
    rate: SampleRate,
    request: &Resolved,
    place: &Place,
    workshop: &Workshop,
    cancel: &AtomicBool,
    threads: usize,
) -> Result<Vec<(String, Staged)>, Fault> {
    if !request.export.stems {
        return Ok(Vec::new());
    }
    let to = request.export.sample_rate;
    let most = if rate == to { stems.len() } else { MOST_CONVERTED };
    let threads = threads.min(most).max(1);
    let stage = |index: usize, stem: &StemFile| {
        if cancel.load(Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Cancelled, "cancelled"));
        }
        let file = workshop.stage(&place.stem(index + 1, &stem.name), place.existing)?;
        if rate == to {
            copy_stem(stem, to, &file)?
        } else {
            convert_stem(stem, rate, to, &file)?
        };
        Ok((stem.name.clone(), file))
    };
    let mut staged = std::thread::scope(|scope| {
        let workers = (0..threads).map(|first| {
            let own = stems.iter().enumerate().skip(first).step_by(threads);
            scope.spawn(move || own.map(|(at, stem)| (at, stage(at, stem))).collect::<Vec<_>>())
        });
        // All are begun before the first is waited for.
        let workers = workers.collect::<Vec<_>>();
        let broken = |_| Fault::new(FaultKind::Internal, "writing the stems broke off");
        workers
            .into_iter()
            .map(|worker| worker.join().map_err(broken))
            .collect::<Result<Vec<_>, _>>()
    })?
    .into_iter()
    .flatten()
    .collect::<Vec<_>>();
    staged.sort_by_key(|(index, _)| *index);
    staged.into_iter().map(|(_, staged)| staged).collect()
}

/// Puts a header before a raw stem: its samples already are what the file is to hold, so the kernel may copy them.
fn copy_stem(stem: &StemFile, rate: SampleRate, staged: &Staged) -> Result<(), Fault> {
    let mut raw = File::open(&stem.path).map_err(|error| unread(stem, &error))?;
    let bytes = raw.metadata().map_err(|error| unread(stem, &error))?.len();
    let header = float_header(2, rate, bytes / FRAME_BYTES as u64)
        .map_err(|error| unwritten(staged, &error))?;
    let failed = |error: std::io::Error| unwritten(staged, &AudioError::Io(error));
    let mut out = staged.writer()?.into_inner().map_err(|error| failed(error.into()))?;
    out.write_all(&header).map_err(failed)?;
    std::io::copy(&mut raw, &mut out).map_err(failed)?;
    drop(out);
    if !bytes.is_multiple_of(FRAME_BYTES as u64) || !holds_stem(staged, rate, &stem.path)? {
        return Err(misread(staged.target(), "its sound is not the stem's"));
    }
    Ok(())
}

/// Whether a stem's file has the samples of the raw stem under a header that says so.
fn holds_stem(staged: &Staged, rate: SampleRate, raw: &Path) -> Result<bool, Fault> {
    let failed = |error: AudioError| unwritten(staged, &error);
    let mut file = check::open(staged.temporary())?;
    if shape(&mut file).map_err(failed)? != (2, rate) {
        return Ok(false);
    }
    let chunks = riff::chunks(&mut file).map_err(failed)?;
    let Some(data) = chunks.iter().find(|chunk| chunk.id == *b"data") else { return Ok(false) };
    let mut raw = check::open(raw)?;
    let size = raw.get_ref().metadata().map_err(|error| failed(error.into()))?.len();
    if data.size != size || data.present != size {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(data.offset)).map_err(|error| failed(error.into()))?;
    let (mut written, mut wanted) = (vec![0; BLOCK_BYTES], vec![0; BLOCK_BYTES]);
    loop {
        let n = read_block(&mut raw, &mut wanted).map_err(|error| failed(error.into()))?;
        let m = read_block(&mut (&mut file).take(n as u64), &mut written)
            .map_err(|error| failed(error.into()))?;
        if written.get(..m) != wanted.get(..n) {
            return Ok(false);
        }
        if n == 0 {
            return Ok(true);
        }
    }
}

/// Writes a stem at another rate.
fn convert_stem(
    stem: &StemFile,
    from: SampleRate,
    to: SampleRate,
    staged: &Staged,
) -> Result<(), Fault> {
    let bytes = std::fs::read(&stem.path).map_err(|error| unread(stem, &error))?;
    let (left, right) = bytes
        .chunks_exact(FRAME_BYTES)
        .map(|frame| {
            let (left, right) = frame.split_at(FRAME_BYTES / 2);
            (sample(left), sample(right))
        })
        .unzip();
    drop(bytes);
    let sound = resample(AudioBuffer::from_planar(vec![left, right], from), to);
    let failed = |error| unwritten(staged, &error);
    let spec = EncodeSpec::new(Format::Wav, Depth::F32);
    let written =
        encode(&sound, &spec, Extras::default(), &mut staged.writer()?).map_err(failed)?;
    let found = inspect(&mut check::open(staged.temporary())?).map_err(failed)?;
    if (found.audio_sha256, found.frames) != (written.audio_sha256, written.frames) {
        return Err(misread(staged.target(), "its sound is not what was written"));
    }
    Ok(())
}

fn unread(stem: &StemFile, error: &std::io::Error) -> Fault {
    Fault::new(FaultKind::Internal, format!("could not read the stem {}: {error}", stem.name))
        .with_hint("check the free space and the permissions of the temporary folder")
}

/// Fills a block as far as the file goes.
fn read_block(reader: &mut impl Read, block: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn sample(bytes: &[u8]) -> f32 {
    <[u8; 4]>::try_from(bytes).map_or(0.0, f32::from_le_bytes)
}

/// Writes the score as a Standard MIDI File, where one was wanted and there is a score.
pub(super) fn stage_midi(
    generated: &Generated,
    request: &Resolved,
    place: &Place,
    tools: &Finisher<'_>,
) -> Result<Option<Staged>, Fault> {
    match &generated.score {
        Some(score) if request.export.midi => {
            let bytes = midi_file::write(score, &generated.title);
            stage_bytes(&place.midi, &bytes, place.existing, tools).map(Some)
        }
        _ => Ok(None),
    }
}

/// Writes bytes to a file that is not in place yet, and reads them back.
pub(super) fn stage_bytes(
    target: &Path,
    bytes: &[u8],
    existing: Existing,
    tools: &Finisher<'_>,
) -> Result<Staged, Fault> {
    let staged = tools.workshop.stage(target, existing)?;
    let mut out = staged.writer()?;
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| StoreError::file("could not write", target, error))?;
    drop(out);
    if !check::holds(staged.temporary(), bytes)? {
        return Err(misread(target, "it holds other bytes"));
    }
    Ok(staged)
}
