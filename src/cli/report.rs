//! Words and JSON for what the engine gave back: briefs, takes, jobs. Pure: values in, text out.

use serde::Serialize;

use crate::model::brief::Brief;
use crate::model::job::{Fault, Job, Phase};
use crate::model::key::Key;
use crate::model::take::{Stem, Take};
use crate::model::tempo::Metre;
use crate::util::text;

/// A job as a line of JSON.
#[derive(Debug, Serialize)]
pub(super) struct JobLine<'a> {
    r#type: &'static str,
    id: &'a str,
    phase: Phase,
    progress: f64,
    eta_s: Option<f64>,
    stage: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    take_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a Fault>,
}

impl<'a> JobLine<'a> {
    /// A whole job.
    pub(super) fn of(job: &'a Job) -> Self {
        Self {
            r#type: "job",
            id: &job.id,
            phase: job.phase,
            progress: job.progress,
            eta_s: job.eta_s,
            stage: &job.stage,
            seed: Some(job.request.seed.0),
            take_id: job.take_id.as_deref(),
            fault: job.fault.as_ref(),
        }
    }

    /// News of a running job.
    pub(super) fn progress(progress: &'a crate::protocol::event::JobProgress) -> Self {
        Self {
            r#type: "job",
            id: &progress.job_id,
            phase: progress.phase,
            progress: progress.progress,
            eta_s: progress.eta_s,
            stage: &progress.stage,
            seed: None,
            take_id: None,
            fault: None,
        }
    }
}

/// A take as a line of JSON.
#[derive(Debug, Serialize)]
pub(super) struct TakeLine<'a> {
    r#type: &'static str,
    id: &'a str,
    session: &'a str,
    title: &'a str,
    prompt: &'a str,
    path: &'a str,
    recipe: &'a str,
    stems: &'a [Stem],
    midi: Option<&'a str>,
    duration_s: f64,
    sample_rate: u32,
    channels: u32,
    bpm: Option<f64>,
    key: Option<Key>,
    metre: Option<Metre>,
    bars: Option<u32>,
    looped: bool,
    lufs: Option<f64>,
    true_peak_dbtp: Option<f64>,
    seed: u64,
    backend: &'a str,
    licence: &'a str,
    brief: Option<&'a Brief>,
    audio_sha256: &'a str,
    rating: Option<u8>,
    note: &'a str,
    tags: &'a [String],
    created_at: f64,
}

impl<'a> TakeLine<'a> {
    /// A whole take.
    pub(super) fn of(take: &'a Take) -> Self {
        let (recipe, outcome) = (&take.recipe, &take.recipe.outcome);
        Self {
            r#type: "take",
            id: &take.id,
            session: &take.session_id,
            title: &take.title,
            prompt: &recipe.request.prompt,
            path: &take.path,
            recipe: &take.recipe_path,
            stems: &take.stems,
            midi: take.midi_path.as_deref(),
            duration_s: outcome.duration_s,
            sample_rate: outcome.sample_rate,
            channels: outcome.channels,
            bpm: outcome.bpm,
            key: outcome.key,
            metre: outcome.metre,
            bars: outcome.bars,
            looped: outcome.looped,
            lufs: outcome.lufs,
            true_peak_dbtp: outcome.true_peak_dbtp,
            seed: recipe.request.seed.0,
            backend: &recipe.backend.id,
            licence: &recipe.backend.licence,
            brief: recipe.brief.as_ref(),
            audio_sha256: &outcome.audio_sha256,
            rating: take.rating,
            note: &take.note,
            tags: &take.tags,
            created_at: take.created_at,
        }
    }
}

/// Any other value as a line of JSON, with its type.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a, T: Serialize> {
    /// What it is.
    pub(super) r#type: &'static str,
    /// The value; its fields stand beside the type.
    #[serde(flatten)]
    pub(super) value: &'a T,
}

