use super::*;
use crate::model::key::{Key, Mode};
use crate::model::units::Bpm;

fn backend() -> BackendInfo {
    let param = |id: &str, max: f64| BackendParam {
        id: id.into(),
        doc: String::new(),
        min: 0.0,
        max,
        default: 0.0,
    };
    let parts =
        ["drums", "bass", "chords", "lead"].map(|part| param(&format!("reroll_{part}"), 1e9));
    BackendInfo {
        id: "band".into(),
        name: "Band".into(),
        doc: String::new(),
        version: "1".into(),
        licence: "CC0-1.0".into(),
        available: true,
        reason: String::new(),
        params: parts.into_iter().chain([param("warmth", 1.0)]).collect(),
        genres: Vec::new(),
    }
}

fn recipe() -> Recipe {
    serde_json::from_value(serde_json::json!({
        "format": 1, "timbre": "0", "target": "t",
        "request": {
            "prompt": "dusty", "backend": "band", "seed": 9, "params": {"reroll_bass": 1.0, "warmth": 0.5},
            "export": {"format": "flac", "bit_depth": "24", "sample_rate": 44100, "stems": false, "midi": false}
        },
        "backend": {"id": "band", "version": "1", "model": null, "licence": "CC0-1.0"}, "brief": null,
        "outcome": {
            "bpm": 82.0, "key": null, "metre": null, "bars": 16, "duration_s": 1.0, "frames": 1,
            "sample_rate": 44100, "channels": 2, "lufs": null, "true_peak_dbtp": null, "looped": false,
            "score_sha256": null, "audio_sha256": ""
        }
    }))
    .unwrap()
}

fn with(changes: &[Change], highest: u32) -> Result<Derived, Fault> {
    let options = Options::new("/d", "/s", "/m");
    derive(&recipe(), changes, &options, &[backend()], Chance { highest, seed: Seed(77) })
}

fn request(changes: &[Change]) -> Resolved {
    with(changes, 0).unwrap().request
}

fn rerolls(request: &Resolved) -> Vec<(String, f64)> {
    let param = |(id, value): (&String, &f64)| Some((id.strip_prefix(REROLL)?.to_owned(), *value));
    request.params.iter().filter_map(param).collect()
}

fn vary_by(amount: f64) -> [Change; 1] {
    [Change::Variation { amount }]
}

#[test]
fn a_change_changes_what_it_says_and_nothing_else() {
    let base = recipe().request;
    let bpm = Bpm::new(96.0).unwrap();
    let key = Key::new(2, Mode::Dorian);
    let mut expected = base.clone();
    for (change, set) in [
        (
            Change::Tempo { bpm },
            Box::new(|r: &mut Resolved| r.bpm = Some(bpm)) as Box<dyn Fn(&mut Resolved)>,
        ),
        (Change::Key { key }, Box::new(|r| r.key = Some(key))),
        (
            Change::Duration { duration: Length::Seconds(20.0) },
            Box::new(|r| r.duration = Some(Length::Seconds(20.0))),
        ),
        (Change::Seed { seed: Some(Seed(3)) }, Box::new(|r| r.seed = Seed(3))),
        (Change::Seed { seed: None }, Box::new(|r| r.seed = Seed(77))),
        (
            Change::Prompt { prompt: "bright\u{1b}[31m house".into() },
            Box::new(|r| r.prompt = "bright house".into()),
        ),
        (
            Change::Param { id: "warmth".into(), value: 1.0 },
            Box::new(|r| {
                r.params.insert("warmth".into(), 1.0);
            }),
        ),
        (
            Change::Reroll { part: " Bass".into() },
            Box::new(|r| {
                r.params.insert("reroll_bass".into(), 2.0);
            }),
        ),
        (Change::Stems, Box::new(|r| r.export.stems = true)),
        (Change::Midi, Box::new(|r| r.export.midi = true)),
        (Change::Extend { bars: 8 }, Box::new(|r| r.duration = Some(Length::Bars(24)))),
        (Change::Extend { bars: -15 }, Box::new(|r| r.duration = Some(Length::Bars(1)))),
    ] {
        let mut alone = base.clone();
        set(&mut alone);
        assert_eq!(request(std::slice::from_ref(&change)), alone, "{change:?}");
        set(&mut expected);
    }
    // Changes follow each other: each begins where the one before has ended.
    let twice = [Change::Duration { duration: Length::Bars(8) }, Change::Extend { bars: 4 }];
    assert_eq!(request(&twice).duration, Some(Length::Bars(12)));
    let twice = [Change::Reroll { part: "bass".into() }, Change::Reroll { part: "bass".into() }];
    assert_eq!(rerolls(&request(&twice)), [("bass".to_owned(), 3.0)]);
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let refused = |change: Change| {
        let fault = with(&[change], 0).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid, "{fault:?}");
        format!("{} / {}", fault.message, fault.hint)
    };
    let told = refused(Change::Reroll { part: "tuba".into() });
    assert!(
        told.contains("no part 'tuba'") && told.contains("drums, bass, chords, lead"),
        "{told}"
    );
    for amount in [0.0, -1.0, 1.01, f64::NAN, f64::INFINITY] {
        assert!(refused(Change::Variation { amount }).contains("above 0, at most 1"));
    }
    assert!(refused(Change::Extend { bars: -16 }).contains("16 bars"));
    assert!(refused(Change::Extend { bars: i32::MAX }).contains("at most 999"));
    assert!(refused(Change::Prompt { prompt: " ".into() }).contains("empty"));
    assert!(refused(Change::Param { id: "warmt".into(), value: 1.0 }).contains("warmth"));
    assert!(refused(Change::Param { id: "warmth".into(), value: 2.0 }).contains("0 to 1"));
    refused(Change::Duration { duration: Length::Seconds(0.0) });
    // Seconds do not say how many bars there are.
    let unknown =
        [Change::Duration { duration: Length::Seconds(20.0) }, Change::Extend { bars: 4 }];
    assert!(with(&unknown, 0).unwrap_err().message.contains("not known"));
}

