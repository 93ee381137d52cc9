//! How things in the library are named and found: whole ids, short forms, and the word `last`.
//!
//! Ids are UUIDs of version 7. Their first half is a time, so ids of one evening begin alike; what tells them apart at
//! a glance is the end. The short form is therefore the last eight characters, and both a unique beginning and a
//! unique ending are understood.

/// The word that stands for the newest take, job or session.
pub const LAST: &str = "last";

/// Fewest characters of an id that are looked up as a part of it.
pub const SHORTEST_PART: usize = 4;

/// The form of an id that people read and type: its last eight characters.
pub fn short(id: &str) -> &str {
    let start = id.len().saturating_sub(8);
    id.get(start..).unwrap_or(id)
}

/// Whether a text could be an id or a part of one: hexadecimal digits and hyphens, long enough, or the word `last`.
pub fn is_id_like(text: &str) -> bool {
    text == LAST
        || ((SHORTEST_PART..=36).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_is_the_part_that_differs() {
        assert_eq!(short("0199aa00-0000-7000-8000-00000000beef"), "0000beef");
        assert_eq!(short("abc"), "abc");
        assert_eq!(short(""), "");
    }

    #[test]
    fn paths_and_stray_words_are_not_ids() {
        for yes in ["last", "beef", "0199aa00-0000-7000-8000-00000000beef"] {
            assert!(is_id_like(yes), "{yes}");
        }
        for no in ["", "bee", "take-1.wav", "/tmp/x", "last one", "%", "é0000", "a' or 1"] {
            assert!(!is_id_like(no), "{no}");
        }
    }
}
