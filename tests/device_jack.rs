//! A card for real: a JACK server without hardware, our driver as its client, and an independent recorder that listens in.
//!
//! libjack takes the name of its server from the environment, so every test runs its body in a process of its own, with a
//! server of its own. Needs the Debian packages `jackd2` and `jack-tools`; where they are missing the tests fail and say so,
//! since a skipped check proves nothing.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise
#![allow(clippy::print_stdout)] // what was measured is shown with the result

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use timbre::device::{
    CardConfig, CardDriver, Change, DeviceError, Health, LiveDriver, Supervisor, Wanted, devices,
    open_card, probe,
};
use timbre::engine::live::{Callback, Xrun};
use timbre::model::units::SampleRate;

/// How long anything may take before a test gives up. Waits end as soon as what they wait for is so.
const PATIENCE: Duration = Duration::from_secs(20);
/// Tells the process of a body where to leave its files.
const FOLDER: &str = "TIMBRE_TEST_JACK_FOLDER";

#[test]
fn a_ramp_arrives_bit_for_bit() {
    isolated("a_ramp_arrives_bit_for_bit", |server| {
        let _server = server.start(48_000, 128);
        let mut driver = CardDriver::new(CardConfig::default());
        let (callback, played) = Ramp::boxed();
        start(&mut driver, callback);
        let wav = server.record(&["out_0", "out_1"], 2);
        assert_eq!(driver.health(), Health::Running);
        assert!(driver.stop().is_some());
        let report = driver.report();
        let frames = samples(&wav);
        // From the first sample on each one is the next step of the ramp, and the right side its mirror.
        let begin = frames.iter().position(|[left, _]| *left != 0).expect("something was heard");
        let heard = &frames[begin..];
        assert!(heard.len() > 80_000, "only {} frames", heard.len());
        // The recorder maps 1.0 to 2^23 - 1, so a step of 256 may come out one less; nothing else may differ.
        let step = |value: i32| ((value + 128) >> 8).rem_euclid(32_768);
        let off = |value: i32| ((value + 128) & 0xff) - 128;
        let breaks = heard
            .windows(2)
            .filter(|pair| step(pair[1][0]) != (step(pair[0][0]) + 1) % 32_768)
            .count();
        let xruns = report.xruns;
        assert!(heard.iter().all(|[left, right]| *right == -*left), "the sides differ");
        assert!(
            heard.iter().all(|[left, _]| (-1..=0).contains(&off(*left))),
            "something was added"
        );
        assert!(breaks as u64 <= xruns.total(), "{breaks} breaks, but {xruns:?}");
        assert_eq!((report.smallest, report.largest, report.sample_rate), (128, 128, 48_000));
        assert_eq!((report.device.as_str(), report.format.as_str()), ("jack:JACK Output", "f32"));
        assert_eq!(report.frames, report.callbacks * 128);
        assert!(played.load(Ordering::SeqCst) <= report.frames);
        println!("{breaks} breaks; {report:?}");
    });
}

#[test]
fn a_server_with_another_rate_hears_the_same_sine() {
    isolated("a_server_with_another_rate_hears_the_same_sine", |server| {
        let _server = server.start(44_100, 256);
        let config = CardConfig { buffer_frames: Some(128), ..CardConfig::default() };
        let mut driver = CardDriver::new(config);
        start(&mut driver, Box::new(Sine { frame: 0 }));
        let wav = server.record(&["out_0", "out_1"], 2);
        assert!(driver.stop().is_some());
        let report = driver.report();
        assert_eq!((report.sample_rate, report.largest), (44_100, 256), "the server decides");
        let frames = samples(&wav);
        let begin = frames.iter().position(|[left, _]| *left != 0).expect("something was heard");
        let heard: Vec<_> =
            frames[begin..].iter().map(|[left, _]| f64::from(*left) / 8_388_608.0).collect();
        // Best of several stretches, so that a lost buffer of the server does not count against the conversion.
        let rest = heard[2_000..]
            .chunks_exact(8_192)
            .map(|stretch| beside_the_sine(stretch, 997.0, 44_100.0))
            .fold(f64::INFINITY, f64::min);
        println!("{rest:.1} dB beside the sine; {report:?}");
        assert!(rest < -90.0, "{rest} dB beside the sine");
    });
}

