//! Writing a recording while it is played: a thread of its own takes interleaved stereo out of a ring and writes 32-bit
//! float WAV.
//!
//! The file is written under a hidden name beside its place and gets its own name when it is whole. Its header is brought
//! up to date once a second, so what a crash leaves behind can be opened. At 4 GiB, where WAV ends, the next part begins. A
//! file that is already there is never touched: the recording gets a number.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rtrb::{Consumer, RingBuffer};

use crate::engine::assets::Take;
use crate::model::units::SampleRate;
use crate::util::text::one_line;

/// Seconds that the disk may be busy without a loss.
const RING_S: u32 = 8;
/// How long the writer rests when the ring is empty.
const REST: Duration = Duration::from_millis(20);
/// Bytes before the samples: RIFF, a format chunk with its extension size, a fact chunk and the head of the data.
const HEADER: u64 = 58;
const FRAME_BYTES: u64 = 8;
/// Most bytes of samples in one file: the sizes of RIFF are 32 bits wide.
const MAX_BYTES: u64 = (u32::MAX as u64 - HEADER) / FRAME_BYTES * FRAME_BYTES;

/// Why a recording can't begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// The folder or the file can't be made.
    #[error("the recording can't be started: {0}")]
    Open(#[source] io::Error),
    /// The thread can't be started.
    #[error("no thread could be started for the recording: {0}")]
    Thread(#[source] io::Error),
}

impl Problem {
    /// What the user can do about it.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Open(_) => {
                "Check that the folder may be written to and that the disk is not full."
            }
            Self::Thread(_) => "Close other programs and try again.",
        }
    }
}

/// Begins a recording at `path`, which ends in `.wav`.
pub(super) fn start(path: &Path, rate: SampleRate) -> Result<Take, Problem> {
    start_with(path, rate, MAX_BYTES)
}

/// The same with another limit for a part, for tests.
pub(super) fn start_with(path: &Path, rate: SampleRate, limit: u64) -> Result<Take, Problem> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Problem::Open)?;
    }
    let part = Part::begin(path, rate).map_err(Problem::Open)?;
    let (ring, samples) = RingBuffer::new((rate.get() * 2 * RING_S) as usize);
    let writer = Writer { path: path.to_owned(), rate, limit, samples, part: Some(part) };
    thread::Builder::new()
        .name("record".to_owned())
        .spawn(move || writer.run())
        .map_err(Problem::Thread)?;
    Ok(Take { ring, path: one_line(&path.to_string_lossy()) })
}

/// The thread's own.
struct Writer {
    path: PathBuf,
    rate: SampleRate,
    limit: u64,
    samples: Consumer<f32>,
    part: Option<Part>,
}

impl Writer {
    fn run(mut self) {
        let shown = one_line(&self.path.to_string_lossy());
        match self.drain() {
            Ok(()) => {}
            // What is on the disk until here stays readable under its hidden name or is finished below. Dropping the ring's
            // end makes the node see a full ring, which it counts.
            Err(error) => {
                tracing::error!(file = %shown, %error, "a recording could not be written on")
            }
        }
        if let Some(part) = self.part.take()
            && let Err(error) = part.finish(&self.path)
        {
            tracing::error!(file = %shown, %error, "a recording could not be finished");
        }
    }

    /// Writes until the other end is gone and the ring is empty.
    fn drain(&mut self) -> io::Result<()> {
        loop {
            // Asked first: what was pushed before the end was dropped is in the ring by now.
            let ended = self.samples.is_abandoned();
            let count = self.samples.slots() / 2 * 2;
            if count == 0 {
                if ended {
                    return Ok(());
                }
                thread::sleep(REST);
                continue;
            }
            self.write(count)?;
        }
    }

