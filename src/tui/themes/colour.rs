//! Colours as the eye measures them: which of few is nearest to one of many.

use crate::config::theme::Ink;

/// The sixteen as xterm shows them by default; a terminal may show others, and nobody can know which.
const SIXTEEN: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// Steps of xterm's colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// What xterm shows for an index: the sixteen, a cube of 6 x 6 x 6, and 24 greys.
pub(super) fn xterm(index: u8) -> [u8; 3] {
    let step = |n: u8| CUBE.get(usize::from(n)).copied().unwrap_or(0);
    match index {
        0..=15 => SIXTEEN.get(usize::from(index)).copied().unwrap_or([0; 3]),
        16..=231 => {
            let at = index - 16;
            [step(at / 36), step(at / 6 % 6), step(at % 6)]
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

/// The nearest of the 256. The first sixteen are left out, because a terminal may show anything for them.
pub(super) fn nearest_256(rgb: [u8; 3]) -> u8 {
    nearest(rgb, (16..=255).map(|index| (index, xterm(index))))
}

/// The nearest of the sixteen.
pub(super) fn nearest_16(rgb: [u8; 3]) -> u8 {
    nearest(rgb, (0..=15).map(|index| (index, xterm(index))))
}

fn nearest(rgb: [u8; 3], all: impl Iterator<Item = (u8, [u8; 3])>) -> u8 {
    let wanted = oklab(rgb);
    let measured = all.map(|(index, rgb)| (distance(wanted, oklab(rgb)), index));
    measured.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |(_, index)| index)
}

/// Whether black is easier to read on it than white.
pub(super) fn is_light(ink: Ink) -> bool {
    let rgb = match ink {
        Ink::Terminal => return false,
        Ink::Ansi(index) | Ink::Indexed(index) => xterm(index),
        Ink::Rgb(r, g, b) => [r, g, b],
    };
    oklab(rgb).first().is_some_and(|lightness| *lightness > 0.6)
}

/// sRGB to linear light, 0 to 1 (IEC 61966-2-1).
pub(super) fn linear(rgb: [u8; 3]) -> [f64; 3] {
    rgb.map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
}

/// Lightness, green to red and blue to yellow, evenly spaced for the eye (Björn Ottosson, "A perceptual color space for image
/// processing", 2020).
pub(super) fn oklab(rgb: [u8; 3]) -> [f64; 3] {
    oklab_of(linear(rgb))
}

pub(super) fn oklab_of([r, g, b]: [f64; 3]) -> [f64; 3] {
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

pub(super) fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}
