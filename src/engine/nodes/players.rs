//! The player of recordings, bound to the timeline: where the transport is decides where the recording is, so a seek
//! lands on the frame and two players back to back leave no gap.
//!
//! Three things may make its sound, each with a gain of its own: the reel read directly (bit for bit at speed 1,
//! band-limited otherwise), the stretcher, and what fades out after a jump. They are *layers*; a jump retires the layers
//! there are and begins a new one. How a recording is laid out (loop, fades, direction) is [`crate::dsp::reel`]'s business,
//! and opening files that of the [`Assets`](crate::engine::assets::Assets).

use std::sync::Arc;

use super::instrument::{node, param};
use crate::audio::buffer::AudioBuffer;
use crate::audio::downmix::to_stereo;
use crate::audio::resample::resample;
use crate::dsp::math::db_to_gain;
use crate::dsp::reel::{Reel, Scratch};
use crate::dsp::sinc::{Bank, MAX_REACH, MAX_SPEED};
use crate::dsp::smooth::{PARAM_SMOOTHING, Smoothed};
use crate::engine::assets::AssetError;
use crate::engine::node::{
    Activity, BLOCK, BlockTime, BuildContext, BuildError, Category, ConfigDescriptor, Descriptor,
    Event, Io, Monitor, NodeType, Processor, Settings, Unit,
};
use crate::model::node_data::{NodeData, PlayerData};
use crate::model::units::SampleRate;

pub(super) mod settings;
mod stretch;

use settings::{Follow, Plan, Start};
use stretch::Stretcher;

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![node(&PLAYER, build)]
}

static PLAYER: Descriptor = Descriptor {
    id: "source.player",
    name: "Player",
    category: Category::Source,
    doc: "Plays a recording at its place in the song, to the frame: speed, tempo, pitch, loop and fades.",
    author: "Timbre",
    version: 1,
    inputs: &[],
    outputs: &["out"],
    takes_notes: false,
    params: &[
        param(
            "gain_db",
            "Gain",
            Unit::Decibel,
            (-60.0, 24.0),
            0.0,
            "Level; the lowest value is silence.",
        ),
        param(
            "speed",
            "Speed",
            Unit::None,
            (0.25, 4.0),
            1.0,
            "How fast it plays, 1 as recorded; beside the tempo that it may follow.",
        ),
        param(
            "transpose",
            "Transpose",
            Unit::Semitones,
            (-24.0, 24.0),
            0.0,
            "Pitch. In the mode stretch the length stays; in off speed and pitch go together, as with tape; in varispeed the tempo decides and this does nothing.",
        ),
    ],
    config: settings::CONFIG,
};

/// Milliseconds over which a jump, a start in the middle and a stop are faded.
const DECLICK_S: f32 = 0.003;

/// How far, in seconds, a player that follows the tempo may be from where it should be before it jumps there; what is less
/// is made up by a slightly different speed.
const LOST_S: f64 = 0.003;

/// Sounds at once: the main one, what it replaces, and what a second jump within 3 ms replaces.
const LAYERS: usize = 4;

/// What makes a layer's sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    /// The reel.
    Reel,
    /// The stretcher; one layer at most.
    Stretched,
}

/// A sound with its own place and gain.
#[derive(Debug, Clone, Copy)]
struct Layer {
    voice: Voice,
    /// Next frame of the reel.
    at: f64,
    /// Frames of the reel per frame, at the end of the last run.
    step: f64,
    /// How many frames of its fade in it has behind it; counted, so that it arrives at exactly 1.
    level: u32,
    heading: Heading,
}

/// Where the gain of a layer is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heading {
    Up,
    There,
    Away,
}

struct Player {
    reel: Reel,
    bank: Bank,
    scratch: Scratch,
    rate: f64,
    plan: Plan,
    gain: Smoothed,
    speed: Smoothed,
    transpose: f32,
    stretcher: Option<Stretcher>,
    layers: [Option<Layer>; LAYERS],
    /// Place of the reel at the next frame, and its speed at the last one, while the transport runs.
    clock: Option<(f64, f64)>,
    /// The frame of the timeline at which the next call begins, if nothing jumps.
    next_frame: u64,
    /// Frames that a layer takes to come or to go.
    ramp: u32,
    told: triple_buffer::Input<PlayerData>,
    ear: Option<triple_buffer::Output<PlayerData>>,
}

