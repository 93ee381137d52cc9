//! Level-dependent gain: compressor, transient shaper. Both channels get the same gain, so the stereo image holds.
//!
//! The compressor follows D. Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design: A
//! Tutorial and Analysis", JAES 60(6), 2012: feed-forward, gain computed and smoothed in dB, smooth branching.

use super::math::{db_to_gain, gain_to_db, one_pole_coef};

/// Frames that are worked on at once.
const CHUNK: usize = 64;

/// What a compressor does. Times are those in which the gain covers 63 % of a change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompressorSettings {
    /// Where it starts, dBFS.
    pub threshold_db: f32,
    /// dB in per dB out above the threshold, at least 1.
    pub ratio: f32,
    /// Width of the bend around the threshold, dB.
    pub knee_db: f32,
    /// Seconds until the gain has fallen.
    pub attack: f32,
    /// Seconds until it has risen.
    pub release: f32,
    /// Whether the level is the RMS over some 10 ms instead of the peak.
    pub rms: bool,
}

impl CompressorSettings {
    /// Static gain in dB (0 or below) for a level in dBFS.
    #[inline]
    pub fn curve(&self, level_db: f32) -> f32 {
        let slope = 1.0 / self.ratio.max(1.0) - 1.0;
        let over = level_db - self.threshold_db;
        // With the knee at 0 the quadratic has no width; the small number only keeps the division whole.
        let knee = self.knee_db.max(1e-3);
        let bent = (over + 0.5 * knee).clamp(0.0, knee);
        // Inside the knee the gain is slope * bent^2 / (2 knee); beyond it the straight line goes on.
        slope * (bent * bent / (2.0 * knee) + (over - 0.5 * knee).max(0.0))
    }
}

/// A stereo compressor that may listen to another signal than the one it works on.
#[derive(Debug, Clone)]
pub struct Compressor {
    settings: CompressorSettings,
    sample_rate: f32,
    attack: f32,
    release: f32,
    rms: f32,
    /// Mean square of the key.
    power: f32,
    /// Gain now, dB.
    gain_db: f32,
    /// Lowest gain since it was asked for, dB.
    lowest_db: f32,
}

impl Compressor {
    /// A compressor at rest.
    pub fn new(settings: CompressorSettings, sample_rate: f32) -> Self {
        let mut compressor = Self {
            settings,
            sample_rate,
            attack: 1.0,
            release: 1.0,
            rms: one_pole_coef(0.010, sample_rate),
            power: 0.0,
            gain_db: 0.0,
            lowest_db: 0.0,
        };
        compressor.set(settings);
        compressor
    }

    /// Changes the settings; the gain glides to its new place by itself. Thread: audio.
    pub fn set(&mut self, settings: CompressorSettings) {
        self.settings = settings;
        self.attack = one_pole_coef(settings.attack, self.sample_rate);
        self.release = one_pole_coef(settings.release, self.sample_rate);
    }

    /// Writes the gain (linear, at most 1) that a key signal causes. All slices have one length. Thread: audio.
    pub fn gains(&mut self, left: &[f32], right: &[f32], gains: &mut [f32]) {
        let chunks = left.chunks(CHUNK).zip(right.chunks(CHUNK)).zip(gains.chunks_mut(CHUNK));
        for ((left, right), gains) in chunks {
            if self.settings.rms {
                for ((gain, l), r) in gains.iter_mut().zip(left).zip(right) {
                    self.power += self.rms * (0.5 * (l * l + r * r) - self.power);
                    // A sine's RMS is 3 dB below its peak; both detectors read a sine alike.
                    *gain = 0.5 * gain_to_db(2.0 * self.power);
                }
            } else {
                for ((gain, l), r) in gains.iter_mut().zip(left).zip(right) {
                    *gain = gain_to_db(l.abs().max(r.abs()));
                }
            }
            for gain in gains.iter_mut() {
                *gain = self.settings.curve(*gain);
            }
            // Of the two steps that it might take, the right one is always the lower where the attack is the faster, and
            // the higher where it is not. So there is no comparison to wait for.
            let (attack, release) = (self.attack, self.release);
            let mut now = self.gain_db;
            let (keep_attack, keep_release) = (1.0 - attack, 1.0 - release);
            if attack >= release {
                for gain in gains.iter_mut() {
                    let down = keep_attack * now + attack * *gain;
                    let up = keep_release * now + release * *gain;
                    now = if down < up { down } else { up };
                    *gain = now;
                }
            } else {
                for gain in gains.iter_mut() {
                    let down = keep_attack * now + attack * *gain;
                    let up = keep_release * now + release * *gain;
                    now = if down > up { down } else { up };
                    *gain = now;
                }
            }
            // Let go for good where nothing is left to hear of it.
            self.gain_db = if now > -1e-6 { 0.0 } else { now };
            self.lowest_db = gains.iter().fold(self.lowest_db, |low, g| low.min(*g));
            for gain in gains.iter_mut() {
                *gain = db_to_gain(*gain);
            }
        }
    }

    /// Greatest gain reduction since this was last asked, in dB, 0 or above. Thread: audio.
    pub fn take_reduction(&mut self) -> f32 {
        -std::mem::take(&mut self.lowest_db)
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        (self.power, self.gain_db, self.lowest_db) = (0.0, 0.0, 0.0);
    }
}

