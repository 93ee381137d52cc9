//! From what a user asks for to a request with nothing left open: request over presets over config.
//!
//! Checks what can be checked without rendering, so that a mistake is told at once and not by a job that fails.

use std::path::{Path, PathBuf};

use crate::model::backend::BackendInfo;
use crate::model::job::{Fault, FaultKind};
use crate::model::preset::Preset;
use crate::model::request::{
    Depth, Export, ExportWish, Format, MAX_PROMPT_BYTES, Request, Resolved,
};
use crate::model::units::{Length, SampleRate, Seed, UnitError};
use crate::util::text;

use super::options::Options;

/// A request with nothing left open, where its take goes, and what was settled on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The request.
    pub request: Resolved,
    /// Exact path of the file, where one was given.
    pub path: Option<PathBuf>,
    /// Whether an existing file may be replaced.
    pub overwrite: bool,
    /// Plain sentences for the user.
    pub notes: Vec<String>,
}

/// Settles a request. `drawn` is the seed where none was given.
/// Errors: `Invalid` with what to change; `NotFound` for a preset; `Unavailable` for a backend.
pub fn resolve(
    request: Request,
    options: &Options,
    backends: &[BackendInfo],
    drawn: Seed,
) -> Result<Settled, Fault> {
    let mut notes = Vec::new();
    let presets = find_presets(&request.presets, options)?;
    let prompt = settle_prompt(&request.prompt, &presets, &mut notes)?;
    let backend = find_backend(request.backend.as_deref(), options, backends)?;
    let mut params =
        presets.iter().flat_map(|p| p.params.clone()).collect::<std::collections::BTreeMap<_, _>>();
    params.extend(request.params);
    check_params(&params, backend)?;
    let (instruments, without) = settle_instruments(&presets);
    // The last preset that says something wins over those before it.
    macro_rules! latest {
        ($field:ident) => {
            presets.iter().rev().find_map(|preset| preset.$field.clone())
        };
    }
    let genre = latest!(genre);
    let mastering = latest!(mastering);
    let stated = request.lufs.or_else(|| latest!(lufs));
    // A preset's master brings its own loudness; the config's is only for takes that nobody has said anything about.
    let lufs = stated.or(if mastering.is_some() { None } else { options.lufs });
    let duration = request.duration.or_else(|| latest!(duration));
    let wishes = std::iter::once(&request.export).chain(presets.iter().rev().map(|p| &p.export));
    let export =
        settle_export(&wishes.collect::<Vec<_>>(), &request.export, &options.export, &mut notes)?;
    let request_export = request.export;
    Ok(Settled {
        request: Resolved {
            prompt,
            backend: backend.id.clone(),
            duration: duration.map(check_length).transpose()?,
            bpm: request.bpm.or_else(|| latest!(bpm)),
            key: request.key.or_else(|| latest!(key)),
            metre: request.metre.or_else(|| latest!(metre)),
            genre_toml: genre.as_ref().and_then(|id| options.genres.get(id)).cloned(),
            genre,
            instruments,
            without,
            chain: latest!(chain),
            seed: request.seed.unwrap_or(drawn),
            params,
            mastering,
            lufs,
            export,
        },
        path: request_export.path,
        overwrite: request_export.overwrite,
        notes,
    })
}

/// The path of one of several takes that were asked for under one path: `song.wav` becomes `song-2.wav`.
pub fn numbered(path: &Path, take: u32) -> PathBuf {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    match path.extension() {
        Some(extension) => {
            path.with_file_name(format!("{stem}-{take}.{}", extension.to_string_lossy()))
        }
        None => path.with_file_name(format!("{stem}-{take}")),
    }
}

/// The nearest depth that a format can hold. MP3 has none, so all MP3 requests look alike.
pub fn settle_depth(format: Format, depth: Depth) -> Depth {
    match (format, depth) {
        (Format::Mp3, _) => Depth::I16,
        (Format::Flac, Depth::F32) => Depth::I24,
        (_, depth) => depth,
    }
}

fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Invalid, message).with_hint(hint)
}

