//! Tables of the pure core: what happens, and what is to be done. No IO, no runtime, no clock.
//!
//! Effects are compared by a short text of each, so that a row reads as a sentence: `ok 1` answers call 1, `changed a
//! queued` tells listeners of a job, `write claim` asks the library for something, `start a 0` begins a job in a slot.

use super::*;
use crate::model::job::{Job, Phase};
use crate::store::timing::Timing;
use crate::studio::handle::Shutdown;
use crate::studio::input::{Look, News, Rendered, Task};
use crate::studio::stage::StageCall;

/// A waiting job, for tests of this layer.
pub(crate) fn job(id: &str) -> Job {
    serde_json::from_value(serde_json::json!({
        "id": id, "session_id": "s", "number": 1, "request": request(),
        "path": null, "phase": "queued", "progress": 0.0, "eta_s": null, "position": 1, "attempts": 0,
        "take_id": null, "fault": null, "created_at": 0.0, "updated_at": 0.0
    }))
    .unwrap()
}

fn request() -> Value {
    serde_json::json!({
        "prompt": "p", "backend": "b", "seed": 1,
        "export": {"format": "wav", "bit_depth": "24", "sample_rate": 48000, "stems": false, "midi": false}
    })
}

fn in_phase(id: &str, phase: Phase) -> Job {
    Job { phase, ..job(id) }
}

fn rendered(id: &str) -> Box<Rendered> {
    let take = serde_json::from_value(serde_json::json!({
        "id": format!("take-of-{id}"), "session_id": "s", "job_id": id, "number": 1, "title": "t", "path": "/t.wav",
        "recipe_path": "/t.wav.timbre.json", "midi_path": null, "rating": null, "created_at": 0.0,
        "recipe": {
            "format": 1, "timbre": "0", "target": "t", "request": request(),
            "backend": {"id": "b", "version": "1", "model": null, "licence": "CC0-1.0"}, "brief": null,
            "outcome": {
                "bpm": null, "key": null, "metre": null, "bars": null, "duration_s": 1.0, "frames": 1,
                "sample_rate": 48000, "channels": 2, "lufs": null, "true_peak_dbtp": null, "looped": false,
                "score_sha256": null, "audio_sha256": ""
            }
        }
    }))
    .unwrap();
    Box::new(Rendered {
        take,
        timing: Timing { audio_s: 1.0, generating_s: 1.0, mastering_s: 1.0 },
    })
}

fn told(effects: &[Effect]) -> String {
    let phase = |job: &Job| format!("changed {} {}", job.id, job.phase.word());
    let text = |effect: &Effect| match effect {
        Effect::Reply { ticket, outcome: Ok(_) } => format!("ok {ticket}"),
        Effect::Reply { ticket, outcome: Err(fault) } => format!("err {ticket} {:?}", fault.kind),
        Effect::Emit(event) => match &**event {
            crate::protocol::Event::JobChanged(changed) => phase(&changed.job),
            crate::protocol::Event::JobProgress(step) => {
                format!("progress {} {:.2}", step.job_id, step.progress)
            }
            crate::protocol::Event::TakeCreated(created) => format!("take {}", created.take.job_id),
            other => other.method().to_owned(),
        },
        Effect::Look { ticket, .. } => format!("look {ticket}"),
        Effect::Write { ticket, write, .. } => {
            let name = format!("{write:?}");
            let name = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let ticket = ticket.map(|ticket| format!(" {ticket}")).unwrap_or_default();
            format!("write{ticket} {}", name.to_lowercase())
        }
        Effect::Run { ticket, .. } => format!("run {ticket}"),
        Effect::Stage { ticket, .. } => format!("stage {ticket}"),
        Effect::StartJob { job, slot } => format!("start {} {slot}", job.id),
        Effect::StopJob(id) => format!("stop {id}"),
        Effect::StopTasks => "stop tasks".into(),
        Effect::Watch => "watch".into(),
        Effect::End => "end".into(),
    };
    effects.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Plays inputs into a state and compares what each of them brings.
#[track_caller]
fn play(state: &mut State, rows: Vec<(Input, &str)>) {
    for (row, (input, expected)) in rows.into_iter().enumerate() {
        let shown = format!("{input:?}");
        assert_eq!(told(&update(state, input)), expected, "row {row}: {shown:.200}");
    }
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "no")
}

