//! Takes what is rendered: the mix into memory, the stems into files, the fade or the loop's seam on all of them.
//!
//! A loop is the second of two passes, so what comes before its first frame is the end of the first pass. Voices that
//! sound across the seam stand elsewhere in their vibrato or noise at the end of the second pass; so that end is faded
//! into the end of the first one, which leads on to the loop's start without a step.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::super::super::backend::{GenerateError, StemFile};
use super::scratch;
use crate::engine::offline::{Sink, SinkError};

/// Bytes of a frame in a stem's file: two floats.
const FRAME_BYTES: u64 = 8;

/// Frames over which a loop's end becomes what came before its start: 20 ms at 48 kHz.
const SEAM_FRAMES: u64 = 960;

/// Where the rendered sound goes.
pub(super) struct Desk {
    mix: [Vec<f32>; 2],
    stems: Vec<Stem>,
    /// Frames that are thrown away first.
    skip: u64,
    frames: Option<u64>,
    fade_from: Option<u64>,
    /// Of each tap, what came right before the first frame that is kept; stays empty where nothing is thrown away.
    leads: Vec<[Vec<f32>; 2]>,
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
        let leads = vec![[Vec::new(), Vec::new()]; seen.len()];
        let mix = [Vec::new(), Vec::new()];
        Ok(Self {
            mix,
            stems,
            skip,
            frames,
            fade_from,
            leads,
            seen,
            bytes: Vec::new(),
            failure: None,
        })
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

    /// Whether a stretch of kept frames reaches into the fade or into the seam.
    fn shapes(&self, start: u64, count: usize) -> bool {
        let from = self.fade_from.into_iter().chain(self.seam_from()).min();
        from.is_some_and(|from| start + count as u64 > from)
    }

    /// The kept frame from which a loop's end is faded into what came before its start.
    fn seam_from(&self) -> Option<u64> {
        self.frames.filter(|_| self.skip > 0).map(|frames| frames.saturating_sub(SEAM_FRAMES))
    }

    /// Remembers the frames right before the first one that is kept. `first` counts from the start of the rendering.
    fn remember(&mut self, tap: usize, first: u64, left: &[f32], right: &[f32]) {
        let from = self.skip.saturating_sub(self.frames.unwrap_or(0).min(SEAM_FRAMES));
        let start = from.saturating_sub(first).min(left.len() as u64) as usize;
        let end = self.skip.saturating_sub(first).min(left.len() as u64) as usize;
        let Some([lead_left, lead_right]) = self.leads.get_mut(tap) else { return };
        if let (Some(l), Some(r)) = (left.get(start..end), right.get(start..end)) {
            lead_left.extend_from_slice(l);
            lead_right.extend_from_slice(r);
        }
    }

    /// Fades the part of a stretch that lies within the seam into what came before the loop's start.
    fn join(&self, tap: usize, start: u64, left: &mut [f32], right: &mut [f32]) {
        let (Some(from), Some([lead_left, lead_right])) = (self.seam_from(), self.leads.get(tap))
        else {
            return;
        };
        let before = from.saturating_sub(start).min(left.len() as u64) as usize;
        let at = (start + before as u64).saturating_sub(from) as usize;
        let leads = lead_left.iter().zip(lead_right).enumerate().skip(at);
        let tail = left.iter_mut().zip(right).skip(before);
        for ((l, r), (place, (lead_l, lead_r))) in tail.zip(leads) {
            let share = (place + 1) as f32 / lead_left.len() as f32;
            *l += (lead_l - *l) * share;
            *r += (lead_r - *r) * share;
        }
    }

    /// Keeps a stretch of the mix.
    fn keep_mix(&mut self, start: u64, left: &[f32], right: &[f32]) {
        let [mut mix_left, mut mix_right] = std::mem::take(&mut self.mix);
        let first = mix_left.len();
        mix_left.extend_from_slice(left);
        mix_right.extend_from_slice(right);
        if let (Some(l), Some(r)) = (mix_left.get_mut(first..), mix_right.get_mut(first..)) {
            self.fade(start, l, r);
            self.join(0, start, l, r);
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
        if self.shapes(start, left.len()) {
            let (mut l, mut r) = (left.to_vec(), right.to_vec());
            self.fade(start, &mut l, &mut r);
            self.join(stem + 1, start, &mut l, &mut r);
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
        if first < self.skip {
            self.remember(tap, first, left, right);
        }
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
