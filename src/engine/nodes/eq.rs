//! Equaliser and filter.

use super::effect::{EFFECT, Effect, Run, boxed, param};
use crate::dsp::biquad::{Biquad, Coefficients, chain};
use crate::dsp::svf::Svf;
use crate::engine::node::{
    BuildContext, BuildError, Descriptor, NodeType, Processor, Settings, Unit,
};

/// The family's types.
pub fn node_types() -> Vec<NodeType> {
    vec![
        NodeType { descriptor: &PARAMETRIC, build: build_parametric },
        NodeType { descriptor: &FILTER, build: build_filter },
    ]
}

static PARAMETRIC: Descriptor = Descriptor {
    id: "eq.parametric",
    name: "Parametric EQ",
    doc: "High-pass, low shelf, two bells, high shelf and low-pass.",
    inputs: &["in"],
    params: &[
        param(
            "hp",
            "High-pass",
            Unit::Hertz,
            0.0,
            2_000.0,
            0.0,
            "Removes what is below; 0 is off.",
        ),
        param(
            "low_freq",
            "Low frequency",
            Unit::Hertz,
            20.0,
            1_000.0,
            120.0,
            "Corner of the low shelf.",
        ),
        param("low_db", "Low gain", Unit::Decibel, -24.0, 24.0, 0.0, "Gain below the corner."),
        param(
            "mid1_freq",
            "Mid 1 frequency",
            Unit::Hertz,
            20.0,
            20_000.0,
            400.0,
            "Centre of the first bell.",
        ),
        param("mid1_db", "Mid 1 gain", Unit::Decibel, -24.0, 24.0, 0.0, "Gain at the centre."),
        param("mid1_q", "Mid 1 Q", Unit::None, 0.1, 20.0, 1.0, "Narrowness of the first bell."),
        param(
            "mid2_freq",
            "Mid 2 frequency",
            Unit::Hertz,
            20.0,
            20_000.0,
            2_500.0,
            "Centre of the second bell.",
        ),
        param("mid2_db", "Mid 2 gain", Unit::Decibel, -24.0, 24.0, 0.0, "Gain at the centre."),
        param("mid2_q", "Mid 2 Q", Unit::None, 0.1, 20.0, 1.0, "Narrowness of the second bell."),
        param(
            "high_freq",
            "High frequency",
            Unit::Hertz,
            1_000.0,
            20_000.0,
            8_000.0,
            "Corner of the high shelf.",
        ),
        param("high_db", "High gain", Unit::Decibel, -24.0, 24.0, 0.0, "Gain above the corner."),
        param(
            "lp",
            "Low-pass",
            Unit::Hertz,
            500.0,
            20_000.0,
            20_000.0,
            "Removes what is above; 20,000 is off.",
        ),
    ],
    config: &[],
    ..EFFECT
};

/// Six bands, of which only those that do something are run.
struct Parametric {
    filters: [Biquad; BANDS],
    /// Copies of the active filters lie first; `active` of them.
    order: [usize; BANDS],
    active: usize,
    sample_rate: f64,
}

const BANDS: usize = 6;

fn build_parametric(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let flat = std::array::from_fn(|_| Biquad::new(Coefficients::FLAT));
    let sample_rate = f64::from(context.sample_rate);
    boxed(
        context,
        settings,
        Parametric { filters: flat, order: [0; BANDS], active: 0, sample_rate },
    )
}

