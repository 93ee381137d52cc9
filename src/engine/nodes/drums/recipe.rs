//! What a drum is made of, as plain data: swept tones, struck modes and shaped noises, and where it stands in the kit.
//!
//! Recipes are written once per kit and built into voices; nothing here makes sound. Times are time constants in seconds
//! (fall to 1/e), gains are linear and only their proportions count: the kit trims each drum to `level_db`.

use crate::dsp::modal::Mode;

/// The outputs of a kit, in the order of its ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    Kick = 0,
    Snare = 1,
    Hats = 2,
    Perc = 3,
}

/// An oscillator that starts at its zero crossing, drops in pitch and dies away: the core of kicks, toms, electronic snares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tone {
    /// Pitch it settles at, in Hz.
    pub hz: f32,
    /// How far above it starts, as a part of `hz` (1 = an octave), and how fast it drops.
    pub sweep: f32,
    pub sweep_time: f32,
    /// A second, slow drop, for skins that sigh and circuits that sag.
    pub sigh: f32,
    pub sigh_time: f32,
    /// Time at full level before the decay.
    pub hold: f32,
    pub decay: f32,
    pub gain: f32,
    /// Saturation of the tone itself: 0 is a sine, 4 is nearly a square.
    pub drive: f32,
    /// Further loudness by velocity, beyond that of the whole drum: 0 = none, 1 = as much again.
    pub touch: f32,
}

/// The tone that recipes vary.
pub(super) const TONE: Tone = Tone {
    hz: 100.0,
    sweep: 0.0,
    sweep_time: 0.02,
    sigh: 0.0,
    sigh_time: 0.2,
    hold: 0.0,
    decay: 0.1,
    gain: 1.0,
    drive: 0.0,
    touch: 0.0,
};

/// What a noise goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Low,
    Band,
    High,
}

/// White noise through a filter and an envelope: beaters, wires, sticks, shakers, brushes, the wash of cymbals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    pub shape: Shape,
    pub hz: f32,
    pub q: f32,
    /// A first-order high-pass after the filter, in Hz; 0 = none.
    pub low_cut: f32,
    /// A first-order low-pass after the filter, in Hz; 0 = none.
    pub high_cut: f32,
    /// Where the filter starts, as a ratio of `hz`, and how fast it gets there (1 = it stays).
    pub from: f32,
    pub from_time: f32,
    pub delay: f32,
    pub attack: f32,
    pub decay: f32,
    pub gain: f32,
    /// See [`Tone::touch`].
    pub touch: f32,
    /// A clap's hands: this many more bursts, this far apart, before the decay begins.
    pub bursts: u8,
    pub gap: f32,
    /// Grains per second instead of a steady noise, each dying in `grain_time` (Cook, "Physically informed sonic
    /// modeling", CMJ 21:3, 1997); 0 = steady.
    pub grains: f32,
    pub grain_time: f32,
}

/// The noise that recipes vary.
pub(super) const NOISE: Noise = Noise {
    shape: Shape::Band,
    hz: 4000.0,
    q: 0.7,
    low_cut: 0.0,
    high_cut: 0.0,
    from: 1.0,
    from_time: 0.02,
    delay: 0.0,
    attack: 0.0,
    decay: 0.05,
    gain: 1.0,
    touch: 0.0,
    bursts: 0,
    gap: 0.01,
    grains: 0.0,
    grain_time: 0.002,
};

/// One drum of a kit.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    /// GM note numbers that play it.
    pub notes: &'static [u8],
    pub port: Port,
    /// Peak at velocity 0.8, in dBFS, before the room and after the trim that the kit finds.
    pub level_db: f32,
    /// -1 (left) to 1 (right), seen from the audience.
    pub pan: f32,
    pub tones: Vec<Tone>,
    pub noises: Vec<Noise>,
    pub modes: Vec<Mode>,
    /// How much wider than a point the modes are, 0 to 1.
    pub width: f32,
    /// Whether modes start at random phases (metal) or together (skins, wood).
    pub scattered: bool,
    /// dB per octave that a change of velocity by 1 tilts the modes, about 300 Hz for skins and 3 kHz for metal.
    pub tilt: f32,
    /// How much the noise filters open with velocity, in octaves from 0 to 1.
    pub open: f32,
    /// How fast an earlier hit of this drum dies when it is hit again.
    pub rehit: f32,
    /// A ringing thing takes further strikes itself (cymbals), others get a new voice.
    pub rings_on: bool,
    /// Notes that this drum silences.
    pub chokes: &'static [u8],
}

