//! The drum machines, 808 and 909, and the layered kit of modern pop. The circuits' figures are those published on the
//! TR-808's bridged-T and cymbal circuits (Werner, Abel & Smith, DAFx 2014 and ICMC 2014) and service notes.

use rand_chacha::ChaCha8Rng;

use super::acoustic::{TOMS, cymbals};
use super::kit::KitSpec;
use super::percussion::{clap, stand};
use super::recipe::{Metal, NOISE, Noise, Port, Recipe, Shape, TONE, Tone, square_metal};
use crate::dsp::noise::unit;

/// Trap and electro.
pub(super) const TR808: KitSpec =
    KitSpec { recipes: tr808, room: 0.3, sends: [0.0, 0.4, 0.15, 0.3], dusty: false };

/// House and techno.
pub(super) const TR909: KitSpec =
    KitSpec { recipes: tr909, room: 0.35, sends: [0.0, 0.4, 0.15, 0.3], dusty: false };

/// Modern pop.
pub(super) const POP: KitSpec =
    KitSpec { recipes: pop, room: 0.36, sends: [0.05, 0.5, 0.15, 0.35], dusty: false };

fn tr808(_: &mut ChaCha8Rng) -> Vec<Recipe> {
    let mut kick = Recipe::new(&[35, 36], Port::Kick, -6.0, 0.0)
        .tone(Tone {
            hz: 47.5,
            sweep: 1.9,
            sweep_time: 0.006,
            sigh: 0.07,
            sigh_time: 0.35,
            hold: 0.015,
            decay: 0.42,
            drive: 0.7,
            ..TONE
        })
        .noise(Noise {
            shape: Shape::Low,
            hz: 3000.0,
            decay: 0.0012,
            gain: 0.5,
            touch: 0.6,
            ..NOISE
        });
    kick.rehit = 0.006;
    let mut all = vec![
        kick,
        Recipe::new(&[38, 40], Port::Snare, -8.0, 0.0)
            .tone(Tone { hz: 178.0, sweep: 0.25, sweep_time: 0.008, decay: 0.075, ..TONE })
            .tone(Tone {
                hz: 332.0,
                sweep: 0.2,
                sweep_time: 0.008,
                decay: 0.045,
                gain: 0.6,
                ..TONE
            })
            .noise(Noise {
                shape: Shape::High,
                hz: 1800.0,
                q: 0.6,
                high_cut: 9500.0,
                decay: 0.085,
                gain: 0.5,
                touch: 0.5,
                ..NOISE
            }),
        Recipe::new(&[37], Port::Snare, -11.0, 0.0)
            .modes(&[(455.0, 0.009, 0.6), (1667.0, 0.012, 1.0)])
            .noise(Noise { hz: 2800.0, q: 0.8, decay: 0.0025, gain: 0.5, ..NOISE }),
        clap(&[39], -9.0, 1080.0, 0.12),
    ];
    for ((notes, pan), hz) in TOMS.into_iter().zip([82.0, 98.0, 118.0, 140.0, 165.0, 196.0]) {
        all.push(sine_drum(notes, Port::Perc, -9.0, pan, hz, 0.2));
    }
    all.extend(machine_hats([
        (&[42], -18.0, square_metal(5200.0, 15_000.0, 0.022, 0.1), 0.02),
        (&[44], -19.0, square_metal(5200.0, 15_000.0, 0.035, 0.1), 0.03),
        (&[46], -17.0, square_metal(5200.0, 15_000.0, 0.2, 0.1), 0.16),
    ]));
    for (notes, pan, low, decay) in [
        (&[49][..], -0.3, 2600.0, 0.55),
        (&[57][..], 0.3, 2300.0, 0.65),
        (&[52][..], 0.4, 2000.0, 0.35),
        (&[51][..], 0.25, 3400.0, 0.3),
        (&[59][..], 0.35, 3900.0, 0.26),
    ] {
        let mut cymbal = Recipe::new(notes, Port::Hats, -16.0, pan)
            .modes(&square_metal(low, 14_500.0, decay, 0.1))
            .noise(Noise {
                shape: Shape::High,
                hz: 8000.0,
                attack: 0.01,
                decay: decay * 0.7,
                gain: 0.06,
                ..NOISE
            });
        (cymbal.scattered, cymbal.width, cymbal.rings_on) = (true, 0.3, true);
        all.push(cymbal);
    }
    let mut bell = Recipe::new(&[53], Port::Hats, -17.0, 0.25).modes(&bell_modes(0.22));
    bell.scattered = true;
    all.push(bell);

    // The machine has its own congas, claves, maracas and the cowbell that everyone knows.
    for (notes, pan, hz) in [
        (&[60][..], -0.3, 420.0),
        (&[61][..], -0.2, 330.0),
        (&[62][..], 0.2, 370.0),
        (&[63][..], 0.3, 270.0),
        (&[64][..], 0.4, 185.0),
    ] {
        all.push(sine_drum(notes, Port::Perc, -11.0, pan, hz, 0.09));
    }
    let mut cowbell = Recipe::new(&[56], Port::Perc, -14.0, 0.1).modes(&bell_modes(0.09));
    cowbell.scattered = true;
    let claves = Recipe::new(&[75], Port::Perc, -13.0, 0.2)
        .modes(&[(2500.0, 0.012, 1.0), (1680.0, 0.005, 0.25)]);
    let maracas = Recipe::new(&[70], Port::Perc, -17.0, -0.3).noise(Noise {
        shape: Shape::High,
        hz: 5200.0,
        attack: 0.004,
        decay: 0.014,
        ..NOISE
    });
    let own = [cowbell, claves, maracas];
    all.extend(
        stand().into_iter().filter(|drum| {
            !drum.notes.iter().any(|n| [56, 60, 61, 62, 63, 64, 70, 75].contains(n))
        }),
    );
    all.extend(own);
    all
}

