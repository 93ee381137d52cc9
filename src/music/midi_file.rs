//! A score as a Standard MIDI File, format 1, over bytes in memory (MMA/RP-001, General MIDI 1 programs and drums).
//!
//! Track 0 carries what belongs to the whole piece: time and key signature, tempo, section markers and chord symbols.
//! Every part has a track of its own; kits are on channel 10. The file has no stuck and no overlapping notes.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{
    Format, Header, MetaMessage, MidiMessage, PitchBend, Smf, Timing, TrackEvent, TrackEventKind,
};

use super::pitch::signature;
use super::score::{Control, Part, Score};

/// Ticks of a quarter note.
pub const TICKS_PER_BEAT: u16 = 960;
/// How often a tempo ramp is written as a step, in beats.
const RAMP_STEP: f64 = 0.25;
/// Range of pitch bend in semitones, set by RPN 0 on every pitched channel.
const BEND_RANGE: f32 = 12.0;
const DRUM_CHANNEL: u8 = 9;

/// What goes into a track, with its tick and its place among events of one tick.
struct Timed<'a> {
    tick: u32,
    order: u8,
    kind: TrackEventKind<'a>,
}

/// Writes a score. `title` becomes the name of the first track. Pitched parts share the fifteen pitched channels in
/// order, starting anew after the fifteenth.
pub fn write(score: &Score, title: &str) -> Vec<u8> {
    let names = score.parts.iter().map(|p| p.name.clone()).collect::<Vec<_>>();
    let end = last_tick(score);
    let mut smf =
        Smf::new(Header::new(Format::Parallel, Timing::Metrical(u15::new(TICKS_PER_BEAT))));
    let markers =
        score.sections.iter().map(|s| (tick(s.beat), s.name.as_str())).collect::<Vec<_>>();
    smf.tracks.push(finish(conductor(score, title, &markers), end));
    let mut pitched = 0u8;
    for (part, name) in score.parts.iter().zip(&names) {
        let channel = if part.drums {
            DRUM_CHANNEL
        } else {
            let index = pitched % 15;
            pitched = pitched.wrapping_add(1);
            if index < DRUM_CHANNEL { index } else { index + 1 }
        };
        smf.tracks.push(finish(part_events(part, name, channel), end));
    }
    let mut bytes = Vec::new();
    // Writing to a Vec can't fail: its error type only exists for files.
    match smf.write_std(&mut bytes) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

fn tick(beat: f64) -> u32 {
    let ticks = (beat.max(0.0) * f64::from(TICKS_PER_BEAT)).round();
    // The format keeps delta times in 28 bits.
    if ticks.is_finite() { (ticks as u32).min(0x0FFF_FFFF) } else { 0 }
}

fn last_tick(score: &Score) -> u32 {
    let notes = score.parts.iter().flat_map(|p| &p.notes).map(|n| tick(n.beat + n.beats) + 1);
    notes.chain([tick(score.length_beats)]).max().unwrap_or(0)
}

fn meta(at: u32, order: u8, message: MetaMessage<'_>) -> Timed<'_> {
    Timed { tick: at, order, kind: TrackEventKind::Meta(message) }
}

fn conductor<'a>(score: &'a Score, title: &'a str, markers: &[(u32, &'a str)]) -> Vec<Timed<'a>> {
    let metre = score.metre;
    let denominator = u8::try_from(metre.denominator.trailing_zeros()).unwrap_or(2);
    let mut events = vec![
        meta(0, 0, MetaMessage::TrackName(title.as_bytes())),
        meta(0, 1, MetaMessage::TimeSignature(metre.numerator, denominator, 24, 8)),
        meta(0, 2, MetaMessage::KeySignature(signature(score.key), score.key.mode.is_minor())),
    ];
    for (beat, bpm) in tempo_steps(score) {
        let micros = (60_000_000.0 / bpm).round().clamp(1.0, 16_777_215.0) as u32;
        events.push(meta(tick(beat), 3, MetaMessage::Tempo(u24::new(micros))));
    }
    for (at, name) in markers {
        events.push(meta(*at, 4, MetaMessage::Marker(name.as_bytes())));
    }
    for chord in &score.chords {
        events.push(meta(tick(chord.beat), 5, MetaMessage::Text(chord.symbol.as_bytes())));
    }
    events
}

/// Tempo points, with ramps cut into steps at the mean tempo of each.
fn tempo_steps(score: &Score) -> Vec<(f64, f64)> {
    let points = score.tempo.points();
    let mut steps = Vec::new();
    for (index, point) in points.iter().enumerate() {
        let next = points.get(index + 1);
        let Some(next) = next.filter(|_| point.ramp) else {
            steps.push((point.beat, point.bpm.get()));
            continue;
        };
        let count = ((next.beat - point.beat) / RAMP_STEP).ceil().clamp(1.0, 4096.0);
        let length = (next.beat - point.beat) / count;
        for step in 0..count as u32 {
            let from = point.beat + length * f64::from(step);
            // The step lasts exactly as long as the ramp does over the same beats.
            let seconds = score.tempo.seconds_at(from + length) - score.tempo.seconds_at(from);
            steps.push((from, 60.0 * length / seconds.max(1e-9)));
        }
    }
    steps
}

