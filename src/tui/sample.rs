//! A model to draw in tests and benchmarks: a session with takes and variations, a job that runs, one that waits and one that
//! failed, names in several scripts, and music that plays. Always the same.

use std::collections::{BTreeMap, VecDeque};

use ratatui::style::{Color, Modifier, Style};

use crate::model::backend::{BackendInfo, BackendParam};
use crate::model::brief::{Brief, Reading};
use crate::model::card::{JobCard, TakeCard};
use crate::model::format::{Depth, Format};
use crate::model::graph::GraphSpec;
use crate::model::job::{Fault, FaultKind, Job, Phase};
use crate::model::key::{Key, Mode};
use crate::model::node_data::{HistoryData, MeterData, SpectrumData};
use crate::model::request::{Export, Resolved};
use crate::model::session::Session;
use crate::model::tempo::{Metre, TempoMap};
use crate::model::units::{Bpm, SampleRate, Seed};
use crate::protocol::device::{AudioStatus, DeviceState, Load, XrunCounts};
use crate::protocol::listen::{
    ChordSpan, Note, Part, PlayerPart, PlayerState, Score, Section, TakeLoudnessResponse,
    TakePeaksResponse, TakeSpectrogramResponse,
};
use crate::protocol::player::PlayerItem;
use crate::protocol::transcript::SessionNote;
use crate::protocol::transport::TransportState;
use crate::tui::model::conversation::Cell;
use crate::tui::model::curves::{Loaded, TakeCurves};
use crate::tui::model::panes::Tab;
use crate::tui::model::sound::Sound;
use crate::tui::model::{Glyphs, LogLine, Look, Model, Pictures, Weight};
use crate::tui::scope::Scope;
use crate::tui::theme::Theme;

/// A model in which nothing has happened yet.
pub(crate) fn empty(width: u16, height: u16) -> Model {
    let look = Look {
        theme: theme(),
        themes: vec!["timbre-dark".to_owned(), "timbre-light".to_owned()],
        glyphs: Glyphs::Braille,
        motion: true,
        pictures: Pictures::Off,
        mouse: true,
    };
    let keymap_file = "/home/ada/.config/timbre/keymap.toml".into();
    let mut model = Model::new(look, crate::tui::keymap::Keymap::default(), keymap_file);
    model.clock = 100.0;
    model.size = (width, height);
    model.inspector.tab = Tab::Queue;
    model.composer.history = vec!["lo-fi rain".to_owned(), "dub techno 120 bpm".to_owned()];
    model.backends = vec![backend()];
    model.engine.connected = true;
    model.engine.version = "1.0.0".to_owned();
    model.engine.music_dir = "/home/ada/Music/Timbre".to_owned();
    model.help = help();
    model.hints = [("enter", "send"), ("ctrl-p", "commands"), ("ctrl-o", "panes"), ("f1", "keys")]
        .map(|(key, word)| (key.to_owned(), word.to_owned()))
        .into();
    model
}

