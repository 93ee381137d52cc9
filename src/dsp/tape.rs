//! The sound of a tape machine: unsteady speed (wow and flutter), saturation, and a top end that ends early.

use super::delay::Ring;
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

    /// Takes a frame and gives one from the tape; `low_pass` of the settings is only read by [`Tape::set_low_pass`].
    /// Thread: audio.
    #[inline]
    pub fn next(&mut self, x: [f32; 2], settings: &TapeSettings) -> [f32; 2] {
        if self.until_drift == 0 {
            self.until_drift = (0.1 * self.sample_rate) as u32;
            self.drift.set(self.noise.next_sample());
        }
        self.until_drift -= 1;
        // A sine of excursion a and rate f bends the pitch by 2 pi f a; the excursions follow from the cents wanted.
        let wow = sin_turns(self.wow.next_phase()) * 0.7 + self.drift.next_value() * 0.6;
        let flutter = sin_turns(self.flutter.next_phase());
        let excursion = settings.wow * wow * 0.0020 + settings.flutter * flutter * 0.000_075;
        let distance = (Self::CENTRE + excursion) * self.sample_rate;
        // Level in, the same level out: only the bend of the curve grows. The offset gives some even harmonics.
        let level = 0.25 + 2.25 * settings.saturation;
        let mut out = [0.0; 2];
        for ((out, ring), (filters, x)) in
            out.iter_mut().zip(&mut self.rings).zip(self.low_pass.iter_mut().zip(x))
        {
            ring.push(drive(x * level, 0.08 * settings.saturation) / level);
            let [a, b] = filters;
            *out = b.low(a.low(ring.read_cubic(distance)));
        }
        out
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
            let ys = (0..192_000)
                .map(|i| tape.next([0.1 * sin_turns((i % 48) as f32 / 48.0); 2], &settings)[0])
                .collect::<Vec<_>>();
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
            (0..4_000).map(|_| tape.next([x; 2], &hot)[0]).last().unwrap()
        };
        assert!((settle(0.01) / 0.01 - 1.0).abs() < 0.02);
        assert!(settle(1.0) < 0.5);
    }
}
