use super::*;
use crate::device::fake::Ramp;
use std::sync::atomic::Ordering;

/// Runs a pump for the given sizes and gives what it wrote on the left.
fn play(pump: &mut Pump, sizes: &[usize]) -> Vec<f32> {
    let mut out = Vec::new();
    for size in sizes {
        let from = out.len();
        pump.run(*size, |start, left, right| {
            assert_eq!(from + start, out.len(), "in order");
            assert!(left.iter().zip(right).all(|(l, r)| *r == -*l));
            out.extend_from_slice(left);
        });
        assert_eq!(out.len(), from + size);
    }
    out
}

fn ramp(range: std::ops::Range<usize>) -> Vec<f32> {
    range.map(|n| n as f32 / 32_768.0).collect()
}

fn fresh() -> (Pump, Seat, Arc<Meter>) {
    let meter = Arc::new(Meter::new());
    let (pump, seat) = pair(48_000, None, &meter);
    (pump, seat, meter)
}

#[test]
fn any_size_gets_every_frame_once() {
    let (mut pump, mut seat, meter) = fresh();
    assert_eq!(play(&mut pump, &[64, 64]), vec![0.0; 128], "silence before the callback comes");
    assert!(seat.hand_over(Ramp::boxed(48_000).0).is_ok());
    let sizes = [1, 7, 63, 64, 65, 279, 480, 1_115, 4_096];
    assert_eq!(play(&mut pump, &sizes), ramp(0..sizes.iter().sum()));
    assert_eq!(meter.sizes(), (1, 4_096));
    assert_ne!(meter.priority(), priority::Priority::NotAsked);
}

#[test]
fn the_callback_comes_home_from_wherever_it_is() {
    // From the pump.
    let (mut pump, mut seat, _) = fresh();
    let (callback, log) = Ramp::boxed(48_000);
    assert!(seat.hand_over(callback).is_ok());
    play(&mut pump, &[64]);
    drop(pump);
    let mut back = seat.take_back().unwrap();
    let (mut left, mut right) = ([0.0; 1], [0.0; 1]);
    back.process(None, [&mut left, &mut right]);
    assert_eq!(left[0], 64.0 / 32_768.0, "with all that it knew");
    assert!(!log.dropped.load(Ordering::SeqCst));
    // From the ring, where the pump never took it.
    let (pump, mut seat, _) = fresh();
    assert!(seat.hand_over(back).is_ok());
    drop(pump);
    let back = seat.take_back();
    assert!(back.is_some() && !log.dropped.load(Ordering::SeqCst));
    // From nowhere.
    let (_pump, seat, _) = fresh();
    assert!(seat.take_back().is_none());
}

#[test]
fn a_second_callback_is_given_back() {
    let (_pump, mut seat, _) = fresh();
    assert!(seat.hand_over(Ramp::boxed(48_000).0).is_ok());
    assert!(seat.hand_over(Ramp::boxed(48_000).0).is_err());
}

#[test]
fn a_panic_becomes_silence_and_a_reason_and_the_callback_still_comes_home() {
    let (mut pump, mut seat, _) = fresh();
    let (callback, log) = Ramp::boxed(48_000);
    assert!(seat.hand_over(callback).is_ok());
    assert_eq!(play(&mut pump, &[64]), ramp(0..64));
    log.panic.store(true, Ordering::SeqCst);
    assert_eq!(play(&mut pump, &[64, 1_000]), vec![0.0; 1_064]);
    log.panic.store(false, Ordering::SeqCst);
    assert_eq!(play(&mut pump, &[64]), vec![0.0; 64], "it is not called again");
    let reason = seat.panic().unwrap();
    assert!(reason.contains("as it was told to"), "{reason}");
    assert_eq!(seat.panic(), None);
    drop(pump);
    assert!(seat.take_back().is_some());
}

#[test]
fn xruns_are_told_once_before_the_next_block() {
    let (mut pump, mut seat, meter) = fresh();
    let (callback, log) = Ramp::boxed(48_000);
    assert!(seat.hand_over(callback).is_ok());
    play(&mut pump, &[4_800]);
    let before = log.lost.load(Ordering::SeqCst);
    let device = Xrun { cause: XrunCause::Device, late_us: 0 };
    meter.count_xrun(device);
    meter.count_xrun(device);
    play(&mut pump, &[4_800, 4_800]);
    assert_eq!(log.lost.load(Ordering::SeqCst) - before, 1, "two at once are one loss of time");
    pump.lose(Xrun { cause: XrunCause::Late, late_us: 300 });
    play(&mut pump, &[4_800]);
    assert_eq!(log.lost.load(Ordering::SeqCst) - before, 2);
    assert_eq!((meter.xruns().device, meter.xruns().late, meter.last_late_us()), (2, 1, 300));
}

#[test]
fn a_callback_that_never_is_in_time_gets_a_rest() {
    let (mut pump, mut seat, meter) = fresh();
    let (callback, log) = Ramp::boxed(48_000);
    log.busy_us.store(100, Ordering::SeqCst);
    assert!(seat.hand_over(callback).is_ok());
    // A frame lasts 21 us, so every call overruns: 16 calls, then at least 100 ms = 4,800 frames of rest.
    play(&mut pump, &[1; 16]);
    assert_eq!(meter.xruns().overrun, 16);
    let rest = play(&mut pump, &[1; 4_800]);
    assert_eq!(rest, vec![0.0; 4_800]);
    assert_eq!((meter.rested(), log.frames.load(Ordering::SeqCst)), (4_800, 16));
    play(&mut pump, &[1]);
    assert_eq!(log.frames.load(Ordering::SeqCst), 17, "then it is tried again");
}

#[test]
fn another_rate_is_converted_on_the_way() {
    let (mut pump, mut seat, meter) = fresh();
    let (callback, log) = Ramp::boxed(44_100);
    assert!(seat.hand_over(callback).is_ok());
    let out = play(&mut pump, &[480; 10]);
    // A ramp at 44.1 kHz rises by 44.1/48 of a step for each frame at 48 kHz.
    for (n, x) in out.iter().enumerate().skip(200) {
        let expected = n as f32 * 44.1 / 48.0 / 32_768.0;
        assert!((x - expected).abs() < 2e-6, "frame {n}: {x}, not {expected}");
    }
    let asked = log.frames.load(Ordering::SeqCst);
    assert!((4_410..4_410 + 64).contains(&asked), "{asked}");
    assert!((40..64).contains(&meter.latency()), "{}", meter.latency());
}

#[test]
fn input_reaches_the_callback() {
    let meter = Arc::new(Meter::new());
    let (mut writer, intake) = crate::device::intake::ring(48_000, 64, &meter);
    let (mut pump, mut seat) = pair(48_000, Some(intake), &meter);
    let (callback, log) = Ramp::boxed(48_000);
    play(&mut pump, &[64]);
    assert!(seat.hand_over(callback).is_ok());
    for _ in 0..512 {
        let _ = writer.push([0.25, 0.5]);
    }
    play(&mut pump, &[64; 4]);
    assert_eq!(log.heard.load(Ordering::SeqCst), 256);
}
