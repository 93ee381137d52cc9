//! What an MP4 file's boxes say before anybody decodes it: the edit list, without which every AAC file would begin with
//! 20 to 50 ms of the encoder's padding, and whether its tables are as long as they claim, because the reader behind
//! allocates the claim. Reads headers only; any bytes may come in.
//!
//! Source: ISO/IEC 14496-12 (boxes `moov`, `mvhd`, `trak`, `mdia`, `mdhd`, `edts`, `elst`, and the tables in `stbl`).

use std::io::{Read, Seek, SeekFrom};

use crate::audio::error::AudioError;

/// The part of the decoded sound that is the music.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edit {
    /// Where it begins, in units of `media_scale`.
    start: u64,
    /// How long it is, in units of `movie_scale`; 0 is all that is left.
    length: u64,
    /// Units of the track per second.
    media_scale: u32,
    /// Units of the file per second.
    movie_scale: u32,
}

impl Edit {
    /// Cuts decoded channels to the music. `rate`: frames per second.
    pub(super) fn apply(&self, planes: &mut [Vec<f32>], rate: u32) {
        let start = scaled(self.start, rate, self.media_scale);
        let length = scaled(self.length, rate, self.movie_scale);
        for plane in planes {
            plane.drain(..start.min(plane.len()));
            // The file's clock is often only milliseconds, so the end is cut where that clears real padding alone.
            let slack = (rate / self.movie_scale.max(1)) as usize;
            if length > 0 && plane.len() > length + slack {
                plane.truncate(length + slack);
            }
        }
    }

    /// Length of the music in seconds.
    pub(super) fn seconds(&self, rate: u32) -> f64 {
        scaled(self.length, rate, self.movie_scale) as f64 / f64::from(rate.max(1))
    }
}

/// Whether all boxes of the header lie within each other and hold as many entries as they say. `false` is a lie.
pub(super) fn is_sound<R: Read + Seek>(reader: &mut R) -> Result<bool, AudioError> {
    let len = reader.seek(SeekFrom::End(0))?;
    let mut budget = MAX_ATOMS;
    let top = children(reader, 0, len, &mut budget)?;
    // A file that is cut within its sound is played as far as it goes; one that is cut within its tables is not.
    let end = top.last().map_or(0, |last| last.end);
    let rest = content(reader, Atom { kind: *b"rest", start: end, end: len }, 8)?;
    if rest.get(4..8) == Some(b"moov") {
        return Ok(false);
    }
    let mut open = top.into_iter().filter(|atom| atom.kind == *b"moov").collect::<Vec<_>>();
    while let Some(atom) = open.pop() {
        let start = match &atom.kind {
            b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"udta" | b"ilst" | b"edts" => {
                atom.start
            }
            // Begins with a version and flags, but not in QuickTime's own files.
            b"meta" => match content(reader, atom, 8)?.get(4..8) {
                Some(b"hdlr") => atom.start,
                _ => atom.start + 4,
            },
            _ => {
                if !holds_its_entries(reader, atom)? {
                    return Ok(false);
                }
                continue;
            }
        };
        let inner = children(reader, start, atom.end, &mut budget)?;
        let end = inner.last().map_or(start, |last| last.end);
        // Less than a box's header may be left over, but no box that does not fit.
        if end + 8 <= atom.end {
            return Ok(false);
        }
        open.extend(inner);
    }
    Ok(budget > 0)
}

/// Whether a table has room for its entries.
fn holds_its_entries<R: Read + Seek>(reader: &mut R, atom: Atom) -> Result<bool, AudioError> {
    let (at, each) = match &atom.kind {
        b"stsc" => (4, 12),
        b"stts" | b"ctts" | b"co64" => (4, 8),
        b"stco" | b"stss" => (4, 4),
        b"stsz" => (8, 4),
        _ => return Ok(true),
    };
    let head = content(reader, atom, 12)?;
    let Some(count) = u32_at(&head, at) else { return Ok(false) };
    // A size that all samples share takes the place of the table.
    if atom.kind == *b"stsz" && u32_at(&head, 4) != Some(0) {
        return Ok(true);
    }
    let room = (atom.end - atom.start).saturating_sub(at as u64 + 4);
    Ok(u64::from(count) * each <= room)
}

fn scaled(time: u64, rate: u32, scale: u32) -> usize {
    let scale = u128::from(scale.max(1));
    usize::try_from((u128::from(time) * u128::from(rate) + scale / 2) / scale).unwrap_or(usize::MAX)
}

