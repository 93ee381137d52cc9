//! The engine as a driver sees it: something that fills the next frames of a sound card, whatever their number.

use crate::model::units::SampleRate;

/// Fills the buffers of a driver. Born and dropped on a control thread; between those it belongs to one driver at a time,
/// which gives it back when it stops, so that a change of the device loses nothing.
pub trait Callback: Send {
    /// Frames per second that it is made for. A driver with another rate converts.
    fn sample_rate(&self) -> SampleRate;

    /// Takes the next frames of the device's input, left and right, where it has one, and writes the next frames of the
    /// output; all slices have the same length, any from 1 up. It wraps itself in the guard of realtime code.
    /// Thread: audio.
    fn process(&mut self, input: Option<[&[f32]; 2]>, output: [&mut [f32]; 2]);

    /// Told before the next `process` that the device lost some time: the driver has counted an xrun. Thread: audio.
    fn lost(&mut self, xrun: Xrun);
}

/// Time that was lost between engine and card.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Xrun {
    /// Who noticed.
    pub cause: XrunCause,
    /// By how many microseconds the deadline was missed, where known; else 0.
    pub late_us: u32,
}

/// Who noticed an xrun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XrunCause {
    /// Our own callback took longer than its buffer lasts.
    Overrun,
    /// The callback was called too late: the system was busy elsewhere.
    Late,
    /// The device or its server said so.
    Device,
}
