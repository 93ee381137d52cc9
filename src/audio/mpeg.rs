//! The outside of MPEG layer III files: frame headers, the Xing/Info frame, and the tags that stand before and after
//! the frames. No decoding. Sources: ISO/IEC 11172-3 and 13818-3 (headers), id3.org (ID3v2.4 structure), the APEv2 and
//! Lyrics3v2 specifications (footers).

use std::io::{Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

use super::error::AudioError;
use super::format::{AudioHash, Format};

/// What the four bytes in front of a layer III frame say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Whole frame in bytes, header included.
    pub len: usize,
    /// Frames (samples per channel) that it decodes to: 1,152 or 576.
    pub samples: u32,
    /// Frames per second.
    pub rate: u32,
    /// 1 or 2.
    pub channels: u8,
    /// Bytes of side information after the header (and CRC), where a Xing tag hides behind.
    side_info: usize,
    crc: bool,
}

impl FrameHeader {
    /// Reads the header at the start of `bytes`; `None` where no layer III frame can start. Free-format frames, which
    /// do not say how long they are, count as none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        const KBPS_V1: [u32; 16] =
            [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
        const KBPS_V2: [u32; 16] =
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];
        let [a, b, c, d] = *bytes.first_chunk::<4>()?;
        if a != 0xff || b & 0xe0 != 0xe0 || (b >> 1) & 3 != 1 {
            return None;
        }
        let rate_index = usize::from((c >> 2) & 3);
        let base = *[44_100, 48_000, 32_000].get(rate_index)?;
        let bitrate = usize::from(c >> 4);
        let (table, rate, samples) = match (b >> 3) & 3 {
            3 => (&KBPS_V1, base, 1_152),
            2 => (&KBPS_V2, base / 2, 576),
            0 => (&KBPS_V2, base / 4, 576),
            _ => return None,
        };
        let kbps = table.get(bitrate).copied().filter(|&kbps| kbps > 0)?;
        let padding = usize::from((c >> 1) & 1);
        let len = (samples / 8 * kbps * 1_000 / rate) as usize + padding;
        let channels = if d >> 6 == 3 { 1 } else { 2 };
        let side_info = match (samples, channels) {
            (1_152, 2) => 32,
            (1_152, _) | (_, 2) => 17,
            _ => 9,
        };
        Some(Self { len, samples, rate, channels, side_info, crc: b & 1 == 0 })
    }

    /// Whether a later header belongs to the same stream.
    fn continues(self, other: Self) -> bool {
        self.rate == other.rate && self.samples == other.samples
    }
}

/// Length of the ID3v2 tag at the start of `head`, footer included; `None` where there is no well-formed one.
pub fn id3v2_len(head: &[u8]) -> Option<usize> {
    match head {
        [b'I', b'D', b'3', major, _, flags, a, b, c, d, ..]
            if *major < 0xff && [a, b, c, d].iter().all(|byte| **byte < 0x80) =>
        {
            let size = [a, b, c, d].iter().fold(0, |sum, byte| (sum << 7) | usize::from(**byte));
            Some(10 + size + if flags & 0x10 != 0 { 10 } else { 0 })
        }
        _ => None,
    }
}

/// Where the frames of an MP3 lie between its tags, and what they add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MpegScan {
    /// Offset of the first frame, behind all leading tags.
    pub start: u64,
    /// Offset behind the last frame, before all trailing tags.
    pub end: u64,
    /// Offset behind the Xing/Info frame; `start` where there is none.
    pub audio_start: u64,
    /// First header of the stream.
    pub header: FrameHeader,
    /// Frames of sound, without the Xing/Info frame.
    pub frames: u64,
    /// Frames of sound that the Xing/Info frame promises.
    pub promised_frames: Option<u64>,
    /// Bytes between `audio_start` and `end` that belong to no frame.
    pub junk: u64,
    /// The sound, hashed.
    pub audio_sha256: AudioHash,
}

