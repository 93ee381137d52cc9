//! The composer from prompt to sound.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::engine::plan::compile;
use crate::engine::schedule::Schedule;
use crate::generate::backend::Progress;
use crate::model::request::{Depth, Export, Format};
use crate::model::units::{Bpm, Length, SampleRate, Seed};

pub(super) fn request(prompt: &str, seed: u64) -> Resolved {
    Resolved {
        prompt: prompt.to_owned(),
        backend: ID.to_owned(),
        duration: None,
        bpm: None,
        key: None,
        metre: None,
        genre: None,
        genre_toml: None,
        instruments: Vec::new(),
        without: Vec::new(),
        chain: None,
        seed: Seed(seed),
        params: BTreeMap::new(),
        mastering: None,
        lufs: None,
        export: Export {
            format: Format::Wav,
            bit_depth: Depth::I24,
            sample_rate: SampleRate::HZ_48000,
            stems: false,
            midi: false,
        },
    }
}

const PROMPTS: [&str; 14] = [
    "dusty lofi beat",
    "deep house with a big drop, 124 bpm",
    "dark ambient drone",
    "happy pop song in C major",
    "heavy rock in E minor",
    "jazz trio, swing",
    "lo-fi jazz with saxophone and vinyl",
    "solo piano",
    "bright pop without drums",
    "rock waltz 3/4",
    "house loop, 8 bars, 909 and organ",
    "ambient with choir, harp and rain",
    "jazz with brushes, vibes and trumpet",
    "",
];

#[test]
fn every_prompt_gives_a_score_that_its_graph_can_play() {
    let composer = Composer::new().unwrap();
    for prompt in PROMPTS {
        for seed in 0..4 {
            let made = composer.compose(&request(prompt, seed)).unwrap();
            let (_, handles) = compile(&made.graph, &composer.nodes, render::RATE, Seed(seed))
                .unwrap_or_else(|e| panic!("'{prompt}' {seed}: {e}"));
            Schedule::new(&made.score, &handles, render::RATE)
                .unwrap_or_else(|e| panic!("'{prompt}' {seed}: {e}"));
            assert!(made.score.parts.iter().all(|p| !p.notes.is_empty()), "'{prompt}'");
            assert!(!made.title.is_empty());
            // Stems: one for each role that plays, and the returns.
            let stems = made.graph.connections.iter().filter(|c| c.to.node == "out").count();
            let roles = made
                .score
                .parts
                .iter()
                .map(|p| p.id.split('.').next().unwrap())
                .collect::<BTreeSet<_>>();
            assert!(stems >= roles.len(), "'{prompt}': {stems} stems of {roles:?}");
            assert!(
                made.graph
                    .connections
                    .iter()
                    .filter(|c| c.to.node == "out")
                    .all(|c| c.gain_db == 0.0)
            );
        }
    }
}

#[test]
fn every_instrument_of_every_genre_has_a_node_and_its_params_are_known() {
    let composer = Composer::new().unwrap();
    for genre in composer.genres().all() {
        let mix = &genre.style.mix;
        let chains = mix.chain.values().chain(mix.returns.values()).flatten();
        for effect in chains {
            let node = composer
                .nodes
                .find(&effect.fx)
                .unwrap_or_else(|| panic!("{}: no {}", genre.id, effect.fx));
            for param in effect.params.keys() {
                let known = node.descriptor.params.iter().map(|p| p.id).collect::<Vec<_>>();
                assert!(
                    known.contains(&param.as_str()),
                    "{}: {} has {known:?}, not {param}",
                    genre.id,
                    effect.fx
                );
            }
        }
        for (role, odds) in &genre.palette {
            for id in odds.keys() {
                let kind = instruments::instrument(id).unwrap().node;
                assert!(
                    composer.nodes.find(kind).is_some(),
                    "{}: {} has no node {kind}",
                    genre.id,
                    role.id()
                );
            }
        }
        for (from, sends) in &mix.send {
            for to in sends.keys() {
                assert!(
                    mix.returns.contains_key(to),
                    "{}: {from} is sent to {to}, which is not there",
                    genre.id
                );
            }
        }
    }
}

#[test]
fn what_was_asked_for_is_in_the_score() {
    let composer = Composer::new().unwrap();
    for seed in 0..6 {
        let made = composer.compose(&request("lofi in A minor, 82 bpm, 16 bars", seed)).unwrap();
        assert_eq!(made.score.tempo.bpm_at(0.0).get(), 82.0);
        assert_eq!(made.score.key.to_string(), "A minor");
        assert_eq!(made.score.length_beats, 64.0);
        let (mut inside, mut all) = (0, 0);
        for part in made.score.parts.iter().filter(|p| !p.drums && p.id != "texture") {
            for note in &part.notes {
                all += 1;
                inside += i32::from(crate::music::scale::contains(made.score.key, note.pitch));
            }
        }
        assert!(f64::from(inside) >= 0.9 * f64::from(all), "{seed}: {inside} of {all}");
    }
}

