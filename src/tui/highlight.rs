//! Colours the words of a prompt: genre, mood, instrument, tempo, key, length, refusals, flags and commands.
//!
//! Shapes (numbers with units, keys, flags, commands) are found by the grammar assets/timbre-prompt.sublime-syntax; the words
//! between them are looked up in assets/prompt-words.toml, which a test holds to the composer's lexicon. This is a quick look
//! while typing; what a prompt really means, the backend's brief says.
//! The [`Highlighter`] lives in the composer (`model::input::Composer::highlighter`); nothing of it is global.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use syntect::parsing::syntax_definition::SyntaxDefinition;
use syntect::parsing::{
    ParseState, Scope as Mark, ScopeStack, ScopeStackOp, SyntaxSet, SyntaxSetBuilder,
};

use super::action::TABLE;
use super::scope::Scope;

const GRAMMAR: &str = include_str!("../../assets/timbre-prompt.sublime-syntax");
const WORDS: &str = include_str!("../../assets/prompt-words.toml");

/// Lines whose colours are remembered: more than a composer shows.
const REMEMBERED: usize = 64;
/// Bytes of a line that are looked at. A longer line is pasted text, which nobody reads word by word.
const LONGEST: usize = 2_048;
/// The grammar's name for what is just a word.
const PLAIN: &str = "word.plain";
/// Most words of a phrase; the lexicon has none that is longer.
const MAX_WORDS: usize = 4;
/// Words that refuse what follows them, and those that may stand between.
const REFUSALS: [&str; 5] = ["no", "without", "minus", "except", "excluding"];
const BETWEEN: [&str; 3] = ["any", "the", "a"];

/// A stretch of a line in bytes, and its scope. Stretches of a line come in order and never overlap.
pub type Span = (Range<usize>, Scope);

/// Why the grammar could not be read. It ships with the program, so a test sees this, and no user.
#[derive(Debug, thiserror::Error)]
pub enum GrammarError {
    /// The list of words is broken.
    #[error("assets/prompt-words.toml: {0}")]
    Words(#[from] toml::de::Error),
    /// The grammar is broken.
    #[error("assets/timbre-prompt.sublime-syntax: {0}")]
    Grammar(#[from] syntect::parsing::ParseSyntaxError),
    /// A scope has a name that can't be one.
    #[error("the scope '{0}' has a name that no grammar can use")]
    Scope(&'static str),
}

impl GrammarError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        "correct the file, or restore the one that ships with Timbre"
    }
}

/// Colours lines, and remembers the last ones.
#[derive(Debug, Clone)]
pub struct Highlighter {
    grammar: Option<Arc<Grammar>>,
    known: RefCell<VecDeque<(String, Arc<[Span]>)>>,
}

#[derive(Debug)]
struct Grammar {
    syntaxes: SyntaxSet,
    /// Scopes by the grammar's names; `None` is a plain word.
    scopes: Vec<(Mark, Option<Scope>)>,
    /// Words and phrases: lower case, with single spaces.
    words: BTreeMap<String, Scope>,
}

impl Default for Highlighter {
    fn default() -> Self {
        Self::new()
    }
}

impl Highlighter {
    /// With the grammar that ships with Timbre.
    pub fn new() -> Self {
        Self { grammar: Grammar::read().ok().map(Arc::new), known: RefCell::default() }
    }

    /// The coloured stretches of one line without its line break. What is not in one is plain text.
    pub fn spans(&self, line: &str) -> Arc<[Span]> {
        let Some(grammar) = &self.grammar else { return Arc::new([]) };
        // Nothing else borrows: this is the only place that does, and it calls nothing that comes back here.
        let mut known = self.known.borrow_mut();
        if let Some((_, spans)) = known.iter().find(|(text, _)| text == line) {
            return spans.clone();
        }
        let spans: Arc<[Span]> = grammar.spans(line).into();
        if known.len() == REMEMBERED {
            known.pop_front();
        }
        known.push_back((line.to_owned(), spans.clone()));
        spans
    }

