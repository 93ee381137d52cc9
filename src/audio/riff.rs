//! RIFF chunks: finding them in a WAV file and writing them evenly padded. What is inside them is known elsewhere.
//! Source: Microsoft/IBM "Multimedia Programming Interface and Data Specifications 1.0".

use std::io::{Read, Seek, SeekFrom, Write};

use super::error::AudioError;
use super::format::Format;

/// Where a chunk lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Four letters.
    pub id: [u8; 4],
    /// Offset of its first byte of content.
    pub offset: u64,
    /// Bytes of content that its header claims, without padding.
    pub size: u64,
    /// Bytes of content that the file has; less than `size` in a file that is cut short.
    pub present: u64,
}

/// Most chunks of one file that are looked at; a real file has a dozen.
const MAX_CHUNKS: usize = 4_096;

/// Lists the chunks of a WAV file in order. A `data` chunk of unknown size (a file that was piped) reaches to the end.
///
/// Errors: [`AudioError::NotAudio`], [`AudioError::Unsupported`] for RF64 and other RIFF forms.
pub fn chunks<R: Read + Seek>(reader: &mut R) -> Result<Vec<Chunk>, AudioError> {
    let len = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(0))?;
    let mut head = [0; 12];
    if len < 12 {
        return Err(AudioError::NotAudio { found: "it is too short for any header".into() });
    }
    reader.read_exact(&mut head)?;
    if head.starts_with(b"RF64") || head.starts_with(b"BW64") {
        return Err(AudioError::Unsupported { what: "a 64 bit WAV file (RF64)".into() });
    }
    if !(head.starts_with(b"RIFF") && head.ends_with(b"WAVE")) {
        return Err(AudioError::NotAudio { found: "it has no RIFF WAVE header".into() });
    }
    let mut found = Vec::new();
    let mut at = 12;
    while at + 8 <= len && found.len() < MAX_CHUNKS {
        reader.seek(SeekFrom::Start(at))?;
        let mut head = [0; 8];
        reader.read_exact(&mut head)?;
        let [a, b, c, d, size @ ..] = head;
        let (id, claimed) = ([a, b, c, d], u64::from(u32::from_le_bytes(size)));
        let offset = at + 8;
        let open = id == *b"data" && claimed == u64::from(u32::MAX);
        let size = if open { len - offset } else { claimed };
        let present = size.min(len - offset);
        found.push(Chunk { id, offset, size, present });
        at = offset + size + (size & 1);
    }
    Ok(found)
}

/// The contents of a chunk, refused above `limit` bytes, so that a lying header cannot ask for all memory.
pub fn read_chunk<R: Read + Seek>(
    reader: &mut R,
    chunk: &Chunk,
    limit: u64,
) -> Result<Vec<u8>, AudioError> {
    let name = String::from_utf8_lossy(&chunk.id).trim().to_owned();
    if chunk.present < chunk.size {
        return Err(AudioError::Truncated {
            format: Format::Wav,
            detail: format!("chunk '{name}' lacks {} bytes", chunk.size - chunk.present),
        });
    }
    if chunk.size > limit {
        return Err(AudioError::Damaged {
            format: Format::Wav,
            detail: format!("chunk '{name}' claims {} bytes", chunk.size),
        });
    }
    reader.seek(SeekFrom::Start(chunk.offset))?;
    let mut bytes = Vec::new();
    reader.by_ref().take(chunk.size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a chunk with its padding.
pub fn write_chunk<W: Write>(out: &mut W, id: [u8; 4], content: &[u8]) -> Result<(), AudioError> {
    let size =
        u32::try_from(content.len()).map_err(|_| AudioError::TooLarge { format: Format::Wav })?;
    out.write_all(&id)?;
    out.write_all(&size.to_le_bytes())?;
    out.write_all(content)?;
    if size & 1 == 1 {
        out.write_all(&[0])?;
    }
    Ok(())
}

/// Bytes that a chunk takes in a file.
pub fn chunk_len(content: usize) -> u64 {
    let content = content as u64;
    8 + content + (content & 1)
}

/// Little-endian field of a chunk; `None` behind its end.
pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|field| u32::from_le_bytes(*field))
}

/// Little-endian field of a chunk; `None` behind its end.
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|field| u16::from_le_bytes(*field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn chunks_are_found_over_their_padding() {
        let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
        write_chunk(&mut file, *b"odd ", b"abc").unwrap();
        write_chunk(&mut file, *b"even", b"abcd").unwrap();
        let mut reader = Cursor::new(&file);
        let found = chunks(&mut reader).unwrap();
        assert_eq!(
            found.iter().map(|c| (c.offset, c.size)).collect::<Vec<_>>(),
            [(20, 3), (32, 4)]
        );
        assert_eq!(read_chunk(&mut reader, &found[1], 100).unwrap(), b"abcd");
        assert!(read_chunk(&mut reader, &found[1], 3).is_err());
        assert_eq!(file.len() as u64, 12 + chunk_len(3) + chunk_len(4));
    }

    #[test]
    fn a_cut_chunk_says_how_much_is_missing() {
        let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
        write_chunk(&mut file, *b"data", &[0; 10]).unwrap();
        file.truncate(25);
        let mut reader = Cursor::new(&file);
        let found = chunks(&mut reader).unwrap();
        assert_eq!(found[0].present, 5);
        assert!(matches!(
            read_chunk(&mut reader, &found[0], 100),
            Err(AudioError::Truncated { .. })
        ));
        assert!(chunks(&mut Cursor::new(b"RF64\0\0\0\0WAVEds64")).is_err());
    }
}
