//! Finding a device by what a user writes: a whole name, `host:name`, an id, or a part that only one device has. Pure.

use super::DeviceName;
use crate::device::DeviceError;

/// A device as it can be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) name: DeviceName,
    /// The host's own stable id, which may equal the name.
    pub(super) id: String,
}

/// The index of the one device that is meant. Case does not matter. A whole name or id goes before parts of names; if several
/// fit equally well, that is an error with the candidates, never a guess.
pub(super) fn choose(wanted: &str, candidates: &[Candidate]) -> Result<usize, DeviceError> {
    let key = wanted.trim().to_lowercase();
    let whole = |candidate: &Candidate| {
        let (host, name) = (candidate.name.host.to_lowercase(), candidate.name.name.to_lowercase());
        let id = candidate.id.to_lowercase();
        key == name || key == id || key == format!("{host}:{name}") || key == format!("{host}:{id}")
    };
    let part = |candidate: &Candidate| {
        let full = candidate.name.to_string().to_lowercase();
        !key.is_empty() && (full.contains(&key) || candidate.id.to_lowercase().contains(&key))
    };
    for fits in [&whole as &dyn Fn(&Candidate) -> bool, &part] {
        let found: Vec<_> =
            candidates.iter().enumerate().filter(|(_, candidate)| fits(candidate)).collect();
        match found.as_slice() {
            [] => {}
            [(index, _)] => return Ok(*index),
            several => {
                let candidates = several.iter().map(|(_, c)| c.name.clone()).collect();
                return Err(DeviceError::Ambiguous { wanted: wanted.to_owned(), candidates });
            }
        }
    }
    let candidates = candidates.iter().map(|candidate| candidate.name.clone()).collect();
    Err(DeviceError::NotFound { wanted: wanted.to_owned(), candidates })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> Vec<Candidate> {
        [
            ("alsa", "default", "default"),
            ("alsa", "HDA Intel PCH, ALC257 Analog", "hw:CARD=PCH,DEV=0"),
            ("alsa", "USB Audio", "hw:CARD=USB,DEV=0"),
            ("alsa", "USB Audio, second", "hw:CARD=USB,DEV=1"),
            ("jack", "JACK Output", "output"),
            ("pulseaudio", "default", "default"),
        ]
        .map(|(host, name, id)| Candidate { name: DeviceName::new(host, name), id: id.into() })
        .to_vec()
    }

    #[test]
    fn whole_names_go_before_parts_and_parts_must_be_unique() {
        let all = candidates();
        for (wanted, index) in [
            ("USB Audio", 2),
            ("usb audio", 2),
            ("second", 3),
            ("analog", 1),
            ("hw:card=usb,dev=1", 3),
            ("jack:JACK Output", 4),
            ("jack", 4),
            (" Jack Output ", 4),
            ("alsa:default", 0),
            ("pulse", 5),
        ] {
            assert_eq!(choose(wanted, &all), Ok(index), "{wanted}");
        }
    }

    #[test]
    fn several_or_none_are_errors_that_name_the_candidates() {
        let all = candidates();
        let Err(DeviceError::Ambiguous { candidates, .. }) = choose("default", &all) else {
            panic!("two hosts have a default");
        };
        assert_eq!(
            candidates.iter().map(|c| c.host.as_str()).collect::<Vec<_>>(),
            ["alsa", "pulseaudio"]
        );
        let Err(DeviceError::Ambiguous { candidates, .. }) = choose("usb", &all) else {
            panic!("two are USB");
        };
        assert_eq!(candidates.len(), 2);
        for wanted in ["bluetooth", ""] {
            let Err(DeviceError::NotFound { candidates, .. }) = choose(wanted, &all) else {
                panic!("there is no {wanted:?}");
            };
            assert_eq!(candidates.len(), all.len());
        }
    }
}
