//! The kits of wood, skin and bronze: the rock kit, the jazz kit with brushes, and the dusty sampled one.

use rand_chacha::ChaCha8Rng;

use super::kit::KitSpec;
use super::percussion::{clap, stand};
use super::recipe::{Metal, NOISE, Noise, Port, Recipe, Shape, TONE, Tone};
use crate::dsp::noise::unit;

/// A rock kit in a live room.
pub(super) const ACOUSTIC: KitSpec =
    KitSpec { recipes: acoustic, room: 0.42, sends: [0.12, 0.45, 0.12, 0.4], dusty: false };

/// A small jazz kit, brushes on a coated snare.
pub(super) const BRUSH: KitSpec =
    KitSpec { recipes: brush, room: 0.38, sends: [0.3, 0.4, 0.2, 0.4], dusty: false };

/// A dry old kit that went through tape and a 12-bit sampler.
pub(super) const LOFI: KitSpec =
    KitSpec { recipes: lofi, room: 0.28, sends: [0.1, 0.35, 0.1, 0.3], dusty: true };

/// Notes of the six toms from low to high, and where they stand.
pub(super) const TOMS: [(&[u8], f32); 6] =
    [(&[41], 0.45), (&[43], 0.3), (&[45], 0.12), (&[47], -0.05), (&[48], -0.2), (&[50], -0.35)];

fn acoustic(rng: &mut ChaCha8Rng) -> Vec<Recipe> {
    let mut all = vec![
        Recipe::new(&[35, 36], Port::Kick, -6.0, 0.0)
            .tone(Tone {
                hz: 57.0,
                sweep: 1.3,
                sweep_time: 0.012,
                sigh: 0.12,
                sigh_time: 0.09,
                decay: 0.13,
                ..TONE
            })
            .tone(Tone { hz: 96.0, sweep: 0.4, sweep_time: 0.01, decay: 0.045, gain: 0.45, ..TONE })
            .modes(&[
                (148.0, 0.04, 0.22),
                (212.0, 0.028, 0.16),
                (318.0, 0.018, 0.1),
                (470.0, 0.01, 0.08),
            ])
            .noise(Noise { hz: 3300.0, q: 0.9, decay: 0.006, gain: 0.75, touch: 0.8, ..NOISE })
            .noise(Noise {
                shape: Shape::Low,
                hz: 900.0,
                decay: 0.014,
                gain: 0.4,
                touch: 0.3,
                ..NOISE
            })
            .noise(Noise { hz: 260.0, q: 0.6, attack: 0.006, decay: 0.06, gain: 0.1, ..NOISE }),
        snare(-8.0, 188.0, 1.0),
        side_stick(-12.0),
        clap(&[39], -10.0, 1250.0, 0.11),
    ];
    for ((notes, pan), hz) in TOMS.into_iter().zip([74.0, 89.0, 108.0, 130.0, 154.0, 182.0]) {
        all.push(tom(notes, pan, hz, 0.3));
    }
    all.extend(hats(rng, 1.0, 3400.0));
    all.extend(cymbals(rng, 1.0));
    all.extend(stand());
    all
}

/// A snare drum with a stick: head, shell, wires that answer late, and the stick itself. `wires` is their share.
fn snare(level_db: f32, hz: f32, wires: f32) -> Recipe {
    Recipe::new(&[38, 40], Port::Snare, level_db, 0.0)
        .tone(Tone { hz, sweep: 0.35, sweep_time: 0.012, decay: 0.075, gain: 0.95, ..TONE })
        .modes(&[
            (hz * 1.49, 0.07, 0.3),
            (hz * 1.78, 0.085, 0.34),
            (hz * 2.24, 0.05, 0.2),
            (hz * 2.98, 0.042, 0.17),
            (hz * 4.0, 0.03, 0.12),
            (hz * 5.85, 0.02, 0.09),
        ])
        .noise(Noise {
            hz: 4600.0,
            q: 0.45,
            low_cut: 1300.0,
            decay: 0.085,
            gain: 1.15 * wires,
            touch: 0.4,
            ..NOISE
        })
        .noise(Noise {
            hz: 7200.0,
            q: 0.6,
            delay: 0.006,
            attack: 0.01,
            decay: 0.12,
            gain: 0.6 * wires,
            touch: 0.2,
            ..NOISE
        })
        .noise(Noise {
            shape: Shape::High,
            hz: 5200.0,
            decay: 0.003,
            gain: 0.6,
            touch: 0.9,
            ..NOISE
        })
        .noise(Noise { hz: 1200.0, q: 0.7, decay: 0.012, gain: 0.45, touch: 0.5, ..NOISE })
}

