use super::*;
use crate::store::job::{Home, NewJob};
use crate::store::timing::Timing;

fn session(id: &str) -> Session {
    Session { id: id.into(), title: "Evening".into(), parent: None, takes: 0, created_at: 0.0 }
}

fn request(prompt: &str, seed: u64) -> serde_json::Value {
    serde_json::json!({
        "prompt": prompt, "backend": "tone", "seed": seed, "duration": {"seconds": 1.0},
        "params": {"reroll_bass": 2.0},
        "export": {"format": "wav", "bit_depth": "24", "sample_rate": 48000, "stems": false, "midi": false}
    })
}

fn new_job(id: &str) -> NewJob {
    NewJob {
        id: id.into(),
        request: serde_json::from_value(request(id, u64::MAX)).unwrap(),
        parent: Some("0de5".into()),
        path: None,
        overwrite: false,
    }
}

fn take(job: &crate::model::job::Job) -> crate::model::take::Take {
    serde_json::from_value(serde_json::json!({
        "id": format!("take-of-{}", job.id), "session_id": job.session_id, "job_id": job.id, "parent": job.parent,
        "number": job.number, "title": "Title", "path": "/t.wav", "recipe_path": "/t.json", "midi_path": null,
        "stems": [{"name": "drums", "path": "/t/01-drums.wav"}], "rating": 4, "note": "n", "tags": ["a", "b"],
        "created_at": 7.0,
        "recipe": {
            "format": 1, "timbre": "0", "target": "t", "request": request(&job.id, u64::MAX),
            "backend": {"id": "tone", "version": "1", "model": null, "licence": "CC0-1.0"},
            "brief": {"notes": ["x".repeat(2_000)]},
            "outcome": {
                "bpm": 82.0, "key": "A minor", "metre": "4/4", "bars": 16, "duration_s": 46.8, "frames": 2246400,
                "sample_rate": 48000, "channels": 2, "lufs": -14.0, "true_peak_dbtp": -1.0, "looped": true,
                "score_sha256": null, "audio_sha256": "00"
            }
        }
    }))
    .unwrap()
}

async fn submit(library: &Library, session: &str, ids: &[&str]) {
    let home = Home::Existing { id: session.into(), title: String::new() };
    let jobs = ids.iter().map(|id| new_job(id)).collect::<Vec<_>>();
    library.submit(&home, &jobs, "", None, 0.0).await.unwrap();
}

async fn note(library: &Library, session: &str, text: &str) {
    let note = SessionNote {
        id: format!("note-{session}-{text}"),
        session_id: session.into(),
        text: text.into(),
        created_at: 0.0,
    };
    library.add_note(&note).await.unwrap();
}

/// All entries, read in pages of a size and put together; jobs by their ids, notes by their words.
async fn read(library: &Library, session: &str, page: u32) -> Vec<String> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let read = library.transcript(session, page, before).await.unwrap();
        assert!(read.entries.len() <= page as usize);
        let entries = read.entries.into_iter().map(|entry| match entry {
            Entry::Job { job, .. } => job.id,
            Entry::Note(note) => note.text,
        });
        all.splice(0..0, entries.collect::<Vec<_>>());
        before = read.before;
        if before.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn a_conversation_is_read_in_order_in_pages_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).await.unwrap();
    for id in ["s", "other"] {
        library.create_session(&session(id)).await.unwrap();
    }
    note(&library, "s", "first").await;
    submit(&library, "s", &["a", "b"]).await;
    note(&library, "s", "after b").await;
    submit(&library, "other", &["x"]).await;
    note(&library, "s", "still after b").await;
    submit(&library, "s", &["c"]).await;
    let whole = ["first", "a", "b", "after b", "still after b", "c"];
    for page in 1..8 {
        assert_eq!(read(&library, "s", page).await, whole, "in pages of {page}");
    }
    assert_eq!(read(&library, "other", 10).await, ["x"]);
}

#[tokio::test]
async fn a_fork_begins_with_what_was_there_and_both_go_their_own_way() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).await.unwrap();
    library.create_session(&session("s")).await.unwrap();
    submit(&library, "s", &["a", "b"]).await;
    note(&library, "s", "of b").await;
    let fresh = |id: &str| Session { title: String::new(), ..session(id) };
    let newest = library.fork_session("s", None, &fresh("newest")).await.unwrap();
    assert_eq!((newest.title.as_str(), newest.parent.as_deref()), ("Evening (2)", Some("s")));
    let early = library.fork_session("s", Some("a"), &fresh("early")).await.unwrap();
    assert_eq!(early.title, "Evening (3)");
    submit(&library, "s", &["c"]).await;
    note(&library, "s", "late").await;
    submit(&library, "newest", &["d"]).await;
    note(&library, "early", "mine").await;
    assert_eq!(read(&library, "s", 2).await, ["a", "b", "of b", "c", "late"]);
    assert_eq!(read(&library, "newest", 2).await, ["a", "b", "of b", "d"]);
    assert_eq!(read(&library, "early", 2).await, ["a", "mine"]);
    // A fork of a fork, cut inside what the two share: nothing behind the cut comes back.
    library.fork_session("newest", Some("a"), &fresh("third")).await.unwrap();
    submit(&library, "third", &["e"]).await;
    assert_eq!(read(&library, "third", 1).await, ["a", "e"]);
    // Numbers go on, so that no two takes of one conversation are called alike.
    let number = |id: &'static str| {
        let library = library.clone();
        async move { library.job(id).await.unwrap().number }
    };
    assert_eq!((number("d").await, number("e").await), (3, 2));
    // What is not in a conversation can't be where it forks.
    let refused = library.fork_session("early", Some("b"), &fresh("no")).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert!(matches!(library.session("no").await, Err(StoreError::Unknown { .. })));
}

