//! The protocol over every door: one transcript, replayed in-process, over a connection, through a socket and through the
//! client of a socket, with equal answers; and the generated page.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop at the first surprise

mod support;

use serde_json::Value;
use support::{Home, PATIENCE};
use timbre::client::{Client, Shutdown};
use timbre::protocol::schema;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// Requests of a transcript (`> `) and their answers (`< `), in pairs.
fn transcript(name: &str) -> Vec<(String, String)> {
    let path = format!("{}/tests/transcripts/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut pairs = Vec::new();
    for line in text.lines() {
        match line.split_at(2) {
            ("> ", request) => pairs.push((request.to_owned(), String::new())),
            ("< ", answer) => pairs.last_mut().unwrap().1 = answer.to_owned(),
            other => panic!("{other:?}"),
        }
    }
    pairs
}

/// Ids, times and this machine's paths differ from run to run; what stands for them does not.
fn settle(text: &str, home: &Home) -> String {
    fn walk(value: &mut Value, root: &str) {
        match value {
            Value::Object(fields) => {
                for (key, field) in fields.iter_mut() {
                    if key.ends_with("_at") {
                        *field = Value::from(0);
                    } else if ["version", "target", "schema"].contains(&key.as_str()) {
                        *field = Value::from("…");
                    } else {
                        walk(field, root);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, root)),
            Value::String(text) => {
                *text = text.replace(root, "/home/me");
                let is_id = |part: &str| {
                    part.len() == 36 && part.bytes().filter(|b| *b == b'-').count() == 4
                };
                *text = text
                    .split('/')
                    .map(|part| if is_id(part) { "id" } else { part })
                    .collect::<Vec<_>>()
                    .join("/");
            }
            _ => {}
        }
    }
    let mut value = serde_json::from_str::<Value>(text).unwrap();
    walk(&mut value, &home.folder.path().to_string_lossy());
    value.to_string()
}

async fn in_process(name: &str) -> Vec<String> {
    let home = Home::new();
    let client = home.start().await;
    let mut answers = Vec::new();
    for (request, _) in transcript(name) {
        let answer = client.call_json(&request).await.unwrap();
        answers.push(settle(&answer, &home));
    }
    client.shutdown(Shutdown::Cancel).await;
    answers
}

async fn over_a_connection(name: &str) -> Vec<String> {
    let home = Home::new();
    let client: Client = home.start().await;
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let (reader, writer) = tokio::io::split(theirs);
    let serving = {
        let client = client.clone();
        tokio::spawn(
            async move { timbre::server::connection::serve(&client, reader, writer).await },
        )
    };
    let (read, mut write) = tokio::io::split(ours);
    let mut lines = BufReader::new(read).lines();
    let mut answers = Vec::new();
    for (request, _) in transcript(name) {
        write.write_all(format!("{request}\n").as_bytes()).await.unwrap();
        answers.push(settle(&next_answer(&mut lines).await, &home));
    }
    write.shutdown().await.unwrap();
    tokio::time::timeout(PATIENCE, serving).await.unwrap().unwrap().unwrap();
    client.shutdown(Shutdown::Cancel).await;
    answers
}

/// The same through a Unix socket, once line by line as any program does it, once through our own client.
#[cfg(unix)]
async fn over_a_socket(name: &str, by_client: bool) -> Vec<String> {
    use timbre::server::socket::Door;
    let home = Home::new();
    let engine: Client = home.start().await;
    let path = home.path("run/timbre.sock");
    let door = Door::open(&path).unwrap();
    let serving = {
        let engine = engine.clone();
        tokio::spawn(async move { door.serve(&engine).await })
    };
    let mut answers = Vec::new();
    if by_client {
        let client = Client::connect(&path).await.unwrap();
        assert!(client.is_remote() && !engine.is_remote());
        for (request, _) in transcript(name) {
            let answer = tokio::time::timeout(PATIENCE, client.call_json(&request)).await;
            answers.push(settle(&answer.expect("no answer came").unwrap(), &home));
        }
    } else {
        let stream = tokio::net::UnixStream::connect(&path).await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        for (request, _) in transcript(name) {
            write.write_all(format!("{request}\n").as_bytes()).await.unwrap();
            answers.push(settle(&next_answer(&mut lines).await, &home));
        }
    }
    engine.shutdown(Shutdown::Cancel).await;
    tokio::time::timeout(PATIENCE, serving).await.unwrap().unwrap().unwrap();
    assert!(!path.exists());
    answers
}

/// The next line that is no event.
async fn next_answer<R: tokio::io::AsyncBufRead + Unpin>(
    lines: &mut tokio::io::Lines<R>,
) -> String {
    let answer = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("the connection ended");
            if serde_json::from_str::<Value>(&line).unwrap().get("method").is_none() {
                return line;
            }
        }
    };
    tokio::time::timeout(PATIENCE, answer).await.expect("no answer came")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_has_the_same_answers_over_every_door() {
    for name in ["basics.jsonl", "live.jsonl", "conversation.jsonl"] {
        let direct = in_process(name).await;
        assert_eq!(over_a_connection(name).await, direct);
        #[cfg(unix)]
        for by_client in [false, true] {
            assert_eq!(over_a_socket(name, by_client).await, direct, "{name} {by_client}");
        }
        if std::env::var_os("TIMBRE_BLESS").is_some() {
            let pairs = transcript(name).into_iter().zip(&direct);
            let text = pairs
                .map(|((request, _), answer)| format!("> {request}\n< {answer}\n"))
                .collect::<String>();
            let path = format!("{}/tests/transcripts/{name}", env!("CARGO_MANIFEST_DIR"));
            std::fs::write(path, text).unwrap();
        }
        let written = transcript(name).into_iter().map(|(_, answer)| answer).collect::<Vec<_>>();
        pretty_assertions::assert_eq!(direct, written);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_of_the_table_is_handled() {
    let home = Home::new();
    let client = home.start().await;
    // The one that ends the engine has a test of its own.
    let others = timbre::protocol::methods::TABLE.iter().filter(|i| i.name != "engine/shutdown");
    for info in others {
        let answer = client.call_value(info.name, serde_json::json!({})).await;
        if let Err(fault) = answer {
            // Where there is nothing to undo, the state of the thing does not allow it.
            use timbre::model::job::FaultKind::{Conflict, Invalid, NotFound};
            assert!(
                matches!(fault.kind, Invalid | NotFound | Conflict),
                "{}: {fault:?}",
                info.name
            );
        }
    }
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_and_broken_lines_are_refused_and_the_connection_goes_on() {
    let home = Home::new();
    let client = home.start().await;
    let mut input = vec![b'x'; timbre::server::connection::MAX_LINE + 1];
    input.extend(b"\n\xff\xfe\n\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"engine/ping\"}");
    let (ours, theirs) = tokio::io::duplex(1 << 12);
    let serving = {
        let client = client.clone();
        tokio::spawn(async move {
            timbre::server::connection::serve(&client, std::io::Cursor::new(input), theirs).await
        })
    };
    let mut lines = BufReader::new(ours).lines();
    let mut codes = Vec::new();
    while let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap()
    {
        let answer = serde_json::from_str::<Value>(&line).unwrap();
        codes.push(answer.pointer("/error/code").and_then(Value::as_i64));
    }
    assert_eq!(codes, [Some(-32_700), Some(-32_700), None]);
    serving.await.unwrap().unwrap();
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_engine_is_answered_told_and_ends_every_connection() {
    let home = Home::new();
    let client = home.start().await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (reader, writer) = tokio::io::split(theirs);
        let client = client.clone();
        let serving = tokio::spawn(async move {
            timbre::server::connection::serve(&client, reader, writer).await
        });
        let (read, write) = tokio::io::split(ours);
        streams.push((BufReader::new(read).lines(), write, serving));
    }
    let ask = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"engine/shutdown\"}\n";
    streams[1].1.write_all(ask).await.unwrap();
    let answer = next_answer(&mut streams[1].0).await;
    assert!(answer.contains("\"result\":{}"), "{answer}");
    for (mut lines, _write, serving) in streams {
        let rest = async { while lines.next_line().await.unwrap().is_some() {} };
        tokio::time::timeout(PATIENCE, rest).await.expect("the connection stays open");
        serving.await.unwrap().unwrap();
    }
    tokio::time::timeout(PATIENCE, client.wait_closed()).await.unwrap();
    assert_eq!(client.subscribe().next().await, None);
    client.shutdown(Shutdown::Finish).await;
}

#[test]
fn the_page_says_what_the_code_does() {
    let example = transcript("basics.jsonl")
        .into_iter()
        .take(4)
        .flat_map(|(request, answer)| [('>', request), ('<', answer)])
        .collect::<Vec<_>>();
    let page = schema::page(&example);
    let path = format!("{}/docs/protocol.md", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("TIMBRE_BLESS").is_some() {
        std::fs::create_dir_all(format!("{}/docs", env!("CARGO_MANIFEST_DIR"))).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/protocol.md is out of date: run the tests with TIMBRE_BLESS=1");
}
