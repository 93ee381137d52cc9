//! The player over the device that a test turns by hand: skips on the bar, parts, takes side by side, and who is told of it.

use super::*;
use crate::model::tempo::MetreMap;
use crate::protocol::listen::{PlayerState, PlayerVerdictParams, Quantum, Verdict};
use crate::studio::stage::comparison::{self, Contender};
use crate::studio::stage::parts::{Makeup, PartFile};
use crate::studio::stage::playlist::{Recording, Wish};

fn recording(path: &str, frames: usize) -> Recording {
    Recording {
        title: path.trim_matches('/').into(),
        path: path.into(),
        take_id: None,
        seconds: frames as f64 / 48_000.0,
        bpm: Some(400.0),
        key: None,
        metre: None,
    }
}

fn open(playlist: playlist::Playlist) -> StageCall {
    StageCall::OpenPlayer { playlist: Box::new(playlist), count_in_bars: 0, start: true }
}

fn halves() -> [Recording; 2] {
    [recording("/first.wav", Halves::FIRST), recording("/second.wav", Halves::SECOND)]
}

fn side_by_side(blind: bool) -> StageCall {
    let [first, second] = halves();
    let contenders = [
        Contender { recording: first, lufs: Some(-9.0) },
        Contender { recording: second, lufs: Some(-9.0) },
    ];
    open(comparison::plan(&contenders, &Wish::default(), blind).unwrap())
}

impl Rig {
    fn player(&mut self) -> PlayerState {
        serde_json::from_value(self.ask(StageCall::Player)).unwrap()
    }

    /// The players that were told since the last time.
    fn told_players(&mut self) -> Vec<PlayerState> {
        let player = |event| match event {
            Event::PlayerChanged(changed) => Some(changed.player),
            _ => None,
        };
        self.told().into_iter().filter_map(player).collect()
    }
}

#[test]
fn what_is_opened_is_told_to_all_and_forgotten_when_its_graph_goes() {
    let mut rig = Rig::new();
    assert_eq!(rig.player(), PlayerState::default());
    assert_eq!(rig.refuse(StageCall::Skip { by: 1, when: Quantum::Now }).kind, FaultKind::Conflict);
    rig.ask(open(playlist::plan(&halves(), &Wish::default()).unwrap()));
    let told = rig.told_players();
    let [player] = told.as_slice() else { panic!("{told:?}") };
    assert!(player.open && player.items.len() == 2 && player.transport.is_some());
    for id in [&player.meter, &player.spectrum, &player.history] {
        rig.ask(StageCall::Data(NodeDataParams { id: id.clone(), points: 64 }));
    }
    rig.hear(5);
    assert!(rig.told_players().is_empty(), "nothing has changed");
    rig.ask(set(piano()));
    assert!(!rig.player().open);
    assert_eq!(rig.told_players().len(), 1);
    rig.ask(StageCall::Undo);
    assert!(!rig.player().open || rig.player().items.len() == 2);
}

#[test]
fn a_recording_that_is_added_behind_what_plays_does_not_disturb_it() {
    let mut rig = Rig::new();
    let [first, second] = halves();
    rig.ask(open(playlist::plan(std::slice::from_ref(&first), &Wish::default()).unwrap()));
    let mut heard = rig.hear(Halves::FIRST / TURN / 2);
    let keep = Wish { keep: true, ..Wish::default() };
    rig.ask(open(playlist::plan(&[first.clone(), second.clone()], &keep).unwrap()));
    let total = Halves::FIRST + Halves::SECOND;
    heard.extend(rig.hear(total / TURN + 20));
    let misfit = |offset: usize, range: std::ops::Range<usize>| {
        range
            .map(|frame| (heard[offset + frame] - Halves::sample(frame)).abs())
            .fold(0.0_f32, f32::max)
    };
    let offset = (0..4_000).find(|offset| misfit(*offset, 1_000..1_500) < 1e-4);
    let offset = offset.unwrap_or_else(|| panic!("the sine was not heard"));
    let worst = misfit(offset, 1_000..total - 1_000);
    assert!(worst < 1e-4, "off by {worst} somewhere");
    // A list that does not begin with what plays is opened as usual.
    rig.ask(open(playlist::plan(&[second, first], &keep).unwrap()));
    assert!(rig.ask(StageCall::Transport)["transport"]["beat"].as_f64().unwrap() < 0.1);
}

