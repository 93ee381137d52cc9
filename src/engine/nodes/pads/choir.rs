//! A choir: a section of glottal pulses and breath through formants that wander between "a", "o" and "u".

use crate::dsp::formant::{Peak, Resonances, VOWELS};
use crate::dsp::math::sin_turns;
use crate::dsp::voices::{Knob, Mode, Shape};
use crate::engine::node::{BlockTime, BuildContext, BuildError, Descriptor, Processor, Settings};

use super::super::instrument::ensemble::Chorus;
use super::super::instrument::saws::{
    self, Controls, Filter, OFF, Recipe, SawPatch, SawVoice, lane,
};
use super::super::instrument::{GAIN, PAN, Sound, attack, pitched, release, seed, share};

pub(crate) static CHOIR: Descriptor = pitched(
    "pad.choir",
    "Choir",
    "A small choir on an open vowel that moves from \"u\" over \"o\" to \"a\".",
    &[
        GAIN,
        PAN,
        share("tone", "Vowel", 0.6, "From \"u\" (0) over \"o\" (0.5) to \"a\" (1)."),
        attack(0.28),
        release(1.3),
        super::DETUNE,
        super::WIDTH,
        share("vibrato", "Vibrato", 0.5, "Depth of the singers' vibrato."),
        share("chorus", "Chorus", 0.4, "A slow stereo chorus."),
    ],
);

pub(crate) struct Choir {
    recipe: Recipe,
    controls: Controls,
    vowel: Knob,
    drift: f32,
    mouth: Resonances,
    chorus: Chorus,
    sample_rate: f32,
}

impl SawPatch for Choir {
    fn recipe(&self) -> &Recipe {
        &self.recipe
    }
    fn controls(&self) -> &Controls {
        &self.controls
    }
}

impl Sound for Choir {
    type Voice = SawVoice<Self>;

    fn set(&mut self, param: &str, value: f32) {
        match param {
            "tone" => self.vowel.target = value,
            "chorus" => self.chorus.mix = value,
            _ => {
                self.controls.set(param, value);
            }
        }
    }

    fn prepare(&mut self, frames: usize, _time: &BlockTime) {
        self.controls.advance(frames, self.sample_rate);
        let vowel = self.vowel.advance(frames, self.sample_rate).to;
        self.drift += 0.13 * frames as f32 / self.sample_rate;
        self.drift -= libm::floorf(self.drift);
        let at = (vowel + 0.08 * sin_turns(self.drift)).clamp(0.0, 1.0) * 2.0;
        let [a, o, u] = &VOWELS;
        let (from, to, x) = if at < 1.0 { (u, o, at) } else { (o, a, at - 1.0) };
        let mut peaks = [Peak::new(1000.0, 1.0, 0.0); 4];
        for (peak, (from, to)) in peaks.iter_mut().zip(from.iter().zip(to)) {
            *peak = Peak::between(from, to, x);
            // A section blurs the formants of its singers into wider ones.
            peak.q *= 0.6;
        }
        self.mouth.set(&peaks, self.sample_rate);
    }

    fn finish(&mut self, left: &mut [f32], right: &mut [f32]) {
        self.mouth.process(left, right, 0.10);
        self.chorus.process(left, right);
    }

    fn tail(&self) -> f32 {
        0.1
    }

    fn clear(&mut self) {
        self.mouth.reset();
        self.chorus.clear();
    }
}

pub(crate) fn build(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let rate = context.sample_rate;
    let recipe = saws::Recipe {
        lanes: [
            lane(0.0, -9.0, 0.3, -0.9),
            lane(0.0, 7.0, 0.3, -0.45),
            lane(0.0, -3.0, 0.3, -0.1),
            lane(0.0, 3.5, 0.3, 0.25),
            lane(0.0, -6.5, 0.3, 0.55),
            lane(0.0, 9.5, 0.3, 0.9),
            OFF,
            OFF,
        ],
        filter: Filter::TwoPole,
        amp: Shape { attack: 0.28, decay: 1.0, sustain: 0.9, release: 1.3 },
        sweep: Shape { attack: 0.3, decay: 2.0, sustain: 0.8, release: 1.3 },
        sweep_octaves: 0.6,
        velocity_octaves: 1.8,
        key_follow: 0.4,
        vibrato_hz: 5.1,
        vibrato_cents: 11.0,
        vibrato_delay: 0.35,
        wander_cents: 8.0,
        noise: 0.11,
        sub_interval: 0.0,
        sub: 0.0,
        level: 0.85,
        touch: 0.6,
        scatter: true,
    };
    let controls = Controls::new(&recipe, 1500.0, 0.0);
    let voices = SawVoice::pool(12, rate, seed(context, settings)?);
    let sound = Choir {
        recipe,
        controls,
        vowel: Knob::new(0.6),
        drift: 0.0,
        mouth: Resonances::default(),
        chorus: Chorus::new(0.45, 0.004, 0.4, rate),
        sample_rate: rate,
    };
    super::super::instrument::build(context, settings, &CHOIR, Mode::Poly, voices, sound)
}