/// A model in the middle of an evening's work.
pub(crate) fn busy(width: u16, height: u16) -> Model {
    let mut model = empty(width, height);
    let takes = [
        take(1, "Rain on the fire escape", None, Some(4)),
        take(2, "Rain on the fire escape, other keys", Some("take-1"), None),
        take(3, "雨の夜のピアノ", None, Some(5)),
        take(4, "Étude für den Nachtzug 🚂", Some("take-3"), None),
    ];
    let session = Session {
        id: "session-1".to_owned(),
        title: "Rainy evening".to_owned(),
        parent: None,
        takes: 4,
        created_at: 1_790_000_000.0,
    };
    model.conversation.session = Some(session);
    model.conversation.cells = vec![
        prompt("lo-fi rain, 82 bpm, rhodes and upright bass, 2 minutes", None),
        job(1, Phase::Ready),
        prompt("other keys", Some("take-1")),
        job(2, Phase::Ready),
        Cell::Note(SessionNote {
            id: "note-1".to_owned(),
            session_id: "session-1".to_owned(),
            text: "The second one for the film. Ask about the bass in bar 9.".to_owned(),
            created_at: 1_790_000_100.0,
        }),
        prompt("雨の夜、静かなピアノ、ハ短調", None),
        job(3, Phase::Ready),
        job(4, Phase::Ready),
        prompt("the same with a string quartet that nobody has", None),
        job(5, Phase::Failed),
        prompt("techno 132 bpm, dark, loop of 16 bars", None),
        job(6, Phase::Generating),
        job(7, Phase::Queued),
    ];
    for take in takes {
        model.curves.takes.insert(take.id.clone(), curves(take.seed, take.duration_s));
        model.inspector.found.insert(0, take.id.clone());
        model.takes.insert(take.id.clone(), take);
    }
    for cell in &model.conversation.cells {
        if let Cell::Job(card) = cell
            && card.phase != Phase::Ready
        {
            model.jobs.insert(card.id.clone(), live(card));
        }
    }
    model.focused_take = Some("take-1".to_owned());
    model.sound = sound();
    model.engine.takes = 4;
    model.log = vec![
        LogLine {
            at: 3.0,
            weight: Weight::Note,
            text: "the engine runs in this process".to_owned(),
        },
        LogLine { at: 61.0, weight: Weight::Good, text: "take 1 is ready".to_owned() },
        LogLine {
            at: 90.0,
            weight: Weight::Bad,
            text: "take 5 failed: no instrument is called string quartet".to_owned(),
        },
    ];
    model
}

/// As many takes as wanted, each after a prompt.
pub(crate) fn long(width: u16, height: u16, cells: usize) -> Model {
    let mut model = busy(width, height);
    model.conversation.cells = (0..cells)
        .map(|index| match index % 3 {
            0 => prompt("lo-fi rain, 82 bpm, rhodes and upright bass, 2 minutes", None),
            1 => job(1 + index as u32 % 4, Phase::Ready),
            _ => job(1 + (index as u32 + 1) % 4, Phase::Ready),
        })
        .collect();
    model
}

/// A text in the composer, with the cursor at its end.
pub(crate) fn typing(model: &mut Model, text: &str) {
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    model.composer.area = ratatui_textarea::TextArea::new(lines);
    model.composer.area.move_cursor(ratatui_textarea::CursorMove::Bottom);
    model.composer.area.move_cursor(ratatui_textarea::CursorMove::End);
}

/// What would be understood of `slow lo-fi, 82 bpm, no drums, glitter`.
pub(crate) fn brief() -> Brief {
    let reading = |phrase: &str, field: &str, value: &str| Reading {
        phrase: phrase.to_owned(),
        field: field.to_owned(),
        value: value.to_owned(),
    };
    Brief {
        understood: vec![
            reading("lo-fi", "genre", "lofi"),
            reading("82 bpm", "tempo", "82 BPM"),
            reading("no drums", "without", "drums"),
        ],
        unused: vec!["glitter".to_owned()],
        ..Brief::default()
    }
}

fn prompt(text: &str, parent: Option<&str>) -> Cell {
    Cell::Prompt { text: text.to_owned(), parent: parent.map(str::to_owned) }
}

fn job(number: u32, phase: Phase) -> Cell {
    let fault = (phase == Phase::Failed).then(|| {
        Fault::new(FaultKind::Invalid, "no instrument is called string quartet")
            .with_hint("say strings, or list what there is with /help instruments")
    });
    Cell::Job(JobCard {
        id: format!("job-{number}"),
        session_id: "session-1".to_owned(),
        parent: None,
        number,
        prompt: "techno 132 bpm, dark, loop of 16 bars".to_owned(),
        backend: "composer".to_owned(),
        seed: 40 + u64::from(number),
        phase,
        progress: 0.42,
        stage: "drums".to_owned(),
        eta_s: Some(7.2),
        position: i64::from(number),
        take_id: (phase == Phase::Ready).then(|| format!("take-{number}")),
        fault,
        created_at: 1_790_000_000.0,
    })
}

