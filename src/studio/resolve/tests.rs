//! Tests of settling requests.

use super::*;
use crate::model::backend::BackendParam;
use crate::model::preset::PresetKind;
use crate::model::units::{Bpm, Lufs};
use crate::studio::options::PresetSource;

fn options() -> Options {
    Options::new("/data", "/state", "/music")
}

fn backends() -> Vec<BackendInfo> {
    let backend = |id: &str, available| BackendInfo {
        id: id.into(),
        name: id.into(),
        doc: String::new(),
        version: "1".into(),
        licence: "CC0-1.0".into(),
        available,
        reason: if available { String::new() } else { "no weights".into() },
        params: vec![BackendParam {
            id: "swing".into(),
            doc: "Swing.".into(),
            min: 0.0,
            max: 1.0,
            default: 0.5,
        }],
        genres: Vec::new(),
    };
    vec![backend("composer", true), backend("musicgen", false)]
}

fn ask(prompt: &str) -> Request {
    Request { prompt: prompt.into(), ..Request::default() }
}

fn settle(request: Request) -> Result<Settled, Fault> {
    resolve(request, &options(), &backends(), Seed(7))
}

fn preset(name: &str) -> Preset {
    let text = format!("name = \"{name}\"\nkind = \"genre\"");
    toml::from_str(&text).unwrap()
}

fn with(presets: Vec<Preset>) -> Options {
    let mut options = options();
    for preset in presets {
        let source = PresetSource { origin: "built-in".into(), preset };
        options.presets.insert(source.preset.name.clone(), source);
    }
    options
}

#[test]
fn a_plain_prompt_gets_the_defaults_and_the_drawn_seed() {
    let settled = settle(ask("dusty lofi")).unwrap();
    assert_eq!(settled.request.prompt, "dusty lofi");
    assert_eq!(settled.request.seed, Seed(7));
    assert_eq!(settled.request.export, options().export);
    assert_eq!(settled.notes, Vec::<String>::new());
}

#[test]
fn prompts_keep_their_letters_and_lose_what_a_terminal_would_obey() {
    let settled =
        settle(ask("lofi \u{1b}[31mred\u{1b}[0m\u{7}\n\tbeat 🎹 שלום'; DROP TABLE takes;--"))
            .unwrap();
    assert_eq!(settled.request.prompt, "lofi red beat 🎹 שלום'; DROP TABLE takes;--");
    assert_eq!(settled.notes, ["control characters were taken out of the prompt"]);
    let settled = settle(ask("two\nlines   wide")).unwrap();
    assert_eq!((settled.request.prompt.as_str(), settled.notes.len()), ("two lines wide", 0));
}

#[test]
fn empty_and_endless_prompts_are_refused_with_a_hint() {
    for prompt in ["", "   \n", "\u{1b}[0m", "\u{0}"] {
        let fault = settle(ask(prompt)).unwrap_err();
        assert_eq!(
            (fault.kind, fault.message.as_str()),
            (FaultKind::Invalid, "the prompt is empty")
        );
        assert!(!fault.hint.is_empty());
    }
    let fault = settle(ask(&"x".repeat(100_000))).unwrap_err();
    assert_eq!(fault.message, "the prompt is 100000 bytes long; 16384 is the most");
}

#[test]
fn the_request_wins_over_presets_and_later_presets_over_earlier_ones() {
    let mut first = preset("first");
    first.bpm = Some(Bpm::clamped(80.0));
    first.genre = Some("lofi".into());
    first.instruments = vec!["rhodes".into(), "vinyl".into()];
    first.without = vec!["strings".into()];
    first.prompt = "dusty".into();
    let mut second = preset("second");
    second.kind = PresetKind::Mastering;
    second.bpm = Some(Bpm::clamped(90.0));
    second.instruments = vec!["strings".into()];
    second.without = vec!["vinyl".into()];
    second.mastering = Some(crate::model::mastering::Mastering::default());
    let mut options = with(vec![first, second]);
    options.lufs = Some(Lufs::new(-9.0).unwrap());
    options.genres.insert("lofi".into(), "id = \"lofi\"".into());
    let mut request = ask("beat");
    request.presets = vec!["first".into(), "second".into()];
    let settled = resolve(request.clone(), &options, &backends(), Seed(1)).unwrap().request;
    assert_eq!(settled.prompt, "beat, dusty");
    assert_eq!(settled.bpm, Some(Bpm::clamped(90.0)));
    assert_eq!(settled.instruments, ["rhodes", "strings"]);
    assert_eq!(settled.without, ["vinyl"]);
    assert_eq!(settled.genre_toml.as_deref(), Some("id = \"lofi\""));
    // The preset's master has its own loudness, so the config's is left out.
    assert_eq!(settled.lufs, None);
    request.bpm = Some(Bpm::clamped(100.0));
    request.prompt.clear();
    let settled = resolve(request, &options, &backends(), Seed(1)).unwrap().request;
    assert_eq!((settled.prompt.as_str(), settled.bpm), ("dusty", Some(Bpm::clamped(100.0))));
}

