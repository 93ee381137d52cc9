//! Takes what is rendered: the mix into memory, the stems into files, the fade on all of them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::super::super::backend::{GenerateError, StemFile};
use super::scratch;
use crate::engine::offline::{Sink, SinkError};

/// Bytes of a frame in a stem's file: two floats.
const FRAME_BYTES: u64 = 8;

/// Where the rendered sound goes.
pub(super) struct Desk {
    mix: [Vec<f32>; 2],
    stems: Vec<Stem>,
    /// Frames that are thrown away first.
    skip: u64,
    frames: Option<u64>,
    fade_from: Option<u64>,
    /// Frames seen by each tap.
    seen: Vec<u64>,
    bytes: Vec<u8>,
    failure: Option<GenerateError>,
}

struct Stem {
    name: String,
    path: PathBuf,
    file: BufWriter<File>,
}

impl Desk {
    /// Opens a file for each stem.
    pub(super) fn open(
        folder: &Path,
        names: &[String],
        skip: u64,
        frames: Option<u64>,
        fade_from: Option<u64>,
    ) -> Result<Self, GenerateError> {
        let stems = names
            .iter()
            .map(|name| {
                let path = folder.join(format!("{name}.f32"));
                let file = File::create(&path).map_err(|e| scratch(&path, e))?;
                Ok(Stem { name: name.clone(), path, file: BufWriter::with_capacity(1 << 18, file) })
            })
            .collect::<Result<Vec<_>, GenerateError>>()?;
        let seen = vec![0; stems.len() + 1];
        let mix = [Vec::new(), Vec::new()];
        Ok(Self { mix, stems, skip, frames, fade_from, seen, bytes: Vec::new(), failure: None })
    }

    /// The error that stopped the writing, if one did.
    pub(super) fn failure(&mut self) -> Option<GenerateError> {
        self.failure.take()
    }

    /// Cuts everything to a length and hands over the mix and the stems.
    pub(super) fn close(
        mut self,
        frames: u64,
    ) -> Result<([Vec<f32>; 2], Vec<StemFile>), GenerateError> {
        for channel in &mut self.mix {
            channel.resize(frames as usize, 0.0);
        }
        let mut stems = Vec::with_capacity(self.stems.len());
        for stem in self.stems {
            let file = stem.file.into_inner().map_err(|e| scratch(&stem.path, e.into_error()))?;
            file.set_len(frames * FRAME_BYTES).map_err(|e| scratch(&stem.path, e))?;
            stems.push(StemFile { name: stem.name, path: stem.path });
        }
        Ok((self.mix, stems))
    }

    /// Fades the part of a stretch that lies within the fade: a raised cosine. `start` is the first frame's place among
    /// those kept. Most stretches lie before the fade and are left as they are.
    fn fade(&self, start: u64, left: &mut [f32], right: &mut [f32]) {
        let (Some(from), Some(frames)) = (self.fade_from, self.frames) else { return };
        let before = from.saturating_sub(start).min(left.len() as u64) as usize;
        let span = frames.saturating_sub(from).max(1) as f64;
        let tail = left.iter_mut().zip(right).enumerate().skip(before);
        for (offset, (l, r)) in tail {
            let along = (start + offset as u64 - from) as f64 / span;
            let gain = (0.5 + 0.5 * libm::cos(along.min(1.0) * std::f64::consts::PI)) as f32;
            *l *= gain;
            *r *= gain;
        }
    }

    /// Whether a stretch of kept frames reaches into the fade.
    fn fades(&self, start: u64, count: usize) -> bool {
        self.fade_from.is_some_and(|from| start + count as u64 > from)
    }

    /// Keeps a stretch of the mix.
    fn keep_mix(&mut self, start: u64, left: &[f32], right: &[f32]) {
        let [mut mix_left, mut mix_right] = std::mem::take(&mut self.mix);
        let first = mix_left.len();
        mix_left.extend_from_slice(left);
        mix_right.extend_from_slice(right);
        if let (Some(l), Some(r)) = (mix_left.get_mut(first..), mix_right.get_mut(first..)) {
            self.fade(start, l, r);
        }
        self.mix = [mix_left, mix_right];
    }

    /// Writes a stretch of a stem, left and right in turns.
    fn keep_stem(
        &mut self,
        stem: usize,
        start: u64,
        left: &[f32],
        right: &[f32],
    ) -> Result<(), SinkError> {
        let mut bytes = std::mem::take(&mut self.bytes);
        if self.fades(start, left.len()) {
            let (mut l, mut r) = (left.to_vec(), right.to_vec());
            self.fade(start, &mut l, &mut r);
            interleave(&l, &r, &mut bytes);
        } else {
            interleave(left, right, &mut bytes);
        }
        let outcome = match self.stems.get_mut(stem) {
            Some(stem) => stem.file.write_all(&bytes).map_err(|e| (stem.path.clone(), e)),
            None => Ok(()),
        };
        self.bytes = bytes;
        outcome.map_err(|(path, source)| {
            let message = source.to_string();
            self.failure = Some(scratch(&path, source));
            message.into()
        })
    }
}

/// Two channels as the bytes of a stem's file.
fn interleave(left: &[f32], right: &[f32], bytes: &mut Vec<u8>) {
    bytes.resize(left.len() * FRAME_BYTES as usize, 0);
    let (frames, _) = bytes.as_chunks_mut::<{ FRAME_BYTES as usize }>();
    for ((frame, l), r) in frames.iter_mut().zip(left).zip(right) {
        let ([a, b, c, d], [e, f, g, h]) = (l.to_le_bytes(), r.to_le_bytes());
        *frame = [a, b, c, d, e, f, g, h];
    }
}

impl Sink for Desk {
    fn write(&mut self, tap: usize, left: &[f32], right: &[f32]) -> Result<(), SinkError> {
        let Some(seen) = self.seen.get_mut(tap) else { return Ok(()) };
        let first = *seen;
        *seen += left.len() as u64;
        let drop = self.skip.saturating_sub(first).min(left.len() as u64) as usize;
        let start = (first + drop as u64).saturating_sub(self.skip);
        let limit = self.frames.map_or(usize::MAX, |frames| frames.saturating_sub(start) as usize);
        let until = left.len().min(right.len()).min(drop.saturating_add(limit));
        let (Some(left), Some(right)) = (left.get(drop..until), right.get(drop..until)) else {
            return Ok(());
        };
        match tap.checked_sub(1) {
            None => {
                self.keep_mix(start, left, right);
                Ok(())
            }
            Some(stem) => self.keep_stem(stem, start, left, right),
        }
    }
}