/// Makes onsets louder or softer, and what follows them, whatever their level: two followers of different speed, whose
/// distance in dB says how much of an onset this is.
#[derive(Debug, Clone)]
pub struct TransientShaper {
    fast: f32,
    slow: f32,
    smooth: f32,
    level_fast: f32,
    level_slow: f32,
    level_smooth: f32,
}

impl TransientShaper {
    /// A shaper at rest.
    pub fn new(sample_rate: f32) -> Self {
        Self {
            fast: one_pole_coef(0.001, sample_rate),
            slow: one_pole_coef(0.020, sample_rate),
            smooth: one_pole_coef(0.120, sample_rate),
            level_fast: 0.0,
            level_slow: 0.0,
            level_smooth: 0.0,
        }
    }

    /// Gain for a frame; `attack` and `sustain` are -1 (less) to 1 (more). Thread: audio.
    #[inline]
    pub fn gain(&mut self, left: f32, right: f32, attack: f32, sustain: f32) -> f32 {
        let level = left.abs().max(right.abs());
        let follow = |state: &mut f32, level: f32, rise: f32, fall: f32| {
            *state += (if level > *state { rise } else { fall }) * (level - *state);
            *state
        };
        // The slower two follow the envelope and not the wave, so on steady sound all three agree.
        let fast = follow(&mut self.level_fast, level, self.fast, self.slow);
        let slow = follow(&mut self.level_slow, fast, self.slow, self.slow);
        let late = follow(&mut self.level_smooth, fast, self.slow, self.smooth);
        const FLOOR: f32 = 1e-5;
        let onset = gain_to_db((fast + FLOOR) / (slow + FLOOR)).clamp(0.0, 12.0);
        let rest = gain_to_db((late + FLOOR) / (slow + FLOOR)).clamp(0.0, 12.0);
        db_to_gain(attack * onset + sustain * rest)
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        (self.level_fast, self.level_slow, self.level_smooth) = (0.0, 0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 48_000.0;

    fn settings() -> CompressorSettings {
        CompressorSettings {
            threshold_db: -20.0,
            ratio: 4.0,
            knee_db: 0.0,
            attack: 0.010,
            release: 0.100,
            rms: false,
        }
    }

    #[test]
    fn the_static_curve_has_its_slope_and_its_knee() {
        let hard = settings();
        assert_eq!(hard.curve(-40.0), 0.0);
        assert!((hard.curve(-8.0) + 9.0).abs() < 1e-3, "12 dB over at 4:1 leaves 3");
        let soft = CompressorSettings { knee_db: 10.0, ..hard };
        assert_eq!(soft.curve(-25.0), 0.0);
        assert!((soft.curve(-20.0) + 0.75 * 25.0 / 20.0).abs() < 1e-4);
        assert!((soft.curve(-8.0) - hard.curve(-8.0)).abs() < 1e-3, "beyond the knee both agree");
        let around = (-30..0).map(|db| soft.curve(db as f32)).collect::<Vec<_>>();
        assert!(around.windows(2).all(|w| w[1] <= w[0]));
    }

    #[test]
    fn attack_and_release_take_their_time() {
        let mut compressor = Compressor::new(settings(), RATE);
        // A constant is its own peak: 20 dB over, so 15 dB of reduction.
        let loud = vec![1.0f32; 48_000];
        let mut gains = vec![0.0; 48_000];
        compressor.gains(&loud, &loud, &mut gains);
        let db = |g: f32| 20.0 * g.log10();
        assert!((db(gains[479]) + 15.0 * 0.632).abs() < 0.05, "{}", db(gains[479]));
        assert!((db(gains[47_999]) + 15.0).abs() < 0.01);
        assert!((compressor.take_reduction() - 15.0).abs() < 0.01);
        let quiet = vec![0.001f32; 48_000];
        compressor.gains(&quiet, &quiet, &mut gains);
        assert!((db(gains[4_799]) + 15.0 * 0.368).abs() < 0.05, "{}", db(gains[4_799]));
    }

    #[test]
    fn both_detectors_read_a_sine_alike() {
        let sine = (0..48_000).map(|i| 0.5 * (i as f32 * 0.13).sin()).collect::<Vec<_>>();
        let reduction = |rms| {
            let slow = CompressorSettings { attack: 0.0, release: 0.5, rms, ..settings() };
            let mut compressor = Compressor::new(slow, RATE);
            let mut gains = vec![0.0; 48_000];
            compressor.gains(&sine, &sine, &mut gains);
            compressor.take_reduction()
        };
        assert!((reduction(false) - reduction(true)).abs() < 0.5);
    }

    #[test]
    fn onsets_are_raised_and_steady_sound_is_left_alone() {
        let mut shaper = TransientShaper::new(RATE);
        let gains = (0..24_000)
            .map(|i| shaper.gain(((i as f32) * 0.2).sin(), 0.0, 1.0, 0.0))
            .collect::<Vec<_>>();
        let onset = gains[..480].iter().fold(0.0f32, |m, g| m.max(*g));
        let steady = gains[20_000..].iter().fold(0.0f32, |m, g| m.max(*g));
        assert!(onset > 1.8, "{onset}");
        assert!(steady < 1.3, "{steady}");
    }
}
