//! A recording laid out in time: where it begins and ends, its loop with a crossfaded seam, its fades, forwards or
//! backwards. What comes out is an endless row of frames, silent outside, from which a player reads any stretch and between
//! any two frames.
//!
//! Frame 0 of the row is the first frame that sounds; there is silence before it and after the last one. Without fades,
//! loops and direction a row is the recording itself, bit for bit. Knows no clock and no speed but the reader's.
//! Thread: audio, but for construction; nothing allocates.

use std::sync::Arc;

use super::math::{cos_turns, sin_turns};
use super::sinc::{Bank, MAX_REACH, MAX_SPEED};
use crate::audio::buffer::AudioBuffer;

/// Most frames that [`Reel::read`] gives at once.
pub const MAX_RUN: usize = 64;

/// How a recording is laid out. All values in frames of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Layout {
    /// First frame that sounds.
    pub offset: usize,
    /// How many frames sound; `None` is to the end, and forever where it loops.
    pub length: Option<usize>,
    /// Loop from the first frame to before the second one, counted from the recording's own start.
    pub region: Option<(usize, usize)>,
    /// Length of the crossfade at the loop's seam. It needs sound beyond the loop, before its start or after its end; it
    /// is as long as that allows, and none where there is none. It never changes the length of a lap.
    pub crossfade: usize,
    /// Fade at the start.
    pub fade_in: usize,
    /// Fade at the end, where there is one.
    pub fade_out: usize,
    /// Whether the part that sounds is played backwards.
    pub reverse: bool,
}

/// A recording and its layout.
#[derive(Debug, Clone)]
pub struct Reel {
    sound: Arc<AudioBuffer>,
    layout: Layout,
    /// Frames of the recording in the part from `offset` on, looped or not.
    window: usize,
    /// Frames of the row; `None` without end.
    total: Option<u64>,
    region: Option<Region>,
}

/// A loop, in frames of the row's first lap.
#[derive(Debug, Clone, Copy)]
struct Region {
    start: u64,
    end: u64,
    blend: u64,
    /// Whether the blend lies before the seam, where it uses what precedes the loop, or behind it, where it uses what
    /// follows the loop.
    before: bool,
}

/// A stretch of the row that comes from one place.
struct Stretch {
    /// First frame in the window.
    at: u64,
    /// How many frames follow it.
    frames: u64,
    /// The other frame that is blended in, and how far the blend has come, in frames.
    blend: Option<(i64, u64)>,
}

/// Room for the frames that a run is read from. Allocate it once and keep it.
#[derive(Debug, Clone)]
pub struct Scratch {
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Default for Scratch {
    fn default() -> Self {
        let frames = (MAX_RUN as f64 * MAX_SPEED) as usize + 2 * MAX_REACH + 16;
        Self { left: vec![0.0; frames], right: vec![0.0; frames] }
    }
}

impl Reel {
    /// Lays a recording out. Places past its end are moved to it; a loop of less than two frames is none. Thread: control.
    pub fn new(sound: Arc<AudioBuffer>, layout: Layout) -> Self {
        let frames = sound.frames();
        let offset = layout.offset.min(frames);
        let rest = frames - offset;
        let wanted = layout.length.unwrap_or(usize::MAX);
        let looped = layout
            .region
            .map(|(start, end)| (start.max(offset) - offset, end.min(frames).max(offset) - offset));
        let window = if looped.is_some() { rest } else { rest.min(wanted) };
        // Backwards the loop is the same part of the recording, seen from the other end.
        let looped = looped.map(|(start, end)| match layout.reverse {
            true => (window - end.min(window), window - start.min(window)),
            false => (start, end),
        });
        let region = looped.filter(|(start, end)| *end >= start + 2).map(|(start, end)| {
            // What lies before the offset is sound too, and may be blended in.
            let (outer_before, outer_after) =
                if layout.reverse { (0, offset) } else { (offset, 0) };
            let (room_before, room_after) = (start + outer_before, (window - end) + outer_after);
            let most = layout.crossfade.min((end - start) / 2);
            let before = room_before.min(most) >= room_after.min(most);
            let blend = most.min(if before { room_before } else { room_after });
            Region { start: start as u64, end: end as u64, blend: blend as u64, before }
        });
        let total = match (region, layout.length) {
            (Some(_), None) => None,
            (Some(_), Some(length)) => Some(length as u64),
            (None, _) => Some(window.min(wanted) as u64),
        };
        Self { sound, layout: Layout { offset, ..layout }, window, total, region }
    }

