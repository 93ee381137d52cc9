//! The realtime engine under the reference load R32: how much of a callback's time it takes, and which nodes take it.
//!
//! `cargo bench --bench engine` plays 24 s of R32 (benches/engine/load.rs) in callbacks of 128 frames at 48 kHz on one
//! thread, several times over, and prints the load in percent of the 2.667 ms that such a callback lasts. Three figures
//! per callback: wall time, CPU time of the thread, and the least CPU time among the passes. The passes do exactly the
//! same work, so the last one is what the engine needs, without what a shared machine adds.
//!
//! Then come the types of nodes alone, and with `sounds` a fingerprint of what every type plays: two builds whose
//! fingerprints agree give the same samples to the last bit.
//!
//! Arguments: `r32`, `nodes` or `sounds` for one of the reports, `--bars N` and `--passes N` for their length.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a benchmark may stop at the first surprise, and reports as it goes

#[path = "engine/load.rs"]
mod load;
#[path = "engine/parts.rs"]
mod parts;
#[path = "engine/sounds.rs"]
mod sounds;

use std::time::Instant;

use load::{COPIES, Load, RATE};
use rustix::time::{ClockId, clock_gettime};
use timbre::engine::nodes::Registry;

/// Frames of a callback.
const CALLBACK: usize = 128;
/// How long a callback's frames last, in seconds.
const BUDGET: f64 = CALLBACK as f64 / RATE as f64;

/// The types of the effects in R32.
const EFFECTS: [&str; 10] = [
    "eq.parametric",
    "dyn.compressor",
    "fx.tape",
    "fx.chorus",
    "fx.drive",
    "fx.phaser",
    "mix.strip",
    "fx.reverb",
    "fx.plate",
    "dyn.limiter",
];

fn main() {
    let words = std::env::args().skip(1).collect::<Vec<_>>();
    let number = |name: &str, default: usize| {
        let at = words.iter().position(|word| word == name).map(|at| at + 1);
        at.and_then(|at| words.get(at)).and_then(|word| word.parse().ok()).unwrap_or(default)
    };
    let (bars, passes) = (number("--bars", 12), number("--passes", 5));
    let named = words.iter().any(|word| ["r32", "nodes", "sounds"].contains(&word.as_str()));
    let wanted = |report: &str| !named || words.iter().any(|word| word == report);
    if wanted("r32") {
        report_load(&load::r32(bars), bars, passes);
    }
    if wanted("nodes") {
        report_nodes(bars.min(4), passes);
    }
    if named && wanted("sounds") {
        report_sounds(bars.min(4));
    }
}

/// Seconds of each callback of a load.
struct Times {
    /// Of every pass, one after the other.
    wall: Vec<f64>,
    cpu: Vec<f64>,
    /// The least CPU time of each callback among the passes.
    least: Vec<f64>,
    /// A hash of all samples (FNV-1a over their bits), the same for every pass.
    fingerprint: u64,
    /// The largest absolute sample.
    peak: f32,
}