fn side_stick(level_db: f32) -> Recipe {
    Recipe::new(&[37], Port::Snare, level_db, 0.0)
        .modes(&[
            (412.0, 0.018, 0.5),
            (815.0, 0.02, 0.5),
            (1690.0, 0.022, 1.0),
            (2410.0, 0.014, 0.55),
            (3700.0, 0.008, 0.3),
        ])
        .noise(Noise { hz: 3400.0, q: 0.8, decay: 0.003, gain: 0.8, touch: 0.5, ..NOISE })
        .noise(Noise {
            hz: 5200.0,
            q: 0.5,
            delay: 0.004,
            attack: 0.004,
            decay: 0.03,
            gain: 0.06,
            ..NOISE
        })
}

/// A tom: the skin's fundamental bends down after the blow, the shell rings with it.
pub(super) fn tom(notes: &'static [u8], pan: f32, hz: f32, decay: f32) -> Recipe {
    let mut tom = Recipe::new(notes, Port::Perc, -9.0, pan)
        .tone(Tone {
            hz,
            sweep: 0.22,
            sweep_time: 0.05,
            decay: decay * (120.0 / hz).sqrt().min(1.2),
            ..TONE
        })
        .skin(hz, decay * 0.5, 0.6)
        .noise(Noise { hz: 2600.0, q: 0.7, decay: 0.006, gain: 0.5, touch: 0.7, ..NOISE })
        .noise(Noise { shape: Shape::Low, hz: 700.0, decay: 0.03, gain: 0.2, ..NOISE });
    tom.rehit = 0.06;
    tom
}

/// Closed, pedal and open hi-hat: one pair of cymbals, so the same modes with other decays. `dark` below 1 dulls them.
fn hats(rng: &mut ChaCha8Rng, bright: f32, low: f32) -> Vec<Recipe> {
    let traits: Vec<f32> = (0..160).map(|_| unit(rng)).collect();
    let pair = |count, decay: f32, gain| {
        let mut next = traits.iter().copied().cycle();
        let metal = Metal {
            count,
            low,
            high: 14_500.0 * bright,
            decay_low: decay,
            decay_high: decay * 0.5,
            slope: -1.0,
            gain,
        };
        (metal, move || next.next().unwrap_or(0.5))
    };
    let air = |hz: f32, decay, gain| Noise {
        shape: Shape::High,
        hz: hz * bright,
        q: 0.7,
        high_cut: 9500.0 * bright,
        decay,
        gain,
        ..NOISE
    };
    let hat = |notes, level_db, decay, gain| {
        let (metal, random) = pair(40, decay, gain);
        let mut hat = Recipe::new(notes, Port::Hats, level_db, -0.28).metal(metal, random);
        (hat.width, hat.tilt, hat.rehit) = (0.45, 8.0, 0.008);
        hat
    };
    let mut closed = hat(&[42], -18.0, 0.03, 0.09).noise(air(7600.0, 0.02, 0.4)).noise(Noise {
        hz: 5200.0 * bright,
        q: 0.6,
        decay: 0.004,
        gain: 0.6,
        touch: 0.8,
        ..NOISE
    });
    closed.chokes = &[44, 46];
    // The foot closes the cymbals on each other: no stick, a soft "chick".
    let mut pedal = hat(&[44], -20.0, 0.022, 0.1)
        .noise(Noise { attack: 0.003, ..air(5600.0, 0.014, 0.45) })
        .noise(Noise { hz: 1100.0, q: 0.8, decay: 0.008, gain: 0.12, ..NOISE });
    pedal.chokes = &[42, 46];
    let mut open = hat(&[46], -17.0, 0.3, 0.06)
        .noise(Noise { attack: 0.004, ..air(7000.0, 0.2, 0.28) })
        .noise(Noise { hz: 5200.0 * bright, q: 0.6, decay: 0.006, gain: 0.4, touch: 0.8, ..NOISE });
    open.chokes = &[42, 44];
    vec![closed, pedal, open]
}