fn change(ticket: Ticket, write: Write) -> Input {
    Input::Order { ticket, order: Order::Change(write) }
}

fn wrote(ticket: Option<Ticket>, about: About, wrote: Wrote) -> Input {
    Input::Wrote { ticket, about, outcome: Ok(wrote) }
}

fn failed(ticket: Option<Ticket>, about: About, kind: FaultKind) -> Input {
    Input::Wrote { ticket, about, outcome: Err(fault(kind)) }
}

fn submitted(ticket: Ticket, ids: &[&str]) -> Input {
    let jobs = ids.iter().map(|id| job(id)).collect();
    wrote(Some(ticket), About::Call, Wrote::Submitted { jobs, session: None, notes: Vec::new() })
}

fn claimed(id: &str) -> Input {
    let job = in_phase(id, Phase::Generating);
    wrote(None, About::Claim, Wrote::Claimed(Some(Box::new((job, Vec::new())))))
}

fn none_claimed() -> Input {
    wrote(None, About::Claim, Wrote::Claimed(None))
}

fn progress(id: &str, phase: Phase, fraction: f64) -> Input {
    let stage = "playing".to_owned();
    Input::Work(News::Progress { id: id.into(), phase, fraction, stage, elapsed_s: 1.0 })
}

fn ended(id: &str, kind: Option<FaultKind>) -> Input {
    let outcome = kind.map_or_else(|| Ok(rendered(id)), |kind| Err(fault(kind)));
    Input::Work(News::Ended { id: id.into(), outcome })
}

fn finished(id: &str) -> Input {
    let job = Box::new(in_phase(id, Phase::Ready));
    wrote(None, About::Finish(id.into()), Wrote::Finished(job, rendered(id)))
}

fn given_up(id: &str, phase: Phase) -> Input {
    wrote(None, About::GiveUp(id.into()), Wrote::GivenUp(Box::new(in_phase(id, phase))))
}

fn cancelled(ticket: Option<Ticket>, id: &str, phase: Phase) -> Input {
    wrote(ticket, About::Call, Wrote::Cancelled(Box::new(in_phase(id, phase))))
}

fn handed_back() -> Input {
    wrote(None, About::HandBack, Wrote::Done)
}

/// A studio in which these jobs, submitted here, are being rendered.
fn rendering(slots: usize, ids: &[&str]) -> State {
    let mut state = State::new(slots);
    update(&mut state, submitted(0, ids));
    for id in ids.iter().take(slots) {
        update(&mut state, claimed(id));
    }
    if ids.len() < slots {
        update(&mut state, none_claimed());
    }
    state
}

#[test]
fn a_start_takes_over_from_the_dead_and_then_asks_for_work() {
    let mut state = State::new(1);
    play(
        &mut state,
        vec![
            (Input::Started, "write adopt"),
            (
                wrote(None, About::Adopt, Wrote::Adopted(vec![in_phase("x", Phase::Failed)])),
                "changed x failed, write claim",
            ),
            (none_claimed(), ""),
        ],
    );
    assert!(!state.adopting && !state.claiming);
}

#[test]
fn a_failed_take_over_still_asks_for_work() {
    let mut state = State::new(1);
    let rows = vec![
        (Input::Started, "write adopt"),
        (failed(None, About::Adopt, FaultKind::Internal), "write claim"),
    ];
    play(&mut state, rows);
}

#[test]
fn a_process_that_renders_nothing_asks_for_nothing() {
    let mut state = State::new(0);
    let mut rows = vec![(Input::Started, ""), (submitted(1, &["a"]), "ok 1, changed a queued")];
    rows.extend((0..40).map(|_| (Input::Tick, "")));
    rows.push((Input::Seen { cancelled: Vec::new(), claimable: true }, ""));
    play(&mut state, rows);
}

#[test]
fn a_job_goes_from_submit_to_its_take() {
    let mut state = State::new(1);
    play(
        &mut state,
        vec![
            (change(1, Write::Cancel("x".into())), "write 1 cancel"),
            (submitted(1, &["a"]), "ok 1, changed a queued, write claim"),
            (claimed("a"), "changed a generating, start a 0"),
            (progress("a", Phase::Generating, 0.5), "progress a 0.40, write progress"),
            (ended("a", None), "write finish"),
            (finished("a"), "take a, changed a ready, write claim"),
            (none_claimed(), ""),
        ],
    );
    assert!(state.running.is_empty() && state.own.is_empty());
    assert_eq!(state.writes, 0);
}