#[test]
fn a_backend_without_parts_says_so_and_one_that_is_gone_too() {
    let options = Options::new("/d", "/s", "/m");
    let mut plain = backend();
    plain.params.truncate(0);
    let mut recipe = recipe();
    recipe.request.params.clear();
    let chance = Chance { highest: 0, seed: Seed(1) };
    for change in [Change::Reroll { part: "bass".into() }, Change::Variation { amount: 0.5 }] {
        let fault =
            derive(&recipe, &[change], &options, std::slice::from_ref(&plain), chance).unwrap_err();
        assert!(fault.message.contains("in one piece"), "{fault:?}");
    }
    // The whole of it can still be another one.
    let other = derive(&recipe, &vary_by(1.0), &options, &[plain], chance).unwrap();
    assert_ne!(other.request.seed, recipe.request.seed);
    let fault = derive(&recipe, &vary_by(1.0), &options, &[], chance).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
}

#[test]
fn a_variation_changes_its_share_of_the_parts() {
    for (amount, count) in [(0.01, 1), (0.3, 1), (0.5, 2), (0.7, 3), (0.99, 4), (1.0, 4)] {
        let varied = request(&vary_by(amount));
        let changed = backend()
            .params
            .iter()
            .filter(|param| varied.params.get(&param.id) != recipe().request.params.get(&param.id))
            .count();
        assert_eq!(changed, count, "{amount}");
        assert_eq!(varied.seed != recipe().request.seed, amount >= 1.0, "{amount}");
        assert_eq!(varied, request(&vary_by(amount)), "the same chance gives the same");
    }
}

#[test]
fn doing_the_same_again_gives_another_take() {
    for change in [Change::Reroll { part: "lead".into() }, Change::Variation { amount: 0.25 }] {
        let (mut seen, mut number) = (Vec::new(), 0);
        for time in 0..40 {
            let request = with(std::slice::from_ref(&change), number).unwrap().request;
            assert!(!seen.contains(&request), "{change:?}, {time}");
            number = number.max(highest(&request));
            seen.push(request);
        }
    }
    // Over several variations every part has its turn.
    let parts = (0..40)
        .flat_map(|highest| rerolls(&with(&vary_by(0.25), highest).unwrap().request))
        .filter(|(_, number)| *number > 1.0)
        .map(|(part, _)| part)
        .collect::<BTreeSet<_>>();
    assert_eq!(parts.len(), 4, "{parts:?}");
    assert!(!repeats(&vary_by(0.1)) && repeats(&[Change::Midi]));
}

#[test]
fn what_may_differ_without_being_asked_for_is_told() {
    assert!(with(&[Change::Midi], 0).unwrap().notes[0].contains("same"));
    assert_eq!(with(&[Change::Midi, Change::Extend { bars: 1 }], 0).unwrap().notes, [""; 0]);
    let mut old = recipe();
    old.backend.version = "0".into();
    let options = Options::new("/d", "/s", "/m");
    let chance = Chance { highest: 0, seed: Seed(1) };
    let derived = derive(&old, &vary_by(0.5), &options, &[backend()], chance).unwrap();
    assert!(derived.notes[0].contains("version 0"), "{:?}", derived.notes);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn numbers_only_go_up_and_stay_whole(amount in 0.001f64..=1.0, highest in 0u32..10_000) {
        let varied = with(&vary_by(amount), highest).unwrap().request;
        for (part, number) in rerolls(&varied) {
            let old = recipe().request.params.get(&format!("{REROLL}{part}")).copied().unwrap_or(0.0);
            proptest::prop_assert!(number.fract() == 0.0);
            proptest::prop_assert!(number == old || number > f64::from(highest).max(old));
        }
    }
}
