//! `doctor audio`: which devices there are, and how one of them does with some seconds of silence.

use std::time::Duration;

use crate::client::Work;
use crate::protocol::device::{DeviceListParams, DeviceProbeParams, DeviceProbeResponse};
use crate::protocol::methods::{DeviceList, DeviceProbe};
use crate::util::text;

use super::super::{Place, sound};
use super::{Check, State};
use crate::cli::args::DoctorAudio;
use crate::cli::engine;
use crate::cli::report::{self, Line};
use crate::cli::stop::Stop;

/// A callback that takes more than this share of its time leaves too little for the rest of the machine.
const HIGH_LOAD: f64 = 0.7;

pub(in crate::cli::verbs) fn run(place: &Place<'_>, words: DoctorAudio) -> Result<(), Stop> {
    let DoctorAudio { seconds, device } = words;
    let failed =
        engine::run(place.common, place.around, place.output, Work::Nothing, async |session| {
            let output = &session.output;
            let listed = session.client.call::<DeviceList>(DeviceListParams {}).await?;
            if output.is_json() {
                for value in &listed.devices {
                    output.object(&Line { r#type: "device", value })?;
                }
            } else {
                let rows =
                    listed.devices.iter().map(|device| sound::device_row(device, &listed.wanted));
                for line in report::columns(&rows.collect::<Vec<_>>()) {
                    output.result(&line)?;
                }
            }
            let mut checks = listed
                .notes
                .into_iter()
                .map(|note| Check::new("devices", State::Warning, text::one_line(&note)))
                .collect::<Vec<_>>();
            output.talk(&format!("playing {seconds} s of silence"));
            let params = DeviceProbeParams { device, seconds: Some(seconds) };
            let probe = session.client.call::<DeviceProbe>(params).await?;
            checks.extend(judged(&probe));
            super::print(output, &checks)?;
            if output.is_json() {
                output.object(&Line { r#type: "probe", value: &probe })?;
            }
            Ok(checks.iter().any(|check| check.state == State::Failed))
        })?;
    if failed { Err(Stop::Told(1)) } else { Ok(()) }
}

/// What a trial says about each thing that matters.
fn judged(probe: &DeviceProbeResponse) -> Vec<Check> {
    let mut advice = probe.advice.iter().map(|line| text::one_line(line)).collect::<Vec<_>>();
    if !probe.works {
        let problem = probe.problem.as_deref().unwrap_or("it could not be opened");
        let detail = format!("{}: {}", probe.device, text::one_line(problem));
        return vec![Check::new("device", State::Failed, detail).with_hint(advice.join(" "))];
    }
    let [least, most] = probe.buffer_frames;
    let buffer = if least == most { format!("{most}") } else { format!("{least} to {most}") };
    let detail = format!("{} opens and plays", text::one_line(&probe.device));
    let mut checks = vec![
        match &probe.problem {
            None => Check::new("device", State::Ok, detail),
            Some(problem) => {
                let detail = format!("{detail}, but {}", text::one_line(problem));
                Check::new("device", State::Warning, detail)
            }
        },
        Check::new(
            "format",
            State::Ok,
            format!(
                "{} Hz, {}, {buffer} frames at a time, {:.1} ms to the plug",
                probe.sample_rate, probe.format, probe.latency_ms
            ),
        ),
        priority(probe),
        load(probe),
        lost_time(probe),
    ];
    if let Some(first) = checks.first_mut().filter(|_| !advice.is_empty()) {
        first.hint = std::mem::take(&mut advice).join(" ");
    }
    checks
}

fn priority(probe: &DeviceProbeResponse) -> Check {
    if probe.realtime {
        return Check::new("priority", State::Ok, "the system gave the sound realtime priority");
    }
    let why = probe.realtime_note.as_deref().map(text::one_line).unwrap_or_default();
    let detail = match why.as_str() {
        "" => "the system gave no realtime priority".to_owned(),
        why => format!("no realtime priority: {why}"),
    };
    Check::new("priority", State::Warning, detail).with_hint(way_to_priority())
}

/// How a user comes to be allowed realtime priority.
fn way_to_priority() -> &'static str {
    if cfg!(target_os = "linux") {
        "allow it in /etc/security/limits.d/audio.conf with the lines `@audio - rtprio 95` and `@audio - memlock unlimited`, \
         join the group (sudo usermod -aG audio $USER), and log in again; sound works without it, but gaps are likelier \
         when the machine is busy"
    } else {
        "sound works without it, but gaps are likelier when the machine is busy"
    }
}

fn load(probe: &DeviceProbeResponse) -> Check {
    let load = probe.load;
    let detail = format!(
        "{:.1} % of its time on average, {:.1} % in 99 of 100, {:.1} % at worst, in {} callbacks",
        load.mean * 100.0,
        load.p99 * 100.0,
        load.worst * 100.0,
        probe.callbacks
    );
    if load.p99 > HIGH_LOAD {
        let hint = "close what keeps the machine busy, or set a larger audio.buffer_frames";
        Check::new("load", State::Warning, detail).with_hint(hint)
    } else {
        Check::new("load", State::Ok, detail)
    }
}

fn lost_time(probe: &DeviceProbeResponse) -> Check {
    let played = match probe.sample_rate {
        0 => 0.0,
        rate => probe.frames as f64 / f64::from(rate),
    };
    let played = Duration::try_from_secs_f64(played).unwrap_or_default().as_secs_f64();
    let lost = probe.xruns;
    if lost.total == 0 {
        return Check::new("xruns", State::Ok, format!("none in {played:.1} s"));
    }
    let detail = format!(
        "{} in {played:.1} s: {} because our own callback was slow, {} because it was called late, {} told by the device",
        lost.total, lost.overrun, lost.late, lost.device
    );
    let hint = "set a larger audio.buffer_frames, close what keeps the machine busy, and see to realtime priority";
    Check::new("xruns", State::Warning, detail).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::device::{Load, XrunCounts};

    fn probe() -> DeviceProbeResponse {
        DeviceProbeResponse {
            works: true,
            device: "null".into(),
            sample_rate: 48_000,
            format: "f32".into(),
            callbacks: 938,
            frames: 240_128,
            buffer_frames: [256, 256],
            latency_ms: 5.3,
            load: Load { mean: 0.001, p99: 0.01, worst: 0.02 },
            xruns: XrunCounts::default(),
            realtime: true,
            realtime_note: None,
            problem: None,
            advice: Vec::new(),
        }
    }

    fn state<'a>(checks: &'a [Check], name: &str) -> &'a Check {
        checks.iter().find(|check| check.name == name).unwrap()
    }

    #[test]
    fn a_device_without_fault_passes_everything() {
        let checks = judged(&probe());
        assert!(checks.iter().all(|check| check.state == State::Ok), "{checks:?}");
        assert_eq!(state(&checks, "xruns").detail, "none in 5.0 s");
        assert!(state(&checks, "format").detail.starts_with("48000 Hz, f32, 256 frames"));
    }

    #[test]
    fn what_is_refused_or_lost_comes_with_a_way_out() {
        let mut worse = probe();
        (worse.realtime, worse.realtime_note) = (false, Some("operation not permitted".into()));
        worse.xruns = XrunCounts { total: 3, overrun: 1, late: 2, device: 0 };
        worse.load.p99 = 0.9;
        let checks = judged(&worse);
        for name in ["priority", "load", "xruns"] {
            let check = state(&checks, name);
            assert_eq!(check.state, State::Warning, "{name}");
            assert!(!check.hint.is_empty(), "{name}");
        }
        assert!(state(&checks, "priority").detail.contains("not permitted"));
    }

    #[test]
    fn a_card_that_does_not_open_is_a_failure_with_the_advice() {
        let mut broken = probe();
        broken.works = false;
        broken.problem = Some("there is no sound card".into());
        broken.advice = vec!["plug one in".into(), "or play with ffplay".into()];
        let checks = judged(&broken);
        assert_eq!((checks.len(), checks[0].state), (1, State::Failed));
        assert!(checks[0].detail.contains("no sound card") && checks[0].hint.contains("ffplay"));
    }
}
