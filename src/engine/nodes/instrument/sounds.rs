//! The usual instruments: a recipe, its controls, and a chain after the voices. Families choose the numbers.

use crate::dsp::formant::Resonances;
use crate::dsp::math::tanh;
use crate::dsp::svf::DcBlocker;
use crate::dsp::voices::{Knob, Mode};
use crate::engine::node::{BlockTime, BuildContext, BuildError, Descriptor, Processor, Settings};

use super::amplifier::Amplifier;
use super::ensemble::{Chorus, Leslie, Tremolo};
use super::operators::{self, FmPatch, FmVoice};
use super::saws::{self, SawPatch, SawVoice};
use super::strings::{self, StringPatch, StringVoice};
use super::winds::{self, WindPatch, WindVoice};
use super::{Sound, build, seed};

/// What follows the voices, in this order; absent stages cost nothing.
#[derive(Default)]
pub(crate) struct Chain {
    /// A body or vowel, and the share of the plain sound beside it.
    pub(crate) body: Option<(Resonances, f32)>,
    /// A warm, slightly lopsided stage, for basses.
    pub(crate) valve: Option<[DcBlocker; 2]>,
    pub(crate) amplifier: Option<Amplifier>,
    /// Takes away the offset that a lopsided pick-up makes.
    pub(crate) dc: Option<[DcBlocker; 2]>,
    pub(crate) chorus: Option<Chorus>,
    pub(crate) tremolo: Option<Tremolo>,
    pub(crate) leslie: Option<Leslie>,
    pub(crate) drive: Option<Knob>,
    pub(crate) tone: Option<Knob>,
}

impl Chain {
    /// Adds a valve stage.
    pub(crate) fn valve(sample_rate: f32) -> Option<[DcBlocker; 2]> {
        Some([DcBlocker::new(12.0, sample_rate), DcBlocker::new(12.0, sample_rate)])
    }

    pub(crate) fn set(&mut self, param: &str, value: f32) {
        match (param, &mut self.chorus, &mut self.tremolo, &mut self.leslie) {
            ("chorus", Some(chorus), ..) => chorus.mix = value,
            ("tremolo", _, Some(tremolo), _) => tremolo.depth = value,
            ("rate", _, Some(tremolo), _) => tremolo.rate_hz = value,
            ("speed", .., Some(leslie)) => leslie.speed = value,
            ("drive", ..) => self.drive.get_or_insert(Knob::new(value)).target = value,
            ("tone", ..) => self.tone.get_or_insert(Knob::new(value)).target = value,
            _ => {}
        }
    }

    pub(crate) fn process(&mut self, left: &mut [f32], right: &mut [f32], sample_rate: f32) {
        let turn = |knob: &mut Option<Knob>, or: f32| {
            knob.as_mut().map_or(or, |k| k.advance(left.len(), sample_rate).to)
        };
        let drive = turn(&mut self.drive, 0.0);
        let tone = turn(&mut self.tone, 0.5);
        if let Some((body, dry)) = &mut self.body {
            body.process(left, right, *dry);
        }
        if let Some([dc_left, dc_right]) = &mut self.valve {
            let push = 1.0 + 5.0 * drive * drive;
            let shape = |x: f32| (tanh(push * x + 0.1) - 0.099_668) / push;
            for (l, r) in left.iter_mut().zip(right.iter_mut()) {
                *l = shape(*l);
                *r = shape(*r);
            }
            for (l, r) in left.iter_mut().zip(right.iter_mut()) {
                *l = dc_left.process(*l);
                *r = dc_right.process(*r);
            }
        }
        if let Some(amplifier) = &mut self.amplifier {
            amplifier.process(drive, tone, left, right);
        }
        if let Some([dc_left, dc_right]) = &mut self.dc {
            for (l, r) in left.iter_mut().zip(right.iter_mut()) {
                *l = dc_left.process(*l);
                *r = dc_right.process(*r);
            }
        }
        if let Some(chorus) = &mut self.chorus {
            chorus.process(left, right);
        }
        if let Some(tremolo) = &mut self.tremolo {
            tremolo.process(left, right);
        }
        if let Some(leslie) = &mut self.leslie {
            leslie.process(left, right);
        }
    }

    /// How long it rings, in seconds.
    pub(crate) fn tail(&self) -> f32 {
        let delay = if self.chorus.is_some() || self.leslie.is_some() { 0.05 } else { 0.0 };
        let body = if self.body.is_some()
            || self.amplifier.is_some()
            || self.valve.is_some()
            || self.dc.is_some()
        {
            0.12
        } else {
            0.0
        };
        delay + body
    }

    pub(crate) fn clear(&mut self) {
        if let Some((body, _)) = &mut self.body {
            body.reset();
        }
        if let Some(valve) = &mut self.valve {
            valve.iter_mut().for_each(DcBlocker::reset);
        }
        if let Some(amplifier) = &mut self.amplifier {
            amplifier.clear();
        }
        if let Some(dc) = &mut self.dc {
            dc.iter_mut().for_each(DcBlocker::reset);
        }
        if let Some(chorus) = &mut self.chorus {
            chorus.clear();
        }
        if let Some(leslie) = &mut self.leslie {
            leslie.clear();
        }
    }
}

