//! The durable queue: what survives a process that dies, and two processes on one library.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop at the first surprise

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use support::{Home, Tone, ask, slow, submit, wait_phase};
use timbre::client::{Shutdown, Work};
use timbre::model::job::{FaultKind, Phase};
use timbre::model::session::Session;
use timbre::protocol::engine::EngineStatusParams;
use timbre::protocol::job::{JobCancelParams, JobListParams, JobSubmitParams};
use timbre::protocol::methods::{EngineStatus, JobCancel, JobList, JobSubmit, TakeList};
use timbre::protocol::take::TakeListParams;
use timbre::store::job::{Home as JobHome, NewJob};
use timbre::store::runner::Runner;
use timbre::store::{Library, StoreError};

fn new_job(id: &str) -> NewJob {
    let request = serde_json::from_value(serde_json::json!({
        "prompt": "p", "backend": "tone", "seed": 1, "duration": {"seconds": 1.0},
        "export": {"format": "wav", "bit_depth": "24", "sample_rate": 48000, "stems": false, "midi": false}
    }));
    NewJob { id: id.into(), request: request.unwrap(), parent: None, path: None, overwrite: false }
}

fn session() -> JobHome {
    JobHome::New(Session {
        id: "5e55-0001".into(),
        title: "t".into(),
        parent: None,
        takes: 0,
        created_at: 0.0,
    })
}

#[tokio::test]
async fn a_dead_runner_s_job_is_taken_over_once_and_given_up_after_three_deaths() {
    let home = Home::new();
    let library = Library::open(&home.path("data")).await.unwrap();
    let folder = home.path("runners");
    let first = Runner::register(&library, &folder, "r0", 0.0).await.unwrap();
    library.submit(&session(), &[new_job("a")], "", Some("r0"), 0.0).await.unwrap();
    library.claim("r0", 0.0).await.unwrap().unwrap();
    // As long as it lives, nobody finds it dead and nobody gets its job.
    let second = Runner::register(&library, &folder, "r1", 0.0).await.unwrap();
    assert!(second.find_dead(&library).await.unwrap().is_empty());
    assert!(library.claim("r1", 0.0).await.unwrap().is_none());
    // The lock goes without the registration, as the kernel does it when a process is killed.
    drop(first);
    let third = Runner::register(&library, &folder, "r2", 0.0).await.unwrap();
    let mut dead = second.find_dead(&library).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert!(third.find_dead(&library).await.unwrap().is_empty(), "two would take over at once");
    let adopted = library.adopt(dead.remove(0), "r1", 1.0).await.unwrap();
    assert_eq!((adopted.len(), adopted[0].phase), (1, Phase::Queued));
    assert!(third.find_dead(&library).await.unwrap().is_empty());
    assert_eq!(library.claim("r1", 1.0).await.unwrap().unwrap().attempts, 2);
    drop(second);
    let dead = third.find_dead(&library).await.unwrap().remove(0);
    library.adopt(dead, "r2", 2.0).await.unwrap();
    assert_eq!(library.claim("r2", 2.0).await.unwrap().unwrap().attempts, 3);
    drop(third);
    let fourth = Runner::register(&library, &folder, "r3", 0.0).await.unwrap();
    let dead = fourth.find_dead(&library).await.unwrap().remove(0);
    let given_up = library.adopt(dead, "r3", 3.0).await.unwrap().remove(0);
    assert_eq!(given_up.phase, Phase::Failed);
    assert!(given_up.fault.unwrap().message.contains("3 times"));
    assert!(library.claim("r3", 3.0).await.unwrap().is_none());
    // A retry starts counting anew.
    assert_eq!(library.retry("a", Some("r3"), 4.0).await.unwrap().attempts, 0);
}

