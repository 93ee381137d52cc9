use super::*;

#[test]
fn only_the_end_of_a_stream_ends_it() {
    for (kind, ends) in [
        (ErrorKind::DeviceNotAvailable, true),
        (ErrorKind::HostUnavailable, true),
        (ErrorKind::StreamInvalidated, true),
        (ErrorKind::PermissionDenied, true),
        (ErrorKind::Xrun, false),
        (ErrorKind::BackendError, false),
        (ErrorKind::DeviceBusy, false),
        (ErrorKind::Other, false),
    ] {
        assert_eq!(end_of_stream(&cpal::Error::new(kind)).is_some(), ends, "{kind:?}");
    }
}

#[test]
fn errors_are_counted_by_what_they_mean_and_the_ring_never_blocks() {
    let meter = Arc::new(Meter::new());
    let (to, mut errors) = rtrb::RingBuffer::new(2);
    let mut note = note_errors(&meter, to);
    for _ in 0..5 {
        note(ErrorKind::Xrun.into());
        note(ErrorKind::BackendError.into());
        note(ErrorKind::RealtimeDenied.into());
    }
    assert_eq!((meter.xruns().device, meter.faults()), (5, 5));
    assert_eq!(std::iter::from_fn(|| errors.pop().ok()).count(), 2);
}

#[test]
fn a_device_that_falls_silent_is_lost_and_one_that_asks_is_not() {
    let start = Instant::now();
    let at = |ms: u64| start + Duration::from_millis(ms);
    let mut watch = Watch::default();
    assert_eq!(watch.look(at(0), 0, 0), None);
    assert_eq!(watch.look(at(3_900), 0, 0), None);
    assert_eq!(watch.look(at(3_950), 1, 0), None);
    assert_eq!(watch.look(at(7_900), 1, 0), None);
    assert!(watch.look(at(7_950), 1, 0).unwrap().contains("no longer asks"));
}

#[test]
fn a_storm_of_errors_is_the_end_and_a_drizzle_is_not() {
    let start = Instant::now();
    let mut watch = Watch::default();
    for second in 0..60 {
        let now = start + Duration::from_secs(second);
        assert_eq!(watch.look(now, second, second * (STORM - 1)), None, "{second}");
    }
    let now = start + Duration::from_millis(59_500);
    assert!(watch.look(now, 99, 60 * STORM + STORM).unwrap().contains("without end"));
}

#[test]
fn what_the_player_writes_fits_the_format_and_the_channels() {
    let meter = Arc::new(Meter::new());
    let (pump, mut seat) = pump::pair(48_000, None, &meter);
    let callback = crate::device::fake::Ramp::new(48_000);
    assert!(seat.hand_over(Box::new(callback)).is_ok());
    let mut player = Player { pump, meter, pace: None, channels: 3, dither: Dither::new(0) };
    let mut samples = vec![9_i16; 3 * 1_115];
    player.write(&mut samples);
    for (n, frame) in samples.chunks(3).enumerate() {
        assert_eq!(frame, [n as i16, -(n as i16), 0], "frame {n}");
    }
    let mut middle = [9.0_f32; 4];
    player.channels = 1;
    player.write(&mut middle);
    assert_eq!(middle, [0.0; 4], "both sides cancel in the middle");
    let report = seat.report(String::new(), 3, String::new());
    assert_eq!((report.frames, report.largest, report.smallest), (1_119, 1_115, 4));
    assert_eq!(player.pump.frames_in(Duration::from_millis(10)), 480);
}
