//! The filter under every change of sample rate: a sinc under Kaiser's window (J. F. Kaiser, 1974), and the sum that
//! applies it. Offline conversion, the conversion for sound cards and players at any speed are made of these.

/// Lanes of [`dot`]; filters have a multiple of as many taps.
pub(crate) const LANES: usize = 8;

/// The windowed sinc at a distance `x` in input frames: `cutoff` is 1 at half the input rate, the window ends `half` frames
/// from the middle, and `beta` trades the width of the slope for the depth of the stop-band.
pub(crate) fn kernel(x: f64, cutoff: f64, half: f64, beta: f64) -> f64 {
    let place = x / half;
    if place.abs() >= 1.0 {
        return 0.0;
    }
    let window = bessel(beta * (1.0 - place * place).sqrt()) / bessel(beta);
    let angle = std::f64::consts::PI * cutoff * x;
    let sinc = if angle == 0.0 { 1.0 } else { libm::sin(angle) / angle };
    cutoff * sinc * window
}

/// Modified Bessel function of the first kind and order zero, by its power series.
pub(crate) fn bessel(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..64 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

/// A product in independent lanes: vector code, in an order that no processor changes. Thread: any.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bessel_function_is_that_of_the_tables() {
        // Abramowitz and Stegun, table 9.8.
        for (x, wanted) in [(0.0, 1.0), (1.0, 1.266_065_877_752_008), (5.0, 27.239_871_823_604_44)]
        {
            assert!((bessel(x) / wanted - 1.0).abs() < 1e-14, "{x}");
        }
    }

    #[test]
    fn the_kernel_is_one_in_the_middle_and_ends_with_its_window() {
        assert_eq!(kernel(0.0, 1.0, 16.0, 9.0), 1.0);
        assert!(kernel(1.0, 1.0, 16.0, 9.0).abs() < 1e-15);
        assert_eq!(kernel(16.0, 0.9, 16.0, 9.0), 0.0);
        assert_eq!(dot(&[1.0; 16], &[0.5; 16]), 8.0);
    }
}
