//! Newtypes for the quantities that users and files state, each with its range, its parser and its text form.
//!
//! A value of one of these types is always inside its range, so the code that takes one needs no check of its own.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a text or a number is not a value of a unit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnitError {
    /// The text could not be read as this unit at all.
    #[error("'{text}' is not a {unit}; write it like {example}")]
    Unreadable {
        /// What was given.
        text: String,
        /// What was wanted, in plain words.
        unit: &'static str,
        /// A text that would have been read.
        example: &'static str,
    },
    /// The number was read, but lies outside what makes sense.
    #[error("{value} is out of range for a {unit}: {min} to {max}")]
    OutOfRange {
        /// What was given, in the unit.
        value: f64,
        /// What was wanted, in plain words.
        unit: &'static str,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
}

fn bounded(value: f64, unit: &'static str, min: f64, max: f64) -> Result<f64, UnitError> {
    // NaN fails both comparisons of a plain range test, so it is caught by asking for "inside" rather than "outside".
    if value >= min && value <= max {
        Ok(value)
    } else {
        Err(UnitError::OutOfRange { value, unit, min, max })
    }
}

/// Tempo in beats (quarter notes, or dotted quarters in compound metres) per minute, 20 to 400.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64")]
pub struct Bpm(f64);

impl Bpm {
    /// Slowest tempo allowed, in beats per minute.
    pub const MIN: f64 = 20.0;
    /// Fastest tempo allowed, in beats per minute.
    pub const MAX: f64 = 400.0;

    /// Checks the range. Errors: [`UnitError::OutOfRange`].
    pub fn new(value: f64) -> Result<Self, UnitError> {
        bounded(value, "tempo in BPM", Self::MIN, Self::MAX).map(Self)
    }

    /// The nearest tempo inside the range; NaN becomes 120.
    pub fn clamped(value: f64) -> Self {
        if value.is_nan() { Self(120.0) } else { Self(value.clamp(Self::MIN, Self::MAX)) }
    }

    /// Beats per minute.
    pub fn get(self) -> f64 {
        self.0
    }

    /// Length of one beat in seconds.
    pub fn beat_seconds(self) -> f64 {
        60.0 / self.0
    }
}

impl TryFrom<f64> for Bpm {
    type Error = UnitError;
    fn try_from(value: f64) -> Result<Self, UnitError> {
        Self::new(value)
    }
}

impl From<Bpm> for f64 {
    fn from(bpm: Bpm) -> Self {
        bpm.0
    }
}

impl FromStr for Bpm {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let lower = text.trim().to_ascii_lowercase();
        let number = lower.strip_suffix("bpm").unwrap_or(&lower).trim();
        let value = number.parse::<f64>().map_err(|_| UnitError::Unreadable {
            text: text.to_owned(),
            unit: "tempo",
            example: "120 or 92.5",
        })?;
        Self::new(value)
    }
}

impl fmt::Display for Bpm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.fract() == 0.0 { write!(f, "{:.0}", self.0) } else { write!(f, "{:.2}", self.0) }
    }
}

/// Integrated loudness in LUFS (ITU-R BS.1770), -40 to -5 as a target.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64")]
pub struct Lufs(f64);

impl Lufs {
    /// What streaming services level to, and our default.
    pub const STREAMING: Self = Self(-14.0);

    /// Checks the range. Errors: [`UnitError::OutOfRange`].
    pub fn new(value: f64) -> Result<Self, UnitError> {
        bounded(value, "loudness target in LUFS", -40.0, -5.0).map(Self)
    }

    /// LUFS.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Lufs {
    type Error = UnitError;
    fn try_from(value: f64) -> Result<Self, UnitError> {
        Self::new(value)
    }
}

impl From<Lufs> for f64 {
    fn from(lufs: Lufs) -> Self {
        lufs.0
    }
}

impl FromStr for Lufs {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let lower = text.trim().to_ascii_lowercase();
        let number = lower.strip_suffix("lufs").unwrap_or(&lower).trim();
        let value = number.parse::<f64>().map_err(|_| UnitError::Unreadable {
            text: text.to_owned(),
            unit: "loudness",
            example: "-14",
        })?;
        Self::new(value)
    }
}

