//! The application core from a request to a finished take, over the client that every door holds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may stop at the first surprise

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use support::{Home, Tone, ask, slow, submit, wait, wait_phase, wait_take};
use timbre::client::{Shutdown, Work};
use timbre::model::job::{FaultKind, Phase};
use timbre::model::request::{Depth, Format, Request};
use timbre::model::units::{Length, SampleRate};
use timbre::protocol::Event;
use timbre::protocol::engine::{BriefReadParams, EngineStatusParams};
use timbre::protocol::job::{
    JobCancelParams, JobGetParams, JobListParams, JobReorderParams, JobRetryParams, JobSubmitParams,
};
use timbre::protocol::methods::{
    BriefRead, EngineStatus, JobCancel, JobGet, JobList, JobReorder, JobRetry, JobSubmit,
    TakeDelete, TakeExport, TakeGet, TakeInspect, TakeList, TakeRate, TakeReplay, TakeTag,
};
use timbre::protocol::take::{
    RecipeSource, TakeDeleteParams, TakeExportParams, TakeGetParams, TakeInspectParams,
    TakeListParams, TakeRateParams, TakeReplayParams, TakeTagParams,
};
use timbre::studio::options::PresetSource;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_becomes_a_tagged_take_with_stems_and_a_sidecar() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    let mut request = ask("a long tone");
    request.export.stems = Some(true);
    let job = submit(&client, request).await;
    let take = wait_take(&mut events, &job.id).await;
    wait_phase(&mut events, &job.id, Phase::Ready).await;
    assert!(
        take.path.ends_with("take-1.wav") && take.path.contains("/music/Timbre/"),
        "{}",
        take.path
    );
    assert_eq!(take.recipe.outcome.frames, 48_000);
    assert_eq!(take.stems.len(), 2);
    for path in take.stems.iter().map(|stem| &stem.path).chain([&take.path, &take.recipe_path]) {
        assert!(std::fs::metadata(path).unwrap().len() > 100, "{path}");
    }
    let sidecar = std::fs::read_to_string(&take.recipe_path).unwrap();
    assert_eq!(
        serde_json::from_str::<timbre::model::recipe::Recipe>(&sidecar).unwrap(),
        take.recipe
    );
    let seen =
        client.call::<TakeInspect>(TakeInspectParams { take: take.path.clone() }).await.unwrap();
    assert_eq!(seen.recipe_from, Some(RecipeSource::Tags));
    assert_eq!(seen.recipe, Some(take.recipe.clone()));
    assert_eq!(seen.notes, Vec::<String>::new());
    assert_eq!(seen.take, Some(take.clone()));
    let lufs = take.recipe.outcome.lufs.unwrap();
    assert!((lufs + 14.0).abs() < 0.5, "{lufs}");
    client.shutdown(Shutdown::Finish).await;
    // Nothing is left of the way there.
    assert_eq!(std::fs::read_dir(home.path("scratch")).unwrap().count(), 0);
    let folder = std::path::Path::new(&take.path).parent().unwrap();
    let mut names = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect::<Vec<_>>();
    names.sort();
    assert_eq!(names, ["take-1.stems", "take-1.wav", "take-1.wav.timbre.json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_makes_the_same_bytes_in_every_format() {
    let home = Home::new();
    let client = home.start().await;
    for (format, depth) in [
        (Format::Wav, Depth::I16),
        (Format::Wav, Depth::I24),
        (Format::Wav, Depth::F32),
        (Format::Flac, Depth::I24),
        (Format::Mp3, Depth::I16),
    ] {
        let mut files = Vec::new();
        for seed in [7, 7, 8] {
            let mut events = client.subscribe();
            let mut request = ask("again");
            request.seed = Some(timbre::model::units::Seed(seed));
            request.export.format = Some(format);
            request.export.bit_depth = Some(depth);
            let job = submit(&client, request).await;
            files.push(std::fs::read(wait_take(&mut events, &job.id).await.path).unwrap());
        }
        assert!(files[0] == files[1], "{format:?} {depth:?} does not repeat");
        assert!(files[0] != files[2], "{format:?} {depth:?} ignores its seed");
    }
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_take_repeats_from_its_id_from_its_tags_and_from_its_sidecar() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    let job = submit(&client, ask("again")).await;
    let take = wait_take(&mut events, &job.id).await;
    let replay =
        |name: String| TakeReplayParams { take: name, verify: true, ..TakeReplayParams::default() };
    // A copy somewhere else has nothing but its tags.
    let copy = home.path("elsewhere.wav");
    std::fs::copy(&take.path, &copy).unwrap();
    for (name, from) in [
        ("last".to_owned(), RecipeSource::Library),
        (take.path.clone(), RecipeSource::Tags),
        (copy.to_string_lossy().into_owned(), RecipeSource::Tags),
        (take.recipe_path.clone(), RecipeSource::Tags),
    ] {
        let again = client.call::<TakeReplay>(replay(name.clone())).await.unwrap();
        assert_eq!(again.recipe_from, from, "{name}");
        assert!(again.same_audio, "{name}");
        assert_eq!(again.same_file, Some(true), "{name}");
    }
    // One changed sample is noticed.
    let mut bytes = std::fs::read(&copy).unwrap();
    bytes[1000] ^= 0x40;
    std::fs::write(&copy, bytes).unwrap();
    let fault =
        client.call::<TakeReplay>(replay(copy.to_string_lossy().into_owned())).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Conflict, "{fault:?}");
    let seen = client
        .call::<TakeInspect>(TakeInspectParams { take: copy.to_string_lossy().into_owned() })
        .await
        .unwrap();
    assert_eq!(seen.notes.len(), 1);
    // A file that no Timbre made, and none at all.
    std::fs::write(home.path("x.wav"), b"hello").unwrap();
    for name in ["x.wav", "none.wav"] {
        let name = home.path(name).to_string_lossy().into_owned();
        let fault = client.call::<TakeReplay>(replay(name.clone())).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::NotFound, "{fault:?}");
        let fault = client.call::<TakeInspect>(TakeInspectParams { take: name }).await.unwrap_err();
        assert_eq!(fault.kind.exit_code(), 4, "{fault:?}");
    }
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_rendered_anew_and_repeat_too() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    let job = submit(&client, ask("again")).await;
    let take = wait_take(&mut events, &job.id).await;
    let params = TakeExportParams {
        id: "last".into(),
        format: Format::Flac,
        bit_depth: Some(Depth::I16),
        sample_rate: None,
        path: None,
        overwrite: false,
    };
    let exported = client.call::<TakeExport>(params.clone()).await.unwrap();
    assert_eq!(exported.path, take.path.replace(".wav", ".flac"));
    assert_eq!(exported.notes, Vec::<String>::new());
    assert_ne!(exported.recipe_path, take.recipe_path);
    let fault = client.call::<TakeExport>(params).await.unwrap_err();
    assert_eq!(fault.kind.exit_code(), 5, "{fault:?}");
    let again = client
        .call::<TakeReplay>(TakeReplayParams {
            take: exported.path,
            verify: true,
            ..TakeReplayParams::default()
        })
        .await
        .unwrap();
    assert_eq!(again.same_file, Some(true));
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_takes_less_than_a_second_and_leaves_nothing() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    let job = submit(&client, slow("endless")).await;
    wait(&mut events, |event| match event {
        Event::JobProgress(progress) if progress.stage == "waiting" => Some(()),
        _ => None,
    })
    .await;
    let began = Instant::now();
    client.call::<JobCancel>(JobCancelParams { id: job.id.clone() }).await.unwrap();
    wait_phase(&mut events, &job.id, Phase::Cancelled).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let fault = client.call::<JobCancel>(JobCancelParams { id: job.id.clone() }).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Conflict);
    assert_eq!(std::fs::read_dir(home.path("scratch")).unwrap().count(), 0);
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_and_panics_end_one_job_and_can_be_retried() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    for (wish, message) in [("crash", "a string broke"), ("fail", "no such tone")] {
        let mut request = ask("broken");
        request.params.insert(wish.into(), 1.0);
        let job = submit(&client, request).await;
        let failed = wait_phase(&mut events, &job.id, Phase::Failed).await;
        assert!(failed.fault.unwrap().message.contains(message));
        client.call::<JobRetry>(JobRetryParams { id: job.id.clone() }).await.unwrap();
        wait_phase(&mut events, &job.id, Phase::Failed).await;
    }
    let job = submit(&client, ask("fine")).await;
    wait_take(&mut events, &job.id).await;
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_file_is_refused_before_anything_is_rendered() {
    let home = Home::new();
    let tone = Arc::new(Tone::default());
    let client = home.start_with(home.options(), tone.clone()).await;
    let mut events = client.subscribe();
    let path = home.path("song.wav");
    std::fs::write(&path, b"precious").unwrap();
    let mut request = ask("x");
    request.export.path = Some(path.clone());
    let job = submit(&client, request.clone()).await;
    let failed = wait_phase(&mut events, &job.id, Phase::Failed).await;
    let fault = failed.fault.unwrap();
    assert_eq!((fault.kind, fault.kind.exit_code()), (FaultKind::Unwritable, 5));
    assert!(fault.hint.contains("--force"), "{}", fault.hint);
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    assert_eq!(tone.begun.load(Ordering::SeqCst), 0);
    request.export.overwrite = true;
    let job = submit(&client, request.clone()).await;
    wait_take(&mut events, &job.id).await;
    assert!(std::fs::read(&path).unwrap().starts_with(b"RIFF"));
    // A folder that can't be made.
    request.export.path = Some(path.join("inside.wav"));
    let job = submit(&client, request).await;
    let failed = wait_phase(&mut events, &job.id, Phase::Failed).await;
    assert_eq!(failed.fault.unwrap().kind, FaultKind::Unwritable);
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_keeps_its_order_and_can_be_rearranged() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    let first = submit(&client, slow("first")).await;
    wait_phase(&mut events, &first.id, Phase::Generating).await;
    let params = JobSubmitParams { request: ask("rest"), takes: 3, ..JobSubmitParams::default() };
    let rest = client.call::<JobSubmit>(params).await.unwrap().jobs;
    assert_eq!(rest.iter().map(|job| job.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(rest[2].request.seed.0, rest[0].request.seed.0 + 2);
    let queue = client
        .call::<JobReorder>(JobReorderParams { id: rest[2].id.clone(), place: 0 })
        .await
        .unwrap()
        .jobs;
    let order = |jobs: &[timbre::model::job::Job]| {
        jobs.iter().map(|job| job.id.clone()).collect::<Vec<_>>()
    };
    let wanted = [&rest[2], &rest[0], &rest[1]].map(|job| job.id.clone());
    assert_eq!(order(&queue), wanted);
    let listed = client
        .call::<JobList>(JobListParams { phases: vec![Phase::Queued], ..JobListParams::default() })
        .await
        .unwrap()
        .jobs;
    assert_eq!(order(&listed), wanted);
    // A waiting job is cancelled at once.
    let cancelled =
        client.call::<JobCancel>(JobCancelParams { id: rest[0].id.clone() }).await.unwrap().job;
    assert_eq!(cancelled.phase, Phase::Cancelled);
    client.call::<JobCancel>(JobCancelParams { id: first.id.clone() }).await.unwrap();
    let mut made = Vec::new();
    while made.len() < 2 {
        made.push(
            wait(&mut events, |event| match event {
                Event::TakeCreated(created) => Some(created.take.job_id),
                _ => None,
            })
            .await,
        );
    }
    assert_eq!(made, [rest[2].id.clone(), rest[1].id.clone()]);
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_are_rated_tagged_found_and_deleted() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    for prompt in ["dusty lofi beat", "café noir"] {
        let job = submit(&client, ask(prompt)).await;
        wait_take(&mut events, &job.id).await;
    }
    let rated = TakeRateParams { id: "last".into(), rating: Some(5), note: Some("keeper".into()) };
    let take = client.call::<TakeRate>(rated).await.unwrap().take;
    assert_eq!((take.rating, take.note.as_str()), (Some(5), "keeper"));
    let tagged = TakeTagParams {
        id: take.id.clone(),
        add: vec!["Night".into(), "b".into()],
        remove: vec![],
    };
    let take = client.call::<TakeTag>(tagged).await.unwrap().take;
    assert_eq!(take.tags, ["b", "night"]);
    let found = async |params: TakeListParams| {
        client
            .call::<TakeList>(params)
            .await
            .unwrap()
            .takes
            .into_iter()
            .map(|take| take.recipe.request.prompt)
            .collect::<Vec<_>>()
    };
    let search =
        |text: &str| TakeListParams { search: Some(text.into()), ..TakeListParams::default() };
    assert_eq!(found(search("cafe")).await, ["café noir"]);
    assert_eq!(found(search("KEEP night")).await, ["café noir"]);
    assert_eq!(found(search("dust")).await, ["dusty lofi beat"]);
    assert_eq!(found(search("\"lofi dusty\"")).await, Vec::<String>::new());
    assert_eq!(
        found(TakeListParams { tag: Some("NIGHT".into()), ..TakeListParams::default() })
            .await
            .len(),
        1
    );
    assert_eq!(
        found(TakeListParams { min_rating: Some(4), ..TakeListParams::default() }).await.len(),
        1
    );
    let short = timbre::model::id::short(&take.id).to_owned();
    assert_eq!(client.call::<TakeGet>(TakeGetParams { id: short }).await.unwrap().take.id, take.id);
    let deleted = client
        .call::<TakeDelete>(TakeDeleteParams { id: take.id.clone(), files: true })
        .await
        .unwrap();
    assert_eq!(deleted.removed.len(), 2);
    assert!(!std::path::Path::new(&take.path).exists());
    let fault = client.call::<TakeGet>(TakeGetParams { id: take.id }).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotFound);
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_only_looks_leaves_its_jobs_to_one_that_renders() {
    let home = Home::new();
    let mut options = home.options();
    options.work = Work::Nothing;
    let looker = home.start_with(options, Arc::new(Tone::default())).await;
    let job = submit(&looker, ask("for somebody")).await;
    let status = looker.call::<EngineStatus>(EngineStatusParams {}).await.unwrap();
    assert_eq!((status.queued, status.jobs_at_once), (1, 0));
    let brief = looker.call::<BriefRead>(BriefReadParams { request: ask("hm") }).await.unwrap();
    assert_eq!(brief.brief.unused, ["hm"]);
    // The worker starts later and finds the job; the looker sees it end.
    let worker = home.start().await;
    let mut events = worker.subscribe();
    wait_phase(&mut events, &job.id, Phase::Ready).await;
    let seen = looker.call::<JobGet>(JobGetParams { id: job.id.clone() }).await.unwrap().job;
    assert_eq!(seen.phase, Phase::Ready);
    worker.shutdown(Shutdown::Finish).await;
    looker.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_three_ends_finish_requeue_and_cancel() {
    let home = Home::new();
    let client = home.start().await;
    let mut events = client.subscribe();
    let job = submit(&client, slow("endless")).await;
    wait_phase(&mut events, &job.id, Phase::Generating).await;
    client.shutdown(Shutdown::Requeue).await;
    let fault = client.call::<JobGet>(JobGetParams { id: job.id.clone() }).await.unwrap_err();
    assert_eq!(fault.message, "the engine has ended");

    let client = home.start().await;
    let mut events = client.subscribe();
    let resumed = wait_phase(&mut events, &job.id, Phase::Generating).await;
    // An orderly interruption does not count as an attempt.
    assert_eq!(resumed.attempts, 1);
    let own = submit(&client, slow("mine")).await;
    client.shutdown(Shutdown::Cancel).await;

    let mut options = home.options();
    options.work = Work::Nothing;
    let client = home.start_with(options, Arc::new(Tone::default())).await;
    let phase = async |id: &str| {
        client.call::<JobGet>(JobGetParams { id: id.into() }).await.unwrap().job.phase
    };
    assert_eq!(phase(&own.id).await, Phase::Cancelled);
    assert_eq!(phase(&job.id).await, Phase::Queued);
    client.shutdown(Shutdown::Requeue).await;
}

/// The composer over the built-in presets, with short pieces in mind.
async fn composing(home: &Home) -> timbre::client::Client {
    let mut options = home.options();
    options.default_backend = "composer".into();
    let shipped = timbre::config::preset::collect(&home.path("presets")).presets;
    options.presets = shipped
        .into_iter()
        .map(|(name, found)| (name, PresetSource { preset: found.preset, origin: found.origin }))
        .collect();
    let mut only = options.presets["vinyl-dust"].clone();
    only.preset.mastering = None;
    options.presets.insert("only-effects".into(), only);
    let composer = timbre::generate::composer::Composer::new().unwrap();
    timbre::client::Client::start_with(options, vec![Arc::new(composer)]).await.unwrap()
}

async fn made(client: &timbre::client::Client, request: Request) -> timbre::model::take::Take {
    let mut events = client.subscribe();
    let job = submit(client, request).await;
    wait_take(&mut events, &job.id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preset_s_effects_are_heard() {
    let home = Home::new();
    let client = composing(&home).await;
    let plain = Request {
        seed: Some(timbre::model::units::Seed(3)),
        duration: Some(Length::Seconds(3.0)),
        ..ask("dusty lofi beat")
    };
    let with = |preset: &str| Request { presets: vec![preset.into()], ..plain.clone() };
    let dry = made(&client, plain.clone()).await;
    let wet = made(&client, with("only-effects")).await;
    // The master is the same, so what differs is the effects.
    assert!(wet.recipe.request.chain.is_some() && wet.recipe.request.mastering.is_none());
    assert_ne!(wet.recipe.outcome.audio_sha256, dry.recipe.outcome.audio_sha256);
    let record = made(&client, with("vinyl-dust")).await;
    assert!(record.recipe.request.chain.is_some() && record.recipe.request.mastering.is_some());
    assert_ne!(record.recipe.outcome.audio_sha256, wet.recipe.outcome.audio_sha256);
    let read = client.call::<BriefRead>(BriefReadParams { request: with("vinyl-dust") }).await;
    assert_eq!(read.unwrap().notes, Vec::<String>::new());
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mp3_keeps_the_ceiling_too() {
    let home = Home::new();
    let client = composing(&home).await;
    let mut request = ask("hard techno, 140 bpm");
    request.duration = Some(Length::Seconds(4.0));
    request.lufs = Some(timbre::model::units::Lufs::new(-8.0).unwrap());
    request.export.format = Some(Format::Mp3);
    let take = made(&client, request).await;
    let peak = take.recipe.outcome.true_peak_dbtp.unwrap();
    assert!((-2.5..=-1.0).contains(&peak), "{peak} dBTP");
    let seen =
        client.call::<TakeInspect>(TakeInspectParams { take: take.path.clone() }).await.unwrap();
    assert_eq!(seen.file.unwrap().true_peak_dbtp, Some(peak));
    let replay = TakeReplayParams { take: take.id, verify: true, ..TakeReplayParams::default() };
    assert_eq!(client.call::<TakeReplay>(replay).await.unwrap().same_file, Some(true));
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_says_where_it_loops_and_has_no_step_there() {
    let home = Home::new();
    let client = composing(&home).await;
    for rate in [48_000, 44_100] {
        let mut request = ask("seamless loop, lofi, 90 bpm, 4/4");
        request.duration = Some(Length::Bars(2));
        request.export.sample_rate = Some(SampleRate::new(rate).unwrap());
        let take = made(&client, request).await;
        assert!(take.recipe.outcome.looped);
        let mut file = std::fs::File::open(&take.path).unwrap();
        let points = timbre::audio::looping::read_loop(&mut file).unwrap().unwrap();
        assert_eq!((points.start, points.beats, points.one_shot), (0, 8, false));
        assert_eq!(u64::from(points.end), take.recipe.outcome.frames);
        assert!((points.bpm - 90.0).abs() < 0.01, "{}", points.bpm);
        let (sound, _) = timbre::audio::decode::decode(&mut file).unwrap();
        for plane in sound.channels() {
            let step = |pair: &[f32]| (pair[1] - pair[0]).abs();
            let inside = plane.windows(2).map(step).fold(0.0, f32::max);
            let seam = step(&[plane[plane.len() - 1], plane[0]]);
            assert!(seam <= inside, "{rate}: a step of {seam}, and {inside} inside");
        }
    }
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_formats_of_one_name_keep_their_own_recipes() {
    let home = Home::new();
    let client = home.start().await;
    let mut kept = Vec::new();
    for name in ["song.wav", "song.flac"] {
        let mut request = ask(name);
        request.export.path = Some(home.path(name));
        let take = made(&client, request).await;
        assert_eq!(take.recipe_path, format!("{}.timbre.json", take.path));
        kept.push(take);
    }
    for take in &kept {
        let sidecar = std::fs::read_to_string(&take.recipe_path).unwrap();
        let recipe = serde_json::from_str::<timbre::model::recipe::Recipe>(&sidecar).unwrap();
        assert_eq!(recipe, take.recipe);
    }
    // The name that earlier versions gave a sidecar still leads to its file.
    let old = home.path("song.timbre.json");
    std::fs::copy(&kept[0].recipe_path, &old).unwrap();
    let old = TakeInspectParams { take: old.to_string_lossy().into_owned() };
    let seen = client.call::<TakeInspect>(old).await.unwrap();
    assert_eq!(seen.file.unwrap().path, kept[0].path);
    client.shutdown(Shutdown::Finish).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stems_at_another_rate_are_as_long_as_the_take_and_sum_to_its_mix() {
    let home = Home::new();
    let client = home.start().await;
    for rate in [48_000, 44_100] {
        let mut request = ask("parts");
        request.export.stems = Some(true);
        request.export.sample_rate = Some(SampleRate::new(rate).unwrap());
        let take = made(&client, request).await;
        let stems = take.stems.iter().map(|stem| {
            timbre::audio::decode::decode(&mut std::fs::File::open(&stem.path).unwrap()).unwrap().0
        });
        let stems = stems.collect::<Vec<_>>();
        assert!(take.stems[0].path.ends_with("01-low.wav"), "{}", take.stems[0].path);
        for stem in &stems {
            assert_eq!(stem.frames() as u64, take.recipe.outcome.frames);
            assert_eq!(stem.sample_rate().get(), rate);
        }
        let loudest = (0..stems[0].frames())
            .map(|n| (stems[0].channel(0)[n] + stems[1].channel(0)[n]).abs())
            .fold(0.0, f32::max);
        assert!((loudest - 0.25).abs() < 0.01, "{loudest}");
    }
    client.shutdown(Shutdown::Finish).await;
}
