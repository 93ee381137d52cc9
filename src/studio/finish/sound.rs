//! From the mix to the sound of the file: the sample rate and the master, for loops without hurting their seam.

use crate::audio::buffer::AudioBuffer;
use crate::audio::resample::{resample, resampled_frames};
use crate::engine::master::{MasterError, master};
use crate::model::job::{Fault, FaultKind};
use crate::model::mastering::Mastering;
use crate::model::request::Resolved;
use crate::model::units::SampleRate;

use super::Finisher;

/// How much of a loop is played before and behind it while it is mastered, in seconds: longer than any filter rings and
/// any compressor remembers.
const SURROUND_S: f64 = 4.0;

/// What the master should be like: what the request says wins over what the backend wishes, a stated loudness over both.
pub(super) fn settle(request: &Resolved, wish: &Mastering) -> Mastering {
    let mut mastering = request.mastering.clone().unwrap_or_else(|| wish.clone());
    if let Some(lufs) = request.lufs {
        mastering.target = lufs;
    }
    mastering
}

/// Makes the final sound at the file's rate.
pub(super) fn polish(
    mix: AudioBuffer,
    to: SampleRate,
    mastering: &Mastering,
    looped: bool,
    tools: &Finisher<'_>,
) -> Result<AudioBuffer, Fault> {
    tools.step(0.05, "mastering")?;
    let (from, frames) = (mix.sample_rate(), mix.frames());
    let around = if looped && frames > 0 { surround_frames(from, to) } else { 0 };
    let mix = if around > 0 { surround(&mix, around) } else { mix };
    // The sample rate comes first, so that the true peak that the limiter keeps is the one of the file.
    let sound = resample(mix, to);
    let mastered = master(&sound, mastering, tools.cancel).map_err(|error| match error {
        MasterError::Cancelled => Fault::new(FaultKind::Cancelled, "cancelled"),
    })?;
    drop(sound);
    for remark in &mastered.report.remarks {
        tracing::info!("mastering: {remark}");
    }
    if around == 0 {
        return Ok(mastered.buffer);
    }
    let start = resampled_frames(around, from, to);
    Ok(cut(mastered.buffer, start, resampled_frames(frames, from, to)))
}

/// Frames of the surround: a number that has a whole number of frames at the other rate too, so that the loop still
/// begins on a frame after resampling.
fn surround_frames(from: SampleRate, to: SampleRate) -> usize {
    let unit = (from.get() / gcd(from.get(), to.get())) as usize;
    (SURROUND_S * from.as_f64()) as usize / unit * unit
}

/// A loop with its own end before it and its own start behind it, both as often as it takes to fill `around` frames.
fn surround(sound: &AudioBuffer, around: usize) -> AudioBuffer {
    let frames = sound.frames();
    let before = (frames - around % frames) % frames;
    let planes = sound.channels().iter().map(|channel| {
        channel.iter().cycle().skip(before).take(frames + 2 * around).copied().collect()
    });
    AudioBuffer::from_planar(planes.collect(), sound.sample_rate())
}

fn cut(sound: AudioBuffer, start: usize, frames: usize) -> AudioBuffer {
    let rate = sound.sample_rate();
    let planes = sound.into_planar().into_iter().map(|mut channel| {
        channel.drain(..start.min(channel.len()));
        channel.truncate(frames);
        channel.shrink_to_fit();
        channel
    });
    AudioBuffer::from_planar(planes.collect(), rate)
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::artifact::Workshop;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).unwrap()
    }

    /// Tones that each have a whole number of periods in the loop, under a swell that gives the master work to do.
    fn seamless(frames: usize) -> AudioBuffer {
        let turn = |n: usize, times: f64| {
            libm::sin(std::f64::consts::TAU * times * n as f64 / frames as f64)
        };
        let plane = (0..frames)
            .map(|n| {
                let swell = 0.35 + 0.3 * turn(n, 2.0);
                let cycles = (frames / 480) as f64;
                (swell
                    * (turn(n, cycles) + 0.5 * turn(n, 0.5 * cycles) + 0.2 * turn(n, 7.0 * cycles)))
                    as f32
            })
            .collect::<Vec<_>>();
        AudioBuffer::from_planar(vec![plane.clone(), plane], rate(48_000))
    }

    #[test]
    fn a_loop_has_no_step_where_it_ends() {
        let workshop = Workshop::new("me");
        let cancel = Arc::new(AtomicBool::new(false));
        let tools =
            Finisher { workshop: &workshop, cancel: &cancel, threads: 1, report: &|_, _| {} };
        for (frames, to) in
            [(96_000, 48_000), (96_000, 44_100), (48_000, 96_000), (240_000, 44_100)]
        {
            let sound =
                polish(seamless(frames), rate(to), &Mastering::default(), true, &tools).unwrap();
            assert_eq!(sound.frames(), resampled_frames(frames, rate(48_000), rate(to)));
            let plane = sound.channel(0);
            // The second difference: what a click is, and what a slope is not.
            let bend = |a: f32, b: f32, c: f32| (a - 2.0 * b + c).abs();
            let inside = plane.windows(3).map(|w| bend(w[0], w[1], w[2])).fold(0.0, f32::max);
            let end = plane.len() - 1;
            let seam = bend(plane[end - 1], plane[end], plane[0])
                .max(bend(plane[end], plane[0], plane[1]));
            assert!(inside > 0.0 && seam <= inside, "{frames} at {to}: {seam} over {inside}");
        }
    }

    #[test]
    fn the_surround_is_the_loop_itself_and_falls_on_whole_frames() {
        let ramp = (0..10).map(|n| n as f32).collect::<Vec<_>>();
        let around = surround(&AudioBuffer::from_planar(vec![ramp], rate(48_000)), 13);
        let plane = around.channel(0);
        assert_eq!(plane.len(), 36);
        assert_eq!(plane[..4], [7.0, 8.0, 9.0, 0.0]);
        assert_eq!(plane[13..23], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        assert_eq!(plane[33..], [0.0, 1.0, 2.0]);
        for (from, to) in [(48_000, 44_100), (44_100, 48_000), (48_000, 48_000), (96_000, 44_100)] {
            let frames = surround_frames(rate(from), rate(to)) as u64;
            assert!(
                frames > 3 * u64::from(from)
                    && (frames * u64::from(to)).is_multiple_of(u64::from(from))
            );
        }
    }
}
