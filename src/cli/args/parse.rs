//! Parsers of option values that have none of their own in the model. An error says what to write.

use super::sound::From;
use crate::model::request::{Depth, Format};

/// Highest bar that can be named, counted from 1.
const LAST_BAR: u32 = 100_000;
/// Latest start in seconds, a day.
const LAST_SECOND: f64 = 86_400.0;

/// A file format by its extension.
pub(super) fn format(text: &str) -> Result<Format, String> {
    Format::from_extension(text).ok_or_else(|| "write wav, flac or mp3".to_owned())
}

/// A bit depth.
pub(super) fn depth(text: &str) -> Result<Depth, String> {
    match text {
        "16" => Ok(Depth::I16),
        "24" => Ok(Depth::I24),
        "32f" | "32" => Ok(Depth::F32),
        _ => Err("write 16, 24 or 32f".to_owned()),
    }
}

/// A rating, 1 to 5; `up` and `down` are its ends.
pub(super) fn rating(text: &str) -> Result<u8, String> {
    match text {
        "up" => Ok(5),
        "down" => Ok(1),
        "1" | "2" | "3" | "4" | "5" => text.parse().map_err(|_| "write 1 to 5".to_owned()),
        _ => Err("write up, down, or a number from 1 to 5".to_owned()),
    }
}

/// A param of a backend with its value.
pub(super) fn param(text: &str) -> Result<(String, f64), String> {
    let explain = || "write NAME=VALUE, the value as a number".to_owned();
    let (name, value) = text.split_once('=').ok_or_else(explain)?;
    let value = value.trim().parse::<f64>().map_err(|_| explain())?;
    if name.trim().is_empty() || !value.is_finite() {
        return Err(explain());
    }
    Ok((name.trim().to_owned(), value))
}

/// Where playing begins: a time such as `90`, `12.5s` and `1:30`, or a bar counted from 1, such as `bar9`.
pub(super) fn from(text: &str) -> Result<From, String> {
    let explain = || "write a time such as 90, 12.5s or 1:30, or a bar such as bar9".to_owned();
    let lower = text.trim().to_ascii_lowercase();
    if let Some(bar) = lower.strip_prefix("bar") {
        return match bar.trim().parse::<u32>() {
            Ok(bar) if (1..=LAST_BAR).contains(&bar) => Ok(From::Bar(bar)),
            Ok(_) => Err(format!("bars are counted from 1 to {LAST_BAR}")),
            Err(_) => Err(explain()),
        };
    }
    let fields = lower.strip_suffix('s').unwrap_or(&lower).split(':').collect::<Vec<_>>();
    if fields.len() > 3 {
        return Err(explain());
    }
    let mut seconds = 0.0;
    for field in &fields {
        let value = field.trim().parse::<f64>().map_err(|_| explain())?;
        seconds = seconds * 60.0 + value;
        if !(0.0..=LAST_SECOND).contains(&value) {
            return Err(explain());
        }
    }
    if seconds <= LAST_SECOND { Ok(From::Seconds(seconds)) } else { Err(explain()) }
}

/// A length in seconds for a rendering, above 0.
pub(super) fn render_seconds(text: &str) -> Result<f64, String> {
    seconds_within(text, 0.001, 7_200.0)
}

/// How long a device is tried, in seconds.
pub(super) fn probe_seconds(text: &str) -> Result<f64, String> {
    seconds_within(text, 0.1, 60.0)
}

fn seconds_within(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let lower = text.trim().to_ascii_lowercase();
    match lower.strip_suffix('s').unwrap_or(&lower).trim().parse::<f64>() {
        Ok(seconds) if (least..=most).contains(&seconds) => Ok(seconds),
        _ => Err(format!("write seconds, {least} to {most}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_a_time_or_a_bar() {
        assert_eq!(from("0"), Ok(From::Seconds(0.0)));
        assert_eq!(from("1:30"), Ok(From::Seconds(90.0)));
        assert_eq!(
            (from("12.5s"), from("0.25")),
            (Ok(From::Seconds(12.5)), Ok(From::Seconds(0.25)))
        );
        assert_eq!(from("1:02:03.5"), Ok(From::Seconds(3_723.5)));
        assert_eq!((from("bar9"), from("Bar 1")), (Ok(From::Bar(9)), Ok(From::Bar(1))));
        for text in [
            "", "-1", "bar", "bar0", "bar-2", "9bars", "nan", "inf", "barn", "bar1e9", "1:2:3:4",
            "1:-2", "9e9",
        ] {
            assert!(from(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_keep_their_range() {
        assert_eq!((render_seconds("2.5"), probe_seconds("5s")), (Ok(2.5), Ok(5.0)));
        for text in ["0", "-1", "nan", "inf", "1e9", "x", ""] {
            assert!(render_seconds(text).is_err() && probe_seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn words_become_values() {
        assert_eq!(format("FLAC"), Ok(Format::Flac));
        assert_eq!(depth("32f"), Ok(Depth::F32));
        assert_eq!((rating("up"), rating("down"), rating("3")), (Ok(5), Ok(1), Ok(3)));
        assert_eq!(param("swing = 0.6"), Ok(("swing".to_owned(), 0.6)));
    }

    #[test]
    fn nonsense_is_refused_with_the_way_to_write_it() {
        assert!(format("ogg").is_err() && depth("12").is_err());
        for text in ["0", "6", "great", "", "1.5"] {
            assert_eq!(rating(text).map_err(|e| e.contains("1 to 5")), Err(true), "{text}");
        }
        for text in ["swing", "=1", "swing=", "swing=fast", "swing=nan", "swing=inf"] {
            assert_eq!(param(text).map_err(|e| e.contains("NAME=VALUE")), Err(true), "{text}");
        }
    }
}
