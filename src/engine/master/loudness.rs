//! Integrated loudness by ITU-R BS.1770-5 in a form that suits a search: the K-weighted energy of short groups of frames
//! is measured once, and any gain over time can then be judged without filtering again.

use crate::dsp::biquad::{Biquad, Coefficients};

/// Frames of a group.
pub(super) const GROUP: usize = 16;

/// The two K-weighting filters for any sample rate: the analogue prototypes behind the standard's table at 48 kHz.
pub(super) fn k_weighting(rate: f64) -> [Coefficients; 2] {
    let k = |hz: f64| libm::tan(std::f64::consts::PI * hz / rate);
    let (high, q, db) = (1_681.974_450_955_533, 0.707_175_236_955_419_6, 3.999_843_853_973_347);
    let tan = k(high);
    let top = libm::pow(10.0, db / 20.0);
    let middle = libm::pow(top, 0.499_666_774_154_541_6);
    let shelf = Coefficients::from_parts(
        [
            top + middle * tan / q + tan * tan,
            2.0 * (tan * tan - top),
            top - middle * tan / q + tan * tan,
        ],
        [1.0 + tan / q + tan * tan, 2.0 * (tan * tan - 1.0), 1.0 - tan / q + tan * tan],
    );
    let (low, q) = (38.135_470_876_024_44, 0.500_327_037_323_877_3);
    let tan = k(low);
    let a0 = 1.0 + tan / q + tan * tan;
    // The standard's numerator is 1, -2, 1 without the usual factor, so it is scaled up by a0 here.
    let cut = Coefficients::from_parts(
        [a0, -2.0 * a0, a0],
        [a0, 2.0 * (tan * tan - 1.0), 1.0 - tan / q + tan * tan],
    );
    [shelf, cut]
}

/// Sums K-weighted energy, both channels together.
pub(super) struct Meter {
    filters: [Biquad; 2],
    /// Energy of each whole group.
    groups: Vec<f32>,
    open: f64,
    open_frames: usize,
    frames: usize,
    rate: f64,
}

impl Meter {
    /// A meter for a piece of a length in frames.
    pub(super) fn new(rate: f64, frames: usize) -> Self {
        Self {
            filters: k_weighting(rate).map(Biquad::new),
            groups: Vec::with_capacity(frames / GROUP + 1),
            open: 0.0,
            open_frames: 0,
            frames: 0,
            rate,
        }
    }

    /// Takes the next frames. Never allocates within the length that was promised.
    pub(super) fn take(&mut self, left: &[f32], right: &[f32]) {
        let [shelf, cut] = &mut self.filters;
        for (l, r) in left.iter().zip(right) {
            let [l, r] = cut.tick(shelf.tick([f64::from(*l), f64::from(*r)]));
            self.open += l * l + r * r;
            self.open_frames += 1;
            if self.open_frames == GROUP {
                self.groups.push(self.open as f32);
                (self.open, self.open_frames) = (0.0, 0);
            }
        }
        self.frames += left.len().min(right.len());
    }

    /// Energies of the groups; the rest of a group at the end is left out.
    pub(super) fn groups(&self) -> &[f32] {
        &self.groups
    }

    /// Integrated loudness, LUFS.
    pub(super) fn integrated(&self) -> f64 {
        integrated(self.groups.iter().map(|e| f64::from(*e)), self.frames, self.rate)
    }
}

/// Integrated loudness in LUFS from the energies of groups: blocks of 400 ms every 100 ms, an absolute gate at -70 LUFS
/// and a relative one at -10 LU. A piece of less than one block is one block as it is.
pub(super) fn integrated(energies: impl Iterator<Item = f64>, frames: usize, rate: f64) -> f64 {
    // Energies of the steps of 100 ms. Their edges fall within groups, which moves a block by a third of a millisecond.
    let step = rate * 0.1;
    let steps = (frames as f64 / step) as usize;
    let mut sums = vec![0.0f64; steps + 1];
    let mut total = 0.0;
    for (group, energy) in energies.enumerate() {
        let index = ((group * GROUP + GROUP / 2) as f64 / step) as usize;
        if let Some(sum) = sums.get_mut(index) {
            *sum += energy;
        }
        total += energy;
    }
    let lufs = |power: f64| -0.691 + 10.0 * libm::log10(power.max(1e-30));
    if steps < 4 {
        return lufs(total / frames.max(1) as f64);
    }
    let blocks =
        sums[..steps].windows(4).map(|w| w.iter().sum::<f64>() / (4.0 * step)).collect::<Vec<_>>();
    let gated = |gate: f64| {
        let loud = blocks.iter().copied().filter(|power| lufs(*power) > gate);
        let (sum, count) = loud.fold((0.0, 0u32), |(sum, count), power| (sum + power, count + 1));
        if count == 0 { 0.0 } else { sum / f64::from(count) }
    };
    let absolute = gated(-70.0);
    if absolute == 0.0 {
        // All of it lies under the absolute gate; an ungated figure still serves to raise it.
        return lufs(total / frames.max(1) as f64);
    }
    lufs(gated((lufs(absolute) - 10.0).max(-70.0)))
}
