//! The metronome: clicks where the musical time that a block brings says that a beat is. It knows no tempo map and keeps
//! no count of its own, so it follows ramps, loops and seeks by itself.
//!
//! What is a beat depends on the metre. With quarters or halves below the line, these are the beats. With eighths or
//! sixteenths, and a multiple of three above 3 of them (6/8, 9/8, 12/8), three notes are a beat: a dotted quarter in 6/8.
//! All others (3/8, 5/8, 7/8) are counted in their notes.

use crate::dsp::click::{ClickSound, ClickWeight, render};
use crate::dsp::smooth::{PARAM_SMOOTHING, Smoothed};
use crate::engine::node::{
    Activity, BlockTime, BuildContext, BuildError, Category, ConfigDescriptor, Descriptor, Event,
    Io, NodeType, ParamDescriptor, Processor, Settings,
};
use crate::engine::nodes::mix::fader;
use crate::model::tempo::Metre;

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![NodeType { descriptor: &METRONOME, build: build_metronome }]
}

static METRONOME: Descriptor = Descriptor {
    id: "source.metronome",
    name: "Metronome",
    category: Category::Source,
    doc: "Clicks on every beat while the music plays or is counted in, higher and louder on the first of each bar.",
    author: "Timbre",
    version: 1,
    inputs: &[],
    outputs: &["out"],
    takes_notes: false,
    params: &[
        ParamDescriptor::decibel(
            "level_db",
            "Level",
            [-60.0, 0.0],
            -9.0,
            "Level of a beat; the lowest value is silence.",
        ),
        ParamDescriptor::decibel(
            "accent_db",
            "Accent",
            [0.0, 12.0],
            3.0,
            "How much louder the first beat of a bar is.",
        ),
        ParamDescriptor::number(
            "subdivision",
            "Subdivision",
            [1.0, 4.0],
            1.0,
            "Clicks per beat, 1 to 4; those between the beats are softer.",
        ),
        ParamDescriptor::switch(
            "count_in_only",
            "Count-in only",
            false,
            "1 clicks while the music is counted in and not while it plays.",
        ),
    ],
    config: &[ConfigDescriptor {
        id: "sound",
        default: "click",
        doc: "click is dry and high, wood is a wood block, beep is a short tone.",
    }],
};

/// Clicks that may ring at once. The longest lasts 80 ms; a fifth click within that time takes the place of the oldest.
const VOICES: usize = 4;

/// How much softer the clicks between the beats are: -8 dB.
const PART_GAIN: f32 = 0.4;

/// Clicks that may begin in one block. More than one is already faster than any music.
const MOST_CLICKS: usize = 8;

/// Share of a frame that two ways of computing the same place may differ by.
const TOLERANCE: f64 = 1e-4;

/// A click that sounds.
#[derive(Clone, Copy)]
struct Voice {
    table: usize,
    /// Next sample of the table; past its end the voice is free.
    at: usize,
    gain: f32,
}

/// Up to where the beats have been looked at, while time goes on without a leap.
#[derive(Clone, Copy)]
struct Covered {
    /// Beat at the end of the last call.
    next: f64,
    /// Beat up to which clicks have been started, exclusive.
    until: f64,
    /// Where the last click was.
    last: f64,
}

struct Metronome {
    sample_rate: f64,
    /// The sounds of bar, beat and part.
    tables: [Vec<f32>; 3],
    level_db: f32,
    accent_db: f32,
    subdivision: f32,
    count_in_only: bool,
    level: Smoothed,
    voices: [Voice; VOICES],
    oldest: usize,
    covered: Option<Covered>,
}

fn build_metronome(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let sound = match settings.config("sound") {
        "click" => ClickSound::Click,
        "wood" => ClickSound::Wood,
        "beep" => ClickSound::Beep,
        _ => return Err(settings.bad_config("sound", "click, wood or beep")),
    };
    let weights = [ClickWeight::Bar, ClickWeight::Beat, ClickWeight::Part];
    let [level_db, accent_db, subdivision, count_in_only] =
        std::array::from_fn(|i| settings.param(i));
    Ok(Box::new(Metronome {
        sample_rate: f64::from(context.sample_rate),
        tables: weights.map(|weight| render(sound, weight, context.sample_rate)),
        level_db,
        accent_db,
        subdivision,
        count_in_only: count_in_only >= 0.5,
        level: Smoothed::new(fader(level_db), PARAM_SMOOTHING, context.sample_rate),
        voices: [Voice { table: 0, at: usize::MAX, gain: 0.0 }; VOICES],
        oldest: 0,
        covered: None,
    }))
}

