//! One sounding hit of a drum: the recipe's tones, noises and modes at a velocity, with the small differences of each hit.
//!
//! All control steps are counted from the start of the hit, so the sound does not depend on how time is cut into blocks.
//! Thread: audio; construction allocates, nothing after it does.

use super::recipe::{Noise, Recipe, Shape, Tone};
use crate::dsp::math::{cos_turns, db_to_gain, decay_factor, exp2, log2, sin_turns, tanh};
use crate::dsp::modal::ModalBank;
use crate::dsp::noise::White;
use crate::dsp::svf::{OnePole, Svf};
use crate::engine::node::BLOCK;

/// Frames between updates of moving filters.
const CONTROL: u32 = 16;

/// A layer below this level (-96 dB under the drum's own peak, or so) is over.
const OVER: f32 = 1.6e-5;

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
    tones: Box<[ToneState]>,
    noises: Box<[NoiseState]>,
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
        bank.set_floor(OVER);
        Self {
            tones: recipe.tones.iter().map(|_| ToneState::default()).collect(),
            noises: recipe.noises.iter().map(|_| NoiseState::default()).collect(),
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
        for (state, tone) in self.tones.iter_mut().zip(&recipe.tones) {
            state.start(tone, hit.pitch * vary(0.004), hit.length, self.sample_rate);
            state.amp *= touch(tone.touch) * vary(0.04) * push;
        }
        let opening = exp2(recipe.open * bright);
        for (state, noise) in self.noises.iter_mut().zip(&recipe.noises) {
            let level = touch(noise.touch) * vary(0.08) * push;
            state.start(noise, opening * vary(0.05), level, hit.length, self.sample_rate);
        }
        if !recipe.modes.is_empty() {
            self.bank.retune(hit.pitch * vary(0.002), 1.0 / hit.length.max(0.05));
            // Harder hits are brighter: a straight tilt above 300 Hz that is flat at the nominal velocity.
            let slope = recipe.tilt * bright * (std::f32::consts::LOG2_10 / 20.0);
            self.bank.strike_at(|hz| {
                let tilt = exp2(slope * log2(hz.max(300.0) * (1.0 / 300.0)));
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
        random: &mut White,
    ) {
        let count = left.len().min(BLOCK);
        let (mut mono, mut other) = ([0.0; BLOCK], [0.0; BLOCK]);
        let (Some(mono), Some(other)) = (mono.get_mut(..count), other.get_mut(..count)) else {
            return;
        };
        let wide = width > 0.0 && self.bank.is_ringing();
        let mut alive = if wide {
            self.bank.process_add_wide(mono, other, width)
        } else {
            self.bank.is_ringing() && self.bank.process_add(mono)
        };
        // In the wide case `mono` and `other` are the two sides; what follows is in the middle of them.
        let mut middle = [0.0; BLOCK];
        let Some(middle) = middle.get_mut(..count) else { return };
        for tone in self.tones.iter_mut() {
            alive |= tone.render(middle);
        }
        for noise in self.noises.iter_mut() {
            alive |= noise.render(middle, self.sample_rate, random);
        }
        let (gain_l, gain_r) = (self.gain * pan.0, self.gain * pan.1);
        for (i, (l, r)) in left.iter_mut().zip(right.iter_mut()).enumerate() {
            let (Some(m), Some(a), Some(b)) = (middle.get(i), mono.get(i), other.get(i)) else {
                break;
            };
            let b = if wide { b } else { a };
            *l += (m + a) * (gain_l * self.fade);
            *r += (m + b) * (gain_r * self.fade);
            self.fade *= self.fade_factor;
        }
        self.sounding = alive && self.fade > 1e-4;
        if !self.sounding {
            self.reset();
        }
    }
}

/// A phase that looks random but belongs to the mode: the same cymbal has the same attack, each hit varies its gains.
fn random_phase(hz: f32) -> f32 {
    let x = hz * 0.618_034;
    x - (x as i32) as f32
}

#[derive(Debug, Clone, Default)]
struct ToneState {
    phase: f32,
    step: f32,
    sweep: f32,
    sweep_factor: f32,
    sigh: f32,
    sigh_factor: f32,
    hold: u32,
    amp: f32,
    amp_factor: f32,
    drive: f32,
    /// Makes up for the level that the drive adds.
    drive_gain: f32,
}

impl ToneState {
    fn start(&mut self, tone: &Tone, pitch: f32, length: f32, rate: f32) {
        *self = Self {
            phase: 0.0,
            step: tone.hz * pitch / rate,
            sweep: tone.sweep,
            sweep_factor: decay_factor(tone.sweep_time, rate),
            sigh: tone.sigh,
            sigh_factor: decay_factor(tone.sigh_time * length, rate),
            hold: (tone.hold * length * rate) as u32,
            amp: tone.gain,
            amp_factor: decay_factor(tone.decay * length, rate),
            drive: tone.drive,
            drive_gain: if tone.drive > 0.0 { 1.0 / tanh(tone.drive) } else { 1.0 },
        };
    }

    fn render(&mut self, out: &mut [f32]) -> bool {
        if self.amp.abs() < OVER {
            return false;
        }
        for y in out {
            let wave = sin_turns(self.phase);
            let wave =
                if self.drive > 0.0 { tanh(self.drive * wave) * self.drive_gain } else { wave };
            *y += wave * self.amp;
            self.phase += self.step * (1.0 + self.sweep + self.sigh);
            if self.phase >= 0.5 {
                self.phase -= 1.0;
            }
            self.sweep *= self.sweep_factor;
            self.sigh *= self.sigh_factor;
            if self.hold > 0 {
                self.hold -= 1;
            } else {
                self.amp *= self.amp_factor;
            }
        }
        true
    }
}

#[derive(Debug, Clone, Default)]
struct NoiseState {
    shape: Option<Shape>,
    filter: Svf,
    low_cut: Option<OnePole>,
    high_cut: Option<OnePole>,
    hz: f32,
    q: f32,
    /// How far above (1 = an octave) or below its end the filter is, in octaves.
    away: f32,
    away_factor: f32,
    age: u32,
    delay: u32,
    level: f32,
    decay: f32,
    decay_factor: f32,
    /// The decay after the last burst.
    tail_factor: f32,
    /// Falls from 1 to 0 while the attack lasts.
    attack: f32,
    attack_factor: f32,
    bursts: u8,
    gap: u32,
    until_burst: u32,
    grain: f32,
    grain_factor: f32,
    grain_chance: f32,
}

impl NoiseState {
    fn start(&mut self, noise: &Noise, opening: f32, level: f32, length: f32, rate: f32) {
        // A filter that still rings keeps its state: noise may change its level without a click, not its filter.
        let filter = self.filter;
        let burst_decay = decay_factor(noise.gap * 0.45, rate);
        let tail_factor = decay_factor(noise.decay * length, rate);
        let per_frame = noise.grains / rate;
        *self = Self {
            shape: Some(noise.shape),
            filter,
            low_cut: (noise.low_cut > 0.0).then(|| OnePole::new(noise.low_cut, rate)),
            high_cut: (noise.high_cut > 0.0).then(|| OnePole::new(noise.high_cut * opening, rate)),
            hz: noise.hz * opening,
            q: noise.q,
            away: log2(noise.from),
            away_factor: decay_factor(noise.from_time, rate / CONTROL as f32),
            age: 0,
            delay: (noise.delay * rate) as u32,
            level: noise.gain * level,
            decay: 1.0,
            decay_factor: if noise.bursts > 0 { burst_decay } else { tail_factor },
            tail_factor,
            attack: if noise.attack > 0.0 { 1.0 } else { 0.0 },
            attack_factor: decay_factor(noise.attack, rate),
            bursts: noise.bursts,
            gap: (noise.gap * rate) as u32,
            until_burst: ((noise.gap * rate) as u32).max(1),
            grain: 0.0,
            grain_factor: decay_factor(noise.grain_time, rate),
            grain_chance: if noise.grains > 0.0 { per_frame.clamp(1e-6, 1.0) } else { 0.0 },
        };
    }

    fn render(&mut self, out: &mut [f32], rate: f32, random: &mut White) -> bool {
        let Some(shape) = self.shape else { return false };
        for y in out {
            if self.delay > 0 {
                self.delay -= 1;
                continue;
            }
            if self.age.is_multiple_of(CONTROL) && (self.age == 0 || self.away.abs() > 0.01) {
                self.filter.set(self.hz * exp2(self.away), self.q, rate);
                self.away *= self.away_factor;
            }
            self.age = self.age.wrapping_add(1);
            let mut x = random.next_sample();
            if self.grain_chance > 0.0 {
                if random.next_unit() < self.grain_chance {
                    self.grain += 0.4 + 0.6 * random.next_unit();
                }
                x *= self.grain;
                self.grain *= self.grain_factor;
            }
            let answer = self.filter.process(x);
            let mut x = match shape {
                Shape::Low => answer.low,
                Shape::Band => answer.band,
                Shape::High => answer.high,
            };
            if let Some(cut) = &mut self.low_cut {
                x = cut.high(x);
            }
            if let Some(cut) = &mut self.high_cut {
                x = cut.low(x);
            }
            *y += x * self.level * self.decay * (1.0 - self.attack);
            self.attack *= self.attack_factor;
            self.decay *= self.decay_factor;
            if self.bursts > 0 {
                self.until_burst -= 1;
                if self.until_burst == 0 {
                    self.bursts -= 1;
                    self.until_burst = self.gap.max(1);
                    self.decay = 1.0;
                    if self.bursts == 0 {
                        self.decay_factor = self.tail_factor;
                    }
                }
            }
        }
        if self.bursts == 0 && self.delay == 0 && self.decay * self.level < OVER {
            self.shape = None;
            self.filter.reset();
        }
        true
    }
}
