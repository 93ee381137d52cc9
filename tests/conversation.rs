//! Conversations over the client that every door holds: what descends from what, and what everybody else is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop at the first surprise

mod support;

use support::{Home, ask, submit, wait, wait_take};
use timbre::client::{Client, Events, Shutdown};
use timbre::model::job::{FaultKind, Job};
use timbre::model::units::{Bpm, Length, Seed};
use timbre::protocol::Event;
use timbre::protocol::job::JobSubmitParams;
use timbre::protocol::methods::{
    JobSubmit, PromptHistory, SessionCreate, SessionFork, SessionNote, SessionRename,
    SessionTranscript, TakeDelete, TakeDerive, TakeGet, TakeName, TakeRate, TakeTag,
};
use timbre::protocol::take::{TakeDeleteParams, TakeGetParams, TakeRateParams, TakeTagParams};
use timbre::protocol::transcript::{
    Change, Entry, PromptHistoryParams, SessionForkParams, SessionNoteParams, SessionRenameParams,
    SessionTranscriptParams, TakeDeriveParams, TakeNameParams,
};

fn derivation(id: &str, changes: Vec<Change>) -> TakeDeriveParams {
    TakeDeriveParams { id: id.into(), changes, takes: None, session: None }
}

async fn entries(client: &Client, session: &str) -> Vec<Entry> {
    let params = SessionTranscriptParams { id: session.into(), ..Default::default() };
    client.call::<SessionTranscript>(params).await.unwrap().entries
}

async fn derive(client: &Client, id: &str, changes: Vec<Change>) -> Job {
    client.call::<TakeDerive>(derivation(id, changes)).await.unwrap().jobs.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_take_that_was_derived_says_from_what_and_goes_beside_it() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    let mut request = ask("a long tone");
    request.seed = Some(Seed(7));
    request.export.path = Some(home.path("mine.wav"));
    let job = submit(&client, request).await;
    let first = wait_take(&mut events, &job.id).await;
    let before = std::fs::read(&first.path).unwrap();
    let bpm = Bpm::new(96.0).unwrap();
    let job = derive(&client, "last", vec![Change::Tempo { bpm }, Change::Stems]).await;
    assert_eq!(job.parent.as_deref(), Some(first.id.as_str()));
    let second = wait_take(&mut events, &job.id).await;
    assert_eq!((second.parent.as_ref(), second.number), (Some(&first.id), 2));
    assert_eq!(second.recipe.request.bpm, Some(bpm));
    assert_eq!(second.recipe.request.seed, Seed(7));
    assert_eq!(second.stems.len(), 2);
    // The parent's exact path belongs to the parent.
    assert!(second.path.contains("/music/Timbre/"), "{}", second.path);
    assert_eq!(std::fs::read(&first.path).unwrap(), before);
    // Several takes of a change without chance differ in their seeds.
    let length = Length::Seconds(2.0);
    let mut params = derivation(&first.id, vec![Change::Duration { duration: length }]);
    params.takes = Some(3);
    let jobs = client.call::<TakeDerive>(params).await.unwrap().jobs;
    assert_eq!(jobs.iter().map(|job| job.request.seed.0).collect::<Vec<_>>(), [7, 8, 9]);
    for job in &jobs {
        wait_take(&mut events, &job.id).await;
    }
    let parents = entries(&client, "last").await.into_iter().map(|entry| match entry {
        Entry::Job { job, take } => (job.parent, take.unwrap().parent),
        Entry::Note(note) => panic!("{note:?}"),
    });
    let parents = parents.collect::<Vec<_>>();
    assert_eq!(parents.len(), 5);
    assert_eq!(parents[0], (None, None));
    assert!(parents[1..].iter().all(|p| p.0 == Some(first.id.clone()) && p.1 == p.0));
    // What a request of its own may say too.
    let params = JobSubmitParams {
        request: ask("another"),
        parent: Some("last".into()),
        ..JobSubmitParams::default()
    };
    let job = client.call::<JobSubmit>(params).await.unwrap().jobs.remove(0);
    let newest = wait_take(&mut events, &job.id).await;
    let newest = client.call::<TakeGet>(TakeGetParams { id: newest.id }).await.unwrap().take;
    assert!(newest.parent.is_some_and(|parent| parent != first.id));
    let params =
        JobSubmitParams { request: ask("x"), parent: Some("beef".into()), ..Default::default() };
    let fault = client.call::<JobSubmit>(params).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotFound);
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_derived_is_refused_before_anything_is_queued() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    let job = submit(&client, ask("a")).await;
    wait_take(&mut events, &job.id).await;
    for (changes, says) in [
        (vec![Change::Reroll { part: "bass".into() }], "in one piece"),
        (vec![Change::Extend { bars: 4 }], "not known how many bars"),
        (vec![Change::Param { id: "warmth".into(), value: 1.0 }], "no param 'warmth'"),
    ] {
        let fault = client.call::<TakeDerive>(derivation("last", changes)).await.unwrap_err();
        assert!(fault.message.contains(says), "{fault:?}");
        assert_eq!(fault.kind, FaultKind::Invalid);
    }
    assert_eq!(entries(&client, "last").await.len(), 1);
    client.shutdown(Shutdown::Finish).await;
}