#[test]
fn slips_in_names_are_told_with_the_nearest_name() {
    let mut request = ask("x");
    request.presets = vec!["lofi-nigth".into()];
    let fault =
        resolve(request, &with(vec![preset("lofi-night")]), &backends(), Seed(1)).unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotFound);
    assert!(fault.hint.contains("lofi-night"), "{}", fault.hint);
    let mut request = ask("x");
    request.backend = Some("compose".into());
    let fault = settle(request).unwrap_err();
    assert_eq!((fault.kind, fault.kind.exit_code()), (FaultKind::Unavailable, 3));
    let mut request = ask("x");
    request.backend = Some("musicgen".into());
    assert!(settle(request).unwrap_err().message.contains("no weights"));
    let mut request = ask("x");
    request.params.insert("swnig".into(), 0.5);
    assert!(settle(request).unwrap_err().hint.contains("swing"));
    for value in [f64::NAN, -0.1, 2.0] {
        let mut request = ask("x");
        request.params.insert("swing".into(), value);
        assert_eq!(settle(request).unwrap_err().kind, FaultKind::Invalid);
    }
}

#[test]
fn absurd_durations_are_refused() {
    for length in [0.0, -1.0, 1e9, f64::NAN, f64::INFINITY] {
        let mut request = ask("x");
        request.duration = Some(Length::Seconds(length));
        assert_eq!(settle(request).unwrap_err().kind, FaultKind::Invalid, "{length}");
    }
    let mut request = ask("x");
    request.duration = Some(Length::Bars(0));
    assert!(settle(request).is_err());
}

#[test]
fn the_extension_picks_the_format_and_contradictions_are_refused() {
    let to = |path: &str| {
        let mut request = ask("x");
        request.export.path = Some(path.into());
        request
    };
    assert_eq!(settle(to("/m/a.FLAC")).unwrap().request.export.format, Format::Flac);
    assert_eq!(settle(to("/m/noext")).unwrap().request.export.format, Format::Wav);
    for path in ["a.wav", "/m/a.ogg", "/"] {
        assert_eq!(settle(to(path)).unwrap_err().kind, FaultKind::Invalid, "{path}");
    }
    let mut request = to("/m/a.mp3");
    request.export.format = Some(Format::Flac);
    assert!(settle(request).unwrap_err().message.contains(".mp3"));
    let mut request = to("/m/a.flac");
    request.export.bit_depth = Some(Depth::F32);
    assert!(settle(request).is_err());
    let mut request = to("/m/a.mp3");
    request.export.sample_rate = Some(SampleRate::new(96_000).unwrap());
    assert!(settle(request).is_err());
    let mut options = options();
    options.export.sample_rate = SampleRate::new(96_000).unwrap();
    options.export.bit_depth = Depth::F32;
    let settled = resolve(to("/m/a.mp3"), &options, &backends(), Seed(1)).unwrap();
    assert_eq!(settled.request.export.sample_rate, SampleRate::HZ_48000);
    assert_eq!(settled.notes.len(), 1);
    let settled = resolve(to("/m/a.flac"), &options, &backends(), Seed(1)).unwrap();
    assert_eq!(settled.request.export.bit_depth, Depth::I24);
}

#[test]
fn several_takes_under_one_path_are_numbered() {
    assert_eq!(numbered(Path::new("/m/song.v2.wav"), 3), Path::new("/m/song.v2-3.wav"));
    assert_eq!(numbered(Path::new("/m/song"), 1), Path::new("/m/song-1"));
}