#[test]
fn progress_never_runs_backward_and_is_written_in_tenths() {
    play(
        &mut rendering(1, &["a"]),
        vec![
            (progress("a", Phase::Generating, 0.5), "progress a 0.40, write progress"),
            (progress("a", Phase::Generating, 0.55), "progress a 0.44"),
            (progress("a", Phase::Generating, 0.2), "progress a 0.44"),
            (progress("a", Phase::Generating, 0.7), "progress a 0.56, write progress"),
            (
                progress("a", Phase::Mastering, 0.0),
                "changed a mastering, progress a 0.80, write progress",
            ),
            (progress("a", Phase::Mastering, f64::NAN), "progress a 0.80"),
        ],
    );
}

#[test]
fn news_of_a_job_that_is_not_ours_means_nothing() {
    let rows = vec![(progress("z", Phase::Generating, 0.5), ""), (ended("z", None), "")];
    play(&mut rendering(1, &["a"]), rows);
}

#[test]
fn a_job_that_fails_is_given_up_and_the_next_one_asked_for() {
    let mut state = rendering(1, &["a"]);
    play(
        &mut state,
        vec![
            (ended("a", Some(FaultKind::Internal)), "write giveup"),
            (given_up("a", Phase::Failed), "changed a failed, write claim"),
        ],
    );
    assert!(state.own.is_empty());
}

#[test]
fn a_take_that_can_t_be_entered_makes_its_job_fail() {
    let rows = vec![
        (ended("a", None), "write finish"),
        (failed(None, About::Finish("a".into()), FaultKind::Internal), "write giveup"),
        (given_up("a", Phase::Failed), "changed a failed, write claim"),
    ];
    play(&mut rendering(1, &["a"]), rows);
}

#[test]
fn a_job_that_somebody_else_has_by_now_is_let_go() {
    for about in [About::Finish("a".into()), About::GiveUp("a".into())] {
        let mut state = rendering(1, &["a"]);
        play(&mut state, vec![(failed(None, about, FaultKind::Conflict), "write claim")]);
        assert!(state.running.is_empty());
    }
}

#[test]
fn a_waiting_job_is_cancelled_at_once() {
    let mut state = rendering(1, &["a", "b"]);
    play(
        &mut state,
        vec![(cancelled(Some(2), "b", Phase::Cancelled), "ok 2, changed b cancelled")],
    );
    assert!(!state.own.contains("b") && state.own.contains("a"));
}

#[test]
fn a_running_job_is_told_to_stop_once_and_cancelled_when_it_has() {
    play(
        &mut rendering(1, &["a"]),
        vec![
            (cancelled(Some(2), "a", Phase::Generating), "ok 2, stop a"),
            (cancelled(Some(3), "a", Phase::Generating), "ok 3"),
            (Input::Seen { cancelled: vec!["a".into()], claimable: false }, ""),
            (ended("a", Some(FaultKind::Cancelled)), "write giveup"),
            (given_up("a", Phase::Cancelled), "changed a cancelled, write claim"),
        ],
    );
}

#[test]
fn a_take_that_was_finished_when_the_wish_to_stop_came_counts() {
    let rows = vec![
        (cancelled(Some(2), "a", Phase::Mastering), "ok 2, stop a"),
        (ended("a", None), "write finish"),
        (finished("a"), "take a, changed a ready, write claim"),
    ];
    play(&mut rendering(1, &["a"]), rows);
}

#[test]
fn another_process_may_cancel_too() {
    let seen = || Input::Seen { cancelled: vec!["a".into(), "z".into()], claimable: false };
    play(&mut rendering(1, &["a"]), vec![(seen(), "stop a"), (seen(), "")]);
}

#[test]
fn a_retried_job_is_ours_and_waits() {
    let mut state = State::new(1);
    let retried = wrote(Some(4), About::Call, Wrote::Retried(Box::new(job("a"))));
    play(&mut state, vec![(retried, "ok 4, changed a queued, write claim")]);
    assert!(state.own.contains("a"));
}

