//! Beds of noise that last as long as their note: vinyl, rain, wind. All peak far below the music (around -30 dBFS, rain
//! and wind around -24 dBFS), fade in and out slowly, and are decorrelated in stereo.

use rand_chacha::ChaCha8Rng;

use super::Texture;
use crate::dsp::envelope::Ar;
use crate::dsp::math::{db_to_gain, decay_factor, exp2, lerp, one_pole_coef, sin_turns};
use crate::dsp::noise::{Pink, Poisson, White};
use crate::dsp::svf::{OnePole, Svf};

/// Frames between updates of slow movements, counted from the start of the note.
const CONTROL: u32 = 64;

/// A record's surface: sparse pops, dense tiny crackle, hiss, and the rumble of the motor with its turn at 33 1/3 rpm.
pub(super) struct Vinyl {
    fade: Ar,
    hiss: [Pink; 2],
    hiss_cut: [OnePole; 2],
    rumble: Svf,
    rumble_noise: White,
    crackle: Poisson,
    pop: Poisson,
    grain: White,
    clicks: [Click; 2],
    turn: f32,
    rate: f32,
}

/// Clicks of one channel: an impulse through a resonant band of the groove.
struct Click {
    band: Svf,
    kick: f32,
    factor: f32,
}

impl Texture for Vinyl {
    fn new(rng: &mut ChaCha8Rng, rate: f32, _: f32) -> Self {
        let click = || Click {
            band: Svf::new(2600.0, 0.7, rate),
            kick: 0.0,
            factor: decay_factor(0.000_12, rate),
        };
        Self {
            fade: Ar::new(0.6, 1.2, rate),
            hiss: [Pink::new(rng), Pink::new(rng)],
            hiss_cut: [OnePole::new(7000.0, rate), OnePole::new(7000.0, rate)],
            rumble: Svf::new(32.0, 0.9, rate),
            rumble_noise: White::new(rng),
            crackle: Poisson::new(rng, 14.0, rate),
            pop: Poisson::new(rng, 1.2, rate),
            grain: White::new(rng),
            clicks: [click(), click()],
            turn: 0.0,
            rate,
        }
    }

    fn start(&mut self, _: f32) {
        self.fade.trigger();
    }

    fn stop(&mut self) {
        self.fade.release();
    }

    fn set(&mut self, tone: f32, density: f32) {
        for cut in &mut self.hiss_cut {
            cut.set(2500.0 * exp2(3.0 * tone), self.rate);
        }
        self.crackle.set_rate(3.0 * exp2(4.5 * density), self.rate);
        self.pop.set_rate(0.25 * exp2(4.5 * density), self.rate);
    }

    fn frame(&mut self) -> (f32, f32) {
        let fade = self.fade.next_value();
        // 33 1/3 turns a minute; what is scratched comes round again, so the crackle breathes with the turn.
        self.turn += 0.5556 / self.rate;
        if self.turn >= 1.0 {
            self.turn -= 1.0;
        }
        let breath = 0.75 + 0.25 * sin_turns(self.turn);
        for (ticks, low, high) in [(self.crackle.tick(), 0.06, 0.25), (self.pop.tick(), 0.35, 0.9)]
        {
            if ticks {
                let size = lerp(low, high, self.grain.next_unit() * self.grain.next_unit());
                let size = if self.grain.next_bits() & 1 == 0 { size } else { -size };
                let side = self.grain.next_unit();
                let (mut at, step) = (1.0 - side, 2.0 * side - 1.0);
                for click in &mut self.clicks {
                    click.kick += size * breath * (0.3 + 0.7 * at);
                    click.band.set(1200.0 * exp2(2.2 * self.grain.next_unit()), 0.8, self.rate);
                    at += step;
                }
            }
        }
        let rumble = 0.2 * self.rumble.low(self.rumble_noise.next_sample());
        let mut out = [0.0; 2];
        for (((y, hiss), cut), click) in
            out.iter_mut().zip(&mut self.hiss).zip(&mut self.hiss_cut).zip(&mut self.clicks)
        {
            let snap = click.band.band(click.kick);
            click.kick *= click.factor;
            *y = fade * (0.022 * cut.low(hiss.next_sample()) + 0.35 * snap + rumble);
        }
        (out[0], out[1])
    }

