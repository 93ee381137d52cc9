//! Params and responses of `device/*`, and what `engine/status` tells of the sound: cards, load, lost time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::transport::TransportState;

/// Params of `device/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceListParams {}

/// Response of `device/list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceListResponse {
    /// Every device that can be opened. `null`, the device that plays to nobody, is the last.
    pub devices: Vec<DeviceEntry>,
    /// What was asked for, by the config or by `device/select`.
    pub wanted: String,
    /// The device that plays now; `null` where no sound was wanted yet.
    pub current: Option<String>,
    /// What the user should know, such as a sound system that could not be asked.
    pub notes: Vec<String>,
}

/// A sound device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceEntry {
    /// What `device/select` and `--device` take: `host:name` where the name alone is not unique.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// The sound system that it belongs to, such as `alsa`, `jack` or `coreaudio`.
    pub host: String,
    /// Whether `default` means this one.
    pub default: bool,
    /// Output channels; 0 for a device that only records.
    pub outputs: u32,
    /// Input channels; 0 for a device that only plays.
    pub inputs: u32,
    /// Sample rates that it takes, in Hz; of a continuous range, the usual ones in it.
    pub sample_rates: Vec<u32>,
    /// Sample formats, such as `i16` and `f32`.
    pub formats: Vec<String>,
    /// Smallest and largest buffer in frames, where it tells them.
    pub buffer_frames: Option<[u32; 2]>,
}

/// Params of `device/select`. What is left open stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeviceSelectParams {
    /// `default`, `null`, an id or a name, or a part of a name that only one device has. If it can't be found, nothing
    /// changes.
    pub device: Option<String>,
    /// Device to record from: the same choices, or `none`.
    pub input: Option<String>,
    /// Buffer in frames, 16 to 8,192, or 0 for the device's own.
    pub buffer_frames: Option<u32>,
}

/// Response of `device/select`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceSelectResponse {
    /// What plays now.
    pub device: DeviceState,
}

/// Params of `device/probe`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeviceProbeParams {
    /// Device to try; the wanted one where open.
    pub device: Option<String>,
    /// How long, in seconds, 0.1 to 60; 2 where open.
    pub seconds: Option<f64>,
}

/// Response of `device/probe`: how a device does with silence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceProbeResponse {
    /// Whether the device could be opened and played.
    pub works: bool,
    /// The device that was tried.
    pub device: String,
    /// Its sample rate in Hz; 0 if it could not be opened.
    pub sample_rate: u32,
    /// Sample format, such as `f32`; empty if it could not be opened.
    pub format: String,
    /// How often it asked for sound.
    pub callbacks: u64,
    /// How many frames it asked for.
    pub frames: u64,
    /// Smallest and largest number of frames that it asked for at a time.
    pub buffer_frames: [u32; 2],
    /// From engine to plug, in milliseconds, as far as the device tells.
    pub latency_ms: f64,
    /// How much of its time the callback took.
    pub load: Load,
    /// Time that was lost.
    pub xruns: XrunCounts,
    /// Whether the system gave the sound realtime priority.
    pub realtime: bool,
    /// Why not, where it did not.
    pub realtime_note: Option<String>,
    /// What went wrong, in plain words, where something did.
    pub problem: Option<String>,
    /// What to do about it; names the external player where no card can be opened.
    pub advice: Vec<String>,
}

/// The device that plays now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceState {
    /// What was asked for.
    pub wanted: String,
    /// The device that plays now.
    pub current: String,
    /// Whether it is the one that was asked for. If not, time goes on without a card until that one is back.
    pub available: bool,
    /// What happened, in plain words.
    pub message: String,
}

/// What a running engine tells of its sound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AudioStatus {
    /// The device.
    pub device: DeviceState,
    /// Frames per second of the engine; the driver converts where the device has another rate.
    pub sample_rate: u32,
    /// Most frames that the device asked for at a time.
    pub buffer_frames: u32,
    /// From engine to plug, in milliseconds, as far as the device tells, look-ahead of nodes included.
    pub latency_ms: f64,
    /// How much of its time the callback took.
    pub load: Load,
    /// Time that was lost since the device was opened.
    pub xruns: XrunCounts,
    /// Whether the system gave the sound realtime priority.
    pub realtime: bool,
    /// Why not, where it did not.
    pub realtime_note: Option<String>,
    /// Where the music is.
    pub transport: TransportState,
    /// Largest sample at `out` since the last status, left and right, in dBFS; `null` for silence.
    pub peak_db: [Option<f64>; 2],
    /// Nodes in the graph.
    pub nodes: u32,
    /// Revision of the graph.
    pub revision: u64,
}

/// How much of its time the callback took, as shares: 1 is all of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// On average.
    pub mean: f64,
    /// 99 of 100 callbacks took at most this.
    pub p99: f64,
    /// The slowest one.
    pub worst: f64,
}

/// Time that was lost, by who noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct XrunCounts {
    /// All of them.
    pub total: u64,
    /// Our own callback took longer than its buffer lasts.
    pub overrun: u64,
    /// The callback was called too late: the system was busy elsewhere.
    pub late: u64,
    /// The device or its server said so.
    pub device: u64,
}

/// Who noticed that time was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LostBy {
    /// Our own callback took longer than its buffer lasts.
    Overrun,
    /// The callback was called too late: the system was busy elsewhere.
    Late,
    /// The device or its server said so.
    Device,
}