#[test]
fn what_changes_in_the_library_is_answered_and_told() {
    let session: crate::model::session::Session = serde_json::from_value(
        serde_json::json!({"id": "s", "title": "t", "takes": 0, "created_at": 0.0}),
    )
    .unwrap();
    let note = crate::protocol::transcript::SessionNote {
        id: "n".into(),
        session_id: "s".into(),
        text: "x".into(),
        created_at: 0.0,
    };
    let take = Box::new(rendered("a").take);
    let call = |ticket, what| wrote(Some(ticket), About::Call, what);
    play(
        &mut State::new(0),
        vec![
            (call(1, Wrote::Judged(take)), "ok 1, take/changed"),
            (call(2, Wrote::Deleted("a".into(), Vec::new())), "ok 2, take/deleted"),
            (call(3, Wrote::SessionCreated(session.clone())), "ok 3, session/changed"),
            (call(4, Wrote::SessionChanged(session.clone())), "ok 4, session/changed"),
            (call(5, Wrote::Noted(note)), "ok 5, session/noted"),
            (
                call(
                    6,
                    Wrote::Submitted {
                        jobs: vec![job("a")],
                        session: Some(session),
                        notes: Vec::new(),
                    },
                ),
                // The session first: whoever hears of the job knows where it belongs.
                "ok 6, session/changed, changed a queued",
            ),
        ],
    );
}

#[test]
fn a_call_that_ends_the_engine_is_answered_before_the_end_begins() {
    let end = |ticket| Input::Order { ticket, order: Order::End(Value::Null) };
    let late = || Input::Order { ticket: 9, order: Order::Change(Write::Cancel("a".into())) };
    play(
        &mut rendering(1, &["a"]),
        vec![
            (end(1), "ok 1, stop a, stop tasks"),
            (end(2), "ok 2"),
            (late(), "err 9 Conflict"),
            (ended("a", Some(FaultKind::Cancelled)), "write handback"),
            (handed_back(), "end"),
        ],
    );
}

#[test]
fn a_new_order_is_only_answered() {
    let mut state = rendering(1, &["a"]);
    play(
        &mut state,
        vec![
            (change(5, Write::Reorder("b".into(), 1)), "write 5 reorder"),
            (wrote(Some(5), About::Call, Wrote::Reordered(vec![job("b")])), "ok 5"),
            (change(6, Write::Reorder("z".into(), 1)), "write 6 reorder"),
            (failed(Some(6), About::Call, FaultKind::NotFound), "err 6 NotFound"),
        ],
    );
    assert_eq!(state.writes, 0);
}

#[test]
fn looks_answers_and_tasks_go_straight_on() {
    let mut state = State::new(1);
    let order = |ticket, order| Input::Order { ticket, order };
    play(
        &mut state,
        vec![
            (order(1, Order::Look(Look::Status)), "look 1"),
            (order(2, Order::Answer(Value::Null)), "ok 2"),
            (order(3, Order::Task(Task::Inspect("x".into()))), "run 3"),
        ],
    );
    assert_eq!(state.tasks, 1);
    play(&mut state, vec![(Input::TaskEnded, "")]);
    assert_eq!(state.tasks, 0);
}

#[test]
fn too_much_at_once_is_refused_as_busy_and_looks_are_not() {
    let mut state = State { writes: MOST_WRITES, tasks: MOST_TASKS, ..State::new(1) };
    let task = Order::Task(Task::Inspect("x".into()));
    play(
        &mut state,
        vec![
            (change(1, Write::Cancel("a".into())), "err 1 Busy"),
            (Input::Order { ticket: 2, order: task.clone() }, "err 2 Busy"),
            (Input::Order { ticket: 3, order: Order::Look(Look::Status) }, "look 3"),
            (Input::TaskEnded, ""),
            (Input::Order { ticket: 4, order: task }, "run 4"),
            (failed(Some(9), About::Call, FaultKind::NotFound), "err 9 NotFound"),
            (change(5, Write::Cancel("a".into())), "write 5 cancel"),
        ],
    );
}

#[test]
fn two_jobs_run_at_once_and_slots_are_filled_from_below() {
    let mut state = State::new(2);
    play(
        &mut state,
        vec![
            (
                submitted(1, &["a", "b", "c"]),
                "ok 1, changed a queued, changed b queued, changed c queued, write claim",
            ),
            (claimed("a"), "changed a generating, start a 0, write claim"),
            (claimed("b"), "changed b generating, start b 1"),
            (ended("a", None), "write finish"),
            (finished("a"), "take a, changed a ready, write claim"),
            (claimed("c"), "changed c generating, start c 0"),
            (progress("b", Phase::Generating, 1.0), "progress b 0.80, write progress"),
        ],
    );
}

