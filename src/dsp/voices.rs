//! A pool of voices: which note sounds on which voice, stealing without a click, mono and legato play, glide and bend.
//!
//! It knows nothing of how a voice sounds; it drives anything that is a [`Voice`]. It does not mix, pan or smooth params.
//! Thread: construction on any thread, all else on the audio thread; nothing here allocates after [`Voices::new`].

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::math::exp;

pub use contour::{COUNT_UP, Contour, Knob, Line, Shape, Vibrato};

mod contour;

/// Longest run of frames that [`Voices::render`] takes at once.
pub const MAX_FRAMES: usize = 64;

/// Frames over which a stolen voice fades: 4 ms at 48 kHz, short enough to feel instant and too long for a click.
const FADE: usize = 192;

/// How many held notes a mono pool remembers, so that letting go of the newest returns to an older one.
const HELD: usize = 16;

/// What a voice learns about the note that it is to play.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoteStart {
    /// MIDI note number with the bend applied, 60 = C4.
    pub pitch: f32,
    /// 0 (exclusive) to 1.
    pub velocity: f32,
    /// Fresh randomness for this note: phases, noise, the small differences between two strokes.
    pub seed: u32,
}

/// One sounding note of an instrument.
pub trait Voice: Send {
    /// What all voices of an instrument share: params and precomputed tables.
    type Patch;

    /// Starts from silence. Whatever the voice played before is over (the pool has faded it).
    fn start(&mut self, patch: &Self::Patch, note: &NoteStart);

    /// Goes on to another note without a new attack (mono legato). The pitch itself arrives with `render`.
    fn slide(&mut self, patch: &Self::Patch, note: &NoteStart);

    /// Begins the release.
    fn release(&mut self, patch: &Self::Patch);

    /// Adds up to [`MAX_FRAMES`] frames to both channels. `pitch` is the MIDI note number at the end of the run, with
    /// glide and bend. Answers false when the voice has become inaudible and may be given away.
    fn render(
        &mut self,
        patch: &Self::Patch,
        pitch: f32,
        left: &mut [f32],
        right: &mut [f32],
    ) -> bool;

    /// Renders several voices as [`Voice::render`] does one after the other, to the last bit: for voices that gain from
    /// standing side by side in the lanes of a register. The turns fill the slice from its front.
    fn render_together(
        turns: &mut [Option<Turn<'_, Self>>; TOGETHER],
        patch: &Self::Patch,
        left: &mut [f32],
        right: &mut [f32],
    ) where
        Self: Sized,
    {
        for turn in turns.iter_mut().flatten() {
            *turn.sounding = turn.voice.render(patch, turn.pitch, left, right);
        }
    }

    /// Rough loudness now, 0 to about 1; the quietest voice is stolen first.
    fn level(&self) -> f32;
}

/// Most voices that [`Voice::render_together`] is given.
pub const TOGETHER: usize = 4;

/// A voice that is to render a run.
pub struct Turn<'a, V> {
    /// The voice.
    pub voice: &'a mut V,
    /// The MIDI note number at the end of the run, with glide and bend.
    pub pitch: f32,
    /// Takes the answer: whether the voice sounds on.
    pub sounding: &'a mut bool,
}

/// How notes share voices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Every note has its own voice.
    Poly,
    /// A new note releases the ones before it, as on the neck of a bass; each note has its own attack.
    Solo,
    /// One voice. Overlapping notes slide, and letting go of the newest returns to the last one still held.
    Mono,
}

#[derive(Debug, Clone, Copy, Default)]
struct Held {
    note: u32,
    pitch: f32,
    velocity: f32,
}

struct Slot<V> {
    voice: V,
    note: u32,
    /// Whether the note is still held.
    held: bool,
    sounding: bool,
    /// Age in note starts, for ties between equally loud voices.
    age: u64,
    /// Where the pitch is going and where it is, without bend.
    target: f32,
    pitch: f32,
}

/// A fixed number of voices and the notes that they play.
pub struct Voices<V: Voice> {
    slots: Vec<Slot<V>>,
    mode: Mode,
    sample_rate: f32,
    glide_s: f32,
    bend: f32,
    bend_now: f32,
    starts: u64,
    rng: ChaCha8Rng,
    held: [Held; HELD],
    held_count: usize,
    last_pitch: Option<f32>,
    /// The fading rest of stolen voices, played from `tail_at`.
    tail: [[f32; FADE]; 2],
    tail_at: usize,
}

