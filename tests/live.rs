//! The live engine from end to end, over a client and without a card: files are rendered, played one after another, read
//! while they play, and told of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop at the first surprise

mod support;

use serde_json::{Value, json};
use support::{Home, PATIENCE};
use timbre::client::{Client, Events, Shutdown};
use timbre::model::job::FaultKind;
use timbre::protocol::Event;
use timbre::protocol::event::TransportCause;

/// A graph with a bass, and a score of one long note.
fn tune(path: Option<&str>, seconds: f64) -> Value {
    json!({
        "graph": {
            "nodes": [{"id": "bass", "kind": "bass.sub"}, {"id": "out", "kind": "mix.bus"}],
            "connections": [{"from": {"node": "bass", "port": "out"}, "to": {"node": "out", "port": "in"}}],
        },
        "score": {"parts": [{"id": "bass", "name": "Bass", "drums": false, "program": 38,
            "notes": [{"beat": 0.0, "beats": 4.0, "pitch": 40, "velocity": 0.8}]}]},
        "length": {"seconds": seconds},
        "path": path,
    })
}

async fn call(client: &Client, method: &str, params: Value) -> Value {
    client.call_value(method, params).await.unwrap_or_else(|fault| panic!("{method}: {fault:?}"))
}

/// Waits for an event that fits.
async fn wait_for<T>(events: &mut Events, mut fits: impl FnMut(Event) -> Option<T>) -> T {
    let search = async {
        loop {
            let event = events.next().await.expect("the studio has ended");
            if let Some(found) = fits(event) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, search).await.expect("it was not told of")
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_play_one_after_another_and_can_be_read_meanwhile() {
    let home = Home::new();
    let client = home.start().await;
    let status = call(&client, "engine/status", json!({})).await;
    assert_eq!(status["audio"], Value::Null, "no device is open before something plays");
    let paths = ["a.wav", "b.wav"].map(|name| home.path(name).to_string_lossy().into_owned());
    for path in &paths {
        let rendered = call(&client, "render/offline", tune(Some(path), 0.7)).await;
        assert_eq!((&rendered["frames"], &rendered["wav_base64"]), (&json!(33_600), &Value::Null));
        assert!(rendered["peak_db"].as_f64().unwrap() > -40.0, "{rendered}");
    }
    let status = call(&client, "engine/status", json!({})).await;
    assert_eq!(status["audio"], Value::Null, "rendering opens none either");

    let mut events = client.subscribe();
    let opened = call(&client, "player/open", json!({"sources": paths})).await;
    let starts = opened["items"].as_array().unwrap().iter().map(|item| item["start_s"].as_f64());
    assert_eq!(starts.collect::<Vec<_>>(), [Some(0.0), Some(0.7)]);
    assert_eq!(opened["items"][0]["title"], json!("a"));
    assert_eq!(opened["transport"]["playing"], json!(true));
    let meter = json!({"id": opened["meter"]});

    let status = wait_for(&mut events, |event| match event {
        Event::EngineStatus(status) if status.peak_db[0].is_some() => Some(status),
        _ => None,
    })
    .await;
    assert!(status.transport.playing && status.device.current == "null", "{status:?}");
    // A meter tells what it has heard about sixty times a second, so the first reading may come too early.
    let peak = loop {
        let data = call(&client, "node/data", meter.clone()).await;
        assert_eq!(data["data"]["type"], json!("meter"));
        if let Some(peak) = data["data"]["peak_db"][0].as_f64() {
            break peak;
        }
        wait_for(&mut events, |event| match event {
            Event::EngineStatus(status) if status.transport.playing => Some(()),
            Event::TransportChanged(changed) => panic!("nothing was measured: {changed:?}"),
            _ => None,
        })
        .await;
    };
    assert!(peak > -60.0, "{peak}");
    let player = call(&client, "node/data", json!({"id": "play1"})).await;
    assert!((player["data"]["length_s"].as_f64().unwrap() - 0.7).abs() < 1e-6, "{player}");

    let end = wait_for(&mut events, |event| match event {
        Event::TransportChanged(changed) if changed.cause == TransportCause::Ended => Some(changed),
        _ => None,
    })
    .await;
    assert!(!end.transport.playing && end.transport.seconds >= 1.39, "{end:?}");
    let status = call(&client, "engine/status", json!({})).await;
    assert_eq!(status["audio"]["device"]["current"], json!("null"));
    call(&client, "player/close", json!({})).await;
    let graph = call(&client, "graph/get", json!({})).await;
    assert_eq!(graph["graph"]["nodes"].as_array().map(Vec::len), Some(1));
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_and_an_answer_hold_the_same_bytes_and_files_are_not_replaced_unasked() {
    let home = Home::new();
    let client = home.start().await;
    let path = home.path("tune.wav").to_string_lossy().into_owned();
    let answer = call(&client, "render/offline", tune(None, 0.25)).await;
    call(&client, "render/offline", tune(Some(&path), 0.25)).await;
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(answer["wav_base64"], json!(timbre::util::base64::encode(&bytes)));
    // Stereo float: 8 bytes for a frame.
    assert!(bytes.len() > 12_000 * 8, "{}", bytes.len());

    let again = client.call_value("render/offline", tune(Some(&path), 0.1)).await.unwrap_err();
    assert_eq!(again.kind, FaultKind::Unwritable, "{again:?}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    let mut overwriting = tune(Some(&path), 0.1);
    overwriting["overwrite"] = json!(true);
    call(&client, "render/offline", overwriting).await;
    assert!(std::fs::read(&path).unwrap().len() < bytes.len());

    let long = client.call_value("render/offline", tune(None, 300.0)).await.unwrap_err();
    assert!(long.kind == FaultKind::Invalid && long.hint.contains("path"), "{long:?}");
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preset_s_effects_and_a_tempo_are_put_on_what_plays() {
    let home = Home::new();
    let mut options = home.options();
    let chain = serde_json::from_value(json!({
        "nodes": [{"id": "trim", "kind": "mix.strip", "params": {"gain_db": -12.0}}],
        "connections": [
            {"from": {"node": "in", "port": "out"}, "to": {"node": "trim", "port": "in"}},
            {"from": {"node": "trim", "port": "out"}, "to": {"node": "out", "port": "in"}},
        ],
    }))
    .unwrap();
    for (name, chain) in [("quiet", Some(chain)), ("plain", None)] {
        let mut preset = serde_json::from_value::<timbre::model::preset::Preset>(
            json!({"name": name, "kind": "mastering"}),
        )
        .unwrap();
        preset.chain = chain;
        let source = timbre::client::PresetSource { preset, origin: "test".into() };
        options.presets.insert(name.to_owned(), source);
    }
    let client = home.start_with(options, Default::default()).await;
    let path = home.path("a.wav").to_string_lossy().into_owned();
    call(&client, "render/offline", tune(Some(&path), 0.5)).await;

    let wish =
        json!({"sources": [path], "chain": "quiet", "bpm": 90.0, "loop_bars": 1, "start": false});
    let opened = call(&client, "player/open", wish).await;
    assert_eq!(opened["transport"]["playing"], json!(false));
    assert_eq!(opened["transport"]["loop_beats"], json!([0.0, 4.0]));
    assert_eq!(opened["transport"]["bpm"], json!(90.0));
    // A file without a tempo is not stretched, and a bar of it is longer than it is.
    assert_eq!(opened["notes"].as_array().map(Vec::len), Some(2), "{opened}");
    let graph = call(&client, "graph/get", json!({})).await;
    let nodes = graph["graph"]["nodes"].as_array().unwrap();
    assert!(nodes.iter().any(|node| node["id"] == "chain.trim"), "{graph}");
    assert_eq!(graph["undo"], Value::Null);

    let wish = json!({"sources": [path], "chain": "plain"});
    let fault = client.call_value("player/open", wish).await.unwrap_err();
    assert_eq!(fault.message, "the preset 'plain' has no chain");
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_probed_and_listed_without_a_card() {
    let home = Home::new();
    let client = home.start().await;
    let probe = call(&client, "device/probe", json!({"seconds": 0.2})).await;
    assert_eq!((&probe["works"], &probe["problem"]), (&json!(true), &Value::Null), "{probe}");
    let list = call(&client, "device/list", json!({})).await;
    assert_eq!((&list["wanted"], &list["current"]), (&json!("null"), &Value::Null));
    let last = list["devices"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["id"], json!("null"));
    call(&client, "device/select", json!({"device": "null"})).await;
    let list = call(&client, "device/list", json!({})).await;
    assert_eq!(list["current"], json!("null"));
    client.shutdown(Shutdown::Finish).await;
}
