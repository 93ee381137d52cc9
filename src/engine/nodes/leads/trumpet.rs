//! The trumpet: lips whose brightness follows the effort, a bell, and a mute that can be put in.

use crate::dsp::formant::{Peak, Resonances};
use crate::dsp::voices::{Knob, Mode, Shape};
use crate::engine::node::{BlockTime, BuildContext, BuildError, Descriptor, Processor, Settings};

use super::super::instrument::winds::{Controls, Recipe, Source, WindPatch, WindVoice};
use super::super::instrument::{
    GAIN, PAN, Sound, TONE, attack, glide, pitched, release, seed, share,
};

pub(crate) static TRUMPET: Descriptor = pitched(
    "lead.trumpet",
    "Trumpet",
    "A trumpet whose brass comes with effort; the mute turns it thin, nasal and close.",
    &[
        GAIN,
        PAN,
        TONE,
        attack(0.032),
        release(0.22),
        glide(0.012),
        super::VIBRATO,
        super::BREATH,
        share("mute", "Mute", 0.0, "A harmon mute, from out (0) to in (1)."),
    ],
);

/// The bell open, and with the mute in.
const OPEN: [Peak; 4] = [
    Peak::new(820.0, 1.4, 0.4),
    Peak::new(1250.0, 1.5, 0.75),
    Peak::new(2400.0, 1.6, 0.4),
    Peak::new(4200.0, 1.8, 0.15),
];
const MUTED: [Peak; 4] = [
    Peak::new(480.0, 2.0, 0.25),
    Peak::new(1550.0, 3.5, 1.1),
    Peak::new(2300.0, 3.5, 0.9),
    Peak::new(5200.0, 2.0, 0.45),
];

pub(crate) struct Trumpet {
    recipe: Recipe,
    controls: Controls,
    mute: Knob,
    bell: Resonances,
    sample_rate: f32,
}

impl WindPatch for Trumpet {
    fn recipe(&self) -> &Recipe {
        &self.recipe
    }
    fn controls(&self) -> &Controls {
        &self.controls
    }
}

impl Sound for Trumpet {
    type Voice = WindVoice<Self>;

    fn set(&mut self, param: &str, value: f32) {
        match param {
            "mute" => self.mute.target = value,
            _ => self.controls.set(param, value),
        }
    }

    fn prepare(&mut self, frames: usize, _time: &BlockTime) {
        self.controls.advance(frames, self.sample_rate);
        let mute = self.mute.advance(frames, self.sample_rate).to;
        let mut peaks = OPEN;
        for (peak, muted) in peaks.iter_mut().zip(&MUTED) {
            *peak = Peak::between(peak, muted, mute);
        }
        self.bell.set(&peaks, self.sample_rate);
    }

    fn finish(&mut self, left: &mut [f32], right: &mut [f32]) {
        self.bell.process(left, right, 0.6 - 0.55 * self.mute.value);
    }

    fn tail(&self) -> f32 {
        0.05
    }

    fn glide(&self) -> f32 {
        self.controls.glide
    }

    fn clear(&mut self) {
        self.bell.reset();
    }
}

pub(crate) fn build(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let recipe = Recipe {
        source: Source::Reed { pulse: 0.15, width: 0.12 },
        amp: Shape { attack: 0.032, decay: 0.2, sustain: 0.88, release: 0.22 },
        dark: 1.6,
        bright: 13.0,
        lowest_hz: 600.0,
        highest_hz: 8500.0,
        scoop_cents: 30.0,
        scoop_s: 0.028,
        vibrato_hz: 5.3,
        vibrato_cents: 10.0,
        vibrato_delay: 0.4,
        vibrato_swell: 0.07,
        waver_cents: 2.2,
        breath: 0.025,
        breath_at: 6.0,
        breath_q: 0.6,
        chiff: 3.0,
        settle: 0.15,
        level: 0.25,
    };
    let rate = context.sample_rate;
    let controls = Controls::new(&recipe);
    let voices = WindVoice::pool(2, rate, seed(context, settings)?);
    let sound = Trumpet {
        recipe,
        controls,
        mute: Knob::new(0.0),
        bell: Resonances::default(),
        sample_rate: rate,
    };
    super::super::instrument::build(context, settings, &TRUMPET, Mode::Mono, voices, sound)
}
