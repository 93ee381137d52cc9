use proptest::prelude::*;

use super::*;
use crate::generate::composer::genre::{GenreBook, Tune};
use crate::generate::composer::lexicon::Lexicon;
use crate::generate::composer::plan::plan;
use crate::model::brief::Brief;
use crate::model::units::{Length, Seed};

const IDS: [&str; 6] = ["lofi", "house", "ambient", "pop", "rock", "jazz"];

fn planned(brief: Brief, seed: u64) -> Plan {
    let genres = GenreBook::built_in().expect("genres");
    let lexicon = Lexicon::new(&genres).expect("the lexicon");
    plan(brief, &genres, &lexicon, Seed(seed)).expect("a plan")
}

fn brief(id: &str, bars: u32) -> Brief {
    Brief { genres: vec![id.to_owned()], length: Some(Length::Bars(bars)), ..Brief::default() }
}

fn symbols(harmony: &Harmony, section: usize) -> Vec<String> {
    harmony.spans.iter().filter(|s| s.section == section).map(|s| s.chord.symbol.clone()).collect()
}

#[test]
fn every_numeral_in_the_genre_files_can_be_read() {
    for genre in GenreBook::built_in().expect("genres").all() {
        let lists = [&genre.progressions, &genre.choruses, &genre.bridges];
        let tunes = genre.tunes.iter().flat_map(|t: &Tune| t.charts.values());
        for chart in lists.into_iter().flatten().map(|p| &p.chart).chain(tunes) {
            for numeral in chart.bars.iter().flatten() {
                assert!(Numeral::read(numeral).is_ok(), "{}: {numeral}", genre.id);
            }
        }
    }
    for minor in [false, true] {
        for rise in rises(minor) {
            assert!(
                rise.chart
                    .bars
                    .iter()
                    .flatten()
                    .all(|n| Numeral::read(n).is_ok_and(|r| !r.is_tonic()))
            );
        }
    }
}

#[test]
fn pieces_end_on_the_tonic_and_loops_do_not_rest_there() {
    for id in IDS {
        for seed in 0..8 {
            let made = planned(brief(id, 24), seed);
            let harmony = write(&made);
            let last = harmony.spans.last().expect("a chord");
            assert_eq!(last.chord.root, last.key.tonic, "{id} {seed}: {}", last.chord);
            assert!(last.beats >= made.metre.bar_beats() - 1e-9);
            if id != "ambient" {
                let looped = planned(Brief { looped: true, ..brief(id, 8) }, seed);
                let end = write(&looped).spans.last().expect("a chord").clone();
                assert!(
                    end.chord.root != looped.key.tonic || end.chord.bass.is_some(),
                    "{id} {seed}: {}",
                    end.chord
                );
            }
        }
    }
}

#[test]
fn sections_of_a_letter_share_their_harmony() {
    for id in ["lofi", "pop", "rock"] {
        for seed in 0..8 {
            let made = planned(brief(id, 48), seed);
            let harmony = write(&made);
            for letter in ['A', 'C'] {
                let same = made
                    .sections
                    .iter()
                    .enumerate()
                    .filter(|(_, s)| s.letter == letter && s.bars == 8)
                    .map(|(i, _)| i)
                    .collect::<Vec<_>>();
                let firsts = same
                    .iter()
                    .filter_map(|i| symbols(&harmony, *i).first().cloned())
                    .collect::<Vec<_>>();
                let keys = same
                    .iter()
                    .filter_map(|i| harmony.spans.iter().find(|s| s.section == *i))
                    .map(|s| s.key)
                    .collect::<Vec<_>>();
                if keys.windows(2).all(|w| w[0] == w[1]) {
                    assert!(
                        firsts.windows(2).all(|w| w[0] == w[1]),
                        "{id} {seed} {letter}: {firsts:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_blues_has_twelve_bars_and_its_fourth_in_bar_five() {
    let mut wish = brief("jazz", 24);
    wish.form.push("blues".into());
    wish.key = "F".parse().ok();
    let made = planned(wish, 1);
    assert_eq!(made.sections.iter().map(|s| s.bars).collect::<Vec<_>>(), [12, 12]);
    let harmony = write(&made);
    assert_eq!(harmony.at(0.0).map(|s| s.chord.symbol.clone()), Some("F7".into()));
    assert_eq!(harmony.at(16.0).map(|s| s.chord.symbol.clone()), Some("Bb7".into()));
    assert_eq!(harmony.at(20.0).map(|s| s.chord.symbol.clone()), Some("Bdim7".into()));
}

#[test]
fn ambient_harmony_is_slow() {
    for seed in 0..10 {
        let made = planned(brief("ambient", 32), seed);
        let spans = write(&made).spans;
        assert!(spans.len() <= 14, "{} chords in 32 bars", spans.len());
    }
}

#[test]
fn seeds_choose_different_harmony_and_the_same_again() {
    let chords = |seed| {
        let mut wish = brief("pop", 24);
        wish.key = "C".parse().ok();
        symbols(&write(&planned(wish, seed)), 1).join(" ")
    };
    assert_eq!(chords(4), chords(4));
    let different = (0..24).map(chords).collect::<std::collections::BTreeSet<_>>();
    assert!(different.len() >= 4, "{different:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn spans_tile_the_piece(seed in any::<u64>(), which in 0usize..6, other in 0usize..6, bars in 1u32..160, looped in any::<bool>(),
        metre in prop_oneof![Just("4/4"), Just("3/4"), Just("6/8"), Just("7/8"), Just("5/4")]) {
        let mut wish = brief(IDS[which], bars);
        if other != which { wish.genres.push(IDS[other].to_owned()); }
        wish.looped = looped;
        wish.metre = metre.parse().ok();
        let made = planned(wish, seed);
        let harmony = write(&made);
        let mut at = 0.0f64;
        for span in &harmony.spans {
            prop_assert!((span.beat - at).abs() < 1e-6, "gap at {}", at);
            prop_assert!(span.beats > 0.2);
            prop_assert!(!span.chord.tones.is_empty() && span.chord.root < 12);
            let section = &made.sections[span.section];
            prop_assert!(span.beat >= f64::from(section.start_bar) * made.metre.bar_beats() - 1e-6);
            at += span.beats;
        }
        prop_assert!((at - made.beats()).abs() < 1e-6);
        prop_assert_eq!(chord_spans(&harmony).len(), harmony.spans.len());
    }
}
