use super::*;
use std::f64::consts::TAU;

/// Plays a sine of full scale through a converter, in blocks of the given sizes, and gives the left output.
fn convert(from: u32, to: u32, hz: f64, frames: usize, sizes: &[usize]) -> Vec<f32> {
    let mut converter = Converter::new(from, to);
    let mut position = 0_u64;
    let mut pull = |left: &mut [f32], right: &mut [f32]| {
        assert!(left.len() == right.len() && !left.is_empty() && left.len() <= PULL);
        for (left, right) in left.iter_mut().zip(right) {
            *left = (TAU * hz * position as f64 / f64::from(from)).sin() as f32;
            *right = -*left;
            position += 1;
        }
    };
    let mut out = Vec::new();
    for size in sizes.iter().cycle() {
        let size = (*size).min(frames - out.len());
        let (mut left, mut right) = (vec![0.0; size], vec![0.0; size]);
        converter.render(&mut left, &mut right, &mut pull);
        assert!(left.iter().zip(&right).all(|(l, r)| *l == -*r), "both sides are treated alike");
        out.extend(left);
        if out.len() == frames {
            return out;
        }
    }
    out
}

/// The gain of a sine and the rest beside it, both in dB, by least squares after the filter has filled.
fn measure(out: &[f32], hz: f64, rate: u32) -> (f64, f64) {
    let skip = 512;
    let wave = |n: usize| {
        let angle = TAU * hz * n as f64 / f64::from(rate);
        (angle.sin(), angle.cos())
    };
    // The normal equations of a sine and a cosine, which are not quite orthogonal over a cut length.
    let (mut ss, mut cc, mut sc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, x) in out.iter().enumerate().skip(skip) {
        let (s, c) = wave(n);
        ss += s * s;
        cc += c * c;
        sc += s * c;
        xs += f64::from(*x) * s;
        xc += f64::from(*x) * c;
    }
    let det = ss * cc - sc * sc;
    let (a, b) = ((xs * cc - xc * sc) / det, (xc * ss - xs * sc) / det);
    let rest: f64 = out
        .iter()
        .enumerate()
        .skip(skip)
        .map(|(n, x)| {
            let (s, c) = wave(n);
            (f64::from(*x) - a * s - b * c).powi(2)
        })
        .sum();
    let rest = (2.0 * rest / (out.len() - skip) as f64).sqrt();
    (20.0 * a.hypot(b).log10(), 20.0 * rest.log10())
}

#[test]
fn it_is_flat_to_20_khz_and_adds_no_images() {
    for (from, to) in [
        (48_000, 44_100),
        (44_100, 48_000),
        (48_000, 96_000),
        (96_000, 44_100),
        (48_000, 192_000),
        (44_100, 47_999),
    ] {
        for hz in [31.0, 997.0, 10_007.0, 19_997.0] {
            let out = convert(from, to, hz, 24_000, &[480]);
            let (gain, rest) = measure(&out, hz, to);
            assert!(gain.abs() < 0.01, "{from} to {to}, {hz} Hz: gain {gain} dB");
            assert!(rest < -95.0, "{from} to {to}, {hz} Hz: {rest} dB beside the sine");
        }
    }
}

#[test]
fn what_the_lower_rate_cannot_hold_is_gone() {
    // 26 kHz at 96 kHz would fold to 18.1 kHz.
    let out = convert(96_000, 44_100, 26_000.0, 12_000, &[256]);
    let peak = out.iter().skip(512).fold(0.0_f32, |peak, x| peak.max(x.abs()));
    assert!(peak < 1e-5, "alias of {peak}");
}

#[test]
fn blocks_of_any_size_give_the_same_samples() {
    let whole = convert(48_000, 44_100, 440.0, 6_000, &[6_000]);
    let parts = convert(48_000, 44_100, 440.0, 6_000, &[1, 7, 64, 333, 1_115]);
    assert_eq!(whole, parts);
    let odd = convert(44_100, 47_999, 440.0, 6_000, &[13, 512]);
    assert_eq!(odd, convert(44_100, 47_999, 440.0, 6_000, &[6_000]));
}

#[test]
fn nothing_moves_in_time_and_no_more_is_asked_for_than_needed() {
    let mut asked = 0;
    let mut converter = Converter::new(48_000, 96_000);
    let (mut left, mut right) = ([0.0; 400], [0.0; 400]);
    converter.render(&mut left, &mut right, |l, r| {
        // An impulse at frame 100 of the source.
        for (at, (l, r)) in l.iter_mut().zip(r).enumerate() {
            *l = if asked + at == 100 { 1.0 } else { 0.0 };
            *r = 0.0;
        }
        asked += l.len();
    });
    assert!((left[200] - 1.0).abs() < 1e-3, "{}", left[200]);
    assert!(left.iter().enumerate().all(|(n, x)| n == 200 || x.abs() < 0.7));
    // 400 outputs end at source frame 199.5.
    assert_eq!(asked, 199 + converter.ahead());
}
