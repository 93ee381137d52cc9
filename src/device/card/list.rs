//! What devices there are: every host that can be reached, and every device that it names.
//!
//! Asking opens some devices for a moment, so it takes time and can disturb nobody but a device that allows one user only. No
//! device is opened for playing here.

use cpal::traits::{DeviceTrait, HostTrait};

use super::choose::{Candidate, choose};
use super::{DeviceError, DeviceName, negotiate::Offer};

/// Rates that are listed where a device offers a range.
const RATES: [u32; 10] =
    [8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000];

/// A device as users see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceEntry {
    /// Its host and its name, which find it again.
    pub name: DeviceName,
    /// The host's stable id of it.
    pub id: String,
    /// Most output channels; 0 if it has no output.
    pub outputs: u16,
    /// Most input channels; 0 if it has no input.
    pub inputs: u16,
    /// Usual sample rates that it offers, in Hz, rising.
    pub sample_rates: Vec<u32>,
    /// Sample formats that it offers, such as `f32`.
    pub formats: Vec<String>,
    /// Fewest and most frames to a buffer, where known.
    pub buffer_frames: Option<(u32, u32)>,
    /// Whether Timbre plays on it if none is named.
    pub default_output: bool,
    /// Whether its host calls it the default input.
    pub default_input: bool,
    /// Why it could not be asked, if it could not: it is in use, or may not be opened.
    pub problem: Option<String>,
}

/// A host that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFault {
    /// Such as `jack`.
    pub host: String,
    /// What it said.
    pub cause: String,
}

/// All that was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Devices, by the order in which hosts are preferred.
    pub devices: Vec<DeviceEntry>,
    /// Hosts that answered with an error.
    pub faults: Vec<HostFault>,
}

/// Lists all devices of all hosts. Blocks for up to seconds. Thread: control.
pub fn devices() -> Listing {
    super::hush::hush();
    let mut listing = Listing::default();
    let mut default_taken = false;
    for id in hosts() {
        let host_name = id.to_string();
        let found = cpal::host_from_id(id).and_then(|host| {
            let default_output = host.default_output_device().and_then(|device| device.id().ok());
            let default_input = host.default_input_device().and_then(|device| device.id().ok());
            let devices: Vec<_> = host.devices()?.collect();
            Ok((devices, default_output, default_input))
        });
        let (devices, default_output, default_input) = match found {
            Ok(found) => found,
            Err(error) => {
                listing.faults.push(HostFault { host: host_name, cause: error.to_string() });
                continue;
            }
        };
        for device in devices {
            let id = device.id().ok();
            let mut entry = describe(&device, &host_name);
            entry.default_input = id.is_some() && id == default_input;
            entry.default_output = !default_taken && id.is_some() && id == default_output;
            default_taken |= entry.default_output;
            listing.devices.push(entry);
        }
    }
    listing
}

fn describe(device: &cpal::Device, host: &str) -> DeviceEntry {
    let name = name_of(device, host);
    let id = device.id().map_or_else(|_| name.name.clone(), |id| id.id().to_owned());
    let mut entry = DeviceEntry {
        name,
        id,
        outputs: 0,
        inputs: 0,
        sample_rates: Vec::new(),
        formats: Vec::new(),
        buffer_frames: None,
        default_output: false,
        default_input: false,
        problem: None,
    };
    let direction = device.description().map(|description| description.direction());
    let (plays, hears) = match direction {
        Ok(cpal::DeviceDirection::Input) => (false, true),
        Ok(cpal::DeviceDirection::Output) => (true, false),
        _ => (true, true),
    };
    let mut offers = Vec::new();
    if plays {
        match device.supported_output_configs() {
            Ok(ranges) => {
                let found: Vec<_> = ranges.map(|range| Offer::from(&range)).collect();
                entry.outputs = found.iter().map(|offer| offer.channels).max().unwrap_or(0);
                offers.extend(found);
            }
            Err(error) => entry.problem = Some(error.to_string()),
        }
    }
    if hears {
        match device.supported_input_configs() {
            Ok(ranges) => {
                let found: Vec<_> = ranges.map(|range| Offer::from(&range)).collect();
                entry.inputs = found.iter().map(|offer| offer.channels).max().unwrap_or(0);
                offers.extend(found);
            }
            // A device that only plays says so here; that is no problem of it.
            Err(error) if !plays => entry.problem = Some(error.to_string()),
            Err(_) => {}
        }
    }
    summarise(&mut entry, &offers);
    entry
}

