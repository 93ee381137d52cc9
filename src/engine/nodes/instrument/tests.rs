//! What every pitched instrument promises, measured on the sound itself.

use std::collections::BTreeMap;

use crate::engine::node::{
    Activity, AudioIn, AudioOut, BLOCK, BlockTime, BuildContext, Event, Io, NodeType, Processor,
    Settings,
};
use crate::engine::nodes::{bass, guitars, keys, leads, mallets, pads};
use crate::model::graph::NodeSpec;

pub(crate) const RATE: f32 = 48_000.0;

/// A node outside of any graph.
pub(crate) struct Rig {
    pub(crate) node: Box<dyn Processor>,
    pub(crate) left: Vec<f32>,
    pub(crate) right: Vec<f32>,
    pub(crate) silent: bool,
}

impl Rig {
    pub(crate) fn new(kind: &NodeType, seed: u64, params: &[(&str, f64)]) -> Self {
        let mut spec = NodeSpec {
            id: "x".into(),
            kind: kind.descriptor.id.into(),
            params: BTreeMap::new(),
            config: BTreeMap::new(),
        };
        for (id, value) in
            params.iter().filter(|(id, _)| kind.descriptor.params.iter().any(|p| p.id == *id))
        {
            spec.params.insert((*id).into(), *value);
        }
        let settings = Settings::new(&spec, kind.descriptor).unwrap();
        let node = (kind.build)(&BuildContext::new(RATE, seed), &settings).unwrap();
        Self { node, left: vec![], right: vec![], silent: true }
    }

    pub(crate) fn on(&mut self, note: u32, pitch: f32, velocity: f32) {
        self.node.handle(Event::NoteOn { note, pitch, velocity });
    }

    pub(crate) fn off(&mut self, note: u32) {
        self.node.handle(Event::NoteOff { note });
    }

    pub(crate) fn run(&mut self, seconds: f32) {
        let mut todo = (seconds * RATE) as usize;
        while todo > 0 {
            let frames = todo.min(BLOCK);
            let (mut left, mut right) = ([f32::NAN; BLOCK], [f32::NAN; BLOCK]);
            let mut outputs = [AudioOut { left: &mut left[..frames], right: &mut right[..frames] }];
            let time = BlockTime { playing: true, ..BlockTime::REST };
            let mut io =
                Io { frames, inputs: &[], outputs: &mut outputs, time, live: AudioIn::SILENCE };
            self.silent = self.node.process(&mut io) == Activity::Silent;
            if self.silent {
                left.fill(0.0);
                right.fill(0.0);
            }
            self.left.extend_from_slice(&left[..frames]);
            self.right.extend_from_slice(&right[..frames]);
            todo -= frames;
        }
    }

    pub(crate) fn mono(&self) -> Vec<f32> {
        self.left.iter().zip(&self.right).map(|(l, r)| 0.5 * (l + r)).collect()
    }
}

pub(crate) fn every() -> Vec<NodeType> {
    [
        bass::node_types(),
        keys::node_types(),
        pads::node_types(),
        leads::node_types(),
        mallets::node_types(),
        guitars::node_types(),
    ]
    .concat()
}

/// Where an instrument is at home.
pub(crate) fn home(id: &str) -> f32 {
    match id {
        _ if id.starts_with("bass.") => 40.0,
        "pad.drone" => 48.0,
        "lead.flute" => 76.0,
        "lead.sax" => 58.0,
        "mallet.kalimba" | "bell.fm" => 72.0,
        "guitar.drive" => 45.0,
        "keys.stab" | "guitar.nylon" | "guitar.steel" | "guitar.clean" => 55.0,
        _ => 62.0,
    }
}

fn rms(wave: &[f32]) -> f32 {
    (wave.iter().map(|x| x * x).sum::<f32>() / wave.len().max(1) as f32).sqrt()
}

/// Power at a frequency and its fine position: the mean phase gain over Hann windows, in cents off.
fn cents_off(wave: &[f32], hz: f32) -> f32 {
    let window = (RATE as usize / hz as usize * 12).max(4096).min(wave.len() / 3);
    let hop = window / 8;
    let at = |from: usize| {
        let (mut re, mut im) = (0.0_f64, 0.0_f64);
        for i in 0..window {
            let turn = core::f64::consts::TAU * f64::from(hz) * (from + i) as f64 / f64::from(RATE);
            let hann =
                0.5 - 0.5 * libm::cos(core::f64::consts::TAU * (i as f64 + 0.5) / window as f64);
            re += f64::from(wave[from + i]) * hann * libm::cos(turn);
            im -= f64::from(wave[from + i]) * hann * libm::sin(turn);
        }
        (re, im)
    };
    // Summing the turns of all hops, weighted by their power, keeps beating from deciding.
    let (mut re, mut im) = (0.0, 0.0);
    let mut last = at(0);
    let mut from = hop;
    while from + window <= wave.len() {
        let next = at(from);
        re += next.0 * last.0 + next.1 * last.1;
        im += next.1 * last.0 - next.0 * last.1;
        last = next;
        from += hop;
    }
    let gained = libm::atan2(im, re) / core::f64::consts::TAU;
    1200.0 * libm::log2f(1.0 + (gained * f64::from(RATE) / hop as f64) as f32 / hz)
}

