//! A SoundFont played by `inst.soundfont`, against FluidSynth on the same file and the same notes.
//!
//! `just soundfont` runs it; it needs `fluidsynth` and a General MIDI SoundFont, the one named by an argument or
//! /usr/share/sounds/sf2/TimGM6mb.sf2. Twelve parts play a minute. Both render 48 kHz in one thread as fast as they can, both
//! with one reverb that all parts share; the figures are CPU time, with and without loading the file. One engine node is one
//! preset, so twelve nodes and an fx.reverb stand against one FluidSynth.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a benchmark may stop at the first surprise, and reports as it goes

#[path = "engine/parts.rs"]
mod parts;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use parts::{BPM, Role, part};
use rustix::time::{ClockId, clock_gettime};
use rustysynth::SoundFont;
use timbre::audio::buffer::AudioBuffer;
use timbre::engine::assets::{AssetError, Assets, NO_ASSETS, Take};
use timbre::engine::nodes::Registry;
use timbre::engine::plan::compile_with;
use timbre::engine::processor::GraphProcessor;
use timbre::engine::schedule::Schedule;
use timbre::model::graph::GraphSpec;
use timbre::model::key::{Key, Mode};
use timbre::model::tempo::{Metre, TempoMap};
use timbre::model::units::{SampleRate, Seed};
use timbre::music::midi_file;
use timbre::music::score::Score;

const RATE: u32 = 48_000;
const BARS: usize = 30;
/// Times that each of the two renders; the quickest counts.
const PASSES: usize = 3;

/// General MIDI programs, and what they play.
const PARTS: [(u8, Role); 12] = [
    (32, Role::Bass),
    (33, Role::Bass),
    (38, Role::Bass),
    (0, Role::Keys),
    (4, Role::Keys),
    (16, Role::Keys),
    (48, Role::Pad),
    (52, Role::Pad),
    (89, Role::Pad),
    (56, Role::Lead),
    (65, Role::Lead),
    (73, Role::Lead),
];

fn main() {
    let named = std::env::args().skip(1).find(|word| word.ends_with(".sf2"));
    let font = named.unwrap_or_else(|| "/usr/share/sounds/sf2/TimGM6mb.sf2".into());
    let folder = tempfile::tempdir().unwrap();
    let (whole, single) = (folder.path().join("song.mid"), folder.path().join("note.mid"));
    let song = score(BARS);
    fs::write(&whole, midi_file::write(&song, "song")).unwrap();
    let mut note = score(1);
    note.parts.truncate(1);
    note.parts.iter_mut().for_each(|part| part.notes.truncate(1));
    fs::write(&single, midi_file::write(&note, "note")).unwrap();

    let quickest = |run: &dyn Fn() -> f64| (0..PASSES).map(|_| run()).fold(f64::INFINITY, f64::min);
    let wave = folder.path().join("out.wav");
    let theirs = quickest(&|| fluidsynth(&font, &whole, &wave));
    let loading = quickest(&|| fluidsynth(&font, &single, &wave));
    let (mut ours_loading, mut ours) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..PASSES {
        let [load, play] = timbre(&font, &song);
        (ours_loading, ours) = (ours_loading.min(load), ours.min(load + play));
    }
    let seconds = BARS as f64 * 4.0 * 60.0 / BPM;
    println!("{font}, {} parts, {seconds} s of music; CPU seconds, least of {PASSES}", PARTS.len());
    println!("{:<12}{:>10}{:>10}{:>10}", "", "all", "loading", "playing");
    println!("{:<12}{theirs:>10.2}{loading:>10.2}{:>10.2}", "fluidsynth", theirs - loading);
    println!("{:<12}{ours:>10.2}{ours_loading:>10.2}{:>10.2}", "timbre", ours - ours_loading);
    println!(
        "fluidsynth / timbre: {:.2} in all, {:.2} playing",
        theirs / ours,
        (theirs - loading) / (ours - ours_loading)
    );
}

/// The song: a channel a part.
fn score(bars: usize) -> Score {
    let parts = PARTS.iter().enumerate().map(|(index, (program, role))| {
        let mut part = part(&format!("part{index:02}"), *role, bars, index);
        part.program = *program;
        part
    });
    Score {
        key: Key::new(9, Mode::Aeolian),
        metre: Metre::FOUR_FOUR,
        tempo: TempoMap::from_points(Vec::new()),
        length_beats: 4.0 * bars as f64,
        sections: Vec::new(),
        chords: Vec::new(),
        parts: parts.collect(),
    }
}

/// CPU seconds that FluidSynth takes for a file.
fn fluidsynth(font: &str, midi: &Path, wave: &Path) -> f64 {
    let before = children_seconds();
    let done = Command::new("fluidsynth")
        .args(["-ni", "-q", "-r", "48000", "-T", "wav", "-F"])
        .args([wave, Path::new(font), midi])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(done.unwrap().success(), "fluidsynth could not render {}", midi.display());
    children_seconds() - before
}

/// CPU time of all children that have ended: fields 16 and 17 of /proc/self/stat, in hundredths (proc(5)).
fn children_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace().collect::<Vec<_>>();
    fields[13..15].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// CPU seconds that the engine takes for loading the font and for playing.
fn timbre(font: &str, song: &Score) -> [f64; 2] {
    let start = thread_seconds();
    let fonts = Fonts(Arc::new(SoundFont::new(&mut File::open(font).unwrap()).unwrap()));
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus").param("gain_db", -12.0);
    graph.add("hall", "fx.reverb").param("mix", 1.0);
    graph.connect("hall", "out");
    for part in &song.parts {
        graph
            .add(part.id.as_str(), "inst.soundfont")
            .config("file", font)
            .config("program", part.program.to_string());
        graph.connect(&part.id, "out");
        graph.connect_ports((&part.id, "out"), ("hall", "in"), -14.0);
    }
    let rate = SampleRate::new(RATE).unwrap();
    let registry = Registry::built_in();
    let (plan, handles) = compile_with(&graph, &registry, rate, Seed(1), &fonts).unwrap();
    let schedule = Schedule::new(song, &handles, rate).unwrap();
    let frames = schedule.length() as usize + 2 * RATE as usize;
    let mut processor = GraphProcessor::new(plan, Arc::new(schedule));
    let loaded = thread_seconds();
    let (mut left, mut right) = ([0.0f32; 512], [0.0f32; 512]);
    let mut heard = 0.0f32;
    for _ in 0..frames.div_ceil(512) {
        processor.process(&mut left, &mut right);
        heard = left.iter().fold(heard, |peak, x| peak.max(x.abs()));
    }
    assert!(heard > 0.01, "nothing was heard");
    [loaded - start, thread_seconds() - loaded]
}

/// CPU time of this thread.
fn thread_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// One font under any name.
struct Fonts(Arc<SoundFont>);

impl Assets for Fonts {
    fn sound(&self, name: &str) -> Result<Arc<AudioBuffer>, AssetError> {
        NO_ASSETS.sound(name)
    }

    fn sound_font(&self, _: &str) -> Result<Arc<SoundFont>, AssetError> {
        Ok(self.0.clone())
    }

    fn recording(&self, name: &str, rate: SampleRate) -> Result<Take, AssetError> {
        NO_ASSETS.recording(name, rate)
    }
}