/// The job of a card.
fn live(card: &JobCard) -> Job {
    Job {
        id: card.id.clone(),
        session_id: card.session_id.clone(),
        parent: card.parent.clone(),
        number: card.number,
        request: Resolved {
            prompt: card.prompt.clone(),
            backend: card.backend.clone(),
            duration: None,
            bpm: None,
            key: None,
            metre: None,
            genre: None,
            genre_toml: None,
            instruments: Vec::new(),
            without: Vec::new(),
            chain: None,
            seed: Seed(card.seed),
            params: BTreeMap::new(),
            mastering: None,
            lufs: None,
            export: Export {
                format: Format::Wav,
                bit_depth: Depth::I24,
                sample_rate: SampleRate::HZ_48000,
                stems: false,
                midi: false,
            },
        },
        path: None,
        overwrite: false,
        phase: card.phase,
        progress: card.progress,
        stage: card.stage.clone(),
        eta_s: card.eta_s,
        position: card.position,
        attempts: 1,
        take_id: card.take_id.clone(),
        fault: card.fault.clone(),
        created_at: card.created_at,
        updated_at: card.created_at,
    }
}

fn take(number: u32, title: &str, parent: Option<&str>, rating: Option<u8>) -> TakeCard {
    TakeCard {
        id: format!("take-{number}"),
        session_id: "session-1".to_owned(),
        job_id: format!("job-{number}"),
        parent: parent.map(str::to_owned),
        number,
        title: title.to_owned(),
        prompt: "lo-fi rain, 82 bpm, rhodes and upright bass, 2 minutes".to_owned(),
        path: format!("/home/ada/Music/Timbre/2026/11/21/session-1/take-{number}.wav"),
        bpm: Some(82.0),
        key: Some(Key::new(0, Mode::Aeolian)),
        metre: Some(Metre::FOUR_FOUR),
        bars: Some(41),
        duration_s: 123.5,
        lufs: Some(-14.0),
        true_peak_dbtp: Some(-1.1),
        seed: 40 + u64::from(number),
        backend: "composer".to_owned(),
        licence: if number == 4 { "CC-BY-NC-4.0" } else { "CC0-1.0" }.to_owned(),
        looped: number == 2,
        stems: if number == 1 { vec!["drums".to_owned(), "bass".to_owned()] } else { Vec::new() },
        rating,
        note: if number == 1 { "for the film" } else { "" }.to_owned(),
        tags: if number == 1 { vec!["night".to_owned(), "rain".to_owned()] } else { Vec::new() },
        created_at: 1_790_000_000.0 + f64::from(number),
    }
}

/// Something between 0 and 1 that looks like chance and never is.
fn grain(seed: u64, index: u64) -> f32 {
    let mut bits =
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^= bits >> 31;
    bits = bits.wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 29;
    (bits >> 40) as f32 / (1_u64 << 24) as f32
}

