//! The driver of real sound devices, through cpal: ALSA, JACK, PipeWire and PulseAudio on Linux, Core Audio, WASAPI.
//!
//! A device is chosen by name and never replaced by another one in silence. What the device wants is given to it: its rate,
//! its format, its channels, its buffer sizes. This file holds the driver; [`list`] asks what there is, [`choose`] finds a
//! device by name, [`negotiate`] chooses how to play on it.

mod choose;
mod hush;
mod list;
mod negotiate;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{Data, ErrorKind, SampleFormat};

pub use list::{DeviceEntry, HostFault, Listing, devices};

use super::convert::{Dither, Stored, first_pair, interleave};
use super::error::DeviceError;
use super::intake;
use super::live::{Health, LiveDriver, Loss, Refusal, Report};
use super::meter::Meter;
use super::pace::Pace;
use super::pump::{self, Pump, Seat};
use crate::engine::live::{Callback, Xrun, XrunCause};
use crate::model::units::SampleRate;
use negotiate::{Chosen, Offer};

/// Errors that wait to be read by the control thread; more are only counted.
const KEPT_ERRORS: usize = 16;
/// Errors within [`STORM_SPAN`] that make a device unusable. ALSA's plugins can repeat one for ever after an underrun.
const STORM: u64 = 200;
const STORM_SPAN: Duration = Duration::from_secs(1);
/// A device that has not asked for sound for so long is gone, whatever it says. PulseAudio may need 2 s to start.
const SILENCE: Duration = Duration::from_secs(4);

/// The host and the name of a device; shown as `host:name`, which also finds it again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeviceName {
    /// Such as `alsa`, `jack`, `pipewire`, `coreaudio`, `wasapi`.
    pub host: String,
    /// As the host calls it.
    pub name: String,
}

impl DeviceName {
    /// From its two parts.
    pub fn new(host: impl Into<String>, name: impl Into<String>) -> Self {
        Self { host: host.into(), name: name.into() }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.name)
    }
}

/// What is wanted of a card. What the device cannot do is replaced by what it can, and converted; the report says which.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CardConfig {
    /// A name, `host:name`, an id or a part of a name; none for the default output of the first host that has one.
    pub output: Option<String>,
    /// The same for an input; none for no input.
    pub input: Option<String>,
    /// None for 48 kHz if the device has it, else its own.
    pub sample_rate: Option<SampleRate>,
    /// Frames to a buffer; none for the device's own.
    pub buffer_frames: Option<u32>,
}

/// Plays on a card.
pub struct CardDriver {
    config: CardConfig,
    open: Option<Open>,
    playing: bool,
    lost: Option<Loss>,
    last: Option<Report>,
}

/// An open device. The streams come first, so that they are gone before the rings they write to.
struct Open {
    output: cpal::Stream,
    input: Option<cpal::Stream>,
    seat: Seat,
    meter: Arc<Meter>,
    errors: [rtrb::Consumer<cpal::Error>; 2],
    name: DeviceName,
    chosen: Chosen,
    watch: Watch,
}

impl CardDriver {
    /// For a wanted device. Nothing is opened yet.
    pub fn new(config: CardConfig) -> Self {
        Self { config, open: None, playing: false, lost: None, last: None }
    }

    /// Opens the device and plays silence, so that a callback can be handed over later without leaving its old driver for
    /// nothing. Does nothing if it is open. Blocks as long as the host needs, up to seconds.
    pub fn open(&mut self) -> Result<(), DeviceError> {
        if self.open.is_none() {
            hush::hush();
            self.lost = None;
            self.open = Some(open(&self.config).map_err(|error| match error {
                // ALSA has a default output even where it has no card at all. Nobody named it, so nothing has gone.
                DeviceError::Gone { cause, .. } if self.config.output.is_none() => {
                    DeviceError::NoDevice { cause: Some(cause) }
                }
                other => other,
            })?);
        }
        Ok(())
    }

    /// The device that is open.
    pub fn device(&self) -> Option<&DeviceName> {
        self.open.as_ref().map(|open| &open.name)
    }
}

