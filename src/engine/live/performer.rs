//! The audio thread's half: takes commands between blocks, runs the plan, and changes over to the next one.

use super::super::body::Moment;
use super::super::guard;
use super::super::node::{BLOCK, BlockTime, Event};
use super::super::schedule::Schedule;
use super::super::segment::{Clock, Segments};
use super::super::wiring::{FADE_BLOCKS, StereoBlock};
use super::command::{AudioEnds, Command, ControlEnds, News, queues};
use super::swap::{Fate, LivePlan, Swap};
use super::{Callback, Snapshot, Xrun};
use crate::model::units::SampleRate;

use std::sync::Arc;

/// Most commands that are taken between two blocks, so that the work between them is bounded.
const MOST_COMMANDS: usize = 256;
/// Blocks between two looks at the latencies of all nodes.
const LATENCY_BLOCKS: u64 = 16;
/// Blocks over which a peak is held before the next begins: 21 ms at 48 kHz.
const PEAK_BLOCKS: u64 = 16;

/// The engine as a driver calls it.
pub(super) struct Performer {
    sample_rate: SampleRate,
    ends: AudioEnds,
    plan: Box<LivePlan>,
    clock: Clock,
    /// The next plan, while what leaves with this one fades out; and the blocks that this takes yet.
    pending: Option<(Box<Swap>, u32)>,
    veil: Veil,
    /// Blocks that have been run.
    blocks: u64,
    /// What the device's input has brought for the next block. It is one block late, so any callback size will do.
    incoming: StereoBlock,
    /// Musical time in the latest block.
    latest: Segments,
    /// Frames of the latest block that callbacks have taken.
    taken: usize,
    /// Peaks of this stretch and of the one before.
    peaks: [[f32; 2]; 2],
    snapshot: Snapshot,
}

/// The fade that hides the end of all sound in a panic.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Veil {
    Off,
    /// Blocks until it is closed.
    Closing(u32),
    /// Blocks until it is open.
    Opening(u32),
}

impl Performer {
    /// An engine without nodes, and the other ends of its queues. Thread: control.
    pub(super) fn new(sample_rate: SampleRate) -> (ControlEnds, Self) {
        let (control, ends) = queues();
        let schedule = Arc::new(Schedule::empty(0, sample_rate));
        let performer = Self {
            sample_rate,
            ends,
            plan: Box::new(LivePlan::empty(schedule)),
            clock: Clock::new(),
            pending: None,
            veil: Veil::Off,
            blocks: 0,
            incoming: StereoBlock::silence(),
            latest: Segments::whole(BlockTime::REST),
            taken: BLOCK,
            peaks: [[0.0; 2]; 2],
            snapshot: Snapshot::default(),
        };
        (control, performer)
    }

    fn tell(&mut self, news: News) {
        // What finds no room is dropped; see the queue.
        let _ = self.ends.news.push(news);
    }

