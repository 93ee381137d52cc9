use super::*;
use crate::device::card::DeviceName;
use crate::device::fake::{Ramp, until};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::Ordering;

/// A device that can be plugged in and out: a null driver behind the face of a card.
#[derive(Default)]
struct World {
    plugged: bool,
    unplugged_now: bool,
    opened: u32,
}

struct Pluggable {
    inner: NullDriver,
    world: Rc<RefCell<World>>,
}

impl LiveDriver for Pluggable {
    fn start(&mut self, callback: Box<dyn Callback>) -> Result<(), crate::device::live::Refusal> {
        self.inner.start(callback)
    }

    fn stop(&mut self) -> Option<Box<dyn Callback>> {
        self.inner.stop()
    }

    fn report(&self) -> Report {
        Report { device: "fake:usb".into(), ..self.inner.report() }
    }

    fn health(&mut self) -> Health {
        if self.world.borrow().unplugged_now {
            return Health::Lost(Loss::Device("usb went away".into()));
        }
        self.inner.health()
    }
}

fn opener(world: &Rc<RefCell<World>>) -> Opener {
    let world = Rc::clone(world);
    Box::new(move |_| {
        if !world.borrow().plugged {
            let device = DeviceName::new("fake", "usb");
            let cause = cpal::ErrorKind::DeviceNotAvailable.into();
            return Err(DeviceError::Gone { device, cause });
        }
        world.borrow_mut().opened += 1;
        let inner = NullDriver::new(SampleRate::HZ_48000, Sizes::Fixed(256));
        let driver = Box::new(Pluggable { inner, world: Rc::clone(&world) });
        Ok(Opened { driver, device: "fake:usb".into() })
    })
}

fn card() -> Wanted {
    Wanted::Card(CardConfig::default())
}

#[test]
fn the_callback_survives_unplugging_and_is_back_within_a_second() {
    let world = Rc::new(RefCell::new(World { plugged: true, ..World::default() }));
    let (callback, log) = Ramp::boxed(48_000);
    let (mut supervisor, changes) = Supervisor::start(callback, card(), 128, opener(&world));
    assert_eq!(changes, [Change::Playing { device: "fake:usb".into() }]);
    assert!(until(|| log.frames.load(Ordering::SeqCst) > 2_000));
    // Pulled out: time goes on.
    *world.borrow_mut() = World { plugged: false, unplugged_now: true, opened: 1 };
    let changes = supervisor.poll();
    assert!(matches!(changes.as_slice(), [Change::Lost { .. }]), "{changes:?}");
    assert!(!supervisor.plays_on_card());
    let at = log.frames.load(Ordering::SeqCst);
    assert!(at >= 2_000, "it goes on where it was");
    assert!(until(|| log.frames.load(Ordering::SeqCst) > at + 2_000));
    assert_eq!(supervisor.report().unwrap().device, "null");
    // Back in.
    *world.borrow_mut() = World { plugged: true, unplugged_now: false, opened: 1 };
    let began = Instant::now();
    let mut changes = Vec::new();
    assert!(until(|| {
        changes.extend(supervisor.poll());
        supervisor.plays_on_card()
    }));
    assert!(began.elapsed().as_secs_f64() < 1.0, "{:?}", began.elapsed());
    assert_eq!(changes.last(), Some(&Change::Playing { device: "fake:usb".into() }));
    assert_eq!(world.borrow().opened, 2);
    assert_eq!(supervisor.report().unwrap().device, "fake:usb");
    assert!(supervisor.stop().is_some());
    assert!(log.dropped.load(Ordering::SeqCst));
}

#[test]
fn without_any_device_it_plays_on_the_null_driver_and_says_so_once() {
    let world = Rc::new(RefCell::new(World::default()));
    let (callback, log) = Ramp::boxed(48_000);
    let (mut supervisor, changes) = Supervisor::start(callback, card(), 128, opener(&world));
    assert!(matches!(changes.as_slice(), [Change::Waiting { .. }]), "{changes:?}");
    assert!(changes[0].to_string().contains("fake:usb"), "{}", changes[0]);
    assert!(until(|| {
        assert_eq!(supervisor.poll(), []);
        log.frames.load(Ordering::SeqCst) > 30_000
    }));
    let changes = supervisor.select(Wanted::Null);
    assert_eq!(changes, [Change::Silent]);
    assert!(supervisor.stop().is_some());
}

#[test]
fn a_callback_that_panics_is_stopped_and_reported_and_comes_back() {
    let world = Rc::new(RefCell::new(World { plugged: true, ..World::default() }));
    let (callback, log) = Ramp::boxed(48_000);
    let (mut supervisor, _) = Supervisor::start(callback, card(), 128, opener(&world));
    log.panic.store(true, Ordering::SeqCst);
    let mut changes = Vec::new();
    assert!(until(|| {
        changes.extend(supervisor.poll());
        !changes.is_empty()
    }));
    assert!(matches!(changes.as_slice(), [Change::Broken { .. }]), "{changes:?}");
    assert!(supervisor.select(card()).is_empty());
    assert!(supervisor.stop().is_some());
}