/// Condenses what is offered to what users ask: rates, formats, buffer sizes.
fn summarise(entry: &mut DeviceEntry, offers: &[Offer]) {
    for offer in offers {
        let (lowest, highest) = offer.rates;
        // The ends of a range are offered for certain, even if they are unusual.
        let ends = if lowest == highest { vec![lowest] } else { Vec::new() };
        let usual = RATES.into_iter().filter(|rate| (lowest..=highest).contains(rate));
        entry.sample_rates.extend(usual.chain(ends));
        let format = offer.format.to_string();
        if !entry.formats.contains(&format) {
            entry.formats.push(format);
        }
        if let Some((least, most)) = offer.buffer {
            let (before_least, before_most) = entry.buffer_frames.unwrap_or((least, most));
            entry.buffer_frames = Some((least.min(before_least), most.max(before_most)));
        }
    }
    entry.sample_rates.sort_unstable();
    entry.sample_rates.dedup();
}

/// The output that is meant. Without a name the default of the first host that has one.
pub(super) fn find_output(wanted: Option<&str>) -> Result<(cpal::Device, DeviceName), DeviceError> {
    let Some(wanted) = wanted else {
        for id in hosts() {
            let Ok(host) = cpal::host_from_id(id) else { continue };
            if let Some(device) = host.default_output_device() {
                let name = name_of(&device, &id.to_string());
                return Ok((device, name));
            }
        }
        return Err(DeviceError::NoDevice { cause: None });
    };
    find(wanted, |direction| !matches!(direction, cpal::DeviceDirection::Input))
}

/// The input that is meant.
pub(super) fn find_input(wanted: &str) -> Result<(cpal::Device, DeviceName), DeviceError> {
    find(wanted, |direction| !matches!(direction, cpal::DeviceDirection::Output))
}

fn find(
    wanted: &str,
    fits: impl Fn(cpal::DeviceDirection) -> bool,
) -> Result<(cpal::Device, DeviceName), DeviceError> {
    let mut devices = Vec::new();
    for id in hosts() {
        // A host that cannot be asked has no device that could be meant; `devices` tells why.
        let Ok(host) = cpal::host_from_id(id) else { continue };
        let Ok(found) = host.devices() else { continue };
        for device in found {
            if device.description().map_or(true, |description| fits(description.direction())) {
                let name = name_of(&device, &id.to_string());
                let id = device.id().map_or_else(|_| name.name.clone(), |id| id.id().to_owned());
                devices.push((device, Candidate { name, id }));
            }
        }
    }
    let candidates: Vec<_> = devices.iter().map(|(_, candidate)| candidate.clone()).collect();
    let index = choose(wanted, &candidates)?;
    let not_found = || DeviceError::NotFound { wanted: wanted.to_owned(), candidates: Vec::new() };
    let (device, candidate) = devices.into_iter().nth(index).ok_or_else(not_found)?;
    Ok((device, candidate.name))
}

fn name_of(device: &cpal::Device, host: &str) -> DeviceName {
    let name = device
        .description()
        .map_or_else(|_| device.to_string(), |description| description.name().to_owned());
    DeviceName::new(host, crate::util::text::one_line(&name))
}

/// Hosts that are there, best first: sound servers before bare cards, since a card that a server holds is busy.
fn hosts() -> Vec<cpal::HostId> {
    let mut hosts = cpal::available_hosts();
    hosts.sort_by_key(|id| match id.to_string().as_str() {
        "pipewire" => 0,
        "jack" => 1,
        "pulseaudio" => 2,
        _ => 3,
    });
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpal::SampleFormat;

    #[test]
    fn ranges_are_condensed() {
        let mut entry = DeviceEntry {
            name: DeviceName::new("alsa", "x"),
            id: "x".into(),
            outputs: 2,
            inputs: 0,
            sample_rates: Vec::new(),
            formats: Vec::new(),
            buffer_frames: None,
            default_output: false,
            default_input: false,
            problem: None,
        };
        let offer = |rates, format, buffer| Offer { channels: 2, rates, format, buffer };
        let offers = [
            offer((44_100, 96_000), SampleFormat::I16, Some((64, 512))),
            offer((48_000, 48_000), SampleFormat::F32, Some((32, 256))),
            offer((47_999, 47_999), SampleFormat::F32, None),
        ];
        summarise(&mut entry, &offers);
        assert_eq!(entry.sample_rates, [44_100, 47_999, 48_000, 88_200, 96_000]);
        assert_eq!(entry.formats, ["i16", "f32"]);
        assert_eq!(entry.buffer_frames, Some((32, 512)));
    }

    #[test]
    fn a_name_that_no_device_has_is_refused_with_the_candidates() {
        let wanted = "no device is ever called this";
        match find_output(Some(wanted)) {
            Err(DeviceError::NotFound { wanted: found, .. }) => assert_eq!(found, wanted),
            Err(other) => panic!("{other:?}"),
            Ok((_, name)) => panic!("another device was taken: {name}"),
        }
    }
}