#[tokio::test]
async fn skimmed_cards_say_what_whole_jobs_and_takes_say() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).await.unwrap();
    library.create_session(&session("s")).await.unwrap();
    submit(&library, "s", &["a"]).await;
    let job = library.claim("r", 0.0).await.unwrap().unwrap();
    let timing = Timing { audio_s: 1.0, generating_s: 1.0, mastering_s: 1.0 };
    let job = library.finish("a", "r", &take(&job), &timing, 1.0).await.unwrap();
    let whole = library.take("take-of-a").await.unwrap();
    assert_eq!(whole.parent.as_deref(), Some("0de5"));
    let page = library.transcript("s", 10, None).await.unwrap();
    let expected = Entry::Job { job: JobCard::from(&job), take: Some(TakeCard::from(&whole)) };
    assert_eq!(page.entries, [expected]);
    assert_eq!(page.session.takes, 1);
    let renamed = library.name_take("take-of-a", "Another").await.unwrap();
    assert_eq!(renamed.title, "Another");
    library.delete_take("take-of-a").await.unwrap();
    let page = library.transcript("s", 10, None).await.unwrap();
    assert_eq!(page.entries, [Entry::Job { job: JobCard::from(&job), take: None }]);
}

#[tokio::test]
async fn prompts_are_kept_as_typed_each_once_and_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).await.unwrap();
    library.create_session(&session("s")).await.unwrap();
    let home = Home::Existing { id: "s".into(), title: String::new() };
    for (id, typed) in
        [("a", "Élan"), ("b", "two\nlines"), ("c", ""), ("d", "élan?"), ("e", "Élan")]
    {
        library.submit(&home, &[new_job(id)], typed, None, 0.0).await.unwrap();
    }
    assert_eq!(library.prompts(None, 10).await.unwrap(), ["Élan", "élan?", "two\nlines"]);
    assert_eq!(library.prompts(None, 1).await.unwrap(), ["Élan"]);
    assert_eq!(library.prompts(Some("ÉLAN"), 10).await.unwrap(), ["Élan", "élan?"]);
    assert_eq!(library.prompts(Some("%"), 10).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_session_without_a_title_gets_one_from_its_first_prompt() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).await.unwrap();
    library.create_session(&Session { title: String::new(), ..session("s") }).await.unwrap();
    let home = |title: &str| Home::Existing { id: "s".into(), title: title.into() };
    let queued = library.submit(&home("dusty"), &[new_job("a")], "", None, 0.0).await.unwrap();
    assert_eq!(queued.session.map(|session| session.title).as_deref(), Some("dusty"));
    let queued = library.submit(&home("bright"), &[new_job("b")], "", None, 0.0).await.unwrap();
    assert_eq!(queued.session, None);
    assert_eq!(library.session("s").await.unwrap().title, "dusty");
    assert_eq!(library.highest_param("s", "reroll_").await.unwrap(), 2);
    assert_eq!(library.highest_param("s", "warm").await.unwrap(), 0);
    assert_eq!(library.highest_param("x", "reroll_").await.unwrap(), 0);
}

#[tokio::test]
async fn ten_thousand_entries_are_read_page_by_page_without_reading_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).await.unwrap();
    library.create_session(&session("s")).await.unwrap();
    submit(&library, "s", &["0"]).await;
    let job = library.claim("r", 0.0).await.unwrap().unwrap();
    let recipe = serde_json::to_string(&take(&job).recipe).unwrap();
    let mut change = library.change().await.unwrap();
    sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
         INSERT INTO jobs (id, id_reversed, session_id, number, request, overwrite, phase, position, created_at,
                           updated_at)
         SELECT i, 'r' || i, 's', i + 1, ?, 0, 'ready', i, i, i FROM n",
    )
    .bind(request("p", 1).to_string())
    .execute(&mut *change)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO takes (id, id_reversed, session_id, job_id, number, title, prompt, path, recipe_path, stems, recipe,
                            backend, created_at)
         SELECT 't' || id, id || 't', 's', id, number, 't', 'p', '/' || id, '', '[]', ?, 'b', 0 FROM jobs",
    )
    .bind(recipe)
    .execute(&mut *change)
    .await
    .unwrap();
    change.commit().await.unwrap();
    let began = std::time::Instant::now();
    let all = read(&library, "s", 200).await;
    let each = began.elapsed() / 50;
    assert_eq!(all, (0..10_000).map(|i| i.to_string()).collect::<Vec<_>>());
    // Ten times what it takes, so that only a page that reads the whole conversation fails.
    assert!(each.as_millis() < 200, "a page takes {each:?}");
    eprintln!("a page of 200 takes {each:?}");
}
