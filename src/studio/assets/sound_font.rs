//! Reading a SoundFont 2 file without trusting it: its chunks are checked against the file before the library allocates
//! what they claim. Source: SoundFont Technical Specification 2.04.

use std::io::{BufRead, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustysynth::{SoundFont, SoundFontError};

/// Why a SoundFont can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// The file can't be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is something else.
    #[error("it is not a SoundFont")]
    NotOne,
    /// It holds compressed samples.
    #[error("it is a SoundFont 3 file, whose samples are compressed")]
    Compressed,
    /// It ends before it should.
    #[error("it is cut short: its chunks reach beyond its end")]
    Truncated,
    /// The library refuses it.
    #[error("it is damaged: {0}")]
    Damaged(SoundFontError),
    /// Its tables point outside of each other.
    #[error("it is damaged: its tables contradict each other")]
    Contradictory,
}

impl Problem {
    /// What the user can do about it.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Io(_) => "Check that the file is there and may be read.",
            Self::NotOne => "Give a SoundFont 2 file (.sf2).",
            Self::Compressed => {
                "Convert it to SF2 first: open it in Polyphone and export it as .sf2, or run `sf3convert -x in.sf3 out.sf2`."
            }
            Self::Truncated => "Download or copy the file again.",
            Self::Damaged(_) | Self::Contradictory => {
                "Open it in an editor such as Polyphone and save it again, or choose another one."
            }
        }
    }
}

/// Reads a SoundFont of `len` bytes.
pub(super) fn read<R: BufRead + Seek>(reader: &mut R, len: u64) -> Result<SoundFont, Problem> {
    check(reader, len)?;
    reader.seek(SeekFrom::Start(0))?;
    // The library takes the indices of the file's tables for granted, so a lying table ends in a panic of its. Nothing of
    // ours is inside but the reader, which is dropped.
    catch_unwind(AssertUnwindSafe(|| SoundFont::new(reader)))
        .map_err(|_| Problem::Contradictory)?
        .map_err(|error| match error {
            SoundFontError::UnsupportedSampleFormat => Problem::Compressed,
            SoundFontError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Problem::Truncated
            }
            error => Problem::Damaged(error),
        })
}

/// Checks the sizes of all chunks, and whether the samples are plain.
fn check<R: Read + Seek>(reader: &mut R, len: u64) -> Result<(), Problem> {
    let mut head = [0; 12];
    reader.seek(SeekFrom::Start(0))?;
    if reader.read_exact(&mut head).is_err() {
        return Err(Problem::NotOne);
    }
    if head.get(..4) != Some(b"RIFF") || head.get(8..) != Some(b"sfbk") {
        return Err(Problem::NotOne);
    }
    let mut at = 12;
    while at + 12 <= len {
        let (id, size) = chunk(reader, at)?;
        let end = at + 8 + size;
        if end > len {
            return Err(Problem::Truncated);
        }
        if &id == b"LIST" {
            let mut inner = at + 12;
            while inner + 8 <= end {
                let (id, size) = chunk(reader, inner)?;
                if inner + 8 + size > end {
                    return Err(Problem::Truncated);
                }
                if &id == b"smpl" && size >= 4 {
                    let mut magic = [0; 4];
                    reader.read_exact(&mut magic)?;
                    if &magic == b"OggS" {
                        return Err(Problem::Compressed);
                    }
                }
                inner += 8 + size + size % 2;
            }
        }
        at = end + size % 2;
    }
    Ok(())
}

/// The name and the size of a chunk; the reader is left at its content.
fn chunk<R: Read + Seek>(reader: &mut R, at: u64) -> Result<([u8; 4], u64), Problem> {
    reader.seek(SeekFrom::Start(at))?;
    let (mut id, mut size) = ([0; 4], [0; 4]);
    reader.read_exact(&mut id)?;
    reader.read_exact(&mut size)?;
    Ok((id, u64::from(u32::from_le_bytes(size))))
}
