//! The driver without a card: a thread that asks for sound by the clock, exactly as a card would.
//!
//! Deadlines are computed from the number of frames since an origin, so they do not drift however long it runs. Like a card
//! it waits for nobody: a buffer that was not ready when the next one was due is an xrun, and the time that was lost is not
//! made up for. It is what plays when no card can be opened, and what tests of realtime behaviour run on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::error::DeviceError;
use super::live::{Health, LiveDriver, Loss, Refusal, Report};
use super::meter::Meter;
use super::pump::{self, Pump, Seat};
use crate::engine::live::{Callback, Xrun, XrunCause};
use crate::model::units::SampleRate;

/// Receives what was played, in the order of time: left and right, of equal length. Thread: audio, so it must not wait.
pub type Outlet = Box<dyn FnMut(&[f32], &[f32]) + Send>;

/// How many frames are asked for at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// Always so many; 0 counts as 1.
    Fixed(u32),
    /// Anything between the two, both included, by a seeded draw.
    Random {
        /// Chooses the sequence.
        seed: u64,
        /// Fewest frames; 0 counts as 1.
        least: u32,
        /// Most frames; at least `least`.
        most: u32,
    },
}

/// Keeps time by the system's clock and plays to nobody.
pub struct NullDriver {
    sample_rate: SampleRate,
    sizes: Sizes,
    outlet: Option<Outlet>,
    playing: Option<Playing>,
    last: Option<Report>,
    lost: Option<Loss>,
}

struct Playing {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
    seat: Seat,
}

impl NullDriver {
    /// For a rate and a way of asking. Nothing runs yet.
    pub fn new(sample_rate: SampleRate, sizes: Sizes) -> Self {
        Self { sample_rate, sizes, outlet: None, playing: None, last: None, lost: None }
    }

    /// Lets a closure have what is played by the next `start`.
    #[must_use]
    pub fn with_outlet(mut self, outlet: Outlet) -> Self {
        self.outlet = Some(outlet);
        self
    }

    fn report_of(&self, seat: &Seat) -> Report {
        let mut report = seat.report("null".to_owned(), 2, "f32".to_owned());
        // A card would be playing one buffer while it asks for the next.
        report.latency_frames = report.latency_frames.saturating_add(report.largest);
        report
    }
}

impl LiveDriver for NullDriver {
    fn start(&mut self, callback: Box<dyn Callback>) -> Result<(), Refusal> {
        if self.playing.is_some() {
            return Err((callback, DeviceError::Running));
        }
        self.lost = None;
        let meter = Arc::new(Meter::new());
        let (pump, mut seat) = pump::pair(self.sample_rate.get(), None, &meter);
        seat.hand_over(callback).map_err(|callback| (callback, DeviceError::Running))?;
        let stop = Arc::new(AtomicBool::new(false));
        let clock = Clock {
            pump,
            rate: self.sample_rate.get(),
            asks: Asks::new(self.sizes),
            outlet: self.outlet.take(),
            stop: Arc::clone(&stop),
        };
        match std::thread::Builder::new().name("null-audio".to_owned()).spawn(|| clock.run()) {
            Ok(thread) => {
                self.playing = Some(Playing { thread, stop, seat });
                Ok(())
            }
            // The closure, and with it the pump, was dropped: the callback is on its way home.
            Err(cause) => {
                let error = DeviceError::NoThread { cause: cause.to_string() };
                if let Some(callback) = seat.take_back() {
                    return Err((callback, error));
                }
                self.lost = Some(Loss::Device(error.to_string()));
                Ok(())
            }
        }
    }

    fn stop(&mut self) -> Option<Box<dyn Callback>> {
        let Playing { thread, stop, seat } = self.playing.take()?;
        stop.store(true, Ordering::Release);
        thread.thread().unpark();
        // It cannot have panicked: the pump catches the callback's panics.
        let _ = thread.join();
        self.last = Some(self.report_of(&seat));
        seat.take_back()
    }

