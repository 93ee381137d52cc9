//! The small room around a kit: a network of four short delays that feed each other (Jot & Chaigne, AES 90, 1991), with
//! walls that swallow highs. About 0.35 s to -60 dB; not a reverb for effect, only the air that makes a close drum real.
//!
//! Thread: audio after construction; nothing allocates after that.

use crate::dsp::math::exp2;
use crate::dsp::smooth::Smoothed;
use crate::dsp::svf::OnePole;
use crate::engine::node::BLOCK;

/// Lengths of the delays in seconds: no common factors, the first reflection after 7 ms.
const LENGTHS: [f32; 4] = [0.007_1, 0.010_3, 0.013_9, 0.018_7];

/// A stereo room of one output of a kit.
pub(super) struct Room {
    lines: [Line; 4],
    input: OnePole,
    /// The loudest sample, going in or coming out, since the last look.
    peak: f32,
    /// Looks in a row that found nothing.
    quiet: u32,
    awake: bool,
}

struct Line {
    buffer: Box<[f32]>,
    at: usize,
    gain: f32,
    /// The sample before, for the wall.
    last: f32,
}

/// How much of the sample before a wall mixes in: a gentle low-pass without feedback, which the compiler can run in lanes.
const WALL: f32 = 0.22;

impl Room {
    /// A silent room that takes `seconds` to fall by 60 dB at low frequencies. Allocates.
    pub(super) fn new(seconds: f32, sample_rate: f32) -> Self {
        let lines = LENGTHS.map(|length| Line {
            buffer: vec![0.0; ((length * sample_rate) as usize).max(BLOCK)].into(),
            at: 0,
            // -60 dB are a factor of 2^-9.966.
            gain: exp2(-9.966 * length / seconds),
            last: 0.0,
        });
        Self { lines, input: OnePole::new(180.0, sample_rate), peak: 0.0, quiet: 0, awake: false }
    }

    /// Adds the room's answer at level `send * room`; the dry sound stays as it is.
    pub(super) fn process(
        &mut self,
        left: &mut [f32],
        right: &mut [f32],
        send: f32,
        room: &mut Smoothed,
    ) {
        self.awake = true;
        let mut start = 0;
        while start < left.len() {
            let count = (left.len() - start).min(BLOCK);
            let (Some(left), Some(right)) =
                (left.get_mut(start..start + count), right.get_mut(start..start + count))
            else {
                return;
            };
            self.block(left, right, send, room);
            start += count;
        }
    }

    /// One block, shorter than the shortest delay, so that all reads come before all writes.
    fn block(&mut self, left: &mut [f32], right: &mut [f32], send: f32, room: &mut Smoothed) {
        let mut taps = [[0.0_f32; BLOCK]; 4];
        for (tap, line) in taps.iter_mut().zip(&self.lines) {
            line.read(tap);
        }
        let [a, b, c, d] = &mut taps;
        let (mut mids, mut amounts) = ([0.0_f32; BLOCK], [0.0_f32; BLOCK]);
        for ((mid, amount), (l, r)) in
            mids.iter_mut().zip(&mut amounts).zip(left.iter().zip(right.iter()))
        {
            *mid = 0.5 * (l + r);
            *amount = send * room.next_value();
        }
        // The low end stays dry, or it would boom.
        self.input.high_run(&mut mids[..left.len()]);
        let mut peaks = [0.0_f32; BLOCK];
        let taps_of_frame = a.iter_mut().zip(b.iter_mut()).zip(c.iter_mut().zip(d.iter_mut()));
        let frames = left.iter_mut().zip(right.iter_mut()).zip(mids.iter().zip(&amounts));
        for ((((l, r), (mid, amount)), ((a, b), (c, d))), peak) in
            frames.zip(taps_of_frame).zip(&mut peaks)
        {
            let side = 0.5 * (*l - *r);
            let (wet_l, wet_r) = (*a + 0.7 * *c - 0.4 * *d, *b + 0.7 * *d - 0.4 * *c);
            *peak = wet_l.abs() + wet_r.abs() + mid.abs() + side.abs();
            *l += amount * wet_l;
            *r += amount * wet_r;
            // Householder: each line gets itself minus half of all, which keeps the energy and mixes all with all.
            let half = 0.5 * (*a + *b + *c + *d);
            *a += mid + side - half;
            *b += mid - side - half;
            *c -= mid + half;
            *d += side - mid - half;
        }
        for (tap, line) in taps.iter().zip(&mut self.lines) {
            line.write(tap.get(..left.len()).unwrap_or_default());
        }
        self.peak = peaks.iter().fold(self.peak, |m, p| m.max(*p));
    }

    /// A look at whether it still sounds, which the kit takes every [`BLOCK`] frames of its own grid of time. A room that has
    /// been below -94 dBFS for longer than its longest delay is emptied.
    pub(super) fn settle(&mut self) {
        self.quiet = if self.peak < 2e-5 { self.quiet + 1 } else { 0 };
        self.peak = 0.0;
        let longest = self.lines.iter().map(|l| l.buffer.len()).max().unwrap_or(0);
        if self.awake && self.quiet as usize * BLOCK > longest + BLOCK {
            self.reset();
        }
    }

    pub(super) fn is_awake(&self) -> bool {
        self.awake
    }

    pub(super) fn reset(&mut self) {
        for line in &mut self.lines {
            line.buffer.fill(0.0);
            line.last = 0.0;
        }
        self.input.reset();
        (self.peak, self.quiet, self.awake) = (0.0, 0, false);
    }
}

impl Line {
    /// The next frames to come out.
    fn read(&self, out: &mut [f32; BLOCK]) {
        let first = (self.buffer.len() - self.at).min(BLOCK);
        let (head, tail) = out.split_at_mut(first);
        head.copy_from_slice(&self.buffer[self.at..self.at + first]);
        tail.copy_from_slice(&self.buffer[..tail.len()]);
    }

    /// Puts as many frames in their place.
    fn write(&mut self, samples: &[f32]) {
        let Some(last) = samples.last().copied() else { return };
        let mut damped = [0.0_f32; BLOCK];
        let damped = &mut damped[..samples.len().min(BLOCK)];
        damped[0] = self.gain * ((1.0 - WALL) * samples[0] + WALL * self.last);
        for ((y, x), before) in damped[1..].iter_mut().zip(&samples[1..]).zip(samples) {
            *y = self.gain * ((1.0 - WALL) * x + WALL * before);
        }
        let first = (self.buffer.len() - self.at).min(damped.len());
        let (head, tail) = damped.split_at(first);
        self.buffer[self.at..self.at + first].copy_from_slice(head);
        self.buffer[..tail.len()].copy_from_slice(tail);
        self.at += damped.len();
        if self.at >= self.buffer.len() {
            self.at -= self.buffer.len();
        }
        self.last = last;
    }
}