    /// Frames until the end of the row; `None` where it loops forever.
    pub fn frames(&self) -> Option<u64> {
        self.total
    }

    /// The recording.
    pub fn sound(&self) -> &AudioBuffer {
        &self.sound
    }

    /// Where a position of the row is in the recording, in frames from the recording's start.
    pub fn place(&self, position: f64) -> f64 {
        let position = position.clamp(0.0, self.total.map_or(f64::MAX, |total| total as f64));
        let position = match self.region {
            Some(Region { start, end, .. }) if position >= end as f64 => {
                let (start, lap) = (start as f64, (end - start) as f64);
                let over = position - start;
                start + over - libm::floor(over / lap) * lap
            }
            _ => position,
        };
        let offset = self.layout.offset as f64;
        match self.layout.reverse {
            true => offset + self.window as f64 - position,
            false => offset + position,
        }
    }

    /// Whether there can be sound in the frames of the row from `first` to before `last`.
    pub fn sounds_between(&self, first: f64, last: f64) -> bool {
        last > 0.0 && self.total.is_none_or(|total| first < total as f64)
    }

    /// Copies the frames from `first` on into both sides, which have the same length. A mono recording goes to both at
    /// its full level.
    pub fn gather(&self, first: i64, left: &mut [f32], right: &mut [f32]) {
        let frames = left.len().min(right.len());
        let mut done = 0;
        while done < frames {
            let rest = frames - done;
            let at = first.saturating_add(done as i64);
            let count = match self.stretch(at) {
                None if at < 0 => (at.unsigned_abs().min(rest as u64)) as usize,
                None => rest,
                Some(stretch) => stretch.frames.min(rest as u64) as usize,
            };
            let (l, r) = (&mut left[done..done + count], &mut right[done..done + count]);
            match self.stretch(at) {
                None => {
                    l.fill(0.0);
                    r.fill(0.0);
                }
                Some(stretch) => {
                    self.copy(0, &stretch, l);
                    if self.sound.channel_count() > 1 {
                        self.copy(1, &stretch, r);
                    } else {
                        r.copy_from_slice(l);
                    }
                    self.fade(at.unsigned_abs(), l, r);
                }
            }
            done += count;
        }
    }

    /// Reads a run of at most [`MAX_RUN`] frames that begins at `position` of the row. Frame `i` lies `step` behind the one
    /// before it, the step moving evenly from `from` to `to`. Answers the position behind the run. Steps are limited to
    /// 0 … [`MAX_SPEED`]. At a step of 1 from a whole frame the frames are copied as they are.
    pub fn read(
        &self,
        bank: &Bank,
        scratch: &mut Scratch,
        position: f64,
        (from, to): (f64, f64),
        left: &mut [f32],
        right: &mut [f32],
    ) -> f64 {
        let frames = left.len().min(right.len()).min(MAX_RUN);
        let (left, right) = (&mut left[..frames], &mut right[..frames]);
        let whole = libm::floor(position);
        if from == 1.0 && to == 1.0 && whole == position {
            self.gather(whole as i64, left, right);
            return position + frames as f64;
        }
        let (from, to) = (from.clamp(0.0, MAX_SPEED), to.clamp(0.0, MAX_SPEED));
        let level = bank.level(from.max(to));
        let reach = level.reach();
        let slope = (to - from) / frames.max(1) as f64;
        let mut places = [0.0; MAX_RUN];
        let (mut at, mut step) = (position, from);
        for place in &mut places[..frames] {
            *place = at;
            step += slope;
            at += step;
        }
        let span = places.get(frames.wrapping_sub(1)).map_or(0.0, |last| last - whole);
        let base = whole as i64 + 1 - reach as i64;
        let count = (span as usize + 2 * reach + 1).min(scratch.left.len());
        self.gather(base, &mut scratch.left[..count], &mut scratch.right[..count]);
        for ((l, r), place) in left.iter_mut().zip(right.iter_mut()).zip(places) {
            let under = libm::floor(place);
            let from = (under - whole) as usize;
            let window = from..from + 2 * reach;
            let fraction = (place - under) as f32;
            [*l, *r] = match (scratch.left.get(window.clone()), scratch.right.get(window)) {
                (Some(left), Some(right)) => level.read(fraction, left, right),
                _ => [0.0; 2],
            };
        }
        at
    }

