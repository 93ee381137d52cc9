//! The plan of `player/compare`: takes that play at the same time from the same first beat, brought to the loudness of the
//! softest, with a switch that lets one of them be heard. Pure: how long and how loud the takes are comes in.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::model::graph::GraphSpec;
use crate::model::tempo::{Metre, MetreMap, TempoMap};
use crate::model::units::Bpm;
use crate::protocol::listen::{Candidate, Compare, Verdict};

use super::error::StageError;
use super::place;
use super::playlist::{CHANNEL, Playlist, Recording, Wish, finish_graph};

/// The node that decides who is heard.
pub const SWITCH: &str = "switch";
/// What the nodes of the candidates begin with.
const CANDIDATE: &str = "candidate";
/// Most takes side by side: the inputs of the switch.
pub const MOST: usize = 8;

/// A take that is to be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Contender {
    /// What is known of it.
    pub recording: Recording,
    /// Its integrated loudness in LUFS; `None` where it is too short or too quiet to have one.
    pub lufs: Option<f64>,
}

/// Takes side by side, and what has been done with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The candidates with all that is known of them, `A` first.
    pub candidates: Vec<Candidate>,
    /// Beside them: the take's id, else the path.
    pub sources: Vec<String>,
    /// Which one is heard.
    pub active: u32,
    /// Which one was asked for last.
    pub wanted: u32,
    /// Whether names were to be kept back.
    pub blind: bool,
    /// Loudness that all are brought to, LUFS.
    pub lufs: Option<f64>,
    /// What was decided.
    pub verdict: Option<Verdict>,
}

impl Comparison {
    /// Whether names are kept back now.
    pub fn is_secret(&self) -> bool {
        self.blind && self.verdict.is_none()
    }

    /// As callers may see it.
    pub fn shown(&self) -> Compare {
        let secret = self.is_secret();
        let candidate = |known: &Candidate| match secret {
            true => Candidate { label: known.label.clone(), ..Candidate::default() },
            false => known.clone(),
        };
        Compare {
            candidates: self.candidates.iter().map(candidate).collect(),
            active: self.active,
            pending: (self.wanted != self.active).then_some(self.wanted),
            blind: secret,
            lufs: self.lufs.filter(|_| !secret),
            verdict: self.verdict.clone(),
        }
    }

    /// The verdict that a listener has come to. `created_at` in Unix seconds. Errors: [`StageError::NoCandidate`], and
    /// [`StageError::Decided`] where there is a verdict already.
    pub fn judge(
        &self,
        best: Option<u32>,
        note: String,
        created_at: f64,
    ) -> Result<Verdict, StageError> {
        if self.verdict.is_some() {
            return Err(StageError::Decided);
        }
        let best = match best {
            None => None,
            Some(best) => Some(self.source(best)?.to_owned()),
        };
        Ok(Verdict { candidates: self.sources.clone(), best, blind: self.blind, note, created_at })
    }

    /// What a candidate was made of. Errors: [`StageError::NoCandidate`].
    pub fn source(&self, candidate: u32) -> Result<&str, StageError> {
        let count = self.sources.len();
        let found = self.sources.get(candidate as usize);
        found.map(String::as_str).ok_or(StageError::NoCandidate { candidate, count })
    }
}

/// Whether a node plays a candidate, so that its settings would tell its name.
pub fn is_candidate(node: &str) -> bool {
    node.starts_with(CANDIDATE)
}

/// An order of so many things, drawn from a seed (R. Durstenfeld, "Algorithm 235: Random permutation", CACM 7, 1964).
pub fn draw_order(count: usize, seed: u64) -> Vec<usize> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut order = (0..count).collect::<Vec<_>>();
    for last in (1..count).rev() {
        // The bias of a remainder of 64 bits by at most 8 is far below what anybody could hear.
        let chosen = (dice.next_u64() % (last as u64 + 1)) as usize;
        order.swap(last, chosen);
    }
    order
}

