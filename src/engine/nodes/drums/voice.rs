//! One sounding hit of a drum: the recipe's tones, noises and modes at a velocity, with the small differences of each hit.
//!
//! All control steps are counted from the start of the hit, so the sound does not depend on how time is cut into blocks.
//! Thread: audio; construction allocates, nothing after it does.

use super::layers::{NoiseLayers, OVER, ToneLayer};
use super::recipe::Recipe;
use crate::dsp::math::{cos_turns, db_to_gain, decay_factor, exp2, log2, sin_turns};
use crate::dsp::modal::ModalBank;
use crate::dsp::noise::White;
use crate::engine::node::BLOCK;

/// What a hit is given by the kit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub velocity: f32,
    /// -1 (dull) to 1 (bright): the `tone` param, around 0.
    pub bright: f32,
    /// Ratio of all pitches.
    pub pitch: f32,
    /// Ratio of all times.
    pub length: f32,
    /// Whether to leave out the random differences (for trimming).
    pub exact: bool,
}

/// A voice of one drum.
pub(super) struct Voice {
    tones: Box<[ToneLayer]>,
    noises: NoiseLayers,
    bank: ModalBank,
    gain: f32,
    /// Level of a hit that was cut off, and its factor per frame; 1 and 1 while it may ring.
    fade: f32,
    fade_factor: f32,
    sounding: bool,
    sample_rate: f32,
}

impl Voice {
    pub(super) fn new(recipe: &Recipe, sample_rate: f32) -> Self {
        let mut bank = ModalBank::new(recipe.modes.len(), sample_rate);
        bank.set_modes(recipe.modes.len(), |i| recipe.modes[i]);
        let loudest = recipe.modes.iter().fold(0.0_f32, |m, mode| m.max(mode.gain));
        bank.set_floor(loudest * OVER);
        Self {
            tones: recipe.tones.iter().map(|_| ToneLayer::default()).collect(),
            noises: NoiseLayers::new(),
            bank,
            gain: 0.0,
            fade: 1.0,
            fade_factor: 1.0,
            sounding: false,
            sample_rate,
        }
    }

    pub(super) fn is_sounding(&self) -> bool {
        self.sounding
    }

    /// Whether it is on its way out.
    pub(super) fn is_fading(&self) -> bool {
        self.fade_factor < 1.0
    }

    /// A rough level, to find the voice that is missed least.
    pub(super) fn loudness(&self) -> f32 {
        if self.sounding { self.gain * self.fade } else { 0.0 }
    }

    /// Starts a hit. `trim` is the drum's gain.
    pub(super) fn strike(&mut self, recipe: &Recipe, hit: Hit, trim: f32, random: &mut White) {
        let mut own = White::from_bits(random.next_bits());
        let mut vary = |amount: f32| {
            let by = random.next_sample() * amount;
            if hit.exact { 1.0 } else { 1.0 + by }
        };
        let rings = recipe.rings_on && self.sounding && !self.is_fading();
        if !rings {
            self.bank.reset();
        }
        let velocity = hit.velocity.clamp(0.001, 1.0);
        // Half as hard is 9 dB softer; the nominal velocity of 0.8 is the trimmed level.
        let force = exp2(1.5 * log2(velocity / 0.8));
        // What rings was scaled by the old gain, so its share moves into the new one.
        let old = self.gain;
        self.gain = if rings { old } else { trim * force * vary(0.05) };
        let push = if rings { trim * force / old.max(1e-9) } else { 1.0 };
        (self.fade, self.fade_factor, self.sounding) = (1.0, 1.0, true);

        let bright = velocity - 0.8 + 0.6 * hit.bright;
        let touch = |amount: f32| {
            exp2(amount * 1.5 * log2(velocity / 0.8)) * db_to_gain(amount * 6.0 * hit.bright)
        };
        // A hard blow stretches the skin, so its pitch falls further.
        let (bend, pitch, rate) = (1.0 + 0.5 * bright, hit.pitch, self.sample_rate);
        for (layer, tone) in self.tones.iter_mut().zip(&recipe.tones) {
            let level = touch(tone.touch) * vary(0.04) * push;
            *layer = ToneLayer::start(tone, level, bend, pitch * vary(0.004), hit.length, rate);
        }
        let opening = exp2(recipe.open * bright) * vary(0.04);
        self.noises.start(
            &recipe.noises,
            opening,
            hit.length,
            self.sample_rate,
            &mut own,
            |noise| touch(noise.touch) * vary(0.08) * push,
        );
        if !recipe.modes.is_empty() {
            self.bank.retune(hit.pitch * vary(0.002), 1.0 / hit.length.max(0.05));
            // Harder hits are brighter: a straight tilt that is flat at the nominal velocity, about the low end of a skin
            // and about the middle of a cymbal.
            let slope = recipe.tilt * bright * (std::f32::consts::LOG2_10 / 20.0);
            let (lowest, pivot) = if recipe.scattered { (1000.0, 3000.0) } else { (300.0, 300.0) };
            self.bank.strike_at(|hz| {
                let tilt = exp2(slope * log2(hz.max(lowest) / pivot));
                let weight = push * tilt * vary(0.2);
                if recipe.scattered {
                    let phase = random_phase(hz);
                    (weight * cos_turns(phase), weight * sin_turns(phase))
                } else {
                    (weight, 0.0)
                }
            });
        }
    }

