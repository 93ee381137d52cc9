//! A drum kit: who is hit by which note, who silences whom, and the way of all hits through room and finish to the four
//! outputs. The sound of a hit is in `voice.rs`, what a drum is made of in `recipe.rs` and the kits' own files.

use rand_chacha::ChaCha8Rng;

use super::finish::{Dust, saturate};
use super::recipe::Recipe;
use super::room::Room;
use super::voice::{Hit, Voice};
use crate::dsp::math::{db_to_gain, semitones_to_ratio};
use crate::dsp::noise::{White, substream};
use crate::dsp::smooth::{PARAM_SMOOTHING, Smoothed};
use crate::engine::node::{
    Activity, BLOCK, BuildContext, BuildError, Event, Io, Processor, Settings,
};

/// Positions of the params, which are the same in all kits.
pub(super) mod param {
    pub(in super::super) const GAIN: usize = 0;
    pub(in super::super) const TONE: usize = 1;
    pub(in super::super) const TUNE: usize = 2;
    pub(in super::super) const DECAY: usize = 3;
    pub(in super::super) const ROOM: usize = 4;
    pub(in super::super) const DRIVE: usize = 5;
    pub(in super::super) const WIDTH: usize = 6;
}

/// What makes a kit that kit.
pub(super) struct KitSpec {
    /// Its drums; the generator chooses the traits of this very set of cymbals and skins.
    pub recipes: fn(&mut ChaCha8Rng) -> Vec<Recipe>,
    /// Seconds to -60 dB.
    pub room: f32,
    /// How much of each output the room hears.
    pub sends: [f32; 4],
    /// Whether all goes through an old sampler.
    pub dusty: bool,
}

/// How fast a choked cymbal stops: a foot, not a switch.
const CHOKE: f32 = 0.012;

/// How fast a voice makes way when all are taken.
const STEAL: f32 = 0.0006;

/// Voices of one drum: the one that sounds, the one before it, and one that makes way.
const VOICES: usize = 3;

/// Outputs of a kit.
const PORTS: usize = 4;

struct Drum {
    recipe: Recipe,
    voices: [Voice; VOICES],
    trim: f32,
}

struct Output {
    room: Room,
    dust: Option<(Dust, Dust)>,
    send: f32,
    /// Whether a drum sounded since the last look.
    fed: bool,
}

/// The processor of all `drum.*` types.
pub(super) struct Kit {
    drums: Box<[Drum]>,
    /// Position in `drums` plus one of the drum that a note plays; 0 = none.
    by_note: [u8; 128],
    outputs: [Output; PORTS],
    random: White,
    gain: Smoothed,
    room: Smoothed,
    drive: Smoothed,
    tone: f32,
    tune: f32,
    bend: f32,
    decay: f32,
    width: f32,
    /// Frames to the next look for what has faded. Counted from the first hit after a silence, so that the sound does not
    /// depend on how the engine cuts time.
    until_look: usize,
    asleep: bool,
}

impl Kit {
    /// Builds and trims a kit. Thread: control.
    pub(super) fn build(
        spec: &KitSpec,
        context: &BuildContext,
        settings: &Settings<'_>,
    ) -> Result<Box<dyn Processor>, BuildError> {
        let seed = settings.config("seed").trim().parse::<u64>();
        let seed =
            seed.map_err(|_| settings.bad_config("seed", "a whole number from 0 on, such as 7"))?;
        let seed = context.seed ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let rate = context.sample_rate;

        let mut by_note = [0; 128];
        let mut drums = Vec::new();
        for (index, recipe) in (spec.recipes)(&mut substream(seed, 0)).into_iter().enumerate() {
            for &note in recipe.notes {
                if let Some(slot) = by_note.get_mut(usize::from(note)) {
                    *slot = index as u8 + 1;
                }
            }
            let mut drum = Drum {
                voices: std::array::from_fn(|_| Voice::new(&recipe, rate)),
                recipe,
                trim: 1.0,
            };
            drum.find_trim(rate, &mut White::new(&mut substream(seed, 1)));
            drums.push(drum);
        }
        let smoothed = |index| Smoothed::new(settings.param(index), PARAM_SMOOTHING, rate);
        let mut gain = smoothed(param::GAIN);
        gain.set(db_to_gain(gain.value()));
        gain.settle();
        Ok(Box::new(Self {
            drums: drums.into(),
            by_note,
            outputs: spec.sends.map(|send| Output {
                room: Room::new(spec.room, rate),
                dust: spec.dusty.then(|| (Dust::new(rate), Dust::new(rate))),
                send,
                fed: false,
            }),
            random: White::new(&mut substream(seed, 2)),
            gain,
            room: smoothed(param::ROOM),
            drive: smoothed(param::DRIVE),
            tone: settings.param(param::TONE),
            tune: settings.param(param::TUNE),
            bend: 0.0,
            decay: settings.param(param::DECAY),
            width: settings.param(param::WIDTH),
            until_look: BLOCK,
            asleep: true,
        }))
    }