    /// The words that are known, in alphabetical order, with their kind: lower case, with single spaces.
    pub fn words(&self) -> impl Iterator<Item = (&str, Scope)> {
        let words = self.grammar.iter().flat_map(|grammar| &grammar.words);
        words.map(|(word, scope)| (word.as_str(), *scope))
    }
}

impl Grammar {
    fn read() -> Result<Self, GrammarError> {
        let names = TABLE.iter().flat_map(|info| std::iter::once(&info.name).chain(info.aliases));
        let mut names = names.copied().collect::<Vec<_>>();
        // Long ones first, so that none hides a longer one that begins with it.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let text = GRAMMAR.replace("@commands@", &names.join("|"));
        let mut builder = SyntaxSetBuilder::new();
        builder.add(SyntaxDefinition::load_from_str(&text, false, None)?);
        let named = Scope::ALL.iter().map(|(scope, name)| (*name, Some(*scope)));
        let scopes = named
            .chain([(PLAIN, None)])
            .map(|(name, scope)| {
                Ok((Mark::new(name).map_err(|_| GrammarError::Scope(name))?, scope))
            })
            .collect::<Result<_, GrammarError>>()?;
        let lists: BTreeMap<String, Vec<String>> = toml::from_str(WORDS)?;
        let mut words = BTreeMap::new();
        for (kind, list) in lists {
            let scope = match kind.as_str() {
                "genre" => Scope::WordGenre,
                "instrument" => Scope::WordInstrument,
                "mood" => Scope::WordMood,
                "tempo" => Scope::WordTempo,
                _ => continue,
            };
            words.extend(list.into_iter().map(|word| (word, scope)));
        }
        Ok(Self { syntaxes: builder.build(), scopes, words })
    }

    fn spans(&self, line: &str) -> Vec<Span> {
        let line = line.get(..line.floor_char_boundary(LONGEST)).unwrap_or(line);
        let shapes = self.shapes(line);
        let mut spans: Vec<Span> = Vec::new();
        let mut rest = shapes.as_slice();
        while let Some(((range, scope), after)) = rest.split_first() {
            match scope {
                Some(scope) => {
                    spans.push((range.clone(), *scope));
                    rest = after;
                }
                None => {
                    let (taken, span) = self.phrase(line, rest);
                    spans.extend(span);
                    rest = rest.get(taken..).unwrap_or_default();
                }
            }
        }
        spans
    }

    /// What the grammar finds: stretches in order, `None` for plain words.
    fn shapes(&self, line: &str) -> Vec<(Range<usize>, Option<Scope>)> {
        let Some(syntax) = self.syntaxes.syntaxes().first() else { return Vec::new() };
        let Ok(steps) = ParseState::new(syntax).parse_line(line, &self.syntaxes) else {
            return Vec::new();
        };
        let mut shapes = Vec::new();
        let mut stack = ScopeStack::new();
        let mut from = 0;
        for (at, step) in steps.into_iter().chain([(line.len(), ScopeStackOp::Noop)]) {
            if at > from
                && let Some(scope) = self.scope(&stack)
            {
                shapes.push((from..at, scope));
            }
            from = from.max(at);
            if stack.apply(&step).is_err() {
                break;
            }
        }
        shapes
    }

    fn scope(&self, stack: &ScopeStack) -> Option<Option<Scope>> {
        let top = stack.as_slice().last()?;
        self.scopes.iter().find(|(mark, _)| mark == top).map(|(_, scope)| *scope)
    }

    /// The longest phrase that begins with the first of these words: how many words it takes, and its stretch. A word that
    /// means nothing takes one and has no stretch.
    fn phrase(&self, line: &str, words: &[(Range<usize>, Option<Scope>)]) -> (usize, Option<Span>) {
        let run = run(line, words);
        let text = |index: usize| -> Option<String> {
            Some(line.get(run.get(index)?.clone())?.to_lowercase())
        };
        let first = text(0).unwrap_or_default();
        let start = run.first().map_or(0, |range| range.start);
        if REFUSALS.contains(&first.as_str()) {
            let skip =
                if text(1).is_some_and(|word| BETWEEN.contains(&word.as_str())) { 2 } else { 1 };
            let found = self.longest(line, run.get(skip..).unwrap_or_default());
            if let Some((taken, end, Scope::WordInstrument)) = found {
                return (skip + taken, Some((start..end, Scope::WordWithout)));
            }
        }
        match self.longest(line, &run) {
            Some((taken, end, scope)) => (taken, Some((start..end, scope))),
            None => (1, None),
        }
    }

