//! The sound of a tape machine: unsteady speed (wow and flutter), saturation, and a top end that ends early.

use super::delay::{RUN, Ring};
use super::math::sin_turns;
use super::modulation::Lfo;
use super::noise::{White, substream};
use super::saturation::drive;
use super::smooth::Glide;
use super::svf::OnePole;

/// How worn the machine is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TapeSettings {
    /// Slow unsteadiness, 0 to 1 (some 12 cents).
    pub wow: f32,
    /// Fast unsteadiness, 0 to 1 (some 6 cents).
    pub flutter: f32,
    /// Level onto the tape, 0 to 1.
    pub saturation: f32,
    /// Where the top end ends, Hz.
    pub low_pass: f32,
}

/// A stereo tape machine. Both tracks share the transport, so both move together.
#[derive(Debug, Clone)]
pub struct Tape {
    rings: [Ring; 2],
    low_pass: [[OnePole; 2]; 2],
    wow: Lfo,
    flutter: Lfo,
    /// What a capstan does by chance: filtered noise.
    drift: Glide,
    noise: White,
    until_drift: u32,
    sample_rate: f32,
}

impl Tape {
    /// Mean delay of the moving head, seconds.
    const CENTRE: f32 = 0.004;
    const WOW_HZ: f32 = 0.55;
    const FLUTTER_HZ: f32 = 7.3;

    /// A machine; `seed` draws its own drift.
    pub fn new(seed: u64, sample_rate: f32) -> Self {
        let ring = Ring::new((sample_rate * 0.02) as usize);
        let filter = OnePole::new(12_000.0, sample_rate);
        Self {
            rings: [ring.clone(), ring],
            low_pass: [[filter; 2]; 2],
            wow: Lfo::new(Self::WOW_HZ, 0.0, sample_rate),
            flutter: Lfo::new(Self::FLUTTER_HZ, 0.3, sample_rate),
            drift: Glide::new(0.0, 0.3, sample_rate),
            noise: White::new(&mut substream(seed, 1)),
            until_drift: 0,
            sample_rate,
        }
    }

    /// Sets the top end in Hz. Thread: audio.
    pub fn set_low_pass(&mut self, hz: f32) {
        let rate = self.sample_rate;
        self.low_pass.iter_mut().flatten().for_each(|filter| filter.set(hz, rate));
    }

    /// Sends a run of at most 64 frames over the tape, in place; `low_pass` of the settings is only read by
    /// [`Tape::set_low_pass`]. Both slices have one length. Thread: audio.
    pub fn run(&mut self, left: &mut [f32], right: &mut [f32], settings: &TapeSettings) {
        let count = left.len().min(RUN);
        let (mut wow, mut flutter) = ([0.0f32; RUN], [0.0f32; RUN]);
        self.wow.next_phases(&mut wow[..count]);
        self.flutter.next_phases(&mut flutter[..count]);
        let mut drifts = [0.0f32; RUN];
        for drift in &mut drifts[..count] {
            if self.until_drift == 0 {
                self.until_drift = (0.1 * self.sample_rate) as u32;
                self.drift.set(self.noise.next_sample());
            }
            self.until_drift -= 1;
            *drift = self.drift.next_value();
        }
        // A sine of excursion a and rate f bends the pitch by 2 pi f a; the excursions follow from the cents wanted.
        let mut distances = [0.0f32; RUN];
        let moves = wow.iter().zip(&flutter).zip(&drifts);
        for (distance, ((wow, flutter), drift)) in distances.iter_mut().zip(moves) {
            let wow = sin_turns(*wow) * 0.7 + drift * 0.6;
            let flutter = sin_turns(*flutter);
            let excursion = settings.wow * wow * 0.0020 + settings.flutter * flutter * 0.000_075;
            *distance = (Self::CENTRE + excursion) * self.sample_rate;
        }
        // Level in, the same level out: only the bend of the curve grows. The offset gives some even harmonics.
        let level = 0.25 + 2.25 * settings.saturation;
        let bias = 0.08 * settings.saturation;
        let (left, right) = (&mut left[..count], &mut right[..count]);
        for (ring, samples) in self.rings.iter_mut().zip([&mut *left, &mut *right]) {
            for x in samples.iter_mut() {
                *x = drive(*x * level, bias) / level;
            }
            ring.push_run(samples);
            ring.read_cubic_run(&distances[..count], samples);
        }
        // All four filters at once: each waits only for itself.
        let [[mut la, mut lb], [mut ra, mut rb]] = self.low_pass;
        for (l, r) in left.iter_mut().zip(right) {
            *l = lb.low(la.low(*l));
            *r = rb.low(ra.low(*r));
        }
        self.low_pass = [[la, lb], [ra, rb]];
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.rings.iter_mut().for_each(Ring::reset);
        self.low_pass.iter_mut().flatten().for_each(OnePole::reset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_machine_is_a_delay_and_a_worn_one_bends_the_pitch() {
        let still = TapeSettings { wow: 0.0, flutter: 0.0, saturation: 0.0, low_pass: 20_000.0 };
        let crossings = |settings: TapeSettings| {
            let mut tape = Tape::new(3, 48_000.0);
            tape.set_low_pass(settings.low_pass);
            let mut ys =
                (0..192_000).map(|i| 0.1 * sin_turns((i % 48) as f32 / 48.0)).collect::<Vec<_>>();
            let mut other = ys.clone();
            for (l, r) in ys.chunks_mut(64).zip(other.chunks_mut(64)) {
                tape.run(l, r, &settings);
            }
            assert_eq!(ys, other, "both tracks share the transport");
            let ups =
                (1..ys.len()).filter(|&i| ys[i - 1] < 0.0 && ys[i] >= 0.0).collect::<Vec<_>>();
            let periods = ups.windows(2).map(|w| w[1] - w[0]).collect::<Vec<_>>();
            (periods.iter().min().copied(), periods.iter().max().copied())
        };
        let (low, high) = crossings(still);
        assert!(low >= Some(47) && high <= Some(49));
        let (low, high) = crossings(TapeSettings { wow: 1.0, flutter: 1.0, ..still });
        assert!(high > low);
    }

    #[test]
    fn saturation_keeps_quiet_sounds_and_holds_loud_ones() {
        let hot = TapeSettings { wow: 0.0, flutter: 0.0, saturation: 1.0, low_pass: 24_000.0 };
        let settle = |x: f32| {
            let mut tape = Tape::new(3, 48_000.0);
            tape.set_low_pass(24_000.0);
            let mut last = [x; 64];
            for _ in 0..64 {
                last = [x; 64];
                tape.run(&mut last, &mut [x; 64], &hot);
            }
            last[63]
        };
        assert!((settle(0.01) / 0.01 - 1.0).abs() < 0.02);
        assert!(settle(1.0) < 0.5);
    }
}