    /// What the row holds from a frame on; `None` is silence.
    fn stretch(&self, at: i64) -> Option<Stretch> {
        let at = u64::try_from(at).ok()?;
        let end = self.total.unwrap_or(u64::MAX);
        if at >= end {
            return None;
        }
        let (place, until, blend) = match self.region {
            None => (at, self.window as u64, None),
            Some(region) => region.locate(at),
        };
        let frames = until.saturating_sub(place).min(end - at);
        (frames > 0).then_some(Stretch { at: place, frames, blend })
    }

    /// Copies one channel of a stretch, crossfaded where it says so.
    fn copy(&self, channel: usize, stretch: &Stretch, to: &mut [f32]) {
        let frames = self.sound.channel(channel);
        self.plain(frames, stretch.at as i64, to);
        if let (Some((other, from)), Some(region)) = (stretch.blend, self.region) {
            let scale = 1.0 / region.blend.max(1) as f32;
            for (i, sample) in to.iter_mut().enumerate() {
                // A quarter turn: at every moment both powers sum to one.
                let turn = 0.25 * ((from + i as u64) as f32 + 0.5) * scale;
                let coming = self.sample(frames, other + i as i64);
                let (old, new) = if region.before { (*sample, coming) } else { (coming, *sample) };
                *sample = old * cos_turns(turn) + new * sin_turns(turn);
            }
        }
    }

    /// Copies frames of the window without blending.
    fn plain(&self, frames: &[f32], at: i64, to: &mut [f32]) {
        if self.layout.reverse {
            for (i, sample) in to.iter_mut().enumerate() {
                *sample = self.sample(frames, at + i as i64);
            }
            return;
        }
        let from = self.layout.offset + at.max(0) as usize;
        match frames.get(from..from + to.len()) {
            Some(part) => to.copy_from_slice(part),
            None => to.fill(0.0),
        }
    }

    /// One frame of the window, or of what lies around it.
    fn sample(&self, frames: &[f32], at: i64) -> f32 {
        let offset = self.layout.offset as i64;
        let index = match self.layout.reverse {
            true => offset + self.window as i64 - 1 - at,
            false => offset + at,
        };
        usize::try_from(index).ok().and_then(|index| frames.get(index)).copied().unwrap_or(0.0)
    }

    /// Turns the edges of the row down.
    fn fade(&self, at: u64, left: &mut [f32], right: &mut [f32]) {
        let (fade_in, fade_out) = (self.layout.fade_in as u64, self.layout.fade_out as u64);
        let end = self.total.unwrap_or(u64::MAX);
        let last = at + left.len() as u64;
        if at >= fade_in && last <= end.saturating_sub(fade_out) {
            return;
        }
        for (i, (l, r)) in left.iter_mut().zip(right.iter_mut()).enumerate() {
            let n = at + i as u64;
            let left_over = end - n;
            // Squared quarter turns: no corner at either end, and a fade out over a fade in keeps the level.
            let mut gain = 1.0;
            if n < fade_in {
                let turned = sin_turns(0.25 * (n as f32 + 0.5) / fade_in as f32);
                gain *= turned * turned;
            }
            if left_over <= fade_out {
                let turned = sin_turns(0.25 * (left_over as f32 - 0.5) / fade_out as f32);
                gain *= turned * turned;
            }
            *l *= gain;
            *r *= gain;
        }
    }
}

impl Region {
    /// Where a frame of the row is in the window, where the stretch ends there, and its blend.
    fn locate(&self, at: u64) -> (u64, u64, Option<(i64, u64)>) {
        let lap = self.end - self.start;
        let later = at >= self.end;
        let place = if later { self.start + (at - self.start) % lap } else { at };
        if self.before {
            let from = self.end - self.blend;
            return match place >= from {
                true => (place, self.end, Some((place as i64 - lap as i64, place - from))),
                false => (place, from, None),
            };
        }
        let until = self.start + self.blend;
        match later && place < until {
            true => (place, until, Some(((place + lap) as i64, place - self.start))),
            false => (place, self.end, None),
        }
    }
}

#[cfg(test)]
mod tests;
