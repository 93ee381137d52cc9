//! What the stage wants of the devices, and nothing of how they are driven: so that it can be tested without a card.

use crate::config::resolved::Audio;
use crate::engine::live::Callback;
use crate::model::job::Fault;
use crate::protocol::device::{
    DeviceEntry, DeviceProbeResponse, DeviceSelectParams, DeviceState, Load,
};

/// All sound systems of this machine. Thread: any.
pub trait House: Send + Sync {
    /// Every device. May take a second, and asks the system.
    fn list(&self) -> Listing;

    /// Plays silence on a device for some seconds. Blocks as long. What is wrong with the device is in the response.
    fn probe(&self, audio: &Audio, seconds: f64) -> DeviceProbeResponse;

    /// The devices for the stage, on its thread. Opens nothing yet.
    fn cards(&self, audio: &Audio) -> Box<dyn Cards>;
}

/// Devices, and what could not be asked for them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// The devices.
    pub devices: Vec<DeviceEntry>,
    /// In plain words, for the user.
    pub notes: Vec<String>,
}

/// The device that plays. It never fails for good: without the wanted device time goes on without a card, until that one is
/// back. Lives on the stage's thread.
pub trait Cards {
    /// Begins to play.
    fn start(&mut self, callback: Box<dyn Callback>);

    /// Changes to another device or buffer; what plays goes on there. Errors: the device can't be found, and nothing has
    /// changed.
    fn select(&mut self, wish: &DeviceSelectParams) -> Result<(), Fault>;

    /// Looks after the device; call it often. True if another one plays now, or the same one again.
    fn poll(&mut self) -> bool;

    /// What plays now.
    fn state(&self) -> DeviceState;

    /// How it does.
    fn report(&self) -> CardReport;

    /// Stops, and lets go of the device.
    fn stop(&mut self);
}

/// What a device has counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CardReport {
    /// Most frames that it asked for at a time.
    pub buffer_frames: u32,
    /// From callback to plug, in seconds, as far as it tells.
    pub latency_s: f64,
    /// How much of its time the callback took.
    pub load: Load,
    /// Whether it has realtime priority.
    pub realtime: bool,
    /// Why not.
    pub realtime_note: Option<String>,
}
