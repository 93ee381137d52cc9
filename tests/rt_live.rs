//! The live engine under edits: while graphs change over, songs and tempos are replaced and the transport jumps, the audio
//! thread allocates nothing, frees nothing, and makes no system call at all.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may stop at the first surprise

use assert_no_alloc::AllocDisabler;
use timbre::engine::assets::NO_ASSETS;
use timbre::engine::live::{Callback, Controller, LiveSetup, Song, live};
use timbre::engine::nodes::Registry;
use timbre::engine::schedule::{AutomationLane, AutomationPoint};
use timbre::model::graph::GraphSpec;
use timbre::model::tempo::TempoMap;
use timbre::model::units::{Bpm, SampleRate, Seed};
use timbre::music::score::{Note, Part};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

fn engine() -> (Box<dyn Callback>, Controller) {
    let registry = Registry::built_in();
    live(LiveSetup { sample_rate: SampleRate::HZ_48000, registry, seed: Seed(3) })
}

/// A lead and a kit through inserts and a hall; `turn` decides which inserts there are.
fn graph(turn: u32) -> GraphSpec {
    let mut graph = GraphSpec::default();
    graph.add("out", "mix.bus");
    graph.add("hall", "fx.reverb").param("mix", 1.0);
    graph.connect("hall", "out");
    for (part, kind) in [("lead", "keys.rhodes"), ("drums", "drum.lofi")] {
        graph.add(part, kind);
        let strip = format!("{part}.strip");
        graph.add(&strip, "mix.strip").param("pan", f64::from(turn % 3) * 0.3 - 0.3);
        let mut last = (part.to_owned(), if part == "drums" { "kick" } else { "out" });
        for (bit, insert) in
            ["dyn.limiter", "fx.drive", "eq.parametric", "fx.chorus"].iter().enumerate()
        {
            if turn >> bit & 1 == 1 {
                let id = format!("{part}.{bit}");
                graph.add(&id, *insert);
                graph.connect_ports((&last.0, last.1), (&id, "in"), 0.0);
                last = (id, "out");
            }
        }
        graph.connect_ports((&last.0, last.1), (&strip, "in"), 0.0);
        graph.connect(&strip, "out");
        graph.connect_ports((&strip, "out"), ("hall", "in"), -12.0 - f64::from(turn % 5));
    }
    graph
}

fn song() -> Song {
    let notes = (0..64u8)
        .map(|i| Note { beat: f64::from(i) * 0.25, beats: 0.4, pitch: 36 + i % 24, velocity: 0.8 })
        .collect::<Vec<_>>();
    let part = |id: &str, drums| Part {
        id: id.into(),
        name: id.into(),
        drums,
        program: 0,
        notes: notes.clone(),
        controls: Vec::new(),
    };
    let point = |beat, value, ramp| AutomationPoint { beat, value, ramp };
    let lane = AutomationLane {
        node: "lead.strip".into(),
        param: "gain_db".into(),
        points: vec![point(0.0, -12.0, true), point(8.0, 0.0, false)],
    };
    let parts = vec![part("lead", false), part("drums", true)];
    Song { parts, lanes: vec![lane], length_beats: 16.0, ..Song::default() }
}

/// What a busy user does at a turn, all on the control thread.
fn edit(controller: &mut Controller, turn: u32) {
    match turn % 9 {
        0 => controller.seek(f64::from(turn % 13)).unwrap(),
        1 => controller.set_loop(Some((1.0, 1.3 + f64::from(turn % 4)))).unwrap(),
        2 => {
            controller.set_tempo(TempoMap::constant(Bpm::clamped(70.0 + f64::from(turn)))).unwrap()
        }
        3 => drop(controller.note_on("lead", 60.5, 0.7).unwrap()),
        4 => drop(controller.set_param("lead.strip", "gain_db", -6.0).unwrap()),
        5 => controller.all_notes_off().unwrap(),
        6 => controller.set_song(song()).unwrap(),
        7 => controller.set_loop(None).unwrap(),
        _ if turn.is_multiple_of(4) => controller.panic().unwrap(),
        _ => {
            controller.stop().unwrap();
            controller.play(turn % 2).unwrap();
        }
    }
    controller.set_graph(&graph(turn * 7), &NO_ASSETS).unwrap();
    controller.poll();
}

#[test]
fn edits_make_the_audio_thread_neither_allocate_nor_free() {
    let (mut callback, mut controller) = engine();
    controller.set_graph(&graph(0), &NO_ASSETS).unwrap();
    controller.set_song(song()).unwrap();
    controller.play(0).unwrap();
    let (mut left, mut right) = (vec![0.0f32; 279], vec![0.0f32; 279]);
    let mut peak = 0.0f32;
    for turn in 0..200 {
        edit(&mut controller, turn);
        for _ in 0..12 {
            // The callback enters the guard by itself, and the guard aborts the program at an allocation.
            callback.process(None, [&mut left, &mut right]);
            peak = left.iter().fold(peak, |peak, x| peak.max(x.abs()));
        }
    }
    assert!(peak > 0.05 && peak < 8.0, "peaks at {peak}");
}

/// Lets a thread call nothing of the kernel but read, write and exit, and plays on it while another one edits. A system
/// call, such as that of a contended lock, kills the thread, which is seen as silence on the pipe.
#[cfg(target_os = "linux")]
#[test]
#[allow(unsafe_code, reason = "seccomp has no safe interface")]
fn edits_make_the_audio_thread_call_nothing_of_the_kernel() {
    use std::io::Read;
    use std::os::fd::AsRawFd;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    const TURNS: u32 = 150;
    let (mut callback, mut controller) = engine();
    controller.set_graph(&graph(0), &NO_ASSETS).unwrap();
    controller.set_song(song()).unwrap();
    controller.play(0).unwrap();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let descriptor = writer.as_raw_fd();
    let done = Arc::new(AtomicBool::new(false));
    let finished = done.clone();
    let audio = std::thread::spawn(move || {
        let (mut left, mut right) = (vec![0.0f32; 128], vec![0.0f32; 128]);
        let mut blocks = 0u8;
        // SAFETY: only this thread is confined, and from here on it calls nothing but write and exit.
        let confined = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT) } == 0;
        while !finished.load(Ordering::Relaxed) {
            callback.process(None, [&mut left, &mut right]);
            blocks = blocks.wrapping_add(1);
            if blocks.is_multiple_of(8) {
                let byte = u8::from(confined);
                // SAFETY: writes one byte of a local to a pipe that lives as long as the test.
                unsafe { libc::write(descriptor, (&raw const byte).cast(), 1) };
            }
        }
        // Freeing would call the kernel, and so would an ordinary return.
        std::mem::forget((callback, left, right, finished));
        // SAFETY: ends this thread alone, which holds nothing that anybody waits for.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    });
    let mut byte = [0u8];
    for turn in 0..TURNS {
        edit(&mut controller, turn);
        let mut waiting = libc::pollfd { fd: reader.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one descriptor, which lives on this page.
        let ready = unsafe { libc::poll(&raw mut waiting, 1, 30_000) };
        assert_eq!(ready, 1, "the audio thread has called the kernel, and was killed for it");
        reader.read_exact(&mut byte).unwrap();
        assert_eq!(byte, [1], "the thread could not be confined");
    }
    done.store(true, Ordering::Relaxed);
    std::mem::forget(audio);
    drop(writer);
}