impl Parametric {
    /// Takes the bands to what the params say. A band that starts to do something starts from silence inside.
    fn design(&mut self, value: impl Fn(usize) -> f32) {
        const BUTTERWORTH: f64 = std::f64::consts::FRAC_1_SQRT_2;
        let rate = self.sample_rate;
        let v = |index| f64::from(value(index));
        let designs = [
            (v(0) > 0.0).then(|| Coefficients::high_pass(v(0), BUTTERWORTH, rate)),
            (v(2) != 0.0).then(|| Coefficients::low_shelf(v(1), v(2), rate)),
            (v(4) != 0.0).then(|| Coefficients::peak(v(3), v(4), v(5), rate)),
            (v(7) != 0.0).then(|| Coefficients::peak(v(6), v(7), v(8), rate)),
            (v(10) != 0.0).then(|| Coefficients::high_shelf(v(9), v(10), rate)),
            (v(11) < 20_000.0).then(|| Coefficients::low_pass(v(11), BUTTERWORTH, rate)),
        ];
        // The filters that are on move to the front and keep their state; those that go off forget theirs.
        let mut next = 0;
        let before = self.order;
        let was_active = self.active;
        let mut states: [Option<Biquad>; BANDS] = std::array::from_fn(|_| None);
        for (band, filter) in before.iter().zip(&self.filters).take(was_active) {
            if let Some(place) = states.get_mut(*band) {
                *place = Some(filter.clone());
            }
        }
        for (band, (design, state)) in designs.into_iter().zip(states).enumerate() {
            if let (Some(coefficients), Some(place), Some(number)) =
                (design, self.filters.get_mut(next), self.order.get_mut(next))
            {
                *place = state.unwrap_or_else(|| Biquad::new(coefficients));
                place.set(coefficients);
                *number = band;
                next += 1;
            }
        }
        self.active = next;
    }
}

impl Effect for Parametric {
    const PARAMS: usize = 12;

    fn process(&mut self, run: &mut Run<'_>) {
        let mut at = 0;
        while at < run.left.len() {
            let (count, moved) = run.params.stretch(at, run.left.len(), Self::PARAMS);
            if moved {
                self.design(|index| run.params.get(index));
            }
            let (left, right) = (&mut run.left[at..at + count], &mut run.right[at..at + count]);
            chain(&mut self.filters[..self.active], left, right);
            at += count;
        }
    }

    fn reset(&mut self) {
        self.filters.iter_mut().for_each(Biquad::reset);
    }
}

static FILTER: Descriptor = Descriptor {
    id: "fx.filter",
    name: "Filter",
    doc: "Low-pass, high-pass or band-pass with resonance, made to be swept.",
    inputs: &["in"],
    params: &[
        param("cutoff", "Cutoff", Unit::Hertz, 20.0, 20_000.0, 20_000.0, "Corner or centre."),
        param(
            "resonance",
            "Resonance",
            Unit::Percent,
            0.0,
            1.0,
            0.1,
            "Emphasis at the corner; 1 almost whistles.",
        ),
        param("mode", "Mode", Unit::None, 0.0, 2.0, 0.0, "0 low-pass, 1 high-pass, 2 band-pass."),
    ],
    config: &[],
    ..EFFECT
};

/// A state-variable filter with its corner followed in pitch, not in Hz, so that a sweep sounds even.
struct Filter {
    filters: [Svf; 2],
    sample_rate: f32,
}

fn build_filter(
    context: &BuildContext,
    settings: &Settings<'_>,
) -> Result<Box<dyn Processor>, BuildError> {
    let filter = Svf::new(1_000.0, 0.7, context.sample_rate);
    let sample_rate = context.sample_rate;
    boxed(context, settings, Filter { filters: [filter.clone(), filter], sample_rate })
}

impl Effect for Filter {
    const PARAMS: usize = 3;

    fn process(&mut self, run: &mut Run<'_>) {
        let mode = run.params.target(2);
        let rate = self.sample_rate;
        let [left, right] = &mut self.filters;
        let mut settled = false;
        run.each(|[l, r], params| {
            if !settled {
                settled = params.is_settled(0) && params.is_settled(1);
                // 0.6 is a soft corner, 12 a scream.
                let resonance = params.next(1);
                let q = 0.6 + 11.4 * resonance * resonance;
                let cutoff = params.next(0);
                left.set(cutoff, q, rate);
                right.set(cutoff, q, rate);
            }
            let (l, r) = (left.process(l), right.process(r));
            match mode {
                m if m < 0.5 => [l.low, r.low],
                m if m < 1.5 => [l.high, r.high],
                _ => [l.band, r.band],
            }
        });
    }

    fn reset(&mut self) {
        self.filters.iter_mut().for_each(Svf::reset);
    }
}