/// The recording that a node names, as stereo or mono at the engine's rate. Thread: control.
pub(super) fn recording(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
    name: &str,
) -> Result<Arc<AudioBuffer>, BuildError> {
    let mut sound = native(context, settings, name)?;
    let rate = SampleRate::new(context.sample_rate as u32).unwrap_or(SampleRate::HZ_48000);
    if sound.sample_rate() != rate {
        sound = Arc::new(resample(AudioBuffer::clone(&sound), rate));
    }
    Ok(sound)
}

/// The recording that a node names, as stereo or mono at its own rate. Thread: control.
pub(super) fn native(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
    name: &str,
) -> Result<Arc<AudioBuffer>, BuildError> {
    let sound = context.assets.sound(name).map_err(|error| settings.bad_asset(error))?;
    if sound.frames() == 0 {
        return Err(settings.bad_asset(AssetError {
            name: name.to_owned(),
            problem: "there is no sound in it".to_owned(),
            hint: "Choose a file of at least one frame.".to_owned(),
        }));
    }
    Ok(match to_stereo(&sound) {
        Some(stereo) => Arc::new(stereo),
        None => sound,
    })
}

fn build(
    context: &BuildContext<'_>,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let name = settings.config("file");
    if name.is_empty() {
        return Err(settings.bad_config("file", "the name of a sound file, e.g. drums.wav"));
    }
    let plan = Plan::read(settings, f64::from(context.sample_rate))?;
    let sound = recording(context, settings, name)?;
    let reel = Reel::new(sound, plan.layout);
    let stretcher = plan.stretches.then(|| Stretcher::new(context.sample_rate));
    let data = PlayerData {
        length_s: reel.sound().seconds(),
        speed: f64::from(settings.param(1)),
        ..PlayerData::default()
    };
    let (told, ear) = triple_buffer::triple_buffer(&data);
    Ok(Box::new(Player {
        reel,
        bank: Bank::new(),
        scratch: Scratch::default(),
        rate: f64::from(context.sample_rate),
        plan,
        gain: Smoothed::new(fader(settings.param(0)), PARAM_SMOOTHING, context.sample_rate),
        speed: Smoothed::new(settings.param(1), PARAM_SMOOTHING, context.sample_rate),
        transpose: settings.param(2),
        stretcher,
        layers: [None; LAYERS],
        clock: None,
        next_frame: 0,
        ramp: ((DECLICK_S * context.sample_rate) as u32).max(1),
        told,
        ear: Some(ear),
    }))
}

/// Linear gain; the lowest position is off, and 0 dB is exactly 1.
fn fader(db: f32) -> f32 {
    if db <= -60.0 {
        0.0
    } else if db == 0.0 {
        1.0
    } else {
        db_to_gain(db)
    }
}

/// Frames that a run of the fastest speed and the widest filter reach.
const EDGE: f64 = BLOCK as f64 * MAX_SPEED + MAX_REACH as f64;

/// Frames of the reel that a run passes whose step moves evenly: the sum that [`Reel::read`] makes one by one.
fn travel((from, to): (f64, f64), frames: usize) -> f64 {
    let count = frames as f64;
    from * count + (to - from) * (count + 1.0) / 2.0
}

impl Player {
    /// Frames of the reel per frame at a speed.
    fn ratio(&self, speed: f32, time: &BlockTime) -> f64 {
        let speed = f64::from(speed);
        let ratio = match self.plan.follow {
            Follow::Nothing if self.plan.stretches || self.transpose == 0.0 => speed,
            Follow::Nothing => speed * libm::exp2(f64::from(self.transpose) / 12.0),
            Follow::Tempo { source_bpm } => speed * time.bpm / source_bpm,
        };
        if ratio.is_finite() { ratio.clamp(1e-3, MAX_SPEED) } else { 1.0 }
    }

    /// Where in the reel this frame of the timeline is, by the timeline alone.
    fn wanted(&self, time: &BlockTime) -> f64 {
        let speed = self.speed.target();
        let beats = |beat: f64| (time.beat - beat) * 60.0;
        let place = match (self.plan.follow, self.plan.start) {
            (Follow::Tempo { source_bpm }, Start::Beat(beat)) => {
                beats(beat) / source_bpm * self.rate * f64::from(speed)
            }
            (_, Start::Beat(beat)) => {
                let frames = beats(beat) / time.bpm * self.rate;
                // Whole frames, so that a beat's rounding does not put all of it between two of them.
                libm::round(frames) * self.ratio(speed, time)
            }
            (_, Start::Frame(frame)) => (time.frame as f64 - frame) * self.ratio(speed, time),
        };
        let place = if place.is_finite() { place } else { -1e12 };
        // At the recording's own speed frames of both lie on each other.
        let whole = libm::round(place);
        if (place - whole).abs() < 1e-4 { whole } else { place }
    }