#[test]
fn every_instrument_is_in_tune() {
    for kind in every() {
        let id = kind.descriptor.id;
        // Detuned sections are measured with the section in unison; the rest as they are. Vibrato is off.
        let params = [
            ("vibrato", 0.0),
            ("detune", 0.0),
            ("chorus", 0.0),
            ("tremolo", 0.0),
            ("focus", 1.0),
            ("glide", 0.0),
            ("shimmer", 0.0),
            ("drive", 0.0),
            ("env", 0.2),
        ];
        for step in [-7.0, 0.0, 7.0] {
            let pitch = home(id) + step;
            let mut rig = Rig::new(&kind, 1, &params);
            rig.on(1, pitch, 0.6);
            rig.run(1.6);
            let wave = rig.mono();
            let hz = crate::dsp::math::pitch_to_hz(pitch);
            let cents = cents_off(&wave[9600..], hz);
            // Bowed, sung and blown notes waver a little by design.
            let limit = if id.starts_with("pad.") { 4.0 } else { 2.0 };
            assert!(cents.abs() < limit, "{id} at {pitch}: {cents} cents off");
        }
    }
}

/// Middle of the spectrum's energy in Hz, from the ratio of the slope's power to the wave's.
fn brightness(wave: &[f32]) -> f32 {
    let slope: f32 = wave.windows(2).map(|p| (p[1] - p[0]) * (p[1] - p[0])).sum();
    let power: f32 = wave.iter().map(|x| x * x).sum();
    (slope / power.max(1e-12)).sqrt() * RATE / core::f32::consts::TAU
}

#[test]
fn a_harder_note_is_louder_and_brighter() {
    for kind in every() {
        let id = kind.descriptor.id;
        let play = |velocity: f32| {
            let mut rig = Rig::new(&kind, 1, &[("tremolo", 0.0), ("shimmer", 0.0)]);
            rig.on(1, home(id), velocity);
            rig.run(1.2);
            let wave = rig.mono();
            (rms(&wave), brightness(&wave))
        };
        let (soft, hard) = (play(0.3), play(1.0));
        // An amplifier that is driven hard evens out the touch.
        let least = if ["lead.guitar", "guitar.drive"].contains(&id) { 1.05 } else { 1.15 };
        assert!(hard.0 > least * soft.0, "{id}: soft {} hard {}", soft.0, hard.0);
        if id != "bass.sub" {
            assert!(hard.1 > 1.02 * soft.1, "{id}: soft {} Hz, hard {} Hz", soft.1, hard.1);
        }
    }
}

#[test]
fn notes_end_in_silence_without_a_click() {
    for kind in every() {
        let id = kind.descriptor.id;
        let mut rig = Rig::new(&kind, 1, &[("release", 0.1)]);
        rig.on(1, home(id), 0.8);
        rig.run(0.5);
        rig.off(1);
        rig.run(12.0);
        assert!(rig.silent, "{id} still sounds");
        let wave = rig.mono();
        let tail = wave.iter().rposition(|x| x.abs() > 1e-7).unwrap_or(0);
        // What is cut off at the very end is below -80 dBFS.
        assert!(
            wave[tail.saturating_sub(2)..].iter().all(|x| x.abs() < 1e-4),
            "{id} ends with a step"
        );
        let mean = wave.iter().sum::<f32>() / tail.max(1) as f32;
        assert!(mean.abs() < 1e-3, "{id} has an offset of {mean}");
    }
}

#[test]
fn the_seed_decides_the_small_things_and_nothing_else_does() {
    for kind in every() {
        let id = kind.descriptor.id;
        let play = |seed: u64| {
            let mut rig = Rig::new(&kind, seed, &[]);
            for (i, pitch) in [0.0, 4.0, 7.0].into_iter().enumerate() {
                rig.on(i as u32, home(id) + pitch, 0.8);
                rig.run(0.2);
            }
            rig.left
        };
        assert_eq!(play(1), play(1), "{id}");
        // A pure sum of sines has nothing that a seed could change.
        if !["bass.sub", "bass.fm", "bass.synth"].contains(&id) {
            assert_ne!(play(1), play(2), "{id}");
        }
    }
}

