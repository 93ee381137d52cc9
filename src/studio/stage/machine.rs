//! The devices of this machine behind the stage's [`House`]: wishes become the device layer's, and its news the protocol's.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::config::resolved::Audio;
use crate::device::{
    self, CardConfig, Change, DeviceError, LiveDriver, NullDriver, Opened, Opener, Priority,
    Report, Silence, Sizes, Supervisor, Wanted, Xruns,
};
use crate::engine::live::Callback;
use crate::model::job::{Fault, FaultKind};
use crate::protocol::device::{
    DeviceEntry, DeviceProbeResponse, DeviceSelectParams, DeviceState, Load, XrunCounts,
};
use crate::util::text;

use super::cards::{CardReport, Cards, House, Listing};

/// The device without a card.
const NULL: &str = "null";
/// The system's device.
const DEFAULT: &str = "default";
/// No input.
const NONE: &str = "none";
/// Frames in a buffer where no card says otherwise: 5.3 ms at 48 kHz.
const NULL_FRAMES: u32 = 256;

/// This machine.
#[derive(Debug, Clone, Copy)]
pub struct Machine;

impl House for Machine {
    fn list(&self) -> Listing {
        let found = device::devices();
        let faults = found.faults.iter().map(|fault| {
            format!("{} could not be asked: {}", fault.host, text::one_line(&fault.cause))
        });
        let problems = found.devices.iter().filter_map(|entry| {
            let problem = entry.problem.as_deref()?;
            Some(format!("{}: {}", entry.name, text::one_line(problem)))
        });
        let notes = faults.chain(problems).collect();
        let mut devices = found.devices.iter().map(entry).collect::<Vec<_>>();
        devices.push(DeviceEntry {
            id: NULL.to_owned(),
            name: "No device: time passes, and nobody hears it".to_owned(),
            host: "timbre".to_owned(),
            default: false,
            outputs: 2,
            inputs: 0,
            sample_rates: Vec::new(),
            formats: vec!["f32".to_owned()],
            buffer_frames: None,
        });
        Listing { devices, notes }
    }

    fn probe(&self, audio: &Audio, seconds: f64) -> DeviceProbeResponse {
        let tried = if audio.device == NULL {
            probe_null(audio, seconds).map(|report| (report, None))
        } else {
            let config = CardConfig { input: None, ..card(audio) };
            device::probe(&config, seconds).map(|probe| (probe.report, probe.lost))
        };
        match tried {
            Ok((report, lost)) => probed(audio, &report, lost),
            Err(error) => refused(audio, &error),
        }
    }

    fn cards(&self, audio: &Audio) -> Box<dyn Cards> {
        Box::new(Desktop {
            audio: audio.clone(),
            supervisor: None,
            ready: Rc::default(),
            state: DeviceState {
                wanted: audio.device.clone(),
                current: NULL.to_owned(),
                available: false,
                message: "Nothing plays yet.".to_owned(),
            },
        })
    }
}

/// A device that was opened to see whether it can be, until the supervisor asks for it.
type Ready = Rc<RefCell<Option<(CardConfig, Opened)>>>;

struct Desktop {
    audio: Audio,
    supervisor: Option<Supervisor>,
    ready: Ready,
    state: DeviceState,
}

impl Cards for Desktop {
    fn start(&mut self, callback: Box<dyn Callback>) {
        let frames = self.audio.buffer_frames.unwrap_or(NULL_FRAMES);
        let wanted = wanted(&self.audio);
        let opener = opener(self.ready.clone());
        let (supervisor, changes) = Supervisor::start(callback, wanted, frames, opener);
        self.supervisor = Some(supervisor);
        self.take(&changes);
    }

    fn select(&mut self, wish: &DeviceSelectParams) -> Result<(), Fault> {
        let mut audio = self.audio.clone();
        if let Some(device) = &wish.device {
            audio.device.clone_from(device);
        }
        if let Some(input) = &wish.input {
            audio.input.clone_from(input);
        }
        if let Some(frames) = wish.buffer_frames {
            audio.buffer_frames = Some(frames).filter(|frames| *frames > 0);
        }
        let wanted = wanted(&audio);
        if let Wanted::Card(config) = &wanted {
            // Opened beside what plays, so that a name which fits nothing changes nothing. A device that is busy may be the
            // one that plays here, with other settings; the supervisor closes that first.
            match device::open_card(config) {
                Ok(opened) => *self.ready.borrow_mut() = Some((config.clone(), opened)),
                Err(DeviceError::Busy { .. }) => {}
                Err(error) => return Err(fault(&error)),
            }
        }
        self.audio = audio;
        self.state.wanted.clone_from(&self.audio.device);
        if let Some(supervisor) = &mut self.supervisor {
            let changes = supervisor.select(wanted);
            self.take(&changes);
        }
        Ok(())
    }