/// Length of a beat, as a musician counts it, in quarter notes.
fn counted_beat(metre: Metre) -> f64 {
    let note = 4.0 / f64::from(metre.denominator.max(1));
    let compound =
        metre.denominator >= 8 && metre.numerator > 3 && metre.numerator.is_multiple_of(3);
    if compound { 3.0 * note } else { note }
}

impl Metronome {
    /// Starts the clicks of the next frames and plays what sounds. Answers whether anything did.
    fn play(&mut self, time: &BlockTime, left: &mut [f32]) {
        let frames = left.len();
        let by_frame = time.bpm / (60.0 * self.sample_rate);
        let clicks = time.counting_in || (time.playing && !self.count_in_only);
        let usable = by_frame > 0.0 && by_frame.is_finite() && time.beat.is_finite();
        if !clicks || !usable {
            self.covered = None;
            return self.ring(left, 0, frames);
        }
        // A beat belongs to the frame that is nearest to it, as the schedule places notes. So this call is about the beats
        // from half a frame before its first frame on, and if time went on without a leap, about all that the last call
        // has left: within a block a ramp counts as steady, and the next block may begin a little off.
        let start = time.beat - (0.5 + TOLERANCE) * by_frame;
        let before = self
            .covered
            .filter(|c| (c.next - time.beat).abs() <= by_frame)
            .unwrap_or(Covered { next: time.beat, until: start, last: f64::NEG_INFINITY });
        let until = start + frames as f64 * by_frame;
        let mut last = before.last;

        let step = counted_beat(time.metre) / f64::from(self.parts());
        let near = TOLERANCE * by_frame;
        let first = libm::ceil((before.until - near - time.bar_beat) / step);
        let mut sounded = 0;
        for number in 0..MOST_CLICKS {
            let number = first + number as f64;
            let beat = time.bar_beat + number * step;
            if beat >= until {
                break;
            }
            if (beat - last).abs() <= 2.0 * near {
                continue;
            }
            last = beat;
            let offset = libm::floor((beat - time.beat) / by_frame + 0.5 + TOLERANCE);
            let frame = (offset.max(0.0) as usize).min(frames.saturating_sub(1));
            self.ring(left, sounded, frame);
            sounded = frame.max(sounded);
            self.start(number as i64, time.metre);
        }
        self.covered = Some(Covered { next: time.beat + frames as f64 * by_frame, until, last });
        self.ring(left, sounded, frames);
    }

    /// Clicks per beat.
    fn parts(&self) -> u8 {
        libm::roundf(self.subdivision).clamp(1.0, 4.0) as u8
    }

    /// Starts the click with this number, counted in steps from the start of the bar.
    fn start(&mut self, number: i64, metre: Metre) {
        let parts = i64::from(self.parts());
        let in_bar = libm::round(metre.bar_beats() / counted_beat(metre)) as i64 * parts;
        let (table, gain) = match (number.rem_euclid(in_bar.max(1)), number.rem_euclid(parts)) {
            (0, _) => (0, fader(self.accent_db)),
            (_, 0) => (1, 1.0),
            _ => (2, PART_GAIN),
        };
        if let Some(voice) = self.voices.get_mut(self.oldest) {
            *voice = Voice { table, at: 0, gain };
        }
        self.oldest = (self.oldest + 1) % VOICES;
    }

    /// Adds what the voices play to the frames from `from` to `to`.
    fn ring(&mut self, left: &mut [f32], from: usize, to: usize) {
        let Some(left) = left.get_mut(from..to) else { return };
        for voice in &mut self.voices {
            let table = self.tables.get(voice.table).and_then(|table| table.get(voice.at..));
            let Some(table) = table.filter(|table| !table.is_empty()) else { continue };
            for (to, x) in left.iter_mut().zip(table) {
                *to += x * voice.gain;
            }
            voice.at = voice.at.saturating_add(left.len());
        }
    }
}

impl Processor for Metronome {
    fn handle(&mut self, event: Event) {
        if let Event::Param { index, value } = event {
            match index {
                0 => {
                    self.level_db = value;
                    self.level.set(fader(value));
                }
                1 => self.accent_db = value,
                2 => self.subdivision = value,
                3 => self.count_in_only = value >= 0.5,
                _ => {}
            }
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let [output] = &mut *io.outputs else { return Activity::Silent };
        output.left.fill(0.0);
        self.play(&io.time, output.left);
        output.right.copy_from_slice(output.left);
        self.level.apply(output.left, output.right);
        // Time wakes nobody, so a metronome may not sleep between its clicks.
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.voices.iter_mut().for_each(|voice| voice.at = usize::MAX);
        self.covered = None;
        self.level.settle();
    }
}

#[cfg(test)]
mod tests;