/// Crashes, rides, bell and china. `bright` below 1 makes them darker and drier.
pub(super) fn cymbals(rng: &mut ChaCha8Rng, bright: f32) -> Vec<Recipe> {
    let mut all = Vec::new();
    for (notes, pan, low) in [(&[49][..], -0.4, 420.0), (&[57][..], 0.42, 340.0)] {
        let body = Metal {
            count: 88,
            low,
            high: 13_500.0 * bright,
            decay_low: 0.95,
            decay_high: 0.38,
            slope: -0.6,
            gain: 0.06,
        };
        let mut crash = Recipe::new(notes, Port::Hats, -14.0, pan)
            .metal(body, || unit(rng))
            .noise(Noise {
                shape: Shape::High,
                hz: 5200.0 * bright,
                attack: 0.018,
                decay: 0.34,
                gain: 0.34,
                touch: 0.3,
                ..NOISE
            })
            // The bloom: the high modes get their energy from the low ones, some tens of milliseconds late.
            .noise(Noise {
                hz: 7400.0 * bright,
                q: 0.5,
                attack: 0.07,
                decay: 0.6,
                gain: 0.26,
                ..NOISE
            })
            .noise(Noise { hz: 3000.0, q: 0.5, attack: 0.004, decay: 0.12, gain: 0.22, ..NOISE });
        (crash.width, crash.tilt, crash.rings_on) = (0.6, 7.0, true);
        all.push(crash);
    }
    for (notes, pan, shift) in [(&[51][..], 0.32, 1.0), (&[59][..], 0.42, 1.09)] {
        let body = Metal {
            count: 64,
            low: 520.0 * shift,
            high: 12_000.0 * bright,
            decay_low: 0.9,
            decay_high: 0.28,
            slope: -1.6,
            gain: 0.03,
        };
        let mut ride = Recipe::new(notes, Port::Hats, -17.0, pan)
            .metal(body, || unit(rng))
            // The ping: a few modes that the tip of the stick wakes more than all others.
            .modes(&[
                (2840.0 * shift, 0.16, 0.1),
                (3960.0 * shift, 0.2, 0.15),
                (5210.0 * shift, 0.14, 0.13),
                (6870.0 * shift, 0.1, 0.08),
            ])
            .noise(Noise {
                hz: 6400.0 * bright,
                q: 0.7,
                decay: 0.009,
                gain: 0.5,
                touch: 0.6,
                ..NOISE
            })
            .noise(Noise {
                shape: Shape::High,
                hz: 5600.0 * bright,
                attack: 0.02,
                decay: 0.3,
                gain: 0.07,
                touch: 0.6,
                ..NOISE
            });
        (ride.width, ride.tilt, ride.rings_on) = (0.5, 7.0, true);
        all.push(ride);
    }
    let mut bell = Recipe::new(&[53], Port::Hats, -16.0, 0.32)
        .modes(&[
            (782.0, 0.5, 0.22),
            (1236.0, 0.6, 0.4),
            (1905.0, 0.55, 0.5),
            (2630.0, 0.45, 0.5),
            (3480.0, 0.4, 0.38),
            (4420.0, 0.3, 0.28),
            (5570.0, 0.22, 0.2),
            (7130.0, 0.15, 0.14),
        ])
        .metal(
            Metal {
                count: 32,
                low: 2200.0,
                high: 11_000.0,
                decay_low: 0.6,
                decay_high: 0.25,
                slope: -2.0,
                gain: 0.05,
            },
            || unit(rng),
        )
        .noise(Noise { hz: 5600.0, q: 0.7, decay: 0.005, gain: 0.6, touch: 0.6, ..NOISE });
    (bell.width, bell.rings_on) = (0.3, true);
    all.push(bell);

    let trash = Metal {
        count: 88,
        low: 380.0,
        high: 11_500.0 * bright,
        decay_low: 0.42,
        decay_high: 0.2,
        slope: -0.3,
        gain: 0.06,
    };
    let mut china = Recipe::new(&[52], Port::Hats, -14.0, 0.5)
        .metal(trash, || unit(rng))
        .noise(Noise {
            hz: 4200.0 * bright,
            q: 0.4,
            attack: 0.012,
            decay: 0.26,
            gain: 0.5,
            touch: 0.3,
            ..NOISE
        })
        .noise(Noise { hz: 1400.0, q: 0.8, attack: 0.002, decay: 0.06, gain: 0.25, ..NOISE });
    (china.width, china.rings_on) = (0.5, true);
    all.push(china);
    all
}