#[test]
fn the_same_request_gives_the_same_score_and_a_reroll_moves_one_part() {
    let composer = Composer::new().unwrap();
    let json = |made: &Composition| serde_json::to_string(&made.score).unwrap();
    let first = composer.compose(&request("funky pop song", 9)).unwrap();
    assert_eq!(json(&first), json(&composer.compose(&request("funky pop song", 9)).unwrap()));
    assert_ne!(json(&first), json(&composer.compose(&request("funky pop song", 10)).unwrap()));
    let mut other = request("funky pop song", 9);
    other.params.insert("reroll_drums".into(), 3.0);
    let other = composer.compose(&other).unwrap();
    let part = |made: &Composition, id: &str| made.score.parts.iter().find(|p| p.id == id).cloned();
    assert_ne!(part(&first, "drums"), part(&other, "drums"));
    assert_eq!(part(&first, "lead"), part(&other, "lead"));
    assert_eq!(part(&first, "pad"), part(&other, "pad"));
}

fn generate(request: &Resolved, stems: bool) -> (Generated, tempfile::TempDir, Vec<Progress>) {
    let folder = tempfile::tempdir().unwrap();
    let seen = std::sync::Mutex::new(Vec::new());
    let report = |progress: Progress| seen.lock().unwrap().push(progress);
    let watch =
        Watch::new(Arc::new(AtomicBool::new(false)), &report, folder.path().to_owned(), 2, stems);
    let made = Composer::new().unwrap().generate(request, &watch).unwrap();
    let seen = seen.lock().unwrap().clone();
    (made, folder, seen)
}

fn stem_samples(file: &crate::generate::backend::StemFile) -> Vec<f32> {
    let bytes = std::fs::read(&file.path).unwrap();
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

#[test]
fn stems_sum_to_the_mix_and_progress_ascends() {
    let (made, _folder, seen) = generate(&request("lofi beat, 4 bars", 1), true);
    assert!(made.stems.len() >= 3);
    let mut sum = vec![0.0f32; made.mix.frames() * 2];
    for stem in &made.stems {
        let samples = stem_samples(stem);
        assert_eq!(samples.len(), sum.len(), "{}", stem.name);
        sum.iter_mut().zip(samples).for_each(|(a, b)| *a += b);
    }
    for (frame, (l, r)) in made.mix.channel(0).iter().zip(made.mix.channel(1)).enumerate() {
        assert!(
            (sum[frame * 2] - l).abs() < 1e-6 && (sum[frame * 2 + 1] - r).abs() < 1e-6,
            "frame {frame}"
        );
    }
    assert!(seen.windows(2).all(|w| w[0].fraction <= w[1].fraction + 1e-9));
    assert_eq!(seen[0].stage, "composing");
    assert!(seen.iter().any(|p| p.stage.starts_with("rendering")));
}

#[test]
fn a_loop_has_no_seam_and_a_length_is_kept() {
    let (made, _folder, _) = generate(&request("house loop, 4 bars, 120 bpm", 2), false);
    assert!(made.looped);
    assert_eq!(made.mix.frames(), 4 * 4 * 24_000);
    for side in 0..2 {
        let sound = made.mix.channel(side);
        let seam = (sound[0] - sound[sound.len() - 1]).abs();
        let steps = sound.windows(2).map(|w| (w[1] - w[0]).abs());
        // A click would be a larger step than any in the music itself.
        assert!(seam <= steps.fold(0.0, f32::max), "{seam}");
    }
    let mut wish = request("pop", 3);
    wish.duration = Some(Length::Seconds(9.0));
    let (made, _folder, _) = generate(&wish, false);
    assert_eq!(made.mix.frames(), 9 * 48_000);
    let end = &made.mix.channel(0)[9 * 48_000 - 48..];
    assert!(end.iter().all(|s| s.abs() < 0.01), "the end is cut");
}

#[test]
fn cancelling_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let cancel = Arc::new(AtomicBool::new(true));
    let watch = Watch::new(cancel, &|_| (), folder.path().to_owned(), 2, false);
    let answer = Composer::new().unwrap().generate(&request("pop", 1), &watch);
    assert!(matches!(answer, Err(GenerateError::Cancelled)));
}

#[test]
fn a_preset_chain_works_on_the_mix_and_not_on_the_stems() {
    let mut wish = request("lofi beat, 2 bars", 5);
    let (plain, _a, _) = generate(&wish, true);
    let mut chain = GraphSpec::default();
    chain.add("trim", "mix.strip").param("gain_db", -6.0);
    chain.connect("in", "trim");
    chain.connect("trim", "out");
    wish.chain = Some(chain);
    let (chained, _b, _) = generate(&wish, true);
    let energy =
        |made: &Generated| made.mix.channel(0).iter().map(|s| f64::from(s * s)).sum::<f64>();
    let change = 10.0 * (energy(&chained) / energy(&plain)).log10();
    assert!((-6.3..-5.7).contains(&change) || (-9.3..-8.7).contains(&change), "{change}");
    assert_eq!(stem_samples(&plain.stems[0]).len(), stem_samples(&chained.stems[0]).len());
}

#[test]
fn composing_takes_a_blink() {
    let composer = Composer::new().unwrap();
    let mut wish = request("pop song with everything", 4);
    wish.duration = Some(Length::Seconds(180.0));
    wish.bpm = Some(Bpm::clamped(112.0));
    let start = std::time::Instant::now();
    composer.compose(&wish).unwrap();
    let took = start.elapsed();
    // 50 ms in release; tests run lightly optimised and beside others.
    assert!(took.as_millis() < 500, "{took:?}");
}