/// The next event about takes and sessions, as a short text.
async fn told(events: &mut Events) -> String {
    wait(events, |event| match event {
        Event::TakeChanged(changed) => {
            let take = changed.take;
            Some(format!("take {} {:?} {}", take.title, take.rating, take.tags.join(",")))
        }
        Event::TakeDeleted(deleted) => Some(format!("deleted {}", deleted.id)),
        Event::SessionChanged(changed) => Some(format!("session {}", changed.session.title)),
        Event::SessionNoted(noted) => Some(format!("note {}", noted.note.text)),
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_told_of_every_change() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    let job = submit(&client, ask("dusty")).await;
    assert_eq!(told(&mut events).await, "session dusty");
    let take = wait_take(&mut events, &job.id).await;
    let id = take.id.clone();
    let rated = TakeRateParams { id: "last".into(), rating: Some(5), note: None };
    client.call::<TakeRate>(rated).await.unwrap();
    assert_eq!(told(&mut events).await, format!("take {} Some(5) ", take.title));
    let tagged = TakeTagParams { id: "last".into(), add: vec!["b".into()], remove: vec![] };
    client.call::<TakeTag>(tagged).await.unwrap();
    let named = TakeNameParams { id: "last".into(), title: "Rain \u{1b}[2Jsong".into() };
    let renamed = client.call::<TakeName>(named).await.unwrap().take;
    assert_eq!(renamed.title, "Rain song");
    // Whether the two came apart or together, the latest says all.
    let mut last = told(&mut events).await;
    if last != "take Rain song Some(5) b" {
        last = told(&mut events).await;
    }
    assert_eq!(last, "take Rain song Some(5) b");
    let note = SessionNoteParams { id: "last".into(), text: "more bass".into() };
    client.call::<SessionNote>(note).await.unwrap();
    assert_eq!(told(&mut events).await, "note more bass");
    let named = SessionRenameParams { id: "last".into(), title: "Rainy".into() };
    client.call::<SessionRename>(named).await.unwrap();
    assert_eq!(told(&mut events).await, "session Rainy");
    let fork = SessionForkParams { id: "last".into(), ..SessionForkParams::default() };
    let fork = client.call::<SessionFork>(fork).await.unwrap().session;
    assert_eq!(told(&mut events).await, "session Rainy (2)");
    assert_eq!(fork.parent, Some(take.session_id.clone()));
    client.call::<TakeDelete>(TakeDeleteParams { id: id.clone(), files: true }).await.unwrap();
    assert_eq!(told(&mut events).await, format!("deleted {id}"));
    let left = entries(&client, &fork.id).await;
    assert!(matches!(&left[..], [Entry::Job { take: None, .. }, Entry::Note(_)]), "{left:?}");
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_goes_on_with_numbers_and_a_new_session_is_named_by_its_first_prompt() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    let session = client.call::<SessionCreate>(Default::default()).await.unwrap().session;
    assert_eq!(told(&mut events).await, "session ");
    let mut last = None;
    for prompt in ["Dusty\nbeat", "bright house"] {
        let params = JobSubmitParams {
            request: ask(prompt),
            session: Some(session.id.clone()),
            ..JobSubmitParams::default()
        };
        last = Some(client.call::<JobSubmit>(params).await.unwrap().jobs.remove(0));
    }
    assert_eq!(told(&mut events).await, "session Dusty beat");
    let take = wait_take(&mut events, &last.unwrap().id).await;
    let fork = SessionForkParams { id: session.id, title: "Other way".into(), at: None };
    let fork = client.call::<SessionFork>(fork).await.unwrap().session;
    let mut params = derivation(&take.id, vec![Change::Prompt { prompt: "bright jazz".into() }]);
    params.session = Some(fork.id.clone());
    let job = client.call::<TakeDerive>(params).await.unwrap().jobs.remove(0);
    assert_eq!((job.number, job.session_id.as_str()), (3, fork.id.as_str()));
    wait_take(&mut events, &job.id).await;
    assert_eq!(entries(&client, &fork.id).await.len(), 3);
    let prompts = async |search: Option<&str>| {
        let params = PromptHistoryParams { search: search.map(str::to_owned), limit: None };
        client.call::<PromptHistory>(params).await.unwrap().prompts
    };
    assert_eq!(prompts(None).await, ["bright jazz", "bright house", "Dusty\nbeat"]);
    assert_eq!(prompts(Some("BRIGHT")).await, ["bright jazz", "bright house"]);
    client.shutdown(Shutdown::Finish).await;
}
