//! The file formats and sample forms that takes are written in: names only. What their files look like is known to
//! [`crate::audio::format`].

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::UnitError;

/// File formats that takes are written in. JSON form: `wav`, `flac`, `mp3`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RIFF WAVE, PCM or float.
    Wav,
    /// Free Lossless Audio Codec.
    Flac,
    /// MPEG-1/2 layer III.
    Mp3,
}

impl Format {
    /// Every format, in the order that menus show.
    pub const ALL: [Self; 3] = [Self::Wav, Self::Flac, Self::Mp3];

    /// File name extension without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Mp3 => "mp3",
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
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wav => "WAV",
            Self::Flac => "FLAC",
            Self::Mp3 => "MP3",
        })
    }
}

impl FromStr for Format {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::from_extension(text.trim()).ok_or_else(|| UnitError::Unreadable {
            text: text.to_owned(),
            unit: "file format",
            example: "wav, flac or mp3",
        })
    }
}

/// Sample formats of a written file. JSON form: `16`, `24`, `32f`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Depth {
    /// 16-bit integer, dithered.
    #[serde(rename = "16")]
    I16,
    /// 24-bit integer.
    #[serde(rename = "24")]
    I24,
    /// 32-bit float (WAV only).
    #[serde(rename = "32f")]
    F32,
}

impl Depth {
    /// Every depth, coarsest first.
    pub const ALL: [Self; 3] = [Self::I16, Self::I24, Self::F32];

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

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I16 => "16 bit",
            Self::I24 => "24 bit",
            Self::F32 => "32 bit float",
        })
    }
}

impl FromStr for Depth {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_and_formats_are_read_as_typed() {
        assert_eq!("16".parse(), Ok(Depth::I16));
        assert_eq!("24-bit".parse(), Ok(Depth::I24));
        assert_eq!("32".parse(), Ok(Depth::F32));
        assert_eq!("32f".parse(), Ok(Depth::F32));
        assert!("20".parse::<Depth>().is_err());
        assert!("".parse::<Depth>().is_err());
        assert_eq!("FLAC".parse(), Ok(Format::Flac));
        assert!("ogg".parse::<Format>().is_err());
    }

    #[test]
    fn what_is_shown_and_what_is_stored_is_read_back() {
        for depth in Depth::ALL {
            assert_eq!(depth.to_string().parse(), Ok(depth));
            let stored = serde_json::to_value(depth).unwrap();
            assert_eq!(stored.as_str().unwrap().parse(), Ok(depth));
        }
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
            let stored = serde_json::to_value(format).unwrap();
            assert_eq!(stored.as_str(), Some(format.extension()));
        }
    }
}