    fn write(&mut self, count: usize) -> io::Result<()> {
        let full = self.part.as_ref().is_none_or(|part| part.bytes >= self.limit);
        if full {
            if let Some(part) = self.part.take() {
                part.finish(&self.path)?;
            }
            self.part = Some(Part::begin(&self.path, self.rate)?);
        }
        let Some(part) = &mut self.part else { return Ok(()) };
        let room = (self.limit - part.bytes) / FRAME_BYTES * 2;
        let count = count.min(usize::try_from(room).unwrap_or(usize::MAX));
        if let Ok(chunk) = self.samples.read_chunk(count) {
            let (first, second) = chunk.as_slices();
            part.write(first)?;
            part.write(second)?;
            chunk.commit_all();
        }
        part.refresh()
    }
}

/// A file that is being written.
struct Part {
    out: BufWriter<File>,
    hidden: PathBuf,
    rate: SampleRate,
    /// Bytes of samples.
    bytes: u64,
    /// Those that the header knows of.
    stated: u64,
}

impl Part {
    fn begin(path: &Path, rate: SampleRate) -> io::Result<Self> {
        let name =
            path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        for number in 0..1_000 {
            let hidden = path.with_file_name(format!(".{name}.{number}.recording"));
            match OpenOptions::new().write(true).create_new(true).open(&hidden) {
                Ok(file) => {
                    let mut out = BufWriter::with_capacity(1 << 16, file);
                    out.write_all(&header(rate, 0))?;
                    return Ok(Self { out, hidden, rate, bytes: 0, stated: 0 });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "a thousand unfinished recordings lie there",
        ))
    }

    fn write(&mut self, samples: &[f32]) -> io::Result<()> {
        for sample in samples {
            self.out.write_all(&sample.to_le_bytes())?;
        }
        self.bytes += samples.len() as u64 * 4;
        Ok(())
    }

    /// Brings the header up to date once a second.
    fn refresh(&mut self) -> io::Result<()> {
        if self.bytes < self.stated + u64::from(self.rate.get()) * FRAME_BYTES {
            return Ok(());
        }
        self.state()
    }

    fn state(&mut self) -> io::Result<()> {
        self.out.flush()?;
        let file = self.out.get_mut();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header(self.rate, self.bytes))?;
        file.seek(SeekFrom::End(0))?;
        self.stated = self.bytes;
        Ok(())
    }

    /// Gives the file its name, the first free one of `name.wav`, `name-2.wav`, `name-3.wav`, ….
    fn finish(mut self, path: &Path) -> io::Result<()> {
        self.state()?;
        self.out.get_ref().sync_all()?;
        let stem =
            path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        for number in 1..10_000 {
            let free = match number {
                1 => path.to_owned(),
                number => path.with_file_name(format!("{stem}-{number}.wav")),
            };
            // A link does not replace what is there, as a renaming would.
            match fs::hard_link(&self.hidden, &free) {
                Ok(()) => return fs::remove_file(&self.hidden),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // A file system without links.
                Err(_) if !free.exists() => return fs::rename(&self.hidden, &free),
                Err(_) => {}
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "all names are taken"))
    }
}

/// The header of a stereo file with this many bytes of 32-bit float samples (Microsoft, "Multimedia Programming Interface
/// and Data Specifications 1.0" and its WAVE_FORMAT_IEEE_FLOAT).
fn header(rate: SampleRate, bytes: u64) -> Vec<u8> {
    let size = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let mut out = Vec::with_capacity(HEADER as usize);
    out.extend(b"RIFF");
    out.extend(size(HEADER - 8 + bytes));
    out.extend(b"WAVEfmt ");
    out.extend(18_u32.to_le_bytes());
    out.extend(3_u16.to_le_bytes());
    out.extend(2_u16.to_le_bytes());
    out.extend(rate.get().to_le_bytes());
    out.extend((rate.get() * FRAME_BYTES as u32).to_le_bytes());
    out.extend((FRAME_BYTES as u16).to_le_bytes());
    out.extend(32_u16.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out.extend(b"fact");
    out.extend(4_u32.to_le_bytes());
    out.extend(size(bytes / FRAME_BYTES));
    out.extend(b"data");
    out.extend(size(bytes));
    out
}
