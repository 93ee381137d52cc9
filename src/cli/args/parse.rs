//! Parsers of option values that have none of their own in the model. An error says what to write.

use crate::model::request::{Depth, Format};

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

#[cfg(test)]
mod tests {
    use super::*;

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
