use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use super::*;
use crate::model::card::{JobCard, TakeCard};
use crate::model::job::{Fault, FaultKind, Job, Phase};
use crate::protocol::Event;
use crate::protocol::event::{JobChanged, JobProgress, TakeCreated};
use crate::protocol::transcript::{Change, Entry, SessionTranscriptResponse};
use crate::tui::keymap::Keymap;
use crate::tui::model::conversation::{Cell, Scroll};
use crate::tui::model::panes::{Overlay, Tab, ViewKind};
use crate::tui::model::{Focus, Glyphs, Look, Pictures};

fn model() -> Model {
    let look = Look {
        theme: Default::default(),
        themes: vec!["timbre-dark".into(), "timbre-light".into()],
        glyphs: Glyphs::Braille,
        motion: true,
        pictures: Pictures::Off,
        mouse: true,
    };
    let mut model = Model::new(look, Keymap::default(), PathBuf::from("/config/keymap.toml"));
    model.engine.connected = true;
    model.size = (120, 40);
    model.welcomed = true;
    model
}

/// Presses keys: letters as they are, `<ret>`, `<esc>`, `<c-x>`, `<up>` and so on in angle brackets.
fn keys(model: &mut Model, script: &str) -> Vec<Cmd> {
    let mut cmds = Vec::new();
    let mut rest = script;
    while let Some(letter) = rest.chars().next() {
        let (key, length) = match rest.find('>').filter(|_| letter == '<') {
            Some(end) => (named(&rest[1..end]), end + 1),
            None => (KeyEvent::from(KeyCode::Char(letter)), letter.len_utf8()),
        };
        cmds.extend(update(model, Msg::Key(key)));
        rest = &rest[length..];
    }
    cmds
}

fn named(name: &str) -> KeyEvent {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    match name {
        "ret" => plain(KeyCode::Enter),
        "esc" => plain(KeyCode::Esc),
        "tab" => plain(KeyCode::Tab),
        "up" => plain(KeyCode::Up),
        "down" => plain(KeyCode::Down),
        "pgup" => plain(KeyCode::PageUp),
        other => {
            let letter = other.strip_prefix("c-").unwrap().chars().next().unwrap();
            KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
        }
    }
}

fn job(id: &str, prompt: &str, phase: Phase) -> Job {
    serde_json::from_value(serde_json::json!({
        "id": id, "session_id": "session", "number": 1, "phase": phase.word(), "path": null,
        "request": {
            "prompt": prompt, "backend": "composer", "duration": null, "bpm": null, "key": null, "metre": null, "seed": 7,
            "export": {"format": "wav", "bit_depth": "24", "sample_rate": 48_000, "stems": false, "midi": false}
        },
        "progress": 0.0, "eta_s": null, "position": 1, "attempts": 0, "take_id": null, "fault": null,
        "created_at": 10.0, "updated_at": 10.0
    }))
    .unwrap()
}

fn card(number: u32) -> TakeCard {
    TakeCard {
        id: format!("take-{number:04}"),
        session_id: "session".into(),
        job_id: format!("job-{number}"),
        parent: None,
        number,
        title: format!("Take {number}"),
        prompt: "lofi".into(),
        path: format!("/music/{number}.wav"),
        bpm: Some(82.0),
        key: None,
        metre: None,
        bars: Some(8),
        duration_s: 20.0,
        lufs: Some(-14.0),
        true_peak_dbtp: Some(-1.0),
        seed: 7,
        backend: "composer".into(),
        licence: "CC0-1.0".into(),
        looped: false,
        stems: Vec::new(),
        rating: None,
        note: String::new(),
        tags: Vec::new(),
        created_at: f64::from(number),
    }
}

