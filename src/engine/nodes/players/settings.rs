//! What the config of a player says, read and checked. Nothing here sounds.

use super::config;
use crate::dsp::reel::Layout;
use crate::engine::node::{BuildError, ConfigDescriptor, Settings};

/// The config keys of a player.
pub(super) const CONFIG: &[ConfigDescriptor] = &[
    config("file", "", "Name of the sound file; must be given."),
    config(
        "start_s",
        "",
        "Where in the song it starts, in seconds from 0; goes before start_beat where given.",
    ),
    config("start_beat", "0", "Where in the song it starts, in beats (quarter notes) from 0."),
    config("offset_s", "0", "First second of the recording that is played."),
    config(
        "length_s",
        "",
        "How many seconds of the recording are played; empty for all that is left, and without end where it loops.",
    ),
    config(
        "mode",
        "varispeed",
        "How it follows the tempo: varispeed (pitch goes along), stretch (pitch stays) or off (it does not).",
    ),
    config(
        "source_bpm",
        "",
        "Tempo of the recording in BPM, 20 to 400; empty where it does not follow the song's tempo.",
    ),
    config("loop", "off", "Whether it repeats: on or off."),
    config("loop_start_s", "0", "Second of the recording at which the loop starts."),
    config("loop_end_s", "", "Second of the recording at which the loop ends; empty for its end."),
    config(
        "crossfade_ms",
        "5",
        "Crossfade at the loop's seam in milliseconds, 0 to 500; it takes sound from beyond the loop, and is left out where there is none.",
    ),
    config("fade_in_ms", "0", "Fade at the start in milliseconds, 0 to 60000."),
    config("fade_out_ms", "0", "Fade at the end in milliseconds, 0 to 60000."),
    config("reverse", "off", "Whether it is played backwards: on or off."),
];

/// Where a recording starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Start {
    /// A frame of the timeline.
    Frame(f64),
    /// A beat.
    Beat(f64),
}

/// What decides how fast it plays, beside its own param.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Follow {
    /// Nothing.
    Nothing,
    /// The song's tempo against the recording's.
    Tempo {
        /// The recording's, in BPM.
        source_bpm: f64,
    },
}

/// All that the config says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    pub(super) start: Start,
    pub(super) follow: Follow,
    /// Whether the pitch stays when the speed changes.
    pub(super) stretches: bool,
    pub(super) layout: Layout,
}

/// Longest time in seconds that a config value may state: a day.
const MAX_S: f64 = 86_400.0;

impl Plan {
    /// Whether the place in the recording is a function of the beat, whatever the tempo did on the way there.
    pub(super) fn by_beats(&self) -> bool {
        matches!((self.follow, self.start), (Follow::Tempo { .. }, Start::Beat(_)))
    }

    /// Reads the config for a number of frames per second. Errors: [`BuildError::BadConfig`].
    pub(super) fn read(settings: &Settings<'_>, rate: f64) -> Result<Self, BuildError> {
        const SECONDS: &str = "seconds from 0 to 86400";
        let frames = |seconds: f64| libm::round(seconds * rate) as usize;
        let seconds = |key| number(settings, key, (0.0, MAX_S), SECONDS);
        let millis = |key, most, wanted| number(settings, key, (0.0, most), wanted);
        let start = match seconds("start_s")? {
            Some(seconds) => Start::Frame(libm::round(seconds * rate)),
            None => {
                let beat = number(settings, "start_beat", (0.0, 1e6), "beats from 0 to 1000000")?;
                Start::Beat(beat.unwrap_or(0.0))
            }
        };
        let (mut follows, stretches) = match settings.config("mode") {
            "varispeed" => (true, false),
            "stretch" => (true, true),
            "off" => (false, false),
            _ => return Err(settings.bad_config("mode", "varispeed, stretch or off")),
        };
        let source = number(
            settings,
            "source_bpm",
            (20.0, 400.0),
            "a tempo from 20 to 400 BPM, or nothing",
        )?;
        follows &= source.is_some();
        let follow = match source {
            Some(source_bpm) if follows => Follow::Tempo { source_bpm },
            _ => Follow::Nothing,
        };
        let region = if switch(settings, "loop")? {
            let start = frames(seconds("loop_start_s")?.unwrap_or(0.0));
            let end = seconds("loop_end_s")?.map_or(usize::MAX, frames);
            if end < start.saturating_add(2) {
                let wanted = "a time after loop_start_s, inside the recording";
                return Err(settings.bad_config("loop_end_s", wanted));
            }
            Some((start, end))
        } else {
            None
        };
        let crossfade = millis("crossfade_ms", 500.0, "milliseconds from 0 to 500")?;
        let fade = |key| millis(key, 60_000.0, "milliseconds from 0 to 60000");
        let in_frames = |millis: Option<f64>| frames(millis.unwrap_or(0.0) / 1_000.0);
        let layout = Layout {
            offset: frames(seconds("offset_s")?.unwrap_or(0.0)),
            length: seconds("length_s")?.map(frames),
            region,
            crossfade: in_frames(crossfade),
            fade_in: in_frames(fade("fade_in_ms")?),
            fade_out: in_frames(fade("fade_out_ms")?),
            reverse: switch(settings, "reverse")?,
        };
        Ok(Self { start, follow, stretches, layout })
    }
}

/// A number in a range, or `None` where the value is empty.
pub(in crate::engine::nodes) fn number(
    settings: &Settings<'_>,
    key: &str,
    (min, max): (f64, f64),
    wanted: &'static str,
) -> Result<Option<f64>, BuildError> {
    let text = settings.config(key).trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if (min..=max).contains(&value) => Ok(Some(value)),
        _ => Err(settings.bad_config(key, wanted)),
    }
}

/// `on` or `off`.
pub(in crate::engine::nodes) fn switch(
    settings: &Settings<'_>,
    key: &str,
) -> Result<bool, BuildError> {
    match settings.config(key) {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(settings.bad_config(key, "on or off")),
    }
}