fn curves(seed: u64, seconds: f64) -> TakeCurves {
    let count = 1_024_u64;
    let energy = |share: f32| match share {
        s if s < 0.1 => 0.25 + s * 2.0,
        s if s < 0.45 => 0.62,
        s if s < 0.55 => 0.35,
        s if s < 0.92 => 0.9,
        s => (1.0 - s) / 0.08 * 0.6,
    };
    let columns = (0..count)
        .map(|index| {
            let share = index as f32 / count as f32;
            // 41 bars of four beats: a hit at every beat that fades until the next one.
            let beat = (share * 164.0).fract();
            let hit = libm::expf(-beat * 2.6);
            let peak = energy(share) * (0.45 + 0.55 * hit) * (0.75 + 0.25 * grain(seed, index));
            [-peak * (0.85 + 0.15 * grain(seed + 1, index)), peak, peak * (0.28 + 0.14 * hit)]
        })
        .collect();
    let frames = (seconds * 48_000.0) as u64;
    let (bands, moments) = (64_usize, 256_u64);
    let mut db = Vec::new();
    for moment in 0..moments {
        let share = moment as f32 / moments as f32;
        for band in 0..bands {
            let tilt = -30.0 - band as f32 * 0.9;
            let ridge = libm::cosf((band as f32 - 12.0) * 0.8 + libm::floorf(share * 16.0)) * 12.0;
            let level =
                tilt + ridge + energy(share) * 24.0 + grain(seed, moment * 64 + band as u64) * 8.0;
            db.push(level.clamp(-120.0, 0.0) as i8);
        }
    }
    let loudness = |smooth: f32| -> Vec<Option<f32>> {
        (0..256_u64)
            .map(|index| {
                let share = index as f32 / 256.0;
                Some(-26.0 + 14.0 * energy(share) + (grain(seed, index) - 0.5) * smooth)
            })
            .collect()
    };
    TakeCurves {
        peaks: Loaded::Here(TakePeaksResponse {
            frames,
            sample_rate: 48_000,
            from: 0,
            to: frames,
            columns,
        }),
        zoomed: Loaded::Not,
        spectrogram: Loaded::Here(TakeSpectrogramResponse {
            frames,
            sample_rate: 48_000,
            from: 0,
            to: frames,
            hz: (0..bands).map(|band| 30.0 * libm::powf(533.0, band as f32 / 63.0)).collect(),
            db,
        }),
        loudness: Loaded::Here(TakeLoudnessResponse {
            seconds,
            integrated_lufs: Some(-14.0),
            range_lu: Some(6.4),
            true_peak_dbtp: Some(-1.1),
            momentary_lufs: loudness(9.0),
            short_term_lufs: loudness(1.0),
        }),
        score: Loaded::Here(Some(score())),
    }
}

fn score() -> Score {
    let note =
        |beat: f64, beats: f64, pitch: u8, velocity: f32| Note { beat, beats, pitch, velocity };
    let symbols = ["Cm9", "Abmaj7", "Fm7", "G7b9"];
    let roots = [36_u8, 32, 29, 31];
    let (mut keys, mut bass, mut drums, mut lead) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for bar in 0..41_u32 {
        let start = f64::from(bar) * 4.0;
        let root = roots[bar as usize % 4];
        for (index, above) in [24_u8, 27, 31, 34].into_iter().enumerate() {
            keys.push(note(start + 0.02 * index as f64, 3.5, root + above, 0.5));
        }
        for beat in [0.0, 1.5, 2.0, 3.5] {
            bass.push(note(start + beat, 0.7, root + if beat > 3.0 { 7 } else { 0 }, 0.8));
        }
        for beat in 0..8_u32 {
            drums.push(note(
                start + f64::from(beat) * 0.5,
                0.1,
                42,
                if beat % 2 == 0 { 0.7 } else { 0.4 },
            ));
        }
        drums.extend([0.0, 2.5].map(|beat| note(start + beat, 0.1, 36, 0.9)));
        drums.extend([1.0, 3.0].map(|beat| note(start + beat, 0.1, 38, 0.8)));
        if bar >= 8 {
            for (step, degree) in [0_u8, 3, 7, 10, 7].into_iter().enumerate() {
                lead.push(note(
                    start + step as f64 * 0.75,
                    0.6,
                    72 + degree,
                    0.6 + 0.05 * step as f32,
                ));
            }
        }
    }
    let part = |id: &str, name: &str, drums: bool, notes: Vec<Note>| Part {
        id: id.to_owned(),
        name: name.to_owned(),
        drums,
        program: 0,
        notes,
        controls: Vec::new(),
    };
    let section = |name: &str, bar: u32, bars: u32| Section {
        name: name.to_owned(),
        beat: f64::from(bar) * 4.0,
        bars,
        energy: 0.5,
    };
    Score {
        key: Key::new(0, Mode::Aeolian),
        metre: Metre::FOUR_FOUR,
        tempo: TempoMap::constant(Bpm::clamped(82.0)),
        length_beats: 164.0,
        sections: vec![
            section("intro", 0, 4),
            section("verse", 4, 16),
            section("chorus", 20, 16),
            section("outro", 36, 5),
        ],
        chords: (0..41)
            .map(|bar| ChordSpan {
                beat: f64::from(bar) * 4.0,
                beats: 4.0,
                symbol: symbols[bar as usize % 4].to_owned(),
            })
            .collect(),
        parts: vec![
            part("drums", "drums", true, drums),
            part("bass", "upright bass", false, bass),
            part("keys", "Rhodes", false, keys),
            part("lead", "vibraphone", false, lead),
        ],
    }
}

