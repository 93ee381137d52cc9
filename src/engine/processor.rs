//! Plays a plan and a schedule from an audio callback of any size.
//!
//! The graph runs on a fixed grid of [`BLOCK`] frames that is anchored at the transport's origin; what a callback does
//! not take stays for the next one. So the callback's size has no influence on the sound, not even on its last bit.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::body::{Body, Moment};
use super::guard;
use super::node::{AudioIn, BLOCK, Event};
use super::plan::Plan;
use super::schedule::Schedule;
use super::segment::Segments;
use super::wiring::StereoBlock;

/// The realtime half of the engine: owns a plan and makes it sound. Built and dropped on a control thread, because both
/// allocate; everything between is for the audio thread.
pub struct GraphProcessor {
    plan: Plan,
    schedule: Arc<Schedule>,
    body: Body,
    /// Frames of the latest block that callbacks have taken.
    taken: usize,
    /// First frame of the next block.
    frame: u64,
    status: Status,
}

/// A snapshot for meters and displays. Peaks are the largest absolute samples since the last [`GraphProcessor::take_status`].
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Frames that have been played since the origin.
    pub frame: u64,
    /// Position in beats.
    pub beat: f64,
    /// Tempo in BPM.
    pub bpm: f64,
    /// Peak of the mix, linear.
    pub mix_peak: f32,
    /// Peak of each stem, linear, in the order of [`Plan::taps`].
    pub tap_peaks: Vec<f32>,
    /// How often nodes broke down (put out NaN, infinity or more than +80 dBFS) and were silenced, all nodes together.
    pub breakdowns: u32,
}

impl GraphProcessor {
    /// Prepares to play from the origin. Thread: control.
    pub fn new(plan: Plan, schedule: Arc<Schedule>) -> Self {
        let taps = plan.tap_feeds().len();
        let time = schedule.transport().time_at(0);
        Self {
            body: Body::new(plan.slots, taps),
            taken: BLOCK,
            frame: 0,
            status: Status {
                frame: 0,
                beat: time.beat,
                bpm: time.bpm,
                mix_peak: 0.0,
                tap_peaks: vec![0.0; taps],
                breakdowns: 0,
            },
            plan,
            schedule,
        }
    }

    /// The plan that is played.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Writes the next frames; both slices have the callback's length, of any size. Thread: audio.
    pub fn process(&mut self, left: &mut [f32], right: &mut [f32]) {
        guard::realtime(|| {
            let frames = left.len().min(right.len());
            let mut done = 0;
            while done < frames {
                if self.taken >= BLOCK {
                    self.run_block();
                }
                let count = (BLOCK - self.taken).min(frames - done);
                let from = self.taken..self.taken + count;
                left[done..done + count].copy_from_slice(&self.body.mix.left[from.clone()]);
                right[done..done + count].copy_from_slice(&self.body.mix.right[from]);
                self.taken += count;
                done += count;
            }
            self.status.frame += frames as u64;
        });
    }

    /// What node number `tap` of [`Plan::taps`] contributed to the latest block of 64 frames. Thread: audio.
    pub fn tap(&self, tap: usize) -> Option<AudioIn<'_>> {
        self.body.taps.get(tap).map(StereoBlock::as_input)
    }

    /// Hands a live event to a node, by its number in the plan; it takes effect with the next block. Thread: audio.
    pub fn handle(&mut self, node: usize, event: Event) {
        if let Some(runner) = self.plan.runners.get_mut(node) {
            guard::realtime(|| runner.handle(event));
        }
    }

    /// Copies the status into `target`, without allocation if `target` came from this processor, and starts new peaks.
    /// Thread: audio.
    pub fn take_status(&mut self, target: &mut Status) {
        let time = self.schedule.transport().time_at(self.status.frame);
        self.status.beat = time.beat;
        self.status.bpm = time.bpm;
        let Status { frame, beat, bpm, mix_peak, tap_peaks, breakdowns } = &self.status;
        target.tap_peaks.clone_from(tap_peaks);
        (target.frame, target.beat, target.bpm) = (*frame, *beat, *bpm);
        (target.mix_peak, target.breakdowns) = (*mix_peak, *breakdowns);
        self.status.mix_peak = 0.0;
        self.status.tap_peaks.fill(0.0);
    }

    /// The status as it is. Thread: control (it allocates).
    pub fn status(&self) -> Status {
        self.status.clone()
    }

    /// Back to the origin: silence, and all events again. Params keep the values that events gave them.
    pub fn rewind(&mut self) {
        self.plan.runners.iter_mut().for_each(super::runner::Runner::rewind);
        self.taken = BLOCK;
        self.frame = 0;
        self.status.frame = 0;
    }

    /// Runs the whole graph for the next block.
    fn run_block(&mut self) {
        let Self { plan, schedule, body, status, .. } = self;
        let segments = Segments::whole(schedule.transport().time_at(self.frame));
        let moment = Moment { segments: &segments, schedule, live: AudioIn::SILENCE };
        body.run(&plan.steps, plan.runners.iter_mut().map(Some), plan.out, moment);
        status.breakdowns = plan.runners.iter().map(super::runner::Runner::strikes).sum();
        status.mix_peak = status.mix_peak.max(body.mix.peak());
        for (peak, tap) in status.tap_peaks.iter_mut().zip(&body.taps) {
            *peak = peak.max(tap.peak());
        }
        self.taken = 0;
        self.frame += BLOCK as u64;
    }
}
