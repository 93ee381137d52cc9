//! Why a device cannot be used, in words that a user can act on. Nothing here opens or tries anything.

use super::card::DeviceName;

/// Why a device could not be opened or started. The cause from the system is kept as the error's source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No host has any output.
    #[error("there is no sound card and no sound server")]
    NoDevice {
        /// What the last host said when its default output was tried, if any had one.
        #[source]
        cause: Option<cpal::Error>,
    },
    /// No device has a name like the wanted one.
    #[error("there is no output called \"{wanted}\"; there {}", list(.candidates))]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// What there is.
        candidates: Vec<DeviceName>,
    },
    /// Several devices have a name like the wanted one.
    #[error("\"{wanted}\" could be any of several outputs; there {}", list(.candidates))]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// Those that it fits.
        candidates: Vec<DeviceName>,
    },
    /// Another program holds the device.
    #[error("{device} is in use by another program")]
    Busy {
        /// The device.
        device: DeviceName,
        /// What the system said.
        #[source]
        cause: cpal::Error,
    },
    /// The system refuses access.
    #[error("the system does not let this user play through {device}")]
    Denied {
        /// The device.
        device: DeviceName,
        /// What the system said.
        #[source]
        cause: cpal::Error,
    },
    /// The device cannot do what is wanted.
    #[error("{device} cannot play this way: {wanted}")]
    Unsupported {
        /// The device.
        device: DeviceName,
        /// What was asked of it.
        wanted: String,
        /// What the system said, where it was asked.
        #[source]
        cause: Option<cpal::Error>,
    },
    /// The device has been unplugged, or its server has ended.
    #[error("{device} is not there any more")]
    Gone {
        /// The device.
        device: DeviceName,
        /// What the system said.
        #[source]
        cause: cpal::Error,
    },
    /// Anything else that a host said.
    #[error("{device} could not be opened: {cause}")]
    Failed {
        /// The device.
        device: DeviceName,
        /// What the system said.
        #[source]
        cause: cpal::Error,
    },
    /// The thread of the null driver could not be started.
    #[error("the system gave no thread to keep time with: {cause}")]
    NoThread {
        /// What the system said.
        cause: String,
    },
    /// The driver plays already.
    #[error("this driver plays already")]
    Running,
}

impl DeviceError {
    /// What to do about it, in a sentence for users.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoDevice { .. } => {
                "Plug in a card or start PipeWire, PulseAudio or JACK; until then music is rendered to files."
            }
            Self::NotFound { .. } => {
                "`timbre devices` lists all outputs; a part of a name is enough if no other has it."
            }
            Self::Ambiguous { .. } => "Write more of the name, or host:name.",
            Self::Busy { .. } => {
                "Close the other program, or choose an output of a sound server, which can be shared."
            }
            Self::Denied { .. } => {
                "On Linux, add yourself to the group `audio` and log in again; on macOS, allow it in the privacy settings."
            }
            Self::Unsupported { .. } => {
                "Leave sample_rate and buffer_frames unset to let the device choose; Timbre converts."
            }
            Self::Gone { .. } => {
                "Plug it in again or start its server; Timbre returns to it by itself."
            }
            Self::Failed { .. } => {
                "`timbre doctor audio` tries every output and says what each one answers."
            }
            Self::NoThread { .. } => {
                "The system is out of threads or memory; close other programs."
            }
            Self::Running => "Stop it first.",
        }
    }

    /// Sorts an error of a host into ours.
    pub(crate) fn from_host(device: &DeviceName, wanted: &str, cause: cpal::Error) -> Self {
        use cpal::ErrorKind as Kind;
        let device = device.clone();
        match cause.kind() {
            Kind::DeviceBusy => Self::Busy { device, cause },
            Kind::PermissionDenied => Self::Denied { device, cause },
            Kind::UnsupportedConfig | Kind::UnsupportedOperation | Kind::InvalidInput => {
                Self::Unsupported { device, wanted: wanted.to_owned(), cause: Some(cause) }
            }
            Kind::DeviceNotAvailable | Kind::HostUnavailable | Kind::StreamInvalidated => {
                Self::Gone { device, cause }
            }
            _ => Self::Failed { device, cause },
        }
    }
}

/// The names of candidates as the end of a sentence.
fn list(names: &[DeviceName]) -> String {
    if names.is_empty() {
        return "is none at all".to_owned();
    }
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    format!("are: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    #[test]
    fn a_host_error_becomes_ours_and_stays_its_cause() {
        let device = DeviceName::new("alsa", "hw:0");
        for (kind, text) in [
            (cpal::ErrorKind::DeviceBusy, "in use"),
            (cpal::ErrorKind::PermissionDenied, "does not let"),
            (cpal::ErrorKind::UnsupportedConfig, "44100 Hz"),
            (cpal::ErrorKind::DeviceNotAvailable, "not there any more"),
            (cpal::ErrorKind::BackendError, "could not be opened"),
        ] {
            let cause = cpal::Error::with_message(kind, "low level");
            let error = DeviceError::from_host(&device, "44100 Hz", cause);
            assert!(error.to_string().contains(text), "{error}");
            assert!(error.to_string().contains("alsa:hw:0"), "{error}");
            assert_eq!(error.source().unwrap().to_string(), "low level");
            assert!(error.hint().ends_with('.'));
        }
    }

    #[test]
    fn candidates_are_listed() {
        let candidates =
            vec![DeviceName::new("jack", "JACK Output"), DeviceName::new("alsa", "hw:0")];
        let error = DeviceError::NotFound { wanted: "usb".into(), candidates };
        assert!(error.to_string().ends_with("there are: jack:JACK Output, alsa:hw:0"), "{error}");
        let none = DeviceError::NotFound { wanted: "usb".into(), candidates: Vec::new() };
        assert!(none.to_string().ends_with("there is none at all"), "{none}");
    }
}