    /// Moves the clock over a run of `frames` and answers the step at its start and at its end. Jumps where the
    /// timeline did.
    fn advance(&mut self, time: &BlockTime, frames: usize) -> (f64, f64) {
        let wanted = self.wanted(time);
        let speed = self.speed.value();
        let by_beats = self.plan.by_beats();
        let jumped = match self.clock {
            None => true,
            // Before it starts a player goes by the timeline alone: the tempo may still change.
            Some((at, _)) if at < 0.0 && (wanted - at).abs() > 0.01 => true,
            Some((at, ratio)) if by_beats => {
                (wanted - at).abs() > LOST_S * self.rate * ratio.max(1.0)
            }
            Some(_) => time.frame != self.next_frame,
        };
        if jumped {
            let ratio = self.ratio(speed, time);
            self.jump(wanted, ratio);
        }
        let from = self.clock.map_or(1.0, |(_, ratio)| ratio);
        let speed = self.speed.advance(frames);
        let mut to = self.ratio(speed, time);
        if let (true, Some((at, _))) = (by_beats, self.clock) {
            let behind = wanted - at;
            // A tempo's rounding is no reason to leave whole frames; real drift is made up within 50 ms.
            if behind.abs() > 0.01 {
                to *= 1.0 + (behind / (0.05 * self.rate)).clamp(-0.05, 0.05);
            }
        }
        (from, to)
    }

    /// Retires what sounds, and goes on elsewhere.
    fn jump(&mut self, to: f64, ratio: f64) {
        let sounding = self.reel.sounds_between(to, f64::MAX);
        self.retire();
        self.clock = Some((to, ratio));
        if sounding {
            // Its own start is as sharp as it was recorded; the middle fades in.
            self.begin(Voice::Reel, to, ratio, to > 0.0);
        }
        if let Some(stretcher) = &mut self.stretcher {
            stretcher.abandon();
        }
    }

    /// Lets all layers fade out.
    fn retire(&mut self) {
        let reel = &self.reel;
        for place in &mut self.layers {
            match place {
                // Where there is nothing to hear there is nothing to fade.
                Some(layer) if !reel.sounds_between(layer.at, layer.at + layer.step) => {
                    *place = None
                }
                Some(layer) => layer.heading = Heading::Away,
                None => {}
            }
        }
    }

    /// Adds a layer; where all places are taken, the quietest one goes.
    fn begin(&mut self, voice: Voice, at: f64, step: f64, fade: bool) {
        let (level, heading) = match fade {
            true => (0, Heading::Up),
            false => (self.ramp, Heading::There),
        };
        let layer = Layer { voice, at, step, level, heading };
        let loudness = |place: &Option<Layer>| place.map_or(0, |layer| layer.level + 1);
        if let Some(place) = self.layers.iter_mut().min_by_key(|place| loudness(place)) {
            *place = Some(layer);
        }
    }

    /// Whether a layer of this kind sounds and is not on its way out.
    fn leads(&self, voice: Voice) -> bool {
        self.layers
            .iter()
            .flatten()
            .any(|layer| layer.voice == voice && layer.heading != Heading::Away)
    }

    /// Decides between reel and stretcher, and gets the stretcher ready.
    fn choose(&mut self, frames: usize, ratio: f64) {
        let Some((at, _)) = self.clock else { return };
        let busy = self.layers.iter().flatten().any(|layer| layer.voice == Voice::Stretched);
        let Some(stretcher) = &mut self.stretcher else { return };
        let wanted = (ratio != 1.0 || self.transpose != 0.0)
            && (stretch::SLOWEST..=stretch::FASTEST).contains(&ratio)
            && self.reel.sounds_between(at - self.rate, at + self.rate);
        if !wanted {
            if !busy {
                stretcher.abandon();
            }
            if self.leads(Voice::Stretched) {
                self.retire();
                self.begin(Voice::Reel, at, ratio, true);
            }
            return;
        }
        if busy {
            stretcher.set_transpose(self.transpose);
            return;
        }
        if stretcher.prepare(&self.reel, at, ratio, self.transpose, frames) {
            self.retire();
            let fade = at > 0.0;
            self.begin(Voice::Stretched, at, ratio, fade);
        }
    }