#[test]
fn the_server_is_listed_chosen_by_name_and_probed() {
    isolated("the_server_is_listed_chosen_by_name_and_probed", |server| {
        let _server = server.start(48_000, 256);
        let listing = devices();
        let output =
            listing.devices.iter().find(|d| d.name.host == "jack" && d.outputs > 0).unwrap();
        assert_eq!(output.name.to_string(), "jack:JACK Output");
        assert_eq!(
            (output.sample_rates.as_slice(), output.buffer_frames),
            (&[48_000][..], Some((256, 256)))
        );
        assert!(output.default_output && output.formats == ["f32"], "{output:?}");
        for wanted in ["JACK Output", "jack:jack output", "jack:output", "k outp"] {
            let config = CardConfig { output: Some(wanted.into()), ..CardConfig::default() };
            let mut driver = CardDriver::new(config);
            driver.open().unwrap_or_else(|error| panic!("{wanted}: {error}"));
            assert_eq!(driver.device().unwrap().to_string(), "jack:JACK Output");
        }
        let config = CardConfig { output: Some("usb".into()), ..CardConfig::default() };
        let Err(DeviceError::NotFound { candidates, .. }) = probe(&config, 0.1) else {
            panic!("another device was taken");
        };
        assert!(candidates.contains(&output.name));
        let config = CardConfig { input: Some("jack input".into()), ..CardConfig::default() };
        let probed = probe(&config, 1.5).unwrap();
        println!("{probed:?}");
        assert_eq!(probed.lost, None);
        assert!(probed.report.callbacks > 50 && probed.report.latency_frames > 0);
        // The dummy backend keeps time by the same clock; lost periods may slow it down but nothing makes it fast.
        assert!(probed.drift_ppm.unwrap() < 30_000.0, "{probed:?}");
    });
}

#[test]
fn music_goes_on_when_the_server_dies_and_returns_with_it() {
    isolated("music_goes_on_when_the_server_dies_and_returns_with_it", |server| {
        let mut first = server.start(48_000, 256);
        let (callback, played) = Ramp::boxed();
        let wanted = Wanted::Card(CardConfig::default());
        let (mut supervisor, changes) =
            Supervisor::start(callback, wanted, 256, Box::new(open_card));
        assert!(matches!(changes.as_slice(), [Change::Playing { .. }]), "{changes:?}");
        assert!(until(|| played.load(Ordering::SeqCst) > 10_000));
        first.child.kill().unwrap();
        first.child.wait().unwrap();
        let mut changes = Vec::new();
        assert!(until(|| {
            changes.extend(supervisor.poll());
            !supervisor.plays_on_card()
        }));
        assert!(matches!(changes.first(), Some(Change::Lost { .. })), "{changes:?}");
        let at = played.load(Ordering::SeqCst);
        assert!(until(|| {
            changes.extend(supervisor.poll());
            played.load(Ordering::SeqCst) > at + 24_000
        }));
        drop(first);
        let _second = server.start(48_000, 256);
        let began = Instant::now();
        assert!(until(|| {
            changes.extend(supervisor.poll());
            supervisor.plays_on_card()
        }));
        let took = began.elapsed();
        println!("back after {took:?}; {changes:?}");
        assert!(took < Duration::from_secs(1), "back only after {took:?}");
        let at = played.load(Ordering::SeqCst);
        assert!(until(|| played.load(Ordering::SeqCst) > at + 10_000), "it plays there");
        assert!(supervisor.stop().is_some());
    });
}

#[test]
fn a_callback_that_always_overruns_does_not_end_the_program() {
    isolated("a_callback_that_always_overruns_does_not_end_the_program", |server| {
        let _server = server.start(48_000, 64);
        let mut driver = CardDriver::new(CardConfig::default());
        start(&mut driver, Box::new(Sluggard));
        assert!(until(|| driver.report().rested_frames > 10_000), "{:?}", driver.report());
        let report = driver.report();
        assert!(report.xruns.overrun >= 16, "{report:?}");
        assert!(driver.stop().is_some(), "the callback comes back");
        println!("{report:?}");
    });
}

