//! Many programs on one socket, polite and not: nobody holds anybody up, and nobody is left behind.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop at the first surprise

mod support;

use std::time::{Duration, Instant};

use support::{Home, PATIENCE};
use timbre::client::{Client, Shutdown};
use timbre::model::job::{Fault, FaultKind};
use timbre::protocol::Event;
use timbre::protocol::engine::EnginePingParams;
use timbre::protocol::methods::{
    ConfigGet, EnginePing, SessionCreate, SessionNote, SessionTranscript,
};
use timbre::protocol::transcript::{SessionNoteParams, SessionTranscriptParams};
use timbre::server::connection::serve;
use timbre::server::socket::Door;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

/// An engine at a socket.
async fn served(home: &Home) -> (Client, std::path::PathBuf, JoinHandle<Result<(), Fault>>) {
    let engine = home.start().await;
    let path = home.path("run/timbre.sock");
    let door = Door::open(&path).unwrap();
    let serving = {
        let engine = engine.clone();
        tokio::spawn(async move { door.serve(&engine).await })
    };
    (engine, path, serving)
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it took too long")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_comes_and_goes_in_every_way_and_the_engine_answers_on() {
    let home = Home::new();
    let (engine, path, serving) = served(&home).await;
    let session = engine.call::<SessionCreate>(Default::default()).await.unwrap().session;
    let listener = Client::connect(&path).await.unwrap();
    let mut events = listener.subscribe();
    let mut crowd = tokio::task::JoinSet::new();
    for number in 0..60 {
        let (path, id) = (path.clone(), session.id.clone());
        crowd.spawn(async move {
            match number % 6 {
                // Somebody who writes something and leaves.
                0 | 1 => {
                    let client = Client::connect(&path).await.unwrap();
                    let params = SessionNoteParams { id, text: format!("note {number}") };
                    client.call::<SessionNote>(params).await.unwrap();
                    client.shutdown(Shutdown::Finish).await;
                }
                // Somebody who leaves in the middle of a call.
                2 => {
                    let mut stream = UnixStream::connect(&path).await.unwrap();
                    let call = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session/list\"}\n";
                    stream.write_all(call).await.unwrap();
                }
                // Somebody who breaks off in the middle of a line.
                3 => {
                    let mut stream = UnixStream::connect(&path).await.unwrap();
                    stream.write_all(b"{\"jsonrpc\":").await.unwrap();
                }
                // Somebody who talks nonsense and hears so.
                4 => {
                    let mut stream = UnixStream::connect(&path).await.unwrap();
                    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
                    stream.shutdown().await.unwrap();
                    let mut said = String::new();
                    stream.read_to_string(&mut said).await.unwrap();
                    assert!(said.contains("-32700"), "{said}");
                }
                // Somebody who comes and says nothing.
                _ => drop(UnixStream::connect(&path).await.unwrap()),
            }
        });
    }
    within(async {
        while let Some(done) = crowd.join_next().await {
            done.unwrap();
        }
    })
    .await;
    let mut noted = 0;
    within(async {
        while noted < 20 {
            if let Event::SessionNoted(_) = events.next().await.expect("the stream ended") {
                noted += 1;
            }
        }
    })
    .await;
    let params = SessionTranscriptParams { id: session.id, ..Default::default() };
    let read = listener.call::<SessionTranscript>(params).await.unwrap();
    assert_eq!(read.entries.len(), 20);
    engine.shutdown(Shutdown::Finish).await;
    within(serving).await.unwrap().unwrap();
    within(listener.wait_closed()).await;
    let fault = listener.call::<EnginePing>(EnginePingParams {}).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reads_holds_nobody_up_and_is_cut_off_at_the_end() {
    let home = Home::new();
    let (engine, path, serving) = served(&home).await;
    let mut deaf = UnixStream::connect(&path).await.unwrap();
    // Far more answers than a socket holds; when no more are taken, no more are read.
    let call = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"node/list_types\"}\n".repeat(64);
    let stuffed = async {
        loop {
            deaf.write_all(&call).await.unwrap();
        }
    };
    assert!(tokio::time::timeout(Duration::from_millis(500), stuffed).await.is_err());
    let client = Client::connect(&path).await.unwrap();
    let began = Instant::now();
    for _ in 0..100 {
        client.call::<ConfigGet>(Default::default()).await.unwrap();
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    engine.shutdown(Shutdown::Finish).await;
    within(serving).await.unwrap().unwrap();
    drop(deaf);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_of_another_version_is_told_apart_and_can_still_be_ended() {
    let home = Home::new();
    std::fs::create_dir_all(home.path("run")).unwrap();
    let path = home.path("run/timbre.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let answering = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = [0; 1024];
            let _ = stream.read(&mut heard).await.unwrap();
            let answer = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"name\":\"timbre\",\
                \"version\":\"9.0.0\",\"protocol\":99}}\n";
            stream.write_all(answer).await.unwrap();
        }
    });
    let fault = within(Client::connect(&path)).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Conflict);
    assert!(fault.message.contains("Timbre 9.0.0") && fault.hint.contains("--stop"), "{fault:?}");
    let (_client, engine) = within(Client::connect_to_any(&path)).await.unwrap();
    assert_eq!(engine.protocol, 99);
    answering.abort();
    let _ = answering.await;
    // Its socket is still there, and nobody answers at it.
    let fault = within(Client::connect(&path)).await.err().unwrap();
    assert_eq!(fault.kind, FaultKind::Unavailable, "{fault:?}");
    assert!(fault.hint.contains("timbre serve"), "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_works_over_any_pair_of_streams() {
    let home = Home::new();
    let engine = home.start().await;
    let (ours, theirs) = tokio::io::duplex(256);
    let (reader, writer) = tokio::io::split(theirs);
    let serving = {
        let engine = engine.clone();
        tokio::spawn(async move { serve(&engine, reader, writer).await })
    };
    let (reader, writer) = tokio::io::split(ours);
    let client = Client::over(reader, writer);
    let ping = client.call::<EnginePing>(EnginePingParams {}).await.unwrap();
    assert_eq!(ping.name, "timbre");
    drop(client);
    within(serving).await.unwrap().unwrap();
    engine.shutdown(Shutdown::Finish).await;
}
