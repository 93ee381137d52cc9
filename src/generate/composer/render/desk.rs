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

    /// Gain of a kept frame: a raised cosine over the fade.
    fn gain(&self, frame: u64) -> f32 {
        match (self.fade_from, self.frames) {
            (Some(from), Some(frames)) if frame >= from => {
                let along = (frame - from) as f64 / (frames - from).max(1) as f64;
                (0.5 + 0.5 * libm::cos(along.min(1.0) * std::f64::consts::PI)) as f32
            }
            _ => 1.0,
        }
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
        let kept = left.iter().zip(right).skip(drop).take(limit);
        if tap == 0 {
            let fades = self.fade_from.is_some();
            for (offset, (l, r)) in kept.enumerate() {
                let gain = if fades { self.gain(start + offset as u64) } else { 1.0 };
                let [mix_left, mix_right] = &mut self.mix;
                mix_left.push(l * gain);
                mix_right.push(r * gain);
            }
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        for (offset, (l, r)) in kept.enumerate() {
            let gain =
                if self.fade_from.is_some() { self.gain(start + offset as u64) } else { 1.0 };
            bytes.extend_from_slice(&(l * gain).to_le_bytes());
            bytes.extend_from_slice(&(r * gain).to_le_bytes());
        }
        let outcome = match self.stems.get_mut(tap - 1) {
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
