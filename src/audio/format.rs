//! What is known of the file formats as files: magic bytes and limits, and the fingerprint of a sound. Their names are the
//! model's ([`crate::model::format`]). No reading or writing.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::mpeg;
use crate::model::units::UnitError;

pub use crate::model::format::{Depth, Format};

impl Format {
    /// The registered or customary MIME type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Flac => "audio/flac",
            Self::Mp3 => "audio/mpeg",
        }
    }

    /// Whether decoding gives back exactly the samples that were quantised.
    pub fn is_lossless(self) -> bool {
        self != Self::Mp3
    }

    /// The sample forms that this format stores; empty for MP3, which has none.
    pub fn depths(self) -> &'static [Depth] {
        match self {
            Self::Wav => &[Depth::I16, Depth::I24, Depth::F32],
            Self::Flac => &[Depth::I16, Depth::I24],
            Self::Mp3 => &[],
        }
    }

    /// Whether a file of this format can have this many frames per second.
    pub fn supports_rate(self, rate: u32) -> bool {
        match self {
            Self::Wav => rate > 0,
            // Rates that a frame header can spell, so that no reader has to look back at the stream header.
            Self::Flac => {
                (1..=65_535).contains(&rate)
                    || (rate.is_multiple_of(10) && (1..=655_350).contains(&rate))
            }
            Self::Mp3 => MP3_RATES.contains(&rate),
        }
    }

    /// Most channels that we write in this format.
    pub fn max_channels(self) -> usize {
        match self {
            Self::Wav | Self::Flac => 8,
            Self::Mp3 => 2,
        }
    }

    /// The format that the first bytes prove, if they do. A leading ID3v2 tag is looked past when `head` reaches
    /// beyond it and taken for an MP3's otherwise. 16 bytes are enough for files without one.
    pub fn from_magic(head: &[u8]) -> Option<Self> {
        match head {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Self::Wav),
            [b'f', b'L', b'a', b'C', ..] => Some(Self::Flac),
            [b'I', b'D', b'3', ..] => match mpeg::id3v2_len(head).and_then(|len| head.get(len..)) {
                Some(rest) if rest.starts_with(b"fLaC") => Some(Self::Flac),
                _ => Some(Self::Mp3),
            },
            _ => mpeg::FrameHeader::parse(head).map(|_| Self::Mp3),
        }
    }

    /// The format of a file: its bytes win over its name, and the name only helps where the bytes prove nothing.
    pub fn detect(head: &[u8], extension: Option<&str>) -> Option<Self> {
        Self::from_magic(head).or_else(|| extension.and_then(Self::from_extension))
    }
}

/// The rates of MPEG-1, MPEG-2 and MPEG-2.5 layer III, in Hz.
pub const MP3_RATES: [u32; 9] =
    [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/// SHA-256 of a file's sound, whatever its tags. Text and JSON form: 64 hexadecimal digits.
///
/// For WAV and FLAC it covers the interleaved little-endian samples as a WAV data chunk holds them, so a WAV and a FLAC
/// of the same samples agree. For MP3 it covers the audio frames, without the Xing/Info frame and without tags.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct AudioHash(pub [u8; 32]);

impl AudioHash {
    pub(crate) fn finish(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for AudioHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<AudioHash> for String {
    fn from(hash: AudioHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for AudioHash {
    type Error = UnitError;
    fn try_from(text: String) -> Result<Self, UnitError> {
        text.parse()
    }
}

impl FromStr for AudioHash {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let unreadable = || UnitError::Unreadable {
            text: text.to_owned(),
            unit: "SHA-256",
            example: "64 hexadecimal digits",
        };
        let digits = text.trim().as_bytes();
        if digits.len() != 64 {
            return Err(unreadable());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let mut value = 0;
            for digit in pair {
                let digit = char::from(*digit).to_digit(16).ok_or_else(unreadable)?;
                value = value * 16 + digit as u8;
            }
            *byte = value;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_win_over_a_lying_name() {
        let flac = b"fLaC\0\0\0\x22";
        assert_eq!(Format::detect(flac, Some("wav")), Some(Format::Flac));
        assert_eq!(Format::detect(b"RIFF\x24\0\0\0WAVEfmt ", Some(".MP3")), Some(Format::Wav));
        assert_eq!(Format::detect(&[0xff, 0xfb, 0x90, 0x64], None), Some(Format::Mp3));
        assert_eq!(Format::detect(b"hello", Some("wave")), Some(Format::Wav));
        assert_eq!(Format::detect(b"hello", Some("txt")), None);
        assert_eq!(Format::detect(b"", None), None);
        assert_eq!(Format::from_magic(b"RIFF\x24\0\0\0AVI "), None);
    }

    #[test]
    fn an_id3_tag_may_stand_before_flac() {
        let mut head = b"ID3\x04\0\0\0\0\0\x02xx".to_vec();
        assert_eq!(Format::from_magic(&head), Some(Format::Mp3));
        head.extend_from_slice(b"fLaC");
        assert_eq!(Format::from_magic(&head), Some(Format::Flac));
    }

    #[test]
    fn a_hash_survives_its_own_text() {
        let hash = AudioHash(std::array::from_fn(|i| (i * 7) as u8));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!("12".parse::<AudioHash>().is_err());
        assert!("g".repeat(64).parse::<AudioHash>().is_err());
        assert!("é".repeat(32).parse::<AudioHash>().is_err());
    }
}