fn sound() -> Sound {
    let transport = TransportState {
        playing: true,
        counting_in: false,
        beat: 61.5,
        seconds: 45.0,
        bar: 15,
        beat_in_bar: 1.5,
        bpm: 82.0,
        metre: Metre::FOUR_FOUR,
        loop_beats: Some([48.0, 80.0]),
        length_beats: 164.0,
        length_s: 120.0,
    };
    let meter = MeterData {
        peak_db: [Some(-7.2), Some(-9.4)],
        rms_db: [Some(-15.0), Some(-17.0)],
        true_peak_db: Some(-1.2),
        momentary_lufs: Some(-13.2),
        short_term_lufs: Some(-14.1),
        correlation: Some(0.62),
        reduction_db: 1.4,
    };
    let hz: Vec<f32> = (0..48).map(|band| 30.0 * libm::powf(533.0, band as f32 / 47.0)).collect();
    let db: Vec<Option<f32>> = (0..48)
        .map(|band| {
            Some(
                -22.0 - band as f32 * 0.8 + 8.0 * libm::cosf(band as f32 * 0.7)
                    - 6.0 * grain(7, band),
            )
        })
        .collect();
    let pairs = (0..400_u64)
        .map(|index| {
            let (mid, side) = (grain(3, index) - 0.5, (grain(4, index) - 0.5) * 0.4);
            [(mid + side) * 1.2, (mid - side) * 1.2]
        })
        .collect();
    let part = |name: &str, mute: bool, solo: bool, gain_db: f64, pan: f64| PlayerPart {
        name: name.to_owned(),
        node: format!("{name}.strip"),
        gain_db,
        pan,
        mute,
        solo,
    };
    let part_meter = |peak: f64| MeterData { peak_db: [Some(peak), Some(peak - 2.0)], ..meter };
    let mut graph = GraphSpec::default();
    for (id, kind) in [
        ("drums", "drums.kit"),
        ("bass", "bass.upright"),
        ("keys", "keys.rhodes"),
        ("keys.chorus", "fx.chorus"),
        ("bus", "mix.bus"),
        ("room", "fx.reverb"),
        ("limiter", "dyn.limiter"),
        ("out", "io.out"),
    ] {
        graph.add(id, kind).param("level", 0.8);
    }
    for (from, to) in [
        ("drums", "bus"),
        ("bass", "bus"),
        ("keys", "keys.chorus"),
        ("keys.chorus", "bus"),
        ("keys", "room"),
        ("drums", "room"),
        ("room", "limiter"),
        ("bus", "limiter"),
        ("limiter", "out"),
    ] {
        graph.connect(from, to);
    }
    Sound {
        player: PlayerState {
            open: true,
            items: vec![PlayerItem {
                node: "item-1".to_owned(),
                title: "Rain on the fire escape".to_owned(),
                path: "/home/ada/Music/Timbre/2026/11/21/session-1/take-1.wav".to_owned(),
                take_id: Some("take-1".to_owned()),
                seconds: 123.5,
                bpm: Some(82.0),
                key: None,
                start_s: 0.0,
            }],
            parts: vec![
                part("drums", false, false, 0.0, 0.0),
                part("bass", false, false, -2.5, -0.1),
                part("keys", true, false, -6.0, 0.3),
                part("vibraphone", false, false, 1.0, -0.4),
            ],
            length_s: 123.5,
            ..PlayerState::default()
        },
        status: Some(AudioStatus {
            device: DeviceState {
                wanted: "default".to_owned(),
                current: "pipewire".to_owned(),
                available: true,
                message: String::new(),
            },
            sample_rate: 48_000,
            buffer_frames: 256,
            latency_ms: 10.7,
            load: Load { mean: 0.06, p99: 0.12, worst: 0.2 },
            xruns: XrunCounts::default(),
            realtime: true,
            realtime_note: None,
            transport,
            peak_db: [Some(-7.2), Some(-9.4)],
            nodes: 8,
            revision: 3,
        }),
        status_at: 100.0,
        meter,
        held: [Some((-2.1, 99.0)), Some((-3.0, 99.0))],
        part_meters: [("drums", -8.0), ("bass", -14.0), ("keys", -20.0), ("vibraphone", -24.0)]
            .map(|(name, peak)| (format!("{name}.strip"), part_meter(peak)))
            .into(),
        spectrum: SpectrumData { hz, db: db.clone(), pairs },
        spectra: VecDeque::from(vec![db; 40]),
        history: HistoryData::default(),
        graph: Some(graph),
        devices: Vec::new(),
        xruns: 0,
        chain: Some("tape-warmth".to_owned()),
        loop_start: None,
        link_peers: Some(2),
        ..Sound::default()
    }
}