/// A bridged-T drum: a sine that drops a little, and a breath of noise.
fn sine_drum(
    notes: &'static [u8],
    port: Port,
    level_db: f32,
    pan: f32,
    hz: f32,
    decay: f32,
) -> Recipe {
    Recipe::new(notes, port, level_db, pan)
        .tone(Tone { hz, sweep: 0.35, sweep_time: 0.028, decay, ..TONE })
        .noise(Noise {
            shape: Shape::Low,
            hz: 1800.0,
            attack: 0.001,
            decay: decay * 0.5,
            gain: 0.045,
            ..NOISE
        })
        .noise(Noise {
            shape: Shape::Low,
            hz: 4000.0,
            decay: 0.0012,
            gain: 0.3,
            touch: 0.6,
            ..NOISE
        })
}

/// The two squares of the cowbell (540 and 800 Hz) through a band-pass at 2.6 kHz, as modes.
fn bell_modes(decay: f32) -> Vec<(f32, f32, f32)> {
    let mut modes = Vec::new();
    for base in [540.0, 800.0] {
        for harmonic in [1.0, 3.0, 5.0, 7.0, 9.0, 11.0] {
            let hz = base * harmonic;
            let off = libm::log2f(hz / 1800.0);
            modes.push((
                hz,
                decay * if harmonic > 1.0 { 0.7 } else { 1.0 },
                libm::expf(-0.5 * off * off) / harmonic.sqrt(),
            ));
        }
    }
    modes
}