/// Plans it. The first contender is `A` and gives the beat.
pub fn plan(contenders: &[Contender], wish: &Wish, blind: bool) -> Result<Playlist, StageError> {
    let (mut graph, mut notes) = (GraphSpec::default(), Vec::new());
    let measured = contenders.iter().map(|c| c.lufs).collect::<Option<Vec<_>>>();
    let lufs = measured.map(|all| all.into_iter().fold(f64::INFINITY, f64::min));
    if lufs.is_none() {
        notes.push(
            "one of them is too short or too quiet for its loudness to be measured, so all play as loud as they are"
                .to_owned(),
        );
    }
    let mut candidates = Vec::new();
    for (index, contender) in contenders.iter().enumerate() {
        let Contender { recording, lufs: own } = contender;
        let gain_db = match (lufs, own) {
            (Some(softest), Some(own)) => softest - own,
            _ => 0.0,
        };
        let id = format!("{CANDIDATE}{}", index + 1);
        let player = graph.add(id.as_str(), "source.player");
        player.config("file", recording.path.as_str()).config("start_s", "0").config("mode", "off");
        player.param("gain_db", gain_db);
        graph.connect_ports((&id, "out"), (SWITCH, &format!("in{}", index + 1)), 0.0);
        candidates.push(Candidate {
            label: label(index),
            take_id: recording.take_id.clone(),
            title: Some(recording.title.clone()),
            lufs: *own,
            gain_db: Some(gain_db),
        });
    }
    graph.add(SWITCH, "mix.switch");
    graph.connect(SWITCH, CHANNEL);
    finish_graph(&mut graph, wish)?;
    let first = contenders.first().map(|contender| &contender.recording);
    let bpm = contenders.iter().find_map(|contender| contender.recording.bpm).unwrap_or(120.0);
    let differs = |c: &Contender| c.recording.bpm.is_some_and(|own| (own - bpm).abs() > 0.01);
    if contenders.iter().any(differs) {
        notes.push("their tempos differ; bars and beats are those of A".to_owned());
    }
    let lengths = contenders.iter().map(|contender| contender.recording.seconds);
    let (shortest, longest) =
        lengths.fold((f64::INFINITY, 0.0_f64), |(low, high), s| (low.min(s), high.max(s)));
    let tempo = TempoMap::constant(Bpm::clamped(bpm));
    let metres = MetreMap::constant(first.and_then(|r| r.metre).unwrap_or(Metre::FOUR_FOUR));
    let length_beats = tempo.beat_at(shortest);
    let end = match wish.loop_bars {
        None => {
            if longest - shortest > 0.01 {
                notes.push(format!(
                    "all of them turn at {shortest:.1} s, where the shortest ends; the longest has {longest:.1} s"
                ));
            }
            length_beats
        }
        Some(bars) => metres.beat_of_bar(i64::from(bars)),
    };
    if end > length_beats + place::SHORTEST_LOOP {
        notes.push(
            "the loop is longer than the shortest of them; there is silence at its end".to_owned(),
        );
    }
    let source = |contender: &Contender| {
        let recording = &contender.recording;
        recording.take_id.clone().unwrap_or_else(|| recording.path.clone())
    };
    Ok(Playlist {
        keep: false,
        graph,
        tempo,
        metres,
        length_beats,
        looped: Some((0.0, end.max(place::SHORTEST_LOOP))),
        items: Vec::new(),
        parts: Vec::new(),
        comparison: Some(Comparison {
            candidates,
            sources: contenders.iter().map(source).collect(),
            active: 0,
            wanted: 0,
            blind,
            lufs,
            verdict: None,
        }),
        chain: wish.chain.as_ref().map(|(name, _)| name.clone()),
        length_s: shortest,
        notes,
    })
}