impl fmt::Display for Lufs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} LUFS", self.0)
    }
}

/// Frames per second, 8,000 to 192,000.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u32", into = "u32")]
#[schemars(with = "u32")]
pub struct SampleRate(u32);

impl SampleRate {
    /// The rate that every built-in instrument is tuned at, and our default.
    pub const HZ_48000: Self = Self(48_000);

    /// Checks the range. Errors: [`UnitError::OutOfRange`].
    pub fn new(value: u32) -> Result<Self, UnitError> {
        bounded(f64::from(value), "sample rate in Hz", 8_000.0, 192_000.0).map(|_| Self(value))
    }

    /// Frames per second.
    pub fn get(self) -> u32 {
        self.0
    }

    /// Frames per second, for arithmetic.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0)
    }
}

impl TryFrom<u32> for SampleRate {
    type Error = UnitError;
    fn try_from(value: u32) -> Result<Self, UnitError> {
        Self::new(value)
    }
}

impl From<SampleRate> for u32 {
    fn from(rate: SampleRate) -> Self {
        rate.0
    }
}

impl FromStr for SampleRate {
    type Err = UnitError;
    /// Reads `48000`, `48k`, `44.1k` and `44.1 kHz`.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let unreadable = || UnitError::Unreadable {
            text: text.to_owned(),
            unit: "sample rate",
            example: "48000 or 44.1k",
        };
        let lower = text.trim().to_ascii_lowercase();
        let bare = lower.strip_suffix("hz").unwrap_or(&lower).trim_end();
        let (number, scale) = match bare.strip_suffix('k') {
            Some(kilo) => (kilo.trim_end(), 1_000.0),
            None => (bare, 1.0),
        };
        let value = number.parse::<f64>().map_err(|_| unreadable())? * scale;
        bounded(value, "sample rate in Hz", 8_000.0, 192_000.0)?;
        Self::new(value.round() as u32)
    }
}

impl fmt::Display for SampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz", self.0)
    }
}

/// How long the music should be, as a user states it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// Seconds, 1 to 1,800.
    Seconds(f64),
    /// Bars of the piece's metre, 1 to 999.
    Bars(u32),
}

impl Length {
    /// Longest take that is rendered in one piece, in seconds.
    pub const MAX_SECONDS: f64 = 1_800.0;

    /// Checks the range. Errors: [`UnitError::OutOfRange`].
    pub fn seconds(value: f64) -> Result<Self, UnitError> {
        bounded(value, "duration in seconds", 1.0, Self::MAX_SECONDS).map(Self::Seconds)
    }

    /// Checks the range. Errors: [`UnitError::OutOfRange`].
    pub fn bars(value: u32) -> Result<Self, UnitError> {
        bounded(f64::from(value), "duration in bars", 1.0, 999.0).map(|_| Self::Bars(value))
    }
}

impl FromStr for Length {
    type Err = UnitError;
    /// Reads `12`, `12s`, `1.5m`, `2min`, `1:30`, `1:02:03` and `16bars` / `16 bars`.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let unreadable = || UnitError::Unreadable {
            text: text.to_owned(),
            unit: "duration",
            example: "12, 90s, 1:30 or 16bars",
        };
        let lower = text.trim().to_ascii_lowercase();
        if let Some(bars) = ["bars", "bar"].iter().find_map(|suffix| lower.strip_suffix(suffix)) {
            let count = bars.trim().parse::<f64>().map_err(|_| unreadable())?;
            bounded(count, "duration in bars", 1.0, 999.0)?;
            if count.fract() != 0.0 {
                return Err(unreadable());
            }
            return Self::bars(count as u32);
        }
        if lower.contains(':') {
            let fields = lower.split(':').collect::<Vec<_>>();
            if fields.len() > 3 {
                return Err(unreadable());
            }
            let mut total = 0.0;
            for (index, field) in fields.iter().enumerate() {
                let value = field.parse::<f64>().map_err(|_| unreadable())?;
                // In 1:75 the seconds overflow into minutes, which is more likely a slip than a wish.
                if value < 0.0 || (index > 0 && value >= 60.0) {
                    return Err(unreadable());
                }
                total = total * 60.0 + value;
            }
            return Self::seconds(total);
        }
        let suffixes = [
            ("seconds", 1.0),
            ("secs", 1.0),
            ("sec", 1.0),
            ("minutes", 60.0),
            ("mins", 60.0),
            ("min", 60.0),
            ("s", 1.0),
            ("m", 60.0),
        ];
        let (number, scale) = suffixes
            .iter()
            .find_map(|(suffix, scale)| {
                lower.strip_suffix(suffix).map(|rest| (rest.trim(), *scale))
            })
            .unwrap_or((lower.as_str(), 1.0));
        let value = number.parse::<f64>().map_err(|_| unreadable())?;
        Self::seconds(value * scale)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Seconds(s) if s.fract() == 0.0 => write!(f, "{s:.0} s"),
            Self::Seconds(s) => write!(f, "{s:.2} s"),
            Self::Bars(1) => write!(f, "1 bar"),
            Self::Bars(n) => write!(f, "{n} bars"),
        }
    }
}