/// Starts a driver with a callback, and fails with the reason if it does not.
fn start(driver: &mut CardDriver, callback: Box<dyn Callback>) {
    if let Err((_, error)) = driver.start(callback) {
        panic!("{error}: {}", error.hint());
    }
    assert!(until(|| driver.report().callbacks > 0), "the server asks for sound");
}

/// Runs a body in a process of its own, whose libjack looks for a server of its own.
fn isolated(test: &str, body: impl Fn(&Place)) {
    if let Some(folder) = env::var_os(FOLDER) {
        let name = env::var("JACK_DEFAULT_SERVER").unwrap();
        return body(&Place { folder: folder.into(), name });
    }
    let folder = tempfile::tempdir().unwrap();
    let name = format!("timbre-{}-{}", std::process::id(), &test[..8]);
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder.path())
        .env("JACK_DEFAULT_SERVER", &name)
        .env("JACK_NO_START_SERVER", "1")
        .env("JACK_NO_AUDIO_RESERVATION", "1")
        .output()
        .unwrap();
    // The body stops its server even when it fails; only if it was killed something is left.
    if let Ok(pid) = fs::read_to_string(folder.path().join("pid")) {
        let _ = Command::new("kill").args(["-9", &pid]).stderr(Stdio::null()).status();
    }
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "the body did not run:\n{text}");
}

/// Where a body runs: its folder and the name of its server.
struct Place {
    folder: PathBuf,
    name: String,
}

impl Place {
    /// Starts a server with a dummy backend and waits until it answers. Without the right to realtime priority it must not
    /// ask for it, or it does not start.
    fn start(&self, rate: u32, period: u32) -> Server {
        let mut log = String::new();
        for realtime in ["-R", "-r"] {
            let path = self.folder.join("log");
            let file = File::create(&path).unwrap();
            let child = Command::new("jackd")
                .args([realtime, "-m", "-n", &self.name, "-d", "dummy", "-C", "2", "-P", "2"])
                .args(["-r", &rate.to_string(), "-p", &period.to_string()])
                .env_remove("JACK_NO_START_SERVER")
                .stdin(Stdio::null())
                .stdout(file.try_clone().unwrap())
                .stderr(file)
                .spawn()
                .unwrap_or_else(|error| panic!("jackd: {error}; install the package jackd2"));
            fs::write(self.folder.join("pid"), child.id().to_string()).unwrap();
            let mut server = Server { child, pid: self.folder.join("pid") };
            let ready =
                until(|| server.child.try_wait().unwrap().is_some() || self.ports().is_some());
            if ready && server.child.try_wait().unwrap().is_none() {
                return server;
            }
            log = fs::read_to_string(&path).unwrap_or_default();
        }
        panic!("jackd does not start:\n{log}");
    }

    /// The server's ports, if it answers.
    fn ports(&self) -> Option<String> {
        let output = Command::new("jack_lsp")
            .args(["-s", &self.name])
            .output()
            .unwrap_or_else(|error| panic!("jack_lsp: {error}; install the package jackd2"));
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Records ports of our own client for some seconds, 24 bits.
    fn record(&self, ports: &[&str], seconds: u32) -> PathBuf {
        let client = format!("cpal_client_{}_out", std::process::id());
        let full: Vec<_> = ports.iter().map(|port| format!("{client}:{port}")).collect();
        assert!(until(|| {
            self.ports().is_some_and(|all| full.iter().all(|port| all.lines().any(|l| l == port)))
        }));
        let path = self.folder.join("heard.wav");
        let output = Command::new("jack_rec")
            .args(["-f", path.to_str().unwrap(), "-d", &seconds.to_string(), "-b", "24"])
            .args(&full)
            .output()
            .unwrap_or_else(|error| panic!("jack_rec: {error}; install the package jack-tools"));
        assert!(path.is_file(), "jack_rec: {}", String::from_utf8_lossy(&output.stderr));
        path
    }
}

/// A running server; stopped when dropped.
struct Server {
    child: Child,
    pid: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // A polite end lets it remove its semaphores.
        let _ =
            Command::new("kill").arg(self.child.id().to_string()).stderr(Stdio::null()).status();
        let end = Instant::now() + Duration::from_secs(3);
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.pid);
    }
}

