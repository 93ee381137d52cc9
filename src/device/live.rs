//! What every driver that plays in real time can do, and what it tells about itself. The drivers are `null` and `card`.

use std::fmt;

use super::error::DeviceError;
use super::meter::LoadHistogram;
use super::priority::Priority;
use crate::engine::live::Callback;

/// A callback that was not taken, and why.
pub type Refusal = (Box<dyn Callback>, DeviceError);

/// Makes time pass for a callback, at the pace of a clock. The callback is lent: it comes back from [`Self::stop`] whatever
/// happened to the device in between, so that a change of the device keeps all that it holds.
/// Thread: control; a driver stays on the thread that made it.
pub trait LiveDriver {
    /// Opens the device if it is not open yet, and plays. A callback that was not taken comes back with the reason.
    /// Returns before the first buffer is asked for.
    fn start(&mut self, callback: Box<dyn Callback>) -> Result<(), Refusal>;

    /// Stops, closes the device and gives the callback back; none if none plays. Blocks until the audio thread is out of
    /// the callback.
    fn stop(&mut self) -> Option<Box<dyn Callback>>;

    /// What a card would count, since the device was opened. After `stop`, the last figures.
    fn report(&self) -> Report;

    /// How it goes. Cheap; meant to be asked several times a second, since silence of the device is noticed here.
    fn health(&mut self) -> Health;
}

/// How a driver does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Nothing is open.
    Stopped,
    /// Time passes.
    Running,
    /// Time stands still. The driver has to be stopped; the callback is still with it.
    Lost(Loss),
}

/// Why time stands still, each with a reason in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// The device went, changed its rate, or no longer asks for sound. Another driver can go on with the callback.
    Device(String),
    /// The callback itself panicked. It comes back as it was left, and should be rebuilt rather than played on.
    Callback(String),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Device(reason) | Self::Callback(reason)) = self;
        f.write_str(reason)
    }
}

/// What a driver has counted since its device was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Where the sound goes, for users: `null` or `host:name`.
    pub device: String,
    /// Frames per second of the device.
    pub sample_rate: u32,
    /// Output channels of the device.
    pub channels: u16,
    /// Its sample format, such as `f32` or `i16`.
    pub format: String,
    /// Times that the device asked for sound.
    pub callbacks: u64,
    /// Frames given to it.
    pub frames: u64,
    /// Xruns by who noticed them.
    pub xruns: Xruns,
    /// Microseconds by which the last xrun was late, where known; else 0.
    pub last_late_us: u32,
    /// Share of the buffer's time that the last callback took; 1.0 is all of it.
    pub load: f32,
    /// The largest such share.
    pub peak_load: f32,
    /// How often each share was taken.
    pub histogram: LoadHistogram,
    /// Fewest frames asked for at once; 0 before the first callback.
    pub smallest: u32,
    /// Most frames asked for at once.
    pub largest: u32,
    /// Frames of the device from the callback to the loudspeaker, as far as the host knows, conversion included.
    pub latency_frames: u32,
    /// Frames of silence played because the callback overran again and again.
    pub rested_frames: u64,
    /// Times that the separate clock of an input device ran dry or over, and frames were left out or added.
    pub input_slips: u64,
    /// Errors of the device that were neither an xrun nor its end.
    pub faults: u64,
    /// Whether the audio thread runs with realtime priority.
    pub priority: Priority,
}

/// Xruns by who noticed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Xruns {
    /// The callback took longer than its buffer lasts.
    pub overrun: u64,
    /// The callback was called too late.
    pub late: u64,
    /// The device or its server said so. It may count the same event as an overrun again.
    pub device: u64,
}

impl Xruns {
    /// All of them.
    pub fn total(self) -> u64 {
        self.overrun + self.late + self.device
    }
}
