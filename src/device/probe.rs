//! The check behind `timbre doctor audio`: opens the wanted device, plays silence for a while and tells how it went.

use std::time::{Duration, Instant};

use super::card::{CardConfig, CardDriver};
use super::error::DeviceError;
use super::live::{Health, LiveDriver, Report};
use crate::engine::live::{Callback, Xrun};
use crate::model::units::SampleRate;

/// What is played where the device cannot be opened and no other program is configured.
const USUAL_PLAYER: &str = "ffplay";

/// How a device did.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// All that was counted.
    pub report: Report,
    /// Why it ended early, if it did.
    pub lost: Option<String>,
    /// What was measured against the sample rate that the device claims, in parts per million: its frames per second of the
    /// system's clock. None if it was too short to tell.
    pub drift_ppm: Option<f64>,
}

/// Plays silence through the wanted device for `seconds` and gives its report. Blocks as long. Thread: control.
pub fn probe(config: &CardConfig, seconds: f64) -> Result<Probe, DeviceError> {
    let rate = config.sample_rate.unwrap_or(SampleRate::HZ_48000);
    let mut driver = CardDriver::new(config.clone());
    driver.start(Box::new(Silence(rate))).map_err(|(_, error)| error)?;
    let seconds = if seconds.is_finite() { seconds.clamp(0.0, 3_600.0) } else { 0.0 };
    let end = Instant::now() + Duration::from_millis((seconds * 1_000.0) as u64);
    let mut lost = None;
    // From the first to the last callback that was seen, so that the start of the device does not count.
    let (mut first, mut last) = (None, None);
    while Instant::now() < end && lost.is_none() {
        std::thread::sleep(Duration::from_millis(10));
        if let Health::Lost(loss) = driver.health() {
            lost = Some(loss.to_string());
        }
        let frames = driver.report().frames;
        if frames > 0 && last.is_none_or(|(_, before)| frames > before) {
            let now = (Instant::now(), frames);
            first.get_or_insert(now);
            last = Some(now);
        }
    }
    drop(driver.stop());
    let report = driver.report();
    let drift_ppm = first.zip(last).and_then(|((from, begun), (to, ended))| {
        let elapsed = to.saturating_duration_since(from).as_secs_f64();
        let expected = elapsed * f64::from(report.sample_rate);
        // Less than a second says more about the scheduler than about the device.
        (elapsed >= 1.0).then(|| ((ended - begun) as f64 / expected - 1.0) * 1e6)
    });
    Ok(Probe { report, lost, drift_ppm })
}

/// What to do when no device can be opened, for users: the error, its hint, and a program that can play a finished file.
pub fn advice(error: &DeviceError, player: Option<&str>) -> String {
    let player = player.filter(|player| !player.trim().is_empty()).unwrap_or(USUAL_PLAYER);
    format!(
        "{error}. {} To hear a take meanwhile, render it to a file and play it with {player}.",
        error.hint()
    )
}

/// Plays nothing, at a sample rate: what a device is tried with.
#[derive(Debug, Clone, Copy)]
pub struct Silence(pub SampleRate);

impl Callback for Silence {
    fn sample_rate(&self) -> SampleRate {
        self.0
    }

    fn process(&mut self, _: Option<[&[f32]; 2]>, output: [&mut [f32]; 2]) {
        for side in output {
            side.fill(0.0);
        }
    }

    fn lost(&mut self, _: Xrun) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_the_error_the_way_out_and_the_player() {
        let text = advice(&DeviceError::NoDevice { cause: None }, None);
        assert!(text.contains("no sound card") && text.contains("with ffplay."), "{text}");
        let text = advice(&DeviceError::NoDevice { cause: None }, Some("mpv --no-video"));
        assert!(text.ends_with("play it with mpv --no-video."), "{text}");
        assert!(advice(&DeviceError::NoDevice { cause: None }, Some(" ")).contains("ffplay"));
    }

    #[test]
    fn a_device_that_is_not_there_is_refused() {
        let config = CardConfig { output: Some("no such output".into()), ..CardConfig::default() };
        assert!(matches!(probe(&config, 0.1), Err(DeviceError::NotFound { .. })));
    }
}