/// What was understood of a prompt, on one line: `genre lofi · 82 BPM · A minor · rhodes, vinyl`.
pub(super) fn chips(brief: &Brief) -> String {
    let mut chips = Vec::new();
    let mut list = |label: &str, words: &[String]| {
        if !words.is_empty() {
            chips.push(format!("{label}{}", words.join(", ")));
        }
    };
    list("genre ", &brief.genres);
    list("", &brief.moods);
    match (brief.bpm, &brief.tempo_word) {
        (Some(bpm), _) => list("", &[format!("{bpm} BPM")]),
        (None, Some(word)) => list("", std::slice::from_ref(word)),
        (None, None) => {}
    }
    match (brief.key, brief.mode) {
        (Some(key), _) => list("", &[key.to_string()]),
        (None, Some(mode)) => list("", &[mode.name().to_owned()]),
        (None, None) => {}
    }
    list("", &brief.metre.map(|metre| metre.to_string()).into_iter().collect::<Vec<_>>());
    list("", &brief.length.map(|length| length.to_string()).into_iter().collect::<Vec<_>>());
    if brief.looped {
        list("", &["loop".to_owned()]);
    }
    list("", &brief.wanted);
    list("without ", &brief.refused);
    list("form ", &brief.form);
    if chips.is_empty() {
        chips.push("nothing in particular was asked for".to_owned());
    }
    text::one_line(&chips.join(" · "))
}

/// The words that changed nothing; `None` where every word did.
pub(super) fn unused(brief: &Brief) -> Option<String> {
    (!brief.unused.is_empty())
        .then(|| text::one_line(&format!("not used: {}", brief.unused.join(", "))))
}

/// What came out, on one line. `seconds` is how long it took, where that is known.
pub(super) fn facts(take: &Take, seconds: Option<f64>) -> String {
    let outcome = &take.recipe.outcome;
    let mut facts = vec![take.title.clone(), clock(outcome.duration_s)];
    facts.extend(outcome.bpm.map(|bpm| format!("{} BPM", plain(bpm))));
    facts.extend(outcome.key.map(|key| key.to_string()));
    facts.extend(outcome.metre.map(|metre| metre.to_string()));
    facts.extend(outcome.lufs.map(|lufs| format!("{lufs:.1} LUFS")));
    facts.extend(outcome.true_peak_dbtp.map(|peak| format!("{peak:.1} dBTP")));
    facts.push(format!("seed {}", take.recipe.request.seed));
    facts.extend(seconds.map(|seconds| format!("made in {seconds:.1} s")));
    text::one_line(&facts.join(" · "))
}

/// Minutes and seconds, `1:30`; an hour and more as `1:02:03`.
pub(super) fn clock(seconds: f64) -> String {
    let whole = if seconds.is_finite() && seconds > 0.0 { seconds.round() as u64 } else { 0 };
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A moment in the user's time zone, to the minute.
pub(super) fn moment(unix_seconds: f64) -> String {
    match jiff::Timestamp::from_second(unix_seconds as i64) {
        Ok(time) => {
            time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
        }
        Err(_) => "unknown".to_owned(),
    }
}

/// Stars for a rating, one column each.
pub(super) fn stars(rating: Option<u8>) -> String {
    "*".repeat(usize::from(rating.unwrap_or(0).min(5)))
}

/// A number without decimals it does not need.
pub(super) fn plain(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// Rows in aligned columns, two spaces apart; the last column is as long as it is.
pub(super) fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths = (0..count)
        .map(|at| rows.iter().filter_map(|row| row.get(at)).map(|cell| text::width(cell)).max())
        .map(|width| width.unwrap_or(0))
        .collect::<Vec<_>>();
    rows.iter()
        .map(|row| {
            let last = row.len().saturating_sub(1);
            let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
                if at == last { cell.clone() } else { text::pad(cell, *width) }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::Bpm;

    #[test]
    fn a_brief_reads_like_a_sentence_of_chips() {
        let brief = Brief {
            genres: vec!["lofi".into()],
            bpm: Some(Bpm::clamped(82.0)),
            key: "A minor".parse().ok(),
            wanted: vec!["rhodes".into(), "vinyl".into()],
            refused: vec!["drums".into()],
            unused: vec!["flurble".into(), "\u{1b}[31mx".into()],
            ..Brief::default()
        };
        assert_eq!(chips(&brief), "genre lofi · 82 BPM · A minor · rhodes, vinyl · without drums");
        assert_eq!(unused(&brief).as_deref(), Some("not used: flurble, x"));
        assert_eq!(unused(&Brief::default()), None);
        assert!(!chips(&Brief::default()).is_empty());
    }

    #[test]
    fn times_read_as_on_a_player() {
        assert_eq!(clock(0.0), "0:00");
        assert_eq!(clock(59.6), "1:00");
        assert_eq!(clock(90.0), "1:30");
        assert_eq!(clock(3723.0), "1:02:03");
        assert_eq!(clock(f64::NAN), "0:00");
    }

    #[test]
    fn columns_align_by_what_the_eye_sees() {
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        assert_eq!(columns(&[row("雨", "x"), row("abc", "y")]), ["雨   x", "abc  y"]);
    }
}
