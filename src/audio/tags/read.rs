//! Reading tags, ours and other programs': old ID3 versions, odd encodings, missing and doubled fields.

use std::io::{Read, Seek, SeekFrom};

use lofty::config::ParseOptions;
use lofty::file::AudioFile;
use lofty::flac::FlacFile;
use lofty::id3::v2::{Frame, Id3v2Tag};
use lofty::iff::wav::WavFile;
use lofty::mpeg::MpegFile;

use super::TagSet;
use crate::audio::decode::sniff;
use crate::audio::error::AudioError;
use crate::audio::format::Format;

/// Reads the tags of a WAV, FLAC or MP3 file. A file without tags gives an empty set. Richer tags win over poorer ones:
/// Vorbis comments and ID3v2 over RIFF INFO and ID3v1.
///
/// Errors: [`AudioError::NotAudio`], [`AudioError::Tags`] where the tags are there and broken.
pub fn read_tags<R: Read + Seek>(reader: &mut R) -> Result<TagSet, AudioError> {
    let format = sniff(reader)?;
    reader.seek(SeekFrom::Start(0))?;
    let options = ParseOptions::new().read_properties(false).read_cover_art(false);
    let broken = |error: lofty::error::FileParseError| AudioError::Tags {
        format,
        detail: error.to_string(),
    };
    let mut tags = TagSet::default();
    match format {
        Format::Wav => {
            let mut file = WavFile::read_from(reader, options).map_err(broken)?;
            accept_id3(&mut tags, file.id3v2());
            if let Some(info) = file.remove_riff_info() {
                info.into_iter().for_each(|(name, value)| tags.accept(&name, &value));
            }
        }
        Format::Flac => {
            let file = FlacFile::read_from(reader, options).map_err(broken)?;
            accept_vorbis(&mut tags, file.vorbis_comments());
            accept_id3(&mut tags, file.id3v2());
        }
        Format::Mp3 => {
            let mut file = MpegFile::read_from(reader, options).map_err(broken)?;
            accept_id3(&mut tags, file.id3v2());
            if let Some(old) = file.remove_id3v1() {
                let fields = [
                    ("TITLE", old.title),
                    ("ARTIST", old.artist),
                    ("ALBUM", old.album),
                    ("COMMENT", old.comment),
                ];
                for (name, value) in fields {
                    tags.accept(name, value.as_deref().unwrap_or_default());
                }
            }
        }
    }
    Ok(tags)
}

fn accept_vorbis(tags: &mut TagSet, comments: Option<&lofty::ogg::tag::VorbisComments>) {
    if let Some(comments) = comments {
        comments.items().for_each(|(name, value)| tags.accept(name, value));
    }
}

fn accept_id3(tags: &mut TagSet, tag: Option<&Id3v2Tag>) {
    for frame in tag.into_iter().flatten() {
        match frame {
            Frame::Text(text) => tags.accept(frame.id().as_str(), &text.value),
            Frame::UserText(text) => tags.accept(&text.description, &text.content),
            // Described comments are other programs' private notes, such as iTunes' normalisation values.
            Frame::Comment(text) if text.description.is_empty() => {
                tags.accept("COMM", &text.content);
            }
            _ => {}
        }
    }
}