/// A hat of a machine: notes, level in dBFS, modes, decay of the hiss in seconds.
type Hat = (&'static [u8], f32, Vec<(f32, f32, f32)>, f32);

/// Closed, pedal and open hat.
fn machine_hats(hats: [Hat; 3]) -> Vec<Recipe> {
    let chokes: [&[u8]; 3] = [&[44, 46], &[42, 46], &[42, 44]];
    hats.into_iter()
        .zip(chokes)
        .map(|((notes, level_db, modes, decay), chokes)| {
            let mut hat =
                Recipe::new(notes, Port::Hats, level_db, -0.12).modes(&modes).noise(Noise {
                    shape: Shape::High,
                    hz: 8800.0,
                    decay,
                    gain: 0.2,
                    touch: 0.5,
                    ..NOISE
                });
            (hat.scattered, hat.width, hat.rehit, hat.chokes) = (true, 0.15, 0.006, chokes);
            (hat.tilt, hat.open) = (14.0, 2.0);
            hat
        })
        .collect()
}

fn tr909(rng: &mut ChaCha8Rng) -> Vec<Recipe> {
    let mut kick = Recipe::new(&[35, 36], Port::Kick, -6.0, 0.0)
        .tone(Tone {
            hz: 51.0,
            sweep: 3.4,
            sweep_time: 0.02,
            hold: 0.045,
            decay: 0.16,
            drive: 1.1,
            ..TONE
        })
        .noise(Noise {
            shape: Shape::High,
            hz: 3600.0,
            decay: 0.003,
            gain: 0.55,
            touch: 0.5,
            ..NOISE
        })
        .noise(Noise { shape: Shape::Low, hz: 2500.0, decay: 0.002, gain: 0.6, ..NOISE });
    kick.rehit = 0.006;
    let mut all = vec![
        kick,
        Recipe::new(&[38, 40], Port::Snare, -8.0, 0.0)
            .tone(Tone {
                hz: 172.0,
                sweep: 0.7,
                sweep_time: 0.012,
                decay: 0.06,
                drive: 0.5,
                ..TONE
            })
            .tone(Tone { hz: 296.0, sweep: 0.5, sweep_time: 0.01, decay: 0.035, gain: 0.6, ..TONE })
            .noise(Noise {
                shape: Shape::High,
                hz: 2200.0,
                q: 0.7,
                high_cut: 9000.0,
                decay: 0.1,
                gain: 0.6,
                touch: 0.4,
                ..NOISE
            })
            .noise(Noise { shape: Shape::Low, hz: 5000.0, decay: 0.03, gain: 0.3, ..NOISE }),
        Recipe::new(&[37], Port::Snare, -11.0, 0.0)
            .modes(&[(220.0, 0.012, 0.5), (500.0, 0.014, 0.9), (1010.0, 0.012, 0.9)])
            .noise(Noise { shape: Shape::High, hz: 2600.0, decay: 0.006, gain: 0.5, ..NOISE }),
        clap(&[39], -9.0, 1300.0, 0.09),
    ];
    for ((notes, pan), hz) in TOMS.into_iter().zip([72.0, 90.0, 112.0, 136.0, 164.0, 200.0]) {
        let mut tom = sine_drum(notes, Port::Perc, -9.0, pan, hz, 0.18);
        tom.tones.iter_mut().for_each(|t| (t.sweep, t.sweep_time) = (0.8, 0.035));
        all.push(tom);
    }
    // The machine played six-bit recordings of real cymbals: bright, short, a little harsh.
    let mut sampled = |low, decay: f32| {
        let metal = Metal {
            count: 48,
            low,
            high: 15_500.0,
            decay_low: decay,
            decay_high: decay * 0.8,
            slope: 0.8,
            gain: 0.08,
        };
        Recipe::new(&[], Port::Hats, 0.0, 0.0)
            .metal(metal, || unit(rng))
            .modes
            .iter()
            .map(|m| (m.hz, m.decay, m.gain))
            .collect::<Vec<_>>()
    };
    all.extend(
        machine_hats([
            (&[42], -18.0, sampled(4300.0, 0.026), 0.024),
            (&[44], -19.0, sampled(4300.0, 0.04), 0.03),
            (&[46], -16.5, sampled(4300.0, 0.24), 0.2),
        ])
        .into_iter()
        .map(|hat| hat.noise(Noise { hz: 9500.0, q: 0.8, decay: 0.03, gain: 0.25, ..NOISE })),
    );
    all.extend(cymbals(rng, 1.12).into_iter().map(|cymbal| cymbal.times(0.7)));
    all.extend(stand());
    all
}

fn pop(rng: &mut ChaCha8Rng) -> Vec<Recipe> {
    let mut kick = Recipe::new(&[35, 36], Port::Kick, -6.0, 0.0)
        .tone(Tone {
            hz: 50.0,
            sweep: 2.2,
            sweep_time: 0.011,
            hold: 0.02,
            decay: 0.13,
            drive: 0.8,
            ..TONE
        })
        .tone(Tone { hz: 104.0, sweep: 1.2, sweep_time: 0.008, decay: 0.035, gain: 0.4, ..TONE })
        .noise(Noise { hz: 4300.0, q: 0.7, decay: 0.005, gain: 0.6, touch: 0.5, ..NOISE })
        .noise(Noise { shape: Shape::Low, hz: 1400.0, decay: 0.008, gain: 0.5, ..NOISE });
    kick.rehit = 0.008;
    let hands = clap(&[39], -9.0, 1250.0, 0.1);
    let mut snare = Recipe::new(&[38, 40], Port::Snare, -8.0, 0.0)
        .tone(Tone { hz: 202.0, sweep: 0.5, sweep_time: 0.01, decay: 0.06, ..TONE })
        .modes(&[(352.0, 0.05, 0.22), (468.0, 0.04, 0.16), (640.0, 0.03, 0.12)])
        .noise(Noise {
            hz: 5200.0,
            q: 0.45,
            low_cut: 1500.0,
            decay: 0.085,
            gain: 0.75,
            touch: 0.4,
            ..NOISE
        })
        .noise(Noise {
            shape: Shape::High,
            hz: 6000.0,
            decay: 0.004,
            gain: 0.6,
            touch: 0.8,
            ..NOISE
        });
    // The clap that is glued to it, softer than on its own and dropped when played softly.
    snare.noises.extend(hands.noises.iter().map(|n| Noise {
        gain: n.gain * 0.6,
        touch: 0.8,
        ..*n
    }));
    let mut all = vec![
        kick,
        snare,
        Recipe::new(&[37], Port::Snare, -11.0, 0.0)
            .modes(&[(520.0, 0.014, 0.6), (1780.0, 0.016, 1.0), (2900.0, 0.008, 0.4)])
            .noise(Noise { hz: 4200.0, q: 0.8, decay: 0.004, gain: 0.7, ..NOISE }),
        hands,
    ];
    for ((notes, pan), hz) in TOMS.into_iter().zip([76.0, 94.0, 114.0, 138.0, 166.0, 198.0]) {
        let mut tom = super::acoustic::tom(notes, pan, hz, 0.24);
        tom.tones.iter_mut().for_each(|t| (t.sweep, t.sweep_time) = (0.5, 0.03));
        all.push(tom);
    }
    let mut sampled = |decay: f32| {
        let metal = Metal {
            count: 40,
            low: 5200.0,
            high: 15_000.0,
            decay_low: decay,
            decay_high: decay * 0.7,
            slope: 0.0,
            gain: 0.08,
        };
        Recipe::new(&[], Port::Hats, 0.0, 0.0)
            .metal(metal, || unit(rng))
            .modes
            .iter()
            .map(|m| (m.hz, m.decay, m.gain))
            .collect::<Vec<_>>()
    };
    all.extend(machine_hats([
        (&[42], -18.0, sampled(0.018), 0.018),
        (&[44], -20.0, sampled(0.024), 0.02),
        (&[46], -17.0, sampled(0.18), 0.15),
    ]));
    all.extend(cymbals(rng, 1.06));
    all.extend(stand());
    all
}