impl LiveDriver for CardDriver {
    fn start(&mut self, callback: Box<dyn Callback>) -> Result<(), Refusal> {
        if self.playing {
            return Err((callback, DeviceError::Running));
        }
        if let Err(error) = self.open() {
            return Err((callback, error));
        }
        let Some(open) = &mut self.open else {
            return Err((callback, DeviceError::NoDevice { cause: None }));
        };
        open.seat.hand_over(callback).map_err(|callback| (callback, DeviceError::Running))?;
        self.playing = true;
        Ok(())
    }

    fn stop(&mut self) -> Option<Box<dyn Callback>> {
        self.playing = false;
        let open = self.open.take()?;
        let Open { output, input, seat, name, chosen, .. } = open;
        // Closing the output frees its closure, and with it the pump, whose lease sends the callback home.
        drop(output);
        drop(input);
        // Only now nothing is counted any more.
        self.last = Some(seat.report(name.to_string(), chosen.channels, chosen.format.to_string()));
        seat.take_back()
    }

    fn report(&self) -> Report {
        match (&self.open, &self.last) {
            (Some(open), _) => open.report(),
            (None, Some(last)) => last.clone(),
            (None, None) => {
                let (_, seat) = pump::pair(48_000, None, &Arc::new(Meter::new()));
                seat.report("none".to_owned(), 0, "none".to_owned())
            }
        }
    }

    fn health(&mut self) -> Health {
        if let Some(loss) = &self.lost {
            return Health::Lost(loss.clone());
        }
        let Some(open) = &mut self.open else { return Health::Stopped };
        self.lost = open.examine(Instant::now());
        self.lost.clone().map_or(Health::Running, Health::Lost)
    }
}

impl Drop for CardDriver {
    fn drop(&mut self) {
        drop(self.stop());
    }
}

impl Open {
    fn report(&self) -> Report {
        let format = self.chosen.format.to_string();
        self.seat.report(self.name.to_string(), self.chosen.channels, format)
    }

    /// Looks for reasons why time stands still.
    fn examine(&mut self, now: Instant) -> Option<Loss> {
        if let Some(panic) = self.seat.panic() {
            return Some(Loss::Callback(panic));
        }
        for errors in &mut self.errors {
            while let Ok(error) = errors.pop() {
                if let Some(reason) = end_of_stream(&error) {
                    return Some(Loss::Device(format!("{} {reason}", self.name)));
                }
            }
        }
        let reason = self.watch.look(now, self.meter.callbacks(), self.meter.faults())?;
        Some(Loss::Device(format!("{} {reason}", self.name)))
    }
}

/// What an error means for the stream: why it is over, or nothing if it goes on.
fn end_of_stream(error: &cpal::Error) -> Option<String> {
    match error.kind() {
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
            Some(format!("went away: {error}"))
        }
        ErrorKind::StreamInvalidated => Some(format!("changed its settings: {error}")),
        ErrorKind::PermissionDenied => Some(format!("may no longer be used: {error}")),
        _ => None,
    }
}

/// Notices what a device does not say: that it no longer asks for sound, or that it repeats an error without end.
#[derive(Debug, Default)]
struct Watch {
    callbacks: u64,
    asked: Option<Instant>,
    faults: u64,
    faults_since: Option<Instant>,
}

impl Watch {
    fn look(&mut self, now: Instant, callbacks: u64, faults: u64) -> Option<String> {
        let asked = *self.asked.get_or_insert(now);
        if callbacks != self.callbacks {
            (self.callbacks, self.asked) = (callbacks, Some(now));
        } else if now.saturating_duration_since(asked) >= SILENCE {
            return Some("no longer asks for sound".to_owned());
        }
        let since = *self.faults_since.get_or_insert(now);
        if faults - self.faults >= STORM {
            return Some(format!("reports errors without end ({faults} so far)"));
        }
        if now.saturating_duration_since(since) >= STORM_SPAN {
            (self.faults, self.faults_since) = (faults, Some(now));
        }
        None
    }
}

