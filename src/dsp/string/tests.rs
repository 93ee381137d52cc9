use super::*;

fn plucked(hz: f32, seconds: f32, high: f32, frames: usize) -> Vec<f32> {
    let mut string = PluckedString::new(20.0, 48_000.0);
    string.set(hz, seconds, high, 3000.0);
    string.pluck(&Pluck {
        position: 0.2,
        cutoff_hz: 4000.0,
        snap: 0.2,
        noise: 0.05,
        level: 0.1,
        seed: 3,
    });
    let mut out = vec![0.0; frames];
    out.chunks_mut(64).for_each(|run| string.render(0.0, 0.0, run));
    out
}

/// Fundamental near a guess, by the phase that it gains between two windows.
fn measured_hz(wave: &[f32], guess: f32) -> f32 {
    let window = 8192;
    let hop = 4096;
    let phase = |from: usize| {
        let (mut re, mut im) = (0.0_f64, 0.0_f64);
        for i in 0..window {
            let w = core::f64::consts::TAU * f64::from(guess) * (from + i) as f64 / 48_000.0;
            let hann =
                0.5 - 0.5 * libm::cos(core::f64::consts::TAU * (i as f64 + 0.5) / window as f64);
            re += f64::from(wave[from + i]) * hann * libm::cos(w);
            im -= f64::from(wave[from + i]) * hann * libm::sin(w);
        }
        libm::atan2(im, re)
    };
    let mut gained = phase(4096 + hop) - phase(4096);
    while gained > core::f64::consts::PI {
        gained -= core::f64::consts::TAU;
    }
    while gained < -core::f64::consts::PI {
        gained += core::f64::consts::TAU;
    }
    guess + (gained / core::f64::consts::TAU * 48_000.0 / hop as f64) as f32
}

#[test]
fn is_in_tune_to_a_cent_from_e1_to_a6() {
    for hz in [41.203, 110.0, 261.626, 440.0, 987.767, 1760.0] {
        let wave = plucked(hz, 6.0, 1.0, 16_384);
        let cents = 1200.0 * libm::log2f(measured_hz(&wave, hz) / hz);
        assert!(cents.abs() < 1.0, "{hz} Hz is off by {cents} cents");
    }
}

#[test]
fn rings_as_long_as_asked() {
    let wave = plucked(220.0, 2.0, 1.9, 96_000);
    let rms =
        |from: usize| (wave[from..from + 4800].iter().map(|x| x * x).sum::<f32>() / 4800.0).sqrt();
    let fallen = 20.0 * libm::log10f(rms(4800) / rms(52_800));
    assert!(
        (27.0..36.0).contains(&fallen),
        "fell by {fallen} dB in one second of a two-second ring"
    );
}

#[test]
fn has_no_offset_and_dies() {
    let wave = plucked(82.4, 0.5, 0.1, 96_000);
    let mean = wave.iter().sum::<f32>() / wave.len() as f32;
    assert!(mean.abs() < 1e-4);
    assert!(wave[90_000..].iter().all(|x| x.abs() < 1e-4));
}