fn backend() -> BackendInfo {
    let param = |id: &str, doc: &str, min: f64, max: f64, default: f64| BackendParam {
        id: id.to_owned(),
        doc: doc.to_owned(),
        min,
        max,
        default,
    };
    BackendInfo {
        id: "composer".to_owned(),
        name: "Composer".to_owned(),
        doc: "Writes a score and plays it.".to_owned(),
        version: "1".to_owned(),
        licence: "CC0-1.0".to_owned(),
        available: true,
        reason: String::new(),
        params: vec![
            param("energy", "How much happens, from calm to dense.", 0.0, 1.0, 0.5),
            param("swing", "How late the second half of a beat comes.", 0.0, 0.7, 0.12),
            param("complexity", "How far the harmony goes from home.", 0.0, 1.0, 0.4),
        ],
        genres: Vec::new(),
    }
}

fn help() -> Vec<(String, Vec<(String, String)>)> {
    let group = |heading: &str, keys: &[(&str, &str)]| {
        let keys = keys.iter().map(|(key, doc)| ((*key).to_owned(), (*doc).to_owned())).collect();
        (heading.to_owned(), keys)
    };
    vec![
        group(
            "Prompt",
            &[
                ("enter", "send"),
                ("alt-enter", "a new line"),
                ("ctrl-g", "work on it in your editor"),
            ],
        ),
        group(
            "Listen",
            &[
                ("space", "play or stop"),
                ("left, right", "seek by a bar"),
                ("l", "loop what plays"),
            ],
        ),
        group(
            "Screen",
            &[
                ("ctrl-o", "the panes on the right"),
                ("ctrl-p", "find a command"),
                ("f1", "these keys"),
            ],
        ),
    ]
}