/// Finds, negotiates, builds and starts the streams.
fn open(config: &CardConfig) -> Result<Open, DeviceError> {
    let (device, name) = list::find_output(config.output.as_deref())?;
    let fail = |wanted: &str, cause| DeviceError::from_host(&name, wanted, cause);
    let offers = device.supported_output_configs().map_err(|cause| fail("as an output", cause))?;
    let own = device.default_output_config().ok();
    let offers: Vec<_> = offers.map(|range| Offer::from(&range)).collect();
    let chosen =
        negotiate::choose(&offers, own.as_ref().map(Offer::from), config).ok_or_else(|| {
            let wanted = "it offers no format that Timbre knows".to_owned();
            DeviceError::Unsupported { device: name.clone(), wanted, cause: None }
        })?;
    let meter = Arc::new(Meter::new());
    let (input_errors_to, input_errors) = rtrb::RingBuffer::new(KEPT_ERRORS);
    let (input, intake) = match &config.input {
        None => (None, None),
        Some(wanted) => {
            let (stream, intake) = open_input(wanted, config, &meter, input_errors_to)?;
            (Some(stream), Some(intake))
        }
    };
    let (pump, seat) = pump::pair(chosen.sample_rate, intake, &meter);
    let (errors_to, errors) = rtrb::RingBuffer::new(KEPT_ERRORS);
    let mut player = Player {
        pump,
        meter: Arc::clone(&meter),
        pace: (!reports_xruns(&name.host)).then(|| Pace::new(chosen.sample_rate)),
        channels: usize::from(chosen.channels),
        dither: Dither::new(0),
    };
    let wanted = chosen.to_string();
    let output = device
        .build_output_stream_raw(
            chosen.to_stream(),
            chosen.format,
            move |data: &mut Data, info: &cpal::OutputCallbackInfo| player.play(data, info),
            note_errors(&meter, errors_to),
            None,
        )
        .map_err(|cause| fail(&wanted, cause))?;
    output.play().map_err(|cause| fail(&wanted, cause))?;
    let watch = Watch::default();
    let errors = [errors, input_errors];
    Ok(Open { output, input, seat, meter, errors, name, chosen, watch })
}

fn open_input(
    wanted: &str,
    config: &CardConfig,
    meter: &Arc<Meter>,
    errors_to: rtrb::Producer<cpal::Error>,
) -> Result<(cpal::Stream, intake::Intake), DeviceError> {
    let (device, name) = list::find_input(wanted)?;
    let fail = |wanted: &str, cause| DeviceError::from_host(&name, wanted, cause);
    let offers = device.supported_input_configs().map_err(|cause| fail("as an input", cause))?;
    let own = device.default_input_config().ok();
    let offers: Vec<_> = offers.map(|range| Offer::from(&range)).collect();
    let chosen =
        negotiate::choose(&offers, own.as_ref().map(Offer::from), config).ok_or_else(|| {
            let wanted = "it offers no format that Timbre knows".to_owned();
            DeviceError::Unsupported { device: name.clone(), wanted, cause: None }
        })?;
    let block = chosen.buffer_frames.unwrap_or(1_024) as usize;
    let (mut to, intake) = intake::ring(chosen.sample_rate, block, meter);
    let channels = usize::from(chosen.channels);
    let text = chosen.to_string();
    let stream = device
        .build_input_stream_raw(
            chosen.to_stream(),
            chosen.format,
            move |data: &Data, _: &cpal::InputCallbackInfo| take(data, channels, &mut to),
            note_errors(meter, errors_to),
            None,
        )
        .map_err(|cause| fail(&text, cause))?;
    stream.play().map_err(|cause| fail(&text, cause))?;
    Ok((stream, intake))
}

/// Whether a host says when sound was lost; where it does not, the time between callbacks tells.
fn reports_xruns(host: &str) -> bool {
    !matches!(host, "pipewire" | "pulseaudio")
}

