//! The end of the offline graph: cuts the latency off, decides when the music has rung out, and fills the sink.

use super::super::node::BLOCK;
use super::super::plan::Plan;
use super::super::schedule::Schedule;
use super::super::wiring::StereoBlock;
use super::{CHUNK_FRAMES, End, Options, RenderError, Rendered, Sink, SinkError};

/// -80 dBFS: what is below counts as silence at the end of a piece.
const INAUDIBLE: f32 = 1e-4;

/// How long it must be silent, at least, in seconds.
const HOLD_SECONDS: f64 = 0.5;

/// How long it must be silent, at least, in beats: long enough to wait for the next repeat of a slow delay.
const HOLD_BEATS: f64 = 2.0;

pub(super) struct Outlet<'a> {
    sink: &'a mut dyn Sink,
    progress: &'a (dyn Fn(f64) + Sync),
    /// Frames still to be cut off at the start.
    skip: u64,
    /// Latency of the plan, all of which is cut.
    latency: u64,
    /// Frames after which it ends at the latest.
    limit: u64,
    /// Where the ring-out starts, if silence may end it.
    music: Option<u64>,
    /// Frames of silence that end it.
    hold: u64,
    /// Frames taken so far.
    frames: u64,
    /// Frames up to the last audible one.
    sounding: u64,
    peaks: Vec<f32>,
    /// What has been taken since the last flush, by tap.
    waiting: Vec<(Vec<f32>, Vec<f32>)>,
    complete: bool,
    error: Option<SinkError>,
    cancelled: bool,
}

impl<'a> Outlet<'a> {
    pub(super) fn new(
        plan: &Plan,
        schedule: &Schedule,
        options: &Options<'a>,
        sink: &'a mut dyn Sink,
    ) -> Self {
        let rate = plan.sample_rate().as_f64();
        let end = schedule.transport().time_at(schedule.length());
        let (limit, music) = match options.end {
            End::AtFrame(frames) => (frames, None),
            End::AfterTail { max_seconds } => {
                let tail = (max_seconds.max(0.0) * rate) as u64;
                (schedule.length().saturating_add(tail), Some(schedule.length()))
            }
        };
        let taps = 1 + plan.tap_feeds().len();
        let latency = u64::from(plan.latency());
        Self {
            sink,
            progress: options.progress,
            skip: latency,
            latency,
            limit,
            music,
            hold: (f64::max(HOLD_SECONDS, HOLD_BEATS * 60.0 / end.bpm) * rate) as u64,
            frames: 0,
            sounding: 0,
            peaks: vec![0.0; taps],
            waiting: vec![
                (Vec::with_capacity(CHUNK_FRAMES), Vec::with_capacity(CHUNK_FRAMES));
                taps
            ],
            complete: limit == 0,
            error: None,
            cancelled: false,
        }
    }

    /// Frames that the graph has to run at most.
    pub(super) fn longest(&self) -> u64 {
        self.limit.saturating_add(self.latency)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// Takes a block of the mix and of all stems.
    pub(super) fn take(&mut self, left: &[f32], right: &[f32], taps: &[StereoBlock]) {
        if self.complete {
            return;
        }
        let skip = self.skip.min(BLOCK as u64) as usize;
        self.skip -= skip as u64;
        let count = (self.limit - self.frames).min((BLOCK - skip) as u64) as usize;
        let (left, right) = (&left[skip..skip + count], &right[skip..skip + count]);
        let audible = left.iter().zip(right).rposition(|(l, r)| l.abs().max(r.abs()) >= INAUDIBLE);
        if let Some(last) = audible {
            self.sounding = self.frames + last as u64 + 1;
        }
        let inputs = taps.iter().map(StereoBlock::as_input);
        let stems =
            inputs.map(|tap| (&tap.left[skip..skip + count], &tap.right[skip..skip + count]));
        let all = std::iter::once((left, right)).chain(stems);
        for (((left, right), (to_left, to_right)), peak) in
            all.zip(&mut self.waiting).zip(&mut self.peaks)
        {
            to_left.extend_from_slice(left);
            to_right.extend_from_slice(right);
            *peak = left.iter().chain(right).fold(*peak, |peak, x| peak.max(x.abs()));
        }
        self.frames += count as u64;
        let rung_out =
            self.music.is_some_and(|music| self.frames >= music.max(self.sounding) + self.hold);
        self.complete = self.frames >= self.limit || rung_out;
    }

    /// Hands all that was taken to the sink. Answers whether there is more to come.
    pub(super) fn flush(&mut self) -> bool {
        for (tap, (left, right)) in self.waiting.iter_mut().enumerate() {
            if !left.is_empty()
                && self.error.is_none()
                && let Err(error) = self.sink.write(tap, left, right)
            {
                self.error = Some(error);
            }
            left.clear();
            right.clear();
        }
        // Most ring-outs end long before the limit, so progress is counted against the music and a short tail.
        let expected =
            self.music.map_or(self.limit, |music| self.limit.min(music + 4 * self.hold)).max(1);
        let share =
            if self.complete { 1.0 } else { (self.frames as f64 / expected as f64).min(0.999) };
        (self.progress)(share);
        !self.complete && self.error.is_none()
    }

    pub(super) fn finish(self, breakdowns: Vec<(String, u32)>) -> Result<Rendered, RenderError> {
        match self.error {
            Some(error) => Err(RenderError::Sink(error)),
            None if self.cancelled || !self.complete => Err(RenderError::Cancelled),
            None => Ok(Rendered {
                frames: self.frames,
                sounding_frames: self.sounding,
                peaks: self.peaks,
                breakdowns,
            }),
        }
    }
}