/// Walks all frames of an MP3 and hashes them. Reads the stream once, in blocks.
///
/// Errors: [`AudioError::NotAudio`] where no frame is found, [`AudioError::Truncated`] where the last frame is cut or
/// fewer frames are there than the Xing/Info frame counts.
pub fn scan<R: Read + Seek>(reader: &mut R) -> Result<MpegScan, AudioError> {
    let len = reader.seek(SeekFrom::End(0))?;
    let start = leading_tags(reader, len)?;
    let end = trailing_tags(reader, start, len)?;
    reader.seek(SeekFrom::Start(start))?;
    let mut window = Window { reader, bytes: Vec::new(), at: 0, left: end - start };
    let none = || AudioError::NotAudio { found: "there is no MPEG layer III frame in it".into() };

    // Some encoders leave padding between a tag and the first frame; two headers in a row settle where sound begins.
    let mut skipped = 0_u64;
    let header = loop {
        if skipped > 64 * 1024 {
            return Err(none());
        }
        window.need(4_096)?;
        let rest = window.rest();
        if rest.len() < 4 {
            return Err(none());
        }
        if let Some(header) = FrameHeader::parse(rest) {
            let next = rest.get(header.len..).unwrap_or_default();
            let ends_here = next.len() < 4 && window.left == 0;
            if ends_here || FrameHeader::parse(next).is_some_and(|next| header.continues(next)) {
                break header;
            }
        }
        window.at += 1;
        skipped += 1;
    };
    let start = start + skipped;

    let mut audio_start = start;
    let mut promised_frames = None;
    window.need(header.len)?;
    if let Some(frame) = window.rest().get(..header.len)
        && let Some(promise) = xing_frames(header, frame)
    {
        promised_frames = promise;
        audio_start += header.len as u64;
        window.at += header.len;
    }

    let mut hasher = Sha256::new();
    let (mut frames, mut junk) = (0_u64, 0_u64);
    loop {
        window.need(4_096)?;
        let rest = window.rest();
        if rest.is_empty() {
            break;
        }
        let step = match FrameHeader::parse(rest).filter(|next| header.continues(*next)) {
            Some(next) if next.len <= rest.len() => {
                frames += 1;
                next.len
            }
            Some(next) => {
                return Err(AudioError::Truncated {
                    format: Format::Mp3,
                    detail: format!("its last frame lacks {} bytes", next.len - rest.len()),
                });
            }
            None => {
                junk += 1;
                1
            }
        };
        hasher.update(rest.get(..step).unwrap_or_default());
        window.at += step;
    }
    if let Some(promised) = promised_frames
        && frames < promised
    {
        return Err(AudioError::Truncated {
            format: Format::Mp3,
            detail: format!("{frames} of {promised} frames are there"),
        });
    }
    Ok(MpegScan {
        start,
        end,
        audio_start,
        header,
        frames,
        promised_frames,
        junk,
        audio_sha256: AudioHash::finish(hasher),
    })
}

/// `Some` where a frame is a Xing/Info frame, with its own count of frames if it states one.
fn xing_frames(header: FrameHeader, frame: &[u8]) -> Option<Option<u64>> {
    let tag = frame.get(4 + header.side_info + if header.crc { 2 } else { 0 }..)?;
    if !(tag.starts_with(b"Xing") || tag.starts_with(b"Info")) {
        return None;
    }
    let word = |at: usize| {
        tag.get(at..at + 4).and_then(|bytes| bytes.first_chunk()).map(|b| u32::from_be_bytes(*b))
    };
    let has_count = word(4).is_some_and(|flags| flags & 1 != 0);
    Some(if has_count { word(8).map(u64::from) } else { None })
}

/// A growing view into a reader, so that headers can be looked at across block borders.
struct Window<'a, R> {
    reader: &'a mut R,
    bytes: Vec<u8>,
    at: usize,
    left: u64,
}

impl<R: Read> Window<'_, R> {
    const BLOCK: u64 = 256 * 1024;

    /// Makes `count` bytes available if the stream has them.
    fn need(&mut self, count: usize) -> Result<(), AudioError> {
        if self.bytes.len() - self.at >= count || self.left == 0 {
            return Ok(());
        }
        self.bytes.drain(..self.at);
        self.at = 0;
        let want = self.left.min(Self::BLOCK.max(count as u64));
        let got = self.reader.by_ref().take(want).read_to_end(&mut self.bytes)? as u64;
        // A file that shrinks while it is read counts as ended.
        self.left = if got == 0 { 0 } else { self.left - got };
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }
}