#[tokio::test]
async fn only_the_owner_can_end_a_job() {
    let home = Home::new();
    let library = Library::open(&home.path("data")).await.unwrap();
    library.submit(&session(), &[new_job("a")], "", None, 0.0).await.unwrap();
    library.claim("r0", 0.0).await.unwrap().unwrap();
    let fault = timbre::model::job::Fault::new(FaultKind::Internal, "x");
    let refused = library.give_up("a", "r1", &fault, 0.0).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))));
    assert_eq!(library.give_up("a", "r0", &fault, 0.0).await.unwrap().phase, Phase::Failed);
    assert!(matches!(library.give_up("a", "r0", &fault, 0.0).await, Err(StoreError::Conflict(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_on_one_library_lose_nothing_and_render_nothing_twice() {
    let home = Home::new();
    let mut options = home.options();
    options.work = Work::Nothing;
    let looker = home.start_with(options, Arc::new(Tone::default())).await;
    let params = JobSubmitParams { request: ask("many"), takes: 12, ..JobSubmitParams::default() };
    let jobs = looker.call::<JobSubmit>(params).await.unwrap().jobs;
    let tones = [Arc::new(Tone::default()), Arc::new(Tone::default())];
    let mut options = home.options();
    options.jobs_at_once = 2;
    let one = home.start_with(options.clone(), tones[0].clone()).await;
    let two = home.start_with(options, tones[1].clone()).await;
    let mine = submit(&one, ask("of one")).await;
    let theirs = submit(&two, ask("of two")).await;
    let wanted =
        jobs.iter().chain([&mine, &theirs]).map(|job| job.id.clone()).collect::<BTreeSet<_>>();
    let done = async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            ticks.tick().await;
            let params = JobListParams {
                phases: vec![Phase::Ready, Phase::Failed],
                ..JobListParams::default()
            };
            let over = looker.call::<JobList>(params).await.unwrap().jobs;
            if over.len() == wanted.len() {
                return over;
            }
        }
    };
    let over = tokio::time::timeout(support::PATIENCE, done).await.expect("not all jobs ended");
    assert!(over.iter().all(|job| job.phase == Phase::Ready && job.attempts == 1), "{over:?}");
    let takes = looker.call::<TakeList>(TakeListParams::default()).await.unwrap().takes;
    assert_eq!(takes.iter().map(|take| take.job_id.clone()).collect::<BTreeSet<_>>(), wanted);
    let begun = tones.iter().map(|tone| tone.begun.load(Ordering::SeqCst)).sum::<usize>();
    assert_eq!(begun, wanted.len());
    for client in [one, two, looker] {
        client.shutdown(Shutdown::Finish).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_another_process_renders_is_cancelled_within_a_second() {
    let home = Home::new();
    let worker = home.start().await;
    let mut events = worker.subscribe();
    let job = submit(&worker, slow("endless")).await;
    wait_phase(&mut events, &job.id, Phase::Generating).await;
    let mut options = home.options();
    options.work = Work::Nothing;
    let other = home.start_with(options, Arc::new(Tone::default())).await;
    let began = std::time::Instant::now();
    other.call::<JobCancel>(JobCancelParams { id: job.id.clone() }).await.unwrap();
    wait_phase(&mut events, &job.id, Phase::Cancelled).await;
    assert!(began.elapsed().as_secs_f64() < 1.0, "{:?}", began.elapsed());
    other.shutdown(Shutdown::Finish).await;
    worker.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_library_is_kept_aside_and_a_newer_one_left_alone() {
    for rubbish in [b"this is no database at all, just text".to_vec(), {
        let mut page = b"SQLite format 3\0".to_vec();
        page.resize(8192, 0x55);
        page
    }] {
        let home = Home::new();
        std::fs::create_dir_all(home.path("data")).unwrap();
        std::fs::write(home.path("data/timbre.db"), &rubbish).unwrap();
        let client = home.start().await;
        let status = client.call::<EngineStatus>(EngineStatusParams {}).await.unwrap();
        assert_eq!(status.notices.len(), 1, "{:?}", status.notices);
        let kept = std::fs::read_dir(home.path("data"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| {
                path.to_string_lossy().contains(".broken-")
                    && !path.to_string_lossy().ends_with("-wal")
                    && !path.to_string_lossy().ends_with("-shm")
            })
            .unwrap();
        assert_eq!(std::fs::read(kept).unwrap(), rubbish);
        client.shutdown(Shutdown::Finish).await;
    }
    let home = Home::new();
    let library = Library::open(&home.path("data")).await.unwrap();
    library.close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.path("data/timbre.db"));
    let mut connection =
        <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let refused = Library::open(&home.path("data")).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 9999, .. }), "{refused}");
    assert!(refused.hint().contains("update"));
}
