//! What every driver does between its clock and the callback: chunks, sample rate, budget, counting, panics, and the way home.
//!
//! It comes in two halves. [`Pump`] lives in the audio thread and is called by the clock of a driver; [`Seat`] stays with the
//! driver on the control thread, hands a callback over to the running pump and gets it back when the pump is gone. The pump
//! plays silence as long as it has no callback, so a device can be opened and proved before the callback leaves the one it is
//! on. Nothing here knows which clock it is.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::budget::Budget;
use super::intake::Intake;
use super::live::Report;
use super::meter::Meter;
use super::priority;
use super::rate::{Converter, PULL};
use crate::engine::guard::realtime;
use crate::engine::live::{Callback, Xrun, XrunCause};

/// Most frames of the device that are worked on at once; larger buffers are filled in several goes.
const CHUNK: usize = 512;
/// How long a driver waits for a callback to come home when its stream is gone already. Hosts free their closures before
/// they return; a server that died may take a moment.
const HOMECOMING: Duration = Duration::from_secs(2);

/// The audio thread's half.
pub(crate) struct Pump {
    arrivals: rtrb::Consumer<Charge>,
    charge: Option<Charge>,
    broken: rtrb::Producer<Panic>,
    intake: Option<Intake>,
    meter: Arc<Meter>,
    budget: Budget,
    rate: u32,
    started: bool,
    /// Xruns of the device that the callback has been told of.
    told: u64,
    /// An xrun that the callback is still to be told of.
    untold: Option<Xrun>,
    scratch: [Box<[f32]>; 2],
    input: [Box<[f32]>; 2],
}

/// The control thread's half.
pub(crate) struct Seat {
    charges: rtrb::Producer<Charge>,
    home: rtrb::Consumer<Box<dyn Callback>>,
    way_home: Option<rtrb::Producer<Box<dyn Callback>>>,
    broken: rtrb::Consumer<Panic>,
    input_rate: Option<u32>,
    meter: Arc<Meter>,
    rate: u32,
}

/// What a panic left, as it was thrown: it is neither read nor freed on the audio thread.
type Panic = Box<dyn Any + Send>;

/// A callback on its way to the audio thread, with all that is made for its sample rate.
struct Charge {
    lease: Lease,
    converter: Option<Converter>,
    intake: Option<Converter>,
    failed: bool,
}

/// A lent callback. Wherever it is dropped, with the stream, with the ring it waited in, or in a panic, it goes home.
struct Lease {
    callback: Option<Box<dyn Callback>>,
    home: rtrb::Producer<Box<dyn Callback>>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(callback) = self.callback.take() {
            // There is one callback and one place for it, so this cannot fail while the driver is there.
            let _ = self.home.push(callback);
        }
    }
}

/// Makes both halves for a device of a rate in Hz. `intake` brings the frames of an input device.
pub(crate) fn pair(rate: u32, intake: Option<Intake>, meter: &Arc<Meter>) -> (Pump, Seat) {
    let (charges, arrivals) = rtrb::RingBuffer::new(1);
    let (way_home, home) = rtrb::RingBuffer::new(1);
    let (panics, broken) = rtrb::RingBuffer::new(2);
    let silence = |frames| vec![0.0; frames].into_boxed_slice();
    let input_rate = intake.as_ref().map(Intake::rate);
    let pump = Pump {
        arrivals,
        charge: None,
        broken: panics,
        intake,
        meter: Arc::clone(meter),
        budget: Budget::new(rate),
        rate,
        started: false,
        told: 0,
        untold: None,
        scratch: [silence(CHUNK), silence(CHUNK)],
        input: [silence(CHUNK.max(PULL)), silence(CHUNK.max(PULL))],
    };
    let seat = Seat {
        charges,
        home,
        way_home: Some(way_home),
        broken,
        input_rate,
        meter: Arc::clone(meter),
        rate,
    };
    (pump, seat)
}

impl Pump {
    /// Makes the next `frames` of the device; `write` gets them in order, each time with the index of the first frame and
    /// slices of equal length. Gives the share of the time that it took. Thread: audio.
    pub(crate) fn run(&mut self, frames: usize, write: impl FnMut(usize, &[f32], &[f32])) -> f32 {
        if !self.started {
            self.started = true;
            self.meter.set_priority(priority::ask());
        }
        // Reading a monotonic clock is no system call where it matters: the kernel maps it into the process.
        let began = Instant::now();
        let called = realtime(|| self.fill(frames, write));
        let load = self.meter.served(frames, began.elapsed(), self.rate);
        if called {
            let overran = load > 1.0;
            self.budget.note(overran);
            if overran {
                let lasted = frames as f64 / f64::from(self.rate);
                let late_us = (f64::from(load - 1.0) * lasted * 1e6) as u32;
                self.lose(Xrun { cause: XrunCause::Overrun, late_us });
            }
        }
        load
    }

    /// Counts an xrun and tells the callback before its next block. Thread: audio.
    pub(crate) fn lose(&mut self, xrun: Xrun) {
        self.meter.count_xrun(xrun);
        self.untold = Some(xrun);
    }

    /// Frames of the device that last so long.
    pub(crate) fn frames_in(&self, time: Duration) -> u32 {
        (time.as_secs_f64() * f64::from(self.rate) + 0.5) as u32
    }