    /// Adds all layers to the output.
    fn render(&mut self, (from, to): (f64, f64), left: &mut [f32], right: &mut [f32]) {
        let (mut l, mut r) = ([0.0; BLOCK], [0.0; BLOCK]);
        let frames = left.len().min(BLOCK);
        for place in &mut self.layers {
            let Some(layer) = place else { continue };
            let away = layer.heading == Heading::Away;
            let steps = if away { (layer.step, layer.step) } else { (from, to) };
            let (run_l, run_r) = (&mut l[..frames], &mut r[..frames]);
            match (layer.voice, &mut self.stretcher) {
                (Voice::Stretched, Some(stretcher)) => {
                    layer.at += travel(steps, frames);
                    stretcher.render(&self.reel, layer.at, steps.1, run_l, run_r);
                }
                // Far from any sound it only keeps the time.
                _ if !self.reel.sounds_between(layer.at - EDGE, layer.at + EDGE) => {
                    run_l.fill(0.0);
                    run_r.fill(0.0);
                    layer.at += travel(steps, frames);
                }
                _ => {
                    layer.at = self.reel.read(
                        &self.bank,
                        &mut self.scratch,
                        layer.at,
                        steps,
                        run_l,
                        run_r,
                    );
                }
            }
            layer.step = steps.1;
            let scale = 1.0 / self.ramp as f32;
            let sides = left.iter_mut().zip(right.iter_mut()).zip(run_l.iter().zip(run_r.iter()));
            for ((sum_l, sum_r), (x, y)) in sides {
                let gain = if layer.level >= self.ramp { 1.0 } else { layer.level as f32 * scale };
                *sum_l += x * gain;
                *sum_r += y * gain;
                match layer.heading {
                    Heading::Up if layer.level < self.ramp => layer.level += 1,
                    Heading::Up => layer.heading = Heading::There,
                    Heading::There => {}
                    Heading::Away => layer.level = layer.level.saturating_sub(1),
                }
            }
            if layer.heading == Heading::Away && layer.level == 0 {
                *place = None;
            }
        }
    }

    /// Lets the other side know how far it is.
    fn tell(&mut self, playing: bool) {
        let (at, speed) = self.clock.unwrap_or((0.0, f64::from(self.speed.target())));
        let sounding = playing && self.reel.sounds_between(at, at + 1.0);
        self.told.write(PlayerData {
            seconds: self.reel.place(at) / self.rate,
            length_s: self.reel.sound().seconds(),
            playing: sounding,
            speed,
        });
    }
}

impl Processor for Player {
    fn handle(&mut self, event: Event) {
        match event {
            Event::Param { index: 0, value } => self.gain.set(fader(value)),
            Event::Param { index: 1, value } => self.speed.set(value),
            Event::Param { index: 2, value } if !value.is_nan() => self.transpose = value,
            _ => {}
        }
    }

    fn process(&mut self, io: &mut Io<'_>) -> Activity {
        let frames = io.frames.min(BLOCK);
        let Some(output) = io.outputs.first_mut() else { return Activity::Silent };
        let (left, right) = (&mut output.left[..frames], &mut output.right[..frames]);
        left.fill(0.0);
        right.fill(0.0);
        let mut steps = (1.0, 1.0);
        if io.time.playing {
            steps = self.advance(&io.time, frames);
            self.choose(frames, steps.1);
        } else if self.clock.take().is_some() {
            self.retire();
            if let Some(stretcher) = &mut self.stretcher {
                stretcher.abandon();
            }
        }
        self.render(steps, left, right);
        if let Some((at, ratio)) = &mut self.clock {
            *at += travel(steps, frames);
            *ratio = steps.1;
        }
        self.next_frame = io.time.frame + frames as u64;
        self.tell(io.time.playing);
        self.gain.apply(left, right);
        // Nobody wakes a player when its time comes, so it never asks to be left alone.
        Activity::Sounding
    }

    fn reset(&mut self) {
        self.layers = [None; LAYERS];
        self.clock = None;
        self.gain.settle();
        self.speed.settle();
        if let Some(stretcher) = &mut self.stretcher {
            stretcher.abandon();
        }
    }

    fn monitor(&mut self) -> Option<Box<dyn Monitor>> {
        let ear = self.ear.take()?;
        Some(Box::new(PlayerMonitor(ear)))
    }
}

/// Reads how far a player is.
struct PlayerMonitor(triple_buffer::Output<PlayerData>);

impl Monitor for PlayerMonitor {
    fn read(&mut self, _points: usize) -> NodeData {
        NodeData::Player(*self.0.read())
    }
}

/// A config key in one line.
pub(super) const fn config(
    id: &'static str,
    default: &'static str,
    doc: &'static str,
) -> ConfigDescriptor {
    ConfigDescriptor { id, default, doc }
}

#[cfg(test)]
mod tests;