impl Recipe {
    /// A drum with no sound yet.
    pub(super) fn new(notes: &'static [u8], port: Port, level_db: f32, pan: f32) -> Self {
        Self {
            notes,
            port,
            level_db,
            pan,
            tones: Vec::new(),
            noises: Vec::new(),
            modes: Vec::new(),
            width: 0.0,
            scattered: false,
            tilt: 6.0,
            open: 1.5,
            rehit: 0.03,
            rings_on: false,
            chokes: &[],
        }
    }

    pub(super) fn tone(mut self, tone: Tone) -> Self {
        self.tones.push(tone);
        self
    }

    pub(super) fn noise(mut self, noise: Noise) -> Self {
        self.noises.push(noise);
        self
    }

    /// Adds modes given as (Hz, decay in seconds, gain).
    pub(super) fn modes(mut self, modes: &[(f32, f32, f32)]) -> Self {
        self.modes.extend(modes.iter().map(|&(hz, decay, gain)| Mode { hz, decay, gain }));
        self
    }

    /// Adds a skin: the modes of an ideal circular membrane (Bessel zeros over the first one; Fletcher & Rossing, "The
    /// Physics of Musical Instruments", ch. 3) above the fundamental, which a [`Tone`] plays.
    pub(super) fn skin(self, hz: f32, decay: f32, gain: f32) -> Self {
        let over = [
            (1.593, 0.62, 0.5),
            (2.136, 0.42, 0.32),
            (2.296, 0.36, 0.25),
            (2.653, 0.3, 0.16),
            (2.918, 0.24, 0.12),
        ];
        let modes = over.map(|(ratio, time, part)| (hz * ratio, decay * time, gain * part));
        self.modes(&modes)
    }

    /// Adds metal: modes strewn over a band, see [`Metal`].
    pub(super) fn metal(mut self, metal: Metal, random: impl FnMut() -> f32) -> Self {
        self.modes.extend(metal.modes(random));
        self.scattered = true;
        self
    }

    /// Scales all times but the delays.
    pub(super) fn times(mut self, factor: f32) -> Self {
        self.tones.iter_mut().for_each(|t| t.decay *= factor);
        self.noises.iter_mut().for_each(|n| n.decay *= factor);
        self.modes.iter_mut().for_each(|m| m.decay *= factor);
        self
    }

    /// Scales all pitches of tones and modes.
    pub(super) fn pitch(mut self, ratio: f32) -> Self {
        self.tones.iter_mut().for_each(|t| t.hz *= ratio);
        self.modes.iter_mut().for_each(|m| m.hz *= ratio);
        self
    }
}

/// A cymbal's modes: so many, spread over a band with random gaps, so dense at the top that they shimmer instead of
/// sounding a chord; the lower they are the longer they ring.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metal {
    pub count: usize,
    pub low: f32,
    pub high: f32,
    /// Decay of the lowest and of the highest mode.
    pub decay_low: f32,
    pub decay_high: f32,
    /// Slope of their gains in dB per octave from low to high.
    pub slope: f32,
    pub gain: f32,
}

impl Metal {
    /// The modes; `random` gives numbers in 0..1.
    fn modes(self, mut random: impl FnMut() -> f32) -> Vec<Mode> {
        let octaves = libm::log2f(self.high / self.low);
        (0..self.count)
            .map(|i| {
                // One mode somewhere in each equal slice; the power bends the spread so that the top is denser.
                let at = (i as f32 + random()) / self.count as f32;
                let at = libm::powf(at, 0.8);
                let decay = self.decay_low * libm::powf(self.decay_high / self.decay_low, at);
                let level = self.slope * octaves * at / 20.0;
                Mode {
                    hz: self.low * libm::exp2f(octaves * at),
                    decay: decay * (0.7 + 0.6 * random()),
                    gain: self.gain * libm::powf(10.0, level) * (0.4 + 1.2 * random()),
                }
            })
            .collect()
    }
}

/// The metal of the TR-808: six square waves (205.3 to 800 Hz; Werner, Abel & Smith, "The TR-808 cymbal", ICMC 2014)
/// through a band-pass. A square is its odd harmonics, so the ones in the band are modes, and there is no aliasing.
pub(super) fn square_metal(low: f32, high: f32, decay: f32, gain: f32) -> Vec<(f32, f32, f32)> {
    const SQUARES: [f32; 6] = [205.3, 304.4, 369.6, 522.7, 540.0, 800.0];
    let centre = (low * high).sqrt();
    let mut modes = Vec::new();
    for base in SQUARES {
        for harmonic in (1..80).step_by(2) {
            let hz = base * harmonic as f32;
            if hz < low || hz > high {
                continue;
            }
            // The skirts of the band-pass, so that the band has no edges.
            let off = libm::log2f(hz / centre) / libm::log2f(high / centre);
            modes.push((hz, decay, gain * (1.0 - 0.8 * off * off) * centre / hz));
        }
    }
    modes
}
