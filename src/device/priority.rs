//! Realtime priority for an audio thread: asked for once, before the first block, and the answer kept for users.
//!
//! It asks the kernel directly, which works for root and for users with an `rtprio` limit. It does not talk to rtkit: that
//! needs D-Bus, and a session that has rtkit has PipeWire, which gives its clients' threads the priority already.

use std::fmt;

/// The priority that is asked for, of 1 to 99: above ordinary realtime work, below the kernel's own threads and below the
/// thread of a sound server (JACK 10 to 20 above its clients, PipeWire 88), which has to run for ours to be of any use.
const WANTED: u8 = 60;

/// Whether the audio thread runs with realtime priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// No callback has come yet.
    NotAsked,
    /// The system or the sound server had given it already.
    Given,
    /// It was asked for and granted.
    Granted,
    /// It was refused, with the system's error number; 0 if there is none.
    Refused(i32),
}

impl Priority {
    /// Whether the thread has it.
    pub fn is_realtime(self) -> bool {
        matches!(self, Self::Given | Self::Granted)
    }

    /// What to do about a refusal, in a sentence for users.
    pub fn hint(self) -> Option<&'static str> {
        matches!(self, Self::Refused(_)).then_some(
            "Allow realtime priority: on Linux a line `@audio - rtprio 95` in /etc/security/limits.d/audio.conf, your user \
             in the group `audio`, and a new login; larger buffers help until then.",
        )
    }

    /// As one number, for an atomic.
    pub(crate) fn to_bits(self) -> i64 {
        match self {
            Self::NotAsked => 0,
            Self::Given => 1,
            Self::Granted => 2,
            Self::Refused(code) => 3 | i64::from(code) << 8,
        }
    }

    /// Back from [`Self::to_bits`].
    pub(crate) fn from_bits(bits: i64) -> Self {
        match bits & 0xff {
            1 => Self::Given,
            2 => Self::Granted,
            3 => Self::Refused((bits >> 8) as i32),
            _ => Self::NotAsked,
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("not asked for yet"),
            Self::Given => f.write_str("realtime, given by the system"),
            Self::Granted => write!(f, "realtime, priority {WANTED}"),
            Self::Refused(0) => f.write_str("refused"),
            Self::Refused(code) => {
                write!(f, "refused: {}", std::io::Error::from_raw_os_error(*code))
            }
        }
    }
}

/// Asks for realtime priority for the calling thread, unless it has it. System calls; before the first block only.
/// Thread: audio.
#[cfg(all(unix, not(target_vendor = "apple")))]
pub(crate) fn ask() -> Priority {
    use thread_priority::{
        RealtimeThreadSchedulePolicy as Realtime, ThreadPriority, ThreadPriorityValue,
        ThreadSchedulePolicy as Policy, set_thread_priority_and_policy, thread_native_id,
        thread_schedule_policy,
    };
    // A server's thread keeps the priority that the server chose for it.
    if matches!(thread_schedule_policy(), Ok(Policy::Realtime(_))) {
        return Priority::Given;
    }
    let Ok(value) = ThreadPriorityValue::try_from(WANTED) else { return Priority::Refused(0) };
    let wanted = ThreadPriority::Crossplatform(value);
    let policy = Policy::Realtime(Realtime::Fifo);
    match set_thread_priority_and_policy(thread_native_id(), wanted, policy) {
        Ok(()) => Priority::Granted,
        Err(thread_priority::Error::OS(code)) => Priority::Refused(code),
        Err(_) => Priority::Refused(0),
    }
}

/// Core Audio runs its callbacks on threads with a time constraint, which a POSIX priority would only weaken.
#[cfg(target_vendor = "apple")]
pub(crate) fn ask() -> Priority {
    Priority::Given
}

/// Windows has one scale for all threads; its top is the one for sound.
#[cfg(not(unix))]
pub(crate) fn ask() -> Priority {
    match thread_priority::ThreadPriority::Max.set_for_current() {
        Ok(()) => Priority::Granted,
        Err(thread_priority::Error::OS(code)) => Priority::Refused(code),
        Err(_) => Priority::Refused(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_survives_the_atomic() {
        for answer in [
            Priority::NotAsked,
            Priority::Given,
            Priority::Granted,
            Priority::Refused(0),
            Priority::Refused(1),
            Priority::Refused(-5),
        ] {
            assert_eq!(Priority::from_bits(answer.to_bits()), answer);
        }
    }

    #[test]
    fn asking_gives_an_answer_and_a_refusal_says_what_to_do() {
        let answer = std::thread::spawn(ask).join().unwrap();
        assert_ne!(answer, Priority::NotAsked);
        assert_eq!(answer.hint().is_some(), !answer.is_realtime());
        assert!(Priority::Refused(1).to_string().starts_with("refused: "));
        assert!(Priority::Refused(1).hint().unwrap().contains("rtprio"));
    }
}