fn find_presets<'a>(names: &[String], options: &'a Options) -> Result<Vec<&'a Preset>, Fault> {
    names
        .iter()
        .map(|name| {
            options.presets.get(name).map(|source| &source.preset).ok_or_else(|| {
                let shown = text::fit(&text::one_line(name), 60);
                let hint = match text::nearest(name, options.presets.keys().map(String::as_str)) {
                    Some(near) => format!("did you mean {near}? timbre presets lists them all"),
                    None => "timbre presets lists them all".to_owned(),
                };
                Fault::new(FaultKind::NotFound, format!("there is no preset '{shown}'"))
                    .with_hint(hint)
            })
        })
        .collect()
}

pub(super) fn settle_prompt(
    typed: &str,
    presets: &[&Preset],
    notes: &mut Vec<String>,
) -> Result<String, Fault> {
    let too_long = |bytes: usize| {
        invalid(
            format!("the prompt is {bytes} bytes long; {MAX_PROMPT_BYTES} is the most"),
            "say it in fewer words: genre, mood, tempo, key, instruments",
        )
    };
    if typed.len() > MAX_PROMPT_BYTES {
        return Err(too_long(typed.len()));
    }
    let own = text::one_line(typed);
    if own != typed.split_whitespace().collect::<Vec<_>>().join(" ") {
        notes.push("control characters were taken out of the prompt".to_owned());
    }
    let parts = std::iter::once(own)
        .chain(presets.iter().map(|preset| text::one_line(&preset.prompt)))
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>();
    let prompt = parts.join(", ");
    if prompt.is_empty() && presets.is_empty() {
        return Err(invalid(
            "the prompt is empty",
            "say what you want to hear, such as \"dusty lofi beat, 82 bpm, A minor\"",
        ));
    }
    if prompt.len() > MAX_PROMPT_BYTES {
        return Err(too_long(prompt.len()));
    }
    Ok(prompt)
}

pub(super) fn find_backend<'a>(
    asked: Option<&str>,
    options: &Options,
    backends: &'a [BackendInfo],
) -> Result<&'a BackendInfo, Fault> {
    let id = asked.unwrap_or(&options.default_backend);
    let unavailable =
        |message: String, hint: String| Fault::new(FaultKind::Unavailable, message).with_hint(hint);
    let Some(backend) = backends.iter().find(|backend| backend.id == id) else {
        let shown = text::fit(&text::one_line(id), 60);
        let hint = match text::nearest(id, backends.iter().map(|b| b.id.as_str())) {
            Some(near) => format!("did you mean {near}? timbre backends lists them all"),
            None => "timbre backends lists them all".to_owned(),
        };
        return Err(unavailable(format!("there is no backend '{shown}'"), hint));
    };
    if !backend.available {
        return Err(unavailable(
            format!("the backend {id} can't work now: {}", backend.reason),
            "timbre backends shows what it needs; the composer needs nothing".to_owned(),
        ));
    }
    Ok(backend)
}

pub(super) fn check_params(
    params: &std::collections::BTreeMap<String, f64>,
    backend: &BackendInfo,
) -> Result<(), Fault> {
    for (id, value) in params {
        let Some(param) = backend.params.iter().find(|param| param.id == *id) else {
            let shown = text::fit(&text::one_line(id), 60);
            let hint = match text::nearest(id, backend.params.iter().map(|p| p.id.as_str())) {
                Some(near) => format!("did you mean {near}?"),
                None => "timbre backends --json lists the params of each".to_owned(),
            };
            return Err(invalid(
                format!("the backend {} has no param '{shown}'", backend.id),
                hint,
            ));
        };
        // Asked as "inside", so that a value that is no number is refused too.
        if !(*value >= param.min && *value <= param.max) {
            return Err(invalid(
                format!("{value} is out of range for {id}: {} to {}", param.min, param.max),
                param.doc.clone(),
            ));
        }
    }
    Ok(())
}

