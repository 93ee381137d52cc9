use super::*;
use crate::protocol::Event;
use crate::protocol::event::TakeDeleted;
use serde_json::json;
use tokio::io::DuplexStream;

/// A connection, and the engine's end of it.
fn pair() -> (Remote, tokio::io::Lines<BufReader<tokio::io::ReadHalf<DuplexStream>>>, Writer) {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let (reader, writer) = tokio::io::split(ours);
    let remote = Remote::over(reader, writer);
    let (reader, writer) = tokio::io::split(theirs);
    (remote, BufReader::new(reader).lines(), Writer(writer))
}

struct Writer(tokio::io::WriteHalf<DuplexStream>);

impl Writer {
    async fn say(&mut self, line: &Value) {
        self.0.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }
}

fn id(line: &str) -> Value {
    serde_json::from_str::<Value>(line).unwrap()["id"].clone()
}

#[tokio::test]
async fn answers_find_their_calls_in_any_order_and_events_come_between() {
    let (remote, mut lines, mut engine) = pair();
    let mut events = remote.subscribe();
    let call = |method: &'static str| {
        let remote = remote.clone();
        tokio::spawn(async move { remote.call(method, &json!({})).await })
    };
    let first = call("a");
    let asked_first = lines.next_line().await.unwrap().unwrap();
    let second = call("b");
    let asked_second = lines.next_line().await.unwrap().unwrap();
    assert!(asked_second.contains("\"method\":\"b\""), "{asked_second}");
    engine.say(&json!({"jsonrpc": "2.0", "id": id(&asked_second), "result": 2})).await;
    let event = Event::TakeDeleted(TakeDeleted { id: "t".into() });
    engine.say(&envelope::notification(&event)).await;
    engine.say(&json!({"jsonrpc": "2.0", "method": "later/invention", "params": {}})).await;
    let fault = Fault::new(FaultKind::NotFound, "no").with_hint("yes");
    engine.say(&envelope::error_answer(&id(&asked_first), &fault)).await;
    assert_eq!(second.await.unwrap(), Ok(json!(2)));
    assert_eq!(first.await.unwrap(), Err(fault));
    assert_eq!(events.next().await, Some(event));
}

#[tokio::test]
async fn when_the_engine_goes_all_that_wait_hear_of_it() {
    for ending in ["gone", "nonsense\n", "half a li"] {
        let (remote, mut lines, mut engine) = pair();
        let mut events = remote.subscribe();
        let waiting = {
            let remote = remote.clone();
            tokio::spawn(async move { remote.call("a", &json!({})).await })
        };
        lines.next_line().await.unwrap().unwrap();
        if ending != "gone" {
            engine.0.write_all(ending.as_bytes()).await.unwrap();
        }
        if !ending.ends_with('\n') {
            drop((lines, engine));
        }
        let fault = waiting.await.unwrap().unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unavailable, "{ending}");
        assert!(fault.hint.contains("timbre serve"), "{}", fault.hint);
        remote.wait_closed().await;
        assert_eq!(events.next().await, None);
        assert_eq!(remote.call("b", &json!({})).await.unwrap_err().kind, FaultKind::Unavailable);
        assert_eq!(remote.subscribe().next().await, None);
    }
}

#[tokio::test]
async fn too_many_calls_and_too_long_ones_are_refused_and_forgotten_ones_make_room() {
    let (remote, _lines, _engine) = pair();
    let long = json!({"text": "x".repeat(MAX_LINE)});
    assert_eq!(remote.call("a", &long).await.unwrap_err().kind, FaultKind::Invalid);
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..MOST_CALLS {
        let remote = remote.clone();
        waiting.spawn(async move { remote.call("a", &json!({})).await });
    }
    while remote.shared.waiting().calls.len() < MOST_CALLS {
        tokio::task::yield_now().await;
    }
    assert_eq!(remote.call("a", &json!({})).await.unwrap_err().kind, FaultKind::Busy);
    waiting.shutdown().await;
    assert_eq!(remote.shared.waiting().calls.len(), 0);
}

#[tokio::test]
async fn the_engine_sees_when_nobody_holds_the_connection_any_more() {
    let (remote, mut lines, _engine) = pair();
    let other = remote.clone();
    drop(remote);
    tokio::spawn(async move { other.call("last", &json!({})).await });
    assert!(lines.next_line().await.unwrap().unwrap().contains("last"));
    let (remote, mut lines, _engine) = pair();
    drop(remote);
    assert_eq!(lines.next_line().await.unwrap(), None);
    let (remote, mut lines, _engine) = pair();
    remote.disconnect();
    assert_eq!(lines.next_line().await.unwrap(), None);
    assert_eq!(remote.call("a", &json!({})).await.unwrap_err().kind, FaultKind::Unavailable);
}