/// The receiver of a stream's errors. It may be called on the audio thread, so it only counts, and moves what is not an xrun to
/// a ring; what the ring cannot hold is only counted. Thread: any.
fn note_errors(
    meter: &Arc<Meter>,
    mut to: rtrb::Producer<cpal::Error>,
) -> impl FnMut(cpal::Error) + Send + 'static {
    let meter = Arc::clone(meter);
    move |error| match error.kind() {
        ErrorKind::Xrun => meter.count_xrun(Xrun { cause: XrunCause::Device, late_us: 0 }),
        // Rerouted by the host to its new default; sound goes on. Priority is asked for by the pump itself.
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
        _ => {
            meter.count_fault();
            let _ = to.push(error);
        }
    }
}

/// The output's callback.
struct Player {
    pump: Pump,
    meter: Arc<Meter>,
    pace: Option<Pace>,
    channels: usize,
    dither: Dither,
}

impl Player {
    /// Thread: audio.
    fn play(&mut self, data: &mut Data, info: &cpal::OutputCallbackInfo) {
        match data.sample_format() {
            SampleFormat::F32 => self.fill::<f32>(data, info),
            SampleFormat::F64 => self.fill::<f64>(data, info),
            SampleFormat::I32 => self.fill::<i32>(data, info),
            SampleFormat::I24 => self.fill::<cpal::I24>(data, info),
            SampleFormat::I16 => self.fill::<i16>(data, info),
            SampleFormat::I8 => self.fill::<i8>(data, info),
            SampleFormat::U32 => self.fill::<u32>(data, info),
            SampleFormat::U24 => self.fill::<cpal::U24>(data, info),
            SampleFormat::U16 => self.fill::<u16>(data, info),
            SampleFormat::U8 => self.fill::<u8>(data, info),
            // Not negotiated; the host has filled the buffer with silence.
            _ => {}
        }
    }

    fn fill<T: Stored + cpal::SizedSample>(
        &mut self,
        data: &mut Data,
        info: &cpal::OutputCallbackInfo,
    ) {
        let times = info.timestamp();
        if let Some(ahead) = times.playback.checked_duration_since(times.callback) {
            self.meter.set_latency(self.pump.frames_in(ahead));
        }
        self.write(data.as_slice_mut::<T>().unwrap_or_default());
    }

    /// Fills a buffer of interleaved frames.
    fn write<T: Stored>(&mut self, out: &mut [T]) {
        let channels = self.channels.max(1);
        let frames = out.len() / channels;
        if frames == 0 {
            return;
        }
        if let Some(pace) = &mut self.pace
            && let Some(xrun) = pace.note(Instant::now(), frames)
        {
            self.pump.lose(xrun);
        }
        let dither = &mut self.dither;
        self.pump.run(frames, |start, left, right| {
            let end = (start + left.len()) * channels;
            if let Some(out) = out.get_mut(start * channels..end) {
                interleave(left, right, out, channels, dither);
            }
        });
    }
}

/// The input's callback: the first pair of channels into the ring; what does not fit is lost and shows as a slip. Thread: audio.
fn take(data: &Data, channels: usize, to: &mut rtrb::Producer<[f32; 2]>) {
    match data.sample_format() {
        SampleFormat::F32 => pass::<f32>(data, channels, to),
        SampleFormat::F64 => pass::<f64>(data, channels, to),
        SampleFormat::I32 => pass::<i32>(data, channels, to),
        SampleFormat::I24 => pass::<cpal::I24>(data, channels, to),
        SampleFormat::I16 => pass::<i16>(data, channels, to),
        SampleFormat::I8 => pass::<i8>(data, channels, to),
        SampleFormat::U32 => pass::<u32>(data, channels, to),
        SampleFormat::U24 => pass::<cpal::U24>(data, channels, to),
        SampleFormat::U16 => pass::<u16>(data, channels, to),
        SampleFormat::U8 => pass::<u8>(data, channels, to),
        _ => {}
    }
}

fn pass<T: Stored + cpal::SizedSample>(
    data: &Data,
    channels: usize,
    to: &mut rtrb::Producer<[f32; 2]>,
) {
    for frame in data.as_slice::<T>().unwrap_or_default().chunks_exact(channels.max(1)) {
        if to.push(first_pair(frame)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
