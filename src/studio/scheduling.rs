//! How far a job is over all its phases, and how long it will still take: pure arithmetic over a backend's own past.

use crate::model::job::{Job, Phase};
use crate::model::units::Length;
use crate::store::timing::Timing;

/// Share of the work that generating is taken for until a backend has a past.
const GENERATING_SHARE: f64 = 0.8;
/// Shortest sound that is looked at for a rate, in seconds; below it, fixed costs drown the rest.
const SHORTEST_AUDIO_S: f64 = 0.1;

/// A backend's past in three medians.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Past {
    rates: Option<Rates>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Rates {
    /// Seconds of generating for a second of sound.
    generating: f64,
    /// Seconds of mastering for a second of sound.
    mastering: f64,
    /// Length of the usual take in seconds.
    audio_s: f64,
}

impl Past {
    /// Condenses past jobs. Medians, so that one job on a busy machine does not spoil the estimate.
    pub fn of(timings: &[Timing]) -> Self {
        let usable = timings
            .iter()
            .filter(|t| {
                t.audio_s >= SHORTEST_AUDIO_S && t.generating_s >= 0.0 && t.mastering_s >= 0.0
            })
            .collect::<Vec<_>>();
        let middle = |value: fn(&Timing) -> f64| {
            let mut values = usable.iter().map(|t| value(t)).collect::<Vec<_>>();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let rates = || {
            Some(Rates {
                generating: middle(|t| t.generating_s / t.audio_s)?,
                mastering: middle(|t| t.mastering_s / t.audio_s)?,
                audio_s: middle(|t| t.audio_s)?,
            })
        };
        Self { rates: rates() }
    }

    /// Seconds that a job of this length should take in the two phases.
    fn expected(&self, job: &Job) -> Option<(f64, f64)> {
        let rates = self.rates?;
        let audio_s = match job.request.duration {
            Some(Length::Seconds(seconds)) => seconds,
            Some(Length::Bars(bars)) => match job.request.bpm {
                Some(bpm) => {
                    let bar_beats = job.request.metre.map_or(4.0, |metre| metre.bar_beats());
                    f64::from(bars) * bar_beats * bpm.beat_seconds()
                }
                None => rates.audio_s,
            },
            None => rates.audio_s,
        };
        Some((rates.generating * audio_s, rates.mastering * audio_s))
    }

    /// Progress of a job over all phases, 0 to 1, from its progress within a phase.
    pub fn progress(&self, job: &Job, phase: Phase, fraction: f64) -> f64 {
        let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
        let share = match self.expected(job) {
            Some((generating, mastering)) if generating + mastering > 0.0 => {
                (generating / (generating + mastering)).clamp(0.05, 0.95)
            }
            _ => GENERATING_SHARE,
        };
        match phase {
            Phase::Queued => 0.0,
            Phase::Generating => share * fraction,
            Phase::Mastering => share + (1.0 - share) * fraction,
            Phase::Ready => 1.0,
            Phase::Failed | Phase::Cancelled => fraction,
        }
    }

    /// Seconds left, or `None` without a past. The further a phase is, the more its own speed counts against the past.
    pub fn eta_s(&self, job: &Job, phase: Phase, fraction: f64, elapsed_s: f64) -> Option<f64> {
        let (generating, mastering) = self.expected(job)?;
        let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
        let left = |expected: f64| {
            let live = if fraction > 0.0 { elapsed_s / fraction } else { expected };
            let total = expected * (1.0 - fraction) + live * fraction;
            (total * (1.0 - fraction)).max(0.0)
        };
        match phase {
            Phase::Queued => Some(generating + mastering),
            Phase::Generating => Some(left(generating) + mastering),
            Phase::Mastering => Some(left(mastering)),
            Phase::Ready | Phase::Failed | Phase::Cancelled => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::update::tests::job;

    fn timing(audio_s: f64, generating_s: f64, mastering_s: f64) -> Timing {
        Timing { audio_s, generating_s, mastering_s }
    }

    fn of_seconds(seconds: f64) -> Job {
        let mut job = job("a");
        job.request.duration = Some(Length::Seconds(seconds));
        job
    }

    #[test]
    fn without_a_past_there_is_progress_and_no_estimate() {
        let past = Past::of(&[]);
        assert_eq!(past.eta_s(&of_seconds(60.0), Phase::Generating, 0.5, 3.0), None);
        assert!((past.progress(&of_seconds(60.0), Phase::Generating, 0.5) - 0.4).abs() < 1e-12);
        assert!((past.progress(&of_seconds(60.0), Phase::Mastering, 1.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_estimate_is_the_median_rate_times_the_length() {
        let past = Past::of(&[
            timing(10.0, 1.0, 1.0),
            timing(100.0, 20.0, 10.0),
            timing(10.0, 900.0, 900.0),
            timing(0.0, 1.0, 1.0),
        ]);
        // Medians: 0.2 and 0.1 seconds for a second.
        let eta = past.eta_s(&of_seconds(60.0), Phase::Generating, 0.0, 0.0).unwrap();
        assert!((eta - 18.0).abs() < 1e-9, "{eta}");
        let eta = past.eta_s(&of_seconds(60.0), Phase::Mastering, 0.5, 3.0).unwrap();
        assert!((eta - 3.0).abs() < 1e-9, "{eta}");
    }

    #[test]
    fn a_job_that_runs_slower_than_the_past_is_believed_more_and_more() {
        let past = Past::of(&[timing(10.0, 10.0, 0.0)]);
        let early = past.eta_s(&of_seconds(10.0), Phase::Generating, 0.1, 2.0).unwrap();
        assert!((early - (10.0 * 0.9 + 20.0 * 0.1) * 0.9).abs() < 1e-9, "{early}");
        let late = past.eta_s(&of_seconds(10.0), Phase::Generating, 0.9, 18.0).unwrap();
        assert!((late - (10.0 * 0.1 + 20.0 * 0.9) * 0.1).abs() < 1e-9, "{late}");
    }

    #[test]
    fn lengths_in_bars_and_open_lengths_are_estimated_too() {
        let past =
            Past::of(&[timing(30.0, 6.0, 3.0), timing(60.0, 12.0, 6.0), timing(90.0, 18.0, 9.0)]);
        let eta = |job: &Job| past.eta_s(job, Phase::Queued, 0.0, 0.0).unwrap();
        // 0.3 seconds of work for a second of sound, in both phases together.
        let mut bars = job("a");
        bars.request.duration = Some(Length::Bars(8));
        bars.request.bpm = crate::model::units::Bpm::new(120.0).ok();
        assert!((eta(&bars) - 0.3 * 16.0).abs() < 1e-9, "8 bars of 4/4: {}", eta(&bars));
        bars.request.metre = "3/4".parse().ok();
        assert!((eta(&bars) - 0.3 * 12.0).abs() < 1e-9, "8 bars of 3/4: {}", eta(&bars));
        bars.request.bpm = None;
        assert!((eta(&bars) - 0.3 * 60.0).abs() < 1e-9, "as long as the usual take");
        assert!((eta(&job("a")) - 0.3 * 60.0).abs() < 1e-9);
    }

    #[test]
    fn each_phase_has_its_own_estimate_and_an_end_has_none() {
        let past = Past::of(&[timing(10.0, 8.0, 2.0)]);
        let job = of_seconds(10.0);
        for (phase, fraction, elapsed, expected) in [
            (Phase::Queued, 0.0, 0.0, Some(10.0)),
            (Phase::Generating, 0.0, 0.0, Some(10.0)),
            (Phase::Generating, 0.5, 4.0, Some(6.0)),
            (Phase::Generating, 1.0, 8.0, Some(2.0)),
            (Phase::Mastering, 0.0, 0.0, Some(2.0)),
            (Phase::Mastering, 0.5, 1.0, Some(1.0)),
            (Phase::Mastering, f64::NAN, 1.0, Some(2.0)),
            (Phase::Mastering, 1.0, 2.0, Some(0.0)),
            (Phase::Ready, 1.0, 0.0, None),
            (Phase::Failed, 0.5, 0.0, None),
            (Phase::Cancelled, 0.5, 0.0, None),
        ] {
            let eta = past.eta_s(&job, phase, fraction, elapsed);
            let close = match (eta, expected) {
                (Some(eta), Some(expected)) => (eta - expected).abs() < 1e-9,
                (eta, expected) => eta.is_none() && expected.is_none(),
            };
            assert!(close, "{phase:?} at {fraction}: {eta:?}, not {expected:?}");
        }
    }

    #[test]
    fn a_bar_follows_the_past_s_shares_and_leaves_each_phase_some_room() {
        for (generating, mastering, middle) in [
            (3.0, 1.0, 0.75),
            (1.0, 1.0, 0.5),
            (100.0, 0.001, 0.95),
            (0.001, 100.0, 0.05),
            (0.0, 0.0, 0.8),
        ] {
            let past = Past::of(&[timing(10.0, generating, mastering)]);
            let at = past.progress(&of_seconds(10.0), Phase::Generating, 1.0);
            assert!((at - middle).abs() < 1e-9, "{generating} to {mastering}: {at}");
        }
    }

    #[test]
    fn what_was_measured_wrongly_is_no_past() {
        for bad in [timing(0.05, 1.0, 1.0), timing(10.0, -1.0, 1.0), timing(10.0, 1.0, f64::NAN)] {
            assert_eq!(Past::of(&[bad]), Past::default());
        }
    }

    proptest::proptest! {
        #[test]
        fn progress_never_falls_and_estimates_are_never_negative(
            a in 0.0f64..1.0, b in 0.0f64..1.0, elapsed in 0.0f64..1e4, rate in 0.0f64..10.0, master in 0.0f64..10.0,
        ) {
            let past = Past::of(&[timing(10.0, 10.0 * rate, 10.0 * master)]);
            let job = of_seconds(30.0);
            let (low, high) = (a.min(b), a.max(b));
            let mut last = 0.0;
            for (phase, fraction) in [
                (Phase::Generating, low), (Phase::Generating, high), (Phase::Mastering, low), (Phase::Mastering, high),
            ] {
                let now = past.progress(&job, phase, fraction);
                proptest::prop_assert!(now >= last && now <= 1.0);
                last = now;
                proptest::prop_assert!(past.eta_s(&job, phase, fraction, elapsed).unwrap() >= 0.0);
            }
        }
    }
}
