//! The bytes of tags: ID3v2.4 (id3.org, "ID3 tag version 2.4.0"), Vorbis comments (xiph.org, "Ogg Vorbis I format
//! specification: comment field"), RIFF LIST INFO. Texts are UTF-8 throughout.

use super::{MARK, SOFTWARE, TagSet};
use crate::audio::error::AudioError;
use crate::audio::format::Format;

/// A whole ID3v2.4 tag.
pub fn id3v2(tags: &TagSet) -> Vec<u8> {
    const UTF_8: u8 = 3;
    let mut frames = Vec::new();
    let mut frame = |id: &str, parts: &[&[u8]]| {
        let size = 1 + parts.iter().map(|part| part.len()).sum::<usize>();
        frames.extend_from_slice(id.as_bytes());
        frames.extend(synchsafe(size));
        frames.extend_from_slice(&[0, 0, UTF_8]);
        parts.iter().for_each(|part| frames.extend_from_slice(part));
    };
    for (field, text) in tags.texts() {
        match field.id3 {
            Some(id) => frame(id, &[text.as_bytes()]),
            None => {
                let name = field.vorbis.first().copied().unwrap_or_default();
                frame("TXXX", &[name.as_bytes(), &[0], text.as_bytes()]);
            }
        }
    }
    if let Some(bpm) = tags.bpm_text() {
        frame("TBPM", &[bpm.as_bytes()]);
    }
    if let Some(comment) = tags.full_comment() {
        frame("COMM", &[b"eng\0", comment.as_bytes()]);
    }
    if let Some(generated) = tags.generated {
        frame("TXXX", &[MARK.as_bytes(), &[0], generated.mark().as_bytes()]);
    }
    frame("TSSE", &[SOFTWARE.as_bytes()]);
    let mut tag = b"ID3\x04\0\0".to_vec();
    tag.extend(synchsafe(frames.len()));
    tag.extend(frames);
    tag
}

/// 28 bits in four bytes of seven, so that no tag looks like the start of an MPEG frame.
fn synchsafe(size: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (size >> shift) as u8 & 0x7f)
}

/// The content of a FLAC `VORBIS_COMMENT` block.
pub fn vorbis_block(tags: &TagSet) -> Vec<u8> {
    let mut comments = Vec::new();
    for (field, text) in tags.texts() {
        comments.push(format!("{}={text}", field.vorbis.first().copied().unwrap_or_default()));
    }
    comments.extend(tags.bpm_text().map(|bpm| format!("BPM={bpm}")));
    comments.extend(tags.full_comment().map(|comment| format!("COMMENT={comment}")));
    comments.extend(tags.generated.map(|generated| format!("{MARK}={}", generated.mark())));
    let mut block = Vec::new();
    let mut text = |text: &str| {
        block.extend((text.len() as u32).to_le_bytes());
        block.extend_from_slice(text.as_bytes());
    };
    text(SOFTWARE);
    let count = (comments.len() as u32).to_le_bytes();
    let mut list = Vec::new();
    for comment in &comments {
        list.extend((comment.len() as u32).to_le_bytes());
        list.extend_from_slice(comment.as_bytes());
    }
    block.extend(count);
    block.extend(list);
    block
}

/// The header of a FLAC metadata block (RFC 9639, section 8.1). Errors: [`AudioError::Tags`] above 16 MiB.
pub fn flac_block_header(last: bool, kind: u8, len: usize) -> Result<[u8; 4], AudioError> {
    let [high, sizes @ ..] =
        u32::try_from(len).map(u32::to_be_bytes).map_err(|_| block_too_long(len))?;
    if high != 0 {
        return Err(block_too_long(len));
    }
    let [a, b, c] = sizes;
    Ok([if last { 0x80 } else { 0 } | (kind & 0x7f), a, b, c])
}

fn block_too_long(len: usize) -> AudioError {
    let detail = format!("a metadata block of {len} bytes does not fit");
    AudioError::Tags { format: Format::Flac, detail }
}

/// The content of a RIFF `LIST` chunk of type `INFO`. The recipe has no place there; it is in the `id3 ` chunk.
pub fn riff_info(tags: &TagSet) -> Vec<u8> {
    let mut list = b"INFO".to_vec();
    let mut entry = |id: &str, text: &str| {
        list.extend_from_slice(id.as_bytes());
        list.extend((text.len() as u32 + 1).to_le_bytes());
        list.extend_from_slice(text.as_bytes());
        list.push(0);
        if text.len().is_multiple_of(2) {
            list.push(0);
        }
    };
    for (field, text) in tags.texts() {
        if let Some(id) = field.info {
            entry(id, &text);
        }
    }
    if let Some(comment) = tags.full_comment() {
        entry("ICMT", &comment);
    }
    entry("ISFT", SOFTWARE);
    list
}
