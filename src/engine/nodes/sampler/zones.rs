//! The zones of a sampler: which recording sounds for which keys and velocities. Reads their text and loads them.

use crate::dsp::reel::{Layout, Reel};
use crate::engine::node::{BuildContext, BuildError, Settings};
use crate::engine::nodes::players::native;
use crate::engine::nodes::players::settings::{number, switch};

/// Most zones of a sampler: every key at two velocities.
const MAX_ZONES: usize = 256;

/// A recording on some keys.
pub(super) struct Zone {
    pub(super) reel: Reel,
    /// MIDI note at which it sounds as recorded.
    pub(super) root: f32,
    /// Frames of the recording per frame of the engine, at the root.
    pub(super) ratio: f64,
    keys: (f32, f32),
    velocities: (f32, f32),
}

impl Zone {
    /// Whether it plays a key at a velocity of 1 to 127. A bent key counts as the nearest one.
    pub(super) fn holds(&self, pitch: f32, velocity: f32) -> bool {
        let key = libm::roundf(pitch).clamp(0.0, 127.0);
        (self.keys.0..=self.keys.1).contains(&key)
            && (self.velocities.0..=self.velocities.1).contains(&velocity)
    }
}

/// A zone as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line<'a> {
    pub(super) file: &'a str,
    pub(super) root: f32,
    pub(super) keys: (f32, f32),
    pub(super) velocities: (f32, f32),
}

/// Reads one zone. Its numbers are taken from the end, so a file's name may hold colons itself.
pub(super) fn line(text: &str) -> Option<Line<'_>> {
    let text = text.trim();
    let numbers = |count: usize| -> Option<(&str, Vec<f32>)> {
        let mut rest = text;
        let mut found = Vec::with_capacity(count);
        for _ in 0..count {
            let (head, tail) = rest.rsplit_once(':')?;
            found.push(tail.trim().parse::<f32>().ok().filter(|x| (0.0..=127.0).contains(x))?);
            rest = head;
        }
        found.reverse();
        Some((rest, found))
    };
    let tail = text.rsplit_once(':').map_or("", |(_, tail)| tail.trim());
    let ends_in_a_number = tail.parse::<f32>().is_ok();
    let whole = Line { file: text, root: 60.0, keys: (0.0, 127.0), velocities: (1.0, 127.0) };
    let line = match (numbers(5), numbers(3)) {
        (Some((file, found)), _) => match found.as_slice() {
            [root, low, high, soft, loud] => {
                Line { file, root: *root, keys: (*low, *high), velocities: (*soft, *loud) }
            }
            _ => return None,
        },
        (None, Some((file, found))) => match found.as_slice() {
            [root, low, high] => Line { file, root: *root, keys: (*low, *high), ..whole },
            _ => return None,
        },
        // A number behind a colon that makes no zone is a slip, not a name.
        (None, None) if ends_in_a_number => return None,
        (None, None) => whole,
    };
    let ordered = line.keys.0 <= line.keys.1 && line.velocities.0 <= line.velocities.1;
    (ordered && !line.file.is_empty()).then_some(line)
}

/// Loads all zones of a config. Thread: control.
pub(super) fn load(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Vec<Zone>, BuildError> {
    const WANTED: &str = "zones such as piano.wav:60:0:127, separated by semicolons, at most 256";
    const SECONDS: &str = "seconds from 0 to 3600";
    let bad = || settings.bad_config("zones", WANTED);
    let looped = switch(settings, "loop")?;
    let start = number(settings, "loop_start_s", (0.0, 3_600.0), SECONDS)?.unwrap_or(0.0);
    let end = number(settings, "loop_end_s", (0.0, 3_600.0), SECONDS)?;
    let crossfade = number(settings, "crossfade_ms", (0.0, 500.0), "milliseconds from 0 to 500")?;
    if end.is_some_and(|end| end <= start) {
        return Err(settings.bad_config("loop_end_s", "a time after loop_start_s"));
    }
    let texts = settings.config("zones").split(';').filter(|text| !text.trim().is_empty());
    let lines = texts.map(|text| line(text).ok_or_else(bad)).collect::<Result<Vec<_>, _>>()?;
    if lines.is_empty() || lines.len() > MAX_ZONES {
        return Err(bad());
    }
    lines
        .into_iter()
        .map(|line| {
            let sound = native(context, settings, line.file)?;
            let rate = sound.sample_rate().as_f64();
            let frames = |seconds: f64| libm::round(seconds * rate) as usize;
            let region = looped.then(|| (frames(start), end.map_or(usize::MAX, frames)));
            let crossfade = frames(crossfade.unwrap_or(0.0) / 1_000.0);
            let layout = Layout { region, crossfade, ..Layout::default() };
            Ok(Zone {
                reel: Reel::new(sound, layout),
                root: line.root,
                ratio: rate / f64::from(context.sample_rate),
                keys: line.keys,
                velocities: line.velocities,
            })
        })
        .collect()
}