impl<V: Voice> Voices<V> {
    /// Takes the voices that notes will share. Thread: control (allocates).
    pub fn new(mode: Mode, voices: Vec<V>, sample_rate: f32, seed: u64) -> Self {
        let slots = voices
            .into_iter()
            .map(|voice| Slot {
                voice,
                note: 0,
                held: false,
                sounding: false,
                age: 0,
                target: 60.0,
                pitch: 60.0,
            })
            .collect();
        Self {
            slots,
            mode,
            sample_rate,
            glide_s: 0.0,
            bend: 0.0,
            bend_now: 0.0,
            starts: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
            held: [Held::default(); HELD],
            held_count: 0,
            last_pitch: None,
            tail: [[0.0; FADE]; 2],
            tail_at: FADE,
        }
    }

    /// Time constant of a slide from note to note in seconds; 0 jumps. In poly mode every note slides from the one before.
    pub fn set_glide(&mut self, seconds: f32) {
        self.glide_s = seconds.max(0.0);
    }

    /// Bends all notes by semitones, over about 5 ms.
    pub fn set_bend(&mut self, semitones: f32) {
        self.bend = semitones;
        if !self.is_sounding() {
            self.bend_now = semitones;
        }
    }

    /// Starts a note.
    pub fn note_on(&mut self, patch: &V::Patch, note: u32, pitch: f32, velocity: f32) {
        let seed = self.rng.next_u32();
        let start =
            NoteStart { pitch: pitch + self.bend_now, velocity: velocity.clamp(0.001, 1.0), seed };
        self.starts += 1;
        if self.mode == Mode::Mono {
            self.push_held(Held { note, pitch, velocity: start.velocity });
            let starts = self.starts;
            if let Some(slot) = self.slots.iter_mut().find(|s| s.sounding && s.held) {
                slot.note = note;
                slot.target = pitch;
                slot.age = starts;
                slot.voice.slide(patch, &start);
                self.last_pitch = Some(pitch);
                return;
            }
        } else if self.mode == Mode::Solo {
            for slot in self.slots.iter_mut().filter(|s| s.sounding && s.held) {
                slot.held = false;
                slot.voice.release(patch);
            }
        }
        self.start_on_a_free_slot(patch, note, pitch, &start);
    }

    fn start_on_a_free_slot(&mut self, patch: &V::Patch, note: u32, pitch: f32, start: &NoteStart) {
        let index = match self.slots.iter().position(|s| !s.sounding) {
            Some(free) => free,
            None => self.quietest(),
        };
        self.fade_out(patch, index);
        let from = match (self.last_pitch, self.glide_s > 0.0) {
            (Some(last), true) => last,
            _ => pitch,
        };
        let age = self.starts;
        let bend = self.bend_now;
        if let Some(slot) = self.slots.get_mut(index) {
            slot.note = note;
            slot.held = true;
            slot.sounding = true;
            slot.age = age;
            slot.target = pitch;
            slot.pitch = from;
            slot.voice.start(patch, &NoteStart { pitch: from + bend, ..*start });
        }
        self.last_pitch = Some(pitch);
    }

    /// Released voices go before held ones, then the quietest, then the oldest.
    fn quietest(&self) -> usize {
        let mut best = 0;
        let mut best_rank = (f32::INFINITY, u64::MAX);
        for (index, slot) in self.slots.iter().enumerate() {
            let level = slot.voice.level() + if slot.held { 0.25 } else { 0.0 };
            if (level, slot.age) < best_rank {
                best_rank = (level, slot.age);
                best = index;
            }
        }
        best
    }

    /// Renders what a voice would still have played, faded, and keeps it as a tail, so that the voice is free at once.
    fn fade_out(&mut self, patch: &V::Patch, index: usize) {
        let bend = self.bend_now;
        let Some(slot) = self.slots.get_mut(index) else { return };
        if !slot.sounding {
            return;
        }
        // What is left of an earlier tail moves to the front, so that tails of several voices add up.
        let at = self.tail_at.min(FADE);
        for channel in &mut self.tail {
            channel.copy_within(at.., 0);
            channel[FADE - at..].fill(0.0);
        }
        self.tail_at = 0;
        let (mut left, mut right) = ([0.0; FADE], [0.0; FADE]);
        for (l, r) in left.chunks_mut(MAX_FRAMES).zip(right.chunks_mut(MAX_FRAMES)) {
            slot.voice.render(patch, slot.pitch + bend, l, r);
        }
        let [tail_left, tail_right] = &mut self.tail;
        let pairs =
            tail_left.iter_mut().zip(tail_right.iter_mut()).zip(left.iter().zip(right.iter()));
        for (i, ((tl, tr), (l, r))) in pairs.enumerate() {
            let x = 1.0 - (i as f32 + 1.0) / FADE as f32;
            let gain = x * x * (3.0 - 2.0 * x);
            *tl += gain * l;
            *tr += gain * r;
        }
        slot.sounding = false;
        slot.held = false;
    }