    /// Takes what has been ordered since the last block.
    fn take_commands(&mut self) {
        for _ in 0..MOST_COMMANDS {
            let ready = match self.ends.commands.peek() {
                Err(_) => return,
                // One change after the other, and events for nodes that are yet to come wait with them.
                Ok(Command::Swap(_)) => self.pending.is_none(),
                Ok(Command::Event { key, .. }) => {
                    self.pending.is_none() || self.plan.place(*key).is_some()
                }
                Ok(_) => true,
            };
            if !ready {
                return;
            }
            let Ok(command) = self.ends.commands.pop() else { return };
            if let Command::Swap(swap) = command {
                self.begin(swap);
            } else {
                self.obey(command);
                self.snapshot.commands += 1;
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            // Begun where it was taken from the queue.
            Command::Swap(swap) => self.begin(swap),
            Command::Event { key, event } => {
                if let Some(runner) = self.plan.place(key).and_then(|p| self.plan.runner(p)) {
                    runner.handle(event);
                }
            }
            Command::Play(count_in) => self.clock.play(count_in),
            Command::Stop => self.clock.stop(),
            Command::Seek(frame) => self.clock.seek(frame),
            Command::Leap { to, grid } => {
                let transport = self.plan.schedule.transport();
                self.clock.leap(transport.next_line(self.clock.frame(), grid), to);
            }
            Command::Region(region) => self.clock.set_region(region),
            Command::AllNotesOff => {
                for runner in self.plan.runners.iter_mut().flatten() {
                    runner.handle(Event::AllNotesOff);
                }
            }
            Command::Panic => self.veil = Veil::Closing(FADE_BLOCKS),
        }
    }

    /// Lets go of what is not in the next plan.
    fn begin(&mut self, swap: Box<Swap>) {
        for &(node, port, index) in &swap.leaving {
            if let Some(runner) = self.plan.runner(node) {
                runner.wiring_mut().fade_out(port, index);
            }
        }
        // Before the first block there is nothing to hear, so nothing has to fade.
        let wait = if swap.leaving.is_empty() || self.blocks == 0 { 0 } else { FADE_BLOCKS };
        self.pending = Some((swap, wait));
        self.change_over();
    }

    /// Changes to the next plan if it is time, if no change of delay is in its fade, and if there is room for the old one.
    fn change_over(&mut self) {
        let Some((_, wait)) = &mut self.pending else { return };
        if *wait > 0 {
            *wait -= 1;
            return;
        }
        let mut runners = self.plan.runners.iter_mut().flatten();
        if runners.any(|runner| runner.wiring_mut().is_gliding()) || self.ends.garbage.is_full() {
            return;
        }
        let Some((mut swap, _)) = self.pending.take() else { return };
        let Swap { plan, fate, region, .. } = swap.as_mut();
        if *fate != Fate::Kept {
            let (old, new) = (self.plan.schedule.transport(), plan.schedule.transport());
            self.clock.rescale(|frame| new.frame_at(old.beat_at(frame)));
        }
        self.clock.set_region(*region);
        std::mem::swap(plan, &mut self.plan);
        // Now `plan` is the old one, which goes home to be freed with all that the change has left over.
        self.plan.take_over(plan, *fate);
        if self.blocks == 0 {
            for runner in self.plan.runners.iter_mut().flatten() {
                runner.wiring_mut().reset();
            }
        }
        self.snapshot.commands += 1;
        // There is room: that was a condition for the change.
        let _ = self.ends.garbage.push(swap);
    }

    /// Runs the graph for the next block.
    fn run_block(&mut self) {
        self.change_over();
        self.take_commands();
        let Self { plan, clock, incoming, .. } = self;
        let LivePlan { steps, runners, out, body, schedule, .. } = plan.as_mut();
        let before = clock.frame();
        let segments = clock.next_block(schedule.transport());
        let moment = Moment { segments: &segments, schedule, live: incoming.as_input() };
        body.run(steps, runners.iter_mut().map(Option::as_deref_mut), *out, moment);
        let (length, now) = (schedule.length(), clock.frame());
        let ended = length > 0 && before < length && now >= length;
        self.draw_veil();
        if self.clock.take_leapt() {
            self.tell(News::Leapt);
        }
        if ended && self.clock.region().is_none_or(|(_, end)| now >= end) {
            self.tell(News::Ended);
        }
        self.watch_nodes();
        self.hold_peaks();
        self.incoming.silent = true;
        self.latest = segments;
        self.taken = 0;
        self.blocks += 1;
    }

    fn draw_veil(&mut self) {
        let share = |blocks: u32| blocks as f32 / FADE_BLOCKS as f32;
        let step = 1.0 / (FADE_BLOCKS as usize * BLOCK) as f32;
        let mix = &mut self.plan.body.mix;
        match self.veil {
            Veil::Off => {}
            Veil::Closing(left) => {
                mix.scale_moving(share(left), -step);
                self.veil = Veil::Closing(left.saturating_sub(1));
                if left <= 1 {
                    self.plan.runners.iter_mut().flatten().for_each(|runner| runner.silence());
                    self.veil = Veil::Opening(FADE_BLOCKS);
                }
            }
            Veil::Opening(left) => {
                mix.scale_moving(1.0 - share(left), step);
                self.veil = if left <= 1 { Veil::Off } else { Veil::Opening(left - 1) };
            }
        }
    }

    /// Tells of breakdowns and of changed latencies.
    fn watch_nodes(&mut self) {
        let look = self.blocks.is_multiple_of(LATENCY_BLOCKS);
        let Self { plan, ends, .. } = self;
        for (runner, key) in plan.runners.iter_mut().zip(&plan.keys) {
            let Some(runner) = runner else { continue };
            if let Some(times) = runner.new_strikes() {
                let _ = ends.news.push(News::Broken { key: *key, times });
            }
            if look && let Some(frames) = runner.new_latency() {
                let _ = ends.news.push(News::Latency { key: *key, frames });
            }
        }
    }

    fn hold_peaks(&mut self) {
        if self.blocks.is_multiple_of(PEAK_BLOCKS) {
            self.peaks = [[0.0; 2], self.peaks[0]];
        }
        for (held, peak) in self.peaks[0].iter_mut().zip(self.plan.body.mix.peaks()) {
            *held = held.max(peak);
        }
    }

    fn publish(&mut self) {
        let transport = self.plan.schedule.transport();
        // Where the next frame to be put out is, which may be within a block that has been run already.
        let time = self.latest.time_at(self.taken, self.sample_rate.as_f64());
        let time = time.unwrap_or_else(|| self.clock.time(transport));
        let bar = transport.metres().bar_at(time.beat);
        let [now, before] = self.peaks;
        let snapshot = &mut self.snapshot;
        snapshot.position = time.frame;
        snapshot.beat = time.beat;
        snapshot.bpm = time.bpm;
        (snapshot.bar, snapshot.metre) = (bar.bar, bar.metre);
        snapshot.bar_beat = time.beat - bar.bar_beat;
        snapshot.playing = self.clock.is_playing();
        snapshot.counting_in = self.clock.is_counting_in();
        snapshot.looping = self.clock.region().is_some();
        snapshot.peaks = [now[0].max(before[0]), now[1].max(before[1])];
        self.ends.snapshot.write(*snapshot);
    }
}

impl Callback for Performer {
    fn sample_rate(&self) -> SampleRate {
        self.sample_rate
    }

