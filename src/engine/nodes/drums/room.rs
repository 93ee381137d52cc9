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
    wall: OnePole,
}

impl Room {
    /// A silent room that takes `seconds` to fall by 60 dB and darkens above `damp` Hz. Allocates.
    pub(super) fn new(seconds: f32, damp: f32, sample_rate: f32) -> Self {
        let lines = LENGTHS.map(|length| Line {
            buffer: vec![0.0; ((length * sample_rate) as usize).max(1)].into(),
            at: 0,
            // -60 dB are a factor of 2^-9.966.
            gain: exp2(-9.966 * length / seconds),
            wall: OnePole::new(damp, sample_rate),
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
        let [a, b, c, d] = &mut self.lines;
        for (l, r) in left.iter_mut().zip(right.iter_mut()) {
            // The low end stays dry, or it would boom.
            let mid = self.input.high(0.5 * (*l + *r));
            let side = 0.5 * (*l - *r);
            let (ya, yb, yc, yd) = (a.read(), b.read(), c.read(), d.read());
            // Householder: each line gets itself minus half of all, which keeps the energy and mixes all with all.
            let half = 0.5 * (ya + yb + yc + yd);
            a.write(mid + side + ya - half);
            b.write(mid - side + yb - half);
            c.write(-mid + yc - half);
            d.write(side - mid + yd - half);
            let (wet_l, wet_r) = (ya + 0.7 * yc - 0.4 * yd, yb + 0.7 * yd - 0.4 * yc);
            self.peak = self.peak.max(wet_l.abs()).max(wet_r.abs()).max(mid.abs() + side.abs());
            let amount = send * room.next_value();
            *l += amount * wet_l;
            *r += amount * wet_r;
        }
    }

    /// A look at whether it still sounds, which the kit takes every [`BLOCK`] frames of its own grid of time. A room that has
    /// been below -110 dBFS for longer than its longest delay is emptied.
    pub(super) fn settle(&mut self) {
        self.quiet = if self.peak < 3e-6 { self.quiet + 1 } else { 0 };
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
            line.wall.reset();
        }
        self.input.reset();
        (self.peak, self.quiet, self.awake) = (0.0, 0, false);
    }
}

impl Line {
    #[inline]
    fn read(&self) -> f32 {
        self.buffer.get(self.at).copied().unwrap_or(0.0)
    }

    #[inline]
    fn write(&mut self, x: f32) {
        let x = self.wall.low(x) * self.gain;
        if let Some(slot) = self.buffer.get_mut(self.at) {
            *slot = x;
        }
        self.at += 1;
        if self.at >= self.buffer.len() {
            self.at = 0;
        }
    }
}
