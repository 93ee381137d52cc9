//! Faults that ears forgive least: clicks, a constant offset, and a stereo image that cancels itself in mono.

use crate::audio::buffer::AudioBuffer;

/// A jump that no music makes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Click {
    /// Channel it is in.
    pub channel: usize,
    /// Frame behind the jump.
    pub frame: usize,
    /// How many times larger the bend of the waveform is there than around it.
    pub ratio: f32,
}

/// Finds clicks: places where the waveform bends (second difference) at least `ratio` times as hard as the hardest
/// bends in the ten milliseconds around it, and by at least `floor` of full scale. 10 and 0.02 find an audible jump in
/// music and pass drums, whose onsets bend many samples in a row. A click is reported once.
pub fn find_clicks(buffer: &AudioBuffer, ratio: f32, floor: f32) -> Vec<Click> {
    let reach = (buffer.sample_rate().get() / 100) as usize;
    // The bends that belong to the click itself: a jump bends twice, and a filter may have rounded it.
    const OWN: usize = 3;
    let mut clicks = Vec::new();
    for (channel, samples) in buffer.channels().iter().enumerate() {
        let bends = samples
            .array_windows::<3>()
            .map(|[a, b, c]| (a - 2.0 * b + c).abs())
            .collect::<Vec<_>>();
        let mut next = 0;
        for (at, bend) in bends.iter().enumerate() {
            if *bend < floor || at < next {
                continue;
            }
            let before = bends.get(at.saturating_sub(reach)..at.saturating_sub(OWN));
            let after = bends.get(at + OWN + 1..(at + reach).min(bends.len()));
            let around = || [before, after].into_iter().flatten().flatten().copied();
            // In noise and in loud music a neighbour settles it at once.
            if around().all(|usual| usual * ratio <= *bend) {
                let usual = around().fold(floor / ratio, f32::max);
                clicks.push(Click { channel, frame: at + 1, ratio: bend / usual });
                next = at + reach;
            }
        }
    }
    clicks
}

/// The mean of each channel, linear. Anything beyond 0.001 costs headroom and clicks at cuts.
pub fn dc_offset(buffer: &AudioBuffer) -> Vec<f64> {
    let frames = buffer.frames().max(1) as f64;
    let mean = |channel: &Vec<f32>| channel.iter().map(|x| f64::from(*x)).sum::<f64>() / frames;
    buffer.channels().iter().map(mean).collect()
}

/// Correlation of left and right: 1 is mono, 0 is wide, below 0 cancels in mono. `None` where there is one channel or
/// one side is silent.
pub fn stereo_correlation(buffer: &AudioBuffer) -> Option<f64> {
    let [left, right, ..] = buffer.channels() else { return None };
    let (mut lr, mut ll, mut rr) = (0.0, 0.0, 0.0);
    for (l, r) in left.iter().zip(right) {
        let (l, r) = (f64::from(*l), f64::from(*r));
        lr += l * r;
        ll += l * l;
        rr += r * r;
    }
    let scale = (ll * rr).sqrt();
    (scale > 0.0).then(|| (lr / scale).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::SampleRate;

    fn sine(hz: f64, phase: f64) -> Vec<f32> {
        let step = std::f64::consts::TAU * hz / 48_000.0;
        (0..48_000).map(|i| (libm::sin(f64::from(i) * step + phase) * 0.5) as f32).collect()
    }

    fn buffer(channels: Vec<Vec<f32>>) -> AudioBuffer {
        AudioBuffer::from_planar(channels, SampleRate::HZ_48000)
    }

    #[test]
    fn a_cut_in_a_tone_is_found_and_the_tone_is_not() {
        assert!(find_clicks(&buffer(vec![sine(440.0, 0.0)]), 10.0, 0.02).is_empty());
        let mut cut = sine(440.0, 0.0);
        cut[20_027..].fill(0.0);
        let clicks = find_clicks(&buffer(vec![sine(440.0, 0.0), cut]), 10.0, 0.02);
        assert_eq!(clicks.len(), 1, "{clicks:?}");
        assert_eq!(clicks[0].channel, 1);
        assert!(clicks[0].frame.abs_diff(20_027) <= 1);
    }

    #[test]
    fn a_drum_is_no_click_but_a_spike_is() {
        let mut drum = vec![0.0_f32; 48_000];
        let mut noise = 1_u32;
        for (i, sample) in drum.iter_mut().skip(9_000).take(9_000).enumerate() {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = f64::from(noise >> 8) / f64::from(1 << 23) - 1.0;
            *sample = (hiss * libm::exp(-(i as f64) / 2_000.0)) as f32;
        }
        assert!(find_clicks(&buffer(vec![drum.clone()]), 10.0, 0.02).is_empty());
        drum[40_000] = 0.3;
        assert_eq!(find_clicks(&buffer(vec![drum]), 10.0, 0.02).len(), 1);
    }

    #[test]
    fn image_and_offset_are_those_that_were_put_in() {
        let (a, b) = (sine(100.0, 0.0), sine(100.0, std::f64::consts::FRAC_PI_2));
        let negative = a.iter().map(|x| -x).collect::<Vec<_>>();
        let of = |l: &[f32], r: &[f32]| stereo_correlation(&buffer(vec![l.to_vec(), r.to_vec()]));
        assert!(of(&a, &a).is_some_and(|c| (c - 1.0).abs() < 1e-9));
        assert!(of(&a, &negative).is_some_and(|c| (c + 1.0).abs() < 1e-9));
        assert!(of(&a, &b).is_some_and(|c| c.abs() < 1e-6));
        assert_eq!(of(&a, &vec![0.0; 48_000]), None);
        assert_eq!(stereo_correlation(&buffer(vec![a.clone()])), None);
        let offset = dc_offset(&buffer(vec![a.iter().map(|x| x + 0.25).collect(), a]));
        assert!((offset[0] - 0.25).abs() < 1e-6 && offset[1].abs() < 1e-6);
    }
}