#[test]
fn what_comes_in_while_the_library_is_asked_makes_it_be_asked_again() {
    let mut state = State::new(1);
    play(
        &mut state,
        vec![
            (submitted(1, &["a"]), "ok 1, changed a queued, write claim"),
            (submitted(2, &["b"]), "ok 2, changed b queued"),
            (none_claimed(), "write claim"),
            (none_claimed(), ""),
        ],
    );
    assert!(state.own.is_empty(), "another process has them: {:?}", state.own);
}

#[test]
fn a_library_that_can_t_be_asked_is_asked_again_by_the_clock() {
    let mut state = State::new(1);
    play(
        &mut state,
        vec![
            (submitted(1, &["a"]), "ok 1, changed a queued, write claim"),
            (failed(None, About::Claim, FaultKind::Internal), ""),
            (Input::Tick, ""),
            (Input::Tick, ""),
            (Input::Tick, ""),
            (Input::Tick, "watch"),
            (Input::Seen { cancelled: Vec::new(), claimable: true }, "write claim"),
            (claimed("a"), "changed a generating, start a 0"),
        ],
    );
}

#[test]
fn the_clock_watches_what_runs_and_looks_for_the_dead() {
    let mut state = rendering(1, &["a"]);
    let mut rows = (1..20).map(|_| (Input::Tick, "watch")).collect::<Vec<_>>();
    rows.push((Input::Tick, "watch, write adopt"));
    rows.push((wrote(None, About::Adopt, Wrote::Adopted(Vec::new())), ""));
    play(&mut state, rows);
    play(&mut state, vec![(Input::Shutdown(Shutdown::Finish), "")]);
    play(&mut state, (0..20).map(|_| (Input::Tick, "watch")).collect());
}

#[test]
fn an_idle_studio_ends_at_once_even_if_the_library_can_t_be_written() {
    for how in [Shutdown::Finish, Shutdown::Requeue, Shutdown::Cancel] {
        let first =
            if how == Shutdown::Finish { "write handback" } else { "stop tasks, write handback" };
        for (ending, last) in
            [(handed_back(), "end"), (failed(None, About::HandBack, FaultKind::Internal), "end")]
        {
            let rows = vec![
                (Input::Shutdown(how), first),
                (Input::Shutdown(Shutdown::Cancel), ""),
                (ending, last),
            ];
            play(&mut State::new(1), rows);
        }
    }
}

#[test]
fn an_end_that_finishes_waits_for_its_own_and_refuses_more() {
    play(
        &mut rendering(1, &["a", "b"]),
        vec![
            (Input::Shutdown(Shutdown::Finish), ""),
            (change(5, Write::Cancel("x".into())), "err 5 Conflict"),
            (
                Input::Order { ticket: 6, order: Order::Task(Task::Inspect("x".into())) },
                "err 6 Conflict",
            ),
            (Input::Order { ticket: 7, order: Order::Look(Look::Status) }, "look 7"),
            (Input::Order { ticket: 8, order: Order::Stage(StageCall::Graph) }, "stage 8"),
            (Input::Order { ticket: 9, order: Order::Stage(StageCall::Stop) }, "err 9 Conflict"),
            (ended("a", None), "write finish"),
            (finished("a"), "take a, changed a ready, write claim"),
            (claimed("b"), "changed b generating, start b 0"),
            (ended("b", None), "write finish"),
            (finished("b"), "take b, changed b ready, write handback"),
            (handed_back(), "end"),
        ],
    );
}

#[test]
fn an_end_that_requeues_stops_what_runs_and_gives_it_back() {
    play(
        &mut rendering(2, &["a", "b"]),
        vec![
            (Input::Shutdown(Shutdown::Requeue), "stop a, stop b, stop tasks"),
            (Input::Shutdown(Shutdown::Requeue), ""),
            (ended("a", Some(FaultKind::Cancelled)), ""),
            (ended("b", Some(FaultKind::Cancelled)), "write handback"),
            (handed_back(), "end"),
        ],
    );
}

