//! Substitutions: other chords of the same function, for sections that come back.

use super::Bar;
use crate::generate::composer::chance::Dice;
use crate::generate::composer::genre::chart::Substitution;
use crate::generate::composer::sketch::{Plan, substream};
use crate::music::numeral::Numeral;

/// Most substitutions in eight bars.
const MOST: usize = 2;

/// Varies the bars of a section that was heard before. The first bar stays, so that it is known again.
pub(super) fn vary(bars: &mut [Bar], plan: &Plan, section: usize, repeat: u32) {
    let index = u32::try_from(section).unwrap_or(0);
    let mut dice = Dice::new(substream(plan.seed, "substitution", index, repeat, ""));
    for window in bars.chunks_mut(8) {
        let mut made = 0;
        for at in 1..window.len() {
            if made >= MOST || !dice.chance(0.22) {
                continue;
            }
            let Some(kind) = dice.pick(&plan.colour.substitutions).copied() else { return };
            let before =
                at.checked_sub(1).and_then(|i| window.get(i)).and_then(|b| b.last()).cloned();
            let after = window.get(at + 1).and_then(|b| b.first()).cloned();
            if let Some(bar) = window.get_mut(at)
                && let Some(other) = apply(kind, bar, before.as_deref(), after.as_deref())
            {
                *bar = other;
                made += 1;
            }
        }
    }
}

/// The bar after a substitution, where it can be made there.
fn apply(
    kind: Substitution,
    bar: &[String],
    before: Option<&str>,
    after: Option<&str>,
) -> Option<Bar> {
    let read = |text: &str| Numeral::read(text).ok();
    let [only] = bar else { return None };
    let own = read(only)?;
    let plain = own.shift == 0 && !only.contains('/');
    let small = own.suffix.starts_with('m') && !own.suffix.starts_with("maj");
    let next = after.and_then(read);
    let to_tonic = next.as_ref().is_some_and(Numeral::is_tonic);
    match kind {
        Substitution::TwoForFour => (plain && own.degree == 4 && !small)
            .then(|| vec![if own.suffix.is_empty() { "ii" } else { "ii7" }.to_owned()]),
        Substitution::Deceptive => {
            let after_dominant = before.and_then(read).is_some_and(|b| b.is_dominant());
            (own.is_tonic() && plain && !small && after_dominant).then(|| vec!["vi".to_owned()])
        }
        Substitution::SecondaryDominant => {
            let target = next.filter(|n| n.shift == 0 && matches!(n.degree, 2 | 5 | 6))?;
            let minor = target.suffix.starts_with('m') && !target.suffix.starts_with("maj");
            let names = ["", "", "ii", "", "", "V", "vi"];
            let name = names.get(usize::from(target.degree))?;
            // Only what the target really is: the dominant of a major II would be another chord.
            let honest = minor == (target.degree != 5);
            honest.then(|| vec![only.clone(), format!("V7/{name}")])
        }
        Substitution::Tritone => (plain
            && own.degree == 5
            && own.suffix.starts_with(['7', '9', '1'])
            && !own.suffix.contains("sus")
            && to_tonic)
            .then(|| vec![only.clone(), "bII7".to_owned()]),
        Substitution::MinorFour => (plain && own.degree == 4 && !small && to_tonic).then(|| {
            vec![only.clone(), if own.suffix.is_empty() { "iv" } else { "iv9" }.to_owned()]
        }),
        Substitution::FlatSeven => {
            let power = own.suffix == "5";
            (to_tonic && !own.is_tonic() && own.shift == 0 && own.degree != 7)
                .then(|| vec![only.clone(), if power { "bVII5" } else { "bVII" }.to_owned()])
        }
        Substitution::Suspend => {
            (plain && own.degree == 5 && !small && matches!(own.suffix, "" | "7"))
                .then(|| vec![format!("V{}sus4", own.suffix), only.clone()])
        }
        Substitution::StepwiseBass => {
            // I between vi and IV, or V between I and vi, walks down in the bass with its third below.
            (plain
                && own.degree == 5
                && own.suffix.is_empty()
                && before.is_some_and(|b| b == "I")
                && after == Some("vi"))
            .then(|| vec!["V/VII".to_owned()])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(kind: Substitution, bar: &str, before: &str, after: &str) -> String {
        apply(kind, &[bar.to_owned()], Some(before), Some(after))
            .map_or_else(|| "-".to_owned(), |b| b.join(" "))
    }

    #[test]
    fn substitutions_keep_the_function_and_stay_away_elsewhere() {
        assert_eq!(made(Substitution::TwoForFour, "IVmaj7", "I", "V"), "ii7");
        assert_eq!(made(Substitution::TwoForFour, "iv", "I", "V"), "-");
        assert_eq!(made(Substitution::Deceptive, "I", "V", "IV"), "vi");
        assert_eq!(made(Substitution::Deceptive, "I", "IV", "IV"), "-");
        assert_eq!(made(Substitution::SecondaryDominant, "Imaj7", "I", "vi7"), "Imaj7 V7/vi");
        assert_eq!(made(Substitution::SecondaryDominant, "Imaj7", "I", "II7"), "-");
        assert_eq!(made(Substitution::Tritone, "V7", "ii7", "Imaj7"), "V7 bII7");
        assert_eq!(made(Substitution::Tritone, "V7sus4", "ii7", "Imaj7"), "-");
        assert_eq!(made(Substitution::MinorFour, "IV", "V", "I"), "IV iv");
        assert_eq!(made(Substitution::Suspend, "V", "IV", "I"), "Vsus4 V");
        assert_eq!(made(Substitution::StepwiseBass, "V", "I", "vi"), "V/VII");
    }
}
