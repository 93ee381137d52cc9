//! What lies beside a take: stems, MIDI and the sidecar, written and not yet in place.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use crate::audio::buffer::AudioBuffer;
use crate::audio::encode::{EncodeSpec, Extras, StreamEncoder};
use crate::audio::format::{BitDepth, FileFormat};
use crate::audio::resample::resample;
use crate::generate::backend::{Generated, StemFile};
use crate::model::job::{Fault, FaultKind};
use crate::model::request::Resolved;
use crate::model::units::SampleRate;
use crate::music::midi_file;
use crate::store::artifact::{Existing, Staged};
use crate::store::error::StoreError;

use super::write::unwritten;
use super::{Finisher, Place};

/// Frames of a stem that are in memory at once where its rate is kept.
const BLOCK_FRAMES: usize = 16_384;
/// Bytes of a frame in a raw stem: two 32-bit floats.
const FRAME_BYTES: usize = 8;

/// Writes every stem as 32-bit float WAV, which holds peaks above full scale, so that the stems sum to the mix.
pub(super) fn stage_stems(
    stems: &[StemFile],
    rate: SampleRate,
    request: &Resolved,
    place: &Place,
    tools: &Finisher<'_>,
) -> Result<Vec<(String, Staged)>, Fault> {
    if !request.export.stems {
        return Ok(Vec::new());
    }
    let mut staged = Vec::with_capacity(stems.len());
    for (index, stem) in stems.iter().enumerate() {
        tools.check()?;
        let target = place.stem(index + 1, &stem.name);
        let file = tools.workshop.stage(&target, place.existing)?;
        write_stem(stem, rate, request.export.sample_rate, &file)?;
        staged.push((stem.name.clone(), file));
    }
    Ok(staged)
}

fn write_stem(
    stem: &StemFile,
    from: SampleRate,
    to: SampleRate,
    staged: &Staged,
) -> Result<(), Fault> {
    let unread = |error: std::io::Error| {
        Fault::new(FaultKind::Internal, format!("could not read the stem {}: {error}", stem.name))
            .with_hint("check the free space and the permissions of the temporary folder")
    };
    let mut reader = File::open(&stem.path).map(BufReader::new).map_err(unread)?;
    let spec = EncodeSpec::new(FileFormat::Wav, BitDepth::F32);
    let failed = |error| unwritten(staged, &error);
    let mut stream =
        StreamEncoder::new(staged.writer()?, &spec, 2, to, Extras::default()).map_err(failed)?;
    let mut bytes = vec![0; BLOCK_FRAMES * FRAME_BYTES];
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        let n = read_block(&mut reader, &mut bytes).map_err(unread)?;
        if n == 0 {
            break;
        }
        for frame in bytes.get(..n).unwrap_or_default().chunks_exact(FRAME_BYTES) {
            let (l, r) = frame.split_at(FRAME_BYTES / 2);
            left.push(sample(l));
            right.push(sample(r));
        }
        if from == to {
            stream.write(&[&left, &right]).map_err(failed)?;
            left.clear();
            right.clear();
        }
    }
    if from != to {
        let whole = AudioBuffer::from_planar(vec![left, right], from);
        let whole = resample(whole, to);
        stream.write(&[whole.channel(0), whole.channel(1)]).map_err(failed)?;
    }
    stream.finish().map_err(failed)?;
    Ok(())
}

/// Fills a block as far as the file goes, so that no frame is cut between two reads.
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

/// Writes bytes to a file that is not in place yet.
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
    Ok(staged)
}
