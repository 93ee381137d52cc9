use super::*;
use crate::device::fake::{Ramp, until};
use std::sync::Mutex;

fn driver(sizes: Sizes) -> NullDriver {
    NullDriver::new(SampleRate::HZ_48000, sizes)
}

#[test]
fn deadlines_do_not_drift() {
    assert_eq!(time_of(48_000, 48_000), Duration::from_secs(1));
    assert_eq!(time_of(128, 48_000), Duration::from_nanos(2_666_666));
    // After a year of 44.1 kHz the deadline is still right to the nanosecond.
    let year = 365 * 24 * 3_600;
    assert_eq!(time_of(44_100 * year, 44_100), Duration::from_secs(year));
    assert_eq!(time_of(44_100 * year + 1, 44_100), Duration::new(year, 22_675));
}

#[test]
fn sizes_keep_their_range_and_repeat() {
    let sizes = Sizes::Random { seed: 3, least: 1, most: 700 };
    let draw = || {
        let mut asks = Asks::new(sizes);
        (0..5_000).map(move |_| asks.next()).collect::<Vec<_>>()
    };
    let drawn = draw();
    assert_eq!(drawn, draw());
    assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&1), Some(&700)));
    let mut fixed = Asks::new(Sizes::Fixed(0));
    assert_eq!(fixed.next(), 1);
}

#[test]
fn it_never_runs_ahead_of_the_clock_and_counts_what_it_loses() {
    let mut driver = driver(Sizes::Fixed(480));
    let (callback, log) = Ramp::boxed(48_000);
    let began = Instant::now();
    assert!(driver.start(callback).is_ok());
    assert!(until(|| log.frames.load(Ordering::SeqCst) >= 9_600));
    assert_eq!(driver.health(), Health::Running);
    let callback = driver.stop().unwrap();
    let elapsed = began.elapsed();
    let report = driver.report();
    // The first buffer is asked for at once, so at most one more than the time that has passed. This holds on any machine.
    let lasted = time_of(report.frames, 48_000);
    assert!(lasted <= elapsed + time_of(480, 48_000), "{lasted:?} of music in {elapsed:?}");
    assert!(elapsed >= Duration::from_millis(190), "20 buffers of 10 ms in {elapsed:?}");
    assert_eq!(report.frames, log.frames.load(Ordering::SeqCst));
    assert_eq!((report.smallest, report.largest, report.latency_frames), (480, 480, 480));
    assert_eq!(report.callbacks * 480, report.frames);
    assert_eq!(report.histogram.total(), report.callbacks);
    assert_eq!(driver.health(), Health::Stopped);
    drop(callback);
    assert!(log.dropped.load(Ordering::SeqCst));
}

#[test]
fn what_is_played_reaches_the_outlet_in_order_at_any_size() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let outlet = Arc::clone(&heard);
    let mut driver = driver(Sizes::Random { seed: 9, least: 16, most: 1_500 })
        .with_outlet(Box::new(move |left, _| outlet.lock().unwrap().extend_from_slice(left)));
    let (callback, log) = Ramp::boxed(48_000);
    assert!(driver.start(callback).is_ok());
    assert!(until(|| log.frames.load(Ordering::SeqCst) > 6_000));
    assert!(driver.stop().is_some());
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len() as u64, log.frames.load(Ordering::SeqCst));
    assert!(heard.iter().enumerate().all(|(n, x)| *x == (n % 32_768) as f32 / 32_768.0));
}

#[test]
fn overruns_are_counted_and_told() {
    let mut driver = driver(Sizes::Fixed(64));
    let (callback, log) = Ramp::boxed(48_000);
    // 64 frames last 1.3 ms.
    log.busy_us.store(3_000, Ordering::SeqCst);
    assert!(driver.start(callback).is_ok());
    assert!(until(|| log.lost.load(Ordering::SeqCst) >= 3));
    assert!(driver.stop().is_some());
    let report = driver.report();
    assert!(report.xruns.overrun >= 3, "{:?}", report.xruns);
    assert!(report.peak_load > 2.0 && report.last_late_us > 0, "{report:?}");
}

#[test]
fn a_panic_is_a_loss_and_the_callback_comes_back() {
    let mut driver = driver(Sizes::Fixed(128));
    let (callback, log) = Ramp::boxed(48_000);
    assert!(driver.start(callback).is_ok());
    log.panic.store(true, Ordering::SeqCst);
    assert!(until(|| matches!(driver.health(), Health::Lost(Loss::Callback(_)))));
    assert!(driver.stop().is_some());
}

#[test]
fn a_driver_plays_one_callback_and_can_be_started_again() {
    let mut driver = driver(Sizes::Fixed(64));
    assert!(driver.stop().is_none());
    assert_eq!(driver.report().frames, 0);
    assert!(driver.start(Ramp::boxed(48_000).0).is_ok());
    let Err((refused, DeviceError::Running)) = driver.start(Ramp::boxed(48_000).0) else {
        panic!("it plays already");
    };
    assert!(driver.stop().is_some());
    assert!(driver.start(refused).is_ok());
    assert!(until(|| driver.report().frames > 0));
}

#[test]
fn dropping_the_driver_ends_its_thread() {
    let (callback, log) = Ramp::boxed(48_000);
    let mut driver = driver(Sizes::Fixed(48_000));
    assert!(driver.start(callback).is_ok());
    assert!(until(|| log.frames.load(Ordering::SeqCst) > 0));
    let began = Instant::now();
    drop(driver);
    assert!(log.dropped.load(Ordering::SeqCst));
    assert!(began.elapsed() < Duration::from_millis(900), "it waited for the end of a buffer");
}
