//! Voices of decaying partials with the noise of what struck them: piano, bars, tines, and steady sums for organ and glass.

use crate::dsp::math::{exp, exp2, pitch_to_hz, sin_turns};
use crate::dsp::noise::{White, substream};
use crate::dsp::partials::{Partial, Partials};
use crate::dsp::svf::Svf;
use crate::dsp::voices::{Contour, Line, MAX_FRAMES, NoteStart, Shape, Voice};

use super::saws::mix;

/// A stroke's noise: a burst through a band-pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Strike {
    pub(crate) hz: f32,
    pub(crate) q: f32,
    pub(crate) level: f32,
    /// Time constant in seconds.
    pub(crate) decay: f32,
}

/// How a note of the instrument sounds; asked once a note, on the audio thread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Blow {
    /// How many partials.
    pub(crate) count: usize,
    /// Seconds over which the onset is rounded off.
    pub(crate) onset: f32,
    pub(crate) strike: Strike,
    /// Time to fall by 60 dB after the note's end in seconds; infinite for what is not damped.
    pub(crate) release: f32,
    /// How much faster the highs are damped.
    pub(crate) release_bright: f32,
    /// Amplitude modulation of the whole note (the fans of a vibraphone): depth, at the sound's own phase.
    pub(crate) fan: f32,
    /// Whether the sound is steady and ends by its envelope alone.
    pub(crate) steady: bool,
    pub(crate) level: f32,
}

/// An instrument whose voices these are.
pub(crate) trait StruckPatch: Send {
    /// The note as a whole.
    fn blow(&self, note: &NoteStart) -> Blow;
    /// One partial of it.
    fn partial(&self, note: &NoteStart, index: usize) -> Partial;
    /// Gain at the end of this run for modulation of the whole instrument, 1 for none.
    fn swell(&self) -> f32 {
        1.0
    }
    /// Attack and release envelope for steady sounds.
    fn shape(&self) -> Shape {
        Shape { attack: 0.001, decay: 1.0, sustain: 1.0, release: 0.1 }
    }
    /// How fast the partials of a steady sound come and go, in Hz, and how much, 0 to 1.
    fn shimmer(&self) -> (f32, f32) {
        (0.0, 0.0)
    }
    /// Vibrato now, in semitones, for instruments that share one.
    fn bend(&self) -> f32 {
        0.0
    }
}

/// One note.
pub(crate) struct StruckVoice<P> {
    partials: Partials,
    blow: Blow,
    note: NoteStart,
    onset: f32,
    noise: White,
    band: Svf,
    burst: f32,
    amp: Contour,
    swell: f32,
    age_s: f32,
    last: f32,
    sample_rate: f32,
    patch: core::marker::PhantomData<fn() -> P>,
}

impl<P: StruckPatch> StruckVoice<P> {
    /// A pool of still voices with room for this many partials each. Thread: control (allocates).
    pub(crate) fn pool(count: usize, partials: usize, sample_rate: f32, seed: u64) -> Vec<Self> {
        let mut rng = substream(seed, 13);
        let strike = Strike { hz: 1000.0, q: 1.0, level: 0.0, decay: 0.01 };
        (0..count)
            .map(|_| Self {
                partials: Partials::new(partials, sample_rate),
                blow: Blow {
                    count: 0,
                    onset: 0.001,
                    strike,
                    release: 0.1,
                    release_bright: 0.0,
                    fan: 0.0,
                    steady: false,
                    level: 0.0,
                },
                note: NoteStart { pitch: 60.0, velocity: 0.0, seed: 0 },
                onset: 0.0,
                noise: White::new(&mut rng),
                band: Svf::new(1000.0, 1.0, sample_rate),
                burst: 0.0,
                amp: Contour::default(),
                swell: 1.0,
                age_s: 0.0,
                last: 0.0,
                sample_rate,
                patch: core::marker::PhantomData,
            })
            .collect()
    }

