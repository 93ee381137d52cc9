//! What eyes and ears ask of takes, end to end: curves, the score, parts that play live, takes side by side, the verdict.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop at the first surprise

mod support;

use serde_json::{Value, json};
use support::{Home, PATIENCE};
use timbre::client::{Client, Shutdown};
use timbre::model::job::FaultKind;
use timbre::model::node_data::{HistoryData, SpectrumData};
use timbre::protocol::Event;
use timbre::protocol::listen::{PlayerState, TakePeaksResponse, TakeSpectrogramResponse};

async fn call(client: &Client, method: &str, params: Value) -> Value {
    let answer = tokio::time::timeout(PATIENCE, client.call_value(method, params)).await;
    answer.expect("no answer came").unwrap_or_else(|fault| panic!("{method}: {fault:?}"))
}

/// Writes a sine of 997 Hz at a level in dBFS, on both sides, as WAV of 16 bits, and gives its path.
fn sine(home: &Home, name: &str, db: f64, seconds: f64) -> String {
    let path = home.path(name);
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(&path, spec).unwrap();
    for i in 0..(seconds * 48_000.0) as u32 {
        let level = 32_767.0 * 10.0_f64.powf(db / 20.0);
        let x = level * (std::f64::consts::TAU * 997.0 * f64::from(i) / 48_000.0).sin();
        (0..2).for_each(|_| file.write_sample(x as i16).unwrap());
    }
    file.finalize().unwrap();
    path.to_string_lossy().into_owned()
}

async fn wait_for(client: &Client, params: Value, mut fits: impl FnMut(&Value) -> bool) -> Value {
    let mut events = client.subscribe();
    let search = async {
        loop {
            let data = call(client, "node/data", params.clone()).await["data"].clone();
            if fits(&data) {
                return data;
            }
            // Something comes sixty times a second while it plays.
            events.next().await.expect("the engine has ended");
        }
    };
    tokio::time::timeout(PATIENCE, search).await.expect("it was never seen")
}