    fn poll(&mut self) -> bool {
        let Some(supervisor) = &mut self.supervisor else { return false };
        let changes = supervisor.poll();
        self.take(&changes);
        !changes.is_empty()
    }

    fn state(&self) -> DeviceState {
        self.state.clone()
    }

    fn report(&self) -> CardReport {
        let report = self.supervisor.as_ref().and_then(Supervisor::report);
        report.map_or_else(CardReport::default, |report| {
            let rate = f64::from(report.sample_rate.max(1));
            CardReport {
                buffer_frames: report.largest,
                latency_s: f64::from(report.latency_frames) / rate,
                load: load(&report),
                realtime: report.priority.is_realtime(),
                realtime_note: realtime_note(report.priority),
            }
        })
    }

    fn stop(&mut self) {
        if let Some(supervisor) = self.supervisor.take() {
            drop(supervisor.stop());
        }
    }
}

impl Desktop {
    /// Remembers what has happened.
    fn take(&mut self, changes: &[Change]) {
        for change in changes {
            let (current, available) = match change {
                Change::Playing { device } => (device.as_str(), true),
                Change::Silent => (NULL, true),
                Change::Waiting { .. } | Change::Lost { .. } => (NULL, false),
                Change::Broken { .. } => (NONE, false),
            };
            self.state = DeviceState {
                wanted: self.audio.device.clone(),
                current: current.to_owned(),
                available,
                message: change.to_string(),
            };
        }
    }
}

/// Opens cards for the supervisor; first the one that is ready, if it is the one.
fn opener(ready: Ready) -> Opener {
    Box::new(move |config| match ready.borrow_mut().take() {
        Some((known, opened)) if known == *config => Ok(opened),
        _ => device::open_card(config),
    })
}

fn wanted(audio: &Audio) -> Wanted {
    if audio.device == NULL { Wanted::Null } else { Wanted::Card(card(audio)) }
}

fn card(audio: &Audio) -> CardConfig {
    CardConfig {
        output: Some(audio.device.clone()).filter(|name| name != DEFAULT),
        input: match audio.input.as_str() {
            NONE => None,
            DEFAULT => default_input(),
            name => Some(name.to_owned()),
        },
        sample_rate: Some(audio.sample_rate),
        buffer_frames: audio.buffer_frames,
    }
}

/// The name of the system's input, if it has one.
fn default_input() -> Option<String> {
    let found = device::devices().devices.into_iter().find(|entry| entry.default_input);
    found.map(|entry| entry.name.to_string())
}

fn entry(entry: &device::DeviceEntry) -> DeviceEntry {
    DeviceEntry {
        id: entry.name.to_string(),
        name: entry.name.name.clone(),
        host: entry.name.host.clone(),
        default: entry.default_output,
        outputs: entry.outputs.into(),
        inputs: entry.inputs.into(),
        sample_rates: entry.sample_rates.clone(),
        formats: entry.formats.clone(),
        buffer_frames: entry.buffer_frames.map(|(least, most)| [least, most]),
    }
}

fn fault(error: &DeviceError) -> Fault {
    let kind = match error {
        DeviceError::NotFound { .. } => FaultKind::NotFound,
        DeviceError::Ambiguous { .. } | DeviceError::Unsupported { .. } => FaultKind::Invalid,
        DeviceError::Running | DeviceError::NoThread { .. } => FaultKind::Internal,
        _ => FaultKind::Unavailable,
    };
    Fault::new(kind, error.to_string()).with_hint(error.hint())
}

/// Mean, 99th percentile and worst of what a device has counted.
fn load(report: &Report) -> Load {
    let (mut sum, mut count) = (0.0, 0_u64);
    let mut below = 0.0_f64;
    for (edge, times) in report.histogram.buckets() {
        let edge = if edge.is_finite() { f64::from(edge) } else { f64::from(report.peak_load) };
        // All that is known of the loads in a bucket is that they lie between its edges.
        sum += (below + edge) / 2.0 * times as f64;
        count += times;
        below = edge;
    }
    Load {
        mean: if count == 0 { 0.0 } else { sum / count as f64 },
        p99: f64::from(report.histogram.quantile(0.99).min(report.peak_load)),
        worst: f64::from(report.peak_load),
    }
}

fn realtime_note(priority: Priority) -> Option<String> {
    if priority.is_realtime() {
        return None;
    }
    let hint = priority.hint().map(|hint| format!(". {hint}")).unwrap_or_default();
    Some(format!("{priority}{hint}"))
}

fn counts(xruns: Xruns) -> XrunCounts {
    XrunCounts {
        total: xruns.total(),
        overrun: xruns.overrun,
        late: xruns.late,
        device: xruns.device,
    }
}