/// A session with this many takes, each with its own prompt.
fn with_takes(count: u32) -> Model {
    let mut model = model();
    let entries = (1..=count)
        .map(|number| {
            let mut job = job(&format!("job-{number}"), &format!("prompt {number}"), Phase::Ready);
            job.take_id = Some(format!("take-{number:04}"));
            job.created_at = f64::from(number) * 100.0;
            Entry::Job { job: JobCard::from(&job), take: Some(card(number)) }
        })
        .collect();
    let session = crate::model::session::Session {
        id: "session".into(),
        title: "Evening".into(),
        parent: None,
        takes: count,
        created_at: 0.0,
    };
    let page = SessionTranscriptResponse { session, entries, before: None };
    update(&mut model, answer(Answer::Transcript(Box::new(page), false)));
    model
}

fn texts(model: &Model) -> Vec<&str> {
    let texts = model.conversation.cells.iter().map(|cell| match cell {
        Cell::Prompt { text, .. } => text.as_str(),
        Cell::Job(job) => job.phase.word(),
        Cell::Note(_) => "note",
        Cell::Told { title, .. } => title.as_str(),
    });
    texts.collect()
}

#[test]
fn a_prompt_is_sent_and_its_cell_is_there_at_once() {
    let mut model = model();
    let cmds = keys(&mut model, "lofi beat<ret>");
    let Some(Cmd::Submit { request, takes: 1, session: None, parent: None }) = cmds.last() else {
        panic!("{cmds:?}");
    };
    assert_eq!(request.prompt, "lofi beat");
    assert_eq!(texts(&model), ["lofi beat"]);
    assert!(model.composer.is_empty());
    // The answer makes the session known, and the job gets its cell below the prompt that stands already.
    update(
        &mut model,
        answer(Answer::Submitted(vec![job("job-1", "lofi beat", Phase::Queued)], Vec::new())),
    );
    assert_eq!(texts(&model), ["lofi beat", "queued"]);
    assert_eq!(model.conversation.session.as_ref().unwrap().id, "session");
}

#[test]
fn events_before_the_answer_make_no_second_cell() {
    let mut model = with_takes(1);
    keys(&mut model, "again<ret>");
    let changed = JobChanged { job: job("job-9", "again", Phase::Generating) };
    update(&mut model, Msg::Event(Box::new(Event::JobChanged(changed))));
    update(
        &mut model,
        answer(Answer::Submitted(vec![job("job-9", "again", Phase::Queued)], Vec::new())),
    );
    assert_eq!(texts(&model), ["prompt 1", "ready", "again", "generating"]);
    let progress = JobProgress {
        job_id: "job-9".into(),
        phase: Phase::Generating,
        progress: 0.5,
        stage: "drums".into(),
        eta_s: Some(2.0),
    };
    let cmds = update(&mut model, Msg::Event(Box::new(Event::JobProgress(progress))));
    assert!(cmds.contains(&Cmd::Progress(Some(0.5))), "{cmds:?}");
    let Some(Cell::Job(cell)) = model.conversation.cells.last() else { panic!() };
    assert_eq!((cell.progress, cell.stage.as_str()), (0.5, "drums"));
}

#[test]
fn what_another_client_does_in_the_same_session_is_shown_here() {
    let mut model = with_takes(1);
    let changed = JobChanged { job: job("job-5", "from elsewhere", Phase::Queued) };
    update(&mut model, Msg::Event(Box::new(Event::JobChanged(changed))));
    assert_eq!(texts(&model), ["prompt 1", "ready", "from elsewhere", "queued"]);
    let mut other = job("job-6", "another session", Phase::Queued);
    other.session_id = "other".into();
    update(&mut model, Msg::Event(Box::new(Event::JobChanged(JobChanged { job: other }))));
    assert_eq!(model.conversation.cells.len(), 4);
}

#[test]
fn a_command_that_makes_no_sense_stays_to_be_put_right() {
    let mut model = model();
    let cmds = keys(&mut model, "/tempo fast<ret>");
    assert!(cmds.iter().all(|cmd| !matches!(cmd, Cmd::Submit { .. })));
    assert_eq!(model.composer.text(), "/tempo fast");
    assert!(model.toasts.last().unwrap().hint.contains("/tempo 124"), "{:?}", model.toasts);
}