/// A body of four resonances with a share of the plain sound.
pub(crate) fn body(
    peaks: &[crate::dsp::formant::Peak; 4],
    dry: f32,
    sample_rate: f32,
) -> Option<(Resonances, f32)> {
    let mut bank = Resonances::default();
    bank.set(peaks, sample_rate);
    Some((bank, dry))
}

macro_rules! sound {
    ($(#[$doc:meta])* $name:ident, $kit:ident, $patch:ident, $voice:ident) => {
        $(#[$doc])*
        pub(crate) struct $name {
            recipe: $kit::Recipe,
            controls: $kit::Controls,
            chain: Chain,
            sample_rate: f32,
        }

        impl $patch for $name {
            fn recipe(&self) -> &$kit::Recipe {
                &self.recipe
            }
            fn controls(&self) -> &$kit::Controls {
                &self.controls
            }
        }

        impl Sound for $name {
            type Voice = $voice<Self>;

            fn set(&mut self, param: &str, value: f32) {
                let _ = self.controls.set(param, value);
                self.chain.set(param, value);
            }
            fn prepare(&mut self, frames: usize, _time: &BlockTime) {
                self.controls.advance(frames, self.sample_rate);
            }
            fn finish(&mut self, left: &mut [f32], right: &mut [f32]) {
                self.chain.process(left, right, self.sample_rate);
            }
            fn tail(&self) -> f32 {
                self.chain.tail()
            }
            fn glide(&self) -> f32 {
                self.controls.glide
            }
            fn clear(&mut self) {
                self.chain.clear();
            }
        }
    };
}

sound! {
    /// Saws through a filter, and a chain.
    SawSound, saws, SawPatch, SawVoice
}
sound! {
    /// Phase-modulation pairs, and a chain.
    FmSound, operators, FmPatch, FmVoice
}
sound! {
    /// Plucked strings, and a chain.
    StringSound, strings, StringPatch, StringVoice
}
sound! {
    /// Something blown, and a chain.
    WindSound, winds, WindPatch, WindVoice
}

/// What is being built, for the constructors below.
pub(crate) struct Order<'a> {
    pub(crate) context: &'a BuildContext<'a>,
    pub(crate) settings: &'a Settings<'a>,
    pub(crate) descriptor: &'static Descriptor,
    pub(crate) mode: Mode,
    pub(crate) voices: usize,
    pub(crate) chain: Chain,
}

type Built = Result<Box<dyn Processor>, BuildError>;

/// Builds an instrument of saws; the params set cutoff and resonance, where it has them.
pub(crate) fn saw_instrument(
    order: Order<'_>,
    recipe: saws::Recipe,
    cutoff_hz: f32,
    resonance: f32,
) -> Built {
    let Order { context, settings, descriptor, mode, voices, chain } = order;
    let rate = context.sample_rate;
    let voices = SawVoice::pool(voices, rate, seed(context, settings)?);
    let controls = saws::Controls::new(&recipe, cutoff_hz, resonance);
    build(
        context,
        settings,
        descriptor,
        mode,
        voices,
        SawSound { recipe, controls, chain, sample_rate: rate },
    )
}

/// Builds an instrument of phase-modulation pairs.
pub(crate) fn fm_instrument(order: Order<'_>, recipe: operators::Recipe) -> Built {
    let Order { context, settings, descriptor, mode, voices, chain } = order;
    let rate = context.sample_rate;
    let voices = FmVoice::pool(voices, rate, seed(context, settings)?);
    let controls = operators::Controls::new(&recipe);
    build(
        context,
        settings,
        descriptor,
        mode,
        voices,
        FmSound { recipe, controls, chain, sample_rate: rate },
    )
}

/// Builds an instrument of plucked strings that reach down to a pitch.
pub(crate) fn string_instrument(order: Order<'_>, recipe: strings::Recipe, lowest: f32) -> Built {
    let Order { context, settings, descriptor, mode, voices, chain } = order;
    let rate = context.sample_rate;
    let voices = StringVoice::pool(voices, lowest, rate, seed(context, settings)?);
    let controls = strings::Controls::new(&recipe);
    build(
        context,
        settings,
        descriptor,
        mode,
        voices,
        StringSound { recipe, controls, chain, sample_rate: rate },
    )
}

/// Builds a wind instrument.
pub(crate) fn wind_instrument(order: Order<'_>, recipe: winds::Recipe) -> Built {
    let Order { context, settings, descriptor, mode, voices, chain } = order;
    let rate = context.sample_rate;
    let voices = WindVoice::pool(voices, rate, seed(context, settings)?);
    let controls = winds::Controls::new(&recipe);
    build(
        context,
        settings,
        descriptor,
        mode,
        voices,
        WindSound { recipe, controls, chain, sample_rate: rate },
    )
}