    fn hit(&mut self, pitch: f32, velocity: f32) {
        let note = (pitch + 0.5).clamp(0.0, 127.0) as usize;
        let index = usize::from(self.by_note.get(note).copied().unwrap_or(0));
        let Some(index) = index.checked_sub(1) else { return };
        if velocity.is_nan() || velocity <= 0.0 {
            return;
        }
        if self.asleep {
            (self.asleep, self.until_look) = (false, BLOCK);
        }
        let hit = Hit {
            velocity,
            bright: 2.0 * self.tone - 1.0,
            pitch: semitones_to_ratio(self.tune + self.bend),
            length: self.decay,
            exact: false,
        };
        let Some(drum) = self.drums.get_mut(index) else { return };
        drum.hit(hit, &mut self.random);
        let (chokes, own) = (drum.recipe.chokes, index);
        for (index, drum) in self.drums.iter_mut().enumerate() {
            if index != own && chokes.iter().any(|note| drum.recipe.notes.contains(note)) {
                drum.voices.iter_mut().for_each(|v| v.damp(CHOKE));
            }
        }
    }

    /// Renders a stretch that lies within one step of the kit's grid.
    fn render(&mut self, io: &mut Io<'_>, start: usize, count: usize) {
        // Params change over 10 ms; a step for each stretch is fine, and cheap.
        for drum in self.drums.iter_mut() {
            if !drum.voices.iter().any(Voice::is_sounding) {
                continue;
            }
            let port = drum.recipe.port as usize;
            let (Some(out), Some(output)) = (io.outputs.get_mut(port), self.outputs.get_mut(port))
            else {
                continue;
            };
            let (Some(left), Some(right)) =
                (out.left.get_mut(start..start + count), out.right.get_mut(start..start + count))
            else {
                continue;
            };
            output.fed = true;
            // Balance rather than power: a drum in the centre keeps its level.
            let pan = drum.recipe.pan * self.width;
            let pan = ((1.0 - pan).min(1.0), (1.0 + pan).min(1.0));
            for voice in drum.voices.iter_mut().filter(|v| v.is_sounding()) {
                voice.render(left, right, pan, drum.recipe.width * self.width);
            }
        }
        let gain_start = self.gain;
        let room_start = self.room;
        let drive_start = self.drive;
        for (output, out) in self.outputs.iter_mut().zip(io.outputs.iter_mut()) {
            if !output.fed && !output.room.is_awake() {
                continue;
            }
            let (Some(left), Some(right)) =
                (out.left.get_mut(start..start + count), out.right.get_mut(start..start + count))
            else {
                continue;
            };
            if let Some((l, r)) = &mut output.dust {
                l.process(left);
                r.process(right);
            }
            let mut drive = drive_start;
            saturate_ramp(&mut drive, left, right);
            let mut room = room_start;
            if output.send > 0.0
                && (room.value() > 0.0 || !room.is_settled() || output.room.is_awake())
            {
                output.room.process(left, right, output.send, &mut room);
            }
            let mut gain = gain_start;
            gain.apply(left, right);
        }
        self.gain.advance(count);
        self.room.advance(count);
        self.drive.advance(count);
    }

    /// Takes note of what has faded.
    fn look(&mut self) {
        let mut awake = false;
        let mut fed = [false; PORTS];
        for drum in self.drums.iter_mut() {
            drum.voices.iter_mut().for_each(Voice::settle);
            let sounding = drum.voices.iter().any(Voice::is_sounding);
            if let Some(fed) = fed.get_mut(drum.recipe.port as usize) {
                *fed |= sounding;
            }
            awake |= sounding;
        }
        for (output, fed) in self.outputs.iter_mut().zip(fed) {
            output.room.settle();
            output.fed = fed;
            awake |= output.room.is_awake();
        }
        if !awake {
            self.sleep();
        }
    }

    fn sleep(&mut self) {
        self.asleep = true;
        self.until_look = BLOCK;
        for output in &mut self.outputs {
            output.fed = false;
            if let Some((l, r)) = &mut output.dust {
                l.reset();
                r.reset();
            }
        }
        self.gain.settle();
        self.room.settle();
        self.drive.settle();
    }
}