#[test]
fn settings_go_into_the_next_request_and_can_be_taken_back() {
    let mut model = model();
    keys(&mut model, "/tempo 124<ret>/key F# minor<ret>/seed 42<ret>/takes 3<ret>");
    let cmds = keys(&mut model, "techno<ret>");
    let Some(Cmd::Submit { request, takes: 3, .. }) = cmds.last() else { panic!("{cmds:?}") };
    assert_eq!(request.bpm.unwrap().get(), 124.0);
    assert_eq!(
        (request.key.unwrap().to_string().as_str(), request.seed.unwrap().0),
        ("F# minor", 42)
    );
    keys(&mut model, "/undo<ret>/undo<ret>");
    assert_eq!((model.settings.takes, model.settings.seed), (1, None));
    keys(&mut model, "/redo<ret>");
    assert_eq!(model.settings.seed.unwrap().0, 42);
}

#[test]
fn edits_of_takes_are_pairs_that_undo_each_other() {
    let mut model = with_takes(2);
    let cmds = keys(&mut model, "/rate 4<ret>");
    assert_eq!(cmds, [Cmd::Rate("take-0002".into(), 4)]);
    model.takes.get_mut("take-0002").unwrap().rating = Some(4);
    assert_eq!(keys(&mut model, "/rate 2<ret>"), [Cmd::Rate("take-0002".into(), 2)]);
    assert_eq!(keys(&mut model, "/undo<ret>"), [Cmd::Rate("take-0002".into(), 4)]);
    assert_eq!(keys(&mut model, "/redo<ret>"), [Cmd::Rate("take-0002".into(), 2)]);
    let cmds = keys(&mut model, "/tag keeper -draft<ret>");
    assert_eq!(
        cmds,
        [Cmd::Tag { take: "take-0002".into(), add: vec!["keeper".into()], remove: Vec::new() }]
    );
}

#[test]
fn space_plays_the_take_with_the_focus_and_takes_are_named_by_number() {
    let mut model = with_takes(3);
    let open = |take: &str| Cmd::Open {
        sources: vec![take.into()],
        parts: false,
        chain: None,
        bpm: None,
        start: true,
        at: None,
        keep: false,
    };
    assert!(keys(&mut model, " ").contains(&open("take-0003")));
    assert!(keys(&mut model, "/play 1<ret>").contains(&open("take-0001")));
    keys(&mut model, "/play 9<ret>");
    assert!(model.toasts.last().unwrap().text.contains("no take '9'"));
    let cmds = keys(&mut model, "/ab 1 3 blind<ret>");
    let takes = vec!["take-0001".to_owned(), "take-0003".to_owned()];
    assert_eq!(cmds, [Cmd::Compare { takes, blind: true, chain: None }]);
    // Alone it is compared with the one before it.
    let cmds = keys(&mut model, "/ab<ret>");
    let takes = vec!["take-0002".to_owned(), "take-0003".to_owned()];
    assert_eq!(cmds, [Cmd::Compare { takes, blind: false, chain: None }]);
}

#[test]
fn variations_start_from_the_take_with_the_focus() {
    let mut model = with_takes(2);
    let cmds = keys(&mut model, "/reroll bass<ret>");
    let changes = vec![Change::Reroll { part: "bass".into() }];
    let session = Some("session".to_owned());
    assert_eq!(cmds, [Cmd::Derive { take: "take-0002".into(), changes, takes: 1, session }]);
    let mut empty = self::model();
    assert_eq!(keys(&mut empty, "/variation<ret>"), []);
    assert!(empty.toasts.last().unwrap().text.contains("no take yet"));
}