fn probed(audio: &Audio, report: &Report, lost: Option<String>) -> DeviceProbeResponse {
    let mut advice = Vec::new();
    if report.xruns.total() > 0 {
        advice.push(
            "Time was lost: set audio.buffer_frames to a larger number, and close what keeps the machine busy."
                .to_owned(),
        );
    }
    advice.extend(report.priority.hint().map(str::to_owned));
    DeviceProbeResponse {
        works: lost.is_none() && report.callbacks > 0,
        device: if report.device.is_empty() { audio.device.clone() } else { report.device.clone() },
        sample_rate: report.sample_rate,
        format: report.format.clone(),
        callbacks: report.callbacks,
        frames: report.frames,
        buffer_frames: [report.smallest, report.largest],
        latency_ms: f64::from(report.latency_frames) * 1_000.0
            / f64::from(report.sample_rate.max(1)),
        load: load(report),
        xruns: counts(report.xruns),
        realtime: report.priority.is_realtime(),
        realtime_note: realtime_note(report.priority),
        problem: lost,
        advice,
    }
}

fn refused(audio: &Audio, error: &DeviceError) -> DeviceProbeResponse {
    DeviceProbeResponse {
        works: false,
        device: audio.device.clone(),
        sample_rate: 0,
        format: String::new(),
        callbacks: 0,
        frames: 0,
        buffer_frames: [0, 0],
        latency_ms: 0.0,
        load: Load::default(),
        xruns: XrunCounts::default(),
        realtime: false,
        realtime_note: None,
        problem: Some(error.to_string()),
        advice: vec![device::advice(error, Some(&audio.player))],
    }
}

/// How well time passes without a card. Blocks as long.
fn probe_null(audio: &Audio, seconds: f64) -> Result<Report, DeviceError> {
    let frames = audio.buffer_frames.unwrap_or(NULL_FRAMES);
    let mut driver = NullDriver::new(audio.sample_rate, Sizes::Fixed(frames));
    driver.start(Box::new(Silence(audio.sample_rate))).map_err(|(_, error)| error)?;
    std::thread::sleep(Duration::from_secs_f64(seconds));
    drop(driver.stop());
    Ok(driver.report())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;

    fn null() -> Audio {
        Audio { device: NULL.to_owned(), buffer_frames: Some(480), ..Audio::default() }
    }

    #[test]
    fn the_device_without_a_card_is_listed_last_and_can_be_probed() {
        let listing = Machine.list();
        assert_eq!(listing.devices.last().map(|entry| entry.id.as_str()), Some(NULL));
        let probe = Machine.probe(&null(), 0.2);
        assert!(probe.works && probe.problem.is_none(), "{probe:?}");
        assert_eq!((probe.sample_rate, probe.buffer_frames), (48_000, [480, 480]));
        // 20 buffers in 0.2 s; how many exactly is the scheduler's business.
        assert!(probe.callbacks >= 1 && probe.frames == probe.callbacks * 480, "{probe:?}");
    }

    #[test]
    fn a_device_that_is_not_there_is_refused_and_the_player_is_offered() {
        let audio = Audio {
            device: "no such output".to_owned(),
            player: "mpv".to_owned(),
            ..Audio::default()
        };
        let probe = Machine.probe(&audio, 0.1);
        assert!(!probe.works && probe.problem.is_some(), "{probe:?}");
        assert!(probe.advice.iter().any(|advice| advice.contains("mpv")), "{probe:?}");
    }

    #[test]
    fn a_wish_for_nothing_that_is_there_changes_nothing() {
        let mut cards = Machine.cards(&null());
        cards.start(Box::new(Silence(SampleRate::HZ_48000)));
        let before = cards.state();
        assert_eq!((before.current.as_str(), before.available), (NULL, true));
        let wish = DeviceSelectParams {
            device: Some("no such output".to_owned()),
            ..DeviceSelectParams::default()
        };
        let fault = cards.select(&wish).unwrap_err();
        assert!(!fault.hint.is_empty(), "{fault:?}");
        assert_eq!(cards.state(), before);
        cards.stop();
    }

    #[test]
    fn the_mean_load_lies_between_the_edges_of_what_was_counted() {
        let mut driver = NullDriver::new(SampleRate::HZ_48000, Sizes::Fixed(64));
        driver.start(Box::new(Silence(SampleRate::HZ_48000))).map_err(|(_, error)| error).unwrap();
        while driver.report().callbacks < 20 {
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(driver.stop());
        let load = load(&driver.report());
        assert!(load.mean > 0.0 && load.mean <= load.worst * 1.26, "{load:?}");
        assert!(load.p99 <= load.worst, "{load:?}");
    }
}
