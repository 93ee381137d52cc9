//! A four-pole transistor-ladder low-pass with a saturating input, in zero-delay-feedback form.
//!
//! Source: V. Zavalishin, "The Art of VA Filter Design" 2.1.2, chapter 5 (the TPT ladder with one nonlinearity, solved
//! linearly and then saturated). It is mono; oversampling, where the drive asks for it, is the caller's.

use super::math::tanh;

/// The filter's memory and coefficients.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ladder {
    state: [f32; 4],
    g: f32,
    k: f32,
}

impl Ladder {
    /// Sets cutoff (Hz, held below 0.45 of the sample rate) and resonance (0 to 1; it sings from about 0.97).
    pub fn set(&mut self, cutoff_hz: f32, resonance: f32, sample_rate: f32) {
        let hz = cutoff_hz.clamp(10.0, 0.45 * sample_rate);
        let warped = libm::tanf(core::f32::consts::PI * hz / sample_rate);
        self.g = warped / (1.0 + warped);
        self.k = 4.1 * resonance.clamp(0.0, 1.0);
    }

    /// Forgets all sound.
    pub fn reset(&mut self) {
        self.state = [0.0; 4];
    }

    /// Filters one frame. `drive` of 1 is nearly clean for signals of about 0.5.
    #[inline]
    pub fn process(&mut self, input: f32, drive: f32) -> f32 {
        let g = self.g;
        let [s1, s2, s3, s4] = self.state;
        // The output is a known gain of the input plus what the states alone would give: solve the loop for the input.
        let rest = 1.0 - g;
        let sigma = rest * (((s1 * g + s2) * g + s3) * g + s4);
        let g4 = g * g * g * g;
        let fed_back = (g4 * input + sigma) / (1.0 + self.k * g4);
        // A part of the resonance is given back to the input, so that the bass stays when the filter is sharp.
        let x = tanh(drive * (input * (1.0 + 0.35 * self.k) - self.k * fed_back)) / drive;
        let mut stage = x;
        for s in &mut self.state {
            let v = g * (stage - *s);
            let y = v + *s;
            *s = y + v;
            stage = y;
        }
        stage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain_at(hz: f32, cutoff: f32, resonance: f32) -> f32 {
        let mut ladder = Ladder::default();
        ladder.set(cutoff, resonance, 48_000.0);
        let mut energy = 0.0;
        for i in 0..9600 {
            let x = 0.01 * libm::sinf(core::f32::consts::TAU * hz * i as f32 / 48_000.0);
            let y = ladder.process(x, 1.0);
            if i >= 4800 {
                energy += y * y;
            }
        }
        (energy / 4800.0 * 2.0).sqrt() / 0.01
    }

    #[test]
    fn falls_by_twenty_four_decibels_an_octave() {
        let (one, two) = (gain_at(2000.0, 500.0, 0.0), gain_at(4000.0, 500.0, 0.0));
        let slope = 20.0 * libm::log10f(one / two);
        assert!((21.0..26.0).contains(&slope), "slope {slope} dB");
        assert!((gain_at(50.0, 1000.0, 0.0) - 1.0).abs() < 0.03);
    }

    #[test]
    fn resonance_lifts_the_cutoff() {
        assert!(gain_at(1000.0, 1000.0, 0.85) > 4.0 * gain_at(1000.0, 1000.0, 0.0));
    }

    #[test]
    fn stays_finite_when_it_sings_and_the_input_is_hot() {
        let mut ladder = Ladder::default();
        ladder.set(18_000.0, 1.0, 48_000.0);
        for i in 0..48_000 {
            let y = ladder.process(if i % 7 < 3 { 8.0 } else { -8.0 }, 4.0);
            assert!(y.is_finite() && y.abs() < 20.0);
        }
    }
}