/// Waits until something is so. Gives whether it came to be.
fn until(mut so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if so() {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    so()
}

/// The first two channels of a recording, as 24-bit integers.
fn samples(path: &Path) -> Vec<[i32; 2]> {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!((reader.spec().channels, reader.spec().bits_per_sample), (2, 24));
    let samples: Vec<_> = reader.samples::<i32>().map(Result::unwrap).collect();
    samples.chunks_exact(2).map(|frame| [frame[0], frame[1]]).collect()
}

/// What is there beside the best fitting sine of a frequency, in dB below that sine.
fn beside_the_sine(heard: &[f64], hz: f64, rate: f64) -> f64 {
    let wave = |n: usize| {
        let angle = std::f64::consts::TAU * hz * n as f64 / rate;
        (angle.sin(), angle.cos())
    };
    let (mut ss, mut cc, mut sc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, x) in heard.iter().enumerate() {
        let (s, c) = wave(n);
        ss += s * s;
        cc += c * c;
        sc += s * c;
        xs += x * s;
        xc += x * c;
    }
    let det = ss * cc - sc * sc;
    let (a, b) = ((xs * cc - xc * sc) / det, (xc * ss - xs * sc) / det);
    let rest: f64 = heard
        .iter()
        .enumerate()
        .map(|(n, x)| {
            let (s, c) = wave(n);
            (x - a * s - b * c).powi(2)
        })
        .sum();
    10.0 * (2.0 * rest / heard.len() as f64 / (a * a + b * b)).log10()
}

/// Counts its frames in steps of 1/32768, left up and right down.
struct Ramp {
    played: Arc<AtomicU64>,
    next: u64,
}

impl Ramp {
    fn boxed() -> (Box<dyn Callback>, Arc<AtomicU64>) {
        let played = Arc::new(AtomicU64::new(0));
        (Box::new(Self { played: Arc::clone(&played), next: 0 }), played)
    }
}

impl Callback for Ramp {
    fn sample_rate(&self) -> SampleRate {
        SampleRate::HZ_48000
    }

    fn process(&mut self, _: Option<[&[f32]; 2]>, [left, right]: [&mut [f32]; 2]) {
        for (left, right) in left.iter_mut().zip(right) {
            *left = (self.next % 32_768) as f32 / 32_768.0;
            *right = -*left;
            self.next += 1;
        }
        self.played.store(self.next, Ordering::SeqCst);
    }

    fn lost(&mut self, _: Xrun) {}
}

/// 997 Hz at half of full scale, at 48 kHz.
struct Sine {
    frame: u64,
}

impl Callback for Sine {
    fn sample_rate(&self) -> SampleRate {
        SampleRate::HZ_48000
    }

    fn process(&mut self, _: Option<[&[f32]; 2]>, [left, right]: [&mut [f32]; 2]) {
        for (left, right) in left.iter_mut().zip(right) {
            let turns = (self.frame * 997 % 48_000) as f64 / 48_000.0;
            *left = ((turns * std::f64::consts::TAU).sin() * 0.5) as f32;
            *right = *left;
            self.frame += 1;
        }
    }

    fn lost(&mut self, _: Xrun) {}
}

/// Takes twice the time that its buffer lasts.
struct Sluggard;

impl Callback for Sluggard {
    fn sample_rate(&self) -> SampleRate {
        SampleRate::HZ_48000
    }

    fn process(&mut self, _: Option<[&[f32]; 2]>, [left, _]: [&mut [f32]; 2]) {
        let lasts = Duration::from_secs(1) * left.len() as u32 / 48_000;
        let began = Instant::now();
        while began.elapsed() < 2 * lasts {
            std::hint::spin_loop();
        }
    }

    fn lost(&mut self, _: Xrun) {}
}