/// A box: its type, and where its content begins and ends.
#[derive(Debug, Clone, Copy)]
struct Atom {
    kind: [u8; 4],
    start: u64,
    end: u64,
}

/// Most boxes that are looked at; a real file has dozens.
const MAX_ATOMS: usize = 4_096;

/// Finds the edit of the first track that has one. `None` where there is none or it makes no sense.
pub(super) fn edit<R: Read + Seek>(reader: &mut R) -> Result<Option<Edit>, AudioError> {
    let len = reader.seek(SeekFrom::End(0))?;
    let mut budget = MAX_ATOMS;
    let mut within = |reader: &mut R, start, end| children(reader, start, end, &mut budget);
    let top = within(reader, 0, len)?;
    let Some(moov) = find(&top, b"moov") else { return Ok(None) };
    let moov = within(reader, moov.start, moov.end)?;
    let Some(mvhd) = find(&moov, b"mvhd") else { return Ok(None) };
    let movie_scale = timescale(reader, mvhd)?;
    for trak in moov.iter().filter(|atom| atom.kind == *b"trak") {
        let trak = within(reader, trak.start, trak.end)?;
        let (Some(mdia), Some(edts)) = (find(&trak, b"mdia"), find(&trak, b"edts")) else {
            continue;
        };
        let mdia = within(reader, mdia.start, mdia.end)?;
        let edts = within(reader, edts.start, edts.end)?;
        let (Some(mdhd), Some(elst)) = (find(&mdia, b"mdhd"), find(&edts, b"elst")) else {
            continue;
        };
        let media_scale = timescale(reader, mdhd)?;
        let bytes = content(reader, elst, 1_024)?;
        if let Some((start, length)) = first_edit(&bytes)
            && movie_scale > 0
            && media_scale > 0
        {
            return Ok(Some(Edit { start, length, media_scale, movie_scale }));
        }
    }
    Ok(None)
}

/// The first entry that plays something: its start in the track and its length in the file's clock.
fn first_edit(bytes: &[u8]) -> Option<(u64, u64)> {
    let wide = *bytes.first()? == 1;
    let count = u32_at(bytes, 4)?.min(16) as usize;
    let size = if wide { 20 } else { 12 };
    (0..count).find_map(|entry| {
        let at = 8 + entry * size;
        let (length, start) = if wide {
            (u64_at(bytes, at)?, u64_at(bytes, at + 8)? as i64)
        } else {
            (u64::from(u32_at(bytes, at)?), i64::from(u32_at(bytes, at + 4)? as i32))
        };
        // A start of -1 is a pause before the music.
        u64::try_from(start).ok().map(|start| (start, length))
    })
}

fn timescale<R: Read + Seek>(reader: &mut R, atom: Atom) -> Result<u32, AudioError> {
    let bytes = content(reader, atom, 32)?;
    let at = if bytes.first() == Some(&1) { 20 } else { 12 };
    Ok(u32_at(&bytes, at).unwrap_or(0))
}

fn find(atoms: &[Atom], kind: &[u8; 4]) -> Option<Atom> {
    atoms.iter().find(|atom| atom.kind == *kind).copied()
}

fn children<R: Read + Seek>(
    reader: &mut R,
    start: u64,
    end: u64,
    budget: &mut usize,
) -> Result<Vec<Atom>, AudioError> {
    let mut atoms = Vec::new();
    let mut at = start;
    while at.saturating_add(8) <= end && *budget > 0 {
        *budget -= 1;
        reader.seek(SeekFrom::Start(at))?;
        let mut head = Vec::with_capacity(16);
        reader.by_ref().take(16).read_to_end(&mut head)?;
        let (Some(size), Some(kind)) = (u32_at(&head, 0), head.get(4..8)) else { break };
        let (size, header) = match size {
            0 => (end - at, 8),
            1 => (u64_at(&head, 8).unwrap_or(0), 16),
            size => (u64::from(size), 8),
        };
        if size < header || at.saturating_add(size) > end {
            break;
        }
        let kind = [kind[0], kind[1], kind[2], kind[3]];
        atoms.push(Atom { kind, start: at + header, end: at + size });
        at += size;
    }
    Ok(atoms)
}

fn content<R: Read + Seek>(reader: &mut R, atom: Atom, most: u64) -> Result<Vec<u8>, AudioError> {
    reader.seek(SeekFrom::Start(atom.start))?;
    let mut bytes = Vec::new();
    reader.by_ref().take(most.min(atom.end - atom.start)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}
