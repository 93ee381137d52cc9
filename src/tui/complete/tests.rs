use super::super::action::{Action, EditWish};
use super::super::picker::fixture::model;
use super::*;
use proptest::prelude::*;

fn with(text: &str) -> Model {
    let mut model = model();
    model.composer.insert(text).unwrap();
    model
}

fn words(completion: Option<Completion>) -> Vec<String> {
    completion.map(|c| c.choices.into_iter().map(|(word, _)| word).collect()).unwrap_or_default()
}

/// What the composer holds after the best choice was taken.
fn taken(text: &str) -> String {
    let mut model = with(text);
    model.composer.completion = on_tab(&model);
    model.composer.apply(EditWish::Complete);
    model.composer.text()
}

#[test]
fn a_slash_offers_commands_beginnings_first() {
    let names = words(offer(&with("/")));
    assert_eq!(names[0], "generate");
    assert!(!names.contains(&"edit".to_owned()), "keys' own actions are not offered");
    let names = words(offer(&with("/se")));
    assert_eq!(names[..3], ["seed", "seek", "session"]);
    assert_eq!(words(offer(&with("/xprt")))[0], "export");
    assert!(offer(&with("/zzzz")).is_none());
    assert!(offer(&with("/quit")).is_none(), "nothing else begins with it");
    assert!(offer(&with("and/or")).is_none());
    assert!(offer(&with("rain\n/play")).is_none(), "a command is the first line");
}

#[test]
fn arguments_come_from_the_model() {
    for (line, expected) in [
        ("/preset ", &["none", "lofi-study", "vinyl-dust"][..]),
        ("/preset vin", &["vinyl-dust"]),
        ("/preset lofi-study,v", &["vinyl-dust"]),
        ("/theme light", &["timbre-light"]),
        ("/reroll ", &["bass"]),
        ("/backend ", &["auto", "composer"]),
        ("/view ro", &["roll", "spectrogram", "stereo"]),
        ("/device ", &["alsa:Built-in Audio", "null"]),
        ("/export flac ", &["--force"]),
        ("/params ", &["reroll_bass"]),
        ("/params reroll_bass ", &["reset", "0", "999"]),
        ("/session open ", &["s-1", "s-2"]),
        ("/key A", &["A", "Ab", "auto"]),
        ("/key A min", &["minor", "harmonic minor", "melodic minor", "mixolydian"]),
        ("/seek +", &["+1bar", "+8bars"]),
        ("/mute b", &["bass"]),
        ("/play 1", &[]),
        ("/nothing ", &[]),
    ] {
        assert_eq!(words(offer(&with(line))), expected, "{line}");
    }
}

#[test]
fn the_chosen_one_takes_the_words_place() {
    assert_eq!(taken("/exp"), "/export ");
    assert_eq!(taken("/preset vin"), "/preset vinyl-dust ");
    assert_eq!(taken("/key A mel"), "/key A melodic minor ");
    let mut model = with("/exp");
    model.composer.completion = offer(&model);
    assert!(model.composer.accept());
    model.composer.completion = offer(&model);
    assert_eq!(words(model.composer.completion.clone()), ["wav", "flac", "mp3"]);
    model.composer.apply(EditWish::Down);
    model.composer.apply(EditWish::Complete);
    assert_eq!(model.composer.text(), "/export flac ");
    model.composer.apply(EditWish::Undo);
    assert_eq!(model.composer.text(), "/export ");
}

#[test]
fn prose_is_completed_on_tab_alone() {
    let model = with("deep hou");
    assert!(offer(&model).is_none());
    let words = words(on_tab(&model));
    assert!(words.contains(&"deep house".to_owned()), "{words:?}");
    assert_eq!(taken("calm rhod"), "calm rhodes");
    assert_eq!(taken("sad, upright b"), "sad, upright bass");
    assert_eq!(taken("雨 rhod"), "雨 rhodes");
    assert!(on_tab(&with("x")).is_none(), "one letter is not enough");
    assert!(on_tab(&with("rhodes ")).is_none() || !taken("rhodes ").is_empty());
    assert!(on_tab(&with("")).is_none());
}

#[test]
fn choices_go_round() {
    let mut model = with("/export ");
    model.composer.completion = offer(&model);
    let chosen = |model: &Model| model.composer.completion.as_ref().map(|c| c.chosen);
    model.composer.apply(EditWish::Up);
    assert_eq!(chosen(&model), Some(2));
    model.composer.apply(EditWish::Down);
    assert_eq!(chosen(&model), Some(0));
}

#[test]
fn what_is_offered_behind_a_command_can_be_sent() {
    // Every choice behind every command makes a line that is read, or one that wants another word.
    for info in TABLE.iter().filter(|info| info.group != Group::Move) {
        let line = format!("/{} ", info.name);
        for word in words(offer(&with(&line))) {
            let whole = format!("{line}{word}");
            let wants_more = ["gain", "pan", "params", "param", "session", "verdict", "key"];
            assert!(
                wants_more.contains(&info.name) || Action::parse(&whole).is_ok(),
                "{whole}: {:?}",
                Action::parse(&whole)
            );
        }
    }
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "(/|/key |/params |/session )?(\\PC|rhodes| |\n){0,20}") {
        let mut model = with(&text);
        model.composer.completion = on_tab(&model);
        if let Some(completion) = model.composer.completion.clone() {
            prop_assert!(completion.chosen < completion.choices.len());
            prop_assert!(completion.from <= model.composer.cursor().1);
            prop_assert!(model.composer.accept());
        }
    }
}
