//! What happens to a whole output of a kit: saturation, and the dust of an old sampler (held samples, 12 bits, a dull
//! filter). Thread: audio; nothing allocates.

use crate::dsp::svf::{OnePole, Svf};

/// The level that saturation leaves where it is (-6 dBFS, a kick).
const ANCHOR: f32 = 0.5;

/// Saturates: what is near -6 dBFS stays there, softer things come up, louder ones are held. `drive` 0 (none) to 1.
pub(super) fn saturate(samples: &mut [f32], drive: f32) {
    if drive <= 0.0 {
        return;
    }
    let push = 0.05 + 2.5 * drive;
    let (into, out) = (push / ANCHOR, ANCHOR / curve(push));
    for y in samples {
        *y = curve(*y * into) * out;
    }
}

/// The first terms of tanh as a fraction (Lambert): like it within 2.5 % and exactly 1 from 3 on, without an exponential.
#[inline]
fn curve(x: f32) -> f32 {
    let x = x.clamp(-3.0, 3.0);
    let u = x * x;
    x * (27.0 + u) / (27.0 + 9.0 * u)
}

/// The sound path of a 12-bit sampler, one channel. The numbers are those of the late 1980s: 26 kHz, 12 bits.
pub(super) struct Dust {
    clock: f32,
    step: f32,
    held: f32,
    before: OnePole,
    after: Svf,
}

/// Levels from zero to full scale: 11 bits and the sign.
const LEVELS: f32 = 2048.0;

impl Dust {
    pub(super) fn new(sample_rate: f32) -> Self {
        Self {
            clock: 0.0,
            step: (26_040.0 / sample_rate).min(1.0),
            held: 0.0,
            before: OnePole::new(9_000.0, sample_rate),
            after: Svf::new(7_200.0, 0.75, sample_rate),
        }
    }

    pub(super) fn process(&mut self, samples: &mut [f32]) {
        for y in samples {
            let x = self.before.low(*y);
            self.clock += self.step;
            if self.clock >= 1.0 {
                self.clock -= 1.0;
                // Samplers were driven hot, so the steps are those of a signal 9 dB louder.
                let steps = x * (LEVELS * 2.8);
                self.held = ((steps + 12_582_912.0) - 12_582_912.0) * (1.0 / (LEVELS * 2.8));
            }
            *y = self.after.low(self.held);
        }
    }

    /// Forgets all; the kit calls it when nothing sounds, so that the next hit starts from the same state.
    pub(super) fn reset(&mut self) {
        (self.clock, self.held) = (0.0, 0.0);
        self.before.reset();
        self.after.reset();
    }
}