    fn process(&mut self, input: Option<[&[f32]; 2]>, output: [&mut [f32]; 2]) {
        guard::realtime(|| {
            let [left, right] = output;
            let frames = left.len().min(right.len());
            let mut done = 0;
            while done < frames {
                if self.taken >= BLOCK {
                    self.run_block();
                }
                let count = (BLOCK - self.taken).min(frames - done);
                let (place, part) = (self.taken..self.taken + count, done..done + count);
                let mix = &self.plan.body.mix;
                left[part.clone()].copy_from_slice(&mix.left[place.clone()]);
                right[part.clone()].copy_from_slice(&mix.right[place.clone()]);
                self.incoming.fill(
                    place,
                    input.map(|sides| sides.map(|side| side.get(part.clone()).unwrap_or(&[]))),
                );
                self.taken += count;
                done += count;
            }
            self.snapshot.frames += frames as u64;
            self.publish();
        });
    }

    fn lost(&mut self, xrun: Xrun) {
        self.snapshot.xruns = self.snapshot.xruns.wrapping_add(1);
        self.tell(News::Xrun(xrun));
    }
}

/// What the device's input brings is silent until something has been written.
impl StereoBlock {
    /// Writes a part of the block; silence where there is no input or not enough of it.
    fn fill(&mut self, place: std::ops::Range<usize>, input: Option<[&[f32]; 2]>) {
        let sides = match input {
            Some(sides) if sides.iter().all(|side| side.len() == place.len()) => sides,
            _ if self.silent => return,
            _ => {
                self.left[place.clone()].fill(0.0);
                self.right[place].fill(0.0);
                return;
            }
        };
        if self.silent {
            self.left.fill(0.0);
            self.right.fill(0.0);
            self.silent = false;
        }
        self.left[place.clone()].copy_from_slice(sides[0]);
        self.right[place].copy_from_slice(sides[1]);
    }
}