/// Saturation whose amount may be on its way somewhere.
fn saturate_ramp(drive: &mut Smoothed, left: &mut [f32], right: &mut [f32]) {
    if drive.is_settled() {
        saturate(left, drive.value());
        saturate(right, drive.value());
        return;
    }
    for (l, r) in left.iter_mut().zip(right.iter_mut()) {
        let amount = drive.next_value();
        saturate(std::slice::from_mut(l), amount);
        saturate(std::slice::from_mut(r), amount);
    }
}

impl Drum {
    /// Renders one nominal hit in silence and sets the trim so that it peaks at the recipe's level. Levels so hold for
    /// every seed and sample rate, and recipes may be changed without weighing them by hand.
    fn find_trim(&mut self, rate: f32, random: &mut White) {
        let hit = Hit { velocity: 0.8, bright: 0.0, pitch: 1.0, length: 1.0, exact: true };
        let [voice, ..] = &mut self.voices;
        voice.strike(&self.recipe, hit, 1.0, random);
        let mut peak = 0.0_f32;
        // The modes of a cymbal may meet late.
        let seconds = if self.recipe.rings_on { 0.8 } else { 0.2 };
        for _ in 0..(seconds * rate) as usize / BLOCK {
            let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
            voice.render(&mut left, &mut right, (1.0, 1.0), self.recipe.width);
            peak = left.iter().chain(&right).fold(peak, |m, y| m.max(y.abs()));
        }
        voice.reset();
        self.trim = db_to_gain(self.recipe.level_db) / peak.max(1e-6);
    }

    fn hit(&mut self, hit: Hit, random: &mut White) {
        let Self { recipe, voices, trim } = self;
        if recipe.rings_on
            && let Some(voice) = voices.iter_mut().find(|v| v.is_sounding() && !v.is_fading())
        {
            voice.strike(recipe, hit, *trim, random);
            return;
        }
        voices.iter_mut().for_each(|v| v.damp(recipe.rehit));
        let quietest = |a: &usize, b: &usize| {
            let level = |i: &usize| voices.get(*i).map_or(0.0, Voice::loudness);
            level(a).total_cmp(&level(b))
        };
        let chosen = (0..VOICES).min_by(quietest).unwrap_or(0);
        if let Some(voice) = voices.get_mut(chosen) {
            voice.strike(recipe, hit, *trim, random);
        }
        // One voice is kept on its way out, so that the next hit never has to cut one that is heard.
        if voices.iter().all(Voice::is_sounding)
            && let Some(next) = (0..VOICES).filter(|i| *i != chosen).min_by(|a, b| {
                let level = |i: &usize| voices.get(*i).map_or(0.0, Voice::loudness);
                level(a).total_cmp(&level(b))
            })
            && let Some(voice) = voices.get_mut(next)
        {
            voice.damp(STEAL);
        }
    }
}

impl Processor for Kit {
    fn handle(&mut self, event: Event) {
        match event {
            Event::NoteOn { pitch, velocity, .. } => self.hit(pitch, velocity),
            Event::Param { index, value } if !value.is_nan() => {
                match usize::from(index) {
                    param::GAIN => self.gain.set(db_to_gain(value)),
                    param::TONE => self.tone = value,
                    param::TUNE => self.tune = value,
                    param::DECAY => self.decay = value,
                    param::ROOM => self.room.set(value),
                    param::DRIVE => self.drive.set(value),
                    param::WIDTH => self.width = value,
                    _ => {}
                }
                if self.asleep {
                    self.sleep();
                }
            }
            Event::Bend { semitones } if !semitones.is_nan() => self.bend = semitones,
            // Drums ring as long as they ring.
            Event::NoteOff { .. }
            | Event::AllNotesOff
            | Event::Param { .. }
            | Event::Bend { .. } => {}
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        if self.asleep {
            return Activity::Silent;
        }
        for out in io.outputs.iter_mut() {
            out.left.fill(0.0);
            out.right.fill(0.0);
        }
        let mut start = 0;
        while start < io.frames && !self.asleep {
            let count = (io.frames - start).min(self.until_look);
            self.render(io, start, count);
            start += count;
            self.until_look -= count;
            if self.until_look == 0 {
                self.until_look = BLOCK;
                self.look();
            }
        }
        Activity::Sounding
    }

    fn reset(&mut self) {
        for drum in self.drums.iter_mut() {
            drum.voices.iter_mut().for_each(Voice::reset);
        }
        for output in &mut self.outputs {
            output.room.reset();
        }
        self.sleep();
    }
}
