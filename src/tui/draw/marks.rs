//! Small marks: stars, licence badges, and the marks of weights. Each is a shape or a word, never a colour alone.

use crate::tui::model::Weight;
use crate::tui::scope::Scope;

/// Five stars, so many of them filled; empty where nothing was rated.
pub fn stars(rating: Option<u8>) -> String {
    match rating {
        None | Some(0) => String::new(),
        Some(rating) => (1..=5).map(|star| if star <= rating { '★' } else { '☆' }).collect(),
    }
}

/// The words of a licence's badge, and whether it forbids something.
///
/// Non-commercial and no-derivatives terms of Creative Commons, and terms that nobody knows, are to be noticed; an added
/// `!` says so without colour.
pub fn badge(licence: &str) -> (String, Scope) {
    let upper = licence.to_ascii_uppercase();
    let forbids = upper.contains("-NC") || upper.contains("-ND") || upper.contains("NONCOMMERCIAL");
    if licence.trim().is_empty() {
        return ("terms unknown !".to_owned(), Scope::BadgeWarning);
    }
    if forbids {
        return (format!("{licence} !"), Scope::BadgeWarning);
    }
    (licence.to_owned(), Scope::Badge)
}

/// The mark and the scope of a weight.
pub fn weight(weight: Weight) -> (char, Scope) {
    match weight {
        Weight::Note => ('·', Scope::Hint),
        Weight::Good => ('✓', Scope::Good),
        Weight::Warning => ('!', Scope::Warning),
        Weight::Bad => ('✗', Scope::Bad),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_told_by_their_shapes() {
        assert_eq!(stars(Some(3)), "★★★☆☆");
        assert_eq!(stars(None), "");
        assert_eq!(badge("CC0-1.0"), ("CC0-1.0".to_owned(), Scope::Badge));
        assert_eq!(badge("CC-BY-NC-4.0"), ("CC-BY-NC-4.0 !".to_owned(), Scope::BadgeWarning));
        assert_eq!(badge("").1, Scope::BadgeWarning);
        let glyphs: std::collections::BTreeSet<char> =
            [Weight::Note, Weight::Good, Weight::Warning, Weight::Bad].map(|w| weight(w).0).into();
        assert_eq!(glyphs.len(), 4);
    }
}