#[test]
fn an_end_that_cancels_writes_the_wish_down_before_it_stops_anything() {
    play(
        &mut rendering(1, &["a", "b"]),
        vec![
            (Input::Shutdown(Shutdown::Cancel), "write cancel, write cancel, stop a, stop tasks"),
            (cancelled(None, "a", Phase::Generating), ""),
            (cancelled(None, "b", Phase::Cancelled), "changed b cancelled"),
            (ended("a", Some(FaultKind::Cancelled)), "write giveup"),
            (given_up("a", Phase::Cancelled), "changed a cancelled, write handback"),
            (handed_back(), "end"),
        ],
    );
}

#[test]
fn an_end_that_cancels_leaves_what_others_submitted() {
    let mut state = State::new(1);
    play(
        &mut state,
        vec![
            (Input::Seen { cancelled: Vec::new(), claimable: true }, "write claim"),
            (claimed("theirs"), "changed theirs generating, start theirs 0"),
            (Input::Shutdown(Shutdown::Cancel), "stop theirs, stop tasks"),
            (ended("theirs", Some(FaultKind::Cancelled)), "write handback"),
        ],
    );
}

#[test]
fn a_patient_end_may_become_an_impatient_one() {
    play(
        &mut rendering(1, &["a"]),
        vec![
            (Input::Shutdown(Shutdown::Finish), ""),
            (Input::Shutdown(Shutdown::Finish), ""),
            (Input::Shutdown(Shutdown::Requeue), "stop a, stop tasks"),
            (ended("a", Some(FaultKind::Cancelled)), "write handback"),
            (Input::Shutdown(Shutdown::Cancel), ""),
        ],
    );
}

#[test]
fn an_end_waits_for_long_tasks() {
    let mut state = State { tasks: 2, ..State::new(1) };
    play(
        &mut state,
        vec![
            (Input::Shutdown(Shutdown::Finish), ""),
            (Input::TaskEnded, ""),
            (Input::TaskEnded, "write handback"),
            (handed_back(), "end"),
        ],
    );
}

#[test]
fn a_job_that_is_claimed_in_the_moment_of_the_end_is_stopped() {
    let mut state = State::new(1);
    play(
        &mut state,
        vec![
            (submitted(1, &["a"]), "ok 1, changed a queued, write claim"),
            (Input::Shutdown(Shutdown::Requeue), "stop tasks"),
            (claimed("a"), "changed a generating, start a 0, stop a"),
            (ended("a", Some(FaultKind::Cancelled)), "write handback"),
        ],
    );
}

proptest::proptest! {
    /// Whatever comes in whatever order: slots are never shared, never exceeded, and an end that began comes to one.
    #[test]
    fn slots_hold_one_job_each_and_every_end_ends(
        slots in 0usize..4,
        steps in proptest::collection::vec((0u8..9, 0u8..6), 0..60),
        how in 0u8..3,
    ) {
        let mut state = State::new(slots);
        let name = |n: u8| format!("j{n}");
        for (what, n) in steps {
            let id = name(n);
            let is_running = state.running.contains_key(&id);
            let input = match what {
                0 => submitted(1, &[&id]),
                1 if state.claiming && !is_running => claimed(&id),
                2 if state.claiming => none_claimed(),
                3 if is_running => ended(&id, None),
                4 if is_running => finished(&id),
                5 if is_running => given_up(&id, Phase::Failed),
                6 => cancelled(Some(1), &id, if is_running { Phase::Generating } else { Phase::Cancelled }),
                7 => Input::Seen { cancelled: vec![id], claimable: true },
                _ => Input::Tick,
            };
            update(&mut state, input);
            let mut used = state.running.values().map(|running| running.slot).collect::<Vec<_>>();
            used.sort_unstable();
            used.dedup();
            proptest::prop_assert_eq!(used.len(), state.running.len());
            proptest::prop_assert!(used.iter().all(|slot| *slot < slots.max(1)));
        }
        let how = [Shutdown::Finish, Shutdown::Requeue, Shutdown::Cancel][usize::from(how)];
        let mut effects = update(&mut state, Input::Shutdown(how));
        for _ in 0..100 {
            if effects.iter().any(|effect| matches!(effect, Effect::Write { write: Write::HandBack, .. })) {
                break;
            }
            let input = match state.running.keys().next().cloned() {
                _ if state.claiming => none_claimed(),
                Some(id) => given_up(&id, Phase::Cancelled),
                None => Input::Tick,
            };
            effects = update(&mut state, input);
        }
        proptest::prop_assert!(state.ending.is_some_and(|ending| ending.handing_back), "{:?}", state);
    }
}