fn part_events<'a>(part: &'a Part, name: &'a str, channel: u8) -> Vec<Timed<'a>> {
    let midi = |at: u32, order: u8, message: MidiMessage| Timed {
        tick: at,
        order,
        kind: TrackEventKind::Midi { channel: u4::new(channel & 15), message },
    };
    let control = |at: u32, number: u8, value: u8| {
        midi(
            at,
            2,
            MidiMessage::Controller {
                controller: u7::new(number & 127),
                value: u7::new(value & 127),
            },
        )
    };
    let mut events = vec![
        meta(0, 0, MetaMessage::TrackName(name.as_bytes())),
        midi(0, 1, MidiMessage::ProgramChange { program: u7::new(part.program & 127) }),
    ];
    if !part.drums {
        // RPN 0: pitch bend range.
        for (number, value) in
            [(101, 0), (100, 0), (6, BEND_RANGE as u8), (38, 0), (101, 127), (100, 127)]
        {
            events.push(control(0, number, value));
        }
    }
    for movement in part.controls.iter().filter(|c| c.node == part.id) {
        let at = tick(movement.beat);
        if movement.param == "bend" {
            let bend = PitchBend::from_f32((movement.value / BEND_RANGE).clamp(-1.0, 1.0));
            events.push(midi(at, 3, MidiMessage::PitchBend { bend }));
        } else if let Some((number, value)) = controller(movement) {
            events.push(control(at, number, value));
        }
    }
    for (on, off, pitch, velocity) in separate(part) {
        let key = u7::new(pitch & 127);
        let strength = (velocity * 127.0).round().clamp(1.0, 127.0) as u8;
        events.push(midi(on, 5, MidiMessage::NoteOn { key, vel: u7::new(strength) }));
        // Offs come before the ons of the same tick.
        events.push(midi(off, 4, MidiMessage::NoteOff { key, vel: u7::new(64) }));
    }
    events
}

/// General MIDI controllers for the params that have one, with the value in 0 to 127.
fn controller(movement: &Control) -> Option<(u8, u8)> {
    let unit = |v: f32| (v.clamp(0.0, 1.0) * 127.0).round() as u8;
    let value = movement.value;
    match movement.param.as_str() {
        "vibrato" => Some((1, unit(value))),
        "pan" => Some((10, unit((value + 1.0) / 2.0))),
        "gain_db" => Some((11, unit((value + 60.0) / 72.0))),
        "sustain" => Some((64, unit(value))),
        "resonance" => Some((71, unit(value))),
        // Twenty to twenty thousand hertz over the ten octaves between.
        "cutoff" => Some((74, unit(libm::log10f(value.max(20.0) / 20.0) / 3.0))),
        "tone" => Some((74, unit(value))),
        _ => None,
    }
}

/// Notes as ticks, in which a key is never struck while it is down: an earlier note ends where the next begins, and
/// of two that begin together the louder stays, as long as the longer.
fn separate(part: &Part) -> Vec<(u32, u32, u8, f32)> {
    let mut notes = part
        .notes
        .iter()
        .map(|n| {
            let on = tick(n.beat);
            (on, tick(n.beat + n.beats).max(on + 1), n.pitch.min(127), n.velocity)
        })
        .collect::<Vec<_>>();
    notes.sort_by(|a, b| a.2.cmp(&b.2).then(a.0.cmp(&b.0)).then(a.1.cmp(&b.1)));
    let mut kept: Vec<(u32, u32, u8, f32)> = Vec::with_capacity(notes.len());
    for note in notes {
        match kept.last_mut() {
            Some(last) if last.2 == note.2 && last.0 == note.0 => {
                last.1 = last.1.max(note.1);
                last.3 = last.3.max(note.3);
                continue;
            }
            Some(last) if last.2 == note.2 && last.1 > note.0 => last.1 = note.0,
            _ => {}
        }
        kept.push(note);
    }
    kept
}

/// Sorts events and turns ticks into deltas, with the end of the track last.
fn finish(mut events: Vec<Timed<'_>>, end: u32) -> Vec<TrackEvent<'_>> {
    events.sort_by_key(|e| (e.tick, e.order));
    let mut at = 0;
    let mut track = Vec::with_capacity(events.len() + 1);
    for event in events {
        track.push(TrackEvent { delta: u28::new(event.tick - at), kind: event.kind });
        at = event.tick;
    }
    let delta = u28::new(end.saturating_sub(at));
    track.push(TrackEvent { delta, kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    track
}

#[cfg(test)]
mod tests;
