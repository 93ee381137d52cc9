//! The file formats and sample forms that takes are exported in: names, magic bytes, limits. No reading or writing.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::mpeg;
use crate::model::units::UnitError;

/// An audio file format. Text and JSON form: `wav`, `flac`, `mp3`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// RIFF WAVE, uncompressed.
    Wav,
    /// Free Lossless Audio Codec, native stream.
    Flac,
    /// MPEG-1/2/2.5 layer III.
    Mp3,
}

impl FileFormat {
    /// Every format, in the order that menus show.
    pub const ALL: [Self; 3] = [Self::Wav, Self::Flac, Self::Mp3];

    /// The usual file name extension, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Mp3 => "mp3",
        }
    }

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
    pub fn depths(self) -> &'static [BitDepth] {
        match self {
            Self::Wav => &[BitDepth::I16, BitDepth::I24, BitDepth::F32],
            Self::Flac => &[BitDepth::I16, BitDepth::I24],
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

    /// The format that a file name ending (with or without dot, any case) promises.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.trim_start_matches('.').to_ascii_lowercase().as_str() {
            "wav" | "wave" => Some(Self::Wav),
            "flac" => Some(Self::Flac),
            "mp3" => Some(Self::Mp3),
            _ => None,
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

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wav => "WAV",
            Self::Flac => "FLAC",
            Self::Mp3 => "MP3",
        })
    }
}

impl FromStr for FileFormat {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::from_extension(text.trim()).ok_or_else(|| UnitError::Unreadable {
            text: text.to_owned(),
            unit: "file format",
            example: "wav, flac or mp3",
        })
    }
}

/// The form of a stored sample. Text and JSON form: `16`, `24`, `32f`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum BitDepth {
    /// Signed 16 bit integers, dithered.
    I16,
    /// Signed 24 bit integers, rounded.
    I24,
    /// 32 bit IEEE floats, as rendered.
    F32,
}

impl BitDepth {
    /// Bits of one sample.
    pub fn bits(self) -> u16 {
        match self {
            Self::I16 => 16,
            Self::I24 => 24,
            Self::F32 => 32,
        }
    }

    /// Bytes of one sample.
    pub fn bytes(self) -> usize {
        usize::from(self.bits() / 8)
    }

    /// Whether samples are floats.
    pub fn is_float(self) -> bool {
        self == Self::F32
    }
}

impl fmt::Display for BitDepth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I16 => "16 bit",
            Self::I24 => "24 bit",
            Self::F32 => "32 bit float",
        })
    }
}

impl From<BitDepth> for String {
    fn from(depth: BitDepth) -> Self {
        match depth {
            BitDepth::I16 => "16",
            BitDepth::I24 => "24",
            BitDepth::F32 => "32f",
        }
        .to_owned()
    }
}

impl TryFrom<String> for BitDepth {
    type Error = UnitError;
    fn try_from(text: String) -> Result<Self, UnitError> {
        text.parse()
    }
}

impl FromStr for BitDepth {
    type Err = UnitError;
    /// Reads `16`, `24`, `32`, `32f`, and each with `bit`.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let lower = text.trim().to_ascii_lowercase();
        let bare = lower.trim_end_matches("bit").trim_end_matches(['-', ' ']);
        match bare {
            "16" | "i16" | "s16" => Ok(Self::I16),
            "24" | "i24" | "s24" => Ok(Self::I24),
            "32" | "32f" | "f32" | "float" | "32 bit float" => Ok(Self::F32),
            _ => Err(UnitError::Unreadable {
                text: text.to_owned(),
                unit: "bit depth",
                example: "16, 24 or 32f",
            }),
        }
    }
}

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
        assert_eq!(FileFormat::detect(flac, Some("wav")), Some(FileFormat::Flac));
        assert_eq!(
            FileFormat::detect(b"RIFF\x24\0\0\0WAVEfmt ", Some(".MP3")),
            Some(FileFormat::Wav)
        );
        assert_eq!(FileFormat::detect(&[0xff, 0xfb, 0x90, 0x64], None), Some(FileFormat::Mp3));
        assert_eq!(FileFormat::detect(b"hello", Some("wave")), Some(FileFormat::Wav));
        assert_eq!(FileFormat::detect(b"hello", Some("txt")), None);
        assert_eq!(FileFormat::detect(b"", None), None);
        assert_eq!(FileFormat::from_magic(b"RIFF\x24\0\0\0AVI "), None);
    }

    #[test]
    fn an_id3_tag_may_stand_before_flac() {
        let mut head = b"ID3\x04\0\0\0\0\0\x02xx".to_vec();
        assert_eq!(FileFormat::from_magic(&head), Some(FileFormat::Mp3));
        head.extend_from_slice(b"fLaC");
        assert_eq!(FileFormat::from_magic(&head), Some(FileFormat::Flac));
    }

    #[test]
    fn depths_and_formats_are_read_as_typed() {
        assert_eq!("16".parse(), Ok(BitDepth::I16));
        assert_eq!("24-bit".parse(), Ok(BitDepth::I24));
        assert_eq!("32".parse(), Ok(BitDepth::F32));
        assert_eq!("32f".parse(), Ok(BitDepth::F32));
        assert!("20".parse::<BitDepth>().is_err());
        assert!("".parse::<BitDepth>().is_err());
        assert_eq!("FLAC".parse(), Ok(FileFormat::Flac));
        assert!("ogg".parse::<FileFormat>().is_err());
        for depth in [BitDepth::I16, BitDepth::I24, BitDepth::F32] {
            assert_eq!(String::from(depth).parse(), Ok(depth));
        }
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