/// The number from which every random decision of a take descends. Shown and stored in decimal.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// Seeds that we draw ourselves stay below 2^53, so that they survive every JSON reader unharmed.
    pub const DRAW_LIMIT: u64 = 1 << 53;
}

impl FromStr for Seed {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        text.trim().parse::<u64>().map(Self).map_err(|_| UnitError::Unreadable {
            text: text.to_owned(),
            unit: "seed",
            example: "42 (a whole number from 0 to 18446744073709551615)",
        })
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Converts decibels to a linear gain factor. Source: 20 log10, amplitude.
pub fn db_to_gain(db: f64) -> f64 {
    libm::pow(10.0, db / 20.0)
}

/// Converts a linear gain factor to decibels; zero and below give -infinity.
pub fn gain_to_db(gain: f64) -> f64 {
    if gain > 0.0 { 20.0 * libm::log10(gain) } else { f64::NEG_INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_every_form_that_people_type() {
        let seconds = |t: &str| t.parse::<Length>();
        assert_eq!(seconds("12"), Ok(Length::Seconds(12.0)));
        assert_eq!(seconds("12s"), Ok(Length::Seconds(12.0)));
        assert_eq!(seconds("1:30"), Ok(Length::Seconds(90.0)));
        assert_eq!(
            seconds("1:00:00").map_err(|e| e.to_string()).err(),
            Some("3600 is out of range for a duration in seconds: 1 to 1800".into())
        );
        assert_eq!(seconds("1.5m"), Ok(Length::Seconds(90.0)));
        assert_eq!(seconds("2 min"), Ok(Length::Seconds(120.0)));
        assert_eq!(seconds("16bars"), Ok(Length::Bars(16)));
        assert_eq!(seconds("16 bars"), Ok(Length::Bars(16)));
    }

    #[test]
    fn nonsense_is_refused_with_an_example_or_the_range() {
        for text in
            ["", "0", "-3", "nan", "inf", "1:75", "1:2:3:4", "0bars", "2.5bars", "1e9", "bars", ":"]
        {
            assert!(text.parse::<Length>().is_err(), "{text}");
        }
        for text in ["", "0", "-1", "19.9", "401", "nan", "inf", "fast"] {
            assert!(text.parse::<Bpm>().is_err(), "{text}");
        }
        for text in ["0", "7999", "192001", "k", "48 q"] {
            assert!(text.parse::<SampleRate>().is_err(), "{text}");
        }
    }

    #[test]
    fn rates_and_tempos_are_read_with_their_units() {
        assert_eq!("44.1k".parse::<SampleRate>().map(SampleRate::get), Ok(44_100));
        assert_eq!("48 kHz".parse::<SampleRate>().map(SampleRate::get), Ok(48_000));
        assert_eq!("82 bpm".parse::<Bpm>().map(Bpm::get), Ok(82.0));
        assert_eq!(Bpm::clamped(92.5).to_string(), "92.50");
    }
}