#[test]
fn extremes_stay_finite() {
    for kind in every() {
        let id = kind.descriptor.id;
        let mut rig = Rig::new(&kind, 1, &[]);
        for note in 0..64_u32 {
            rig.on(
                note,
                (note * 2) as f32 + if note == 63 { 1.0 } else { 0.0 },
                if note % 3 == 0 { 1.0 } else { 0.001 },
            );
        }
        rig.run(0.1);
        for (index, param) in kind.descriptor.params.iter().enumerate() {
            for value in [param.min, param.max, param.default] {
                rig.node.handle(Event::Param { index: index as u16, value });
                rig.run(0.02);
            }
        }
        rig.node.handle(Event::Bend { semitones: 24.0 });
        rig.on(100, 127.0, 1.0);
        rig.run(0.1);
        rig.node.handle(Event::Bend { semitones: -24.0 });
        rig.on(101, 0.0, 1.0);
        rig.run(0.1);
        rig.node.handle(Event::AllNotesOff);
        rig.run(0.2);
        let peak = rig
            .left
            .iter()
            .chain(&rig.right)
            .fold(0.0_f32, |p, x| if x.is_finite() { p.max(x.abs()) } else { f32::INFINITY });
        assert!(peak < 60.0, "{id} peaks at {peak}");
        rig.node.reset();
        let from = rig.left.len();
        rig.run(0.05);
        assert!(rig.left[from..].iter().all(|x| *x == 0.0), "{id} sounds after a reset");
    }
}

#[test]
fn stereo_folds_down_to_mono() {
    for kind in every() {
        let id = kind.descriptor.id;
        let mut rig = Rig::new(&kind, 1, &[]);
        for (i, pitch) in [0.0, 4.0, 7.0].into_iter().enumerate() {
            rig.on(i as u32, home(id) + pitch, 0.8);
        }
        rig.run(2.0);
        let cross: f32 = rig.left.iter().zip(&rig.right).map(|(l, r)| l * r).sum();
        let power = |wave: &[f32]| wave.iter().map(|x| x * x).sum::<f32>();
        let correlation = cross / (power(&rig.left) * power(&rig.right)).sqrt();
        // Two separate guitars share the notes and nothing else.
        let least = if id == "guitar.drive" { -0.2 } else { 0.3 };
        assert!(correlation > least, "{id}: correlation {correlation}");
    }
}

#[test]
fn loudness_is_even_within_each_family() {
    let mut families: BTreeMap<&str, Vec<(&str, f32)>> = BTreeMap::new();
    for kind in every() {
        let id = kind.descriptor.id;
        let mut rig = Rig::new(&kind, 1, &[]);
        rig.on(1, home(id), 0.8);
        rig.run(2.5);
        let peak = rig.left.iter().chain(&rig.right).fold(0.0_f32, |p, x| p.max(x.abs()));
        let peak_db = 20.0 * libm::log10f(peak);
        assert!((-17.5..-7.5).contains(&peak_db), "{id} peaks at {peak_db} dBFS");
        // The loudest 300 ms of the note, both channels.
        let windows = rig.left.chunks(14_400).zip(rig.right.chunks(14_400));
        let loudest = windows.map(|(l, r)| 0.5 * (rms(l) + rms(r))).fold(1e-9, f32::max);
        let family = id.split('.').next().unwrap_or(id);
        families.entry(family).or_default().push((id, 20.0 * libm::log10f(loudest)));
    }
    for levels in families.values() {
        let middle = levels.iter().map(|(_, db)| db).sum::<f32>() / levels.len() as f32;
        for (id, db) in levels {
            assert!((db - middle).abs() < 4.0, "{id} is at {db} dB in a family at {middle} dB");
        }
    }
}

#[test]
fn overlapping_lead_notes_are_one_voice_that_arrives_in_tune() {
    for kind in leads::node_types() {
        let id = kind.descriptor.id;
        if id == "lead.vibes" {
            continue;
        }
        let mut rig = Rig::new(
            &kind,
            1,
            &[("vibrato", 0.0), ("detune", 0.0), ("chorus", 0.0), ("glide", 0.05), ("drive", 0.0)],
        );
        rig.on(1, home(id), 0.7);
        rig.run(0.4);
        rig.on(2, home(id) + 5.0, 0.7);
        rig.run(1.8);
        let wave = rig.mono();
        let hz = crate::dsp::math::pitch_to_hz(home(id) + 5.0);
        let cents = cents_off(&wave[28_800..], hz);
        assert!(cents.abs() < 3.0, "{id} arrives {cents} cents off");
        rig.off(2);
        rig.run(0.6);
        let back = rig.mono();
        assert!(
            rms(&back[back.len() - 4800..]) > 1e-3,
            "{id} does not return to the note still held"
        );
    }
}
