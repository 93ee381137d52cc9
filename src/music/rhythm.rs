//! Rhythms on a grid: patterns written as text, Euclidean rhythms, and how syncopated a bar is.

use std::str::FromStr;

/// What happens on a step of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: `.`
    Rest,
    /// A ghost note: `g`
    Ghost,
    /// A normal note: `x`
    Normal,
    /// An accent: `X`
    Accent,
    /// A note left open, such as an open hat: `o`
    Open,
    /// A roll of two to four strokes: `r`
    Roll,
}

impl Step {
    /// Whether something sounds.
    pub fn sounds(self) -> bool {
        self != Self::Rest
    }

    /// How strongly, 0 to 1: 1 an accent, 0.8 normal, 0.35 a ghost, 0 a rest.
    pub fn accent(self) -> f32 {
        match self {
            Self::Rest => 0.0,
            Self::Ghost => 0.35,
            Self::Normal | Self::Open => 0.8,
            Self::Roll => 0.7,
            Self::Accent => 1.0,
        }
    }
}

/// A pattern: steps of equal length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grid {
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// Why a pattern can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' in the pattern '{text}' is no step; use X x g o r and .")]
pub struct GridError {
    /// The character.
    pub found: char,
    /// The whole pattern.
    pub text: String,
}

impl FromStr for Grid {
    type Err = GridError;
    /// Reads `X..x ..x. | X...`; spaces and bar lines only please the eye, `-` is a rest too.
    fn from_str(text: &str) -> Result<Self, GridError> {
        let steps = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '|')
            .map(|c| match c {
                '.' | '-' => Ok(Step::Rest),
                'g' => Ok(Step::Ghost),
                'x' => Ok(Step::Normal),
                'X' => Ok(Step::Accent),
                'o' => Ok(Step::Open),
                'r' => Ok(Step::Roll),
                found => Err(GridError { found, text: text.to_owned() }),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { steps })
    }
}

impl Grid {
    /// Which steps sound.
    pub fn onsets(&self) -> Vec<bool> {
        self.steps.iter().map(|s| s.sounds()).collect()
    }
}

/// The Euclidean rhythm E(hits, steps): hits spread as evenly as whole steps allow, the first on step 0, then rotated
/// left. More hits than steps fill every step. Source: Toussaint 2005; the floor form gives Bjorklund's necklaces.
pub fn euclid(hits: usize, steps: usize, rotation: usize) -> Vec<bool> {
    if steps == 0 {
        return Vec::new();
    }
    let hits = hits.min(steps);
    (0..steps).map(|i| ((i + rotation) % steps) * hits % steps < hits).collect()
}

/// Metric weight of each of `steps` equal steps of a bar: 0 for the downbeat, one less for each halving (or, once the
/// bar is not even, third) of the span. Source: Longuet-Higgins and Lee 1984.
pub fn weights(steps: usize) -> Vec<i32> {
    let mut found = vec![0; steps];
    // Prime factors, largest levels first: twelve steps of 12/8 are 2 x 2 x 3.
    let mut spans = Vec::new();
    let mut span = steps;
    while span > 1 {
        let factor = if span.is_multiple_of(2) {
            2
        } else if span.is_multiple_of(3) {
            3
        } else {
            span
        };
        span /= factor;
        spans.push(span);
    }
    for (index, weight) in found.iter_mut().enumerate().skip(1) {
        let level =
            spans.iter().position(|span| index.is_multiple_of(*span)).unwrap_or(spans.len());
        *weight = -(i32::try_from(level).unwrap_or(i32::MAX - 1) + 1);
    }
    found
}

/// Syncopation of a repeated bar after Longuet-Higgins and Lee 1984: a note followed by a rest on a stronger step
/// counts the difference of their weights. 0 is none.
pub fn syncopation(onsets: &[bool]) -> u32 {
    let weights = weights(onsets.len());
    let steps = onsets.len();
    let mut total = 0;
    for start in (0..steps).filter(|i| onsets.get(*i).copied().unwrap_or(false)) {
        let own = weights.get(start).copied().unwrap_or(0);
        let strongest = (1..steps)
            .map(|d| (start + d) % steps)
            .take_while(|i| !onsets.get(*i).copied().unwrap_or(false))
            .filter_map(|i| weights.get(i).copied())
            .max();
        if let Some(rest) = strongest.filter(|rest| *rest > own) {
            total += rest.abs_diff(own);
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(onsets: &[bool]) -> String {
        onsets.iter().map(|hit| if *hit { 'x' } else { '.' }).collect()
    }

    fn bar(pattern: &str) -> Vec<bool> {
        pattern.parse::<Grid>().expect("a pattern").onsets()
    }

    #[test]
    fn patterns_are_read() {
        let grid = "X.xg o.r- | x".parse::<Grid>().expect("a pattern");
        use Step::{Accent, Ghost, Normal, Open, Rest, Roll};
        assert_eq!(grid.steps, [Accent, Rest, Normal, Ghost, Open, Rest, Roll, Rest, Normal]);
        let error = "X.q.".parse::<Grid>().expect_err("no step");
        assert_eq!(error.to_string(), "'q' in the pattern 'X.q.' is no step; use X x g o r and .");
    }

    #[test]
    fn euclidean_rhythms_are_the_known_ones() {
        assert_eq!(text(&euclid(3, 8, 0)), "x..x..x.");
        assert_eq!(text(&euclid(4, 16, 0)), "x...x...x...x...");
        assert_eq!(text(&euclid(2, 8, 0)), "x...x...");
        // The cinquillo, as a necklace.
        let cinquillo = (0..8).map(|r| text(&euclid(5, 8, r))).collect::<Vec<_>>();
        assert!(cinquillo.contains(&"x.xx.xx.".to_owned()));
        assert_eq!(text(&euclid(9, 4, 0)), "xxxx");
        assert_eq!(text(&euclid(0, 4, 1)), "....");
    }

    #[test]
    fn weights_halve_and_then_divide_by_three() {
        assert_eq!(weights(8), [0, -3, -2, -3, -1, -3, -2, -3]);
        assert_eq!(weights(6), [0, -2, -2, -1, -2, -2]);
        assert_eq!(weights(1), [0]);
        assert!(weights(0).is_empty());
    }

    #[test]
    fn syncopation_grows_from_marches_to_claves() {
        assert_eq!(syncopation(&bar("x...x...x...x...")), 0);
        assert_eq!(syncopation(&bar("x.x.x.x.x.x.x.x.")), 0);
        // Off-beat eighths: before beats 2 and 4 one level is missed, before 3 two, before 1 three.
        assert_eq!(syncopation(&bar("..x...x...x...x.")), 1 + 2 + 1 + 3);
        assert!(syncopation(&bar("x..x..x...x.x...")) > 0);
        assert_eq!(syncopation(&bar("................")), 0);
    }

    proptest! {
        #[test]
        fn euclidean_rhythms_have_their_hits_spread_evenly(hits in 1usize..16, steps in 1usize..32, rotation in 0usize..40) {
            let onsets = euclid(hits, steps, rotation);
            let places = onsets.iter().enumerate().filter(|(_, h)| **h).map(|(i, _)| i).collect::<Vec<_>>();
            prop_assert_eq!(places.len(), hits.min(steps));
            let gaps = (0..places.len()).map(|i| {
                let next = places[(i + 1) % places.len()] + if i + 1 == places.len() { steps } else { 0 };
                next - places[i]
            }).collect::<Vec<_>>();
            prop_assert!(gaps.iter().max().unwrap() - gaps.iter().min().unwrap() <= 1);
        }
    }
}
