use super::*;

/// Power of a run of noise-free partials that are no harmonic of the tone, relative to the tone, by projection.
fn alias_db(step: f32) -> f32 {
    let mut bank = SawBank { step: [step; LANES], ..SawBank::default() };
    bank.left[0] = 1.0;
    let frames = 8192;
    let mut left = vec![0.0; frames];
    let mut right = vec![0.0; frames];
    bank.render(&mut left, &mut right);
    // Harmonics below half the sample rate are projected out; what is left is aliasing.
    let mut rest: Vec<f64> = left.iter().map(|x| f64::from(*x)).collect();
    let total: f64 = rest.iter().map(|x| x * x).sum();
    let mut k = 1.0;
    while k * f64::from(step) < 0.5 {
        let w = core::f64::consts::TAU * k * f64::from(step);
        let (mut re, mut im) = (0.0, 0.0);
        for (i, x) in rest.iter().enumerate() {
            re += x * libm::cos(w * i as f64);
            im += x * libm::sin(w * i as f64);
        }
        let scale = 2.0 / frames as f64;
        for (i, x) in rest.iter_mut().enumerate() {
            *x -= scale * (re * libm::cos(w * i as f64) + im * libm::sin(w * i as f64));
        }
        k += 1.0;
    }
    // What remains close to half the sample rate nobody hears: two low-passes at 6 kHz weigh it down.
    let (mut one, mut two) = (
        crate::dsp::svf::Svf::new(6000.0, 0.7, 48_000.0),
        crate::dsp::svf::Svf::new(6000.0, 0.7, 48_000.0),
    );
    let left: f64 =
        rest.iter().map(|x| f64::from(two.low(one.low(*x as f32)))).map(|x| x * x).sum();
    (10.0 * libm::log10(left / total)) as f32
}

#[test]
fn the_saw_is_free_of_audible_aliasing() {
    // 75 and 200 whole periods fit the run, so that projection is exact. At 48 kHz that is 439 and 1172 Hz.
    assert!(alias_db(75.0 / 8192.0) < -62.0, "{}", alias_db(75.0 / 8192.0));
    assert!(alias_db(201.0 / 8192.0) < -50.0, "{}", alias_db(201.0 / 8192.0));
}

#[test]
fn the_saw_has_no_offset_and_its_height() {
    let mut bank = SawBank { step: [0.01; LANES], ..SawBank::default() };
    bank.left[3] = 0.5;
    let (mut left, mut right) = (vec![0.0; 4000], vec![0.0; 4000]);
    bank.render(&mut left, &mut right);
    let mean: f32 = left.iter().sum::<f32>() / 4000.0;
    let rms = (left.iter().map(|x| x * x).sum::<f32>() / 4000.0).sqrt();
    assert!(mean.abs() < 1e-3);
    assert!((rms - 0.5 / 3.0_f32.sqrt()).abs() < 0.01);
    assert!(right.iter().all(|r| *r == 0.0));
}

#[test]
fn hashes_spread_evenly() {
    let mut mean = 0.0;
    let mut x = 7;
    for _ in 0..10_000 {
        x = next_hash(x);
        mean += unit(x) / 10_000.0;
    }
    assert!((mean - 0.5).abs() < 0.01);
    assert_eq!(traits(5, 3), traits(5, 3));
    assert_ne!(traits(5, 3), traits(6, 3));
}