/// A theme with a colour of its own for all that tests want to tell apart.
pub(crate) fn theme() -> Theme {
    let rgb = |hex: u32| Color::Rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8);
    let fg = |hex: u32| Style::new().fg(rgb(hex));
    let bold = Modifier::BOLD;
    let styles = [
        (Scope::Ground, Style::new().bg(rgb(0x0014_161b))),
        (Scope::Text, fg(0xd4_d6_dc)),
        (Scope::Dim, fg(0x7a_80_8c)),
        (Scope::Strong, fg(0xf2_f3_f5).add_modifier(bold)),
        (Scope::Hint, fg(0x8a_b4_c8)),
        (Scope::Good, fg(0x8f_c7_7a)),
        (Scope::Warning, fg(0xe0_b3_55)),
        (Scope::Bad, fg(0xe0_70_6a)),
        (Scope::Border, fg(0x33_38_42)),
        (Scope::BorderFocus, fg(0xe8_a0_5c)),
        (Scope::Title, fg(0xe8_a0_5c).add_modifier(bold)),
        (Scope::Selection, Style::new().bg(rgb(0x26_2b_35))),
        (Scope::Prompt, fg(0xf2_f3_f5)),
        (Scope::PromptMark, fg(0xe8_a0_5c).add_modifier(bold)),
        (Scope::TakeTitle, fg(0xf2_f3_f5).add_modifier(bold)),
        (Scope::TakeFact, fg(0x9a_a0_ac)),
        (Scope::TakeStars, fg(0xe8_c0_6a)),
        (Scope::Badge, fg(0x7a_80_8c)),
        (Scope::BadgeWarning, fg(0xe0_b3_55)),
        (Scope::Wave, fg(0x3f_6a_80)),
        (Scope::WaveRms, fg(0x7f_c4_d8)),
        (Scope::WavePlayed, fg(0xe8_a0_5c)),
        (Scope::WaveBar, fg(0x4a_50_5c)),
        (Scope::Playhead, fg(0xff_f0_d0).add_modifier(bold)),
        (Scope::LoopRegion, fg(0x9a_c8_8a).bg(rgb(0x1b_23_22))),
        (Scope::Progress, fg(0xe8_a0_5c)),
        (Scope::ProgressRest, fg(0x33_38_42)),
        (Scope::MeterLow, fg(0x6a_b0_7a)),
        (Scope::MeterMid, fg(0xa8_c0_5a)),
        (Scope::MeterHigh, fg(0xe0_b3_55)),
        (Scope::MeterOver, fg(0xe0_70_6a).add_modifier(bold)),
        (Scope::MeterHold, fg(0xf2_f3_f5)),
        (Scope::MeterGround, fg(0x33_38_42)),
        (Scope::BeatOne, fg(0xe8_a0_5c)),
        (Scope::Beat, fg(0xd4_d6_dc)),
        (Scope::BeatRest, fg(0x5a_60_6c)),
        (Scope::Bar, fg(0x9a_a0_ac).bg(rgb(0x1e_21_29))),
        (Scope::BarValue, fg(0xf2_f3_f5)),
        (Scope::NoteSoft, fg(0x5f_8a_a0)),
        (Scope::NoteLoud, fg(0x7f_c4_d8)),
        (Scope::NoteDrum, fg(0xc8_a0_80)),
        (Scope::RollBlack, Style::new().bg(rgb(0x0010_1216))),
        (Scope::Chord, fg(0xc8_b0_e0)),
        (Scope::Section, fg(0xe8_a0_5c)),
        (Scope::Node, fg(0xd4_d6_dc)),
        (Scope::Cable, fg(0x5f_8a_a0)),
        (Scope::Curve, fg(0x7f_c4_d8)),
        (Scope::CurveSecond, fg(0xb0_8a_d0)),
        (Scope::Grid, fg(0x4a_50_5c)),
        (Scope::Popup, Style::new().bg(rgb(0x1b_1e_25))),
        (Scope::Match, fg(0xe8_a0_5c).add_modifier(bold)),
        (Scope::Chip, fg(0x8f_c7_7a)),
        (Scope::ChipUnused, fg(0x7a_80_8c).add_modifier(Modifier::CROSSED_OUT)),
        (Scope::Toast, fg(0xd4_d6_dc).bg(rgb(0x26_2b_35))),
    ];
    Theme::new("sample", styles.into())
}
