//! Words of a prompt, with where they stand.

/// A word of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Lower case, with plain accidentals.
    pub text: String,
    /// As it stands in the prompt.
    pub start: usize,
    /// End in the prompt, exclusive.
    pub end: usize,
    /// Whether a comma, full stop or the like stands before it.
    pub after_break: bool,
}

/// Cuts a prompt into words: runs of letters and digits in any script, with `#`, accidentals and apostrophes, and with
/// `.`, `:` and `/` between digits. Everything else separates.
pub(super) fn cut(prompt: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut open: Option<usize> = None;
    let mut broken = false;
    let mut previous = ' ';
    let mut chars = prompt.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, n)| *n);
        let between_digits = previous.is_ascii_digit() && next.is_ascii_digit();
        let joins = match c {
            '.' | ':' | '/' => open.is_some() && between_digits,
            '#' | '♯' | '♭' => open.is_some(),
            '\'' | '’' | '&' => open.is_some() && next.is_alphanumeric(),
            _ => c.is_alphanumeric(),
        };
        if joins {
            open.get_or_insert(at);
        } else {
            if let Some(start) = open.take() {
                tokens.push(token(prompt, start, at, broken));
                broken = false;
            }
            broken |= matches!(
                c,
                ',' | '.' | ';' | '!' | '?' | '(' | ')' | '\n' | '|' | '—' | '、' | '。'
            );
        }
        previous = c;
    }
    if let Some(start) = open {
        tokens.push(token(prompt, start, prompt.len(), broken));
    }
    tokens
}

fn token(prompt: &str, start: usize, end: usize, after_break: bool) -> Token {
    let text = prompt.get(start..end).unwrap_or_default().to_lowercase();
    let text = text.replace('♯', "#").replace('♭', "b").replace('’', "'");
    Token { text, start, end, after_break }
}
