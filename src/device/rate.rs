//! Another sample rate while the music plays: a polyphase windowed sinc that asks for what it needs.
//!
//! Flat to 20 kHz at 44.1 kHz and above, images and aliases of what lies below 20 kHz under -100 dB. The filter is centred, so
//! nothing is late against the other channel or against itself; what it costs is that the source is asked some frames ahead
//! ([`Converter::ahead`]). It does not follow the drift between two clocks. Source: Smith, "Digital Audio Resampling"; the
//! window is Kaiser's (Kaiser, "Nonrecursive digital filter design", 1974).

use crate::audio::windowed_sinc::{LANES, dot, kernel};

/// Zero crossings of the sinc on each side. With the window below, the edge is 3.2 kHz wide at 44.1 kHz: 20.4 to 23.7 kHz.
const CROSSINGS: f64 = 48.0;
/// Shape of Kaiser's window for a stop band of -108 dB.
const BETA: f64 = 11.0;
/// Most filter phases that are tabulated. Common pairs of rates need a few hundred; odd ones read between two phases.
const MAX_PHASES: u64 = 1_024;
/// Most frames that the source is asked for at once.
pub(crate) const PULL: usize = 512;

/// Changes the sample rate of a stereo stream. Allocates when it is made and never after. Thread: audio after `new`.
pub(crate) struct Converter {
    /// Input frames for an output frame, as a reduced fraction.
    over: u64,
    under: u64,
    /// The place between two input frames of the next output, in parts of `under`.
    phase: u64,
    /// Weights, `row` of them for each phase and one row more for reading between two.
    weights: Box<[f32]>,
    row: usize,
    phases: u64,
    exact: bool,
    reach: usize,
    /// Input frames that are still needed, left and right; the window of the next output begins at `start`.
    history: [Box<[f32]>; 2],
    start: usize,
    filled: usize,
}

impl Converter {
    /// From one rate in Hz to another, each at least 1. Thread: control.
    pub(crate) fn new(from: u32, to: u32) -> Self {
        let (from, to) = (u64::from(from.max(1)), u64::from(to.max(1)));
        let divisor = gcd(from, to);
        let (over, under) = (from / divisor, to / divisor);
        let exact = under <= MAX_PHASES;
        let phases = if exact { under } else { MAX_PHASES };
        let cutoff = (to as f64 / from as f64).min(1.0);
        let half = CROSSINGS / cutoff;
        let reach = libm::ceil(half) as usize;
        let row = (2 * reach).next_multiple_of(LANES);
        let mut weights = Vec::with_capacity((phases as usize + 1) * row);
        for phase in 0..=phases {
            let offset = phase as f64 / phases as f64;
            let taps: Vec<_> = (0..row)
                .map(|tap| kernel(tap as f64 + 1.0 - reach as f64 - offset, cutoff, half, BETA))
                .collect();
            // Every phase passes a constant unchanged, so that no pattern of the phases is heard.
            let sum = taps.iter().sum::<f64>();
            weights.extend(taps.iter().map(|tap| (tap / sum) as f32));
        }
        let capacity = row + PULL + over.div_ceil(under) as usize;
        let silence = || vec![0.0; capacity].into_boxed_slice();
        Self {
            over,
            under,
            phase: 0,
            weights: weights.into_boxed_slice(),
            row,
            phases,
            exact,
            reach,
            history: [silence(), silence()],
            start: 0,
            // Silence before the first frame, so that the first output has its full window.
            filled: reach - 1,
        }
    }

    /// Frames of the source that it is ahead of what is heard.
    pub(crate) fn ahead(&self) -> usize {
        self.row + 1 - self.reach
    }

    /// Fills both outputs, of equal length. `pull` is asked for as many frames of the source as are needed, at most [`PULL`]
    /// at once, into slices of silence. Thread: audio.
    pub(crate) fn render(
        &mut self,
        left: &mut [f32],
        right: &mut [f32],
        mut pull: impl FnMut(&mut [f32], &mut [f32]),
    ) {
        let outputs = left.len().min(right.len());
        for (done, (left, right)) in left.iter_mut().zip(right.iter_mut()).enumerate() {
            while self.filled < self.start + self.row {
                self.refill((outputs - done) as u64, &mut pull);
            }
            *left = self.at(0);
            *right = self.at(1);
            self.phase += self.over;
            self.start += (self.phase / self.under) as usize;
            self.phase %= self.under;
        }
    }

    /// Moves what is still needed to the front and asks for as much as the next outputs need and fits.
    fn refill(&mut self, outputs: u64, pull: &mut impl FnMut(&mut [f32], &mut [f32])) {
        let from = self.start.min(self.filled);
        for plane in &mut self.history {
            plane.copy_within(from..self.filled, 0);
        }
        self.filled -= from;
        self.start -= from;
        let last = self.start + ((self.phase + (outputs - 1) * self.over) / self.under) as usize;
        let capacity = self.history.first().map_or(0, |plane| plane.len());
        let end = (last + self.row).min(capacity).min(self.filled + PULL);
        let [left, right] = &mut self.history;
        if let (Some(left), Some(right)) =
            (left.get_mut(self.filled..end), right.get_mut(self.filled..end))
        {
            left.fill(0.0);
            right.fill(0.0);
            pull(left, right);
        }
        self.filled = end;
    }

    /// The output of a channel at the present place.
    fn at(&self, channel: usize) -> f32 {
        let window = self
            .history
            .get(channel)
            .and_then(|plane| plane.get(self.start..self.start + self.row))
            .unwrap_or_default();
        let sum = |phase: usize| {
            let row = self.weights.get(phase * self.row..(phase + 1) * self.row);
            dot(row.unwrap_or_default(), window)
        };
        if self.exact {
            return sum(self.phase as usize);
        }
        let place = self.phase as f64 / self.under as f64 * self.phases as f64;
        let phase = place as usize;
        let blend = (place - phase as f64) as f32;
        sum(phase) * (1.0 - blend) + sum(phase + 1) * blend
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests;