    fn is_over(&self) -> bool {
        self.fade.is_over()
    }

    fn reset(&mut self) {
        self.fade.reset();
        self.clicks.iter_mut().for_each(|c| {
            c.kick = 0.0;
            c.band.reset();
        });
    }
}

/// Rain: a wash of far drops (shaped noise) and near ones, each a short chirp as its bubble closes.
pub(super) struct Rain {
    fade: Ar,
    wash: [Pink; 2],
    high: [OnePole; 2],
    low: [OnePole; 2],
    falls: Poisson,
    white: White,
    drops: [Drop; 6],
    next: usize,
    wash_level: f32,
    tone: f32,
    age: u32,
    swell: f32,
    swell_to: f32,
    rate: f32,
}

#[derive(Clone, Copy, Default)]
struct Drop {
    phase: f32,
    step: f32,
    rise: f32,
    amp: f32,
    factor: f32,
    left: f32,
    right: f32,
}

impl Texture for Rain {
    fn new(rng: &mut ChaCha8Rng, rate: f32, _: f32) -> Self {
        Self {
            fade: Ar::new(1.2, 2.0, rate),
            wash: [Pink::new(rng), Pink::new(rng)],
            high: [OnePole::new(500.0, rate); 2],
            low: [OnePole::new(7000.0, rate); 2],
            falls: Poisson::new(rng, 30.0, rate),
            white: White::new(rng),
            drops: [Drop::default(); 6],
            next: 0,
            wash_level: 0.2,
            tone: 0.5,
            age: 0,
            swell: 1.0,
            swell_to: 1.0,
            rate,
        }
    }

    fn start(&mut self, _: f32) {
        self.fade.trigger();
    }

    fn stop(&mut self) {
        self.fade.release();
    }

    fn set(&mut self, tone: f32, density: f32) {
        self.tone = tone;
        self.low.iter_mut().for_each(|f| f.set(3000.0 * exp2(2.4 * tone), self.rate));
        self.falls.set_rate(6.0 * exp2(4.5 * density), self.rate);
        self.wash_level = lerp(0.07, 0.3, density);
    }

    fn frame(&mut self) -> (f32, f32) {
        let fade = self.fade.next_value();
        if self.age.is_multiple_of(CONTROL * 256) {
            // Gusts bring more and less rain, over some seconds.
            self.swell_to = 0.75 + 0.5 * self.white.next_unit();
        }
        self.age = self.age.wrapping_add(1);
        self.swell += (self.swell_to - self.swell) * (0.7 / self.rate);
        if self.falls.tick() {
            let (random, rate) = (&mut self.white, self.rate);
            let hz = 1400.0 * exp2(2.0 * random.next_unit() + self.tone);
            let near = random.next_unit();
            let side = random.next_unit();
            if let Some(drop) = self.drops.get_mut(self.next) {
                *drop = Drop {
                    phase: 0.0,
                    step: hz / rate,
                    rise: exp2((0.2 + 0.6 * near) / (0.012 * rate)),
                    amp: 0.05 * near * near + 0.006,
                    factor: decay_factor(0.002 + 0.006 * near, rate),
                    left: 1.0 - 0.8 * side,
                    right: 0.2 + 0.8 * side,
                };
            }
            self.next = (self.next + 1) % self.drops.len();
        }
        let (mut left, mut right) = (0.0, 0.0);
        for drop in self.drops.iter_mut().filter(|d| d.amp > 1e-6) {
            let y = sin_turns(drop.phase) * drop.amp;
            left += y * drop.left;
            right += y * drop.right;
            drop.phase += drop.step;
            if drop.phase >= 0.5 {
                drop.phase -= 1.0;
            }
            drop.step = (drop.step * drop.rise).min(0.4);
            drop.amp *= drop.factor;
        }
        let mut wash = [0.0; 2];
        for (((y, pink), high), low) in
            wash.iter_mut().zip(&mut self.wash).zip(&mut self.high).zip(&mut self.low)
        {
            *y = low.low(high.high(pink.next_sample())) * self.wash_level * self.swell;
        }
        (fade * (left + wash[0]), fade * (right + wash[1]))
    }