    /// Lets the hit die with a time constant in seconds.
    pub(super) fn damp(&mut self, seconds: f32) {
        if self.sounding {
            let factor = decay_factor(seconds, self.sample_rate);
            self.fade_factor = self.fade_factor.min(factor);
        }
    }

    pub(super) fn reset(&mut self) {
        self.bank.reset();
        self.noises.reset();
        self.sounding = false;
        (self.fade, self.fade_factor) = (1.0, 1.0);
    }

    /// Adds the hit to the kit's output. `pan` is the pair of gains of its place, `width` that of its modes.
    pub(super) fn render(
        &mut self,
        left: &mut [f32],
        right: &mut [f32],
        pan: (f32, f32),
        width: f32,
    ) {
        let count = left.len().min(BLOCK);
        let (mut mono, mut other) = ([0.0; BLOCK], [0.0; BLOCK]);
        let (Some(mono), Some(other)) = (mono.get_mut(..count), other.get_mut(..count)) else {
            return;
        };
        let wide = width > 0.0 && self.bank.is_ringing();
        if wide {
            self.bank.process_add_wide(mono, other, width);
        } else if self.bank.is_ringing() {
            self.bank.process_add(mono);
        }
        // In the wide case `mono` and `other` are the two sides; what follows is in the middle of them.
        let mut middle = [0.0; BLOCK];
        let Some(middle) = middle.get_mut(..count) else { return };
        for tone in self.tones.iter_mut() {
            tone.render(middle);
        }
        self.noises.render(middle, self.sample_rate);
        let (gain_l, gain_r) = (self.gain * pan.0, self.gain * pan.1);
        let side: &[f32] = if wide { other } else { mono };
        let frames =
            left.iter_mut().zip(right.iter_mut()).zip(middle.iter().zip(mono.iter().zip(side)));
        if self.fade_factor < 1.0 {
            for ((l, r), (m, (a, b))) in frames {
                *l += (m + a) * (gain_l * self.fade);
                *r += (m + b) * (gain_r * self.fade);
                self.fade *= self.fade_factor;
            }
        } else {
            for ((l, r), (m, (a, b))) in frames {
                *l += (m + a) * gain_l;
                *r += (m + b) * gain_r;
            }
        }
    }

    /// Ends what has faded. The kit calls it on its own grid of time, not per block, so that the cut of time cannot be heard.
    pub(super) fn settle(&mut self) {
        if !self.sounding {
            return;
        }
        self.tones.iter_mut().for_each(ToneLayer::settle);
        self.noises.settle();
        let alive = self.bank.is_ringing()
            || self.tones.iter().any(ToneLayer::is_sounding)
            || self.noises.is_sounding();
        if !alive || self.fade < 5e-4 {
            self.reset();
        }
    }
}

/// A phase that looks random but belongs to the mode: the same cymbal has the same attack, each hit varies its gains.
fn random_phase(hz: f32) -> f32 {
    let x = hz * 0.618_034;
    x - (x as i32) as f32
}