/// Instruments over all presets in order: a later preset's wish or refusal of an instrument takes an earlier one back.
fn settle_instruments(presets: &[&Preset]) -> (Vec<String>, Vec<String>) {
    let (mut instruments, mut without) = (Vec::<String>::new(), Vec::<String>::new());
    for preset in presets {
        for (wanted, from, to) in [(&preset.instruments, 1, 0), (&preset.without, 0, 1)] {
            for id in wanted {
                let lists = [&mut instruments, &mut without];
                lists[from].retain(|other| other != id);
                if !lists[to].contains(id) {
                    lists[to].push(id.clone());
                }
            }
        }
    }
    (instruments, without)
}

/// Lengths come over the wire as plain numbers, so their range is checked here.
pub(super) fn check_length(length: Length) -> Result<Length, Fault> {
    let checked = match length {
        Length::Seconds(seconds) => Length::seconds(seconds),
        Length::Bars(bars) => Length::bars(bars),
    };
    checked.map_err(|error: UnitError| {
        invalid(error.to_string(), "write it like 12, 90s, 1:30 or 16bars")
    })
}

/// `wishes` are the request's and then the presets', strongest first.
fn settle_export(
    wishes: &[&ExportWish],
    own: &ExportWish,
    defaults: &Export,
    notes: &mut Vec<String>,
) -> Result<Export, Fault> {
    let by_path = match &own.path {
        Some(path) => format_of(path)?,
        None => None,
    };
    if let (Some(stated), Some(by_path)) = (own.format, by_path)
        && stated != by_path
    {
        return Err(invalid(
            format!(
                "the path ends in .{} but the format is {}",
                by_path.extension(),
                stated.extension()
            ),
            "leave one of them out, or make them agree",
        ));
    }
    let format =
        by_path.or_else(|| wishes.iter().find_map(|wish| wish.format)).unwrap_or(defaults.format);
    if let Some(depth) = own.bit_depth
        && format != Format::Mp3
        && settle_depth(format, depth) != depth
    {
        return Err(invalid(
            format!("{} can't hold 32-bit float samples", format.extension()),
            "use wav, or 24 bits",
        ));
    }
    let depth = wishes.iter().find_map(|wish| wish.bit_depth).unwrap_or(defaults.bit_depth);
    let sample_rate =
        wishes.iter().find_map(|wish| wish.sample_rate).unwrap_or(defaults.sample_rate);
    Ok(Export {
        format,
        bit_depth: settle_depth(format, depth),
        sample_rate: settle_rate(format, sample_rate, own.sample_rate.is_some(), notes)?,
        stems: wishes.iter().find_map(|wish| wish.stems).unwrap_or(defaults.stems),
        midi: wishes.iter().find_map(|wish| wish.midi).unwrap_or(defaults.midi),
    })
}

/// MP3 holds nine rates (ISO 11172-3, 13818-2). One that was asked for in so many words is refused, any other replaced.
fn settle_rate(
    format: Format,
    rate: SampleRate,
    is_stated: bool,
    notes: &mut Vec<String>,
) -> Result<SampleRate, Fault> {
    if format != Format::Mp3 || format.supports_rate(rate.get()) {
        return Ok(rate);
    }
    if is_stated {
        return Err(invalid(
            format!("mp3 can't hold a sample rate of {rate}"),
            "use 44100 or 48000, or another format",
        ));
    }
    notes.push(format!("mp3 can't hold {rate}; the take is written at {}", SampleRate::HZ_48000));
    Ok(SampleRate::HZ_48000)
}

/// The format that a path stands for; `None` where it has no extension.
fn format_of(path: &Path) -> Result<Option<Format>, Fault> {
    if !path.is_absolute() {
        return Err(invalid(
            "the path of a take must be absolute",
            "give the whole path from the root",
        ));
    }
    if path.file_name().is_none() {
        return Err(invalid("the path names no file", "give a path such as /home/me/song.wav"));
    }
    match path.extension() {
        None => Ok(None),
        Some(extension) => {
            let extension = extension.to_string_lossy();
            Format::from_extension(&extension).map(Some).ok_or_else(|| {
                invalid(
                    format!(
                        "takes can't be written as .{}",
                        text::fit(&text::one_line(&extension), 20)
                    ),
                    "use .wav, .flac or .mp3",
                )
            })
        }
    }
}

#[cfg(test)]
mod tests;