    /// Whether the callback was called at all.
    fn fill(&mut self, frames: usize, mut write: impl FnMut(usize, &[f32], &[f32])) -> bool {
        if self.charge.is_none() {
            self.charge = self.arrivals.pop().ok();
        }
        let playing = self.charge.as_ref().is_some_and(|charge| !charge.failed);
        let rests = playing && self.budget.rests(frames);
        if rests {
            self.meter.count_rest(frames as u64);
        } else if playing {
            self.tell();
        }
        let mut done = 0;
        while done < frames {
            let len = (frames - done).min(CHUNK);
            self.block(len, playing && !rests);
            let [left, right] = &self.scratch;
            if let (Some(left), Some(right)) = (left.get(..len), right.get(..len)) {
                write(done, left, right);
            }
            done += len;
        }
        playing && !rests
    }

    /// Fills the first `len` frames of the scratch.
    fn block(&mut self, len: usize, play: bool) {
        let [left, right] = &mut self.scratch;
        let (Some(left), Some(right)) = (left.get_mut(..len), right.get_mut(..len)) else { return };
        left.fill(0.0);
        right.fill(0.0);
        let Some(charge) = self.charge.as_mut().filter(|charge| play && !charge.failed) else {
            if let Some(intake) = &mut self.intake {
                intake.discard();
            }
            return;
        };
        let Charge { lease, converter, intake: input_converter, failed } = charge;
        let Some(callback) = lease.callback.as_deref_mut() else { return };
        let (intake, input) = (&mut self.intake, &mut self.input);
        let mut ask = |left: &mut [f32], right: &mut [f32]| {
            let [in_left, in_right] = &mut *input;
            let slices = (in_left.get_mut(..left.len()), in_right.get_mut(..left.len()));
            let heard = match (intake.as_mut(), slices) {
                (Some(intake), (Some(in_left), Some(in_right))) => {
                    intake.pull(in_left, in_right, input_converter.as_mut());
                    Some([&*in_left, &*in_right])
                }
                _ => None,
            };
            callback.process(heard, [left, right]);
        };
        // A panic leaves the callback as it was at that moment. It is not called again, only carried home.
        let played = catch_unwind(AssertUnwindSafe(|| match converter {
            Some(converter) => converter.render(left, right, &mut ask),
            None => ask(left, right),
        }));
        if let Err(panic) = played {
            *failed = true;
            left.fill(0.0);
            right.fill(0.0);
            let _ = self.broken.push(panic);
        }
    }

    /// Tells the callback what was lost since its last block.
    fn tell(&mut self) {
        let counted = self.meter.device_xruns();
        if counted > self.told {
            self.told = counted;
            self.untold.get_or_insert(Xrun { cause: XrunCause::Device, late_us: 0 });
        }
        let Some(xrun) = self.untold.take() else { return };
        let Some(charge) = &mut self.charge else { return };
        let Some(callback) = charge.lease.callback.as_deref_mut() else { return };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| callback.lost(xrun))) {
            charge.failed = true;
            let _ = self.broken.push(panic);
        }
    }
}

impl Seat {
    /// Hands a callback over to the pump, once. Gives it back if there is one already. Allocates. Thread: control.
    pub(crate) fn hand_over(
        &mut self,
        callback: Box<dyn Callback>,
    ) -> Result<(), Box<dyn Callback>> {
        let Some(home) = self.way_home.take() else { return Err(callback) };
        let own = callback.sample_rate().get();
        let converter = (own != self.rate).then(|| Converter::new(own, self.rate));
        let ahead = converter.as_ref().map_or(0, Converter::ahead) as f64;
        self.meter.set_conversion((ahead * f64::from(self.rate) / f64::from(own)) as u32);
        let intake =
            self.input_rate.filter(|rate| *rate != own).map(|rate| Converter::new(rate, own));
        let lease = Lease { callback: Some(callback), home };
        // Never full: it holds one, and there is only one way home to give away.
        let _ = self.charges.push(Charge { lease, converter, intake, failed: false });
        Ok(())
    }

    /// The callback, after the pump is gone or about to go. None if there was none, or it did not come in time.
    /// Blocks for at most two seconds. Thread: control.
    pub(crate) fn take_back(self) -> Option<Box<dyn Callback>> {
        let Self { charges, mut home, way_home, .. } = self;
        if way_home.is_some() {
            return None;
        }
        // What never reached the pump goes home with the ring, once both ends of it are gone.
        drop(charges);
        let patience = Instant::now() + HOMECOMING;
        loop {
            if let Ok(callback) = home.pop() {
                return Some(callback);
            }
            if home.is_abandoned() || Instant::now() > patience {
                // The last look: it may have come between the two.
                return home.pop().ok();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// What the callback panicked with, if it did.
    pub(crate) fn panic(&mut self) -> Option<String> {
        let panic = self.broken.pop().ok()?;
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned());
        Some(match text {
            Some(text) => format!("the engine broke down: {text}"),
            None => "the engine broke down".to_owned(),
        })
    }

    /// The counters, with what is known of the device.
    pub(crate) fn report(&self, device: String, channels: u16, format: String) -> Report {
        let meter = &self.meter;
        let (load, peak_load) = meter.loads();
        let (smallest, largest) = meter.sizes();
        Report {
            device,
            sample_rate: self.rate,
            channels,
            format,
            callbacks: meter.callbacks(),
            frames: meter.frames(),
            xruns: meter.xruns(),
            last_late_us: meter.last_late_us(),
            load,
            peak_load,
            histogram: meter.histogram(),
            smallest,
            largest,
            latency_frames: meter.latency(),
            rested_frames: meter.rested(),
            input_slips: meter.slips(),
            faults: meter.faults(),
            priority: meter.priority(),
        }
    }
}

#[cfg(test)]
mod tests;