    fn shimmer(&mut self, patch: &P, rate: f32, depth: f32) {
        for index in 0..self.blow.count {
            let partial = patch.partial(&self.note, index);
            // Rates that share no period, so that the pattern never repeats.
            let phase = self.age_s * rate * (1.0 + 0.37 * index as f32) + 0.618 * index as f32;
            let gain = 1.0 - depth * (0.5 + 0.5 * sin_turns(phase - libm::floorf(phase)));
            self.partials.set_gain(index, partial.left * gain, partial.right * gain);
        }
    }
}

impl<P: StruckPatch> Voice for StruckVoice<P> {
    type Patch = P;

    fn start(&mut self, patch: &P, note: &NoteStart) {
        self.note = *note;
        self.blow = patch.blow(note);
        self.partials.start(self.blow.count, |index| patch.partial(note, index));
        let strike = self.blow.strike;
        self.band = Svf::new(strike.hz, strike.q, self.sample_rate);
        self.burst = strike.level;
        self.onset = 0.0;
        self.swell = patch.swell();
        self.age_s = 16.0 * crate::dsp::osc::unit(note.seed);
        self.last = note.velocity;
        self.amp.start();
    }

    fn slide(&mut self, patch: &P, note: &NoteStart) {
        self.start(patch, note);
    }

    fn release(&mut self, _patch: &P) {
        self.amp.release();
        if !self.blow.steady && self.blow.release.is_finite() {
            self.partials.damp(self.blow.release / 6.907_755, self.blow.release_bright);
        }
    }

    fn render(&mut self, patch: &P, pitch: f32, left: &mut [f32], right: &mut [f32]) -> bool {
        let frames = left.len().min(right.len()).min(MAX_FRAMES);
        let seconds = frames as f32 / self.sample_rate;
        self.age_s += seconds;
        let shape = patch.shape();
        let amp = self.amp.advance(&shape, frames, self.sample_rate);
        self.partials.bend(exp2((pitch + patch.bend() - self.note.pitch) * (1.0 / 12.0)));
        let (rate, depth) = patch.shimmer();
        if depth > 0.0 {
            self.shimmer(patch, rate, depth);
        }
        let from = self.onset * self.swell;
        self.onset = 1.0 - (1.0 - self.onset) * exp(-seconds / self.blow.onset.max(1e-4));
        self.swell = 1.0 - self.blow.fan + self.blow.fan * patch.swell();
        let mut gain = Line::new(from, self.onset * self.swell, frames).scaled(self.blow.level);
        if self.blow.steady {
            gain = Line::new(gain.from * amp.from, gain.to * amp.to, frames);
            self.partials.renew();
        }
        let loud = self.partials.render(&gain, left, right);
        self.last = loud * gain.to;
        if self.burst > 2e-5 {
            let keep = exp(-1.0 / (self.blow.strike.decay.max(1e-4) * self.sample_rate));
            let (mut a, mut b) = ([0.0; MAX_FRAMES], [0.0; MAX_FRAMES]);
            for (a, b) in a.iter_mut().zip(b.iter_mut()).take(frames) {
                let n = self.band.band(self.noise.next_sample()) * self.burst;
                self.burst *= keep;
                (*a, *b) = (n, n);
            }
            mix(
                &Line::new(self.blow.level, self.blow.level, frames),
                &a[..frames],
                &b[..frames],
                left,
                right,
            );
        }
        let over = if self.blow.steady {
            self.amp.is_over(&shape)
        } else {
            // -86 dBFS: some 70 dB below the instrument.
            self.last < 5e-5 && self.onset > 0.5
        };
        !(over && self.burst <= 2e-5)
    }

    fn level(&self) -> f32 {
        self.last
    }
}

/// The frequency of the note's fundamental.
pub(crate) fn fundamental(note: &NoteStart) -> f32 {
    pitch_to_hz(note.pitch)
}