    /// Releases a note. Unknown notes (stolen, or ended) are ignored.
    pub fn note_off(&mut self, patch: &V::Patch, note: u32) {
        if self.mode == Mode::Mono {
            self.drop_held(note);
            let back = self.held_count.checked_sub(1).and_then(|i| self.held.get(i)).copied();
            let bend = self.bend_now;
            if let Some(back) = back {
                if let Some(slot) = self.slots.iter_mut().find(|s| s.held && s.note == note) {
                    slot.note = back.note;
                    slot.target = back.pitch;
                    let start =
                        NoteStart { pitch: back.pitch + bend, velocity: back.velocity, seed: 0 };
                    slot.voice.slide(patch, &start);
                    self.last_pitch = Some(back.pitch);
                }
                return;
            }
        }
        for slot in self.slots.iter_mut().filter(|s| s.sounding && s.held && s.note == note) {
            slot.held = false;
            slot.voice.release(patch);
        }
    }

    /// Releases all notes.
    pub fn release_all(&mut self, patch: &V::Patch) {
        self.held_count = 0;
        for slot in self.slots.iter_mut().filter(|s| s.sounding && s.held) {
            slot.held = false;
            slot.voice.release(patch);
        }
    }

    /// Adds up to [`MAX_FRAMES`] frames of all voices to both channels. Answers whether anything sounds.
    pub fn render(&mut self, patch: &V::Patch, left: &mut [f32], right: &mut [f32]) -> bool {
        let frames = left.len().min(right.len()).min(MAX_FRAMES);
        let seconds = frames as f32 / self.sample_rate;
        self.bend_now += (self.bend - self.bend_now) * (1.0 - exp(-seconds / 0.005));
        if (self.bend - self.bend_now).abs() < 1e-4 {
            self.bend_now = self.bend;
        }
        let keep = if self.glide_s > 0.0 { exp(-seconds / (self.glide_s * 0.4)) } else { 0.0 };
        let bend = self.bend_now;
        let mut waiting = self.slots.iter_mut().filter(|s| s.sounding);
        loop {
            let mut turns: [Option<Turn<'_, V>>; TOGETHER] = std::array::from_fn(|_| {
                let Slot { voice, pitch, target, sounding, .. } = waiting.next()?;
                *pitch = *target + (*pitch - *target) * keep;
                Some(Turn { voice, pitch: *pitch + bend, sounding })
            });
            if turns.iter().flatten().next().is_none() {
                break;
            }
            V::render_together(&mut turns, patch, &mut left[..frames], &mut right[..frames]);
        }
        let mut sounding = false;
        for slot in &mut self.slots {
            slot.held &= slot.sounding;
            sounding |= slot.sounding;
        }
        if self.tail_at < FADE {
            let from = self.tail_at;
            let to = (from + frames).min(FADE);
            for (channel, out) in self.tail.iter().zip([left, right]) {
                for (o, t) in out.iter_mut().zip(&channel[from..to]) {
                    *o += t;
                }
            }
            self.tail_at = to;
            sounding = true;
        }
        sounding
    }

    /// Whether any voice or tail sounds.
    pub fn is_sounding(&self) -> bool {
        self.tail_at < FADE || self.slots.iter().any(|s| s.sounding)
    }

    /// How many voices sound.
    pub fn sounding_count(&self) -> usize {
        self.slots.iter().filter(|s| s.sounding).count()
    }

    /// Silences everything at once and forgets all notes; bend and glide stay.
    pub fn reset(&mut self) {
        for slot in &mut self.slots {
            slot.sounding = false;
            slot.held = false;
        }
        self.held_count = 0;
        self.last_pitch = None;
        self.tail_at = FADE;
        self.bend_now = self.bend;
    }

    fn push_held(&mut self, held: Held) {
        if self.held_count == HELD {
            self.held.copy_within(1.., 0);
            self.held_count -= 1;
        }
        if let Some(place) = self.held.get_mut(self.held_count) {
            *place = held;
            self.held_count += 1;
        }
    }

    fn drop_held(&mut self, note: u32) {
        let count = self.held_count;
        if let Some(at) = self.held[..count].iter().position(|h| h.note == note) {
            self.held.copy_within(at + 1..count, at);
            self.held_count -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