/// `A`, `B` and so on.
fn label(index: usize) -> String {
    let letter = u8::try_from(index).ok().and_then(|index| b'A'.checked_add(index)).unwrap_or(b'?');
    char::from(letter).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn contender(title: &str, seconds: f64, bpm: f64, lufs: Option<f64>) -> Contender {
        let recording = Recording {
            title: title.into(),
            path: format!("/music/{title}.wav"),
            take_id: Some(format!("id-{title}")),
            seconds,
            bpm: Some(bpm),
            key: None,
            metre: "3/4".parse().ok(),
        };
        Contender { recording, lufs }
    }

    fn two() -> [Contender; 2] {
        [contender("loud", 60.0, 120.0, Some(-9.0)), contender("soft", 30.0, 120.0, Some(-16.5))]
    }

    #[test]
    fn all_come_down_to_the_softest_and_turn_with_the_shortest() {
        let playlist = plan(&two(), &Wish::default(), false).unwrap();
        let compare = playlist.comparison.unwrap().shown();
        assert_eq!(compare.lufs, Some(-16.5));
        let gains = compare.candidates.iter().map(|c| c.gain_db).collect::<Vec<_>>();
        assert_eq!(gains, [Some(-7.5), Some(0.0)]);
        let labels = compare.candidates.iter().map(|c| c.label.as_str()).collect::<Vec<_>>();
        assert_eq!(labels, ["A", "B"]);
        assert_eq!((playlist.looped, playlist.length_s), (Some((0.0, 60.0)), 30.0));
        assert_eq!(playlist.notes.len(), 1, "{:?}", playlist.notes);
        let wish = Wish { loop_bars: Some(4), ..Wish::default() };
        assert_eq!(plan(&two(), &wish, false).unwrap().looped, Some((0.0, 12.0)));
        let unknown = [contender("a", 3.0, 90.0, None), contender("b", 3.0, 100.0, Some(-9.0))];
        let playlist = plan(&unknown, &Wish::default(), false).unwrap();
        let candidates = playlist.comparison.unwrap().candidates;
        assert!(candidates.iter().all(|c| c.gain_db == Some(0.0)));
        assert_eq!(playlist.notes.len(), 2, "{:?}", playlist.notes);
    }

    #[test]
    fn a_blind_comparison_says_nothing_before_the_verdict() {
        let playlist = plan(&two(), &Wish::default(), true).unwrap();
        let mut comparison = playlist.comparison.unwrap();
        let told = serde_json::to_string(&comparison.shown()).unwrap();
        for secret in ["loud", "soft", "16.5", "7.5", "-9"] {
            assert!(!told.contains(secret), "{told}");
        }
        assert!(playlist.notes.iter().all(|note| !note.contains("loud") && !note.contains("soft")));
        let error = comparison.judge(Some(2), String::new(), 1.0).unwrap_err();
        assert_eq!(error, StageError::NoCandidate { candidate: 2, count: 2 });
        let verdict = comparison.judge(Some(1), "warmer".into(), 1.0).unwrap();
        assert_eq!((verdict.best.as_deref(), verdict.blind), (Some("id-soft"), true));
        comparison.verdict = Some(verdict);
        let shown = comparison.shown();
        assert_eq!(shown.candidates[0].title.as_deref(), Some("loud"));
        assert_eq!((shown.blind, shown.lufs), (false, Some(-16.5)));
        assert_eq!(comparison.judge(None, String::new(), 2.0), Err(StageError::Decided));
    }

    proptest! {
        #[test]
        fn a_drawn_order_holds_each_one_once(count in 0usize..9, seed: u64) {
            let mut order = draw_order(count, seed);
            prop_assert_eq!(&order, &draw_order(count, seed));
            order.sort_unstable();
            prop_assert_eq!(order, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_order_of_three_is_drawn_about_as_often() {
        let mut seen = std::collections::BTreeMap::<Vec<usize>, u32>::new();
        for seed in 0..6_000 {
            *seen.entry(draw_order(3, seed)).or_default() += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|times| (850..1_150).contains(times)), "{seen:?}");
    }
}