#[test]
fn escape_twice_goes_back_to_an_earlier_prompt() {
    let mut model = with_takes(2);
    update(&mut model, Msg::Tick(1.0));
    keys(&mut model, "<esc>");
    update(&mut model, Msg::Tick(1.2));
    keys(&mut model, "<esc>");
    assert_eq!(model.composer.text(), "prompt 2");
    assert_eq!(model.settings.parent.as_deref(), Some("take-0002"));
    // Slowly it does nothing.
    let mut model = with_takes(2);
    keys(&mut model, "<esc>");
    update(&mut model, Msg::Tick(5.0));
    keys(&mut model, "<esc>");
    assert!(model.composer.is_empty());
}

#[test]
fn control_c_clears_then_asks_then_ends() {
    let mut model = model();
    assert_eq!(keys(&mut model, "lofi<c-c>"), []);
    assert!(model.composer.is_empty());
    assert_eq!(keys(&mut model, "<c-c>"), []);
    assert!(model.toasts.last().unwrap().text.contains("again"));
    assert_eq!(keys(&mut model, "<c-c>"), [Cmd::Quit]);
}

#[test]
fn deleting_asks_first() {
    let mut model = with_takes(1);
    assert_eq!(keys(&mut model, "/delete<ret>"), []);
    assert!(matches!(model.overlays.last(), Some(Overlay::Confirm { .. })));
    assert_eq!(keys(&mut model, "<esc>"), []);
    assert!(model.overlays.is_empty());
    keys(&mut model, "/delete<ret>");
    assert_eq!(keys(&mut model, "<ret>"), [Cmd::Delete("take-0001".into(), false)]);
    assert!(model.overlays.is_empty());
}

#[test]
fn a_refused_prompt_comes_back_to_be_put_right() {
    let mut model = model();
    keys(&mut model, "lofi<ret>");
    let fault = Fault::new(FaultKind::Invalid, "no").with_hint("yes");
    update(&mut model, answer(Answer::Failed { what: "render it".into(), fault }));
    assert_eq!((texts(&model).len(), model.composer.text().as_str()), (0, "lofi"));
    assert_eq!(model.toasts.last().unwrap().hint, "yes");
}

#[test]
fn older_pages_come_before_and_keep_what_is_in_sight() {
    let mut model = with_takes(50);
    model.conversation.older = Some("cursor".into());
    model.conversation.scroll = Scroll::At { cell: 4, line: 0 };
    let cmds = keys(&mut model, "<pgup>");
    assert!(
        cmds.contains(&Cmd::LoadTranscript {
            session: "session".into(),
            before: Some("cursor".into())
        }),
        "{cmds:?}"
    );
    let at = model.conversation.scroll;
    let mut job = job("job-0", "before all", Phase::Ready);
    job.take_id = None;
    let page = SessionTranscriptResponse {
        session: model.conversation.session.clone().unwrap(),
        entries: vec![Entry::Job { job: JobCard::from(&job), take: None }],
        before: None,
    };
    update(&mut model, answer(Answer::Transcript(Box::new(page), true)));
    let Scroll::At { cell: before, .. } = at else { panic!("{at:?}") };
    assert!(matches!(model.conversation.scroll, Scroll::At { cell, .. } if cell == before + 2));
    assert_eq!(texts(&model)[0], "before all");
}

#[test]
fn peaks_are_asked_for_once() {
    let mut model = model();
    let mut ready = job("job-1", "lofi", Phase::Ready);
    ready.take_id = Some("take-0001".into());
    update(
        &mut model,
        answer(Answer::Submitted(vec![job("job-1", "lofi", Phase::Queued)], Vec::new())),
    );
    let created = TakeCreated { take: take_of(&ready) };
    let asked =
        |cmds: &[Cmd]| cmds.iter().filter(|cmd| matches!(cmd, Cmd::LoadPeaks { .. })).count();
    let first = update(&mut model, Msg::Event(Box::new(Event::TakeCreated(created))));
    assert_eq!(asked(&first), 1, "{first:?}");
    assert_eq!(asked(&update(&mut model, Msg::Resize(100, 30))), 0);
}