#[test]
fn a_skip_waits_for_the_bar_and_a_second_one_goes_on_from_it() {
    let mut rig = Rig::new();
    let three = [
        recording("/first.wav", Halves::FIRST),
        recording("/second.wav", Halves::SECOND),
        recording("/first.wav", Halves::FIRST),
    ];
    let list = playlist::plan(&three, &Wish::default()).unwrap();
    let starts = list.items.iter().map(|item| item.start_s).collect::<Vec<_>>();
    rig.ask(open(list));
    rig.hear(10);
    rig.told();
    rig.ask(StageCall::Skip { by: 1, when: Quantum::Bar });
    rig.ask(StageCall::Skip { by: 1, when: Quantum::Bar });
    let fault = rig.refuse(StageCall::Skip { by: 1, when: Quantum::Bar });
    assert_eq!(fault.kind, FaultKind::NotFound, "{fault:?}");
    assert!(rig.player().transport.unwrap().seconds < starts[1]);
    // A bar of 400 BPM has 28,800 frames: 36 turns.
    rig.hear(30);
    assert!(rig.causes().contains(&TransportCause::Sought));
    let seconds = rig.player().transport.unwrap().seconds;
    assert!((starts[2]..starts[2] + 0.6).contains(&seconds), "{seconds} of {starts:?}");
    rig.ask(StageCall::Skip { by: -2, when: Quantum::Now });
    rig.hear(2);
    assert!(rig.player().transport.unwrap().seconds < 0.1);
}

#[test]
fn a_seek_may_wait_for_the_bar_too() {
    let mut rig = Rig::new();
    rig.ask(open(playlist::plan(&halves(), &Wish::default()).unwrap()));
    rig.hear(10);
    let place =
        |rig: &mut Rig| rig.ask(StageCall::Transport)["transport"]["beat"].as_f64().unwrap();
    let metres = MetreMap::constant(crate::model::tempo::Metre::FOUR_FOUR);
    assert_eq!(metres.beat_of_bar(1), 4.0);
    rig.ask(StageCall::Seek { to: Position::Beat(0.0), when: Quantum::Bar });
    let before = place(&mut rig);
    assert!(before > 0.5, "{before}");
    rig.hear(20);
    let later = place(&mut rig);
    assert!(later > before, "it goes on until the bar: {later}");
    rig.hear(15);
    assert!(place(&mut rig) < 2.5, "and begins again there");
}

#[test]
fn a_count_in_is_told_from_the_first_moment() {
    let mut rig = Rig::new();
    rig.ask(set(piano()));
    rig.hear(3);
    let answer = rig.ask(StageCall::Play { from: None, count_in_bars: 1, when: Quantum::Now });
    assert_eq!(answer["transport"]["counting_in"], json!(true));
    assert!(rig.desk.status().unwrap().transport.counting_in);
    rig.hear(3);
    assert!(rig.desk.status().unwrap().transport.counting_in);
}

#[test]
fn every_edit_of_the_graph_is_told_with_its_revision() {
    let mut rig = Rig::new();
    rig.ask(set(piano()));
    rig.ask(param("keys", "gain_db", -3.0));
    rig.refuse(param("keys", "gain_db", 99.0));
    rig.ask(StageCall::Graph);
    let revision = |event| match event {
        Event::GraphChanged(changed) => Some(changed.revision),
        _ => None,
    };
    let told = rig.told().into_iter().filter_map(revision).collect::<Vec<_>>();
    assert_eq!(told.last(), Some(&2), "the latest counts: {told:?}");
    assert_eq!(rig.ask(StageCall::Graph)["revision"], json!(2));
}

fn by_parts() -> StageCall {
    let [take, _] = halves();
    let file = |name: &str| PartFile { name: name.into(), path: "/first.wav".into() };
    let files = [file("drums"), file("bass"), file("band")];
    let makeup = Makeup {
        gain_db: -12.0,
        ceiling_db: -1.0,
        wanted_lufs: Some(-14.0),
        reached_lufs: Some(-14.0),
    };
    open(parts::plan(&take, &files, &makeup, None, &Wish::default()).unwrap())
}

fn part(part: &str) -> PlayerSetPartParams {
    PlayerSetPartParams { part: part.into(), ..Default::default() }
}

