//! Hand percussion that all kits share: what a percussionist has on the stand, and the claps.

use super::recipe::{NOISE, Noise, Port, Recipe, Shape, TONE, Tone};

/// All drums of the percussion stand.
pub(super) fn stand() -> Vec<Recipe> {
    let mut all = vec![
        hand_drum(&[60], 400.0, 0.07, -11.0, -0.25).noise(slap(2600.0, 0.5)),
        hand_drum(&[61], 296.0, 0.09, -11.0, -0.15).noise(slap(2100.0, 0.4)),
        // The muted conga is pressed: short, more slap than tone.
        hand_drum(&[62], 262.0, 0.045, -11.0, 0.2).noise(slap(1900.0, 1.2)),
        hand_drum(&[63], 218.0, 0.19, -10.0, 0.25).noise(slap(1300.0, 0.3)),
        hand_drum(&[64], 165.0, 0.23, -10.0, 0.35).noise(slap(1100.0, 0.3)),
    ];
    all.extend(metals());
    all.extend(shakers());
    all.extend(woods());
    all
}

/// A skin struck by hand: the tone drops a little, the overtones go first.
fn hand_drum(notes: &'static [u8], hz: f32, decay: f32, level_db: f32, pan: f32) -> Recipe {
    Recipe::new(notes, Port::Perc, level_db, pan)
        .tone(Tone { hz, sweep: 0.07, sweep_time: 0.018, decay, gain: 1.0, ..TONE })
        .skin(hz, decay * 0.6, 0.55)
        .modes(&[(hz * 3.6, decay * 0.15, 0.1)])
}

fn slap(hz: f32, gain: f32) -> Noise {
    Noise { hz, q: 0.9, decay: 0.006, gain, touch: 0.6, ..NOISE }
}

fn metals() -> Vec<Recipe> {
    let mut cowbell = Recipe::new(&[56], Port::Perc, -14.0, 0.15)
        .modes(&[
            (562.0, 0.11, 1.0),
            (845.0, 0.1, 0.85),
            (1228.0, 0.05, 0.3),
            (1740.0, 0.045, 0.3),
            (2475.0, 0.03, 0.24),
            (3390.0, 0.025, 0.18),
            (4810.0, 0.015, 0.12),
        ])
        .noise(Noise { hz: 3200.0, q: 0.8, decay: 0.003, gain: 0.5, touch: 0.5, ..NOISE });
    cowbell.scattered = true;

    let mut tambourine = Recipe::new(&[54], Port::Perc, -16.0, -0.3)
        .noise(Noise {
            shape: Shape::High,
            hz: 6800.0,
            q: 0.8,
            high_cut: 8500.0,
            attack: 0.002,
            decay: 0.075,
            gain: 0.7,
            grains: 1400.0,
            grain_time: 0.0016,
            ..NOISE
        })
        .noise(Noise {
            hz: 9200.0,
            q: 2.0,
            attack: 0.004,
            decay: 0.05,
            gain: 0.5,
            grains: 500.0,
            ..NOISE
        })
        .noise(Noise { hz: 900.0, q: 0.7, decay: 0.008, gain: 0.18, touch: 0.5, ..NOISE })
        .modes(&[
            (5230.0, 0.07, 0.09),
            (6120.0, 0.09, 0.11),
            (7040.0, 0.06, 0.09),
            (7910.0, 0.08, 0.11),
            (8870.0, 0.05, 0.08),
            (9760.0, 0.06, 0.08),
            (11_300.0, 0.04, 0.06),
            (12_700.0, 0.03, 0.05),
        ]);
    (tambourine.scattered, tambourine.width) = (true, 0.4);

    let mut jingle = Recipe::new(&[83], Port::Perc, -18.0, 0.3)
        .noise(Noise {
            shape: Shape::High,
            hz: 7500.0,
            q: 1.0,
            attack: 0.004,
            decay: 0.09,
            gain: 0.35,
            grains: 700.0,
            ..NOISE
        })
        .modes(&[
            (3890.0, 0.16, 0.12),
            (4410.0, 0.22, 0.16),
            (5070.0, 0.18, 0.15),
            (5980.0, 0.2, 0.13),
            (6720.0, 0.15, 0.12),
            (7690.0, 0.17, 0.1),
            (8930.0, 0.1, 0.08),
            (10_700.0, 0.08, 0.06),
        ]);
    (jingle.scattered, jingle.width) = (true, 0.6);
    vec![cowbell, tambourine, jingle]
}

fn shakers() -> Vec<Recipe> {
    let beads = |hz, attack, decay, grains| Noise {
        hz,
        q: 0.9,
        low_cut: 2500.0,
        attack,
        decay,
        grains,
        grain_time: 0.001,
        ..NOISE
    };
    vec![
        // The shaker's beads fly before they land, so it swells; the maracas' strike is drier, the cabasa scrapes.
        Recipe::new(&[82], Port::Perc, -18.0, 0.3)
            .noise(beads(6800.0, 0.022, 0.04, 5000.0))
            .noise(Noise { gain: 0.5, delay: 0.03, ..beads(9000.0, 0.003, 0.018, 7000.0) }),
        Recipe::new(&[70], Port::Perc, -17.0, -0.35).noise(beads(7600.0, 0.005, 0.022, 4000.0)),
        Recipe::new(&[69], Port::Perc, -17.0, 0.4)
            .noise(beads(8400.0, 0.012, 0.045, 9000.0))
            .noise(Noise { gain: 0.3, ..beads(5200.0, 0.006, 0.03, 6000.0) }),
    ]
}

fn woods() -> Vec<Recipe> {
    let knock = |hz, gain| Noise { hz, q: 1.2, decay: 0.002, gain, touch: 0.6, ..NOISE };
    vec![
        Recipe::new(&[75], Port::Perc, -13.0, 0.2)
            .modes(&[(2480.0, 0.034, 1.0), (2530.0, 0.02, 0.3), (5150.0, 0.008, 0.2)])
            .noise(knock(4200.0, 0.4)),
        Recipe::new(&[76], Port::Perc, -13.0, -0.2)
            .modes(&[(1080.0, 0.028, 1.0), (1690.0, 0.016, 0.5), (2730.0, 0.009, 0.25)])
            .noise(knock(2400.0, 0.5)),
        Recipe::new(&[77], Port::Perc, -13.0, 0.1)
            .modes(&[(770.0, 0.036, 1.0), (1210.0, 0.02, 0.5), (1990.0, 0.011, 0.25)])
            .noise(knock(1900.0, 0.5)),
    ]
}

/// Hands: some bursts, then the room of the clap itself. `tail` is its decay in seconds.
pub(super) fn clap(notes: &'static [u8], level_db: f32, centre: f32, tail: f32) -> Recipe {
    let hands =
        Noise { hz: centre, q: 1.3, low_cut: 500.0, bursts: 3, gap: 0.0095, decay: tail, ..NOISE };
    Recipe::new(notes, Port::Snare, level_db, 0.0).noise(hands).noise(Noise {
        hz: centre * 2.6,
        q: 0.6,
        gain: 0.55,
        decay: tail * 0.55,
        gap: 0.0102,
        ..hands
    })
}
