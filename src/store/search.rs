//! From what people type into a search box to a full-text query that means just that.
//!
//! Every word becomes a quoted string, so nothing that is typed can be an operator of the query language
//! (<https://www.sqlite.org/fts5.html#full_text_query_syntax>).

/// Most words that are looked at.
const MOST_WORDS: usize = 32;

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// Nothing was typed: everything matches.
    Everything,
    /// Nothing that could be found was typed, such as `!!!`: nothing matches.
    Nothing,
    /// A query for FTS5 `MATCH`.
    Match(String),
}

/// Reads a search text: words match the beginnings of words, and words in double quotes must stand together.
pub fn read_search(text: &str) -> Search {
    if text.trim().is_empty() {
        return Search::Everything;
    }
    let mut terms = Vec::new();
    // Every second piece between quotes is a phrase; a quote without its partner closes at the end.
    for (index, piece) in text.split('"').enumerate() {
        if index % 2 == 1 {
            terms.extend(quoted(piece));
        } else {
            terms.extend(piece.split_whitespace().filter_map(quoted).map(|word| word + "*"));
        }
    }
    terms.truncate(MOST_WORDS);
    if terms.is_empty() { Search::Nothing } else { Search::Match(terms.join(" ")) }
}

/// A quoted string, if anything in it can be indexed.
fn quoted(text: &str) -> Option<String> {
    let clean = text.chars().filter(|c| *c != '\0' && *c != '"').collect::<String>();
    clean.chars().any(char::is_alphanumeric).then(|| format!("\"{}\"", clean.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> String {
        match read_search(text) {
            Search::Everything => "everything".into(),
            Search::Nothing => "nothing".into(),
            Search::Match(query) => query,
        }
    }

    #[test]
    fn words_are_beginnings_and_quotes_hold_together() {
        assert_eq!(query("dusty lofi"), r#""dusty"* "lofi"*"#);
        assert_eq!(query(r#""late night" rhodes"#), r#""late night" "rhodes"*"#);
        assert_eq!(query(r#"open "end here"#), r#""open"* "end here""#);
        assert_eq!(query("  "), "everything");
        assert_eq!(query("!!! ***"), "nothing");
    }

    #[test]
    fn operators_of_the_query_language_are_only_words() {
        assert_eq!(query("NOT a OR b* NEAR(x, 2)"), r#""NOT"* "a"* "OR"* "b*"* "NEAR(x,"* "2)"*"#);
        assert_eq!(query("title:x ^y -z"), r#""title:x"* "^y"* "-z"*"#);
    }
}