#[test]
fn parts_are_muted_soloed_and_moved_while_they_play() {
    let mut rig = Rig::new();
    rig.ask(by_parts());
    // Three alike at half of full scale, each 12 dB down.
    let all = rig.peak(8);
    assert!((all - 3.0 * 0.5 * 0.2512).abs() < 0.01, "{all}");
    rig.ask(StageCall::SetPart(PlayerSetPartParams { mute: Some(true), ..part("dr") }));
    rig.peak(3);
    let two = rig.peak(4);
    assert!((two / all - 2.0 / 3.0).abs() < 0.02, "{two}");
    let wish = PlayerSetPartParams { solo: Some(true), gain_db: Some(-6.0), ..part("bass") };
    rig.ask(StageCall::SetPart(wish));
    rig.peak(3);
    let one = rig.peak(4);
    assert!((one / all - 0.5012 / 3.0).abs() < 0.02, "{one}");
    let player = rig.told_players().pop().unwrap();
    let bass = &player.parts[1];
    assert_eq!(
        (bass.name.as_str(), bass.solo, bass.gain_db, bass.mute),
        ("bass", true, -6.0, false)
    );
    // Both were asked for together, so they are taken back together.
    rig.ask(StageCall::Undo);
    let player = rig.player();
    assert!(!player.parts[1].solo && player.parts[1].gain_db == 0.0 && player.parts[0].mute);
    let fault =
        rig.refuse(StageCall::SetPart(PlayerSetPartParams { mute: Some(true), ..part("ba") }));
    assert!(
        fault.kind == FaultKind::NotFound && fault.hint.contains("drums, bass, band"),
        "{fault:?}"
    );
    let wish = PlayerSetPartParams { mute: Some(false), pan: Some(7.0), ..part("drums") };
    assert_eq!(rig.refuse(StageCall::SetPart(wish)).kind, FaultKind::Invalid);
    assert!(rig.player().parts[0].mute, "a refused wish moves nothing");
}

#[test]
fn a_switch_waits_for_the_bar_and_is_told_when_it_has_come_about() {
    let mut rig = Rig::new();
    rig.ask(side_by_side(false));
    rig.hear(5);
    rig.told();
    let params = |to, when| StageCall::Switch(PlayerSwitchParams { to, when });
    assert_eq!(rig.refuse(params(2, Quantum::Bar)).kind, FaultKind::NotFound);
    let answer = rig.ask(params(1, Quantum::Bar));
    assert_eq!(
        (&answer["compare"]["active"], &answer["compare"]["pending"]),
        (&json!(0), &json!(1))
    );
    // The loop turns at 20,000 frames, which is a beginning of a bar as well.
    rig.hear(30);
    let told = rig.told_players();
    let mut states = told.iter().filter_map(|player| player.compare.as_ref());
    let last = states.next_back().map(|compare| (compare.active, compare.pending));
    assert_eq!(last, Some((1, None)), "{told:?}");
    rig.ask(params(0, Quantum::Now));
    rig.hear(3);
    let compare = rig.player().compare.unwrap();
    assert_eq!((compare.active, compare.pending), (0, None));
    // An edit and its undo leave who is heard as it is.
    rig.ask(params(1, Quantum::Now));
    rig.ask(param("channel", "gain_db", -3.0));
    rig.ask(StageCall::Undo);
    rig.hear(3);
    assert_eq!(rig.player().compare.unwrap().active, 1);
    // Another comparison begins at A again.
    rig.ask(side_by_side(false));
    rig.hear(3);
    let compare = rig.player().compare.unwrap();
    assert_eq!((compare.active, compare.pending), (0, None));
}

#[test]
fn a_blind_comparison_keeps_names_back_in_every_answer_until_the_verdict() {
    let mut rig = Rig::new();
    let opened = rig.ask(side_by_side(true));
    rig.ask(param("channel", "gain_db", -3.0));
    let graph = rig.ask(StageCall::Graph);
    let state = rig.ask(StageCall::State("candidate1".into()));
    let undone = rig.ask(StageCall::Undo);
    let told = rig.told().iter().map(|event| format!("{event:?}")).collect::<String>();
    for answer in
        [opened.to_string(), graph.to_string(), state.to_string(), undone.to_string(), told]
    {
        assert!(!answer.contains(".wav"), "{answer}");
    }
    let data = NodeDataParams { id: "candidate1".into(), points: 0 };
    assert_eq!(rig.refuse(StageCall::Data(data.clone())).kind, FaultKind::Conflict);
    let params = PlayerVerdictParams { best: Some(1), note: "airier".into() };
    let verdict = rig.ask(StageCall::Weigh { params, created_at: 5.0 });
    assert_eq!(
        rig.player().compare.unwrap().verdict,
        None,
        "only what the library has kept counts"
    );
    let verdict: Verdict = serde_json::from_value(verdict).unwrap();
    assert_eq!(verdict.best.as_deref(), Some("/second.wav"));
    rig.ask(StageCall::Decide(Box::new(verdict.clone())));
    let compare = rig.told_players().pop().unwrap().compare.unwrap();
    assert_eq!((compare.blind, compare.verdict), (false, Some(verdict)));
    assert_eq!(compare.candidates[0].title.as_deref(), Some("first.wav"));
    rig.ask(StageCall::Data(data));
    let params = PlayerVerdictParams::default();
    assert_eq!(rig.refuse(StageCall::Weigh { params, created_at: 6.0 }).kind, FaultKind::Conflict);
}