#[tokio::test(flavor = "multi_thread")]
async fn curves_of_a_file_say_what_is_in_it() {
    let home = Home::new();
    let client = home.start().await;
    let path = sine(&home, "a.wav", -6.0, 4.0);
    let wish = json!({"take": path, "columns": 50});
    let peaks: TakePeaksResponse =
        serde_json::from_value(call(&client, "take/peaks", wish).await).unwrap();
    assert_eq!((peaks.frames, peaks.sample_rate, peaks.columns.len()), (192_000, 48_000, 50));
    for [low, high, effective] in peaks.columns {
        assert!((low + 0.501).abs() < 0.002 && (high - 0.501).abs() < 0.002, "{low} {high}");
        assert!((effective - 0.3544).abs() < 0.002, "{effective}");
    }
    // At full zoom a column is a sample.
    let wish = json!({"take": path, "columns": 4, "from": 1, "to": 3});
    let peaks: TakePeaksResponse =
        serde_json::from_value(call(&client, "take/peaks", wish).await).unwrap();
    assert!(peaks.columns[0] == peaks.columns[1] && peaks.columns[0] != peaks.columns[2]);
    let wish = json!({"take": path, "columns": 3, "bands": 40});
    let view: TakeSpectrogramResponse =
        serde_json::from_value(call(&client, "take/spectrogram", wish).await).unwrap();
    let column = &view.db[40..80];
    let loudest = (0..40).max_by_key(|band| column[*band]).unwrap();
    assert!((view.hz[loudest] / 997.0 - 1.0).abs() < 0.1, "{} Hz", view.hz[loudest]);
    assert_eq!(column[loudest], -6);
    let loudness = call(&client, "take/loudness", json!({"take": path, "points": 40})).await;
    assert!((loudness["integrated_lufs"].as_f64().unwrap() + 6.0).abs() < 0.2, "{loudness}");
    assert_eq!(loudness["short_term_lufs"][20], Value::Null);
    assert!(loudness["short_term_lufs"][39].as_f64().is_some());
    std::fs::remove_file(&path).unwrap();
    let gone = client.call_value("take/peaks", json!({"take": path, "columns": 9})).await;
    let fault = gone.unwrap_err();
    assert!(fault.kind == FaultKind::NotFound && !fault.hint.is_empty(), "{fault:?}");
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_are_compared_blind_and_the_verdict_is_kept() {
    let home = Home::new();
    let client = home.start().await;
    let sources = [sine(&home, "loud.wav", -6.0, 3.0), sine(&home, "soft.wav", -20.0, 3.0)];
    let wish = json!({"sources": sources, "blind": true});
    let opened = call(&client, "player/compare", wish).await;
    let text = opened.to_string();
    assert!(!text.contains("loud") && !text.contains("soft.wav"), "{text}");
    // Whichever is heard, it is at the loudness of the softest.
    for to in [0, 1] {
        call(&client, "player/switch", json!({"to": to, "when": "now"})).await;
        let heard = |data: &Value| {
            let lufs = data["momentary_lufs"].as_f64();
            lufs.is_some_and(|lufs| (lufs + 20.0).abs() < 0.15)
        };
        wait_for(&client, json!({"id": opened["meter"]}), heard).await;
    }
    let data = wait_for(&client, json!({"id": opened["spectrum"], "points": 300}), |data| {
        data["db"].as_array().is_some_and(|db| db.iter().any(|db| db.as_f64() > Some(-21.0)))
    });
    let spectrum: SpectrumData = serde_json::from_value(data.await).unwrap();
    assert_eq!((spectrum.hz.len(), spectrum.pairs.len()), (96, 300));
    let data = wait_for(&client, json!({"id": opened["history"], "points": 100}), |data| {
        data["short_term_lufs"].as_array().is_some_and(|l| l.iter().any(|l| !l.is_null()))
    });
    let history: HistoryData = serde_json::from_value(data.await).unwrap();
    assert!((history.seconds_per_point - 0.6).abs() < 1e-9, "a minute in 100 points");
    let wish = json!({"best": 1, "note": "warmer"});
    let decided: PlayerState =
        serde_json::from_value(call(&client, "player/verdict", wish).await).unwrap();
    let compare = decided.compare.unwrap();
    let verdict = compare.verdict.clone().unwrap();
    assert_eq!(verdict.best.as_ref(), verdict.candidates.get(1));
    assert!(compare.candidates.iter().any(|c| c.title.as_deref() == Some("loud")));
    let gains = compare.candidates.iter().filter_map(|c| c.gain_db).collect::<Vec<_>>();
    assert!(
        gains.contains(&0.0) && gains.iter().any(|gain| (gain + 14.0).abs() < 0.1),
        "{gains:?}"
    );
    let kept = call(&client, "verdict/list", json!({"take": sources[0]})).await;
    assert_eq!(kept["verdicts"][0]["note"], json!("warmer"));
    assert_eq!(kept["verdicts"].as_array().map(Vec::len), Some(1));
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_composed_take_has_a_score_and_plays_by_its_parts() {
    let home = Home::new();
    let composer = timbre::generate::composer::Composer::new().unwrap();
    let client =
        Client::start_with(home.options(), vec![std::sync::Arc::new(composer)]).await.unwrap();
    let mut events = client.subscribe();
    let request =
        json!({"prompt": "slow lofi", "backend": "composer", "duration": {"bars": 2}, "seed": 5});
    call(&client, "job/submit", json!({"request": request})).await;
    let created = async {
        loop {
            match events.next().await.expect("the engine has ended") {
                Event::TakeCreated(created) => return created.take,
                Event::JobChanged(changed) if changed.job.fault.is_some() => panic!("{changed:?}"),
                _ => {}
            }
        }
    };
    let take = tokio::time::timeout(PATIENCE * 4, created).await.expect("no take was made");
    let score = call(&client, "take/score", json!({"id": take.id})).await["score"].clone();
    assert!(
        !score["parts"].as_array().unwrap().is_empty()
            && !score["chords"].as_array().unwrap().is_empty()
    );
    let opened =
        call(&client, "player/open", json!({"sources": [take.id], "parts": true, "start": false}))
            .await;
    let parts = opened["parts"].as_array().unwrap();
    assert!(parts.len() > 1, "{opened}");
    assert_eq!(opened["transport"]["bpm"], score["tempo"][0]["bpm"]);
    let note = opened["notes"][0].as_str().unwrap();
    assert!(note.contains("LUFS"), "{note}");
    // The second time they are on the shelf.
    let shelf = home.path("state").join("parts");
    let folders = || std::fs::read_dir(&shelf).map_or(0, Iterator::count);
    let name = parts[0]["name"].as_str().unwrap();
    let muted = call(&client, "player/set_part", json!({"part": name, "mute": true})).await;
    assert_eq!(muted["parts"][0]["mute"], json!(true));
    let before = folders();
    call(&client, "player/open", json!({"sources": [take.id], "parts": true})).await;
    assert_eq!((before, folders()), (1, 1), "{}", shelf.display());
    client.shutdown(Shutdown::Finish).await;
}