    fn longest(&self, line: &str, run: &[Range<usize>]) -> Option<(usize, usize, Scope)> {
        (1..=MAX_WORDS.min(run.len())).rev().find_map(|count| {
            let words = run.get(..count)?.iter().filter_map(|range| line.get(range.clone()));
            let phrase = words.collect::<Vec<_>>().join(" ").to_lowercase().replace('-', " ");
            let single = phrase.strip_suffix('s').filter(|single| single.chars().count() > 2);
            let scope = self.words.get(&phrase).or_else(|| self.words.get(single?))?;
            Some((count, run.get(count - 1)?.end, *scope))
        })
    }
}

/// The words at the beginning that stand together, with nothing but blanks between them.
fn run(line: &str, words: &[(Range<usize>, Option<Scope>)]) -> Vec<Range<usize>> {
    let mut run: Vec<Range<usize>> = Vec::new();
    // A refusal, a word between, and a phrase.
    for (range, scope) in words.iter().take(MAX_WORDS + 2) {
        let joined = run.last().is_none_or(|last| {
            line.get(last.end..range.start).is_some_and(|gap| gap.chars().all(char::is_whitespace))
        });
        if scope.is_some() || !joined {
            break;
        }
        run.push(range.clone());
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `word=scope` for each stretch.
    fn told(line: &str) -> String {
        let spans = Highlighter::new().spans(line);
        let words =
            spans.iter().map(|(range, scope)| format!("{}={}", &line[range.clone()], scope.name()));
        words.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn the_grammar_and_the_words_are_read() {
        let grammar = Grammar::read().unwrap();
        assert_eq!(grammar.syntaxes.syntaxes().len(), 1);
        assert!(grammar.words.len() > 1_000);
        assert!(grammar.words.keys().all(|word| word.split(' ').count() <= MAX_WORDS));
    }

    #[test]
    fn words_get_the_colour_of_their_kind() {
        for (line, expected) in [
            (
                "Lo-fi hip hop, rainy night, 82 bpm",
                "Lo-fi hip hop=word.genre | rainy=word.instrument | night=word.mood | 82 bpm=word.tempo",
            ),
            (
                "sad piano ballad in C# minor, 30 s",
                "sad=word.mood | piano=word.instrument | ballad=word.genre | in C# minor=word.key | 30 s=word.duration",
            ),
            ("rock drums", "rock drums=word.instrument"),
            ("rock, drums", "rock=word.genre | drums=word.instrument"),
            (
                "house without the drums and no bass",
                "house=word.genre | without the drums=word.without | no bass=word.without",
            ),
            (
                "waltz in 3/4, 1:30, 32 bars",
                "3/4=word.tempo | 1:30=word.duration | 32 bars=word.duration",
            ),
            ("Am or F#m", "Am=word.key | F#m=word.key"),
            ("in dorian", "in dorian=word.key"),
            ("jazzy boats", ""),
            ("drum & bass", "drum & bass=word.genre"),
            ("very slow", "very slow=word.tempo"),
            ("", ""),
        ] {
            assert_eq!(told(line), expected, "{line}");
        }
    }

    #[test]
    fn commands_are_told_from_prompts() {
        assert_eq!(told("/play 3"), "/play=word.command");
        assert_eq!(told("/name Sad house"), "/name=word.command");
        assert_eq!(
            told("/generate sad house"),
            "/generate=word.command | sad=word.mood | house=word.genre"
        );
        assert_eq!(told("/export flac --force"), "/export=word.command | --force=word.flag");
        assert_eq!(told("/tempo 90 bpm"), "/tempo=word.command | 90 bpm=word.tempo");
        assert_eq!(told("/nonsense house"), "house=word.genre");
        assert_eq!(
            told("house [pasted 12 lines]"),
            "house=word.genre | [pasted 12 lines]=text.hint"
        );
    }

    #[test]
    fn a_line_is_read_once() {
        let highlighter = Highlighter::new();
        let first = highlighter.spans("deep house");
        assert!(Arc::ptr_eq(&first, &highlighter.spans("deep house")));
        for number in 0..2 * REMEMBERED {
            highlighter.spans(&format!("house {number}"));
        }
        assert_eq!(highlighter.known.borrow().len(), REMEMBERED);
    }

    proptest! {
        #[test]
        fn stretches_are_in_order_and_between_characters(line in "(\\PC|house|no drums|雨|/play| ){0,40}") {
            let mut end = 0;
            for (range, _) in Highlighter::new().spans(&line).iter() {
                prop_assert!(range.start >= end && range.start < range.end);
                prop_assert!(line.get(range.clone()).is_some());
                end = range.end;
            }
        }
    }
}
