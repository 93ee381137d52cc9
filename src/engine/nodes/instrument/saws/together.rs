//! Up to four voices of saws side by side: noise and filters, which wait for their own last frame, in the lanes of one
//! register, so that four voices wait hardly longer than one.
//!
//! Lanes 2k and 2k + 1 are the left and the right channel of voice k. Every lane does what the voice alone would do, in the
//! same order, so the sound is the same to the last bit.

use crate::dsp::math::{LANES, Lanes, tanh8};
use crate::dsp::noise::WhitePairs;
use crate::dsp::voices::{Line, MAX_FRAMES, TOGETHER, Turn};

use super::filters::{FourPole, StereoLowPass};
use super::{Filter, SawPatch, SawVoice, drive_after, four_pole_q, two_pole_q};

/// A run, frame by frame.
type Frames = [Lanes; MAX_FRAMES];

/// Blocks of eight frames in a run.
const BLOCKS: usize = MAX_FRAMES / LANES;

/// Renders the voices and adds them, in their order. Thread: audio.
pub(super) fn render<P: SawPatch>(
    turns: &mut [Option<Turn<'_, SawVoice<P>>>; TOGETHER],
    patch: &P,
    left: &mut [f32],
    right: &mut [f32],
) {
    let (recipe, controls) = (patch.recipe(), patch.controls());
    let frames = left.len().min(right.len()).min(MAX_FRAMES);
    // Two rows a voice, in the order of the lanes.
    let mut rows = [[0.0_f32; MAX_FRAMES]; LANES];
    let mut gains = [Line::default(); TOGETHER];
    let mut corners = [0.0_f32; TOGETHER];
    let voices = turns.iter_mut().flatten().zip(rows.chunks_exact_mut(2));
    for ((turn, rows), (gain, corner)) in voices.zip(gains.iter_mut().zip(&mut corners)) {
        let [a, b] = rows else { continue };
        (*gain, *corner) = turn.voice.begin(patch, turn.pitch, &mut a[..frames], &mut b[..frames]);
    }
    let mut grid = turned(&rows);
    let run = &mut grid[..frames];
    if recipe.noise > 0.0 {
        add_noise(turns, recipe.noise, run);
    }
    match recipe.filter {
        Filter::TwoPole => two_pole(turns, &corners, two_pole_q(controls), run),
        _ => four_pole(turns, &corners, four_pole_q(controls), run),
    }
    if let Some((drive, root)) = drive_after(recipe, controls) {
        let (drive, root) = (Lanes::splat(drive), Lanes::splat(root));
        run.iter_mut().for_each(|x| *x = tanh8(drive * *x) / root);
    }
    let mut rows = turned_back(&grid);
    let voices = turns.iter_mut().flatten().zip(rows.chunks_exact_mut(2)).zip(&gains);
    for ((turn, rows), gain) in voices {
        let [a, b] = rows else { continue };
        let run = [&mut a[..frames], &mut b[..frames]];
        turn.voice.finish(recipe, gain, run, [&mut *left, &mut *right]);
        *turn.sounding = !turn.voice.amp.is_over(&SawVoice::<P>::shape(recipe, controls));
    }
}

/// Rows of frames as frames of lanes.
fn turned(rows: &[[f32; MAX_FRAMES]; LANES]) -> Frames {
    let mut grid = [Lanes::ZERO; MAX_FRAMES];
    for (block, grid) in grid.chunks_exact_mut(LANES).enumerate() {
        let part = |row: &[f32; MAX_FRAMES]| {
            row.as_chunks::<LANES>().0.get(block).map_or(Lanes::ZERO, |part| Lanes::new(*part))
        };
        grid.copy_from_slice(&Lanes::transpose(std::array::from_fn(|lane| part(&rows[lane]))));
    }
    grid
}

/// Frames of lanes as rows of frames.
fn turned_back(grid: &Frames) -> [[f32; MAX_FRAMES]; LANES] {
    let mut rows = [[0.0_f32; MAX_FRAMES]; LANES];
    let (blocks, _) = grid.as_chunks::<LANES>();
    for (block, frames) in blocks.iter().enumerate().take(BLOCKS) {
        for (row, part) in rows.iter_mut().zip(Lanes::transpose(*frames)) {
            row[block * LANES..][..LANES].copy_from_slice(&part.to_array());
        }
    }
    rows
}

/// Adds each voice's noise, low-passed, at a level.
fn add_noise<P: SawPatch>(
    turns: &mut [Option<Turn<'_, SawVoice<P>>>; TOGETHER],
    level: f32,
    run: &mut [Lanes],
) {
    let mut noise =
        WhitePairs::new(turns.each_ref().map(|turn| turn.as_ref().map(|turn| &turn.voice.noise)));
    let mut low = gather(turns, |voice| voice.noise_low);
    let (keep, level) = (Lanes::splat(0.4), Lanes::splat(level));
    for frame in run {
        low += keep * (noise.next_samples() - low);
        *frame += level * low;
    }
    for (index, turn) in turns.iter_mut().flatten().enumerate() {
        turn.voice.noise = noise.generator(index);
    }
    scatter(turns, low, |voice, low| voice.noise_low = low);
}

/// [`StereoLowPass::run`] for all voices.
fn two_pole<P: SawPatch>(
    turns: &mut [Option<Turn<'_, SawVoice<P>>>; TOGETHER],
    corners: &[f32; TOGETHER],
    q: f32,
    run: &mut [Lanes],
) {
    let mut lines = [[[0.0_f32; LANES]; 3]; 2];
    for ((voice, turn), hz) in turns.iter_mut().flatten().enumerate().zip(corners) {
        let SawVoice { filter, sample_rate, .. } = &mut *turn.voice;
        let aimed: [[f32; 3]; 2] = StereoLowPass::aim(filter, *hz, q, *sample_rate, run.len());
        for (lines, values) in lines.iter_mut().zip(aimed) {
            for (line, value) in lines.iter_mut().zip(values) {
                line[2 * voice..][..2].fill(value);
            }
        }
    }
    let [[mut loss, mut b2, mut b3], [d1, d2, d3]] = lines.map(|line| line.map(Lanes::new));
    let mut s1 = gather(turns, |voice| voice.filter.state.map(|[s1, _]| s1));
    let mut s2 = gather(turns, |voice| voice.filter.state.map(|[_, s2]| s2));
    let half = Lanes::splat(0.5);
    for frame in run {
        loss += d1;
        b2 += d2;
        b3 += d3;
        let over = *frame - s2;
        let (first, second) = (s1, s2);
        s1 = (first - loss * first) + b2 * over;
        s2 = (second + b2 * first) + b3 * over;
        *frame = half * (second + s2);
    }
    scatter(turns, s1, |voice, [left, right]| {
        (voice.filter.state[0][0], voice.filter.state[1][0]) = (left, right);
    });
    scatter(turns, s2, |voice, [left, right]| {
        (voice.filter.state[0][1], voice.filter.state[1][1]) = (left, right);
    });
}

/// [`FourPole::run`] for all voices: both stages at once, the second on what the first gave a frame ago.
fn four_pole<P: SawPatch>(
    turns: &mut [Option<Turn<'_, SawVoice<P>>>; TOGETHER],
    corners: &[f32; TOGETHER],
    q: f32,
    run: &mut [Lanes],
) {
    let mut lines = [[[[0.0_f32; LANES]; 3]; 2]; 2];
    for ((voice, turn), hz) in turns.iter_mut().flatten().enumerate().zip(corners) {
        let SawVoice { cascade, sample_rate, .. } = &mut *turn.voice;
        let aimed = FourPole::aim(cascade, *hz, q, *sample_rate, run.len());
        for (end, values) in aimed.into_iter().enumerate() {
            for (index, value) in values.into_iter().enumerate() {
                let [_, flat, sharp, _] = value.to_array();
                lines[0][end][index][2 * voice..][..2].fill(flat);
                lines[1][end][index][2 * voice..][..2].fill(sharp);
            }
        }
    }
    let [flat, sharp] = lines.map(|stage| stage.map(|line| line.map(Lanes::new)));
    let [[mut loss, mut b2, mut b3], [d1, d2, d3]] = flat;
    let [[mut sharp_loss, mut sharp_b2, mut sharp_b3], [e1, e2, e3]] = sharp;
    let ends = |x: wide::f32x4, stage: usize| {
        let x = x.to_array();
        [x[2 * stage], x[2 * stage + 1]]
    };
    let mut s1 = gather(turns, |voice| ends(voice.cascade.s1, 0));
    let mut s2 = gather(turns, |voice| ends(voice.cascade.s2, 0));
    let mut t1 = gather(turns, |voice| ends(voice.cascade.s1, 1));
    let mut t2 = gather(turns, |voice| ends(voice.cascade.s2, 1));
    let mut between = gather(turns, |voice| voice.cascade.between);
    let half = Lanes::splat(0.5);
    for frame in run {
        loss += d1;
        b2 += d2;
        b3 += d3;
        sharp_loss += e1;
        sharp_b2 += e2;
        sharp_b3 += e3;
        let (x, y) = (*frame - s2, between - t2);
        let (first, second) = (s1, s2);
        s1 = (first - loss * first) + b2 * x;
        s2 = (second + b2 * first) + b3 * x;
        between = half * (second + s2);
        let (first, second) = (t1, t2);
        t1 = (first - sharp_loss * first) + sharp_b2 * y;
        t2 = (second + sharp_b2 * first) + sharp_b3 * y;
        *frame = half * (second + t2);
    }
    let states = [s1, t1, s2, t2, between].map(Lanes::to_array);
    for (index, turn) in turns.iter_mut().flatten().enumerate() {
        let of = |state: usize| [states[state][2 * index], states[state][2 * index + 1]];
        let joined = |[a, b]: [f32; 2], [c, d]: [f32; 2]| wide::f32x4::new([a, b, c, d]);
        let cascade = &mut turn.voice.cascade;
        (cascade.s1, cascade.s2) = (joined(of(0), of(1)), joined(of(2), of(3)));
        cascade.between = of(4);
    }
}

/// Two values of every voice as lanes.
fn gather<P>(
    turns: &[Option<Turn<'_, SawVoice<P>>>; TOGETHER],
    value: impl Fn(&SawVoice<P>) -> [f32; 2],
) -> Lanes {
    let mut lanes = [0.0_f32; LANES];
    for (pair, turn) in lanes.chunks_exact_mut(2).zip(turns.iter().flatten()) {
        pair.copy_from_slice(&value(turn.voice));
    }
    Lanes::new(lanes)
}

/// Lanes as two values of every voice.
fn scatter<P>(
    turns: &mut [Option<Turn<'_, SawVoice<P>>>; TOGETHER],
    lanes: Lanes,
    mut take: impl FnMut(&mut SawVoice<P>, [f32; 2]),
) {
    let lanes = lanes.to_array();
    for (pair, turn) in lanes.chunks_exact(2).zip(turns.iter_mut().flatten()) {
        if let [left, right] = *pair {
            take(turn.voice, [left, right]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Controls, OFF, Recipe, lane, pulse};
    use super::*;
    use crate::dsp::voices::{NoteStart, Shape, Voice};

    struct Plain {
        recipe: Recipe,
        controls: Controls,
    }

    impl SawPatch for Plain {
        fn recipe(&self) -> &Recipe {
            &self.recipe
        }
        fn controls(&self) -> &Controls {
            &self.controls
        }
    }

    fn patch(filter: Filter) -> Plain {
        let [one, two] = pulse(0.0, 2.0, 0.3, -0.2, 0.4);
        let shape = Shape { attack: 0.01, decay: 0.2, sustain: 0.5, release: 0.05 };
        let recipe = Recipe {
            lanes: [
                lane(0.0, -9.0, 0.3, -0.9),
                lane(0.0, 7.0, 0.3, 0.8),
                one,
                two,
                OFF,
                OFF,
                OFF,
                OFF,
            ],
            filter,
            amp: shape,
            sweep: shape,
            sweep_octaves: 2.0,
            velocity_octaves: 1.5,
            key_follow: 0.4,
            vibrato_hz: 5.0,
            vibrato_cents: 10.0,
            vibrato_delay: 0.02,
            wander_cents: 5.0,
            noise: 0.05,
            sub_interval: -12.0,
            sub: 0.2,
            level: 0.5,
            touch: 0.6,
            scatter: true,
        };
        let mut controls = Controls::new(&recipe, 900.0, 0.3);
        controls.drive.value = 0.2;
        Plain { recipe, controls }
    }

    #[test]
    fn voices_side_by_side_are_voices_one_by_one_to_the_last_bit() {
        for filter in [Filter::TwoPole, Filter::FourPole, Filter::Ladder] {
            let patch = patch(filter);
            let mut alone = SawVoice::<Plain>::pool(3, 48_000.0, 7);
            let mut beside = SawVoice::<Plain>::pool(3, 48_000.0, 7);
            for (index, voice) in alone.iter_mut().chain(&mut beside).enumerate() {
                let place = (index % 3) as f32;
                let velocity = 0.5 + 0.2 * place;
                voice.start(&patch, &NoteStart { pitch: 50.0 + 7.0 * place, velocity, seed: 9 });
            }
            let mut ended = 0;
            for (run, frames) in [64, 7, 33, 64, 1, 64, 8].into_iter().cycle().take(200).enumerate()
            {
                if run == 40 {
                    alone.iter_mut().chain(&mut beside).for_each(|voice| voice.release(&patch));
                }
                let [mut wanted, mut is] = [[[0.0_f32; MAX_FRAMES]; 2]; 2];
                let mut goes_on = [false; 3];
                let [left, right] = &mut wanted;
                for ((index, voice), on) in alone.iter_mut().enumerate().zip(&mut goes_on) {
                    let pitch = 50.0 + 7.0 * index as f32;
                    *on = voice.render(&patch, pitch, &mut left[..frames], &mut right[..frames]);
                }
                let mut sounding = [true; 3];
                let mut voices = beside.iter_mut().zip(&mut sounding).enumerate();
                let mut turns = std::array::from_fn(|_| {
                    let (index, (voice, sounding)) = voices.next()?;
                    Some(Turn { voice, pitch: 50.0 + 7.0 * index as f32, sounding })
                });
                let [left, right] = &mut is;
                SawVoice::render_together(
                    &mut turns,
                    &patch,
                    &mut left[..frames],
                    &mut right[..frames],
                );
                assert!(is == wanted, "{filter:?}, run {run}");
                assert_eq!(sounding, goes_on);
                ended += usize::from(goes_on == [false; 3]);
            }
            assert!(ended > 10, "the notes end");
        }
    }
}