fn read_at<R: Read + Seek>(reader: &mut R, at: u64, count: u64) -> Result<Vec<u8>, AudioError> {
    reader.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    reader.by_ref().take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Offset behind all ID3v2 tags at the front (some files have several).
pub(crate) fn leading_tags<R: Read + Seek>(reader: &mut R, len: u64) -> Result<u64, AudioError> {
    let mut at = 0;
    for _ in 0..16 {
        match id3v2_len(&read_at(reader, at, 10)?) {
            Some(tag) if at + (tag as u64) < len => at += tag as u64,
            _ => break,
        }
    }
    Ok(at)
}

/// Offset of the first trailing tag (ID3v1, APEv2, Lyrics3v2, appended ID3v2), or the length.
fn trailing_tags<R: Read + Seek>(reader: &mut R, start: u64, len: u64) -> Result<u64, AudioError> {
    let mut end = len;
    for _ in 0..8 {
        let before = end;
        let tail = read_at(reader, end.saturating_sub(128).max(start), 128.min(end - start))?;
        if tail.len() == 128 && tail.starts_with(b"TAG") {
            end -= 128;
        } else if let Some(footer) = tail.len().checked_sub(32).and_then(|at| tail.get(at..))
            && footer.starts_with(b"APETAGEX")
            && let Some(size) = footer.get(12..16).and_then(|bytes| bytes.first_chunk())
            && let Some(flags) = footer.get(20..24).and_then(|bytes| bytes.first_chunk())
        {
            let header = if u32::from_le_bytes(*flags) >> 31 == 1 { 32 } else { 0 };
            end = end.saturating_sub(u64::from(u32::from_le_bytes(*size)) + header);
        } else if tail.ends_with(b"LYRICS200")
            && let Some(size) = tail.len().checked_sub(15).and_then(|at| tail.get(at..at + 6))
            && let Some(size) =
                std::str::from_utf8(size).ok().and_then(|text| text.parse::<u64>().ok())
        {
            end = end.saturating_sub(size + 15);
        }
        if end < start {
            // A footer that claims more than there is, is sound that looks like a footer.
            return Ok(before);
        }
        if end == before {
            break;
        }
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A silent 128 kbit/s frame of MPEG-1 at 44.1 kHz, stereo: 417 bytes.
    fn frame() -> Vec<u8> {
        let mut frame = vec![0xff, 0xfb, 0x90, 0x00];
        frame.resize(417, 0);
        frame
    }

    #[test]
    fn headers_are_measured_by_the_standard() {
        let header = FrameHeader::parse(&[0xff, 0xfb, 0x90, 0x00]).unwrap();
        assert_eq!(
            (header.len, header.samples, header.rate, header.channels),
            (417, 1152, 44100, 2)
        );
        let v2 = FrameHeader::parse(&[0xff, 0xf3, 0x80, 0xc0]).unwrap();
        assert_eq!((v2.len, v2.samples, v2.rate, v2.channels), (208, 576, 22050, 1));
        assert_eq!(FrameHeader::parse(&[0xff, 0xfb, 0xf0, 0x00]), None);
        assert_eq!(FrameHeader::parse(&[0xff, 0xfb, 0x9c, 0x00]), None);
        assert_eq!(FrameHeader::parse(&[0xff, 0xfd, 0x90, 0x00]), None);
        assert_eq!(FrameHeader::parse(&[0xff]), None);
    }

    #[test]
    fn tags_around_the_frames_do_not_change_the_hash() {
        let frames = frame().repeat(5);
        let plain = scan(&mut Cursor::new(&frames)).unwrap();
        assert_eq!((plain.frames, plain.junk), (5, 0));
        let mut tagged = b"ID3\x04\0\0\0\0\0\x05hello".to_vec();
        tagged.extend_from_slice(&frames);
        let mut ape = vec![0_u8; 32];
        ape[..8].copy_from_slice(b"APETAGEX");
        ape[12] = 32;
        tagged.extend_from_slice(&ape);
        tagged.extend_from_slice(b"TAG");
        tagged.resize(tagged.len() + 125, b' ');
        let scanned = scan(&mut Cursor::new(&tagged)).unwrap();
        assert_eq!(scanned.audio_sha256, plain.audio_sha256);
        assert_eq!((scanned.start, scanned.frames), (15, 5));
    }

    #[test]
    fn a_cut_frame_is_noticed() {
        let mut frames = frame().repeat(3);
        frames.truncate(1_000);
        assert!(matches!(scan(&mut Cursor::new(&frames)), Err(AudioError::Truncated { .. })));
        assert!(matches!(scan(&mut Cursor::new(b"some text")), Err(AudioError::NotAudio { .. })));
        assert!(matches!(scan(&mut Cursor::new(b"")), Err(AudioError::NotAudio { .. })));
    }
}