    fn is_over(&self) -> bool {
        self.fade.is_over()
    }

    fn reset(&mut self) {
        self.fade.reset();
        self.drops = [Drop::default(); 6];
    }
}

/// Wind: pink noise through two bands whose pitch and level follow slow random gusts.
pub(super) struct Wind {
    fade: Ar,
    noise: [Pink; 2],
    bands: [[Svf; 2]; 2],
    gusts: [Gust; 3],
    random: White,
    tone: f32,
    force: f32,
    age: u32,
    rate: f32,
}

/// A slow random walk between 0 and 1.
#[derive(Clone, Copy)]
struct Gust {
    value: f32,
    target: f32,
    coef: f32,
    wait: u32,
}

impl Texture for Wind {
    fn new(rng: &mut ChaCha8Rng, rate: f32, _: f32) -> Self {
        let gust = |seconds| Gust {
            value: 0.4,
            target: 0.5,
            coef: one_pole_coef(seconds, rate / CONTROL as f32),
            wait: 0,
        };
        Self {
            fade: Ar::new(2.0, 3.0, rate),
            noise: [Pink::new(rng), Pink::new(rng)],
            bands: [[Svf::new(400.0, 1.0, rate); 2]; 2],
            gusts: [gust(1.6), gust(0.9), gust(2.4)],
            random: White::new(rng),
            tone: 0.5,
            force: 0.5,
            age: 0,
            rate,
        }
    }

    fn start(&mut self, _: f32) {
        self.fade.trigger();
        self.age = 0;
    }

    fn stop(&mut self) {
        self.fade.release();
    }

    fn set(&mut self, tone: f32, force: f32) {
        (self.tone, self.force) = (tone, force);
    }

    fn frame(&mut self) -> (f32, f32) {
        if self.age.is_multiple_of(CONTROL) {
            let steps_per_second = self.rate / CONTROL as f32;
            for gust in &mut self.gusts {
                if gust.wait == 0 {
                    gust.target = self.random.next_unit();
                    gust.wait = (steps_per_second * (0.6 + 2.5 * self.random.next_unit())) as u32;
                }
                gust.wait -= gust.wait.min(1);
                gust.value += gust.coef * (gust.target - gust.value);
            }
            let [strength, whistle, _] = self.gusts.map(|g| g.value);
            let base = 220.0 * exp2(1.5 * self.tone + 1.6 * self.force * strength);
            for [body, howl] in &mut self.bands {
                body.set(base, 0.6, self.rate);
                howl.set(base * (1.9 + 0.9 * whistle), 3.0 + 3.0 * whistle, self.rate);
            }
        }
        self.age = self.age.wrapping_add(1);
        let fade = self.fade.next_value();
        let [strength, whistle, side] = self.gusts.map(|g| g.value);
        let level = db_to_gain(-3.0 + 14.0 * self.force * (strength - 0.5));
        let sides = [1.2 - 0.4 * side, 0.8 + 0.4 * side];
        let mut out = [0.0; 2];
        for (((y, pink), [body, howl]), side) in
            out.iter_mut().zip(&mut self.noise).zip(&mut self.bands).zip(sides)
        {
            let x = pink.next_sample();
            *y = fade
                * level
                * side
                * (0.33 * body.band(x) + 0.4 * whistle * self.force * howl.band(x));
        }
        (out[0], out[1])
    }

    fn is_over(&self) -> bool {
        self.fade.is_over()
    }

    fn reset(&mut self) {
        self.fade.reset();
        self.bands.iter_mut().flatten().for_each(Svf::reset);
    }
}