fn brush(rng: &mut ChaCha8Rng) -> Vec<Recipe> {
    let wires = |hz, attack, decay, gain, grains| Noise {
        hz,
        q: 0.5,
        low_cut: 500.0,
        high_cut: 9000.0,
        attack,
        decay,
        gain,
        grains,
        grain_time: 0.003,
        ..NOISE
    };
    let mut tap = Recipe::new(&[38], Port::Snare, -12.0, 0.0)
        .tone(Tone { hz: 196.0, sweep: 0.15, decay: 0.055, gain: 0.32, touch: 0.5, ..TONE })
        .modes(&[(310.0, 0.05, 0.1), (392.0, 0.05, 0.1), (585.0, 0.03, 0.06)])
        // The wires of the brush land one after another.
        .noise(wires(3600.0, 0.0012, 0.022, 1.0, 9000.0))
        .noise(wires(5600.0, 0.003, 0.06, 0.3, 0.0));
    tap.rehit = 0.025;
    // A sweep is a circle of the hand over the coated head: it swells, turns and lets go.
    let mut sweep = Recipe::new(&[40], Port::Snare, -17.0, -0.1)
        .noise(Noise { from: 0.55, from_time: 0.09, ..wires(3400.0, 0.07, 0.13, 0.8, 7000.0) })
        .noise(Noise { from: 0.7, from_time: 0.12, ..wires(6200.0, 0.1, 0.12, 0.4, 0.0) })
        .noise(Noise { low_cut: 250.0, ..wires(900.0, 0.08, 0.1, 0.22, 0.0) });
    sweep.rehit = 0.09;
    let slap = Recipe::new(&[39], Port::Snare, -10.0, 0.0)
        .tone(Tone { hz: 204.0, sweep: 0.25, sweep_time: 0.012, decay: 0.07, gain: 0.6, ..TONE })
        .modes(&[(322.0, 0.06, 0.22), (412.0, 0.06, 0.22), (610.0, 0.04, 0.14), (930.0, 0.02, 0.1)])
        .noise(wires(4200.0, 0.0008, 0.03, 1.3, 12_000.0))
        .noise(wires(5200.0, 0.003, 0.09, 0.5, 0.0));
    let mut all = vec![
        // Feathered: felt on a coated, undamped head, nearly no click.
        Recipe::new(&[35, 36], Port::Kick, -6.5, 0.0)
            .tone(Tone { hz: 64.0, sweep: 0.35, sweep_time: 0.018, decay: 0.2, ..TONE })
            .skin(64.0, 0.14, 0.45)
            .noise(Noise {
                shape: Shape::Low,
                hz: 700.0,
                decay: 0.012,
                gain: 0.3,
                touch: 0.8,
                ..NOISE
            })
            .noise(Noise { hz: 1800.0, q: 0.8, decay: 0.004, gain: 0.12, touch: 1.2, ..NOISE }),
        tap,
        sweep,
        slap,
        side_stick(-13.0).pitch(1.06),
    ];
    // Jazz toms are small, tuned high and ring; brushes give them little attack.
    for ((notes, pan), hz) in TOMS.into_iter().zip([92.0, 108.0, 128.0, 152.0, 182.0, 216.0]) {
        let mut tom = tom(notes, pan, hz, 0.34);
        tom.level_db = -12.0;
        tom.noises = vec![wires(2600.0, 0.001, 0.016, 0.35, 9000.0)];
        all.push(tom);
    }
    all.extend(hats(rng, 0.9, 3000.0).into_iter().map(|mut hat| {
        // Stroked with wires, not hit: the stick noises go.
        if !hat.notes.contains(&44) {
            hat.noises.retain(|n| n.shape == Shape::High);
        }
        (hat.tilt, hat.open) = (10.0, 2.0);
        hat.level_db -= 1.5;
        hat
    }));
    all.extend(cymbals(rng, 0.85).into_iter().map(|mut cymbal| {
        // A dry, dark ride is the heart of this kit: less wash, more ping.
        if cymbal.notes.iter().any(|n| [51, 59].contains(n)) {
            cymbal.level_db += 0.5;
            cymbal.modes.iter_mut().filter(|m| m.gain < 0.07).for_each(|m| {
                m.decay *= 0.75;
                m.gain *= 0.8;
            });
        } else {
            cymbal.level_db -= 3.0;
        }
        cymbal
    }));
    all.extend(stand());
    all
}

fn lofi(rng: &mut ChaCha8Rng) -> Vec<Recipe> {
    let mut all = vec![
        Recipe::new(&[35, 36], Port::Kick, -6.0, 0.0)
            .tone(Tone { hz: 54.0, sweep: 1.1, sweep_time: 0.016, decay: 0.11, drive: 0.9, ..TONE })
            .modes(&[(118.0, 0.035, 0.25), (190.0, 0.025, 0.18)])
            .noise(Noise {
                shape: Shape::Low,
                hz: 1500.0,
                decay: 0.012,
                gain: 0.6,
                touch: 0.5,
                ..NOISE
            }),
        snare(-6.3, 171.0, 0.85).times(0.85),
        side_stick(-11.5).pitch(0.9),
        clap(&[39], -10.0, 1050.0, 0.08),
    ];
    for ((notes, pan), hz) in TOMS.into_iter().zip([70.0, 84.0, 102.0, 122.0, 146.0, 172.0]) {
        let mut tom = tom(notes, pan * 0.6, hz, 0.2);
        tom.level_db = -10.0;
        all.push(tom);
    }
    // Old records are narrow, and so are their cymbals.
    let metal = hats(rng, 0.75, 2700.0).into_iter().chain(cymbals(rng, 0.72));
    all.extend(metal.map(|mut c| {
        (c.pan, c.width) = (c.pan * 0.5, c.width * 0.4);
        // The sampler's filter takes the most from the hats.
        if c.chokes.is_empty() {
            c.level_db += 0.5;
        } else {
            c.level_db += 3.0;
        }
        c.times(0.75)
    }));
    all.extend(stand());
    all
}
