//! Air: noise that rings at the note's harmonics, as wind across a row of bottles, over a faint sine.

use crate::dsp::formant::{Peak, Resonances};
use crate::dsp::math::{pitch_to_hz, sin_turns};
use crate::dsp::noise::{White, substream};
use crate::dsp::voices::{COUNT_UP, Contour, Knob, MAX_FRAMES, Mode, NoteStart, Shape, Voice};
use crate::engine::node::{BlockTime, BuildContext, BuildError, Descriptor, Processor, Settings};

use super::super::instrument::saws::mix;
use super::super::instrument::{GAIN, PAN, Sound, TONE, attack, pitched, release, seed, share};

pub(crate) static AIR: Descriptor = pitched(
    "pad.air",
    "Air pad",
    "Breath tuned to the note: hollow, wide and soft.",
    &[
        GAIN,
        PAN,
        TONE,
        attack(0.5),
        release(2.2),
        share("focus", "Focus", 0.5, "From wind (0) to a clear pitch (1)."),
        super::WIDTH,
    ],
);

pub(crate) struct Air {
    tone: Knob,
    focus: Knob,
    width: Knob,
    shape: Shape,
    sample_rate: f32,
}

impl Sound for Air {
    type Voice = AirVoice;

    fn set(&mut self, param: &str, value: f32) {
        match param {
            "tone" => self.tone.target = value,
            "focus" => self.focus.target = value,
            "width" => self.width.target = value,
            "attack" => self.shape.attack = value,
            "release" => self.shape.release = value,
            _ => {}
        }
    }

    fn prepare(&mut self, frames: usize, _time: &BlockTime) {
        for knob in [&mut self.tone, &mut self.focus, &mut self.width] {
            knob.advance(frames, self.sample_rate);
        }
    }
}

/// One note.
pub(crate) struct AirVoice {
    noise: White,
    pipes: Resonances,
    amp: Contour,
    phase: f32,
    tuned: (f32, f32, f32),
    velocity: f32,
    sample_rate: f32,
}

impl AirVoice {
    fn tune(&mut self, patch: &Air, pitch: f32) {
        let wanted = (pitch, patch.tone.value, patch.focus.value);
        if wanted == self.tuned {
            return;
        }
        self.tuned = wanted;
        let hz = pitch_to_hz(pitch);
        let q = 25.0 + 130.0 * patch.focus.value;
        let bright = (patch.tone.value + 0.4 * (self.velocity - 0.8)).clamp(0.02, 1.0);
        // A narrower pipe lets less noise through; the root of its quality makes up for that.
        let even = q.sqrt() * libm::sqrtf(261.6 / hz.max(20.0));
        let pipe = |k: f32, gain: f32| {
            let room = ((0.42 - k * hz / self.sample_rate) * 20.0).clamp(0.0, 1.0);
            Peak::new(hz * k, q * k.sqrt(), even * gain * room)
        };
        self.pipes.set(
            &[
                pipe(1.0, 1.0),
                pipe(2.0, 0.9 * bright),
                pipe(3.0, 0.8 * bright),
                pipe(4.0, 0.7 * bright * bright),
            ],
            self.sample_rate,
        );
    }
}

impl Voice for AirVoice {
    type Patch = Air;

    fn start(&mut self, _patch: &Air, note: &NoteStart) {
        self.pipes.reset();
        self.phase = 0.0;
        self.tuned = (-1.0, 0.0, 0.0);
        self.velocity = note.velocity;
        self.amp.start();
    }

    fn slide(&mut self, _patch: &Air, note: &NoteStart) {
        self.velocity = note.velocity;
    }

    fn release(&mut self, _patch: &Air) {
        self.amp.release();
    }

    fn render(&mut self, patch: &Air, pitch: f32, left: &mut [f32], right: &mut [f32]) -> bool {
        let frames = left.len().min(right.len()).min(MAX_FRAMES);
        let amp = self.amp.advance(&patch.shape, frames, self.sample_rate);
        self.tune(patch, pitch);
        let (mut a, mut b) = ([0.0_f32; MAX_FRAMES], [0.0_f32; MAX_FRAMES]);
        let (a, b) = (&mut a[..frames], &mut b[..frames]);
        let side = 0.7 * patch.width.value;
        for (x, y) in a.iter_mut().zip(b.iter_mut()) {
            let (middle, edge) = (self.noise.next_sample(), side * self.noise.next_sample());
            *x = middle + edge;
            *y = middle - edge;
        }
        self.pipes.process(a, b, 0.012 * patch.tone.value);
        let step = pitch_to_hz(pitch) / self.sample_rate;
        let sine = 0.10 + 0.25 * patch.focus.value;
        for ((x, y), at) in a.iter_mut().zip(b.iter_mut()).zip(&COUNT_UP) {
            let s = sine * sin_turns(self.phase + step * at);
            *x += s;
            *y += s;
        }
        self.phase += step * frames as f32;
        self.phase -= libm::floorf(self.phase);
        mix(&amp.scaled(0.4 * (0.4 + 0.6 * self.velocity)), a, b, left, right);
        !self.amp.is_over(&patch.shape)
    }

    fn level(&self) -> f32 {
        self.amp.value() * self.velocity
    }
}

pub(crate) fn build(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let rate = context.sample_rate;
    let mut rng = substream(seed(context, settings)?, 23);
    let voices = (0..12)
        .map(|_| AirVoice {
            noise: White::new(&mut rng),
            pipes: Resonances::default(),
            amp: Contour::default(),
            phase: 0.0,
            tuned: (-1.0, 0.0, 0.0),
            velocity: 0.0,
            sample_rate: rate,
        })
        .collect();
    let sound = Air {
        tone: Knob::new(0.5),
        focus: Knob::new(0.5),
        width: Knob::new(0.7),
        shape: Shape { attack: 0.5, decay: 1.0, sustain: 1.0, release: 2.2 },
        sample_rate: rate,
    };
    super::super::instrument::build(context, settings, &AIR, Mode::Poly, voices, sound)
}