/// Plays a load several times from its start and a second beyond its end.
fn play(load: &Load, bars: usize, passes: usize) -> Times {
    let seconds = bars as f64 * 4.0 * 60.0 / parts::BPM + 1.0;
    let callbacks = (seconds / BUDGET) as usize;
    let mut times = Times {
        wall: vec![],
        cpu: vec![],
        least: vec![f64::INFINITY; callbacks],
        fingerprint: 0,
        peak: 0.0,
    };
    for _ in 0..passes {
        let mut processor = load.start(bars);
        let (mut left, mut right) = ([0.0f32; CALLBACK], [0.0f32; CALLBACK]);
        let (mut fingerprint, mut peak) = (0xcbf2_9ce4_8422_2325_u64, 0.0f32);
        for least in &mut times.least {
            let (wall, cpu) = (Instant::now(), thread_seconds());
            processor.process(&mut left, &mut right);
            let cpu = thread_seconds() - cpu;
            times.wall.push(wall.elapsed().as_secs_f64());
            times.cpu.push(cpu);
            *least = least.min(cpu);
            for x in left.iter().chain(&right) {
                peak = peak.max(x.abs());
                fingerprint =
                    (fingerprint ^ u64::from(x.to_bits())).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        assert_eq!(processor.status().breakdowns, 0, "{} broke down", load.name);
        (times.fingerprint, times.peak) = (fingerprint, peak);
    }
    times
}

/// CPU time of this thread.
fn thread_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn report_load(load: &Load, bars: usize, passes: usize) {
    let times = play(load, bars, passes);
    println!(
        "{}: {} nodes, {} callbacks of {CALLBACK} frames at {RATE} Hz, {passes} passes; % of {:.3} ms",
        load.name,
        load.graph.nodes.len(),
        times.least.len(),
        BUDGET * 1e3
    );
    println!("{:<28}{:>8}{:>8}{:>8}{:>8}{:>8}", "", "mean", "p50", "p99", "p99.9", "max");
    let rows = [
        ("wall time", &times.wall),
        ("CPU time", &times.cpu),
        ("CPU time, least of passes", &times.least),
    ];
    for (name, times) in rows {
        let mut sorted = times.clone();
        sorted.sort_by(f64::total_cmp);
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        let at =
            |share: f64| sorted[((sorted.len() as f64 * share) as usize).min(sorted.len() - 1)];
        let figures = [mean, at(0.5), at(0.99), at(0.999), at(1.0)].map(percent);
        let [mean, p50, p99, p999, max] = figures;
        println!("{name:<28}{mean:>8.2}{p50:>8.2}{p99:>8.2}{p999:>8.2}{max:>8.2}");
    }
    println!("peak {:.3}, fingerprint {:016x}", times.peak, times.fingerprint);
    let mut dearest = times.least.iter().copied().enumerate().collect::<Vec<_>>();
    dearest.sort_by(|a, b| b.1.total_cmp(&a.1));
    println!("the dearest callbacks, by beat:");
    for (index, seconds) in dearest.into_iter().take(8) {
        let beat = index as f64 * BUDGET * parts::BPM / 60.0;
        println!("  beat {beat:7.3}: {:.2} %", percent(seconds));
    }
}

fn report_nodes(bars: usize, passes: usize) {
    println!("a node alone, % of {:.3} ms a callback (CPU time, least of passes)", BUDGET * 1e3);
    println!("{:<28}{:>8}{:>8}", "", "mean", "max");
    for load in load::instruments(bars) {
        let least = play(&load, bars, passes).least;
        print_node(&load.name, &least);
    }
    let source = play(&load::effect("", bars), bars, passes).least;
    for kind in EFFECTS {
        let load = load::effect(kind, bars);
        let all = play(&load, bars, passes).least;
        let alone =
            all.iter().zip(&source).map(|(all, source)| (all - source).max(0.0) / COPIES as f64);
        print_node(kind, &alone.collect::<Vec<_>>());
    }
}

fn report_sounds(bars: usize) {
    println!("{:<28}{:>8}  fingerprint", "what every type plays", "peak");
    for kind in Registry::built_in().types() {
        let load = sounds::moved(kind.descriptor, bars);
        if !load.is_playable() {
            println!("{:<28}{:>8}  needs a file", load.name, "");
            continue;
        }
        let times = play(&load, bars, 1);
        println!("{:<28}{:>8.3}  {:016x}", load.name, times.peak, times.fingerprint);
    }
}

fn print_node(name: &str, times: &[f64]) {
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let max = times.iter().copied().fold(0.0, f64::max);
    println!("{name:<28}{:>8.3}{:>8.3}", percent(mean), percent(max));
}

fn percent(seconds: f64) -> f64 {
    100.0 * seconds / BUDGET
}