fn take_of(job: &Job) -> crate::model::take::Take {
    serde_json::from_value(serde_json::json!({
        "id": job.take_id, "session_id": job.session_id, "job_id": job.id, "number": 1, "title": "Lofi", "path": "/m/1.wav",
        "recipe_path": "/m/1.json", "midi_path": null, "rating": null, "created_at": 1.0,
        "recipe": {
            "format": 1, "timbre": "0", "target": "t", "request": job.request,
            "backend": {"id": "composer", "version": "1", "licence": "CC0-1.0"},
            "outcome": {"bpm": 82.0, "key": null, "metre": null, "duration_s": 20.0, "frames": 960_000, "sample_rate": 48_000,
                        "channels": 2, "lufs": -14.0, "true_peak_dbtp": -1.0, "audio_sha256": ""}
        }
    }))
    .unwrap()
}

#[test]
fn panes_and_views_take_the_keys_and_give_them_back() {
    let mut model = with_takes(2);
    keys(&mut model, "/library<ret>");
    assert_eq!((model.focus, model.inspector.tab), (Focus::Inspector, Tab::Library));
    keys(&mut model, "<esc><esc>");
    assert_eq!(model.focus, Focus::Composer);
    let cmds = keys(&mut model, "/view roll<ret>");
    assert!(cmds.contains(&Cmd::LoadScore("take-0002".into())), "{cmds:?}");
    assert_eq!(model.big.as_ref().map(|big| big.kind), Some(ViewKind::Roll));
    keys(&mut model, "<esc>");
    assert!(model.big.is_none());
}

#[test]
fn nothing_that_moves_means_nothing_to_wake_for() {
    let mut model = with_takes(1);
    update(&mut model, Msg::Tick(100.0));
    assert_eq!(next_wake(&model), None);
    update(
        &mut model,
        Msg::Event(Box::new(Event::JobChanged(JobChanged {
            job: job("j", "x", Phase::Generating),
        }))),
    );
    assert!(next_wake(&model).is_some());
    model.look.motion = false;
    assert_eq!(next_wake(&model), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is typed, pasted and resized: nothing panics, and what is chosen exists.
    #[test]
    fn no_input_breaks_the_model(
        inputs in prop::collection::vec(
            prop_oneof![
                "\\PC{1,12}".prop_map(|text| (0_u8, text, 0_u16, 0_u16)),
                (0_u16..400, 0_u16..120).prop_map(|(c, r)| (1, String::new(), c, r)),
                (0_u16..26).prop_map(|letter| (2, String::new(), letter, 0)),
                (0_u16..20).prop_map(|key| (3, String::new(), key, 0)),
                "\\PC{0,40}".prop_map(|text| (4, text, 0, 0)),
            ],
            1..60,
        )
    ) {
        let mut model = with_takes(5);
        let codes = [
            KeyCode::Enter, KeyCode::Esc, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down, KeyCode::Left,
            KeyCode::Right, KeyCode::Home, KeyCode::End, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Backspace,
            KeyCode::Delete, KeyCode::F(1),
        ];
        for (kind, text, a, b) in inputs {
            let msgs = match kind {
                0 => text.chars().map(|c| Msg::Key(KeyEvent::from(KeyCode::Char(c)))).collect(),
                1 => vec![Msg::Resize(a, b)],
                2 => {
                    let letter = char::from(b'a' + a as u8);
                    vec![Msg::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))]
                }
                3 => vec![Msg::Key(KeyEvent::from(codes[a as usize % codes.len()]))],
                _ => vec![Msg::Paste(text)],
            };
            for msg in msgs {
                update(&mut model, msg);
            }
            if let Some(cell) = model.conversation.selected {
                prop_assert!(cell < model.conversation.cells.len());
            }
            if let Scroll::At { cell, .. } = model.conversation.scroll {
                prop_assert!(cell < model.conversation.cells.len());
            }
            if let Some(take) = &model.focused_take {
                prop_assert!(model.takes.contains_key(take));
            }
        }
    }
}