    fn report(&self) -> Report {
        match (&self.playing, &self.last) {
            (Some(playing), _) => self.report_of(&playing.seat),
            (None, Some(last)) => last.clone(),
            (None, None) => {
                let (_, seat) = pump::pair(self.sample_rate.get(), None, &Arc::new(Meter::new()));
                self.report_of(&seat)
            }
        }
    }

    fn health(&mut self) -> Health {
        if let Some(loss) = &self.lost {
            return Health::Lost(loss.clone());
        }
        let Some(playing) = &mut self.playing else { return Health::Stopped };
        if let Some(panic) = playing.seat.panic() {
            self.lost = Some(Loss::Callback(panic));
        } else if playing.thread.is_finished() {
            self.lost = Some(Loss::Device("the thread that keeps time has ended".to_owned()));
        }
        self.lost.clone().map_or(Health::Running, Health::Lost)
    }
}

impl Drop for NullDriver {
    fn drop(&mut self) {
        drop(self.stop());
    }
}

/// The numbers of frames to ask for.
struct Asks {
    least: u32,
    span: u64,
    draw: ChaCha8Rng,
}

impl Asks {
    /// The stream number of these draws ("NULL").
    const STREAM: u64 = 0x4e55_4c4c;

    fn new(sizes: Sizes) -> Self {
        let (seed, least, most) = match sizes {
            Sizes::Fixed(frames) => (0, frames, frames),
            Sizes::Random { seed, least, most } => (seed, least, most),
        };
        let least = least.max(1);
        let mut draw = ChaCha8Rng::seed_from_u64(seed);
        draw.set_stream(Self::STREAM);
        Self { least, span: u64::from(most.saturating_sub(least)) + 1, draw }
    }

    fn next(&mut self) -> usize {
        if self.span == 1 {
            return self.least as usize;
        }
        // The high half of a product maps a draw onto a range without a division.
        (u64::from(self.least) + ((u64::from(self.draw.next_u32()) * self.span) >> 32)) as usize
    }
}

/// The thread's own half.
struct Clock {
    pump: Pump,
    rate: u32,
    asks: Asks,
    outlet: Option<Outlet>,
    stop: Arc<AtomicBool>,
}

impl Clock {
    fn run(mut self) {
        let mut origin = Instant::now();
        let mut played = 0_u64;
        let mut overran = false;
        while !self.stop.load(Ordering::Acquire) {
            let frames = self.asks.next();
            let due = origin + time_of(played, self.rate);
            let next = origin + time_of(played + frames as u64, self.rate);
            let now = Instant::now();
            if now >= next {
                // The whole buffer is over before it began. An overrun has been counted already, where it happened.
                if !overran {
                    let late = now.saturating_duration_since(due).as_micros();
                    let late_us = u32::try_from(late).unwrap_or(u32::MAX);
                    self.pump.lose(Xrun { cause: XrunCause::Late, late_us });
                }
                (origin, played) = (now, 0);
            }
            let outlet = &mut self.outlet;
            let load = self.pump.run(frames, |_, left, right| {
                if let Some(outlet) = outlet {
                    outlet(left, right);
                }
            });
            overran = load > 1.0;
            played += frames as u64;
            self.wait_until(origin + time_of(played, self.rate));
        }
    }

    /// Parks rather than sleeps, so that `stop` need not wait for the end of a long buffer.
    fn wait_until(&self, deadline: Instant) {
        while !self.stop.load(Ordering::Acquire) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::park_timeout(left);
        }
    }
}

/// How long so many frames last, exact to the nanosecond for any number of frames.
fn time_of(frames: u64, rate: u32) -> Duration {
    let rate = u64::from(rate.max(1));
    // The rest is smaller than the rate, so the product is far from overflowing.
    Duration::new(frames / rate, ((frames % rate) * 1_000_000_000 / rate) as u32)
}

#[cfg(test)]
mod tests;
